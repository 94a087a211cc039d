"""The plots of a validation report, as SVG with words for those who can't see them.

Colours are Okabe and Ito's, which colour-blind people tell apart; shapes differ too.
"""

from __future__ import annotations

import io
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from photocompare.validation.findings import (
    CLAIM_HOLDS,
    HEADLINES,
    WITHIN_FACTOR,
    Findings,
    Line,
    errors,
    good_measured,
    null_rows,
    true_bands,
)
from photocompare.validation.measures import CONFIDENCE, Figure, limits_of_agreement, mean
from photocompare.validation.rows import Compared, Row
from photocompare.validation.wording import told

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure as Canvas

BLUE, ORANGE, GREEN, RED, GREY = "#0072B2", "#E69F00", "#009E73", "#D55E00", "#666666"

_STYLE: dict[Any, Any] = {
    "font.size": 10.0,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "grid.color": "#dddddd",
    "grid.linewidth": 0.6,
    "axes.axisbelow": True,
    "svg.hashsalt": "photocompare",  # equal plots give equal bytes
    "svg.fonttype": "path",
}


@dataclass(frozen=True)
class Plot:
    """One picture: a name for files, a caption, what it shows in words, and its SVG."""

    name: str
    caption: str
    alt: str
    svg: bytes


def draw_plots(rows: Sequence[Row], findings: Findings) -> list[Plot]:
    """Every plot that the rows allow; without any measured pair there is none."""
    measured = [r for r in good_measured(rows) if "length" in r.numbers and r.numbers["length"].ok]
    if not measured:
        return []
    drawn: list[Plot | None] = [_agreement(measured, findings), _bland_altman(measured), _along_the_scale(measured), _by_group(findings)]
    if null_rows(measured):
        drawn.append(_null(measured, findings))
    drawn.append(_registration(measured, findings))
    return [plot for plot in drawn if plot is not None]


def _drawn(width: float, height: float, paint: Callable[[Canvas], None]) -> bytes:
    """SVG of what `paint` puts on a canvas of inches."""
    import matplotlib
    from matplotlib.figure import Figure as NewCanvas

    with matplotlib.rc_context(_STYLE):
        canvas = NewCanvas(figsize=(width, height), layout="constrained")
        paint(canvas)
        buffer = io.BytesIO()
        canvas.savefig(buffer, format="svg", metadata={"Date": None, "Creator": None})
    return buffer.getvalue()


def _split_by_coverage(numbers: Sequence[Compared]) -> list[tuple[list[Compared], str, str, str]]:
    """Numbers whose interval holds the truth and those whose does not, with colour, marker and name."""
    held, missed = [c for c in numbers if c.covered], [c for c in numbers if not c.covered]
    return [(held, BLUE, "o", f"interval holds the truth ({len(held)})"), (missed, RED, "X", f"interval misses it ({len(missed)})")]


def _agreement(measured: Sequence[Row], findings: Findings) -> Plot:
    numbers = [r.numbers["length"] for r in measured]
    line = {key: findings.tables["linearity"].figure(HEADLINES["length"], key) for key in ("slope", "intercept")}

    def paint(canvas: Canvas) -> None:
        axes = canvas.add_subplot()
        axes.plot([0, 100], [0, 100], color=GREY, linewidth=1, label="equal")
        for some, colour, marker, name in _split_by_coverage(numbers):
            true, value = [c.true for c in some], [c.value for c in some]
            reach = [[c.value - c.low for c in some], [c.high - c.value for c in some]]
            axes.errorbar(true, value, yerr=reach, fmt=marker, color=colour, markersize=4, elinewidth=0.7, alpha=0.8, label=name)
        if line["slope"].ok:
            ends = np.array([0.0, 100.0])
            axes.plot(ends, line["intercept"].value + line["slope"].value * ends, "--", color=ORANGE, label="straight line through all")
        axes.set(xlabel="True clearance of length, %", ylabel="Measured clearance of length, %", xlim=(-4, 104), ylim=(-4, 104))
        axes.set_aspect("equal")
        axes.legend(loc="upper left", fontsize=8)

    covered = sum(c.covered for c in numbers)
    alt = (
        f"Scatter plot of measured against true clearance of length for {len(numbers)} pairs with 95 % intervals, {covered} of which hold"
        f" the truth. Slope {told(line['slope'])}, intercept {told(line['intercept'])}."
    )
    return Plot("agreement", "Measured against true clearance of length, with 95 % intervals", alt, _drawn(5.6, 5.4, paint))


