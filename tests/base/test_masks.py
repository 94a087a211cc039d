"""Masks and robust numbers."""

from __future__ import annotations

import numpy as np
import pytest

from photocompare.base.masks import depth_px, dilated, disc, eroded, grown, parts_of, square
from photocompare.base.robust import robust_spread


def _block() -> np.ndarray:
    mask = np.zeros((20, 30), np.bool_)
    mask[5:10, 8:14] = True
    return mask


def test_a_mask_grows_and_shrinks_by_its_window_and_the_frame_eats_nothing() -> None:
    assert dilated(_block(), square(3)).sum() == 7 * 8
    assert eroded(_block(), square(3)).sum() == 3 * 4
    assert eroded(np.ones((6, 6), np.bool_), disc(5)).all()
    assert (grown(_block(), 2.0) == dilated(_block(), disc(5))).all()
    assert (grown(_block(), 0.1) == dilated(_block(), disc(3))).all()


def test_depth_counts_the_pictures_edge_as_a_border() -> None:
    assert depth_px(np.ones((9, 9), np.bool_))[4].tolist() == pytest.approx([1, 2, 3, 4, 5, 4, 3, 2, 1], abs=0.1)


def test_parts_are_told_by_size_and_place_and_the_outside_is_never_one() -> None:
    mask = _block()
    mask[0:2, 0:3] = True
    parts = parts_of(mask)
    assert parts.areas[1:].tolist() == [6, 30]
    assert parts.at_border[1:].tolist() == [True, False]
    assert parts.extents[1:] == pytest.approx([np.hypot(3, 2), np.hypot(6, 5)])
    assert (parts.of(parts.areas > 10) == _block()).all()
    touching = np.eye(2, dtype=np.bool_)
    assert (len(parts_of(touching).areas), len(parts_of(touching, connectivity=4).areas)) == (2, 3)


def test_the_robust_spread_is_that_of_the_sound_values() -> None:
    values = np.random.default_rng(1).normal(3.0, 2.0, (4001, 2))
    values[:400] = 1e6
    assert robust_spread(values) == pytest.approx([2.0, 2.0], rel=0.2)
