"""The index: candidates with the right transposition, and storage as arrays."""

import numpy as np
import pandas as pd
import pytest

from ricercar.errors import ReadError
from ricercar.screening import fingerprints, index, planted


@pytest.fixture(scope="module")
def world():
    pieces, notes = planted.random_tunes(40, seed=5)
    return pieces, notes, index.build(pieces, notes, n=4)


def test_postings_are_every_fingerprint_once_in_order(world):
    pieces, notes, built = world
    values, where = fingerprints.fingerprints(built.melodies, 4)
    assert sorted(built.postings.tolist()) == where.tolist()
    assert (np.diff(built.keys) > 0).all()
    again = np.repeat(built.keys, np.diff(built.first))
    at = np.argsort(where)
    assert (values[at][np.searchsorted(where[at], built.postings)] == again).all()


def test_a_rare_fingerprint_weighs_more_than_a_common_one(world):
    _, _, built = world
    melody = built.melodies.melody_of_note[built.postings]
    holders = np.array(
        [len(set(melody[a:b])) for a, b in zip(built.first[:-1], built.first[1:], strict=True)]
    )
    assert np.allclose(built.weight, np.log2(41 / holders))


def test_the_source_is_the_first_candidate_with_transposition_and_scale(world):
    pieces, notes, built = world
    copies = planted.rescaled(*planted.transposed(pieces[:10], notes, 5), factor=2)
    table = index.candidates(built, fingerprints.melodies(*copies), k=3)
    best = table.drop_duplicates("query")
    assert best["piece"].tolist() == list(range(10))
    assert set(best["transposition"]) == {5}
    assert set(best["scale"]) == {1.0}
    assert table.groupby("query")["piece"].nunique().max() <= 3
    assert table.groupby(["query", "piece"]).size().max() == 2
    single = index.candidates(built, fingerprints.melodies(*copies), k=3, ways=1)
    assert not single.duplicated(["query", "piece"]).any()


def test_a_piece_never_meets_itself_nor_its_group_if_told(world):
    pieces, notes, built = world
    query = built.melodies.take([3])
    assert 3 not in index.candidates(built, query, k=40)["piece"].tolist()
    grouped = pieces.assign(work=["same"] * 20 + ["other"] * 20)
    built = index.build(grouped, notes)
    table = index.candidates(built, built.melodies.take([3]), k=40, skip_same_work=True)
    assert (table["piece"] >= 20).all()


def test_nothing_in_common_gives_no_candidate(world):
    _, _, built = world
    strange = pd.DataFrame(
        {"piece": "x", "part": 0, "onset": range(8), "duration": 1, "pitch": [30, 90] * 4}
    )
    query = fingerprints.melodies(pd.DataFrame({"piece": ["x"]}), strange)
    assert index.candidates(built, query).empty
    empty = fingerprints.melodies(pd.DataFrame({"piece": ["x"]}), strange[:0])
    assert index.candidates(built, empty).empty


def test_an_index_comes_back_from_its_arrays(world, tmp_path):
    _, _, built = world
    np.savez(tmp_path / "index.npz", **built.to_arrays())
    with np.load(tmp_path / "index.npz", allow_pickle=False) as stored:
        back = index.Index.from_arrays(dict(stored))
    assert back.melodies.piece.tolist() == built.melodies.piece.tolist()
    query = built.melodies.take([0, 1])
    pd.testing.assert_frame_equal(index.candidates(back, query), index.candidates(built, query))
    with pytest.raises(ReadError, match="keys"):
        index.Index.from_arrays({k: v for k, v in built.to_arrays().items() if k != "keys"})
    with pytest.raises(ReadError, match="format 99"):
        index.Index.from_arrays(built.to_arrays() | {"format": np.int64(99)})
