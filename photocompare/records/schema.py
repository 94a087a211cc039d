"""The tables of the records.

Rules that the schema itself holds, in SQLite and in PostgreSQL alike: a comparison and a rating are never updated, a row of the trail is
never updated or deleted (triggers, `migrations/`); numbers lie in their ranges (CHECK); who a patient is stands in one table of its own,
everything else knows the pseudonymous key alone.  Times are UTC, ISO 8601 with "Z", so that both databases keep and sort the same text.
"""

from __future__ import annotations

import datetime as dt
from typing import Any

from sqlalchemy import (
    CheckConstraint,
    Dialect,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Text,
    TypeDecorator,
    UniqueConstraint,
)
from sqlalchemy.dialects.sqlite import REAL
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

SIDES = ("left", "right")
FORMS = ("liquid", "foam")
CONSENT_USES = ("care", "teaching", "gallery")
ROLES = ("clinician", "consult", "auditor", "admin")
STATUSES = ("comparable", "indicative", "not_comparable")
NO_FOLLOW_UP = "no_follow_up"
"""Status of a treated region without a comparison, in the audit's rows."""

CEAP_CLASSES = ("C0", "C1", "C2", "C2r", "C3", "C4a", "C4b", "C4c", "C5", "C6", "C6r")
"""Clinical classes of CEAP (Lurie et al., J Vasc Surg Venous Lymphat Disord 2020;8:342)."""

HIGHEST_VCSS = 30
"""Ten attributes of 0 to 3 (Vasquez et al., J Vasc Surg 2010;52:1387)."""

LONGEST_COMPRESSION_DAYS = 365
DIGEST_LENGTH = 64
LONGEST_NAME = 200
"""Characters of any short text that is kept; pages show fewer."""


def one_of(column: str, values: tuple[str, ...], *, empty: bool = False) -> CheckConstraint:
    """The rule that a column holds one of these words."""
    words = ", ".join(f"'{value}'" for value in (*values, *([""] if empty else [])))
    return CheckConstraint(f"{column} IN ({words})", name=f"{column}_known")


class IsoDate(TypeDecorator[dt.date]):
    """A day as ISO 8601 text: SQLite's strict tables know no dates, and both databases compare the text as days."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: dt.date | None, dialect: Dialect) -> str | None:  # noqa: ARG002
        return None if value is None else value.isoformat()

    def process_result_value(self, value: str | None, dialect: Dialect) -> dt.date | None:  # noqa: ARG002
        return None if value is None else dt.date.fromisoformat(value)


class Base(DeclarativeBase):
    """All tables; constraints have names, so that a migration can speak of them."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map = {  # noqa: RUF012  SQLAlchemy reads it from the class
        str: Text(),
        int: Integer(),
        float: Float(53).with_variant(REAL(), "sqlite"),
        dt.date: IsoDate(),
    }


class MetaRow(Base):
    """What is said of the database as a whole: "demo" marks invented patients."""

    __tablename__ = "meta"
    name: Mapped[str] = mapped_column(primary_key=True)
    value: Mapped[str]


class PatientRow(Base):
    """A patient under a pseudonymous key; `version` counts changes to the patient and to whatever hangs on the patient."""

    __tablename__ = "patient"
    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(unique=True)
    created_at: Mapped[str]
    erased_at: Mapped[str | None]
    version: Mapped[int] = mapped_column(default=1)
    identity: Mapped[IdentityRow | None] = relationship(back_populates="patient", cascade="all, delete-orphan")
    legs: Mapped[list[LegRow]] = relationship(back_populates="patient")


class IdentityRow(Base):
    """Who the patient is; may be absent, and goes when the patient is erased.  `sought_as` is what a search looks through."""

    __tablename__ = "identity"
    patient_id: Mapped[int] = mapped_column(ForeignKey("patient.id"), primary_key=True)
    name: Mapped[str] = mapped_column(default="")
    chart_number: Mapped[str] = mapped_column(default="", index=True)
    born_on: Mapped[dt.date | None]
    note: Mapped[str] = mapped_column(default="")
    sought_as: Mapped[str] = mapped_column(default="")
    patient: Mapped[PatientRow] = relationship(back_populates="identity")


