r"""Composing together with a person: bars to continue, a voice to accompany.

Goal: what is given stays; what is composed fits it, from its first beat on.

Where a decoder writes, :func:`.particles.follow` composes around what is given. The recipe
*grid* has none: its generator makes the whole piece of noise :math:`z`. So noise is sought
under which the given music :math:`g` is likely: of ``draws`` noises the one with the greatest

.. math:: \log p(g \mid z, x) = \sum_i \log p(g_i \mid g_{<i}, x_{<i}, z)

(with :math:`x` what is composed beside it), then in each further round of ``draws`` noises
near the best one, :math:`z' = \cos(a)\,z + \sin(a)\,\epsilon` with an angle :math:`a` that
is halved from round to round; such steps keep noise normally distributed.

Conventions
-----------
* Log-likelihoods are at temperature 1, in nats.
* The same music, wishes and seed give the same pieces.

Sources
-------
The steps: S. Cotter et al., "MCMC methods for functions: modifying old algorithms to make
them faster" (Statistical Science 28, 2013), used here to search, not to sample.
"""

from collections.abc import Sequence
from typing import TypedDict, Unpack

import numpy as np
import pandas as pd

from ricercar.errors import ParameterError
from ricercar.gan import asking, families, scores
from ricercar.gan.composer import BATCH, Composer
from ricercar.gan.conditions import Conditions
from ricercar.gan.generating import generate
from ricercar.gan.given import lay, put_back, strike_again
from ricercar.gan.particles import PARTICLES, follow

#: noises tried in a round, and rounds
DRAWS, ROUNDS = 24, 4

Noise = tuple[np.ndarray, np.ndarray]


def likelihood(
    composer: Composer,
    asked: Conditions,
    given: np.ndarray,
    noise: Noise,
    rng: np.random.Generator,
    until: int | None = None,
) -> np.ndarray:
    """Log-likelihood of what is given, one draw of what is composed beside it.

    Parameters
    ----------
    composer : Composer
    asked : Conditions
    given : numpy.ndarray of int, shape (n, beats, slots, voices)
        -1 where to compose.
    noise : tuple of numpy.ndarray
        From :meth:`.composer.Composer.noise`.
    rng : numpy.random.Generator
    until : int, optional
        Beats that count; all if left out.

    Returns
    -------
    numpy.ndarray of float64, shape (n,)
    """
    length, writer = given.shape[1], composer.writer()
    until = length if until is None else until
    found = []
    for start in range(0, len(asked), BATCH):
        rows = np.arange(start, min(start + BATCH, len(asked)))
        mine, own = asked.take(rows), (noise[0][rows], noise[1][rows])
        places = mine.places(np.broadcast_to(np.arange(length), (len(rows), length)))
        if writer is None:
            logits = generate(composer.part("generator"), *own, places)[:, :until]
            found.append(_on_grid(logits, given[rows, :until]))
            continue
        context = composer.context(places, own)[:, :until]
        told = writer.write(context, mine.slots, mine.bar, rng, given=given[rows, :until])[2]
        found.append(told[:, 1])
    return np.concatenate(found)


def _on_grid(logits: np.ndarray, given: np.ndarray) -> np.ndarray:
    """Log-likelihood of the notes and rests that begin, from the logits of a grid."""
    logits = logits.reshape(*given.shape, -1)[..., :-1].astype(np.float64)
    logits = logits - logits.max(axis=-1, keepdims=True)
    told = logits - np.log(np.exp(logits).sum(axis=-1, keepdims=True))
    at = np.maximum(given - 1, 0)[..., None]
    each = np.take_along_axis(told, at, axis=-1)[..., 0]
    return np.where(given > 0, each, 0).sum(axis=(1, 2, 3))


def fitting_noise(
    composer: Composer,
    asked: Conditions,
    given: np.ndarray,
    rng: np.random.Generator,
    until: int | None = None,
    draws: int = DRAWS,
    rounds: int = ROUNDS,
) -> Noise:
    """Noise under which given music is likely.

    Parameters
    ----------
    composer, asked, given, rng, until
        As of :func:`likelihood`.
    draws, rounds : int
        1 or more; 1 and 1 take any noise.

    Returns
    -------
    z, own : numpy.ndarray of float32
        As :meth:`.composer.Composer.noise` gives them.
    """
    n, length = given.shape[:2]
    if composer.latent == 0 or draws * rounds == 1:
        return composer.noise(n, length, rng)
    row = np.repeat(np.arange(n), draws)
    many, wanted = asked.take(row), given[row]
    best = composer.noise(n, length, rng)
    reached = np.full(n, -np.inf)
    angle = np.pi / 2
    for _ in range(rounds):
        near = composer.noise(n * draws, length, rng)
        step = np.cos(angle), np.sin(angle)
        z, own = (
            (step[0] * old[row] + step[1] * new).astype(np.float32)
            for old, new in zip(best, near, strict=True)
        )
        told = likelihood(composer, many, wanted, (z, own), rng, until).reshape(n, draws)
        better = told.max(axis=1) > reached
        chosen = np.arange(n) * draws + told.argmax(axis=1)
        best = (
            np.where(better[:, None], z[chosen], best[0]),
            np.where(better[:, None, None], own[chosen], best[1]),
        )
        reached = np.where(better, told.max(axis=1), reached)
        angle /= 2
    return best


