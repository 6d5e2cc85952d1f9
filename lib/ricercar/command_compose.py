"""The command ``ricercar compose``: music from the kept generator, as files.

``ricercar compose --style reel --bars 8 -n 4 --out DIR [--key "G major"] [--sound]``

Goal: from the shell to MIDI, MusicXML and sound in a few seconds.

Conventions
-----------
* Standard output has a line for each piece; errors are one line.
* Files appear when all of them are written; a file that is there already is replaced only
  with ``--force``.
* TensorFlow is not needed, and not imported.
"""

import argparse
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ricercar.errors import ParameterError, RicercarError

if TYPE_CHECKING:
    import pandas as pd

    from ricercar.gan.sampling import Generator

WORDS = "compose pieces, continue one, or accompany a melody"

_MOST_PIECES = 1000
_SUFFIXES = (".mid", ".musicxml")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of the command.

    Parameters
    ----------
    parser : argparse.ArgumentParser
    """
    add = parser.add_argument
    add("--style", metavar="NAME", help="reel, or a mixture: reel=0.7,jig=0.3")
    add("--list", action="store_true", help="list the styles, meters and keys, and stop")
    add("--bars", type=int, help="complete bars, 2 to 64 (default: as usual in the style)")
    add("-n", type=int, default=1, metavar="N", dest="count", help="pieces (default: 1)")
    add("--out", type=Path, metavar="DIR", help="folder to write to")
    add("--key", help='"G major", "E dorian"')
    add("--mode", help="major, minor, dorian …, in any key")
    add("--meter", help="6/8")
    add("--temperature", type=float, help="below 1 tamer, above 1 wilder")
    add("--top-p", type=float, help="leave out unlikely notes: share of probability, up to 1")
    add("--strength", type=float, default=1.0, help="of the style: 0 none, 1 (default), up to 4")
    add("--seed", type=int, default=0, help="of every random choice (default: 0)")
    add("--continue", type=Path, metavar="FILE", dest="begun", help="compose on from these bars")
    add("--keep-bars", type=int, metavar="N", help="bars of FILE to keep (default: all)")
    add("--accompany", type=Path, metavar="FILE", help="compose voices below this melody")
    add("--generator", type=Path, metavar="NPZ", help="of a run, with its .json beside it")
    add("--tempo", type=float, default=100.0, help="quarters per minute (default: 100)")
    add("--sound", action="store_true", help="Ogg files, too")
    add("--force", action="store_true", help="replace files that are there already")


def run(given: argparse.Namespace) -> int:
    """Run the command.

    Parameters
    ----------
    given : argparse.Namespace

    Returns
    -------
    int
        Exit status.

    Raises
    ------
    ParameterError
        If anything that was given is wrong.
    """
    try:
        _check(given)
        generator = _generator(given.generator)
        if given.list:
            print(listing(generator))
            return 0
        pieces, notes = _compose(generator, given)
        paths = _write(pieces, notes, given)
    except ParameterError:
        raise
    except RicercarError as error:
        raise ParameterError(str(error)) from error
    from ricercar.meter import bar_ticks

    whole = (pieces["quarters"] * 480 - pieces["pickup"]) / bar_ticks(pieces["meter"])
    for row, bars, files in zip(pieces.itertuples(), whole, paths, strict=True):
        endings = ", ".join(path.suffix for path in files[1:])
        print(f"{row.style}, {row.meter}, {row.key}, {bars:.3g} bars: {files[0]} ({endings})")
    return 0


def _check(given: argparse.Namespace) -> None:
    from ricercar.gan import asking

    if given.list:
        return
    if given.out is None:
        raise ParameterError("name a folder to write to: --out DIR")
    if given.out.exists() and not given.out.is_dir():
        raise ParameterError(f"--out {given.out} is not a folder")
    if given.begun and given.accompany:
        raise ParameterError("--continue and --accompany do not go together: choose one")
    if not (given.style or given.begun or given.accompany):
        raise ParameterError("name a style: --style reel; ricercar compose --list tells them all")
    if given.begun and given.bars is None:
        raise ParameterError("say how long the piece is to be: --bars 8 with --continue")
    if given.keep_bars is not None and not given.begun:
        raise ParameterError("--keep-bars goes with --continue FILE")
    if given.accompany and given.bars is not None:
        raise ParameterError("--bars does not go with --accompany: the melody tells the length")
    if given.mode and (given.begun or given.accompany):
        raise ParameterError("--mode goes with neither --continue nor --accompany: use --key")
    if not 1 <= given.count <= _MOST_PIECES:
        raise ParameterError(f"-n is {given.count}, must be 1 to {_MOST_PIECES}")
    if not 10 <= given.tempo <= 1000:
        raise ParameterError(f"--tempo is {given.tempo:g}, must be 10 to 1000")
    asking.check(given.seed, given.bars, given.strength, given.temperature, given.top_p)


def _generator(path: Path | None) -> "Generator":
    """The generator that was named, or the one that comes with Ricercar."""
    from ricercar.gan import sampling

    if path is None:
        return sampling.pretrained()
    description = path.with_suffix(".json")
    for one in (path, description):
        if not one.is_file():
            raise ParameterError(f"there is no file {one}: --generator needs it")
    return sampling.load(path, description)


def _compose(generator: "Generator", given: argparse.Namespace) -> "tuple[pd.DataFrame, Any]":
    chance = {name: getattr(given, name) for name in ("strength", "temperature", "top_p")}
    form = {"meter": given.meter, "key": given.key}
    shares = mixture(given.style, generator.styles) if given.style else {}
    from ricercar.catalogue.sources import safe_name

    prefix = "-".join(safe_name(style) for style in shares)
    if given.begun or given.accompany:
        if len(shares) > 1:
            raise ParameterError("--continue and --accompany take one style, not a mixture")
        path: Path = given.begun or given.accompany
        prefix = safe_name(path.stem) or "piece"
        from ricercar.one_piece import read_piece

        pieces, notes = read_piece(path)
        form |= {"style": list(shares) or None, "versions": given.count}
        if given.begun:
            named = {"prefix": f"{prefix}-continued", "keep": given.keep_bars}
            return generator.continue_(
                pieces, notes, given.bars, given.seed, **form, **chance, **named
            )
        named = {"prefix": f"{prefix}-accompanied"}
        return generator.accompany(pieces, notes, given.seed, **form, **chance, **named)
    import numpy as np

    row = np.array([shares.get(style, 0.0) for style in generator.styles])
    rows = np.tile(row, (given.count, 1))
    more = {"prefix": prefix, "bars": given.bars, "mode": given.mode}
    return generator.sample(rows, given.seed, **form, **chance, **more)  # type: ignore[arg-type]


def mixture(text: str, known: list[str]) -> dict[str, float]:
    """Styles and their weights from text.

    Parameters
    ----------
    text : str
        ``"reel"`` or ``"reel=0.7,jig=0.3"``.
    known : list of str

    Raises
    ------
    ParameterError
        If it is not understood, or a style is unknown.

    Examples
    --------
    >>> mixture("reel=0.7, jig=0.3", ["jig", "reel", "air"])
    {'reel': 0.7, 'jig': 0.3}
    """
    found: dict[str, float] = {}
    for part in text.split(","):
        name, equals, weight = (word.strip() for word in part.partition("="))
        try:
            share = float(weight) if equals else 1.0
        except ValueError:
            share = -1.0
        if not 0 < share < float("inf"):
            raise ParameterError(f"--style {text!r} is not understood: write reel=0.7,jig=0.3")
        if name not in known:
            raise ParameterError(f"style {name!r} was not learnt; known: {', '.join(known)}")
        found[name] = share
    return found


def _write(
    pieces: "pd.DataFrame", notes: "pd.DataFrame", given: argparse.Namespace
) -> list[list[Path]]:
    """All files of all pieces, or none."""
    from ricercar import compositions

    out: Path = given.out
    suffixes = [*_SUFFIXES, *([".ogg"] if given.sound else [])]
    stems = [compositions.stem(piece) for piece in pieces["piece"]]
    paths = [[out / f"{stem}{suffix}" for suffix in suffixes] for stem in stems]
    there = [path for files in paths for path in files if path.exists()]
    if there and not given.force:
        more = f" and {len(there) - 1} more" if len(there) > 1 else ""
        raise ParameterError(f"{there[0]} is there already{more}: --force replaces it")
    if silent := sorted(set(pieces["piece"]) - set(notes["piece"])):
        raise ParameterError(f"{silent[0]} came out silent: take another --seed or --temperature")
    made = [folder for folder in (out, *out.parents) if not folder.exists()]
    try:
        out.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".composing-", dir=out) as passing:
            compositions.write(pieces, notes, Path(passing), given.tempo)
            if given.sound:
                _sound(notes, Path(passing), given.tempo)
            for path in [path for files in paths for path in files]:
                (Path(passing) / path.name).replace(path)
    except OSError as error:
        _remove_empty(made)
        raise ParameterError(f"cannot write to {out}: {error.strerror or error}") from error
    except BaseException:
        _remove_empty(made)
        raise
    return paths


def _sound(notes: "pd.DataFrame", folder: Path, tempo: float) -> None:
    from ricercar import compositions
    from ricercar.show import sound

    for piece, rows in notes.groupby("piece", sort=False):
        samples, rate = sound.render(rows, tempo)
        path = folder / f"{compositions.stem(str(piece))}.ogg"
        path.write_bytes(sound.encode_ogg(samples, rate))


def _remove_empty(folders: list[Path]) -> None:
    """Remove folders that were made for nothing, the innermost first."""
    for folder in folders:
        if folder.is_dir() and not any(folder.iterdir()):
            folder.rmdir()


def listing(generator: "Generator") -> str:
    """What can be asked for, with the number of pieces that it was learnt from.

    Parameters
    ----------
    generator : Generator

    Returns
    -------
    str
    """
    from collections import Counter

    from ricercar.gan.beats import TONICS
    from ricercar.gan.scores import _NAMES

    lines = []
    for composer in generator.composers:
        v = composer.vocabulary
        lines.append(f"{v.voices} voice{'s' if v.voices > 1 else ''}")
        for style in v.styles:
            meters: Counter[str] = Counter()
            keys: Counter[str] = Counter()
            for meter, mode, _, _, moved, count in v.usual.get(style, []):
                meters[meter] += count
                keys[f"{_NAMES[(TONICS[mode] - moved) % 12]} {mode}"] += count
            lines.append(f"  {style} ({meters.total()} pieces)")
            for what, found in (("meters", meters), ("keys", keys)):
                told = ", ".join(f"{name} {count}" for name, count in found.most_common())
                lines.append(f"    {what}: {told or 'none'}")
    return "\n".join(lines)
