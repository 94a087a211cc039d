"""The headline in words: how much of the visible veins went, that nothing changed, or how much darker they are than before.

A clearance below 0 is never told as a negative percentage of something that cleared; every place that shows the headline takes its words
from here.
"""

from __future__ import annotations

from photocompare.base.estimate import Estimate
from photocompare.report.words.numbers import decimal, headline_digits, interval, percent
from photocompare.report.words.texts import Texts
from photocompare.results.reference_band import ReferenceBandOptions

CLEARED, UNCHANGED, DARKER = "cleared", "unchanged", "darker"
"""What a headline says, by the number that is read."""


def headline_kind(value: float, digits: int = 0) -> str:
    """`CLEARED`, `UNCHANGED` or `DARKER`: what is read once the clearance is rounded."""
    rounded = round(value, digits)
    return CLEARED if rounded > 0 else DARKER if rounded < 0 else UNCHANGED


def clearance_number(value: float, t: Texts, digits: int = 0) -> str:
    """A clearance of length where it stands alone: "61 %", "No change" or "Darker than before, 12 %"."""
    return t(f"headline.number_{headline_kind(value, digits)}", percent=percent(abs(value), t, digits))


def headline_number(value: float, band: ReferenceBandOptions, t: Texts) -> str:
    """The headline where it stands alone; near the band's ends and the responder mark with its decimal, to agree with the verdict."""
    return clearance_number(value, t, headline_digits(value, band))


def headline_of(value: float, band: ReferenceBandOptions, t: Texts) -> str:
    """What stands beside the number: "of the visible veins cleared", or where nothing changed, or what is darker."""
    return t(f"headline.of_{headline_kind(value, headline_digits(value, band))}")


def headline_interval(low: float, high: float, t: Texts, digits: int = 0) -> str:
    """The interval, each end said as what it is: "48 to 72 %", "5 % darker to 12 % cleared", "5 to 20 % darker"."""
    kinds = headline_kind(low, digits), headline_kind(high, digits)
    if kinds[0] != DARKER:
        return interval(low, high, t, digits)
    below = percent(-low, t, digits)
    if kinds[1] == DARKER:
        return t("headline.interval_darker", low=decimal(-high, digits, t), high=below)
    if kinds[1] == UNCHANGED:
        return t("headline.interval_to_none", low=below)
    return t("headline.interval_over_none", low=below, high=percent(high, t, digits))


def headline_within(length: Estimate, t: Texts) -> str:
    """The 95 % interval of the headline, named as such."""
    return t("result.interval", interval=headline_interval(length.low, length.high, t))


def headline_sentence(length: Estimate, band: ReferenceBandOptions, t: Texts) -> str:
    """The headline with its interval as one sentence."""
    return _said("sentence", length, band, t)


def headline_listed(length: Estimate, band: ReferenceBandOptions, t: Texts) -> str:
    """The headline with its interval as an entry of a list: "61 % cleared (48 to 72 %)"."""
    return _said("listed", length, band, t)


def _said(how: str, length: Estimate, band: ReferenceBandOptions, t: Texts) -> str:
    digits = headline_digits(length.value, band)
    within = headline_interval(length.low, length.high, t)
    said = percent(abs(length.value), t, digits)
    return t(f"headline.{how}_{headline_kind(length.value, digits)}", percent=said, interval=within)
