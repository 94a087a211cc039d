"""Backups: every table as of one moment, in a form that either database takes, beside the photos by their digests.

    FOLDER/photos/ab/ab12...          each file once, however many backups speak of it
    FOLDER/records-20260412T080000Z.zip   manifest.json, files.txt (digests) and a table a file, one JSON row a line

A backup is taken while people work; `restoring` fills empty records from it.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import json
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Table, create_engine, select
from sqlalchemy.orm import Session
from sqlalchemy.pool import NullPool

from photocompare import __version__
from photocompare.base.errors import DamagedPhoto, UsageError
from photocompare.base.safe_files import settle, staging, written_privately
from photocompare.records import trail
from photocompare.records.access import Actor, Permission
from photocompare.records.backup_folder import FILES, LIST, clear_left_over, let_expire
from photocompare.records.migrating import revisions
from photocompare.records.photo_files import PhotoFiles, make_private_folder
from photocompare.records.schema import Base
from photocompare.records.store import Records
from photocompare.records.upkeep import referenced_files

FORMAT = "photocompare.backup/1"

CHUNK = 2_000
"""Rows that are moved at once."""

MANIFEST = "manifest.json"


@dataclass(frozen=True)
class BackupReport:
    """What a backup holds, and what it did.

    Parameters
    ----------
    file : Path
    rows : dict
        Table to how many.
    copied : int
        Files that were not in the folder yet.
    unreadable : tuple of str
        Digests of files that could not be read.
    expired : int
        Files that were removed because no backup in the folder speaks of them any more.
    head : str
        Hash of the trail's last entry.
    """

    file: Path
    rows: dict[str, int]
    copied: int
    unreadable: tuple[str, ...]
    expired: int
    head: str


def back_up(records: Records, actor: Actor, folder: Path) -> BackupReport:
    """Write a backup into a folder; the whole of it or nothing, earlier ones stay.

    What killed backups left there goes, and files that no backup there speaks of any more.  This account alone may read it; a folder that
    is there keeps its mode.

    Raises
    ------
    AccessDenied
    OSError
        No room or no permission there.
    """
    records.note(actor, Permission.UPKEEP, "records.backup", "records")
    make_private_folder(folder)
    clear_left_over(folder)
    stamp = dt.datetime.now(dt.UTC).strftime("%Y%m%dT%H%M%S%fZ")
    target = folder / f"records-{stamp}.zip"
    with staging(folder) as staged:
        whole = staged / target.name
        with (
            _snapshot(records, staged) as session,
            written_privately(whole) as file,
            zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive,
        ):
            rows = {table.name: _write_table(session, table, archive) for table in Base.metadata.sorted_tables}
            _, head = trail.head(session)
            digests = sorted(referenced_files(session))
            copied, unreadable = _copy_files(records.photos, PhotoFiles(str(folder / FILES)), digests)
            manifest = {
                "format": FORMAT,
                "schema": revisions()[-1],
                "version": __version__,
                "at": trail.utc_now(),
                "rows": rows,
                "trail_head": head,
                "files": len(digests),
                "unreadable": unreadable,
            }
            archive.writestr(LIST, "\n".join(digests))
            archive.writestr(MANIFEST, json.dumps(manifest, indent=1))
        whole.replace(target)
        settle(folder)
        expired = let_expire(folder, staged, records.places)
    return BackupReport(target, rows, copied, tuple(unreadable), expired, head)


@contextlib.contextmanager
def _snapshot(records: Records, staged: Path) -> Iterator[Session]:
    """One state of the database, without holding up those who write: of SQLite a copy is read, PostgreSQL keeps the state itself."""
    if not records.database.is_sqlite:
        with records.database.reading() as session:
            yield session
        return
    copy = staged / "records.sqlite"
    records.database.copy_to(copy)
    engine = create_engine(URL.create("sqlite", database=str(copy.absolute())), poolclass=NullPool)
    with Session(engine) as session:
        yield session
    engine.dispose()


def _write_table(session: Session, table: Table, archive: zipfile.ZipFile) -> int:
    count = 0
    order = list(table.primary_key.columns)
    with archive.open(f"tables/{table.name}.jsonl", "w", force_zip64=True) as file:
        for row in session.execute(select(table).order_by(*order).execution_options(yield_per=CHUNK)).mappings():
            plain = {name: _plain(value) for name, value in row.items()}
            file.write((json.dumps(plain, ensure_ascii=True) + "\n").encode())
            count += 1
    return count


def _copy_files(source: PhotoFiles, target: PhotoFiles, digests: list[str]) -> tuple[int, list[str]]:
    held = set(target.digests())
    copied, unreadable = 0, []
    for digest in digests:
        if digest in held:
            continue
        try:
            target.settle(target.bring(source.read(digest)))
            copied += 1
        except DamagedPhoto:
            unreadable.append(digest)
    return copied, unreadable


def newest_backup(folder: Path) -> Path:
    """The last backup of a folder.

    Raises
    ------
    UsageError
        There is none.
    """
    found = sorted(folder.glob("records-*.zip"))
    if not found:
        raise UsageError(f"There is no backup in {folder}.")
    return found[-1]


def _plain(value: Any) -> Any:
    if isinstance(value, bytes):
        return value.hex()
    return value.isoformat() if isinstance(value, dt.date) else value
