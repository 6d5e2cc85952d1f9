"""New pieces from trained composers.

Goal: from styles (or mixtures of them), a few wishes and a seed to tables of pieces and
notes; also with something given: a voice to accompany, bars to continue.

Conventions
-----------
* A style belongs to one composer; a mixture of styles of several composers goes to the one
  that has most of it.
* What is not asked for (meter, mode, key, length) is drawn as it is in pieces of the style.
* The same wishes and seed give the same pieces.
"""

import json
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from importlib import resources
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np
import pandas as pd

from ricercar import tables
from ricercar.errors import MissingArtefactError, ParameterError, ReadError
from ricercar.gan import asking, between, interplay, scores
from ricercar.gan.composer import Composer
from ricercar.gan.conditions import Vocabulary, draw

FORMAT = 4
#: numbers that a composer composes with
CHOSEN = ("temperature", "top_p", "candidates", "strength")


@dataclass(frozen=True)
class Generator:
    """Trained composers, and what they were not shown.

    Attributes
    ----------
    composers : list of Composer
        No two know the same style.
    held_out : list of str
        Pieces of the catalogue that were held out of training.
    """

    composers: list[Composer]
    held_out: list[str] = field(default_factory=list)

    @property
    def styles(self) -> list[str]:
        """Names of the styles, in the order of a matrix of probabilities."""
        return [style for composer in self.composers for style in composer.vocabulary.styles]

    def _shares(self, styles: Sequence[str] | np.ndarray) -> np.ndarray:
        """Probabilities of all styles, shape (n, styles)."""
        known = self.styles
        if isinstance(styles, np.ndarray) and styles.dtype.kind == "f":
            if styles.ndim != 2 or styles.shape[1] != len(known):
                raise ParameterError(
                    f"styles has shape {styles.shape}, must be (n, {len(known)}), "
                    f"a column for each of {known}"
                )
            total = styles.sum(axis=1)
            if not np.isfinite(styles).all() or (styles < 0).any() or (total <= 0).any():
                raise ParameterError("styles must be probabilities: none negative, no empty row")
            return styles / total[:, None]
        if isinstance(styles, str):
            raise ParameterError(f"styles must be a list of names, one per piece, not {styles!r}")
        if unknown := sorted({str(style) for style in styles} - set(known)):
            raise ParameterError(f"styles {unknown} were not learnt; known: {known}")
        return np.eye(len(known))[[known.index(str(style)) for style in styles]].reshape(
            -1, len(known)
        )

    def sample(
        self,
        styles: Sequence[str] | np.ndarray,
        seed: int,
        prefix: str = "sample",
        bars: int | None = None,
        meter: str | None = None,
        key: str | None = None,
        mode: str | None = None,
        temperature: float | None = None,
        top_p: float | None = None,
        strength: float = 1.0,
    ) -> tuple[pd.DataFrame, pd.DataFrame]:
        """Compose one piece for each condition.

        Parameters
        ----------
        styles : sequence of str, or numpy.ndarray of float, shape (n, styles)
        seed : int
        prefix : str
            Pieces are named ``ricercar/<prefix>-0001`` and so on.
        bars : int, optional
            Complete bars.
        meter, key, mode : str, optional
            ``"6/8"``, ``"G major"``, ``"minor"``.
        temperature, top_p : float, optional
            See :meth:`.writing.Writer.write`.
        strength : float
            Of the style: 1 as asked for, 0 no style in particular; see :mod:`.asking`.

        Returns
        -------
        pieces, notes : pandas.DataFrame
            In the schemas ``composed_pieces`` and ``composed_notes``.

        Raises
        ------
        ParameterError
            If something was not learnt, or is out of range.
        """
        asking.check(seed, bars, strength, temperature, top_p)
        shares = self._shares(styles)
        edges = np.cumsum([0, *(len(one.vocabulary.styles) for one in self.composers)])
        mass = np.stack(
            [shares[:, a:b].sum(axis=1) for a, b in zip(edges, edges[1:], strict=False)], axis=1
        )
        owner = mass.argmax(axis=1)
        found = []
        for number, composer in enumerate(self.composers):
            rows = np.flatnonzero(owner == number)
            if not len(rows) and (len(shares) or number):
                continue
            rng = np.random.default_rng([seed, number])
            mine = shares[rows, edges[number] : edges[number + 1]]
            asked, moved = draw(composer.vocabulary, mine, rng, bars, meter, key, mode)
            told = asking.lean(asked, strength)
            rests = asking.upbeats(asked)
            tokens, sounding = composer.compose(told, rng, temperature, top_p, rests)
            ids = [f"ricercar/{prefix}-{row + 1:04d}" for row in rows]
            found.append((rows, *scores.as_tables(asked, tokens, sounding, moved, ids)))
        pieces = pd.concat([one[1] for one in found], ignore_index=True)
        order = np.argsort(np.concatenate([one[0] for one in found]), kind="stable")
        notes = pd.concat([one[2] for one in found], ignore_index=True)
        pieces = pieces.iloc[order].reset_index(drop=True)
        place = pd.Index(pieces["piece"]).get_indexer(notes["piece"])
        notes = notes.iloc[np.argsort(place, kind="stable")].reset_index(drop=True)
        return tables.validate("composed_pieces", pieces), tables.validate("composed_notes", notes)

    def continue_(
        self, pieces: pd.DataFrame, notes: pd.DataFrame, bars: int, seed: int, **wishes: Any
    ) -> tuple[pd.DataFrame, pd.DataFrame]:
        """Keep the first bars of pieces and compose the rest: :func:`.interplay.continue_`."""
        return interplay.continue_(self.composers, pieces, notes, bars, seed, **wishes)

    def accompany(
        self, pieces: pd.DataFrame, notes: pd.DataFrame, seed: int, **wishes: Any
    ) -> tuple[pd.DataFrame, pd.DataFrame]:
        """Keep some voices and compose the others: :func:`.interplay.accompany`."""
        return interplay.accompany(self.composers, pieces, notes, seed, **wishes)

    def interpolate(
        self,
        styles: Sequence[str] | np.ndarray,
        seeds: tuple[int, int],
        steps: int = 5,
        **wishes: Any,
    ) -> tuple[pd.DataFrame, pd.DataFrame]:
        """Pieces from one composed piece to another: :func:`.between.interpolate`.

        Parameters
        ----------
        styles : sequence of str, or numpy.ndarray of float, shape (2, styles)
            Of the first piece and of the last, of one family.
        seeds : tuple of int
            Likewise.
        steps : int
            Pieces, both ends included.
        **wishes
            As of :meth:`sample`.
        """
        shares = self._shares(styles)
        if len(shares) != 2 or len(seeds) != 2:
            raise ParameterError("interpolation needs two styles and two seeds")
        edges = np.cumsum([0, *(len(one.vocabulary.styles) for one in self.composers)])
        for number, (a, b) in enumerate(zip(edges, edges[1:], strict=False)):
            if np.allclose(shares[:, a:b].sum(axis=1), 1):
                mine = shares[:, a:b]
                return between.interpolate(
                    self.composers[number], number, mine, (seeds[0], seeds[1]), steps, **wishes
                )
        raise ParameterError("the two styles must be of one family, with the same voices")

    def describe(self) -> dict[str, Any]:
        """All but the arrays, in plain JSON types."""
        return {
            "format": FORMAT,
            "composers": [composer.describe() for composer in self.composers],
            "held_out": list(self.held_out),
        }

    def arrays(self) -> dict[str, np.ndarray]:
        """The arrays of all composers, by number and name."""
        return {
            f"{number}.{name}": np.asarray(array)
            for number, composer in enumerate(self.composers)
            for name, array in composer.arrays.items()
        }


