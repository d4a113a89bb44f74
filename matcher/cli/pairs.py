"""The commands about pairs of people in files: match, rank, explain."""

import re
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from matcher.cli import CommandError
from matcher.cli.pool import (
    OUTPUT,
    PATH,
    WEIGHTS,
    named,
    open_pairs,
    open_profiles,
    open_vocabulary,
    open_weights,
    pool_options,
    put_json,
    put_json_file,
    put_table,
    say,
    spare_inputs,
)

if TYPE_CHECKING:
    from matcher.engine.affinity import Explanation, Pool
    from matcher.engine.assignment import Assignment
    from matcher.engine.matching import Match

PAIR_COLUMNS = ("mentee_id", "mentor_id", "affinity", "rank", "reason_1", "reason_2", "reason_3", "weakest")
MOST_TOLD = 10
"""Pins whose cost is told; forbidden pairs likewise."""

LANGUAGE = click.option(
    "--language", type=click.Choice(["en", "es"]), default="en", show_default=True, help="Of the reasons."
)


@click.command("match")
@pool_options
@WEIGHTS
@click.option("-o", "--output", type=OUTPUT, help="Where the pairs go: .csv, .xlsx or .json (with the certificate).")
@click.option("--objective", type=click.Choice(["total", "fair"]), default="total", show_default=True)
@click.option("--pin", type=PATH, help="Pairs that must stand: mentee_id,mentor_id.")
@click.option("--forbid", type=PATH, help="Pairs that must not be: mentee_id,mentor_id.")
@click.option("--suggestions", type=click.IntRange(1, 20), default=1, show_default=True, help="Mentors a mentee.")
@click.option("--recruit", is_flag=True, help="Say which kinds of mentor to look for next, and what each would add.")
@LANGUAGE
@click.option("--seed", type=int, default=0, show_default=True, help="Recorded with the result; nothing is random.")
@click.option("--json", "as_json", is_flag=True, help="Print a summary as one JSON object.")
def match_command(
    profiles: tuple[Path, ...],
    output: Path | None,
    objective: str,
    weights: Path | None,
    pin: Path | None,
    forbid: Path | None,
    suggestions: int,
    recruit: bool,
    language: str,
    seed: int,
    as_json: bool,
    vocabulary: Path | None,
    strict: bool,
) -> int:
    """The best pairs of a pool of people, proved best.

    \b
    Example: matcher match people.csv -o pairs.csv --objective fair --pin kept.csv
    """
    from matcher.engine.assignment import Infeasible
    from matcher.engine.certificate import match_json
    from matcher.engine.matching import BrokenPin, match

    started = time.perf_counter()
    spare_inputs(output, *profiles, weights, pin, forbid)
    words = open_vocabulary(vocabulary)
    shares = open_weights(weights)
    people = open_profiles(profiles, words, strict=strict)
    mentees = sorted(person.id for person in people if person.role.is_mentee)
    mentors = sorted(person.id for person in people if person.role.is_mentor)
    pins, closed = (open_pairs(path, set(mentees), set(mentors)) for path in (pin, forbid))
    reading = time.perf_counter() - started
    try:
        found = match(
            people,
            objective=objective,
            weights=shares,
            pinned=pins,
            forbidden=closed,
            suggestions=suggestions,
            vocabulary=words,
        )
    except BrokenPin as error:
        raise CommandError(f"{pin}: {error}", status=1) from None
    except Infeasible as error:
        raise CommandError(f"{pin}: {named(str(error), mentees, mentors)}", status=1) from None
    if output is not None and output.suffix.lower() == ".json":
        put_json_file(output, match_json(found, seed=seed))
    elif output is not None or not as_json:
        put_table(output, PAIR_COLUMNS, list(_pair_rows(found, language)))
    summary = _summary(found, {"read": reading, **found.seconds}, seed)
    if as_json:
        put_json(summary)
    else:
        say(_sentence(found, summary))
    for line in _choices_in_words(found):
        say(line)
    if recruit:
        for line in _recruits_in_words(found, language):
            say(line)
    return 0


