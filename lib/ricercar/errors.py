"""The exceptions that Ricercar raises on purpose.

Each message says what was wrong, where, and what to do. Everything else that
escapes the package is a bug.
"""


class RicercarError(Exception):
    """Base class: catch this to catch every error that the package raises on purpose."""


class ParameterError(RicercarError, ValueError):
    """A parameter is unknown, has the wrong type, or lies outside its range."""


class TableError(RicercarError, ValueError):
    """A table does not have the columns, types or values that its schema asks for."""


class MissingArtefactError(RicercarError, FileNotFoundError):
    """Something that an earlier notebook writes is not there yet."""


class ReadError(RicercarError, ValueError):
    """A file from outside (music, log, export) cannot be read."""


class NotebookError(RicercarError, RuntimeError):
    """A notebook failed while it ran."""


class TrainingError(RicercarError, RuntimeError):
    """A training went astray and could not be brought back."""
