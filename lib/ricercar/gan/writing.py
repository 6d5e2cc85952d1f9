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
from dataclasses import dataclass
from typing import Any

import numpy as np

from ricercar.gan.choosing import choose, drawn_anew, log_softmax
from ricercar.gan.critique import Critic
from ricercar.gan.generating import by_name, dense, gelu
from ricercar.gan.leading import COMPARED, DILATIONS, REACH, RECALLED, TABLE_SCALE, order
from ricercar.gan.passages import Passage


@dataclass(frozen=True)
class _Drawn:
    """Different candidates for a cell.

    ``piece`` of each, ``token``, ``sound`` and ``told``, its log-probabilities, by voice;
    ``of``: which of them each candidate is.
    """

    piece: np.ndarray
    token: np.ndarray
    sound: np.ndarray
    told: np.ndarray
    of: np.ndarray


_DENSE = ("past", "here", "leave", "first", "second", "out", "recall", "classes")


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
        alike = len(COMPARED) * len(RECALLED) * self.voices
        shared = self.width + self.voices * self.w["before"].shape[-1] + alike + 12
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
        bar: np.ndarray,
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
            Places, then a code if there is one.
        used : numpy.ndarray of int, shape (n,)
            Cells of a beat in the meter of each piece; the others hold.
        bar : numpy.ndarray of int, shape (n,)
            Cells of a bar, those that hold included.
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
        passage = self.begin(bar)
        tokens = np.zeros((n, length, self.slots, self.voices), np.int64)
        sounding = np.zeros_like(tokens)
        likelihood = np.zeros((n, 2))
        free = np.full((n, self.slots, self.voices), -1)
        for beat in range(length):
            wanted = free if given is None else given[:, beat]
            chosen = (rng, temperature, top_p, critic, candidates)
            heard, told, _ = self.write_beat(passage, context[:, beat], used, wanted, *chosen)
            tokens[:, beat], sounding[:, beat] = heard
            likelihood += told
        return tokens, sounding, likelihood

    def begin(self, bar: np.ndarray) -> Passage:
        """Nothing yet, for pieces with so many cells in a bar."""
        past = [np.zeros((len(bar), far, self.width), np.float32) for far in DILATIONS]
        return Passage.begin(bar, self.slots, self.voices, past)

    def write_beat(
        self,
        passage: Passage,
        context: np.ndarray,
        used: np.ndarray,
        given: np.ndarray,
        rng: np.random.Generator,
        temperature: float = 1.0,
        top_p: float = 1.0,
        critic: Critic | None = None,
        candidates: int = 1,
    ) -> tuple[tuple[np.ndarray, np.ndarray], np.ndarray, np.ndarray]:
        """Go on for one beat.

        Parameters
        ----------
        passage : Passage
            Goes on with what is written.
        context : numpy.ndarray of float32, shape (n, size)
        given : numpy.ndarray of int, shape (n, slots, voices)
        used, rng, temperature, top_p, critic, candidates
            As of :meth:`write`.

        Returns
        -------
        heard : (tokens, sounding), numpy.ndarray of int64, shape (n, slots, voices)
        likelihood : numpy.ndarray of float64, shape (n, 2)
            As of :meth:`write`.
        weight : numpy.ndarray of float64, shape (n,)
            For each cell the logarithm of the mean over the candidates of the probability
            of what is given times :math:`e^r`, summed.
        """
        n = len(context)
        place = dense(self.w, "place", context).reshape(n, self.slots, self.width)
        heard = np.zeros((2, n, self.slots, self.voices), np.int64)
        likelihood, weight = np.zeros((n, 2)), np.zeros(n)
        many = candidates if critic is not None else 1
        row = np.repeat(np.arange(n), many)
        form = None if critic is None else critic.vocabulary.forms(context)
        for slot in range(self.slots):
            counts = slot < used
            fixed = np.where(counts[:, None], given[:, slot], 0)
            own = counts[:, None] & (fixed >= 0)
            recalled = passage.recalled()
            x = self._past(passage, place[:, slot])
            known = [x, self._at("before", passage.sound), passage.alike(self.slots)]
            known.append(self._chroma(passage.sound))
            told_past = np.concatenate(known, axis=1) @ self.shared + self.bias
            told_past = told_past.reshape(n, self.voices, -1)
            chosen = (fixed, row, rng, temperature, top_p)
            drawn = self._cell(told_past, passage, recalled, *chosen)
            own_told = np.where(own[drawn.piece], drawn.told, 0).sum(axis=1)
            if critic is not None and form is not None and many > 1:
                before = passage.before(form).take(drawn.piece)
                r = critic.rate(before, drawn.token, drawn.sound, slot)
                r = (r + own_told)[drawn.of].reshape(n, many)
                best = drawn_anew(r, rng.random((n,)), 1)[:, 0]
                kept = drawn.of[np.arange(n) * many + best]
                highest = r.max(axis=1)
                weight += highest + np.log(np.exp(r - highest[:, None]).mean(axis=1))
            else:
                kept = drawn.of
                weight += own_told[kept]
            passage.go_on(drawn.token[kept], drawn.sound[kept], counts)
            composed = np.where(counts[:, None] & (fixed < 0), drawn.told[kept], 0)
            likelihood += np.stack([composed.sum(axis=1), own_told[kept]], axis=1)
            heard[:, :, slot] = passage.token, passage.sound
        return (heard[0], heard[1]), likelihood, weight

    def _at(self, name: str, index: np.ndarray) -> np.ndarray:
        """Embeddings of all voices side by side, shape (n, voices * size)."""
        table = self.w[name]
        return np.concatenate([table[v][index[:, v]] for v in range(index.shape[1])], axis=1)

    def _past(self, passage: Passage, place: np.ndarray) -> np.ndarray:
        """What the convolutions tell of the cells before."""
        n = len(place)
        each = [
            self._at(name, at).reshape(n, self.voices, -1)
            for name, at in (("begun", passage.token), ("before", passage.sound))
        ]
        x = dense(self.w, "enter", np.concatenate(each, axis=2).reshape(n, -1)) + place
        for layer, far in enumerate(DILATIONS):
            y = dense(self.w, f"here.{layer}", x)
            if passage.cell >= far:
                before = passage.past[layer][:, passage.cell % far]
                y = y + dense(self.w, f"past.{layer}", before)
            passage.past[layer][:, passage.cell % far] = x
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
        passage: Passage,
        recalled: np.ndarray,
        fixed: np.ndarray,
        row: np.ndarray,
        rng: np.random.Generator,
        temperature: float,
        top_p: float,
    ) -> _Drawn:
        """Candidates for a cell; the networks run once for those that are still the same."""
        piece, of = np.arange(len(fixed)), row
        token = np.zeros((len(fixed), 0), np.int64)
        told = np.zeros((len(fixed), 0))
        sound = passage.sound.copy()
        for at, voice in enumerate(self.order):
            decided, before = self.order[:at], passage.sound[piece]
            y = heard[piece, at]
            if decided:
                y += self._chroma(sound[:, decided]) @ self.chromas[at]
                for table, other in zip(self.nows[at], decided, strict=True):
                    y += table[sound[:, other]]
            y = gelu(dense(self.w, f"second.{at}", gelu(y)))
            logits = y @ self.outs[at] + self.w[f"out.{at}.bias"]
            again = dense(self.w, f"recall.{at}", y)
            for ago in range(len(RECALLED)):
                then = recalled[piece, ago, voice]
                there = np.flatnonzero(then >= 0)
                logits[there, then[there]] += again[there, ago]
            logits[:, 2:] += self._leading(voice, decided, before, sound)
            log_p = log_softmax(logits)
            chosen = choose(log_p, of, rng.random(len(row)), temperature, top_p)
            wanted = fixed[row, voice]
            size = logits.shape[1]
            kinds, of = np.unique(
                of * size + np.where(wanted < 0, chosen, wanted), return_inverse=True
            )
            parent, new = kinds // size, kinds % size
            piece, sound = piece[parent], sound[parent]
            told = np.concatenate([told[parent], log_p[parent, new][:, None]], axis=1)
            token = np.concatenate([token[parent], new[:, None]], axis=1)
            sound[:, voice] = np.where(new == 0, sound[:, voice], np.maximum(new - 1, 0))
        back = np.argsort(self.order)
        return _Drawn(piece, token[:, back], sound, told[:, back], of)

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


def weights_of(decoder: Any) -> dict[str, np.ndarray]:
    """The weights of a trained :class:`ricercar.gan.decoder.Decoder`, by name."""
    found = {}
    for name in ("begun", "before", "now") if decoder.voices > 1 else ("begun", "before"):
        found[name] = np.asarray(getattr(decoder, name).embeddings)
    found |= by_name(decoder, ("enter", "place", *_DENSE))
    return found | {name: np.asarray(getattr(decoder, name)) for name in ("pairs", "steps")}
