r"""Listening in the form in which recommenders are compared, wherever it comes from.

Conventions
-----------
* Data without times have NaT in their place (:mod:`ricercar.listening.timed`); ``timed`` is then
  False. Public play counts and ratings have an event per listener and piece: ``value`` of a play
  is the number of plays, of a rating the mean of the pair's ratings.
* The weight of a pair is the sum over its events, see :mod:`ricercar.listening.matrix`. Of data
  from outside the run it is damped, :math:`r_{ui} = \mathrm{sgn}(s_{ui}) \log_2(1 + |s_{ui}|)`,
  because their counts span five orders of magnitude; one play stays 1. A pair that has events
  and the sum 0, such as a rating of 3, is heard and neither liked nor disliked: it gets
  :data:`HEARD`.

Source of the damping: Hu, Koren and Volinsky, *Collaborative filtering for implicit feedback
datasets*, ICDM 2008.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import sparse

from ricercar.listening import matrix

#: weight of a pair whose events say neither yes nor no
HEARD = -0.001

#: kind of event -> what it adds
_WEIGHING = {
    "play": "A play counts by the part that was heard, a number of plays by that number.",
    "favourite": "A favourite counts most.",
    "rating": "A rating above three counts for the piece, one below against it.",
    "skip": "A skip counts against the piece.",
}


@dataclass(frozen=True)
class Listened:
    """Listening and what is known of the pieces.

    Attributes
    ----------
    name : str
        In words, for captions.
    events : DataFrame
        Table ``events``.
    listeners : pandas.Index
        All of them, also those who have done nothing.
    pieces : DataFrame
        Columns ``piece``, ``title``, ``style`` and ``collection`` (an artist, where the source
        has artists); None where unknown.
    features : DataFrame or None
        Standardised, a row per piece in the order of ``pieces``.
    timed : bool
        Whether ``events`` have times.
    simulated : bool
        Whether the listeners were made up.
    damped : bool
        Whether sums of weights are damped.
    test : DataFrame or None
        Events of the published test part, which are not in ``events``.
    refused : DataFrame or None
        Columns ``row``, ``column`` and ``reason``: rows of a log that were not taken.
    published : bool
        Whether it is a public data set.
    report : DataFrame
        Columns ``what`` and ``found``: what was read.
    notes : tuple of str
        What a reader has to know, in sentences.
    """

    name: str
    events: pd.DataFrame
    listeners: pd.Index
    pieces: pd.DataFrame
    features: pd.DataFrame | None
    timed: bool
    simulated: bool
    damped: bool
    report: pd.DataFrame
    notes: tuple[str, ...] = ()
    test: pd.DataFrame | None = None
    refused: pd.DataFrame | None = None
    published: bool = False

    @property
    def standing(self) -> str:
        """Whose listening it is, and so what figures made from it say."""
        if self.simulated:
            return (
                "**These listeners are simulated.** What follows shows that the methods and the "
                "measurements work, and how to read them; it says nothing about real people."
            )
        return (
            f"The listening is that of {self.name}: what follows holds for these listeners and "
            "their time, and for others as far as they are like them."
        )

    @property
    def weighing(self) -> str:
        """How the kinds of events that there are become weights, in Markdown."""
        kinds = {*self.events["kind"]}
        known = [text for kind, text in _WEIGHING.items() if kind in kinds]
        if self.damped:
            known.append(
                r"Sums $s_{ui}$ of listening from elsewhere may span orders of magnitude; they "
                "become "
                r"$\mathrm{sgn}(s_{ui}) \log_2(1 + \lvert s_{ui} \rvert)$."
            )
        return " ".join(known)

    @property
    def styles(self) -> np.ndarray | None:
        """The style of each piece, shape (pieces,); None where fewer than two are known."""
        known = self.pieces["style"]
        return known.to_numpy(object) if known.nunique() > 1 else None

    @property
    def vectors(self) -> np.ndarray | None:
        """The features as an array, shape (pieces, features)."""
        return None if self.features is None else self.features.to_numpy()

    def weights(self, events: pd.DataFrame) -> sparse.csr_array:
        """Weights of listeners and pieces, from some events.

        Parameters
        ----------
        events : DataFrame
            Table ``events``; those of others than ``listeners`` and ``pieces`` are left out.

        Returns
        -------
        scipy.sparse.csr_array, shape (listeners, pieces)
            An entry for each pair that has an event, none of them 0.
        """
        rows, columns = self.listeners, self.pieces["piece"]
        summed = matrix.interactions(events, listeners=rows, pieces=columns).matrix
        if self.damped:
            summed.data = np.sign(summed.data) * np.log2(1 + np.abs(summed.data))
        met = matrix.met(events, rows, columns)
        met.data[:] = 1.0
        silent = sparse.csr_array(met - met.multiply(summed != 0))
        silent.eliminate_zeros()
        found = sparse.csr_array(summed + HEARD * silent)
        found.sort_indices()
        return found

    def ratings(self, events: pd.DataFrame) -> sparse.csr_array:
        """Mean rating of each pair that has one, as stored entries.

        Returns
        -------
        scipy.sparse.csr_array, shape (listeners, pieces)
            For :mod:`ricercar.recommend.ratings`; a rating of 0 is stored, too.
        """
        rated = events[events["kind"] == "rating"]
        means = rated.groupby(["listener", "piece"])["value"].mean().reset_index()
        row = self.listeners.get_indexer(pd.Index(means["listener"]))
        column = pd.Index(self.pieces["piece"]).get_indexer(pd.Index(means["piece"]))
        known = (row >= 0) & (column >= 0)
        value = means["value"].to_numpy(float)[known]
        shape = len(self.listeners), len(self.pieces)
        return sparse.coo_array((value, (row[known], column[known])), shape=shape).tocsr()
