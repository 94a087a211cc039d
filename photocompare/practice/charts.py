"""What the audit's charts show: series, axes and words of each, for the page (`page_charts`) and for print (`print_charts`).

Colours are Okabe and Ito's, which colour-blind people tell apart; shapes differ too.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from photocompare.practice.figures import AuditFigures, Outcomes
from photocompare.practice.funnel import Funnel
from photocompare.practice.photo_quality import QUALITIES, PhotoQuality
from photocompare.practice.run_chart import RunChart
from photocompare.report.words.texts import Texts

BLUE, ORANGE, GREEN, RED, GREY = "#0072B2", "#E69F00", "#009E73", "#D55E00", "#666666"
QUALITY_COLOURS = {"good": BLUE, "limited": ORANGE, "refused": GREY}
UNIT_MARKS = {"within": (BLUE, "circle"), "95": (ORANGE, "square"), "998": (RED, "diamond"), "few": (GREY, "triangle-up")}
"""Colour and shape of a funnel's units by the outermost limit that they lie beyond; "few" for too few patients to say."""


@dataclass(frozen=True)
class Axis:
    """Its title, and whether it runs to 100 % or as far as the data do; to 100 %, from `least`, which is 0 or below."""

    title: str
    percent: bool = False
    least: float = 0.0


@dataclass(frozen=True)
class Series:
    """What has one entry in a legend.

    Parameters
    ----------
    name : str
    points : tuple of tuple of float
        What they are stands where the series is used.
    colour : str or None
        None for a line to compare with, which is drawn in a neutral colour of the ground.
    dashed : bool
    """

    name: str
    points: tuple[tuple[float, ...], ...]
    colour: str | None = None
    dashed: bool = False


@dataclass(frozen=True)
class DistributionPlot:
    """Measured clearances beside the true ones, the band and the responder rule.

    Parameters
    ----------
    x, y : Axis
    measured : Series
        Bars: (from, to, pairs).
    truth : Series
        A line: (percent, pairs a bin); no points where there are too few pairs to draw it.
    band : Series
        One area: (from, to) of x.
    rule : Series
        One upright line: (x,).
    """

    x: Axis
    y: Axis
    measured: Series
    truth: Series
    band: Series
    rule: Series


@dataclass(frozen=True)
class FunnelPoint:
    """A unit: its name, pairs, rate in percent, and which of `UNIT_MARKS` it has."""

    name: str
    pairs: int
    rate: float
    place: str


@dataclass(frozen=True)
class FunnelPlot:
    """Each unit's rate over its pairs, between the limits.

    Parameters
    ----------
    x, y : Axis
    limits : tuple of Series
        Lines (pairs, percent): lower and upper one of 95 %, then of 99.8 %; the two of a pair have one name.
    target : Series
        One level line: (y,).
    units : tuple of FunnelPoint
    """

    x: Axis
    y: Axis
    limits: tuple[Series, ...]
    target: Series
    units: tuple[FunnelPoint, ...]


@dataclass(frozen=True)
class RunPlot:
    """Points in time order about their median.

    Parameters
    ----------
    x, y : Axis
    periods : tuple of str
    values : Series
        A line with dots: (value, pairs) of each period; NaN where it is hidden, which leaves a gap.
    median : Series
        One level line: (y,); no points where there is no median.
    """

    x: Axis
    y: Axis
    periods: tuple[str, ...]
    values: Series
    median: Series


@dataclass(frozen=True)
class QualityPlot:
    """Shares of photo quality by quarter, stacked.

    Parameters
    ----------
    x, y : Axis
    periods : tuple of str
    shares : tuple of Series
        From the bottom up: (percent,) of each period; NaN where it is hidden.
    """

    x: Axis
    y: Axis
    periods: tuple[str, ...]
    shares: tuple[Series, ...]


def distribution_plot(figures: AuditFigures, outcomes: Outcomes, t: Texts) -> DistributionPlot:
    """What the chart of the clearances shows."""
    band, truth, bins = figures.options.band, outcomes.truth, outcomes.distribution.bins
    line: tuple[tuple[float, float], ...] = ()
    if truth.grid:
        scale = truth.pairs * (bins[0][1] - bins[0][0]) / (truth.grid[1] - truth.grid[0])
        line = tuple((x, scale * share) for x, share in zip(truth.grid, truth.density, strict=True))
    return DistributionPlot(
        Axis(t("audit_chart.clearance"), percent=True, least=bins[0][0]),
        Axis(t("audit_chart.pairs")),
        Series(t("audit_chart.measured"), bins, BLUE),
        Series(t("audit_chart.truth"), line, RED),
        Series(t("audit_chart.band"), ((band.low_percent, band.high_percent),), GREEN),
        Series(t("audit_chart.responder_rule"), ((band.responder_percent,),), dashed=True),
    )


def funnel_plot(funnel: Funnel, t: Texts) -> FunnelPlot:
    """What a funnel's chart shows."""
    pairs, low_998, low_95, high_95, high_998 = zip(*funnel.curve, strict=True)
    limits = [(t("audit_chart.limit_95"), side, False) for side in (low_95, high_95)]
    limits += [(t("audit_chart.limit_998"), side, True) for side in (low_998, high_998)]
    return FunnelPlot(
        Axis(t("audit_chart.pairs")),
        Axis(t("audit_chart.responders"), percent=True),
        tuple(Series(name, tuple(zip(pairs, side, strict=True)), dashed=dashed) for name, side, dashed in limits),
        Series(t("audit_chart.target"), ((funnel.target,),)),
        tuple(FunnelPoint(u.name, u.pairs, u.rate, u.place.rpartition("_")[2]) for u in funnel.units),
    )


def run_plot(chart: RunChart, t: Texts) -> RunPlot:
    """What a run chart shows."""
    median = chart.signals.median
    return RunPlot(
        Axis(t("audit_chart.month")),
        Axis(t("audit_chart.mean_clearance")),
        tuple(point.period for point in chart.points),
        Series("", tuple((p.value, math.nan if p.pairs is None else p.pairs) for p in chart.points), BLUE),
        Series(t("audit_chart.median"), ((median,),) if math.isfinite(median) else ()),
    )


def quality_plot(quality: PhotoQuality, t: Texts) -> QualityPlot:
    """What the chart of photo quality shows."""
    return QualityPlot(
        Axis(t("audit_chart.quarter")),
        Axis(t("audit_chart.share"), percent=True),
        tuple(period.period for period in quality.periods),
        tuple(
            Series(t(f"audit_quality.{name}"), tuple((period.shares[name],) for period in quality.periods), QUALITY_COLOURS[name])
            for name in QUALITIES
        ),
    )
