"""Run charts: the rules' published limits, planted changes, and how often chance alone sets them off."""

from __future__ import annotations

import numpy as np
import pytest

from photocompare.practice.run_chart import TREND_POINTS, periods_of, run_chart, run_signals


@pytest.mark.parametrize(
    ("useful", "longest", "crossings"), [(10, 6, 2), (12, 7, 3), (16, 7, 4), (20, 7, 6), (24, 8, 8), (36, 8, 13), (60, 9, 23)]
)
def test_limits_are_the_published_ones(useful: int, longest: int, crossings: int) -> None:
    # Anhøj & Olesen, PLoS ONE 2014;9:e113825, table 1.
    found = run_signals(np.tile([1.0, -1.0], useful // 2))
    assert found.useful == useful
    assert (found.most_expected, found.fewest_expected) == (longest, crossings)


def test_a_shift_is_seen() -> None:
    rng = np.random.default_rng(1)
    found = run_signals(np.r_[rng.normal(75, 2, 12), rng.normal(65, 2, 12)])
    assert found.shift
    assert found.few_crossings
    assert found.any


def test_a_slow_wave_crosses_too_seldom() -> None:
    found = run_signals(75 + 5 * np.sin(np.arange(30) * 2 * np.pi / 12 + 0.3))
    assert found.few_crossings
    assert not found.shift


def test_a_trend_is_seen() -> None:
    values = np.r_[75.0, 74, 76, 74, 76, 75, 70, 71, 72, 73, 74, 75.5, 76.5, 77, 74, 76]
    found = run_signals(values)
    assert found.longest_trend == 8
    assert found.trend


def test_equal_neighbours_do_not_end_a_trend() -> None:
    values = np.r_[80.0, 1, 2, 3, 3, 4, 5, 6, 7, 0, 9, 1, 8, 2]
    assert run_signals(values).longest_trend == 7


def test_points_on_the_median_are_not_counted() -> None:
    found = run_signals(np.array([1.0, 2.0, 3.0, 2.0, 1.0, 2.0, 3.0]))
    assert (found.median, found.useful, found.crossings, found.longest_run) == (2.0, 4, 3, 1)


def test_too_few_points_give_no_signal() -> None:
    found = run_signals(np.arange(9.0))
    assert not found.applied
    assert not found.any


@pytest.mark.parametrize("values", [np.zeros(0), np.array([4.0]), np.full(20, 70.0)])
def test_nothing_to_go_by_gives_no_signal(values: np.ndarray) -> None:
    found = run_signals(values)
    assert found.useful == 0
    assert not found.any


def test_chance_alone_gives_signals_at_the_stated_rate() -> None:
    # docs/audit.md: 4 % of charts of 24 months show any signal, 0.4 % a trend.
    rng = np.random.default_rng(20261123)
    found = [run_signals(rng.normal(size=24)) for _ in range(4000)]
    assert np.mean([f.any for f in found]) == pytest.approx(0.04, abs=0.012)
    assert np.mean([f.trend for f in found]) == pytest.approx(0.004, abs=0.004)


@pytest.mark.parametrize(("drop", "least"), [(2.0, 0.55), (3.0, 0.9)])
def test_a_drop_half_way_is_found(drop: float, least: float) -> None:
    rng = np.random.default_rng(2)
    found = [run_signals(np.r_[rng.normal(0, 1, 12), rng.normal(-drop, 1, 12)]).any for _ in range(300)]
    assert np.mean(found) > least


# --- by month


def test_days_fall_into_months_and_quarters() -> None:
    days = np.array(["2024-12-31", "2025-01-01", "2025-04-30"], "datetime64[D]")
    months, names = periods_of(days, "month")
    assert names == ["2024-12", "2025-01", "2025-02", "2025-03", "2025-04"]
    assert months.tolist() == [0, 1, 4]
    quarters, names = periods_of(days, "quarter")
    assert names == ["2024-Q4", "2025-Q1", "2025-Q2"]
    assert quarters.tolist() == [0, 1, 2]


def test_months_before_the_epoch_have_names_too() -> None:
    assert periods_of(np.array(["1969-12-31"], "datetime64[D]"), "month")[1] == ["1969-12"]
    assert periods_of(np.array(["1969-12-31"], "datetime64[D]"), "quarter")[1] == ["1969-Q4"]


def test_a_month_of_few_patients_is_hidden_and_takes_no_part() -> None:
    days = np.repeat(np.array(["2025-01-10", "2025-02-10", "2025-03-10", "2025-05-10"], "datetime64[D]"), [20, 3, 8, 20])
    values = np.repeat([70.0, 0.0, 80.0, 90.0], [20, 3, 8, 20])
    chart = run_chart(values, np.arange(51), days, period="month", least_patients=5)
    assert [(p.period, p.hidden) for p in chart.points] == [("2025-01", False), ("2025-02", True), ("2025-03", True), ("2025-05", False)]
    assert chart.signals.median == 80.0
    assert [p.pairs for p in chart.points] == [20, None, None, 20]


def test_a_hidden_month_does_not_follow_from_its_quarter() -> None:
    """April is the next smallest of all, but not of January's quarter, which the chart by quarter shows."""
    months = [("2025-01-10", 2), ("2025-02-10", 8), ("2025-03-10", 9), ("2025-04-10", 6), ("2025-05-10", 7), ("2025-06-10", 8)]
    days = np.repeat(np.array([day for day, _ in months], "datetime64[D]"), [n for _, n in months])
    args = np.arange(float(len(days))), np.arange(len(days)), days
    assert not any(p.hidden for p in run_chart(*args, period="quarter", least_patients=5).points)
    chart = run_chart(*args, period="month", least_patients=5)
    assert [p.period for p in chart.points if p.hidden] == ["2025-01", "2025-02"]


def test_the_trend_rule_is_long_enough_to_mean_something() -> None:
    assert TREND_POINTS == 7
