r"""Neighbours: listeners with like taste, or pieces with like audiences.

Conventions
-----------
* ``r[u, i]`` is the weight ("rating") of listener u and piece i; similarities are those
  of rows (listeners) or columns (pieces) of that matrix, see :mod:`.similarities`.
* Only neighbours with a similarity above 0 count; among equally similar ones the
  lower index is nearer. Nobody is their own neighbour.

Which neighbourhood
-------------------
Pieces with the same similarities make very different recommenders, and papers seldom say
which one they mean. Recall@20 and NDCG@20 on Gowalla in the LightGCN split (cosine, 100
neighbours, listeners' 0/1 weights), all from one similarity matrix:

====================================================================== ======= =======
a heard piece speaks for *its* 100 nearest (implicit's cosine model)    0.1157  0.0840
the 100 nearest of the *offered* piece speak for it, ``sum``            0.1271  0.0936
their weighted mean, ``mean``                                           0.1451  0.1088
their weighted mean about each piece's popularity, ``centred``          0.1568  0.1213
====================================================================== ======= =======

In the first, popular pieces are in the list of almost everything. Whether a piece counts
among its own 100 makes no difference to lists without heard pieces. The last row is what
is published as ItemCF with 100 neighbours, 0.1570 and 0.1214. What the last 0.0002 come
from was not traced; the choice among equally similar pieces may be it.

Sources
-------
User neighbours: P. Resnick et al., "GroupLens: an open architecture for collaborative
filtering of netnews", CSCW 1994, in the form without centring that suits implicit
feedback. Item neighbours: B. Sarwar et al., "Item-based collaborative filtering
recommendation algorithms", WWW 2001. The published figures: J. Zhu et al., "BARS: towards
open benchmarking for recommender systems", SIGIR 2022.
"""

import numpy as np
import scipy.sparse as sp

from ricercar.errors import ParameterError
from ricercar.recommend.base import Recommender
from ricercar.recommend.blocks import blocks, each
from ricercar.recommend.ranks import strongest
from ricercar.recommend.similarities import Similarity, check

#: how the neighbours of an offered piece are added up
WEIGHTINGS = ("sum", "mean", "centred")


#: similarities to expect in a row, which sets how many rows are worked on at a time
NEAR = 4_000


def nearest(similarity: Similarity, rows: np.ndarray, neighbours: int) -> sp.csr_array:
    """Similarity of some rows to their nearest other rows.

    Returns
    -------
    scipy.sparse.csr_array, shape (len(rows), all)
        At most ``neighbours`` entries a row, all above 0.
    """
    parts = blocks(len(rows), NEAR)
    found = each(lambda part: strongest(similarity(rows[part]), neighbours), parts)
    return sp.csr_array(sp.vstack(found, format="csr"))


class _Neighbours(Recommender):
    """What both methods share: parameters."""

    _sparsity = 8

    def __init__(self, neighbours: int, similarity: str, shrink: float, alpha: float) -> None:
        if neighbours < 1:
            raise ParameterError(f"neighbours must be at least 1, got {neighbours}")
        check(similarity, shrink, alpha)
        self.neighbours, self.similarity = neighbours, similarity
        self.shrink, self.alpha = shrink, alpha

    def _similarity_of(self, matrix: sp.csr_array) -> Similarity:
        return Similarity(matrix, self.similarity, self.shrink, self.alpha)


