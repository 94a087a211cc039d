"""One comparison as it is shown, exported and kept: numbers, encoded pictures without metadata, and the pieces of vein.

A dossier holds no array of the measuring core and needs none of it to be opened, so a viewer shows a stored comparison at once.
"""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

import cv2
import numpy as np
from numpy.typing import NDArray

from photocompare.arrays import SRGB8
from photocompare.errors import UsageError
from photocompare.fate import Fate, FatedVeinPiece, Remains
from photocompare.profiles import Forced
from photocompare.report.drawing import displayed
from photocompare.report.figures import draw_fate, draw_summary
from photocompare.report.files import png
from photocompare.report.renderings import NO_PICTURE, draw_difference, draw_registration_error, full_size_pair
from photocompare.report.result_json import result_as_dict
from photocompare.result import Comparison
from photocompare.veins import VeinPiece

DOSSIER = "photocompare.dossier/1"

JPEG_QUALITY = 92
"""libjpeg's scale; at 92 without colour subsampling the error stays below 1 CIE76 unit at a vein's edge, half of what is visible."""

ORIGINAL_QUALITY = 90
"""Of the photos as they were taken, for looking only."""

MOST_BYTES = 400_000_000
"""Of an opened dossier; two photos of 120 megapixels stay below it."""

_MEASURES = ("shown_over_full", "px_per_mm", "error_at_most")
_REMAINS = ("contrast_before", "contrast_after", "probability_after", "near", "far", "stained", "depth_mm")


@dataclass(frozen=True, eq=False, repr=False)
class VeinTable:
    """Every piece of vein with its fate: the baseline's first, then the new ones.

    Parameters
    ----------
    pieces : tuple of FatedVeinPiece
        Points in pixels of the shown pictures; lengths and widths too.
    remains : Remains or None
        Of the baseline pieces.
    """

    pieces: tuple[FatedVeinPiece, ...]
    remains: Remains | None = None

    @property
    def baseline(self) -> tuple[FatedVeinPiece, ...]:
        """The pieces seen before."""
        return tuple(p for p in self.pieces if p.fate != "new")


@dataclass(frozen=True, eq=False, repr=False)
class Dossier:
    """What is shown of one comparison.

    Parameters
    ----------
    result : mapping
        What `result.json` holds.
    pictures : mapping
        Encoded, without metadata.  Always: "before_original", "after_original" (upright), "summary".  Of a measured pair also, in the
        before frame at working size: "before", "after" (same light), "difference", "error", the masks "field", "pigment_before",
        "pigment_after", and "fate".
        "before_full", "after_full" where they were asked for.
    veins : VeinTable or None
        None for a refused pair.
    shown_over_full : float
        Size of the shown pictures over that of the before photo, 0..1.
    px_per_mm : float
        Of the shown pictures; assumed where there is no scale.
    error_at_most : float
        Registration error painted darkest in "error", px of the shown pictures.
    """

    result: Mapping[str, Any]
    pictures: Mapping[str, bytes]
    veins: VeinTable | None = None
    shown_over_full: float = 1.0
    px_per_mm: float = 1.0
    error_at_most: float = 0.0

    @property
    def measured(self) -> bool:
        """Whether there is a number."""
        return self.veins is not None


def dossier_of(comparison: Comparison) -> Dossier:
    """The dossier of a comparison, without the full-size pictures."""
    pictures = {
        "before_original": jpeg(comparison.pictures.before, ORIGINAL_QUALITY),
        "after_original": jpeg(comparison.pictures.after, ORIGINAL_QUALITY),
        "summary": png(draw_summary(comparison)),
    }
    measured, registration = comparison.pictures.measured, comparison.pictures.registration
    if measured is None or registration is None:
        return Dossier(result_as_dict(comparison), pictures)
    error, most = draw_registration_error(measured, registration) if registration.error_px is not None else (None, 0.0)
    pictures |= {
        "before": jpeg(displayed(measured.before_normalised, NO_PICTURE)),
        "after": jpeg(displayed(measured.after_normalised, NO_PICTURE)),
        "difference": jpeg(draw_difference(measured)),
        **({} if error is None else {"error": jpeg(error)}),
        "field": _mask_png(registration.shared),
        "pigment_before": _mask_png(measured.pigment_before),
        "pigment_after": _mask_png(measured.pigment_after),
        "fate": jpeg(draw_fate(comparison)),
    }
    veins = VeinTable(tuple(measured.pieces), measured.remains)
    return Dossier(result_as_dict(comparison), pictures, veins, comparison.pictures.factor_before, measured.px_per_mm, most)


