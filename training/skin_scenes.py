"""Flat skin scenes with known veins and stains, for training the vein network.

The scenes are drawn in optical density, where blood and pigment add, under a camera that is then made unlike any other: the ranges
are wider than any one camera, skin or renderer, so that the network learns what veins have in common (a line, darker, of a colour
between the green-dominated telangiectasia and the red-dominated reticular vein) and not how one renderer looks.  Colours follow the
Monte Carlo table of `docs/method.md`; every range is widened beyond it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from photocompare.base.colour import lab_from_linear, srgb8_from_linear

F32 = NDArray[np.float32]

SKIN_BASE = np.array([[0.50, 0.37, 0.27], [0.44, 0.32, 0.22], [0.19, 0.10, 0.05], [0.07, 0.03, 0.02]], np.float32)
"""Linear sRGB of very light to dark skin under D65 (Monte Carlo, S-SYNTH coefficients)."""

SCENE_PX = 448


@dataclass(frozen=True)
class Scene:
    """One camera view of a patch and its truth.

    image : uint8 (H, W, 3), sRGB.  vein_de, stain_de : float32 (H, W), CIE76 against the same skin without them, neutral light, L* 60.
    """

    image: NDArray[np.uint8]
    vein_de: F32
    stain_de: F32


def noise(rng: Generator, shape: tuple[int, int], sigma: float, stretch: float = 1.0) -> F32:
    """Smooth noise of unit standard deviation with correlation length `sigma` px."""
    f = max(1, int(sigma / 2))
    small = rng.standard_normal((shape[0] // f + 8, shape[1] // f + 8)).astype(np.float32)
    small = cv2.GaussianBlur(small, (0, 0), sigma / f, sigmaY=sigma / f * stretch)
    big = (
        cv2.resize(small, None, fx=f, fy=f, interpolation=cv2.INTER_CUBIC)[: shape[0], : shape[1]]
        if f > 1
        else small[: shape[0], : shape[1]]
    )
    return (big - big.mean()) / (big.std() + 1e-6)


def walk(rng: Generator, start: F32, angle: float, length: float, wiggle: float, step: float = 3.0) -> F32:
    """A smooth random path (N, 2) as (x, y)."""
    n = max(3, int(length / step))
    turns = cv2.GaussianBlur(rng.standard_normal((1, n)).astype(np.float32), (0, 0), 2.5)[0] * wiggle
    heading = angle + np.cumsum(turns)
    return start + np.cumsum(np.stack([np.cos(heading), np.sin(heading)], 1) * step, 0).astype(np.float32)


def _tree(
    rng: Generator, start: F32, angle: float, length: float, width: float, depth: int, wiggle: float, out: list[tuple[F32, float]]
) -> None:
    path = walk(rng, start, angle, length, wiggle)
    out.append((path, width))
    if depth <= 0:
        return
    for _ in range(rng.integers(1, 4)):
        k = int(rng.integers(len(path) // 4, len(path)))
        heading = np.arctan2(*(path[k] - path[max(0, k - 2)])[::-1])
        _tree(
            rng,
            path[k],
            heading + rng.choice([-1, 1]) * rng.uniform(0.3, 1.2),
            length * rng.uniform(0.35, 0.8),
            max(0.6, width * rng.uniform(0.5, 0.9)),
            depth - 1,
            wiggle,
            out,
        )


def draw(shape: tuple[int, int], paths: list[tuple[F32, float, float]], blur: float) -> F32:
    """Lines (path, width px, strength) as a coverage image, blurred as tissue blurs them; crossings take the stronger."""
    canvas = np.zeros((shape[0] * 2, shape[1] * 2), np.float32)
    for path, width, strength in sorted(paths, key=lambda p: p[2]):
        pts = np.round((path * 2 + 0.5) * 16).astype(np.int32)[None]
        w = width * 2
        if w < 1.5:  # thinner than a pixel of the canvas: keep the width and pay with strength
            strength, w = strength * w / 1.5, 1.5
        line = np.zeros_like(canvas, np.uint8)
        lo = np.maximum(path.min(0) * 2 - 30, 0).astype(int)
        hi = np.minimum(path.max(0) * 2 + 30, (shape[1] * 2, shape[0] * 2)).astype(int)
        if (hi <= lo).any():
            continue
        cv2.polylines(line, pts, False, 255, max(1, round(w)), cv2.LINE_AA, 4)
        window = np.s_[lo[1] : hi[1], lo[0] : hi[0]]
        canvas[window] = np.maximum(canvas[window], line[window].astype(np.float32) * (strength / 255))
    small = cv2.resize(canvas, (shape[1], shape[0]), interpolation=cv2.INTER_AREA)
    return cv2.GaussianBlur(small, (0, 0), blur) if blur > 0.2 else small


def vein_colour(rng: Generator, kind: str) -> F32:
    """Density per unit strength: green-dominated when thin and shallow, red-dominated when deep."""
    if kind == "red":
        return np.array([rng.uniform(0.15, 0.6), 1.0, rng.uniform(0.35, 1.15)], np.float32)
    if kind == "purple":
        return np.array([rng.uniform(0.55, 1.1), 1.0, rng.uniform(0.3, 1.0)], np.float32)
    return np.array([1.0, rng.uniform(0.25, 0.85), rng.uniform(-0.1, 0.6)], np.float32)


def stain_colour(rng: Generator) -> F32:
    """Brown: density falls from blue to red (hemosiderin of exponent 6 to 10, and melanin)."""
    green = rng.uniform(0.55, 0.85)
    return np.array([green * rng.uniform(0.25, 0.85), green, 1.0], np.float32)


def de76(base: F32, density: F32) -> F32:
    """CIE76 between skin and the same skin under an added density, neutral light, skin at L* 60."""
    mid = base * (0.2812 / float(base @ np.array([0.2126, 0.7152, 0.0722], np.float32)))
    plain = lab_from_linear(mid.reshape(1, 1, 3))
    return np.linalg.norm(lab_from_linear((mid * np.exp(-density)).astype(np.float32)) - plain, axis=2).astype(np.float32)


def trees(
    rng: Generator, shape: tuple[int, int], px_per_mm: float, fewer_than: tuple[int, int, int] = (6, 4, 4)
) -> Iterator[tuple[str, list[tuple[F32, float]]]]:
    """Vessel trees by kind, `fewer_than` so many each, as a list of (path, width px); kinds of which there are none are left out."""
    h, w = shape
    for kind, lo, hi, depth, count in (
        ("red", 0.1, 0.7, 3, rng.integers(0, fewer_than[0])),
        ("purple", 0.15, 1.0, 2, rng.integers(0, fewer_than[1])),
        ("deep", 0.8, 3.2, 1, rng.integers(0, fewer_than[2])),
    ):
        paths: list[tuple[F32, float]] = []
        for _ in range(count):
            start = rng.uniform((-20, -20), (w + 20, h + 20)).astype(np.float32)
            size = np.exp(rng.uniform(np.log(lo), np.log(hi))) * px_per_mm
            length = rng.uniform(4, 16) * px_per_mm * (3 if kind == "deep" else 1)
            _tree(rng, start, rng.uniform(0, 6.28), length, size, depth, 0.12 if kind == "deep" else rng.uniform(0.1, 0.45), paths)
        if paths:
            yield kind, paths


def tissue_blur(rng: Generator, kind: str, px_per_mm: float) -> float:
    """Sigma in px by which skin blurs vessels of a kind."""
    return (rng.uniform(0.05, 0.2) if kind != "deep" else rng.uniform(0.2, 0.7)) * px_per_mm


def matting(rng: Generator, shape: tuple[int, int], px_per_mm: float) -> list[tuple[F32, float, float]]:
    """A tuft of fine new vessels: (path, width px, strength) each."""
    h, w = shape
    centre = rng.uniform((0, 0), (w, h))
    tuft = []
    for _ in range(rng.integers(8, 50)):
        start = (centre + rng.normal(0, 5 * px_per_mm, 2)).astype(np.float32)
        tuft.append(
            (
                walk(rng, start, rng.uniform(0, 6.28), rng.uniform(1.5, 7) * px_per_mm, rng.uniform(0.1, 0.5)),
                rng.uniform(0.1, 0.3) * px_per_mm,
                rng.uniform(0.05, 0.4),
            )
        )
    return tuft


def _veins(rng: Generator, shape: tuple[int, int], px_per_mm: float) -> tuple[list[tuple[F32, F32]], list[tuple[F32, float, bool]]]:
    """Layers of (coverage, colour), and the paths that a stain may follow with whether the vein is still there."""
    layers: list[tuple[F32, F32]] = []
    courses: list[tuple[F32, float, bool]] = []
    fade = rng.choice([1.0, rng.uniform(0.05, 0.6)], p=[0.55, 0.45])
    for kind, paths in trees(rng, shape, px_per_mm):
        peak = np.exp(rng.uniform(np.log(0.05), np.log(0.6)))
        keep = [(p, s, float(rng.choice([1.0, rng.uniform(0, 1), 0.0], p=[0.45, 0.25, 0.3])) * peak * fade) for p, s in paths]
        courses += [(p, s, strength > 0) for p, s, strength in keep]
        blur = tissue_blur(rng, kind, px_per_mm)
        layers.append((draw(shape, keep, blur), vein_colour(rng, kind)))
    if rng.random() < 0.35:  # matting: a tuft of fine new vessels
        tuft = matting(rng, shape, px_per_mm)
        layers.append((draw(shape, tuft, rng.uniform(0.05, 0.15) * px_per_mm), vein_colour(rng, "red")))
    return layers, courses


def blotched(rng: Generator, cover: F32, patches: float, px_per_mm: float) -> F32:
    """A stain's coverage, uneven as stains are; with probability `patches` there are some beside the veins too."""
    if rng.random() < patches:
        blob = np.clip(noise(rng, cover.shape, rng.uniform(3, 9) * px_per_mm) - rng.uniform(1.2, 2.0), 0, 0.6) / 0.6
        cover = cover + blob * rng.uniform(0.1, 0.5)
    return np.asarray(cover * np.clip(1 + 0.35 * noise(rng, cover.shape, rng.uniform(0.5, 2) * px_per_mm), 0.2, 2))


