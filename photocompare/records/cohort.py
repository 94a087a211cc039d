"""The audit's table read as a whole: one narrow row for each comparison's latest revision and for each treated region that has none.

`cohort_rows` makes the rows, `cohort_line` their lines; here a frame is made of the lines.
"""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from photocompare.records.cohort_line import COLUMNS, DAYS, TEXTS, columns_of, word
from photocompare.records.schema import CohortRow

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

    from photocompare.records.database import Database

_WHOLE = ("id", "region_id", "patient_id", "corrected")


def read_table(database: Database, *, since: dt.date | None = None, until: dt.date | None = None) -> pd.DataFrame:
    """The rows whose before visit lies from `since` to `until`, both included.

    Returns
    -------
    DataFrame
        The columns of `CohortRow` but its line: texts as categories in order, days as datetime64, numbers as float64 with NaN where there
        is none (`id`, `region_id`, `patient_id`, `corrected`: whole numbers).
    """
    import pandas as pd  # half a second, which saving and looking up need not wait for

    query = select(CohortRow.id, CohortRow.line)
    if since is not None:
        query = query.where(CohortRow.baseline_on >= since)
    if until is not None:
        query = query.where(CohortRow.baseline_on <= until)
    table = _table(database, str(query.compile(database.engine, compile_kwargs={"literal_binds": True})))
    return pd.DataFrame({name: _converted(name, table.column(name).combine_chunks()) for name in COLUMNS}, copy=False)


def _table(database: Database, query: str) -> pa.Table:
    if not database.is_sqlite:
        try:
            return _by_copy(database, query)
        except ModuleNotFoundError:  # the driver for PostgreSQL is there, the one for its binary copy is not
            pass
    return _by_rows(database, query)


def _by_copy(database: Database, query: str) -> pa.Table:
    """By PostgreSQL's binary COPY, which ADBC turns into Arrow arrays: their bytes are the lines."""
    import pyarrow as pa
    from adbc_driver_postgresql import dbapi

    url = database.engine.url.set(drivername="postgresql").render_as_string(hide_password=False)
    with dbapi.connect(url) as connection, connection.cursor() as cursor:
        cursor.execute(query)
        # Batch by batch: the server fetches the next rows while these are taken apart.
        parts = [
            columns_of(_bytes_of(batch.column("line"))).append_column("id", batch.column("id").cast(pa.int64()))
            for batch in cursor.fetch_record_batch()
        ]
    return pa.concat_tables(parts or [_with_numbers(columns_of(b""), [])]).unify_dictionaries()


def _bytes_of(array: Any) -> Any:
    """The texts of an Arrow array, one behind the other, without a copy."""
    import numpy as np
    import pyarrow as pa

    array = array.cast(pa.large_string())
    _, offsets, data = array.buffers()
    ends = np.frombuffer(offsets, np.int64)[array.offset : array.offset + len(array) + 1]
    return data.slice(int(ends[0]), int(ends[-1] - ends[0])) if len(array) else b""


def _by_rows(database: Database, query: str) -> pa.Table:
    """By the driver's rows.

    ADBC's driver for SQLite would bring a second SQLite into the process, and two of them drop each other's locks on a file
    (sqlite.org/howtocorrupt.html, 2.2.1).
    """
    with database.reading() as session:
        cursor = session.connection().exec_driver_sql(query).cursor
        assert cursor is not None
        rows = cursor.fetchall()
    lines = "".join([line for _, line in rows]).encode()
    return _with_numbers(columns_of(lines), [number for number, _ in rows])


def _with_numbers(table: pa.Table, numbers: list[int]) -> pa.Table:
    import pyarrow as pa

    return table.append_column("id", pa.array(numbers, pa.int64()))


def _converted(name: str, array: Any) -> Any:
    """An Arrow array as a column of the frame."""
    import numpy as np
    import pandas as pd
    import pyarrow as pa

    if name in TEXTS:
        words = np.array([word(spelled) for spelled in array.dictionary.to_pylist()], dtype=object)
        order = np.argsort(words)
        place = np.empty(len(words), np.int32)
        place[order] = np.arange(len(words), dtype=np.int32)
        return pd.Categorical.from_codes(place[array.indices.to_numpy()], pd.Index(words[order], dtype="str"))
    if name in DAYS:
        return array.cast(pa.timestamp("s")).to_numpy(zero_copy_only=False)
    return array.to_numpy(zero_copy_only=False).astype(np.int64 if name in _WHOLE else np.float64, copy=False)
