"""`compare()`: the recipe, top to bottom.

Each stage works on both photos' working copies.  As soon as a flag refuses the pair, the recipe ends: the comparison says why, and
holds no number.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import math
from collections.abc import Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Literal, cast

import cv2
import numpy as np

from photocompare import __version__
from photocompare.base.arrays import LinearRGB, MapXY, Mask, PointsXY
from photocompare.base.colour import density_from_linear, individual_typology_angle, lab_from_linear
from photocompare.base.flags import RaisedFlag, Severity, raised, worst_first
from photocompare.base.provenance import Stopwatch
from photocompare.clearance.outcome import Findings, summarise, vein_flags
from photocompare.leg.scale import Scale, checked_mm_per_px
from photocompare.photo.reading import Photo
from photocompare.prepared_photo import SEEN_OR_GIVEN, CardColour, Sight, look_at, mapped_colours, under_other_light
from photocompare.registration import Registration, register
from photocompare.registration.judge import JudgeOptions
from photocompare.registration.resampling import sampled_through, warped_photo
from photocompare.results.comparison import (
    Comparison,
    Measured,
    Outcome,
    Overlay,
    PairScale,
    PhotoRecord,
    Pictures,
    Provenance,
    RegistrationMap,
    ScaleSource,
    SkinTone,
)
from photocompare.results.reference_band import judge_against_band
from photocompare.results.timing import Timing, judge_timing, parse_date
from photocompare.settings import STANDARD, Settings
from photocompare.veins.fate import judge_fate
from photocompare.veins.light import Normalised, match_light
from photocompare.veins.network import network_available, read_skin, read_skin_after
from photocompare.veins.photometry import forced_contrast
from photocompare.veins.pieces import find_veins
from photocompare.veins.pigment import find_pigment, pigment_change
from photocompare.veins.reading import SkinReading, agreed

__all__ = ["Comparison", "compare"]

_Which = Literal["before", "after"]

_TONE_STEP = 7
"""Every seventh pixel of untouched skin gives the same median."""


def compare(
    before: Photo,
    after: Photo,
    *,
    settings: Settings = STANDARD,
    before_date: dt.date | None = None,
    after_date: dt.date | None = None,
    mm_per_px: float | None = None,
    polygon_xy: PointsXY | None = None,
    look_for_card: bool = True,
    watch: Stopwatch | None = None,
) -> Comparison:
    """Measure what became of the visible veins between two photos of the same leg.

    Parameters
    ----------
    before, after : Photo
    settings : Settings
    before_date, after_date : date, optional
        By default the photos' own capture times.
    mm_per_px : float, optional
        Scale of the before photo, millimetres per full pixel.
    polygon_xy : ndarray of shape (N, 2), optional
        Region to measure in, full before pixels.
    look_for_card : bool
        Whether to look for the scale and colour card.
    watch : Stopwatch, optional
        Goes on counting where the caller began; tells a listener each stage.

    Returns
    -------
    Comparison
        With status "not_comparable" and no numbers when a flag refuses the pair.

    Raises
    ------
    UsageError
        A scale that no photo of a leg can have, or a polygon outside the photo.
    """
    if mm_per_px is not None:
        checked_mm_per_px(mm_per_px)
    case = _Case(before, after, settings, watch or Stopwatch())
    case.timing = judge_timing(before_date or _capture_date(before), after_date or _capture_date(after), options=settings.timing)
    case.note(_known_beforehand(before, after, case.timing))
    if not case.refused:
        with case.watch.stage("field"):
            _look(case, mm_per_px, polygon_xy, look_for_card)
    if not case.refused:
        with ThreadPoolExecutor(1) as aside:
            # Reading each photo needs no map: it goes on while they are laid over each other.
            readings = aside.submit(_read_each, case)
            with case.watch.stage("register"):
                _register(case)
            if not case.refused:
                _measure(case, readings, aside)
    return case.conclusion()


@dataclass
class _Case:
    """A comparison in the making: what the stages found so far, and the flags that fired."""

    before: Photo
    after: Photo
    settings: Settings
    watch: Stopwatch
    timing: Timing = field(default_factory=lambda: Timing(None, "unknown"))
    flags: list[RaisedFlag] = field(default_factory=list)
    scale: PairScale = field(default_factory=lambda: PairScale(None, "none"))
    scale_flags: tuple[str, ...] = ()
    sights: dict[_Which, Sight] = field(default_factory=dict)
    registration: Registration | None = None
    seen_by_both: Mask | None = None
    skin: SkinTone | None = None
    measured: Measured | None = None
    outcome: Outcome | None = None

    def note(self, codes: Iterable[str], which: str = "") -> None:
        """Record flags by code."""
        self.flags += [raised(code, which) for code in codes]

    @property
    def refused(self) -> bool:
        """Whether a flag forbids a number."""
        return any(flag.severity is Severity.REFUSE for flag in self.flags)

    def conclusion(self) -> Comparison:
        """The result as it stands; without numbers when refused."""
        self.note(self.scale_flags)
        if self.timing.days is None:
            self.note(("window_unknown",))
        outcome = None if self.refused else self.outcome
        return Comparison(
            reasons=tuple(worst_first(self.flags)),
            scale=self.scale,
            overlay=self._overlay(),
            skin=self.skin,
            outcome=outcome,
            timing=self.timing,
            benchmark=judge_against_band(None if outcome is None else outcome.length, self.timing, options=self.settings.benchmark),
            before=self._record("before"),
            after=self._record("after"),
            provenance=Provenance(__version__, self.settings.name, self.settings.sha256, dict(self.watch.seconds)),
            pictures=self._pictures(outcome),
        )

    def _overlay(self) -> Overlay | None:
        if self.registration is None or self.registration.refused:
            return None
        factor = self.sights["before"].factor
        return Overlay(
            error_px_median=self.registration.error_px_median / factor,
            error_px_p95=self.registration.error_px_p95 / factor,
            shared_field_px=round(np.count_nonzero(self.registration.shared) / factor**2),
        )

    def _record(self, which: _Which) -> PhotoRecord:
        facts = (self.before if which == "before" else self.after).facts
        sight = self.sights.get(which)
        return PhotoRecord(facts.sha256, facts.width, facts.height, {} if sight is None else sight.quality.as_dict())

    def _pictures(self, outcome: Outcome | None) -> Pictures:
        registration = self.registration
        return Pictures(
            before=self.before.encoded,
            after=self.after.encoded,
            factor_before=self.sights["before"].factor if self.sights else 1.0,
            factor_after=self.sights["after"].factor if self.sights else 1.0,
            registration=None
            if registration is None or registration.refused
            else RegistrationMap(registration.map_xy, registration.shared, registration.error_px),
            measured=None if outcome is None else self.measured,
        )


def _capture_date(photo: Photo) -> dt.date | None:
    return None if photo.facts.capture_time is None else parse_date(photo.facts.capture_time)


def _known_beforehand(before: Photo, after: Photo, timing: Timing) -> list[str]:
    """Flags of the pair that need no look at the leg."""
    same = before.facts.sha256 == after.facts.sha256 or np.array_equal(before.encoded, after.encoded)
    return [code for code, fired in (("same_photo", same), ("dates_reversed", timing.reversed)) if fired]


def _look(case: _Case, mm_per_px: float | None, polygon_xy: PointsXY | None, look_for_card: bool) -> None:
    """Working copy, field, scale and quality of each photo, both side by side."""
    with ThreadPoolExecutor(2) as pool:
        before = pool.submit(look_at, case.before, case.settings, mm_per_px=mm_per_px, polygon_xy=polygon_xy, card=look_for_card)
        after = pool.submit(look_at, case.after, case.settings, card=look_for_card)
        case.sights = {"before": before.result(), "after": after.result()}
    for which, sight in case.sights.items():
        photo = case.before if which == "before" else case.after
        case.note((*photo.flags, *sight.field.flags, *sight.quality.flags), which)
        if sight.factor < 1.0:
            case.note(("downsampled",), which)
    _take_scale(case, case.sights["before"].scale)


def _take_scale(case: _Case, scale: Scale, after_over_before: float | None = None) -> None:
    """The pair's scale from one seen in the before photo."""
    case.scale = PairScale(scale.mm_per_px, cast(ScaleSource, scale.source), after_over_before)
    case.scale_flags = scale.flags


