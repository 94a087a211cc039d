"""The patient's page: one calm screen beside the clinician."""

from __future__ import annotations

from html import escape
from pathlib import Path

import streamlit as st

from photocompare.report.words.patient import next_steps, notes_for_patient, patient_sentence
from photocompare.report.words.texts import Texts
from photocompare.results.dossier import Dossier
from photocompare.viewer.consult import stored_pair as sign_in_consult
from photocompare.viewer.measuring.visit import visit_of
from photocompare.viewer.result import blocks
from photocompare.viewer.result.pair_view import Mode, pair_view
from photocompare.viewer.shared.page import begin, language_texts, present, presenting, sample, tell_language
from photocompare.viewer.shared.records_access import actor

_NO_CHROME = "<style>[data-testid='stHeader'], [data-testid='stToolbar'] { display: none; }</style>"


def show(stored_sample: Path) -> None:
    """The slider large, one sentence, the usual course, what comes next, when to call."""
    if presenting():
        t = language_texts()
        tell_language(t.language)
        st.html(blocks.style_sheet() + _NO_CHROME)
        title, leave = st.columns([5, 1], vertical_alignment="center")
        title.title(t("consult.title"), anchor=False)
        leave.button(t("consult.leave"), on_click=present, args=(False,), key="leave", width="stretch")
    else:
        t = begin("consult.title")
    if actor().role == "consult":
        opened = sign_in_consult.chosen(t)
        if opened is not None:
            _show_pair(opened.dossier, opened.identity, t)
        return
    visit = visit_of(st.session_state)
    own = bool(visit.shots("before") or visit.shots("after"))
    dossier = visit.dossier if own else sample(stored_sample)
    if dossier is None:
        st.info(t("consult.no_pair"))
        st.page_link("app_pages/compare.py", label=t("app.compare"))
        return
    if not own:
        st.text(t("consult.sample"))
    _show_pair(dossier, visit.current, t)


def _show_pair(dossier: Dossier, identity: str, t: Texts) -> None:
    left, right = st.columns([3, 2], gap="large")
    with left:
        mode: Mode = "consult" if dossier.measured else "refused"
        pair_view(dossier, t, mode=mode, key=f"consult_{identity}", identity=identity[:16] or "sample")
    with right:
        st.html(f'<p class="pc-sentence" data-testid="sentence">{escape(patient_sentence(dossier.result, t))}</p>')
        notes = "".join(f"<p>{escape(note)}</p>" for note in notes_for_patient(dossier.result, t))
        st.html(f'<div class="pc-notes">{notes}</div>') if notes else None
        st.subheader(t("consult.next"), anchor=False)
        st.html(f'<p class="pc-next">{escape(next_steps(dossier.result, t))}</p>')
        if not presenting():
            st.button(t("consult.present"), on_click=present, args=(True,), key="present", type="primary")
    st.subheader(t("consult.where"), anchor=False)
    st.html(blocks.timeline(dossier.result, t))
    st.html(blocks.call_list(t))
    st.text(t("consult.photos_only"))
