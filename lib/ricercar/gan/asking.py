r"""What may be asked for beyond names: length, chance, and how strongly a style.

Conventions
-----------
* The *mean style* :math:`\bar s` is the mixture of styles that training shows on average.
* With the *strength* :math:`w` of a style :math:`s` the networks are told

  .. math:: \bar s + w\,(s - \bar s)

  in place of :math:`s`: 1 is what was asked for, 0 no style in particular, more than 1 a
  style that is exaggerated. Length, meter and mode stay as they are.
* A composer has a strength of its own, at which its pieces are recognised as often as real
  ones; what is asked for is multiplied with it.

Sources
-------
After J. Ho, T. Salimans, "Classifier-free diffusion guidance" (2022), which extrapolates in
the same way between what a network makes with a condition and without. Here the condition
itself is extrapolated: all networks meet it first in a linear layer.
"""

from dataclasses import replace

import numpy as np

from ricercar.errors import ParameterError
from ricercar.gan.conditions import Conditions, Vocabulary

#: most bars of a piece, and greatest strength of a style
MOST_BARS, STRONGEST = 64, 4.0


def check(
    seed: int = 0,
    bars: int | None = None,
    strength: float = 1.0,
    temperature: float | None = None,
    top_p: float | None = None,
) -> None:
    """Refuse what cannot be asked for.

    Parameters
    ----------
    seed : int
        0 or more.
    bars : int, optional
        2 to :data:`MOST_BARS`.
    strength : float
        0 to :data:`STRONGEST`.
    temperature : float, optional
        Above 0, up to 10.
    top_p : float, optional
        In (0, 1].

    Raises
    ------
    ParameterError

    Examples
    --------
    >>> check(bars=65)
    Traceback (most recent call last):
    ricercar.errors.ParameterError: bars is 65, must be a whole number from 2 to 64
    """
    if not isinstance(seed, int | np.integer) or seed < 0:
        raise ParameterError(f"seed is {seed!r}, must be a whole number, 0 or more")
    whole = isinstance(bars, int | np.integer)
    if bars is not None and not (whole and 2 <= bars <= MOST_BARS):
        raise ParameterError(f"bars is {bars}, must be a whole number from 2 to {MOST_BARS}")
    if not 0 <= strength <= STRONGEST:
        raise ParameterError(f"strength is {strength}, must be from 0 (no style) to {STRONGEST:g}")
    if temperature is not None and not 0 < temperature <= 10:
        raise ParameterError(f"temperature is {temperature}, must be above 0, up to 10")
    if top_p is not None and not 0 < top_p <= 1:
        raise ParameterError(f"top_p is {top_p}, must be above 0, up to 1")


def mean_style(vocabulary: Vocabulary) -> np.ndarray:
    """The mixture of styles that training shows on average.

    Training draws a style in proportion to the square root of its size.

    Returns
    -------
    numpy.ndarray of float32, shape (styles,)

    Examples
    --------
    >>> usual = {"jig": [("6/8", "major", 32, False, 0, 1)],
    ...          "reel": [("2/2", "major", 64, False, 0, 7), ("2/2", "minor", 64, False, 0, 2)]}
    >>> meters = ("2/2", "6/8")
    >>> kinds = Vocabulary(("jig", "reel"), meters, ("major", "minor"), 1, 6, 50, 90, usual)
    >>> mean_style(kinds).tolist()
    [0.25, 0.75]
    """
    count = [sum(one[-1] for one in vocabulary.usual.get(s, ())) for s in vocabulary.styles]
    weight = np.sqrt(np.array(count, float)) if any(count) else np.ones(len(count))
    return (weight / weight.sum()).astype(np.float32)


def lean(asked: Conditions, strength: float) -> Conditions:
    """Conditions whose style is asked for less or more strongly.

    Parameters
    ----------
    asked : Conditions
    strength : float
        See above.

    Returns
    -------
    Conditions
        For :meth:`.composer.Composer.compose` only: its style need not be probabilities.
    """
    if strength == 1:
        return asked
    return replace(asked, style=leaning(asked.style, mean_style(asked.vocabulary), strength))


def leaning(style: np.ndarray, mean: np.ndarray, strength: float) -> np.ndarray:
    """Styles as far from their mean as a strength says, float32.

    Examples
    --------
    >>> leaning(np.array([[1.0, 0.0]]), np.array([0.5, 0.5]), strength=2.0).tolist()
    [[1.5, -0.5]]
    """
    return (mean + strength * (style - mean)).astype(np.float32)


def upbeats(asked: Conditions) -> np.ndarray | None:
    """Given tokens that make every pickup shorter than a bar: it begins with a rest.

    Returns
    -------
    numpy.ndarray of int64, shape (n, beats, slots, voices), optional
        -1 where to compose; None if no piece has a pickup.
    """
    if not asked.pickup.any():
        return None
    v = asked.vocabulary
    given = np.full((len(asked), int(asked.beats.max()), v.slots, v.voices), -1)
    given[asked.pickup, 0, 0] = 1
    return given
