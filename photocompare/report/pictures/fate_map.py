"""`fate.png`: what became of each vein, painted on the before photo."""

from __future__ import annotations

from photocompare.base.arrays import SRGB8
from photocompare.report.pictures.canvas import GAP, Canvas, draw_legend
from photocompare.report.pictures.drawing import fitted, paint_outline, paint_veins, veiled
from photocompare.report.pictures.pair import PairPictures
from photocompare.report.words.result import fate_rows
from photocompare.report.words.texts import Texts
from photocompare.results.result import Result

LONG_SIDE = 2000
"""Longest side of the painted photo, pixels."""

_LEAST_WIDTH = 900
_LINE_PER_PX = 1 / 500
"""Line width, of the photo's longest side."""

_LEAST_LINE_PX = 2.0


def draw_fate(result: Result, pictures: PairPictures, t: Texts) -> SRGB8:
    """The before photo with each baseline vein painted by its fate, new veins too, over a legend with lengths.

    Returns
    -------
    ndarray of shape (h, w, 3), uint8 sRGB
        At most `LONG_SIDE` pixels along its photo's longer side.

    Raises
    ------
    ValueError
        The pair was not measured.
    """
    measured = pictures.measured
    if measured is None or not result.measured:
        raise ValueError("a pair without numbers has no fates to paint")
    long_side = min(LONG_SIDE, max(pictures.before.shape[:2]))
    photo, factor = fitted(pictures.before, long_side, long_side)
    photo = veiled(photo, measured.shared)
    line_px = max(_LEAST_LINE_PX, long_side * _LINE_PER_PX)
    paint_veins(photo, measured.pieces, factor / pictures.factor, line_px)
    paint_outline(photo, measured.drawn_field, factor / pictures.factor, line_px)

    canvas = Canvas(max(photo.shape[1], _LEAST_WIDTH), t.language)
    canvas.paste(photo, (canvas.width - photo.shape[1]) // 2, 0)
    canvas.y = photo.shape[0] + GAP
    draw_legend(canvas, fate_rows(result, t))
    return canvas.cropped()
