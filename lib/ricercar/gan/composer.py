"""What composes: the arrays of a trained recipe, and how music comes out of them.

Goal: the same few calls for every recipe, without TensorFlow, quick to load and with equal
music for equal seeds.

Conventions
-----------
* ``tokens`` and ``sounding`` are those of :mod:`.material`, shape (n, beats, slots, voices);
  pieces shorter than the longest are rests to the end.
* Arrays are float32 at work and may be float16 on disk.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from threadpoolctl import threadpool_limits

from ricercar.errors import ParameterError
from ricercar.gan.asking import leaning, mean_style
from ricercar.gan.conditions import Conditions, Vocabulary
from ricercar.gan.critique import Critic
from ricercar.gan.generating import generate
from ricercar.gan.writing import Writer

#: pieces that are composed at once
BATCH = 128


@dataclass(frozen=True)
class Composer:
    """A trained recipe.

    Attributes
    ----------
    recipe : str
    vocabulary : Vocabulary
    arrays : mapping of str to numpy.ndarray
        ``generator.…``, ``decoder.…``, ``code.…`` and ``critic.…``, as the recipe has them.
    temperature, top_p : float
        What the recipe composes with unless told otherwise.
    candidates : int
        How many candidates for each cell the critic chooses from, if there is one.
    strength : float
        How strongly a style that is asked for is told to the networks, see :mod:`.asking`.
    """

    recipe: str
    vocabulary: Vocabulary
    arrays: Mapping[str, np.ndarray]
    temperature: float = 1.0
    top_p: float = 1.0
    candidates: int = 8
    strength: float = 1.0

    def part(self, name: str) -> dict[str, np.ndarray]:
        """The arrays of one network, float32."""
        head = f"{name}."
        return {
            key.removeprefix(head): np.asarray(array, np.float32)
            for key, array in self.arrays.items()
            if key.startswith(head)
        }

    @property
    def latent(self) -> int:
        """Numbers of the noise for a whole piece; 0 without a generator."""
        kernel = self.arrays.get("generator.plan.kernel")
        return 0 if kernel is None else int(kernel.shape[0])

    def noise(self, n: int, beats: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        """Noise for pieces: for the whole, shape (n, latent), and for their beats."""
        z = rng.standard_normal((n, self.latent)).astype(np.float32)
        return z, rng.standard_normal((n, beats, self.latent // 4)).astype(np.float32)

    def compose(
        self,
        asked: Conditions,
        rng: np.random.Generator,
        temperature: float | None = None,
        top_p: float | None = None,
        given: np.ndarray | None = None,
        noise: tuple[np.ndarray, np.ndarray] | None = None,
    ) -> tuple[np.ndarray, np.ndarray]:
        """Compose a piece for each condition.

        Parameters
        ----------
        asked : Conditions
        rng : numpy.random.Generator
        temperature, top_p : float, optional
            See :meth:`.writing.Writer.write`.
        given : numpy.ndarray of int, shape (n, beats, slots, voices), optional
            Tokens that stand already, -1 where to compose.
        noise : tuple of numpy.ndarray, optional
            From :meth:`noise`; drawn if it is not given.

        Returns
        -------
        tokens, sounding : numpy.ndarray of int64, shape (n, beats, slots, voices)

        Raises
        ------
        ParameterError
            If the temperature or ``top_p`` is out of range.
        """
        temperature = self.temperature if temperature is None else temperature
        top_p = self.top_p if top_p is None else top_p
        if not temperature > 0 or not 0 < top_p <= 1:
            raise ParameterError(
                f"temperature {temperature} must be above 0, top_p {top_p} in (0, 1]"
            )
        longest = int(asked.beats.max(initial=0))
        if not len(asked):
            empty = np.zeros((0, longest, self.vocabulary.slots, self.vocabulary.voices), int)
            return empty, empty
        beat = np.broadcast_to(np.arange(longest), (len(asked), longest))
        chosen = (temperature, top_p)
        # many small products: threads of linear algebra would wait for each other longer than
        # they compute, and the more so the more else there is to do
        with threadpool_limits(limits=1, user_api="blas"):
            tokens, sounding = self.write(
                asked.places(beat), asked.slots, asked.bar, rng, *chosen, given=given, noise=noise
            )
        beyond = beat >= asked.beats[:, None]
        tokens[beyond], sounding[beyond] = 1, 0
        return tokens, sounding

    def write(
        self,
        places: np.ndarray,
        used: np.ndarray,
        bar: np.ndarray,
        rng: np.random.Generator,
        temperature: float,
        top_p: float,
        given: np.ndarray | None = None,
        noise: tuple[np.ndarray, np.ndarray] | None = None,
    ) -> tuple[np.ndarray, np.ndarray]:
        """Compose for beats whose places are known.

        Parameters
        ----------
        places : numpy.ndarray of float32, shape (n, beats, features)
            See :meth:`.conditions.Conditions.places`.
        used, bar : numpy.ndarray of int, shape (n,)
            Cells of a beat in the meter of each piece, and of a bar on the grid.
        rng, temperature, top_p, given, noise
            As for :meth:`compose`.

        Returns
        -------
        tokens, sounding : numpy.ndarray of int64, shape (n, beats, slots, voices)
        """
        v = self.vocabulary
        noise = self.noise(len(places), places.shape[1], rng) if noise is None else noise
        writer, critic = self.writer(), self.critic()
        found = []
        for start in range(0, len(places), BATCH):
            rows = slice(start, start + BATCH)
            some = None if given is None else given[rows]
            own = (noise[0][rows], noise[1][rows])
            if writer is None:
                logits = generate(self.part("generator"), *own, self.told(places[rows]))
                found.append(on_grid(logits, v, used[rows], rng, temperature, some))
                continue
            context = self.context(places[rows], own)
            chosen = (temperature, top_p, some, critic, self.candidates)
            found.append(writer.write(context, used[rows], bar[rows], rng, *chosen)[:2])
        tokens, sounding = (np.concatenate(arrays) for arrays in zip(*found, strict=True))
        return tokens, sounding

    def writer(self) -> Writer | None:
        """The decoder; None if the recipe has none."""
        v, weights = self.vocabulary, self.part("decoder")
        return Writer(weights, v.pitches, v.voices, v.slots) if weights else None

    def critic(self) -> Critic | None:
        """The critic; None if there is none."""
        weights = self.part("critic")
        return Critic(weights, self.vocabulary) if weights else None

    def told(self, places: np.ndarray) -> np.ndarray:
        """Places with their style as strong as this composer is told it."""
        if self.strength == 1:
            return places
        style = len(self.vocabulary.styles)  # the last features of a place
        leant = leaning(places[..., -style:], mean_style(self.vocabulary), self.strength)
        return np.concatenate([places[..., :-style], leant], axis=-1)

    def context(self, places: np.ndarray, noise: tuple[np.ndarray, np.ndarray]) -> np.ndarray:
        """What the decoder is told of each beat: its place, and its code if there are codes.

        Returns
        -------
        numpy.ndarray of float32, shape (n, beats, size)
        """
        places = self.told(places)
        told = [places, self.codes(places, noise)] if self.recipe == "latent" else [places]
        return np.concatenate(told, axis=2).astype(np.float32)

    def codes(self, places: np.ndarray, noise: tuple[np.ndarray, np.ndarray]) -> np.ndarray:
        """Codes that the generator makes, shape (n, beats, code)."""
        code = self.part("code")
        return generate(self.part("generator"), *noise, places) * code["sd"] + code["mean"]

    def describe(self) -> dict[str, Any]:
        """All but the arrays, in plain JSON types."""
        return {
            "recipe": self.recipe,
            "vocabulary": self.vocabulary.describe(),
            "temperature": self.temperature,
            "top_p": self.top_p,
            "candidates": self.candidates,
            "strength": self.strength,
        }


def on_grid(
    logits: np.ndarray,
    vocabulary: Vocabulary,
    used: np.ndarray,
    rng: np.random.Generator,
    temperature: float,
    given: np.ndarray | None = None,
) -> tuple[np.ndarray, np.ndarray]:
    """Music from the logits of a grid: a rest or pitch for every cell, and an onset.

    Parameters
    ----------
    logits : numpy.ndarray, shape (n, beats, slots * voices * (pitches + 2))
        Rest, pitches, onset.
    vocabulary : Vocabulary
    used : numpy.ndarray of int, shape (n,)
        Cells of a beat; the others go on.
    rng : numpy.random.Generator
    temperature : float
        Of the draw.
    given : numpy.ndarray of int, optional
        Tokens that stand already, -1 where to compose.

    Returns
    -------
    tokens, sounding : numpy.ndarray of int64, shape (n, beats, slots, voices)
    """
    n, beats, _ = logits.shape
    v = vocabulary
    shape = (n, beats * v.slots, v.voices, v.pitches + 2)
    logits = logits.reshape(shape).astype(np.float64) / temperature
    gumbel = -np.log(-np.log(rng.uniform(1e-12, 1 - 1e-12, (*shape[:3], v.pitches + 1))))
    drawn = (logits[..., :-1] + gumbel).argmax(axis=-1)
    begins = rng.random(shape[:3]) < 1 / (1 + np.exp(-logits[..., -1]))
    fixed = None if given is None else given.reshape(shape[:3])
    tokens = np.zeros(shape[:3], np.int64)
    sounding = np.zeros_like(tokens)
    now = np.zeros((n, v.voices), np.int64)
    for cell in range(shape[1]):
        pitch = drawn[:, cell]
        token = np.where(pitch == 0, 1, np.where(begins[:, cell] | (pitch != now), pitch + 1, 0))
        if fixed is not None:
            token = np.where(fixed[:, cell] >= 0, fixed[:, cell], token)
        token = np.where((cell % v.slots < used)[:, None], token, 0)
        now = np.where(token == 0, now, token - 1)
        tokens[:, cell], sounding[:, cell] = token, now
    whole = (n, beats, v.slots, v.voices)
    return tokens.reshape(whole), sounding.reshape(whole)
