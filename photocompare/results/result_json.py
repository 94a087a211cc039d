"""`result.json`: a comparison as plain JSON types, in the order and with the digits of the contract.

Numbers are rounded to what they can mean, so that the same pair gives the same bytes; a failed estimate is null, never 0.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from importlib.resources import files
from typing import Any

from photocompare.base.estimate import Estimate
from photocompare.results.comparison import CALIBRES, FATES, Comparison, Outcome, PairScale, PhotoRecord, ShotRecord
from photocompare.results.reference_band import REPORTED_DIGITS, Benchmark

SCHEMA = "photocompare.comparison/1"

_PX_DIGITS = 2
_MM_DIGITS = 2
_MM_PER_PX_DIGITS = 5
_RATIO_DIGITS = 4
_ANGLE_DIGITS = 1
_SECONDS_DIGITS = 3


def result_schema() -> dict[str, Any]:
    """The JSON Schema (draft 2020-12) that every `result.json` satisfies."""
    schema: dict[str, Any] = json.loads(files("photocompare.results").joinpath("result.schema.json").read_text(encoding="utf-8"))
    return schema


def result_as_dict(comparison: Comparison) -> dict[str, Any]:
    """The comparison in plain JSON types; numbers that failed are None."""
    scale, outcome = comparison.scale, comparison.outcome
    return {
        "schema": SCHEMA,
        "status": comparison.status,
        "reasons": [{"code": r.code, "message": r.message, "fix": r.fix} for r in comparison.reasons],
        "scale": {
            "mm_per_px": _number(scale.mm_per_px, _MM_PER_PX_DIGITS),
            "source": scale.source,
            "after_over_before": _number(scale.after_over_before, _RATIO_DIGITS),
        },
        "registration": _registration(comparison),
        "skin": _skin(comparison),
        "clearance": None if outcome is None else _clearance(outcome, scale),
        **_fates(outcome, scale),
        "pigment": None if outcome is None else _pigment(outcome, scale),
        "timing": {"days": comparison.timing.days, "window": comparison.timing.window},
        "benchmark": benchmark_as_dict(comparison.benchmark),
        "photos": {"before": _photo(comparison.before), "after": _photo(comparison.after)},
        **({"shots": [_shot(shot) for shot in comparison.shots]} if comparison.shots else {}),
        "provenance": {
            "version": comparison.provenance.version,
            "config": comparison.provenance.config,
            "config_sha256": comparison.provenance.config_sha256,
            "seconds": {stage: round(s, _SECONDS_DIGITS) for stage, s in comparison.provenance.seconds.items()},
        },
    }


def result_text(comparison: Comparison) -> str:
    """The text of `result.json`, ending in a newline."""
    return json_text(result_as_dict(comparison))


def json_text(result: Mapping[str, Any]) -> str:
    """The text of a result in plain JSON types, ending in a newline."""
    return json.dumps(result, indent=1, ensure_ascii=False, allow_nan=False) + "\n"


def _number(value: float | None, digits: int) -> float | None:
    """Rounded, None for what is not a finite number, and never a negative zero."""
    if value is None or not math.isfinite(value):
        return None
    return round(float(value), digits) + 0.0


def _estimate(estimate: Estimate) -> dict[str, Any]:
    return {
        "percent": _number(estimate.value, REPORTED_DIGITS),
        "low": _number(estimate.low, REPORTED_DIGITS),
        "high": _number(estimate.high, REPORTED_DIGITS),
        "causes": {name: _number(side, REPORTED_DIGITS) for name, side in estimate.causes.items()},
    }


def _shot(shot: ShotRecord) -> dict[str, Any]:
    length = None if shot.length is None else {k: v for k, v in _estimate(shot.length).items() if k != "causes"}
    return {"before_sha256": shot.before_sha256, "after_sha256": shot.after_sha256, "status": shot.status, "length": length}


def _registration(comparison: Comparison) -> dict[str, Any] | None:
    overlay, scale = comparison.overlay, comparison.scale
    if overlay is None:
        return None
    return {
        "error_px_median": _number(overlay.error_px_median, _PX_DIGITS),
        "error_px_p95": _number(overlay.error_px_p95, _PX_DIGITS),
        "error_mm_p95": _number(scale.length_mm(overlay.error_px_p95), _MM_DIGITS),
        "shared_field_px": overlay.shared_field_px,
        "shared_field_mm2": _number(scale.area_mm2(overlay.shared_field_px), _MM_DIGITS),
    }


def _skin(comparison: Comparison) -> dict[str, Any] | None:
    skin = comparison.skin
    if skin is None:
        return None
    return {
        "ita_before": _number(skin.ita_before, _ANGLE_DIGITS),
        "ita_after": _number(skin.ita_after, _ANGLE_DIGITS),
        "group": skin.group,
    }


def _clearance(outcome: Outcome, scale: PairScale) -> dict[str, Any]:
    by_calibre: dict[str, Any] = dict.fromkeys(CALIBRES)
    for calibre, part in outcome.by_calibre.items():
        by_calibre[calibre] = {**_estimate(part.clearance), "before_mm": _number(scale.length_mm(part.before_px), _MM_DIGITS)}
    return {
        "length": _estimate(outcome.length),
        "area": _estimate(outcome.area),
        "contrast": _estimate(outcome.contrast),
        "net_change": _estimate(outcome.net_change),
        "by_calibre": by_calibre,
    }


def _fates(outcome: Outcome | None, scale: PairScale) -> dict[str, Any]:
    """`fate_mm`, or `fate_px` where the scale is none."""
    if scale.mm_per_px is None:
        return {"fate_px": None if outcome is None else {f: _number(outcome.fate_px.get(f, 0.0), _PX_DIGITS) for f in FATES}}
    return {"fate_mm": None if outcome is None else {f: _number(scale.length_mm(outcome.fate_px.get(f, 0.0)), _MM_DIGITS) for f in FATES}}


def _pigment(outcome: Outcome, scale: PairScale) -> dict[str, Any]:
    pigment = outcome.pigment
    return {
        "before_mm2": _number(scale.area_mm2(pigment.before_px2), _MM_DIGITS),
        "after_mm2": _number(scale.area_mm2(pigment.after_px2), _MM_DIGITS),
        "gained_mm2": _number(scale.area_mm2(pigment.gained_px2), _MM_DIGITS),
        "faded_mm2": _number(scale.area_mm2(pigment.faded_px2), _MM_DIGITS),
        "stained_percent_of_baseline_length": _number(pigment.stained_percent, REPORTED_DIGITS),
    }


def benchmark_as_dict(benchmark: Benchmark) -> dict[str, Any]:
    """The benchmark in plain JSON types."""
    return {
        "low": benchmark.low,
        "high": benchmark.high,
        "verdict": benchmark.verdict,
        "certain": benchmark.certain,
        "responder_75": benchmark.responder,
        "why": benchmark.why,
    }


def _photo(photo: PhotoRecord) -> dict[str, Any]:
    return {"sha256": photo.sha256, "width": photo.width, "height": photo.height, "quality": plain(photo.quality)}


def plain(value: Any) -> Any:
    """Nested figures as JSON types: numpy numbers unwrapped, what is not finite None, floats to `_RATIO_DIGITS`."""
    if isinstance(value, dict) or hasattr(value, "items"):
        return {str(k): plain(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [plain(v) for v in value]
    if isinstance(value, bool | int | str) or value is None:
        return value
    if hasattr(value, "item"):
        return plain(value.item())
    return _number(float(value), _RATIO_DIGITS)
