"""The records, opened once for all sessions; who sits at one of them says `sign_in.session`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from photocompare.records.places import Places, usual_places

if TYPE_CHECKING:
    from photocompare.records.store import Records


@st.cache_resource(show_spinner=False)
def _records_at(places: Places) -> Records:
    """One set of open records for the server; it holds no result of any query."""
    # Its libraries take a third of a second, which the page that opens first need not wait for.
    from photocompare.records.store import Records

    return Records(places)


def records() -> Records:
    """The records.

    Raises
    ------
    RecordsUnusable
        They can't be opened; the page shows the sentence.
    """
    return _records_at(usual_places())
