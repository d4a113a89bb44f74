"""The feature space as a scikit-learn transformer: profiles in, rows of one of the two sides out."""

from collections.abc import Mapping, Sequence
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils.validation import check_is_fitted

from matcher.domain.profiles import Profile, read_answers
from matcher.domain.vocabulary import Vocabulary, default_vocabulary
from matcher.engine.offers import Floats
from matcher.engine.space import FeatureSpace
from matcher.engine.weights import read_weights

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
    weights_ : dict
        The block weights, summing to 1.
    space_ : FeatureSpace
        Everything that was learned.

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
        self.space_ = FeatureSpace(self._people(profiles), self.vocabulary_, self.weights_)
        self.feature_names_ = self.space_.names
        self.feature_blocks_ = self.space_.blocks
        self.rarity_ = self.space_.rarity
        return self

    def transform(self, profiles: Sequence[Profile | Mapping[str, object]], side: Side = "offers") -> Floats:
        """Rows (n, d) of one side, "seeks" or "offers"; what `fit` did not see is ignored."""
        check_is_fitted(self)
        if side not in ("seeks", "offers"):
            raise ValueError(f"side is 'seeks' or 'offers', not {side!r}")
        people = self._people(profiles)
        rows = self.space_.seek_rows(people) if side == "seeks" else self.space_.offer_rows(people)
        return rows.dense()

    def get_feature_names_out(self, input_features: object = None) -> NDArray[np.object_]:
        """Names of the columns, "block:need"."""
        check_is_fitted(self)
        return np.array(self.feature_names_, dtype=object)

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.two_d_array = False
        tags.input_tags.dict = True
        return tags

    def _people(self, profiles: Sequence[Profile | Mapping[str, object]]) -> list[Profile]:
        return [p if isinstance(p, Profile) else read_answers(p, self.vocabulary_) for p in profiles]
