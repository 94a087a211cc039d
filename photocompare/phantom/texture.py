"""Random skin texture on the unrolled skin: band-limited noise, dots, relief, moles, hairs."""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

F32 = NDArray[np.float32]


@dataclass(frozen=True)
class SkinGrid:
    """The unrolled skin as an image: column 0 is u = `u0_mm`, row 0 is v = `v0_mm`.

    `u` runs around the limb (mm at the reference radius), `v` along it, downwards in the photo.
    """

    u0_mm: float
    v0_mm: float
    texel_mm: float
    shape: tuple[int, int]

    @classmethod
    def around(cls, half_u_mm: float, half_v_mm: float, texel_mm: float) -> SkinGrid:
        """A grid centred on (0, 0) that reaches at least that far each way."""
        rows, cols = 2 * math.ceil(half_v_mm / texel_mm) + 1, 2 * math.ceil(half_u_mm / texel_mm) + 1
        return cls(-(cols // 2) * texel_mm, -(rows // 2) * texel_mm, texel_mm, (rows, cols))

    def texel_xy(self, points_uv: NDArray[np.floating]) -> NDArray[np.floating]:
        """(..., 2) skin positions in mm to (column, row)."""
        return np.asarray((points_uv - np.array([self.u0_mm, self.v0_mm])) / self.texel_mm)

    @property
    def extent_mm(self) -> tuple[float, float]:
        """(u, v) span in mm."""
        return (self.shape[1] - 1) * self.texel_mm, (self.shape[0] - 1) * self.texel_mm


def blob_noise(rng: np.random.Generator, grid: SkinGrid, scale_mm: float) -> F32:
    """Gaussian noise of unit variance whose blobs are about `scale_mm` across."""
    nodes_per_blob = 3.5  # enough that linear interpolation between the nodes doesn't show
    step = max(scale_mm / nodes_per_blob / grid.texel_mm, 1.0)
    coarse = tuple(math.ceil(n / step) + 5 for n in grid.shape)
    field = rng.standard_normal(coarse, dtype=np.float32)
    sigma = scale_mm / grid.texel_mm / step / nodes_per_blob
    field = np.asarray(cv2.GaussianBlur(field, (0, 0), sigma), np.float32) if sigma > 0.3 else field
    field = (field - field.mean()) / max(float(field.std()), 1e-6)
    if step == 1.0:
        return np.ascontiguousarray(field[: grid.shape[0], : grid.shape[1]])
    shift = rng.uniform(1, 2, size=2)
    to_coarse = np.array([[1 / step, 0, shift[0]], [0, 1 / step, shift[1]]])
    size = (grid.shape[1], grid.shape[0])
    return np.asarray(cv2.warpAffine(field, to_coarse, size, flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP), dtype=np.float32)


def streak_noise(rng: np.random.Generator, grid: SkinGrid, width_mm: float, length_mm: float, angle: float) -> F32:
    """Gaussian noise of unit variance, stretched to `length_mm` along `angle` (radians from u)."""
    across, along = grid.texel_mm / (width_mm / 2), grid.texel_mm / (length_mm / 2)
    radius = math.hypot(*grid.shape) / 2
    coarse = rng.standard_normal((math.ceil(2 * radius * across) + 8, math.ceil(2 * radius * along) + 8), dtype=np.float32)
    coarse = np.asarray(cv2.GaussianBlur(coarse, (0, 0), 0.8), np.float32)
    coarse /= max(float(coarse.std()), 1e-6)
    c, s = math.cos(angle), math.sin(angle)
    middle = np.array([grid.shape[1] / 2, grid.shape[0] / 2])
    linear = np.array([[c * along, s * along], [-s * across, c * across]])
    offset = np.array([coarse.shape[1] / 2, coarse.shape[0] / 2]) - linear @ middle
    size = (grid.shape[1], grid.shape[0])
    matrix = np.column_stack([linear, offset])
    return np.asarray(
        cv2.warpAffine(coarse, matrix, size, flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP, borderMode=cv2.BORDER_REFLECT),
        dtype=np.float32,
    )


def dots(rng: np.random.Generator, grid: SkinGrid, per_cm2: float, radius_mm: float, spread: float = 0.6) -> F32:
    """Soft round dots at random places; heights log-normal about 1 with that spread, each about `radius_mm` wide."""
    span_u, span_v = grid.extent_mm
    count = rng.poisson(per_cm2 * span_u * span_v / 100.0)
    field = np.zeros(grid.shape, np.float32)
    rows, cols = rng.integers(0, grid.shape[0], count), rng.integers(0, grid.shape[1], count)
    np.add.at(field, (rows, cols), rng.lognormal(0.0, spread, count).astype(np.float32))
    sigma = max(radius_mm / grid.texel_mm / 1.5, 0.45)
    return np.asarray(cv2.GaussianBlur(field, (0, 0), sigma) * np.float32(2 * math.pi * sigma**2), dtype=np.float32)


def relief_height(rng: np.random.Generator, grid: SkinGrid) -> F32:
    """Micro-relief in mm: furrows in three directions that cross, as primary and secondary skin lines do (Hashimoto 1974)."""
    width = max(0.45, 2.2 * grid.texel_mm)
    first = rng.uniform(0, math.pi)
    height = np.zeros(grid.shape, np.float32)
    for k in range(3):
        lines = streak_noise(
            rng, grid, width * rng.uniform(0.8, 1.3), width * rng.uniform(2.5, 5), first + k * math.pi / 3 + rng.normal(0, 0.15)
        )
        height -= np.exp(-np.square(lines / 0.45))
    height += 0.5 * blob_noise(rng, grid, 2 * width)
    depth_mm = 0.009  # furrows of leg skin are 20 to 100 um deep, but the blur of skin, lens and a broad lamp halves what shows
    return np.asarray(height * np.float32(depth_mm), dtype=np.float32)


def stamp_spots(
    field: F32, grid: SkinGrid, centres_uv: NDArray[np.float64], radii_mm: NDArray[np.float64], rng: np.random.Generator
) -> None:
    """Add moles: soft-edged, slightly oval and ragged discs of unit height."""
    for centre, radius in zip(grid.texel_xy(centres_uv), radii_mm / grid.texel_mm, strict=True):
        reach = math.ceil(radius * 2 + 2)
        col, row = round(float(centre[0])), round(float(centre[1]))
        top, bottom = max(row - reach, 0), min(row + reach + 1, grid.shape[0])
        left, right = max(col - reach, 0), min(col + reach + 1, grid.shape[1])
        if top >= bottom or left >= right:
            continue
        y, x = np.mgrid[top:bottom, left:right]
        dy, dx = y - centre[1], x - centre[0]
        angle, phase = np.arctan2(dy, dx), rng.uniform(0, 2 * math.pi, 3)
        ragged = 1 + 0.18 * np.sin(2 * angle + phase[0]) + 0.07 * np.sin(3 * angle + phase[1]) + 0.05 * np.sin(5 * angle + phase[2])
        distance = np.hypot(dx, dy) / (radius * ragged)
        softness = max(0.12, 0.6 / radius)
        field[top:bottom, left:right] += (1 / (1 + np.exp(np.clip((distance - 1) / softness, -30, 30)))).astype(np.float32)


def hair_cover(rng: np.random.Generator, grid: SkinGrid, per_cm2: float, length_mm: float) -> F32:
    """Share of each texel that hairs cover, 0..1: bent strokes that lie roughly one way."""
    span_u, span_v = grid.extent_mm
    count = rng.poisson(per_cm2 * span_u * span_v / 100.0)
    canvas = np.zeros(grid.shape, np.uint8)
    lie, sub = rng.uniform(0.9, 2.2), 4
    for _ in range(count):
        start = rng.uniform([0, 0], [grid.shape[1], grid.shape[0]])
        length = rng.gamma(4, length_mm / 4) / grid.texel_mm
        heading = rng.normal(lie, 0.45) + np.linspace(0, rng.normal(0, 0.7), 9)
        steps = np.column_stack([np.cos(heading), np.sin(heading)]) * length / 9
        path = start + np.cumsum(steps, axis=0)
        cv2.polylines(canvas, [np.rint(path * 2**sub).astype(np.int32)], False, 255, 1, cv2.LINE_AA, sub)
    calibre_mm = 0.08  # terminal leg hair: 60 to 100 um
    return np.asarray(canvas.astype(np.float32) * np.float32(min(calibre_mm / grid.texel_mm, 1.0) / 255), dtype=np.float32)
