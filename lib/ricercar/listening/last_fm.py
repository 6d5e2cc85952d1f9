"""Marginals of a real log, HetRec Last.fm-2k, beside which simulated listeners are laid.

Goal: the comparison needs no download. A few figures are computed from the data set once and
kept with the package in ``registries/hetrec-marginals.csv``; the data set is not part of it.

Conventions
-----------
* Play counts of 1,892 listeners and 17,632 artists, at most 50 artists of each listener. An
  artist stands for many pieces: there is more reason to return to one.
* :data:`SIZES` says over how many artists, those with the most listeners, figures are kept.
* ``python -m ricercar.listening.fit_simulation --marginals FILE`` writes the file anew.

Sources
-------
I. Cantador, P. Brusilovsky and T. Kuflik, "Second workshop on information heterogeneity and
fusion in recommender systems", RecSys 2011; https://grouplens.org/datasets/hetrec-2011/.
"""

from functools import cache
from pathlib import Path

import pandas as pd
from scipy import sparse

from ricercar import datasets
from ricercar.errors import ParameterError, ReadError
from ricercar.listening import marginals

#: numbers of artists for which the marginals of Last.fm-2k are kept; the last is all of them
SIZES = (300, 900, 1800, 4500, 17_632)


def counts(folder: Path | None = None) -> sparse.csr_array:
    """Play counts of HetRec Last.fm-2k.

    Parameters
    ----------
    folder : Path, optional
        Where the files are, if not where :func:`ricercar.datasets.fetch` looks.

    Returns
    -------
    scipy.sparse.csr_array, shape (1892, 17632)
        Listeners by artists, in the order of their first rows.

    Raises
    ------
    MissingArtefactError, ReadError
        If the data set is not there, or is another.
    """
    path = datasets.fetch("hetrec-lastfm", folder) / "user_artists.dat"
    log = pd.read_csv(path, sep="\t", encoding="latin-1")
    if log.columns.tolist() != ["userID", "artistID", "weight"]:
        raise ReadError(f"{path}: its columns are not userID, artistID and weight")
    row, column = log["userID"].factorize()[0], log["artistID"].factorize()[0]
    return sparse.csr_array(sparse.coo_array((log["weight"].to_numpy(), (row, column))))


def reference(log: sparse.csr_array) -> pd.DataFrame:
    """The marginals that are kept with the package: a column ``items``, and a log's marginals."""
    tables = [marginals.measured(log, items).assign(items=items) for items in SIZES]
    table = pd.concat(tables, ignore_index=True)
    return table[["items", *tables[0].columns.drop("items")]].round(4)


def comparable(items: int) -> int:
    """The largest of :data:`SIZES` that a catalogue of so many items reaches, else the smallest.

    Examples
    --------
    >>> comparable(933)
    900
    """
    return max((size for size in SIZES if size <= items), default=SIZES[0])


def kept(items: int) -> pd.DataFrame:
    """The marginals of Last.fm-2k, as :func:`ricercar.listening.marginals.measured` gives them.

    Computed from the data set once and kept with the package; the data set itself is not part
    of it.

    Parameters
    ----------
    items : int
        One of :data:`SIZES`.

    Returns
    -------
    DataFrame
        Columns ``marginal``, ``at``, ``value``.

    Raises
    ------
    ParameterError
        For another number of items.

    Examples
    --------
    >>> kept(17_632).set_index("marginal").loc["gini of popularity", "value"].item()
    0.8927
    """
    if items not in SIZES:
        raise ParameterError(f"items is {items}: kept are the marginals of {SIZES}")
    table = _table()
    return table.loc[table["items"] == items, ["marginal", "at", "value"]].reset_index(drop=True)


@cache
def _table() -> pd.DataFrame:
    path = Path(__file__).parent.parent / "registries" / "hetrec-marginals.csv"
    return pd.read_csv(path)
