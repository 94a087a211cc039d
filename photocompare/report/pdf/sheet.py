"""One A4 page of a report: embedded type, text that always fits its place, and the few shapes that the pages are made of.

Positions and lengths in mm from the page's top left corner, type sizes in points.  Equal content gives equal bytes.
"""

from __future__ import annotations

import io
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from fpdf import FPDF
from fpdf.drawing import PaintedPath

from photocompare.report.pdf.letters import DROPPED, FAMILY, add_type, as_drawn, drawable
from photocompare.report.pictures.drawing import INK, MUTED, RULE
from photocompare.report.pictures.fate_styles import WHITE, Colour
from photocompare.results.visit_details import ELLIPSIS, NOT_SHOWN

PAGE_WIDTH, PAGE_HEIGHT = 210.0, 297.0
"""A4."""

MM_PER_POINT = 25.4 / 72

LEADING = 1.36
"""Distance of baselines over the type's size: DejaVu's tall lower case needs more air than 1.2."""

_FIRST_BASELINE = 1.02
"""From the top of a paragraph to its first baseline, over the type's size."""

_LEAST_SIZE = 5.5
"""Points below which type is not shrunk: the text is cut instead."""

_SHRINK = 0.95
"""Step in which type that is too wide is made smaller."""

_FULLEST = 0.499
"""Corner radius over the shorter side; fpdf2 takes half of it and more for a share."""

_UNITS = re.compile(r"(?<=\d) (?=(?:%|mm|mm²|cm²|px)(?!\w))")
"""The space between a number and its unit, where no line may end."""

_NO_BREAK = "\u00a0"


@dataclass(frozen=True)
class TypeStyle:
    """How text is set: size in points, colour, weight."""

    size: float
    colour: Colour = INK
    bold: bool = False


