"""The numbers: how much of the visible veins went, each with a 95 % interval built from named causes.

The causes are measured on the pair itself: what changes when the threshold of "visible" moves by its uncertainty, when the reach moves
by the registration error, and how undecided the pieces are one by one.  Resampling pixels would miss all of them (it covers the truth
14-34 % of the time at nominal 95 %, `docs/method.md`).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from photocompare.base.arrays import Mask
from photocompare.base.estimate import Z95, Estimate
from photocompare.base.masks import dilated, square
from photocompare.veins.fate import FateOptions, Fates, still_visible
from photocompare.veins.pieces import Veins
from photocompare.veins.reading import PairReading, SkinReading


@dataclass(frozen=True)
class Widening:
    """Factors on the standard errors of the four numbers.

    The 95th percentile of error over standard error, over 1.96, on 61 rendered pairs: 15 of another renderer, 46 phantoms (seeds 4242 and
    777123) that set no other constant.
    """

    length: float = 1.2
    area: float = 2.4
    contrast: float = 1.7
    net_change: float = 2.3


@dataclass(frozen=True)
class ClearanceOptions:
    """How sure the numbers are.

    Parameters
    ----------
    threshold_band : tuple of float
        Probabilities between which the border of "visible" is taken to lie: odds of about two to one either way.  Assumed, not measured;
        `widening` takes up what it misses.
    run_pieces : float
        Neighbouring pieces of a vein are judged wrongly together; this many (6 mm, about one twig) count as one independent look.  Assumed.
    light_gain : float
        How far light and camera may stretch or shrink all colour differences of one photo against the other, a ratio, either way.  Cameras'
        tone curves differ by this much in slope at skin (exponents of 0.9 to 1.1 over a usual curve).  Assumed.
    border_mm : float
        Width of the strip at the field's border without which the number is worked out again.  Assumed: half a centimetre, about as far
        as two people draw the same field apart.
    floor_percent : float
        Standard error that remains when everything agrees.  Assumed.
    held_doubt : float
        Probability that a piece is misjudged which is seen after though the reading alone would not say so.  Assumed.
    least_doubt : float
        No piece is surer than this.  Assumed.
    area_repeat : float
        Relative repeatability of summed visible area between two photos of the same skin: the better rigs' 2 to 4 %, at its worse end.
    widening : Widening
        Factor on each number's standard error with which 95 % intervals cover 95 %.
    """

    threshold_band: tuple[float, float] = (0.3, 0.7)
    run_pieces: float = 6.0
    light_gain: float = 1.1
    border_mm: float = 5.0
    floor_percent: float = 1.0
    held_doubt: float = 0.1
    least_doubt: float = 0.02
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
        # A share of sums can leave 0..100 by the last bit.
        percent = min(max(self.percent, lowest), highest)
        return Estimate(percent, max(lowest, percent - side), min(highest, percent + side), "%", method, sides)


def _share(length: NDArray[np.float64], gone: NDArray[np.bool_]) -> float:
    total = length.sum()
    return float(100 * length[gone].sum() / total) if total > 0 else math.nan


def _gone_at(probability: NDArray[np.float64], threshold: float, held: NDArray[np.bool_]) -> NDArray[np.bool_]:
    return np.asarray((probability < threshold) & ~held, dtype=np.bool_)


def length_clearance(fates: Fates, chosen: NDArray[np.bool_], *, options: ClearanceOptions, fate: FateOptions) -> Counts:
    """Clearance of length over the chosen baseline pieces.

    Parameters
    ----------
    fates : Fates
    chosen : ndarray of shape (N,), bool
        Over `fates.baseline`.
    options : ClearanceOptions
    fate : FateOptions
        The rules that the fates were judged by: "light" judges them again.

    Returns
    -------
    Counts
        NaN where nothing is chosen.
    """
    length = np.array([p.piece.length_px for p in fates.baseline], np.float64)[chosen]
    if not length.size:
        return Counts(math.nan, {})
    gone = np.array([p.fate in ("cleared", "stained") for p in fates.baseline], np.bool_)[chosen]
    percent = _share(length, gone)
    r = fates.remains.only(np.flatnonzero(chosen))
    held = still_visible(r, options=fate) & (r.probability_after < 0.5)
    low, high = options.threshold_band

    def spread(a: NDArray[np.bool_], b: NDArray[np.bool_]) -> float:
        return abs(_share(length, a) - _share(length, b)) / (2 * Z95)

    doubt = np.where(held, options.held_doubt, np.clip(r.probability_after, options.least_doubt, 1 - options.least_doubt))
    inner = r.depth_mm > options.border_mm

    def seen_under(gain: float) -> NDArray[np.bool_]:
        return still_visible(r.stretched(gain, options=fate), options=fate)

    causes = {
        "threshold": spread(_gone_at(r.probability_after, low, held), _gone_at(r.probability_after, high, held)),
        "registration": spread(_gone_at(r.near, 0.5, held), _gone_at(r.far, 0.5, held)),
        "noise": 100 * math.sqrt(options.run_pieces * float((length**2 * doubt * (1 - doubt)).sum())) / float(length.sum()),
        "light": spread(~seen_under(options.light_gain), ~seen_under(1 / options.light_gain)),
        "field": abs(_share(length[inner], gone[inner]) - percent) / 2 if inner.any() else 0.0,
    }
    return Counts(percent, causes)


def _relative(before: float, after: float) -> float:
    return 100 * (1 - after / before) if before > 0 else math.nan


def area_clearance(pair: PairReading, veins: tuple[Veins, Veins], inner: Mask, *, options: ClearanceOptions, weighted: bool) -> Counts:
    """Clearance of visible area, or of contrast summed over it; new veins included, so it may be negative.

    Parameters
    ----------
    pair : PairReading
    veins : tuple of Veins
        Of the before and of the after photo.
    inner : ndarray of shape (h, w), bool
        The shared field without its border (`ClearanceOptions.border_mm`).
    options : ClearanceOptions
    weighted : bool
        Whether each pixel counts by its contrast.

    Returns
    -------
    Counts
        NaN where nothing is visible before.
    """
    before, after, field = pair.before, pair.after, pair.shared

    def total(reading: SkinReading, mask: Mask, within: Mask) -> float:
        return float(reading.vein_de[mask & within].sum()) if weighted else float(np.count_nonzero(mask & within))

    def at(threshold: float) -> float:
        sums = [total(r, (r.vein_probability >= threshold) & _near(v.mask), field) for r, v in ((before, veins[0]), (after, veins[1]))]
        return _relative(*sums)

    def of(within: Mask) -> float:
        return _relative(total(before, veins[0].mask, within), total(after, veins[1].mask, within))

    percent = of(field)
    if math.isnan(percent):
        return Counts(math.nan, {})
    low, high = options.threshold_band
    share_left = max(0.0, 1 - percent / 100)
    without_border = of(inner)
    return Counts(
        percent,
        {
            "threshold": abs(at(low) - at(high)) / (2 * Z95),
            "noise": 100 * share_left * options.area_repeat,
            # A summed contrast grows with the light's gain; an area by its border alone, which the threshold holds.
            "light": 100 * share_left * math.log(options.light_gain) if weighted else 0.0,
            "field": 0.0 if math.isnan(without_border) else abs(without_border - percent) / 2,
        },
    )


def _near(mask: Mask) -> Mask:
    return dilated(mask, square(5))


def net_change(fates: Fates, clearance: Counts, *, options: ClearanceOptions) -> Counts:
    """Change of visible vein length in percent: what is left of the baseline and what is new, against the baseline."""
    lengths = {fate: fates.length_px(fate) for fate in ("cleared", "stained", "faded", "residual", "new")}
    new = lengths.pop("new")
    before = sum(lengths.values())
    if before <= 0:
        return Counts(math.nan, {})
    after = lengths["faded"] + lengths["residual"] + new
    noise = 100 * options.area_repeat * after / before
    return Counts(100 * (after / before - 1), {**clearance.causes, "noise": math.hypot(noise, clearance.causes.get("noise", 0.0))})
