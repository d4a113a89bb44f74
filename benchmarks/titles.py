"""Does free text find the right term? Short titles (queries) against a vocabulary's labels, ranked by our text columns.

    python benchmarks/titles.py FOLDER

FOLDER has `queries.tsv` and `corpus_elements.tsv` (id, text) and `annotations.tsv` (query id, 0, label id, 1), as in
Avature's melo-benchmark. Every query becomes a mentee and every label a mentor with nothing but a text, and the feature
space of the matcher ranks them. Printed is the mean reciprocal rank of the first right label, equal ones in the order
of the file; beside it that of the whole affinity, in which the installed vocabulary has its say.
"""

import csv
import sys
import time
from pathlib import Path

import numpy as np

from matcher.domain.profiles import Profile, Role
from matcher.domain.vocabulary import default_vocabulary
from matcher.engine.affinity import product
from matcher.engine.offers import Floats
from matcher.engine.space import FeatureSpace
from matcher.engine.weights import BLOCKS, DEFAULT_WEIGHTS


def main(folder: Path) -> None:
    queries, labels = read(folder / "queries.tsv"), read(folder / "corpus_elements.tsv")
    row_of = {row[0]: at for at, row in enumerate(labels)}
    right: dict[str, list[int]] = {}
    for query, _, label, _ in read(folder / "annotations.tsv"):
        right.setdefault(query, []).append(row_of[label])
    started = time.perf_counter()
    mentees = [Profile(id=row[0], role=Role.MENTEE, text=row[1]) for row in queries if row[0] in right]
    mentors = [Profile(id=row[0], role=Role.MENTOR, text=row[1]) for row in labels]
    space = FeatureSpace([*mentees, *mentors], default_vocabulary(), DEFAULT_WEIGHTS)
    seeks, offers = space.seek_rows(mentees), space.offer_rows(mentors)
    words = seeks.only(space.blocks[seeks.indices] == BLOCKS.index("text"))
    answers = [right[mentee.id] for mentee in mentees]
    print(f"{len(mentees)} titles, {len(mentors)} labels, {len(space.tokens)} word stems")
    for name, rows in (("text", words), ("affinity", seeks)):
        print(f"{name:9} {reciprocal_rank(product(rows, offers), answers):.4f}")
    print(f"{time.perf_counter() - started:.1f} s")


def read(path: Path) -> list[list[str]]:
    """The cells of a file separated by tabs."""
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.reader(file, delimiter="\t", quoting=csv.QUOTE_NONE))


def reciprocal_rank(scores: Floats, right: list[list[int]]) -> float:
    """The mean over the rows of `scores` (n, m) of 1 / rank of the first of the right columns."""
    found = []
    for row, columns in zip(scores, right, strict=True):
        best = row[columns].max()
        first = min(column for column in columns if row[column] == best)
        found.append(1 / (1 + (row > best).sum() + (row[:first] == best).sum()))
    return float(np.mean(found))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
