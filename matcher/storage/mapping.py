"""The tables, and which domain class each of them holds."""

from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    DateTime,
    Dialect,
    Enum,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    SmallInteger,
    String,
    Table,
    Text,
    TypeDecorator,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import registry, relationship

from matcher.domain.aftercare import About, Agreement, Cadence, CheckIn, Hours, Said, Tick
from matcher.domain.introductions import (
    HOLDING,
    LIVE,
    Answer,
    Asks,
    Introduction,
    Kind,
    Mode,
    Order,
    Outcome,
    Part,
    Party,
    State,
)
from matcher.domain.letters import Letter, LetterKind, LetterState, Sign
from matcher.domain.meetings import Meeting, MeetingState
from matcher.domain.people import ConsentKind, Coordinator, Participant, Standing
from matcher.domain.rounds import Round, RoundKind, RoundState

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)


class UTCDateTime(TypeDecorator[datetime]):
    """An instant: takes aware datetimes only, gives aware UTC datetimes back on both engines."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """To UTC; SQLite keeps no zone, so it gets none."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise TypeError("a datetime without time zone")
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Back with the zone."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def _word(kind: type[StrEnum], length: int = 24) -> Enum:
    return Enum(kind, native_enum=False, length=length, values_callable=lambda e: [member.value for member in e])


def _one_of(column: str, words: Any) -> CheckConstraint:
    listed = ", ".join(f"'{word}'" for word in sorted(str(word) for word in words))
    return CheckConstraint(f"{column} IN ({listed})", name=f"{column}_known")


def _in(column: str, states: Any) -> str:
    return f"{column} IN ({', '.join(sorted(repr(str(state)) for state in states))})"


def _id() -> Column[int]:
    return Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True)


def _participant(name: str = "participant_id", *, nullable: bool = False, **more: Any) -> Column[str]:
    return Column(name, String, ForeignKey("participants.id"), nullable=nullable, **more)


def _json(name: str, default: str) -> Column[Any]:
    return Column(name, JSON, nullable=False, server_default=text(f"'{default}'"))


participants = Table(
    "participants",
    metadata,
    Column("id", String, primary_key=True),
    Column("role", String(8), nullable=False),
    Column("status", _word(Standing), nullable=False, index=True),
    Column("name", String, nullable=False, server_default=""),
    Column("email", String),
    Column("email_key", String),  # the address in small letters: one account per address
    Column("language", String(8), nullable=False, server_default="en"),
    Column("timezone", String),
    _json("answers", "{}"),
    Column("capacity", Integer, nullable=False, server_default="0"),
    Column("used", Integer, nullable=False, server_default="0"),
    _json("muted", "[]"),
    Column("quiet_from", SmallInteger),
    Column("quiet_until", SmallInteger),
    Column("created_at", UTCDateTime),
    Column("changed_at", UTCDateTime),
    Column("confirmed_at", UTCDateTime),
    Column("paused_until", UTCDateTime),
    Column("left_at", UTCDateTime),
    Column("version", Integer, nullable=False),
    UniqueConstraint("email_key"),
    _one_of("role", ("mentee", "mentor", "both")),
    _one_of("status", Standing),
    CheckConstraint("used BETWEEN 0 AND capacity", name="places"),
    CheckConstraint("quiet_from BETWEEN 0 AND 23 AND quiet_until BETWEEN 0 AND 23", name="quiet_hours"),
)

consents = Table(
    "consents",
    metadata,
    _id(),
    _participant(index=True),
    Column("kind", _word(ConsentKind), nullable=False),
    Column("version", String, nullable=False),
    Column("text_hash", String(64), nullable=False),
    Column("given_at", UTCDateTime, nullable=False),
    Column("withdrawn_at", UTCDateTime),
    _one_of("kind", ConsentKind),
    Index(
        "uq_consents_standing",
        "participant_id",
        "kind",
        unique=True,
        sqlite_where=text("withdrawn_at IS NULL"),
        postgresql_where=text("withdrawn_at IS NULL"),
    ),
)

coordinators = Table(
    "coordinators",
    metadata,
    Column("id", String, primary_key=True),
    Column("email", String, nullable=False),
    Column("email_key", String, nullable=False),
    Column("name", String, nullable=False, server_default=""),
    Column("language", String(8), nullable=False, server_default="en"),
    Column("active", Boolean, nullable=False, server_default=text("true")),
    Column("created_at", UTCDateTime),
    UniqueConstraint("email_key"),
)