def _stains(rng: Generator, shape: tuple[int, int], courses: list[tuple[F32, float, bool]], px_per_mm: float) -> F32:
    """Brown density coverage: along vein courses, wider than they were, blotchy; and patches."""
    cover = np.zeros(shape, np.float32)
    if rng.random() < 0.55 and courses:
        chosen = [(p, s * rng.uniform(1.0, 3.5), 1.0) for p, s, there in courses if rng.random() < (0.25 if there else 0.8)]
        cover = draw(shape, chosen, rng.uniform(0.3, 1.0) * px_per_mm) * np.exp(rng.uniform(np.log(0.05), np.log(0.6)))
    return blotched(rng, cover, 0.25, px_per_mm)


def turned(rng: Generator, shape: tuple[int, int], sigma: float, stretch: float) -> F32:
    """Stretched smooth noise at any angle."""
    side = int(1.5 * max(shape))
    turn = cv2.getRotationMatrix2D((side / 2, side / 2), rng.uniform(0, 180), 1.0)
    top, left = (side - shape[0]) // 2, (side - shape[1]) // 2
    return cv2.warpAffine(noise(rng, (side, side), sigma, stretch), turn, (side, side), flags=cv2.INTER_LINEAR)[
        top : top + shape[0], left : left + shape[1]
    ]


