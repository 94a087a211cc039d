"""The printed card in a photo: found by its markers, its plane turned to millimetres, its colours read.

A photo can't show whether the card was printed at 100 %: every millimetre rests on the check ruler that the card carries.
Charts of other makers (24-patch ColorChecker) give colour but no scale, since their sizes look alike in a photo (`card.chart`).
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from photocompare.base.arrays import LinearRGB
from photocompare.card.chart import ChartOptions, find_chart
from photocompare.card.layout import LAYOUTS, MARKER_CELLS, MARKER_DICTIONARY, CardLayout, Marker
from photocompare.card.patches import ColourCorrection, ColourOptions, PatchReading, fit_correction, light_levels, read_patch, sample_quads
from photocompare.card.plane import area_scale, fit_homography, seen_from_the_front, transform_points

Points = NDArray[np.float64]

SCALE_DRAWS = 32
"""Refits from which the scale's standard error is read; its own relative error is then 1 / sqrt(2 * 31) = 13 %."""

DRAW_SEED = 20_240_101
"""Fixed, so that equal photos give equal bytes."""


@dataclass(frozen=True)
class CardOptions:
    """How the card is looked for.

    Parameters
    ----------
    threshold_windows : tuple of int
        Smallest window, largest window and step of the adaptive threshold, px: 7 takes cells of 3 px, 23 shadows over large markers.
    corrected_bits : float
        Share of the dictionary's correctable bits (5 of 36) that may be wrong: 0.6 allows 3.  A random 36-bit square then passes for one
        of the twelve markers with a chance of 12 * 4 * 7807 / 2^36 = 5e-6, and two of them would still have to agree on one plane.
    smallest_marker_px : float
        Shortest side of a marker: under 1.5 px a cell no bit is certain.
    smallest_photo_px : int
        Shorter side of a photo under which nothing is looked for: a card is more than five markers wide across its short side.
    cell_px : int
        Pixels that each cell of a marker is resampled to before its bit is read; at OpenCV's 4 small markers lose bits to the border.
    half_size : bool
        Look again on a half-size copy when full size shows no card: halving removes noise and blur that break outlines.
    closer_look : float
        When some but not all markers of a card were found: enlargement at which the surroundings are searched again, which finds
        outlines and bits of markers under 30 px.
    corner_window_cells : float
        Half width of the corner refinement's window, in marker cells: less than 1, so that only the border's own edges are in it.
    outlier_share, residual_share : float
        Largest distance of one corner, and root mean square of all, from the fitted plane, as a share of the card's diagonal.
        1 % RMS holds the scale to about 1 %; a bent card exceeds it.
    smallest_group : int
        Markers needed when only one side's group is seen: all three, whose 12 corners fix the plane with less reach;
        `Card.scale_error` grows accordingly.  With both sides seen, one marker of each is enough.
    charts : bool
        Look for a 24-patch chart when no card is found.
    colour : ColourOptions
    chart : ChartOptions
    """

    threshold_windows: tuple[int, int, int] = (7, 23, 16)
    corrected_bits: float = 0.6
    smallest_marker_px: float = 12.0
    smallest_photo_px: int = 60
    cell_px: int = 8
    half_size: bool = True
    closer_look: float = 2.0
    corner_window_cells: float = 0.8
    outlier_share: float = 0.02
    residual_share: float = 0.01
    smallest_group: int = 3
    charts: bool = True
    colour: ColourOptions = field(default_factory=ColourOptions)
    chart: ChartOptions = field(default_factory=ChartOptions)


DEFAULT_OPTIONS = CardOptions()


