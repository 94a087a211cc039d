"""Our whole comparison against a general registration tool's registration alone: time, and error at the phantom's true points."""

from __future__ import annotations

import importlib.util
import json
import math
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import cv2
import numpy as np
from numpy.typing import NDArray

from benchmarks.costs import MEASURED, compare_command, run_apart
from benchmarks.photos import MadePair

F64 = NDArray[np.float64]


@dataclass(frozen=True)
class PointError:
    """Target registration error (Fitzpatrick & West, IEEE TMI 2001;20:917), mm at the limb's front; NaN without a single point."""

    median_mm: float
    p95_mm: float

    def below(self, other: PointError) -> bool:
        """Whether both figures are lower than the other's; False for NaN."""
        return self.median_mm < other.median_mm and self.p95_mm < other.p95_mm


@dataclass(frozen=True)
class PeerRun:
    """The peer on one pair.

    Parameters
    ----------
    unit : str
        What one unit of its parameter maps is: "pixel", as for an image without spacing (its B-spline grid is then 10 px), or
        "mm" (a grid of 10 mm).
    wall_s, cpu_s : float
        Of the registration alone, median of the runs.
    peak_mib : float
        Of its process, the library included.
    error : PointError
        At the points where we give a map, or at all points when we refuse.
    time_ratio : float
        Its registration over our whole comparison.
    ours_lower : bool
        Whether our error is lower in the median and at the 95th percentile; False when we refuse.
    """

    unit: str
    wall_s: float
    cpu_s: float
    peak_mib: float
    error: PointError
    time_ratio: float
    ours_lower: bool


@dataclass(frozen=True)
class PairComparison:
    """One pair, measured by us and registered by the peer.

    Parameters
    ----------
    name, ranges : str
    seed : int
    status : str
        Of our result.
    wall_s, cpu_s, peak_mib : float
        Of our whole process, medians of the runs.
    share : float
        Of the true points that our map covers, 0..1.
    error : PointError
        At those points; NaN when refused.
    unmoved : PointError
        Of laying the photos over each other as they are, at the points that the peer is judged at.
    peers : tuple of PeerRun
    """

    name: str
    ranges: str
    seed: int
    status: str
    wall_s: float
    cpu_s: float
    peak_mib: float
    share: float
    error: PointError
    unmoved: PointError
    peers: tuple[PeerRun, ...]


def peer_installed() -> bool:
    """Whether itk-elastix can be imported."""
    return importlib.util.find_spec("itk") is not None


def point_error(found_xy: F64, true_xy: F64, mm_per_px: float) -> PointError:
    """Error of points (N, 2) in mm; points that have no place (NaN) are left out."""
    distance = np.linalg.norm(found_xy - true_xy, axis=1)
    known = distance[np.isfinite(distance)] * mm_per_px
    if not len(known):
        return PointError(math.nan, math.nan)
    return PointError(float(np.median(known)), float(np.percentile(known, 95)))


