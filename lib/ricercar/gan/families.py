"""Which composer takes part: by style, and by the number of voices.

Conventions
-----------
A family is the pieces of one number of voices; a style belongs to one family.
"""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from ricercar.errors import ParameterError
from ricercar.gan.composer import Composer
from ricercar.gan.conditions import probabilities


def choose(
    composers: Sequence[Composer],
    pieces: pd.DataFrame,
    notes: pd.DataFrame,
    style: Sequence[str] | None,
    several: bool,
) -> tuple[Composer, int, np.ndarray]:
    """The composer for given pieces.

    Parameters
    ----------
    composers : sequence of Composer
    pieces, notes : pandas.DataFrame
        What is given; its column style counts where no style is named.
    style : sequence of str, optional
        One per piece.
    several : bool
        Whether other voices are to be composed beside those that are given.

    Returns
    -------
    composer : Composer
    number : int
        Its place among the composers.
    shares : numpy.ndarray of float32, shape (n, styles)
        Probabilities of its styles.

    Raises
    ------
    ParameterError
        If no composer fits, or the style is unknown.
    """
    known = [name for composer in composers for name in composer.vocabulary.styles]
    if isinstance(style, str):
        raise ParameterError(f"style must be a list of names, one per piece, not {style!r}")
    if style is not None and (unknown := sorted(set(map(str, style)) - set(known))):
        raise ParameterError(f"styles {unknown} were not learnt; known: {known}")
    if style is not None and len(style) != len(pieces):
        raise ParameterError(f"{len(style)} styles for {len(pieces)} pieces: give one for each")
    if style is None:
        told = pieces["style"] if "style" in pieces else [""] * len(pieces)
        style = [str(name) for name in told]
    named = set(style) & set(known)
    most = int(notes["part"].max()) + 1 if len(notes) else 1
    fits = [
        number
        for number, composer in enumerate(composers)
        if (named & set(composer.vocabulary.styles) or not named)
        and (composer.vocabulary.voices > 1 if several else composer.vocabulary.voices >= most)
    ]
    if not fits:
        sizes = sorted({composer.vocabulary.voices for composer in composers})
        raise ParameterError(
            f"no generator for {'several voices' if several else f'{most} voice(s)'}"
            + (f" in {', '.join(sorted(named))}" if named else "")
            + f": there are generators for {' and '.join(map(str, sizes))} voice(s)"
        )
    number = min(fits, key=lambda one: composers[one].vocabulary.voices)
    mine = composers[number].vocabulary
    if outside := sorted(named - set(mine.styles)):
        raise ParameterError(f"{outside} and {sorted(named - set(outside))} are not of one family")
    if len(mine.styles) > 1 and (unsaid := [s for s in style if s not in mine.styles]):
        raise ParameterError(f"style {unsaid[0]!r} was not learnt: give one of {list(mine.styles)}")
    only = mine.styles[0]
    return (
        composers[number],
        number,
        probabilities(mine, [s if s in mine.styles else only for s in style]),
    )
