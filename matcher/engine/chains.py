"""Room for people whom a partition leaves over, by chains of moves.

One of them takes a member's place in some group, who takes another's, until the last joins a group that has room: an
ejection chain (Glover 1996, "Ejection chains, reference structures and alternating path methods"), the shortest one,
found breadth first. Every group on the way stays whole and keeps every rule. Where no chain is left, a new group is
grown around somebody who is left over, and whoever loses a group by that is placed by chains in turn; what does not
place more people is undone.
"""

from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from matcher.engine.partition import Rules

Mask = npt.NDArray[np.bool_]
Ints = npt.NDArray[np.int64]
Words = npt.NDArray[np.uint64]

VISITED = 1_500_000
"""How many people the search for chains looks at in all, times how many there are."""

TRIES, GROWN = 8, 60
"""How many new groups are grown around one who is left over, and around all."""


def place_more(
    groups: list[list[int]], closed: Mask, rules: "Rules", rng: np.random.Generator, late: Callable[[], bool]
) -> None:
    """Changes the groups so that more people are in one, as far as chains and new groups go and until it is `late`.

    groups : of people, each sound. closed : (n, n) who may not be together.
    """
    n = len(closed)
    able = int(((~closed).sum(axis=1) >= rules.low).sum())  # everybody is open to themselves
    most = min([able, *(rules.high * rules.has.sum(axis=0)).tolist()])
    steps = VISITED // max(1, n)
    if sum(map(len, groups)) < most:
        steps -= _follow_chains(groups, closed, rules, steps, late)
    grown = 0
    for person in _left_over(groups, n):
        for _ in range(TRIES):
            if grown == GROWN or steps <= 0 or late():
                return
            left = _left_over(groups, n)
            if n - len(left) >= most:
                return
            if person not in left:
                break
            grown += 1
            new = _grown(person, groups, left, closed, rules, rng)
            if new is None:
                break
            rest = [[k for k in g if k not in new] for g in groups]
            changed = [g for g in rest if len(g) >= rules.low and rules.allow(g)] + [new]
            steps -= _follow_chains(changed, closed, rules, steps, late)
            if len(_left_over(changed, n)) < len(left):
                groups[:] = changed


def _left_over(groups: Sequence[Sequence[int]], people: int) -> list[int]:
    return sorted(set(range(people)) - {k for g in groups for k in g})


def _grown(
    person: int,
    groups: Sequence[Sequence[int]],
    left: Sequence[int],
    closed: Mask,
    rules: "Rules",
    rng: np.random.Generator,
) -> list[int] | None:
    """A new group around somebody, of others left over, then of members whom large groups can spare, then of any."""
    spare = np.zeros(len(closed))
    for group in groups:
        spare[group] = len(group) > rules.low
    spare[list(left)] = 2.0
    wish = spare + rng.random(len(closed))
    new = [person]
    open_to = ~closed[person]
    common = [words[person] for words in rules.words]
    while True:
        open_to[new[-1]] = False
        lacking = ~rules.has[new].any(axis=0)
        if len(new) >= rules.low and not lacking.any():
            return new
        fits = open_to.copy()
        for shared, words in zip(common, rules.words, strict=True):
            fits &= (words[:-1] & shared).any(axis=1)
        if lacking.any() and len(new) + lacking.sum() >= rules.low:
            fits &= rules.has[:-1][:, lacking].any(axis=1)
        if not fits.any() or len(new) == rules.high:
            return None
        new.append(int(np.where(fits, wish, -1.0).argmax()))
        open_to &= ~closed[new[-1]]
        common = [shared & words[new[-1]] for shared, words in zip(common, rules.words, strict=True)]


def _follow_chains(groups: list[list[int]], closed: Mask, rules: "Rules", steps: int, late: Callable[[], bool]) -> int:
    """Places people by chains as long as there is one, for one after the other of those left over.

    Returns how many people were looked at: not many more than `steps`.
    """
    places = _Places(groups, closed, rules)
    left = _left_over(groups, places.n)
    looked = 0
    found = True
    while found and groups:
        found = False
        for person in list(left):
            if late() or looked >= steps:
                return looked
            chain, visited = places.chain_from(person, steps - looked, late)
            looked += visited
            if chain is not None:
                found = True
                left.remove(person)
                *moves, (last, to) = chain
                for comes, goes in moves:
                    group = groups[places.of[goes]]
                    group[group.index(goes)] = comes
                groups[to].append(last)
                places.see([to, *(places.of[goes] for _, goes in moves)], groups)
    return looked