def _register(case: _Case) -> None:
    """Lay the photos over each other, and carry the scale from the one that has it."""
    before, after = case.sights["before"], case.sights["after"]
    settings = case.settings
    case.registration = register(
        before.linear, after.linear, before.limb, after.limb, options=settings.registration, field_options=settings.field
    )
    case.seen_by_both = case.registration.shared
    if before.field is not before.limb:
        case.registration = _within(case.registration, before.field.measurable, case.settings.registration.judge)
    case.note(case.registration.flags)
    if case.registration.refused:
        return
    ratio = case.registration.scale_after_over_before * before.factor / after.factor
    if before.scale.source not in SEEN_OR_GIVEN and after.scale.source == "card" and after.scale.mm_per_px is not None:
        _take_scale(case, dataclasses.replace(after.scale, mm_per_px=after.scale.mm_per_px * ratio), ratio)
    else:
        _take_scale(case, before.scale, ratio)


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


def _read_each(case: _Case) -> tuple[SkinReading, SkinReading]:
    """Each photo read alone, in its own pixels: a resampled one has lost the finest veins."""
    before, after = case.sights["before"], case.sights["after"]
    return read_skin(before.linear, before.field.leg), read_skin(after.linear, after.field.leg)


def _read_after(case: _Case, alone: SkinReading, warped: LinearRGB, shown: Mask) -> SkinReading:
    """The after photo in the before frame: what was read alone, held against a second reading in sight of the before photo."""
    before, registration = case.sights["before"], case.registration
    assert registration is not None
    alone = _carried(alone, registration.map_xy)
    if not network_available():
        case.note(("ridge_reading",))
        return alone
    return agreed(alone, read_skin_after(warped, before.linear, before.field.leg & shown))


