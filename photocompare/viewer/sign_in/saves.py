"""What a press saves, before the page runs.

A save within a run may never begin, where another page is clicked before the run has come to it; and to show what was saved the page would
have to run once more.  A callback ends before its run begins, and a page that is clicked meanwhile is followed.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import streamlit as st

from photocompare.base.errors import StaleRecord, UsageError
from photocompare.records.access import Actor
from photocompare.records.store import Records
from photocompare.report.words.texts import Texts
from photocompare.viewer.shared.notices import error_sentence, leave_announced
from photocompare.viewer.shared.records import records
from photocompare.viewer.sign_in.session import actor, own_session

Save = Callable[[Records, Actor], str]
"""Saves what was typed, which it reads from the session; returns what the page says then, empty for nothing."""

_FAILED = "save_failed"


@dataclass(frozen=True)
class Failure:
    """Why nothing was saved, and whether it was because somebody else had changed the record."""

    sentence: str
    stale: bool


def saving(save: Save, *, place: str, page: str, t: Texts) -> Callable[[], None]:
    """What a button or a switch calls when it is pressed.

    Parameters
    ----------
    save : callable
    place : str
        Name of the place of the page where a failure is told, see `failure_at`.
    page : str
        Which tells what was saved, see `notices.show_announced`.
    t : Texts
    """

    def press() -> None:
        try:
            if not own_session():
                return
            done = save(records(), actor())
        except UsageError as error:
            _leave(place, error, t)
        else:
            if done:
                leave_announced(page, done)

    return press


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
