"""From the Capture page into the session's visit."""

from __future__ import annotations

from collections.abc import MutableMapping
from typing import Any

import streamlit as st

from photocompare.viewer.measuring.visit import ghost, visit_of
from photocompare.viewer.shared.waiting import wait_while


def ghost_is_coming(state: MutableMapping[Any, Any]) -> bool:
    """Whether a before photo is still being read, so that its small copy will come."""
    visit = visit_of(state)
    return ghost(state) is None and any(not visit.check(shot).ended.is_set() for shot in visit.shots("before"))


def await_ghost(state: MutableMapping[Any, Any]) -> None:
    """Wait until the before photo has been read: a second or two."""
    alive = st.empty()
    wait_while(lambda: ghost_is_coming(state), alive.empty)
