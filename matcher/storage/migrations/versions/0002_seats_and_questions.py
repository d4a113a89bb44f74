"""Seats in groups, and questions that stop a clock."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

LIVE = ("offered", "asking", "agreed", "introduced", "active")


def upgrade() -> None:
    """Seats in groups, and questions that stop a clock."""
    op.create_table(
        "group_seats",
        sa.Column("participant_id", sa.String(), nullable=False),
        sa.Column("introduction_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.ForeignKeyConstraint(
            ["introduction_id"], ["introductions.id"], name=op.f("fk_group_seats_introduction_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["participant_id"], ["participants.id"], name=op.f("fk_group_seats_participant_id")),
        sa.PrimaryKeyConstraint("participant_id", name=op.f("pk_group_seats")),
    )
    op.create_index(op.f("ix_group_seats_introduction_id"), "group_seats", ["introduction_id"])
    with op.batch_alter_table("parties") as batch:
        batch.add_column(sa.Column("asks", sa.String(length=12), nullable=True))
        batch.add_column(sa.Column("waits", sa.Boolean(), server_default=sa.text("false"), nullable=False))
        batch.add_column(sa.Column("taken_back", sa.Boolean(), server_default=sa.text("false"), nullable=False))
        batch.create_check_constraint(op.f("ck_parties_asks_known"), "asks IN ('coordinator', 'other')")
    _seat_those_in_groups()
    _open_the_questions()


def _seat_those_in_groups() -> None:
    """Where somebody is in two live groups by an old race, the older one has the seat."""
    op.execute(
        sa.text(
            "INSERT INTO group_seats (participant_id, introduction_id) "
            "SELECT p.participant_id, min(i.id) FROM parties p JOIN introductions i ON i.id = p.introduction_id "
            "WHERE i.kind = 'group' AND i.state IN :live AND p.answer IN ('pending', 'yes') GROUP BY p.participant_id"
        ).bindparams(sa.bindparam("live", LIVE, expanding=True))
    )


def _open_the_questions() -> None:
    """A question counts as answered where a letter with its answer was written."""
    here = op.get_bind()
    letters = sa.table(
        "letters", *map(sa.column, ("kind", "introduction_id", "participant_id")), sa.column("facts", sa.JSON)
    )
    told = {
        (row.introduction_id, row.participant_id, (row.facts or {}).get("question"))
        for row in here.execute(sa.select(letters).where(letters.c.kind == "tell_me_more_answer"))
    }
    asked = here.execute(
        sa.text(
            "SELECT p.id, p.introduction_id, p.participant_id, p.question, p.deadline FROM parties p "
            "JOIN introductions i ON i.id = p.introduction_id "
            "WHERE p.question IS NOT NULL AND p.answer = 'pending' AND i.state IN ('offered', 'asking')"
        )
    ).all()
    for side in asked:
        if (side.introduction_id, side.participant_id, side.question) not in told:
            values = {"id": side.id, "waits": side.deadline is None}
            here.execute(sa.text("UPDATE parties SET asks = 'coordinator', waits = :waits WHERE id = :id"), values)
