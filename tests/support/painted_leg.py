"""A leg painted with known truth: where its skin, veins, hairs and gloss are."""

from __future__ import annotations

from dataclasses import dataclass, field

import cv2
import numpy as np

from photocompare.base.arrays import SRGB8, LinearRGB, Mask
from photocompare.base.colour import linear_from_srgb8, srgb8_from_linear
from tests.support.hostile_files import exif_block, jpeg

# Linear sRGB of skin under D65 by Monte Carlo, at 2, 12 and 30 % melanosomes.
TONES = {"light": (0.44, 0.32, 0.22), "medium": (0.19, 0.10, 0.05), "dark": (0.07, 0.03, 0.02)}
BACKGROUNDS = {
    "blue": (0.05, 0.09, 0.22),
    "green": (0.08, 0.23, 0.15),
    "grey": (0.40, 0.40, 0.42),
    "white": (0.85, 0.85, 0.85),
    "black": (0.012, 0.012, 0.013),
    "mauve": (0.45, 0.38, 0.48),
    "beige tile": (0.62, 0.56, 0.45),
}
CASTS = {"none": (1.0, 1.0, 1.0), "orange": (1.25, 1.0, 0.62), "yellow-green": (1.0, 1.04, 0.72), "purple": (1.08, 0.92, 1.10)}


@dataclass
class PaintedLeg:
    """What was painted."""

    linear: LinearRGB
    leg: Mask
    veins: Mask
    hairs: Mask
    gloss: Mask
    parts: list[Mask] = field(default_factory=list)


def _smooth_noise(rng: np.random.Generator, shape: tuple[int, int], sigma: float) -> np.ndarray:
    noise = cv2.GaussianBlur(rng.standard_normal(shape).astype(np.float32), (0, 0), sigma)
    return noise / noise.std()


def _limb(shape: tuple[int, int], middle: float, width: float) -> tuple[Mask, np.ndarray]:
    """A limb from the top to the bottom border, and how far across it each pixel is (-1..1)."""
    rows, cols = np.mgrid[: shape[0], : shape[1]].astype(np.float32)
    half = shape[1] * width / 2 * (1 + 0.12 * np.sin(rows / shape[0] * 4.0))
    across = (cols - shape[1] * middle - 0.03 * shape[1] * np.sin(rows / shape[0] * 3.0)) / half
    return np.abs(across) < 1, across


def paint_leg(
    tone: str = "light",
    background: str = "blue",
    cast: str = "none",
    *,
    shape: tuple[int, int] = (640, 480),
    limbs: tuple[tuple[float, float], ...] = ((0.5, 0.6),),
    gloss: float = 0.0,
    hairs: int = 0,
    noise: float = 0.003,
    seed: int = 1,
) -> PaintedLeg:
    """A photo of limbs at (middle, width), shares of the frame's width; veins and hairs lie on the first one."""
    rng = np.random.default_rng(seed)
    picture = np.empty((*shape, 3), np.float32)
    picture[:] = np.array(BACKGROUNDS[background]) * (1 + 0.03 * _smooth_noise(rng, shape, 20))[..., None]
    veins, strokes, parts = np.zeros(shape, bool), np.zeros(shape, bool), []
    shine = np.zeros(shape, np.float32)
    for number, (middle, width) in enumerate(limbs):
        inside, across = _limb(shape, middle, width)
        density = -np.log(np.array(TONES[tone])) + (0.06 * _smooth_noise(rng, shape, 12) + 0.03 * _smooth_noise(rng, shape, 1.5))[..., None]
        density -= np.log(0.25 + 0.75 * np.sqrt(np.clip(1 - across**2, 0, 1)))[..., None]
        if number == 0:
            veins, strokes = _vein_lines(rng, shape, inside), _hair_lines(rng, shape, inside, hairs)
            density += cv2.GaussianBlur(veins.astype(np.float32), (0, 0), 1.5)[..., None] * np.array([0.26, 0.41, 0.21])
            density = np.where(strokes[..., None], density + np.array([1.2, 1.2, 1.3]), density)
            shine = (gloss * np.exp(-((across / 0.25) ** 2))).astype(np.float32) * inside
        picture = np.where(inside[..., None], np.exp(-density) + shine[..., None], picture)
        parts = [part & ~inside for part in parts] + [inside]
    picture = cv2.GaussianBlur(picture.astype(np.float32) * np.array(CASTS[cast], np.float32), (0, 0), 0.7)
    picture = picture + noise * np.sqrt(np.clip(picture, 0, 1)) * rng.standard_normal(picture.shape).astype(np.float32)
    linear = linear_from_srgb8(srgb8_from_linear(np.asarray(picture, np.float32)))
    skin = np.exp(-density[..., 0]) if len(limbs) == 1 else np.ones(shape)
    return PaintedLeg(linear, parts[0], veins & parts[0], strokes & parts[0], parts[0] & (shine > 2 * skin), parts)


