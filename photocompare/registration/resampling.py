"""The one resampler: pictures read between their pixels, at loose positions or through a registration's map.

Positions are (x, y) of pixel centres; the first pixel's centre is (0, 0).  OpenCV reads between pixels with a precision of 1/32 px.
"""

from __future__ import annotations

from typing import Literal, TypeVar

import cv2
import numpy as np
from numpy.typing import NDArray

from photocompare.base.arrays import LinearRGB, MapXY, Mask

NOWHERE = -1e4
"""A coordinate outside every photo: stands for NaN where OpenCV has to read."""

_NODE_STEP = 4
"""Pixels between the places at which a map is carried on: it is smooth over tens of pixels."""

_SMOOTH_NODES = 8.0
"""Sigma of the smoothing beyond the known map, nodes: nearest places alone would leave streaks."""

CUBIC_REACH = 2
"""Pixels that cubic interpolation takes on either side."""

Interpolation = Literal["nearest", "linear", "cubic"]
Beyond = Literal["zero", "edge", "mirror"]

_INTERPOLATION = {"nearest": cv2.INTER_NEAREST, "linear": cv2.INTER_LINEAR, "cubic": cv2.INTER_CUBIC}
_BEYOND = {"zero": cv2.BORDER_CONSTANT, "edge": cv2.BORDER_REPLICATE, "mirror": cv2.BORDER_REFLECT}

_Picture = TypeVar("_Picture", NDArray[np.float32], NDArray[np.uint8])
_Floats = NDArray[np.float32]


def sampled_at(picture: _Picture, x: _Floats, y: _Floats, *, interpolation: Interpolation = "linear", beyond: Beyond) -> _Picture:
    """A picture at loose positions.

    Parameters
    ----------
    picture : ndarray of shape (H, W) or (H, W, C)
    x, y : ndarray of shape (h, w)
        Picture px, finite; h and w below 32767.
    interpolation : str
    beyond : str
        What lies outside the picture: 0, the edge's value, or the picture mirrored at its edge.

    Returns
    -------
    ndarray of shape (h, w) or (h, w, C)
        In the picture's own type; NaN wherever a pixel that counts is NaN.
    """
    read = cv2.remap(picture, x, y, _INTERPOLATION[interpolation], borderMode=_BEYOND[beyond])
    return np.asarray(read, dtype=picture.dtype)


def sampled_on(picture: _Picture, places_xy: MapXY, *, interpolation: Interpolation = "linear", beyond: Beyond) -> _Picture:
    """As `sampled_at`, with both coordinates of a place beside each other, (h, w, 2): OpenCV reads them as they lie."""
    read = cv2.remap(picture, places_xy, None, _INTERPOLATION[interpolation], borderMode=_BEYOND[beyond])  # type: ignore[call-overload]
    return np.asarray(read, dtype=picture.dtype)


def sampled_through(picture: _Picture, map_xy: MapXY, *, interpolation: Interpolation = "linear") -> _Picture:
    """A picture of the after frame in the before frame; 0 where the map is NaN or leads out of the picture.

    Parameters
    ----------
    picture : ndarray of shape (H, W) or (H, W, C)
        After frame.
    map_xy : MapXY
        (h, w, 2), before frame to after frame.
    interpolation : str

    Returns
    -------
    ndarray of shape (h, w) or (h, w, C)
        Before frame.
    """
    return sampled_on(picture, without_nan(map_xy), interpolation=interpolation, beyond="zero")


def mask_through(mask: Mask, map_xy: MapXY) -> Mask:
    """A mask of the after frame in the before frame, by the nearest pixel; False where there is no map."""
    return np.asarray(sampled_through(mask.view(np.uint8), map_xy, interpolation="nearest") > 0)


