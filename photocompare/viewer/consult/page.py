"""The patient's page: one calm screen beside the clinician."""

from __future__ import annotations

from html import escape
from pathlib import Path

import streamlit as st

from photocompare.report.words.patient import next_steps, notes_for_patient, patient_sentence, what_would_help
from photocompare.report.words.texts import Texts
from photocompare.results.dossier import Dossier
from photocompare.viewer.consult.stored_pair import chosen_pair
from photocompare.viewer.measuring.visit import visit_of
from photocompare.viewer.result import blocks
from photocompare.viewer.result.pair_view import Mode, pair_view
from photocompare.viewer.result.session_pair import has_photos, session_pair
from photocompare.viewer.shared.components import put_style
from photocompare.viewer.shared.page import STYLE, begin, language_texts, present, presenting, set_language
from photocompare.viewer.sign_in.session import actor

_NO_CHROME = "<style>[data-testid='stHeader'], [data-testid='stToolbar'] { display: none; }</style>"


def show(stored_sample: Path) -> None:
    """The slider large, one sentence, the usual course, what comes next, when to call."""
    if presenting():
        t = language_texts()
        set_language(t.language)
        put_style(STYLE)
        st.html(_NO_CHROME)
        title, leave = st.columns([5, 1], vertical_alignment="center")
        title.title(t("consult.title"), anchor=False)
        leave.button(t("consult.leave"), on_click=present, args=(False,), key="leave", width="stretch")
    else:
        t = begin("consult.title")
    if actor().role == "consult":
        stored = chosen_pair(t)
        if stored is not None:
            _show_pair(stored.dossier, stored.identity, t)
        return
    visit = visit_of(st.session_state)
    dossier = session_pair(visit, stored_sample)
    if dossier is None:
        st.info(t("consult.no_pair"))
        st.page_link("app_pages/compare.py", label=t("app.compare"))
        return
    if not has_photos(visit):
        st.text(t("consult.sample"))
    _show_pair(dossier, visit.current, t)


def _show_pair(dossier: Dossier, identity: str, t: Texts) -> None:
    left, right = st.columns([3, 2], gap="large")
    with left:
        mode: Mode = "consult" if dossier.measured else "refused"
        pair_view(dossier, t, mode=mode, identity=identity[:16] or "sample")
    with right:
        st.html(f'<p class="pc-sentence" data-testid="sentence">{escape(patient_sentence(dossier.result, t))}</p>')
        notes = "".join(f"<p>{escape(note)}</p>" for note in notes_for_patient(dossier.result, t))
        st.html(f'<div class="pc-notes">{notes}</div>') if notes else None
        if helps := what_would_help(dossier.result, t):
            st.subheader(t("consult.help"), anchor=False)
            st.html(f'<ul class="pc-helps">{"".join(f"<li>{escape(help_)}</li>" for help_ in helps)}</ul>')
        st.subheader(t("consult.next"), anchor=False)
        st.html(f'<p class="pc-next">{escape(next_steps(dossier.result, t))}</p>')
        if not presenting():
            st.button(t("consult.present"), on_click=present, args=(True,), key="present", type="primary")
    st.subheader(t("consult.where"), anchor=False)
    st.html(blocks.timeline(dossier.result, t))
    st.html(blocks.call_list(t))
    st.text(t("consult.photos_only"))
