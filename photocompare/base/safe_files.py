"""Files that are there whole or not at all, and for good once they are: what every room writes with."""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
import time
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
        with _told_of(path):
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
    with _told_of(path):
        opened = tempfile.NamedTemporaryFile(dir=path.parent, prefix=".unfinished-", delete=False)  # noqa: SIM115 - closed below
    with opened as file:
        try:
            yield file
            file.flush()
            os.fsync(file.fileno())
        except BaseException:
            Path(file.name).unlink(missing_ok=True)
            raise
    with _told_of(path):
        Path(file.name).replace(path)
    settle(path.parent)


@contextlib.contextmanager
def _told_of(path: Path) -> Iterator[None]:
    """What fails is told of the file that was asked for, not of the hidden one beside it."""
    try:
        yield
    except OSError as problem:
        problem.filename = os.fspath(path)
        raise


_HIDDEN = ".photocompare-"
"""How the names of staging folders begin."""

_LEFT_AFTER_S = 60.0
"""A staging folder that nobody holds is younger than this only between its making and its taking."""


@contextlib.contextmanager
def staging(folder: Path) -> Iterator[Path]:
    """A hidden folder inside the target; folders that were made for this go again if they stay empty.

    What a process that was killed left half made in the target goes too.
    """
    made = [parent for parent in (folder, *folder.parents) if not parent.exists()]
    folder.mkdir(parents=True, exist_ok=True)
    _clear_left_over(folder)
    hidden = None
    try:
        hidden = Path(tempfile.mkdtemp(prefix=_HIDDEN, dir=folder))
        with _held(hidden):
            yield hidden
    finally:
        if hidden is not None:
            shutil.rmtree(hidden, ignore_errors=True)
        for parent in made:
            with contextlib.suppress(OSError):  # it isn't empty
                parent.rmdir()


def _clear_left_over(folder: Path) -> None:
    for left in folder.glob(f"{_HIDDEN}*"):
        with contextlib.suppress(OSError):
            if time.time() - left.stat().st_mtime > _LEFT_AFTER_S and not left.is_symlink():
                with _held(left):
                    shutil.rmtree(left)


@contextlib.contextmanager
def _held(folder: Path) -> Iterator[None]:
    """A folder that no other process holds, until this one ends; a system without such locks has nothing to offer here.

    Raises
    ------
    BlockingIOError
        Another process holds it.
    """
    try:
        import fcntl
    except ImportError:
        yield
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    finally:
        os.close(handle)


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
