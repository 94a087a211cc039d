"""Numbers as people read them, in the marks of a language: the one place where a number becomes text.

A percentage is whole, a number never reads "-0", and what could not be measured is said so.
"""

from __future__ import annotations

from photocompare.base.estimate import Estimate
from photocompare.report.words.texts import Texts
from photocompare.results.reference_band import ReferenceBandOptions

_MOST_DIGITS = 6
"""Significant digits of a number that is written as short as it can be; no setting or figure has more."""


def decimal(value: float, digits: int, t: Texts) -> str:
    """A finite number with so many decimals and the language's decimal mark; never a negative zero."""
    return _marked(f"{value:z.{digits}f}", t)


def significant(value: float, digits: int, t: Texts) -> str:
    """A finite number with up to so many significant digits, without trailing zeros."""
    return _marked(f"{value:.{digits}g}", t)


def shortest(value: float, t: Texts) -> str:
    """A finite number as short as it can be written, such as a limit that was set; with a true minus sign."""
    return significant(value, _MOST_DIGITS, t).replace("-", "−")


def percent(value: float, t: Texts, digits: int = 0) -> str:
    """A finite percentage, in whole numbers unless digits are asked for."""
    return t("number.percent", value=decimal(value, digits, t))


def headline_digits(value: float, band: ReferenceBandOptions) -> int:
    """Decimals of a headline: none, or one where rounding would carry it over the band's ends or the responder mark."""
    crossed = any((value < mark) != (round(value) < mark) for mark in (band.low_percent, band.responder_percent))
    crossed = crossed or (value > band.high_percent) != (round(value) > band.high_percent)
    return 1 if crossed else 0


def signed(value: float, digits: int, t: Texts) -> str:
    """As `decimal`, with a true minus sign."""
    return decimal(value, digits, t).replace("-", "−")


def interval(low: float, high: float, t: Texts, digits: int = 0) -> str:
    """A 95 % interval of a percentage, both ends finite."""
    return t("number.interval", low=decimal(low, digits, t), high=percent(high, t, digits))


def with_interval(estimate: Estimate | None, t: Texts) -> str:
    """A percentage and its interval in brackets, or that it could not be measured."""
    if estimate is None or not estimate.ok:
        return t("result.not_measured")
    return f"{percent(estimate.value, t)} ({interval(estimate.low, estimate.high, t)})"


def _marked(number: str, t: Texts) -> str:
    return number.replace(".", t("number.decimal_mark"))
