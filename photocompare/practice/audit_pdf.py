"""The audit in print: A4 pages with the same figures as the audit page, in any language of the viewer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from photocompare.practice.audit_rows import completeness_rows, distribution_rows, effect_rows, group_rows, headline_entries, reason_rows
from photocompare.practice.audit_words import counted, filtered, funnel_words, notes, number, period, run_words, with_interval
from photocompare.practice.breakdown import Breakdown
from photocompare.practice.charts import distribution_plot, funnel_plot, quality_plot, run_plot
from photocompare.practice.figures import AuditFigures, Outcomes
from photocompare.practice.print_charts import draw_distribution, draw_funnel, draw_quality, draw_run_chart
from photocompare.report.pdf.sheet import PAGE_HEIGHT, PAGE_WIDTH, Sheet, TypeStyle
from photocompare.report.pictures.drawing import INK, MUTED, PANEL
from photocompare.report.words.joining import listed, named
from photocompare.report.words.numbers import shortest
from photocompare.report.words.texts import Texts

_MARGIN = 14.0
_WIDTH = PAGE_WIDTH - 2 * _MARGIN
_TOP, _BOTTOM = 16.0, PAGE_HEIGHT - 16.0
_GAP = 5.0
_BODY, _SMALL = 8.0, 7.0
"""Points."""

_ROW = 4.6
_BAR = 5.0
_FEWEST_POINTS = 2
"""Of a run chart, to make a line."""


@dataclass(frozen=True)
class _Column:
    """Share of the table's width; numbers stand at its right end."""

    share: float
    right: bool = True


_GROUP_COLUMNS = (_Column(0.36, right=False), _Column(0.1), _Column(0.1), _Column(0.22), _Column(0.22))


def audit_pdf(figures: AuditFigures, t: Texts) -> bytes:
    """All figures of an audit as a PDF; equal figures give equal bytes."""
    pages = _Pages(t)
    pages.title(figures)
    _flow(pages, figures)
    if figures.outcomes is None:
        pages.text(t("audit.too_few", n=figures.options.least_patients))
    else:
        _headline(pages, figures, figures.outcomes)
        _distribution(pages, figures, figures.outcomes)
        _breakdowns(pages, figures.outcomes.breakdowns)
        _funnels(pages, figures.outcomes)
        _run_chart(pages, figures.outcomes)
    _completeness(pages, figures)
    _after_effects(pages, figures)
    _quality(pages, figures)
    _reasons(pages, figures)
    pages.heading(t("audit_head.notes"), 20.0)
    for sentence in notes(figures, t):
        pages.text(sentence, size=_SMALL)
    return pages.finished()


