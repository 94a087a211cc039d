"""The axis of a headline: 0 to 100 %, and below as far as number and interval reach."""

from __future__ import annotations

import pytest

from photocompare.report.pictures.percent_axis import PercentAxis


@pytest.mark.parametrize(
    ("percents", "least"),
    [((61.0, 48.0), 0.0), ((0.3, -0.4), 0.0), ((2.0, -0.6), -25.0), ((-12.0, -26.0), -50.0), ((-140.0, -180.0), -100.0), ((), 0.0)],
)
def test_it_begins_on_a_tick_at_or_below_what_it_holds(percents: tuple[float, ...], least: float) -> None:
    axis = PercentAxis.holding(percents)
    assert axis.least == least
    assert axis.ticks[0] == least or least == -75.0
    assert {0, 100} <= set(axis.ticks)
    assert len(axis.ticks) <= 7


def test_places_run_from_its_beginning_to_100_and_stop_there() -> None:
    axis = PercentAxis(-25.0)
    assert [axis.share(percent) for percent in (-25.0, 0.0, 100.0)] == [0.0, pytest.approx(0.2), 1.0]
    assert (axis.share(-60.0), axis.share(130.0)) == (0.0, 1.0)
