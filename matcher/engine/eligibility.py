"""The hard rules over all pairs at once: a bit mask (mentees, mentors), one bit a rule.

One pair is a pool of one mentee and one mentor; there is no second code for it. What is not known forbids nothing
(somebody without stated languages may still share one), except where the rule says that something is required.
"""

import re
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from matcher.domain.profiles import Profile
from matcher.domain.rules import Rule
from matcher.domain.spelling import key
from matcher.domain.vocabulary import Vocabulary
from matcher.engine.needs import least_stage
from matcher.engine.offers import plain_language, rank_of

Broken = NDArray[np.uint16]  # the rules that each pair breaks, a bit each
Flags = NDArray[np.bool_]

STEPS_BELOW = 3  # a mentor may stand this many stages below the mentee (a leader may learn chat work), not more

_LEGAL = (
    "inc incorporated llc llp lp ltd limited plc pllc pc co corp corporation company gmbh ggmbh ag ev kg sa sas sarl "
    "srl sl slu scrl bv nv asbl vzw ab as oy aps pty"
)
_LEGAL_FORMS = frozenset(_LEGAL.split())
_NOBODY = (
    "none|no|n/a|na|nil|-|unknown|hidden|private|confidential|not said|prefer not to say|self|self-employed|"
    "freelance|independent|unemployed|retired|student|various|several|ninguno|ninguna|autónomo|jubilado|jubilada|"
    "jubilé|aucun|oculto|caché"
)
_NO_EMPLOYER = frozenset(key(name) for name in _NOBODY.split("|"))
_UNIT = re.compile(r"\s+[-–—/|:]\s+|,\s+|\s*\(|\s*\[")


def broken_rules(
    mentees: Sequence[Profile],
    mentors: Sequence[Profile],
    vocabulary: Vocabulary,
    *,
    barred: Mapping[tuple[str, str], Rule] | None = None,
    ignore: frozenset[Rule] = frozenset(),
) -> Broken:
    """The rules (n, m) that each pair breaks, as a mask of `Rule.bit`.

    `barred` names pairs of ids that something outside the profiles forbids (cooling down, ruled out by hand); `ignore`
    leaves rules out, for asking what if. The rule LOOP is not decided here, because it needs the affinities: see
    `loops`.
    """
    mask = np.zeros((len(mentees), len(mentors)), dtype=np.uint16)
    for rule, decide in _RULES.items():
        if rule not in ignore:
            breaks = decide(mentees, mentors, vocabulary)
            if breaks.any():
                np.bitwise_or(mask, np.uint16(rule.bit), out=mask, where=breaks)
    for at, rule in _positions(mentees, mentors, barred or {}):
        if rule not in ignore:
            mask[at] |= np.uint16(rule.bit)
    return mask


def loops(
    mentees: Sequence[Profile], mentors: Sequence[Profile], affinity: NDArray[np.float64], broken: Broken
) -> Flags:
    """Pairs (n, m) that would close a loop: of two people who are both, only one direction stays possible.

    It is the one with the higher affinity among those that no other rule forbids; of equals, the one whose mentee has
    the smaller id.
    """
    found = np.zeros(affinity.shape, dtype=bool)
    as_mentee = {p.id: row for row, p in enumerate(mentees)}
    as_mentor = {p.id: row for row, p in enumerate(mentors)}
    both = sorted(as_mentee.keys() & as_mentor.keys())
    if len(both) < 2:
        return found
    rows, columns = np.array([as_mentee[b] for b in both]), np.array([as_mentor[b] for b in both])
    there = np.where(broken[np.ix_(rows, columns)] == 0, affinity[np.ix_(rows, columns)], -1.0)
    earlier = np.tri(len(both), k=-1, dtype=bool).T
    loses = (there < there.T) | ((there == there.T) & ~earlier)
    found[np.ix_(rows, columns)] = loses & (there >= 0) & (there.T >= 0) & ~np.eye(len(both), dtype=bool)
    return found