def _bland_altman(measured: Sequence[Row]) -> Plot:
    """Against the truth rather than the mean of both, as the truth is a reference without error (Krouwer, Stat Med 2008;27:778)."""
    panels = [(name, [r.numbers[n] for r in measured if n in r.numbers and r.numbers[n].ok]) for n, name in HEADLINES.items()]

    def paint(canvas: Canvas) -> None:
        for axes, (name, numbers) in zip(canvas.subplots(2, 2).flat, panels, strict=True):
            _bland_altman_panel(axes, numbers)
            axes.set_title(name, fontsize=10)
            axes.set(xlabel="True, %", ylabel="Measured minus true, points")

    words = []
    for name, numbers in panels:
        agreement = limits_of_agreement([c.error for c in numbers], "points")
        words.append(f"{name}: bias {told(agreement.bias)}, limits {told(agreement.lower)} and {told(agreement.upper)}")
    alt = "Four Bland-Altman plots, error against truth. " + "; ".join(words) + "."
    return Plot("bland_altman", "Bland-Altman plots: bias and 95 % limits of agreement with their intervals", alt, _drawn(9.0, 7.2, paint))


def _bland_altman_panel(axes: Axes, numbers: Sequence[Compared]) -> None:
    agreement = limits_of_agreement([c.error for c in numbers], "points")
    axes.scatter([c.true for c in numbers], [c.error for c in numbers], s=14, color=BLUE, alpha=0.7)
    axes.axhline(0, color=GREY, linewidth=0.8)
    for figure, colour, style in ((agreement.bias, GREEN, "-"), (agreement.lower, ORANGE, "--"), (agreement.upper, ORANGE, "--")):
        if figure.ok:
            axes.axhline(figure.value, color=colour, linestyle=style, linewidth=1.3)
        if figure.has_interval:
            axes.axhspan(figure.low, figure.high, color=colour, alpha=0.13, linewidth=0)


def _along_the_scale(measured: Sequence[Row]) -> Plot:
    bands = [(label, errors(rows, "length")) for label, rows in true_bands(measured)]

    def paint(canvas: Canvas) -> None:
        axes = canvas.add_subplot()
        rng = np.random.default_rng(0)  # only spreads points sideways
        for place, (_, off) in enumerate(bands):
            axes.scatter(place + rng.uniform(-0.22, 0.22, len(off)), off, s=10, color=BLUE, alpha=0.5)
            _mark(axes, mean(off, "points"), place)
        axes.axhline(0, color=GREY, linewidth=0.8)
        axes.set_xticks(range(len(bands)), [f"{label}\n(n = {len(off)})" for label, off in bands])
        axes.set(xlabel="True clearance of length, %", ylabel="Measured minus true, points")

    alt = "Error by true clearance; mean errors: " + "; ".join(f"{label}: {told(mean(off, 'points'))}" for label, off in bands) + "."
    return Plot("bias", "Error along the scale; diamonds are means with their 95 % intervals", alt, _drawn(7.6, 3.9, paint))


def _mark(axes: Axes, figure: Figure, place: float) -> None:
    """A figure with its interval as an upright bar."""
    if figure.has_interval:
        axes.plot([place, place], [figure.low, figure.high], color=RED, linewidth=2)
    if figure.ok:
        axes.plot(place, figure.value, "D", color=RED, markersize=6)


def _by_group(findings: Findings) -> Plot:
    lines = [line for line in findings.tables["groups"].lines if line.figures["covered"].n > 0]
    labels = [
        f"{line.heading}: {line.label}  ({line.figures['covered'].n})" if line.heading != "All" else f"All  ({line.figures['covered'].n})"
        for line in lines
    ]
    columns = (
        ("abs_median", "Absolute error, median (points)", 1.0),
        ("bias", "Bias (points)", 1.0),
        ("covered", "Intervals that hold the truth (%)", 100.0),
    )

    def paint(canvas: Canvas) -> None:
        panels = canvas.subplots(1, len(columns), sharey=True)
        for axes, (column, title, factor) in zip(panels, columns, strict=True):
            _forest(axes, lines, column, factor)
            axes.set_title(title, fontsize=9.5)
        panels[1].axvline(0, color=GREY, linewidth=0.8)
        panels[2].axvline(100 * CONFIDENCE, color=GREY, linewidth=0.8)
        panels[0].set_xlim(left=0)
        panels[0].set_yticks(range(len(lines)), labels, fontsize=8.5)
        panels[0].set_ylim(len(lines) - 0.4, -0.6)  # the first line on top

    whole = findings.tables["groups"].lines[0].figures
    alt = (
        f"Error, bias and coverage of clearance of length in {len(lines)} groups. All: median error {told(whole['abs_median'])}, coverage"
        f" {told(whole['covered'])}; each group's figures stand in the table below."
    )
    caption = "Clearance of length by calibre, skin tone, pose and light; bars are 95 % intervals, the number of pairs in brackets"
    return Plot("groups", caption, alt, _drawn(10.5, 1.4 + 0.26 * len(lines), paint))


