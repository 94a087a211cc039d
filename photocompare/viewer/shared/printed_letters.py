"""Tells, where a name is typed, which of its letters the printed pages can't write."""

from __future__ import annotations

from collections.abc import Callable
from html import escape

import streamlit as st


def not_printed(text: str) -> str:
    """The letters of a text that the printed pages replace; empty where all can be written."""
    if text.isascii():
        return ""
    from photocompare.report.pdf.letters import not_printed as lacking  # loads the type, which most pages never need

    return lacking(text)


def tell_not_printed(text: str, sentence: Callable[[str], str]) -> None:
    """Where the printed pages lack some of a text's letters, show the sentence about these letters."""
    letters = not_printed(text)
    if letters:
        st.html(f'<p class="pc-small"><bdi>{escape(sentence(letters))}</bdi></p>')
