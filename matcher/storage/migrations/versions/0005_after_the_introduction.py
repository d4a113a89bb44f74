"""Agreements, check-ins, meetings and hours after an introduction."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Agreements, check-ins, meetings and hours after an introduction."""
    with op.batch_alter_table("parties", schema=None) as batch_op:
        batch_op.add_column(sa.Column("asks_until", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("reply", sa.Text(), nullable=True))
    op.create_table(
        "meetings",
        sa.Column("introduction_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("uid", sa.String(), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=24), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("minutes", sa.Integer(), nullable=False),
        sa.Column("place", sa.String(), server_default="", nullable=False),
        sa.Column("proposed_by", sa.String(), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("state IN ('agreed', 'cancelled', 'proposed')", name=op.f("ck_meetings_state_known")),
        sa.CheckConstraint("minutes BETWEEN 1 AND 1440", name=op.f("ck_meetings_minutes")),
        sa.ForeignKeyConstraint(
            ["introduction_id"], ["introductions.id"], name=op.f("fk_meetings_introduction_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["proposed_by"], ["participants.id"], name=op.f("fk_meetings_proposed_by")),
        sa.PrimaryKeyConstraint("introduction_id", name=op.f("pk_meetings")),
        sa.UniqueConstraint("uid", name=op.f("uq_meetings_uid")),
    )
    op.create_table(
        "check_ins",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("introduction_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("participant_id", sa.String(), nullable=False),
        sa.Column("about", sa.String(length=24), nullable=False),
        sa.Column("day", sa.Integer(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("answer", sa.String(length=24), nullable=True),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("about IN ('contact', 'going')", name=op.f("ck_check_ins_about_known")),
        sa.ForeignKeyConstraint(
            ["introduction_id"], ["introductions.id"], name=op.f("fk_check_ins_introduction_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["participant_id"], ["participants.id"], name=op.f("fk_check_ins_participant_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_check_ins")),
        sa.UniqueConstraint(
            "introduction_id", "participant_id", "day", name=op.f("uq_check_ins_introduction_id_participant_id_day")
        ),
    )
    with op.batch_alter_table("check_ins", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_check_ins_participant_id"), ["participant_id"], unique=False)
    op.create_table(
        "agreements",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("introduction_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("said_by", sa.String(), nullable=False),
        sa.Column("hours", sa.Integer(), nullable=False),
        sa.Column("cadence", sa.String(length=24), nullable=False),
        sa.Column("months", sa.Integer(), nullable=False),
        sa.Column("words", sa.Text(), server_default="", nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "cadence IN ('as_needed', 'fortnightly', 'monthly', 'weekly')", name=op.f("ck_agreements_cadence_known")
        ),
        sa.ForeignKeyConstraint(
            ["introduction_id"], ["introductions.id"], name=op.f("fk_agreements_introduction_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["said_by"], ["participants.id"], name=op.f("fk_agreements_said_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_agreements")),
        sa.UniqueConstraint("introduction_id", "version", name=op.f("uq_agreements_introduction_id_version")),
    )
    op.create_table(
        "agreement_ticks",
        sa.Column("agreement_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("participant_id", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["agreement_id"], ["agreements.id"], name=op.f("fk_agreement_ticks_agreement_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["participant_id"], ["participants.id"], name=op.f("fk_agreement_ticks_participant_id")
        ),
        sa.PrimaryKeyConstraint("agreement_id", "participant_id", name=op.f("pk_agreement_ticks")),
    )
    op.create_table(
        "hours",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("introduction_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("met_on", sa.Date(), nullable=False),
        sa.Column("minutes", sa.Integer(), nullable=False),
        sa.Column("said_by", sa.String(), nullable=False),
        sa.Column("said_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("confirmed_by", sa.String(), nullable=True),
        sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("minutes > 0", name=op.f("ck_hours_minutes")),
        sa.CheckConstraint("confirmed_by <> said_by", name=op.f("ck_hours_confirmed_by_the_other")),
        sa.ForeignKeyConstraint(
            ["introduction_id"], ["introductions.id"], name=op.f("fk_hours_introduction_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["said_by"], ["participants.id"], name=op.f("fk_hours_said_by")),
        sa.ForeignKeyConstraint(["confirmed_by"], ["participants.id"], name=op.f("fk_hours_confirmed_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_hours")),
    )
    with op.batch_alter_table("hours", schema=None) as batch_op:
        batch_op.create_index("ix_hours_introduction_id", ["introduction_id"], unique=False)
