"""Letters and calendar entries at full size: hostile ones, and people of all sorts."""

from matcher.mail.writing import compose
from tests.mail.hostile import check_hostile, check_to, check_whole, letters_to
from tests.mail.samples import LINKS, NOW
from tests.mail.test_calendars import check_round_trip
from tests.soak.proof import Fresh, Told, proof


@proof("hostile names, labels, senders and addresses", full=1_000, short=5, unit="letters", engines=("sqlite",))
def hostile_letters(fresh: Fresh, size: int, told: Told) -> str:
    """No header and no recipient comes from what anybody types."""
    for n in range(size):
        check_hostile(n)
        check_to(n)
        told(n + 1)
    return f"{size:,} letters and addresses: no header and no recipient too many"


@proof("every letter to generated people", full=500, short=1, unit="people", engines=("sqlite",))
def letters_to_people(fresh: Fresh, size: int, told: Told) -> str:
    """Right to left, emoji, 10,000 characters: each parses, has its exact headers, and says the same twice."""
    done = 0
    for n in range(size):
        for about in letters_to(n):
            check_whole(about, compose(about, LINKS, NOW).raw)
            done += 1
        told(n + 1)
    return f"{done:,} letters to {size:,} people: text and HTML say the same"


@proof("calendar entries read again", full=1_000, short=20, unit="entries", engines=("sqlite",))
def calendar_entries(fresh: Fresh, size: int, told: Told) -> str:
    """An independent reader finds what was meant."""
    for n in range(size):
        check_round_trip(n)
        told(n + 1)
    return f"{size:,} entries: the same again"
