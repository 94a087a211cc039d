"""The clinician's page: one A4 sheet for the file."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from photocompare.base.estimate import Estimate
from photocompare.clearance.correction import Corrected, Correction
from photocompare.report.pdf.marks import Mark, Segment, band_height, draw_band, draw_fate_bar, draw_line_sample
from photocompare.report.pdf.pictures import PrintedPicture, measured_pictures, original_pictures
from photocompare.report.pdf.sheet import LEADING, MM_PER_POINT, PAGE_HEIGHT, PAGE_WIDTH, Sheet, TypeStyle
from photocompare.report.pdf.words import made, numbers, time_between, why
from photocompare.report.pictures.drawing import INK, MUTED, PANEL, STATUS_COLOUR
from photocompare.report.words.headline import CLEARED, headline_interval, headline_kind, headline_number, headline_of, headline_within
from photocompare.report.words.numbers import shortest
from photocompare.report.words.reasons import told_reasons
from photocompare.report.words.result import drawn_field, earlier_contract, fate_rows, length_text
from photocompare.report.words.texts import Texts
from photocompare.report.words.visit import date_of, place_of, treatment_of
from photocompare.results.dossier import Dossier
from photocompare.results.reference_band import ReferenceBandOptions
from photocompare.results.result import Reason, Result
from photocompare.results.visit_details import LONGEST_LABEL, VisitDetails, shown_text
from photocompare.veins.classes import ASSESSED_FATES

_MARGIN = 14.0
_WIDTH = PAGE_WIDTH - 2 * _MARGIN
_GAP = 5.0
_COLUMNS = 3
_THIRD = (_WIDTH - (_COLUMNS - 1) * _GAP) / _COLUMNS
"""Mm; pictures, legend and foot stand in the same three columns."""

_BODY = 7.5
_CAPTION = 8.0
_SMALL = 7.0
"""Points; DejaVu's lower case is as tall as that of other type a point larger."""

_LEAST_PICTURE, _TALLEST_PICTURE = 46.0, 92.0
"""Mm; reasons are left out before the pictures become smaller than that."""

_FATE_BAR = 7.0
_LEGEND_ROW = 8.0
_LEGEND_COLUMNS = 4
_TABLE_ROW = 4.5
_MADE_ROW = 8.6

CorrectedNumber = tuple[Correction, Corrected]


def draw_file_page(sheet: Sheet, dossier: Dossier, details: VisitDetails, t: Texts, correction: CorrectedNumber | None) -> None:
    """The whole page, on a fresh sheet.  Without a number there is no corrected one either."""
    top = _header(sheet, dossier, details.shown, t)
    bottom = _footer(sheet, dossier, t)
    if dossier.measured:
        _measured(sheet, dossier, t, correction, top, bottom)
    else:
        _refused(sheet, dossier, t, top, bottom)


def _header(sheet: Sheet, dossier: Dossier, details: VisitDetails, t: Texts) -> float:
    """Title, status, the patient's label, and the visit; returns where it ends."""
    status, right = dossier.result.status, _MARGIN + _WIDTH
    sheet.pill(right, 12.0, t(f"status.{status}"), STATUS_COLOUR[status])
    sheet.line_of(_MARGIN, 16.2, t("pdf.file.title"), TypeStyle(9.0, MUTED), width=0.6 * _WIDTH)
    label = details.patient_label
    sheet.line_of(_MARGIN, 25.4, label or t("pdf.no_label"), TypeStyle(15.0, INK if label else MUTED, bold=bool(label)), width=_WIDTH)
    sheet.rule(_MARGIN, 29.4, _WIDTH)
    between, window = time_between(dossier.result, t)
    entries = (
        ("before", date_of(details.before_date, t), 0.17),
        ("after", date_of(details.after_date, t), 0.17),
        ("between", f"{between}, {window}" if window else between, 0.22),
        ("place", place_of(details, t), 0.2),
        ("treatment", treatment_of(details, t), 0.24),
    )
    x, bottom = _MARGIN, 0.0
    for name, value, share in entries:
        width = share * _WIDTH
        sheet.label(x, 33.6, t(f"pdf.visit.{name}"), width - 3.0)
        colour = MUTED if value == t("pdf.not_given") else INK
        bottom = max(bottom, sheet.paragraph(x, 34.8, width - 3.0, value, TypeStyle(8.0, colour), most_lines=3))
        x += width
    if details.note:
        bottom = sheet.paragraph(_MARGIN, bottom + 1.0, _WIDTH, details.note, TypeStyle(_BODY, MUTED), most_lines=3)
    if earlier := earlier_contract(dossier.result, t):
        bottom = sheet.paragraph(_MARGIN, bottom + 1.0, _WIDTH, earlier, TypeStyle(_BODY, bold=True))
    sheet.rule(_MARGIN, bottom + 2.0, _WIDTH)
    return bottom + 2.0


