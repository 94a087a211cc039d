"""A demo holds invented patients alone, says so everywhere, and looks like a practice."""

from __future__ import annotations

import datetime as dt
import sqlite3
from pathlib import Path

import jsonschema
import numpy as np
import pandas as pd
import pytest

from photocompare.base.errors import UsageError
from photocompare.demo import rendered
from photocompare.demo.course import FAMILY_NAMES, draw_patient
from photocompare.demo.fill import DemoReport, fill_demo
from photocompare.demo.invented import INVENTED, invented_result
from photocompare.demo.plan import DemoPlan, Practice
from photocompare.demo.rendered import FollowUp, LegCase, photograph
from photocompare.records import trail
from photocompare.records.access import LOCAL
from photocompare.records.cohort_rows import stale_rows
from photocompare.records.entries import IdentityFacts
from photocompare.records.places import in_folder
from photocompare.records.store import Records
from photocompare.results.dossier import read_dossier
from photocompare.results.result_json import as_dict, result_schema

LAST_DAY = dt.date(2026, 6, 30)
PLAN = DemoPlan(patients=14, seed=3, photos=0, last_day=LAST_DAY)
MANY = DemoPlan(patients=900, seed=2, photos=0, last_day=LAST_DAY)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small demo."""
    home = tmp_path_factory.mktemp("demo") / "demo"
    assert fill_demo(PLAN, home).patients == PLAN.patients
    return home


@pytest.fixture(scope="module")
def many() -> pd.DataFrame:
    """What would be measured of many patients, and what is true: one row a pair."""
    rows = []
    for number in range(MANY.patients):
        rng = np.random.default_rng([number])
        for region in draw_patient(MANY, number).regions:
            for pair in region.pairs:
                before, after = region.visits[pair.before], region.visits[pair.after]
                result = invented_result(rng, pair.truth, before.day, after.day, ("0" * 64, "1" * 64), MANY.practice)
                length = result.length
                rows.append(
                    {
                        "true": pair.truth.cleared,
                        "new": pair.truth.new,
                        "stained": pair.truth.stained,
                        "operator": before.operator,
                        "days": (after.day - before.day).days,
                        "status": result.status,
                        **dict(
                            zip(
                                ("percent", "low", "high"),
                                (np.nan,) * 3 if length is None else (length.value, length.low, length.high),
                                strict=True,
                            )
                        ),
                    }
                )
    return pd.DataFrame(rows)


def opened(folder: Path) -> Records:
    return Records(in_folder(folder))


# --- what is saved


def test_the_database_says_that_it_is_a_demo(folder: Path) -> None:
    records = opened(folder)
    assert records.is_demo
    lines = records.find_patients(LOCAL)
    assert len(lines) == PLAN.patients
    for line in lines:
        assert line.name.split()[-1] in FAMILY_NAMES
        assert line.chart_number.startswith("DEMO-")


def test_what_is_saved_is_whole(folder: Path) -> None:
    with opened(folder).database.reading() as session:
        assert trail.first_break(session) is None
        assert stale_rows(session) == []


def test_invented_results_say_so_and_have_the_form_of_measured_ones(folder: Path) -> None:
    records, schema = opened(folder), result_schema()
    seen = 0
    for line in records.find_patients(LOCAL):
        file = records.open_patient(LOCAL, line.key)
        assert not file.consents["gallery"]
        for region in file.regions:
            for comparison in region.comparisons:
                jsonschema.validate(as_dict(comparison.result), schema)
                assert comparison.result.provenance.config == INVENTED
                dossier = records.dossier(LOCAL, comparison.id)
                assert dossier.measured == (comparison.status != "not_comparable")
                assert dossier.veins is None or not dossier.veins.pieces
                before = region.visit(comparison.before_visit)
                assert before.photos[0].sha256 == comparison.result.before.sha256
                seen += 1
    assert seen >= PLAN.patients / 2


def test_the_same_seed_gives_the_same_patients_and_numbers(folder: Path, tmp_path: Path) -> None:
    fill_demo(PLAN, tmp_path / "again")
    first, again = opened(folder), opened(tmp_path / "again")
    assert first.find_patients(LOCAL) == again.find_patients(LOCAL)
    pd.testing.assert_frame_equal(first.cohort(LOCAL), again.cohort(LOCAL))


def test_a_patient_is_the_same_in_a_larger_demo() -> None:
    assert draw_patient(PLAN, 9) == draw_patient(DemoPlan(300, 3, 0, LAST_DAY), 9)
    assert draw_patient(PLAN, 9) != draw_patient(DemoPlan(14, 4, 0, LAST_DAY), 9)


# --- what is refused


def test_a_demo_is_not_filled_twice(folder: Path) -> None:
    with pytest.raises(UsageError, match="holds a demo already"):
        fill_demo(PLAN, folder)


def test_real_records_are_left_alone(tmp_path: Path) -> None:
    records = opened(tmp_path)
    records.add_patient(LOCAL, IdentityFacts(name="Somebody real"))
    records.close()
    file = tmp_path / "records.sqlite"
    before = file.read_bytes()
    with pytest.raises(UsageError, match="no demo"):
        fill_demo(PLAN, tmp_path)
    assert file.read_bytes() == before


def test_a_demo_that_was_cut_short_is_one(tmp_path: Path) -> None:
    class Cut(Exception):
        pass

    def cut(done: int, planned: int) -> None:
        raise Cut(done, planned)

    with pytest.raises(Cut):
        fill_demo(PLAN, tmp_path, on_patient=cut)
    with sqlite3.connect(tmp_path / "records.sqlite") as connection:
        assert connection.execute("SELECT count(*) FROM meta WHERE name = 'demo'").fetchone() == (1,)
    connection.close()
    with pytest.raises(UsageError, match="holds a demo already"):
        fill_demo(PLAN, tmp_path)


@pytest.mark.parametrize(("patients", "seed", "photos"), [(0, 1, 0), (10**6, 1, 0), (3, 1, 24), (3, -1, 0), (3, 1, -1)])
def test_impossible_plans_are_refused(patients: int, seed: int, photos: int) -> None:
    with pytest.raises(UsageError):
        DemoPlan(patients, seed, photos)


@pytest.mark.parametrize("last_day", [dt.date(1, 1, 1), dt.date(1970, 1, 2), dt.date(1971, 12, 31)])
def test_a_demo_of_days_that_can_not_be_is_no_plan(last_day: dt.date) -> None:
    with pytest.raises(UsageError, match="later --until"):
        DemoPlan(last_day=last_day)
    DemoPlan(last_day=dt.date(1972, 1, 1))


# --- whether it is like a practice


def test_clearance_lies_where_clinics_see_it(many: pd.DataFrame) -> None:
    ended = many[(many.days >= 70) & many.percent.notna()]
    assert 70 < ended.percent.mean() < 85
    assert ended.true.between(40, 100).mean() > 0.95
    early = many[many.days < 14]
    assert early.true.mean() < ended.true.mean() - 15


def test_the_intervals_hold_the_truth(many: pd.DataFrame) -> None:
    numbered = many[many.percent.notna()]
    held = ((numbered.low <= numbered.true) & (numbered.true <= numbered.high)).mean()
    assert 0.92 < held < 0.985


def test_one_operator_is_a_mild_outlier(many: pd.DataFrame) -> None:
    practice = Practice()
    means = many[many.days >= 56].groupby("operator").true.mean()
    worst = practice.operators[practice.outlier]
    assert means.idxmin() == worst
    assert 3 < means.drop(worst).mean() - means[worst] < 14


def test_stains_matting_refusals_and_the_lost(many: pd.DataFrame) -> None:
    three_months = many[many.days.between(60, 110)]
    assert 0.1 < (three_months.stained > 0).mean() < 0.25
    assert (many[many.days > 300].stained > 0).mean() < 0.5 * (three_months.stained > 0).mean()
    assert 0.005 < (three_months.new > 0).mean() < 0.05
    assert 0.04 < (many.status == "not_comparable").mean() < 0.16
    regions = [region for number in range(MANY.patients) for region in draw_patient(MANY, number).regions]
    old = [r for r in regions if (LAST_DAY - r.visits[0].day).days > 300]
    assert 0.05 < np.mean([not r.pairs for r in old]) < 0.2
    assert {len(r.visits) for r in regions} >= {1, 2, 3, 4}
    assert all(visit.day <= LAST_DAY for r in regions for visit in r.visits)


# --- rendered legs


def test_a_leg_keeps_its_skin_from_visit_to_visit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rendered, "SIZE", (400, 300))
    follow_ups = (FollowUp(dt.date(2026, 2, 1), 0.6, 0.9), FollowUp(dt.date(2026, 6, 1), 0.95, 0.1))
    case = LegCase(1, 0, dt.date(2026, 1, 1), follow_ups, 0.03, card=False, spoilt=False)
    photos = photograph(case)
    assert len({*photos}) == 3
    assert photograph(LegCase(1, 0, dt.date(2026, 1, 1), follow_ups[:1], 0.03, card=False, spoilt=False)) == photos[:2]


@pytest.mark.thorough
def test_rendered_pairs_are_truly_measured(tmp_path: Path) -> None:
    report = fill_demo(DemoPlan(2, 1, 1, LAST_DAY), tmp_path)
    assert isinstance(report, DemoReport)
    assert report.measured == 1
    records = opened(tmp_path)
    file = next(
        f for line in records.find_patients(LOCAL) if (f := records.open_patient(LOCAL, line.key)).identity.chart_number == "DEMO-0001"
    )
    (comparison,) = file.regions[0].comparisons
    assert comparison.result.provenance.config == "standard"
    assert comparison.result.measured
    dossier = records.dossier(LOCAL, comparison.id)
    assert dossier.veins.pieces
    photo = file.regions[0].visits[0].photos[0]
    assert photo.facts["width"] == rendered.SIZE[1]
    assert records.photo(LOCAL, photo.id)[:2] == b"\xff\xd8"
    assert as_dict(read_dossier(records.photos.read(photo_dossier(records, comparison.id))).result)["provenance"]["seconds"] == {}


def photo_dossier(records: Records, comparison_id: int) -> str:
    from photocompare.records.schema import ComparisonRow

    with records.database.reading() as session:
        return session.get_one(ComparisonRow, comparison_id).dossier_sha256
