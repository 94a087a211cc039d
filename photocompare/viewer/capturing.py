"""From the Capture page into the session's visit."""

from __future__ import annotations

from collections.abc import MutableMapping
from typing import Any

import streamlit as st

from photocompare.viewer.visit import ghost, visit_of

_ASK_AGAIN_S = 0.5
"""A photo is looked at for a second or two; half of one is soon enough to see it appear."""


def ghost_is_coming(state: MutableMapping[Any, Any]) -> bool:
    """Whether a before photo is still being read, so that its small copy will come."""
    visit = visit_of(state)
    return ghost(state) is None and any(not visit.check(shot).ended.is_set() for shot in visit.shots("before"))


@st.fragment(run_every=_ASK_AGAIN_S)
def await_ghost() -> None:
    """Show the page anew as soon as the before photo has been read."""
    if not ghost_is_coming(st.session_state):
        st.rerun()
