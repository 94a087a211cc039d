"""From rows to tables: what a study found, every figure computed from the rows."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from photocompare.base.colour import ITA_GROUPS
from photocompare.validation.measures import (
    Figure,
    limits_of_agreement,
    linearity,
    mean,
    proportion,
    quantile,
    rate_at_most,
    repeatability_coefficient,
    too_few,
)
from photocompare.validation.rows import FAULT, Row

POINTS = "points"
"""Percentage points."""

HEADLINES = {"length": "Clearance of length", "area": "Clearance of area", "contrast": "Clearance of contrast", "net_change": "Net change"}
CALIBRE_NAMES = {"telangiectasia": "telangiectasia", "reticular": "reticular veins"}

TONES = (
    ("light, melanosome fraction below 0.035", 0.0, 0.035),
    ("medium, 0.035 to 0.1", 0.035, 0.1),
    ("dark, 0.1 and above", 0.1, math.inf),
)
"""Tones by the rendered skin's melanosome fraction (Jacques 1998: light 0.013-0.06, medium 0.11-0.16, dark 0.18-0.43), cut so that each
holds about a third of the pairs."""

BANDS: Mapping[str, tuple[str, str, tuple[float, ...]]] = {
    "view_angle_deg": ("Pose: angle between the views", "degrees", (5.0, 10.0)),
    "roll_deg": ("Pose: turned in the picture", "degrees", (3.0,)),
    "distance_percent": ("Pose: change of distance", "%", (7.0,)),
    "light_angle_deg": ("Light: change of direction", "degrees", (30.0, 60.0)),
    "exposure_stops": ("Light: change of exposure", "stops", (0.5,)),
    "white_balance_percent": ("Light: change of white balance", "%", (10.0, 20.0)),
}
"""Conditions, their title, unit and the bounds between bands: round numbers near the thirds (or upper third) of what is drawn."""

TRUE_CLEARANCE_BANDS = (0.0, 20.0, 40.0, 60.0, 80.0, 100.0)
"""Fifths of the scale; exactly 0 is a band of its own, as the null pairs all lie there."""

WITHIN_FACTOR = 3.0
"""A claimed registration error beyond this many times the true one is no information."""


@dataclass(frozen=True)
class Line:
    """One line of a table: a label and the figures under the columns' keys; `heading` opens a block of lines."""

    label: str
    figures: Mapping[str, Figure]
    heading: str = ""


@dataclass(frozen=True)
class Table:
    """One table: `columns` maps keys to headings."""

    key: str
    title: str
    note: str
    columns: Mapping[str, str]
    lines: tuple[Line, ...]

    def figure(self, label: str, column: str) -> Figure:
        """The figure of a line and column."""
        return next(line.figures[column] for line in self.lines if line.label == label)


@dataclass(frozen=True)
class Findings:
    """What a study found.

    Parameters
    ----------
    tables : mapping
        By key, in reading order.
    good_refused, faults, bad_accepted : tuple of Row
        Pairs to look at.
    """

    tables: Mapping[str, Table]
    good_refused: tuple[Row, ...]
    faults: tuple[Row, ...]
    bad_accepted: tuple[Row, ...]


def find(rows: Sequence[Row]) -> Findings:
    """All tables of a study's rows."""
    measured = good_measured(rows)
    tables = (
        accuracy_table(measured),
        linearity_table(measured),
        bias_table(measured),
        null_table(measured),
        group_table(measured),
        registration_table(measured),
        map_table(measured),
        refusal_table(rows),
        measured_table(rows),
    )
    return Findings(
        {table.key: table for table in tables},
        tuple(r for r in rows if r.expect == "measure" and not r.measured and r.status != FAULT),
        tuple(r for r in rows if r.status == FAULT),
        tuple(r for r in rows if r.expect == "refuse" and r.measured),
    )


def good_measured(rows: Iterable[Row]) -> list[Row]:
    """Pairs that should be measured and were."""
    return [r for r in rows if r.expect == "measure" and r.measured]


def errors(rows: Iterable[Row], number: str) -> list[float]:
    """Estimate minus truth, points, of the pairs that have both."""
    return [r.numbers[number].error for r in rows if number in r.numbers and r.numbers[number].ok]


