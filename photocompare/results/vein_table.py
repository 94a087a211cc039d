"""The table of vein pieces with their fates and contrasts, as bytes and back."""

from __future__ import annotations

import dataclasses
import io
from dataclasses import dataclass
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from photocompare.veins.classes import FATES, Fate
from photocompare.veins.fate import FatedVeinPiece, PieceContrasts
from photocompare.veins.pieces import VeinPiece

_CONTRASTS = tuple(f.name for f in dataclasses.fields(PieceContrasts))
_MEASURES = ("length_px", "width_px", "contrast_de")


@dataclass(frozen=True, eq=False, repr=False)
class VeinTable:
    """Every piece of vein with its fate: the baseline's first, then the new ones.

    Parameters
    ----------
    pieces : tuple of FatedVeinPiece
        Points, lengths and widths in pixels of the shown pictures.
    contrasts : PieceContrasts or None
        Of the baseline pieces; None in a table of contract 1, whose pieces were judged by other rules.
    """

    pieces: tuple[FatedVeinPiece, ...]
    contrasts: PieceContrasts | None = None


def table_as_bytes(veins: VeinTable) -> bytes:
    """The table as compressed arrays."""
    pieces = [p.piece for p in veins.pieces]
    arrays: dict[str, NDArray[Any]] = {
        "points": np.concatenate([p.points for p in pieces]) if pieces else np.zeros((0, 2), np.float32),
        "counts": np.array([len(p.points) for p in pieces], np.int64),
        "fate": np.array([p.fate for p in veins.pieces], "U14"),
        "shares": np.array([[p.shares.get(fate, 0.0) for fate in FATES] for p in veins.pieces], np.float64).reshape(-1, len(FATES)),
        **{name: np.array([getattr(p, name) for p in pieces], np.float64) for name in _MEASURES},
    }
    if veins.contrasts is not None:
        arrays |= {f"contrasts_{name}": getattr(veins.contrasts, name) for name in _CONTRASTS}
    buffer = io.BytesIO()
    np.savez_compressed(buffer, **cast(dict[str, Any], arrays))
    return buffer.getvalue()


def table_from_bytes(data: bytes) -> VeinTable:
    """The table that `table_as_bytes` wrote.  ValueError or KeyError for other bytes."""
    with np.load(io.BytesIO(data), allow_pickle=False) as arrays:
        runs = np.split(arrays["points"].astype(np.float32), np.cumsum(arrays["counts"])[:-1]) if len(arrays["counts"]) else []
        columns = zip(runs, *(arrays[name].tolist() for name in (*_MEASURES, "fate")), strict=True)
        if "shares" not in arrays:
            return VeinTable(tuple(FatedVeinPiece(VeinPiece(run, *of), cast(Fate, fate)) for run, *of, fate in columns))
        shares = (dict(zip(FATES, row, strict=True)) for row in arrays["shares"].tolist())
        pieces = tuple(
            FatedVeinPiece(VeinPiece(run, *of), cast(Fate, fate), told) for (run, *of, fate), told in zip(columns, shares, strict=True)
        )
        known = {name: arrays[f"contrasts_{name}"] for name in _CONTRASTS if f"contrasts_{name}" in arrays}
        # Tables from before it was told hold every difference for change.
        known.setdefault("unchanged", np.zeros(len(known.get("depth_mm", ()))))
        return VeinTable(pieces, PieceContrasts(**known) if len(known) == len(_CONTRASTS) else None)