def _relief(rng: Generator, shape: tuple[int, int], px_per_mm: float) -> F32:
    """Micro-relief and furrows: shading without colour of its own, in lines that a ridge filter would take for veins."""
    relief = turned(rng, shape, rng.uniform(0.8, 3.0), rng.uniform(1.5, 4)) * rng.uniform(0, 0.08) * rng.choice([0.3, 1.0])
    if rng.random() < 0.35:
        net = np.exp(-((turned(rng, shape, rng.uniform(0.3, 1.5) * px_per_mm, rng.uniform(1, 3)) / rng.uniform(0.08, 0.25)) ** 2))
        relief = relief + net * rng.uniform(0, 0.12)
    return np.asarray(relief, np.float32)


def distractors(rng: Generator, shape: tuple[int, int], px_per_mm: float) -> F32:
    """Density (H, W, 3) of what is neither vein nor stain."""
    h, w = shape
    total = np.zeros((h, w, 3), np.float32)
    melanin = np.array([0.55, 0.75, 1.0], np.float32)
    mottled = rng.choice([0.02, 0.05, 0.11])
    for _ in range(3):
        total += (
            noise(rng, shape, np.exp(rng.uniform(np.log(0.4), np.log(8))) * px_per_mm, rng.uniform(0.6, 1.6)) * rng.uniform(0, mottled)
        )[..., None] * melanin
    total += (noise(rng, shape, rng.uniform(1, 6) * px_per_mm) * rng.uniform(0, 0.07))[..., None] * np.array([0.25, 1.0, 0.8], np.float32)
    total += _relief(rng, shape, px_per_mm)[..., None]
    for sigma, most in ((rng.uniform(0.7, 2), 0.05), (rng.uniform(2, 5), 0.05)):  # pores and goose-bumps
        total += (noise(rng, shape, sigma, rng.uniform(0.4, 2.5)) * rng.uniform(0, most) * rng.choice([0.3, 1.0]))[..., None]
    for _ in range(rng.poisson(14 * rng.random() ** 2)):  # freckles and moles
        spot = np.zeros(shape, np.float32)
        r = np.exp(rng.uniform(np.log(0.15), np.log(2.0))) * px_per_mm
        centre = (int(rng.uniform(0, w)), int(rng.uniform(0, h)))
        cv2.ellipse(
            spot, centre, (max(1, round(r)), max(1, round(r * rng.uniform(0.6, 1)))), rng.uniform(0, 180), 0, 360, 1.0, -1, cv2.LINE_AA
        )
        total += cv2.GaussianBlur(spot, (0, 0), max(0.5, r * 0.3))[..., None] * melanin * rng.uniform(0.1, 1.3)
    if rng.random() < 0.55:
        count, bearing = rng.integers(1, 40), rng.uniform(0, 6.28)
        dark = rng.uniform(0.15, 1.4)
        hairs = [
            (
                walk(
                    rng, rng.uniform((0, 0), (w, h)).astype(np.float32), bearing + rng.normal(0, 0.5), rng.uniform(2, 16) * px_per_mm, 0.05
                ),
                rng.uniform(0.04, 0.12) * px_per_mm,
                dark * rng.uniform(0.5, 1),
            )
            for _ in range(count)
        ]
        lines = draw(shape, hairs, 0.0)
        total += lines[..., None] * np.array([rng.uniform(0.75, 1), rng.uniform(0.9, 1), 1.0], np.float32)
        if rng.random() < 0.4:
            shift = np.float32([[1, 0, rng.uniform(-6, 6)], [0, 1, rng.uniform(-6, 6)]])
            total += cv2.GaussianBlur(cv2.warpAffine(lines, shift, (w, h)), (0, 0), rng.uniform(1, 3))[..., None] * rng.uniform(0.1, 0.5)
    for _ in range(rng.integers(0, 4)):  # creases: dark with a bright side, no colour of their own
        fold = draw(
            shape,
            [
                (
                    walk(rng, rng.uniform((0, 0), (w, h)).astype(np.float32), rng.uniform(0, 6.28), rng.uniform(5, 40) * px_per_mm, 0.08),
                    rng.uniform(0.2, 1.0) * px_per_mm,
                    1.0,
                )
            ],
            rng.uniform(0.1, 0.6) * px_per_mm,
        )
        total += (fold * rng.uniform(0.03, 0.2) - np.roll(fold, int(rng.integers(2, 8)), rng.integers(0, 2)) * rng.uniform(0, 0.15))[
            ..., None
        ] * np.array([0.85, 1.0, 1.0], np.float32)
    if rng.random() < 0.15:  # a bruise
        total += (
            np.clip(noise(rng, shape, rng.uniform(4, 10) * px_per_mm) - 1, 0, None)[..., None]
            * np.array([rng.uniform(0.3, 1), 1.0, rng.uniform(0.2, 0.9)], np.float32)
            * rng.uniform(0.05, 0.25)
        )
    return total


