"""Telling styles apart, tested on groups that were never trained on.

Goal: an honest answer to whether a style can be told from its features
(:mod:`~ricercar.style.models`) or its notes (:mod:`~ricercar.style.network`), and a small
model that says how likely each style is for a new piece (:mod:`~ricercar.style.storage`).

Order of work: deal pieces into :mod:`~ricercar.style.folds`; test models by nested
cross-validation (:mod:`~ricercar.style.validation`); score them
(:mod:`~ricercar.style.measures`), ask how sure they may be
(:mod:`~ricercar.style.confidence`), whether one is better
(:mod:`~ricercar.style.significance`) and what they rely on
(:mod:`~ricercar.style.importance`).

Conventions
-----------
* Variants of one tune share a ``group``, and a group never stands on both sides of a fold.
* The score is balanced accuracy: chance is one over the number of styles, however many
  pieces each has.
* ``ricercar.style.network`` imports TensorFlow and is not imported here.
"""

from ricercar.style.confidence import abstention, reliability
from ricercar.style.folds import UNKNOWN, assign_collections, assign_folds, eligible
from ricercar.style.importance import importance, together
from ricercar.style.measures import MEASURES, confusion, difference, recall, scores
from ricercar.style.models import ARMS, MODELS, SETTINGS, create, train
from ricercar.style.significance import mcnemar
from ricercar.style.storage import (
    about,
    centroids,
    fit,
    load,
    predict_proba,
    probabilities,
    save,
    trained_on,
)
from ricercar.style.validation import cross_validate, cross_validate_notes, leak_audit, settings

__all__ = [
    "ARMS",
    "MEASURES",
    "MODELS",
    "SETTINGS",
    "UNKNOWN",
    "about",
    "abstention",
    "assign_collections",
    "assign_folds",
    "centroids",
    "confusion",
    "create",
    "cross_validate",
    "cross_validate_notes",
    "difference",
    "eligible",
    "fit",
    "importance",
    "leak_audit",
    "load",
    "mcnemar",
    "predict_proba",
    "probabilities",
    "recall",
    "reliability",
    "save",
    "scores",
    "settings",
    "together",
    "train",
    "trained_on",
]
