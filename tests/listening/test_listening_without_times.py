"""Logs without times: read as they are, and what needs times says what to do instead."""

import json
import warnings

import numpy as np
import pandas as pd
import pytest

from ricercar import feedback, tables
from ricercar.errors import ParameterError, ReadError, TableError
from ricercar.listening import aggregate, chosen, divided, imports, matrix, source, splits, timed
from ricercar.profiles import drift

PIECES = pd.DataFrame(
    {"piece": [*"abc"], "title": [*"ABC"], "style": ["reel", "jig", "jig"], "collection": "ryan"}
)
FEATURES = pd.DataFrame({"piece": [*"abc"], "melody.pitch_range": [7.0, 12.0, 14.0]})
COUNTS = [("u", "a", 12), ("u", "b", 1), ("v", "b", 3)]
STARS = [("u", "a", 5), ("u", "b", 3), ("v", "b", 1)]
COUNTED = {"listener": "who", "piece": "what", "count": "n"}
RATED = {"listener": "who", "piece": "what", "value": "n"}


def write(folder, suffix, rows, names=("who", "what", "n")):
    path = folder / f"log{suffix}"
    table = pd.DataFrame(rows, columns=list(names))
    if suffix == ".parquet":
        table.to_parquet(path)
    elif suffix in (".jsonl", ".ndjson"):
        table.to_json(path, orient="records", lines=True)
    else:
        table.to_csv(path, index=False, sep="\t" if suffix == ".tsv" else ",")
    return path


@pytest.mark.parametrize("suffix", imports.SUFFIXES)
def test_play_counts_without_times_are_read_from_every_format(tmp_path, suffix):
    log = imports.read_log(write(tmp_path, suffix, COUNTS), COUNTED)
    assert log.refused.empty and log.rows == 3 and not log.timed
    assert log.events["time"].isna().all()
    assert str(log.events["time"].dtype) == "datetime64[us, UTC]"
    assert log.events.drop(columns="time").to_numpy().tolist() == [
        ["u", "a", "play", 12.0], ["u", "b", "play", 1.0], ["v", "b", "play", 3.0],
    ]  # fmt: skip
    assert log.columns == ("who", "what", "n")


@pytest.mark.parametrize("suffix", imports.SUFFIXES)
def test_ratings_without_times_are_read_from_every_format(tmp_path, suffix):
    log = imports.read_log(write(tmp_path, suffix, STARS), RATED, kind="rating")
    assert log.refused.empty
    assert log.events["kind"].unique().tolist() == ["rating"]
    assert log.events["value"].tolist() == [5.0, 3.0, 1.0]


@pytest.mark.parametrize("suffix", imports.SUFFIXES)
def test_with_times_the_same_file_has_times(tmp_path, suffix):
    rows = [(*row, f"2026-01-0{day}T10:00:00Z") for day, row in enumerate(COUNTS, start=1)]
    path = write(tmp_path, suffix, rows, ("who", "what", "n", "when"))
    log = imports.read_log(path, {**COUNTED, "time": "when"})
    assert log.timed and log.events["time"].dt.day.tolist() == [1, 2, 3]
    without = imports.read_log(path, COUNTED)  # nobody named the column
    assert not without.timed and "when" in without.columns
    assert without.events["value"].tolist() == log.events["value"].tolist()


def test_the_report_says_that_there_are_no_times(tmp_path):
    log = imports.read_log(write(tmp_path, ".csv", COUNTS), COUNTED)
    report = log.report().set_index("what")["found"]
    assert report["times"].startswith("none") and "first event" not in report.index
    assert "repeated rows, each one more hearing" not in report.index
    assert log.sentence() == (
        "Of 3 rows 3 were taken and 0 refused; the log has 2 listeners and 2 pieces and has no "
        "times."
    )


