"""Patients: the list, and one patient's record."""

from __future__ import annotations

import streamlit as st

from photocompare.base.errors import UsageError
from photocompare.records.access import Actor
from photocompare.records.store import Records
from photocompare.report.words.texts import Texts
from photocompare.viewer.patient_record.open_patient import choose_patient, open_file, open_patient_key
from photocompare.viewer.patients.patient_list import show_list
from photocompare.viewer.patients.record import show_record
from photocompare.viewer.sign_in.records_page import show_records_page

_IN_ADDRESS = "patient"


def show() -> None:
    """The page: one patient where one is open, else the list."""
    show_records_page("patients.title", _list_or_record)


def _list_or_record(held: Records, who: Actor, t: Texts) -> None:
    if asked := st.query_params.get(_IN_ADDRESS):
        # The address only asks; whether the patient may be seen is decided where every patient is opened.
        del st.query_params[_IN_ADDRESS]
        choose_patient(asked)
    key = open_patient_key()
    if not key:
        show_list(held, who, t)
        return
    if who.role != "consult":
        st.button(t("patients.all"), key="all_patients", on_click=choose_patient, args=("",))
    try:
        file = open_file(key)
    except UsageError:
        choose_patient("")
        raise
    show_record(held, who, file, t)
