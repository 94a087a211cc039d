"""A pair's result in numbers, as every page shows it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import streamlit as st

from photocompare.report.words.texts import Texts
from photocompare.viewer.result import blocks


def show_numbers(result: Mapping[str, Any], t: Texts) -> None:
    """The result: the number on the band, the reasons, the fates, the rest."""
    left, right = st.columns([2, 3], gap="large")
    with left:
        st.html(blocks.headline(result, t))
    with right:
        if result["clearance"] is None:
            st.html(blocks.reasons(result, t))
        else:
            st.html(blocks.scale(result, t))
            if result["benchmark"]["verdict"] != "not_assessed":
                st.text(blocks.window(result, t))


def show_details(result: Mapping[str, Any], t: Texts) -> None:
    """What stands below the pictures of a measured pair."""
    if result["clearance"] is None:
        return
    st.html(blocks.fate_bar(result, t))
    st.html(blocks.numbers(result, t))
    st.html(blocks.reasons(result, t))
    st.html(blocks.quality(result, t))
