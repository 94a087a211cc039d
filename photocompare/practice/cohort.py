"""Who is counted: a practice's comparisons as columns, the filters on them, and the way from everyone to those with an outcome.

The frame has the columns of `photocompare.records.schema.CohortRow`: one row a comparison, and one with the status `no_follow_up` a treated
region without a comparison, so that nobody who never came back is forgotten.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from photocompare.base.colour import ITA_GROUPS
from photocompare.base.errors import UsageError
from photocompare.records.cohort_bytes import COLUMNS
from photocompare.records.schema import NO_FOLLOW_UP

Floats = NDArray[np.float64]
Codes = NDArray[np.intp]
Flags = NDArray[np.bool_]

REFUSED = "not_comparable"
MEASURED = ("comparable", "indicative")
STATUSES = (*MEASURED, REFUSED, NO_FOLLOW_UP)

_ORDERS = {"ita_group": [name for _, name in ITA_GROUPS]}
"""Words that have an order of their own; all others are sorted."""


@dataclass(frozen=True)
class CohortFilter:
    """Which rows are looked at; an empty tuple, or None, asks for everything.

    Parameters
    ----------
    since, until : datetime.date or None
        First and last day of the baseline, the day from which a patient is followed; so those who never came back are in it too.
    operators, sites, agents, forms, regions, legs : tuple of str
        Facts of the treatment; "" asks for rows where nothing was noted.
    calibres, ita_groups, statuses : tuple of str
        Facts of what was measured.  Regions without a measurement have neither calibre nor skin tone, and a filter on either leaves
        them out: the flow of such an audit begins with the measured.
    least_concentration, most_concentration : float or None
        Percent, both included.
    least_sessions, most_sessions : int or None
        Both included.

    Raises
    ------
    UsageError
        A range ends before it begins.
    """

    since: dt.date | None = None
    until: dt.date | None = None
    operators: tuple[str, ...] = ()
    sites: tuple[str, ...] = ()
    agents: tuple[str, ...] = ()
    forms: tuple[str, ...] = ()
    regions: tuple[str, ...] = ()
    legs: tuple[str, ...] = ()
    calibres: tuple[str, ...] = ()
    ita_groups: tuple[str, ...] = ()
    statuses: tuple[str, ...] = ()
    least_concentration: float | None = None
    most_concentration: float | None = None
    least_sessions: int | None = None
    most_sessions: int | None = None

    def __post_init__(self) -> None:
        if self.since is not None and self.until is not None and self.until < self.since:
            raise UsageError(
                f"The period ends on {self.until} before it begins on {self.since}; swap the two days.",
                code="period_reversed",
                since=self.since,
                until=self.until,
            )
        for what, least, most in (
            ("concentrations", self.least_concentration, self.most_concentration),
            ("sessions", self.least_sessions, self.most_sessions),
        ):
            if least is not None and most is not None and most < least:
                raise UsageError(
                    f"The range of {what} ends at {most:g} before it begins at {least:g}; swap the two.",
                    code="range_reversed",
                    least=f"{least:g}",
                    most=f"{most:g}",
                )

    @property
    def words(self) -> dict[str, tuple[str, ...]]:
        """Column of words to the words asked for."""
        return {
            "operator": self.operators,
            "site": self.sites,
            "agent": self.agents,
            "form": self.forms,
            "region": self.regions,
            "leg": self.legs,
            "calibre": self.calibres,
            "ita_group": self.ita_groups,
            "status": self.statuses,
        }

    @property
    def ranges(self) -> dict[str, tuple[float | None, float | None]]:
        """Column of numbers to the least and the most asked for."""
        return {
            "concentration_percent": (self.least_concentration, self.most_concentration),
            "sessions": (self.least_sessions, self.most_sessions),
        }


@dataclass(frozen=True, eq=False)
class Cohort:
    """Rows of a frame as plain columns; a part of it shares the frame.

    Parameters
    ----------
    frame : DataFrame
    rows : ndarray of int or None
        Which rows are in it; None for all.
    coded, keys : dict
        What was worked out for the whole frame already, shared by all parts.
    """

    frame: pd.DataFrame
    rows: Codes | None = None
    coded: dict[str, tuple[NDArray[np.integer[Any]], Codes, list[str]]] = field(default_factory=dict, repr=False)
    keys: dict[str, Codes] = field(default_factory=dict, repr=False)

    def __len__(self) -> int:
        return len(self.frame) if self.rows is None else len(self.rows)

    def part(self, kept: Flags) -> Cohort:
        """The rows for which `kept` is true."""
        if kept.all():
            return self
        chosen = np.flatnonzero(kept)
        return Cohort(self.frame, chosen if self.rows is None else self.rows[chosen], self.coded, self.keys)

    def numbers(self, column: str) -> Floats:
        """A column of numbers; NaN where there is none."""
        values = self.frame[column].to_numpy(dtype=np.float64, na_value=np.nan)
        return values if self.rows is None else values[self.rows]

    def days(self, column: str) -> NDArray[np.datetime64]:
        """A column of days; NaT where there is none."""
        values = self.frame[column].to_numpy()
        return (values if self.rows is None else values[self.rows]).astype("datetime64[D]")

    def words(self, column: str) -> tuple[Codes, list[str]]:
        """A column of words: the number of each row's word, and the words in order; a missing word is ""."""
        stored, place, words = self._coded(column)
        return place[stored if self.rows is None else stored[self.rows]], words

    def has(self, column: str, wanted: Sequence[str]) -> Flags:
        """Rows whose word is one of these."""
        stored, place, words = self._coded(column)
        asked = np.array([words[number] in wanted for number in place], np.bool_)
        return np.asarray(asked[stored if self.rows is None else stored[self.rows]], np.bool_)

    def _coded(self, column: str) -> tuple[NDArray[np.integer[Any]], Codes, list[str]]:
        if column not in self.coded:
            self.coded[column] = _coded(self.frame, column)
        return self.coded[column]

    @cached_property
    def patients(self) -> Codes:
        """Each row's patient, numbered from 0; not every number occurs in a part."""
        return self._keyed("patient_id")

    @cached_property
    def regions(self) -> Codes:
        """Each row's treated region, numbered from 0."""
        return self._keyed("region_id")

    def _keyed(self, column: str) -> Codes:
        if column not in self.keys:
            self.keys[column] = pd.factorize(self.frame[column].to_numpy())[0].astype(np.intp, copy=False)
        codes = self.keys[column]
        return codes if self.rows is None else codes[self.rows]


