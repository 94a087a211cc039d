"""Where skin ends at something of its own colour: wood, cork, a wall or another leg.

Colour alone can't part the two, but their border can be seen: over a pixel or two the colour makes one step, the same way all along a line
from one side of the frame to the other.  Gloss, shade and a limb's rim fade; veins, hairs and folds make a step back on their other side;
mottle makes steps in all directions.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from photocompare.base.arrays import Grey, Mask
from photocompare.leg.skin import Skin


@dataclass(frozen=True)
class ColourEdgeOptions:
    """What an edge between two things of like colour looks like, in the reduced copy (`SkinOptions.long_side_px`).

    The limits lie between 20 such edges of 108 rendered photos (step 0.097 and more along 95 % of the line, one way 0.97 and more, narrow
    0.94 and more) and the edges of gloss there (narrow 0.74 at most).  On 133 photos of real skin one line passes, the border of a picture.

    Parameters
    ----------
    lightness_weight : float
        Weight of a step of lightness beside steps of ln(R/G) and ln(G/B): light changes on skin more than colour does.
    reach_px : int
        Width of the bands to either side of the line that are compared.
    narrow_px : int
        Width of the narrow bands: what two pixels hardly step is no edge.
    least_step : float
        Step between the bands, natural units, that 95 % of the line must have.
    most_step : float
        Stronger steps count as this much when a line is looked for: it follows the whole edge and not its strongest stretch.
    one_way : float
        Least length of the mean step over that of the steps, within `stretch_px` along the line, on four fifths of it.
    stretch_px : int
        See `one_way`: an eighth of the frame's long side.
    least_narrow : float
        Least step of the narrow bands over that of the wide ones, median along the line.
    least_inside : float
        Share of the line that must lie within the skin: the rest of its way through the frame is told from the rest by colour already.
    most_edges : int
        Edges that are looked for in each direction: two of a limb, two of one beside it.
    """

    lightness_weight: float = 0.3
    reach_px: int = 6
    narrow_px: int = 2
    least_step: float = 0.07
    most_step: float = 0.15
    one_way: float = 0.95
    stretch_px: int = 61
    least_narrow: float = 0.85
    least_inside: float = 0.5
    most_edges: int = 4


def colour_edges(skin: Skin, mask: Mask, *, options: ColourEdgeOptions) -> Mask:
    """Lines, three pixels wide, along which skin ends at something of its own colour.

    Parameters
    ----------
    skin : Skin
    mask : ndarray of shape (h, w), bool
        What has the colour of skin, in the reduced copy.
    options : ColourEdgeOptions

    Returns
    -------
    Mask
        (h, w); lines from top to bottom and from side to side.
    """
    colours = np.dstack([skin.chroma, np.float32(options.lightness_weight) * skin.lightness]).astype(np.float32)
    upright = _from_top_to_bottom(colours, mask, options)
    across = _from_top_to_bottom(np.ascontiguousarray(colours.transpose(1, 0, 2)), np.ascontiguousarray(mask.T), options).T
    return np.asarray(cv2.dilate((upright | across).astype(np.uint8), np.ones((3, 3), np.uint8)) > 0)


def _from_top_to_bottom(colours: NDArray[np.float32], mask: Mask, options: ColourEdgeOptions) -> Mask:
    """The lines of one direction, one pixel wide."""
    beyond = 1 + options.reach_px  # how far the bands reach from the line, which lies between them
    inner = cv2.erode(mask.astype(np.uint8), np.ones((1, 2 * beyond + 3), np.uint8), borderType=cv2.BORDER_CONSTANT, borderValue=0) > 0
    found = np.zeros(mask.shape, np.bool_)
    rows = np.arange(len(mask))
    if np.count_nonzero(inner.any(axis=1)) < options.least_inside * len(rows):
        return found
    along = np.asarray(cv2.blur(colours, (1, 5)), np.float32)
    wide, narrow = _step_across(along, options.reach_px), _step_across(along, options.narrow_px)
    step, narrow_step = _sizes(wide), _sizes(narrow)
    # The line may run some pixels beside the sharpest place.
    beside = np.ones((1, 2 * beyond - 5), np.uint8)
    narrowness = np.asarray(cv2.dilate(narrow_step, beside) / np.maximum(cv2.dilate(step, beside), np.float32(1e-6)), np.float32)
    value = np.where(inner, np.minimum(step, np.float32(options.most_step)), np.float32(0))
    for _ in range(options.most_edges):
        line = _best_line(value)
        inside = inner[rows, line]
        if np.mean(inside) < options.least_inside or not _is_edge(
            wide[rows, line][inside], step[rows, line][inside], narrowness[rows, line][inside], options
        ):
            break
        found[rows[inside], line[inside]] = True
        reach = np.arange(-2 * options.reach_px, 2 * options.reach_px + 1)
        value[rows[:, np.newaxis], np.clip(line[:, np.newaxis] + reach, 0, value.shape[1] - 1)] = 0
    return found


def _step_across(colours: NDArray[np.float32], width: int) -> NDArray[np.float32]:
    """Mean of `width` pixels to the right less that of as many to the left, (h, w, 3)."""
    bands = np.zeros((1, 2 * width + 3), np.float32)
    bands[0, :width], bands[0, -width:] = -1 / width, 1 / width
    # A line right at the frame has nothing beyond it.
    return np.asarray(cv2.filter2D(colours, -1, bands, borderType=cv2.BORDER_REFLECT), np.float32)


def _best_line(value: Grey) -> NDArray[np.intp]:
    """Columns (h,) of the line from the first row to the last, a column a row aside at most, along which the sum is largest."""
    total = value.copy()
    for row in range(1, len(value)):
        above = total[row - 1]
        best = above.copy()
        np.maximum(best[1:], above[:-1], out=best[1:])
        np.maximum(best[:-1], above[1:], out=best[:-1])
        total[row] += best
    line = np.empty(len(value), np.intp)
    line[-1] = total[-1].argmax()
    for row in range(len(value) - 1, 0, -1):
        first = max(int(line[row]) - 1, 0)
        line[row - 1] = first + int(total[row - 1, first : line[row] + 2].argmax())
    return line


def _sizes(steps: NDArray[np.float32]) -> NDArray[np.float32]:
    """Length of each step: (...) of (..., 3)."""
    return np.asarray(np.sqrt(np.einsum("...k,...k->...", steps, steps)), np.float32)


def _is_edge(steps: NDArray[np.float32], size: NDArray[np.float32], narrowness: NDArray[np.float32], options: ColourEdgeOptions) -> bool:
    """Whether a line's steps (n, 3) are strong enough, narrow enough, and go one way."""
    if np.quantile(size, 0.05) < options.least_step or np.median(narrowness) < options.least_narrow:
        return False
    window = (1, options.stretch_px)
    mean = np.asarray(cv2.blur(steps[:, np.newaxis], window), np.float32)[:, 0]
    length = np.asarray(cv2.blur(size[:, np.newaxis], window))[:, 0]
    one_way = _sizes(mean) / np.maximum(length, 1e-6)
    return bool(np.quantile(one_way, 0.2) >= options.one_way)
