"""What no method could save: starting Python, loading the libraries, starting the program."""

from __future__ import annotations

import sys
from statistics import median

from benchmarks.costs import run_apart
from benchmarks.sizes import Times

FLOORS = {
    "Python starts": [sys.executable, "-c", "pass"],
    "and loads numpy, OpenCV and onnxruntime": [sys.executable, "-c", "import cv2, numpy, onnxruntime"],
    "photocompare --version": [sys.executable, "-m", "photocompare", "--version"],
    "and loads all that a comparison needs": [
        sys.executable,
        "-c",
        "import photocompare.cli, photocompare.comparison, photocompare.report.files.comparison_files",
    ],
}


def measure_floors(*, runs: int) -> dict[str, Times]:
    """Median wall and processor time of each of `FLOORS`, after a run that warms the file cache."""
    floors = {}
    for name, command in FLOORS.items():
        run_apart(command)
        costs = [run_apart(command) for _ in range(runs)]
        floors[name] = Times(median(cost.wall_s for cost in costs), median(cost.cpu_s for cost in costs))
    return floors
