"""The patient's page: one calm A4 sheet to take home."""

from __future__ import annotations

from photocompare.report.pdf.marks import ACCENT
from photocompare.report.pdf.pictures import measured_pictures, original_pictures
from photocompare.report.pdf.sheet import MM_PER_POINT, PAGE_HEIGHT, PAGE_WIDTH, Sheet, TypeStyle
from photocompare.report.pictures.drawing import INK, MUTED, PANEL, RULE
from photocompare.report.words.patient import (
    calls,
    course,
    course_step,
    next_steps,
    notes_for_patient,
    patient_sentence,
    what_would_help,
)
from photocompare.report.words.texts import Texts
from photocompare.report.words.visit import date_of, place_of
from photocompare.results.dossier import Dossier
from photocompare.results.visit_details import VisitDetails

_MARGIN = 18.0
_WIDTH = PAGE_WIDTH - 2 * _MARGIN
_GAP = 7.0
_COLUMN = (_WIDTH - _GAP) / 2
_BODY = 9.5
_SMALL = 8.0
_HERO = 19.0
"""Points: read at arm's length, over a desk."""

_TALLEST_PICTURE = 106.0
"""Mm."""

_CAPTION_GAP = 2.5

_INSET = 5.0
_BULLET = 3.6
_AFTER_BULLET = 1.2


def draw_patient_page(sheet: Sheet, dossier: Dossier, details: VisitDetails, t: Texts) -> None:
    """The whole page, on a fresh sheet: the sentence and the pictures from the top, the rest from the foot, pictures as large as fits."""
    shown = details.shown
    top = _sentence(sheet, dossier, shown, t)
    sheet.line_of(_MARGIN, PAGE_HEIGHT - 12.0, t("consult.photos_only"), TypeStyle(_SMALL, MUTED), width=_WIDTH)
    bottom = PAGE_HEIGHT - 12.0 - 7.0
    below = _columns_height(sheet, dossier, t)
    columns = bottom - below
    timeline = columns - _GAP - _course_height(sheet, t)
    _pictures(sheet, dossier, shown, t, top + _GAP, timeline - _GAP)
    _course(sheet, dossier, t, timeline)
    _next(sheet, dossier, t, columns)
    _call(sheet, t, columns, below)


def _sentence(sheet: Sheet, dossier: Dossier, details: VisitDetails, t: Texts) -> float:
    """Whose page it is, the result in one sentence, and what belongs beside it; returns where it ends."""
    title = sheet.line_of(_MARGIN, 19.0, t("consult.title"), TypeStyle(11.0, ACCENT, bold=True), width=0.5 * _WIDTH)
    about = [details.patient_label, place_of(details, t) if details.leg or details.region else ""]
    text = " · ".join(part for part in about if part)
    sheet.line_of(_MARGIN + _WIDTH, 19.0, text, TypeStyle(9.0, MUTED), align="R", width=_WIDTH - title - _GAP)
    sheet.rule(_MARGIN, 22.6, _WIDTH)
    y = sheet.paragraph(_MARGIN, 27.0, _WIDTH, patient_sentence(dossier.result, t), TypeStyle(_HERO, bold=True))
    y += 1.5
    for note in (*notes_for_patient(dossier.result, t), *what_would_help(dossier.result, t)):
        y = sheet.paragraph(_MARGIN, y + 0.8, _WIDTH, note, TypeStyle(10.0, MUTED))
    return y


def _pictures(sheet: Sheet, dossier: Dossier, details: VisitDetails, t: Texts, top: float, bottom: float) -> None:
    """Both photos side by side, each with its day."""
    height = min(_TALLEST_PICTURE, bottom - top - 5.4)
    shown = measured_pictures(dossier, _COLUMN, height, fate=False) if dossier.measured else original_pictures(dossier, _COLUMN, height)
    names = (t("caption.before"), t("pdf.patient.after" if dossier.measured else "caption.after"))
    days = ["" if day is None else date_of(day, t) for day in (details.before_date, details.after_date)]
    for number, (picture, name, day) in enumerate(zip(shown, names, days, strict=True)):
        x = _MARGIN + number * (_COLUMN + _GAP)
        taken = sheet.line_of(x, top + 3.4, name, TypeStyle(_BODY, bold=True), width=0.6 * _COLUMN)
        sheet.line_of(x + taken + _CAPTION_GAP, top + 3.4, day, TypeStyle(_SMALL, MUTED), width=_COLUMN - taken - _CAPTION_GAP)
        sheet.picture(picture.encoded, x, top + 5.4, picture.width, picture.height, name)


