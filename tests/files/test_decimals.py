"""Many numbers at once are what `float` makes of each."""

import random
from pathlib import Path

import numpy as np
import pytest

from matcher.files.decimals import decimals
from matcher.files.errors import UnreadableFile
from matcher.files.reading import read_matrix

ODD = [
    "nan",
    "inf",
    "-inf",
    "1_0",
    "-",
    ".",
    "1.",
    ".5",
    "-.5",
    "+1",
    "1e5",
    "1.2.3",
    "--1",
    "1-2",
    "0.:5",
    "0./5",
    "x",
    "0x1",
    "12345.5",
    "0.1234567890123456789",
    "1e400",
]
PLAIN = ["0", "-0", "-0.0", "00.5", "9999", "9999.5", "0.000000000000000001", "0.999999999999999999", "123.456"]


def written(rng: random.Random) -> str:
    kind = rng.randrange(7)
    if kind == 0:
        return rng.choice(PLAIN)
    if kind == 1:
        return f"{rng.uniform(-20, 2000):.{rng.randrange(15)}f}"
    if kind == 2:
        return repr(rng.uniform(-1, 1) * 10 ** rng.randrange(-3, 4))
    if kind == 3:  # beside the middle of two floats
        return f"{(rng.randrange(2**52, 2**53) + 0.5) / 2**53:.18f}"
    return "" if kind == 4 else repr(rng.random())


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_each_number_is_that_of_float(delimiter: str) -> None:
    rng = random.Random(1)
    texts = [written(rng) for _ in range(20_000)]
    values, odd = decimals(delimiter.join(texts), delimiter)
    assert len(values) == len(texts)
    assert len(odd) < len(texts) / 8
    plain = np.ones(len(texts), dtype=bool)
    plain[odd] = False
    expected = np.array([float(text or "nan") for text in texts])
    assert values[plain].tobytes() == expected[plain].tobytes()


def test_what_is_not_plain_is_left_to_others() -> None:
    texts = [text for odd in ODD for text in (odd, "0.25", "")]
    values, odd = decimals(",".join(texts), ",")
    assert odd.tolist() == list(range(0, len(texts), 3))
    assert (values[1::3] == 0.25).all()
    assert np.isnan(values[2::3]).all()


def matrix(folder: Path, cells: list[list[str]], delimiter: str = ",") -> Path:
    path = folder / "matrix.csv"
    head = delimiter.join(["", *(f"m{j}" for j in range(len(cells[0])))])
    path.write_text("\n".join([head, *(delimiter.join([f"p{i}", *row]) for i, row in enumerate(cells))]) + "\n")
    return path


def test_a_large_matrix_with_some_odd_cells_is_read_whole(tmp_path: Path) -> None:
    rng = random.Random(2)
    cells = [[repr(rng.random()) for _ in range(300)] for _ in range(70)]
    cells[3][5], cells[33][299], cells[69][0], cells[40][1] = "1e-7", "+2.5", " 3 ", ""
    _, _, values = read_matrix(matrix(tmp_path, cells))
    assert np.array_equal(values, [[float(c or "nan") for c in row] for row in cells], equal_nan=True)
    commas = [[c.replace(".", ",") for c in row] for row in cells]
    assert np.array_equal(read_matrix(matrix(tmp_path, commas, ";"))[2], values, equal_nan=True)


@pytest.mark.parametrize(
    ("at", "cell", "said"),
    [
        ((33, 299), "1_0", "row 35, column m299: '1_0' is not a finite number"),
        ((3, 5), "inf", "row 5, column m5: 'inf' is not a finite number"),
        ((69, 0), "1e300", "row 71, column m0: '1e300' is too large a number"),
        ((4, 7), "0.5,0.5", "row 6 has 302 cells where the first row has 301"),
    ],
)
def test_the_first_wrong_cell_of_a_large_matrix_is_named(
    tmp_path: Path, at: tuple[int, int], cell: str, said: str
) -> None:
    cells = [["0.5"] * 300 for _ in range(70)]
    cells[at[0]][at[1]], cells[69][200] = cell, "wrong"
    with pytest.raises(UnreadableFile, match=said):
        read_matrix(matrix(tmp_path, cells))
