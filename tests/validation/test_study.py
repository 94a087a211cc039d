"""A study: what it plans, how it is kept and taken up again, and one run from rendering to report."""

from __future__ import annotations

import json
import math
import os
from concurrent.futures.process import BrokenProcessPool
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from photocompare.base.errors import PhotocompareError, UsageError
from photocompare.phantom import draw_case
from photocompare.validation import StudyPlan, study, validate
from photocompare.validation.observe import conditions_of, overlap
from photocompare.validation.page import FIGURES, PAGE, SUMMARY
from photocompare.validation.plan import PairCase, Pairing, planned_pairings, planned_pairs, present_method
from photocompare.validation.rows import FAULT, MEASURED, Row, RowFile, row_as_line, row_from_line
from photocompare.validation.study import ROWS, Progress, run_study
from tests.support.made_rows import make_rows

pytestmark = pytest.mark.thorough

SIZE = (720, 540)
"""Small, but still read by the tool: 0.25 mm per px."""


def test_pairs_are_those_of_the_phantom_command() -> None:
    cases = planned_pairs(StudyPlan(pairs=6, seed=5, size=SIZE))
    assert [case.facts for case in cases] == [draw_case(k, seed=5, size=SIZE) for k in range(6)]
    assert {case.ranges for case in cases} == {"standard", "hard"}
    assert [case.expect for case in cases] == ["measure"] * 4 + ["refuse", "measure"]


def test_half_of_the_pairs_get_a_scale() -> None:
    given = [case.scale_given for case in planned_pairs(StudyPlan(pairs=200))]
    assert 80 < sum(given) < 120


def test_wrong_pairings_never_repeat_nor_meet_themselves() -> None:
    plan = StudyPlan(pairs=10, mismatches=40)
    pairings = planned_pairings(plan, planned_pairs(plan))
    pairs = [(p.before.number, p.after.number) for p in pairings]
    assert len(set(pairs)) == len(pairs) == 40
    assert all(a != b for a, b in pairs)
    assert all(case.expect == "measure" for p in pairings for case in (p.before, p.after))


def test_wrong_pairings_of_like_tone_come_first() -> None:
    plan = StudyPlan(pairs=40, mismatches=600)
    pairings = planned_pairings(plan, planned_pairs(plan))
    apart = [abs(math.log(p.before.facts.melanin / p.after.facts.melanin)) for p in pairings]
    assert np.mean(apart[:30]) < np.mean(apart[300:330])


def test_more_wrong_pairings_than_there_are_is_bad_usage() -> None:
    plan = StudyPlan(pairs=3, mismatches=7)
    with pytest.raises(UsageError, match="allow 6"):
        planned_pairings(plan, planned_pairs(plan))


def test_a_key_changes_with_the_pair_and_the_method() -> None:
    first, second = planned_pairs(StudyPlan(pairs=2))
    method = present_method()
    keys = {method.key_of(first), method.key_of(second), method.key_of(Pairing(0, first, second))}
    keys |= {replace(method, config_sha256="0" * 64).key_of(first), replace(method, code_sha256="0" * 64).key_of(first)}
    keys.add(method.key_of(planned_pairs(StudyPlan(pairs=1, size=SIZE))[0]))
    assert len(keys) == 6


def test_conditions_tell_the_change_between_visits() -> None:
    case = planned_pairs(StudyPlan(pairs=1))[0]
    same = replace(case.facts.before, turn_deg=0.0, tilt_deg=0.0, distance_factor=1.0, skin_level=0.3, light_xyz=(0.0, 0.0, 1.0))
    turned = replace(same, turn_deg=12.0, roll_deg=same.roll_deg - 2.0, distance_factor=1.1, skin_level=0.15, light_xyz=(1.0, 0.0, 1.0))
    told = conditions_of(PairCase(0, replace(case.facts, before=same, after=turned)))
    assert told["view_angle_deg"] == pytest.approx(12.0)
    assert told["roll_deg"] == pytest.approx(2.0)
    assert told["light_angle_deg"] == pytest.approx(45.0)
    assert told["exposure_stops"] == pytest.approx(1.0)
    assert told["distance_percent"] == pytest.approx(100 * math.log(1.1))
    assert told["white_balance_percent"] == 0.0


def test_overlap_forgives_its_tolerance_and_no_more() -> None:
    true = np.zeros((60, 60), np.bool_)
    true[30, 10:50] = True
    assert overlap(np.roll(true, 3, axis=0), true, 3) == (1.0, 1.0)
    assert overlap(np.roll(true, 4, axis=0), true, 3) == (0.0, 0.0)
    half = true.copy()
    half[:, 30:] = False
    precision, recall = overlap(half, true, 0)
    assert (precision, recall) == (1.0, 0.5)
    assert math.isnan(overlap(np.zeros_like(true), true, 3)[0])


def test_rows_survive_writing(tmp_path: Path) -> None:
    rows = make_rows(6, 2)
    assert [row_from_line(row_as_line(row)) for row in rows] == rows
    nan = replace(rows[0], figures={"tre_p95_mm": math.nan})
    assert math.isnan(row_from_line(row_as_line(nan)).figures["tre_p95_mm"])
    file = RowFile(tmp_path / ROWS)
    for row in rows:
        file.add(row)
    assert RowFile(tmp_path / ROWS).rows == {row.key: row for row in rows}


@pytest.mark.parametrize("rest", ['{"key": "cut', '{"key": "no row"}\n', "null\n"])
def test_a_half_written_row_is_dropped(rest: str, tmp_path: Path) -> None:
    rows = make_rows(3)
    path = tmp_path / ROWS
    path.write_text("".join(map(row_as_line, rows)) + rest, encoding="utf-8")
    assert list(RowFile(path).rows.values()) == rows
    RowFile(path).add(replace(rows[0], key="one more"))
    assert len(RowFile(path).rows) == 4


