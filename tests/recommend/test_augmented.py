import numpy as np
import pytest
import scipy.sparse as sp

from ricercar import recommend
from ricercar.errors import ParameterError

RNG = np.random.default_rng(5)
X = (RNG.random((15, 7)) < 0.4).astype(float)
X[:, 6] = 0.0  # nobody has heard it
FEATURES = RNG.normal(size=(7, 3))


def test_weights_are_those_of_a_least_squares_solver():
    """Each column on the others, X over sqrt(alpha) F' over sqrt(lambda) I."""
    model = recommend.create("augmented_linear", features=FEATURES, penalty=0.7, alpha=2.5)
    scores = model.fit(sp.csr_array(X)).scores(range(15))
    unit = FEATURES / np.linalg.norm(FEATURES, axis=1, keepdims=True)
    stacked = np.vstack([X, np.sqrt(2.5) * unit.T])
    expected = np.zeros((7, 7))
    for column in range(7):
        others = np.delete(np.arange(7), column)
        left = np.vstack([stacked[:, others], np.sqrt(0.7) * np.eye(6)])
        right = np.concatenate([stacked[:, column], np.zeros(6)])
        expected[others, column] = np.linalg.lstsq(left, right)[0]
    warm = X.any(axis=1)
    np.testing.assert_allclose(scores[warm], (X @ expected)[warm], atol=1e-12)


def test_without_weight_the_features_do_not_matter():
    plain = recommend.create("ease", penalty=3.0).fit(sp.csr_array(X)).scores(range(15))
    model = recommend.create("augmented_linear", features=FEATURES, penalty=3.0, alpha=0.0)
    assert np.array_equal(model.fit(sp.csr_array(X)).scores(range(15)), plain)


def test_a_piece_that_nobody_has_heard_is_scored_by_its_sound():
    """Two camps; pieces 6 and 7 are new, one for each camp."""
    side = np.array([0, 0, 0, 1, 1, 1, 0, 1])
    heard = (side[:, None] == side[None, :]) & (np.arange(8) < 6)
    np.fill_diagonal(heard, False)
    features = np.column_stack([2.0 * side - 1, RNG.normal(scale=0.1, size=8)])
    train = sp.csr_array(heard.astype(float))
    model = recommend.create("augmented_linear", features=features, penalty=1.0).fit(train)
    scores = model.scores(range(8))
    assert (scores[side == 0, 6] > scores[side == 0, 7]).all()
    assert (scores[side == 1, 7] > scores[side == 1, 6]).all()
    assert [piece for piece, _ in model.because(0, 6)] != []
    assert not recommend.create("ease", penalty=1.0).fit(train).scores(range(8))[:, 6:].any()


def test_parameters_outside_their_range_are_refused():
    for wrong in ({"alpha": -1.0}, {"alpha": np.nan}, {"penalty": 0.0}, {"features": [[np.inf]]}):
        with pytest.raises(ParameterError):
            recommend.create("augmented_linear", **{"features": FEATURES, **wrong})
    with pytest.raises(ParameterError, match="7 rows of features for 2 pieces"):
        recommend.create("augmented_linear", features=FEATURES).fit(sp.csr_array(np.eye(2)))
