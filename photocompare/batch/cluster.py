"""The same work on a Dask cluster: pairs go out by a few at a time, outcomes come back to the one process that writes them.

The cluster's scheduler starts a pair anew when the worker that had it is lost, up to its own setting `allowed-failures`; a pair beyond
that has failed.  Whatever else happens to the cluster ends the run with a sentence, and what came back until then is kept.
"""

from __future__ import annotations

import queue
import time
import uuid
from collections.abc import Iterable, Iterator
from typing import Any

from photocompare.base.errors import UsageError
from photocompare.batch.pair import Measure, PairOutcome, PairTask, attempt
from photocompare.batch.workers import PAIR_SECONDS

PAIRS_A_THREAD = 2
"""Pairs out for each thread of the cluster: the one that is measured and the next, whose photos are on their way."""

CONNECT_S = 15.0
"""Until a scheduler that doesn't answer is held to be none."""

NOBODY_S = 120.0
"""How long a run waits for a cluster that has no worker."""

_LOOK_S = 2.0
"""Between two looks at how many workers there are."""


class ClusterWorkers:
    """The workers of a Dask cluster, used as a context.

    Parameters
    ----------
    address : str
        Of the scheduler, such as tcp://10.0.0.5:8786 or tls://...
    measure : callable
        Of a module that the workers can import.

    Raises
    ------
    UsageError
        The package is not installed, the scheduler can't be reached, or it has no worker.
    """

    def __init__(self, address: str, measure: Measure) -> None:
        self._client = _connected(address)
        self._measure = measure
        self._run = uuid.uuid4().hex
        self._threads = 0
        self._looked_at = -_LOOK_S
        self._last_seen = time.monotonic()

    def __enter__(self) -> ClusterWorkers:
        return self

    def __exit__(self, *_: object) -> None:
        self._client.close()

    def outcomes(self, tasks: Iterable[PairTask]) -> Iterator[PairOutcome]:
        """The outcome of every task, as they come.

        Raises
        ------
        UsageError
            The scheduler is gone, or no worker is left.
        """
        coming = iter(tasks)
        out: dict[str, tuple[Any, PairTask]] = {}
        ended: queue.SimpleQueue[Any] = queue.SimpleQueue()
        heard = time.monotonic()
        while True:
            self._look()
            while len(out) < PAIRS_A_THREAD * self._threads and (task := next(coming, None)) is not None:
                future = self._client.submit(
                    attempt, self._measure, task, key=f"photocompare-{self._run}-{task.key}", pure=False, retries=1
                )
                out[future.key] = future, task
                future.add_done_callback(ended.put)
            if not out and self._threads:
                return
            try:
                done = ended.get(timeout=_LOOK_S)
            except queue.Empty:
                if out and time.monotonic() - heard > 2 * PAIR_SECONDS:
                    raise UsageError("The cluster has given no result for a long time; look at its workers, then start again.") from None
                continue
            heard = time.monotonic()
            future, task = out.pop(done.key)
            yield self._outcome(future, task)
            future.release()

    def _look(self) -> None:
        """How many threads the cluster has now."""
        now = time.monotonic()
        if now - self._looked_at < _LOOK_S:
            return
        self._looked_at = now
        try:
            self._threads = sum(self._client.nthreads().values()) if self._client.status == "running" else 0
        except (OSError, TimeoutError):
            self._threads = 0
        if self._threads:
            self._last_seen = now
        elif now - self._last_seen > NOBODY_S:
            raise UsageError("The cluster has no workers or its scheduler is gone; what was measured is kept. Start again when it is back.")

    def _outcome(self, future: Any, task: PairTask) -> PairOutcome:
        """What a future that has ended holds."""
        from distributed import KilledWorker
        from distributed.client import FutureCancelledError

        try:
            outcome: PairOutcome = future.result(timeout=PAIR_SECONDS)
        except KilledWorker:
            return PairOutcome(task.key, "failed", "Each worker that measured this pair was lost; they may have too little memory.")
        except MemoryError:
            return PairOutcome(task.key, "failed", "The worker that measured this pair ran out of memory.")
        except (FutureCancelledError, OSError, TimeoutError):
            raise UsageError("The cluster's scheduler is gone; what was measured is kept. Start again when it is back.") from None
        return outcome


def _connected(address: str) -> Any:
    try:
        import dask
        from distributed import Client
    except ImportError:
        raise UsageError("A cluster needs the package distributed; install it with: pip install 'photocompare[cluster]'") from None
    # Photos that the client has to send are larger than Dask thinks that arguments should be; they go out a few at a time.
    dask.config.set({"distributed.admin.large-graph-warning-threshold": "1GB"})
    try:
        return Client(address, timeout=CONNECT_S, set_as_default=False)  # type: ignore[no-untyped-call]
    except (OSError, TimeoutError, ValueError):
        raise UsageError(f"No Dask scheduler answers at {address}; check the address, and start one with: dask scheduler") from None
