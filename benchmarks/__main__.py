"""Every measurement in one command, `./dev bench`; `--write` puts tables and picture into the documentation."""

import argparse
from collections.abc import Iterable, Iterator
from itertools import chain
from pathlib import Path

from benchmarks import assignment, growth, neighbors
from benchmarks.chart import chart

HERE = Path(__file__).resolve().parent
PICTURE = HERE.parent / "data" / "pictures" / "growth.svg"
INTRODUCTION = """# How fast it is

Measured by `./dev bench --write` on two cores. Machines differ, so look at the ratios: everything in a table ran in the
same minutes. "product" is the bare matrix product of the same shape in tiles on all cores, which nobody who looks at
every pair can beat. Peers that are not installed are left out (`pip install ortools mentor-match`).
`python -m benchmarks.dense` compares the solvers that look at every pair; `python benchmarks/pools.py` makes pools of
any size."""


def main() -> None:
    """Prints the tables as they come."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--most", type=int, default=10_000, help="mentees in the largest instance (10,000; up to 100,000)"
    )
    parser.add_argument("--write", action="store_true", help="write benchmarks/README.md and data/pictures/growth.svg")
    options = parser.parse_args()
    printed = [INTRODUCTION, *_sections(options.most, options.write)]
    if options.write:
        (HERE / "README.md").write_text("\n".join(printed) + "\n")


def _sections(most: int, write: bool) -> Iterator[str]:
    yield from _shown("\n## Nearest eligible mentors, in multiples of the product\n", neighbors.lines())
    yield from _shown("\n## The best assignment over all pairs, 128 columns, 1 to 4 places\n", assignment.lines())
    files, vectors = list(growth.commands()), list(growth.vectors([n for n in growth.VECTORS if n <= most]))
    yield from _shown("\n## From 100 to 100,000\n", _growth(files, vectors))
    if write:
        PICTURE.write_text(
            chart(
                "Seconds against people",
                "people in the file; mentees as vectors",
                "seconds",
                {
                    "match, a whole command": [(p.count, p.seconds) for p in files],
                    "engine on vectors": [(p.count, p.seconds) for p in vectors],
                    "bare matrix product": [(p.count, p.product) for p in vectors],
                },
            )
        )
        yield "\n![Seconds against people, both axes logarithmic](../data/pictures/growth.svg)"


def _shown(title: str, lines: Iterable[str]) -> Iterator[str]:
    for line in chain([title], lines):
        print(line, flush=True)
        yield line


def _growth(files: list[growth.Point], vectors: list[growth.Point]) -> Iterator[str]:
    yield "| people in a file | `match`, whole command, s | memory MB |"
    yield "| --- | --- | --- |"
    for p in files:
        yield f"| {p.count:,} | {p.seconds:.2f} | {p.megabytes:.0f} |"
    yield ""
    yield "| mentees as vectors, 0.4 mentors each | neighbours, assignment, proof, s | x product | memory MB | gap |"
    yield "| --- | --- | --- | --- | --- |"
    for p in vectors:
        yield f"| {p.count:,} | {p.seconds:.3f} | {p.seconds / p.product:.1f} | {p.megabytes:.0f} | {p.gap:.0e} |"


if __name__ == "__main__":
    main()
