r"""Music cell by cell and voice by voice: the decoder, as it is trained.

Goal: the probability of what begins in every cell of every voice, given a code (or none),
everything before, and the voices already decided in the same cell. So harmony and form may
come from the code, while rhythm and voice-leading follow from what was really written.
:mod:`.writing` is the same network as it composes, in NumPy.

The network
-----------
A stack of causal dilated convolutions over the cells (A. van den Oord et al., "WaveNet",
2016) sees the cells before; for each voice two dense layers add the voices decided in this
cell. The logit of a note :math:`p` of voice :math:`v` gets, besides,

.. math:: m_v[p - p_v'] + \sum_u t_{vu}[\,p_v' - p_u',\ \mathrm{motion}_u,\ p - p_u\,]

over the decided voices :math:`u`, with :math:`p'` the pitch before and intervals modulo 12:
tables that know two voices by their intervals only, as counterpoint does. They are learnt,
like everything else, from the music; a parallel fifth is one of their 507 entries.

Form is repetition. So the decoder also *recalls* what stood in the same place of the bar one,
two and four bars ago: the logit of that very token gets a weight, which depends on what the
layers know, among it how like then the last beats were (a pointer, after O. Vinyals et al.,
"Pointer networks", 2015).

Conventions
-----------
* ``tokens``, ``sounding`` (batch, cells, voices) int32 as in :mod:`.material`, beats and
  slots in one axis; ``context`` (batch, beats, width of the context): places and code.
* Voices are decided from outside to inside: highest, lowest, then from below.
"""

from typing import Any

import numpy as np

from ricercar.gan.backend import keras, tf
from ricercar.gan.leading import COMPARED, DILATIONS, REACH, RECALLED, TABLE_SCALE, order


class _Dropout:
    """Leaves units out, each time with a seed of its own; nothing without a seed."""

    def __init__(self, rate: float, seed: Any) -> None:
        self.rate, self.seed, self.times = rate, seed, 0

    def next_seed(self) -> Any:
        self.times += 1
        return tf.random.experimental.stateless_fold_in(self.seed, self.times)

    def __call__(self, x: Any) -> Any:
        if self.seed is None or not self.rate:
            return x
        return tf.nn.experimental.stateless_dropout(x, self.rate, self.next_seed())


