"""How a critic learns: cells of real music against cells that a composer composed.

Goal: the tables of :class:`.critique.Critic` from music.

Conventions
-----------
* A logistic regression on one-hot features, both sides of equal weight; the strength of its
  penalty is chosen on pieces that it does not learn from.
* Rounds add up, see :mod:`.critique`.
"""

from collections.abc import Callable, Sequence
from math import prod

import numpy as np
from scipy import optimize, sparse, special

from ricercar.errors import ParameterError
from ricercar.gan.critique import Before, Critic, features, tables
from ricercar.gan.material import WINDOW, Material

#: strengths of the L2 penalty that are tried, from strong to weak
STRENGTHS = (3e-4, 1e-4, 3e-5, 1e-5)
#: most iterations of the fit
_ITERATIONS = 150
#: windows that are learnt from, at most, and as many to choose by
MOST = 1200


def examples(
    tokens: np.ndarray, sounding: np.ndarray, used: np.ndarray, pitches: int
) -> np.ndarray:
    """The features of all cells but the first of each piece, silence and unused cells.

    Parameters
    ----------
    tokens, sounding : numpy.ndarray of int, shape (n, beats, slots, voices)
    used : numpy.ndarray of int, shape (n,)
        Cells of a beat in the meter of each piece.
    pitches : int
        Size of the grid.

    Returns
    -------
    numpy.ndarray of int32, shape (cells, entries)
    """
    n, beats, slots, voices = tokens.shape
    token, sound = (x.reshape(n, -1, voices).astype(np.int64) for x in (tokens, sounding))
    slot = np.broadcast_to(np.tile(np.arange(slots), beats), token.shape[:2])[:, 1:]
    ago = np.pad(sound, ((0, 0), (slots, 0), (0, 0)))[:, 1 : sound.shape[1]]
    lowest = np.minimum.accumulate(np.where(sound > 0, sound, pitches + 1), axis=1)[:, :-1]
    low = np.where(lowest > pitches, 0, lowest)
    high = np.maximum.accumulate(sound, axis=1)[:, :-1]
    begun, was, token, sound = token[:, :-1], sound[:, :-1], token[:, 1:], sound[:, 1:]
    kept = (slot < used[:, None]) & ((sound > 0) | (was > 0)).any(axis=2)
    before = Before(*(array[kept] for array in (begun, was, ago, low, high)))
    entries = features(before, token[kept], sound[kept], slot[kept], pitches, slots)
    return entries.astype(np.int32)


def learn(
    real: np.ndarray,
    made: np.ndarray,
    pitches: int,
    voices: int,
    slots: int,
    checked: tuple[np.ndarray, np.ndarray] | None = None,
    strengths: Sequence[float] = STRENGTHS,
) -> dict[str, np.ndarray]:
    r"""Learn to tell real cells from composed ones.

    Minimises the mean of the log losses on both sides, each of weight one half, plus
    :math:`\frac{\lambda}{2}\lVert w \rVert^2` with a strength :math:`\lambda`.

    Parameters
    ----------
    real, made : numpy.ndarray of int, shape (cells, entries)
        From :func:`examples`.
    pitches, voices, slots : int
        Size of the grid.
    checked : tuple of numpy.ndarray, optional
        Real and composed cells of other pieces; the strength at which they are told apart
        best is taken. Without them it is the first.
    strengths : sequence of float
        Tried in order, until one does worse than the one before.

    Returns
    -------
    dict of str to numpy.ndarray of float32
        Tables, see :func:`tables`.

    Raises
    ------
    ParameterError
        If there is nothing to learn from.
    """
    if not len(real) or not len(made):
        raise ParameterError(
            f"{len(real)} real and {len(made)} composed cells: a critic needs some of both"
        )
    shapes = tables(pitches, voices, slots)
    size = sum(prod(shape) for shape in shapes.values())
    best, least = np.zeros(size + 1), np.inf
    for strength in strengths if checked else strengths[:1]:
        weights = _fit(real, made, size, strength)
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