rounds = Table(
    "rounds",
    metadata,
    _id(),
    Column("kind", _word(RoundKind), nullable=False),
    Column("mode", _word(Mode), nullable=False),
    Column("ask_order", _word(Order), nullable=False),
    Column("objective", String(16), nullable=False),
    Column("suggestions", Integer, nullable=False),
    _json("weights", "{}"),
    _json("options", "{}"),
    Column("seed", BigInteger, nullable=False),
    Column("name", String, nullable=False, server_default=""),
    Column("state", _word(RoundState), nullable=False, index=True),
    Column("progress", Float, nullable=False, server_default="0"),
    Column("step", String, nullable=False, server_default=""),
    Column("digest", String, nullable=False, server_default=""),
    _json("certificate", "{}"),
    _json("unmatched", "{}"),
    Column("requested_by", String, nullable=False, server_default=""),
    Column("requested_at", UTCDateTime),
    Column("started_at", UTCDateTime),
    Column("finished_at", UTCDateTime),
    Column("published_at", UTCDateTime),
    Column("published_by", String),
    Column("claimed_by", String),
    Column("lease_until", UTCDateTime),
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("trouble", Text),
    _one_of("kind", RoundKind),
    _one_of("state", RoundState),
    _one_of("objective", ("total", "fair")),
    CheckConstraint("progress BETWEEN 0 AND 1", name="progress"),
    CheckConstraint("suggestions BETWEEN 1 AND 5", name="suggestions"),
)

introductions = Table(
    "introductions",
    metadata,
    _id(),
    Column("kind", _word(Kind), nullable=False),
    Column("mode", _word(Mode), nullable=False),
    Column("ask_order", _word(Order), nullable=False),
    Column("state", _word(State), nullable=False, index=True),
    _participant("mentee_id", nullable=True, index=True),
    _participant("mentor_id", nullable=True, index=True),
    Column("round_id", ForeignKey("rounds.id"), index=True),
    Column("rank", Integer, nullable=False, server_default="1"),
    Column("affinity", Float, nullable=False, server_default="0"),
    _json("explanation", "{}"),
    Column("label", String, nullable=False, server_default=""),
    Column("quorum", Integer, nullable=False, server_default="0"),
    Column("created_at", UTCDateTime),
    Column("changed_at", UTCDateTime),
    Column("approved_at", UTCDateTime),
    Column("approved_by", String),
    Column("asked_at", UTCDateTime),
    Column("undo_until", UTCDateTime),
    Column("introduced_at", UTCDateTime),
    Column("active_at", UTCDateTime),
    Column("ended_at", UTCDateTime),
    Column("end_reason", String),
    Column("outcome", _word(Outcome)),
    Column("followed_up", Boolean, nullable=False, server_default=text("false")),
    Column("version", Integer, nullable=False),
    _one_of("kind", Kind),
    _one_of("mode", Mode),
    _one_of("state", State),
    CheckConstraint("(kind = 'pair') = (mentee_id IS NOT NULL AND mentor_id IS NOT NULL)", name="pair_or_group"),
    CheckConstraint("mentee_id IS NULL OR mentee_id <> mentor_id", name="two_people"),
    CheckConstraint("affinity BETWEEN -0.000001 AND 1.000001", name="affinity"),
)
Index(
    "uq_introductions_one_per_mentee",
    introductions.c.mentee_id,
    unique=True,
    sqlite_where=text(_in("state", HOLDING)),
    postgresql_where=text(_in("state", HOLDING)),
)
Index(
    "uq_introductions_one_per_pair",
    introductions.c.mentee_id,
    introductions.c.mentor_id,
    unique=True,
    sqlite_where=text(_in("state", LIVE)),
    postgresql_where=text(_in("state", LIVE)),
)
Index(
    "uq_introductions_one_draft",
    introductions.c.round_id,
    introductions.c.mentee_id,
    introductions.c.mentor_id,
    unique=True,
    sqlite_where=text("state = 'draft'"),
    postgresql_where=text("state = 'draft'"),
)

