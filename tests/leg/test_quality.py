"""The gates, against photos made bad by a known amount."""

from __future__ import annotations

import functools
import json
import math

import cv2
import numpy as np
import pytest

from photocompare.base.arrays import LinearRGB
from photocompare.base.colour import linear_from_srgb8, srgb8_from_linear
from photocompare.base.flags import REGISTRY, Severity
from photocompare.leg.field import find_field
from photocompare.leg.focus import FocusOptions, close_up
from photocompare.leg.quality import THINNEST_MM, WIDTH_OF_BLUR, Quality, judge_quality
from photocompare.phantom import simple_pair
from photocompare.photo.reading import read_photo
from photocompare.prepared_photo import prepare_photo
from photocompare.veins.kept_contrast import kept_contrast
from tests.support.painted_leg import CASTS, TONES, PaintedLeg, paint_leg

MM_PER_PX = 0.12
"""Scale at which the painted veins, 4 px wide, are 0.5 mm."""


@functools.cache
def _sharp(tone: str = "light", cast: str = "none", gloss: float = 0.0, noise: float = 0.003) -> PaintedLeg:
    return paint_leg(tone, "grey", cast, shape=(800, 600), hairs=15, gloss=gloss, noise=noise)


def _judged(linear: LinearRGB, mm_per_px: float | None = MM_PER_PX) -> Quality:
    stored = linear_from_srgb8(srgb8_from_linear(linear))
    return judge_quality(stored, find_field(stored), mm_per_px=mm_per_px)


def _shaken(linear: LinearRGB, length: int, degrees: float) -> LinearRGB:
    kernel = np.zeros((2 * length + 1, 2 * length + 1), np.float32)
    for t in np.linspace(-length / 2, length / 2, 8 * length):
        kernel[round(length + t * math.sin(math.radians(degrees))), round(length + t * math.cos(math.radians(degrees)))] += 1
    return np.asarray(cv2.filter2D(linear, -1, kernel / kernel.sum()), np.float32)


def _refused(quality: Quality) -> set[str]:
    return {code for code in quality.flags if REGISTRY[code].severity is Severity.REFUSE}


@pytest.mark.parametrize("tone", TONES)
def test_good_photos_pass(tone: str) -> None:
    for cast in CASTS:
        assert _judged(_sharp(tone, cast).linear).flags == (), cast


def test_blur_is_measured_in_px() -> None:
    sharp = _sharp().linear
    own = _judged(sharp).focus
    assert own < 1.8
    for sigma in (2.0, 3.0, 5.0, 7.0):
        blurred = _judged(cv2.GaussianBlur(sharp, (0, 0), sigma))
        assert blurred.focus == pytest.approx(math.hypot(own, sigma), rel=0.3)
        assert blurred.focus_mm == pytest.approx(blurred.focus * MM_PER_PX)


def test_blur_that_hides_thin_veins_is_told_and_only_one_that_hides_all_is_refused() -> None:
    sharp = _judged(_sharp().linear)
    assert sharp.flags == ()
    assert sharp.least_calibre_mm < THINNEST_MM
    for sigma_mm in (0.5, 0.8):
        soft = _judged(cv2.GaussianBlur(_sharp().linear, (0, 0), sigma_mm / MM_PER_PX))
        assert "soft" in soft.flags
        assert _refused(soft) == set()
        assert soft.least_calibre_mm == pytest.approx(WIDTH_OF_BLUR * math.hypot(sharp.focus_mm, sigma_mm), rel=0.25)
    assert "blurred" in _refused(_judged(cv2.GaussianBlur(_sharp().linear, (0, 0), 2.0 / MM_PER_PX)))


def test_the_least_width_keeps_half_of_its_contrast() -> None:
    assert kept_contrast(np.array([WIDTH_OF_BLUR * 3.0]), 3.0)[0] == pytest.approx(0.5, abs=1e-3)


def test_a_whole_leg_in_a_small_copy_is_measured() -> None:
    small = cv2.resize(_sharp().linear, (300, 400), interpolation=cv2.INTER_AREA)
    quality = _judged(small, None)
    assert "coarse" in quality.flags
    assert _refused(quality) == set()
    assert 0.6 < quality.least_calibre_mm < 1.2


@pytest.mark.parametrize("degrees", [0.0, 30.0, 90.0, 135.0])
def test_shake_along_one_direction_is_seen(degrees: float) -> None:
    shaken = _judged(_shaken(_sharp().linear, 30, degrees))
    assert {"blurred", "soft"} & set(shaken.flags)
    assert shaken.focus > 2.5


def test_noise_does_not_pass_for_sharpness() -> None:
    blurred = cv2.GaussianBlur(_sharp().linear, (0, 0), 6.0)
    rng = np.random.default_rng(3)
    noisy = np.clip(blurred * (1 + 0.03 * rng.standard_normal(blurred.shape)), 0, 1).astype(np.float32)
    assert {"blurred", "soft"} & set(_judged(noisy).flags)


def test_noise_is_measured() -> None:
    clean = _sharp(noise=0.0).linear
    rng = np.random.default_rng(4)
    for sigma in (0.03, 0.15):
        noisy = np.clip(clean * np.exp(sigma * rng.standard_normal(clean.shape)), 0, 1).astype(np.float32)
        quality = _judged(noisy)
        assert quality.noise_sigma == pytest.approx(sigma, rel=0.15)
        assert ("noisy" in quality.flags) == (sigma > 0.1)


