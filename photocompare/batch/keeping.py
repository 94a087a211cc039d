"""The folder of a batch: a folder a pair, in which `pair.json` is written last and says that the pair is done.

Every file is written beside its place, synced and renamed: whoever stops the batch, and wherever, leaves old files or new ones, never
half of one.
"""

from __future__ import annotations

import base64
import contextlib
import json
import os
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from photocompare.base.errors import UsageError
from photocompare.base.safe_files import settle, write_whole
from photocompare.batch.pair import SETTLED, PairOutcome
from photocompare.results.result import Result
from photocompare.results.result_json import as_dict, parse_result

if TYPE_CHECKING:
    from photocompare.report.dicom.filing import Unfiled

PAIRS = "pairs"
PAIR = "pair.json"
THUMBNAILS = "thumbnails.jpg"
DOSSIER = "dossier.zip"
LOCK = ".batch.lock"

_SCHEMA = "photocompare.pair/1"
_SAVED = "saved-{}.json"


@dataclass(frozen=True, repr=False)
class StoredPair:
    """A pair that is done.

    It has its status, why where there is no result, the result, the photos' own facts, the seconds it took, and why its files for an
    archive name no patient (`PairOutcome.unfiled`).
    """

    key: str
    status: str
    why: str = ""
    result: Result | None = None
    photo_facts: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    seconds: float = 0.0
    unfiled: Unfiled | None = None


class BatchFolder:
    """The folder that a batch writes to.

    Parameters
    ----------
    path : Path
        Made when absent.

    Raises
    ------
    UsageError
        It can't be made.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        with unwritable_as_usage_error(path):
            (path / PAIRS).mkdir(parents=True, exist_ok=True)

    def of_pair(self, key: str) -> Path:
        """The folder of one pair."""
        return self.path / PAIRS / key

    def cleared_folder(self, key: str) -> Path:
        """The folder of a pair that is about to be measured, rid of what a run that was killed left half made in it."""
        folder = self.of_pair(key)
        if folder.exists():
            for left in folder.glob(".*"):
                if left.is_dir() and not left.is_symlink():
                    shutil.rmtree(left, ignore_errors=True)
                else:
                    left.unlink(missing_ok=True)
        return folder

    @contextlib.contextmanager
    def locked(self) -> Iterator[None]:
        """For this process alone; UsageError while another batch writes here."""
        try:
            import fcntl
        except ImportError:  # a system without them has no advisory locks to offer
            yield
            return
        with unwritable_as_usage_error(self.path):
            handle = os.open(self.path / LOCK, os.O_RDWR | os.O_CREAT, 0o644)
        try:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise UsageError(f"Another batch is writing to {self.path}; wait for it, or choose another folder.") from None
            yield
        finally:
            os.close(handle)

    def load(self, key: str) -> StoredPair | None:
        """What is kept of a pair; None when it is not done."""
        try:
            told = json.loads((self.of_pair(key) / PAIR).read_bytes())
            if told.pop("schema") != _SCHEMA or told["key"] != key or told["status"] not in SETTLED:
                return None
            result = told.pop("result", None)
            return StoredPair(**told, result=None if result is None else parse_result(result))
        except (OSError, ValueError, KeyError, TypeError, AttributeError, UsageError):
            return None

    def keep(self, outcome: PairOutcome) -> StoredPair:
        """Keep what came back of a pair that is done.

        Raises
        ------
        UsageError
            The disk is full, or the folder can't be written to any more.
        """
        folder, unfiled = self.of_pair(outcome.key), outcome.unfiled
        if unfiled is None and (earlier := self.load(outcome.key)) is not None:
            unfiled = earlier.unfiled  # its files for an archive stay
        seconds = round(outcome.seconds, 3)
        stored = StoredPair(outcome.key, outcome.status, outcome.why, outcome.result, outcome.photo_facts, seconds, unfiled)
        with unwritable_as_usage_error(self.path):
            if not folder.exists():
                folder.mkdir(exist_ok=True)
                settle(folder.parent)
            for name, data in {**outcome.files, THUMBNAILS: outcome.thumbnails, DOSSIER: outcome.dossier}.items():
                if data:
                    write_whole(folder / name, data)
            told = {**vars(stored), "result": None if stored.result is None else as_dict(stored.result)}
            text = json.dumps({"schema": _SCHEMA, **told}, ensure_ascii=False, allow_nan=False, indent=1, default=str)
            write_whole(folder / PAIR, text.encode() + b"\n")
        return stored

    def lacks_archive_files(self, stored: StoredPair) -> bool:
        """Whether a pair has a result, a refusal too, and not both files for an archive."""
        from photocompare.report.dicom.archive import ARCHIVE_FILES

        there = stored.unfiled is not None and all((self.of_pair(stored.key) / name).exists() for name in ARCHIVE_FILES)
        return stored.result is not None and not there

    def thumbnails(self, key: str) -> str:
        """A pair's thumbnails as base64; empty where there are none."""
        try:
            return base64.b64encode((self.of_pair(key) / THUMBNAILS).read_bytes()).decode()
        except OSError:
            return ""

    def dossier(self, key: str) -> bytes:
        """The dossier that waits to be saved to the records; empty where there is none."""
        try:
            return (self.of_pair(key) / DOSSIER).read_bytes()
        except OSError:
            return b""

    def saved(self, key: str, row: str) -> Mapping[str, Any]:
        """Where the pair was last saved for a row of this name; empty when it was not."""
        return _told(self.of_pair(key) / _SAVED.format(row))

    def saves(self) -> Iterator[tuple[str, Mapping[str, Any]]]:
        """Key of a pair and where it was saved, for every note of it."""
        for path in (self.path / PAIRS).glob(f"*/{_SAVED.format('*')}"):
            yield path.parent.name, _told(path)

    def photos(self, key: str) -> frozenset[str]:
        """SHA-256 of a pair's photos as they are kept, of an earlier version's pair too."""
        facts = _told(self.of_pair(key) / PAIR).get("photo_facts")
        return frozenset(facts) if isinstance(facts, dict) else frozenset()

    def note_saved(self, key: str, row: str, where: Mapping[str, Any]) -> None:
        """Note that the pair is in the records."""
        with unwritable_as_usage_error(self.path):
            write_whole(self.of_pair(key) / _SAVED.format(row), json.dumps(dict(where)).encode() + b"\n")


def _told(path: Path) -> Mapping[str, Any]:
    """What a file of JSON holds; empty where it is absent, cut short or of another shape."""
    try:
        told = json.loads(path.read_bytes())
    except (OSError, ValueError):
        return {}
    return told if isinstance(told, dict) else {}


@contextlib.contextmanager
def unwritable_as_usage_error(folder: Path) -> Iterator[None]:
    """A full disk or a folder that can't be written to, as a sentence."""
    try:
        yield
    except OSError as error:
        raise UsageError(
            f"The results can't be written to {folder}: {error.strerror or error}. What was done is kept; "
            "free some space or choose another folder, and start again."
        ) from error