def _fit(real: np.ndarray, made: np.ndarray, size: int, strength: float) -> np.ndarray:
    """Weights of a logistic regression on one-hot features, and the intercept."""
    cells = np.concatenate([real, made])
    count, entries = cells.shape
    begins = np.arange(0, count * entries + 1, entries)
    ones = np.ones(count * entries)
    hot = sparse.csr_array((ones, cells.ravel(), begins), shape=(count, size))
    cold = hot.T.tocsr()
    sign = np.repeat([1.0, -1.0], [len(real), len(made)])
    share = np.repeat([0.5 / len(real), 0.5 / len(made)], [len(real), len(made)])

    def loss(w: np.ndarray) -> tuple[float, np.ndarray]:
        margin = sign * (hot @ w[:-1] + w[-1])
        value = share @ np.logaddexp(0, -margin) + strength / 2 * w[:-1] @ w[:-1]
        pull = -share * sign * special.expit(-margin)
        return value, np.append(cold @ pull + strength * w[:-1], pull.sum())

    start, options = np.zeros(size + 1), {"maxiter": _ITERATIONS, "maxcor": 12}
    return optimize.minimize(loss, start, jac=True, method="L-BFGS-B", options=options).x


#: composes under the conditions of windows: rows, critic, seed -> tokens, sounding
Compose = Callable[[np.ndarray, Critic | None, int], tuple[np.ndarray, np.ndarray]]


def train(
    material: Material,
    compose: Compose,
    rounds: int = 1,
    repeats: int = 2,
    seed: int = 0,
    most: int = MOST,
) -> dict[str, np.ndarray]:
    """Learn a critic of a composer.

    Parameters
    ----------
    material : Material
        Windows of ``train`` to learn from, of ``valid`` to choose the strength by.
    compose : callable
        ``compose(rows, critic, seed)`` gives tokens and sounding, one piece for each row of
        ``material.window``, as long as a window and under its conditions.
    rounds : int
        In each the composer composes with the critic so far, and what is learnt is added.
    repeats : int
        Composed pieces for each real one.
    seed : int
    most : int
        Windows of a part that are used, at most.

    Returns
    -------
    dict of str to numpy.ndarray of float32
        Tables, see :func:`tables`; all zero after no rounds.
    """
    v = material.vocabulary
    size = (v.pitches, v.voices, v.slots)
    rng = np.random.default_rng(seed)
    every = {part: apart(material, part) for part in ("train", "valid")}
    rows = {part: np.sort(rng.permutation(at)[:most]) for part, at in every.items()}
    used = {part: material.conditions(material.window[at, 0]).slots for part, at in rows.items()}
    real = {
        part: examples(*material.cut(at)[:2], used[part], v.pitches) for part, at in rows.items()
    }
    total = {name: np.zeros(shape, np.float32) for name, shape in tables(*size).items()}
    for number in range(rounds):
        critic = Critic(total, *size) if number else None
        made = {}
        for side, (part, at) in enumerate(rows.items()):
            first = seed + (2 * number + side) * repeats
            music = [compose(at, critic, first + again) for again in range(repeats)]
            made[part] = np.concatenate([examples(*one, used[part], v.pitches) for one in music])
        checked = (real["valid"], made["valid"]) if len(real["valid"]) else None
        learnt = learn(real["train"], made["train"], *size, checked)
        total = {name: table + learnt[name] for name, table in total.items()}
    return total


def apart(material: Material, part: str) -> np.ndarray:
    """Windows of a part that do not overlap, from the beginning of each piece."""
    kept = []
    piece, free = -1, 0
    for row in material.rows(part):
        owner, start = material.window[row]
        if owner != piece or start >= free:
            kept.append(row)
            piece, free = owner, start + WINDOW
    return np.array(kept, np.int64)
