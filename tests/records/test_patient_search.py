"""Looking for patients gives the same lines however few visits are looked at in one go."""

from __future__ import annotations

import datetime as dt
import itertools

import numpy as np
import pytest

from photocompare.records.access import LOCAL
from photocompare.records.entries import IdentityFacts, VisitFacts
from photocompare.records.patient_search import PatientLine, found_patients
from photocompare.records.store import Records
from photocompare.records.upkeep import erase_patient

DAY = dt.date(2026, 3, 1)
SEEN, NEVER_SEEN = 14, 3


@pytest.fixture
def practice(records: Records) -> Records:
    """Patients of whom many were seen on the same few days, and some never."""
    rng = np.random.default_rng(5)
    for number in range(SEEN + NEVER_SEEN):
        key = records.add_patient(LOCAL, IdentityFacts(name=f"Ann {'Odd' if number % 2 else 'Even'} {number}"))
        for day in sorted({int(d) for d in rng.integers(0, 6, 1 + number % 4)}) if number < SEEN else []:
            records.add_visit(LOCAL, key, "left", f"region {day % 2}", VisitFacts(DAY + dt.timedelta(days=day)))
    return records


def lines(records: Records, words: str = "", **how: int) -> list[PatientLine]:
    with records.database.reading() as session:
        return found_patients(session, words, **{"most": 50, **how})


def test_the_last_seen_come_first_and_the_never_seen_last(practice: Records) -> None:
    found = lines(practice)
    assert len(found) == SEEN + NEVER_SEEN
    days = [line.last_day for line in found]
    assert days[-NEVER_SEEN:] == [None] * NEVER_SEEN
    assert days[:SEEN] == sorted(days[:SEEN], reverse=True)
    assert all(line.visits == 0 for line in found[-NEVER_SEEN:])


def test_a_small_window_gives_the_same_lines(practice: Records) -> None:
    for words, most, window in itertools.product(("", "ann", "even", "even 1"), (1, 4, 12, 50), (1, 2, 7, 1000)):
        whole = lines(practice, words, few=1000)[:most]
        assert whole
        assert lines(practice, words, most=most, few=0, window=window) == whole, (words, most, window)


def test_an_erased_patient_is_not_found(practice: Records) -> None:
    gone = lines(practice)[0]
    erase_patient(practice, LOCAL, gone.key, "asked for")
    for few in (0, 1000):
        assert gone.key not in {line.key for line in lines(practice, few=few)}
