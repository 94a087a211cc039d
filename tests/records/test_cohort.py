"""The audit's table comes back from its runs of bytes as it stands in its columns."""

from __future__ import annotations

import dataclasses
import datetime as dt

import numpy as np
import pandas as pd
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from photocompare.records.access import LOCAL
from photocompare.records.cohort import read_table
from photocompare.records.cohort_bytes import COLUMNS, DAYS, TEXTS, packed, taken_apart
from photocompare.records.cohort_rows import stale_rows
from photocompare.records.entries import VisitFacts
from photocompare.records.schema import CohortRow
from photocompare.records.store import Records
from photocompare.results.result_json import as_dict
from tests.support.made_records import new_comparison, sample_dossier

AWKWARD = 'Dr "O\'Neill", a\\b\nnext\r\x1fline \\n =1+1; Żółć 静'


def filled(records: Records) -> None:
    """A measured pair, a refused one, and a region without a follow-up, with words that would break a table."""
    key = records.add_patient(LOCAL)
    new = new_comparison(key)
    records.save_comparison(
        LOCAL, dataclasses.replace(new, before=dataclasses.replace(new.before, operator=AWKWARD, concentration_percent=1))
    )
    result = sample_dossier().result
    refused = {
        **as_dict(result),
        "reasons": [{"code": "mirrored", "message": "m", "fix": "f"}],
        "status": "not_comparable",
        **dict.fromkeys(("clearance", "fate_mm", "pigment", "skin", "registration")),
    }
    records.save_comparison(LOCAL, new_comparison(key, region="calf", result=refused, side="right"))
    records.add_visit(LOCAL, key, "left", "ankle", VisitFacts(dt.date(2025, 2, 28), site="=cmd()", vcss=0))


def from_columns(records: Records) -> pd.DataFrame:
    """The same table, cell by cell."""
    with records.database.reading() as session:
        rows = session.scalars(select(CohortRow).order_by(CohortRow.id)).all()
    return pd.DataFrame([{name: getattr(row, name) for name in COLUMNS} for row in rows])


def test_the_frame_is_what_the_columns_hold(records: Records) -> None:
    filled(records)
    frame, cells = read_table(records.database).sort_values("id", ignore_index=True), from_columns(records)
    assert list(frame.columns) == list(COLUMNS)
    assert len(frame) == 3
    assert AWKWARD in set(frame.operator)
    for name in COLUMNS:
        if name in TEXTS:
            assert isinstance(frame[name].dtype, pd.CategoricalDtype)
            assert list(frame[name].cat.categories) == sorted(frame[name].cat.categories)
            assert list(frame[name]) == list(cells[name])
        elif name in DAYS:
            assert [None if pd.isna(day) else day.date() for day in frame[name]] == [None if pd.isna(day) else day for day in cells[name]]
        else:
            np.testing.assert_array_equal(frame[name].to_numpy(float), cells[name].to_numpy(float))
    assert frame.id.dtype == frame.patient_id.dtype == np.int64
    assert frame.length.dtype == frame.sessions.dtype == np.float64


def test_an_empty_table_has_the_same_columns(records: Records) -> None:
    empty = read_table(records.database)
    assert len(empty) == 0
    filled(records)
    assert empty.dtypes.drop(list(TEXTS)).equals(read_table(records.database).dtypes.drop(list(TEXTS)))
    assert len(read_table(records.database, since=dt.date(2025, 2, 28), until=dt.date(2025, 2, 28))) == 1


def test_a_run_changed_by_hand_is_found(records: Records) -> None:
    filled(records)
    with records.database.reading() as session:
        assert stale_rows(session) == []
    with records.database.writing() as session:
        row = session.scalars(select(CohortRow).where(CohortRow.reasons == "mirrored")).one()
        row.packed = row.packed[:-1] + bytes([row.packed[-1] ^ 1])
    with records.database.reading() as session:
        assert len(stale_rows(session)) == 1


def test_the_rows_stand_in_one_order_whatever_the_period(records: Records) -> None:
    """Without a period a database reads by one index, with one by another."""
    key = records.add_patient(LOCAL)
    for days in (20, 0, 10):
        before = dataclasses.replace(new_comparison(key).before, day=dt.date(2025, 1, 1) + dt.timedelta(days=days))
        records.save_comparison(LOCAL, new_comparison(key, before=before))
    for since in (None, dt.date(2025, 1, 1)):
        assert read_table(records.database, since=since)["comparison_id"].tolist() == [1, 2, 3]


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"]), max_size=12), min_size=1, max_size=5), st.floats(-1e9, 1e9))
def test_any_words_and_numbers_come_back(words: list[str], number: float) -> None:
    rows = [CohortRow(**dict.fromkeys(TEXTS, each), region_id=1, patient_id=2, corrected=0, length=number) for each in words]
    numbers = {word: 7 * place for place, word in enumerate(dict.fromkeys(words), 1)}
    runs = b"".join(packed(row, numbers) for row in rows)
    table = taken_apart(runs, np.arange(len(rows)), {number: word for word, number in numbers.items()})
    for name in TEXTS:
        assert list(table[name]) == words
    assert table["length"].tolist() == [number] * len(words)
    assert table["days"].isna().all()
    assert table["baseline_on"].isna().all()
