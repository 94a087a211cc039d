"""`photocompare phantom` and `photocompare validate`: leg pairs whose truth is known, and how far the numbers can be trusted on them."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from photocompare.commands.output_folder import check_output_folder

if TYPE_CHECKING:
    from photocompare.validation.study import Progress


def phantom(
    out: Annotated[Path, typer.Option("--out", help="Folder for the cases.")],
    pairs: Annotated[int, typer.Option(min=1, help="How many pairs to render.")] = 1,
    seed: Annotated[int, typer.Option(min=0, help="The same seed gives the same pairs.")] = 0,
) -> None:
    """Render leg pairs whose truth is known."""
    from photocompare.phantom import write_cases

    write_cases(out, pairs=pairs, seed=seed)
    typer.echo(f"Cases: {out}")


def validate(
    out: Annotated[Path, typer.Option("--out", help="Folder for validation.html, validation.json, summary.md and the rows.")],
    pairs: Annotated[int, typer.Option(min=1, help="How many pairs to render.")] = 200,
    seed: Annotated[int, typer.Option(min=0, help="The same seed gives the same pairs.")] = 0,
    mismatches: Annotated[int, typer.Option(min=0, help="How many pairings of photos of two different legs to try.")] = 0,
    workers: Annotated[int | None, typer.Option(min=1, help="Processes; the number of cores by default.")] = None,
) -> None:
    """Measure rendered pairs whose truth is known, and report how far the numbers can be trusted; goes on where it was stopped."""
    check_output_folder(out)
    from photocompare import validation
    from photocompare.validation.study import default_workers

    validation.validate(validation.StudyPlan(pairs, seed, mismatches), out, workers=workers or default_workers(), on_row=_announce_row)
    typer.echo((out / "summary.md").read_text(encoding="utf-8"), nl=False)
    typer.echo(f"Report: {out / 'validation.html'}")


def _announce_row(progress: Progress) -> None:
    minutes = progress.seconds_left / 60
    sys.stderr.write(f"{progress.done} of {progress.planned}: {progress.seconds_a_row:.1f} s each, about {minutes:.0f} min left\n")
