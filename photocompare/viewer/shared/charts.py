"""Charts on a page."""

from __future__ import annotations

from typing import Any

import streamlit as st

from photocompare.practice.page_charts import Chart, in_language
from photocompare.report.words.texts import Texts

_INK_ON_LIGHT, _INK_ON_DARK = "#3d434b", "#d5d9de"
"""Above 4.5 to 1 on Streamlit's white and on its near-black."""


def show_chart(chart: Chart, t: Texts) -> None:
    """A chart in the page's language whose words and lines stand out on its ground: Streamlit's own grey does not."""
    ink = _INK_ON_DARK if st.context.theme.type == "dark" else _INK_ON_LIGHT
    words: dict[str, Any] = {"labelColor": ink, "titleColor": ink}
    inked: Chart = in_language(chart, t).configure_axis(**words).configure_legend(**words).configure_rule(color=ink)
    st.altair_chart(inked, width="stretch")
