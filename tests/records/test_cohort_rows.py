"""Which rows the audit gets: one for each comparison and each treated region without one, and what stands in them."""

from __future__ import annotations

import datetime as dt

import pandas as pd

from photocompare.records.access import Actor
from photocompare.records.cohort_bytes import COLUMNS
from photocompare.records.entries import VisitFacts, VisitPhotos
from photocompare.records.schema import NO_FOLLOW_UP
from photocompare.records.store import Records
from tests.support.made_records import BASELINE_DAY, changed, new_comparison

CLINICIAN = Actor("Dr Example", "clinician")


def test_the_treatment_between_the_photos_is_told_not_the_one_after(records: Records) -> None:
    key = records.add_patient(CLINICIAN)
    days = [dt.date(2026, 1, 5), dt.date(2026, 2, 9), dt.date(2026, 5, 4)]
    agents = ["glycerin", "polidocanol", "tetradecyl"]
    new = new_comparison(
        key,
        before=VisitFacts(days[0], agent=agents[0], operator="A", ceap="C1", vcss=4),
        after=VisitFacts(days[2], agent=agents[2], operator="C", vcss=2),
    )
    records.save_comparison(CLINICIAN, new)
    records.add_visit(CLINICIAN, key, "left", "outer thigh", VisitFacts(days[1], agent=agents[1], operator="B", concentration_percent=1.0))
    row = records.cohort(CLINICIAN).iloc[0]
    assert (row["agent"], row["operator"], row["concentration_percent"], row["sessions"]) == ("polidocanol", "B", 1.0, 2)
    assert (row["ceap"], row["vcss_before"], row["vcss_after"]) == ("C1", 4, 2)


def test_a_follow_up_is_judged_by_the_last_session_before_it(records: Records) -> None:
    key = records.add_patient(CLINICIAN)
    first, after = dt.date(2026, 1, 5), dt.date(2026, 5, 4)
    records.save_comparison(CLINICIAN, new_comparison(key, before=VisitFacts(first), after=VisitFacts(after, agent="glycerin")))
    row = records.cohort(CLINICIAN).iloc[0]
    assert (pd.isna(row["treated_on"]), row["days"], row["window"]) == (True, 119, "assessment")
    for day, window in ((first, "assessment"), (dt.date(2026, 4, 1), "interim"), (dt.date(2026, 4, 27), "too_early")):
        noted = VisitFacts(day, agent="polidocanol")
        if day == first:
            visit = records.open_patient(CLINICIAN, key).regions[0].visits[0]
            records.change_visit(CLINICIAN, visit.id, noted, version=visit.version)
        else:
            records.add_visit(CLINICIAN, key, "left", "outer thigh", noted)
        row = records.cohort(CLINICIAN).iloc[0]
        assert (row["treated_on"].date(), row["days"], row["window"]) == (day, 119, window)
    records.add_visit(CLINICIAN, key, "left", "calf", VisitFacts(after, agent="polidocanol"))
    alone = records.cohort(CLINICIAN).set_index("region").loc["calf"]
    assert (alone["treated_on"].date(), alone["window"]) == (after, "unknown")


def test_a_treated_region_without_a_comparison_is_counted_until_it_has_one(records: Records) -> None:
    key = records.add_patient(CLINICIAN)
    new = new_comparison(key)
    records.add_visit(CLINICIAN, key, "left", "outer thigh", new.before, VisitPhotos((b"a photo",)))
    assert records.cohort(CLINICIAN)["status"].tolist() == [NO_FOLLOW_UP]
    records.save_comparison(CLINICIAN, new)
    assert records.cohort(CLINICIAN)["status"].tolist() == ["indicative"]


def test_the_table_is_chosen_by_the_day_of_the_before_visit(records: Records) -> None:
    key = records.add_patient(CLINICIAN)
    records.save_comparison(CLINICIAN, new_comparison(key))
    day, one = BASELINE_DAY, dt.timedelta(days=1)
    assert len(records.cohort(CLINICIAN, since=day, until=day)) == 1
    assert len(records.cohort(CLINICIAN, since=day + one)) == 0
    empty = records.cohort(CLINICIAN, until=day - one)
    assert list(empty.columns) == list(COLUMNS)


def test_a_changed_visit_changes_the_audit(records: Records) -> None:
    key = records.add_patient(CLINICIAN)
    records.save_comparison(CLINICIAN, new_comparison(key))
    visit = records.open_patient(CLINICIAN, key).regions[0].visits[0]
    records.change_visit(CLINICIAN, visit.id, changed(visit.facts, operator="B"), version=visit.version)
    assert records.cohort(CLINICIAN)["operator"].tolist() == ["B"]
