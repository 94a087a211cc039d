"""Typefaces of a few boxes, made for a test: no system's font is needed to see which one writes a name, and how."""

from __future__ import annotations

import io
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from fontTools.feaLib.builder import addOpenTypeFeaturesFromString
from fontTools.fontBuilder import FontBuilder
from fontTools.pens.t2CharStringPen import T2CharStringPen
from fontTools.pens.ttGlyphPen import TTGlyphPen
from fontTools.ttLib import TTCollection, TTFont

AnyPen = TypeVar("AnyPen", TTGlyphPen, T2CharStringPen)

WIDTH = 600
"""Of each letter, thousandths of the type's size; that of a further glyph is in its name: "joined900"."""


@dataclass(frozen=True)
class Made:
    """What a made typeface is: its letters, the glyphs that its rules add, and the rules, in the language of feature files."""

    letters: str
    family: str = "Made"
    weight: int = 400
    embedding: int = 0
    further: tuple[str, ...] = ()
    rules: str = ""
    postscript: bool = False


def glyph_of(letter: str) -> str:
    """The name of a letter's glyph."""
    return f"uni{ord(letter):04X}"


def typeface(made: Made) -> TTFont:
    """The typeface, in memory."""
    letters = " " + "".join(dict.fromkeys(made.letters))
    names = [".notdef", *map(glyph_of, letters), *made.further]
    widths = {name: int(name[-3:]) if name in made.further else WIDTH for name in names}
    builder = FontBuilder(1000, isTTF=not made.postscript)
    builder.setupGlyphOrder(names)
    builder.setupCharacterMap({ord(letter): glyph_of(letter) for letter in letters})
    if made.postscript:
        builder.setupCFF(
            "Made", {}, {name: _draw_box(T2CharStringPen(widths[name], None), widths[name]).getCharString() for name in names}, {}
        )
    else:
        builder.setupGlyf({name: _draw_box(TTGlyphPen(None), widths[name]).glyph() for name in names})
    builder.setupHorizontalMetrics({name: (widths[name], 50) for name in names})
    builder.setupHorizontalHeader(ascent=800, descent=-200)
    builder.setupNameTable({"familyName": made.family, "styleName": "Bold" if made.weight > 550 else "Regular"})
    builder.setupOS2(usWeightClass=made.weight, fsType=made.embedding)
    builder.setupPost()
    if made.rules:
        addOpenTypeFeaturesFromString(builder.font, made.rules)
    return builder.font


def write_typeface(folder: Path, name: str, made: Made) -> str:
    """A file of one typeface; its path."""
    path = folder / name
    typeface(made).save(path)
    return str(path)


def write_collection(folder: Path, name: str, faces: Iterable[Made]) -> str:
    """A file of several typefaces; its path."""
    collection = TTCollection()
    for made in faces:
        saved = io.BytesIO()
        typeface(made).save(saved)
        saved.seek(0)
        collection.fonts.append(TTFont(saved))
    path = folder / name
    collection.save(path)
    return str(path)


def _draw_box(pen: AnyPen, width: int) -> AnyPen:
    pen.moveTo((50, 0))
    for corner in ((50, 700), (width - 50, 700), (width - 50, 0)):
        pen.lineTo(corner)
    pen.closePath()
    return pen
