"""The desk's addresses; each states the rule COORDINATOR."""

from web.access import Address, Rule
from web.desk import lists, review, today


def _at(path: str, name: str, **how: object) -> Address:
    return Address(path=path, name=name, rule=Rule.COORDINATOR, **how)  # type: ignore[arg-type]


ROUTES: tuple[Address, ...] = (
    _at("/desk", "desk", get=today.show),
    _at("/desk/rounds", "desk_rounds", post=today.start),
    _at("/desk/rounds/{id}", "desk_round", get=review.show, post=review.act),
    _at("/desk/people", "desk_people", get=lists.people),
    _at("/desk/introductions", "desk_introductions", get=lists.introductions),
    _at("/desk/letters", "desk_letters", get=lists.letters),
)
