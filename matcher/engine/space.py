"""The feature space: profiles as vectors, two sides, in which the affinity of a pair is an inner product.

A column is a need ("skills:skill.safety_planning", "settings:any of …", "text:negoti/negotiator"). The seek row of a
mentee holds the weight of each need, the offer row of a mentor its coverage in [0, 1]; affinity = seeks · offers. So
the nearest neighbours are the largest inner products, exactly, and every summand has a name.

Words of the text are columns too, tf-idf on both sides (sublinear tf, smoothed idf: G. Salton and C. Buckley,
Information Processing & Management 24 (1988) 513-523), and a mentor covers a word in part with words that are alike
(see `likeness`), so that the text's share is the soft cosine of the two texts. Needs that few mentors cover weigh
more, by the same reasoning: their document frequency is the sum of the coverages.
"""

import math
from collections.abc import Mapping, Sequence
from copy import copy
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from matcher.domain.profiles import Profile
from matcher.domain.vocabulary import Vocabulary
from matcher.engine.columns import Column, RatingsColumn, cover_all
from matcher.engine.likeness import Likeness
from matcher.engine.needs import STATED, Need, needs_of, welcome_needs
from matcher.engine.offers import Floats, Offers
from matcher.engine.ratings import RatingScale
from matcher.engine.rows import OfferRows, SparseRows
from matcher.engine.weights import BLOCKS
from matcher.engine.wording import declined, heard
from matcher.engine.words import Word

RARITY = 0.6  # a need that nobody covers weighs 1.6 times as much as one that everybody covers
TEXT_ALONE = 3.0  # the words of the text weigh so many times as much where nothing else says what is wanted
TEXT = "text:"


