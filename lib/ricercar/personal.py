r"""Composing for a listener: candidates, choice, and what it gains.

Goal: turn a profile into a request to the generator, choose among what it makes by
profile match, and measure on the same listeners whether that beats composing for
everyone.

The method
----------
Listener :math:`l` has the share :math:`p_{ls}` of style :math:`s` in their profile. A
candidate's style is drawn with probability

.. math:: \pi_{ls} \propto p_{ls}^{\gamma}

over the styles that the generator knows; :math:`\gamma` is the ``sharpness``. Of
:math:`N` candidates the one whose features match the profile best, by cosine, is kept.

Conventions
-----------
* *Arms*: ``unconditioned`` (the first of N pieces in styles drawn without regard to the
  listener), ``unconditioned best of N``, ``conditioned`` (the first of N in styles drawn
  from the profile), ``conditioned best of N``. All arms of a listener start from the
  same random numbers.
* The *asked* style is what the generator was told; the *heard* style is that of the
  nearest centroid of real pieces. A listener judges what is heard: a label alone
  pleases nobody.
* Nothing here sees true tastes; they come in as a column of :func:`gain` only.
"""

from itertools import product
from typing import Any

import numpy as np
import pandas as pd

from ricercar.assess import bootstrap
from ricercar.errors import ParameterError, TableError

ARMS = (
    "unconditioned",
    "unconditioned best of N",
    "conditioned",
    "conditioned best of N",
)

#: what is compared: (arm, arm that it should beat)
COMPARISONS = (
    ("unconditioned best of N", "unconditioned"),
    ("conditioned", "unconditioned"),
    ("conditioned best of N", "unconditioned"),
    ("conditioned best of N", "unconditioned best of N"),
)


def style_wishes(profiles: pd.DataFrame, styles: list[str], sharpness: float = 1.0) -> pd.DataFrame:
    """What to ask the generator for, per listener.

    Parameters
    ----------
    profiles : pandas.DataFrame
        Columns listener and ``style.<style>`` (shares; missing counts as none).
    styles : list of str
        Styles that the generator knows.
    sharpness : float
        Exponent of the shares: 0 ignores the profile, 1 follows it, more favours the
        favourite.

    Returns
    -------
    pandas.DataFrame, index listener, columns ``styles``
        Rows sum to 1; a profile with none of the styles wishes for all alike.

    Raises
    ------
    ParameterError
        If there is no style, or ``sharpness`` is negative.

    Examples
    --------
    >>> profiles = pd.DataFrame({"listener": ["a"], "style.reel": [0.5], "style.jig": [0.5]})
    >>> style_wishes(profiles, ["jig", "reel", "march"]).loc["a"].tolist()
    [0.5, 0.5, 0.0]
    """
    if not styles or sharpness < 0:
        raise ParameterError(
            f"{len(styles)} styles and sharpness {sharpness}: give at least one style and "
            "a sharpness of 0 or more"
        )
    columns = [f"style.{style}" for style in styles]
    shares = profiles.reindex(columns=columns, fill_value=0.0).fillna(0.0).clip(lower=0.0)
    wishes = shares.to_numpy(float) ** sharpness
    total = wishes.sum(axis=1, keepdims=True)
    with np.errstate(invalid="ignore", divide="ignore"):
        wishes = np.where(total > 0, wishes / total, 1 / len(styles))
    return pd.DataFrame(wishes, index=pd.Index(profiles["listener"]), columns=list(styles))