def _positions(
    mentees: Sequence[Profile], mentors: Sequence[Profile], barred: Mapping[tuple[str, str], Rule]
) -> Iterable[tuple[tuple[int, int], Rule]]:
    if not barred:
        return
    rows = {p.id: row for row, p in enumerate(mentees)}
    columns = {p.id: row for row, p in enumerate(mentors)}
    for (mentee, mentor), rule in barred.items():
        if mentee in rows and mentor in columns:
            yield (rows[mentee], columns[mentor]), rule


# -- who is who -------------------------------------------------------------------------------------------------------


def _same_person(mentees: Sequence[Profile], mentors: Sequence[Profile], _: Vocabulary) -> Flags:
    by_address = _common([_addresses(p) for p in mentees], [_addresses(p) for p in mentors])
    return by_address | _common([{p.id} for p in mentees], [{p.id} for p in mentors])


def _same_employer(mentees: Sequence[Profile], mentors: Sequence[Profile], _: Vocabulary) -> Flags:
    return _common([employers(p) for p in mentees], [employers(p) for p in mentors])


def _supervision(mentees: Sequence[Profile], mentors: Sequence[Profile], vocabulary: Vocabulary) -> Flags:
    """Who asks to keep clear of superiors is kept clear of everybody at the same employer."""
    asked = _asks(mentees, Rule.SUPERVISION, vocabulary)[:, None] | _asks(mentors, Rule.SUPERVISION, vocabulary)
    return _same_employer(mentees, mentors, vocabulary) & asked if asked.any() else asked


def _conflict(mentees: Sequence[Profile], mentors: Sequence[Profile], vocabulary: Vocabulary) -> Flags:
    """A background that one of the two asks to avoid, in `avoid` or by a hard constraint."""
    there = _common([_avoided_terms(p, vocabulary) for p in mentees], [_background(p) for p in mentors])
    back = _common([_background(p) for p in mentees], [_avoided_terms(p, vocabulary) for p in mentors])
    return there | back


def _blocked(mentees: Sequence[Profile], mentors: Sequence[Profile], vocabulary: Vocabulary) -> Flags:
    """A person (id, name, address) or an employer (name, domain of the address) that one of the two avoids."""
    there = _common([_avoided_names(p, vocabulary) for p in mentees], [names_of(p) for p in mentors])
    back = _common([names_of(p) for p in mentees], [_avoided_names(p, vocabulary) for p in mentors])
    return there | back


def _addresses(profile: Profile) -> set[str]:
    return {profile.email.casefold()} if profile.email else set()


def employers(profile: Profile) -> set[str]:
    """The comparable names of somebody's employers; "Larkmoor Centre, Inc." is "larkmoor center".

    A name with a unit ("Larkmoor Centre, night team"; "Larkmoor Centre (Dayton)") counts with it and without it.
    """
    return {name for value in profile.employer for name in employer_names(value)}


@lru_cache(maxsize=65_536)
def employer_names(value: str) -> frozenset[str]:
    """The comparable names of one employer as typed; none for "retired", "self-employed" and the like."""
    head = _UNIT.split(value, maxsplit=1)[0]
    names = {_without_legal_form(value)}
    if len(head.split()) > 1:
        names.add(_without_legal_form(head))
    return frozenset(name for name in names if name and name not in _NO_EMPLOYER)


def _without_legal_form(name: str) -> str:
    words = key(re.sub(r"\b(\w)\.(?=\w\b|\s|$)", r"\1", name)).split()
    while len(words) > 1 and words[-1] in _LEGAL_FORMS:
        words.pop()
    while len(words) > 1 and words[0] == "the":
        words.pop(0)
    return " ".join(words)


def names_of(profile: Profile) -> set[str]:
    """Everything by which somebody may be blocked: id, name, address, its domain, employers."""
    found = {"id " + profile.id.casefold()} | {"at " + employer for employer in employers(profile)}
    if key(profile.name):
        found.add("name " + key(profile.name))
    if profile.email:
        address = profile.email.casefold()
        found |= {"mail " + address} | {"mail " + d for d in _domains(address.rpartition("@")[2])}
    return found