_ERROR_COLUMNS = {
    "abs_median": "Absolute error, median",
    "abs_p90": "90th percentile",
    "bias": "Bias",
    "covered": "95 % intervals that hold the truth",
    "width": "Interval width, median",
}


def _error_figures(rows: Sequence[Row], number: str) -> dict[str, Figure]:
    off = errors(rows, number)
    told = [r.numbers[number] for r in rows if number in r.numbers and r.numbers[number].ok]
    return {
        "abs_median": quantile(np.abs(off), 0.5, POINTS),
        "abs_p90": quantile(np.abs(off), 0.9, POINTS),
        "bias": mean(off, POINTS),
        "covered": proportion(sum(c.covered for c in told), len(told)),
        "width": quantile([c.high - c.low for c in told], 0.5, POINTS),
    }


def accuracy_table(measured: Sequence[Row]) -> Table:
    """Error, coverage and limits of agreement of each percentage."""
    lines = []
    for number, name in HEADLINES.items():
        agreement = limits_of_agreement(errors(measured, number), POINTS)
        lines.append(Line(name, _error_figures(measured, number) | {"lower": agreement.lower, "upper": agreement.upper}))
    columns = _ERROR_COLUMNS | {"lower": "Lower limit of agreement", "upper": "Upper limit of agreement"}
    note = "Errors are estimate minus truth, in percentage points. Limits of agreement: 95 % of errors lie between them (Bland and Altman)."
    return Table("accuracy", "Error, intervals and limits of agreement", note, columns, tuple(lines))


def linearity_table(measured: Sequence[Row]) -> Table:
    """Straight line of estimate on truth."""
    lines = []
    for number, name in HEADLINES.items():
        both = [r.numbers[number] for r in measured if number in r.numbers and r.numbers[number].ok]
        fit = linearity([c.true for c in both], [c.value for c in both], POINTS)
        figures = {"slope": fit.slope, "intercept": fit.intercept, "quadratic": fit.quadratic, "r_squared": fit.r_squared}
        lines.append(Line(name, figures))
    columns = {"slope": "Slope", "intercept": "Intercept", "quadratic": "Squared term, per 100 points", "r_squared": "R squared"}
    note = "Ideal: slope 1, intercept 0, a squared term whose interval holds 0."
    return Table("linearity", "Linearity", note, columns, tuple(lines))


def true_bands(measured: Sequence[Row]) -> list[tuple[str, list[Row]]]:
    """Pairs by their true clearance of length: exactly 0, then each fifth of the scale."""
    with_truth = [r for r in measured if "length" in r.numbers and r.numbers["length"].ok]
    bands = [("exactly 0", [r for r in with_truth if r.numbers["length"].true == 0.0])]
    for low, high in itertools.pairwise(TRUE_CLEARANCE_BANDS):
        bands.append((f"above {low:g} to {high:g}", [r for r in with_truth if low < r.numbers["length"].true <= high]))
    return bands


def bias_table(measured: Sequence[Row]) -> Table:
    """Bias along the scale."""
    lines = tuple(Line(label, _error_figures(rows, "length")) for label, rows in true_bands(measured))
    note = "Clearance of length by its true value in percent."
    return Table("bias", "Bias from 0 to 100 % clearance", note, _ERROR_COLUMNS, lines)


def null_rows(measured: Iterable[Row]) -> list[Row]:
    """Pairs in which nothing changed but the photograph."""
    return [r for r in measured if r.kind == "null"]


def null_table(measured: Sequence[Row]) -> Table:
    """Repeatability on unchanged legs."""
    lines = []
    for number, name in HEADLINES.items():
        off = errors(null_rows(measured), number)
        rc, p90 = repeatability_coefficient(off, POINTS), quantile(np.abs(off), 0.9, POINTS)
        lines.append(Line(name, {"rc": rc, "abs_p90": p90, "bias": mean(off, POINTS)}))
    columns = {"rc": "Repeatability coefficient", "abs_p90": "Absolute change, 90th percentile", "bias": "Mean change"}
    note = (
        "Pairs of an untreated leg on two days, with another view, light and camera. Two measurements of the same leg differ by no more"
        " than the repeatability coefficient (2.77 within-subject standard deviations) in 95 % of cases. Clearance of length can't fall"
        " below 0."
    )
    return Table("null", "Repeatability: pairs in which nothing was treated", note, columns, tuple(lines))


