"""Compare, once a pair is measured: photos and fields folded into one line, so that the result stands at the top."""

from __future__ import annotations

from html import escape

import streamlit as st

from photocompare.report.words.texts import Texts
from photocompare.report.words.visit import visits_line
from photocompare.viewer.compare.both_visits import parted_line
from photocompare.viewer.measuring.visit import Visit

ENTRY = "entry"
"""Key of the place that holds photos and fields."""

_TYPED_IN = ":has(input:not([type=file]):focus, textarea:focus, [role=spinbutton]:focus)"
_FOLDED = f"<style>:has(> .st-key-{ENTRY}):not({_TYPED_IN}) {{ display: none; }}</style>"
"""Hidden, not left out: the files stay in their uploaders, and what was typed in the fields.  Never under the hands of who types."""


def show_folded(visit: Visit, t: Texts) -> None:
    """The line that stands for both visits, and the button that unfolds them."""
    dossier = visit.dossier
    if dossier is None:
        return
    told = visits_line(visit.details.shown, dossier.result.timing, t)
    if visit.sorted_by_day:
        told = f"{told} · {parted_line(visit, t)}"
    with st.container(horizontal=True, vertical_alignment="center", key="folded"):
        st.html(f'<p class="pc-line"><bdi>{escape(told)}</bdi></p>{_FOLDED}', width="content")
        st.button(t("compare.change"), key="unfold", on_click=visit.unfold)
