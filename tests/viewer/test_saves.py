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
from photocompare.viewer.shared import notices
from photocompare.viewer.shared.notices import Notice, leave_notice, notice_at, show_other_notices
from photocompare.viewer.sign_in import saves
from photocompare.viewer.sign_in.saves import saving

T = texts("en")


@pytest.fixture
def state(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """A session of one's own."""
    kept: dict[str, Any] = {}
    monkeypatch.setattr(notices, "st", SimpleNamespace(session_state=kept))
    monkeypatch.setattr(saves, "keep_now", lambda: None)
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
    assert notice_at("here") is None


def test_nothing_is_saved_in_a_session_that_is_somebody_elses_now(state: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(saves, "own_session", lambda: False)
    saving(lambda *_: pytest.fail("saved"), place="here", t=T)()
    assert state == {}


@pytest.mark.parametrize("cut", ["who", "read", "note"])
def test_a_click_that_waits_is_followed_when_the_save_is_whole(cut: str, state: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    """Streamlit raises at the first word with the session, and forgets the click then."""
    clicks, done = [cut], []

    def word(at: str) -> bool:
        if at in clicks:
            clicks.remove(at)
            raise RerunException(RerunData(query_string="page=other"))
        return True

    def save(*_: object) -> Callable[[], None]:
        word("read")
        done.append("saved")
        return note

    def note() -> None:
        word("note")
        done.append("noted")

    monkeypatch.setattr(saves, "own_session", lambda: word("who"))
    with pytest.raises(RerunException) as followed:
        saving(save, place="here", t=T)()
    assert followed.value.rerun_data.query_string == "page=other"
    assert done == ["saved", "noted"]
    assert state == {}


@pytest.mark.usefixtures("state")
def test_a_button_that_is_pressed_twice_saves_once_and_a_switch_each_time() -> None:
    done: list[str] = []

    def save(*_: object) -> Callable[[], None]:
        done.append("saved")
        return lambda: None

    button, switch = saving(save, place="here", t=T), saving(save, place="here", t=T, switch=True)
    for press in (button, button):
        press()
    assert len(done) == 1
    for press in (switch, switch, saving(save, place="here", t=T)):  # the last one is the button drawn anew
        press()
    assert len(done) == 4


@pytest.mark.usefixtures("state")
def test_a_button_whose_save_failed_can_be_pressed_again() -> None:
    wrong, done = [UsageError("Enter the day first.")], []

    def save(*_: object) -> Callable[[], None]:
        if wrong:
            raise wrong.pop()
        done.append("saved")
        return lambda: None

    press = saving(save, place="here", t=T)
    press()
    assert notice_at("here") == Notice("Enter the day first.", done=False)
    press()
    assert done == ["saved"]
    assert notice_at("here") is None


def test_what_no_place_of_the_page_told_is_told_elsewhere_once(state: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[tuple[str, str]] = []
    here = {kind: lambda sentence, kind=kind: told.append((kind, sentence)) for kind in ("success", "error")}
    monkeypatch.setattr(notices, "st", SimpleNamespace(session_state=state, **here))
    state["typed"] = "stays"
    leave_notice("form", Notice("It is saved."))
    leave_notice("list", Notice("It is not.", done=False))
    leave_notice("told", Notice("Told at its place."))
    assert notice_at("told") == Notice("Told at its place.")
    for _ in range(2):
        show_other_notices()
    assert told == [("success", "It is saved."), ("error", "It is not.")]
    assert state == {"typed": "stays"}


@pytest.mark.parametrize(
    ("error", "stale"),
    [(UsageError("Enter the day first."), False), (StaleRecord("Somebody changed it."), True), (AccessDenied("Sign in again."), False)],
)
def test_why_nothing_was_saved_is_told_once(state: dict[str, Any], error: UsageError, stale: bool) -> None:
    def save(*_: object) -> Callable[[], None]:
        raise error

    saving(save, place="here", t=T)()
    assert notice_at("here") == Notice(str(error), done=False, stale=stale)
    assert notice_at("here") is None
    assert state == {}
