"""What a patient reads: plain tenths, the place on the usual course, nothing of a number where there is none."""

from __future__ import annotations

import dataclasses
import datetime as dt
import math
import re

import pytest

from photocompare.base.estimate import Estimate
from photocompare.base.flags import REGISTRY, Severity
from photocompare.report.files.dossier_making import dossier_of
from photocompare.report.words.patient import (
    COURSE_DAYS,
    EMERGENCIES,
    HELPED_BY,
    WIDE_PERCENT,
    course,
    course_step,
    next_steps,
    notes_for_patient,
    patient_sentence,
    reasons_to_call,
    what_would_help,
)
from photocompare.report.words.texts import LANGUAGES, texts
from photocompare.results.redated import redated
from photocompare.results.result import Result
from photocompare.results.timing import TimingOptions
from tests.support.made_comparison import NO_SCALE, make_comparison
from tests.support.made_result import with_length

T = texts("en")
RESULT = dossier_of(make_comparison()).result
REFUSED = dossier_of(make_comparison("not_same_view")).result
FIRST_DAY = dt.date(2026, 3, 2)
INDICATIVE = next(flag.code for flag in REGISTRY.values() if flag.severity is Severity.DEGRADE)


def cleared(percent: float, low: float, high: float) -> Result:
    return with_length(RESULT, Estimate(percent, low, high, "%"))


def after(days: int | None) -> Result:
    return redated(RESULT, FIRST_DAY, None if days is None else FIRST_DAY + dt.timedelta(days), options=TimingOptions())


def with_fates(**mm: float) -> Result:
    return dataclasses.replace(after(84), fates=dict.fromkeys(RESULT.fates, 0.0) | {"cleared": 100.0} | mm)


# --- the sentence


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("tenths", range(1, 10))
def test_tenths_are_those_nearest_to_the_number(tenths: int, language: str) -> None:
    t = texts(language)
    for percent in (10 * tenths - 4.9, 10 * tenths, 10 * tenths + 4.9):
        said = patient_sentence(cleared(percent, percent - 5.0, percent + 5.0), t)
        between = t("consult.range", low=round(percent - 5.0), high=round(percent + 5.0))
        assert said == t("consult.of_ten", n=tenths, range=between)


def test_the_sentence_of_the_sample_of_the_contract() -> None:
    assert patient_sentence(cleared(81.0, 76.0, 86.0), T) == "About 8 of 10 of the visible spider veins are gone; between 76 and 86 %."


@pytest.mark.parametrize(
    ("percent", "kind"), [(0.0, "unchanged"), (0.6, "hardly"), (4.9, "hardly"), (95.1, "nearly_all"), (100.0, "nearly_all")]
)
def test_nothing_and_everything_are_said_in_words(percent: float, kind: str) -> None:
    said = patient_sentence(cleared(percent, max(0.0, percent - 3.0), min(100.0, percent + 3.0)), T)
    assert said.startswith(T(f"consult.{kind}").split(";")[0])
    assert "of 10" not in said


def test_every_share_has_a_sentence_without_a_minus_or_a_missing_word() -> None:
    for percent in (tenth / 10 for tenth in range(1001)):
        said = patient_sentence(cleared(percent, max(0.0, percent - 8.0), min(100.0, percent + 8.0)), T)
        assert not re.search(r"[{}\-−]|nan|None", said), percent


@pytest.mark.parametrize(
    ("low", "high", "said"),
    [
        (49.0, 81.0, "Between half and four fifths of the visible spider veins are gone; between 49 and 81 %."),
        (2.0, 33.0, "Up to a third of the visible spider veins are gone; between 2 and 33 %."),
        (61.0, 99.0, "At least three fifths of the visible spider veins are gone; between 61 and 99 %."),
        (
            -20.0,
            26.0,
            "These photos leave it open: the visible spider veins may look darker than before, or up to a quarter of them may be gone; "
            "between 20 % darker and 26 % gone.",
        ),
    ],
)
def test_a_wide_interval_is_told_as_a_range_first(low: float, high: float, said: str) -> None:
    assert patient_sentence(cleared((low + high) / 2, low, high), T) == said


def test_a_narrow_interval_and_one_in_which_nothing_cleared_keep_their_sentence() -> None:
    assert patient_sentence(cleared(60.0, 60.0 - WIDE_PERCENT / 2, 60.0 + WIDE_PERCENT / 2), T).startswith("About 6 of 10")
    assert patient_sentence(cleared(-20.0, -40.0, 2.0), T).startswith("The visible spider veins look darker")


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_wide_range_has_a_sentence(language: str) -> None:
    t = texts(language)
    for low in range(-100, 75):
        for high in range(low + 26, 101):
            said = patient_sentence(cleared((low + high) / 2, low, high), t)
            assert not re.search(r"[{}\-−]|nan|None", said), (low, high)


