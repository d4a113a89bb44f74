"""What the outcomes of pairs say about the block weights: an estimate shrunk towards the current ones, or a refusal.

Model of a pair with contributions c_b (the columns of `matcher rank`; their sum is the affinity): logit P(good) =
a + sum_b m_b c_b with m_b >= 0. With the current weights w_b that is a + t · sum_b v_b (c_b / w_b), where
t = sum_b w_b m_b is the slope and v_b = w_b m_b / t are the learned weights, on the simplex. Equal m_b leave them as
they are.

What is estimated: c_b / w_b is the block's score in [0, 1] times a factor of the mentee, because blocks without a need
give their share to the others (`space.seek_weights`). So m_b compares what a point of affinity was worth from block to
block; that the factor moves a little with the weights is left out of account. A block of weight 0 contributes nothing
that could be compared, and stays at 0.

Prior: a Dirichlet around the current weights in its Gaussian approximation, the penalty strength/2 · t² · sum_b
(v_b - w_b)² / w_b. That is strength/2 times the variance of the m_b under w, so the problem is convex. Its strength is
chosen by cross-validation over people; infinitely strong, which is no learning, is one of the choices.

Only pairs that were made have outcomes, and they were made for their affinity. So blocks vary less among them than in
the pool, there is less to learn than the number of pairs suggests, and pairs nobody would make stay unseen.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import minimize
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from scipy.special import expit
from sklearn.base import BaseEstimator
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import GroupKFold
from threadpoolctl import threadpool_limits

from matcher.engine.affinity import Pool
from matcher.engine.weights import BLOCKS, read_weights

N_ = str  # marks an English sentence as one to translate; the sentence itself is the key of the catalogue

Floats = NDArray[np.float64]
Places = NDArray[np.intp]

STRENGTHS = (np.inf, *(float(strength) for strength in np.logspace(1, -3, 7)))
LEAST_PAIRS = 100
LEAST_OF_EITHER = 20  # good ones, and others; in simulations learning from fewer did more harm than good
FOLDS = 5
SURE = 1.645  # the improvement must be so many standard errors: one-sided 5 %
LEVEL = 0.9  # of the intervals
DRAWS = 4000
SLOPE, INTERCEPT = 50.0, 10.0  # prior standard deviations; wide, so that outcomes without overlap have an estimate too
TENTH = 0.1  # contributions are counted in tenths, which makes intercept and slopes alike for the optimiser
STILL = 1e-9  # a standard deviation below this is rounding


@dataclass(frozen=True, slots=True)
class Improvement:
    """How much better the learned weights predict the outcomes of people who were not in the fit.

    `log_loss` is the fall of the log loss in nats a pair, `standard_error` its own, clustered by people, and
    `over_chance` the same fall and error against one probability for everybody. The areas under the curve are the
    chance that of a good pair and another the good one has the higher score.
    """

    log_loss: float
    standard_error: float
    over_chance: tuple[float, float]
    auc_current: float
    auc_learned: float

    @property
    def is_sure(self) -> bool:
        """Whether both falls exceed what chance would give."""
        falls = ((self.log_loss, self.standard_error), self.over_chance)
        return all(fall > SURE * error for fall, error in falls)


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why nothing is proposed: a part of a sentence in English (a msgid), and what fills its placeholders."""

    sentence: str
    facts: Mapping[str, object]

    def __str__(self) -> str:
        return self.sentence % self.facts


