"""What the fields of a log mean: ids, kinds, counts and values, each with its faults.

Goal: whole columns at once; a value that cannot be taken says why, and no value is guessed.

Conventions
-----------
* A function takes the raw column and gives the values and a :class:`Faults`.
* Times: :mod:`ricercar.listening.log_times`.
* A count is a whole number of plays, from 1 to :data:`MOST_PLAYS`.
"""

from collections.abc import Mapping

import numpy as np
import pandas as pd

#: value of an event whose log does not give one
_DEFAULT_VALUE = {"play": 1.0, "favourite": 1.0, "skip": 0.0}
_LOWEST = {"play": 0.0, "favourite": 1.0, "rating": 1.0, "skip": 0.0}
_HIGHEST = {"play": 1.0, "favourite": 1.0, "rating": 5.0, "skip": 1.0}
LONGEST_ID = 200
MOST_PLAYS = 1_000_000_000


class Faults:
    """Why rows cannot be taken: for each row the first case that held.

    Examples
    --------
    >>> faults = Faults(pd.Series(["", "x"]))
    >>> faults.add(np.array([True, False]), "is empty")
    >>> faults.add(np.array([True, True]), "is not a number", quoted=True)
    >>> faults.reasons(np.array([0, 1]))
    ['is empty', "'x' is not a number"]
    """

    def __init__(self, text: pd.Series):
        self._text = text
        self._cases: list[tuple[str, bool]] = [("", False)]
        self.code = np.zeros(len(text), dtype=np.int16)

    def add(self, holds: np.ndarray | pd.Series, fault: str, quoted: bool = False) -> None:
        """Rows that have no fault so far get this one where it holds."""
        self._cases.append((fault, quoted))
        self.code[(self.code == 0) & np.asarray(holds, dtype=bool)] = len(self._cases) - 1

    def names(self, at: np.ndarray) -> list[str]:
        """The faults of some rows, as such."""
        return [self._cases[code][0] for code in self.code[at]]

    def texts(self, fault: str) -> pd.Series:
        """The values of the rows with this fault."""
        codes = [code for code, (name, _) in enumerate(self._cases) if name == fault]
        return self._text[np.isin(self.code, codes)]

    def reasons(self, at: np.ndarray) -> list[str]:
        """The faults of some rows, with the value where it helps."""
        shown = (f"{str(value)[:40]!r} " for value in self._text.to_numpy(object)[at])
        cases = (self._cases[code] for code in self.code[at])
        pairs = zip(shown, cases, strict=True)
        return [f"{value}{fault}" if quoted else fault for value, (fault, quoted) in pairs]


def text(values: pd.Series) -> pd.Series:
    """Values as stripped text, missing as empty."""
    if pd.api.types.is_float_dtype(values.dtype):  # an id that pandas keeps as 7.0 for gaps
        whole = values.notna() & (values % 1 == 0) & (values.abs() < 2**53)
        if (whole | values.isna()).all():
            values = values.astype("Int64")
    words = values.astype("str") if not isinstance(values.dtype, pd.StringDtype) else values
    return words.where(values.notna().to_numpy(), "").str.strip()


def _per_distinct(values: pd.Series) -> tuple[np.ndarray, pd.Series]:
    """Place of each value among the distinct ones, and these: what costs is done once for each."""
    codes, distinct = pd.factorize(values)
    return codes, pd.Series(distinct, dtype=values.dtype)


def ids(values: pd.Series) -> tuple[pd.Series, Faults]:
    """Ids of listeners or pieces."""
    codes, distinct = _per_distinct(text(values))
    result = pd.Series(distinct.to_numpy(object)[codes], values.index, dtype="str")
    faults = Faults(result)
    faults.add((distinct == "").to_numpy()[codes], "is empty")
    longer = distinct.str.len() > LONGEST_ID
    faults.add(longer.to_numpy()[codes], f"is longer than {LONGEST_ID} characters")
    control = distinct.str.contains(r"[\x00-\x1f\x7f]", regex=True)
    faults.add(control.to_numpy()[codes], "has a control character", quoted=True)
    return result, faults


def kinds(values: pd.Series, default: str, words: Mapping[str, str]) -> tuple[pd.Series, Faults]:
    """Kinds of event; empty where there is none.

    Parameters
    ----------
    values : Series
    default : str
        Where the log says nothing.
    words : mapping of str to str
        Kind for each word in small letters.
    """
    codes, distinct = _per_distinct(text(values).str.lower())
    meant = distinct.map(lambda word: words.get(word, "") if word else default)
    result = pd.Series(meant.to_numpy(object)[codes], values.index, dtype="str")
    faults = Faults(pd.Series(distinct.to_numpy(object)[codes], values.index))
    known = ", ".join(sorted(words))
    faults.add(result == "", f"is not a kind; known: {known}", quoted=True)
    return result, faults


def counts(values: pd.Series, kind: pd.Series) -> tuple[pd.Series, Faults]:
    """How many plays a row stands for; 1 where the log says nothing."""
    words = text(values)
    count = pd.to_numeric(words, errors="coerce").astype(float).where(words != "", 1.0)
    faults = Faults(words)
    faults.add(count.isna(), "is not a number", quoted=True)
    faults.add(count < 0, "is a negative count", quoted=True)
    faults.add(count == 0, "is a count of no plays", quoted=True)
    faults.add(count % 1 != 0, "is not a whole number", quoted=True)
    faults.add(count > MOST_PLAYS, f"is a count above {MOST_PLAYS:,}", quoted=True)
    other = (kind != "play") & (kind != "") & (count != 1)
    faults.add(other, "is a count of something else than plays", quoted=True)
    return count, faults


def values(
    given: pd.Series, kind: pd.Series, scale: Mapping[str, float]
) -> tuple[pd.Series, Faults]:
    """Values by the conventions of each row's kind."""
    words = text(given)
    codes, distinct = _per_distinct(kind)
    factor, default, low, high = (
        np.array([table.get(name, absent) for name in distinct], dtype=float)[codes]
        for table, absent in (
            (scale, 1.0),
            (_DEFAULT_VALUE, np.nan),
            (_LOWEST, -np.inf),
            (_HIGHEST, np.inf),
        )
    )
    value = pd.to_numeric(words, errors="coerce").astype(float) * factor
    value = value.where(words != "", default)
    faults = Faults(words)
    faults.add(value.isna() & (words == ""), "is empty")
    faults.add(value.isna(), "is not a number", quoted=True)
    outside = (value < low - 1e-9) | (value > high + 1e-9)
    faults.add(outside, "is out of range for its kind", quoted=True)
    return value, faults
