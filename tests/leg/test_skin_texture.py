"""Brown and red things without a skin's texture are no leg; legs of every tone, hair and light are."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
import pytest

from photocompare.base.colour import linear_from_srgb8
from photocompare.leg.field import find_field
from photocompare.phantom import simple_pair
from tests.support.painted_leg import CASTS

SHAPE = (600, 480)
TAN = (0.50, 0.30, 0.16)
"""Linear RGB that passes for skin by its colour."""


def noise(sigma: float, *, seed: int = 1, along: float | None = None) -> np.ndarray:
    """Unit noise of a grain, drawn out along the columns where `along` is given."""
    white = np.random.default_rng(seed).standard_normal(SHAPE).astype(np.float32)
    smooth = cv2.GaussianBlur(white, (0, 0), sigmaX=sigma, sigmaY=along or sigma)
    return np.asarray(smooth / smooth.std())


def cork() -> np.ndarray:
    grain = sum(noise(sigma, seed=k) * sigma for k, sigma in enumerate((1.5, 4.0)))
    return np.asarray(np.clip(1 - 0.2 * grain / np.std(grain), 0.05, None))


def gravel() -> np.ndarray:
    return np.asarray(np.exp(0.4 * noise(3.0)))


def wood() -> np.ndarray:
    rings = np.sin(np.linspace(0, 40, SHAPE[1]) + 4 * noise(30.0, along=150.0)) ** 8
    return np.asarray(1 - 0.35 * rings - 0.08 * noise(1.2, along=40.0), np.float32)


def hair() -> np.ndarray:
    strands = np.ones(SHAPE, np.float32)
    rng = np.random.default_rng(2)
    for _ in range(1500):
        start = rng.integers(0, SHAPE, 2)[::-1]
        end = start + rng.normal(0, (12, 90))
        cv2.line(strands, tuple(map(int, start)), tuple(map(int, end)), float(rng.uniform(0.4, 0.8)), 1, cv2.LINE_AA)
    return strands


@pytest.mark.parametrize("cast", CASTS)
@pytest.mark.parametrize("texture", [cork, gravel, wood, hair])
def test_brown_things_are_no_leg(texture: Callable[[], np.ndarray], cast: str) -> None:
    light = np.float32(TAN) * np.float32(CASTS[cast])
    assert find_field(np.clip(texture()[..., np.newaxis] * light, 0, 1)).flags == ("no_skin",)


def pale_strip(columns: slice) -> np.ndarray:
    """Skin paler than cork, smooth, in some columns of a cork board."""
    linear = cork()[..., np.newaxis] * np.float32((0.50, 0.26, 0.10))
    linear[:, columns] = np.float32((0.33, 0.28, 0.21)) * np.exp(-0.01 * noise(3.0)[:, columns, np.newaxis])
    return np.asarray(np.clip(linear, 0, 1), np.float32)


def test_a_leg_before_cork_that_is_redder_is_the_leg() -> None:
    field = find_field(pale_strip(np.s_[120:360]))
    assert field.flags == ()
    assert field.leg[:, 130:350].mean() > 0.98
    assert field.leg[:, :110].mean() < 0.02


def test_a_pale_thing_at_the_side_of_cork_is_no_leg() -> None:
    assert find_field(pale_strip(np.s_[:110])).flags == ("no_skin",)


def test_the_same_colour_with_a_skins_mottle_is_a_leg() -> None:
    """Melanin takes 0.5, 0.8 and 1 of red, green and blue; the mottle takes as much blue as the wood's grain takes of all."""
    mottle = 0.14 * noise(3.0)[..., np.newaxis] * np.float32((0.5, 0.8, 1.0))
    assert find_field(np.float32(TAN) * np.exp(-mottle)).flags == ()


@pytest.mark.parametrize("tone", [0.015, 0.06, 0.12, 0.24])
def test_rendered_legs_are_legs(tone: float) -> None:
    pair = simple_pair("graded", seed=round(1000 * tone), size=(600, 450), tone=tone)
    for pixels in (pair.before, pair.after):
        assert find_field(linear_from_srgb8(pixels)).flags == ()
