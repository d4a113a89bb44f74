"""Quiet hours of one's own, and when somebody was reminded last."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Quiet hours of one's own, and when somebody was reminded last."""
    with op.batch_alter_table("participants") as table:
        table.add_column(sa.Column("quiet_from", sa.SmallInteger(), nullable=True))
        table.add_column(sa.Column("quiet_until", sa.SmallInteger(), nullable=True))
        table.create_check_constraint(
            op.f("ck_participants_quiet_hours"), "quiet_from BETWEEN 0 AND 23 AND quiet_until BETWEEN 0 AND 23"
        )
    with op.batch_alter_table("parties") as table:
        table.add_column(sa.Column("reminded_at", sa.DateTime(timezone=True), nullable=True))
