"""The classical reading on drawn skin: lines of known density, colour and width, and things that are no veins."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from photocompare.base.arrays import LinearRGB
from photocompare.veins.reading import SkinReading
from photocompare.veins.ridges import difference_of, read_skin_by_ridges

SIDE = 280
SKIN = np.array([0.45, 0.27, 0.18], np.float32)
RED_THIN = (0.08, 0.21, 0.13)
"""Density of 0.1 mm vessels close under light skin; the next is a 1.5 mm vein (Monte Carlo table in `docs/method.md`)."""
BLUE_WIDE = (0.17, 0.08, 0.02)
BROWN = (0.07, 0.27, 0.44)
EVERYWHERE = np.ones((SIDE, SIDE), np.bool_)


def line(colour: tuple[float, float, float], width_px: float, *, angle_deg: float = 20.0, length_px: float = 200.0) -> np.ndarray:
    """Density (H, W, 3) of a straight line through the middle, of Gaussian profile with that full width at half maximum."""
    y, x = np.mgrid[0:SIDE, 0:SIDE] - (SIDE - 1) / 2
    angle = np.deg2rad(angle_deg)
    along, across = x * np.cos(angle) + y * np.sin(angle), y * np.cos(angle) - x * np.sin(angle)
    profile = np.exp(-4 * np.log(2) * (across / width_px) ** 2) * (np.abs(along) < length_px / 2)
    return np.asarray(profile[..., np.newaxis] * np.array(colour), np.float32)


def disc(colour: tuple[float, float, float], radius_px: int, blur_px: float) -> np.ndarray:
    """Density (H, W, 3) of a round spot in the middle with a soft edge."""
    spot = np.zeros((SIDE, SIDE), np.float32)
    cv2.circle(spot, (SIDE // 2, SIDE // 2), radius_px, 1.0, -1)
    return np.asarray(cv2.GaussianBlur(spot, (0, 0), blur_px)[..., np.newaxis] * np.array(colour, np.float32), np.float32)


def photo(*added: np.ndarray, seed: int = 7, light: float = 0.3) -> LinearRGB:
    """Skin with fine mottle, sensor noise and a lamp that falls off across the frame, under added densities."""
    rng = np.random.default_rng(seed)
    mottle = cv2.GaussianBlur(rng.standard_normal((SIDE, SIDE)).astype(np.float32), (0, 0), 2.0)
    mottle *= 0.01 / mottle.std()
    shade = light * np.linspace(-0.5, 0.5, SIDE, dtype=np.float32)
    density = -np.log(SKIN) + (mottle + shade)[..., np.newaxis] + sum(added)
    return np.asarray(np.clip(np.exp(-density) + rng.normal(0, 0.002, density.shape), 0, 1), np.float32)


def seen(reading: SkinReading, where: np.ndarray) -> float:
    """Share of the pixels there that are as likely as not a visible vein."""
    return float((reading.vein_probability[where] >= 0.5).mean())


def middle_of(added: np.ndarray) -> np.ndarray:
    """Where an added density is at its strongest."""
    green = added.sum(axis=2)
    return np.asarray(green > 0.95 * green.max())


@pytest.mark.parametrize(
    ("colour", "width_px", "angle_deg"), [(RED_THIN, 5.0, 20.0), (RED_THIN, 6.0, 90.0), (BLUE_WIDE, 16.0, 20.0), (BLUE_WIDE, 20.0, 135.0)]
)
def test_veins_of_known_density_are_found_with_their_visibility_and_width(
    colour: tuple[float, float, float], width_px: float, angle_deg: float
) -> None:
    vein = line(colour, width_px, angle_deg=angle_deg)
    reading = read_skin_by_ridges(photo(vein), EVERYWHERE)
    middle = middle_of(vein)
    truth = float(difference_of(np.array([colour], np.float32))[0])
    assert seen(reading, middle) > 0.85
    assert np.median(reading.vein_de[middle]) == pytest.approx(truth, rel=0.3)
    half_peak = reading.vein_de > np.median(reading.vein_de[middle]) / 2
    assert half_peak.sum() / 200.0 == pytest.approx(width_px, rel=0.35)
    far = vein.sum(axis=2) < 1e-4
    assert seen(reading, far) < 0.01


@pytest.mark.parametrize(
    "not_a_vein",
    [
        pytest.param(line((0.45, 0.42, 0.40), 2.5), id="hair"),
        pytest.param(line((0.20, 0.20, 0.20), 7.0), id="crease"),
        pytest.param(line(BROWN, 8.0), id="brown line"),
        pytest.param(disc((0.30, 0.41, 0.45), 8, 2.0), id="mole"),
        pytest.param(disc((0.08, 0.22, 0.12), 5, 2.0), id="red spot"),
    ],
)
def test_what_is_no_vein_is_not_read_as_one(not_a_vein: np.ndarray) -> None:
    reading = read_skin_by_ridges(photo(not_a_vein), EVERYWHERE)
    assert seen(reading, middle_of(not_a_vein)) < 0.2
    assert seen(reading, EVERYWHERE) < 0.002


def test_plain_skin_reads_as_nothing() -> None:
    reading = read_skin_by_ridges(photo(), EVERYWHERE)
    assert seen(reading, EVERYWHERE) < 0.001
    assert (reading.stain_probability >= 0.5).mean() < 0.005


def test_an_invisible_vein_is_not_called_visible() -> None:
    faint = line((0.02, 0.05, 0.03), 6.0)
    assert difference_of(np.array([[0.02, 0.05, 0.03]], np.float32))[0] < 2.3
    assert seen(read_skin_by_ridges(photo(faint), EVERYWHERE), middle_of(faint)) < 0.1


def test_a_broad_brown_patch_is_stain_and_no_vein() -> None:
    patch = disc((0.05, 0.19, 0.30), 22, 5.0)
    reading = read_skin_by_ridges(photo(patch), EVERYWHERE)
    middle = middle_of(patch)
    assert (reading.stain_probability[middle] >= 0.5).mean() > 0.9
    assert seen(reading, middle) < 0.1
    assert (reading.stain_probability[patch.sum(axis=2) < 1e-3] >= 0.5).mean() < 0.02


def test_light_does_not_matter() -> None:
    vein = line(RED_THIN, 5.0)
    even, slanted = (read_skin_by_ridges(photo(vein, light=light), EVERYWHERE) for light in (0.0, 0.8))
    middle = middle_of(vein)
    assert np.median(even.vein_de[middle]) == pytest.approx(float(np.median(slanted.vein_de[middle])), rel=0.1)
    dim = read_skin_by_ridges(photo(vein) * np.array([0.6, 0.5, 0.4], np.float32), EVERYWHERE)
    plain = read_skin_by_ridges(photo(vein), EVERYWHERE)
    np.testing.assert_allclose(dim.vein_de, plain.vein_de, atol=0.05)


def test_outside_the_leg_everything_reads_zero() -> None:
    leg = EVERYWHERE.copy()
    leg[:, : SIDE // 2] = False
    reading = read_skin_by_ridges(photo(line(RED_THIN, 5.0)), leg)
    for channel in (reading.vein_de, reading.stain_de, reading.vein_probability, reading.stain_probability):
        assert channel.dtype == np.float32
        assert not channel[~leg].any()
        assert np.isfinite(channel).all()
    assert reading.vein_de[leg].any()


@pytest.mark.parametrize("shape", [(1, 1), (3, 40), (17, 9)])
def test_tiny_and_empty_legs_read_as_nothing(shape: tuple[int, int]) -> None:
    grey = np.full((*shape, 3), 0.3, np.float32)
    for leg in (np.ones(shape, np.bool_), np.zeros(shape, np.bool_)):
        reading = read_skin_by_ridges(grey, leg)
        assert reading.vein_de.shape == shape
        assert not reading.vein_probability.any()
        assert not reading.stain_probability.any()
