"""Masks thinned to their centrelines.

Zhang & Suen's parallel thinning (CACM 27:236, 1984), carried out on the mask's own pixels instead of on the whole picture: veins cover a
few per cent of it.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from photocompare.arrays import Mask

_AROUND = ((-1, 0), (-1, 1), (0, 1), (1, 1), (1, 0), (1, -1), (0, -1), (-1, -1))
"""Steps (row, col) to the eight neighbours, P2 to P9 of the paper: clockwise from the one above."""


def _removable(first: tuple[int, int, int], second: tuple[int, int, int]) -> NDArray[np.bool_]:
    """Which of the 256 neighbourhoods lose their middle; of each triple of neighbours one at least must be empty."""
    codes = np.arange(256)
    full = (codes[:, None] >> np.arange(8)) & 1
    count = full.sum(axis=1)
    rises = ((full == 0) & (np.roll(full, -1, axis=1) == 1)).sum(axis=1)
    open_sides = (full[:, first].prod(axis=1) == 0) & (full[:, second].prod(axis=1) == 0)
    return np.asarray((count >= 2) & (count <= 6) & (rises == 1) & open_sides)


_PASSES = (_removable((0, 2, 4), (2, 4, 6)), _removable((0, 2, 6), (0, 4, 6)))
"""Both halves of an iteration: pixels at the south-east border go first, then those at the north-west."""


def _stair(one: int, other: int) -> NDArray[np.bool_]:
    """Which neighbourhoods make their middle the corner of a stair whose two ends touch without it (Holt et al., CACM 30:156, 1987)."""
    full = ((np.arange(256)[:, None] >> np.arange(8)) & 1) > 0
    behind = full[:, [(one + 4) % 8, (other + 4) % 8]].all(axis=1)
    return np.asarray(full[:, one] & full[:, other] & ~full[:, (one + 5) % 8] & ~behind)


_CORNERS = tuple(_stair(k, (k + 2) % 8) for k in (0, 2, 4, 6))


def centreline_of(mask: Mask) -> Mask:
    """The mask thinned until it is one pixel wide, as connected as before; specks of two by two pixels may vanish.

    Parameters
    ----------
    mask : Mask

    Returns
    -------
    Mask
        Part of `mask`.
    """
    height, width = mask.shape
    framed = np.zeros((height + 2, width + 2), np.uint8)
    framed[1:-1, 1:-1] = mask
    flat, steps = framed.ravel(), [row * (width + 2) + col for row, col in _AROUND]
    left = np.flatnonzero(flat)
    remaining, before = len(left), -1
    while remaining != before:
        for removable in _PASSES:
            left = _without(flat, left, steps, removable)
        remaining, before = len(left), remaining
    for corners in _CORNERS:
        left = _without(flat, left, steps, corners)
    return np.asarray(framed[1:-1, 1:-1] > 0)


def _without(flat: NDArray[np.uint8], left: NDArray[np.intp], steps: list[int], removable: NDArray[np.bool_]) -> NDArray[np.intp]:
    """Take the pixels whose neighbourhood is removable out of the picture, all at once; those that stay."""
    code = np.zeros(len(left), np.uint8)
    for bit, step in enumerate(steps):
        code |= flat[left + step] << np.uint8(bit)
    gone = removable[code]
    flat[left[gone]] = 0
    return left[~gone]