@dataclass(frozen=True)
class Card:
    """A card, or a chart, in a photo.  All pixels are those of the array given to `find_card`.

    Parameters
    ----------
    layout : str
        A name of `photocompare.card.layout.LAYOUTS`, or `photocompare.card.chart.CHART_NAME`.
    homography : ndarray of float64, shape (3, 3)
        From px to the card's plane: mm for our card, patch pitches for a chart.
    corners_xy : ndarray of float64, shape (4, 2)
        The card's outline in px, clockwise from its own top left.
    markers : int
        Markers used; 0 for a chart.
    groups : tuple of str
        Sides of the window that were seen ("left", "right").
    reprojection_mm : float
        Root mean square distance of the marker corners from the fitted plane; NaN for a chart.
    patches : dict of str to PatchReading
    scale_known : bool
        True where the plane is in mm.
    alone : bool
        False where a marker of ours was seen beside this card's outline: another card, whose size may be another, so that neither tells
        the scale.
    homography_draws : ndarray of float64, shape (SCALE_DRAWS, 3, 3)
        Refits with the corners moved by their residual error; empty for a chart.
    options : ColourOptions
        The colour options that the patches were read with.
    mirrored : bool
        Whether it reads backwards: the photo is mirrored.
    """

    layout: str
    homography: Points
    corners_xy: Points
    markers: int
    groups: tuple[str, ...]
    reprojection_mm: float
    patches: dict[str, PatchReading]
    scale_known: bool
    homography_draws: Points
    options: ColourOptions
    alone: bool = True
    mirrored: bool = False

    def mm_per_px_at(self, points_xy: Points) -> Points | None:
        """Scale in the card's plane at some pixels, tilt corrected: the root of the area that one pixel covers.

        Parameters
        ----------
        points_xy : ndarray, shape (N, 2)

        Returns
        -------
        ndarray of float64, shape (N,), mm per px, or None where the plane's millimetres are unknown or the card is not alone.
        """
        return area_scale(self.homography, np.asarray(points_xy, dtype=np.float64)) if self.scale_known and self.alone else None

    def scale_error_at(self, points_xy: Points) -> Points | None:
        """Relative standard error of `mm_per_px_at` from where the corners were seen; print and depth are the scale's own."""
        if not (self.scale_known and self.alone):
            return None
        points = np.asarray(points_xy, dtype=np.float64)
        draws = np.stack([area_scale(draw, points) for draw in self.homography_draws])
        return np.asarray(np.std(np.log(draws), axis=0, ddof=1))

    def foreshortening_at(self, point_xy: Points) -> float:
        """Longest over shortest mm per px among the directions at one pixel (2,): 1 seen square on, 1 / cos(tilt) from afar."""
        ends = np.asarray(point_xy, dtype=np.float64) + np.array([[0.0, 0.0], [1.0, 0.0], [0.0, 1.0]])
        origin, right, down = transform_points(self.homography, ends)
        stretches = np.linalg.svd(np.column_stack([right - origin, down - origin]), compute_uv=False)
        return float(stretches[0] / stretches[1])


@lru_cache(maxsize=1)
def _known_markers() -> tuple[tuple[CardLayout, Marker], ...]:
    return tuple((layout, marker) for layout in LAYOUTS.values() for marker in layout.markers)


Sighting = tuple[CardLayout, Marker, Points]
"""A marker seen, with its four corners in px."""


def _detector(longest: int, options: CardOptions) -> cv2.aruco.ArucoDetector:
    """A detector that knows our markers only and numbers them as `_known_markers` does; behind them, as many again, as a mirror shows them.

    A marker and another one's mirror image differ in 6 bits at least.
    """
    whole = cv2.aruco.getPredefinedDictionary(MARKER_DICTIONARY)
    forwards = whole.bytesList[[marker.identifier for _, marker in _known_markers()]]
    size = whole.markerSize
    bits = [cv2.aruco.Dictionary.getBitsFromByteList(forwards[k : k + 1], size) for k in range(len(forwards))]
    backwards = [cv2.aruco.Dictionary.getByteListFromBits(np.ascontiguousarray(one[:, ::-1])) for one in bits]
    ours = cv2.aruco.Dictionary(np.concatenate([forwards, *backwards]), size, whole.maxCorrectionBits)
    parameters = cv2.aruco.DetectorParameters()
    smallest, largest, step = options.threshold_windows
    parameters.adaptiveThreshWinSizeMin, parameters.adaptiveThreshWinSizeMax, parameters.adaptiveThreshWinSizeStep = smallest, largest, step
    parameters.errorCorrectionRate = options.corrected_bits
    parameters.minMarkerPerimeterRate = 4 * options.smallest_marker_px / longest
    parameters.perspectiveRemovePixelPerCell = options.cell_px
    return cv2.aruco.ArucoDetector(ours, parameters)


