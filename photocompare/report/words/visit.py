"""What is said of a visit: its day, the leg and region, the treatment."""

from __future__ import annotations

import datetime as dt

from photocompare.report.words.numbers import significant
from photocompare.report.words.texts import Texts
from photocompare.results.timing import Timing
from photocompare.results.visit_details import VisitDetails

DAYS_PER_WEEK = 7

_CONCENTRATION_DIGITS = 3
"""Significant digits; agents come in steps of an eighth of a percent."""


def date_of(day: dt.date | None, t: Texts) -> str:
    """A day in words, or that none was given."""
    if day is None:
        return t("pdf.not_given")
    # French counts the first day of a month, and no other: "1er mars".
    return t("pdf.date_first" if day.day == 1 else "pdf.date", day=day.day, month=t(f"pdf.months.{day.month}"), year=day.year)


def place_of(details: VisitDetails, t: Texts) -> str:
    """Leg and region."""
    leg = t(f"pdf.visit.leg_{details.leg}") if details.leg else ""
    return ", ".join(part for part in (leg, details.region) if part) or t("pdf.not_given")


def visits_line(details: VisitDetails, timing: Timing, t: Texts) -> str:
    """Both visits in one line, as far as they are known: "Week 13 · Left leg, calf · Polidocanol 0.5 %"."""
    days = timing.days
    week = "" if days is None or days < 0 else t("result.weeks", n=days // DAYS_PER_WEEK)
    known = (details.patient_label, week, place_of(details, t), treatment_of(details, t))
    return " · ".join(part for part in known if part and part != t("pdf.not_given")) or t("compare.nothing_known")


def treatment_of(details: VisitDetails, t: Texts) -> str:
    """Sessions, agent and concentration."""
    number = {None: "", 0: t("pdf.visit.sessions_none"), 1: t("pdf.visit.sessions_one")}
    sessions = number.get(details.sessions, "") if details.sessions in number else t("pdf.visit.sessions", n=details.sessions)
    percent = details.concentration_percent
    strength = "" if percent is None else t("number.percent", value=significant(percent, _CONCENTRATION_DIGITS, t))
    agent = " ".join(part for part in (details.agent, strength) if part)
    return ", ".join(part for part in (sessions, agent) if part) or t("pdf.not_given")