class UserNeighbours(_Neighbours):
    r"""Listeners who agree with you, weighted by how much they do.

    .. math:: \hat r_{ui} = \sum_{v \in N_k(u)} r_{vi}\, \mathrm{sim}(u, v)

    Similar pieces are those with the highest cosine of columns.

    Parameters
    ----------
    neighbours : int
        k, the number of nearest listeners that are asked.
    similarity : str
        One of :data:`~ricercar.recommend.similarities.SIMILARITIES`.
    shrink : float
        0 or more; makes similarities small that rest on few pieces.
    alpha : float
        0 to 1, for the cosines; 1/2 is symmetric.

    Examples
    --------
    >>> import scipy.sparse as sp
    >>> weights = sp.csr_array([[1.0, 0.0, 0.0], [1.0, 2.0, 0.0], [0.0, 0.0, 1.0]])
    >>> UserNeighbours(neighbours=1).fit(weights).scores([0]).round(3).tolist()
    [[0.447, 0.894, 0.0]]
    """

    def __init__(
        self,
        neighbours: int = 100,
        similarity: str = "cosine",
        shrink: float = 0.0,
        alpha: float = 0.5,
    ) -> None:
        super().__init__(neighbours, similarity, shrink, alpha)

    def _train(self, matrix: sp.csr_array) -> None:
        self._like = self._similarity_of(matrix)

    def _sparse_weights(self) -> sp.csr_array:
        return self._fitted

    def _sparse_inputs(self, rows: np.ndarray) -> sp.csr_array:
        return strongest(self._like(rows), self.neighbours)

    def _scores(self, rows: np.ndarray) -> np.ndarray:
        return (self._sparse_inputs(rows) @ self._fitted).toarray()

    def _parts(self, row: int, item: int) -> np.ndarray:
        near = strongest(self._like(np.array([row])), self.neighbours)
        return self._like.parts(row, near, self._fitted[near.indices][:, [item]].toarray()[:, 0])


class ItemNeighbours(_Neighbours):
    r"""Pieces that the same listeners hear as those you hear.

    With :math:`s_{ij} = \mathrm{sim}(i, j)` for the k nearest j of the piece i that is
    offered (not of the piece heard), and 0 for others:

    ======= ================================================================================
    sum     :math:`\hat r_{ui} = \sum_j s_{ij} r_{uj}`
    mean    :math:`\hat r_{ui} = \sum_j s_{ij} r_{uj} / \sum_j s_{ij}`
    centred :math:`\hat r_{ui} = \bar r_i + \sum_j s_{ij} (r_{uj} - \bar r_j) / \sum_j s_{ij}`
    ======= ================================================================================

    where :math:`\bar r_i` is the mean of column i over all listeners, those who have not
    heard it counting 0. Similar pieces are those with the highest :math:`\mathrm{sim}(i, j)`.

    Parameters
    ----------
    neighbours : int
        k, the number of nearest pieces that speak for a piece.
    similarity : str
        One of :data:`~ricercar.recommend.similarities.SIMILARITIES`.
    shrink : float
        0 or more; makes similarities small that rest on few listeners.
    alpha : float
        0 to 1, for the cosines; 1/2 is symmetric.
    weighting : str
        ``sum``, ``mean`` or ``centred``. With ``centred``, reasons leave out what does
        not come from the listener: the same for all listeners, it depends on the piece.

    Examples
    --------
    >>> import scipy.sparse as sp
    >>> weights = sp.csr_array([[1.0, 0.0, 0.0], [1.0, 2.0, 0.0], [0.0, 0.0, 1.0]])
    >>> ItemNeighbours().fit(weights).scores([0]).round(3).tolist()
    [[0.0, 0.707, 0.0]]
    """

    def __init__(
        self,
        neighbours: int = 100,
        similarity: str = "cosine",
        shrink: float = 0.0,
        alpha: float = 0.5,
        weighting: str = "sum",
    ) -> None:
        super().__init__(neighbours, similarity, shrink, alpha)
        if weighting not in WEIGHTINGS:
            raise ParameterError(
                f"there is no weighting {weighting!r}; known: {', '.join(WEIGHTINGS)}"
            )
        self.weighting = weighting

    def _train(self, matrix: sp.csr_array) -> None:
        self._like = self._similarity_of(sp.csr_array(matrix.T))
        near = nearest(self._like, np.arange(matrix.shape[1]), self.neighbours)
        self._bias = None
        if self.weighting != "sum":
            totals = np.asarray(near.sum(axis=1)).ravel()
            near.data /= np.repeat(totals, np.diff(near.indptr))
        if self.weighting == "centred":
            means = np.asarray(matrix.mean(axis=0)).ravel()
            self._bias = means - near @ means
        self._weights = sp.csr_array(near.T)

    def _sparse_weights(self) -> sp.csr_array | None:
        return None if self._bias is not None else self._weights

    def _scores(self, rows: np.ndarray) -> np.ndarray:
        scores = (self._fitted[rows] @ self._weights).toarray()
        return scores if self._bias is None else scores + self._bias

    def _similar(self, items: np.ndarray) -> np.ndarray:
        return self._like(items).toarray()

    def _parts(self, row: int, item: int) -> np.ndarray:
        return self._heard(row) * self._weights[:, [item]].toarray()[:, 0]
