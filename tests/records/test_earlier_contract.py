"""Comparisons of contract 1 in the records: kept and shown, and held against none that was measured later, whatever the settings."""

from __future__ import annotations

import datetime as dt

import pytest

from photocompare.base.errors import UsageError
from photocompare.practice.cohort import measured, of_one_method, select
from photocompare.records import ratings
from photocompare.records.access import LOCAL
from photocompare.records.entries import VisitFacts
from photocompare.records.gallery import gallery_cases
from photocompare.records.segment_history import segment_history
from photocompare.records.store import Records
from photocompare.report.words.texts import texts
from photocompare.results.reference_band import ReferenceBandOptions
from photocompare.viewer.patients.course import course_charts, course_points
from photocompare.viewer.patients.segments import shared_baselines
from tests.support.made_records import BASELINE_DAY, FOLLOW_UP_DAY, new_comparison, sample_dossier
from tests.support.made_result import under_contract_1, with_result

NOW = sample_dossier().result
EARLIER = under_contract_1(NOW)
LATER = VisitFacts(FOLLOW_UP_DAY + dt.timedelta(30))


@pytest.fixture
def key(records: Records) -> str:
    """A patient with an outcome of either contract against the same before photo, the later one of today's."""
    key = records.add_patient(LOCAL)
    records.set_consent(LOCAL, key, "gallery", True)
    records.save_comparison(LOCAL, new_comparison(key, result=EARLIER))
    records.save_comparison(LOCAL, new_comparison(key, result=NOW, after=LATER))
    return key


def test_both_are_kept_and_each_knows_its_contract(records: Records, key: str) -> None:
    (region,) = records.open_patient(LOCAL, key).regions
    assert sorted(c.result.contract for c in region.comparisons) == [1, 2]


@pytest.mark.usefixtures("key")
def test_the_audit_pools_those_of_the_latest_contract_alone(records: Records) -> None:
    cohort = measured(select(records.cohort(LOCAL)))
    pooled, method = of_one_method(cohort)
    assert (len(cohort), len(pooled)) == (2, 1)
    assert method.endswith("/2")


@pytest.mark.usefixtures("key")
def test_a_row_of_an_earlier_comparison_stays_as_it_was_written(records: Records) -> None:
    methods = set(records.cohort(LOCAL)["method"])
    assert methods == {EARLIER.method[:12], f"{EARLIER.method[:12]}/2"}


@pytest.mark.usefixtures("key")
def test_the_gallery_shows_beside_a_leg_only_those_of_its_contract(records: Records) -> None:
    of_today, earlier = (gallery_cases(records, LOCAL, method=result.method) for result in (NOW, EARLIER))
    assert len(of_today) == len(earlier) == 1
    assert of_today[0].comparison_id != earlier[0].comparison_id


def test_a_rating_round_takes_one_contract(records: Records, key: str) -> None:
    (pair,) = ratings.drawn(records, LOCAL, 1, seed=1)
    (region,) = records.open_patient(LOCAL, key).regions
    assert next(c for c in region.comparisons if c.id == pair).result.contract == 2
    with pytest.raises(UsageError):
        ratings.drawn(records, LOCAL, 2, seed=1)


def test_no_vein_is_followed_and_no_line_drawn_from_one_contract_to_the_other(records: Records, key: str) -> None:
    (region,) = records.open_patient(LOCAL, key).regions
    assert shared_baselines(region) == {}
    points = course_points(region)
    assert [point.method for point in points] == [EARLIER.method, NOW.method]
    lines = [
        layer["encoding"]
        for chart in course_charts(points, [], ReferenceBandOptions(), texts("en"))
        for layer in chart.to_dict()["layer"]
        if layer["mark"]["type"] == "line"
    ]
    assert len(lines) == 3
    assert {encoding["detail"]["field"] for encoding in lines} == {"method"}
    dossiers = [sample_dossier(), with_result(sample_dossier(), EARLIER)]
    with pytest.raises(UsageError, match="measured in the same way"):
        segment_history([(BASELINE_DAY + dt.timedelta(k), dossier) for k, dossier in enumerate(dossiers, 1)])
