"""Training of an embedder: which pieces, which labels, which axes.

Conventions
-----------
* Half of what the network learns from is real, half is spoilt (:func:`spoilt`): so it has to
  hear more than the number of voices and the note values.
* A spoilt piece has the group of the real one. The network stops by groups that it did not
  learn from; a share of groups (:func:`learnt`) is kept out of all this, for judging.
* Importing this module does not import TensorFlow; :func:`train` does.
* ``python -m ricercar.style.embedding_training data/full`` trains the one that is kept.
"""

import argparse
import hashlib
from pathlib import Path

import numpy as np
import pandas as pd

from ricercar.assess.chorale_split import split_of
from ricercar.assess.null import shuffle_notes, shuffle_voices
from ricercar.errors import ParameterError
from ricercar.style.embedding import KEPT, Embedder, pooled, sounding
from ricercar.style.folds import UNKNOWN
from ricercar.style.models import inner_folds
from ricercar.style.storage import digest_of
from ricercar.style.tokens import VOICES

#: share of the notes that are moved in a blurred piece
BLUR = 0.15

#: rate of Adam: half the style network's own, for there are more and harder labels
RATE = 2e-3

#: one group in so many is not learnt from
HELD_OUT = 5


def learnt(pieces: pd.DataFrame) -> np.ndarray:
    """Which pieces an embedder may learn from: four groups in five, the same ones for ever.

    By the SHA-256 of the group's name, so that neither order nor number of pieces matters.

    Parameters
    ----------
    pieces : pandas.DataFrame
        Column ``group``.

    Returns
    -------
    numpy.ndarray of bool, shape (pieces,)

    Examples
    --------
    >>> pieces = pd.DataFrame({"group": [f"tune {number}" for number in range(1000)]})
    >>> float(learnt(pieces).mean().round(1))
    0.8
    """
    names = pieces["group"].astype(str)
    digest = {name: hashlib.sha256(name.encode()).digest() for name in set(names)}
    return np.array([digest[name][0] % HELD_OUT != 0 for name in names], dtype=bool)


def training_pieces(pieces: pd.DataFrame, most: int = 400, seed: int = 0) -> pd.DataFrame:
    """The pieces of a catalogue that the kept embedder learns from.

    Chorales of the training part of the standard split, four-voice settings only, and of
    the tunes those of :func:`learnt`; at most so many of each style, drawn at random.

    Parameters
    ----------
    pieces : pandas.DataFrame
        The catalogue.
    most, seed : int

    Returns
    -------
    pandas.DataFrame
        In the order of ``pieces``.
    """
    chorale = (pieces["collection"] == "bach").to_numpy()
    bach = (split_of(pieces) == "train") & (pieces["parts"] == VOICES).to_numpy()
    kept = pieces[np.where(chorale, bach, learnt(pieces))]
    rng = np.random.default_rng(seed)
    order = pd.Series(rng.random(len(kept)), index=kept.index).groupby(kept["style"]).rank()
    return kept[(order <= most).to_numpy()].reset_index(drop=True)