class _Pages:
    """A sheet with a place to go on at, and a new page where the next thing does not fit."""

    def __init__(self, t: Texts) -> None:
        self.t = t
        self.sheet = Sheet(t.language, t("audit.document"))
        self.y = _TOP

    def room(self, height: float) -> None:
        """Begin a page unless this much is left on it."""
        if self.y + height > _BOTTOM:
            self.sheet.add_page()
            self.y = _TOP

    def title(self, figures: AuditFigures) -> None:
        """What, from when to when, and whom the filter leaves."""
        t = self.t
        self.sheet.line_of(_MARGIN, self.y + 4.0, t("audit.title"), TypeStyle(17.0, bold=True), width=_WIDTH)
        self.y += 8.0
        self.text(period(figures, t), size=9.0)
        if told := filtered(figures.wanted, t):
            self.text(told, size=9.0)
        self.sheet.rule(_MARGIN, self.y + 1.0, _WIDTH)
        self.y += 3.0

    def heading(self, text: str, below: float) -> None:
        """A section's heading, kept on one page with what is `below`, mm."""
        self.room(below + 9.0)
        self.sheet.heading(_MARGIN, self.y + 5.5, text, _WIDTH, 10.5)
        self.y += 8.5

    def text(self, text: str, *, size: float = _BODY, muted: bool = False) -> None:
        """A paragraph."""
        self.room(self.sheet.height_of(text, _WIDTH, size) + 0.8)
        self.y = self.sheet.paragraph(_MARGIN, self.y, _WIDTH, text, TypeStyle(size, MUTED if muted else INK)) + 0.8

    def picture(self, encoded: bytes, height: float, description: str) -> None:
        """A picture as wide as the page's text."""
        self.room(height)
        self.sheet.picture(encoded, _MARGIN, self.y, _WIDTH, height, description)
        self.y += height + 1.5

    def table(self, columns: Sequence[_Column], head: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
        """Rows under a head that is repeated on every page."""
        for place, row in enumerate(rows):
            if place == 0 or self.y + _ROW > _BOTTOM:
                self.room(2 * _ROW)
                self._row(columns, head, bold=True)
                self.sheet.rule(_MARGIN, self.y - 0.4, _WIDTH)
            self._row(columns, row)
        self.y += 2.5

    def _row(self, columns: Sequence[_Column], cells: Sequence[str], *, bold: bool = False) -> None:
        x = _MARGIN
        for column, cell in zip(columns, cells, strict=True):
            width = column.share * _WIDTH
            at, align = (x + width - 1.0, "R") if column.right else (x, "L")
            self.sheet.line_of(at, self.y + 3.2, cell, TypeStyle(_SMALL, MUTED if bold else INK), align=align, width=width - 2.0)
            x += width
        self.y += _ROW

    def finished(self) -> bytes:
        """The document, with what every page says at its foot."""
        t, total = self.t, self.sheet.pages_count
        for page in range(1, total + 1):
            self.sheet.page = page
            # A page is written a size of type only where it changes, and each was left in a size of its own.
            self.sheet.set_type(_BODY)
            foot = f"{t('audit.foot')} {t('common.disclaimer')}"
            self.sheet.line_of(_MARGIN, PAGE_HEIGHT - 8.0, foot, TypeStyle(6.5, MUTED), width=0.8 * _WIDTH)
            said = t("audit.page", n=page, total=total)
            self.sheet.line_of(_MARGIN + _WIDTH, PAGE_HEIGHT - 8.0, said, TypeStyle(6.5, MUTED), align="R", width=0.2 * _WIDTH)
        return self.sheet.bytes_of()


def _flow(pages: _Pages, figures: AuditFigures) -> None:
    """A bar a step, as long as its patients."""
    t, sheet, steps = pages.t, pages.sheet, figures.flow.steps
    pages.heading(t("audit_head.flow"), len(steps) * (_BAR + 1.5))
    most = max(1, steps[0].patients)
    names, bars = 0.24 * _WIDTH, 0.36 * _WIDTH
    for step in steps:
        sheet.line_of(_MARGIN, pages.y + 3.6, t(f"audit_step.{step.name}"), TypeStyle(_BODY), width=names - 2.0)
        sheet.filled(_MARGIN + names, pages.y, bars, _BAR, PANEL)
        if step.patients:
            sheet.filled(_MARGIN + names, pages.y, bars * step.patients / most, _BAR, (0, 114, 178))
        patients, regions, comparisons = (counted(name, getattr(step, name), t) for name in ("patients", "regions", "comparisons"))
        said = f"{patients} · {regions}, {comparisons}"
        sheet.line_of(_MARGIN + names + bars + 3.0, pages.y + 3.6, said, TypeStyle(_BODY), width=_WIDTH - names - bars - 3.0)
        pages.y += _BAR + 1.5
    pages.y += 2.0


def _headline(pages: _Pages, figures: AuditFigures, outcomes: Outcomes) -> None:
    """The three numbers that are asked for first."""
    t, sheet = pages.t, pages.sheet
    entries = headline_entries(figures, outcomes, t)
    width = (_WIDTH - 2 * _GAP) / len(entries)
    height = 22.0
    pages.room(height + 2.0)
    for place, (name, value, within) in enumerate(entries):
        x = _MARGIN + place * (width + _GAP)
        sheet.filled(x, pages.y, width, height, PANEL, radius=1.2)
        sheet.paragraph(x + 3.0, pages.y + 1.6, width - 6.0, name, TypeStyle(_SMALL, MUTED), most_lines=2)
        sheet.line_of(x + 3.0, pages.y + 15.4, value, TypeStyle(16.0, bold=True), width=width - 6.0)
        sheet.line_of(x + 3.0, pages.y + 19.8, within, TypeStyle(_SMALL, MUTED), width=width - 6.0)
    pages.y += height + 3.0


def _distribution(pages: _Pages, figures: AuditFigures, outcomes: Outcomes) -> None:
    t, band = pages.t, figures.options.band
    title = t("audit_head.distribution", low=shortest(band.low_percent, t), high=shortest(band.high_percent, t))
    height = 62.0
    pages.heading(title, height)
    pages.picture(draw_distribution(distribution_plot(figures, outcomes, t), _WIDTH, height), height, title)
    rows = distribution_rows(figures, outcomes, t)
    pages.room((len(rows) + 1) * _ROW)
    columns = (_Column(0.46, right=False), _Column(0.27), _Column(0.27))
    pages.table(columns, ["", t("audit_table.measured"), t("audit_table.true")], rows)


def _breakdowns(pages: _Pages, tables: Sequence[Breakdown]) -> None:
    t = pages.t
    pages.heading(t("audit_head.breakdown"), 8 * _ROW)
    hidden = ("", "", t("audit.hidden"), "")
    for table in tables:
        head = [
            t(f"audit_dimension.{table.dimension}"),
            *(t(f"audit_table.{name}") for name in ("patients", "pairs", "clearance", "responders")),
        ]
        rows = group_rows(table, t, hidden=hidden)
        pages.room(min(6, len(rows) + 1) * _ROW)
        pages.table(_GROUP_COLUMNS, head, rows)


def _funnels(pages: _Pages, outcomes: Outcomes) -> None:
    t, height = pages.t, 66.0
    for place, (dimension, funnel) in enumerate(outcomes.funnels.items()):
        if place == 0:
            pages.heading(t("audit_head.funnel"), height + 12.0)
        title = t(f"audit_funnel.by_{dimension}")
        pages.room(height + 12.0)
        pages.text(named(title, t("audit_funnel.target", value=number(funnel.target, t)), t), muted=True)
        pages.picture(draw_funnel(funnel_plot(funnel, t), _WIDTH, height), height, title)
        pages.text(" ".join(funnel_words(funnel, t)))


def _run_chart(pages: _Pages, outcomes: Outcomes) -> None:
    t, height = pages.t, 52.0
    title = t("audit_head.run_chart")
    if sum(not point.hidden for point in outcomes.run_chart.points) < _FEWEST_POINTS:
        pages.heading(title, _ROW)
        pages.text(t("audit_run.too_short"))
        return
    pages.heading(title, height + 6.0)
    pages.picture(draw_run_chart(run_plot(outcomes.run_chart, t), _WIDTH, height), height, title)
    pages.text(" ".join(run_words(outcomes.run_chart.signals, t)))


def _completeness(pages: _Pages, figures: AuditFigures) -> None:
    t = pages.t
    pages.heading(t("audit_head.completeness"), 7 * _ROW)
    head = [t("audit_table.window"), t("audit_table.regions"), ""]
    pages.table((_Column(0.6, right=False), _Column(0.2), _Column(0.2)), head, completeness_rows(figures, t, nothing=""))


def _after_effects(pages: _Pages, figures: AuditFigures) -> None:
    t, rates = pages.t, figures.options.rates
    pages.heading(t("audit_head.effects", low=rates.from_days, high=rates.to_days), 3 * _ROW)
    legs = ["" if e.legs is None else f"{e.affected_legs} / {e.legs}" for e in figures.after_effects]
    head = ["", *(t(f"audit_table.{name}") for name in ("legs", "rate", "mean_share"))]
    pages.table((_Column(0.4, right=False), _Column(0.14), _Column(0.23), _Column(0.23)), head, effect_rows(figures, legs, t))


def _quality(pages: _Pages, figures: AuditFigures) -> None:
    t, quality, height = pages.t, figures.quality, 46.0
    if not quality.periods:
        return
    title = t("audit_head.quality")
    pages.heading(title, height + 6.0)
    pages.picture(draw_quality(quality_plot(quality, t), _WIDTH, height), height, title)
    change = quality.good_change_a_year
    shares = listed([f"{t(f'audit_quality.{name}')} {with_interval(share, t)}" for name, share in quality.shares.items()], t)
    pages.text(f"{shares}.")
    if change.ok:
        pages.text(t("audit_quality.change", **{name: number(getattr(change, name), t) for name in ("value", "low", "high")}))


def _reasons(pages: _Pages, figures: AuditFigures) -> None:
    t = pages.t
    if not figures.flow.reasons:
        return
    pages.heading(t("audit_head.reasons"), 3 * _ROW)
    head = [t(f"audit_table.{name}") for name in ("reason", "patients", "refused")]
    rows = reason_rows(figures, t, few=f"< {figures.options.least_patients}", nothing="")
    pages.table((_Column(0.76, right=False), _Column(0.12), _Column(0.12)), head, rows)