def camera(rng: Generator, linear: F32, gloss_px: float) -> NDArray[np.uint8]:
    """Light, gloss, white balance, exposure, tone curve, focus, noise, sharpening, JPEG."""
    h, w = linear.shape[:2]
    yy, xx = np.mgrid[-1 : 1 : h * 1j, -1 : 1 : w * 1j].astype(np.float32)
    field = rng.normal(0, 0.25) * xx + rng.normal(0, 0.25) * yy + rng.normal(0, 0.12) * xx * xx + rng.normal(0, 0.12) * yy * yy
    light = linear * np.exp(field)[..., None] * np.exp(rng.normal(0, 0.16, 3)).astype(np.float32)
    if rng.random() < 0.4:
        glint = np.clip(noise(rng, (h, w), rng.uniform(0.7, 2.5)) - rng.uniform(0.5, 2.5), 0, None) * np.clip(
            noise(rng, (h, w), gloss_px), 0, None
        )
        light = light + (glint * rng.uniform(0, 0.12))[..., None]
    if rng.random() < 0.45:  # a broad sheen, broken by the relief, that washes colour out
        sheen = np.exp(-((noise(rng, (h, w), gloss_px * 0.6) - rng.uniform(-1, 2)) ** 2)) * np.median(light) * rng.uniform(0, 0.9)
        broken = 1 + rng.uniform(0, 0.5) * turned(rng, (h, w), rng.uniform(0.8, 3), rng.uniform(1, 4))
        light = light + np.clip(sheen * broken, 0, None)[..., None]
    light = light * (np.exp(rng.normal(np.log(0.28), 0.35)) / np.median(light @ np.array([0.2126, 0.7152, 0.0722], np.float32)))
    mix = np.eye(3, dtype=np.float32) + rng.normal(0, 0.04, (3, 3)).astype(np.float32)
    light = np.clip(light @ (mix / mix.sum(1, keepdims=True)).T, 1e-4, None)
    gamma = rng.uniform(0.8, 1.25)
    light = 0.3 * (light / 0.3) ** gamma
    focus = rng.choice([rng.uniform(0.0, 0.9), rng.uniform(0.9, 2.2)], p=[0.75, 0.25])
    if focus > 0.25:
        light = cv2.GaussianBlur(light, (0, 0), focus)
    amount = rng.choice([0.0, rng.uniform(0, 0.012)])
    grain = rng.standard_normal(light.shape).astype(np.float32)
    if rng.random() < 0.5:
        grain = cv2.GaussianBlur(grain, (0, 0), rng.uniform(0.5, 1.2)) * 2
    light = light + grain * amount * np.sqrt(np.clip(light, 0.01, 1))
    if rng.random() < 0.4:
        light = light + (light - cv2.GaussianBlur(light, (0, 0), rng.uniform(0.8, 2))) * rng.uniform(0.1, 0.8)
    encoded = srgb8_from_linear(np.clip(light, 0, 1).astype(np.float32))
    if rng.random() < 0.9:
        quality = int(rng.uniform(55, 97))
        _, data = cv2.imencode(".jpg", encoded[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, quality])
        encoded = cv2.imdecode(data, cv2.IMREAD_COLOR)[..., ::-1]
    return np.ascontiguousarray(encoded)


