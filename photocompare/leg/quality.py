"""Whether a photo can be measured: focus, exposure, glare, size, noise.

Every threshold comes from what the fault does to a telangiectasia 0.3 mm thick, which light scattered in the skin shows
0.7 mm wide (full width at half maximum, Monte Carlo), or to the smallest density that an observer sees.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from photocompare.base.arrays import SRGB8, Grey, LinearRGB, Mask
from photocompare.base.colour import density_from_linear, linear_from_srgb8
from photocompare.leg.field import Field

VEIN_SIGMA_MM = 0.7 / 2.355
"""Gaussian sigma of the telangiectasia that the gates protect: 0.7 mm full width at half maximum."""

JUST_VISIBLE_DENSITY = 0.055
"""Green density of a vein that differs from skin by 2.3 CIE76 units at mid exposure: L* falls by 25 a unit of density, a* rises by 30."""

_DIRECTIONS = 8
"""Sectors of 22.5 degrees in which focus is judged apart, because a shake blurs along one of them only, by 0.92 of its length at least."""

_FINE_PX, _COARSE_PX = 1.0, 2.0
"""Sigmas of the two blurs whose slopes are compared: the finest that sampling bears, and one an octave wider."""

_SIGMA_OF_MAD = 1.4826
"""Standard deviation of a normal variable over its median absolute value."""

_MEAN_ROOT_OF_NORMAL = 0.822
"""Mean of the root of the absolute value of a standard normal variable: 2**(1/4) Gamma(3/4) / sqrt(pi)."""

_WHITE = 0.99
"""Linear light of 8-bit code 254: at or above it a pixel is taken as clipped."""

_NOISE_WINDOW_PX = 33
"""Side of the window in which noise is taken as even: four JPEG blocks."""

_STEPS_ASKED = 200_000
"""Pixels above the noise that are looked at, evenly spread: hundreds remain among the steepest of each direction."""

JPEG_ROUNDING_CODES = 0.87
"""Root mean square of JPEG's rounding at usual quality, codes of 255."""

_DISPLAY_GAMMA = 2.2
"""Of sRGB, near enough for an error's size."""

_SAMPLE_STEP = 3
"""Every third pixel each way tells a median as well as all: 1e5 of a million."""

_LIMB_SIDE_PX = 400
"""Long side, at least, of the copy of a mask in which a limb's width is measured: a quarter of a per cent a pixel."""

_TILE_PX, _TILE_RIM_PX = 256, 16
"""Side of the tiles of full size in which focus is judged, and how far from their edges: the reach of the blurs that are compared,
with room for two halvings."""

_TILES = 16
"""Tiles that are looked at, a million pixels: the sharpest 2 % of them are 20,000 steps."""

_TILE_SKIN = 0.25
"""Share of skin from which a tile is worth looking at."""


