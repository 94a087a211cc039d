"""A region's outcomes over time: clearance with its interval, stained share and new veins, beside the usual course."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import altair as alt
import pandas as pd
import streamlit as st

from photocompare.practice.page_charts import in_language
from photocompare.records.patient_file import StoredComparison, StoredRegion
from photocompare.report.words.headline import headline_interval, headline_number
from photocompare.report.words.numbers import shortest
from photocompare.report.words.result import earlier_contract
from photocompare.report.words.texts import Texts
from photocompare.results.reference_band import ReferenceBandOptions
from photocompare.results.timing import TimingOptions
from photocompare.viewer.patient_record.open_patient import days_of
from photocompare.viewer.result import blocks
from photocompare.viewer.shared.tables import table

WINDOWS = ("too_early", "interim", "assessment", "late")

_SHADES = {"untreated": 0.16, "too_early": 0.16, "interim": 0.09, "assessment": 0.0, "late": 0.05}
"""Opacity of the grey that lies over a window; the one in which a result is judged stays clear."""

_POINT = "#2787c4"
_BAND = "#009e73"
_REFUSED = "#c2538f"
_INK = {"light": "#4a4f57", "dark": "#c3c8d0"}
"""Of words within a chart, by Streamlit's theme, which colours only those around it."""

_LAST_DAY_MARGIN = 1.06
_LEAST_DAYS = 120
"""The axis reaches into the assessment window even when there is only an early photo."""

_HEIGHT_PX = 320
_LOW_HEIGHT_PX = 150
_TITLE_PX = 24
"""Added to the chart that has the axis' title: heights are those of the whole chart."""

_LINE_PX = 15
_NAMES_UP_PX = 56
"""From the foot of the chart to the first line of names: below them is room for the crosses of refused pairs."""

_NAME_SHARE = 0.25
"""Part of the axis that the longest name of a window takes on a telephone."""


@dataclass(frozen=True)
class CoursePoint:
    """What one comparison says at its day.

    Parameters
    ----------
    day : int
        Since the region's first visit.
    since : int
        Day of the before visit, by the same count.
    method : str
        How it was measured, and whether within a drawn field: only points of one method are joined.
    within_drawn_field : bool
    length, low, high, stained, new : float or None
        Percent of the baseline length; None for a refused pair, and where there is no number.
    """

    day: int
    since: int
    date: str
    against: str
    method: str
    within_drawn_field: bool
    length: float | None
    low: float | None
    high: float | None
    stained: float | None
    new: float | None

    @property
    def refused(self) -> bool:
        """Whether the pair has no number."""
        return self.length is None


def course_points(region: StoredRegion) -> list[CoursePoint]:
    """One point for each comparison, by day."""
    return sorted((_point(c, region) for c in region.comparisons), key=lambda p: (p.day, p.since))


def _point(comparison: StoredComparison, region: StoredRegion) -> CoursePoint:
    first = region.visits[0].facts.day
    before, after = (region.visit(k).facts.day for k in (comparison.before_visit, comparison.after_visit))
    result = comparison.result
    place: dict[str, Any] = {
        "day": (after - first).days,
        "since": (before - first).days,
        "date": after.isoformat(),
        "against": before.isoformat(),
        "method": f"{result.method} {'drawn' if result.within_drawn_field else ''}".strip(),
        "within_drawn_field": result.within_drawn_field,
    }
    length, pigment = result.length, result.pigment
    if length is None or pigment is None:
        return CoursePoint(**place, length=None, low=None, high=None, stained=None, new=None)
    return CoursePoint(
        **place, length=length.value, low=length.low, high=length.high, stained=pigment.stained_percent, new=result.share("new")
    )


def band_of(region: StoredRegion) -> ReferenceBandOptions:
    """The band that the latest comparison was held against; the usual one where there is none."""
    latest = max(region.comparisons, key=lambda c: days_of(region, c), default=None)
    return ReferenceBandOptions() if latest is None else latest.result.benchmark.band


