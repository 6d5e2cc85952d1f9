"""The scorecard's tables and samples on figures that are made up."""

import pandas as pd

from ricercar.assess.scorecard import Scorecard
from ricercar.assess.scorecard_text import summaries
from ricercar.show import passages, scorecard

SETS = {"mine": "made", "<other>": "made", "train": "train"}


def rows(made=("mine", "<other>")):
    found = []
    for name, role in SETS.items():
        if role == "made" and name not in made:
            continue
        for metric, value in (("triad", 60.0), ("crossing", float("nan"))):
            judged = role == "made" and metric == "triad"
            found.append(
                {
                    "family": "tunes",
                    "form": "crops",
                    "table": "main",
                    "set": name,
                    "role": role,
                    "metric": metric,
                    "value": value,
                    "low": value - 1,
                    "high": value + 1,
                    "n": 9,
                    "unit": "%",
                    "target": "61 to 67 (test)" if judged else "",
                    "reached": "missed, not surely" if judged else "",
                    "note": "",
                }
            )
    return pd.DataFrame(found)


def test_of_several_made_sets_each_cell_says_whether_the_target_is_reached():
    html = scorecard.table_html(rows(), "Two sets.")
    heads = html.split("</thead>")[0]
    assert "&lt;other&gt;" in heads and "<other>" not in html
    assert "reached" not in heads and heads.count('scope="col"') == 5
    assert html.count("<small>NO?</small> 60.0") == 2
    assert "59.0 … 61.0" in html and "crossing" not in html


def test_of_one_made_set_a_column_says_it():
    html = scorecard.table_html(rows(["mine"]), "One set.")
    assert ">reached</th>" in html and "<td>NO?</td>" in html
    assert "<small>NO?</small>" not in html


def card(near=None):
    near = pd.DataFrame() if near is None else near
    return Scorecard(rows(), near, pd.DataFrame(), {"tunes": {}})


def test_what_was_missed_is_said_of_each_made_set():
    assert summaries(card(), "tunes") == [
        f"{name}: 0 of 1 targets reached, 0 surely; missed: triad 60.0 (target: 61 to 67, test)."
        for name in ("mine", "<other>")
    ]


def nearest(sets):
    return pd.DataFrame(
        {
            "family": "tunes",
            "set": sets,
            "piece": [f"made/{number}" for number in range(len(sets))],
            "match": "train/1",
            "similarity": [0.1 * (number + 1) for number in range(len(sets))],
            "score": 9.0,
            "notes": 5,
            "transposition": 0,
            "first_bar": 3,
            "last_bar": 3,
            "match_first_bar": 4,
            "match_last_bar": 6,
        }
    )


def test_the_nearest_passages_stand_first_with_their_bars():
    html = scorecard.nearest_html(card(nearest(["mine", "<other>"])), "tunes")
    assert html.index("made/1") < html.index("made/0")
    assert ">3<" in html and ">4–6<" in html and "&lt;other&gt;" in html
    assert "mine" not in scorecard.nearest_html(card(nearest(["mine"])), "tunes")
    assert scorecard.nearest_html(card(), "tunes") == ""


def test_sounds_stand_under_their_labels():
    html = passages.sounds_html({"Reel <1>": b"OggS", "Jig": b"OggS"}, "Two.")
    assert html.count("<audio") == 2 and html.count("data:audio/ogg;base64,T2dnUw==") == 2
    assert "Reel &lt;1&gt;" in html and "<1>" not in html
    assert passages.sounds_html({}, "None.") == ""
