"""The audit's figures, section by section: a chart where one helps, and always the same in a table or a sentence."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

import streamlit as st

from photocompare.practice.audit_rows import completeness_rows, distribution_rows, effect_rows, group_rows, headline_entries, reason_rows
from photocompare.practice.audit_words import (
    DASH,
    clearance,
    clearance_interval,
    clearance_value,
    counted,
    funnel_words,
    interval,
    notes,
    number,
    percent,
    run_words,
    with_interval,
    word,
)
from photocompare.practice.breakdown import Breakdown
from photocompare.practice.charts import distribution_plot, funnel_plot, quality_plot, run_plot
from photocompare.practice.cohort import STATUSES
from photocompare.practice.figures import AuditFigures, Outcomes
from photocompare.practice.funnel import Funnel
from photocompare.practice.page_charts import breakdown_chart, distribution_chart, funnel_chart, quality_chart, run_chart_chart
from photocompare.report.words.joining import named
from photocompare.report.words.numbers import shortest
from photocompare.report.words.texts import Texts
from photocompare.viewer.shared.charts import show_chart
from photocompare.viewer.shared.tables import table


def show_flow(figures: AuditFigures, t: Texts) -> None:
    """Everyone who was treated, and who is left at each step."""
    st.header(t("audit_head.flow"), anchor=False)
    items = "".join(
        f"<li><span>{escape(t(f'audit_step.{step.name}'))}</span><b>{step.patients}</b>"
        f"<small>{escape(t('audit_page.patients_one' if step.patients == 1 else 'audit_page.patients'))}</small>"
        f"<small>{escape(counted('regions', step.regions, t))}, {escape(counted('comparisons', step.comparisons, t))}</small></li>"
        for step in figures.flow.steps
    )
    st.html(f'<ol class="pc-flow" data-testid="flow">{items}</ol>')
    counts = figures.flow.statuses
    rows = [(word("status", name, t), str(counts[name])) for name in STATUSES if name in counts]
    st.html(table(t("audit_page.statuses"), (t("audit_dimension.status"), t("audit_page.rows")), rows))


def show_reasons(figures: AuditFigures, t: Texts) -> None:
    """Why comparisons have no number."""
    if not figures.flow.reasons:
        return
    few = t("audit_page.fewer_than", n=figures.options.least_patients)
    rows = reason_rows(figures, t, few=few, nothing=DASH)
    st.html(table(t("audit_head.reasons"), [t(f"audit_table.{n}") for n in ("reason", "patients", "refused")], rows))


def show_headline(figures: AuditFigures, outcomes: Outcomes, t: Texts) -> None:
    """The numbers that are asked for first."""
    items = "".join(
        f"<li><span>{escape(name)}</span><b>{escape(value)}</b><small>{escape(t('audit_page.interval_95', interval=within))}</small></li>"
        for name, value, within in headline_entries(figures, outcomes, t)
    )
    st.html(f'<ul class="pc-flow" data-testid="figures">{items}</ul>')
    rows = [(word("calibre", name, t), clearance(found, t)) for name, found in outcomes.vessels.items()]
    st.html(table(t("audit_page.by_vessel"), (t("audit_page.vessel"), t("audit_table.clearance")), rows))


def show_distribution(figures: AuditFigures, outcomes: Outcomes, t: Texts) -> None:
    """Measured clearances beside the band, and what is left of their spread without the measurement's error."""
    band = figures.options.band
    st.header(t("audit_head.distribution", low=shortest(band.low_percent, t), high=shortest(band.high_percent, t)), anchor=False)
    show_chart(distribution_chart(distribution_plot(figures, outcomes, t)), t)
    low, middle, high = outcomes.distribution.quartiles
    st.text(t("audit_page.quartiles", interval=clearance_interval(low, high, t), middle=clearance_value(middle, t)))
    head = (t("audit_page.share_of_pairs"), t("audit_table.measured"), t("audit_table.true"))
    st.html(table(t("audit_page.shares"), head, distribution_rows(figures, outcomes, t)))


def show_breakdowns(figures: AuditFigures, outcomes: Outcomes, t: Texts) -> None:
    """One dimension at a time, as chart and table."""
    tables = {found.dimension: found for found in outcomes.breakdowns}
    if not tables:
        return
    st.header(t("audit_head.breakdown"), anchor=False)
    left, right = st.columns(2)
    chosen = left.selectbox(
        t("audit_page.dimension"), list(tables), format_func=lambda name: t(f"audit_dimension.{name}"), key="audit_dimension"
    )
    measures = ("clearance", "responders")
    measure = right.segmented_control(
        t("audit_page.measure"),
        measures,
        default="clearance",
        format_func=lambda name: t(f"audit_page.measure_{name}"),
        key="audit_measure",
        required=True,
    )
    found = tables[chosen]
    if any(not group.hidden for group in found.groups):
        show_chart(breakdown_chart(found, t, measure=measure or "clearance"), t)
    st.html(_groups(found, figures.options.least_patients, t))


def _groups(found: Breakdown, least_patients: int, t: Texts) -> str:
    hidden = t("audit.hidden", n=least_patients)
    rows = group_rows(found, t, hidden=(DASH, DASH, hidden, hidden))
    dimension = t(f"audit_dimension.{found.dimension}")
    return table(
        t("audit_page.by_dimension", dimension=dimension), [dimension, *_words(t, "patients", "pairs", "clearance", "responders")], rows
    )


