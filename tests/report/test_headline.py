"""The headline in words: what cleared, no change, and darker than before, in every language and with its interval."""

from __future__ import annotations

import re

import pytest

from photocompare.base.estimate import Estimate
from photocompare.report.words.headline import (
    clearance_number,
    headline_interval,
    headline_listed,
    headline_number,
    headline_of,
    headline_sentence,
    headline_within,
)
from photocompare.report.words.patient import patient_sentence
from photocompare.report.words.texts import LANGUAGES, texts
from photocompare.results.reference_band import ReferenceBandOptions
from photocompare.results.result_json import result_of
from tests.support.made_comparison import make_comparison

BAND = ReferenceBandOptions()
T, S = texts("en"), texts("es")


@pytest.mark.parametrize(
    ("value", "english", "spanish"),
    [
        (61.3, "61 %", "61 %"),
        (74.9, "74.9 %", "74.9 %"),
        (0.4, "No change", "Sin cambio"),
        (-0.49, "No change", "Sin cambio"),
        (-12.3, "Darker than before, 12 %", "Más oscuras que antes, 12 %"),
        (-140.0, "Darker than before, 140 %", "Más oscuras que antes, 140 %"),
    ],
)
def test_the_number_says_what_it_is(value: float, english: str, spanish: str) -> None:
    assert headline_number(value, BAND, T) == english
    assert headline_number(value, BAND, S) == spanish


@pytest.mark.parametrize(
    ("low", "high", "english", "spanish"),
    [
        (48.3, 72.0, "48 to 72 %", "48 a 72 %"),
        (-0.2, 3.1, "0 to 3 %", "0 a 3 %"),
        (-5.2, 12.1, "5 % darker to 12 % cleared", "5 % más oscuras a 12 % desaparecido"),
        (-5.2, 0.2, "5 % darker to no change", "5 % más oscuras a sin cambio"),
        (-20.0, -5.4, "5 to 20 % darker", "5 a 20 % más oscuras"),
    ],
)
def test_each_end_of_an_interval_says_what_it_is(low: float, high: float, english: str, spanish: str) -> None:
    assert headline_interval(low, high, T) == english
    assert headline_interval(low, high, S) == spanish


def test_sentences_and_lists_say_the_same() -> None:
    cleared, none, darker = Estimate(61.2, 48.3, 72.0, "%"), Estimate(0.1, -3.0, 4.0, "%"), Estimate(-12.3, -20.0, -5.0, "%")
    assert headline_sentence(cleared, BAND, T) == "61 % of the visible veins cleared (95 % interval: 48 to 72 %)."
    assert headline_sentence(none, BAND, T) == "No change in the visible veins (95 % interval: 3 % darker to 4 % cleared)."
    assert headline_sentence(darker, BAND, T) == "The visible veins are darker than before, 12 % (95 % interval: 5 to 20 % darker)."
    assert [headline_listed(e, BAND, T) for e in (cleared, none, darker)] == [
        "61 % cleared (48 to 72 %)",
        "No change (3 % darker to 4 % cleared)",
        "Darker than before, 12 % (5 to 20 % darker)",
    ]
    assert [headline_of(e.value, BAND, T) for e in (cleared, none)] == ["of the visible veins cleared", "in the visible veins"]
    assert headline_within(darker, S) == "Intervalo del 95 %: 5 a 20 % más oscuras"


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_is_below_0_is_never_a_negative_percentage(language: str) -> None:
    t = texts(language)
    for value in (-0.6, -12.3, -75.2, -140.0):
        length = Estimate(value, value - 9.0, value + 20.0, "%")
        result = result_of(make_comparison(length=length))
        told = [
            headline_number(value, BAND, t),
            clearance_number(value, t, 1),
            headline_sentence(length, BAND, t),
            headline_listed(length, BAND, t),
            headline_within(length, t),
            patient_sentence(result, t),
        ]
        assert not [line for line in told if re.search(r"[-−]\s?\d", line)]


def test_a_patient_is_told_in_plain_words() -> None:
    def told(value: float, low: float, high: float) -> str:
        return patient_sentence(result_of(make_comparison(length=Estimate(value, low, high, "%"))), T)

    assert told(61.2, 48.0, 72.0) == "About 6 of 10 of the visible spider veins are gone; between 48 and 72 %."
    assert told(3.0, -4.0, 9.0) == "Hardly any of the visible spider veins are gone so far; between 4 % darker and 9 % gone."
    assert told(0.2, -4.0, 0.3) == "The visible spider veins look the same as before; between 4 % darker and no change."
    assert told(-12.0, -20.0, -5.0) == "The visible spider veins look darker than before, 12 %; between 5 and 20 % darker."
