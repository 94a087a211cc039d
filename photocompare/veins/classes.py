"""The classes of veins by what became of them and by calibre; nothing here loads an image library."""

from __future__ import annotations

from typing import Literal

Fate = Literal["cleared", "stained", "faded", "residual", "new", "not_assessable"]

ASSESSED_FATES: tuple[Fate, ...] = ("cleared", "stained", "faded", "residual")
"""The fates that count in the percentages, best first."""

FATES: tuple[Fate, ...] = (*ASSESSED_FATES, "new", "not_assessable")

CALIBRES = ("telangiectasia", "reticular")
