"""What is kept of a pair's stages: it saves work and changes nothing, whatever the reader says next."""

from __future__ import annotations

import dataclasses
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest

from photocompare import laid_pair
from photocompare.base.stage_memory import NoMemory, StageMemory
from photocompare.comparison import compare
from photocompare.photo.reading import Photo, photo_from_array
from photocompare.report.files.dossier_making import dossier_of, full_size_pictures
from photocompare.results.comparison import Comparison
from photocompare.results.dossier import write_dossier
from photocompare.settings import Settings, WorkingOptions
from tests.support.rendered_pairs import graded_pair

REDUCED = Settings(name="reduced", working=WorkingOptions(max_pixels=500_000))
"""A working frame below the photos' size, so that full size is another matter."""

FIELD = np.array([[150, 150], [520, 180], [500, 700], [170, 650]], np.float32)
OTHER_FIELD = FIELD + np.float32(40)
SAID: tuple[dict[str, Any], ...] = (
    {},
    {"polygon_xy": FIELD},
    {"polygon_xy": OTHER_FIELD, "mm_per_px": 0.21},
    {"mm_per_px": 0.21},
    {"look_for_card": False, "polygon_xy": FIELD},
    {},
)


def photos() -> tuple[Photo, Photo]:
    pair = graded_pair()
    return photo_from_array(pair.before), photo_from_array(pair.after)


def all_bytes(comparison: Comparison, memory: StageMemory | None = None) -> bytes:
    """Everything that is shown and kept of a comparison, but for how long it took."""
    timeless = dataclasses.replace(comparison, provenance=dataclasses.replace(comparison.provenance, seconds={}))
    return write_dossier(dossier_of(timeless, memory=memory)) + b"".join(full_size_pictures(timeless).values())


def arrays_in(value: object, seen: set[int]) -> Iterator[np.ndarray]:
    if id(value) in seen:
        return
    seen.add(id(value))
    if isinstance(value, np.ndarray):
        yield value
    elif dataclasses.is_dataclass(value):
        for field in dataclasses.fields(value):
            yield from arrays_in(getattr(value, field.name), seen)
    elif isinstance(value, tuple | list):
        for part in value:
            yield from arrays_in(part, seen)


def test_whatever_is_said_next_a_comparison_with_a_memory_gives_the_same_bytes(monkeypatch: pytest.MonkeyPatch) -> None:
    registered: list[object] = []
    register = laid_pair.register
    monkeypatch.setattr(laid_pair, "register", lambda *a, **k: registered.append(a) or register(*a, **k))
    before, after = photos()
    memory = StageMemory()
    kept = []
    for said in SAID:
        kept.append(compare(before, after, settings=REDUCED, memory=memory, **said))
        for array in arrays_in(list(memory._kept.values()), set()):
            array.setflags(write=False)  # a stage that wrote into what is kept would fail
    assert len(registered) == 3  # with the card, without it, and with it again
    fresh = [compare(before, after, settings=REDUCED, **said) for said in SAID[:-1]]
    assert all(one.status != "not_comparable" for one in fresh)
    assert len({one.outcome.length.value for one in fresh if one.outcome is not None}) >= 3  # what was said matters
    for one, again in zip([*fresh, fresh[0]], kept, strict=True):
        assert all_bytes(one) == all_bytes(again, memory)


def test_another_pair_takes_the_place_of_the_one_kept() -> None:
    before, after = photos()
    memory = StageMemory()
    compare(before, after, settings=REDUCED, memory=memory)
    compare(after, before, settings=REDUCED, memory=memory)
    held = {id(part) for follows_from, _ in memory._kept.values() for part in follows_from if isinstance(part, Photo)}
    assert held == {id(before), id(after)}
    assert all(follows_from[0] is after for stage, (follows_from, _) in memory._kept.items() if stage == "registration")


def test_a_refused_pair_is_refused_again_in_the_same_words() -> None:
    noise = [np.random.default_rng(seed).integers(0, 255, (420, 320, 3), dtype=np.uint8) for seed in (1, 2)]
    before, after = (photo_from_array(one) for one in noise)
    memory = StageMemory()
    fresh, first, again = (compare(before, after, memory=kept) for kept in (None, memory, memory))
    assert fresh.status == "not_comparable"
    assert fresh.reasons == first.reasons == again.reasons


# --- the memory by itself


def test_a_finding_serves_again_only_where_all_that_it_follows_from_is_the_same() -> None:
    memory, made = StageMemory(), []

    def work() -> int:
        made.append(1)
        return len(made)

    one, other = photos()
    assert [memory.found("stage", key, work) for key in ((one, 1), (one, 1), (one, 2), (one, 2), (other, 2), (one, 1))] == [
        1,
        1,
        2,
        2,
        3,
        4,
    ]
    assert memory.found("another stage", (one, 1), work) == 5
    assert memory.found("stage", (one, 1), work) == 4


def test_who_asks_while_a_stage_is_at_work_waits_for_it() -> None:
    memory, begun, goes_on = StageMemory(), threading.Event(), threading.Event()

    def work() -> str:
        begun.set()
        assert goes_on.wait(20)
        return "found"

    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(memory.found, "stage", (1,), work)
        assert begun.wait(20)
        second = pool.submit(memory.found, "stage", (1,), lambda: "once more")
        assert memory.found("another stage", (1,), lambda: "at once") == "at once"
        assert not second.done()
        goes_on.set()
        assert (first.result(), second.result()) == ("found", "found")


def test_work_that_fails_leaves_nothing() -> None:
    memory = StageMemory()
    memory.found("stage", (1,), lambda: "old")

    def fails() -> str:
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        memory.found("stage", (2,), fails)
    assert memory.found("stage", (2,), lambda: "new") == "new"


def test_no_memory_keeps_nothing() -> None:
    memory = NoMemory()
    assert [memory.found("stage", (1,), lambda n=n: n) for n in range(3)] == [0, 1, 2]
    assert not memory._kept


def test_who_listens_is_told_of_every_finding_kept_or_new() -> None:
    told: list[tuple[str, object]] = []
    memory = StageMemory(lambda stage, finding: told.append((stage, finding)))
    for follows_from in ((1,), (1,), (2,)):
        memory.found("stage", follows_from, object)
    assert [stage for stage, _ in told] == ["stage"] * 3
    assert told[0][1] is told[1][1] is not told[2][1]
