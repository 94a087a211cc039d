"""The figures of a result as measurements of a structured report, each with its interval."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

from pydicom.sr.coding import Code

from photocompare.base.estimate import Estimate
from photocompare.report.dicom import codes
from photocompare.results.result import Result


@dataclass(frozen=True)
class Figure:
    """One number that is reported.

    Parameters
    ----------
    name, unit : Code
    value : float
    low, high : float or None
        Bounds of its 95 % interval; None where it has none.
    """

    name: Code
    unit: Code
    value: float
    low: float | None = None
    high: float | None = None


def figures_of(result: Result) -> list[Figure]:
    """Every figure that could be measured; percentages only of a pair that was not refused."""
    return [figure for figure in (*_clearance(result), *_fates(result), *_pigment(result), *_frame(result)) if math.isfinite(figure.value)]


def _clearance(result: Result) -> Iterator[Figure]:
    clearance = result.clearance
    if clearance is None:
        return
    yield from _estimate("clearance_length", "Clearance of vein length", clearance.length)
    if result.correction is not None:
        yield from _estimate("measured_length", "Measured clearance of vein length", result.correction.machine_length)
    yield from _estimate("clearance_area", "Clearance of vein area", clearance.area)
    yield from _estimate("clearance_contrast", "Clearance of vein contrast", clearance.contrast)
    yield from _estimate("net_change", "Net change of seen vein length", clearance.net_change)
    for calibre, figures in clearance.by_calibre.items():
        if figures is not None:
            yield from _estimate(f"clearance_{calibre}", f"Clearance of {calibre} vein length", figures.clearance)
            if figures.before_mm is not None:
                yield Figure(codes.own(f"before_{calibre}", f"Length of {calibre} veins before"), codes.MILLIMETRE, figures.before_mm)


def _estimate(code: str, meaning: str, estimate: Estimate) -> Iterator[Figure]:
    """A percentage and, for readers that pass over a number's own uncertainty, its bounds as numbers of their own."""
    if not estimate.ok:
        return
    yield Figure(codes.own(code, meaning), codes.PERCENT, estimate.value, estimate.low, estimate.high)
    yield Figure(codes.own(f"{code}_low", f"{meaning}, 95 % interval, lower"), codes.PERCENT, estimate.low)
    yield Figure(codes.own(f"{code}_high", f"{meaning}, 95 % interval, upper"), codes.PERCENT, estimate.high)


def _fates(result: Result) -> Iterator[Figure]:
    unit = codes.MILLIMETRE if result.unit == "mm" else codes.PIXEL
    for fate, length in result.fates.items():
        yield Figure(codes.own(f"fate_{fate}", codes.FATE_MEANINGS[fate]), unit, length)


def _pigment(result: Result) -> Iterator[Figure]:
    pigment = result.pigment
    if pigment is None:
        return
    for code, meaning, area in (
        ("pigment_before", "Area of brown pigment before", pigment.before_mm2),
        ("pigment_after", "Area of brown pigment after", pigment.after_mm2),
        ("pigment_gained", "Area of brown pigment gained", pigment.gained_mm2),
        ("pigment_faded", "Area of brown pigment faded", pigment.faded_mm2),
    ):
        if area is not None:
            yield Figure(codes.own(code, meaning), codes.SQUARE_MILLIMETRE, area)
    if pigment.stained_percent is not None:
        yield Figure(codes.own("stained_share", "Stained share of vein length before"), codes.PERCENT, pigment.stained_percent)


def _frame(result: Result) -> Iterator[Figure]:
    """Days, scale and how well the photos lie over each other."""
    laid, scale, skin = result.registration, result.scale, result.skin
    found: list[tuple[str, str, Code, float | None]] = [
        ("days", "Days between the photos", codes.DAY, result.timing.days),
        ("scale", "Scale of the photo before", codes.MILLIMETRE_A_PIXEL, scale.mm_per_px),
        ("after_over_before", "Size of the leg after over before", codes.RATIO, scale.after_over_before),
    ]
    if laid is not None:
        found += [
            ("registration_95", "Registration error, 95th percentile", codes.MILLIMETRE, laid.error_mm_p95),
            ("registration_95_px", "Registration error, 95th percentile", codes.PIXEL, laid.error_px_p95),
            ("shared_field", "Area of skin that both photos show", codes.SQUARE_MILLIMETRE, laid.shared_field_mm2),
            ("shared_field_px", "Area of skin that both photos show", codes.SQUARE_PIXEL, laid.shared_field_px),
        ]
    if skin is not None:
        found.append(("ita_before", "Individual typology angle of skin before", codes.DEGREE, skin.ita_before))
        found.append(("ita_after", "Individual typology angle of skin after", codes.DEGREE, skin.ita_after))
    for code, meaning, unit, value in found:
        if value is not None:
            yield Figure(codes.own(code, meaning), unit, float(value))