def any_bit(some: Words, others: Words) -> Mask:
    """Whether any bit of the words, which are along the first axis, is in both.

    One word after the other: numpy reduces a short last axis many times more slowly.
    """
    found = (some[0] & others[0]) != 0
    for one, other in zip(some[1:], others[1:], strict=True):
        found |= (one & other) != 0
    return np.asarray(found)


class _Places:
    """What each group would be without each of its members."""

    def __init__(self, groups: Sequence[Sequence[int]], closed: Mask, rules: "Rules") -> None:
        n, h = len(closed), rules.high
        self.rules, self.n = rules, n
        self.closed = np.zeros((n, n + 1), dtype=bool)
        self.closed[:, :n] = closed
        self.members = np.full((len(groups), h), n, dtype=np.int64)
        self.room = np.zeros(len(groups), dtype=bool)
        # (groups, h, h - 1): the others of each member; and what they share (words first) and have (columns first).
        self.others = np.array([[k for k in range(h) if k != place] for place in range(h)])
        self.common = [np.zeros((w.shape[1], len(groups), h), dtype=w.dtype) for w in rules.words]
        self.have = np.zeros((rules.has.shape[1], len(groups), h), dtype=bool)
        self.whole = [np.zeros((w.shape[1], len(groups)), dtype=w.dtype) for w in rules.words]
        self.of: dict[int, int] = {}
        self.see(range(len(groups)), groups)

    def see(self, changed: Sequence[int], groups: Sequence[Sequence[int]]) -> None:
        """Takes these groups as they are now."""
        some = list(changed)
        self.dead_end = np.zeros(self.n + 1, dtype=bool)  # from whom no chain leads on, as the groups are
        self.dead_end[self.n] = True
        for g in some:
            self.members[g] = self.n
            self.members[g, : len(groups[g])] = groups[g]
            self.room[g] = len(groups[g]) < self.rules.high
            self.of.update(dict.fromkeys(groups[g], g))
        others = self.members[some][:, self.others]
        for common, words in zip(self.common, self.rules.words, strict=True):
            common[:, some] = np.moveaxis(np.bitwise_and.reduce(words[others], axis=2), -1, 0)
        for whole, words in zip(self.whole, self.rules.words, strict=True):
            whole[:, some] = np.bitwise_and.reduce(words[self.members[some]], axis=1).T
        for have, has in zip(self.have, self.rules.has.T, strict=True):
            have[some] = has[others].any(axis=2)

    def chain_from(self, start: int, most: int, late: Callable[[], bool]) -> tuple[list[tuple[int, int]] | None, int]:
        """The shortest chain: (who comes, whose place) moves, and last (who comes, which group); None without one.

        And how many people were looked at: `most` of them, and only until it is `late`.
        """
        before, waiting, seen = {start: -1}, [start], self.dead_end.copy()
        seen[start] = True
        for visited, person in enumerate(waiting, start=1):
            way = [person]
            while before[way[-1]] >= 0:
                way.append(before[way[-1]])
            used = [self.of[other] for other in way[:-1]]
            joined = [g for g in self.that_take(person) if g not in used]
            if joined:
                way.reverse()
                return [*pairwise(way), (person, joined[0])], visited
            if visited >= most or late():
                return None, visited
            more = self.give_way_to(person) & ~seen[self.members]
            more[used] = False
            others = self.members[more]
            seen[others] = True
            before.update(dict.fromkeys(others.tolist(), person))
            waiting += others.tolist()
        self.dead_end[waiting] = True
        return None, len(waiting)

    def give_way_to(self, person: int) -> Mask:
        """Whose place (groups, h) somebody can take."""
        barred = self.closed[person, self.members]
        fits = barred.sum(axis=1)[:, None] == barred
        for common, words in zip(self.common, self.rules.words, strict=True):
            fits &= any_bit(common, words[person])
        for have, has in zip(self.have, self.rules.has[person], strict=True):
            if not has:
                fits &= have
        return np.asarray(fits)

    def that_take(self, person: int) -> list[int]:
        """The groups that have room for somebody."""
        roomy = np.flatnonzero(self.room)
        if not roomy.size:
            return []
        fits = ~self.closed[person, self.members[roomy]].any(axis=1)
        for whole, words in zip(self.whole, self.rules.words, strict=True):
            fits &= any_bit(whole[:, roomy], words[person])
        found: list[int] = roomy[fits].tolist()
        return found
