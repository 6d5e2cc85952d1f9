"""Styles that are told apart by hand: obeyed, ignored, not asked for, too few."""

import numpy as np
import pandas as pd
import pytest

from ricercar.assess import recognition, scorecard, scorecard_rows, set_forms
from ricercar.assess.measured_set import MeasuredSet
from ricercar.assess.reference import TUNES, Reference

SCALE = np.array([0, 2, 4, 5, 7, 9, 11, 12])
#: style -> ticks of a note, and meter
KINDS = {"hymn": (480, "4/4"), "reel": (240, "4/4"), "jig": (160, "6/8")}


def tunes(seed, prefix, sounding, called=None):
    """Walks of 3,840 ticks in the styles ``sounding``, said to be of the styles ``called``."""
    rng = np.random.default_rng(seed)
    rows, notes = [], []
    for number, style in enumerate(sounding):
        name, (length, meter) = f"{prefix}-{number}", KINDS[style]
        count = 3840 // length
        walk = np.clip(np.cumsum(rng.integers(-1, 2, count)) + 3, 0, 7)
        notes.append(
            pd.DataFrame(
                {
                    "piece": name,
                    "part": 0,
                    "onset": np.arange(count) * length,
                    "duration": length,
                    "pitch": 62 + SCALE[walk],
                }
            )
        )
        rows.append((name, style if called is None else called[number], meter, 0, 8.0))
    pieces = pd.DataFrame(rows, columns=["piece", "style", "meter", "pickup", "quarters"])
    return pieces, pd.concat(notes, ignore_index=True)


def measured(seed, prefix, sounding, called=None):
    return MeasuredSet.of(tunes(seed, prefix, sounding, called))


REAL = ["hymn", "reel", "jig"] * 14


@pytest.fixture(scope="module")
def judge():
    return recognition.learn(measured(0, "a", REAL), measured(1, "b", ["hymn", "reel"] * 9))


def values(judge, one, **options):
    found = recognition.evaluate(judge, one, n=50, **options).set_index("metric")
    assert list(found.index) == list(recognition.MEASURES)
    return found


def test_only_styles_with_enough_held_out_pieces_count(judge):
    assert judge.styles == ("hymn", "reel")
    assert (judge.held["recognised"] == judge.held["style"]).all()


def test_obeyed_and_ignored(judge):
    obeyed = values(judge, measured(2, "c", ["hymn", "reel"] * 6))
    assert (obeyed["value"] == 1).all() and (obeyed["n"] == 12).all()
    assert (obeyed[["low", "high"]] == 1).all(axis=None)
    ignored = values(judge, measured(3, "d", ["reel"] * 12, ["hymn"] * 6 + ["reel"] * 6))
    assert ignored.loc["style_recognised", "value"] == 0.5
    assert ignored.loc["style_recognised_ratio", "value"] == 0.5


def test_styles_weigh_the_same_in_the_mean_and_pieces_in_the_pool(judge):
    # 9 hymns of which none sounds like one, 3 reels that all do
    one = measured(4, "e", ["reel"] * 12, ["hymn"] * 9 + ["reel"] * 3)
    found = values(judge, one)["value"]
    assert found["style_recognised"] == 0.5 and found["style_recognised_pooled"] == 0.25


def test_the_ratio_is_over_the_styles_that_were_asked_for():
    # held-out hymns are half of them reels in truth, reels always
    held = measured(5, "f", ["hymn", "reel"] * 5 + ["reel"] * 10, ["hymn"] * 10 + ["reel"] * 10)
    judge = recognition.learn(measured(0, "a", REAL), held)
    hymns = values(judge, measured(6, "g", ["hymn"] * 8))["value"]
    assert hymns["style_recognised"] == 1 and hymns["style_recognised_ratio"] == 2
    both = values(judge, measured(7, "h", ["hymn", "reel"] * 8))
    assert both.loc["style_recognised_ratio", "value"] == pytest.approx(1 / 0.75)
    row = both.loc["style_recognised_ratio"]
    assert row["low"] < row["value"] < row["high"]  # the real set is uncertain, too


def test_the_held_out_set_is_not_laid_beside_itself(judge):
    found = values(judge, measured(1, "b", ["hymn", "reel"] * 9), itself=True)
    ratios = found.index.str.endswith("_ratio")
    assert found.loc[ratios, "value"].isna().all() and (found.loc[ratios, "note"] != "").all()
    assert found.loc[~ratios, "value"].notna().all()


@pytest.mark.parametrize("called", ["other", "fugue", "jig", None])
def test_nothing_asked_for_is_missing_and_says_why(judge, called):
    one = measured(8, "i", ["reel"] * 6, [called] * 6)
    found = values(judge, one)
    assert found["value"].isna().all() and found["note"].str.contains("asked for").all()
    assert not len(recognition.by_style(judge, one))
    pieces, notes = one.tables
    bare = values(judge, MeasuredSet.of((pieces.drop(columns="style"), notes)))
    assert bare["value"].isna().all()


