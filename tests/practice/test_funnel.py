"""Funnel plots: exact limits, planted outliers, overdispersion, and silence where nothing is wrong."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import stats

from photocompare.practice.audit_words import funnel_words
from photocompare.practice.breakdown import Grouped
from photocompare.practice.funnel import Funnel, FunnelOptions, binomial_limits, funnel, overdispersion
from photocompare.practice.statistics import Clusters, hidden_groups
from photocompare.report.words.texts import texts


def units(of: NDArray[np.intp], patients: NDArray[np.intp] | None = None, n: int = 0) -> Grouped:
    n = n or int(of.max()) + 1
    clusters = Clusters.of(np.arange(len(of)) if patients is None else patients, of, n)
    return Grouped("operator", clusters, [f"operator {k}" for k in range(n)], hidden_groups(clusters, least_patients=5))


def drawn(seed: int, n_units: int = 30, rate: float = 0.7, pairs: int = 60, bad: float | None = None) -> Funnel:
    rng = np.random.default_rng(seed)
    of = np.repeat(np.arange(n_units), rng.integers(pairs // 2, 2 * pairs, n_units))
    chance = np.full(n_units, rate)
    if bad is not None:
        chance[3] = bad
    responded = (rng.uniform(size=len(of)) < chance[of]).astype(float)
    found = funnel(units(of), responded)
    assert found is not None
    return found


@pytest.mark.parametrize("rate", [0.02, 0.5, 0.83, 0.99])
@pytest.mark.parametrize("level", [0.95, 0.998])
@pytest.mark.parametrize("n", [1, 2, 3, 5, 8, 13, 60, 400])
def test_a_result_is_beyond_a_limit_only_if_its_chance_is_below_the_tail(rate: float, level: float, n: int) -> None:
    (low,), (high,) = binomial_limits(rate, np.array([float(n)]), level)
    successes, tail = np.arange(n + 1), (1 - level) / 2
    assert np.array_equal(successes / n < low, stats.binom.cdf(successes, n, rate) < tail)
    assert np.array_equal(successes / n > high, stats.binom.sf(successes - 1, n, rate) < tail)


def rates_of(*counts: tuple[int, int]) -> Funnel:
    """The funnel of units of so many patients of whom so many responded."""
    of = np.repeat(np.arange(len(counts)), [n for _, n in counts])
    found = funnel(units(of), np.concatenate([np.r_[np.ones(k), np.zeros(n - k)] for k, n in counts]))
    assert found is not None
    return found


def test_five_of_five_is_within_where_four_of_five_is_the_rest() -> None:
    found = rates_of((5, 5), (4, 5))
    assert {unit.place for unit in found.units} == {"within"}
    assert {unit.high_998 for unit in found.units} == {100.0}
    assert funnel_words(found, texts("en")) == ["2 of 2 lie within the limits."]


@pytest.mark.parametrize("n", [5, 6, 7, 8, 9])
def test_nobody_is_named_on_a_handful(n: int) -> None:
    found = rates_of((0, n), (95, 100), (93, 100))
    (few,) = (unit for unit in found.units if unit.pairs == n)
    assert few.rate < few.low_998
    assert few.place == "few"
    words = " ".join(funnel_words(found, texts("en")))
    assert few.name not in words
    assert "2 of 3 lie within the limits. Beyond a limit, but of too few patients to say so: 1." in words


def test_ten_patients_are_named() -> None:
    assert [unit.place for unit in rates_of((0, 10), (95, 100), (93, 100)).units] == ["within", "within", "low_998"]


def test_limits_of_many_pairs_are_the_normal_ones() -> None:
    low, high = binomial_limits(0.7, np.array([1e6]), 0.95)
    half = 1.959964 * np.sqrt(0.21 / 1e6)
    assert (low[0] + high[0]) / 2 == pytest.approx(0.7, abs=1e-6)
    assert (high[0] - low[0]) / 2 == pytest.approx(half, rel=1e-3)


def test_limits_between_whole_numbers_lie_between_them() -> None:
    n = np.linspace(30, 31, 11)
    low, high = binomial_limits(0.7, n, 0.95)
    assert np.abs(np.diff(low)).max() < 0.01
    assert np.abs(np.diff(high)).max() < 0.01
    assert np.all((low > 0.4) & (high < 0.95))


def test_limits_narrow_with_the_pairs() -> None:
    widths = [high - low for low, high in (binomial_limits(0.75, np.array([n]), 0.998) for n in (10.0, 40.0, 160.0, 640.0))]
    assert all(a > b for a, b in pairwise(widths))


@pytest.mark.parametrize("seed", range(3))
def test_a_planted_outlier_is_flagged_and_nobody_else(seed: int) -> None:
    found = drawn(seed, bad=0.35)
    assert [u.name for u in found.units if u.place == "low_998"] == ["operator 3"]
    assert not [u for u in found.units if u.place == "high_998"]


def test_without_outliers_the_limits_are_crossed_at_their_rate() -> None:
    # 100 funnels of 30 units with one rate: up to 5 % beyond the 95 % limits, 0.2 % beyond the 99.8 % limits; less, as counts are whole.
    places = [unit.place for seed in range(100) for unit in drawn(seed, rate=0.72).units]
    outside, far = (np.mean([p != "within" for p in places]), np.mean([p.endswith("998") for p in places]))
    assert 0.025 < outside < 0.05
    assert far < 0.005


def test_units_that_differ_among_themselves_widen_the_limits() -> None:
    rng = np.random.default_rng(5)
    of = np.repeat(np.arange(40), 120)
    chance = np.clip(rng.normal(0.7, 0.12, 40), 0, 1)
    responded = (rng.uniform(size=len(of)) < chance[of]).astype(float)
    wide = funnel(units(of), responded)
    plain = funnel(units(of), responded, options=FunnelOptions(least_units=1000))
    assert wide is not None
    assert plain is not None
    assert wide.overdispersion > 3.0
    assert plain.overdispersion == 1.0
    beyond = [sum(u.place != "within" for u in f.units) for f in (wide, plain)]
    assert beyond[0] <= 5 < 12 < beyond[1]


def test_overdispersion_is_told_from_chance() -> None:
    rng = np.random.default_rng(6)
    none = [overdispersion(rng.normal(size=30)) for _ in range(300)]
    assert np.mean(np.array(none) > 1.0) < 0.03
    assert overdispersion(rng.normal(0, 3.0, 30)) > 3.0
    assert overdispersion(rng.normal(0, 9.0, 5)) == 1.0


def test_one_outlier_does_not_hide_behind_overdispersion() -> None:
    z = np.r_[np.random.default_rng(7).normal(size=29), -12.0]
    assert overdispersion(z) == 1.0


def test_several_pairs_of_a_patient_widen_the_limits() -> None:
    rng = np.random.default_rng(8)
    patients = np.repeat(np.arange(600), 4)
    of = np.repeat(rng.integers(0, 12, 600), 4)
    # All of a patient's pairs end alike: four pairs are worth one.
    responded = np.repeat((rng.uniform(size=600) < 0.7).astype(float), 4)
    found = funnel(units(of, patients, 12), responded)
    assert found is not None
    assert found.design_effect == pytest.approx(4.0, rel=0.05)
    single = binomial_limits(found.target / 100, np.array([found.units[0].pairs / found.design_effect]), 0.95)
    assert found.units[0].low_95 == pytest.approx(100 * single[0][0])


def test_units_of_few_patients_are_not_shown() -> None:
    of = np.repeat([0, 1, 2, 3], [60, 40, 9, 3])
    responded = np.tile([1.0, 0.0], 56)
    found = funnel(units(of), responded)
    assert found is not None
    assert [u.name for u in found.units] == ["operator 0", "operator 1"]
    assert found.hidden_units == 2


def test_pairs_of_no_noted_operator_are_no_hidden_unit() -> None:
    clusters = Clusters.of(np.arange(112), np.repeat([0, 1, 2, 3], [3, 60, 40, 9]), 4)
    grouped = Grouped("operator", clusters, ["", "A", "B", "C"], hidden_groups(clusters, least_patients=5))
    found = funnel(grouped, np.tile([1.0, 0.0], 56))
    assert found is not None
    assert grouped.hidden.tolist() == [True, False, False, True]
    assert ([unit.name for unit in found.units], found.hidden_units) == (["A", "B"], 1)


def test_there_is_no_funnel_of_one_unit_or_of_a_sure_thing() -> None:
    assert funnel(units(np.zeros(40, np.intp)), np.tile([1.0, 0.0], 20)) is None
    assert funnel(units(np.repeat([0, 1], 20)), np.ones(40)) is None
    assert funnel(units(np.zeros(0, np.intp), n=2), np.zeros(0)) is None
