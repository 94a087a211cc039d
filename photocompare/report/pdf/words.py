"""What the printed pages say of a result: numbers, times and how it was made, in the words of a language."""

from __future__ import annotations

from photocompare.report.words.numbers import decimal, percent, with_interval
from photocompare.report.words.result import responder
from photocompare.report.words.texts import Texts
from photocompare.results.result import RegistrationFigures, Result, ScaleFigures, SkinFigures

_MM2_PER_CM2 = 100.0

_SHORT_DIGEST = 12
"""Hexadecimal digits shown of a digest: 48 bits tell any two photos of a practice apart."""


def time_between(result: Result, t: Texts) -> tuple[str, str]:
    """Days, and the window they fall in; the second is empty when there is nothing to add."""
    days, window = result.timing.days, result.timing.window
    if days is None:
        return t("pdf.window.unknown"), ""
    if days < 0:
        return t("pdf.visit.reversed"), ""
    return t("pdf.visit.days_one") if days == 1 else t("pdf.visit.days", n=days), t(f"pdf.window.{window}")


def why(result: Result, t: Texts) -> str:
    """What the headline means beside the reference band, in a sentence or two."""
    benchmark, window = result.benchmark, result.timing.window
    if not benchmark.assessed:
        early = f" {t('pdf.why.dark_line')}" if window == "interim" else ""
        return t(f"band.{window}") + early
    sentences = [t(f"result.verdict_{benchmark.verdict}"), t("result.certain" if benchmark.certain else "result.uncertain")]
    return " ".join([*sentences, t("band.late")] if window == "late" else sentences)


def numbers(result: Result, t: Texts) -> list[tuple[str, str]]:
    """Names and values of the numbers beside the headline of a measured pair."""
    clearance, pigment = result.clearance, result.pigment
    if clearance is None or pigment is None:
        return []
    rows = [(t(f"calibre.{name}"), with_interval(part.clearance, t)) for name, part in clearance.by_calibre.items() if part is not None]
    rows += [
        (t("result.area"), with_interval(clearance.area, t)),
        (t("result.contrast"), with_interval(clearance.contrast, t)),
        (t("result.net_change"), with_interval(clearance.net_change, t)),
        (t("pdf.number.responder", percent=percent(result.benchmark.responder_percent, t)), responder(result, t)),
    ]
    areas = [pigment.before_mm2, pigment.after_mm2, pigment.gained_mm2, pigment.faded_mm2]
    told = [f"{decimal(area, 0, t)} mm²" for area in areas if area is not None]
    if len(told) == len(areas):
        before, after, gained, faded = told
        rows += [
            (t("pdf.number.pigment"), t("pdf.number.before_after", before=before, after=after)),
            (t("pdf.number.pigment_change"), t("pdf.number.gained_faded", gained=gained, faded=faded)),
        ]
    stained = pigment.stained_percent
    return [*rows, (t("pdf.number.stained"), t("result.not_measured") if stained is None else percent(stained, t))]


def made(result: Result, t: Texts) -> list[tuple[str, str]]:
    """How the result came about: names and values; of a refused pair nothing but which photos, and what looked at them."""
    photos = (t("pdf.made.photos"), " · ".join(_digest(photo.sha256) for photo in result.photos.values()))
    provenance = result.provenance
    settings = f"{provenance.config} {_digest(provenance.config_sha256)}"
    # The contract tells which results may be compared: it stands before the settings' name, which is as long as its author likes.
    software = f"{provenance.version} · {t('contract.name', n=result.contract)} · {settings}"
    ends = [photos, (t("pdf.made.software"), software)]
    if not result.measured or result.registration is None:
        return ends
    overlay = _overlay(result.registration, result.scale.mm_per_px, t)
    return [(t("pdf.made.scale"), _scale(result.scale, t)), *overlay, (t("pdf.made.tone"), _tone(result.skin, t)), *ends]


def _digest(sha256: str) -> str:
    return sha256[:_SHORT_DIGEST]


def _scale(scale: ScaleFigures, t: Texts) -> str:
    if scale.mm_per_px is None:
        return t("pdf.made.scale_none")
    return t(f"pdf.made.scale_{scale.source}", value=decimal(scale.mm_per_px, 3, t))


def _overlay(found: RegistrationFigures, mm_per_px: float | None, t: Texts) -> list[tuple[str, str]]:
    """Error of the registration and size of the shared field, in mm where there is a scale."""
    factor, unit, digits = (1.0, "px", 1) if mm_per_px is None else (mm_per_px, "mm", 2)
    errors = (found.error_px_median, found.error_px_p95)
    median, most = (t("result.not_measured") if e is None else f"{decimal(e * factor, digits, t)} {unit}" for e in errors)
    area = found.shared_field_mm2
    field = f"{found.shared_field_px} px" if area is None else f"{decimal(area / _MM2_PER_CM2, 0, t)} cm²"
    return [(t("pdf.made.registration"), t("pdf.made.registration_value", median=median, most=most)), (t("pdf.made.field"), field)]


def _tone(skin: SkinFigures | None, t: Texts) -> str:
    if skin is None or skin.group is None:
        return t("result.not_measured")
    before, after = (_angle(angle, t) for angle in (skin.ita_before, skin.ita_after))
    return t("pdf.made.tone_value", group=t(f"tone.{skin.group.replace(' ', '_')}"), before=before, after=after)


def _angle(degrees: float | None, t: Texts) -> str:
    return t("result.not_measured") if degrees is None else f"{decimal(degrees, 0, t)}°"
