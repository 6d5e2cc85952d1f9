"""Data that can be downloaded for measuring: address, digest, licence, citation.

Goal: a data set is named, checked and cited in one place. The default run needs none of
these; nothing is downloaded before :func:`fetch` is called.

Conventions
-----------
* ``registries/<name>.txt`` lists a data set's files with their SHA-256, in the format
  of ``sha256sum``. A file that does not match is refused, wherever it comes from.
* Repositories are addressed at one commit. A data set without such an address has to be
  put in place by hand; the error says from where.
* A folder that already has the files stands in for the download: pass ``stand_in``, or
  name the parent folder in the environment variable ``RICERCAR_DATASETS`` (hyphens of a
  name may be underscores there; the name of the published archive is known, too).
* Where no digest has been published and none could be taken, the files are named without one
  (``unchecked``): they are looked for, not verified, and :func:`overview` says so.
* Terms of use are those of each source. No file of these is part of the project.
"""

import os
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import pandas as pd

from ricercar import workspace
from ricercar.errors import MissingArtefactError, ParameterError, ReadError


@dataclass(frozen=True)
class Dataset:
    """A data set that is not part of the project.

    Attributes
    ----------
    name : str
    title : str
        What it is.
    page : str
        Where a person finds it.
    base : str
        Address to which a file's path is added, ending in ``/``; empty where there is
        no address that never changes.
    licence, licence_class : str
    citation : str
    style : str
        Of its pieces, where all have the same.
    published_as : str
        Name of the published archive, where it is another: a folder may be called so.
    unchecked : str
        File, or pattern of file names, that must be there and whose digest is not known.
    """

    name: str
    title: str
    page: str
    base: str
    licence: str
    licence_class: str
    citation: str
    style: str = ""
    published_as: str = ""
    unchecked: str = ""

    @property
    def files(self) -> dict[str, str]:
        """Path of each file -> SHA-256."""
        registry = Path(__file__).parent / "registries" / f"{self.name}.txt"
        text = registry.read_text("utf-8") if registry.is_file() or not self.unchecked else ""
        rows = (line.split("  ", 1) for line in text.splitlines() if line)
        return {path: sha256 for sha256, path in rows}


def _github(repository: str, commit: str, folder: str = "") -> dict[str, str]:
    return {
        "page": f"https://github.com/{repository}",
        "base": f"https://raw.githubusercontent.com/{repository}/{commit}/{folder}",
    }


