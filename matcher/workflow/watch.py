"""An eye on the mail itself: coordinators hear of letters that are late, and of introductions that reached one side."""

from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from matcher.domain.letters import Links, Need
from matcher.storage import suppression, tracking
from matcher.storage.database import Database
from matcher.workflow.correspondence import Correspondence

KEEP_SIGNS = timedelta(days=60)


def look(db: Database, *, links: Links, now: datetime) -> None:
    """Writes to the coordinators once a day where mail is late: it leaves with the rest, as soon as mail flows."""
    with db.read() as session:
        late = tracking.late(session, now) is not None
        lost = tracking.undelivered_introductions(session, now)
    if late:
        db.transact(_tell, links, now, Need.MAIL_LATE, now.date().isoformat())
    for letter_id in lost:
        db.transact(_tell, links, now, Need.INTRODUCTION_LOST, letter_id)
    db.transact(suppression.forget_old, now - KEEP_SIGNS)


def _tell(session: Session, links: Links, now: datetime, need: Need, subject: object) -> None:
    Correspondence(session, links, now).coordinators(need, subject)
