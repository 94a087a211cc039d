"""Writes an audit's files into a folder, all or none."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from photocompare.base.errors import UsageError
from photocompare.base.safe_files import settle, staging, write_synced
from photocompare.practice.audit_pdf import audit_pdf
from photocompare.practice.cohort import CohortFilter, select
from photocompare.practice.deidentified import deidentified
from photocompare.practice.export import dictionary_csv, figures_json, table_csv, table_parquet
from photocompare.practice.figures import AuditFigures, AuditOptions, audit_figures
from photocompare.report.words.texts import Texts

AUDIT_FILES = ("audit.pdf", "cohort.csv", "cohort.parquet", "dictionary.csv", "audit.json")
"""The last one is the one to wait for: it comes when all others are there."""


def audit_exports(
    frame: pd.DataFrame, wanted: CohortFilter, options: AuditOptions, t: Texts, *, seed: int | None = None
) -> tuple[AuditFigures, dict[str, bytes]]:
    """The figures of a cohort, and the bytes of every file by name.

    Parameters
    ----------
    frame : DataFrame
        As for `audit_figures`.
    wanted : CohortFilter
    options : AuditOptions
    t : Texts
        The language of the PDF and of the dictionary.
    seed : int, optional
        Of the random numbers in the de-identified table; drawn anew by default.
    """
    figures = audit_figures(frame, wanted, options)
    table = deidentified(select(frame, wanted), least_patients=options.least_patients, seed=seed)
    return figures, {
        "audit.pdf": audit_pdf(figures, t),
        "cohort.csv": table_csv(table),
        "cohort.parquet": table_parquet(table),
        "dictionary.csv": dictionary_csv(table, t),
        "audit.json": figures_json(figures).encode(),
    }


def write_audit(files: dict[str, bytes], folder: Path) -> None:
    """Put the files into a folder; those of an earlier audit are replaced when all new ones are safely on the disk.

    Raises
    ------
    UsageError
        The folder can't be made or written to, or the disk is full; nothing new is left in it.
    """
    try:
        with staging(folder) as hidden:
            for name, data in files.items():
                write_synced(hidden / name, data)
            for name in AUDIT_FILES:
                (hidden / name).replace(folder / name)
            settle(folder)
    except OSError as error:
        raise UsageError(
            f"The audit can't be written to {folder}: {error.strerror or error}. Free some space or choose another folder."
        ) from error