def sent_by_map(grid_xy: NDArray[np.float32], step: int, points_xy: F64) -> F64:
    """Where a map sends points (N, 2): `grid_xy[row, col]` is the place of before pixel (col * step, row * step), NaN for none."""
    where = (points_xy / step).astype(np.float32)
    sent = cv2.remap(grid_xy, where[:, :1].copy(), where[:, 1:].copy(), cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(sent[:, 0], np.float64)


def our_points(result: Path, points_xy: F64) -> F64:
    """Where a written result sends points; all NaN when it was refused."""
    written = result / "registration.npz"
    if not written.exists():
        return np.full(points_xy.shape, np.nan)
    with np.load(written) as registration:
        return sent_by_map(registration["map_xy"].astype(np.float32), int(registration["step"]), points_xy)


def judged_at(found_xy: F64) -> NDArray[np.bool_]:
    """Which points both are judged at: those that our map covers, so that neither is spared any; all of them when we refuse."""
    covered = np.asarray(np.isfinite(found_xy).all(axis=1))
    return covered if covered.any() else np.ones_like(covered)


@dataclass(frozen=True)
class _Registered:
    wall_s: float
    cpu_s: float
    peak_mib: float
    points_xy: F64


def _register_once(pair: MadePair, spacing: float, home: Path) -> _Registered:
    task = {"before": str(pair.photos[0]), "after": str(pair.photos[1]), "spacing": spacing, "points_xy": pair.points_xy[:, :2].tolist()}
    (home / "task.json").write_text(json.dumps(task))
    cost = run_apart([sys.executable, "-m", "benchmarks.elastix", str(home / "task.json"), str(home / "done.json")])
    done = json.loads((home / "done.json").read_text())
    return _Registered(done["wall_s"], done["cpu_s"], cost.peak_mib, np.asarray(done["points_xy"], np.float64))


def units_of(pair: MadePair) -> dict[str, float]:
    """Side of a pixel in each unit that the peer is run with."""
    return {"pixel": 1.0, "mm": pair.mm_per_px}


def control(pair: MadePair) -> dict[str, PointError]:
    """The peer's error by unit on a pair that any registration must get right: tells its own limits from a fault in how it is called."""
    errors = {}
    with tempfile.TemporaryDirectory(prefix="photocompare-benchmark-") as folder:
        for unit, spacing in units_of(pair).items():
            done = _register_once(pair, spacing, Path(folder))
            errors[unit] = point_error(done.points_xy, pair.points_xy[:, 2:], pair.mm_per_px)
    return errors


def compare_with_peer(pair: MadePair, *, runs: int) -> PairComparison:
    """Both on one pair, in turn, `runs` times after one of ours that warms the file cache."""
    before_xy, true_xy = pair.points_xy[:, :2], pair.points_xy[:, 2:]
    with tempfile.TemporaryDirectory(prefix="photocompare-benchmark-") as folder:
        home = Path(folder)
        command = compare_command(pair.photos, home / "result")
        run_apart(command, codes=MEASURED)
        ours, peers = [], {unit: list[_Registered]() for unit in units_of(pair)}
        for _ in range(runs):
            ours.append(run_apart(command, codes=MEASURED))
            for unit, spacing in units_of(pair).items():
                peers[unit].append(_register_once(pair, spacing, home))
        status = json.loads((home / "result" / "result.json").read_text())["status"]
        found = our_points(home / "result", before_xy)
    wall = median(cost.wall_s for cost in ours)
    at = judged_at(found)
    error = point_error(found, true_xy, pair.mm_per_px)
    return PairComparison(
        name=pair.name,
        ranges=pair.ranges,
        seed=pair.seed,
        status=status,
        wall_s=wall,
        cpu_s=median(cost.cpu_s for cost in ours),
        peak_mib=median(cost.peak_mib for cost in ours),
        share=float(np.isfinite(found).all(axis=1).mean()),
        error=error,
        unmoved=point_error(before_xy[at], true_xy[at], pair.mm_per_px),
        peers=tuple(_peer_run(unit, done, true_xy, at, pair.mm_per_px, wall, error) for unit, done in peers.items()),
    )


def _peer_run(
    unit: str, done: Sequence[_Registered], true_xy: F64, at: NDArray[np.bool_], mm_per_px: float, our_wall_s: float, ours: PointError
) -> PeerRun:
    error = point_error(done[-1].points_xy[at], true_xy[at], mm_per_px)  # its samples are drawn from a fixed seed: equal in every run
    wall = median(run.wall_s for run in done)
    return PeerRun(
        unit=unit,
        wall_s=wall,
        cpu_s=median(run.cpu_s for run in done),
        peak_mib=median(run.peak_mib for run in done),
        error=error,
        time_ratio=wall / our_wall_s,
        ours_lower=ours.below(error),
    )
