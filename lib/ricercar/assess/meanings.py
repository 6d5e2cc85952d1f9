"""What the columns beside accuracy mean, for those that a table has.

Conventions
-----------
* Keys are metrics without their cutoff; definitions are in :mod:`.exposure`, :mod:`.beyond` and
  :mod:`.calibration`.
"""

from collections.abc import Iterable

MEANINGS: dict[str, str] = {
    "coverage": "is the share of the catalogue that is in anybody's list",
    "gini": "says how unevenly places go to pieces (0 even, 1 one piece only)",
    "novelty": "is the mean of minus the binary logarithm of the share of listeners who like a "
    "listed piece (bits)",
    "serendipity": "is the share of places with a right piece that the most popular list does not "
    "hold",
    "popularity_lift": "is how much more popular the list is than what the listener liked (0: as "
    "popular)",
    "diversity": "is the mean distance between the features of the pieces of a list",
    "style_js": "is the distance between the styles of the list and those of the listener's past "
    "(0: the same mix, 1: none in common)",
}


def meanings(metrics: Iterable[str]) -> str:
    """The meanings of some metrics, in a sentence each.

    Parameters
    ----------
    metrics : iterable of str
        With their cutoffs.

    Examples
    --------
    >>> meanings(["coverage@10", "rr@10"])
    "*coverage* is the share of the catalogue that is in anybody's list."
    """
    kinds = [metric.partition("@")[0] for metric in metrics]
    return " ".join(f"*{kind}* {MEANINGS[kind]}." for kind in kinds if kind in MEANINGS)
