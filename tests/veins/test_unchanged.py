"""What did not change, told from contrasts of known veins."""

from __future__ import annotations

import numpy as np
import pytest

from photocompare.veins.unchanged import Unchanged, UnchangedOptions, judge_unchanged

PIECES = 400
LENGTH = np.ones(PIECES)


def judged(before: np.ndarray, after: np.ndarray, **options: object) -> Unchanged:
    return judge_unchanged(before, after, LENGTH[: len(before)], options=UnchangedOptions(**options))  # type: ignore[arg-type]


def strong(rng: np.random.Generator) -> np.ndarray:
    return rng.uniform(3, 12, PIECES)


@pytest.mark.parametrize("factor", [0.85, 1.0, 1.1])
def test_a_leg_that_another_exposure_shows_is_unchanged(factor: float) -> None:
    rng = np.random.default_rng(1)
    before = strong(rng)
    told = judged(before, factor * before * rng.normal(1, 0.12, PIECES))
    assert told.probability.mean() > 0.9
    assert told.factor == pytest.approx(factor, abs=0.03)


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9])
def test_veins_that_went_are_told_from_those_that_stayed(share: float) -> None:
    rng = np.random.default_rng(2)
    before, gone = strong(rng), np.arange(PIECES) < share * PIECES
    after = np.where(gone, rng.normal(0, 0.5, PIECES), before * rng.normal(0.95, 0.1, PIECES))
    told = judged(before, after)
    assert told.probability[gone].max() < 0.1
    left = told.probability * before + (1 - told.probability) * after / told.factor
    assert left.sum() / before.sum() == pytest.approx(before[~gone].sum() / before.sum(), abs=0.03)


def test_a_leg_whose_veins_all_faded_to_half_has_changed() -> None:
    rng = np.random.default_rng(3)
    before = strong(rng)
    told = judged(before, before * rng.normal(0.5, 0.15, PIECES))
    assert told.probability.mean() < 0.2
    assert told.factor == pytest.approx(1, abs=0.1)


def test_veins_that_darkened_have_changed() -> None:
    rng = np.random.default_rng(4)
    before, darker = strong(rng), np.arange(PIECES) < 60
    told = judged(before, np.where(darker, 1.7 * before, before * rng.normal(1, 0.08, PIECES)))
    assert told.probability[darker].mean() < 0.1


def test_faint_pieces_are_unchanged_as_often_as_all_others() -> None:
    rng = np.random.default_rng(5)
    before = np.concatenate([strong(rng)[:300], np.full(100, 1.0)])
    told = judged(before, before)
    assert np.ptp(told.probability[300:]) == 0
    assert told.probability[300] == pytest.approx(told.probability[:300].mean(), abs=0.1)


def test_pieces_without_length_are_judged_but_not_learned_from() -> None:
    before, after = np.full(80, 6.0), np.where(np.arange(80) < 40, 6.0, 0.0)
    told = judge_unchanged(before, after, np.where(np.arange(80) < 40, 1.0, 0.0))
    alone = judge_unchanged(before[:40], after[:40], np.ones(40))
    assert told.factor == alone.factor
    np.testing.assert_array_equal(told.probability[:40], alone.probability)
    assert told.probability[40:].max() < 0.01


def test_no_vein_tells_nothing() -> None:
    told = judge_unchanged(np.zeros(0), np.zeros(0), np.zeros(0))
    assert (len(told.probability), told.factor) == (0, 1.0)
    assert judged(np.full(3, 1.0), np.full(3, 1.0)).probability.tolist() == [0, 0, 0]


@pytest.mark.parametrize("wrong", [{"scatter": 0.5}, {"scatter_range": (0.0, 0.3)}, {"darkened": 0.0}])
def test_options_that_cannot_be(wrong: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="scatter"):
        UnchangedOptions(**wrong)  # type: ignore[arg-type]