class Sheet(FPDF):
    """An A4 page without automatic breaks.

    Parameters
    ----------
    language : str
        Of the document, for screen readers.
    title : str
        In the document's information; nothing about the patient stands there.
    """

    def __init__(self, language: str, title: str) -> None:
        super().__init__(orientation="portrait", unit="mm", format="A4")
        self.set_auto_page_break(False)
        self.set_margins(0, 0, 0)
        self.c_margin = 0.0
        # No time of making: a constant, so that equal content gives equal bytes.
        self.set_creation_date(datetime(2024, 1, 1, tzinfo=UTC))
        self.set_title(title)
        self.set_creator("photocompare")
        self.set_lang(language)
        add_type(self)
        self.add_page()

    def printable(self, text: str) -> str:
        """The text with every character that the type lacks visibly replaced; line breaks become spaces, units stay with their number."""
        return _UNITS.sub(_NO_BREAK, "".join(self._printable(c) for c in unicodedata.normalize("NFC", text)))

    def _printable(self, character: str) -> str:
        if character in "\n\t\r":
            return " "
        category = unicodedata.category(character)
        if category != "Cc" and ord(character) in drawable():
            return character
        return "" if category in DROPPED else NOT_SHOWN

    def set_type(self, size: float, colour: Colour = INK, *, bold: bool = False) -> None:
        """Type of a size in points for what follows."""
        self.set_font(FAMILY, "B" if bold else "", size)
        self.set_text_color(*colour)

    def width_of(self, text: str, size: float, *, bold: bool = False) -> float:
        """Width of one line."""
        self.set_type(size, bold=bold)
        return float(self.get_string_width(as_drawn(self.printable(text))))

    def line_of(
        self,
        x: float,
        baseline: float,
        text: str,
        style: TypeStyle,
        *,
        align: str = "L",
        width: float = PAGE_WIDTH,
    ) -> float:
        """One line of text; what is wider than `width` is set smaller, and cut with an ellipsis when that is not enough.

        x is the line's left end, its middle (align "C") or its right end ("R").  Returns the width set.
        """
        text, size, bold = self.printable(text), style.size, style.bold
        while self.width_of(text, size, bold=bold) > width and size > _LEAST_SIZE:
            size = max(_LEAST_SIZE, size * _SHRINK)
        if self.width_of(text, size, bold=bold) > width:
            while text and self.width_of(text + ELLIPSIS, size, bold=bold) > width:
                text = text[:-1]
            text += ELLIPSIS
        taken = self.width_of(text, size, bold=bold)
        self.set_type(size, style.colour, bold=bold)
        self.text(x - {"L": 0.0, "C": 0.5, "R": 1.0}[align] * taken, baseline, as_drawn(text))
        return taken

    def lines(self, text: str, width: float, size: float, *, bold: bool = False) -> list[str]:
        """The text in lines that fit the width; a word longer than that is broken."""
        self.set_type(size, bold=bold)
        cut: Any = self.multi_cell(width, text=self.printable(text), dry_run=True, output="LINES", align="L")
        return [str(line) for line in cut]

    def height_of(self, text: str, width: float, size: float, *, bold: bool = False) -> float:
        """Height of a paragraph."""
        return len(self.lines(text, width, size, bold=bold)) * size * MM_PER_POINT * LEADING

    def paragraph(
        self,
        x: float,
        top: float,
        width: float,
        text: str,
        style: TypeStyle,
        *,
        most_lines: int | None = None,
    ) -> float:
        """Wrapped text below `top`, the last of `most_lines` lines cut with an ellipsis; returns where it ends."""
        lines = self.lines(text, width, style.size, bold=style.bold)
        if most_lines is not None and len(lines) > most_lines:
            lines = [*lines[: most_lines - 1], lines[most_lines - 1].rstrip() + ELLIPSIS]
        step = style.size * MM_PER_POINT
        for number, line in enumerate(lines):
            self.line_of(x, top + step * (_FIRST_BASELINE + LEADING * number), line, style, width=width)
        return top + step * LEADING * len(lines)

    def rule(self, x: float, y: float, width: float, colour: Colour = RULE) -> None:
        """A hairline across."""
        self.set_draw_color(*colour)
        self.set_line_width(0.2)
        self.line(x, y, x + width, y)

    def filled(self, x: float, y: float, width: float, height: float, colour: Colour, *, radius: float = 0.0) -> None:
        """A filled rectangle."""
        self.set_fill_color(*colour)
        if radius:
            self.rect(x, y, width, height, style="F", round_corners=True, corner_radius=min(radius, _FULLEST * min(width, height)))
        else:
            self.rect(x, y, width, height, style="F")

    def pill(self, right: float, top: float, text: str, colour: Colour, size: float = 9.0) -> float:
        """A rounded badge whose right end is at `right`; returns its left end."""
        height = size * MM_PER_POINT * 2.0
        width = self.width_of(text, size, bold=True) + 1.2 * height
        self.filled(right - width, top, width, height, colour, radius=height / 2)
        baseline = top + height / 2 + 0.36 * size * MM_PER_POINT
        self.line_of(right - width / 2, baseline, text, TypeStyle(size, WHITE, bold=True), align="C")
        return right - width

    def stroke(self, path: Sequence[tuple[float, float]], colour: Colour, width: float) -> None:
        """A polyline with round ends."""
        with self.new_path() as drawn:
            drawn.style.stroke_color = "#{:02x}{:02x}{:02x}".format(*colour)
            drawn.style.fill_color = None
            drawn.style.stroke_width = width
            drawn.style.stroke_cap_style = "round"
            drawn.style.stroke_join_style = "round"
            drawn.style.auto_close = False
            _follow(drawn, path)

    def dot(self, x: float, y: float, radius: float, colour: Colour, *, filled: bool = True, line: float = 0.5) -> None:
        """A disc, or a ring on white."""
        self.set_fill_color(*(colour if filled else WHITE))
        self.set_draw_color(*colour)
        self.set_line_width(line)
        self.ellipse(x - radius, y - radius, 2 * radius, 2 * radius, style="DF")

    def heading(self, x: float, baseline: float, text: str, width: float, size: float = 8.5) -> None:
        """A section's heading."""
        self.line_of(x, baseline, text, TypeStyle(size, INK, bold=True), width=width)

    def label(self, x: float, baseline: float, text: str, width: float) -> None:
        """The small grey name of a value."""
        self.line_of(x, baseline, text, TypeStyle(6.5, MUTED), width=width)

    def picture(self, encoded: bytes, x: float, y: float, width: float, height: float, description: str) -> None:
        """A picture made by `pdf_pictures`, embedded as it is."""
        self.image(io.BytesIO(encoded), x=x, y=y, w=width, h=height, alt_text=description)

    def bytes_of(self) -> bytes:
        """The finished document."""
        return bytes(self.output())


def _follow(drawn: PaintedPath, path: Sequence[tuple[float, float]]) -> None:
    drawn.move_to(*path[0])
    for point in path[1:]:
        drawn.line_to(*point)
