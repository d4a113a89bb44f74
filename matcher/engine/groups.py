"""Collaboration groups for the whole pool at once.

Value of a pair = .4 likeness of goals + .2 likeness of settings + .2 difference of disciplines + .2 difference of
skills, each in [0, 1]. Likeness is the cosine of the two people's terms spread over related ones, difference is 1 minus
the share in common. `partition` maximises the sum over all pairs within groups. Hard for every group: the rules between
any two, who were together before and are kept apart, a language and an hour of the week that all share, an experienced
facilitator, and somebody for each role that is asked for.
"""

import math
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import numpy.typing as npt

from matcher.domain.availability import hours_of, week, zone_of
from matcher.domain.profiles import Profile
from matcher.domain.rules import Rule, rules_of
from matcher.domain.vocabulary import Vocabulary, default_vocabulary
from matcher.engine.eligibility import Broken, broken_rules
from matcher.engine.matching import as_profiles, digest_of, people_digest
from matcher.engine.offers import SEASONS
from matcher.engine.partition import Partition, nothing_in_common, partition

Floats = npt.NDArray[np.float64]

SHARES = {"goals": 0.4, "settings": 0.2, "disciplines": 0.2, "skills": 0.2}
"""What each part of the value of a pair weighs."""

AMONG_EQUALS = frozenset({Rule.SELF, Rule.FULL, Rule.STAGE, Rule.LOOP})
"""Rules that are about mentor and mentee and do not bind in a group."""

FACILITATOR = "facilitator"
"""The rule that some member can facilitate."""

FULL = "full"
"""What keeps somebody out of a group that has as many members as a group may."""

EXPERIENCED = 0.6
"""A facilitator's stage stands in the upper part of the vocabulary's ladder, from this share on."""


