"""The numbers: how much of what an observer sees of the veins went, each with a 95 % interval built from named causes.

The causes are measured on the pair itself: how far two ways of reading the same photos disagree, on the whole and from piece to piece, how
uneven the clearance is over the skin, what may be no vein, what was held for unchanged, what changes when the observer sees a little more
or less, when a place moves by the registration error, when one photo's light or blur stretches its contrasts, and when the field ends
elsewhere.  Resampling pixels would miss all of them (it covers the truth 14-34 % of the time at nominal 95 %, `docs/method.md`).
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import cv2
import numpy as np
from numpy.typing import NDArray

from photocompare.base.arrays import Grey, Mask
from photocompare.base.estimate import Z95, Estimate
from photocompare.veins.classes import AFTER_FATES, ASSESSED_FATES
from photocompare.veins.fate import FateOptions, Fates, PieceContrasts, seen_after, seen_before
from photocompare.veins.observer import ObserverOptions, seen
from photocompare.veins.pieces import VeinPiece, Veins, owners
from photocompare.veins.reading import PairReading
from photocompare.veins.unchanged import RUN_PIECES


@dataclass(frozen=True)
class Widening:
    """Factors on the standard errors of the four numbers; below 1 where causes count an error twice, as noise and sample do.

    That of length by 236 phantoms of seeds 20262201, 20262401 and 20262501, of whose intervals 95 % hold the truth (97.5 % at 0.67), and by
    12 real pairs (`docs/method.md`).  That of net change by 77 phantoms of seed 20261701, of whose intervals 93.5 % hold the truth.
    That of contrast by 81 phantoms (seed 20261130 and the first 24 measured of 20261201), of whose intervals 93 % hold the truth (57 of
    them read as before `unchanged.py`); that of area is the 95th percentile of error over standard error, over 1.96, by contract 1 on 61
    rendered pairs, and covers 91 % of the 81.  That of reticular veins by the first 60 pairs of seed 20261226: 39 of 41 intervals hold the
    truth (32 with that of length), for threads that run together are taken for one wide vein; those of telangiectasias are covered by that
    of length.
    """

    length: float = 0.6
    reticular: float = 0.9
    area: float = 2.4
    contrast: float = 2.4
    net_change: float = 0.8


@dataclass(frozen=True)
class ClearanceOptions:
    """How sure the numbers are.

    Parameters
    ----------
    observer_doubt : float
        Relative standard error of the contrast that an observer needs: the two sets of readers behind it allow 3.3 to 3.6.
    run_pieces : float
        Pieces that count as one independent look.
    misread_pieces : float
        Pieces over which two ways of reading err together, 5 cm: nine times as many as are looked at together.  Chosen on the pairs of
        `Widening.length`.
    misread_mm : float
        How much of what is found new may be no vein.  As much is found in the before photo then, and counts as cleared.  Chosen likewise.
    square_mm : float
        Side of the squares of skin whose clearances are held against each other: a cluster of telangiectasia.
    light_gain : float
        How far light and camera may stretch or shrink all colour differences of one photo against the other, a ratio, either way.  Cameras'
        tone curves differ by this much in slope at skin (exponents of 0.9 to 1.1 over a usual curve).  Assumed.
    border_mm : float
        Width of the strip at the field's border without which the number is worked out again.  Assumed: half a centimetre, about as far
        as two people draw the same field apart.
    floor_percent : float
        Standard error that remains when everything agrees.  Assumed.
    area_repeat : float
        Relative repeatability of summed visible area between two photos of the same skin: the better rigs' 2 to 4 %, at its worse end.
    widening : Widening
        Factor on each number's standard error with which 95 % intervals cover 95 %.
    """

    observer_doubt: float = 0.05
    run_pieces: float = RUN_PIECES
    misread_pieces: float = 9 * RUN_PIECES
    misread_mm: float = 30.0
    square_mm: float = 10.0
    light_gain: float = 1.1
    border_mm: float = 5.0
    floor_percent: float = 1.0
    area_repeat: float = 0.04
    widening: Widening = field(default_factory=Widening)


@dataclass(frozen=True)
class Counts:
    """One percentage with the standard errors of its causes, all in percentage points."""

    percent: float
    causes: Mapping[str, float]

    def estimate(self, options: ClearanceOptions, widening: float, *, lowest: float, highest: float, method: str) -> Estimate:
        """The percentage with its 95 % interval, `widening` times what its causes say, kept inside what is possible."""
        if math.isnan(self.percent):
            return Estimate.failed("%", method)
        noise = math.hypot(self.causes.get("noise", 0.0), options.floor_percent)
        sides = {name: Z95 * widening * e for name, e in {**self.causes, "noise": noise}.items()}
        side = math.hypot(*sides.values())
        # A share of sums can leave what is possible by the last bit.
        percent = min(max(self.percent, lowest), highest)
        return Estimate(percent, max(lowest, percent - side), min(highest, percent + side), "%", method, sides)


def _fall(before: float, after: float) -> float:
    return 100 * (1 - after / before) if before > 0 else math.nan


def _observers(observer: ObserverOptions, doubt: float) -> tuple[ObserverOptions, ObserverOptions]:
    """One who sees a little more and one who sees a little less."""
    needs = observer.contrast_de / (1 + doubt), observer.contrast_de * (1 + doubt)
    first, second = (dataclasses.replace(observer, contrast_de=de) for de in needs)
    return first, second


def length_clearance(fates: Fates, px_per_mm: float, *, options: ClearanceOptions, rules: FateOptions) -> Counts:
    """Clearance of expected length over the baseline pieces; below 0 where more is seen after.

    Parameters
    ----------
    fates : Fates
        Of the pieces that count.
    px_per_mm : float
        Only sets what is misread at most and how large a square of skin is; an assumed scale serves.
    options : ClearanceOptions
    rules : FateOptions
        Those that the fates were judged by.

    Returns
    -------
    Counts
        NaN where nothing is seen before.
    """
    pieces, length, contrasts = [p.piece for p in fates.baseline], _lengths(fates), fates.contrasts
    percent = _clearance(length, contrasts, rules)
    if math.isnan(percent):
        return Counts(math.nan, {})

    def half(first: float, second: float) -> float:
        return abs(first - second) / 2

    more, less = (dataclasses.replace(rules, observer=who) for who in _observers(rules.observer, options.observer_doubt))
    inner = contrasts.depth_mm > options.border_mm
    within = _clearance(length[inner], contrasts.only(np.flatnonzero(inner)), rules)
    witnesses = _witnesses(contrasts)
    stretched = [_clearance(length, _stretched(contrasts, gain), rules) for gain in (options.light_gain, 1 / options.light_gain)]
    every_difference = dataclasses.replace(contrasts, unchanged=np.zeros_like(contrasts.unchanged))
    causes = {
        "witnesses": half(*(_clearance(length, witness, rules) for witness in witnesses)),
        "threshold": half(_clearance(length, contrasts, more), _clearance(length, contrasts, less)),
        "registration": half(percent, _clearance(length, dataclasses.replace(contrasts, after=contrasts.within_error), rules)),
        "noise": _noise(length, witnesses, percent, options.misread_pieces, rules),
        "unchanged": half(percent, _clearance(length, every_difference, rules)),
        "misread": 100
        * min(fates.length_px("new"), options.misread_mm * px_per_mm)
        / float((length * seen_before(contrasts, rules)).sum()),
        "sample": _unevenness(_squares(pieces, options.square_mm * px_per_mm), length, contrasts, percent, rules),
        "light": half(*stretched) / Z95,
        "blur": half(*(_clearance(length, _stretched(contrasts, 1 + sign * contrasts.error), rules) for sign in (-1, 1))),
        "field": 0.0 if math.isnan(within) else half(within, percent),
    }
    return Counts(percent, causes)


def expected_clearance(fates: Fates, rules: FateOptions) -> float:
    """Clearance of expected length over the baseline pieces, percent, by itself; NaN where nothing is seen before."""
    return _clearance(_lengths(fates), fates.contrasts, rules)


def _lengths(fates: Fates) -> NDArray[np.float64]:
    return np.array([p.piece.length_px for p in fates.baseline], np.float64)


def _clearance(length: NDArray[np.float64], contrasts: PieceContrasts, rules: FateOptions) -> float:
    before, after = (float((length * share).sum()) for share in (seen_before(contrasts, rules), seen_after(contrasts, rules)))
    return _fall(before, after)


def _witnesses(contrasts: PieceContrasts) -> tuple[PieceContrasts, PieceContrasts]:
    """What either witness says by itself; where there is no second way of reading, what the reading says."""

    def told(values: NDArray[np.float64], side: int) -> NDArray[np.float64]:
        return np.asarray(values[0] + side * np.nan_to_num(values[1] - values[0]), np.float64)[np.newaxis]

    first, second = (
        dataclasses.replace(contrasts, before=told(contrasts.before, side), after=told(contrasts.after, side)) for side in (-1, 1)
    )
    return first, second


def _stretched(contrasts: PieceContrasts, gain: float | NDArray[np.float64]) -> PieceContrasts:
    """The contrasts as they would be, had light, camera or blur stretched the after photo's."""
    return dataclasses.replace(contrasts, after=contrasts.after * gain)


