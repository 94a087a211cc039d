"""The audit's charts for the pages: Vega-Lite specifications that need no network.

Each function gives an Altair chart with the data inside it.  Names of people and places are data: Vega draws them as text, never as markup.
"""

from __future__ import annotations

import math
from typing import Any, TypeAlias

import altair as alt
import numpy as np
import pandas as pd

from photocompare.practice.audit_words import clearance, with_interval, word
from photocompare.practice.breakdown import Breakdown
from photocompare.practice.charts import BLUE, UNIT_MARKS, Axis, DistributionPlot, FunnelPlot, QualityPlot, RunPlot
from photocompare.practice.rating import PairAgreement
from photocompare.report.pictures.percent_axis import PercentAxis
from photocompare.report.words.texts import Texts

Chart: TypeAlias = alt.Chart | alt.LayerChart | alt.FacetChart

_HEIGHT = 320
_ROW_HEIGHT, _AXIS_HEIGHT = 26, 70
_LONGEST_LABEL = 320
"""Pixels; heights hold axes and legends."""


_BOTH_GROUNDS = "#808080"
"""Stands out on a light page and on a dark one; rules without a colour take the page's."""


_DASHES = {False: [1, 0], True: [5, 4]}
"""Pixels on and off of a solid and of a dashed line."""


def _percent(least: float = 0.0) -> alt.Scale:
    return alt.Scale(domain=[least, 100])


def _x(field: str, axis: Axis) -> alt.X:
    return alt.X(field, title=axis.title, scale=_percent(axis.least) if axis.percent else alt.Undefined)


def _y(field: str, axis: Axis) -> alt.Y:
    return alt.Y(field, title=axis.title, scale=_percent(axis.least) if axis.percent else alt.Undefined)


def _dash(field: str, names: dict[str, bool], *, symbol: int | None = None) -> alt.StrokeDash:
    """A legend of lines, from name to whether it is dashed."""
    legend = alt.Legend(orient="top") if symbol is None else alt.Legend(orient="top", symbolSize=symbol)
    return alt.StrokeDash(
        field, title=None, legend=legend, scale=alt.Scale(domain=list(names), range=[_DASHES[dashed] for dashed in names.values()])
    )


def _tip(field: str, title: str, *, digits: int | None = None) -> alt.Tooltip:
    """A line of what a point says when it is touched, under its name in the page's language."""
    return alt.Tooltip(field, title=title) if digits is None else alt.Tooltip(field, title=title, format=f".{digits}f")


def in_language(chart: Chart, t: Texts) -> Chart:
    """The chart with the language's decimal mark on its axes and in what its points say."""
    mark: Any = {"decimal": t("number.decimal_mark"), "thousands": "", "grouping": [3], "currency": ["", ""]}
    marked: Chart = chart.configure(locale=alt.Locale(number=alt.NumberLocale(**mark)))
    return marked


def _layered(*layers: alt.Chart, height: int = _HEIGHT) -> Chart:
    return alt.layer(*layers).properties(height=height)


def distribution_chart(plot: DistributionPlot) -> Chart:
    """A `DistributionPlot` for a page."""
    measured, truth, band, rule = plot.measured, plot.truth, plot.band, plot.rule
    named = {part.name: part.colour or _BOTH_GROUNDS for part in (measured, truth, band, rule)}
    colour = alt.Scale(domain=list(named), range=list(named.values()))
    shown = alt.Color("what:N", scale=colour, title=None, legend=alt.Legend(orient="top", columns=2, symbolOpacity=1))
    binned = alt.X("low:Q", bin="binned", scale=_percent(plot.x.least), title=plot.x.title)
    ground = pd.DataFrame(band.points, columns=["low", "high"]).assign(what=band.name)
    bars = pd.DataFrame(measured.points, columns=["low", "high", "pairs"]).assign(what=measured.name)
    bars["span"] = [f"{low:g} … {high:g}" for low, high, _ in measured.points]
    layers = [
        alt.Chart(ground).mark_rect(opacity=0.18).encode(x=_x("low:Q", plot.x), x2="high", color=shown),
        alt.Chart(bars)
        .mark_bar(opacity=0.75)
        .encode(
            x=binned, x2="high", y=_y("pairs:Q", plot.y), color=shown, tooltip=[_tip("span:N", plot.x.title), _tip("pairs:Q", plot.y.title)]
        ),
        alt.Chart(pd.DataFrame(rule.points, columns=["low"]).assign(what=rule.name))
        .mark_rule(strokeDash=[5, 3])
        .encode(x="low:Q", color=shown),
    ]
    if truth.points:
        line = pd.DataFrame(truth.points, columns=["low", "pairs"]).assign(what=truth.name)
        layers.append(alt.Chart(line).mark_line(strokeWidth=2).encode(x="low:Q", y="pairs:Q", color=shown))
    return _layered(*layers)


