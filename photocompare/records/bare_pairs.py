"""The two pictures of a comparison and nothing else: for raters, who must not know the number, and for people who must not know the patient."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy.orm import Session

from photocompare.errors import UsageError
from photocompare.records import trail
from photocompare.records.schema import Comparison, Leg, Patient, Region

if TYPE_CHECKING:
    from photocompare.records.access import Actor
    from photocompare.records.store import Records
    from photocompare.report.dossier import Dossier


@dataclass(frozen=True, repr=False)
class BarePair:
    """Before and after in the same light, laid over each other.

    Parameters
    ----------
    before, after : bytes
        Encoded, without metadata; both of `width` x `height` pixels.
    width, height : int
    """

    before: bytes
    after: bytes
    width: int
    height: int


def bare_pair(dossier: Dossier) -> BarePair:
    """What a dossier's pictures show, without anything that was measured.

    Raises
    ------
    UsageError
        The pair was refused: its photos lie on each other nowhere.
    """
    if not dossier.measured:
        raise UsageError("A refused pair has no pictures in the same light; choose a measured one.", code="pair_has_no_pictures")
    photo = dossier.result["photos"]["before"]
    width, height = (max(1, round(photo[side] * dossier.shown_over_full)) for side in ("width", "height"))
    return BarePair(dossier.pictures["before"], dossier.pictures["after"], width, height)


def living(session: Session, comparison_id: int) -> tuple[Comparison, str] | None:
    """A comparison with pictures and its patient's key; None where it is unknown or its patient was erased."""
    comparison = session.get(Comparison, comparison_id)
    if comparison is None or not comparison.dossier_sha256:
        return None
    region = session.get_one(Region, comparison.region_id)
    patient = session.get_one(Patient, session.get_one(Leg, region.leg_id).patient_id)
    return None if patient.erased_at is not None else (comparison, patient.key)


def read_noted(records: Records, actor: Actor, digest: str, about: str) -> Dossier:
    """The dossier of a digest whose view was noted; damage is noted too.

    Raises
    ------
    DamagedPhoto
    """
    from photocompare.report.dossier import read_dossier

    try:
        return read_dossier(records.photos.read(digest))
    except UsageError:
        with records.database.writing() as session:
            trail.note(session, actor, "photo.damaged", about, after={"sha256": digest})
        raise
