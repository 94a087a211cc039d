"""Where a photo of a batch lies, and its bytes: a regular file under the manifest's folder, or a URL that fsspec knows.

A path is walked folder by folder from the manifest's folder and no step of it may leave that folder: what a symbolic link, a pipe or a
device would hand over is no photo of the batch.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import stat
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from urllib.parse import unquote, urlsplit, urlunsplit

from photocompare.photo.decoding.call import DEFAULT_LIMITS

REMOTE_PROTOCOLS = frozenset(
    {"s3", "s3a", "gs", "gcs", "az", "abfs", "abfss", "adl", "http", "https", "ftp", "sftp", "ssh", "smb", "hdfs", "webhdfs", "oss"}
)
"""Protocols of fsspec that name a photo on another machine; none that reads this one's files or unpacks one file from another."""

FILE_PROTOCOL = "file"

LONGEST_PLACE = 4096
"""Characters of a path or URL: PATH_MAX of Linux."""

_CHANGES = ("ETag", "etag", "content_md5", "md5Hash", "checksum", "generation", "mtime", "LastModified", "last_modified", "updated")
"""What storages tell of a file that changes when its content does, the surest first."""


_NO_NAME = frozenset({"Cc", "Cs", "Zl", "Zp"})
"""Kinds of characters that no photo's name needs: controls, halves of characters, line ends.  Spaces of any width are taken: macOS puts a
narrow one into the names of screenshots."""

_TURNS = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
"""Signs that turn the direction of writing, by which a name shows as another."""


class SourceError(Exception):
    """A photo can't be had; says why, as the end of a sentence that begins with the photo."""


@dataclass(frozen=True)
class LocalFile:
    """A file under the manifest's folder.

    Parameters
    ----------
    root : Path
        The manifest's folder, resolved.
    relative : str
        Path within it.
    shared : bool
        Named by a file: URL: a cluster's workers open it themselves.  Otherwise the client reads it and sends the bytes.
    sha256 : str
        What it held when the batch was planned; empty when that is not known yet.
    """

    root: Path
    relative: str
    shared: bool = False
    sha256: str = ""

    def read(self) -> bytes:
        """The bytes, at most one more than a photo may have.

        Raises
        ------
        SourceError
            It is not there, no regular file, outside the folder, unreadable, or another than was planned.
        """
        data = read_beneath(self.root, self.relative, DEFAULT_LIMITS.max_bytes + 1)
        if self.sha256 and hashlib.sha256(data).hexdigest() != self.sha256:
            raise SourceError("has changed since the batch began")
        return data


@dataclass(frozen=True)
class RemoteFile:
    """A file on a storage that fsspec knows, by its URL."""

    url: str

    def read(self) -> bytes:
        """The bytes, at most one more than a photo may have; SourceError when it can't be had."""
        import fsspec

        with faults_as_source_errors(self.url), fsspec.open(self.url, "rb") as file:
            return bytes(file.read(DEFAULT_LIMITS.max_bytes + 1))


@dataclass(frozen=True, repr=False)
class SentBytes:
    """A photo's bytes themselves, for a worker that can't reach the file."""

    data: bytes

    def read(self) -> bytes:
        return self.data


Source = LocalFile | RemoteFile | SentBytes


def place_fault(place: str) -> str:
    """What is wrong with a path or URL as written, without looking at any file; empty when nothing is."""
    if not place:
        return "is empty"
    if len(place) > LONGEST_PLACE:
        return f"has more than {LONGEST_PLACE} characters"
    if any(sign in _TURNS or unicodedata.category(sign) in _NO_NAME for sign in place):
        return "holds a character that no photo's name needs (a line break, a tab, or one that can't be seen)"
    if "://" in place:
        return _url_fault(place)
    if "\\" in place:
        return "has a backslash; write / between folders"
    path = PurePosixPath(place)
    if path.is_absolute() or place[1:2] == ":" or place.startswith("~"):
        return "is absolute; give the path relative to the manifest's folder"
    return "leads out of the manifest's folder" if ".." in path.parts else ""


def _url_fault(url: str) -> str:
    try:
        protocol = urlsplit(url).scheme.lower()
    except ValueError:
        return "is no URL"
    if "::" in url or protocol not in REMOTE_PROTOCOLS | {FILE_PROTOCOL}:
        return f"has a protocol that a photo can't be fetched by; these can: {', '.join(sorted(REMOTE_PROTOCOLS | {FILE_PROTOCOL}))}"
    return ""


def normal_form(place: str) -> str:
    """A path with its letters composed: a system may keep "ü" as "u" with two dots, and means the same file."""
    return unicodedata.normalize("NFC", place)


