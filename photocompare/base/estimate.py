"""A number that knows how far it can be trusted."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

Z95 = 1.959964
"""Two-sided 95 % point of the normal distribution."""


@dataclass(frozen=True)
class Estimate:
    """A value with its 95 % interval.

    Parameters
    ----------
    value, low, high : float
        In `unit`; `low <= value <= high`.  All three NaN when the estimate failed (never 0 by default).
    unit : str
        "%", "mm", "mm2", "px", ...
    method : str
        How value and interval came about, in a few words.
    causes : mapping of str to float
        What makes the interval wide: by cause, how far it alone would reach to either side, in `unit`.  Their root of summed squares is
        the half width before the interval is kept inside what is possible.
    """

    value: float
    low: float
    high: float
    unit: str
    method: str = ""
    causes: Mapping[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        nans = sum(math.isnan(v) for v in (self.value, self.low, self.high))
        if nans not in (0, 3):
            raise ValueError("an estimate is either whole or failed: value, low and high are all numbers or all NaN")
        if nans == 0 and not self.low <= self.value <= self.high:
            raise ValueError(f"interval {self.low}..{self.high} does not hold its value {self.value}")

    @classmethod
    def failed(cls, unit: str, method: str = "") -> Estimate:
        """An estimate that could not be made."""
        return cls(math.nan, math.nan, math.nan, unit, method)

    @property
    def ok(self) -> bool:
        """False when the estimate failed."""
        return not math.isnan(self.value)

    @property
    def width(self) -> float:
        """Width of the 95 % interval, in `unit`."""
        return self.high - self.low