def _measure(case: _Case, reading: Future[tuple[SkinReading, SkinReading]], aside: ThreadPoolExecutor) -> None:
    """From two photos that lie over each other to the numbers."""
    settings, registration, before = case.settings, case.registration, case.sights["before"]
    assert registration is not None
    px_per_mm = _px_per_mm(case)
    shared, map_xy = registration.shared, registration.map_xy
    with case.watch.stage("veins"):
        after = case.sights["after"]
        warped, shown = warped_photo(after.linear, map_xy)
        first, alone = reading.result()
        readings = first, _read_after(case, alone, warped, shown)
        seen = before.field.measurable
        veins = (
            find_veins(readings[0], seen, px_per_mm, options=settings.veins),
            find_veins(readings[1], shared, px_per_mm, options=settings.veins),
        )
    # The light is matched for the pictures and the tone; the fates don't wait for it.
    lit = aside.submit(_same_light, case, readings, warped, px_per_mm)
    with case.watch.stage("pigment"):
        # Before treatment there is no course for a stain to follow, and brown within a vein is the vein.
        beside, none = shared & ~veins[0].mask, np.zeros_like(shared)
        stains = (
            find_pigment(readings[0], beside, none, px_per_mm, options=settings.pigment),
            find_pigment(readings[1], shared, veins[0].mask, px_per_mm, options=settings.pigment),
        )
        pigment = pigment_change(*stains, px_per_mm)
    with case.watch.stage("fate"):
        error_px = registration.error_px_median
        densities = density_from_linear(before.linear), density_from_linear(after.linear)
        forced = forced_contrast(veins[0].pieces, *densities, map_xy, veins[0].mask)
        fates = judge_fate(veins[0], *readings, shared, seen, veins[1], pigment.gained, forced, px_per_mm, error_px, options=settings.fate)
    with case.watch.stage("clearance"):
        findings = Findings(readings, veins, fates, pigment, registration.shared)
        case.note(vein_flags(findings, settings.veins.piece_mm * px_per_mm, options=settings.outcome))
        reticular_px = None if case.scale.mm_per_px is None else settings.veins.reticular_mm * px_per_mm
        if not case.refused:
            case.outcome = summarise(findings, px_per_mm, reticular_px, before.factor, options=settings.outcome)
    with case.watch.stage("light"):
        light, case.skin = lit.result()
        case.note(light.flags)
        case.note(("dark_skin_limits",) if case.skin.group == "dark" else ())
    case.measured = Measured(
        before_normalised=light.before,
        after_normalised=np.where(shown[..., np.newaxis], light.after, np.float32(np.nan)),
        veins_before=veins[0].mask & shared,
        veins_after=veins[1].mask & shared,
        pigment_before=pigment.before & shared,
        pigment_after=pigment.after & shared,
        pieces=(*fates.baseline, *fates.new),
        remains=fates.remains,
        px_per_mm=px_per_mm,
    )


