"""What a page tells the person at it: errors as sentences, and on the run that follows what was done."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import NoReturn

import streamlit as st

from photocompare.base.errors import UsageError
from photocompare.report.words.texts import Texts
from photocompare.viewer.shared.waiting import run_again

_ANNOUNCED = "announced_on"


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


def leave_announced(page: str, sentence: str) -> None:
    """Have a sentence stand on the page's next run."""
    st.session_state[f"{_ANNOUNCED}_{page}"] = sentence


def announce(page: str, sentence: str) -> NoReturn:
    """The same, and have that run follow at once."""
    leave_announced(page, sentence)
    run_again()


def show_announced(page: str) -> None:
    """What the last run of the page had to say, once."""
    if sentence := st.session_state.pop(f"{_ANNOUNCED}_{page}", ""):
        st.success(sentence)
