r"""A linear model of pieces on pieces that also knows how they sound.

Conventions
-----------
As :class:`~ricercar.recommend.linear.Ease`, but below the 0/1 matrix X of liked pieces
stand the features of the pieces as if each were a listener: the weights B rebuild both,

.. math:: \min_B \; \|X - XB\|^2 + \alpha\,\|F^\top - F^\top B\|^2 + \lambda\,\|B\|^2,
          \qquad B_{jj} = 0.

Rows of F are scaled to length 1, so that alpha says how many shared listeners a perfect
likeness in features counts as. A piece that nobody has heard is described by its
features alone, and gets weights from the pieces that sound like it.

Sources
-------
O. Jeunen, J. Van Balen, B. Goethals, "Closed-form models for collaborative filtering
with side-information", RecSys 2020 (collective EASE).
"""

import numpy as np
import scipy.sparse as sp
from numpy.typing import ArrayLike

from ricercar.errors import ParameterError
from ricercar.recommend import closed_form
from ricercar.recommend.blocks import one_thread
from ricercar.recommend.content import directions, one_row_a_piece, standardised
from ricercar.recommend.linear import Ease
from ricercar.recommend.weights import liked


class AugmentedLinear(Ease):
    """EASE with features of the pieces as side information.

    Memory grows with the square of the number of pieces, or of listeners and features together,
    whichever are fewer (8 bytes each).

    Parameters
    ----------
    features : array_like, shape (pieces, features)
        Standardised and without NaN; row i describes column i of the training matrix.
    penalty : float
        lambda, above 0.
    alpha : float
        Weight of the features, 0 (plain EASE) or more.

    Examples
    --------
    Nobody has heard the last two pieces; the first of them sounds like what is liked.

    >>> heard = sp.csr_array([[1.0, 0.0, 0.0, 0.0], [0.0, 1.0, 0.0, 0.0]])
    >>> features = [[1.0, 0.0], [0.0, 1.0], [2.0, 0.1], [0.1, 2.0]]
    >>> model = AugmentedLinear(features, penalty=1.0).fit(heard)
    >>> model.recommend([0], n=1, exclude=heard)[0].tolist()
    [[2]]
    """

    def __init__(self, features: ArrayLike, penalty: float = 100.0, alpha: float = 10.0) -> None:
        super().__init__(penalty)
        if not alpha >= 0:
            raise ParameterError(f"alpha must not be negative, got {alpha}")
        self.features, self.alpha = standardised(features), alpha

    def _train(self, matrix: sp.csr_array) -> None:
        one_row_a_piece(self.features, matrix)
        self._liked = liked(matrix)
        with one_thread():
            towards = np.sqrt(self.alpha) * directions(self.features).T
        self._weights = closed_form.solved(self._liked, self.penalty, np.ascontiguousarray(towards))
