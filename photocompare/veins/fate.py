"""What became of each piece of vein, measured at its own place.

A vein is found once, in the before photo; then its place is measured in both photos alike, as astronomers measure a known star in every
exposure (forced photometry).  Nothing is decided: every piece counts by the share of looks that see it before and after.  All pieces of a
pair together tell how far a difference may be the exposure's (`unchanged.py`).
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

import cv2
import numpy as np
from numpy.typing import NDArray

from photocompare.base.arrays import Grey, Mask
from photocompare.base.masks import depth_px
from photocompare.base.robust import medians_by_owner
from photocompare.veins.classes import AFTER_FATES, ASSESSED_FATES, FATES, Fate
from photocompare.veins.kept_contrast import Softness
from photocompare.veins.observer import ObserverOptions, seen
from photocompare.veins.photometry import Forced
from photocompare.veins.pieces import VeinPiece, Veins, owners
from photocompare.veins.reading import PairReading
from photocompare.veins.unchanged import UnchangedOptions, judge_unchanged

FINDING_PX = 1.0
"""How far a skeleton may lie beside the line of most contrast: it is drawn on whole pixels."""


@dataclass(frozen=True)
class FateOptions:
    """The contract's rules.

    Parameters
    ----------
    observer : ObserverOptions
        Who sees what.
    faded_below : float
        Share of the before contrast below which what is still seen counts as faded.
    new_beyond_mm : float
        A vein farther than this from every vein before is new.
    least_seen : float
        Share of looks below which a piece is no vein to anybody: the contract's 5 %.
    unchanged : UnchangedOptions or None
        How what did not change is told from what did; None holds every difference for change.
    """

    observer: ObserverOptions = field(default_factory=ObserverOptions)
    faded_below: float = 0.6
    new_beyond_mm: float = 0.8
    least_seen: float = 0.05
    unchanged: UnchangedOptions | None = field(default_factory=UnchangedOptions)


@dataclass(frozen=True)
class PieceContrasts:
    """Contrast of known pieces in both photos, CIE76 units at the centreline.

    Parameters
    ----------
    before, after : ndarray of shape (2, N)
        By the reading of the skin, which the numbers follow; and by one of two witnesses, who lie as far from it to either side: half of
        how far two ways of reading the same photo lie apart.  NaN where there is no second way.  `after` may be negative.
    within_error : ndarray of shape (2, N)
        As `after`, but the most that lies within the registration's error of the place.
    error : ndarray of shape (N,)
        Relative standard error of `after` over `before` from what is not known of the photos' blur: one error, common to all pieces.
    stained : ndarray of shape (N,)
        0..1, share of the piece on brown pigment that was not there before.
    depth_mm : ndarray of shape (N,)
        From the border of the shared field.
    unchanged : ndarray of shape (N,)
        Probability, 0..1, that the piece is as it was and differs by the exposure alone.
    """

    before: NDArray[np.float64]
    after: NDArray[np.float64]
    within_error: NDArray[np.float64]
    error: NDArray[np.float64]
    stained: NDArray[np.float64]
    depth_mm: NDArray[np.float64]
    unchanged: NDArray[np.float64]

    def only(self, chosen: NDArray[np.intp]) -> PieceContrasts:
        """The contrasts of some pieces."""
        return PieceContrasts(**{f.name: getattr(self, f.name)[..., chosen] for f in dataclasses.fields(self)})

    def joined(self, other: PieceContrasts) -> PieceContrasts:
        """These pieces' contrasts and the other's after them."""
        pairs = ((f.name, (getattr(self, f.name), getattr(other, f.name))) for f in dataclasses.fields(self))
        return PieceContrasts(**{name: np.concatenate(both, axis=-1) for name, both in pairs})

    @property
    def ratio(self) -> NDArray[np.float64]:
        """Share of the before contrast that is left."""
        return np.asarray(self.after[0] / np.maximum(self.before[0], 1e-6), dtype=np.float64)


def seen_before(contrasts: PieceContrasts, rules: FateOptions) -> NDArray[np.float64]:
    """Expected share of looks (N,) that see each piece in the before photo."""
    return seen(contrasts.before[0], rules.observer)


def seen_after(contrasts: PieceContrasts, rules: FateOptions) -> NDArray[np.float64]:
    """Expected share of looks (N,) that see each piece in the after photo: as before, as far as it did not change."""
    kept = contrasts.unchanged
    return np.asarray(kept * seen_before(contrasts, rules) + (1 - kept) * seen(contrasts.after[0], rules.observer), dtype=np.float64)


@dataclass(frozen=True)
class FatedVeinPiece:
    """A piece of vein with what became of it.

    Parameters
    ----------
    piece : VeinPiece
        Points (row, col) in the before working frame.
    fate : Fate
        The one with the largest share.
    shares : mapping of Fate to float
        Expected length by fate, px: how much of the piece's length so many looks see.  By default the whole length has the one fate, as
        in results of contract 1.
    """

    piece: VeinPiece
    fate: Fate
    shares: Mapping[Fate, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not self.shares:
            object.__setattr__(self, "shares", {self.fate: self.piece.length_px})

    @property
    def points(self) -> NDArray[np.float32]:
        return self.piece.points

    @property
    def seen_before(self) -> float:
        """Share of looks, 0..1, that see the piece in the before photo."""
        return self._seen(*ASSESSED_FATES, "not_assessable")

    @property
    def seen_after(self) -> float:
        """Share of looks, 0..1, that see the piece in the after photo; 0 where that can't be assessed."""
        return self._seen(*AFTER_FATES)

    def _seen(self, *fates: Fate) -> float:
        return sum(self.shares.get(fate, 0.0) for fate in fates) / max(self.piece.length_px, 1e-6)


