"""Own logs: every row is either an event or a refusal with its reason."""

import json

import pandas as pd
import pytest

from ricercar import tables
from ricercar.errors import ParameterError, ReadError, RicercarError
from ricercar.listening import imports

ROWS = [
    ("u1", "a", "2025-03-01T10:00:00Z", "play", "0.5"),
    ("u1", "b", "2025-03-01T12:00:00+02:00", "rating", "4"),
    ("u2", "a", "2025-03-02 09:30:00", "skip", ""),
    ("u2", "c", "1740909600", "favourite", ""),
    ("u2", "c", "1740909600000", "play", "1"),
]


def write(folder, suffix, rows=ROWS, names=imports.FIELDS):
    path = folder / f"log{suffix}"
    if suffix == ".parquet":
        pd.DataFrame(rows, columns=list(names)).to_parquet(path)
    elif suffix in (".jsonl", ".ndjson"):
        lines = (json.dumps(dict(zip(names, row, strict=True))) for row in rows)
        path.write_text("\n".join(lines))
    else:
        mark = "\t" if suffix == ".tsv" else ","
        path.write_text("\n".join(mark.join(row) for row in [names, *rows]) + "\n")
    return path


@pytest.mark.parametrize("suffix", imports.SUFFIXES)
def test_every_format_gives_the_same_events(tmp_path, suffix):
    log = imports.read_log(write(tmp_path, suffix))
    assert log.refused.empty
    tables.validate("events", log.events)
    assert log.events["time"].dt.strftime("%d %H:%M").tolist() == [
        "01 10:00",
        "01 10:00",
        "02 09:30",
        "02 10:00",
        "02 10:00",
    ]
    assert log.events["kind"].tolist() == ["play", "rating", "skip", "favourite", "play"]
    assert log.events["value"].tolist() == [0.5, 4, 0, 1, 1]


def test_columns_kinds_and_scales_are_mapped(tmp_path):
    names = ("who", "what", "when", "did", "stars")
    rows = [
        ("u", "a", "03/04/2025 10:00", "Love", ""),
        ("u", "b", "03/04/2025 11:00", "RATED", "9"),
    ]
    path = write(tmp_path, ".csv", rows, names)
    log = imports.read_log(
        path,
        dict(zip(imports.FIELDS, names, strict=True)),
        kinds={"love": "favourite", "rated": "rating"},
        scale={"rating": 0.5},
        time_format="%d/%m/%Y %H:%M",
        timezone="Europe/Rome",
    )
    assert log.refused.empty
    assert log.events["kind"].tolist() == ["favourite", "rating"]
    assert log.events["value"].tolist() == [1, 4.5]
    assert log.events["time"].iloc[0] == pd.Timestamp("2025-04-03 08:00", tz="UTC")


BAD = [
    (("", "a", "2025-03-01", "play", "1"), "listener", "is empty"),
    (("u", "a\x07", "2025-03-01", "play", "1"), "piece", "control character"),
    (("u", "a" * 300, "2025-03-01", "play", "1"), "piece", "longer than"),
    (("u", "a", "yesterday", "play", "1"), "time", "is not a time"),
    (("u", "a", "", "play", "1"), "time", "is empty"),
    (("u", "a", "12", "play", "1"), "time", "before 1990"),
    (("u", "a", "2199-03-01", "play", "1"), "time", "after 2099"),
    (("u", "a", "2025-03-01", "hum", "1"), "kind", "'hum' is not a kind"),
    (("u", "a", "2025-03-01", "play", "1.5"), "value", "out of range"),
    (("u", "a", "2025-03-01", "rating", "0"), "value", "out of range"),
    (("u", "a", "2025-03-01", "rating", ""), "value", "is empty"),
    (("u", "a", "2025-03-01", "rating", "many"), "value", "is not a number"),
    (("u", "a", "2025-03-01", "rating", "nan"), "value", "is not a number"),
]


