"""What the pages draw as vectors: the reference band with the number on it, the bar of fates, and the sample of a fate's line."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from photocompare.report.pdf.sheet import Sheet, TypeStyle
from photocompare.report.pictures.drawing import INK, MUTED, PANEL, dashed
from photocompare.report.pictures.fate_styles import FATE_STYLES, WHITE, Colour
from photocompare.report.pictures.percent_axis import PercentAxis
from photocompare.report.words.numbers import signed
from photocompare.report.words.texts import Texts
from photocompare.results.reference_band import ReferenceBandOptions

ACCENT: Colour = (15, 118, 110)
"""Teal, 5.5:1 on white."""

_BAND: Colour = (200, 226, 222)
_BAND_NOT_APPLIED: Colour = (222, 226, 231)

_ABOVE_BAR, _ROW, _BELOW_BAR = 4.6, 6.4, 4.8
"""Mm: the words over the bar, a number's row, the ticks under the bar."""

_CASING = 0.4
"""Outline on each side of a line, of its width, as in the pictures."""

_SAMPLE_LINE = 0.62
_SAMPLE_WIDTH, _SAMPLE_HEIGHT = 12.0, 5.2
"""Mm; two periods of the longest dash."""

_SKIN: Colour = (222, 184, 160)

_BRIGHT = 0.19
"""Relative luminance above which dark type is the more legible: the two contrasts, 1.05/(L+0.05) and (L+0.05)/0.064, meet there."""


@dataclass(frozen=True)
class Mark:
    """A number on the band: value and interval in percent; hollow for one that a person corrected."""

    value: float
    low: float
    high: float
    hollow: bool = False


@dataclass(frozen=True)
class Segment:
    """A part of the bar: the fate that colours it, its share in percent, and what is written on it where there is room."""

    fate: str
    percent: float
    label: str


def band_height(rows: int) -> float:
    """Height of the band drawn for so many numbers."""
    return _ABOVE_BAR + _ROW * rows + _BELOW_BAR


def draw_band(
    sheet: Sheet,
    place: tuple[float, float, float],
    band: ReferenceBandOptions,
    marks: Sequence[Mark],
    words: tuple[str, str],
    t: Texts,
    *,
    applied: bool,
) -> None:
    """0 to 100 %, and below where a number reaches there: reference band, responder mark, and each number with its interval in a row.

    Parameters
    ----------
    sheet : Sheet
    place : tuple of float
        Left, top and width, mm.
    band : ReferenceBandOptions
        The reference band and the responder rule.
    marks : sequence of Mark
    words : tuple of str
        Names of the band and of the responder mark.
    t : Texts
    applied : bool
        Whether the numbers are held against the band; it is grey when not.
    """
    x, top, width = place
    axis = PercentAxis.holding([end for mark in marks for end in (mark.value, mark.low)])

    def at(percent: float) -> float:
        return x + width * axis.share(percent)

    bar, height = top + _ABOVE_BAR, _ROW * len(marks)
    sheet.filled(x, bar, width, height, PANEL, radius=1.2)
    sheet.filled(at(band.low_percent), bar, at(band.high_percent) - at(band.low_percent), height, _BAND if applied else _BAND_NOT_APPLIED)
    sheet.line_of(x + width, top + 2.9, words[0], TypeStyle(7.0, ACCENT if applied else MUTED), align="R", width=width)
    ticks = bar + height + 3.6
    taken = 0.19 * width  # by the name of the responder mark, on either side
    for tick in axis.ticks:
        align = "L" if tick == axis.least else "R" if tick == 100 else "C"
        if align != "C" or abs(at(tick) - at(band.responder_percent)) > taken:
            sheet.line_of(at(tick), ticks, f"{tick} %" if tick == 100 else signed(tick, 0, t), TypeStyle(6.5, MUTED), align=align)
    if axis.least < 0:
        sheet.set_draw_color(*MUTED)
        sheet.set_line_width(0.2)
        sheet.line(at(0), bar, at(0), bar + height)
    sheet.set_draw_color(*INK)
    sheet.set_line_width(0.3)
    sheet.set_dash_pattern(dash=0.8, gap=0.6)
    sheet.line(at(band.responder_percent), bar - 0.8, at(band.responder_percent), bar + height + 1.0)
    sheet.set_dash_pattern()
    sheet.line_of(at(band.responder_percent), ticks, words[1], TypeStyle(6.5, INK), align="C", width=0.38 * width)
    for row, mark in enumerate(marks):
        _draw_mark(sheet, (at(mark.low), at(mark.value), at(mark.high)), bar + _ROW * (row + 0.5), hollow=mark.hollow)