@dataclass(frozen=True)
class QualityOptions:
    """The gates.

    Parameters
    ----------
    usual_limb_mm : float
        Width across a calf or lower thigh, the same that an assumed scale rests on; used only while no scale is known.
    blurred_mm : float
        Gaussian blur that halves the contrast of the telangiectasia: sqrt(2**2 - 1) of its sigma.
    soft_mm : float
        Blur that takes a quarter of it: sqrt((4 / 3)**2 - 1) of its sigma.
    blur_floor_px : float
        Blur that sampling alone gives (a pixel's box, demosaicing, a resize); below it a photo is as sharp as its pixels, and too few
        pixels are another gate's matter.
    widest_px : float
        Blur up to which an image's own scale can tell it; at 3 the added blur still changes slopes by 14 %.  A wider one is measured in a
        reduced copy.
    least_edges : int
        Edge pixels needed to judge focus at one scale and direction.
    edge_share : float
        Share of the skin with the steepest steps, at which focus is judged.
    edge_over_noise : float
        Least step in units of the noise's own.  At 5, white noise makes 4 false edges in a million pixels; twice that, because JPEG and
        cameras take away fine noise, by which it is judged, more than the coarser noise that makes steps.
    least_red : float
        Linear red, median of the leg, below which a photo is too dark.  JPEG at usual quality rounds to about 3 codes (0.87 rms); below
        code 62 that is half of the just visible density.  Red, because dark skin shows its veins there.
    most_lost : float
        Share of the leg that glare and clipping together may take: with more than a third lost, the rest no longer stands for the field.
    some_glare : float
        Share from which glare is worth telling: the part of a leg that one session treats is often no larger.
    least_limb_px : float
        Limb width in px at which the telangiectasia's 0.7 mm is 1.2 px: a Gaussian narrower than that falls between the samples.
    coarse_limb_px : float
        Limb width at which it is 2.5 px, so that its width and colour can still be read.
    least_skin_px : int
        Measurable pixels below which there is nothing to compare, whatever the limb's width: a field 8 mm square at 0.08 mm a pixel.
    noisy_density : float
        Noise of one pixel (green density) at which a just visible vein, 2.3 px wide, is 3 sigma over a piece 10 px long.
    """

    usual_limb_mm: float = 110.0
    blurred_mm: float = math.sqrt(3.0) * VEIN_SIGMA_MM
    soft_mm: float = math.sqrt(7.0 / 9.0) * VEIN_SIGMA_MM
    blur_floor_px: float = 1.0
    widest_px: float = 3.0
    least_edges: int = 60
    edge_share: float = 0.02
    edge_over_noise: float = 10.0
    least_red: float = 0.048
    most_lost: float = 1 / 3
    some_glare: float = 0.03
    least_limb_px: float = 190.0
    coarse_limb_px: float = 390.0
    least_skin_px: int = 10_000
    noisy_density: float = JUST_VISIBLE_DENSITY / 3.0 * math.sqrt(2.3 * 10.0)


@dataclass(frozen=True)
class Quality:
    """Figures of one photo; NaN where one could not be measured.

    Parameters
    ----------
    focus : float
        Gaussian sigma of the blur, in px of the photo, along the worse direction; small is sharp.
    focus_mm : float
        The same in mm, under the given or the usual scale.
    noise_sigma : float
        Standard deviation of one pixel's noise, in green density.
    glare_share, clipped_share, lost_share, shadow_share, measurable_share : float
        Shares of the leg, 0..1; lost is glare or clipped.
    median_level : float
        Median linear red of the leg, 0..1.
    skin_px : int
        Measurable pixels, of the working copy.
    limb_px : float
        Width of the widest circle within the leg, in px of the working copy.
    flags : tuple of str
        Codes of `flags.REGISTRY`.
    """

    focus: float
    focus_mm: float
    noise_sigma: float
    glare_share: float
    clipped_share: float
    lost_share: float
    shadow_share: float
    measurable_share: float
    median_level: float
    skin_px: int
    limb_px: float
    flags: tuple[str, ...]

    def as_dict(self) -> dict[str, float | int | list[str] | None]:
        """For JSON: None for what could not be measured."""
        figures: dict[str, float | int | list[str] | None] = {}
        for name, value in vars(self).items():
            if name == "flags":
                figures[name] = list(value)
            else:
                figures[name] = value if isinstance(value, int) else _rounded(value)
        return figures


def _rounded(value: float) -> float | None:
    """Five significant digits, so that the last bits of a sum don't show; None for NaN."""
    return float(f"{value:.5g}") if math.isfinite(value) else None


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