@dataclass(frozen=True)
class Fates:
    """What became of all veins.

    Parameters
    ----------
    baseline : tuple of FatedVeinPiece
        In the order of `contrasts`.
    new : tuple of FatedVeinPiece
    contrasts : PieceContrasts
        Of the baseline.
    kept : ndarray of shape (N,), int
        Which of the pieces that were found the baseline is: those that somebody sees.
    """

    baseline: tuple[FatedVeinPiece, ...]
    new: tuple[FatedVeinPiece, ...]
    contrasts: PieceContrasts
    kept: NDArray[np.intp]

    @property
    def assessed(self) -> NDArray[np.bool_]:
        """Which baseline pieces count in the percentages, (N,)."""
        return np.array([p.fate != "not_assessable" for p in self.baseline], dtype=np.bool_)

    def only(self, baseline: NDArray[np.bool_], new: NDArray[np.bool_] | None = None) -> Fates:
        """The fates of some baseline pieces, with some of the new ones or with all."""
        found = self.new if new is None else tuple(p for p, chosen in zip(self.new, new.tolist(), strict=True) if chosen)
        pieces = tuple(p for p, chosen in zip(self.baseline, baseline.tolist(), strict=True) if chosen)
        return Fates(pieces, found, self.contrasts.only(np.flatnonzero(baseline)), self.kept[baseline])

    @cached_property
    def expected_px(self) -> NDArray[np.float64]:
        """Expected length of each baseline piece before, (N,) px."""
        return np.array([p.piece.length_px * p.seen_before for p in self.baseline], dtype=np.float64)

    def length_px(self, fate: Fate) -> float:
        """Expected length of that fate over all pieces, px."""
        return self._lengths[fate]

    @cached_property
    def _lengths(self) -> dict[Fate, float]:
        return {fate: sum(p.shares.get(fate, 0.0) for p in (*self.baseline, *self.new)) for fate in FATES}


def _pixels(pieces: tuple[VeinPiece, ...]) -> NDArray[np.intp]:
    """(row, col) of all pieces' points, one after the other, (N, 2)."""
    return np.concatenate([np.rint(p.points).astype(np.intp) for p in pieces]) if pieces else np.zeros((0, 2), np.intp)


