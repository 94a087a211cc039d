"""The command line: arguments in, the package's functions called, files and exit codes out.

Nothing that measures is imported before it is needed, so that `--version` and usage errors are quick, and so that a missing
system library is met with a sentence instead of a traceback.
"""

from __future__ import annotations

import datetime as dt
import importlib
import os
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, NoReturn

import typer

from photocompare import __version__
from photocompare.base.errors import PhotocompareError, SystemLibraryMissing, UsageError
from photocompare.base.memory import share_freed_memory
from photocompare.commands import batch as batches
from photocompare.commands import demo as demos
from photocompare.commands import practice, records

if TYPE_CHECKING:
    from photocompare.comparison import Comparison

BAD_USAGE = 2
"""Exit status: bad usage, or a photo that can't be read."""

NOT_COMPARABLE = 3
"""Exit status: both photos were read, but no honest number can be given."""

_INTERRUPTED = 130
"""Exit status after Ctrl-C, as shells have it (128 + SIGINT)."""

_STAGE_WORDS = {
    "read": "Reading the photos",
    "field": "Finding the leg and judging the photos",
    "scale": "Looking for the scale",
    "register": "Laying the photos over each other",
    "light": "Bringing both under the same light",
    "veins": "Finding the veins",
    "pigment": "Finding brown pigment",
    "fate": "Judging what became of each vein",
    "clearance": "Summing up",
    "write": "Writing the result",
}

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


app.add_typer(records.app, name="records")
app.add_typer(practice.app, name="practice")
app.command()(batches.batch)
app.command()(demos.demo)


def main() -> NoReturn:
    """Run the command line; every foreseeable fault becomes one sentence on standard error and status 2."""
    # The solves are small: a second thread of the linear algebra would only spin on the core that OpenCV needs.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    share_freed_memory()
    try:
        app(prog_name="photocompare", standalone_mode=True)
    except PhotocompareError as error:
        _fail(str(error))
    except OSError as error:
        where = f" ({error.filename})" if error.filename else ""
        _fail(f"The system reported: {error.strerror or error}{where}.")
    except MemoryError:
        _fail("There is not enough memory for these photos; close other programs or send smaller copies.")
    except KeyboardInterrupt:
        sys.exit(_INTERRUPTED)
    sys.exit(0)


def _fail(sentence: str) -> NoReturn:
    sys.stderr.write(f"photocompare: {sentence}\n")
    sys.exit(BAD_USAGE)


def _load(module: str) -> Any:
    """Import a module of the package that may need OpenCV.

    Raises
    ------
    SystemLibraryMissing
        A shared library of the operating system is not there (slim Linux images lack libGL and GLib).
    """
    try:
        return importlib.import_module(module)
    except ImportError as error:
        if ".so" not in str(error):
            raise
        library = str(error).split(":")[0]
        raise SystemLibraryMissing(
            f"The system library {library} is missing; install it with: apt-get install libgl1 libglib2.0-0"
        ) from error


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"photocompare {__version__}")
        raise typer.Exit


@app.callback()
def _common(
    version: Annotated[
        bool, typer.Option("--version", help="Print the version and leave.", is_eager=True, callback=_print_version)
    ] = False,
) -> None:
    """How much of the visible leg veins went, from two photographs."""


@app.command()
def compare(
    out: Annotated[Path, typer.Option("--out", help="Folder for result.json and the pictures.")],
    before: Annotated[Path | None, typer.Argument(help="The photo before treatment (JPEG, PNG, TIFF, WebP or HEIC).")] = None,
    after: Annotated[Path | None, typer.Argument(help="The photo after treatment.")] = None,
    more_before: Annotated[list[Path] | None, typer.Option("--before", help="One more photo of the visit before; four at most.")] = None,
    more_after: Annotated[list[Path] | None, typer.Option("--after", help="One more photo of the visit after.")] = None,
    before_date: Annotated[str | None, typer.Option(help="Day of the before photo, such as 2026-03-14; its own date by default.")] = None,
    after_date: Annotated[str | None, typer.Option(help="Day of the after photo.")] = None,
    mm_per_px: Annotated[float | None, typer.Option(help="Scale of the before photo, millimetres per pixel.")] = None,
    field: Annotated[Path | None, typer.Option(help='Polygon to measure in: {"polygon": [[x, y], ...]} in before pixels.')] = None,
    card: Annotated[Literal["auto", "none"], typer.Option(help="Look for the scale card, or don't.")] = "auto",
    as_json: Annotated[bool, typer.Option("--json", help="Print result.json to standard output.")] = False,
) -> None:
    """Measure one pair, or several photos of each visit together.

    Status 0 measured, 3 no honest number, 2 bad usage or unreadable photo.
    """
    visits = _shots("before", before, more_before), _shots("after", after, more_after)
    dates = (_given_date(before_date, "--before-date"), _given_date(after_date, "--after-date"))
    _check_output_folder(out)
    watch = _load("photocompare.base.provenance").Stopwatch(_announce if sys.stderr.isatty() else None)
    polygon_xy = None if field is None else _load("photocompare.leg.field").read_polygon(field)
    photo = _load("photocompare.photo.reading")
    with watch.stage("read"), ThreadPoolExecutor(1) as pool:
        # Decoding happens in child processes; the measuring libraries and networks load meanwhile.
        names = [*_shot_names("before", visits[0]), *_shot_names("after", visits[1])]
        reading = pool.submit(photo.read_photos, [*visits[0], *visits[1]], names=names)
        comparing = _load("photocompare.shots")
        if mm_per_px is not None:
            _load("photocompare.leg.scale").checked_mm_per_px(mm_per_px)
        _load("photocompare.veins.network").network_available()
        _load("photocompare.registration.matcher_models").load_matcher()
        photos = reading.result()
    comparison: Comparison = comparing.compare_shots(
        photos[: len(visits[0])],
        photos[len(visits[0]) :],
        before_date=dates[0],
        after_date=dates[1],
        mm_per_px=mm_per_px,
        polygon_xy=polygon_xy,
        look_for_card=card == "auto",
        watch=watch,
    )
    _announce_if_terminal("write")
    _load("photocompare.report.files.comparison_files").write_comparison(comparison, out)
    if as_json:
        typer.echo(_load("photocompare.results.result_json").result_text(comparison), nl=False)
    else:
        typer.echo(_load("photocompare.report.words.sentences").as_text(comparison))
        typer.echo(f"Files: {out}")
    if comparison.status == "not_comparable":
        raise typer.Exit(NOT_COMPARABLE)


