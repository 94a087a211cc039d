"""What a reading of skin is, and the light-free picture that one starts from."""

from __future__ import annotations

import dataclasses
import math
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from photocompare.base.arrays import Density, Grey, LinearRGB, Mask
from photocompare.base.colour import density_from_linear

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


@dataclass(frozen=True, eq=False, repr=False)
class PairReading:
    """What both photos show of the same skin, all in the before photo's working frame.

    Parameters
    ----------
    before, after : SkinReading
        What the readings of that photo by itself and in sight of the other agree on.
    apart_before, apart_after : float32 (H, W)
        How much more contrast of vein there is in sight of the other photo than by itself, CIE76; 0 where it was read once.
    seen : ndarray of shape (H, W), bool
        Before skin seen well: where absence of a vein before is known.
    shared : ndarray of shape (H, W), bool
        The shared field: skin that both photos see well.
    px_per_mm : float
        Assumed where there is no scale.
    error_px : float
        Typical error of the registration, px.
    """

    before: SkinReading
    after: SkinReading
    apart_before: Grey
    apart_after: Grey
    seen: Mask
    shared: Mask
    px_per_mm: float
    error_px: float


@dataclass(frozen=True)
class AgreementOptions:
    """How two readings of the same skin are taken together.

    Parameters
    ----------
    beside_share : float
        Weight, 0..1, of the reading in sight of the other photo.  0.5 to 0.7 serve about alike (`docs/method.md`).
    least_pixels : int
        Coarser photos are enlarged to so many pixels before they are read in sight of each other: two readings at two scales err less alike
        than two at one (`docs/method.md`).
    most_enlarged : float
        How far at most, a factor on both sides: beyond it veins are missed.
    """

    beside_share: float = 0.6
    least_pixels: int = 1_280_000
    most_enlarged: float = 1.25

    def __post_init__(self) -> None:
        if not 0 <= self.beside_share <= 1:
            raise ValueError("a share lies between 0 and 1")
        if self.most_enlarged < 1:
            raise ValueError("nothing is enlarged by less than 1")

    def enlarged(self, pixels: int) -> float:
        """By how much a photo of so many pixels is enlarged before it is read in sight of another, 1 or more."""
        return min(max(1.0, math.sqrt(self.least_pixels / pixels)), self.most_enlarged)


STANDARD_AGREEMENT = AgreementOptions()
"""How readings are taken together unless settings say otherwise."""


def agreed(alone: SkinReading, beside: SkinReading, both: Mask, *, options: AgreementOptions = STANDARD_AGREEMENT) -> SkinReading:
    """What two readings of the same skin say together: their weighted mean.

    The two err apart: who sees one photo alone takes brown in a vein's place for the vein, and misses faint remains; who knows where a vein
    lies in the other photo believes too readily that it is here too.  On rendered and on real pairs the mean errs less than either
    (docs/method.md).

    Parameters
    ----------
    alone, beside : SkinReading
        Of one photo by itself, and in sight of the other.
    both : Mask
        Where the second was read; elsewhere the first counts.
    options : AgreementOptions
    """
    within, share = both.view(np.uint8), options.beside_share

    def mean(name: str) -> Grey:
        by_itself = getattr(alone, name)
        mixed = cv2.addWeighted(by_itself, 1 - share, getattr(beside, name), share, 0)
        return np.asarray(cv2.copyTo(mixed, within, by_itself.copy()), dtype=np.float32)

    return SkinReading(*(mean(f.name) for f in dataclasses.fields(SkinReading)))


def flattened_density(linear: LinearRGB, leg: Mask | None) -> Density:
    """Optical density less its broad surround on the leg: what light, shading and skin tone leave.

    Parameters
    ----------
    linear : float32 (H, W, 3)
    leg : bool (H, W), optional
        The surround is averaged inside it, so that a background does not bleed over the limb's edge; outside it the result is 0.
    """
    density = density_from_linear(linear)
    return less_surround(density, np.ones(density.shape[:2], np.bool_) if leg is None else leg, SURROUND_PX)


def less_surround(density: Density, region: Mask, sigma_px: float) -> Density:
    """`density` (H, W, C) less its broad surround within `region`, in place; 0 outside it.

    Parameters
    ----------
    density : Density
        Overwritten.
    region : Mask
        The surround is averaged inside it.
    sigma_px : float
        How broad it is, Gaussian sigma.
    """
    height, width = density.shape[:2]
    size = (max(1, width // _SURROUND_STEP), max(1, height // _SURROUND_STEP))
    area = np.asarray(cv2.resize(region.astype(np.float32), size, interpolation=cv2.INTER_AREA), dtype=np.float32)
    # In place: a whole copy would be memory that the system has to blank first.
    cv2.subtract(density, density, density, mask=(~region).view(np.uint8))
    # OpenCV drops the channels' axis where there is one channel.
    mass = np.asarray(cv2.resize(density, size, interpolation=cv2.INTER_AREA), dtype=np.float32).reshape(size[1], size[0], -1)
    broad = _plane_average(area, mass, sigma_px / _SURROUND_STEP)
    surround = np.asarray(cv2.resize(broad, (width, height), interpolation=cv2.INTER_LINEAR), dtype=np.float32).reshape(density.shape)
    cv2.subtract(density, surround, density, mask=region.view(np.uint8))
    return density


_PLANE_RIDGE = 0.05
"""Against the mean squared distance within the kernel (1): how little support still lets the surround slope."""


def _plane_average(area: NDArray[np.float32], mass: NDArray[np.float32], sigma: float) -> NDArray[np.float32]:
    """Gaussian average of `mass / area` that follows a slope (first-order normalised convolution, Knutsson & Westin 1993).

    Where the leg or the photo ends, a plain average sees one side of a slope only and reads it as dark or bright; away from edges both
    are the same.
    """
    rows, cols = np.mgrid[0 : area.shape[0], 0 : area.shape[1]].astype(np.float32) / np.float32(sigma)

    def blurred(image: NDArray[np.float32]) -> NDArray[np.float32]:
        return np.asarray(cv2.GaussianBlur(image, (0, 0), sigma, borderType=cv2.BORDER_CONSTANT), dtype=np.float32).reshape(image.shape)

    s0, sy, sx = blurred(area), blurred(area * rows), blurred(area * cols)
    syy, sxx, sxy = blurred(area * rows * rows), blurred(area * cols * cols), blurred(area * rows * cols)
    # Moments about each pixel's own place.
    cyy, cxx, cxy = syy - 2 * rows * sy + rows**2 * s0, sxx - 2 * cols * sx + cols**2 * s0, sxy - rows * sx - cols * sy + rows * cols * s0
    dy, dx = sy - rows * s0, sx - cols * s0
    ridge = _PLANE_RIDGE * s0
    here, down, across = (np.asarray(x, np.float64) for x in (s0 + 1e-4, cyy + ridge + 1e-4, cxx + ridge + 1e-4))
    # The plane's height at the pixel: the first row of the inverse of [[here, dy, dx], [dy, down, cxy], [dx, cxy, across]].
    weights = np.stack([down * across - cxy**2, dx * cxy - dy * across, dy * cxy - dx * down])
    weights /= here * weights[0] + dy * weights[1] + dx * weights[2]
    f0 = blurred(mass)
    fy, fx = blurred(mass * rows[..., None]) - rows[..., None] * f0, blurred(mass * cols[..., None]) - cols[..., None] * f0
    height, slope_y, slope_x = (weight[..., np.newaxis] for weight in weights)
    return np.asarray(height * f0 + slope_y * fy + slope_x * fx, dtype=np.float32)
