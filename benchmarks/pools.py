"""Pools of 100 to 100,000 invented people for measurements: `python benchmarks/pools.py --people 100000 -o pool.csv`.

Up to BASE people come straight from `data/sample/make_people.py`. Larger pools recombine BASE such people: the working
life of one, the wishes and the text of another of the same role, stage and discipline, the place of a third, the hours
of a fourth. So shares and correlations stay, nearly every profile is new, and 100,000 people take seconds; only the
texts repeat. Employers grow in number with the pool, not in size. The same number and seed give the same people.
"""

import argparse
import dataclasses
import importlib.util
import re
import sys
from collections import defaultdict
from collections.abc import Callable, Hashable, Sequence
from pathlib import Path
from random import Random
from types import ModuleType

from matcher.domain.profiles import Profile, read_answers, to_answers
from matcher.domain.vocabulary import default_vocabulary
from matcher.files.writing import write_table

BASE = 5_000
SCRIPT = Path(__file__).resolve().parent.parent / "data" / "sample" / "make_people.py"


def pool(people: int, seed: int = 7, base: int = BASE) -> list[Profile]:
    """`people` invented people, ids in the order of the list; at most `base` of them are made one by one."""
    vocabulary = default_vocabulary()
    made = [read_answers(row, vocabulary) for row in make_people_script().make_people(min(people, base), seed)]
    return made if people <= base else recombined(made, people, seed)


def make_people_script() -> ModuleType:
    """`data/sample/make_people.py` as a module."""
    spec = importlib.util.spec_from_file_location("make_people", SCRIPT)
    if spec is None or spec.loader is None:
        raise FileNotFoundError(SCRIPT)
    module = importlib.util.module_from_spec(spec)
    sys.modules["make_people"] = module
    spec.loader.exec_module(module)
    return module


def recombined(made: Sequence[Profile], people: int, seed: int) -> list[Profile]:
    """More people from those made: every part from somebody whom that part suits."""
    random = Random(seed)
    wishes = Drawer(made, lambda p: (p.role, p.stage, p.disciplines[:1]), random)
    places = Drawer(made, lambda p: (p.region or "").startswith("region.US"), random)
    hours = Drawer(made, lambda p: (p.stage, "slot.rotating" in p.slots), random)
    districts = -(-people // len(made))
    width = len(str(people))
    found = []
    for at in range(people):
        core = made[at % len(made)]
        wish, place, hour = wishes.like(core), places.like(core), hours.like(core)
        district = int(random.random() * districts)
        number = f"p{at + 1:0{width}}"
        found.append(
            dataclasses.replace(
                core,
                id=number,
                email=f"{number}@pool.example.org",
                goals=wish.goals,
                seeks_skills=wish.seeks_skills,
                seeks_settings=wish.seeks_settings,
                text=wish.text,
                region=place.region,
                timezone=place.timezone,
                languages=place.languages,
                slots=hour.slots,
                formats=hour.formats,
                constraints=hour.constraints,
                employer=tuple(f"{name}, district {district}" if district else name for name in core.employer),
                avoid=tuple(value for value in core.avoid if not re.fullmatch(r"p\d+", value)),
                extra={},
            )
        )
    return found


class Drawer:
    """Draws somebody who is like a person in what `sort` tells."""

    def __init__(self, made: Sequence[Profile], sort: Callable[[Profile], Hashable], random: Random) -> None:
        self.sort = sort
        self.random = random
        self.sorts: dict[Hashable, list[Profile]] = defaultdict(list)
        for person in made:
            self.sorts[sort(person)].append(person)

    def like(self, person: Profile) -> Profile:
        """Anybody of the same sort, perhaps the person."""
        same = self.sorts[self.sort(person)]
        return same[int(self.random.random() * len(same))]


def main() -> None:
    """Reads the command line and writes the pool as CSV, XLSX or JSON Lines, as the file's name says."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--people", type=int, default=10_000, help="how many (10,000)")
    parser.add_argument("--seed", type=int, default=7, help="another number, other people (7)")
    parser.add_argument("-o", "--output", type=Path, required=True, help="the file to write")
    options = parser.parse_args()
    rows = [to_answers(person) for person in pool(options.people, options.seed)]
    header = list(dict.fromkeys(column for row in rows for column in row))
    write_table(options.output, header, [[row.get(column, "") for column in header] for row in rows])


if __name__ == "__main__":
    main()
