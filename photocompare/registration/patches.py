"""How far patches are off: small patches of both photos, free of light, laid over each other by correlation.

The after photo is brought to the before frame by the map so far; then, on a grid of patches, the normalised correlation is computed
for every small shift, and its peak says how far the map is off there.  Products of shifted pictures are summed over cells first,
so that a whole volume of correlations costs a few dozen passes over one reduced picture.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from photocompare.base.arrays import Grey, Mask
from photocompare.registration.features import locally_normalised

Float32 = NDArray[np.float32]
Indices = NDArray[np.intp]


@dataclass(frozen=True)
class PatchOptions:
    """One dense pass.

    Parameters
    ----------
    pixels : float
        Leg px of the level at which patches are compared (never enlarged).
    radius : int
        Largest shift looked for, level px.
    patch_sigma : float
        Width of the Gaussian patch, level px.
    normalise_sigma : float
        Width of the local mean and spread, level px: shading and stains wider than this are gone.
    cell : int
        Level px between patches.
    noise_reach : float
        Area over which the errors of patches go together, in patch areas.  What differs between the photos (stains, tan, sharpness) is
        wider than a patch: 4, a reach of twice the patch, made claimed and true spread equal on rendered legs.  1 where the
        pass shall rather follow every patch than be smooth: the coarse passes, whose errors the last one mends.
    least_correlation : float
        Patches that correlate less at their best are no evidence.
    """

    pixels: float
    radius: int
    patch_sigma: float
    normalise_sigma: float
    cell: int
    noise_reach: float = 1.0
    least_correlation: float = 0.25


@dataclass(frozen=True)
class PatchShifts:
    """What the patches say.

    Parameters
    ----------
    centres_xy : Float32
        (N, 2), level px.
    shift : Float32
        (N, 2), where the same skin lies in the warped after picture, relative to the patch, level px.
    precision : Float32
        (N,) inverse variance of a coordinate of `shift`, px^-2, from the peak's height and sharpness.
    correlation : Float32
        (N,) height of the peak.
    looked_at_xy : Float32
        (M, 2), level px: patches with enough skin, whether they gave evidence or not.
    """

    centres_xy: Float32
    shift: Float32
    precision: Float32
    correlation: Float32
    looked_at_xy: Float32


def patch_shifts(fixed: Grey, moving: Grey, inside: Mask, *, options: PatchOptions) -> PatchShifts:
    """How far each patch of `fixed` has to move to lie on `moving`.

    Parameters
    ----------
    fixed, moving : Grey
        Densities in the same frame, level px.
    inside : Mask
        Skin that both see.
    """
    a, b = (np.clip(locally_normalised(g, inside, options.normalise_sigma), -3, 3) for g in (fixed, moving))
    volume, share, grid = _correlation_volume(a, b, inside, options)
    side = 2 * options.radius + 1
    flat = volume.reshape(side * side, -1)
    usable = share.ravel() > 0.5
    best = flat.argmax(axis=0)
    row, column = best // side, best % side
    inner = (row > 0) & (row < side - 1) & (column > 0) & (column < side - 1)
    keep = np.flatnonzero(usable & inner & (flat.max(axis=0) > options.least_correlation))
    row, column = row[keep], column[keep]
    offset, top, sharpness = _peak(flat, row, column, keep, side)
    shift = np.stack([column, row], axis=1) - options.radius + offset
    # Inverse variance of the peak of a correlation over n independent samples (Cramer-Rao): n * curvature / (1 - rho^2);
    # n is the patch's area over the texture's correlation area, which goes as 1 / curvature.
    samples = np.maximum(2 * options.patch_sigma**2 * sharpness / np.maximum(top, 0.1), 1.0)
    precision = samples * sharpness / np.maximum(1 - top**2, 0.02)
    return PatchShifts(
        grid[keep].astype(np.float32),
        shift.astype(np.float32),
        precision.astype(np.float32),
        top.astype(np.float32),
        grid[usable].astype(np.float32),
    )


def _correlation_volume(a: Grey, b: Grey, inside: Mask, options: PatchOptions) -> tuple[Float32, Float32, Float32]:
    """Correlation of every patch at every shift, (side, side, rows, columns), its share of skin (rows, columns), its centre (N, 2).

    At the limb's edge and the photo's border a patch's centre is the centre of its skin, not of its frame.
    """
    radius, cell = options.radius, options.cell
    height, width = (-(-n // cell) * cell for n in a.shape)
    pad = ((0, height - a.shape[0]), (0, width - a.shape[1]))
    a, skin = np.pad(a, pad), np.pad(inside.astype(np.float32), pad)
    around = np.pad(b, ((radius, radius + pad[0][1]), (radius, radius + pad[1][1])))
    size, sigma = (width // cell, height // cell), options.patch_sigma / cell

    def summed(picture: Float32) -> Float32:
        return np.asarray(cv2.GaussianBlur(cv2.resize(picture, size, interpolation=cv2.INTER_AREA), (0, 0), sigma), dtype=np.float32)

    rows_of_cells = [np.ascontiguousarray(a[row::cell]) for row in range(cell)]
    mean_of_cell = np.full(cell, cell**-2, np.float32)

    def times(shifted: Float32) -> Float32:
        """The product with `a`, summed; row by row of the cells, in half the time that the whole product takes."""
        down = np.zeros((size[1], width), np.float32)
        for row, own in enumerate(rows_of_cells):
            cv2.accumulateProduct(own, shifted[row::cell], down)
        cells = (down.reshape(-1, cell) @ mean_of_cell).reshape(size[1], size[0])
        return np.asarray(cv2.GaussianBlur(cells, (0, 0), sigma), dtype=np.float32)

    power = times(a)
    # The moving patch's own power changes slowly with the shift: read off one smoothed picture.
    power_around = cv2.blur(around * around, (cell, cell))
    side = 2 * radius + 1
    volume = np.empty((side, side, size[1], size[0]), np.float32)
    for dy in range(side):
        for dx in range(side):
            window = (slice(dy, dy + height), slice(dx, dx + width))
            other = power_around[dy + cell // 2 : dy + height : cell, dx + cell // 2 : dx + width : cell]
            power_there = cv2.GaussianBlur(np.ascontiguousarray(other), (0, 0), sigma)
            volume[dy, dx] = times(around[window]) / np.sqrt(np.maximum(power * power_there, 1e-6))
    share = summed(skin)
    columns, rows = np.meshgrid(np.arange(width, dtype=np.float32), np.arange(height, dtype=np.float32))
    centres = [summed(skin * position) / np.maximum(share, np.float32(1e-3)) for position in (columns, rows)]
    return volume, share, np.stack(centres, axis=2).reshape(-1, 2).astype(np.float32)


def _peak(flat: Float32, row: Indices, column: Indices, keep: Indices, side: int) -> tuple[Float32, Float32, Float32]:
    """Sub-pixel offset (N, 2), height and least curvature (N,) of the parabola through the peak's 3 x 3 neighbours."""

    def at(dy: int, dx: int) -> Float32:
        return np.asarray(flat[(row + dy) * side + column + dx, keep], dtype=np.float32)

    middle = at(0, 0)
    gx, gy = (at(0, 1) - at(0, -1)) / 2, (at(1, 0) - at(-1, 0)) / 2
    xx, yy = 2 * middle - at(0, 1) - at(0, -1), 2 * middle - at(1, 0) - at(-1, 0)
    xy = -(at(1, 1) + at(-1, -1) - at(1, -1) - at(-1, 1)) / 4
    determinant = np.maximum(xx * yy - xy * xy, 1e-6)
    offset = np.stack([(yy * gx - xy * gy) / determinant, (xx * gy - xy * gx) / determinant], axis=1)
    offset = np.clip(offset, -1, 1)
    top = middle + (gx * offset[:, 0] + gy * offset[:, 1]) / 2
    half_trace = (xx + yy) / 2
    least = half_trace - np.sqrt(np.maximum(half_trace**2 - (xx * yy - xy * xy), 0))
    return offset.astype(np.float32), np.clip(top, 0, 1).astype(np.float32), np.maximum(least, 1e-4).astype(np.float32)
