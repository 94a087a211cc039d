"""A photo of a pair that is measured is read once: the measurement tells of it, and only where it does not is the photo checked."""

from __future__ import annotations

import gc
import hashlib
from pathlib import Path
from typing import Any

import pytest

from photocompare.viewer.measuring import visit as visit_module
from photocompare.viewer.measuring.requests import Measuring, PhotoRefusal, Request
from photocompare.viewer.measuring.visit import Shot, Visit
from tests.support.faked_work import faked_work

SAMPLES = Path(__file__).parents[2] / "sample_images"
FACTS = {"width": 900, "height": 1200, "format": "JPEG", "capture_time": "2026-03-02T10:00:00", "flags": [], "cut": None}
LONG_S = 120.0


@pytest.fixture
def work(monkeypatch: pytest.MonkeyPatch) -> tuple[type[Any], type[Any]]:
    made = faked_work()
    monkeypatch.setattr(visit_module, "Measuring", made[0])
    monkeypatch.setattr(visit_module, "Checking", made[1])
    return made


def handed_over() -> tuple[Visit, Shot, Shot]:
    """Both photos at once, and the measurement begun."""
    before, after = Shot(b"before"), Shot(b"after")
    visit = Visit(uploads={"before": (before,), "after": (after,)})
    visit.begin()
    return visit, before, after


def test_photos_of_a_running_measurement_are_not_read_again(work: tuple[type[Any], type[Any]]) -> None:
    visit, before, after = handed_over()
    checks = [visit.check(shot) for shot in (before, after)]
    assert not work[1].made
    assert [(check.outcome, check.photo, check.ended.is_set()) for check in checks] == [("running", None, False)] * 2
    visit.measurements[visit.current].told[before.digest] = FACTS, b"small"  # type: ignore[assignment]
    assert (checks[0].photo, checks[0].thumbnail, checks[0].outcome) == (FACTS, b"small", "done")
    assert checks[0].ended.is_set()
    assert checks[1].photo is None
    assert (checks[0].refusal, checks[0].flags) == (None, None)
    assert visit.capture_date("before") is not None
    assert not work[1].made


@pytest.mark.parametrize("how", ["refused", "failed", "stopped", "dropped"])
def test_where_the_measurement_ends_without_a_word_the_photo_is_checked_by_itself(work: tuple[type[Any], type[Any]], how: str) -> None:
    visit, before, after = handed_over()
    first, second = visit.check(before), visit.check(after)
    running = visit.measurements[visit.current]
    running.told[before.digest] = FACTS, b"small"  # type: ignore[assignment]
    if how == "refused":
        running.refuse(PhotoRefusal("TruncatedPhoto", "cut", "after", 1))  # type: ignore[attr-defined]
    elif how == "failed":
        running.end("failed")
    elif how == "stopped":
        running.stop()
    else:
        work[0].made.clear()
        visit.measurements.clear()
        del running
        gc.collect()
    own = second.ended
    assert not own.is_set()
    assert [check.data for check in work[1].made if check.data == b"after"] == [b"after"]
    checking = next(check for check in work[1].made if check.data == b"after")
    assert (checking.look, checking.ready) == (False, visit.ready)
    checking.refusal = PhotoRefusal("TruncatedPhoto", "cut")
    checking.end("refused")
    assert own.is_set()
    assert (second.outcome, second.refusal, second.photo) == ("refused", checking.refusal, None)
    if how != "dropped":
        assert first.photo == FACTS


def test_a_photo_that_was_checked_before_keeps_its_check(work: tuple[type[Any], type[Any]]) -> None:
    before, after = Shot(b"before"), Shot(b"after")
    visit = Visit(uploads={"before": (before,), "after": ()})
    visit.begin()
    first = visit.check(before)
    assert [check.data for check in work[1].made] == [b"before"]
    visit.uploads["after"] = (after,)
    visit.begin()
    assert visit.check(before) is first
    visit.check(after)
    assert len(work[1].made) == 1


def test_a_measurement_tells_of_each_file_what_a_check_says() -> None:
    files = [(SAMPLES / "refused" / f"{which}.jpg").read_bytes() for which in ("before", "after")]
    found = Measuring(Request((files[0],), (files[1],)))
    assert found.ended.wait(LONG_S)
    alone = visit_module.Checking(files[1], look=False)
    assert alone.ended.wait(LONG_S)
    assert set(found.told) == {hashlib.sha256(data).hexdigest() for data in files}
    assert found.told[hashlib.sha256(files[1]).hexdigest()] == (alone.photo, alone.thumbnail)
    assert found.photos is not None
    assert found.photos.after == alone.thumbnail
