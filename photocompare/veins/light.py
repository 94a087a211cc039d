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

from photocompare.base.arrays import Density, Grey, LinearRGB, Mask
from photocompare.base.colour import density_from_linear, lab_from_linear
from photocompare.base.masks import eroded, square
from photocompare.base.robust import SIGMA_OF_MAD, TUKEY


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
    differs_de : float
        Median CIE76 left over beyond which the match is not believed: over twice the difference that an observer just notices.
    same_sharpness : float
        Ratio of fine detail below which both photos count as equally sharp: texture that changed between visits explains as much.
    doubtful_from : float
        Probability of vein or stain from which skin may be touched: odds of about two to one against it.  Assumed.
    much_sharper_px : float
        Softening (Gaussian sigma) from which the photos' sharpness is said to differ: more halves the contrast of a vein 3 px wide.
    """

    field_order: int = 4
    slope_range: tuple[float, float] = (0.7, 1.4)
    robust_passes: int = 4
    least_support: float = 0.1
    differs_de: float = 6.0
    same_sharpness: float = 1.15
    doubtful_from: float = 0.3
    much_sharper_px: float = 1.5


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

_FIT_STEP = 4
"""Every fourth reduced pixel each way is asked: thousands remain for fifteen coefficients."""

_RIDGE = 1e-4
"""Small against 1: the basis has unit scale, so this only steadies directions without support."""

_ROWS_AT_A_TIME = 64
"""Of a working frame: below 1 MiB."""


def _blurred(image: NDArray[np.float32], sigma: float) -> NDArray[np.float32]:
    return np.asarray(cv2.GaussianBlur(image, (0, 0), sigma), dtype=np.float32) if sigma > 0 else image


def _reduced(image: NDArray[np.float32], size: tuple[int, int]) -> NDArray[np.float32]:
    return np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), dtype=np.float32)


def _legendre(count: int, order: int) -> NDArray[np.float64]:
    """Legendre polynomials over the pixels of one side of a frame, (count, order + 1); the frame's edges are -1 and 1 at any resolution."""
    at = (2 * np.arange(count) + 1) / count - 1
    # By Bonnet's recurrence, as `numpy.polynomial` has it, which would be loaded for this alone.
    rows = [np.ones(count), at]
    for k in range(2, order + 1):
        rows.append((rows[-1] * at * (2 * k - 1) - rows[-2] * (k - 1)) / k)
    return np.array(rows[: order + 1]).T