DATASETS: dict[str, Dataset] = {
    row.name: row
    for row in (
        Dataset(
            name="jsb-chorales",
            title="382 chorales on a grid of sixteenths, split 229/76/77",
            licence="LicenseRef-not-stated",
            licence_class="restricted",
            citation="Boulanger-Lewandowski, Bengio and Vincent, ICML 2012",
            style="chorale",
            **_github("czhuang/JSB-Chorales-dataset", "9a7f733ddb4ed91f48da64ac7f0f621c34aadd4d"),
        ),
        Dataset(
            name="js-fakes",
            title="500 machine-written chorales on a grid of sixteenths, as JSON",
            # the commit's js-fakes-16thSeparated.npz is a pickle, which is never opened here:
            # what is checked is its array of pitches, written as JSON
            page="https://github.com/omarperacha/js-fakes/tree/"
            "68b476d5b265e579d87c74a68f2160f26007fa56",
            base="",
            licence="CC-BY-4.0",
            licence_class="open",
            citation="Peracha, JS Fake Chorales, 2021",
            style="chorale",
        ),
        Dataset(
            name="mtc-ann",
            title="360 annotated Dutch melodies in 26 tune families",
            licence="CC-BY-NC-SA-3.0",
            licence_class="non-commercial",
            citation="van Kranenburg, Janssen and Volk, The Meertens Tune Collections, 2016",
            style="folk song",
            **_github(
                "pvankranenburg/MTCFeatures",
                "bff2cf56641887fbd02f742abc59fd106a458e63",
                "MTCFeatures/data/",
            ),
        ),
        Dataset(
            name="nottingham",
            title="1,034 British and American folk tunes as ABC",
            licence="GPL-3.0-only",
            licence_class="open",
            citation="Foxley, Nottingham Music Database; cleaned by Jukedeck",
            **_github("jukedeck/nottingham-dataset", "0992bb6cd864f6d4b90d6663e08c0ef53ffaa08f"),
        ),
        Dataset(
            name="openscore-lieder",
            title="1,460 nineteenth-century songs as MusicXML",
            licence="CC0-1.0",
            licence_class="open",
            citation="Gotham and Jonas, The OpenScore Lieder Corpus, MEC 2021",
            style="lied",
            **_github("OpenScore/Lieder", "bca122458de6da362abe62dd6aec62e25d7759b1"),
        ),
        Dataset(
            name="pop909",
            title="909 pop songs as MIDI (in copyright: for measuring only)",
            licence="LicenseRef-in-copyright",
            licence_class="restricted",
            citation="Wang et al., POP909, ISMIR 2020",
            style="pop song",
            **_github("music-x-lab/POP909-Dataset", "d83e6edba6872a704f5d3b8b32f5cb540088dae6"),
        ),
        Dataset(
            name="gowalla",
            title="Gowalla check-ins in the LightGCN split, 29,858 x 40,981",
            page="https://github.com/kuandeng/LightGCN/tree/master/Data/gowalla",
            base="",
            licence="LicenseRef-research",
            licence_class="restricted",
            citation="Cho, Myers and Leskovec, KDD 2011; He et al., LightGCN, SIGIR 2020",
        ),
        Dataset(
            name="hetrec-lastfm",
            title="HetRec 2011 Last.fm, 1,892 listeners x 17,632 artists",
            page="https://grouplens.org/datasets/hetrec-2011/",
            base="",
            licence="LicenseRef-non-commercial",
            licence_class="non-commercial",
            citation="Cantador, Brusilovsky and Kuflik, HetRec, RecSys 2011",
            published_as="hetrec2011-lastfm-2k",
        ),
        Dataset(
            name="lastfm-1k",
            title="Last.fm, 992 listeners, 19,150,868 plays with their times",
            # its page gives only the MD5 of the table, 64747b21563e3d2aa95751e0ddc46b68
            page="https://ocelma.net/MusicRecommendationDataset/lastfm-1K.html",
            base="",
            licence="LicenseRef-non-commercial",
            licence_class="non-commercial",
            citation="Celma, Music Recommendation and Discovery, Springer 2010",
            published_as="lastfm-dataset-1K",
            unchecked="userid-timestamp-artid-artname-traid-traname.tsv",
        ),
        Dataset(
            name="yambda",
            title="Yandex Music, plays and likes of up to a million listeners, as Parquet",
            page="https://huggingface.co/datasets/yandex/yambda",
            base="",
            licence="Apache-2.0",
            licence_class="open",
            citation="Ploshkin et al., Yambda-5B, RecSys 2025",
            unchecked="listens.parquet",
        ),
        Dataset(
            name="listenbrainz",
            title="ListenBrainz, a dump of listens as JSON lines",
            page="https://listenbrainz.org/data/",
            base="",
            licence="CC0-1.0",
            licence_class="open",
            citation="MetaBrainz Foundation, ListenBrainz",
            published_as="listenbrainz-dump",
            unchecked="**/*.listens",
        ),
        Dataset(
            name="incarmusic",
            title="4,012 ratings of music in a car, in context, 42 x 139",
            licence="LicenseRef-cite",
            licence_class="restricted",
            citation="Baltrunas et al., InCarMusic, EC-Web 2011",
            **_github(
                "irecsys/CARSKit",
                "4ea12feb209ac7f0638af0375c75888178354978",
                "context-aware_data_sets/",
            ),
        ),
    )
}


def dataset(name: str) -> Dataset:
    """A data set by name.

    Raises
    ------
    ParameterError
        If there is none; the message lists the known names.
    """
    if name not in DATASETS:
        raise ParameterError(f"there is no data set {name!r}; known: {', '.join(DATASETS)}")
    return DATASETS[name]


