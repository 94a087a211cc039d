"""`photocompare compare`: one pair, several photos of each visit, or one collage."""

from __future__ import annotations

import contextlib
import datetime as dt
import os
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import click

from photocompare.base.errors import UsageError
from photocompare.base.memory import give_back_freed_memory, keep_freed_memory
from photocompare.commands.output_folder import check_inputs_stay, check_output_folder
from photocompare.commands.terminal import at_a_terminal

if TYPE_CHECKING:
    from photocompare.base.arrays import PointsXY
    from photocompare.photo.visits import CollageOrder, Visits
    from photocompare.report.dicom.archive import Archive
    from photocompare.results.comparison import Comparison

NOT_COMPARABLE = 3
"""Exit status: both photos were read, but no honest number can be given."""

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


@dataclass(frozen=True)
class _Files:
    """What is to be read: photos of both visits, or the one collage among `befores` and how its photos lie."""

    befores: list[Path]
    afters: list[Path]
    collage: CollageOrder | None

    def read(self) -> Visits:
        from photocompare.photo.visits import read_collage, read_visits

        if self.collage is not None:
            return read_collage(self.befores[0], order=self.collage)
        return read_visits(self.befores, self.afters)


@click.command()
@click.argument(
    "before",
    type=Path,
    required=False,
    help="The photo before treatment (JPEG, PNG, TIFF, WebP, HEIC or DICOM), or one collage of both photos.",
)
@click.argument("after", type=Path, required=False, help="The photo after treatment; none with a collage.")
@click.option("--out", type=Path, required=True, help="Folder for result.json and the pictures.")
@click.option("--before", "more_before", type=Path, multiple=True, help="One more photo of the visit before; four at most.")
@click.option("--after", "more_after", type=Path, multiple=True, help="One more photo of the visit after.")
@click.option(
    "--collage",
    type=click.Choice(["auto", "left-right", "right-left", "top-bottom", "bottom-top"]),
    help="How the photos lie in the collage, the before photo first; by default the left or upper one is the earlier.",
)
@click.option("--before-date", help="Day of the before photo, such as 2026-03-14; its own date by default.")
@click.option("--after-date", help="Day of the after photo.")
@click.option("--mm-per-px", type=float, help="Scale of the before photo, millimetres per pixel.")
@click.option("--field", type=Path, help='Polygon to measure in: {"polygon": [[x, y], ...]} in before pixels.')
@click.option("--card", type=click.Choice(["auto", "none"]), default="auto", help="Look for the scale card, or don't.")
@click.option(
    "--dicom", is_flag=True, help="Write summary.dcm and measurements.dcm for an archive too (pip install 'photocompare[dicom]')."
)
@click.option("--json", "as_json", is_flag=True, help="Print result.json to standard output.")
def compare(
    before: Path | None,
    after: Path | None,
    out: Path,
    more_before: tuple[Path, ...],
    more_after: tuple[Path, ...],
    collage: CollageOrder | None,
    before_date: str | None,
    after_date: str | None,
    mm_per_px: float | None,
    field: Path | None,
    card: Literal["auto", "none"],
    dicom: bool,
    as_json: bool,
) -> None:
    """Measure one pair, several photos of each visit together, or one collage of two photos.

    Status 0 measured, 3 no honest number, 2 bad usage or unreadable photo.
    """
    files = _files([before, *more_before], [after, *more_after], collage)
    dates = (_given_date(before_date, "--before-date"), _given_date(after_date, "--after-date"))
    check_output_folder(out)
    check_inputs_stay(out, [*files.befores, *files.afters, *([] if field is None else [field])])
    if dicom:
        from photocompare.report.dicom.archive import check_can_write

        check_can_write()
    from photocompare.base.provenance import Stopwatch

    keep_freed_memory()
    watch = Stopwatch(_announce if at_a_terminal() else None)
    polygon_xy = None if field is None else _polygon(field)
    with watch.stage("read"):
        visits = _read(files, mm_per_px)
        archive = _archive(files, visits) if dicom else None
    from photocompare.shots import compare_shots

    comparison = compare_shots(
        visits.befores,
        visits.afters,
        before_date=dates[0],
        after_date=dates[1],
        mm_per_px=mm_per_px,
        polygon_xy=polygon_xy,
        look_for_card=card == "auto",
        watch=watch,
    )
    _write(comparison, out, archive, as_json=as_json)
    if comparison.status == "not_comparable":
        raise click.exceptions.Exit(NOT_COMPARABLE)


