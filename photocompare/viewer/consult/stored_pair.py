"""Consult for an account that sees one patient at a time: the patient is opened by the key, then one of the stored pairs is looked at."""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st

from photocompare.base.errors import UsageError
from photocompare.records.patient_file import PatientFile, StoredComparison, StoredRegion
from photocompare.report.words.texts import Texts
from photocompare.results.dossier import Dossier
from photocompare.results.redated import under_dates
from photocompare.viewer.shared.page import presenting
from photocompare.viewer.shared.records_access import actor, records
from photocompare.viewer.sign_in.session import close_consult, open_consult

_HELD = "consult_pair"
_ENTERED = "consult_key"
_LONGEST_KEY = 40


@dataclass(frozen=True)
class OpenedPair:
    """A stored pair on the patient's screen; the identity tells it from other pairs."""

    identity: str
    dossier: Dossier


def chosen(t: Texts) -> OpenedPair | None:
    """The pair to be shown; None where no patient is open, or there is nothing to show."""
    who = actor()
    if not who.patient_key:
        _ask_for_key(t)
        return None
    try:
        file = records().open_patient(who, who.patient_key, again=True)
    except UsageError as error:  # erased meanwhile
        st.error(t.error(error))
        _close_button(t)
        return None
    pairs = _pairs(file)
    if not presenting():
        named, close = st.columns([4, 1], vertical_alignment="bottom")
        with close:
            _close_button(t)
        if not pairs:
            named.info(t("sign_in.nothing_stored"))
            return None
        number = named.selectbox(t("sign_in.pair"), list(pairs), format_func=lambda n: _called(*pairs[n], t), key="consult_chosen")
    else:
        held = st.session_state.get(_HELD)
        number = held[0] if held is not None and held[0] in pairs else next(iter(pairs))
    return _opened(number, *pairs[number])


def _ask_for_key(t: Texts) -> None:
    st.session_state.pop(_HELD, None)  # closed on another screen
    st.text(t("sign_in.consult_intro"))
    with st.form("open_patient", border=False):
        key = st.text_input(t("sign_in.patient_key"), key=_ENTERED, max_chars=_LONGEST_KEY)
        pressed = st.form_submit_button(t("sign_in.open"), type="primary")
    if pressed and key.strip():
        try:
            open_consult(key.strip().upper())
        except UsageError as error:
            st.error(t.error(error))
        else:
            st.rerun()


def _close_button(t: Texts) -> None:
    st.button(t("sign_in.close"), key="close_patient", on_click=close_consult, width="stretch")


def _pairs(file: PatientFile) -> dict[int, tuple[StoredRegion, StoredComparison]]:
    """Number to region and comparison, the latest follow-up first."""
    found = [(region, comparison) for region in file.regions for comparison in region.comparisons]
    found.sort(key=lambda pair: pair[0].visit(pair[1].after_visit).facts.day, reverse=True)
    return {comparison.id: (region, comparison) for region, comparison in found}


def _called(region: StoredRegion, comparison: StoredComparison, t: Texts) -> str:
    before, after = (region.visit(number).facts.day.isoformat() for number in (comparison.before_visit, comparison.after_visit))
    return t("sign_in.pair_named", leg=t(f"compare.leg_{region.side}"), region=region.name, before=before, after=after)


def _opened(number: int, region: StoredRegion, comparison: StoredComparison) -> OpenedPair:
    """The stored pair under its visits' days; read, and noted in the trail, once for as long as it is looked at."""
    held = st.session_state.get(_HELD)
    if held is None or held[0] != number:
        before, after = (region.visit(visit).facts.day for visit in (comparison.before_visit, comparison.after_visit))
        held = (number, under_dates(records().dossier(actor(), number), before, after))
        st.session_state[_HELD] = held
    return OpenedPair(f"stored-{number}", held[1])
