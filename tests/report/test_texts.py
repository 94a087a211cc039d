"""The words of every language: complete, filled in alike, all of them used, plain where a patient reads them."""

from __future__ import annotations

import ast
import re
import string
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest

from photocompare.base import errors
from photocompare.base.colour import ITA_GROUPS
from photocompare.base.errors import UsageError
from photocompare.base.flags import REGISTRY
from photocompare.report.words.texts import LANGUAGES, Texts, texts

ROOT = Path(__file__).parents[2]
SOURCES = [
    path
    for folder in ("photocompare/viewer", "photocompare/report", "photocompare/practice", "app_pages", ".")
    for path in (sorted((ROOT / folder).rglob("*.*")) if folder != "." else [ROOT / "app.py"])
    if path.suffix in (".py", ".js", ".html")
]
ENGLISH = texts("en")
TRANSLATIONS = [code for code in LANGUAGES if code != "en"]

PLAIN_SECTIONS = ("consult.", "course.", "call.")
"""What a patient reads."""


def placeholders(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}


def own_keys(language: str) -> set[str]:
    """Without the sentences on wrong usage, which only translations have."""
    return {key for key in texts(language).entries if not key.startswith("usage.")}


def plain_spaces(text: str) -> str:
    """The text with a space for each no-break space, which French has before its marks."""
    return text.replace("\u202f", " ").replace("\u00a0", " ")


# --- the languages say the same


@pytest.mark.parametrize("language", TRANSLATIONS)
def test_a_translation_has_the_english_keys(language: str) -> None:
    assert own_keys(language) == own_keys("en")


@pytest.mark.parametrize("language", TRANSLATIONS)
def test_a_translation_has_the_english_placeholders(language: str) -> None:
    entries = texts(language).entries
    assert {key: placeholders(entries[key]) for key in own_keys(language)} == {
        key: placeholders(ENGLISH.entries[key]) for key in own_keys("en")
    }


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_flag_has_message_and_fix(language: str) -> None:
    found = {key for key in texts(language).entries if key.startswith("flags.")}
    assert found == {f"flags.{code}.{part}" for code in REGISTRY for part in ("message", "fix")}


# What Markdown, HTML or Streamlit's directives would render; an asterisk, a backtick or a dollar sign is in no sentence.
_RENDERED = re.compile(r"[<>*`$~\\\[\]|]|__|://|:\w+\[|:\w+:|&#?\w+;|^\s*(#|[-+] |\d+\. )")


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_text_is_there_and_is_nothing_but_text(language: str) -> None:
    entries = {key: plain_spaces(text) for key, text in texts(language).entries.items()}
    assert not [key for key, text in entries.items() if not text or text != " ".join(text.split()) or not text.isprintable()]
    assert not {key: text for key, text in entries.items() if _RENDERED.search(text)}


def test_a_translation_leaves_no_sentence_in_english() -> None:
    def sentences(t: Texts) -> dict[str, str]:
        return {key: text for key, text in t.entries.items() if len(re.findall(r"[^\W\d_]{2,}", re.sub(r"\{\w+\}", "", text))) >= 4}

    for language in TRANSLATIONS:
        assert not sentences(texts(language)).items() & sentences(ENGLISH).items()


def test_a_language_that_is_not_there_is_english() -> None:
    assert texts("xx") == texts("en")
    assert texts("xx").language == "en"


# --- filling in


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_flag_names_its_photo_or_none(language: str) -> None:
    t = texts(language)
    for code in REGISTRY:
        unnamed = t.flag(code)
        for part in unnamed:
            assert "{" not in part
            assert not re.search(r"  | [.,:;]", part)
        for which in ("before", "after"):
            for part, without, raw in zip(t.flag(code, which), unnamed, ("message", "fix"), strict=True):
                named = "{which}" in t.entries[f"flags.{code}.{raw}"]
                assert (part == without) != named
                assert not named or t.photo(which) in part


def test_flags_read_well() -> None:
    assert ENGLISH.flag("blurred", "after")[0] == "The after photo is out of focus or shaken."
    assert ENGLISH.flag("blurred")[0] == "The photo is out of focus or shaken."
    spanish = texts("es")
    assert spanish.flag("blurred", "before")[0] == "La foto anterior está desenfocada o movida."
    assert spanish.flag("glare", "after")[0] == "Los reflejos ocultan demasiada piel en la foto posterior."
    assert spanish.flag("glare")[0] == "Los reflejos ocultan demasiada piel en la foto."
    german = texts("de")
    assert german.flag("blurred", "after")[0] == "Das Nachher-Foto ist unscharf oder verwackelt."
    assert (
        german.flag("primary_of_several", "before")[0]
        == "Die Datei mit dem Vorher-Foto enthält mehrere Bilder; verwendet wurde das Hauptbild."
    )
    assert german.flag("primary_of_several")[0] == "Die Datei mit dem Foto enthält mehrere Bilder; verwendet wurde das Hauptbild."
    french = texts("fr")
    assert french.flag("blurred", "before")[0] == "La photo avant traitement est floue ou bougée."
    assert french.flag("blurred")[0] == "La photo est floue ou bougée."


