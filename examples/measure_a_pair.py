"""Measure the shipped sample pair: how much of the visible veins went, with its interval.

    python examples/measure_a_pair.py

prints

    indicative
    74.6 % of the visible vein length cleared (95 % interval 59 to 90 %)
    - No scale card was found; millimetres are assumed from a usual limb's width.
    - The time between the photos is unknown, so the result is not held against the benchmark.
    - The before photo was compressed again after it was taken.
    - The after photo was compressed again after it was taken.
"""

from pathlib import Path

from photocompare import compare, read_photo

SAMPLE = Path(__file__).parents[1] / "sample_images" / "good_result"

before, after = read_photo(SAMPLE / "before.jpg"), read_photo(SAMPLE / "after.jpg")
comparison = compare(before, after)

print(comparison.status)
if comparison.outcome is not None:
    length = comparison.outcome.length
    print(f"{length.value:.1f} % of the visible vein length cleared (95 % interval {length.low:.0f} to {length.high:.0f} %)")
for reason in comparison.reasons:
    print(f"- {reason.message}")
