"""Photos and pictures of comparisons as files named by their SHA-256, on disk or wherever fsspec reaches.

A file comes in two steps: it is written beside its place before the transaction that speaks of it, and put into its place after it.  It
goes in the same two steps backwards.  Whatever is cut short leaves a file beside its place, and `clean_up` ends what was begun: no row ever
lacks its file, and no file stays without a row.
"""

from __future__ import annotations

import contextlib
import hashlib
import secrets
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Protocol

import fsspec

from photocompare.base.errors import DamagedPhoto, RecordsUnusable
from photocompare.base.safe_files import sync_folder, write_synced

UNFINISHED_S = 3600.0
"""A file beside its place that no row speaks of is removed after an hour: no save takes that long."""

_BESIDE = "unfinished"
_AT_ONCE = 4
"""Files on their way to the disk at the same time: a pair, its dossier, and one more shot."""

_NAME_LENGTH = 64


class _Place(Protocol):
    """Where bytes lie under short names."""

    def write(self, name: str, data: bytes) -> None: ...
    def read(self, name: str) -> bytes | None: ...
    def move(self, name: str, to: str) -> bool: ...
    def remove(self, name: str) -> None: ...
    def names(self, under: str) -> Iterator[tuple[str, float]]: ...


class _Folder:
    """A folder of this machine: each file is whole, on the disk, and in its folder's list before `write` returns.

    This account alone may read what is written; a folder that is there keeps its mode.
    """

    def __init__(self, root: Path) -> None:
        self.root = root

    def write(self, name: str, data: bytes) -> None:
        path = self.root / name
        make_private_folder(path.parent)
        path.touch(mode=0o600, exist_ok=False)  # before the bytes come: nobody else may open it meanwhile
        try:
            write_synced(path, data)
        except OSError:
            path.unlink(missing_ok=True)
            raise
        sync_folder(path.parent)

    def read(self, name: str) -> bytes | None:
        try:
            return (self.root / name).read_bytes()
        except FileNotFoundError:
            return None

    def move(self, name: str, to: str) -> bool:
        target = self.root / to
        make_private_folder(target.parent)
        try:
            (self.root / name).replace(target)
        except FileNotFoundError:
            return False
        # No synchronising: after a power cut the file has the old name or the new one, and both are looked at.
        return True

    def remove(self, name: str) -> None:
        (self.root / name).unlink(missing_ok=True)

    def names(self, under: str) -> Iterator[tuple[str, float]]:
        for path in sorted((self.root / under).rglob("*")) if under else sorted(self.root.rglob("*")):
            try:
                if path.is_file():
                    yield path.relative_to(self.root).as_posix(), path.stat().st_mtime
            except FileNotFoundError:  # another process ended what it had begun
                continue


def make_private_folder(folder: Path) -> None:
    """Make a folder, and those above it, that outlive a power cut and that this account alone may look into; one that is there stays.

    Raises
    ------
    OSError
    """
    # `Path.mkdir` would give the folders above the usual mode.
    for absent in reversed([each for each in (folder, *folder.parents) if not each.is_dir()]):
        absent.mkdir(mode=0o700, exist_ok=True)
        sync_folder(absent.parent)


class _Remote:
    """A place that fsspec knows; object stores write a file whole or not at all."""

    def __init__(self, url: str) -> None:
        self.files, root = fsspec.core.url_to_fs(url)
        self.root = root.rstrip("/")

    def _path(self, name: str) -> str:
        return f"{self.root}/{name}" if name else self.root

    def write(self, name: str, data: bytes) -> None:
        self.files.makedirs(self._path(name).rpartition("/")[0], exist_ok=True)
        self.files.pipe_file(self._path(name), data)

    def read(self, name: str) -> bytes | None:
        try:
            return bytes(self.files.cat_file(self._path(name)))
        except FileNotFoundError:
            return None

    def move(self, name: str, to: str) -> bool:
        data = self.read(name)
        if data is None:
            return False
        self.write(to, data)
        self.remove(name)
        return True

    def remove(self, name: str) -> None:
        try:
            self.files.rm_file(self._path(name))
        except FileNotFoundError:
            return

    def names(self, under: str) -> Iterator[tuple[str, float]]:
        self.files.invalidate_cache()
        found: dict[str, Any] = self.files.find(self._path(under), detail=True)
        for path, info in sorted(found.items()):
            changed = info.get("mtime", info.get("LastModified", info.get("created", 0.0)))
            yield path.removeprefix(self.root).lstrip("/"), float(changed.timestamp() if hasattr(changed, "timestamp") else changed)


def digest_of(data: bytes) -> str:
    """SHA-256 in hexadecimal."""
    return hashlib.sha256(data).hexdigest()


def _name(sha256: str) -> str:
    return f"{sha256[:2]}/{sha256}"


