r"""Mult-VAE: a variational autoencoder with a multinomial likelihood.

Goal: the nonlinear model that linear ones are measured against.

Conventions
-----------
* Learns from the liked pieces as a 0/1 matrix (weight above 0). The encoder reads a
  listener's row :math:`x_u`, scaled to length 1, through one hidden layer (tanh) into
  means :math:`\mu_u` and logarithms of variances :math:`\log \sigma_u^2`; the decoder
  turns :math:`z_u` through one hidden layer into a logit :math:`f_{ui}` per piece.
* It maximises, over listeners,
  :math:`\sum_i x_{ui} \log \mathrm{softmax}_i(f_u(z_u)) - \beta\, \mathrm{KL}(q(z_u)
  \,\|\, N(0, I))` with :math:`z_u = \mu_u + \sigma_u \epsilon` and entries of the input
  dropped at random; beta grows from 0 to its final value in a straight line over the
  first half of the training.
* A score is the logit at :math:`z_u = \mu_u`, without dropout. Similar pieces are those
  with the highest cosine of the decoder's last weights; a piece that nobody likes is
  similar to none.
* TensorFlow is imported while it trains, by one thread where it has not started yet,
  because its sums depend on their number. All that is random is drawn by NumPy from the
  seed. What is kept is NumPy arrays: scoring needs no TensorFlow.

Sources
-------
D. Liang, R. Krishnan, M. Hoffman, T. Jebara, "Variational autoencoders for collaborative
filtering", WWW 2018.
"""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import scipy.sparse as sp

from ricercar.errors import ParameterError
from ricercar.recommend.base import Recommender
from ricercar.recommend.weights import cosines, liked, unit_rows


class VariationalAutoencoder(Recommender):
    """Mult-VAE, trained with Keras, scored with NumPy.

    Parameters
    ----------
    hidden, latent : int
        Widths of the hidden layers and of z.
    dropout : float
        Share of the input's entries that a step does not see, 0 or more, below 1.
    beta : float
        Final weight of the divergence from the prior, 0 or more.
    epochs, batch : int
        Passes over the listeners, and listeners in a step.
    learning_rate : float
        Of Adam.
    seed : int
    """

    def __init__(
        self,
        hidden: int = 128,
        latent: int = 32,
        dropout: float = 0.5,
        beta: float = 0.2,
        epochs: int = 100,
        batch: int = 100,
        learning_rate: float = 0.002,
        seed: int = 0,
    ) -> None:
        if min(hidden, latent, epochs, batch) < 1:
            raise ParameterError(
                "hidden, latent, epochs and batch must be at least 1, "
                f"got {hidden}, {latent}, {epochs} and {batch}"
            )
        if not 0 <= dropout < 1:
            raise ParameterError(f"dropout must lie in 0..1, below 1, got {dropout}")
        if not beta >= 0:
            raise ParameterError(f"beta must not be negative, got {beta}")
        if not learning_rate > 0:
            raise ParameterError(f"learning_rate must be above 0, got {learning_rate}")
        self.hidden, self.latent, self.dropout, self.beta = hidden, latent, dropout, beta
        self.epochs, self.batch, self.learning_rate = epochs, batch, learning_rate
        self.seed = seed

    def _train(self, matrix: sp.csr_array) -> None:
        from ricercar.gan.backend import use_threads

        use_threads(1)
        likes = liked(matrix)
        self._input = unit_rows(likes)
        rng = np.random.default_rng(self.seed)
        sizes = (matrix.shape[1], self.hidden, 2 * self.latent, self.hidden, matrix.shape[1])
        layers = _layers(sizes, self.latent, rng)
        step = _step(layers, self.latent, self.learning_rate)
        warm = np.flatnonzero(np.diff(likes.indptr))
        total = self.epochs * -(-len(warm) // self.batch)
        for number, rows in enumerate(self._batches(warm, rng)):
            seen = self._input[rows]
            seen.data *= (rng.random(seen.nnz) >= self.dropout) / (1 - self.dropout)
            noise = rng.standard_normal((len(rows), self.latent))
            beta = self.beta * min(1.0, 2 * number / total)
            given = (seen.toarray(), likes[rows].toarray(), noise, beta)
            step(*(np.asarray(some, np.float32) for some in given))
        self._layers = [
            tuple(np.asarray(some, dtype=np.float64) for some in layer.get_weights())
            for layer in layers
        ]

    def _batches(self, rows: np.ndarray, rng: np.random.Generator) -> Iterator[np.ndarray]:
        for _ in range(self.epochs):
            order = rng.permutation(rows)
            for start in range(0, len(order), self.batch):
                yield order[start : start + self.batch]

    def _scores(self, rows: np.ndarray) -> np.ndarray:
        (first, a), (second, b), (third, c), (last, d) = self._layers
        means = np.tanh(self._input[rows] @ first + a) @ second[:, : self.latent]
        return np.tanh((means + b[: self.latent]) @ third + c) @ last + d

    def _similar(self, items: np.ndarray) -> np.ndarray:
        return cosines(self._layers[-1][0].T * (self._popularity > 0)[:, None], items)


def _layers(sizes: tuple[int, ...], latent: int, rng: np.random.Generator) -> list[Any]:
    """Four dense Keras layers with weights drawn by NumPy (Glorot)."""
    from ricercar.gan.backend import keras

    inputs = (sizes[0], sizes[1], latent, sizes[3])
    layers = []
    for width, units, activation in zip(inputs, sizes[1:], ("tanh", None) * 2, strict=True):
        layer = keras.layers.Dense(units, activation=activation)
        layer.build((None, width))
        spread = np.sqrt(6.0 / (width + units))
        layer.set_weights([rng.uniform(-spread, spread, (width, units)), np.zeros(units)])
        layers.append(layer)
    return layers


def _step(layers: list[Any], latent: int, learning_rate: float) -> Callable[..., Any]:
    """One step of Adam on a batch: (input, likes, noise, beta) -> loss."""
    from ricercar.gan.backend import keras, tf

    weights = [weight for layer in layers for weight in layer.trainable_variables]
    adam = keras.optimizers.Adam(learning_rate)
    adam.build(weights)

    @tf.function(reduce_retracing=True)
    def step(seen: Any, likes: Any, noise: Any, beta: Any) -> Any:
        with tf.GradientTape() as tape:
            told = layers[1](layers[0](seen))
            mean, variance = told[:, :latent], told[:, latent:]
            logits = layers[3](layers[2](mean + tf.exp(0.5 * variance) * noise))
            likelihood = tf.reduce_sum(likes * tf.nn.log_softmax(logits), axis=1)
            divergence = 0.5 * tf.reduce_sum(tf.exp(variance) + mean**2 - 1.0 - variance, axis=1)
            loss = tf.reduce_mean(beta * divergence - likelihood)
        adam.apply_gradients(zip(tape.gradient(loss, weights), weights, strict=True))
        return loss

    return step
