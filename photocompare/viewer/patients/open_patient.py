"""What the pages about one patient share: which patient is open, names that are safe to show, errors as sentences, expanders."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

import streamlit as st

from photocompare.base.errors import UsageError
from photocompare.records.access import Permission, allowed
from photocompare.records.patient_file import PatientFile, StoredRegion
from photocompare.report.words.texts import Texts
from photocompare.results.visit_details import LONGEST_ENTRY, LONGEST_LABEL, shown_text
from photocompare.viewer.shared.records_access import actor, records

_OPEN = "patient_open"
_NOTED = "patient_noted"
_SAID = "patient_said"


def patient_at_hand() -> str:
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


def told(error: UsageError, t: Texts) -> str:
    """The error's sentence in the language at hand, the entry that it speaks of named as on the page."""
    entry = str(error.values.get("entry", ""))
    label = t.entries.get(f"patients.field_{entry}", "")
    if not label:
        return t.error(error)
    error.values["entry"] = label
    return t.error(error).replace(entry, label)


@contextlib.contextmanager
def told_here(t: Texts) -> Iterator[None]:
    """Errors that people are told stand in this place as their sentence."""
    try:
        yield
    except UsageError as error:
        st.error(told(error, t))


def say(sentence: str) -> None:
    """Have a sentence stand on the page's next run, which follows at once."""
    st.session_state[_SAID] = sentence
    st.rerun()


def show_said() -> None:
    """What the last run had to say, once."""
    if sentence := st.session_state.pop(_SAID, ""):
        st.success(sentence)


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


def opened_box(label: str, key: str, *, expanded: bool = False) -> Any:
    """An expander whose content is due, else None.

    It is due from the first opening on: dozens of fields that nobody has opened would be most of what a page sends to the browser, and
    what was typed stays when the expander is closed.

    Parameters
    ----------
    label, key : str
    expanded : bool
        Whether it is open at first.
    """
    box = st.expander(label, expanded=expanded, key=key, on_change="rerun")
    drawn = f"{key}_drawn"
    if box.open:
        st.session_state[drawn] = True
    return box if st.session_state.get(drawn) else None