Group = tuple[str, str, Callable[[Row], bool]]


def _bands(condition: str) -> list[Group]:
    title, unit, bounds = BANDS[condition]
    edges = (-math.inf, *bounds, math.inf)

    def within(low: float, high: float) -> Callable[[Row], bool]:
        return lambda row: low <= row.conditions.get(condition, math.nan) < high

    def label(low: float, high: float) -> str:
        if math.isinf(low):
            return f"below {high:g} {unit}"
        return f"{low:g} {unit} and more" if math.isinf(high) else f"{low:g} to {high:g} {unit}"

    return [(title, label(low, high), within(low, high)) for low, high in itertools.pairwise(edges)]


def _with_tone(low: float, high: float) -> Callable[[Row], bool]:
    return lambda row: low <= row.conditions.get("melanin", math.nan) < high


def _in_group(name: str) -> Callable[[Row], bool]:
    return lambda row: row.skin_group == name


def _where(condition: str, *, above: bool) -> Callable[[Row], bool]:
    return lambda row: (row.conditions.get(condition, 0.0) > 0) == above


def groups() -> list[Group]:
    """By what results are told apart: title, label, and who belongs to it."""
    found: list[Group] = [("Skin tone, rendered", label, _with_tone(low, high)) for label, low, high in TONES]
    found += [("Skin tone, measured (ITA group)", name, _in_group(name)) for _, name in ITA_GROUPS]
    for condition in BANDS:
        found += _bands(condition)
    found += [("Brown stains after treatment", label, _where("stain", above=above)) for label, above in (("none", False), ("some", True))]
    found += [("Scale", label, _where("scale_given", above=above)) for label, above in (("given", True), ("not given", False))]
    found += [
        ("Ranges of pose, light and camera", "standard", lambda row: row.ranges == "standard"),
        ("Ranges of pose, light and camera", "hard", lambda row: row.ranges == "hard"),
    ]
    return found


def group_table(measured: Sequence[Row]) -> Table:
    """Clearance of length by calibre and by condition."""
    lines = [Line("all", _error_figures(measured, "length"), "All")]
    lines += [Line(name, _error_figures(measured, calibre), "Calibre") for calibre, name in CALIBRE_NAMES.items()]
    lines += [Line(label, _error_figures([r for r in measured if belongs(r)], "length"), title) for title, label, belongs in groups()]
    note = (
        "Clearance of length. Calibres can be told apart only where there is a scale: half of the pairs are measured with a given one,"
        " the others with what the tool assumes, if it does."
    )
    return Table("groups", "By skin tone, calibre, pose and light", note, _ERROR_COLUMNS, tuple(lines))


def _figures(rows: Iterable[Row], name: str) -> list[float]:
    return [r.figures[name] for r in rows if math.isfinite(r.figures.get(name, math.nan))]


TRUE_MEDIAN = "True error within a pair, median"
TRUE_P95 = "True error within a pair, 95th percentile"
CLAIM_HOLDS = "Pairs whose claimed 95th percentile is not below the true one"
CLAIM_NEAR = f"Pairs whose claimed 95th percentile is within a factor of {WITHIN_FACTOR:g} of the true one"
ALL_GOOD = "all good pairs"
WRONG_PAIRINGS = "Wrong pairings: photos of two legs"
ALL_BAD = "Pairs rendered to be refused"