def _squares(pieces: Sequence[VeinPiece], side_px: float) -> NDArray[np.intp]:
    """In which square of skin each piece lies, (N,), from 0."""
    middles = np.array([piece.points.mean(axis=0) for piece in pieces], np.float64)
    return np.unique(np.floor(middles / side_px), axis=0, return_inverse=True)[1].reshape(-1)


def _unevenness(
    square: NDArray[np.intp], length: NDArray[np.float64], contrasts: PieceContrasts, percent: float, rules: FateOptions
) -> float:
    """Standard error from how the clearances of squares of skin differ: the veins that were found are a sample of those that there are.

    That of a ratio over clusters (Cochran, Sampling Techniques, 1977, 2.11); 0 where all veins lie in one square.
    """
    before, after = (length * told(contrasts, rules) for told in (seen_before, seen_after))
    beside = np.bincount(square, after - (1 - percent / 100) * before)
    count = len(beside)
    return 100 * math.sqrt(count / max(count - 1, 1) * float((beside**2).sum())) / float(before.sum())


def _noise(
    length: NDArray[np.float64], witnesses: tuple[PieceContrasts, PieceContrasts], percent: float, run_pieces: float, rules: FateOptions
) -> float:
    """Standard error from how the witnesses differ piece by piece beyond their common difference; a run errs as one."""
    left = 1 - percent / 100
    before, after = (np.stack([told(witness, rules) for witness in witnesses]) for told in (seen_before, seen_after))
    lost = np.diff(after - left * before, axis=0)[0] / 2
    apart = lost - np.average(lost, weights=length)
    total = float((length * before.mean(axis=0)).sum())
    return 100 * math.sqrt(run_pieces * float((length**2 * apart**2).sum())) / total


