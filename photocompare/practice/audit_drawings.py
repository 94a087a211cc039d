"""The audit's pictures for print.  Colours are Okabe and Ito's, which colour-blind people tell apart; shapes differ too."""

from __future__ import annotations

import io
import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from photocompare.practice.figures import AuditFigures, Outcomes
from photocompare.practice.funnel import Funnel
from photocompare.practice.photo_quality import QUALITIES, PhotoQuality
from photocompare.practice.run_chart import RunChart
from photocompare.report.words.texts import Texts

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure as Canvas

BLUE, ORANGE, GREEN, RED, GREY = "#0072B2", "#E69F00", "#009E73", "#D55E00", "#666666"
QUALITY_COLOURS = {"good": BLUE, "limited": ORANGE, "refused": GREY}
MM_PER_INCH = 25.4
_DOTS_PER_INCH = 220
_MOST_NAMES = 12
"""Months named on an axis before they run into each other."""

_STYLE: dict[Any, Any] = {
    "font.family": "DejaVu Sans",
    "font.size": 7.5,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "grid.color": "#dddddd",
    "grid.linewidth": 0.5,
    "axes.axisbelow": True,
    "legend.frameon": False,
    "lines.linewidth": 1.2,
}


def _drawn(width_mm: float, height_mm: float, paint: Callable[[Axes], None]) -> bytes:
    """PNG of what `paint` puts on axes; pixels only, equal plots give equal bytes."""
    import matplotlib
    from matplotlib.figure import Figure as NewCanvas

    with matplotlib.rc_context(_STYLE):
        canvas: Canvas = NewCanvas(figsize=(width_mm / MM_PER_INCH, height_mm / MM_PER_INCH), layout="constrained")
        paint(canvas.subplots())
        buffer = io.BytesIO()
        canvas.savefig(buffer, format="png", dpi=_DOTS_PER_INCH, metadata={"Software": None})
    return buffer.getvalue()


def draw_distribution(outcomes: Outcomes, figures: AuditFigures, t: Texts, width_mm: float, height_mm: float) -> bytes:
    """Bars of the measured clearances, the line of the true ones, the band and the responder rule."""
    band = figures.options.band

    def paint(axes: Axes) -> None:
        low, high, pairs = (np.array(column, np.float64) for column in zip(*outcomes.distribution.bins, strict=True))
        axes.axvspan(band.low_percent, band.high_percent, color=GREEN, alpha=0.16, lw=0, label=t("audit_chart.band"))
        axes.bar(
            low, pairs, width=high - low, align="edge", color=BLUE, alpha=0.75, edgecolor="white", lw=0.4, label=t("audit_chart.measured")
        )
        if outcomes.truth.grid:
            grid, density = np.array(outcomes.truth.grid), np.array(outcomes.truth.density)
            scale = outcomes.truth.pairs * (high[0] - low[0]) / (grid[1] - grid[0])
            axes.plot(grid, density * scale, color=RED, label=t("audit_chart.truth"))
        axes.axvline(band.responder_percent, color="black", lw=0.9, ls="--", label=t("audit_chart.responder_rule"))
        axes.set(xlim=(0, 100), xlabel=t("audit_chart.clearance"), ylabel=t("audit_chart.pairs"))
        axes.locator_params(axis="y", integer=True)
        axes.legend(loc="upper left")

    return _drawn(width_mm, height_mm, paint)


def draw_funnel(funnel: Funnel, t: Texts, width_mm: float, height_mm: float) -> bytes:
    """Each unit's rate over its pairs, between the limits; units beyond them are named."""

    def paint(axes: Axes) -> None:
        n, *limits = (np.array(column) for column in zip(*funnel.curve, strict=True))
        for values, style, name in (
            (limits[1], "-", "limit_95"), (limits[2], "-", ""), (limits[0], "--", "limit_998"), (limits[3], "--", ""),
        ):  # fmt: skip
            axes.plot(n, values, color=GREY, ls=style, lw=0.9, label=t(f"audit_chart.{name}") if name else None)
        axes.axhline(funnel.target, color="black", lw=0.8, label=t("audit_chart.target"))
        for unit in funnel.units:
            out = unit.place != "within"
            far = unit.place.endswith("998")
            axes.plot(
                unit.pairs,
                unit.rate,
                marker="D" if far else "o",
                color=RED if far else ORANGE if out else BLUE,
                ms=4.5 if far else 3.5,
                ls="none",
            )
            if out:
                axes.annotate(_short(unit.name), (unit.pairs, unit.rate), xytext=(4, 3), textcoords="offset points", fontsize=6.5)
        axes.set(ylim=(0, 100), xlabel=t("audit_chart.pairs"), ylabel=t("audit_chart.responders"))
        axes.legend(loc="lower right", fontsize=6.5)

    return _drawn(width_mm, height_mm, paint)


def _short(name: str, most: int = 24) -> str:
    """A name that fits beside its point; "$" would start mathematical type."""
    return (name if len(name) <= most else f"{name[: most - 1]}…").replace("$", r"\$")


def draw_run_chart(chart: RunChart, t: Texts, width_mm: float, height_mm: float) -> bytes:
    """Points in time order about their median; hidden ones leave a gap."""

    def paint(axes: Axes) -> None:
        values = np.array([point.value for point in chart.points])
        at = np.arange(len(values))
        axes.plot(at, values, color=BLUE, marker="o", ms=3.2)
        if math.isfinite(chart.signals.median):
            axes.axhline(chart.signals.median, color="black", lw=0.8, label=t("audit_chart.median"))
            axes.legend(loc="lower right", fontsize=6.5)
        step = max(1, math.ceil(len(at) / _MOST_NAMES))
        axes.set_xticks(at[::step], [point.period for point in chart.points][::step])
        axes.set(xlabel=t("audit_chart.month"), ylabel=t("audit_chart.mean_clearance"))

    return _drawn(width_mm, height_mm, paint)


def draw_quality(quality: PhotoQuality, t: Texts, width_mm: float, height_mm: float) -> bytes:
    """Stacked shares by quarter."""

    def paint(axes: Axes) -> None:
        at = np.arange(len(quality.periods))
        bottom = np.zeros(len(at))
        for name in QUALITIES:
            share = np.array([period.shares[name] for period in quality.periods])
            axes.bar(
                at,
                share,
                bottom=bottom,
                width=0.8,
                color=QUALITY_COLOURS[name],
                edgecolor="white",
                lw=0.4,
                label=t(f"audit_quality.{name}"),
            )
            bottom = bottom + np.nan_to_num(share)
        step = max(1, math.ceil(len(at) / _MOST_NAMES))
        axes.set_xticks(at[::step], [period.period for period in quality.periods][::step])
        axes.set(ylim=(0, 100), ylabel=t("audit_chart.share"))
        axes.legend(
            loc="lower left", fontsize=6.5, ncols=len(QUALITIES), facecolor="white", framealpha=0.85, frameon=True, edgecolor="none"
        )

    return _drawn(width_mm, height_mm, paint)
