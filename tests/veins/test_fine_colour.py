"""The colour of fine detail: what a photo holds of it, what it is taken for, and what the networks then see."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from photocompare.base.arrays import Density, LinearRGB
from photocompare.base.colour import density_from_linear, linear_from_srgb8, srgb8_from_linear
from photocompare.veins.fine_colour import FineColourOptions, blood_where_fine
from photocompare.veins.network import read_skin

SHAPE = (160, 200)
GREY = (0.30, 0.30, 0.30)
BROWN = (0.10, 0.30, 0.45)
VESSEL = (0.17, 0.36, 0.22)
"""Density of a vessel 0.1 to 0.3 mm wide (Monte Carlo table in `docs/method.md`)."""


def line(colour: tuple[float, float, float], sigma_px: float, *, row: int = 80) -> Density:
    """Density (H, W, 3) of a horizontal line of Gaussian profile across the picture."""
    across = np.arange(SHAPE[0], dtype=np.float32)[:, np.newaxis, np.newaxis]
    profile = np.exp(-(((across - row) / sigma_px) ** 2) / 2) * np.ones((*SHAPE, 1), np.float32)
    return np.asarray(profile * np.array(colour), np.float32)


def recoloured(density: Density, sigma_px: float = 1.75) -> Density:
    planes = np.ascontiguousarray(density.transpose(2, 0, 1))
    blood_where_fine(planes, options=FineColourOptions(finest_px=sigma_px))
    return planes.transpose(1, 2, 0)


def test_a_line_of_a_pixel_gets_the_colour_of_a_thin_vessel_and_keeps_its_green() -> None:
    grey = line(GREY, 0.7)
    red, green, blue = (recoloured(grey) - cv2.GaussianBlur(grey, (0, 0), 1.75))[80, 100]
    assert recoloured(grey)[80, 100, 1] == grey[80, 100, 1]
    assert red / green == pytest.approx(0.45, rel=0.02)
    assert blue / green == pytest.approx(0.95, rel=0.02)


def test_a_broad_line_keeps_its_colour() -> None:
    brown = line(BROWN, 8.0)
    assert recoloured(brown)[80, 100] == pytest.approx(BROWN, abs=0.01)


def test_nothing_is_finer_than_no_sigma() -> None:
    grey = line(GREY, 0.7)
    assert np.array_equal(recoloured(grey, 0.0), grey)


def test_what_is_too_fine_has_fewer_pixels_in_a_smaller_copy() -> None:
    assert FineColourOptions().scaled(0.5) == FineColourOptions(finest_px=0.875)


def test_a_sigma_is_not_below_0() -> None:
    with pytest.raises(ValueError, match="below 0"):
        FineColourOptions(finest_px=-1)


def as_a_camera_keeps_it(linear: LinearRGB) -> LinearRGB:
    """The photo with its colour smoothed by two pixels and its lightness as it is."""
    parts = cv2.cvtColor(srgb8_from_linear(linear), cv2.COLOR_RGB2YCrCb)
    parts[..., 1:] = cv2.GaussianBlur(parts, (0, 0), 2.0)[..., 1:]
    return linear_from_srgb8(cv2.cvtColor(parts, cv2.COLOR_YCrCb2RGB))


def winding_threads() -> LinearRGB:
    """Tanned skin, uneven, with threads a pixel and a half wide of a vessel's colour."""
    rng = np.random.default_rng(5)
    canvas = np.zeros(SHAPE, np.uint8)
    for start in range(30, 180, 30):
        rows = np.arange(10, 150)
        columns = start + 5 * np.sin(rows / 6.0) + np.cumsum(rng.normal(0, 0.6, rows.size))
        cv2.polylines(canvas, [np.round(np.stack([columns, rows], 1) * 16).astype(np.int32)], False, 255, 1, cv2.LINE_AA, 4)
    threads = cv2.GaussianBlur(canvas.astype(np.float32) / 255, (0, 0), 0.7)[..., np.newaxis] * np.array(VESSEL, np.float32)
    mottle, relief = (cv2.GaussianBlur(rng.standard_normal(SHAPE).astype(np.float32), (0, 0), sigma) for sigma in (2.0, 1.0))
    uneven = (0.01 * mottle / mottle.std() + 0.05 * relief / relief.std())[..., np.newaxis]
    skin = density_from_linear(np.full((*SHAPE, 3), (0.35, 0.20, 0.11), np.float32)) + uneven
    return np.asarray(np.exp(-(skin + threads)) + rng.normal(0, 0.002, skin.shape), np.float32).clip(0, 1)


def test_more_is_read_of_threads_whose_colour_the_camera_lost() -> None:
    """On tanned skin what has lightness alone is brown, and a fifth of the threads' contrast was read."""
    everywhere = np.ones(SHAPE, np.bool_)
    true = winding_threads()
    photo = as_a_camera_keeps_it(true)

    def read(linear: LinearRGB, colour: FineColourOptions) -> float:
        return float(np.percentile(read_skin(linear, everywhere, colour=colour).vein_de, 95))

    as_it_is, standard = FineColourOptions(finest_px=0), FineColourOptions()
    meant, was, now = read(true, as_it_is), read(photo, as_it_is), read(photo, standard)
    assert was < 0.4 * meant
    assert 1.4 * was < now < meant
    assert read(true, standard) == pytest.approx(meant, rel=0.15)
