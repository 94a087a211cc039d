"""`photocompare records ...`: looking after the records from the command line."""

from __future__ import annotations

from collections.abc import Sized
from pathlib import Path

import click

from photocompare.base.errors import UsageError
from photocompare.base.safe_files import written_privately
from photocompare.commands.in_order import InOrder
from photocompare.commands.opened_records import open_records

PROBLEMS_FOUND = 3
"""Exit status where something is wrong or missing."""


def _count(things: int | Sized, one: str) -> str:
    """So many things, in words."""
    count = things if isinstance(things, int) else len(things)
    return f"{count} {one}{'' if count == 1 else 's'}"


@click.group("records", cls=InOrder)
def app() -> None:
    """Look after the records: back up, restore, verify, export or erase a patient, accounts."""


@app.command()
@click.option("--out", type=Path, required=True, help="Folder for the backup; photos that are there already are not copied again.")
def backup(out: Path) -> None:
    """Back up the records while people work.  Status 3 when files could not be read."""
    from photocompare.records.access import COMMAND_LINE
    from photocompare.records.backup import back_up

    report = back_up(open_records(), COMMAND_LINE, out)
    click.echo(f"Backup: {report.file} ({_count(sum(report.rows.values()), 'row')}, {_count(report.copied, 'new file')})")
    if report.expired:
        click.echo(f"Removed: {_count(report.expired, 'file')} that no backup there speaks of any more")
    click.echo(f"Head of the trail, to be kept elsewhere: {report.head}")
    if report.unreadable:
        click.echo(f"Missing or changed, and not in the backup: {_count(report.unreadable, 'file')}; run: photocompare records verify")
        raise click.exceptions.Exit(PROBLEMS_FOUND)


@app.command()
@click.argument("source", type=Path, help="A backup, or a folder of backups, whose last one is taken.")
@click.option("--without-missing", is_flag=True, help="Restore also where photos are missing beside the backup.")
def restore(source: Path, without_missing: bool) -> None:
    """Restore a backup of this or an earlier version into empty records.  Status 3 when files were missing."""
    from photocompare.records.access import COMMAND_LINE
    from photocompare.records.backup import newest_backup
    from photocompare.records.restoring import restore as fill

    backup = newest_backup(source) if source.is_dir() else source
    restored = fill(open_records(), COMMAND_LINE, backup, without_missing=without_missing)
    click.echo("Restored: " + ", ".join(f"{_count(count, 'row')} of {table}" for table, count in restored.rows.items() if count))
    if restored.missing:
        click.echo(f"Missing or changed, and told missing: {_count(restored.missing, 'file')}; photocompare records verify names each.")
        raise click.exceptions.Exit(PROBLEMS_FOUND)


@app.command()
@click.option("--head", default="", show_default=False, help="Head of the trail as noted at an earlier backup or verification.")
def verify(head: str) -> None:
    """Check the database, the trail's chain, every photo's digest and every orphan.  Status 3 when something is wrong."""
    from photocompare.records.access import COMMAND_LINE
    from photocompare.records.upkeep import verify as check

    found = check(open_records(), COMMAND_LINE, known_head=head.strip().lower())
    for problem in found.problems:
        click.echo(problem)
    state = "All is well" if found.clean else _count(found.problems, "problem")
    checked = f"{found.entries} {'entry' if found.entries == 1 else 'entries'} of the trail, {_count(found.files, 'file')}"
    click.echo(f"{state}: {checked}, {_count(found.unfinished, 'unfinished file')}.")
    click.echo(f"Head of the trail, to be kept elsewhere: {found.head}")
    if not found.clean:
        raise click.exceptions.Exit(PROBLEMS_FOUND)


@app.command()
@click.argument("patient", help="The patient's key, such as P-7K3M9QXWA.")
@click.option("--out", type=Path, required=True, help="The zip file to write.")
def export(patient: str, out: Path) -> None:
    """Write one patient's facts, results and photos, for that patient.  Status 3 when photos can't be read and are missing in it."""
    from photocompare.records.access import COMMAND_LINE
    from photocompare.records.upkeep import export_patient

    if out.is_dir():
        raise UsageError(f"--out {out} is a folder; name the file, such as {out / (patient + '.zip')}.")
    exported = export_patient(open_records(), COMMAND_LINE, patient)
    with written_privately(out) as file:
        file.write(exported.data)
    click.echo(f"Export: {out}")
    for missing in exported.missing:
        click.echo(f"Missing: {missing}")
    if exported.missing:
        raise click.exceptions.Exit(PROBLEMS_FOUND)


@app.command()
@click.argument("patient", help="The patient's key.")
@click.option("--reason", required=True, help="Why, for the trail.")
@click.option("--yes", is_flag=True, help="Don't ask.")
def erase(patient: str, reason: str, yes: bool) -> None:
    """Erase who a patient is and all photos; numbers stay under the key, and the trail keeps that it happened."""
    from photocompare.records.access import COMMAND_LINE
    from photocompare.records.upkeep import erase_patient

    if not yes:
        click.confirm(f"Erase identity and photos of {patient}? This can't be undone.", abort=True)
    gone = erase_patient(open_records(), COMMAND_LINE, patient, reason)
    click.echo(f"Erased: {patient}, {_count(gone, 'file')}. Backups taken before still hold the patient.")


@app.command()
@click.argument("subject", help="Whom the sign-in names, as the sign-in page shows it.")
@click.option("--role", type=click.Choice(["clinician", "consult", "auditor", "admin"]), required=True, help="What the person may do.")
@click.option("--name", default="", show_default=False, help="As it stands in the trail; the one that is there stays where none is given.")
@click.option("--close", is_flag=True, help="Close the account.")
def account(subject: str, role: str, name: str, close: bool) -> None:
    """Open, change or close an account."""
    from photocompare.records.access import COMMAND_LINE

    open_records().set_account(COMMAND_LINE, subject, role=role, name=name, active=not close)
    click.echo(f"Account {'closed' if close else 'open'}: {subject} ({role})")
