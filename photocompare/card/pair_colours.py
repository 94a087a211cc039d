"""Both photos of a pair in one card's colours, where the same card lies in both."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from photocompare.base.arrays import LinearRGB
from photocompare.card.finding import Card, colour_correction

WORST_CONDITION = 10.0
"""Condition number of a colour matrix above which it is not turned round: one code of 255 would become 4 % of full scale."""


@dataclass(frozen=True)
class CardColours:
    """The map from a photo's linear RGB to the nominal colours of the card in it: `nominal = matrix @ measured`.

    Parameters
    ----------
    layout : str
        The card's name: only equal cards share their printer's errors.
    matrix : ndarray of shape (3, 3)
    """

    layout: str
    matrix: NDArray[np.float64]


def card_colours(card: Card) -> CardColours | None:
    """The card's colours, None where its patches can't be read well enough."""
    correction = colour_correction(card)
    if correction is None or np.linalg.cond(correction.matrix) > WORST_CONDITION:
        return None
    return CardColours(card.layout, correction.matrix)


def under_other_light(linear: LinearRGB, own: CardColours | None, other: CardColours | None) -> LinearRGB:
    """A photo as the other photo's light and camera would have shown it, by the card that lies in both.

    Parameters
    ----------
    linear : ndarray of shape (h, w, 3)
    own, other : CardColours or None
        Unless both photos show the same card, the photo stays as it is.

    Returns
    -------
    ndarray of shape (h, w, 3), 0 and up
    """
    if own is None or other is None or own.layout != other.layout:
        return linear
    return mapped_colours(linear, np.asarray(np.linalg.solve(other.matrix, own.matrix), dtype=np.float64))


def mapped_colours(linear: LinearRGB, matrix: NDArray[np.float64]) -> LinearRGB:
    """`matrix @ pixel` for every pixel, 0 and up."""
    return np.asarray(np.maximum(cv2.transform(linear, matrix), 0.0), dtype=np.float32)