def _at_places(image: Grey, guide: Grey, pieces: tuple[VeinPiece, ...], radius: float) -> NDArray[np.float64]:
    """Mean along each piece of `image` where `guide` is highest within `radius` px of each point."""
    points = _pixels(pieces)
    whole = max(0, round(radius))
    steps = [(dy, dx) for dy in range(-whole, whole + 1) for dx in range(-whole, whole + 1) if dy * dy + dx * dx <= whole * whole]
    most, value = np.full(len(points), -np.inf), np.zeros(len(points))
    for dy, dx in steps:
        rows = np.clip(points[:, 0] + dy, 0, image.shape[0] - 1)
        cols = np.clip(points[:, 1] + dx, 0, image.shape[1] - 1)
        better = guide[rows, cols] > most
        most = np.where(better, guide[rows, cols], most)
        value = np.where(better, image[rows, cols], value)
    owner = owners(pieces)
    return np.bincount(owner, value, len(pieces)) / np.maximum(np.bincount(owner, minlength=len(pieces)), 1)


def _medians(image: Grey, pieces: tuple[VeinPiece, ...]) -> NDArray[np.float64]:
    """Median of `image` along each piece."""
    points = _pixels(pieces)
    return medians_by_owner(image[points[:, 0], points[:, 1]], owners(pieces), len(pieces))


def contrasts_of(
    pair: PairReading, pieces: tuple[VeinPiece, ...], gained: Mask, profiles: Forced | None, softness: Softness
) -> PieceContrasts:
    """Measure both photos at the places of the before photo's pieces.

    Parameters
    ----------
    pair : PairReading
    pieces : tuple of VeinPiece
    gained : Mask
        Brown pigment that was not there before.
    profiles : Forced or None
        The pieces' own profiles in both photos, the second way of reading where each photo was read once.
    softness : Softness
        What a softer after photo leaves of each piece: its contrasts are as the skin has them.
    """
    guide: Grey = pair.before.vein_de
    kept = softness.kept_by_network

    def at(image: Grey) -> NDArray[np.float64]:
        return _at_places(image, guide, pieces, FINDING_PX)

    before, after = at(guide), at(pair.after.vein_de) / kept
    if profiles is None:
        aside = at(pair.apart_before) / 2, at(pair.apart_after) / kept / 2
    else:
        aside = (profiles.before_de - before) / 2, (profiles.after_de / softness.kept - after) / 2
    nearby = _at_places(pair.after.vein_de, pair.after.vein_de, pieces, FINDING_PX + pair.error_px) / kept
    return PieceContrasts(
        before=np.stack([before, before + aside[0]]),
        after=np.stack([after, after + aside[1]]),
        within_error=np.stack([nearby, nearby + aside[1]]),
        error=softness.error,
        stained=at(gained.astype(np.float32)),
        depth_mm=_medians(depth_px(pair.shared), pieces) / pair.px_per_mm,
        unchanged=np.zeros(len(pieces)),
    )


def _by_exposure(
    contrasts: PieceContrasts, pieces: tuple[VeinPiece, ...], assessable: NDArray[np.bool_], options: UnchangedOptions
) -> tuple[PieceContrasts, float]:
    """The contrasts with what all assessable pieces tell of the exposure: its factor taken out of the reading, and what did not change.

    With that factor.
    """
    length = np.where(assessable, [p.length_px for p in pieces], 0.0)
    told = judge_unchanged(contrasts.before[0], contrasts.after[0], length, options=options)
    under_one = dataclasses.replace(
        contrasts, after=contrasts.after / told.factor, within_error=contrasts.within_error / told.factor, unchanged=told.probability
    )
    return under_one, told.factor


