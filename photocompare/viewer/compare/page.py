"""The clinician's page, top to bottom."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from photocompare.report.words.texts import Texts
from photocompare.viewer.compare.saving_form import show_saving
from photocompare.viewer.measuring.uploads import Cards, cut_collage, forget_details, take_details, take_photos, take_scale
from photocompare.viewer.measuring.visit import Visit, visit_of
from photocompare.viewer.result.result_view import (
    show_details,
    show_ending,
    show_export,
    show_numbers,
    show_pictures,
    show_progress,
)
from photocompare.viewer.shared.page import SAMPLE_DETAILS, begin, sample


def show(stored_sample: Path) -> None:
    """The page: photos, details, and the result of the own pair or of the sample."""
    t = begin("compare.title")
    visit = visit_of(st.session_state)
    take_photos(visit, t)
    # Places that are there in every run: what is shown in one of them never moves another.
    photos, below = st.container(), st.container()
    if not (visit.shots("before") or visit.shots("after")):
        visit.current = ""
        forget_details(visit)
        photos.info(t("compare.sample_note"))
        with st.container():
            _result(visit, stored_sample, None, t)
        return
    take_scale(visit)
    visit.begin()
    with photos:
        cards = Cards(visit, t)
    # An empty place takes away at once what the last run showed there: numbers of another pair must not stand while this one is measured.
    waiting = cards.pending or visit.running is not None
    place = st.empty() if waiting else None
    if visit.running is None:
        cards.wait()
    with below:
        take_details(visit, t)
        collage = visit.collage()
        if collage is not None and visit.cutting is None:
            cut_collage(visit, collage, t)
    with st.container() if place is None else place.container():
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
    if own:
        show_saving(visit, dossier, t)