class OutcomeWeights(BaseEstimator):
    """Block weights from pairs with outcomes, shrunk towards the current weights.

    Parameters
    ----------
    current : mapping of block to weight; None for the default ones
    random_state : int, for folds and intervals

    Attributes
    ----------
    weights_ : ndarray (8,) on the simplex, in the order of BLOCKS; the current weights where the evidence is refused.
    refusal_ : str, the sentence that says why, or ""; `refused_` is the same as a Refusal, to be translated, or None.
    learned_ : ndarray (8,), the estimate, refused or not; the current weights where there was too little to fit.
    intervals_ : ndarray (8, 2), 5 % and 95 % quantiles of each weight by the outcomes alone; nan where too few.
    improvement_ : Improvement, or None where there was too little to fit.
    strength_ : float, of the prior; inf is no learning.
    still_ : tuple of str, blocks that do not vary among the pairs, about which nothing can be learned.

    The intervals say what the outcomes say by themselves, under the weakest prior: shrinking moves an estimate, and an
    interval around it would promise too much. So learned_ lies between the current weights and them. They are the
    Laplace approximation's with clustered evidence: the variance of the estimate, where one person's pairs may resemble
    each other (both sides: A. C. Cameron, J. B. Gelbach and D. L. Miller, Journal of Business & Economic Statistics 29
    (2011) 238-249), plus what the prior is expected to cost; for independent yes/no outcomes the inverse Hessian.
    """

    def __init__(self, current: Mapping[str, float] | None = None, random_state: int = 0) -> None:
        self.current = current
        self.random_state = random_state

    def fit(
        self,
        X: ArrayLike,
        y: ArrayLike,
        *,
        mentees: Sequence[str] | None = None,
        mentors: Sequence[str] | None = None,
    ) -> Self:
        """Learns from contributions X (n, 8) under the current weights and outcomes y (n,) in [0, 1].

        `mentees` and `mentors` (n,) say whose pairs they are; without them every pair has people of its own.
        Raises ValueError for other shapes, numbers that are not finite, and outcomes outside [0, 1].
        """
        c, good = _checked(X, y)
        people = (_numbered(mentees, len(good)), _numbered(mentors, len(good)))
        w = np.array(list(read_weights(self.current).values()))
        still = (w > 0) & (c.std(axis=0) < STILL) if len(c) else w > 0
        self.still_ = tuple(block for block, stays in zip(BLOCKS, still, strict=True) if stays)
        self.weights_ = self.learned_ = w
        self.intervals_ = np.full((len(w), 2), np.nan)
        self.improvement_: Improvement | None = None
        self.strength_ = np.inf
        self.refused_ = _too_thin(good, people, moving=int(np.count_nonzero((w > 0) & ~still)))
        if self.refused_ is None:
            with threadpool_limits(1):  # ten unknowns: threads would only wait for each other
                self._learn(c / TENTH, good, w, people)
        self.refusal_ = str(self.refused_ or "")
        return self

    def _learn(self, c: Floats, y: Floats, w: Floats, people: tuple[Places, Places]) -> None:
        rng = np.random.default_rng(self.random_state)
        logits, chance, chosen, best = _out_of_fold(c, y, w, people, rng)
        self.strength_ = STRENGTHS[best]
        learned = logits[np.arange(len(y)), chosen]
        self.improvement_ = Improvement(
            *_fall(y, logits[:, 0], learned, people),
            over_chance=_fall(y, chance, learned, people),
            auc_current=_auc(y, logits[:, 0]),
            auc_learned=_auc(y, learned),
        )
        if best:
            self.learned_ = _weights(w, _fit(c, y, _penalty(w, self.strength_))[1:])[0]
        self.intervals_ = _intervals(c, y, w, people, rng)
        self.refused_ = _not_better(self.improvement_, best)
        if self.refused_ is None:
            self.weights_ = self.learned_


def contributions_of(pool: Pool, pairs: Sequence[tuple[str, str]]) -> Floats:
    """The affinity by block (n, 8) of some pairs (mentee id, mentor id). Raises KeyError for ids not in the pool."""
    rows = np.array([pool.mentee_row[mentee] for mentee, _ in pairs], dtype=np.intp)
    columns = np.array([pool.mentor_row[mentor] for _, mentor in pairs], dtype=np.intp)
    parts = pool.seeks.to_scipy()[rows].multiply(pool.offers.to_scipy()[columns]).tocsr()
    of_block = (pool.space.blocks[:, None] == np.arange(len(BLOCKS))).astype(float)
    found: Floats = parts @ of_block
    return found


def _checked(X: ArrayLike, y: ArrayLike) -> tuple[Floats, Floats]:
    c, good = np.asarray(X, dtype=float), np.asarray(y, dtype=float)
    if c.ndim != 2 or c.shape[1] != len(BLOCKS):
        raise ValueError(f"X must have a column for each of the {len(BLOCKS)} blocks, but its shape is {c.shape}")
    if good.shape != (len(c),):
        raise ValueError(f"y must have one outcome for each of the {len(c)} pairs, but its shape is {good.shape}")
    if not (np.isfinite(c).all() and (c >= 0).all()):
        raise ValueError("contributions must be finite numbers from 0")
    if not ((good >= 0) & (good <= 1)).all():
        raise ValueError("outcomes must be between 0 and 1")
    return c, good


def _numbered(people: Sequence[str] | None, n: int) -> Places:
    """The place of each pair's person among all."""
    if people is None:
        return np.arange(n)
    if len(people) != n:
        raise ValueError(f"there are {n} pairs but {len(people)} people")
    return np.unique(np.asarray(people, dtype=str), return_inverse=True)[1].astype(np.intp)


# -- refusals --------------------------------------------------------------------------------------------------------


