"""Centrelines as scikit-image draws them."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from skimage.morphology import skeletonize

from photocompare.veins.skeleton import skeleton


@pytest.mark.parametrize("grain_px", [0.4, 0.7, 1.0, 2.0, 4.0, 9.0])
def test_centrelines_are_scikit_image_s(grain_px: float) -> None:
    noise = cv2.GaussianBlur(np.random.default_rng(6).standard_normal((310, 223)), (0, 0), grain_px)
    for share in (0.1, 0.5, 0.9):  # to the frame's edges, with holes, spots and corners of every kind
        mask = noise > np.quantile(noise, share)
        np.testing.assert_array_equal(skeleton(mask), skeletonize(mask))


def test_empty_and_full_masks() -> None:
    for mask in (np.zeros((12, 7), np.bool_), np.ones((12, 7), np.bool_), np.ones((1, 1), np.bool_)):
        np.testing.assert_array_equal(skeleton(mask), skeletonize(mask))
