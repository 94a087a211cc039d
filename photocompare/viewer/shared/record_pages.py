"""What the pages about records have in common: the demo's mark, errors as sentences, tables as HTML."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from html import escape

import streamlit as st

from photocompare.base.errors import UsageError
from photocompare.records.store import Records
from photocompare.report.words.texts import Texts
from photocompare.viewer.shared.components import asset


def room_style() -> None:
    """Put down the tables' style."""
    st.html(f"<style>{asset('shared/record_pages.css')}</style>")


def mark_demo(held: Records, t: Texts) -> None:
    """Say plainly that the patients are invented, where they are."""
    if held.is_demo:
        st.warning(t("audit_page.demo"))


@contextlib.contextmanager
def told_errors(t: Texts) -> Iterator[None]:
    """Errors that people are told stand on the page as their sentence."""
    try:
        yield
    except UsageError as error:
        st.error(t.error(error))


def table(caption: str, head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A table whose first column names its rows; every text is escaped."""
    columns = "".join(f"<th scope='col'>{escape(name)}</th>" for name in head)
    body = "".join(
        f"<tr><th scope='row'>{escape(name)}</th>{''.join(f'<td>{escape(cell)}</td>' for cell in cells)}</tr>" for name, *cells in rows
    )
    # A wide table scrolls by itself, by keyboard too, so that the page does not.
    return (
        f"<div class='pc-room-table' tabindex='0' role='region' aria-label='{escape(caption, quote=True)}'>"
        f"<table><caption>{escape(caption)}</caption><thead><tr>{columns}</tr></thead><tbody>{body}</tbody></table></div>"
    )
