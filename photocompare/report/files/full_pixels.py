"""From the working frames, where everything is measured, to the photos' own full pixels.

The map of a registration leads from before to after; what is found in the before frame is painted into the after photo through
its inverse, found by fixed-point iteration: a smooth warp moves neighbouring points almost alike, so each step shrinks the
remaining distance.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeVar

import cv2
import numpy as np
from numpy.typing import NDArray

from photocompare.base.arrays import Grey, MapXY, Mask, scaled_position
from photocompare.registration import Registration
from photocompare.registration.resampling import NOWHERE, own_positions, sampled_at, sampled_on
from photocompare.results.comparison import Pictures

GRID_STEP = 4
"""Working pixels between nodes of the written map and of the inverse; registration fields are smooth over tens of pixels, so what
bilinear reading loses between nodes this close is far below the registration's own error."""

_INVERSE_ITERATIONS = 12
_SETTLED_PX = 0.01
"""Working pixels by which a round of the inverse may still move points: a hundredth of a pixel shows nowhere."""

_CLOSE_ENOUGH_PX = 0.5
"""Working pixels: an inverse that misses its point by more has no counterpart there."""

_INSIDE_SHARE = 0.5
_INSIDE = 127
"""Half of a mask's 255: enlarged masks are cut where they are half inside."""

_COLUMNS = 512
"""Of a full-size picture that are worked on at a time: of 48 megapixels 16 MiB a copy."""

_Working = TypeVar("_Working", NDArray[np.float32], NDArray[np.uint8])


@dataclass(frozen=True)
class WrittenMap:
    """The contract's registration map: full before pixels (x = col * step, y = row * step) to full after pixels."""

    map_xy: MapXY
    step: int


