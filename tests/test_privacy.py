"""Privacy: pseudonyms, coarse times, classes, uniqueness; worked out by hand."""

import hashlib
import hmac

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ricercar import privacy, tables
from ricercar.errors import ParameterError

KEY = bytes(range(32))


def log(*rows):
    frame = pd.DataFrame(rows, columns=["listener", "piece", "time"])
    return frame.assign(time=pd.to_datetime(frame["time"], utc=True))


def test_pseudonyms_are_the_keyed_hash_of_purpose_and_id():
    digest = hmac.new(KEY, b"listener\0anna", hashlib.sha256).hexdigest()
    assert privacy.pseudonyms(pd.Series(["anna"]), KEY).tolist() == [f"L-{digest[:20]}"]


@settings(max_examples=30, deadline=None)
@given(st.lists(st.text(alphabet="abß \0", max_size=4), min_size=1, max_size=20))
def test_pseudonyms_tell_ids_apart_and_depend_on_key_and_purpose(ids):
    names = pd.Series(ids, dtype="str")
    new = privacy.pseudonyms(names, KEY)
    assert new.nunique() == names.nunique()
    assert not set(new) & set(privacy.pseudonyms(names, bytes(32)))
    assert not set(new) & set(privacy.pseudonyms(names, KEY, purpose="export"))


def test_pseudonyms_keep_the_index_and_missing_ids_and_refuse_a_short_key():
    new = privacy.pseudonyms(pd.Series(["a", None], index=[7, 3]), KEY)
    assert new.index.tolist() == [7, 3] and new.isna().tolist() == [False, True]
    with pytest.raises(ParameterError, match="16"):
        privacy.pseudonyms(pd.Series(["a"]), b"short")


@pytest.mark.parametrize(
    ("unit", "start"),
    [
        ("exact", "2025-11-20 17:45:10"),
        ("hour", "2025-11-20 17:00"),
        ("day", "2025-11-20"),
        ("week", "2025-11-17"),
        ("month", "2025-11-01"),
        ("quarter", "2025-10-01"),
    ],
)
def test_times_are_rounded_down_to_their_unit(unit, start):
    times = pd.Series(pd.to_datetime(["2025-11-20 17:45:10"], utc=True))
    coarse = privacy.coarsen(times, unit)
    assert coarse.iloc[0] == pd.Timestamp(start, tz="UTC")
    assert coarse.dtype == times.dtype


def test_an_unknown_unit_is_refused_with_the_list_and_missing_times_stay_missing():
    times = pd.Series(pd.to_datetime(["2025-11-20", None], utc=True))
    with pytest.raises(ParameterError, match="quarter"):
        privacy.coarsen(times, "year")
    for unit in privacy.UNITS[:-1]:
        assert privacy.coarsen(times, unit).isna().tolist() == [False, True]


def test_quasi_identifiers_tell_first_and_last_activity():
    listeners = pd.DataFrame(
        {"listener": ["a", "b"], "age_band": ["18-29", None], "region": ["east", "west"]}
    )
    events = log(("a", "x", "2025-03-05 10:00"), ("a", "y", "2025-04-07 11:00"))
    frame = privacy.quasi_identifiers(listeners, events, "month")
    assert frame["first"].iloc[0] == pd.Timestamp("2025-03-01", tz="UTC")
    assert frame["last"].iloc[0] == pd.Timestamp("2025-04-01", tz="UTC")
    assert frame.loc[1, ["first", "last"]].isna().all()
    assert privacy.class_sizes(frame).tolist() == [1, 1]
    assert privacy.class_sizes(frame, []).tolist() == [2, 2]


