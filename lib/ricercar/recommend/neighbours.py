"""Neighbours: listeners with like taste, or pieces with like audiences.

Conventions
-----------
* ``r[u, i]`` is the weight ("rating") of listener u and piece i; similarity is the
  cosine of rows (listeners) or columns (pieces) of that matrix.
* Only neighbours with a similarity above 0 count; among equally similar ones the
  lower index is nearer. Nobody is their own neighbour.

Sources
-------
User neighbours: P. Resnick et al., "GroupLens: an open architecture for collaborative
filtering of netnews", CSCW 1994, in the form without centring that suits implicit
feedback. Item neighbours: B. Sarwar et al., "Item-based collaborative filtering
recommendation algorithms", WWW 2001.
"""

import numpy as np
import scipy.sparse as sp

from ricercar.errors import ParameterError
from ricercar.recommend.base import Recommender, blocks
from ricercar.recommend.ranks import best


def unit_rows(matrix: sp.csr_array) -> sp.csr_array:
    """Rows scaled to length 1; empty rows stay empty.

    Examples
    --------
    >>> unit_rows(sp.csr_array([[3.0, 4.0], [0.0, 0.0]])).toarray().round(3).tolist()
    [[0.6, 0.8], [0.0, 0.0]]
    """
    lengths = np.sqrt(np.asarray(matrix.multiply(matrix).sum(axis=1)).ravel())
    inverse = np.divide(1.0, lengths, out=np.zeros_like(lengths), where=lengths > 0)
    return sp.csr_array(sp.diags_array(inverse) @ matrix)


def nearest(unit: sp.csr_array, rows: np.ndarray, neighbours: int) -> sp.csr_array:
    """Cosine similarity of some rows to their nearest other rows.

    Parameters
    ----------
    unit : scipy.sparse.csr_array, shape (all, features)
        Rows of length 1.
    rows : numpy.ndarray of int, shape (n,)
    neighbours : int

    Returns
    -------
    scipy.sparse.csr_array, shape (n, all)
        At most ``neighbours`` entries a row, all above 0.
    """
    total = unit.shape[0]
    transposed = unit.T.tocsr()
    found = []
    for part in blocks(len(rows), total):
        similarity = (unit[rows[part]] @ transposed).toarray()
        similarity[np.arange(len(similarity)), rows[part]] = -np.inf
        items, values = best(similarity, neighbours)
        kept = values > 0  # NaN, where there is no neighbour, is not above 0
        ends = np.concatenate([[0], np.cumsum(kept.sum(axis=1))])
        found.append(
            sp.csr_array((values[kept], items[kept], ends), shape=(len(similarity), total))
        )
    return sp.csr_array(sp.vstack(found, format="csr"))


def _count(neighbours: int) -> int:
    if neighbours < 1:
        raise ParameterError(f"neighbours must be at least 1, got {neighbours}")
    return neighbours


class UserNeighbours(Recommender):
    r"""Listeners who agree with you, weighted by how much they do.

    .. math:: \hat r_{ui} = \sum_{v \in N_k(u)} r_{vi}\, \mathrm{sim}(u, v)

    Parameters
    ----------
    neighbours : int
        k, the number of nearest listeners that are asked.

    Examples
    --------
    >>> import scipy.sparse as sp
    >>> weights = sp.csr_array([[1.0, 0.0, 0.0], [1.0, 2.0, 0.0], [0.0, 0.0, 1.0]])
    >>> UserNeighbours(neighbours=1).fit(weights).scores([0]).round(3).tolist()
    [[0.447, 0.894, 0.0]]
    """

    def __init__(self, neighbours: int = 100) -> None:
        self.neighbours = _count(neighbours)

    def _train(self, matrix: sp.csr_array) -> None:
        self._unit = unit_rows(matrix)

    def _scores(self, rows: np.ndarray) -> np.ndarray:
        return (nearest(self._unit, rows, self.neighbours) @ self._fitted).toarray()

    def _parts(self, row: int, item: int) -> np.ndarray:
        near = nearest(self._unit, np.array([row]), self.neighbours)
        weights = self._unit[near.indices].multiply(
            self._fitted[near.indices][:, [item]].toarray()
        )  # the similarity to a neighbour is itself a sum over the pieces that both heard
        return self._unit[[row]].toarray()[0] * np.asarray(weights.sum(axis=0)).ravel()


class ItemNeighbours(Recommender):
    r"""Pieces that the same listeners hear as those you hear.

    .. math:: \hat r_{ui} = \sum_{j \in N_k(i)} r_{uj}\, \mathrm{sim}(i, j)

    The neighbourhood is that of the piece that is offered, i, not of the piece heard.

    Parameters
    ----------
    neighbours : int
        k, the number of nearest pieces that speak for a piece.
    """

    def __init__(self, neighbours: int = 100) -> None:
        self.neighbours = _count(neighbours)

    def _train(self, matrix: sp.csr_array) -> None:
        unit = unit_rows(matrix.T.tocsr())
        everything = np.arange(unit.shape[0])
        self._similarity = nearest(unit, everything, self.neighbours).T.tocsr()

    def _scores(self, rows: np.ndarray) -> np.ndarray:
        return (self._fitted[rows] @ self._similarity).toarray()

    def _parts(self, row: int, item: int) -> np.ndarray:
        return self._heard(row) * self._similarity[:, [item]].toarray()[:, 0]
