"""Capture: how to take the photos, and the live camera."""

import streamlit as st

from photocompare.base.errors import UsageError
from photocompare.report.pdf.card import card_pdf
from photocompare.viewer.capture.camera import camera
from photocompare.viewer.capture.guide import show_guide
from photocompare.viewer.capture.hand_over import await_ghost
from photocompare.viewer.measuring import visit
from photocompare.viewer.shared.page import begin

t = begin("capture.title")

st.text(t("capture.intro"))

st.header(t("capture.camera_title"))
await_ghost(st.session_state)
try:
    shot = camera(visit.ghost(st.session_state), t, key="camera")
    if shot is not None:
        visit.add_shot(st.session_state, shot.which, shot.jpeg, shot.taken_at)
        st.switch_page("app_pages/compare.py")
except UsageError as error:
    st.error(t.error(error))
st.text(t("capture.camera_note"))
st.page_link("app_pages/compare.py", label=t("capture.to_compare"))

st.header(t("capture.guide_title"))
show_guide(t, key="guide")

st.header(t("capture.card_title"))
st.text(t("capture.card_note"))
st.download_button(t("capture.card_download"), data=card_pdf, file_name="photocompare-card.pdf", mime="application/pdf", on_click="ignore")
