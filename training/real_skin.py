"""Patches of photographed skin as a background for drawn veins.

The photographs are PAD-UFES-20's (Pacheco et al., Mendeley Data, 10.17632/zr7vgbcyr2.1, CC BY 4.0).  They are split by patient, so that
nobody is both in training and in the check.
"""

from __future__ import annotations

import csv
import hashlib
import pathlib
from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray
from skin_scenes import F32

from photocompare.base.colour import linear_from_srgb8

HELD_OUT_SHARE = 0.12
"""Of the patients: their skin is only for the check."""

OWN_VESSELS = ("BCC",)
"""Diagnoses known for small vessels of their own: the middle of such a photo teaches nothing."""

MIDDLE = 0.32
"""Radius of a lesion photo's middle, of its side."""

SMALLEST, LARGEST = 0.4, 1.3
"""Sizes at which a picture is used: most have 0.02 to 0.1 mm per px, legs are photographed at 0.05 to 0.3; 300 px ones are soft already."""


@dataclass(frozen=True)
class SkinPatch:
    """linear : float32 (S, S, 3).  trusted : bool (S, S), False where the skin may have vessels of its own."""

    linear: F32
    trusted: NDArray[np.bool_]


def is_held_out(patient: str) -> bool:
    """Whether a patient belongs to the check; the same on every machine."""
    return int(hashlib.sha256(patient.encode()).hexdigest(), 16) % 1000 < HELD_OUT_SHARE * 1000


@lru_cache(maxsize=4)
def photographs(folder: pathlib.Path, held_out: bool, left_out: frozenset[str] = frozenset()) -> tuple[tuple[pathlib.Path, str], ...]:
    """(file, diagnosis) of every photograph of one side of the split."""
    with (folder / "pad.csv").open() as rows:
        return tuple(
            (folder / "pad" / row["file"], row["diagnosis"])
            for row in csv.DictReader(rows)
            if is_held_out(row["patient"]) == held_out and row["file"] not in left_out
        )


@lru_cache(maxsize=400)
def _picture(file: pathlib.Path) -> NDArray[np.uint8]:
    found = cv2.imread(str(file))
    if found is None:
        raise ValueError(f"cannot read {file}")
    return np.ascontiguousarray(found[..., ::-1])


def skin_patch(rng: Generator, photos: tuple[tuple[pathlib.Path, str], ...], side: int) -> SkinPatch:
    """A square of photographed skin, enlarged or reduced, turned and mirrored at random."""
    file, diagnosis = photos[int(rng.integers(len(photos)))]
    picture = _picture(file)
    h, w = picture.shape[:2]
    scale = float(np.exp(rng.uniform(np.log(SMALLEST), np.log(LARGEST))))
    take = min(int(side / scale), h, w)
    size = min(side, round(take * scale))
    top, left = int(rng.integers(h - take + 1)), int(rng.integers(w - take + 1))
    yy, xx = np.mgrid[0:h, 0:w]
    far = np.hypot(yy - h / 2, xx - w / 2) > MIDDLE * min(h, w)
    trusted = far if diagnosis in OWN_VESSELS else np.ones((h, w), bool)
    window = np.s_[top : top + take, left : left + take]
    interpolation = cv2.INTER_AREA if take > size else cv2.INTER_CUBIC
    linear = cv2.resize(linear_from_srgb8(np.ascontiguousarray(picture[window])), (size, size), interpolation=interpolation)
    known = cv2.resize(trusted[window].astype(np.uint8), (size, size), interpolation=cv2.INTER_NEAREST) > 0
    if size < side:  # a small picture goes on as its own mirror image
        ahead = int(rng.integers(side - size + 1))
        rim = (ahead, side - size - ahead)
        linear = np.pad(linear, (rim, rim, (0, 0)), mode="symmetric")
        known = np.pad(known, (rim, rim), mode="symmetric")
    turn, flip = int(rng.integers(4)), bool(rng.integers(2))
    out = [np.rot90(image, turn)[:: -1 if flip else 1] for image in (np.clip(linear, 1e-3, 1), known)]
    return SkinPatch(np.ascontiguousarray(out[0], np.float32), np.ascontiguousarray(out[1]))
