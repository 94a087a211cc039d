"""A row of the audit's table as one line of text, kept beside its columns.

A database hands over a million lines in the time in which it hands over two columns, and Arrow's reader of separated values takes them
apart by threads.  The forty columns one by one take ten times as long, in SQLite and in PostgreSQL alike.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import Float, Integer

from photocompare.records.schema import CohortRow, IsoDate

if TYPE_CHECKING:
    import pyarrow as pa

COLUMNS = tuple(column.key for column in CohortRow.__table__.columns if column.key != "line")
TEXTS = (
    "leg",
    "region",
    "window",
    "operator",
    "site",
    "agent",
    "form",
    "ceap",
    "status",
    "method",
    "reasons",
    "photo_quality",
    "ita_group",
    "calibre",
)
DAYS = ("baseline_on", "follow_up_on")

_BETWEEN: Final = "\x1f"
"""The sign that ASCII has for it."""

_ESCAPES: Final = {"\\": "\\\\", "\n": "\\n", "\r": "\\r", _BETWEEN: "\\u"}
_TABLE: Final = str.maketrans(_ESCAPES)
_BLOCK_BYTES: Final = 4 << 20
"""Of lines that one thread takes apart at a time."""

_IN_LINE: Final = tuple(name for name in COLUMNS if name != "id")


def _spelling(name: str) -> Callable[[Any], str]:
    kind = CohortRow.__table__.columns[name].type
    if isinstance(kind, Float):
        return lambda value: repr(float(value))
    if isinstance(kind, Integer):
        return lambda value: str(int(value))
    if isinstance(kind, IsoDate):
        return dt.date.isoformat
    return lambda value: str(value).translate(_TABLE)


_SPELLINGS: Final = tuple((name, _spelling(name)) for name in _IN_LINE)


def line_of(row: CohortRow) -> str:
    """The line of a row: every column but its number, empty for NULL, ended by a line feed."""
    values = ((getattr(row, name), spell) for name, spell in _SPELLINGS)
    return _BETWEEN.join("" if value is None else spell(value) for value, spell in values) + "\n"


def columns_of(lines: Any) -> pa.Table:
    """Lines taken apart.

    Parameters
    ----------
    lines : bytes or pyarrow.Buffer
        UTF-8.

    Returns
    -------
    Table
        Every column but `id`: texts as dictionaries, days as date32, numbers as double with null where there is none.
    """
    import pyarrow as pa
    from pyarrow import csv

    words = pa.dictionary(pa.int32(), pa.string())
    kinds = {name: words if name in TEXTS else pa.date32() if name in DAYS else pa.float64() for name in _IN_LINE}
    if not len(lines):
        return pa.schema(list(kinds.items())).empty_table()
    table = csv.read_csv(
        pa.BufferReader(lines),
        read_options=csv.ReadOptions(column_names=list(_IN_LINE), block_size=_BLOCK_BYTES),
        parse_options=csv.ParseOptions(delimiter=_BETWEEN, quote_char=False),
        convert_options=csv.ConvertOptions(column_types=kinds, null_values=[""], strings_can_be_null=False),
    )
    return table.unify_dictionaries()


def word(spelled: str) -> str:
    """A text as it was before it was put into a line."""
    if "\\" not in spelled:
        return spelled
    signs = {sign: plain for plain, sign in _ESCAPES.items()}
    parts, at = [], 0
    while at < len(spelled):
        width = 2 if spelled[at] == "\\" else 1
        parts.append(signs.get(spelled[at : at + width], spelled[at : at + width]))
        at += width
    return "".join(parts)
