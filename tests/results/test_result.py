"""The typed result: what `result.json` says, nothing lost on the way there and back."""

from __future__ import annotations

import copy
import dataclasses
import datetime as dt
import json
import math
from typing import Any

import jsonschema
import pytest

from photocompare.base.errors import UsageError
from photocompare.base.estimate import Estimate
from photocompare.results.comparison import Comparison, ShotRecord
from photocompare.results.result_json import as_dict, as_written, json_text, parse_result, result_of, result_schema, result_text
from tests.support.made_comparison import MM_PER_PX, NO_SCALE, make_comparison
from tests.support.made_records import SAMPLE, sample_dossier

SHOTS = (
    ShotRecord("a" * 64, "b" * 64, "comparable", Estimate(61.0, 50.0, 70.0, "%")),
    ShotRecord("c" * 64, "d" * 64, "not_comparable", None),
)
CASES: dict[str, Comparison] = {
    "measured": make_comparison(),
    "with reasons": make_comparison("soft:after", "scale_assumed", "recompressed:before"),
    "refused": make_comparison("not_same_view"),
    "no scale": make_comparison("scale_unknown", scale=NO_SCALE),
    "refused, no scale": make_comparison("not_same_view", scale=NO_SCALE),
    "several shots": dataclasses.replace(make_comparison(), shots=SHOTS),
}


def told(case: str) -> dict[str, Any]:
    return as_dict(result_of(CASES[case]))


def test_what_is_written_comes_back() -> None:
    for case, comparison in CASES.items():
        written = told(case)
        jsonschema.validate(written, result_schema())
        parsed = parse_result(json.loads(json.dumps(written)))
        assert as_dict(parsed) == written, case
        assert list(as_dict(parsed)) == list(written), case
        assert json_text(parsed) == result_text(comparison), case
        assert parsed == as_written(result_of(comparison)), case
        assert as_dict(copy.deepcopy(parsed)) == written, case


def test_a_stored_result_is_written_as_it_was_stored() -> None:
    stored = as_dict(sample_dossier().result)
    assert as_dict(parse_result(stored)) == stored
    assert SAMPLE.exists()


def test_a_corrected_result_says_who_and_what_the_machine_had() -> None:
    machine = as_written(result_of(CASES["measured"]))
    at = dt.datetime(2026, 6, 7, 9, 20, tzinfo=dt.UTC)
    corrected = machine.corrected(Estimate(57.44, 44.0, 69.6, "%", causes={"noise": 3.21}), by="Dr. Weber", at=at)
    written = as_dict(corrected)
    assert written["clearance"]["length"] == {"percent": 57.4, "low": 44.0, "high": 69.6, "causes": {"noise": 3.2}}
    assert written["correction"] == {
        "by": "Dr. Weber",
        "at": "2026-06-07T09:20:00+00:00",
        "machine_length": as_dict(machine)["clearance"]["length"],
    }
    assert list(written)[-1] == "correction"
    assert as_dict(parse_result(written)) == written
    assert parse_result(written).correction == corrected.correction
    with pytest.raises(ValueError, match="no number"):
        result_of(CASES["refused"]).corrected(Estimate(50, 40, 60, "%"), by="", at=at)


def test_numbers_are_kept_whole_until_they_are_written() -> None:
    result = result_of(make_comparison(length=Estimate(61.4512, 48.3, 72.0, "%")))
    assert result.length is not None
    assert result.length.value == 61.4512
    written = as_written(result).length
    assert written is not None
    assert written.value == 61.5


def test_a_result_answers_what_readers_ask() -> None:
    result = as_written(result_of(CASES["measured"]))
    assert result.measured
    assert result.unit == "mm"
    assert result.length is not None
    assert (result.length.value, result.length.low, result.length.high) == (61.2, 48.3, 72.0)
    assert result.assessed_length == pytest.approx(sum(result.lengths[f] for f in ("cleared", "stained", "faded", "residual")))
    assert result.share("stained") == pytest.approx(100 * result.lengths["stained"] / result.assessed_length)
    pixels = as_written(result_of(CASES["no scale"]))
    assert pixels.unit == "px"
    assert pixels.lengths["cleared"] == pytest.approx(result.lengths["cleared"] / MM_PER_PX, abs=0.1)
    refused = as_written(result_of(CASES["refused"]))
    assert (refused.measured, refused.length, refused.assessed_length, refused.share("cleared")) == (False, None, 0.0, None)
    assert refused.lengths == {}


def test_a_failed_number_is_nan_or_none_and_never_0() -> None:
    result = result_of(CASES["measured"])
    assert result.clearance is not None
    part = result.clearance.by_calibre["reticular"]
    assert part is not None
    assert not part.clearance.ok
    lost = dataclasses.replace(result, fates={**result.fates, "new": math.nan})
    assert "new" not in lost.lengths
    assert as_dict(lost)["fate_mm"]["new"] is None
    assert "new" not in parse_result(as_dict(lost)).lengths


def test_a_reason_knows_its_flag() -> None:
    assumed, soft, note = result_of(CASES["with reasons"]).reasons
    assert (assumed.code, soft.code, note.code) == ("scale_assumed", "soft", "recompressed")
    assert soft.flag is not None
    assert (soft.flag.code, soft.flag.which) == ("soft", "after")
    assert not soft.refuses
    assert result_of(CASES["refused"]).reasons[0].refuses
    unknown = dataclasses.replace(soft, code="of_another_version")
    assert (unknown.flag, unknown.severity, unknown.refuses) == (None, None, False)
    assert dataclasses.replace(soft, message="Said otherwise.").flag is None


def test_an_older_result_may_lack_what_came_later() -> None:
    older = told("measured")
    del older["schema"], older["provenance"]["seconds"], older["photos"]["before"]["quality"]
    for name in ("length", "area", "contrast", "net_change"):
        del older["clearance"][name]["causes"]
    parsed = parse_result(older)
    assert parsed.length == Estimate(61.2, 48.3, 72.0, "%")
    assert parsed.before.quality == {}


def test_what_is_no_result_is_refused() -> None:
    changes: tuple[dict[str, Any], ...] = (
        {"status": "fine"},
        {"scale": None},
        {"clearance": {}},
        {"reasons": [{}]},
        {"timing": {"days": 3, "window": "soon"}},
    )
    for wrong in ({}, *({**told("measured"), **change} for change in changes)):
        with pytest.raises(UsageError, match="no result"):
            parse_result(wrong)
