"""The pair that a session shows: its own, or the shipped sample while it has no photos."""

from __future__ import annotations

import datetime as dt
from functools import lru_cache
from pathlib import Path

from photocompare.results.dossier import Dossier, read_dossier
from photocompare.results.redated import under_dates
from photocompare.results.visit_details import VisitDetails
from photocompare.viewer.measuring.visit import VISITS, Visit

SAMPLE_DETAILS = VisitDetails(
    before_date=dt.date(2026, 3, 2), after_date=dt.date(2026, 6, 1), sessions=2, agent="Polidocanol", concentration_percent=0.5, leg="left"
)
"""Made up, as the rendered leg is: thirteen weeks, inside the assessment window."""


@lru_cache(maxsize=1)
def sample(stored: Path) -> Dossier:
    """The shipped sample pair, measured, under its made-up dates."""
    return under_dates(read_dossier(stored.read_bytes()), SAMPLE_DETAILS.before_date, SAMPLE_DETAILS.after_date)


def has_photos(visit: Visit) -> bool:
    """Whether the session has a pair of its own, or a part of one."""
    return any(visit.shots(which) for which in VISITS)


def session_pair(visit: Visit, stored_sample: Path) -> Dossier | None:
    """The pair to be shown; None while the session's own has no result."""
    return visit.dossier if has_photos(visit) else sample(stored_sample)
