"""`photocompare demo`: invented patients to try every page with."""

from __future__ import annotations

import os
import shlex
import sys
from pathlib import Path

import click

from photocompare.commands.terminal import at_a_terminal


@click.command()
@click.option("--patients", type=click.IntRange(min=1), default=300, help="How many patients to invent.")
@click.option("--seed", type=click.IntRange(min=0), default=1, help="The same seed gives the same patients and numbers.")
@click.option(
    "--photos",
    type=click.IntRange(min=0),
    default=24,
    help="Rendered pairs of photos that are truly measured; all other numbers are invented.",
)
@click.option("--data", type=Path, help="Folder of the demo; by default demo/ within the records' folder.")
@click.option("--until", help="Last day of the demo, such as 2026-03-14; today by default.")
@click.option("--workers", type=click.IntRange(min=1), help="Processes; the number of cores by default.")
def demo(patients: int, seed: int, photos: int, data: Path | None, until: str | None, workers: int | None) -> None:
    """Fill a separate demo database with invented patients, so that every page can be tried."""
    from photocompare.demo.fill import DEMO_FOLDER, counted_back_from, default_workers, fill_demo
    from photocompare.demo.plan import DemoPlan
    from photocompare.records.places import usual_folder

    folder = data or usual_folder() / DEMO_FOLDER
    plan = DemoPlan(patients, seed, photos, counted_back_from(until))
    report = fill_demo(plan, folder, workers=workers or default_workers(), on_patient=_show_progress)
    click.echo(
        f"Demo: {report.patients} invented patients; {report.invented} comparisons with invented numbers, {report.measured} measured on "
        "rendered photos."
    )
    click.echo(f"Open it with: {_opening(folder)}")


def _show_progress(done: int, planned: int) -> None:
    if at_a_terminal():
        sys.stderr.write(f"\r{done} of {planned} patients" + ("\n" if done == planned else ""))
        sys.stderr.flush()


def _opening(folder: Path) -> str:
    """The line that opens the demo: variables that point to other records are emptied in it."""
    from photocompare.records.places import DATABASE_VARIABLE, FOLDER_VARIABLE, PHOTOS_VARIABLE

    other = "".join(f"{name}= " for name in (DATABASE_VARIABLE, PHOTOS_VARIABLE) if os.environ.get(name))
    return f"{other}{FOLDER_VARIABLE}={shlex.quote(str(folder.absolute()))} photocompare view"