class Wishes(TypedDict, total=False):
    """What may be wished for, whatever is given.

    Attributes
    ----------
    style : sequence of str, optional
        One per piece; the pieces' own if left out.
    versions : int
        How often each piece is composed; 1 if left out.
    prefix : str
        Pieces are named ``ricercar/<prefix>-0001`` and so on; ``continued`` or
        ``accompanied`` if left out.
    meter, key : str, optional
        Of all pieces, where their rows do not say it.
    strength, temperature, top_p
        As of :meth:`.sampling.Generator.sample`.
    draws, rounds : int
        How long to look for fitting noise in the recipe *grid*, see above; :data:`DRAWS`
        and :data:`ROUNDS` if left out.
    particles : int
        In the other recipes, see :mod:`.particles`; :data:`.particles.PARTICLES` if left out.
    """

    style: Sequence[str] | None
    versions: int
    prefix: str
    meter: str | None
    key: str | None
    strength: float
    temperature: float | None
    top_p: float | None
    draws: int
    rounds: int
    particles: int


def continue_(
    composers: Sequence[Composer],
    pieces: pd.DataFrame,
    notes: pd.DataFrame,
    bars: int,
    seed: int,
    keep: int | None = None,
    **wishes: Unpack[Wishes],
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Keep the first bars of pieces and compose the rest.

    Parameters
    ----------
    composers : sequence of Composer
    pieces, notes : pandas.DataFrame
        Rows of a catalogue, or at least piece and quarters, and for the notes piece, part,
        onset, duration and pitch.
    bars : int
        Complete bars of the whole.
    seed : int
    keep : int, optional
        Complete bars to keep, with the pickup; all that are given if left out.
    **wishes
        See :class:`Wishes`.

    Returns
    -------
    pieces, notes : pandas.DataFrame
        In the schemas ``composed_pieces`` and ``composed_notes``; kept notes as they were.

    Raises
    ------
    ParameterError
        If what is given has a form, pitches or voices that were not learnt.
    """
    return _around(composers, pieces, notes, seed, (bars, keep, None), **wishes)


def accompany(
    composers: Sequence[Composer],
    pieces: pd.DataFrame,
    notes: pd.DataFrame,
    seed: int,
    voices: Sequence[int] = (0,),
    **wishes: Unpack[Wishes],
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Keep some voices of pieces and compose the others.

    Parameters
    ----------
    voices : sequence of int
        Voices to keep, 0 is the highest; others that are given are left out.

    Others, Returns, Raises
        As of :func:`continue_`.
    """
    return _around(composers, pieces, notes, seed, (None, None, voices), **wishes)


def _around(
    composers: Sequence[Composer],
    pieces: pd.DataFrame,
    notes: pd.DataFrame,
    seed: int,
    kept: tuple[int | None, int | None, Sequence[int] | None],
    style: Sequence[str] | None = None,
    versions: int = 1,
    prefix: str | None = None,
    meter: str | None = None,
    key: str | None = None,
    strength: float = 1.0,
    temperature: float | None = None,
    top_p: float | None = None,
    draws: int = DRAWS,
    rounds: int = ROUNDS,
    particles: int = PARTICLES,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Compose what is not given; ``kept``: bars of the whole, bars and voices to keep."""
    bars, _, voices = kept
    asking.check(seed, bars, strength, temperature, top_p)
    _positive(versions=versions, draws=draws, rounds=rounds, particles=particles)
    beside = voices is not None
    composer, number, shares = families.choose(composers, pieces, notes, style, several=beside)
    if voices is not None and len(set(voices)) >= composer.vocabulary.voices:
        raise ParameterError(
            f"voices {sorted(set(voices))} are all there are: leave one to compose"
        )
    rng = np.random.default_rng([seed, number])
    laid = lay(composer.vocabulary, shares, pieces, notes, *kept, meter, key)
    given = laid.repeat(versions)
    told, chosen = asking.lean(given.asked, strength), (temperature, top_p)
    if composer.recipe != "grid":
        tokens, sounding = follow(composer, told, given.tokens, rng, *chosen, particles)
    else:
        noise = fitting_noise(composer, told, given.tokens, rng, given.until, draws, rounds)
        tokens, sounding = composer.compose(told, rng, *chosen, given.tokens, noise)
    tokens = strike_again(given.tokens, tokens, sounding)
    what = "accompanied" if beside else "continued"
    ids = [f"ricercar/{prefix or what}-{row + 1:04d}" for row in range(len(given.asked))]
    made = scores.as_tables(given.asked, tokens, sounding, given.transpose, ids)
    return put_back(made, given, what, whole=beside)


def _positive(**numbers: int) -> None:
    for name, number in numbers.items():
        if number < 1:
            raise ParameterError(f"{name} is {number}, must be 1 or more")
