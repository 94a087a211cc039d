"""Reading pictures between their pixels."""

from __future__ import annotations

import numpy as np

from photocompare.registration.resampling import (
    NOWHERE,
    carried_on,
    map_at,
    mask_through,
    sampled_at,
    sampled_on,
    sampled_through,
    warped_photo,
    without_nan,
)


def _positions(height: int, width: int) -> tuple[np.ndarray, np.ndarray]:
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    return x, y


def test_between_pixels_lies_the_mean_and_beyond_what_was_asked_for() -> None:
    ramp = np.tile(np.arange(5, dtype=np.float32), (4, 1))
    x, y = np.array([[1.5, -1.0, 6.0]], np.float32), np.ones((1, 3), np.float32)
    np.testing.assert_allclose(sampled_at(ramp, x, y, beyond="edge"), [[1.5, 0.0, 4.0]])
    np.testing.assert_allclose(sampled_at(ramp, x, y, beyond="zero"), [[1.5, 0.0, 0.0]])
    np.testing.assert_allclose(sampled_at(ramp, x, y, beyond="mirror"), [[1.5, 0.0, 3.0]])


def test_where_the_map_leads_nowhere_a_picture_reads_nought_and_a_mask_false() -> None:
    picture = np.ones((6, 7, 3), np.float32)
    map_xy = np.dstack(_positions(6, 7))
    map_xy[2, 3] = np.nan
    map_xy[0, 0] = 100.0
    read = sampled_through(picture, map_xy)
    seen = mask_through(np.ones((6, 7), np.bool_), map_xy)
    nowhere = {(2, 3), (0, 0)}
    assert set(zip(*(axis.tolist() for axis in np.nonzero(~seen)), strict=True)) == nowhere
    np.testing.assert_array_equal(read[seen], 1.0)
    np.testing.assert_array_equal(read[~seen], 0.0)
    led = map_at(map_xy, *(axis[3:, 4:] for axis in _positions(6, 7)))
    np.testing.assert_array_equal(led, map_xy[3:, 4:])
    assert map_at(map_xy, np.array([[3.0]], np.float32), np.array([[2.0]], np.float32)).max() < 0


def test_a_warped_photo_leaves_out_what_cubic_reading_can_not_see_around() -> None:
    after = np.random.default_rng(3).uniform(0, 1, (9, 11, 3)).astype(np.float32)
    warped, shown = warped_photo(after, np.dstack(_positions(9, 11)))
    inner = np.zeros((9, 11), np.bool_)
    inner[2:-2, 2:-2] = True
    np.testing.assert_array_equal(shown, inner)
    np.testing.assert_allclose(warped[shown], after[shown], atol=1e-6)
    np.testing.assert_array_equal(warped[~shown], 0.0)


def test_a_map_is_carried_on_over_its_holes_and_beyond_its_edge() -> None:
    x, y = _positions(120, 90)
    whole = np.dstack([1.03 * x - 0.05 * y + 4.0 + np.sin(y / 30), 0.04 * x + 0.98 * y - 2.0 + np.cos(x / 25)])
    known = (np.abs(x - 45) < 25) & ((x - 50) ** 2 + (y - 60) ** 2 > 8**2)
    map_xy = np.where(known[..., np.newaxis], whole, np.float32(np.nan))
    carried = carried_on(map_xy)
    assert np.isfinite(carried).all()
    np.testing.assert_array_equal(carried[known], whole[known])
    off = np.linalg.norm(carried - whole, axis=2)
    assert off[(x - 50) ** 2 + (y - 60) ** 2 <= 8**2].max() < 0.5
    assert off.max() < 4.0
    nothing = np.full((8, 8, 2), np.nan, np.float32)
    assert carried_on(nothing) is nothing


def test_places_beside_each_other_are_read_as_those_in_two_planes() -> None:
    rng = np.random.default_rng(9)
    picture, places = rng.random((60, 50, 3)).astype(np.float32), (rng.random((41, 37, 2)) * 70 - 10).astype(np.float32)
    for interpolation in ("nearest", "linear", "cubic"):
        for beyond in ("zero", "edge", "mirror"):
            apart = sampled_at(picture, places[..., 0].copy(), places[..., 1].copy(), interpolation=interpolation, beyond=beyond)
            np.testing.assert_array_equal(sampled_on(picture, places, interpolation=interpolation, beyond=beyond), apart)


def test_a_map_without_nan_is_a_copy() -> None:
    map_xy = np.full((4, 5, 2), np.nan, np.float32)
    map_xy[1:3] = 7
    known = without_nan(map_xy)
    np.testing.assert_array_equal(known[0], NOWHERE)
    np.testing.assert_array_equal(known[1:3], 7)
    assert np.isnan(map_xy[0]).all()
