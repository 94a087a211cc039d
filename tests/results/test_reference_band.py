"""The clearance beside the reference band."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from photocompare.base.estimate import Estimate
from photocompare.results.reference_band import ReferenceBandOptions, judge_against_band, tells_nothing
from photocompare.results.timing import Timing

IN_WINDOW = Timing(84, "assessment")


def percent(value: float, low: float, high: float) -> Estimate:
    return Estimate(value, low, high, "%")


@pytest.mark.parametrize(
    ("length", "verdict", "certain", "responder"),
    [
        (percent(40, 30, 50), "below", True, False),
        (percent(65, 50, 72), "below", False, False),
        (percent(72, 70, 74), "within", True, False),
        (percent(75, 70, 90), "within", True, True),
        (percent(80, 60, 95), "within", False, True),
        (percent(95, 91, 99), "above", True, True),
        (percent(92, 85, 97), "above", False, True),
        (percent(69.96, 69.95, 70.2), "within", True, False),  # reads 70.0
        (percent(90.04, 80, 90.04), "within", True, True),  # reads 90.0
    ],
)
def test_verdict_certainty_and_responder(length: Estimate, verdict: str, certain: bool, responder: bool) -> None:
    judged = judge_against_band(length, IN_WINDOW)
    assert (judged.verdict, judged.certain, judged.responder) == (verdict, certain, responder)
    assert verdict in judged.why


@pytest.mark.parametrize("timing", [Timing(3, "too_early"), Timing(30, "interim"), Timing(None, "unknown")])
def test_outside_the_window_nothing_is_judged_and_the_reason_given(timing: Timing) -> None:
    judged = judge_against_band(percent(80, 75, 85), timing)
    assert (judged.verdict, judged.certain, judged.responder) == ("not_assessed", False, None)
    assert judged.why


def test_after_the_window_it_is_judged_with_a_caution() -> None:
    judged = judge_against_band(percent(80, 75, 85), Timing(400, "late"))
    assert judged.verdict == "within"
    assert "come back" in judged.why


@pytest.mark.parametrize("length", [None, Estimate.failed("%")])
def test_without_a_number_no_verdict(length: Estimate | None) -> None:
    judged = judge_against_band(length, IN_WINDOW)
    assert judged.verdict == "not_assessed"
    assert judged.responder is None
    assert not any(character.isdigit() for character in judged.why)


@given(st.lists(st.floats(0, 100), min_size=3, max_size=3).map(sorted))
def test_certain_means_that_the_whole_interval_agrees(values: list[float]) -> None:
    low, value, high = values
    judged = judge_against_band(percent(value, low, high), IN_WINDOW)
    verdicts = {judge_against_band(percent(v, v, v), IN_WINDOW).verdict for v in (low, value, high)}
    assert judged.certain == (len(verdicts) == 1)


def test_the_band_is_configurable_but_must_be_a_band() -> None:
    judged = judge_against_band(percent(60, 60, 60), IN_WINDOW, options=ReferenceBandOptions(low_percent=50, responder_percent=60))
    assert (judged.verdict, judged.responder) == ("within", True)
    with pytest.raises(ValueError, match="band"):
        ReferenceBandOptions(low_percent=90, high_percent=70)
    with pytest.raises(ValueError, match="band"):
        ReferenceBandOptions(low_percent=float("nan"))


@pytest.mark.parametrize(
    ("length", "nothing"),
    [
        (percent(39, -16, 94), True),
        (percent(35, 0, 70), True),
        (percent(35, 1, 70), False),
        (percent(35, -16, 69), False),
        (percent(-40, -160, 80), True),
        (Estimate.failed("%"), False),
    ],
)
def test_an_interval_from_no_clearance_to_the_band_tells_nothing(length: Estimate, nothing: bool) -> None:
    assert tells_nothing(length, options=ReferenceBandOptions()) == nothing