def _draw_mark(sheet: Sheet, at: tuple[float, float, float], y: float, *, hollow: bool) -> None:
    """Interval with its ends, and the number upon it."""
    low, value, high = at
    sheet.set_draw_color(*INK)
    sheet.set_line_width(0.9)
    sheet.line(low, y, high, y)
    sheet.set_line_width(0.5)
    for end in (low, high):
        sheet.line(end, y - 1.3, end, y + 1.3)
    sheet.dot(value, y, 1.7, INK, filled=not hollow, line=0.6)


def draw_fate_bar(sheet: Sheet, place: tuple[float, float, float, float], segments: Sequence[Segment]) -> None:
    """The assessed length as one bar, best fate first; thin white lines keep neighbours apart.

    Parameters
    ----------
    sheet : Sheet
    place : tuple of float
        Left, top, width and height, mm.
    segments : sequence of Segment
    """
    x, top, width, height = place
    total = sum(segment.percent for segment in segments)
    left = x
    for segment in segments:
        share = width * segment.percent / total if total > 0 else 0.0
        colour = FATE_STYLES[segment.fate].colour
        if share > 0:
            sheet.filled(left, top, share, height, colour)
            if sheet.width_of(segment.label, 8.0, bold=True) + 2.0 < share:
                baseline = top + height / 2 + 1.02
                sheet.line_of(left + share / 2, baseline, segment.label, TypeStyle(8.0, _type_on(colour), bold=True), align="C")
        left += share
    sheet.set_draw_color(*WHITE)
    sheet.set_line_width(0.4)
    inner = np.cumsum([segment.percent for segment in segments if segment.percent > 0])[:-1]
    for end in inner:
        sheet.line(x + width * end / total, top, x + width * end / total, top + height)


def _type_on(ground: Colour) -> Colour:
    return INK if _luminance(ground) > _BRIGHT else WHITE


def _luminance(colour: Colour) -> float:
    """Relative luminance of WCAG 2, 0..1."""
    encoded = np.array(colour) / 255.0
    linear = np.where(encoded <= 0.04045, encoded / 12.92, ((encoded + 0.055) / 1.055) ** 2.4)
    return float(linear @ (0.2126, 0.7152, 0.0722))


def draw_line_sample(sheet: Sheet, fate: str, x: float, top: float) -> float:
    """The fate's line as it lies in the pictures, on skin; returns the width taken."""
    style = FATE_STYLES[fate]
    sheet.filled(x, top, _SAMPLE_WIDTH, _SAMPLE_HEIGHT, _SKIN, radius=0.8)
    run = np.linspace(0.0, 1.0, 40)
    path = np.column_stack([x + 1.4 + run * (_SAMPLE_WIDTH - 2.8), top + _SAMPLE_HEIGHT * (0.5 + 0.2 * np.sin(2 * np.pi * run))])
    width = style.weight * _SAMPLE_LINE
    dashes = [[(float(a), float(b)) for a, b in dash] for dash in dashed(path, style.dash, _SAMPLE_LINE)]
    for colour, line in ((style.casing, width * (1 + 2 * _CASING)), (style.colour, width)):
        for dash in dashes:
            sheet.stroke(dash, colour, line)
    return _SAMPLE_WIDTH
