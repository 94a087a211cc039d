"""The process that stays for a session's next question: what it repeats, what it forgets, and when it ends."""

from __future__ import annotations

import dataclasses
import datetime as dt
import gc
import json
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from pathlib import Path
from typing import Any, NoReturn

import numpy as np
import pytest

from photocompare import prepared_pair
from photocompare.base.messages import let_go, pipes_of, receive, send
from photocompare.clearance.correction import Correction
from photocompare.results.dossier import Dossier, read_dossier
from photocompare.results.dossier_pictures import corrected
from photocompare.results.result_json import as_dict
from photocompare.settings import STANDARD
from photocompare.viewer.measuring import child, ready_process, requests
from photocompare.viewer.measuring.ready_process import MOST_READY, ReadyProcess, SpareProcess
from photocompare.viewer.measuring.requests import Checking, Measuring, Request
from photocompare.viewer.measuring.visit import Visit

SAMPLES = Path(__file__).parents[2] / "sample_images"
BEFORE, AFTER = ((SAMPLES / "good_result" / f"{which}.jpg").read_bytes() for which in ("before", "after"))
FIELD = ((300.0, 300.0), (900.0, 300.0), (900.0, 1000.0), (300.0, 1000.0))
STANDARD_TIME = dt.datetime(2026, 6, 1, 9, 0, tzinfo=dt.UTC)
LONG_S = 120.0

ANSWERS = """
import sys
from photocompare.base.messages import receive, send
while (message := receive(sys.stdin.buffer)) is not None:
    kind, facts, body = message
    if kind in ("load", "ahead"):
        continue
    send(sys.stdout.buffer, "stage", stage="read")
    if body.startswith(b"slow"):
        import time; time.sleep(60)
    if body.startswith(b"bad"):
        send(sys.stdout.buffer, "refused", name="NotAPhoto", message="no", which="", number=0)
    if body.startswith(b"end"):
        sys.exit(1)
    send(sys.stdout.buffer, "answered")
"""


@pytest.fixture
def stand_in(monkeypatch: pytest.MonkeyPatch) -> None:
    """A process that answers without measuring anything."""
    code = "import sys; sys.path[:0] = sys.argv[1:]\n" + ANSWERS
    monkeypatch.setattr(requests, "_COMMAND", (sys.executable, "-c", code))


@pytest.fixture(autouse=True)
def no_timer_left() -> Iterator[None]:
    yield
    gc.collect()
    for timer in [thread for thread in threading.enumerate() if isinstance(thread, threading.Timer)]:
        timer.cancel()
        timer.join()


def until(happens: Callable[[], Any]) -> bool:
    end = time.monotonic() + LONG_S
    while not happens():
        if time.monotonic() > end:
            return False
        time.sleep(0.005)
    return True


def asked(ready: ReadyProcess, body: bytes = b"x") -> Checking:
    found = Checking(body, ready=ready)
    assert found.ended.wait(LONG_S)
    return found


def idle(ready: ReadyProcess) -> bool:
    return not ready._in_use.locked()


def without_seconds(dossier: Dossier) -> str:
    said = as_dict(dossier.result)
    said["provenance"].pop("seconds")
    return json.dumps(said)


# --- a real pair


