"""Published figures beside measured ones: agreement, rivals, and what is not asked."""

import pandas as pd
import pytest

from ricercar import measured, published
from ricercar.published import Published

EXACT = Published("same", 0.2, 0.1, "paper", exact=True)
FREE = Published("free", 0.2, 0.1, "paper", reason="by lot")
OURS = Published("ours", 0.2, 0.1, "paper", rival="theirs")


def verdict(row, recall, ndcg):
    table = pd.DataFrame([{"method": row.method, "recall_n@20": recall, "ndcg_min@20": ndcg}])
    return published.beside(table, [row]).loc[0, "verdict"]


def test_agreement_is_to_three_decimals_in_both_figures():
    assert verdict(EXACT, "0.20049", "0.09951") == "agrees to three decimals"
    assert verdict(EXACT, "0.2004", "0.0994") == "does not agree: +0.0004 / −0.0006"
    assert verdict(EXACT, "none", "0.1").startswith("does not agree")


def test_a_rival_is_beaten_with_the_lower_bounds():
    assert verdict(OURS, "0.3 [0.21, 0.4]", "0.3 [0.11, 0.4]").startswith("surely above theirs")
    assert verdict(OURS, "0.3 [0.21, 0.4]", "0.3 [0.09, 0.4]").startswith("not surely above theirs")
    assert verdict(OURS, "0.3", "0.3").startswith("not surely above")


def test_what_is_missed_is_said_and_why_nothing_is_asked():
    assert verdict(FREE, "0.1", "0.05") == "below: −0.1000 / −0.0500"
    assert verdict(FREE, "0.3", "0.05") == "differs: +0.1000 / −0.0500"
    assert verdict(FREE, "0.3", "0.15") == "above: +0.1000 / +0.0500"
    nothing = pd.DataFrame({"method": [], "verdict": []}, dtype=str)
    assert published.summary(nothing, [FREE, EXACT]) == "Nothing is asked of free (by lot)."


def test_every_row_has_a_target_or_a_reason_and_a_source():
    for row in (row for rows in published.ROWS.values() for row in rows):
        assert row.source and (row.exact or row.rival or row.reason)
        assert not (row.exact and row.rival)


def test_the_kept_measurement_has_a_verdict_for_each_of_its_rows():
    kept = measured.load().get("gowalla")
    if kept is None:
        pytest.skip("benchmarks/results/gowalla.json is not there")
    ours = next(iter(kept.tables.values()))
    found = published.beside(ours, published.GOWALLA)
    assert found["method"].tolist() == ours["method"].tolist()
    assert not found["verdict"].eq("nothing published").any()


def test_published_rows_and_rivals_of_other_layouts():
    table = pd.DataFrame(
        {"method": ["bpr", "ease", "BPR (published)"], "recall_n@10": "0.2 [0.1, 0.3]"}
    )
    table["ndcg_min@10"] = "0.2 [0.1, 0.3]"
    found = published.beside(table, published.LASTFM)
    assert found["method"].tolist() == ["bpr", "ease", "–", "–"]
    assert found["published"].str.partition("(")[2].tolist() == ["", "", "LightGCN)", "SEPT)"]
    assert found["verdict"].tolist()[1:] == [
        "nothing published",
        "not one of ours",
        "not one of ours",
    ]
    assert published.summary(found, published.LASTFM).startswith("Nothing is asked of bpr (")
