"""What leaves the practice: nobody is named, no day stands in it, no cell runs as a formula, and both tables say the same."""

from __future__ import annotations

import codecs
import csv
import io
import json
import re

import numpy as np
import pandas as pd
import pytest

from photocompare.practice.cohort import CohortFilter, select
from photocompare.practice.deidentified import COLUMNS, OTHER, deidentified
from photocompare.practice.export import dictionary_csv, figures_json, table_csv, table_parquet
from photocompare.practice.figures import audit_figures
from photocompare.report.words.texts import LANGUAGES, texts
from tests.support.made_cohort import Practice, made_cohort


@pytest.fixture(scope="module")
def frame() -> pd.DataFrame:
    return made_cohort(Practice(rows=800, seed=21))


@pytest.fixture(scope="module")
def table(frame: pd.DataFrame) -> pd.DataFrame:
    return deidentified(select(frame), least_patients=5, seed=1)


def read_csv(data: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(data.decode("utf-8-sig"), newline="")))


# --- de-identified


def test_every_row_is_in_the_table(frame: pd.DataFrame, table: pd.DataFrame) -> None:
    assert tuple(table.columns) == COLUMNS
    assert len(table) == len(frame)
    assert table["patient"].nunique() == frame["patient_id"].nunique()
    assert sorted(table["length"].dropna()) == sorted(frame["length"].dropna().round(1))
    sizes = sorted(table.groupby("patient").size()), sorted(frame.groupby("patient_id").size())
    assert sizes[0] == sizes[1]


def test_no_key_and_no_day_is_in_the_table(frame: pd.DataFrame, table: pd.DataFrame) -> None:
    text = table_csv(table).decode()
    assert not re.search(r"\d{4}-\d{2}", text)
    assert not {"patient_id", "region_id", "comparison_id", "baseline_on", "follow_up_on"} & set(table.columns)
    assert set(table["baseline_year"].dropna()) == {2024, 2025}
    assert table["patient"].between(1, frame["patient_id"].nunique()).all()


def test_numbers_are_drawn_anew_for_each_export(frame: pd.DataFrame) -> None:
    first, second = (deidentified(select(frame), least_patients=5) for _ in range(2))
    assert not first.equals(second)
    same = [deidentified(select(frame), least_patients=5, seed=4) for _ in range(2)]
    pd.testing.assert_frame_equal(*same)


def test_operators_and_sites_have_numbers(frame: pd.DataFrame, table: pd.DataFrame) -> None:
    assert all(re.fullmatch(r"operator \d+|other", word) for word in table["operator"].cat.categories)
    counts = sorted(table["operator"].value_counts()), sorted(frame["operator"].value_counts())
    assert counts[0] == counts[1]
    assert not any("operator 0" in word for word in table["operator"].cat.categories)


def test_days_since_the_first_begin_at_nought(table: pd.DataFrame) -> None:
    assert (table.groupby("patient")["days_since_first"].min() == 0).all()


def test_days_since_the_session_are_told_as_a_distance(frame: pd.DataFrame) -> None:
    later = frame.assign(treated_on=frame["baseline_on"] + pd.Timedelta(days=7))
    table = deidentified(select(later), least_patients=5)
    assert (table["days_since_session"] == table["days"] - 7).dropna().all()
    assert table["days_since_session"].notna().sum() == frame["days"].notna().sum()


def test_regions_are_numbered_within_the_patient(table: pd.DataFrame) -> None:
    for _, fields in table.groupby("patient")["field"]:
        assert sorted(fields) == list(range(1, len(fields) + 1))


def test_words_of_few_patients_are_joined(frame: pd.DataFrame) -> None:
    rows = frame.copy()
    region = rows["region"].astype(str)
    region[:2] = "Mrs Example's left thigh"
    rows["region"] = pd.Categorical(region)
    found = deidentified(select(rows), least_patients=5, seed=1)
    assert "Example" not in table_csv(found).decode()
    # One rare name alone would be what is called other: the next rarest goes with it.
    assert len([w for w in found["region"].cat.categories if w != OTHER]) == 2
    assert (found["region"] == OTHER).sum() > 5


def test_rare_numbers_are_emptied(frame: pd.DataFrame) -> None:
    rows = frame.copy()
    rows.loc[:1, "sessions"] = 17.0
    rows.loc[:1, "baseline_on"] = pd.Timestamp("1999-05-05")
    rows.loc[:1, "concentration_percent"] = 23.4
    found = deidentified(select(rows), least_patients=5, seed=1)
    assert 17 not in set(found["sessions"].dropna())
    assert 1999 not in set(found["baseline_year"].dropna())
    assert 23.4 not in set(found["concentration_percent"].dropna())


