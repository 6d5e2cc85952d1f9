"""The collections in the installed music21, and what the licence of each allows.

Goal: list the pieces of a collection with id, style, licence and source before any of
them is parsed, so that choosing is cheap and reading can be spread over processes.

Conventions
-----------
* The licence is that of the encoding in the file, as it is stated there or in music21's
  notes on its corpus. ``LicenseRef-public-domain-work``:
  the work is in the public domain and the encoding carries no restriction of its own.
* Nothing of music21's corpus is copied into this project.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from ricercar.catalogue import corpus_scores, styles
from ricercar.catalogue.archive import unpack_mxl
from ricercar.catalogue.reading import text_of
from ricercar.catalogue.sources import Source, safe_name, tunes_of
from ricercar.errors import ParameterError


@dataclass(frozen=True)
class Collection:
    """A named set of pieces in the installed music21 corpus.

    Attributes
    ----------
    folder : str
        Below music21's corpus.
    pieces : callable
        Gives the collection's sources.
    """

    name: str
    title: str
    folder: str
    licence: str
    licence_class: str
    terms: str
    pieces: Callable[["Collection"], Iterator[Source]]

    @property
    def path(self) -> Path:
        """Where its files are."""
        return corpus_folder() / self.folder

    def count(self) -> int:
        """Number of pieces, without listing them: tunes in ABC files, or else files."""
        tunes = [len(re.findall(rb"(?m)^X:", f.read_bytes())) for f in self.path.glob("*.abc")]
        return sum(tunes) or corpus_scores.count(self)


def corpus_folder() -> Path:
    """The corpus of the installed music21, found without importing music21."""
    from importlib.util import find_spec

    spec = find_spec("music21")
    if spec is None or spec.origin is None:
        raise ParameterError("music21 is not installed: run make, or pip install music21")
    return Path(spec.origin).parent / "corpus"


def _field(tune: str, letter: str) -> str:
    found = re.findall(rf"(?m)^{letter}:[ \t]*(.*?)\s*$", tune)
    return next(filter(None, found), "")


def _title(tune: str) -> str:
    """The first title, "Fairy Queen, The" turned and its transcriber's marks removed."""
    title = re.sub(r"^T:\s*|\s+--\s+", lambda m: " " if "--" in m[0] else "", _field(tune, "T"))
    turned = re.sub(r"^(.*),\s*(The|An?|Da)\.?$", r"\2 \1", title.strip())
    return re.sub(r"\s+", " ", turned).strip(" .")


def _composer(tune: str) -> str:
    """Who the tune is by; Aird's editor put countries of origin there, too."""
    name = re.sub(r"(?i)^by\s+", "", _field(tune, "C")).strip(" .")
    return "" if name.lower() in {"irish", "scotch", "english", "highland", "french"} else name


def _bach(collection: Collection) -> Iterator[Source]:
    names = _hymns()
    formats = {".mxl": "mxl", ".xml": "musicxml"}
    files = sorted(
        (f for f in collection.path.glob("bwv*") if f.suffix in formats),
        key=lambda f: (f.stem, list(formats).index(f.suffix)),
    )
    seen: set[str] = set()
    for file in files:
        if file.stem in seen:  # the same work in another format
            continue
        seen.add(file.stem)
        number = file.stem.removeprefix("bwv")
        hymn = names.get(number, "")
        data = file.read_bytes()
        score = unpack_mxl(data) if file.suffix == ".mxl" else data
        parts = re.findall(r"<part-name[^>]*>([^<]*)</part-name>", text_of(score))
        yield Source(
            piece=f"bach/{safe_name(file.stem)}",
            collection="bach",
            format=formats[file.suffix],
            data=data,
            source=f"music21 corpus: {collection.folder}/{file.name}",
            licence=collection.licence,
            licence_class=collection.licence_class,
            title=f"{hymn} (BWV {number})" if hymn else f"BWV {number}",
            composer="Johann Sebastian Bach",
            style=styles.of_parts(tuple(parts)),
            style_from="parts",
            work=f"hymn:{hymn}" if hymn else "",
        )


@cache
def _hymns() -> dict[str, str]:
    """BWV number -> first line of the hymn, from music21's two lists of chorales."""
    from music21.corpus import chorales

    rows = [*chorales.ChoraleList().byBWV.items(), *chorales.ChoraleListRKBWV().byBWV.items()]
    return {str(number): row["title"].replace("’", "'").strip() for number, row in rows}


