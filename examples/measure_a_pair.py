"""Measure the shipped sample pair: how much of the visible veins went, with its interval.

    python examples/measure_a_pair.py

prints

    indicative
    83 % of the visible veins cleared (95 % interval: 75 to 91 %).
    - No scale card was found; millimetres are assumed from a usual limb's width.
    - The time between the photos is unknown, so the result is not held against the benchmark.
    - The before photo was compressed again after it was taken.
    - The after photo was compressed again after it was taken.
    - The before photo was measured on a reduced copy.
    - The after photo was measured on a reduced copy.
"""

from pathlib import Path

from photocompare import compare, read_photo
from photocompare.report.words.summary import headline
from photocompare.report.words.texts import texts
from photocompare.results.result_json import result_of

SAMPLE = Path(__file__).parents[1] / "sample_images" / "good_result"

before, after = read_photo(SAMPLE / "before.jpg"), read_photo(SAMPLE / "after.jpg")
comparison = compare(before, after)

print(comparison.status)
print(headline(result_of(comparison), texts("en")))
for reason in comparison.reasons:
    print(f"- {reason.message}")
