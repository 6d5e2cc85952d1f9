"""Counting a log of any size: the same as pandas, whatever the format, threads and batches."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyarrow import parquet

from ricercar.errors import ParameterError, ReadError
from ricercar.listening import aggregate, imports, log_batches, pair_counts
from ricercar.listening.pair_counts import Names, PairCounts

START = pd.Timestamp("2026-01-01", tz="UTC")


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("RICERCAR_HOME", str(tmp_path))


@pytest.fixture(scope="module")
def log():
    rng = np.random.default_rng(3)
    n = 5000
    return pd.DataFrame(
        {
            "listener": [f"ü{k}" for k in rng.integers(0, 60, n)],
            "piece": [f"p, {k}" for k in rng.integers(0, 200, n) ** 2 // 200],
            "time": START + pd.to_timedelta(rng.integers(0, 90 * 86400, n), unit="s"),
            "heard": rng.integers(0, 101, n),
        }
    )


def write(log, folder, suffix):
    path = folder / f"log{suffix}"
    if suffix == ".parquet":
        log.to_parquet(path, row_group_size=700)
    elif suffix == ".jsonl":
        log.assign(time=log["time"].map(str)).to_json(path, orient="records", lines=True)
    else:
        log.to_csv(path, index=False, sep="\t" if suffix == ".tsv" else ",")
    return path


def counted(log):
    return log.groupby(["listener", "piece"]).size().unstack(fill_value=0).sort_index(axis=1)


def check(found, expected):
    matrix = found.interactions
    assert matrix.listeners.tolist() == expected.index.tolist()
    assert matrix.pieces.tolist() == expected.columns.tolist()
    assert np.array_equal(matrix.matrix.toarray(), expected.to_numpy())


@pytest.mark.parametrize("suffix", [".parquet", ".csv", ".tsv", ".jsonl"])
def test_every_format_counts_like_pandas(log, tmp_path, suffix):
    found = aggregate.counts(write(log, tmp_path, suffix))
    check(found, counted(log))
    assert found.rows == len(log) and found.refused.empty and found.left_out == 0


def test_several_files_and_what_is_below_the_least(log, tmp_path):
    log.iloc[:2000].to_parquet(tmp_path / "a.parquet")
    log.iloc[2000:].to_parquet(tmp_path / "b.parquet")
    paths = [tmp_path / "b.parquet", tmp_path / "a.parquet"]
    check(aggregate.counts(paths), counted(log))
    found = aggregate.counts(paths, least={"heard": 50})
    check(found, counted(log[log["heard"] >= 50]))
    assert found.left_out == (log["heard"] < 50).sum()


def test_rare_listeners_and_pieces_are_left_out(log, tmp_path):
    found = aggregate.counts(
        write(log, tmp_path, ".parquet"), least_per_listener=50, least_per_piece=30
    )
    whole = counted(log)
    met = whole > 0
    check(found, whole.loc[met.sum(axis=1) >= 50, met.sum(axis=0) >= 30])
    assert 0 < len(found.interactions.pieces) < whole.shape[1]


@pytest.mark.parametrize("suffix", [".parquet", ".csv"])
def test_old_rows_count_less(log, tmp_path, suffix):
    path = write(log, tmp_path, suffix)
    found = aggregate.counts(path, {"time": "time"}, half_life_days=20)
    age = (log["time"].max() - log["time"]).dt.total_seconds() / 86400
    expected = log.assign(weight=0.5 ** (age / 20)).pivot_table(
        index="listener", columns="piece", values="weight", aggfunc="sum", fill_value=0
    )
    assert np.allclose(found.interactions.matrix.toarray(), expected, rtol=0, atol=1e-10)
    early = aggregate.counts(
        path, {"time": "time"}, half_life_days=20, now=START + pd.Timedelta(days=45)
    )
    assert early.refused["reason"].tolist() == ["time is later than now"]
    assert early.refused["rows"].sum() == (log["time"] > START + pd.Timedelta(days=45)).sum()
    assert early.rows == len(log)


def test_the_same_bits_with_any_threads_batches_and_order(log, tmp_path):
    shuffled = log.sample(frac=1, random_state=1)
    made = []
    for name, rows, size, threads in [("a", log, 5000, 1), ("b", shuffled, 300, 3)]:
        path = tmp_path / f"{name}.parquet"
        rows.to_parquet(path, row_group_size=size)
        options = {"half_life_days": 7.0, "threads": threads, "memory_limit": "150MB"}
        made.append(aggregate.counts(path, {"time": "time"}, **options).interactions.matrix)
    for part in ("data", "indices", "indptr"):
        assert getattr(made[0], part).tobytes() == getattr(made[1], part).tobytes()


HOSTILE = (
    b"listener,piece,time\nk,a,2026-01-01\n k ,a,2026-01-01\n,a,2026-01-01\nk,,2026-01-01\n"
    b'k,"a",2026-01-02\nk,"a,2026-01-02\nk,b,yesterday\nk,a\nk,a,2026-01-01,x\n\n'
    b"k,\xff,2026-01-01\nk,a\x07,2026-01-01\nk,b,1740909600\nk,b,12\nl," + b"x" * 300 + b",1\n"
    b'k,a"b"c"d,2026-01-01\nk,"a"b,2026-01-01\nl,b,2026-01-03\n'
)


def test_every_row_of_a_bad_file_is_counted(tmp_path):
    path = tmp_path / "log.csv"
    path.write_bytes(HOSTILE)
    found = aggregate.counts(path, {"time": "time"})
    assert found.rows == HOSTILE.count(b"\n") - 2  # the header and an empty line
    assert found.interactions.matrix.sum() + found.refused["rows"].sum() == found.rows
    assert found.interactions.matrix.toarray().tolist() == [[3, 1, 1], [0, 0, 1]]
    reasons = found.refused.set_index("reason")["rows"].to_dict()
    assert reasons["has another number of fields than the header"] == 2
    assert reasons["has quotation marks that are not in order"] == 2
    assert reasons["listener is empty"] == reasons["piece is empty"] == 1
    assert reasons["piece has a control character"] == 1
    assert reasons["piece is longer than 200 characters"] == 1
    assert reasons["time is empty, no time, or not of 1990 to 2099"] == 2
    assert reasons["has bytes that are not UTF-8"] == 1
    # what is refused here is refused by the reader that lists each row, and the other way round
    read = imports.read_log(path)
    repeats = (read.refused["fault"] == "repeats an earlier row").sum()
    assert len(read.events) + repeats == found.interactions.matrix.sum()


def test_bad_rows_of_parquet_and_json(tmp_path):
    table = pa.table(
        {
            "listener": pa.array(["k", None, " ", "k", "l"]),
            "piece": pa.array([3, 3, 3, None, 20]),
        }
    )
    parquet.write_table(table, tmp_path / "log.parquet")
    found = aggregate.counts(tmp_path / "log.parquet")
    assert found.interactions.pieces.tolist() == ["3", "20"]  # numbers, in their order
    assert found.refused.to_numpy().tolist() == [["listener is empty", 2], ["piece is empty", 1]]
    lines = ['{"listener": "k", "m": {"x": 7}}', "{", "[1]", "", '{"listener": "k"}']
    (tmp_path / "log.jsonl").write_text("\n".join(lines) + "\n")
    found = aggregate.counts(tmp_path / "log.jsonl", {"piece": "m.x"})
    assert found.interactions.matrix.toarray().tolist() == [[1]]
    assert found.rows == 4
    assert found.refused.to_numpy().tolist() == [
        ["is not JSON", 1],
        ["listener is empty", 1],
        ["piece is empty", 1],
    ]


def test_a_large_group_of_rows_is_read_in_batches(log, tmp_path, monkeypatch):
    monkeypatch.setattr(log_batches, "BATCH", 100)
    path = tmp_path / "log.parquet"
    log.to_parquet(path)
    check(aggregate.counts(path), counted(log))


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"columns": {"track": "piece"}}, "columns names 'track'"),
        ({"memory_limit": "lots"}, "must be a size"),
        ({"memory_limit": "1MB"}, "at least 128MB"),
        ({"threads": 0}, "at least 1"),
        ({"half_life_days": 0.0, "columns": {"time": "time"}}, "must be positive"),
        ({"half_life_days": 3.0}, "needs the column for time"),
    ],
)
def test_wrong_parameters_are_refused(log, tmp_path, wrong, message):
    with pytest.raises(ParameterError, match=message):
        aggregate.counts(write(log, tmp_path, ".parquet"), **wrong)


def test_files_that_cannot_be_read(log, tmp_path):
    path = write(log, tmp_path, ".parquet")
    with pytest.raises(ReadError, match="no such file"):
        aggregate.counts(tmp_path / "none.csv")
    with pytest.raises(ReadError, match="one kind of file"):
        aggregate.counts([path, write(log, tmp_path, ".csv")])
    with pytest.raises(ReadError, match="0 columns 'track' for piece"):
        aggregate.counts(path, {"piece": "track"})
    (tmp_path / "no.parquet").write_bytes(b"PAR1")
    with pytest.raises(ReadError, match="Parquet"):
        aggregate.counts(tmp_path / "no.parquet")
    (tmp_path / "empty.csv").write_text("listener,piece\n,\n")
    with pytest.raises(ReadError, match="of 1 rows none is left"):
        aggregate.counts(tmp_path / "empty.csv")
    (tmp_path / "it's.csv").write_text("listener,piece\nk,a\n")
    assert aggregate.counts(tmp_path / "it's.csv").rows == 1


def dictionaries(*parts):
    """A column as Parquet gives it: a dictionary for each group of rows."""
    return pa.chunked_array([pa.array(part, pa.string()).dictionary_encode() for part in parts])


def test_names_keep_their_codes_in_every_dictionary():
    names = Names()
    found = names.codes(dictionaries(["b", "a", "b"], ["c", None, "a"]))
    assert found.tolist() == [0, 1, 0, 2, -1, 1]
    # written otherwise, known or new, in one dictionary and in another
    assert names.codes(dictionaries([" a", "d"], ["d ", "d", " "], [])).tolist() == [1, 3, 3, 3, -1]
    assert names.codes(dictionaries(["x" * 201, "a"], ["\x07"], [None])).tolist() == [-2, 1, -3, -1]
    entry = pa.DictionaryArray.from_arrays(pa.array([1, 0, None]), pa.array([None, "c"]))
    assert names.codes(pa.chunked_array([entry])).tolist() == [2, -1, -1]
    many = [f"{k}" for k in range(256)]
    entry = pa.DictionaryArray.from_arrays(pa.array([255, None], pa.uint8()), pa.array(many))
    assert Names().codes(pa.chunked_array([entry])).tolist() == [255, -1]
    assert names.codes(pa.chunked_array([], pa.string())).tolist() == []
    assert names.known.to_pylist() == ["b", "a", "c", "d"]


def test_threads_give_each_name_one_code():
    rng = np.random.default_rng(0)
    columns = [
        dictionaries(*([f"{' ' * (k % 2)}{k}" for k in rng.integers(0, 3000, 500)],) * 2)
        for _ in range(40)
    ]
    names = Names()
    with ThreadPoolExecutor(4) as pool:
        codes = list(pool.map(names.codes, columns))
    assert names.known.unique().equals(names.known)
    for column, found in zip(columns, codes, strict=True):
        told = [name.strip() for name in column.to_pylist()]
        assert names.known.take(pa.array(found)).to_pylist() == told


def test_pairs_that_do_not_fit_are_told():
    pairs = PairCounts(limit=4000)
    pairs.add(np.arange(101))
    with pytest.raises(ParameterError, match="101 different pairs .* raise memory_limit"):
        pairs.result()


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.lists(st.integers(0, 30), max_size=40), max_size=6),
    st.integers(1, 4),
    st.booleans(),
    st.integers(3000, 20000),
    st.sampled_from([1, 7, 65_536]),
)
def test_pairs_are_counted_as_a_counter_does(parts, threads, weighted, limit, in_range):
    pairs, expected = PairCounts(limit, threads), Counter()
    for part in parts:
        weights = np.array(part, np.int64) + 1 if weighted else None
        pairs.add(np.sort(np.array(part, np.int64)), None if weights is None else np.sort(weights))
        for value in part:
            expected[value] += value + 1 if weighted else 1
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pair_counts, "IN_RANGE", in_range)
        found, sums = pairs.result()
    assert found.tolist() == sorted(expected)
    assert dict(zip(found.tolist(), sums.tolist(), strict=True)) == expected
