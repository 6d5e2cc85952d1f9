"""Which methods can take part in a comparison, on the data at hand.

Goal: what is left out is left out for a reason that is told.

Conventions
-----------
* Some methods need features of the pieces; some hold numbers for all pairs of listeners or
  of pieces, whichever are fewer, so that their memory grows with the square (8 bytes a pair,
  about three such tables while they learn).
* ``most_popular`` always takes part: it is what the others have to beat.
* The method to speak of and the baseline to test against are chosen where tuning looked, so
  that the test part stays untouched by the choice.
"""

from collections.abc import Sequence

import pandas as pd

from ricercar import recommend
from ricercar.errors import ParameterError

#: methods that hold a table of pieces x pieces, or listeners x listeners if these are fewer
SQUARE = ("ease", "graph_ease", "augmented_linear")
#: bytes that such tables may take
MEMORY = 2**31


def taking_part(
    asked: Sequence[str], shape: tuple[int, int], with_features: bool, memory: int = MEMORY
) -> tuple[list[str], list[str]]:
    """The methods that can be compared, and why others are not.

    Parameters
    ----------
    asked : sequence of str
        Names of methods; empty for all that the data allow.
    shape : (int, int)
        Numbers of listeners and of pieces.
    with_features : bool
        Whether features of the pieces are known.
    memory : int
        Bytes that the tables of a method may take; methods that are asked for by name may
        take more.

    Returns
    -------
    names : list of str
        In the order of :func:`ricercar.recommend.models`.
    reasons : list of str
        A sentence for each reason why methods are left out.

    Raises
    ------
    ParameterError
        If a name is unknown, or fewer than two methods are left.

    Examples
    --------
    >>> taking_part(["content", "ease"], (50, 100), with_features=False)
    (['most_popular', 'ease'], ['Without features of the pieces there is no content.'])
    """
    known = recommend.models()
    if unknown := sorted(set(asked) - set(known)):
        raise ParameterError(f"there is no recommender {unknown[0]!r}; known: {', '.join(known)}")
    names = [name for name in known if not asked or name in asked or name == "most_popular"]
    reasons = []
    if not with_features:
        needing = [name for name in names if "features" in known[name].parameters()]
        if needing:
            reasons.append(f"Without features of the pieces there is no {' or '.join(needing)}.")
        names = [name for name in names if name not in needing]
    needed = 3 * 8 * min(shape) ** 2
    if not asked and needed > memory:
        large = [name for name in names if name in SQUARE]
        if large:
            reasons.append(
                f"With {shape[0]:,} listeners and {shape[1]:,} pieces {' and '.join(large)} would "
                f"need about {needed / 2**30:.0f} GiB each and are left out; name them among the "
                "models to try, or raise min_listeners."
            )
        names = [name for name in names if name not in large]
    if len(names) < 2:
        raise ParameterError(
            " ".join(
                [f"a comparison needs two methods, only {names[0]} is left: name more.", *reasons]
            )
        )
    return names, reasons


def by_validation(tried: pd.DataFrame, among: Sequence[str] = ()) -> list[str]:
    """Methods in the order of what tuning reached with them, the best first.

    Parameters
    ----------
    tried : pandas.DataFrame
        From :func:`ricercar.recommend.tuning.tune_all`: columns model and value.
    among : sequence of str, optional
        These only.

    Returns
    -------
    list of str
        Equal ones in the order of the table.

    Examples
    --------
    >>> tried = pd.DataFrame({"model": ["als", "als", "ease"], "value": [0.1, 0.3, 0.2]})
    >>> by_validation(tried), by_validation(tried, ["ease"])
    (['als', 'ease'], ['ease'])
    """
    reached = tried.groupby("model", sort=False)["value"].max()
    ordered = reached.sort_values(ascending=False, kind="stable").index
    return [name for name in ordered if not among or name in among]