def test_one_style_is_not_recognised():
    one = measured(0, "a", ["hymn"] * 20)
    assert recognition.learn(one, one) is None
    found = values(None, one)
    assert found["value"].isna().all() and (found["note"] != "").all()


def test_the_notated_meter_can_be_hidden(judge):
    pieces, notes = tunes(9, "j", ["hymn", "reel"] * 6)
    wrong = MeasuredSet.of((pieces.assign(meter="6/8"), notes))
    right = MeasuredSet.of((pieces, notes))
    heard = [values(judge, one).loc["style_heard", "value"] for one in (right, wrong)]
    assert heard == [1, 1]


def test_excerpts_of_one_piece_are_drawn_together(judge):
    sounding, called = ["hymn", "reel"] * 8, ["hymn"] * 8 + ["reel"] * 8
    pieces, notes = tunes(10, "k", sounding, called)
    wide = []
    for groups in (pieces["piece"], pd.Series([f"g{n // 4}" for n in range(16)])):
        one = MeasuredSet.of((pieces.assign(group=groups), notes))
        row = recognition.evaluate(judge, one, n=300).iloc[0]
        wide.append((row["low"], row["high"]))
    assert wide[0] != wide[1]


def test_each_style_has_its_row(judge):
    one = measured(4, "e", ["reel"] * 12, ["hymn"] * 9 + ["reel"] * 3)
    found = recognition.by_style(judge, one, n=20).set_index("metric")
    assert found["value"].to_dict() == {
        "hymn recognised": 0,
        "hymn heard": 0,
        "reel recognised": 1,
        "reel heard": 1,
    }
    assert found["n"].tolist() == [9, 9, 3, 3]


@pytest.fixture(scope="module")
def real():
    sides = ((0, "a", REAL), (1, "b", REAL[:6]), (2, "c", REAL[:30]))
    return Reference("tiny", *(tunes(*side) for side in sides))


def test_the_scorecard_says_whether_styles_are_obeyed(real):
    made = {
        "obedient": tunes(3, "d", ["hymn", "reel"] * 6),
        "deaf": tunes(4, "e", ["reel"] * 12, ["hymn"] * 6 + ["reel"] * 6),
    }
    card = scorecard.grade(
        made, {TUNES: real}, n=20, trainings=0, limit=12, forms=(set_forms.CROPS,)
    )
    rows = card.rows(TUNES).set_index(["set", "metric"])
    ratio = "style_recognised_ratio"
    assert rows.loc[("obedient", ratio), "reached"].startswith("reached")
    deaf = rows.loc[("deaf", ratio)]
    assert deaf["reached"].startswith("missed") and deaf["value"] == 0.5
    assert deaf["target"] == "at least 0.9 (of 1, test)"
    assert rows.loc[("test", "style_recognised"), "value"] == 1
    assert rows.loc[("test", ratio), "note"] == "the others are laid beside this set"
    assert np.isnan(rows.loc[("train", "style_recognised"), "value"])
    assert ratio in set(card.verdicts(TUNES)["metric"])
    styles = card.rows(TUNES, table="styles").set_index(["set", "metric"])["value"]
    assert styles[("deaf", "hymn recognised")] == 0 and styles[("deaf", "reel recognised")] == 1
    assert styles[("test", "hymn recognised")] == 1
    assert list(card.telling.columns[:2]) == ["family", "set"]


@pytest.mark.parametrize("called", ["other", None])
def test_made_music_without_styles_is_not_recognised_as_anything(real, called):
    made = {"unasked": tunes(5, "f", ["hymn", "reel"] * 6, [called] * 12)}
    jobs, about = scorecard_rows.rows_of(TUNES, made, real, (20, 0, 12, 0), (set_forms.CROPS,))
    assert list(about["crop"]) == [""]
    by_role = {job.role: job for job in jobs}
    assert by_role["made"].judge.styles == ("hymn", "jig", "reel")
    seen = {role: MeasuredSet.of(by_role[role].one) for role in ("made", "test")}
    found = {role: values(job.judge, seen[role]) for role, job in by_role.items() if role in seen}
    assert found["made"]["value"].isna().all() and found["test"]["value"].notna().any()


def test_a_style_that_was_not_asked_for_is_known_all_the_same(real):
    made = {"hymns": tunes(6, "g", ["reel"] * 12, ["hymn"] * 12)}
    jobs, _ = scorecard_rows.rows_of(TUNES, made, real, (20, 0, 12, 0), (set_forms.CROPS,))
    assert {job.judge.styles for job in jobs} == {("hymn",)}
    train = next(job for job in jobs if job.role == "train")
    assert set(train.seen.tables[0]["style"]) == {"hymn"} and len(train.train) == 12
    mine = next(job for job in jobs if job.role == "made")
    assert values(mine.judge, MeasuredSet.of(mine.one)).loc["style_recognised", "value"] == 0
