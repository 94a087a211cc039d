"""A folder of backups over time: what killed backups left goes, and so do files that no backup in it speaks of any more.

A backup is deleted by deleting its zip.  The next one removes the files that were that zip's alone, so that patients who were erased
leave the backups too.
"""

from __future__ import annotations

import contextlib
import lzma
import shutil
import struct
import time
import zipfile
import zlib
from pathlib import Path
from typing import Final

from photocompare.records.photo_files import PhotoFiles
from photocompare.records.places import DATABASE_FILE, Places

FILES = "photos"
"""Folder of the files that the backups beside it speak of."""

LIST = "files.txt"
"""Of a backup: the digests of its files, one a line."""

DAMAGED: Final = (
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
    struct.error,
    EOFError,
    OverflowError,
    RuntimeError,  # the zip seems to be encrypted, or of a kind that is not read
    AttributeError,
    KeyError,
    TypeError,
    ValueError,
)
"""What reading a damaged backup ends in."""

_DEAD_S = 86_400.0
"""What backups of earlier versions left, who held no lock, is no longer at work after a day."""


def clear_left_over(folder: Path) -> None:
    """Remove what killed backups of earlier versions left: a copy of the database, a zip without its name."""
    for left in (*folder.glob(".unfinished-*"), *folder.glob(f"tmp????????/{DATABASE_FILE}")):
        with contextlib.suppress(OSError):
            if time.time() - left.stat().st_mtime < _DEAD_S:
                continue
            if left.name != DATABASE_FILE:
                left.unlink()
            elif {path.name for path in left.parent.iterdir()} <= {DATABASE_FILE, f"{DATABASE_FILE}-journal"}:
                shutil.rmtree(left.parent)


def let_expire(folder: Path, staged: Path, places: Places) -> int:
    """Remove files that no backup of a folder speaks of; how many.

    Everything stays where a backup can't be read or has no list, where another backup is at work, and where the records themselves lie.

    Parameters
    ----------
    folder : Path
    staged : Path
        The caller's own staging folder in it.
    places : Places
        Of the records that were backed up.
    """
    if (folder / DATABASE_FILE).exists() or Path(places.photos_url.removeprefix("file://")).resolve() == (folder / FILES).resolve():
        return 0
    there = _names(folder)
    staging = staged.name.partition("-")[0]
    if any(name.startswith(f"{staging}-") and name != staged.name for name in there):
        return 0
    files = PhotoFiles(str(folder / FILES))
    candidates = list(files.digests())
    spoken_of: set[str] = set()
    for backup in folder.glob("*.zip"):
        try:
            with zipfile.ZipFile(backup) as archive:
                spoken_of.update(archive.read(LIST).decode().split())
        except (OSError, *DAMAGED):
            return 0
    expired = 0
    for digest in candidates:
        if digest not in spoken_of:
            if _names(folder) != there:  # another backup began, or a zip came or went
                break
            files.remove(digest)
            expired += 1
    return expired + files.clean_up(spoken_of.__contains__)


def _names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}
