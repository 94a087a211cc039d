"""Compare, beside the reference band: the days of the photos are asked for where the number waits for them."""

from __future__ import annotations

import streamlit as st

from photocompare.report.words.texts import Texts
from photocompare.results.timing import can_be_visit
from photocompare.viewer.measuring.uploads import give_day, impossible_day
from photocompare.viewer.measuring.visit import VISITS, Visit, Which

_FIELD_PX = 158
"""Wide enough for a day, and for two of them beside each other on a desk's screen."""


def ask_missing_days(visit: Visit, t: Texts) -> None:
    """A field for each day that is missing, and the photo's own day where it tells one."""
    given = {"before": visit.details.before_date, "after": visit.details.after_date}
    with st.container(horizontal=True, vertical_alignment="bottom"):
        for which in VISITS:
            if given[which] is not None:
                continue
            st.date_input(
                t(f"compare.{which}_date"),
                None,
                format="YYYY-MM-DD",
                key=_asked(which),
                on_change=_take,
                args=(visit, which),
                width=_FIELD_PX,
            )
            told = visit.capture_date(which)
            if told is not None and can_be_visit(told):
                st.button(t("compare.use_day", day=told.isoformat()), key=f"use_{which}_day", on_click=give_day, args=(visit, which, told))
    for which in VISITS:
        day = st.session_state.get(_asked(which)) if given[which] is None else None
        if day is not None and not can_be_visit(day):
            st.error(impossible_day(day, t))


def _asked(which: Which) -> str:
    return f"asked_{which}_date"


def _take(visit: Visit, which: Which) -> None:
    day = st.session_state[_asked(which)]
    if day is not None and can_be_visit(day):
        give_day(visit, which, day)