def close_up(encoded: SRGB8, skin: Mask, factor: float) -> CloseUp | None:
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
    worth = np.flatnonzero(shares >= _TILE_SKIN)
    if not worth.size:
        return None
    chosen = worth[np.unique(np.linspace(0, worth.size - 1, _TILES).round().astype(int))]
    greens, masks = [], []
    whole = cv2.resize(skin.astype(np.uint8), encoded.shape[1::-1], interpolation=cv2.INTER_NEAREST) > 0
    for row, col in zip(*np.divmod(chosen, width), strict=True):
        tile = np.s_[row * _TILE_PX : (row + 1) * _TILE_PX, col * _TILE_PX : (col + 1) * _TILE_PX]
        greens.append(density_from_linear(linear_from_srgb8(np.ascontiguousarray(encoded[tile][..., 1]))))
        inner = np.zeros((_TILE_PX, _TILE_PX), np.bool_)
        inner[_TILE_RIM_PX:-_TILE_RIM_PX, _TILE_RIM_PX:-_TILE_RIM_PX] = whole[tile][_TILE_RIM_PX:-_TILE_RIM_PX, _TILE_RIM_PX:-_TILE_RIM_PX]
        masks.append(inner)
    return CloseUp(np.concatenate(greens), np.concatenate(masks), factor)


def judge_quality(
    linear: LinearRGB,
    field: Field,
    *,
    mm_per_px: float | None = None,
    detail: CloseUp | None = None,
    options: QualityOptions = QualityOptions(),
) -> Quality:
    """Figures and flags of one photo.

    Parameters
    ----------
    linear : (H, W, 3) float32
        Linear light, 0..1.
    field : Field
        Of the same photo.
    mm_per_px : float, optional
        Scale, when it is known; otherwise a limb of usual width is taken.
    detail : CloseUp, optional
        The photo's own pixels where `linear` is a reduced copy: focus and detail are the photo's, not the copy's.

    Returns
    -------
    Quality
        With NaN figures and the field's own flags when there is no leg.
    """
    leg_px = int(np.count_nonzero(field.leg))
    if leg_px == 0:
        return _without_leg(linear, field, options)
    green = density_from_linear(np.ascontiguousarray(linear[..., 1]))
    # A reader's polygon cuts the leg that is judged, not the limb that its size is told by.
    limb_px = _limb_width(field.limbs == field.principal)
    scale = options.usual_limb_mm / limb_px if mm_per_px is None else mm_per_px
    factor = 1.0 if detail is None else detail.factor
    focus = _blur(green, field.measurable, options) if detail is None else _blur(detail.green, detail.skin, options)
    shares = {name: float(np.count_nonzero(mask & field.leg) / leg_px) for name, mask in _masks(field).items()}
    some = np.s_[::_SAMPLE_STEP, ::_SAMPLE_STEP]
    sample = field.leg[some] if field.leg[some].any() else field.leg
    red = linear[some][..., 0] if sample is not field.leg else linear[..., 0]
    quality = Quality(
        focus=focus,
        focus_mm=focus * scale * factor,
        noise_sigma=_noise(green, field.measurable),
        median_level=float(np.median(red[sample])),
        skin_px=int(np.count_nonzero(field.measurable)),
        limb_px=limb_px,
        flags=(),
        **shares,
    )
    return Quality(**{**vars(quality), "flags": field.flags + _flags(quality, scale, factor, options)})


def _without_leg(linear: LinearRGB, field: Field, options: QualityOptions) -> Quality:
    """No figures; the exposure of the whole frame may tell why no leg was found."""
    nan = math.nan
    red = linear[..., 0]
    exposure = {
        "too_dark": float(np.quantile(red, 1.0 - options.most_lost)) < options.least_red,
        "too_bright": float(np.mean(red >= _WHITE)) > options.most_lost,
    }
    flags = field.flags + tuple(code for code, fired in exposure.items() if fired)
    return Quality(nan, nan, nan, nan, nan, nan, nan, nan, nan, 0, nan, flags)


def _masks(field: Field) -> dict[str, Mask]:
    return {
        "glare_share": field.hidden.glare,
        "clipped_share": field.hidden.clipped,
        "lost_share": field.hidden.glare | field.hidden.clipped,
        "shadow_share": field.hidden.shadow,
        "measurable_share": field.measurable,
    }


