"""The clinician's page, top to bottom."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import streamlit as st

from photocompare.report.words.texts import Texts
from photocompare.results.dossier import Dossier
from photocompare.results.visit_details import VisitDetails
from photocompare.viewer.compare.both_visits import offer_visits, part_by_day
from photocompare.viewer.compare.drawing import offer_whole_leg, show_tools
from photocompare.viewer.compare.folding import ENTRY, show_folded
from photocompare.viewer.compare.meanwhile import Meanwhile
from photocompare.viewer.compare.missing_days import ask_missing_days
from photocompare.viewer.measuring.requests import Measuring
from photocompare.viewer.measuring.uploads import Cards, cut_collage, follow_photos, take_details, take_photos, take_scale
from photocompare.viewer.measuring.visit import Visit, visit_of
from photocompare.viewer.result.exports import Takeaway, offer_exports
from photocompare.viewer.result.progress import await_result, show_failure
from photocompare.viewer.result.result_view import show_details, show_numbers
from photocompare.viewer.result.session_pair import SAMPLE_DETAILS, has_photos, session_pair
from photocompare.viewer.shared.page import begin
from photocompare.viewer.shared.waiting import run_again


def show(stored_sample: Path) -> None:
    """The page: photos, details, and the result of the own pair or of the sample."""
    t = begin("compare.title")
    visit = visit_of(st.session_state)
    # Places that are there in every run: what is shown in one of them never moves another.
    line, entry = st.container(), st.container(key=ENTRY)
    with entry:
        take_photos(visit, t)
        photos, below, fold = st.container(), st.container(), st.container()
    follow_photos(visit)
    if not has_photos(visit):
        visit.current = ""
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
        part_by_day(visit, cards)
        cards.wait()
    with below:
        offer_visits(visit, t)
        fine = take_details(visit, t)
        collage = visit.collage()
        if collage is not None and visit.cutting is None:
            cut_collage(visit, collage, t)
    with st.container() if place is None else place.container():
        measured = _result(visit, stored_sample, cards, t)
    if not measured:
        return
    if fine and not visit.unfolded:
        with line:
            show_folded(visit, t)
    else:
        fold.button(t("compare.fold"), key="fold", on_click=visit.fold)


def _result(visit: Visit, stored_sample: Path, cards: Cards | None, t: Texts) -> bool:
    """The result of the pair that is shown; False where there is none, or none yet."""
    own, running = cards is not None, visit.running
    if cards is not None and running is not None:
        if not _await(running, visit, cards, t):
            return False
        cards.wait()
        if visit.undated:
            run_again()  # for the dates that were read off the photos meanwhile
    dossier = session_pair(visit, stored_sample)
    if dossier is None:
        if visit.request() is not None:
            _show_ending(visit, t)
        return False
    undated = own and not visit.unfolded and None in (visit.details.before_date, visit.details.after_date)
    with show_numbers(dossier.result, t, below_the_band=partial(ask_missing_days, visit, t) if undated else None):
        show_tools(visit, dossier, visit.current[:16] or "sample", t)
    show_details(dossier.result, t)
    _offer_exports(visit, dossier, visit.details if own else SAMPLE_DETAILS, t)
    if own:
        from photocompare.viewer.compare.saving_form import show_saving

        show_saving(visit, dossier, t)
    return True


def _await(running: Measuring, visit: Visit, cards: Cards, t: Texts) -> bool:
    """Wait for the result, with both photos to be looked at; nothing of it is left on the page."""
    place = st.empty()
    with place.container():
        progress, meanwhile = st.container(), Meanwhile(running, visit.current[:16], t)

    def tell() -> None:
        cards.tell()
        meanwhile.tell()

    with progress:
        over = await_result(running, t, stop=visit.stop, also=tell)
    if over:
        place.empty()
    return over


def _show_ending(visit: Visit, t: Texts) -> None:
    """Why there is no result, and what to do."""
    ended = visit.measurements.get(visit.current)
    if ended is None:
        st.info(t("compare.stopped"))
    else:
        show_failure(ended, t)
    st.button(t("compare.measure"), type="primary", key="measure", on_click=visit.try_again)
    offer_whole_leg(visit, t)


def _offer_exports(visit: Visit, dossier: Dossier, details: VisitDetails, t: Texts) -> None:
    made = visit.corrections.get(visit.current, [])
    offer_exports(Takeaway(dossier, details, made[-1] if made else None, visit.photo_facts), t)
