"""Compare, at its end: save the own pair to a patient's record."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from html import escape

import streamlit as st

from photocompare.base.errors import UsageError
from photocompare.records.access import Actor
from photocompare.records.entries import IdentityFacts, checked_place
from photocompare.records.patient_file import StoredRegion
from photocompare.records.saving import SavedComparison
from photocompare.records.store import Records
from photocompare.report.words.texts import Texts
from photocompare.results.dossier import Dossier
from photocompare.viewer.compare.record_entry import both_visits, corrected_entry, entry_of
from photocompare.viewer.measuring.uploads import SAVING
from photocompare.viewer.measuring.visit import Visit
from photocompare.viewer.patients.fields import identity_fields, typed, visit_fields
from photocompare.viewer.patients.open_patient import choose_patient, open_file, patient_at_hand, place_name, shown_name, told_here
from photocompare.viewer.patients.visits import place_fields
from photocompare.viewer.shared.kept_fields import lasting
from photocompare.viewer.shared.record_pages import mark_demo
from photocompare.viewer.shared.records_access import actor, records

_SAVED = f"{SAVING}done"
_CHOSEN = f"{SAVING}chosen"
_ADDED = f"{SAVING}added"
_WHOSE = f"{SAVING}whose"
_SOUGHT = f"{SAVING}sought"
_PATIENT = f"{SAVING}patient"
_PLACE = f"{SAVING}place"
_BEFORE, _AFTER = f"{SAVING}before", f"{SAVING}after"
_REASON = f"{SAVING}reason"

_AT_THE_BEFORE_VISIT = ("session", "form", "operator", "site", "compression_days", "ceap", "vcss")
_AT_THE_AFTER_VISIT = ("ceap", "vcss")


@dataclasses.dataclass(frozen=True)
class _Whose:
    """Whose record it is: the name to be shown, the regions that there are, and what gives the key when it comes to saving."""

    name: str
    regions: tuple[StoredRegion, ...]
    key: Callable[[], str]


def show_saving(visit: Visit, dossier: Dossier, t: Texts) -> None:
    """The form, and after saving the way to the patient's page."""
    st.subheader(t("saving.title"), anchor=False)
    with told_here(t):
        held, who = records(), actor()
        mark_demo(held, t)
        key, saved = st.session_state.get(_SAVED, {}).get(visit.current, ("", None))
        if saved is not None:
            st.success(t("saving.saved", record=key) if saved.revision == 1 else t("saving.saved_revision", record=key, n=saved.revision))
            st.page_link("app_pages/patients.py", label=t("saving.to_patient"))
        with st.expander(t("saving.open"), expanded=saved is None):
            _form(held, who, visit, dossier, t)


def _form(held: Records, who: Actor, visit: Visit, dossier: Dossier, t: Texts) -> None:
    st.text(t("saving.note"))
    kinds = ("known", "new")
    with lasting(_WHOSE):
        kind = st.radio(t("saving.whose"), kinds, format_func=lambda word: t(f"saving.patient_{word}"), key=_WHOSE, horizontal=True)
    whose = _new_patient(held, who, visit, t) if kind == "new" else _known_patient(held, who, t)
    _follow_details(visit)
    place = place_fields(_PLACE, whose.regions, t)
    st.html(f"<h4>{escape(t('saving.before_visit'))}</h4>")
    visit_fields(_BEFORE, _AT_THE_BEFORE_VISIT, t, columns=4)
    st.html(f"<h4>{escape(t('saving.after_visit'))}</h4>")
    visit_fields(_AFTER, _AT_THE_AFTER_VISIT, t, columns=4)
    corrected = bool(visit.corrections.get(visit.current))
    with lasting(_REASON):
        st.text_input(t("saving.reason_correction" if corrected else "saving.reason_revision"), key=_REASON, max_chars=200)
    days = [day.isoformat() for day in (visit.details.before_date, visit.details.after_date) if day is not None]
    told = [whose.name, *([place_name(*place, t)] if all(place) else []), *days]
    st.html(f'<p data-testid="saving-to"><b><bdi>{escape(", ".join(word for word in told if word))}</bdi></b></p>')
    if st.button(t("saving.save"), type="primary", key="save_to_record"):
        with told_here(t):
            st.session_state.setdefault(_SAVED, {})[visit.current] = _save(held, who, visit, dossier, whose, place)
            st.rerun()


