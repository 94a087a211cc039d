"""Colour conversions against scikit-image's."""

from __future__ import annotations

import numpy as np
import pytest
from skimage.color import rgb2lab

from photocompare.base.colour import MID_SKIN_LAB, lab_from_linear, lab_per_density, linear_from_lab, linear_from_srgb8


def test_lab_is_that_of_another_library() -> None:
    encoded = np.random.default_rng(1).integers(0, 256, (40, 50, 3)).astype(np.uint8)
    encoded[0] = np.arange(50)[:, np.newaxis]  # dark greys: the straight line near black
    np.testing.assert_allclose(lab_from_linear(linear_from_srgb8(encoded)), rgb2lab(encoded), atol=0.05)


def test_grey_has_no_colour_and_white_is_a_hundred() -> None:
    lab = lab_from_linear(np.linspace(0, 1, 101, dtype=np.float32)[np.newaxis, :, np.newaxis].repeat(3, axis=2))
    assert np.abs(lab[..., 1:]).max() < 1e-3
    assert lab[0, 0, 0] == pytest.approx(0, abs=1e-4)
    assert lab[0, -1, 0] == pytest.approx(100, abs=1e-4)


@pytest.mark.parametrize("lab", [MID_SKIN_LAB, (3.0, 0.5, -0.5), (90.0, -5.0, 30.0)])
def test_a_colour_comes_back_from_lab(lab: tuple[float, float, float]) -> None:
    np.testing.assert_allclose(lab_from_linear(linear_from_lab(lab)[np.newaxis, np.newaxis])[0, 0], lab, atol=1e-3)


def test_density_darkens_and_blood_reddens() -> None:
    per_density = lab_per_density()
    assert (per_density[0] < 0).all()  # L* falls whichever light is lost
    assert per_density[1, 1] > 0  # less green is redder
    assert per_density[2, 2] > 0  # less blue is yellower
