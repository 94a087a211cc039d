"""Pieces that pictures are put together from: vein lines, photos fitted into panels, colours."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TypeVar

import cv2
import numpy as np
from numpy.typing import NDArray

from photocompare.base.arrays import SRGB8, LinearRGB, Mask, scaled_position
from photocompare.base.colour import srgb8_from_linear
from photocompare.report.pictures.fate_styles import FATE_STYLES, OUTLINE_STYLE, Colour, LineStyle
from photocompare.veins.fate import FatedVeinPiece

Picture = TypeVar("Picture", SRGB8, LinearRGB)

_ENCODE: SRGB8 = srgb8_from_linear(np.linspace(0.0, 1.0, 2**16, dtype=np.float32))
"""sRGB code by 16-bit linear light; a code spans at least 20 of its steps, and in the dark the curve's straight part is 1:20."""

INK: Colour = (28, 33, 40)
MUTED: Colour = (94, 103, 115)
RULE: Colour = (216, 221, 227)
PAPER: Colour = (255, 255, 255)
PANEL: Colour = (244, 246, 248)

STATUS_COLOUR: dict[str, Colour] = {"comparable": (0, 114, 178), "indicative": (166, 96, 0), "not_comparable": (110, 30, 90)}
"""Ground of white type; each keeps a contrast above 4.5:1."""

_CROP_MARGIN = 0.05
"""Skin kept around the shared field, of its larger side."""

_UNMEASURED_WHITE = 0.55
"""How far what lies outside the shared field fades to white."""

_SUBPIXEL_BITS = 4
"""cv2 draws with fixed-point positions of 1/16 px."""

_CASING = 0.4
"""Outline on each side of a line, of its width; it keeps the line apart from skin of any tone."""

_JOINED_PX = 3.0
"""Pieces of one fate whose ends lie this close are one vein cut up: steps between neighbouring pixels, a crossing left out between."""

_SMOOTHING_POINTS = 7
"""Centreline points averaged for drawing, so that pixel steps don't show."""


def displayed(linear: LinearRGB, ground: int = 255) -> SRGB8:
    """Linear light as sRGB bytes by table, within one code of `colour.srgb8_from_linear` and several times as fast.

    Parameters
    ----------
    linear : ndarray of shape (H, W, 3)
        NaN where the picture shows nothing.
    ground : int
        sRGB code of grey that is shown there.
    """
    # OpenCV clips, rounds and makes 0 of NaN in the same pass.
    index = cv2.addWeighted(linear, len(_ENCODE) - 1, linear, 0.0, 0.0, dtype=cv2.CV_16U)
    shown: SRGB8 = np.asarray(cv2.LUT(index, _ENCODE), dtype=np.uint8)
    blank = np.isnan(linear[..., 0])
    if blank.any():
        shown[blank] = ground
    return shown


def fitted(image: Picture, width: int, height: int) -> tuple[Picture, float]:
    """The image, in linear light or encoded, shrunk or enlarged to fit into width x height, and the factor."""
    factor = min(width / image.shape[1], height / image.shape[0])
    size = (max(1, round(image.shape[1] * factor)), max(1, round(image.shape[0] * factor)))
    how = cv2.INTER_AREA if factor < 1 else cv2.INTER_CUBIC
    return np.asarray(cv2.resize(image, size, interpolation=how), dtype=image.dtype), factor


def paint_veins(
    image: SRGB8, pieces: Sequence[FatedVeinPiece], factor: float, line_px: float, origin: tuple[float, float] = (0.0, 0.0)
) -> None:
    """Draw each piece by its fate into the image.

    Parameters
    ----------
    image : ndarray of shape (H, W, 3)
        Changed in place.
    pieces : sequence of FatedVeinPiece
    factor : float
        Image pixels per working pixel.
    line_px : float
        Line width in image pixels.
    origin : tuple of float
        (row, col) of the image's corner in the working frame.
    """
    for fate, style in FATE_STYLES.items():
        strokes = [stroke for path in joined(pieces, fate) for stroke in _strokes(path, factor, origin, style, line_px)]
        draw_strokes(image, strokes, style, line_px)


def paint_outline(
    image: SRGB8, corners_xy: NDArray[np.float64] | None, factor: float, line_px: float, origin: tuple[float, float] = (0.0, 0.0)
) -> None:
    """Draw the field that a reader drew, where there is one, as a dashed outline; the other parameters are those of `paint_veins`."""
    if corners_xy is None:
        return
    path = scaled_position(np.vstack([corners_xy, corners_xy[:1]]) - np.array(origin[::-1]), factor)
    draw_strokes(image, list(dashed(path, OUTLINE_STYLE.dash, line_px)), OUTLINE_STYLE, line_px)


