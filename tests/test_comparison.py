"""The recipe: what ends it, what goes into the result, and the numeric edges that must never become 0 % or 100 %."""

from __future__ import annotations

import dataclasses
import datetime as dt
import json
import math
from pathlib import Path

import cv2
import jsonschema
import numpy as np
import pytest
from made_comparison import make_comparison

from photocompare.comparison import compare
from photocompare.errors import UsageError
from photocompare.estimate import Estimate
from photocompare.flags import raised
from photocompare.photo import Photo, photo_from_array
from photocompare.provenance import Stopwatch
from photocompare.report.files import write_comparison
from photocompare.report.result_json import result_schema
from photocompare.result import Comparison, status_of
from photocompare.settings import STANDARD, Settings, WorkingOptions
from photocompare.timing import TimingOptions

JANUARY, APRIL = dt.date(2026, 1, 5), dt.date(2026, 4, 5)


def noise(seed: int, shape: tuple[int, int] = (420, 320)) -> Photo:
    return photo_from_array(np.random.default_rng(seed).integers(0, 255, (*shape, 3), dtype=np.uint8))


def even(code: int | tuple[int, int, int], shape: tuple[int, int] = (420, 320)) -> Photo:
    return photo_from_array(np.full((*shape, 3), code, np.uint8))


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


def dated(photo: Photo, text: str | None) -> Photo:
    return dataclasses.replace(photo, facts=dataclasses.replace(photo.facts, capture_time=text))


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


# --- what ends the recipe at once


def test_the_same_photo_twice(tmp_path: Path) -> None:
    photo = bare_leg(1)
    comparison = compare(photo, photo)
    assert "same_photo" in codes(comparison)
    assert_refused(comparison, tmp_path)


def test_the_same_pixels_in_another_file() -> None:
    photo = bare_leg(1)
    copy = dataclasses.replace(photo, facts=dataclasses.replace(photo.facts, sha256="0" * 64))
    assert "same_photo" in codes(compare(photo, copy))


def test_dates_in_reverse(tmp_path: Path) -> None:
    comparison = compare(bare_leg(1), bare_leg(2), before_date=APRIL, after_date=JANUARY)
    assert codes(comparison)[0] == "dates_reversed"
    assert assert_refused(comparison, tmp_path)["timing"] == {"days": -90, "window": "unknown"}


def test_dates_come_from_the_photos_unless_given() -> None:
    before, after = dated(even(0), "2026-01-05T23:00:00+02:00"), dated(even(255), "2026-04-05T08:00:00")
    assert compare(before, after).timing.days == 90
    assert compare(before, after, before_date=dt.date(2026, 3, 5)).timing.days == 31
    assert compare(before, dated(after, None)).timing.days is None


@pytest.mark.parametrize(
    "photo", [even(0), even(128), even(255), even((214, 168, 142)), noise(3)], ids=["black", "grey", "white", "skin colour", "noise"]
)
def test_pictures_of_nothing_are_refused(photo: Photo, tmp_path: Path) -> None:
    result = assert_refused(compare(bare_leg(4), photo), tmp_path)
    assert any("after" in reason["message"] for reason in result["reasons"])


@pytest.mark.parametrize("value", [0.0, -1.0, math.nan, math.inf, 110.0, 1e-9])
def test_a_scale_that_cannot_be(value: float) -> None:
    with pytest.raises(UsageError, match="millimetres per pixel"):
        compare(even(0), even(255), mm_per_px=value)


def test_a_polygon_outside_the_photo() -> None:
    with pytest.raises(UsageError, match="outside"):
        compare(bare_leg(1), bare_leg(2), polygon_xy=np.array([[5000, 5000], [6000, 5000], [6000, 6000]], np.float32))


# --- what the result may be


def test_status_follows_the_worst_reason() -> None:
    assert status_of([], "card") == "comparable"
    assert status_of([raised("recompressed", "before")], "given") == "comparable"
    assert status_of([raised("soft", "before")], "card") == "indicative"
    assert status_of([raised("soft", "before"), raised("mirrored")], "card") == "not_comparable"
    assert status_of([], "assumed") == status_of([], "none") == "indicative"


def test_numbers_beside_a_refusal_cannot_be_built() -> None:
    with pytest.raises(ValueError, match="refuses"):
        dataclasses.replace(make_comparison(), reasons=(raised("mirrored"),))
    with pytest.raises(ValueError, match="refuses"):
        dataclasses.replace(make_comparison(), outcome=None)


def test_a_failed_headline_cannot_pass_as_measured() -> None:
    measured = make_comparison()
    failed = dataclasses.replace(measured.outcome, length=Estimate.failed("%"))
    with pytest.raises(ValueError, match="clearance of length"):
        dataclasses.replace(measured, outcome=failed)


def test_stages_are_timed_and_told() -> None:
    told: list[str] = []
    comparison = compare(bare_leg(1), even(0), watch=Stopwatch(told.append))
    assert told == ["field"]
    assert set(comparison.provenance.seconds) == {"field"}


# --- settings


def test_settings_have_a_name_and_a_stable_hash() -> None:
    assert Settings().sha256 == STANDARD.sha256
    assert len(STANDARD.sha256) == 64
    assert Settings(working=WorkingOptions(max_pixels=1_000_000)).sha256 != STANDARD.sha256
    comparison = compare(even(0), even(255))
    assert (comparison.provenance.config, comparison.provenance.config_sha256) == ("standard", STANDARD.sha256)


def test_impossible_settings_are_refused_at_construction() -> None:
    with pytest.raises(ValueError, match="at least one pixel"):
        WorkingOptions(max_pixels=0)
    with pytest.raises(ValueError, match="one after the other"):
        Settings(timing=TimingOptions(late_from_days=1))
    with pytest.raises(TypeError):
        Settings(no_such_setting=1)  # type: ignore[call-arg]
