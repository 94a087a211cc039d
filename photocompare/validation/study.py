"""Runs a study: renders and measures every planned pair in some processes, and keeps each row as soon as it is there."""

from __future__ import annotations

import multiprocessing
import os
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2

from photocompare.base.child_processes import end_with_parent
from photocompare.phantom import render_pair
from photocompare.validation.observe import keep_photos, observe_pair, observe_pairing
from photocompare.validation.plan import Method, PairCase, StudyPlan, planned_pairings, planned_pairs, present_method
from photocompare.validation.rows import Row, RowFile

ROWS = "rows.jsonl"

_Each = Callable[[Callable[..., Any], Sequence[tuple[Any, ...]]], Iterator[Any]]
"""Calls a function with each of some arguments, in this process or in others, and gives what comes back as it comes."""


@dataclass(frozen=True)
class Progress:
    """How far a study is: rows done of all planned, rows made by this run, seconds since it began; `row` is the latest."""

    done: int
    planned: int
    fresh: int
    seconds: float
    row: Row

    @property
    def seconds_a_row(self) -> float:
        """Mean of this run."""
        return self.seconds / self.fresh

    @property
    def seconds_left(self) -> float:
        """At the rate so far."""
        return self.seconds_a_row * (self.planned - self.done)


@dataclass(frozen=True)
class Study:
    """What was planned, how it was measured, and the rows in the order of the plan."""

    plan: StudyPlan
    method: Method
    rows: tuple[Row, ...]


def default_workers() -> int:
    """As many as cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def run_study(plan: StudyPlan, folder: Path, *, workers: int = 1, on_row: Callable[[Progress], None] | None = None) -> Study:
    """Run what of the plan `folder` does not hold yet.

    Parameters
    ----------
    plan : StudyPlan
    folder : Path
        Made when absent; `rows.jsonl` in it grows by a line a pair.  Rows of other plans or methods stay there and are not used.
    workers : int
        Processes; 1 works in this one.
    on_row : callable, optional
        Told of every row as it comes.

    Raises
    ------
    UsageError
        More wrong pairings than the pairs allow.
    """
    method = present_method()
    pairs = planned_pairs(plan)
    pairings = planned_pairings(plan, pairs)
    keys = [*map(method.key_of, pairs), *map(method.key_of, pairings)]
    folder.mkdir(parents=True, exist_ok=True)
    file = RowFile(folder / ROWS)
    pairs_left = [case for case in pairs if method.key_of(case) not in file.rows]
    pairings_left = [pairing for pairing in pairings if method.key_of(pairing) not in file.rows]
    done_before = len(keys) - len(pairs_left) - len(pairings_left)
    wanted = {case.number: case for pairing in pairings_left for case in (pairing.before, pairing.after)}
    begin = time.monotonic()

    with tempfile.TemporaryDirectory(prefix="photocompare-pool-") as pool, _hands(workers) as each:
        home = Path(pool)

        def rows() -> Iterator[Row]:
            yield from each(observe_pair, [(case, method.key_of(case), home if case.number in wanted else None) for case in pairs_left])
            rendered = {case.number for case in pairs_left}
            for _ in each(_render_again, [(case, home) for number, case in wanted.items() if number not in rendered]):
                pass
            yield from each(observe_pairing, [(pairing, method.key_of(pairing), home) for pairing in pairings_left])

        for fresh, row in enumerate(rows(), start=1):
            file.add(row)
            if on_row is not None:
                on_row(Progress(done_before + fresh, len(keys), fresh, time.monotonic() - begin, row))
    return Study(plan, method, tuple(file.rows[key] for key in keys))


def _render_again(case: PairCase, pool: Path) -> None:
    """The photos of a pair that an earlier run has measured."""
    keep_photos(render_pair(case.facts), case, pool)


@contextmanager
def _hands(workers: int) -> Iterator[_Each]:
    """Processes of one thread each, or this process alone."""
    if workers == 1:
        yield lambda work, arguments: (work(*given) for given in arguments)
        return
    # A forked child would inherit the locks of OpenCV's and the networks' threads; a fresh one has its own.
    fresh = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(workers, mp_context=fresh, initializer=_begin) as pool:

        def each(work: Callable[..., Any], arguments: Sequence[tuple[Any, ...]]) -> Iterator[Any]:
            waiting = [pool.submit(work, *given) for given in arguments]
            try:
                for future in as_completed(waiting):
                    yield future.result()
            finally:
                for future in waiting:
                    future.cancel()

        yield each


def _begin() -> None:
    end_with_parent()
    cv2.setNumThreads(1)
