"""Files that are there whole or not at all, and for good once they are: what every room writes with."""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO


def write_synced(path: Path, data: bytes, *, mode: str = "wb") -> None:
    """Write a file that is on the disk when this returns.

    Raises
    ------
    OSError
        What was written so far may be left at `path`.
    """
    with path.open(mode) as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def write_whole(path: Path, data: bytes) -> None:
    """Write a file so that whoever opens it sees the old one or the new one, never a part.

    Raises
    ------
    OSError
        The old one stays.
    """
    beside = path.with_name(f".{path.name}.part")
    try:
        write_synced(beside, data)
        beside.replace(path)
    except BaseException:
        with contextlib.suppress(OSError):
            beside.unlink(missing_ok=True)
        raise
    settle(path.parent)


@contextlib.contextmanager
def written_privately(path: Path) -> Iterator[IO[bytes]]:
    """A file that this account alone may read, and that takes its name when it is whole; an earlier one stays until then."""
    with tempfile.NamedTemporaryFile(dir=path.parent, prefix=".unfinished-", delete=False) as file:
        try:
            yield file
            file.flush()
            os.fsync(file.fileno())
        except BaseException:
            Path(file.name).unlink(missing_ok=True)
            raise
    Path(file.name).replace(path)
    settle(path.parent)


@contextlib.contextmanager
def staging(folder: Path) -> Iterator[Path]:
    """A hidden folder inside the target; the target itself goes again if it was made for this and stays empty."""
    made = not folder.exists()
    folder.mkdir(parents=True, exist_ok=True)
    hidden = None
    try:
        hidden = Path(tempfile.mkdtemp(prefix=".photocompare-", dir=folder))
        yield hidden
    finally:
        if hidden is not None:
            shutil.rmtree(hidden, ignore_errors=True)
        if made and not any(folder.iterdir()):
            folder.rmdir()


def sync_folder(folder: Path) -> None:
    """Put the folder's list on the disk; Windows knows no such call.

    Raises
    ------
    OSError
    """
    if os.name == "posix":
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def settle(folder: Path) -> None:
    """Make renames in a folder last; a file system that can't sync a folder has nothing to offer here."""
    with contextlib.suppress(OSError):
        sync_folder(folder)