def save(generator: Generator, arrays: Path, description: Path, exact: bool = True) -> None:
    """Write a generator: equal bytes for equal weights.

    Parameters
    ----------
    generator : Generator
    arrays, description : pathlib.Path
        ``generator.npz`` and ``generator.json``.
    exact : bool
        float32; else float16, half the size.
    """
    kind = np.float32 if exact else np.float16
    with Path(arrays).open("wb") as file:
        packed = {name: array.astype(kind) for name, array in sorted(generator.arrays().items())}
        np.savez_compressed(file, **packed)  # type: ignore[arg-type]
    Path(description).write_text(_in_lines(generator.describe()) + "\n", "utf-8")


def _in_lines(told: Any, depth: int = 0) -> str:
    """JSON with a line for each entry of a dictionary, to be compared line by line.

    Examples
    --------
    >>> print(_in_lines({"a": [1, 2], "b": {"c": None}}))
    {
     "a": [1, 2],
     "b": {
      "c": null
     }
    }
    """
    space = "\n" + " " * depth
    if isinstance(told, dict):
        body = [f"{json.dumps(key)}: {_in_lines(one, depth + 1)}" for key, one in told.items()]
        return "{" + ",".join(f"{space} {entry}" for entry in body) + space + "}"
    if isinstance(told, list) and any(isinstance(one, dict) for one in told):
        body = [_in_lines(one, depth + 1) for one in told]
        return "[" + ",".join(f"{space} {entry}" for entry in body) + space + "]"
    return json.dumps(told)