def _words(t: Texts, *names: str) -> list[str]:
    return [t(f"audit_table.{name}") for name in names]


def show_funnels(outcomes: Outcomes, t: Texts) -> None:
    """Each operator and site beside what chance allows."""
    if not outcomes.funnels:
        return
    st.header(t("audit_head.funnel"), anchor=False)
    for dimension, found in outcomes.funnels.items():
        sentence = named(t(f"audit_funnel.by_{dimension}"), t("audit_funnel.target", value=number(found.target, t)), t)
        st.subheader(sentence, anchor=False)
        show_chart(funnel_chart(funnel_plot(found, t), t), t)
        st.text(" ".join(funnel_words(found, t)))
        with st.expander(t("audit_page.as_table")):
            st.html(_units(found, t))


def _units(found: Funnel, t: Texts) -> str:
    rows = [
        (
            unit.name,
            str(unit.patients),
            str(unit.pairs),
            percent(unit.rate, t),
            interval(unit.low_95, unit.high_95, t),
            interval(unit.low_998, unit.high_998, t),
        )
        for unit in found.units
    ]
    head = [t(f"audit_dimension.{found.dimension}"), *_words(t, "patients", "pairs"), t("audit_chart.responders")]
    return table(t(f"audit_funnel.by_{found.dimension}"), [*head, t("audit_chart.limit_95"), t("audit_chart.limit_998")], rows)


def show_run_chart(outcomes: Outcomes, t: Texts) -> None:
    """Clearance period by period, and what the rules say of it."""
    chart = outcomes.run_chart
    st.header(t("audit_head.run_chart"), anchor=False)
    if any(not point.hidden for point in chart.points):
        show_chart(run_chart_chart(run_plot(chart, t), t), t)
    st.text(" ".join(run_words(chart.signals, t)))
    with st.expander(t("audit_page.as_table")):
        rows = [
            (point.period, DASH if point.pairs is None else str(point.pairs), clearance_value(point.value, t)) for point in chart.points
        ]
        head = (t("audit_page.time"), t("audit_table.pairs"), t("audit_chart.mean_clearance"))
        st.html(table(t("audit_head.run_chart"), head, rows))


def show_after_effects(figures: AuditFigures, t: Texts) -> None:
    """Brown stains and new vessels at 8 to 12 weeks."""
    rates = figures.options.rates
    title = t("audit_head.effects", low=rates.from_days, high=rates.to_days)
    st.header(title, anchor=False)
    legs = [DASH if e.legs is None else t("audit_page.of", part=e.affected_legs, whole=e.legs) for e in figures.after_effects]
    st.html(table(title, [t("audit_page.effect"), *_words(t, "legs", "rate", "mean_share")], effect_rows(figures, legs, t)))


def show_completeness(figures: AuditFigures, t: Texts) -> None:
    """How many of the regions that are due were followed up, and when."""
    found = figures.completeness
    st.header(t("audit_head.completeness"), anchor=False)
    sentence = t("audit_page.due", due=found.due, later=found.not_yet_due)
    if found.in_window.ok:
        in_time, ever = with_interval(found.in_window, t), with_interval(found.any_follow_up, t)
        sentence = f"{sentence} {t('audit_page.followed', in_time=in_time, ever=ever)}"
    st.text(sentence)
    head = (*_words(t, "window", "regions"), t("audit_page.share"))
    st.html(table(t("audit_head.completeness"), head, completeness_rows(figures, t, nothing=DASH)))


def show_quality(figures: AuditFigures, t: Texts) -> None:
    """How good the photos are, and whether that is getting better."""
    quality = figures.quality
    if not quality.periods:
        return
    st.header(t("audit_head.quality"), anchor=False)
    if any(period.pairs is not None for period in quality.periods):
        show_chart(quality_chart(quality_plot(quality, t), t), t)
    change = quality.good_change_a_year
    if change.ok:
        st.text(t("audit_quality.change", **{name: number(getattr(change, name), t) for name in ("value", "low", "high")}))
    rows = [(t(f"audit_quality.{name}"), with_interval(share, t)) for name, share in quality.shares.items()]
    st.html(table(t("audit_head.quality"), (t("audit_page.quality"), t("audit_page.share_interval")), rows))
    with st.expander(t("audit_page.as_table")):
        names = list(quality.shares)
        by_quarter = [
            (period.period, DASH if period.pairs is None else str(period.pairs), *(percent(period.shares[n], t) for n in names))
            for period in quality.periods
        ]
        head = (t("audit_chart.quarter"), t("audit_table.pairs"), *(t(f"audit_quality.{name}") for name in names))
        st.html(table(t("audit_head.quality"), head, by_quarter))


def show_notes(figures: AuditFigures, t: Texts) -> None:
    """How all of it is to be read."""
    st.header(t("audit_head.notes"), anchor=False)
    sentences: Sequence[str] = (*notes(figures, t), t("common.disclaimer"))
    st.html("".join(f'<p class="pc-note">{escape(sentence)}</p>' for sentence in sentences))
