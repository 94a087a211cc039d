"""Both photos under one light: what lamp, exposure, white balance, tone curve and focus did to the after photo is taken back.

The after photo is brought to the before photo, never each to an ideal.  Only skin that neither vein nor stain touches is asked, and
only broad fields are fitted: a narrow one would swallow the treatment's effect (`docs/method.md`).  Light multiplies, so everything
is fitted in optical density, where it adds.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from photocompare.arrays import Density, Grey, LinearRGB, Mask
from photocompare.colour import density_from_linear, lab_from_linear


@dataclass(frozen=True)
class LightOptions:
    """How the light is matched.

    Parameters
    ----------
    field_order : int
        Order of the polynomial in (x, y) of the log gain.  A lamp moved before a round limb bends the field once across and once along; its
        ratio to the old one bends twice more towards the limb's edges.
    slope_range : tuple of float
        Limits of the ratio of two cameras' tone-curve slopes at skin level that is believed; assumed.
    robust_passes : int
        Reweightings (Tukey); the weights stand still after four.
    least_support : float
        Share of the shared field that must be untouched skin for a fit to count.
    """

    field_order: int = 4
    slope_range: tuple[float, float] = (0.7, 1.4)
    robust_passes: int = 4
    least_support: float = 0.1


@dataclass(frozen=True)
class Normalised:
    """Both photos in the before frame, under the before photo's light.

    before, after : LinearRGB (H, W, 3).  `after` is 0 outside the map.
    blur_before, blur_after : Gaussian sigma in px that each was softened by to match the other.
    residual_de : median CIE76 between the two over untouched skin: what light is left over; NaN where nothing could be fitted.
    slope : (3,) tone-curve slope of the after photo against the before photo that was taken back.
    """

    before: LinearRGB
    after: LinearRGB
    blur_before: float
    blur_after: float
    residual_de: float
    slope: NDArray[np.float64]
    flags: tuple[str, ...]


_REDUCED_STEP = 4
"""The fields are broad: a quarter of the resolution loses nothing."""

_FIT_STEP = 3
"""Every third reduced pixel each way is asked: thousands remain for fifteen coefficients."""

_TUKEY = 4.685
"""Tukey's biweight at 95 % efficiency (Huber 1981)."""

_LIGHT_DIFFERS_DE = 6.0
"""Median left over beyond which the match is not believed: over twice the difference that an observer just notices."""


def _blurred(image: NDArray[np.float32], sigma: float) -> NDArray[np.float32]:
    return np.asarray(cv2.GaussianBlur(image, (0, 0), sigma), dtype=np.float32) if sigma > 0 else image


def _reduced(image: NDArray[np.float32], size: tuple[int, int]) -> NDArray[np.float32]:
    return np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), dtype=np.float32)


def _polynomial(shape: tuple[int, int], order: int) -> NDArray[np.float64]:
    """Legendre products up to a total order, (H, W, K): near-orthogonal, so the fit is well conditioned."""
    yy, xx = np.mgrid[-1 : 1 : shape[0] * 1j, -1 : 1 : shape[1] * 1j]
    legendre = [np.polynomial.legendre.Legendre.basis(k) for k in range(order + 1)]
    return np.stack([legendre[i](yy) * legendre[j](xx) for i in range(order + 1) for j in range(order + 1 - i)], axis=-1)


def _robust_fit(basis: NDArray[np.float64], target: NDArray[np.float64], passes: int, ridge: float) -> NDArray[np.float64]:
    """Coefficients (K,) by reweighted least squares; `ridge` holds back what the data does not ask for."""
    weights = np.ones_like(target)
    coefficients = np.zeros(basis.shape[1])
    penalty = ridge * len(target) * np.eye(basis.shape[1])
    penalty[0, 0] = 0.0
    for _ in range(passes):
        weighted = basis * weights[:, None]
        coefficients[:] = np.linalg.solve(basis.T @ weighted + penalty, weighted.T @ target)
        residual = target - basis @ coefficients
        spread = 1.4826 * np.median(np.abs(residual)) + 1e-6
        weights[:] = np.clip(1 - (residual / (_TUKEY * spread)) ** 2, 0, None) ** 2
    return coefficients


_RIDGE = 1e-4
"""Small against 1: the basis has unit scale, so this only steadies directions without support."""


def _tone_slope(before: Density, after: Density, trusted: Mask, limits: tuple[float, float]) -> NDArray[np.float64]:
    """Ratio of the two tone curves' slopes per channel, from skin structure that both photos show.

    Structure that stayed is in both pictures with noise in both, so the slope is that of the first principal axis, pulled to 1 by the
    share of structure that did not stay.
    """
    slopes = np.ones(3)
    inner = cv2.erode(trusted.astype(np.uint8), np.ones((5, 5), np.uint8)) > 0
    if inner.sum() < 500:
        return slopes
    for k in range(3):
        b, a = (_blurred(d[..., k], 1.5) - _blurred(d[..., k], 12.0) for d in (before, after))
        cov = np.cov(b[inner], a[inner])
        correlation = cov[0, 1] / np.sqrt(cov[0, 0] * cov[1, 1] + 1e-12)
        axis = np.sqrt(cov[1, 1] / (cov[0, 0] + 1e-12))
        slopes[k] = np.exp(np.log(axis) * np.clip(correlation, 0, 1) ** 2)
    return np.clip(slopes, *limits)


