"""Patients: the list, and one patient's record."""

from __future__ import annotations

import streamlit as st

from photocompare.base.errors import UsageError
from photocompare.viewer.patients.open_patient import choose_patient, open_file, patient_at_hand, told_here
from photocompare.viewer.patients.patient_list import show_list
from photocompare.viewer.patients.record import show_record
from photocompare.viewer.shared.page import begin
from photocompare.viewer.shared.record_pages import mark_demo
from photocompare.viewer.shared.records_access import actor, records

_IN_ADDRESS = "patient"


def show() -> None:
    """The page: one patient where one is open, else the list."""
    t = begin("patients.title")
    with told_here(t):
        held, who = records(), actor()
        mark_demo(held, t)
        if asked := st.query_params.get(_IN_ADDRESS):
            # The address only asks; whether the patient may be seen is decided where every patient is opened.
            del st.query_params[_IN_ADDRESS]
            choose_patient(asked)
        key = patient_at_hand()
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
