"""Pictures of a measured pair made for looking: what changed, how surely the photos lie over each other, the pair in full resolution.

All in the before photo's frame; arrays of sRGB bytes out.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from photocompare.base.arrays import SRGB8, Grey, LinearRGB, MapXY, Mask, scaled_position
from photocompare.base.colour import density_from_linear, linear_from_srgb8, srgb8_from_linear
from photocompare.registration import Registration
from photocompare.registration.resampling import carried_on, sampled_at, sampled_through, without_nan
from photocompare.report.pictures.drawing import displayed
from photocompare.results.comparison import Comparison, Measured

NO_PICTURE = 188
"""sRGB code of grey shown where the warped photo shows nothing: mid grey in linear light, told from skin and from shadow."""

DIFFERENCE_FULL = 0.15
"""Change of green density that is painted in full colour: a faint telangiectasia (4 CIE76 units) that has gone."""

_VEIN_SCALE_MM = (0.15, 1.5)
"""Structures narrower than the first (noise) and broader than the second (shading) are left out of the difference: half the width of the
thinnest vein seen, and half that of the broadest reticular one."""

PALER: NDArray[np.float32] = np.array((0, 114, 178), np.float32)
DARKER: NDArray[np.float32] = np.array((213, 94, 0), np.float32)
"""Okabe & Ito's blue and vermilion: told apart by every kind of colour vision."""

_GROUND_FADE = 0.35
"""Contrast that is left of the grey photo under a painted map."""

_GROUND: NDArray[np.float32] = 255.0 * (1 - _GROUND_FADE) * 0.9 + np.arange(256, dtype=np.float32) * _GROUND_FADE
"""The pale grey of a painted map's ground, by the grey of the photo."""

_GREEN = 1

_LEAST_LIGHT = 1e-3
"""Linear light below which a quotient of two photos is noise: a tenth of a code of sRGB."""

_STRIP_ROWS = 256
"""Rows of a full-size photo brought to linear light at a time: at 4000 px across 12 MiB."""


def draw_difference(measured: Measured, registration: Registration) -> SRGB8:
    """Where the skin became paler (blue) and darker (vermilion), at the scale of veins, over the before photo in grey.

    Both photos in the same light; where there is no map, or the after photo shows nothing, it stays grey.
    """
    mapped = np.isfinite(registration.map_xy[..., 0])
    lit = (measured.before_normalised, measured.after_normalised)
    before, after = (_vein_scale(image, mapped, measured.px_per_mm) for image in lit)
    change = (after - before) / np.float32(DIFFERENCE_FULL)
    change[np.isnan(change)] = 0.0
    # Steeper than proportional: the mottling of skin that did not change stays pale.
    strength = np.minimum(np.abs(change), 1.0) ** 1.5
    paler = change < 0
    ground = np.asarray(cv2.LUT(_grey(measured.before_normalised), _GROUND), dtype=np.float32) * (1 - strength)
    # Channel by channel: the ground is grey, and three channels of it would be worked out three times.
    channels = [ground + np.where(paler, *colours) * strength for colours in zip(PALER, DARKER, strict=True)]
    return np.asarray(cv2.merge([np.asarray(np.rint(channel), dtype=np.uint8) for channel in channels]), dtype=np.uint8)


def _vein_scale(linear: LinearRGB, mapped: Mask, px_per_mm: float) -> Grey:
    """Green density between the two scales; NaN where nothing is shown or mapped.  The blur runs over the rest alone."""
    green = np.ascontiguousarray(linear[..., _GREEN])
    green[np.isnan(green)] = 1.0
    density = density_from_linear(green)
    shown = np.isfinite(linear[..., 0]) & mapped
    fine, broad = (_blurred_within(density, shown, width * px_per_mm) for width in _VEIN_SCALE_MM)
    return np.where(shown, fine - broad, np.float32(np.nan))


def _blurred_within(image: Grey, shown: Mask, sigma: float) -> Grey:
    weight = cv2.GaussianBlur(shown.astype(np.float32), (0, 0), max(sigma, 0.5))
    blurred = cv2.GaussianBlur(np.where(shown, image, np.float32(0)), (0, 0), max(sigma, 0.5))
    return np.asarray(blurred / np.maximum(weight, 1e-3), dtype=np.float32)


def _grey(linear: LinearRGB) -> NDArray[np.uint8]:
    """The photo in grey."""
    return np.asarray(cv2.cvtColor(displayed(linear, NO_PICTURE), cv2.COLOR_RGB2GRAY), dtype=np.uint8)


