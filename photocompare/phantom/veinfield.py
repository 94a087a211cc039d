"""Veins painted on the unrolled skin: for every texel near a vein, which sample of it is nearest and how far."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from photocompare.phantom import skin
from photocompare.phantom.texture import SkinGrid
from photocompare.phantom.vessels import TELANGIECTASIA_BELOW_MM, Branch

F32 = NDArray[np.float32]
F64 = NDArray[np.float64]
I64 = NDArray[np.int64]
Bools = NDArray[np.bool_]

_WIDTH_CLASSES_MM = (0.75, 1.2, 1.9, 2.8)
"""Veins of like apparent width share a layer: within it the nearest vein rules, layers add."""

_HISTORIES = ("stays", "goes", "comes")
"""Veins that share a layer also share their history, so that one that is absent at a visit leaves no gap in one that is there."""

_REACH = 1.3
"""A vein's profile is followed to this many full widths from its centre, where a Gaussian has fallen below 1 %."""


@dataclass(frozen=True)
class _Layer:
    """Texels (flat index) near one width class of veins, the nearest sample of each, and the distance in mm."""

    texels: I64
    sample: I64
    distance_mm: F32


@dataclass(frozen=True)
class VeinField:
    """Samples of all centrelines and the texels that they colour.

    Parameters
    ----------
    points_uv : ndarray (N, 2)
    branch : ndarray (N,)
    fwhm_mm : ndarray (N,)
        Apparent width.
    density : ndarray (N, 3)
        What the full vein adds at its centre.
    density_after : ndarray (N, 3)
        The same after: differs where blood is trapped.
    telangiectasia : ndarray (N,)
        Lumen below 1 mm.
    counted : ndarray (N,)
        False where the sample lies inside a wider vein: one line on the skin is counted once.
    layers : tuple
    """

    points_uv: F64
    branch: I64
    fwhm_mm: F64
    density: F64
    density_after: F64
    telangiectasia: Bools
    counted: Bools
    layers: tuple[_Layer, ...]

    def paint(self, grid: SkinGrid, density: F64) -> F32:
        """(H, W, 3) density that the veins add when sample i has `density[i]` at its centre."""
        image = np.zeros((grid.shape[0] * grid.shape[1], 3), np.float32)
        for layer in self.layers:
            width = self.fwhm_mm[layer.sample]
            profile = np.exp(-4 * np.log(2) * np.square(layer.distance_mm / width))
            image[layer.texels] += (profile[:, None] * density[layer.sample]).astype(np.float32)
        return image.reshape(*grid.shape, 3)


def _layer(grid: SkinGrid, points_uv: F64, fwhm_mm: F64, samples: I64) -> _Layer:
    """Nearest sample and distance for all texels within reach of some samples."""
    xy = grid.texel_xy(points_uv[samples])
    cols, rows = np.rint(xy[:, 0]).astype(int), np.rint(xy[:, 1]).astype(int)
    inside = (cols >= 0) & (rows >= 0) & (cols < grid.shape[1]) & (rows < grid.shape[0])
    cols, rows, samples, xy = cols[inside], rows[inside], samples[inside], xy[inside]
    if samples.size == 0:
        return _Layer(np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0, np.float32))
    reach = _REACH * float(fwhm_mm[samples].max()) / grid.texel_mm
    pad = int(reach) + 2
    top, left = max(rows.min() - pad, 0), max(cols.min() - pad, 0)
    bottom, right = min(rows.max() + pad + 1, grid.shape[0]), min(cols.max() + pad + 1, grid.shape[1])
    away = np.full((bottom - top, right - left), 255, np.uint8)
    away[rows - top, cols - left] = 0
    found: Any = cv2.distanceTransformWithLabels(away, cv2.DIST_L2, 5, labelType=cv2.DIST_LABEL_PIXEL)
    distance, label = found
    sample_of = np.zeros(int(label.max()) + 1, np.int64)
    position = np.zeros((sample_of.size, 2))
    labels_here = label[rows - top, cols - left]
    sample_of[labels_here], position[labels_here] = samples, xy
    near_rows, near_cols = np.nonzero(distance <= reach)
    nearest = label[near_rows, near_cols]
    exact = np.hypot(near_cols + left - position[nearest, 0], near_rows + top - position[nearest, 1]) * grid.texel_mm
    texels = (near_rows + top).astype(np.int64) * grid.shape[1] + near_cols + left
    return _Layer(texels, sample_of[nearest], exact.astype(np.float32))