@click.command("rank")
@pool_options
@WEIGHTS
@click.option("-o", "--output", type=OUTPUT, help="Where the ranking goes: .csv, .xlsx or .json; else stdout.")
@click.option("--top", default="10", show_default=True, help="How many mentors a mentee, or all: every pair.")
def rank_command(
    profiles: tuple[Path, ...],
    output: Path | None,
    weights: Path | None,
    top: str,
    vocabulary: Path | None,
    strict: bool,
) -> int:
    """Each mentee's nearest eligible mentors, with what each block contributes.

    \b
    Example: matcher rank people.csv -o ranking.csv --top all
    """
    from matcher.engine.matching import rank
    from matcher.engine.weights import BLOCKS

    if top != "all" and not re.fullmatch("0*[1-9][0-9]{0,8}", top):
        raise CommandError(f"--top must be a whole number from 1, or all; not {top!r}")
    spare_inputs(output, *profiles, weights)
    words, shares = open_vocabulary(vocabulary), open_weights(weights)
    people = open_profiles(profiles, words, strict=strict)
    lines = rank(people, top=None if top == "all" else int(top), weights=shares, vocabulary=words)
    header = ("mentee_id", "mentor_id", "rank", "affinity", "eligible", "rule", *(f"contribution_{b}" for b in BLOCKS))
    rows = [
        (
            line.mentee_id,
            line.mentor_id,
            line.rank,
            line.affinity,
            "no" if line.rules else "yes",
            ";".join(rule.value for rule in line.rules),
            *line.contributions,
        )
        for line in lines
    ]
    put_table(output, header, rows)
    return 0


@click.command("explain")
@pool_options
@WEIGHTS
@LANGUAGE
@click.option("--json", "as_json", is_flag=True, help="Print everything as one JSON object.")
def explain_command(
    profiles: tuple[Path, ...],
    weights: Path | None,
    language: str,
    as_json: bool,
    vocabulary: Path | None,
    strict: bool,
) -> int:
    """One pair: PROFILES… MENTEE MENTOR. Every contribution, every rule, and what each value is worth.

    \b
    Example: matcher explain people.csv M017 G004
    """
    from matcher.engine.affinity import Pool

    if len(profiles) < 3:
        raise CommandError("explain needs files and two ids: matcher explain people.csv MENTEE MENTOR")
    *files, mentee, mentor = profiles
    words, shares = open_vocabulary(vocabulary), open_weights(weights)
    people = open_profiles(files, words, strict=strict)
    pool = Pool(people, vocabulary=words, weights=shares)
    for who, known, role in ((str(mentee), pool.mentee_row, "mentee"), (str(mentor), pool.mentor_row, "mentor")):
        if who not in known:
            raise CommandError(f"{who} is no {role} in the pool")
    explanation = pool.explain(str(mentee), str(mentor))
    if as_json:
        put_json(explanation.to_json())
    else:
        print("\n".join(_told(pool, explanation, language)))
    return 0 if explanation.eligible else 1


def _pair_rows(found: "Match", language: str) -> Iterator[tuple[object, ...]]:
    """One row a pair by mentee, then rank; unmatched mentees in their place with the reason."""
    from matcher.engine.reasons import in_words
    from matcher.translations import translator

    by_mentee: dict[str, list[tuple[object, ...]]] = {}
    for pair in found.suggestions:
        words = in_words(
            found.pool.explain(pair.mentee_id, pair.mentor_id, without=False),
            vocabulary=found.pool.vocabulary,
            language=language,
        )
        reasons = (*words.reasons, "", "", "")[:3]
        row = (pair.mentee_id, pair.mentor_id, pair.affinity, pair.rank, *reasons, words.weakest)
        by_mentee.setdefault(pair.mentee_id, []).append(row)
    for mentee in found.pool.mentees:
        if mentee.id in found.why_unmatched:
            yield (mentee.id, "", "", "", found.why_unmatched[mentee.id].told(translator(language)), "", "", "")
        yield from by_mentee.get(mentee.id, ())


