"""The records, opened once for all sessions; who sits at one of them says `sign_in.session`."""

from __future__ import annotations

import streamlit as st

from photocompare.records.places import Places, usual_places
from photocompare.records.store import Records


@st.cache_resource(show_spinner=False)
def _records_at(places: Places) -> Records:
    """One set of open records for the server; it holds no result of any query."""
    return Records(places)


def records() -> Records:
    """The records.

    Raises
    ------
    RecordsUnusable
        They can't be opened; the page shows the sentence.
    """
    return _records_at(usual_places())
