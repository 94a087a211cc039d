"""Readings of drawn skin whose truth is plain: lines of known visibility on nothing."""

from __future__ import annotations

import cv2
import numpy as np

from photocompare.veins.kept_contrast import Softness
from photocompare.veins.photometry import Forced
from photocompare.veins.pieces import Veins
from photocompare.veins.reading import PairReading, SkinReading

PX_PER_MM = 10.0
SHAPE = (400, 600)


def lines(*rows: tuple[int, float], width_px: int = 6, columns: tuple[int, int] = (50, 550)) -> np.ndarray:
    """Visibility (CIE76) of horizontal lines: (row, peak) each, of Gaussian profile with that full width at half maximum."""
    de = np.zeros(SHAPE, np.float32)
    y = np.arange(SHAPE[0], dtype=np.float32)[:, None]
    for row, peak in rows:
        profile = peak * np.exp(-4 * np.log(2) * ((y - row) / width_px) ** 2)
        de[:, columns[0] : columns[1]] = np.maximum(de[:, columns[0] : columns[1]], profile)
    return de


def reading(vein: np.ndarray, stain: np.ndarray | None = None) -> SkinReading:
    """A reading without error: the probability is one half exactly where the difference is just noticeable."""
    brown = np.zeros(SHAPE, np.float32) if stain is None else stain.astype(np.float32)
    sure = [1 / (1 + np.exp(-(de - 2.3) / 0.25)) for de in (vein, brown)]
    return SkinReading(vein.astype(np.float32), brown, *(p.astype(np.float32) for p in sure))


def pair_of(before: np.ndarray, after: np.ndarray, *, shared: np.ndarray | None = None) -> PairReading:
    """Both readings without error, well seen everywhere, shared everywhere unless told where."""
    everywhere = np.ones(SHAPE, bool)
    field, once = everywhere if shared is None else shared, np.zeros(SHAPE, np.float32)
    return PairReading(reading(before), reading(after), once, once, everywhere, field, PX_PER_MM, 1.0)


def unsaid(veins: Veins) -> Forced:
    """Profiles that say nothing, so that a test rests on the readings alone."""
    nothing = np.full(len(veins.pieces), np.nan)
    return Forced(nothing, nothing)


def patch(centre: tuple[int, int], radius: int, de: float) -> np.ndarray:
    """A round brown patch, (row, col)."""
    out = np.zeros(SHAPE, np.float32)
    cv2.circle(out, centre[::-1], radius, de, -1)
    return out


def sharp(veins: Veins) -> Softness:
    """Both photos as sharp as each other, and sharp enough for everything."""
    count = len(veins.pieces)
    return Softness(np.ones(count), np.ones(count, bool), np.zeros(count), "")
