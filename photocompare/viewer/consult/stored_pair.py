"""Consult for an account that sees one patient at a time: the patient is opened by the key, then one of the stored pairs is looked at."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import streamlit as st

from photocompare.base.errors import UsageError
from photocompare.records.patient_file import StoredComparison, StoredRegion
from photocompare.report.words.texts import Texts
from photocompare.results.dossier import Dossier
from photocompare.results.redated import under_dates
from photocompare.viewer.patient_record.open_patient import days_of, latest_first
from photocompare.viewer.shared.components import nothing
from photocompare.viewer.shared.notices import show_notice_at
from photocompare.viewer.shared.page import presenting
from photocompare.viewer.shared.records import records
from photocompare.viewer.sign_in.saves import saving
from photocompare.viewer.sign_in.session import actor, close_consult, open_consult

_HELD = "consult_pair"
_ENTERED = "consult_key"
_LONGEST_KEY = 40


@dataclass(frozen=True)
class StoredPair:
    """A stored pair on the patient's screen; the identity tells it from other pairs."""

    identity: str
    dossier: Dossier


def chosen_pair(t: Texts) -> StoredPair | None:
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
    pairs = latest_first(file)
    if not presenting():
        named, close = st.columns([4, 1], vertical_alignment="bottom")
        with close:
            _close_button(t)
        if not pairs:
            named.info(t("sign_in.nothing_stored"))
            return None
        number = named.selectbox(t("sign_in.pair"), list(pairs), format_func=lambda n: _name(*pairs[n], t), key="consult_chosen")
    else:
        held = st.session_state.get(_HELD)
        number = held[0] if held is not None and held[0] in pairs else next(iter(pairs))
    return _stored_pair(number, *pairs[number])


def _ask_for_key(t: Texts) -> None:
    st.session_state.pop(_HELD, None)  # closed on another screen
    st.text(t("sign_in.consult_intro"))
    with st.form("open_patient", border=False):
        st.text_input(t("sign_in.patient_key"), key=_ENTERED, max_chars=_LONGEST_KEY)
        st.form_submit_button(t("sign_in.open"), type="primary", on_click=saving(_open, place=_ENTERED, t=t))
    show_notice_at(_ENTERED)


def _open(*_: object) -> Callable[[], None]:
    if key := str(st.session_state[_ENTERED]).strip().upper():
        open_consult(key)
    return nothing


def _close_button(t: Texts) -> None:
    st.button(t("sign_in.close"), key="close_patient", on_click=close_consult, width="stretch")


def _name(region: StoredRegion, comparison: StoredComparison, t: Texts) -> str:
    before, after = days_of(region, comparison)
    place = {"leg": t(f"compare.leg_{region.side}"), "region": region.name}
    return t("sign_in.pair_named", **place, before=before.isoformat(), after=after.isoformat())


def _stored_pair(number: int, region: StoredRegion, comparison: StoredComparison) -> StoredPair:
    """The stored pair under its visits' days; read, and noted in the trail, once for as long as it is looked at."""
    held = st.session_state.get(_HELD)
    if held is None or held[0] != number:
        held = (number, under_dates(records().dossier(actor(), number), *days_of(region, comparison)))
        st.session_state[_HELD] = held
    return StoredPair(f"stored-{number}", held[1])
