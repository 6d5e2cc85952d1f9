"""Judging a training: which snapshot composes best, by the scorecard and originality.

Conventions
-----------
* A snapshot is judged as it will compose, with its critic. The critic is learnt once, of
  what the last snapshot composes: it hears what happens between neighbouring cells, which
  all snapshots leave to the same decoder.
* Pieces are composed under the conditions of real ``valid`` windows, never of ``test``.
* ``distance`` is that of :mod:`ricercar.assess.distance` to these windows, plus what is
  copied from ``train`` beyond the real windows' own share, in tenths of it: a snapshot that
  plays from memory cannot win.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from ricercar.assess import distance, music, originality
from ricercar.gan import asking, critic_training, scores
from ricercar.gan.composer import Composer
from ricercar.gan.conditions import Conditions
from ricercar.gan.material import WINDOW, Material

#: percent of copied windows beyond the real share that weigh as one standard deviation
COPIES = 10.0


def windows(
    material: Material, part: str, n: int, seed: int
) -> tuple[np.ndarray, pd.DataFrame, pd.DataFrame]:
    """Real windows of a part of the pieces, as tables on the white keys.

    Returns
    -------
    rows : numpy.ndarray of int
        Of ``material.window``, up to ``n``.
    pieces, notes : pandas.DataFrame
        ``group`` is the group of the piece that a window comes from.
    """
    rows = np.sort(np.random.default_rng(seed).permutation(material.rows(part))[:n])
    tokens, sounding, _ = material.cut(rows)
    piece = material.window[rows, 0]
    ids = [f"real/{part}-{number + 1:04d}" for number in range(len(rows))]
    asked = whole(material.conditions(piece))
    pieces, notes = scores.as_tables(asked, tokens, sounding, np.zeros(len(rows), int), ids)
    return rows, pieces.assign(group=material.pieces["group"].to_numpy()[piece]), notes


def whole(asked: Conditions) -> Conditions:
    """The same conditions for windows: their length, and no pickup."""
    per_bar = np.array([lay.beats for lay in asked.layouts])
    length = WINDOW // per_bar * per_bar
    v = asked.vocabulary
    return Conditions(v, asked.style, asked.meter, asked.mode, length, np.zeros(len(asked), bool))


@dataclass(frozen=True)
class Chosen:
    """The snapshot that composes best.

    Attributes
    ----------
    composer : Composer
        With its critic, if the recipe has a decoder and there were rounds of critique.
    step : int
    judged : pandas.DataFrame
        Column step, then what the judge said of each snapshot.
    composers : dict of int to Composer
        All snapshots by step, with the critic.
    """

    composer: Composer
    step: int
    judged: pd.DataFrame
    composers: dict[int, Composer]


def choose(
    snapshots: Mapping[int, Composer],
    material: Material,
    judge: Callable[[Composer], dict[str, float]],
    rounds: int = 3,
    seed: int = 0,
    lessons: int = critic_training.MOST,
) -> Chosen:
    """Judge every snapshot of a training, and take the one with the smallest ``distance``.

    Parameters
    ----------
    snapshots : mapping of int to Composer
        By step, see :meth:`.training.Trained.composers`.
    material : Material
    judge : callable
        From :func:`judge`.
    rounds : int
        Of critique, see :func:`teach`; 0 for no critic.
    seed : int
    lessons : int
        Most pieces that the critic learns from.

    Returns
    -------
    Chosen
        The last snapshot where no distance is a number.
    """
    last = max(snapshots)
    critic: dict[str, np.ndarray] = {}
    if rounds and snapshots[last].part("decoder"):
        taught = teach(snapshots[last], material, rounds, seed, lessons)
        critic = {f"critic.{name}": table for name, table in taught.part("critic").items()}
    composers = {
        step: replace(one, arrays={**one.arrays, **critic}) for step, one in snapshots.items()
    }
    told = [{"step": step, **judge(one)} for step, one in composers.items()]
    judged = pd.DataFrame(told).astype({"step": "int64"})
    known = judged.dropna(subset=["distance"])
    best = int(known["step"].to_numpy()[known["distance"].argmin()]) if len(known) else last
    return Chosen(composers[best], best, judged, composers)


def teach(
    composer: Composer,
    material: Material,
    rounds: int = 3,
    seed: int = 0,
    lessons: int = critic_training.MOST,
) -> Composer:
    """The composer with a critic of what it writes, see :mod:`.critique`.

    Parameters
    ----------
    composer : Composer
        Of a recipe with a decoder.
    material : Material
        Pieces of ``train`` to learn from, of ``valid`` to choose by.
    rounds : int
        Of critique; in each the composer composes with the critic so far, every piece twice,
        and what is learnt is added.
    seed : int
    lessons : int
        Most pieces that are learnt from, and as many to choose by.

    Returns
    -------
    Composer
    """
    learnt = composer

    def compose(pieces: np.ndarray, number: int) -> tuple[np.ndarray, np.ndarray]:
        asked = material.conditions(pieces)
        rng = np.random.default_rng([seed, one, number, 3])
        return learnt.compose(asked, rng, given=asking.upbeats(asked))

    for one in range(rounds):
        told = critic_training.train(material, compose, seed=seed + 1000 * one, most=lessons)
        earlier = learnt.part("critic")
        told = {name: table + earlier.get(name, 0) for name, table in told.items()}
        arrays = {f"critic.{name}": table for name, table in told.items()}
        learnt = replace(composer, arrays={**composer.arrays, **arrays})
    return learnt


def judge(material: Material, n: int = 64, seed: int = 0) -> Callable[[Composer], dict[str, float]]:
    """A judge of composers.

    Parameters
    ----------
    material : Material
    n : int
        Windows, and pieces composed for each judgement.
    seed : int

    Returns
    -------
    callable
        Composer to figures: ``distance``, ``copied`` (%) and every measure of the scorecard.
    """
    rows, pieces, notes = windows(material, "valid", n, seed)
    real = music.per_piece(pieces, notes)
    _, learnt, learnt_notes = windows(material, "train", 10**6, seed)
    voices = material.vocabulary.voices
    yardstick = _copied(pieces, notes, learnt, learnt_notes, voices)
    piece = material.window[rows, 0]

    def judged(composer: Composer) -> dict[str, float]:
        rng = np.random.default_rng([seed, 1])
        asked = whole(material.conditions(piece))
        tokens, sounding = composer.compose(asked, rng)
        ids = [f"made/{number + 1:04d}" for number in range(len(rows))]
        made, made_notes = scores.as_tables(asked, tokens, sounding, np.zeros(len(rows), int), ids)
        each = music.per_piece(made, made_notes)
        copied = _copied(made, made_notes, learnt, learnt_notes, voices)
        far = distance.distance(real, each) + max(0.0, copied - yardstick) / COPIES
        card = music.scorecard(made, made_notes, n=2).set_index("metric")["value"]
        measures = {str(name): float(value) for name, value in card.items()}
        return {"distance": far, "copied": copied, **measures}

    return judged


def _copied(
    pieces: pd.DataFrame,
    notes: pd.DataFrame,
    learnt: pd.DataFrame,
    learnt_notes: pd.DataFrame,
    voices: int,
) -> float:
    """Percent of windows of 16 frames that stand in what is learnt from."""
    each = originality.copied_windows(
        (learnt, learnt_notes), (pieces, notes), voices=4 if voices >= 4 else 1
    )
    return float(np.nan_to_num(np.nanmean(each))) if np.isfinite(each).any() else 0.0
