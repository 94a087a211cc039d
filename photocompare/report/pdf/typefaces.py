"""The system's typefaces for letters that the pages' own type lacks: which of them writes a name, if any.

Nothing is looked for before such a letter is met.  Thai, Indic and other writing whose letters move and join needs HarfBuzz beside the
typeface (the extra `scripts`); Chinese, Japanese and Korean characters do not.  A typeface that may not be embedded, or can't be, is passed
over, as is one whose normal weight is none of its own.  The same letters get the same typeface on one machine.
"""

from __future__ import annotations

import contextlib
import sys
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Final

from fontTools.ttLib import TTFont
from fontTools.ttLib.sfnt import readTTCHeader
from fpdf import FPDF
from fpdf.fonts import TTFFont
from fpdf.unicode_script import UnicodeScript, get_unicode_script

_EAST_ASIAN: Final = "EAST_ASIAN"
_GROUPS: Final = dict.fromkeys(("HAN", "HIRAGANA", "KATAKANA", "BOPOMOFO", "HANGUL"), _EAST_ASIAN)
"""Scripts that stand together in one name, for which one typeface is sought."""

_UNSHAPED: Final = frozenset({_EAST_ASIAN, "ETHIOPIC"})
"""Writing whose letters stand side by side as they are."""

_MARKS: Final = frozenset({"Mn", "Me", "Cf"})
_RIGHT_TO_LEFT: Final = frozenset({"R", "AL", "AN"})

_CHINESE: Final = (
    "notosanscjk",
    "notosanssc",
    "sourcehansans",
    "msyh",
    "pingfang",
    "hiraginosansgb",
    "stheiti",
    "wqy",
    "droidsansfallback",
)
_TAIWANESE: Final = ("notosanstc", "notosanshk", "msjh")
_JAPANESE: Final = (
    "notosanscjk",
    "notosansjp",
    "sourcehansans",
    "yugoth",
    "meiryo",
    "msgothic",
    "ヒラギノ角ゴシック",
    "hiraginosans",
    "ipa",
)
_KOREAN: Final = ("notosanscjk", "notosanskr", "sourcehansans", "malgun", "applesdgothicneo", "nanumgothic")
_HAN: Final = {"zh": _CHINESE + _TAIWANESE, "ja": _JAPANESE, "ko": _KOREAN}
_FACE_OF: Final = {"zh": "SC", "ja": "JP", "ko": "KR"}
"""By which a collection's typefaces for one language are told apart: Noto Sans CJK SC."""

_INDIC: Final = ("nirmala", "kohinoor")
_BESIDE_NOTO: Final = {
    "THAI": ("leel", "thonburi"),
    "LAO": ("leel",),
    "KHMER": ("leel", "khmersangam"),
    "MYANMAR": ("mmrtext", "myanmarsangam"),
    "ETHIOPIC": ("ebrima", "kefa"),
    "DEVANAGARI": (*_INDIC, "devanagarisangam"),
    "BENGALI": (*_INDIC, "banglasangam"),
    "GUJARATI": (*_INDIC, "gujaratisangam"),
    "GURMUKHI": (*_INDIC, "gurmukhisangam"),
    "KANNADA": (*_INDIC, "kannadasangam"),
    "MALAYALAM": (*_INDIC, "malayalamsangam"),
    "ORIYA": (*_INDIC, "oriyasangam"),
    "SINHALA": (*_INDIC, "sinhalasangam"),
    "TAMIL": (*_INDIC, "tamilsangam"),
    "TELUGU": (*_INDIC, "telugusangam"),
}
_AT_LAST: Final = ("arialuni", "freesans", "freeserif")
"""Beginnings of the files' names, in lower case without spaces and hyphens: of Windows, of macOS, and of what covers much."""

_SUFFIXES: Final = frozenset({".ttf", ".otf", ".ttc", ".otc"})
_REGULAR, _BOLD = 400, 700
_LIGHTEST, _HEAVIEST = 300, 550
"""Weights, of 100 to 900, that are read as normal type."""

_FIRST_LETTER = 0x0900
"""Of writing that needs another typeface, Devanagari's first."""

_TABLES: Final = frozenset({"head", "hhea", "hmtx", "maxp", "cmap", "name", "post", "OS/2", "glyf", "CFF "})
"""What a page takes from a typeface."""

_RESTRICTED, _NO_SUBSET, _BITMAPS_ONLY = 0x0002, 0x0100, 0x0200
"""Of a typeface's right to be embedded (OpenType, OS/2.fsType): not at all, not in parts, not as outlines."""


@dataclass(frozen=True)
class Typeface:
    """One typeface in a file; `number` is its place in a collection, `weight` 100 to 900."""

    file: str
    number: int
    family: str
    weight: int

    @property
    def place(self) -> tuple[int, str, int]:
        """An order of files: those of a family's plain name first."""
        return len(Path(self.file).stem), self.file, self.number


