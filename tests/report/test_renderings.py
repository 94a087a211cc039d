"""The painted maps, against the plain formula of each pixel."""

from __future__ import annotations

import dataclasses

import cv2
import numpy as np

from photocompare.base.colour import density_from_linear
from photocompare.registration import Registration
from photocompare.report.pictures import renderings
from photocompare.report.pictures.drawing import displayed
from photocompare.report.pictures.renderings import DARKER, DIFFERENCE_FULL, NO_PICTURE, PALER, draw_difference, draw_registration_error
from photocompare.results.comparison import Measured
from tests.support.made_comparison import make_comparison


def made() -> tuple[Measured, Registration]:
    """A pair with a hole in its after photo, and with error that differs from place to place."""
    pictures = make_comparison().pictures
    measured, registration = pictures.measured, pictures.registration
    assert measured is not None
    assert registration is not None
    after = measured.after_normalised * np.random.default_rng(4).uniform(0.8, 1.2, measured.after_normalised.shape[:2])[..., np.newaxis]
    after[20:60, 30:50] = np.nan
    error = np.linspace(0.1, 3.0, registration.error_px.size, dtype=np.float32).reshape(registration.error_px.shape)
    error[:30] = np.nan
    return dataclasses.replace(measured, after_normalised=after.astype(np.float32)), dataclasses.replace(registration, error_px=error)


def ground(measured: Measured) -> np.ndarray:
    grey = cv2.cvtColor(displayed(measured.before_normalised, NO_PICTURE), cv2.COLOR_RGB2GRAY).astype(np.float32)
    return np.repeat((255.0 * (1 - 0.35) * 0.9 + grey * 0.35)[..., np.newaxis], 3, axis=2).astype(np.float32)


def test_the_difference_is_painted_as_its_formula_says() -> None:
    measured, registration = made()
    mapped = np.isfinite(registration.map_xy[..., 0])

    def scale(linear: np.ndarray) -> np.ndarray:
        density = density_from_linear(np.nan_to_num(linear, nan=1.0))[..., 1]
        shown = np.isfinite(linear[..., 0]) & mapped
        fine, broad = (renderings._blurred_within(density, shown, width * measured.px_per_mm) for width in (0.15, 1.5))
        return np.where(shown, fine - broad, np.float32(np.nan))

    change = np.nan_to_num((scale(measured.after_normalised) - scale(measured.before_normalised)) / np.float32(DIFFERENCE_FULL))
    strength = (np.minimum(np.abs(change), 1.0) ** 1.5)[..., np.newaxis]
    painted = np.rint(ground(measured) * (1 - strength) + np.where(change[..., np.newaxis] < 0, PALER, DARKER) * strength)
    assert np.count_nonzero(strength) > 1000
    np.testing.assert_array_equal(draw_difference(measured, registration), painted.astype(np.uint8))


def test_the_registration_s_error_is_painted_as_its_formula_says() -> None:
    measured, registration = made()
    picture, most = draw_registration_error(measured, registration)
    inside = registration.shared & np.isfinite(registration.error_px)
    assert 0 < np.count_nonzero(inside) < inside.size
    level = np.clip(np.nan_to_num(registration.error_px) / most, 0, 1)
    colours = cv2.applyColorMap((255 - np.rint(level * 255)).astype(np.uint8), cv2.COLORMAP_VIRIDIS)[..., ::-1]
    mixed = np.where(inside[..., np.newaxis], 0.35 * ground(measured) + 0.65 * colours, ground(measured))
    np.testing.assert_array_equal(picture, np.rint(mixed).astype(np.uint8))
