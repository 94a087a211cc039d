"""Focus and noise of a photo's skin: the Gaussian blur along the worst direction, and the noise of one pixel."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cache

import cv2
import numpy as np
from numpy.typing import NDArray

from photocompare.base.arrays import SRGB8, Grey, Mask
from photocompare.base.colour import density_from_linear, linear_from_srgb8
from photocompare.base.masks import eroded, square
from photocompare.base.robust import SIGMA_OF_MAD

_DIRECTIONS = 8
"""Sectors of 22.5 degrees in which focus is judged apart, because a shake blurs along one of them only, by 0.92 of its length at least."""

FINE_PX, COARSE_PX, BROAD_PX = 1.0, 2.0, 4.0
"""Sigmas of the two blurs whose slopes are compared, the finest that sampling bears and one an octave wider, and of the broad one that is
taken off both: a leg's own shading slopes as much as a blurred vein, and passed for a blur of tens of px on real skin."""

REACH_PX = 13
"""Side of the square by which skin is narrowed before slopes are read: one and a half sigmas of the broad blur to either side."""

_MEAN_ROOT_OF_NORMAL = 0.822
"""Mean of the root of the absolute value of a standard normal variable: 2**(1/4) Gamma(3/4) / sqrt(pi)."""

_NOISE_WINDOW_PX = 33
"""Side of the window in which noise is taken as even: four JPEG blocks."""

_STEPS_ASKED = 200_000
"""Pixels above the noise that are looked at, evenly spread: hundreds remain among the steepest of each direction."""

_DISPLAY_GAMMA = 2.2
"""Of sRGB, near enough for an error's size."""

_SAMPLE_STEP = 3
"""Every third pixel each way tells a median as well as all: 1e5 of a million."""

_TILE_PX, _TILE_RIM_PX = 256, 16
"""Side of the tiles of full size in which focus is judged, and how far from their edges: the reach of the blurs that are compared,
with room for two halvings."""


@dataclass(frozen=True)
class FocusOptions:
    """How blur is measured.

    Parameters
    ----------
    widest_px : float
        Blur up to which an image's own scale can tell it; at 3 the ratio of slopes still falls by a tenth a px.  A wider one is measured
        in a reduced copy.
    least_edges : int
        Edge pixels needed to judge focus at one scale and direction.
    edge_share : float
        Share of the skin with the steepest steps, at which focus is judged.
    edge_over_noise : float
        Least step in units of the noise's own; twice the next, because JPEG and cameras take away fine noise, by which it is judged, more
        than the coarser noise that makes steps.
    edge_over_rounding : float
        Least step in units of what JPEG's rounding makes.  At 5, white noise makes 4 false edges in a million pixels.
    jpeg_rounding_codes : float
        Root mean square of JPEG's rounding at usual quality, codes of 255.
    tiles : int
        Tiles of full size that are looked at, a million pixels: the sharpest 2 % of them are 20,000 steps.
    tile_skin : float
        Share of skin from which a tile is worth looking at.
    """

    widest_px: float = 3.0
    least_edges: int = 60
    edge_share: float = 0.02
    edge_over_noise: float = 10.0
    edge_over_rounding: float = 5.0
    jpeg_rounding_codes: float = 0.87
    tiles: int = 16
    tile_skin: float = 0.25


@dataclass(frozen=True)
class CloseUp:
    """Full-size pixels of a photo that is measured in a reduced copy: tiles spread over the skin, side by side.

    Parameters
    ----------
    green : Grey
        Density.
    skin : Mask
        Where it shows skin; False around the tiles' edges.
    factor : float
        Size of the working copy over full size, 0..1.
    """

    green: Grey
    skin: Mask
    factor: float


