"""How much of the veins lies beyond the skin that is compared, by length."""

from __future__ import annotations

import numpy as np
import pytest

from photocompare.veins.beyond import share_beyond
from photocompare.veins.pieces import VeinOptions
from tests.support.drawn_readings import PX_PER_MM, SHAPE, lines, reading

EVERYWHERE = np.ones(SHAPE, bool)


def beyond(vein: np.ndarray, shared: np.ndarray, seen: np.ndarray = EVERYWHERE) -> float:
    return share_beyond(reading(vein), seen, shared, PX_PER_MM, options=VeinOptions())


def upper_half() -> np.ndarray:
    shared = EVERYWHERE.copy()
    shared[200:] = False
    return shared


def test_veins_count_by_their_length() -> None:
    one_of_three = np.maximum(lines((50, 8.0)), lines((100, 8.0), (300, 8.0)))
    assert beyond(one_of_three, upper_half()) == pytest.approx(1 / 3, abs=0.02)
    assert beyond(lines((50, 8.0)), upper_half()) == 0
    assert beyond(np.zeros(SHAPE, np.float32), upper_half()) == 0


def test_a_wide_band_counts_no_more_than_a_thread() -> None:
    """A shaded edge of the limb, read as one wide vein: by area it would be nine tenths."""
    assert beyond(np.maximum(lines((50, 8.0)), lines((300, 8.0), width_px=60)), upper_half()) == pytest.approx(0.5, abs=0.07)


def test_what_is_not_seen_does_not_count() -> None:
    assert beyond(lines((50, 8.0), (300, 8.0)), upper_half(), seen=upper_half()) == 0