def show_course(region: StoredRegion, t: Texts) -> None:
    """The charts, and the same as a table."""
    points = course_points(region)
    if not points:
        st.info(t("patients.no_comparison"))
        return
    treated = [(v.facts.day - region.visits[0].facts.day).days for v in region.visits if v.facts.agent]
    band = band_of(region)
    for chart in course_charts(points, treated, band, t):
        st.altair_chart(in_language(chart, t), width="stretch")
    st.text(t("patients.course_says", low=shortest(band.low_percent, t), high=shortest(band.high_percent, t)))
    for earlier in dict.fromkeys(earlier_contract(comparison.result, t) for comparison in region.comparisons):
        if earlier:
            st.text(earlier)
    if len({comparison.result.method for comparison in region.comparisons}) > 1:
        st.warning(t("patients.course_methods"))
    if len({point.within_drawn_field for point in points if not point.refused}) > 1:
        st.text(t("patients.course_drawn_field"))
    if any(point.refused for point in points):
        st.text(t("patients.course_refused"))
    st.html(course_table(points, band, t))


def course_table(points: Sequence[CoursePoint], band: ReferenceBandOptions, t: Texts) -> str:
    """Every number of the charts."""
    head = [t(f"patients.course_{name}") for name in ("visit", "day", "against", "length", "interval", "stained", "new")]
    rows = [
        [
            p.date,
            str(p.day),
            p.against,
            t("patients.refused") if p.length is None else _number(p.length, band, t, within_drawn_field=p.within_drawn_field),
            "" if p.low is None or p.high is None else headline_interval(p.low, p.high, t),
            blocks.percent(p.stained, t),
            blocks.percent(p.new, t),
        ]
        for p in points
    ]
    return table(t("patients.course_table"), head, rows)


def _number(length: float, band: ReferenceBandOptions, t: Texts, *, within_drawn_field: bool) -> str:
    said = headline_number(length, band, t)
    return f"{said}, {t('patients.drawn_field')}" if within_drawn_field else said


def course_charts(points: Sequence[CoursePoint], treated: Sequence[int], band: ReferenceBandOptions, t: Texts) -> list[Any]:
    """Three charts over the same axis of days: clearance, stained share, new veins."""
    last = max(_LEAST_DAYS, round(max(p.day for p in points) * _LAST_DAY_MARGIN))
    frame = pd.DataFrame([vars(p) for p in points])
    baseline = frame["since"] == frame["since"].min()
    frame["series"] = [t("patients.first_baseline") if first else t("patients.other_baseline") for first in baseline]
    upper = _clearance(frame, last, treated, band, t)
    stained = _share(frame, "stained", t("patients.axis_stained"), _days(last, None), treated)
    new = _share(frame, "new", t("patients.axis_new"), _days(last, t("patients.axis_day")), treated)
    return [
        upper.properties(height=_HEIGHT_PX),
        stained.properties(height=_LOW_HEIGHT_PX),
        new.properties(height=_LOW_HEIGHT_PX + _TITLE_PX),
    ]


def _days(last: int, title: str | None, name: str = "day") -> alt.X:
    return alt.X(f"{name}:Q", title=title, scale=alt.Scale(domain=[0, last], nice=False), axis=alt.Axis(tickCount=8, grid=False))


def _level(name: str, title: str, domain: Sequence[float]) -> alt.Y:
    """An upright axis; all are equally wide, so that the days of all charts lie below each other."""
    return alt.Y(
        f"{name}:Q", title=title, scale=alt.Scale(domain=list(domain), nice=False), axis=alt.Axis(tickCount=5, minExtent=36, maxExtent=36)
    )


