"""The clinician's page, top to bottom."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from photocompare.report.texts import Texts
from photocompare.viewer.outcome_view import (
    POLL_SECONDS,
    show_details,
    show_ending,
    show_export,
    show_numbers,
    show_pictures,
    show_progress,
)
from photocompare.viewer.page import SAMPLE_DETAILS, begin, sample
from photocompare.viewer.uploads import cut_collage, show_checks, take_details, take_photos
from photocompare.viewer.visit import Visit, visit_of


def show(stored_sample: Path) -> None:
    """The page: photos, details, and the result of the own pair or of the sample."""
    t = begin("compare.title")
    visit = visit_of(st.session_state)
    take_photos(visit, t)
    own = bool(visit.shots("before") or visit.shots("after"))
    if own:
        pending = show_checks(visit, t)
        take_details(visit, t)
        collage = visit.collage()
        if collage is not None and visit.cutting is None:
            cut_collage(visit, collage, t)
        measuring = visit.begin()
        if pending or (measuring is not None and measuring.dossier is not None and not measuring.ended.is_set()):
            _watch(visit)
    else:
        visit.current = ""
        st.info(t("compare.sample_note"))
    _result(visit, stored_sample, own, t)


def _result(visit: Visit, stored_sample: Path, own: bool, t: Texts) -> None:
    if visit.running is not None:
        show_progress(visit, visit.running, t)
        return
    dossier = visit.dossier if own else sample(stored_sample)
    if dossier is None:
        request = visit.request()
        if request is not None:
            show_ending(visit, visit.measurements.get(visit.current), t)
        return
    measuring = visit.measurements.get(visit.current)
    full_size = {} if measuring is None else measuring.full_size or {}
    identity = visit.current[:16] or "sample"
    show_numbers(dossier.result, t)
    show_pictures(visit, dossier, identity, full_size, t)
    show_details(dossier.result, t)
    show_export(visit, dossier, visit.details if own else SAMPLE_DETAILS, t)


def _watch(visit: Visit) -> None:
    """Look again every moment until all photos are looked at and the full-size pictures have come."""
    known = _known(visit)

    @st.fragment(run_every=POLL_SECONDS)
    def watch() -> None:
        if _known(visit) != known:
            st.rerun()

    watch()


def _known(visit: Visit) -> tuple[object, ...]:
    """What has been found out so far; changes when there is something new to show."""
    checks = tuple(
        (digest, check.photo is not None, check.flags is not None, check.ended.is_set()) for digest, check in visit.checks.items()
    )
    measuring = visit.measurements.get(visit.current)
    return (checks, measuring is not None and measuring.ended.is_set())