def close_up(encoded: SRGB8, skin: Mask, factor: float, *, options: FocusOptions) -> CloseUp | None:
    """Tiles of the photo's own pixels, where it shows skin; None where no tile does.

    Parameters
    ----------
    encoded : (H, W, 3) uint8
        The photo at full size.
    skin : (h, w) bool
        Measurable skin in the working copy.
    factor : float
        Size of the working copy over full size, 0..1.
    """
    height, width = (side // _TILE_PX for side in encoded.shape[:2])
    if not height or not width:
        return None
    shares = cv2.resize(skin.astype(np.float32), (width, height), interpolation=cv2.INTER_AREA).ravel()
    worth = np.flatnonzero(shares >= options.tile_skin)
    if not worth.size:
        return None
    chosen = worth[np.unique(np.linspace(0, worth.size - 1, options.tiles).round().astype(int))]
    greens, masks = [], []
    rows_of, cols_of = (_nearest(small, full) for small, full in zip(skin.shape, encoded.shape, strict=False))
    for row, col in zip(*np.divmod(chosen, width), strict=True):
        tile = np.s_[row * _TILE_PX : (row + 1) * _TILE_PX, col * _TILE_PX : (col + 1) * _TILE_PX]
        greens.append(density_from_linear(linear_from_srgb8(np.ascontiguousarray(encoded[tile][..., 1]))))
        inner = np.zeros((_TILE_PX, _TILE_PX), np.bool_)
        within = np.s_[_TILE_RIM_PX:-_TILE_RIM_PX, _TILE_RIM_PX:-_TILE_RIM_PX]
        inner[within] = skin[np.ix_(rows_of[tile[0]], cols_of[tile[1]])][within]
        masks.append(inner)
    return CloseUp(np.concatenate(greens), np.concatenate(masks), factor)


def _nearest(small: int, full: int) -> NDArray[np.intp]:
    """Which row of a picture OpenCV's nearest interpolation takes for each row of an enlarged one."""
    own = np.arange(small, dtype=np.float32)[:, np.newaxis]
    return np.asarray(cv2.resize(own, (1, full), interpolation=cv2.INTER_NEAREST)[:, 0], dtype=np.intp)


def _high_pass(green: Grey) -> Grey:
    """Filter that smooth shading and straight edges pass unseen; keeps the standard deviation of white noise (Immerkaer 1996)."""
    kernel = np.array([[1, -2, 1], [-2, 4, -2], [1, -2, 1]], dtype=np.float32) / 6.0
    passed = np.asarray(cv2.filter2D(green, cv2.CV_32F, kernel), dtype=np.float32)
    return np.abs(passed, out=passed)


def measure_noise(green: Grey, skin: Mask) -> float:
    """Standard deviation of a pixel's noise in green density, NaN without skin."""
    inner = eroded(skin, square(3))
    residual = _high_pass(green)[::_SAMPLE_STEP, ::_SAMPLE_STEP][inner[::_SAMPLE_STEP, ::_SAMPLE_STEP]]
    return SIGMA_OF_MAD * float(np.median(residual)) if residual.size else math.nan


def local_noise(green: Grey) -> Grey:
    """The same from place to place, for noise is stronger in the dark; the mean of roots keeps a hair or a pore from counting."""
    roots = np.asarray(cv2.blur(cv2.sqrt(_high_pass(green)), (_NOISE_WINDOW_PX, _NOISE_WINDOW_PX)), dtype=np.float32)
    roots /= _MEAN_ROOT_OF_NORMAL
    return np.square(roots, out=roots)


def rounding_noise(green: Grey, rms_codes: float) -> Grey:
    """What JPEG's rounding does to the density, whose slope against the code of a display curve of 2.2 is 2.2 / code.

    Where a picture is smooth, its noise may be next to nothing, and the borders of JPEG's blocks are the sharpest there is in it.
    """
    rounding = np.asarray(cv2.exp(green / np.float32(_DISPLAY_GAMMA)), dtype=np.float32)
    rounding *= np.float32(_DISPLAY_GAMMA * rms_codes / 255.0)
    return rounding


def measure_blur(green: Grey, skin: Mask, *, options: FocusOptions) -> float:
    """Gaussian sigma of the blur in px along the worst direction, NaN with too few steps above the noise.

    Read from how much a known further blur flattens the steepest steps (Zhuo & Sim 2011), broad shading taken off.  Where noise or JPEG's
    rounding hides the steps, or the blur is far wider than the one that is added, they are looked for in a reduced copy, which then tells.

    Parameters
    ----------
    green : Grey
        (H, W) density.
    skin : Mask
        (H, W), where to look.
    options : FocusOptions
    """
    image, mask, factor = green, skin, 1.0
    squares = np.full(_DIRECTIONS, np.nan)
    # A shake leaves sharp steps along it: each direction is looked for in smaller copies until its own steps are narrow in one.
    sought = np.ones(_DIRECTIONS, np.bool_)
    while min(image.shape) > _NOISE_WINDOW_PX:
        here = _squares_at_scale(image, mask, options)
        found = sought & np.isfinite(here)
        squares[found] = here[found] * factor**2
        sought &= ~(here <= options.widest_px**2)
        if not sought.any():
            break
        image = np.asarray(cv2.resize(image, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA), dtype=np.float32)
        mask = cv2.resize(mask.astype(np.float32), (image.shape[1], image.shape[0]), interpolation=cv2.INTER_AREA) > 0.99
        factor *= 2.0
    return math.sqrt(_greatest_along(squares))


def _squares_at_scale(image: Grey, skin: Mask, options: FocusOptions) -> NDArray[np.float64]:
    """Squared blur in px2 of this image across each direction; NaN with too few steps above noise and rounding."""
    # The frame's own edge has no neighbours to take slopes from.
    framed = cv2.copyMakeBorder(skin.astype(np.uint8)[1:-1, 1:-1], 1, 1, 1, 1, cv2.BORDER_CONSTANT, value=0)
    inner = eroded(framed > 0, square(REACH_PX))
    broad = cv2.GaussianBlur(image, (0, 0), BROAD_PX)
    fine = cv2.GaussianBlur(image, (0, 0), FINE_PX) - broad
    fine_x, fine_y = (cv2.Sobel(fine, cv2.CV_32F, *axis, ksize=3, scale=1 / 8) for axis in ((1, 0), (0, 1)))
    steepness = np.asarray(cv2.magnitude(fine_x, fine_y), dtype=np.float32)
    # White noise of 1 leaves 1 / (sigma**2 sqrt(8 pi)) in a Gaussian derivative.
    left = 1.0 / (FINE_PX**2 * math.sqrt(8.0 * math.pi))
    noise, rounding = local_noise(image), rounding_noise(image, options.jpeg_rounding_codes)
    noise *= options.edge_over_noise
    rounding *= options.edge_over_rounding
    least = np.maximum(noise, rounding, out=noise)
    least *= left
    clear = np.flatnonzero(inner & (steepness > least))
    if clear.size < options.least_edges:
        return np.full(_DIRECTIONS, np.nan)
    thinned = max(1, clear.size // _STEPS_ASKED)
    clear = clear[::thinned]
    steep = steepness.ravel()[clear]
    angle = np.asarray(cv2.phase(fine_x.ravel()[clear], fine_y.ravel()[clear])).ravel()
    sector = (angle * (_DIRECTIONS / math.pi)).astype(np.uint8) % _DIRECTIONS
    coarse = np.asarray(cv2.GaussianBlur(image, (0, 0), COARSE_PX) - broad, dtype=np.float32)
    wanted = max(options.least_edges, round(options.edge_share / _DIRECTIONS * np.count_nonzero(inner) / thinned))
    squares = np.full(_DIRECTIONS, np.nan)
    for k in range(_DIRECTIONS):
        chosen = np.flatnonzero(sector == k)
        if chosen.size < options.least_edges:
            continue
        if chosen.size > wanted:
            chosen = chosen[np.argpartition(steep[chosen], chosen.size - wanted)[-wanted:]]
        softened = _slope_at(coarse, clear[chosen])
        blur = _blur_of_slopes(float(np.median(steep[chosen] / np.maximum(softened, np.float32(1e-9)))))
        # What is wider than the broad blur that was taken off is shading, not a step.
        squares[k] = blur**2 if blur < BROAD_PX else math.nan
    return squares


def _greatest_along(squares: NDArray[np.float64]) -> float:
    """Squared blur along the worst direction of the ellipse through those of all directions; the greatest of too few; NaN of none.

    An edge blurred by a Gaussian of any covariance has a squared blur of a + b cos 2t + c sin 2t across its direction t: the ellipse
    smooths the chance of single directions, whose greatest alone would be too much.
    """
    known = np.flatnonzero(np.isfinite(squares))
    if known.size < _DIRECTIONS // 2 + 1:
        return float(squares[known].max()) if known.size else math.nan
    angles = 2.0 * math.pi / _DIRECTIONS * (known + 0.5)
    design = np.stack([np.ones(known.size), np.cos(angles), np.sin(angles)], axis=1)
    mean, cosine, sine = np.linalg.lstsq(design, squares[known], rcond=None)[0]
    return float(min(mean + math.hypot(cosine, sine), squares[known].max()))


def _slope_at(image: Grey, places: NDArray[np.intp]) -> NDArray[np.float32]:
    """Steepness at single pixels (flat indices, none at the frame's edge), by the same Sobel derivatives as of a whole picture."""
    flat, width = image.ravel(), image.shape[1]

    def derivative(ahead: int, aside: int) -> NDArray[np.float32]:
        beside, here, across = (flat[places + step + ahead] - flat[places + step - ahead] for step in (-aside, 0, aside))
        return np.asarray((beside + 2 * here + across) / 8, dtype=np.float32)

    return np.asarray(np.hypot(derivative(1, width), derivative(width, 1)), dtype=np.float32)


def _blur_of_slopes(ratio: float) -> float:
    """Blur in px from the ratio of the finer to the coarser slope of a step.

    A step blurred by s has its steepest slope at 1 / sqrt(s**2 + fine**2) of its height, and likewise with coarse and broad.
    """
    blurs, ratios = _slope_ratios()
    # falling, and np.interp wants a rise
    return float(np.interp(-ratio, -ratios, blurs))


@cache
def _slope_ratios() -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    blurs = np.linspace(0.0, 2.0 * BROAD_PX, 401)
    fine, coarse, broad = (1.0 / np.sqrt(blurs**2 + sigma**2) for sigma in (FINE_PX, COARSE_PX, BROAD_PX))
    return blurs, (fine - broad) / (coarse - broad)
