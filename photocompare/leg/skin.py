"""Which pixels are skin, whatever the light, the skin's tone and what lies behind it.

Blood and melanin absorb green and blue more than red, so skin of any tone keeps a redness ln(R/G) + w ln(G/B) well above
that of the neutral, blue or green things around it, and a lamp's cast shifts both alike.  The split is found in each photo
from its own colours; the pixels in doubt (sheen, deep veins, shade) are then given to the side that they grow into without
crossing an edge.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from photocompare.base.arrays import Grey, LinearRGB, Mask
from photocompare.base.masks import depth_px, dilated, eroded, parts_of, square

_CODE_PER_REDNESS = 120.0
"""Redness is cut into 8-bit steps of 1/120 for Otsu's histogram: 0..2.1, beyond the reddest skin (lips under tungsten, about 2)."""


@dataclass(frozen=True)
class SkinOptions:
    """How skin is told from the rest.

    Parameters
    ----------
    long_side_px : int
        Long side of the reduced copy that is segmented.  A shin that spans a tenth of the frame still has 30 px across.
    black_level : float
        Linear light added before logarithms, that of 8-bit code 13: keeps the noise of black cloth from looking coloured.
    blue_weight : float
        Weight of ln(G/B) in the redness.  Beige walls and warm lamps move along ln(G/B) as much as along ln(R/G), blood does not,
        so it counts less than half.
    least_green_drop : float
        Smallest ln(R/G) of skin.  Skin's own value is 0.32 (light) to 0.85 (dark) by Monte Carlo under D65; 0.05 leaves room for a lamp
        that is 30 % too green.
    least_redness : float
        Redness below which even the reddest class of the photo is no skin; light skin has 0.47 under D65, less 0.3 for the same lamp.
    sure_skin, sure_other : float
        Where a pixel lies between the redness of the surroundings (0) and of the skin (1), above which it surely is skin, and below
        which it surely is not.  Gloss that doubles the light leaves about half of the redness: between the two.
    valley_share, valley_width : float
        Two classes of redness are two materials when less than this share of the frame lies within this part of their distance around
        the threshold between them.  A single normal distribution cut in two has 0.19 there; skin before cloth has what the edge blurs.
    pale_ratio : float
        Mean redness of the paler of two materials over the redder, above which both are skin (a tan line).  A grey wall under a lamp
        that is not balanced at all (tungsten) has 0.5 to 0.6 of light skin's redness under it.
    least_patch, least_island, least_sliver : float
        Shares of the frame below which a certain piece of skin, of surroundings amid skin, or of surroundings at the frame's border is
        passed over (a nail, a mole or letter, a speck).
    soft_edge : float
        Step of redness over 6 px of the reduced copy, as a share of the whole step from skin to a brighter patch, below which the patch
        is gloss that fades into the skin; the edge of a thing has 0.6 and more while it is blurred by less than 4 px there.
    gloss_gain : float
        Least ln of light of such a patch over the skin around it: what a tenth of gloss adds.
    vein_loss : float
        Most ln of light that a deep vein takes from the skin: contrasts up to 15 CIE76 at L* 60.  Gaps, cloth and shade are darker.
    vein_width : float
        Widest vein, as a share of the leg's width (taken as the square root of its area): 2 cm of bulging tributary on a lower leg.
    """

    long_side_px: int = 480
    black_level: float = 0.004
    blue_weight: float = 0.4
    least_green_drop: float = 0.05
    least_redness: float = 0.15
    sure_skin: float = 0.7
    sure_other: float = 0.3
    valley_share: float = 0.08
    valley_width: float = 0.15
    pale_ratio: float = 0.65
    least_patch: float = 0.004
    least_island: float = 0.02
    least_sliver: float = 0.0005
    soft_edge: float = 0.6
    gloss_gain: float = 0.1
    vein_loss: float = 0.4
    vein_width: float = 0.2


