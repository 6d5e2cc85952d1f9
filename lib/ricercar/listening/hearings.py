r"""How simulated listeners come to hear what they hear.

Goal: hearing by hearing, with everything that makes real logs hard to learn from: pieces are
not shown at random (exposure, popularity), the upper places of a list are looked at more
(position), what was played is played again (repeats), and tastes move (drift).

The model
---------
Listener :math:`l` has :math:`n_l` sessions, log-normal with deviation ``activity``. At the
beginning of a session a shelf of ``shelf`` different pieces is put up, drawn one after the
other with

.. math:: P(p \mid l) \propto (r_p + q)^{-\zeta} \; e^{\beta u_{lp}}

that is, by popularity, a Zipf-Mandelbrot law with exponent :math:`\zeta` (``popularity``) and
offset :math:`q` (``offset``) over a random order :math:`r = 1, 2, \dots` of the pieces, and by
taste with the weight :math:`\beta` (``taste``): :math:`u_{lp}` is the listener's utility at this
moment. The piece at rank :math:`k` is looked at with the probability

.. math:: \theta_k = \text{patience}^{\,k-1},

whatever it is, and is then heard. A hearing ends as a *skip* with the probability
:math:`0.55\,(1 - \text{preference})^{1.5}`, else as a *play*. So the probability of a play is
the product of one factor of the rank and one of listener and piece: the position-based model,
and :math:`\theta_k` is the true propensity by which a debiased estimator has to divide.

After the shelf the listener returns to a Poisson number, with mean ``returns``, of earlier
plays, each drawn evenly from all plays so far: a piece that was played three times is returned
to three times as often as one that was played once (preferential return), and what was skipped
is not returned to.

Tastes move all the time. With :math:`\Delta t` years since the session before, and :math:`j`
sessions so far,

.. math:: w_l \leftarrow w_l + \delta\,\sigma\sqrt{\Delta t}\,\varepsilon
          + \frac{\eta}{j}\,(\bar x_{\text{played}} - \bar x),

a random walk by :math:`\delta` (``walk``) of the deviation :math:`\sigma` of one's own part in
taste a year, and a step toward what was played in the session (mere exposure, ``liking``),
which adds up to :math:`\eta \ln n_l`: liking grows with the logarithm of exposure.

Conventions
-----------
* What the numbers of the model are, and where they come from: :mod:`ricercar.listening.habits`.
* Hearings are in the order of listeners, sessions, and within the session of time.

Sources
-------
Position-based model: Craswell, Zoeter, Taylor and Ramsey, "An experimental comparison of click
position-bias models", WSDM 2008; propensities: Joachims, Swaminathan and Schnabel, "Unbiased
learning-to-rank with biased feedback", WSDM 2017; geometric patience: Moffat and Zobel,
"Rank-biased precision", ACM TOIS 27 (2008). Preferential return: Simon, "On a class of skew
distribution functions", *Biometrika* 42 (1955); Song, Koren, Wang and Barabasi, "Modelling the
scaling properties of human mobility", *Nature Physics* 6 (2010). Mere exposure: Zajonc,
"Attitudinal effects of mere exposure", 1968. Log-normal activity and Zipf
popularity: Celma, *Music Recommendation and Discovery*, 2010.
"""

from dataclasses import dataclass

import numpy as np

from ricercar.listening.habits import Habits, examination, skipping
from ricercar.listening.tastes import probability

#: sessions run over so many days
DAYS = 365
#: numbers in a block of shelf probabilities: what fits a processor's cache
_BLOCK = 2**18


@dataclass(frozen=True)
class Heard:
    """What was heard, and what was put up.

    Attributes
    ----------
    session, piece : ndarray of int, shape (hearings,)
        Place of the session among all sessions, and of the piece in the catalogue.
    liking : ndarray, shape (hearings,)
        True preference at the time of hearing, in [0, 1].
    skipped : ndarray of bool, shape (hearings,)
    shown : ndarray of int, shape (sessions, shelf)
        Pieces on the shelves, from rank 1; -1 where a shelf ends earlier.
    looked : ndarray of bool, shape (sessions, shelf)
        Which of them were looked at, and thereby heard.
    weights : ndarray, shape (listeners, axes)
        Tastes at the end.
    """

    session: np.ndarray
    piece: np.ndarray
    liking: np.ndarray
    skipped: np.ndarray
    shown: np.ndarray
    looked: np.ndarray
    weights: np.ndarray


