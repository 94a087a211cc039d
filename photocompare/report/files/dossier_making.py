"""Makes the dossier of a comparison: draws and encodes every picture that is shown of it."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import numpy as np
from numpy.typing import NDArray

from photocompare.base.arrays import SRGB8, scaled_position
from photocompare.base.stage_memory import NoMemory, StageMemory
from photocompare.report.pictures.drawing import displayed, joined
from photocompare.report.pictures.encoding import jpeg, mask_png
from photocompare.report.pictures.renderings import NO_PICTURE, draw_difference, draw_registration_error, full_size_pair
from photocompare.results.comparison import Comparison, Measured, PhotoRecord, Pictures
from photocompare.results.dossier import Dossier
from photocompare.results.result_json import as_written, result_of
from photocompare.results.vein_table import VeinTable, table_as_bytes
from photocompare.settings import STANDARD, Settings
from photocompare.veins.classes import FATES

ORIGINAL_QUALITY = 90
"""Of the photos as they were taken, for looking only."""

_AT_ONCE = 2
"""Pictures drawn at the same time; each holds some copies of the working size."""


def dossier_of(comparison: Comparison, *, settings: Settings = STANDARD, memory: StageMemory | None = None) -> Dossier:
    """The dossier of a comparison, without the full-size pictures.

    Parameters
    ----------
    comparison : Comparison
    settings : Settings
        That it was made with.
    memory : StageMemory, optional
        As `compare` takes it: the photos as they were taken are encoded once.
    """
    result = as_written(result_of(comparison))
    shown, known = comparison.pictures, memory or NoMemory()

    def original(which: str, photo: PhotoRecord, encoded: SRGB8) -> bytes:
        return known.found(f"{which}_original", (photo.sha256, encoded.shape), lambda: jpeg(encoded, ORIGINAL_QUALITY))

    with ThreadPoolExecutor(_AT_ONCE) as pool:
        drawing = {
            "before_original": pool.submit(original, "before", comparison.before, shown.before),
            "after_original": pool.submit(original, "after", comparison.after, shown.after),
        }
        measured, registration = shown.measured, shown.registration
        if measured is None or registration is None:
            return Dossier(result, _drawn(drawing), reticular_mm=settings.veins.reticular_mm, timing=settings.timing)
        error = pool.submit(draw_registration_error, measured, registration)
        drawing |= {
            "before": pool.submit(lambda: jpeg(displayed(measured.before_normalised, NO_PICTURE))),
            "after": pool.submit(lambda: jpeg(displayed(measured.after_normalised, NO_PICTURE))),
            "difference": pool.submit(lambda: jpeg(draw_difference(measured, registration))),
            "error": pool.submit(lambda: jpeg(error.result()[0])),
            "field": pool.submit(mask_png, registration.shared),
            "pigment_before": pool.submit(mask_png, measured.pigment_before),
            "pigment_after": pool.submit(mask_png, measured.pigment_after),
        }
        lines = lines_of(measured) | _drawn_field(shown)
        table = table_as_bytes(VeinTable(tuple(measured.pieces), measured.contrasts))
        pictures, most = _drawn(drawing), error.result()[1]
    return Dossier(
        result,
        pictures,
        lines,
        table,
        comparison.pictures.factor_before,
        measured.px_per_mm,
        most,
        settings.veins.reticular_mm,
        settings.timing,
    )


def _drawn(drawing: Mapping[str, Future[bytes]]) -> dict[str, bytes]:
    return {name: picture.result() for name, picture in drawing.items()}


def lines_of(measured: Measured) -> dict[str, Any]:
    """The veins as lines to draw: `Dossier.lines`."""
    return {
        "fates": {fate: [_flat(path) for path in joined(measured.pieces, fate)] for fate in FATES},
        "pieces": [_flat(np.asarray(piece.points, np.float64)) for piece in measured.pieces],
    }


def _drawn_field(pictures: Pictures) -> dict[str, Any]:
    if pictures.drawn_field is None:
        return {}
    corners = scaled_position(np.asarray(pictures.drawn_field, np.float64), pictures.factor_before)
    return {"drawn_field": np.round(corners, 1).ravel().tolist()}


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