def _coded(frame: pd.DataFrame, column: str) -> tuple[NDArray[np.integer[Any]], Codes, list[str]]:
    """The frame's own codes, the place of each among the words in order, and those; a missing word, code -1, is "" and the first."""
    series = frame[column]
    if not isinstance(series.dtype, pd.CategoricalDtype):
        series = series.fillna("").astype("category")
    found = [str(word) for word in series.cat.categories]
    order = _ORDERS.get(column, [])
    words = sorted({*found, ""}, key=lambda word: (word != "", order.index(word) if word in order else len(order), word))
    number = {word: place for place, word in enumerate(words)}
    return series.cat.codes.to_numpy(), np.array([*(number[word] for word in found), 0], np.intp), words


def distinct(codes: Codes) -> int:
    """How many different numbers occur."""
    return int(np.count_nonzero(np.bincount(codes))) if len(codes) else 0


def select(frame: pd.DataFrame, wanted: CohortFilter | None = None) -> Cohort:
    """The rows that a filter asks for.

    Raises
    ------
    UsageError
        The frame lacks a column.
    """
    missing = set(COLUMNS) - set(frame.columns) - {"id"}
    if missing:
        raise UsageError(f"The cohort lacks the column {min(missing)}; read it with this version of the software.")
    cohort, wanted = Cohort(frame), wanted or CohortFilter()
    kept = np.ones(len(frame), np.bool_)
    for column, words in wanted.words.items():
        if words:
            kept &= cohort.has(column, words)
    for column, (least, most) in wanted.ranges.items():
        if least is not None or most is not None:
            values = cohort.numbers(column)
            kept &= (values >= (-np.inf if least is None else least)) & (values <= (np.inf if most is None else most))
    if wanted.since is not None or wanted.until is not None:
        day = cohort.days("baseline_on")
        kept &= ~np.isnat(day)
        if wanted.since is not None:
            kept &= day >= np.datetime64(wanted.since)
        if wanted.until is not None:
            kept &= day <= np.datetime64(wanted.until)
    return cohort.part(kept)


def measured(cohort: Cohort) -> Cohort:
    """The comparisons with a number."""
    return cohort.part(cohort.has("status", MEASURED) & np.isfinite(cohort.numbers("length")))


def of_one_method(measured: Cohort) -> tuple[Cohort, str]:
    """The comparisons that were measured as the latest one was (of one day, the last one saved), and the name of that method.

    Numbers of another version or other settings of the software may differ by more than their intervals say; they are not pooled.
    """
    codes, words = measured.words("method")
    if not len(codes):
        return measured, ""
    day = measured.days("follow_up_on")
    day = np.where(np.isnat(day), np.datetime64("0001-01-01"), day)
    latest = int(codes[np.lexsort((measured.numbers("comparison_id"), day))[-1]])
    return measured.part(codes == latest), words[latest]


def session_days(cohort: Cohort) -> NDArray[np.datetime64]:
    """The day of each row's last session; where none is noted, that of the before photo."""
    treated = cohort.days("treated_on")
    return np.where(np.isnat(treated), cohort.days("baseline_on"), treated)


def days_since_session(cohort: Cohort) -> Floats:
    """Days from the last session (`session_days`) to the follow-up photo; NaN without one."""
    since = cohort.days("follow_up_on") - session_days(cohort)
    return np.where(np.isnat(since), np.nan, since.astype(np.float64))


def in_windows(cohort: Cohort, windows: Sequence[str]) -> Cohort:
    """The comparisons whose time since the last session lies in one of these windows (`photocompare.results.timing`)."""
    return cohort.part(cohort.has("window", windows))
