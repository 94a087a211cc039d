"""The audit's charts as pictures for print."""

from __future__ import annotations

import io
import math
import unicodedata
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from photocompare.practice.charts import GREY, UNIT_MARKS, DistributionPlot, FunnelPlot, QualityPlot, RunPlot
from photocompare.report.pdf.letters import other_typefaces, printable

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure as Canvas

MM_PER_INCH = 25.4
_DOTS_PER_INCH = 220
_MOST_NAMES = 12
"""Months named on an axis before they run into each other."""

_LONGEST_NAME = 24
"""Letters of a unit's name that fit beside its point."""

_MARKERS = {"circle": ("o", 3.5), "square": ("o", 3.5), "diamond": ("D", 4.5), "triangle-up": ("^", 3.5)}
"""Of a shape: matplotlib's marker, and its size in points.  Units beyond a limit are named in print, and one beyond 95 % needs no shape of
its own there."""

_SMALL = 6.5
"""Points."""

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


def draw_distribution(plot: DistributionPlot, width_mm: float, height_mm: float) -> bytes:
    """A `DistributionPlot` as PNG."""

    def paint(axes: Axes) -> None:
        low, high, pairs = (np.array(column, np.float64) for column in zip(*plot.measured.points, strict=True))
        ((start, end),), ((rule,),) = plot.band.points, plot.rule.points
        axes.axvspan(start, end, color=plot.band.colour, alpha=0.16, lw=0, label=plot.band.name)
        width, measured = high - low, plot.measured
        axes.bar(low, pairs, width, align="edge", color=measured.colour, alpha=0.75, edgecolor="white", lw=0.4, label=measured.name)
        if plot.truth.points:
            axes.plot(*zip(*plot.truth.points, strict=True), color=plot.truth.colour, label=plot.truth.name)
        axes.axvline(rule, color="black", lw=0.9, ls="--", label=plot.rule.name)
        axes.set(xlim=(plot.x.least, 100), xlabel=plot.x.title, ylabel=plot.y.title)
        axes.locator_params(axis="y", integer=True)
        axes.legend(loc="upper left")

    return _drawn(width_mm, height_mm, paint)


def draw_funnel(plot: FunnelPlot, width_mm: float, height_mm: float) -> bytes:
    """A `FunnelPlot` as PNG; units beyond a limit are named."""

    def paint(axes: Axes) -> None:
        named: set[str] = set()
        for limit in plot.limits:
            label = None if limit.name in named else limit.name
            axes.plot(*zip(*limit.points, strict=True), color=GREY, ls="--" if limit.dashed else "-", lw=0.9, label=label)
            named.add(limit.name)
        ((target,),) = plot.target.points
        axes.axhline(target, color="black", lw=0.8, label=plot.target.name)
        for unit in plot.units:
            colour, shape = UNIT_MARKS[unit.place]
            marker, size = _MARKERS[shape]
            axes.plot(unit.pairs, unit.rate, marker=marker, color=colour, ms=size, ls="none")
            if unit.place not in ("within", "few"):
                name, families = _written(unit.name)
                axes.annotate(
                    name, (unit.pairs, unit.rate), xytext=(4, 3), textcoords="offset points", fontsize=_SMALL, fontfamily=families
                )
        axes.set(ylim=(0, 100), xlabel=plot.x.title, ylabel=plot.y.title)
        axes.legend(loc="lower right", fontsize=_SMALL)

    return _drawn(width_mm, height_mm, paint)


def _short(name: str) -> str:
    """A name that fits beside its point; "$" would start mathematical type."""
    return (name if len(name) <= _LONGEST_NAME else f"{name[: _LONGEST_NAME - 1]}…").replace("$", r"\$")


def _written(name: str) -> tuple[str, list[str]]:
    """A unit's name as it can be printed, and the typefaces for it; matplotlib shapes it and turns what runs to the left."""
    from matplotlib.font_manager import fontManager

    name = unicodedata.normalize("NFC", name)
    others = other_typefaces(name)
    families = ["DejaVu Sans"]
    for face in dict.fromkeys(others.values()):
        if not any(entry.fname == face.file for entry in fontManager.ttflist):
            fontManager.addfont(face.file)
        families += [entry.name for entry in fontManager.ttflist if (entry.fname, entry.index) == (face.file, face.number)][:1]
    return _short(printable(name, others)), families


def draw_run_chart(plot: RunPlot, width_mm: float, height_mm: float) -> bytes:
    """A `RunPlot` as PNG."""

    def paint(axes: Axes) -> None:
        axes.plot([value for value, _ in plot.values.points], color=plot.values.colour, marker="o", ms=3.2)
        for (median,) in plot.median.points:
            axes.axhline(median, color="black", lw=0.8, label=plot.median.name)
            axes.legend(loc="lower right", fontsize=_SMALL)
        _name_periods(axes, plot.periods)
        axes.set(xlabel=plot.x.title, ylabel=plot.y.title)

    return _drawn(width_mm, height_mm, paint)


def draw_quality(plot: QualityPlot, width_mm: float, height_mm: float) -> bytes:
    """A `QualityPlot` as PNG; the quarters' names say what they are without a title."""

    def paint(axes: Axes) -> None:
        at = np.arange(len(plot.periods))
        bottom = np.zeros(len(at))
        for part in plot.shares:
            share = np.array(part.points)[:, 0]
            axes.bar(at, share, bottom=bottom, width=0.8, color=part.colour, edgecolor="white", lw=0.4, label=part.name)
            bottom = bottom + np.nan_to_num(share)
        _name_periods(axes, plot.periods)
        axes.set(ylim=(0, 100), ylabel=plot.y.title)
        ground = {"frameon": True, "facecolor": "white", "framealpha": 0.85, "edgecolor": "none"}
        axes.legend(loc="lower left", fontsize=_SMALL, ncols=len(plot.shares), **ground)

    return _drawn(width_mm, height_mm, paint)


def _name_periods(axes: Axes, periods: tuple[str, ...]) -> None:
    step = max(1, math.ceil(len(periods) / _MOST_NAMES))
    axes.set_xticks(range(0, len(periods), step), periods[::step])
