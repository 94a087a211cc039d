"""Compare, at its end: save the own pair to a patient's record."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from functools import partial
from html import escape

import streamlit as st

from photocompare.base.errors import UsageError
from photocompare.records.access import Actor
from photocompare.records.entries import IdentityFacts, NewComparison, checked_place
from photocompare.records.patient_file import StoredRegion
from photocompare.records.saving import SavedComparison
from photocompare.records.store import Records
from photocompare.report.words.texts import Texts
from photocompare.results.dossier import Dossier
from photocompare.viewer.compare.record_entry import both_visits, corrected_entry, entry_of
from photocompare.viewer.measuring.uploads import SAVING, typed_details
from photocompare.viewer.measuring.visit import Visit
from photocompare.viewer.patient_record.fields import identity_fields, place_fields, typed, visit_fields
from photocompare.viewer.patient_record.open_patient import choose_patient, open_file, open_patient_key, place_name, shown_name
from photocompare.viewer.shared.kept_fields import keep_typed
from photocompare.viewer.shared.notices import Notice, leave_notice, notice_at, show_notice_at
from photocompare.viewer.sign_in.records_page import show_over_records
from photocompare.viewer.sign_in.saves import saving

_SAVED = f"{SAVING}done"
_NEW = "new"
_CHOSEN = f"{SAVING}chosen"
_ADDED = f"{SAVING}added"
_WHOSE = f"{SAVING}whose"
_SOUGHT = f"{SAVING}sought"
_PATIENT = f"{SAVING}patient"
_PLACE = f"{SAVING}place"
_BEFORE, _AFTER = f"{SAVING}before", f"{SAVING}after"
_REASON = f"{SAVING}reason"

_TOLD, _FAILED = "compare_saved", "compare_not_saved"
"""Places of what is told of a save.  That one was done stands on the page for as long as the pair does; elsewhere it is told once."""

_AT_THE_BEFORE_VISIT = ("session", "form", "operator", "site", "compression_days", "ceap", "vcss")
_AT_THE_AFTER_VISIT = ("ceap", "vcss")


@dataclasses.dataclass(frozen=True)
class _ChosenPatient:
    """Whose record it is: the name to be shown, the regions there are, and what reads, at the press, how its key is had."""

    name: str
    regions: tuple[StoredRegion, ...]
    key: Callable[[], Callable[[Records, Actor], str]]


def show_saving(visit: Visit, dossier: Dossier, t: Texts) -> None:
    """The form, and after saving the way to the patient's page."""
    st.subheader(t("saving.title"), anchor=False)
    show_over_records(partial(_saved_and_form, visit, dossier), t)


def _saved_and_form(visit: Visit, dossier: Dossier, held: Records, who: Actor, t: Texts) -> None:
    key, saved = st.session_state.get(_SAVED, {}).get(visit.current, ("", None))
    if saved is not None:
        notice_at(_TOLD)
        st.success(_told(key, saved, t))
        st.page_link("app_pages/patients.py", label=t("saving.to_patient"))
    with st.expander(t("saving.open"), expanded=saved is None):
        _form(held, who, visit, dossier, t)


def _told(key: str, saved: SavedComparison, t: Texts) -> str:
    return t("saving.saved", record=key) if saved.revision == 1 else t("saving.saved_revision", record=key, n=saved.revision)


def _form(held: Records, who: Actor, visit: Visit, dossier: Dossier, t: Texts) -> None:
    st.text(t("saving.note"))
    kinds = ("known", _NEW)
    with keep_typed(_WHOSE):
        if st.session_state.get(_WHOSE) not in kinds:
            st.session_state[_WHOSE] = kinds[0]  # emptied with what was typed about another pair
        kind = st.radio(t("saving.whose"), kinds, format_func=lambda word: t(f"saving.patient_{word}"), key=_WHOSE, horizontal=True)
    patient = _new_patient(visit, t) if kind == _NEW else _known_patient(held, who, t)
    _follow_details(visit)
    place = place_fields(_PLACE, patient.regions, t)
    st.html(f"<h4>{escape(t('saving.before_visit'))}</h4>")
    visit_fields(_BEFORE, _AT_THE_BEFORE_VISIT, t, columns=4)
    st.html(f"<h4>{escape(t('saving.after_visit'))}</h4>")
    visit_fields(_AFTER, _AT_THE_AFTER_VISIT, t, columns=4)
    corrected = bool(visit.corrections.get(visit.current))
    with keep_typed(_REASON):
        st.text_input(t("saving.reason_correction" if corrected else "saving.reason_revision"), key=_REASON, max_chars=200)
    days = [day.isoformat() for day in (visit.details.before_date, visit.details.after_date) if day is not None]
    named = place()
    summary = [patient.name, *([place_name(*named, t)] if all(named) else []), *days]
    st.html(f'<p data-testid="saving-to"><b><bdi>{escape(", ".join(word for word in summary if word))}</bdi></b></p>')
    shown = visit.as_it_is()

    def save(held: Records, who: Actor) -> Callable[[], None]:
        # All that can be wrong with what was typed is found before anything is written.
        pair = dataclasses.replace(shown, details=typed_details())
        entries = _entries(pair, pair.dossier or dossier, place())
        add = patient.key()
        key = add(held, who)
        saved = [held.save_comparison(who, dataclasses.replace(new, patient_key=key)) for new in entries]
        return partial(_note, shown.current, key, saved[-1], t)

    st.button(t("saving.save"), type="primary", key="save_to_record", on_click=saving(save, place=_FAILED, t=t))
    show_notice_at(_FAILED)