def skin_tone(rng: Generator) -> F32:
    """Linear sRGB of skin between very light and dark."""
    tone = rng.uniform(0, len(SKIN_BASE) - 1)
    k = min(int(tone), len(SKIN_BASE) - 2)
    return np.exp((1 - tone + k) * np.log(SKIN_BASE[k]) + (tone - k) * np.log(SKIN_BASE[k + 1])).astype(np.float32)


def bare_patch(rng: Generator) -> tuple[tuple[int, int], float, F32]:
    """Shape, scale (px per mm) and bare skin (linear sRGB) of a scene."""
    px_per_mm = float(np.exp(rng.uniform(np.log(3.0), np.log(14.0))))
    return (SCENE_PX, SCENE_PX), px_per_mm, skin_tone(rng)


def render_scene(seed: int) -> Scene:
    """One scene; the same seed gives the same bytes."""
    rng = np.random.default_rng(seed)
    shape, px_per_mm, base = bare_patch(rng)
    layers, courses = _veins(rng, shape, px_per_mm)
    veins = np.zeros((*shape, 3), np.float32)
    for cover, colour in layers:
        veins += cover[..., None] * colour
    stain = _stains(rng, shape, courses, px_per_mm)[..., None] * stain_colour(rng)
    other = distractors(rng, shape, px_per_mm)
    density = veins + stain + other
    image = camera(rng, (base * np.exp(-density)).astype(np.float32), 15 * px_per_mm)
    return Scene(image, de76(base, veins), de76(base, stain))
