"""Agreements, check-ins, meetings and hours after an introduction."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Agreements, check-ins, meetings and hours after an introduction."""
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
