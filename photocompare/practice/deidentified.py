"""The cohort as a table that names nobody: for an accreditor, or for statistics elsewhere.

What is left out or made coarse, and why, stands in `docs/audit.md`.  In short: patients, regions, operators and sites carry numbers drawn
at random for each export; of days only years and distances remain; words and rare values of few patients are joined or emptied.
"""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
import pandas as pd

from photocompare.practice.breakdown import Grouping, grouping
from photocompare.practice.cohort import Codes, Cohort, Flags, Floats, days_since_session
from photocompare.practice.statistics import Clusters, hidden_groups, hidden_parts

Words: TypeAlias = "pd.Series[Any]"

OTHER = "other"
"""What stands for all rare words of a column; the same in every language, so that programs know it."""

NUMBERED = ("operator", "site")
JOINED = ("region", "agent", "ceap", "ita_group")
EMPTIED = ("sessions", "compression_days")
KEPT_WORDS = ("leg", "form", "window", "status", "method", "reasons", "photo_quality", "calibre")
DIGITS = {
    "corrected": 0,
    "vcss_before": 0,
    "vcss_after": 0,
    "days": 0,
    "baseline_mm": 0,
    "length": 1,
    "length_low": 1,
    "length_high": 1,
    "telangiectasia": 1,
    "telangiectasia_half_width": 1,
    "reticular": 1,
    "reticular_half_width": 1,
    "new_share": 1,
    "stained_share": 1,
}
"""Decimals of the numbers that are kept."""

COLUMNS = (
    "patient",
    "field",
    "leg",
    "region",
    "operator",
    "site",
    "agent",
    "concentration_percent",
    "form",
    "sessions",
    "compression_days",
    "ceap",
    "vcss_before",
    "vcss_after",
    "baseline_year",
    "days_since_first",
    "days",
    "days_since_session",
    "window",
    "status",
    "method",
    "corrected",
    "reasons",
    "photo_quality",
    "ita",
    "ita_group",
    "calibre",
    "baseline_mm",
    "length",
    "length_low",
    "length_high",
    "telangiectasia",
    "telangiectasia_half_width",
    "reticular",
    "reticular_half_width",
    "new_share",
    "stained_share",
)


def deidentified(cohort: Cohort, *, least_patients: int, seed: int | None = None) -> pd.DataFrame:
    """The rows of a cohort without names and days.

    Parameters
    ----------
    cohort : Cohort
    least_patients : int
        Words and values of fewer patients are joined as "other" or emptied, and the next rarest with them where they could be worked out.
    seed : int, optional
        Of the random numbers; drawn anew by default, so that a number says nothing in another export.

    Returns
    -------
    DataFrame
        `COLUMNS`; words as categories, numbers as float64 or nullable integers; sorted by patient and day.
    """
    random = np.random.default_rng(seed)
    patients = cohort.patients
    columns: dict[str, object] = {
        "patient": _renumbered(patients, random),
        "field": _fields(patients, cohort.regions, random),
        **{name: _numbered_words(cohort, name, least_patients, random) for name in NUMBERED},
        **{name: _joined_words(cohort, name, least_patients) for name in JOINED},
        **{name: _category(*cohort.words(name)) for name in KEPT_WORDS},
        **{name: _emptied(cohort, name, least_patients) for name in EMPTIED},
        **{name: _rounded(cohort.numbers(name), digits) for name, digits in DIGITS.items()},
        **_days(cohort, least_patients),
        "concentration_percent": _concentration(cohort, least_patients),
        "ita": _ita(cohort, least_patients),
    }
    table = pd.DataFrame({name: columns[name] for name in COLUMNS})
    return table.sort_values(["patient", "days_since_first", "field", "days"], kind="stable", ignore_index=True)


def _renumbered(codes: Codes, random: np.random.Generator) -> Codes:
    """Other numbers from 1 on in an order of chance."""
    used, place = np.unique(codes, return_inverse=True)
    return (random.permutation(len(used)) + 1)[place]


