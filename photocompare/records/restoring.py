"""Fills empty records, SQLite or PostgreSQL, from a backup of either, also from one that an earlier version wrote.

The rows of an earlier version go into a database of that version's schema first, which is brought up to date as the records themselves are.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import json
import tempfile
import zipfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from sqlalchemy import LargeBinary, MetaData, Table, func, insert, select, text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from photocompare.base.errors import DamagedPhoto, RecordsUnusable, UsageError
from photocompare.records import trail
from photocompare.records.access import Actor, Permission
from photocompare.records.backup import CHUNK, FORMAT, MANIFEST
from photocompare.records.backup_folder import DAMAGED, FILES
from photocompare.records.database import Database
from photocompare.records.migrating import bring_up_to_date, revisions
from photocompare.records.photo_files import PhotoFiles
from photocompare.records.places import in_folder
from photocompare.records.schema import Base, IsoDate
from photocompare.records.store import Records
from photocompare.records.upkeep import referenced_files

Row = dict[str, Any]
RowsOf = Callable[[Table], Iterable[Row]]

_DIGITS = 12
"""Of a digest, as a sentence names a file."""


@dataclass(frozen=True)
class Restored:
    """What came back: rows by table, and the digests of files that the backup's folder does not hold as they were, or never held."""

    rows: dict[str, int]
    missing: tuple[str, ...]


def restore(records: Records, actor: Actor, backup: Path, *, without_missing: bool = False) -> Restored:
    """Fill empty records from a backup; all of it or nothing.

    Parameters
    ----------
    records : Records
    actor : Actor
    backup : Path
        Beside which its files lie.
    without_missing : bool
        Restore also where files are missing beside the backup or were changed: each is told missing where it would be shown.
        Those that could not be read when the backup was taken are missing either way.

    Raises
    ------
    UsageError
        The records are not empty, or the file is no backup.
    RecordsUnusable
        A newer version wrote the backup, or the files can't be stored.
    DamagedPhoto
        Files are missing or were changed, and are not to be done without.
    """
    if not backup.is_file():
        raise UsageError(f"There is no backup {backup}.")
    try:
        with zipfile.ZipFile(backup) as archive:
            manifest = json.loads(archive.read(MANIFEST))
            if manifest.get("format") != FORMAT:
                raise UsageError(f"{backup} is no backup of photocompare's records.")
            if manifest["schema"] not in revisions():
                raise RecordsUnusable(
                    f"The backup was written by photocompare {manifest['version']}, which is newer than this; install that version."
                )
            filling = _Filling(records, backup.parent / FILES, frozenset(manifest["unreadable"]), without_missing)
            with _rows_of_this_version(archive, manifest["schema"], records) as rows_of:
                return filling.fill(actor, rows_of)
    except (SQLAlchemyError, *DAMAGED) as error:  # the database takes no row that isn't as it was written
        raise UsageError(f"{backup} is no backup of photocompare's records, or it is damaged; nothing was restored.") from error


# --- rows


@contextlib.contextmanager
def _rows_of_this_version(archive: zipfile.ZipFile, schema: str, records: Records) -> Iterator[RowsOf]:
    """What gives a table's rows as this version has them."""
    if schema == revisions()[-1]:
        yield lambda table: _rows_in(archive, table)
        return
    beside = None if records.places.sqlite_file is None else records.places.sqlite_file.parent
    with tempfile.TemporaryDirectory(dir=beside) as aside, contextlib.closing(Database(in_folder(Path(aside) / "older"))) as older:
        bring_up_to_date(older, to=schema)
        tables = MetaData()
        tables.reflect(older.engine, only=lambda name, _: f"tables/{name}.jsonl" in archive.namelist())
        with older.writing() as session:
            for table in tables.sorted_tables:
                _insert(session, table, _rows_in(archive, table))
        bring_up_to_date(older)
        with older.reading() as session:
            yield lambda table: (dict(row) for row in session.execute(select(table).execution_options(yield_per=CHUNK)).mappings())


def _rows_in(archive: zipfile.ZipFile, table: Table) -> Iterator[Row]:
    kinds = {column.key: column.type for column in table.columns}
    with archive.open(f"tables/{table.name}.jsonl") as file:
        for line in file:
            yield {name: value if value is None else _of_kind(kinds[name], value) for name, value in json.loads(line).items()}


def _of_kind(kind: Any, value: Any) -> Any:
    if isinstance(kind, LargeBinary):
        return bytes.fromhex(value)
    return dt.date.fromisoformat(value) if isinstance(kind, IsoDate) else value


def _insert(session: Session, table: Table, rows: Iterable[Row]) -> int:
    """Put rows into a table, `CHUNK` at once; how many."""
    count, left = 0, iter(rows)
    while chunk := list(islice(left, CHUNK)):
        session.execute(insert(table), chunk)
        count += len(chunk)
    return count


def _count_on(session: Session, table: Table) -> None:
    """Let PostgreSQL number new rows after those that were brought."""
    if session.get_bind().dialect.name == "postgresql" and "id" in table.columns:
        session.execute(
            text(f"SELECT setval(pg_get_serial_sequence('{table.name}', 'id'), greatest(1, (SELECT max(id) FROM {table.name})))")
        )


# --- into the records


@dataclass(frozen=True)
class _Filling:
    """Empty records, the folder of the backup's files, those that it never held, and whether others may be missing."""

    records: Records
    files: Path
    lost: frozenset[str]
    without_missing: bool

    def fill(self, actor: Actor, rows_of: RowsOf) -> Restored:
        tickets: list[str] = []
        try:
            with self.records.writing(actor, Permission.UPKEEP) as session:
                if any(session.scalar(select(func.count()).select_from(table)) for table in Base.metadata.sorted_tables):
                    raise UsageError("The records are not empty; restore into a new folder or a new database.")
                rows = {}
                for table in Base.metadata.sorted_tables:
                    rows[table.name] = _insert(session, table, rows_of(table))
                    _count_on(session, table)
                missing = self._bring(set(referenced_files(session)), tickets)
                broken = trail.first_break(session)
                if broken is not None:
                    raise UsageError(f"The backup's trail is broken: entry {broken.sequence} {broken.what}.")
                told = {"rows": sum(rows.values()), **({"missing": len(missing)} if missing else {})}
                trail.note(session, actor, "records.restore", "records", after=told)
        except BaseException:
            for ticket in tickets:
                with contextlib.suppress(OSError):
                    self.records.photos.drop(ticket)
            raise
        for ticket in tickets:
            self.records.photos.settle(ticket)
        return Restored(rows, missing)

    def _bring(self, digests: set[str], tickets: list[str]) -> tuple[str, ...]:
        """Bring files beside their places; those that can't be had as they were."""
        source = PhotoFiles(str(self.files))
        missing = []
        for digest in sorted(digests):
            try:
                data = source.read(digest)
            except DamagedPhoto:
                missing.append(digest)
                continue
            try:
                tickets.append(self.records.photos.bring(data))
            except OSError as error:
                raise RecordsUnusable(
                    f"The photos can't be stored ({error.strerror or error}); nothing was restored. Free some space and try again."
                ) from error
        unexpected = [digest for digest in missing if digest not in self.lost]
        if unexpected and not self.without_missing:
            raise DamagedPhoto(
                f"Missing in {self.files} or changed there: {len(unexpected)} of the backup's {len(digests)} files, "
                f"{unexpected[0][:_DIGITS]}... first. That folder is older than the backup, or damaged. Nothing was restored. "
                "Put the folder of that backup there; or restore with --without-missing, "
                "and each of them is told missing where it would be shown."
            )
        return tuple(missing)
