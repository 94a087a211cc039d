"""`photocompare practice ...`: the audit of a practice from the command line."""

from __future__ import annotations

import datetime as dt
from contextlib import closing
from pathlib import Path
from typing import Annotated, Literal

import typer

from photocompare.base.errors import UsageError
from photocompare.commands.output_folder import check_output_folder
from photocompare.report.words.language_files import language_codes

_LANGUAGES = language_codes()
_CODES = ", ".join(_LANGUAGES)

app = typer.Typer(no_args_is_help=True, help="Add up the outcomes of a practice.")


@app.callback()
def _practice() -> None:
    """Add up the outcomes of a practice."""


@app.command()
def report(
    out: Annotated[Path, typer.Option("--out", help="Folder for audit.pdf, audit.json, cohort.csv, cohort.parquet and dictionary.csv.")],
    since: Annotated[str | None, typer.Option("--from", help="First day of the before photos, such as 2026-01-01; all by default.")] = None,
    until: Annotated[str | None, typer.Option("--to", help="Last day of the before photos; all by default.")] = None,
    language: Annotated[str, typer.Option("--language", help=f"Of the PDF and the dictionary: {_CODES}.")] = "en",
    period: Annotated[Literal["month", "quarter"], typer.Option("--period", help="Step of the run chart.")] = "month",
) -> None:
    """Work out every figure of the audit page, and export the de-identified table."""
    from photocompare.commands.opened_records import open_records
    from photocompare.practice.audit_files import audit_exports, write_audit
    from photocompare.practice.audit_words import clearance, with_interval
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
    typer.echo(f"Treated: {everyone.patients} patients; with an outcome: {ended.patients} patients, {ended.comparisons} comparisons.")
    if figures.outcomes is not None:
        typer.echo(f"Mean clearance {clearance(figures.outcomes.clearance, texts('en'))}")
        typer.echo(f"Responders {with_interval(figures.outcomes.responders, texts('en'))}")
    typer.echo(f"Files: {out}")


def _day(text: str | None) -> dt.date | None:
    from photocompare.results.timing import parse_date

    return None if text is None else parse_date(text)
