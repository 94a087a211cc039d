"""Forced photometry of drawn veins: the same vein measured in both photos."""

from __future__ import annotations

import numpy as np
import pytest

from photocompare.veins.photometry import Forced, forced_contrast
from photocompare.veins.pieces import VeinPiece

SHAPE = (200, 300)
RED = np.array([0.1, 0.3, 0.25], np.float32)
BROWN = np.array([0.2, 0.27, 0.34], np.float32)


def skin(strength: float, *, stain: float = 0.0, slope: float = 0.0, row: float = 100.0, seed: int = 1) -> np.ndarray:
    """Density of skin with one horizontal vein 6 px wide, a stain six times as wide, a slope of light, and noise."""
    y, x = np.mgrid[0 : SHAPE[0], 0 : SHAPE[1]].astype(np.float32)
    vein = np.exp(-4 * np.log(2) * ((y - row) / 6) ** 2)[..., None] * RED * strength
    brown = np.exp(-4 * np.log(2) * ((y - row) / 36) ** 2)[..., None] * BROWN * stain
    noise = np.random.default_rng(seed).normal(0, 0.01, (*SHAPE, 3))
    return (1.2 + vein + brown + noise + slope * (x + y)[..., None] / 300).astype(np.float32)


PIECES = tuple(
    VeinPiece(np.stack([np.full(10, 100.0), np.arange(k, k + 10)], axis=1).astype(np.float32), 10.0, 6.0, 8.0) for k in range(50, 250, 10)
)
VEINS = np.zeros(SHAPE, bool)
VEINS[96:105] = True


def straight(dx: float = 0.0, dy: float = 0.0) -> np.ndarray:
    y, x = np.mgrid[0 : SHAPE[0], 0 : SHAPE[1]].astype(np.float32)
    return np.dstack([x + dx, y + dy])


def measured(before: np.ndarray, after: np.ndarray, map_xy: np.ndarray | None = None) -> Forced:
    return forced_contrast(PIECES, (before, after), straight() if map_xy is None else map_xy, VEINS)


def left_of(forced: Forced) -> float:
    """Median share of the contrast that is left."""
    return float(np.median(forced.after_de / forced.before_de))


@pytest.mark.parametrize("left", [1.0, 0.6, 0.3, 0.0])
def test_the_share_that_is_left_is_read(left: float) -> None:
    assert left_of(measured(skin(1.0), skin(left, seed=2))) == pytest.approx(left, abs=0.06)


def test_light_does_not_matter() -> None:
    assert left_of(measured(skin(1.0), skin(1.0, slope=1.0, seed=2) - 0.5)) == pytest.approx(1.0, abs=0.06)


def test_a_broad_stain_in_the_veins_place_is_hardly_a_vein() -> None:
    assert left_of(measured(skin(1.0), skin(0.0, stain=1.0, seed=2))) < 0.25


def test_the_map_is_followed() -> None:
    moved = skin(1.0, row=107.0, seed=2)
    assert left_of(measured(skin(1.0), moved, straight(dy=7.0))) == pytest.approx(1.0, abs=0.06)
    assert left_of(measured(skin(1.0), moved)) < 0.3


def test_where_the_after_photo_shows_nothing_nothing_is_said() -> None:
    map_xy = straight()
    map_xy[:, :150] = np.nan
    forced = measured(skin(1.0), skin(1.0, seed=2), map_xy)
    assert np.isnan(forced.after_de[:9]).all()
    assert np.isfinite(forced.after_de[12:]).all()


def test_no_pieces_give_empty_arrays() -> None:
    assert forced_contrast((), (skin(1.0), skin(1.0)), straight(), VEINS).after_de.shape == (0,)
