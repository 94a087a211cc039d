"""What the pages about many pairs have in common: the demo's mark, errors as sentences, tables as HTML."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from html import escape
from typing import Any

import streamlit as st

from photocompare.errors import UsageError
from photocompare.estimate import Estimate
from photocompare.practice.audit_words import NO_NUMBER, number
from photocompare.practice.charts import Chart
from photocompare.records.store import Records
from photocompare.report.texts import Texts
from photocompare.viewer.components import asset

_INK_ON_LIGHT, _INK_ON_DARK = "#3d434b", "#d5d9de"
"""Above 4.5 to 1 on Streamlit's white and on its near-black."""


def room_style() -> None:
    """Put down the tables' style."""
    st.html(f"<style>{asset('audit_room.css')}</style>")


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


def with_interval(found: Estimate, t: Texts, digits: int = 1) -> str:
    """A value without a unit, with its 95 % interval; a dash where there is none."""
    if not found.ok:
        return NO_NUMBER
    value, low, high = (signed(v, t, digits) for v in (found.value, found.low, found.high))
    return t("audit_page.interval", value=value, low=low, high=high)


def signed(value: float, t: Texts, digits: int = 1) -> str:
    """A number for people, with a true minus sign and no negative zero."""
    return number(round(value, digits), t, digits).replace("-", "−")


def show_chart(chart: Chart) -> None:
    """A chart whose words and lines stand out on the page's ground: Streamlit's own grey does not."""
    ink = _INK_ON_DARK if st.context.theme.type == "dark" else _INK_ON_LIGHT
    words: dict[str, Any] = {"labelColor": ink, "titleColor": ink}
    inked: Chart = chart.configure_axis(**words).configure_legend(**words).configure_rule(color=ink)
    st.altair_chart(inked, width="stretch")


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
