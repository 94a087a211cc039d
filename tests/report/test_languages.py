"""The languages: one file each and nothing else, nothing left in English, marks as readers set them, words that fit and can be drawn."""

from __future__ import annotations

import ast
import datetime as dt
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from photocompare.base.estimate import Estimate
from photocompare.report.pdf.letters import not_printed
from photocompare.report.pictures.canvas import MARGIN, Canvas
from photocompare.report.pictures.summary import WIDTH
from photocompare.report.words import texts as module
from photocompare.report.words.numbers import decimal, percent, shortest, with_interval
from photocompare.report.words.summary import numbers
from photocompare.report.words.texts import LANGUAGES, Texts, languages, texts
from photocompare.report.words.visit import date_of
from photocompare.results.result_json import result_of
from tests.support.made_comparison import make_comparison

PACKAGE = Path(__file__).parents[2] / "photocompare"
FOLDER = PACKAGE / "report" / "words" / "languages"
ENGLISH = texts("en")
TRANSLATIONS = [code for code in LANGUAGES if code != "en"]

NARROW = "\u202f"
"""The narrow no-break space."""


def test_every_file_of_the_folder_is_a_language() -> None:
    assert set(LANGUAGES) == {path.stem for path in FOLDER.iterdir() if path.suffix == ".toml"}
    assert {"de", "en", "es", "fr"} <= set(LANGUAGES)
    assert len(set(LANGUAGES.values())) == len(LANGUAGES)
    assert all(texts(code)("language") == name for code, name in LANGUAGES.items())
    assert list(LANGUAGES.values()) == sorted(LANGUAGES.values())


