"""Which letters the printed pages can write, and the order and forms in which a line of them is drawn.

Type is set from left to right, a glyph a character.  Hebrew and Arabic run the other way, and Arabic letters join: a line is put into the
order in which it is drawn (Unicode's bidirectional algorithm, as fpdf2 has it), its Arabic letters in their joined forms, for which Unicode
has characters and the type has glyphs.  Writing that needs more than that is not printed, and `not_printed` says so beforehand.
"""

from __future__ import annotations

import unicodedata
from functools import lru_cache
from pathlib import Path
from typing import Final

import matplotlib
from fontTools.ttLib import TTFont
from fpdf import FPDF
from fpdf.bidi import BidiParagraph

FAMILY: Final = "dejavu"
_FILES: Final = {"": "DejaVuSans.ttf", "B": "DejaVuSans-Bold.ttf"}

DROPPED: Final = frozenset({"Cf", "Mn", "Me"})
"""Categories that leave no gap where the type lacks them: joiners, variation selectors, marks on another letter."""

_RIGHT_TO_LEFT = frozenset({"R", "AL", "AN"})
_HEBREW = frozenset((*range(0x0590, 0x0600), *range(0xFB1D, 0xFB50)))
_JOINED_FORMS = (*range(0xFB50, 0xFE00), *range(0xFE70, 0xFEFD))
"""Unicode's blocks of Arabic letters as they look beside others."""

_JOINER, _STRETCH, _LAM = "\u200d", "\u0640", "\u0644"
_MIRRORED = str.maketrans("()[]{}<>«»‹›", ")(][}{><»«›‹")


def add_type(pdf: FPDF) -> None:
    """Embed the type, regular and bold."""
    for style, file in _FILES.items():
        pdf.add_font(FAMILY, style, _folder() / file)


def _folder() -> Path:
    return Path(matplotlib.get_data_path()) / "fonts" / "ttf"


@lru_cache(maxsize=1)
def drawable() -> frozenset[int]:
    """The characters that the type can write, regular and bold."""
    has: list[frozenset[int]] = []
    for file in _FILES.values():
        with TTFont(_folder() / file) as font:
            has.append(frozenset(font.getBestCmap()))
    both = frozenset.intersection(*has)
    return frozenset(code for code in both if _can_be_drawn(chr(code), both))


def _can_be_drawn(character: str, has: frozenset[int]) -> bool:
    """Whether the glyph alone is enough: letters that run to the left are Hebrew's, or Arabic ones with all their joined forms."""
    if unicodedata.category(character) != "Lo" or unicodedata.bidirectional(character) not in _RIGHT_TO_LEFT:
        return True
    if ord(character) in _HEBREW or ord(character) in _JOINED_FORMS:
        return True
    forms = _forms().get(character)
    return forms is not None and has.issuperset(map(ord, forms.values()))


def not_printed(text: str) -> str:
    """The characters of a text that the printed pages replace, each once; empty where all can be written."""
    if text.isascii():
        return ""
    lacking = (c for c in unicodedata.normalize("NFC", text) if ord(c) not in drawable())
    return "".join(dict.fromkeys(c for c in lacking if unicodedata.category(c) not in {*DROPPED, "Cc", "Zl", "Zp"}))


def as_drawn(line: str) -> str:
    """One line's characters from left to right; a line of letters that run to the right stays as it is."""
    if line.isascii() or not any(unicodedata.bidirectional(c) in _RIGHT_TO_LEFT for c in line):
        return line
    placed = BidiParagraph(_joined(line)).get_reordered_characters()
    return "".join(c.character.translate(_MIRRORED) if c.embedding_level % 2 else c.character for c in placed)


@lru_cache(maxsize=1)
def _forms() -> dict[str, dict[str, str]]:
    """An Arabic letter, or lam with an alef, to its forms by Unicode's names: isolated, final, initial, medial."""
    found: dict[str, dict[str, str]] = {}
    for code in _JOINED_FORMS:
        kind, *letters = unicodedata.decomposition(chr(code)).split() or [""]
        text = "".join(chr(int(letter, 16)) for letter in letters)
        if kind.startswith("<") and (len(text) == 1 or (len(text) == 2 and text[0] == _LAM and "\u0622" <= text[1] <= "\u0627")):
            found.setdefault(text, {}).setdefault(kind.strip("<>"), chr(code))
    return found


def _joined(line: str) -> str:
    """A line in its logical order, each Arabic letter in the form that its neighbours give it."""
    forms = _forms()
    letters: list[str] = []  # a letter, or lam and alef, with the marks on it
    for character in line:
        marked = unicodedata.category(character) == "Mn" and letters
        if marked or (letters and _base(letters[-1]) == _LAM and _LAM + character in forms):
            letters[-1] += character
        else:
            letters.append(character)
    joined = []
    for k, letter in enumerate(letters):
        before = k > 0 and _joins_next(letters[k - 1])
        after = k + 1 < len(letters) and _joins_last(letters[k + 1])
        joined.append(_formed(letter, joins_before=before, joins_after=after))
    return "".join(joined)


def _base(letter: str) -> str:
    """The letter without its marks; lam and alef stay together."""
    return "".join(c for c in letter if unicodedata.category(c) != "Mn") or letter


def _joins_next(letter: str) -> bool:
    base = _base(letter)
    return base in (_JOINER, _STRETCH) or "initial" in _forms().get(base, {})


def _joins_last(letter: str) -> bool:
    base = _base(letter)
    return base in (_JOINER, _STRETCH) or "final" in _forms().get(base, {})


def _formed(letter: str, *, joins_before: bool, joins_after: bool) -> str:
    base = _base(letter)
    forms = _forms().get(base)
    if forms is None:
        return letter
    before, after = joins_before and "final" in forms, joins_after and "initial" in forms
    kind = {(True, True): "medial", (True, False): "final", (False, True): "initial", (False, False): "isolated"}[before, after]
    return forms.get(kind, base) + "".join(c for c in letter if unicodedata.category(c) == "Mn")
