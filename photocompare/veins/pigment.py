"""Brown pigment of the hemosiderin kind in one photo, and what was gained and lost between two.

Hemosiderin and melanin can't be told apart in a colour photo (their directions in density space lie 6 to 15 degrees apart,
`docs/method.md`).  Shape and change tell more: stains are tracks and patches, moles and freckles are small and round and stay.  What a
network calls a stain in one photo and not in the other need not have changed: the skin itself must have become browner there.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np

from photocompare.base.arrays import Density, Grey, Mask
from photocompare.base.colour import lab_per_density
from photocompare.base.masks import grown, parts_of, second_moments
from photocompare.veins.reading import PairReading, SkinReading, less_surround

HEMOSIDERIN_DENSITY = np.array([0.07, 0.215, 0.315])
"""Density that a shallow hemosiderin stain adds in R, G, B: mean of light and medium skin (Monte Carlo, `docs/method.md`)."""


@dataclass(frozen=True)
class PigmentOptions:
    """What counts as a stain.

    Parameters
    ----------
    mole_mm : float
        A round spot up to this across is a mole or a freckle: common melanocytic naevi are below 6 mm, most below 4 mm.
    mole_solidity, mole_roundness : float
        Share of its convex hull that a spot fills, and ratio of its axes, from which it is round.
    course_mm : float
        How far from a treated vein's edge its stain is looked for: more than the calibre of most veins that are injected.  Assumed.
    probability_on_course : float
        Probability from which brown on a vein's course is a stain.  After sclerotherapy staining runs along the treated vein in 10 to 30 %
        of patients, elsewhere it is rare (docs/method.md).  Odds six times as high are assumed, so 0.15 there is 0.5 elsewhere; on
        rendered after photos this finds a tenth more of the stains than 0.25 did, at a precision of 0.96.
    probability_where_browner : float
        The same where the skin on that course has become browner by `visible_de`: odds three times as high again, for what the photos
        themselves show.  On 20 rendered after photos 0.05 finds a tenth more of the stains than none, as precisely; 0.02 finds another
        tenth more, and twice as much brown where there is none (docs/method.md).
    visible_de : float
        CIE76 from which brown counts: the contract's.
    changed_de : float
        CIE76 by which skin must have become browner, or less brown, for its stain to be gained or faded: half of it, as either photo's
        reading may fall short by as much.  On 17 real pairs in which nothing had changed 465 mm2 a pair were gained without
        it, 11 with it.
    surround_mm : float
        Sigma of the surround that is taken off the change, so that light and tan are no stain: broader than the tracks and patches that
        stains are.  Assumed.
    smoothing_mm : float
        Sigma over which the change is averaged: against noise, and narrower than a stain.
    smallest_mm2 : float
        Below this a brown area is a freckle, not a stain.
    margin_mm : float
        A border that moved by less than this between the photos is neither gained nor faded: the reach within which a vein is the same
        (`FateOptions.new_beyond_mm`).
    """

    mole_mm: float = 4.0
    mole_solidity: float = 0.9
    mole_roundness: float = 0.6
    course_mm: float = 2.0
    probability_on_course: float = 0.15
    probability_where_browner: float = 0.05
    visible_de: float = 2.3
    changed_de: float = 1.15
    surround_mm: float = 12.0
    smoothing_mm: float = 0.5
    smallest_mm2: float = 4.0
    margin_mm: float = 0.8


@dataclass(frozen=True)
class Pigment:
    """Stained skin of both photos in the before frame, bool (H, W) each: before, after, gained and faded between them."""

    before: Mask
    after: Mask
    gained: Mask
    faded: Mask


def browner(
    before: Density, after: Density, field: Mask, veins: Mask, px_per_mm: float, *, options: PigmentOptions = PigmentOptions()
) -> Grey:
    """How much browner the skin of `field` is after, CIE76 along the colour of hemosiderin; light and tan taken off, 0 outside.

    Parameters
    ----------
    before, after : Density
        (H, W, 3), both in the before frame.
    field : Mask
    veins : Mask
        Those of the before photo: where they were the skin beside them tells, for a vein that went leaves paler skin under any stain.
    px_per_mm : float
    options : PigmentOptions
    """
    if not field.any():
        return np.zeros(field.shape, np.float32)
    to_lab = lab_per_density()
    brown = to_lab @ HEMOSIDERIN_DENSITY
    along = (to_lab.T @ (brown / np.linalg.norm(brown))).astype(np.float32)
    change = less_surround(((after - before) @ along)[..., np.newaxis], field, options.surround_mm * px_per_mm)[..., 0]
    change -= np.median(change[field])
    inside = (field & ~veins).astype(np.float32)
    sigma = options.smoothing_mm * px_per_mm
    smooth, weight = (np.asarray(cv2.GaussianBlur(plane, (0, 0), sigma), dtype=np.float32) for plane in (change * inside, inside))
    smooth /= np.maximum(weight, np.float32(_LEAST_WEIGHT))
    return np.where(field, smooth, np.float32(0))


_LEAST_WEIGHT = 0.01
"""Of the smoothing's kernel on skin that tells: the middle of a vein 2.5 mm wide still has as much."""


