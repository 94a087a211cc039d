"""What an audit looks at: the days, and the filters on everything that was recorded."""

from __future__ import annotations

import datetime as dt
import functools
import math
from typing import Any

import pandas as pd
import streamlit as st

from photocompare.base.colour import ITA_GROUPS
from photocompare.practice.audit_words import word
from photocompare.practice.cohort import STATUSES, CohortFilter
from photocompare.report.words.texts import Texts
from photocompare.veins.classes import CALIBRES

EARLIEST = dt.date(1970, 1, 1)

_WORDS = ("operator", "site", "agent", "form", "region", "leg", "calibre", "ita_group", "status")
_FIELDS = {
    "operator": "operators",
    "site": "sites",
    "agent": "agents",
    "form": "forms",
    "region": "regions",
    "leg": "legs",
    "calibre": "calibres",
    "ita_group": "ita_groups",
    "status": "statuses",
}
_ORDERED = {"calibre": list(CALIBRES), "ita_group": [name for _, name in ITA_GROUPS], "status": list(STATUSES)}
"""Words that have an order of their own."""

MOST_SESSIONS_ASKED = 99
MOST_PERCENT = 100.0


def period_asked(t: Texts) -> tuple[dt.date | None, dt.date | None]:
    """First and last day of the baselines; None for no bound."""
    left, right = st.columns(2)
    today = dt.datetime.now(dt.UTC).date()
    bounds: dict[str, Any] = {"min_value": EARLIEST, "max_value": today + dt.timedelta(days=1), "format": "YYYY-MM-DD"}
    since = left.date_input(t("audit_page.since"), None, key="audit_since", **bounds)
    until = right.date_input(t("audit_page.until"), None, key="audit_until", **bounds)
    return since, until


def filters_asked(frame: pd.DataFrame, since: dt.date | None, until: dt.date | None, t: Texts) -> CohortFilter:
    """The filter that is chosen; each box offers what the table holds.

    Raises
    ------
    UsageError
        A range ends before it begins.
    """
    chosen: dict[str, Any] = {}
    with st.expander(t("audit_page.filters")):
        columns = st.columns(3)
        for place, name in enumerate(_WORDS):
            label = t(f"audit_dimension.{name}")
            chosen[_FIELDS[name]] = tuple(
                columns[place % 3].multiselect(
                    label,
                    _words_of(frame, name),
                    format_func=functools.partial(_named, name, t),
                    key=f"audit_{name}",
                    placeholder=t("audit_page.all"),
                )
            )
        low, high, least, most = st.columns(4)
        bounds: dict[str, Any] = {"min_value": 0.0, "max_value": MOST_PERCENT, "value": None, "step": 0.25, "format": "%.2f"}
        chosen["least_concentration"] = low.number_input(t("audit_page.least_concentration"), key="audit_least_concentration", **bounds)
        chosen["most_concentration"] = high.number_input(t("audit_page.most_concentration"), key="audit_most_concentration", **bounds)
        whole: dict[str, Any] = {"min_value": 0, "max_value": MOST_SESSIONS_ASKED, "value": None, "step": 1}
        chosen["least_sessions"] = least.number_input(t("audit_page.least_sessions"), key="audit_least_sessions", **whole)
        chosen["most_sessions"] = most.number_input(t("audit_page.most_sessions"), key="audit_most_sessions", **whole)
    return CohortFilter(since=since, until=until, **chosen)


def _named(column: str, t: Texts, found: str) -> str:
    return word(column, found, t)


def run_period_asked(t: Texts) -> str:
    """Whether the run chart goes by month or by quarter."""
    steps = ("month", "quarter")
    found = st.segmented_control(
        t("audit_page.run_period"),
        steps,
        default="month",
        format_func=lambda step: t(f"audit_page.{step}"),
        key="audit_run_period",
        required=True,
    )
    return found or "month"


def _words_of(frame: pd.DataFrame, column: str) -> list[str]:
    """What a column holds, in its own order; "" where nothing was noted comes last."""
    held = [str(name) for name in frame[column].cat.categories]
    order = _ORDERED.get(column, [])
    return sorted(held, key=lambda name: (name == "", order.index(name) if name in order else math.inf, name))
