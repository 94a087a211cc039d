"""The measurement error taken out: spread, distribution and responders against cohorts whose truth is known."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import stats

from photocompare.base.wilson import wilson_interval
from photocompare.practice.true_clearance import DeconvolutionOptions, TrueClearance, error_sds, true_clearance

Floats = NDArray[np.float64]


def measured(seed: int, n: int = 3000, mean_error: float = 9.0) -> tuple[Floats, Floats, Floats, NDArray[np.intp]]:
    """Truth, measured values, their errors, patients; measured values end at 0 and 100 as the tool's do."""
    rng = np.random.default_rng(seed)
    patients = rng.integers(0, int(n / 1.5), n)
    truth = 100.0 * (0.6 * rng.beta(6, 2, int(n / 1.5))[patients] + 0.4 * rng.beta(6, 2, n))
    errors = rng.gamma(8.0, mean_error / 8.0, n)
    return truth, np.clip(truth + rng.normal(0, errors), 0, 100), errors, patients


def test_the_longer_side_of_an_interval_tells_the_error() -> None:
    found = error_sds(np.array([60.0, 97.0]), np.array([40.4, 87.2]), np.array([79.6, 100.0]))
    assert found == pytest.approx([10.0, 5.0], rel=1e-4)


def test_the_spread_is_the_legs_own() -> None:
    off = []
    for seed in range(6):
        truth, values, errors, patients = measured(seed)
        found = true_clearance(values, errors, patients)
        assert found.observed_sd == pytest.approx(values.std(ddof=1))
        assert found.error_sd == pytest.approx(np.sqrt(np.mean(errors**2)))
        assert found.observed_sd > truth.std() + 2.0
        assert found.reliability == pytest.approx(found.true_sd.value**2 / found.observed_sd**2)
        off.append(found.true_sd.value - truth.std())
    assert abs(np.mean(off)) < 0.3


def test_the_responder_rate_is_corrected_towards_the_truth() -> None:
    corrected, as_measured, shares = [], [], []
    for seed in range(8):
        truth, values, errors, patients = measured(seed)
        found = true_clearance(values, errors, patients)
        rate = 100.0 * np.mean(truth >= 75)
        corrected.append(found.responders.value - rate)
        as_measured.append(found.observed_responders - rate)
        true_shares = [np.mean(truth < 70), np.mean((truth >= 70) & (truth <= 90)), np.mean(truth > 90)]
        told = [found.below_band.value, found.within_band.value, found.above_band.value]
        assert sum(told) == pytest.approx(100.0)
        shares.append(np.array(told) - 100.0 * np.array(true_shares))
    assert abs(np.mean(corrected)) < 0.6 * abs(np.mean(as_measured))
    assert np.abs(np.mean(shares, axis=0)).max() < 1.5


def test_misclassification_is_told() -> None:
    truth, values, errors, patients = measured(3, n=6000)
    found = true_clearance(values, errors, patients)
    responder = truth >= 75
    assert found.sensitivity == pytest.approx(np.mean(values[responder] >= 75), abs=0.03)
    assert found.specificity == pytest.approx(np.mean(values[~responder] < 75), abs=0.03)


def test_without_error_nothing_is_taken_out() -> None:
    truth, _, _, patients = measured(4)
    found = true_clearance(truth, np.full(len(truth), 0.01), patients)
    assert found.true_sd.value == pytest.approx(found.observed_sd, rel=0.02)
    assert found.responders.value == pytest.approx(found.observed_responders, abs=2.0)
    assert min(found.sensitivity, found.specificity) > 0.95


def test_spread_that_the_errors_explain_is_none() -> None:
    rng = np.random.default_rng(5)
    errors = np.full(400, 8.0)
    found = true_clearance(70.0 + rng.normal(0, 8.0, 400), errors, np.arange(400))
    assert found.true_sd.value < 3.0
    few = true_clearance(70.0 + rng.normal(0, 8.0, 30), np.full(30, 8.0), np.arange(30))
    assert few.true_sd.low == 0.0


def test_the_distribution_is_one() -> None:
    _, values, errors, patients = measured(6, n=500)
    found = true_clearance(values, errors, patients)
    assert sum(found.density) == pytest.approx(1.0)
    assert min(found.density) >= 0.0
    assert len(found.grid) == len(found.density) == 101


def test_too_few_pairs_have_no_distribution_but_a_spread() -> None:
    _, values, errors, patients = measured(7, n=30)
    found = true_clearance(values, errors, patients)
    assert not found.responders.ok
    assert found.density == ()
    assert found.true_sd.ok
    assert np.isfinite(found.observed_responders)


@pytest.mark.parametrize("n", [0, 1])
def test_next_to_nothing_fails_as_a_whole(n: int) -> None:
    found = true_clearance(np.full(n, 80.0), np.full(n, 5.0), np.arange(n))
    assert found.pairs == n
    assert not found.true_sd.ok
    assert not found.responders.ok


def test_a_pair_without_an_interval_is_left_out() -> None:
    _, values, errors, patients = measured(8, n=200)
    errors[:3] = np.nan
    assert true_clearance(values, errors, patients).pairs == 197


def whole(found: TrueClearance) -> dict[str, Any]:
    return {"responders": found.responders, "sd": found.true_sd, "density": found.density}


def test_the_same_pairs_give_the_same_figures() -> None:
    _, values, errors, patients = measured(9, n=400)
    assert whole(true_clearance(values, errors, patients)) == whole(true_clearance(values, errors, patients))


def test_patients_numbered_with_gaps_are_left_out_in_the_same_blocks() -> None:
    _, values, errors, patients = measured(9, n=400)
    assert whole(true_clearance(values, errors, patients)) == whole(true_clearance(values, errors, 20 * patients))


def skewed(rng: np.random.Generator, n: int) -> Floats:
    return 100.0 * rng.beta(8, 3, n)


def two_halves(rng: np.random.Generator, n: int) -> Floats:
    return np.clip(np.where(rng.uniform(size=n) < 0.5, rng.normal(35, 8, n), rng.normal(78, 7, n)), 0, 100)


@pytest.mark.parametrize(
    ("draw", "n", "true_rate"),
    [(skewed, 400, 100.0 * stats.beta.sf(0.75, 8, 3)), (two_halves, 2000, 50.0 * (stats.norm.sf(75, 35, 8) + stats.norm.sf(75, 78, 7)))],
)
def test_intervals_of_corrected_responders_cover(draw: Callable[..., Floats], n: int, true_rate: float) -> None:
    # 30 cohorts; two standard errors are 8 points.  The long version is `benchmarks/audit_coverage.py`.
    options = DeconvolutionOptions(blocks=10)
    rng = np.random.default_rng(20261123)
    held = 0
    for _ in range(30):
        errors = rng.gamma(8.0, 1.0, n)
        values = np.clip(draw(rng, n) + rng.normal(0, errors), 0, 100)
        found = true_clearance(values, errors, np.arange(n), options=options).responders
        held += found.low <= true_rate <= found.high
    assert held / 30 >= 0.83


def test_a_share_of_nothing_is_no_surer_than_as_many_counted_legs() -> None:
    rng = np.random.default_rng(10)
    found = true_clearance(rng.normal(20.0, 5.0, 100), np.full(100, 3.0), np.arange(100))
    assert found.above_band.value == pytest.approx(0.0, abs=1e-3)
    assert found.above_band.high >= 100.0 * float(wilson_interval(0.0, 100.0)[1])
    assert found.below_band.low <= 100.0 * float(wilson_interval(1.0, 100.0)[0])