@app.command()
def card(out: Annotated[Path, typer.Option("--out", help="The PDF to write.")]) -> None:
    """Draw the printable scale and colour card."""
    _load("photocompare.report.pdf.card").write_card_pdf(out)
    typer.echo(f"Card: {out}. Print at 100 % and check the 50 mm ruler.")


@app.command()
def phantom(
    out: Annotated[Path, typer.Option("--out", help="Folder for the cases.")],
    pairs: Annotated[int, typer.Option(min=1, help="How many pairs to render.")] = 1,
    seed: Annotated[int, typer.Option(min=0, help="The same seed gives the same pairs.")] = 0,
) -> None:
    """Render leg pairs whose truth is known."""
    _load("photocompare.phantom").write_cases(out, pairs=pairs, seed=seed)
    typer.echo(f"Cases: {out}")


@app.command()
def validate(
    out: Annotated[Path, typer.Option("--out", help="Folder for validation.html, validation.json, summary.md and the rows.")],
    pairs: Annotated[int, typer.Option(min=1, help="How many pairs to render.")] = 200,
    seed: Annotated[int, typer.Option(min=0, help="The same seed gives the same pairs.")] = 0,
    mismatches: Annotated[int, typer.Option(min=0, help="How many pairings of photos of two different legs to try.")] = 0,
    workers: Annotated[int | None, typer.Option(min=1, help="Processes; the number of cores by default.")] = None,
) -> None:
    """Measure rendered pairs whose truth is known, and report how far the numbers can be trusted; goes on where it was stopped."""
    _check_output_folder(out)
    validation = _load("photocompare.validation")
    hands = workers or _load("photocompare.validation.study").default_workers()
    validation.validate(validation.StudyPlan(pairs, seed, mismatches), out, workers=hands, on_row=_announce_row)
    typer.echo((out / "summary.md").read_text(encoding="utf-8"), nl=False)
    typer.echo(f"Report: {out / 'validation.html'}")


def _announce_row(progress: Any) -> None:
    minutes = progress.seconds_left / 60
    sys.stderr.write(f"{progress.done} of {progress.planned}: {progress.seconds_a_row:.1f} s each, about {minutes:.0f} min left\n")


def _shots(visit: str, first: Path | None, more: list[Path] | None) -> list[Path]:
    """The photos of one visit, those given by option after the one given by place."""
    shots = [*([first] if first else []), *(more or [])]
    if not shots:
        raise UsageError(f"There is no {visit} photo; give BEFORE AFTER, or --before and --after.")
    return shots


def _shot_names(visit: str, shots: list[Path]) -> list[str]:
    """What each photo is called in an error."""
    return [f"The {visit} photo"] if len(shots) == 1 else [f"The {visit} photo number {k + 1}" for k in range(len(shots))]


def _given_date(text: str | None, option: str) -> dt.date | None:
    """A date as given; one that lies ahead is a slip of the keyboard."""
    if text is None:
        return None
    day: dt.date = _load("photocompare.results.timing").parse_date(text)
    if day > dt.datetime.now(dt.UTC).date() + dt.timedelta(days=1):  # it may be tomorrow already, east of Greenwich
        raise UsageError(f"{option} {day.isoformat()} lies in the future; check the year.")
    return day


def _check_output_folder(out: Path) -> None:
    """Fail before measuring rather than after."""
    if out.exists() and not out.is_dir():
        raise UsageError(f"--out {out} is a file; give a folder.")


def _announce(stage: str) -> None:
    sys.stderr.write(f"{_STAGE_WORDS.get(stage, stage)} ...\n")


def _announce_if_terminal(stage: str) -> None:
    if sys.stderr.isatty():
        _announce(stage)