def test_another_field_and_a_correction_in_the_process_that_stayed_give_the_same_as_in_a_new_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same process, in this one, so that what it repeats can be counted."""
    begun: list[str] = []
    kept, fresh = child.Kept(), child.Kept()
    read = child.read_photo
    monkeypatch.setattr(child, "read_photo", lambda data: begun.append("read") or read(data))

    def told(kept: child.Kept, request: Request) -> Dossier:
        out = BytesIO()
        child._answer(out, kept, "measure", *request.message())
        out.seek(0)
        messages = list(iter(lambda: receive(out), None))
        assert messages[-1].kind == "answered"
        return read_dossier(next(message.body for message in messages if message.kind == "dossier"))

    whole, in_field = Request((BEFORE,), (AFTER,)), Request((BEFORE,), (AFTER,), polygon_xy=FIELD)
    told(kept, whole)
    assert len(begun) == 2
    again, new = told(kept, in_field), told(fresh, in_field)
    assert len(begun) == 4  # both photos once in each
    assert again.measured
    assert without_seconds(again) == without_seconds(new)
    assert (again.pictures, again.lines, again.vein_bytes) == (new.pictures, new.lines, new.vein_bytes)
    correction = Correction("A. Reader", STANDARD_TIME, (0, 2), (np.array([[400, 500], [430, 560]], np.float32),))
    numbers = [dataclasses.asdict(corrected(dossier, correction, options=STANDARD.correction)) for dossier in (again, new)]
    assert json.dumps(numbers[0], default=str) == json.dumps(numbers[1], default=str)


def test_only_the_latest_pair_s_photos_are_kept() -> None:
    kept = child.Kept()
    kept.read(BEFORE)
    first = kept.read(AFTER)
    kept.only([AFTER])
    assert list(kept.files.values()) == [first]
    assert kept.read(AFTER) is first
    assert first.timeless.facts.capture_time is None


def test_a_file_that_is_asked_for_by_two_at_once_is_read_once(monkeypatch: pytest.MonkeyPatch) -> None:
    begun: list[bytes] = []
    read = child.read_photo
    monkeypatch.setattr(child, "read_photo", lambda data: begun.append(data) or read(data))
    kept = child.Kept()
    with ThreadPoolExecutor(2) as pool:
        first, second = pool.map(kept.read, (BEFORE, BEFORE))
    assert first is second
    assert len(begun) == 1


def test_a_file_that_could_not_be_read_is_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    kept, read = child.Kept(), child.read_photo

    def no_memory(_: bytes) -> NoReturn:
        raise MemoryError

    monkeypatch.setattr(child, "read_photo", no_memory)
    with pytest.raises(MemoryError):
        kept.read(BEFORE)
    assert kept.files == {}
    monkeypatch.setattr(child, "read_photo", read)
    assert kept.read(BEFORE).photo.facts.width == 1200


def test_a_pair_s_photos_are_read_and_the_second_is_looked_at_while_something_else_is_at_work(monkeypatch: pytest.MonkeyPatch) -> None:
    kept, pipe, prepared = child.Kept(), BytesIO(), list[object]()
    prepare = prepared_pair.prepare_photo
    monkeypatch.setattr(prepared_pair, "prepare_photo", lambda photo, **how: prepared.append(photo) or prepare(photo, **how))
    facts, body = Request((BEFORE,), (AFTER,)).message()
    send(pipe, "check", BEFORE, look=True)
    send(pipe, "ahead", body, **facts)
    send(pipe, "measure", body, **facts)
    pipe.seek(0)
    messages = child._received(pipe, kept)
    assert next(messages).kind == "check"
    assert until(lambda: len(kept.files) == 2)
    assert [message.kind for message in messages] == ["measure"]
    after = kept.read(AFTER).timeless
    assert until(lambda: prepared == [after])
    assert prepared_pair.prepare_after(after, memory=kept.memory).field.leg.any()
    assert prepared == [after], "whoever asks meanwhile waits for it"


def test_the_spare_process_loads_and_answers_nothing_before_it_is_asked() -> None:
    spare = SpareProcess(requests._loading)
    spare.prepare()
    process = spare.take()
    assert process is not None
    requests_pipe, answers = pipes_of(process)
    send(requests_pipe, "check", BEFORE, look=False)
    requests_pipe.close()
    assert [message.kind for message in iter(lambda: receive(answers), None)] == ["photo", "answered"]
    assert process.wait(LONG_S) == 0
    answers.close()


# --- stand-ins


@pytest.fixture
def spare(monkeypatch: pytest.MonkeyPatch) -> Iterator[SpareProcess]:
    found = SpareProcess(requests._loading)
    monkeypatch.setattr(requests, "SPARE", found)
    monkeypatch.setattr(ready_process, "REST_S", 0.01)
    yield found
    left = found.take()
    if left is not None:
        let_go(left)


@pytest.mark.usefixtures("stand_in")
def test_a_session_s_first_question_goes_to_the_spare_process(spare: SpareProcess) -> None:
    spare.prepare(now=False)
    assert spare._process is None
    spare.prepare()
    waiting = spare._process
    ready = ReadyProcess()
    assert asked(ready).refusal is None
    assert until(lambda: idle(ready))
    assert ready._process is waiting
    assert spare._process is None  # while the rest of the pair is still to come
    measured = Measuring(Request((b"x",), (b"y",)), ready)
    assert measured.ended.wait(LONG_S)
    assert until(lambda: spare._process is not None)
    assert spare._process is not waiting
    ready.end()


@pytest.mark.usefixtures("stand_in")
def test_without_being_asked_for_there_is_no_spare_process(spare: SpareProcess) -> None:
    ready = ReadyProcess()
    measured = Measuring(Request((b"x",), (b"y",)), ready)
    assert measured.ended.wait(LONG_S)
    assert until(lambda: idle(ready))
    assert not [thread for thread in threading.enumerate() if isinstance(thread, threading.Timer) and thread.function == spare.prepare]
    ready.end()


@pytest.mark.usefixtures("stand_in")
def test_a_spare_process_that_died_is_not_asked(spare: SpareProcess) -> None:
    spare.prepare()
    died = spare._process
    assert died is not None
    died.kill()
    died.wait()
    ready = ReadyProcess()
    assert asked(ready).refusal is None
    assert until(lambda: idle(ready))
    assert ready._process is not died
    ready.end()


@pytest.mark.usefixtures("stand_in")
def test_one_process_answers_one_question_after_the_other() -> None:
    ready = ReadyProcess()
    asked(ready)
    assert until(lambda: idle(ready))
    first = ready._process
    assert first is not None
    bad = asked(ready, b"bad")  # held: dropping work that has not been answered to the end would stop the process
    assert bad.outcome == "refused"
    assert until(lambda: idle(ready))
    assert ready._process is first
    assert first.poll() is None
    ready.end()
    assert first.poll() is not None


@pytest.mark.usefixtures("stand_in")
def test_a_process_that_went_is_followed_by_a_new_one() -> None:
    ready = ReadyProcess()
    asked(ready)
    assert until(lambda: idle(ready))
    first = ready._process
    assert asked(ready, b"end").outcome == "failed"
    assert until(lambda: idle(ready))
    asked(ready)
    assert until(lambda: idle(ready))
    assert ready._process is not first
    killed = ready._process
    assert killed is not None
    killed.kill()
    killed.wait()
    assert asked(ready).refusal is None
    ready.end()


@pytest.mark.usefixtures("stand_in")
def test_a_pair_that_waits_for_the_process_has_its_photos_read_ahead(monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[str] = []
    monkeypatch.setattr(ready_process, "send", lambda pipe, kind, body, **facts: said.append(kind) or send(pipe, kind, body, **facts))
    ready = ReadyProcess()
    with ready._in_use:
        early = Measuring(Request((b"x",), (b"y",)), ready)  # no process yet
    assert early.ended.wait(LONG_S)  # held: work that is dropped ends the process, at whatever time it is found
    asked(ready)
    assert until(lambda: idle(ready))
    measured = Measuring(Request((b"x",), (b"y",)), ready)  # nothing to wait for
    assert measured.ended.wait(LONG_S)
    assert until(lambda: idle(ready))
    assert said == []
    ready._in_use.acquire()
    waiting = Measuring(Request((b"x",), (b"z",)), ready)
    assert until(lambda: said == ["ahead"])
    ready._in_use.release()
    assert waiting.ended.wait(LONG_S)
    assert until(lambda: idle(ready))
    ready.end()


@pytest.mark.usefixtures("stand_in")
def test_stopping_ends_the_process_with_all_that_it_kept() -> None:
    ready = ReadyProcess()
    found = Checking(b"slow", ready=ready)
    assert until(lambda: ready._process is not None)
    process = ready._process
    found.stop()
    assert found.ended.wait(LONG_S)
    assert found.outcome == "stopped"
    assert process is not None
    assert until(lambda: idle(ready))
    assert process.poll() is not None
    assert ready._process is None


@pytest.mark.usefixtures("stand_in")
def test_work_that_finds_the_process_busy_has_one_of_its_own() -> None:
    ready = ReadyProcess()
    slow = Checking(b"slow", ready=ready)
    assert until(lambda: ready._process is not None)
    process = ready._process
    other = Checking(b"x", ready=ready)
    assert other.ended.wait(LONG_S)
    assert ready._process is process
    slow.stop()
    assert slow.ended.wait(LONG_S)
    assert until(lambda: idle(ready))


@pytest.mark.usefixtures("stand_in")
def test_dropping_an_answered_piece_of_work_leaves_the_process_and_dropping_the_visit_ends_it() -> None:
    visit = Visit()
    found = asked(visit.ready)
    with visit.ready._in_use:  # until it was given back
        process = visit.ready._process
    assert process is not None
    del found
    gc.collect()
    assert process.poll() is None
    del visit
    gc.collect()
    assert until(lambda: process.poll() is not None)


@pytest.mark.usefixtures("stand_in")
def test_without_work_a_process_ends_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ready_process, "READY_S", 0.05)
    ready = ReadyProcess()
    asked(ready)
    assert until(lambda: idle(ready) and ready._process is None)


@pytest.mark.usefixtures("stand_in")
def test_no_more_processes_wait_on_a_machine_than_may_measure_at_once() -> None:
    all_ready = [ReadyProcess() for _ in range(MOST_READY + 1)]
    for ready in all_ready:
        asked(ready)
        assert until(lambda ready=ready: idle(ready))
    assert until(lambda: all_ready[0]._process is None)
    assert all(ready._process is not None for ready in all_ready[1:])
    for ready in all_ready:
        ready.end()


def test_a_visit_s_work_is_all_for_its_own_process(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[ReadyProcess | None] = []

    class Noted(Measuring):
        def __init__(self, request: Request, ready: ReadyProcess | None = None) -> None:
            seen.append(ready)
            raise RuntimeError(f"noted {len(request.befores)}")

        def __del__(self) -> None:
            pass

    monkeypatch.setattr("photocompare.viewer.measuring.visit.Measuring", Noted)
    visits = Visit(), Visit()
    for visit in visits:
        with pytest.raises(RuntimeError, match="noted"):
            visit.measure(Request((b"b",), (b"a",)))
    assert seen == [visit.ready for visit in visits]
    assert seen[0] is not seen[1]
