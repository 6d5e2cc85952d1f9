"""The decoder at work: composing cell by cell, voice by voice, in NumPy.

Goal: what :class:`.decoder.Decoder` has learnt, as a function of arrays: music from a
context, with parts of it given if wanted. It needs no TensorFlow.

Conventions
-----------
* Weights are a flat dictionary of arrays, named as :func:`weights_of` names them.
* *Temperature* divides the logits; *top_p* leaves out the least likely tokens beyond that
  share of the probability (A. Holtzman et al., "The curious case of neural text
  degeneration", 2020). Both at 1 sample what was learnt.
* With a critic several candidates are drawn for each cell, all voices at once, and one is
  kept by importance resampling (D. Rubin, 1987).
* All chance comes from the generator given; pieces of one call share its draws in order,
  so equal calls give equal music.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np

from ricercar.gan.critique import Critic
from ricercar.gan.generating import dense, gelu
from ricercar.gan.leading import DILATIONS, REACH, TABLE_SCALE, order

_DENSE = ("past", "here", "leave", "first", "second", "out", "classes")


class Writer:
    """A decoder that composes.

    Parameters
    ----------
    weights : mapping of str to numpy.ndarray
        From :func:`ricercar.gan.decoder.weights_of`.
    pitches, voices, slots : int
        Size of the grid.
    """

    def __init__(
        self, weights: Mapping[str, np.ndarray], pitches: int, voices: int, slots: int
    ) -> None:
        self.w = {name: np.asarray(array, np.float32) for name, array in weights.items()}
        self.pitches, self.voices, self.slots = pitches, voices, slots
        self.width = self.w["place.bias"].shape[0] // slots
        self.order = order(voices)
        self.tables = TABLE_SCALE * self.w["pairs"], TABLE_SCALE * self.w["steps"]
        for name in ("begun", "before", "now") if voices > 1 else ("begun", "before"):
            self.w[name] = self.w[name].reshape(voices, -1, self.w[name].shape[-1])
        self._prepare()

    def _prepare(self) -> None:
        """Split the voices' layers, so that candidates share what the cells before tell."""
        shared = self.width + self.voices * self.w["before"].shape[-1] + 12
        kernels = [self.w[f"first.{at}.kernel"] for at in range(self.voices)]
        self.shared = np.concatenate([kernel[:shared] for kernel in kernels], axis=1)
        self.bias = np.concatenate([self.w[f"first.{at}.bias"] for at in range(self.voices)])
        self.chromas = [kernel[shared : shared + 12] for kernel in kernels]
        self.nows = []
        for at, kernel in enumerate(kernels):
            each = np.split(kernel[shared + 12 :], at) if at else []
            known = zip(self.order[:at], each, strict=True)
            self.nows.append([self.w["now"][v] @ part for v, part in known])
        classes = np.arange(self.pitches) % 12
        self.outs = []
        for at in range(self.voices):
            out = self.w[f"out.{at}.kernel"].copy()
            out[:, 2:] += self.w[f"classes.{at}.kernel"][:, classes]
            self.outs.append(out)

    def write(
        self,
        context: np.ndarray,
        used: np.ndarray,
        rng: np.random.Generator,
        temperature: float = 1.0,
        top_p: float = 1.0,
        given: np.ndarray | None = None,
        critic: Critic | None = None,
        candidates: int = 1,
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Compose.

        Parameters
        ----------
        context : numpy.ndarray of float32, shape (n, beats, size)
            Places and code.
        used : numpy.ndarray of int, shape (n,)
            Cells of a beat in the meter of each piece; the others hold.
        rng : numpy.random.Generator
        temperature : float
            Above 0.
        top_p : float
            In (0, 1].
        given : numpy.ndarray of int, shape (n, beats, slots, voices), optional
            Tokens that stand already, -1 where to compose.
        critic : Critic, optional
            Chooses between candidates for each cell, see :mod:`.critique`.
        candidates : int
            How many are drawn for each cell, at least 1; only one without a critic.

        Returns
        -------
        tokens, sounding : numpy.ndarray of int64, shape (n, beats, slots, voices)
        likelihood : numpy.ndarray of float64, shape (n, 2)
            The decoder's log-probability of what was composed, and of what was given, at
            temperature 1.
        """
        n, length, _ = context.shape
        place = dense(self.w, "place", context).reshape(n, length * self.slots, self.width)
        cells = place.shape[1]
        history = [np.zeros((n, cells, self.width), np.float32) for _ in DILATIONS]
        token, sound = np.ones((n, self.voices), np.int64), np.zeros((n, self.voices), np.int64)
        tokens = np.zeros((n, cells, self.voices), np.int64)
        sounding = np.zeros_like(tokens)
        likelihood = np.zeros((n, 2))
        wanted = None if given is None else given.reshape(n, cells, self.voices)
        many = candidates if critic is not None else 1
        row = np.repeat(np.arange(n), many)
        for cell in range(cells):
            fixed = np.full((n, self.voices), -1) if wanted is None else wanted[:, cell].copy()
            slot = cell % self.slots
            fixed[slot >= used] = 0
            x = self._past(token, sound, place[:, cell], history, cell)
            heard = np.concatenate([x, self._at("before", sound), self._chroma(sound)], axis=1)
            heard = (heard @ self.shared + self.bias).reshape(n, self.voices, -1)
            drawn, new, told = self._cell(heard, sound, fixed, row, rng, temperature, top_p)
            if critic is not None and many > 1:
                r = critic.rate(token[row], sound[row], drawn, new, slot)
                kept = _keep(r.reshape(n, many), rng.random((n,)))
                drawn, new, told = drawn[kept], new[kept], told[kept]
            token, sound = drawn, new
            counts = (slot < used)[:, None]
            free = fixed < 0
            likelihood[:, 0] += np.where(free & counts, told, 0).sum(axis=1)
            likelihood[:, 1] += np.where(~free & counts, told, 0).sum(axis=1)
            tokens[:, cell], sounding[:, cell] = token, sound
        shape = (n, length, self.slots, self.voices)
        return tokens.reshape(shape), sounding.reshape(shape), likelihood

    def _at(self, name: str, index: np.ndarray) -> np.ndarray:
        """Embeddings of all voices side by side, shape (n, voices * size)."""
        table = self.w[name]
        return np.concatenate([table[v][index[:, v]] for v in range(index.shape[1])], axis=1)

    def _past(
        self,
        token: np.ndarray,
        sound: np.ndarray,
        place: np.ndarray,
        history: list[np.ndarray],
        cell: int,
    ) -> np.ndarray:
        """What the convolutions tell of the cells before."""
        n = len(token)
        each = [
            self._at(name, at).reshape(n, self.voices, -1)
            for name, at in (("begun", token), ("before", sound))
        ]
        x = dense(self.w, "enter", np.concatenate(each, axis=2).reshape(n, -1)) + place
        for layer, far in enumerate(DILATIONS):
            history[layer][:, cell] = x
            y = dense(self.w, f"here.{layer}", x)
            if cell >= far:
                y = y + dense(self.w, f"past.{layer}", history[layer][:, cell - far])
            x = x + dense(self.w, f"leave.{layer}", gelu(y))
        return x

    def _chroma(self, pitch: np.ndarray) -> np.ndarray:
        """Which pitch classes sound, shape (n, 12)."""
        found = np.zeros((len(pitch), 13), np.float32)
        found[np.arange(len(pitch))[:, None], np.where(pitch > 0, (pitch - 1) % 12, 12)] = 1
        return found[:, :12]

    def _cell(
        self,
        heard: np.ndarray,
        before: np.ndarray,
        fixed: np.ndarray,
        row: np.ndarray,
        rng: np.random.Generator,
        temperature: float,
        top_p: float,
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Candidates for a cell: tokens, what sounds, and log-probabilities, (row, voices)."""
        before, fixed = before[row], fixed[row]
        token, sound = np.zeros_like(before), before.copy()
        told = np.zeros(before.shape)
        for at, voice in enumerate(self.order):
            decided = self.order[:at]
            y = heard[row, at]
            if decided:
                y += self._chroma(sound[:, decided]) @ self.chromas[at]
                for table, other in zip(self.nows[at], decided, strict=True):
                    y += table[sound[:, other]]
            y = gelu(dense(self.w, f"second.{at}", gelu(y)))
            logits = y @ self.outs[at] + self.w[f"out.{at}.bias"]
            logits[:, 2:] += self._leading(voice, decided, before, sound)
            chosen, log_p = _choose(logits, rng.random(len(row)), temperature, top_p)
            chosen = np.where(fixed[:, voice] < 0, chosen, fixed[:, voice])
            told[:, voice] = log_p[np.arange(len(row)), chosen]
            token[:, voice] = chosen
            sound[:, voice] = np.where(chosen == 0, before[:, voice], np.maximum(chosen - 1, 0))
        return token, sound, told

    def _leading(
        self, voice: int, decided: list[int], before: np.ndarray, sound: np.ndarray
    ) -> np.ndarray:
        """The tables' part of the logits of pitches."""
        pairs, steps = self.tables
        candidate = np.arange(1, self.pitches + 1)
        mine = before[:, voice, None]
        told = steps[voice][np.clip(candidate - mine, -REACH, REACH) + REACH] * (mine > 0)
        if decided:
            theirs, now = before[:, decided], sound[:, decided]
            was = np.where((mine > 0) & (theirs > 0), (mine - theirs) % 12, 12)
            motion = np.where(now == theirs, 0, np.where(now > theirs, 1, 2))
            classes = (np.arange(12) - now[..., None]) % 12
            new = np.where(now[..., None] > 0, classes, 12)
            by_class = pairs[voice, decided][
                np.arange(len(decided))[:, None], was[..., None], motion[..., None], new
            ].sum(axis=1)
            told += by_class[:, candidate % 12]
        return told


def _choose(
    logits: np.ndarray, uniform: np.ndarray, temperature: float, top_p: float
) -> tuple[np.ndarray, np.ndarray]:
    """A token for each row, and the log-probabilities at temperature 1.

    Examples
    --------
    >>> _choose(np.log(np.array([[0.2, 0.5, 0.3]])), np.array([0.75]), 1.0, 0.7)[0].tolist()
    [2]
    >>> _choose(np.log(np.array([[0.2, 0.5, 0.3]])), np.array([0.75]), 1.0, 0.4)[0].tolist()
    [1]
    """
    log_p = logits - logits.max(axis=1, keepdims=True)
    log_p = log_p - np.log(np.exp(log_p).sum(axis=1, keepdims=True))
    cooled = log_p / temperature
    p = np.exp(cooled - cooled.max(axis=1, keepdims=True)).astype(np.float64)
    p /= p.sum(axis=1, keepdims=True)
    if top_p < 1:
        order_ = np.argsort(-p, axis=1, kind="stable")
        ranked = np.take_along_axis(p, order_, axis=1)
        kept = np.cumsum(ranked, axis=1) - ranked < top_p
        np.put_along_axis(p, order_, np.where(kept, ranked, 0), axis=1)
        p /= p.sum(axis=1, keepdims=True)
    reached = np.cumsum(p, axis=1)
    chosen = (reached <= uniform[:, None] * reached[:, -1:]).sum(axis=1)
    return chosen, log_p


def _keep(r: np.ndarray, uniform: np.ndarray) -> np.ndarray:
    """For each row a candidate, with probability in proportion to e^r, as a flat index.

    Examples
    --------
    >>> _keep(np.log(np.array([[0.2, 0.8], [0.5, 0.5]])), np.array([0.1, 0.6])).tolist()
    [0, 3]
    """
    n, many = r.shape
    reached = np.cumsum(np.exp(r - r.max(axis=1, keepdims=True)), axis=1)
    chosen = (reached <= uniform[:, None] * reached[:, -1:]).sum(axis=1)
    return np.arange(n) * many + chosen


def weights_of(decoder: Any) -> dict[str, np.ndarray]:
    """The weights of a trained :class:`ricercar.gan.decoder.Decoder`, by name."""
    found = {}
    for name in ("begun", "before", "now") if decoder.voices > 1 else ("begun", "before"):
        found[name] = np.asarray(getattr(decoder, name).embeddings)
    for name in ("enter", "place", *_DENSE):
        layers = getattr(decoder, name)
        several = isinstance(layers, list)
        for number, layer in enumerate(layers if several else [layers]):
            key = f"{name}.{number}" if several else name
            found[f"{key}.kernel"] = np.asarray(layer.kernel)
            if layer.use_bias:
                found[f"{key}.bias"] = np.asarray(layer.bias)
    return found | {name: np.asarray(getattr(decoder, name)) for name in ("pairs", "steps")}