@pytest.fixture
def fifth(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A language that is a file of the folder and nothing more."""
    for path in FOLDER.iterdir():
        shutil.copy(path, tmp_path)
    content = (FOLDER / "es.toml").read_text(encoding="utf-8").replace('"Español"', '"Galego"').replace('"Comparar"', '"Comparar fotos"')
    (tmp_path / "gl.toml").write_text(content, encoding="utf-8")
    monkeypatch.setattr(module, "_FOLDER", tmp_path)
    monkeypatch.setattr(module, "LANGUAGES", languages())
    texts.cache_clear()
    yield "gl"
    texts.cache_clear()


def test_a_further_language_needs_its_file_alone(fifth: str) -> None:
    assert module.LANGUAGES[fifth] == "Galego"
    t = texts(fifth)
    assert (t.language, t("language"), t("app.compare")) == (fifth, "Galego", "Comparar fotos")


def test_no_module_names_a_language_but_english() -> None:
    """Words, marks and lists of languages are in the files; a module that names one would have to be told of the next."""
    named = {*TRANSLATIONS, *(name for code, name in LANGUAGES.items() if code != "en")} - {"de"}  # a syllable of many other things
    for path in sorted(PACKAGE.rglob("*.py")):
        literals = {n.value for n in ast.walk(ast.parse(path.read_text(encoding="utf-8"))) if isinstance(n, ast.Constant)}
        assert not named & {value for value in literals if isinstance(value, str)}, path


# --- the same words in two languages

SAME_WORDS = {
    *("April", "August", "September", "November", "photocompare", "Version", "Licence", "Licences", "Status", "ICC", "auditor"),
    *("Start", "Pause", "Export", "Action", "Name", "Note", "Patient", "Patients", "patients", "Region", "Site", "Sites", "Form", "type"),
    *("Comparable", "comparable", "Concentration", "patient", "pixels", "point", "points", "photo", "photos", "No"),
}
"""Words that are spelt alike in English and in one of the languages; whatever else is the same was forgotten."""


@pytest.mark.parametrize("language", TRANSLATIONS)
def test_nothing_is_left_in_english_but_words_that_are_spelt_alike(language: str) -> None:
    entries = texts(language).entries
    same = {key: text for key, text in entries.items() if ENGLISH.entries.get(key) == text}
    left = {key: set(re.findall(r"[^\W\d_]{2,}", re.sub(r"\{\w+\}|JSON|PNG|CSV|UTC|IT[AO]", "", text))) for key, text in same.items()}
    units = {"mm", "px", "sq", "MB", "in", "CIE"}
    assert not {key: words for key, words in left.items() if words - SAME_WORDS - units}


# --- marks and numbers


def marked_wrongly(text: str) -> bool:
    """Whether French marks lack their narrow space, or a number or word is joined to one that should not be."""
    bare = re.sub(r"\d:\d|https?:|\{\w+\}", "0", text)
    return bool(re.search(rf"[^{NARROW}\s][;!?%»]|[^{NARROW}\s\d]:|«[^{NARROW}]|[ \u00a0][:;!?%»]", bare.replace("(%)", "")))


def test_french_marks_have_their_narrow_space() -> None:
    assert marked_wrongly("Sommets : 3")
    assert marked_wrongly("Sommets: 3")
    assert not marked_wrongly(f"Sommets{NARROW}: 3")
    assert not {key: text for key, text in texts("fr").entries.items() if marked_wrongly(text)}


def test_apostrophes_and_quotes_are_those_of_print() -> None:
    for language in ("de", "fr"):
        assert not {key: text for key, text in texts(language).entries.items() if "'" in text or '"' in text}


def test_numbers_have_the_mark_of_the_language() -> None:
    shown = {code: (decimal(3.25, 1, texts(code)), percent(69.64, texts(code), 1)) for code in ("de", "en", "es", "fr")}
    assert shown == {"de": ("3,2", "69,6 %"), "en": ("3.2", "69.6 %"), "es": ("3.2", "69.6 %"), "fr": ("3,2", f"69,6{NARROW}%")}
    assert [shortest(value, texts("fr")) for value in (70.0, 0.125, -4.3)] == ["70", "0,125", "−4,3"]


@pytest.mark.parametrize("language", TRANSLATIONS)
def test_numbers_within_sentences_have_it_too(language: str) -> None:
    t = texts(language)
    other = {".": ",", ",": "."}[t("number.decimal_mark")]
    found = {key: text for key, text in t.entries.items() if re.search(rf"\d{re.escape(other)}\d", re.sub(r"2\.0|127\.0\.0\.1", "", text))}
    assert set(found) <= {"rating.measures"}  # ICC(2,1)


def test_days_are_written_as_their_readers_write_them() -> None:
    first, other = dt.date(2026, 3, 1), dt.date(2026, 3, 14)
    assert [date_of(other, texts(code)) for code in ("de", "en", "es", "fr")] == [
        "14. März 2026",
        "14 March 2026",
        "14 de marzo de 2026",
        "14 mars 2026",
    ]
    assert [date_of(first, texts(code)) for code in ("de", "en", "fr")] == ["1. März 2026", "1 March 2026", "1er mars 2026"]


# --- words fit, and can be drawn

LONGEST_LABEL = 46
"""Characters of a button that a phone 390 px wide shows in one line, at the viewer's size of type."""

LONGEST_TAB = 26
"""Characters of a name in the navigation and of a way to look at the pictures, of which several stand side by side."""


def button_keys() -> set[str]:
    """Keys of what stands on buttons of the pages."""
    keys = set()
    for path in sorted((PACKAGE / "viewer").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr.endswith("button") and node.args:
                label = node.args[0]
                if isinstance(label, ast.Call) and label.args and isinstance(label.args[0], ast.Constant):
                    keys.add(str(label.args[0].value))
    return keys


@pytest.mark.parametrize("language", LANGUAGES)
def test_names_of_buttons_fit(language: str) -> None:
    t, keys = texts(language), button_keys()
    assert len(keys) > 20
    assert not {key: t(key) for key in keys if len(t.entries[key]) > LONGEST_LABEL}
    tabs = [key for key in t.entries if key.startswith(("app.", "pair.view_", "fate.", "patients.view_"))]
    assert not {key: t(key) for key in tabs if len(t.entries[key]) > (28 if key.startswith("fate.") else LONGEST_TAB)}


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_letter_can_be_printed(language: str) -> None:
    assert not not_printed("".join(texts(language).entries.values()))


def test_a_line_of_a_picture_does_not_end_before_a_french_mark() -> None:
    canvas = Canvas(400, "fr")
    text = f"Le résultat est là{NARROW}: 75{NARROW}% de la longueur{NARROW}; rien de plus."
    for width in range(60, 300, 7):
        lines = canvas.wrapped(text, 20, float(width))
        assert " ".join(lines) == text
        assert not [line for line in lines if line[0] in ":;%"]


@pytest.mark.parametrize("language", LANGUAGES)
def test_names_and_values_do_not_meet_in_the_summary_picture(language: str) -> None:
    wide = Estimate(-41.0, -100.0, 100.0, "%")
    t, canvas = texts(language), Canvas(WIDTH, language)
    column = WIDTH / 2 - 20 - MARGIN
    for name, value in numbers(result_of(make_comparison(length=wide)), t):
        longest = max((value, with_interval(wide, t)), key=len) if "%" in value else value
        assert canvas.width_of(name, 23) + canvas.width_of(longest, 23) + 8 < column, name


# --- what a patient reads is plain


def plain_sentences(t: Texts) -> list[str]:
    """Whole sentences that a patient reads, with numbers in their places."""
    found = (text for key, text in t.entries.items() if key.startswith(("consult.", "course.", "call.")) and len(text.split()) >= 5)
    return [re.sub(r"\{\w+\}", "8", text) for text in found]


def ease(text: str, language: str) -> float:
    """Ease of a text, 0 to 100: Amstad's of German (1978), Kandel and Moles' of French (1958)."""
    words = re.findall(r"[^\W\d_]+", text.lower())
    sentences = max(1, len(re.findall(r"[.;:](?:\s|$)", text)))
    length = len(words) / sentences
    if language == "de":
        syllables = sum(len(re.findall(r"ei|ie|au|eu|äu|[aeiouäöüy]", word)) or 1 for word in words)
        return 180.0 - length - 58.5 * syllables / len(words)
    syllables = sum(_french_syllables(word) for word in words)
    return 207.0 - 1.015 * length - 73.6 * syllables / len(words)


def _french_syllables(word: str) -> int:
    """Groups of vowels, without the mute end."""
    stem = re.sub(r"(?<=[^aeiouyàâéèêëîïôûù])(?:es?|ent)$", "", word) or word
    return max(1, len(re.findall(r"[aeiouyàâéèêëîïôûùœ]+", stem)))


EASY_AND_HARD = {
    "de": ("Die Katze saß auf dem Dach. Sie war groß.", "Hämosiderinpigmentierungen nach Sklerosierungsbehandlung erfordern Beurteilung."),
    "fr": ("Le chat est sur le toit. Il est gros.", "L’hyperpigmentation hémosidérinique consécutive nécessite une évaluation."),
}


@pytest.mark.parametrize("language", EASY_AND_HARD)
def test_patients_read_plain_words(language: str) -> None:
    easy, hard = EASY_AND_HARD[language]
    assert ease(easy, language) > 90
    assert ease(hard, language) < 20
    eases = {text: ease(text, language) for text in plain_sentences(texts(language))}
    assert len(eases) > 25
    assert sum(eases.values()) / len(eases) > 65.0  # from 60: plain, of the middle years of school
    assert min(eases.values()) > 20.0, min(eases, key=lambda text: eases[text])
