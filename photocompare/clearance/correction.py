"""A reader's correction of the veins: pieces that are none, veins that were missed, and the clearance that follows.

The machine's number is never replaced: the corrected one stands beside it, with who corrected and when.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from photocompare.base.arrays import LinearRGB, Mask, PointsXY
from photocompare.base.colour import density_from_linear
from photocompare.base.errors import UsageError
from photocompare.base.estimate import Estimate
from photocompare.base.masks import depth_px
from photocompare.clearance.intervals import ClearanceOptions, length_clearance
from photocompare.registration.resampling import own_positions
from photocompare.veins.classes import FATES
from photocompare.veins.fate import FatedVeinPiece, FateOptions, Fates, PieceContrasts, fated, seen_after, seen_before
from photocompare.veins.photometry import PhotometryOptions, forced_contrast
from photocompare.veins.pieces import VeinOptions, VeinPiece

LONGEST_NAME = 80
"""Characters of the corrector's name."""

MOST_MARKS = 500
"""Marks of one correction: more than a leg has pieces that one would look at one by one."""


@dataclass(frozen=True)
class DrawnVeinOptions:
    """How a vein that a reader drew is judged.

    Parameters
    ----------
    width_mm : float
        Its apparent calibre: that of the thinnest telangiectasia, which are the ones that get missed.
    """

    width_mm: float = 0.5


@dataclass(frozen=True)
class CorrectionOptions:
    """The rules that a corrected clearance follows: those of the machine's own, and one for drawn veins."""

    clearance: ClearanceOptions = field(default_factory=ClearanceOptions)
    fate: FateOptions = field(default_factory=FateOptions)
    veins: VeinOptions = field(default_factory=VeinOptions)
    photometry: PhotometryOptions = field(default_factory=PhotometryOptions)
    drawn: DrawnVeinOptions = field(default_factory=DrawnVeinOptions)


@dataclass(frozen=True, eq=False, repr=False)
class MeasuredVeins:
    """What a correction starts from, in one frame.

    Parameters
    ----------
    pieces : sequence of FatedVeinPiece
        Baseline first, then new.
    contrasts : PieceContrasts
        Of the baseline pieces.
    before, after : ndarray of shape (h, w, 3)
        The shown pictures in linear light.
    shared : ndarray of shape (h, w), bool
        The shared field.
    px_per_mm : float
        Of the shown pictures.
    """

    pieces: Sequence[FatedVeinPiece]
    contrasts: PieceContrasts
    before: LinearRGB
    after: LinearRGB
    shared: Mask
    px_per_mm: float


@dataclass(frozen=True, eq=False)
class Correction:
    """What a reader marked.

    Parameters
    ----------
    by : str
        Who; not empty.
    at : datetime
        When, UTC.
    not_veins : tuple of int
        Places in the table of pieces (baseline first, then new) that show no vein.
    missed : tuple of ndarray of shape (N, 2)
        Veins drawn in the before photo, (x, y) in pixels of the shown pictures, two points or more each.

    Raises
    ------
    UsageError
        Without a name, without a mark, or with more marks than `MOST_MARKS`.
    """

    by: str
    at: dt.datetime
    not_veins: tuple[int, ...] = ()
    missed: tuple[PointsXY, ...] = ()

    def __post_init__(self) -> None:
        if not self.by.strip():
            raise UsageError("Enter the name or the initials of the person who corrects.", code="corrector_missing")
        if len(self.by) > LONGEST_NAME:
            raise UsageError(f"The name has more than {LONGEST_NAME} characters; shorten it.", code="corrector_too_long", most=LONGEST_NAME)
        if not self.not_veins and not self.missed:
            raise UsageError("Nothing is marked yet; choose a vein piece, or draw a missed vein.", code="nothing_marked")
        if len(self.not_veins) + len(self.missed) > MOST_MARKS:
            raise UsageError(f"A correction takes up to {MOST_MARKS} marks.", code="too_many_marks", most=MOST_MARKS)
        if self.at.tzinfo is None:
            raise ValueError("the time of a correction carries its zone")
        if any(len(line) < 2 or not np.isfinite(line).all() for line in self.missed):
            raise UsageError("A missed vein needs at least two points.", code="line_too_short")

    def says_the_same(self, other: Correction) -> bool:
        """Whether the same person made the same marks."""
        lines = len(self.missed) == len(other.missed) and all(map(np.array_equal, self.missed, other.missed))
        return self.by == other.by and self.not_veins == other.not_veins and lines


@dataclass(frozen=True, eq=False)
class Corrected:
    """The clearance after a correction; the fates of what is left and of what was drawn.

    Parameters
    ----------
    length : Estimate
        Clearance of expected length in percent.
    fate_px : dict
        Fate to expected length, px of the shown pictures.
    drawn : tuple of FatedVeinPiece
        The drawn veins in pieces, each with the fate that the two photos show.
    """

    length: Estimate
    fate_px: dict[str, float]
    drawn: tuple[FatedVeinPiece, ...]


