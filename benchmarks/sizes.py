"""What a comparison costs at each size of photo, against decoding the same two photos in the same minutes."""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.costs import MEASURED, Cost, compare_command, run_apart
from benchmarks.photos import MadePair, enlarge_pair
from benchmarks.traced import Marks

START, END = "start", "write and end"
"""Parts of a run outside the stages: before the first stage, and after the last."""


@dataclass(frozen=True)
class Times:
    """Wall and processor seconds; `cpu_s` of all threads and ended child processes."""

    wall_s: float
    cpu_s: float


@dataclass(frozen=True)
class SizeCost:
    """Medians over the runs at one size.

    Parameters
    ----------
    megapixels : float
        Of each photo.
    rows, columns : int
    status : str
        Of the result: a refused pair skips stages and costs less.
    runs : int
    whole : Times
        The process from start to end.
    wall_range_s : (float, float)
        Quickest and slowest run.
    peak_mib, together_mib : float
        Of the largest process; of all its processes together.
    decoding : Times
        `cv2.imread` of both photos, start of the process not included.
    decoding_peak_mib : float
        Of the process that does only that.
    stages : dict of str to Times
        In order, `START` first and `END` last.  Wall times of the stages are the result's own; the rest is from traced runs.
    """

    megapixels: float
    rows: int
    columns: int
    status: str
    runs: int
    whole: Times
    wall_range_s: tuple[float, float]
    peak_mib: float
    together_mib: float
    decoding: Times
    decoding_peak_mib: float
    stages: dict[str, Times]


def parts_of(marks: Marks, cost: Cost) -> dict[str, Times]:
    """Wall and processor time by part of one traced run; the processor time outside the stages is shared out by wall time.

    Parameters
    ----------
    marks : dict
        Of `benchmarks.traced`.
    cost : Cost
        Of that run.
    """
    first = min(mark["start"] for mark in marks.values())
    last = max(mark["end"] for mark in marks.values())
    start, end = first - cost.started, cost.started + cost.wall_s - last
    spare = max(cost.cpu_s - sum(mark["cpu_s"] for mark in marks.values()), 0.0)
    outside = {name: Times(wall, spare * wall / (start + end)) for name, wall in ((START, start), (END, end))}
    stages = {name: Times(mark["end"] - mark["start"], mark["cpu_s"]) for name, mark in marks.items()}
    return {START: outside[START]} | stages | {END: outside[END]}


def stage_medians(told: Sequence[dict[str, float]], traced: Sequence[dict[str, Times]]) -> dict[str, Times]:
    """Medians by stage: wall seconds as the results tell them where they do, else as traced."""
    medians = {}
    for name in traced[0]:
        walls = [seconds[name] for seconds in told if name in seconds] or [parts[name].wall_s for parts in traced]
        medians[name] = Times(median(walls), median(parts[name].cpu_s for parts in traced))
    return medians


def _decoded(photos: tuple[Path, Path], seconds: Path) -> tuple[Times, Cost]:
    cost = run_apart([sys.executable, "-m", "benchmarks.decode", *map(str, photos), str(seconds)])
    return Times(**json.loads(seconds.read_text())), cost


def _traced(photos: tuple[Path, Path], home: Path) -> dict[str, Times]:
    marks = home / "stages.json"
    arguments = compare_command(photos, home / "traced")[3:]
    cost = run_apart([sys.executable, "-m", "benchmarks.traced", str(marks), *arguments], codes=MEASURED)
    return parts_of(json.loads(marks.read_text()), cost)


def measure_size(pair: MadePair, megapixels: float, *, runs: int) -> SizeCost:
    """Cost at one size: decoding, the comparison and a traced comparison in turn, `runs` times, after one that warms the file cache."""
    with tempfile.TemporaryDirectory(prefix="photocompare-benchmark-") as folder:
        home = Path(folder)
        photos = enlarge_pair(pair, home / "photos", megapixels)
        out = home / "result"
        command = compare_command(photos, out)
        together = run_apart(command, together=True, codes=MEASURED)
        decodings, wholes, told, traced = [], [], [], []
        for _ in range(runs):
            decodings.append(_decoded(photos, home / "decode.json"))
            wholes.append(run_apart(command, codes=MEASURED))
            result: dict[str, Any] = json.loads((out / "result.json").read_text())
            told.append(result["provenance"]["seconds"])
            traced.append(_traced(photos, home))
    walls = [whole.wall_s for whole in wholes]
    columns, rows = (int(result["photos"]["before"][side]) for side in ("width", "height"))
    return SizeCost(
        megapixels=rows * columns / 1e6,
        rows=rows,
        columns=columns,
        status=result["status"],
        runs=runs,
        whole=Times(median(walls), median(whole.cpu_s for whole in wholes)),
        wall_range_s=(min(walls), max(walls)),
        peak_mib=median(whole.peak_mib for whole in wholes),
        together_mib=together.together_mib,
        decoding=Times(median(times.wall_s for times, _ in decodings), median(times.cpu_s for times, _ in decodings)),
        decoding_peak_mib=median(cost.peak_mib for _, cost in decodings),
        stages=stage_medians(told, traced),
    )


def cost_per_megapixel(megapixels: Sequence[float], amounts: Sequence[float]) -> tuple[float, float]:
    """Least squares `amount = fixed + each * megapixels` over at least two sizes; (fixed, each)."""
    if len(set(megapixels)) < 2:
        raise ValueError("a slope needs two sizes")
    middle, mean = sum(megapixels) / len(megapixels), sum(amounts) / len(amounts)
    each = sum((x - middle) * (y - mean) for x, y in zip(megapixels, amounts, strict=True)) / sum((x - middle) ** 2 for x in megapixels)
    return mean - each * middle, each