def _clearance(frame: pd.DataFrame, last: int, treated: Sequence[int], band: ReferenceBandOptions, t: Texts) -> Any:
    days = _days(last, None)
    measured = frame[frame["length"].notna()]
    floor = min(0.0, float(measured["low"].min())) if len(measured) else 0.0
    values, low = (_level(name, t("patients.axis_length"), (floor, 100)) for name in ("length", "low"))
    spans = pd.DataFrame([{"low": band.low_percent, "high": band.high_percent, "from": 0, "to": last}])
    windows, start = _windows(usual_course(treated, last), last, t), _days(last, None, "from")
    low_down = not len(measured) or float(measured["length"].mean()) >= (floor + 100) / 2
    colours = alt.Color(
        "series:N",
        scale=alt.Scale(range=[_POINT, "#8f5300"]),
        legend=alt.Legend(orient="top", title=None, labelLimit=400) if frame["series"].nunique() > 1 else None,
    )
    tip = [
        alt.Tooltip("date:N", title=t("patients.course_visit")),
        alt.Tooltip("length:Q", title=t("patients.course_length"), format=".1f"),
    ]
    layers: list[Any] = [
        alt.Chart(windows).mark_rect(color="#808080").encode(x=start, x2="to:Q", opacity=alt.Opacity("shade:Q", scale=None)),
        alt.Chart(spans).mark_rect(color=_BAND, opacity=0.25).encode(x=start, x2="to:Q", y=low, y2="high:Q"),
        *(_names(windows[windows["line"] == line], start, line, low_down=low_down) for line in (0, 1)),
        *_treatments(treated),
        alt.Chart(measured).mark_rule(strokeWidth=3, opacity=0.8).encode(x=days, y=low, y2="high:Q", color=colours),
        alt.Chart(measured).mark_line(strokeWidth=1.5).encode(x=days, y=values, color=colours, detail="method:N"),
        alt.Chart(measured).mark_point(filled=True, size=110, opacity=1).encode(x=days, y=values, color=colours, tooltip=tip),
    ]
    refused = frame[frame["length"].isna()]
    if len(refused):
        # It stands at no height of the axis: there is no number.
        layers.append(
            alt.Chart(refused)
            .mark_point(shape="cross", angle=45, size=160, filled=True, color=_REFUSED, yOffset=-12)
            .encode(x=days, y=alt.value("height"))
        )
    return alt.layer(*layers)


def _share(frame: pd.DataFrame, name: str, title: str, days: alt.X, treated: Sequence[int]) -> Any:
    measured = frame[frame[name].notna()]
    most = max(10.0, float(measured[name].max()) * 1.15) if len(measured) else 10.0
    shown = alt.Chart(measured).encode(x=days, y=_level(name, title, (0, most)))
    layers = [
        *_treatments(treated),
        shown.mark_line(strokeWidth=1.5, color=_POINT).encode(detail="method:N"),
        shown.mark_point(filled=True, size=90, opacity=1, color=_POINT),
    ]
    return alt.layer(*layers)


def _treatments(days: Sequence[int]) -> list[alt.Chart]:
    """A thin line at each day on which something was injected."""
    if not days:
        return []
    return [alt.Chart(pd.DataFrame({"day": list(days)})).mark_rule(strokeDash=[2, 4], strokeWidth=1.5, color="#808080").encode(x="day:Q")]


def _names(windows: pd.DataFrame, start: alt.X, line: int, *, low_down: bool) -> Any:
    """The names of windows that stand on one line, at the end of the axis that is farther from the points."""
    shown = alt.Chart(windows).mark_text(
        align="left",
        baseline="top",
        dx=4,
        dy=line * _LINE_PX - _NAMES_UP_PX if low_down else line * _LINE_PX + 4,
        fontSize=12,
        color=_INK[st.context.theme.type or "light"],
        clip=True,
    )
    return shown.encode(x=start, y=alt.value("height") if low_down else alt.value(0), text="name:N")


def usual_course(treated: Sequence[int], last: int) -> list[tuple[str, int, int]]:
    """Where the windows lie, as name, first day and end; each session opens them anew, and without any they open on the first day."""
    options = TimingOptions()
    opens = [0, options.interim_from_days, options.assessment_from_days, options.late_from_days]
    sessions = sorted({day for day in treated if day < last}) or [0]
    spans = [("untreated", 0, sessions[0])]
    spans += [
        (name, session + begins, min(session + ends, following))
        for session, following in zip(sessions, [*sessions[1:], last], strict=True)
        for name, begins, ends in zip(WINDOWS, opens, [*opens[1:], last], strict=True)
    ]
    return [(name, begins, ends) for name, begins, ends in spans if begins < ends]


def _windows(spans: Sequence[tuple[str, int, int]], last: int, t: Texts) -> pd.DataFrame:
    """The windows with the line on which each name stands; None where both lines are taken by the names before it."""
    free = [0.0, 0.0]
    rows = []
    for name, begins, ends in spans:
        line = next((k for k in (0, 1) if begins >= free[k]), None)
        if line is not None:
            free[line] = begins + _NAME_SHARE * last
        rows.append({"from": begins, "to": ends, "shade": _SHADES[name], "name": t(f"patients.window_{name}"), "line": line})
    return pd.DataFrame(rows)
