"""Two views of a patch of skin with the map between them known: mottle, moles and veins, some of which go."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from photocompare.base.arrays import LinearRGB, Mask
from photocompare.leg.field import Field
from photocompare.leg.obstructions import nothing_hidden

SHAPE = (560, 420)
SKIN = np.asarray([0.42, 0.28, 0.19], np.float32)
VEIN = np.asarray([0.25, 0.45, 0.30], np.float32)
STAIN = np.asarray([0.05, 0.25, 0.40], np.float32)


@dataclass(frozen=True)
class View:
    """How the after photo differs: turn in degrees, scale, shift in px, soft-tissue slide in px, right-left swap."""

    turn: float = 4.0
    scale: float = 1.06
    shift_xy: tuple[float, float] = (9.0, -14.0)
    slide: float = 5.0
    mirrored: bool = False


def skin_of(seed: int, *, treated: bool = False) -> NDArray[np.float32]:
    """Density (H, W, 3) of the skin of one person; treatment takes most veins away and leaves stains."""
    rng = np.random.default_rng(seed)
    mottle = sum(amplitude * _noise(rng, sigma) for sigma, amplitude in ((1.5, 0.02), (4.0, 0.05), (10.0, 0.05), (40.0, 0.06)))
    density = -np.log(SKIN) + np.asarray(mottle)[..., None] * np.asarray([0.7, 1.0, 1.2], np.float32)
    for _ in range(12):
        centre = (int(rng.uniform(0, SHAPE[1])), int(rng.uniform(0, SHAPE[0])))
        density += _soft(lambda m, c=centre: cv2.circle(m, c, 3, 1.0, -1), 1.0)[..., None] * 0.5
    for k in range(6):
        start, steps = rng.uniform(0.2, 0.8, 2) * SHAPE[::-1], rng.normal(0, 22, (8, 2)) + rng.normal(0, 10, 2)
        path = np.rint(start + np.cumsum(steps, axis=0)).astype(np.int32)[:, None]
        line = _soft(lambda m, p=path: cv2.polylines(m, [p], False, 1.0, 2), 1.2)[..., None]
        if not treated or k == 0:
            density += line * VEIN
        else:
            density += cv2.GaussianBlur(line, (0, 0), 5)[..., None] * 3 * STAIN
    return np.asarray(density, np.float32)


def _noise(rng: np.random.Generator, sigma: float) -> NDArray[np.float32]:
    noise = cv2.GaussianBlur(rng.standard_normal(SHAPE).astype(np.float32), (0, 0), sigma)
    return np.asarray(noise / noise.std(), np.float32)


def _soft(draw, sigma: float) -> NDArray[np.float32]:
    mask = np.zeros(SHAPE, np.float32)
    draw(mask)
    return np.asarray(cv2.GaussianBlur(mask, (0, 0), sigma), np.float32)


def skin_position(after_xy: NDArray[np.float64], view: View) -> NDArray[np.float64]:
    """Before px of what an after px shows, (..., 2)."""
    centre = np.asarray([SHAPE[1] - 1, SHAPE[0] - 1]) / 2
    xy = np.asarray(after_xy, np.float64).copy()
    if view.mirrored:
        xy[..., 0] = SHAPE[1] - 1 - xy[..., 0]
    angle = np.deg2rad(view.turn)
    rotation = np.asarray([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]]) / view.scale
    xy = (xy - centre - view.shift_xy) @ rotation.T + centre
    wave = view.slide * np.stack([np.sin(xy[..., 1] / 60), np.cos(xy[..., 0] / 75)], axis=-1)
    return xy + wave


def true_map(before_xy: NDArray[np.float64], view: View) -> NDArray[np.float64]:
    """After px of before px, by fixed-point iteration on `skin_position` (not for mirrored views)."""
    xy = np.asarray(before_xy, np.float64).copy()
    for _ in range(60):
        xy -= 0.8 * (skin_position(xy, view) - before_xy)
    return xy


def photo_of(density: NDArray[np.float32], seed: int, *, view: View | None = None, light: float = 0.0) -> LinearRGB:
    """A photo of the skin, from `view`, under light that falls off across the frame and has a cast, with sensor noise."""
    rows, columns = np.mgrid[: SHAPE[0], : SHAPE[1]]
    if view is not None:
        where = skin_position(np.stack([columns, rows], axis=-1), view).astype(np.float32)
        density = cv2.remap(density, where[..., 0], where[..., 1], cv2.INTER_CUBIC, borderMode=cv2.BORDER_REFLECT)
    shade = light * (columns / SHAPE[1] - 0.5 + 0.5 * (rows / SHAPE[0]))
    linear = np.exp(-density - shade[..., None]) * np.asarray([1.0, 1.0 - 0.2 * light, 1.0 - 0.4 * light])
    noise = np.random.default_rng(seed).normal(0, 0.003, linear.shape)
    return np.asarray(np.clip(linear + noise, 0, 1), np.float32)


def field_of(leg: Mask | None = None, limbs: NDArray[np.int32] | None = None) -> Field:
    """A field without obstructions; the whole frame by default."""
    labels = limbs if limbs is not None else (np.ones(SHAPE, np.int32) if leg is None else leg.astype(np.int32))
    chosen = labels == 1
    none = np.zeros(SHAPE, np.bool_)
    return Field(labels, 1, chosen, chosen.copy(), nothing_hidden(none.shape), none)
