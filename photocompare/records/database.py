"""The database: connected with safe settings that are checked, written by one at a time; `migrating.open_database` opens it.

SQLite keeps a rollback journal: SQLite before 3.51.3 can corrupt a write-ahead log, and the library that Python brings is mostly older.
Transactions that write begin IMMEDIATE, so that two writers wait for each other instead of failing half-way; in PostgreSQL an advisory
lock does the same, since each entry of the trail needs the hash of the one before.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final
from urllib.parse import unquote

from sqlalchemy import URL, Connection, Engine, create_engine, event, text
from sqlalchemy.exc import DatabaseError, NoSuchModuleError, OperationalError, SQLAlchemyError
from sqlalchemy.orm import Session
from sqlalchemy.pool import NullPool

from photocompare.base.errors import RecordsUnusable
from photocompare.records.drives import network_refusal
from photocompare.records.places import Places

APPLICATION_ID: Final = 0x50434D50
"""SQLite's mark of whose file it is: "PCMP"."""

WAIT_MS = 10_000
"""Until a writer gives up waiting for another one."""

_WRITERS_LOCK = 5_063_504
"""Key of PostgreSQL's advisory lock; any number that other programs are unlikely to take."""

_SQLITE_HEAD = b"SQLite format 3\x00"
_PRAGMAS: Final = {
    "foreign_keys": 1,
    "synchronous": 3,  # EXTRA: as FULL, and a commit survives a power cut just after it although the journal is deleted
    "busy_timeout": WAIT_MS,
    "trusted_schema": 0,
    "secure_delete": 1,  # what is erased is overwritten
    "cell_size_check": 1,
}
_JOURNAL = "delete"
_ALONE = "AUTOCOMMIT"

_ANEW: Final = "move its folder away, or name a new one by PHOTOCOMPARE_DATA, and restore the records there from a backup"
"""What helps where a database is lost: a backup is restored into empty records alone."""


class Database:
    """A database of the records, whatever schema it is at.

    Parameters
    ----------
    places : Places

    Raises
    ------
    RecordsUnusable
        The file is empty, no database, on a network file system or read-only; the file is gone while its photos are there; the
        database's address or driver is no use.
    """

    def __init__(self, places: Places) -> None:
        self.places = places
        file = places.sqlite_file
        if file is not None:
            if places.has_options:
                raise RecordsUnusable(
                    'A SQLite file has no options in its address; write a "?" of the path as %3F, or name the folder by PHOTOCOMPARE_DATA.'
                )
            _check_file(file, places)
        self.engine = _engine(places)

    @property
    def is_sqlite(self) -> bool:
        """Whether it is a file of SQLite's."""
        return self.engine.dialect.name == "sqlite"

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """A session that sees one state of the database."""
        with self._transaction(self.engine) as session:
            yield session

    @contextmanager
    def writing(self) -> Iterator[Session]:
        """A session that holds the writers' lock; committed at the end, rolled back on any error.

        Raises
        ------
        RecordsUnusable
            The disk is full, or another writer held the lock for longer than `WAIT_MS`.
        """
        with self._transaction(self.engine.execution_options(writing=True)) as session:
            yield session

    @contextmanager
    def _transaction(self, engine: Engine) -> Iterator[Session]:
        try:
            with Session(engine, expire_on_commit=False) as session, session.begin():
                session.connection()
                yield session
        except OperationalError as error:
            raise records_unusable(error) from error

    def run_alone(self, statement: str, **values: bytes) -> None:
        """Run a statement that can't stand in a transaction, such as VACUUM.

        Raises
        ------
        RecordsUnusable
            The disk is full, or the database is damaged or busy.
        """
        try:
            with self.engine.connect().execution_options(isolation_level=_ALONE) as connection:
                connection.execute(text(statement), values)
        except DatabaseError as error:
            raise records_unusable(error) from error

    def copy_to(self, file: Path) -> None:
        """A copy of a SQLite database in a new file, which this account alone may read.

        Raises
        ------
        RecordsUnusable
            As `run_alone`.
        """
        file.touch(mode=0o600, exist_ok=False)  # SQLite takes an empty file as well
        # Bytes, because a name may be none in UTF-8.
        self.run_alone("VACUUM INTO CAST(:copy AS TEXT)", copy=os.fsencode(file.absolute()))

    def close(self) -> None:
        """Give back every connection."""
        self.engine.dispose()


def _engine(places: Places) -> Engine:
    options: dict[str, Any] = {}
    url: str | URL = places.database_url
    if places.sqlite_file is not None:
        # A connection for each transaction: opening a file is cheap, and none is ever shared by threads.
        options = {"poolclass": NullPool, "connect_args": {"timeout": WAIT_MS / 1000, "isolation_level": None}}
        url = URL.create("sqlite", database=str(places.sqlite_file))  # as it is: nothing reads the path a second time
    try:
        engine = create_engine(url, **options)
    except (NoSuchModuleError, ModuleNotFoundError) as error:
        raise RecordsUnusable(f"The database's driver is not installed: {error}. Install photocompare[postgresql].") from error
    except SQLAlchemyError as error:
        raise RecordsUnusable("The database's address can't be read; write it as postgresql://user@host/name.") from error
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _safe_settings)
        event.listen(engine, "begin", _begin_sqlite)
    else:
        event.listen(engine, "begin", _begin_postgresql)
    return engine


