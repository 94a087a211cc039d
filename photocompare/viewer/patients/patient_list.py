"""The list of patients: looking for one, opening one, adding one."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import streamlit as st

from photocompare.records.access import Actor
from photocompare.records.patient_search import PatientLine
from photocompare.records.store import MOST_FOUND, Records
from photocompare.report.words.texts import Texts
from photocompare.results.visit_details import LONGEST_ENTRY, LONGEST_LABEL, shown_text
from photocompare.viewer.patient_record.fields import identity_fields, new_prefix, start_new
from photocompare.viewer.patient_record.open_patient import choose_patient, may_write
from photocompare.viewer.shared.components import component, packed
from photocompare.viewer.shared.expanders import lazy_expander
from photocompare.viewer.shared.notices import show_notice_at
from photocompare.viewer.sign_in.saves import saving

_LONGEST_SOUGHT = 80

_NEW = "new_patient"
_LIST = "patient_list"


def show_list(held: Records, who: Actor, t: Texts) -> None:
    """Search, what was found, and a form for a new patient."""
    words = st.text_input(t("patients.search"), key="patient_search", max_chars=_LONGEST_SOUGHT, help=t("patients.search_help"))
    found = held.find_patients(who, words)
    if found:
        _offer(found, t)
        if len(found) == MOST_FOUND:
            st.text(t("patients.more", n=MOST_FOUND))
    elif words.strip():
        st.info(t("patients.none_found"))
    else:
        st.info(t("patients.none_yet"))
    if may_write():
        _new_patient(t)


def _offer(found: list[PatientLine], t: Texts) -> None:
    lines = [
        {
            "key": line.key,
            "name": shown_text(line.name, LONGEST_LABEL) or t("patients.unnamed"),
            "chart": shown_text(line.chart_number, LONGEST_ENTRY),
            "seen": last_seen(line, t),
        }
        for line in found
    ]
    scripts, markup = ("shared/unpack.js", "shared/elements.js", "patients/patient_list.js"), '<ul class="patients"></ul>'
    listed: Any = component("photocompare_patient_list", scripts, css="patients/patient_list.css", html=markup)
    listed(key=_LIST, data=packed({"label": t("patients.list_label"), "lines": lines}), on_open_change=_open_chosen)


def _open_chosen() -> None:
    """Before the page runs, so that it draws the patient at once and not the list first."""
    chosen = getattr(st.session_state[_LIST], "open", None)
    if chosen is not None:
        choose_patient(str(chosen))


def last_seen(line: PatientLine, t: Texts) -> str:
    """How often, and when last."""
    if line.last_day is None:
        return t("patients.visits_none")
    count = t("patients.visits_one") if line.visits == 1 else t("patients.visits", n=line.visits)
    return t("patients.last_seen", visits=count, day=line.last_day.isoformat())


def _added(key: str) -> None:
    choose_patient(key)
    start_new(_NEW)


def _new_patient(t: Texts) -> None:
    box = lazy_expander(t("patients.new"), "new_patient_box")
    if box is None:
        return
    with box, st.form("new_patient_form", border=False):
        st.text(t("patients.new_note"))
        read = identity_fields(new_prefix(_NEW), None, t)

        def add(held: Records, who: Actor) -> Callable[[], None]:
            identity = read()
            return partial(_added, held.add_patient(who, identity if identity != type(identity)() else None))

        st.form_submit_button(t("patients.add"), type="primary", on_click=saving(add, place=_NEW, t=t))
        show_notice_at(_NEW)