def registration_table(measured: Sequence[Row]) -> Table:
    """True error of the overlay, and whether the claimed one holds."""
    both = [
        (r.figures["tre_claimed_p95_mm"], r.figures["tre_p95_mm"])
        for r in measured
        if math.isfinite(r.figures.get("tre_claimed_p95_mm", math.nan)) and r.figures.get("tre_p95_mm", 0.0) > 0
    ]
    ratio = [claimed / true for claimed, true in both]
    worst = _figures(measured, "tre_p95_mm")
    n = len(worst)
    lines = {
        TRUE_MEDIAN: quantile(_figures(measured, "tre_median_mm"), 0.5, "mm"),
        TRUE_P95: quantile(worst, 0.5, "mm"),
        "The same, worst pair": Figure(max(worst), math.nan, math.nan, n, "mm", "largest") if n else too_few(n, "mm", "largest"),
        "Claimed 95th percentile": quantile(_figures(measured, "tre_claimed_p95_mm"), 0.5, "mm"),
        CLAIM_HOLDS: proportion(sum(r >= 1 for r in ratio), len(ratio)),
        "Claimed over true 95th percentile": quantile(ratio, 0.5, "ratio"),
        CLAIM_NEAR: proportion(sum(1 / WITHIN_FACTOR <= r <= WITHIN_FACTOR for r in ratio), len(ratio)),
    }
    note = "Distance between where the tool sends points of the skin and where they are; medians over pairs unless told otherwise."
    return Table("registration", "Registration: claimed against true", note, {"value": "Value"}, _one_column(lines))


def _one_column(lines: Mapping[str, Figure]) -> tuple[Line, ...]:
    return tuple(Line(label, {"value": figure}) for label, figure in lines.items())


_MAPS = (
    ("fate_l1", "Wrong share of vein length by fate", "%"),
    ("vein_before_precision", "Veins before, precision", "share"),
    ("vein_before_recall", "Veins before, recall", "share"),
    ("vein_after_precision", "Veins after, precision", "share"),
    ("vein_after_recall", "Veins after, recall", "share"),
    ("stain_after_precision", "Stains after, precision", "share"),
    ("stain_after_recall", "Stains after, recall", "share"),
    ("stain_before_false_mm2", "Stain marked before, where there is none", "mm2"),
    ("stain_after_false_mm2", "Stain marked after, where there is none", "mm2"),
    ("skin_delta_e", "Colour difference of untouched skin that is left (CIE76)", "units"),
    ("field_share", "Shared field over the truly shared skin", "share"),
)


def map_table(measured: Sequence[Row]) -> Table:
    """Fates, masks and what is left of the light."""
    lines = tuple(
        Line(label, {"median": quantile(_figures(measured, key), 0.5, unit), "p90": quantile(_figures(measured, key), 0.9, unit)})
        for key, label, unit in _MAPS
    )
    note = "Veins are forgiven 3 px, stains 8 px. Medians and 90th percentiles over pairs."
    return Table("maps", "Fates, veins, stains and light", note, {"median": "Median", "p90": "90th percentile"}, lines)


def refusal_table(rows: Sequence[Row]) -> Table:
    """Bad pairs that got a number."""
    manners = sorted({(r.kind, r.why) for r in rows if r.expect == "refuse" and r.role == "pair"})
    groups_of: list[tuple[str, list[Row]]] = [
        (WRONG_PAIRINGS, [r for r in rows if r.role == "pairing"]),
        (ALL_BAD, [r for r in rows if r.role == "pair" and r.expect == "refuse"]),
    ]
    groups_of += [(f"{kind}: {why}", [r for r in rows if r.role == "pair" and (r.kind, r.why) == (kind, why)]) for kind, why in manners]
    lines = tuple(Line(label, {"accepted": rate_at_most(sum(r.measured for r in of), len(of))}) for label, of in groups_of)
    note = "Share of bad pairs that were given a number, with the one-sided 95 % upper bound; 0 of n is at most about 3 of n."
    return Table("false_acceptance", "False acceptance", note, {"accepted": "Accepted"}, lines)


def measured_table(rows: Sequence[Row]) -> Table:
    """Good pairs that got a number."""
    good = [r for r in rows if r.expect == "measure"]
    blocks: list[Group] = [("", ALL_GOOD, lambda _: True)]
    blocks += [("Kind", kind, _of_kind(kind)) for kind in sorted({r.kind for r in good})]
    blocks += [g for g in groups() if not g[0].startswith("Skin tone, measured")]  # a refused pair has no measured tone
    lines = []
    for title, label, belongs in blocks:
        of = [r for r in good if belongs(r)]
        lines.append(Line(label, {"measured": proportion(sum(r.measured for r in of), len(of))}, title))
    note = "Share of good pairs that were given a number."
    return Table("measured", "Good pairs measured", note, {"measured": "Measured"}, tuple(lines))


def _of_kind(kind: str) -> Callable[[Row], bool]:
    return lambda row: row.kind == kind
