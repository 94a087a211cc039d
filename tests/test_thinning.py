"""Thinning to centrelines."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from photocompare.arrays import Mask
from photocompare.thinning import centreline_of


def _strokes(seed: int) -> Mask:
    """Thick strokes that cross, as veins do."""
    rng = np.random.default_rng(seed)
    canvas = np.zeros((200, 240), np.uint8)
    for _ in range(6):
        points = rng.uniform(10, 190, (4, 2)).astype(np.int32)
        cv2.polylines(canvas, [points], False, 1, int(rng.integers(3, 9)))
    return canvas > 0


def test_a_straight_bar_becomes_its_middle_row() -> None:
    bar = np.zeros((40, 100), bool)
    bar[15:22, 10:90] = True
    line = centreline_of(bar)
    rows, cols = np.nonzero(line)
    assert set(rows.tolist()) <= {17, 18, 19}
    assert len(np.unique(cols)) == len(cols)
    assert len(cols) > 70


@pytest.mark.parametrize("seed", range(4))
def test_thinning_keeps_pieces_loops_and_course(seed: int) -> None:
    mask = _strokes(seed)
    line = centreline_of(mask)
    assert not (line & ~mask).any()
    pieces, holes = (
        [cv2.connectedComponents(picture.astype(np.uint8), connectivity=ways)[0] for picture in pictures]
        for pictures, ways in (((line, mask), 8), ((~line, ~mask), 4))
    )
    assert pieces[0] == pieces[1]
    assert holes[0] == holes[1]
    width = cv2.distanceTransform(mask.astype(np.uint8), cv2.DIST_L2, 5).max()
    assert cv2.distanceTransform((~line).astype(np.uint8), cv2.DIST_L2, 5)[mask].max() <= 2 * width + 2


@pytest.mark.parametrize("seed", range(4))
def test_a_centreline_is_one_pixel_wide(seed: int) -> None:
    line = centreline_of(_strokes(seed)).astype(np.uint8)
    squares = cv2.boxFilter(line, cv2.CV_32S, (2, 2), normalize=False, borderType=cv2.BORDER_CONSTANT)
    assert (squares == 4).sum() <= 2
    assert not (centreline_of(line > 0) ^ (line > 0)).any()


def test_an_empty_mask_stays_empty() -> None:
    assert not centreline_of(np.zeros((20, 30), bool)).any()
