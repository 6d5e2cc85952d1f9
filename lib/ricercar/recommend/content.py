r"""Content-based: pieces that sound like what you like.

Conventions
-----------
A listener's profile is the weighted mean of the features of the pieces heard,
:math:`p_u = \sum_i w_{ui} f_i / \sum_i |w_{ui}|`; the score of a piece is the cosine
between profile and features. A weight below 0 (a dislike) pushes the profile away.
Features are standardised columns, so that none counts more because of its unit; given
weights v, the products and squares of feature a in the cosine count :math:`v_a` times.
A piece that nobody has heard yet is scored like any other.

Sources
-------
J. Rocchio, "Relevance feedback in information retrieval", in *The SMART Retrieval
System*, 1971 (the profile as a weighted sum).
"""

import numpy as np
import scipy.sparse as sp
from numpy.typing import ArrayLike

from ricercar.errors import ParameterError
from ricercar.recommend.base import Recommender


class ContentBased(Recommender):
    """Cosine of a listener's profile with each piece's features.

    Similar pieces are those whose features have a large cosine.

    Parameters
    ----------
    features : array_like, shape (pieces, features)
        Standardised and without NaN; row i describes column i of the training matrix.
    feature_weights : array_like, shape (features,), optional
        v, at least one above 0 and none below; all 1 if left out.

    Examples
    --------
    >>> import scipy.sparse as sp
    >>> features = [[1.0, 0.0], [1.0, 1.0], [0.0, 1.0]]
    >>> model = ContentBased(features).fit(sp.csr_array([[1.0, 0.0, 0.0]]))
    >>> model.scores([0]).round(3).tolist()
    [[1.0, 0.707, 0.0]]
    """

    def __init__(self, features: ArrayLike, feature_weights: ArrayLike | None = None) -> None:
        self.features = standardised(features)
        count = self.features.shape[1]
        weights = np.ones(count) if feature_weights is None else np.array(feature_weights, float)
        if weights.shape != (count,):
            raise ParameterError(f"feature_weights has shape {weights.shape} for {count} features")
        if not np.isfinite(weights).all() or (weights < 0).any() or not (weights > 0).any():
            raise ParameterError("feature_weights must be finite, not negative, and not all 0")
        self.feature_weights = None if feature_weights is None else weights
        self._stretched = self.features * np.sqrt(weights)

    def _train(self, matrix: sp.csr_array) -> None:
        one_row_a_piece(self.features, matrix)
        weights = np.asarray(abs(matrix).sum(axis=1)).ravel()
        profiles = (matrix @ self._stretched) / np.where(weights > 0, weights, 1.0)[:, None]
        lengths = np.linalg.norm(profiles, axis=1) * weights
        self._scale = np.divide(1.0, lengths, out=np.zeros_like(lengths), where=lengths > 0)
        self._profiles = directions(profiles)
        self._directions = directions(self._stretched)

    def _scores(self, rows: np.ndarray) -> np.ndarray:
        return self._profiles[rows] @ self._directions.T

    def _similar(self, items: np.ndarray) -> np.ndarray:
        return self._directions[items] @ self._directions.T

    def _parts(self, row: int, item: int) -> np.ndarray:
        return self._heard(row) * (self._stretched @ self._directions[item]) * self._scale[row]

    def reasons(self, row: int, item: int, n: int = 3) -> list[tuple[int, float]]:
        """The features that speak most for a piece, with their parts of the cosine.

        Returns
        -------
        list of (feature column, part)
            Strongest first, only parts above 0; all columns' parts add up to the score.
        """
        parts = self._profiles[row] * self._directions[item]
        order = np.argsort(-parts, kind="stable")[:n]
        return [(int(column), float(parts[column])) for column in order if parts[column] > 0]

    def level(self, row: int, column: int) -> str:
        """Whether a listener's profile is "high" or "low" in a feature."""
        return "high" if self._profiles[row, column] > 0 else "low"


def standardised(features: ArrayLike) -> np.ndarray:
    """A copy of a table of features, if it can be used.

    Raises
    ------
    ParameterError
        If it is not two-dimensional, or a value is not finite.
    """
    table = np.array(features, dtype=np.float64)
    if table.ndim != 2 or not np.isfinite(table).all():
        raise ParameterError(
            "features must be a table pieces x features without NaN: "
            "standardise them first (ricercar.features.standardise)"
        )
    return table


def one_row_a_piece(features: np.ndarray, matrix: sp.csr_array) -> None:
    """Refuse features that do not describe the matrix's columns."""
    if matrix.shape[1] != len(features):
        raise ParameterError(
            f"{len(features)} rows of features for {matrix.shape[1]} pieces: "
            "give one row per column of the matrix, in its order"
        )


def directions(rows: np.ndarray) -> np.ndarray:
    """Rows of length 1; rows of zeros stay zeros.

    Examples
    --------
    >>> directions(np.array([[3.0, 4.0], [0.0, 0.0]])).tolist()
    [[0.6, 0.8], [0.0, 0.0]]
    """
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    return np.divide(rows, lengths, out=np.zeros_like(rows), where=lengths > 0)
