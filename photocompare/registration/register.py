"""The recipe of registration, top to bottom."""

from __future__ import annotations

import math

import cv2
import numpy as np

from photocompare.arrays import Grey, LinearRGB, MapXY, Mask
from photocompare.field import Field, other_limb
from photocompare.registration.features import LimbPicture, limb_picture, luminance_density
from photocompare.registration.judge import Trust, claimed_percentiles, judge_trust, pair_flags
from photocompare.registration.matcher_models import Matcher, load_matcher
from photocompare.registration.pairing import Pairing, match_pictures
from photocompare.registration.refine import Refined, refine_map
from photocompare.registration.result import Registration, RegistrationOptions

DEFAULT_OPTIONS = RegistrationOptions()


def register(
    before: LinearRGB,
    after: LinearRGB,
    field_before: Field,
    field_after: Field,
    *,
    options: RegistrationOptions = DEFAULT_OPTIONS,
) -> Registration:
    """Lay the after photo's leg over the before photo's.

    Parameters
    ----------
    before, after : LinearRGB
        Working frames; their sizes may differ.
    field_before, field_after : Field
        Of those frames.

    Returns
    -------
    Registration
        With a refusing flag and no map when the photos don't show the same skin closely enough.
    """
    shape = (before.shape[0], before.shape[1])
    if not (field_before.leg.any() and field_after.leg.any()):
        return _refusal(shape, ("not_same_view",), None)
    densities = luminance_density(before), luminance_density(after)
    matcher = load_matcher()
    pairing, seen_after = _best_pairing(densities, after, field_before, field_after, matcher, options)
    if pairing.fit is None or pairing.agreeing < options.judge.least_matches:
        return _refusal(shape, ("not_same_view",), pairing)
    legs = field_before.leg, seen_after.leg
    refined = refine_map(pairing.fit, pairing.before_xy, pairing.after_xy, densities, legs, options=options.refine)
    trust = judge_trust(refined, options=options.judge)
    return _judged(refined, trust, pairing, field_before, seen_after, options)


def _best_pairing(
    densities: tuple[Grey, Grey],
    after: LinearRGB,
    field_before: Field,
    field_after: Field,
    matcher: Matcher | None,
    options: RegistrationOptions,
) -> tuple[Pairing, Field]:
    """The before leg against the after photo's limbs, its principal one first; the one with the widest spread of agreeing points."""
    first = limb_picture(densities[0], field_before.leg, field_before.measurable, options.features)
    principal = field_after.principal
    best, best_field = _matched(first, densities[1], field_before.principal, field_after, matcher, options), field_after
    others = [int(label) for label in np.unique(field_after.limbs) if label not in (0, principal)]
    # Skin on this many cells is far beyond chance: no need to try the other leg.
    if best.spread >= options.judge.ample_spread:
        return best, best_field
    for label in others:
        candidate_field = other_limb(after, field_after, label)
        candidate = _matched(first, densities[1], field_before.principal, candidate_field, matcher, options)
        if candidate.spread > best.spread:
            best, best_field = candidate, candidate_field
    return best, best_field


def _matched(first: LimbPicture, density: Grey, label: int, field: Field, matcher: Matcher | None, options: RegistrationOptions) -> Pairing:
    second = limb_picture(density, field.leg, field.measurable, options.features)
    return match_pictures(first, second, (label, field.principal), matcher, features=options.features, warp=options.warp)


def _judged(
    refined: Refined, trust: Trust, pairing: Pairing, field_before: Field, field_after: Field, options: RegistrationOptions
) -> Registration:
    shape = field_before.leg.shape
    map_xy = refined.on_grid(np.arange(shape[1], dtype=np.float64), np.arange(shape[0], dtype=np.float64))
    agreement, sigma = trust.at_every_px((shape[0], shape[1]))
    leg_width = math.sqrt(float(field_before.leg.sum()))
    trusted = (agreement >= options.judge.least_agreement) & (sigma * math.sqrt(2) <= options.judge.most_error * leg_width)
    common = field_before.measurable & _seen_in_after(map_xy, field_after.measurable)
    shared = common & trusted
    overlap = float(shared.sum()) / max(float(field_before.measurable.sum()), 1.0)
    median, p95 = claimed_percentiles(sigma[shared])
    trusted_share = float(shared.sum()) / max(float(common.sum()), 1.0)
    flags = pair_flags(pairing.agreeing, trusted_share, overlap, p95, leg_width, options=options.judge)
    if any(code in _REFUSING for code in flags):
        return _refusal((shape[0], shape[1]), flags, pairing)
    nowhere = ~trusted | ~field_before.leg
    map_xy[nowhere] = np.nan
    error = np.where(nowhere, np.nan, sigma * math.sqrt(2)).astype(np.float32)
    scale = _median_scale(map_xy, shared)
    return Registration(map_xy, error, median, p95, shared, overlap, scale, pairing.agreeing, pairing.method, pairing.limbs, flags)


_REFUSING = ("not_same_view", "mirrored", "low_overlap", "registration_uncertain")


def _seen_in_after(map_xy: MapXY, measurable: Mask) -> Mask:
    return np.asarray(cv2.remap(measurable.astype(np.uint8), map_xy[..., 0], map_xy[..., 1], cv2.INTER_NEAREST, borderValue=0) > 0)


def _median_scale(map_xy: MapXY, shared: Mask) -> float:
    """Square root of the area that a before px covers in the after photo, median over the shared field."""
    across, down = np.diff(map_xy, axis=1)[:-1], np.diff(map_xy, axis=0)[:, :-1]
    area = across[..., 0] * down[..., 1] - across[..., 1] * down[..., 0]
    return float(np.sqrt(np.maximum(np.nanmedian(area[shared[:-1, :-1]]), 0)))


def _refusal(shape: tuple[int, int], flags: tuple[str, ...], pairing: Pairing | None) -> Registration:
    nothing = np.full(shape, np.nan, np.float32)
    return Registration(
        np.full((*shape, 2), np.nan, np.float32),
        nothing,
        math.nan,
        math.nan,
        np.zeros(shape, np.bool_),
        0.0,
        math.nan,
        pairing.agreeing if pairing is not None else 0,
        pairing.method if pairing is not None else "none",
        pairing.limbs if pairing is not None else (0, 0),
        flags,
    )
