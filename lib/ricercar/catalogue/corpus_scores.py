"""The opt-in collections of scores in the installed music21: who and what each file is.

Conventions
-----------
* Music21's own terms say that the encodings are distributed with the permission of their
  makers and may be restricted to non-commercial use: where a file states nothing, that is
  its class. A file that claims rights is ``restricted``.
* Movements of one quartet and parts of one mass are works of their own; another edition
  of the same madrigal is not.
"""

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from ricercar.catalogue.archive import unpack_mxl
from ricercar.catalogue.reading import text_of
from ricercar.catalogue.sources import Source, safe_name
from ricercar.errors import ReadError

if TYPE_CHECKING:
    from ricercar.catalogue.corpus import Collection

#: file name ending -> format, in the order of preference
SCORES = {".mxl": "mxl", ".xml": "musicxml"}

UNSTATED = "LicenseRef-music21-corpus"
RESERVED = "LicenseRef-rights-reserved"

#: folder of the corpus -> composer, and what its quartets are called
_QUARTETS = {
    "haydn": ("Joseph Haydn", "opus*"),
    "mozart": ("Wolfgang Amadeus Mozart", "k[!5]*"),  # K. 545 is for the piano
    "beethoven": ("Ludwig van Beethoven", "opus*"),
    "schumann_robert": ("Robert Schumann", "opus41*"),
}


def score_files(folder: Path, pattern: str = "*") -> list[Path]:
    """MusicXML files of a folder and its subfolders, one for each work."""
    found: dict[str, Path] = {}
    for ending in SCORES:
        for file in sorted(folder.rglob(f"{pattern}{ending}")):
            found.setdefault(file.relative_to(folder).with_suffix("").as_posix(), file)
    return [found[name] for name in sorted(found)]


def _source(
    collection: "Collection", file: Path, name: str, title: str, composer: str, style: str
) -> Source:
    from ricercar.catalogue.corpus import corpus_folder

    data = file.read_bytes()
    reserved = _claims_rights(data, file.suffix)
    return Source(
        piece=f"{collection.name}/{safe_name(name)}",
        collection=collection.name,
        format=SCORES.get(file.suffix, "kern"),
        data=data,
        source=f"music21 corpus: {file.relative_to(corpus_folder()).as_posix()}",
        licence=RESERVED if reserved else collection.licence,
        licence_class="restricted" if reserved else collection.licence_class,
        title=title,
        composer=composer,
        style=style,
        style_from="collection",
    )


def _claims_rights(data: bytes, ending: str) -> bool:
    """Whether a score names a holder of rights."""
    try:
        score = unpack_mxl(data) if ending == ".mxl" else data
    except ReadError:
        return False
    if score.startswith((b"\xff\xfe", b"\xfe\xff")):
        score = score.decode("utf-16", "replace").encode()
    rights = re.findall(rb"<rights[^>]*>([^<]*)</rights>", score)
    return any(claim.strip() and b"public domain" not in claim.lower() for claim in rights)


def palestrina(collection: "Collection") -> Iterator[Source]:
    """Mass movements, titled after the records in their files."""
    for file in sorted(collection.path.glob("*.krn")):
        text = text_of(file.read_bytes())
        records = [re.search(rf"(?m)^!!!{key}:[ \t]*(.+?)\s*$", text) for key in ("OPR", "OTL")]
        title = ": ".join(found[1] for found in records if found)
        source = _source(
            collection, file, file.stem, title, "Giovanni Pierluigi da Palestrina", "mass movement"
        )
        yield replace(source, licence=collection.licence, licence_class=collection.licence_class)


def monteverdi(collection: "Collection") -> Iterator[Source]:
    """Madrigals of the third, fourth and fifth book."""
    for file in score_files(collection.path, "madrigal*"):
        _, book, number = file.stem.removesuffix("_old").split(".")
        title = f"Madrigals, book {book}, no. {number}"
        if file.stem.endswith("_old"):
            title += " (another edition)"
        source = _source(collection, file, file.stem, title, "Claudio Monteverdi", "madrigal")
        yield replace(source, work=f"Monteverdi, madrigal {book}.{number}")


def trecento(collection: "Collection") -> Iterator[Source]:
    """Italian music of the fourteenth century; each file names its composer itself."""
    for file in score_files(collection.path):
        if file.stem.endswith("_bak"):  # an older state of its neighbour
            continue
        title = re.sub(r"^PMFC[_ ]?[\d_]*[a-z]?[-_ ]+", "", file.stem).replace("_", " ").strip(" -")
        style = "mass movement" if _MASS.search(title) else "trecento song"
        yield _source(collection, file, file.stem, title, "", style)


_MASS = re.compile(r"\b(?:Kyrie|Gloria|Credo|Sanctus|Agnus|Benedicamus)\b")


def quartets(collection: "Collection") -> Iterator[Source]:
    """Movements of string quartets by Haydn, Mozart, Beethoven and Schumann."""
    for folder, (composer, pattern) in _QUARTETS.items():
        for file in quartet_files(collection.path / folder, pattern):
            place = file.relative_to(collection.path / folder).with_suffix("").as_posix()
            work = re.sub(r"opus(\d+)(?:no(\d+))?", r"op. \1 no. \2", place)
            work = re.sub(r" no\. (?=/|$)", "", work)
            work = re.sub(r"^k(\d+)", r"K. \1", work).replace("/movement", ", movement ")
            name = f"{folder.split('_')[0]}.{place.replace('/', '.')}"
            yield _source(
                collection, file, name, f"String quartet, {work}", composer, "string quartet"
            )


def quartet_files(folder: Path, pattern: str) -> list[Path]:
    """The MusicXML files of quartets in a composer's folder."""
    whole = [file for file in score_files(folder, pattern) if file.parent == folder]
    inside = [f for sub in sorted(folder.glob(pattern)) if sub.is_dir() for f in score_files(sub)]
    return sorted(whole + inside)


def count(collection: "Collection") -> int:
    """Number of pieces of a collection of scores, none of them opened."""
    if collection.pieces is quartets:
        return sum(
            len(quartet_files(collection.path / folder, pattern))
            for folder, (_, pattern) in _QUARTETS.items()
        )
    if collection.pieces is palestrina:
        return len(list(collection.path.glob("*.krn")))
    return sum(not file.stem.endswith("_bak") for file in score_files(collection.path))
