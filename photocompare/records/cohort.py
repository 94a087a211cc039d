"""The audit's table read as a whole: one narrow row for each comparison's latest revision and for each treated region that has none.

`cohort_rows` makes the rows.
"""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from photocompare.records.cohort_rows import COLUMNS, TEXTS
from photocompare.records.schema import CohortRow

if TYPE_CHECKING:
    import pandas as pd

    from photocompare.records.database import Database

_DAYS = ("baseline_on", "follow_up_on")
_WHOLE = ("id", "region_id", "patient_id", "corrected")


def read_table(database: Database, *, since: dt.date | None = None, until: dt.date | None = None) -> pd.DataFrame:
    """The rows whose before visit lies from `since` to `until`, both included.

    Returns
    -------
    DataFrame
        The columns of `CohortRow`: texts as categories, days as datetime64, numbers as float64 with NaN where there is none
        (`id`, `region_id`, `patient_id`, `corrected`: whole numbers).
    """
    import pandas as pd  # half a second, which saving and looking up need not wait for

    query = select(*CohortRow.__table__.columns)
    if since is not None:
        query = query.where(CohortRow.baseline_on >= since)
    if until is not None:
        query = query.where(CohortRow.baseline_on <= until)
    frame = _frame(database, query)
    for name in TEXTS:
        frame[name] = frame[name].astype("category")
    for name in _DAYS:
        frame[name] = pd.to_datetime(frame[name], format="%Y-%m-%d")
    for name in _WHOLE:
        frame[name] = frame[name].astype("int64")
    for name in frame.columns.difference([*TEXTS, *_DAYS, *_WHOLE]):
        frame[name] = frame[name].astype("float64")
    return frame


def _frame(database: Database, query: Any) -> pd.DataFrame:
    import pandas as pd

    with database.reading() as session:
        rows = session.connection().exec_driver_sql(_literal(session, query)).cursor
        assert rows is not None
        return pd.DataFrame.from_records(rows.fetchall(), columns=list(COLUMNS))


def _literal(session: Session, query: Any) -> str:
    """The query as text: its only values are days, and the driver's rows come without a conversion of each cell."""
    return str(query.compile(session.get_bind(), compile_kwargs={"literal_binds": True}))
