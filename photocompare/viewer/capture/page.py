"""Capture: the live camera, the guide to photos that compare, the card to be printed."""

from __future__ import annotations

from functools import partial

import streamlit as st

from photocompare.base.errors import UsageError
from photocompare.report.pdf.card import card_pdf
from photocompare.report.words.texts import Texts
from photocompare.viewer.capture.camera import camera, sent_shot
from photocompare.viewer.capture.guide import show_guide
from photocompare.viewer.measuring.visit import Visit, add_shot, before_thumbnail, visit_of
from photocompare.viewer.shared.notices import failure, leave_notice, show_notice_at
from photocompare.viewer.shared.page import begin
from photocompare.viewer.shared.waiting import wait_while

_CAMERA = "camera"


def show() -> None:
    """The whole page."""
    t = begin("capture.title")
    st.text(t("capture.intro"))
    st.header(t("capture.camera_title"))
    _take_shot(t)
    st.text(t("capture.camera_note"))
    st.page_link("app_pages/compare.py", label=t("capture.to_compare"))
    st.header(t("capture.guide_title"))
    show_guide(t, key="guide")
    st.header(t("capture.card_title"))
    st.text(t("capture.card_note"))
    label = t("capture.card_download")
    st.download_button(label, data=card_pdf, file_name="photocompare-card.pdf", mime="application/pdf", on_click="ignore")


def _take_shot(t: Texts) -> None:
    """The camera, with the before photo over its picture as soon as that was read; a shot joins the session's pair."""
    visit = visit_of(st.session_state)
    wait_while(lambda: _before_is_read(visit))
    camera(before_thumbnail(st.session_state), t, key=_CAMERA, on_shot=partial(_keep_shot, t))
    show_notice_at(_CAMERA)


def _keep_shot(t: Texts) -> None:
    """Before the page runs: a page that is clicked meanwhile doesn't take the shot's place."""
    try:
        shot = sent_shot(_CAMERA, t)
        add_shot(st.session_state, shot.which, shot.jpeg, shot.taken_at)
    except UsageError as error:
        leave_notice(_CAMERA, failure(error, t))
    else:
        st.switch_page("app_pages/compare.py")


def _before_is_read(visit: Visit) -> bool:
    """Whether a before photo is still being read, so that its small copy will come: for a second or two."""
    return before_thumbnail(st.session_state) is None and any(not visit.check(shot).ended.is_set() for shot in visit.shots("before"))