def _domains(domain: str) -> Iterable[str]:
    """ "a.example.org" and every domain above it that still has a dot."""
    parts = domain.split(".")
    return (".".join(parts[at:]) for at in range(max(len(parts) - 1, 1)))


def _avoided_names(profile: Profile, vocabulary: Vocabulary) -> set[str]:
    found: set[str] = set()
    for value in profile.avoid:
        if value in vocabulary:
            continue
        found |= {"id " + value.casefold(), "mail " + value.casefold().removeprefix("@").removeprefix("mailto:")}
        found |= {"name " + key(value)} if key(value) else set()
        found |= {"at " + name for name in employer_names(value)}
    return found


def _avoided_terms(profile: Profile, vocabulary: Vocabulary) -> set[str]:
    hard = [vocabulary[c] for c in profile.constraints if c in vocabulary]
    from_constraints = (t.attributes.get("avoids", "") for t in hard if t.attributes.get("strength") == "hard")
    listed = {value.strip() for cell in from_constraints for value in cell.split("|") if value.strip()}
    return listed | {value for value in profile.avoid if value in vocabulary}


def _background(profile: Profile) -> set[str]:
    return {*profile.disciplines, *profile.settings, *profile.credentials}


# -- language, format, stage ------------------------------------------------------------------------------------------


def _language(mentees: Sequence[Profile], mentors: Sequence[Profile], vocabulary: Vocabulary) -> Flags:
    """No language in common; or one of the two requires the own first language and the other does not speak it.

    A word that the vocabulary lacks may be another name of any language: who named no others may share one.
    """
    seeking, offering = [_languages(p) for p in mentees], [_languages(p) for p in mentors]
    known = [np.array([bool(p.languages) for p in people], dtype=bool) for people in (mentees, mentors)]
    none_shared = known[0][:, None] & known[1] & ~_common(seeking, offering)
    there = _required_missing([_first(p) for p in mentees], offering, _asks(mentees, Rule.LANGUAGE, vocabulary))
    back = _required_missing([_first(p) for p in mentors], seeking, _asks(mentors, Rule.LANGUAGE, vocabulary))
    return none_shared | there | back.T


def _languages(profile: Profile) -> set[str]:
    unknown = (key(value) for value in profile.unknown.get("languages", ()))
    return {*map(plain_language, profile.languages), *unknown}


def _first(profile: Profile) -> set[str]:
    return {plain_language(profile.languages[0])} if profile.languages else _languages(profile)


def _format(mentees: Sequence[Profile], mentors: Sequence[Profile], vocabulary: Vocabulary) -> Flags:
    """One of the two needs certain formats, and the other does not offer any of them."""
    seeking, offering = [set(p.formats) for p in mentees], [set(p.formats) for p in mentors]
    there = _required_missing(seeking, offering, _asks(mentees, Rule.FORMAT, vocabulary))
    back = _required_missing(offering, seeking, _asks(mentors, Rule.FORMAT, vocabulary))
    return there | back.T


def _required_missing(required: Sequence[set[str]], has: Sequence[set[str]], asks: Flags) -> Flags:
    asks = asks & _some(required)
    if not asks.any():
        return np.zeros((len(required), len(has)), dtype=bool)
    return asks[:, None] & ~_common(required, has)


def _stage(mentees: Sequence[Profile], mentors: Sequence[Profile], vocabulary: Vocabulary) -> Flags:
    """Below the stage that every goal of the mentee needs, or more than STEPS_BELOW below the mentee."""
    needed = np.array([rank_of(least_stage(p.goals, vocabulary), vocabulary) for p in mentees])
    own = np.array([rank_of(p.stage, vocabulary) for p in mentees]) - STEPS_BELOW
    lowest = np.fmax(np.nan_to_num(needed, nan=-np.inf), np.nan_to_num(own, nan=-np.inf))
    ranks = np.array([rank_of(p.stage, vocabulary) for p in mentors])
    return np.nan_to_num(ranks, nan=np.inf)[None, :] < lowest[:, None]


