"""Flat pairs of scenes, the same skin before and after treatment, for training the reading of the after photo.

Drawn with the means of `skin_scenes`.  What a second visit changes is drawn anew: light, gloss, camera, focus, resolution, hair, some of
the relief, the flush; what skin keeps stays: mottling, freckles, moles, creases, most pores.  Vessels clear, fade, stay, leave a stain or
come new.  The after photo lies over the before photo only as well as a registration lays it: displaced smoothly by up to half a millimetre,
and resampled.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import cv2
import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray
from skin_scenes import (
    F32,
    bare_patch,
    blotched,
    camera,
    de76,
    distractors,
    draw,
    matting,
    noise,
    stain_colour,
    tissue_blur,
    trees,
    vein_colour,
)

from photocompare.base.colour import linear_from_srgb8, srgb8_from_linear


@dataclass(frozen=True)
class ScenePair:
    """Two views of one patch, the second laid over the first, and the second's truth where it is seen.

    before, after : uint8 (H, W, 3), sRGB.  was_de : float32 (H, W), veins of the before view.  vein_de, stain_de : of the after view.
    """

    before: NDArray[np.uint8]
    after: NDArray[np.uint8]
    was_de: F32
    vein_de: F32
    stain_de: F32


def runs(rng: Generator, path: F32, px_per_mm: float, shortest_mm: float) -> list[F32]:
    """The path cut where treatment may have ended: runs of `shortest_mm` to 40 mm that share their end points."""
    step = 3.0
    cuts, at = [0], 0
    while at < len(path) - 1:
        at += max(2, int(np.exp(rng.uniform(np.log(shortest_mm), np.log(40))) * px_per_mm / step))
        cuts.append(min(at, len(path) - 1))
    return [path[a : b + 1] for a, b in pairwise(cuts) if b - a >= 1]


def _left(rng: Generator, mode: str, share: float) -> tuple[float, bool]:
    """Share of a run's strength that is left after, and whether a stain took its place."""
    if mode == "null":
        return float(np.exp(rng.normal(0, 0.04))), False
    if rng.random() >= share:
        return float(np.clip(np.exp(rng.normal(0, 0.12)), 0, 1.3)), False
    fate = rng.random()
    if fate < 0.66:
        return 0.0, rng.random() < 0.3
    if fate < 0.75:
        return float(rng.uniform(0.0, 0.15)), rng.random() < 0.5
    return float(rng.uniform(0.1, 0.8)), rng.random() < 0.15


def _vessels(rng: Generator, shape: tuple[int, int], px_per_mm: float) -> tuple[F32, F32, F32]:
    """Densities (H, W, 3) of veins before, veins after, and of stains after."""
    mode = str(rng.choice(["null", "graded"], p=[0.2, 0.8]))
    share, stain_rate = rng.uniform(0.1, 1.0), rng.choice([0.0, 1.0], p=[0.4, 0.6])
    faint = rng.choice([1.0, rng.uniform(0.1, 0.5)], p=[0.7, 0.3])
    before, after = np.zeros((*shape, 3), np.float32), np.zeros((*shape, 3), np.float32)
    stains: list[tuple[F32, float, float]] = []
    for kind, paths in trees(rng, shape, px_per_mm):
        peak = np.exp(rng.uniform(np.log(0.05), np.log(0.6))) * faint
        was, now = [], []
        for path, size in paths:
            strength = peak * float(rng.choice([1.0, rng.uniform(0.2, 1)], p=[0.6, 0.4]))
            was.append((path, size, strength))
            for run in runs(rng, path, px_per_mm, 4):
                left, stained = _left(rng, mode, share)
                if left > 0:
                    now.append((run, size * float(rng.uniform(0.8, 1.05)) if left < 0.8 else size, strength * left))
                if stained and stain_rate:
                    stains.append((run, size * rng.uniform(1.0, 3.5), float(rng.uniform(0.4, 1.0))))
        blur = tissue_blur(rng, kind, px_per_mm)
        colour = vein_colour(rng, kind)
        before += draw(shape, was, blur)[..., None] * colour
        if now:
            after += draw(shape, now, blur)[..., None] * colour * np.exp(rng.normal(0, 0.05, 3)).astype(np.float32)
    if rng.random() < 0.35:
        tuft = matting(rng, shape, px_per_mm)
        colour = vein_colour(rng, "red")
        after += draw(shape, tuft, rng.uniform(0.05, 0.15) * px_per_mm)[..., None] * colour
        if rng.random() < 0.25:  # it was there already
            before += draw(shape, tuft, 0.1 * px_per_mm)[..., None] * colour
    cover = np.zeros(shape, np.float32)
    if stains:
        cover = draw(shape, stains, rng.uniform(0.3, 1.0) * px_per_mm) * np.exp(rng.uniform(np.log(0.05), np.log(0.6)))
    return before, after, blotched(rng, cover, 0.2, px_per_mm)[..., None] * stain_colour(rng)