def test_a_repeated_row_is_one_more_hearing_only_where_nothing_else_can_tell(tmp_path):
    rows = [("u", "a"), ("u", "a"), ("u", "b"), ("u", "a")]
    path = write(tmp_path, ".csv", rows, ("listener", "piece"))
    log = imports.read_log(path)
    assert log.refused.empty
    assert matrix.interactions(log.events).matrix.toarray().tolist() == [[3.0, 1.0]]
    report = log.report().set_index("what")["found"]
    assert report["repeated rows, each one more hearing"] == "2"
    for rows, columns, kind in (
        ([*COUNTS, COUNTS[0]], COUNTED, "play"),  # a count is the whole of a pair
        ([*STARS, STARS[0]], RATED, "rating"),
    ):
        log = imports.read_log(write(tmp_path, ".csv", rows), columns, kind=kind)
        assert len(log.events) == 3
        assert log.refused[["row", "reason"]].to_numpy().tolist() == [[5, "repeats an earlier row"]]


@pytest.mark.parametrize("suffix", imports.SUFFIXES)
@pytest.mark.parametrize("field", ["time", "value", "count"])
def test_a_column_that_is_named_must_be_there(tmp_path, suffix, field):
    path = write(tmp_path, suffix, COUNTS)
    with pytest.raises(ReadError, match=f"has no column 'x' for {field}; it has 'who', 'what'"):
        imports.read_log(path, {"listener": "who", "piece": "what", field: "x"})


def test_a_column_of_times_has_to_be_full(tmp_path):
    path = tmp_path / "log.csv"
    path.write_text("listener,piece,time\nu,a,2026-01-01\nu,b,\n")
    log = imports.read_log(path)
    assert log.timed and log.refused["reason"].tolist() == ["is empty"]
    path.write_text("listener,piece,time\nu,a,\nu,b,\n")
    assert imports.read_log(path).events.empty
    lines = [{"listener": "u", "piece": "a"}, {"listener": "u", "piece": "b", "time": "2026-01-01"}]
    path = tmp_path / "log.jsonl"
    path.write_text("\n".join(map(json.dumps, lines)))
    log = imports.read_log(path)  # one object has a time, so the other lacks it
    assert log.timed and log.refused[["row", "column"]].to_numpy().tolist() == [[1, "time"]]


def test_any_delimiter_and_suffix_by_name(tmp_path):
    path = tmp_path / "user_artists.dat"
    path.write_text("userID\tartistID\tweight\n2\t51\t13883\n2\t52\t11690\n3\t51\t2\n")
    columns = {"listener": "userID", "piece": "artistID", "count": "weight"}
    log = imports.read_log(path, columns, delimiter="\t")
    assert log.events["value"].tolist() == [13883.0, 11690.0, 2.0]
    with pytest.raises(ReadError, match="say what stands between its fields"):
        imports.read_log(path, columns)
    path = tmp_path / "log.csv"
    path.write_text('listener;piece;time\nu;"a;b";2026-01-01\n')
    assert imports.read_log(path, delimiter=";").events["piece"].tolist() == ["a;b"]
    for wrong in ("::", "\n", '"'):
        with pytest.raises(ParameterError, match="not one character"):
            imports.read_log(path, delimiter=wrong)


def test_hetrec_as_ones_own_log(shared):
    path = shared("hetrec-lastfm") / "user_artists.dat"
    columns = {"listener": "userID", "piece": "artistID", "count": "weight"}
    log = imports.read_log(path, columns, delimiter="\t")
    assert log.rows == len(log.events) == 92_834 and not log.timed
    assert log.events["value"].sum() == pd.read_csv(path, sep="\t")["weight"].sum()
    assert log.events["listener"].nunique() == 1892 and log.events["piece"].nunique() == 17_632


def own(folder, rows=None, **options):
    """A log without times in the form of a comparison."""
    rng = np.random.default_rng(4)
    if rows is None:
        pairs = {(f"l{u}", "abc"[p]) for u, p in rng.integers(0, [12, 3], (60, 2))}
        rows = [(u, p, 2) for u, p in sorted(pairs)]
    columns = COUNTED if "kind" not in options else RATED
    path = write(folder, ".csv", rows)
    return chosen.of_log(imports.read_log(path, columns, **options), PIECES, FEATURES)