def _note(pair: str, key: str, saved: SavedComparison, t: Texts) -> None:
    st.session_state.setdefault(_SAVED, {})[pair] = (key, saved)
    st.session_state[_CHOSEN] = key
    choose_patient(key)
    leave_notice(_TOLD, Notice(_told(key, saved, t)))


def _known_patient(held: Records, who: Actor, t: Texts) -> _ChosenPatient:
    """A patient of the records, found by words; without words the one that is open."""
    with keep_typed(_SOUGHT):
        words = st.text_input(t("patients.search"), key=_SOUGHT, max_chars=80, help=t("patients.search_help")).strip()
    known = str(st.session_state.get(_CHOSEN) or open_patient_key())
    if words:
        names = {line.key: shown_name(line.name, line.chart_number, line.key) for line in held.find_patients(who, words)}
    else:
        names = {known: _name_of(known)} if known else {}
    if not names:
        st.info(t("patients.none_found") if words else t("saving.find_first"))
        return _ChosenPatient("", (), _nobody)
    with keep_typed(_PATIENT):
        if st.session_state.get(_PATIENT) not in names:
            st.session_state[_PATIENT] = next(iter(names))
        key = st.selectbox(t("saving.patient"), list(names), format_func=names.__getitem__, key=_PATIENT)
    return _ChosenPatient(names[key], open_file(key).regions, _known)


def _known() -> Callable[[Records, Actor], str]:
    """The patient who stands in the list at the press."""
    key = st.session_state.get(_PATIENT)
    if not key or st.session_state.get(_WHOSE) == _NEW:
        return _nobody()
    return lambda *_: key


def _name_of(key: str) -> str:
    identity = open_file(key).identity or IdentityFacts()
    return shown_name(identity.name, identity.chart_number, key)


def _nobody() -> Callable[[Records, Actor], str]:
    raise UsageError("Choose a patient, or enter a new one.", code="patient_not_chosen")


def _new_patient(visit: Visit, t: Texts) -> _ChosenPatient:
    st.text(t("patients.new_note"))
    read = identity_fields(f"{SAVING}identity", None, t)

    def asked() -> Callable[[Records, Actor], str]:
        if st.session_state.get(_WHOSE) != _NEW:  # another was chosen, and not yet drawn
            return _nobody()
        identity = read()
        added: dict[tuple[str, IdentityFacts], str] = st.session_state.setdefault(_ADDED, {})
        whose = (visit.current, identity)

        def add(held: Records, who: Actor) -> str:
            # Where saving failed after this, or was asked for twice, the patient is there already.
            if whose not in added:
                added[whose] = held.add_patient(who, identity if identity != IdentityFacts() else None)
            return added[whose]

        return add

    return _ChosenPatient(t("saving.patient_new"), (), asked)


def _follow_details(visit: Visit) -> None:
    """Leg and region as they were given beside the photos, whenever they are given anew."""
    given = (visit.details.leg, visit.details.region)
    if st.session_state.get(f"{_PLACE}_given") != given:
        st.session_state[f"{_PLACE}_given"] = given
        for name, value in zip(("side", "region"), given, strict=True):
            if value:
                st.session_state[f"{_PLACE}_{name}"] = value


def _entries(visit: Visit, dossier: Dossier, place: tuple[str, str]) -> list[NewComparison]:
    """The machine's result, and the latest correction as its revision, for a patient still to be named."""
    reason = str(typed(SAVING.rstrip("_"), "reason") or "")
    before = {name: typed(_BEFORE, name) for name in _AT_THE_BEFORE_VISIT}
    after = {name: typed(_AFTER, name) for name in _AT_THE_AFTER_VISIT}
    entry = entry_of(visit, dossier, "", checked_place(*place), both_visits(visit.details, before, after), reason)
    made = visit.corrections.get(visit.current, [])
    return [entry, *([corrected_entry(entry, dossier, *made[-1], reason)] if made else [])]
