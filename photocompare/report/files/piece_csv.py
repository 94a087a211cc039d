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

_LENGTH_DIGITS = {"mm": 3, "px": 2}
_CONTRAST_DIGITS = 2
_POSITION_DIGITS = 1


def result_json(dossier: Dossier) -> str:
    """The text of `result.json`, ending in a newline."""
    return json_text(dossier.result)


def piece_csv(dossier: Dossier) -> str:
    """One row for each piece of vein: baseline first, then new ones.

    Columns: number; fate; calibre class; length; apparent width; contrast before (CIE76); x and y of the piece's middle in full pixels
    of the before photo.  Lengths are in mm, or in px of the before photo without a scale, as the header says.  New veins have no
    contrast before.  A pair without numbers has the header alone.
    """
    mm_per_px = dossier.result.scale.mm_per_px
    unit = "px" if mm_per_px is None else "mm"
    t = texts("en")
    header = ["number", "fate", "calibre", f"length_{unit}", f"width_{unit}", "contrast_before", "x", "y"]
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
    factor = (1.0 if mm_per_px is None else mm_per_px) / dossier.shown_over_full
    for number, fated in enumerate(dossier.veins.pieces, start=1):
        piece, new = fated.piece, fated.fate == "new"
        yield [
            number,
            fated.fate,
            piece.calibre(reticular_px),
            round(piece.length_px * factor, _LENGTH_DIGITS[unit]),
            round(piece.width_px * factor, _LENGTH_DIGITS[unit]),
            None if new else _rounded(piece.contrast_de, _CONTRAST_DIGITS),
            *_middle(fated, dossier.shown_over_full),
        ]


def _middle(fated: FatedVeinPiece, shown_over_full: float) -> tuple[float, float]:
    """(x, y) of the piece's middle point in full pixels."""
    row, col = fated.points[len(fated.points) // 2]
    x, y = (scaled_position(float(v), 1.0 / shown_over_full) for v in (col, row))
    return round(x, _POSITION_DIGITS), round(y, _POSITION_DIGITS)


def _rounded(value: float, digits: int) -> float | None:
    return round(float(value), digits) if math.isfinite(value) else None
