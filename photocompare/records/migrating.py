"""Opens the database at the schema of this version: an older one is brought to it (a SQLite file is copied first), a newer one refused."""

from __future__ import annotations

import datetime as dt

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, inspect
from sqlalchemy.exc import DatabaseError

from photocompare.base.errors import RecordsUnusable
from photocompare.records.database import APPLICATION_ID, Database, records_unusable
from photocompare.records.places import Places

NEWEST = "newest"


def _config(connection: Connection) -> Config:
    config = Config()
    config.set_main_option("script_location", "photocompare.records:migrations")
    config.attributes["connection"] = connection
    return config


def revisions() -> list[str]:
    """Names of the schema's steps, oldest first."""
    config = Config()
    config.set_main_option("script_location", "photocompare.records:migrations")
    return [step.revision for step in ScriptDirectory.from_config(config).walk_revisions()][::-1]


def open_database(places: Places) -> Database:
    """The records' database, made where there is none, at the schema of this version.

    Raises
    ------
    RecordsUnusable
        As `Database`; and the database is damaged, another program's or of a newer version, or the server does not answer.
    """
    database = Database(places)
    try:
        bring_up_to_date(database)
    except DatabaseError as error:
        database.close()
        raise records_unusable(error) from error
    except RecordsUnusable:
        database.close()
        raise
    return database


def bring_up_to_date(database: Database, *, to: str = NEWEST) -> None:
    """Make the tables, or change those of an older version; in one transaction, so that a cut leaves the old schema.

    Raises
    ------
    RecordsUnusable
        The database is of a newer version of the software, or another program's.
    """
    known = revisions()
    target = known[-1] if to == NEWEST else to
    with database.reading() as session:
        found = _revision(session.connection(), known)
    if found == target:
        return
    if found is not None:
        _copy_aside(database, found)
    elif database.places.sqlite_file is not None:
        # Before anything is in it, in a folder that others may look into as well; SQLite gives its journals the same mode.
        database.places.sqlite_file.chmod(0o600)
    with database.writing() as session:
        connection = session.connection()
        if _revision(connection, known) == target:  # another process was faster
            return
        if database.is_sqlite:
            connection.exec_driver_sql(f"PRAGMA application_id = {APPLICATION_ID}")
        command.upgrade(_config(connection), target)


def _revision(connection: Connection, known: list[str]) -> str | None:
    """The database's step; None for an empty one."""
    found = MigrationContext.configure(connection).get_current_revision()
    if found is None:
        tables = inspect(connection).get_table_names()
        if tables:
            raise RecordsUnusable("The database belongs to another program; give the records one of their own.")
        return None
    if found not in known:
        raise RecordsUnusable("The records were written by a newer version of photocompare; install that version.")
    return found


def _copy_aside(database: Database, revision: str) -> None:
    """A copy beside a SQLite file, before its schema changes."""
    file = database.places.sqlite_file
    if file is None:
        return
    stamp = dt.datetime.now(dt.UTC).strftime("%Y%m%dT%H%M%S%fZ")
    copy = file.with_name(f"{file.stem}-before-{revision}-{stamp}{file.suffix}")
    unfinished = copy.with_suffix(".unfinished")
    database.copy_to(unfinished)
    unfinished.replace(copy)
