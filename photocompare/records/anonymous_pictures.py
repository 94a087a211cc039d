"""The two pictures of a comparison and nothing else: for raters, who must not know the number, and for a gallery without names."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from photocompare.base.errors import UsageError
from photocompare.records import trail
from photocompare.records.schema import ComparisonRow, LegRow, PatientRow, RegionRow

if TYPE_CHECKING:
    from photocompare.records.access import Actor
    from photocompare.records.store import Records
    from photocompare.results.dossier import Dossier


@dataclass(frozen=True, repr=False)
class AnonymousPictures:
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


def anonymous_pictures(dossier: Dossier) -> AnonymousPictures:
    """What a dossier's pictures show, without anything that was measured.

    Raises
    ------
    UsageError
        The pair was refused: its photos lie on each other nowhere.
    """
    if not dossier.measured:
        raise UsageError("A refused pair has no pictures in the same light; choose a measured one.", code="pair_has_no_pictures")
    photo = dossier.result.before
    width, height = (max(1, round(side * dossier.shown_over_full)) for side in (photo.width, photo.height))
    return AnonymousPictures(dossier.pictures["before"], dossier.pictures["after"], width, height)


def with_pictures(session: Session, comparisons: Sequence[int]) -> set[int]:
    """Those of some comparisons that have pictures still: their patients were not erased."""
    return set(session.scalars(_patients().with_only_columns(ComparisonRow.id).where(ComparisonRow.id.in_(comparisons))))


def comparison_and_key(session: Session, comparison_id: int) -> tuple[ComparisonRow, str] | None:
    """A comparison with pictures and its patient's key; None where it is unknown or its patient was erased."""
    found = session.execute(_patients().where(ComparisonRow.id == comparison_id)).first()
    return None if found is None else (found[0], found[1])


def _patients() -> Select[ComparisonRow, str]:
    place = (
        select(ComparisonRow, PatientRow.key)
        .join(RegionRow, ComparisonRow.region_id == RegionRow.id)
        .join(LegRow, RegionRow.leg_id == LegRow.id)
    )
    return place.join(PatientRow, LegRow.patient_id == PatientRow.id).where(
        ComparisonRow.dossier_sha256 != "", PatientRow.erased_at.is_(None)
    )


def read_noting_damage(records: Records, actor: Actor, digest: str, about: str) -> Dossier:
    """The dossier of a digest whose view was noted; damage is noted too.

    Raises
    ------
    DamagedPhoto
    """
    from photocompare.results.dossier import read_dossier

    try:
        return read_dossier(records.photos.read(digest))
    except UsageError:
        with records.database.writing() as session:
            trail.note(session, actor, "photo.damaged", about, after={"sha256": digest})
        raise
