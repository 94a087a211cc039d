"""What lies over or beside the veins of a leg and is no vein: drawn as densities on the skin, as light, or on the finished photo.

All of it is labelled "no vein".  Each function takes the scene's generator, shape and scale and adds one kind of thing.
"""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray
from skin_scenes import F32, draw, noise, walk

Shape = tuple[int, int]
MELANIN = np.array([0.55, 0.75, 1.0], np.float32)
GREY = np.ones(3, np.float32)


def _anywhere(rng: Generator, shape: Shape) -> F32:
    return rng.uniform((0, 0), (shape[1], shape[0])).astype(np.float32)


def _line(rng: Generator, shape: Shape, px_per_mm: float, length: tuple[float, float], wiggle: float) -> F32:
    return walk(rng, _anywhere(rng, shape), rng.uniform(0, 6.28), rng.uniform(*length) * px_per_mm, wiggle)


def hair(rng: Generator, shape: Shape, px_per_mm: float) -> F32:
    """Body hair: thick, thin, pale, wet in strands, or shaved to stubble."""
    kind = rng.choice(["thin", "thick", "wet", "stubble", "pale"], p=[0.3, 0.25, 0.15, 0.2, 0.1])
    bearing = rng.uniform(0, 6.28)
    area = shape[0] * shape[1] / px_per_mm**2
    count = int(min(70, area * rng.uniform(0.01, 0.2) * (2 if kind == "stubble" else 0.5)))
    width = {"thin": 0.05, "thick": 0.12, "wet": 0.09, "stubble": 0.12, "pale": 0.08}[kind] * px_per_mm
    length = (0.3, 1.0) if kind == "stubble" else (3, 18)
    dark = {"thin": 0.5, "thick": 1.2, "wet": 1.2, "stubble": 0.8, "pale": -0.35}[kind] * rng.uniform(0.4, 1.2)
    paths: list[tuple[F32, float, float]] = []
    strand = _anywhere(rng, shape)
    for k in range(count):
        if kind == "wet" and k % 6:
            start = strand + rng.normal(0, 0.5 * px_per_mm, 2).astype(np.float32)
        else:
            start = strand = _anywhere(rng, shape)
        spread = 0.12 if kind == "wet" else 0.45
        paths.append(
            (walk(rng, start, bearing + rng.normal(0, spread), rng.uniform(*length) * px_per_mm, 0.05), width, rng.uniform(0.5, 1))
        )
    if not paths:
        return np.zeros((*shape, 3), np.float32)
    lines = draw(shape, paths, 0.0)
    total = lines[..., None] * (dark * np.array([rng.uniform(0.7, 1), rng.uniform(0.88, 1), 1.0], np.float32))
    if dark > 0 and rng.random() < 0.4:  # its shadow
        shift = np.array([[1, 0, rng.uniform(-6, 6)], [0, 1, rng.uniform(-6, 6)]], np.float32)
        soft = cv2.GaussianBlur(cv2.warpAffine(lines, shift, shape[::-1]), (0, 0), rng.uniform(1, 3))
        total = total + (soft * rng.uniform(0.1, 0.4))[..., None]
    return np.asarray(total, np.float32)


def fold(rng: Generator, shape: Shape, px_per_mm: float) -> F32:
    """Knee and ankle folds, toe clefts, wrinkles: dark lines with a bright lip, reddish in their depth."""
    deep = rng.choice([0.08, 0.2, 0.7], p=[0.5, 0.35, 0.15]) * rng.uniform(0.5, 1.3)
    total = np.zeros((*shape, 3), np.float32)
    bearing = rng.uniform(0, 6.28)
    for _ in range(rng.integers(1, 6)):
        path = walk(rng, _anywhere(rng, shape), bearing + rng.normal(0, 0.15), rng.uniform(6, 45) * px_per_mm, 0.05)
        line = draw(shape, [(path, rng.uniform(0.15, 1.2) * px_per_mm, 1.0)], rng.uniform(0.08, 0.7) * px_per_mm)
        lip = np.roll(line, (int(rng.integers(-6, 7)), int(rng.integers(-6, 7))), (0, 1))
        colour = np.array([rng.uniform(0.6, 1.0), 1.0, rng.uniform(0.9, 1.15)], np.float32)
        total += (line * deep)[..., None] * colour - (lip * deep * rng.uniform(0, 0.6))[..., None]
    return total