def _too_thin(y: Floats, people: tuple[Places, Places], *, moving: int) -> Refusal | None:
    n = len(y)
    if not n:
        return Refusal(N_("there is no pair with an outcome yet"), {})
    if n < LEAST_PAIRS:
        few = N_("%(n)s pairs with an outcome are too few to learn from; at least %(least)s are needed")
        return Refusal(few, {"n": n, "least": LEAST_PAIRS})
    good = N_("only %(count)s of %(n)s outcomes are good; at least %(least)s good and %(least)s other ones are needed")
    other = N_(
        "only %(count)s of %(n)s outcomes are not good; at least %(least)s good and %(least)s other ones are needed"
    )
    for count, sentence in ((y.sum(), good), ((1 - y).sum(), other)):
        if count < LEAST_OF_EITHER:
            return Refusal(sentence, {"count": f"{count:.3g}", "n": n, "least": LEAST_OF_EITHER})
    mentees = N_("the pairs have too few different mentees to learn about others: %(n)s, at least %(least)s")
    mentors = N_("the pairs have too few different mentors to learn about others: %(n)s, at least %(least)s")
    for who, sentence in zip(people, (mentees, mentors), strict=True):
        if who.max() + 1 < FOLDS:
            return Refusal(sentence, {"n": int(who.max()) + 1, "least": FOLDS})
    if moving < 2:
        return Refusal(N_("the pairs hardly differ in their blocks, so nothing can be said about the weights"), {})
    return None


def _not_better(found: Improvement, best: int) -> Refusal | None:
    if found.is_sure and best:
        return None
    fall, error = found.over_chance
    if fall <= SURE * error:
        chance = N_("the outcomes do not follow the affinity more than chance would have it, whatever the weights")
        return Refusal(chance, {})
    if not best or found.log_loss <= 0:
        return Refusal(N_("no other weights predict the outcomes better than the current ones"), {})
    little = N_(
        "other weights predict the outcomes a little better (log loss lower by %(fall)s a pair), "
        "but that may be chance (standard error %(error)s)"
    )
    return Refusal(little, {"fall": f"{found.log_loss:.4f}", "error": f"{found.standard_error:.4f}"})


# -- the estimate ----------------------------------------------------------------------------------------------------


def _penalty(w: Floats, strength: float) -> Floats:
    """The quadratic form (9, 9) of the prior on intercept and m; (2, 2) where only the slope is free."""
    wide = np.array([1 / INTERCEPT**2, 1 / SLOPE**2])
    if np.isinf(strength):
        return np.diag(wide * [1, TENTH**-2])
    form = np.zeros((len(w) + 1, len(w) + 1))
    form[0, 0] = wide[0]
    form[1:, 1:] = strength * (np.diag(w) - np.outer(w, w)) + wide[1] * np.outer(w, w)
    form[1:, 1:] /= TENTH**2
    return form


def _fit(c: Floats, y: Floats, penalty: Floats) -> Floats:
    """Intercept and non-negative slopes (1 + k) of the penalised logistic regression on columns c (n, k).

    Sums run in the order of the pairs (einsum, no BLAS), so that the number of cores does not change a bit.
    """
    centre = c.mean(axis=0)
    z = np.column_stack([np.ones(len(c)), c - centre])

    def loss(theta: Floats) -> tuple[float, Floats]:
        eta = np.einsum("ij,j->i", z, theta)
        pull = np.einsum("ij,j->i", penalty, theta)
        value = np.sum(np.logaddexp(0, eta) - y * eta) + 0.5 * np.sum(theta * pull)
        return float(value), np.einsum("ij,i->j", z, expit(eta) - y) + pull

    bounds = [(None, None)] + [(0, None)] * c.shape[1]
    start = np.array([_logit(y), *[0.5] * c.shape[1]])
    found = minimize(loss, start, jac=True, method="L-BFGS-B", bounds=bounds, options={"ftol": 1e-11, "gtol": 1e-7})
    theta: Floats = found.x
    theta[0] -= np.sum(theta[1:] * centre)
    return theta


def _logit(y: Floats) -> float:
    """Of the mean outcome, finite also where all are alike."""
    rate = np.clip(y.mean(), 0.01, 0.99)
    return float(np.log(rate / (1 - rate)))


def _weights(w: Floats, m: Floats) -> Floats:
    """Weights (…, 8) on the simplex from slopes m (…, 8); the current ones where all slopes are 0."""
    raw = w * np.atleast_2d(m)
    total = raw.sum(axis=-1, keepdims=True)
    found: Floats = np.where(total > 0, raw / np.where(total > 0, total, 1.0), w)
    return found


def _intervals(c: Floats, y: Floats, w: Floats, people: tuple[Places, Places], rng: Any) -> Floats:
    """Quantiles (8, 2) of the weights, drawn from the Laplace approximation with clustered evidence."""
    prior = _penalty(w, STRENGTHS[-1])
    theta = _fit(c, y, prior)
    z = np.column_stack([np.ones(len(c)), c])
    p = expit(np.einsum("ij,j->i", z, theta))
    seen = w > 0
    free = np.concatenate([[True], seen])
    bread = np.linalg.inv((np.einsum("ij,ik->jk", z * (p * (1 - p))[:, None], z) + prior)[np.ix_(free, free)])
    meat = _clustered((z * (y - p)[:, None])[:, free], people) * len(y) / (len(y) - free.sum())
    values, vectors = np.linalg.eigh(meat)  # clusters on both sides can make a small one negative
    meat = (vectors * np.maximum(values, 0)) @ vectors.T + prior[np.ix_(free, free)]
    m = np.zeros((DRAWS, len(w)))
    drawn = rng.multivariate_normal(theta[free], bread @ meat @ bread, size=DRAWS, method="eigh")
    m[:, seen] = np.maximum(drawn[:, 1:], 0)
    tail = (1 - LEVEL) / 2
    found: Floats = np.quantile(_weights(w, m), [tail, 1 - tail], axis=0).T
    return found


