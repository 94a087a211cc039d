"""Which languages there are: the files of `languages/`, by their names alone, so that the command line's start reads none of them."""

from __future__ import annotations

from importlib.resources import files
from importlib.resources.abc import Traversable

FOLDER = files("photocompare.report.words").joinpath("languages")
SUFFIX = ".toml"


def language_codes(folder: Traversable = FOLDER) -> list[str]:
    """The codes of all languages in the folder, in their own order."""
    return sorted(file.name.removesuffix(SUFFIX) for file in folder.iterdir() if file.name.endswith(SUFFIX))
