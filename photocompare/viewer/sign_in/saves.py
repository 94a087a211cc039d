"""What a press saves, before the page runs.

A save within a run may never begin, where another page is clicked before the run has come to it; and to show what was saved the page would
have to run once more.  A callback ends before its run begins.  Whoever clicks another page meanwhile sees it at once: Streamlit begins that
run beside the save, and ends the run that saves at its next word with the session.  What the save has to note there is then left to the
run that is shown, which waits for it and tells it.  Only a click that comes before Streamlit calls the press (some milliseconds) takes its
place.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, TypeVar

import streamlit as st
from streamlit.runtime.scriptrunner import RerunException, StopException

from photocompare.base.errors import UsageError
from photocompare.records.access import Actor
from photocompare.report.words.texts import Texts
from photocompare.viewer.shared.components import nothing
from photocompare.viewer.shared.kept_fields import keep_now
from photocompare.viewer.shared.notices import Notice, failure, leave_notice, show_other_notices
from photocompare.viewer.shared.records import records
from photocompare.viewer.shared.waiting import wait_while
from photocompare.viewer.sign_in.session import actor, own_session

if TYPE_CHECKING:
    from photocompare.records.store import Records

Note = Callable[[], None]
"""Notes something in the session."""

Save = Callable[["Records", Actor], Note]
"""Reads from the session what was typed, saves it, and returns what notes in the session that it is saved.

All reading comes before the first thing that is saved: the next word with the session may be the run's last.  A note may be begun twice.
What the page knew when it was drawn may be old: a run that would have drawn what was typed last was perhaps ended by the press itself.
"""

_DESK = "saves_desk"

Found = TypeVar("Found")


class Desk:
    """The saves of one session, one at a time, over runs that come and go."""

    def __init__(self) -> None:
        self._at_work = threading.Lock()
        self._left: deque[Note] = deque()
        self._cut_off: dict[str, Note] = {}

    def save(self, place: str, attempt: Callable[[], Note], cut_off: Note) -> None:
        """Save, and note it, or leave that to the next run where this one is ended.

        Parameters
        ----------
        place : str
            Of the button.
        attempt : callable
            Saves; returns what notes it.
        cut_off : callable
            Notes that nothing was saved, because the run was ended before it had read all that was typed.  Not noted where the button was
            pressed again.
        """
        with self._at_work:
            self._cut_off.pop(place, None)
            clicks: list[RerunException] = []
            try:
                note = _whole(attempt, clicks)
            except StopException:
                self._cut_off[place] = cut_off
                raise
            self._left.append(note)
            self._note_left(clicks)

    def note_left(self) -> None:
        """Note what runs that were ended have saved, or could not begin to save; while something is being saved nothing."""
        if self._at_work.acquire(blocking=False):
            try:
                while self._cut_off:
                    self._left.append(self._cut_off.popitem()[1])
                self._note_left([])
            finally:
                self._at_work.release()

    @property
    def at_work(self) -> bool:
        """Whether something is being saved."""
        return self._at_work.locked()

    def _note_left(self, clicks: list[RerunException]) -> None:
        while self._left:
            _whole(self._left[0], clicks)
            self._left.popleft()
        if clicks:
            raise clicks[-1]


def _whole(step: Callable[[], Found], clicks: list[RerunException]) -> Found:
    """A step to its end, past the clicks that waited: Streamlit hands each over once."""
    while True:
        try:
            return step()
        except RerunException as click:
            clicks.append(click)


def saving(save: Save, *, place: str, t: Texts, switch: bool = False) -> Callable[[], None]:
    """What a button or a switch calls when it is pressed.

    Parameters
    ----------
    save : callable
    place : str
        Name of the place of the page where a failure is told, see `notices.show_notice_at`.
    t : Texts
    switch : bool
        Whether each press says something new.  A button that was pressed again before the page was drawn anew saves once.
    """
    saved = False
    desk, cut_off = _desk(), partial(leave_notice, place, Notice(t("saving.cut_off"), done=False))

    def attempt() -> Note:
        nonlocal saved
        try:
            if (saved and not switch) or not own_session():
                return nothing
            note = save(records(), actor())
        except UsageError as error:
            return partial(_leave_undone, place, failure(error, t))
        saved = True
        return note

    return partial(desk.save, place, attempt, cut_off)


def _leave_undone(place: str, notice: Notice) -> None:
    keep_now()
    leave_notice(place, notice)


def note_saves() -> None:
    """Before a page is drawn: what runs that were ended have saved."""
    _desk().note_left()


def tell_saves() -> None:
    """Once a page is drawn: wait for what the page before it saves, and tell what no place of this one has told."""
    desk = _desk()
    if desk.at_work:
        wait_while(lambda: desk.at_work)
    desk.note_left()
    show_other_notices()


def _desk() -> Desk:
    desk: Desk = st.session_state.setdefault(_DESK, Desk())
    return desk
