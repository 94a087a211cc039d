"""Legs that look alike: what a leg looks like before treatment as a few numbers, and how far two legs lie apart.

For a gallery from which a patient and a clinician pick a shared target: the cases whose skin tone, vein pattern and calibre are most
like this leg's.  Only what is seen before treatment counts; how it ended plays no part, so that a match never flatters.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from photocompare.practice.cohort import Floats
from photocompare.results.dossier import Dossier
from photocompare.results.dossier_pictures import mask
from photocompare.veins.pieces import VeinPiece

_NEAR_MM = 10.0
"""Around a piece, what counts as its surroundings: the size of one spider burst."""

_WIDE_MM = 1.3
"""Width, as it is measured, from which a vein is a wide one here: what the differences of `LikenessOptions` were measured with."""

_LEAST_SHARE = 1e-3
"""Added before a logarithm is taken, in mm of vein a mm2: a thousandth is one line of 1 mm in 10 cm2."""

_GROUPS = {
    "tone": ("ita",),
    "pattern": ("density", "clumping", "alignment"),
    "calibre": ("reticular_share", "width"),
}
"""What a likeness is made of; each group weighs the same, whatever number of figures describes it."""


@dataclass(frozen=True)
class LikenessOptions:
    """How large a difference in each figure counts as one: its standard deviation between rendered legs (`docs/audit.md`).

    Parameters
    ----------
    ita : float
        Degrees: a skin-tone group is 13 to 40 degrees wide (Chardon 1991).
    density, clumping, width : float
        Of natural logarithms.
    alignment : float
        Of a mean cosine, 0..1.
    reticular_share : float
        Of a share, 0..1.
    """

    ita: float = 13.0
    density: float = 0.45
    clumping: float = 0.35
    alignment: float = 0.09
    reticular_share: float = 0.13
    width: float = 0.2


@dataclass(frozen=True)
class LegLook:
    """What a leg looks like before treatment; NaN where it could not be told.

    Parameters
    ----------
    ita : float
        Skin tone, degrees.
    density : float
        Log of the length of visible veins over the field's area, mm / mm2.
    clumping : float
        Log of the density around a piece of vein (10 mm) over that of the field: 0 for veins spread evenly, more for bursts.
    alignment : float
        Mean of |cos| of the angle between pieces within 10 mm, scaled to 0 (every way) .. 1 (parallel).
    reticular_share : float
        Share of the length that is reticular, 0..1.
    width : float
        Log of the length-weighted mean apparent calibre, mm.
    """

    ita: float
    density: float
    clumping: float
    alignment: float
    reticular_share: float
    width: float


@dataclass(frozen=True)
class Match:
    """A case and how far it lies from the leg in question.

    Parameters
    ----------
    key : int
        The case's.
    distance : float
        0 for a twin; 1 where every figure differs by the amount that counts as one.
    by_group : dict
        "tone", "pattern", "calibre" to the distance in that alone; NaN where it could not be told.
    """

    key: int
    distance: float
    by_group: dict[str, float]


def look_of(dossier: Dossier) -> LegLook | None:
    """The look of a stored comparison's leg before treatment; None for a refused pair.

    Without a scale the dossier's assumed one serves, which makes densities and calibres rougher.
    """
    if dossier.veins is None or not dossier.measured:
        return None
    # A faint vein is part of the look as far as it is seen.
    baseline = [
        dataclasses.replace(fated.piece, length_px=fated.piece.length_px * fated.seen_before)
        for fated in dossier.veins.pieces
        if fated.fate != "new" and fated.seen_before > 0
    ]
    ita = None if dossier.result.skin is None else dossier.result.skin.ita_before
    return look(baseline, int(np.count_nonzero(mask(dossier, "field"))), dossier.px_per_mm, math.nan if ita is None else float(ita))


def look(pieces: Sequence[VeinPiece], field_px: int, px_per_mm: float, ita: float) -> LegLook:
    """The look of a leg from its pieces of vein.

    Parameters
    ----------
    pieces : sequence of VeinPiece
        Of the before photo, in pixels.
    field_px : int
        Area that was looked at, pixels.
    px_per_mm : float
    ita : float
        Degrees; NaN where unknown.
    """
    length = np.array([p.length_px for p in pieces], np.float64) / px_per_mm
    total, area = float(length.sum()), field_px / px_per_mm**2
    if total <= 0.0 or area <= 0.0:
        nothing = math.log(_LEAST_SHARE)
        return LegLook(ita, nothing, math.nan, math.nan, math.nan, math.nan)
    width = np.array([p.width_px for p in pieces], np.float64) / px_per_mm
    middle = np.array([p.points.mean(axis=0) for p in pieces], np.float64) / px_per_mm
    near = cKDTree(middle).query_pairs(_NEAR_MM, output_type="ndarray")
    return LegLook(
        ita,
        math.log(total / area + _LEAST_SHARE),
        _clumping(length, near, total / area),
        _alignment(pieces, length, near),
        float(length[width >= _WIDE_MM].sum()) / total,
        math.log(max(float(length @ width) / total, _LEAST_SHARE)),
    )


def _clumping(length: Floats, near: NDArray[np.intp], density: float) -> float:
    """Length-weighted mean of the log of local over overall density; a piece's own length is part of its surroundings."""
    around = length + np.bincount(near[:, 0], length[near[:, 1]], len(length)) + np.bincount(near[:, 1], length[near[:, 0]], len(length))
    local = around / (math.pi * _NEAR_MM**2)
    return float(length @ np.log(local / density)) / float(length.sum())