def warped_photo(after: LinearRGB, map_xy: MapXY) -> tuple[LinearRGB, Mask]:
    """The after photo in the before frame, and where it shows something there.

    Read by cubic interpolation, so that thin veins keep their depth; that takes neighbours on all sides, so the photo's outermost
    pixels are left out.

    Returns
    -------
    warped : LinearRGB
        (h, w, 3), 0..1; 0 where the photo shows nothing.
    shown : Mask
        (h, w).
    """
    most_x, most_y = (side - 1 - CUBIC_REACH for side in after.shape[1::-1])
    within = cv2.inRange(map_xy, (CUBIC_REACH, CUBIC_REACH), (most_x, most_y))
    places_xy = np.full(map_xy.shape, NOWHERE, np.float32)
    cv2.copyTo(map_xy, within, places_xy)
    warped = sampled_on(after, places_xy, interpolation="cubic", beyond="zero")
    return np.clip(warped, 0.0, 1.0, out=warped), np.asarray(within > 0, dtype=np.bool_)


def shown_only(picture: LinearRGB, shown: Mask) -> LinearRGB:
    """A copy of a picture with NaN where nothing is shown."""
    copy = np.full(picture.shape, np.nan, np.float32)
    # NumPy's choice between a picture and a number takes three times as long.
    cv2.copyTo(picture, shown.view(np.uint8), copy)
    return copy


def map_at(map_xy: MapXY, x: _Floats, y: _Floats) -> MapXY:
    """Where a map leads from loose positions of the before frame, (h, w, 2); far below 0 where it leads nowhere."""
    nowhere = (NOWHERE,) * 4
    read = cv2.remap(without_nan(map_xy), x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT, borderValue=nowhere)
    return np.asarray(read, dtype=np.float32)


def own_positions(shape: tuple[int, ...]) -> MapXY:
    """Each pixel's own (x, y), (h, w, 2): the map that leads a picture to itself."""
    places_xy = np.empty((shape[0], shape[1], 2), np.float32)
    places_xy[..., 0] = np.arange(shape[1])
    places_xy[..., 1] = np.arange(shape[0])[:, np.newaxis]
    return places_xy


def carried_on(map_xy: MapXY) -> MapXY:
    """The map, for looking, where it is not known too: over its holes and beyond its edge.

    There it is the plane through the known map, and what the nearest known place lies off that, smoothed the more the farther away.
    Nothing is measured there.

    Parameters
    ----------
    map_xy : MapXY
        (h, w, 2) with at least three finite points that are not in line, or none: then it comes back as it is.
    """
    nodes = np.ascontiguousarray(map_xy[::_NODE_STEP, ::_NODE_STEP], dtype=np.float32)
    known: Mask = np.asarray(np.isfinite(nodes).all(axis=2))
    if known.all() or not known.any():
        return map_xy
    y, x = np.mgrid[0 : known.shape[0], 0 : known.shape[1]].astype(np.float32) * np.float32(_NODE_STEP)
    at = np.dstack([x, y, np.ones_like(x)])
    fit, *_ = np.linalg.lstsq(at[known].astype(np.float64), nodes[known].astype(np.float64), rcond=None)
    plane = (at @ fit).astype(np.float32)
    away, label = cv2.distanceTransformWithLabels((~known).view(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_5, labelType=cv2.DIST_LABEL_PIXEL)
    nearest = np.zeros(int(label.max()) + 1, np.int64)
    nearest[label[known]] = np.flatnonzero(known)
    rest = (nodes - plane).reshape(-1, 2)[nearest[label]]
    smooth = np.asarray(cv2.GaussianBlur(rest, (0, 0), _SMOOTH_NODES), dtype=np.float32)
    share = np.minimum(away / np.float32(2 * _SMOOTH_NODES), np.float32(1))[..., np.newaxis]
    whole = plane + rest + share * (smooth - rest)
    rows, cols = (np.arange(side, dtype=np.float32) / np.float32(_NODE_STEP) for side in map_xy.shape[:2])
    carried: MapXY = sampled_at(whole, *np.meshgrid(cols, rows), beyond="edge")
    # Each coordinate by itself, side by side: NumPy's choice between two arrays takes several times as long.
    flat = (map_xy.shape[0], -1)
    cv2.copyTo(map_xy.reshape(flat), np.isfinite(map_xy).view(np.uint8).reshape(flat), carried.reshape(flat))
    return carried


def without_nan(map_xy: MapXY) -> MapXY:
    """The map with `NOWHERE` for NaN: OpenCV can't read at NaN."""
    known = np.array(map_xy, dtype=np.float32, order="C")
    cv2.patchNaNs(known, NOWHERE)
    return known