def candidates(
    generator: Any, wishes: pd.DataFrame, n: int, seed: int, prefix: str
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Compose ``n`` pieces for each listener.

    Parameters
    ----------
    generator : ricercar.gan.sampling.Generator
        Or anything with ``sample(styles, seed=..., prefix=...)``.
    wishes : pandas.DataFrame
        From :func:`style_wishes`.
    n : int
        Candidates per listener.
    seed : int
        The same seed gives the generator the same random numbers, whatever the wishes.
    prefix : str
        Part of the new pieces' ids.

    Returns
    -------
    pieces, notes : pandas.DataFrame
        In the schemas of :mod:`ricercar.tables`; ``pieces`` has the columns listener and
        candidate (0..n-1) besides, ``style`` is the style asked for.
    """
    if n < 1:
        raise ParameterError(f"{n} candidates per listener: give 1 or more")
    rng = np.random.default_rng([seed, 1])  # the generator draws from ``seed`` itself
    bounds = wishes.to_numpy(float).cumsum(axis=1)
    draws = rng.random((len(wishes), n))
    chosen = (draws[:, :, None] >= bounds[:, None, :]).sum(axis=2)
    known = (wishes.to_numpy() > 0) * np.arange(wishes.shape[1])
    chosen = np.minimum(chosen, known.max(axis=1)[:, None])
    asked = wishes.columns.to_numpy()[chosen.ravel()]
    pieces, notes = generator.sample([str(style) for style in asked], seed=seed, prefix=prefix)
    if len(pieces) != len(asked):
        raise TableError(f"the generator gave {len(pieces)} pieces for {len(asked)} requests")
    return (
        pieces.assign(
            listener=np.repeat(wishes.index.to_numpy(), n),
            candidate=np.tile(np.arange(n), len(wishes)),
        ),
        notes,
    )


def heard_styles(
    pieces: pd.DataFrame,
    features_table: pd.DataFrame,
    reference: pd.DataFrame,
    centroids: pd.DataFrame,
    voices: pd.Series,
) -> np.ndarray:
    """The style that each piece sounds like: that of the nearest centroid of real pieces.

    Distances are Euclidean over the standardised features that the piece has: one voice has
    no harmony, and is not far from a style because a few of its pieces have one. Only styles
    with as many voices as the piece are considered, because anybody hears how many voices
    there are; all of ``voices`` where there is none.

    Parameters
    ----------
    pieces : pandas.DataFrame
        The pieces to judge, with the column parts.
    features_table : pandas.DataFrame
        Their features, in the same order.
    reference : pandas.DataFrame
        Features of the catalogue, which standardise.
    centroids : pandas.DataFrame
        Column style and feature means in the features' own units.
    voices : pandas.Series
        Style -> number of voices, for the styles that are considered.

    Returns
    -------
    numpy.ndarray of str, shape (pieces,)

    Raises
    ------
    TableError
        If the centroids have none of the features or none of the styles.
    """
    from ricercar import features

    names = [c for c in centroids.columns if c in features_table.columns and c in reference.columns]
    centroids = centroids[centroids["style"].isin(voices.index)]
    if not names or centroids.empty:
        raise TableError("style centroids lack the features or the styles: run 02 and 03 again")
    place, centre = (
        features.standardise(table[names], reference[names]).to_numpy(float)
        for table in (features_table, centroids)
    )
    has = features_table[names].notna().to_numpy(float)
    place = place * has
    far = (place**2).sum(axis=1)[:, None] - 2 * place @ centre.T + has @ (centre**2).T
    alike = pieces["parts"].to_numpy()[:, None] == voices[centroids["style"]].to_numpy()
    far[~alike & alike.any(axis=1, keepdims=True)] = np.inf
    return centroids["style"].to_numpy(str)[far.argmin(axis=1)]


def own(matrix: pd.DataFrame, pieces: pd.DataFrame) -> np.ndarray:
    """Each piece's value for the listener that it was made for.

    Parameters
    ----------
    matrix : pandas.DataFrame
        Listeners by pieces.
    pieces : pandas.DataFrame
        Columns listener and piece.

    Returns
    -------
    numpy.ndarray, shape (pieces,)

    Examples
    --------
    >>> matrix = pd.DataFrame([[1, 2], [3, 4]], index=["a", "b"], columns=["x", "y"])
    >>> own(matrix, pd.DataFrame({"listener": ["b", "a"], "piece": ["x", "y"]})).tolist()
    [3, 2]
    """
    row = matrix.index.get_indexer(pd.Index(pieces["listener"]))
    column = matrix.columns.get_indexer(pd.Index(pieces["piece"]))
    if (row < 0).any() or (column < 0).any():
        raise TableError("a piece or its listener is not in the matrix")
    return matrix.to_numpy()[row, column]


def best(scored: pd.DataFrame, keep: int = 1) -> pd.DataFrame:
    """The ``keep`` candidates of each listener that match best; the first of equals.

    Examples
    --------
    >>> scored = pd.DataFrame({"listener": ["a", "a", "b"], "candidate": [0, 1, 0],
    ...                        "match": [0.1, 0.4, 0.2]})
    >>> best(scored)["match"].tolist()
    [0.4, 0.2]
    """
    order = scored.sort_values(["listener", "match", "candidate"], ascending=[True, False, True])
    return order.groupby("listener", sort=True).head(keep).reset_index(drop=True)


def arms(unconditioned: pd.DataFrame, conditioned: pd.DataFrame) -> pd.DataFrame:
    """One piece per arm and listener.

    Parameters
    ----------
    unconditioned, conditioned : pandas.DataFrame
        Candidates with columns listener, candidate, match, and whatever is measured.

    Returns
    -------
    pandas.DataFrame
        The chosen rows with a column arm, ordered by arm and listener.
    """
    chosen = []
    for name, scored in (("unconditioned", unconditioned), ("conditioned", conditioned)):
        first = scored[scored["candidate"] == 0].sort_values("listener")
        chosen += [first.assign(arm=name), best(scored).assign(arm=f"{name} best of N")]
    table = pd.concat(chosen, ignore_index=True)
    order = table["arm"].map({name: place for place, name in enumerate(ARMS)})
    return table.iloc[np.argsort(order.to_numpy(), kind="stable")].reset_index(drop=True)


def levels(chosen: pd.DataFrame, measures: list[str], seed: int = 0) -> pd.DataFrame:
    """Mean of each measure in each arm, with a bootstrap interval over listeners.

    Returns
    -------
    pandas.DataFrame
        Columns arm, measure, value, low, high, n.
    """
    rows = []
    for measure, arm in product(measures, ARMS):
        values = chosen.loc[chosen["arm"] == arm, measure].to_numpy(float)
        known = int((~np.isnan(values)).sum())
        rows.append((arm, measure, *bootstrap.interval(values, seed=seed), known))
    return pd.DataFrame(rows, columns=["arm", "measure", "value", "low", "high", "n"])


def gain(chosen: pd.DataFrame, measures: list[str], seed: int = 0) -> pd.DataFrame:
    """What an arm gains over another on the same listeners.

    Parameters
    ----------
    chosen : pandas.DataFrame
        From :func:`arms`, with the columns named by ``measures``.
    measures : list of str

    Returns
    -------
    pandas.DataFrame
        One row per pair of :data:`COMPARISONS` and measure: arm, over, measure, value
        (mean paired difference), low, high (bootstrap over listeners), n, p (sign-flip
        test) and p_holm (corrected for all rows of the table).

    Examples
    --------
    >>> chosen = pd.DataFrame([(arm, f"l{i}", i + 2.0 * place) for place, arm in enumerate(ARMS)
    ...                        for i in range(12)], columns=["arm", "listener", "liking"])
    >>> table = gain(chosen, ["liking"])
    >>> table["value"].tolist(), bool((table["p_holm"] < 0.01).all())
    ([2.0, 4.0, 6.0, 4.0], True)
    """
    rows = []
    for measure in measures:
        wide = chosen.pivot(index="listener", columns="arm", values=measure)
        for arm, over in COMPARISONS:
            a, b = wide[arm].to_numpy(float), wide[over].to_numpy(float)
            known = int((~np.isnan(a - b)).sum())
            spread = bootstrap.paired_difference(a, b, seed=seed)
            p = bootstrap.sign_flip_test(a, b, seed=seed)
            rows.append((arm, over, measure, *spread, known, p))
    columns = ["arm", "over", "measure", "value", "low", "high", "n", "p"]
    table = pd.DataFrame(rows, columns=columns)
    return table.assign(p_holm=bootstrap.holm(table["p"].to_numpy()))


def as_personal_gain(level: pd.DataFrame, difference: pd.DataFrame) -> pd.DataFrame:
    """Levels and gains in the schema ``personal_gain``.

    A gain is the row ``gain over <arm>: <measure>``, its corrected p-value the row
    ``p over <arm>: <measure>``.

    Examples
    --------
    >>> level = pd.DataFrame([("conditioned", "liking", 0.5, 0.4, 0.6, 9)],
    ...                      columns=["arm", "measure", "value", "low", "high", "n"])
    >>> as_personal_gain(level, pd.DataFrame())["measure"].tolist()
    ['liking']
    """
    if difference.empty:
        return level
    name = " over " + difference["over"] + ": " + difference["measure"]
    columns = ["arm", "measure", "value", "low", "high", "n"]
    gains = difference.assign(measure="gain" + name)[columns]
    p_values = difference.assign(measure="p" + name, value=difference["p_holm"])
    p_values = p_values.assign(low=np.nan, high=np.nan)[columns]
    return pd.concat([level, gains, p_values], ignore_index=True)
