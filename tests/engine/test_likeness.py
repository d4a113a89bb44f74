"""Words that are alike count in part: named, bounded and exact."""

import numpy as np
import pytest

from matcher.domain.profiles import Profile, Role
from matcher.engine.affinity import Pool, taken_out
from matcher.engine.likeness import MOST, Likeness
from matcher.engine.rows import Floats, SparseRows

STEMS = ["988", "911", "bee", "beekeep", "beekeeper", "beekeping", "health", "healthcar", "negoci", "negoti", "station"]


def matrix(stems: list[str]) -> Floats:
    return Likeness(stems).spread(SparseRows.of_dense(np.eye(len(stems)))).dense()


def test_the_same_stem_counts_in_full_another_one_in_part() -> None:
    alike = matrix(STEMS)
    assert (np.diag(alike) == 1).all()
    off = alike - np.eye(len(STEMS))
    assert off.max() <= MOST
    assert (alike == alike.T).all()
    at = STEMS.index
    assert off[at("beekeep"), at("beekeeper")] > off[at("beekeep"), at("beekeping")] > 0
    assert off[at("negoti"), at("negoci")] > 0
    assert off[at("988")].max() == off[at("bee")].max() == off[at("station")].max() == 0


def test_likeness_is_an_inner_product_so_no_text_is_nearer_than_the_same_text() -> None:
    rng = np.random.default_rng(5)
    syllables = ["ne", "go", "ti", "ta", "sta", "re", "la", "cri", "si", "hel", "per"]
    stems = sorted({"".join(rng.choice(syllables, rng.integers(2, 5))) for _ in range(300)})
    assert np.linalg.eigvalsh(matrix(stems)).min() > 0
    rows = SparseRows.of_dense(rng.random((40, len(stems))) * (rng.random((40, len(stems))) < 0.05))
    spread = Likeness(stems).spread(rows)
    lengths = Likeness(stems).lengths(rows, spread)
    cosines = rows.dense() @ spread.dense().T / np.outer(lengths, lengths)
    assert cosines.max() <= 1 + 1e-12
    assert np.diag(cosines) == pytest.approx(np.ones(40))


def test_a_part_of_the_matrix_is_as_in_the_whole() -> None:
    places = np.array([2, 3, 4, 8, 9])
    assert (Likeness(STEMS).between(places) == matrix(STEMS)[np.ix_(places, places)]).all()


def test_likeness_does_not_depend_on_the_other_words() -> None:
    few = ["beekeep", "beekeeper"]
    assert matrix(few)[0, 1] == matrix(STEMS)[STEMS.index("beekeep"), STEMS.index("beekeeper")]
    assert matrix([]).shape == (0, 0)


def people() -> list[Profile]:
    texts = {"typo": "beekeping, hives and honey", "near": "A beekeeper with forty hives", "far": "Stoneware and kilns"}
    mentors = [Profile(id=name, role=Role.MENTOR, text=text) for name, text in texts.items()]
    return [Profile(id="m", role=Role.MENTEE, text="how does beekeeping start, and honey?"), *mentors]


def test_words_that_are_alike_are_reasons_with_the_words_of_both() -> None:
    pool = Pool(people())
    told = pool.explain("m", "typo").contributions
    words = {(part.wants, part.has) for part in told if part.block == "text"}
    assert words == {(("beekeeping",), ("beekeping",)), (("honey",), ("honey",))}
    assert pool.affinity[0, pool.mentor_row["near"]] > pool.affinity[0, pool.mentor_row["far"]]


@pytest.mark.parametrize("mentor", ["typo", "near", "far"])
def test_sums_and_falls_are_exact_with_words_that_are_alike(mentor: str) -> None:
    everybody = people()
    told = Pool(everybody).explain("m", mentor)
    assert sum(part.amount for part in told.contributions) == pytest.approx(told.affinity, abs=1e-12)
    left = [taken_out(p, "text", p.text) if p.id == mentor else p for p in everybody]
    fall = told.affinity - Pool(left).explain("m", mentor).affinity
    assert told.without["text", next(p.text for p in everybody if p.id == mentor)] == pytest.approx(fall, abs=1e-12)
