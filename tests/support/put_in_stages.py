"""A comparison of two plain legs whose stages are put in the recipe's hands, and what is read off it."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import cv2
import jsonschema
import numpy as np

from photocompare.base.arrays import LinearRGB
from photocompare.leg.field import Field
from photocompare.leg.quality import Quality, judge_quality
from photocompare.photo.reading import Photo, photo_from_array
from photocompare.registration import Registration
from photocompare.report.files.comparison_files import write_comparison
from photocompare.results.comparison import Comparison
from photocompare.results.result_json import result_schema
from photocompare.veins.reading import SkinReading

LINE_ROWS = (110, 160, 210, 260)


def bare_leg(seed: int, shape: tuple[int, int] = (420, 320)) -> Photo:
    """A limb with mottled skin and no vein on it, before a grey wall."""
    rng = np.random.default_rng(seed)
    cols = shape[1]
    x = (np.arange(cols) - cols / 2) / (0.36 * cols)
    round_limb = np.sqrt(np.clip(1.0 - x**2, 0.0, 1.0))
    mottle = sum(cv2.GaussianBlur(rng.standard_normal(shape).astype(np.float32), (0, 0), s) * s for s in (1.5, 4.0, 12.0))
    shade = (0.55 + 0.45 * round_limb)[np.newaxis, :, np.newaxis] * (1.0 + 0.03 * mottle[..., np.newaxis])
    skin = np.array([214, 168, 142]) * shade
    image = np.where((np.abs(x) < 1.0)[np.newaxis, :, np.newaxis], skin, 128.0)
    return photo_from_array(np.clip(image + rng.normal(0, 1.5, image.shape), 0, 255).astype(np.uint8))


def codes(comparison: Comparison) -> list[str]:
    return [reason.code for reason in comparison.reasons]


def assert_refused(comparison: Comparison, folder: Path) -> dict:
    """No number in the object, none in the files, and a reason with a fix."""
    assert comparison.status == "not_comparable"
    assert comparison.outcome is None
    write_comparison(comparison, folder)
    result = json.loads((folder / "result.json").read_text())
    jsonschema.Draft202012Validator(result_schema()).validate(result)
    assert result["clearance"] is None
    assert "%" not in (folder / "result.json").read_text()
    assert result["reasons"][0]["fix"]
    return result


def legs() -> tuple[Photo, Photo]:
    return bare_leg(1), bare_leg(2)


def reading(shape: tuple[int, int], rows: tuple[int, ...]) -> SkinReading:
    """Horizontal veins 5 px wide and 140 px long at these rows, clearly visible."""
    visible = np.zeros(shape, np.float32)
    for row in rows:
        visible[row - 2 : row + 3, 90:230] = 1.0
    return SkinReading(visible * 9.0, np.zeros(shape, np.float32), visible, np.zeros(shape, np.float32))


def laid_over(before: LinearRGB, shift_x: float = 0.0, scale: float = 1.0, flags: tuple[str, ...] = ()) -> Registration:
    shape = before.shape[:2]
    y, x = np.mgrid[0 : shape[0], 0 : shape[1]].astype(np.float32)
    shared = np.zeros(shape, bool)
    shared[40:380, 70:250] = True
    map_xy = np.dstack([x + np.float32(shift_x), y])
    return Registration(map_xy, np.full(shape, 0.3, np.float32), 0.3, 0.8, shared, 0.9, scale, 500, "made up", (1, 1), flags)


def sound_quality(linear: LinearRGB, field: Field, **_: object) -> Quality:
    """The gates have their own tests."""
    return dataclasses.replace(judge_quality(linear, field), flags=())