# -- standing ---------------------------------------------------------------------------------------------------------


def _either(is_so: Callable[[Profile, Vocabulary], bool]) -> Callable[..., Flags]:
    """A rule that depends on one person, whoever of the two it is."""

    def decide(mentees: Sequence[Profile], mentors: Sequence[Profile], vocabulary: Vocabulary) -> Flags:
        rows = np.array([is_so(p, vocabulary) for p in mentees], dtype=bool)
        columns = np.array([is_so(p, vocabulary) for p in mentors], dtype=bool)
        return rows[:, None] | columns[None, :]

    return decide


def _paused(profile: Profile, vocabulary: Vocabulary) -> bool:
    return profile.status == "paused" or _asks_for(profile, Rule.PAUSED, vocabulary)


def full(mentees: Sequence[Profile], mentors: Sequence[Profile], _: Vocabulary) -> Flags:
    """A mentor without a free place. A mentee who is also a mentor may be full as one and still look for somebody."""
    rows = np.array([p.status == "full" and not p.role.is_mentor for p in mentees], dtype=bool)
    columns = np.array([p.status == "full" or p.capacity <= 0 for p in mentors], dtype=bool)
    return rows[:, None] | columns[None, :]


_RULES: Mapping[Rule, Callable[[Sequence[Profile], Sequence[Profile], Vocabulary], Flags]] = {
    Rule.SELF: _same_person,
    Rule.SAME_EMPLOYER: _same_employer,
    Rule.SUPERVISION: _supervision,
    Rule.CONFLICT: _conflict,
    Rule.BLOCKED: _blocked,
    Rule.LANGUAGE: _language,
    Rule.FORMAT: _format,
    Rule.STAGE: _stage,
    Rule.PAUSED: _either(_paused),
    Rule.FULL: full,
    Rule.UNCONFIRMED: _either(lambda p, _: p.status == "unconfirmed"),
    Rule.NOT_ACTIVE: _either(lambda p, _: p.status == "left"),
}


# -- sets against sets ------------------------------------------------------------------------------------------------


def _asks_for(profile: Profile, rule: Rule, vocabulary: Vocabulary) -> bool:
    terms = (vocabulary[c].attributes for c in profile.constraints if c in vocabulary)
    return any(t.get("rule") == rule.value and t.get("strength", "hard") == "hard" for t in terms)


def _asks(people: Sequence[Profile], rule: Rule, vocabulary: Vocabulary) -> Flags:
    """Who (n,) has a hard constraint that asks for a rule (columns `rule` and `strength` of the vocabulary)."""
    return np.array([_asks_for(p, rule, vocabulary) for p in people], dtype=bool)


def _some(sets: Sequence[set[str]]) -> Flags:
    return np.array([bool(s) for s in sets], dtype=bool)


def _common(rows: Sequence[set[str]], columns: Sequence[set[str]]) -> Flags:
    """Whether each set of `rows` (n) shares a member with each set of `columns` (m)."""
    some, others = _different(rows), _different(columns)
    if 4 * len(some) * len(others) < len(rows) * len(columns):  # many have the same, such as one language
        of_row, of_column = (np.array([k[frozenset(s)] for s in sets]) for k, sets in ((some, rows), (others, columns)))
        return _common([*map(set, some)], [*map(set, others)])[of_row][:, of_column]
    found = np.zeros((len(rows), len(columns)), dtype=bool)
    holders = _holders(columns)
    for member, at_rows in _holders(rows).items():
        if member in holders:
            found[np.ix_(at_rows, holders[member])] = True
    return found


def _different(sets: Sequence[set[str]]) -> dict[frozenset[str], int]:
    """The sets that differ, numbered."""
    return {members: number for number, members in enumerate(dict.fromkeys(map(frozenset, sets)))}


def _holders(sets: Sequence[set[str]]) -> dict[Hashable, list[int]]:
    found: dict[Hashable, list[int]] = {}
    for row, members in enumerate(sets):
        for member in members:
            found.setdefault(member, []).append(row)
    return found
