"""Writing without colour that was burnt into a photo: a date stamp, a name, a watermark, black or white, opaque or half so.

By brightness it can't be told from hair, moles, veins or glare.  Letters that a program wrote stand in a row along one of the picture's
sides, with their upper and their lower ends at the same height to a pixel, and no five things on skin do.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from photocompare.base.arrays import LinearRGB, Mask
from photocompare.base.masks import square


@dataclass(frozen=True)
class WritingOptions:
    """What counts as a row of letters, in a copy of half the size.

    Parameters
    ----------
    stroke_px : int
        Side of the window in which a stroke must fit across.
    steps : tuple of int
        Steps of 255 of lightness by which strokes stand out: of a watermark that is half seen through, up to opaque letters, whose blurred
        edges would run together at the lower ones.  From 12 on a mole was taken for a row in one of 542 photos, from 16 on nothing.
    least_height_px, most_height_px : int
        Of a letter.  Lower ones are not read, and specks of that size are many.
    least_width, most_width : float
        Of a letter, in heights: "1" and "W".
    least_filled : float
        Share of its box that a letter fills: a "/" or an "L" of thin strokes.
    aligned, aligned_px : float
        How far letters' ends may lie from each other, in heights, and at least in pixels.
    most_gap : float
        Between neighbours, in heights: a blank.
    letters : int
        In a row: nothing but writing was found in 36 photos of legs, 542 of other skin and 40 rendered ones (`docs/method.md`).
    around : float
        What is left out above and below a row, in heights: the tails of "g" and "/".
    """

    stroke_px: int = 15
    steps: tuple[int, ...] = (16, 30, 60)
    least_height_px: int = 7
    most_height_px: int = 80
    least_width: float = 0.1
    most_width: float = 1.3
    least_filled: float = 0.12
    aligned: float = 0.06
    aligned_px: float = 1.0
    most_gap: float = 1.5
    letters: int = 5
    around: float = 0.4


@dataclass(frozen=True)
class _Boxes:
    """Boxes of things on the skin: along the row from `begin` to `end`, across it from `top` to `bottom`; `filled` share of each."""

    begin: NDArray[np.int64]
    end: NDArray[np.int64]
    top: NDArray[np.int64]
    bottom: NDArray[np.int64]
    filled: NDArray[np.float64]

    @property
    def height(self) -> NDArray[np.int64]:
        return self.bottom - self.top


def find_writing(half: LinearRGB, on_leg: Mask, *, options: WritingOptions) -> Mask:
    """Where rows of letters stand on a leg, each as a rectangle.

    Parameters
    ----------
    half : (H, W, 3) float32
        Linear light, 0..1, at half of the size at which it is measured.
    on_leg : (H, W) bool
    """
    found = np.zeros(on_leg.shape, dtype=np.bool_)
    # The square root is nearly as even to the eye as sRGB's own curve.
    lightness = np.asarray(cv2.convertScaleAbs(cv2.sqrt(np.ascontiguousarray(half[..., 1])), alpha=255.0), dtype=np.uint8)
    for of_strokes in (cv2.MORPH_BLACKHAT, cv2.MORPH_TOPHAT):
        strokes = cv2.morphologyEx(lightness, of_strokes, square(options.stroke_px))
        for step in options.steps:
            _, _, boxes, _ = cv2.connectedComponentsWithStats(((strokes > step) & on_leg).astype(np.uint8))
            left, top, width, height, area = np.asarray(boxes[1:], np.int64).T
            filled = area / np.maximum(width * height, 1)
            for begin, end, upper, lower in _rows(_Boxes(left, left + width, top, top + height, filled), options):
                found[max(upper, 0) : lower, max(begin, 0) : end] = True
            # And rows that run down the picture, as in a photo that was turned after it was stamped.
            for begin, end, upper, lower in _rows(_Boxes(top, top + height, left, left + width, filled), options):
                found[max(begin, 0) : end, max(upper, 0) : lower] = True
    return found & on_leg


def _rows(boxes: _Boxes, options: WritingOptions) -> list[tuple[int, int, int, int]]:
    """Begin, end, top and bottom of each row of letters, with what belongs to it."""
    height, width = boxes.height, boxes.end - boxes.begin
    sized = (height >= options.least_height_px) & (height <= options.most_height_px) & (boxes.filled >= options.least_filled)
    shaped = (width >= options.least_width * height) & (width <= options.most_width * height)
    letters = np.flatnonzero(sized & shaped)
    letters = letters[np.argsort(boxes.begin[letters], kind="stable")]
    if len(letters) < options.letters:
        return []
    top, bottom, within = boxes.top[letters], boxes.bottom[letters], np.maximum(options.aligned_px, options.aligned * height[letters])
    level = (np.abs(top[:, None] - top) <= within[:, None]) & (np.abs(bottom[:, None] - bottom) <= within[:, None])
    found, taken = [], np.zeros(len(letters), np.bool_)
    for first in np.flatnonzero(level.sum(axis=1) >= options.letters):
        if taken[first]:
            continue
        tall = int(height[letters[first]])
        for row in _neighbours(boxes, letters[level[first]], options.most_gap * tall):
            if len(row) >= options.letters:
                taken |= np.isin(letters, row)
                found.append(_whole_row(boxes, row, tall, options))
    return found


def _neighbours(boxes: _Boxes, letters: NDArray[np.int64], most_gap: float) -> list[NDArray[np.int64]]:
    """Letters of one level, from left to right, parted where the gap is too wide."""
    reached = np.maximum.accumulate(boxes.end[letters])
    gaps = np.flatnonzero(boxes.begin[letters][1:] - reached[:-1] > most_gap) + 1
    return np.split(letters, gaps)


def _whole_row(boxes: _Boxes, row: NDArray[np.int64], tall: int, options: WritingOptions) -> tuple[int, int, int, int]:
    """The row with its further letters and signs, which stand between the same two lines but are no such letters themselves."""
    around = round(options.around * tall)
    upper, lower = int(boxes.top[row].min()) - around, int(boxes.bottom[row].max()) + around
    begin, end = int(boxes.begin[row].min()), int(boxes.end[row].max())
    beside = np.flatnonzero((boxes.top >= upper) & (boxes.bottom <= lower) & (boxes.height * 3 >= tall))
    for place in beside[np.argsort(boxes.begin[beside])]:
        if boxes.begin[place] - end <= options.most_gap * tall:
            end = max(end, int(boxes.end[place])) if boxes.end[place] > begin else end
    for place in beside[np.argsort(-boxes.end[beside])]:
        if begin - boxes.end[place] <= options.most_gap * tall:
            begin = min(begin, int(boxes.begin[place])) if boxes.begin[place] < end else begin
    return begin - around, end + around, upper, lower
