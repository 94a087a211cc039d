"""The audit's table read as a whole: one narrow row for each comparison's latest revision and for each treated region that has none.

`cohort_rows` makes the rows, `cohort_bytes` their runs of bytes; here a table is made of the runs.
"""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

import numpy as np
from sqlalchemy import select

from photocompare.records.cohort_bytes import all_words, taken_apart
from photocompare.records.schema import CohortRow

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from photocompare.records.database import Database


def read_table(database: Database, *, since: dt.date | None = None, until: dt.date | None = None) -> pd.DataFrame:
    """The rows whose before visit lies from `since` to `until`, both included.

    Returns
    -------
    DataFrame
        As `cohort_bytes.taken_apart` gives it.
    """
    query = select(CohortRow.id, CohortRow.packed)
    if since is not None:
        query = query.where(CohortRow.baseline_on >= since)
    if until is not None:
        query = query.where(CohortRow.baseline_on <= until)
    ids, runs = _runs(database, str(query.compile(database.engine, compile_kwargs={"literal_binds": True})))
    with database.reading() as session:  # after the rows: a word is never taken away, so that all of theirs are here
        words = all_words(session)
    return taken_apart(runs, ids, words)


def _runs(database: Database, query: str) -> tuple[NDArray[np.int64], Any]:
    """The rows' numbers, and their runs one behind the other."""
    if not database.is_sqlite:
        try:
            return _by_copy(database, query)
        except ModuleNotFoundError:  # the driver for PostgreSQL is there, the one for its binary copy is not
            pass
    return _by_rows(database, query)


def _by_copy(database: Database, query: str) -> tuple[NDArray[np.int64], Any]:
    """By PostgreSQL's binary COPY, which ADBC turns into Arrow arrays."""
    from adbc_driver_postgresql import dbapi

    url = database.engine.url.set(drivername="postgresql").render_as_string(hide_password=False)
    with dbapi.connect(url) as connection, connection.cursor() as cursor:
        cursor.execute(query)
        batches = list(cursor.fetch_record_batch())
    ids = [batch.column("id").to_numpy().astype(np.int64) for batch in batches]
    runs = [_bytes_of(batch.column("packed")) for batch in batches]
    return np.concatenate([np.zeros(0, np.int64), *ids]), np.concatenate([np.zeros(0, np.uint8), *runs])


def _bytes_of(array: Any) -> NDArray[np.uint8]:
    """The runs of an Arrow array of bytes, one behind the other, without a copy."""
    import pyarrow as pa

    array = array.cast(pa.large_binary())
    _, offsets, data = array.buffers()
    ends = np.frombuffer(offsets, np.int64)[array.offset : array.offset + len(array) + 1]
    return np.frombuffer(data, np.uint8)[ends[0] : ends[-1]] if len(array) else np.zeros(0, np.uint8)


def _by_rows(database: Database, query: str) -> tuple[NDArray[np.int64], Any]:
    """By the driver's rows.

    ADBC's driver for SQLite would bring a second SQLite into the process, and two of them drop each other's locks on a file
    (sqlite.org/howtocorrupt.html, 2.2.1).
    """
    with database.reading() as session:
        cursor = session.connection().exec_driver_sql(query).cursor
        rows = [] if cursor is None else cursor.fetchall()
    return np.array([number for number, _ in rows], np.int64), b"".join([run for _, run in rows])