# --- the course

STEPS = list(COURSE_DAYS)


@pytest.mark.parametrize("step", STEPS)
def test_a_step_begins_on_its_day(step: str) -> None:
    begins = COURSE_DAYS[step]
    assert course_step(after(begins)) == step
    if begins:
        assert course_step(after(begins - 1)) == STEPS[STEPS.index(step) - 1]


def test_beyond_the_last_step_is_still_the_last_and_without_dates_none() -> None:
    assert course_step(after(4000)) == STEPS[-1]
    assert course_step(after(None)) == "unknown"
    assert course_step(redated(RESULT, FIRST_DAY, FIRST_DAY - dt.timedelta(1), options=TimingOptions())) == "unknown"


def test_steps_follow_each_other_from_the_first_day() -> None:
    begins = list(COURSE_DAYS.values())
    assert begins[0] == 0
    assert begins == sorted(set(begins))


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_step_has_its_words(language: str) -> None:
    t = texts(language)
    assert [step for step, _, _ in course(t)] == STEPS
    words = [words for _, when, seen in course(t) for words in (when, seen)]
    words += [next_steps(after(days), t) for days in (*COURSE_DAYS.values(), None)]
    words += reasons_to_call(t)
    assert all(words)
    assert len(set(words)) == len(words)


# --- notes


@pytest.mark.parametrize(("step", "worse"), [("days", True), ("weeks", True), ("months", False), ("later", False), ("half_year", False)])
def test_a_leg_may_look_worse_in_the_first_weeks(step: str, worse: bool) -> None:
    assert (T("consult.looks_worse") in notes_for_patient(after(COURSE_DAYS[step]), T)) is worse


def test_an_uncertain_number_is_called_so() -> None:
    indicative = dossier_of(make_comparison(INDICATIVE)).result
    assert indicative.status == "indicative"
    assert T("consult.not_sure") in notes_for_patient(indicative, T)
    assert T("consult.not_sure") not in notes_for_patient(with_fates(), T)


@pytest.mark.parametrize(("fate", "note"), [("stained", "stains"), ("new", "new_veins")])
def test_stains_and_new_veins_are_told_from_a_twentieth_of_the_length_on(fate: str, note: str) -> None:
    assert T(f"consult.{note}") not in notes_for_patient(with_fates(**{fate: 4.9}), T)
    assert T(f"consult.{note}") in notes_for_patient(with_fates(**{fate: 6.0}), T)
    assert notes_for_patient(with_fates(**{fate: math.nan}), T) == []
    assert notes_for_patient(with_fates(**{"cleared": 0.0, fate: 0.0}), T) == []


def test_without_a_scale_the_shares_are_the_same() -> None:
    in_px = dossier_of(make_comparison(scale=NO_SCALE)).result
    assert notes_for_patient(in_px, T) == notes_for_patient(RESULT, T)


# --- a refused pair


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_refused_pair_has_no_number_and_is_about_the_photos(language: str) -> None:
    t = texts(language)
    assert patient_sentence(REFUSED, t) == t("consult.refused")
    assert next_steps(REFUSED, t) == t("course.next_refused")
    assert notes_for_patient(REFUSED, t) == [t("consult.about_photos")]
    assert what_would_help(REFUSED, t) == [t("consult.help_view")]
    assert not re.search(r"\d", " ".join([patient_sentence(REFUSED, t), next_steps(REFUSED, t), *what_would_help(REFUSED, t)]))


def test_every_refusal_is_helped_by_something_that_is_told_once() -> None:
    assert set(HELPED_BY) == {flag.code for flag in REGISTRY.values() if flag.severity is Severity.REFUSE}
    both = dossier_of(make_comparison("blurred:before", "blurred:after", "glare:after")).result
    assert what_would_help(both, T) == [T("consult.help_focus"), T("consult.help_soft_light")]
    assert what_would_help(RESULT, T) == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_word_to_a_patient_is_a_diagnosis_or_a_promise(language: str) -> None:
    t = texts(language)
    section = " ".join([*t.section("consult").values(), *t.section("course").values()]).lower()
    for word in ("thrombosis", "trombosis", "cured", "curad", "guarant", "garantiz", "insufficiency", "insuficiencia"):
        assert word not in section


def test_emergencies_come_first() -> None:
    first = " ".join(reasons_to_call(T)[:EMERGENCIES])
    assert "breath" in first
    assert "speaking" in first
    assert not any(word in " ".join(reasons_to_call(T)[EMERGENCIES:]) for word in ("breath", "chest", "speaking"))