def _fields(patients: Codes, regions: Codes, random: np.random.Generator) -> Codes:
    """Regions numbered from 1 on within each patient, in an order of chance."""
    shuffled = _renumbered(regions, random)
    once = pd.DataFrame({"patient": patients, "region": shuffled}).drop_duplicates()
    rank = once.groupby("patient")["region"].rank().astype(np.int64)
    number = np.zeros(int(shuffled.max(initial=0)) + 1, np.int64)
    number[once["region"].to_numpy()] = rank.to_numpy()
    return number[shuffled].astype(np.intp)


def _hidden(cohort: Cohort, groups: Grouping, least_patients: int) -> Flags:
    clusters = Clusters.of(cohort.patients, groups.of, len(groups.names))
    if groups.parent_of is None:
        return hidden_groups(clusters, least_patients=least_patients)
    return hidden_parts(clusters, groups.parent_of, least_patients=least_patients)


def _joined_words(cohort: Cohort, column: str, least_patients: int) -> Words:
    codes, words = cohort.words(column)
    hidden = _hidden(cohort, Grouping(codes, words), least_patients)
    shown = [word for word, hide in zip(words, hidden, strict=True) if not hide and word != OTHER]
    place = [len(shown) if hide or word == OTHER else shown.index(word) for word, hide in zip(words, hidden, strict=True)]
    return _category(np.array(place, np.intp)[codes], [*shown, OTHER])


def _numbered_words(cohort: Cohort, column: str, least_patients: int, random: np.random.Generator) -> Words:
    """Words replaced by "operator 1", "operator 2", ... in an order of chance."""
    named = _joined_words(cohort, column, least_patients).cat
    words = [str(word) for word in named.categories]
    order = random.permutation(len(words)) + 1
    told = [w if w in ("", OTHER) else f"{column} {number}" for w, number in zip(words, order.tolist(), strict=True)]
    return _category(named.codes.to_numpy().astype(np.intp), told)


def _emptied(cohort: Cohort, column: str, least_patients: int) -> pd.Series[Any]:
    values = cohort.numbers(column)
    return _rounded(np.where(_of_few(cohort, values, least_patients), np.nan, values), 0)


def _of_few(cohort: Cohort, values: Floats, least_patients: int) -> Flags:
    place, steps = pd.factorize(values)
    hidden = _hidden(cohort, Grouping((place + 1).astype(np.intp), ["", *map(str, steps)]), least_patients)
    return np.asarray(hidden[place + 1], np.bool_)


def _concentration(cohort: Cohort, least_patients: int) -> Floats:
    groups = grouping(cohort, "concentration")
    hidden = _hidden(cohort, groups, least_patients)
    return np.where(hidden[groups.of], np.nan, cohort.numbers("concentration_percent"))


def _ita(cohort: Cohort, least_patients: int) -> pd.Series[Any]:
    group, names = cohort.words("ita_group")
    hidden = _hidden(cohort, Grouping(group, names), least_patients)
    return _rounded(np.where(hidden[group], np.nan, cohort.numbers("ita")), 0)


def _days(cohort: Cohort, least_patients: int) -> dict[str, object]:
    """The year of the baseline, how long after the patient's first it lies, and how long before the after photo the last session."""
    day = cohort.days("baseline_on")
    known = ~np.isnat(day)
    number = np.where(known, day.astype(np.int64), np.iinfo(np.int64).max)
    first = np.full(int(cohort.patients.max(initial=-1)) + 1, np.iinfo(np.int64).max)
    np.minimum.at(first, cohort.patients, number)
    year = np.where(known, day.astype("datetime64[Y]").astype(np.float64) + 1970.0, np.nan)
    since = np.where(known, (number - first[cohort.patients]).astype(np.float64), np.nan)
    return {
        "baseline_year": _rounded(np.where(_of_few(cohort, year, least_patients), np.nan, year), 0),
        "days_since_first": _rounded(since, 0),
        "days_since_session": _rounded(days_since_session(cohort), 0),
    }


def _rounded(values: Floats, digits: int) -> pd.Series[Any]:
    rounded = pd.Series(np.round(values, digits))
    return rounded.astype("Int64") if digits == 0 else rounded


def _category(codes: Codes, words: list[str]) -> Words:
    """Words by their numbers; those that don't occur are dropped, so that they tell nothing."""
    return pd.Series(pd.Categorical.from_codes(codes, pd.Index(words, dtype=object))).cat.remove_unused_categories()
