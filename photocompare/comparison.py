"""`compare()`: the recipe, top to bottom.

Each stage works on both photos' working copies.  As soon as a flag refuses the pair, the recipe ends: the comparison says why, and
holds no number.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache, partial
from typing import Unpack

import numpy as np

from photocompare import __version__
from photocompare.base.arrays import SRGB8, Density, Grey, LinearRGB, MapXY, Mask, PointsXY
from photocompare.base.colour import density_from_linear
from photocompare.base.flags import FIELD_DRAWN, RaisedFlag, Severity, raised, worst_first
from photocompare.base.masks import dilated, square
from photocompare.base.provenance import Stopwatch
from photocompare.base.stage_memory import StageMemory
from photocompare.card.pair_colours import under_other_light
from photocompare.clearance.intervals import seen_map
from photocompare.clearance.outcome import Outcome, VeinFindings, summarise, vein_flags
from photocompare.laid_pair import LaidOver, lay_over
from photocompare.leg.scale import Scale, checked_mm_per_px
from photocompare.leg.tone import SkinTone, skin_tone
from photocompare.pair_blur import PairBlur, judge_blur
from photocompare.photo.reading import Photo
from photocompare.prepared_pair import Given, PreparedPair, prepare_pair
from photocompare.prepared_photo import PreparedPhoto
from photocompare.registration.background import background_by_after
from photocompare.registration.resampling import sampled_on, shown_only, warped_photo, without_nan
from photocompare.results.comparison import Comparison, Measured, PhotoRecord, Pictures, Provenance
from photocompare.results.reference_band import judge_against_band, tells_nothing
from photocompare.results.timing import Timing, judge_timing, parse_date
from photocompare.settings import STANDARD, Settings
from photocompare.veins.coloured import vein_colour
from photocompare.veins.fate import Fates, judge_fate
from photocompare.veins.gloss import under_one_gloss
from photocompare.veins.kept_contrast import softened
from photocompare.veins.light import Normalised, match_light
from photocompare.veins.lookalikes import SkinDensity
from photocompare.veins.network import network_available, read_beside, read_skin
from photocompare.veins.photometry import Forced, forced_contrast
from photocompare.veins.pieces import Veins, find_baseline, find_veins
from photocompare.veins.pigment import find_pair_pigment
from photocompare.veins.reading import PairReading, SkinReading, agreed

__all__ = ["Comparison", "Given", "compare"]


def compare(
    before: Photo,
    after: Photo,
    *,
    settings: Settings = STANDARD,
    watch: Stopwatch | None = None,
    memory: StageMemory | None = None,
    **given: Unpack[Given],
) -> Comparison:
    """Measure what became of the visible veins between two photos of the same leg.

    Parameters
    ----------
    before, after : Photo
    settings : Settings
    watch : Stopwatch, optional
        Goes on counting where the caller began; tells a listener each stage.
    memory : StageMemory, optional
        What was found of the same photos before, and takes up what is found now.  It changes no number.
    given
        See `Given`.

    Returns
    -------
    Comparison
        With status "not_comparable" and no numbers when a flag refuses the pair.

    Raises
    ------
    UsageError
        A scale that no photo of a leg can have, or a polygon outside the photo.
    """
    watch = watch or Stopwatch()
    mm_per_px = given.get("mm_per_px")
    if mm_per_px is not None:
        checked_mm_per_px(mm_per_px)
    timing = judge_timing(
        given.get("before_date") or _capture_date(before), given.get("after_date") or _capture_date(after), options=settings.timing
    )
    polygon_xy = given.get("polygon_xy")
    flags = [*_known_beforehand(before, after, timing), *_raised(() if polygon_xy is None else (FIELD_DRAWN,))]
    ending = _Ending(before, after, timing, settings, watch, polygon_xy)
    if _refuse(flags):
        return ending.comparison(flags)

    with watch.stage("field"):
        pair = prepare_pair(before, after, given, settings=settings, memory=memory)
    flags += pair.flags
    if _refuse(flags):
        return ending.comparison(flags, pair)

    # Reading each photo alone needs no map: it goes on while they are laid over each other, once they are likely to be of the same skin.
    with ThreadPoolExecutor(1) as aside:
        alone = cache(lambda: aside.submit(_read_each, pair, settings))
        with watch.stage("register"):
            laid = lay_over(pair, settings, by_hand=mm_per_px is not None, matched=alone)
        flags += _raised(laid.registration.flags)
        if _refuse(flags):
            return ending.comparison(flags, pair, laid)

        with watch.stage("veins"):
            # The pictures show the after photo where nothing is measured too.
            warped, pictured = pair.memory.found(
                "warped", pair.follows_from, lambda: warped_photo(pair.prepared_after.linear, laid.carried_xy)
            )
            shown: Mask = pictured & np.isfinite(laid.registration.map_xy[..., 0])
            reading, touched = _read_together(pair, laid, alone().result(), (warped, shown), settings)
            within = (*pair.follows_from, pair.field, laid.scale.mm_per_px)
            density = density_from_linear(pair.prepared_before.linear)
            densities, photos = (density, density_from_linear(warped)), (pair.prepared_before, pair.prepared_after)
            skins = (photos[0].limb.leg, shown)
            veins = pair.memory.found(
                "veins", within, lambda: _veins_of_both(alone().result()[0], reading, densities, skins, aside, settings)
            )
            alone.cache_clear()  # the photos' own readings are needed no more
        flags += [] if network_available() else _raised(("ridge_reading",))
        # The blur doesn't wait for the pigment; the light is matched for the pictures and the tone, and the fates don't wait for it.
        blurred = aside.submit(judge_blur, photos, densities, reading, veins, laid.registration.scale_after_over_before, settings=settings)
        light = aside.submit(
            pair.memory.found, "light", within, partial(_same_light, pair, laid, reading.shared, touched, warped, settings)
        )

        with watch.stage("pigment"):
            pigment = find_pair_pigment(reading, veins[0].mask, densities, options=settings.pigment)
        with watch.stage("fate"):
            blur = blurred.result()
            profiles = None if network_available() else _profiles(pair, laid, density, veins[0], blur, settings)
            fates = judge_fate(reading, (veins[0], blur.resolved_after), pigment.gained, profiles, blur.softness, options=settings.fate)
        with watch.stage("clearance"):
            findings = VeinFindings(reading, veins, fates, pigment)
            flags += _vein_colour_flags(fates, density, veins[0], reading.px_per_mm, settings)
            flags += [raised(code, which) for code, which in blur.flags(fates, settings.blur)]
            if not _refuse(flags):
                flags += _raised(vein_flags(findings, settings.veins.piece_mm * reading.px_per_mm, options=settings.outcome))
            outcome = None if _refuse(flags) else _outcome(findings, pair, laid, settings)
            if outcome is not None and tells_nothing(outcome.length, options=settings.benchmark):
                flags += _raised(("interval_too_wide",))
        with watch.stage("light"):
            lit, tone = light.result()
            flags += _raised((*lit.flags, *(("dark_skin_limits",) if tone.group == "dark" else ())))
    measured = Measured(
        before_normalised=lit.before,
        after_normalised=shown_only(lit.after, pictured),
        veins_before=seen_map(reading.before.vein_de, veins[0], reading.shared, settings.fate.observer),
        veins_after=seen_map(reading.after.vein_de, veins[1], reading.shared, settings.fate.observer),
        pigment_before=pigment.before & reading.shared,
        pigment_after=pigment.after & reading.shared,
        pieces=(*fates.baseline, *fates.new),
        contrasts=fates.contrasts,
        px_per_mm=reading.px_per_mm,
    )
    return ending.comparison(flags, pair, laid, _Numbers(outcome, tone, measured))


@dataclass(frozen=True, eq=False, repr=False)
class _Numbers:
    """What was measured of a pair; no outcome where its veins refuse one."""

    outcome: Outcome | None
    tone: SkinTone
    measured: Measured


@dataclass(frozen=True, eq=False, repr=False)
class _Ending:
    """What every comparison tells, however far it came."""

    before: Photo
    after: Photo
    timing: Timing
    settings: Settings
    watch: Stopwatch
    drawn_field: PointsXY | None

    def comparison(
        self, flags: Sequence[RaisedFlag], pair: PreparedPair | None = None, laid: LaidOver | None = None, numbers: _Numbers | None = None
    ) -> Comparison:
        """The result of the stages that were reached; without numbers when refused."""
        scale = laid.scale if laid is not None else pair.prepared_before.scale if pair is not None else Scale.unknown()
        flags = [*flags, *_raised(scale.flags), *(_raised(("window_unknown",)) if self.timing.days is None else [])]
        flags = list(dict.fromkeys(flags))  # a photo may be called soft for itself and for its veins
        outcome = None if numbers is None or _refuse(flags) else numbers.outcome
        length = None if outcome is None else outcome.length
        return Comparison(
            reasons=tuple(worst_first(flags)),
            scale=scale,
            skin=None if numbers is None else numbers.tone,
            outcome=outcome,
            timing=self.timing,
            benchmark=judge_against_band(length, self.timing, options=self.settings.benchmark),
            before=_record(self.before, None if pair is None else pair.prepared_before),
            after=_record(self.after, None if pair is None else pair.prepared_after),
            provenance=Provenance(__version__, self.settings.name, self.settings.sha256, dict(self.watch.seconds)),
            pictures=Pictures(
                before=self.before.encoded,
                after=self.after.encoded,
                factor_before=1.0 if pair is None else pair.prepared_before.factor,
                factor_after=1.0 if pair is None else pair.prepared_after.factor,
                registration=None if laid is None or laid.registration.refused else laid.registration,
                measured=None if numbers is None or outcome is None else numbers.measured,
                drawn_field=self.drawn_field,
            ),
        )


def _raised(codes: Sequence[str], which: str = "") -> list[RaisedFlag]:
    return [raised(code, which) for code in codes]


def _refuse(flags: Sequence[RaisedFlag]) -> bool:
    """Whether a flag forbids a number."""
    return any(flag.severity is Severity.REFUSE for flag in flags)


def _record(photo: Photo, prepared: PreparedPhoto | None) -> PhotoRecord:
    facts = photo.facts
    return PhotoRecord(facts.sha256, facts.width, facts.height, {} if prepared is None else prepared.quality.as_dict())


def _capture_date(photo: Photo) -> dt.date | None:
    return None if photo.facts.capture_time is None else parse_date(photo.facts.capture_time)


def _known_beforehand(before: Photo, after: Photo, timing: Timing) -> list[RaisedFlag]:
    """Flags of the pair that need no look at the leg."""
    same = before.facts.sha256 == after.facts.sha256 or same_pixels(before.encoded, after.encoded)
    sides = {before.facts.laterality, after.facts.laterality} - {None}
    found = (("same_photo", same), ("dates_reversed", timing.reversed), ("sides_disagree", len(sides) > 1))
    return _raised([code for code, fired in found if fired])


def same_pixels(before: SRGB8, after: SRGB8) -> bool:
    """Whether two photos are the same, row by row: photos that differ do so in the first one."""
    return before.shape == after.shape and all(np.array_equal(*rows) for rows in zip(before, after, strict=True))


def _read_each(pair: PreparedPair, settings: Settings) -> tuple[SkinReading, SkinReading]:
    """Each photo read alone, in its own pixels: a resampled one has lost the finest veins.

    All of the leg, whatever field was drawn: the light beyond its edge belongs to the same surround, and another field needs no reading.
    """

    def read(photo: PreparedPhoto, leg: Mask) -> SkinReading:
        return read_skin(photo.linear, leg, factor=photo.factor, ridges=settings.ridges, colour=settings.fine_colour, last=False)

    before, after = pair.prepared_before, pair.prepared_after
    return (
        pair.memory.found("read_before", pair.follows_from, lambda: read(before, before.limb.leg)),
        pair.memory.found("read_after", pair.follows_from, lambda: read(after, after.field.leg)),
    )


def _read_together(
    pair: PreparedPair, laid: LaidOver, alone: tuple[SkinReading, SkinReading], lying: tuple[LinearRGB, Mask], settings: Settings
) -> tuple[PairReading, Mask]:
    """Both photos' readings in the before frame and under one gloss, each held against a second one in sight of the other photo.

    With where vein or stain may be.  `lying` is the after photo in that frame, and where it is known there.
    """
    before, registration = pair.prepared_before, laid.registration
    read = pair.memory.found("read_together", pair.follows_from, lambda: _agreed(pair, laid, alone, *lying, settings))
    background = pair.memory.found(
        "background",
        pair.follows_from,
        lambda: background_by_after(np.asarray(pair.prepared_after.limb.limbs == registration.limbs[1]), laid.carried_xy),
    )
    scale = laid.scale.mm_per_px
    # Without a scale, the working pixels a millimetre of a limb of usual width.
    px_per_mm = before.quality.limb_px / settings.quality.usual_limb_mm if scale is None else before.factor / scale
    seen = before.field.measurable & (registration.shared | ~background)
    together = PairReading(*read, seen, registration.shared, px_per_mm, registration.error_px_median)
    touched = _touched(together, settings)
    photos = before.linear, lying[0]
    return under_one_gloss(together, photos, laid.seen_by_both & ~touched, options=settings.gloss), touched


def _agreed(
    pair: PreparedPair, laid: LaidOver, alone: tuple[SkinReading, SkinReading], warped: LinearRGB, shown: Mask, settings: Settings
) -> tuple[SkinReading, SkinReading, Grey, Grey]:
    """What the readings of each photo alone and in sight of the other agree on, in the before frame, and how far they lie apart."""
    before = pair.prepared_before
    own = alone[0], _carried(alone[1], laid.registration.map_xy)
    if not network_available():
        return *own, np.zeros_like(own[0].vein_de), np.zeros_like(own[1].vein_de)
    both = before.limb.leg & shown
    # Either photo in the same way: what only one of them was helped with would count as change.
    beside_each_other = read_beside(
        before.linear, warped, both, factor=before.factor, options=settings.agreement, colour=settings.fine_colour
    )
    pairs = tuple(zip(own, beside_each_other, strict=True))
    first, second = (agreed(*two, both, options=settings.agreement) for two in pairs)
    apart_before, apart_after = (np.where(both, beside.vein_de - by_itself.vein_de, np.float32(0)) for by_itself, beside in pairs)
    return first, second, apart_before, apart_after


def _profiles(pair: PreparedPair, laid: LaidOver, density: Density, veins: Veins, blur: PairBlur, settings: Settings) -> Forced:
    """What each piece's own cross-profile shows in both photos, the after photo as soft as the before photo."""
    as_soft = density, softened(density_from_linear(pair.prepared_after.linear), blur.after_lacks_px)
    return forced_contrast(veins.pieces, as_soft, laid.registration.map_xy, veins.mask, options=settings.photometry)


