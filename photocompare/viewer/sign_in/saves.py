"""What a press saves, before the page runs.

A save within a run may never begin, where another page is clicked before the run has come to it; and to show what was saved the page would
have to run once more.  A callback ends before its run begins, and a page that is clicked meanwhile is followed.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TypeVar

from streamlit.runtime.scriptrunner import RerunException

from photocompare.base.errors import UsageError
from photocompare.records.access import Actor
from photocompare.records.store import Records
from photocompare.report.words.texts import Texts
from photocompare.viewer.shared.components import nothing
from photocompare.viewer.shared.kept_fields import keep_now
from photocompare.viewer.shared.notices import Notice, failure, leave_notice
from photocompare.viewer.shared.records import records
from photocompare.viewer.sign_in.session import actor, own_session

Found = TypeVar("Found")

Save = Callable[[Records, Actor], Callable[[], None]]
"""Reads from the session what was typed, saves it, and returns what notes in the session that it is saved.

All reading comes before the first thing that is saved: Streamlit follows a click that waits at the next word with the session, and then
the save begins once more.  What the page knew when it was drawn may be old: a run that would have drawn what was typed last was perhaps
cut off by the press itself.
"""


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

    def attempt() -> Callable[[], None]:
        nonlocal saved
        try:
            if (saved and not switch) or not own_session():
                return nothing
            note = save(records(), actor())
        except UsageError as error:
            return partial(_leave_undone, place, failure(error, t))
        saved = True
        return note

    def press() -> None:
        clicks: list[RerunException] = []
        _whole(_whole(attempt, clicks), clicks)
        if clicks:
            raise clicks[-1]

    return press


def _leave_undone(place: str, notice: Notice) -> None:
    keep_now()
    leave_notice(place, notice)


def _whole(step: Callable[[], Found], clicks: list[RerunException]) -> Found:
    """A step to its end: a page that was clicked meanwhile is followed when all is saved and noted."""
    while True:
        try:
            return step()
        except RerunException as click:
            clicks.append(click)
