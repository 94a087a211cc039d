"""Means and rates of clustered pairs: against published values, against statsmodels, and against known truth."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import stats
from statsmodels.stats.proportion import proportion_confint

from photocompare.base.wilson import wilson_interval
from photocompare.practice import statistics
from photocompare.practice.statistics import (
    Clusters,
    clustered_means,
    clustered_slope,
    design_effect,
    hidden_groups,
    hidden_parts,
    mean_estimates,
    rate_estimates,
)
from tests.support.gee import gee_means

Floats = NDArray[np.float64]


# --- Wilson


@pytest.mark.parametrize(
    ("successes", "n", "low", "high"),
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0000, 0.1611), (1, 29, 0.0061, 0.1718)],
)
def test_wilson_gives_the_published_intervals(successes: int, n: int, low: float, high: float) -> None:
    # Newcombe, Statistics in Medicine 1998;17:857, table I, method 3.
    found = wilson_interval(successes / n, n)
    assert [round(float(v), 4) for v in found] == [low, high]


def test_wilson_is_statsmodels_wilson_interval() -> None:
    for k, n in ((0, 1), (1, 1), (3, 10), (97, 100), (50_000, 100_000)):
        assert np.allclose(wilson_interval(k / n, n), proportion_confint(k, n, method="wilson"), atol=1e-6)


def test_wilson_of_nothing_is_nothing() -> None:
    assert np.isnan(wilson_interval(np.nan, 0)).all()


# --- clustered means


def cohort(seed: int, n: int = 300, groups: int = 4) -> tuple[Floats, NDArray[np.intp], NDArray[np.intp]]:
    rng = np.random.default_rng(seed)
    patients = rng.integers(0, n // 2, n)
    values = 75.0 + rng.normal(0, 9, n // 2)[patients] + rng.normal(0, 7, n)
    return values, patients, rng.integers(0, groups, n)


@pytest.mark.parametrize("seed", range(4))
def test_the_closed_form_is_statsmodels_gee(seed: int) -> None:
    values, patients, groups = cohort(seed)
    clusters = Clusters.of(patients, groups, 4)
    for family, column in (("gaussian", values), ("binomial", (values >= 75).astype(float))):
        closed, fitted = clusters.means(column), gee_means(column, clusters, family=family)  # type: ignore[arg-type]
        assert np.allclose(closed.mean, fitted.mean, rtol=0, atol=1e-8)
        assert np.allclose(closed.robust_variance, fitted.robust_variance, rtol=1e-8)
        assert np.allclose(closed.standard_error, fitted.standard_error, rtol=1e-8)


def test_gee_of_groups_without_spread_is_the_closed_form() -> None:
    clusters = Clusters.of(np.arange(6), np.repeat([0, 1], 3), 2)
    found = gee_means(np.repeat([1.0, 0.0], 3), clusters)
    assert found.mean.tolist() == [1.0, 0.0]
    assert found.standard_error.tolist() == [0.0, 0.0]


def test_one_pair_a_patient_is_the_textbook_t_interval() -> None:
    values = np.random.default_rng(3).normal(70, 12, 17)
    found = mean_estimates(clustered_means(values, np.arange(17)))[0]
    low, high = stats.t.interval(0.95, 16, values.mean(), stats.sem(values))
    assert found.value == pytest.approx(values.mean())
    assert (found.low, found.high) == pytest.approx((low, high))


def test_equal_clusters_are_the_t_interval_of_their_means() -> None:
    values = np.random.default_rng(4).normal(70, 12, (9, 3))
    found = mean_estimates(clustered_means(values.ravel(), np.repeat(np.arange(9), 3)))[0]
    means = values.mean(axis=1)
    assert (found.low, found.high) == pytest.approx(stats.t.interval(0.95, 8, means.mean(), stats.sem(means)))


def test_patients_of_unequal_size_leave_fewer_degrees_of_freedom() -> None:
    patients = np.concatenate([np.zeros(30, int), np.arange(1, 10)])
    found = clustered_means(np.random.default_rng(5).normal(size=39), patients)
    assert 1.0 < found.df[0] < 4.0


def test_the_hash_and_the_table_count_alike(monkeypatch: pytest.MonkeyPatch) -> None:
    values, patients, groups = cohort(9)
    direct = clustered_means(values, patients, groups, 4)
    monkeypatch.setattr(statistics, "_DIRECT_CELLS", 10)
    hashed = clustered_means(values, patients, groups, 4)
    for name in ("pairs", "patients", "mean", "robust_variance", "standard_error", "df", "squares"):
        assert np.allclose(getattr(direct, name), getattr(hashed, name))


def test_what_cannot_be_told_fails() -> None:
    alone = clustered_means(np.array([70.0, 80.0]), np.array([0, 0]))
    assert not mean_estimates(alone)[0].ok
    empty = clustered_means(np.zeros(0), np.zeros(0, np.intp))
    assert not mean_estimates(empty)[0].ok
    assert not rate_estimates(empty)[0].ok


def test_an_interval_stays_within_what_is_possible() -> None:
    found = mean_estimates(clustered_means(np.array([100.0, 99.0, 95.0]), np.arange(3)))[0]
    assert found.high == 100.0
    assert found.low < found.value


# --- rates


def test_a_rate_of_single_pairs_is_wilsons() -> None:
    flags = np.r_[np.ones(15), np.zeros(133)]
    found = rate_estimates(clustered_means(flags, np.arange(148)))[0]
    assert (round(found.low, 2), round(found.high, 2)) == (6.24, 16.05)


def test_pairs_that_are_copies_are_one_pair() -> None:
    flags = np.random.default_rng(6).integers(0, 2, 60).astype(float)
    doubled = clustered_means(np.repeat(flags, 2), np.repeat(np.arange(60), 2))
    single = rate_estimates(clustered_means(flags, np.arange(60)))[0]
    assert design_effect(doubled)[0] == pytest.approx(2.0, rel=0.02)
    found = rate_estimates(doubled)[0]
    assert found.low == pytest.approx(single.low, abs=0.8)
    assert found.high == pytest.approx(single.high, abs=0.8)


def test_a_rate_of_all_or_none_counts_patients_not_pairs() -> None:
    all_of_them = clustered_means(np.ones(40), np.repeat(np.arange(20), 2))
    low, _ = wilson_interval(1.0, 20, float(stats.t.ppf(0.975, 19)))
    found = rate_estimates(all_of_them)[0]
    assert found.low == pytest.approx(100 * float(low))
    assert (found.value, found.high) == (100.0, 100.0)


# --- the slope


def test_the_slope_is_statsmodels_clustered_least_squares() -> None:
    import statsmodels.api as sm

    values, patients, _ = cohort(11)
    x = np.random.default_rng(12).uniform(0, 3, len(values))
    model = sm.OLS(values, sm.add_constant(x)).fit(cov_type="cluster", cov_kwds={"groups": patients, "use_correction": False}, use_t=True)
    found = clustered_slope(values, x, Clusters.of(patients))
    clusters = len(np.unique(patients))
    half = model.bse[1] * np.sqrt(clusters / (clusters - 1)) * stats.t.ppf(0.975, clusters - 2)
    assert found.value == pytest.approx(model.params[1])
    assert found.high - found.value == pytest.approx(half)


def test_a_slope_over_a_single_day_fails() -> None:
    assert not clustered_slope(np.ones(5), np.ones(5), Clusters.of(np.arange(5))).ok


# --- small groups


def hidden_of(sizes: list[int], least: int = 5) -> list[bool]:
    groups = np.repeat(np.arange(len(sizes)), sizes)
    return hidden_groups(Clusters.of(np.arange(len(groups)), groups, len(sizes)), least_patients=least).tolist()


def test_a_group_of_few_patients_takes_the_next_smallest_with_it() -> None:
    assert hidden_of([50, 3, 20, 7]) == [False, True, False, True]


def test_hidden_groups_together_hold_enough_patients() -> None:
    # Two and one patients together are three: the total less the rest would still tell of three.
    assert hidden_of([50, 2, 1, 9]) == [False, True, True, True]
    assert hidden_of([50, 3, 3, 9]) == [False, True, True, False]


def test_nothing_is_hidden_where_all_are_large_and_everything_where_only_one_is() -> None:
    assert hidden_of([50, 5, 0]) == [False, False, False]
    assert hidden_of([50, 2]) == [True, True]


def test_patients_count_not_pairs() -> None:
    patients, groups = np.repeat([0, 1, 2, 10, 11, 12, 13, 14, 15], 9), np.repeat([0, 0, 0, 1, 1, 1, 1, 1, 1], 9)
    assert hidden_groups(Clusters.of(patients, groups, 2), least_patients=5).tolist() == [True, True]


def test_parts_of_a_shown_whole_are_protected_within_it() -> None:
    # Agents A (groups 0, 1) and B (groups 2, 3): B's only small part can't be had from B's total.
    groups = np.repeat([0, 1, 2, 3], [40, 30, 20, 2])
    clusters = Clusters.of(np.arange(len(groups)), groups, 4)
    assert hidden_parts(clusters, np.array([0, 0, 1, 1]), least_patients=5).tolist() == [False, False, True, True]


def test_parts_of_a_hidden_whole_are_hidden() -> None:
    groups = np.repeat([0, 1, 2, 3], [40, 30, 2, 2])
    clusters = Clusters.of(np.arange(len(groups)), groups, 4)
    # B is of four patients, so A is hidden with it, and all parts of both.
    assert hidden_parts(clusters, np.array([0, 0, 1, 1]), least_patients=5).all()


# --- coverage


def coverage(rounds: int, patients: int, seed: int, threshold: float | None = None) -> float:
    """Share of 95 % intervals that hold the truth, over cohorts of patients with one to four correlated pairs."""
    rng = np.random.default_rng(seed)
    truth = 75.0 if threshold is None else 100.0 * float(stats.norm.sf(threshold, 75.0, np.hypot(9.0, 7.0)))
    held = 0
    for _ in range(rounds):
        sizes = rng.integers(1, 5, patients)
        who = np.repeat(np.arange(patients), sizes)
        values = 75.0 + rng.normal(0, 9, patients)[who] + rng.normal(0, 7, len(who))
        if threshold is None:
            found = mean_estimates(clustered_means(values, who))[0]
        else:
            found = rate_estimates(clustered_means((values >= threshold).astype(float), who))[0]
        held += found.low <= truth <= found.high
    return held / rounds


@pytest.mark.parametrize("patients", [8, 60])
@pytest.mark.parametrize("threshold", [None, 70.0, 90.0])
def test_intervals_of_clustered_cohorts_cover(patients: int, threshold: float | None) -> None:
    # 1500 rounds: two standard errors of a coverage of 0.95 are 0.011.  `benchmarks/audit_coverage.py` has the long version.
    assert 0.928 <= coverage(1500, patients, 20261123, threshold) <= 0.985


def test_ignoring_patients_would_not_cover() -> None:
    rng = np.random.default_rng(8)
    held = 0
    for _ in range(400):
        who = np.repeat(np.arange(30), 4)
        values = 75.0 + rng.normal(0, 9, 30)[who] + rng.normal(0, 4, 120)
        low, high = stats.t.interval(0.95, 119, values.mean(), stats.sem(values))
        held += low <= 75.0 <= high
    assert held / 400 < 0.85
