"""What a reading of skin is, and the light-free picture that one starts from."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from photocompare.arrays import Density, Grey, LinearRGB, Mask
from photocompare.colour import density_from_linear

SURROUND_PX = 40.0
"""Sigma of the surround that is taken off: wider than the widest vein (3 mm at 0.1 mm per px), narrower than a limb's shading."""

_SURROUND_STEP = 8


@dataclass(frozen=True)
class SkinReading:
    """What was read from one photo.

    vein_de, stain_de : float32 (H, W), CIE76 against the skin without the vein or stain; 0 where there is none.
    vein_probability, stain_probability : float32 (H, W), 0..1, of a difference of at least 2.3.
    """

    vein_de: Grey
    stain_de: Grey
    vein_probability: Grey
    stain_probability: Grey


def flattened_density(linear: LinearRGB, leg: Mask | None) -> Density:
    """Optical density less its broad surround on the leg: what light, shading and skin tone leave.

    Parameters
    ----------
    linear : float32 (H, W, 3)
    leg : bool (H, W), optional
        The surround is averaged inside it, so that a background does not bleed over the limb's edge; outside it the result is 0.
    """
    density = density_from_linear(linear)
    height, width = density.shape[:2]
    size = (max(1, width // _SURROUND_STEP), max(1, height // _SURROUND_STEP))
    weight = np.ones((height, width), np.float32) if leg is None else leg.astype(np.float32)
    sigma = SURROUND_PX / _SURROUND_STEP
    area = cv2.GaussianBlur(cv2.resize(weight, size, interpolation=cv2.INTER_AREA), (0, 0), sigma)
    mass = cv2.GaussianBlur(cv2.resize(density * weight[..., None], size, interpolation=cv2.INTER_AREA), (0, 0), sigma)
    surround = cv2.resize(mass / np.maximum(area, 1e-3)[..., None], (width, height), interpolation=cv2.INTER_LINEAR)
    return np.asarray((density - surround) * weight[..., None], dtype=np.float32)
