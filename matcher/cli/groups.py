"""The command `groups`: collaboration groups from files of people."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from matcher.cli import CommandError
from matcher.cli.partition import GROUP_COLUMNS, sizes_of
from matcher.cli.pool import (
    OUTPUT,
    PATH,
    SECONDS,
    SEED,
    open_pairs,
    open_profiles,
    open_together,
    open_vocabulary,
    pool_options,
    put_json,
    put_json_file,
    put_table,
    say,
    spare_inputs,
)

if TYPE_CHECKING:
    from matcher.domain.vocabulary import Vocabulary
    from matcher.engine.groups import Group


@click.command("groups")
@pool_options
@click.option("-o", "--output", type=OUTPUT, help="Where the groups go: .csv, .xlsx or .json.")
@click.option("--kind", help="A collaboration of the vocabulary, by id or name; without it any shared goals.")
@click.option("--size", default="4-6", show_default=True, help="Smallest and largest group.")
@click.option("--forbid", type=PATH, help="Pairs that must not share a group: mentee_id,mentor_id.")
@click.option(
    "--before", type=PATH, help="Who was together before and is kept apart: pairs as above, or a file of groups."
)
@click.option("--roles", default="", help="Whom each group needs: terms of the vocabulary, such as nursing;dispatch.")
@click.option("--seconds", type=SECONDS, help="Search this long; without it a fixed number of steps.")
@click.option("--seed", type=SEED, default=0, show_default=True, help="Of the search; same seed, same groups.")
@click.option("--json", "as_json", is_flag=True, help="Print a summary as one JSON object.")
def groups_command(
    profiles: tuple[Path, ...],
    output: Path | None,
    kind: str | None,
    size: str,
    forbid: Path | None,
    before: Path | None,
    roles: str,
    seconds: float | None,
    seed: int,
    as_json: bool,
    vocabulary: Path | None,
    strict: bool,
) -> int:
    """Groups near in goals, complementary in disciplines and skills, with a facilitator, a language and an hour.

    --roles "social_work|psychology;law_enforcement;peer_specialist" asks for one of each in every group; a role is a
    discipline, credential, skill, setting or stage, a group of these, or several with | between them.

    \b
    Example: matcher groups people.csv -o groups.csv --kind "study group" --size 4-6
    """
    from matcher.engine.certificate import groups_json
    from matcher.engine.groups import form_groups, role_terms

    sizes = sizes_of(size)
    spare_inputs(output, *profiles, forbid, before)
    words = open_vocabulary(vocabulary)
    term = words.find(kind, "collaborations") if kind else None
    if kind and term is None:
        known = ", ".join(t.bare for t in words.terms("collaborations")) or "none"
        raise CommandError(f"--kind {kind!r} is not in the vocabulary; it has {known}")
    asked = list(dict.fromkeys(role.strip() for role in roles.split(";") if role.strip()))
    try:
        for role in asked:
            role_terms(role, words)
    except ValueError as error:
        raise CommandError(f"--roles: {error}") from error
    people = open_profiles(profiles, words, strict=strict)
    ids = {person.id for person in people}
    found = form_groups(
        people,
        kind=term.id if term else None,
        sizes=sizes,
        vocabulary=words,
        forbidden=open_pairs(forbid, ids, ids),
        before=open_together(before, ids),
        roles=asked,
        seconds=seconds,
        seed=seed,
    )
    if output is not None and output.suffix.lower() == ".json":
        put_json_file(output, groups_json(found, seed=seed))
    elif output is not None or not as_json:
        rows = [
            row
            for number, group in enumerate(found.groups, start=1)
            for row in _rows(f"group-{number:03d}", group, words)
        ]
        rows += [("", person, "", None, reason) for person, reason in sorted(found.reasons.items())]
        put_table(output, GROUP_COLUMNS, rows)
    if as_json:
        put_json(
            {
                "people": len(found.people) + len(found.left_out),
                "groups": len(found.groups),
                "unplaced": len(found.unplaced) + len(found.left_out),
                "value": found.value,
                "bound": found.bound,
                "seconds": {"solve": found.seconds},
                "digest": found.digest,
                "seed": seed,
            }
        )
    else:
        say(
            f"{len(found.people) - len(found.unplaced)} of {len(found.people)} people whom this suits "
            f"in {len(found.groups)} groups"
            + (f"; {len(found.left_out)} others have a row with the reason" if found.left_out else "")
        )
    return 0


def _rows(name: str, group: "Group", words: "Vocabulary") -> list[tuple[str, str, str, float | None, str]]:
    """One row a member, with what the group shares and what this member adds."""
    shared = ", ".join(words[goal].label for goal in group.shared)
    rows: list[tuple[str, str, str, float | None, str]] = []
    for person in group.members:
        adds = ", ".join(words[term].label for term in group.adds[person] if term in words)
        reason = "; ".join(
            part for part in (f"shared: {shared}" if shared else "", f"adds: {adds}" if adds else "") if part
        )
        takes = ", ".join(role for role, able in group.roles.items() if person in able)
        reason = "; ".join(part for part in (reason, f"role: {takes}" if takes else "") if part)
        role = "facilitator" if person == group.facilitator else "member"
        rows.append((name, person, role, group.closeness[person], reason))
    return rows
