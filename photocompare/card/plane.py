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


def area_scale(homography: Points, points_xy: Points) -> Points:
    """Units of the plane per pixel at some pixels, (N,): the root of the Jacobian's determinant, for a homography det(H) / w^3."""
    depth = points_xy @ homography[2, :2] + homography[2, 2]
    return np.asarray(np.sqrt(abs(np.linalg.det(homography)) / np.abs(depth) ** 3))


def seen_from_the_front(px_from_mm: Points, outline_xy: Points) -> bool:
    """All four corners before the camera, and clockwise as printed."""
    depth = outline_xy @ px_from_mm[2, :2] + px_from_mm[2, 2]
    if np.any(depth * px_from_mm[2, 2] <= 0):
        return False
    outline = transform_points(px_from_mm, outline_xy).astype(np.float32)
    return bool(cv2.isContourConvex(outline[:, None])) and cv2.contourArea(outline, oriented=True) > 0
