"""The frame of every page over the records: its style, who asks, an unsafe place, the mark of a demonstration, errors as sentences."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from photocompare.records.access import Actor
from photocompare.records.drives import warning_about
from photocompare.records.store import Records
from photocompare.report.words.texts import Texts
from photocompare.viewer.shared.components import put_style
from photocompare.viewer.shared.notices import shown_errors
from photocompare.viewer.shared.page import begin
from photocompare.viewer.shared.records import records
from photocompare.viewer.sign_in.session import actor

Show = Callable[[Records, Actor, Texts], None]


def show_records_page(title: str, show: Show) -> None:
    """A whole page.

    Parameters
    ----------
    title : str
        Key of the texts.
    show : callable
        What stands below the title, of the records, whoever asks and the texts.
    """
    t = begin(title)
    put_style("sign_in/records_page.css")
    show_over_records(show, t)


def show_over_records(show: Show, t: Texts) -> None:
    """A part of a page; where the records can't be opened or may not be asked, the sentence that says so."""
    with shown_errors(t):
        held, who = records(), actor()
        warning = warning_about(held.places)
        if warning is not None:
            st.warning(t.error(warning))
        if held.is_demo:
            st.warning(t("audit_page.demo"))
        show(held, who, t)