def _known_patient(held: Records, who: Actor, t: Texts) -> _Whose:
    """A patient of the records, found by words; without words the one at hand."""
    with lasting(_SOUGHT):
        words = st.text_input(t("patients.search"), key=_SOUGHT, max_chars=80, help=t("patients.search_help")).strip()
    at_hand = str(st.session_state.get(_CHOSEN) or patient_at_hand())
    if words:
        names = {line.key: shown_name(line.name, line.chart_number, line.key) for line in held.find_patients(who, words)}
    else:
        names = {at_hand: _name_of(at_hand)} if at_hand else {}
    if not names:
        st.info(t("patients.none_found") if words else t("saving.find_first"))
        return _Whose("", (), _nobody)
    with lasting(_PATIENT):
        if st.session_state.get(_PATIENT) not in names:
            st.session_state[_PATIENT] = next(iter(names))
        key = st.selectbox(t("saving.patient"), list(names), format_func=names.__getitem__, key=_PATIENT)
    return _Whose(names[key], open_file(key).regions, lambda: key)


def _name_of(key: str) -> str:
    identity = open_file(key).identity or IdentityFacts()
    return shown_name(identity.name, identity.chart_number, key)


def _nobody() -> str:
    raise UsageError("Choose a patient, or enter a new one.", code="patient_not_chosen")


def _new_patient(held: Records, who: Actor, visit: Visit, t: Texts) -> _Whose:
    st.text(t("patients.new_note"))
    read = identity_fields(f"{SAVING}identity", None, t)

    def add() -> str:
        # Where saving failed after this, or was asked for twice, the patient is there already.
        identity = read()
        known, key = st.session_state.get(_ADDED, (None, ""))
        if known != (visit.current, identity):
            key = held.add_patient(who, identity if identity != IdentityFacts() else None)
            st.session_state[_ADDED] = ((visit.current, identity), key)
        return str(key)

    return _Whose(t("saving.patient_new"), (), add)


def _follow_details(visit: Visit) -> None:
    """Leg and region as they were given beside the photos, whenever they are given anew."""
    given = (visit.details.leg, visit.details.region)
    if st.session_state.get(f"{_PLACE}_given") != given:
        st.session_state[f"{_PLACE}_given"] = given
        for name, value in zip(("side", "region"), given, strict=True):
            if value:
                st.session_state[f"{_PLACE}_{name}"] = value


def _save(held: Records, who: Actor, visit: Visit, dossier: Dossier, whose: _Whose, place: tuple[str, str]) -> tuple[str, SavedComparison]:
    """Save the machine's result, and the latest correction as its revision; the patient's key, and where it is kept."""
    reason = str(typed(SAVING.rstrip("_"), "reason") or "")
    before = {name: typed(_BEFORE, name) for name in _AT_THE_BEFORE_VISIT}
    after = {name: typed(_AFTER, name) for name in _AT_THE_AFTER_VISIT}
    visits = both_visits(visit.details, before, after)
    # All that can be wrong with what was typed is found before anything is written.
    entry = entry_of(visit, dossier, "", checked_place(*place), visits, reason)
    made = visit.corrections.get(visit.current, [])
    entries = [entry, *([corrected_entry(entry, dossier, *made[-1], reason)] if made else [])]
    key = whose.key()
    st.session_state[_CHOSEN] = key
    choose_patient(key)
    for new in entries:
        saved = held.save_comparison(who, dataclasses.replace(new, patient_key=key))
    return key, saved
