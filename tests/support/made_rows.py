"""Rows of a study as they might come out, drawn without rendering anything."""

from __future__ import annotations

import numpy as np

from photocompare.validation.observe import conditions_of
from photocompare.validation.plan import StudyPlan, planned_pairings, planned_pairs
from photocompare.validation.rows import Compared, Row

SPREAD = {"length": 3.0, "area": 4.0, "contrast": 4.0, "net_change": 5.0, "telangiectasia": 5.0, "reticular": 6.0}
"""Standard deviation of each number's error, points; its interval is 1.96 of them either way."""


def make_rows(pairs: int, mismatches: int = 0, *, seed: int = 1, refused: frozenset[int] = frozenset()) -> list[Row]:
    """Rows of a study in which the good pairs in `refused` got no number and all bad ones none either."""
    rng = np.random.default_rng(seed)
    plan = StudyPlan(pairs, seed, mismatches)
    cases = planned_pairs(plan)
    rows = []
    for case in cases:
        facts = case.facts
        good = case.expect == "measure" and case.number not in refused
        truth = 100 * facts.clearance if facts.kind == "graded" else 0.0
        known = [n for n in SPREAD if case.scale_given or n not in ("telangiectasia", "reticular")]
        true_p95 = float(rng.uniform(0.2, 0.5))
        rows.append(
            Row(
                key=f"pair {case.number}",
                role="pair",
                kind=facts.kind,
                why=facts.why if case.expect == "refuse" else "",
                ranges=case.ranges,
                number=case.number,
                seed=facts.seed,
                expect=case.expect,
                status="indicative" if good else "not_comparable",
                refusals=() if good else ("not_same_view",),
                skin_group=("tan" if facts.melanin > 0.05 else "light") if good else "",
                conditions=conditions_of(case),
                numbers={n: _drawn(rng, -truth if n == "net_change" else truth, SPREAD[n]) for n in known} if good else {},
                figures={"tre_median_mm": true_p95 / 4, "tre_p95_mm": true_p95, "tre_claimed_p95_mm": 1.5 * true_p95} if good else {},
            )
        )
    told = ("pairing", "pairing", "other", "mixed")
    wrong = [Row(f"pairing {p.number}", *told, p.number, 0, "refuse", "not_comparable", ("x",)) for p in planned_pairings(plan, cases)]
    return [*rows, *wrong]


def _drawn(rng: np.random.Generator, true: float, spread: float) -> Compared:
    value = float(true + spread * rng.normal())
    return Compared(true, value, value - 1.96 * spread, value + 1.96 * spread)
