"""Bad and odd input, end to end: each ends in a reason or in one clear error, never in a traceback, never in 0 % or 100 % by accident."""

from __future__ import annotations

import dataclasses
import importlib
import io
import json
import math
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from PIL import Image

from photocompare.base.arrays import SRGB8
from photocompare.base.errors import UsageError
from photocompare.comparison import compare
from photocompare.phantom import PhantomPair, draw_facts, render_pair
from photocompare.photo.reading import Photo, photo_from_array, read_photo
from photocompare.results.comparison import Comparison
from photocompare.results.result_json import result_text
from photocompare.settings import Settings, WorkingOptions
from tests.support.rendered_pairs import graded_pair

pytestmark = pytest.mark.thorough

SIZE = (800, 600)


@pytest.fixture(scope="module")
def pair() -> PhantomPair:
    return graded_pair(SIZE)


@pytest.fixture(scope="module")
def bare() -> PhantomPair:
    """Skin on which no vein is to be seen."""
    facts = draw_facts("null", seed=3, size=SIZE, melanin=0.03)
    return render_pair(dataclasses.replace(facts, vein_strength=1e-3))


def both(pair: PhantomPair) -> tuple[Photo, Photo]:
    return photo_from_array(pair.before), photo_from_array(pair.after)


def codes(comparison: Comparison) -> set[str]:
    return {reason.code for reason in comparison.reasons}


def sound(comparison: Comparison) -> dict:
    """The result as a program reads it: strict JSON without NaN, and numbers exactly when nothing refuses them."""

    def forbidden(name: str) -> float:
        raise AssertionError(f"{name} in result.json")

    result = json.loads(result_text(comparison), parse_constant=forbidden)
    assert (result["clearance"] is None) == (result["status"] == "not_comparable")
    if result["status"] != "comparable":
        assert result["reasons"]
        assert all(reason["message"] and reason["fix"] for reason in result["reasons"])
    return result


def refused(comparison: Comparison) -> set[str]:
    assert sound(comparison)["status"] == "not_comparable"
    return codes(comparison)


UNINFORMATIVE = 30.0
"""Points of an interval that leaves open whether a treatment worked: the benchmark band is 20 wide."""


def no_certain_number(comparison: Comparison) -> None:
    """Refused, or told to rest on too little, with an interval that says so."""
    result = sound(comparison)
    if comparison.outcome is not None:
        assert result["status"] == "indicative"
        assert "too_few_veins" in codes(comparison)
        assert comparison.outcome.length.width >= UNINFORMATIVE
        assert not result["benchmark"]["certain"]


# --- the pair itself


def test_a_photo_and_its_recompressed_copy_read_unchanged(pair: PhantomPair) -> None:
    file = io.BytesIO()
    Image.fromarray(pair.before).save(file, "JPEG", quality=80)
    comparison = compare(photo_from_array(pair.before), read_photo(file.getvalue()))
    sound(comparison)
    assert comparison.outcome.length.low < 0.0 < comparison.outcome.length.high
    assert abs(comparison.outcome.length.value) < 10


@pytest.mark.parametrize("taken", ["0000:00:00 00:00:00", "1970:01:01 00:00:00", "2999:12:31 23:59:59", "not a date", "\x00"])
def test_absurd_capture_times_leave_the_time_unknown(taken: str) -> None:
    exif, file = Image.Exif(), io.BytesIO()
    exif.get_ifd(0x8769)[0x9003] = taken
    Image.new("RGB", (320, 420), (12, 12, 12)).save(file, "JPEG", exif=exif.tobytes())
    comparison = compare(read_photo(file.getvalue()), photo_from_array(np.zeros((420, 320, 3), np.uint8)))
    assert comparison.timing.days is None
    assert comparison.timing.window == "unknown"
    refused(comparison)


# --- too little and too much vein


def test_skin_without_a_vein_gives_no_certain_number(bare: PhantomPair) -> None:
    no_certain_number(compare(*both(bare)))


def test_blurred_skin_gives_a_reason(pair: PhantomPair) -> None:
    before = cv2.GaussianBlur(pair.before, (0, 0), 8.0)
    assert "blurred" in refused(compare(photo_from_array(before), photo_from_array(pair.after)))


def test_vein_all_over_gives_no_certain_number(bare: PhantomPair) -> None:
    def netted(image: SRGB8, leg: np.ndarray) -> Photo:
        lines = np.zeros(image.shape[:2], np.float32)
        for start in range(-SIZE[0], SIZE[1], 9):
            cv2.line(lines, (start, 0), (start + SIZE[0], SIZE[0]), 1.0, 5, cv2.LINE_AA)
        dimmed = image * (1 - 0.35 * lines * leg)[..., np.newaxis] ** np.array([0.3, 1.0, 0.9])
        return photo_from_array(dimmed.astype(np.uint8))

    no_certain_number(compare(netted(bare.before, bare.leg_before), netted(bare.after, bare.leg_after)))


# --- pictures of nothing


def even(code: int | tuple[int, int, int]) -> Photo:
    return photo_from_array(np.full((*SIZE, 3), code, np.uint8))


