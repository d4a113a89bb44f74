"""Somebody gets another address: until it is confirmed it is nobody's, and nothing of the old life is lost with it."""

from collections.abc import Sequence
from datetime import datetime, timedelta

import pytest

from matcher.domain.letters import Letter, LetterKind
from matcher.domain.people import Standing
from matcher.storage.database import Database
from matcher.workflow import signup
from tests.cast import LINKS, NOW, ada, enrol, grace
from tests.stories import DAY, VOCABULARY, check_invariants, deliver, introduced, mail, person

K = LetterKind
HOUR = timedelta(hours=1)
NEW = "grace@new.example"


def move(db: Database, who: str = "grace", *, now: datetime = NOW, by: str | None = None) -> None:
    """Somebody tells, or is told, another address."""
    new = {"email": f"{who}@new.example"}
    signup.update_profile(db, who, new, vocabulary=VOCABULARY, links=LINKS, now=now, by=by)


def confirm(db: Database, sent: Sequence[Letter], *, now: datetime = NOW) -> None:
    """The link in the letter is followed."""
    [letter] = [each for each in sent if each.kind is K.CONFIRM_ADDRESS]
    signup.confirm(db, str(letter.facts["url"]).rpartition("/")[2], now=now)


@pytest.mark.parametrize("capacity", ["0", "3"])
def test_a_stranger_who_signs_up_with_it_changes_nothing(db: Database, capacity: str) -> None:
    enrol(db, ada(), grace())
    introduced(db, "ada", "grace")
    move(db)
    deliver(db)
    stranger = {"role": "mentor", "name": "Mallory", "email": NEW, "capacity": capacity}
    how: dict = {"vocabulary": VOCABULARY, "links": LINKS, "language": "en", "now": NOW + DAY}
    assert signup.sign_up(db, stranger, {"matching": "I agree."}, **how) == "grace"
    found = person(db, "grace")
    assert (found.name, found.capacity, found.status) == ("Grace", 1, Standing.UNCONFIRMED)
    confirm(db, deliver(db, NOW + DAY), now=NOW + DAY)  # the letter is written again, to its owner
    assert person(db, "grace").status is Standing.ACTIVE
    assert not mail(db, K.ALREADY_SIGNED_UP)
    check_invariants(db)
