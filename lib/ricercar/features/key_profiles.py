"""Key finding: how well distributions of pitch classes fit the profiles of the keys.

Goal: the key of a melody, of a window or of anything else that has a distribution of
pitch classes, for many of them at once.

Conventions
-----------
* A distribution is a row of 12 weights, C first; rows need not sum to 1.
* Keys are numbered by mode (0 major, 1 minor) and tonic (pitch class).

Sources
-------
C. L. Krumhansl, *Cognitive Foundations of Musical Pitch*, Oxford 1990 (probe-tone ratings
with E. J. Kessler; correlation with the profiles, with M. A. Schmuckler); D. Temperley,
*Music and Probability*, MIT Press 2007 (profiles counted in the Kostka-Payne corpus);
B. J. Aarden, *Dynamic Melodic Expectancy*, thesis, Ohio State 2003 (profiles counted in the
Essen folk songs; weights as published with Humdrum's keycor).
"""

import numpy as np

#: name of the profiles -> weights, shape (2, 12): major and minor, tonic first
PROFILES: dict[str, np.ndarray] = {
    "krumhansl": np.array(
        [
            [6.35, 2.23, 3.48, 2.33, 4.38, 4.09, 2.52, 5.19, 2.39, 3.66, 2.29, 2.88],
            [6.33, 2.68, 3.52, 5.38, 2.60, 3.53, 2.54, 4.75, 3.98, 2.69, 3.34, 3.17],
        ]
    ),
    "temperley": np.array(
        [
            [0.748, 0.060, 0.488, 0.082, 0.670, 0.460, 0.096, 0.715, 0.104, 0.366, 0.057, 0.400],
            [0.712, 0.084, 0.474, 0.618, 0.049, 0.460, 0.105, 0.747, 0.404, 0.067, 0.133, 0.330],
        ]
    ),
    "aarden": np.array(
        [
            [17.7661, 0.145624, 14.9265, 0.160186, 19.8049, 11.3587]
            + [0.291248, 22.062, 0.145624, 8.15494, 0.232998, 4.95122],
            [18.2648, 0.737619, 14.0499, 16.8599, 0.702494, 14.4362]
            + [0.702494, 18.6161, 4.56621, 1.93186, 7.37619, 1.75623],
        ]
    ),
}


def correlations(weights: np.ndarray, profile: np.ndarray) -> np.ndarray:
    """Correlation of distributions of pitch classes with the 24 keys.

    Parameters
    ----------
    weights : numpy.ndarray, shape (rows, 12)
        Weight of each pitch class, C first.
    profile : numpy.ndarray, shape (2, 12)
        One of :data:`PROFILES`.

    Returns
    -------
    numpy.ndarray, shape (rows, 2, 12)
        By mode and tonic, -1 to 1; NaN where a row is NaN or all its weights are equal.

    Examples
    --------
    >>> scale = np.array([[3, 0, 1, 0, 2, 1, 0, 2, 0, 1, 0, 1]])
    >>> fit = correlations(scale, PROFILES["krumhansl"])
    >>> fit.shape, int(fit[0, 0].argmax())
    ((1, 2, 12), 0)
    """
    weights = np.asarray(weights, dtype=float)
    centred = weights - weights.mean(axis=1, keepdims=True)
    length = np.sqrt((centred**2).sum(axis=1))
    length[~(length > 1e-12 * np.abs(weights).sum(axis=1))] = np.nan
    ideal = profile - profile.mean(axis=1, keepdims=True)
    ideal = ideal / np.sqrt((ideal**2).sum(axis=1, keepdims=True))
    rolled = np.stack([np.roll(ideal, tonic, axis=1) for tonic in range(12)], axis=1)
    fit = (centred / length[:, None]) @ rolled.reshape(24, 12).T
    return np.clip(fit, -1, 1).reshape(len(weights), 2, 12)


def best(fit: np.ndarray, near: np.ndarray | None = None) -> tuple[np.ndarray, np.ndarray]:
    """The key that fits best.

    Parameters
    ----------
    fit : numpy.ndarray, shape (rows, 2, 12)
        From :func:`correlations`.
    near : numpy.ndarray of int, shape (rows,), optional
        Pitch class that decides between keys that fit equally well (to nine decimals): the
        tonic that lies the fewest semitones above it wins, major before minor. C if left out.

    Returns
    -------
    tonic : numpy.ndarray of int, shape (rows,)
        Pitch class, -1 where no key can be told.
    minor : numpy.ndarray of bool

    Examples
    --------
    >>> scale = np.array([[1, 0, 1, 0, 2, 1, 0, 1, 0, 3, 0, 1]])
    >>> best(correlations(scale, PROFILES["aarden"]))
    (array([9]), array([ True]))
    """
    rows = len(fit)
    near = np.zeros(rows, dtype=int) if near is None else near
    known = ~np.isnan(fit).any(axis=(1, 2))
    above = (near[:, None] + np.arange(12)) % 12
    turned = np.take_along_axis(fit, above[:, None, :], axis=2)
    # tonics in order of distance, major before minor
    order = np.round(np.nan_to_num(turned, nan=-2.0), 9).transpose(0, 2, 1).reshape(rows, 24)
    winner = order.argmax(axis=1)
    tonic = (near + winner // 2) % 12
    return np.where(known, tonic, -1), known & (winner % 2 == 1)