@dataclass(frozen=True)
class Skin:
    """Skin in a reduced copy of a photo.

    Parameters
    ----------
    mask : (h, w) bool
        Skin, in the reduced copy.
    redness : (h, w) float32
        ln(R/G) + w ln(G/B), natural units.
    lightness : (h, w) float32
        Mean of ln(linear RGB).
    chroma : (h, w, 2) float32
        ln(R/G) and ln(G/B).
    typical_redness : float
        Redness of this photo's skin; NaN where there is none.
    scale : float
        Reduced over full size, 0..1.
    """

    mask: Mask
    redness: Grey
    lightness: Grey
    chroma: NDArray[np.float32]
    typical_redness: float
    scale: float


def find_skin(linear: LinearRGB, *, options: SkinOptions, apart: Mask | None = None) -> Skin:
    """Skin of one photo, on a reduced copy.

    Parameters
    ----------
    linear : (H, W, 3) float32
        Linear light, 0..1, finite.
    options : SkinOptions
    apart : (h, w) bool, optional
        What has the colour of skin and is known to be none, in the reduced copy: cork or wood that is redder than the leg before it.

    Returns
    -------
    Skin
        With an empty mask and NaN redness when nothing has the colour of skin.
    """
    scale = min(1.0, options.long_side_px / max(linear.shape[:2]))
    small = (
        np.nan_to_num(linear) if scale == 1.0 else np.nan_to_num(cv2.resize(linear, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA))
    )
    logs = cv2.GaussianBlur(cv2.log(small + np.float32(options.black_level)), (0, 0), 1.0)
    chroma = np.stack([logs[..., 0] - logs[..., 1], logs[..., 1] - logs[..., 2]], axis=-1)
    lightness = np.asarray(logs.mean(axis=2), dtype=np.float32)
    redness = np.asarray(chroma[..., 0] + options.blue_weight * chroma[..., 1], dtype=np.float32)
    redness = np.where(chroma[..., 0] < options.least_green_drop, np.minimum(redness, 0), redness)
    if apart is not None:
        redness = np.where(apart, np.float32(0), redness)
    around, typical = _levels(redness, options)
    if np.isnan(typical):
        return Skin(np.zeros(redness.shape, dtype=bool), redness, lightness, chroma, typical, scale)
    skin_seeds, other_seeds = _seeds((redness - around) / (typical - around), options)
    if not skin_seeds.any():
        # The redder class is but specks: then it is not the skin, and all that is red enough may be.
        typical = float(np.median(redness[redness > options.least_redness]))
        skin_seeds, other_seeds = _seeds(redness / typical, options)
    grown = _grow(skin_seeds, other_seeds, chroma, lightness)
    mask = _with_veins(_with_gloss(grown, redness, lightness, options), redness, lightness, options)
    return Skin(mask, redness, lightness, chroma, typical, scale)


def _centrality(shape: tuple[int, int]) -> Grey:
    """Weight of a pixel by how near the frame's middle it is: people put the leg there."""
    rows, cols = (np.exp(-0.5 * ((np.arange(n) - (n - 1) / 2) / (spread * n)) ** 2) for n, spread in zip(shape, (0.45, 0.3), strict=True))
    return np.asarray(np.outer(rows, cols), dtype=np.float32)


def _levels(redness: Grey, options: SkinOptions) -> tuple[float, float]:
    """Redness of the surroundings and of the skin; NaN where there is no skin, 0 for surroundings that don't show as a class."""
    coded = np.clip(redness * _CODE_PER_REDNESS, 0, 255).astype(np.uint8)
    threshold = cv2.threshold(coded, 0, 255, cv2.THRESH_OTSU)[0] / _CODE_PER_REDNESS
    weight = _centrality((redness.shape[0], redness.shape[1]))
    redder = redness > max(threshold, options.least_redness)
    if not redder.any():
        return float("nan"), float("nan")
    typical = float(np.average(redness[redder], weights=weight[redder]))
    # Blue and green count as 0: were they left out, the palest skin before them would pass for the surroundings.
    around = float(np.mean(np.maximum(redness[~redder], 0))) if not redder.all() else 0.0
    valley = float(np.mean(np.abs(redness - threshold) < options.valley_width * (typical - around)))
    if valley < options.valley_share and around < options.pale_ratio * typical:
        return around, typical
    if around > options.least_redness:
        typical = float(np.median(redness[redness > options.least_redness]))
    return 0.0, typical