def test_exposure_gates() -> None:
    linear = _sharp().linear
    assert "too_dark" in _refused(_judged(linear * np.float32(0.1)))
    assert "too_bright" in _refused(_judged(np.clip(linear * 4, 0, 1)))
    assert _refused(_judged(linear * np.float32(0.3))) == set()


def test_gloss_over_much_of_the_leg_is_refused_and_a_little_is_told() -> None:
    assert {"glare", "too_bright"} & _refused(_judged(_sharp(gloss=2.5).linear))
    painted = _sharp()
    rows, cols = np.mgrid[:800, :600]
    spot = np.exp(-(((rows - 400) / 90.0) ** 2) - ((cols - 300) / 50.0) ** 2).astype(np.float32)
    quality = _judged(np.clip(painted.linear + spot[..., None], 0, 1))
    assert "some_glare" in quality.flags
    assert not {"glare", "too_bright"} & _refused(quality)


def test_small_copies_are_refused() -> None:
    small = cv2.resize(_sharp().linear, (80, 107), interpolation=cv2.INTER_AREA)
    assert "low_detail" in _refused(_judged(small, None))
    middling = cv2.resize(_sharp().linear, (480, 640), interpolation=cv2.INTER_AREA)
    assert not {"coarse", "low_detail"} & set(_judged(middling, 0.15).flags)


def test_without_a_leg_the_figures_are_nan_and_exposure_may_tell_why() -> None:
    black = _judged(np.zeros((200, 150, 3), np.float32))
    assert black.flags == ("no_skin", "too_dark")
    assert math.isnan(black.focus)
    assert black.skin_px == 0
    assert _judged(np.ones((200, 150, 3), np.float32)).flags == ("no_skin", "too_bright")
    assert _judged(np.full((200, 150, 3), 0.3, np.float32)).flags == ("no_skin",)


def test_figures_are_json_ready() -> None:
    for linear in (_sharp().linear, np.zeros((50, 40, 3), np.float32)):
        figures = _judged(linear).as_dict()
        assert json.loads(json.dumps(figures, allow_nan=False)) == figures
        assert set(figures["flags"] or ()) <= set(REGISTRY)


def test_a_photo_reduced_for_measuring_is_judged_by_its_own_pixels() -> None:
    full = cv2.resize(_sharp().linear, None, fx=2.0, fy=2.0, interpolation=cv2.INTER_CUBIC)
    encoded = srgb8_from_linear(full)
    factor = 0.25
    copy = np.asarray(cv2.resize(full, None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA), np.float32)
    field = find_field(copy)
    scale = 0.5  # millimetres a pixel of the copy, 0.125 a pixel of the photo
    alone = judge_quality(copy, field, mm_per_px=scale)
    assert "coarse" in alone.flags
    detail = close_up(encoded, field.measurable, factor, options=FocusOptions())
    quality = judge_quality(copy, field, mm_per_px=scale, detail=detail)
    assert not {"coarse", "low_detail", "blurred"} & set(quality.flags)
    whole = linear_from_srgb8(encoded)
    assert quality.focus == pytest.approx(judge_quality(whole, find_field(whole), mm_per_px=0.125).focus, rel=0.15)


def test_a_close_up_s_skin_is_that_of_the_whole_photo_s() -> None:
    rng = np.random.default_rng(4)
    encoded = rng.integers(0, 255, (1100, 830, 3), dtype=np.uint8)
    skin = cv2.GaussianBlur(rng.standard_normal((401, 303)), (0, 0), 9) > 0
    detail = close_up(encoded, skin, 401 / 1100, options=FocusOptions(tiles=100, tile_skin=0.0))
    assert detail is not None
    whole = cv2.resize(skin.view(np.uint8), (830, 1100), interpolation=cv2.INTER_NEAREST) > 0
    tiles = [whole[row : row + 256, col : col + 256] for row in range(0, 1024, 256) for col in range(0, 768, 256)]
    rim = np.pad(np.ones((224, 224), np.bool_), 16)
    np.testing.assert_array_equal(detail.skin, np.concatenate([tile & rim for tile in tiles]))


def test_without_skin_there_is_no_close_up() -> None:
    assert close_up(np.zeros((800, 600, 3), np.uint8), np.zeros((400, 300), np.bool_), 0.5, options=FocusOptions()) is None
    assert close_up(np.zeros((200, 600, 3), np.uint8), np.ones((100, 300), np.bool_), 0.5, options=FocusOptions()) is None


@pytest.mark.thorough
def test_a_smooth_photo_out_of_focus_is_blurred_though_the_borders_of_jpeg_s_blocks_are_sharp() -> None:
    pair = simple_pair("poor", why="blur", seed=35061566, size=(1600, 1200))
    prepared = [prepare_photo(read_photo(photo), card=False) for photo in (pair.before_jpeg, pair.after_jpeg)]
    assert "blurred" not in prepared[0].quality.flags
    assert "blurred" in prepared[1].quality.flags
    assert prepared[1].quality.focus > pair.facts.after.defocus_px / 2
