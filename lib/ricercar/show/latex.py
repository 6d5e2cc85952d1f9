r"""Reading LaTeX: a formula from left to right, sign by sign and command by command.

Conventions
-----------
A *word* is one sign, or a command with its backslash. Space between words means nothing.
"""

import re

from ricercar.errors import ParameterError
from ricercar.show import symbols

_WORD = re.compile(r"\s*(\\operatorname\*|\\[A-Za-z]+|\\.|.)?", re.DOTALL)
_DIGITS = re.compile(r"\d*(?:\.\d+)?")
_LETTERS = re.compile(r"[A-Za-z]*")


class Reader:
    r"""A place in a formula.

    Parameters
    ----------
    text : str
        LaTeX, without the dollar signs.

    Examples
    --------
    >>> reader = Reader(r"\alpha + {a b}")
    >>> reader.take(), reader.take(), reader.raw(), reader.peek()
    ('\\alpha', '+', 'a b', '')
    """

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0

    def error(self, reason: str) -> ParameterError:
        """What to raise, with the formula in its message."""
        return ParameterError(f"formula {self.text!r}: {reason}")

    def peek(self) -> str:
        """The next sign or command, without taking it; empty at the end."""
        found = _WORD.match(self.text, self.at)
        return (found[1] or "") if found else ""

    def take(self) -> str:
        """The next sign or command."""
        found = _WORD.match(self.text, self.at)
        assert found is not None  # the pattern matches nothing, too
        self.at = found.end()
        return found[1] or ""

    def raw(self) -> str:
        """The text of a group in braces, unread."""
        if self.take() != "{":
            raise self.error("a group in braces is missing")
        start, depth = self.at, 1
        while depth:
            if self.at >= len(self.text):
                raise self.error("a brace is not closed")
            depth += {"{": 1, "}": -1}.get(self.text[self.at], 0)
            self.at += 1
        return self.text[start : self.at - 1]

    def digits(self) -> str:
        """The rest of a number."""
        return self._run(_DIGITS)

    def letters(self) -> str:
        """The rest of a word of letters."""
        return self._run(_LETTERS)

    def _run(self, pattern: re.Pattern[str]) -> str:
        found = pattern.match(self.text, self.at)
        assert found is not None  # the patterns match nothing, too
        self.at = found.end()
        return found[0]

    def delimiter(self) -> str:
        r"""The bracket after ``\left`` and its like; empty for a full stop."""
        word = self.take()
        known = {**symbols.OPENING, **symbols.CLOSING, **symbols.BARS}
        name = word.removeprefix("\\")
        if word.startswith("\\") and name not in known:
            raise self.error(f"{word} is no bracket")
        return known[name] if word.startswith("\\") else "" if word == "." else word
