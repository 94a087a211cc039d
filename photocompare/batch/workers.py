"""The processes of one machine: each holds one pair at a time, and when one dies, only its pair is lost, and tried once more.

A pool of the standard library breaks as a whole when one of its processes is killed, and can't say on which task.  Pebble's (5.2) ends
one process alone, but is unusable once an idle one was killed ("All workers expired"), and knows no time in which a process must be ready.
So each process here has a pipe of its own.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import time
from collections import Counter, deque
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from itertools import islice
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from typing import Any

from photocompare.base.child_processes import end_with_parent
from photocompare.base.errors import UsageError
from photocompare.batch.pair import Measure, PairOutcome, PairTask, attempt, one_thread

PAIR_SECONDS = 600.0
"""Longest that one pair may take before its process is ended: photos of the largest size that is let in take a tenth of it on one core."""

TRIES = 2
"""Of a pair whose process died: the memory may have run out because of another program."""

START_SECONDS = 120.0
"""Until a process must be ready; on an idle machine it takes two."""

START_FAILURES = 3
"""Processes that may die before they were ready, one after the other, until the machine is held unable to start any."""

_READY = "ready"
_ONE_THREAD = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")

_LAST_SIGH_S = 1.0
"""From the end of a process's pipe to its own end."""

_OUT_OF_MEMORY = 12
"""Exit status of a worker that ran out of memory (ENOMEM)."""


@dataclass(eq=False)
class _Worker:
    """A process, its pipe, and what it is at."""

    process: BaseProcess
    pipe: Connection
    ready: bool = False
    task: PairTask | None = None
    deadline: float = 0.0

    def end(self) -> None:
        self.process.kill()
        self.process.join()
        self.pipe.close()
        self.process.close()


class LocalWorkers:
    """Processes of this machine, used as a context.

    Parameters
    ----------
    count : int
        Of processes; one a core.
    measure : callable
    pair_seconds : float
        Until a pair's process is ended.
    """

    def __init__(self, count: int, measure: Measure, *, pair_seconds: float = PAIR_SECONDS) -> None:
        self._count = count
        self._measure = measure
        self._pair_seconds = pair_seconds
        self._workers: list[_Worker] = []
        self._stillborn = 0

    def __enter__(self) -> LocalWorkers:
        return self

    def __exit__(self, *_: object) -> None:
        for worker in self._workers:
            worker.end()
        self._workers = []

    def outcomes(self, tasks: Iterable[PairTask]) -> Iterator[PairOutcome]:
        """The outcome of every task, as they come.

        Raises
        ------
        UsageError
            No process can be started.
        """
        coming = iter(tasks)
        waiting: deque[PairTask] = deque()
        tries: Counter[str] = Counter()
        while True:
            self._hand_out(coming, waiting)
            if not waiting and not any(worker.task for worker in self._workers):
                return
            for worker in self._stirred():
                task, said = self._hear(worker)
                if task is None:
                    continue
                if isinstance(said, PairOutcome):
                    self._hand_out(coming, waiting)  # nobody waits while this one is kept
                    yield said
                    continue
                tries[task.key] += 1
                if tries[task.key] < TRIES:
                    waiting.appendleft(task)
                else:
                    yield PairOutcome(task.key, "failed", f"The process that measured this pair {said}, {TRIES} times.")

    def _hand_out(self, coming: Iterator[PairTask], waiting: deque[PairTask]) -> None:
        """A task for every process that is ready, and as many processes as there is work for."""
        idle = [worker for worker in self._workers if worker.ready and worker.task is None]
        starting = sum(not worker.ready for worker in self._workers)
        missing = self._count - len(self._workers)
        waiting.extend(islice(coming, max(0, len(idle) + starting + missing - len(waiting))))
        for worker in idle[: len(waiting)]:
            worker.task, worker.deadline = waiting.popleft(), time.monotonic() + self._pair_seconds
            with suppress(OSError):  # a process that has just died is met when its end is seen
                worker.pipe.send(worker.task)
        for _ in range(min(missing, len(waiting) - starting)):
            self._workers.append(self._started())

    def _started(self) -> _Worker:
        # A forked process would inherit the locks of OpenCV's and the networks' threads; a fresh one has its own.
        fresh = multiprocessing.get_context("spawn")
        ours, theirs = fresh.Pipe()
        process = fresh.Process(target=_work, args=(theirs, self._measure), daemon=True)
        with _few_threads():
            process.start()
        theirs.close()
        return _Worker(process, ours, deadline=time.monotonic() + START_SECONDS)

    def _stirred(self) -> list[_Worker]:
        """Processes that have said something, have ended or have run out of time."""
        awaited = [worker for worker in self._workers if worker.task is not None or not worker.ready]
        first = min(worker.deadline for worker in awaited)
        seen = wait([w.pipe for w in awaited] + [w.process.sentinel for w in awaited], max(0.0, first - time.monotonic()))
        now = time.monotonic()
        return [w for w in awaited if w.pipe in seen or w.process.sentinel in seen or now >= w.deadline]

    def _hear(self, worker: _Worker) -> tuple[PairTask | None, PairOutcome | str]:
        """The finished task with its outcome, or the lost one with how its process ended; no task where there was none."""
        said: Any = None
        with suppress(EOFError, OSError):
            said = worker.pipe.recv() if worker.pipe.poll() else None
        if said is None:
            return worker.task, self._lost(worker)
        if said == _READY:
            worker.ready, self._stillborn = True, 0
            return None, _READY
        task, worker.task = worker.task, None
        return task, said

    def _lost(self, worker: _Worker) -> str:
        """Clear a process away; how it ended."""
        overdue = time.monotonic() >= worker.deadline
        worker.process.join(0.0 if overdue else _LAST_SIGH_S)
        stuck = worker.process.is_alive()
        worker.process.kill()
        worker.process.join()
        allowed = self._pair_seconds if worker.ready else START_SECONDS
        how = f"took more than {allowed:g} s and was ended" if stuck else _how_it_ended(worker.process.exitcode)
        self._workers.remove(worker)
        worker.end()
        self._stillborn += not worker.ready
        if self._stillborn >= START_FAILURES:
            raise UsageError(f"No process for the measuring could be started: the last one {how}. Free some memory or use fewer --workers.")
        return how


def _how_it_ended(status: int | None) -> str:
    if status is not None and -status == getattr(signal, "SIGKILL", 0):
        return "was killed, perhaps for want of memory"
    return "ran out of memory" if status == _OUT_OF_MEMORY else f"ended with status {status}"


@contextmanager
def _few_threads() -> Iterator[None]:
    """Processes that are started meanwhile have one thread for their linear algebra, which reads this as it is loaded."""
    before = {name: os.environ.get(name) for name in _ONE_THREAD}
    os.environ.update(dict.fromkeys(_ONE_THREAD, "1"))
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


def _work(pipe: Connection, measure: Measure) -> None:
    """What a process does until nobody asks any more."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's to answer
    end_with_parent()  # else a batch that was killed leaves processes behind that go on writing into its folder
    one_thread()
    with suppress(EOFError, OSError):
        pipe.send(_READY)
        while True:
            task = pipe.recv()
            try:
                pipe.send(attempt(measure, task))
            except MemoryError:
                os._exit(_OUT_OF_MEMORY)
