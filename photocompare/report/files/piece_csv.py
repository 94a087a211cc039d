"""A result for other programs: the pieces of vein as a table (RFC 4180), and the numbers as JSON."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Iterator

from photocompare.base.arrays import scaled_position
from photocompare.report.words.texts import texts
from photocompare.results.dossier import Dossier
from photocompare.results.result_json import json_text
from photocompare.veins.fate import FatedVeinPiece

Cell = str | int | float | None

_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
"""What a spreadsheet takes for the start of a formula."""

_LENGTHS = {"mm": ("length_mm", "expected_mm", "width_mm"), "px": ("length_px", "expected_px", "width_px")}
_LENGTH_DIGITS = {"mm": 3, "px": 2}
_CONTRAST_DIGITS = 2
_SHARE_DIGITS = 3
_POSITION_DIGITS = 1


def result_json(dossier: Dossier) -> str:
    """The text of `result.json`, ending in a newline."""
    return json_text(dossier.result)


def piece_csv(dossier: Dossier) -> str:
    """One row for each piece of vein: baseline first, then new ones.

    Columns: number; fate (that of its largest share); calibre class; length; expected length; apparent width; contrast before (CIE76);
    share of looks that see it before and after, 0..1; x and y of the piece's middle in full pixels of the before photo; whether the whole
    leg was measured or a field drawn by hand.  Lengths are in mm,
    or in px of the before photo without a scale, as the header says.  The expected length is the length times the share that sees it
    before, of a new vein after.  New veins have no contrast before, and nothing is seen before of them; where the after photo can't be
    assessed nothing is said of it.  Results of contract 1 have no shares.  A pair without numbers has the header alone.
    """
    mm_per_px = dossier.result.scale.mm_per_px
    unit = "px" if mm_per_px is None else "mm"
    t = texts("en")
    header = ["number", "fate", "calibre", *_LENGTHS[unit], "contrast_before", "seen_before", "seen_after", "x", "y", "within"]
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer, lineterminator="\r\n")
    writer.writerow([t(f"csv.{name}") for name in header])
    for row in _rows(dossier, mm_per_px, unit):
        writer.writerow([safe_cell(cell) for cell in row])
    return buffer.getvalue()


def safe_cell(cell: Cell) -> str:
    """A cell as it is written: text that a spreadsheet would run as a formula gets an apostrophe; what failed stays empty.

    Numbers are numbers, negative ones too.
    """
    if cell is None or (isinstance(cell, float) and not math.isfinite(cell)):
        return ""
    if isinstance(cell, str):
        return f"'{cell}" if cell.startswith(_FORMULA_STARTS) else cell
    return str(cell)


def _rows(dossier: Dossier, mm_per_px: float | None, unit: str) -> Iterator[list[Cell]]:
    if dossier.veins is None or not dossier.measured:
        return
    reticular_px = None if mm_per_px is None else dossier.reticular_mm * dossier.px_per_mm
    within = texts("en")("csv.drawn_field" if dossier.result.within_drawn_field else "csv.whole_leg")
    factor = (1.0 if mm_per_px is None else mm_per_px) / dossier.shown_over_full
    for number, fated in enumerate(dossier.veins.pieces, start=1):
        piece, new = fated.piece, fated.fate == "new"
        seen = _seen(fated, new=new) if dossier.result.contract > 1 else (None, None, None)
        yield [
            number,
            fated.fate,
            piece.calibre(reticular_px),
            round(piece.length_px * factor, _LENGTH_DIGITS[unit]),
            None if seen[0] is None else round(seen[0] * factor, _LENGTH_DIGITS[unit]),
            round(piece.width_px * factor, _LENGTH_DIGITS[unit]),
            None if new else _rounded(piece.contrast_de, _CONTRAST_DIGITS),
            *seen[1:],
            *_middle(fated, dossier.shown_over_full),
            within,
        ]


def _seen(fated: FatedVeinPiece, *, new: bool) -> tuple[float, float, float | None]:
    """Expected length, px, and the shares that see the piece before and after; None where that can't be assessed."""
    before, after = fated.seen_before, fated.seen_after
    assessed = fated.shares.get("not_assessable", 0.0) == 0.0
    expected = fated.piece.length_px * (after if new else before)
    return expected, round(before, _SHARE_DIGITS), round(after, _SHARE_DIGITS) if assessed else None


def _middle(fated: FatedVeinPiece, shown_over_full: float) -> tuple[float, float]:
    """(x, y) of the piece's middle point in full pixels."""
    row, col = fated.points[len(fated.points) // 2]
    x, y = (scaled_position(float(v), 1.0 / shown_over_full) for v in (col, row))
    return round(x, _POSITION_DIGITS), round(y, _POSITION_DIGITS)


def _rounded(value: float, digits: int) -> float | None:
    return round(float(value), digits) if math.isfinite(value) else None
