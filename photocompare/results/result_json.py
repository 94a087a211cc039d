"""`result.json`: a result as plain JSON types and back, in the order and with the digits of the contract.

Numbers are rounded to what they can mean, so that the same pair gives the same bytes; a failed estimate is null, never 0.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping
from importlib.resources import files
from typing import TYPE_CHECKING, Any, TypeVar, get_args

import numpy as np

from photocompare.base.errors import UsageError
from photocompare.base.estimate import Estimate
from photocompare.leg.scale_source import ScaleSource
from photocompare.results.comparison import Comparison, PhotoRecord, Pictures, Provenance, ShotRecord, Status
from photocompare.results.reference_band import REPORTED_DIGITS, RESPONDER_PERCENT, BandVerdict, Verdict
from photocompare.results.result import (
    CalibreFigures,
    ClearanceFigures,
    CorrectedBy,
    PigmentFigures,
    Reason,
    RegistrationFigures,
    Result,
    ScaleFigures,
    Schema,
    SkinFigures,
    Unit,
)
from photocompare.results.timing import Timing, Window
from photocompare.veins.classes import CALIBRES, FATES

if TYPE_CHECKING:
    from photocompare.clearance.outcome import Outcome  # the measuring core, which opening a result doesn't need

_PX_DIGITS = 2
_MM_DIGITS = 2
_MM_PER_PX_DIGITS = 5
_RATIO_DIGITS = 4
_ANGLE_DIGITS = 1
_SECONDS_DIGITS = 3

_PERCENTAGES = ("length", "area", "contrast", "net_change")
_PIGMENT_AREAS = ("before_mm2", "after_mm2", "gained_mm2", "faded_mm2")

T = TypeVar("T")


def result_schema() -> dict[str, Any]:
    """The JSON Schema (draft 2020-12) that every `result.json` written now satisfies."""
    schema: dict[str, Any] = json.loads(files("photocompare.results").joinpath("result.schema.json").read_text(encoding="utf-8"))
    return schema


# --- of a comparison


def result_of(comparison: Comparison) -> Result:
    """The result of a comparison, with all digits that were measured; `as_written` has those that are kept."""
    scale, outcome, skin = comparison.scale, comparison.outcome, comparison.skin
    return Result(
        status=comparison.status,
        reasons=tuple(Reason(r.code, r.message, r.fix) for r in comparison.reasons),
        scale=ScaleFigures(scale.mm_per_px, scale.source, comparison.after_over_before),
        registration=_registration_of(comparison.pictures, scale.mm_per_px),
        skin=None if skin is None else SkinFigures(_finite(skin.ita_before), _finite(skin.ita_after), skin.group),
        clearance=None if outcome is None else _clearance_of(outcome, scale.mm_per_px),
        fates={} if outcome is None else {f: outcome.fate_px.get(f, 0.0) * (scale.mm_per_px or 1.0) for f in FATES},
        unit="px" if scale.mm_per_px is None else "mm",
        pigment=None if outcome is None else _pigment_of(outcome, scale.mm_per_px),
        timing=comparison.timing,
        benchmark=comparison.benchmark,
        before=comparison.before,
        after=comparison.after,
        provenance=comparison.provenance,
        shots=tuple(comparison.shots),
    )


def _registration_of(pictures: Pictures, mm_per_px: float | None) -> RegistrationFigures | None:
    registration, factor = pictures.registration, pictures.factor_before
    if registration is None:
        return None
    p95 = registration.error_px_p95 / factor
    shared_px = round(np.count_nonzero(registration.shared) / factor**2)
    median = _finite(registration.error_px_median / factor)
    return RegistrationFigures(median, _finite(p95), _finite(_times(p95, mm_per_px)), shared_px, _area(shared_px, mm_per_px))


def _clearance_of(outcome: Outcome, mm_per_px: float | None) -> ClearanceFigures:
    by_calibre: dict[str, CalibreFigures | None] = dict.fromkeys(CALIBRES)
    for calibre, part in outcome.by_calibre.items():
        by_calibre[calibre] = CalibreFigures(part.clearance, _finite(_times(part.before_px, mm_per_px)))
    return ClearanceFigures(outcome.length, outcome.area, outcome.contrast, outcome.net_change, by_calibre)


def _pigment_of(outcome: Outcome, mm_per_px: float | None) -> PigmentFigures:
    pigment = outcome.pigment
    return PigmentFigures(
        before_mm2=_area(pigment.before_px2, mm_per_px),
        after_mm2=_area(pigment.after_px2, mm_per_px),
        gained_mm2=_area(pigment.gained_px2, mm_per_px),
        faded_mm2=_area(pigment.faded_px2, mm_per_px),
        stained_percent=_finite(pigment.stained_percent),
    )


def _times(length_px: float, mm_per_px: float | None) -> float | None:
    return None if mm_per_px is None else length_px * mm_per_px


def _area(area_px2: float, mm_per_px: float | None) -> float | None:
    return None if mm_per_px is None else _finite(area_px2 * mm_per_px**2)


def _finite(value: float | None) -> float | None:
    return None if value is None or not math.isfinite(value) else value


# --- writing


def result_text(comparison: Comparison) -> str:
    """The text of a comparison's `result.json`, ending in a newline."""
    return json_text(result_of(comparison))


