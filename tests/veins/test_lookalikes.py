"""What a reading takes for veins and is none: hair, and what doesn't darken the skin."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from photocompare.base.masks import parts_of
from photocompare.base.strokes import Strokes
from photocompare.veins.lookalikes import LookalikeOptions, SkinDensity, lookalikes

SHAPE = (220, 320)
EVERYWHERE = np.ones(SHAPE, np.bool_)
PX_PER_MM = 7.0
OPTIONS = LookalikeOptions()
HAIR, VESSEL, DEEP = (0.3, 0.35, 0.3), (0.2, 0.4, 0.25), (0.17, 0.08, -0.01)
"""Density over the skin, R, G, B: a brown hair, and a fine and a deep vein by the table of `docs/method.md`."""

STRAIGHT = [(40, 60), (95, 90)]
BENT = [(40, 60), (60, 95), (95, 90)]
LONG = [(40, 60), (200, 90)]


def drawn(path: list[tuple[int, int]], width: int = 3) -> NDArray[np.bool_]:
    """A line through points (x, y)."""
    picture = np.zeros(SHAPE, np.uint8)
    cv2.polylines(picture, [np.array(path, np.int32)], isClosed=False, color=1, thickness=width)
    return picture > 0


def without_lookalikes(mask: NDArray[np.bool_], density: NDArray[np.float32], skin: NDArray[np.bool_] = EVERYWHERE) -> NDArray[np.bool_]:
    """The mask less its parts that are no veins."""
    parts, photo = parts_of(mask), SkinDensity(density, skin, OPTIONS.around_mm * PX_PER_MM)
    strokes = Strokes(parts.labels, np.ones(len(parts.areas), np.bool_))
    return strokes.mask_of(~lookalikes(strokes, photo, PX_PER_MM, options=OPTIONS))


def kept(mask: NDArray[np.bool_], colour: tuple[float, float, float], skin: NDArray[np.bool_] = EVERYWHERE) -> bool:
    """Whether the line stays, drawn in that colour on even skin."""
    density = np.full((*SHAPE, 3), 0.7, np.float32)
    density[mask] += np.asarray(colour, np.float32)
    density[~skin] = 3.0
    left = without_lookalikes(mask, density, skin)
    assert not left.any() or np.array_equal(left, mask)
    return bool(left.any())


def test_a_hair_is_left_out_and_veins_stay() -> None:
    assert not kept(drawn(STRAIGHT), HAIR)
    assert kept(drawn(STRAIGHT), VESSEL)
    assert kept(drawn(STRAIGHT), DEEP)


@pytest.mark.parametrize("line", [drawn(BENT), drawn(LONG), drawn(STRAIGHT, width=9)])
def test_what_bends_is_longer_or_wider_than_hair_stays(line: NDArray[np.bool_]) -> None:
    assert kept(line, HAIR)


@pytest.mark.parametrize("colour", [(-0.05, 0.1, 0.1), (0.1, -0.05, 0.1)])
def test_what_is_lighter_than_the_skin_around_is_no_vein(colour: tuple[float, float, float]) -> None:
    assert not kept(drawn(LONG), colour)


def test_a_dark_background_beside_a_vein_is_not_the_skin_around_it() -> None:
    skin = EVERYWHERE.copy()
    skin[:, :40] = False
    assert kept(drawn([(44, 30), (44, 190)]), (0.05, 0.08, 0.02), skin)


def test_each_line_is_judged_by_itself_and_none_is_no_fault() -> None:
    hair, vein = drawn(STRAIGHT), drawn([(150, 20), (180, 90), (150, 190)])
    density = np.zeros((*SHAPE, 3), np.float32)
    density[hair] = HAIR
    density[vein] = VESSEL
    np.testing.assert_array_equal(without_lookalikes(hair | vein, density), vein)
    assert not without_lookalikes(np.zeros(SHAPE, np.bool_), density).any()