def _seeds(relative: Grey, options: SkinOptions) -> tuple[Mask, Mask]:
    """Pixels that surely are skin, and surely are not, away from the edges between them; redness relative to 0 around and 1 on skin."""
    skin = parts_of(eroded(relative > options.sure_skin, square(5)))
    other = parts_of(eroded(relative < options.sure_other, square(3)))
    least = np.where(other.at_border, options.least_sliver, options.least_island)
    return skin.of(skin.areas > options.least_patch * relative.size), other.of(other.areas > least * relative.size)


def _grow(skin_seeds: Mask, other_seeds: Mask, chroma: NDArray[np.float32], lightness: Grey) -> Mask:
    """Give each pixel to the seeds that reach it over the lowest edge (Meyer's watershed on colour steps)."""
    if not skin_seeds.any():
        return np.zeros(skin_seeds.shape, dtype=bool)
    if not other_seeds.any():
        return np.ones(skin_seeds.shape, dtype=bool)
    # 110 steps a natural unit of colour, 30 a unit of lightness: a shadow's edge weighs less than a change of material.
    steps = np.stack([chroma[..., 0] * 110 + 110, chroma[..., 1] * 110 + 110, lightness * 30 + 200], axis=-1)
    steps8 = np.clip(steps, 0, 255).astype(np.uint8)
    markers = np.where(skin_seeds, 1, np.where(other_seeds, 2, 0)).astype(np.int32)
    framed = cv2.copyMakeBorder(markers, 1, 1, 1, 1, cv2.BORDER_REPLICATE)
    cv2.watershed(cv2.copyMakeBorder(steps8, 1, 1, 1, 1, cv2.BORDER_REPLICATE), framed)
    return np.asarray(framed[1:-1, 1:-1] == 1)


def _with_gloss(mask: Mask, redness: Grey, lightness: Grey, options: SkinOptions) -> Mask:
    """The mask with what is brighter than the skin and fades into it: gloss that took the skin's colour away."""
    around = parts_of(~mask, connectivity=4)
    corners = set(around.labels[[0, 0, -1, -1], [0, -1, 0, -1]].tolist())
    window = square(7)
    step = cv2.dilate(redness, window) - cv2.erode(redness, window)
    beside = dilated(mask, square(3))
    result = mask.copy()
    for label in range(1, len(around.areas)):
        # A patch of surroundings in a corner of the frame is never gloss on the leg.
        if label in corners or around.areas[label] < options.least_patch * mask.size:
            continue
        patch = around.labels == label
        whole_step = float(np.median(redness[mask]) - np.median(redness[patch]))
        if (
            _brighter(patch, mask, lightness) > options.gloss_gain
            and float(np.median(step[patch & beside])) < options.soft_edge * whole_step
        ):
            result |= patch
    return result


def _with_veins(mask: Mask, redness: Grey, lightness: Grey, options: SkinOptions) -> Mask:
    """The mask with narrow strips that are hardly darker than the skin and still red: deep veins, which take the skin's red away."""
    around = parts_of(~mask, connectivity=4)
    widest = options.vein_width * np.sqrt(np.count_nonzero(mask))
    result = mask.copy()
    for label in range(1, len(around.areas)):
        patch = around.labels == label
        if float(np.median(redness[patch])) < options.least_redness or 2 * float(depth_px(patch).max()) > widest:
            continue
        if -options.vein_loss < _brighter(patch, mask, lightness) < options.gloss_gain:
            result |= patch
    return result


def _brighter(patch: Mask, skin: Mask, lightness: Grey) -> float:
    """How much brighter a patch is than the skin around it, natural units; NaN without any."""
    near = skin & dilated(patch, square(61))
    return float(np.median(lightness[patch]) - np.median(lightness[near])) if near.any() else float("nan")