class PhotoFiles:
    """The store.

    Parameters
    ----------
    url : str
        A folder, or any URL that fsspec knows.

    Raises
    ------
    RecordsUnusable
        fsspec does not know such a URL, or lacks the package for it.
    """

    def __init__(self, url: str) -> None:
        self.url = url
        if "://" not in url or url.startswith("file://"):
            self._place: _Place = _Folder(Path(url.removeprefix("file://")))
            return
        try:
            self._place = _Remote(url)
        except (ValueError, ImportError) as error:
            raise RecordsUnusable(f"The photos' place {url.partition('://')[0]}:// can't be used: {error}.") from error

    def bring(self, data: bytes) -> str:
        """Write a file beside its place; the ticket that `settle` takes.

        Raises
        ------
        OSError
            No room, or no permission; nothing is left behind.
        """
        ticket = f"{digest_of(data)}.{secrets.token_hex(6)}"
        self._place.write(f"{_BESIDE}/{ticket}", data)
        return ticket

    def bring_all(self, files: Iterable[bytes]) -> list[str]:
        """`bring` for several files side by side: waiting for the disk is most of it.

        Raises
        ------
        OSError
            No room, or no permission; nothing is left behind.
        """
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            begun = [pool.submit(self.bring, data) for data in files]
        tickets = [done.result() for done in begun if done.exception() is None]
        for done in begun:
            if (error := done.exception()) is not None:
                for ticket in tickets:
                    with contextlib.suppress(OSError):  # what stays is removed later; the first fault is the one to tell
                        self.drop(ticket)
                raise error
        return tickets

    def settle(self, ticket: str) -> None:
        """Put a file into its place, once a committed row speaks of it."""
        self._place.move(f"{_BESIDE}/{ticket}", _name(ticket[:_NAME_LENGTH]))

    def set_aside(self, sha256: str) -> str:
        """Take a file out of its place, before the transaction that removes its rows; the ticket for `drop` or `settle`."""
        ticket = f"{sha256}.{secrets.token_hex(6)}"
        self._place.move(_name(sha256), f"{_BESIDE}/{ticket}")
        return ticket

    def drop(self, ticket: str) -> None:
        """Remove a file that lies beside its place."""
        self._place.remove(f"{_BESIDE}/{ticket}")

    def remove(self, sha256: str) -> None:
        """Remove a file from its place, once no row speaks of it."""
        self._place.remove(_name(sha256))

    def read(self, sha256: str) -> bytes:
        """The file's bytes, which are those that were stored.

        Raises
        ------
        DamagedPhoto
            It is missing, its bytes changed, or the system does not hand them out.
        """
        try:
            data = self._found(sha256)
        except OSError as error:
            raise DamagedPhoto(
                f"A stored photo can't be read ({error.strerror or error}); "
                "give this account the right to read it, or restore it from a backup."
            ) from error
        if data is None:
            raise DamagedPhoto("A stored photo is missing; restore it from a backup.", code="photo_missing")
        if digest_of(data) != sha256:
            raise DamagedPhoto(
                "A stored photo was changed after it was stored and is not shown; restore it from a backup.", code="photo_changed"
            )
        return data

    def _found(self, sha256: str) -> bytes | None:
        data = self._place.read(_name(sha256))
        if data is None:
            beside = (self._whole(name) for name, _ in self._place.names(_BESIDE) if sha256 in name)
            data = next((whole for whole in beside if whole is not None), None)
        return self._place.read(_name(sha256)) if data is None else data  # it may have been settled between the two looks

    def _whole(self, beside: str) -> bytes | None:
        """The bytes of a file beside its place; None where a writer that was killed left but a part of what its ticket names."""
        data = self._place.read(beside)
        return data if data is not None and digest_of(data) == beside.rpartition("/")[2][:_NAME_LENGTH] else None

    def digests(self) -> Iterator[str]:
        """Of every file in its place."""
        for name, _ in self._place.names(""):
            last = name.rpartition("/")[2]
            if not name.startswith(f"{_BESIDE}/") and len(last) == _NAME_LENGTH:
                yield last

    def unfinished(self) -> list[str]:
        """Tickets of the files that lie beside their places."""
        return [name.rpartition("/")[2] for name, _ in self._place.names(_BESIDE)]

    def clean_up(self, is_referenced: Callable[[str], bool], *, older_than_s: float = UNFINISHED_S) -> int:
        """End what was cut short: whole files with a row go into their places, others are removed once old; how many were removed.

        A row may speak of the same bytes that a save was writing when it was killed (two saves of one photo): what it left is a part of
        them, and must not take the place of the whole file.
        """
        removed, now = 0, time.time()
        for name, changed in list(self._place.names(_BESIDE)):
            ticket = name.rpartition("/")[2]
            if is_referenced(ticket[:_NAME_LENGTH]) and self._whole(name) is not None:
                self.settle(ticket)
            elif now - changed > older_than_s:
                self.drop(ticket)
                removed += 1
        return removed
