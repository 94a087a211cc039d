"""The way from a page to the records: opened once for all sessions, asked in the name of whoever sits at this one."""

from __future__ import annotations

import streamlit as st

from photocompare.records.access import Actor
from photocompare.records.places import Places, usual_places
from photocompare.records.store import Records


@st.cache_resource(show_spinner=False)
def _opened(places: Places) -> Records:
    """One set of open records for the server; it holds no result of any query."""
    return Records(places)


def records() -> Records:
    """The records.

    Raises
    ------
    RecordsUnusable
        They can't be opened; the page shows the sentence.
    """
    return _opened(usual_places())


def actor() -> Actor:
    """Who sits at this session; asked on every run, never kept.

    Raises
    ------
    AccessDenied
        Nobody who may, not any more.
    """
    from photocompare.viewer.sign_in import session as sign_in

    return sign_in.actor()
