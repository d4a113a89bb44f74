"""The first schema."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """The first schema."""
    op.create_table(
        "audit",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor", sa.String(), nullable=False),
        sa.Column("act", sa.String(), nullable=False),
        sa.Column("object", sa.String(), nullable=False),
        sa.Column("before", sa.String(), nullable=True),
        sa.Column("after", sa.String(), nullable=True),
        sa.Column("detail", sa.JSON(), server_default=sa.text("'{}'"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit")),
    )
    with op.batch_alter_table("audit", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_audit_at"), ["at"], unique=False)
        batch_op.create_index("ix_audit_object", ["object"], unique=False)

    op.create_table(
        "coordinators",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("email", sa.String(), nullable=False),
        sa.Column("email_key", sa.String(), nullable=False),
        sa.Column("name", sa.String(), server_default="", nullable=False),
        sa.Column("language", sa.String(length=8), server_default="en", nullable=False),
        sa.Column("active", sa.Boolean(), server_default=sa.text("(true)"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_coordinators")),
        sa.UniqueConstraint("email_key", name=op.f("uq_coordinators_email_key")),
    )
    op.create_table(
        "erasures",
        sa.Column("id_hash", sa.String(length=64), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id_hash", name=op.f("pk_erasures")),
    )
    op.create_table(
        "form_drafts",
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("answers", sa.JSON(), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_form_drafts")),
    )
    op.create_table(
        "limits",
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("left", sa.Float(), nullable=False),
        sa.Column("at", sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_limits")),
    )
    op.create_table(
        "participants",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("role", sa.String(length=8), nullable=False),
        sa.Column("status", sa.String(length=24), nullable=False),
        sa.Column("name", sa.String(), server_default="", nullable=False),
        sa.Column("email", sa.String(), nullable=True),
        sa.Column("email_key", sa.String(), nullable=True),
        sa.Column("language", sa.String(length=8), server_default="en", nullable=False),
        sa.Column("timezone", sa.String(), nullable=True),
        sa.Column("answers", sa.JSON(), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("capacity", sa.Integer(), server_default="0", nullable=False),
        sa.Column("used", sa.Integer(), server_default="0", nullable=False),
        sa.Column("muted", sa.JSON(), server_default=sa.text("'[]'"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("paused_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("left_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("role IN ('both', 'mentee', 'mentor')", name=op.f("ck_participants_role_known")),
        sa.CheckConstraint(
            "status IN ('active', 'erased', 'left', 'paused', 'unconfirmed')", name=op.f("ck_participants_status_known")
        ),
        sa.CheckConstraint("used BETWEEN 0 AND capacity", name=op.f("ck_participants_places")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_participants")),
        sa.UniqueConstraint("email_key", name=op.f("uq_participants_email_key")),
    )
    with op.batch_alter_table("participants", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_participants_status"), ["status"], unique=False)

    op.create_table(
        "rounds",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("kind", sa.String(length=24), nullable=False),
        sa.Column("mode", sa.String(length=24), nullable=False),
        sa.Column("ask_order", sa.String(length=24), nullable=False),
        sa.Column("objective", sa.String(length=16), nullable=False),
        sa.Column("suggestions", sa.Integer(), nullable=False),
        sa.Column("weights", sa.JSON(), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("options", sa.JSON(), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("seed", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.String(), server_default="", nullable=False),
        sa.Column("state", sa.String(length=24), nullable=False),
        sa.Column("progress", sa.Float(), server_default="0", nullable=False),
        sa.Column("step", sa.String(), server_default="", nullable=False),
        sa.Column("digest", sa.String(), server_default="", nullable=False),
        sa.Column("certificate", sa.JSON(), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("unmatched", sa.JSON(), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("requested_by", sa.String(), server_default="", nullable=False),
        sa.Column("requested_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("published_by", sa.String(), nullable=True),
        sa.Column("claimed_by", sa.String(), nullable=True),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("trouble", sa.Text(), nullable=True),
        sa.CheckConstraint("kind IN ('groups', 'pairs')", name=op.f("ck_rounds_kind_known")),
        sa.CheckConstraint("objective IN ('fair', 'total')", name=op.f("ck_rounds_objective_known")),
        sa.CheckConstraint(
            "state IN ('discarded', 'failed', 'published', 'requested', 'review', 'running')",
            name=op.f("ck_rounds_state_known"),
        ),
        sa.CheckConstraint("progress BETWEEN 0 AND 1", name=op.f("ck_rounds_progress")),
        sa.CheckConstraint("suggestions BETWEEN 1 AND 5", name=op.f("ck_rounds_suggestions")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rounds")),
    )
    with op.batch_alter_table("rounds", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_rounds_state"), ["state"], unique=False)

    op.create_table(
        "sessions",
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.Column("owner", sa.String(), nullable=False),
        sa.Column("csrf", sa.String(), nullable=False),
        sa.Column("limited", sa.Boolean(), server_default=sa.text("(false)"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("idle_until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("hash", name=op.f("pk_sessions")),
    )
    with op.batch_alter_table("sessions", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_sessions_owner"), ["owner"], unique=False)

    op.create_table(
        "suppressions",
        sa.Column("address_hash", sa.String(length=64), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("address_hash", name=op.f("pk_suppressions")),
    )
    op.create_table(
        "tokens",
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.Column("purpose", sa.String(length=16), nullable=False),
        sa.Column("owner", sa.String(), nullable=False),
        sa.Column("code_hash", sa.String(length=64), nullable=True),
        sa.Column("browser_hash", sa.String(length=64), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("tries", sa.Integer(), server_default="0", nullable=False),
        sa.CheckConstraint("purpose IN ('confirm', 'sign_in')", name=op.f("ck_tokens_purpose_known")),
        sa.PrimaryKeyConstraint("hash", name=op.f("pk_tokens")),
    )
    with op.batch_alter_table("tokens", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_tokens_browser_hash"), ["browser_hash"], unique=False)
        batch_op.create_index("ix_tokens_owner_purpose", ["owner", "purpose"], unique=False)

    op.create_table(
        "consents",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("participant_id", sa.String(), nullable=False),
        sa.Column("kind", sa.String(length=24), nullable=False),
        sa.Column("version", sa.String(), nullable=False),
        sa.Column("text_hash", sa.String(length=64), nullable=False),
        sa.Column("given_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "kind IN ('check_ins', 'matching', 'news', 'show_text')", name=op.f("ck_consents_kind_known")
        ),
        sa.ForeignKeyConstraint(["participant_id"], ["participants.id"], name=op.f("fk_consents_participant_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_consents")),
    )
    with op.batch_alter_table("consents", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_consents_participant_id"), ["participant_id"], unique=False)
        batch_op.create_index(
            "uq_consents_standing",
            ["participant_id", "kind"],
            unique=True,
            sqlite_where=sa.text("withdrawn_at IS NULL"),
            postgresql_where=sa.text("withdrawn_at IS NULL"),
        )

    op.create_table(
        "introductions",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("kind", sa.String(length=24), nullable=False),
        sa.Column("mode", sa.String(length=24), nullable=False),
        sa.Column("ask_order", sa.String(length=24), nullable=False),
        sa.Column("state", sa.String(length=24), nullable=False),
        sa.Column("mentee_id", sa.String(), nullable=True),
        sa.Column("mentor_id", sa.String(), nullable=True),
        sa.Column("round_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("rank", sa.Integer(), server_default="1", nullable=False),
        sa.Column("affinity", sa.Float(), server_default="0", nullable=False),
        sa.Column("explanation", sa.JSON(), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("label", sa.String(), server_default="", nullable=False),
        sa.Column("quorum", sa.Integer(), server_default="0", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("approved_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("approved_by", sa.String(), nullable=True),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("undo_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("introduced_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("active_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("end_reason", sa.String(), nullable=True),
        sa.Column("outcome", sa.String(length=24), nullable=True),
        sa.Column("followed_up", sa.Boolean(), server_default=sa.text("(false)"), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "(kind = 'pair') = (mentee_id IS NOT NULL AND mentor_id IS NOT NULL)",
            name=op.f("ck_introductions_pair_or_group"),
        ),
        sa.CheckConstraint("kind IN ('group', 'pair')", name=op.f("ck_introductions_kind_known")),
        sa.CheckConstraint("mode IN ('assigned', 'choose')", name=op.f("ck_introductions_mode_known")),
        sa.CheckConstraint(
            "state IN ('active', 'agreed', 'asking', 'closed', 'declined', 'discarded', 'draft', 'expired', 'introduced', 'offered', 'void', 'withdrawn')",  # noqa: E501
            name=op.f("ck_introductions_state_known"),
        ),
        sa.CheckConstraint("affinity BETWEEN -0.000001 AND 1.000001", name=op.f("ck_introductions_affinity")),
        sa.CheckConstraint("mentee_id IS NULL OR mentee_id <> mentor_id", name=op.f("ck_introductions_two_people")),
        sa.ForeignKeyConstraint(["mentee_id"], ["participants.id"], name=op.f("fk_introductions_mentee_id")),
        sa.ForeignKeyConstraint(["mentor_id"], ["participants.id"], name=op.f("fk_introductions_mentor_id")),
        sa.ForeignKeyConstraint(["round_id"], ["rounds.id"], name=op.f("fk_introductions_round_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_introductions")),
    )
    with op.batch_alter_table("introductions", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_introductions_mentee_id"), ["mentee_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_introductions_mentor_id"), ["mentor_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_introductions_round_id"), ["round_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_introductions_state"), ["state"], unique=False)
        batch_op.create_index(
            "uq_introductions_one_draft",
            ["round_id", "mentee_id", "mentor_id"],
            unique=True,
            sqlite_where=sa.text("state = 'draft'"),
            postgresql_where=sa.text("state = 'draft'"),
        )
        batch_op.create_index(
            "uq_introductions_one_per_mentee",
            ["mentee_id"],
            unique=True,
            sqlite_where=sa.text("state IN ('active', 'agreed', 'asking', 'introduced')"),
            postgresql_where=sa.text("state IN ('active', 'agreed', 'asking', 'introduced')"),
        )
        batch_op.create_index(
            "uq_introductions_one_per_pair",
            ["mentee_id", "mentor_id"],
            unique=True,
            sqlite_where=sa.text("state IN ('active', 'agreed', 'asking', 'introduced', 'offered')"),
            postgresql_where=sa.text("state IN ('active', 'agreed', 'asking', 'introduced', 'offered')"),
        )

    op.create_table(
        "letters",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("to", sa.String(), nullable=False),
        sa.Column("language", sa.String(length=8), nullable=False),
        sa.Column("participant_id", sa.String(), nullable=True),
        sa.Column("facts", sa.JSON(), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("introduction_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("epoch", sa.Integer(), nullable=True),
        sa.Column("concerns", sa.JSON(), server_default=sa.text("'[]'"), nullable=False),
        sa.Column("not_before", sa.DateTime(timezone=True), nullable=True),
        sa.Column("not_after", sa.DateTime(timezone=True), nullable=True),
        sa.Column("subject", sa.String(), server_default="", nullable=False),
        sa.Column("message_id", sa.String(), server_default="", nullable=False),
        sa.Column("raw", sa.LargeBinary(), nullable=True),
        sa.Column("state", sa.String(length=24), nullable=False),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("claimed_by", sa.String(), nullable=True),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("next_try_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("trouble", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "state IN ('cancelled', 'failed', 'queued', 'sending', 'sent')", name=op.f("ck_letters_state_known")
        ),
        sa.ForeignKeyConstraint(["introduction_id"], ["introductions.id"], name=op.f("fk_letters_introduction_id")),
        sa.ForeignKeyConstraint(["participant_id"], ["participants.id"], name=op.f("fk_letters_participant_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_letters")),
        sa.UniqueConstraint("key", name=op.f("uq_letters_key")),
    )
    with op.batch_alter_table("letters", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_letters_introduction_id"), ["introduction_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_letters_participant_id"), ["participant_id"], unique=False)
        batch_op.create_index("ix_letters_state_next_try_at", ["state", "next_try_at"], unique=False)

    op.create_table(
        "parties",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("introduction_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("participant_id", sa.String(), nullable=False),
        sa.Column("part", sa.String(length=24), nullable=False),
        sa.Column("answer", sa.String(length=24), nullable=False),
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("delivered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("deadline", sa.DateTime(timezone=True), nullable=True),
        sa.Column("extended", sa.Boolean(), server_default=sa.text("(false)"), nullable=False),
        sa.Column("undeliverable", sa.Boolean(), server_default=sa.text("(false)"), nullable=False),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("answered_by", sa.String(), nullable=True),
        sa.Column("reason", sa.String(), nullable=True),
        sa.Column("question", sa.Text(), nullable=True),
        sa.Column("contact", sa.Boolean(), nullable=True),
        sa.Column("feedback", sa.JSON(), server_default=sa.text("'{}'"), nullable=False),
        sa.CheckConstraint("answer IN ('no', 'not_now', 'pending', 'yes')", name=op.f("ck_parties_answer_known")),
        sa.CheckConstraint("part IN ('facilitator', 'member', 'mentee', 'mentor')", name=op.f("ck_parties_part_known")),
        sa.ForeignKeyConstraint(
            ["introduction_id"], ["introductions.id"], name=op.f("fk_parties_introduction_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["participant_id"], ["participants.id"], name=op.f("fk_parties_participant_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_parties")),
        sa.UniqueConstraint(
            "introduction_id", "participant_id", name=op.f("uq_parties_introduction_id_participant_id")
        ),
    )
    with op.batch_alter_table("parties", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_parties_deadline"), ["deadline"], unique=False)
        batch_op.create_index(batch_op.f("ix_parties_participant_id"), ["participant_id"], unique=False)
        batch_op.create_index(
            "uq_parties_one_facilitator",
            ["introduction_id"],
            unique=True,
            sqlite_where=sa.text("part = 'facilitator'"),
            postgresql_where=sa.text("part = 'facilitator'"),
        )

    if op.get_bind().dialect.name == "sqlite":
        for act in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER audit_no_{act.lower()} BEFORE {act} ON audit "
                "BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END"
            )
    else:
        op.execute(
            "CREATE FUNCTION audit_append_only() RETURNS trigger LANGUAGE plpgsql AS "
            "$$ BEGIN RAISE EXCEPTION 'the audit log is append-only'; END $$"
        )
        op.execute(
            "CREATE TRIGGER audit_append_only BEFORE UPDATE OR DELETE ON audit "
            "FOR EACH ROW EXECUTE FUNCTION audit_append_only()"
        )