def sessions(
    n_listeners: int, hearings: float, cold: np.ndarray, habits: Habits, rng: np.random.Generator
) -> np.ndarray:
    """Sessions of each listener: log-normal, none for the cold ones, else at least one.

    Parameters
    ----------
    n_listeners : int
    hearings : float
        About how many hearings all sessions shall make.
    cold : ndarray of bool, shape (n_listeners,)
    habits : Habits
    rng : numpy.random.Generator

    Returns
    -------
    ndarray of int, shape (n_listeners,)
    """
    drawn = np.where(cold, 0.0, rng.lognormal(sigma=habits.activity, size=n_listeners))
    wanted = drawn * hearings / habits.per_session / max(drawn.sum(), 1e-12)
    return np.where(cold, 0, np.maximum(np.round(wanted), 1)).astype(int)


def hear(
    weights: np.ndarray,
    step: np.ndarray,
    x: np.ndarray,
    counts: np.ndarray,
    day: np.ndarray,
    habits: Habits,
    rng: np.random.Generator,
) -> Heard:
    """Let listeners listen.

    Parameters
    ----------
    weights : ndarray, shape (listeners, axes)
        Tastes on day 0.
    step : ndarray, shape (axes,)
        Deviation of one's own part in taste.
    x : ndarray, shape (pieces, axes)
        Coordinates of the pieces.
    counts : ndarray of int, shape (listeners,)
        Sessions of each listener.
    day : ndarray, shape (sessions,)
        When sessions begin, in days from 0 to :data:`DAYS`; listener by listener, ascending.
    habits : Habits
    rng : numpy.random.Generator

    Returns
    -------
    Heard
    """
    from threadpoolctl import threadpool_limits

    # on one thread, the same bits come out on any number of cores
    with threadpool_limits(limits=1, user_api="blas"):
        return _hear(weights.copy(), step, x, counts, day, habits, rng)


def _hear(
    weights: np.ndarray,
    step: np.ndarray,
    x: np.ndarray,
    counts: np.ndarray,
    day: np.ndarray,
    habits: Habits,
    rng: np.random.Generator,
) -> Heard:
    """As :func:`hear`; ``weights`` are changed."""
    shelf = min(habits.shelf, len(x))
    theta = examination(np.arange(1, shelf + 1), habits.patience)
    rank = 1 + rng.permutation(len(x))
    popularity = -habits.popularity * np.log(rank + habits.offset)
    centre = x.mean(axis=0)
    first = np.concatenate([[0], counts.cumsum()])
    returned = rng.poisson(habits.returns, len(day))
    room = np.concatenate([[0], (returned + shelf).cumsum()])[first]
    played, n_played = np.zeros(room[-1], dtype=np.int64), np.zeros(len(counts), dtype=np.int64)
    last_day = np.zeros(len(counts))
    shown = np.full((len(day), shelf), -1)
    looked = np.zeros((len(day), shelf), dtype=bool)
    parts: list[tuple[np.ndarray, ...]] = []
    busiest_first = np.argsort(-counts, kind="stable")
    # the j-th session of every listener who has one, all at a time
    for j in range(counts.max(initial=0)):
        who = busiest_first[: np.count_nonzero(counts > j)]
        session = first[who] + j
        _walk(weights, who, day[session] - last_day[who], habits.walk * step, rng)
        last_day[who] = day[session]
        shown[session] = _shelves(habits.taste * weights[who], x, popularity, shelf, rng)
        looked[session] = (rng.random((len(who), shelf)) < theta) & (shown[session] >= 0)

        row, place = np.nonzero(looked[session])
        piece = shown[session[row], place]
        liking = _liking(weights[who[row]], x[piece])
        skipped = rng.random(len(row)) < skipping(liking)
        _remember(played, n_played, room[who[row]], who[row], piece, ~skipped)
        again = np.repeat(np.arange(len(who)), np.where(n_played[who] > 0, returned[session], 0))
        earlier = (rng.random(len(again)) * n_played[who[again]]).astype(np.int64)
        piece_again = played[room[who[again]] + earlier]
        liking_again = _liking(weights[who[again]], x[piece_again])
        skipped_again = rng.random(len(again)) < skipping(liking_again)
        _remember(played, n_played, room[who[again]], who[again], piece_again, ~skipped_again)

        row = np.concatenate([row, again])
        piece = np.concatenate([piece, piece_again])
        skipped = np.concatenate([skipped, skipped_again])
        parts.append((session[row], piece, np.concatenate([liking, liking_again]), skipped))
        _expose(weights, who, row[~skipped], x[piece[~skipped]] - centre, habits.liking / (j + 1))
    _walk(weights, np.arange(len(counts)), DAYS - last_day, habits.walk * step, rng)
    empty = (np.zeros(0, int), np.zeros(0, int), np.zeros(0), np.zeros(0, bool))
    columns = [np.concatenate(column) for column in zip(*(parts or [empty]), strict=True)]
    order = np.argsort(columns[0], kind="stable")
    session, piece, liking, skipped = (column[order] for column in columns)
    return Heard(session, piece, liking, skipped, shown, looked, weights)