@dataclass(frozen=True, slots=True)
class Group:
    """A group. `hours` are UTC hours of the week (0 is Monday 00:00) that all share; `adds` what each member adds."""

    members: tuple[str, ...]
    facilitator: str
    rota: tuple[str, ...]
    languages: tuple[str, ...]
    hours: tuple[int, ...]
    shared: tuple[str, ...]
    adds: Mapping[str, tuple[str, ...]]
    closeness: Mapping[str, float]
    value: float
    roles: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Who can take each role that was asked for."""


@dataclass(frozen=True, slots=True)
class Groups:
    """A result of `form_groups`: groups, and everybody left over with the rule that made it impossible.

    people : whom the kind suits; each is in a group or unplaced. unplaced : why, by id. binding : the rules behind it,
    counted, where there is more to say. left_out : everybody else, and why such a group is nothing for them.
    prices : what proves the bound, see `partition`. shared, needed : what all members share (bits by person) and who
    has what some member needs to have, by the rule's name.
    """

    kind: str | None
    sizes: tuple[int, int]
    people: tuple[str, ...]
    groups: tuple[Group, ...]
    unplaced: Mapping[str, str]
    value: float
    bound: float
    seconds: float
    digest: str
    values: Floats = field(default_factory=lambda: np.zeros((0, 0)), repr=False)
    inputs: Mapping[str, object] = field(default_factory=dict)
    """What the digest is of."""
    binding: Mapping[str, str] = field(default_factory=dict)
    left_out: Mapping[str, str] = field(default_factory=dict)
    prices: Floats | None = field(default=None, repr=False)
    shared: Mapping[str, Sequence[int]] = field(default_factory=dict, repr=False)
    needed: Mapping[str, Sequence[str]] = field(default_factory=dict, repr=False)

    @property
    def reasons(self) -> dict[str, str]:
        """Why each person is in no group: those whom it suits with the rules that bind, and those whom it does not."""
        return {
            person: "; ".join(part for part in (reason, self.binding.get(person, "")) if part)
            for person, reason in {**self.unplaced, **self.left_out}.items()
        }


def form_groups(
    profiles: Iterable[Profile | Mapping[str, object]],
    *,
    kind: str | None = None,
    sizes: tuple[int, int] = (4, 6),
    vocabulary: Vocabulary | None = None,
    forbidden: Sequence[tuple[str, str]] = (),
    before: Sequence[tuple[str, str]] = (),
    roles: Sequence[str] = (),
    seconds: float | None = None,
    seed: int = 0,
) -> Groups:
    """Groups of `sizes` (smallest, largest) for everybody whom the kind suits.

    kind : id of a collaboration in the vocabulary, or None for any. It suits people with a goal that names it, and
    experienced people who offer to help with such a goal or could facilitate. forbidden : pairs of ids kept apart.
    before : pairs that were together before, kept apart as well. roles : each group needs somebody for each; a role is
    a term of the vocabulary or a group of terms, or several with "|" between them, any of which will do.

    Raises ValueError for a role that the vocabulary does not know.
    """
    frame = Frame(profiles, kind, sizes, vocabulary or default_vocabulary(), forbidden, before, roles, seed)
    circle, people = frame.circle, frame.people
    found = partition(
        frame.value,
        sizes=sizes,
        forbidden=frame.closed,
        seconds=seconds,
        random_state=seed,
        shared=frame.shared,
        needed=np.array(list(circle.needed.values()), dtype=bool).reshape(len(circle.needed), len(people)).T,
    )
    return frame.told(found)


class Frame:
    """What groups have to keep and are told from, as the search is given it.

    `people` whom the kind suits, by id; `value` of pairs (n, n); `closed` (n, n), who may not be together. Arguments as
    for `form_groups`.
    """

    def __init__(
        self,
        profiles: Iterable[Profile | Mapping[str, object]],
        kind: str | None,
        sizes: tuple[int, int],
        words: Vocabulary,
        forbidden: Sequence[tuple[str, str]],
        before: Sequence[tuple[str, str]],
        roles: Sequence[str],
        seed: int,
    ) -> None:
        self.kind, self.sizes = kind, sizes
        everybody = sorted(as_profiles(profiles, words), key=lambda p: p.id)
        out = {p.id: _why_out(p, kind, words) for p in everybody}
        self.people = people = [p for p in everybody if not out[p.id]]
        self.left_out = {id: why for id, why in out.items() if why}
        self.apart = _apart(
            people, words, {**dict.fromkeys(before, Rule.TOGETHER_BEFORE), **dict.fromkeys(forbidden, Rule.FORBIDDEN)}
        )
        self.closed = self.apart != 0
        self.value = pair_values(people, words)
        self.circle = circle = _Circle(people, words, {role: role_terms(role, words) for role in roles})
        self.shared = [_bits(circle.languages), _bits(circle.hours)]
        for columns in self.shared:
            self.closed |= nothing_in_common(columns)
        self.inputs = {
            "people": people_digest(everybody),
            "vocabulary": words.digest,
            "kind": kind,
            "sizes": sizes,
            "forbidden": sorted(forbidden),
            "before": sorted(before),
            "roles": sorted(roles),
            "seed": seed,
        }

    def told(self, found: Partition) -> Groups:
        """The result that these groups are."""
        circle, people = self.circle, self.people
        left_over = _LeftOver(circle, self.apart, self.sizes, found.groups, found.unplaced)
        reasons = {people[k].id: left_over.why(k) for k in found.unplaced}
        return Groups(
            self.kind,
            self.sizes,
            tuple(p.id for p in people),
            tuple(_group(circle, people, self.value, members) for members in found.groups),
            {id: reason for id, (reason, _) in reasons.items()},
            found.value,
            found.bound,
            found.seconds,
            digest_of(self.inputs),
            np.where(self.closed, np.nan, self.value),
            self.inputs,
            {id: counted for id, (_, counted) in reasons.items() if counted},
            self.left_out,
            found.prices,
            {"language": circle.languages, "common hour": circle.hours},
            {
                name: [p.id for p, so in zip(people, having, strict=True) if so]
                for name, having in circle.needed.items()
            },
        )


def role_terms(role: str, words: Vocabulary) -> frozenset[str]:
    """The ids of the terms any of which takes a role: "discipline.nursing" or "nursing|psychiatry", by id or name.

    Raises ValueError when the vocabulary does not know one.
    """
    found: set[str] = set()
    for name in role.split("|"):
        named = _named(name.strip(), words)
        if not named:
            raise ValueError(f"no discipline, credential, skill, setting or stage of the vocabulary is named {name!r}")
        found |= named
    return frozenset(found)


ROLE_KINDS = ("disciplines", "credentials", "skills", "settings", "stages")
"""The kinds of terms that can be a role, in the order in which a name is looked for."""


def _named(name: str, words: Vocabulary) -> set[str]:
    for kind in ROLE_KINDS:
        term = words.find(name, kind, typos=False) if name else None
        if term is not None:
            return {term.id}
        for group in words.groups(kind):
            if name.casefold() in (group.id.casefold(), group.label.casefold()):
                return {term.id for term in words.terms(kind) if term.parent == group.id}
    return set()


_AWAY = {"paused": Rule.PAUSED, "unconfirmed": Rule.UNCONFIRMED, "left": Rule.NOT_ACTIVE}
"""The rule by which somebody of this status is in no group."""


def _why_out(person: Profile, kind: str | None, words: Vocabulary) -> str:
    """Why a group of this kind is nothing for somebody; "" where it is."""
    if person.status in _AWAY:
        return f"cannot be in a group now; rules that bind: {_AWAY[person.status].value}"
    if _suits(person, kind, words):
        return ""
    return f"names no goal that {'suits this kind of group' if kind else 'the vocabulary has'}, wanted or offered"


def _suits(person: Profile, kind: str | None, words: Vocabulary) -> bool:
    named = [*person.goals, *person.helps_with]
    if kind is None:
        return bool(named)
    return any(goal in words and kind in words[goal].collaborations_fit for goal in named)


def _apart(people: Sequence[Profile], words: Vocabulary, barred: Mapping[tuple[str, str], Rule]) -> Broken:
    """The rules that keep two people apart, in either direction."""
    known = {p.id for p in people}
    barred = {pair: rule for pair, rule in barred.items() if set(pair) <= known}
    broken = broken_rules(people, people, words, barred=barred, ignore=AMONG_EQUALS)
    np.fill_diagonal(broken, 0)
    return broken | broken.T


def pair_values(people: Sequence[Profile], words: Vocabulary) -> Floats:
    """The value (n, n) in [0, 1] of having two people in one group."""
    parts = {
        "goals": lambda: _likeness([[*p.goals, *p.helps_with] for p in people], words),
        "settings": lambda: _likeness([p.settings for p in people], words),
        "disciplines": lambda: 1.0 - _likeness([p.disciplines for p in people], words),
        "skills": lambda: _difference([set(p.skills) for p in people]),
    }
    # One part at a time: each is as large as the whole.
    value = np.zeros((len(people), len(people)))
    for name, part in parts.items():
        found = part()
        found *= SHARES[name]
        value += found
    np.fill_diagonal(value, 0.0)
    return (value + value.T) / 2


def _likeness(terms: Sequence[Sequence[str]], words: Vocabulary) -> Floats:
    """Cosine (n, n) of people's terms, each spread over the terms related to it; 0 where somebody has none."""
    columns = {term: k for k, term in enumerate(sorted({t for own in terms for t in own}))}
    spread = np.zeros((len(terms), len(columns)))
    near = np.array([[words.relatedness(a, b) for b in columns] for a in columns]).reshape(len(columns), len(columns))
    for row, own in enumerate(terms):
        if own:
            spread[row] = near[[columns[t] for t in own]].max(axis=0)
    length = np.linalg.norm(spread, axis=1, keepdims=True)
    unit = np.divide(spread, length, out=np.zeros_like(spread), where=length > 0)
    cosine = unit @ unit.T
    return np.clip(cosine, 0.0, 1.0, out=cosine)


