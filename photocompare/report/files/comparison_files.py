"""Writes the contract's files for one comparison, all or none.

Everything is made in a hidden folder inside the target (the same disk, and the one place that is sure to be writable), synced,
and only then moved into place: a full disk or a stopped process leaves an earlier result as it was.
"""

from __future__ import annotations

import errno
import io
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import numpy as np

from photocompare.base.errors import UsageError
from photocompare.base.safe_files import settle, staging, write_synced
from photocompare.registration import Registration
from photocompare.report.dicom.archive import ARCHIVE_FILES, Archive
from photocompare.report.files.full_pixels import AfterFrame, in_full_pixels, shares_in_full_pixels, written_map
from photocompare.report.pictures.drawing import displayed
from photocompare.report.pictures.encoding import png
from photocompare.report.pictures.fate_map import draw_fate
from photocompare.report.pictures.pair import pictures_of
from photocompare.report.pictures.renderings import NO_PICTURE
from photocompare.report.pictures.summary import draw_summary
from photocompare.report.words.texts import Texts, texts
from photocompare.results.comparison import Comparison, Pictures
from photocompare.results.result_json import json_text, result_of

RESULT = "result.json"
CONTRACT_FILES = (
    "registration.npz",
    "veins_before.png",
    "veins_after.png",
    "pigment_before.png",
    "pigment_after.png",
    "field.png",
    "before_normalised.png",
    "after_normalised.png",
    "fate.png",
    "summary.png",
    RESULT,
)
"""Every file of the contract that a comparison may leave, the one that programs wait for last."""

OWN_FILES = (*ARCHIVE_FILES, *CONTRACT_FILES)
"""Those for an archive too, where they are asked for."""

_THREADS = 2
"""PNG encoding leaves Python's lock; a clinic's machine has at least two cores."""


def write_comparison(
    comparison: Comparison, folder: str | os.PathLike[str], *, language: str = "en", archive: Archive | None = None
) -> list[str]:
    """Write `result.json` and the pictures that the comparison honestly has.

    Files of an earlier comparison in the folder are replaced, or removed where this one has no such file; other files stay.

    Parameters
    ----------
    comparison : Comparison
    folder : path
        Made when absent.
    language : str
        Of the words in the drawn pictures, one of `LANGUAGES`.
    archive : Archive, optional
        Writes `ARCHIVE_FILES` too.

    Returns
    -------
    list of str
        The names written, in the order of `OWN_FILES`.

    Raises
    ------
    UsageError
        The folder can't be made or written to, or the disk is full; nothing of this comparison is left in it.
    """
    folder = Path(folder)
    try:
        with staging(folder) as hidden:
            _write_all(_jobs(comparison, texts(language), archive), hidden)
            written = _move_into_place(hidden, folder)
    except OSError as error:
        raise UsageError(
            f"The result can't be written to {folder}: {error.strerror or error}. Free some space or choose another folder."
        ) from error
    return written


def archive_files(comparison: Comparison, archive: Archive) -> dict[str, bytes]:
    """The files for an archive alone, by name, as `write_comparison` writes them."""
    result = result_of(comparison)
    return archive.files(result, draw_summary(result, pictures_of(comparison), texts("en")))


def _move_into_place(hidden: Path, folder: Path) -> list[str]:
    """Rename file by file, `result.json` last; drop what an earlier comparison left and this one lacks.

    Raises
    ------
    OSError
        A folder has a file's name: then nothing was renamed.
    """
    for name in OWN_FILES:
        if (folder / name).is_dir() and not (folder / name).is_symlink():
            raise IsADirectoryError(errno.EISDIR, f"{name} is a folder there")
    written = [name for name in OWN_FILES if (hidden / name).exists()]
    for name in OWN_FILES:
        if name in written:
            (hidden / name).replace(folder / name)
        else:
            (folder / name).unlink(missing_ok=True)
    settle(folder)
    return written


def _write_all(jobs: dict[str, Callable[[], bytes]], folder: Path) -> None:
    with ThreadPoolExecutor(_THREADS) as pool:
        for done in [pool.submit(lambda name: write_synced(folder / name, jobs[name]()), name) for name in jobs]:
            done.result()


def _jobs(comparison: Comparison, t: Texts, archive: Archive | None) -> dict[str, Callable[[], bytes]]:
    """Each file's name with what makes its bytes, slowest first."""
    result, shown, pictures = result_of(comparison), pictures_of(comparison), comparison.pictures
    registration, measured = pictures.registration, pictures.measured
    shape = pictures.before.shape
    jobs: dict[str, Callable[[], bytes]] = {"summary.png": lambda: png(draw_summary(result, shown, t))}
    if registration is not None and measured is not None:
        after = AfterFrame(pictures, registration)
        jobs |= {
            "after_normalised.png": lambda: png(displayed(measured.after_normalised, NO_PICTURE), shape),
            "before_normalised.png": lambda: png(displayed(measured.before_normalised, NO_PICTURE), shape),
            "fate.png": lambda: png(draw_fate(result, shown, t)),
            "veins_after.png": lambda: png(after.paint_shares(measured.veins_after)),
            "pigment_after.png": lambda: png(after.paint(measured.pigment_after)),
            "veins_before.png": lambda: png(shares_in_full_pixels(measured.veins_before, shape)),
            "pigment_before.png": lambda: png(in_full_pixels(measured.pigment_before, shape)),
        }
    if registration is not None:
        jobs["registration.npz"] = lambda: _npz(pictures, registration)
        jobs["field.png"] = lambda: png(in_full_pixels(registration.shared, shape))
    jobs[RESULT] = lambda: json_text(result).encode()
    if archive is not None:
        summary = draw_summary(result, shown, t)
        jobs["summary.png"] = lambda: png(summary)
        jobs |= {name: partial(bytes, data) for name, data in archive.files(result, summary).items()}
    return jobs


def _npz(pictures: Pictures, registration: Registration) -> bytes:
    written = written_map(pictures, registration)
    buffer = io.BytesIO()
    np.savez(buffer, map_xy=written.map_xy, step=np.int64(written.step))
    return buffer.getvalue()