def _flags(quality: Quality, mm_per_px: float, factor: float, options: QualityOptions) -> tuple[str, ...]:
    """Codes of the gates that fired.  A photo that was reduced for measuring is judged by what its own pixels hold."""
    at_floor = quality.focus <= options.blur_floor_px
    usual_px = options.usual_limb_mm / (mm_per_px * factor)
    lost = quality.lost_share > options.most_lost
    by_glare = quality.glare_share >= quality.lost_share / 2
    gates = {
        "blurred": not at_floor and quality.focus_mm > options.blurred_mm,
        "soft": not at_floor and options.soft_mm < quality.focus_mm <= options.blurred_mm,
        "too_dark": quality.median_level < options.least_red,
        "too_bright": lost and not by_glare,
        "glare": lost and by_glare,
        "some_glare": not lost and quality.glare_share > options.some_glare,
        "low_detail": usual_px < options.least_limb_px or quality.skin_px < options.least_skin_px * factor**2,
        "coarse": options.least_limb_px <= usual_px < options.coarse_limb_px,
        "noisy": quality.noise_sigma > options.noisy_density,
    }
    return tuple(code for code, fired in gates.items() if fired)


def _limb_width(leg: Mask) -> float:
    """Diameter of the widest circle within the leg and the frame, in px."""
    step = int(max(1, max(leg.shape) // _LIMB_SIDE_PX))
    framed = cv2.copyMakeBorder(leg[::step, ::step].astype(np.uint8), 1, 1, 1, 1, cv2.BORDER_CONSTANT, value=0)
    radius = float(cv2.distanceTransform(framed, cv2.DIST_L2, 3).max())
    return 2.0 * step * radius


def _high_pass(green: Grey) -> Grey:
    """Filter that smooth shading and straight edges pass unseen; keeps the standard deviation of white noise (Immerkaer 1996)."""
    kernel = np.array([[1, -2, 1], [-2, 4, -2], [1, -2, 1]], dtype=np.float32) / 6.0
    return np.asarray(np.abs(cv2.filter2D(green, cv2.CV_32F, kernel)), dtype=np.float32)


def _noise(green: Grey, skin: Mask) -> float:
    """Standard deviation of a pixel's noise, NaN without skin."""
    inner = cv2.erode(skin.astype(np.uint8), np.ones((3, 3), np.uint8)) > 0
    residual = _high_pass(green)[::_SAMPLE_STEP, ::_SAMPLE_STEP][inner[::_SAMPLE_STEP, ::_SAMPLE_STEP]]
    return _SIGMA_OF_MAD * float(np.median(residual)) if residual.size else math.nan


def _local_noise(green: Grey) -> Grey:
    """The same from place to place, for noise is stronger in the dark; the mean of roots keeps a hair or a pore from counting."""
    roots = cv2.blur(cv2.sqrt(_high_pass(green)), (_NOISE_WINDOW_PX, _NOISE_WINDOW_PX))
    return np.asarray((roots / _MEAN_ROOT_OF_NORMAL) ** 2, dtype=np.float32)


def _rounding(green: Grey) -> Grey:
    """What JPEG's rounding does to the density, whose slope against the code of a display curve of 2.2 is 2.2 / code.

    Where a picture is smooth, its noise may be next to nothing, and the borders of JPEG's blocks are the sharpest there is in it.
    """
    return np.asarray(
        cv2.exp(green / np.float32(_DISPLAY_GAMMA)) * np.float32(_DISPLAY_GAMMA * JPEG_ROUNDING_CODES / 255.0), dtype=np.float32
    )


def _blur(green: Grey, skin: Mask, options: QualityOptions) -> float:
    """Sigma of the blur in px, from how much a known further blur flattens the steepest steps (Zhuo & Sim 2011).

    Where noise hides the steps, or the blur is far wider than the one that is added, they are looked for in a reduced copy.
    """
    image, mask, factor, blur = green, skin, 1.0, math.nan
    while min(image.shape) > _NOISE_WINDOW_PX:
        here = _blur_at_scale(image, mask, options) * factor
        blur = here if math.isnan(blur) else max(blur, here)
        if blur <= options.widest_px * factor:
            break
        image = np.asarray(cv2.resize(image, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA), dtype=np.float32)
        mask = cv2.resize(mask.astype(np.float32), (image.shape[1], image.shape[0]), interpolation=cv2.INTER_AREA) > 0.99
        factor *= 2.0
    return blur


def _blur_at_scale(image: Grey, skin: Mask, options: QualityOptions) -> float:
    """Blur in px of this image, of the direction in which it is greatest; NaN with too few steps above the noise."""
    # The frame's own edge has no neighbours to take slopes from.
    framed = cv2.copyMakeBorder(skin.astype(np.uint8)[1:-1, 1:-1], 1, 1, 1, 1, cv2.BORDER_CONSTANT, value=0)
    inner = cv2.erode(framed, np.ones((7, 7), np.uint8)) > 0
    smooth = cv2.GaussianBlur(image, (0, 0), _FINE_PX)
    fine_x, fine_y = (cv2.Sobel(smooth, cv2.CV_32F, *axis, ksize=3, scale=1 / 8) for axis in ((1, 0), (0, 1)))
    steepness = np.asarray(cv2.magnitude(fine_x, fine_y), dtype=np.float32)
    # White noise of 1 leaves 1 / (sigma**2 sqrt(8 pi)) in a Gaussian derivative.  Some steps must stand above JPEG's rounding too.
    over = options.edge_over_noise / (_FINE_PX**2 * math.sqrt(8.0 * math.pi))
    noise = _local_noise(image)
    clear = np.flatnonzero(inner & (steepness > over * noise))
    real = np.count_nonzero(steepness.ravel()[clear] > over * _rounding(image).ravel()[clear])
    if real < options.least_edges:
        return math.nan
    thinned = max(1, clear.size // _STEPS_ASKED)
    clear = clear[::thinned]
    steep = steepness.ravel()[clear]
    angle = np.asarray(cv2.phase(fine_x.ravel()[clear], fine_y.ravel()[clear])).ravel()
    sector = (angle * (_DIRECTIONS / math.pi)).astype(np.uint8) % _DIRECTIONS
    coarse = np.asarray(cv2.GaussianBlur(image, (0, 0), _COARSE_PX), dtype=np.float32)
    wanted = max(options.least_edges, round(options.edge_share / _DIRECTIONS * np.count_nonzero(inner) / thinned))
    blurs = []
    for k in range(_DIRECTIONS):
        chosen = np.flatnonzero(sector == k)
        if chosen.size < options.least_edges:
            continue
        if chosen.size > wanted:
            chosen = chosen[np.argpartition(steep[chosen], chosen.size - wanted)[-wanted:]]
        softened = _slope_at(coarse, clear[chosen])
        blurs.append(float(np.median(_squared_blur(steep[chosen] / np.maximum(softened, np.float32(1e-9))))))
    return math.sqrt(max(blurs)) if blurs else math.nan


def _slope_at(image: Grey, places: NDArray[np.intp]) -> NDArray[np.float32]:
    """Steepness at single pixels (flat indices, none at the frame's edge), by the same Sobel derivatives as of a whole picture."""
    flat, width = image.ravel(), image.shape[1]

    def derivative(ahead: int, aside: int) -> NDArray[np.float32]:
        beside, here, across = (flat[places + step + ahead] - flat[places + step - ahead] for step in (-aside, 0, aside))
        return np.asarray((beside + 2 * here + across) / 8, dtype=np.float32)

    return np.asarray(np.hypot(derivative(1, width), derivative(width, 1)), dtype=np.float32)


def _squared_blur(ratio: NDArray[np.floating]) -> NDArray[np.float64]:
    """Squared blur in px2 from the ratio of the finer to the coarser slope.

    A step blurred by s has its steepest slope at 1 / sqrt(s**2 + fine**2) of its height, and likewise with coarse.
    """
    ratio2 = np.clip(ratio.astype(np.float64) ** 2, 1.0 + 1e-3, (_COARSE_PX / _FINE_PX) ** 2)
    return np.asarray((_COARSE_PX**2 - ratio2 * _FINE_PX**2) / (ratio2 - 1.0))
