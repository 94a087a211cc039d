"""The centreline of a mask, one pixel wide: thinning by Zhang & Suen (CACM 27, 1984) with scikit-image's amendments.

scikit-image's own function gives the same centreline (`tests/veins/test_skeleton.py`), but with it come scipy's image, sparse, spatial
and special libraries: 0.4 s of processor time in every process that measures.
"""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray

from photocompare.base.arrays import Mask

_RING = ((-1, -1), (-1, 0), (-1, 1), (0, 1), (1, 1), (1, 0), (1, -1), (0, -1))
"""(row, col) of a pixel's eight neighbours, clockwise from the upper left; neighbour k is bit k of a neighbourhood's number."""

_FIRST, _SECOND = 1, 2
"""Bits of the pass in which a pixel goes."""

_AMENDED = {
    0: (48, 129),
    _FIRST: (3, 6, 11, 12, 14, 131, 134, 161, 194, 198),
    _SECOND: (24, 26, 56, 96, 104, 108, 176, 192, 224),
    _FIRST | _SECOND: (10, 40, 130, 160),
}
"""Neighbourhoods in which scikit-image (0.26) takes a pixel away in other passes than Zhang & Suen: at corners, where theirs breaks or
erases lines two pixels wide, and at staircases, where theirs leaves pixels that no line needs."""


def skeleton(mask: Mask) -> Mask:
    """The mask's centreline, (H, W) bool.

    Parameters
    ----------
    mask : Mask
    """
    framed = np.zeros((mask.shape[0] + 2, mask.shape[1] + 2), np.uint8)
    framed[1:-1, 1:-1] = mask
    flat, width = framed.ravel(), framed.shape[1]
    places, going = np.flatnonzero(flat), _passes()
    steps = [down * width + across for down, across in _RING]
    gone = True
    while gone:
        gone = False
        for one in (_FIRST, _SECOND):
            around = np.zeros(len(places), np.uint8)
            for bit, step in enumerate(steps):
                around |= flat[places + step] << np.uint8(bit)
            goes = (going[around] & one) > 0
            if goes.any():
                flat[places[goes]] = 0
                places = places[~goes]
                gone = True
    return np.asarray(framed[1:-1, 1:-1] > 0, dtype=np.bool_)


@cache
def _passes() -> NDArray[np.uint8]:
    """For every neighbourhood the passes in which its pixel goes, as bits."""
    around = (np.arange(256)[:, np.newaxis] >> np.arange(8)) & 1
    _, north, _, east, _, south, _, west = around.T.astype(np.bool_)
    starts = ((around == 0) & (np.roll(around, -1, axis=1) == 1)).sum(axis=1)
    at_edge = (starts == 1) & (around.sum(axis=1) >= 2) & (around.sum(axis=1) <= 6)
    first = at_edge & ~(north & east & south) & ~(east & south & west)
    second = at_edge & ~(north & east & west) & ~(north & south & west)
    table = np.asarray(first * _FIRST + second * _SECOND, dtype=np.uint8)
    for passes, neighbourhoods in _AMENDED.items():
        table[list(neighbourhoods)] = passes
    return table
