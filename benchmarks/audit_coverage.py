"""How far the audit's statistics can be trusted: made cohorts with known truth, thousands of them.  The table stands in `docs/audit.md`.

python -m benchmarks.audit_coverage [--rounds 2000]
"""

from __future__ import annotations

import argparse
import time

import numpy as np
from scipy import stats

from photocompare.practice.agreement import intraclass_correlations, limits_of_agreement
from photocompare.practice.breakdown import Grouped
from photocompare.practice.figures import audit_figures
from photocompare.practice.funnel import funnel
from photocompare.practice.run_chart import run_signals
from photocompare.practice.statistics import Clusters, clustered_means, mean_estimates, rate_estimates
from photocompare.practice.true_clearance import true_clearance
from tests.support.made_cohort import Practice, made_cohort

BANDS = (-np.inf, 70.0), (70.0, 90.0), (90.0, np.inf)
"""Below, within and above the 70-90 % band."""

BETWEEN, WITHIN = 9.0, 7.0
"""Standard deviations between and within patients, points."""


def clustered(rng: np.random.Generator, patients: int) -> tuple[np.ndarray, np.ndarray]:
    """Clearances of patients with one to four pairs each."""
    who = np.repeat(np.arange(patients), rng.integers(1, 5, patients))
    return 75.0 + rng.normal(0, BETWEEN, patients)[who] + rng.normal(0, WITHIN, len(who)), who


def means_and_rates(rounds: int) -> None:
    """Coverage of means and responder rates by the number of patients."""
    for patients in (5, 8, 15, 40, 150):
        rng = np.random.default_rng(patients)
        held = np.zeros(4)
        for _ in range(rounds):
            values, who = clustered(rng, patients)
            found = mean_estimates(clustered_means(values, who))[0]
            held[0] += found.low <= 75.0 <= found.high
            for place, threshold in enumerate((65.0, 75.0, 90.0), 1):
                rate = rate_estimates(clustered_means((values >= threshold).astype(float), who))[0]
                held[place] += rate.low <= 100 * stats.norm.sf(threshold, 75.0, np.hypot(BETWEEN, WITHIN)) <= rate.high
        told = ", ".join(f"{100 * share:.1f} %" for share in held / rounds)
        print(f"{patients} patients: mean {told.split(', ')[0]}; rates of 81, 50 and 9 %: {', '.join(told.split(', ')[1:])}", flush=True)


def deconvolved(rounds: int) -> None:
    """Bias and coverage of the corrected responder rate, of the shares about the band, and of the true spread."""
    shapes = {
        "skewed": lambda rng, n: 100 * rng.beta(8, 3, n),
        "normal, cut at 100": lambda rng, n: np.clip(rng.normal(76, 11, n), 0, 100),
        "narrow": lambda rng, n: rng.normal(70, 3, n),
        "two groups": lambda rng, n: np.clip(np.where(rng.uniform(size=n) < 0.3, rng.normal(45, 10, n), rng.normal(85, 6, n)), 0, 100),
        "nearly all cleared": lambda rng, n: 100 * rng.beta(12, 1.2, n),
        "two halves": lambda rng, n: np.clip(np.where(rng.uniform(size=n) < 0.5, rng.normal(35, 8, n), rng.normal(78, 7, n)), 0, 100),
        "even": lambda rng, n: rng.uniform(30, 100, n),
        "an eighth fails": lambda rng, n: np.clip(
            np.where(rng.uniform(size=n) < 0.12, rng.uniform(0, 60, n), rng.normal(80, 8, n)), 0, 100
        ),
        "a quarter wholly cleared": lambda rng, n: np.where(rng.uniform(size=n) < 0.25, 100.0, np.clip(rng.normal(65, 12, n), 0, 100)),
    }
    for name, draw in shapes.items():
        for n in (200, 2000):
            rng = np.random.default_rng(n)
            large = draw(rng, 400_000)
            rate = 100 * np.mean(large >= 75)
            truths = np.array([rate, *(100 * np.mean((large >= low) & (large < high)) for low, high in BANDS), large.std()])
            held, values, raw = np.zeros(len(truths)), [], []
            for _ in range(rounds):
                true, errors = draw(rng, n), rng.gamma(8.0, 1.0, n)
                seen = np.clip(true + rng.normal(0, errors), 0, 100)
                found = true_clearance(seen, errors, np.arange(n))
                told = found.responders, found.below_band, found.within_band, found.above_band, found.true_sd
                held += [each.low <= truth <= each.high for each, truth in zip(told, truths, strict=True)]
                values.append(found.responders.value)
                raw.append(found.observed_responders)
            cover = [f"{100 * share:.0f}" for share in held / rounds]
            print(
                f"{name}, {n} pairs: true {rate:.1f} %, measured {np.mean(raw):.1f} %, corrected {np.mean(values):.1f} % "
                f"(covers {cover[0]} %); below, within, above the band cover {', '.join(cover[1:4])} %; spread {cover[4]} %",
                flush=True,
            )


