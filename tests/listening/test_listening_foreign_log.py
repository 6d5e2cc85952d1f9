"""Logs as spreadsheets in other countries write them: delimiters, encodings, dates, clocks."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ricercar.errors import ParameterError, ReadError
from ricercar.listening import aggregate, imports, log_times, source
from ricercar.listening.log_report import gap_before_the_last

GERMAN = {"listener": "Hörer", "piece": "Stück", "time": "Zeitpunkt"}
OPTIONS = {"time_format": "%d.%m.%Y %H:%M", "timezone": "Europe/Berlin", "now": "2026-06-01"}


def german(folder, *rows, encoding="utf-8", delimiter=";", suffix=".csv"):
    """A log with German column names, a row for each time."""
    path = folder / f"log{suffix}"
    lines = [("Hörer", "Stück", "Zeitpunkt"), *((f"u{n}", "a", row) for n, row in enumerate(rows))]
    text = "\n".join(delimiter.join(line) for line in lines) + "\n"
    path.write_bytes(text.encode(encoding))
    return path


@pytest.mark.parametrize("suffix", [".csv", ".tsv"])
@pytest.mark.parametrize("delimiter", [";", "\t", ",", "|"])
def test_the_header_shows_what_stands_between_fields(tmp_path, suffix, delimiter):
    path = german(tmp_path, "24.12.2025 18:30", delimiter=delimiter, suffix=suffix)
    log = imports.read_log(path, GERMAN, **OPTIONS)
    assert log.events["time"].tolist() == [pd.Timestamp("2025-12-24 17:30", tz="UTC")]
    assert log.columns == tuple(GERMAN.values())
    usual = delimiter == {".csv": ",", ".tsv": "\t"}[suffix]
    assert (f"separated by {delimiter!r}" in log.sentence()) is not usual
    named = imports.read_log(path, GERMAN, **OPTIONS, delimiter=delimiter)
    assert named.events.equals(log.events) and not named.remarks
    assert aggregate.counts(path, {"listener": "Hörer", "piece": "Stück"}).rows == 1


def test_a_delimiter_is_looked_for_only_where_the_usual_one_fails(tmp_path):
    path = tmp_path / "log.csv"
    path.write_text("listener,piece;opus,time,a;b;c\nu,x,2026-01-01,1\n")
    with pytest.raises(ReadError, match="no column 'piece' for piece; it has 'listener', 'piece;"):
        imports.read_log(path)
    with pytest.raises(ReadError, match="it has 'listener;piece,opus;time'"):
        path.write_text("listener;piece,opus;time\n")
        imports.read_log(path, delimiter="/")


def test_a_header_without_the_columns_is_told_as_it_is_split(tmp_path):
    with pytest.raises(ReadError, match="no column 'listener' .* it has 'Hörer', 'Stück', 'Zeit"):
        imports.read_log(german(tmp_path))
    with pytest.raises(ReadError, match=r'it has \'Hörer/Stück/Zeitpunkt\'.*delimiter: "/"'):
        imports.read_log(german(tmp_path, delimiter="/"), GERMAN)


@pytest.mark.parametrize("encoding", ["cp1252", "cp850", "mac-roman"])
def test_an_encoding_is_proposed_with_which_the_header_has_the_columns(tmp_path, encoding):
    path = german(tmp_path, "24.12.2025 18:30", encoding=encoding)
    with pytest.raises(ReadError, match=f"not UTF-8: .* encoding: {encoding} "):
        imports.read_log(path, GERMAN, **OPTIONS)
    assert len(imports.read_log(path, GERMAN, **OPTIONS, encoding=encoding).events) == 1


def test_rows_that_are_not_utf_8_are_counted_with_a_proposal(tmp_path):
    path = tmp_path / "log.csv"
    path.write_bytes("listener,piece,time\nÄnne,a,2026-01-01\nu,a,2026-01-01\n".encode("cp1252"))
    log = imports.read_log(path)
    assert len(log.events) + len(log.refused) == log.rows == 2
    assert "not UTF-8: 1." in log.sentence() and "encoding: cp1252" in log.sentence()
    remarks = log.report().set_index("what").loc[["remark"], "found"]
    assert remarks.str.contains("cp1252").all()
    assert not imports.read_log(path, encoding="cp1252").remarks
    assert "cp1252" not in imports.read_log(path, encoding="ascii").sentence()


def test_hours_of_clock_changes(tmp_path):
    rows = ["26.10.2025 02:06", "26.10.2025 01:59", "26.10.2025 03:00", "30.03.2025 02:57"]
    log = imports.read_log(german(tmp_path, *rows), GERMAN, **OPTIONS)
    heard = log.events.set_index("listener")["time"]
    assert heard["u0"] == pd.Timestamp("2025-10-26 00:06", tz="UTC")  # still summer, UTC+2
    assert heard["u1"] == pd.Timestamp("2025-10-25 23:59", tz="UTC")
    assert heard["u2"] == pd.Timestamp("2025-10-26 02:00", tz="UTC")
    assert log.twice == 1
    assert log.refused["reason"].tolist() == [
        "'30.03.2025 02:57' does not exist in Europe/Berlin: the clocks go forward"
    ]
    report = log.report().set_index("what")["found"]
    assert report["events in an hour that came twice, taken as the first"] == "1"
    assert (
        report["refused: Zeitpunkt does not exist in Europe/Berlin: the clocks go forward"] == "1"
    )
    assert len(log.events) + len(log.refused) == log.rows == 4


def test_an_hour_that_came_twice_is_counted_of_events_only(tmp_path):
    path = tmp_path / "log.csv"
    row = "u,a,2025-10-26 02:06\n"
    path.write_text("listener,piece,time\n" + row + row + ",a,2025-10-26 02:06\n")
    log = imports.read_log(path, timezone="Europe/Berlin")
    assert (len(log.events), len(log.refused), log.twice) == (1, 2, 1)


ZONES = [
    "Europe/Berlin",
    "America/New_York",
    "Europe/Dublin",
    "Australia/Lord_Howe",
    "Asia/Kolkata",
]


@settings(max_examples=150, deadline=None)
@given(
    st.datetimes(datetime(1995, 1, 1), datetime(2030, 1, 1)).map(lambda t: t.replace(fold=0)),
    st.sampled_from(ZONES),
)
def test_times_are_those_of_the_standard_library(moment, zone):
    agrees_with_zoneinfo(moment, zone)


@pytest.mark.parametrize("zone", ZONES)
def test_times_around_clock_changes_are_those_of_the_standard_library(zone):
    for change in (
        datetime(2025, 3, 9),
        datetime(2025, 3, 30),
        datetime(2025, 4, 6),
        datetime(2025, 10, 5),
        datetime(2025, 10, 26),
        datetime(2025, 11, 2),
    ):
        for minutes in range(0, 240, 15):
            agrees_with_zoneinfo(change + timedelta(minutes=minutes), zone)


def agrees_with_zoneinfo(moment, zone):
    """By PEP 495: the first of two has fold 0; what does not exist is changed by a round trip."""
    known = ZoneInfo(zone)
    first, second = (
        moment.replace(tzinfo=known, fold=fold).astimezone(ZoneInfo("UTC")) for fold in (0, 1)
    )
    exists = first.astimezone(known).replace(tzinfo=None, fold=0) == moment
    time, faults, twice = log_times.times(pd.Series([moment.isoformat()]), None, zone)
    assert (faults.code[0] == 0) == exists
    assert twice[0] == (exists and first != second)
    if exists:
        assert time[0] == first


def test_times_in_the_future_are_refused(tmp_path):
    rows = ["24.12.2099 18:30", "02.06.2026 01:59", "02.06.2026 02:01", "01.06.2026 12:00"]
    log = imports.read_log(german(tmp_path, *rows), GERMAN, **OPTIONS)
    # a day after midnight in UTC of 1 June is 2 in the morning of 2 June in Berlin
    assert log.events["listener"].tolist() == ["u3", "u1"]
    assert log.refused["reason"].tolist() == [
        "'24.12.2099 18:30' lies in the future",
        "'02.06.2026 02:01' lies in the future",
    ]
    assert len(log.events) + len(log.refused) == log.rows == 4


def test_the_present_is_that_of_the_clock_unless_it_is_told(tmp_path):
    now = datetime.now()
    rows = [f"{now + timedelta(days=days):%d.%m.%Y %H:%M}" for days in (-2, 3)]
    path = german(tmp_path, *rows)
    options = {"time_format": OPTIONS["time_format"]}
    assert imports.read_log(path, GERMAN, **options).events["listener"].tolist() == ["u0"]
    later = pd.Timestamp(now + timedelta(days=9), tz="Europe/Berlin")
    assert len(imports.read_log(path, GERMAN, **options, now=later).events) == 2
    with pytest.raises(ParameterError, match="now 'soon' is not a time"):
        imports.read_log(path, GERMAN, **options, now="soon")


def test_the_age_of_a_large_log_is_not_counted_from_the_future(tmp_path):
    path = tmp_path / "log.csv"
    path.write_text("listener,piece,time\nu,a,2025-01-01\nu,b,2025-01-11\nu,c,2099-01-01\n")
    found = aggregate.counts(path, {"time": "time"}, half_life_days=10)
    assert found.interactions.matrix.toarray().tolist() == [[0.5, 1.0]]
    assert found.refused.to_numpy().tolist() == [["time is later than now", 1]]


@pytest.mark.parametrize(
    ("early", "late", "told"),
    [
        (["2020-05-01"] * 30, ["2024-05-01", "2024-05-02"], "The last 2 events, from 2024-05-01"),
        (["2020-05-01"] * 30, ["2021-05-01"], ""),  # a year is a pause
        (["2020-05-01"] * 9, ["2024-05-01"], ""),  # a tenth is not few
        ([], [], ""),
    ],
)
def test_a_gap_of_years_before_the_last_events_is_told(tmp_path, early, late, told):
    time = pd.Series(pd.to_datetime([*late, *early], utc=True))
    assert gap_before_the_last(time).startswith(told)
    assert bool(gap_before_the_last(time)) == bool(told)
    path = tmp_path / "log.csv"
    rows = [f"u{n},a,{day}\n" for n, day in enumerate([*early, *late])]
    path.write_text("listener,piece,time\n" + "".join(rows))
    log = imports.read_log(path)
    assert log.rows == len(log.events)
    assert ("years after" in log.sentence()) == bool(told)
    assert log.report()["found"].str.contains("years after").any() == bool(told)


def test_where_no_row_has_a_time_the_format_is_told(tmp_path):
    path = german(tmp_path, "24.12.2025 18:30", "25.12.2025 08:00")
    log = imports.read_log(path, GERMAN)
    assert log.events.empty and len(log.refused) == log.rows == 2
    assert "'24.12.2025 18:30' is not ISO 8601" in log.sentence()
    assert "Write time_format: '%d.%m.%Y %H:%M' (" in log.sentence()
    log = imports.read_log(path, GERMAN, time_format="%d.%m.%y")
    assert "is not of the format in use, '%d.%m.%y'" in log.sentence()
    odd = imports.read_log(german(tmp_path, "at noon"), GERMAN)
    assert "as for strptime" in odd.sentence()
    some = imports.read_log(german(tmp_path, "24.12.2025 18:30", "2025-12-25"), GERMAN)
    assert "No time could be read" not in some.sentence()
    pieces = pd.DataFrame({"piece": ["a"], "style": ["reel"], "quarters": 64.0})
    table = pd.DataFrame({"piece": ["a"], "melody.pitch_range": [7.0]})
    with pytest.raises(ReadError, match="no event that can be used.*Write time_format: '%d"):
        source.gather(german(tmp_path, "24.12.2025 18:30"), GERMAN, pieces, table)


def test_a_log_of_other_pieces_is_sent_to_notebook_07(tmp_path):
    pieces = pd.DataFrame({"piece": ["b"], "style": ["reel"], "quarters": 64.0})
    table = pd.DataFrame({"piece": ["b"], "melody.pitch_range": [7.0]})
    path = german(tmp_path, "24.12.2025 18:30")
    with pytest.raises(ReadError, match="Notebook 07 compares recommenders on a log of any pieces"):
        source.gather(path, GERMAN, pieces, table, reading=OPTIONS)
