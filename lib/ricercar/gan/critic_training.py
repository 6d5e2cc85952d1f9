"""How a critic learns: cells of real music against cells that a composer composed.

Goal: the tables of :class:`.critique.Critic` from music.

Conventions
-----------
* A logistic regression on one-hot features, both sides of equal weight; the strength of its
  penalty is chosen on pieces that it does not learn from.
* Whole pieces are compared, composed ones under the conditions of the real ones, so that the
  critic hears form and endings, too.
"""

from collections.abc import Callable, Sequence
from math import prod

import numpy as np
from scipy import optimize, sparse, special

from ricercar.errors import ParameterError
from ricercar.gan.conditions import Vocabulary
from ricercar.gan.critic_features import features, tables
from ricercar.gan.material import Material
from ricercar.gan.passages import Passage

#: strengths of the L2 penalty that are tried, from strong to weak
STRENGTHS = (3e-4, 1e-4, 3e-5, 1e-5)
#: tables whose penalty is a part of it only: their entries are rare (a piece ends but once),
#: and a penalty on the mean over all cells would hold them at zero
LENIENT = {"closing": 1 / 64}
#: most iterations of the fit
_ITERATIONS = 150
#: pieces that are learnt from, at most, and as many to choose by
MOST = 600
#: pieces that are composed at once
_AT_ONCE = 128


def examples(
    tokens: np.ndarray,
    sounding: np.ndarray,
    places: np.ndarray,
    used: np.ndarray,
    bar: np.ndarray,
    vocabulary: Vocabulary,
) -> np.ndarray:
    """The features of all cells but the first of each piece, silence and unused cells.

    Parameters
    ----------
    tokens, sounding : numpy.ndarray of int, shape (n, beats, slots, voices)
    places : numpy.ndarray, shape (n, beats, features)
        See :meth:`.conditions.Conditions.places`.
    used, bar : numpy.ndarray of int, shape (n,)
        Cells of a beat in the meter of each piece, and of a bar on the grid.
    vocabulary : Vocabulary

    Returns
    -------
    numpy.ndarray of int32, shape (cells, entries)
    """
    n, beats, slots, voices = tokens.shape
    passage, form = Passage.begin(bar, slots, voices), vocabulary.forms(places)
    found = []
    for beat, slot in np.ndindex(beats, slots):
        token, sound = (at[:, beat, slot].astype(np.int64) for at in (tokens, sounding))
        counts = slot < used
        rows = np.flatnonzero(counts & ((sound > 0) | (passage.sound > 0)).any(axis=1))
        if passage.cell and len(rows):
            before = passage.before(form[:, beat]).take(rows)
            place = np.full(len(rows), slot)
            told = features(before, token[rows], sound[rows], place, vocabulary)
            found.append(told.astype(np.int32))
        passage.go_on(token, sound, counts)
    return np.concatenate(found) if found else np.zeros((0, 0), np.int32)


def learn(
    real: np.ndarray,
    made: np.ndarray,
    vocabulary: Vocabulary,
    checked: tuple[np.ndarray, np.ndarray] | None = None,
    strengths: Sequence[float] = STRENGTHS,
) -> dict[str, np.ndarray]:
    r"""Learn to tell real cells from composed ones.

    Minimises the mean of the log losses on both sides, each of weight one half, plus
    :math:`\frac{1}{2}\sum_f \lambda_f w_f^2` with a strength :math:`\lambda_f`, smaller in the
    tables of :data:`LENIENT`.

    Parameters
    ----------
    real, made : numpy.ndarray of int, shape (cells, entries)
        From :func:`examples`.
    vocabulary : Vocabulary
    checked : tuple of numpy.ndarray, optional
        Real and composed cells of other pieces; the strength at which they are told apart
        best is taken. Without them it is the first.
    strengths : sequence of float
        Tried in order, until one does worse than the one before.

    Returns
    -------
    dict of str to numpy.ndarray of float32
        Tables, see :func:`.critic_features.tables`.

    Raises
    ------
    ParameterError
        If there is nothing to learn from.
    """
    if not len(real) or not len(made):
        raise ParameterError(
            f"{len(real)} real and {len(made)} composed cells: a critic needs some of both"
        )
    shapes = tables(vocabulary)
    share = np.repeat(
        [LENIENT.get(name, 1.0) for name in shapes], [prod(shape) for shape in shapes.values()]
    )
    best, least = np.zeros(len(share) + 1), np.inf
    for strength in strengths if checked else strengths[:1]:
        weights = _fit(real, made, strength * share)
        loss = log_loss(weights, *checked) if checked else 0.0
        if loss >= least:
            break
        best, least = weights, loss
    ends = np.cumsum([prod(shape) for shape in shapes.values()])[:-1]
    parts = np.split(best[:-1].astype(np.float32), ends)
    return {
        name: part.reshape(shape) for (name, shape), part in zip(shapes.items(), parts, strict=True)
    }


