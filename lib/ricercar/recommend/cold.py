r"""New pieces among known ones: a piece that nobody has heard is scored by its sound.

Goal: what has just been composed or added can be offered at once, beside pieces whose
listeners are known, by any collaborative method.

Conventions
-----------
* A piece is *warm* when the training matrix holds any weight for it, else *cold*. Warm
  pieces keep the scores of the collaborative model.
* :math:`N_i` are the warm pieces, at most k and not i itself, whose features have the
  largest cosine with those of piece i, above 0. The *estimate* of any piece is
  :math:`e_{ui} = \sum_{j \in N_i} \cos(f_i, f_j)\,s_{uj} / \sum_{j \in N_i} \cos(f_i, f_j)`.
* A mean over neighbours spreads less than the scores themselves, so no cold piece would
  ever stand at the top. Warm pieces have both a score and an estimate; the estimates of
  cold pieces are moved to the scores' scale by the means and standard deviations of
  both over the warm pieces, for each listener:

  .. math:: s_{ui} = \mu^s_u + (e_{ui} - \mu^e_u)\,\sigma^s_u / \sigma^e_u

* A cold piece with no neighbour gets the listener's lowest warm score.
* A cold *listener* gets popularity, where a cold piece has 0.

Sources
-------
Z. Gantner et al., "Learning attribute-to-feature mappings for cold-start
recommendations", ICDM 2010 (the mapping by nearest neighbours in the attributes).
"""

import numpy as np
import scipy.sparse as sp
from numpy.typing import ArrayLike

from ricercar.errors import ParameterError
from ricercar.recommend.base import Recommender
from ricercar.recommend.blocks import blocks, one_thread
from ricercar.recommend.content import directions, one_row_a_piece, standardised
from ricercar.recommend.ranks import best
from ricercar.recommend.weights import cosines


class ColdItems(Recommender):
    """A collaborative model that can also offer pieces without any listener.

    Similar pieces are the model's; of a cold piece those with similar features.

    Parameters
    ----------
    model : Recommender
        Scores the warm pieces; trained together with this one.
    features : array_like, shape (pieces, features)
        Standardised and without NaN; row i describes column i of the training matrix.
    neighbours : int
        k.

    Examples
    --------
    Nobody has heard the last two pieces.

    >>> from ricercar import recommend
    >>> heard = sp.csr_array([[1, 1, 0, 0, 0, 0], [1, 0, 0, 0, 0, 0], [0, 0, 1, 1, 0, 0]])
    >>> features = [[1, 0], [1, 0.1], [0, 1], [0.1, 1], [0, 2], [2, 0]]
    >>> model = ColdItems(recommend.create("item_knn"), features).fit(heard)
    >>> model.recommend([1], n=2, exclude=heard)[0].tolist()
    [[1, 5]]
    """

    def __init__(self, model: Recommender, features: ArrayLike, neighbours: int = 20) -> None:
        if neighbours < 1:
            raise ParameterError(f"neighbours must be at least 1, got {neighbours}")
        self.model, self.features, self.neighbours = model, standardised(features), neighbours

    def _train(self, matrix: sp.csr_array) -> None:
        one_row_a_piece(self.features, matrix)
        self.model.fit(matrix)
        self._cold = np.bincount(matrix.indices, minlength=matrix.shape[1]) == 0
        if self._cold.any():
            with one_thread():
                self._near = _shares_of_neighbours(self.features, self._cold, self.neighbours)
            self._placed = np.diff(self._near.indptr) > 0

    def _scores(self, rows: np.ndarray) -> np.ndarray:
        scores = self.model._all_scores(rows)
        if self._cold.any():
            estimates, scale, shift = self._calibrated(scores)
            lowest = scores[:, ~self._cold].min(axis=1, keepdims=True)
            moved = np.where(self._placed, estimates * scale + shift, lowest)
            scores[:, self._cold] = moved[:, self._cold]
        return scores

    def _calibrated(self, scores: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Estimates of all pieces, and what moves each listener's to the scale of scores."""
        estimates = (self._near @ scores.T).T
        warm = scores[:, ~self._cold]
        known = estimates[:, self._placed & ~self._cold]
        if not known.shape[1]:
            known = np.zeros((len(scores), 1))
        spread = known.std(axis=1, keepdims=True)
        scale = np.divide(
            warm.std(axis=1, keepdims=True), spread, out=np.zeros_like(spread), where=spread > 1e-12
        )
        return (
            estimates,
            scale,
            warm.mean(axis=1, keepdims=True) - scale * known.mean(axis=1, keepdims=True),
        )

    def _similar(self, items: np.ndarray) -> np.ndarray:
        near = self.model._similar(items)
        new = self._cold[items]
        if new.any():
            near[new] = cosines(self.features, items[new])
        return near

    def _parts(self, row: int, item: int) -> np.ndarray:
        if not self._cold[item]:
            return self.model._parts(row, item)
        near = self._near[[item]]
        _, scale, _ = self._calibrated(self.model._all_scores(np.array([row])))
        total = np.zeros(self.shape[1])
        for neighbour, share in zip(near.indices.tolist(), near.data.tolist(), strict=True):
            total += share * scale[0, 0] * self.model._parts(row, neighbour)
        return total


def _shares_of_neighbours(features: np.ndarray, cold: np.ndarray, neighbours: int) -> sp.csr_array:
    """Row i: what each warm neighbour of piece i counts in its estimate, with the sum 1."""
    towards, warm = directions(features), np.flatnonzero(~cold)
    pieces = len(features)
    found = []
    for part in blocks(pieces, len(warm)):
        cosines = towards[part] @ towards[warm].T
        own = np.flatnonzero(~cold[part])
        cosines[own, np.searchsorted(warm, own + part.start)] = -np.inf
        items, values = best(cosines, neighbours)
        kept = values > 1e-12  # rounding alone makes right angles a little acute
        weight = np.where(kept, values, 0.0)
        total = weight.sum(axis=1, keepdims=True)
        np.divide(weight, total, out=weight, where=total > 0)
        ends = np.concatenate([[0], np.cumsum(kept.sum(axis=1))])
        shape = (len(cosines), pieces)
        found.append(sp.csr_array((weight[kept], warm[items[kept]], ends), shape=shape))
    return sp.csr_array(sp.vstack(found, format="csr"))
