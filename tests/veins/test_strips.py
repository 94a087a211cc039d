"""Strips give the reading of the whole picture."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from photocompare.veins import network
from photocompare.veins.strips import OVERLAP_PX, STRIDE, in_strips


def _halving_network(planes: np.ndarray, last: bool) -> np.ndarray:
    """Blurs on a copy reduced sixteen times: sees as far as a U-Net's bottom, and knows where the halvings start."""
    assert last in (False, True)
    assert planes.shape[2] % STRIDE == 0
    assert planes.shape[3] % STRIDE == 0
    small = planes[0, 0].reshape(planes.shape[2] // STRIDE, STRIDE, planes.shape[3] // STRIDE, STRIDE).mean(axis=(1, 3))
    soft = cv2.blur(small, (7, 7), borderType=cv2.BORDER_CONSTANT)
    return np.repeat(np.repeat(soft, STRIDE, 0), STRIDE, 1)[np.newaxis, np.newaxis] + planes[:, :1]


@pytest.mark.parametrize("shape", [(640, 208), (637, 203), (300, 500), (40, 30)])
def test_strips_cover_the_picture_and_agree_with_the_whole(shape: tuple[int, int]) -> None:
    picture = np.random.default_rng(1).normal(0, 1, (3, *shape)).astype(np.float32)
    whole = np.concatenate([reading for _, reading in in_strips(_halving_network, picture, most_px=10**9)], axis=1)
    parts = np.full((1, *shape), np.nan, np.float32)
    seen = 0
    for rows, reading in in_strips(_halving_network, picture, most_px=30_000):
        parts[:, rows] = reading
        seen += 1
    assert seen >= min(shape[0] * shape[1] // 30_000, 1)
    assert np.allclose(parts, whole, atol=1e-5)


def test_the_vein_network_sees_no_further_than_strips_overlap() -> None:
    session = network._session(1)
    picture = np.random.default_rng(2).normal(0, 0.1, (3, 6 * OVERLAP_PX, 64)).astype(np.float32)

    def run(planes: np.ndarray, last: bool) -> np.ndarray:
        reading = np.empty((1, 4, *planes.shape[2:]), np.float32)
        network._run(session, planes, reading, last)
        return reading

    whole, parts = (np.concatenate([r for _, r in in_strips(run, picture, most_px=most)], axis=1) for most in (10**9, 2 * OVERLAP_PX * 64))
    assert np.allclose(whole, parts, atol=1e-4)


@pytest.mark.parametrize("shape", [(17, 31), (32, 48), (5, 16)])
def test_a_picture_is_mirrored_up_to_whole_steps(shape: tuple[int, int]) -> None:
    planes, seen = np.random.default_rng(4).normal(0, 1, (2, *shape)).astype(np.float32), []

    def run(padded: np.ndarray, _last: bool) -> np.ndarray:
        seen.append(padded[0].copy())
        return padded

    (rows, reading), *_ = in_strips(run, planes)
    assert rows == slice(0, shape[0])
    np.testing.assert_array_equal(reading, planes)
    np.testing.assert_array_equal(seen[0], np.pad(planes, [(0, 0), *((0, -side % STRIDE) for side in shape)], mode="reflect"))
