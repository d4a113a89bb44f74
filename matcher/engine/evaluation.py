"""Judged examples: does the model order two mentors for a mentee as experienced people do?"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from matcher.domain.profiles import COLUMNS, InvalidProfile, Profile, read_answers
from matcher.domain.vocabulary import Vocabulary, default_vocabulary
from matcher.engine.affinity import Pool

MENTEE, BETTER, WORSE = "mentee", "better", "worse"
LEARNED = 1.5  # the level of a mentee's skill where none is stated: learning or practising


@dataclass(frozen=True, slots=True)
class Evaluation:
    """How many judged cases are ordered as judged.

    `misses` are mappings {scenario_id, better, worse, rule}: both affinities, and the rules that forbid the better
    mentor ("" if none). `by_theme` maps a theme to (right, cases).
    """

    cases: int
    right: int
    misses: tuple[Mapping[str, object], ...]
    by_theme: Mapping[str, tuple[int, int]] = field(default_factory=dict)


def evaluate(
    scenarios: Iterable[Mapping[str, object]],
    vocabulary: Vocabulary | None = None,
    weights: Mapping[str, float] | None = None,
) -> Evaluation:
    """Scores rows with the columns `scenario_id`, `theme`, `mentee_*`, `better_*` and `worse_*`.

    All people of all rows make one pool. A case is right when the better mentor is eligible and the worse one is not,
    or has the lower affinity. Raises BadWeights, and InvalidProfile with the columns and the place of the row from 1.
    """
    rows = list(scenarios)
    vocabulary = vocabulary if vocabulary is not None else default_vocabulary()
    people = [person(row, place, who, vocabulary) for place, row in enumerate(rows) for who in (MENTEE, BETTER, WORSE)]
    pool = Pool(people, vocabulary=vocabulary, weights=weights)
    misses: list[Mapping[str, object]] = []
    themes: dict[str, list[bool]] = {}
    for place, row in enumerate(rows):
        miss = _miss(pool, place, str(row.get("scenario_id") or place + 1))
        misses += [miss] if miss else []
        themes.setdefault(str(row.get("theme") or ""), []).append(miss is None)
    by_theme = {theme: (sum(found), len(found)) for theme, found in themes.items()}
    return Evaluation(len(rows), len(rows) - len(misses), tuple(misses), by_theme)


def person(row: Mapping[str, object], place: int, who: str, vocabulary: Vocabulary) -> Profile:
    """One of the three people of a row. Skills without a level: a mentee's are being learnt, a mentor's confident."""
    answers: dict[str, object] = {column: row.get(f"{who}_{column}") for column in (*COLUMNS, "status")}
    answers |= {"id": _id(place, who), "role": MENTEE if who == MENTEE else "mentor"}
    try:
        profile = read_answers(answers, vocabulary)
    except InvalidProfile as error:
        wrong = [replace(p, column=f"{who}_{p.column}", row=place + 1) for p in error.problems]
        raise InvalidProfile(wrong) from None
    if who != MENTEE:
        return profile
    levels = {skill: LEARNED if level is None else level for skill, level in profile.skills.items()}
    return replace(profile, skills=levels)


def _id(place: int, who: str) -> str:
    return f"{place:06d} {who}"


def _miss(pool: Pool, place: int, scenario_id: str) -> Mapping[str, object] | None:
    """What is wrong with one case; None when it is ordered as judged."""
    i = pool.mentee_row[_id(place, MENTEE)]
    columns: Sequence[int] = [pool.mentor_row[_id(place, who)] for who in (BETTER, WORSE)]
    better, worse = (float(pool.affinity[i, j]) for j in columns)
    if pool.eligible[i, columns[0]] and (not pool.eligible[i, columns[1]] or better > worse):
        return None
    rule = ";".join(r.value for r in pool.rules(i, columns[0]))
    return {"scenario_id": scenario_id, "better": better, "worse": worse, "rule": rule}
