"""Numbers as text: whole percentages, the language's marks, no negative zero, and a headline that agrees with its verdict."""

from __future__ import annotations

import pytest

from photocompare.base.estimate import Estimate
from photocompare.report.words.numbers import decimal, headline_digits, interval, percent, signed, significant, with_interval
from photocompare.report.words.texts import Texts, texts
from photocompare.results.reference_band import ReferenceBandOptions

T = texts("en")
BAND = ReferenceBandOptions()
COMMA = Texts(
    "xx",
    {"number.decimal_mark": ",", "number.percent": "{value} %", "number.interval": "{low} a {high}", "result.not_measured": "nada"},
)


@pytest.mark.parametrize(
    ("value", "digits", "shown"), [(0.1296, 3, "0.130"), (-0.04, 1, "0.0"), (-0.4, 0, "0"), (-12.5, 0, "-12"), (2.0, 1, "2.0")]
)
def test_a_number_has_its_decimals_and_no_negative_zero(value: float, digits: int, shown: str) -> None:
    assert decimal(value, digits, T) == shown
    assert decimal(value, digits, COMMA) == shown.replace(".", ",")


def test_a_signed_number_has_a_true_minus_sign() -> None:
    assert [signed(value, 1, COMMA) for value in (-2.34, -0.04, 2.34)] == ["−2,3", "0,0", "2,3"]


def test_significant_digits_have_no_trailing_zeros() -> None:
    assert [significant(value, 3, COMMA) for value in (0.5, 0.125, 3.0, 12.3456)] == ["0,5", "0,125", "3", "12,3"]


def test_a_percentage_is_whole_unless_digits_are_asked_for() -> None:
    assert [percent(value, T) for value in (81.5, -0.3, -31.6, 100.0)] == ["82 %", "0 %", "-32 %", "100 %"]
    assert percent(81.52, COMMA, 1) == "81,5 %"


@pytest.mark.parametrize(
    ("value", "shown"), [(69.6, "69.6 %"), (69.4, "69 %"), (74.9, "74.9 %"), (75.2, "75 %"), (90.3, "90.3 %"), (90.6, "91 %")]
)
def test_the_headline_keeps_its_decimal_where_rounding_would_carry_it_over_a_mark(value: float, shown: str) -> None:
    assert percent(value, T, headline_digits(value, BAND)) == shown
    assert headline_digits(value, ReferenceBandOptions(low_percent=10, high_percent=20, responder_percent=15)) == 0


def test_an_interval_stands_in_the_languages_words() -> None:
    assert interval(-0.2, 12.4, T) == "0 to 12 %"
    assert interval(-0.2, 12.44, COMMA, 1) == "-0,2 a 12,4 %"
    assert with_interval(Estimate(81.5, 76.0, 86.2, "%"), COMMA) == "82 % (76 a 86 %)"
    assert with_interval(Estimate.failed("%"), COMMA) == with_interval(None, COMMA) == "nada"