def wall(seed: int) -> Photo:
    rng = np.random.default_rng(seed)
    plaster = cv2.GaussianBlur(rng.normal(0, 1, SIZE).astype(np.float32), (0, 0), 2.0)
    return photo_from_array(np.clip(np.array([196, 192, 186]) + 40 * plaster[..., np.newaxis], 0, 255).astype(np.uint8))


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (even(0), even(255)),
        (even(128), even(129)),
        (even((214, 168, 142)), even((213, 168, 142))),
        (wall(1), wall(2)),
        (photo_from_array(np.random.default_rng(1).integers(0, 256, (*SIZE, 3), np.uint8)), even(7)),
    ],
    ids=["black and white", "grey", "skin colour", "walls", "noise"],
)
def test_pictures_of_nothing_give_a_reason(before: Photo, after: Photo) -> None:
    assert refused(compare(before, after))


def test_a_wall_after_gives_a_reason(pair: PhantomPair) -> None:
    assert refused(compare(photo_from_array(pair.before), wall(3)))


# --- too little shared


def test_two_ends_of_the_leg_share_no_field(pair: PhantomPair) -> None:
    upper, lower = pair.before[: SIZE[0] * 45 // 100], pair.after[SIZE[0] * 55 // 100 :]
    assert refused(compare(photo_from_array(upper), photo_from_array(lower))) & {"not_same_view", "low_overlap", "registration_uncertain"}


def test_a_polygon_beside_the_leg_leaves_nothing(pair: PhantomPair) -> None:
    beside = np.argwhere(~pair.leg_before)[0][::-1].astype(np.float32)
    polygon = beside + np.array([[0, 0], [6, 0], [6, 6], [0, 6]], np.float32)
    assert "no_skin" in refused(compare(*both(pair), polygon_xy=polygon))


def test_a_polygon_of_a_few_pixels_gives_no_certain_number(pair: PhantomPair) -> None:
    middle = np.argwhere(pair.leg_before).mean(axis=0)[::-1].astype(np.float32)
    no_certain_number(compare(*both(pair), polygon_xy=middle + np.array([[0, 0], [12, 0], [12, 12], [0, 12]], np.float32)))


def test_skin_from_edge_to_edge_is_no_error(pair: PhantomPair) -> None:
    inner = np.s_[150:650, 200:400]
    comparison = compare(photo_from_array(pair.before[inner]), photo_from_array(pair.after[inner]))
    sound(comparison)
    assert comparison.scale.source == "none"
    assert comparison.scale.mm_per_px is None


# --- scale


@pytest.mark.parametrize("value", [0.0, -0.1, math.nan, math.inf, -math.inf, 3.0])
def test_a_scale_that_no_photo_has_is_an_error(pair: PhantomPair, value: float) -> None:
    with pytest.raises(UsageError, match="millimetres per pixel"):
        compare(*both(pair), mm_per_px=value)


@pytest.mark.parametrize("value", [0.005, 2.0])
def test_the_outermost_scales_still_end_in_a_reason_or_a_number(pair: PhantomPair, value: float) -> None:
    sound(compare(*both(pair), mm_per_px=value))


def test_a_handful_of_pixels_to_work_with(pair: PhantomPair) -> None:
    assert refused(compare(*both(pair), settings=Settings(name="tiny", working=WorkingOptions(max_pixels=1_000))))


# --- the machine


def test_without_the_learned_matcher_the_classical_one_serves(pair: PhantomPair, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.import_module("photocompare.registration.register"), "load_matcher", lambda: None)
    comparison = compare(*both(pair))
    sound(comparison)
    if comparison.outcome is not None:
        assert abs(comparison.outcome.length.value - pair.truth["observer"]["clearance_length"]) <= 15


ONE_CORE = """
import os, runpy, sys
if hasattr(os, "sched_setaffinity"):
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
sys.argv[0] = "photocompare"
runpy.run_module("photocompare", run_name="__main__")
"""


THREADS_DIFFER = 2e-3
"""Largest relative difference between thread counts: sums in another order move a registered point by less than 0.01 px."""


def close(one: Any, other: Any) -> bool:
    """Equal in shape, words and whole numbers; other numbers within `THREADS_DIFFER`."""
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(close(one[key], other[key]) for key in one)
    if isinstance(one, list):
        return len(one) == len(other) and all(map(close, one, other))
    return one == other or (isinstance(one, float) and one == pytest.approx(other, rel=THREADS_DIFFER, abs=0.1))


def test_one_core_without_assertions_and_locale_gives_the_same_result(pair: PhantomPair, tmp_path: Path) -> None:
    names = [tmp_path / "before.jpg", tmp_path / "after.jpg"]
    for name, data in zip(names, (pair.before_jpeg, pair.after_jpeg), strict=True):
        name.write_bytes(data)
    odd = {"LANG": "C", "LC_ALL": "C", "TZ": "Pacific/Kiritimati", "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    done = subprocess.run(
        [sys.executable, "-O", "-c", ONE_CORE, "compare", *map(str, names), "--out", str(tmp_path / "out")],
        env={**os.environ, **odd},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    here = json.loads(result_text(compare(*(read_photo(name) for name in names))))
    there = json.loads((tmp_path / "out" / "result.json").read_text())
    for result in (here, there):
        del result["provenance"]["seconds"]
    del here["registration"]["shared_field_px"], there["registration"]["shared_field_px"]  # a border of some pixels
    assert close(there, here)
