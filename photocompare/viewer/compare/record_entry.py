"""A measured pair of the page Compare on its way into a patient's record: what is handed to the records, made of plain values."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from photocompare.base.errors import UsageError
from photocompare.records.entries import NewComparison, VisitFacts
from photocompare.results.dossier import Dossier, write_dossier
from photocompare.results.redated import under_dates
from photocompare.results.result_json import as_written
from photocompare.results.visit_details import VisitDetails
from photocompare.viewer.measuring.visit import VISITS, Visit

if TYPE_CHECKING:
    from photocompare.clearance.correction import Corrected, Correction

_PIXEL_DIGITS = 1
"""Of a drawn point, as lines in a dossier have it."""


def both_visits(details: VisitDetails, before: Mapping[str, Any], after: Mapping[str, Any]) -> tuple[VisitFacts, VisitFacts]:
    """The two visits: days, agent and concentration as given beside the photos, the rest as given for the record.

    The treatment is the before visit's, whose photos were taken first; the sessions between the photos count up to the after visit.

    Raises
    ------
    UsageError
        A day is missing, or a value that can't be.
    """
    if details.before_date is None or details.after_date is None:
        raise UsageError("Enter the day of both photos first.", code="days_missing")
    treated = VisitFacts(
        details.before_date, agent=details.agent.strip(), concentration_percent=details.concentration_percent, **_given(before)
    )
    return treated, VisitFacts(details.after_date, session=details.sessions, **_given(after))


def _given(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value is not None}


def entry_of(
    visit: Visit, dossier: Dossier, key: str, place: tuple[str, str], visits: tuple[VisitFacts, VisitFacts], reason: str
) -> NewComparison:
    """The machine's own result of the session's pair.

    A collage is the photo of both visits: it is kept as it came.

    Raises
    ------
    UsageError
    """
    befores, afters = (tuple(shot.data for shot in visit.shots(which)) for which in VISITS)
    before, after = visits
    return NewComparison(
        patient_key=key,
        side=place[0],
        region=place[1],
        before=before,
        after=after,
        before_photos=befores or afters,
        after_photos=afters or befores,
        result=dossier.result,
        dossier=write_dossier(under_dates(dossier, before.day, after.day)),
        reason=reason,
        photo_facts=_photo_facts(visit),
    )


def _photo_facts(visit: Visit) -> dict[str, Mapping[str, Any]]:
    known = {}
    for which in VISITS:
        for shot in visit.shots(which):
            check = visit.checks.get(shot.digest)
            if check is not None and check.photo is not None:
                known[shot.digest] = check.photo
    return known


def corrected_entry(machine: NewComparison, dossier: Dossier, correction: Correction, corrected: Corrected, reason: str) -> NewComparison:
    """The same pair with the number that follows from a reader's marks.

    Raises
    ------
    UsageError
        No reason is given.
    """
    if not reason.strip():
        raise UsageError("Give the reason for the correction.", code="correction_needs_reason")
    result = as_written(dossier.result.corrected(corrected.length, by=correction.by, at=correction.at))
    dated = under_dates(dataclasses.replace(dossier, result=result), machine.before.day, machine.after.day)
    return dataclasses.replace(
        machine, result=result, dossier=write_dossier(dated), reason=reason.strip(), correction=marks_as_plain(correction)
    )


def marks_as_plain(correction: Correction) -> dict[str, Any]:
    """A correction's marks in plain JSON types."""
    return {
        "by": correction.by,
        "at": correction.at.isoformat(timespec="seconds"),
        "not_veins": list(correction.not_veins),
        "missed": [[[round(float(v), _PIXEL_DIGITS) for v in point] for point in line] for line in correction.missed],
    }
