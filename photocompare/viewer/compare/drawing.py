"""Compare, on the pictures: looking at them, drawing a field, correcting veins by hand."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

import streamlit as st

from photocompare.base.errors import UsageError
from photocompare.report.words.texts import Texts
from photocompare.results.dossier import Dossier
from photocompare.viewer.measuring.requests import Measuring
from photocompare.viewer.measuring.visit import Visit
from photocompare.viewer.result import blocks
from photocompare.viewer.result.pair_view import checked_points, pair_view, polygon_in_full_pixels
from photocompare.viewer.result.pictures import show_pictures
from photocompare.viewer.shared.waiting import run_again, wait_while


def show_tools(visit: Visit, dossier: Dossier, identity: str, t: Texts) -> None:
    """The pictures, and the two ways of drawing on them."""
    tools = ["pictures", "field", "correct"] if dossier.measured else ["pictures", "field"]
    own = bool(visit.current)
    chosen = st.segmented_control(
        t("compare.pictures"),
        tools if own else ["pictures", "correct"],
        default="pictures",
        format_func=lambda tool: t(f"compare.{tool}"),
        key=f"tool_{identity}",
        label_visibility="collapsed",
    )
    if chosen == "field":
        _draw_field(visit, dossier, identity, t)
    elif chosen == "correct":
        _correct(visit, dossier, identity, t)
    else:
        measuring = visit.measurements.get(visit.current)
        full_size = None if measuring is None else lambda: _full_size(measuring)
        show_pictures(dossier, t, identity=identity, wanted=visit.wanted, full_size=full_size)


def _full_size(measuring: Measuring) -> Mapping[str, bytes]:
    """The full-size pictures, which come some seconds after the result."""
    wait_while(lambda: not measuring.ended.is_set())
    return measuring.full_size or {}


def offer_whole_leg(visit: Visit, t: Texts) -> None:
    """The button that forgets a drawn field, where there is one."""
    if visit.polygon is not None:
        st.button(t("compare.field_clear"), key="field_clear", on_click=visit.whole_leg)


def _draw_field(visit: Visit, dossier: Dossier, identity: str, t: Texts) -> None:
    st.text(t("compare.field_intro"))
    if visit.polygon is not None:
        st.info(t("compare.field_now"))
    offer_whole_leg(visit, t)
    sent = pair_view(dossier, t, mode="field", identity=identity)
    if sent["field"] is not None:
        try:
            # Without a number it is the photo itself that was drawn on.
            visit.polygon = polygon_in_full_pixels(sent["field"], dossier.shown_over_full if dossier.measured else 1.0)
        except UsageError as error:
            st.error(t.error(error))
        else:
            run_again()


def _correct(visit: Visit, dossier: Dossier, identity: str, t: Texts) -> None:
    by = st.text_input(t("compare.correct_who"), key="corrector", max_chars=80)
    sent = pair_view(dossier, t, mode="correct", identity=identity)
    if sent["marks"] is not None:
        if not by.strip():
            st.error(t("compare.correct_needs_name"))
        else:
            try:
                _add_correction(visit, dossier, by, sent["marks"])
            except UsageError as error:
                st.error(t.error(error))
    machine = dossier.result.length
    if machine is not None:
        for correction, corrected in reversed(visit.corrections.get(visit.current, [])):
            st.html(blocks.corrected_beside(machine, correction, corrected, t))


def _add_correction(visit: Visit, dossier: Dossier, by: str, marks: Any) -> None:
    """Add the corrected number that follows from marks made in the browser."""
    import numpy as np

    from photocompare.clearance.correction import Correction
    from photocompare.results.dossier_pictures import corrected
    from photocompare.settings import STANDARD

    struck, missed = marks.get("not_veins", []), marks.get("missed", [])
    if not all(isinstance(k, int) for k in struck):
        raise UsageError("What was drawn could not be read; draw it again.", code="drawing_unreadable")
    lines = tuple(np.array(checked_points(line, 2), np.float32) for line in missed)
    correction = Correction(by, dt.datetime.now(dt.UTC), tuple(struck), lines)
    made = visit.corrections.setdefault(visit.current, [])
    if not made or not made[-1][0].says_the_same(correction):  # a second click is no second correction
        made.append((correction, corrected(dossier, correction, options=STANDARD.correction)))
