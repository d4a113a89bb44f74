"""Letters: what waits, what left, what was given up, and each letter as its reader sees it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session
from starlette.responses import Response

from matcher.domain.introductions import NotAllowed, NotFound
from matcher.domain.letters import SECRET, Letter, LetterState
from matcher.storage import desk_letters, desk_lists, desk_log, suppression, tracking
from matcher.storage.desk_letters import LetterLine
from matcher.storage.desk_lists import Paged
from matcher.storage.desk_log import Record
from matcher.storage.desk_today import LOOKED_AFTER
from matcher.workflow import desk as steps
from web import letters_shown
from web.desk import pages
from web.letters_shown import Shown
from web.visit import Visit


def _(message: str) -> str:
    """Marks a sentence for translation; it is translated when shown."""
    return message


SECTION = "desk_letters"
TABS: Sequence[tuple[str, str]] = (
    ("", _("All")),
    ("queued", _("Waiting")),
    ("sending", _("Leaving now")),
    ("sent", _("Sent")),
    ("bounced", _("Sent back")),
    ("complained", _("Called spam")),
    ("failed", _("Given up")),
    ("cancelled", _("Taken back")),
)
HEADER = ("id", "kind", "state", "to", "subject", "introduction", "written", "sent", "next_try", "attempts", "trouble")


# -- the list --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Wanted:
    """Which letters: a tab, and words to look for."""

    state: str
    q: str

    @classmethod
    def of(cls, visit: Visit) -> "Wanted":
        """As the address says; the unknown is everything."""
        state = visit.query.text("state")
        return cls(state if state in dict(TABS) else "", visit.query.text("q")[:200])


def show(visit: Visit) -> Response:
    """GET /desk/letters: by state, newest first; what waits in the order of leaving."""
    wanted = Wanted.of(visit)
    with visit.site.database.read() as session:
        shown = desk_letters.letter_lines(session, state=wanted.state, search=wanted.q, page=visit.query.number("page"))
        counts = tracking.counts(session)
        waiting = tracking.late(session, visit.now)
        stopped = suppression.stopped_people(session)
    tabs = [(key, visit.gettext(label), counts.get(key, 0) if key else sum(counts.values())) for key, label in TABS]
    late = visit.now - waiting if waiting is not None else None
    return pages.page(
        visit, "letters.html", section=SECTION, shown=shown, tabs=tabs, wanted=wanted, late=late, stopped=stopped
    )


def export(visit: Visit) -> Response:
    """POST /desk/letters: the same list as a file."""
    wanted = Wanted.of(visit)
    with visit.site.database.read() as session:
        found = desk_letters.letter_lines(session, state=wanted.state, search=wanted.q, size=desk_lists.MOST)
    return pages.export(visit, "letters", HEADER, [_row(line) for line in found.rows])


def _row(line: LetterLine) -> list[object]:
    times = [_iso(at) for at in (line.created_at, line.sent_at, line.next_try_at)]
    about = (line.to, line.subject, line.introduction_id)
    return [line.id, line.kind, line.state.value, *about, *times, line.attempts, line.trouble]


def _iso(at: datetime | None) -> str | None:
    return at.isoformat() if at is not None else None


# -- one letter ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Opened:
    """A letter with its reader's name and its history.

    `shown` are its contents if they are kept and may be seen, the tokens of its links blanked.
    """

    letter: Letter
    reader: str
    shown: Shown | None
    records: Paged[Record]

    @property
    def is_secret(self) -> bool:
        """Whoever reads it could sign in as its reader."""
        return self.letter.kind in SECRET

    @property
    def can_cancel(self) -> bool:
        """It has not left yet."""
        return self.letter.state is LetterState.QUEUED

    @property
    def can_send(self) -> bool:
        """It waits, or was given up and its bytes are still there."""
        return self.can_cancel or (self.letter.state is LetterState.FAILED and self.letter.raw is not None)

    @property
    def needs_care(self) -> bool:
        """It was given up, and nobody has said that this is looked after."""
        done = any(record.act == LOOKED_AFTER for record in self.records.rows)
        return self.letter.state is LetterState.FAILED and not done


def one(visit: Visit) -> Response:
    """GET /desk/letters/…: `?view=` html (in a frame), text, headers or source."""
    opened = _open(visit)
    view = opened.shown.view(visit.query.text("view")) if opened.shown is not None else ""
    headers = {"Content-Security-Policy": letters_shown.PAGE_POLICY}
    return pages.page(visit, "letter.html", headers=headers, section=SECTION, opened=opened, view=view)


def html(visit: Visit) -> Response:
    """GET /desk/letters/…/html: for the frame; links do nothing, since an answer is its reader's to give."""
    shown = _open(visit).shown
    if shown is None or not shown.html:
        raise visit.refuse(404)
    return letters_shown.framed(shown.html, links=False)


def _open(visit: Visit) -> Opened:
    with visit.site.database.read() as session:
        letter = _letter(visit, session)
        records = desk_log.records_page(session, about=f"letter:{letter.id}", oldest_first=True)
        reader = f"participant:{letter.participant_id}"
        name = desk_log.names_of(session, [reader]).get(reader, "")
    shown = None
    if letter.raw and letter.kind not in SECRET:
        shown = letters_shown.blanked(letters_shown.taken_apart(letter.raw))
    return Opened(letter, name, shown, records)


def _letter(visit: Visit, session: Session) -> Letter:
    try:
        return desk_letters.letter(session, pages.number(visit))
    except NotFound:
        raise visit.refuse(404) from None


# -- what a coordinator does -----------------------------------------------------------------------------------------


def act(visit: Visit) -> Response:
    """POST /desk/letters/…: takes it back, tries it now, sends it once more, or notes that it is looked after."""
    acts = {"cancel": _cancel, "send": _send, "looked_after": _looked_after}
    what, id = visit.form.text("act"), pages.number(visit)
    if what not in acts:
        raise visit.refuse(422, visit.gettext(pages.CHOOSE))
    try:
        id = acts[what](visit, id)
    except NotFound:
        raise visit.refuse(404) from None
    except NotAllowed as refusal:
        visit.flash(pages.sentence(visit, refusal), "bad")
    return visit.redirect("desk_letter", id=id)


def _cancel(visit: Visit, id: int) -> int:
    steps.cancel_letter(visit.site.database, id, by=pages.me(visit), now=visit.now)
    visit.flash(visit.gettext(_("Taken back. It will not be sent.")))
    return id


def _send(visit: Visit, id: int) -> int:
    sent = steps.send_now(visit.site.database, id, by=pages.me(visit), now=visit.now)
    said = _("It is the next to leave.") if sent == id else _("On its way once more; this is the new letter.")
    visit.flash(visit.gettext(said))
    return sent


def _looked_after(visit: Visit, id: int) -> int:
    steps.look_after(visit.site.database, f"letter:{id}", by=pages.me(visit), now=visit.now)
    visit.flash(visit.gettext(_("Noted. It no longer stands among what needs you today.")))
    return id