def json_text(result: Result) -> str:
    """The text of `result.json`, ending in a newline."""
    return json.dumps(as_dict(result), indent=1, ensure_ascii=False, allow_nan=False) + "\n"


def as_written(result: Result) -> Result:
    """The result to the digits that `result.json` keeps."""
    return parse_result(as_dict(result), responder_percent=result.benchmark.responder_percent)


def as_dict(result: Result) -> dict[str, Any]:
    """The result in plain JSON types; numbers that failed are None."""
    scale = result.scale
    return {
        "schema": result.schema,
        "status": result.status,
        "reasons": [{"code": r.code, "message": r.message, "fix": r.fix} for r in result.reasons],
        "scale": {
            "mm_per_px": _number(scale.mm_per_px, _MM_PER_PX_DIGITS),
            "source": scale.source,
            "after_over_before": _number(scale.after_over_before, _RATIO_DIGITS),
        },
        "registration": None if result.registration is None else _registration(result.registration),
        "skin": None if result.skin is None else _skin(result.skin),
        "clearance": None if result.clearance is None else _clearance(result.clearance),
        f"fate_{result.unit}": _fates(result) if result.measured else None,
        "pigment": None if result.pigment is None else _pigment(result.pigment),
        "timing": {"days": result.timing.days, "window": result.timing.window},
        "benchmark": _benchmark(result.benchmark),
        "photos": {name: _photo(photo) for name, photo in result.photos.items()},
        **({"shots": [_shot(shot) for shot in result.shots]} if result.shots else {}),
        "provenance": {
            "version": result.provenance.version,
            "config": result.provenance.config,
            "config_sha256": result.provenance.config_sha256,
            "seconds": {stage: _number(seconds, _SECONDS_DIGITS) for stage, seconds in result.provenance.seconds.items()},
        },
        **({} if result.correction is None else {"correction": _correction(result.correction)}),
    }


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


def _registration(found: RegistrationFigures) -> dict[str, Any]:
    return {
        "error_px_median": _number(found.error_px_median, _PX_DIGITS),
        "error_px_p95": _number(found.error_px_p95, _PX_DIGITS),
        "error_mm_p95": _number(found.error_mm_p95, _MM_DIGITS),
        "shared_field_px": found.shared_field_px,
        "shared_field_mm2": _number(found.shared_field_mm2, _MM_DIGITS),
    }


def _skin(skin: SkinFigures) -> dict[str, Any]:
    return {
        "ita_before": _number(skin.ita_before, _ANGLE_DIGITS),
        "ita_after": _number(skin.ita_after, _ANGLE_DIGITS),
        "group": skin.group,
    }


def _clearance(clearance: ClearanceFigures) -> dict[str, Any]:
    by_calibre = {
        name: None if part is None else {**_estimate(part.clearance), "before_mm": _number(part.before_mm, _MM_DIGITS)}
        for name, part in clearance.by_calibre.items()
    }
    return {**{name: _estimate(getattr(clearance, name)) for name in _PERCENTAGES}, "by_calibre": by_calibre}


def _fates(result: Result) -> dict[str, Any]:
    digits = _PX_DIGITS if result.unit == "px" else _MM_DIGITS
    return {fate: _number(length, digits) for fate, length in result.fates.items()}


def _pigment(pigment: PigmentFigures) -> dict[str, Any]:
    areas = {name: _number(getattr(pigment, name), _MM_DIGITS) for name in _PIGMENT_AREAS}
    return {**areas, "stained_percent_of_baseline_length": _number(pigment.stained_percent, REPORTED_DIGITS)}


def _benchmark(benchmark: BandVerdict) -> dict[str, Any]:
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


def _correction(correction: CorrectedBy) -> dict[str, Any]:
    return {"by": correction.by, "at": correction.at, "machine_length": _estimate(correction.machine_length)}


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


# --- parsing


def parse_result(told: Mapping[str, Any], *, responder_percent: float = RESPONDER_PERCENT) -> Result:
    """The result that plain JSON types hold; what an older file lacks stays empty.

    Parameters
    ----------
    told : mapping
        As in `result.json`.
    responder_percent : float
        The responder rule that it was judged by; the file names the usual one.

    Raises
    ------
    UsageError
        The mapping is no result.
    """
    try:
        return _parsed(told, responder_percent)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise UsageError("This is no result of a comparison, or one of another version; measure the photos again.") from error


