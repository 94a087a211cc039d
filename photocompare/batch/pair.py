"""One pair of a batch: what is asked, what comes back, and the measuring between, as a worker does it."""

from __future__ import annotations

import dataclasses
import datetime as dt
import hashlib
import json
import os
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from photocompare import __version__
from photocompare.base.errors import PhotoError, UsageError
from photocompare.batch.sources import Source, SourceError
from photocompare.results.result import CONTRACT, Result

if TYPE_CHECKING:
    from photocompare.base.arrays import SRGB8
    from photocompare.photo.visits import CollageOrder, Visits
    from photocompare.report.dicom.archive import Archive
    from photocompare.report.dicom.filing import Unfiled
    from photocompare.results.comparison import Comparison
    from photocompare.settings import Settings

PairStatus = Literal["comparable", "indicative", "not_comparable", "unreadable", "skipped", "failed", "unwritten"]

SETTLED = ("comparable", "indicative", "not_comparable", "unreadable")
"""Statuses that the photos themselves decide: the pair is done.  What was skipped or failed is tried again by the next run."""

UNSETTLED = ("skipped", "failed")

THUMBNAIL_PX = 280
"""Longer side of a thumbnail: three beside each other fill a column of a contact sheet on a screen, and are told apart in print."""

THUMBNAIL_LINE_PX = 1.5
"""Width of a painted vein in a thumbnail: a pixel alone would be lost beside the photo's own texture."""

THUMBNAIL_QUALITY = 85
"""libjpeg's scale; some 10 kB a thumbnail."""

_LONGEST_FAULT = 200
"""Characters kept of what a program's fault says."""

_KEY_SCHEMA = "photocompare.pair/1"


@dataclass(frozen=True)
class PairDetails:
    """What is known of a pair beside its photos, and decides what is measured.

    Parameters
    ----------
    before_date, after_date : date or None
        By default the photos' own.
    mm_per_px : float or None
        Scale of the before photo.
    collage : CollageOrder or None
        How the photos lie in the one file that holds both; None for two files.
    """

    before_date: dt.date | None = None
    after_date: dt.date | None = None
    mm_per_px: float | None = None
    collage: CollageOrder | None = None


@dataclass(frozen=True)
class PairTask:
    """What a worker is asked.

    Parameters
    ----------
    key : str
        `pair_key`.
    sources : tuple of Source
        The before and the after photo, or the one collage.
    details : PairDetails
    folder : str
        Where the worker writes the pair's files; empty where it can't.
    send_files : bool
        Whether the files come back as bytes.
    send_dossier : bool
        Whether the dossier for the records comes back.
    dicom : bool
        Whether the files for an archive are made: among the pair's files, and where none are written or sent they come back alone.
    settings : Settings or None
        None for the standard ones.
    version : str
        Of the software that asks; a worker of another version must not answer.
    """

    key: str
    sources: tuple[Source, ...]
    details: PairDetails = PairDetails()
    folder: str = ""
    send_files: bool = False
    send_dossier: bool = False
    dicom: bool = False
    settings: Settings | None = None
    version: str = __version__


@dataclass(frozen=True, repr=False)
class PairOutcome:
    """What comes back.

    Parameters
    ----------
    key : str
    status : str
        "unreadable": a photo is none or can't be used.  "skipped": a photo could not be had.  "failed": the program or its process failed.
        "unwritten": the files could not be written.
    why : str
        A sentence where there is no result.
    result : Result or None
        To the digits that `result.json` keeps.
    thumbnails : bytes
        One JPEG: both photos and, of a measured pair, the fates, side by side; no metadata.
    files : mapping of str to bytes
        Only where they were asked for.
    dossier : bytes
        Only where it was asked for.
    photo_facts : mapping
        SHA-256 of each file to its kept facts (`photo.facts.KEPT_FACTS`).
    unfiled : str or None
        Why the files for an archive name no patient; empty where they name one, None where there are none.
    seconds : float
        That the worker took.
    """

    key: str
    status: PairStatus
    why: str = ""
    result: Result | None = None
    thumbnails: bytes = b""
    files: Mapping[str, bytes] = field(default_factory=dict)
    dossier: bytes = b""
    photo_facts: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    unfiled: Unfiled | None = None
    seconds: float = 0.0


Measure = Callable[[PairTask], PairOutcome]
"""What a worker does with a task.  It must be importable by the worker's process (a function of a module)."""


def pair_key(photos: Sequence[str], details: PairDetails, *, settings_sha256: str) -> str:
    """The name of a pair's result: SHA-256 of all that decides it.

    Parameters
    ----------
    photos : sequence of str
        Names of the files' content, see `sources.identified`.
    details : PairDetails
    settings_sha256 : str
    """
    decides = {
        "schema": _KEY_SCHEMA,
        "version": __version__,
        "contract": CONTRACT,
        "settings": settings_sha256,
        "photos": list(photos),
        "dates": [None if day is None else day.isoformat() for day in (details.before_date, details.after_date)],
        "mm_per_px": details.mm_per_px,
        **({} if details.collage is None else {"collage": details.collage}),
    }
    return hashlib.sha256(json.dumps(decides, sort_keys=True, separators=(",", ":"), allow_nan=False).encode()).hexdigest()


