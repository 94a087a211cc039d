"""Render a pair whose truth is known, measure it, and see how far the measurement is off.

    python examples/error_against_truth.py

prints

    measured 95.3 % (87 to 100), true 89.9 %
    the interval holds the truth
"""

from photocompare import compare, read_photo, simple_pair

pair = simple_pair("graded", seed=3, size=(900, 675), tone=0.03, clearance=0.6, stain=0.0)
comparison = compare(read_photo(pair.before_jpeg), read_photo(pair.after_jpeg))

true = pair.truth["observer"]["clearance_length"]
if comparison.outcome is None:
    print("refused:", *(reason.code for reason in comparison.reasons))
else:
    length = comparison.outcome.length
    print(f"measured {length.value:.1f} % ({length.low:.0f} to {length.high:.0f}), true {true:.1f} %")
    print("the interval holds the truth" if length.low <= true <= length.high else "the interval misses the truth")