def _difference(sets: Sequence[set[str]]) -> Floats:
    """Share (n, n) of the skills of two people that only one of them has; 0 where both have none."""
    columns = {term: k for k, term in enumerate(sorted(set().union(*sets)))} if sets else {}
    has = np.zeros((len(sets), len(columns)))
    for row, own in enumerate(sets):
        has[row, [columns[t] for t in own]] = 1.0
    common = has @ has.T
    count = has.sum(axis=1)
    union = count[:, None] + count[None, :]
    union -= common
    # Where both have none, 0 / 1.
    return np.subtract(union, common, out=common) / np.maximum(union, 1.0, out=union)


class _Circle:
    """What all members of a group have to share (bit masks of languages and hours), and what some member must have."""

    def __init__(
        self, people: Sequence[Profile], words: Vocabulary, roles: Mapping[str, frozenset[str]] | None = None
    ) -> None:
        self.people, self.words = people, words
        tags = sorted({tag for p in people for tag in p.languages})
        self.tags = tags
        place = {tag: k for k, tag in enumerate(tags)}
        every = (1 << max(1, len(tags))) - 1
        self.languages = [sum(1 << place[t] for t in p.languages) if p.languages else every for p in people]
        # Where nobody says where they live, all are taken to live in one zone, whichever it is.
        usual = None if any(zone_of(p.timezone, p.region, words) for p in people) else "UTC"
        self.hours = [_hours(p, words, usual) for p in people]
        top = max((term.rank or 0 for term in words.terms("stages")), default=0)
        least = math.ceil(EXPERIENCED * top)
        self.leads = [_rank(p, words) >= least for p in people]
        self.roles = {role: [not terms.isdisjoint(_offers(p)) for p in people] for role, terms in (roles or {}).items()}
        self.needed = {FACILITATOR: self.leads, **{f"role {role}": having for role, having in self.roles.items()}}


