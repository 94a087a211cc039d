"""Agreement of raters against published examples and known truth."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from statsmodels.stats.inter_rater import cohens_kappa

from photocompare.base.errors import UsageError
from photocompare.practice.agreement import intraclass_correlations, kappa_of_table, limits_of_agreement, weighted_kappa
from photocompare.practice.rating import five_point_of, round_agreement

SAS = np.array([[0, 4, 1], [0, 8, 0], [0, 1, 5]], float)
"""A table with SAS's printout, as quoted in statsmodels' own tests (statsmodels/stats/tests/test_inter_rater.py)."""

SHROUT_FLEISS = np.array([[9, 2, 5, 8], [6, 1, 3, 2], [8, 4, 6, 8], [7, 1, 2, 6], [10, 5, 6, 9], [6, 2, 4, 7]], float)
"""Four judges, six targets: Shrout & Fleiss, Psychol Bull 1979;86:420, table 2."""

WRIGHT = np.array([494, 395, 516, 434, 476, 557, 413, 442, 650, 433, 417, 656, 267, 478, 178, 423, 427], float)
MINI = np.array([512, 430, 520, 428, 500, 600, 364, 380, 658, 445, 432, 626, 260, 477, 259, 350, 451], float)
"""Peak expiratory flow, l/min, first readings: Bland & Altman, Lancet 1986;327:307, table."""


# --- kappa


def test_weighted_kappa_is_the_published_one() -> None:
    found = kappa_of_table(SAS, weights="linear")
    assert (found.value, found.low, found.high) == pytest.approx((0.4701, 0.1845, 0.7558), abs=5e-5)


def test_unweighted_kappa_is_the_published_one() -> None:
    found = kappa_of_table(SAS, weights=np.eye(3))
    assert (found.value, found.low, found.high) == pytest.approx((0.4842, 0.2137, 0.7547), abs=5e-5)


@pytest.mark.parametrize("weights", ["linear", "quadratic"])
def test_weighted_kappa_is_statsmodels(weights: str) -> None:
    table = np.random.default_rng(1).integers(0, 9, (5, 5)) + 6 * np.eye(5)
    expected = cohens_kappa(table, wt=weights)
    found = kappa_of_table(table, weights=weights)  # type: ignore[arg-type]
    assert found.value == pytest.approx(expected.kappa)
    assert found.high - found.value == pytest.approx(1.959964 * expected.std_kappa)


def test_raters_who_agree_or_disagree_wholly() -> None:
    first = np.array([1, 2, 3, 4, 5] * 4)
    assert weighted_kappa(first, first).value == pytest.approx(1.0)
    assert weighted_kappa(first, 6 - first).value == pytest.approx(-1.0)


def test_kappa_of_one_category_or_of_nothing_fails() -> None:
    assert not weighted_kappa(np.full(9, 3), np.full(9, 3)).ok
    assert not weighted_kappa(np.zeros(0, int), np.zeros(0, int)).ok


# --- ICC


def test_icc_is_shrout_and_fleiss() -> None:
    found = intraclass_correlations(SHROUT_FLEISS)
    # Table 4: ICC(2,1) = .29, ICC(3,1) = .71.  Intervals: R, psych::ICC of the same data.
    assert (found.absolute.value, found.consistency.value) == pytest.approx((0.29, 0.71), abs=0.005)
    assert (found.absolute.low, found.absolute.high) == pytest.approx((0.019, 0.761), abs=0.002)
    assert (found.consistency.low, found.consistency.high) == pytest.approx((0.342, 0.946), abs=0.002)


def test_icc_leaves_incomplete_subjects_out() -> None:
    found = intraclass_correlations(np.vstack([SHROUT_FLEISS, [1.0, np.nan, 3.0, 4.0]]))
    assert found.subjects == 6
    assert found.absolute.value == pytest.approx(0.29, abs=0.005)


def test_a_rater_who_always_gives_more_is_consistent_but_not_in_agreement() -> None:
    truth = np.random.default_rng(2).normal(70, 15, 50)
    found = intraclass_correlations(np.column_stack([truth, truth + 20 + np.random.default_rng(3).normal(0, 1, 50)]))
    assert found.consistency.value > 0.99
    assert found.absolute.value < 0.6


def test_icc_of_perfect_agreement_and_of_too_little() -> None:
    truth = np.arange(10.0)
    assert intraclass_correlations(np.column_stack([truth, truth])).absolute.value == 1.0
    assert not intraclass_correlations(np.zeros((1, 2))).absolute.ok
    assert not intraclass_correlations(np.zeros((0, 0))).consistency.ok
    assert not intraclass_correlations(np.full((6, 2), 3.0)).consistency.ok


def test_icc_intervals_cover() -> None:
    rng = np.random.default_rng(4)
    held = [0, 0]
    for _ in range(800):
        ratings = rng.normal(0, 2, (30, 1)) + rng.normal(0, 0.7, (1, 4)) + rng.normal(0, 1, (30, 4))
        found = intraclass_correlations(ratings)
        held[0] += found.absolute.low <= 4 / (4 + 0.49 + 1) <= found.absolute.high
        held[1] += found.consistency.low <= 4 / 5 <= found.consistency.high
    assert 0.925 < held[0] / 800 < 0.99
    assert 0.93 < held[1] / 800 < 0.97


# --- limits of agreement


def test_limits_are_bland_and_altmans() -> None:
    found = limits_of_agreement(WRIGHT, MINI, unit="l/min")
    # Mean difference -2.1, standard deviation 38.8; limits -2.1 -/+ 1.96 * 38.8; interval of the bias -22.0 to 17.8.
    assert found.bias.value == pytest.approx(-2.1, abs=0.05)
    assert found.sd == pytest.approx(38.8, abs=0.05)
    assert (found.lower.value, found.upper.value) == pytest.approx((-78.1, 73.9), abs=0.1)
    assert (found.bias.low, found.bias.high) == pytest.approx((-22.0, 17.8), abs=0.1)
    # They took the limit's standard error as sqrt(3 s**2 / n) = 16.3 and t = 2.12: 34.6 to either side.
    assert found.lower.value - found.lower.low == pytest.approx(34.6, abs=0.6)


def test_repeated_readings_count_between_and_within_subjects() -> None:
    rng = np.random.default_rng(5)
    subjects = np.repeat(np.arange(400), 3)
    difference = 1.0 + rng.normal(0, 3, 400)[subjects] + rng.normal(0, 4, 1200)
    found = limits_of_agreement(difference, np.zeros(1200), subjects)
    assert found.sd == pytest.approx(5.0, rel=0.05)
    assert (found.pairs, found.subjects) == (1200, 400)
    as_if_single = limits_of_agreement(difference, np.zeros(1200))
    assert found.bias.width > 1.2 * as_if_single.bias.width


def test_limits_cover_with_repeated_readings() -> None:
    rng = np.random.default_rng(6)
    held = [0, 0]
    for _ in range(600):
        sizes = rng.integers(1, 4, 25)
        subjects = np.repeat(np.arange(25), sizes)
        difference = 2.0 + rng.normal(0, 3, 25)[subjects] + rng.normal(0, 4, len(subjects))
        found = limits_of_agreement(difference, np.zeros(len(subjects)), subjects)
        held[0] += found.bias.low <= 2.0 <= found.bias.high
        held[1] += found.upper.low <= 2.0 + 1.959964 * 5.0 <= found.upper.high
    assert 0.92 < held[0] / 600 < 0.985
    assert held[1] / 600 > 0.91


def test_disagreement_that_grows_is_told_by_the_slope() -> None:
    truth = np.linspace(10, 100, 60)
    found = limits_of_agreement(1.2 * truth + np.random.default_rng(7).normal(0, 2, 60), truth)
    assert found.slope.low > 0.1


def test_limits_of_next_to_nothing_fail() -> None:
    found = limits_of_agreement(np.array([4.0]), np.array([3.0]))
    assert not found.bias.ok
    assert not limits_of_agreement(np.zeros(0), np.zeros(0)).lower.ok
    assert not limits_of_agreement(np.array([4.0, 5.0]), np.array([3.0, np.nan])).upper.ok


# --- a round


def ratings(seed: int = 8, n: int = 60) -> tuple[pd.DataFrame, pd.Series]:
    rng = np.random.default_rng(seed)
    truth = rng.uniform(0, 100, n)
    rows = []
    for rater, bias, error in (("ana", 0.0, 4.0), ("ben", 10.0, 8.0)):
        for pair in range(n):
            for occasion in (1, 2) if pair < 15 else (1,):
                percent = float(np.clip(truth[pair] + bias + rng.normal(0, error), 0, 100))
                rows.append((rater, pair, occasion, percent, int(five_point_of(np.array([percent]))[0])))
    software = pd.Series(np.clip(truth + rng.normal(0, 3, n), 0, 100)).drop(index=[0])
    return pd.DataFrame(rows, columns=["rater", "comparison_id", "occasion", "percent", "five_point"]), software


def test_a_round_is_compared_every_way() -> None:
    found = round_agreement(*ratings())
    assert found.raters == ("ana", "ben")
    assert found.pairs == 60
    (between,) = found.between
    assert (between.first, between.second, between.pairs) == ("ana", "ben", 60)
    assert between.limits.bias.high < 0.0
    assert [(w.first, w.second, w.pairs) for w in found.within] == [("ana", "ana", 15), ("ben", "ben", 15)]
    assert [(s.first, s.second, s.pairs) for s in found.software] == [("ana", "software", 59), ("ben", "software", 59)]
    assert found.software[0].icc.absolute.value > found.software[1].icc.absolute.value
    assert found.software[0].kappa.value > 0.8
    assert found.all_raters.subjects == 60
    assert len(between.points) == 60


def test_the_five_points_part_where_it_is_said() -> None:
    assert five_point_of(np.array([0.0, 9.9, 10.0, 34.9, 35.0, 65.0, 89.9, 90.0, 100.0])).tolist() == [1, 1, 2, 2, 3, 4, 4, 5, 5]


def test_a_round_without_ratings_is_empty() -> None:
    frame, software = ratings()
    found = round_agreement(frame.iloc[:0], software)
    assert (found.raters, found.pairs, found.between) == ((), 0, ())


def test_a_pair_that_was_rated_twice_on_one_occasion_is_refused() -> None:
    frame, software = ratings()
    with pytest.raises(UsageError, match="twice on the same occasion"):
        round_agreement(pd.concat([frame, frame.iloc[:1]]), software)
    with pytest.raises(UsageError, match="percent"):
        round_agreement(frame.drop(columns="percent"), software)


def test_differences_that_lie_on_a_line_have_a_slope_without_error() -> None:
    rng = np.random.default_rng(3)
    for _ in range(200):
        first = rng.uniform(0, 100, 5).round(1)
        slope = limits_of_agreement(first, first * 0.9).slope
        assert slope.value == pytest.approx(0.1 / 0.95)
        assert slope.width == pytest.approx(0.0, abs=1e-6)
