"""The viewer: `streamlit run app.py`.  Streamlit imports this file once to serve it, and runs it for each look at a page."""

import streamlit as st
from starlette.middleware import Middleware

from photocompare.viewer.shared.page import language_texts, presenting
from photocompare.viewer.shared.preparing import Preparing
from photocompare.viewer.shared.upload_answers import keep_upload_answers
from photocompare.viewer.sign_in.page import admit, pages_of, show_signed_in, watch
from photocompare.viewer.sign_in.request_check import check_start, middleware
from photocompare.viewer.sign_in.saves import note_saves, tell_saves

names = ("compare", "consult", "patients", "rating", "audit", "gallery", "capture", "about", "office")


def have_spare_process(at_rest: bool) -> None:
    """Have a process ready for a session's first photos: loading takes half a second."""
    from photocompare.viewer.measuring.requests import SPARE

    SPARE.prepare(now=at_rest)


if __name__ != "__main__":
    check_start()
    viewer = "photocompare.viewer"
    later = f"{viewer}.result.two_pictures", f"{viewer}.compare.saving_form"
    preparing = Middleware(Preparing, f"{viewer}.compare.page", later, have_spare_process)
    app = st.App(__file__, middleware=[*middleware(), preparing])
else:
    keep_upload_answers()
    t = language_texts()
    st.set_page_config(page_title=t("app.title"), layout="wide")
    who = admit(t)
    note_saves()
    page = st.navigation(pages_of(names, who, t), position="hidden" if presenting() else "top")
    watch(who)
    if not presenting():
        show_signed_in(who, t)
    above = st.container()
    page.run()
    if not presenting():
        with above:
            tell_saves()
