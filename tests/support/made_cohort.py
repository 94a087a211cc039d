"""Made cohorts with known truth, in the columns of the audit's table."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from photocompare.base.colour import ita_group
from photocompare.results.timing import TimingOptions

AGENTS = ("polidocanol", "sodium tetradecyl sulfate", "glucose")
STRENGTHS = {"polidocanol": (0.25, 0.5, 1.0), "sodium tetradecyl sulfate": (0.1, 0.2), "glucose": (75.0,)}
REGIONS = ("outer thigh", "inner knee", "calf")
REASONS = ("not_same_view", "blurred:before", "low_overlap glare:after", "registration_uncertain partial_overlap")


@dataclass(frozen=True)
class Practice:
    """How a made practice is: rows in all, patients' own spread and the spread within them, points; share lost to follow-up and refused."""

    rows: int = 2000
    seed: int = 1
    pairs_a_patient: float = 1.6
    operators: int = 12
    sites: int = 3
    mean: float = 76.0
    between_sd: float = 9.0
    within_sd: float = 8.0
    lost: float = 0.15
    refused: float = 0.1
    first_day: str = "2024-01-01"
    days: int = 730


def made_cohort(practice: Practice | None = None) -> pd.DataFrame:
    """A cohort as `read_cohort` gives it: one row a comparison, or a region without any."""
    p = practice or Practice()
    rng = np.random.default_rng(p.seed)
    n = p.rows
    patients = max(1, round(n / p.pairs_a_patient))
    patient = rng.integers(0, patients, n)
    own = rng.normal(p.mean, p.between_sd, patients)
    truth = np.clip(own[patient] + rng.normal(0, p.within_sd, n), 0, 100)
    error = rng.gamma(9.0, 0.6, n)
    length = np.round(np.clip(truth + rng.normal(0, error), 0, 100), 1)
    draw = rng.uniform(size=n)
    status = np.where(draw < p.lost, 3, np.where(draw < p.lost + p.refused, 2, np.where(draw < 0.6, 0, 1)))
    measured, followed = status < 2, status < 3
    days = np.where(followed, rng.choice([21, 45, 60, 70, 90, 120, 200], n), -1)
    baseline = np.datetime64(p.first_day, "D") + rng.integers(0, p.days, n)
    tone = rng.normal(35, 20, patients)[patient]
    agent = rng.integers(0, 3, n)
    strength = np.array([STRENGTHS[AGENTS[a]][k % len(STRENGTHS[AGENTS[a]])] for a, k in zip(range(3), range(3), strict=True)])
    options = TimingOptions()
    window = np.select(
        [~followed, days < options.interim_from_days, days < options.assessment_from_days, days < options.late_from_days],
        [0, 1, 2, 3],
        4,
    )

    def numbers(values: np.ndarray, known: np.ndarray = measured) -> np.ndarray:
        return np.where(known, values, np.nan)

    def words(codes: np.ndarray, names: tuple[str, ...] | list[str]) -> pd.Categorical:
        return pd.Categorical.from_codes(codes, list(names))

    groups = [*sorted({ita_group(float(v)) for v in (60, 50, 30, 20, 0, -40)}), ""]
    of_degree = np.array([groups.index(ita_group(float(v))) for v in np.arange(-90, 91)])
    tone_code = of_degree[np.clip(np.round(tone), -90, 90).astype(int) + 90]
    return pd.DataFrame(
        {
            "id": np.arange(1, n + 1),
            "region_id": np.arange(1, n + 1),
            "comparison_id": pd.array(np.where(followed, np.arange(1, n + 1), 0), dtype="Int64").copy(),
            "patient_id": patient + 1000,
            "leg": words(rng.integers(0, 2, n), ("left", "right")),
            "region": words(rng.integers(0, 3, n), REGIONS),
            "baseline_on": baseline.astype("datetime64[s]"),
            "treated_on": baseline.astype("datetime64[s]"),
            "follow_up_on": np.where(followed, baseline + days, np.datetime64("NaT")).astype("datetime64[s]"),
            "days": numbers(days, followed),
            "window": words(window, ("unknown", "too_early", "interim", "assessment", "late")),
            "operator": words(rng.integers(0, p.operators, n), [f"operator {k:03d}" for k in range(p.operators)]),
            "site": words(rng.integers(0, p.sites, n), [f"site {k}" for k in range(p.sites)]),
            "agent": words(agent, AGENTS),
            "concentration_percent": strength[agent] * rng.choice([1.0, 2.0], n),
            "form": words(rng.integers(0, 2, n), ("liquid", "foam")),
            "sessions": rng.integers(1, 4, n).astype(float),
            "compression_days": rng.choice([0.0, 7.0, 21.0], n),
            "ceap": words(rng.integers(0, 2, n), ("C1", "C2")),
            "vcss_before": rng.integers(0, 6, n).astype(float),
            "vcss_after": numbers(rng.integers(0, 4, n), followed),
            "status": words(status, ("comparable", "indicative", "not_comparable", "no_follow_up")),
            "method": words(np.zeros(n, int), ("made",)),
            "corrected": np.zeros(n, int),
            "reasons": words(np.where(status == 2, rng.integers(1, 5, n), 0), ("", *REASONS)),
            "photo_quality": words(np.where(followed, rng.choice(3, n, p=[0.7, 0.2, 0.1]), 3), ("good", "limited", "refused", "")),
            "ita": numbers(tone),
            "ita_group": words(np.where(measured, tone_code, len(groups) - 1), groups),
            "calibre": words(np.where(measured, rng.integers(0, 2, n), 2), ("telangiectasia", "reticular", "")),
            "baseline_mm": numbers(rng.gamma(4.0, 60.0, n)),
            "length": numbers(length),
            "length_low": numbers(np.clip(length - 1.959964 * error, 0, 100)),
            "length_high": numbers(np.clip(length + 1.959964 * error, 0, 100)),
            "telangiectasia": numbers(length),
            "telangiectasia_half_width": numbers(1.959964 * error),
            "reticular": numbers(np.clip(length - 5.0, 0, 100)),
            "reticular_half_width": numbers(1.959964 * error),
            "new_share": numbers(rng.gamma(1.0, 4.0, n)),
            "stained_share": numbers(rng.gamma(0.5, 5.0, n)),
        }
    )