def _polygon(field: Path) -> PointsXY:
    from photocompare.leg.field import read_polygon

    return read_polygon(field)


def _read(files: _Files, mm_per_px: float | None) -> Visits:
    """The photos.  Decoding happens in child processes; what comes after it loads meanwhile, and goes on loading beside the next stage."""
    from photocompare.photo.decoding.apart import prepare

    prepare(by_copy=True)  # before the first thread starts
    with ThreadPoolExecutor(1) as pool:
        reading = pool.submit(files.read)
        loading = ThreadPoolExecutor(1)
        loading.submit(_load_for_later)
        loading.shutdown(wait=False)
        import photocompare.shots  # noqa: F401
        from photocompare.leg.scale import checked_mm_per_px

        if mm_per_px is not None:
            checked_mm_per_px(mm_per_px)
        return reading.result()


def _load_for_later() -> None:
    """What registration, the veins and the files need, in this order; whatever fails fails again where it is needed."""
    from photocompare.registration.matcher_models import load_matcher
    from photocompare.veins.network import open_networks

    load_matcher()
    open_networks(reduced=True)  # as most cameras' photos are
    import photocompare.report.files.comparison_files  # noqa: F401


def _archive(files: _Files, visits: Visits) -> Archive:
    """Whose the photos are, by their files, which are asked for it only here."""
    from photocompare.photo.reading import photo_bytes
    from photocompare.report.dicom.archive import archive_of
    from photocompare.report.dicom.filing import WHY_UNFILED

    befores, afters = (map(photo_bytes, paths) for paths in (files.befores, files.afters or files.befores))
    archive = archive_of(befores, afters, visits)
    if archive.filing.unfiled:
        click.echo(WHY_UNFILED[archive.filing.unfiled], err=True)
    return archive


def _write(comparison: Comparison, out: Path, archive: Archive | None, *, as_json: bool) -> None:
    """The contract's files, and the result in words or as JSON on standard output."""
    from photocompare.report.files.comparison_files import write_comparison
    from photocompare.report.words.summary import as_text
    from photocompare.report.words.texts import texts
    from photocompare.results.result_json import result_of, result_text

    if at_a_terminal():
        _announce("write")
    if min(comparison.pictures.factor_before, comparison.pictures.factor_after) < 1.0:
        # Pictures at full size are too large for the gaps that measuring left: they would come on top.
        give_back_freed_memory()
    write_comparison(comparison, out, archive=archive)
    told = result_text(comparison) if as_json else f"{as_text(result_of(comparison), texts('en'))}\nFiles: {out}\n"
    try:
        click.echo(told, nl=False)
    except OSError as error:  # the result is there all the same, and so is its status
        with contextlib.suppress(OSError):
            click.echo(f"Standard output took no result ({error.strerror}); it is in {out}.", err=True)
        # What is left in its buffer would fail again at the end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _files(befores: list[Path | None], afters: list[Path | None], collage: CollageOrder | None) -> _Files:
    """The files of both visits, those given by option after the one given by place; one file given by place is a collage."""
    alone = len(befores) == 1 and befores[0] is not None and afters == [None]
    if collage is not None and not alone:
        raise UsageError("With --collage give one file, the collage, and no other photo.")
    found = [[path for path in visit if path is not None] for visit in (befores, afters)]
    for which, visit in zip(("before", "after"), found, strict=True):
        if not visit and not alone:
            raise UsageError(f"There is no {which} photo; give BEFORE AFTER, or --before and --after, or one COLLAGE.")
    return _Files(found[0], found[1], (collage or "auto") if alone else None)


def _given_date(text: str | None, option: str) -> dt.date | None:
    """A date as given."""
    if text is None:
        return None
    from photocompare.results.timing import can_be_visit, parse_date

    day = parse_date(text)
    if not can_be_visit(day):
        raise UsageError(f"{option} {day.isoformat()} can't be a visit's; check the year.")
    return day


def _announce(stage: str) -> None:
    sys.stderr.write(f"{_STAGE_WORDS.get(stage, stage)} ...\n")
