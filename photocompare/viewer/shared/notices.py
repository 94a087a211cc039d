"""What a page tells the person at it: errors as sentences, and on the run that follows a press what was done, or why it was not."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass

import streamlit as st

from photocompare.base.errors import StaleRecord, UsageError
from photocompare.report.words.texts import Texts

_LEFT = "notice_at_"


@dataclass(frozen=True)
class Notice:
    """What is to be told once.

    Parameters
    ----------
    sentence : str
    done : bool
        Whether what was asked for was done.
    stale : bool
        Whether it was not because somebody else had changed the record.
    """

    sentence: str
    done: bool = True
    stale: bool = False


def error_sentence(error: UsageError, t: Texts) -> str:
    """The error's sentence in the language at hand, the entry that it speaks of named as on the page."""
    entry = str(error.values.get("entry", ""))
    label = t.entries.get(f"patients.field_{entry}", "")
    if not label:
        return t.error(error)
    error.values["entry"] = label
    return t.error(error).replace(entry, label)


@contextlib.contextmanager
def shown_errors(t: Texts) -> Iterator[None]:
    """Errors that people are told stand in this place as their sentence."""
    try:
        yield
    except UsageError as error:
        st.error(error_sentence(error, t))


def failure(error: UsageError, t: Texts) -> Notice:
    """That something was not done, and why."""
    return Notice(error_sentence(error, t), done=False, stale=isinstance(error, StaleRecord))


def leave_notice(place: str, notice: Notice) -> None:
    """Have something told at a place of a page on its next run, or above the page that is shown then."""
    st.session_state[f"{_LEFT}{place}"] = notice


def notice_at(place: str) -> Notice | None:
    """What is to be told at a place, once; None where there is nothing."""
    found: Notice | None = st.session_state.pop(f"{_LEFT}{place}", None)
    return found


def show_notice_at(place: str) -> None:
    """Tell it here."""
    _show(notice_at(place))


def show_other_notices() -> None:
    """Tell here what no place of the page has told: its page was left while it was done."""
    for key in [str(key) for key in st.session_state if str(key).startswith(_LEFT)]:
        show_notice_at(key.removeprefix(_LEFT))


def _show(notice: Notice | None) -> None:
    if notice is not None:
        (st.success if notice.done else st.error)(notice.sentence)