def attempt(measure: Measure, task: PairTask) -> PairOutcome:
    """Measure a pair, and make an outcome of whatever goes wrong with it: one bad pair must not stop the rest.

    Raises
    ------
    MemoryError
        The process is better ended than used again.
    """
    begin = time.monotonic()
    if task.version != __version__:
        why = f"The worker has photocompare {__version__}, the batch was begun with {task.version}; install the same version everywhere."
        return PairOutcome(task.key, "failed", why)
    one_thread()
    try:
        outcome = measure(task)
        if not isinstance(outcome, PairOutcome):
            raise TypeError(f"measuring gave a {type(outcome).__name__}")
    except SourceError as error:
        outcome = PairOutcome(task.key, "skipped", str(error))
    except PhotoError as error:
        outcome = PairOutcome(task.key, "unreadable", str(error))
    except UsageError as error:
        status: PairStatus = "unwritten" if isinstance(error.__cause__, OSError) else "failed"
        outcome = PairOutcome(task.key, status, str(error))
    except MemoryError:
        raise
    except Exception as error:  # noqa: BLE001  a batch has to tell what the program fails on, and go on
        said = f"{type(error).__name__}: {error}"[:_LONGEST_FAULT]
        outcome = PairOutcome(task.key, "failed", f"The program failed on this pair ({said}); please report it.")
    return dataclasses.replace(outcome, seconds=time.monotonic() - begin)


@cache
def one_thread() -> None:
    """Make this process one that works with one thread: there is a process a core."""
    import cv2

    from photocompare.base.memory import look_seldom_for_cycles, share_freed_memory

    cv2.setNumThreads(1)
    share_freed_memory()
    look_seldom_for_cycles()


def measure_pair(task: PairTask) -> PairOutcome:
    """Read, compare, write: the work itself.

    Raises
    ------
    SourceError, PhotoError, UsageError
        See `attempt`.
    """
    from photocompare.comparison import compare
    from photocompare.results.result_json import as_written, result_of
    from photocompare.settings import STANDARD

    details = task.details
    visits, archive = _read(task)
    comparison = compare(
        visits.befores[0],
        visits.afters[0],
        before_date=details.before_date,
        after_date=details.after_date,
        mm_per_px=details.mm_per_px,
        settings=task.settings or STANDARD,
    )
    files = _written(comparison, task, archive)
    dossier = b""
    if task.send_dossier:
        from photocompare.report.files.dossier_making import dossier_of
        from photocompare.results.dossier import write_dossier

        dossier = write_dossier(dossier_of(comparison, settings=task.settings or STANDARD))
    thumbnails, result = thumbnails_of(comparison), as_written(result_of(comparison))
    unfiled = None if archive is None else archive.filing.unfiled
    return PairOutcome(task.key, comparison.status, "", result, thumbnails, files, dossier, visits.file_facts, unfiled)


def _read(task: PairTask) -> tuple[Visits, Archive | None]:
    """The pair's photos, from two files or from a collage, and whose they are where an archive wants to know."""
    from photocompare.photo.visits import read_collage, read_visits

    collage = task.details.collage
    names = ("before photo", "after photo") if collage is None else ("collage",)
    data = [_bytes(source, name) for source, name in zip(task.sources, names, strict=True)]
    visits = read_visits(data[:1], data[1:]) if collage is None else read_collage(data[0], order=collage)
    if not task.dicom:
        return visits, None
    from photocompare.report.dicom.archive import archive_of, check_can_write

    check_can_write()
    return visits, archive_of(data[:1], data[-1:], visits)


def _bytes(source: Source, name: str) -> bytes:
    try:
        return source.read()
    except SourceError as error:
        raise SourceError(f"The {name} {error}.") from None


def _written(comparison: Comparison, task: PairTask, archive: Archive | None) -> dict[str, bytes]:
    """Write the contract's files where the task says; as bytes where they are to be sent, and those for an archive where they are alone."""
    from photocompare.report.files.comparison_files import archive_files, write_comparison

    if task.folder:
        write_comparison(comparison, task.folder, archive=archive)
    if task.send_files:
        with tempfile.TemporaryDirectory(prefix="photocompare-pair-") as folder:
            return {name: Path(folder, name).read_bytes() for name in write_comparison(comparison, folder, archive=archive)}
    return {} if archive is None or task.folder else archive_files(comparison, archive)


def thumbnails_of(comparison: Comparison) -> bytes:
    """Both photos and, of a measured pair, the fates, small and side by side: a JPEG of pixels alone."""
    import numpy as np

    from photocompare.report.pictures.drawing import fitted, paint_veins, veiled
    from photocompare.report.pictures.encoding import jpeg

    pictures = comparison.pictures
    small = [fitted(picture, THUMBNAIL_PX, THUMBNAIL_PX) for picture in (pictures.before, pictures.after)]
    shown = [picture for picture, _ in small]
    if pictures.measured is not None and pictures.registration is not None:
        painted = veiled(small[0][0], pictures.registration.shared)
        paint_veins(painted, pictures.measured.pieces, small[0][1] / pictures.factor_before, THUMBNAIL_LINE_PX)
        shown.append(painted)
    return jpeg(np.hstack([_boxed(picture) for picture in shown]), THUMBNAIL_QUALITY)


def _boxed(picture: SRGB8) -> SRGB8:
    """A picture in the middle of a white square of `THUMBNAIL_PX`."""
    import numpy as np

    box = np.full((THUMBNAIL_PX, THUMBNAIL_PX, 3), 255, np.uint8)
    height, width = picture.shape[:2]
    top, left = (THUMBNAIL_PX - height) // 2, (THUMBNAIL_PX - width) // 2
    box[top : top + height, left : left + width] = picture
    return box


def cores() -> int:
    """As many as this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