def draw_registration_error(measured: Measured, registration: Registration) -> tuple[SRGB8, float]:
    """The claimed registration error at each place of the shared field, pale to dark, and the error (working px) painted darkest."""
    error = registration.error_px
    inside = registration.shared & np.isfinite(error)
    most = float(np.percentile(error[inside], 99)) if inside.any() else 1.0
    level = np.clip(np.where(np.isnan(error), np.float32(0), error) / max(most, 1e-6), 0, 1)
    grade = (255 - np.rint(level * 255)).astype(np.uint16)
    # Every colour there can be, by grey of the photo and grade of the error, then looked up; grade 256 is outside the field.
    colours = cv2.applyColorMap(np.arange(256, dtype=np.uint8), cv2.COLORMAP_VIRIDIS).reshape(256, 3)[:, ::-1]
    mixed = 0.35 * _GROUND[:, np.newaxis, np.newaxis] + 0.65 * colours
    table = np.rint(np.concatenate([mixed, np.repeat(_GROUND[:, np.newaxis, np.newaxis], 3, axis=2)], axis=1)).astype(np.uint8)
    grade[~inside] = 256
    return table[_grey(measured.before_normalised), grade], most


def full_size_pair(comparison: Comparison) -> tuple[SRGB8, SRGB8]:
    """Both photos in the before photo's full pixels and the same light: the detail that was measured away to save time.

    The light found at working size is applied to the full photos as a smooth factor; sharpness is each photo's own.

    Raises
    ------
    ValueError
        The pair was not measured.
    """
    pictures = comparison.pictures
    if pictures.measured is None or pictures.registration is None:
        raise ValueError("a pair without numbers has no pictures in the same light")
    height, width = pictures.before.shape[:2]
    measured, map_xy = pictures.measured, carried_on(pictures.registration.map_xy)
    raw = _reduced(pictures.before, pictures.factor_before)
    before = _relit(pictures.before, _light_factor(raw, measured.before_normalised))
    warped = sampled_through(_reduced(pictures.after, pictures.factor_after), map_xy)
    full = _warped_full(pictures.after, map_xy, pictures.factor_after, (height, width))
    after = _relit(full, _light_factor(warped, measured.after_normalised))
    lost = cv2.resize(np.isnan(measured.after_normalised[..., 0]).view(np.uint8), (width, height), interpolation=cv2.INTER_NEAREST) > 0
    after[lost] = NO_PICTURE
    return before, after


def _reduced(encoded: SRGB8, factor: float) -> LinearRGB:
    height, width = (round(side * factor) for side in encoded.shape[:2])
    return linear_from_srgb8(np.asarray(cv2.resize(encoded, (width, height), interpolation=cv2.INTER_AREA), dtype=np.uint8))


def _light_factor(raw: LinearRGB, lit: LinearRGB) -> LinearRGB:
    """Smooth quotient of the photo under the common light and as it was taken, (h, w, 3)."""
    shown = np.isfinite(lit[..., 0]) & (raw.min(axis=2) > _LEAST_LIGHT)
    sigma = max(raw.shape[:2]) / 200
    parts = [
        _blurred_within(np.nan_to_num(lit[..., k]), shown, sigma) / np.maximum(_blurred_within(raw[..., k], shown, sigma), _LEAST_LIGHT)
        for k in range(3)
    ]
    return np.asarray(np.dstack(parts), dtype=np.float32)


def _relit(encoded: SRGB8, factor: LinearRGB) -> SRGB8:
    """The full photo times the factor, which is enlarged strip by strip."""
    height, width = encoded.shape[:2]
    whole = np.asarray(cv2.resize(factor, (width, factor.shape[0]), interpolation=cv2.INTER_LINEAR), dtype=np.float32)
    lit = np.empty_like(encoded)
    rows_of_factor = (np.arange(height, dtype=np.float32) + 0.5) * (factor.shape[0] / height) - 0.5
    columns = np.arange(width, dtype=np.float32)
    for top in range(0, height, _STRIP_ROWS):
        rows = slice(top, min(top + _STRIP_ROWS, height))
        grid_x, grid_y = np.meshgrid(columns, rows_of_factor[rows])
        strip = sampled_at(whole, grid_x, grid_y, beyond="edge")
        lit[rows] = srgb8_from_linear(np.clip(linear_from_srgb8(encoded[rows]) * strip, 0, 1).astype(np.float32))
    return lit


def _warped_full(after: SRGB8, map_xy: MapXY, factor_after: float, shape: tuple[int, int]) -> SRGB8:
    """The after photo's own pixels in the before photo's full frame."""
    enlarged = np.asarray(cv2.resize(without_nan(map_xy), shape[::-1], interpolation=cv2.INTER_LINEAR), dtype=np.float32)
    full = scaled_position(enlarged, 1.0 / factor_after)
    return sampled_at(after, full[..., 0], full[..., 1], interpolation="cubic", beyond="zero")
