"""A set of pieces and what is seen of each, measured once for every test that looks at it.

Conventions
-----------
* *Seen* of a piece are the measures of :mod:`.music` and the features of
  :mod:`ricercar.features`; what classifiers of style may look at is more than what sets are
  compared by (:func:`described`).
* What is drawn together when intervals are computed is a *group*
  (:func:`ricercar.assess.reference.groups_of`).
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from ricercar import features
from ricercar.assess import music
from ricercar.assess.reference import Tables, chosen, groups_of

#: features that are measures of the scorecard under another name
_TWICE = ("harmony.parallel_fifths", "harmony.parallel_octaves")


@dataclass(frozen=True)
class MeasuredSet:
    """A set of pieces with what is seen of each.

    Attributes
    ----------
    tables : (pieces, notes)
        Pieces with the column group.
    measures : pandas.DataFrame
        Column piece, then :data:`ricercar.assess.music.MEASURES`.
    features : pandas.DataFrame
        Column piece, then every feature of :mod:`ricercar.features`.
    """

    tables: Tables
    measures: pd.DataFrame
    features: pd.DataFrame

    @classmethod
    def of(cls, one: Tables) -> "MeasuredSet":
        """Measure a set; without the columns meter and pickup the meter is unknown.

        Parameters
        ----------
        one : (pieces, notes)
            See :mod:`ricercar.tables`.

        Examples
        --------
        >>> pieces = pd.DataFrame({"piece": ["a"], "meter": ["4/4"], "pickup": [0]})
        >>> notes = pd.DataFrame({"piece": "a", "part": 0, "onset": [0, 480, 960],
        ...                       "duration": 480, "pitch": [60, 62, 67]})
        >>> found = MeasuredSet.of((pieces, notes))
        >>> found.table[["piece", "note_density", "melody.step_share"]].values.tolist()
        [['a', 1.0, 0.5]]
        """
        pieces, notes = one[0].reset_index(drop=True), one[1]
        pieces = pieces.assign(group=groups_of(pieces))
        unknown = {"meter": None, "pickup": 0}
        full = pieces.assign(**{c: value for c, value in unknown.items() if c not in pieces})
        return cls((pieces, notes), music.per_piece(full, notes), features.extract(full, notes))

    def __len__(self) -> int:
        return len(self.tables[0])

    @property
    def groups(self) -> pd.Series:
        """Group of each piece."""
        return self.tables[0]["group"]

    @property
    def table(self) -> pd.DataFrame:
        """What sets are compared by: see :func:`described`."""
        names = [name for name in features.meter_free if name not in _TWICE]
        return pd.concat([self.measures, self.features[names]], axis=1)

    def rows(self, kept: np.ndarray) -> "MeasuredSet":
        """The pieces of a boolean mask, as they were measured."""
        measures, seen = (t[kept].reset_index(drop=True) for t in (self.measures, self.features))
        return MeasuredSet(chosen(self.tables, kept), measures, seen)

    def thinned(self, limit: int, seed: int) -> "MeasuredSet":
        """At most so many pieces, drawn at random, in their order."""
        if len(self) <= limit:
            return self
        kept = np.zeros(len(self), dtype=bool)
        kept[np.random.default_rng(seed).permutation(len(self))[:limit]] = True
        return self.rows(kept)


def described(pieces: pd.DataFrame, notes: pd.DataFrame) -> pd.DataFrame:
    """What sets of pieces are compared by.

    Parameters
    ----------
    pieces, notes : pandas.DataFrame
        A set of pieces, see :mod:`ricercar.tables`.

    Returns
    -------
    pandas.DataFrame
        Column piece, :data:`ricercar.assess.music.MEASURES`, and the features of
        :mod:`ricercar.features` that do not show the notated meter, which grids and many
        files do not have; none stands twice.
    """
    return MeasuredSet.of((pieces, notes)).table
