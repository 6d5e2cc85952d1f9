"""The notebooks as a graph: what each one asks, reads and writes.

This is the one place where the order of the notebooks is declared. The
Snakefile makes its rules from it, :mod:`ricercar.execute` takes the digests of
what it names, and :class:`ricercar.workspace.Step` refuses a notebook that
reads or writes anything else.

Conventions
-----------
An artefact is named by its file under ``data/<run>/``: ``pieces.parquet``,
``generator.npz``, or a folder without a suffix (``compositions``).
"""

import ast
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Notebook:
    """One notebook of the workbench.

    Attributes
    ----------
    name : str
        File name without suffix, ``03-style-classification``.
    question : str
        What the notebook answers.
    reads, writes : tuple of str
        Artefacts under ``data/<run>/``.
    threads : int
        Processor cores that it keeps busy.
    instead : mapping of str to tuple of str
        Parameters that bring input from outside the run. Where one of them is given, nothing of
        ``reads`` has to be there, and only the artefacts named here are looked at.
    """

    name: str
    question: str
    reads: tuple[str, ...]
    writes: tuple[str, ...]
    threads: int = 1
    instead: Mapping[str, tuple[str, ...]] = field(default_factory=dict, hash=False)

    @property
    def key(self) -> str:
        """The name with underscores, usable as an identifier."""
        return self.name.replace("-", "_")

    def needs(self, values: Mapping[str, Any]) -> tuple[str, ...]:
        """The artefacts that must be there when the notebook runs with these parameters.

        Examples
        --------
        >>> NOTEBOOKS["07-collaborative-filtering"].needs({"dataset": "gowalla"})
        ()
        """
        return () if any(values.get(name) for name in self.instead) else self.reads

    def looks_at(self, values: Mapping[str, Any]) -> tuple[str, ...]:
        """The artefacts that the notebook reads with these parameters, where they are there.

        Examples
        --------
        >>> NOTEBOOKS["07-collaborative-filtering"].looks_at({"log": "mine.csv"})
        ('pieces.parquet', 'features.parquet')
        """
        kept = [set(others) for name, others in self.instead.items() if values.get(name)]
        return tuple(name for name in self.reads if all(name in others for others in kept))


_CATALOGUE = ("pieces.parquet", "notes.parquet")
_LISTENING = ("listeners.parquet", "events.parquet")
_GENERATOR = ("generator.npz", "generator.json")

