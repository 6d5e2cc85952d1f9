"""The standard split of the chorales stands in the registry as the matching function makes it."""

import json
import os
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from ricercar import workspace
from ricercar.assess import chorale_split
from ricercar.catalogue import formats
from ricercar.errors import ReadError

REGISTRY = Path(chorale_split.__file__).parents[1] / "registries" / "chorale-split.csv"


def shared_file(*parts: str) -> Path:
    named = os.environ.get("RICERCAR_SHARED_DATA")
    folder = Path(named) if named else workspace.project().parent / "shared" / "data"
    path = folder.joinpath(*parts)
    if not path.is_file():
        pytest.skip(f"{path} is not there: set RICERCAR_SHARED_DATA to the folder of public data")
    return path


@pytest.fixture
def two_bars(tmp_path):
    """One chorale of four frames: a held, then a moving soprano, a rest in the bass."""
    frames = [[72, 67, 64, 48], [72, 67, 64, None], [74, 67, 64, float("nan")], [74, 67, 64, -1]]
    path = tmp_path / "grid.json"
    path.write_text(json.dumps({"train": [frames, frames[:1]], "test": [frames]}))
    return path


def test_frames_become_notes(two_bars):
    read = chorale_split.read_frames(two_bars)
    pieces, notes = read["train"]
    assert list(read) == ["train", "test"]
    assert pieces["piece"].tolist() == ["train/0", "train/1"]
    assert pieces["quarters"].tolist() == [1.0, 0.25]
    first = notes[notes["piece"] == "train/0"]
    assert first[["part", "onset", "duration", "pitch"]].values.tolist() == [
        [0, 0, 240, 72],
        [1, 0, 480, 67],
        [2, 0, 480, 64],
        [3, 0, 120, 48],
        [0, 240, 240, 74],
    ]
    assert (notes.loc[notes["piece"] == "train/1", "duration"] == 120).all()


def test_a_list_without_splits_is_one_set(tmp_path):
    path = tmp_path / "fakes.json"
    path.write_text(json.dumps([[[72, 67, 64, 48]]]))
    assert chorale_split.read_frames(path)["all"][0]["piece"].tolist() == ["all/0"]


@pytest.mark.parametrize("content", ["no JSON", "[[[60, 55, 50]]]", '{"train": [[1, 2]]}'])
def test_what_is_no_grid_is_refused(tmp_path, content):
    path = tmp_path / "grid.json"
    path.write_text(content)
    with pytest.raises(ReadError, match=r"grid\.json"):
        chorale_split.read_frames(path)