def _detect(green: NDArray[np.float32], scale: float, options: CardOptions) -> tuple[list[Sighting], int]:
    """Markers of a linear-light channel looked at enlarged by `scale`, corners to about half a pixel; and how many read backwards."""
    if scale != 1.0:
        kind = cv2.INTER_AREA if scale < 1.0 else cv2.INTER_CUBIC
        green = np.asarray(cv2.resize(green, None, fx=scale, fy=scale, interpolation=kind), dtype=np.float32)
    # the square root is close to the eye's and sRGB's coding: shadows keep enough of the 256 steps
    encoded = np.asarray(cv2.sqrt(np.clip(green, 0.0, 1.0)) * 255.0, dtype=np.uint8)
    found: tuple[Any, ...] = _detector(max(encoded.shape), options).detectMarkers(encoded)
    corners, numbers = found[:2]
    if numbers is None:
        return [], 0
    known = _known_markers()
    # a resize by `scale` keeps pixel centres centred (`photocompare.base.arrays.scaled_position`); this is its inverse
    places = [(np.asarray(quad[0], dtype=np.float64) + 0.5) / scale - 0.5 for quad in corners]
    forwards = [(int(number), place) for number, place in zip(numbers.ravel(), places, strict=True) if number < len(known)]
    return [(*known[number], place) for number, place in forwards], len(places) - len(forwards)


def _look_closer(green: NDArray[np.float32], sightings: list[Sighting], options: CardOptions) -> list[Sighting]:
    """The surroundings of the markers of one layout, as far as its card may reach, searched again enlarged."""
    layout, marker, _ = sightings[0]
    points = np.concatenate([corners for *_, corners in sightings])
    sides = [np.linalg.norm(corners - np.roll(corners, 1, axis=0), axis=1).max() for *_, corners in sightings]
    reach = layout.diagonal * float(max(sides)) / marker.square.width
    low = np.maximum(np.floor(points.min(axis=0) - reach), 0).astype(int)
    high = np.minimum(np.ceil(points.max(axis=0) + reach), green.shape[::-1]).astype(int)
    part = np.ascontiguousarray(green[low[1] : high[1], low[0] : high[0]])
    return [(*which, corners + low) for *which, corners in _detect(part, options.closer_look, options)[0] if which[0] is layout]


def _refined(green: NDArray[np.float32], corners_xy: Points, options: CardOptions) -> Points:
    """Corners to subpixel on linear light, where blur moves an edge to neither side."""
    sides = np.linalg.norm(corners_xy - np.roll(corners_xy, 1, axis=0), axis=1)
    half = max(2, round(float(sides.min()) / MARKER_CELLS * options.corner_window_cells))
    criteria = (cv2.TERM_CRITERIA_EPS + cv2.TERM_CRITERIA_COUNT, 30, 0.01)
    start = corners_xy.astype(np.float32)[:, None].copy()
    moved = cv2.cornerSubPix(green, start, (half, half), (-1, -1), criteria)[:, 0].astype(np.float64)
    runaway = np.linalg.norm(moved - corners_xy, axis=1) > half  # no corner in the window: keep the outline's
    return np.where(runaway[:, None], corners_xy, moved)


@dataclass(frozen=True)
class _Plane:
    layout: CardLayout
    px_from_mm: Points
    seen: tuple[Marker, ...]
    corners_mm: Points
    corners_px: Points
    residual_mm: float


