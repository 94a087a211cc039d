"""Expanders whose content is sent to the browser only when it is due."""

from __future__ import annotations

from typing import Any

import streamlit as st


def lazy_expander(label: str, key: str, *, expanded: bool = False) -> Any:
    """An expander whose content is due, else None.

    It is due from the first opening on: dozens of fields that nobody has opened would be most of what a page sends to the browser, and
    what was typed stays when the expander is closed.

    Parameters
    ----------
    label, key : str
    expanded : bool
        Whether it is open at first.
    """
    box = st.expander(label, expanded=expanded, key=key, on_change="rerun")
    drawn = f"{key}_drawn"
    if box.open:
        st.session_state[drawn] = True
    return box if st.session_state.get(drawn) else None