def _course_height(sheet: Sheet, t: Texts) -> float:
    width = _step_width(t)
    seen = max(sheet.height_of(seen, width, _SMALL) for _, _, seen in course(t))
    when = max(sheet.height_of(when, width, _SMALL, bold=True) for _, when, _ in course(t))
    return 16.0 + when + seen


def _step_width(t: Texts) -> float:
    return _WIDTH / len(course(t)) - 3.0


def _course(sheet: Sheet, dossier: Dossier, t: Texts, top: float) -> None:
    """The usual course as a line with its steps; the one that the after photo was taken in is filled and named."""
    steps, here = course(t), course_step(dossier.result)
    sheet.heading(_MARGIN, top + 3.4, t("course.title"), _WIDTH, 10.5)
    line = top + 12.0
    cell = _WIDTH / len(steps)
    sheet.stroke([(_MARGIN + 1.8, line), (_MARGIN + _WIDTH, line)], RULE, 0.8)
    when_height = max(sheet.height_of(when, _step_width(t), _SMALL, bold=True) for _, when, _ in steps)
    for number, (step, when, seen) in enumerate(steps):
        x, current = _MARGIN + number * cell, step == here
        if current:
            sheet.dot(x + 1.8, line, 1.8, ACCENT)
            sheet.line_of(x, line - 3.4, t("course.you_are_here"), TypeStyle(_SMALL, ACCENT, bold=True), width=cell)
        else:
            sheet.dot(x + 1.8, line, 1.3, RULE, filled=False, line=0.6)
        sheet.paragraph(x, line + 3.2, _step_width(t), when, TypeStyle(_SMALL, ACCENT if current else INK, bold=True))
        sheet.paragraph(x, line + 3.2 + when_height + 0.6, _step_width(t), seen, TypeStyle(_SMALL, INK if current else MUTED))


def _columns_height(sheet: Sheet, dossier: Dossier, t: Texts) -> float:
    """Height of what comes next and of when to call, whichever is taller."""
    following = 7.0 + sheet.height_of(next_steps(dossier.result, t), _COLUMN - 2.0, _BODY)
    return max(following + 2 * _INSET, 2 * _INSET + _call_height(sheet, t))


def _next(sheet: Sheet, dossier: Dossier, t: Texts, top: float) -> None:
    sheet.heading(_MARGIN, top + _INSET + 3.4, t("consult.next"), _COLUMN, 10.5)
    sheet.paragraph(_MARGIN, top + _INSET + 6.0, _COLUMN - 2.0, next_steps(dossier.result, t), TypeStyle(_BODY))


_CALL_WIDTH = _COLUMN - 2 * _INSET


def _call_height(sheet: Sheet, t: Texts) -> float:
    height = 0.0
    for heading, items in calls(t):
        height += sheet.height_of(heading, _CALL_WIDTH, _BODY, bold=True) + 1.0
        height += sum(sheet.height_of(item, _CALL_WIDTH - _BULLET, _SMALL) + _AFTER_BULLET for item in items) + 1.6
    return height - 1.6


def _call(sheet: Sheet, t: Texts, top: float, height: float) -> None:
    """The list that stands beside every patient's view, on a ground of its own."""
    x = _MARGIN + _COLUMN + _GAP
    sheet.filled(x, top, _COLUMN, height, PANEL, radius=2.0)
    x, y = x + _INSET, top + _INSET
    for heading, items in calls(t):
        y = sheet.paragraph(x, y, _CALL_WIDTH, heading, TypeStyle(_BODY, bold=True)) + 1.0
        for item in items:
            sheet.dot(x + 0.8, y + 0.68 * _SMALL * MM_PER_POINT, 0.45, INK, line=0.05)
            y = sheet.paragraph(x + _BULLET, y, _CALL_WIDTH - _BULLET, item, TypeStyle(_SMALL)) + _AFTER_BULLET
        y += 1.6
