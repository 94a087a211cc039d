"""Commands run apart, and what they cost."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

MEASURED = (0, 3)
"""Exit statuses of `photocompare compare` after both photos were read: measured, not comparable."""

_LAUNCHER = Path(__file__).with_name("launch.py")


@dataclass(frozen=True)
class Cost:
    """What one run of a command cost.

    Parameters
    ----------
    started : float
        Seconds on the system's monotonic clock (`time.perf_counter` on Linux).
    wall_s, cpu_s : float
        Process start included; CPU of all its processes.
    peak_mib : float
        Peak resident memory of its largest process.
    together_mib : float
        Peak of all its processes together, shared pages counted once; 0 when it was not looked at.
    """

    started: float
    wall_s: float
    cpu_s: float
    peak_mib: float
    together_mib: float


def run_apart(command: list[str], *, together: bool = False, codes: tuple[int, ...] = (0,)) -> Cost:
    """Run a command under `launch.py`.

    Raises
    ------
    RuntimeError
        It ended with another status than `codes`.
    """
    options = ["--together"] if together else []
    run = subprocess.run([sys.executable, "-I", "-S", str(_LAUNCHER), *options, *command], stdout=subprocess.PIPE, check=True, text=True)
    cost = json.loads(run.stdout)
    code = cost.pop("code")
    if code not in codes:
        raise RuntimeError(f"{' '.join(command[1:4])} ended with status {code}")
    return Cost(**cost)


def compare_command(photos: tuple[Path, Path], out: Path) -> list[str]:
    """The command under test: `photocompare compare`, as installed beside this interpreter or importable by it."""
    return [sys.executable, "-m", "photocompare", "compare", str(photos[0]), str(photos[1]), "--out", str(out)]