def _abc(
    section: Callable[[str, int], tuple[str, str]],
) -> Callable[[Collection], Iterator[Source]]:
    def pieces(collection: Collection) -> Iterator[Source]:
        taken: set[str] = set()
        for file in sorted(collection.path.glob("*.abc")):
            for place, (line, tune) in enumerate(tunes_of(text_of(file.read_bytes()))):
                number = int((re.search(r"(?m)^X:\s*(\d+)", tune) or [0, place + 1])[1])
                stem = safe_name(file.stem)
                piece = f"{collection.name}/{stem}"
                if collection.name != "ryan":  # a file for each tune there
                    piece = f"{piece}.{number:04d}"
                while piece in taken:
                    piece += ".b"
                taken.add(piece)
                title = _title(tune) or f"{collection.title} {number}"
                style, style_from = section(tune, number)
                yield Source(
                    piece=piece,
                    collection=collection.name,
                    format="abc",
                    data=tune.encode(),
                    source=f"music21 corpus: {collection.folder}/{file.name}, line {line}",
                    licence=collection.licence,
                    licence_class=collection.licence_class,
                    title=title,
                    composer=_composer(tune),
                    style=style,
                    style_from=style_from,
                    line=line,
                )

    return pieces


def _ryan_style(tune: str, number: int) -> tuple[str, str]:
    return styles.told(_field(tune, "R"), _field(tune, "T"))


def _oneill_style(tune: str, number: int) -> tuple[str, str]:
    return styles.told(_field(tune, "R"), "", styles.oneill_section(number))


def _essen_style(tune: str, number: int) -> tuple[str, str]:
    return "folk song", "collection"


_PUBLIC = "LicenseRef-public-domain-work"
_BY_PERMISSION = "distributed by permission of the encoders; commercial use may be restricted"

COLLECTIONS: dict[str, Collection] = {
    row.name: row
    for row in (
        Collection(
            "bach",
            "Bach chorales",
            "bach",
            _PUBLIC,
            "open",
            "public domain; encodings without restriction of their own",
            _bach,
        ),
        Collection(
            "ryan",
            "Ryan's Mammoth Collection (1883)",
            "ryansMammoth",
            _PUBLIC,
            "open",
            "public domain; contributed ABC transcriptions",
            _abc(_ryan_style),
        ),
        Collection(
            "oneill",
            "O'Neill's Music of Ireland (1903)",
            "oneills1850",
            _PUBLIC,
            "open",
            "public domain; contributed ABC transcriptions",
            _abc(_oneill_style),
        ),
        Collection(
            "aird",
            "Aird's Airs (1778 to 1801)",
            "airdsAirs",
            _PUBLIC,
            "open",
            "public domain; ABC transcriptions by Jack Campin",
            _abc(_ryan_style),
        ),
        Collection(
            "essen",
            "Essen folk song collection",
            "essenFolksong",
            "LicenseRef-non-commercial",
            "non-commercial",
            "legal status unclear; non-commercial use by permission of E. Dahlig-Turek",
            _abc(_essen_style),
        ),
        Collection(
            "palestrina",
            "Palestrina masses",
            "palestrina",
            corpus_scores.RESERVED,
            "restricted",
            "copyright 2000 John Miller, rights to electronic formats reserved",
            corpus_scores.palestrina,
        ),
        Collection(
            "monteverdi",
            "Monteverdi's madrigals, books 3 to 5",
            "monteverdi",
            corpus_scores.UNSTATED,
            "non-commercial",
            _BY_PERMISSION,
            corpus_scores.monteverdi,
        ),
        Collection(
            "trecento",
            "Italian music of the trecento",
            "trecento",
            corpus_scores.UNSTATED,
            "non-commercial",
            _BY_PERMISSION,
            corpus_scores.trecento,
        ),
        Collection(
            "quartets",
            "String quartets by Haydn, Mozart, Beethoven, Schumann",
            "",
            corpus_scores.UNSTATED,
            "non-commercial",
            _BY_PERMISSION,
            corpus_scores.quartets,
        ),
    )
}


def collection(name: str) -> Collection:
    """A collection by name.

    Raises
    ------
    ParameterError
        If there is none; the message lists the known names.
    """
    if name not in COLLECTIONS:
        raise ParameterError(f"there is no collection {name!r}; known: {', '.join(COLLECTIONS)}")
    return COLLECTIONS[name]