def test_a_log_without_times_is_not_split_in_time(tmp_path):
    data = own(tmp_path)
    assert not data.timed and not data.published
    with pytest.raises(ParameterError, match=r"your log has no times.* use split: random \(or "):
        divided.divide(data)


@pytest.mark.parametrize("split", [name for name in splits.SPLITS if name != "temporal"])
def test_all_other_splits_of_a_log_without_times_are_made(tmp_path, split):
    data = own(tmp_path)
    parts = divided.divide(data, split, {"history": 1} if split == "new_listeners" else {}, seed=2)
    assert parts.split == split
    keys = ["listener", "piece"]
    together = pd.concat([parts.early, parts.late, parts.test]).sort_values(keys)
    assert together[keys].to_numpy().tolist() == data.events[keys].to_numpy().tolist()
    assert not parts.audit["check"].str.contains("leaking").any()
    told = "without times no one can tell" if split == "random" else "unknown without times"
    assert told in parts.notes[-1]
    by_lot = any("drawn by lot" in note for note in parts.notes)
    assert by_lot == (split in ("leave_last", "new_listeners"))
    assert parts.by_lot and parts.caution.startswith("What was tested need not be later")


def test_without_times_the_last_pair_is_called_a_random_one(tmp_path):
    rows = [(f"l{u}", piece, 1) for u in range(4) for piece in "abcdef"]
    parts = divided.divide(own(tmp_path, rows), "leave_last", {"n": 2})
    assert parts.title == "split that leaves 2 random pairs per listener out"
    assert "without times nothing is last" in parts.told
    one = divided.divide(own(tmp_path), "leave_last")
    assert one.title == "split that leaves one random pair per listener out"


def test_ratings_and_counts_without_times_become_weights(tmp_path):
    data = own(tmp_path, STARS, kind="rating")
    assert data.weights(data.events).toarray().tolist() == [
        [pytest.approx(np.log2(3)), -0.001, 0], [0, pytest.approx(-np.log2(3)), 0],
    ]  # fmt: skip
    assert data.ratings(data.events).toarray().tolist() == [[5, 3, 0], [0, 1, 0]]
    data = own(tmp_path, [("u", "a", 7), ("v", "b", 1)])
    assert data.weights(data.events).toarray().tolist() == [[3.0, 0, 0], [0, 1.0, 0]]


EVENTS = pd.DataFrame(
    {"listener": [*"uuv"], "piece": [*"aba"], "kind": "play", "value": 1.0}
).assign(time=timed.no_times(pd.RangeIndex(3)))


def test_what_needs_times_says_what_to_do():
    with pytest.raises(ParameterError, match="half_life_days needs times, .* set it to None"):
        matrix.event_weights(EVENTS, half_life_days=30)
    assert matrix.event_weights(EVENTS).tolist() == [1, 1, 1]
    with pytest.raises(ParameterError, match="use split: random"):
        splits.temporal(EVENTS)
    with pytest.raises(ParameterError, match="drift needs times"):
        drift.test(EVENTS, FEATURES, PIECES)
    tastes = pd.DataFrame({"listener": ["u"], "axis": ["style:jig"], "weight": [1.0]})
    with pytest.raises(ParameterError, match="loop needs times"):
        feedback.run("random", EVENTS, PIECES, FEATURES, tastes)
    with pytest.raises(TableError, match="time"):  # what a run keeps has times
        tables.validate("events", EVENTS)


def test_the_last_of_a_table_without_times_is_held_out():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        train, test = splits.leave_last(EVENTS)
    assert test["piece"].tolist() == ["b"] and len(train) == 2
    with pytest.warns(splits.LeakageWarning, match="no one can tell"):
        splits.at_random(EVENTS, 0.4)


def test_a_run_takes_no_log_without_times_and_says_where_to_name_them(tmp_path):
    path = write(tmp_path, ".csv", [(*COUNTS[0], "2026-01-01")], ("who", "what", "n", "when"))
    with pytest.raises(ParameterError, match="'who', 'what', 'n', 'when'.*notebook 07.*random"):
        source.gather(path, COUNTED, PIECES, FEATURES)
    found = source.gather(path, {**COUNTED, "time": "when"}, PIECES, FEATURES)
    assert len(found.events) == 1


