"""The fields in which a patient's identity, a visit's facts and its place are typed; they keep what was typed until it has been saved."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Callable, Sequence
from typing import Any

import streamlit as st

from photocompare.records.entries import IdentityFacts, VisitFacts
from photocompare.records.patient_file import StoredRegion
from photocompare.records.schema import CEAP_CLASSES, FORMS, HIGHEST_VCSS, LONGEST_COMPRESSION_DAYS, LONGEST_NAME
from photocompare.report.words.texts import Texts
from photocompare.results.visit_details import MOST_SESSIONS
from photocompare.viewer.patient_record.open_patient import place_name
from photocompare.viewer.shared.kept_fields import keep_typed
from photocompare.viewer.shared.printed_letters import tell_not_printed

_FIRST_BIRTHDAY = dt.date(1900, 1, 1)
_FIRST_VISIT = dt.date(1970, 1, 1)
"""As the records have it."""

_LONGEST_NOTE_TYPED = 4000
"""Characters that a note's field takes; the records keep more, which other programs may write."""

_ANOTHER = 0
"""In place of a region's number: one that is named now."""

TREATMENT = ("session", "agent", "concentration_percent", "form", "operator", "site", "compression_days")
FINDINGS = ("ceap", "vcss")


def identity_fields(prefix: str, kept: IdentityFacts | None, t: Texts) -> Callable[[], IdentityFacts]:
    """The fields of an identity, filled at first with what is kept; returns what reads them."""
    values = dataclasses.asdict(kept or IdentityFacts())
    with keep_typed(*(f"{prefix}_{name}" for name in values)):
        prefill(prefix, values)
        _draw_identity(prefix, t)
    return lambda: IdentityFacts(**{name: typed(prefix, name) for name in ("name", "chart_number", "born_on", "note")})


def _draw_identity(prefix: str, t: Texts) -> None:
    first, second, third = st.columns([3, 2, 2])
    first.text_input(t("patients.field_name"), key=f"{prefix}_name", max_chars=LONGEST_NAME)
    second.text_input(t("patients.field_chart_number"), key=f"{prefix}_chart_number", max_chars=LONGEST_NAME)
    third.date_input(
        t("patients.field_born_on"), None, min_value=_FIRST_BIRTHDAY, max_value="today", format="YYYY-MM-DD", key=f"{prefix}_born_on"
    )
    name = st.session_state.get(f"{prefix}_name") or ""
    tell_not_printed(name, lambda letters: t("patients.name_not_printed", letters=letters))
    st.text_area(t("patients.field_note"), key=f"{prefix}_note", max_chars=_LONGEST_NOTE_TYPED, height=80)


def visit_fields(prefix: str, names: Sequence[str], t: Texts, *, columns: int = 3) -> None:
    """Fields of a visit's facts under session keys `prefix_name`, row by row: so they are met by keyboard and on a phone in their order."""
    for start in range(0, len(names), columns):
        for column, name in zip(st.columns(columns), names[start : start + columns], strict=False):
            with column, keep_typed(f"{prefix}_{name}"):
                _visit_field(f"{prefix}_{name}", name, t)


def _visit_field(key: str, name: str, t: Texts) -> None:
    label = t(f"patients.field_{name}")
    whole = {"session": MOST_SESSIONS, "compression_days": LONGEST_COMPRESSION_DAYS, "vcss": HIGHEST_VCSS}
    if name == "day":
        st.date_input(label, None, min_value=_FIRST_VISIT, max_value="today", format="YYYY-MM-DD", key=key)
    elif name in whole:
        st.number_input(label, 0, whole[name], None, 1, key=key)
    elif name == "concentration_percent":
        st.number_input(label, 0.01, 100.0, None, 0.25, key=key)
    elif name == "form":
        st.selectbox(label, ("", *FORMS), format_func=lambda word: t(f"patients.form_{word or 'none'}"), key=key)
    elif name == "ceap":
        st.selectbox(label, ("", *CEAP_CLASSES), format_func=lambda word: word or t("patients.not_given"), key=key)
    elif name == "note":
        st.text_area(label, key=key, max_chars=_LONGEST_NOTE_TYPED, height=80)
    else:
        st.text_input(label, key=key, max_chars=LONGEST_NAME)


def prefill(prefix: str, values: dict[str, Any]) -> None:
    """Put values into fields that nobody has typed in yet."""
    for name, value in values.items():
        st.session_state.setdefault(f"{prefix}_{name}", value)


def empty_fields(prefix: str) -> None:
    """Empty the fields, so that they are filled anew."""
    for key in [key for key in st.session_state if str(key).startswith(f"{prefix}_")]:
        del st.session_state[key]


def new_prefix(name: str) -> str:
    """Prefix of the fields of something new: another one after each that was kept, since a browser goes on showing what was typed."""
    return f"{name}_{st.session_state.get(f'{name}_made', 0)}"


def start_new(name: str) -> None:
    """Begin the fields of something new once more, empty."""
    st.session_state[f"{name}_made"] = st.session_state.get(f"{name}_made", 0) + 1


def typed(prefix: str, name: str) -> Any:
    """What stands in a field; a text without the blanks around it."""
    value = st.session_state.get(f"{prefix}_{name}")
    return value.strip() if isinstance(value, str) else value


def typed_visit(prefix: str, day: dt.date, names: Sequence[str]) -> VisitFacts:
    """The visit that the fields describe.  UsageError for what can't be."""
    values = {name: typed(prefix, name) for name in names if name != "day"}
    return VisitFacts(day, **{name: value for name, value in values.items() if value is not None})


def place_fields(prefix: str, regions: tuple[StoredRegion, ...], t: Texts) -> Callable[[], tuple[str, str]]:
    """Leg and region: one that the patient has, or another that is named now; returns what reads them."""
    known = {region.id: region for region in regions}
    chosen: int = _ANOTHER
    if known:
        key = f"{prefix}_place_{regions[0].id}"

        def name(number: int) -> str:
            return place_name(known[number].side, known[number].name, t) if number in known else t("patients.other_region")

        chosen = st.selectbox(t("patients.region"), [*known, _ANOTHER], format_func=name, key=key)

    def read() -> tuple[str, str]:
        picked = st.session_state.get(key) if known else _ANOTHER
        if picked in known:
            return known[picked].side, known[picked].name
        return typed(prefix, "side") or "", typed(prefix, "region") or ""

    if chosen in known:
        return read
    first, second = st.columns(2)
    legs = ("", "left", "right")
    with keep_typed(f"{prefix}_side"):
        first.selectbox(t("compare.leg"), legs, format_func=lambda v: t(f"compare.leg_{v or 'none'}"), key=f"{prefix}_side")
    with keep_typed(f"{prefix}_region"):
        second.text_input(t("compare.region"), key=f"{prefix}_region", max_chars=80)
    return read