def furrows(rng: Generator, shape: Shape, px_per_mm: float) -> F32:
    """A net of fine furrows, or heel cracks: dark branching lines with pale horn around."""
    cracked = rng.random() < 0.3
    reach = rng.uniform(0.8, 3.5) * px_per_mm
    net = np.exp(-((noise(rng, shape, reach, rng.uniform(0.6, 2.5)) / rng.uniform(0.05, 0.2)) ** 2))
    net *= np.clip(noise(rng, shape, 3 * reach) + 0.5, 0, 1.5)
    strength = rng.uniform(0.1, 0.5) if cracked else rng.uniform(0.02, 0.12)
    total = net[..., None] * strength * np.array([rng.uniform(0.7, 1), 1, 1], np.float32)
    if cracked:
        total = total - (cv2.GaussianBlur(net, (0, 0), 0.5 * px_per_mm) * rng.uniform(0, 0.2))[..., None]
    return np.asarray(total, np.float32)


def bulge(rng: Generator, shape: Shape, px_per_mm: float) -> F32:
    """A bulging vein under slanting light: bright on one side, dark on the other, without a colour of its own."""
    path = _line(rng, shape, px_per_mm, (20, 80), rng.uniform(0.05, 0.25))
    height = draw(shape, [(path, rng.uniform(2, 7) * px_per_mm, 1.0)], rng.uniform(0.7, 2.0) * px_per_mm)
    gy, gx = np.gradient(height)
    angle = rng.uniform(0, 6.28)
    slope = (gx * np.cos(angle) + gy * np.sin(angle)) * px_per_mm
    return np.asarray((slope * rng.uniform(0.1, 0.6))[..., None] * GREY, np.float32)


def _blob(rng: Generator, shape: Shape, radius: float, ragged: float) -> F32:
    spot = np.zeros(shape, np.float32)
    x, y = _anywhere(rng, shape)
    size = (max(1, round(radius)), max(1, round(radius * rng.uniform(0.5, 1))))
    cv2.ellipse(spot, (int(x), int(y)), size, rng.uniform(0, 180), 0, 360, 1.0, -1, cv2.LINE_AA)
    spot = cv2.GaussianBlur(spot, (0, 0), max(0.5, radius * 0.2))
    return np.asarray(np.clip(spot * (1 + ragged * noise(rng, shape, max(1.0, radius * 0.3))), 0, 1.5), np.float32)


def spots(rng: Generator, shape: Shape, px_per_mm: float) -> F32:
    """Moles, freckles, cherry spots and scabs."""
    total = np.zeros((*shape, 3), np.float32)
    for _ in range(rng.integers(1, 9)):
        radius = float(np.exp(rng.uniform(np.log(0.15), np.log(2.5)))) * px_per_mm
        kind = rng.choice(["brown", "red", "scab"], p=[0.65, 0.15, 0.2])
        colour = {
            "brown": MELANIN * rng.uniform(0.2, 1.5),
            "red": np.array([0.3, 1.0, 0.8], np.float32) * rng.uniform(0.2, 0.8),
            "scab": np.array([rng.uniform(0.5, 0.9), 1.0, 1.0], np.float32) * rng.uniform(0.3, 1.4),
        }[str(kind)]
        total += _blob(rng, shape, radius, 0.5 if kind == "scab" else 0.1)[..., None] * colour
    return total


def bruise(rng: Generator, shape: Shape, px_per_mm: float) -> F32:
    """Blue, purple, green or yellow, with a soft ragged edge."""
    area = np.clip(noise(rng, shape, rng.uniform(2, 8) * px_per_mm) - rng.uniform(0.2, 1.2), 0, 1.5)
    colour = np.array([rng.uniform(0.2, 1.0), 1.0, rng.uniform(0.1, 1.3)], np.float32)
    return np.asarray(area[..., None] * colour * rng.uniform(0.05, 0.35), np.float32)


def ink(rng: Generator, shape: Shape, px_per_mm: float) -> F32:
    """A surgeon's pen: lines, rings, dots and crosses, in blue, violet, black, green or red; fresh or half washed off."""
    inks = [(1.0, 0.75, 0.25), (0.8, 1.0, 0.3), (1.0, 1.0, 1.0), (1.0, 0.4, 0.8), (0.1, 1.0, 0.9)]
    colour = np.array(inks[int(rng.integers(len(inks)))], np.float32) * rng.uniform(0.15, 1.6)
    paths: list[tuple[F32, float, float]] = []
    width = rng.uniform(0.4, 1.8) * px_per_mm
    for _ in range(rng.integers(1, 4)):
        kind = rng.random()
        if kind < 0.45:
            paths.append((_line(rng, shape, px_per_mm, (4, 40), 0.1), width, 1.0))
        elif kind < 0.75:
            turn = np.linspace(0, 6.28, 40)[:, None]
            ring = np.hstack([np.cos(turn), np.sin(turn) * rng.uniform(0.5, 1)]) * rng.uniform(2, 9) * px_per_mm
            paths.append(((ring + _anywhere(rng, shape)).astype(np.float32), width, 1.0))
        else:
            at, arm = _anywhere(rng, shape), rng.uniform(1, 4) * px_per_mm
            for way in ((1, 1), (1, -1)):
                step = np.array(way, np.float32) * arm
                paths.append((np.stack([at - step, at + step]).astype(np.float32), width, 1.0))
    worn = np.clip(1 + rng.uniform(0, 0.8) * noise(rng, shape, rng.uniform(0.1, 0.6) * px_per_mm + 1), 0, 1.5)
    return np.asarray((draw(shape, paths, rng.uniform(0, 0.2) * px_per_mm) * worn)[..., None] * colour, np.float32)