def _count_once(grid: SkinGrid, branch: I64, points_uv: F64, fwhm_mm: F64, layers: list[_Layer]) -> Bools:
    """Which samples are a line of their own: not inside the half-width of a vein of a wider class."""
    owner = np.full(grid.shape[0] * grid.shape[1], -1, np.int64)
    for layer in reversed(layers):
        body = (layer.distance_mm < 0.5 * fwhm_mm[layer.sample]) & (owner[layer.texels] < 0)
        owner[layer.texels[body]] = branch[layer.sample[body]]
    xy = np.rint(grid.texel_xy(points_uv)).astype(int)
    inside = (xy >= 0).all(axis=1) & (xy[:, 0] < grid.shape[1]) & (xy[:, 1] < grid.shape[0])
    at = np.clip(xy[:, 1], 0, grid.shape[0] - 1) * grid.shape[1] + np.clip(xy[:, 0], 0, grid.shape[1] - 1)
    return np.asarray(inside & (owner[at] == branch))


def trace_veins(grid: SkinGrid, branches: list[Branch], melanin: float, width_factor: float, trapped: Bools, history: I64) -> VeinField:
    """Colour, width and place of every sample of the branches.

    `trapped` and `history` (an index into stays, goes, comes) are per sample.
    """
    points = np.concatenate([b.points_uv for b in branches])
    calibre = np.concatenate([b.calibre_mm for b in branches])
    depth = np.concatenate([b.depth_mm for b in branches])
    strength = np.concatenate([b.strength for b in branches])
    branch = np.concatenate([np.full(len(b.points_uv), k) for k, b in enumerate(branches)])
    fwhm = skin.vein_fwhm_mm(calibre, depth) * width_factor
    density = np.concatenate([skin.vein_density(b.calibre_mm, b.depth_mm, b.oxygenation, melanin) for b in branches]) * strength[:, None]
    through_melanin = skin.over_tone(skin.VEIN_DENSITY[2], melanin) / skin.over_tone(skin.VEIN_DENSITY[2], skin.TONES[0])
    coagulum = skin.TRAPPED_BLOOD * np.maximum(through_melanin, 0) * 0.7
    after = np.where(trapped[:, None], np.maximum(density, coagulum), density)
    kinds = np.digitize(fwhm, _WIDTH_CLASSES_MM) * len(_HISTORIES) + history
    layers = [_layer(grid, points, fwhm, np.flatnonzero(kinds == k)) for k in np.unique(kinds)]
    counted = _count_once(grid, branch, points, fwhm, layers)
    return VeinField(points, branch, fwhm, density, after, calibre < TELANGIECTASIA_BELOW_MM, counted, tuple(layers))


def paint_track(grid: SkinGrid, points_uv: F64, width_mm: F64, amount: F64) -> F32:
    """(H, W) soft band along the points: flat-topped, `width_mm` wide at half height, `amount` high."""
    layer = _layer(grid, points_uv, width_mm, np.arange(len(points_uv)))
    field = np.zeros(grid.shape[0] * grid.shape[1], np.float32)
    relative = layer.distance_mm / (0.5 * width_mm[layer.sample])
    field[layer.texels] = amount[layer.sample] / (1 + relative**4)
    return np.asarray(cv2.GaussianBlur(field.reshape(grid.shape), (0, 0), 0.35 / grid.texel_mm), np.float32)
