"""A row of the audit's table as one run of bytes, kept beside its columns.

A database hands over a hundred thousand short runs of bytes in a fraction of the time that it needs for four million cells, and numpy takes
them apart as they are (`docs/audit.md` has the times of both ways).  Words stand in the runs by their number in `CohortWordRow`.
"""

from __future__ import annotations

import datetime as dt
import math
import struct
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Float, insert, select
from sqlalchemy.orm import Session

from photocompare.records.schema import CohortRow, CohortWordRow

if TYPE_CHECKING:
    import pandas as pd

COLUMNS = tuple(column.key for column in CohortRow.__table__.columns if column.key != "packed")
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
DAYS = ("baseline_on", "treated_on", "follow_up_on")
WHOLE = ("id", "region_id", "patient_id", "corrected")

_ORDER: Final = ("patient_id", "region_id", "comparison_id")
_EPOCH: Final = dt.date(1970, 1, 1)
_NONE: Final = -(2**31)
"""Stands for NULL among whole numbers and days."""

_PACKED: Final = tuple(name for name in COLUMNS if name != "id")
_FLOATS: Final = frozenset(name for name in _PACKED if isinstance(CohortRow.__table__.columns[name].type, Float))
_STRUCT: Final = struct.Struct("<" + "".join("d" if name in _FLOATS else "i" for name in _PACKED))
_ROW: Final = np.dtype([(name, "<f8" if name in _FLOATS else "<i4") for name in _PACKED])
_CHUNK: Final = 4096
"""Rows that are turned into columns at a time: under a megabyte, so that they stay in the processor's cache."""


def known_words(session: Session, words: Iterable[str]) -> dict[str, int]:
    """The numbers of those words that have one."""
    wanted = sorted(set(words))
    return {
        word: number for number, word in session.execute(select(CohortWordRow.id, CohortWordRow.word).where(CohortWordRow.word.in_(wanted)))
    }


def numbered_words(session: Session, words: Iterable[str]) -> dict[str, int]:
    """The numbers of words; those without one get theirs.  Needs the writers' lock."""
    wanted = set(words)
    missing = wanted - known_words(session, wanted).keys()
    if missing:
        session.execute(insert(CohortWordRow), [{"word": word} for word in sorted(missing)])
    return known_words(session, wanted)


def words_of(row: CohortRow) -> set[str]:
    """The words that stand in a row."""
    return {getattr(row, name) for name in TEXTS}


def packed(row: CohortRow, numbers: Mapping[str, int]) -> bytes:
    """A row's columns but its number; a word without a number is `_NONE`, which `taken_apart` knows for none.

    Parameters
    ----------
    row : CohortRow
    numbers : mapping
        Of its words.
    """
    return _STRUCT.pack(*(spell(getattr(row, name), numbers) for name, spell in _SPELLINGS))


def _spelling(name: str) -> Callable[[Any, Mapping[str, int]], float]:
    if name in TEXTS:
        return lambda value, numbers: numbers.get(value, _NONE)
    if name in DAYS:
        return lambda value, _: _NONE if value is None else (value - _EPOCH).days
    if name in _FLOATS:
        return lambda value, _: math.nan if value is None else float(value)
    return lambda value, _: _NONE if value is None else int(value)


_SPELLINGS: Final = tuple((name, _spelling(name)) for name in _PACKED)


def taken_apart(runs: Any, ids: NDArray[np.int64], words: Mapping[int, str]) -> pd.DataFrame:
    """The table of packed rows.

    Parameters
    ----------
    runs : bytes-like
        Packed rows, one behind the other.
    ids : ndarray of int64, shape (N,)
    words : mapping
        Number to word; all of them.

    Returns
    -------
    DataFrame
        `COLUMNS`: texts as categories in order, days as datetime64, numbers as float64 with NaN where there is none (`WHOLE`: int64);
        sorted by patient, region and comparison.
    """
    import pandas as pd  # half a second, which saving and looking up need not wait for

    rows = np.frombuffer(runs, _ROW)
    # A database gives rows as it comes to them, by another index for another period; what is worked out must not hang on that.
    order = np.lexsort([rows[name] for name in reversed(_ORDER)])
    rows, ids = rows[order], ids[order]
    raw = {name: np.empty(len(rows), _ROW[name]) for name in _PACKED}
    for start in range(0, len(rows), _CHUNK):
        chunk = rows[start : start + _CHUNK]
        for name, column in raw.items():
            column[start : start + _CHUNK] = chunk[name]
    raw["id"] = ids
    frame = {name: _categories(raw[name], words) if name in TEXTS else _numbers(name, raw[name]) for name in COLUMNS}
    return pd.DataFrame(frame, copy=False)


def _numbers(name: str, raw: NDArray[Any]) -> NDArray[Any]:
    if name in _FLOATS:
        return raw
    if name in WHOLE:
        return raw.astype(np.int64, copy=False)
    if name in DAYS:
        days = raw.astype("datetime64[D]").astype("datetime64[s]")
        days[raw == _NONE] = np.datetime64("NaT")
        return days
    numbers = raw.astype(np.float64)
    numbers[raw == _NONE] = np.nan
    return numbers


def _categories(raw: NDArray[Any], words: Mapping[int, str]) -> pd.Categorical:
    import pandas as pd

    used = np.flatnonzero(np.bincount(raw, minlength=1)) if len(raw) else np.zeros(0, np.intp)
    spelled = np.array([words[number] for number in used.tolist()], dtype=object)
    order = np.argsort(spelled)
    place = np.zeros(int(used.max(initial=0)) + 1, np.int32)
    place[used[order]] = np.arange(len(used), dtype=np.int32)
    return pd.Categorical.from_codes(place[raw], pd.Index(spelled[order], dtype="str"))


def all_words(session: Session) -> dict[int, str]:
    """Number to word."""
    return {word.id: word.word for word in session.scalars(select(CohortWordRow))}


def pack_all(session: Session, rows: Sequence[CohortRow], *, numbering: bool) -> None:
    """Fill in the runs of rows; new words get numbers only where that is asked for, and where the writers' lock is held."""
    words = {word for row in rows for word in words_of(row)}
    numbers = numbered_words(session, words) if numbering else known_words(session, words)
    for row in rows:
        row.packed = packed(row, numbers)
