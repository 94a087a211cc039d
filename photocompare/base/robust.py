"""Numbers that a few wrong values don't move."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

SIGMA_OF_MAD = 1.4826
"""Standard deviation of a normal variable over its median absolute deviation: 1 / 0.6745."""

RADIAL_MEDIAN_TO_SIGMA = 1.0 / math.sqrt(2.0 * math.log(2.0))
"""Standard deviation per coordinate over the median length of a two-dimensional normal vector (Rayleigh median)."""

TUKEY = 4.685
"""Tukey's biweight constant: 95 % efficiency on normal errors (Holland & Welsch 1977)."""

CAUCHY = 2.385
"""Cauchy's constant for the same efficiency.  It never drops an observation for good: a region of coherent observations that a stiff
first fit missed can win later."""


def robust_spread(values: NDArray[np.floating]) -> NDArray[np.float64]:
    """Standard deviation of normal values told by their median absolute deviation, along the first axis.

    Parameters
    ----------
    values : ndarray of shape (N, ...)

    Returns
    -------
    ndarray of float64, shape (...)
        NaN where a value is NaN.
    """
    return SIGMA_OF_MAD * np.asarray(np.median(np.abs(values - np.median(values, axis=0)), axis=0), dtype=np.float64)


def medians_by_owner(values: NDArray[np.floating], owner: NDArray[np.intp], count: int) -> NDArray[np.float64]:
    """The median of each owner's values, all at once.

    Parameters
    ----------
    values : ndarray of shape (N,)
    owner : ndarray of shape (N,)
        From 0 to `count` - 1: whose value each is, in any order.
    count : int

    Returns
    -------
    ndarray of float64, shape (count,)
        As `numpy.median` gives it; NaN for an owner without a value.
    """
    ordered = values[np.lexsort((values, owner))]
    sizes = np.bincount(owner, minlength=count)
    starts = np.cumsum(sizes) - sizes
    told = np.flatnonzero(sizes)
    low, high = (starts[told] + (sizes[told] - 1) // 2, starts[told] + sizes[told] // 2)
    medians = np.full(count, np.nan)
    medians[told] = (ordered[low] + ordered[high]) / 2
    return medians