def pressed(rng: Generator, shape: Shape, px_per_mm: float) -> F32:
    """Sock and stocking lines and adhesive marks: parallel ribs or a rectangle's edge, reddish, with a shade."""
    angle = rng.uniform(0, 3.14)
    yy, xx = np.mgrid[0 : shape[0], 0 : shape[1]].astype(np.float32)
    middle = _anywhere(rng, shape)
    along = (xx - middle[0]) * np.cos(angle) + (yy - middle[1]) * np.sin(angle)
    across = -(xx - middle[0]) * np.sin(angle) + (yy - middle[1]) * np.cos(angle) + noise(rng, shape, 12 * px_per_mm) * 0.4 * px_per_mm
    red = np.array([rng.uniform(0.1, 0.5), 1.0, rng.uniform(0.6, 1.0)], np.float32) * rng.uniform(0.03, 0.2)
    if rng.random() < 0.6:
        band = np.exp(-((across / (rng.uniform(2, 12) * px_per_mm)) ** 4))
        way = along if rng.random() < 0.6 else across
        ribs = np.cos(way * 6.28 / (rng.uniform(0.8, 3.0) * px_per_mm))
        return np.asarray(band[..., None] * red * rng.uniform(0, 1) + (band * ribs * rng.uniform(0.01, 0.09))[..., None] * GREY, np.float32)
    half = rng.uniform(5, 20, 2) * px_per_mm
    edge = np.minimum(half[0] - np.abs(along), half[1] - np.abs(across)) / (rng.uniform(0.3, 1.2) * px_per_mm)
    inside = 1 / (1 + np.exp(-np.clip(edge, -20, 20)))
    rim = np.exp(-(edge**2))
    return np.asarray((inside * rng.uniform(0, 1))[..., None] * red + (rim * rng.uniform(0, 0.2))[..., None] * MELANIN, np.float32)


def blush(rng: Generator, shape: Shape, px_per_mm: float) -> F32:
    """Patches of redness and of paler skin, without lines."""
    patch = np.clip(noise(rng, shape, rng.uniform(1.0, 8) * px_per_mm) - rng.uniform(-0.5, 1), 0, 2)
    colour = np.array([rng.uniform(0.1, 0.5), 1.0, rng.uniform(0.5, 1.0)], np.float32)
    return np.asarray(patch[..., None] * colour * rng.uniform(-0.06, 0.15), np.float32)


def follicles(rng: Generator, shape: Shape, px_per_mm: float) -> F32:
    """Hair follicles and goose-bumps: a field of small dark or red dots, denser here and there."""
    pitch = max(3.0, rng.uniform(0.9, 2.5) * px_per_mm)
    count = int(shape[0] * shape[1] / pitch**2)
    x, y = rng.uniform(0, shape[1], count), rng.uniform(0, shape[0], count)
    where = noise(rng, shape, rng.uniform(5, 20) * px_per_mm)
    dots = np.zeros(shape, np.float32)
    there = where[y.astype(int), x.astype(int)] > rng.uniform(-2, 0.5)
    dots[y.astype(int)[there], x.astype(int)[there]] = rng.uniform(0.3, 1, int(there.sum()))
    size = max(0.6, rng.uniform(0.1, 0.35) * px_per_mm)
    soft = cv2.GaussianBlur(dots, (0, 0), size) * (6.28 * size**2)
    colour = np.array([rng.uniform(0.3, 0.9), 1.0, rng.uniform(0.7, 1.1)], np.float32)
    return np.asarray(soft[..., None] * colour * rng.uniform(0.02, 0.2), np.float32)


KINDS: tuple[tuple[Callable[[Generator, Shape, float], F32], float, float], ...] = (
    (hair, 0.2, 0.5),
    (fold, 0.15, 0.9),
    (furrows, 0.15, 0.9),
    (bulge, 0.1, 0.8),
    (spots, 0.25, 0.9),
    (bruise, 0.08, 0.0),
    (ink, 0.06, 0.15),
    (pressed, 0.12, 0.2),
    (blush, 0.25, 0.3),
    (follicles, 0.2, 0.85),
)
"""What may be drawn, how often it is in a scene, and how often what is in one photo is in the other too."""


