"""The audit's table read as a whole: one narrow row for each comparison's latest revision and for each treated region that has none.

`cohort_rows` makes the rows, `cohort_bytes` their runs of bytes; here a table is made of the runs.
"""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

import numpy as np
from sqlalchemy import select

from photocompare.records.cohort_bytes import all_words, taken_apart
from photocompare.records.schema import CohortRow

if TYPE_CHECKING:
    import pandas as pd

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
    with database.reading() as session:
        cursor = session.connection().exec_driver_sql(str(query.compile(database.engine, compile_kwargs={"literal_binds": True}))).cursor
        rows = [] if cursor is None else cursor.fetchall()
    with database.reading() as session:  # after the rows: a word is never taken away, so that all of theirs are here
        words = all_words(session)
    return taken_apart(b"".join([run for _, run in rows]), np.array([number for number, _ in rows], np.int64), words)
