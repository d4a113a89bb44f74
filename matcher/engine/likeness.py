"""Words that are not the same and yet alike: inflections, derivations, compounds, slips of the pen, cognates.

Two forms of one stem count for most of the same word. Two stems are as alike as the three-letter pieces they share:
k = c·cos², where cos is the cosine of their sets of pieces (character n-grams as a string kernel: H. Lodhi et al.,
Journal of Machine Learning Research 2 (2002) 419-444). It depends on the two words alone, not on the pool. Texts are
compared through it by the soft cosine (G. Sidorov et al., Computación y Sistemas 18 (2014) 491-504):
x·Ky / √(x·Kx · y·Ky), K having ones on its diagonal.
"""

from collections.abc import Sequence
from functools import lru_cache
from itertools import pairwise

import numpy as np

from matcher.engine.rows import Floats, Places, SparseRows
from matcher.engine.words import Word

SAME_STEM = 0.85  # two forms of a stem, against 1 for the same: stems join too much (finance, financier)
MOST = 0.5  # what two different stems count at most, against 1 for the same
LEAST_SHARED = 0.5  # cosines below this are chance: "station" and "relation"
SHORTEST = 4  # shorter words and numbers are like themselves only
AT_ONCE = 2000  # words whose pieces are compared at a time, so that memory stays bounded


class Likeness:
    """Which of some words are alike, as the matrix K.

    Parameters: `words` (n), all different, ascending. Attribute: `near`, rows (n, n), ascending, K without its
    diagonal.
    """

    def __init__(self, words: Sequence[Word]) -> None:
        stems, forms = np.unique([word.stem for word in words], return_counts=True)
        self.near = _of_forms(_alike(stems.tolist()), forms)

    def spread(self, rows: SparseRows) -> SparseRows:
        """rows · K (·, n)."""
        width, counts = rows.width, np.diff(self.near.indptr)[rows.indices]
        starts = np.repeat(self.near.indptr[rows.indices] - np.cumsum(counts) + counts, counts)
        reached = starts + np.arange(counts.sum())
        row_of = rows.row_of
        cells = np.concatenate(
            [row_of * width + rows.indices, np.repeat(row_of, counts) * width + self.near.indices[reached]]
        )
        amounts = np.concatenate([rows.data, np.repeat(rows.data, counts) * self.near.data[reached]])
        places, position = np.unique(cells, return_inverse=True)
        at, indices = np.divmod(places, max(width, 1))
        indptr = np.searchsorted(at, np.arange(len(rows) + 1))
        return SparseRows(np.bincount(position, amounts, len(places)).astype(float), indices, indptr, width)

    def lengths(self, rows: SparseRows, spread: SparseRows) -> Floats:
        """√(x·Kx) of each row x (·); `spread` is rows · K."""
        cells, row_of = rows.row_of * rows.width + rows.indices, rows.row_of
        at = np.searchsorted(spread.row_of * spread.width + spread.indices, cells)
        return np.sqrt(np.bincount(row_of, rows.data * spread.data[at], len(rows)))

    def between(self, places: Places) -> Floats:
        """K (k, k) of the words in these places, which are ascending."""
        found = np.eye(len(places))
        for row, place in enumerate(places):
            others, values = self.near.row(place)
            at = np.searchsorted(places, others)
            known = at < len(places)
            known[known] = places[at[known]] == others[known]
            found[row, at[known]] = values[known]
        return found


def _of_forms(stems: SparseRows, forms: Places) -> SparseRows:
    """K (n, n) of words from that of their stems (k, k), both without a diagonal; `forms` (k) is how many each has."""
    same = np.arange(len(stems))
    one, two = np.concatenate([stems.row_of, same]), np.concatenate([stems.indices, same])
    values = np.concatenate([stems.data, np.full(len(stems), SAME_STEM)])
    first = np.cumsum(forms) - forms
    pairs = forms[one] * forms[two]
    of = np.repeat(np.arange(len(pairs)), pairs)
    nth = np.arange(len(of)) - np.repeat(np.cumsum(pairs) - pairs, pairs)  # of the pairs of the same two stems
    rows, columns = first[one[of]] + nth // forms[two[of]], first[two[of]] + nth % forms[two[of]]
    n = int(forms.sum())
    order = np.argsort(rows * n + columns)
    order = order[rows[order] != columns[order]]
    indptr = np.searchsorted(rows[order], np.arange(n + 1))
    return SparseRows(values[of[order]], columns[order], indptr, n)


def _alike(stems: Sequence[str]) -> SparseRows:
    """The pairs of different stems that share enough, as rows (n, n)."""
    n = len(stems)
    pieces = [_pieces(s) for s in stems]
    known: dict[str, int] = {}
    row_of = np.repeat(np.arange(n), [len(p) for p in pieces])
    piece_of = np.array([known.setdefault(piece, len(known)) for p in pieces for piece in p], dtype=np.intp)
    order = np.argsort(piece_of, kind="stable")
    members = row_of[order]  # the stems that have each piece, piece after piece
    ends = np.cumsum(np.bincount(piece_of, minlength=len(known)))
    sizes = np.bincount(row_of, minlength=n).astype(float)
    rows: list[tuple[Places, Floats]] = []
    for start in range(0, n, AT_ONCE):
        here = slice(*np.searchsorted(row_of, [start, start + AT_ONCE]))
        held = piece_of[here]
        counts = np.diff(ends, prepend=0)[held]
        firsts = np.repeat(ends[held] - np.cumsum(counts), counts)
        other = members[firsts + np.arange(counts.sum())]
        cells, shared = np.unique(np.repeat(row_of[here], counts) * n + other, return_counts=True)
        one, two = np.divmod(cells, max(n, 1))
        cosine = shared / np.sqrt(sizes[one] * sizes[two])
        kept = (one != two) & (cosine >= LEAST_SHARED)
        one, two, values = one[kept], two[kept], MOST * cosine[kept] ** 2
        cuts = np.searchsorted(one, np.arange(start, min(start + AT_ONCE, n) + 1))
        rows += [(two[a:b], values[a:b]) for a, b in pairwise(cuts)]
    return SparseRows.of(rows, n)


@lru_cache(maxsize=65_536)
def _pieces(stem: str) -> tuple[str, ...]:
    """The three-letter pieces of a stem, its beginning and end marked; none of a short word or a number."""
    if len(stem) < SHORTEST or not stem.isalpha():
        return ()
    marked = f"^{stem}$"
    return tuple(dict.fromkeys(marked[i : i + 3] for i in range(len(marked) - 2)))
