"""`photocompare` with a stopwatch that also reads the processor clock: `python -m benchmarks.traced STAGES.json compare ...`.

Wall time by stage stands in every result; the processor time of a stage, and when the first one starts and the last one ends, does not.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from photocompare import cli
from photocompare.base import provenance

Marks = dict[str, dict[str, float]]


def cpu_seconds() -> float:
    """User and system time of this process and of its children that have ended."""
    return sum(os.times()[:4])


class TracingStopwatch(provenance.Stopwatch):
    """A stopwatch that notes for each stage `start` and `end` (monotonic clock) and `cpu_s`, of all threads while it lasted."""

    marks: Marks = {}  # noqa: RUF012 - the command line makes the stopwatch itself: its marks are read from the class

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        start, cpu = time.perf_counter(), cpu_seconds()
        try:
            with super().stage(name):
                yield
        finally:
            self.marks[name] = {"start": start, "end": time.perf_counter(), "cpu_s": cpu_seconds() - cpu}


def main() -> None:
    """Run the command line with the tracing stopwatch in the stopwatch's place."""
    out = Path(sys.argv[1])
    sys.argv = ["photocompare", *sys.argv[2:]]
    provenance.Stopwatch = TracingStopwatch  # type: ignore[misc]
    try:
        cli.main()
    finally:
        out.write_text(json.dumps(TracingStopwatch.marks))


if __name__ == "__main__":
    main()
