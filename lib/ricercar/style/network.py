"""A small network that reads the notes themselves, on the grid, without any feature.

Goal: to see what the features miss, or add, beside a model that was told nothing about
music but which notes sound.

Conventions
-----------
* Importing this module imports TensorFlow; nothing else in :mod:`ricercar.style` does.
* It reads the tokens of :mod:`ricercar.style.tokens`: while learning an excerpt from a
  random place, at the test the mean of three, from beginning, middle and end.
* It is trained as the other models are, styles weighing the same. One of
  :data:`INNER_FOLDS` folds of the training groups is held out; the weights of the epoch with
  the least log loss on it are kept (early stopping). That is its only chosen setting.
* TensorFlow works with one thread where this is the first to use it: sums depend on it.

Sources
-------
Kim, "Convolutional neural networks for sentence classification", EMNLP 2014 (embedding,
convolution, pooling over time); Prechelt, "Early stopping — but when?", 1998; Kingma and
Ba, "Adam", ICLR 2015.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from ricercar.gan.backend import keras, tf, use_threads
from ricercar.style.models import balanced_log_loss, inner_folds
from ricercar.style.tokens import STEPS, TOKENS, VOICES, excerpts

INNER_FOLDS = 5


@dataclass(frozen=True)
class Recipe:
    """Numbers of a training.

    Attributes
    ----------
    width : int
        Filters of the first convolution; the second has twice as many.
    epochs, patience : int
        At most so many epochs, and so many without a better one before it stops.
    batch : int
        Excerpts in a step.
    rate : float
        Of Adam.
    """

    width: int = 32
    epochs: int = 40
    patience: int = 6
    batch: int = 64
    rate: float = 4e-3


class Reader:
    """The network: embedding, two convolutions, pooling over time, one dense layer.

    Parameters
    ----------
    styles : int
    recipe : Recipe
    seed : int
    """

    def __init__(self, styles: int, recipe: Recipe, seed: int) -> None:
        self.recipe = recipe
        layers, start = keras.layers, keras.initializers.RandomNormal(stddev=0.5, seed=seed)
        first = inputs = keras.Input((STEPS, VOICES), dtype="int32")
        first = layers.Embedding(TOKENS, 6, embeddings_initializer=start)(first)
        first = layers.Reshape((STEPS, VOICES * 6))(first)
        for number, (filters, length, stride) in enumerate(
            ((recipe.width, 12, 4), (2 * recipe.width, 8, 2))
        ):
            first = layers.Conv1D(
                filters,
                length,
                stride,
                "same",
                activation="gelu",
                kernel_initializer=keras.initializers.GlorotUniform(seed + number),
            )(first)
            first = layers.Dropout(0.2, seed=seed + number)(first)
        pooled = [layers.GlobalAveragePooling1D()(first), layers.GlobalMaxPooling1D()(first)]
        pooled = layers.Dropout(0.4, seed=seed + 2)(layers.Concatenate()(pooled))
        last = layers.Dense(styles, kernel_initializer=keras.initializers.GlorotUniform(seed + 2))
        self.model = keras.Model(inputs, last(pooled))
        self._optimizer = keras.optimizers.Adam(recipe.rate)
        self._optimizer.build(self.model.trainable_variables)
        self._epoch = tf.function(self._learn, reduce_retracing=True)
        self._ask = tf.function(lambda token: tf.nn.softmax(self.model(token, training=False)))

    def _learn(self, token: Any, style: Any, weight: Any) -> None:
        for number in tf.range(tf.shape(token)[0]):
            with tf.GradientTape() as tape:
                logits = self.model(token[number], training=True)
                loss = tf.nn.sparse_softmax_cross_entropy_with_logits(style[number], logits)
                loss = tf.reduce_mean(loss * weight[number])
            variables = self.model.trainable_variables
            self._optimizer.apply_gradients(
                zip(tape.gradient(loss, variables), variables, strict=True)
            )

    def ask(
        self, token: np.ndarray, length: np.ndarray, places: tuple[float, ...] = (0.0, 0.5, 1.0)
    ) -> np.ndarray:
        """Probability of each style, shape (pieces, styles): the mean of some excerpts."""
        told = []
        for share in places:
            start = ((length - STEPS) * share).astype(int)
            told.append(self._ask(tf.constant(excerpts(token, start), tf.int32)).numpy())
        mean = np.mean(told, axis=0, dtype=float)
        return mean / mean.sum(axis=1, keepdims=True)

    def train(
        self,
        token: np.ndarray,
        length: np.ndarray,
        style: np.ndarray,
        held_out: np.ndarray,
        rng: np.random.Generator,
    ) -> int:
        """Learn, and keep the weights of the best epoch.

        Parameters
        ----------
        token : numpy.ndarray of int8, shape (pieces, steps, VOICES)
        length : numpy.ndarray of int, shape (pieces,)
        style : numpy.ndarray of int, shape (pieces,)
            Code of the style.
        held_out : numpy.ndarray of bool, shape (pieces,)
            Pieces that it stops by, not learnt from; with none it runs all epochs.
        rng : numpy.random.Generator
            Order and place of the excerpts.

        Returns
        -------
        int
            The best epoch, from 1.
        """
        rows, batch = np.flatnonzero(~held_out), self.recipe.batch
        size = np.bincount(style[rows])
        weight = (len(rows) / (np.count_nonzero(size) * np.maximum(size, 1))).astype(np.float32)
        steps = -(-len(rows) // batch)
        codes = np.arange(int(style.max()) + 1)
        best, kept, weights = np.inf, self.recipe.epochs, None
        for epoch in range(1, self.recipe.epochs + 1):
            # the last batch is filled up from the beginning
            order = np.resize(rng.permutation(rows), steps * batch)
            start = rng.integers(0, length[order] - STEPS + 1)
            read = excerpts(token[order], start).reshape(steps, batch, STEPS, VOICES)
            named = style[order].reshape(steps, batch)
            self._epoch(
                tf.constant(read, tf.int32),
                tf.constant(named, tf.int32),
                tf.constant(weight[named]),
            )
            if not held_out.any():
                continue
            told = self.ask(token[held_out], length[held_out], (0.5,))
            loss = balanced_log_loss(told[:, codes], style[held_out], list(codes))
            if loss < best:
                best, kept, weights = loss, epoch, self.model.get_weights()
            elif epoch >= kept + self.recipe.patience:
                break
        if weights is not None:
            self.model.set_weights(weights)
        return kept


def one_fold(
    token: np.ndarray,
    length: np.ndarray,
    style: np.ndarray,
    group: np.ndarray,
    test: np.ndarray,
    seed: int,
    recipe: Recipe | None = None,
) -> tuple[str, np.ndarray]:
    """Train on the pieces outside a fold and ask about those inside.

    Parameters
    ----------
    token : numpy.ndarray of int8, shape (pieces, steps, VOICES)
    length : numpy.ndarray of int, shape (pieces,)
        From :func:`ricercar.style.tokens.tokens`.
    style, group : numpy.ndarray of str, shape (pieces,)
    test : numpy.ndarray of bool, shape (pieces,)
        The fold.
    seed : int
    recipe : Recipe, optional

    Returns
    -------
    setting : str
        The epoch that was kept, ``17 epochs``.
    probability : numpy.ndarray, shape (pieces of the fold, styles)
        Styles in alphabetical order.
    """
    use_threads(1)
    styles, code = np.unique(style.astype(str), return_inverse=True)
    rest = np.flatnonzero(~test)
    held_out = np.zeros(len(rest), bool)
    for _, stop in inner_folds(style[rest], group[rest], INNER_FOLDS, seed)[:1]:
        held_out[stop] = True
    reader = Reader(len(styles), recipe or Recipe(), seed)
    rng = np.random.default_rng(seed)
    epoch = reader.train(token[rest], length[rest], code[rest], held_out, rng)
    return f"{epoch} epochs", reader.ask(token[test], length[test])