def load(arrays: Path, description: Path) -> Generator:
    """Read a generator that :func:`save` wrote.

    Raises
    ------
    ReadError
        If either file is damaged, or the two do not belong together.
    """
    try:
        told = json.loads(Path(description).read_text("utf-8"))
        if told["format"] != FORMAT:
            raise ValueError(f"format {told['format']}, this version reads {FORMAT}")
        with np.load(arrays, allow_pickle=False) as stored:
            held = {name: stored[name] for name in stored.files}
        composers = []
        for number, one in enumerate(told["composers"]):
            head = f"{number}."
            mine = {k.removeprefix(head): a for k, a in held.items() if k.startswith(head)}
            vocabulary = Vocabulary.read(one["vocabulary"])
            composers.append(
                Composer(
                    one["recipe"],
                    vocabulary,
                    mine,
                    **{name: one[name] for name in CHOSEN},
                )
            )
            if not mine:
                raise ValueError(f"composer {number} has no arrays")
        return Generator(composers, list(told["held_out"]))
    except (OSError, ValueError, KeyError, TypeError, EOFError, BadZipFile, zlib.error) as error:
        raise ReadError(f"{arrays} and {description} are no generator: {error}") from error


def pretrained() -> Generator:
    """The generator that comes with Ricercar.

    Raises
    ------
    MissingArtefactError
        If this installation has none.
    ReadError
        If it is damaged.
    """
    folder = resources.files("ricercar.gan") / "pretrained"
    files = [folder / name for name in ("generator.npz", "generator.json")]
    if not all(file.is_file() for file in files):
        raise MissingArtefactError(
            f"there is no pretrained generator in {folder}: install Ricercar again, or name the "
            "generator.npz of a run (data/quick/generator.npz)"
        )
    with resources.as_file(files[0]) as arrays, resources.as_file(files[1]) as description:
        return load(arrays, description)


def choose(which: str, arrays: Path, description: Path) -> Generator:
    """The pretrained generator, or the one of a run.

    Parameters
    ----------
    which : str
        ``pretrained``, or ``run`` for the files named; where this installation has no
        pretrained one, the run's own takes its place.
    arrays, description : pathlib.Path
        ``generator.npz`` and ``generator.json``.

    Raises
    ------
    ParameterError
        If ``which`` is neither.
    ReadError
        If the generator is damaged.
    """
    if which not in ("pretrained", "run"):
        raise ParameterError(f"generator is {which!r}, must be 'pretrained' or 'run'")
    if which == "pretrained":
        try:
            return pretrained()
        except MissingArtefactError:
            pass
    return load(arrays, description)