def blurred(
    pieces: pd.DataFrame, notes: pd.DataFrame, seed: int = 0, share: float = BLUR
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """A share of the notes moved up or down by one or two semitones.

    Examples
    --------
    >>> pieces = pd.DataFrame({"piece": ["a"]})
    >>> notes = pd.DataFrame({"piece": "a", "part": 0, "onset": range(0, 9600, 480),
    ...                       "duration": 480, "pitch": 60})
    >>> moved = blurred(pieces, notes, share=0.5)[1]["pitch"] - 60
    >>> sorted(set(moved)), bool(4 < (moved != 0).sum() < 16)
    ([-2, -1, 0, 1, 2], True)
    """
    rng = np.random.default_rng(seed)
    moved = rng.random(len(notes)) < share
    step = rng.choice([-2, -1, 1, 2], len(notes))
    pitch = np.clip(notes["pitch"].to_numpy() + moved * step, 0, 127)
    return pieces, notes.assign(pitch=pitch)


def spoilt(
    pieces: pd.DataFrame, notes: pd.DataFrame, seed: int = 0
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Real pieces and their spoilt copies, labelled.

    Of a piece of several voices one copy has its voices from other pieces of the style
    (:func:`ricercar.assess.null.shuffle_voices`), of a tune its pitches in another order
    (:func:`ricercar.assess.null.shuffle_notes`); another copy is :func:`blurred`.

    Parameters
    ----------
    pieces, notes : pandas.DataFrame
        Columns piece, style, group and parts, and what tokens need.
    seed : int

    Returns
    -------
    pieces, notes : pandas.DataFrame
        The pieces and two copies of each; column ``label``: the style, or how it is spoilt.
    """
    many = pieces["parts"] > 1
    real = pieces.assign(label=pieces["style"])
    found = [(real, notes)]
    for kind, rows in (("voices", many), ("notes", ~many)):
        chosen = real[rows].reset_index(drop=True)
        for name, spoil in (
            (f"{kind} shuffled", shuffle_voices if kind == "voices" else shuffle_notes),
            (f"{kind} blurred", blurred),
        ):
            if not len(chosen):
                continue
            mine = notes[notes["piece"].isin(chosen["piece"])]
            copies, changed = spoil(chosen, mine, seed)
            ids = copies["piece"] + f" ({name})"
            found.append(
                (
                    copies.assign(piece=ids, label=name),
                    changed.assign(piece=changed["piece"] + f" ({name})"),
                )
            )
    return (
        pd.concat([one[0] for one in found], ignore_index=True),
        pd.concat([one[1] for one in found], ignore_index=True),
    )


def train(
    pieces: pd.DataFrame,
    notes: pd.DataFrame,
    seed: int = 0,
    dimensions: int = 32,
    min_pieces: int = 20,
    epochs: int = 40,
    width: int = 32,
) -> Embedder:
    """Train an embedder on a labelled catalogue.

    Parameters
    ----------
    pieces, notes : pandas.DataFrame
        Training pieces only; styles with fewer than ``min_pieces`` are left out, and those of
        unknown style.
    seed : int
    dimensions : int
        Principal components that are kept, fewer than the pieces of any set to be compared.
    min_pieces : int
    epochs, width : int
        At most so many passes; filters of the first convolution.

    Returns
    -------
    Embedder

    Raises
    ------
    ParameterError
        If no style has enough pieces, or more dimensions are asked for than there are.
    """
    from ricercar.gan.backend import use_threads
    from ricercar.style import network

    count = pieces["style"].value_counts()
    styles = set(count.index[count >= min_pieces]) - {UNKNOWN}
    chosen = pieces[pieces["style"].isin(styles)].reset_index(drop=True)
    if not len(chosen):
        raise ParameterError(f"no style has {min_pieces} pieces: lower min_pieces or give more")
    if not 1 <= dimensions <= min(4 * width, len(chosen)):
        raise ParameterError(f"{dimensions} dimensions: 1 to {min(4 * width, len(chosen))} exist")
    use_threads(1)
    everything, heard = spoilt(chosen, notes[notes["piece"].isin(chosen["piece"])], seed)
    token, length = sounding(everything, heard)
    labels, code = np.unique(everything["label"].to_numpy(str), return_inverse=True)
    held_out = np.zeros(len(everything), dtype=bool)
    group = everything["group"].to_numpy(object)
    for _, stop in inner_folds(everything["label"].to_numpy(object), group, 5, seed)[:1]:
        held_out[stop] = True
    recipe = network.Recipe(width=width, epochs=epochs, patience=10, rate=RATE)
    reader = network.Reader(len(labels), recipe, seed)
    epoch = reader.train(token, length, code, held_out, np.random.default_rng(seed))
    told = reader.ask(token[held_out], length[held_out]).argmax(axis=1) == code[held_out]
    share = pd.Series(told).groupby(labels[code[held_out]]).mean()

    weights = reader.model.get_weights()
    names = ("table", "kernel_1", "bias_1", "kernel_2", "bias_2")
    arrays = dict(zip(names, weights[: len(names)], strict=True))
    values = pooled(arrays, token, length)
    centre, spread = values.mean(axis=0), values.std(axis=0)
    scale = np.where(spread > 1e-6, spread, 1.0)
    variance, vectors = np.linalg.eigh(np.cov((values - centre) / scale, rowvar=False))
    variance, vectors = variance[::-1], vectors[:, ::-1][:, :dimensions]
    # an eigenvector has no sign of its own
    vectors = vectors * np.sign(vectors[np.abs(vectors).argmax(axis=0), np.arange(dimensions)])
    length_of = np.sqrt(np.maximum(variance[:dimensions], 1e-6))
    arrays |= {"centre": centre, "axes": vectors / scale[:, None] / length_of}
    about = {
        "labels": {str(name): int((code == number).sum()) for number, name in enumerate(labels)},
        "recognised": {str(name): round(float(value), 3) for name, value in share.items()},
        "explained": round(float(variance[:dimensions].sum() / variance.sum()), 4),
        "pieces": len(chosen),
        "trained_on": digest_of(chosen),
        "epoch": epoch,
        "seed": seed,
    }
    return Embedder({name: one.astype(np.float32) for name, one in arrays.items()}, about)


def main() -> None:
    """Train the embedder that comes with the package, from the tables of a run."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("tables", type=Path, help="folder with pieces.parquet and notes.parquet")
    parser.add_argument("--out", type=Path, default=Path(__file__).with_name(KEPT))
    parser.add_argument("--seed", type=int, default=0)
    asked = parser.parse_args()
    pieces, notes = (pd.read_parquet(asked.tables / f"{n}.parquet") for n in ("pieces", "notes"))
    embedder = train(training_pieces(pieces, seed=asked.seed), notes, asked.seed)
    embedder.save(asked.out)
    print(f"{asked.out}: {embedder.about}")


if __name__ == "__main__":
    main()