class Pretended:
    """Takes the place of rendering and measuring; counts calls, and stops at one of them as Ctrl-C would."""

    def __init__(self, stop_at: int = -1) -> None:
        self.calls: list[str] = []
        self.rendered: list[int] = []
        self._stop_at = stop_at

    def observe(self, case: PairCase | Pairing, key: str, _pool: Path | None) -> Row:
        if len(self.calls) == self._stop_at:
            raise KeyboardInterrupt
        self.calls.append(key)
        pairing = isinstance(case, Pairing)
        expect = "refuse" if isinstance(case, Pairing) else case.expect
        return Row(key, "pairing" if pairing else "pair", "graded", "", "standard", case.number, 0, expect, "not_comparable")

    def render(self, case: PairCase, _pool: Path) -> None:
        self.rendered.append(case.number)


def put_in_place(monkeypatch: pytest.MonkeyPatch, pretended: Pretended) -> Pretended:
    monkeypatch.setattr(study, "observe_pair", pretended.observe)
    monkeypatch.setattr(study, "observe_pairing", pretended.observe)
    monkeypatch.setattr(study, "_render_again", pretended.render)
    return pretended


def test_a_stopped_study_goes_on_where_it_was(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    plan = StudyPlan(pairs=5, mismatches=6)
    first = put_in_place(monkeypatch, Pretended(stop_at=7))
    with pytest.raises(KeyboardInterrupt):
        run_study(plan, tmp_path)
    second = put_in_place(monkeypatch, Pretended())
    done = run_study(plan, tmp_path)
    assert len(first.calls) == 7
    assert len(second.calls) == 4
    assert len({*first.calls, *second.calls}) == 11 == len(done.rows)
    assert first.rendered == []
    assert second.rendered
    third = put_in_place(monkeypatch, Pretended())
    assert run_study(plan, tmp_path).rows == done.rows
    assert third.calls == third.rendered == []


def test_a_longer_study_takes_up_a_shorter_one(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    put_in_place(monkeypatch, Pretended())
    run_study(StudyPlan(pairs=3), tmp_path)
    longer = put_in_place(monkeypatch, Pretended())
    assert [row.number for row in run_study(StudyPlan(pairs=5), tmp_path).rows] == [0, 1, 2, 3, 4]
    assert len(longer.calls) == 2
    other_seed = put_in_place(monkeypatch, Pretended())
    run_study(StudyPlan(pairs=3, seed=1), tmp_path)
    assert len(other_seed.calls) == 3


def test_progress_counts_what_an_earlier_run_did(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    put_in_place(monkeypatch, Pretended())
    run_study(StudyPlan(pairs=2), tmp_path)
    heard: list[Progress] = []
    run_study(StudyPlan(pairs=4), tmp_path, on_row=heard.append)
    assert [(p.done, p.planned, p.fresh) for p in heard] == [(3, 4, 1), (4, 4, 2)]
    assert heard[-1].seconds_left == 0.0


def test_workers_are_processes_of_their_own() -> None:
    with study._hands(2) as each:
        (other,) = each(os.getpid, [()])
    assert other != os.getpid()


def test_a_fault_of_the_program_is_a_row(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def fails(*_: object, **__: object) -> None:
        raise ZeroDivisionError("of the program's own")

    monkeypatch.setattr("photocompare.validation.observe.compare", fails)
    row = run_study(StudyPlan(pairs=1, seed=3, size=(320, 240)), tmp_path).rows[0]
    assert row.status == FAULT
    assert row.refusals == ("ZeroDivisionError: of the program's own",)


def test_a_folder_that_cannot_be_written_is_bad_usage(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    put_in_place(monkeypatch, Pretended())
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(UsageError, match="choose another folder"):
        validate(StudyPlan(pairs=1), tmp_path / "file")


def test_a_worker_ended_by_the_system_is_told_with_what_to_do(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def ends(*_: object, **__: object) -> None:
        raise BrokenProcessPool

    monkeypatch.setattr("photocompare.validation.run.run_study", ends)
    with pytest.raises(PhotocompareError, match="fewer workers"):
        validate(StudyPlan(pairs=1), tmp_path, workers=2)


def test_from_rendering_to_report(tmp_path: Path) -> None:
    plan = StudyPlan(pairs=2, seed=77, mismatches=1, size=SIZE)
    validate(plan, tmp_path)
    rows = list(RowFile(tmp_path / ROWS).rows.values())
    assert len(rows) == 3
    measured = [row for row in rows if row.status in MEASURED]
    assert measured
    for row in measured:
        assert {"length", "area", "contrast", "net_change"} <= row.numbers.keys()
        assert 0 <= row.numbers["length"].low <= row.numbers["length"].value <= row.numbers["length"].high <= 100
        assert 0 < row.figures["tre_median_mm"] < row.figures["tre_p95_mm"] < 5
        assert 0 < row.figures["vein_before_recall"] <= 1
        assert 0 <= row.figures["fate_l1"] <= 100
        assert {"telangiectasia", "reticular"} <= row.numbers.keys() or not row.conditions["scale_given"]
    wrong = rows[-1]
    assert (wrong.role, wrong.status) == ("pairing", "not_comparable")
    assert sorted(p.name for p in tmp_path.iterdir()) == sorted([ROWS, PAGE, FIGURES, SUMMARY])
    stored = json.loads((tmp_path / FIGURES).read_text(encoding="utf-8"))
    assert stored["tables"]["measured"]["lines"][0]["figures"]["measured"]["n"] == 2
