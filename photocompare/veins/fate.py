"""What became of each piece of vein, measured at its place.

A vein is found once, in the before photo; then the same place is measured in the after photo, as astronomers measure a known star in
every other exposure (forced photometry).  No second detection decides, so a threshold can't make veins appear or vanish by itself.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field

import cv2
import numpy as np
from numpy.typing import NDArray

from photocompare.base.arrays import Grey, Mask
from photocompare.base.colour import JUST_NOTICEABLE_DE
from photocompare.base.masks import depth_px
from photocompare.veins.classes import ASSESSED_FATES, Fate
from photocompare.veins.photometry import Forced
from photocompare.veins.pieces import VeinPiece, Veins
from photocompare.veins.reading import PairReading


@dataclass(frozen=True)
class FateOptions:
    """The contract's rules.

    Parameters
    ----------
    visible_de : float
        CIE76 difference from which a vein is visible (the contract's definition).
    faded_below : float
        Share of the before contrast below which a vein that is still visible counts as faded.
    place_mm : float
        How far "the same place" reaches: half a millimetre, the width at which the thinnest telangiectasia is seen.
    new_beyond_mm : float
        A visible vein farther than this from every vein seen before is new.
    unchanged_above : float
        Share of the before contrast above which a piece just under the threshold is still called visible.  If one reading is off
        by 12 % (assumed), two differ by 17 %, and below 1 - 1.64 * 0.17 only one unchanged piece in twenty falls.
    odds_per_contrast : float
        Power of the contrast with which the odds of being visible grow: the networks were taught a border 0.25 units wide at 2.3 and are as
        sure as that only of noiseless skin; odds of three to one at a contrast a quarter above the threshold are assumed.
    """

    visible_de: float = JUST_NOTICEABLE_DE
    faded_below: float = 0.6
    place_mm: float = 0.5
    new_beyond_mm: float = 0.8
    unchanged_above: float = 0.72
    odds_per_contrast: float = 5.0


@dataclass(frozen=True)
class Remains:
    """What the after photo shows at the places of the before photo's pieces; every array is (N,), one value a piece.

    contrast_before, contrast_after : CIE76 at the centreline before, and the most within reach after.
    probability_after : 0..1, the most within reach.  near, far : the same with the reach lessened and widened by the registration error.
    stained : 0..1, 1 where brown pigment lies that was not there before.  depth_mm : from the border of the shared field.
    forced : the same veins' own profiles in both photos.
    """

    contrast_before: NDArray[np.float64]
    contrast_after: NDArray[np.float64]
    probability_after: NDArray[np.float64]
    near: NDArray[np.float64]
    far: NDArray[np.float64]
    stained: NDArray[np.float64]
    depth_mm: NDArray[np.float64]
    forced: Forced

    def only(self, chosen: NDArray[np.intp]) -> Remains:
        """The remains of some pieces."""
        arrays = {f.name: getattr(self, f.name)[chosen] for f in dataclasses.fields(self) if f.name != "forced"}
        return Remains(**arrays, forced=Forced(self.forced.before_de[chosen], self.forced.after_de[chosen]))

    def stretched(self, gain: float, *, options: FateOptions) -> Remains:
        """The remains as they would be, had light or camera stretched the after photo's contrasts by `gain`, and the odds with them."""
        odds = gain**options.odds_per_contrast
        likely = self.probability_after * odds / (self.probability_after * odds + 1 - self.probability_after)
        forced = Forced(self.forced.before_de, self.forced.after_de * gain)
        return dataclasses.replace(self, contrast_after=self.contrast_after * gain, probability_after=likely, forced=forced)

    @property
    def ratio(self) -> NDArray[np.float64]:
        """Share of the before contrast that is left at each piece's place, by whichever witness sees more."""
        return np.maximum(self.contrast_after / np.maximum(self.contrast_before, 1e-6), self.forced.ratio)


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
        return self._seen("faded", "residual", "darkened", "new")

    def _seen(self, *fates: Fate) -> float:
        return sum(self.shares.get(fate, 0.0) for fate in fates) / max(self.piece.length_px, 1e-6)


@dataclass(frozen=True)
class Fates:
    """Baseline pieces (in the order of `remains`) and new pieces."""

    baseline: tuple[FatedVeinPiece, ...]
    new: tuple[FatedVeinPiece, ...]
    remains: Remains

    def length_px(self, fate: Fate) -> float:
        """Expected length of that fate over all pieces, px."""
        return sum(p.shares.get(fate, 0.0) for p in (*self.baseline, *self.new))


def _reach(image: Grey, pieces: tuple[VeinPiece, ...], radius: float) -> NDArray[np.float64]:
    """Median along each piece of the most that lies within `radius` px of its points."""
    points = np.concatenate([np.rint(p.points).astype(np.intp) for p in pieces]) if pieces else np.zeros((0, 2), np.intp)
    whole = max(0, round(radius))
    steps = [(dy, dx) for dy in range(-whole, whole + 1) for dx in range(-whole, whole + 1) if dy * dy + dx * dx <= whole * whole]
    most = np.full(len(points), -np.inf)
    for dy, dx in steps:
        rows = np.clip(points[:, 0] + dy, 0, image.shape[0] - 1)
        cols = np.clip(points[:, 1] + dx, 0, image.shape[1] - 1)
        np.maximum(most, image[rows, cols], out=most)
    ends = np.cumsum([len(p.points) for p in pieces], dtype=np.intp)
    return np.array([np.median(part) for part in np.split(most, ends)[: len(pieces)]], np.float64)


def _medians(image: Grey, pieces: tuple[VeinPiece, ...]) -> NDArray[np.float64]:
    """Median of `image` along each piece."""
    return np.array([np.median(image[tuple(np.rint(p.points).astype(int).T)]) for p in pieces], np.float64).reshape(len(pieces))


def remains_of(pair: PairReading, pieces: tuple[VeinPiece, ...], gained: Mask, forced: Forced, *, options: FateOptions) -> Remains:
    """Measure the after photo at the places of the before photo's pieces.

    Parameters
    ----------
    pair : PairReading
        Its registration error is how much the reach is lessened and widened for `near` and `far`.
    pieces : tuple of VeinPiece
    gained : Mask
        Brown pigment that was not there before.
    forced : Forced
        The pieces' own profiles in both photos.
    options : FateOptions
    """
    reach, likely = options.place_mm * pair.px_per_mm, pair.after.vein_probability
    return Remains(
        contrast_before=_reach(pair.before.vein_de, pieces, 1.0),
        contrast_after=_reach(pair.after.vein_de, pieces, reach),
        probability_after=_reach(likely, pieces, reach),
        near=_reach(likely, pieces, reach - pair.error_px),
        far=_reach(likely, pieces, reach + pair.error_px),
        stained=_reach(gained.astype(np.float32), pieces, reach),
        depth_mm=_medians(depth_px(pair.shared), pieces) / pair.px_per_mm,
        forced=forced,
    )


def confirmed(remains: Remains, *, options: FateOptions) -> NDArray[np.bool_]:
    """Whether each piece is visible before by both witnesses together, the reading and the profile (alone where the other says nothing).

    Hairs and faint mottling that the network takes for veins hardly have a vein's profile; counted, they would stay what they are and
    make every clearance too low.
    """
    own = np.where(np.isfinite(remains.forced.before_de), remains.forced.before_de, remains.contrast_before)
    return np.asarray((remains.contrast_before + own) / 2 >= options.visible_de, dtype=np.bool_)


def still_visible(remains: Remains, *, options: FateOptions) -> NDArray[np.bool_]:
    """Whether each piece is still seen after; see `FateOptions.unchanged_above` for pieces at the threshold."""
    own = np.nan_to_num(remains.forced.after_de)
    seen = np.maximum(remains.contrast_after, own) >= options.visible_de
    seen |= remains.probability_after >= 0.5
    # Brown in a vein's place looks like a vein to the network, and hides one from the profile: there neither witness is believed alone.
    both = (remains.contrast_after + own) / 2 >= options.visible_de
    seen = np.where(remains.stained > 0.5, both, seen)
    return np.asarray(seen | (remains.ratio >= options.unchanged_above), dtype=np.bool_)


def judge_fate(
    pair: PairReading, veins: tuple[Veins, Veins], gained: Mask, forced: Forced, *, options: FateOptions = FateOptions()
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
    forced : Forced
        The before photo's pieces' own profiles in both photos.
    options : FateOptions
    """
    first, later = veins
    remains = remains_of(pair, first.pieces, gained, forced, options=options)
    visible = still_visible(remains, options=options)
    inside = _medians(pair.shared.astype(np.float32), first.pieces) > 0.5
    faded = remains.ratio < options.faded_below
    stained = remains.stained > 0.5
    fates = np.select([~inside, visible & faded, visible, stained], ["not_assessable", "faded", "residual", "stained"], "cleared")
    kept = np.flatnonzero(confirmed(remains, options=options))
    baseline = tuple(FatedVeinPiece(first.pieces[k], fates[k].item()) for k in kept)
    new = _new_pieces(first, later, pair.shared & pair.seen, options.new_beyond_mm * pair.px_per_mm)
    return Fates(baseline, new, remains.only(kept))


def _new_pieces(veins: Veins, veins_after: Veins, field: Mask, beyond_px: float) -> tuple[FatedVeinPiece, ...]:
    away = (~veins.mask).astype(np.uint8)
    distance = (
        np.asarray(cv2.distanceTransform(away, cv2.DIST_L2, 5), np.float32) if veins.mask.any() else np.full(away.shape, np.inf, np.float32)
    )
    apart = _medians(distance, veins_after.pieces) > beyond_px
    inside = _medians(field.astype(np.float32), veins_after.pieces) > 0.5
    return tuple(FatedVeinPiece(piece, "new") for piece, ok in zip(veins_after.pieces, (apart & inside).tolist(), strict=True) if ok)
