"""The gallery: outcomes of patients who agreed to show theirs, without a date and without a name.

The consent that counts is the one that stands at the moment of each query: a patient who takes it back is out of the gallery at once.  What
a leg looks like is worked out once for each comparison and kept (`keep_look`), so that no run of a page opens every dossier.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import Select, func, select

from photocompare import __version__
from photocompare.base.errors import UsageError
from photocompare.base.flags import FIELD_DRAWN
from photocompare.records import trail
from photocompare.records.access import Actor, Permission
from photocompare.records.anonymous_pictures import AnonymousPictures, anonymous_pictures, read_noting_damage
from photocompare.records.cohort_rows import kept_method
from photocompare.records.schema import CohortRow, ComparisonRow, ConsentRow, LegRow, LookRow, PatientRow, PhotoRow, RegionRow, VisitRow

if TYPE_CHECKING:
    from photocompare.records.store import Records
    from photocompare.results.dossier import Dossier

GALLERY = "gallery"

OUTCOME_WINDOWS = ("assessment", "late")
"""Before these an outcome is not an outcome yet: a target set by it would mislead."""

Figures = Mapping[str, float | None]


@dataclass(frozen=True)
class GalleryCase:
    """An outcome that may be shown.

    Parameters
    ----------
    comparison_id : int
    percent, low, high : float
        Clearance of length with its interval, percent.
    sessions : int or None
        Treatments between the photos.
    within_drawn_field : bool
        Whether it was measured within a field that a reader drew.
    look : mapping or None
        Figures of the leg's look; None where they are not worked out yet.
    """

    comparison_id: int
    percent: float
    low: float
    high: float
    sessions: int | None
    within_drawn_field: bool
    look: Figures | None


def gallery_cases(
    records: Records, actor: Actor, *, method: str, but_of: str = "", but_with: Sequence[str] = (), again: bool = False
) -> tuple[GalleryCase, ...]:
    """Every case that may be shown now, by its number.

    Parameters
    ----------
    method : str
        How the leg in question was measured (`Result.method`): only cases measured in the same way stand beside it.
    but_of : str
        Key of a patient whose own cases are left out.
    but_with : sequence of str
        SHA-256 of photos: the patients who have one of them in the records are left out too, as the leg is most like itself.
    again : bool
        The same person asked before for the same leg: checked anew, not noted anew.
    """
    with records.writing(actor, Permission.READ_GALLERY) as session:
        own = (
            select(LegRow.patient_id)
            .join(RegionRow, RegionRow.leg_id == LegRow.id)
            .join(VisitRow, VisitRow.region_id == RegionRow.id)
            .join(PhotoRow, PhotoRow.visit_id == VisitRow.id)
            .where(PhotoRow.sha256.in_(but_with))
        )
        alike = _shown().where(CohortRow.method == kept_method(method))
        rows = session.execute(alike.where(PatientRow.key != but_of, PatientRow.id.not_in(own))).all()
        if not again:
            trail.note(session, actor, "gallery.search", "gallery", after={"cases": len(rows)})
        return tuple(_case(row) for row in rows)


def _case(row: Any) -> GalleryCase:
    number, percent, low, high, sessions, reasons, made_by, figures = row
    look = json.loads(figures) if made_by == __version__ else None
    return GalleryCase(number, percent, low, high, sessions, FIELD_DRAWN in reasons.split(), look)


def keep_look(records: Records, actor: Actor, comparison_id: int, look_of: Callable[[Dossier], Figures]) -> Figures:
    """Work out what a case's leg looks like and keep it.

    Parameters
    ----------
    look_of : callable
        Dossier to figures, JSON numbers.

    Raises
    ------
    UsageError
        The case may not be shown (any more).
    DamagedPhoto
    """
    about, digest = _may_show(records, actor, comparison_id, noted="")
    figures = dict(look_of(read_noting_damage(records, actor, digest, about)))
    with records.writing(actor, Permission.READ_GALLERY) as session:
        session.merge(LookRow(comparison_id=comparison_id, made_by=__version__, figures=trail.canonical(figures)))
    return figures


def gallery_pictures(records: Records, actor: Actor, comparison_id: int) -> AnonymousPictures:
    """Before and after of a case that may be shown; the view is noted.

    Raises
    ------
    UsageError
        The case may not be shown (any more).
    DamagedPhoto
    """
    about, digest = _may_show(records, actor, comparison_id, noted="gallery.view")
    return anonymous_pictures(read_noting_damage(records, actor, digest, about))


def _may_show(records: Records, actor: Actor, comparison_id: int, *, noted: str) -> tuple[str, str]:
    """What a view is about, and the dossier's digest."""
    with records.writing(actor, Permission.READ_GALLERY) as session:
        query = _shown().with_only_columns(PatientRow.key, ComparisonRow.dossier_sha256).where(ComparisonRow.id == comparison_id)
        found = session.execute(query).first()
        if found is None:
            raise UsageError("This case may not be shown any more; load the page again.", code="case_not_shown")
        about = f"patient/{found[0]}/comparison/{comparison_id}"
        if noted:
            trail.note(session, actor, noted, about)
        return about, found[1]


def _shown() -> Select[int, float | None, float | None, float | None, int | None, str, str, str]:
    """Measured outcomes in time, the latest revision of each, of patients who agree now."""
    latest = select(func.max(ConsentRow.id)).where(ConsentRow.use == GALLERY).group_by(ConsentRow.patient_id)
    agreeing = select(ConsentRow.patient_id).where(ConsentRow.id.in_(latest), ConsentRow.given == 1)
    columns = (
        ComparisonRow.id,
        CohortRow.length,
        CohortRow.length_low,
        CohortRow.length_high,
        CohortRow.sessions,
        CohortRow.reasons,
        LookRow.made_by,
        LookRow.figures,
    )
    return (
        select(*columns)
        .select_from(CohortRow)
        .join(ComparisonRow, CohortRow.comparison_id == ComparisonRow.id)
        .join(RegionRow, ComparisonRow.region_id == RegionRow.id)
        .join(LegRow, RegionRow.leg_id == LegRow.id)
        .join(PatientRow, LegRow.patient_id == PatientRow.id)
        .outerjoin(LookRow, LookRow.comparison_id == ComparisonRow.id)
        .where(
            PatientRow.id.in_(agreeing),
            PatientRow.erased_at.is_(None),
            CohortRow.length.is_not(None),
            CohortRow.window.in_(OUTCOME_WINDOWS),
            ComparisonRow.dossier_sha256 != "",
        )
        .order_by(ComparisonRow.id)
    )
