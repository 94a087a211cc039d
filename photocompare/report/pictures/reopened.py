"""A stored comparison made whole again, to be drawn anew: under other dates, or in another language."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import cv2
import numpy as np

from photocompare.base.arrays import SRGB8, Mask
from photocompare.base.colour import linear_from_srgb8
from photocompare.base.errors import UsageError
from photocompare.base.estimate import Estimate
from photocompare.base.flags import raised
from photocompare.clearance.correction import Corrected, Correction, corrected_clearance
from photocompare.report.files.comparison_files import png
from photocompare.report.pictures.figures import draw_summary
from photocompare.report.words.reasons import refound
from photocompare.results.comparison import (
    FATES,
    CalibreOutcome,
    Comparison,
    Measured,
    Outcome,
    Overlay,
    PairScale,
    PhotoRecord,
    Pictures,
    PigmentOutcome,
    Provenance,
    RegistrationMap,
    SkinTone,
)
from photocompare.results.dossier import Dossier
from photocompare.results.reference_band import BandVerdict
from photocompare.results.timing import Timing


def summary_png(dossier: Dossier) -> bytes:
    """`summary.png` of a stored comparison: no metadata."""
    return png(draw_summary(reopened(dossier)))


def corrected(dossier: Dossier, correction: Correction) -> Corrected:
    """The clearance of a stored comparison after a reader's correction.

    Raises
    ------
    UsageError
        The pair was not measured, or a mark can't be followed.
    """
    if dossier.veins is None or dossier.veins.remains is None:
        raise UsageError("This pair has no measured veins to correct.", code="nothing_to_correct")
    before, after = (linear_from_srgb8(picture(dossier, which)) for which in ("before", "after"))
    return corrected_clearance(
        dossier.veins.pieces, dossier.veins.remains, correction, before, after, mask(dossier, "field"), dossier.px_per_mm
    )


def picture(dossier: Dossier, name: str) -> SRGB8:
    """A picture's pixels, RGB."""
    decoded = cv2.imdecode(np.frombuffer(dossier.pictures[name], np.uint8), cv2.IMREAD_COLOR)
    return np.asarray(cv2.cvtColor(np.asarray(decoded, np.uint8), cv2.COLOR_BGR2RGB), dtype=np.uint8)


def mask(dossier: Dossier, name: str) -> Mask:
    """A mask's pixels."""
    decoded = cv2.imdecode(np.frombuffer(dossier.pictures[name], np.uint8), cv2.IMREAD_GRAYSCALE)
    return np.asarray(np.asarray(decoded, np.uint8) > 127, dtype=np.bool_)


def reopened(dossier: Dossier) -> Comparison:
    """The comparison that a dossier was made of, to the digits that were kept.

    The photos are those re-encoded for looking; the map of the registration is not kept, only its shared field.
    """
    r = dossier.result
    scale = PairScale(r["scale"]["mm_per_px"], r["scale"]["source"], r["scale"]["after_over_before"])
    seen = r["registration"]
    return Comparison(
        reasons=[refound(reason) or raised(reason["code"]) for reason in r["reasons"]],
        scale=scale,
        overlay=None if seen is None else Overlay(seen["error_px_median"], seen["error_px_p95"], seen["shared_field_px"]),
        skin=None if r["skin"] is None else SkinTone(_number(r["skin"]["ita_before"]), _number(r["skin"]["ita_after"])),
        outcome=None if r["clearance"] is None else _outcome(r, scale),
        timing=Timing(r["timing"]["days"], r["timing"]["window"]),
        benchmark=_benchmark(r["benchmark"]),
        before=_photo(r["photos"]["before"]),
        after=_photo(r["photos"]["after"]),
        provenance=Provenance(**{name: r["provenance"][name] for name in ("version", "config", "config_sha256", "seconds")}),
        pictures=_pictures(dossier),
    )


def _number(value: float | None) -> float:
    return math.nan if value is None else float(value)


def _estimate(found: Mapping[str, Any]) -> Estimate:
    if found["percent"] is None:
        return Estimate.failed("%")
    return Estimate(found["percent"], found["low"], found["high"], "%", causes={k: _number(v) for k, v in found["causes"].items()})


def _outcome(r: Mapping[str, Any], scale: PairScale) -> Outcome:
    clearance, mm = r["clearance"], scale.mm_per_px or 1.0
    lengths = r.get("fate_mm") or r.get("fate_px") or {}
    pigment = {name: _number(value) / mm**2 for name, value in r["pigment"].items() if name.endswith("_mm2")}
    return Outcome(
        length=_estimate(clearance["length"]),
        area=_estimate(clearance["area"]),
        contrast=_estimate(clearance["contrast"]),
        net_change=_estimate(clearance["net_change"]),
        by_calibre={
            name: CalibreOutcome(_estimate(part), _number(part["before_mm"]) / mm)
            for name, part in clearance["by_calibre"].items()
            if part is not None
        },
        fate_px={fate: _number(lengths.get(fate)) / mm for fate in FATES},
        pigment=PigmentOutcome(
            before_px2=pigment["before_mm2"],
            after_px2=pigment["after_mm2"],
            gained_px2=pigment["gained_mm2"],
            faded_px2=pigment["faded_mm2"],
            stained_percent=_number(r["pigment"]["stained_percent_of_baseline_length"]),
        ),
    )


def _benchmark(b: Mapping[str, Any]) -> BandVerdict:
    return BandVerdict(b["low"], b["high"], b["verdict"], b["certain"], b["responder_75"], b["why"])


def _photo(p: Mapping[str, Any]) -> PhotoRecord:
    return PhotoRecord(p["sha256"], p["width"], p["height"], p["quality"])


def _pictures(dossier: Dossier) -> Pictures:
    before, after = picture(dossier, "before_original"), picture(dossier, "after_original")
    if dossier.veins is None or not dossier.measured:
        return Pictures(before, after)
    shared = mask(dossier, "field")
    nowhere = np.full((*shared.shape, 2), np.nan, np.float32)
    none = np.zeros_like(shared)
    measured = Measured(
        before_normalised=linear_from_srgb8(picture(dossier, "before")),
        after_normalised=linear_from_srgb8(picture(dossier, "after")),
        veins_before=none,
        veins_after=none,
        pigment_before=mask(dossier, "pigment_before"),
        pigment_after=mask(dossier, "pigment_after"),
        pieces=dossier.veins.pieces,
        remains=dossier.veins.remains,
        px_per_mm=dossier.px_per_mm,
    )
    return Pictures(before, after, dossier.shown_over_full, 1.0, RegistrationMap(nowhere, shared), measured)
