"""The recipe of registration, top to bottom."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from photocompare.base.arrays import Grey, LinearRGB, MapXY, Mask
from photocompare.base.flags import REGISTRY, Severity
from photocompare.leg.field import Field, FieldOptions, other_limb
from photocompare.registration.features import Limb, luminance_density
from photocompare.registration.judge import claimed_percentiles, pair_flags
from photocompare.registration.marks import compare_marks
from photocompare.registration.matcher_models import load_matcher
from photocompare.registration.pairing import LimbPoints, Pairing, match_limbs
from photocompare.registration.placing import Placed, joined, place
from photocompare.registration.refine import refine_map
from photocompare.registration.result import Registration, RegistrationOptions
from photocompare.registration.sections import match_section, section_of, sections

DEFAULT_OPTIONS = RegistrationOptions()
DEFAULT_FIELD_OPTIONS = FieldOptions()

_SCALE_SAMPLE = 20_000
"""Pixels, about, whose median tells the scale: the map is smooth over far wider distances than theirs."""


def register(
    before: LinearRGB,
    after: LinearRGB,
    field_before: Field,
    field_after: Field,
    *,
    options: RegistrationOptions = DEFAULT_OPTIONS,
    field_options: FieldOptions = DEFAULT_FIELD_OPTIONS,
    matched: Callable[[], object] = lambda: None,
) -> Registration:
    """Lay the after photo's leg over the before photo's.

    Parameters
    ----------
    before, after : LinearRGB
        Working frames, (H, W, 3), 0..1; their sizes may differ.
    field_before, field_after : Field
        Of those frames.
    options : RegistrationOptions
    field_options : FieldOptions
        Those that the fields were found with; another limb of the after photo, where one has to be tried, is cut out with them too.
    matched : callable
        Called, perhaps more than once, as soon as the photos are likely to show the same skin: what needs no map may begin then.

    Returns
    -------
    Registration
        With a refusing flag and no map when the photos don't show the same skin closely enough.
    """
    if not (field_before.leg.any() and field_after.leg.any()):
        return _refusal((before.shape[0], before.shape[1]), ("not_same_view",), None)
    limb = _limb(luminance_density(before), field_before)
    density_after = luminance_density(after)
    others = [_limb(density_after, field_after)]
    points = LimbPoints(limb, load_matcher() if options.features.learned else None, options.features)
    pairing, chosen = _matched(points, others[0], options), others[0]
    if pairing.spread >= options.judge.ample_spread:
        matched()
    else:
        for label in sorted({int(label) for label in np.unique(field_after.limbs)} - {0, field_after.principal}):
            candidate = _limb(density_after, other_limb(after, field_after, label, options=field_options))
            attempt = _matched(points, candidate, options)
            if attempt.spread > pairing.spread:
                pairing, chosen = attempt, candidate
    if chosen is not others[0]:
        others.insert(0, chosen)
    placed = _placed(limb, chosen, pairing, options)
    if placed is not None and placed.same_skin(limb, options=options.judge):
        matched()
        placed = _section_by_section(placed, points, others, options)
        if compare_marks(limb, chosen, placed, options=options.marks).another_leg(options.marks):
            return _refusal(limb.shape, ("not_same_view",), pairing)
    found = _judged(placed, limb, pairing, options)
    if found.refused and _same_when_mirrored(points, chosen, options):
        return _refusal(limb.shape, ("mirrored",), pairing)
    return found


def _limb(density: Grey, field: Field) -> Limb:
    return Limb(density, field.leg, field.measurable, field.principal)


def _matched(before: LimbPoints, after: Limb, options: RegistrationOptions, *, strongest_only: bool = False) -> Pairing:
    judge, likewise = options.judge, before.of(after)
    return match_limbs(
        before,
        likewise,
        ample_spread=judge.ample_spread,
        least_matches=judge.least_matches,
        warp=options.warp,
        strongest_only=strongest_only,
    )


def _placed(before: Limb, after: Limb, pairing: Pairing, options: RegistrationOptions) -> Placed | None:
    """A pairing refined, and where its map is trusted; None where too few matches agree."""
    if pairing.fit is None or pairing.agreeing < options.judge.least_matches:
        return None
    refined = refine_map(pairing.fit, pairing.before_xy, pairing.after_xy, (before, after), options=options.refine)
    return place(refined, before, after, options=options.judge)


def _section_by_section(placed: Placed, points: LimbPoints, others: list[Limb], options: RegistrationOptions) -> Placed:
    """Also lay over what one warp could not: sections of the limb that are mostly untrusted, each by itself.

    Only once the skin is known to be the same: more tries would be more chances for wrong skin.
    """
    before = points.limb
    seen = max(int(np.count_nonzero(before.measurable)), 1)
    if points.matcher is None:
        return placed
    for section in sections(before):
        if np.count_nonzero(placed.shared) >= options.judge.partial_overlap * seen:
            break
        part = points.of(section_of(before, section))
        if np.count_nonzero(placed.shared & part.limb.measurable) > np.count_nonzero(part.limb.measurable) / 2:
            continue
        for after in others:
            pairing = match_section(part, before, after, section, warp=options.warp)
            more = None if pairing is None else _placed(before, after, pairing, options)
            if more is not None and more.same_skin(before, options=options.judge):
                placed = joined(placed, more)
                break
    return placed


def _same_when_mirrored(before: LimbPoints, after: Limb, options: RegistrationOptions) -> bool:
    """Whether the mirrored after photo shows the same skin where the photo itself does not.

    The pair is refused in any case: a mirrored photo that the strongest keypoints don't tell is not worth a second look.
    """
    mirrored = after.mirrored()
    placed = _placed(before.limb, mirrored, _matched(before, mirrored, options, strongest_only=True), options)
    return placed is not None and placed.same_skin(before.limb, options=options.judge)


def _judged(placed: Placed | None, before: Limb, pairing: Pairing, options: RegistrationOptions) -> Registration:
    if placed is None:
        return _refusal(before.shape, ("not_same_view",), pairing)
    shared, judge = placed.shared, options.judge
    overlap = float(np.count_nonzero(shared)) / max(float(np.count_nonzero(before.measurable)), 1.0)
    median, p95 = claimed_percentiles(placed.sigma[shared])
    flags = pair_flags(placed.same_skin(before, options=judge), overlap, p95, math.sqrt(float(before.leg.sum())), options=judge)
    if any(REGISTRY[code].severity is Severity.REFUSE for code in flags):
        return _refusal(before.shape, flags, pairing)
    nowhere = ~placed.trusted
    map_xy, error = placed.map_xy, placed.sigma * np.float32(math.sqrt(2))
    map_xy[nowhere] = np.nan
    error[nowhere] = np.nan
    scale = _median_scale(map_xy, shared)
    return Registration(map_xy, error, median, p95, shared, overlap, scale, pairing.agreeing, pairing.method, pairing.limbs, flags)


def _median_scale(map_xy: MapXY, shared: Mask) -> float:
    """Square root of the area that a before px covers in the after photo, median over (a sample of) the shared field."""
    step = max(1, math.isqrt(int(np.count_nonzero(shared)) // _SCALE_SAMPLE))
    rows, columns = (step * places for places in np.nonzero(shared[:-1:step, :-1:step]))
    across, down = map_xy[rows, columns + 1] - map_xy[rows, columns], map_xy[rows + 1, columns] - map_xy[rows, columns]
    return math.sqrt(max(float(np.nanmedian(across[:, 0] * down[:, 1] - across[:, 1] * down[:, 0])), 0.0))


def _refusal(shape: tuple[int, int], flags: tuple[str, ...], pairing: Pairing | None) -> Registration:
    return Registration(
        map_xy=np.full((*shape, 2), np.nan, np.float32),
        error_px=np.full(shape, np.nan, np.float32),
        error_px_median=math.nan,
        error_px_p95=math.nan,
        shared=np.zeros(shape, np.bool_),
        overlap_share=0.0,
        scale_after_over_before=math.nan,
        matches=pairing.agreeing if pairing is not None else 0,
        method=pairing.method if pairing is not None else "none",
        limbs=pairing.limbs if pairing is not None else (0, 0),
        flags=flags,
    )
