"""What hides skin: glare, clipping, deep shadow, hair strokes, colour that lies on it or was drawn into the photo, writing.

Each is left out of measuring only where a vein would be lost to it.  Veins, stains and moles must never be taken for one.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, field
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from photocompare.base.arrays import Density, LinearRGB, Mask
from photocompare.base.colour import DARKEST, density_from_linear, gloss_share
from photocompare.base.masks import dilated, disc, eroded, mean_within, parts_of, square
from photocompare.base.strokes import Strokes, bow
from photocompare.leg.drawn_marks import DrawnMarkOptions, find_drawn_marks
from photocompare.leg.writing import WritingOptions, find_writing

_DENSITY_CODE = 60.0
"""Steps of 8 bits a unit of density while looking for hair: 0.017 a step, a third of what an observer notices; 255 is density 4.25."""


_DARKEST_OF_PAINT = 1e-3
"""Linear light that counts as none in a ratio: a third of an 8-bit step near black."""


@dataclass(frozen=True)
class ObstructionOptions:
    """What counts as hidden.

    Parameters
    ----------
    glare_share : float
        Share of gloss in the light of a pixel from which it is glare.  At 1/2 the contrast of a vein beneath is halved.
    glare_gain : float
        Least red light of glare over the leg's median red, for a vein is blue without being bright.  Gloss of share 1/2 doubles the
        light; the skin beneath it may have 0.6 of the median's, being lit from the side.
    bright_level : float
        Linear red that is bright whatever the median, so that an over-exposed leg can have glare too: one 8-bit stop below clipping is 0.5,
        0.9 is within 5 % of the code range.
    sparkle_share, sparkle_gain : float
        The same for small highlights: 1/4 gloss where the pixel is 1.5 times as bright as the skin around it, which by brightness alone
        is a third of gloss; colour alone can't tell in a spot as small as the chroma blocks of JPEG.
    least_colour : float
        1 - B/R of the skin below which gloss can't be told by colour (purple light on pale skin); only clipping is found then.
    clipped_level : float
        Linear light from which red or green is taken as clipped: 8-bit code 254.
    shadow_level : float
        Linear green below which one 8-bit step is a density of 0.055, about the just noticeable difference of a vein.
    shadow_share : float
        Share of the leg's own median light below which skin is in deep shadow (three stops).
    hair_window_px : int
        Side of the window in which a dark stroke must fit across: hair is up to 0.1 mm thick and blurs to 2-4 px in a photo of 0.05 mm
        a pixel or coarser.
    hair_contrast : float
        Least density of a stroke in red light.  Blood hardly shows in red where it is this thin (0.08 for a 0.1 mm vessel).
    hair_over_texture : float
        Least mean density of a stroke over that of the narrow dark texture (pores, wrinkles, JPEG noise) of which the leg has 5 % more.
    hair_texture_percentile : float
        Percentile of narrow darkness on a leg that stands for its texture: hair covers less than 5 % of a leg that shows any skin.
    hair_length_px : int
        Least length of a stroke: four times its greatest width.
    hair_bow : float
        Greatest spread of a stroke across its length over that along it.  Half as thick as four widths it has 0.07, bent by 30 degrees
        0.1; a forked or winding vessel has more.
    hair_red_over_green, hair_blue_over_green : float
        Least density ratios of a stroke.  Hair is opaque or brown, so it dims red as much as green, and blue too; a thin vessel has R/G
        0.4-0.65 by Monte Carlo before JPEG's chroma blocks mix in the surroundings, a deep one has next to no blue.
    hair_thickness_px : float
        Greatest area over length of a stroke, counted where it is darker than the least density: wider than where it is half as dark.
    paint_light : float
        Least light of paint in its brightest channel, over the leg's median red: ratios of dark pixels are noise.
    paint_red_over_green, paint_green_over_blue : float
        Ratios of linear light from which a bright pixel is paint: a date stamp, writing, nail polish.  Red stamps reach 60; the reddest
        telangiectasia of real photos 10 to 20, in a few pixels; skin under a warm lamp has a G/B of 3.
    paint_cold : float
        R/G or G/B below which it is paint: green, blue or cyan.  Deep veins stay above 0.7.
    paint_margin_px : int
        Grown by this, for JPEG carries a letter's colour as far as half a block.
    writing : WritingOptions
        Rows of letters without colour.
    drawn_marks : DrawnMarkOptions
        Arrows, circles and slanted writing in black or white.
    """

    glare_share: float = 0.5
    glare_gain: float = 1.2
    bright_level: float = 0.9
    sparkle_share: float = 0.25
    sparkle_gain: float = 1.5
    least_colour: float = 0.15
    clipped_level: float = 0.99
    shadow_level: float = 0.013
    shadow_share: float = 0.125
    hair_window_px: int = 7
    hair_contrast: float = 0.10
    hair_over_texture: float = 2.5
    hair_texture_percentile: float = 95.0
    hair_length_px: int = 14
    hair_bow: float = 0.12
    hair_red_over_green: float = 0.8
    hair_blue_over_green: float = 0.5
    hair_thickness_px: float = 3.3
    paint_light: float = 0.5
    paint_red_over_green: float = 15.0
    paint_green_over_blue: float = 20.0
    paint_cold: float = 1 / 3
    paint_margin_px: int = 6
    writing: WritingOptions = field(default_factory=WritingOptions)
    drawn_marks: DrawnMarkOptions = field(default_factory=DrawnMarkOptions)


@dataclass(frozen=True)
class Obstructions:
    """(H, W) masks of what hides skin, True only on the leg that was given; `writing` holds drawn marks too."""

    glare: Mask
    clipped: Mask
    shadow: Mask
    hair: Mask
    paint: Mask
    writing: Mask

    @property
    def any(self) -> Mask:
        """Hidden by any of them."""
        return self.glare | self.clipped | self.shadow | self.hair | self.paint | self.writing


def nothing_hidden(shape: tuple[int, ...]) -> Obstructions:
    """Of a picture of that shape (H, W)."""
    return Obstructions(*(np.zeros(shape, dtype=bool) for _ in dataclasses.fields(Obstructions)))


def find_obstructions(linear: LinearRGB, leg: Mask, *, options: ObstructionOptions) -> Obstructions:
    """What hides the skin of a leg.

    Parameters
    ----------
    linear : (H, W, 3) float32
        Linear light, 0..1.
    leg : (H, W) bool
        The leg's skin, holes filled.

    Returns
    -------
    Obstructions
        All False where `leg` is empty.
    """
    box = _bounding_box(leg, 2 * options.hair_window_px)
    if box is None:
        return nothing_hidden(leg.shape)
    light, inside = linear[box], leg[box]
    half = _halved(light)
    soft = np.asarray(cv2.GaussianBlur(half, (0, 0), 1.0), dtype=np.float32)
    on_leg = cv2.resize(inside.astype(np.uint8), (soft.shape[1], soft.shape[0]), interpolation=cv2.INTER_NEAREST) > 0
    hidden = (
        _enlarged(_glare(soft, on_leg, options), inside.shape),
        dilated(np.maximum(light[..., 0], light[..., 1]) >= options.clipped_level, square(3)),
        _enlarged(_shadow(soft, on_leg, options), inside.shape),
        _hair(light, half, inside, options),
        _enlarged(_paint(half, on_leg, options), inside.shape),
        _enlarged(find_writing(half, on_leg, options=options.writing), inside.shape)
        | find_drawn_marks(light, inside, options=options.drawn_marks),
    )
    return Obstructions(*(_put_back(mask & inside, box, leg.shape) for mask in hidden))


def _bounding_box(mask: Mask, margin: int) -> tuple[slice, slice] | None:
    """Rows and columns of a mask with a margin around it, as far as the frame goes."""
    left, top, width, height = cv2.boundingRect(mask.astype(np.uint8))
    if not width:
        return None
    return slice(max(top - margin, 0), top + height + margin), slice(max(left - margin, 0), left + width + margin)


def _put_back(part: Mask, box: tuple[slice, slice], shape: tuple[int, ...]) -> Mask:
    whole = np.zeros(shape, dtype=bool)
    whole[box] = part
    return whole


def _halved(image: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.asarray(cv2.resize(image, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA), dtype=np.float32)


def _enlarged(mask: Mask, shape: tuple[int, ...]) -> Mask:
    grown = cv2.resize(mask.astype(np.uint8) * np.uint8(255), (shape[1], shape[0]), interpolation=cv2.INTER_LINEAR)
    return np.asarray(grown > 127)


def _glare(soft: LinearRGB, on_leg: Mask, options: ObstructionOptions) -> Mask:
    """Gloss has the lamp's colour: its share shows in how far a pixel's blue over red has gone from the skin's towards 1.

    Looked for, as shadow is, in a copy of half the size, softened by one of its pixels.
    """
    none = np.zeros(on_leg.shape, dtype=bool)
    if not on_leg.any():
        return none
    red = np.ascontiguousarray(soft[..., 0])
    blue_over_red = soft[..., 2] / np.maximum(red, np.float32(DARKEST))
    share = gloss_share(blue_over_red, _some(blue_over_red, on_leg), options.least_colour)
    if share is None:
        return none
    typical = float(np.median(_some(red, on_leg)))
    around = mean_within(red, on_leg, max(soft.shape) / 40)
    broad = (share > options.glare_share) & (red > min(options.glare_gain * typical, options.bright_level))
    sparkle = (share > options.sparkle_share) & (red > options.sparkle_gain * around)
    return dilated(broad | sparkle, square(3))


def _some(image: NDArray[Any], mask: Mask) -> NDArray[Any]:
    """Values within a mask, of every third pixel each way where those are enough to tell a median by."""
    few = image[::3, ::3][mask[::3, ::3]]
    return few if few.size > _ENOUGH_PX else image[mask]


_ENOUGH_PX = 10_000
"""Pixels that tell a quartile to one per cent of the pixels."""


def _paint(half: LinearRGB, on_leg: Mask, options: ObstructionOptions) -> Mask:
    """Bright colour that no skin or vein has, in a copy of half the size."""
    # Planes by themselves: NumPy looks along channels that lie beside each other many times as slowly.
    planes = cv2.split(half)
    brightest = np.maximum(np.maximum(planes[0], planes[1]), planes[2])
    bright = brightest >= options.paint_light * float(np.median(_some(planes[0], on_leg))) if on_leg.any() else on_leg
    red, green, blue = (np.maximum(plane, np.float32(_DARKEST_OF_PAINT)) for plane in planes)
    warm = (red >= options.paint_red_over_green * green) | (green >= options.paint_green_over_blue * blue)
    cold = (red <= options.paint_cold * green) | (green <= options.paint_cold * blue)
    return dilated(bright & (warm | cold) & on_leg, disc(options.paint_margin_px + 1))  # of half the size: as far to every side


def _shadow(soft: LinearRGB, on_leg: Mask, options: ObstructionOptions) -> Mask:
    """Too dark for a vein to show a step, or three stops below the rest of the leg; single dark pixels are no shadow."""
    if not on_leg.any():
        return np.zeros(on_leg.shape, dtype=bool)
    green = np.ascontiguousarray(soft[..., 1])
    return np.asarray(green < max(options.shadow_level, options.shadow_share * float(np.median(_some(green, on_leg)))))


def _hair(light: LinearRGB, half: LinearRGB, leg: Mask, options: ObstructionOptions) -> Mask:
    """Narrow, long, straight strokes that dim red as much as green; `half` is the same at half the size."""
    density = density_from_linear(np.ascontiguousarray(light[..., 0]))
    red = np.asarray(cv2.convertScaleAbs(density, alpha=_DENSITY_CODE), dtype=np.uint8)
    depth = np.asarray(cv2.morphologyEx(red, cv2.MORPH_TOPHAT, disc(options.hair_window_px)), dtype=np.uint8)
    # The limb's dark outline is no hair.
    inner = eroded(leg, square(2 * options.hair_window_px + 1))
    if not inner.any():
        return np.zeros(leg.shape, dtype=bool)
    dark = inner & (depth > options.hair_contrast * _DENSITY_CODE)
    parts = parts_of(dark)
    length = parts.extents
    slim = (length >= options.hair_length_px) & (parts.areas <= options.hair_thickness_px * length)
    slim[0] = False
    if not slim.any():
        return np.zeros(leg.shape, dtype=bool)
    texture = float(np.percentile(_some(depth, inner), options.hair_texture_percentile))
    strokes = Strokes(parts.labels, slim)
    in_red, in_green, in_blue = _stroke_colour(density_from_linear(half), strokes)
    hair = (
        slim
        & (strokes.mean_of(depth[strokes.rows, strokes.cols]) >= options.hair_over_texture * texture)
        & (bow(*strokes.variances()) <= options.hair_bow)
        & (in_green > 0)
        & (in_red > options.hair_red_over_green * in_green)
        & (in_blue > options.hair_blue_over_green * in_green)
    )
    return dilated(strokes.mask_of(hair), square(3))


def _stroke_colour(half: Density, strokes: Strokes) -> tuple[NDArray[np.float64], ...]:
    """Density of the strokes over what surrounds them, by channel, summed over a few pixels: JPEG keeps chroma at half resolution."""
    contrast = cv2.GaussianBlur(half, (0, 0), 1.0) - cv2.GaussianBlur(half, (0, 0), 3.5)
    rows, cols = (np.minimum(k // 2, n - 1) for k, n in zip((strokes.rows, strokes.cols), half.shape[:2], strict=True))
    return tuple(strokes.mean_of(contrast[rows, cols, channel]) for channel in range(3))
