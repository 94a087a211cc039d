"""Every sentence that the viewer and the printouts show, one file a language in `languages/`.

A translation is one file: its own name above the first table, the same keys as `en.toml`, the same `{placeholders}`.  Nothing else names
the languages: they are the files of the folder.  English messages and fixes of flags come from `photocompare.base.flags`, what is said
beside the reference band from `photocompare.results.reference_band`, and sentences on wrong usage from where it is raised; a translation
adds `[flags.<code>]`, `[band]` and `[usage]`.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from photocompare.base.errors import UsageError
from photocompare.base.flags import REGISTRY
from photocompare.report.words.language_files import FOLDER, SUFFIX, language_codes
from photocompare.results.reference_band import SENTENCES

_FOLDER = FOLDER


def languages() -> dict[str, str]:
    """Code to the language's own name, of every file in the folder, by their names."""
    found = {}
    for code in language_codes(_FOLDER):
        # What stands above the first table is little, and a start reads no more of it.
        head = _FOLDER.joinpath(code + SUFFIX).read_text(encoding="utf-8").partition("\n[")[0]
        found[code] = str(tomllib.loads(head)["language"])
    return dict(sorted(found.items(), key=lambda item: item[1]))


LANGUAGES = languages()
"""Code to the language's own name."""


@dataclass(frozen=True)
class Texts:
    """The texts of one language.

    Parameters
    ----------
    language : str
        One of `LANGUAGES`.
    entries : mapping
        Dotted key ("consult.title") to text.
    """

    language: str
    entries: Mapping[str, str]

    def __call__(self, key: str, **values: object) -> str:
        """The text of a key with its placeholders filled.  KeyError for a key that the language lacks."""
        text = self.entries[key]
        return text.format(**values) if values else text

    def section(self, prefix: str) -> dict[str, str]:
        """All texts below a prefix, by the rest of their key: what a component in the browser needs."""
        return {key.removeprefix(f"{prefix}."): text for key, text in self.entries.items() if key.startswith(f"{prefix}.")}

    def flag(self, code: str, which: str = "") -> tuple[str, str]:
        """Message and fix of a flag; `which` is "before", "after" or "", which leaves the photo unnamed."""
        message, fix = (self._named(self.entries[f"flags.{code}.{part}"], which) for part in ("message", "fix"))
        return message, fix

    def _named(self, text: str, which: str) -> str:
        """The text with the word for its photo; unnamed, the word goes together with the hyphen behind it or the space before it."""
        return text.replace("{which}", self.photo(which)) if which else text.replace("{which}-", "").replace(" {which}", "")

    def error(self, error: UsageError) -> str:
        """What is wrong with the usage; in English, as it was raised, where the language has no sentence of its own."""
        key = f"usage.{error.code}"
        return self(key, **error.values) if key in self.entries else str(error)

    def photo(self, which: str) -> str:
        """The word for one of the two photos within a sentence."""
        return self.entries[f"photo.{which}"] if which else ""


@lru_cache(maxsize=len(LANGUAGES))
def texts(language: str = "en") -> Texts:
    """The texts of a language; English for one that is not there."""
    code = language if language in LANGUAGES else "en"
    content = _FOLDER.joinpath(code + SUFFIX).read_text(encoding="utf-8")
    entries = dict(_flat(tomllib.loads(content)))
    if code == "en":
        entries |= {f"band.{name}": sentence for name, sentence in SENTENCES.items()}
        entries |= {f"flags.{f.code}.{part}": getattr(f, part) for f in REGISTRY.values() for part in ("message", "fix")}
    return Texts(code, entries)


def _flat(table: Mapping[str, Any], prefix: str = "") -> list[tuple[str, str]]:
    """Dotted keys and texts of nested tables, in their order."""
    flat: list[tuple[str, str]] = []
    for key, value in table.items():
        flat += _flat(value, f"{prefix}{key}.") if isinstance(value, dict) else [(prefix + key, str(value))]
    return flat
