"""What a patient reads: one sentence, the place on the usual course, what comes next.  Plain words, no diagnosis."""

from __future__ import annotations

from photocompare.base.estimate import Estimate
from photocompare.report.words.headline import CLEARED, DARKER, UNCHANGED, headline_kind
from photocompare.report.words.numbers import decimal, percent
from photocompare.report.words.texts import Texts
from photocompare.results.result import CONTRACT, Result

COURSE_DAYS = {"days": 0, "weeks": 14, "months": 56, "later": 91, "half_year": 183}
"""The steps of the usual course and the day each begins (chart review of 809 patients, 2014-2023; Dermatol Surg 1995;21:19): bruises and
swelling, trapped blood, the assessment of spider veins, that of larger branches with stains fading, and the end of both."""

_WORTH_A_WORD_PERCENT = 5.0
"""Share of the assessed length that is spoken of: two readers of the same photos differ by that at least."""

WIDE_PERCENT = 25.0
"""Width of an interval from which a range is told first: a quarter of the veins.  Assumed; "6 of 10" claims a tenth either way."""

FRACTIONS = {
    "none": 0.0,
    "tenth": 10.0,
    "fifth": 20.0,
    "quarter": 25.0,
    "third": 100.0 / 3.0,
    "two_fifths": 40.0,
    "half": 50.0,
    "three_fifths": 60.0,
    "two_thirds": 200.0 / 3.0,
    "three_quarters": 75.0,
    "four_fifths": 80.0,
    "nine_tenths": 90.0,
    "all": 100.0,
}
"""Shares that have a word of their own, in percent."""

HELPED_BY = {
    "same_photo": "other_photo",
    "dates_reversed": "order",
    "not_same_view": "view",
    "mirrored": "mirrored",
    "low_overlap": "view",
    "registration_uncertain": "view",
    "no_veins_before": "veins",
    "relief_only": "veins",
    "interval_too_wide": "closer",
    "veins_out_of_view": "view",
    "implausible_veins": "focus",
    "no_skin": "closer",
    "blurred": "focus",
    "too_dark": "more_light",
    "too_bright": "soft_light",
    "glare": "soft_light",
    "low_detail": "closer",
}
"""Why a pair was refused to what would help, in a patient's words."""

WORSE_STEPS = ("days", "weeks")
"""Steps in which a treated leg often looks worse than before."""


def course_step(result: Result) -> str:
    """The step of `COURSE_DAYS` that the after photo was taken in; "unknown" without dates."""
    days = result.timing.days
    if days is None or days < 0:
        return "unknown"
    return [step for step, begins in COURSE_DAYS.items() if days >= begins][-1]


def patient_sentence(result: Result, t: Texts) -> str:
    """The result in one plain sentence."""
    length = result.length
    if length is None:
        return t("consult.refused")
    between = _range(length, t)
    if length.high - length.low > WIDE_PERCENT and (wide := _wide_range(length, between, t)):
        return wide
    said = headline_kind(length.value)
    if said == UNCHANGED:
        return t("consult.unchanged", range=between)
    if said == DARKER:
        return t("consult.darker", percent=percent(-length.value, t), range=between)
    tenths = round(length.value / 10)
    kind = {0: "hardly", 10: "nearly_all"}.get(tenths, "of_ten")
    return t(f"consult.{kind}", n=tenths, range=between)


def _range(length: Estimate, t: Texts) -> str:
    """The interval, each end said as what it is."""
    low, high = headline_kind(length.low), headline_kind(length.high)
    below, above = decimal(abs(length.low), 0, t), decimal(abs(length.high), 0, t)
    if low != DARKER:
        return t("consult.range", low=below, high=above)
    if high == DARKER:
        return t("consult.range_darker", low=above, high=below)
    return t("consult.range_over_none", low=below, high=above) if high == CLEARED else t("consult.range_to_none", low=below)


def _wide_range(length: Estimate, between: str, t: Texts) -> str:
    """A wide interval as a range in words; empty where next to nothing cleared at its upper end."""
    low, high = _fraction(length.low), _fraction(length.high)
    if high == "none":
        return ""
    kind = "over_none" if headline_kind(length.low) == DARKER else "at_most" if low == "none" else "at_least" if high == "all" else "both"
    return t(f"consult.wide_{kind}", low=t(f"consult.fraction_{low}"), high=t(f"consult.fraction_{high}"), range=between)


def _fraction(percent: float) -> str:
    """The nearest share that has a word of its own."""
    return min(FRACTIONS, key=lambda name: abs(FRACTIONS[name] - percent))


def what_would_help(result: Result, t: Texts) -> list[str]:
    """What would let a refused pair be compared, each thing once; of a measured pair nothing."""
    kinds = dict.fromkeys(HELPED_BY[reason.code] for reason in result.reasons if reason.code in HELPED_BY)
    return [] if result.measured else [t(f"consult.help_{kind}") for kind in kinds]


def notes_for_patient(result: Result, t: Texts) -> list[str]:
    """Sentences that belong beside the number: how sure it is, stains, new veins, what looks worse; without one, what that is about."""
    if not result.measured:
        return [t("consult.about_photos")]
    step = course_step(result)
    notes = [t("consult.drawn_field")] if result.within_drawn_field else []
    notes += [] if result.contract == CONTRACT else [t("consult.earlier")]
    if step in WORSE_STEPS:
        notes.append(t("consult.looks_worse"))
    if result.status == "indicative":
        notes.append(t("consult.not_sure"))
    if (result.share("stained") or 0.0) > _WORTH_A_WORD_PERCENT:
        notes.append(t("consult.stains"))
    if (result.share("new") or 0.0) > _WORTH_A_WORD_PERCENT:
        notes.append(t("consult.new_veins"))
    return notes


def next_steps(result: Result, t: Texts) -> str:
    """What comes next, for the step of the course."""
    if not result.measured:
        return t("course.next_refused")
    return t(f"course.next_{course_step(result)}")


def course(t: Texts) -> list[tuple[str, str, str]]:
    """The usual course: step, when, and what is seen then."""
    return [(step, t(f"course.when_{step}"), t(f"course.seen_{step}")) for step in COURSE_DAYS]


EMERGENCIES = 2
"""How many of `reasons_to_call` are for the emergency number; they come first."""


def reasons_to_call(t: Texts) -> list[str]:
    """What a patient is told to report at once; the first ones are emergencies."""
    return [t(f"call.{name}") for name in ("breath", "brain", "calf", "infection", "skin")]


def calls(t: Texts) -> tuple[tuple[str, list[str]], ...]:
    """`reasons_to_call` under their headings: the emergency number, the clinic."""
    everything = reasons_to_call(t)
    return (t("consult.emergency"), everything[:EMERGENCIES]), (t("consult.call"), everything[EMERGENCIES:])