def test_the_best_generalisation_suppresses_few_and_keeps_most():
    count = 24
    listeners = pd.DataFrame(
        {
            "listener": [f"l{i}" for i in range(count)],
            "age_band": ["18-29", "65+"] * 12,
            "region": ["east"] * 12 + ["west"] * 12,
        }
    )
    day = pd.Timestamp("2025-01-01")
    events = log(*[(f"l{i}", "x", day + pd.Timedelta(days=i)) for i in range(count)])
    ways = privacy.generalisations(listeners, events, k=6)
    best = ways.iloc[0]
    assert (best["age_band"], best["region"], best["classes"]) == (True, True, 4)
    assert best["suppressed"] == 0 and best["bits"] == pytest.approx(2.0)
    by_day = ways[(ways["activity"] == "day") & ways["age_band"]]
    assert (by_day["suppressed"] == 1).all() and (by_day["bits"] == 0).all()
    with pytest.raises(ParameterError, match="k is 0"):
        privacy.generalisations(listeners, events, k=0)
    unknown = privacy.generalisations(listeners.assign(age_band=None), events, k=6)
    assert not unknown["age_band"].any() and unknown["region"].any()


def test_uniqueness_counts_the_others_who_share_the_known_events():
    events = log(
        ("a", "x", "2025-01-06 09:00"),
        ("b", "x", "2025-01-08 20:00"),
        ("c", "x", "2025-02-01 09:00"),
        ("c", "x", "2025-02-01 09:30"),
    )
    others = {
        unit: privacy.uniqueness(events, [1], unit).set_index("listener")["others"].to_dict()
        for unit in ("exact", "week", "all")
    }
    assert others["exact"] == {"a": 0, "b": 0, "c": 0}
    assert others["week"] == {"a": 1, "b": 1, "c": 0}
    assert others["all"] == {"a": 2, "b": 2, "c": 2}
    assert privacy.uniqueness(events, [2], "exact")["listener"].tolist() == ["c"]
    assert privacy.uniqueness(events[:0]).empty
    assert privacy.uniqueness(events, [2], "day").empty  # the same piece on the same day


def test_uniqueness_against_sets_and_more_knowledge_singles_out_more():
    rng = np.random.default_rng(3)
    events = log(
        *[(f"l{rng.integers(12)}", f"p{rng.integers(9)}", "2025-01-01") for _ in range(90)]
    )
    found = privacy.uniqueness(events, [1, 2, 3], "all", seed=5)
    assert found.equals(privacy.uniqueness(events, [1, 2, 3], "all", seed=5))
    for _, mine in found.groupby("listener"):
        assert (mine.sort_values("known")["others"].diff().dropna() <= 0).all()
    whole = events.groupby("listener")["piece"].agg(set)
    count = int(whole.map(len).min())
    least = whole[whole.map(len) == count]
    exact = privacy.uniqueness(events, [count], "all").set_index("listener")["others"]
    for name, known in least.items():
        assert exact[name] == sum(known <= other for other in whole) - 1


def test_cosines_of_turned_and_of_empty_vectors():
    one = pd.DataFrame({"x": [1.0, 0.0, 2.0], "y": [0.0, 0.0, 0.0]}, index=["a", "b", "c"])
    two = pd.DataFrame({"y": [1.0, 0.0, 0.0], "x": [1.0, 1.0, 5.0]}, index=["a", "b", "c"])
    cosine = privacy.cosines(one, two.drop(index="c"))
    assert cosine.index.tolist() == ["a", "b"]
    assert cosine["a"] == pytest.approx(0.5**0.5) and np.isnan(cosine["b"])


def test_the_audit_is_a_valid_table():
    nan = float("nan")
    table = privacy.audit([("a", (0.0, nan, nan), 3, 0.0), ("b", (1.0, 0.9, 1.0), 3, nan)])
    assert tables.validate("privacy_audit", table)["verdict"].tolist() == ["ok", "measured"]


def test_without_columns_everybody_is_one_class():
    frame = pd.DataFrame({"taste": ["jig", "reel", "jig"]}, index=[4, 5, 6])
    assert privacy.class_sizes(frame, []).tolist() == [3, 3, 3]
    assert privacy.l_diversity(frame, "taste", []).tolist() == [2, 2, 2]
