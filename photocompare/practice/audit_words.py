"""What the audit's pages and printouts say: numbers, groups, filters and signals in the words of a language."""

from __future__ import annotations

import datetime as dt
import math
import re

from photocompare.base.estimate import Estimate
from photocompare.practice.cohort import CohortFilter
from photocompare.practice.figures import AuditFigures
from photocompare.practice.funnel import Funnel
from photocompare.practice.run_chart import RunSignals
from photocompare.report.words import numbers
from photocompare.report.words.headline import clearance_number, headline_interval
from photocompare.report.words.joining import listed, named
from photocompare.report.words.texts import Texts
from photocompare.report.words.visit import date_of

DASH = "–"
"""In place of a number that there is not."""

_STRENGTH = re.compile(r"(\d[\d.e+-]*) %$")
"""What an agent's name ends with in a group of `photocompare.practice.breakdown`."""

_DIGITS = 1
"""Decimals of the audit's numbers: with hundreds of pairs an interval is a few points wide."""


def number(value: float, t: Texts) -> str:
    """A number without a unit; a dash where there is none."""
    return numbers.decimal(value, _DIGITS, t) if math.isfinite(value) else DASH


def counted(name: str, count: int, t: Texts) -> str:
    """So many patients, regions or comparisons, in the singular where it is one."""
    return t(f"audit_step.{name}_one") if count == 1 else t(f"audit_step.{name}", n=count)


def percent(value: float, t: Texts) -> str:
    """A percentage; a dash where there is none."""
    return numbers.percent(value, t, _DIGITS) if math.isfinite(value) else DASH


def interval(low: float, high: float, t: Texts) -> str:
    """An interval of a percentage; a dash where there is none."""
    return numbers.interval(low, high, t, _DIGITS) if math.isfinite(low) else DASH


def with_interval(estimate: Estimate, t: Texts) -> str:
    """A percentage and its interval in brackets; a dash where there is none."""
    return f"{percent(estimate.value, t)} ({interval(estimate.low, estimate.high, t)})" if estimate.ok else DASH


def clearance(estimate: Estimate, t: Texts) -> str:
    """A mean clearance and its interval in brackets, below 0 in words; a dash where there is none."""
    return f"{clearance_value(estimate.value, t)} ({clearance_interval(estimate.low, estimate.high, t)})" if estimate.ok else DASH


def clearance_value(value: float, t: Texts) -> str:
    """A clearance, below 0 in words; a dash where there is none."""
    return clearance_number(value, t, _DIGITS) if math.isfinite(value) else DASH


def clearance_interval(low: float, high: float, t: Texts) -> str:
    """From one clearance to another, each end as what it is; a dash where there is none."""
    return headline_interval(low, high, t, _DIGITS) if math.isfinite(low) else DASH


def word(column: str, name: str, t: Texts) -> str:
    """A recorded word as people read it: the tool's own words in the language, names as they were typed."""
    if not name:
        return t("audit.no_value")
    if column in ("leg", "form", "calibre", "ita_group", "status"):
        key = name.replace(" ", "_")
        return t(f"audit_word.{key}") if f"audit_word.{key}" in t.entries else name
    if column == "concentration":
        return _STRENGTH.sub(lambda found: t("number.percent", value=numbers.shortest(float(found[1]), t)), name)
    return name


def period(figures: AuditFigures, t: Texts) -> str:
    """From when to when; the days asked for, else those of the cohort."""
    since, until = figures.wanted.since or figures.first_day, figures.wanted.until or figures.last_day
    if since is None or until is None:
        return t("audit.nobody")
    said = t("audit.period", since=date_of(since, t), until=date_of(until, t))
    day: dt.date | None = figures.completeness.as_of
    return said if day is None else f"{said}. {t('audit.as_of', day=date_of(day, t))}."


def filtered(wanted: CohortFilter, t: Texts) -> str:
    """What a filter asks for beside the days; empty where it asks for nothing."""
    told = [
        named(t(f"audit_dimension.{column}"), ", ".join(word(column, name, t) for name in names), t)
        for column, names in wanted.words.items()
        if names
    ]
    for dimension, column in (("concentration", "concentration_percent"), ("sessions", "sessions")):
        least, most = wanted.ranges[column]
        if least is not None or most is not None:
            told.append(named(t(f"audit_dimension.{dimension}"), _range(least, most, t), t))
    return t("audit.filtered", what=listed(told, t)) if told else ""


def _range(least: float | None, most: float | None, t: Texts) -> str:
    low, high = ("" if v is None else numbers.significant(v, 6, t) for v in (least, most))
    if not low:
        return t("audit.at_most", high=high)
    return t("audit.from_to", low=low, high=high) if high else t("audit.at_least", low=low)


def run_words(signals: RunSignals, t: Texts) -> list[str]:
    """What the rules say of a run chart."""
    if not signals.applied:
        return [t("audit_run.too_short")]
    told = []
    if signals.shift:
        told.append(t("audit_run.shift", n=signals.longest_run, most=signals.most_expected))
    if signals.few_crossings:
        told.append(t("audit_run.few_crossings", n=signals.crossings, fewest=signals.fewest_expected))
    if signals.trend:
        told.append(t("audit_run.trend", n=signals.longest_trend))
    return told or [t("audit_run.none")]


def funnel_words(funnel: Funnel, t: Texts) -> list[str]:
    """What a funnel shows."""
    beyond = [unit.name for unit in funnel.units if unit.place in ("low_998", "high_998")]
    inside = sum(unit.place == "within" for unit in funnel.units)
    told = [t("audit_funnel.within", n=inside, total=len(funnel.units))]
    if beyond:
        told.append(t("audit_funnel.beyond", names=", ".join(beyond)))
    few = sum(unit.place == "few" for unit in funnel.units)
    if few:
        told.append(t("audit_funnel.few", n=few))
    if funnel.overdispersion > 1.0:
        told.append(t("audit_funnel.spread", value=number(math.sqrt(funnel.overdispersion), t)))
    if funnel.hidden_units:
        told.append(t("audit_funnel.hidden", n=funnel.hidden_units))
    return told


def notes(figures: AuditFigures, t: Texts) -> list[str]:
    """How the figures are to be read."""
    others = [t("audit_note.other_methods", n=figures.other_methods)] if figures.other_methods else []
    drawn = [t("audit_note.drawn_fields", n=figures.drawn_fields)] if figures.drawn_fields else []
    return [
        t("audit_note.counted"),
        *others,
        *drawn,
        t("audit_note.intervals"),
        t("audit_note.error"),
        t("audit_note.band"),
        t("audit_note.cases"),
        t("audit_note.small", n=figures.options.least_patients),
    ]
