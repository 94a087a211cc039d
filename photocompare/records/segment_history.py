"""The fate of each vein over several visits: comparisons that share their before photo have the same veins, found anew each time.

Each comparison cuts the before photo's veins into pieces by itself, within the skin that its two photos share, so pieces are told to be the
same by their place: the points of a piece are looked for among those of the other comparisons' pieces.
"""

from __future__ import annotations

import datetime as dt
import itertools
import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from photocompare.base.arrays import scaled_position
from photocompare.base.errors import UsageError
from photocompare.results.dossier import Dossier
from photocompare.veins.classes import FATES

Path = tuple[str, ...]

UNKNOWN = "unknown"
"""Fate on a day whose comparison did not measure that place."""

Points = NDArray[np.float64]


@dataclass(frozen=True)
class SegmentHistoryOptions:
    """What counts as the same place.

    Parameters
    ----------
    place_mm : float
        How far apart two readings of the same centreline may lie, mm: the width at which the thinnest telangiectasia is seen.
    least_px : float
        No less than this in pixels of the shown picture, where half a millimetre is finer than a centreline is: a centreline runs from
        pixel to pixel, and two of them beside each other lie up to the diagonal of a pixel (1.41) apart.
    least_share : float
        Share of a piece's points that have to be found for it to be the same: more than half, so that no point of another vein decides.
    """

    place_mm: float = 0.5
    least_px: float = 1.5
    least_share: float = 0.5

    def __post_init__(self) -> None:
        if not (self.place_mm > 0 and self.least_px > 0 and 0 < self.least_share < 1):
            raise ValueError("the distances of the same place lie above 0, its share between 0 and 1")


@dataclass(frozen=True, eq=False)
class DayOfFates:
    """What one comparison says of the before photo's veins.

    Parameters
    ----------
    day : date
        Of the after photo.
    points : tuple of ndarray of shape (N, 2)
        (row, col) of each piece in full pixels of the before photo.
    fates : tuple of str
    lengths : tuple of float
        Expected lengths before, full pixels.
    place_px : float
        How far the same place reaches, full pixels.
    """

    day: dt.date
    points: tuple[Points, ...]
    fates: tuple[str, ...]
    lengths: tuple[float, ...]
    place_px: float


@dataclass(frozen=True, eq=False)
class Segment:
    """A vein between two branchings whose pieces all had the same fates.

    Parameters
    ----------
    lines : tuple of ndarray of shape (N, 2)
        (row, col) in full pixels of the before photo, one line a piece.
    length : float
        Expected length before, in the history's unit.
    path : tuple of str
        Fate on each day; `UNKNOWN` where that place was not measured.
    """

    lines: tuple[Points, ...]
    length: float
    path: Path

    @property
    def changes(self) -> int:
        """How often the fate changed from one measured visit to the next."""
        known = [fate for fate in self.path if fate not in (UNKNOWN, "not_assessable")]
        return sum(first != second for first, second in itertools.pairwise(known))


@dataclass(frozen=True, eq=False)
class SegmentHistory:
    """Every vein of a before photo with its fate by day.

    Parameters
    ----------
    days : tuple of date
    segments : tuple of Segment
    unit : {"mm", "px"}
        Of lengths; "px" where a comparison has no scale.
    """

    days: tuple[dt.date, ...]
    segments: tuple[Segment, ...]
    unit: str

    @property
    def paths(self) -> Mapping[Path, float]:
        """Each path of fates to the length that went it, the longest first."""
        found: defaultdict[Path, list[float]] = defaultdict(list)
        for segment in self.segments:
            found[segment.path].append(segment.length)
        return dict(sorted(((path, math.fsum(parts)) for path, parts in found.items()), key=lambda item: -item[1]))