def _same_light(case: _Case, readings: tuple[SkinReading, SkinReading], warped: LinearRGB, px_per_mm: float) -> tuple[Normalised, SkinTone]:
    """Both photos under one light, and the tone of skin that nothing touches."""
    before, after, registration = case.sights["before"], case.sights["after"], case.registration
    assert registration is not None
    assert case.seen_by_both is not None
    touched = _touched(readings, px_per_mm, case.settings)
    by_card = under_other_light(warped, after.card_colour, before.card_colour)
    settled = by_card is not warped
    # All skin that both photos see tells the light: a small field drawn by hand would leave the rest of the picture to extrapolation.
    light = match_light(before.linear, by_card, case.seen_by_both, touched, colour_settled=settled, options=case.settings.light)
    # The skin's own level is matched away in `light`; where a card settles the light, the tone is read before that.
    tone = _skin_tone(light.before, by_card if settled else light.after, registration.shared & ~touched, before.card_colour)
    return light, tone


def _px_per_mm(case: _Case) -> float:
    """Working pixels a millimetre; without a scale, those of a limb of usual width."""
    sight, scale = case.sights["before"], case.scale.mm_per_px
    return sight.quality.limb_px / case.settings.quality.usual_limb_mm if scale is None else sight.factor / scale


def _touched(readings: tuple[SkinReading, SkinReading], px_per_mm: float, settings: Settings) -> Mask:
    """Where either photo may show vein or stain, and as far around as a vein counts as the same one."""
    visible = np.maximum.reduce([p for reading in readings for p in (reading.vein_probability, reading.stain_probability)])
    doubtful = (visible >= settings.outcome.clearance.threshold_band[0]).astype(np.uint8)
    side = 2 * max(1, round(settings.fate.new_beyond_mm * px_per_mm)) + 1
    return np.asarray(cv2.dilate(doubtful, np.ones((side, side), np.uint8)) > 0, dtype=np.bool_)


def _carried(reading: SkinReading, map_xy: MapXY) -> SkinReading:
    """A reading of the after photo in the before frame; 0 where there is no map."""
    channels = (reading.vein_de, reading.stain_de, reading.vein_probability, reading.stain_probability)
    return SkinReading(*(sampled_through(channel, map_xy) for channel in channels))


def _skin_tone(before: LinearRGB, after: LinearRGB, unaffected: Mask, card: CardColour | None = None) -> SkinTone:
    """Typology angles of the skin that neither vein nor stain touches, in the before photo's card colours; NaN where there is none."""

    def angle(linear: LinearRGB) -> float:
        if not unaffected.any():
            return math.nan
        skin = linear.reshape(-1, 3)[np.flatnonzero(unaffected)[::_TONE_STEP], np.newaxis]
        lightness, _, b_star = np.median(lab_from_linear(skin if card is None else mapped_colours(skin, card.matrix)), axis=(0, 1))
        return individual_typology_angle(float(lightness), float(b_star))

    return SkinTone(angle(before), angle(after))
