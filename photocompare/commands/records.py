"""`photocompare records ...`: looking after the records from the command line."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from photocompare.base.errors import UsageError
from photocompare.base.safe_files import written_privately
from photocompare.commands.opened_records import open_records

PROBLEMS_FOUND = 3
"""Exit status of `verify` when something is wrong."""

app = typer.Typer(no_args_is_help=True, help="Look after the records: back up, restore, verify, export or erase a patient, accounts.")


@app.command()
def backup(
    out: Annotated[Path, typer.Option("--out", help="Folder for the backup; photos that are there already are not copied again.")],
) -> None:
    """Back up the records while people work."""
    from photocompare.records.access import COMMAND_LINE
    from photocompare.records.backup import back_up

    report = back_up(open_records(), COMMAND_LINE, out)
    typer.echo(f"Backup: {report.file} ({sum(report.rows.values())} rows, {report.copied} new files)")
    typer.echo(f"Head of the trail, to be kept elsewhere: {report.head}")
    if report.unreadable:
        typer.echo(
            f"{len(report.unreadable)} files are missing or were changed and are not in the backup; run: photocompare records verify"
        )
        raise typer.Exit(PROBLEMS_FOUND)


@app.command()
def restore(
    source: Annotated[Path, typer.Argument(help="A backup, or a folder of backups, whose last one is taken.")],
    without_missing: Annotated[
        bool, typer.Option("--without-missing", help="Restore also where photos are missing beside the backup.")
    ] = False,
) -> None:
    """Restore a backup of this or an earlier version into empty records.  Status 3 when files were missing."""
    from photocompare.records.access import COMMAND_LINE
    from photocompare.records.backup import newest_backup
    from photocompare.records.restoring import restore as fill

    backup = newest_backup(source) if source.is_dir() else source
    restored = fill(open_records(), COMMAND_LINE, backup, without_missing=without_missing)
    typer.echo("Restored: " + ", ".join(f"{count} rows of {table}" for table, count in restored.rows.items() if count))
    if restored.missing:
        typer.echo(f"{len(restored.missing)} files were missing or changed and are told missing; photocompare records verify names them.")
        raise typer.Exit(PROBLEMS_FOUND)


@app.command()
def verify(
    head: Annotated[str, typer.Option("--head", help="Head of the trail as noted at an earlier backup or verification.")] = "",
) -> None:
    """Check the database, the trail's chain, every photo's digest and every orphan.  Status 3 when something is wrong."""
    from photocompare.records.access import COMMAND_LINE
    from photocompare.records.upkeep import verify as check

    found = check(open_records(), COMMAND_LINE, known_head=head)
    for problem in found.problems:
        typer.echo(problem)
    state = "All is well" if found.clean else f"{len(found.problems)} problems"
    typer.echo(f"{state}: {found.entries} entries of the trail, {found.files} files, {found.unfinished} saves unfinished.")
    typer.echo(f"Head of the trail, to be kept elsewhere: {found.head}")
    if not found.clean:
        raise typer.Exit(PROBLEMS_FOUND)


@app.command()
def export(
    patient: Annotated[str, typer.Argument(help="The patient's key, such as P-7K3M9QXWA.")],
    out: Annotated[Path, typer.Option("--out", help="The zip file to write.")],
) -> None:
    """Write all that is held of one patient, for that patient."""
    from photocompare.records.access import COMMAND_LINE
    from photocompare.records.upkeep import export_patient

    if out.is_dir():
        raise UsageError(f"--out {out} is a folder; name the file, such as {out / (patient + '.zip')}.")
    data = export_patient(open_records(), COMMAND_LINE, patient)
    with written_privately(out) as file:
        file.write(data)
    typer.echo(f"Export: {out}")


@app.command()
def erase(
    patient: Annotated[str, typer.Argument(help="The patient's key.")],
    reason: Annotated[str, typer.Option("--reason", help="Why, for the trail.")],
    yes: Annotated[bool, typer.Option("--yes", help="Don't ask.")] = False,
) -> None:
    """Erase who a patient is and all photos; numbers stay under the key, and the trail keeps that it happened."""
    from photocompare.records.access import COMMAND_LINE
    from photocompare.records.upkeep import erase_patient

    if not yes:
        typer.confirm(f"Erase identity and photos of {patient}? This can't be undone.", abort=True)
    gone = erase_patient(open_records(), COMMAND_LINE, patient, reason)
    typer.echo(f"Erased: {patient}, {gone} files. Backups taken before still hold them.")


@app.command()
def account(
    subject: Annotated[str, typer.Argument(help="Whom the sign-in names, as the sign-in page shows it.")],
    role: Annotated[Literal["clinician", "consult", "auditor", "admin"], typer.Option("--role", help="What the person may do.")],
    name: Annotated[str, typer.Option("--name", help="As it stands in the trail.")] = "",
    close: Annotated[bool, typer.Option("--close", help="Close the account.")] = False,
) -> None:
    """Open, change or close an account."""
    from photocompare.records.access import COMMAND_LINE

    open_records().set_account(COMMAND_LINE, subject, role=role, name=name, active=not close)
    typer.echo(f"Account {'closed' if close else 'open'}: {subject} ({role})")
