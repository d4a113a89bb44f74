"""The desk's addresses; each states the rule COORDINATOR."""

from web.access import Address, Rule
from web.desk import (
    comparing,
    demand,
    group,
    groups,
    importing,
    introduction,
    introductions,
    letters,
    log,
    outcomes,
    people,
    person,
    person_edit,
    proposals,
    review,
    rounds,
    today,
    whatif,
)

FILE_LIMIT = 32 * 1024 * 1024
"""Bytes sent with a list of people; the page itself says kindly what is too large (`importing.LARGEST`)."""
PROFILE_LIMIT = 512 * 1024
"""Bytes of a whole profile in one form: a text of 20,000 characters and every list."""


def _at(path: str, name: str, **how: object) -> Address:
    return Address(path=path, name=name, rule=Rule.COORDINATOR, **how)  # type: ignore[arg-type]


ROUTES: tuple[Address, ...] = (
    _at("/desk", "desk", get=today.show, post=today.act),
    # rounds and their proposals
    _at("/desk/rounds", "desk_rounds", get=rounds.show, post=rounds.start),
    _at("/desk/rounds/compare", "desk_compare", get=comparing.show),
    _at("/desk/rounds/{id}", "desk_round", get=review.show, post=review.act),
    _at("/desk/rounds/{id}/progress", "desk_progress", get=rounds.progress),
    _at("/desk/rounds/{id}/whatif", "desk_whatif", get=whatif.show, post=whatif.start),
    _at("/desk/proposals/{id}", "desk_proposal", get=proposals.show, post=proposals.act),
    # people
    _at("/desk/people", "desk_people", get=people.show, post=people.export),
    _at("/desk/people/import", "desk_import", get=importing.ask, post=importing.bring, body_limit=FILE_LIMIT, files=1),
    _at("/desk/people/{id}", "desk_person", get=person.show, post=person.act),
    _at(
        "/desk/people/{id}/edit",
        "desk_person_edit",
        get=person_edit.show,
        post=person_edit.save,
        body_limit=PROFILE_LIMIT,
    ),
    _at("/desk/demand", "desk_demand", get=demand.show, post=demand.export),
    # introductions and groups
    _at("/desk/introductions", "desk_introductions", get=introductions.show, post=introductions.export),
    _at("/desk/introductions/{id}", "desk_introduction", get=introduction.one, post=introduction.act),
    _at("/desk/groups", "desk_groups", get=groups.show, post=groups.start),
    _at("/desk/groups/{id}", "desk_group", get=group.show, post=group.act),
    # letters
    _at("/desk/letters", "desk_letters", get=letters.show, post=letters.export),
    _at("/desk/letters/{id}", "desk_letter", get=letters.one, post=letters.act),
    _at("/desk/letters/{id}/html", "desk_letter_html", get=letters.html),
    # looking back
    _at("/desk/outcomes", "desk_outcomes", get=outcomes.show, post=outcomes.export),
    _at("/desk/log", "desk_log", get=log.show, post=log.export),
)
