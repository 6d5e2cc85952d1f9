"""The most popular pieces: what every other method must beat.

Conventions
-----------
The score of a piece is the number of listeners who like it (weight above 0), the
same for every listener.
"""

import numpy as np
import scipy.sparse as sp

from ricercar.recommend.base import Recommender


class MostPopular(Recommender):
    """Everybody gets what most listeners like.

    Examples
    --------
    >>> import scipy.sparse as sp
    >>> model = MostPopular().fit(sp.csr_array([[1, 1, 0], [0, 1, 0]]))
    >>> model.recommend([0, 1], n=2)[0].tolist()
    [[1, 0], [1, 0]]
    """

    def _train(self, matrix: sp.csr_array) -> None:
        pass  # the base class counts popularity, for the sake of cold listeners

    def _scores(self, rows: np.ndarray) -> np.ndarray:
        scores = np.empty((len(rows), len(self._popularity)))
        scores[:] = self._popularity
        return scores
