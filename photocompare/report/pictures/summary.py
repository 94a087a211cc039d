"""`summary.png`: the comparison as one picture that people look at together, in the reader's language."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from photocompare.base.arrays import SRGB8
from photocompare.base.estimate import Estimate
from photocompare.report.pictures.canvas import GAP, MARGIN, Canvas, Type, draw_legend
from photocompare.report.pictures.drawing import (
    MUTED,
    PANEL,
    RULE,
    STATUS_COLOUR,
    displayed,
    fitted,
    paint_outline,
    paint_veins,
    surroundings,
    veiled,
)
from photocompare.report.pictures.encoding import png
from photocompare.report.pictures.fate_styles import WHITE, Colour
from photocompare.report.pictures.pair import MeasuredPictures, PairPictures, stored_pictures
from photocompare.report.pictures.percent_axis import PercentAxis
from photocompare.report.words.headline import CLEARED, headline_kind, headline_number, headline_of, headline_within
from photocompare.report.words.numbers import shortest
from photocompare.report.words.reasons import told_reasons
from photocompare.report.words.result import beside_the_band, drawn_field, earlier_contract, fate_rows
from photocompare.report.words.summary import made_by, numbers, time_between
from photocompare.report.words.texts import Texts
from photocompare.results.dossier import Dossier
from photocompare.results.result import Result

WIDTH = 1600
"""Pixels: legible on a laptop and on A4 at 190 dpi."""

_PHOTO_HEIGHT = 760
_LINE_PX = 2.0
_NUMBER_SIZE = 120
_WORDS_SIZES = (72, 60, 52, 46)
_INTERVAL_SIZES = (30, 27, 24, 21)
"""Pixels of a headline that is words, and of its interval: the largest that fits into half of the picture."""

_HEADLINE_WIDTH = 300
"""Pixels in which the words beside the number are set."""

_BAND: Colour = (205, 228, 221)
_INTERVAL: Colour = (0, 114, 178)
_MOST_REASONS = 6


def draw_summary(result: Result, pictures: PairPictures, t: Texts) -> SRGB8:
    """One picture for people: the headline with its interval on the reference band, the photos, the fates, what to know.

    A pair that is not comparable shows both photos, the reasons and what to do, and no number.

    Returns
    -------
    ndarray of shape (h, `WIDTH`, 3), uint8 sRGB
    """
    canvas = Canvas(WIDTH, t.language)
    canvas.y = MARGIN
    _header(canvas, result, t)
    length, measured = result.length, pictures.measured
    if length is None or measured is None:
        _refusal(canvas, result, pictures, t)
    else:
        _headline(canvas, result, length, t)
        _three_pictures(canvas, measured, t)
        draw_legend(canvas, fate_rows(result, t))
        _two_columns(canvas, result, t)
    _footer(canvas, result, t)
    return canvas.cropped()


def _header(canvas: Canvas, result: Result, t: Texts) -> None:
    canvas.text((MARGIN, canvas.y), t("summary.title"), Type(38, bold=True))
    status = t(f"status.{result.status}")
    width, right = canvas.width_of(status, 26) + 40, canvas.width - MARGIN
    canvas.draw.rounded_rectangle((right - width, canvas.y - 2, right, canvas.y + 44), radius=23, fill=STATUS_COLOUR[result.status])
    canvas.text((right - width / 2, canvas.y + 21), status, Type(26, WHITE), anchor="mm")
    canvas.text((MARGIN, canvas.y + 54), time_between(result, t), Type(26, MUTED))
    canvas.text((right, canvas.y + 54), t(f"status_means.{result.status}"), Type(26, MUTED), anchor="ra")
    canvas.y += 104
    canvas.draw.line((MARGIN, canvas.y, right, canvas.y), fill=RULE, width=2)
    canvas.y += GAP


def _headline(canvas: Canvas, result: Result, length: Estimate, t: Texts) -> None:
    top = canvas.y
    band = result.benchmark.band
    value, of = headline_number(length.value, band, t), headline_of(length.value, band, t)
    if headline_kind(length.value) == CLEARED:
        canvas.text((MARGIN, top), value, Type(_NUMBER_SIZE, bold=True))
        x = MARGIN + canvas.width_of(value, _NUMBER_SIZE, bold=True) + 32
        for number, line in enumerate(canvas.wrapped(of, 32, _HEADLINE_WIDTH)):
            canvas.text((x, top + 22 + 40 * number), line, Type(32))
    else:
        canvas.text((MARGIN, top + 8), value, Type(_fitting(canvas, value, _WORDS_SIZES, bold=True), bold=True))
        canvas.text((MARGIN, top + 98), of, Type(32))
    within = headline_within(length, t)
    canvas.text((MARGIN, top + 142), within, Type(_fitting(canvas, within, _INTERVAL_SIZES), MUTED))
    if told := drawn_field(result, t):
        canvas.text((MARGIN, top + 188), told, Type(_fitting(canvas, told, _INTERVAL_SIZES), bold=True))
    _on_the_band(canvas, result, length, t, top + 8)
    canvas.y = max(canvas.y, top + (236 if told else 190)) + GAP


def _fitting(canvas: Canvas, text: str, sizes: Sequence[int], *, bold: bool = False) -> int:
    """The largest of the sizes in which a line fits beside the axis, or the last."""
    room = canvas.width / 2 - MARGIN
    return next((size for size in sizes if canvas.width_of(text, size, bold=bold) <= room), sizes[-1])


def _on_the_band(canvas: Canvas, result: Result, length: Estimate, t: Texts, top: float) -> None:
    """The axis with the reference band, the interval and the number, and what that means."""
    draw, benchmark = canvas.draw, result.benchmark
    left, right = canvas.width / 2 + 20, canvas.width - MARGIN
    scale = PercentAxis.holding((length.value, length.low))

    def at(value: float) -> float:
        return left + (right - left) * scale.share(value)

    axis = top + 62
    draw.rounded_rectangle((left, axis - 16, right, axis + 16), radius=6, fill=PANEL)
    draw.rectangle((at(benchmark.low), axis - 16, at(benchmark.high), axis + 16), fill=_BAND if benchmark.assessed else RULE)
    band = t(
        "summary.band" if benchmark.assessed else "summary.band_unused", low=shortest(benchmark.low, t), high=shortest(benchmark.high, t)
    )
    canvas.text((right, top + 14), band, Type(22, MUTED), anchor="ra")
    for tick in scale.ticks:
        anchor = "la" if tick == scale.least else "ra" if tick == 100 else "ma"
        canvas.text((at(tick), axis + 24), str(tick), Type(20, MUTED), anchor=anchor)
    if scale.least < 0:
        draw.line((at(0), axis - 16, at(0), axis + 16), fill=MUTED, width=2)
    draw.line((at(length.low), axis, at(length.high), axis), fill=_INTERVAL, width=8)
    for end in (length.low, length.high):
        draw.line((at(end), axis - 12, at(end), axis + 12), fill=_INTERVAL, width=4)
    draw.ellipse((at(length.value) - 12, axis - 12, at(length.value) + 12, axis + 12), fill=_INTERVAL, outline=WHITE, width=3)
    canvas.y = axis + 60
    canvas.paragraph(beside_the_band(result, t), left, right - left, Type(24))


def _three_pictures(canvas: Canvas, measured: MeasuredPictures, t: Texts) -> None:
    """Before, after and fates, all cut to the shared field."""
    rows, cols = surroundings(measured.shared)
    width = (canvas.width - 2 * MARGIN - 2 * GAP) // 3
    before, factor = fitted(measured.before[rows, cols], width, _PHOTO_HEIGHT)
    after, _ = fitted(measured.after[rows, cols], width, _PHOTO_HEIGHT)
    shown = displayed(before)
    fate = veiled(shown.copy(), measured.shared[rows, cols])
    paint_veins(fate, measured.pieces, factor, _LINE_PX, origin=(rows.start, cols.start))
    paint_outline(fate, measured.drawn_field, factor, _LINE_PX, origin=(rows.start, cols.start))
    captions = (t("caption.before"), t("caption.laid_over"), t("summary.fate"))
    _side_by_side(canvas, captions, (shown, displayed(after), fate), width)


def _side_by_side(canvas: Canvas, captions: Sequence[str], pictures: Sequence[SRGB8], width: int) -> None:
    """Pictures in columns of that width, each under its name."""
    for column, (caption, picture) in enumerate(zip(captions, pictures, strict=True)):
        x = MARGIN + column * (width + GAP)
        canvas.text((x, canvas.y), caption, Type(26, bold=True))
        canvas.paste(picture, x + (width - picture.shape[1]) / 2, canvas.y + 40)
    canvas.y += 40 + max(picture.shape[0] for picture in pictures) + GAP


def _two_columns(canvas: Canvas, result: Result, t: Texts) -> None:
    """Further numbers on the left, what to know on the right."""
    right, top = canvas.width - MARGIN, canvas.y
    canvas.draw.line((MARGIN, top, right, top), fill=RULE, width=2)
    middle = canvas.width / 2
    bottoms = []
    blocks: tuple[Callable[[float, float], None], ...] = (
        lambda x, width: _table(canvas, t("result.further"), numbers(result, t), x, width),
        lambda x, width: _reasons(canvas, result, t, x, width),
    )
    for draw_block, x in zip(blocks, (MARGIN, middle + 20), strict=True):
        canvas.y = top + GAP
        draw_block(x, middle - 20 - MARGIN)
        bottoms.append(canvas.y)
    canvas.y = max(bottoms)


def _table(canvas: Canvas, heading: str, rows: Sequence[tuple[str, str]], x: float, width: float) -> None:
    canvas.text((x, canvas.y), heading, Type(26, bold=True))
    canvas.y += 42
    for name, value in rows:
        canvas.text((x, canvas.y), name, Type(23))
        canvas.text((x + width, canvas.y), value, Type(23), anchor="ra")
        canvas.y += 36


def _reasons(canvas: Canvas, result: Result, t: Texts, x: float, width: float) -> None:
    canvas.text((x, canvas.y), t("result.know" if result.measured else "result.refused_why"), Type(26, bold=True))
    canvas.y += 42
    if earlier := earlier_contract(result, t):
        canvas.paragraph(earlier, x, width, Type(23))
        canvas.y += 8
    reasons = told_reasons(result, t)
    if not reasons:
        canvas.paragraph(t("result.nothing_against"), x, width, Type(23))
    for reason in reasons[:_MOST_REASONS]:
        canvas.paragraph(reason.message, x, width, Type(23))
        canvas.paragraph(reason.fix, x, width, Type(21, MUTED))
        canvas.y += 8
    if len(reasons) > _MOST_REASONS:
        canvas.paragraph(t("summary.more_reasons", n=len(reasons) - _MOST_REASONS), x, width, Type(21, MUTED))


def _refusal(canvas: Canvas, result: Result, pictures: PairPictures, t: Texts) -> None:
    """Both photos as they are, and why there is no number."""
    canvas.paragraph(t("result.refused"), MARGIN, canvas.width - 2 * MARGIN, Type(52, bold=True))
    canvas.y += GAP / 2
    _reasons(canvas, result, t, MARGIN, canvas.width - 2 * MARGIN)
    canvas.y += GAP
    width = (canvas.width - 2 * MARGIN - GAP) // 2
    shown = [fitted(photo, width, _PHOTO_HEIGHT)[0] for photo in (pictures.before, pictures.after)]
    _side_by_side(canvas, (t("caption.before"), t("caption.after")), shown, width)


def _footer(canvas: Canvas, result: Result, t: Texts) -> None:
    canvas.y += GAP
    canvas.text((MARGIN, canvas.y), t("summary.disclaimer"), Type(20, MUTED))
    canvas.text((canvas.width - MARGIN, canvas.y), made_by(result, t), Type(20, MUTED), anchor="ra")
    canvas.y += 28


def summary_png(dossier: Dossier, t: Texts) -> bytes:
    """`summary.png` of a stored comparison, under the dates of its result and in the reader's language."""
    return png(draw_summary(dossier.result, stored_pictures(dossier), t))