def test_a_rare_skin_tone_has_no_angle_either(frame: pd.DataFrame) -> None:
    rows = frame.copy()
    group = rows["ita_group"].astype(str)
    group[:2] = "dark"
    rows["ita_group"] = pd.Categorical(group)
    rows.loc[:1, "ita"] = -77.0
    found = deidentified(select(rows), least_patients=5, seed=1)
    assert "dark" not in set(found["ita_group"])
    assert -77 not in set(found["ita"].dropna())
    assert found.loc[found["ita_group"] == OTHER, "ita"].isna().all()


def test_an_empty_cohort_is_a_table_without_rows(frame: pd.DataFrame) -> None:
    found = deidentified(select(frame, CohortFilter(operators=("nobody",))), least_patients=5, seed=1)
    assert len(found) == 0
    assert table_csv(found).decode("utf-8-sig").strip().split(",") == list(COLUMNS)
    assert pd.read_parquet(io.BytesIO(table_parquet(found))).columns.tolist() == list(COLUMNS)


# --- files


def test_both_files_say_the_same(table: pd.DataFrame) -> None:
    rows = read_csv(table_csv(table))
    parquet = pd.read_parquet(io.BytesIO(table_parquet(table)))
    assert len(rows) == len(parquet) == len(table)
    for name in ("agent", "status", "window"):
        assert [row[name] for row in rows] == parquet[name].astype(str).tolist()
    for name in ("length", "days", "ita"):
        told = [float(row[name]) if row[name] else np.nan for row in rows]
        assert np.array_equal(told, parquet[name].to_numpy(float, na_value=np.nan), equal_nan=True)


def test_spreadsheets_are_told_that_the_text_is_utf_8(table: pd.DataFrame) -> None:
    for data in (table_csv(table), dictionary_csv(table, texts("en"))):
        assert data.startswith(codecs.BOM_UTF8)
        assert data.count(codecs.BOM_UTF8) == 1


@pytest.mark.parametrize("word", ["=1+1", "+A1", "-2", "@SUM(A1)", "\tx", "\rx"])
def test_no_word_runs_as_a_formula(frame: pd.DataFrame, word: str) -> None:
    rows = frame.assign(agent=pd.Categorical([word] * len(frame)))
    found = deidentified(select(rows), least_patients=5, seed=1)
    told = {row["agent"] for row in read_csv(table_csv(found))}
    assert told == {f"'{word}"}
    # Parquet is read by programs; there the word stands as it is.
    assert set(pd.read_parquet(io.BytesIO(table_parquet(found)))["agent"]) == {word}


def test_quotes_and_line_breaks_survive(frame: pd.DataFrame) -> None:
    word = 'a "quoted",\nbroken name'
    found = deidentified(select(frame.assign(agent=pd.Categorical([word] * len(frame)))), least_patients=5, seed=1)
    assert {row["agent"] for row in read_csv(table_csv(found))} == {word}


def test_a_word_called_other_is_not_told_apart_from_joined_ones(frame: pd.DataFrame) -> None:
    found = deidentified(select(frame.assign(agent=pd.Categorical([OTHER] * len(frame)))), least_patients=5, seed=1)
    assert set(found["agent"]) == {OTHER}


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_dictionary_explains_every_column(table: pd.DataFrame, language: str) -> None:
    rows = list(csv.reader(io.StringIO(dictionary_csv(table, texts(language)).decode("utf-8-sig"), newline="")))
    assert [row[0] for row in rows[1:]] == list(COLUMNS)
    assert all(row[3] for row in rows)
    by_name = {row[0]: row for row in rows[1:]}
    assert by_name["length"][2] == "%"
    assert "no_follow_up" in by_name["status"][4]


# --- figures as JSON


def test_figures_are_json_with_nothing_that_is_not(frame: pd.DataFrame) -> None:
    figures = audit_figures(frame)
    content = json.loads(figures_json(figures), parse_constant=lambda word: pytest.fail(f"{word} is no JSON"))
    assert content["schema"] == "photocompare.audit/1"
    assert figures.outcomes is not None
    assert content["outcomes"]["clearance"]["value"] == round(figures.outcomes.clearance.value, 4)
    assert content["flow"]["steps"][0] == {
        "name": "everyone",
        "patients": figures.flow.steps[0].patients,
        "regions": 800,
        "comparisons": figures.flow.steps[0].comparisons,
    }
    assert re.fullmatch(r"\d{4}-\d{2}-\d{2}", content["first_day"])


def test_hidden_counts_are_null() -> None:
    content = json.loads(figures_json(audit_figures(made_cohort(Practice(rows=60, operators=30)))))
    (operators,) = (b for b in content["outcomes"]["breakdowns"] if b["dimension"] == "operator")
    hidden = [g for g in operators["groups"] if g["pairs"] is None]
    assert hidden
    assert all(g["patients"] is None and g["clearance"]["value"] is None for g in hidden)
