"""When the two of an introduction meet first: propose a time, agree, move it, cancel it.

Times are typed and shown in the reader's own zone, with the other's beside it.
"""

from collections.abc import Callable
from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

from starlette.responses import Response

from matcher.domain.introductions import NotAllowed, NotFound
from matcher.domain.meetings import LENGTHS
from matcher.workflow import meetings
from matcher.workflow.meetings import Shown
from web.templating import zone
from web.visit import Visit


def _(message: str) -> str:
    """Marks a sentence for translation; it is translated when shown."""
    return message


NO_DAY = _("Please choose a day.")
NO_TIME = _("Please choose a time.")
NO_SUCH_TIME = _("The clocks go forward then, and this time does not exist. Please choose another.")


def show(visit: Visit) -> Response:
    """GET /me/introductions/…/meeting: how it stands, and a form to propose a time."""
    return _page(visit, _shown(visit))


def act(visit: Visit) -> Response:
    """POST /me/introductions/…/meeting: propose, agree or cancel."""
    found = _shown(visit)
    acts = {"propose": _propose, "agree": _agree, "cancel": _cancel}
    what = visit.form.text("act")
    if what not in acts:
        raise visit.refuse(400)
    try:
        problems = acts[what](visit, found)
    except NotFound as nothing:
        raise visit.refuse(404) from nothing
    except NotAllowed as no:
        visit.flash(visit.gettext(no.message) % no.facts, "note")
        return visit.redirect("my_meeting", id=found.introduction_id)
    if problems:
        return _page(visit, found, {name: visit.gettext(sentence) for name, sentence in problems.items()})
    return visit.redirect("my_meeting", id=found.introduction_id)


def _shown(visit: Visit) -> Shown:
    """The meeting of the introduction in the address, if that has been made and is this person's; else 404."""
    id = visit.param("id")
    assert visit.visitor is not None
    if not (id.isascii() and id.isdigit() and len(id) <= 9):
        raise visit.refuse(404)
    try:
        return meetings.shown(visit.site.database, int(id), visit.visitor.id)
    except NotFound as nothing:
        raise visit.refuse(404) from nothing


def _page(visit: Visit, found: Shown, problems: dict[str, str] | None = None) -> Response:
    typed, local = visit.form, found.starts_at.astimezone(zone(found.own_zone)) if found.starts_at else None
    fields = {
        "day": typed.text("day") or (local.date().isoformat() if local and found.stands else ""),
        "time": typed.text("time") or (f"{local:%H:%M}" if local and found.stands else ""),
        "minutes": typed.text("minutes") or str(found.minutes),
        "place": typed.text("place") or found.place,
    }
    lengths = [(str(n), visit.ngettext("%(n)s minute", "%(n)s minutes", n)) for n in LENGTHS]
    return visit.page(
        "participant/meeting.html",
        422 if problems else 200,
        meeting=found,
        fields=fields,
        lengths=lengths,
        first_day=visit.now.astimezone(zone(found.own_zone)).date().isoformat(),
        problems=problems or {},
    )


def _propose(visit: Visit, found: Shown) -> dict[str, str]:
    starts_at, problems = _instant(visit, found)
    if starts_at is None:
        return problems
    told = {"starts_at": starts_at, "minutes": visit.form.number("minutes", 0), "place": visit.form.text("place")}
    said = _("Proposed. Both of you get a letter with an entry for the calendar.")
    return _take(visit, found, meetings.propose, said, **told)


def _agree(visit: Visit, found: Shown) -> dict[str, str]:
    said = _("Settled. Both of you get a letter with an entry for the calendar.")
    return _take(visit, found, meetings.agree, said)


def _cancel(visit: Visit, found: Shown) -> dict[str, str]:
    if not visit.form.text("sure"):
        return {"sure": _("Please tick the box to confirm.")}
    said = _("Cancelled. Both of you get a letter that takes it out of the calendar.")
    return _take(visit, found, meetings.cancel, said)


def _take(visit: Visit, found: Shown, step: Callable[..., None], said: str, **told: object) -> dict[str, str]:
    """Takes a step about the meeting as the page showed it, and says so; there are no problems then."""
    assert visit.visitor is not None
    version = visit.form.number("version", 0)
    how = {"version": version, "links": visit.site.links, "now": visit.now, **told}
    step(visit.site.database, found.introduction_id, visit.visitor.id, **how)
    visit.flash(visit.gettext(said))
    return {}


def _instant(visit: Visit, found: Shown) -> tuple[datetime | None, dict[str, str]]:
    """Day and time as typed, where the reader lives."""
    problems: dict[str, str] = {}
    day, clock = date.min, time.min
    try:
        day = date.fromisoformat(visit.form.text("day"))
    except ValueError:
        problems["day"] = NO_DAY
    try:
        clock = time.fromisoformat(visit.form.text("time")[:5])
    except ValueError:
        problems["time"] = NO_TIME
    if problems:
        return None, problems
    if not 1970 < day.year < 9000:  # beyond what zones and UTC can hold
        return None, {"day": NO_DAY}
    local = datetime.combine(day, clock, zone(found.own_zone))
    if not exists(local):
        return None, {"time": NO_SUCH_TIME}
    return local.astimezone(UTC), {}


def exists(local: datetime) -> bool:
    """Whether clocks ever show this time: they leave out an hour in spring. Of an hour that comes twice, the first."""
    zone_there = local.tzinfo
    back = local.astimezone(UTC).astimezone(zone_there) if isinstance(zone_there, ZoneInfo) else local
    return back.replace(tzinfo=None) == local.replace(tzinfo=None)
