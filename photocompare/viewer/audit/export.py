"""What may be taken away from an audit: each file is made, and noted in the trail, when it is asked for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pandas as pd
import streamlit as st

from photocompare.practice.audit_pdf import audit_pdf
from photocompare.practice.cohort import select
from photocompare.practice.deidentified import deidentified
from photocompare.practice.export import dictionary_csv, table_csv, table_parquet
from photocompare.practice.figures import AuditFigures
from photocompare.records.access import Actor, Permission
from photocompare.records.store import Records
from photocompare.report.words.texts import Texts

_KINDS = {
    "csv": ("cohort.csv", "text/csv"),
    "parquet": ("cohort.parquet", "application/vnd.apache.parquet"),
    "dictionary": ("dictionary.csv", "text/csv"),
    "pdf": ("audit.pdf", "application/pdf"),
}


@dataclass(frozen=True, eq=False)
class Exports:
    """The files of one audit.

    Parameters
    ----------
    held : Records
    who : Actor
    frame : DataFrame
        The table that the figures were worked out from.
    figures : AuditFigures
    t : Texts
    """

    held: Records
    who: Actor
    frame: pd.DataFrame
    figures: AuditFigures
    t: Texts

    def file(self, kind: str) -> bytes:
        """A file's bytes.  Noted before anything leaves: an export that can't be noted, or is not allowed any more, doesn't happen."""
        wanted = self.figures.wanted
        noted = {
            "file": _KINDS[kind][0],
            **{name: day.isoformat() if (day := getattr(wanted, name)) else "" for name in ("since", "until")},
        }
        self.held.note(self.who, Permission.READ_COHORT, "cohort.export", "cohort", after=noted)
        if kind == "pdf":
            return audit_pdf(self.figures, self.t)
        table = deidentified(select(self.frame, wanted), least_patients=self.figures.options.least_patients)
        return {"csv": table_csv, "parquet": table_parquet}[kind](table) if kind != "dictionary" else dictionary_csv(table, self.t)


def show_exports(exports: Exports) -> None:
    """A button for each file."""
    t = exports.t
    st.header(t("audit_page.export"), anchor=False)
    st.text(t("audit_page.export_says"))
    for column, (kind, (name, mime)) in zip(st.columns(len(_KINDS)), _KINDS.items(), strict=True):
        make: Callable[[], bytes] = _maker(exports, kind)
        column.download_button(
            t(f"audit_page.export_{kind}"), make, name, mime, key=f"audit_export_{kind}", on_click="ignore", width="stretch"
        )


def _maker(exports: Exports, kind: str) -> Callable[[], bytes]:
    return lambda: exports.file(kind)
