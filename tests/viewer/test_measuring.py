"""The measuring process seen from the viewer: what it answers, and that it ends when nobody waits for it."""

from __future__ import annotations

import ast
import gc
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from photocompare.base.errors import NotAPhoto, UsageError
from photocompare.base.messages import unpacked
from photocompare.photo import reading as photo
from photocompare.photo.decoding import apart
from photocompare.photo.facts import KEPT_FACTS, kept_facts
from photocompare.photo.reading import read_photo
from photocompare.viewer.measuring import child as measuring_child
from photocompare.viewer.measuring import requests as measuring
from photocompare.viewer.measuring.child import THUMBNAIL_PX
from photocompare.viewer.measuring.requests import MOST_AT_ONCE, MOST_SHOTS, Checking, Cutting, Measuring, Request
from tests.support.painted_leg import jpeg_with_camera, two_encoded_legs

SAMPLES = Path(__file__).parents[2] / "sample_images"
BEFORE, AFTER = ((SAMPLES / "good_result" / f"{which}.jpg").read_bytes() for which in ("before", "after"))
OTHERS = tuple((SAMPLES / "refused" / f"{which}.jpg").read_bytes() for which in ("before", "after"))

LONG_S = 60.0
SOON_S = 10.0
A_REQUEST = Request((b"b",), (b"a",))


