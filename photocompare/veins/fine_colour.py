"""The colour of fine detail, which photographs do not hold: what varies within a few pixels is taken for blood.

Cameras and JPEG keep lightness sharper than colour (a halved chroma, and smoothing before it), so a thread of a pixel or two is as grey in
a photo as a hair or a furrow.  Networks that were taught by colour pass it over; by shape they tell it from both (`docs/method.md`).
"""

from __future__ import annotations

import dataclasses
import math
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class FineColourOptions:
    """What is taken for colour where a photo shows none: cameras and JPEG keep lightness sharper than colour.

    Parameters
    ----------
    finest_px : float
        Gaussian sigma, px of the photo as it was handed over, below which its colour is not its own: JPEG's halved chroma and the
        cameras' own smoothing lose what is finer than about two pixels.  1.5 to 2.5 px serve about alike (`docs/method.md`).
    red, blue : float
        Density in red and in blue over that in green which whatever is finer gets: those of thin vessels close under the skin.  Red is
        that of the Monte Carlo table in `docs/method.md`; blue lies among what the networks were taught (0.35 to 1.15).
    """

    finest_px: float = 1.75
    red: float = 0.45
    blue: float = 0.95

    def __post_init__(self) -> None:
        if self.finest_px < 0:
            raise ValueError("a sigma is not below 0")

    def scaled(self, factor: float) -> FineColourOptions:
        """The same for a copy of the photo whose sides are `factor` times as long."""
        return dataclasses.replace(self, finest_px=self.finest_px * factor)


_KERNEL_SIGMAS = 2.5
"""How far a Gaussian is followed: 1 % of it lies beyond."""

STANDARD_FINE_COLOUR = FineColourOptions()
"""What fine detail is taken for unless settings say otherwise."""


def blood_where_fine(planes: NDArray[np.float32], *, options: FineColourOptions) -> None:
    """Give the colour of thin vessels to whatever varies within a few pixels, in place; green stays as it is.

    Parameters
    ----------
    planes : ndarray of shape (3, H, W)
        Red, green and blue of a photo's density less its surround (`veins.reading.flattened_density`): 0 outside the leg and on average
        inside it, so that means near its edge need no mask.
    options : FineColourOptions
        At the planes' own scale (`FineColourOptions.scaled`); where nothing is that fine nothing changes.
    """
    if options.finest_px == 0:
        return
    side = 2 * math.ceil(_KERNEL_SIGMAS * options.finest_px) + 1
    red, green, blue = (np.asarray(cv2.GaussianBlur(plane, (side, side), options.finest_px), dtype=np.float32) for plane in planes)
    fine = cv2.subtract(planes[1], green)
    cv2.scaleAdd(fine, options.red, red, planes[0])
    cv2.scaleAdd(fine, options.blue, blue, planes[2])
