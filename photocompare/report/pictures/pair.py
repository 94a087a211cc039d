"""The pictures of a pair that summary and fate map are drawn from: of a comparison just made, or of a stored one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from photocompare.base.arrays import SRGB8, LinearRGB, Mask, scaled_position
from photocompare.base.colour import linear_from_srgb8
from photocompare.results.comparison import Comparison
from photocompare.results.dossier import Dossier
from photocompare.results.dossier_pictures import mask, picture
from photocompare.veins.fate import FatedVeinPiece


@dataclass(frozen=True, eq=False, repr=False)
class MeasuredPictures:
    """A measured pair in the before photo's working frame.

    Parameters
    ----------
    before, after : ndarray of shape (h, w, 3)
        Under the same light; NaN where the after photo shows nothing.
    shared : ndarray of shape (h, w), bool
        The shared field.
    pieces : sequence of FatedVeinPiece
        In pixels of these pictures.
    drawn_field : ndarray of shape (N, 2), optional
        Corners (x, y) of the field that a reader drew, likewise.
    """

    before: LinearRGB
    after: LinearRGB
    shared: Mask
    pieces: Sequence[FatedVeinPiece]
    drawn_field: NDArray[np.float64] | None = None


@dataclass(frozen=True, eq=False, repr=False)
class PairPictures:
    """Both photos as they were taken, and what was measured on them.

    Parameters
    ----------
    before, after : ndarray of shape (H, W, 3), uint8 sRGB
        Upright.
    factor : float
        Size of the before photo's working frame over that of `before`, 0..1.
    measured : MeasuredPictures or None
        None for a refused pair.
    """

    before: SRGB8
    after: SRGB8
    factor: float = 1.0
    measured: MeasuredPictures | None = None


def pictures_of(comparison: Comparison) -> PairPictures:
    """The pictures of a comparison just made."""
    pictures = comparison.pictures
    measured, registration = pictures.measured, pictures.registration
    if measured is None or registration is None:
        return PairPictures(pictures.before, pictures.after)
    drawn = None if pictures.drawn_field is None else scaled_position(np.asarray(pictures.drawn_field, np.float64), pictures.factor_before)
    shown = MeasuredPictures(measured.before_normalised, measured.after_normalised, registration.shared, measured.pieces, drawn)
    return PairPictures(pictures.before, pictures.after, pictures.factor_before, shown)


def drawn_corners(dossier: Dossier) -> NDArray[np.float64] | None:
    """Corners (x, y) of the field that a reader drew, in pixels of the shown pictures; None without one."""
    return np.array(dossier.drawn_field, np.float64).reshape(-1, 2) if dossier.drawn_field else None


def stored_pictures(dossier: Dossier) -> PairPictures:
    """The pictures of a stored comparison, encoded for looking once already; refused under its dates, it has its photos alone."""
    before, after = picture(dossier, "before_original"), picture(dossier, "after_original")
    if dossier.veins is None or not dossier.measured:
        return PairPictures(before, after)
    lit = [linear_from_srgb8(picture(dossier, name)) for name in ("before", "after")]
    shown = MeasuredPictures(lit[0], lit[1], mask(dossier, "field"), dossier.veins.pieces, drawn_corners(dossier))
    return PairPictures(before, after, dossier.shown_over_full, shown)
