"""The classes of veins by what became of them and by calibre; nothing here loads an image library."""

from __future__ import annotations

from typing import Literal

Fate = Literal["cleared", "stained", "faded", "residual", "darkened", "new", "not_assessable"]

ASSESSED_FATES: tuple[Fate, ...] = ("cleared", "stained", "faded", "residual")
"""The fates that the baseline's expected length is made of, best first."""

AFTER_FATES: tuple[Fate, ...] = ("faded", "residual", "darkened", "new")
"""The fates that the expected length after is made of."""

FATES: tuple[Fate, ...] = (*ASSESSED_FATES, "darkened", "new", "not_assessable")
"""All of them: what darkened is seen beyond the baseline, what is new beside it."""

CALIBRES = ("telangiectasia", "reticular")
