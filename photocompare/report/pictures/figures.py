"""`fate.png` and `summary.png`: the comparison as pictures that people look at together."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from PIL import Image, ImageDraw

from photocompare.base.arrays import SRGB8
from photocompare.report.pictures.drawing import (
    INK,
    MUTED,
    PANEL,
    PAPER,
    RULE,
    STATUS_COLOUR,
    dashed,
    displayed,
    draw_strokes,
    fitted,
    paint_veins,
    put_text,
    surroundings,
    text_width,
    veiled,
    wrapped,
)
from photocompare.report.pictures.fate_styles import FATE_STYLES, WHITE, Colour
from photocompare.report.words import sentences as words
from photocompare.report.words.numbers import headline_percent, interval, with_interval
from photocompare.results.comparison import ASSESSED_FATES, CALIBRES, FATES, Comparison, Measured, Outcome, RegistrationMap

WIDTH = 1600
"""Width of the summary in pixels: legible on a laptop and on A4 at 190 dpi."""

FATE_LONG_SIDE = 2000
"""Longest side of the painted photo in `fate.png`, pixels."""

_MARGIN = 48
_GAP = 24
_TALLEST = 4000
_PHOTO_HEIGHT = 760
_LINE_PX = 2.0
_SAMPLE_LINE_PX = 4.0
_FATE_LINE_PER_PX = 1 / 500
"""Line width in `fate.png`, of the photo's longest side."""

_BAND: Colour = (205, 228, 221)
_INTERVAL: Colour = (0, 114, 178)
_MOST_REASONS = 6

_Row = tuple[str, str]