# -- how well it predicts people it has not seen ---------------------------------------------------------------------


def _splits(people: tuple[Places, Places], rng: Any) -> Iterator[tuple[Places, Places]]:
    """(training pairs, test pairs) that have nobody in common; each pair is tested once.

    Where pairs fall apart into small networks of people, whole networks are left out. Otherwise mentees and mentors are
    dealt into folds, and a cell of both is predicted from the pairs that have neither its mentees nor its mentors.
    """
    mentees, mentors = people
    shape = (int(mentees.max()) + 1, int(mentors.max()) + 1)
    size = sum(shape)
    graph = coo_array((np.ones(len(mentees)), (mentees, mentors + shape[0])), shape=(size, size))
    network = connected_components(graph, directed=False)[1][mentees]
    if np.bincount(network).max() <= len(mentees) / FOLDS:
        folds = GroupKFold(FOLDS, shuffle=True, random_state=int(rng.integers(2**31)))
        yield from folds.split(network, groups=network)
        return
    row, column = (rng.permutation(n)[who] % FOLDS for n, who in zip(shape, people, strict=True))
    for cell in range(FOLDS**2):
        in_row, in_column = row == cell // FOLDS, column == cell % FOLDS
        if (in_row & in_column).any() and not (in_row | in_column).all():
            yield np.flatnonzero(~(in_row | in_column)), np.flatnonzero(in_row & in_column)


def _out_of_fold(
    c: Floats, y: Floats, w: Floats, people: tuple[Places, Places], rng: Any
) -> tuple[Floats, Floats, Places, int]:
    """Predictions for people who were left out.

    Logits (n, strengths); those of one rate for everybody (n); for each pair the strength that was best for all other
    folds, so that no pair chooses its own (n); the best strength of all.
    """
    logits, chance, fold = np.zeros((len(y), len(STRENGTHS))), np.zeros(len(y)), np.zeros(len(y), dtype=np.intp)
    for number, (train, test) in enumerate(_splits(people, rng)):
        fold[test] = number
        chance[test] = _logit(y[train])
        for place, strength in enumerate(STRENGTHS):
            columns = c.sum(axis=1, keepdims=True) if np.isinf(strength) else c
            theta = _fit(columns[train], y[train], _penalty(w, strength))
            logits[test, place] = theta[0] + np.einsum("ij,j->i", columns[test], theta[1:])
    losses = _losses(y[:, None], logits)
    by_fold = np.array([losses[fold == number].sum(axis=0) for number in range(fold.max() + 1)])
    chosen = (by_fold.sum(axis=0) - by_fold).argmin(axis=1)
    return logits, chance, chosen[fold], int(by_fold.sum(axis=0).argmin())


def _losses(y: Floats, logits: Floats) -> Floats:
    found: Floats = np.logaddexp(0, logits) - y * logits
    return found


def _fall(y: Floats, before: Floats, after: Floats, people: tuple[Places, Places]) -> tuple[float, float]:
    """The mean fall of the log loss and its standard error, clustered by people."""
    falls = _losses(y, before) - _losses(y, after)
    off = (falls - falls.mean())[:, None]
    once = np.sum(off**2)
    sides = [np.sum(np.bincount(who, off[:, 0]) ** 2) for who in people]
    variance = max(*sides, sum(sides) - once)  # the two-way estimate can fall below one side's, or below 0
    return float(falls.mean()), float(np.sqrt(variance * len(y) / (len(y) - 1)) / len(y))


def _clustered(scores: Floats, people: tuple[Places, Places]) -> Floats:
    """Covariance (k, k) of the sum of scores (n, k) of pairs that share people."""
    found = -np.einsum("ij,ik->jk", scores, scores)
    for who in people:
        sums = np.column_stack([np.bincount(who, column) for column in scores.T])
        found += np.einsum("ij,ik->jk", sums, sums)
    return found


def _auc(y: Floats, score: Floats) -> float:
    """The area under the curve; an outcome between 0 and 1 counts as good by that share."""
    labels = np.repeat([1, 0], len(y))
    return float(roc_auc_score(labels, np.tile(score, 2), sample_weight=np.concatenate([y, 1 - y])))
