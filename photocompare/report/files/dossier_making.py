"""Makes the dossier of a comparison: draws and encodes every picture that is shown of it."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from photocompare.base.arrays import SRGB8, Mask
from photocompare.report.files.comparison_files import png
from photocompare.report.pictures.drawing import displayed, joined
from photocompare.report.pictures.figures import draw_fate
from photocompare.report.pictures.renderings import NO_PICTURE, draw_difference, draw_registration_error, full_size_pair
from photocompare.results.comparison import FATES, Comparison, Measured
from photocompare.results.dossier import Dossier
from photocompare.results.result_json import as_written, result_of
from photocompare.results.vein_table import VeinTable, table_as_bytes

JPEG_QUALITY = 92
"""libjpeg's scale; at 92 without colour subsampling the error stays below 1 CIE76 unit at a vein's edge, half of what is visible."""

ORIGINAL_QUALITY = 90
"""Of the photos as they were taken, for looking only."""


def dossier_of(comparison: Comparison) -> Dossier:
    """The dossier of a comparison, without the full-size pictures."""
    result = as_written(result_of(comparison))
    pictures = {
        "before_original": jpeg(comparison.pictures.before, ORIGINAL_QUALITY),
        "after_original": jpeg(comparison.pictures.after, ORIGINAL_QUALITY),
    }
    measured, registration = comparison.pictures.measured, comparison.pictures.registration
    if measured is None or registration is None:
        return Dossier(result, pictures)
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
    return Dossier(
        result,
        pictures,
        lines_of(measured),
        table_as_bytes(VeinTable(tuple(measured.pieces), measured.remains)),
        comparison.pictures.factor_before,
        measured.px_per_mm,
        most,
    )


def lines_of(measured: Measured) -> dict[str, Any]:
    """The veins as lines to draw: `Dossier.lines`."""
    return {
        "fates": {fate: [_flat(path) for path in joined(measured.pieces, fate)] for fate in FATES},
        "pieces": [_flat(np.asarray(piece.points, np.float64)) for piece in measured.pieces],
    }


def _flat(path: NDArray[np.float64]) -> list[float]:
    """x, y, x, y, ... of every other point, ends kept, to a tenth of a pixel."""
    chosen = path[np.unique([*range(0, len(path), 2), len(path) - 1])]
    rounded: list[float] = np.round(chosen[:, ::-1], 1).ravel().tolist()
    return rounded


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


def _mask_png(mask: Mask) -> bytes:
    return png(np.asarray(mask.view(np.uint8) * np.uint8(255), dtype=np.uint8))