def script_of(letter: str) -> str:
    """The writing that a letter belongs to, by Unicode's name; Chinese, Japanese and Korean are one."""
    name = get_unicode_script(letter).name
    return _GROUPS.get(name, name)


def is_shaped(letters: str) -> bool:
    """Whether these letters move and join."""
    return any(script_of(letter) not in _UNSHAPED | {"COMMON", "INHERITED"} for letter in letters)


@lru_cache(maxsize=1)
def can_shape() -> bool:
    """Whether HarfBuzz is installed."""
    try:
        import uharfbuzz  # noqa: F401  an extra
    except ImportError:
        return False
    return True


def typefaces_for(letters: str, language: str) -> Mapping[str, Typeface]:
    """The typeface of each letter that one has; those that none can write are left out.

    Parameters
    ----------
    letters : str
        Of one text, in its order, without those that the pages' own type has.
    language : str
        Of the page: where it is written with Han characters, they have its forms.
    """
    if not letters:
        return {}
    chosen = _typefaces_for(letters, language, font_files(), can_shape())
    return {letter: face for letter, face in chosen.items() if Path(face.file).exists()}


@lru_cache(maxsize=128)
def _typefaces_for(letters: str, language: str, files: tuple[str, ...], shapes: bool) -> Mapping[str, Typeface]:
    chosen: dict[str, Typeface] = {}
    scripts, signs = _by_script(letters)
    for script, own in scripts.items():
        together = own | (signs - chosen.keys())
        if script in _UNSHAPED:
            alone = {letter for letter in together if unicodedata.category(letter) not in _MARKS}
            chosen |= _side_by_side(alone, script, language, files)
        elif shapes:
            whole = [face for face in _candidates(script, "", files) if has(face, own) == own]  # a missing mark makes another word
            whole.sort(key=lambda face: has(face, together) != together)
            face = next((face for face in whole if _embeds(face)), None)
            if face is not None:
                chosen |= dict.fromkeys(sorted(has(face, together)), face)
    return chosen


def _by_script(letters: str) -> tuple[dict[str, set[str]], set[str]]:
    """Letters by their script, marks with the letter before them; and signs of no script."""
    found: dict[str, set[str]] = {}
    signs: set[str] = set()
    script = UnicodeScript.COMMON.name
    for letter in letters:
        own = script_of(letter)
        if own != UnicodeScript.INHERITED.name:
            script = own
        if script == UnicodeScript.COMMON.name:
            signs.add(letter)
        elif script != UnicodeScript.UNKNOWN.name and unicodedata.bidirectional(letter) not in _RIGHT_TO_LEFT:
            found.setdefault(script, set()).add(letter)
    return found, signs


def _side_by_side(letters: set[str], script: str, language: str, files: tuple[str, ...]) -> dict[str, Typeface]:
    """All in the first typeface that has all; where none has, most in the one that has most."""
    if not letters:
        return {}
    most: tuple[set[str], Typeface] | None = None
    for face in _candidates(script, _han_language(letters, language), files):
        written = has(face, letters)
        if len(written) > (len(most[0]) if most else 0) and _embeds(face):
            most = written, face
            if written == letters:
                break
    if most is None:
        return {}
    return dict.fromkeys(sorted(most[0]), most[1]) | _side_by_side(letters - most[0], script, language, files)


def _han_language(letters: set[str], language: str) -> str:
    """Whose forms of Han characters: of a name with kana Japanese, with Hangul Korean, else the page's, else Chinese."""
    scripts = {get_unicode_script(letter).name for letter in letters}
    if scripts & {"HIRAGANA", "KATAKANA"}:
        return "ja"
    if "HANGUL" in scripts:
        return "ko"
    return language if language in _HAN else "zh"


def bold_of(face: Typeface, letters: str) -> Typeface:
    """The bold companion that has the same letters; the typeface itself where there is none."""
    heavy = (
        other
        for other in sorted(_in_files(_beginning_of(face.file), font_files()), key=lambda other: (abs(other.weight - _BOLD), *other.place))
        if other.weight > _HEAVIEST and other.family == face.family and Path(other.file).exists()
    )
    written = has(face, set(letters))
    return next((other for other in heavy if has(other, written) == written and _embeds(other)), face)


# --- the system's files


def _candidates(script: str, language: str, files: tuple[str, ...]) -> Iterator[Typeface]:
    """Typefaces of normal weight for a script, one a file, the most wanted first."""
    if script == _EAST_ASIAN:
        beginnings = dict.fromkeys((*_HAN[language], *_CHINESE, *_JAPANESE, *_KOREAN, *_TAIWANESE, *_AT_LAST))
    else:
        noto = script.replace("_", "").lower()
        beginnings = dict.fromkeys((f"notosans{noto}", f"notoserif{noto}", *_BESIDE_NOTO.get(script, ()), *_AT_LAST))
    mark = _FACE_OF.get(language, "")

    def rank(face: Typeface) -> tuple[bool, bool, int, int, str, int]:
        words = face.family.split()
        return "Mono" in words, mark not in words, abs(face.weight - _REGULAR), *face.place

    for beginning in beginnings:
        seen: set[str] = set()
        for face in sorted((face for face in _in_files(beginning, files) if _LIGHTEST <= face.weight <= _HEAVIEST), key=rank):
            if face.file not in seen:
                seen.add(face.file)
                yield face


