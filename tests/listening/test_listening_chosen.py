"""Listening for a comparison: the run's, a data set's, one's own; and how it is divided."""

import numpy as np
import pandas as pd
import pytest
from scipy import sparse

from ricercar import workspace
from ricercar.errors import ParameterError
from ricercar.listening import chosen, divided, imports, matrix, public
from ricercar.listening.listened import HEARD
from ricercar.listening.timed import no_times

PIECES = pd.DataFrame(
    {"piece": [*"abc"], "title": [*"ABC"], "style": ["reel", "jig", "jig"], "collection": "ryan"}
)
FEATURES = pd.DataFrame({"piece": [*"abc"], "melody.pitch_range": [7.0, 12.0, 14.0]})
LISTENERS = pd.DataFrame({"listener": ["u", "v", "w"]})


def events_of(*rows):
    table = pd.DataFrame(rows, columns=["listener", "piece", "day", "kind", "value"])
    time = pd.Timestamp("2026-01-01", tz="UTC") + pd.to_timedelta(table.pop("day"), unit="D")
    table.insert(2, "time", time)
    return table


EVENTS = events_of(
    ("u", "a", 0, "play", 0.5),
    ("u", "b", 1, "rating", 3.0),
    ("v", "b", 2, "play", 1.0),
    ("v", "b", 3, "rating", 5.0),
    ("u", "c", 4, "skip", 0.0),
)
RUN = {"pieces": PIECES, "features": FEATURES, "listeners": LISTENERS, "events": EVENTS}


def logged(events, rows=None):
    nothing = pd.DataFrame(columns=["file", "row", "column", "reason", "fault"])
    return imports.ImportedLog(events, nothing, rows or len(events))


def counted(name="hetrec-lastfm", ratings=None, test=None):
    names = pd.Index([*"uvw"], dtype="str"), pd.Index([*"xyz"], dtype="str")
    counts = sparse.csr_array([[7.0, 0, 1], [1, 3, 0], [0, 0, 1]])
    table = pd.DataFrame({"piece": [*"xyz"], "name": ["X", None, "Z"]})
    report = pd.DataFrame({"what": [], "found": []})
    return public.PublicListening(
        name, matrix.Interactions(counts, *names), table, report, ratings=ratings, test=test
    )


def test_the_runs_own_listening_is_weighed_by_hand():
    data = chosen.choose(RUN)
    weights = data.weights(data.events).toarray()
    # a rating of 3 is heard, no more; 1 play and 5 stars are 1 + 2 * (5 - 3) / 2; w did nothing
    assert weights.tolist() == [[0.5, HEARD, -1.0], [0, 3.0, 0], [0, 0, 0]]
    assert data.weights(data.events).nnz == 4
    assert data.vectors.shape == (3, 1) and data.styles.tolist() == ["reel", "jig", "jig"]
    assert data.timed and not data.simulated
    assert data.report.set_index("what").loc[["listeners", "plays"], "found"].tolist() == ["3", "2"]


def test_ratings_are_means_and_a_rating_of_nought_is_stored():
    more = events_of(("v", "b", 9, "rating", 2.0), ("w", "c", 9, "rating", 0.0))
    data = chosen.choose({**RUN, "events": pd.concat([EVENTS, more])})
    found = data.ratings(data.events).tocoo()
    entries = set(zip(found.row.tolist(), found.col.tolist(), found.data.tolist(), strict=True))
    assert entries == {(0, 1, 3.0), (1, 1, 3.5), (2, 2, 0.0)}


def test_a_log_of_other_pieces_has_no_sound_and_is_ranked_by_itself():
    own = events_of(("u", "a", 0, "play", 7.0), ("v", "song", 1, "play", 1.0))
    data = chosen.of_log(logged(own), PIECES, FEATURES)
    assert data.features is None and data.vectors is None and data.styles is None
    assert data.pieces["piece"].tolist() == ["a", "song"]
    assert data.pieces["title"].tolist() == ["a", "song"]
    assert "1 of its 2 pieces are not in the catalogue" in data.notes[1]
    assert data.weights(own).toarray().tolist() == [[3.0, 0.0], [0.0, 1.0]]  # log2(1 + 7)