def overview() -> pd.DataFrame:
    """The registry as a table: dataset, title, files, licence, download, checked, citation.

    Examples
    --------
    >>> overview().set_index("dataset").loc["pop909", "download"]
    'by address'
    """
    return pd.DataFrame(
        {
            "dataset": row.name,
            "title": row.title,
            "files": len(row.files) or 1,
            "licence": row.licence,
            "download": "by address" if row.base else "by hand",
            "checked": "by SHA-256" if row.files else "not: its digest is not known",
            "citation": row.citation,
        }
        for row in DATASETS.values()
    )


def check(name: str, folder: Path) -> None:
    """Check that a folder holds the files of a data set, unchanged where digests are known.

    Raises
    ------
    MissingArtefactError
        If a file is missing.
    ReadError
        If a file's digest is another.
    """
    for path, sha256 in dataset(name).files.items():
        file = folder / path
        if not file.is_file():
            raise MissingArtefactError(
                f"{path} of data set {name!r} is not in {folder}: get it from {DATASETS[name].page}"
            )
        if workspace.digest(file) != sha256:
            raise ReadError(
                f"{file} is not the file that data set {name!r} names (its SHA-256 differs): "
                f"delete it and fetch it again from {DATASETS[name].page}"
            )
    pattern = dataset(name).unchecked
    if pattern and not any(folder.glob(pattern)):
        raise MissingArtefactError(
            f"{pattern} of data set {name!r} is not in {folder}: get it from {DATASETS[name].page}"
        )


def digests(name: str, folder: Path) -> dict[str, str]:
    """SHA-256 of each file of a data set that lies in a folder.

    Parameters
    ----------
    name : str
        A key of :data:`DATASETS`.
    folder : Path
        As :func:`fetch` gives it: what it has checked is not read again.

    Returns
    -------
    dict of str to str
        By the file's path below the folder.
    """
    found = dict(dataset(name).files)
    if pattern := dataset(name).unchecked:
        others = (path for path in sorted(folder.glob(pattern)) if path.is_file())
        found |= {p.relative_to(folder).as_posix(): workspace.digest(p) for p in others}
    return found


def fetch(name: str, stand_in: Path | str | None = None) -> Path:
    """The folder of a data set, downloaded on first use.

    Parameters
    ----------
    name : str
        A key of :data:`DATASETS`.
    stand_in : path, optional
        A folder that has the files already; nothing is downloaded then.

    Returns
    -------
    Path
        With every file of the registry, each digest checked.

    Raises
    ------
    ParameterError
        If there is no such data set.
    MissingArtefactError
        If it can neither be found nor downloaded.
    ReadError
        If a file's digest is another.
    """
    chosen = dataset(name)
    parent = os.environ.get("RICERCAR_DATASETS")
    if stand_in:
        check(name, Path(stand_in))
        return Path(stand_in)
    spellings = dict.fromkeys((name, name.replace("-", "_"), chosen.published_as or name))
    for spelling in spellings if parent else ():
        local = Path(str(parent)) / spelling
        if local.is_dir():
            check(name, local)
            return local
    folder = workspace.home() / "data" / "raw" / name
    if chosen.base:
        _download(chosen, folder)
    check(name, folder)
    return folder


def _download(chosen: Dataset, folder: Path) -> None:
    """Get what is not there yet; pooch checks every digest before it renames a file."""
    import pooch

    files = chosen.files
    store = pooch.create(
        path=folder,
        base_url=chosen.base,
        registry={path: f"sha256:{sha256}" for path, sha256 in files.items()},
        urls={path: chosen.base + quote(path) for path in files},
    )
    for path in files:
        try:
            store.fetch(path)
        except ValueError as error:  # pooch found another digest and kept nothing
            raise ReadError(
                f"{path} of data set {chosen.name!r} as it comes from {chosen.base} is not the "
                f"file that the registry names (its SHA-256 differs): see {chosen.page}"
            ) from error
        except OSError as error:  # no network, no such address
            raise MissingArtefactError(
                f"{path} of data set {chosen.name!r} cannot be downloaded from {chosen.base}: "
                f"{error}; get it from {chosen.page}, put it into {folder}, and try again"
            ) from error
