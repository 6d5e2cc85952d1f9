"""What a made set has to reach, column by column, and whether it does.

Goal: a verdict that is computed, so that a table cannot be read kindly.

Conventions
-----------
* A target is a range of values, its ends included unless said otherwise. Where the
  reference is Bach's chorales the ranges of :data:`CHORALES` hold; other ones are rows of
  the same table: what held-out real pieces reach.
* A verdict is about the value: ``reached`` or ``missed``. Where the 95 % interval reaches
  over the edge of the target, or there is none, ``, not surely`` is added. It is empty
  where there is no target or no value.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

#: column -> lowest and highest value that is near enough to Bach's chorales
CHORALES: dict[str, tuple[float, float]] = {
    "triad": (61.0, 67.0),
    "dissonance": (8.5, 11.5),
    "crossing": (0.0, 2.0),
}

#: column -> value of the JS Fakes (whole pieces) that a set must stay below, at most
BELOW_FAKES: dict[str, float] = {
    "parallel_fifths": 4.92,
    "parallel_octaves": 5.05,
    "neighbour_accuracy": 0.691,
}

#: least rate at which styles asked for are recognised, beside that of held-out real pieces
RECOGNISED = 0.9

#: the highest share of windows of sixteen frames that held-out Bach (valid) shares with train
COPIED = 5.4

#: columns that have to lie within the interval of held-out real pieces
AS_VARIED = ("pitch_class_entropy", "scale_consistency", "pairwise_distance")

#: columns of other references that have to lie within the interval of held-out real pieces
AS_REAL = (
    "triad",
    "dissonance",
    "crossing",
    "pitch_class_entropy",
    "scale_consistency",
    "note_density",
    "mean_interval",
    "note_value_entropy",
    "pairwise_distance",
)


@dataclass(frozen=True)
class Target:
    """A range that a column should lie in.

    Attributes
    ----------
    low, high : float
    said : str
        The target in words.
    strict : bool
        Whether the upper end is outside.
    """

    low: float
    high: float
    said: str
    strict: bool = False

    def holds(self, value: float) -> bool:
        """Whether a value lies in the range."""
        return self.low <= value and (value < self.high if self.strict else value <= self.high)

    def verdict(self, value: float, low: float, high: float) -> str:
        """Whether a column reaches the target, and whether that is sure.

        Examples
        --------
        >>> Target(61, 67, "61 to 67").verdict(64.1, 63.2, 65.0)
        'reached'
        >>> Target(61, 67, "61 to 67").verdict(62.0, 60.1, 64.0)
        'reached, not surely'
        >>> Target(0, 2, "at most 2").verdict(2.5, 2.2, 2.9)
        'missed'
        """
        if np.isnan(value):
            return ""
        reached = self.holds(value)
        if np.isnan(low) or np.isnan(high):
            sure = False
        elif reached:
            sure = self.holds(low) and self.holds(high)
        else:  # the interval must not touch the range
            sure = high < self.low or low > self.high or (self.strict and low >= self.high)
        return ("reached" if reached else "missed") + ("" if sure else ", not surely")


def _within(row: Mapping[str, float], name: str) -> Target | None:
    low, high = row["low"], row["high"]
    if np.isnan(low) or np.isnan(high):
        return None
    return Target(low, high, f"{low:.3g} to {high:.3g} ({name})")


def targets(rows: pd.DataFrame, chorales: bool) -> dict[str, Target]:
    """The target of each column that has one.

    Parameters
    ----------
    rows : pandas.DataFrame
        Columns role (``valid``, ``test``, ``fakes``, ...), metric, value, low and high: the
        rows of one table that targets are taken from.
    chorales : bool
        Whether the reference is Bach's chorales.

    Returns
    -------
    dict of str to Target

    Examples
    --------
    >>> rows = pd.DataFrame({"role": ["test"], "metric": ["pitch_class_entropy"],
    ...                      "value": [3.03], "low": [3.0], "high": [3.06]})
    >>> targets(rows, chorales=True)["pitch_class_entropy"].said
    '3 to 3.06 (test)'
    >>> targets(rows, chorales=True)["parallel_fifths"].said
    'below 4.92 (JS Fakes)'
    """
    known: dict[tuple[str, str], Any] = {
        (row["role"], row["metric"]): row for row in rows.to_dict("records")
    }

    def value(role: str, name: str) -> float:
        return float(known[role, name]["value"]) if (role, name) in known else np.nan

    found: dict[str, Target] = {}
    for name in AS_VARIED if chorales else AS_REAL:
        row = known.get(("test", name))
        target = _within(row, "test") if row else None
        if target:
            found[name] = target
    sides = ("valid", "test") if chorales else ("test", "valid")
    most, role = COPIED if chorales else np.nan, sides[0]
    for side in sides[::-1]:
        share = value(side, "copied_16")
        if not np.isnan(share):
            most, role = min(share, COPIED) if chorales else share, side
    if not np.isnan(most):
        found["copied_16"] = Target(0.0, most, f"at most {most:.3g} ({role})")
    real = value("test", "style_recognised")
    if real > 0:
        said = f"at least {RECOGNISED:g} (of {real:.3g}, test)"
        found["style_recognised_ratio"] = Target(RECOGNISED, np.inf, said)
    if not chorales:
        return found
    for name, (low, high) in CHORALES.items():
        said = f"at most {high:g}" if low == 0 else f"{low:g} to {high:g}"
        found[name] = Target(low, high, said)
    for name, stated in BELOW_FAKES.items():
        # what these Fakes do beside this reference must not widen the target
        limit = float(np.fmin(value("fakes", name), stated))
        if name == "neighbour_accuracy":
            said = f"{1 - limit:.3g} to {limit:.3g} (JS Fakes)"
            found[name] = Target(1 - limit, limit, said, strict=True)
        else:
            bach = value("test", name)
            toward = "" if np.isnan(bach) else f", toward {bach:.2g} of test"
            said = f"below {limit:.3g} (JS Fakes){toward}"
            found[name] = Target(0.0, limit, said, strict=True)
    return found
