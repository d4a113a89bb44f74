"""Chance: names drawn by weight, and names dealt out in exact shares to people whom they fit."""

import itertools
from collections.abc import Callable, Mapping, Sequence
from random import Random

from person import Person

TINY = 1e-6


def pick(random: Random, weights: Mapping[str, float]) -> str:
    """One name, drawn by weight."""
    left = random.random() * sum(weights.values())
    for name, weight in weights.items():
        left -= weight
        if left < 0:
            return name
    return next(reversed(weights))


def several(random: Random, weights: Mapping[str, float], number: int) -> list[str]:
    """Up to `number` different names, drawn by weight one after another."""
    rest = {name: weight for name, weight in weights.items() if weight > 0}
    found: list[str] = []
    while rest and len(found) < number:
        found.append(pick(random, rest))
        del rest[found[-1]]
    return found


def quotas(shares: Mapping[str, float], number: int) -> dict[str, int]:
    """Whole numbers in proportion to the shares that add up to `number` (largest remainders, then the order given)."""
    total = sum(shares.values())
    exact = {name: number * share / total for name, share in shares.items()}
    whole = {name: int(value) for name, value in exact.items()}
    order = sorted(exact, key=lambda name: (whole[name] - exact[name], list(shares).index(name)))
    for name in itertools.islice(itertools.cycle(order), number - sum(whole.values())):
        whole[name] += 1
    return whole


def deal(
    random: Random,
    shares: Mapping[str, float],
    people: Sequence[Person],
    fit: Callable[[Person, str], float],
    taken: Sequence[str] = (),
) -> list[str]:
    """One name for each person, in exactly the shares wanted, so that names go to people whom they fit.

    `taken` are names already given to others of the pool, which count towards the shares. The cards are shuffled and
    then swapped between random pairs by Metropolis' rule, which draws from all deals in proportion to the product of
    their fits; so fits tell how much more likely, and the shares stay exact.
    """
    whole = quotas(shares, len(people) + len(taken))
    for name in taken:
        if whole.get(name):
            whole[name] -= 1
    cards = [name for name, count in whole.items() for _ in range(count)]
    random.shuffle(cards)
    cards = cards[: len(people)]
    if len(people) < 2:
        return cards
    fits = [max(fit(person, card), TINY) for person, card in zip(people, cards, strict=True)]
    for _ in range((40 if len(people) < 2_000 else 15) * len(people)):
        i, j = int(random.random() * len(people)), int(random.random() * len(people))
        if cards[i] != cards[j]:
            a, b = max(fit(people[i], cards[j]), TINY), max(fit(people[j], cards[i]), TINY)
            if a * b >= fits[i] * fits[j] or random.random() * fits[i] * fits[j] < a * b:
                cards[i], cards[j], fits[i], fits[j] = cards[j], cards[i], a, b
    return cards
