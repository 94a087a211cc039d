"""The audit's charts for the pages: Vega-Lite specifications that need no network.

Each function gives an Altair chart with the data inside it.  Colours are Okabe and Ito's, which colour-blind people tell apart; shapes
differ too.  Names of people and places are data: Vega draws them as text, never as markup.
"""

from __future__ import annotations

import math
from typing import TypeAlias

import altair as alt
import numpy as np
import pandas as pd

from photocompare.practice.audit_drawings import BLUE, GREEN, ORANGE, QUALITY_COLOURS, RED
from photocompare.practice.audit_words import word
from photocompare.practice.breakdown import Breakdown
from photocompare.practice.figures import AuditFigures, Outcomes
from photocompare.practice.funnel import Funnel
from photocompare.practice.photo_quality import QUALITIES, PhotoQuality
from photocompare.practice.rating import PairAgreement
from photocompare.practice.run_chart import RunChart
from photocompare.report.words.texts import Texts

Chart: TypeAlias = alt.Chart | alt.LayerChart | alt.FacetChart

_HEIGHT = 320
_ROW_HEIGHT, _AXIS_HEIGHT = 26, 70
_LONGEST_LABEL = 320
"""Pixels; heights hold axes and legends."""

_PERCENT = alt.Scale(domain=[0, 100])

_BOTH_GROUNDS = "#808080"
"""Stands out on a light page and on a dark one; rules without a colour take the page's."""


def _layered(*layers: alt.Chart, height: int = _HEIGHT) -> Chart:
    return alt.layer(*layers).properties(height=height)


def distribution_chart(outcomes: Outcomes, figures: AuditFigures, t: Texts) -> Chart:
    """Measured clearances as bars, the true ones as a line, the band and the responder rule."""
    band, truth = figures.options.band, outcomes.truth
    bins = pd.DataFrame(outcomes.distribution.bins, columns=["low", "high", "pairs"])
    names = {
        "measured": t("audit_chart.measured"),
        "truth": t("audit_chart.truth"),
        "band": t("audit_chart.band"),
        "rule": t("audit_chart.responder_rule"),
    }
    colour = alt.Scale(domain=list(names.values()), range=[BLUE, RED, GREEN, _BOTH_GROUNDS])
    shown = alt.Color("what:N", scale=colour, title=None, legend=alt.Legend(orient="top", columns=2, symbolOpacity=1))
    axis = alt.X("low:Q", scale=_PERCENT, title=t("audit_chart.clearance"))
    ground = pd.DataFrame({"low": [band.low_percent], "high": [band.high_percent], "what": [names["band"]]})
    rule = pd.DataFrame({"low": [band.responder_percent], "what": [names["rule"]]})
    layers = [
        alt.Chart(ground).mark_rect(opacity=0.18).encode(x=axis, x2="high", color=shown),
        alt.Chart(bins.assign(what=names["measured"]))
        .mark_bar(opacity=0.75)
        .encode(
            x=alt.X("low:Q", bin="binned", scale=_PERCENT, title=t("audit_chart.clearance")),
            x2="high",
            y=alt.Y("pairs:Q", title=t("audit_chart.pairs")),
            color=shown,
            tooltip=["low:Q", "high:Q", "pairs:Q"],
        ),
        alt.Chart(rule).mark_rule(strokeDash=[5, 3]).encode(x="low:Q", color=shown),
    ]
    if truth.grid:
        scale = truth.pairs * (bins["high"][0] - bins["low"][0]) / (truth.grid[1] - truth.grid[0])
        line = pd.DataFrame({"low": truth.grid, "pairs": [scale * d for d in truth.density], "what": names["truth"]})
        layers.append(alt.Chart(line).mark_line(strokeWidth=2).encode(x="low:Q", y="pairs:Q", color=shown))
    return _layered(*layers)


def breakdown_chart(table: Breakdown, t: Texts, *, measure: str = "clearance") -> Chart:
    """Each group that is shown as a point with its interval; `measure` is "clearance" or "responders"."""
    rows = [
        {
            "group": word(table.dimension, group.name, t),
            "pairs": group.pairs,
            **{end: getattr(getattr(group, measure), end) for end in ("value", "low", "high")},
        }
        for group in table.groups
        if not group.hidden
    ]
    numbers = ("pairs", "value", "low", "high")
    frame = pd.DataFrame(rows, columns=["group", *numbers]).astype(dict.fromkeys(numbers, np.float64)).dropna(subset=["value"])
    base = alt.Chart(frame).encode(
        y=alt.Y("group:N", sort=None, title=None, axis=alt.Axis(labelLimit=_LONGEST_LABEL)),
        tooltip=[
            "group:N",
            "pairs:Q",
            alt.Tooltip("value:Q", format=".1f"),
            alt.Tooltip("low:Q", format=".1f"),
            alt.Tooltip("high:Q", format=".1f"),
        ],
    )
    title = t("audit_chart.mean_clearance") if measure == "clearance" else t("audit_chart.responders")
    span = base.mark_rule(strokeWidth=2, color=_BOTH_GROUNDS).encode(x=alt.X("low:Q", scale=_PERCENT, title=title), x2="high")
    points = base.mark_point(filled=True, size=70, color=BLUE, opacity=1).encode(x="value:Q")
    return _layered(span, points, height=_ROW_HEIGHT * max(len(frame), 1) + _AXIS_HEIGHT)