def test_a_log_of_the_catalogue_keeps_the_whole_catalogue_and_its_sound():
    data = chosen.of_log(logged(EVENTS[EVENTS["piece"] == "b"]), PIECES, FEATURES)
    assert data.pieces["piece"].tolist() == [*"abc"] and data.features is not None
    assert list(data.listeners) == ["u", "v"]


def test_counts_become_events_without_times():
    data = chosen.of_dataset(counted())
    assert not data.timed and data.events["time"].isna().all()
    assert data.weights(data.events).toarray().tolist() == [[3, 0, 1], [1, 2, 0], [0, 0, 1]]
    assert data.pieces["title"].tolist() == ["X", "y", "Z"]
    assert data.pieces["collection"].isna().all()


def test_ratings_of_a_data_set_are_likes_and_dislikes():
    rows = [("u", "x", 5.0)] * 7 + [("u", "z", 3.0), ("v", "x", 1.0), ("w", "z", 0.0)]
    rows += [("v", "y", 4.0), ("v", "y", 5.0), ("v", "y", 3.0)]
    ratings = pd.DataFrame(rows, columns=["listener", "piece", "value"])
    data = chosen.of_dataset(counted("incarmusic", ratings))
    signs = np.sign(data.weights(data.events).toarray())
    assert signs.tolist() == [[1, 0, -1], [-1, 1, 0], [0, 0, -1]]
    assert data.weights(data.events)[0, 2] == HEARD
    assert data.ratings(data.events)[1, 1] == 4.0


def test_rare_pieces_can_be_left_out():
    data = chosen.choose(RUN, min_listeners=2)
    assert data.pieces["piece"].tolist() == ["b"] and set(data.events["piece"]) == {"b"}
    assert data.vectors.shape == (1, 1) and len(data.listeners) == 3
    assert "2 of 3 pieces have fewer than 2 listeners" in data.notes[-1]
    assert "2 of 5 events" in data.notes[-1]
    assert "0 listeners who met no other" in data.notes[-1]
    alone = EVENTS.assign(listener=EVENTS["listener"].where(EVENTS["piece"] == "b", "hermit"))
    known = pd.concat([LISTENERS, pd.DataFrame({"listener": ["hermit"]})], ignore_index=True)
    left = chosen.choose({**RUN, "listeners": known, "events": alone}, min_listeners=2)
    assert "hermit" not in left.listeners and "1 listeners who met no other" in left.notes[-1]
    with pytest.raises(ParameterError, match="no piece has 9 listeners"):
        chosen.choose(RUN, min_listeners=9)


def test_a_data_set_and_a_log_at_once_are_refused(tmp_path):
    with pytest.raises(ParameterError, match="not both"):
        chosen.choose(RUN, dataset="incarmusic", log=tmp_path / "log.csv")


def test_a_log_is_read_from_its_file(tmp_path):
    path = tmp_path / "log.csv"
    path.write_text("who,what,when\nu,song,2026-01-02\nu,song,never\n")
    columns = {"listener": "who", "piece": "what", "time": "when"}
    data = chosen.choose(RUN, log=path, columns=columns)
    assert data.events["piece"].tolist() == ["song"]
    assert data.refused.to_numpy().tolist() == [[3, "when", "'never' is not a time"]]
    path.write_text("who,what,when\nu,song,never\n")
    with pytest.raises(ParameterError, match="no event that can be used. Of 1 row 0 were taken"):
        chosen.choose(RUN, log=path, columns=columns)


def test_a_log_needs_no_catalogue(tmp_path, monkeypatch):
    monkeypatch.setenv("RICERCAR_HOME", str(tmp_path))
    (tmp_path / "log.csv").write_text("listener,piece,time\nu,song,2026-01-02\nv,a,2026-01-03\n")
    for tables in ({}, {"pieces": PIECES}):  # without features the catalogue tells nothing of sound
        data = chosen.choose(tables, log="log.csv")
        assert data.pieces["piece"].tolist() == ["a", "song"] and data.features is None
        assert "The run has no catalogue with features" in data.notes[1]
    sha256 = workspace.digest(tmp_path / "log.csv")
    assert data.report.iloc[-1].tolist() == ["file", f"log.csv, SHA-256 {sha256[:12]}…"]