def area_clearance(
    pair: PairReading,
    veins: tuple[Veins, Veins],
    unchanged: Grey,
    inner: Mask,
    *,
    options: ClearanceOptions,
    observer: ObserverOptions,
    weighted: bool,
) -> Counts:
    """Clearance of seen area, or of contrast summed over it; new veins included, so it may be negative.

    Parameters
    ----------
    pair : PairReading
    veins : tuple of Veins
        Of the before and of the after photo.
    unchanged : Grey
        Probability, 0..1, that the vein of the before photo is there as it was (`unchanged_map`).
    inner : ndarray of shape (h, w), bool
        The shared field without its border (`ClearanceOptions.border_mm`).
    options : ClearanceOptions
    observer : ObserverOptions
    weighted : bool
        Whether each pixel counts by its contrast too.

    Returns
    -------
    Counts
        NaN where nothing is seen before.
    """
    before, after = (np.where(v.mask & pair.shared, r.vein_de, 0.0) for r, v in zip((pair.before, pair.after), veins, strict=True))
    # As of new pieces: what such a place gained is new, not what the before photo shows too faintly to be found.
    after = np.where(veins[0].mask, after, np.maximum(after - pair.before.vein_de, 0.0))
    anywhere = (before > 0) | (after > 0)

    def at(who: ObserverOptions, within: Mask = pair.shared, gain: float = 1.0) -> float:
        here = within & anywhere
        first, later = (seen(x, who) * (x if weighted else 1.0) for x in (before[here], after[here] * gain))
        kept = unchanged[here]
        return _fall(float(first.sum()), float((kept * first + (1 - kept) * later).sum()))

    percent = at(observer)
    if math.isnan(percent):
        return Counts(math.nan, {})
    more, less = _observers(observer, options.observer_doubt)
    without_border = at(observer, inner)
    return Counts(
        percent,
        {
            "threshold": abs(at(more) - at(less)) / 2,
            "noise": 100 * max(0.0, 1 - percent / 100) * options.area_repeat,
            "light": abs(at(observer, gain=options.light_gain) - at(observer, gain=1 / options.light_gain)) / (2 * Z95),
            "field": 0.0 if math.isnan(without_border) else abs(without_border - percent) / 2,
        },
    )


def unchanged_map(fates: Fates, veins: Veins) -> Grey:
    """Probability, 0..1, that a vein is as it was: at each pixel of the veins that of the nearest baseline piece; 0 elsewhere."""
    out = np.zeros(veins.mask.shape, np.float32)
    if not fates.baseline:
        return out
    pieces = tuple(p.piece for p in fates.baseline)
    rows, columns = np.concatenate([np.rint(p.points) for p in pieces]).astype(np.intp).T
    elsewhere = np.ones(out.shape, np.uint8)
    elsewhere[rows, columns] = 0
    _, nearest = cv2.distanceTransformWithLabels(elsewhere, cv2.DIST_L2, cv2.DIST_MASK_5, labelType=cv2.DIST_LABEL_PIXEL)
    told = np.zeros(int(nearest.max()) + 1, np.float32)
    told[nearest[rows, columns]] = fates.contrasts.unchanged[owners(pieces)]
    out[veins.mask] = told[nearest[veins.mask]]
    return out


def net_change(fates: Fates, clearance: Counts, *, options: ClearanceOptions) -> Counts:
    """Change of expected vein length in percent: what is seen of the baseline and what is new, against the baseline."""
    before = sum(fates.length_px(fate) for fate in ASSESSED_FATES)
    if before <= 0:
        return Counts(math.nan, {})
    after = sum(fates.length_px(fate) for fate in AFTER_FATES)
    noise = 100 * options.area_repeat * after / before
    return Counts(100 * (after / before - 1), {**clearance.causes, "noise": math.hypot(noise, clearance.causes.get("noise", 0.0))})


def seen_map(contrast: Grey, veins: Veins, field: Mask, observer: ObserverOptions) -> Grey:
    """Share of looks, 0..1, that see a vein at each vein pixel of the field; 0 elsewhere."""
    out = np.zeros(contrast.shape, np.float32)
    here = veins.mask & field
    out[here] = seen(contrast[here], observer)
    return out
