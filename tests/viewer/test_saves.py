"""A press saves before the page runs: only for whom the session belongs to, and what went wrong is told once at its place."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from streamlit.runtime.scriptrunner import RerunData, RerunException

from photocompare.base.errors import AccessDenied, StaleRecord, UsageError
from photocompare.records.access import LOCAL, Actor
from photocompare.report.words.texts import texts
from photocompare.viewer.sign_in import saves
from photocompare.viewer.sign_in.saves import failure_at, saving

T = texts("en")


@pytest.fixture
def state(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """A session of one's own."""
    kept: dict[str, Any] = {}
    monkeypatch.setattr(saves, "st", SimpleNamespace(session_state=kept))
    monkeypatch.setattr(saves, "own_session", lambda: True)
    monkeypatch.setattr(saves, "records", lambda: "the records")
    monkeypatch.setattr(saves, "actor", lambda: LOCAL)
    return kept


def test_who_sits_there_is_asked_at_the_press(state: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[object, object]] = []

    def save(held: object, who: object) -> Callable[[], None]:
        asked.append((held, who))
        return lambda: state.update(said="It is saved.")

    press = saving(save, place="here", t=T)
    other = Actor("Dr Other", "clinician")
    monkeypatch.setattr(saves, "actor", lambda: other)
    press()
    assert asked == [("the records", other)]
    assert "It is saved." in state.values()
    assert failure_at("here") is None


def test_nothing_is_saved_in_a_session_that_is_somebody_elses_now(state: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(saves, "own_session", lambda: False)
    saving(lambda *_: pytest.fail("saved"), place="here", t=T)()
    assert state == {}


def test_a_click_that_waits_is_followed_when_the_save_is_noted(state: dict[str, Any]) -> None:
    """Streamlit raises at the first word with the session."""

    def note() -> None:
        if not state.pop("followed", False):
            state["followed"] = True
            raise RerunException(RerunData(query_string="page=other"))
        state["noted"] = True

    with pytest.raises(RerunException):
        saving(lambda *_: note, place="here", t=T)()
    assert state == {"noted": True}


@pytest.mark.parametrize(
    ("error", "stale"),
    [(UsageError("Enter the day first."), False), (StaleRecord("Somebody changed it."), True), (AccessDenied("Sign in again."), False)],
)
def test_why_nothing_was_saved_is_told_once(state: dict[str, Any], error: UsageError, stale: bool) -> None:
    def save(*_: object) -> Callable[[], None]:
        raise error

    saving(save, place="here", t=T)()
    failure = failure_at("here")
    assert failure is not None
    assert (failure.sentence, failure.stale) == (str(error), stale)
    assert failure_at("here") is None
    assert state == {}