def _safe_settings(connection: Any, _record: Any) -> None:
    """Set what must be set on each connection, and read it back: an unknown PRAGMA is passed over without a word."""
    for name, value in _PRAGMAS.items():
        connection.execute(f"PRAGMA {name} = {value}")
        found = connection.execute(f"PRAGMA {name}").fetchone()
        if found is None or found[0] != value:
            raise RecordsUnusable(f"This SQLite does not keep the setting {name}; install a current Python.")
    found = connection.execute("PRAGMA journal_mode").fetchone()[0]
    if found != _JOURNAL:
        found = connection.execute(f"PRAGMA journal_mode = {_JOURNAL}").fetchone()[0]
    if found != _JOURNAL:
        raise RecordsUnusable("The database keeps a write-ahead log that can't be switched off; close other programs that hold it open.")


def _begin_sqlite(connection: Connection) -> None:
    if connection.get_execution_options().get("isolation_level") == _ALONE:
        return
    connection.exec_driver_sql("BEGIN IMMEDIATE" if connection.get_execution_options().get("writing") else "BEGIN")


def _begin_postgresql(connection: Connection) -> None:
    if connection.get_execution_options().get("isolation_level") == _ALONE:
        return
    if connection.get_execution_options().get("writing"):
        connection.exec_driver_sql(f"SET LOCAL lock_timeout = {WAIT_MS}")
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_WRITERS_LOCK})")
    else:
        connection.exec_driver_sql("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")


def _check_file(file: Path, places: Places) -> None:
    """Refuse what must not be opened, and never make a new database where an old one was."""
    if file.is_dir():
        raise RecordsUnusable(f"{file} is a folder, not the records' database.")
    folder = file.parent
    refusal = network_refusal(folder)
    if refusal is not None:
        raise refusal
    if file.exists():
        with file.open("rb") as opened:
            head = opened.read(len(_SQLITE_HEAD))
        if not head:
            raise RecordsUnusable(f"{file} is empty; {_ANEW}.")
        if head != _SQLITE_HEAD:
            raise RecordsUnusable(f"{file} is no SQLite database; {_ANEW}.")
        if not os.access(file, os.W_OK) or not os.access(folder, os.W_OK):
            raise RecordsUnusable(f"{file} can't be written; give this account the right to write there.")
        return
    photos = Path(places.photos_url)
    if "://" not in places.photos_url and photos.is_dir() and any(photos.iterdir()):
        misplaced = _misplaced(file)
        if misplaced is not None:
            raise RecordsUnusable(f"An earlier version wrote the records to {misplaced}; move that file to {file}.")
        raise RecordsUnusable(f"{file} is gone, while its photos are there; {_ANEW}.")
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    if not os.access(folder, os.W_OK):
        raise RecordsUnusable(f"{folder} can't be written; give this account the right to write there.")


def _misplaced(file: Path) -> Path | None:
    """Where earlier versions put the database, which took a folder's name for a URL; None where there is none."""
    read_as = Path(unquote(str(file).partition("?")[0]))
    return read_as if read_as != file and read_as.is_file() else None


def records_unusable(error: DatabaseError) -> RecordsUnusable:
    """The driver's complaint as an error whose sentence says what to do."""
    said = str(error.orig).strip().splitlines()[0] if error.orig is not None else str(error)
    if "full" in said and "disk" in said:
        return RecordsUnusable("The disk is full; nothing was saved. Free some space and try again.", code="disk_full")
    if "disk I/O" in said:
        return RecordsUnusable("The disk could not be written; nothing was saved. Check its space and try again.", code="disk_failed")
    if "locked" in said or "lock timeout" in said:
        return RecordsUnusable("The records are busy; nothing was saved. Try again in a moment.", code="records_busy")
    if "malformed" in said or "not a database" in said:
        return RecordsUnusable(f"The database is damaged; {_ANEW}.", code="records_damaged")
    if "readonly" in said:
        return RecordsUnusable("The database can't be written; give this account the right to write there.", code="records_readonly")
    return RecordsUnusable(f"The database reported: {said}.", code="records_failed", said=said)


def check_whole(session: Session) -> list[str]:
    """What SQLite's own check finds wrong; empty for a sound file, and for PostgreSQL, which checks its pages itself."""
    if session.get_bind().dialect.name != "sqlite":
        return []
    found = [str(row[0]) for row in session.execute(text("PRAGMA integrity_check"))]
    rows = [f"foreign key of {row[0]} row {row[1]}" for row in session.execute(text("PRAGMA foreign_key_check"))]
    return [*(line for line in found if line != "ok"), *rows]
