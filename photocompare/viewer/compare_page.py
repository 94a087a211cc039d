"""The clinician's page, top to bottom."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from photocompare.report.texts import Texts
from photocompare.viewer.outcome_view import (
    show_details,
    show_ending,
    show_export,
    show_numbers,
    show_pictures,
    show_progress,
)
from photocompare.viewer.page import SAMPLE_DETAILS, begin, sample
from photocompare.viewer.uploads import Cards, cut_collage, forget_details, take_details, take_photos
from photocompare.viewer.visit import Visit, visit_of


def show(stored_sample: Path) -> None:
    """The page: photos, details, and the result of the own pair or of the sample."""
    t = begin("compare.title")
    visit = visit_of(st.session_state)
    take_photos(visit, t)
    own = bool(visit.shots("before") or visit.shots("after"))
    cards = None
    if own:
        visit.begin()
        cards = Cards(visit, t)
        if visit.running is None:
            cards.wait()
        take_details(visit, t)
        collage = visit.collage()
        if collage is not None and visit.cutting is None:
            cut_collage(visit, collage, t)
        visit.begin()  # the scale, and whether to look for the card, stand below the photos
    else:
        visit.current = ""
        forget_details(visit, st.session_state)
        st.info(t("compare.sample_note"))
    _result(visit, stored_sample, cards, t)


def _result(visit: Visit, stored_sample: Path, cards: Cards | None, t: Texts) -> None:
    own, running = cards is not None, visit.running
    if cards is not None and running is not None:
        if not show_progress(visit, running, cards, t):
            return
        if visit.undated:
            st.rerun()  # for the dates that the photos told meanwhile
    dossier = visit.dossier if own else sample(stored_sample)
    if dossier is None:
        request = visit.request()
        if request is not None:
            show_ending(visit, visit.measurements.get(visit.current), t)
        return
    measuring = visit.measurements.get(visit.current)
    identity = visit.current[:16] or "sample"
    show_numbers(dossier.result, t)
    show_pictures(visit, dossier, identity, measuring, t)
    show_details(dossier.result, t)
    show_export(visit, dossier, visit.details if own else SAMPLE_DETAILS, t)
