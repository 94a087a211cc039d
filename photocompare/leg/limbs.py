"""Which skin is whose: a photo's skin parted into limbs, the leg in question first.

Limbs are parted by what lies between them, by thin necks, and where they touch by the dark crease along the line of contact or by the
edge of their colour.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import cv2
import numpy as np
from numpy.typing import NDArray

from photocompare.base.arrays import Mask
from photocompare.base.masks import dilated, disc, eroded, long_axis_angle, parts_of, second_moments
from photocompare.leg.colour_edges import ColourEdgeOptions, colour_edges
from photocompare.leg.skin import Skin


@dataclass(frozen=True)
class LimbOptions:
    """How skin is parted into limbs.

    Parameters
    ----------
    neck_share : float
        Share of the frame's short side; skin that hangs together only by a neck thinner than this counts as two limbs.
    least_limb_share : float
        Share of the frame below which a piece of skin is no limb (a finger at the edge, a patch of wood).
    most_hole_share : float
        Share of the frame up to which a hole in a limb is filled; a larger one is a gap between limbs.
    same_skin : float
        Distance in (ln R/G, ln G/B) between the medians of two limbs of one person in one light: three spreads of a single limb's colour.
    crease_share : float
        Width of a crease as a share of the reduced copy's long side: the shade between two round limbs that touch.
    crease_density : float
        Least density of a crease over the skin on both sides: a seventh of the light lost, where a reticular vein loses a tenth.
    crease_length : float
        Least length of a crease as a share of the long side; a cluster of veins is shorter or no line.
    crease_bow : float
        Greatest spread of a crease across its length over that along it: an arc of 60 degrees has 0.14.
    crease_angle_deg : float
        Greatest angle between a crease and the long axis of the skin: folds at knee and ankle run across a limb, limbs touch along.
    edges : ColourEdgeOptions
        Where skin ends at something of its own colour, which is parted from it like another limb.
    """

    neck_share: float = 0.03
    least_limb_share: float = 0.01
    most_hole_share: float = 0.02
    same_skin: float = 0.35
    crease_share: float = 0.03
    crease_density: float = 0.15
    crease_length: float = 0.12
    crease_bow: float = 0.15
    crease_angle_deg: float = 40.0
    edges: ColourEdgeOptions = field(default_factory=ColourEdgeOptions)


def label_limbs(skin: Skin, *, options: LimbOptions) -> NDArray[np.int32]:
    """Limbs in the reduced copy of a photo.

    Returns
    -------
    (h, w) int32
        0 where there is no limb; 1 is the largest and most central one.  Things of skin's colour, but not of that limb's, are dropped.
    """
    mask = _fill_holes(skin.mask, options)
    if not mask.any():
        return np.zeros(mask.shape, dtype=np.int32)
    side = max(3, round(options.neck_share * min(mask.shape)) | 1)
    disk = disc(side)
    parted = (mask & ~_creases(mask, skin, options) & ~colour_edges(skin, mask, options=options.edges)).astype(np.uint8)
    cores = cv2.morphologyEx(parted, cv2.MORPH_OPEN, disk, borderType=cv2.BORDER_REPLICATE)
    count, labels = cv2.connectedComponents(cores)
    areas = np.bincount(labels.ravel(), minlength=count)
    weights = np.bincount(labels.ravel(), weights=middle_weight(mask.shape).ravel(), minlength=count)
    order = [int(k) for k in np.argsort(-weights, kind="stable") if k != 0 and areas[k] >= options.least_limb_share * mask.size]
    if not order:
        return np.zeros(mask.shape, dtype=np.int32)
    colours = {k: np.median(skin.chroma[labels == k], axis=0) for k in order}
    kin = [k for k in order if np.linalg.norm(colours[k] - colours[order[0]]) <= options.same_skin]
    lookup = np.zeros(count, dtype=np.int32)
    lookup[kin] = np.arange(1, len(kin) + 1)
    return _grow_back(lookup[labels], mask)


def middle_weight(shape: tuple[int, ...]) -> NDArray[np.float64]:
    """Weight 1 in the frame's middle, 0 at its sides: cosine squared across the columns."""
    across = np.cos(np.pi * (np.arange(shape[1]) + 0.5 - shape[1] / 2) / shape[1]) ** 2
    return np.asarray(np.broadcast_to(across, (shape[0], shape[1])))


def _fill_holes(mask: Mask, options: LimbOptions) -> Mask:
    """Small holes filled; a large one is a gap between limbs."""
    holes = parts_of(~mask, connectivity=4)
    return mask | holes.of(~holes.at_border & (holes.areas <= options.most_hole_share * mask.size))


def _creases(mask: Mask, skin: Skin, options: LimbOptions) -> Mask:
    """Long, straight, dark lines along the skin's long axis.

    They are looked for as they are, and once more without what lies near the skin's edge, where a crease runs into the limb's own rim
    or a hem and would no longer be straight.
    """
    side = round(options.crease_share * max(mask.shape)) | 1
    disk = disc(side)
    depth = cv2.morphologyEx(skin.lightness, cv2.MORPH_BLACKHAT, disk)
    dark = mask & (depth > options.crease_density)
    within = eroded(mask, disk)
    axis = _axes(mask)[0]
    lines = _lines_along(dark, axis, options) | _lines_along(dark & within, axis, options)
    return dilated(lines, disk) & dark


def _lines_along(dark: Mask, axis: NDArray[np.float64], options: LimbOptions) -> Mask:
    """The connected parts that are long, straight and run along an axis."""
    parts = parts_of(dark)
    lines = np.zeros(dark.shape, dtype=bool)
    for label in np.flatnonzero(parts.extents >= options.crease_length * max(dark.shape)):
        if label == 0:
            continue
        line = parts.labels == label
        direction, slimness = _axes(line)
        if slimness <= options.crease_bow and abs(float(axis @ direction)) >= np.cos(np.radians(options.crease_angle_deg)):
            lines |= line
    return lines


def _axes(mask: Mask) -> tuple[NDArray[np.float64], float]:
    """Unit vector (x, y) along which a mask extends most, and its spread across over its spread along."""
    moments = second_moments(mask)
    across, along = np.linalg.eigvalsh(moments)
    angle = long_axis_angle(moments)
    return np.array([np.cos(angle), np.sin(angle)]), float(np.sqrt(max(across, 0.0) / max(along, 1e-9)))


def _grow_back(cores: NDArray[np.int32], mask: Mask) -> NDArray[np.int32]:
    """What opening shaved off a limb goes back to the nearest one."""
    _, nearest = cv2.distanceTransformWithLabels((cores == 0).astype(np.uint8), cv2.DIST_L2, 5, labelType=cv2.DIST_LABEL_PIXEL)
    label_of = np.zeros(int(nearest.max()) + 1, dtype=np.int32)
    label_of[nearest[cores > 0]] = cores[cores > 0]
    grown = np.where(mask, label_of[nearest], 0)
    # A piece that no longer touches its core (a dropped thing's remains) is not the limb's.
    result = np.zeros_like(cores)
    for label in range(1, int(cores.max()) + 1):
        _, pieces = cv2.connectedComponents((grown == label).astype(np.uint8))
        result[np.isin(pieces, np.unique(pieces[cores == label])) & (grown == label)] = label
    return result