def _veins_of_both(
    alone: SkinReading,
    reading: PairReading,
    densities: tuple[Density, Density],
    skins: tuple[Mask, Mask],
    aside: Executor,
    settings: Settings,
) -> tuple[Veins, Veins]:
    """The veins of either photo, found at the same time; `alone` is the before photo's own reading."""
    around_px = settings.veins.lookalikes.around_mm * reading.px_per_mm
    photos = [SkinDensity(*photo, around_px) for photo in zip(densities, skins, strict=True)]
    later = aside.submit(find_veins, reading.after, reading.shared, reading.px_per_mm, photos[1], options=settings.veins)
    first = find_baseline(alone, reading.before, reading.seen, reading.px_per_mm, photos[0], options=settings.veins)
    return first, later.result()


def _vein_colour_flags(fates: Fates, density: Density, veins: Veins, px_per_mm: float, settings: Settings) -> list[RaisedFlag]:
    """The flag of a baseline that is shade and no vein."""
    pieces = [p.piece for p in fates.baseline]
    colour = vein_colour(pieces, density, veins.mask, fates.expected_px, px_per_mm, options=settings.vein_colour)
    return _raised(("relief_only",)) if colour.relief_only(options=settings.vein_colour) else []


def _outcome(findings: VeinFindings, pair: PreparedPair, laid: LaidOver, settings: Settings) -> Outcome:
    reticular_px = None if laid.scale.mm_per_px is None else settings.veins.reticular_mm * findings.pair.px_per_mm
    return summarise(findings, reticular_px, pair.prepared_before.factor, options=settings.outcome, fate=settings.fate)


