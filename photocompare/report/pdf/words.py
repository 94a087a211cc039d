"""What the printed pages say of a result: numbers, dates and reasons in the words of a language."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from photocompare.base.estimate import Estimate
from photocompare.report.words.numbers import decimal, percent, significant, with_interval
from photocompare.report.words.texts import Texts
from photocompare.results.reference_band import ReferenceBandOptions
from photocompare.results.visit_details import VisitDetails

Result = Mapping[str, Any]

BAND = ReferenceBandOptions()

_MM2_PER_CM2 = 100.0

_SHORT_DIGEST = 12
"""Hexadecimal digits shown of a digest: 48 bits tell any two photos of a practice apart."""


def date_of(day: dt.date | None, t: Texts) -> str:
    """A day in words, or that none was given."""
    if day is None:
        return t("pdf.not_given")
    return t("pdf.date", day=day.day, month=t(f"pdf.months.{day.month}"), year=day.year)


def time_between(result: Result, t: Texts) -> tuple[str, str]:
    """Days, and the window they fall in; the second is empty when there is nothing to add."""
    days, window = result["timing"]["days"], result["timing"]["window"]
    if days is None:
        return t("pdf.window.unknown"), ""
    if days < 0:
        return t("pdf.visit.reversed"), ""
    return t("pdf.visit.days_one") if days == 1 else t("pdf.visit.days", n=days), t(f"pdf.window.{window}")


def place_of(details: VisitDetails, t: Texts) -> str:
    """Leg and region."""
    leg = t(f"pdf.visit.leg_{details.leg}") if details.leg else ""
    return ", ".join(part for part in (leg, details.region) if part) or t("pdf.not_given")


def treatment_of(details: VisitDetails, t: Texts) -> str:
    """Sessions, agent and concentration."""
    number = {None: "", 0: t("pdf.visit.sessions_none"), 1: t("pdf.visit.sessions_one")}
    sessions = number.get(details.sessions, "") if details.sessions in number else t("pdf.visit.sessions", n=details.sessions)
    strength = "" if details.concentration_percent is None else f"{significant(details.concentration_percent, 3, t)} %"
    agent = " ".join(part for part in (details.agent, strength) if part)
    return ", ".join(part for part in (sessions, agent) if part) or t("pdf.not_given")


def has_number(result: Result) -> bool:
    """Whether the result holds numbers at all."""
    return result["clearance"] is not None


def why(result: Result, t: Texts) -> str:
    """What the headline means beside the reference band, in a sentence or two."""
    benchmark, window = result["benchmark"], result["timing"]["window"]
    if benchmark["verdict"] == "not_assessed":
        return t(f"pdf.why.{window}")
    sentences = [t(f"result.verdict_{benchmark['verdict']}"), t("result.certain" if benchmark["certain"] else "result.uncertain")]
    return " ".join([*sentences, t("pdf.why.late")] if window == "late" else sentences)


def responder(result: Result, t: Texts) -> str:
    """Whether the trials' responder rule is reached."""
    return t("pdf.responder." + {True: "reached", False: "missed", None: "not_assessed"}[result["benchmark"]["responder_75"]])


def numbers(result: Result, t: Texts) -> list[tuple[str, str]]:
    """Names and values of the numbers beside the headline."""
    clearance, pigment = result["clearance"], result["pigment"]
    rows = [(t(f"calibre.{name}"), with_interval(_estimate(part), t)) for name, part in clearance["by_calibre"].items() if part is not None]
    rows += [(t(f"result.{name}"), with_interval(_estimate(clearance[name]), t)) for name in ("area", "contrast", "net_change")]
    rows.append((t("pdf.number.responder", percent=percent(BAND.responder_percent, t)), responder(result, t)))
    areas = [pigment[f"{name}_mm2"] for name in ("before", "after", "gained", "faded")]
    if None not in areas:
        before, after, gained, faded = (f"{area:.0f} mm²" for area in areas)
        rows += [
            (t("pdf.number.pigment"), t("pdf.number.before_after", before=before, after=after)),
            (t("pdf.number.pigment_change"), t("pdf.number.gained_faded", gained=gained, faded=faded)),
        ]
    stained = pigment["stained_percent_of_baseline_length"]
    return [*rows, (t("pdf.number.stained"), t("result.not_measured") if stained is None else percent(stained, t))]


def _estimate(number: Mapping[str, Any]) -> Estimate | None:
    return None if number["percent"] is None else Estimate(number["percent"], number["low"], number["high"], "%")


def made(result: Result, t: Texts) -> list[tuple[str, str]]:
    """How the result came about: names and values; of a refused pair nothing but which photos, and what looked at them."""
    photos = [(t("pdf.made.photos"), " · ".join(_digest(result["photos"][which]["sha256"]) for which in ("before", "after")))]
    provenance = result["provenance"]
    software = f"photocompare {provenance['version']} · {provenance['config']} {_digest(provenance['config_sha256'])}"
    ends = [*photos, (t("pdf.made.software"), software)]
    if not has_number(result):
        return ends
    return [(t("pdf.made.scale"), _scale(result["scale"], t)), *_overlay(result, t), (t("pdf.made.tone"), _tone(result["skin"], t)), *ends]


def _digest(sha256: str) -> str:
    return sha256[:_SHORT_DIGEST]


def _scale(scale: Mapping[str, Any], t: Texts) -> str:
    if scale["mm_per_px"] is None:
        return t("pdf.made.scale_none")
    return t(f"pdf.made.scale_{scale['source']}", value=decimal(scale["mm_per_px"], 3, t))


def _overlay(result: Result, t: Texts) -> list[tuple[str, str]]:
    """Error of the registration and size of the shared field, in mm where there is a scale."""
    overlay, mm_per_px = result["registration"], result["scale"]["mm_per_px"]
    factor, unit, digits = (1.0, "px", 1) if mm_per_px is None else (mm_per_px, "mm", 2)
    errors = (overlay[name] for name in ("error_px_median", "error_px_p95"))
    median, most = (t("result.not_measured") if e is None else f"{decimal(e * factor, digits, t)} {unit}" for e in errors)
    area = overlay["shared_field_mm2"]
    field = f"{overlay['shared_field_px']} px" if area is None else f"{decimal(area / _MM2_PER_CM2, 0, t)} cm²"
    return [(t("pdf.made.registration"), t("pdf.made.registration_value", median=median, most=most)), (t("pdf.made.field"), field)]


def _tone(skin: Mapping[str, Any] | None, t: Texts) -> str:
    if skin is None or skin["group"] is None:
        return t("result.not_measured")
    before, after = (_angle(skin[f"ita_{name}"], t) for name in ("before", "after"))
    return t("pdf.made.tone_value", group=t(f"tone.{skin['group'].replace(' ', '_')}"), before=before, after=after)


def _angle(degrees: float | None, t: Texts) -> str:
    return t("result.not_measured") if degrees is None else f"{degrees:.0f}°"
