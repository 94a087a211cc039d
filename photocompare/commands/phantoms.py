"""`photocompare phantom` and `photocompare validate`: leg pairs whose truth is known, and how far the numbers can be trusted on them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from photocompare.commands.output_folder import check_output_folder

if TYPE_CHECKING:
    from photocompare.validation.study import Progress


@click.command()
@click.option("--out", type=Path, required=True, help="Folder for the cases.")
@click.option("--pairs", type=click.IntRange(min=1), default=1, help="How many pairs to render.")
@click.option("--seed", type=click.IntRange(min=0), default=0, help="The same seed gives the same pairs.")
def phantom(out: Path, pairs: int, seed: int) -> None:
    """Render leg pairs whose truth is known."""
    from photocompare.phantom import write_cases

    write_cases(out, pairs=pairs, seed=seed)
    click.echo(f"Cases: {out}")


@click.command()
@click.option("--out", type=Path, required=True, help="Folder for validation.html, validation.json, summary.md and the rows.")
@click.option("--pairs", type=click.IntRange(min=1), default=200, help="How many pairs to render.")
@click.option("--seed", type=click.IntRange(min=0), default=0, help="The same seed gives the same pairs.")
@click.option("--mismatches", type=click.IntRange(min=0), default=0, help="How many pairings of photos of two different legs to try.")
@click.option("--workers", type=click.IntRange(min=1), help="Processes; the number of cores by default.")
def validate(out: Path, pairs: int, seed: int, mismatches: int, workers: int | None) -> None:
    """Measure rendered pairs whose truth is known, and report how far the numbers can be trusted; goes on where it was stopped."""
    check_output_folder(out)
    from photocompare import validation
    from photocompare.validation.study import default_workers

    validation.validate(validation.StudyPlan(pairs, seed, mismatches), out, workers=workers or default_workers(), on_row=_announce_row)
    click.echo((out / "summary.md").read_text(encoding="utf-8"), nl=False)
    click.echo(f"Report: {out / 'validation.html'}")


def _announce_row(progress: Progress) -> None:
    minutes = progress.seconds_left / 60
    click.echo(f"{progress.done} of {progress.planned}: {progress.seconds_a_row:.1f} s each, about {minutes:.0f} min left", err=True)