def breakdown_chart(table: Breakdown, t: Texts, *, measure: str = "clearance") -> Chart:
    """Each group that is shown as a point with its interval; `measure` is "clearance" or "responders"."""
    said = clearance if measure == "clearance" else with_interval
    rows = [
        {
            "group": word(table.dimension, group.name, t),
            "pairs": group.pairs,
            "said": said(getattr(group, measure), t),
            **{end: getattr(getattr(group, measure), end) for end in ("value", "low", "high")},
        }
        for group in table.groups
        if not group.hidden
    ]
    numbers = ("pairs", "value", "low", "high")
    frame = pd.DataFrame(rows, columns=["group", "said", *numbers]).astype(dict.fromkeys(numbers, np.float64)).dropna(subset=["value"])
    base = alt.Chart(frame).encode(
        y=alt.Y("group:N", sort=None, title=None, axis=alt.Axis(labelLimit=_LONGEST_LABEL)),
        tooltip=[
            _tip("group:N", t(f"audit_dimension.{table.dimension}")),
            _tip("pairs:Q", t("audit_chart.pairs")),
            _tip("said:N", t(f"audit_table.{measure}")),
        ],
    )
    title = t("audit_chart.mean_clearance") if measure == "clearance" else t("audit_chart.responders")
    least = PercentAxis.holding(frame["low"]).least
    span = base.mark_rule(strokeWidth=2, color=_BOTH_GROUNDS).encode(x=alt.X("low:Q", scale=_percent(least), title=title), x2="high")
    points = base.mark_point(filled=True, size=70, color=BLUE, opacity=1).encode(x="value:Q")
    return _layered(span, points, height=_ROW_HEIGHT * max(len(frame), 1) + _AXIS_HEIGHT)


def funnel_chart(plot: FunnelPlot, t: Texts) -> Chart:
    """A `FunnelPlot` for a page."""
    rows = [(pairs, rate, limit.name, side) for side, limit in enumerate(plot.limits) for pairs, rate in limit.points]
    curve = pd.DataFrame(rows, columns=["pairs", "rate", "limit", "side"])
    dash = _dash("limit:N", {limit.name: limit.dashed for limit in plot.limits}, symbol=600)
    x, y = _x("pairs:Q", plot.x), _y("rate:Q", plot.y)
    lines = alt.Chart(curve).mark_line(color=_BOTH_GROUNDS, strokeWidth=1.5).encode(x=x, y=y, detail="side:N", strokeDash=dash)
    target = alt.Chart(pd.DataFrame(plot.target.points, columns=["rate"])).mark_rule().encode(y="rate:Q")
    units = pd.DataFrame([(u.name, u.pairs, u.rate, u.place) for u in plot.units], columns=["unit", "pairs", "rate", "place"])
    colours, shapes = (alt.Scale(domain=list(UNIT_MARKS), range=list(marks)) for marks in zip(*UNIT_MARKS.values(), strict=True))
    points = (
        alt.Chart(units)
        .mark_point(filled=True, opacity=1, size=70)
        .encode(
            x=x,
            y=y,
            color=alt.Color("place:N", legend=None, scale=colours),
            shape=alt.Shape("place:N", legend=None, scale=shapes),
            tooltip=[_tip("unit:N", t("audit_table.group")), _tip("pairs:Q", plot.x.title), _tip("rate:Q", plot.y.title, digits=1)],
        )
    )
    return _layered(lines, target, points)


def run_chart_chart(plot: RunPlot, t: Texts) -> Chart:
    """A `RunPlot` for a page."""
    rows = pd.DataFrame(plot.values.points, columns=["value", "pairs"]).assign(period=plot.periods)
    y = alt.Y("value:Q", scale=alt.Scale(zero=False), title=plot.y.title)
    tooltip = [_tip("period:O", plot.x.title), _tip("value:Q", plot.y.title, digits=1), _tip("pairs:Q", t("audit_chart.pairs"))]
    colour = plot.values.colour or _BOTH_GROUNDS
    line = alt.Chart(rows).mark_line(color=colour, point=alt.OverlayMarkDef(color=colour, size=40), invalid="break-paths-show-domains")
    layers = [line.encode(x=_x("period:O", plot.x), y=y, tooltip=tooltip)]
    if plot.median.points:
        layers.append(alt.Chart(pd.DataFrame(plot.median.points, columns=["value"])).mark_rule().encode(y=y))
    return _layered(*layers)


def quality_chart(plot: QualityPlot, t: Texts) -> Chart:
    """A `QualityPlot` for a page."""
    rows = [
        (period, part.name, order, share)
        for order, part in enumerate(plot.shares)
        for period, (share,) in zip(plot.periods, part.points, strict=True)
        if math.isfinite(share)
    ]
    frame = pd.DataFrame(rows, columns=["period", "quality", "order", "share"])
    colour = alt.Scale(domain=[part.name for part in plot.shares], range=[part.colour or _BOTH_GROUNDS for part in plot.shares])
    bars = (
        alt.Chart(frame)
        .mark_bar()
        .encode(
            x=_x("period:O", plot.x),
            y=_y("share:Q", plot.y),
            color=alt.Color("quality:N", scale=colour, title=None, legend=alt.Legend(orient="top")),
            order="order:O",
            tooltip=[_tip("period:O", plot.x.title), _tip("quality:N", t("audit_page.quality")), _tip("share:Q", plot.y.title, digits=1)],
        )
    )
    return _layered(bars)


def bland_altman_chart(agreement: PairAgreement, t: Texts) -> Chart:
    """Differences over means, with the mean difference and the limits of agreement."""
    points = pd.DataFrame(agreement.points, columns=["mean", "difference"])
    x = alt.X("mean:Q", scale=_percent(), title=t("audit_chart.mean_of_two"))
    y = alt.Y("difference:Q", title=t("audit_chart.difference"))
    layers = [alt.Chart(points).mark_point(filled=True, opacity=0.6, size=50, color=BLUE).encode(x=x, y=y)]
    limits = agreement.limits
    if limits.bias.ok:
        names = [t("audit_chart.bias"), t("audit_chart.limits"), t("audit_chart.limits")]
        lines = pd.DataFrame({"difference": [limits.bias.value, limits.lower.value, limits.upper.value], "what": names})
        layers.append(alt.Chart(lines).mark_rule().encode(y=y, strokeDash=_dash("what:N", {names[0]: False, names[1]: True})))
    return _layered(*layers)
