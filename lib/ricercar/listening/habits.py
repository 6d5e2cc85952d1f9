"""How simulated listeners listen, in numbers.

Goal: every number of the model of :mod:`ricercar.listening.hearings` in one place, and its two
laws that other modules need as well.

Conventions
-----------
* ``activity``, ``popularity``, ``offset`` and ``returns`` are fitted to HetRec Last.fm-2k, see
  :mod:`ricercar.listening.fit_simulation`. The data set has neither positions nor times: the
  others are assumptions.
"""

from dataclasses import dataclass, fields

import numpy as np

from ricercar.errors import ParameterError


@dataclass(frozen=True)
class Habits:
    r"""How simulated listeners listen.

    Attributes
    ----------
    activity : float
        Standard deviation of the logarithm of sessions per listener, at least 0.
    popularity : float
        Exponent :math:`\zeta` of popularity, at least 0.
    offset : float
        Offset :math:`q` of popularity, at least 0: the larger, the more pieces share the top.
    taste : float
        Weight :math:`\beta` of taste in what is put on the shelf, at least 0.
    returns : float
        Mean number of returns to earlier plays in a session, at least 0.
    shelf : int
        Pieces on a shelf, at least 1; fewer if the catalogue has fewer.
    patience : float
        Ratio of the probabilities of looking at one rank and at the rank above, in (0, 1].
    walk : float
        :math:`\delta`, deviation of a year's random walk of taste, in deviations of one's own
        part in taste; at least 0.
    liking : float
        :math:`\eta`, step of taste toward what is played, at least 0.
    """

    activity: float = 1.33
    popularity: float = 1.07
    offset: float = 24.0
    taste: float = 1.0
    returns: float = 3.4
    shelf: int = 10
    patience: float = 0.7
    walk: float = 0.2
    liking: float = 0.03

    def __post_init__(self) -> None:
        for field in fields(self):
            if not 0 <= getattr(self, field.name) < np.inf:
                raise ParameterError(
                    f"{field.name} is {getattr(self, field.name)}: it must be a number, at least 0"
                )
        if self.shelf < 1:
            raise ParameterError("shelf is 0: a shelf must hold at least 1 piece")
        if not 0 < self.patience <= 1:
            raise ParameterError(f"patience is {self.patience}: it must be above 0 and at most 1")

    @property
    def per_session(self) -> float:
        """Mean number of hearings in a session."""
        return float(examination(np.arange(1, self.shelf + 1), self.patience).sum() + self.returns)


def examination(rank: np.ndarray, patience: float) -> np.ndarray:
    """Probability that a rank (from 1) is looked at.

    Examples
    --------
    >>> examination(np.array([1, 2, 3]), 0.5).tolist()
    [1.0, 0.5, 0.25]
    """
    if not 0 < patience <= 1:
        raise ParameterError(f"patience is {patience}: it must be above 0 and at most 1")
    return patience ** (np.asarray(rank, dtype=float) - 1)


def skipping(liking: np.ndarray) -> np.ndarray:
    """Probability that a hearing ends as a skip, from preference in [0, 1].

    Examples
    --------
    >>> skipping(np.array([0.0, 1.0])).tolist()
    [0.55, 0.0]
    """
    return 0.55 * (1 - liking) ** 1.5