def _nodes(height: int, width: int, step: int) -> tuple[Grey, Grey]:
    """x and y of the nodes of a grid that starts in the first pixel and covers the last one."""
    y, x = np.mgrid[0 : -(-height // step), 0 : -(-width // step)].astype(np.float32) * np.float32(step)
    return x, y


def _read_nodes(rest: MapXY, at: MapXY) -> MapXY:
    """A field kept at every `GRID_STEP`-th working pixel, at working (x, y)."""
    node = at * np.float32(1.0 / GRID_STEP)
    return sampled_on(rest, node, beyond="edge")


def written_map(pictures: Pictures, registration: Registration) -> WrittenMap:
    """The registration in full pixels of both photos, sampled on a grid; NaN as soon as a neighbour that counts is NaN.

    The displacement is read rather than the position: OpenCV reads between pixels with a precision of 1/32, which then costs
    1/32 of the displacement's slope instead of 1/32 px.
    """
    height, width = pictures.before.shape[:2]
    step = max(1, round(GRID_STEP / pictures.factor_before))
    nodes = np.stack(_nodes(height, width, step))
    x, y = scaled_position(nodes, pictures.factor_before)
    displacement = registration.map_xy - own_positions(registration.map_xy.shape[:2])
    after = sampled_at(displacement, x, y, beyond="edge") + np.dstack([x, y])
    return WrittenMap(scaled_position(after, 1.0 / pictures.factor_after).astype(np.float32), step)


class AfterFrame:
    """Paints what was found in the before photo's working frame into the after photo's full pixels.

    Parameters
    ----------
    pictures : Pictures
    registration : Registration
        Its map has at least three finite points that are not in line.
    """

    def __init__(self, pictures: Pictures, registration: Registration) -> None:
        self._shape = pictures.after.shape[:2]
        self._height, self._width = (max(1, round(side * pictures.factor_after)) for side in self._shape)
        self._before = self._at_each_pixel(self._invert(registration.map_xy))

    def _at_each_pixel(self, inverse: MapXY) -> MapXY:
        """The inverse between its nodes."""
        node_of_pixel = np.array([[1 / GRID_STEP, 0, 0], [0, 1 / GRID_STEP, 0]])
        how = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
        size = (self._width, self._height)
        return np.asarray(cv2.warpAffine(inverse, node_of_pixel, size, flags=how, borderMode=cv2.BORDER_REPLICATE), dtype=np.float32)

    def _invert(self, map_xy: MapXY) -> MapXY:
        """Before working (x, y) at every `GRID_STEP`-th working pixel of the after photo; far outside where there is none."""
        linear, offset, rest = _split(map_xy)
        target = np.dstack(_nodes(self._height, self._width, GRID_STEP)) - offset
        back = np.linalg.inv(linear).astype(np.float32)
        before = (target @ back.T).astype(np.float32)
        for _ in range(_INVERSE_ITERATIONS):
            last, before = before, ((target - _read_nodes(rest, before)) @ back.T).astype(np.float32)
            if np.abs(before - last).max() < _SETTLED_PX:
                break
        missed = before @ linear.T + _read_nodes(rest, before) - target
        before[np.linalg.norm(missed, axis=2) > _CLOSE_ENOUGH_PX] = NOWHERE
        return before

    def paint(self, mask: Mask) -> NDArray[np.uint8]:
        """The mask in the after photo's full pixels, 0 or 255."""
        return _cut(_enlarged(self._read(_bytes(mask)), self._shape))

    def paint_shares(self, shares: Grey) -> NDArray[np.uint8]:
        """Shares of looks, 0..1, in the after photo's full pixels: 255 times the share, 0 off the veins."""
        return _whole(self._read(shares), self._read(_on_veins(shares)), self._shape)

    def _read(self, working: _Working) -> _Working:
        """A picture of the before frame read at the after photo's working pixels, between its pixels in a straight line."""
        return sampled_on(working, self._before, beyond="zero")


def _split(map_xy: MapXY) -> tuple[NDArray[np.float32], NDArray[np.float32], MapXY]:
    """The map as `linear @ p + offset + rest(p)`; the rest at every `GRID_STEP`-th pixel, carried on beyond the map's edge."""
    nodes = np.ascontiguousarray(map_xy[::GRID_STEP, ::GRID_STEP], dtype=np.float64)
    known: Mask = np.asarray(np.isfinite(nodes).all(axis=2))
    positions = own_positions(nodes.shape[:2]) * np.float32(GRID_STEP)
    at = np.column_stack([positions[known], np.ones(int(known.sum()))])
    fit, *_ = np.linalg.lstsq(at, nodes[known], rcond=None)
    linear, offset = fit[:2].T.astype(np.float32), fit[2].astype(np.float32)
    rest = nodes - (positions @ linear.T + offset)
    _, label = cv2.distanceTransformWithLabels(_bytes(~known), cv2.DIST_L2, cv2.DIST_MASK_5, labelType=cv2.DIST_LABEL_PIXEL)
    nearest = np.zeros(int(label.max()) + 1, np.int64)
    nearest[label[known]] = np.flatnonzero(known)
    return linear, offset, np.ascontiguousarray(rest.reshape(-1, 2)[nearest[label]], dtype=np.float32)


def in_full_pixels(mask: Mask, shape: tuple[int, ...]) -> NDArray[np.uint8]:
    """A working mask enlarged to its photo's full size, 0 or 255."""
    return _cut(_enlarged(_bytes(mask), shape))


def shares_in_full_pixels(shares: Grey, shape: tuple[int, ...]) -> NDArray[np.uint8]:
    """Working shares of looks, 0..1, in their photo's full size: 255 times the share, 0 off the veins."""
    return _whole(shares, _on_veins(shares), shape)


def _enlarged(working: _Working, shape: tuple[int, ...]) -> _Working:
    if working.shape == shape[:2]:
        return working
    return np.asarray(cv2.resize(working, (shape[1], shape[0]), interpolation=cv2.INTER_LINEAR), dtype=working.dtype)


def _on_veins(shares: Grey) -> Grey:
    return np.asarray(shares > 0, dtype=np.float32)


def _whole(shares: Grey, on_veins: Grey, shape: tuple[int, ...]) -> NDArray[np.uint8]:
    """Both enlarged to full size, and what they tell there, some columns at a time.

    Enlarging goes across first and then down, so that columns enlarged by themselves are those of the whole picture to the last bit.
    """
    height, width = shape[:2]
    if shares.shape == (height, width):
        return _told(shares, on_veins)
    wide = [_enlarged(working, (working.shape[0], width)) for working in (shares, on_veins)]
    whole = np.zeros((height, width), np.uint8)
    for left in range(0, width, _COLUMNS):
        parts = [np.ascontiguousarray(picture[:, left : left + _COLUMNS]) for picture in wide]
        if parts[1].any():
            whole[:, left : left + _COLUMNS] = _told(*(_enlarged(part, (height, part.shape[1])) for part in parts))
    return whole


def _told(shares: Grey, on_veins: Grey) -> NDArray[np.uint8]:
    """255 times the share that is told of the vein alone: what is read across its edge is divided by how much of that is vein.

    A thin vein keeps its peak, and its edge lies where that of a mask would, whatever its share.
    """
    share = np.divide(shares, on_veins, out=np.zeros_like(shares), where=on_veins >= _INSIDE_SHARE)
    np.clip(share, 0.0, 1.0, out=share)
    share *= np.float32(255.0)
    return np.asarray(np.rint(share, out=share), dtype=np.uint8)


def _bytes(mask: Mask) -> NDArray[np.uint8]:
    return np.asarray(mask.view(np.uint8) * np.uint8(255), dtype=np.uint8)


def _cut(enlarged: NDArray[np.uint8]) -> NDArray[np.uint8]:
    return np.asarray(cv2.threshold(enlarged, _INSIDE, 255, cv2.THRESH_BINARY)[1], dtype=np.uint8)
