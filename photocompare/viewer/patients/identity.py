"""Who a patient is, and what the patient agrees to."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from html import escape

import streamlit as st

from photocompare.records.access import Actor
from photocompare.records.entries import IdentityFacts
from photocompare.records.patient_file import PatientFile
from photocompare.records.schema import CONSENT_USES
from photocompare.records.store import Records
from photocompare.report.words.texts import Texts
from photocompare.viewer.patient_record.fields import identity_fields
from photocompare.viewer.patient_record.open_patient import may_write
from photocompare.viewer.patients.draft import Draft
from photocompare.viewer.shared.components import nothing
from photocompare.viewer.shared.notices import notice_at
from photocompare.viewer.sign_in.saves import saving


def show_identity(file: PatientFile, t: Texts) -> None:
    """Identity and consents, to be changed by whoever may."""
    if may_write():
        _edit(file, t)
    else:
        st.text(file.identity.note if file.identity is not None and file.identity.note else t("patients.no_note"))
    st.html(f"<h3>{escape(t('patients.consents'))}</h3><p class='pc-small'>{escape(t('patients.consents_note'))}</p>")
    for use in CONSENT_USES:
        _consent(file, use, t)


def _edit(file: PatientFile, t: Texts) -> None:
    prefix = f"identity_{file.key}"
    draft = Draft(prefix, dataclasses.asdict(file.identity or IdentityFacts()), file.version)
    with st.form(f"form_{prefix}", border=False):
        read = identity_fields(prefix, file.identity, t)

        def write(held: Records, who: Actor, version: int) -> None:
            held.change_identity(who, file.key, read(), version=version)

        st.form_submit_button(t("patients.save_identity"), type="primary", on_click=draft.on_save(write, t("patients.identity_saved"), t))
    draft.show_failure(t)


def _consent(file: PatientFile, use: str, t: Texts) -> None:
    """A switch that stands as the records have it, whoever else set it meanwhile."""
    key, given = f"consent_{file.key}_{use}", file.consents[use]
    seen, failure = f"{key}_seen", notice_at(key)
    if st.session_state.get(seen) != given or failure is not None:
        st.session_state[key] = st.session_state[seen] = given
    st.session_state.setdefault(key, given)

    def keep(held: Records, who: Actor) -> Callable[[], None]:
        held.set_consent(who, file.key, use, bool(st.session_state[key]))
        return nothing

    on_change = saving(keep, place=key, t=t, switch=True)
    st.toggle(t(f"patients.consent_{use}"), key=key, disabled=not may_write(), on_change=on_change)
    if failure is not None:
        st.error(failure.sentence)
