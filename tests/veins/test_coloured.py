"""Whether a baseline has the colour of veins or of shade, on drawn lines."""

from __future__ import annotations

import math

import cv2
import numpy as np
import pytest

from photocompare.base.arrays import Density, Mask
from photocompare.base.colour import density_from_linear, linear_from_srgb8, srgb8_from_linear
from photocompare.veins.coloured import VeinColour, vein_colour
from photocompare.veins.pieces import VeinPiece

PX_PER_MM = 5.0

SHADE = (0.70, 1.00, 1.20)
"""Of bulges and creases on real skin, in R, G, B over G; 0.65 to 0.8 and 1.0 to 1.3 were measured."""

DEEP_VEIN = {"light": (0.17, 0.08, 0.02), "medium": (0.13, 0.06, 0.02), "dark": (0.09, 0.02, 0.01)}
"""Density at the centre of a vein of 1.5 mm, 0.7 mm deep (Monte Carlo)."""

RED_MAT = (0.26, 0.41, 0.21)
"""Of vessels of 0.3 mm on light skin; merged by a small photo they pass for wide ones."""

SKIN = {"light": (0.44, 0.32, 0.22), "medium": (0.19, 0.10, 0.05), "dark": (0.07, 0.03, 0.02)}


def _drawn(colour: tuple[float, float, float], width_mm: float, *, tone: str = "light") -> tuple[Density, Mask, list[VeinPiece]]:
    """Forty pieces of upright lines on noisy skin under a lamp from the side, compressed as a phone does."""
    width = width_mm * PX_PER_MM
    rows, cols = np.mgrid[:520, :700].astype(np.float32)
    density = -np.log(np.array(SKIN[tone], np.float32)) + (0.3 * cols / 700)[..., None]
    mask = np.zeros(rows.shape, np.bool_)
    pieces = []
    for middle in (110.0, 260.0, 410.0, 560.0):
        density += np.exp(-4 * np.log(2) * ((cols - middle) / width) ** 2)[..., None] * np.array(colour, np.float32)
        mask |= np.abs(cols - middle) < width / 2
        for top in np.arange(10.0, 510.0, 50.0):
            along = np.arange(top, top + 40.0)
            pieces.append(VeinPiece(np.stack([along, np.full(40, middle)], axis=1).astype(np.float32), 40.0, width, 5.0))
    linear = np.exp(-density) * (1 + 0.01 * np.random.default_rng(0).standard_normal(density.shape))
    encoded = srgb8_from_linear(linear.astype(np.float32))
    stored = cv2.imdecode(cv2.imencode(".jpg", encoded[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, 80])[1], cv2.IMREAD_COLOR)
    return density_from_linear(linear_from_srgb8(np.ascontiguousarray(stored[..., ::-1]))), mask, pieces


def _judged(colour: tuple[float, float, float], width_mm: float, *, tone: str = "light") -> VeinColour:
    density, mask, pieces = _drawn(colour, width_mm, tone=tone)
    return vein_colour(pieces, density, mask, np.ones(len(pieces)), PX_PER_MM)


@pytest.mark.parametrize("tone", SKIN)
def test_shade_is_no_vein_on_any_skin(tone: str) -> None:
    shade = _judged((0.25 * SHADE[0], 0.25 * SHADE[1], 0.25 * SHADE[2]), 4.0, tone=tone)
    assert shade.wide_share == 1
    assert shade.red_over_blue == pytest.approx(SHADE[0] - SHADE[2], abs=0.15)
    assert shade.relief_only()


@pytest.mark.parametrize("tone", SKIN)
def test_deep_veins_are_blue_on_any_skin(tone: str) -> None:
    vein = _judged(DEEP_VEIN[tone], 3.0, tone=tone)
    assert vein.red_over_blue > 0.5
    assert not vein.relief_only()


def test_a_red_mat_is_no_shade() -> None:
    assert not _judged(RED_MAT, 3.0).relief_only()


def test_thin_lines_are_not_judged_by_colour() -> None:
    thin = _judged((0.2, 0.3, 0.36), 1.0)
    assert (thin.wide_share, thin.pieces) == (0.0, 0)
    assert math.isnan(thin.red_over_blue)
    assert not thin.relief_only()


def test_coloured_veins_among_bulges_are_measured() -> None:
    shade, mask, pieces = _drawn((0.14, 0.20, 0.24), 4.0)
    veins, also, _ = _drawn(DEEP_VEIN["light"], 4.0)
    half = shade.shape[1] // 2
    both = np.concatenate([shade[:, :half], veins[:, half:]], axis=1)
    found = vein_colour(pieces, both, mask | also, np.ones(len(pieces)), PX_PER_MM)
    assert not found.relief_only()


def test_of_little_nothing_is_said() -> None:
    density, mask, pieces = _drawn((0.14, 0.20, 0.24), 4.0)
    assert not vein_colour(pieces[:20], density, mask, np.ones(20), PX_PER_MM).relief_only()
    assert vein_colour([], density, mask, np.zeros(0), PX_PER_MM).wide_share == 0
    assert vein_colour(pieces, density, mask, np.zeros(len(pieces)), PX_PER_MM).pieces == 0
