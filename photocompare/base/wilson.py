"""Wilson's score interval of a share."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from photocompare.base.estimate import Z95

Floats = NDArray[np.float64]


def wilson_interval(rate: Floats | float, n: Floats | float, z: Floats | float = Z95) -> tuple[Floats, Floats]:
    """Wilson's score interval (J Am Stat Assoc 1927;22:209; Newcombe, Stat Med 1998;17:857).

    Own, since SciPy's takes whole numbers only and statsmodels' the normal quantile only.

    Parameters
    ----------
    rate : float or ndarray
        0 .. 1.
    n : float or ndarray
        Trials, or the effective number of them; need not be whole.
    z : float or ndarray
        Quantile.

    Returns
    -------
    low, high : ndarray
        0 .. 1; NaN where `n` is 0.
    """
    rate, n, z = (np.asarray(v, np.float64) for v in (rate, n, z))
    with np.errstate(divide="ignore", invalid="ignore"):
        share = z**2 / n
        middle = (rate + share / 2.0) / (1.0 + share)
        half = z / (1.0 + share) * np.sqrt(rate * (1.0 - rate) / n + share / (4.0 * n))
    # Rounding must not push a bound past a rate of 0 or 1.
    low, high = np.where(rate <= 0.0, 0.0, middle - half), np.where(rate >= 1.0, 1.0, middle + half)
    return np.where(n > 0, np.clip(low, 0.0, 1.0), np.nan), np.where(n > 0, np.clip(high, 0.0, 1.0), np.nan)
