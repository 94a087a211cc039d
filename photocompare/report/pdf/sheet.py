"""One A4 page of a report: embedded type, text that always fits its place, and the few shapes that the pages are made of.

Positions and lengths in mm from the page's top left corner, type sizes in points.  Equal content gives equal bytes.
"""

from __future__ import annotations

import contextlib
import io
import re
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from fpdf import FPDF
from fpdf.drawing import PaintedPath

from photocompare.report.pdf.letters import FAMILY, add_type, as_drawn, other_typefaces, pieces, printable, runs, without_last
from photocompare.report.pdf.typefaces import Typeface, bold_of, is_shaped
from photocompare.report.pictures.drawing import INK, MUTED, RULE
from photocompare.report.pictures.fate_styles import WHITE, Colour
from photocompare.results.visit_details import ELLIPSIS

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

_CELL_BASELINE = 0.8
"""Where fpdf2 puts the baseline of a cell as high as its type, over the type's size; its shaped text is written in cells alone."""

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
        self._language = language
        self._families: dict[Typeface, str] = {}
        self.add_page()

    def printable(self, text: str) -> str:
        """The text with every character that the type lacks visibly replaced; line breaks become spaces, units stay with their number."""
        text = unicodedata.normalize("NFC", text)
        return _UNITS.sub(_NO_BREAK, printable(text, other_typefaces(text, self._language)))

    def set_type(self, size: float, colour: Colour = INK, *, bold: bool = False) -> None:
        """Type of a size in points for what follows."""
        self.set_font(FAMILY, "B" if bold else "", size)
        self.set_text_color(*colour)

    def width_of(self, text: str, size: float, *, bold: bool = False) -> float:
        """Width of one line."""
        return sum(self._width_of(part, face, size, bold=bold) for part, face in self._runs(self.printable(text)))

    def _runs(self, text: str) -> list[tuple[str, Typeface | None]]:
        """A line's parts from left to right, each in one typeface."""
        return runs(as_drawn(text), other_typefaces(text, self._language))

    def _width_of(self, part: str, face: Typeface | None, size: float, *, bold: bool) -> float:
        self.set_type(size, bold=bold)
        if face is None:
            return float(self.get_string_width(part))
        with self._other_type(part, face, bold=bold):
            return float(self.get_string_width(part))

    @contextlib.contextmanager
    def _other_type(self, part: str, face: Typeface, *, bold: bool) -> Iterator[None]:
        """Another typeface, in the size and colour of what is set; it is embedded when first met."""
        if bold:
            face = bold_of(face, part)
        if face not in self._families:
            self._families[face] = f"other{len(self._families)}"
            self.add_font(self._families[face], "", face.file, collection_font_number=face.number)
        own = self.font_style
        self.set_font(self._families[face], "")
        if is_shaped(part):
            self.set_text_shaping(True, direction="ltr")
        try:
            yield
        finally:
            self.set_text_shaping(False)
            self.set_font(FAMILY, own)

    def _draw(self, x: float, baseline: float, part: str, face: Typeface | None, *, bold: bool) -> None:
        """A line's part in the size and colour that are set."""
        if face is None:
            self.text(x, baseline, part)
            return
        with self._other_type(part, face, bold=bold):
            if self.text_shaping:
                self.set_xy(x, baseline - _CELL_BASELINE * self.font_size)
                self.cell(h=self.font_size, text=part)
            else:
                self.text(x, baseline, part)

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
                text = without_last(text)
            text += ELLIPSIS
        taken = self.width_of(text, size, bold=bold)
        x -= {"L": 0.0, "C": 0.5, "R": 1.0}[align] * taken
        parts = self._runs(text)
        for part, face in parts:
            self.set_type(size, style.colour, bold=bold)
            self._draw(x, baseline, part, face, bold=bold)
            x += self._width_of(part, face, size, bold=bold) if len(parts) > 1 else 0.0
        return taken

    def lines(self, text: str, width: float, size: float, *, bold: bool = False) -> list[str]:
        """The text in lines that fit the width; a word longer than that is broken."""
        text = self.printable(text)
        if faces := other_typefaces(text, self._language):
            return self._broken(pieces(text, faces), lambda line: self.width_of(line.rstrip(), size, bold=bold) <= width)
        self.set_type(size, bold=bold)
        cut: Any = self.multi_cell(width, text=text, dry_run=True, output="LINES", align="L")
        return [str(line) for line in cut]

    @staticmethod
    def _broken(parts: Sequence[str], fits: Callable[[str], bool]) -> list[str]:
        """Lines of as many parts as fit; a part longer than a line is broken after a letter."""
        lines, line = [], ""
        for part in parts:
            if line and not fits(line + part):
                lines.append(line.rstrip())
                line = ""
            line += part
            while not fits(line) and without_last(line.rstrip()):
                kept = without_last(line.rstrip())
                while not fits(kept) and without_last(kept):
                    kept = without_last(kept)
                lines.append(kept)
                line = line[len(kept) :]
        return [*lines, line.rstrip()]

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
