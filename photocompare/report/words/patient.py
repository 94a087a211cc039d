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


def notes_for_patient(result: Result, t: Texts) -> list[str]:
    """Sentences that belong beside the number: how sure it is, stains, new veins, what looks worse."""
    if not result.measured:
        return []
    step = course_step(result)
    notes = [] if result.contract == CONTRACT else [t("consult.earlier")]
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
