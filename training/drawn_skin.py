"""Bare skin and a camera for the pairs of scenes: less relief, hair and gloss than `skin_scenes` draws, and a camera that loses colour."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray
from skin_scenes import F32, draw, noise, turned, walk

from photocompare.base.colour import srgb8_from_linear


def _relief(rng: Generator, shape: tuple[int, int], px_per_mm: float) -> F32:
    """Micro-relief and furrows: shading without colour of its own, in lines that a ridge filter would take for veins."""
    relief = turned(rng, shape, rng.uniform(0.8, 3.0), rng.uniform(1.5, 4)) * rng.uniform(0, 0.06) * rng.choice([0.2, 0.5, 1.0])
    if rng.random() < 0.35:
        net = np.exp(-((turned(rng, shape, rng.uniform(0.3, 1.5) * px_per_mm, rng.uniform(1, 3)) / rng.uniform(0.08, 0.25)) ** 2))
        relief = relief + net * rng.uniform(0, 0.12)
    return np.asarray(relief, np.float32)


def distractors(rng: Generator, shape: tuple[int, int], px_per_mm: float) -> F32:
    """Density (H, W, 3) of what is neither vein nor stain."""
    h, w = shape
    total = np.zeros((h, w, 3), np.float32)
    melanin = np.array([0.55, 0.75, 1.0], np.float32)
    mottled = rng.choice([0.015, 0.035, 0.08])
    for _ in range(3):
        total += (
            noise(rng, shape, np.exp(rng.uniform(np.log(0.4), np.log(8))) * px_per_mm, rng.uniform(0.6, 1.6)) * rng.uniform(0, mottled)
        )[..., None] * melanin
    total += (noise(rng, shape, rng.uniform(1, 6) * px_per_mm) * rng.uniform(0, 0.07))[..., None] * np.array([0.25, 1.0, 0.8], np.float32)
    total += _relief(rng, shape, px_per_mm)[..., None]
    for sigma, most in ((rng.uniform(0.7, 2), 0.035), (rng.uniform(2, 5), 0.035)):  # pores and goose-bumps
        total += (noise(rng, shape, sigma, rng.uniform(0.4, 2.5)) * rng.uniform(0, most) * rng.choice([0.3, 1.0]))[..., None]
    for _ in range(rng.poisson(14 * rng.random() ** 2)):  # freckles and moles
        spot = np.zeros(shape, np.float32)
        r = np.exp(rng.uniform(np.log(0.15), np.log(2.0))) * px_per_mm
        centre = (int(rng.uniform(0, w)), int(rng.uniform(0, h)))
        cv2.ellipse(
            spot, centre, (max(1, round(r)), max(1, round(r * rng.uniform(0.6, 1)))), rng.uniform(0, 180), 0, 360, 1.0, -1, cv2.LINE_AA
        )
        total += cv2.GaussianBlur(spot, (0, 0), max(0.5, r * 0.3))[..., None] * melanin * rng.uniform(0.1, 1.3)
    if rng.random() < 0.25:
        count, bearing = rng.integers(1, 30), rng.uniform(0, 6.28)
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


def smooth_chroma(encoded: NDArray[np.uint8], sigma: float) -> NDArray[np.uint8]:
    """Colour smoothed by `sigma` px, lightness as it is: cameras' demosaicing and noise reduction do so, and JPEG."""
    parts = cv2.cvtColor(np.ascontiguousarray(encoded), cv2.COLOR_RGB2YCrCb)
    parts[..., 1:] = cv2.GaussianBlur(parts[..., 1:], (0, 0), sigma)
    return np.asarray(cv2.cvtColor(parts, cv2.COLOR_YCrCb2RGB), np.uint8)


def camera(rng: Generator, linear: F32, gloss_px: float, gamma: float) -> NDArray[np.uint8]:
    """Light, gloss, white balance, exposure, tone curve, focus, noise, sharpening, JPEG."""
    h, w = linear.shape[:2]
    yy, xx = np.mgrid[-1 : 1 : h * 1j, -1 : 1 : w * 1j].astype(np.float32)
    field = rng.normal(0, 0.25) * xx + rng.normal(0, 0.25) * yy + rng.normal(0, 0.12) * xx * xx + rng.normal(0, 0.12) * yy * yy
    light = linear * np.exp(field)[..., None] * np.exp(rng.normal(0, 0.16, 3)).astype(np.float32)
    if rng.random() < 0.2:
        glint = np.clip(noise(rng, (h, w), rng.uniform(0.7, 2.5)) - rng.uniform(0.5, 2.5), 0, None) * np.clip(
            noise(rng, (h, w), gloss_px), 0, None
        )
        light = light + (glint * rng.uniform(0, 0.08))[..., None]
    if rng.random() < 0.2:  # a broad sheen, broken by the relief, that washes colour out
        sheen = np.exp(-((noise(rng, (h, w), gloss_px * 0.6) - rng.uniform(-1, 2)) ** 2)) * np.median(light) * rng.uniform(0, 0.6)
        broken = 1 + rng.uniform(0, 0.25) * turned(rng, (h, w), rng.uniform(0.8, 3), rng.uniform(1, 4))
        light = light + np.clip(sheen * broken, 0, None)[..., None]
    light = light * (np.exp(rng.normal(np.log(0.28), 0.35)) / np.median(light @ np.array([0.2126, 0.7152, 0.0722], np.float32)))
    mix = np.eye(3, dtype=np.float32) + rng.normal(0, 0.04, (3, 3)).astype(np.float32)
    light = np.clip(light @ (mix / mix.sum(1, keepdims=True)).T, 1e-4, None)
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
        encoded = smooth_chroma(encoded, float(np.exp(rng.uniform(np.log(0.7), np.log(3.2)))))
    if rng.random() < 0.9:
        quality = int(rng.uniform(55, 97))
        _, data = cv2.imencode(".jpg", encoded[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, quality])
        encoded = cv2.imdecode(data, cv2.IMREAD_COLOR)[..., ::-1]
    return np.ascontiguousarray(encoded)
