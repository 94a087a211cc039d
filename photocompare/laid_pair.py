"""Both photos laid over each other within the region that is to be measured, and the scale of both."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from photocompare.base.arrays import MapXY, Mask
from photocompare.leg.scale import Scale, of_both_cards
from photocompare.prepared_pair import PreparedPair
from photocompare.prepared_photo import PreparedPhoto
from photocompare.registration import Registration, register
from photocompare.registration.judge import JudgeOptions
from photocompare.registration.resampling import carried_on
from photocompare.settings import Settings


@dataclass(frozen=True, eq=False, repr=False)
class LaidOver:
    """Both photos laid over each other.

    Parameters
    ----------
    registration : Registration
        Within the region that is to be measured.
    seen_by_both : Mask
        All skin that both photos see well, beyond that region too.
    scale : Scale
        The pair's.
    """

    registration: Registration
    seen_by_both: Mask
    scale: Scale

    @cached_property
    def carried_xy(self) -> MapXY:
        """The map beyond what is known of it too, for looking: glare that is left out, skin and background beyond the shared field."""
        return carried_on(self.registration.map_xy)


def lay_over(pair: PreparedPair, settings: Settings, *, by_hand: bool, matched: Callable[[], object]) -> LaidOver:
    """Lay the photos over each other, and carry the scale from the one that has it."""
    before, after = pair.prepared_before, pair.prepared_after
    photos, limbs = (before.linear, after.linear), (before.limb, after.limb)
    whole = pair.memory.found(
        "registration",
        pair.follows_from,
        lambda: register(*photos, *limbs, options=settings.registration, field_options=settings.field, matched=matched),
    )
    registration = whole if before.field is before.limb else _within(whole, before.field.measurable, settings.registration.judge)
    return LaidOver(registration, whole.shared, _scale_of_both(whole, before, after, by_hand=by_hand))


def _scale_of_both(laid: Registration, before: PreparedPhoto, after: PreparedPhoto, *, by_hand: bool) -> Scale:
    """The before photo's scale, or the one measured in the after photo, carried over; where both have one, they are held together."""
    if laid.refused or not after.scale.measured or after.scale.mm_per_px is None or by_hand:
        return before.scale
    mm_per_px = after.scale.mm_per_px * laid.scale_after_over_before * before.factor / after.factor
    carried = dataclasses.replace(after.scale, mm_per_px=mm_per_px, mm_per_working_px=mm_per_px / before.factor)
    return of_both_cards(before.scale, carried) if before.scale.measured else carried


def _within(registration: Registration, region: Mask, options: JudgeOptions) -> Registration:
    """The registration within the region that is to be measured; refused when too little of that is shared."""
    if registration.refused:
        return registration
    shared = registration.shared & region
    overlap = int(np.count_nonzero(shared)) / max(int(np.count_nonzero(region)), 1)
    flags = [code for code in registration.flags if code != "partial_overlap"]
    if overlap < options.partial_overlap:
        flags.append("low_overlap" if overlap < options.least_overlap else "partial_overlap")
    return dataclasses.replace(registration, shared=shared, overlap_share=overlap, flags=tuple(flags))