class FeatureSpace:
    """The columns of a pool: the needs of its mentees and the words of its texts, with what is rare among its mentors.

    Parameters: `people`, mentees and mentors; their `vocabulary`; `weights` of the blocks, summing to 1.

    Attributes: `names` (d) of the columns, sorted within needs and words; `blocks` (d), positions in BLOCKS;
    `columns`, the needs; `tokens`, the words; `frequency` (d), summed coverage of the mentors; `rarity` (d), the factor
    that follows from it; `n_mentors`.
    """

    def __init__(self, people: Sequence[Profile], vocabulary: Vocabulary, weights: Mapping[str, float]) -> None:
        self.vocabulary = vocabulary
        self.weights = weights
        said = {p.id: declined(p, vocabulary) for p in people if p.role.is_mentor}
        self._declined = {mentor: whom for mentor, whom in said.items() if whom is not None}
        read = [(p, self._read_needs(p)) for p in people if p.role.is_mentee]
        self._needs = {mentee.id: (mentee, needs) for mentee, needs in read}
        columns = {need.column.name: need.column for _, needs in read for need in needs}
        self.columns: list[Column] = [columns[name] for name in sorted(columns)]
        self.tokens = sorted({token for p in people for token in heard(p, vocabulary).tokens})
        self.names = [c.name for c in self.columns] + [TEXT + "/".join(token) for token in self.tokens]
        self.blocks = np.array(
            [BLOCKS.index(c.block) for c in self.columns] + [BLOCKS.index("text")] * len(self.tokens), dtype=np.intp
        )
        self._rare = np.array([c.rare for c in self.columns] + [True] * len(self.tokens), dtype=bool)
        self._places = {name: place for place, name in enumerate(self.names)}
        self._token_places = {token: place for place, token in enumerate(self.tokens)}
        self._stem_of = np.unique([token.stem for token in self.tokens], return_inverse=True)[1].astype(np.intp)
        self.likeness = Likeness(self.tokens)
        self._count([p for p in people if p.role.is_mentor])

    def _count(self, mentors: Sequence[Profile]) -> None:
        self.n_mentors = len(mentors)
        self.scale = RatingScale.of(mentors)
        self._mentors, self._mentors_cover = list(mentors), self._cover(mentors, self.columns)
        counts = self._token_counts(mentors)
        n_stems = int(self._stem_of.max(initial=-1)) + 1
        said = np.sort(counts.row_of * n_stems + self._stem_of[counts.indices])
        said = said[np.diff(said, prepend=-1) > 0]  # a mentor counts once for a stem; numpy.unique loads numpy.ma
        present = np.bincount(said % max(n_stems, 1), minlength=n_stems).astype(float)[self._stem_of]
        self.frequency = np.concatenate([self._mentors_cover.sum(axis=0), present])
        at = np.arange(len(self.names))
        self.rarity = self.rarity_of(self.frequency, at)

    def joined_by(self, mentor: Profile, at: int) -> "FeatureSpace":
        """The space of the same people and one more mentor, who comes in place `at` and has no words of their own."""
        wider = copy(self)
        cover = self._cover([mentor], self.columns)
        wider.n_mentors = self.n_mentors + 1
        wider._mentors = [*self._mentors[:at], mentor, *self._mentors[at:]]
        wider._mentors_cover = np.asfortranarray(np.insert(self._mentors_cover, at, cover[0], axis=0))
        wider.frequency = self.frequency + np.concatenate([cover[0], np.zeros(len(self.tokens))])
        wider.rarity = wider.rarity_of(wider.frequency, np.arange(len(self.names)))
        return wider

    def weighted(self, weights: Mapping[str, float]) -> "FeatureSpace":
        """The space of the same people under other weights, which sum to 1."""
        other = copy(self)
        other.weights = weights
        return other

    def rarity_of(self, frequency: Floats, at: NDArray[np.intp]) -> Floats:
        """The factor of the columns `at` from the coverage of each, summed over the mentors (same last axis).

        Needs: from 1 (everybody covers it) to 1 + RARITY (nobody does). Words: the smoothed idf. Both are finite for
        pools of any size.
        """
        n = self.n_mentors
        scarce = np.log((1 + n) / (1 + np.clip(frequency, 0.0, n)))
        needs = at < len(self.columns)
        share = np.where(self._rare[at], RARITY / (np.log(1 + n) if n else 1.0), 0.0)
        return 1 + np.where(needs, share, 1.0) * scarce

    # -- the mentors' side ---------------------------------------------------------------------------------------

    def cover(self, profiles: Sequence[Profile], at: NDArray[np.intp] | None = None) -> Floats:
        """Coverage (n, needs) of every need, or of the needs in the places `at`; words are not among them."""
        if at is None and list(profiles) == self._mentors:
            return self._mentors_cover
        return self._cover(profiles, self.columns if at is None else [self.columns[place] for place in at])

    def cover_instead(self, variants: Sequence[Profile], at: NDArray[np.intp], before: Profile) -> Floats:
        """Coverage (n, k) of the needs in the places `at`, where each variant in its turn is what `before` was."""
        found = self.cover(variants, at)
        for column, need in enumerate(self.columns[place] for place in at):
            if isinstance(need, RatingsColumn):
                found[:, column] = [need.likeness(v, self.scale.instead(before, v)) for v in variants]
        return found

    def _cover(self, profiles: Sequence[Profile], columns: Sequence[Column]) -> Floats:
        return cover_all(columns, Offers(profiles, self.vocabulary, self.scale))

    def offer_rows(self, profiles: Sequence[Profile]) -> OfferRows:
        """Offer rows (n, d): coverage of the needs, unit tf-idf of the words."""
        words = self._word_weights(profiles)
        spread = self.likeness.spread(words)
        lengths = self.likeness.lengths(words, spread)
        spread = spread.with_data(spread.data / lengths[spread.row_of])
        return OfferRows(self.cover(profiles), spread)

    # -- the mentees' side ---------------------------------------------------------------------------------------

    def needs(self, profile: Profile) -> list[Need]:
        """The needs of a mentee that the space has, without the words of the text."""
        known, needs = self._needs.get(profile.id, (None, []))
        found = needs if known is profile else self._read_needs(profile)
        return [need for need in found if need.column.name in self._places]

    def _read_needs(self, profile: Profile) -> list[Need]:
        needs = needs_of(profile, heard(profile, self.vocabulary), self.vocabulary)
        return [*needs, *welcome_needs(profile, self._declined.values(), self.vocabulary)]

    def needs_beside(self, profile: Profile, mentor: Profile) -> list[Need]:
        """The needs of a mentee if this mentor declined nobody in the text."""
        silent = declined(replace(mentor, text=""), self.vocabulary)
        others = [whom for id, whom in self._declined.items() if id != mentor.id] + ([silent] if silent else [])
        left = {need.column.name for need in welcome_needs(profile, others, self.vocabulary)}
        return [n for n in self.needs(profile) if n.column.kind != "welcome" or n.column.name in left]

    def places(self, needs: Sequence[Need]) -> NDArray[np.intp]:
        """The columns of some needs."""
        return np.array([self._places[need.column.name] for need in needs], dtype=np.intp)

    def seek_rows(self, profiles: Sequence[Profile]) -> SparseRows:
        """Seek rows (n, d): a block's needs sum to its share of the weight; words are unit tf-idf times theirs."""
        return self.seeking(profiles).rows(self.weights)

    def seeking(self, profiles: Sequence[Profile]) -> "Seeking":
        """What the seek rows of some mentees are made of, whatever the blocks weigh."""
        words = self._word_weights(profiles)
        lengths = self.likeness.lengths(words, self.likeness.spread(words))
        words = words.with_data(words.data / lengths[words.row_of])
        firm, totals = np.zeros((2, len(profiles), len(BLOCKS)))
        totals[:, BLOCKS.index("text")] = 1.0  # the words are of unit length already
        stated = []
        for row, profile in enumerate(profiles):
            needs = self.needs(profile)
            at = self.places(needs)
            firm[row] = firmness(needs, words.indptr[row] < words.indptr[row + 1])
            weights = np.zeros(0)
            if needs:
                weights, by_block = self._need_weights(needs, self.rarity[at])
                totals[row] += by_block
            stated.append((at, weights))
        found = SparseRows.of(stated, len(self.columns)).beside(words)
        return Seeking(found, firm, totals, found.row_of * len(BLOCKS) + self.blocks[found.indices])

    def seek_weights(self, needs: Sequence[Need], rarity: Floats, has_text: bool) -> tuple[Floats, float]:
        """The weight of each need (the last axis of `rarity`) and that of the text, together 1."""
        shares = shares_of(firmness(needs, has_text), self.weights)
        text = float(shares[BLOCKS.index("text")])
        if not needs:
            return np.zeros(rarity.shape), text
        weights, totals = self._need_weights(needs, rarity)
        blocks = [BLOCKS.index(need.column.block) for need in needs]
        return weights * (shares / np.where(totals > 0, totals, 1.0))[..., blocks], text

    def _need_weights(self, needs: Sequence[Need], rarity: Floats) -> tuple[Floats, Floats]:
        """The weights of needs (the last axis of `rarity`) before the blocks', and their sum by block (·, 8)."""
        weights = np.array([need.weight for need in needs]) * rarity
        blocks = np.array([BLOCKS.index(need.column.block) for need in needs])
        return weights, weights @ (blocks[:, None] == np.arange(len(BLOCKS))).astype(float)

    # -- words ---------------------------------------------------------------------------------------------------

    def _token_counts(self, profiles: Sequence[Profile]) -> SparseRows:
        """How often (n, words) each known word stands in the free words of each profile."""
        known = self._token_places
        rows = []
        for profile in profiles:
            tokens = heard(profile, self.vocabulary).tokens
            found = sorted((known[token], count) for token, count in tokens.items() if token in known)
            rows.append((np.array([p for p, _ in found], np.intp), np.array([count for _, count in found], float)))
        return SparseRows.of(rows, len(self.tokens))

    def _word_weights(self, profiles: Sequence[Profile]) -> SparseRows:
        """The tf-idf of the words (n, words), not yet divided by the length."""
        counts = self._token_counts(profiles)
        return counts.with_data((1 + np.log(counts.data)) * self.rarity[len(self.columns) :][counts.indices])

    def text_likeness(self, mentee: Profile, mentor: Profile, before: Profile) -> float:
        """Soft cosine of two texts, where `mentor` has taken the place of `before`, one of the fitted mentors."""
        said, other, was = (heard(p, self.vocabulary).tokens for p in (mentee, mentor, before))
        places = np.array(
            sorted(self._token_places[t] for t in said.keys() | other.keys() if t in self._token_places), dtype=np.intp
        )
        tokens = [self.tokens[place] for place in places]
        at = places + len(self.columns)
        now, then = ({t.stem for t in words if t in self._token_places} for words in (other, was))
        frequency = self.frequency[at] + [float(t.stem in now) - float(t.stem in then) for t in tokens]
        idf = self.rarity_of(frequency, at)
        alike = self.likeness.between(places)
        one, two = (
            np.array([1 + np.log(said_by[t]) if t in said_by else 0.0 for t in tokens]) * idf
            for said_by in (said, other)
        )
        lengths = float(np.sqrt((one @ alike @ one) * (two @ alike @ two)))
        return float(one @ alike @ two) / lengths if lengths else 0.0

    def nearest_word(self, place: int, profile: Profile) -> Word:
        """Of the words in the free words of a profile the one that gives most to the column of `tokens[place]`."""
        said, rarity = heard(profile, self.vocabulary).tokens, self.rarity[len(self.columns) :]
        others, alike = self.likeness.near.row(place)
        shares = sorted([(place, 1.0), *zip(others.tolist(), alike.tolist(), strict=True)])
        given = [
            (share * ((1 + math.log(said[word])) * rarity[at]), word)
            for at, share in shares
            if (word := self.tokens[at]) in said
        ]
        return max(given, key=lambda amount: amount[0])[1]


