"""The photos that are measured: phantom pairs, and one of them enlarged to what phones take."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from photocompare.phantom import HARD, STANDARD, PhantomRanges, draw_facts, render_pair, write_case

NOISE_CODES = 1.5
"""Standard deviation of the noise added after enlarging, codes of 255: a phone at base ISO; a smooth enlargement would compress and decode
faster than a photo."""

JPEG_QUALITY = 92
"""Between the 86 to 95 that the phantom's cameras write with."""

STRIP_ROWS = 256
"""Rows that get their noise at a time, so that enlarging to 48 megapixels needs little more than the picture."""

_SEED_STRIDE = 7_919
"""Between the seeds of neighbouring pairs, so that runs with neighbouring seeds share none."""


@dataclass(frozen=True)
class MadePair:
    """A pair on disk, with its truth.

    Parameters
    ----------
    name, ranges : str
    seed : int
    photos : (Path, Path)
    points_xy : ndarray of shape (N, 4)
        Corresponding points: x, y before, x, y after, full pixels.
    mm_per_px : float
        At the limb's front in the before photo.
    """

    name: str
    ranges: str
    seed: int
    photos: tuple[Path, Path]
    points_xy: NDArray[np.float64]
    mm_per_px: float


def make_pair(folder: Path, number: int, seed: int) -> MadePair:
    """Render a graded pair of that number (from 0): standard and hard ranges take turns."""
    ranges: PhantomRanges = HARD if number % 2 else STANDARD
    own_seed = seed + _SEED_STRIDE * number
    case = folder / f"{ranges.name}-{number // 2}"
    write_case(case, render_pair(draw_facts("graded", seed=own_seed, ranges=ranges)))
    truth: dict[str, Any] = json.loads((case / "truth.json").read_text())
    return MadePair(
        name=case.name,
        ranges=ranges.name,
        seed=own_seed,
        photos=(case / "before.jpg", case / "after.jpg"),
        points_xy=np.asarray(truth["points_before_xy_after_xy"], np.float64),
        mm_per_px=float(truth["mm_per_px_front_before"]),
    )


def size_for(shape: tuple[int, int], megapixels: float) -> tuple[int, int]:
    """Rows and columns of about that many megapixels with the same sides' ratio."""
    factor = math.sqrt(megapixels * 1e6 / (shape[0] * shape[1]))
    return round(shape[0] * factor), round(shape[1] * factor)


def enlarged(photo: NDArray[np.uint8], megapixels: float, *, seed: int) -> NDArray[np.uint8]:
    """A photo enlarged by cubic interpolation, with a camera's noise on top.

    Parameters
    ----------
    photo : ndarray of uint8, shape (H, W, 3)
    megapixels : float
    seed : int
        Of the noise.
    """
    rows, columns = size_for((photo.shape[0], photo.shape[1]), megapixels)
    large = np.asarray(cv2.resize(photo, (columns, rows), interpolation=cv2.INTER_CUBIC), np.uint8)
    rng = np.random.default_rng(seed)
    for top in range(0, rows, STRIP_ROWS):
        strip = large[top : top + STRIP_ROWS]
        noise = rng.standard_normal(strip.shape, dtype=np.float32) * np.float32(NOISE_CODES)
        large[top : top + STRIP_ROWS] = np.clip(np.rint(strip + noise), 0, 255).astype(np.uint8)
    return large


def enlarge_pair(pair: MadePair, folder: Path, megapixels: float) -> tuple[Path, Path]:
    """Both photos of a pair at another size, in `folder`; the pair's own where that is their size."""
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for k, path in enumerate(pair.photos):
        photo = cv2.imread(str(path))
        if photo is None:
            raise RuntimeError("a rendered photo could not be read back")
        if size_for((photo.shape[0], photo.shape[1]), megapixels) == photo.shape[:2]:
            return pair.photos
        out = folder / path.name
        cv2.imwrite(
            str(out), enlarged(np.asarray(photo, np.uint8), megapixels, seed=pair.seed + k), [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY]
        )
        written.append(out)
    return written[0], written[1]


def shifted_copy(pair: MadePair, folder: Path) -> MadePair:
    """The before photo and a copy of it under a known affine map: a pair that any registration must get right."""
    folder.mkdir(parents=True, exist_ok=True)
    photo = cv2.imread(str(pair.photos[0]))
    if photo is None:
        raise RuntimeError("a rendered photo could not be read back")
    matrix = np.array([[1.02, 0.03, 25.0], [-0.03, 1.02, -14.0]])  # 2 % larger, 1.7 degrees, 2 to 3 mm
    moved = cv2.warpAffine(photo, matrix, (photo.shape[1], photo.shape[0]), borderMode=cv2.BORDER_REFLECT)
    paths = folder / "before.png", folder / "after.png"
    for path, picture in zip(paths, (photo, moved), strict=True):
        cv2.imwrite(str(path), picture)
    first = pair.points_xy[:, :2]
    points = np.hstack([first, first @ matrix[:, :2].T + matrix[:, 2]])
    return MadePair("shifted copy", "control", pair.seed, paths, points, pair.mm_per_px)
