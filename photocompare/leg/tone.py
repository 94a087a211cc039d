"""The skin's tone: the individual typology angle of skin that neither vein nor stain touches."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from photocompare.base.arrays import LinearRGB, Mask
from photocompare.base.colour import individual_typology_angle, ita_group, lab_from_linear
from photocompare.card.pair_colours import CardColours, mapped_colours

_STEP = 7
"""Every seventh pixel of untouched skin gives the same median."""


@dataclass(frozen=True)
class SkinTone:
    """Individual typology angle of unaffected skin in each photo, degrees; NaN when there was none to measure."""

    ita_before: float
    ita_after: float

    @property
    def group(self) -> str | None:
        """The skin-tone group of the before photo (Chardon 1991); None when it could not be measured."""
        return None if np.isnan(self.ita_before) else ita_group(self.ita_before)


def skin_tone(before: LinearRGB, after: LinearRGB, unaffected: Mask, card: CardColours | None = None) -> SkinTone:
    """Typology angles of unaffected skin in two photos of one frame, in the before photo's card colours.

    Parameters
    ----------
    before, after : ndarray of shape (h, w, 3)
    unaffected : ndarray of shape (h, w), bool
    card : CardColours, optional
        Of the before photo.

    Returns
    -------
    SkinTone
        NaN where there is no such skin.
    """

    def angle(linear: LinearRGB) -> float:
        if not unaffected.any():
            return math.nan
        skin = linear.reshape(-1, 3)[np.flatnonzero(unaffected)[::_STEP], np.newaxis]
        lightness, _, b_star = np.median(lab_from_linear(skin if card is None else mapped_colours(skin, card.matrix)), axis=(0, 1))
        return individual_typology_angle(float(lightness), float(b_star))

    return SkinTone(angle(before), angle(after))
