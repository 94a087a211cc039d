"""Fields that keep what was typed while another page is shown: Streamlit forgets those that a run does not draw."""

from __future__ import annotations

import contextlib
import datetime as dt
from collections.abc import Callable, Iterator
from typing import Any

import streamlit as st

_KEPT = "lasting_fields"
"""Typed contents by session key."""

_TYPED = (str, int, float, dt.date)
"""What a field holds; anything else was noted there by a page."""


@contextlib.contextmanager
def keep_typed(*keys: str) -> Iterator[None]:
    """Draw fields within this.

    What was typed is put back only where it was forgotten: a field that is set while somebody types in it loses what was typed.
    """
    restore_typed(*keys)
    yield
    _kept().update({key: st.session_state.get(key) for key in keys})


def keep_now() -> None:
    """Keep what was typed last, which perhaps no run has drawn, or will: a press cut it off, and its page is being left."""
    for key in [key for key in _kept() if key in st.session_state]:
        _kept()[key] = st.session_state[key]


def restore_typed(*keys: str) -> None:
    """What was typed into fields, for what reads it before they are drawn."""
    for key in keys:
        if key not in st.session_state and key in _kept():
            st.session_state[key] = _kept()[key]


def forget_typed(goes: Callable[[str], bool]) -> None:
    """Empty the fields whose keys are chosen, before a run draws them.

    A field that stays on the page is set: the browser goes on showing what was typed in one that is only forgotten, and sends it again.
    """
    for held in (st.session_state, _kept()):
        for key in [key for key in held if goes(str(key))]:
            if held is st.session_state and isinstance(held[key], _TYPED):
                held[key] = "" if isinstance(held[key], str) else None
            else:
                del held[key]


def _kept() -> dict[str, Any]:
    kept: dict[str, Any] = st.session_state.setdefault(_KEPT, {})
    return kept