parties = Table(
    "parties",
    metadata,
    _id(),
    Column("introduction_id", ForeignKey("introductions.id", ondelete="CASCADE"), nullable=False),
    _participant(index=True),
    Column("part", _word(Part), nullable=False),
    Column("answer", _word(Answer), nullable=False),
    Column("epoch", Integer, nullable=False),
    Column("asked_at", UTCDateTime),
    Column("delivered_at", UTCDateTime),
    Column("deadline", UTCDateTime, index=True),
    Column("extended", Boolean, nullable=False, server_default=text("false")),
    Column("undeliverable", Boolean, nullable=False, server_default=text("false")),
    Column("reminded_at", UTCDateTime),
    Column("answered_at", UTCDateTime),
    Column("answered_by", String),
    Column("reason", String),
    Column("question", Text),
    Column("asks", _word(Asks, 12)),
    Column("asks_until", UTCDateTime),
    Column("reply", Text),
    Column("waits", Boolean, nullable=False, server_default=text("false")),
    Column("taken_back", Boolean, nullable=False, server_default=text("false")),
    Column("contact", Boolean),
    _json("feedback", "{}"),
    UniqueConstraint("introduction_id", "participant_id"),
    _one_of("part", Part),
    _one_of("answer", Answer),
    _one_of("asks", Asks),
)
Index(
    "uq_parties_one_facilitator",
    parties.c.introduction_id,
    unique=True,
    sqlite_where=text("part = 'facilitator'"),
    postgresql_where=text("part = 'facilitator'"),
)

meetings = Table(
    "meetings",
    metadata,
    Column("introduction_id", ForeignKey("introductions.id", ondelete="CASCADE"), primary_key=True),
    Column("uid", String, nullable=False),
    Column("sequence", Integer, nullable=False),
    Column("state", _word(MeetingState), nullable=False),
    Column("starts_at", UTCDateTime, nullable=False),
    Column("minutes", Integer, nullable=False),
    Column("place", String, nullable=False, server_default=""),
    _participant("proposed_by"),
    Column("changed_at", UTCDateTime),
    Column("version", Integer, nullable=False),
    UniqueConstraint("uid"),
    _one_of("state", MeetingState),
    CheckConstraint("minutes BETWEEN 1 AND 1440", name="minutes"),
)

group_seats = Table(
    "group_seats",
    metadata,
    _participant(primary_key=True),  # nobody sits in two live groups
    Column("introduction_id", ForeignKey("introductions.id", ondelete="CASCADE"), nullable=False, index=True),
)


def _introduction() -> Column[int]:
    return Column("introduction_id", ForeignKey("introductions.id", ondelete="CASCADE"), nullable=False)


check_ins = Table(
    "check_ins",
    metadata,
    _id(),
    _introduction(),
    _participant(index=True),
    Column("about", _word(About), nullable=False),
    Column("day", Integer, nullable=False),
    Column("asked_at", UTCDateTime, nullable=False),
    Column("answer", _word(Said)),
    Column("answered_at", UTCDateTime),
    UniqueConstraint("introduction_id", "participant_id", "day"),
    _one_of("about", About),
)

agreements = Table(
    "agreements",
    metadata,
    _id(),
    _introduction(),
    Column("version", Integer, nullable=False),
    _participant("said_by"),
    Column("hours", Integer, nullable=False),
    Column("cadence", _word(Cadence), nullable=False),
    Column("months", Integer, nullable=False),
    Column("words", Text, nullable=False, server_default=""),
    Column("at", UTCDateTime, nullable=False),
    UniqueConstraint("introduction_id", "version"),
    _one_of("cadence", Cadence),
)

agreement_ticks = Table(
    "agreement_ticks",
    metadata,
    Column("agreement_id", ForeignKey("agreements.id", ondelete="CASCADE"), primary_key=True),
    _participant(primary_key=True),
    Column("at", UTCDateTime, nullable=False),
)

hours = Table(
    "hours",
    metadata,
    _id(),
    _introduction(),
    Column("met_on", Date, nullable=False),
    Column("minutes", Integer, nullable=False),
    _participant("said_by"),
    Column("said_at", UTCDateTime, nullable=False),
    _participant("confirmed_by", nullable=True),
    Column("confirmed_at", UTCDateTime),
    CheckConstraint("minutes > 0", name="minutes"),
    CheckConstraint("confirmed_by <> said_by", name="confirmed_by_the_other"),
    Index("ix_hours_introduction_id", "introduction_id"),
)

letters = Table(
    "letters",
    metadata,
    _id(),
    Column("kind", _word(LetterKind, 32), nullable=False),
    Column("key", String, nullable=False),
    Column("to", String, nullable=False),
    Column("language", String(8), nullable=False),
    _participant(nullable=True, index=True),
    _json("facts", "{}"),
    Column("introduction_id", ForeignKey("introductions.id"), index=True),
    Column("epoch", Integer),
    _json("concerns", "[]"),
    Column("not_before", UTCDateTime),
    Column("not_after", UTCDateTime),
    Column("subject", String, nullable=False, server_default=""),
    Column("message_id", String, nullable=False, server_default=""),
    Column("raw", LargeBinary),
    Column("state", _word(LetterState), nullable=False),
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("claimed_by", String),
    Column("lease_until", UTCDateTime),
    Column("next_try_at", UTCDateTime),
    Column("created_at", UTCDateTime),
    Column("sent_at", UTCDateTime),
    Column("trouble", Text),
    UniqueConstraint("key"),
    _one_of("state", LetterState),
    Index("ix_letters_state_next_try_at", "state", "next_try_at"),
)