def find_pigment(
    reading: SkinReading,
    field: Mask,
    courses: Mask,
    px_per_mm: float,
    *,
    change_de: Grey | None = None,
    options: PigmentOptions = PigmentOptions(),
) -> Mask:
    """Stains of one photo inside `field`; moles, freckles and specks left out.

    Parameters
    ----------
    reading : SkinReading
    field : Mask
    courses : Mask
        The veins of the before photo: stains follow them.
    px_per_mm : float
    change_de : Grey, optional
        How much browner than in the other photo the skin is (`browner`).
    options : PigmentOptions
    """
    near = grown(courses, options.course_mm * px_per_mm)
    likely = reading.stain_probability >= np.where(near, options.probability_on_course, 0.5).astype(np.float32)
    if change_de is not None:
        likely |= near & (change_de >= options.visible_de) & (reading.stain_probability >= options.probability_where_browner)
    parts = parts_of(np.asarray(likely & field, dtype=np.bool_))
    stained = parts.of(parts.extents >= float(np.sqrt(options.smallest_mm2)) * px_per_mm)
    closed = cv2.morphologyEx(stained.astype(np.uint8), cv2.MORPH_CLOSE, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (5, 5)))
    regions = parts_of(closed > 0)
    keep = regions.areas >= options.smallest_mm2 * px_per_mm**2
    for number in np.flatnonzero(keep[1:]) + 1:
        left, top, width, height = regions.boxes[number]
        keep[number] = not _is_mole(regions.labels[top : top + height, left : left + width] == number, px_per_mm, options)
    return np.asarray(regions.of(keep) & field, dtype=np.bool_)


def _is_mole(spot: Mask, px_per_mm: float, options: PigmentOptions) -> bool:
    """Whether a spot, cut to its box, is small, round and solid."""
    most_across = options.mole_mm * px_per_mm
    # No spot has more area than the ellipse with its second moments.
    if np.count_nonzero(spot) > math.pi / 4 * most_across**2:
        return False
    major, minor = axes_of(spot)
    round_spot = minor >= options.mole_roundness * major and np.count_nonzero(spot) >= options.mole_solidity * hull_area(spot)
    return bool(round_spot and major <= most_across)


def axes_of(spot: Mask) -> tuple[float, float]:
    """Long and short axis of the ellipse with a spot's second moments, px.

    `skimage.measure.regionprops` tells the same of a spot, and of its hull, but takes 0.4 s of imports.
    """
    spread = second_moments(spot) / np.count_nonzero(spot)
    minor, major = 4 * np.sqrt(np.maximum(np.linalg.eigvalsh(spread), 0))
    return float(major), float(minor)


def hull_area(spot: Mask) -> int:
    """Pixels of a spot's convex hull, drawn through the middles of its pixels' edges; a pixel whose centre lies on it counts."""
    rows, columns = np.nonzero(spot)
    # In half pixels all of it is whole numbers, and exact.
    twice = 2 * np.stack([columns, rows], axis=1).astype(np.int32)
    edges = (twice[:, np.newaxis] + np.array([(1, 0), (-1, 0), (0, 1), (0, -1)], np.int32)).reshape(-1, 2)
    hull = cv2.convexHull(edges).reshape(-1, 2).astype(np.int64)
    x, y = np.meshgrid(2 * np.arange(spot.shape[1]), 2 * np.arange(spot.shape[0]))
    # OpenCV's hull goes round counter-clockwise (y upwards): what lies within is to the left of every side, or on it.
    sides = [(y - a[1]) * (b[0] - a[0]) - (x - a[0]) * (b[1] - a[1]) for a, b in zip(hull, np.roll(hull, -1, axis=0), strict=True)]
    return int(np.count_nonzero(np.all(np.asarray(sides) >= 0, axis=0)))


def pigment_change(before: Mask, after: Mask, change_de: Grey, px_per_mm: float, *, options: PigmentOptions = PigmentOptions()) -> Pigment:
    """What was gained and lost between the stains of both photos, in one frame, where the skin itself is browner or less brown."""
    near_before, near_after = (grown(m, options.margin_mm * px_per_mm) for m in (before, after))
    gained = after & ~near_before & (change_de >= options.changed_de)
    faded = before & ~near_after & (change_de <= -options.changed_de)
    return Pigment(before, after, gained, faded)


def find_pair_pigment(
    reading: PairReading, veins: Mask, lying: tuple[Density, Density], *, options: PigmentOptions = PigmentOptions()
) -> Pigment:
    """Stains of both photos in the shared field, and what was gained and lost between them.

    Parameters
    ----------
    reading : PairReading
    veins : Mask
        Those of the before photo: before treatment brown within them is the vein, after it stains follow them.
    lying : tuple of Density
        Of both photos, both in the before frame.
    options : PigmentOptions
    """
    shared, px_per_mm = reading.shared, reading.px_per_mm
    change = browner(*lying, shared, veins, px_per_mm, options=options)
    before = find_pigment(reading.before, shared & ~veins, np.zeros_like(shared), px_per_mm, options=options)
    after = find_pigment(reading.after, shared, veins, px_per_mm, change_de=change, options=options)
    return pigment_change(before, after, change, px_per_mm, options=options)
