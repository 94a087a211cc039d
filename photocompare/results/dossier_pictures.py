"""The pictures of a dossier as pixels, and what is reckoned from them: the clearance after a reader's correction."""

from __future__ import annotations

import cv2
import numpy as np

from photocompare.base.arrays import SRGB8, Mask
from photocompare.base.colour import linear_from_srgb8
from photocompare.base.errors import UsageError
from photocompare.clearance.correction import Corrected, Correction, CorrectionOptions, MeasuredVeins, corrected_clearance
from photocompare.results.dossier import Dossier


def picture(dossier: Dossier, name: str) -> SRGB8:
    """A picture's pixels, (H, W, 3) RGB.  KeyError where the dossier has none of that name."""
    decoded = cv2.imdecode(np.frombuffer(dossier.pictures[name], np.uint8), cv2.IMREAD_COLOR)
    return np.asarray(cv2.cvtColor(np.asarray(decoded, np.uint8), cv2.COLOR_BGR2RGB), dtype=np.uint8)


def mask(dossier: Dossier, name: str) -> Mask:
    """A mask's pixels, (H, W).  KeyError where the dossier has none of that name."""
    decoded = cv2.imdecode(np.frombuffer(dossier.pictures[name], np.uint8), cv2.IMREAD_GRAYSCALE)
    return np.asarray(np.asarray(decoded, np.uint8) > 127, dtype=np.bool_)


def corrected(dossier: Dossier, correction: Correction, *, options: CorrectionOptions) -> Corrected:
    """The clearance of a stored comparison after a reader's correction, by the rules given.

    Raises
    ------
    UsageError
        The pair was not measured, or a mark can't be followed.
    """
    if dossier.veins is None or dossier.veins.contrasts is None:
        raise UsageError("This pair has no measured veins to correct.", code="nothing_to_correct")
    before, after = (linear_from_srgb8(picture(dossier, which)) for which in ("before", "after"))
    veins = MeasuredVeins(dossier.veins.pieces, dossier.veins.contrasts, before, after, mask(dossier, "field"), dossier.px_per_mm)
    return corrected_clearance(veins, correction, options=options)