def _same_light(
    pair: PreparedPair, laid: LaidOver, shared: Mask, touched: Mask, warped: LinearRGB, settings: Settings
) -> tuple[Normalised, SkinTone]:
    """Both photos under one light, and the tone of skin that nothing touches."""
    before, after = pair.prepared_before, pair.prepared_after
    by_card = under_other_light(warped, after.card_colours, before.card_colours)
    settled = by_card is not warped
    # All skin that both photos see tells the light: a small field drawn by hand would leave the rest of the picture to extrapolation.
    light = match_light(before.linear, by_card, laid.seen_by_both, touched, colour_settled=settled, options=settings.light)
    # The skin's own level is matched away in `light`; where a card settles the light, the tone is read before that.
    return light, skin_tone(light.before, by_card if settled else light.after, shared & ~touched, before.card_colours)


def _touched(reading: PairReading, settings: Settings) -> Mask:
    """Where either photo may show vein or stain, and as far around as a vein counts as the same one."""
    both = reading.before, reading.after
    visible = np.maximum.reduce([p for one in both for p in (one.vein_probability, one.stain_probability)])
    doubtful = np.asarray(visible >= settings.light.doubtful_from, dtype=np.bool_)
    return dilated(doubtful, square(2 * max(1, round(settings.fate.new_beyond_mm * reading.px_per_mm)) + 1))


def _carried(reading: SkinReading, map_xy: MapXY) -> SkinReading:
    """A reading of the after photo in the before frame; 0 where there is no map."""
    channels = (reading.vein_de, reading.stain_de, reading.vein_probability, reading.stain_probability)
    places_xy = without_nan(map_xy)
    return SkinReading(*(sampled_on(channel, places_xy, beyond="zero") for channel in channels))
