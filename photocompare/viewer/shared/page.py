"""What every page has: the language, the style, the head, the sample pair."""

from __future__ import annotations

import datetime as dt
from functools import lru_cache
from pathlib import Path

import streamlit as st

from photocompare.report.words.texts import LANGUAGES, Texts, texts
from photocompare.results.dossier import Dossier, read_dossier
from photocompare.results.redated import under_dates
from photocompare.results.visit_details import VisitDetails
from photocompare.viewer.result.blocks import style_sheet
from photocompare.viewer.shared.components import component

SAMPLE_DETAILS = VisitDetails(
    before_date=dt.date(2026, 3, 2), after_date=dt.date(2026, 6, 1), sessions=2, agent="Polidocanol", concentration_percent=0.5, leg="left"
)
"""Made up, as the rendered leg is: thirteen weeks, inside the assessment window."""

_LANGUAGE = "language"
_PRESENTING = "presenting"


def language_texts() -> Texts:
    """The texts in the session's language."""
    return texts(st.session_state.get(_LANGUAGE, "en"))


def begin(title: str) -> Texts:
    """Put down the style, the page's title and the choice of language; returns the texts."""
    st.html(style_sheet())
    tell_language(chosen := st.session_state.get(_LANGUAGE, "en"))
    left, right = st.columns([5, 1], vertical_alignment="bottom")
    with right:
        codes, label = list(LANGUAGES), texts(chosen)("app.language")
        language = st.selectbox(label, codes, codes.index(chosen), LANGUAGES.__getitem__, key="choose_language")
    if language != chosen:
        st.session_state[_LANGUAGE] = language
        st.rerun()
    t = texts(language)
    with left:
        st.title(t(title), anchor=False)
    return t


def tell_language(language: str) -> None:
    """Tell the browser the page's language, so that a screen reader reads it with the right voice."""
    component("photocompare_language", ("shared/page_language.js",))(key="page_language", data={"language": language}, height=1)


def presenting() -> bool:
    """Whether the patient's screen fills the window, without navigation."""
    return bool(st.session_state.get(_PRESENTING, False))


def present(on: bool) -> None:
    """Switch the patient's full screen."""
    st.session_state[_PRESENTING] = on


@lru_cache(maxsize=1)
def sample(stored: Path) -> Dossier:
    """The shipped sample pair, measured, under its made-up dates."""
    return under_dates(read_dossier(stored.read_bytes()), SAMPLE_DETAILS.before_date, SAMPLE_DETAILS.after_date)
