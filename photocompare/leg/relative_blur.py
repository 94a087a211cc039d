"""How much softer one photo of a pair is than the other, read from the same skin in both.

A photo's own focus is told by its steepest steps, and how steep skin's steps are nobody knows.  Two photos of the same skin have the same
steps: whatever further blur makes the sharper one's slopes like the softer one's is what lies between them.  Slopes are compared as
ratios of a finer to a coarser scale, so that light, tone curve and fading veins, which stretch both alike, don't count.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from photocompare.base.arrays import Grey, Mask
from photocompare.base.masks import eroded, square
from photocompare.leg.focus import BROAD_PX, COARSE_PX, FINE_PX, REACH_PX, FocusOptions, local_noise, rounding_noise

_TRIED_PX = (0.0, 0.5, 1.0, 1.5, 2.0, 2.5, 3.0, 4.0)
"""Blurs that are put on the sharper photo; between them squares are interpolated."""


@dataclass(frozen=True)
class RelativeBlurOptions:
    """How the same skin is found in both photos.

    Parameters
    ----------
    block_px : int
        Side of the blocks that are compared: six sigmas of the broad blur.
    least_agreement : float
        Correlation of a block's slopes in both photos from which it shows the same detail.  Two unlike blocks of 36 independent slopes
        (one a square of two coarse sigmas) agree by 0.17 at random: 0.6 is 3.6 times that.
    over_noise : float
        Least slope of a block, root mean square, in units of its noise's own: at 3 the noise adds a ninth to its square.
    least_blocks : int
        Blocks needed: the median of 30 is off by a quarter of their spread.
    widest_px : float
        Blur up to which an image's own scale can tell it; of a wider one too little fine detail is left over noise and rounding, and it is
        read in a reduced copy.  At 2 a rendered pair of smooth skin blurred by 3 px read 1.9.
    jpeg_rounding_codes : float
        As in `FocusOptions`.
    """

    block_px: int = 24
    least_agreement: float = 0.6
    over_noise: float = 3.0
    least_blocks: int = 30
    widest_px: float = 1.2
    jpeg_rounding_codes: float = FocusOptions.jpeg_rounding_codes


@dataclass(frozen=True)
class RelativeBlur:
    """What the softer photo has more of blur.

    Parameters
    ----------
    variance_px2 : float
        Squared Gaussian sigma in px of the frame in which both photos lie: above 0 the after photo is the softer one, below 0 the before
        photo; NaN where too little of the same detail shows in both.
    """

    variance_px2: float

    @property
    def known(self) -> bool:
        return math.isfinite(self.variance_px2)

    def or_by_focus(self, before_px: float, after_px: float) -> RelativeBlur:
        """This, or where it is unknown what each photo's own focus says; both in px of the frame in which the photos lie."""
        return self if self.known else RelativeBlur(after_px**2 - before_px**2)

    def beyond(self, doubt_px2: float) -> RelativeBlur:
        """What of it lies beyond a doubt: two photos that are as sharp as each other differ by so much at random."""
        if not self.known:
            return self
        return RelativeBlur(math.copysign(max(0.0, abs(self.variance_px2) - doubt_px2), self.variance_px2))

    @property
    def before_px(self) -> float:
        """Sigma that the before photo lacks to be as soft as the after photo; 0 where it is the softer one, or unknown."""
        return math.sqrt(self.variance_px2) if self.variance_px2 > 0 else 0.0

    @property
    def after_px(self) -> float:
        """Sigma that the after photo lacks, in the same px; 0 where it is the softer one, or unknown."""
        return math.sqrt(-self.variance_px2) if self.variance_px2 < 0 else 0.0


def relative_blur(before: Grey, after: Grey, skin: Mask, *, options: RelativeBlurOptions = RelativeBlurOptions()) -> RelativeBlur:
    """Compare the blur of two photos that lie over each other.

    Parameters
    ----------
    before, after : Grey
        (H, W) green density, both in the before photo's frame; the after photo resampled by cubic interpolation.
    skin : Mask
        (H, W), skin that both photos show; best without the veins, whose place a stain may have taken.
    options : RelativeBlurOptions
    """
    variance, factor = math.nan, 1.0
    pictures, mask = _around(skin, (before, after), options.block_px)
    while min(mask.shape) > 2 * options.block_px:
        here = _at_scale(pictures, mask, options)
        if math.isfinite(here):
            variance = here * factor**2
            if abs(here) <= options.widest_px**2:
                break
        pictures = _halved(pictures[0]), _halved(pictures[1])
        mask = _halved(mask.astype(np.float32)) > 0.99
        factor *= 2.0
    return RelativeBlur(variance)


