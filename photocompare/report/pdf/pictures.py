"""The photos of a dossier as a page prints them: cut to the measured skin, at 300 dpi, encoded anew from their pixels."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from photocompare.base.arrays import SRGB8
from photocompare.report.pictures.drawing import paint_outline, paint_veins, surroundings, veiled
from photocompare.report.pictures.encoding import jpeg
from photocompare.report.pictures.pair import drawn_corners
from photocompare.results.dossier import Dossier
from photocompare.results.dossier_pictures import mask, picture

PRINT_DPI = 300.0
"""What an office printer resolves of a photograph."""

_MM_PER_INCH = 25.4

_LINE_MM = 0.3
"""Width of a vein's line in the printed fate map: three pixels at 300 dpi, so that its outline and dashes survive."""


@dataclass(frozen=True)
class PrintedPicture:
    """A JPEG and the size it is printed at, mm."""

    encoded: bytes
    width: float
    height: float


def measured_pictures(dossier: Dossier, width: float, height: float, *, fate: bool) -> list[PrintedPicture]:
    """Before, after, and the fate map where it is asked for, cut to the same skin.

    Parameters
    ----------
    dossier : Dossier
        Of a measured pair.
    width, height : float
        Of the place for each picture, mm.
    fate : bool
        Whether each vein's fate is painted on a third picture.  A drawn field is outlined there, else on both.

    Raises
    ------
    ValueError
        The pair was refused.
    """
    if dossier.veins is None:
        raise ValueError("a refused pair has no pictures in the same light")
    before, after = (picture(dossier, name) for name in ("before", "after"))
    field = mask(dossier, "field")
    rows, cols = filling(surroundings(field), field.shape, width / height)
    shown = [_fitted(image[rows, cols], width, height) for image in (before, after)]
    factor, line_px = shown[0].shape[1] / (cols.stop - cols.start), _LINE_MM * PRINT_DPI / _MM_PER_INCH
    if fate:
        painted = veiled(shown[0].copy(), field[rows, cols])
        paint_veins(painted, dossier.veins.pieces, factor, line_px, origin=(rows.start, cols.start))
        paint_outline(painted, drawn_corners(dossier), factor, line_px, origin=(rows.start, cols.start))
        shown.append(painted)
    else:
        for image in shown:
            paint_outline(image, drawn_corners(dossier), factor, line_px, origin=(rows.start, cols.start))
    return [_printed(image, width, height) for image in shown]


def original_pictures(dossier: Dossier, width: float, height: float) -> list[PrintedPicture]:
    """Both photos as they were taken, upright."""
    originals = (picture(dossier, name) for name in ("before_original", "after_original"))
    return [_printed(_fitted(image, width, height), width, height) for image in originals]


def filling(box: tuple[slice, slice], shape: tuple[int, ...], aspect: float) -> tuple[slice, slice]:
    """The box widened, as far as the picture goes, to the aspect (width over height) of its place on the page."""
    rows, cols = box
    height, width = rows.stop - rows.start, cols.stop - cols.start
    if width < aspect * height:
        return rows, _widened(cols, round(aspect * height), shape[1])
    return _widened(rows, round(width / aspect), shape[0]), cols


def _widened(span: slice, length: int, limit: int) -> slice:
    """The span about its middle at a length, moved and cut to 0..limit."""
    length = min(max(length, span.stop - span.start), limit)
    start = min(max(0, (span.start + span.stop - length) // 2), limit - length)
    return slice(start, start + length)


def _fitted(image: SRGB8, width: float, height: float) -> SRGB8:
    """The image at the pixels that its printed size holds; a small photo is enlarged, so that lines on it stay fine."""
    factor = _scale(image, width, height) * PRINT_DPI / _MM_PER_INCH
    size = (max(1, round(image.shape[1] * factor)), max(1, round(image.shape[0] * factor)))
    how = cv2.INTER_AREA if factor < 1 else cv2.INTER_CUBIC
    return np.asarray(cv2.resize(image, size, interpolation=how), dtype=np.uint8)


def _scale(image: SRGB8, width: float, height: float) -> float:
    """Mm per pixel at which the image fits its place."""
    return float(min(width / image.shape[1], height / image.shape[0]))


def _printed(image: SRGB8, width: float, height: float) -> PrintedPicture:
    scale = _scale(image, width, height)
    return PrintedPicture(jpeg(image), image.shape[1] * scale, image.shape[0] * scale)