def _parsed(told: Mapping[str, Any], responder_percent: float) -> Result:
    scale, provenance = told["scale"], told["provenance"]
    unit: Unit = "mm" if "fate_mm" in told else "px"
    fates = told[f"fate_{unit}"] or {}
    return Result(
        status=_one_of(Status, told["status"]),
        reasons=tuple(Reason(str(r["code"]), str(r["message"]), str(r["fix"])) for r in told["reasons"]),
        scale=ScaleFigures(_figure(scale["mm_per_px"]), _one_of(ScaleSource, scale["source"]), _figure(scale.get("after_over_before"))),
        registration=_optional(_parsed_registration, told["registration"]),
        skin=_optional(_parsed_skin, told["skin"]),
        clearance=_optional(_parsed_clearance, told["clearance"]),
        fates={str(fate): _failed_as_nan(length) for fate, length in fates.items()},
        unit=unit,
        pigment=_optional(_parsed_pigment, told["pigment"]),
        timing=Timing(told["timing"]["days"], _one_of(Window, told["timing"]["window"])),
        benchmark=_parsed_benchmark(told["benchmark"], responder_percent),
        before=_parsed_photo(told["photos"]["before"]),
        after=_parsed_photo(told["photos"]["after"]),
        provenance=Provenance(
            provenance["version"],
            provenance["config"],
            provenance["config_sha256"],
            {stage: _failed_as_nan(seconds) for stage, seconds in provenance.get("seconds", {}).items()},
        ),
        shots=tuple(_parsed_shot(shot) for shot in told.get("shots", ())),
        correction=_optional(_parsed_correction, told.get("correction")),
        schema=_one_of(Schema, told.get("schema", get_args(Schema)[0])),  # the first results did not tell it
    )


def _optional(parse: Callable[[Mapping[str, Any]], T], told: Mapping[str, Any] | None) -> T | None:
    return None if told is None else parse(told)


def _one_of(words: Any, told: Any) -> Any:
    """A word of a Literal type; ValueError for another."""
    if told not in get_args(words):
        raise ValueError(f"{told!r} is none of {get_args(words)}")
    return told


def _figure(told: Any) -> float | None:
    """A number as it is told, or None."""
    if told is None:
        return None
    if isinstance(told, bool) or not isinstance(told, int | float):
        raise TypeError(f"{told!r} is not a number")
    return told


def _failed_as_nan(told: Any) -> float:
    value = _figure(told)
    return math.nan if value is None else value


def _parsed_estimate(told: Mapping[str, Any]) -> Estimate:
    value, low, high = (_failed_as_nan(told[name]) for name in ("percent", "low", "high"))
    causes = {str(name): _failed_as_nan(side) for name, side in told.get("causes", {}).items()}
    return Estimate(value, low, high, "%", causes=causes)


def _parsed_registration(told: Mapping[str, Any]) -> RegistrationFigures:
    return RegistrationFigures(
        _figure(told["error_px_median"]),
        _figure(told["error_px_p95"]),
        _figure(told["error_mm_p95"]),
        int(told["shared_field_px"]),
        _figure(told["shared_field_mm2"]),
    )


def _parsed_skin(told: Mapping[str, Any]) -> SkinFigures:
    return SkinFigures(_figure(told["ita_before"]), _figure(told.get("ita_after")), told["group"])


def _parsed_clearance(told: Mapping[str, Any]) -> ClearanceFigures:
    by_calibre = {
        str(name): None if part is None else CalibreFigures(_parsed_estimate(part), _figure(part["before_mm"]))
        for name, part in told["by_calibre"].items()
    }
    return ClearanceFigures(**{name: _parsed_estimate(told[name]) for name in _PERCENTAGES}, by_calibre=by_calibre)


def _parsed_pigment(told: Mapping[str, Any]) -> PigmentFigures:
    areas = {name: _figure(told[name]) for name in _PIGMENT_AREAS}
    return PigmentFigures(**areas, stained_percent=_figure(told["stained_percent_of_baseline_length"]))


def _parsed_benchmark(told: Mapping[str, Any], responder_percent: float) -> BandVerdict:
    verdict: Verdict = _one_of(Verdict, told["verdict"])
    return BandVerdict(
        told["low"], told["high"], verdict, told["certain"], told["responder_75"], told["why"], responder_percent=responder_percent
    )


def _parsed_photo(told: Mapping[str, Any]) -> PhotoRecord:
    return PhotoRecord(told["sha256"], int(told["width"]), int(told["height"]), told.get("quality", {}))


def _parsed_shot(told: Mapping[str, Any]) -> ShotRecord:
    return ShotRecord(
        told["before_sha256"], told["after_sha256"], _one_of(Status, told["status"]), _optional(_parsed_estimate, told["length"])
    )


def _parsed_correction(told: Mapping[str, Any]) -> CorrectedBy:
    return CorrectedBy(told["by"], told["at"], _parsed_estimate(told["machine_length"]))
