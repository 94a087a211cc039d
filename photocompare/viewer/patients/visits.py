"""One visit: its facts, to be changed, and its photos; and a new visit, with photos and without a comparison."""

from __future__ import annotations

import base64
import dataclasses
import datetime as dt
from collections.abc import Callable, MutableMapping, Sequence
from functools import partial
from html import escape

import streamlit as st
from streamlit.runtime.uploaded_file_manager import UploadedFile

from photocompare.base.errors import UsageError
from photocompare.records.access import Actor
from photocompare.records.entries import VisitFacts, VisitPhotos
from photocompare.records.patient_file import StoredPhoto, StoredRegion, StoredVisit
from photocompare.records.photo_files import digest_of
from photocompare.records.store import Records
from photocompare.report.words.texts import Texts
from photocompare.viewer.measuring.requests import MOST_SHOTS, Checking
from photocompare.viewer.measuring.uploads import SUFFIXES, nameless, refusal_words
from photocompare.viewer.patient_record.fields import (
    FINDINGS,
    TREATMENT,
    new_prefix,
    place_fields,
    start_new,
    typed,
    typed_visit,
    visit_fields,
)
from photocompare.viewer.patient_record.open_patient import may_write
from photocompare.viewer.patients.draft import Draft
from photocompare.viewer.shared.expanders import lazy_expander
from photocompare.viewer.shared.notices import Notice, leave_notice, notice_at, shown_errors
from photocompare.viewer.shared.waiting import wait_while
from photocompare.viewer.sign_in.saves import saving

_THUMBNAILS = "patient_thumbnails"

MOST_THUMBNAILS = 16
"""Small pictures that a session keeps; each takes some 200 kB."""

_NEW = "new_visit"
_CHECKS = "new_visit_checks"
"""What is known about the photos of the visit that is being entered, by their digests."""


def show_visit(held: Records, who: Actor, visit: StoredVisit, t: Texts) -> None:
    """The visit's facts and photos."""
    if may_write():
        _edit(visit, t)
    if visit.photos:
        shown = st.toggle(t("patients.show_photos"), key=f"photos_{visit.id}")
        if shown:
            with shown_errors(t):
                st.html("".join(_picture(held, who, photo, visit, t) for photo in visit.photos))


def _edit(visit: StoredVisit, t: Texts) -> None:
    prefix = f"visit_{visit.id}"
    draft = Draft(prefix, dataclasses.asdict(visit.facts), visit.version)
    with st.form(f"form_{prefix}", border=False):
        visit_fields(prefix, ("day", *TREATMENT, *FINDINGS), t)
        visit_fields(prefix, ("note",), t, columns=1)

        def write(held: Records, who: Actor, version: int) -> None:
            held.change_visit(who, visit.id, _entered(prefix), version=version)

        st.form_submit_button(t("patients.save_visit"), type="primary", on_click=draft.on_save(write, t("patients.visit_saved"), t))
    draft.show_failure(t)


def _entered(prefix: str) -> VisitFacts:
    day = typed(prefix, "day")
    if not isinstance(day, dt.date):
        raise UsageError("Enter the day of the visit first.", code="day_missing")
    return typed_visit(prefix, day, (*TREATMENT, *FINDINGS, "note"))


def _picture(held: Records, who: Actor, photo: StoredPhoto, visit: StoredVisit, t: Texts) -> str:
    """A photo's small copy, made of its pixels in the confined process that decodes every photo."""
    kept = st.session_state.setdefault(_THUMBNAILS, {})
    if photo.sha256 not in kept:
        check = Checking(held.photo(who, photo.id), look=False)
        wait_while(lambda: not check.ended.is_set())
        kept[photo.sha256] = check.thumbnail
        while len(kept) > MOST_THUMBNAILS:
            kept.pop(next(iter(kept)))
    if not kept[photo.sha256]:
        return f"<p>{escape(t('errors.PhotoError'))}</p>"
    label = t("patients.photo_of", day=visit.facts.day.isoformat())
    encoded = base64.b64encode(kept[photo.sha256]).decode()
    return f'<img class="pc-stored-photo" src="data:image/jpeg;base64,{encoded}" alt="{escape(label)}">'


