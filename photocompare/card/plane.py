"""Homographies between a photo and a flat card."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

Points = NDArray[np.float64]


def transform_points(homography: Points, points_xy: Points) -> Points:
    """Points (N, 2) through a 3x3 homography."""
    return np.asarray(cv2.perspectiveTransform(np.asarray(points_xy, dtype=np.float64)[:, None], homography)[:, 0], dtype=np.float64)


def fit_homography(source_xy: Points, target_xy: Points) -> Points | None:
    """The 3x3 homography with the least squared distances in the target; None where the points fix none."""
    found: tuple[Any, Any] = cv2.findHomography(source_xy, target_xy, 0)
    return None if found[0] is None else np.asarray(found[0], dtype=np.float64)
