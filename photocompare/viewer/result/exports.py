"""Everything of a pair that can be taken away, made when it is asked for."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

import streamlit as st

from photocompare.report.dicom.archive import can_write
from photocompare.report.words.texts import Texts
from photocompare.results.dossier import Dossier
from photocompare.results.visit_details import VisitDetails

if TYPE_CHECKING:
    from photocompare.clearance.correction import Corrected, Correction

DICOM = "dicom"

_KINDS = {
    "file": "application/pdf",
    "patient": "application/pdf",
    "summary": "image/png",
    "json": "application/json",
    "csv": "text/csv",
    DICOM: "application/zip",
}
"""Name of an export to its type."""


@dataclass(frozen=True, eq=False, repr=False)
class Takeaway:
    """A pair that can be taken away.

    Parameters
    ----------
    dossier : Dossier
    details : VisitDetails
    latest : tuple of Correction and Corrected, optional
        The correction that is printed beside the machine's number.
    facts : sequence of mapping
        The kept facts of its photos (`photo.facts.KEPT_FACTS`), as far as they are known.
    """

    dossier: Dossier
    details: VisitDetails
    latest: tuple[Correction, Corrected] | None = None
    facts: Sequence[Mapping[str, Any]] = ()


def offer_exports(pair: Takeaway, t: Texts, *, key: str = "export", on_export: Callable[[str], object] = lambda _: None) -> None:
    """A button for each export.

    Parameters
    ----------
    pair : Takeaway
    t : Texts
    key : str
        Of the buttons, before their names.
    on_export : callable
        Told the name of what is taken away, before it is made.
    """
    st.subheader(t("compare.export"), anchor=False)
    st.text(t("compare.export_note"))
    missing = {name for name, there in (("csv", pair.dossier.measured), (DICOM, can_write())) if not there}
    names = [name for name in _KINDS if name not in missing]
    row = st.container(horizontal=True)  # goes on below where the window is too narrow for all labels
    for name in names:

        def make(name: str = name) -> str | bytes:
            on_export(name)
            return _made(name, pair, t)

        label, kind = t(f"compare.export_{name}"), _KINDS[name]
        file_name = f"photocompare-{name}.{kind.rpartition('/')[2]}"
        # Any of the types is taken; the stub of the callable's result names each by itself.
        row.download_button(label, cast(Any, make), file_name, kind, on_click="ignore", key=f"{key}_{name}", width="content")
    if DICOM in names:
        st.text(t("compare.export_dicom_note"))


def _made(name: str, pair: Takeaway, t: Texts) -> str | bytes:
    """One export.  What makes them is loaded when the first is asked for: a page does not wait for it."""
    from photocompare.report.dicom.zipped import dicom_zip
    from photocompare.report.files.piece_csv import piece_csv, result_json
    from photocompare.report.pdf.printouts import file_pdf, patient_pdf
    from photocompare.report.pictures.summary import summary_png

    dossier = pair.dossier
    makers: dict[str, Callable[[], str | bytes]] = {
        "file": lambda: file_pdf(dossier, pair.details, t, pair.latest),
        "patient": lambda: patient_pdf(dossier, pair.details, t),
        "summary": lambda: summary_png(dossier, t),
        "json": lambda: result_json(dossier),
        "csv": lambda: piece_csv(dossier),
        DICOM: lambda: dicom_zip(dossier, pair.facts, t),
    }
    return makers[name]()
