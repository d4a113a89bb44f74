"""The commands about people of the running programme: import, export, erase."""

from pathlib import Path

import click

from matcher.cli import CommandError
from matcher.cli.pool import OUTPUT, PATH, open_profiles, say

BY = "operator"


@click.command("import")
@click.argument("profiles", nargs=-1, required=True, type=PATH)
@click.option("--confirmed", is_flag=True, help="The programme holds their consent; nobody is asked to confirm again.")
@click.option("--strict", is_flag=True, help="Stop at a bad row instead of leaving it out.")
def import_command(profiles: tuple[Path, ...], confirmed: bool, strict: bool) -> int:
    """Brings people from files into the programme, all in one step; whoever is there already is updated by id.

    \b
    Example: matcher import people.csv --confirmed
    """
    from matcher.cli.running import open_programme
    from matcher.workflow.people import import_profiles, preview_import

    programme = open_programme(upgrade=True)
    people = open_profiles(profiles, programme.vocabulary, strict=strict)
    now = programme.database.now()
    if strict:
        for person, reason in sorted(
            preview_import(programme.database, people, by=BY, now=now).imported.refused.items()
        ):
            raise CommandError(f"{person} cannot be taken: {reason} Nobody was imported.", status=1)
    done = import_profiles(programme.database, people, by=BY, now=now, confirmed=confirmed, links=programme.links)
    for person, reason in sorted(done.refused.items()):
        say(f"{person} was left out: {reason}")
    say(f"{len(done.added)} added, {len(done.changed)} changed, {len(done.unchanged)} as before")
    return 1 if done.refused else 0


@click.command("export")
@click.option("-o", "--output", type=OUTPUT, required=True, help="Where it goes: .csv, .xlsx, .json or .jsonl.")
@click.option("--outcomes", is_flag=True, help="Write what became of pairs, for `learn`, instead of the people.")
def export_command(output: Path, outcomes: bool) -> int:
    """Writes everybody in the programme to a file that `match` and `import` read.

    With --outcomes: a row for each pair that was introduced or of which somebody has answered, as `matcher learn` reads
    it. The outcome is the last that was said: the closing, else how useful the two found it (a share from 0 to 1), else
    whether they met, else the answers. The contributions are those of `matcher rank` with the weights of the last
    round, which stand in the weight_… columns. Erased people are left out.

    \b
    Example: matcher export -o people.xlsx
             matcher export --outcomes -o outcomes.csv
             matcher learn outcomes.csv -o weights.csv
    """
    from matcher.cli.running import open_programme
    from matcher.files.writing import write_profiles, write_table
    from matcher.workflow import learning
    from matcher.workflow.people import export_profiles

    programme = open_programme()
    if outcomes:
        found = learning.evidence(programme.database, vocabulary=programme.vocabulary)
        write_table(output, learning.HEADER, found.table)
        say(f"{len(found.pairs)} pairs written to {output}")
        return 0
    people = export_profiles(programme.database, programme.vocabulary)
    write_profiles(output, people)
    say(f"{len(people)} people written to {output}")
    return 0


@click.command("erase")
@click.argument("person")
@click.option("--yes", is_flag=True, help="Do not ask; needed where there is no terminal.")
def erase_command(person: str, yes: bool) -> int:
    """Erases a person for good; counts stay, nothing else does. PERSON is the id.

    \b
    Example: matcher erase M017
    """
    from matcher.cli.running import confirm, open_programme
    from matcher.domain.introductions import NotFound
    from matcher.workflow.people import erase

    programme = open_programme()
    if not yes:
        confirm(f"Erase {person} for good?")
    try:
        erase(programme.database, person, by=BY, links=programme.links, now=programme.database.now())
    except NotFound:
        raise CommandError(f"there is nobody with the id {person}") from None
    say(f"{person} is erased")
    return 0
