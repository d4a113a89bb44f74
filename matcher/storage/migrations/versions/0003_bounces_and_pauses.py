"""Bounces, complaints, and pauses of all mail."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bounces, complaints, and pauses of all mail."""
    op.create_table(
        "bounces",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("address_hash", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=24), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "kind IN ('complaint', 'confirmed', 'delivered', 'hard', 'refused', 'soft')",
            name=op.f("ck_bounces_kind_known"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bounces")),
        sa.UniqueConstraint("source", name=op.f("uq_bounces_source")),
    )
    with op.batch_alter_table("bounces", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_bounces_address_hash"), ["address_hash"], unique=False)

    op.create_table(
        "mail_pauses",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.CheckConstraint("id = 1", name=op.f("ck_mail_pauses_one")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mail_pauses")),
    )

    # Addresses stopped so far stay so: their bare hashes are put under a key when the programme starts.
    with op.batch_alter_table("suppressions", schema=None) as batch_op:
        batch_op.add_column(sa.Column("key", sa.String(length=16), server_default="", nullable=False))
        batch_op.add_column(sa.Column("score", sa.Integer(), server_default="0", nullable=False))
        batch_op.add_column(sa.Column("stopped_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.create_index(batch_op.f("ix_suppressions_key"), ["key"], unique=False)
    op.execute("UPDATE suppressions SET score = 4, stopped_at = at")
    op.execute(
        "INSERT INTO bounces (source, address_hash, kind, at) "
        "SELECT address_hash || '-refused', address_hash, 'refused', at FROM suppressions"
    )

    with op.batch_alter_table("letters", schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f("ck_letters_state_known"), type_="check")
        batch_op.create_check_constraint(
            batch_op.f("ck_letters_state_known"),
            "state IN ('bounced', 'cancelled', 'complained', 'failed', 'queued', 'sending', 'sent')",
        )
