"""Strips give the reading of the whole picture."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
import pytest

from photocompare.veins import network
from photocompare.veins.strips import OVERLAP_PX, STRIDE, in_strips, in_whole_steps, mirror_beyond


def _halving_network(planes: np.ndarray, last: bool) -> np.ndarray:
    """Blurs on a copy reduced sixteen times: sees as far as a U-Net's bottom, and knows where the halvings start."""
    assert last in (False, True)
    assert planes.shape[2] % STRIDE == 0
    assert planes.shape[3] % STRIDE == 0
    small = planes[0, 0].reshape(planes.shape[2] // STRIDE, STRIDE, planes.shape[3] // STRIDE, STRIDE).mean(axis=(1, 3))
    soft = cv2.blur(small, (7, 7), borderType=cv2.BORDER_CONSTANT)
    return np.repeat(np.repeat(soft, STRIDE, 0), STRIDE, 1)[np.newaxis, np.newaxis] + planes[:, :1]


def _read(run: Callable[[np.ndarray, bool], np.ndarray], picture: np.ndarray, most_px: int) -> tuple[np.ndarray, int]:
    """The reading of a picture (C, H, W) put together, and from how many strips."""
    shape = picture.shape[1:]
    planes = in_whole_steps(len(picture), shape)
    planes[:, : shape[0], : shape[1]] = picture
    mirror_beyond(planes, shape)
    parts, next_row = [], 0
    for rows, own, said in in_strips(run, planes, shape[0], most_px=most_px):
        assert rows.start == next_row
        next_row = rows.stop
        parts.append(said[0][:, own, : shape[1]])
    assert next_row == shape[0]
    return np.concatenate(parts, axis=1), len(parts)


@pytest.mark.parametrize("shape", [(640, 208), (637, 203), (300, 500), (40, 30)])
def test_strips_cover_the_picture_and_agree_with_the_whole(shape: tuple[int, int]) -> None:
    picture = np.random.default_rng(1).normal(0, 1, (3, *shape)).astype(np.float32)
    (whole, _), (parts, seen) = (_read(_halving_network, picture, most) for most in (10**9, 30_000))
    assert seen >= min(shape[0] * shape[1] // 30_000, 1)
    assert parts.shape == (1, *shape)
    assert np.allclose(parts, whole, atol=1e-5)


@pytest.mark.parametrize("reduced", [False, True])
def test_the_vein_network_sees_no_further_than_strips_overlap(reduced: bool) -> None:
    session = network._network(1, reduced)
    picture = np.random.default_rng(2).normal(0, 0.1, (3, 6 * OVERLAP_PX, 64)).astype(np.float32)

    def run(planes: np.ndarray, last: bool) -> np.ndarray:
        whole = np.empty((1, 4, *planes.shape[2:]), np.float32)
        for map_, cells in zip(whole[0], np.split(network._run(session, planes, last), 4), strict=True):
            network._weave(cells, map_)
        return whole

    (whole, _), (parts, seen) = (_read(run, picture, most) for most in (10**9, 2 * OVERLAP_PX * 64))
    assert seen == 3
    assert np.allclose(whole, parts, atol=1e-4)


@pytest.mark.parametrize("shape", [(17, 31), (32, 48), (5, 16)])
def test_a_picture_is_mirrored_up_to_whole_steps(shape: tuple[int, int]) -> None:
    picture = np.random.default_rng(4).normal(0, 1, (2, *shape)).astype(np.float32)
    planes = in_whole_steps(2, shape)
    planes[:, : shape[0], : shape[1]] = picture
    mirror_beyond(planes, shape)
    np.testing.assert_array_equal(planes, np.pad(picture, [(0, 0), *((0, -side % STRIDE) for side in shape)], mode="reflect"))
