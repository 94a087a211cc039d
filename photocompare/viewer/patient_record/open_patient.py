"""Which patient a session has open, names that are safe to show, and what is stored: results, days, order."""

from __future__ import annotations

import datetime as dt

import streamlit as st

from photocompare.records.access import Permission, allowed
from photocompare.records.patient_file import PatientFile, StoredComparison, StoredRegion
from photocompare.report.words.texts import Texts
from photocompare.results.visit_details import LONGEST_ENTRY, LONGEST_LABEL, shown_text
from photocompare.viewer.shared.records import records
from photocompare.viewer.sign_in.session import actor

_OPEN = "patient_open"
_NOTED = "patient_noted"


def open_patient_key() -> str:
    """Key of the patient that this session has open; of a consult the only one that it may see."""
    who = actor()
    return who.patient_key if who.role == "consult" else str(st.session_state.get(_OPEN, ""))


def choose_patient(key: str) -> None:
    """Have a patient open from now on; an empty key closes it."""
    st.session_state[_OPEN] = key


def open_file(key: str) -> PatientFile:
    """The patient's file as it stands now: allowed anew on every run, noted in the trail when it is opened.

    Raises
    ------
    AccessDenied
    UsageError
        There is no such patient.
    """
    file = records().open_patient(actor(), key, again=st.session_state.get(_NOTED) == key)
    st.session_state[_NOTED] = key
    return file


def may_write() -> bool:
    """Whether who sits here may change a patient's record; the records ask again."""
    return allowed(actor(), Permission.WRITE_PATIENT)


def shown_name(name: str, chart_number: str, key: str) -> str:
    """A patient in one line: name, chart number, key; whatever is there."""
    parts = (shown_text(name, LONGEST_LABEL), shown_text(chart_number, LONGEST_ENTRY), key)
    return ", ".join(part for part in parts if part)


def region_name(region: StoredRegion, t: Texts) -> str:
    """A region in one line."""
    return place_name(region.side, region.name, t)


def place_name(side: str, name: str, t: Texts) -> str:
    """Leg and region in one line."""
    return f"{t(f'compare.leg_{side}')}, {shown_text(name, LONGEST_ENTRY)}"


def days_of(region: StoredRegion, comparison: StoredComparison) -> tuple[dt.date, dt.date]:
    """Days of the visits that a comparison is between."""
    return region.visit(comparison.before_visit).facts.day, region.visit(comparison.after_visit).facts.day


def latest_first(file: PatientFile) -> dict[int, tuple[StoredRegion, StoredComparison]]:
    """All comparisons of a patient, by their number: region and comparison, the latest follow-up first."""
    found = [(region, comparison) for region in file.regions for comparison in region.comparisons]
    found.sort(key=lambda pair: days_of(*pair)[1], reverse=True)
    return {comparison.id: (region, comparison) for region, comparison in found}