@pytest.mark.parametrize("suffix", [".csv", ".tsv", ".jsonl", ".parquet"])
@pytest.mark.parametrize("spelt", [False, True])
def test_play_counts_without_times_are_aggregated(tmp_path, monkeypatch, suffix, spelt):
    monkeypatch.setenv("RICERCAR_HOME", str(tmp_path))
    rows = [*COUNTS, ("u", "a", 5)]
    bad = [("u", "c", -1), ("u", "c", 0)]
    if spelt:  # counts as text, among them an empty one and one that is none
        bad += [("v", "c", "many"), ("v", "c", "1.5")]
        rows = [(u, p, str(n)) for u, p, n in [*rows, ("v", "c", ""), *bad]]
    else:
        rows += bad
    found = aggregate.counts(write(tmp_path, suffix, rows), COUNTED, threads=2)
    expected = [[17.0, 1.0], [0.0, 3.0]]
    if spelt:
        expected = [[17.0, 1.0, 0.0], [0.0, 3.0, 1.0]]
    assert found.interactions.matrix.toarray().tolist() == expected
    assert found.rows == len(rows)
    refused = found.refused.set_index("reason")["rows"].to_dict()
    told = {"count is a negative count": 1, "count is a count of no plays": 1}
    if spelt:
        told |= {"count is not a number": 1, "count is not a whole number": 1}
    assert refused == told


@pytest.mark.parametrize("suffix", [".csv", ".parquet"])
def test_counts_of_a_large_log_are_those_of_its_rows(tmp_path, monkeypatch, suffix):
    monkeypatch.setenv("RICERCAR_HOME", str(tmp_path))
    rng = np.random.default_rng(8)
    log = pd.DataFrame(
        {
            "who": [f"u{k}" for k in rng.integers(0, 40, 4000)],
            "what": [f"p{k}" for k in rng.integers(0, 90, 4000)],
            "n": rng.integers(1, 10**9, 4000),
        }
    )
    path = write(tmp_path, suffix, log.to_numpy().tolist())
    found = aggregate.counts(path, COUNTED)
    whole = log.pivot_table(index="who", columns="what", values="n", aggfunc="sum", fill_value=0)
    assert np.array_equal(found.interactions.matrix.toarray(), whole.to_numpy())
    rows = aggregate.counts(path, {"listener": "who", "piece": "what"})
    assert rows.interactions.matrix.sum() == 4000


def test_aggregation_says_what_needs_times(tmp_path, monkeypatch):
    monkeypatch.setenv("RICERCAR_HOME", str(tmp_path))
    path = write(tmp_path, ".csv", COUNTS)
    with pytest.raises(ParameterError, match="set it to None if the log has no times"):
        aggregate.counts(path, COUNTED, half_life_days=9)
    with pytest.raises(ReadError, match="0 columns 'when' for time.*name the right one"):
        aggregate.counts(path, {**COUNTED, "time": "when"})
    with pytest.raises(ParameterError, match="one play each"):
        aggregate.counts(path, {**COUNTED, "time": "when"}, half_life_days=9)


def test_hetrec_aggregated_as_ones_own_log(shared, tmp_path, monkeypatch):
    monkeypatch.setenv("RICERCAR_HOME", str(tmp_path))
    source_file = shared("hetrec-lastfm") / "user_artists.dat"
    path = tmp_path / "plays.tsv"
    path.write_bytes(source_file.read_bytes())
    columns = {"listener": "userID", "piece": "artistID", "count": "weight"}
    found = aggregate.counts(path, columns).interactions
    events = imports.read_log(path, columns).events
    listed = matrix.interactions(events, listeners=found.listeners, pieces=found.pieces)
    assert (found.matrix != listed.matrix).nnz == 0 and found.matrix.nnz == 92_834