def test_wrong_usage_is_told_in_the_language() -> None:
    error = UsageError("There are 4 photos of that visit already; remove one first.", code="visit_full", most=4)
    assert ENGLISH.error(error) == str(error)
    assert texts("es").error(error) == "Ya hay 4 fotos de esa visita; quite primero una."
    unknown = UsageError("Only the command line can be wrong in this way.")
    assert texts("es").error(unknown) == str(unknown)


_USAGE_ERRORS = {name for name, kind in vars(errors).items() if isinstance(kind, type) and issubclass(kind, UsageError)}


def raised_usage() -> dict[str, set[str]]:
    """Code of each UsageError, or error of a kind of it, in the package to the values that fill its sentence."""
    found = {}
    for path in sorted((ROOT / "photocompare").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in _USAGE_ERRORS:
                given = {keyword.arg: keyword.value for keyword in node.keywords}
                if (code := given.pop("code", None)) is not None:
                    assert isinstance(code, ast.Constant)
                    found[str(code.value)] = {str(name) for name in given}
    return found


@pytest.mark.parametrize("language", TRANSLATIONS)
def test_every_wrong_usage_that_the_viewer_meets_is_translated(language: str) -> None:
    assert raised_usage() == {code: placeholders(text) for code, text in texts(language).section("usage").items()}


# --- what the programs ask for is there, and nothing else is


ANY_WORD = r"(\w+)"


def asked_in_python(path: Path) -> Iterator[str]:
    """Patterns of the keys that a module asks its texts for."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and node.args and _is_texts(node.func):
            yield from (pattern for pattern in _patterns(node.args[0]) if "\\." in pattern)


def _is_texts(called: ast.expr) -> bool:
    """Whether what is called is a `Texts`, or the head of a page, which takes a key."""
    if isinstance(called, ast.Call):
        return isinstance(called.func, ast.Name) and called.func.id == "texts"
    return isinstance(called, ast.Name) and called.id in ("t", "texts", "begin", "show_records_page")


def _patterns(node: ast.expr) -> list[str]:
    """Regular expressions of what an expression's text can be."""
    if isinstance(node, ast.Constant):
        return [re.escape(str(node.value))]
    if isinstance(node, ast.JoinedStr):
        return ["".join(re.escape(str(v.value)) if isinstance(v, ast.Constant) else ANY_WORD for v in node.values)]
    if isinstance(node, ast.IfExp):
        return _patterns(node.body) + _patterns(node.orelse)
    if isinstance(node, ast.BinOp):
        return [a + b for a in _patterns(node.left) for b in _patterns(node.right)]
    if isinstance(node, ast.Subscript) and isinstance(node.value, ast.Dict):
        return [pattern for value in node.value.values for pattern in _patterns(value)]
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and isinstance(node.func.value, ast.Dict):
        return [pattern for value in node.func.value.values for pattern in _patterns(value)]
    return [ANY_WORD]


def asked_in_browser(path: Path) -> Iterator[str]:
    """Patterns of the keys, within its section, that a script or page of a component asks its texts for."""
    source = path.read_text(encoding="utf-8")
    for direct in re.findall(r'this\.texts\.(?!length)(\w+)|data-text="(\w+)"', source):
        yield "".join(direct)
    for argument in re.findall(r"this\.texts?[(\[]([^()\[\]]*)", source):
        for literal in re.findall(r'"(\w+)"(?!\s*\?)|`([^`]*)`', re.sub(r'=== "\w+"', "", argument)):
            yield re.sub(r"\$\{[^}]*\}", lambda _: ANY_WORD, "".join(literal))
    yield from re.findall(r'this\.button\("\w+", .*?, "(\w+)"', source)
    yield from re.findall(r'"((?:failed|focus|light|framing|level)_\w+)"', source)


COMPONENTS = {"pair.": "pair_view", "camera.": "camera", "segments.": "segments"}
"""Section that a component of the viewer is handed whole, and how its files' names begin."""


def in_browser() -> list[tuple[str, str]]:
    """Section and pattern of everything that scripts ask for."""
    return [
        (section, pattern)
        for path in SOURCES
        if path.suffix != ".py"
        for section, name in COMPONENTS.items()
        if path.name.startswith(name)
        for pattern in asked_in_browser(path)
    ]


def test_python_asks_only_for_texts_that_are_there() -> None:
    asked = {(path.name, pattern) for path in SOURCES if path.suffix == ".py" for pattern in asked_in_python(path)}
    assert len(asked) > 200
    missing = {(name, p) for name, p in asked if not any(re.fullmatch(p, key) for key in ENGLISH.entries)}
    assert not missing


def test_scripts_ask_only_for_texts_that_are_there() -> None:
    asked = in_browser()
    assert len(asked) > 60
    missing = {(section, p) for section, p in asked if not any(re.fullmatch(re.escape(section) + p, key) for key in ENGLISH.entries)}
    assert not missing


def test_no_text_lies_unused() -> None:
    package = [path for path in sorted((ROOT / "photocompare").rglob("*.*")) if path.suffix in (".py", ".js", ".html", ".json")]
    words = set(re.findall(r"\w+", "\n".join(path.read_text(encoding="utf-8") for path in package)))
    words |= {word.replace(" ", "_") for _, word in ITA_GROUPS}
    patterns = {pattern for path in SOURCES if path.suffix == ".py" for pattern in asked_in_python(path)}
    patterns |= {re.escape(section) + pattern for section, pattern in in_browser()}
    compiled = [re.compile(pattern) for pattern in patterns]  # more than the module keeps of its own

    def used(key: str) -> bool:
        """Asked for, its variable parts being words that the package knows, or months; or a word of the section's own scripts."""
        if key.startswith(tuple(COMPONENTS)) and key.split(".")[1] in words:
            return True
        found = (pattern.fullmatch(key) for pattern in compiled)
        return any(match is not None and all(part in words or part.isdigit() for part in match.groups()) for match in found)

    assert not [key for key in ENGLISH.entries if not key.startswith(("language", "flags.", "photo.", "about.")) and not used(key)]


# --- what a patient reads is plain


def flesch_kincaid_grade(text: str) -> float:
    """Years of school that an English text asks for (Kincaid, Fishburne, Rogers and Chissom 1975)."""
    words = re.findall(r"[A-Za-z']+", text)
    sentences = max(1, len(re.findall(r"[.;:](?:\s|$)", text)))
    return 0.39 * len(words) / sentences + 11.8 * sum(map(_english_syllables, words)) / len(words) - 15.59


def _english_syllables(word: str) -> int:
    stem = re.sub(r"(?:[^laeiouy]es|[^aeioutd]ed|[^l]e)$", lambda end: end[0][0], word.lower())
    return max(1, len(re.findall(r"[aeiouy]+", stem)))


def fernandez_huerta_ease(text: str) -> float:
    """Ease of a Spanish text, 0 to 100 (Fernández Huerta 1959): 206.84 - 60 syllables a word - 1.02 words a sentence."""
    words = re.findall(r"[^\W\d_]+", text)
    sentences = max(1, len(re.findall(r"[.;:](?:\s|$)", text)))
    syllables = sum(map(_spanish_syllables, words))
    return 206.84 - 60.0 * syllables / len(words) - 1.02 * len(words) / sentences


def _spanish_syllables(word: str) -> int:
    """Groups of vowels, where two strong ones, or one and an accented weak one, are two."""
    return max(1, sum(1 + len(_hiatuses(group)) for group in re.findall(r"[aeiouáéíóúü]+y?\b|[aeiouáéíóúü]+|\by\b", word.lower())))


def _hiatuses(vowels: str) -> list[str]:
    return [a + b for a, b in pairwise(vowels) if (a in "aeoáéóíú" and b in "aeoáéóíú")]


def plain_sentences(t: Texts) -> list[str]:
    """Whole sentences that a patient reads, with numbers in their places."""
    found = []
    for key, text in t.entries.items():
        if key.startswith(PLAIN_SECTIONS) and len(text.split()) >= 5:
            found.append(re.sub(r"\{\w+\}", "8", text))
    return found


def test_the_measures_of_reading_know_easy_from_hard() -> None:
    easy, hard = "The cat sat on the mat. It was a big cat.", "Hemosiderin pigmentation following sclerotherapy necessitates evaluation."
    assert flesch_kincaid_grade(easy) < 2
    assert flesch_kincaid_grade(hard) > 16
    assert [_english_syllables(word) for word in ("treated", "marks", "trouble", "vein", "before", "emergency")] == [2, 1, 2, 1, 2, 4]
    assert [_spanish_syllables(word) for word in ("pierna", "área", "día", "sesión", "muy", "sangre")] == [2, 3, 2, 2, 1, 2]
    assert fernandez_huerta_ease("El gato come pan. La casa es azul.") > 90


def test_patients_read_english_of_seven_years_of_school() -> None:
    grades = {text: flesch_kincaid_grade(text) for text in plain_sentences(ENGLISH)}
    assert len(grades) > 25
    assert sum(grades.values()) / len(grades) < 7.0
    assert max(grades.values()) < 9.0, max(grades, key=lambda text: grades[text])


def test_patients_read_plain_spanish() -> None:
    eases = {text: fernandez_huerta_ease(text) for text in plain_sentences(texts("es"))}
    assert len(eases) > 25
    assert sum(eases.values()) / len(eases) > 70.0  # from 70: fairly easy, sixth year of school


@pytest.mark.parametrize("language", LANGUAGES)
def test_nobody_is_diagnosed(language: str) -> None:
    # "Diagnosis" stands in the sentences that say what this is not, and nowhere else.
    said = [key for key, text in texts(language).entries.items() if re.search(r"diagn", text, re.IGNORECASE)]
    assert set(said) == {"common.disclaimer", "summary.disclaimer", "consult.photos_only", "about.not_meant.diagnosis"}