def _around(skin: Mask, pictures: tuple[Grey, Grey], block_px: int) -> tuple[tuple[Grey, Grey], Mask]:
    """Pictures and mask cut to the mask's box and what blurs reach beyond it, from a block's corner: blocks stay what they were."""
    left, top, width, height = cv2.boundingRect(skin.view(np.uint8))
    rim = math.ceil(4 * BROAD_PX) + 1
    first_row, first_column = (max(0, (edge - rim) // block_px * block_px) for edge in (top, left))
    window = np.s_[first_row : top + height + rim, first_column : left + width + rim]
    return (pictures[0][window], pictures[1][window]), skin[window]


def _halved(picture: Grey) -> Grey:
    return np.asarray(cv2.resize(picture, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA), dtype=np.float32)


@dataclass(frozen=True, eq=False)
class _Slopes:
    """Slopes (x, y) of a picture at a fine and at a coarse scale, broad shading taken off."""

    fine: tuple[Grey, Grey]
    coarse: tuple[Grey, Grey]

    @classmethod
    def of(cls, picture: Grey) -> _Slopes:
        broad = cv2.GaussianBlur(picture, (0, 0), BROAD_PX)

        def slopes(sigma: float) -> tuple[Grey, Grey]:
            band = cv2.GaussianBlur(picture, (0, 0), sigma)
            band = cv2.subtract(band, broad, band)
            x, y = (np.asarray(cv2.Sobel(band, cv2.CV_32F, *axis, ksize=3, scale=1 / 8), dtype=np.float32) for axis in ((1, 0), (0, 1)))
            return x, y

        return cls(slopes(FINE_PX), slopes(COARSE_PX))


def _product(first: tuple[Grey, Grey], second: tuple[Grey, Grey]) -> Grey:
    product = cv2.multiply(first[0], second[0])
    return np.asarray(cv2.accumulateProduct(first[1], second[1], product), dtype=np.float32)


def _at_scale(pictures: tuple[Grey, Grey], skin: Mask, options: RelativeBlurOptions) -> float:
    """Squared relative blur in px2 of these pictures; NaN with too few blocks of the same detail."""
    inner = eroded(skin, square(REACH_PX)).astype(np.float32)
    size = options.block_px

    def blocks(picture: Grey) -> NDArray[np.float32]:
        rows, cols = (side // size for side in picture.shape)
        cut = cv2.multiply(picture, inner)[: rows * size, : cols * size]
        return np.asarray(cv2.resize(cut, (cols, rows), interpolation=cv2.INTER_AREA), dtype=np.float32)

    slopes = [_Slopes.of(picture) for picture in pictures]
    energies = [blocks(_product(s.coarse, s.coarse)) for s in slopes]
    # White noise of 1 leaves 1 / (sigma**2 sqrt(8 pi)) in each derivative of a Gaussian.
    left = 2.0 / (COARSE_PX**4 * 8.0 * math.pi)
    usable = blocks(np.ones_like(inner)) > 0.5
    for picture, energy in zip(pictures, energies, strict=True):
        noise = np.maximum(local_noise(picture), rounding_noise(picture, options.jpeg_rounding_codes))
        usable &= energy > options.over_noise**2 * left * blocks(noise**2)
    usable &= blocks(_product(slopes[0].coarse, slopes[1].coarse)) > options.least_agreement * np.sqrt(energies[0] * energies[1])
    if np.count_nonzero(usable) < options.least_blocks:
        return math.nan

    def ratio(s: _Slopes, energy: NDArray[np.float32]) -> float:
        return float(np.median(blocks(_product(s.fine, s.coarse))[usable] / energy[usable]))

    def softer_by(picture: Grey, sigma: float) -> float:
        s = _Slopes.of(np.asarray(cv2.GaussianBlur(picture, (0, 0), sigma)))
        return ratio(s, blocks(_product(s.coarse, s.coarse)))

    before, after = (ratio(s, energy) for s, energy in zip(slopes, energies, strict=True))
    sharper, softer = (pictures[0], after) if before >= after else (pictures[1], before)
    ratios: list[float] = []
    for sigma in _TRIED_PX:
        ratios.append(max(before, after) if sigma == 0 else softer_by(sharper, sigma))
        if ratios[-1] <= softer:
            break
    # Falling, and np.interp wants a rise.
    squares = np.square(_TRIED_PX[: len(ratios)])
    found = float(np.interp(-softer, -np.array(ratios), squares))
    return found if before >= after else -found
