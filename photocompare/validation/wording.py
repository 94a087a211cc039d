"""Figures in words."""

from __future__ import annotations

from photocompare.report.words.numbers import decimal
from photocompare.report.words.texts import texts
from photocompare.validation.measures import Figure

_DIGITS = {"points": 1, "share": 1, "mm": 2, "mm2": 1, "units": 2, "ratio": 2, "%": 1}
"""Digits after the point that a figure of that unit can mean."""

_OTHERWISE = 2


def number(value: float, unit: str) -> str:
    """A value with the digits of its unit; shares as percentages; in English, as all of the report."""
    return decimal(100 * value if unit == "share" else value, _DIGITS.get(unit, _OTHERWISE), texts("en"))


def told(figure: Figure) -> str:
    """The figure with its interval, or that there were too few numbers for it."""
    if not figure.ok:
        return f"too few (n = {figure.n})"
    suffix = " %" if figure.unit in ("share", "%") else ""
    value = number(figure.value, figure.unit)
    if figure.method.startswith("one-sided"):
        return f"{round(figure.value * figure.n)} of {figure.n} (at most {number(figure.high, figure.unit)} %)"
    if not figure.has_interval:
        return f"{value}{suffix}"
    return f"{value}{suffix} ({number(figure.low, figure.unit)} to {number(figure.high, figure.unit)})"
