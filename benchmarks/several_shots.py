"""Do several photos of each visit narrow the interval, and does it still cover?  `python -m benchmarks.several_shots --legs 12`.

Each rendered leg is photographed three times a visit, from another pose, distance, light and camera each time.  Pairs of single photos
and the combination of all three are held against the leg's truth.
"""

from __future__ import annotations

import argparse
from dataclasses import replace

import numpy as np

from photocompare import read_photo
from photocompare.phantom.facts import HARD, STANDARD, draw_facts, draw_visit, stream
from photocompare.phantom.pair import render_pair
from photocompare.photo.reading import Photo
from photocompare.shots import compare_shots

SHOTS = 3
STRIDE = 7919
"""Between the seeds of two legs."""


def visits(seed: int) -> tuple[list[Photo], list[Photo], float]:
    """The photos of one leg before and after, and its true clearance of length in the first pair's shared field."""
    ranges = HARD if seed % 2 else STANDARD
    facts = draw_facts("graded", seed=seed, ranges=ranges)
    befores, afters, truths = [], [], []
    for shot in range(SHOTS):
        rng = stream(seed, f"shot {shot}")
        again = replace(facts, before=draw_visit(rng, ranges, facts.melanin, 0.3), after=draw_visit(rng, ranges, facts.melanin, 0.85))
        pair = render_pair(facts if shot == 0 else again)
        befores.append(read_photo(pair.before_jpeg))
        afters.append(read_photo(pair.after_jpeg))
        truths.append(float(pair.truth["observer"]["clearance_length"]))
    return befores, afters, truths[0]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--legs", type=int, default=12)
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    rows: list[list[tuple[float, float, bool]]] = []
    errors: list[list[float]] = []
    for leg in range(given.legs):
        befores, afters, truth = visits(given.seed + STRIDE * leg)
        result = compare_shots(befores, afters)
        singles = [shot.length for shot in result.shots if shot.length is not None]
        if result.outcome is None or len(singles) < SHOTS:
            print(f"leg {leg}: not every pair comparable", flush=True)
            continue
        one, many = singles[0], result.outcome.length
        rows.append([(e.value - truth, e.width, e.low <= truth <= e.high) for e in (one, many)])
        errors.append([e.value - truth for e in singles])
        print(
            f"leg {leg}: true {truth:.1f}; {', '.join(f'{e.value:.1f} ({e.low:.1f} to {e.high:.1f})' for e in singles)}; "
            f"together {many.value:.1f} ({many.low:.1f} to {many.high:.1f})",
            flush=True,
        )
    table = np.array(rows, float).reshape(-1, 2, 3)
    for k, name in enumerate(("one pair", f"{SHOTS} photos a visit")):
        error, width, covered = table[:, k].T
        print(
            f"{name}: legs {len(table)}, absolute error median {np.median(abs(error)):.1f}, largest {abs(error).max():.1f}, "
            f"width median {np.median(width):.1f}, truth held {int(covered.sum())}"
        )
    within = np.var(errors, axis=1, ddof=1).mean()
    shared = max(float(np.mean(np.square(errors)) - within), 0.0)
    print(f"of the squared error of a single pair, {100 * shared / (shared + within):.0f} % is shared by all pairs of a leg")


if __name__ == "__main__":
    main()
