"""Profiles as vectors: one feature space, two sides, in which the affinity of a pair is an inner product.

A column is a need ("skills:skill.safety_planning", "settings:any of …", "text:negoti"). The seek row of a mentee holds
the weight of each need, the offer row of a mentor its coverage in [0, 1]; affinity = seeks · offers. So the nearest
neighbours are the largest inner products, exactly, and every summand has a name.

Words of the text are columns too, tf-idf on both sides (sublinear tf, smoothed idf, unit rows: G. Salton and
C. Buckley, Information Processing & Management 24 (1988) 513-523). Needs that few mentors cover weigh more, by the
same reasoning: their document frequency is the sum of the coverages.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils.validation import check_is_fitted

from matcher.domain.profiles import Profile, read_answers
from matcher.domain.vocabulary import Vocabulary, default_vocabulary
from matcher.engine.columns import Column
from matcher.engine.needs import Need, needs_of
from matcher.engine.offers import Floats, Offers
from matcher.engine.weights import BLOCKS, read_weights
from matcher.engine.wording import heard

RARITY = 0.6  # a need that nobody covers weighs 1.6 times as much as one that everybody covers
TEXT = "text:"

Side = Literal["seeks", "offers"]


class ProfileVectorizer(TransformerMixin, BaseEstimator):
    """Turns profiles into seek rows and offer rows of one feature space.

    Parameters
    ----------
    vocabulary : Vocabulary, default None
        The words of the profession; None is the installed vocabulary.
    weights : mapping of block to number, default None
        Weight of each block, rescaled to sum 1; None gives the default ones.

    Attributes
    ----------
    feature_names_ : list of str
        Names of the columns, sorted.
    feature_blocks_ : ndarray of int, shape (d,)
        Position in BLOCKS of the block of each column.
    rarity_ : ndarray, shape (d,)
        Factor of each column: how much a need weighs for being rare, or the idf of a word.
    n_mentors_ : int
        Mentors among the fitted profiles.
    weights_ : dict
        The block weights, summing to 1.

    Examples
    --------
    >>> from matcher.domain.profiles import Profile, Role
    >>> ada = Profile(id="ada", role=Role.MENTEE, seeks_skills=("skill.safety_planning",))
    >>> grace = Profile(id="grace", role=Role.MENTOR, skills={"skill.safety_planning": 4})
    >>> vectorizer = ProfileVectorizer().fit([ada, grace])
    >>> affinity = vectorizer.transform([ada], side="seeks") @ vectorizer.transform([grace], side="offers").T
    >>> float(affinity[0, 0])
    1.0
    """

    def __init__(self, vocabulary: Vocabulary | None = None, weights: Mapping[str, float] | None = None) -> None:
        self.vocabulary = vocabulary
        self.weights = weights

    def fit(self, profiles: Sequence[Profile | Mapping[str, object]], y: object = None) -> "ProfileVectorizer":
        """Learns the columns from the mentees' needs, and what is rare from the mentors.

        `profiles` are Profiles or plain mappings of the file columns. Raises BadWeights and InvalidProfile.
        """
        self.vocabulary_ = self.vocabulary if self.vocabulary is not None else default_vocabulary()
        self.weights_ = read_weights(self.weights)
        people = self._people(profiles)
        needs = [need for p in people if p.role.is_mentee for need in self._needs(p)]
        columns = {need.column.name: need.column for need in needs}
        self.columns_: list[Column] = [columns[name] for name in sorted(columns)]
        self.tokens_ = sorted({token for p in people for token in heard(p, self.vocabulary_).tokens})
        self.feature_names_ = [c.name for c in self.columns_] + [TEXT + token for token in self.tokens_]
        self.feature_blocks_ = np.array(
            [BLOCKS.index(c.block) for c in self.columns_] + [BLOCKS.index("text")] * len(self.tokens_), dtype=np.intp
        )
        self._places_ = {name: place for place, name in enumerate(self.feature_names_)}
        self._set_rarity([p for p in people if p.role.is_mentor])
        return self

    def _set_rarity(self, mentors: Sequence[Profile]) -> None:
        self.n_mentors_ = len(mentors)
        self._offers_of_fit_ = (mentors, raw := self.cover(mentors))
        self.frequency_ = np.asarray(raw.sum(axis=0)).ravel()
        self.rarity_ = self.rarity(self.frequency_)

    def rarity(self, frequency: Floats) -> Floats:
        """The factor (d,) of each column from the summed coverage (d,) of the mentors.

        Needs: from 1 (everybody covers it) to 1 + RARITY (nobody does). Words: the smoothed idf. Both are finite for
        pools of any size.
        """
        n = self.n_mentors_
        scarce = np.log((1 + n) / (1 + np.clip(frequency, 0.0, n)))
        factor = 1 + scarce
        at_needs = slice(0, len(self.columns_))
        counts = np.array([c.rare for c in self.columns_], dtype=float)
        factor[at_needs] = 1 + RARITY * counts * scarce[at_needs] / (np.log(1 + n) if n else 1.0)
        return factor

    def transform(self, profiles: Sequence[Profile | Mapping[str, object]], side: Side = "offers") -> Floats:
        """Rows (n, d) of one side, "seeks" or "offers"; what `fit` did not see is ignored."""
        check_is_fitted(self)
        if side not in ("seeks", "offers"):
            raise ValueError(f"side is 'seeks' or 'offers', not {side!r}")
        people = self._people(profiles)
        rows = self.seek_rows(people) if side == "seeks" else self.offer_rows(people)
        return np.asarray(rows.toarray())

    def get_feature_names_out(self, input_features: object = None) -> NDArray[np.object_]:
        """Names of the columns, "block:need"."""
        check_is_fitted(self)
        return np.array(self.feature_names_, dtype=object)

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.two_d_array = False
        tags.input_tags.dict = True
        return tags

    # -- the mentors' side ---------------------------------------------------------------------------------------

    def cover(self, profiles: Sequence[Profile]) -> sparse.csr_array:
        """Coverage (n, d) of every need, and 1 for every word that a text has."""
        if hasattr(self, "_offers_of_fit_") and profiles == self._offers_of_fit_[0]:
            return self._offers_of_fit_[1]
        offers = Offers(profiles, self.vocabulary_)
        needs = np.zeros((offers.n, len(self.columns_)))
        for place, column in enumerate(self.columns_):
            needs[:, place] = column.cover(offers)
        counts = self._token_counts([h.tokens for h in offers.heard])
        counts.data[:] = 1.0
        return sparse.csr_array(sparse.hstack([sparse.csr_array(needs), counts], format="csr"))

    def offer_rows(self, profiles: Sequence[Profile], rarity: Floats | None = None) -> sparse.csr_array:
        """Offer rows (n, d): coverage of the needs, unit tf-idf of the words."""
        cover = self.cover(profiles)
        words = self._text_rows(profiles, self.rarity_ if rarity is None else rarity)
        return sparse.csr_array(sparse.hstack([cover[:, : len(self.columns_)], words], format="csr"))

    # -- the mentees' side ---------------------------------------------------------------------------------------

    def _needs(self, profile: Profile) -> list[Need]:
        return needs_of(profile, heard(profile, self.vocabulary_), self.vocabulary_)

    def seek_rows(self, profiles: Sequence[Profile], rarity: Floats | None = None) -> sparse.csr_array:
        """Seek rows (n, d): a block's needs sum to its share of the weight; words are unit tf-idf times theirs."""
        rarity = self.rarity_ if rarity is None else rarity
        words = self._text_rows(profiles, rarity)
        rows, places, values = [], [], []
        shares_of_text = np.zeros(len(profiles))
        for row, profile in enumerate(profiles):
            needs = [n for n in self._needs(profile) if n.column.name in self._places_]
            has_text = words.indptr[row] < words.indptr[row + 1]
            shares = self._block_shares(needs, has_text)
            shares_of_text[row] = shares[BLOCKS.index("text")]
            at = np.array([self._places_[n.column.name] for n in needs], dtype=np.intp)
            weights = np.array([n.weight for n in needs]) * rarity[at]
            blocks = self.feature_blocks_[at]
            totals = np.bincount(blocks, weights, minlength=len(BLOCKS))
            rows.append(np.full(len(needs), row))
            places.append(at)
            values.append(weights * (shares / np.where(totals > 0, totals, 1.0))[blocks])
        shape = (len(profiles), len(self.columns_))
        at_rows, at_places, data = (np.concatenate([*parts, np.zeros(0)]) for parts in (rows, places, values))
        stated = sparse.csr_array((data, (at_rows.astype(int), at_places.astype(int))), shape=shape)
        scaled = sparse.csr_array(words.multiply(shares_of_text[:, None]))
        found = sparse.csr_array(sparse.hstack([stated, scaled], format="csr"))
        found.sort_indices()
        return found

    def _block_shares(self, needs: Sequence[Need], has_text: bool) -> Floats:
        """The weight (8,) of each block for one mentee, summing to 1: blocks without a need give theirs to the rest."""
        firm = np.zeros(len(BLOCKS))
        for need in needs:
            place = BLOCKS.index(need.column.block)
            firm[place] = max(firm[place], need.firm)
        firm[BLOCKS.index("text")] = float(has_text)
        shares = firm * np.array([self.weights_[block] for block in BLOCKS])
        total = shares.sum()
        return shares / total if total > 0 else shares

    # -- words ---------------------------------------------------------------------------------------------------

    def _token_counts(self, said: Sequence[Mapping[str, int]]) -> sparse.csr_array:
        """How often (n, words) each known word stem stands in each text."""
        known = {token: place for place, token in enumerate(self.tokens_)}
        indptr, indices, data = [0], list[int](), list[float]()
        for tokens in said:
            found = sorted((known[t], count) for t, count in tokens.items() if t in known)
            indices += [place for place, _ in found]
            data += [float(count) for _, count in found]
            indptr.append(len(indices))
        return sparse.csr_array((data, indices, indptr), shape=(len(said), len(self.tokens_)), dtype=float)

    def _text_rows(self, profiles: Sequence[Profile], rarity: Floats) -> sparse.csr_array:
        """Unit tf-idf rows (n, words)."""
        rows = self._token_counts([heard(p, self.vocabulary_).tokens for p in profiles])
        rows.data = (1 + np.log(rows.data)) * rarity[len(self.columns_) :][rows.indices]
        squares = np.bincount(np.repeat(np.arange(rows.shape[0]), np.diff(rows.indptr)), rows.data**2, rows.shape[0])
        lengths = np.sqrt(squares)
        rows.data /= np.repeat(np.where(lengths > 0, lengths, 1.0), np.diff(rows.indptr))
        return rows

    def _people(self, profiles: Sequence[Profile | Mapping[str, object]]) -> list[Profile]:
        return [p if isinstance(p, Profile) else read_answers(p, self.vocabulary_) for p in profiles]