def log_loss(weights: np.ndarray, real: np.ndarray, made: np.ndarray) -> float:
    """Mean log loss of telling real from composed cells, in nats; log 2 is a guess.

    Parameters
    ----------
    weights : numpy.ndarray, shape (size + 1,)
        Tables end to end, then the intercept.
    real, made : numpy.ndarray of int, shape (cells, entries)
    """
    told = [weights[:-1][cells].sum(axis=1) + weights[-1] for cells in (real, made)]
    return float(np.logaddexp(0, -told[0]).mean() + np.logaddexp(0, told[1]).mean()) / 2


def _fit(real: np.ndarray, made: np.ndarray, penalty: np.ndarray) -> np.ndarray:
    """Weights of a logistic regression on one-hot features, and the intercept."""
    cells = np.concatenate([real, made])
    (count, entries), size = cells.shape, len(penalty)
    begins = np.arange(0, count * entries + 1, entries)
    ones = np.ones(count * entries)
    hot = sparse.csr_array((ones, cells.ravel(), begins), shape=(count, size))
    cold = hot.T.tocsr()
    sign = np.repeat([1.0, -1.0], [len(real), len(made)])
    share = np.repeat([0.5 / len(real), 0.5 / len(made)], [len(real), len(made)])

    def loss(w: np.ndarray) -> tuple[float, np.ndarray]:
        margin = sign * (hot @ w[:-1] + w[-1])
        value = share @ np.logaddexp(0, -margin) + penalty @ w[:-1] ** 2 / 2
        pull = -share * sign * special.expit(-margin)
        return value, np.append(cold @ pull + penalty * w[:-1], pull.sum())

    start, options = np.zeros(size + 1), {"maxiter": _ITERATIONS, "maxcor": 12}
    return optimize.minimize(loss, start, jac=True, method="L-BFGS-B", options=options).x


#: composes under the conditions of pieces: pieces, seed -> tokens, sounding
Compose = Callable[[np.ndarray, int], tuple[np.ndarray, np.ndarray]]


def train(
    material: Material,
    compose: Compose,
    repeats: int = 2,
    seed: int = 0,
    most: int = MOST,
) -> dict[str, np.ndarray]:
    """Learn a critic of a composer.

    Parameters
    ----------
    material : Material
        Pieces of ``train`` to learn from, of ``valid`` to choose the strength by.
    compose : callable
        ``compose(pieces, seed)`` gives tokens and sounding, a piece for each row of
        ``material.pieces``, under its conditions.
    repeats : int
        Composed pieces for each real one.
    seed : int
    most : int
        Pieces of a part that are used, at most.

    Returns
    -------
    dict of str to numpy.ndarray of float32
        Tables, see :func:`.critic_features.tables`.
    """
    rng = np.random.default_rng(seed)
    found: dict[str, tuple[np.ndarray, np.ndarray]] = {}
    for side, part in enumerate(("train", "valid")):
        every = np.flatnonzero(material.pieces["part"] == part)
        pieces = rng.permutation(every)[:most]
        pieces = pieces[np.argsort(material.pieces["beats"].to_numpy()[pieces], kind="stable")]
        sides: tuple[list[np.ndarray], list[np.ndarray]] = ([], [])
        for start in range(0, len(pieces), _AT_ONCE):
            some = pieces[start : start + _AT_ONCE]
            sides[0].append(_told(material, some, *material.whole(some)))
            for again in range(repeats):
                chance = ((side * repeats) + again) * len(material.pieces) + start
                sides[1].append(_told(material, some, *compose(some, chance)))
        real, made = (np.concatenate(one) if one else np.zeros((0, 1), int) for one in sides)
        found[part] = (real, made)
    checked = found["valid"] if len(found["valid"][0]) else None
    return learn(*found["train"], material.vocabulary, checked)


def _told(
    material: Material, pieces: np.ndarray, tokens: np.ndarray, sounding: np.ndarray
) -> np.ndarray:
    """The features of music under the conditions of pieces."""
    asked = material.conditions(pieces)
    beat = np.broadcast_to(np.arange(tokens.shape[1]), tokens.shape[:2])
    form = (asked.places(beat), asked.slots, asked.bar)
    return examples(tokens, sounding, *form, material.vocabulary)