def _powers(order: int) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Which products of polynomials down and across count: those up to a total order.  They are near-orthogonal, so fits are steady."""
    down, across = np.nonzero(np.add.outer(np.arange(order + 1), np.arange(order + 1)) <= order)
    return down, across


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
        spread = SIGMA_OF_MAD * np.median(np.abs(residual)) + 1e-6
        weights[:] = np.clip(1 - (residual / (TUKEY * spread)) ** 2, 0, None) ** 2
    return coefficients


def _tone_slope(before: Density, after: Density, trusted: Mask, limits: tuple[float, float]) -> NDArray[np.float64]:
    """Ratio of the two tone curves' slopes per channel, from skin structure that both photos show.

    Structure that stayed is in both pictures with noise in both, so the slope is that of the first principal axis, pulled to 1 by the
    share of structure that did not stay.
    """
    slopes = np.ones(3)
    inner = eroded(trusted, square(5))
    if inner.sum() < 500:
        return slopes
    b, a = ((_blurred(d, 1.5) - _widely_blurred(d))[inner].T for d in (before, after))
    for k in range(3):
        cov = np.cov(b[k], a[k])
        correlation = cov[0, 1] / np.sqrt(cov[0, 0] * cov[1, 1] + 1e-12)
        axis = np.sqrt(cov[1, 1] / (cov[0, 0] + 1e-12))
        slopes[k] = np.exp(np.log(axis) * np.clip(correlation, 0, 1) ** 2)
    return np.clip(slopes, *limits)


def _widely_blurred(image: NDArray[np.float32]) -> NDArray[np.float32]:
    """Gaussian blur of 12 px, in a copy at a quarter of the size, which holds all that it leaves."""
    height, width = image.shape[:2]
    small = _blurred(_reduced(image, (max(1, width // 4), max(1, height // 4))), 3.0)
    return np.asarray(cv2.resize(small, (width, height), interpolation=cv2.INTER_LINEAR), dtype=np.float32)


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


def _sharpness(before: LinearRGB, after: LinearRGB, trusted: Mask, same: float) -> tuple[float, float]:
    """How much to soften (before, after) so that both show the same fine detail, in px sigma."""
    rows, cols = (np.cumsum(np.count_nonzero(trusted, axis=axis)) for axis in (1, 0))
    if rows[-1] < 1000:
        return 0.0, 0.0
    cy, cx = (int(np.searchsorted(along, along[-1] / 2)) for along in (rows, cols))
    window = np.s_[max(0, cy - 256) : cy + 256, max(0, cx - 256) : cx + 256]
    inside = trusted[window]
    if inside.sum() < 1000:
        return 0.0, 0.0
    b, a = (np.ascontiguousarray(density_from_linear(linear[window])[..., 1]) for linear in (before, after))
    eb, ea = _fine_energy(b, inside), _fine_energy(a, inside)
    if min(eb, ea) <= 0 or max(eb, ea) / min(eb, ea) < same:
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
    change = _fitted_change(small_b, small_a, trusted, colour_settled, options)
    matched = change.applied(after)
    blur_before, blur_after = _sharpness(before, matched, untouched, options.same_sharpness)
    soft_before = _blurred(before, blur_before)
    soft_after = _blurred(matched, blur_after)
    left = _left_over(_reduced(soft_before, size), _reduced(soft_after, size), trusted)
    flags = (
        *(("light_differs",) if left > options.differs_de else ()),
        *(("sharpness_differs",) if max(blur_before, blur_after) > options.much_sharper_px else ()),
    )
    return Normalised(soft_before, soft_after, blur_before, blur_after, left, change.slope, flags)


@dataclass(frozen=True)
class _Change:
    """What the after photo's density becomes: `level + (density - level) / slope + broad`.

    level, slope : (3,); broad : (3, order + 1, order + 1), coefficients of Legendre products (down, across).
    range : (3, 2), what broad spans over the skin that it was fitted to; beyond that skin it is held there, where polynomials run away.
    """

    level: NDArray[np.float64]
    slope: NDArray[np.float64]
    broad: NDArray[np.float64]
    range: NDArray[np.float64]

    def applied(self, after: LinearRGB) -> LinearRGB:
        """The photo in linear light under the other light, 0 where it shows nothing."""
        height, width = after.shape[:2]
        down, across = (_legendre(side, self.broad.shape[1] - 1) for side in (height, width))
        rate, held = (1.0 / self.slope).astype(np.float32), self.level - self.level / self.slope
        matched = np.empty_like(after)
        # A few rows at a time stay in the processor's cache.
        for top in range(0, height, _ROWS_AT_A_TIME):
            rows = slice(top, top + _ROWS_AT_A_TIME)
            density = density_from_linear(after[rows])
            density *= rate
            for k in range(3):
                density[..., k] += (held[k] + np.clip(down[rows] @ self.broad[k] @ across.T, *self.range[k])).astype(np.float32)
            shown = cv2.transform(after[rows], np.ones((1, 3), np.float32)) > 0
            np.multiply(np.minimum(cv2.exp(-density), np.float32(1)), shown[..., np.newaxis], out=matched[rows])
        return matched


def _fitted_change(before: Density, after: Density, trusted: Mask, colour_settled: bool, options: LightOptions) -> _Change:
    """The change that brings the after photo's skin to the before photo's, from reduced densities."""
    order = options.field_order
    slope = _tone_slope(before, after, trusted, options.slope_range)
    level = np.median(after[trusted], axis=0).astype(np.float64)
    rows, cols = np.nonzero(trusted[::_FIT_STEP, ::_FIT_STEP])
    rows, cols = rows * _FIT_STEP, cols * _FIT_STEP
    down, across = _powers(order)
    basis = _legendre(trusted.shape[0], order)[rows][:, down] * _legendre(trusted.shape[1], order)[cols][:, across]
    broad, middles, span = np.zeros((3, order + 1, order + 1)), np.zeros(3), np.zeros((3, 2))
    for k in range(3):
        target = before[rows, cols, k] - (level[k] + (after[rows, cols, k].astype(np.float64) - level[k]) / slope[k])
        coefficients = _robust_fit(basis, target, options.robust_passes, _RIDGE)
        broad[k, down, across] = coefficients
        fitted = basis @ coefficients
        middles[k], span[k] = float(np.median(fitted)), (fitted.min(), fitted.max())
    if colour_settled:
        broad[:, 0, 0] += middles.mean() - middles
        span += (middles.mean() - middles)[:, np.newaxis]
    return _Change(level, slope, broad, span)


def _left_over(before: LinearRGB, after: LinearRGB, trusted: Mask) -> float:
    return float(np.median(np.linalg.norm(lab_from_linear(before) - lab_from_linear(after), axis=2)[trusted]))