class Decoder(keras.layers.Layer):
    """Logits of tokens.

    Parameters
    ----------
    pitches, voices, slots : int
        Size of the grid.
    width : int
        Channels of the convolutions and units of the voices' layers.
    dropout : float
        Share of units left out in training.
    forget : float
        Share of (cell, voice) whose past is left out in training, so that little can be
        learnt by heart.
    """

    def __init__(
        self,
        pitches: int,
        voices: int,
        slots: int,
        width: int = 128,
        dropout: float = 0.3,
        forget: float = 0.2,
    ) -> None:
        super().__init__(name="decoder")
        self.pitches, self.voices, self.slots, self.width = pitches, voices, slots, width
        self.dropout, self.forget, self.order = dropout, forget, order(voices)
        dense = keras.layers.Dense
        self.begun = keras.layers.Embedding(voices * (pitches + 2), 16)
        self.before = keras.layers.Embedding(voices * (pitches + 1), 16)
        self.now = keras.layers.Embedding(voices * (pitches + 1), 24)
        self.enter = dense(width)
        self.place = dense(width * slots)
        self.past = [dense(width, use_bias=False) for _ in DILATIONS]
        self.here = [dense(width) for _ in DILATIONS]
        self.leave = [dense(width) for _ in DILATIONS]
        self.first = [dense(width) for _ in range(voices)]
        self.second = [dense(width, activation="gelu") for _ in range(voices)]
        self.out = [dense(pitches + 2) for _ in range(voices)]
        self.recall = [dense(len(RECALLED)) for _ in range(voices)]
        self.classes = [dense(12, use_bias=False) for _ in range(voices)]

    def build(self, *shapes: Any) -> None:
        """Make the tables."""
        v = self.voices

        def table(name: str, shape: tuple[int, ...]) -> Any:
            return self.add_weight(shape=shape, initializer="zeros", name=name)

        self.pairs = table("pairs", (v, v, 13, 3, 13))
        self.steps = table("steps", (v, 2 * REACH + 1))

    def call(self, tokens: Any, sounding: Any, context: Any, bar: Any, seed: Any = None) -> Any:
        """Logits, shape (batch, cells, voices, pitches + 2): hold, rest, pitches.

        ``bar`` (batch,) int32: cells of a bar.

        With a seed of shape (2,) units are left out, as in training.
        """
        drop = _Dropout(self.dropout, seed)
        batch, cells, voices = tf.shape(tokens)[0], tokens.shape[1], self.voices
        begun = tf.pad(tokens, [[0, 0], [1, 0], [0, 0]], constant_values=1)[:, :-1]
        before = tf.pad(sounding, [[0, 0], [1, 0], [0, 0]])[:, :-1]
        each = tf.range(voices)
        seen = self.before(before + each * (self.pitches + 1))
        past = tf.concat([self.begun(begun + each * (self.pitches + 2)), seen], -1)
        if seed is not None and self.forget:
            chance = tf.random.stateless_uniform((batch, cells, voices, 1), drop.next_seed())
            past = tf.where(chance >= self.forget, past, 0.0)
        x = self.enter(tf.reshape(past, (batch, cells, voices * 32)))
        x += tf.reshape(self.place(context), (batch, cells, self.width))
        x = drop(x)
        for far, past_, here, leave in zip(
            DILATIONS, self.past, self.here, self.leave, strict=True
        ):
            back = tf.pad(x, [[0, 0], [far, 0], [0, 0]])[:, :-far]
            x += drop(leave(tf.nn.gelu(past_(back) + here(x))))
        recalled, same = self._recalled(tokens, bar)
        seen = tf.reshape(seen, (batch, cells, voices * 16))
        logits: list[Any] = [None] * voices
        for at, voice in enumerate(self.order):
            decided = self.order[:at]
            y = tf.concat([x, seen, same, self._heard(before, sounding, decided)], -1)
            y = drop(tf.nn.gelu(self.first[at](y)))
            y = drop(self.second[at](y))
            moved = self._leading(voice, decided, before, sounding)
            then = tf.one_hot(recalled[..., voice], self.pitches + 2, dtype=self.compute_dtype)
            again = tf.reduce_sum(self.recall[at](y)[..., None] * then, -2)
            logits[voice] = (
                again
                + self.out[at](y)
                + tf.pad(
                    moved + tf.gather(self.classes[at](y), np.arange(self.pitches) % 12, axis=-1),
                    [[0, 0], [0, 0], [2, 0]],
                )
            )
        return tf.stack(logits, 2)

    def _recalled(self, tokens: Any, bar: Any) -> tuple[Any, Any]:
        """What stood some bars ago, and how like then the last beats were.

        Tokens, -1 before the beginning, shape (batch, cells, bars, voices); and the share of
        equal ones among those just written, shape (batch, cells, spans * bars * voices).
        """
        cells = tokens.shape[1]
        at = tf.range(cells)[:, None] - (np.array(RECALLED) * bar[:, None])[:, None]
        found = tf.gather(tokens, tf.maximum(at, 0), axis=1, batch_dims=1)
        found = tf.where(at[..., None] >= 0, found, -1)
        same = tf.cast(found == tokens[:, :, None], self.compute_dtype)
        count = tf.pad(tf.cumsum(same, axis=1), [[0, 0], [1, 0], [0, 0], [0, 0]])[:, :-1]
        shares = []
        for span in (beats * self.slots for beats in COMPARED):
            before = tf.pad(count, [[0, 0], [span, 0], [0, 0], [0, 0]])[:, :cells]
            shares.append((count - before) / span)
        size = len(COMPARED) * len(RECALLED) * self.voices
        return found, tf.reshape(tf.concat(shares, 2), (tf.shape(tokens)[0], cells, size))

    def _heard(self, before: Any, sounding: Any, decided: list[int]) -> Any:
        """What the voices decided in this cell sound, and the pitch classes before and now."""

        def chroma(pitch: Any) -> Any:
            known = tf.one_hot(
                tf.where(pitch > 0, (pitch - 1) % 12, -1), 12, dtype=self.compute_dtype
            )
            return tf.reduce_max(known, axis=2)

        found = [chroma(before)]
        if decided:
            now = tf.gather(sounding, decided, axis=-1)
            offset = np.array(decided) * (self.pitches + 1)
            shape = (tf.shape(now)[0], now.shape[1], len(decided) * 24)
            found += [chroma(now), tf.reshape(self.now(now + offset), shape)]
        return tf.concat(found, -1)

    def _leading(self, voice: int, decided: list[int], before: Any, sounding: Any) -> Any:
        """The tables' part of the logits of pitches."""
        candidate = tf.range(1, self.pitches + 1)
        mine = before[..., voice, None]
        step = tf.clip_by_value(candidate - mine, -REACH, REACH) + REACH
        told = tf.where(mine > 0, tf.gather(self.steps[voice], step), 0.0)
        for other in decided:
            theirs, now = before[..., other], sounding[..., other]
            both = (mine[..., 0] > 0) & (theirs > 0)
            was = tf.where(both, (mine[..., 0] - theirs) % 12, 12)
            motion = tf.where(now == theirs, 0, tf.where(now > theirs, 1, 2))
            rows = tf.gather_nd(self.pairs[voice, other], tf.stack([was, motion], -1))
            new = tf.where(now[..., None] > 0, (candidate - now[..., None]) % 12, 12)
            told += tf.gather(rows, new, batch_dims=2)
        return TABLE_SCALE * told


class Encoder(keras.layers.Layer):
    """Music to the mean and the log standard deviation of its code, beat by beat.

    Parameters
    ----------
    pitches, voices, slots, width : int
    code : int
        Numbers per beat.
    """

    def __init__(self, pitches: int, voices: int, slots: int, code: int, width: int = 128) -> None:
        super().__init__(name="encoder")
        self.pitches, self.voices, self.slots = pitches, voices, slots
        self.heard = keras.layers.Embedding(voices * (pitches + 1), 12)
        self.beat = keras.layers.Dense(width, activation="gelu")
        self.near = keras.layers.Conv1D(width, 3, padding="same", activation="gelu")
        self.out = keras.layers.Dense(2 * code, dtype="float32")

    def call(self, tokens: Any, sounding: Any, places: Any) -> tuple[Any, Any]:
        """Mean and log standard deviation, each of shape (batch, beats, code)."""
        batch, beats = tf.shape(tokens)[0], tokens.shape[1] // self.slots
        heard = self.heard(sounding + tf.range(self.voices) * (self.pitches + 1))
        begins = tf.cast(tokens > 0, heard.dtype)[..., None]
        size = self.slots * self.voices * 13
        cells = tf.reshape(tf.concat([heard, begins], -1), (batch, beats, size))
        x = self.beat(tf.concat([cells, places], -1))
        return tf.split(self.out(x + self.near(x)), 2, axis=-1)
