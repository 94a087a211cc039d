"""Several photos of each visit, combined."""

from __future__ import annotations

import dataclasses
import math
from types import SimpleNamespace
from typing import Any

import jsonschema
import numpy as np
import pytest

from photocompare import shots
from photocompare.base.errors import UsageError
from photocompare.base.estimate import Estimate
from photocompare.base.flags import Severity
from photocompare.phantom import simple_pair
from photocompare.photo.reading import read_photo
from photocompare.results.result_json import as_dict, result_of, result_schema
from photocompare.shots import combine, combined
from tests.support.made_comparison import make_comparison


def estimate(value: float, noise: float, threshold: float) -> Estimate:
    side = math.hypot(noise, threshold)
    return Estimate(value, value - side, value + side, "%", causes={"noise": noise, "threshold": threshold})


def photo(name: str, file: str = "") -> Any:
    """A photo of this, in a file of its own or in another one."""
    pixels = np.frombuffer(name.ljust(3).encode(), np.uint8).reshape(1, 1, 3)
    return SimpleNamespace(facts=SimpleNamespace(sha256=file or name), encoded=pixels)


@pytest.mark.parametrize("count", [2, 3, 4])
def test_own_causes_shrink_with_the_number_of_shots_and_shared_ones_stay(count: int) -> None:
    one = estimate(60.0, 6.0, 3.0)
    many = combined([one] * count)
    assert many.value == 60.0
    assert many.causes["noise"] == pytest.approx(6.0 / math.sqrt(count))
    assert many.causes["threshold"] == pytest.approx(3.0)
    assert many.width == pytest.approx(2 * math.hypot(6.0 / math.sqrt(count), 3.0))
    assert many.width < one.width


def test_a_scatter_beyond_the_causes_is_believed() -> None:
    calm, wild = combined([estimate(59, 4, 1), estimate(61, 4, 1)]), combined([estimate(40, 4, 1), estimate(80, 4, 1)])
    assert "scatter" not in calm.causes
    assert wild.width / 2 == pytest.approx(math.hypot(1, 1.959964 * math.sqrt(800) / math.sqrt(2)))


def test_a_failed_estimate_is_left_out_and_the_interval_stays_inside_what_is_possible() -> None:
    assert combined([Estimate.failed("%"), estimate(60, 4, 1)]).value == 60
    assert not combined([Estimate.failed("%"), Estimate.failed("%")]).ok
    high = combined([estimate(98, 6, 3), estimate(97, 6, 3)], lowest=0.0)
    assert high.high == 100.0
    assert high.low > 90


def test_combined_intervals_cover_simulated_truth_and_are_narrower() -> None:
    rng = np.random.default_rng(5)
    covered, runs = 0, 2000
    for _ in range(runs):
        shared = rng.normal(0, 3 / 1.96)
        many = combined([estimate(60 + shared + rng.normal(0, 6 / 1.96), 6, 3) for _ in range(3)])
        covered += many.low <= 60 <= many.high
        assert many.causes["noise"] < 6
    assert 0.93 <= covered / runs <= 0.99


def test_the_narrowest_pair_gives_the_pictures_and_all_give_the_number() -> None:
    wide = make_comparison(length=estimate(60, 12, 3))
    narrow = make_comparison(length=estimate(66, 5, 3))
    result = combine([wide, narrow])
    assert result.outcome is not None
    assert result.outcome.length.value == 63
    assert result.pictures is narrow.pictures
    assert [s.length.value for s in result.shots if s.length] == [60, 66]
    written = as_dict(result_of(result))
    jsonschema.validate(written, result_schema())
    assert [s["length"]["percent"] for s in written["shots"]] == [60.0, 66.0]


def test_shots_that_contradict_each_other_are_marked_and_refused_ones_left_out() -> None:
    low, high, refused = (
        make_comparison(length=estimate(20, 4, 3)),
        make_comparison(length=estimate(80, 4, 3)),
        make_comparison("low_overlap"),
    )
    result = combine([low, high, refused])
    codes = [reason.code for reason in result.reasons]
    assert "shots_disagree" in codes
    assert "shot_left_out" in codes
    assert result.status == "indicative"
    agreed = combine([low, make_comparison(length=estimate(22, 4, 3))])
    assert {"shots_disagree", "shot_left_out"}.isdisjoint(r.code for r in agreed.reasons)


def test_nothing_measured_is_a_refusal() -> None:
    result = combine([make_comparison("low_overlap"), make_comparison("low_overlap")])
    assert result.status == "not_comparable"
    assert result.outcome is None
    jsonschema.validate(as_dict(result_of(result)), result_schema())


def test_each_shot_meets_one_of_the_other_visit(monkeypatch: pytest.MonkeyPatch) -> None:
    met: list[tuple[str, str, dict[str, object]]] = []

    def spy(before: Any, after: Any, **how: object) -> object:
        met.append((before.facts.sha256, after.facts.sha256, how))
        return make_comparison()

    monkeypatch.setattr(shots, "compare", spy)
    befores, afters = [photo(f"b{k}") for k in range(3)], [photo(f"a{k}") for k in range(2)]
    shots.compare_shots(befores, afters, mm_per_px=0.1)
    assert [m[:2] for m in met] == [("b0", "a0"), ("b1", "a1"), ("b2", "a0")]
    assert [m[2].get("mm_per_px") for m in met] == [0.1, None, None]


def test_with_a_drawn_field_its_photo_meets_every_shot_of_the_other_visit(monkeypatch: pytest.MonkeyPatch) -> None:
    met: list[tuple[str, str, object]] = []

    def spy(before: Any, after: Any, **how: object) -> object:
        met.append((before.facts.sha256, after.facts.sha256, how.get("polygon_xy")))
        return make_comparison()

    monkeypatch.setattr(shots, "compare", spy)
    shots.compare_shots([photo(f"b{k}") for k in range(3)], [photo(f"a{k}") for k in range(2)], polygon_xy="field")
    assert met == [("b0", "a0", "field"), ("b0", "a1", "field")]


def test_a_photo_that_is_given_twice_counts_once(monkeypatch: pytest.MonkeyPatch) -> None:
    met: list[tuple[str, str]] = []

    def spy(before: Any, after: Any, **_: object) -> object:
        met.append((before.facts.sha256, after.facts.sha256))
        return make_comparison()

    monkeypatch.setattr(shots, "compare", spy)
    assert shots.compare_shots([photo("b")] * 3, [photo("a"), photo("a")]).shots == ()
    shots.compare_shots([photo("b"), photo("c"), photo("b", "as PNG")], [photo("a")])
    assert met == [("b", "a"), ("b", "a"), ("c", "a")]


def test_a_photo_in_both_visits_is_refused() -> None:
    pair = simple_pair(seed=3, size=(320, 240))
    before, after = read_photo(pair.before_jpeg), read_photo(pair.after_jpeg)
    again = dataclasses.replace(after, facts=dataclasses.replace(after.facts, sha256="of another file"))
    told = shots.compare_shots([before, again], [after])
    assert (told.status, [flag.code for flag in told.reasons if flag.severity is Severity.REFUSE]) == ("not_comparable", ["same_photo"])


@pytest.mark.parametrize("count", [0, 5])
def test_too_few_or_too_many_shots_are_bad_usage(count: int) -> None:
    with pytest.raises(UsageError, match="one to 4"):
        shots.compare_shots([None] * count, [None])  # type: ignore[list-item]