def _footer(sheet: Sheet, dossier: Dossier, t: Texts) -> float:
    """How it was made, and what it is not, at the foot of the page; returns where it begins."""
    rows = made(dossier.result, t)
    height = _MADE_ROW * -(-len(rows) // _COLUMNS)
    top = PAGE_HEIGHT - 12.0 - 4.0 - height
    sheet.rule(_MARGIN, top, _WIDTH)
    for number, (name, value) in enumerate(rows):
        x, y = _MARGIN + (number % _COLUMNS) * (_THIRD + _GAP), top + (number // _COLUMNS) * _MADE_ROW
        sheet.label(x, y + 3.8, name, _THIRD)
        sheet.line_of(x, y + 7.2, value, TypeStyle(_SMALL), width=_THIRD)
    sheet.line_of(_MARGIN, PAGE_HEIGHT - 11.0, t("common.disclaimer"), TypeStyle(_SMALL, MUTED), width=_WIDTH)
    return top


def _measured(sheet: Sheet, dossier: Dossier, t: Texts, correction: CorrectedNumber | None, top: float, bottom: float) -> None:
    """Headline, pictures, fates, further numbers and reasons; the pictures take what the others leave."""
    length = dossier.result.length
    y = top + _GAP if length is None else _headline(sheet, dossier.result, length, t, correction, top + _GAP)
    column = (_WIDTH - 2 * _GAP) / 2
    rows, told = numbers(dossier.result, t), told_reasons(dossier.result, t)
    fates = 5.5 + _FATE_BAR + 2.5 + _LEGEND_ROW * -(-len(fate_rows(dossier.result, t)) // _LEGEND_COLUMNS)
    free = bottom - _GAP - y - fates - _GAP - 5.0 - _GAP
    table = 5.0 + _TABLE_ROW * len(rows)
    told, told_height = _fitting(sheet, told, column, max(table, free - _LEAST_PICTURE), t)
    columns = max(table, told_height)
    place = min(_TALLEST_PICTURE, free - columns)
    y = _pictures(sheet, dossier, t, y, place) + _GAP
    y = _fates(sheet, dossier, t, y) + _GAP
    _table(sheet, rows, t, _MARGIN, y, column)
    _reasons(sheet, told, t, _MARGIN + column + 2 * _GAP, y, column, len(told_reasons(dossier.result, t)) - len(told))


def _headline(sheet: Sheet, result: Result, length: Estimate, t: Texts, correction: CorrectedNumber | None, top: float) -> float:
    """The number on the left; the band, the interval and what they mean on the right."""
    benchmark = result.benchmark
    band = benchmark.band
    left = 0.36 * _WIDTH
    number = headline_number(length.value, band, t)
    if headline_kind(length.value) == CLEARED:
        sheet.line_of(_MARGIN, top + 12.6, number, TypeStyle(42.0, bold=True), width=left)
        y = top + 16.4
    else:
        y = sheet.paragraph(_MARGIN, top + 1.0, left - _GAP, number, TypeStyle(19.0, bold=True)) + 1.0
    y = sheet.paragraph(_MARGIN, y, left - _GAP, headline_of(length.value, band, t), TypeStyle(9.0))
    y = sheet.paragraph(_MARGIN, y, left - _GAP, headline_within(length, t), TypeStyle(9.0, MUTED))
    if told := drawn_field(result, t):
        y = sheet.paragraph(_MARGIN, y + 0.6, left - _GAP, told, TypeStyle(9.0, bold=True))
    marks = [Mark(length.value, length.low, length.high)]
    if correction is not None:
        by_hand = correction[1].length
        marks.append(Mark(by_hand.value, by_hand.low, by_hand.high, hollow=True))
    applied = benchmark.assessed
    name = t("result.band" if applied else "result.band_unused", low=shortest(benchmark.low, t), high=shortest(benchmark.high, t))
    words = (name, t("result.responder", n=shortest(band.responder_percent, t)))
    x, width = _MARGIN + left, _WIDTH - left
    draw_band(sheet, (x, top, width), band, marks, words, t, applied=applied)
    below = sheet.paragraph(x, top + band_height(len(marks)) + 1.6, width, why(result, t), TypeStyle(_BODY))
    below = sheet.paragraph(x, below, width, t(f"status_means.{result.status}"), TypeStyle(_BODY, MUTED))
    y = max(y, below)
    return y + 3.0 if correction is None else _corrected(sheet, correction, band, t, y + 2.0) + 3.0


def _corrected(sheet: Sheet, correction: CorrectedNumber, band: ReferenceBandOptions, t: Texts, top: float) -> float:
    """The number after a correction by hand, with who and when."""
    marked, corrected = correction
    at = marked.at.astimezone(dt.UTC)
    by_hand = corrected.length
    within = headline_interval(by_hand.low, by_hand.high, t)
    number = t("pdf.file.corrected", percent=headline_number(by_hand.value, band, t), interval=within)
    who = t(
        "pdf.file.corrected_by",
        by=shown_text(marked.by, LONGEST_LABEL),
        date=date_of(at.date(), t),
        time=f"{at:%H:%M}",
        struck=len(marked.not_veins),
        drawn=len(marked.missed),
    )
    inset, after_ring = 3.0, 8.0
    width = _WIDTH - inset - after_ring
    height = 2.6 + 9.0 * MM_PER_POINT * LEADING + sheet.height_of(who, width, _SMALL)
    sheet.filled(_MARGIN, top, _WIDTH, height, PANEL, radius=1.2)
    sheet.dot(_MARGIN + inset + 1.2, top + 3.2, 1.2, INK, filled=False, line=0.5)
    y = sheet.paragraph(_MARGIN + after_ring, top + 1.2, width, number, TypeStyle(9.0, bold=True), most_lines=1)
    sheet.paragraph(_MARGIN + after_ring, y, width, who, TypeStyle(_SMALL, MUTED))
    return top + height


def _pictures(sheet: Sheet, dossier: Dossier, t: Texts, top: float, height: float) -> float:
    """Before, after and fates side by side."""
    shown = measured_pictures(dossier, _THIRD, height, fate=True)
    names = [t(f"caption.{name}") for name in ("before", "laid_over", "fate")]
    return _side_by_side(sheet, shown, names, top, _THIRD)


def _side_by_side(sheet: Sheet, shown: Sequence[PrintedPicture], names: Sequence[str], top: float, width: float) -> float:
    """Pictures in columns, each under its name."""
    for number, (picture, name) in enumerate(zip(shown, names, strict=True)):
        x = _MARGIN + number * (width + _GAP)
        sheet.heading(x, top + 3.0, name, width, _CAPTION)
        sheet.picture(picture.encoded, x, top + 4.6, picture.width, picture.height, name)
    return top + 4.6 + max(picture.height for picture in shown)


def _fates(sheet: Sheet, dossier: Dossier, t: Texts, top: float) -> float:
    """The stacked bar over its legend with lengths and shares; new veins and what could not be judged stand beside the bar's fates."""
    result, rows = dossier.result, fate_rows(dossier.result, t)
    sheet.heading(_MARGIN, top + 3.0, t("result.fates"), 0.6 * _WIDTH)
    total = t("pdf.file.assessed", length=length_text(result.assessed_length, result, t))
    sheet.line_of(_MARGIN + _WIDTH, top + 3.0, total, TypeStyle(_SMALL, MUTED), align="R", width=0.4 * _WIDTH)
    y = top + 5.5
    segments = [Segment(row.fate, result.share(row.fate) or 0.0, row.share) for row in rows if row.fate in ASSESSED_FATES]
    draw_fate_bar(sheet, (_MARGIN, y, _WIDTH, _FATE_BAR), segments)
    y += _FATE_BAR + 2.5
    cell = (_WIDTH - (_LEGEND_COLUMNS - 1) * _GAP) / _LEGEND_COLUMNS
    for number, row in enumerate(rows):
        x, top = _MARGIN + (number % _LEGEND_COLUMNS) * (cell + _GAP), y + (number // _LEGEND_COLUMNS) * _LEGEND_ROW
        text = x + draw_line_sample(sheet, row.fate, x, top + 0.4) + 2.5
        amount = " · ".join(part for part in (row.length, row.share) if part)
        sheet.line_of(text, top + 2.6, row.name, TypeStyle(_BODY), width=x + cell - text)
        sheet.line_of(text, top + 5.8, amount, TypeStyle(_SMALL, MUTED), width=x + cell - text)
    return y + _LEGEND_ROW * -(-len(rows) // _LEGEND_COLUMNS)


def _table(sheet: Sheet, rows: Sequence[tuple[str, str]], t: Texts, x: float, top: float, width: float) -> None:
    """Names on the left, values on the right, a hairline under each."""
    sheet.heading(x, top + 3.0, t("result.further"), width)
    for number, (name, value) in enumerate(rows):
        y = top + 5.0 + _TABLE_ROW * number
        taken = sheet.line_of(x + width, y + 3.1, value, TypeStyle(_SMALL), align="R", width=0.55 * width)
        sheet.line_of(x, y + 3.1, name, TypeStyle(_SMALL), width=width - taken - 2.0)
        sheet.rule(x, y + _TABLE_ROW, width)


def _fitting(sheet: Sheet, told: Sequence[Reason], width: float, height: float, t: Texts) -> tuple[list[Reason], float]:
    """As many reasons as the height holds, worst first, and the height that they take."""
    kept: list[Reason] = []
    taken = 5.0 if told else 5.0 + sheet.height_of(t("result.nothing_against"), width, _SMALL)
    for reason in told:
        more = sheet.height_of(reason.message, width, _SMALL) + sheet.height_of(reason.fix, width, _SMALL) + 1.4
        last = 0.0 if len(kept) + 1 == len(told) else _SMALL * MM_PER_POINT * LEADING
        if taken + more + last > height and kept:
            break
        kept.append(reason)
        taken += more
    return kept, taken + (0.0 if len(kept) == len(told) else _SMALL * MM_PER_POINT * LEADING)


def _reasons(sheet: Sheet, told: Sequence[Reason], t: Texts, x: float, top: float, width: float, left_out: int) -> None:
    """What is so, and what to do about it."""
    sheet.heading(x, top + 3.0, t("result.know"), width)
    y = top + 5.0
    if not told:
        sheet.paragraph(x, y, width, t("result.nothing_against"), TypeStyle(_SMALL))
    for reason in told:
        y = sheet.paragraph(x, y, width, reason.message, TypeStyle(_SMALL))
        y = sheet.paragraph(x, y, width, reason.fix, TypeStyle(_SMALL, MUTED)) + 1.4
    if left_out:
        sheet.paragraph(x, y, width, t("pdf.file.more_reasons", n=left_out), TypeStyle(_SMALL, MUTED))


def _refused(sheet: Sheet, dossier: Dossier, t: Texts, top: float, bottom: float) -> None:
    """Why there is no number and what to do, over both photos as they are."""
    y = sheet.paragraph(_MARGIN, top + _GAP, _WIDTH, t("result.refused"), TypeStyle(20.0, bold=True))
    sheet.heading(_MARGIN, y + 5.0, t("result.refused_why"), _WIDTH)
    y += 7.4
    everything = told_reasons(dossier.result, t)
    told, _ = _fitting_refusals(sheet, everything, bottom - y - 2 * _GAP - _LEAST_PICTURE)
    for reason in told:
        y = sheet.paragraph(_MARGIN, y, _WIDTH, reason.message, TypeStyle(9.0, bold=reason.refuses))
        y = sheet.paragraph(_MARGIN, y, _WIDTH, reason.fix, TypeStyle(9.0, MUTED)) + 2.4
    if len(told) < len(everything):
        y = sheet.paragraph(_MARGIN, y, _WIDTH, t("pdf.file.more_reasons", n=len(everything) - len(told)), TypeStyle(9.0, MUTED))
    width = (_WIDTH - _GAP) / 2
    shown = original_pictures(dossier, width, min(bottom - y - 2 * _GAP - 4.6, 1.35 * width))
    _side_by_side(sheet, shown, [t("pdf.visit.before"), t("pdf.visit.after")], y + _GAP, width)


def _fitting_refusals(sheet: Sheet, told: Sequence[Reason], height: float) -> tuple[list[Reason], float]:
    """As many reasons of a refusal as the height holds."""
    kept: list[Reason] = []
    taken = 9.0 * MM_PER_POINT * LEADING
    for reason in told:
        taken += sheet.height_of(reason.message, _WIDTH, 9.0, bold=reason.refuses) + sheet.height_of(reason.fix, _WIDTH, 9.0) + 2.4
        if taken > height and kept:
            break
        kept.append(reason)
    return kept, taken
