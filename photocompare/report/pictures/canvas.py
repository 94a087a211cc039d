"""A tall sheet that blocks are drawn on from top to bottom, and the legend of fates that every drawn picture has."""

from __future__ import annotations

import numpy as np
from PIL import Image, ImageDraw

from photocompare.base.arrays import SRGB8
from photocompare.report.pictures.drawing import INK, MUTED, PAPER, dashed, draw_strokes, put_text, wrapped
from photocompare.report.pictures.fate_styles import FATE_STYLES, Colour
from photocompare.report.words.result import FateRow

MARGIN = 48
GAP = 24

_TALLEST = 4000
_LEGEND_CELL = 400
"""Pixels that a line's sample and the longest name of a fate take."""

_SAMPLE_LINE_PX = 4.0
_SKIN: Colour = (222, 184, 160)


class Canvas:
    """The sheet; `y` is where the next block starts, pixels from the top.

    Parameters
    ----------
    width : int
        Pixels.
    """

    def __init__(self, width: int) -> None:
        self.width = width
        self.y = 0.0
        self.image = Image.new("RGB", (width, _TALLEST), PAPER)
        self.draw = ImageDraw.Draw(self.image)

    def paste(self, picture: SRGB8, x: float, y: float) -> None:
        """Put a picture with its corner at (x, y)."""
        self.image.paste(Image.fromarray(picture), (round(x), round(y)))

    def paragraph(self, text: str, x: float, width: float, size: int, colour: Colour = INK, *, bold: bool = False) -> None:
        """Wrapped text; moves `y` below it."""
        for line in wrapped(text, size, width):
            put_text(self.draw, (x, self.y), line, size, colour, bold=bold)
            self.y += size * 1.35

    def cropped(self) -> SRGB8:
        """What was drawn, with a margin below."""
        height = min(_TALLEST, round(self.y) + MARGIN // 2)
        return np.asarray(self.image.crop((0, 0, self.width, height)), dtype=np.uint8)


def draw_legend(canvas: Canvas, rows: list[FateRow]) -> None:
    """A sample of each fate's line with its name, length and share of the assessed length; moves `y` below it."""
    columns = 3 if canvas.width - 2 * MARGIN >= 3 * _LEGEND_CELL else 2
    cell = (canvas.width - 2 * MARGIN) / columns
    for number, row in enumerate(rows):
        x, y = MARGIN + (number % columns) * cell, canvas.y + (number // columns) * 62
        _draw_sample(canvas, row.fate, x, y + 24)
        put_text(canvas.draw, (x + 92, y), row.name, 24)
        put_text(canvas.draw, (x + 92, y + 28), ", ".join(part for part in (row.length, row.share) if part), 22, MUTED)
    canvas.y += 62 * -(-len(rows) // columns) + GAP / 2


def _draw_sample(canvas: Canvas, fate: str, x: float, y: float) -> None:
    """The fate's line on a skin-like ground, as it lies in the picture."""
    ground = np.full((44, 76, 3), _SKIN, np.uint8)
    path = np.array([[8.0, 30.0], [24.0, 18.0], [52.0, 26.0], [68.0, 14.0]])
    style = FATE_STYLES[fate]
    draw_strokes(ground, list(dashed(path, style.dash, _SAMPLE_LINE_PX)), style, _SAMPLE_LINE_PX)
    canvas.paste(ground, x, y - 22)
