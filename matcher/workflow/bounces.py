"""What comes back about letters: noted once, whatever its order, and counted against the address."""

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from matcher.domain.letters import Letter, Sign
from matcher.mail.reports import Report, messages_of, read_events, read_report
from matcher.mail.return_paths import letter_named, opaque_part
from matcher.storage import outbox, suppression, tracking
from matcher.storage.database import Database

FORGED, KNOWN, NO_REPORT = "not ours", "known already", "no report"


def take_mailbox(db: Database, data: bytes, *, secrets: Sequence[str], now: datetime) -> Counter[str]:
    """Takes the reports of a mailbox file or of one message; how many there were of each kind."""
    reports = [read_report(raw) for raw in messages_of(data)]
    done = take(db, [report for report in reports if report is not None], secrets=secrets, now=now)
    done[NO_REPORT] += reports.count(None)
    return +done


def take_events(db: Database, data: bytes, *, secrets: Sequence[str], now: datetime) -> Counter[str]:
    """Takes reports as JSON (`matcher.mail.reports.read_events`)."""
    return take(db, read_events(data), secrets=secrets, now=now)


def take(db: Database, reports: Iterable[Report], *, secrets: Sequence[str], now: datetime) -> Counter[str]:
    """Each report is a transaction of its own; twice is once."""
    return Counter(db.transact(_take, report, secrets, now) for report in reports)


def _take(session: Session, report: Report, secrets: Sequence[str], now: datetime) -> str:
    letter = _letter(session, report, secrets)
    if letter is None or letter.id is None:
        return FORGED
    at = max(min(report.at or now, now), letter.created_at or now)
    if letter.to and not suppression.learn(session, letter.to, report.sign, f"letter:{letter.id}:{report.sign}", at):
        return KNOWN
    outbox.mark_reported(session, letter, report.sign, at, report.status)
    return report.sign.value


def _letter(session: Session, report: Report, secrets: Sequence[str]) -> Letter | None:
    """The letter that a report is about, if we signed what it names."""
    opaque = next((found for path in report.sent_to if (found := letter_named(path, secrets))), None)
    if opaque is None and report.sign is Sign.COMPLAINT:
        opaque = opaque_part(report.message_id)
    return tracking.by_message(session, opaque) if opaque and len(opaque) == 32 else None