def test_read_frames_agrees_with_reading_frame_by_frame():
    path = shared_file("jsb-chorales", "Jsb16thSeparated.json")
    _, notes = chorale_split.read_frames(path)["valid"]
    for number, frames in enumerate(json.loads(path.read_text())["valid"][:5]):
        grid = np.full((len(frames), 4), -1)
        for part, onset, duration, pitch in notes.loc[
            notes["piece"] == f"valid/{number}", ["part", "onset", "duration", "pitch"]
        ].to_numpy():
            grid[onset // 120 : (onset + duration) // 120, part] = pitch
        assert (grid == np.array(frames)).all()


def random_chorales(count: int, seed: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    rng = np.random.default_rng(seed)
    ids = [f"train/{number}" for number in range(count)]
    steps = rng.choice([-3, -2, -1, 1, 2, 3], size=(count, 4, 40))
    pitch = 60 + np.clip(steps.cumsum(axis=2), -40, 40)
    index = np.indices(pitch.shape).reshape(3, -1)
    notes = pd.DataFrame(
        {
            "piece": np.array(ids)[index[0]],
            "part": index[1],
            "onset": index[2] * 480,
            "duration": 480,
            "pitch": pitch.ravel(),
        }
    )
    return pd.DataFrame({"piece": ids}), notes


def test_a_transposed_stretched_version_with_instruments_is_the_same_setting():
    pieces, notes = random_chorales(6, seed=3)
    version = notes.assign(
        piece=notes["piece"].str.replace("train", "bach"),
        part=notes["part"] + 2,
        pitch=notes["pitch"] + 4,
        onset=notes["onset"] * 2,
    )
    others = random_chorales(6, seed=4)[1]
    trumpets = others[others["part"] < 2].assign(piece=lambda t: t["piece"].str[-1].radd("bach/"))
    catalogue = pieces.assign(piece=pieces["piece"].str.replace("train", "bach"))
    pairs = chorale_split.match((pieces, notes), (catalogue, pd.concat([trumpets, version])))
    same = pairs[pairs["similarity"] >= chorale_split.SAME_SETTING]
    assert (same["chorale"].str[-1] == same["piece"].str[-1]).all()
    assert len(same) == 6 and (same["similarity"] == 1).all()


def test_another_harmonisation_is_another_setting():
    (pieces, notes), (_, others) = random_chorales(2, seed=5), random_chorales(2, seed=6)
    melody, lower = notes["part"] == 0, others["part"] > 0
    other = pd.concat([notes[melody], others[lower]])
    pairs = chorale_split.match((pieces, notes), (pieces, other))
    own = pairs[pairs["chorale"] == pairs["piece"]]
    assert (own["melody"] == 1).all()
    assert (own["similarity"] < chorale_split.SAME_SETTING).all()


def test_held_out_goes_before_train_and_the_more_similar_before_the_less():
    pairs = pd.DataFrame(
        {
            "chorale": ["train/0", "valid/0", "test/0", "valid/1", "test/1"],
            "piece": ["a", "a", "b", "b", "c"],
            "similarity": [1.0, 0.75, 0.8, 0.9, 0.5],
        }
    )
    found = chorale_split.carry_over(pairs, ["c", "b", "a"]).set_index("piece")["split"]
    assert found.to_dict() == {"a": "valid", "b": "valid", "c": "train"}


def test_split_of_knows_excerpts_by_their_group():
    excerpts = pd.DataFrame({"piece": ["bach/bwv393/1", "x"], "group": ["bach/bwv393", "y"]})
    assert chorale_split.split_of(excerpts).tolist() == ["", ""]
    assert chorale_split.split_of(excerpts, "group").tolist() == ["test", ""]


def test_the_registry_holds_ids_and_splits():
    table = pd.read_csv(REGISTRY)
    assert list(table) == ["piece", "split"]
    assert table["piece"].is_unique and table["piece"].is_monotonic_increasing
    assert table["split"].value_counts().to_dict() == {"train": 252, "test": 81, "valid": 77}


def test_the_registry_is_what_matching_gives():
    path = shared_file("jsb-chorales", "Jsb16thSeparated.json")
    import music21

    folder = Path(music21.__file__).parent / "corpus" / "bach"
    table = pd.read_csv(REGISTRY)
    table = table[[(folder / f"{name[5:]}.mxl").is_file() for name in table["piece"]]]
    drawn = table.groupby("split").sample(12, random_state=7).reset_index(drop=True)
    notes = [
        pd.DataFrame(
            formats.read((folder / f"{name[5:]}.mxl").read_bytes(), "mxl").notes,
            columns=["part", "onset", "duration", "pitch"],
        ).assign(piece=name)
        for name in drawn["piece"]
    ]
    splits = chorale_split.read_frames(path).values()
    chorales = tuple(pd.concat(tables, ignore_index=True) for tables in zip(*splits, strict=True))
    pairs = chorale_split.match(chorales, (drawn, pd.concat(notes, ignore_index=True)))
    made = chorale_split.carry_over(pairs, drawn["piece"])
    assert made.equals(drawn.sort_values("piece", ignore_index=True)[["piece", "split"]])
    settings = pairs["similarity"]
    assert not ((settings > 0.67) & (settings < 0.75)).any()