def full_size_pictures(comparison: Comparison) -> dict[str, bytes]:
    """Both photos in the same light at the before photo's full size; empty where the shown pictures are that already."""
    if comparison.pictures.measured is None or comparison.pictures.factor_before >= 1.0:
        return {}
    before, after = full_size_pair(comparison)
    return {"before_full": jpeg(before), "after_full": jpeg(after)}


def jpeg(image: SRGB8, quality: int = JPEG_QUALITY) -> bytes:
    """JPEG bytes of an RGB image, colour at full resolution; pixels only."""
    how = [cv2.IMWRITE_JPEG_QUALITY, quality, cv2.IMWRITE_JPEG_SAMPLING_FACTOR, cv2.IMWRITE_JPEG_SAMPLING_FACTOR_444]
    done, encoded = cv2.imencode(".jpg", cv2.cvtColor(image, cv2.COLOR_RGB2BGR), how)
    if not done:
        raise OSError("the picture could not be encoded as JPEG")
    return encoded.tobytes()


def _mask_png(mask: NDArray[np.bool_]) -> bytes:
    return png(np.asarray(mask.view(np.uint8) * np.uint8(255), dtype=np.uint8))


def write_dossier(dossier: Dossier) -> bytes:
    """The dossier as one zip file; equal dossiers give equal bytes."""
    buffer = io.BytesIO()
    head = {"schema": DOSSIER, **{name: getattr(dossier, name) for name in _MEASURES}}
    members = {"dossier.json": json.dumps(head).encode(), "result.json": json.dumps(dossier.result, indent=1, ensure_ascii=False).encode()}
    members |= {f"pictures/{name}": data for name, data in sorted(dossier.pictures.items())}
    if dossier.veins is not None:
        members["veins.npz"] = _veins_npz(dossier.veins)
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        for name, data in members.items():
            archive.writestr(zipfile.ZipInfo(name), data)
    return buffer.getvalue()


def read_dossier(data: bytes) -> Dossier:
    """The dossier that `write_dossier` wrote.

    Raises
    ------
    UsageError
        The bytes are no dossier, or one of a newer version.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            if sum(info.file_size for info in archive.infolist()) > MOST_BYTES:
                raise UsageError("The stored comparison is too large to be one; measure the photos again.")
            head = json.loads(archive.read("dossier.json"))
            if head.pop("schema", None) != DOSSIER:
                raise UsageError("The stored comparison is of another version of the software; measure the photos again.")
            names = archive.namelist()
            pictures = {name.removeprefix("pictures/"): archive.read(name) for name in names if name.startswith("pictures/")}
            veins = _veins_from_npz(archive.read("veins.npz")) if "veins.npz" in names else None
            return Dossier(json.loads(archive.read("result.json")), pictures, veins, **{name: float(v) for name, v in head.items()})
    except (zipfile.BadZipFile, KeyError, ValueError, TypeError, OSError) as error:
        raise UsageError("The stored comparison can't be read; measure the photos again.") from error


def _veins_npz(veins: VeinTable) -> bytes:
    pieces = [p.piece for p in veins.pieces]
    arrays: dict[str, NDArray[Any]] = {
        "points": np.concatenate([p.points for p in pieces]) if pieces else np.zeros((0, 2), np.float32),
        "counts": np.array([len(p.points) for p in pieces], np.int64),
        "fate": np.array([p.fate for p in veins.pieces], "U14"),
        **{name: np.array([getattr(p, name) for p in pieces], np.float64) for name in ("length_px", "width_px", "contrast_de")},
    }
    if veins.remains is not None:
        arrays |= {f"remains_{name}": getattr(veins.remains, name) for name in _REMAINS}
        arrays |= {"forced_before": veins.remains.forced.before_de, "forced_after": veins.remains.forced.after_de}
    buffer = io.BytesIO()
    np.savez_compressed(buffer, **cast(dict[str, Any], arrays))
    return buffer.getvalue()


def _veins_from_npz(data: bytes) -> VeinTable:
    with np.load(io.BytesIO(data), allow_pickle=False) as arrays:
        runs = np.split(arrays["points"].astype(np.float32), np.cumsum(arrays["counts"])[:-1]) if len(arrays["counts"]) else []
        columns = zip(runs, *(arrays[name].tolist() for name in ("length_px", "width_px", "contrast_de", "fate")), strict=True)
        pieces = tuple(FatedVeinPiece(VeinPiece(run, length, width, de), cast(Fate, fate)) for run, length, width, de, fate in columns)
        if "forced_before" not in arrays:
            return VeinTable(pieces)
        forced = Forced(arrays["forced_before"], arrays["forced_after"])
        return VeinTable(pieces, Remains(**{name: arrays[f"remains_{name}"] for name in _REMAINS}, forced=forced))