def test_what_tells_how_to_read_a_log_is_checked(tmp_path):
    path = tmp_path / "log.csv"
    path.write_text("listener,piece\nu,song\n")
    with pytest.raises(ParameterError, match=r"mean 'time_format'\?\); known: delimiter, "):
        chosen.choose(RUN, log=path, reading={"time_formats": "%d"})
    with pytest.raises(ParameterError, match="kinds of log_options must be a dictionary, not 'x'"):
        chosen.choose(RUN, log=path, reading={"kinds": "x"})
    with pytest.raises(ParameterError, match="timezone of log_options must be text, not 1"):
        chosen.choose(RUN, log=path, reading={"timezone": 1})
    with pytest.raises(ParameterError, match="but no log"):
        chosen.choose(RUN, dataset="incarmusic", columns={"listener": "user"})


def many(timed=True):
    rng = np.random.default_rng(3)
    days = rng.permutation(300) if timed else np.zeros(300)
    rows = zip(rng.integers(0, 12, 300), rng.integers(0, 3, 300), days, strict=True)
    events = events_of(*((f"l{u}", "abc"[p], day, "play", 1.0) for u, p, day in rows))
    data = chosen.of_log(logged(events), PIECES, FEATURES)
    if timed:
        return data
    events = data.events.assign(time=no_times(data.events.index))
    return chosen.replace(data, events=events, timed=False, published=True)


def test_a_temporal_split_is_made_twice_and_leaks_nothing():
    parts = divided.divide(many())
    assert len(parts.test) == 60 and len(parts.late) == 48 and len(parts.early) == 192
    assert parts.early["time"].max() < parts.late["time"].min()
    assert parts.train["time"].max() < parts.test["time"].min()
    leaking = parts.audit.set_index("check").loc["leaking events", ["test", "validation"]]
    assert leaking.tolist() == [0, 0] and parts.notes == ()


def test_a_random_split_says_what_leaks():
    parts = divided.divide(many(), "random", seed=2)
    assert parts.notes[0].startswith("A random split lets a model see the future: ")
    assert parts.audit.set_index("check").loc["leaking events", "test"] > 0


def test_without_times_a_temporal_split_becomes_a_random_one_and_says_so():
    parts = divided.divide(many(timed=False), seed=2)
    assert parts.split == "random" and len(parts.test) == 60
    assert "in the place of a temporal one" in parts.notes[1]
    assert not parts.audit["check"].str.contains("leaking").any()
    again = divided.divide(many(timed=False), seed=2)
    assert again.test.equals(parts.test) and again.late.equals(parts.late)


def test_without_times_the_last_events_are_drawn_by_lot():
    parts = divided.divide(many(timed=False), "leave_last", {"n": 2}, seed=2)
    other = divided.divide(many(timed=False), "leave_last", {"n": 2}, seed=3)
    assert (parts.test.groupby("listener").size() == 2).all()
    assert not parts.test.equals(other.test)


def test_options_of_a_split_are_checked():
    assert len(divided.divide(many(), "new_pieces", {"test_share": 0.3}).test) < 200
    with pytest.raises(ParameterError, match="no option 'history'"):
        divided.divide(many(), "temporal", {"history": 2})
    with pytest.raises(ParameterError, match="no split 'tomorrow'"):
        divided.divide(many(), "tomorrow")


def test_a_published_test_part_is_kept():
    test = sparse.csr_array([[0, 5.0, 0], [0, 0, 1], [1, 0, 0]])
    data = chosen.of_dataset(counted("gowalla", test=test))
    parts = divided.divide(data)
    assert parts.split == "published" and len(parts.train) == 5
    assert parts.test[["listener", "piece"]].to_numpy().tolist() == [
        ["u", "y"], ["v", "z"], ["w", "x"],
    ]  # fmt: skip
    assert len(parts.early) + len(parts.late) == 5
    assert "published one" in parts.notes[0]