def _shelves(
    weights: np.ndarray,
    x: np.ndarray,
    popularity: np.ndarray,
    shelf: int,
    rng: np.random.Generator,
) -> np.ndarray:
    """Different pieces (listeners, shelf) drawn by popularity and taste; -1: no more were found.

    Drawing with replacement and passing over what is there already is the same as without.
    """
    draws = rng.random((len(weights), 3 * shelf))
    found = np.empty(draws.shape, dtype=np.int64)
    rows = max(1, _BLOCK // len(x))
    for begin in range(0, len(weights), rows):
        block = slice(begin, begin + rows)
        share = weights[block] @ x.T
        share += popularity
        share -= share.max(axis=1, keepdims=True)
        np.cumsum(np.exp(share, out=share), axis=1, out=share)
        share /= share[:, -1:]
        row = np.arange(len(share))[:, None]
        share += row  # all rows become one ascending tower, searched at once
        place = np.searchsorted(share.ravel(), draws[block] + row, side="right")
        found[block] = np.minimum(place - row * len(x), len(x) - 1)
    order = np.argsort(found, axis=1, kind="stable")
    ordered = np.take_along_axis(found, order, axis=1)
    new = np.ones(found.shape, dtype=bool)
    np.put_along_axis(new, order[:, 1:], ordered[:, 1:] != ordered[:, :-1], axis=1)
    rank = new.cumsum(axis=1) - 1
    listener, draw = np.nonzero(new & (rank < shelf))
    result = np.full((len(weights), shelf), -1)
    result[listener, rank[listener, draw]] = found[listener, draw]
    return result


def _liking(weights: np.ndarray, x: np.ndarray) -> np.ndarray:
    """Preference of each row's listener for each row's piece."""
    return probability(np.einsum("ij,ij->i", weights, x))


def _remember(
    played: np.ndarray,
    n_played: np.ndarray,
    room: np.ndarray,
    who: np.ndarray,
    piece: np.ndarray,
    which: np.ndarray,
) -> None:
    """Append the plays of listeners (ascending runs of ``who``) to what they have played."""
    who, piece, room = who[which], piece[which], room[which]
    if not len(who):
        return
    begins = np.concatenate([[True], who[1:] != who[:-1]])
    place = np.arange(len(who)) - np.flatnonzero(begins)[begins.cumsum() - 1]
    played[room + n_played[who] + place] = piece
    np.add.at(n_played, who, 1)


def _walk(
    weights: np.ndarray,
    who: np.ndarray,
    days: np.ndarray,
    size: np.ndarray,
    rng: np.random.Generator,
) -> None:
    """Random walk of tastes over so many days, in place."""
    step = rng.normal(size=(len(who), len(size))) * np.sqrt(np.maximum(days, 0) / DAYS)[:, None]
    weights[who] += step * size


def _expose(
    weights: np.ndarray, who: np.ndarray, row: np.ndarray, place: np.ndarray, rate: float
) -> None:
    """Move tastes toward the mean place of what was played, in place."""
    total = np.zeros((len(who), weights.shape[1]))
    np.add.at(total, row, place)
    times = np.maximum(np.bincount(row, minlength=len(who)), 1)
    weights[who] += rate * total / times[:, None]