NOTEBOOKS: dict[str, Notebook] = {
    notebook.name: notebook
    for notebook in (
        Notebook(
            "01-data-collection",
            "What music and what listening do we have, and may we use it?",
            (),
            (
                *_CATALOGUE,
                "drums.parquet",
                "quarantine.parquet",
                *_LISTENING,
                "true_tastes.parquet",
            ),
            threads=2,
        ),
        Notebook(
            "02-feature-extraction",
            "What do melody, rhythm and harmony look like across styles?",
            _CATALOGUE,
            ("features.parquet",),
        ),
        Notebook(
            "03-style-classification",
            "Can the features tell styles apart, honestly tested?",
            (*_CATALOGUE, "features.parquet"),
            ("style_model.skops", "style_probabilities.parquet", "style_centroids.parquet"),
            threads=2,
        ),
        Notebook(
            "04-gan-training",
            "Can a GAN learn these styles, and which recipe learns best?",
            _CATALOGUE,
            (*_GENERATOR, "training_history.parquet"),
            threads=2,
        ),
        Notebook(
            "05-composition",
            "How good, how varied and how original is what it composes?",
            (*_CATALOGUE, *_GENERATOR),
            (
                "compositions",
                "composed_pieces.parquet",
                "composed_notes.parquet",
                "scorecard.parquet",
                "listening-test",
                "listening-key.json",
            ),
        ),
        Notebook(
            "06-profile-construction",
            "What does a listener's history say about their taste?",
            ("pieces.parquet", "features.parquet", *_LISTENING),
            ("profiles.parquet", "profile_errors.parquet", "profile_events.parquet"),
        ),
        Notebook(
            "07-collaborative-filtering",
            "Which recommender is best, for whom, and is the difference real?",
            ("pieces.parquet", "features.parquet", *_LISTENING),
            ("recommendations.parquet", "ranking_evaluation.parquet"),
            # a log may be of pieces of the catalogue, whose sound is then known
            instead={"dataset": (), "log": ("pieces.parquet", "features.parquet")},
        ),
        Notebook(
            "08-personalised-composition",
            "Does composing for a listener beat composing for everyone?",
            (
                *_CATALOGUE,
                "features.parquet",
                "style_centroids.parquet",
                "profiles.parquet",
                "true_tastes.parquet",
                *_GENERATOR,
            ),
            (
                "personal_compositions",
                "personal_pieces.parquet",
                "personal_notes.parquet",
                "personal_gain.parquet",
            ),
        ),
        Notebook(
            "09-feedback-loop",
            "What happens when feedback comes back, round after round?",
            (
                *_CATALOGUE,
                "features.parquet",
                *_LISTENING,
                "true_tastes.parquet",
                "personal_pieces.parquet",
                "personal_notes.parquet",
            ),
            ("feedback.parquet", "loop_history.parquet"),
        ),
        Notebook(
            "10-copyright-screening",
            "Does a piece copy another, where, and how sure are we?",
            (*_CATALOGUE, "composed_pieces.parquet", "composed_notes.parquet"),
            ("screening_index.npz", "evidence.parquet"),
        ),
        Notebook(
            "11-privacy",
            "What could leak about a listener, and what does protection cost?",
            ("pieces.parquet", "features.parquet", *_LISTENING, "profiles.parquet"),
            ("privacy_audit.parquet", "profiles_export.enc"),
        ),
    )
}


def writer(artefact: str) -> Notebook:
    """The notebook that writes an artefact.

    Examples
    --------
    >>> writer("features.parquet").name
    '02-feature-extraction'
    """
    for notebook in NOTEBOOKS.values():
        if artefact in notebook.writes:
            return notebook
    raise KeyError(f"no notebook writes {artefact!r}")


def _imported_modules(source: str, package: str) -> set[str]:
    """Dotted names that a source imports, ``from a import b`` counted as a and a.b."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                parents = package.split(".")[: len(package.split(".")) - node.level + 1]
                base = ".".join([*parents, base] if base else parents)
            found.add(base)
            found.update(f"{base}.{alias.name}" for alias in node.names)
    return found


@cache
def _imported_by_file(path: Path, package: str) -> frozenset[str]:
    """Like :func:`_imported_modules`, of a file; parsed once, for most notebooks reach it."""
    return frozenset(_imported_modules(path.read_text("utf-8"), package))


def modules_used(sources: Iterable[str], library: Path) -> list[Path]:
    """Files of ``ricercar`` that some source text reaches through its imports.

    Parameters
    ----------
    sources : iterable of str
        Python source, for example the code cells of a notebook.
    library : Path
        The folder that holds the package, ``lib``.

    Returns
    -------
    list of Path
        Sorted; imports inside functions count too.
    """
    reached: set[Path] = set()
    waiting = [frozenset(_imported_modules(source, "")) for source in sources]
    while waiting:
        for name in waiting.pop():
            if name.split(".")[0] != "ricercar":
                continue
            parts = name.split(".")
            for depth in range(1, len(parts) + 1):
                stem = library.joinpath(*parts[:depth])
                for path, inside in (
                    (stem / "__init__.py", ".".join(parts[:depth])),
                    (stem.with_suffix(".py"), ".".join(parts[: depth - 1])),
                ):
                    if path.is_file() and path not in reached:
                        reached.add(path)
                        waiting.append(_imported_by_file(path, inside))
    return sorted(reached)