def _displaced(rng: Generator, shape: tuple[int, int], px_per_mm: float) -> F32:
    """Where each before pixel lies in the after skin frame, (H, W, 2) as (x, y): what a registration leaves wrong."""
    grid = np.dstack(np.meshgrid(np.arange(shape[1]), np.arange(shape[0]))).astype(np.float32)
    size = abs(rng.normal(0, 0.12)) * px_per_mm
    reach = rng.uniform(5, 20) * px_per_mm
    off = np.dstack([noise(rng, shape, reach) for _ in range(2)]) * size
    most = 0.5 * px_per_mm
    return np.asarray(grid + np.clip(off, -most, most), np.float32)


def _photographed(rng: Generator, linear: F32, gloss_px: float) -> NDArray[np.uint8]:
    """The camera at its own distance and turn, brought back to the frame."""
    h, w = linear.shape[:2]
    scale, turn = float(np.exp(rng.normal(0, 0.15))), rng.uniform(-8, 8)
    there = cv2.getRotationMatrix2D((w / 2, h / 2), turn, scale)
    out = (int(w * scale * 1.15), int(h * scale * 1.15))
    there[:, 2] += (out[0] - w) / 2, (out[1] - h) / 2
    seen = cv2.warpAffine(linear, there, out, flags=cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC, borderMode=cv2.BORDER_REFLECT)
    photo = linear_from_srgb8(camera(rng, np.clip(seen, 1e-4, 1).astype(np.float32), gloss_px))
    back = cv2.warpAffine(photo, there, (w, h), flags=cv2.INTER_CUBIC | cv2.WARP_INVERSE_MAP, borderMode=cv2.BORDER_REFLECT)
    return np.asarray(srgb8_from_linear(np.clip(back, 0, 1).astype(np.float32)))


def render_pair(seed: int) -> ScenePair:
    """One pair; the same seed gives the same bytes."""
    rng = np.random.default_rng(seed)
    shape, px_per_mm, base = bare_patch(rng)
    veins, left, stain = _vessels(rng, shape, px_per_mm)
    kept, gone, come = (distractors(rng, shape, px_per_mm) for _ in range(3))
    change = rng.uniform(0, 0.6)
    before = np.exp(-(veins + kept + change * gone)) * base
    where = _displaced(rng, shape, px_per_mm)
    moved = lambda image: cv2.remap(image, where[..., 0], where[..., 1], cv2.INTER_CUBIC, borderMode=cv2.BORDER_REFLECT)  # noqa: E731
    after = moved(np.exp(-(left + stain + kept + change * come)) * base)
    gloss = 15 * px_per_mm
    truth = [np.maximum(moved(de76(base, density)), 0) for density in (left, stain)]
    return ScenePair(
        camera(rng, before.astype(np.float32), gloss), _photographed(rng, after.astype(np.float32), gloss), de76(base, veins), *truth
    )
