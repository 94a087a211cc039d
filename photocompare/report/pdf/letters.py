"""Which letters the printed pages can write, and the order and forms in which a line of them is drawn.

Type is set from left to right, a glyph a character.  Hebrew and Arabic run the other way, and Arabic letters join: a line is put into the
order in which it is drawn (Unicode's bidirectional algorithm, as fpdf2 has it), its Arabic letters in their joined forms, for which Unicode
has characters and the type has glyphs.  For other writing the system may have a typeface (`typefaces`): a line is drawn in runs, each in
one typeface.  What none can write is not printed, and `not_printed` says so beforehand.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Final

import matplotlib
from fontTools.ttLib import TTFont
from fpdf import FPDF
from fpdf.bidi import BidiParagraph

from photocompare.report.pdf.typefaces import Typeface, has, is_shaped, typefaces_for
from photocompare.results.visit_details import NOT_SHOWN

FAMILY: Final = "dejavu"
_FILES: Final = {"": "DejaVuSans.ttf", "B": "DejaVuSans-Bold.ttf"}

DROPPED: Final = frozenset({"Cf", "Mn", "Me"})
"""Categories that leave no gap where the type lacks them: joiners, variation selectors, marks on another letter."""

_SIGNS: Final = frozenset({"Cc", "Zl", "Zp"})
_NEVER_FIRST: Final = frozenset({"Pe", "Pf", "Po", "Lm", "Mn", "Mc", "Me", "Cf"})
"""Closing signs, marks and signs that stretch a letter begin no line."""

_VIRAMA: Final = 9
"""Unicode's combining class of the sign that joins two consonants."""

_RIGHT_TO_LEFT = frozenset({"R", "AL", "AN"})
_HEBREW = frozenset((*range(0x0590, 0x0600), *range(0xFB1D, 0xFB50)))
_JOINED_FORMS = (*range(0xFB50, 0xFE00), *range(0xFE70, 0xFEFD))
"""Unicode's blocks of Arabic letters as they look beside others."""

_JOINER, _STRETCH, _LAM = "\u200d", "\u0640", "\u0644"
_JOINERS = frozenset({"\u200c", _JOINER})
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


def other_typefaces(text: str, language: str = "") -> Mapping[str, Typeface]:
    """The system's typeface of each letter of a text that the pages' own type lacks, where there is one; NFC."""
    if text.isascii():
        return {}
    lacking = (c for c in text if ord(c) not in drawable() and unicodedata.category(c) not in _SIGNS)
    return typefaces_for("".join(dict.fromkeys(lacking)), language)


def not_printed(text: str) -> str:
    """The characters of a text that the printed pages replace, each once; empty where all can be written."""
    if text.isascii():
        return ""
    text = unicodedata.normalize("NFC", text)
    faces = other_typefaces(text)
    lacking = (c for c in text if ord(c) not in drawable() and c not in faces)
    return "".join(dict.fromkeys(c for c in lacking if unicodedata.category(c) not in {*DROPPED, *_SIGNS}))


def printable(text: str, faces: Mapping[str, Typeface]) -> str:
    """The text with every character that can't be written visibly replaced; line breaks become spaces.  NFC."""
    return "".join(c if c in faces else _printable(c) for c in text)


def _printable(character: str) -> str:
    if character in "\n\t\r":
        return " "
    category = unicodedata.category(character)
    if category != "Cc" and ord(character) in drawable():
        return character
    return "" if category in DROPPED else NOT_SHOWN


def runs(line: str, faces: Mapping[str, Typeface]) -> list[tuple[str, Typeface | None]]:
    """A drawn line in parts of one typeface each, None the pages' own; joiners and marks stay with the letter that they stand on."""
    parts: list[tuple[str, Typeface | None]] = []
    for character in line:
        face, before = faces.get(character), parts[-1][1] if parts else None
        if face is None and before is not None and _stays_with(character, before, parts[-1][0]):
            face = before
        if parts and face == before:
            parts[-1] = parts[-1][0] + character, face
        else:
            parts.append((character, face))
    return parts


def _stays_with(character: str, face: Typeface, letters: str) -> bool:
    match unicodedata.category(character):
        case "Cf":
            return is_shaped(letters)
        case "Mn" | "Mc" | "Me":
            return bool(has(face, {character}))
    return False


def pieces(text: str, faces: Mapping[str, Typeface]) -> list[str]:
    """A text in parts after which a line may end: words with their space, and each letter of unshaped writing, which has no spaces."""
    found = [""]
    for character in text:
        ended = found[-1][-1:]
        alone = ended in faces and not is_shaped(ended) and unicodedata.category(character) not in _NEVER_FIRST
        if (ended == " " and character != " ") or (alone and character != " "):
            found.append("")
        found[-1] += character
    return found


def without_last(text: str) -> str:
    """The text without its last letter and the marks on it; a letter that was joined to that one goes too."""
    end = len(text)
    while end:
        end -= 1
        joined = end and (unicodedata.combining(text[end - 1]) == _VIRAMA or text[end - 1] in _JOINERS)
        if not joined and unicodedata.category(text[end]) not in {"Mn", "Mc", "Me"}:
            break
    return text[:end]


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