def draw_strokes(image: SRGB8, strokes: Sequence[NDArray[np.float64]], style: LineStyle, line_px: float) -> None:
    """Draw polylines, each (N, 2) in (x, y): all outlines first, so that no outline cuts a neighbour."""
    fixed = [np.rint(stroke * 2**_SUBPIXEL_BITS).astype(np.int32) for stroke in strokes]
    width = style.weight * line_px
    for colour, px in ((style.casing, width * (1 + 2 * _CASING)), (style.colour, width)):
        cv2.polylines(image, fixed, False, colour, max(1, round(px)), cv2.LINE_AA, _SUBPIXEL_BITS)


def dashed(path_xy: NDArray[np.float64], dash: tuple[float, ...], line_px: float) -> Iterator[NDArray[np.float64]]:
    """Cut a path into its drawn dashes; whole where `dash` is empty or the path is shorter than one dash."""
    if not dash:
        yield path_xy
        return
    along = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(path_xy, axis=0), axis=1))])
    if along[-1] <= dash[0] * line_px:
        yield path_xy
        return
    period = np.array(dash) * line_px
    cuts = np.concatenate([[0.0], np.cumsum(np.tile(period, 1 + int(along[-1] / period.sum())))])
    ends = np.minimum(cuts, along[-1])
    at_cut = np.column_stack([np.interp(ends, along, path_xy[:, axis]) for axis in (0, 1)])
    first = np.searchsorted(along, ends, side="right")
    last = np.searchsorted(along, ends, side="left")
    for k in range(0, len(cuts) - 1, 2):
        if cuts[k] < along[-1]:
            yield np.concatenate([at_cut[k : k + 1], path_xy[first[k] : last[k + 1]], at_cut[k + 1 : k + 2]])


def joined(pieces: Sequence[FatedVeinPiece], fate: str) -> list[NDArray[np.float64]]:
    """The paths of one fate, with pieces that follow each other along a vein made one, so that dashes run on."""
    paths: list[list[NDArray[np.float64]]] = []
    for piece in pieces:
        if piece.fate != fate or len(piece.points) == 0:
            continue
        points = np.asarray(piece.points, dtype=np.float64)
        if paths and np.linalg.norm(paths[-1][-1][-1] - points[0]) <= _JOINED_PX:
            paths[-1].append(points)
        else:
            paths.append([points])
    return [np.concatenate(parts) for parts in paths]


def _strokes(
    path: NDArray[np.float64], factor: float, origin: tuple[float, float], style: LineStyle, line_px: float
) -> Iterator[NDArray[np.float64]]:
    path = scaled_position(_smoothed(path) - np.array(origin), factor)[:, ::-1]
    yield from dashed(path if len(path) > 1 else np.repeat(path, 2, axis=0), style.dash, line_px)


def _smoothed(path: NDArray[np.float64]) -> NDArray[np.float64]:
    """Moving average that keeps both ends in place."""
    reach = min(_SMOOTHING_POINTS // 2, (len(path) - 1) // 2)
    if reach == 0:
        return path
    padded = np.vstack([2 * path[0] - path[reach:0:-1], path, 2 * path[-1] - path[-2 : -reach - 2 : -1]])
    kernel = np.full(2 * reach + 1, 1.0 / (2 * reach + 1))
    return np.column_stack([np.convolve(padded[:, axis], kernel, mode="valid") for axis in (0, 1)])


def surroundings(mask: Mask) -> tuple[slice, slice]:
    """Rows and columns of the mask's surroundings; everything when it is empty."""
    height, width = mask.shape
    x, y, w, h = cv2.boundingRect(mask.astype(np.uint8))
    if w == 0 or h == 0:
        return slice(0, height), slice(0, width)
    margin = round(max(w, h) * _CROP_MARGIN)
    return slice(max(0, y - margin), min(height, y + h + margin)), slice(max(0, x - margin), min(width, x + w + margin))


def veiled(photo: SRGB8, shared: Mask) -> SRGB8:
    """The photo with everything outside the shared field faded."""
    inside = cv2.resize(shared.view(np.uint8), (photo.shape[1], photo.shape[0]), interpolation=cv2.INTER_NEAREST)
    faded = cv2.convertScaleAbs(photo, alpha=1.0 - _UNMEASURED_WHITE, beta=255.0 * _UNMEASURED_WHITE)
    return np.asarray(cv2.copyTo(photo, inside, faded), dtype=np.uint8)
