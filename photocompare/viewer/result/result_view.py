"""A pair's result in numbers, as every page shows it."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from photocompare.report.words.texts import Texts
from photocompare.results.result import Result
from photocompare.viewer.result import blocks


def show_numbers(result: Result, t: Texts, *, below_the_band: Callable[[], object] | None = None) -> DeltaGenerator:
    """The number on the band, or the refusal and its reasons; returns the place for the pictures.

    The pictures of a measured pair stand beside its number, so that both are seen at once; a refusal has its reasons there.

    Parameters
    ----------
    result : Result
    t : Texts
    below_the_band : callable, optional
        Shows what the number beside the band waits for.
    """
    number, beside = st.columns([2, 3] if not result.measured else [2, 5], gap="large")
    with number:
        st.html(blocks.headline(result, t))
        if result.measured:
            st.html(blocks.scale(result, t))
            if result.benchmark.assessed:
                st.text(blocks.window(result, t))
            if below_the_band is not None:
                below_the_band()
    if result.measured:
        return beside
    with beside:
        st.html(blocks.reasons(result, t))
    return st.container()


def show_details(result: Result, t: Texts) -> None:
    """What stands below the pictures of a measured pair."""
    if not result.measured:
        return
    st.html(blocks.fate_bar(result, t))
    st.html(blocks.numbers(result, t))
    st.html(blocks.reasons(result, t))
    st.html(blocks.quality(result, t))
