"""A network run over a picture strip by strip: the same reading as in one piece, with a part of the memory.

A network without global steps sees only so far: strips that overlap by more than that, and that start where its halvings start, give every
pixel what the whole picture would give it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

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
    run: Callable[[NDArray[np.float32], bool], NDArray[np.float32]], planes: NDArray[np.float32], height: int, *, most_px: int = MOST_PX
) -> Iterator[tuple[slice, slice, NDArray[np.float32]]]:
    """Run a network over a picture from top to bottom.

    Parameters
    ----------
    run : callable
        Takes (1, C, h, w), and whether it is the last strip.  h and w are multiples of `STRIDE`.
    planes : (C, H, W) float32
        The picture's, in whole steps (`in_whole_steps`).
    height : int
        Rows of the picture itself.
    most_px : int
        Pixels of a strip without its overlaps.

    Yields
    ------
    rows : slice
        Of the picture.
    own : slice
        The same rows within the strip.
    said : ndarray
        What `run` gave of the strip.
    """
    strips = max(1, -(-height * planes.shape[2] // most_px))
    rows = -(-height // (strips * STRIDE)) * STRIDE
    for top in range(0, height, rows):
        bottom, first = min(top + rows, height), max(0, top - OVERLAP_PX)
        # As it is where one strip is all of it: a copy would take as much memory again.
        strip = np.ascontiguousarray(planes[np.newaxis, :, first : bottom + OVERLAP_PX])
        yield slice(top, bottom), slice(top - first, bottom - first), run(strip, bottom == height)


def in_whole_steps(count: int, shape: tuple[int, ...]) -> NDArray[np.float32]:
    """Room for so many planes of a picture (H, W), with sides that are multiples of `STRIDE`."""
    return np.empty((count, *(-(-side // STRIDE) * STRIDE for side in shape)), np.float32)


def mirror_beyond(planes: NDArray[np.float32], shape: tuple[int, ...]) -> None:
    """Fill what lies beyond a picture (H, W) in its planes with the picture mirrored at its lower and right edge."""
    down, across = (np.pad(np.arange(side), (0, whole - side), mode="reflect") for side, whole in zip(shape, planes.shape[1:], strict=True))
    height, width = shape
    planes[:, height:, :width] = planes[:, down[height:], :width]
    planes[:, :, width:] = planes[:, :, across[width:]]
