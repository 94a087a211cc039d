"""The way from everyone who was treated to those with an outcome, and why some fall out of it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from photocompare.base.flags import REGISTRY
from photocompare.practice.cohort import REFUSED, Cohort, distinct, measured
from photocompare.records.schema import NO_FOLLOW_UP

STEPS = ("everyone", "followed", "measured", "in_window")


@dataclass(frozen=True)
class FlowStep:
    """How many are left at a step.

    Parameters
    ----------
    name : str
        One of `STEPS`: everyone treated; those with a follow-up photo that was compared; those with a number; those with a
        number in time for an outcome.
    patients, regions, comparisons : int
        A patient or a region is left as long as one of its comparisons is.
    """

    name: str
    patients: int
    regions: int
    comparisons: int


@dataclass(frozen=True)
class ReasonCount:
    """How often a reason was given.

    Parameters
    ----------
    code : str
        A code of `photocompare.base.flags.REGISTRY`, or what the record says where the registry no longer knows it.
    which : str
        "before", "after" or "" for the pair.
    severity : str
        "refuse", "degrade", "note", or "" for an unknown code.
    refused, patients : int or None
        Comparisons without a number that give this reason, and their patients; None where they are fewer patients than may be shown.
    """

    code: str
    which: str
    severity: str
    refused: int | None
    patients: int | None


@dataclass(frozen=True)
class Flow:
    """The steps in order, how each comparison ended, and the reasons of those refused, most frequent first."""

    steps: tuple[FlowStep, ...]
    statuses: dict[str, int]
    reasons: tuple[ReasonCount, ...]


def flow(cohort: Cohort, outcomes: Cohort, *, least_patients: int) -> Flow:
    """Count everyone, step by step.

    Parameters
    ----------
    cohort : Cohort
    outcomes : Cohort
        Its comparisons that count as outcomes.
    least_patients : int
        A reason of fewer patients is named without its counts.
    """
    followed = cohort.part(~cohort.has("status", (NO_FOLLOW_UP,)))
    parts = dict(zip(STEPS, (cohort, followed, measured(followed), outcomes), strict=True))
    codes, words = cohort.words("status")
    counts = np.bincount(codes, minlength=len(words))
    return Flow(
        tuple(_step(name, part, followed if part is cohort else part) for name, part in parts.items()),
        {word: int(count) for word, count in zip(words, counts, strict=True) if word},
        _reasons(cohort.part(cohort.has("status", (REFUSED,))), least_patients),
    )


def _step(name: str, part: Cohort, compared: Cohort) -> FlowStep:
    return FlowStep(name, distinct(part.patients), distinct(part.regions), len(compared))


def _reasons(refused: Cohort, least_patients: int) -> tuple[ReasonCount, ...]:
    """Each reason that refuses; of a comparison that names none that refuses, all of its reasons."""
    codes, words = refused.words("reasons")
    used = np.bincount(codes, minlength=len(words)) > 0
    named: dict[str, list[int]] = {}
    for place in np.flatnonzero(used):
        for reason in _refusing(words[place]):
            named.setdefault(reason, []).append(int(place))
    counted = []
    for reason, places in named.items():
        has = np.zeros(len(words), np.bool_)
        has[places] = True
        rows = has[codes]
        counted.append((reason, int(np.count_nonzero(rows)), distinct(refused.patients[rows])))
    counted.sort(key=lambda found: (-found[1], found[0]))
    return tuple(_counted(*found, least_patients=least_patients) for found in counted)


def _refusing(text: str) -> list[str]:
    found = list(dict.fromkeys(text.split()))
    refusing = [reason for reason in found if _severity(reason.partition(":")[0]) == "refuse"]
    return refusing or found


def _severity(code: str) -> str:
    return REGISTRY[code].severity.value if code in REGISTRY else ""


def _counted(reason: str, comparisons: int, patients: int, *, least_patients: int) -> ReasonCount:
    code, _, which = reason.partition(":")
    shown = patients >= least_patients
    return ReasonCount(code, which, _severity(code), comparisons if shown else None, patients if shown else None)
