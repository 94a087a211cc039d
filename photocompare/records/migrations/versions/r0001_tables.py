"""The tables."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.sqlite import REAL

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

NUMBER = sa.Float(53).with_variant(REAL(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "account",
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("active", sa.Integer(), nullable=False),
        sa.CheckConstraint("role IN ('clinician', 'consult', 'auditor', 'admin')", name=op.f("ck_account_role_known")),
        sa.CheckConstraint("active IN (0, 1)", name=op.f("ck_account_active_or_not")),
        sa.PrimaryKeyConstraint("subject", name=op.f("pk_account")),
        sqlite_strict=True,
    )
    op.create_table(
        "meta",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_meta")),
        sqlite_strict=True,
    )
    op.create_table(
        "patient",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("created_at", sa.Text(), nullable=False),
        sa.Column("erased_at", sa.Text(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_patient")),
        sa.UniqueConstraint("key", name=op.f("uq_patient_key")),
        sqlite_strict=True,
    )
    op.create_table(
        "rating_round",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("seed", sa.Integer(), nullable=False),
        sa.Column("comparisons", sa.Text(), nullable=False),
        sa.Column("repeated", sa.Text(), nullable=False),
        sa.Column("created_at", sa.Text(), nullable=False),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rating_round")),
        sa.UniqueConstraint("name", name=op.f("uq_rating_round_name")),
        sqlite_strict=True,
    )
    op.create_table(
        "trail",
        sa.Column("sequence", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("at", sa.Text(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("object", sa.Text(), nullable=False),
        sa.Column("before", sa.Text(), nullable=False),
        sa.Column("after", sa.Text(), nullable=False),
        sa.Column("version", sa.Text(), nullable=False),
        sa.Column("client", sa.Text(), nullable=False),
        sa.Column("previous_hash", sa.Text(), nullable=False),
        sa.Column("hash", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("sequence", name=op.f("pk_trail")),
        sa.UniqueConstraint("hash", name=op.f("uq_trail_hash")),
        sqlite_strict=True,
    )
    op.create_table(
        "consent",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("patient_id", sa.Integer(), nullable=False),
        sa.Column("use", sa.Text(), nullable=False),
        sa.Column("given", sa.Integer(), nullable=False),
        sa.Column("at", sa.Text(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.CheckConstraint("use IN ('care', 'teaching', 'gallery')", name=op.f("ck_consent_use_known")),
        sa.CheckConstraint("given IN (0, 1)", name=op.f("ck_consent_given_or_not")),
        sa.ForeignKeyConstraint(["patient_id"], ["patient.id"], name=op.f("fk_consent_patient_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_consent")),
        sqlite_strict=True,
    )
    op.create_index(op.f("ix_consent_patient_id"), "consent", ["patient_id"], unique=False)
    op.create_table(
        "identity",
        sa.Column("patient_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("chart_number", sa.Text(), nullable=False),
        sa.Column("born_on", sa.Text(), nullable=True),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("sought_as", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["patient_id"], ["patient.id"], name=op.f("fk_identity_patient_id")),
        sa.PrimaryKeyConstraint("patient_id", name=op.f("pk_identity")),
        sqlite_strict=True,
    )
    op.create_index(op.f("ix_identity_chart_number"), "identity", ["chart_number"], unique=False)
    op.create_table(
        "leg",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("patient_id", sa.Integer(), nullable=False),
        sa.Column("side", sa.Text(), nullable=False),
        sa.CheckConstraint("side IN ('left', 'right')", name=op.f("ck_leg_side_known")),
        sa.ForeignKeyConstraint(["patient_id"], ["patient.id"], name=op.f("fk_leg_patient_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_leg")),
        sa.UniqueConstraint("patient_id", "side", name=op.f("uq_leg_patient_id_side")),
        sqlite_strict=True,
    )
    op.create_index(op.f("ix_leg_patient_id"), "leg", ["patient_id"], unique=False)
    op.create_table(
        "region",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("leg_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["leg_id"], ["leg.id"], name=op.f("fk_region_leg_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_region")),
        sa.UniqueConstraint("leg_id", "name", name=op.f("uq_region_leg_id_name")),
        sqlite_strict=True,
    )
    op.create_index(op.f("ix_region_leg_id"), "region", ["leg_id"], unique=False)
    op.create_table(
        "visit",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("region_id", sa.Integer(), nullable=False),
        sa.Column("day", sa.Text(), nullable=False),
        sa.Column("session", sa.Integer(), nullable=True),
        sa.Column("agent", sa.Text(), nullable=False),
        sa.Column("concentration_percent", NUMBER, nullable=True),
        sa.Column("form", sa.Text(), nullable=False),
        sa.Column("operator", sa.Text(), nullable=False),
        sa.Column("site", sa.Text(), nullable=False),
        sa.Column("compression_days", sa.Integer(), nullable=True),
        sa.Column("ceap", sa.Text(), nullable=False),
        sa.Column("vcss", sa.Integer(), nullable=True),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "ceap IN ('C0', 'C1', 'C2', 'C2r', 'C3', 'C4a', 'C4b', 'C4c', 'C5', 'C6', 'C6r', '')", name=op.f("ck_visit_ceap_known")
        ),
        sa.CheckConstraint("form IN ('liquid', 'foam', '')", name=op.f("ck_visit_form_known")),
        sa.CheckConstraint("compression_days IS NULL OR compression_days BETWEEN 0 AND 365", name=op.f("ck_visit_compression")),
        sa.CheckConstraint(
            "concentration_percent IS NULL OR (concentration_percent > 0 AND concentration_percent <= 100)", name=op.f("ck_visit_percent")
        ),
        sa.CheckConstraint("session IS NULL OR session BETWEEN 0 AND 99", name=op.f("ck_visit_session_counts")),
        sa.CheckConstraint("vcss IS NULL OR vcss BETWEEN 0 AND 30", name=op.f("ck_visit_vcss_range")),
        sa.ForeignKeyConstraint(["region_id"], ["region.id"], name=op.f("fk_visit_region_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_visit")),
        sa.UniqueConstraint("region_id", "day", name=op.f("uq_visit_region_id_day")),
        sqlite_strict=True,
    )
    op.create_index(op.f("ix_visit_day"), "visit", ["day"], unique=False)
    op.create_index(op.f("ix_visit_region_id"), "visit", ["region_id"], unique=False)
    op.create_table(
        "comparison",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("root_id", sa.Integer(), nullable=True),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("region_id", sa.Integer(), nullable=False),
        sa.Column("before_visit_id", sa.Integer(), nullable=False),
        sa.Column("after_visit_id", sa.Integer(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("settings_sha256", sa.Text(), nullable=False),
        sa.Column("content_key", sa.Text(), nullable=False),
        sa.Column("dossier_sha256", sa.Text(), nullable=False),
        sa.Column("correction", sa.Text(), nullable=False),
        sa.Column("saved_at", sa.Text(), nullable=False),
        sa.Column("saved_by", sa.Text(), nullable=False),
        sa.Column("result", sa.Text(), nullable=False),
        sa.CheckConstraint("(revision = 1) = (reason = '')", name=op.f("ck_comparison_reason_given")),
        sa.CheckConstraint("status IN ('comparable', 'indicative', 'not_comparable')", name=op.f("ck_comparison_status_known")),
        sa.ForeignKeyConstraint(["after_visit_id"], ["visit.id"], name=op.f("fk_comparison_after_visit_id")),
        sa.ForeignKeyConstraint(["before_visit_id"], ["visit.id"], name=op.f("fk_comparison_before_visit_id")),
        sa.ForeignKeyConstraint(["region_id"], ["region.id"], name=op.f("fk_comparison_region_id")),
        sa.ForeignKeyConstraint(["root_id"], ["comparison.id"], name=op.f("fk_comparison_root_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_comparison")),
        sa.UniqueConstraint("content_key", name=op.f("uq_comparison_content_key")),
        sa.UniqueConstraint("root_id", "revision", name=op.f("uq_comparison_root_id_revision")),
        sqlite_strict=True,
    )
    op.create_index(op.f("ix_comparison_after_visit_id"), "comparison", ["after_visit_id"], unique=False)
    op.create_index(op.f("ix_comparison_before_visit_id"), "comparison", ["before_visit_id"], unique=False)
    op.create_index(op.f("ix_comparison_dossier_sha256"), "comparison", ["dossier_sha256"], unique=False)
    op.create_index(op.f("ix_comparison_region_id"), "comparison", ["region_id"], unique=False)
    op.create_index(op.f("ix_comparison_root_id"), "comparison", ["root_id"], unique=False)
    op.create_table(
        "photo",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("visit_id", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("facts", sa.Text(), nullable=False),
        sa.Column("added_at", sa.Text(), nullable=False),
        sa.CheckConstraint("length(sha256) = 64", name=op.f("ck_photo_digest")),
        sa.ForeignKeyConstraint(["visit_id"], ["visit.id"], name=op.f("fk_photo_visit_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_photo")),
        sa.UniqueConstraint("visit_id", "sha256", name=op.f("uq_photo_visit_id_sha256")),
        sqlite_strict=True,
    )
    op.create_index(op.f("ix_photo_sha256"), "photo", ["sha256"], unique=False)
    op.create_index(op.f("ix_photo_visit_id"), "photo", ["visit_id"], unique=False)
    op.create_table(
        "cohort_row",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("region_id", sa.Integer(), nullable=False),
        sa.Column("comparison_id", sa.Integer(), nullable=True),
        sa.Column("patient_id", sa.Integer(), nullable=False),
        sa.Column("leg", sa.Text(), nullable=False),
        sa.Column("region", sa.Text(), nullable=False),
        sa.Column("baseline_on", sa.Text(), nullable=False),
        sa.Column("treated_on", sa.Text(), nullable=True),
        sa.Column("follow_up_on", sa.Text(), nullable=True),
        sa.Column("days", sa.Integer(), nullable=True),
        sa.Column("window", sa.Text(), nullable=False),
        sa.Column("operator", sa.Text(), nullable=False),
        sa.Column("site", sa.Text(), nullable=False),
        sa.Column("agent", sa.Text(), nullable=False),
        sa.Column("concentration_percent", NUMBER, nullable=True),
        sa.Column("form", sa.Text(), nullable=False),
        sa.Column("sessions", sa.Integer(), nullable=True),
        sa.Column("compression_days", sa.Integer(), nullable=True),
        sa.Column("ceap", sa.Text(), nullable=False),
        sa.Column("vcss_before", sa.Integer(), nullable=True),
        sa.Column("vcss_after", sa.Integer(), nullable=True),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("method", sa.Text(), nullable=False),
        sa.Column("corrected", sa.Integer(), nullable=False),
        sa.Column("reasons", sa.Text(), nullable=False),
        sa.Column("photo_quality", sa.Text(), nullable=False),
        sa.Column("ita", NUMBER, nullable=True),
        sa.Column("ita_group", sa.Text(), nullable=False),
        sa.Column("calibre", sa.Text(), nullable=False),
        sa.Column("baseline_mm", NUMBER, nullable=True),
        sa.Column("length", NUMBER, nullable=True),
        sa.Column("length_low", NUMBER, nullable=True),
        sa.Column("length_high", NUMBER, nullable=True),
        sa.Column("telangiectasia", NUMBER, nullable=True),
        sa.Column("telangiectasia_half_width", NUMBER, nullable=True),
        sa.Column("reticular", NUMBER, nullable=True),
        sa.Column("reticular_half_width", NUMBER, nullable=True),
        sa.Column("new_share", NUMBER, nullable=True),
        sa.Column("stained_share", NUMBER, nullable=True),
        sa.Column("packed", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["comparison_id"], ["comparison.id"], name=op.f("fk_cohort_row_comparison_id")),
        sa.ForeignKeyConstraint(["patient_id"], ["patient.id"], name=op.f("fk_cohort_row_patient_id")),
        sa.ForeignKeyConstraint(["region_id"], ["region.id"], name=op.f("fk_cohort_row_region_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_cohort_row")),
        sa.UniqueConstraint("comparison_id", name=op.f("uq_cohort_row_comparison_id")),
        sqlite_strict=True,
    )
    op.create_table(
        "cohort_word",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("word", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_cohort_word")),
        sa.UniqueConstraint("word", name=op.f("uq_cohort_word_word")),
        sqlite_strict=True,
    )
    op.create_index("ix_cohort_row_baseline_on_patient_id", "cohort_row", ["baseline_on", "patient_id"], unique=False)
    op.create_index(op.f("ix_cohort_row_patient_id"), "cohort_row", ["patient_id"], unique=False)
    op.create_index(op.f("ix_cohort_row_region_id"), "cohort_row", ["region_id"], unique=False)
    op.create_table(
        "rating",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("round_id", sa.Integer(), nullable=False),
        sa.Column("rater", sa.Text(), nullable=False),
        sa.Column("comparison_id", sa.Integer(), nullable=False),
        sa.Column("occasion", sa.Integer(), nullable=False),
        sa.Column("percent", NUMBER, nullable=False),
        sa.Column("five_point", sa.Integer(), nullable=False),
        sa.Column("at", sa.Text(), nullable=False),
        sa.CheckConstraint("five_point BETWEEN 1 AND 5", name=op.f("ck_rating_five_point_range")),
        sa.CheckConstraint("occasion BETWEEN 1 AND 2", name=op.f("ck_rating_occasion_range")),
        sa.CheckConstraint("percent BETWEEN 0 AND 100", name=op.f("ck_rating_percent_range")),
        sa.ForeignKeyConstraint(["comparison_id"], ["comparison.id"], name=op.f("fk_rating_comparison_id")),
        sa.ForeignKeyConstraint(["round_id"], ["rating_round.id"], name=op.f("fk_rating_round_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rating")),
        sa.UniqueConstraint("round_id", "rater", "comparison_id", "occasion", name=op.f("uq_rating_round_id_rater_comparison_id_occasion")),
        sqlite_strict=True,
    )
    op.create_index(op.f("ix_rating_comparison_id"), "rating", ["comparison_id"], unique=False)
    op.create_index(op.f("ix_rating_round_id"), "rating", ["round_id"], unique=False)
