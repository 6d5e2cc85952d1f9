"""The command ``ricercar``.

``ricercar assess FOLDER [FOLDER …] [--against CATALOGUE] [--out FILE.html] [--seed N]``
``ricercar compose --style STYLE --bars N -n N --out DIR …``
``ricercar run NOTEBOOK [--run NAME] [-p NAME VALUE] [-f FILE.yaml]``

Goal: what other researchers want of the workbench without opening it.

Conventions
-----------
* Results go to standard output, progress and errors to standard error.
* Exit status: 0 done; 2 something that was given is wrong; 1 another failure; 130 interrupted.
* A subcommand is a function that adds its arguments to a parser, and one that runs; both stand
  in :data:`COMMANDS`. What a subcommand needs is imported when it runs.
"""

import argparse
import sys
from collections.abc import Callable
from pathlib import Path

from ricercar import command_compose, command_run
from ricercar.errors import ParameterError, RicercarError


def _say(words: str) -> None:
    print(words, file=sys.stderr, flush=True)


def _assess_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "folder",
        type=Path,
        nargs="+",
        help="MIDI, MusicXML, ABC, kern or MEI files to grade; several folders are compared",
    )
    parser.add_argument(
        "--against",
        metavar="CATALOGUE",
        help="a run's folder (data/quick), a folder of scores, or collections of music21 "
        "(ryan,oneill); by default Bach's chorales, and tunes of Ryan, O'Neill and Aird",
    )
    parser.add_argument(
        "--out", type=Path, metavar="FILE.html", help="the page (default: scorecard-FOLDER.html)"
    )
    parser.add_argument("--seed", type=int, default=0, help="of every random choice (default: 0)")
    parser.add_argument("--workers", type=int, default=2, help="processes (default: 2)")
    parser.add_argument(
        "--shown", type=int, default=8, help="pieces of a family on the page (default: 8)"
    )


def _assess(given: argparse.Namespace) -> int:
    import pandas as pd

    from ricercar.assess import scorecard, scorecard_text, sources
    from ricercar.assess.reference import FAMILIES, family_of
    from ricercar.show import scorecard as page

    if given.workers < 1 or given.shown < 0:
        raise ParameterError("--workers must be 1 or more, --shown 0 or more")
    for folder in given.folder:
        sources.check_folder(folder)
    made = sources.read_several(given.folder, given.workers)
    for name, one in made.items():
        lost = len(one.quarantine)
        _say(f"{name}: {len(one.tables[0])} pieces read" + (f", {lost} not" if lost else ""))
    first = page.file_name(next(iter(made)))
    target = given.out or Path(f"scorecard-{first}.html")
    if target.is_dir() or not target.suffix:
        raise ParameterError(f"--out {target}: name a file, for example scorecard.html")
    tables = {name: one.tables for name, one in made.items()}
    there = {family for one in tables.values() for family in family_of(*one)}
    families = [family for family in FAMILIES if family in there]
    against = sources.read_against(given.against, families, given.workers, _say)
    card = scorecard.grade(tables, against, given.seed, workers=given.workers, say=_say)
    print(scorecard_text.text(card))
    unread = pd.concat([one.quarantine for one in made.values()])[["file", "line", "reason"]]
    for file, line, reason in unread.astype(str).to_numpy():
        print(f"not read: {file}{'' if line == '0' else f', line {line}'}: {reason}")
    _say("writing the page")
    page.write(target, card, made, against, given.shown)
    print(f"scorecard: {target.resolve()}")
    return 0


#: name -> (what it does, adds arguments, runs)
COMMANDS: dict[
    str,
    tuple[str, Callable[[argparse.ArgumentParser], None], Callable[[argparse.Namespace], int]],
] = {
    "assess": (
        "grade folders of music beside real music and nonsense",
        _assess_arguments,
        _assess,
    ),
    "compose": (command_compose.WORDS, command_compose.add_arguments, command_compose.run),
    "run": (command_run.WORDS, command_run.add_arguments, command_run.run),
}


def main(arguments: list[str] | None = None) -> int:
    """Command line; returns the exit status."""
    parser = argparse.ArgumentParser(prog="ricercar", description="Music in the age of AI.")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name, (words, add_arguments, _) in COMMANDS.items():
        add_arguments(commands.add_parser(name, help=words, description=f"{words.capitalize()}."))
    chosen = parser.parse_args(arguments)
    try:
        return COMMANDS[chosen.command][2](chosen)
    except RicercarError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2 if isinstance(error, ParameterError) else 1
    except OSError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(main())