class LegRow(Base):
    """A patient's left or right leg."""

    __tablename__ = "leg"
    __table_args__ = (UniqueConstraint("patient_id", "side"), one_of("side", SIDES))
    id: Mapped[int] = mapped_column(primary_key=True)
    patient_id: Mapped[int] = mapped_column(ForeignKey("patient.id"), index=True)
    side: Mapped[str]
    patient: Mapped[PatientRow] = relationship(back_populates="legs")
    regions: Mapped[list[RegionRow]] = relationship(back_populates="leg")


class RegionRow(Base):
    """A part of a leg that is photographed again and again, such as "outer thigh"."""

    __tablename__ = "region"
    __table_args__ = (UniqueConstraint("leg_id", "name"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    leg_id: Mapped[int] = mapped_column(ForeignKey("leg.id"), index=True)
    name: Mapped[str]
    leg: Mapped[LegRow] = relationship(back_populates="regions")
    visits: Mapped[list[VisitRow]] = relationship(back_populates="region", order_by="VisitRow.day")
    comparisons: Mapped[list[ComparisonRow]] = relationship(back_populates="region")


class VisitRow(Base):
    """A day on which a region was photographed, treated or both.

    Photos of a visit are taken before its treatment.  `agent` is empty where nothing was injected; `session` numbers the treatments.
    """

    __tablename__ = "visit"
    __table_args__ = (
        UniqueConstraint("region_id", "day"),
        one_of("form", FORMS, empty=True),
        one_of("ceap", CEAP_CLASSES, empty=True),
        CheckConstraint("session IS NULL OR session BETWEEN 0 AND 99", name="session_counts"),
        CheckConstraint("concentration_percent IS NULL OR (concentration_percent > 0 AND concentration_percent <= 100)", name="percent"),
        CheckConstraint(f"compression_days IS NULL OR compression_days BETWEEN 0 AND {LONGEST_COMPRESSION_DAYS}", name="compression"),
        CheckConstraint(f"vcss IS NULL OR vcss BETWEEN 0 AND {HIGHEST_VCSS}", name="vcss_range"),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    region_id: Mapped[int] = mapped_column(ForeignKey("region.id"), index=True)
    day: Mapped[dt.date] = mapped_column(index=True)
    session: Mapped[int | None]
    agent: Mapped[str] = mapped_column(default="")
    concentration_percent: Mapped[float | None]
    form: Mapped[str] = mapped_column(default="")
    operator: Mapped[str] = mapped_column(default="")
    site: Mapped[str] = mapped_column(default="")
    compression_days: Mapped[int | None]
    ceap: Mapped[str] = mapped_column(default="")
    vcss: Mapped[int | None]
    note: Mapped[str] = mapped_column(default="")
    version: Mapped[int] = mapped_column(default=1)
    region: Mapped[RegionRow] = relationship(back_populates="visits")
    photos: Mapped[list[PhotoRow]] = relationship(back_populates="visit")


class PhotoRow(Base):
    """A photo of a visit; its bytes lie in the photo store under their SHA-256.

    `facts` holds the allow-listed facts alone (`photo_facts`): never a place, an owner or a file name.
    """

    __tablename__ = "photo"
    __table_args__ = (UniqueConstraint("visit_id", "sha256"), CheckConstraint(f"length(sha256) = {DIGEST_LENGTH}", name="digest"))
    id: Mapped[int] = mapped_column(primary_key=True)
    visit_id: Mapped[int] = mapped_column(ForeignKey("visit.id"), index=True)
    sha256: Mapped[str] = mapped_column(index=True)
    facts: Mapped[str] = mapped_column(default="{}")
    added_at: Mapped[str]
    visit: Mapped[VisitRow] = relationship(back_populates="photos")


class ComparisonRow(Base):
    """What was measured between two visits; never updated.

    A correction is a row of its own with the same `root_id`, the next `revision` and its reason.  `content_key` is the SHA-256 of
    what went in, so that saving the same twice is one row.  `dossier_sha256` names the pictures in the photo store.
    """

    __tablename__ = "comparison"
    __table_args__ = (
        UniqueConstraint("content_key"),
        UniqueConstraint("root_id", "revision"),
        one_of("status", STATUSES),
        CheckConstraint("(revision = 1) = (reason = '')", name="reason_given"),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    root_id: Mapped[int | None] = mapped_column(ForeignKey("comparison.id"), index=True)
    revision: Mapped[int] = mapped_column(default=1)
    reason: Mapped[str] = mapped_column(default="")
    region_id: Mapped[int] = mapped_column(ForeignKey("region.id"), index=True)
    before_visit_id: Mapped[int] = mapped_column(ForeignKey("visit.id"), index=True)
    after_visit_id: Mapped[int] = mapped_column(ForeignKey("visit.id"), index=True)
    status: Mapped[str]
    settings_sha256: Mapped[str]
    content_key: Mapped[str]
    dossier_sha256: Mapped[str] = mapped_column(default="", index=True)
    correction: Mapped[str] = mapped_column(default="")
    saved_at: Mapped[str]
    saved_by: Mapped[str]
    result: Mapped[str]
    region: Mapped[RegionRow] = relationship(back_populates="comparisons")
    before_visit: Mapped[VisitRow] = relationship(foreign_keys=[before_visit_id])
    after_visit: Mapped[VisitRow] = relationship(foreign_keys=[after_visit_id])


class CohortRow(Base):
    """What the audit reads of one comparison's latest revision, or of a region that has none; made from the other tables.

    One narrow row, so that a hundred thousand are read in a fraction of a second.  `comparison_id` is NULL, and the status "no_follow_up",
    for a region without a comparison: every patient is counted.  Percentages are NULL where there is no number.  `treated_on` is the last
    session before the follow-up photo, NULL where none is noted; `window` is where the days since it lie, else those between the photos.
    `packed` is the row once more as bytes (`cohort_bytes`), by which the whole table is read.
    """

    __tablename__ = "cohort_row"
    __table_args__ = (Index("ix_cohort_row_baseline_on_patient_id", "baseline_on", "patient_id"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    region_id: Mapped[int] = mapped_column(ForeignKey("region.id"), index=True)
    comparison_id: Mapped[int | None] = mapped_column(ForeignKey("comparison.id"), unique=True)
    patient_id: Mapped[int] = mapped_column(ForeignKey("patient.id"), index=True)
    leg: Mapped[str]
    region: Mapped[str]
    baseline_on: Mapped[dt.date]
    treated_on: Mapped[dt.date | None]
    follow_up_on: Mapped[dt.date | None]
    days: Mapped[int | None]
    window: Mapped[str]
    operator: Mapped[str]
    site: Mapped[str]
    agent: Mapped[str]
    concentration_percent: Mapped[float | None]
    form: Mapped[str]
    sessions: Mapped[int | None]
    compression_days: Mapped[int | None]
    ceap: Mapped[str]
    vcss_before: Mapped[int | None]
    vcss_after: Mapped[int | None]
    status: Mapped[str]
    method: Mapped[str]
    corrected: Mapped[int]
    reasons: Mapped[str]
    photo_quality: Mapped[str]
    ita: Mapped[float | None]
    ita_group: Mapped[str]
    calibre: Mapped[str]
    baseline_mm: Mapped[float | None]
    length: Mapped[float | None]
    length_low: Mapped[float | None]
    length_high: Mapped[float | None]
    telangiectasia: Mapped[float | None]
    telangiectasia_half_width: Mapped[float | None]
    reticular: Mapped[float | None]
    reticular_half_width: Mapped[float | None]
    new_share: Mapped[float | None]
    stained_share: Mapped[float | None]
    packed: Mapped[bytes] = mapped_column(LargeBinary)


class CohortWordRow(Base):
    """A word of the audit's rows and its number, by which `packed` names it; never taken away."""

    __tablename__ = "cohort_word"
    id: Mapped[int] = mapped_column(primary_key=True)
    word: Mapped[str] = mapped_column(unique=True)


class LookRow(Base):
    """What a comparison's leg looks like before treatment, as a few numbers, worked out once so that a gallery need not open every dossier.

    `made_by` is the software's version: another version works them out anew.
    """

    __tablename__ = "look"
    comparison_id: Mapped[int] = mapped_column(ForeignKey("comparison.id"), primary_key=True, autoincrement=False)
    made_by: Mapped[str]
    figures: Mapped[str]


class ConsentRow(Base):
    """What a patient agreed to or took back, use by use; the latest row counts."""

    __tablename__ = "consent"
    __table_args__ = (one_of("use", CONSENT_USES), CheckConstraint("given IN (0, 1)", name="given_or_not"))
    id: Mapped[int] = mapped_column(primary_key=True)
    patient_id: Mapped[int] = mapped_column(ForeignKey("patient.id"), index=True)
    use: Mapped[str]
    given: Mapped[int]
    at: Mapped[str]
    by: Mapped[str]


class AccountRow(Base):
    """Who may sign in, and as what; the role that counts is the one that stands here at the moment of asking."""

    __tablename__ = "account"
    __table_args__ = (one_of("role", ROLES), CheckConstraint("active IN (0, 1)", name="active_or_not"))
    subject: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(default="")
    role: Mapped[str]
    active: Mapped[int] = mapped_column(default=1)


class RatingRoundRow(Base):
    """A blinded rating: which comparisons, in which order for each rater (from `seed`), and which of them twice."""

    __tablename__ = "rating_round"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)
    seed: Mapped[int]
    comparisons: Mapped[str]
    repeated: Mapped[str]
    created_at: Mapped[str]
    created_by: Mapped[str]


class RatingRow(Base):
    """One rater's score of one pair, given without sight of the number; never updated."""

    __tablename__ = "rating"
    __table_args__ = (
        UniqueConstraint("round_id", "rater", "comparison_id", "occasion"),
        CheckConstraint("percent BETWEEN 0 AND 100", name="percent_range"),
        CheckConstraint("five_point BETWEEN 1 AND 5", name="five_point_range"),
        CheckConstraint("occasion BETWEEN 1 AND 2", name="occasion_range"),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    round_id: Mapped[int] = mapped_column(ForeignKey("rating_round.id"), index=True)
    rater: Mapped[str]
    comparison_id: Mapped[int] = mapped_column(ForeignKey("comparison.id"), index=True)
    occasion: Mapped[int]
    percent: Mapped[float]
    five_point: Mapped[int]
    at: Mapped[str]


class TrailRow(Base):
    """One entry of the trail: who, when, what, before and after, chained to the entry before it by its hash."""

    __tablename__ = "trail"
    sequence: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    at: Mapped[str]
    actor: Mapped[str]
    role: Mapped[str]
    action: Mapped[str]
    object: Mapped[str]
    before: Mapped[str] = mapped_column(default="")
    after: Mapped[str] = mapped_column(default="")
    version: Mapped[str]
    client: Mapped[str] = mapped_column(default="")
    previous_hash: Mapped[str]
    hash: Mapped[str] = mapped_column(unique=True)


def as_plain(row: Base) -> dict[str, Any]:
    """A row's columns as JSON types."""
    plain = {}
    for column in row.__table__.columns:
        value = getattr(row, column.key)
        plain[column.key] = value.isoformat() if isinstance(value, dt.date) else value
    return plain


for _table in Base.metadata.tables.values():
    _table.dialect_options["sqlite"]["strict"] = True
