"""`photocompare batch`: many pairs from a manifest."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from photocompare.commands.terminal import at_a_terminal

if TYPE_CHECKING:
    from photocompare.batch.manifest import Manifest
    from photocompare.batch.run import BatchSummary
    from photocompare.batch.spreadsheet import DateOrder

INCOMPLETE = 1
"""Exit status: the batch came to its end, but some pairs were skipped, have failed or are not in the records."""

_STAGES = {"look": "Finding photos", "measure": "Measuring", "save": "Saving", "write": "Writing the tables"}

_MOST_FAULTS = 20
"""Rows with errors that are told at the terminal."""

_SECONDS_BETWEEN_LINES = 30.0
"""Between two lines of progress where nobody sits at a terminal, such as a log file."""

_STATUS_ORDER = ("comparable", "indicative", "not_comparable", "unreadable", "skipped", "failed")


class _Bars:
    """Progress with rate and time left, on standard error where that is open."""

    def __init__(self) -> None:
        self._bar: Any = None

    def begin(self, stage: str, total: int, already: int) -> None:
        from tqdm import tqdm

        self.close()
        if not total or already == total or sys.stderr is None:
            return
        self._bar = tqdm(
            total=total,
            initial=already,
            desc=_STAGES[stage],
            unit="pair",
            file=sys.stderr,
            mininterval=0.2 if at_a_terminal() else _SECONDS_BETWEEN_LINES,
            smoothing=0.0,  # the mean of this run: single pairs differ too much to tell the time left from
            dynamic_ncols=True,
        )

    def step(self) -> None:
        if self._bar is not None:
            self._bar.update()

    def close(self) -> None:
        if self._bar is not None:
            self._bar.close()
            self._bar = None


@click.command()
@click.argument("manifest", type=Path, help="CSV with a row a pair; its columns are in docs/batch.md.")
@click.option("--out", type=Path, required=True, help="Folder for the results; a batch that was stopped goes on there.")
@click.option("--workers", type=click.IntRange(min=1), help="Processes of this machine; one a core by default.")
@click.option("--scheduler", help="A Dask cluster instead, such as tcp://HOST:8786.")
@click.option("--save", is_flag=True, help="Save every result to the records.")
@click.option(
    "--dates",
    type=click.Choice(["day-first", "month-first"]),
    help="How dates such as 03/04/2026 are read; without it their rows are skipped.",
)
@click.option("--pictures/--no-pictures", default=True, help="Write each pair's pictures, or its numbers and thumbnails alone.")
@click.option(
    "--dicom", is_flag=True, help="Write each pair's summary.dcm and measurements.dcm for an archive (pip install 'photocompare[dicom]')."
)
def batch(
    manifest: Path,
    out: Path,
    workers: int | None,
    scheduler: str | None,
    save: bool,
    dates: DateOrder | None,
    pictures: bool,
    dicom: bool,
) -> None:
    """Measure many pairs; the same command goes on where it was stopped.

    Status 0 every pair measured or refused, 1 some skipped, failed or not saved, 2 bad usage or a manifest that can't be used.
    """
    from photocompare.batch.manifest import read_manifest
    from photocompare.batch.run import BatchOptions, run_batch

    options = BatchOptions(workers=workers or 0, scheduler=scheduler or "", pictures=pictures, dicom=dicom)
    listed = read_manifest(manifest, for_records=save, dates=dates or "")
    for line in _told_of(listed):
        click.echo(line, err=True)
    bars = _Bars()
    records = None
    try:
        saver = None
        if save:
            from photocompare.batch.saving import SaveToRecords
            from photocompare.commands.opened_records import open_records

            records = open_records()
            saver = SaveToRecords(records, listed)
        summary = run_batch(listed, out, options=options, save=saver, watcher=bars)
    finally:
        bars.close()
        if records is not None:
            records.close()
    for line in _summary_lines(summary):
        click.echo(line)
    if not summary.complete:
        raise click.exceptions.Exit(INCOMPLETE)


def _told_of(listed: Manifest) -> list[str]:
    """What is to be known of a manifest before the batch begins."""
    faults = sorted(listed.faults.items())
    lines = [f"Row {number} is skipped: {'; '.join(wrong)}." for number, wrong in faults[:_MOST_FAULTS]]
    if len(faults) > _MOST_FAULTS:
        lines.append(f"{len(faults) - _MOST_FAULTS} more rows are skipped; the table's column why says why.")
    if listed.code_page:
        lines.append(f"The manifest is not UTF-8 and was read as {listed.code_page}; if names look wrong, save it as CSV UTF-8.")
    return lines


def _summary_lines(summary: BatchSummary) -> list[str]:
    counts = [f"{summary.statuses[status]} {status.replace('_', ' ')}" for status in _STATUS_ORDER if status in summary.statuses]
    pairs = "1 pair" if summary.pairs == 1 else f"{summary.pairs} pairs"
    lines = [f"{pairs}: {', '.join(counts)} ({summary.fresh} measured now)"]
    if summary.unsaved:
        lines.append(f"Not in the records: {summary.unsaved}; the table's column not_saved says why")
    if summary.unfiled:
        lines.append(f"Pairs whose DICOM files name no patient: {summary.unfiled}; the table's column not_filed says why")
    shown = summary.written[:3]
    return [*lines, *(f"Written: {path}" for path in shown)]
