"""The listening of a run: simulated, or from one's own log."""

import pandas as pd
import pytest

from ricercar import tables
from ricercar.errors import ParameterError, ReadError
from ricercar.listening import simulate, source, tastes

PIECES = pd.DataFrame({"piece": ["a", "b", "c"], "style": ["reel", "jig", "jig"], "quarters": 64.0})
FEATURES = pd.DataFrame({"piece": ["a", "b", "c"], "melody.pitch_range": [7.0, 12.0, 14.0]})
COLUMNS = {"listener": "user", "piece": "track", "time": "when"}


def written(tmp_path, *rows):
    path = tmp_path / "log.csv"
    path.write_text("\n".join(["user,track,when", *rows]) + "\n")
    return path


def test_without_a_log_listeners_are_simulated():
    found = source.gather(None, {}, PIECES, FEATURES, n_listeners=5, n_events=60, seed=2)
    assert found.simulated and len(found.listeners) == 5 and found.refused.empty


def test_a_log_gives_the_same_tables_and_counts_what_it_refuses(tmp_path):
    path = written(
        tmp_path,
        "u2,b,2026-01-02T10:00:00Z",
        "u1,a,2026-01-01T10:00:00Z",
        "u1,elsewhere,2026-01-01T11:00:00Z",
        "u1,a,yesterday",
    )
    found = source.gather(path, COLUMNS, PIECES, FEATURES)
    assert not found.simulated
    for name in ("listeners", "events", "true_tastes"):
        assert len(tables.validate(name, getattr(found, name)))
    assert found.events[["listener", "piece"]].to_numpy().tolist() == [["u1", "a"], ["u2", "b"]]
    refused = tables.validate("quarantine", found.refused)
    assert refused["line"].tolist() == [5, 0]
    assert refused["reason"].str.contains("when|elsewhere").all()
    report = found.report.set_index("what")["found"]
    assert report[["rows", "accepted", "refused"]].tolist() == ["4", "3", "1"]
    assert report.iloc[-1] == "1" and "not in the catalogue" in report.index[-1]
    assert found.sentence.startswith("Of 4 rows 3 were taken and 1 refused (when is not a time: 1)")
    assert "1 of the events taken" in found.sentence


def test_refused_rows_and_events_are_the_rows_of_the_file(tmp_path):
    path = written(
        tmp_path,
        "u1,a,2026-01-01T10:00:00Z",
        "u1,a,yesterday",
        "u1,a,2026-01-01T10:00:00Z",
        "u1,elsewhere,2026-01-01T11:00:00Z",
        "u1,b,tomorrow",
        "u1,nowhere,2026-01-01T11:00:00Z",
        "u1,nowhere,2026-01-01T12:00:00Z",
    )
    found = source.gather(path, COLUMNS, PIECES, FEATURES)
    assert found.by_reason.to_numpy().tolist() == [
        ["piece is not in the catalogue", 3, "", "'elsewhere', one of 2 such pieces"],
        ["when is not a time", 2, "3, 6", "'yesterday' is not a time"],
        ["repeats an earlier row", 1, "4", ""],
    ]
    assert len(found.events) + found.by_reason["rows"].sum() == 7


@pytest.mark.parametrize("given", [{"columns": COLUMNS}, {"reading": {"timezone": "UTC"}}])
def test_how_to_read_a_log_without_a_log_is_refused(given):
    arguments = {"columns": {}, "pieces": PIECES, "features_table": FEATURES} | given
    with pytest.raises(ParameterError, match="but no log"):
        source.gather(None, **arguments)


def test_how_a_log_is_read_may_be_told(tmp_path):
    path = written(tmp_path, "u1,a,01/02/2026")
    found = source.gather(path, COLUMNS, PIECES, FEATURES, reading={"time_format": "%d/%m/%Y"})
    assert found.events["time"].iloc[0] == pd.Timestamp("2026-02-01", tz="UTC")
    with pytest.raises(ParameterError, match=r"no option 'format' .*; known: delimiter"):
        source.gather(path, COLUMNS, PIECES, FEATURES, reading={"format": "%d"})


def test_assumed_tastes_point_to_what_was_played(tmp_path):
    path = written(tmp_path, "u1,b,2026-01-01T10:00:00Z", "u1,c,2026-01-01T11:00:00Z")
    taste = source.gather(path, COLUMNS, PIECES, FEATURES).true_tastes.set_index("axis")["weight"]
    # two plays of jigs, of which the catalogue has two in three: 2 * (1 - 2/3)
    assert taste["style:jig"] == pytest.approx(2 / 3)
    assert taste["style:reel"] == pytest.approx(-2 / 3)
    assert taste["feature:melody.pitch_range"] > 0


def test_a_log_of_ratings_alone_tells_tastes_too():
    events = pd.DataFrame(
        {
            "listener": ["k", "k", "l"],
            "piece": ["b", "a", "a"],
            "kind": "rating",
            "value": [5.0, 1, 1],
        }
    )
    found = tastes.assumed(events, PIECES, FEATURES).pivot(
        index="listener", columns="axis", values="weight"
    )
    assert found.loc["k", "style:jig"] == pytest.approx(2 * (1 - 2 / 3))
    assert (found.loc["l"] == 0).all()  # dislikes alone say nothing about what is liked


def test_real_listeners_are_not_taken_for_simulated_ones(tmp_path):
    path = written(tmp_path, "listener-1,a,2026-01-01T10:00:00Z")
    found = source.gather(path, COLUMNS, PIECES, FEATURES)
    assert found.listeners["listener"].tolist() == ["own-listener-1"]
    assert not simulate.is_simulated(found.true_tastes)


def test_a_log_of_other_pieces_is_refused_with_an_example_of_an_id(tmp_path):
    path = written(tmp_path, "u1,elsewhere,2026-01-01T10:00:00Z")
    with pytest.raises(ReadError, match="ids such as 'a'"):
        source.gather(path, COLUMNS, PIECES, FEATURES)
