import numpy as np
import pandas as pd
import pytest

from ricercar import personal, tables
from ricercar.errors import ParameterError, TableError


class Recorder:
    """A generator that writes down what it was asked for."""

    def __init__(self):
        self.requests = []

    def sample(self, styles, seed=0, prefix="sample"):
        self.requests.append((styles, seed))
        ids = [f"ricercar/{prefix}-{i:04d}" for i in range(len(styles))]
        return pd.DataFrame({"piece": ids, "style": styles}), pd.DataFrame({"piece": ids})


PROFILES = pd.DataFrame(
    {
        "listener": ["keen", "even", "blank"],
        "style.jig": [0.9, 0.25, np.nan],
        "style.reel": [0.1, 0.25, np.nan],
        "style.other": [0.0, 0.5, np.nan],
    }
)


def test_wishes_follow_the_profile_over_known_styles():
    wishes = personal.style_wishes(PROFILES, ["jig", "reel"])
    assert wishes.loc["keen"].tolist() == pytest.approx([0.9, 0.1])
    assert wishes.loc["even"].tolist() == [0.5, 0.5]
    assert wishes.loc["blank"].tolist() == [0.5, 0.5]


def test_sharpness_none_ignores_the_profile_and_much_takes_the_favourite():
    flat = personal.style_wishes(PROFILES, ["jig", "reel"], sharpness=0)
    assert (flat == 0.5).all(axis=None)
    sharp = personal.style_wishes(PROFILES, ["jig", "reel"], sharpness=20)
    assert sharp.loc["keen", "jig"] > 0.999


@pytest.mark.parametrize(("styles", "sharpness"), [([], 1.0), (["jig"], -1.0)])
def test_senseless_wishes_are_refused(styles, sharpness):
    with pytest.raises(ParameterError):
        personal.style_wishes(PROFILES, styles, sharpness)


def test_candidates_are_drawn_as_wished_and_named_to_their_listener():
    generator = Recorder()
    wishes = personal.style_wishes(PROFILES, ["jig", "reel", "march"])
    pieces, _ = personal.candidates(generator, wishes, 400, seed=1, prefix="for")
    share = pieces.groupby("listener")["style"].value_counts(normalize=True)
    assert share["keen", "jig"] == pytest.approx(0.9, abs=0.06)
    assert "march" not in share["keen"].index
    assert share["blank", "march"] == pytest.approx(1 / 3, abs=0.08)
    assert pieces["listener"].tolist()[:400] == ["keen"] * 400
    assert pieces["candidate"].tolist()[400:403] == [0, 1, 2]


def test_same_seed_same_requests():
    generator = Recorder()
    wishes = personal.style_wishes(PROFILES, ["jig", "reel"])
    for seed in (1, 1, 2):
        personal.candidates(generator, wishes, 20, seed=seed, prefix="for")
    assert generator.requests[0] == generator.requests[1] != generator.requests[2]


def test_a_wish_whose_sum_is_rounded_below_one_still_gives_a_style():
    wishes = pd.DataFrame(
        [[0.1] * 9, [0.0] * 8 + [0.2]], index=["a", "b"], columns=list("rstuvwxyz")
    )
    pieces, _ = personal.candidates(Recorder(), wishes, 50, seed=1, prefix="for")
    assert set(pieces.loc[pieces["listener"] == "b", "style"]) == {"z"}


COLUMN = "melody.pitch_range"
CENTROIDS = pd.DataFrame({"style": ["narrow", "wide", "choir"], COLUMN: [10.0, 20, 25]})
VOICES = pd.Series({"narrow": 1, "wide": 1, "choir": 4})


def heard(values, parts, centroids=CENTROIDS, voices=VOICES):
    reference = pd.DataFrame({"piece": ["a", "b"], COLUMN: [10.0, 20.0]})
    table = pd.DataFrame({"piece": [str(i) for i in range(len(values))], COLUMN: values})
    pieces = table[["piece"]].assign(parts=parts)
    return personal.heard_styles(pieces, table, reference, centroids, voices).tolist()


def test_the_heard_style_is_that_of_the_nearest_centroid_with_as_many_voices():
    assert heard([11.0, 30.0, 11.0], [1, 1, 4]) == ["narrow", "wide", "choir"]


