"""The table of vein pieces with their fates and what remains of each, as bytes and back."""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from photocompare.veins.classes import Fate
from photocompare.veins.fate import FatedVeinPiece, Remains
from photocompare.veins.photometry import Forced
from photocompare.veins.pieces import VeinPiece

_REMAINS = ("contrast_before", "contrast_after", "probability_after", "near", "far", "stained", "depth_mm")
_MEASURES = ("length_px", "width_px", "contrast_de")


@dataclass(frozen=True, eq=False, repr=False)
class VeinTable:
    """Every piece of vein with its fate: the baseline's first, then the new ones.

    Parameters
    ----------
    pieces : tuple of FatedVeinPiece
        Points, lengths and widths in pixels of the shown pictures.
    remains : Remains or None
        Of the baseline pieces.
    """

    pieces: tuple[FatedVeinPiece, ...]
    remains: Remains | None = None


def table_as_bytes(veins: VeinTable) -> bytes:
    """The table as compressed arrays."""
    pieces = [p.piece for p in veins.pieces]
    arrays: dict[str, NDArray[Any]] = {
        "points": np.concatenate([p.points for p in pieces]) if pieces else np.zeros((0, 2), np.float32),
        "counts": np.array([len(p.points) for p in pieces], np.int64),
        "fate": np.array([p.fate for p in veins.pieces], "U14"),
        **{name: np.array([getattr(p, name) for p in pieces], np.float64) for name in _MEASURES},
    }
    if veins.remains is not None:
        arrays |= {f"remains_{name}": getattr(veins.remains, name) for name in _REMAINS}
        arrays |= {"forced_before": veins.remains.forced.before_de, "forced_after": veins.remains.forced.after_de}
    buffer = io.BytesIO()
    np.savez_compressed(buffer, **cast(dict[str, Any], arrays))
    return buffer.getvalue()


def table_from_bytes(data: bytes) -> VeinTable:
    """The table that `table_as_bytes` wrote.  ValueError or KeyError for other bytes."""
    with np.load(io.BytesIO(data), allow_pickle=False) as arrays:
        runs = np.split(arrays["points"].astype(np.float32), np.cumsum(arrays["counts"])[:-1]) if len(arrays["counts"]) else []
        columns = zip(runs, *(arrays[name].tolist() for name in (*_MEASURES, "fate")), strict=True)
        pieces = tuple(FatedVeinPiece(VeinPiece(run, length, width, de), cast(Fate, fate)) for run, length, width, de, fate in columns)
        if "forced_before" not in arrays:
            return VeinTable(pieces)
        forced = Forced(arrays["forced_before"], arrays["forced_after"])
        return VeinTable(pieces, Remains(**{name: arrays[f"remains_{name}"] for name in _REMAINS}, forced=forced))