def _forest(axes: Axes, lines: Sequence[Line], column: str, factor: float) -> None:
    previous = ""
    for place, line in enumerate(lines):
        figure = line.figures[column]
        if figure.has_interval:
            axes.plot([factor * figure.low, factor * figure.high], [place, place], color=BLUE, linewidth=1.6)
        if figure.ok:
            axes.plot(factor * figure.value, place, "o", color=BLUE, markersize=4.5)
        if place and line.heading != previous:
            axes.axhline(place - 0.5, color="#bbbbbb", linewidth=0.6)
        previous = line.heading
    axes.grid(visible=False, axis="y")


def _null(measured: Sequence[Row], findings: Findings) -> Plot:
    null = null_rows(measured)
    table = findings.tables["null"]

    def paint(canvas: Canvas) -> None:
        axes = canvas.add_subplot()
        rng = np.random.default_rng(0)  # only spreads points sideways
        for place, (number, name) in enumerate(HEADLINES.items()):
            off = errors(null, number)
            axes.scatter(place + rng.uniform(-0.18, 0.18, len(off)), off, s=16, color=BLUE, alpha=0.7)
            rc = table.figure(name, "rc")
            if rc.ok:
                axes.plot([place - 0.32, place + 0.32], [rc.value] * 2, "--", color=ORANGE)
                axes.plot([place - 0.32, place + 0.32], [-rc.value] * 2, "--", color=ORANGE)
        axes.axhline(0, color=GREY, linewidth=0.8)
        axes.set_xticks(range(len(HEADLINES)), list(HEADLINES.values()))
        axes.set(ylabel="Measured change, points")

    words = "; ".join(f"{name}: {told(table.figure(name, 'rc'))}" for name in HEADLINES.values())
    alt = f"Measured change of {len(null)} pairs in which nothing was treated. Repeatability coefficients: {words}."
    return Plot("null", "Untreated legs: measured change, and the repeatability coefficient (dashed)", alt, _drawn(7.2, 3.8, paint))


def _registration(measured: Sequence[Row], findings: Findings) -> Plot | None:
    both = [(r.figures.get("tre_p95_mm", math.nan), r.figures.get("tre_claimed_p95_mm", math.nan)) for r in measured]
    both = [(true, claimed) for true, claimed in both if true > 0 and claimed > 0]
    if not both:
        return None
    from matplotlib.ticker import LogLocator, NullFormatter, StrMethodFormatter

    low, high = min(map(min, both)) / 1.3, max(map(max, both)) * 1.3

    def paint(canvas: Canvas) -> None:
        axes = canvas.add_subplot()
        ends = np.array([low, high])
        axes.plot(ends, ends, color=GREY, linewidth=1, label="equal")
        axes.plot(ends, WITHIN_FACTOR * ends, ":", color=GREY, linewidth=1, label=f"{WITHIN_FACTOR:g} times")
        for some, colour, marker, name in (
            ([b for b in both if b[1] >= b[0]], BLUE, "o", "claim holds"),
            ([b for b in both if b[1] < b[0]], RED, "X", "claim too small"),
        ):
            axes.scatter(
                [t for t, _ in some], [c for _, c in some], s=18, color=colour, marker=marker, alpha=0.8, label=f"{name} ({len(some)})"
            )
        axes.set(xscale="log", yscale="log", xlim=(low, high), ylim=(low, high))
        for axis in (axes.xaxis, axes.yaxis):
            axis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0)))
            axis.set_major_formatter(StrMethodFormatter("{x:g}"))
            axis.set_minor_formatter(NullFormatter())
        axes.set(xlabel="True 95th percentile of the error, mm", ylabel="Claimed 95th percentile, mm")
        axes.legend(loc="upper left", fontsize=8)

    held = findings.tables["registration"].figure(CLAIM_HOLDS, "value")
    alt = f"Claimed against true registration error of {len(both)} pairs, both axes logarithmic. The claim holds in {told(held)}."
    return Plot("registration", "Registration error: claimed against true", alt, _drawn(5.4, 4.6, paint))