def add_visit(key: str, regions: tuple[StoredRegion, ...], t: Texts) -> None:
    """A form for a visit that has no comparison yet."""
    box = lazy_expander(t("patients.add_visit"), f"add_visit_{key}", expanded=not regions)
    if box is None:
        return
    with box:
        st.text(t("patients.add_visit_note"))
        prefix = new_prefix(_NEW)
        place = place_fields(prefix, regions, t)
        visit_fields(prefix, ("day", *TREATMENT, *FINDINGS), t)
        visit_fields(prefix, ("note",), t, columns=1)
        uploader = f"{prefix}_files"
        files = st.file_uploader(t("patients.photos_of_visit"), SUFFIXES, accept_multiple_files=True, key=uploader)
        if len(files) > MOST_SHOTS:
            st.warning(t("compare.too_many"))
        known: dict[str, Checking] = st.session_state.setdefault(_CHECKS, {})

        def add(held: Records, who: Actor) -> Callable[[], None]:
            (side, region), facts = place(), _entered(prefix)
            photos = visit_photos(_files(st.session_state.get(uploader) or []), known, t)
            held.add_visit(who, key, side, region, facts, photos)
            return partial(_added, t("patients.visit_added"))

        st.button(t("patients.add_visit"), type="primary", key="add_visit", on_click=saving(add, place=_NEW, t=t))
        failed = notice_at(_NEW)
        if failed is not None:
            st.error(failed.sentence)
        else:
            _look_at(_files(files), known, t)


def _files(uploaded: Sequence[UploadedFile]) -> list[bytes]:
    return [nameless(file.getvalue()) for file in uploaded[:MOST_SHOTS]]


def _added(sentence: str) -> None:
    start_new(_NEW)
    st.session_state.pop(_CHECKS, None)
    leave_notice("patients", Notice(sentence))


def _look_at(files: Sequence[bytes], known: MutableMapping[str, Checking], t: Texts) -> None:
    """Look at photos while the rest is typed, so that the save need not wait for it; what can't be read is told."""
    checks = _checks(files, known)
    words = st.empty()
    words.text(t("compare.checking"))
    wait_while(lambda: not all(check.ended.is_set() for check in checks))
    words.empty()
    with shown_errors(t):
        visit_photos(files, known, t)


def _checks(files: Sequence[bytes], known: MutableMapping[str, Checking]) -> list[Checking]:
    """What is known of each file; looking begins for those that are new, and of files that are gone nothing is kept."""
    digests = [digest_of(data) for data in files]
    for digest, data in zip(digests, files, strict=True):
        if digest not in known:
            known[digest] = Checking(data, look=False)
    for gone in known.keys() - set(digests):
        del known[gone]
    return [known[digest] for digest in digests]


def visit_photos(files: Sequence[bytes], known: MutableMapping[str, Checking], t: Texts) -> VisitPhotos:
    """Files as the records take them, each with its own facts; waits without a word until each was looked at.

    Parameters
    ----------
    files : sequence of bytes
    known : mapping
        Digest to what is known of a file already; what is found out is added.
    t : Texts

    Raises
    ------
    UsageError
        One can't be read; why, in the language at hand.
    """
    checks = _checks(files, known)
    wait_while(lambda: not all(check.ended.is_set() for check in checks), whatever_comes=True)
    facts = {}
    for data, check in zip(files, checks, strict=True):
        if check.photo is None:
            raise UsageError(t("compare.failed") if check.refusal is None else refusal_words(check.refusal, t))
        facts[digest_of(data)] = check.photo
    return VisitPhotos(tuple(files), facts)
