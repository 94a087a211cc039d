"""The axis that a headline is drawn on: 0 to 100 %, and as far below 0 as the number or its interval reaches."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

STEP = 25
"""Percent between ticks; the axis begins on one."""

_MOST_STEPS = 6
"""Ticks beside each other before every other one is left out: on a telephone seven numbers have room."""

LOWEST = -100.0
"""Percent at which the axis ends: what is darker than that is marked at its left end."""


@dataclass(frozen=True)
class PercentAxis:
    """From `least` (a multiple of `STEP`, at most 0) to 100."""

    least: float = 0.0

    @classmethod
    def holding(cls, percents: Iterable[float]) -> PercentAxis:
        """The axis that holds these percentages, those below `LOWEST` at its end.  What is read as 0 needs no room below it."""
        lowest = min((float(round(percent)) for percent in percents), default=0.0)
        return cls(float(max(LOWEST, min(0, STEP * math.floor(lowest / STEP)))))

    def share(self, percent: float) -> float:
        """Where a percentage lies, 0 at the left end to 1 at the right one; beyond them at the end."""
        return (min(max(percent, self.least), 100.0) - self.least) / (100.0 - self.least)

    @property
    def ticks(self) -> list[int]:
        """Percentages that are written below the axis, 0 and 100 among them."""
        step = STEP if (100.0 - self.least) / STEP <= _MOST_STEPS else 2 * STEP
        return [tick for tick in range(-100, 101, step) if tick >= self.least]