def funnel_chart(funnel: Funnel, t: Texts) -> Chart:
    """Each unit's rate over its pairs, between the limits."""
    names = {"within": "", "95": t("audit_chart.limit_95"), "998": t("audit_chart.limit_998")}
    units = pd.DataFrame(
        {
            "unit": [u.name for u in funnel.units],
            "pairs": [u.pairs for u in funnel.units],
            "rate": [u.rate for u in funnel.units],
            "place": [next(k for k in ("998", "95", "within") if u.place.endswith(k)) for u in funnel.units],
        }
    )
    curve = pd.DataFrame(funnel.curve, columns=["pairs", "low_998", "low_95", "high_95", "high_998"]).melt("pairs", value_name="rate")
    curve["limit"] = [names[side.partition("_")[2]] for side in curve["variable"]]
    x, y = alt.X("pairs:Q", title=t("audit_chart.pairs")), alt.Y("rate:Q", scale=_PERCENT, title=t("audit_chart.responders"))
    dash = alt.StrokeDash(
        "limit:N",
        title=None,
        legend=alt.Legend(orient="top", symbolSize=600),
        scale=alt.Scale(domain=[names["95"], names["998"]], range=[[1, 0], [5, 4]]),
    )
    lines = alt.Chart(curve).mark_line(color=_BOTH_GROUNDS, strokeWidth=1.5).encode(x=x, y=y, detail="variable:N", strokeDash=dash)
    target = alt.Chart(pd.DataFrame({"rate": [funnel.target]})).mark_rule().encode(y="rate:Q")
    places = ["within", "95", "998"]
    points = (
        alt.Chart(units)
        .mark_point(filled=True, opacity=1, size=70)
        .encode(
            x=x,
            y=y,
            color=alt.Color("place:N", legend=None, scale=alt.Scale(domain=places, range=[BLUE, ORANGE, RED])),
            shape=alt.Shape("place:N", legend=None, scale=alt.Scale(domain=places, range=["circle", "square", "diamond"])),
            tooltip=["unit:N", "pairs:Q", alt.Tooltip("rate:Q", format=".1f")],
        )
    )
    return _layered(lines, target, points)


def run_chart_chart(chart: RunChart, t: Texts) -> Chart:
    """Points in time order about their median; hidden ones leave a gap."""
    rows = pd.DataFrame(
        {
            "period": [p.period for p in chart.points],
            "value": [p.value for p in chart.points],
            "pairs": [p.pairs if p.pairs is not None else math.nan for p in chart.points],
        }
    )
    x = alt.X("period:O", title=t("audit_chart.month"))
    y = alt.Y("value:Q", scale=alt.Scale(zero=False), title=t("audit_chart.mean_clearance"))
    tooltip = ["period:O", alt.Tooltip("value:Q", format=".1f"), "pairs:Q"]
    dots = alt.OverlayMarkDef(color=BLUE, size=40)
    layers = [alt.Chart(rows).mark_line(color=BLUE, point=dots, invalid="break-paths-show-domains").encode(x=x, y=y, tooltip=tooltip)]
    if math.isfinite(chart.signals.median):
        layers.append(alt.Chart(pd.DataFrame({"value": [chart.signals.median]})).mark_rule().encode(y=y))
    return _layered(*layers)


def quality_chart(quality: PhotoQuality, t: Texts) -> Chart:
    """Shares of photo quality by quarter, stacked."""
    names = {name: t(f"audit_quality.{name}") for name in QUALITIES}
    rows = [
        {"period": period.period, "quality": names[name], "order": place, "share": period.shares[name]}
        for period in quality.periods
        if period.pairs is not None
        for place, name in enumerate(QUALITIES)
    ]
    frame = pd.DataFrame(rows, columns=["period", "quality", "order", "share"])
    colour = alt.Scale(domain=list(names.values()), range=[QUALITY_COLOURS[name] for name in QUALITIES])
    bars = (
        alt.Chart(frame)
        .mark_bar()
        .encode(
            x=alt.X("period:O", title=t("audit_chart.quarter")),
            y=alt.Y("share:Q", scale=_PERCENT, title=t("audit_chart.share")),
            color=alt.Color("quality:N", scale=colour, title=None, legend=alt.Legend(orient="top")),
            order="order:O",
            tooltip=["period:O", "quality:N", alt.Tooltip("share:Q", format=".1f")],
        )
    )
    return _layered(bars)


def bland_altman_chart(agreement: PairAgreement, t: Texts) -> Chart:
    """Differences over means, with the mean difference and the limits of agreement."""
    points = pd.DataFrame(agreement.points, columns=["mean", "difference"])
    x = alt.X("mean:Q", scale=_PERCENT, title=t("audit_chart.mean_of_two"))
    y = alt.Y("difference:Q", title=t("audit_chart.difference"))
    layers = [alt.Chart(points).mark_point(filled=True, opacity=0.6, size=50, color=BLUE).encode(x=x, y=y)]
    limits = agreement.limits
    if limits.bias.ok:
        names = [t("audit_chart.bias"), t("audit_chart.limits"), t("audit_chart.limits")]
        lines = pd.DataFrame({"difference": [limits.bias.value, limits.lower.value, limits.upper.value], "what": names})
        dash = alt.StrokeDash(
            "what:N", title=None, legend=alt.Legend(orient="top"), scale=alt.Scale(domain=names[:2], range=[[1, 0], [5, 4]])
        )
        layers.append(alt.Chart(lines).mark_rule().encode(y=y, strokeDash=dash))
    return _layered(*layers)