@pytest.mark.parametrize("suffix", [".csv", ".jsonl", ".parquet"])
def test_refused_rows_are_told_with_row_column_and_reason(tmp_path, suffix):
    good = ("u", "a", "2025-03-01", "play", "1")
    path = write(tmp_path, suffix, [good, *(row for row, _, _ in BAD)])
    log = imports.read_log(path)
    assert len(log.events) == 1
    assert log.refused["file"].unique().tolist() == [str(path)]
    first = 3 if suffix == ".csv" else 2
    assert log.refused["row"].tolist() == list(range(first, first + len(BAD)))
    assert log.refused["column"].tolist() == [column for _, column, _ in BAD]
    for reason, (_, _, expected) in zip(log.refused["reason"], BAD, strict=True):
        assert expected in reason


def test_broken_rows_are_told_too(tmp_path):
    path = tmp_path / "log.csv"
    path.write_bytes(
        b"\xef\xbb\xbflistener,piece,time\nu,a,2025-03-01\nu,a\nu,\xff,2025-03-01\n"
        b"u,a,2025-03-01\n\nu,<script>{},2025-03-01\n"
    )
    log = imports.read_log(path)
    assert log.events["piece"].tolist() == ["<script>{}", "a"]
    assert log.refused[["row", "reason"]].to_numpy().tolist() == [
        [3, "has 2 fields, the header 3"],
        [4, "is not UTF-8"],
        [5, "repeats an earlier row"],
    ]


def test_broken_json_lines(tmp_path):
    path = tmp_path / "log.jsonl"
    good = '{"listener": 7, "piece": "a", "time": 1740909600}'
    path.write_text(f'{good}\n{{"listener"\n[1]\n{{"listener": ["x"]}}\n{{}}\n' + "[" * 100_000)
    log = imports.read_log(path)
    assert log.events["listener"].tolist() == ["7"]
    assert log.refused["row"].tolist() == [2, 3, 4, 5, 6]


def test_an_unclosed_quotation_mark_hides_nothing(tmp_path):
    path = tmp_path / "log.csv"
    path.write_text('listener,piece,time\nu,"a,2025-03-01\nu,b,2025-03-01\n')
    log = imports.read_log(path)
    assert log.events.empty
    assert "up to line 3" in log.refused["reason"].iloc[0]


def test_files_that_cannot_be_read_at_all(tmp_path):
    with pytest.raises(ReadError, match="no such file"):
        imports.read_log(tmp_path / "log.csv")
    with pytest.raises(ReadError, match=r"\.csv, \.tsv"):
        imports.read_log(tmp_path / "log.xlsx")
    with pytest.raises(ReadError, match="no column 'track' for piece"):
        imports.read_log(write(tmp_path, ".csv"), {"piece": "track"})
    (tmp_path / "log.parquet").write_bytes(b"PAR1 no")
    with pytest.raises(ReadError, match="Parquet"):
        imports.read_log(tmp_path / "log.parquet")


@pytest.mark.parametrize(
    "wrong",
    [
        {"columns": {"track": "a"}},
        {"kind": "hum"},
        {"kinds": {"x": "hum"}},
        {"timezone": "Middle/Earth"},
    ],
)
def test_wrong_parameters_are_refused(tmp_path, wrong):
    with pytest.raises(ParameterError):
        imports.read_log(write(tmp_path, ".csv"), **wrong)


def test_an_empty_log_gives_empty_tables(tmp_path):
    log = imports.read_log(write(tmp_path, ".csv", []))
    assert log.events.empty and log.refused.empty
    tables.validate("events", log.events)


def test_damaged_files_never_crash_and_lose_no_line(tmp_path):
    import random

    rng = random.Random(5)
    whole = write(tmp_path, ".csv", ROWS * 3).read_bytes()
    path = tmp_path / "damaged.csv"
    for _ in range(25):
        content = bytearray(whole)
        for _ in range(rng.randint(1, 6)):
            content[rng.randrange(len(content))] = rng.choice(b'\x00\xff",\n\r9ez')
        path.write_bytes(bytes(content))
        try:
            log = imports.read_log(path)
        except RicercarError:
            continue
        tables.validate("events", log.events)
