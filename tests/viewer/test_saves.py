"""A press saves before the page runs: only for whom the session belongs to, and what went wrong is told once at its place."""

from __future__ import annotations

import threading
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from streamlit.runtime.scriptrunner import RerunData, RerunException, StopException

from photocompare.base.errors import AccessDenied, StaleRecord, UsageError
from photocompare.records.access import LOCAL, Actor
from photocompare.report.words.texts import texts
from photocompare.viewer.shared import notices
from photocompare.viewer.shared.notices import Notice, leave_notice, notice_at, show_other_notices
from photocompare.viewer.shared.waiting import wait_while
from photocompare.viewer.sign_in import saves
from photocompare.viewer.sign_in.saves import Desk, note_saves, saving, tell_saves

T = texts("en")


@pytest.fixture
def state(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """A session of one's own."""
    kept: dict[str, Any] = {}
    desk = Desk()
    monkeypatch.setattr(saves, "_desk", lambda: desk)
    monkeypatch.setattr(notices, "st", SimpleNamespace(session_state=kept, success=lambda _: None, error=lambda _: None))
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


class Run:
    """A run of the page, which Streamlit ends at a word with the session: each word after that ends it too."""

    def __init__(self, end_at: str) -> None:
        self.end_at, self.over = end_at, False
        self.done: list[str] = []

    def word(self, at: str) -> bool:
        self.over |= at == self.end_at
        if self.over:
            raise StopException
        return True

    def save(self, *_: object) -> Callable[[], None]:
        self.word("read")
        self.done.append("saved")
        return self.note

    def note(self) -> None:
        self.word("note")
        self.done.append("noted")


def test_what_an_ended_run_has_saved_is_noted_by_the_next_once(state: dict[str, Any]) -> None:
    run = Run("note")
    with pytest.raises(StopException):
        saving(run.save, place="here", t=T)()
    assert run.done == ["saved"]
    run.over, run.end_at = False, ""
    for _ in range(2):
        note_saves()
    assert run.done == ["saved", "noted"]
    assert state == {}


@pytest.mark.parametrize("end_at", ["who", "read"])
def test_a_save_that_could_not_begin_is_told(end_at: str, state: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    run = Run(end_at)
    monkeypatch.setattr(saves, "own_session", lambda: run.word("who"))
    press = saving(run.save, place="here", t=T)
    with pytest.raises(StopException):
        press()
    assert (run.done, state) == ([], {})
    note_saves()
    assert notice_at("here") == Notice(T("saving.cut_off"), done=False)
    run.over, run.end_at = False, ""
    press()
    note_saves()
    assert run.done == ["saved", "noted"]
    assert state == {}


def test_a_press_that_ends_the_one_before_it_is_the_same_press(state: dict[str, Any]) -> None:
    run = Run("read")
    press = saving(run.save, place="here", t=T)
    with pytest.raises(StopException):
        press()
    run.over, run.end_at = False, ""
    press()  # comes before anything of the page is drawn
    note_saves()
    assert run.done == ["saved", "noted"]
    assert state == {}


def test_the_page_that_is_shown_waits_for_the_save_and_tells_it(state: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    """Streamlit runs it beside the run that saves, which it has ended."""
    begun, goes_on = threading.Event(), threading.Event()

    def save(*_: object) -> Callable[[], None]:
        begun.set()
        assert goes_on.wait(20)
        return note

    def note() -> None:
        if threading.current_thread() is older:
            raise StopException
        leave_notice("here", Notice("It is saved."))

    press = saving(save, place="here", t=T)
    older = threading.Thread(target=ended, args=(press,))
    older.start()
    assert begun.wait(20)
    told: list[str] = []
    monkeypatch.setattr(notices, "st", SimpleNamespace(session_state=state, success=told.append))
    looks: list[bool] = []

    def look(waiting: Callable[[], bool]) -> bool:
        return wait_while(waiting, lambda: looks.append(goes_on.set() is None), whatever_comes=True)

    monkeypatch.setattr(saves, "wait_while", look)
    note_saves()
    assert told == []
    tell_saves()
    assert looks
    assert told == ["It is saved."]
    older.join()


def ended(press: Callable[[], None]) -> None:
    with pytest.raises(StopException):
        press()


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
