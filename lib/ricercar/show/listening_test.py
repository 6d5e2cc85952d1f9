"""A blind listening test: excerpts of made and of real music under neutral names.

Goal: whether people can tell made from real music, with nothing but the music to go by.

Conventions
-----------
* Half of the excerpts are made, half real; equal length, tempo, instrument and loudness,
  in random order. The sheet and the sound files say nothing of their origin; the key is
  another file, kept apart.
* A listener says of each excerpt ``person`` or ``machine`` (forced choice). 0.5 is
  guessing; made music that passes is told apart no better than that.
* The sheet works offline, beside its sound files; it keeps no data and sends none.

Sources
-------
C. Ariza, "The interrogator as critic: the Turing test and the evaluation of generative
music systems", Computer Music Journal 33 (2009). Interval: E. B. Wilson (1927).
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from ricercar.assess.null import excerpts
from ricercar.assess.set_forms import Tables, chosen
from ricercar.errors import ParameterError
from ricercar.screening.evidence import share_interval
from ricercar.show import layout
from ricercar.show.sound import encode_ogg, render
from ricercar.tables import TICKS_PER_QUARTER

ORIGINS = ("made", "real")


def _cut(one: Tables, quarters: float) -> Tables:
    """The first stretch of so many quarters of every piece that is long enough."""
    pieces = one[0].assign(pickup=one[0].get("pickup", 0))
    return excerpts(pieces, one[1], int(quarters * TICKS_PER_QUARTER), most=1)


def draw(made: Tables, real: Tables, count: int, quarters: float, seed: int = 0) -> pd.DataFrame:
    """Choose the excerpts of a test.

    Parameters
    ----------
    made, real : (pieces, notes)
    count : int
        Excerpts, half of them made; fewer where a set has not so many pieces.
    quarters : float
        Length of each.
    seed : int

    Returns
    -------
    pandas.DataFrame
        Columns excerpt (``excerpt-01``, ...), origin (``made`` or ``real``) and piece, in the
        order of the test.

    Raises
    ------
    ParameterError
        If the number is odd or either set has no piece of that length.

    Examples
    --------
    >>> def tunes(prefix):
    ...     ids = [f"{prefix}-{number}" for number in range(3)]
    ...     return pd.DataFrame({"piece": ids}), pd.DataFrame(
    ...         {"piece": ids, "part": 0, "onset": 0, "duration": 960, "pitch": 60})
    >>> drawn = draw(tunes("a"), tunes("b"), count=4, quarters=2)
    >>> drawn["excerpt"].tolist()[:2], sorted(drawn["origin"])
    (['excerpt-01', 'excerpt-02'], ['made', 'made', 'real', 'real'])
    """
    if count < 2 or count % 2:
        raise ParameterError(f"{count} excerpts: give an even number, half of them are made")
    rng = np.random.default_rng(seed)
    ids = [_cut(one, quarters)[0]["group"].to_numpy() for one in (made, real)]
    half = min(count // 2, *map(len, ids))
    if not half:
        raise ParameterError(
            f"{len(ids[0])} made and {len(ids[1])} real pieces of {quarters:g} quarters or more: "
            "ask for shorter excerpts"
        )
    rows = []
    for origin, names in zip(ORIGINS, ids, strict=True):
        rows += [(origin, names[at]) for at in np.sort(rng.permutation(len(names))[:half])]
    table = pd.DataFrame(rows, columns=["origin", "piece"]).iloc[rng.permutation(len(rows))]
    table.insert(0, "excerpt", [f"excerpt-{place:02d}" for place in range(1, len(table) + 1)])
    return table.reset_index(drop=True)


def write(
    folder: Path,
    made: Tables,
    real: Tables,
    count: int = 12,
    quarters: float = 16,
    tempo: float = 90,
    seed: int = 0,
) -> dict[str, Any]:
    """Write the sheet and the sounds of a test, and give its key.

    Parameters
    ----------
    folder : Path
        Must exist; ``index.html`` and ``excerpt-01.ogg``, ... go there.
    made, real : (pieces, notes)
    count, quarters, seed
        See :func:`draw`.
    tempo : float
        Quarters per minute.

    Returns
    -------
    dict
        The key: seed, tempo, quarters, and ``excerpts`` (name -> origin and piece). Keep it
        where listeners do not look.
    """
    drawn = draw(made, real, count, quarters, seed)
    cuts = {origin: _cut(one, quarters) for origin, one in zip(ORIGINS, (made, real), strict=True)}
    end = int(quarters * 60 / tempo * 22050) + 11025  # half a second to die away
    for row in drawn.itertuples():
        pieces, notes = cuts[str(row.origin)]
        mine = chosen((pieces, notes), (pieces["group"] == row.piece).to_numpy())[1]
        samples, rate = render(mine, tempo)
        level = np.sqrt(np.mean(samples[:end] ** 2))
        samples = np.clip(samples[:end] * (0.1 / max(float(level), 1e-9)), -1, 1)
        samples = np.pad(samples, (0, end - len(samples))).astype(np.float32)
        (folder / f"{row.excerpt}.ogg").write_bytes(encode_ogg(samples, rate))
    sheet = layout.page("listening.html", excerpts=drawn["excerpt"].tolist())
    (folder / "index.html").write_text(sheet, "utf-8")
    key = drawn.set_index("excerpt")[["origin", "piece"]].to_dict("index")
    return {"seed": seed, "tempo": tempo, "quarters": quarters, "excerpts": key}


def judge(answers: Mapping[str, str], key: Mapping[str, Any]) -> dict[str, float]:
    """How well a listener told made from real music.

    Parameters
    ----------
    answers : mapping of str to str
        Excerpt -> ``person`` or ``machine``; excerpts that were not judged are left out.
    key : mapping
        From :func:`write`.

    Returns
    -------
    dict of str to float
        ``accuracy`` with its 95 % interval ``low`` and ``high``; ``p``, the chance of at least
        so many right answers by guessing (exact, one-sided); ``n``.

    Raises
    ------
    ParameterError
        If an excerpt or an answer is unknown.

    Examples
    --------
    >>> key = {"excerpts": {"excerpt-01": {"origin": "made"}, "excerpt-02": {"origin": "real"}}}
    >>> told = judge({"excerpt-01": "machine", "excerpt-02": "machine"}, key)
    >>> told["accuracy"], told["p"], told["n"]
    (0.5, 0.75, 2.0)
    """
    from scipy.stats import binomtest

    meant = {"machine": "made", "person": "real"}
    for name, answer in answers.items():
        if name not in key["excerpts"] or answer not in meant:
            raise ParameterError(f"{name}: {answer!r}: answers are {', '.join(meant)}, by excerpt")
    right = sum(key["excerpts"][name]["origin"] == meant[a] for name, a in answers.items())
    value, low, high = share_interval(right, len(answers))
    p = binomtest(right, len(answers), 0.5, "greater").pvalue if answers else float("nan")
    return {"accuracy": value, "low": low, "high": high, "p": float(p), "n": float(len(answers))}
