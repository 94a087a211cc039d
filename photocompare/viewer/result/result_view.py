"""A pair's result in numbers, as every page shows it."""

from __future__ import annotations

import streamlit as st

from photocompare.report.words.texts import Texts
from photocompare.results.result import Result
from photocompare.viewer.result import blocks


def show_numbers(result: Result, t: Texts) -> None:
    """The result: the number on the band, the reasons, the fates, the rest."""
    left, right = st.columns([2, 3], gap="large")
    with left:
        st.html(blocks.headline(result, t))
    with right:
        if not result.measured:
            st.html(blocks.reasons(result, t))
            return
        st.html(blocks.scale(result, t))
        if result.benchmark.assessed:
            st.text(blocks.window(result, t))


def show_details(result: Result, t: Texts) -> None:
    """What stands below the pictures of a measured pair."""
    if not result.measured:
        return
    st.html(blocks.fate_bar(result, t))
    st.html(blocks.numbers(result, t))
    st.html(blocks.reasons(result, t))
    st.html(blocks.quality(result, t))
