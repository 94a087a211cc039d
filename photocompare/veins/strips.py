"""A network run over a picture strip by strip: the same reading as in one piece, with a part of the memory.

A network without global steps sees only so far: strips that overlap by more than that, and that start where its halvings start, give every
pixel what the whole picture would give it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import cv2
import numpy as np
from numpy.typing import NDArray

STRIDE = 16
"""Sides are padded to a multiple, and strips start at one: a network may halve the picture up to four times."""

OVERLAP_PX = 96
"""Rows beyond a strip's own that its reading may depend on.  The U-Net's fourteen convolutions, on pictures reduced up to sixteen times,
reach no further: with 96 rows strips and the whole picture agree to the last bit, with 64 they don't."""

MOST_PX = 2_200_000
"""Pixels of a strip without its overlaps: one for a working frame, whose overlaps would cost a tenth of the network's time; a larger one
takes more memory than the networks' pool saves."""


def in_strips(
    run: Callable[[NDArray[np.float32], bool], NDArray[np.float32]], planes: NDArray[np.float32], *, most_px: int = MOST_PX
) -> Iterator[tuple[slice, NDArray[np.float32]]]:
    """Run a network over a picture from top to bottom.

    Parameters
    ----------
    run : callable
        Takes (1, C, h, w), and whether it is the last strip; gives (1, K, h, w).  h and w are multiples of `STRIDE`.  What it takes is
        overwritten with the next strip, and it may do likewise with what it gave.
    planes : (C, H, W) float32
        The picture's.
    most_px : int
        Pixels of a strip without its overlaps.

    Yields
    ------
    rows : slice
        Of the picture.
    reading : (K, rows, W) float32
    """
    height, width = planes.shape[1:]
    strips = max(1, -(-height * width // most_px))
    rows = -(-height // (strips * STRIDE)) * STRIDE
    padded = np.empty((0, 0, 0), np.float32)
    for top in range(0, height, rows):
        bottom, first = min(top + rows, height), max(0, top - OVERLAP_PX)
        padded = _padded(planes[:, first : bottom + OVERLAP_PX], padded)
        reading = run(padded[np.newaxis], bottom == height)[0]
        yield slice(top, bottom), reading[:, top - first : bottom - first, :width]


def _padded(planes: NDArray[np.float32], last: NDArray[np.float32]) -> NDArray[np.float32]:
    """The planes mirrored at their lower and right edge up to multiples of `STRIDE`, in place of the last strip where that was as large."""
    down, across = (-side % STRIDE for side in planes.shape[1:])
    shape = len(planes), planes.shape[1] + down, planes.shape[2] + across
    padded = last if last.shape == shape else np.empty(shape, np.float32)
    for plane, out in zip(planes, padded, strict=True):
        cv2.copyMakeBorder(plane, 0, down, 0, across, cv2.BORDER_REFLECT_101, out)
    return padded