tokens = Table(
    "tokens",
    metadata,
    Column("hash", String(64), primary_key=True),  # SHA-256 of the token; the token itself is only in the letter
    Column("purpose", String(16), nullable=False),
    Column("owner", String, nullable=False),  # "participant:ID", "coordinator:ID" or "nobody:HASH of the address"
    Column("code_hash", String(64)),
    Column("browser_hash", String(64), index=True),
    Column("created_at", UTCDateTime, nullable=False),
    Column("expires_at", UTCDateTime, nullable=False),
    Column("used_at", UTCDateTime),
    Column("tries", Integer, nullable=False, server_default="0"),
    _one_of("purpose", ("confirm", "sign_in")),
    Index("ix_tokens_owner_purpose", "owner", "purpose"),
)

sessions = Table(
    "sessions",
    metadata,
    Column("hash", String(64), primary_key=True),
    Column("owner", String, nullable=False, index=True),
    Column("csrf", String, nullable=False),
    Column("limited", Boolean, nullable=False, server_default=text("false")),
    Column("created_at", UTCDateTime, nullable=False),
    Column("seen_at", UTCDateTime, nullable=False),
    Column("idle_until", UTCDateTime, nullable=False),
    Column("ends_at", UTCDateTime, nullable=False),
)

limits = Table(
    "limits",
    metadata,
    Column("key", String(64), primary_key=True),
    Column("left", Float, nullable=False),
    Column("at", Float, nullable=False),  # seconds since 1970
)

form_drafts = Table(
    "form_drafts",
    metadata,
    Column("key", String(64), primary_key=True),  # SHA-256 of the key in the visitor's cookie
    _json("answers", "{}"),
    Column("changed_at", UTCDateTime, nullable=False),
)

suppressions = Table(
    "suppressions",
    metadata,
    Column("address_hash", String(64), primary_key=True),  # see storage/suppression.py; never the address itself
    Column("key", String(16), nullable=False, server_default="", index=True),  # which key made the hash; "": none
    Column("score", Integer, nullable=False, server_default="0"),
    Column("reason", String, nullable=False),
    Column("at", UTCDateTime, nullable=False),
    Column("stopped_at", UTCDateTime),
)

bounces = Table(
    "bounces",
    metadata,
    _id(),
    Column("source", String, nullable=False),  # what makes two reports the same
    Column("address_hash", String(64), nullable=False, index=True),
    Column("kind", _word(Sign), nullable=False),
    Column("at", UTCDateTime, nullable=False),
    UniqueConstraint("source"),
    _one_of("kind", Sign),
)

mail_pauses = Table(
    "mail_pauses",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("since", UTCDateTime, nullable=False),
    Column("until", UTCDateTime, nullable=False),
    Column("why", Text, nullable=False),
    CheckConstraint("id = 1", name="one"),
)

erasures = Table(
    "erasures",
    metadata,
    Column("id_hash", String(64), primary_key=True),
    Column("at", UTCDateTime, nullable=False),
)

audit = Table(
    "audit",
    metadata,
    _id(),
    Column("at", UTCDateTime, nullable=False, index=True),
    Column("actor", String, nullable=False),
    Column("act", String, nullable=False),
    Column("object", String, nullable=False),  # "introduction:17", "participant:ID", "round:3", "letter:9"
    Column("before", String),
    Column("after", String),
    _json("detail", "{}"),  # codes and numbers only, never free text, bodies or tokens
    Index("ix_audit_object", "object"),
)

mappers = registry(metadata=metadata)
mappers.map_imperatively(Participant, participants, version_id_col=participants.c.version)
mappers.map_imperatively(Coordinator, coordinators)
mappers.map_imperatively(Round, rounds)
mappers.map_imperatively(Party, parties)
mappers.map_imperatively(
    Introduction,
    introductions,
    version_id_col=introductions.c.version,
    properties={
        "parties": relationship(Party, order_by=parties.c.id, lazy="selectin", cascade="all, delete-orphan"),
    },
)
mappers.map_imperatively(Meeting, meetings, version_id_col=meetings.c.version)
mappers.map_imperatively(Letter, letters)
mappers.map_imperatively(CheckIn, check_ins)
mappers.map_imperatively(Agreement, agreements)
mappers.map_imperatively(Tick, agreement_ticks)
mappers.map_imperatively(Hours, hours)
