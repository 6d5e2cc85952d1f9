r"""EASE on the graph: linear weights of pieces on pieces, after both sides are normalised.

Goal: what EASE misses. It learns from raw likes, so that busy listeners and popular pieces
decide; and it takes pieces two by two, where a low-pass filter sees what many have in common.

Conventions
-----------
* With R, :math:`D_U, D_I, \bar V` of :mod:`.graph`, EASE's weights W are those of
  :math:`D_U^{-a} R D_I^{-b}`: a of 0 lets every like count the same, a of 1/2 every
  listener; b of 1/2 would count pieces by their likes no more.
* The penalty is given as a multiple of the mean diagonal of the normalised Gram matrix, so
  that one value suits catalogues of any size and any exponents.
* Similar pieces are those for which hearing one speaks most, by its row of the filter.

Sources
-------
H. Steck, WWW 2019 (EASE); Y. Shen et al., CIKM 2021 (the ideal low-pass filter). Normalising
with free exponents: Fu et al., "Revisiting neighborhood-based link prediction for
collaborative filtering", WWW 2022 (LinkProp). Putting the three together is ours.
"""

import numpy as np
import scipy.sparse as sp

from ricercar.errors import ParameterError
from ricercar.recommend import closed_form
from ricercar.recommend.base import Recommender
from ricercar.recommend.graph import normalised, powers, right_singular
from ricercar.recommend.weights import liked


class GraphEase(Recommender):
    r"""EASE of normalised likes, plus an ideal low-pass filter.

    .. math:: s_u = r_u \left(D_I^{-b} W D_I^{b}
        + \beta\, D_I^{-1/2} \bar V \bar V^\top D_I^{1/2}\right)

    Memory grows with the square of the number of listeners or of pieces, whichever are fewer:
    8 bytes each, or 4 in single precision.

    Parameters
    ----------
    penalty : float
        lambda over the mean diagonal of the Gram matrix, above 0.
    listener_exponent, piece_exponent : float
        a and b, in 0..1.
    factors : int
        Singular vectors that the low-pass filter lets through.
    beta : float
        Weight of the low-pass filter; 0 leaves it out.
    single : bool
        Whether to work in single precision.

    Examples
    --------
    >>> weights = sp.csr_array([[1.0, 1.0, 0.0], [0.0, 1.0, 1.0], [1.0, 0.0, 0.0]])
    >>> model = GraphEase(penalty=1.0, listener_exponent=0.0, piece_exponent=0.0, beta=0.0)
    >>> model.fit(weights).scores([2]).round(3).tolist()
    [[0.0, 0.273, -0.08]]
    """

    def __init__(
        self,
        penalty: float = 6.0,
        listener_exponent: float = 0.33,
        piece_exponent: float = 0.3,
        factors: int = 128,
        beta: float = 0.2,
        single: bool = False,
    ) -> None:
        if not penalty > 0:
            raise ParameterError(f"penalty must be above 0, got {penalty}")
        for name, value in (
            ("listener_exponent", listener_exponent),
            ("piece_exponent", piece_exponent),
        ):
            if not 0 <= value <= 1:
                raise ParameterError(f"{name} must lie in 0..1, got {value}")
        if factors < 1:
            raise ParameterError(f"factors must be at least 1, got {factors}")
        if not beta >= 0:
            raise ParameterError(f"beta must not be negative, got {beta}")
        self.penalty, self.factors, self.beta, self.single = penalty, factors, beta, single
        self.listener_exponent, self.piece_exponent = listener_exponent, piece_exponent

    def _train(self, matrix: sp.csr_array) -> None:
        kind = np.float32 if self.single else np.float64
        ones = liked(matrix)
        listeners, pieces = (np.asarray(ones.sum(axis=axis)).ravel() for axis in (1, 0))
        into = powers(pieces, -self.piece_exponent)
        even = sp.diags_array(powers(listeners, -self.listener_exponent)) @ ones
        even = sp.csr_array(even @ sp.diags_array(into)).astype(kind)
        diagonal = np.asarray(even.multiply(even).sum(axis=0)).ravel()
        self._weights = closed_form.solved(even, self.penalty * float(diagonal.mean()))
        self._liked, self._into = ones.astype(kind), into
        # a listener's likes are a row of the normalised matrix, raised again
        self._raise = powers(listeners, self.listener_exponent).astype(kind)
        self._onto = powers(pieces, self.piece_exponent).astype(kind)
        if self.beta:
            passed = right_singular(normalised(ones), self.factors)
            self._in = (powers(pieces, -0.5)[:, None] * passed).astype(kind)
            self._out = (self.beta * powers(pieces, 0.5)[:, None] * passed).T.astype(kind)

    def _scores(self, rows: np.ndarray) -> np.ndarray:
        scores = self._weights.rebuilt(rows)
        np.multiply(scores, self._raise[rows, None], out=scores)
        np.multiply(scores, self._onto, out=scores)
        if self.beta:
            scores += (self._liked[rows] @ self._in) @ self._out
        return scores.astype(np.float64, copy=False)

    def _similar(self, items: np.ndarray) -> np.ndarray:
        found = self._weights.out_of(items) * self._into[items, None] * self._onto
        if self.beta:
            found += self._in[items] @ self._out
        return found

    def _parts(self, row: int, item: int) -> np.ndarray:
        weights = self._into * self._weights.into(item).astype(np.float64) * self._onto[item]
        if self.beta:
            weights += self._in @ self._out[:, item]
        return self._liked[[row]].toarray()[0] * weights
