"""What every page has: the language, the style, the head."""

from __future__ import annotations

import streamlit as st

from photocompare.report.words.texts import LANGUAGES, Texts, texts
from photocompare.viewer.shared.components import component, put_style

STYLE = "shared/page.css"
"""Of what every page is made of."""

_LANGUAGE = "language"
_PRESENTING = "presenting"


def language_texts() -> Texts:
    """The texts in the session's language."""
    return texts(st.session_state.get(_LANGUAGE, "en"))


def begin(title: str) -> Texts:
    """Put down the style, the page's title and the choice of language; returns the texts."""
    put_style(STYLE)
    set_language(chosen := st.session_state.get(_LANGUAGE, "en"))
    left, right = st.columns([5, 1], vertical_alignment="bottom")
    with right:
        codes, label = list(LANGUAGES), texts(chosen)("app.language")
        language = st.selectbox(
            label, codes, codes.index(chosen), LANGUAGES.__getitem__, key="choose_language", label_visibility="collapsed"
        )
    if language != chosen:
        st.session_state[_LANGUAGE] = language
        st.rerun()
    t = texts(language)
    with left:
        st.title(t(title), anchor=False)
    return t


def set_language(language: str) -> None:
    """Tell the browser the page's language, so that a screen reader reads it with the right voice."""
    component("photocompare_language", ("shared/page_language.js",))(key="page_language", data={"language": language}, height=1)


def presenting() -> bool:
    """Whether the patient's screen fills the window, without navigation."""
    return bool(st.session_state.get(_PRESENTING, False))


def present(on: bool) -> None:
    """Switch the patient's full screen."""
    st.session_state[_PRESENTING] = on
