"""Run one command and say what it cost; meant to be run as a small process of its own: `python -I -S launch.py [--together] COMMAND...`.

On Linux a new process inherits the memory peak of the one that started it until it replaces its image, and `ru_maxrss` keeps that: a
benchmark that has just held a 48-megapixel photo would report its own peak.  This process holds nothing, so the peak is the command's.
Standard library only, for the same reason.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path

SAMPLE_SECONDS = 0.02
"""Between two looks at the memory: decoding one 2-megapixel photo takes about as long."""


def descendants(process: int, proc: Path = Path("/proc")) -> list[int]:
    """The process and all that it started and that still run."""
    found = [process]
    for thread in (proc / str(process) / "task").glob("*/children"):
        try:
            children = thread.read_text().split()
        except OSError:  # it has just ended
            continue
        for child in children:
            found += descendants(int(child), proc)
    return found


def proportional_kib(process: int, proc: Path = Path("/proc")) -> int:
    """Memory of one process, pages that it shares counted by its share of them; 0 when it has ended."""
    try:
        for line in (proc / str(process) / "smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1])
    except OSError:
        pass
    return 0


def launch(command: list[str], *, together: bool = False) -> dict[str, float]:
    """Run a command to its end.

    Parameters
    ----------
    command : list of str
    together : bool
        Also look at the memory of all its processes together every `SAMPLE_SECONDS`.  That slows it: not for runs that are timed.

    Returns
    -------
    dict
        `code` (exit status), `started` (seconds on the system's monotonic clock), `wall_s`, `cpu_s` (user and system, ended child
        processes included), `peak_mib` (largest single process), `together_mib` (0 unless asked for).
    """
    most = 0
    started = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    ended, status, usage = os.wait4(process.pid, os.WNOHANG if together else 0)
    while not ended:
        most = max(most, sum(proportional_kib(one) for one in descendants(process.pid)))
        time.sleep(SAMPLE_SECONDS)
        ended, status, usage = os.wait4(process.pid, os.WNOHANG)
    wall = time.perf_counter() - started
    process.returncode = os.waitstatus_to_exitcode(status)
    return {
        "code": process.returncode,
        "started": started,
        "wall_s": wall,
        "cpu_s": usage.ru_utime + usage.ru_stime,
        "peak_mib": usage.ru_maxrss / 1024,
        "together_mib": most / 1024,
    }


def main() -> None:
    """Print what the command of the arguments cost, as JSON."""
    command = sys.argv[1:]
    together = command[0] == "--together"
    print(json.dumps(launch(command[1:] if together else command, together=together)))


if __name__ == "__main__":
    main()
