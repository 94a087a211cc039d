"""Texts put together, in the marks of a language: French has a space before a colon and a semicolon."""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce

from photocompare.report.words.texts import Texts


def named(name: str, text: str, t: Texts) -> str:
    """What is said under a name: "Operators: all together 52 %"."""
    return t("common.named", name=name, text=text)


def listed(parts: Sequence[str], t: Texts) -> str:
    """One part after the other, with more than commas between them; empty without any."""
    return reduce(lambda first, then: t("common.listed", first=first, then=then), parts) if parts else ""
