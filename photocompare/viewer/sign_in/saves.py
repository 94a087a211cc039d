"""What a press saves, before the page runs.

A save within a run may never begin, where another page is clicked before the run has come to it; and to show what was saved the page would
have to run once more.  A callback ends before its run begins, and a page that is clicked meanwhile is followed.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import streamlit as st
from streamlit.runtime.scriptrunner import RerunException

from photocompare.base.errors import StaleRecord, UsageError
from photocompare.records.access import Actor
from photocompare.records.store import Records
from photocompare.report.words.texts import Texts
from photocompare.viewer.shared.notices import error_sentence
from photocompare.viewer.shared.records import records
from photocompare.viewer.sign_in.session import actor, own_session

Save = Callable[[Records, Actor], Callable[[], None]]
"""Reads from the session what was typed, saves it, and returns what notes in the session that it is saved.

Streamlit follows a click that waits at the next word with the session; within a save that word would cut it in two.
"""

_FAILED = "save_failed"


@dataclass(frozen=True)
class Failure:
    """Why nothing was saved, and whether it was because somebody else had changed the record."""

    sentence: str
    stale: bool


def saving(save: Save, *, place: str, t: Texts) -> Callable[[], None]:
    """What a button or a switch calls when it is pressed.

    Parameters
    ----------
    save : callable
    place : str
        Name of the place of the page where a failure is told, see `failure_at`.
    t : Texts
    """

    def press() -> None:
        try:
            if not own_session():
                return
            note = save(records(), actor())
        except UsageError as error:
            note = partial(_leave, place, error, t)
        finish(note)

    return press


def finish(note: Callable[[], None]) -> None:
    """Note a save in the session, also where a page was clicked meanwhile: the note first, then that page."""
    try:
        note()
    except RerunException:
        note()
        raise


def _leave(place: str, error: UsageError, t: Texts) -> None:
    st.session_state[f"{_FAILED}_{place}"] = Failure(error_sentence(error, t), isinstance(error, StaleRecord))


def failure_at(place: str) -> Failure | None:
    """Why the press before this run saved nothing, once; None where it saved."""
    failure: Failure | None = st.session_state.pop(f"{_FAILED}_{place}", None)
    return failure


def show_failure_at(place: str) -> None:
    """The same as a sentence."""
    failure = failure_at(place)
    if failure is not None:
        st.error(failure.sentence)