def _vein_lines(rng: np.random.Generator, shape: tuple[int, int], inside: Mask) -> Mask:
    """Winding, forking lines of 4 px in the middle of the limb."""
    lines = np.zeros(shape, np.uint8)
    rows, cols = np.nonzero(cv2.erode(inside.astype(np.uint8), np.ones((61, 61), np.uint8), borderValue=0))
    for _ in range(12):
        pick = rng.integers(len(rows))
        heading = rng.uniform(0, 2 * np.pi)
        point = np.array([cols[pick], rows[pick]], float)
        path = [point.copy()]
        for _ in range(10):
            heading += rng.normal(0, 0.7)
            point += 8 * np.array([np.cos(heading), np.sin(heading)])
            path.append(point.copy())
        cv2.polylines(lines, [np.rint(path).astype(np.int32)], False, 1, 4)
    return (lines > 0) & inside


def _hair_lines(rng: np.random.Generator, shape: tuple[int, int], inside: Mask, count: int) -> Mask:
    """Straight strokes of 1 px, 40 px long."""
    lines = np.zeros(shape, np.uint8)
    rows, cols = np.nonzero(cv2.erode(inside.astype(np.uint8), np.ones((81, 81), np.uint8), borderValue=0))
    for _ in range(count):
        pick, heading = rng.integers(len(rows)), rng.uniform(0, np.pi)
        end = np.array([cols[pick], rows[pick]]) + 40 * np.array([np.cos(heading), np.sin(heading)])
        cv2.line(lines, (int(cols[pick]), int(rows[pick])), tuple(np.rint(end).astype(int).tolist()), 1, 1)
    return lines > 0


def colour_blobs(shape: tuple[int, int] = (640, 480), seed: int = 5) -> LinearRGB:
    """Smooth patches of every colour: no leg."""
    rng = np.random.default_rng(seed)
    coarse = rng.random((shape[0] // 40, shape[1] // 40, 3)).astype(np.float32)
    return np.clip(cv2.resize(coarse, (shape[1], shape[0]), interpolation=cv2.INTER_CUBIC), 0, 1)


def overlap(one: Mask, other: Mask) -> float:
    """Intersection over union."""
    return float(np.count_nonzero(one & other) / max(1, np.count_nonzero(one | other)))


def two_encoded_legs() -> tuple[SRGB8, SRGB8]:
    """Two painted legs before different backgrounds as photos' pixels, shape (640, 480, 3) each."""
    first = paint_leg("light", "blue", shape=(640, 480), seed=11)
    second = paint_leg("light", "grey", "orange", shape=(640, 480), limbs=((0.55, 0.5),), seed=12)
    return srgb8_from_linear(first.linear), srgb8_from_linear(second.linear)


def jpeg_with_camera(picture: SRGB8) -> bytes:
    """A JPEG of these pixels whose EXIF tells of camera, exposure and time."""
    exif = exif_block(
        photo={0x9003: "2026:03:14 09:30:00", 0x829A: 0.01, 0x8827: 100, 0x9209: 1, 0x920A: 4.2, 0xA405: 26},
        main={0x010F: "Example", 0x0110: "One"},
    )
    return jpeg(picture, exif=exif)
