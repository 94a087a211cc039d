"""What every page has: the language, the style, the head."""

from __future__ import annotations

import streamlit as st

from photocompare.report.words.texts import LANGUAGES, Texts, texts
from photocompare.viewer.shared.components import component, packed, put_style
from photocompare.viewer.shared.own_words import replacements

STYLE = "shared/page.css"
"""Of what every page is made of."""

_LANGUAGE = "language"
_CHOICE = "choose_language"
_PRESENTING = "presenting"

COOKIE = "photocompare_language"
"""In which the browser keeps a language that was chosen; it holds nothing else."""


def language_texts() -> Texts:
    """The texts in the session's language."""
    return texts(_language())


def _language() -> str:
    """The language that was chosen, in this session or before it; at first the browser's, where the viewer speaks it."""
    told = (st.session_state.get(_LANGUAGE), st.context.cookies.get(COOKIE), st.context.locale)
    codes = [str(word).partition("-")[0].lower() for word in told if word]
    return next((code for code in codes if code in LANGUAGES), "en")


def begin(title: str) -> Texts:
    """Put down the style, the page's title and the choice of language; returns the texts."""
    put_style(STYLE)
    set_language(chosen := _language())
    left, right = st.columns([5, 1], vertical_alignment="bottom")
    with right:
        codes, label = list(LANGUAGES), texts(chosen)("app.language")
        st.selectbox(
            label,
            codes,
            codes.index(chosen),
            LANGUAGES.__getitem__,
            key=_CHOICE,
            label_visibility="collapsed",
            on_change=_choose_language,
        )
    t = texts(chosen)
    with left:
        st.title(t(title), anchor=False)
    return t


def _choose_language() -> None:
    st.session_state[_LANGUAGE] = st.session_state[_CHOICE]


def set_language(language: str) -> None:
    """Tell the browser the page's language: for a screen reader's voice, for Streamlit's own words, and to keep it if it was chosen."""
    data = packed({"language": language, "chosen": _LANGUAGE in st.session_state, "cookie": COOKIE, **replacements(texts(language))})
    component("photocompare_language", ("shared/unpack.js", "shared/page_language.js"))(key="page_language", data=data, height=1)


def presenting() -> bool:
    """Whether the patient's screen fills the window, without navigation."""
    return bool(st.session_state.get(_PRESENTING, False))


def present(on: bool) -> None:
    """Switch the patient's full screen."""
    st.session_state[_PRESENTING] = on