def _in_files(beginning: str, files: tuple[str, ...]) -> tuple[Typeface, ...]:
    return tuple(face for file in files if _plain(file).startswith(beginning) for face in _faces_in(file))


@lru_cache(maxsize=4096)
def _plain(file: str) -> str:
    """A file's name as beginnings are written; a Mac parts letters from their marks."""
    stem = unicodedata.normalize("NFC", Path(file).stem).casefold()
    return "".join(c for c in stem if c.isalnum())


def _beginning_of(file: str) -> str:
    """What the files of one family begin with."""
    named = (*_CHINESE, *_TAIWANESE, *_JAPANESE, *_KOREAN, *(name for names in _BESIDE_NOTO.values() for name in names), *_AT_LAST)
    known = [name for name in named if _plain(file).startswith(name)]
    return max(known, key=len) if known else _plain(Path(file).name.split("-", maxsplit=1)[0])


@lru_cache(maxsize=1)
def font_files() -> tuple[str, ...]:
    """The system's font files, in an order of their own."""
    from matplotlib.font_manager import findSystemFonts

    return tuple(sorted(file for file in findSystemFonts() if Path(file).suffix.lower() in _SUFFIXES))


@lru_cache(maxsize=256)
def _faces_in(file: str) -> tuple[Typeface, ...]:
    """The upright typefaces of a file that may be embedded; none of a file that can't be read."""
    with contextlib.suppress(Exception):  # a font is anybody's file
        return tuple(face for number in range(_number_of_faces(file)) if (face := _face(file, number)) is not None)
    return ()


@contextlib.contextmanager
def _opened(file: str, number: int) -> Iterator[TTFont]:
    """A typeface, whose file is closed whatever comes."""
    with Path(file).open("rb") as opened:
        yield TTFont(opened, fontNumber=number, lazy=True)


def _number_of_faces(file: str) -> int:
    with Path(file).open("rb") as opened:
        if opened.read(4) != b"ttcf":
            return 1
        opened.seek(0)
        return int(readTTCHeader(opened).numFonts)


def _face(file: str, number: int) -> Typeface | None:
    with _opened(file, number) as font:
        os2, names = font["OS/2"], font["name"]
        weight = int(os2.usWeightClass)
        if "fvar" in font:  # drawn as it is without a choice of its weight
            weight = next((int(axis.defaultValue) for axis in font["fvar"].axes if axis.axisTag == "wght"), weight)
        outlines = "glyf" in font or "CFF " in font  # no bitmaps, no CFF2, which PDF has not
        if not outlines or os2.fsType & (_RESTRICTED | _NO_SUBSET | _BITMAPS_ONLY) or font["post"].italicAngle:
            return None
        return Typeface(file, number, str(names.getBestFamilyName() or ""), weight)


def has(face: Typeface, letters: set[str]) -> set[str]:
    """Those of the letters that a typeface has."""
    bits = _coverage(face)
    return {letter for letter in letters if bits[ord(letter) >> 3] >> (ord(letter) & 7) & 1}


@lru_cache(maxsize=64)
def _coverage(face: Typeface) -> bytes:
    """A bit for each of Unicode's characters: sets of some 45,000 letters would be large."""
    bits = bytearray((sys.maxunicode >> 3) + 1)
    with contextlib.suppress(Exception), _opened(face.file, face.number) as font:
        for code in font.getBestCmap() or ():
            bits[code >> 3] |= 1 << (code & 7)
    return bytes(bits)


@lru_cache(maxsize=64)
def _embeds(face: Typeface) -> bool:
    """Whether a page with a letter of this typeface can be made."""
    bits = _coverage(face)
    tried = next((chr(code) for code in range(_FIRST_LETTER, 8 * len(bits)) if bits[code >> 3] >> (code & 7) & 1), " ")
    page = FPDF()
    page.add_page()
    try:
        with _opened(face.file, face.number) as font:  # what can't be read is met here, where its file is closed
            all(font[table] for table in _TABLES & set(font.keys()))
            if "CFF " in font and not hasattr(font["CFF "].cff.topDictIndex[0], "ROS"):
                return False  # of this kind PDF readers take those with numbered glyphs alone
        page.add_font("tried", "", face.file, collection_font_number=face.number)
        page.set_font("tried", "", 10)
        if can_shape():
            page.set_text_shaping(True, direction="ltr")
        page.cell(text=tried)
        return b"/FontFile" in page.output()
    except Exception:  # noqa: BLE001  a font is anybody's file
        return False
    finally:
        for added in page.fonts.values():
            if isinstance(added, TTFFont):
                added.close()
