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
    (("u", "a", "2199-03-01", "play", "1"), "time", "lies in the future"),
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
        [4, "has bytes that are not text in the file's encoding"],
        [5, "repeats an earlier row"],
    ]


def test_broken_json_lines(tmp_path):
    path = tmp_path / "log.jsonl"
    good = '{"listener": 7, "piece": "a", "time": 1740909600}'
    half = good.replace('"a"', '"\\ud800"')
    path.write_text(
        f'{good}\n{{"listener"\n[1]\n{{"listener": ["x"]}}\n{{}}\n{half}\n' + "[" * 100_000
    )
    log = imports.read_log(path)
    assert log.events["listener"].tolist() == ["7"]
    assert log.refused["row"].tolist() == [2, 3, 4, 5, 6, 7]


def test_an_unclosed_quotation_mark_costs_one_row(tmp_path):
    path = tmp_path / "log.csv"
    path.write_text('listener,piece,time\nu,"a,2025-03-01\nu,b,2025-03-01\nu,c,"2025-03-02"\n')
    log = imports.read_log(path)
    assert log.events["piece"].tolist() == ["b", "c"]
    assert log.refused[["row", "reason"]].to_numpy().tolist() == [
        [2, "has a quotation mark that is not closed"]
    ]


def test_a_quoted_field_may_go_over_lines(tmp_path):
    path = tmp_path / "log.csv"
    path.write_text(
        'listener,title,piece,time\nu,"two\n\nlines, ""so""",a,2025-03-01\nu,,b,2025-03-02\n'
        'u,"never\nclosed,c,2025-03-03\nu,,d,2025-03-04\n'
    )
    log = imports.read_log(path)
    assert log.events["piece"].tolist() == ["a", "b", "d"]
    assert log.refused["row"].tolist() == [6, 7]
    assert log.rows == 5


def test_without_a_quotation_mark_it_is_a_letter(tmp_path):
    path = tmp_path / "log.tsv"
    path.write_text('listener\tpiece\ttime\nu\t"Heroes" (live)\t2025-03-01\n')
    assert imports.read_log(path).refused["reason"].str.contains("inside a field").all()
    log = imports.read_log(path, quote="")
    assert log.events["piece"].tolist() == ['"Heroes" (live)']


ENCODED = "listener,piece,time\nu,Dvořák,2025-03-01\n"


@pytest.mark.parametrize(
    ("content", "encoding"),
    [
        (ENCODED.encode("utf-16"), None),
        (b"\xfe\xff" + ENCODED.encode("utf-16-be"), None),
        (ENCODED.encode("utf-32"), None),
        (ENCODED.encode("utf-8-sig"), None),
        (ENCODED.encode("utf-16-le"), "utf-16-le"),
        (ENCODED.encode("iso-8859-2"), "iso-8859-2"),
        (ENCODED.replace("\n", "\r\n").encode(), None),
        (ENCODED.replace("\n", "\r").encode(), None),
    ],
)
def test_encodings_and_line_ends(tmp_path, content, encoding):
    path = tmp_path / "log.csv"
    path.write_bytes(content)
    log = imports.read_log(path, encoding=encoding)
    assert log.events["piece"].tolist() == ["Dvořák"] and log.refused.empty


def test_wide_text_without_a_mark_is_told(tmp_path):
    path = tmp_path / "log.csv"
    path.write_bytes(ENCODED.encode("utf-16-le"))
    with pytest.raises(ReadError, match="name its encoding"):
        imports.read_log(path)


def test_counts_of_plays(tmp_path):
    path = tmp_path / "log.csv"
    path.write_text(
        "listener,piece,time,kind,value,plays\n"
        "u,a,2025-03-01,play,,12\nu,b,2025-03-02,play,0.5,3\nu,c,2025-03-03,play,,\n"
        "u,d,2025-03-04,play,,-2\nu,e,2025-03-05,play,,0\nu,f,2025-03-06,play,,1.5\n"
        "u,g,2025-03-07,rating,4,2\nu,h,2025-03-08,rating,4,1\nu,i,2025-03-09,play,,many\n"
        "u,j,2025-03-10,play,,1e12\nu,k,2025-03-11,hum,,2\n"
    )
    log = imports.read_log(path, {"count": "plays"})
    assert log.events.set_index("piece")["value"].to_dict() == {"a": 12, "b": 1.5, "c": 1, "h": 4}
    tables.validate("events", log.events)
    reasons = [
        "'-2' is a negative count",
        "'0' is a count of no plays",
        "'1.5' is not a whole number",
        "'2' is a count of something else than plays",
        "'many' is not a number",
        "'1e12' is a count above 1,000,000,000",
    ]
    assert log.refused["reason"].tolist()[:-1] == reasons
    assert log.refused["column"].tolist() == ["plays"] * 6 + ["kind"]
    assert imports.read_log(path).rows == 11  # a column that nobody named is not looked at


def test_the_report_counts_what_was_read(tmp_path):
    log = imports.read_log(write(tmp_path, ".csv", [*ROWS, *(row for row, _, _ in BAD)]))
    report = log.report().set_index("what")["found"]
    assert report[["rows", "accepted", "refused"]].tolist() == ["18", "5", "13"]
    by_reason = report[report.index.str.startswith("refused: ")].astype(int)
    assert by_reason.sum() == 13
    assert by_reason["refused: value is not a number"] == 2  # of two different values
    assert report["listeners"] == "2" and report["pieces"] == "3" and report["events: play"] == "2"
    assert report["first event"] == "2025-03-01 10:00 UTC"
    assert log.sentence().startswith("Of 18 rows 5 were taken and 13 refused (most often: ")
    assert log.sentence().endswith(
        "2 listeners and 3 pieces and goes from 2025-03-01 to 2025-03-02."
    )


def test_files_that_cannot_be_read_at_all(tmp_path):
    with pytest.raises(ReadError, match="no such file"):
        imports.read_log(tmp_path / "log.csv")
    with pytest.raises(ReadError, match=r"\.csv, \.tsv"):
        imports.read_log(tmp_path / "log.xlsx")
    with pytest.raises(ReadError, match="no column 'track' for piece"):
        imports.read_log(write(tmp_path, ".csv"), {"piece": "track"})
    with pytest.raises(ReadError, match="'time' for time 2 times"):
        imports.read_log(write(tmp_path, ".csv", [], ("listener", "piece", "time", "time")))
    (tmp_path / "log.parquet").write_bytes(b"PAR1 no")
    with pytest.raises(ReadError, match="Parquet"):
        imports.read_log(tmp_path / "log.parquet")
    nested = pd.DataFrame({"listener": ["u"], "piece": [["a"]], "time": ["2025-03-01"]})
    nested.to_parquet(tmp_path / "nested.parquet")
    with pytest.raises(ReadError, match="column 'piece' holds list"):
        imports.read_log(tmp_path / "nested.parquet")


@pytest.mark.parametrize(
    "wrong",
    [
        {"columns": {"track": "a"}},
        {"kind": "hum"},
        {"kinds": {"x": "hum"}},
        {"timezone": "Middle/Earth"},
        {"encoding": "runes"},
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
        assert log.rows == len(log.events) + len(log.refused)
        if "time" in log.columns:  # unless the header was hit
            tables.validate("events", log.events)