@dataclass(frozen=True, slots=True)
class Seeking:
    """Seek rows before the blocks have their weights, which only stretch each mentee's blocks.

    needs : rows (n, d), weights of needs and unit tf-idf of words. firm, totals : (n, 8), how firmly each block is
    asked for, and the sum of its needs. cell : (nnz) where in those two, flattened, each entry of `needs` belongs.
    """

    needs: SparseRows
    firm: Floats
    totals: Floats
    cell: NDArray[np.intp]

    def rows(self, weights: Mapping[str, float]) -> SparseRows:
        """The seek rows (n, d) under some weights of the blocks."""
        scale = shares_of(self.firm, weights) / np.where(self.totals > 0, self.totals, 1.0)
        return self.needs.with_data(self.needs.data * scale.ravel()[self.cell])


def firmness(needs: Sequence[Need], has_text: bool) -> Floats:
    """How firmly (8,) a mentee asks for something in each block: a block whose needs are all only suggested, not
    stated, counts less, the text more where nothing else is stated."""
    firm = np.zeros(len(BLOCKS))
    for need in needs:
        block = BLOCKS.index(need.column.block)
        firm[block] = max(firm[block], need.firm)
    stated = any(n.firm >= STATED for n in needs if n.column.block not in ("stage", "availability"))
    firm[BLOCKS.index("text")] = has_text * (1.0 if stated else TEXT_ALONE)
    return firm


def shares_of(firm: Floats, weights: Mapping[str, float]) -> Floats:
    """The part (…, 8) of the whole that each block has, summing to 1 or 0; blocks without a need give their weight to
    the others."""
    shares = firm * np.array([weights[block] for block in BLOCKS])
    whole = shares.sum(axis=-1, keepdims=True)
    return np.asarray(shares / np.where(whole > 0, whole, 1.0))
