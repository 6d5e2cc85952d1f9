"""The command ``ricercar``.

``ricercar assess FOLDER [--against CATALOGUE] [--out FILE.html] [--seed N]``
``ricercar compose --style STYLE --bars N -n N --out DIR …``

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

from ricercar import command_compose
from ricercar.errors import ParameterError, RicercarError


def _say(words: str) -> None:
    print(words, file=sys.stderr, flush=True)


def _assess_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("folder", type=Path, help="MIDI, MusicXML, ABC, kern or MEI files to grade")
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
    from ricercar.assess import scorecard, scorecard_text, sources
    from ricercar.assess.reference import FAMILIES, family_of
    from ricercar.show import scorecard as page

    if given.workers < 1 or given.shown < 0:
        raise ParameterError("--workers must be 1 or more, --shown 0 or more")
    sources.check_folder(given.folder)
    made = sources.read_graded(given.folder, given.workers)
    target = given.out or Path(f"scorecard-{page.file_name(made.name)}.html")
    if target.is_dir() or not target.suffix:
        raise ParameterError(f"--out {target}: name a file, for example scorecard.html")
    lost = len(made.quarantine)
    _say(f"{len(made.tables[0])} pieces read" + (f", {lost} not" if lost else ""))
    there = set(family_of(*made.tables))
    families = [family for family in FAMILIES if family in there]
    against = sources.read_against(given.against, families, given.workers, _say)
    card = scorecard.grade(
        {made.name: made.tables}, against, given.seed, workers=given.workers, say=_say
    )
    print(scorecard_text.text(card))
    for file, line, reason in made.quarantine[["file", "line", "reason"]].astype(str).to_numpy():
        print(f"not read: {file}{'' if line == '0' else f', line {line}'}: {reason}")
    _say("writing the page")
    page.write(target, card, {made.name: made}, against, given.shown)
    print(f"scorecard: {target.resolve()}")
    return 0


#: name -> (what it does, adds arguments, runs)
COMMANDS: dict[
    str,
    tuple[str, Callable[[argparse.ArgumentParser], None], Callable[[argparse.Namespace], int]],
] = {
    "assess": (
        "grade a folder of music beside real music and nonsense",
        _assess_arguments,
        _assess,
    ),
    "compose": (command_compose.WORDS, command_compose.add_arguments, command_compose.run),
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