def _fit_plane(layout: CardLayout, found: list[tuple[Marker, Points]], options: CardOptions) -> _Plane | None:
    """One plane through the corners of a layout's markers; None where they don't agree on one."""
    mm = np.concatenate([marker.square.corners_xy for marker, _ in found])
    px = np.concatenate([corners for _, corners in found])
    agreement: tuple[Any, Any] = cv2.findHomography(px, mm, cv2.RANSAC, options.outlier_share * layout.diagonal)
    if agreement[0] is None:
        return None
    whole = agreement[1].reshape(-1, 4).astype(bool).all(axis=1)
    seen = tuple(marker for (marker, _), kept in zip(found, whole, strict=True) if kept)
    groups = {marker.group for marker in seen}
    if len(seen) < (2 if len(groups) == 2 else options.smallest_group):
        return None
    keep = np.repeat(whole, 4)
    px_from_mm = fit_homography(mm[keep], px[keep])
    if px_from_mm is None or not seen_from_the_front(px_from_mm, layout.outline_xy):
        return None
    misses = np.linalg.norm(transform_points(np.asarray(np.linalg.inv(px_from_mm), dtype=np.float64), px[keep]) - mm[keep], axis=1)
    residual = float(np.sqrt(np.mean(misses**2)))
    if residual > options.residual_share * layout.diagonal:
        return None
    return _Plane(layout, px_from_mm, seen, mm[keep], px[keep], residual)


def _draws(plane: _Plane) -> Points:
    """The plane refitted with its corners moved at random by their own residual error."""
    freedom = 2 * len(plane.corners_px) - 8
    misses = transform_points(plane.px_from_mm, plane.corners_mm) - plane.corners_px
    # even where the corners agree better by luck, none is known to less than a twentieth of a pixel (cornerSubPix on noisy edges)
    sigma = max(float(np.sqrt(np.sum(misses**2) / freedom)), 0.05)
    noise = np.random.default_rng(DRAW_SEED).normal(0.0, sigma, (SCALE_DRAWS, *plane.corners_px.shape))
    fits = [fit_homography(plane.corners_mm, plane.corners_px + moved) for moved in noise]
    return np.stack([np.linalg.inv(fit) for fit in fits if fit is not None])


def _read_patches(linear: LinearRGB, plane: _Plane, options: ColourOptions) -> dict[str, PatchReading]:
    patches = plane.layout.patches
    in_view = {marker.identifier for marker in plane.seen}
    paper = [blank.place for blank in plane.layout.paper if in_view.issuperset(blank.between)]
    # the outer fifth of each side stays out: blur and print bleed there
    quads = [rect.inset(min(rect.width, rect.height) / 5).corners_xy for rect in (*(patch.place for patch in patches), *paper)]
    samples = sample_quads(linear, transform_points(plane.px_from_mm, np.concatenate(quads)).reshape(-1, 4, 2), options.samples_per_side)
    middles = np.stack([quad.mean(axis=0) for quad in quads])
    light = light_levels(samples[len(patches) :], middles[len(patches) :], middles[: len(patches)], options)
    return {
        patch.name: read_patch(samples[k], light[k], patch.kind, patch.linear.astype(np.float64), options)
        for k, patch in enumerate(patches)
    }


def _plane_of(green: NDArray[np.float32], sightings: list[Sighting], options: CardOptions) -> _Plane | None:
    layout = sightings[0][0]
    if len(sightings) < len(layout.markers):
        closer = _look_closer(green, sightings, options)
        sightings = max(sightings, closer, key=len)
    if len(sightings) < 2:
        return None
    return _fit_plane(layout, [(marker, _refined(green, corners, options)) for _, marker, corners in sightings], options)


def _best_plane(green: NDArray[np.float32], options: CardOptions) -> tuple[_Plane | None, bool, bool]:
    """The plane with the most markers over both sizes of the card, whether all markers lie on its card, and whether any read backwards."""
    found, backwards = _detect(green, 1.0, options)
    if not found and not backwards and options.half_size:
        found, backwards = _detect(green, 0.5, options)
    by_layout = [[sighting for sighting in found if sighting[0] is layout] for layout in LAYOUTS.values()]
    planes = [plane for sightings in by_layout if sightings and (plane := _plane_of(green, sightings, options)) is not None]
    best = max(planes, key=lambda plane: len(plane.seen), default=None)
    return best, best is None or all(_on_card(best, corners, options) for *_, corners in found), backwards > 0


