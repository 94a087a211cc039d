"""Which of two photos of the same skin is the softer one, and by how much."""

from __future__ import annotations

import functools
import math

import cv2
import numpy as np
import pytest

from photocompare.base.arrays import Grey, LinearRGB, Mask
from photocompare.base.colour import density_from_linear, linear_from_srgb8, srgb8_from_linear
from photocompare.leg.field import find_field
from photocompare.leg.relative_blur import RelativeBlur, relative_blur
from photocompare.phantom import simple_pair
from photocompare.photo.reading import read_photo


@functools.cache
def _skin() -> tuple[LinearRGB, Mask]:
    linear, _ = read_photo(simple_pair("null", seed=4, size=(900, 675)).before_jpeg).working(2_000_000)
    return linear, find_field(linear).measurable


def _taken(linear: LinearRGB, sigma: float, *, gain: float = 1.0, seed: int = 0) -> Grey:
    """Green density of a photo of that skin: blurred, brighter or darker, noisy, in eight bits and compressed."""
    soft = cv2.GaussianBlur(linear, (0, 0), sigma) if sigma > 0 else linear
    noisy = np.clip(soft * np.float32(gain) * (1 + 0.004 * np.random.default_rng(seed).standard_normal(soft.shape)), 0, 1)
    encoded = srgb8_from_linear(noisy.astype(np.float32))
    bytes_ = cv2.imencode(".jpg", encoded[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, 90])[1]
    stored = linear_from_srgb8(np.ascontiguousarray(cv2.imdecode(bytes_, cv2.IMREAD_COLOR)[..., ::-1]))
    return np.asarray(density_from_linear(stored)[..., 1], dtype=np.float32)


@pytest.mark.parametrize("sigma", [1.0, 2.0, 3.0, 5.0])
def test_the_softer_photo_and_its_blur_are_told(sigma: float) -> None:
    linear, skin = _skin()
    sharp, soft = _taken(linear, 0.0), _taken(linear, sigma, gain=0.8, seed=1)
    after, before = relative_blur(sharp, soft, skin), relative_blur(soft, sharp, skin)
    assert after.before_px == pytest.approx(sigma, rel=0.25)
    assert after.after_px == 0
    assert before.after_px == pytest.approx(sigma, rel=0.25)


def test_equal_photos_are_equally_soft() -> None:
    linear, skin = _skin()
    found = relative_blur(_taken(linear, 1.0), _taken(linear, 1.0, gain=1.2, seed=1), skin)
    assert abs(found.variance_px2) < 0.3


def test_of_different_skin_nothing_is_said() -> None:
    linear, skin = _skin()
    turned = np.ascontiguousarray(linear[::-1])
    found = relative_blur(_taken(linear, 0.0), _taken(turned, 2.0), skin & skin[::-1])
    assert not found.known
    assert math.isnan(found.variance_px2)
    assert (found.before_px, found.after_px) == (0.0, 0.0)


def test_where_nothing_is_known_each_photo_s_own_focus_tells() -> None:
    assert RelativeBlur(math.nan).or_by_focus(3.0, 5.0).before_px == pytest.approx(4.0)
    assert RelativeBlur(math.nan).or_by_focus(5.0, 3.0).after_px == pytest.approx(4.0)
    assert RelativeBlur(1.0).or_by_focus(3.0, 5.0).before_px == 1.0


@pytest.mark.parametrize(("found", "left"), [(0.3, 0.0), (-0.3, 0.0), (2.5, 2.0), (-2.5, -2.0)])
def test_only_what_is_beyond_doubt_is_allowed_for(found: float, left: float) -> None:
    assert RelativeBlur(found).beyond(0.5).variance_px2 == pytest.approx(left)
    assert not RelativeBlur(math.nan).beyond(0.5).known