def fated(piece: VeinPiece, before: float, after: float, *, assessable: bool, stained: bool, faded: bool) -> FatedVeinPiece:
    """A piece with its expected length shared out by the contract's rules.

    Parameters
    ----------
    piece : VeinPiece
    before, after : float
        Share of looks, 0..1, that see it.
    assessable : bool
        Whether both photos show its place well enough.
    stained : bool
        Whether brown pigment lies there that was not there before.
    faded : bool
        Whether what is left has so much less contrast that it counts as faded.
    """
    if not assessable:
        return FatedVeinPiece(piece, "not_assessable", {"not_assessable": piece.length_px * before})
    shares: dict[Fate, float] = {
        "stained" if stained else "cleared": piece.length_px * max(0.0, before - after),
        "faded" if faded else "residual": piece.length_px * min(before, after),
        "darkened": piece.length_px * max(0.0, after - before),
    }
    return FatedVeinPiece(piece, max(shares, key=shares.__getitem__), shares)


def judge_fate(
    pair: PairReading,
    veins: tuple[Veins, Veins],
    gained: Mask,
    profiles: Forced | None,
    softness: Softness,
    *,
    options: FateOptions = FateOptions(),
) -> Fates:
    """The fate of every piece of baseline vein, and the veins that are new.

    Parameters
    ----------
    pair : PairReading
        Pieces outside its shared field are not assessable.
    veins : tuple of Veins
        Of the before and of the after photo, both in the before frame.
    gained : Mask
        Brown pigment that was not there before.
    profiles : Forced or None
        The before photo's pieces' own profiles in both photos, where each photo was read once.
    softness : Softness
        What the photos' blur leaves of them: pieces that are not resolved are not assessable.
    options : FateOptions
    """
    first = veins[0]
    inside = (_medians(pair.shared.astype(np.float32), first.pieces) > 0.5) & softness.resolved
    contrasts, exposure = contrasts_of(pair, first.pieces, gained, profiles, softness), 1.0
    if options.unchanged is not None:
        contrasts, exposure = _by_exposure(contrasts, first.pieces, inside, options.unchanged)
    before, after = seen_before(contrasts, options), seen_after(contrasts, options)
    faded, stained = contrasts.ratio < options.faded_below, contrasts.stained > 0.5
    kept = np.flatnonzero(np.maximum(before, after) >= options.least_seen)
    baseline = tuple(
        fated(
            first.pieces[k],
            float(before[k]),
            float(after[k]),
            assessable=bool(inside[k]),
            stained=bool(stained[k]),
            faded=bool(faded[k]),
        )
        for k in kept.tolist()
    )
    return Fates(baseline, _new_pieces(pair, veins, exposure, options), contrasts.only(kept), kept)


def _new_pieces(pair: PairReading, veins: tuple[Veins, Veins], exposure: float, options: FateOptions) -> tuple[FatedVeinPiece, ...]:
    """Pieces of the after photo's veins that are far from every vein before, where absence of a vein before is known.

    Only what such a place gained is new: a vein that the before photo shows too faintly to be found is not.  `exposure` is the contrast
    after over before of what did not change.
    """
    first, later = veins
    away = (~first.mask).astype(np.uint8)
    distance = (
        np.asarray(cv2.distanceTransform(away, cv2.DIST_L2, 5), np.float32) if first.mask.any() else np.full(away.shape, np.inf, np.float32)
    )
    apart = _medians(distance, later.pieces) > options.new_beyond_mm * pair.px_per_mm
    inside = _medians((pair.shared & pair.seen).astype(np.float32), later.pieces) > 0.5
    before, after = (_at_places(one.vein_de, pair.after.vein_de, later.pieces, FINDING_PX) for one in (pair.before, pair.after))
    told = seen(after / exposure - before, options.observer)
    return tuple(
        FatedVeinPiece(piece, "new", {"new": piece.length_px * float(p)})
        for piece, p, ok in zip(later.pieces, told, apart & inside & (told >= options.least_seen), strict=True)
        if ok
    )