def source_of(place: str, root: Path) -> LocalFile | RemoteFile:
    """The photo that a manifest names; SourceError for a file: URL outside the manifest's folder."""
    if "://" not in place:
        return LocalFile(root, place)
    if urlsplit(place).scheme.lower() != FILE_PROTOCOL:
        return RemoteFile(place)
    path = Path(unquote(urlsplit(place).path))
    if not path.is_relative_to(root):
        raise SourceError("is a file: URL outside the manifest's folder")
    return LocalFile(root, str(path.relative_to(root)), shared=True)


def shown(place: str) -> str:
    """A path or URL as it may be shown: without the user, password, key or signature that a URL may carry."""
    if "://" not in place:
        return place
    parts = urlsplit(place)
    return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "", ""))


def identified(source: LocalFile | RemoteFile) -> tuple[LocalFile | RemoteFile, str]:
    """The source with what is known of its content, and the name of that content.

    A file is named by its SHA-256.  One on another machine is not fetched for it: its address, size and the mark that its storage changes
    with the content name it.

    Raises
    ------
    SourceError
    """
    if isinstance(source, LocalFile):
        digest = hashlib.sha256(source.read()).hexdigest()
        return LocalFile(source.root, source.relative, source.shared, digest), f"sha256:{digest}"
    import fsspec

    with faults_as_source_errors(source.url):
        files, path = fsspec.url_to_fs(source.url)
        info = files.info(path)
    change = next((f"{name}={info[name]}" for name in _CHANGES if info.get(name)), "")
    return source, f"{shown(source.url)} {info.get('size')} {change}"


@contextlib.contextmanager
def faults_as_source_errors(url: str) -> Iterator[None]:
    """Whatever goes wrong with a storage, as a SourceError.  Each storage's library has errors of its own."""
    try:
        yield
    except FileNotFoundError:
        raise SourceError("is not there") from None
    except PermissionError:
        raise SourceError("may not be read with the credentials at hand") from None
    except ImportError as error:
        raise SourceError(f"needs one more package for {urlsplit(url).scheme}: URLs ({error})") from None
    except (MemoryError, KeyboardInterrupt):
        raise
    except Exception as error:  # noqa: BLE001  any storage, any library
        raise SourceError(f"can't be fetched ({type(error).__name__})") from None


def read_beneath(root: Path, relative: str, most: int) -> bytes:
    """At most `most` bytes of a regular file under a folder.

    Parameters
    ----------
    root : Path
        Resolved.
    relative : str
        Symbolic links in it may lead about within `root`, not out.

    Raises
    ------
    SourceError
    """
    try:
        inside = _found(root, relative).relative_to(root)
        descriptor = _open_beneath(root, inside)
        with os.fdopen(descriptor, "rb") as file:
            if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                raise SourceError("is a folder, a pipe or a device, not a file")
            return file.read(most)
    except FileNotFoundError:
        raise SourceError("is not there") from None
    except PermissionError:
        raise SourceError("may not be read") from None
    except IsADirectoryError:
        raise SourceError("is a folder, a pipe or a device, not a file") from None
    except ValueError:
        raise SourceError("leads out of the manifest's folder") from None
    except (OSError, RuntimeError):  # RuntimeError: a loop of symbolic links
        raise SourceError("can't be read") from None


def _found(root: Path, relative: str) -> Path:
    """The file of this name, or the one whose name is the same in a normal form.

    Raises
    ------
    FileNotFoundError
    SourceError
        Several files have that form.
    """
    with contextlib.suppress(FileNotFoundError):
        return (root / relative).resolve(strict=True)
    place = root
    for part in PurePosixPath(relative).parts:
        place = _entry(place, part).resolve(strict=True)
        place.relative_to(root)  # no look into a folder outside
    return place


def _entry(folder: Path, name: str) -> Path:
    """The entry of a folder that a name means: with letters composed, else with spaces and letters of one kind, as people type them."""
    if (folder / name).exists():
        return folder / name
    entries = list(folder.iterdir())
    for form in ("NFC", "NFKC"):
        same = [entry for entry in entries if unicodedata.normalize(form, entry.name) == unicodedata.normalize(form, name)]
        if len(same) > 1:
            raise SourceError("may be one of several files whose names look alike; rename them")
        if same:
            return same[0]
    raise FileNotFoundError(name)


def _open_beneath(root: Path, inside: Path) -> int:
    """Open a resolved path step by step, following no link that was put there meanwhile."""
    how = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0) | getattr(os, "O_NOFOLLOW", 0)
    if os.open not in os.supports_dir_fd:
        return os.open(root / inside, how)
    folder = os.open(root, os.O_RDONLY | os.O_DIRECTORY)
    try:
        for name in inside.parts[:-1]:
            deeper = os.open(name, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=folder)
            os.close(folder)
            folder = deeper
        return os.open(inside.name or ".", how, dir_fd=folder)
    finally:
        os.close(folder)
