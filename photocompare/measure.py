"""From two registered photos to the numbers: same light, veins, pigment, fate, clearance."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field

import cv2
import numpy as np
from numpy.typing import NDArray

from photocompare.arrays import LinearRGB, MapXY, Mask
from photocompare.clearance import ClearanceOptions, Counts, area_clearance, length_clearance, net_change
from photocompare.estimate import Estimate
from photocompare.fate import FateOptions, Fates, judge_fate
from photocompare.light import LightOptions, Normalised, match_light
from photocompare.pigment import Pigment, PigmentOptions, find_pigment, pigment_change
from photocompare.result import ASSESSED_FATES, FATES, CalibreOutcome, Measured, Outcome, PigmentOutcome
from photocompare.vein_network import SkinReading, read_skin
from photocompare.veins import VeinOptions, Veins, find_veins


@dataclass(frozen=True)
class MeasureOptions:
    """Settings of the measuring stages.

    Parameters
    ----------
    assumed_px_per_mm : float
        Used for lengths that only shape the search (a speck, a piece) where no scale is known; a calf that fills a 1200 px wide photo.
    least_baseline_px : float
        Total baseline vein length under which nothing is measured: three pieces.
    few_baseline_mm : float
        Baseline under which a percentage is called uncertain: one piece misjudged moves it by more than 3 points.
    most_vein_share : float
        Share of the field that visible veins can cover; even dense telangiectatic fields stay far below half.
    """

    light: LightOptions = field(default_factory=LightOptions)
    veins: VeinOptions = field(default_factory=VeinOptions)
    pigment: PigmentOptions = field(default_factory=PigmentOptions)
    fate: FateOptions = field(default_factory=FateOptions)
    clearance: ClearanceOptions = field(default_factory=ClearanceOptions)
    assumed_px_per_mm: float = 9.0
    least_baseline_px: float = 30.0
    few_baseline_mm: float = 30.0
    most_vein_share: float = 0.45


@dataclass(frozen=True)
class Registered:
    """Two photos laid over each other.

    before, after : LinearRGB in their own working frames.  leg_before, leg_after : Mask, likewise.  seen_before : Mask, skin seen well.
    map_xy : before frame to after frame.  shared : Mask (before frame).  error_px : typical registration error.
    full_per_working : full before px per working px; the numbers are in full px.
    """

    before: LinearRGB
    after: LinearRGB
    leg_before: Mask
    leg_after: Mask
    seen_before: Mask
    map_xy: MapXY
    shared: Mask
    error_px: float
    full_per_working: float


@dataclass(frozen=True)
class Measurement:
    """Numbers (None where nothing can be measured), pictures, flags and the skin that nothing touches (for its tone)."""

    outcome: Outcome | None
    pictures: Measured | None
    flags: tuple[str, ...]
    untouched: Mask


_TOUCHED_MARGIN_MM = 0.8
"""Around veins and stains: light scatters that far in skin, so their colour reaches beyond them."""


def _warped(image: NDArray[np.float32], map_xy: MapXY) -> NDArray[np.float32]:
    """An after image in the before frame; 0 where there is no counterpart."""
    where = np.nan_to_num(map_xy, nan=_NOWHERE)
    return np.asarray(cv2.remap(image, where[..., 0], where[..., 1], cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT), dtype=np.float32)


_NOWHERE = -1e4
"""A coordinate outside every photo."""


def measure(
    pair: Registered,
    px_per_mm: float | None,
    stage: Callable[[str], AbstractContextManager[None]],
    *,
    options: MeasureOptions = MeasureOptions(),
) -> Measurement:
    """Everything after registration.

    Parameters
    ----------
    pair : Registered
    px_per_mm : float, optional
        Of the before working frame; None where no scale is known.
    stage : callable
        Opens the timer of a named stage.
    """
    scale = px_per_mm if px_per_mm is not None else options.assumed_px_per_mm
    with stage("veins"):
        before, after = read_skin(pair.before, pair.leg_before), read_skin(pair.after, pair.leg_after)
        after = SkinReading(
            *(_warped(channel, pair.map_xy) for channel in (after.vein_de, after.stain_de, after.vein_probability, after.stain_probability))
        )
        veins = (
            find_veins(before, pair.seen_before, scale, options=options.veins),
            find_veins(after, pair.shared, scale, options=options.veins),
        )
    with stage("pigment"):
        stained = [find_pigment(reading, pair.shared, scale, options=options.pigment) for reading in (before, after)]
        pigment = pigment_change(stained[0], stained[1], scale)
    touched = _grown(veins[0].mask | veins[1].mask | pigment.before | pigment.after, _TOUCHED_MARGIN_MM * scale)
    with stage("light"):
        light = match_light(pair.before, _warped(pair.after, pair.map_xy), pair.shared, touched, options=options.light)
    with stage("fate"):
        fates = judge_fate(veins[0], before, after, pair.shared, pair.seen_before, veins[1], scale, pair.error_px, options=options.fate)
    flags = (*light.flags, *_vein_flags(fates, veins[0], pair.shared, px_per_mm, options))
    pictures = _pictures(light, veins, pigment, fates, pair.shared)
    untouched = pair.shared & ~touched
    if {"no_veins_before", "implausible_veins"} & set(flags):
        return Measurement(None, None, flags, untouched)
    with stage("clearance"):
        outcome = _outcome(fates, veins, (before, after), pigment, pair, px_per_mm, options)
    return Measurement(outcome, pictures, flags, untouched)


def _grown(mask: Mask, radius: float) -> Mask:
    side = 2 * max(1, round(radius)) + 1
    return np.asarray(cv2.dilate(mask.astype(np.uint8), cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side))) > 0, dtype=np.bool_)


def _vein_flags(fates: Fates, veins: Veins, shared: Mask, px_per_mm: float | None, options: MeasureOptions) -> tuple[str, ...]:
    baseline = sum(p.piece.length_px for p in fates.baseline if p.fate in ASSESSED_FATES)
    if baseline < options.least_baseline_px:
        return ("no_veins_before",)
    if np.count_nonzero(veins.mask & shared) > options.most_vein_share * np.count_nonzero(shared):
        return ("implausible_veins",)
    return ("too_few_veins",) if baseline < options.few_baseline_mm * (px_per_mm or options.assumed_px_per_mm) else ()


def _pictures(light: Normalised, veins: tuple[Veins, Veins], pigment: Pigment, fates: Fates, shared: Mask) -> Measured:
    return Measured(
        before_normalised=light.before,
        after_normalised=light.after,
        veins_before=veins[0].mask & shared,
        veins_after=veins[1].mask & shared,
        pigment_before=pigment.before,
        pigment_after=pigment.after,
        pieces=(*fates.baseline, *fates.new),
    )


def _outcome(
    fates: Fates,
    veins: tuple[Veins, Veins],
    readings: tuple[SkinReading, SkinReading],
    pigment: Pigment,
    pair: Registered,
    px_per_mm: float | None,
    options: MeasureOptions,
) -> Outcome:
    o = options.clearance
    assessed = np.array([p.fate in ASSESSED_FATES for p in fates.baseline], np.bool_)
    length = length_clearance(fates, assessed, o)

    def area(weighted: bool) -> Estimate:
        counts = area_clearance(*readings, veins, pair.shared, o, weighted=weighted)
        return counts.estimate(o, lowest=-np.inf, highest=100.0, method="contrast over visible area" if weighted else "visible area")

    enlarge = pair.full_per_working
    lengths: dict[str, float] = {fate: fates.length_px(fate) * enlarge for fate in FATES}
    baseline = sum(lengths[fate] for fate in ASSESSED_FATES)
    areas = {name: np.count_nonzero(getattr(pigment, name)) * enlarge**2 for name in ("before", "after", "gained", "faded")}
    return Outcome(
        length=_bounded(length, o),
        area=area(weighted=False),
        contrast=area(weighted=True),
        net_change=net_change(veins, fates, length).estimate(o, lowest=-100.0, highest=np.inf, method="visible length"),
        by_calibre=_by_calibre(fates, assessed, px_per_mm, enlarge, options),
        fate_px=lengths,
        pigment=PigmentOutcome(areas["before"], areas["after"], areas["gained"], areas["faded"], 100 * lengths["stained"] / baseline),
    )


def _bounded(counts: Counts, options: ClearanceOptions) -> Estimate:
    return counts.estimate(options, lowest=0.0, highest=100.0, method="forced measurement of each baseline piece")


def _by_calibre(
    fates: Fates, assessed: NDArray[np.bool_], px_per_mm: float | None, enlarge: float, options: MeasureOptions
) -> dict[str, CalibreOutcome]:
    if px_per_mm is None:
        return {}
    reticular_px = options.veins.reticular_mm * px_per_mm
    names = np.array([p.piece.calibre(reticular_px) for p in fates.baseline])
    length = np.array([p.piece.length_px for p in fates.baseline])
    out = {}
    for name in ("telangiectasia", "reticular"):
        chosen = assessed & (names == name)
        out[name] = CalibreOutcome(
            _bounded(length_clearance(fates, chosen, options.clearance), options.clearance), float(length[chosen].sum()) * enlarge
        )
    return out
