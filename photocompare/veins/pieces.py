"""Visible veins of one photo: from the reading of the skin to a mask and to pieces of centreline with calibre and contrast.

"Visible" is a colour difference of at least 2.3 CIE76 to the skin around, under neutral light at mid exposure.  Telangiectasia and
reticular veins are found alike; their calibre tells them apart afterwards.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise

import cv2
import numpy as np
from numpy.typing import NDArray

from photocompare.base.arrays import Grey, Mask
from photocompare.base.colour import JUST_NOTICEABLE_DE
from photocompare.base.masks import parts_of
from photocompare.base.robust import medians_by_owner
from photocompare.base.strokes import Strokes
from photocompare.veins.lookalikes import LookalikeOptions, SkinDensity, lookalikes
from photocompare.veins.reading import SkinReading
from photocompare.veins.skeleton import skeleton


@dataclass(frozen=True)
class VeinOptions:
    """How a reading becomes veins.

    Parameters
    ----------
    visible_de : float
        CIE76 difference from which a vein counts as visible (the contract's definition).
    shortest_mm : float
        Shorter pieces than this that touch no other are taken for freckles, pores and hair tips: readers trace lines, and a
        line at the width at which the thinnest vein is seen (half a millimetre) is four times as long as wide.
    least_evidence : float
        Length (mm) times mean contrast (CIE76) below which such a piece is not believed: skin relief under slanting light makes short
        faint lines.  Four millimetres at 3 units pass, two at 6.  On rendered skin this takes away a third of what is found where no vein
        is, and 0.3 to 1.3 % of the veins' length.
    piece_mm : float
        Length of the pieces that get one fate each; shorter than the runs in which veins close, longer than their calibre.
    reticular_mm : float
        Calibre, as it is measured, from which a vein is called reticular.  1 mm of lumen is seen as 1.3 mm through the skin (Monte Carlo
        table in `docs/method.md`), of which 0.82 are found where a vein is dark, and less where it is faint ("Calibre" there).
    lookalikes : LookalikeOptions
        When a line by itself is hair, or the edge of a shade.
    """

    visible_de: float = JUST_NOTICEABLE_DE
    shortest_mm: float = 2.0
    least_evidence: float = 12.0
    piece_mm: float = 1.0
    reticular_mm: float = 0.9
    lookalikes: LookalikeOptions = field(default_factory=LookalikeOptions)


@dataclass(frozen=True)
class VeinPiece:
    """A short run of one vein's centreline.

    points : float32 (N, 2), (row, col).  length_px : along the centreline.  width_px : apparent calibre (full width at half maximum).
    contrast_de : median CIE76 along it.
    """

    points: NDArray[np.float32]
    length_px: float
    width_px: float
    contrast_de: float

    def calibre(self, reticular_px: float | None) -> str:
        """`"telangiectasia"`, `"reticular"`, or `"unknown"` where there is no scale."""
        if reticular_px is None:
            return "unknown"
        return "reticular" if self.width_px >= reticular_px else "telangiectasia"


def owners(pieces: Sequence[VeinPiece]) -> NDArray[np.intp]:
    """For every point of all pieces, one after the other, which piece it belongs to."""
    return np.repeat(np.arange(len(pieces), dtype=np.intp), [len(piece.points) for piece in pieces])


def places_across(
    pieces: Sequence[VeinPiece], offsets_px: Sequence[NDArray[np.float64]]
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """(x, y) of places square to each point's piece, (all points, K) each.

    Parameters
    ----------
    pieces : sequence of VeinPiece
        One at least.
    offsets_px : sequence of ndarray of shape (K,)
        For each piece, how far from its centreline.
    """
    xs, ys = [], []
    for piece, offsets in zip(pieces, offsets_px, strict=True):
        points = piece.points.astype(np.float64)
        run = points[-1] - points[0] if len(points) > 1 else np.array([0.0, 1.0])
        along = run / max(float(np.linalg.norm(run)), 1e-6)
        ys.append(points[:, :1] - along[1] * offsets)
        xs.append(points[:, 1:] + along[0] * offsets)
    return np.concatenate(xs).astype(np.float32), np.concatenate(ys).astype(np.float32)


@dataclass(frozen=True)
class Veins:
    """The visible veins of one photo.

    mask : Mask, all visible vein pixels.  centreline : Mask, one pixel wide, of the pieces.  pieces : tuple of VeinPiece.
    """

    mask: Mask
    centreline: Mask
    pieces: tuple[VeinPiece, ...]

    @property
    def length_px(self) -> float:
        """Length of all centrelines in px."""
        return sum(piece.length_px for piece in self.pieces)


_NEIGHBOURS = np.array([[1, 1, 1], [1, 0, 1], [1, 1, 1]], np.uint8)
_STEPS = [(-1, 0), (1, 0), (0, -1), (0, 1), (-1, -1), (-1, 1), (1, -1), (1, 1)]


def visible_veins(
    reading: SkinReading, within: Mask, px_per_mm: float, photo: SkinDensity | None = None, *, options: VeinOptions = VeinOptions()
) -> Mask:
    """Where one photo shows a vein `within` a mask, specks and what can't be a vein left out; parameters as those of `find_veins`."""
    likely = np.asarray((reading.vein_probability >= 0.5) & within, dtype=np.bool_)
    parts = parts_of(likely)
    strokes = Strokes(parts.labels, np.ones(len(parts.areas), np.bool_))
    keep = parts.extents >= options.shortest_mm * px_per_mm
    keep &= parts.extents * strokes.mean_of(reading.vein_de[strokes.rows, strokes.cols]) >= options.least_evidence * px_per_mm
    if photo is not None:
        keep &= ~lookalikes(strokes, photo, px_per_mm, options=options.lookalikes)
    return strokes.mask_of(keep)


def _ordered(component: set[int], steps: Sequence[int]) -> list[int]:
    """The pixels of a branch-free path from end to end, as places in a frame whose rows lie `steps[1]` apart."""
    start = next((place for place in sorted(component) if sum(place + step in component for step in steps) <= 1), min(component))
    path, left = [start], component - {start}
    while left:
        here = path[-1]
        for step in steps:
            if here + step in left:
                path.append(here + step)
                left.discard(here + step)
                break
        else:
            break
    return path


def _paths(centreline: Mask) -> list[NDArray[np.float32]]:
    """Branch-free runs of a one-pixel centreline, each (N, 2) in order."""
    crossings = cv2.filter2D(centreline.astype(np.uint8), cv2.CV_8U, _NEIGHBOURS, borderType=cv2.BORDER_CONSTANT)
    simple = np.asarray(centreline & (crossings <= 2), dtype=np.bool_)
    ys, xs = np.nonzero(simple)
    _, first, run = np.unique(parts_of(simple).labels[ys, xs], return_index=True, return_inverse=True)
    # Runs in the order of their first pixels, row by row: labels are given in no order that is promised.
    run = np.argsort(np.argsort(first))[run]
    order = np.argsort(run, kind="stable")
    ys, xs, run = ys[order], xs[order], run[order]
    bounds = np.flatnonzero(np.diff(run, prepend=-1, append=-1))
    # A pixel is its place in a frame with a blank column, so that a row's end is not beside the next one's beginning.
    width = centreline.shape[1] + 1
    steps, places = [down * width + across for down, across in _STEPS], (ys * width + xs).tolist()
    paths = (_ordered(set(places[a:b]), steps) for a, b in pairwise(bounds.tolist()))
    return [np.stack(np.divmod(np.array(path), width), axis=1).astype(np.float32) for path in paths]


def _smoothed(path: NDArray[np.float32]) -> NDArray[np.float32]:
    """The path less the pixel grid's staircase, ends held."""
    if len(path) < 5:
        return path
    padded = np.concatenate([2 * path[:1] - path[2:0:-1], path, 2 * path[-1:] - path[-2:-4:-1]])
    return np.stack([np.convolve(padded[:, k], np.ones(5) / 5, "valid") for k in (0, 1)], axis=1).astype(np.float32)


def pieces_of(centreline: Mask, mask: Mask, de: Grey, *, piece_px: float, visible_de: float) -> tuple[VeinPiece, ...]:
    """Cut a centreline into pieces of about `piece_px` and measure each.

    The visible width of a line of Gaussian profile and peak P is its full width at half maximum times sqrt(log2(P / visible)); that
    is undone here, so that a faint vein is not called thin for being faint.
    """
    half_width = cv2.distanceTransform(mask.astype(np.uint8), cv2.DIST_L2, 5)
    cuts = [cut for path in _paths(centreline) for cut in _cut(path, piece_px)]
    if not cuts:
        return ()
    rows, cols = np.concatenate([cut.pixels for cut in cuts]).astype(np.intp).T
    owner = np.repeat(np.arange(len(cuts), dtype=np.intp), [len(cut.pixels) for cut in cuts])
    contrasts, half_widths = (medians_by_owner(image[rows, cols], owner, len(cuts)) for image in (de, half_width))
    widths = 2.0 * half_widths / np.sqrt(np.maximum(1.0, np.log2(np.maximum(contrasts, visible_de) / visible_de)))
    return tuple(
        VeinPiece(cut.line, cut.length_px, width, contrast)
        for cut, width, contrast in zip(cuts, widths.tolist(), contrasts.tolist(), strict=True)
    )


@dataclass(frozen=True, eq=False)
class _Cut:
    """A run of a path: its pixels (N, 2), the smooth line through them (N, 2), and its share of the path's length."""

    pixels: NDArray[np.float32]
    line: NDArray[np.float32]
    length_px: float


def _cut(path: NDArray[np.float32], piece_px: float) -> Iterator[_Cut]:
    """A path in equal runs of about `piece_px`."""
    line = _smoothed(path)
    step = np.linalg.norm(np.diff(line, axis=0), axis=1)
    total = float(step.sum()) + 1.0
    count = max(1, round(total / piece_px))
    at = np.concatenate([[0.0], np.cumsum(step)])
    run = np.minimum((at / total * count).astype(int), count - 1)
    bounds = np.searchsorted(run, np.arange(count + 1)).tolist()
    for first, last in pairwise(bounds):
        if last > first:
            yield _Cut(path[first:last], line[first:last], total / count)


def find_veins(
    reading: SkinReading, within: Mask, px_per_mm: float, photo: SkinDensity | None = None, *, options: VeinOptions = VeinOptions()
) -> Veins:
    """The visible veins of one photo `within` a mask.

    Parameters
    ----------
    reading : SkinReading
    within : Mask
        Skin to look at.
    px_per_mm : float
        Only sets what is too short for a vein and the pieces' length; an assumed scale serves.
    photo : SkinDensity, optional
        The photo that was read, which tells hair and shades from veins.
    """
    mask = visible_veins(reading, within, px_per_mm, photo, options=options)
    centreline = skeleton(mask)
    pieces = pieces_of(centreline, mask, reading.vein_de, piece_px=max(3.0, options.piece_mm * px_per_mm), visible_de=options.visible_de)
    return Veins(mask, centreline, pieces)


def find_baseline(
    alone: SkinReading,
    agreed: SkinReading,
    within: Mask,
    px_per_mm: float,
    photo: SkinDensity | None = None,
    *,
    options: VeinOptions = VeinOptions(),
) -> Veins:
    """The veins of the before photo whose fate is asked.

    Which pieces there were, the before photo tells by itself: in sight of the after photo a vein that stayed is found more easily than one
    that went, and what was left would be compared with what was left (`docs/method.md`).  The mask holds what either reading shows: what
    is seen only in sight of the other photo is no baseline, and not new either.

    Parameters
    ----------
    alone, agreed : SkinReading
        Of the before photo by itself, and with the reading in sight of the after photo.
    within, px_per_mm, photo, options
        As those of `find_veins`.
    """
    own = find_veins(alone, within, px_per_mm, photo, options=options)
    return replace(own, mask=own.mask | visible_veins(agreed, within, px_per_mm, photo, options=options))
