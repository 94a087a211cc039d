"""Masks grown, shrunk and told apart: OpenCV's operations on what is True or False.

Unless a function says otherwise, nothing is known beyond the frame: it neither grows into a mask nor eats it away.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import cv2
import numpy as np
from numpy.typing import NDArray

from photocompare.base.arrays import Grey, Mask

Window = NDArray[np.uint8]


def square(side: int) -> Window:
    """A square of `side` px, odd."""
    return np.ones((side, side), np.uint8)


def disc(side: int) -> Window:
    """The disc within a square of `side` px, odd."""
    return np.asarray(cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side)), dtype=np.uint8)


def dilated(mask: Mask, window: Window) -> Mask:
    """Every pixel from which the window, laid on it, meets the mask."""
    return np.asarray(cv2.dilate(mask.view(np.uint8), window), np.uint8).view(np.bool_)


def eroded(mask: Mask, window: Window) -> Mask:
    """Every pixel on which the window lies within the mask; the frame's own edge does not count as outside."""
    return np.asarray(cv2.erode(mask.view(np.uint8), window), np.uint8).view(np.bool_)


def grown(mask: Mask, radius_px: float) -> Mask:
    """The mask with everything within `radius_px` of it, one pixel at least."""
    return dilated(mask, disc(2 * max(1, round(radius_px)) + 1))


def depth_px(mask: Mask) -> Grey:
    """How far each pixel lies inside the mask, (H, W) px; the picture's edge is a border too."""
    framed = cv2.copyMakeBorder(mask.view(np.uint8), 1, 1, 1, 1, cv2.BORDER_CONSTANT, value=0)
    return np.asarray(cv2.distanceTransform(framed, cv2.DIST_L2, 5)[1:-1, 1:-1], dtype=np.float32)


def mean_within(image: Grey, mask: Mask, sigma: float) -> Grey:
    """Gaussian mean over the pixels of a mask only, (H, W)."""
    small = small_mean_within(image, mask, sigma)
    return np.asarray(cv2.resize(small, image.shape[::-1], interpolation=cv2.INTER_LINEAR), dtype=np.float32)


def small_mean_within(image: NDArray[np.float32], mask: Mask, sigma: float) -> NDArray[np.float32]:
    """Gaussian mean over the pixels of a mask only, in a copy so small that the Gaussian is three of its pixels wide.

    Parameters
    ----------
    image : ndarray of shape (H, W) or (H, W, C)
    mask : Mask
    sigma : float
        Of the Gaussian, px of the image.

    Returns
    -------
    ndarray of shape (h, w) or (h, w, C)
        0 far from the mask.
    """
    height, width = mask.shape
    step = max(1, int(sigma / 3))
    size = (max(1, width // step), max(1, height // step))
    chosen = mask.view(np.uint8)
    weight, total = (
        cv2.GaussianBlur(cv2.resize(plane, size, interpolation=cv2.INTER_AREA), (0, 0), sigma / step)
        for plane in (mask.astype(np.float32), cv2.copyTo(image, chosen))
    )
    share = np.maximum(weight, np.float32(1e-3))
    return np.asarray(total / (share if image.ndim == 2 else share[..., np.newaxis]), dtype=np.float32)


def second_moments(mask: Mask) -> NDArray[np.float64]:
    """Central second moments of a mask's pixels, summed: ((xx, xy), (xy, yy)), px^4."""
    moments = cv2.moments(mask.view(np.uint8), binaryImage=True)
    return np.array([[moments["mu20"], moments["mu11"]], [moments["mu11"], moments["mu02"]]])


def long_axis_angle(moments: NDArray[np.float64]) -> float:
    """Angle, radians from the x axis, along which a mask of such `second_moments` extends most."""
    return 0.5 * math.atan2(2 * moments[0, 1], moments[0, 0] - moments[1, 1])


@dataclass(frozen=True, eq=False)
class Parts:
    """The connected parts of a mask.

    Parameters
    ----------
    labels : ndarray of int32, shape (H, W)
        A label for every part from 1; 0 outside the mask.
    boxes : ndarray of int32, shape (N, 4)
        Left, top, width and height by label; the first row is the frame.
    areas : ndarray of int32, shape (N,)
        Pixels by label.
    """

    labels: NDArray[np.int32]
    boxes: NDArray[np.int32]
    areas: NDArray[np.int32]

    @property
    def extents(self) -> NDArray[np.float64]:
        """Diagonal of each part's box by label, (N,) px."""
        return np.hypot(self.boxes[:, 2], self.boxes[:, 3])

    @property
    def at_border(self) -> NDArray[np.bool_]:
        """Which of them touch the frame's border, by label."""
        left, top, width, height = self.boxes.T
        rows, columns = self.labels.shape
        return np.asarray((left == 0) | (top == 0) | (left + width == columns) | (top + height == rows))

    def of(self, chosen: NDArray[np.bool_]) -> Mask:
        """The parts that are chosen by label; what lies outside the mask never is."""
        chosen = chosen.copy()
        chosen[0] = False
        return np.asarray(chosen.take(self.labels), dtype=np.bool_)


def parts_of(mask: Mask, *, connectivity: Literal[4, 8] = 8) -> Parts:
    """The connected parts of a mask, over edges (4) or corners too (8)."""
    count, told = cv2.connectedComponents(mask.view(np.uint8), connectivity=connectivity)
    labels = np.asarray(told, dtype=np.int32)
    # Boxes and areas by the runs of a part along the rows: OpenCV tells them pixel by pixel, in several times the labels' own time.
    begins, ends = mask.copy(), mask.copy()
    begins[:, 1:] &= ~mask[:, :-1]
    ends[:, :-1] &= ~mask[:, 1:]
    first, last = np.flatnonzero(begins), np.flatnonzero(ends)
    part = labels.ravel()[first]
    row, left = np.divmod(first, mask.shape[1])
    right = left + last - first
    areas = np.bincount(part, last - first + 1, count)
    areas[0] = mask.size - areas.sum()
    low, high = np.full((2, count), max(mask.shape)), np.full((2, count), -1)
    for axis, (lowest, highest) in enumerate(((left, right), (row, row))):
        np.minimum.at(low[axis], part, lowest)
        np.maximum.at(high[axis], part, highest)
    low[:, 0], high[:, 0] = 0, np.array(mask.shape[::-1]) - 1
    return Parts(labels, np.concatenate([low, high - low + 1]).T.astype(np.int32), areas.astype(np.int32))
