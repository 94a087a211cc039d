"""Cohorts: who is counted, what filters leave, and the way from everyone to those with an outcome."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd
import pytest
from sqlalchemy import Integer, Text

from photocompare.base.errors import UsageError
from photocompare.practice.cohort import Cohort, CohortFilter, days_since_session, in_windows, measured, select
from photocompare.practice.flow import Flow, flow
from photocompare.practice.follow_up import completeness
from photocompare.practice.rates import RateOptions, after_effects
from photocompare.records.cohort_bytes import DAYS, TEXTS, WHOLE
from photocompare.records.schema import CohortRow, IsoDate
from tests.support.made_cohort import Practice, made_cohort

WINDOWS = ("assessment", "late")


def flow_of(cohort: Cohort) -> Flow:
    """The flow of a cohort measured by one method."""
    return flow(cohort, in_windows(measured(cohort), WINDOWS), least_patients=5)


@pytest.fixture(scope="module")
def frame() -> pd.DataFrame:
    return made_cohort(Practice(rows=1200, seed=3))


def test_the_columns_are_those_of_the_records() -> None:
    kept = {column.key: column.type for column in CohortRow.__table__.columns}
    assert set(TEXTS) == {name for name, kind in kept.items() if type(kind) is Text}
    assert set(DAYS) == {name for name, kind in kept.items() if isinstance(kind, IsoDate)}
    assert set(WHOLE) <= {name for name, kind in kept.items() if isinstance(kind, Integer)}


def test_without_a_filter_everyone_is_in_it(frame: pd.DataFrame) -> None:
    assert len(select(frame)) == 1200
    assert select(frame).rows is None


@pytest.mark.parametrize(
    ("wanted", "query"),
    [
        (CohortFilter(operators=("operator 001", "operator 007")), "operator in ['operator 001', 'operator 007']"),
        (CohortFilter(agents=("glucose",), legs=("left",)), "agent == 'glucose' and leg == 'left'"),
        (CohortFilter(least_concentration=0.2, most_concentration=0.5), "0.2 <= concentration_percent <= 0.5"),
        (CohortFilter(calibres=("reticular",)), "calibre == 'reticular'"),
        (CohortFilter(ita_groups=("tan", "dark")), "ita_group in ['tan', 'dark']"),
        (CohortFilter(statuses=("no_follow_up",)), "status == 'no_follow_up'"),
        (CohortFilter(least_sessions=2), "sessions >= 2"),
        (CohortFilter(regions=("calf",), sites=("site 1",), forms=("foam",)), "region == 'calf' and site == 'site 1' and form == 'foam'"),
        (CohortFilter(since=dt.date(2024, 6, 1), until=dt.date(2024, 6, 30)), "'2024-06-01' <= baseline_on <= '2024-06-30'"),
        (CohortFilter(operators=("nobody",)), "operator == 'nobody'"),
    ],
)
def test_a_filter_leaves_what_it_asks_for(frame: pd.DataFrame, wanted: CohortFilter, query: str) -> None:
    found = select(frame, wanted)
    expected = frame.query(query)
    assert len(found) == len(expected)
    assert np.array_equal(found.numbers("length"), expected["length"].to_numpy(), equal_nan=True)


def test_a_frame_is_left_as_it_was(frame: pd.DataFrame) -> None:
    before = frame.copy(deep=True)
    flow_of(select(frame, CohortFilter(legs=("left",))))
    pd.testing.assert_frame_equal(frame, before)
    assert frame.attrs == {}


@pytest.mark.parametrize(
    "limits",
    [
        {"since": dt.date(2025, 1, 2), "until": dt.date(2025, 1, 1)},
        {"least_concentration": 1.0, "most_concentration": 0.5},
        {"least_sessions": 3, "most_sessions": 1},
    ],
)
def test_a_range_that_ends_before_it_begins_is_refused(limits: dict) -> None:
    with pytest.raises(UsageError, match="swap"):
        CohortFilter(**limits)


def test_a_frame_without_a_column_is_refused(frame: pd.DataFrame) -> None:
    with pytest.raises(UsageError, match="stained_share"):
        select(frame.drop(columns="stained_share"))


def test_words_are_in_their_order_and_missing_ones_are_empty() -> None:
    frame = made_cohort(Practice(rows=300))
    codes, words = select(frame).words("ita_group")
    assert words[:4] == ["", "very light", "light", "intermediate"]
    assert [words[c] for c in codes[:50]] == frame["ita_group"].astype(str).tolist()[:50]
    plain = frame.assign(operator=pd.Series([None, "b", "a"] * 100, dtype=object))
    codes, words = select(plain).words("operator")
    assert (words, codes[:3].tolist()) == (["", "a", "b"], [0, 2, 1])


def test_parts_of_parts_are_the_same_rows(frame: pd.DataFrame) -> None:
    ended = in_windows(measured(select(frame, CohortFilter(legs=("left",)))), WINDOWS)
    expected = frame.query("leg == 'left' and status in ['comparable', 'indicative'] and window in ['assessment', 'late']")
    assert np.array_equal(ended.numbers("length"), expected["length"])
    assert np.array_equal(ended.days("baseline_on"), expected["baseline_on"].to_numpy().astype("datetime64[D]"))
    assert len(np.unique(ended.patients)) == expected["patient_id"].nunique()
    assert ended.has("leg", ("left",)).all()


# --- the flow


def test_everyone_is_counted_down_to_those_with_an_outcome(frame: pd.DataFrame) -> None:
    found = flow_of(select(frame))
    followed = frame[frame["status"] != "no_follow_up"]
    numbered = followed[followed["status"] != "not_comparable"]
    ended = numbered[numbered["window"].isin(WINDOWS)]
    steps = [(s.name, s.patients, s.regions, s.comparisons) for s in found.steps]
    assert steps == [
        ("everyone", frame["patient_id"].nunique(), 1200, len(followed)),
        ("followed", followed["patient_id"].nunique(), len(followed), len(followed)),
        ("measured", numbered["patient_id"].nunique(), len(numbered), len(numbered)),
        ("in_window", ended["patient_id"].nunique(), len(ended), len(ended)),
    ]
    assert found.statuses == frame["status"].value_counts().to_dict()


def test_refusals_are_counted_by_the_reason_that_refuses(frame: pd.DataFrame) -> None:
    found = flow_of(select(frame)).reasons
    refused = frame[frame["status"] == "not_comparable"]
    counted = {(r.code, r.which): r.refused for r in found}
    assert counted[("blurred", "before")] == refused["reasons"].str.contains("blurred:before").sum()
    # "partial_overlap" only degrades; the reason is the one beside it.
    assert ("partial_overlap", "") not in counted
    assert all(r.severity == "refuse" for r in found)
    assert [r.refused for r in found] == sorted((r.refused for r in found), reverse=True)


def test_a_reason_of_few_patients_is_named_without_its_counts() -> None:
    frame = made_cohort(Practice(rows=40, seed=5))
    found = flow_of(select(frame)).reasons
    assert found
    assert all(r.patients is None and r.refused is None for r in found)


def test_reasons_that_the_registry_does_not_know_are_kept() -> None:
    frame = made_cohort(Practice(rows=200))
    frame["reasons"] = pd.Categorical(["no_longer_known"] * 200)
    found = flow_of(select(frame)).reasons
    assert [(r.code, r.severity) for r in found] == [("no_longer_known", "")]


# --- completeness


def rows(*kinds: tuple[int, str, str, str]) -> pd.DataFrame:
    """Region, baseline, window ("" for nobody came), patient by region."""
    frame = made_cohort(Practice(rows=len(kinds)))
    frame["region_id"] = frame["patient_id"] = [k[0] for k in kinds]
    frame["baseline_on"] = frame["treated_on"] = pd.to_datetime([k[1] for k in kinds])
    frame["window"] = pd.Categorical([k[2] or "unknown" for k in kinds])
    frame["status"] = pd.Categorical([k[3] for k in kinds])
    return frame


def test_a_region_counts_for_its_best_follow_up() -> None:
    frame = rows(
        (1, "2025-01-01", "too_early", "comparable"),
        (1, "2025-01-01", "assessment", "not_comparable"),
        (2, "2025-01-01", "late", "comparable"),
        (2, "2025-01-01", "interim", "comparable"),
        (3, "2025-01-01", "", "no_follow_up"),
        (4, "2025-11-01", "", "no_follow_up"),
        (5, "2025-11-01", "assessment", "comparable"),
    )
    found = completeness(select(frame), as_of=dt.date(2025, 12, 31))
    assert (found.due, found.not_yet_due) == (3, 2)
    assert found.by_window == {"assessment": 1, "late": 1, "interim": 0, "too_early": 0, "unknown": 0, "none": 1}
    assert found.in_window.value == pytest.approx(100 / 3)
    assert found.any_follow_up.value == pytest.approx(200 / 3)


def test_a_region_is_due_when_its_window_is_over() -> None:
    frame = rows((1, "2025-01-01", "", "no_follow_up"))
    assert completeness(select(frame), as_of=dt.date(2025, 7, 2)).due == 0
    assert completeness(select(frame), as_of=dt.date(2025, 7, 3)).due == 1


def test_a_second_session_puts_off_the_day_on_which_a_region_is_due() -> None:
    frame = rows((1, "2025-01-01", "too_early", "comparable"), (1, "2025-01-01", "", "no_follow_up"))
    frame["treated_on"] = pd.to_datetime(["2025-01-01", "2025-02-12"])
    assert completeness(select(frame), as_of=dt.date(2025, 8, 13)).due == 0
    assert completeness(select(frame), as_of=dt.date(2025, 8, 14)).due == 1
    # A later course of the same region leaves the first one due.
    frame["baseline_on"] = pd.to_datetime(["2025-01-01", "2025-02-12"])
    assert completeness(select(frame), as_of=dt.date(2025, 7, 3)).due == 1


def test_a_later_course_followed_up_in_time_leaves_the_first_one_without() -> None:
    frame = rows((1, "2025-01-10", "late", "comparable"), (1, "2025-10-01", "assessment", "comparable"))
    found = completeness(select(frame), as_of=dt.date(2026, 6, 1))
    assert (found.due, found.by_window["assessment"], found.by_window["late"]) == (1, 0, 1)


def test_without_a_day_the_last_in_the_cohort_counts(frame: pd.DataFrame) -> None:
    found = completeness(select(frame), as_of=None)
    assert found.as_of == frame["follow_up_on"].max().date()
    assert found.due + found.not_yet_due == frame["region_id"].nunique()


def test_nobody_is_complete_where_nobody_was_treated(frame: pd.DataFrame) -> None:
    found = completeness(select(frame.iloc[:0]), as_of=dt.date(2025, 1, 1))
    assert found.due == 0
    assert not found.in_window.ok


# --- after-effects


def test_legs_are_affected_from_the_threshold_on() -> None:
    frame = made_cohort(Practice(rows=400, seed=9))
    options = RateOptions()
    stained, matted = after_effects(measured(select(frame)), least_patients=5)
    known = frame[frame["length"].notna() & frame["days"].between(56, 84)]
    worst = known.groupby(["patient_id", "leg"], observed=True)[["stained_share", "new_share"]].max()
    assert (stained.name, stained.legs) == ("pigmentation", len(worst))
    assert stained.affected_legs == (worst["stained_share"] >= options.pigmented_percent).sum()
    assert matted.affected_legs == (worst["new_share"] >= options.matted_percent).sum()
    assert stained.rate.value == pytest.approx(100 * stained.affected_legs / stained.legs)
    assert stained.mean_share.value == pytest.approx(known["stained_share"].mean())


def test_after_effects_count_from_the_last_session() -> None:
    frame = made_cohort(Practice(rows=400, seed=9))
    in_time = frame["days"].between(56, 84)
    frame["treated_on"] = frame["follow_up_on"] - pd.Timedelta(days=70)
    assert np.array_equal(days_since_session(select(frame)), np.where(frame["days"].notna(), 70, np.nan), equal_nan=True)
    legs = after_effects(measured(select(frame)), least_patients=5)[0].legs
    assert legs == len(frame[frame["length"].notna()].groupby(["patient_id", "leg"], observed=True).size())
    frame["treated_on"] = pd.NaT
    legs = after_effects(measured(select(frame)), least_patients=5)[0].legs
    assert legs == len(frame[frame["length"].notna() & in_time].groupby(["patient_id", "leg"], observed=True).size())


def test_after_effects_of_few_patients_are_not_told() -> None:
    for effect in after_effects(measured(select(made_cohort(Practice(rows=8)))), least_patients=5):
        assert effect.legs is None
        assert not effect.rate.ok
