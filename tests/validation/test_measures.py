"""The statistics against published values, and by simulation where theory says what must come out."""

from __future__ import annotations

import math

import numpy as np
import pytest

from photocompare.validation.measures import (
    limits_of_agreement,
    linearity,
    mean,
    proportion,
    quantile,
    rate_at_most,
    repeatability_coefficient,
)
from photocompare.validation.wording import told

WRIGHT = np.array([494, 395, 516, 434, 476, 557, 413, 442, 650, 433, 417, 656, 267, 478, 178, 423, 427], float)
MINI_WRIGHT = np.array([512, 430, 520, 428, 500, 600, 364, 380, 658, 445, 432, 626, 260, 477, 259, 350, 451], float)
"""Peak expiratory flow, l/min, by two meters on 17 subjects (Bland & Altman, Lancet 1986;i:307)."""

ANSCOMBE_X = np.array([10, 8, 13, 9, 11, 14, 6, 4, 12, 7, 5], float)
ANSCOMBE_LINE = np.array([8.04, 6.95, 7.58, 8.81, 8.33, 9.96, 7.24, 4.26, 10.84, 4.82, 5.68])
ANSCOMBE_CURVE = np.array([9.14, 8.14, 8.74, 8.77, 9.26, 8.10, 6.13, 3.10, 9.13, 7.26, 4.74])
"""Anscombe, Am Stat 1973;27:17: two sets with the same straight line, of which one is a parabola."""

SLEEP = np.array([1.2, 2.4, 1.3, 1.3, 0.0, 1.0, 1.8, 0.8, 4.6, 1.4])
"""Differences in hours of sleep (Student, Biometrika 1908;6:1)."""


@pytest.mark.parametrize(
    ("successes", "trials", "low", "high"),
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718)],
)
def test_wilson_as_newcombe_prints_it(successes: int, trials: int, low: float, high: float) -> None:
    figure = proportion(successes, trials)
    assert figure.value == successes / trials
    assert (figure.low, figure.high) == (pytest.approx(low, abs=5e-5), pytest.approx(high, abs=5e-5))


def test_all_successes_reach_one() -> None:
    assert proportion(7, 7).high == 1.0
    assert not proportion(0, 0).ok


def test_no_event_gives_the_rule_of_three() -> None:
    assert rate_at_most(0, 500).high == pytest.approx(1 - 0.05 ** (1 / 500))
    assert rate_at_most(0, 500).high == pytest.approx(3 / 500, rel=0.01)
    assert rate_at_most(5, 5).high == 1.0
    assert rate_at_most(1, 500).high > rate_at_most(0, 500).high
    assert told(rate_at_most(0, 500)) == "0 of 500 (at most 0.6 %)"


def test_bland_and_altmans_own_example() -> None:
    agreement = limits_of_agreement(WRIGHT - MINI_WRIGHT, "l/min")
    assert agreement.bias.value == pytest.approx(-2.1, abs=0.05)
    # They print 2 SD of 38.8 about the mean and standard errors sqrt(3 s^2 / n) = 16.3; with 1.96 and the later formula:
    assert agreement.upper.value - agreement.lower.value == pytest.approx(2 * 1.96 * 38.8, abs=0.3)
    assert (agreement.bias.low, agreement.bias.high) == (pytest.approx(-22.0, abs=0.15), pytest.approx(17.8, abs=0.15))
    half = (agreement.lower.high - agreement.lower.low) / 2
    assert half == pytest.approx(2.12 * 16.3, rel=0.01)


def test_straight_line_as_anscombe_prints_it() -> None:
    fit = linearity(ANSCOMBE_X, ANSCOMBE_LINE, "points")
    assert fit.slope.value == pytest.approx(0.5, abs=0.001)
    assert fit.intercept.value == pytest.approx(3.0, abs=0.001)
    assert fit.r_squared.value == pytest.approx(0.67, abs=0.005)
    assert fit.slope.high - fit.slope.value == pytest.approx(2.262 * 0.118, abs=0.001)
    assert fit.quadratic.low < 0 < fit.quadratic.high


def test_a_curve_is_seen_as_one() -> None:
    quadratic = linearity(ANSCOMBE_X, ANSCOMBE_CURVE, "points").quadratic
    assert quadratic.value == pytest.approx(-12.67, abs=0.01)
    assert quadratic.high < 0


def test_students_own_interval() -> None:
    figure = mean(SLEEP, "h")
    assert (figure.value, figure.low, figure.high) == (
        pytest.approx(1.58),
        pytest.approx(0.7001, abs=1e-4),
        pytest.approx(2.4599, abs=1e-4),
    )


def test_repeatability_recovers_what_was_simulated() -> None:
    rng = np.random.default_rng(3)
    within = 2.0
    changes = rng.normal(0, within, 20_000) - rng.normal(0, within, 20_000)
    figure = repeatability_coefficient(changes, "points")
    assert figure.value == pytest.approx(2.77 * within, rel=0.02)
    assert np.mean(np.abs(changes) <= figure.value) == pytest.approx(0.95, abs=0.005)


def test_repeatability_interval_covers() -> None:
    rng = np.random.default_rng(4)
    true = 1.96 * math.sqrt(2)
    figures = [repeatability_coefficient(rng.normal(0, math.sqrt(2), 20), "points") for _ in range(600)]
    assert np.mean([f.low <= true <= f.high for f in figures]) == pytest.approx(0.95, abs=0.027)  # three standard errors


@pytest.mark.parametrize(("q", "n", "exists"), [(0.5, 5, False), (0.5, 6, True), (0.9, 35, False), (0.9, 36, True)])
def test_a_quantile_has_an_interval_from_some_number_on(q: float, n: int, exists: bool) -> None:
    figure = quantile(np.arange(n, dtype=float), q, "points")
    assert figure.ok
    assert figure.has_interval == exists


def test_quantile_interval_covers() -> None:
    rng = np.random.default_rng(5)
    figures = [quantile(rng.exponential(1.0, 60), 0.9, "points") for _ in range(600)]
    assert np.mean([f.low <= math.log(10) <= f.high for f in figures]) > 0.93  # never below 0.95 but for chance


def test_too_few_numbers_give_no_figure() -> None:
    assert told(quantile([1.0] * 9, 0.9, "points")) == "too few (n = 9)"
    assert quantile([1.0] * 10, 0.9, "points").ok
    assert not quantile([], 0.5, "points").ok
    assert not repeatability_coefficient([1.0], "points").ok
    assert not limits_of_agreement([1.0, 2.0], "points").lower.ok
    assert not linearity([0.0, 0.0, 0.0, 1.0], [1.0, 2.0, 3.0, 4.0], "points").slope.ok
    assert not mean([], "points").ok
    assert not mean([1.0], "points").has_interval


def test_failed_estimates_are_no_numbers() -> None:
    assert mean([1.0, math.nan, 3.0], "points").value == 2.0
    assert quantile([1.0, math.nan, 3.0], 0.5, "points").n == 2


def test_figures_in_words() -> None:
    assert told(proportion(19, 20)) == "95.0 % (76.4 to 99.1)"
    assert told(mean([-0.01, 0.01], "points")).startswith("0.0 (")
