"""Numbers and counts as a reader wants them: the same way in tables, captions and sentences.

Conventions
-----------
* Thousands are set apart by commas, ``1,857``; a number of 1,000 or more has no decimals, one
  of 100 or more at most one.
* An interval is ``[0.260, 0.278]``, after the value that it belongs to.
* What is missing is an en dash, never 0 or ``nan``.
* Numbers on a page have a true minus sign; text made for programs and terminals (verdicts,
  tables as text) has the hyphen that they can read, which :func:`typeset` changes.
"""

import math
import numbers
import re
from typing import Any

import numpy as np
import pandas as pd

#: before a number, and not inside a word, a date, a range or an address
_HYPHEN = re.compile(r"(?<![\w.,\-–−/#&\])])-(?=\.?\d)")
_PER_CENT = re.compile(r"(?<=\d) (?=%)")
_INTERVAL = re.compile(r"(\[−?[\d.,]*\d,) (−?[\d.,]*\d\])")


def number(value: Any, decimals: int = 3) -> str:
    """A value of a table.

    Parameters
    ----------
    value : object
    decimals : int
        Digits after the point of a fractional number below 100.

    Returns
    -------
    str
        With a true minus sign. A number that would be rounded to 0 keeps one digit.

    Examples
    --------
    >>> number(0.12345), number(12345), number(1067.3751, 4), number(-0.5, 1)
    ('0.123', '12,345', '1,067', '−0.5')
    >>> number(float("nan")), number(True), number(0.00031)
    ('–', 'yes', '0.0003')
    """
    if value is None or value is pd.NA or value is pd.NaT:
        return "–"
    if isinstance(value, bool | np.bool_):
        return "yes" if value else "no"
    if isinstance(value, numbers.Integral):
        return f"{int(value):,}".replace("-", "−")
    if isinstance(value, numbers.Real):
        return _fraction(float(value), decimals)
    if isinstance(value, pd.Timestamp):
        return value.strftime("%Y-%m-%d %H:%M")
    return str(value)


def _fraction(value: float, decimals: int) -> str:
    if math.isnan(value):
        return "–"
    if math.isinf(value):
        return "∞" if value > 0 else "−∞"
    size = abs(value)
    if value and size < 0.5 * 10**-decimals:
        return (f"{value:.1g}" if size >= 1e-4 else f"{value:.0e}").replace("-", "−")
    most = 0 if size >= 1000 else 1 if size >= 100 else decimals
    return f"{value:,.{min(decimals, most)}f}".replace("-", "−")


def with_interval(value: float, low: float, high: float, decimals: int = 3) -> str:
    """A value and its interval, as plain text.

    Parameters
    ----------
    value, low, high : float
        NaN bounds where there is no interval.
    decimals : int

    Examples
    --------
    >>> with_interval(0.269, 0.26, 0.278)
    '0.269 [0.260, 0.278]'
    >>> with_interval(-1.5, float("nan"), float("nan"), 1)
    '-1.5'
    """
    if math.isnan(low) or math.isnan(high):
        return "–" if math.isnan(value) else f"{value:,.{decimals}f}"
    return f"{value:,.{decimals}f} [{low:,.{decimals}f}, {high:,.{decimals}f}]"


def counted(n: int, one: str, more: str = "") -> str:
    """So many of something.

    Parameters
    ----------
    n : int
    one : str
        What there is one of; more words may follow that change with the number.
    more : str
        What there are several of; ``one`` with an s if left out.

    Examples
    --------
    >>> counted(1, "other set"), counted(1857, "listener"), counted(0, "fox", "foxes")
    ('1 other set', '1,857 listeners', '0 foxes')
    >>> counted(1, "listener was cold", "listeners were cold")
    '1 listener was cold'
    """
    return f"{n:,} {by_number(n, one, more or f'{one}s')}"


def by_number(n: int, one: str, more: str) -> str:
    """The word that goes with a number said elsewhere in the sentence.

    Examples
    --------
    >>> f"1 of the 22 {by_number(1, 'was', 'were')} cold"
    '1 of the 22 was cold'
    """
    return one if n == 1 else more


def typeset(text: str) -> str:
    """Plain text for a page: true minus signs, no line break inside an interval or before %.

    Hyphens inside words, dates, ranges and ids stay.

    Parameters
    ----------
    text : str

    Examples
    --------
    >>> typeset("by -0.003 on 2024-05-01, 10-20 in bwv-12")
    'by −0.003 on 2024-05-01, 10-20 in bwv-12'
    >>> typeset("0.01 [-0.02, 0.04]"), typeset("95 %")
    ('0.01 [−0.02,\\xa00.04]', '95\\xa0%')
    """
    signed = _HYPHEN.sub("−", _PER_CENT.sub("\u00a0", text))
    return _INTERVAL.sub("\\1\u00a0\\2", signed)
