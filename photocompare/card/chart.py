"""Charts of other makers: the 24-patch ColorChecker layout, for colour only.

The layout is sold in several sizes (Classic, Mini, Passport, Nano, Mega), which a photo can't tell apart: it gives no millimetres.
OpenCV's detector (`cv2.mcc`) fits the layout to what it finds even where patches are covered, so each patch must also have its colour.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from photocompare.base.arrays import LinearRGB
from photocompare.base.colour import linear_from_srgb8, srgb8_from_linear
from photocompare.card.patches import ColourOptions, PatchReading, colour_difference, fit_correction, read_patch, sample_quads
from photocompare.card.plane import fit_homography, transform_points

CHART_NAME = "colorchecker-24"
COLUMNS, ROWS = 6, 4

PATCH_NAMES = (
    *("dark skin", "light skin", "blue sky", "foliage", "blue flower", "bluish green"),
    *("orange", "purplish blue", "moderate red", "purple", "yellow green", "orange yellow"),
    *("blue", "green", "red", "yellow", "magenta", "cyan"),
    *("white", "neutral 8", "neutral 6.5", "neutral 5", "neutral 3.5", "black"),
)

PATCH_SRGB = (
    *((115, 82, 68), (194, 150, 130), (98, 122, 157), (87, 108, 67), (133, 128, 177), (103, 189, 170)),
    *((214, 126, 44), (80, 91, 166), (193, 90, 99), (94, 60, 108), (157, 188, 64), (224, 163, 46)),
    *((56, 61, 150), (70, 148, 73), (175, 54, 60), (231, 199, 31), (187, 86, 149), (8, 133, 161)),
    *((243, 243, 242), (200, 200, 200), (160, 160, 160), (122, 122, 121), (85, 85, 85), (52, 52, 52)),
)
"""sRGB (D65) of the chart, as its maker X-Rite publishes them."""


@dataclass(frozen=True)
class ChartOptions:
    """When a chart is looked for and believed.

    Parameters
    ----------
    glance_px, hue_sectors, sector_px, saturation : int, int, int, float
        The quick look: on a copy of at most `glance_px` on its long side, at least `hue_sectors` of the six hue sectors must hold
        `sector_px` pixels of at least `saturation` (HSV, 0..1).  A chart that fills a seventh of the frame's long side has patches of
        4 x 4 such pixels and every hue; a leg on a sheet has two or three.  It saves OpenCV's search (0.1 s) on photos without a chart.
    search_px : int
        Long side of the copy that is searched, px; positions are refined by the patch grid, not by edges, so more buys nothing.
    worst_de : float
        Largest CIE76 difference of a single patch from its nominal colour after the best 3x3 matrix (`ColourOptions.largest_residual_de`
        bounds their mean): a patch that shows another patch's hue misses by more, a sound one by half as much at most.
    usable_patches : int
        Fewest readable patches of 24: three quarters; white and a few more may clip.
    """

    glance_px: int = 256
    hue_sectors: int = 5
    sector_px: int = 12
    saturation: float = 0.45
    search_px: int = 600
    worst_de: float = 40.0
    usable_patches: int = 18


@dataclass(frozen=True)
class Chart:
    """A 24-patch chart: `homography` from px to patch pitches, `corners_xy` its outline in px, `patches` by name."""

    name: str
    homography: NDArray[np.float64]
    corners_xy: NDArray[np.float64]
    patches: dict[str, PatchReading]


def _reduced(linear: LinearRGB, longest: int) -> tuple[LinearRGB, float]:
    scale = min(1.0, longest / max(linear.shape[:2]))
    if scale == 1.0:
        return linear, 1.0
    return np.asarray(cv2.resize(linear, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA), dtype=np.float32), scale


def may_hold_chart(linear: LinearRGB, *, options: ChartOptions) -> bool:
    """The quick look: are there enough different saturated hues for a chart?"""
    small, _ = _reduced(linear, options.glance_px)
    # the grey-world balance undoes lamps; hue is then the surfaces' own
    balanced = small / np.maximum(small.mean(axis=(0, 1)), np.float32(1e-6))
    # a patch is wider than 3 px and survives the median; the coloured noise of a dark photo, which has every hue, does not
    calm = np.asarray(cv2.medianBlur(np.ascontiguousarray(balanced, dtype=np.float32), 5))
    hue, saturation, _ = cv2.split(cv2.cvtColor(calm, cv2.COLOR_RGB2HSV))
    sectors = np.bincount((hue[saturation >= options.saturation] / 60.0).astype(int) % 6, minlength=6)
    return bool(np.count_nonzero(sectors >= options.sector_px) >= options.hue_sectors)


def _search(linear: LinearRGB, options: ChartOptions) -> NDArray[np.float64] | None:
    """Inner quadrilaterals (24, 4, 2) of the patches in px of `linear`, in the order of `PATCH_NAMES`; None where no chart fits."""
    small, scale = _reduced(linear, options.search_px)
    detector = cv2.mcc.CCheckerDetector.create()
    detector.setColorChartType(cv2.mcc.MCC24)
    if not detector.process(np.ascontiguousarray(srgb8_from_linear(small)[..., ::-1]), 1):
        return None
    quads = np.asarray(detector.getBestColorChecker().getColorCharts(), dtype=np.float64).reshape(len(PATCH_NAMES), 4, 2)
    return np.asarray((quads + 0.5) / scale - 0.5)


def _is_believable(readings: list[PatchReading], options: ChartOptions, colour: ColourOptions) -> bool:
    """Every readable patch shows its own colour after one 3x3 matrix."""
    usable = [reading for reading in readings if reading.usable]
    correction = fit_correction(usable, colour)
    if correction is None or len(usable) < options.usable_patches:
        return False
    corrected = np.stack([correction.matrix @ reading.measured for reading in usable])
    misses = colour_difference(corrected, np.stack([reading.known for reading in usable]))
    return bool(misses.mean() <= colour.largest_residual_de and misses.max() <= options.worst_de)


def find_chart(linear: LinearRGB, *, options: ChartOptions, colour: ColourOptions) -> Chart | None:
    """Look for a 24-patch ColorChecker, whole and unobstructed.

    Parameters
    ----------
    linear : ndarray of float32, shape (H, W, 3)
        Linear-light RGB, 0..1.
    options : ChartOptions
    colour : ColourOptions

    Returns
    -------
    Chart or None
    """
    if not may_hold_chart(linear, options=options):
        return None
    quads = _search(linear, options)
    if quads is None:
        return None
    samples = sample_quads(linear, quads, colour.samples_per_side)
    known = linear_from_srgb8(np.array([PATCH_SRGB], dtype=np.uint8))[0].astype(np.float64)
    kinds = ["chart"] * (len(PATCH_NAMES) - COLUMNS) + ["neutral"] * COLUMNS
    readings = [read_patch(*parts, colour) for parts in zip(samples, np.ones((len(quads), 3)), kinds, known, strict=True)]
    if not _is_believable(readings, options, colour):
        return None
    grid = np.stack(np.meshgrid(np.arange(COLUMNS), np.arange(ROWS)), axis=-1).reshape(-1, 2).astype(np.float64)
    homography = fit_homography(quads.mean(axis=1), grid)
    if homography is None:
        return None
    # patches end half a pitch from their middles, and the frame is up to as wide again
    outline = np.array([[-1.0, -1.0], [COLUMNS, -1.0], [COLUMNS, ROWS], [-1.0, ROWS]])
    corners = transform_points(np.asarray(np.linalg.inv(homography), dtype=np.float64), outline)
    return Chart(CHART_NAME, homography, corners, dict(zip(PATCH_NAMES, readings, strict=True)))
