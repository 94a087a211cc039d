"""A form over a record that others may change meanwhile: what was typed stays until it is kept or given up."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import streamlit as st

from photocompare.records.access import Actor
from photocompare.records.store import Records
from photocompare.report.words.texts import Texts
from photocompare.viewer.patient_record.fields import empty_fields, prefill, typed
from photocompare.viewer.shared.notices import Notice, leave_notice, notice_at
from photocompare.viewer.shared.tables import head_and_body
from photocompare.viewer.sign_in.saves import saving


class Draft:
    """The form's fields under session keys `prefix_...`, and the version of the record that they were filled from.

    Parameters
    ----------
    prefix : str
    kept : mapping
        Field to what the record holds now.
    version : int
        Of the record now.
    """

    def __init__(self, prefix: str, kept: Mapping[str, Any], version: int) -> None:
        self.prefix, self.kept, self.version = prefix, kept, version
        if f"{prefix}_{next(iter(kept))}" not in st.session_state:
            # Nothing of it is on the page: it begins from the record as it is.
            empty_fields(prefix)
            st.session_state[f"{prefix}_version"] = version
        prefill(prefix, dict(kept))

    @property
    def base(self) -> int:
        """The version that the fields were filled from."""
        return int(st.session_state[f"{self.prefix}_version"])

    def on_save(self, write: Callable[[Records, Actor, int], None], done: str, t: Texts) -> Callable[[], None]:
        """What the form's button calls: writes what was typed over the version it was filled from, and says so, or keeps all of it."""

        def note() -> None:
            empty_fields(self.prefix)
            leave_notice("patients", Notice(done))

        def save(held: Records, who: Actor) -> Callable[[], None]:
            write(held, who, self.base)
            return note

        return saving(save, place=self.prefix, t=t)

    def show_failure(self, t: Texts) -> None:
        """Why nothing was written, where nothing was."""
        failure = notice_at(self.prefix)
        if failure is not None:
            st.error(failure.sentence)
            if failure.stale:
                self._show_conflict(t)

    def _show_conflict(self, t: Texts) -> None:
        rows = [
            (t(f"patients.field_{name}"), _cell(typed(self.prefix, name), t), _cell(value, t))
            for name, value in self.kept.items()
            if typed(self.prefix, name) != value
        ]
        content = head_and_body(("", t("patients.typed"), t("patients.kept_now")), rows, isolated=True)
        st.html(f'<div class="pc-record-table" tabindex="0"><table>{content}</table></div>')
        mine, theirs = st.columns(2)
        mine.button(t("patients.keep_mine"), key=f"mine_{self.prefix}", on_click=self._stand_on_now)
        theirs.button(t("patients.take_theirs"), key=f"theirs_{self.prefix}", on_click=empty_fields, args=(self.prefix,))

    def _stand_on_now(self) -> None:
        st.session_state[f"{self.prefix}_version"] = self.version


def _cell(value: Any, t: Texts) -> str:
    return t("patients.not_given") if value in (None, "") else str(value)