def children() -> set[int]:
    """Process ids of this process's children and theirs."""
    found: set[int] = set()
    waiting = [os.getpid()]
    while waiting:
        pid = waiting.pop()
        for task in Path(f"/proc/{pid}/task").glob("*/children"):
            new = {int(child) for child in task.read_text().split()} - found
            found |= new
            waiting += new
    return found


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(") ")[-1][0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def until(happens: Callable[[], Any], seconds: float) -> bool:
    """Whether something happens in time."""
    end = time.monotonic() + seconds
    while not happens():
        if time.monotonic() > end:
            return False
        time.sleep(0.005)
    return True


@pytest.fixture
def behaves(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Put a few lines of Python in the place of the measuring process."""

    def put(code: str) -> None:
        head = "import sys, time, json; out = sys.stdout.buffer; line = sys.stdin.buffer.readline()\n"
        monkeypatch.setattr(measuring, "_COMMAND", (sys.executable, "-S", "-c", head + code))

    return put


@pytest.fixture(autouse=True)
def nothing_left() -> Iterator[None]:
    """No test leaves a process or a turn behind."""
    before = children()
    yield
    gc.collect()
    # Decoding children are forked from a process that stays.
    assert until(lambda: not any(alive(pid) for pid in children() - before - {apart.LOADED_PROCESS.number}), LONG_S)
    turns = [measuring._TURNS.acquire(timeout=LONG_S) for _ in range(MOST_AT_ONCE)]
    for _ in turns:
        measuring._TURNS.release()
    assert all(turns)


# --- requests


@pytest.mark.parametrize(("befores", "afters"), [(0, 1), (1, 0), (0, 0), (MOST_SHOTS + 1, 1), (1, MOST_SHOTS + 1), (2, 0)])
def test_a_visit_has_one_to_four_photos(befores: int, afters: int) -> None:
    with pytest.raises(UsageError, match="one to 4 photos"):
        Request((b"x",) * befores, (b"x",) * afters)


def test_a_collage_stands_alone_and_only_with_its_cut() -> None:
    cutting = Cutting("rows", 0.5, 0.5)
    Request((b"x",), (), cutting=cutting)
    with pytest.raises(UsageError):
        Request((b"x", b"y"), (), cutting=cutting)


def test_the_key_knows_the_order_of_photos_and_where_one_ends() -> None:
    requests = [
        Request((b"ab",), (b"c",)),
        Request((b"a",), (b"bc",)),
        Request((b"c",), (b"ab",)),
        Request((b"a", b"b"), (b"c",)),
        Request((b"a",), (b"b", b"c")),
    ]
    assert len({request.key for request in requests}) == len(requests)
    assert Request((b"ab",), (b"c",)).key == requests[0].key


# --- a real pair in a real process


def test_a_pair_is_measured_stage_by_stage(monkeypatch: pytest.MonkeyPatch) -> None:
    heard: list[str] = []

    def note(self: Measuring, kind: str, facts: Any, body: bytes) -> None:
        heard.append(str(facts["stage"]) if kind == "stage" else str(facts["step"]) + "_shown" if kind == "meanwhile" else kind)
        if kind == "meanwhile":
            pictures.append({which: cv2.imdecode(np.frombuffer(data, np.uint8), 1) for which, data in unpacked(body).items()})
        listen(self, kind, facts, body)

    pictures: list[dict[str, np.ndarray]] = []

    listen = Measuring.hear
    monkeypatch.setattr(Measuring, "hear", note)
    # A little larger than the working size, so that there is a full size.
    pair = [cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR) for data in (BEFORE, AFTER)]
    large = [cv2.imencode(".jpg", cv2.resize(image, None, fx=1.15, fy=1.15, interpolation=cv2.INTER_CUBIC))[1].tobytes() for image in pair]
    found = Measuring(Request((large[0],), (large[1],)))
    assert found.ended.wait(LONG_S)
    assert (found.outcome, found.refusal) == ("done", None)
    assert heard[0] == "read"
    order = ["read", "field", "register", "veins", "fate", "clearance", "draw", "dossier", "full_size"]
    assert [heard.index(name) for name in order] == sorted(heard.index(name) for name in order)
    shown = ["read", "photos", "laid_over_shown", "veins_shown", "draw"]
    assert [heard.index(name) for name in shown] == sorted(heard.index(name) for name in shown)
    assert {image.shape for both in pictures for image in both.values()} == {pictures[0]["before"].shape}
    laid_over, veins = pictures[0], pictures[1]
    for which in ("before", "after"):
        painted = np.abs(laid_over[which].astype(int) - veins[which]).max(axis=2) > 40
        assert 0.0005 < painted.mean() < 0.1
    assert found.photos is not None
    assert found.photos.step == "veins"
    assert (found.photos.height, found.photos.width) == cv2.imdecode(np.frombuffer(large[0], np.uint8), cv2.IMREAD_COLOR).shape[:2]
    assert all(max(cv2.imdecode(np.frombuffer(d, np.uint8), 1).shape) == THUMBNAIL_PX for d in (found.photos.before, found.photos.after))
    assert found.dossier is not None
    assert found.dossier.measured
    assert found.dossier.result.timing.days is None
    assert found.full_size is not None
    assert set(found.full_size) == {"before_full", "after_full"}
    full = cv2.imdecode(np.frombuffer(found.full_size["before_full"], np.uint8), cv2.IMREAD_COLOR)
    assert full.shape == cv2.imdecode(np.frombuffer(large[0], np.uint8), cv2.IMREAD_COLOR).shape
    assert found.dossier.shown_over_full < 1.0


def test_a_pair_that_can_t_be_compared_has_a_result_without_a_number() -> None:
    found = Measuring(Request((BEFORE,), (BEFORE,)))
    assert found.ended.wait(LONG_S)
    assert found.outcome == "done"
    assert found.dossier is not None
    assert found.dossier.result.reasons[0].code == "same_photo"
    assert not found.dossier.measured
    assert found.full_size == {}


def test_a_photo_that_can_t_be_used_is_named() -> None:
    found = Measuring(Request((BEFORE,), (AFTER, AFTER[: len(AFTER) // 2])))
    assert found.ended.wait(LONG_S)
    assert found.outcome == "refused"
    assert found.refusal is not None
    assert (found.refusal.name, found.refusal.which, found.refusal.number) == ("TruncatedPhoto", "after", 2)
    assert found.dossier is None


def test_a_file_that_is_no_photo_is_refused_as_it_arrives() -> None:
    found = Checking(b"<html>no photo</html>")
    assert found.ended.wait(LONG_S)
    assert found.outcome == "refused"
    assert found.refusal is not None
    assert found.refusal.name == "NotAPhoto"


def test_a_collage_is_found_and_its_halves_are_told_apart() -> None:
    pair = [cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR) for data in OTHERS]
    height = min(image.shape[0] for image in pair)
    joined = np.hstack([image[:height] for image in pair])
    found = Checking(cv2.imencode(".jpg", joined)[1].tobytes())
    assert found.ended.wait(LONG_S)
    assert found.photo is not None
    assert (found.photo["width"], found.photo["height"], found.photo["format"]) == (joined.shape[1], height, "JPEG")
    assert found.photo["cut"]["axis"] == "columns"
    assert found.photo["cut"]["at"] == pytest.approx(pair[0].shape[1] / joined.shape[1], abs=0.01)
    assert found.thumbnail.startswith(b"\xff\xd8")
    assert found.flags is None


def test_every_fact_that_the_records_keep_is_handed_on() -> None:
    data = jpeg_with_camera(two_encoded_legs()[0])
    found = Checking(data, look=False)
    assert found.ended.wait(LONG_S)
    assert found.photo is not None
    assert {name: found.photo[name] for name in KEPT_FACTS} == kept_facts(read_photo(data).facts)
    assert (found.photo["camera_model"], found.photo["iso"], found.photo["flash_fired"]) == ("One", 100.0, True)


def test_stopping_ends_the_whole_process() -> None:
    before = children()
    found = Measuring(Request((BEFORE,), (AFTER,)))
    assert until(lambda: found.stage == "read", LONG_S)
    assert until(lambda: len(children() - before) >= 2, LONG_S)  # the process and a decoder of its
    begun = children() - before
    found.stop()
    assert found.ended.wait(SOON_S)
    assert found.outcome == "stopped"
    assert until(lambda: not any(alive(pid) for pid in begun), SOON_S)
    assert found.dossier is None
    found.stop()  # a second click


# --- stand-ins for the process


def test_dropping_the_last_hold_on_a_measurement_ends_its_process(behaves: Callable[[str], None]) -> None:
    behaves("time.sleep(60)")
    before = children()
    found = Measuring(A_REQUEST)
    assert until(lambda: children() - before, LONG_S)
    begun = children() - before
    del found
    gc.collect()
    assert until(lambda: not any(alive(pid) for pid in begun), SOON_S)


def test_a_process_that_is_killed_has_failed(behaves: Callable[[str], None]) -> None:
    behaves("time.sleep(60)")
    before = children()
    found = Measuring(A_REQUEST)
    assert until(lambda: children() - before, LONG_S)
    for pid in children() - before:
        os.kill(pid, signal.SIGKILL)
    assert found.ended.wait(SOON_S)
    assert (found.outcome, found.dossier) == ("failed", None)


@pytest.mark.parametrize("size", [1, 3_000_000])
@pytest.mark.parametrize(
    "code",
    [
        "sys.exit(3)",
        "import os; os.close(0); time.sleep(0.05)",
        "print('[1]')",
        "print('not JSON')",
        """print('{"kind": "dossier", "size": -1}')""",
        """print('{"kind": "dossier", "size": 1000}'); print('cut short')""",
    ],
)
def test_a_process_that_says_nothing_of_sense_has_failed(behaves: Callable[[str], None], code: str, size: int) -> None:
    behaves(code)
    found = Measuring(Request((b"b" * size,), (b"a" * size,)))
    assert found.ended.wait(LONG_S)
    assert found.outcome == "failed"


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
@pytest.mark.parametrize("command", [("/no/such/program",), None])
def test_a_fault_that_nobody_thought_of_still_ends_the_waiting(
    behaves: Callable[[str], None], monkeypatch: pytest.MonkeyPatch, command: tuple[str] | None
) -> None:
    behaves("""print('{"kind": "dossier", "size": 3}'); print('xx')""")
    if command:
        monkeypatch.setattr(measuring, "_COMMAND", command)
    found = Measuring(A_REQUEST)
    assert found.ended.wait(LONG_S)
    assert (found.outcome, found.dossier) == ("failed", None)
    for thread in threading.enumerate():  # its fault is this test's, not the next one's
        if thread.name.endswith("(_work)"):
            thread.join(LONG_S)


def test_full_size_pictures_that_never_come_leave_the_result(behaves: Callable[[str], None], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(measuring, "read_dossier", bytes)
    behaves("""out.write(b'{"kind": "dossier", "size": 3}\\nabc'); out.flush(); sys.exit(1)""")
    found = Measuring(A_REQUEST)
    assert found.ended.wait(LONG_S)
    assert (found.outcome, found.dossier, found.full_size) == ("done", b"abc", None)


def test_two_measurements_run_at_once_and_a_third_waits_for_its_turn(behaves: Callable[[str], None]) -> None:
    behaves("""out.write(b'{"kind": "stage", "size": 0, "stage": "read"}\\n'); out.flush(); time.sleep(60)""")
    before = children()
    first, second = [Measuring(A_REQUEST) for _ in range(MOST_AT_ONCE)]
    assert until(lambda: first.stage == second.stage == "read", LONG_S)
    third = Measuring(A_REQUEST)
    time.sleep(0.1)
    assert third.stage == "wait"
    assert len(children() - before) == MOST_AT_ONCE
    first.stop()
    assert until(lambda: third.stage == "read", LONG_S)
    fourth = Measuring(A_REQUEST)
    fourth.stop()  # while it waits: it never begins
    second.stop()
    assert fourth.ended.wait(LONG_S)
    assert (fourth.outcome, fourth.stage) == ("stopped", "wait")
    third.stop()
    assert all(work.ended.wait(SOON_S) for work in (first, second, third))


def test_stopping_from_many_threads_at_once_is_one_stop(behaves: Callable[[str], None]) -> None:
    behaves("time.sleep(60)")
    found = Measuring(A_REQUEST)
    threads = [threading.Thread(target=found.stop) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found.ended.wait(LONG_S)
    assert found.outcome == "stopped"


# --- the one door for photos

OPENERS = {"PIL", "pillow_heif", "skimage", "imageio", "matplotlib"}
CV2_OPENERS = {"imread", "imdecode", "imreadmulti", "imdecodemulti", "imcount", "VideoCapture"}
STREAMLIT_OPENERS = {"image", "camera_input", "video", "pyplot", "logo"}


def openers_in(path: Path) -> Iterator[str]:
    """What a module uses that opens a picture, as "file:line name"."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        used: list[str] = []
        if isinstance(node, ast.Import):
            used = [name.name for name in node.names if name.name.partition(".")[0] in OPENERS]
        elif isinstance(node, ast.ImportFrom) and (node.module or "").partition(".")[0] in {*OPENERS, "cv2"}:
            used = [node.module or ""]
        elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            openers = {"cv2": CV2_OPENERS, "st": STREAMLIT_OPENERS}.get(node.value.id, set())
            used = [f"{node.value.id}.{node.attr}"] if node.attr in openers else []
        yield from (f"{path.name}:{getattr(node, 'lineno', 0)} {name}" for name in used)


def test_nothing_in_the_viewer_opens_a_picture_itself() -> None:
    """Photos go through `photocompare.photo.reading`, whose decoder is confined; originals never through Streamlit's own pictures."""
    modules = sorted(Path(measuring.__file__).parents[1].rglob("*.py"))
    assert len(modules) > 30
    assert not [found for path in modules for found in openers_in(path)]


def test_where_the_confined_decoder_is_cut_off_no_photo_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    tried: list[bytes] = []

    def cut_off(data: bytes, *_: object) -> None:
        tried.append(data)
        raise NotAPhoto("cut off")

    monkeypatch.setattr(photo, "decode_apart", cut_off)
    with pytest.raises(NotAPhoto, match="cut off"):
        measuring_child._check(BytesIO(), measuring_child.Kept(), {"look": True}, BEFORE)
    with pytest.raises(NotAPhoto, match="cut off"):
        measuring_child._read_visits(
            measuring_child.Kept(), {"befores": 1, "sizes": [len(BEFORE), len(AFTER)], "cut": None}, BEFORE + AFTER
        )
    assert sorted(tried) == sorted([BEFORE, BEFORE, AFTER])