def obstructions(rng: Generator, shape: Shape, px_per_mm: float) -> tuple[F32, F32]:
    """Densities (H, W, 3) of what both photos show but no vein is, and how they differ: before, after."""
    layers = np.zeros((*shape, 3), np.float32), np.zeros((*shape, 3), np.float32)
    for make, rate, stays in KINDS:
        if rng.random() >= rate:
            continue
        layer = make(rng, shape, px_per_mm)
        if rng.random() < stays:
            for total in layers:
                total += layer * float(rng.uniform(0.7, 1.3))
        else:
            layers[int(rng.integers(2))][...] += layer
            if make is hair and rng.random() < 0.7:  # other hairs in the other photo
                layers[int(rng.integers(2))][...] += hair(rng, shape, px_per_mm)
    return layers


def _texture(rng: Generator, shape: Shape) -> F32:
    """Cloth, floor, a shoe, a wall: anything."""
    colour = np.exp(rng.uniform(np.log(0.01), np.log(0.8))) * np.exp(rng.normal(0, 0.35, 3))
    plain = np.ones((*shape, 3), np.float32) * colour.astype(np.float32)
    grain = noise(rng, shape, rng.uniform(1, 6), rng.uniform(0.3, 3)) * rng.uniform(0, 0.25)
    yy, xx = np.mgrid[0 : shape[0], 0 : shape[1]].astype(np.float32)
    angle, pitch = rng.uniform(0, 3.14), rng.uniform(3, 25)
    weave = np.sin((xx * np.cos(angle) + yy * np.sin(angle)) * 6.28 / pitch) * rng.choice([0.0, rng.uniform(0, 0.3)])
    return np.asarray(plain * np.exp(grain + weave)[..., None], np.float32)


def limb_edge(rng: Generator, shape: Shape) -> tuple[F32, F32, F32, NDArray[np.bool_]]:
    """A limb that ends within the scene, or the gap between two.

    Returns how much of each pixel is background (0..1), the background of either photo, and the leg's mask as a tool might find it.
    """
    yy, xx = np.mgrid[0 : shape[0], 0 : shape[1]].astype(np.float32)
    angle = rng.uniform(0, 6.28)
    away = (xx - shape[1] / 2) * np.cos(angle) + (yy - shape[0] / 2) * np.sin(angle)
    away = away - rng.uniform(-0.05, 0.4) * shape[0] + noise(rng, shape, rng.uniform(25, 60)) * rng.uniform(0, 8)
    if rng.random() < 0.3:  # a gap
        away = np.minimum(away, rng.uniform(3, 60) - away)
    outside = 1 / (1 + np.exp(-np.clip(away / rng.uniform(0.4, 1.5), -20, 20)))
    wrong = rng.normal(0, 3) + (rng.uniform(5, 60) if rng.random() < 0.2 else 0) + noise(rng, shape, 20) * rng.uniform(0, 3)
    first = _texture(rng, shape)
    second = first * np.exp(rng.normal(0, 0.2, 3)).astype(np.float32) if rng.random() < 0.5 else _texture(rng, shape)
    return np.asarray(outside, np.float32), first, second, np.asarray(away < wrong)


def shaded_edge(rng: Generator, outside: F32, px_per_mm: float) -> F32:
    """Grey density by which a limb darkens (or glows, against the light) towards its edge."""
    inside = (outside < 0.5).astype(np.uint8)
    depth = cv2.distanceTransform(inside, cv2.DIST_L2, 5) / px_per_mm
    return np.asarray(np.exp(-depth / rng.uniform(0.5, 6)) * rng.uniform(-0.2, 1.0), np.float32)


def stamped(rng: Generator, photo: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """A date stamp or a watermark on the finished photo."""
    h, w = photo.shape[:2]
    text = rng.choice(["12.03.2021", "2019/07/14 10:22", "AFTER", "before", "www.clinic.example", "(c) Dr. Vena", "3 months"])
    where = int(rng.uniform(-20, w * 0.6)), int(rng.uniform(10, h))
    colour = [(255, 140, 20), (255, 255, 0), (255, 255, 255), (20, 20, 20), (230, 40, 40)][int(rng.integers(5))]
    over = photo.copy()
    cv2.putText(over, str(text), where, int(rng.integers(0, 5)), rng.uniform(0.4, 2.0), colour, int(rng.integers(1, 4)), cv2.LINE_AA)
    share = rng.choice([1.0, rng.uniform(0.1, 0.5)])
    return np.asarray(cv2.addWeighted(over, share, photo, 1 - share, 0), np.uint8)
