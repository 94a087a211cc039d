"""`photocompare practice ...`: the audit of a practice from the command line."""

from __future__ import annotations

import datetime as dt
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Literal

import click

from photocompare.base.errors import UsageError
from photocompare.commands.output_folder import check_output_folder
from photocompare.report.words.language_files import language_codes

_LANGUAGES = language_codes()
_CODES = ", ".join(_LANGUAGES)


@click.group("practice")
def app() -> None:
    """Add up the outcomes of a practice."""


@app.command()
@click.option(
    "--out",
    type=Path,
    required=True,
    help="Folder for audit.pdf, audit.json, cohort.csv, cohort.parquet and dictionary.csv.",
)
@click.option("--from", "since", help="First day of the before photos, such as 2026-01-01; all by default.")
@click.option("--to", "until", help="Last day of the before photos; all by default.")
@click.option("--language", default="en", help=f"Of the PDF and the dictionary: {_CODES}.")
@click.option("--period", type=click.Choice(["month", "quarter"]), default="month", help="Step of the run chart.")
def report(out: Path, since: str | None, until: str | None, language: str, period: Literal["month", "quarter"]) -> None:
    """Work out every figure of the audit page, and export the de-identified table."""
    from photocompare.commands.opened_records import open_records
    from photocompare.practice.audit_files import audit_exports, write_audit
    from photocompare.practice.audit_words import clearance, counted, with_interval
    from photocompare.practice.cohort import CohortFilter
    from photocompare.practice.figures import AuditOptions
    from photocompare.records.access import COMMAND_LINE, Permission
    from photocompare.report.words.texts import texts

    if language not in _LANGUAGES:
        raise UsageError(f"The language {language} is none of: {_CODES}; choose one of these.")
    wanted = CohortFilter(since=_day(since), until=_day(until))
    check_output_folder(out)
    options = AuditOptions(run_period=period, as_of=dt.datetime.now(dt.UTC).date())
    with closing(open_records()) as records:
        frame = records.cohort(COMMAND_LINE, since=wanted.since, until=wanted.until)
        if frame.empty:
            raise UsageError("Nobody was treated in this period; check the dates, or save comparisons to the records first.")
        figures, files = audit_exports(frame, wanted, options, texts(language))
        # Noted before anything leaves: an export that can't be noted doesn't happen.
        noted = {"since": since or "", "until": until or "", "rows": len(frame)}
        records.note(COMMAND_LINE, Permission.READ_COHORT, "cohort.export", "cohort", after=noted)
    write_audit(files, out)
    everyone, ended = figures.flow.steps[0], figures.flow.steps[-1]
    count = partial(counted, t=texts("en"))
    patients, in_the_end = count("patients", everyone.patients), count("patients", ended.patients)
    click.echo(f"Treated: {patients}; with an outcome: {in_the_end}, {count('comparisons', ended.comparisons)}.")
    if figures.outcomes is not None:
        click.echo(f"Mean clearance {clearance(figures.outcomes.clearance, texts('en'))}")
        click.echo(f"Responders {with_interval(figures.outcomes.responders, texts('en'))}")
    click.echo(f"Files: {out}")


def _day(text: str | None) -> dt.date | None:
    from photocompare.results.timing import parse_date

    return None if text is None else parse_date(text)
