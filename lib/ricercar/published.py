r"""Published figures of recommenders, and what is asked of ours beside them.

Goal: every measured row has a figure to reach, or the reason why it has none; what is missed is
said as plainly as what is reached.

Conventions
-----------
* Figures are recall_n and ndcg_min, at 20 on Gowalla and at 10 on Last.fm-2k.
* *exact*: the published method has no chance in it and ours has its parameters, so both figures
  must agree to three decimals (:data:`THREE_DECIMALS`).
* A *rival* is another method than ours, which ours has to be surely above: with the lower bound
  of its interval.
* Measured cells are texts as the benchmarks write them, ``value [low, high]``.

Sources
-------
J. Zhu et al., "BARS: towards open benchmarking for recommender systems", SIGIR 2022, table
gowalla_m1. Y. Shen et al., "How powerful is graph convolution for recommendation?" (GF-CF),
CIKM 2021, as its authors' code gives it. K. Mao et al., "SimpleX", CIKM 2021. J. Yu et al.,
"Socially-aware self-supervised tri-training for recommendation" (SEPT), KDD 2021.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

#: agreement that is asked of methods without chance
THREE_DECIMALS = 0.0005

_MINUS = "\u2212"
_CELL = re.compile(r"\s*(?P<value>[\d.]+)(?:\s*\[(?P<low>[\d.]+), (?P<high>[\d.]+)\])?")


@dataclass(frozen=True)
class Published:
    """A published row.

    Attributes
    ----------
    method : str
        As the benchmark labels the row of ours that it stands beside.
    recall, ndcg : float
    source : str
    exact : bool
        Whether ours has to agree to three decimals.
    rival : str
        The published method's name, where it is another one than ours.
    reason : str
        Why nothing is asked of ours, where nothing is.
    """

    method: str
    recall: float
    ndcg: float
    source: str
    exact: bool = False
    rival: str = ""
    reason: str = ""


_BARS = "BARS 2022, gowalla_m1"

GOWALLA = (
    Published("MostPop", 0.0416, 0.0317, _BARS, exact=True),
    Published("ItemCF (cosine, 100 neighbours)", 0.1570, 0.1214, _BARS, exact=True),
    Published(
        "MF-BPR",
        0.1627,
        0.1378,
        _BARS,
        reason="random starts; ours is implicit's, popularity given back, still rising",
    ),
    Published(
        "SLIM",
        0.1699,
        0.1382,
        _BARS,
        reason="another variant: weights of 0 or more, among the 200 nearest pieces",
    ),
    Published("GF-CF", 0.18495, 0.15184, "the authors' code", exact=True),
    Published("graph_ease (ours)", 0.1872, 0.1557, "Mao et al. 2021", rival="SimpleX"),
)

_SEPT = "Yu et al. 2021"

LASTFM = (
    Published("bpr", 0.1761, 0.1674, _SEPT, reason="another random split"),
    Published("", 0.2064, 0.1972, _SEPT, rival="LightGCN"),
    Published("", 0.2127, 0.2057, _SEPT, rival="SEPT"),
)

#: benchmark -> its rows
ROWS: dict[str, tuple[Published, ...]] = {"gowalla": GOWALLA, "lastfm": LASTFM}


def beside(measured: pd.DataFrame, rows: Sequence[Published]) -> pd.DataFrame:
    """Measured figures beside the published ones, and what that says.

    Parameters
    ----------
    measured : pandas.DataFrame
        The first table of a benchmark: columns ``method``, ``recall_n@k`` and ``ndcg_min@k``
        with cells as texts; rows called "... (published)" are left out.
    rows : sequence of Published

    Returns
    -------
    pandas.DataFrame
        Columns method, the two metrics (ours), published (recall / ndcg, and the rival's name if
        it is another method), verdict, source. A rival that no row of ours stands beside has a
        row of its own at the end.

    Examples
    --------
    >>> ours = pd.DataFrame({"method": ["MostPop", "ease"],
    ...     "recall_n@20": ["0.04163 [0.0404, 0.0428]", "0.1"],
    ...     "ndcg_min@20": ["0.03169 [0.0308, 0.0326]", "0.1"]})
    >>> beside(ours, GOWALLA[:1])[["method", "published", "verdict"]].to_numpy().tolist()
    [['MostPop', '0.0416 / 0.0317', 'agrees to three decimals'], ['ease', '–', 'nothing published']]
    """
    metrics = [column for column in measured.columns if column.startswith(("recall_n", "ndcg_min"))]
    known = {row.method: row for row in rows if row.method}
    told = []
    for line in measured.to_dict("records"):
        if line["method"].endswith("(published)"):
            continue
        cells = [str(line[metric]) for metric in metrics]
        row = known.get(line["method"])
        if row is None:
            told.append((line["method"], *cells, "–", "nothing published", ""))
        else:
            told.append((line["method"], *cells, _both(row), _verdict(cells, row), row.source))
    for row in rows:
        if not row.method:
            told.append(("–", "–", "–", _both(row), "not one of ours", row.source))
    return pd.DataFrame(told, columns=["method", *metrics, "published", "verdict", "source"])


def _both(row: Published) -> str:
    return f"{row.recall:g} / {row.ndcg:g}" + (f" ({row.rival})" if row.rival else "")


def _verdict(cells: Sequence[str], row: Published) -> str:
    """What two cells say beside a published row."""
    value, low = _numbers(cells, "value"), _numbers(cells, "low")
    off = value - np.array([row.recall, row.ndcg])
    apart = f"{off[0]:+.4f} / {off[1]:+.4f}".replace("-", _MINUS)
    if row.exact:
        agrees = (np.abs(off) <= THREE_DECIMALS).all()
        return "agrees to three decimals" if agrees else f"does not agree: {apart}"
    if row.rival:
        above = (low > [row.recall, row.ndcg]).all()
        return f"{'surely above' if above else 'not surely above'} {row.rival}: {apart}"
    word = "below" if (off < 0).all() else "above" if (off > 0).all() else "differs"
    return f"{word}: {apart}"


def _numbers(cells: Sequence[str], part: str) -> np.ndarray:
    """The values of cells, or their lower bounds; NaN where there are none."""
    found = [_CELL.match(cell) for cell in cells]
    return np.array([float(m[part]) if m and m[part] else np.nan for m in found])


def summary(table: pd.DataFrame, rows: Sequence[Published]) -> str:
    """What was reproduced and what was not, and why of some nothing is asked.

    Parameters
    ----------
    table : pandas.DataFrame
        From :func:`beside`.
    rows : sequence of Published
        The same.

    Examples
    --------
    >>> verdicts = ["agrees to three decimals", "below: -0.01 / -0.01"]
    >>> table = pd.DataFrame({"method": ["MostPop", "MF-BPR"], "verdict": verdicts})
    >>> summary(table, [Published("MF-BPR", 0.1, 0.1, "paper", reason="by lot")])
    'To three decimals agree: MostPop. Nothing is asked of MF-BPR (by lot).'
    """
    kinds = {
        "To three decimals agree": "agrees to",
        "**Do not agree**": "does not agree",
        "Surely above their rivals": "surely above",
        "**Not surely above their rivals**": "not surely above",
    }
    said = [
        f"{words}: {', '.join(named)}."
        for words, start in kinds.items()
        if len(named := table.loc[table["verdict"].str.startswith(start), "method"])
    ]
    free = [f"{row.method} ({row.reason})" for row in rows if row.reason]
    return " ".join([*said, *([f"Nothing is asked of {', '.join(free)}."] if free else [])])
