"""The audit's table read as a whole: one narrow row for each comparison's latest revision and for each treated region that has none.

`cohort_rows` makes the rows.  They come column by column, as Arrow arrays: a million rows as objects of Python would take most of a minute.
"""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from photocompare.records.cohort_rows import COLUMNS, TEXTS
from photocompare.records.schema import CohortRow

if TYPE_CHECKING:
    import pandas as pd

    from photocompare.records.database import Database

_DAYS = ("baseline_on", "follow_up_on")
_WHOLE = ("id", "region_id", "patient_id", "corrected")

_AT_ONCE: Final = 500
"""Rows that are turned into columns while they are in the processor's cache: a fifth faster than by 8000."""


def read_table(database: Database, *, since: dt.date | None = None, until: dt.date | None = None) -> pd.DataFrame:
    """The rows whose before visit lies from `since` to `until`, both included.

    Returns
    -------
    DataFrame
        The columns of `CohortRow`: texts as categories in order, days as datetime64, numbers as float64 with NaN where there is none
        (`id`, `region_id`, `patient_id`, `corrected`: whole numbers).
    """
    import pandas as pd  # half a second, which saving and looking up need not wait for

    query = select(*CohortRow.__table__.columns)
    if since is not None:
        query = query.where(CohortRow.baseline_on >= since)
    if until is not None:
        query = query.where(CohortRow.baseline_on <= until)
    arrays = _arrays(database, query)
    return pd.DataFrame({name: _converted(name, arrays[name]) for name in COLUMNS}, copy=False)


def _arrays(database: Database, query: Any) -> dict[str, Any]:
    """Column to Arrow array."""
    if not database.is_sqlite:
        try:
            return _by_copy(database, query)
        except ModuleNotFoundError:  # the driver for PostgreSQL is there, the one for its binary copy is not
            pass
    return _by_rows(database, query)


def _by_copy(database: Database, query: Any) -> dict[str, Any]:
    """By PostgreSQL's binary COPY, which ADBC turns into Arrow arrays."""
    from adbc_driver_postgresql import dbapi

    url = database.engine.url.set(drivername="postgresql").render_as_string(hide_password=False)
    with dbapi.connect(url) as connection, connection.cursor() as cursor:
        cursor.execute(str(query.compile(database.engine, compile_kwargs={"literal_binds": True})))
        table = cursor.fetch_arrow_table()
    return {name: table.column(name).combine_chunks() for name in COLUMNS}


def _by_rows(database: Database, query: Any) -> dict[str, Any]:
    """By the driver's rows, a few at a time.

    ADBC's driver for SQLite would bring a second SQLite into the process, and two of them drop each other's locks on a file
    (sqlite.org/howtocorrupt.html, 2.2.1).
    """
    import pyarrow as pa

    kinds = [pa.string() if name in TEXTS or name in _DAYS else pa.float64() for name in COLUMNS]
    parts: list[list[Any]] = [[pa.array([], kind)] for kind in kinds]
    with database.reading() as session:
        cursor = session.connection().exec_driver_sql(_literal(session, query)).cursor
        assert cursor is not None
        while rows := cursor.fetchmany(_AT_ONCE):
            for part, kind, cells in zip(parts, kinds, zip(*rows, strict=True), strict=True):
                part.append(pa.array(cells, kind))
    return {name: pa.concat_arrays(part) for name, part in zip(COLUMNS, parts, strict=True)}


def _literal(session: Session, query: Any) -> str:
    """The query as text: its only values are days, and the driver's rows come without a conversion of each cell."""
    return str(query.compile(session.get_bind(), compile_kwargs={"literal_binds": True}))


def _converted(name: str, array: Any) -> Any:
    """An Arrow array as a column of the frame."""
    import numpy as np
    import pandas as pd
    import pyarrow as pa

    if name in TEXTS:
        coded = array.dictionary_encode()
        words = np.array(coded.dictionary.to_pylist(), dtype=object)
        order = np.argsort(words)
        place = np.empty(len(words), np.int32)
        place[order] = np.arange(len(words), dtype=np.int32)
        return pd.Categorical.from_codes(place[coded.indices.to_numpy()], pd.Index(words[order], dtype="str"))
    if name in _DAYS:
        return array.cast(pa.date32()).cast(pa.timestamp("s")).to_numpy(zero_copy_only=False)
    return array.to_numpy(zero_copy_only=False).astype(np.int64 if name in _WHOLE else np.float64, copy=False)