def test_a_number_of_voices_that_no_style_has_leaves_all_styles_open():
    assert heard([30.0], [2]) == ["choir"]
    assert heard([30.0], [1], voices=VOICES[["narrow"]]) == ["narrow"]


def test_what_a_piece_cannot_have_does_not_take_it_away_from_a_style():
    chords = "harmony.voice_count"
    reference = pd.DataFrame({"piece": list("abc"), COLUMN: [10.0, 20, 15], chords: [np.nan, 4, 3]})
    centroids = pd.DataFrame({"style": ["march", "air"], COLUMN: [10.0, 20], chords: [2.0, np.nan]})
    table = pd.DataFrame({"piece": ["x"], COLUMN: [11.0], chords: [np.nan]})
    voices = pd.Series({"march": 1, "air": 1})
    pieces = table[["piece"]].assign(parts=1)
    assert personal.heard_styles(pieces, table, reference, centroids, voices) == ["march"]


def test_centroids_of_other_features_or_styles_are_refused():
    with pytest.raises(TableError, match="lack the features"):
        heard([1.0], [1], centroids=CENTROIDS.drop(columns=COLUMN))
    with pytest.raises(TableError, match="lack the features"):
        heard([1.0], [1], voices=pd.Series({"other": 1}))


def scored(seed, shift=0.0, listeners=30, n=6):
    rng = np.random.default_rng(seed)
    table = pd.DataFrame(
        {
            "listener": np.repeat([f"l{i:02d}" for i in range(listeners)], n),
            "candidate": np.tile(np.arange(n), listeners),
            "match": rng.normal(shift, 1, listeners * n),
        }
    )
    noise = rng.normal(0, 0.1, len(table))
    return table.assign(liking=table["match"] + noise, entropy=rng.normal(size=len(table)))


def test_each_arm_has_one_piece_of_every_listener():
    chosen = personal.arms(scored(1), scored(2))
    assert chosen.groupby("arm", sort=False)["listener"].nunique().to_dict() == dict.fromkeys(
        personal.ARMS, 30
    )
    assert chosen["arm"].drop_duplicates().tolist() == list(personal.ARMS)
    first = chosen[chosen["arm"] == "conditioned"]
    assert (first["candidate"] == 0).all()
    top = chosen[chosen["arm"] == "conditioned best of N"].set_index("listener")["match"]
    pd.testing.assert_series_equal(top, scored(2).groupby("listener")["match"].max())


def test_of_equal_candidates_the_first_is_kept():
    table = pd.DataFrame({"listener": "l", "candidate": [2, 0, 1], "match": 0.5})
    assert personal.best(table)["candidate"].tolist() == [0]
    assert personal.best(table, keep=2)["candidate"].tolist() == [0, 1]


def test_a_real_gain_is_found_and_no_gain_is_not_claimed():
    chosen = personal.arms(scored(1), scored(2, shift=1.5))
    table = (
        personal.gain(chosen, ["liking", "entropy"])
        .set_index(["measure", "arm", "over"])
        .sort_index()
    )
    assert (table.loc["liking", "p_holm"] < 0.05).all()
    assert (table.loc["liking", "low"] > 0).all()
    assert (table.loc["entropy", "p_holm"] > 0.05).all()
    same = personal.gain(personal.arms(scored(1), scored(2)), ["liking"])
    row = same.set_index(["arm", "over"]).loc[("conditioned", "unconditioned")]
    assert row["p_holm"] > 0.05 and row["low"] < 0 < row["high"]


def test_the_result_is_a_valid_table_of_gains():
    chosen = personal.arms(scored(1), scored(2))
    level = personal.levels(chosen, ["liking"])
    table = personal.as_personal_gain(level, personal.gain(chosen, ["liking"]))
    valid = tables.validate("personal_gain", table)
    assert len(valid) == 4 + 4 + 4 and (valid["n"] == 30).all()


def test_own_value_needs_listener_and_piece():
    matrix = pd.DataFrame([[1.0]], index=["a"], columns=["x"])
    with pytest.raises(TableError):
        personal.own(matrix, pd.DataFrame({"listener": ["b"], "piece": ["x"]}))
