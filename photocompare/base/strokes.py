"""Parts of a mask whose pixels are averaged, all parts at once."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from photocompare.base.arrays import Mask


class Strokes:
    """Those parts of a labelled picture (`masks.Parts`) that are wanted.

    Parameters
    ----------
    labels : ndarray of int, shape (H, W)
    wanted : ndarray of bool, shape (N,)
        By label; what lies outside the mask, label 0, never is.

    Attributes
    ----------
    rows, cols : ndarray of int
        The wanted parts' pixels.
    sizes : ndarray of int, shape (N,)
        How many pixels each has, by label; 1 for labels without any.
    """

    def __init__(self, labels: NDArray[Any], wanted: NDArray[np.bool_]) -> None:
        places = np.flatnonzero(labels)
        of_place = labels.ravel()[places]
        places, self._at = places[wanted[of_place]], of_place[wanted[of_place]]
        self._shape = labels.shape
        self.rows, self.cols = np.divmod(places, labels.shape[1])
        self._count = len(wanted)
        self.sizes = np.maximum(np.bincount(self._at, minlength=self._count), 1)

    def mask_of(self, chosen: NDArray[np.bool_]) -> Mask:
        """The strokes that are chosen by label."""
        mask = np.zeros(self._shape, np.bool_)
        mask[self.rows, self.cols] = chosen[self._at]
        return mask

    def mean_of(self, values: NDArray[Any]) -> NDArray[np.float64]:
        """Mean by label of the values of the strokes' pixels; 0 for labels without any."""
        return np.asarray(np.bincount(self._at, weights=values, minlength=self._count) / self.sizes)

    def variances(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Of the strokes' pixels along their longest direction and across it, by label, px^2."""
        x = self.cols - self.mean_of(self.cols)[self._at]
        y = self.rows - self.mean_of(self.rows)[self._at]
        xx, yy, xy = self.mean_of(x * x), self.mean_of(y * y), self.mean_of(x * y)
        middle, radius = (xx + yy) / 2, np.hypot((xx - yy) / 2, xy)
        return np.asarray(middle + radius), np.asarray(np.maximum(middle - radius, 0.0))


def bow(along: NDArray[np.float64], across: NDArray[np.float64]) -> NDArray[np.float64]:
    """Spread across over spread along, of their variances."""
    return np.asarray(np.sqrt(across / np.maximum(along, 1e-9)))