def _offers(person: Profile) -> set[str]:
    stage = [person.stage] if person.stage else []
    return {*person.disciplines, *person.credentials, *person.skills, *person.settings, *stage}


def _bits(masks: Sequence[int]) -> npt.NDArray[np.bool_]:
    """Masks as bools (masks, bits)."""
    size = max(1, *(-(-mask.bit_length() // 8) for mask in masks)) if masks else 1
    raw = np.frombuffer(b"".join(mask.to_bytes(size, "little") for mask in masks), dtype=np.uint8)
    return np.unpackbits(raw.reshape(len(masks), size), axis=1).astype(bool)


class _LeftOver:
    """Why people are in no group."""

    def __init__(
        self,
        circle: _Circle,
        apart: Broken,
        sizes: tuple[int, int],
        groups: Sequence[Sequence[int]],
        unplaced: Sequence[int],
    ) -> None:
        self.circle, self.apart, self.groups, self.unplaced = circle, apart, groups, unplaced
        self.low, self.high = sizes

    def why(self, person: int) -> tuple[str, str]:
        """The rule that keeps somebody out of every group, or that the places did not work out; and what binds there.

        The second is "" where there is no more to say. It counts people where too few remain, else groups.
        """
        circle = self.circle
        others = [k for k in range(len(circle.people)) if k != person]
        if len(others) < self.low - 1:
            return f"too few are suited: {len(others)} besides, a group needs {self.low - 1}", ""
        open_others = [k for k in others if not self.apart[person, k]]
        meeting = [k for k in open_others if circle.languages[person] & circle.languages[k]]
        timely = [k for k in meeting if circle.hours[person] & circle.hours[k]]
        for rule, left in (("rules between two people", open_others), ("language", meeting), ("common hour", timely)):
            if len(left) < self.low - 1:
                reason = f"{rule}: only {len(left)} others remain, a group needs {self.low - 1}"
                return reason, self._counted("people counted", person, [[k] for k in others])
        for name, having in circle.needed.items():
            if not having[person] and not any(having[k] for k in timely):
                who, what = (
                    ("nobody experienced enough", "facilitators")
                    if name == FACILITATOR
                    else ("nobody with it", "people with it")
                )
                reason = f"{name}: {who} shares a language and an hour"
                return reason, self._counted(f"{what} counted", person, [[k] for k in others if having[k]])
        reason = "no group of the wanted size has a place that all rules allow"
        binding = self._counted("groups counted", person, self.groups) if self.groups else self._between_any_two
        return reason, "; ".join(part for part in (binding, self._used_up) if part)

    @cached_property
    def _used_up(self) -> str:
        """What a further group of those left over would lack."""
        if len(self.unplaced) < self.low:
            return ""
        gone = [name for name, having in self.circle.needed.items() if not any(having[k] for k in self.unplaced)]
        return f"nobody left over who is needed for a further group: {', '.join(gone)}" if gone else ""

    @cached_property
    def _between_any_two(self) -> str:
        """What binds where no group came about at all, or what all together lack."""
        everybody = range(len(self.circle.people))
        found = Counter(bar for k in everybody for other in range(k) for bar in self._bars(k, [other]))
        together = Counter(self._bars(0, everybody[1:]) - {FULL})
        return _listed("pairs counted", found) or _listed("for all together", together)

    def _counted(self, what: str, person: int, circles: Sequence[Sequence[int]]) -> str:
        return _listed(what, Counter(bar for members in circles for bar in self._bars(person, members)))

    def _bars(self, person: int, members: Sequence[int]) -> set[str]:
        """What keeps somebody from joining these."""
        mask = int(np.bitwise_or.reduce(self.apart[person, list(members)]))
        found = {rule.value for rule in rules_of(mask)} if mask else set()
        for name, masks in (("language", self.circle.languages), ("common hour", self.circle.hours)):
            if not masks[person] & _all(masks, members):
                found.add(name)
        return found | ({FULL} if len(members) == self.high else set())


def _listed(what: str, counted: Counter[str]) -> str:
    listed = ", ".join(f"{name} {count}" for name, count in sorted(counted.items(), key=lambda c: (-c[1], c[0])))
    return f"rules that bind ({what}): {listed}" if listed else ""


def _all(masks: Sequence[int], members: Sequence[int]) -> int:
    found = -1
    for k in members:
        found &= masks[k]
    return found


def _hours(person: Profile, words: Vocabulary, usual: str | None = None) -> int:
    """UTC hours of the week that suit in winter and in summer; every hour for somebody who named none.

    `usual` is the zone of somebody of whom none is known.
    """
    weeks = [week(person.slots, person.timezone or usual, person.region, words, on=day) for day in SEASONS]
    every = (1 << 168) - 1
    masks = [(w.sure | w.possible) or every if w.known else every for w in weeks]
    return masks[0] & masks[1] or masks[0]


def _rank(person: Profile, words: Vocabulary) -> int:
    return (words[person.stage].rank or 0) if person.stage and person.stage in words else -1


def _group(circle: _Circle, people: Sequence[Profile], value: Floats, members: Sequence[int]) -> Group:
    """Names what a group shares, who facilitates and what each member adds."""
    leads = sorted(
        (k for k in members if circle.leads[k]), key=lambda k: (-_rank(people[k], circle.words), people[k].id)
    )
    block = value[np.ix_(members, members)]
    goals = Counter(g for k in members for g in dict.fromkeys([*people[k].goals, *people[k].helps_with]))
    shared = [g for g, count in sorted(goals.items(), key=lambda c: (-c[1], c[0])) if count > 1]
    adds = {people[k].id: _adds(people, members, k) for k in members}
    tags = _all(circle.languages, members)
    return Group(
        members=tuple(people[k].id for k in members),
        facilitator=people[leads[0]].id,
        rota=tuple(people[k].id for k in leads),
        languages=tuple(tag for place, tag in enumerate(circle.tags) if tags >> place & 1),
        hours=tuple(hours_of(_all(circle.hours, members))),
        shared=tuple(shared[:3]),
        adds=adds,
        closeness={people[k].id: float(block[n].sum() / max(1, len(members) - 1)) for n, k in enumerate(members)},
        value=float(block.sum() / 2),
        roles={role: tuple(people[k].id for k in members if having[k]) for role, having in circle.roles.items()},
    )


def _adds(people: Sequence[Profile], members: Sequence[int], person: int) -> tuple[str, ...]:
    """What only this member brings: disciplines first, then settings, then skills."""

    def only(values: Callable[[Profile], Iterable[str]]) -> list[str]:
        others = {v for k in members if k != person for v in values(people[k])}
        return [v for v in values(people[person]) if v not in others]

    return tuple([*only(lambda p: p.disciplines), *only(lambda p: p.settings), *only(lambda p: p.skills)][:3])


# -- a group put together by hand ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Look:
    """People looked at as a group: the group as it would be (None where nobody can facilitate), and what is wrong.

    `broken`: (id, id, rules) of pairs that must not be together; `missing`: of "language", "hour", "facilitator".
    """

    group: Group | None
    broken: tuple[tuple[str, str, tuple[Rule, ...]], ...]
    missing: tuple[str, ...]

    @property
    def is_sound(self) -> bool:
        """Whether the group may be."""
        return self.group is not None and not self.broken and not self.missing


def look_at(
    profiles: Sequence[Profile],
    *,
    vocabulary: Vocabulary | None = None,
    forbidden: Mapping[tuple[str, str], Rule] | None = None,
) -> Look:
    """Looks at these people as one group under the same rules that `form_groups` keeps."""
    words = vocabulary or default_vocabulary()
    people = sorted(profiles, key=lambda p: p.id)
    known = {p.id for p in people}
    barred = {pair: rule for pair, rule in (forbidden or {}).items() if set(pair) <= known}
    mask = broken_rules(people, people, words, barred=barred, ignore=AMONG_EQUALS)
    pairs = [(i, j, int(mask[i, j] | mask[j, i])) for i in range(len(people)) for j in range(i)]
    broken = tuple((people[j].id, people[i].id, rules_of(found)) for i, j, found in pairs if found)
    circle, everybody = _Circle(people, words), range(len(people))
    needed = {
        "language": bool(_all(circle.languages, everybody)),
        "hour": bool(_all(circle.hours, everybody)),
        "facilitator": any(circle.leads),
    }
    missing = tuple(name for name, met in needed.items() if not met)
    group = _group(circle, people, pair_values(people, words), list(everybody)) if needed["facilitator"] else None
    return Look(group, broken, missing)
