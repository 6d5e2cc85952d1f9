"""What trained composers are held against: real windows, and pieces composed like them.

Conventions
-----------
* Windows are those of ``valid``, which is looked at while training; ``test`` is left alone.
* A piece composed like a window has its style, meter, mode and length, on the white keys.
"""

import numpy as np
import pandas as pd

from ricercar.assess import music, originality
from ricercar.gan import judging, scores
from ricercar.gan.composer import Composer
from ricercar.gan.material import Material

Tables = tuple[pd.DataFrame, pd.DataFrame]


def like(
    material: Material, rows: np.ndarray, composer: Composer, seed: int, prefix: str
) -> Tables:
    """A piece like each of some real windows.

    Parameters
    ----------
    material : Material
    rows : numpy.ndarray of int
        Of ``material.window``.
    composer : Composer
    seed : int
        The same seed gives the same noise, whatever the composer.
    prefix : str
        Pieces are named ``<prefix>/0001`` and so on.

    Returns
    -------
    pieces, notes : pandas.DataFrame
        In the schemas ``composed_pieces`` and ``composed_notes``.
    """
    asked = judging.whole(material.conditions(material.window[rows, 0]))
    tokens, sounding = composer.compose(asked, np.random.default_rng([seed, 2]))
    ids = [f"{prefix}/{number + 1:04d}" for number in range(len(rows))]
    return scores.as_tables(asked, tokens, sounding, np.zeros(len(rows), int), ids)


def real(material: Material, pieces: pd.DataFrame, notes: pd.DataFrame, seed: int) -> pd.DataFrame:
    """What a judge would say of real windows that are held out.

    Parameters
    ----------
    material : Material
    pieces, notes : pandas.DataFrame
        From :func:`ricercar.gan.judging.windows`.
    seed : int
        Of the resampling.

    Returns
    -------
    pandas.DataFrame, index measure
        Columns value, low, high (95 % bootstrap over the groups that windows come from):
        ``copied``, and the measures of the scorecard.
    """
    card = music.scorecard(pieces, notes, seed=seed, by="group").set_index("metric")
    table = card[["value", "low", "high"]].rename_axis("measure")
    learnt = judging.windows(material, "train", len(material.window), seed)[1:]
    voices = 4 if material.vocabulary.voices >= 4 else 1
    table.loc["copied"] = originality.copied(learnt, (pieces, notes), seed, voices=voices)[:3]
    return table
