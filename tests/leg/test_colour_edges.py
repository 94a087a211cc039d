"""Edges of colour between skin and things of its own colour: found where they are, and nowhere on skin."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from photocompare.base.arrays import Grey, LinearRGB
from photocompare.leg.colour_edges import ColourEdgeOptions, colour_edges
from photocompare.leg.skin import SkinOptions, find_skin
from tests.support.painted_leg import TONES

SHAPE = (480, 360)
PAINT_BESIDE = (-0.12, -0.03, 0.06)
"""Optical density of the wood less the skin's: a redness of 0.12 more."""


def skin_of(tone: str, density: Grey | float = 0.0, colour: tuple[float, float, float] = (1.0, 1.0, 1.0)) -> LinearRGB:
    """Mottled skin that fills the frame, with something of a density (h, w) and colour on it."""
    rng = np.random.default_rng(3)
    mottle = cv2.GaussianBlur(rng.standard_normal(SHAPE).astype(np.float32), (0, 0), 6) * 0.5
    whole = mottle[..., np.newaxis] * np.array([0.4, 1.0, 0.7]) + np.asarray(density)[..., np.newaxis] * np.array(colour)
    noise = 0.01 * rng.standard_normal((*SHAPE, 3))
    return np.asarray(np.array(TONES[tone]) * np.exp(-whole) * (1 + noise), np.float32)


def edges_of(linear: LinearRGB) -> np.ndarray:
    skin = find_skin(linear, options=SkinOptions())
    return colour_edges(skin, np.ones(skin.mask.shape, np.bool_), options=ColourEdgeOptions())


def columns() -> Grey:
    return np.broadcast_to(np.arange(SHAPE[1], dtype=np.float32), SHAPE)


@pytest.mark.parametrize("tone", TONES)
@pytest.mark.parametrize("across", [False, True])
def test_a_step_from_side_to_side_is_an_edge(tone: str, across: bool) -> None:
    slope = columns() + 0.2 * np.arange(SHAPE[0], dtype=np.float32)[:, np.newaxis]
    beside = cv2.GaussianBlur((slope > 150).astype(np.float32), (0, 0), 0.8)
    linear = skin_of(tone, beside, PAINT_BESIDE)
    edges = edges_of(linear.transpose(1, 0, 2).copy()).T if across else edges_of(linear)
    rows = np.flatnonzero(edges.any(axis=1))
    assert len(rows) > 0.95 * SHAPE[0]
    places = np.array([np.median(np.flatnonzero(edges[row])) for row in rows])
    assert np.percentile(np.abs(places - (150 - 0.2 * rows)), 90) < 4


@pytest.mark.parametrize("tone", TONES)
@pytest.mark.parametrize(
    ("what", "density", "colour"),
    [
        ("mottle alone", 0 * columns(), (1.0, 1.0, 1.0)),
        ("a vein from top to bottom", 0.5 * np.exp(-(((columns() - 180) / 6) ** 2)), (0.6, 1.0, 0.5)),
        ("shade that falls off over a centimetre", 0.8 / (1 + np.exp(-(columns() - 200) / 9)), (1.0, 1.0, 1.0)),
        ("gloss that fades", -0.9 * np.exp(-(((columns() - 180) / 45) ** 2)), (0.6, 1.0, 1.2)),
        ("a step that ends in the middle", 0.25 * ((columns() > 180) & (np.arange(SHAPE[0])[:, np.newaxis] < 240)), PAINT_BESIDE),
    ],
)
def test_what_skin_shows_is_no_edge(tone: str, what: str, density: Grey, colour: tuple[float, float, float]) -> None:
    assert not edges_of(skin_of(tone, np.asarray(density, np.float32), colour)).any(), what


def test_an_edge_outside_the_skin_is_not_looked_for() -> None:
    linear = skin_of("light", (columns() > 150).astype(np.float32), PAINT_BESIDE)
    skin = find_skin(linear, options=SkinOptions())
    assert not colour_edges(skin, np.asarray(columns() > 150), options=ColourEdgeOptions()).any()
