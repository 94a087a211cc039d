"""Clear marks of the skin: found, told from veins, and missed where they are not."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from photocompare.registration.features import Limb
from photocompare.registration.marks import MarkOptions, Marks, compare_marks
from photocompare.registration.placing import Placed

SHAPE = (500, 400)
OPTIONS = MarkOptions()
SPOTS = ((60, 70), (200, 90), (330, 160), (90, 260), (240, 300), (150, 420), (320, 430))


def _skin(seed: int = 1) -> np.ndarray:
    rng = np.random.default_rng(seed)
    mottle = sum(a * cv2.GaussianBlur(rng.standard_normal(SHAPE).astype(np.float32), (0, 0), s) * s for a, s in ((0.02, 2.0), (0.06, 8.0)))
    return np.asarray(1.0 + mottle, np.float32)


def _spotted(spots: tuple[tuple[int, int], ...], contrast: float = 0.5, seed: int = 1) -> Limb:
    rows, columns = np.mgrid[: SHAPE[0], : SHAPE[1]]
    density = _skin(seed)
    for x, y in spots:
        density = density + contrast * np.exp(-((columns - x) ** 2 + (rows - y) ** 2) / (2 * 3.0**2))
    return _limb(density)


def _limb(density: np.ndarray) -> Limb:
    whole = np.ones(SHAPE, np.bool_)
    return Limb(np.asarray(density, np.float32), whole, whole, 1)


def _in_place(shift: float = 0.0, shared: np.ndarray | None = None) -> Placed:
    columns, rows = np.meshgrid(np.arange(SHAPE[1], dtype=np.float32), np.arange(SHAPE[0], dtype=np.float32))
    seen = np.ones(SHAPE, np.bool_) if shared is None else shared
    return Placed(np.stack([columns + shift, rows], axis=2), np.ones(SHAPE, np.float32), seen, seen, 1.0)


def test_every_mark_is_found_in_its_place() -> None:
    marks = compare_marks(_spotted(SPOTS), _spotted(SPOTS, contrast=0.4, seed=2), _in_place(), options=OPTIONS)
    assert marks == Marks(seen=2 * len(SPOTS), missing=0)


def test_marks_that_the_after_photo_lacks_mean_another_leg() -> None:
    marks = compare_marks(_spotted(SPOTS), _spotted(()), _in_place(), options=OPTIONS)
    assert marks == Marks(seen=len(SPOTS), missing=len(SPOTS))
    assert marks.another_leg(OPTIONS)


def test_marks_that_the_before_photo_lacks_mean_the_same() -> None:
    assert compare_marks(_spotted(()), _spotted(SPOTS), _in_place(), options=OPTIONS).another_leg(OPTIONS)


def test_marks_elsewhere_are_missing() -> None:
    marks = compare_marks(_spotted(SPOTS), _spotted(SPOTS), _in_place(shift=40.0), options=OPTIONS)
    assert marks.another_leg(OPTIONS)


@pytest.mark.parametrize("gone", [1, 2])
def test_a_spot_that_went_is_no_other_leg(gone: int) -> None:
    marks = compare_marks(_spotted(SPOTS), _spotted(SPOTS[gone:]), _in_place(), options=OPTIONS)
    assert marks.missing == gone
    assert not marks.another_leg(OPTIONS)
    assert not compare_marks(_spotted(SPOTS[:gone]), _spotted(()), _in_place(), options=OPTIONS).another_leg(OPTIONS)


def test_veins_are_no_marks() -> None:
    lines = np.zeros(SHAPE, np.float32)
    for k in range(6):
        path = np.asarray([[40 + 55 * k, 40], [60 + 50 * k, 160], [30 + 58 * k, 300], [60 + 52 * k, 460]], np.int32)
        cv2.polylines(lines, [path], False, 1.0, 4)
        cv2.circle(lines, (60 + 50 * k, 160), 6, 1.0, -1)
    veins = _skin() + 0.5 * cv2.GaussianBlur(lines, (0, 0), 1.2)
    assert compare_marks(_limb(veins), _spotted(()), _in_place(), options=OPTIONS).seen == 0


def test_marks_outside_the_shared_field_do_not_count() -> None:
    left = np.arange(SHAPE[1])[None, :] * np.ones(SHAPE) < 150
    marks = compare_marks(_spotted(SPOTS), _spotted(()), _in_place(shared=left), options=OPTIONS)
    assert marks.seen == sum(x < 150 - OPTIONS.border for x, _ in SPOTS)
    assert compare_marks(_spotted(SPOTS), _spotted(()), _in_place(shared=left & ~left), options=OPTIONS) == Marks(0, 0)
