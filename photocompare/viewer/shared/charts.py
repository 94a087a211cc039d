"""What the pages about many pairs have in common: numbers with their intervals, charts."""

from __future__ import annotations

from typing import Any

import streamlit as st

from photocompare.base.estimate import Estimate
from photocompare.practice.audit_words import NO_NUMBER, number
from photocompare.practice.charts import Chart
from photocompare.report.words.texts import Texts

_INK_ON_LIGHT, _INK_ON_DARK = "#3d434b", "#d5d9de"
"""Above 4.5 to 1 on Streamlit's white and on its near-black."""


def with_interval(found: Estimate, t: Texts, digits: int = 1) -> str:
    """A value without a unit, with its 95 % interval; a dash where there is none."""
    if not found.ok:
        return NO_NUMBER
    value, low, high = (signed(v, t, digits) for v in (found.value, found.low, found.high))
    return t("audit_page.interval", value=value, low=low, high=high)


def signed(value: float, t: Texts, digits: int = 1) -> str:
    """A number for people, with a true minus sign and no negative zero."""
    return number(round(value, digits), t, digits).replace("-", "−")


def show_chart(chart: Chart) -> None:
    """A chart whose words and lines stand out on the page's ground: Streamlit's own grey does not."""
    ink = _INK_ON_DARK if st.context.theme.type == "dark" else _INK_ON_LIGHT
    words: dict[str, Any] = {"labelColor": ink, "titleColor": ink}
    inked: Chart = chart.configure_axis(**words).configure_legend(**words).configure_rule(color=ink)
    st.altair_chart(inked, width="stretch")
