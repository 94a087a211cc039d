"""Several photos of each visit: one result, with a narrower interval than any single pair gives.

Shots of one visit differ in what makes a single pair uncertain by chance: how the leg was held, how well the photos lie over each
other, where the light fell, noise.  They share what is uncertain by definition (where "visible" begins) and by choice
(where the field ends).
"""

from __future__ import annotations

import dataclasses
import math
import statistics
from collections.abc import Mapping, Sequence
from itertools import cycle, islice, product
from typing import Any

from photocompare.base.errors import UsageError
from photocompare.base.estimate import Z95, Estimate
from photocompare.base.flags import RaisedFlag, Severity, raised, worst_first
from photocompare.clearance.outcome import CalibreOutcome, Outcome
from photocompare.comparison import compare, same_pixels
from photocompare.photo.reading import Photo
from photocompare.results.comparison import Comparison, ShotRecord
from photocompare.results.reference_band import judge_against_band
from photocompare.settings import STANDARD, Settings

MOST_SHOTS = 4
"""Of one visit: a fifth would narrow the interval by a tenth of what the first four did."""

SHARED_CAUSES = frozenset({"threshold", "field", "witnesses", "sample", "misread", "unchanged", "calibre"})
"""Causes that lie in the leg, its veins or who looks: the same in every shot of a visit, and no number of shots averages them away."""

_DISAGREE_Z = 2.58
"""Shots whose numbers lie apart by more than this many standard errors of their difference disagree (one pair of shots in a hundred)."""


def compare_shots(befores: Sequence[Photo], afters: Sequence[Photo], *, settings: Settings = STANDARD, **how: Any) -> Comparison:
    """Compare every shot with one of the other visit, and combine what they say.

    Parameters
    ----------
    befores, afters : sequence of Photo
        One to four each, of which a repeated one counts once; the pairing runs through both, the shorter one again from its start.
    settings, how
        As `compare` takes them; scale and polygon belong to the first before photo.  A scale is used for that alone; with a polygon
        the other before photos are left out.

    Returns
    -------
    Comparison
        Pictures and fates of the measured pair with the narrowest interval, numbers of all; not comparable when no pair could be measured,
        or when a photo stands in both visits.

    Raises
    ------
    UsageError
        No shot of a visit, or more than four.
    """
    if not (1 <= len(befores) <= MOST_SHOTS and 1 <= len(afters) <= MOST_SHOTS):
        raise UsageError(f"Give one to {MOST_SHOTS} photos of each visit.")
    befores, afters = (_told_apart(visit) for visit in (befores, afters))
    for before, after in product(befores, afters):
        if same_pixels(before.encoded, after.encoded):
            return compare(before, after, settings=settings, **how)  # refused: the same photo
    # A drawn field belongs to the first before photo: further ones would be measured on the whole leg, which is another number.
    if how.get("polygon_xy") is not None:
        befores = befores[:1]
    count = max(len(befores), len(afters))
    pairs = list(zip(islice(cycle(befores), count), islice(cycle(afters), count), strict=True))
    of_the_first = ("mm_per_px", "polygon_xy")
    results = [
        compare(b, a, settings=settings, **{k: v for k, v in how.items() if b is befores[0] or k not in of_the_first}) for b, a in pairs
    ]
    return results[0] if count == 1 else combine(results, settings=settings)


def _told_apart(visit: Sequence[Photo]) -> list[Photo]:
    """A visit's photos without repeated ones, in another kind of file too."""
    kept: list[Photo] = []
    for photo in visit:
        if not any(same_pixels(photo.encoded, other.encoded) for other in kept):
            kept.append(photo)
    return kept


def combine(results: Sequence[Comparison], *, settings: Settings = STANDARD) -> Comparison:
    """One comparison from several of the same two visits."""
    shots = tuple(ShotRecord(r.before.sha256, r.after.sha256, r.status, None if r.outcome is None else r.outcome.length) for r in results)
    measured = [(r, r.outcome) for r in results if r.outcome is not None]
    if not measured:
        return dataclasses.replace(results[0], shots=shots)
    best, own = min(measured, key=lambda pair: pair[1].length.width)
    outcomes = [outcome for _, outcome in measured]
    reasons = [*best.reasons, *_flags(results, outcomes)]
    outcome = dataclasses.replace(
        own,
        length=combined([o.length for o in outcomes]),
        area=combined([o.area for o in outcomes]),
        contrast=combined([o.contrast for o in outcomes]),
        net_change=combined([o.net_change for o in outcomes], lowest=-100.0, highest=math.inf),
        by_calibre=_by_calibre(own, outcomes),
    )
    verdict = judge_against_band(outcome.length, best.timing, options=settings.benchmark)
    seconds = {stage: sum(r.provenance.seconds.get(stage, 0.0) for r in results) for stage in best.provenance.seconds}
    provenance = dataclasses.replace(best.provenance, seconds=seconds)
    return dataclasses.replace(
        best, reasons=tuple(worst_first(reasons)), outcome=outcome, benchmark=verdict, shots=shots, provenance=provenance
    )


def combined(estimates: Sequence[Estimate], *, lowest: float = -math.inf, highest: float = 100.0) -> Estimate:
    """Mean of several estimates of one quantity.

    Causes that belong to one shot shrink with their number, shared ones don't; and where the shots scatter more than their own causes say,
    their scatter is believed.  Failed estimates are left out.
    """
    good = [e for e in estimates if e.ok]
    if len(good) < 2:
        return good[0] if good else estimates[0]
    count = len(good)
    value = statistics.fmean(e.value for e in good)
    names = sorted({name for e in good for name in e.causes})
    causes = {}
    for name in names:
        sides = [e.causes.get(name, 0.0) for e in good]
        causes[name] = statistics.fmean(sides) if name in SHARED_CAUSES else math.hypot(*sides) / count
    own = _own_side(causes)
    scatter = Z95 * statistics.stdev(e.value for e in good) / math.sqrt(count)
    if scatter > own:
        causes["scatter"] = math.sqrt(scatter**2 - own**2)
    side = math.hypot(*causes.values())
    method = f"mean of {count} pairs of photos: {good[0].method}"
    return Estimate(value, max(lowest, value - side), min(highest, value + side), good[0].unit, method, causes)


def _own_side(causes: Mapping[str, float]) -> float:
    """How far the causes that belong to one shot reach together."""
    return math.hypot(*(side for name, side in causes.items() if name not in SHARED_CAUSES))


def _by_calibre(own: Outcome, outcomes: Sequence[Outcome]) -> Mapping[str, CalibreOutcome]:
    return {
        name: CalibreOutcome(combined([o.by_calibre[name].clearance for o in outcomes if name in o.by_calibre]), part.before_px)
        for name, part in own.by_calibre.items()
    }


def _flags(results: Sequence[Comparison], outcomes: Sequence[Outcome]) -> list[RaisedFlag]:
    flags = [raised("shot_left_out", "")] if len(outcomes) < len(results) else []
    lengths = [o.length for o in outcomes]
    low, high = min(lengths, key=lambda e: e.value), max(lengths, key=lambda e: e.value)
    error = math.hypot(_own_side(low.causes), _own_side(high.causes)) / Z95
    if high.value - low.value > _DISAGREE_Z * error:
        flags.append(raised("shots_disagree", ""))
    assert all(flag.severity is not Severity.REFUSE for flag in flags)
    return flags
