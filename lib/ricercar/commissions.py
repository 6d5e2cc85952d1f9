"""Whose music is graded, and what they are asked for.

Goal: the generator that comes with Ricercar and the one that a run has trained are asked in
the same way, laid beside the same real music, and told apart by name wherever they stand;
what makes that unequal is said.

Conventions
-----------
* The *main* generator stands first: the pretrained one where it is asked for, is installed,
  and knows a style of the catalogue; else the run's own.
* A generator's *repertoire* is what it learnt from or held out: pieces of the catalogue in
  its styles, for the pretrained one only of collections that it held pieces out of, as it
  never saw another.
* Tunes are asked for in the mix of styles that the held-out tunes of the repertoire have.
"""

from collections.abc import Mapping
from pathlib import Path

import pandas as pd

from ricercar.assess.reference import TUNES, VOICES, Reference
from ricercar.gan import sampling
from ricercar.gan.sampling import Generator

PRETRAINED, OWN = "pretrained", "this run's own"
#: the style that is asked for by number, not in the mix
_CHORALE = "chorale"


def called(name: str) -> str:
    """A generator's name as it stands in a sentence.

    Examples
    --------
    >>> called(PRETRAINED), called(OWN)
    ('the pretrained generator', "this run's own generator")
    """
    return f"{name} generator" if name == OWN else f"the {name} generator"


def generators(
    which: str, arrays: Path, description: Path, pieces: pd.DataFrame
) -> dict[str, Generator]:
    """The generators that compose, the main one first.

    Parameters
    ----------
    which : str
        ``pretrained``, then the run's own stands second; or ``run``, then it stands alone.
    arrays, description : pathlib.Path
        ``generator.npz`` and ``generator.json`` of the run.
    pieces : pandas.DataFrame
        The catalogue.

    Returns
    -------
    dict of str to Generator
        By :data:`PRETRAINED` and :data:`OWN`.

    Raises
    ------
    ParameterError
        If ``which`` is neither.
    ReadError
        If a generator is damaged.
    """
    own = sampling.load(arrays, description)
    main = sampling.choose(which, arrays, description)
    if main.describe() == own.describe() or not len(repertoire(PRETRAINED, main, pieces)):
        return {OWN: own}
    return {PRETRAINED: main, OWN: own}


def repertoire(name: str, generator: Generator, pieces: pd.DataFrame) -> pd.DataFrame:
    """Pieces of the catalogue that a generator learnt from or held out.

    Examples
    --------
    >>> pieces = pd.DataFrame({"piece": ["ryan/1", "mine/1"], "style": "reel",
    ...                        "collection": ["ryan", "mine"]})
    >>> known = Generator([], ["ryan/7"])
    >>> len(repertoire(OWN, known, pieces))  # it has learnt no style
    0
    """
    known = pieces[pieces["style"].isin(generator.styles)]
    if name == PRETRAINED and generator.held_out:
        seen = {piece.split("/")[0] for piece in generator.held_out}
        known = known[known["collection"].isin(seen)]
    return known


def repertoires(
    makers: Mapping[str, Generator], pieces: pd.DataFrame
) -> tuple[dict[str, pd.DataFrame], list[str]]:
    """What each generator is asked for, and the pieces that are held out.

    Parameters
    ----------
    makers : mapping of str to Generator
        From :func:`generators`.
    pieces : pandas.DataFrame
        The catalogue.

    Returns
    -------
    found : dict of str to pandas.DataFrame
        Pieces by generator: the main one's repertoire, and what others share with it by
        style, or their own where they share no style.
    held_out : list of str
        What the main generator held out; of pieces beyond its repertoire, what others did.
    """
    (main, first), *others = makers.items()
    found = {main: repertoire(main, first, pieces)}
    held_out = list(first.held_out)
    for name, generator in others:
        shared = found[main][found[main]["style"].isin(generator.styles)]
        found[name] = shared if len(shared) else repertoire(name, generator, pieces)
        held_out += sorted(set(generator.held_out) - set(found[main]["piece"]))
    return found, held_out


def requests(
    generator: Generator, real: pd.DataFrame, chorales: int, tunes: int, seed: int
) -> list[str]:
    """The styles that a generator is asked for, a piece each.

    Parameters
    ----------
    generator : Generator
    real : pandas.DataFrame
        Its repertoire; a style that has no piece there is not asked for, as nothing real
        could be laid beside it.
    chorales, tunes : int
        Pieces of the style chorale, and of all other styles together.
    seed : int

    Returns
    -------
    list of str
        Chorales first, then the other styles by name.
    """
    unseen = real[real["piece"].isin(generator.held_out)]
    mix = [side.loc[side["style"] != _CHORALE, "style"].sort_values() for side in (unseen, real)]
    styles = mix[0] if len(mix[0]) else mix[1]
    drawn = styles.sample(tunes if len(styles) else 0, replace=True, random_state=seed)
    asked = [_CHORALE] * (chorales if (real["style"] == _CHORALE).any() else 0)
    return asked + drawn.sort_values().tolist()


def learnt_from(generator: Generator) -> dict[str, int]:
    """Number of pieces that a generator learnt from, by family."""
    found: dict[str, int] = {}
    for composer in generator.composers:
        family = TUNES if composer.vocabulary.voices == 1 else VOICES
        count = sum(one[-1] for kind in composer.vocabulary.usual.values() for one in kind)
        found[family] = found.get(family, 0) + count
    return found


def cautions(makers: Mapping[str, Generator], real: Mapping[str, Reference]) -> list[str]:
    """What is unequal between the generators and the real music beside them, as sentences.

    Parameters
    ----------
    makers : mapping of str to Generator
        From :func:`generators`.
    real : mapping of str to Reference
        By family, parted by what the main generator held out.

    Returns
    -------
    list of str
        Of the main generator, how much of what it learnt from is not in *train*; of the
        other, which pieces it held out that count as *train* here, and the reverse.
    """
    main, *others = makers
    said = []
    for family, count in learnt_from(makers[main]).items():
        here = len(real[family].train[0]) if family in real else 0
        if 0 < here < count:
            what = "tunes" if family == TUNES else f"pieces of {family}"
            said.append(
                f"{_capital(called(main))} learnt from {count} {what}, and {here} stand in *train* "
                "here: a copy of another one is not found."
            )
    for name in others:
        held = set(makers[name].held_out)
        for family in learnt_from(makers[name]):
            if family not in real:
                continue
            parts = (real[family].train, real[family].valid, real[family].test)
            in_style = [one[0][one[0]["style"].isin(makers[name].styles)] for one in parts]
            out = [one["piece"].isin(held) for one in in_style]
            unseen, known = int(out[0].sum()), sum(int((~one).sum()) for one in out[1:])
            words = [f"held out {unseen} piece{'s' * (unseen != 1)} of *train*"] if unseen else []
            words += [f"learnt from {known} of *valid* and *test*"] if known else []
            if words:
                said.append(
                    f"{_capital(called(name))} ({family}) {' and '.join(words)}: its figures "
                    "beside them are not quite those of held-out pieces."
                )
    return said


def _capital(words: str) -> str:
    return words[0].upper() + words[1:]
