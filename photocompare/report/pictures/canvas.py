"""A tall sheet that blocks are drawn on from top to bottom, and the legend of fates that every drawn picture has.

English is set in Aileron, which Pillow carries (CC0).  It has no accented letter, no en dash, no degree sign and no superscript: English
does without, every other language is set in DejaVu Sans, as the printed pages are.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from photocompare.base.arrays import SRGB8
from photocompare.report.pictures.drawing import INK, MUTED, PAPER, dashed, draw_strokes
from photocompare.report.pictures.fate_styles import FATE_STYLES, Colour
from photocompare.report.words.result import FateRow

MARGIN = 48
GAP = 24

_TALLEST = 4000
_LEGEND_CELL = 400
"""Pixels that a line's sample and the longest name of a fate take."""

_SAMPLE_LINE_PX = 4.0
_SKIN: Colour = (222, 184, 160)


_ENGLISH = "en"

_WIDE = 0.9
"""Size of DejaVu at which its lower case is as tall as Aileron's."""

_BOLD_STROKE = 1 / 48
"""Stroke added around Aileron's letters to make them bold, of the type's size; Pillow carries the regular weight only."""

_BREAKS = re.compile(r"[^\S\u00a0\u202f]+")
"""Spaces that a line may end at: not those that hold a mark to its word."""

_LINE_HEIGHT = 1.35
"""Distance of baselines over the type's size."""


@dataclass(frozen=True)
class Type:
    """Type of a size in pixels."""

    size: int
    colour: Colour = INK
    bold: bool = False


@lru_cache(maxsize=64)
def _font(size: int, language: str, *, bold: bool = False) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    if language == _ENGLISH:
        return ImageFont.load_default(size)
    import matplotlib as mpl

    name = "DejaVuSans-Bold.ttf" if bold else "DejaVuSans.ttf"
    return ImageFont.truetype(str(Path(mpl.get_data_path()) / "fonts" / "ttf" / name), round(size * _WIDE))


class Canvas:
    """The sheet; `y` is where the next block starts, pixels from the top.

    Parameters
    ----------
    width : int
        Pixels.
    language : str
        Of the texts.
    """

    def __init__(self, width: int, language: str) -> None:
        self.width = width
        self.y = 0.0
        self.image = Image.new("RGB", (width, _TALLEST), PAPER)
        self.draw = ImageDraw.Draw(self.image)
        self._language = language

    def paste(self, picture: SRGB8, x: float, y: float) -> None:
        """Put a picture with its corner at (x, y)."""
        self.image.paste(Image.fromarray(picture), (round(x), round(y)))

    def text(self, at_xy: tuple[float, float], text: str, kind: Type, anchor: str = "la") -> None:
        """One line of text; `anchor` as in Pillow."""
        stroke = kind.size * _BOLD_STROKE if kind.bold and self._language == _ENGLISH else 0
        font = _font(kind.size, self._language, bold=kind.bold)
        self.draw.text(at_xy, text, fill=kind.colour, font=font, anchor=anchor, stroke_width=stroke, stroke_fill=kind.colour)

    def width_of(self, text: str, size: int, *, bold: bool = False) -> float:
        """Width of one line in pixels."""
        return _font(size, self._language, bold=bold).getlength(text)

    def wrapped(self, text: str, size: int, width: float) -> list[str]:
        """The text in lines that fit the width; a single word longer than that stays whole."""
        lines: list[str] = []
        for word in _BREAKS.split(text.strip()):
            if lines and self.width_of(f"{lines[-1]} {word}", size) <= width:
                lines[-1] += f" {word}"
            else:
                lines.append(word)
        return lines

    def paragraph(self, text: str, x: float, width: float, kind: Type) -> None:
        """Wrapped text; moves `y` below it."""
        for line in self.wrapped(text, kind.size, width):
            self.text((x, self.y), line, kind)
            self.y += kind.size * _LINE_HEIGHT

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
        canvas.text((x + 92, y), row.name, Type(24))
        canvas.text((x + 92, y + 28), ", ".join(part for part in (row.length, row.share) if part), Type(22, MUTED))
    canvas.y += 62 * -(-len(rows) // columns) + GAP / 2


def _draw_sample(canvas: Canvas, fate: str, x: float, y: float) -> None:
    """The fate's line on a skin-like ground, as it lies in the picture."""
    ground = np.full((44, 76, 3), _SKIN, np.uint8)
    path = np.array([[8.0, 30.0], [24.0, 18.0], [52.0, 26.0], [68.0, 14.0]])
    style = FATE_STYLES[fate]
    draw_strokes(ground, list(dashed(path, style.dash, _SAMPLE_LINE_PX)), style, _SAMPLE_LINE_PX)
    canvas.paste(ground, x, y - 22)
