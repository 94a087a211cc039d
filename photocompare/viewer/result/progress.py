"""A measurement under way, and one that ended without a result."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from photocompare.report.words.texts import Texts
from photocompare.viewer.measuring.requests import Measuring
from photocompare.viewer.measuring.uploads import refusal_words
from photocompare.viewer.shared.waiting import wait_while

STAGES = ("wait", "read", "field", "register", "veins", "pigment", "fate", "clearance", "light", "draw")


def under_way(measuring: Measuring) -> bool:
    """Whether it will still come to a result or an end."""
    return measuring.dossier is None and not measuring.ended.is_set()


def await_result(measuring: Measuring, t: Texts, *, stop: Callable[[], None], also: Callable[[], None] = lambda: None) -> bool:
    """The stage, and a button that stops, until the measurement has ended.

    Parameters
    ----------
    measuring : Measuring
    t : Texts
    stop : callable
        What the button does.
    also : callable
        Shows what else changes meanwhile.

    Returns
    -------
    bool
        False where the page waits no longer.
    """
    place = st.empty()
    with place.container():
        bar = st.empty()
        st.button(t("compare.stop"), key="stop", on_click=stop)

    shown = ""

    def show_stage() -> None:
        nonlocal shown
        stage = measuring.stage if measuring.stage in STAGES else STAGES[0]
        if stage != shown:
            bar.progress(STAGES.index(stage) / len(STAGES), text=t(f"stage_of_measuring.{stage}"))
            shown = stage
        also()

    over = wait_while(lambda: under_way(measuring), show_stage, pause=measuring.wait_for_news)
    if over:
        place.empty()
    return over


def show_failure(measuring: Measuring, t: Texts) -> None:
    """Why a measurement that has ended gave no result."""
    st.error(t("compare.failed") if measuring.refusal is None else refusal_words(measuring.refusal, t))