def _alignment(pieces: Sequence[VeinPiece], length: Floats, near: NDArray[np.intp]) -> float:
    ends = np.array([p.points[-1] - p.points[0] for p in pieces], np.float64)
    size = np.hypot(ends[:, 0], ends[:, 1])
    known = (size > 0)[near].all(axis=1)
    first, second = near[known].T
    if not len(first):
        return math.nan
    along = ends / np.where(size > 0, size, 1.0)[:, None]
    weight = length[first] * length[second]
    cosine = float(weight @ np.abs((along[first] * along[second]).sum(axis=1))) / float(weight.sum())
    every_way = 2.0 / math.pi  # mean |cos| of two independent directions
    return (cosine - every_way) / (1.0 - every_way)


def distance(one: LegLook, other: LegLook, *, options: LikenessOptions | None = None) -> tuple[float, dict[str, float]]:
    """How far two looks lie apart, and in which group.

    Within a group the root mean square of the differences, each over what counts as one; the whole is the root mean square over the groups
    that can be told.  NaN where none can.
    """
    options = options or LikenessOptions()
    by_group = {}
    for group, names in _GROUPS.items():
        squares = [((getattr(one, name) - getattr(other, name)) / getattr(options, name)) ** 2 for name in names]
        known = [square for square in squares if math.isfinite(square)]
        by_group[group] = math.sqrt(sum(known) / len(known)) if known else math.nan
    told = [value**2 for value in by_group.values() if math.isfinite(value)]
    return (math.sqrt(sum(told) / len(told)) if told else math.nan), by_group


def most_alike(leg: LegLook, cases: Mapping[int, LegLook], *, most: int = 6, options: LikenessOptions | None = None) -> list[Match]:
    """The cases nearest to a leg, nearest first; cases of which nothing can be told are left out.

    Parameters
    ----------
    leg : LegLook
    cases : mapping of int to LegLook
        The consented set, without the leg itself.
    most : int
        How many at most.
    options : LikenessOptions, optional
    """
    found = [Match(key, *distance(leg, case, options=options)) for key, case in cases.items()]
    return sorted((match for match in found if math.isfinite(match.distance)), key=lambda match: (match.distance, match.key))[:most]


def look_as_dict(leg: LegLook) -> dict[str, float | None]:
    """A look as JSON types, to be kept beside a comparison; NaN as None."""
    values = {field.name: getattr(leg, field.name) for field in fields(LegLook)}
    return {name: value if math.isfinite(value) else None for name, value in values.items()}


def look_from_dict(kept: Mapping[str, float | None]) -> LegLook:
    """The look that `look_as_dict` gave.  KeyError where a figure is missing."""
    values = {field.name: kept[field.name] for field in fields(LegLook)}
    return LegLook(**{name: math.nan if value is None else float(value) for name, value in values.items()})
