"""Words that are alike count in part: named, bounded and exact."""

import numpy as np
import pytest

from matcher.domain.profiles import Profile, Role
from matcher.engine.affinity import Pool, taken_out
from matcher.engine.likeness import MOST, SAME_STEM, Likeness
from matcher.engine.rows import Floats, SparseRows
from matcher.engine.words import Word

STEMS = ["988", "911", "bee", "beekeep", "beekeeper", "beekeping", "health", "healthcar", "negoci", "negoti", "station"]


def likeness(stems: list[str]) -> Likeness:
    """Of words that are their own stems."""
    return Likeness([Word(stem, stem) for stem in stems])


def matrix(stems: list[str]) -> Floats:
    return likeness(stems).spread(SparseRows.of_dense(np.eye(len(stems)))).dense()


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


def test_forms_of_a_stem_are_nearly_the_same_and_as_near_to_others_as_the_stem() -> None:
    words = [Word("beekeep", "beekeeping"), Word("financi", "finance"), Word("financi", "financier")]
    words = sorted([*words, Word("beekeep", "beekeep"), Word("beekeeper", "beekeeper"), Word("988", "988")])
    alike = Likeness(words).spread(SparseRows.of_dense(np.eye(len(words)))).dense()
    at = {word.form: place for place, word in enumerate(words)}
    assert (alike == alike.T).all()
    assert (np.diag(alike) == 1).all()
    assert alike[at["finance"], at["financier"]] == alike[at["beekeep"], at["beekeeping"]] == SAME_STEM
    near = matrix(STEMS)[STEMS.index("beekeep"), STEMS.index("beekeeper")]
    assert alike[at["beekeep"], at["beekeeper"]] == alike[at["beekeeping"], at["beekeeper"]] == near
    assert np.count_nonzero(alike) == len(words) + 2 * 4


def test_likeness_is_an_inner_product_so_no_text_is_nearer_than_the_same_text() -> None:
    rng = np.random.default_rng(5)
    syllables = ["ne", "go", "ti", "ta", "sta", "re", "la", "cri", "si", "hel", "per"]
    stems = {"".join(rng.choice(syllables, rng.integers(2, 5))) for _ in range(300)}
    words = sorted(Word(stem, stem + end) for stem in stems for end in ["", "ing", "er"][: rng.integers(1, 4)])
    alike = Likeness(words)
    assert np.linalg.eigvalsh(alike.between(np.arange(len(words)))).min() > 0
    rows = SparseRows.of_dense(rng.random((40, len(words))) * (rng.random((40, len(words))) < 0.05))
    spread = alike.spread(rows)
    lengths = alike.lengths(rows, spread)
    cosines = rows.dense() @ spread.dense().T / np.outer(lengths, lengths)
    assert cosines.max() <= 1 + 1e-12
    assert np.diag(cosines) == pytest.approx(np.ones(40))


def test_a_part_of_the_matrix_is_as_in_the_whole() -> None:
    places = np.array([2, 3, 4, 8, 9])
    assert (likeness(STEMS).between(places) == matrix(STEMS)[np.ix_(places, places)]).all()


def test_likeness_does_not_depend_on_the_other_words() -> None:
    few = ["beekeep", "beekeeper"]
    assert matrix(few)[0, 1] == matrix(STEMS)[STEMS.index("beekeep"), STEMS.index("beekeeper")]
    assert matrix([]).shape == (0, 0)


def people() -> list[Profile]:
    texts = {"typo": "beekeping, hives and honey", "near": "A beekeeper with forty hives", "far": "Stoneware and kilns"}
    mentors = [Profile(id=name, role=Role.MENTOR, text=text) for name, text in texts.items()]
    return [Profile(id="m", role=Role.MENTEE, text="how does beekeeping start, and honey?"), *mentors]


def test_a_word_is_nearer_to_itself_than_to_another_of_its_stem() -> None:
    titles = {"same": "Finance manager", "other": "Financier, manager"}
    mentors = [Profile(id=name, role=Role.MENTOR, text=text) for name, text in titles.items()]
    pool = Pool([Profile(id="m", role=Role.MENTEE, text="finance managers"), *mentors])
    assert pool.affinity[0, pool.mentor_row["same"]] > pool.affinity[0, pool.mentor_row["other"]]
    told = pool.explain("m", "other").contributions
    words = {(part.wants, part.has) for part in told if part.block == "text"}
    assert words == {(("finance",), ("Financier",)), (("managers",), ("manager",))}


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