def _summary(found: "Match", seconds: dict[str, float], seed: int) -> dict[str, object]:
    result = found.assignment
    return {
        "mentees": len(found.pool.mentees),
        "mentors": len(found.pool.mentors),
        "matched": result.matched,
        "unmatched": len(found.unmatched),
        "objective": result.objective,
        "total": result.total,
        "lowest": result.lowest,
        "bound": result.bound,
        "gap": result.gap,
        "pricing_rounds": result.pricing_rounds,
        "seconds": seconds,
        "digest": found.digest,
        "weights": dict(found.pool.weights),
        "seed": seed,
    }


def _sentence(found: "Match", summary: dict[str, object]) -> str:
    proof = proof_in_words(found.assignment)
    return (
        f"{summary['matched']} of {summary['mentees']} mentees matched with {summary['mentors']} mentors; "
        f"total affinity {summary['total']:.4f}, lowest {summary['lowest']:.4f}; {proof}"
    )


def _choices_in_words(found: "Match") -> Iterator[str]:
    """What each pin and each forbidden pair costs, the dearest first."""
    from matcher.engine.matching import costs_by_hand

    pins, bans = costs_by_hand(found)
    for name, told, costs in (
        ("pins", "the best pairs without the pin", pins),
        ("forbidden pairs", "the best pairs with the forbidden", bans),
    ):
        dear = [(pair, gain) for pair, gain in costs.items() if gain.matched or gain.total > 0]
        for (mentee, mentor), gain in dear[:MOST_TOLD]:
            yield f"{told} {mentee}, {mentor} would have {_gain_in_words(gain.matched, gain.total)}"
        if costs:
            yield f"{len(dear)} of {len(costs)} {name} cost something"


def _recruits_in_words(found: "Match", language: str) -> Iterator[str]:
    """The kinds of mentor who would help most, the best first."""
    from matcher.engine.recruiting import in_words, recruits

    kinds = recruits(found.pool, pinned=found.pinned)
    yield "whom to recruit next, each for itself, with one place:" if kinds else "no kind of mentor would add anything"
    for place, kind in enumerate(kinds, start=1):
        brings = "; ".join(in_words(kind.profile, vocabulary=found.pool.vocabulary, language=language))
        gain = _gain_in_words(kind.matched, kind.total)
        yield f"  {place}. {gain} ({kind.suits} unmatched could have them): {brings}"


def _gain_in_words(matched: int, total: float) -> str:
    more = f"{matched} more matched, " if matched else ""
    return f"{more}total affinity {total:+.4f}"


def proof_in_words(found: "Assignment") -> str:
    """What the gaps say: how far from the best total, or what fairness costs of it and how fair it is."""
    gap = found.gap
    if found.objective != "fair":
        return f"at most {gap:.3g} below the best" if gap else "proved best"
    share = f" ({100 * gap / found.bound:.2g} %)" if found.bound > 0 else ""
    cost = f"the best total is {found.bound:.4f}; being fair costs {gap:.3g}{share}"
    open_end = f"; the lowest might be up to {found.lowest_gap:.3g} higher" if found.lowest_gap else ""
    return (cost if gap else "fair, and the best total") + open_end


def _told(pool: "Pool", explanation: "Explanation", language: str) -> Iterator[str]:
    """The explanation as lines for a terminal."""
    from matcher.engine.reasons import in_words

    words = in_words(explanation, vocabulary=pool.vocabulary, language=language)
    yield f"{explanation.mentee_id} with {explanation.mentor_id}: affinity {explanation.affinity!r}"
    yield "rules: " + (", ".join(rule.value for rule in explanation.rules) or "all hold")
    for reason in words.reasons:
        yield f"  + {reason}"
    if words.weakest:
        yield f"  - {words.weakest}"
    yield "contributions (their sum is the affinity):"
    for part in explanation.contributions:
        named = f"{'; '.join(part.wants) or '-'} <- {'; '.join(part.has) or '-'}"
        yield f"  {part.amount:.6f}  {part.block:<12} {part.need}: {named}"
    yield "without a value of the mentor the affinity falls by:"
    for (column, value), drop in sorted(explanation.without.items(), key=lambda item: (-item[1], item[0])):
        yield f"  {drop:.6f}  {column} {value}"