def draw_fate(comparison: Comparison) -> SRGB8:
    """The before photo with each baseline vein painted by its fate, new veins too, over a legend with lengths.

    Raises
    ------
    ValueError
        The pair was not measured.
    """
    pictures, outcome = comparison.pictures, comparison.outcome
    if pictures.measured is None or pictures.registration is None or outcome is None:
        raise ValueError("a pair without numbers has no fates to paint")
    long_side = min(FATE_LONG_SIDE, max(pictures.before.shape[:2]))
    photo, factor = fitted(pictures.before, long_side, long_side)
    photo = veiled(photo, pictures.registration.shared)
    line_px = max(2.0, long_side * _FATE_LINE_PER_PX)
    paint_veins(photo, pictures.measured.pieces, factor / pictures.factor_before, line_px)

    canvas = _Canvas(max(photo.shape[1], _FATE_LEAST_WIDTH))
    canvas.paste(photo, (canvas.width - photo.shape[1]) // 2, 0)
    canvas.y = photo.shape[0] + _GAP
    _legend(canvas, comparison, outcome)
    return canvas.cropped()


_FATE_LEAST_WIDTH = 900


def draw_summary(comparison: Comparison) -> SRGB8:
    """One picture for people: the headline with its interval on the reference band, the photos, the fates, what to know.

    A pair that is not comparable shows both photos, the reasons and what to do, and no number.
    """
    canvas = _Canvas(WIDTH)
    canvas.y = _MARGIN
    _header(canvas, comparison)
    outcome, measured, registration = comparison.outcome, comparison.pictures.measured, comparison.pictures.registration
    if outcome is None or measured is None or registration is None:
        _refusal(canvas, comparison)
    else:
        _headline(canvas, comparison, outcome)
        _three_pictures(canvas, measured, registration)
        _legend(canvas, comparison, outcome)
        _two_columns(canvas, comparison, outcome)
    _footer(canvas, comparison)
    return canvas.cropped()


class _Canvas:
    """A tall sheet that blocks are drawn on from top to bottom; `y` is where the next one starts."""

    def __init__(self, width: int) -> None:
        self.width = width
        self.y = 0.0
        self.image = Image.new("RGB", (width, _TALLEST), PAPER)
        self.draw = ImageDraw.Draw(self.image)

    def paste(self, picture: SRGB8, x: float, y: float) -> None:
        self.image.paste(Image.fromarray(picture), (round(x), round(y)))

    def paragraph(self, text: str, x: float, width: float, size: int, colour: Colour = INK, *, bold: bool = False) -> None:
        """Wrapped text; moves `y` below it."""
        for line in wrapped(text, size, width):
            put_text(self.draw, (x, self.y), line, size, colour, bold=bold)
            self.y += size * 1.35

    def cropped(self) -> SRGB8:
        height = min(_TALLEST, round(self.y) + _MARGIN // 2)
        return np.asarray(self.image.crop((0, 0, self.width, height)), dtype=np.uint8)


def _header(canvas: _Canvas, comparison: Comparison) -> None:
    put_text(canvas.draw, (_MARGIN, canvas.y), words.TITLE, 38, bold=True)
    status = words.STATUS[comparison.status]
    width, right = text_width(status, 26) + 40, canvas.width - _MARGIN
    canvas.draw.rounded_rectangle((right - width, canvas.y - 2, right, canvas.y + 44), radius=23, fill=STATUS_COLOUR[comparison.status])
    put_text(canvas.draw, (right - width / 2, canvas.y + 21), status, 26, WHITE, anchor="mm")
    put_text(canvas.draw, (_MARGIN, canvas.y + 54), words.time_between(comparison), 26, MUTED)
    put_text(canvas.draw, (right, canvas.y + 54), words.STATUS_MEANS[comparison.status], 26, MUTED, anchor="ra")
    canvas.y += 104
    canvas.draw.line((_MARGIN, canvas.y, right, canvas.y), fill=RULE, width=2)
    canvas.y += _GAP


def _headline(canvas: _Canvas, comparison: Comparison, outcome: Outcome) -> None:
    top = canvas.y
    value = headline_percent(outcome.length.value, words.BAND, words.ENGLISH)
    put_text(canvas.draw, (_MARGIN, top), value, 120, bold=True)
    x = _MARGIN + text_width(value, 120) + 32
    put_text(canvas.draw, (x, top + 22), "of the visible vein", 32)
    put_text(canvas.draw, (x, top + 62), "length cleared", 32)
    put_text(
        canvas.draw, (_MARGIN, top + 140), f"95 % interval: {interval(outcome.length.low, outcome.length.high, words.ENGLISH)}", 30, MUTED
    )
    _benchmark_scale(canvas, comparison, outcome, left=canvas.width / 2 + 20, top=top + 8)
    canvas.y = max(canvas.y, top + 190) + _GAP


def _benchmark_scale(canvas: _Canvas, comparison: Comparison, outcome: Outcome, left: float, top: float) -> None:
    """0 to 100 % with the reference band, the interval and the number."""
    draw, benchmark, right = canvas.draw, comparison.benchmark, canvas.width - _MARGIN

    def at(value: float) -> float:
        return left + (right - left) * min(max(value, 0.0), 100.0) / 100.0

    axis = top + 62
    draw.rounded_rectangle((left, axis - 16, right, axis + 16), radius=6, fill=PANEL)
    assessed = benchmark.verdict != "not_assessed"
    draw.rectangle((at(benchmark.low), axis - 16, at(benchmark.high), axis + 16), fill=_BAND if assessed else RULE)
    band = f"reference band {benchmark.low:g} to {benchmark.high:g} %"
    put_text(draw, (right, top + 14), band if assessed else f"{band}, not applied", 22, MUTED, anchor="ra")
    for tick, anchor in ((0, "la"), (25, "ma"), (50, "ma"), (75, "ma"), (100, "ra")):
        put_text(draw, (at(tick), axis + 24), f"{tick}", 20, MUTED, anchor=anchor)
    draw.line((at(outcome.length.low), axis, at(outcome.length.high), axis), fill=_INTERVAL, width=8)
    for end in (outcome.length.low, outcome.length.high):
        draw.line((at(end), axis - 12, at(end), axis + 12), fill=_INTERVAL, width=4)
    draw.ellipse(
        (at(outcome.length.value) - 12, axis - 12, at(outcome.length.value) + 12, axis + 12), fill=_INTERVAL, outline=WHITE, width=3
    )
    canvas.y = axis + 60
    canvas.paragraph(benchmark.why, left, right - left, 24)


def _three_pictures(canvas: _Canvas, measured: Measured, registration: RegistrationMap) -> None:
    """Before, after and fates, all cut to the shared field."""
    rows, cols = surroundings(registration.shared)
    width = (canvas.width - 2 * _MARGIN - 2 * _GAP) // 3
    before, factor = fitted(measured.before_normalised[rows, cols], width, _PHOTO_HEIGHT)
    after, _ = fitted(measured.after_normalised[rows, cols], width, _PHOTO_HEIGHT)
    shown = displayed(before)
    fate = veiled(shown.copy(), registration.shared[rows, cols])
    paint_veins(fate, measured.pieces, factor, _LINE_PX, origin=(rows.start, cols.start))
    captions = ("Before", "After, laid over the before photo", "What became of each vein")
    for column, (caption, picture) in enumerate(zip(captions, (shown, displayed(after), fate), strict=True)):
        x = _MARGIN + column * (width + _GAP)
        put_text(canvas.draw, (x, canvas.y), caption, 26, bold=True)
        canvas.paste(picture, x + (width - picture.shape[1]) / 2, canvas.y + 40)
    canvas.y += 40 + shown.shape[0] + _GAP


_LEGEND_CELL = 400
"""Pixels that a line's sample and the longest name of a fate take."""


def _legend(canvas: _Canvas, comparison: Comparison, outcome: Outcome) -> None:
    """A sample of each fate's line with its name, length and share of the assessed length."""
    columns = 3 if canvas.width - 2 * _MARGIN >= 3 * _LEGEND_CELL else 2
    cell = (canvas.width - 2 * _MARGIN) / columns
    for number, fate in enumerate(FATES):
        x, y = _MARGIN + (number % columns) * cell, canvas.y + (number // columns) * 62
        _sample(canvas, fate, x, y + 24)
        put_text(canvas.draw, (x + 92, y), words.FATE[fate], 24)
        share = words.share_of_assessed(fate, outcome)
        amount = words.length(outcome.fate_px.get(fate, 0.0), comparison.scale) + (f", {share}" if share else "")
        put_text(canvas.draw, (x + 92, y + 28), amount, 22, MUTED)
    canvas.y += 62 * -(-len(FATES) // columns) + _GAP / 2


def _sample(canvas: _Canvas, fate: str, x: float, y: float) -> None:
    """The fate's line on a skin-like ground, as it lies in the picture."""
    ground = np.full((44, 76, 3), (222, 184, 160), np.uint8)
    path = np.array([[8.0, 30.0], [24.0, 18.0], [52.0, 26.0], [68.0, 14.0]])
    style = FATE_STYLES[fate]
    draw_strokes(ground, list(dashed(path, style.dash, _SAMPLE_LINE_PX)), style, _SAMPLE_LINE_PX)
    canvas.paste(ground, x, y - 22)


def _two_columns(canvas: _Canvas, comparison: Comparison, outcome: Outcome) -> None:
    """Further numbers on the left, what to know on the right."""
    right, top = canvas.width - _MARGIN, canvas.y
    canvas.draw.line((_MARGIN, top, right, top), fill=RULE, width=2)
    middle = canvas.width / 2
    bottoms = []
    blocks: tuple[Callable[[float, float], None], ...] = (
        lambda x, width: _table(canvas, _numbers(comparison, outcome), x, width),
        lambda x, width: _reasons(canvas, comparison, x, width),
    )
    for draw_block, x in zip(blocks, (_MARGIN, middle + 20), strict=True):
        canvas.y = top + _GAP
        draw_block(x, middle - 20 - _MARGIN)
        bottoms.append(canvas.y)
    canvas.y = max(bottoms)


def _numbers(comparison: Comparison, outcome: Outcome) -> list[_Row]:
    scale, pigment = comparison.scale, outcome.pigment
    rows = [
        (words.CALIBRE[calibre], with_interval(outcome.by_calibre[calibre].clearance, words.ENGLISH))
        for calibre in CALIBRES
        if calibre in outcome.by_calibre and outcome.by_calibre[calibre].clearance.ok
    ]
    rows += [
        ("Clearance by visible area", with_interval(outcome.area, words.ENGLISH)),
        ("Clearance by contrast", with_interval(outcome.contrast, words.ENGLISH)),
        ("Change of visible length, new veins included", with_interval(outcome.net_change, words.ENGLISH)),
        (words.RESPONDER, words.responder(comparison)),
        ("Baseline length assessed", words.length(sum(outcome.fate_px.get(f, 0.0) for f in ASSESSED_FATES), scale)),
    ]
    gained, faded = scale.area_mm2(pigment.gained_px2), scale.area_mm2(pigment.faded_px2)
    if gained is not None and faded is not None:
        rows.append(("Brown pigment, gained and faded", f"+{gained:.0f} and -{faded:.0f} sq mm"))
    return rows


def _table(canvas: _Canvas, rows: list[_Row], x: float, width: float) -> None:
    put_text(canvas.draw, (x, canvas.y), "Further numbers", 26, bold=True)
    canvas.y += 42
    for name, value in rows:
        put_text(canvas.draw, (x, canvas.y), name, 23)
        put_text(canvas.draw, (x + width, canvas.y), value, 23, anchor="ra")
        canvas.y += 36


def _reasons(canvas: _Canvas, comparison: Comparison, x: float, width: float) -> None:
    heading = "What to know" if comparison.outcome is not None else "Why, and what to do"
    put_text(canvas.draw, (x, canvas.y), heading, 26, bold=True)
    canvas.y += 42
    reasons = words.reasons_to_tell(comparison)
    if not reasons:
        canvas.paragraph("Nothing stands against this comparison.", x, width, 23)
    for reason in reasons[:_MOST_REASONS]:
        canvas.paragraph(reason.message, x, width, 23)
        canvas.paragraph(reason.fix, x, width, 21, MUTED)
        canvas.y += 8
    if len(reasons) > _MOST_REASONS:
        canvas.paragraph(f"{len(reasons) - _MOST_REASONS} more in result.json.", x, width, 21, MUTED)


def _refusal(canvas: _Canvas, comparison: Comparison) -> None:
    """Both photos as they are, and why there is no number."""
    canvas.paragraph(words.NO_NUMBER, _MARGIN, canvas.width - 2 * _MARGIN, 52, bold=True)
    canvas.y += _GAP / 2
    _reasons(canvas, comparison, _MARGIN, canvas.width - 2 * _MARGIN)
    canvas.y += _GAP
    width = (canvas.width - 2 * _MARGIN - _GAP) // 2
    shown = [fitted(photo, width, _PHOTO_HEIGHT)[0] for photo in (comparison.pictures.before, comparison.pictures.after)]
    for column, (caption, picture) in enumerate(zip(("Before", "After"), shown, strict=True)):
        x = _MARGIN + column * (width + _GAP)
        put_text(canvas.draw, (x, canvas.y), caption, 26, bold=True)
        canvas.paste(picture, x + (width - picture.shape[1]) / 2, canvas.y + 40)
    canvas.y += 40 + max(picture.shape[0] for picture in shown) + _GAP


def _footer(canvas: _Canvas, comparison: Comparison) -> None:
    canvas.y += _GAP
    made_by = (
        f"photocompare {comparison.provenance.version}, settings {comparison.provenance.config}, {words.SCALE[comparison.scale.source]}"
    )
    put_text(canvas.draw, (_MARGIN, canvas.y), words.DISCLAIMER, 20, MUTED)
    put_text(canvas.draw, (canvas.width - _MARGIN, canvas.y), made_by, 20, MUTED, anchor="ra")
    canvas.y += 28