def _on_card(plane: _Plane, corners_px: Points, options: CardOptions) -> bool:
    """Whether a marker lies within a card's outline, as surely as the outline is known."""
    middle = transform_points(np.asarray(np.linalg.inv(plane.px_from_mm), dtype=np.float64), corners_px.mean(axis=0)[np.newaxis])[0]
    room = options.outlier_share * plane.layout.diagonal
    return bool(np.all(middle >= -room) and np.all(middle <= np.array([plane.layout.width, plane.layout.height]) + room))


def find_card(linear: LinearRGB, *, options: CardOptions = DEFAULT_OPTIONS) -> Card | None:
    """Look for the printed card, then for a 24-patch chart.

    Parameters
    ----------
    linear : ndarray of float32, shape (H, W, 3)
        Linear-light RGB, 0..1.
    options : CardOptions

    Returns
    -------
    Card or None
        None where neither is seen with certainty.  Markers of other makers or dictionaries are passed over.  A card that reads
        backwards tells that the photo is mirrored, and serves as well.
    """
    if min(linear.shape[:2]) < options.smallest_photo_px:
        return None
    green = np.ascontiguousarray(linear[..., 1])
    plane, alone, backwards = _best_plane(green, options)
    if plane is None and backwards:
        plane, alone, _ = _best_plane(np.ascontiguousarray(green[:, ::-1]), options)
        if plane is not None:
            return _turned(_card_of(np.ascontiguousarray(linear[:, ::-1]), plane, options, alone=alone), linear.shape[1])
    if plane is None:
        return _chart_card(linear, options) if options.charts else None
    return _card_of(linear, plane, options, alone=alone)


def _turned(card: Card, width: int) -> Card:
    """A card that was found in a mirrored photo turned back, in the pixels of the photo as it is."""
    turn = np.array([[-1.0, 0.0, width - 1.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]])
    return dataclasses.replace(
        card,
        homography=card.homography @ turn,
        corners_xy=transform_points(turn, card.corners_xy),
        homography_draws=card.homography_draws @ turn,
        mirrored=True,
    )


def _card_of(linear: LinearRGB, plane: _Plane, options: CardOptions, *, alone: bool) -> Card:
    return Card(
        layout=plane.layout.name,
        homography=np.asarray(np.linalg.inv(plane.px_from_mm), dtype=np.float64),
        corners_xy=transform_points(plane.px_from_mm, plane.layout.outline_xy),
        markers=len(plane.seen),
        groups=tuple(sorted({marker.group for marker in plane.seen})),
        reprojection_mm=plane.residual_mm,
        patches=_read_patches(linear, plane, options.colour),
        scale_known=True,
        homography_draws=_draws(plane),
        options=options.colour,
        alone=alone,
    )


def _chart_card(linear: LinearRGB, options: CardOptions) -> Card | None:
    chart = find_chart(linear, options=options.chart, colour=options.colour)
    if chart is None:
        return None
    return Card(
        layout=chart.name,
        homography=chart.homography,
        corners_xy=chart.corners_xy,
        markers=0,
        groups=(),
        reprojection_mm=float("nan"),
        patches=chart.patches,
        scale_known=False,
        homography_draws=np.empty((0, 3, 3)),
        options=options.colour,
    )


def colour_correction(card: Card) -> ColourCorrection | None:
    """The maps from the photo's linear RGB to the card's nominal colours; None with too few readable patches.

    The nominal colours are those of the file, and an office printer misses them: absolute colour is approximate, but two photos with the
    SAME printed card meet in one frame of colour, since the printer's error is in both.
    """
    return fit_correction(list(card.patches.values()), card.options)
