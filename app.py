"""The viewer: `streamlit run app.py`."""

import streamlit as st

from photocompare.viewer.page import language_texts, presenting
from photocompare.viewer.upload_answers import keep_upload_answers
from photocompare.viewer.uploads import keep_details

keep_upload_answers()
t = language_texts()
st.set_page_config(page_title=t("app.title"), layout="wide")
names = ("compare", "consult", "capture", "about")
pages = [st.Page(f"app_pages/{name}.py", title=t(f"app.{name}"), default=name == "compare") for name in names]
keep_details(st.session_state)
st.navigation(pages, position="hidden" if presenting() else "top").run()