def signals(rounds: int) -> None:
    """How often the run chart's rules and the funnel's limits are set off by nothing, and by something."""
    for months in (12, 24, 36):
        rng = np.random.default_rng(months)
        found = [run_signals(rng.normal(size=months)) for _ in range(rounds)]
        rates = [100 * np.mean([getattr(f, rule) for f in found]) for rule in ("shift", "few_crossings", "trend", "any")]
        half = months // 2
        drops = [
            100 * np.mean([run_signals(np.r_[rng.normal(size=half), rng.normal(-d, 1, half)]).any for _ in range(rounds // 2)])
            for d in (1, 2, 3)
        ]
        print(
            f"run chart of {months}: shift {rates[0]:.1f} %, few crossings {rates[1]:.1f} %, trend {rates[2]:.1f} %, any {rates[3]:.1f} %; "
            f"a drop of 1, 2, 3 standard deviations half-way: {drops[0]:.0f}, {drops[1]:.0f}, {drops[2]:.0f} %",
            flush=True,
        )
    for units, pairs in ((8, 40), (30, 40), (30, 200)):
        rng = np.random.default_rng(units + pairs)
        places: list[str] = []
        caught = 0
        tries = max(50, rounds // 10)
        for _ in range(tries):
            for bad in (False, True):
                who = np.repeat(np.arange(units * pairs // 2), 2)
                of = np.repeat(rng.permutation(np.resize(np.arange(units), units * pairs // 2)), 2)
                chance = np.clip(0.72 - 0.3 * bad * (of == 0) + rng.normal(0, 0.1, len(who) // 2)[who], 0, 1)
                responded = (rng.uniform(size=len(of)) < chance).astype(float)
                grouped = Grouped("operator", Clusters.of(who, of, units), [f"unit {k}" for k in range(units)], np.zeros(units, np.bool_))
                drawn = funnel(grouped, responded)
                assert drawn is not None
                if bad:
                    caught += any(u.name == "unit 0" and u.place == "low_998" for u in drawn.units)
                else:
                    places += [u.place for u in drawn.units]
        outside = 100 * np.mean([p != "within" for p in places])
        far = 100 * np.mean([p.endswith("998") for p in places])
        print(
            f"funnel of {units} units of {pairs} pairs: beyond 95 % limits {outside:.1f} %, beyond 99.8 % limits {far:.2f} %; "
            f"a unit 30 points worse is beyond the 99.8 % limit in {100 * caught / tries:.0f} %",
            flush=True,
        )


def agreement(rounds: int) -> None:
    """Coverage of intraclass correlations and of limits of agreement."""
    rng = np.random.default_rng(7)
    held = np.zeros(4)
    for _ in range(rounds):
        found = intraclass_correlations(rng.normal(0, 2, (30, 1)) + rng.normal(0, 0.7, (1, 4)) + rng.normal(0, 1, (30, 4)))
        sizes = rng.integers(1, 4, 25)
        subjects = np.repeat(np.arange(25), sizes)
        difference = 2.0 + rng.normal(0, 3, 25)[subjects] + rng.normal(0, 4, len(subjects))
        limits = limits_of_agreement(difference, np.zeros(len(subjects)), subjects)
        held += (
            found.absolute.low <= 4 / 5.49 <= found.absolute.high,
            found.consistency.low <= 0.8 <= found.consistency.high,
            limits.bias.low <= 2.0 <= limits.bias.high,
            limits.upper.low <= 2.0 + 1.959964 * 5.0 <= limits.upper.high,
        )
    print("ICC(2,1), ICC(3,1), mean difference, upper limit cover", ", ".join(f"{100 * h:.1f} %" for h in held / rounds), flush=True)


def seconds() -> None:
    """Time of all figures, by the clock and of the processor; they differ where the machine has other things to do."""
    for rows in (1_000, 100_000, 1_000_000):
        frame = made_cohort(Practice(rows=rows, operators=40))
        took = []
        for _ in range(5):
            start = time.perf_counter(), time.process_time()
            audit_figures(frame)
            took.append((time.perf_counter() - start[0], time.process_time() - start[1]))
        wall, processor = np.median(took, axis=0)
        print(f"all figures of {rows} rows: {wall:.2f} s, of the processor {processor:.2f} s", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=2000)
    rounds = parser.parse_args().rounds
    seconds()
    means_and_rates(rounds)
    signals(rounds)
    agreement(rounds)
    deconvolved(max(20, rounds // 10))


if __name__ == "__main__":
    main()