def segment_history(comparisons: Sequence[tuple[dt.date, Dossier]], *, options: SegmentHistoryOptions | None = None) -> SegmentHistory:
    """The fates of one before photo's veins in several comparisons.

    New veins are left out: they have no place in the before photo.

    Parameters
    ----------
    comparisons : sequence of (date, Dossier)
        Day of the after photo, and what was measured; of the same before photo.
    options : SegmentHistoryOptions, optional

    Raises
    ------
    UsageError
        None was measured, or they have different before photos, or were measured in different ways.
    """
    options = options or SegmentHistoryOptions()
    measured = sorted(((day, d) for day, d in comparisons if d.measured and d.veins is not None), key=lambda item: item[0])
    if not measured:
        raise UsageError("No comparison with measured veins is there to follow.", code="history_without_veins")
    if len({d.result.before.sha256 for _, d in measured}) > 1:
        raise UsageError("Veins are followed through comparisons with the same before photo.", code="history_of_other_photo")
    if len({d.result.method for _, d in measured}) > 1:
        raise UsageError(
            "Veins are followed through comparisons that were measured in the same way; measure the older ones again.",
            code="history_of_other_method",
        )
    days = [day_of_fates(day, dossier, options) for day, dossier in measured]
    pieces = _all_pieces(days, options)
    paths = list(zip(*(_fates_at([points for points, _ in pieces], day, options) for day in days), strict=True))
    scale = next((d.result.scale.mm_per_px for _, d in measured), None)
    reach = max(day.place_px for day in days)
    segments = [
        Segment(
            tuple(pieces[k][0] for k in chain),
            math.fsum(pieces[k][1] for k in chain) * (scale or 1.0),
            paths[chain[0]],
        )
        for chain in _chains([points for points, _ in pieces], paths, reach)
    ]
    segments.sort(key=lambda segment: -segment.length)
    return SegmentHistory(tuple(day.day for day in days), tuple(segments), "px" if scale is None else "mm")


def day_of_fates(day: dt.date, dossier: Dossier, options: SegmentHistoryOptions) -> DayOfFates:
    """One comparison's baseline pieces in full pixels of the before photo; ValueError for a refused one, which has none."""
    if dossier.veins is None:
        raise ValueError("a refused comparison has no veins")
    factor = 1.0 / dossier.shown_over_full
    baseline = [fated for fated in dossier.veins.pieces if fated.fate != "new" and len(fated.piece.points)]
    return DayOfFates(
        day,
        tuple(scaled_position(np.asarray(fated.points, np.float64), factor) for fated in baseline),
        tuple(fated.fate for fated in baseline),
        tuple(fated.piece.length_px * fated.seen_before * factor for fated in baseline),
        max(options.place_mm * dossier.px_per_mm, options.least_px) * factor,
    )


def _all_pieces(days: Sequence[DayOfFates], options: SegmentHistoryOptions) -> list[tuple[Points, float]]:
    """Every place that some comparison measured, once: the first's pieces, and of the later ones what no earlier one has."""
    found: list[tuple[Points, float]] = []
    for day in days:
        known = _found_shares(day.points, [points for points, _ in found], day.place_px)
        there = zip(day.points, day.lengths, known, strict=True)
        found += [(points, length) for points, length, share in there if share <= options.least_share]
    return found


def _found_shares(wanted: Iterable[Points], among: Sequence[Points], reach: float) -> list[float]:
    """Of each piece the share of points that lie at some piece of the others."""
    if not among:
        return [0.0 for _ in wanted]
    tree = cKDTree(np.concatenate(among))
    return [float(np.isfinite(tree.query(points, distance_upper_bound=reach)[0]).mean()) for points in wanted]


def _fates_at(pieces: Sequence[Points], day: DayOfFates, options: SegmentHistoryOptions) -> list[str]:
    """The fate that one comparison gives to each place: that of most of the points that lie there."""
    if not day.points:
        return [UNKNOWN] * len(pieces)
    tree = cKDTree(np.concatenate(day.points))
    codes = np.repeat([FATES.index(fate) for fate in day.fates], [len(points) for points in day.points])
    fates = []
    for points in pieces:
        distance, at = tree.query(points, distance_upper_bound=day.place_px)
        there = np.isfinite(distance)
        enough = float(there.mean()) > options.least_share
        fates.append(str(FATES[np.bincount(codes[at[there]]).argmax()]) if enough else UNKNOWN)
    return fates


def _chains(pieces: Sequence[Points], paths: Sequence[Path], reach: float) -> list[list[int]]:
    """Pieces that follow each other along a vein with the same path, as lists of places; a branching ends a chain."""
    ends = np.array([points[k] for points in pieces for k in (0, -1)])
    near = cKDTree(ends).query_ball_point(ends, reach)
    root = list(range(len(pieces)))

    def find(k: int) -> int:
        while root[k] != k:
            root[k] = root[root[k]]
            k = root[k]
        return k

    for others in near:
        pieces_here = {other // 2 for other in others}
        if len(pieces_here) == 2:
            first, second = pieces_here
            if paths[first] == paths[second]:
                root[find(second)] = find(first)
    chains: defaultdict[int, list[int]] = defaultdict(list)
    for k in range(len(pieces)):
        chains[find(k)].append(k)
    return list(chains.values())