def _fine_energy(grey: Grey, trusted: Mask) -> float:
    detail = _blurred(grey, 0.7) - _blurred(grey, 2.0)
    return float(np.median(np.abs(detail[trusted])))


def _matching_blur(sharper: Grey, goal: float, trusted: Mask) -> float:
    """Gaussian sigma that brings fine detail down to `goal`, by bisection to 0.1 px."""
    low, high = 0.0, 3.0
    while high - low > 0.1:
        middle = (low + high) / 2
        low, high = (middle, high) if _fine_energy(_blurred(sharper, middle), trusted) > goal else (low, middle)
    return low


_SAME_SHARPNESS = 1.15
"""Ratio of fine detail below which both photos count as equally sharp: texture that changed between visits explains as much."""


def _sharpness(before: LinearRGB, after: Density, trusted: Mask) -> tuple[float, float]:
    """How much to soften (before, after) so that both show the same fine detail, in px sigma."""
    ys, xs = np.nonzero(trusted)
    if len(ys) < 1000:
        return 0.0, 0.0
    cy, cx = int(np.median(ys)), int(np.median(xs))
    window = np.s_[max(0, cy - 256) : cy + 256, max(0, cx - 256) : cx + 256]
    inside = trusted[window]
    if inside.sum() < 1000:
        return 0.0, 0.0
    b, a = density_from_linear(before[window])[..., 1].copy(), np.ascontiguousarray(after[window][..., 1])
    eb, ea = _fine_energy(b, inside), _fine_energy(a, inside)
    if min(eb, ea) <= 0 or max(eb, ea) / min(eb, ea) < _SAME_SHARPNESS:
        return 0.0, 0.0
    return (_matching_blur(b, ea, inside), 0.0) if eb > ea else (0.0, _matching_blur(a, eb, inside))


def match_light(
    before: LinearRGB,
    after: LinearRGB,
    shared: Mask,
    touched: Mask,
    *,
    colour_settled: bool = False,
    options: LightOptions = LightOptions(),
) -> Normalised:
    """Bring the after photo under the before photo's light.

    Parameters
    ----------
    before, after : LinearRGB (H, W, 3)
        Both in the before frame (the after photo warped, NaN-free).
    shared : Mask
        Skin that both photos see well.
    touched : Mask
        Veins and stains of either photo with a margin: not asked about the light.
    colour_settled : bool
        A card has brought both photos to one white balance.  A difference of colour over all of the skin is then a tan, or redness,
        and stays; the level is still the skin's to say, which turns away from the lamp where the card is flat.
    """
    untouched = shared & ~touched
    size = (before.shape[1] // _REDUCED_STEP, before.shape[0] // _REDUCED_STEP)
    small_b, small_a = (density_from_linear(_reduced(image, size)) for image in (before, after))
    trusted = _reduced(untouched.astype(np.float32), size) > 0.95
    if trusted.sum() < max(200, options.least_support * shared.sum() / _REDUCED_STEP**2):
        return Normalised(before, after, 0.0, 0.0, float("nan"), np.ones(3), ("light_differs",))
    slope = _tone_slope(small_b, small_a, trusted, options.slope_range)
    basis = _polynomial((size[1], size[0]), options.field_order)
    sparse = np.zeros_like(trusted)
    sparse[::_FIT_STEP, ::_FIT_STEP] = trusted[::_FIT_STEP, ::_FIT_STEP]
    density = density_from_linear(after)
    fields, levels = [], []
    for k in range(3):
        level = float(np.median(small_a[..., k][trusted]))
        flattened = level + (small_a[..., k] - level) / slope[k]
        target = (small_b[..., k] - flattened)[sparse].astype(np.float64)
        coefficients = _robust_fit(basis[sparse], target, options.robust_passes, _RIDGE)
        fields.append(basis @ coefficients)
        levels.append(float(np.median(fields[k][trusted])))
        density[..., k] = level + (density[..., k] - level) / slope[k]
    for k, field in enumerate(fields):
        kept = float(np.mean(levels)) - levels[k] if colour_settled else 0.0
        broad = (field + kept).astype(np.float32)
        density[..., k] += cv2.resize(broad, (before.shape[1], before.shape[0]), interpolation=cv2.INTER_CUBIC)
    matched = np.where(after.sum(axis=2, keepdims=True) > 0, np.clip(cv2.exp(-density), 0, 1), 0).astype(np.float32)
    blur_before, blur_after = _sharpness(before, density, untouched)
    soft_before = _blurred(before, blur_before)
    soft_after = _blurred(matched, blur_after)
    left = _left_over(soft_before, soft_after, trusted, size)
    flags = (
        *(("light_differs",) if left > _LIGHT_DIFFERS_DE else ()),
        *(("sharpness_differs",) if max(blur_before, blur_after) > _MUCH_SHARPER_PX else ()),
    )
    return Normalised(soft_before, soft_after, blur_before, blur_after, left, slope, flags)


_MUCH_SHARPER_PX = 1.5
"""Softening by more than this halves the contrast of a vein 3 px wide."""


def _left_over(before: LinearRGB, after: LinearRGB, trusted: Mask, size: tuple[int, int]) -> float:
    lab_b, lab_a = (lab_from_linear(_reduced(i, size)) for i in (before, after))
    return float(np.median(np.linalg.norm(lab_b - lab_a, axis=2)[trusted]))
