"""Telling styles apart by features, tested on groups that were never trained on.

Goal: an honest answer to whether features know a style
(:mod:`~ricercar.style.validation`), and a small model that says how likely each style
is for a new piece (:mod:`~ricercar.style.models`).

Conventions
-----------
* A *style* takes part when it has enough pieces and groups; ``other`` means unknown
  and never takes part (:func:`eligible` says what is left out and why).
* Variants of one tune share a ``group``, and a group never stands on both sides of a
  fold; each fold has about the same shares of styles.
* The score is balanced accuracy: chance is one over the number of styles, however many
  pieces each has.

Sources
-------
Brodersen et al., "The balanced accuracy and its posterior distribution", ICPR 2010;
Breiman, "Random forests", 2001 (permutation importance); McNemar, *Psychometrika* 12,
1947.
"""

from ricercar.style.models import (
    ARMS,
    MODELS,
    centroids,
    create,
    fit,
    load,
    predict_proba,
    save,
    train,
)
from ricercar.style.validation import (
    UNKNOWN,
    assign_collections,
    assign_folds,
    confusion,
    cross_validate,
    eligible,
    importance,
    mcnemar,
    scores,
)

__all__ = [
    "ARMS",
    "MODELS",
    "UNKNOWN",
    "assign_collections",
    "assign_folds",
    "centroids",
    "confusion",
    "create",
    "cross_validate",
    "eligible",
    "fit",
    "importance",
    "load",
    "mcnemar",
    "predict_proba",
    "save",
    "scores",
    "train",
]