def corrected_clearance(measured: MeasuredVeins, correction: Correction, *, options: CorrectionOptions) -> Corrected:
    """The clearance of length without the pieces that are no veins and with the veins that were drawn.

    A drawn vein is judged by its own cross-profile in the two pictures that it was drawn on; its fate is measured, not chosen.

    Parameters
    ----------
    measured : MeasuredVeins
    correction : Correction
    options : CorrectionOptions

    Raises
    ------
    UsageError
        A mark that points to no piece, or that leaves no vein to measure.
    """
    pieces, clearance = measured.pieces, options.clearance
    if any(not 0 <= k < len(pieces) for k in correction.not_veins):
        raise UsageError("A mark points to a vein piece that is not there; start the correction again.", code="piece_unknown")
    struck = np.zeros(len(pieces), np.bool_)
    struck[list(correction.not_veins)] = True
    is_new = np.array([p.fate == "new" for p in pieces], np.bool_)
    baseline = [p for p, no, new in zip(pieces, struck, is_new, strict=True) if not no and not new]
    drawn, found = _drawn(correction.missed, measured, options)
    every = (*baseline, *drawn)
    fates = Fates(
        baseline=every,
        new=tuple(p for p, no, new in zip(pieces, struck, is_new, strict=True) if new and not no),
        contrasts=measured.contrasts.only(np.flatnonzero(~struck[~is_new])).joined(found),
        kept=np.arange(len(every)),
    )
    counts = length_clearance(fates.only(fates.assessed), measured.px_per_mm, options=clearance, rules=options.fate)
    if math.isnan(counts.percent):
        raise UsageError("With these marks no vein is left to measure; take some back.", code="no_vein_left")
    length = counts.estimate(
        clearance, clearance.widening.length, lowest=-math.inf, highest=100.0, method="expected length, corrected by a reader"
    )
    return Corrected(length, {name: fates.length_px(name) for name in FATES}, drawn)


def _drawn(
    lines_xy: Sequence[PointsXY], measured: MeasuredVeins, options: CorrectionOptions
) -> tuple[tuple[FatedVeinPiece, ...], PieceContrasts]:
    """The drawn veins cut into pieces of a millimetre, each with what the two pictures show of it."""
    shared, px_per_mm, rules = measured.shared, measured.px_per_mm, options.fate
    pieces = tuple(piece for line in lines_xy for piece in _cut(line, px_per_mm, shared.shape, options))
    densities = density_from_linear(measured.before), density_from_linear(measured.after)
    forced = forced_contrast(pieces, densities, own_positions(shared.shape), np.zeros(shared.shape, np.bool_), options=options.photometry)
    middles = tuple(np.array([np.rint(p.points[len(p.points) // 2]) for p in pieces], np.intp).reshape(-1, 2).T)
    # The reader sees it: its contrast is at least what most looks see, however faint its profile.
    own_before = np.maximum(forced.before_de, rules.observer.contrast_de)
    # Where the after photo doesn't show the place nothing is seen there.
    before, after = (np.stack([x, x]) for x in (own_before, np.nan_to_num(forced.after_de)))
    none = np.zeros(len(pieces))
    contrasts = PieceContrasts(before, after, after, none, none, depth_px(shared)[middles].astype(np.float64) / px_per_mm, none)
    shares = (share(contrasts, rules).tolist() for share in (seen_before, seen_after))
    faded = (contrasts.ratio < rules.faded_below).tolist()
    return tuple(
        fated(piece, first, later, assessable=inside, stained=False, faded=less)
        for piece, first, later, less, inside in zip(pieces, *shares, faded, shared[middles].tolist(), strict=True)
    ), contrasts


def _cut(line_xy: PointsXY, px_per_mm: float, shape: tuple[int, ...], options: CorrectionOptions) -> list[VeinPiece]:
    """A drawn polyline in pieces of about a millimetre, kept inside the picture."""
    inside = np.clip(np.asarray(line_xy, np.float64), 0, [shape[1] - 1, shape[0] - 1])
    along = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(inside, axis=0), axis=1))])
    total = float(along[-1])
    count = max(1, round(total / max(options.veins.piece_mm * px_per_mm, 3.0)))
    pieces = []
    for k in range(count):
        at = np.linspace(total * k / count, total * (k + 1) / count, max(3, round(total / count) + 1))
        points = np.column_stack([np.interp(at, along, inside[:, axis]) for axis in (1, 0)]).astype(np.float32)
        pieces.append(VeinPiece(points, total / count, options.drawn.width_mm * px_per_mm, math.nan))
    return pieces
