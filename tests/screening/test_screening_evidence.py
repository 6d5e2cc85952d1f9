"""Evidence: thresholds, verdicts, and planted copies in a small world."""

import numpy as np
import pandas as pd
import pytest

from ricercar import tables
from ricercar.errors import ParameterError
from ricercar.screening import evidence, index, planted, screen


@pytest.fixture(scope="module")
def world():
    pieces, notes = planted.random_tunes(60, seed=9)
    built = index.build(pieces, notes)
    return pieces, notes, built, evidence.calibrate(built, queries=60, seed=1)


def test_thresholds_keep_the_rate_of_false_alarms(world):
    _, _, built, known = world
    assert known.pairs == 60 * 59
    assert known.false_alarms(known.similar) <= 1e-3 < known.false_alarms(known.similar - 0.1)
    assert known.copy == max(known.similar, evidence.gumbel_quantile(known.decoys, 1e-3)) > 0
    strict = evidence.calibrate(built, queries=60, per_pair=0, per_search=0.5, seed=1)
    assert strict.copy == strict.similar > known.scores.max()
    again = evidence.calibrate(built, queries=60, seed=1)
    assert (again.similar, again.copy) == (known.similar, known.copy)


def test_known_versions_do_not_count_as_false_alarms(world):
    pieces, notes, _, _ = world
    copies = planted.transposed(pieces[:20], notes, 2)
    both = pd.concat([pieces, copies[0]], ignore_index=True), pd.concat([notes, copies[1]])
    marked = both[0].assign(work=[*pieces["piece"], *pieces["piece"][:20]])
    loose = evidence.calibrate(index.build(*both), queries=80, seed=1)
    tight = evidence.calibrate(index.build(marked, both[1]), queries=80, seed=1)
    assert tight.best.max() < loose.best.max()
    assert tight.pairs == 80 * 79 - 40
    assert loose.copy < loose.best.max()  # decoys have no relatives


def test_decoys_do_not_meet_versions_of_themselves(world):
    pieces, notes, _, _ = world
    length = notes.groupby("piece")["onset"].transform("max")
    mirror = notes.assign(onset=length - notes["onset"], piece=notes["piece"] + "-mirror")
    both = (
        pd.concat([pieces, pieces.assign(piece=pieces["piece"] + "-mirror")]),
        pd.concat([notes, mirror]),
    )
    marked = index.build(*both)
    unmarked = index.build(both[0].assign(work=both[0]["piece"]), both[1])
    assert evidence.calibrate(marked).copy < evidence.calibrate(unmarked).copy / 2


def test_calibration_needs_two_groups(world):
    pieces, notes, _, _ = world
    with pytest.raises(ParameterError, match="two works"):
        evidence.calibrate(index.build(pieces.assign(work="all"), notes))


@pytest.mark.parametrize(
    ("kind", "options"), [("transposed", {}), ("rescaled", {}), ("ornamented", {"share": 0.1})]
)
def test_planted_copies_are_found(world, kind, options):
    pieces, notes, built, known = world
    sources = pieces[:30]
    copies = getattr(planted, kind)(sources, notes, **options)
    found = planted.outcomes(built, copies, sources)
    assert (found["score"] >= known.similar).mean() >= 0.95
    assert (found["score"] > found["rival"]).mean() >= 0.95


def test_a_splice_is_found_where_it_was_put(world):
    pieces, notes, built, known = world
    sources, hosts = pieces[:20], pieces[20:40]
    copies = planted.spliced(sources, notes, hosts, notes, bars=4, seed=2)
    found = screen(*copies, index=built, calibration=known, skip_same_work=True, details=True)
    right = found["match"].to_numpy() == sources["piece"].to_numpy()
    assert right.mean() >= 0.9
    assert found.loc[right, "notes"].between(15, 40).all()
    source_notes = notes.set_index(["piece", "onset"])["pitch"]
    copy_notes = copies[1].set_index(["piece", "onset"])["pitch"]
    for row in found[right].itertuples():
        first = source_notes[row.match, row.match_onset] + row.transposition
        assert copy_notes[row.query, row.query_onset] == first


def test_evidence_is_a_valid_table_in_the_order_of_the_queries(world):
    pieces, notes, built, known = world
    lonely = pd.DataFrame(
        {"piece": "lonely", "part": 0, "onset": range(9), "duration": 1, "pitch": [30, 90, 31] * 3}
    )
    queries = pd.concat([pd.DataFrame({"piece": ["lonely"]}), pieces[:3]], ignore_index=True)
    found = screen(
        queries, pd.concat([lonely, notes]).query("piece in @queries.piece"), index=built
    )
    valid = tables.validate("evidence", found)
    assert valid["query"].tolist() == ["lonely", "tune-0", "tune-1", "tune-2"]
    assert valid.iloc[0][["match", "score", "verdict"]].tolist() == ["", 0.0, "clear"]
    assert (valid["query"] != valid["match"]).all()
    with pytest.raises(ParameterError, match="catalogue"):
        screen(pieces, notes)


def test_two_matches_are_told_best_first(world):
    pieces, notes, built, known = world
    found = screen(
        pieces[:5], notes[notes["piece"].isin(pieces["piece"][:5])], index=built, matches=2,
        calibration=known,
    )  # fmt: skip
    assert found.groupby("query").size().tolist() == [2] * 5
    assert (found.groupby("query")["score"].diff().dropna() <= 0).all()


def test_an_excerpt_begins_with_its_bar(world):
    pieces, notes, _, _ = world
    row = pd.Series({"query": "tune-0", "query_part": 0, "query_onset": 2500, "query_end": 6000})
    cut, meter = evidence.excerpt(pieces.assign(pickup=480), notes, row, "query")
    assert meter == "4/4"
    tune = notes[(notes["piece"] == "tune-0") & notes["onset"].between(2400, 6000)]
    assert cut["onset"].tolist() == (tune["onset"] - 2400).tolist()
    for unread in (None, "3/8+2/8", "0/4"):
        odd = pieces.assign(pickup=480, meter=unread)
        assert evidence.excerpt(odd, notes, row, "query")[1] == "4/4"


def test_surprise_at_a_gumbel_sample():
    drawn = np.random.default_rng(0).gumbel(30, 5, 20_000)
    assert evidence.gumbel_quantile(drawn, 1e-3) == pytest.approx(30 + 5 * 6.907, rel=0.02)


def test_match_scores_each_pair_of_pieces_once(world):
    _, _, built, _ = world
    table = evidence.match(built, built.melodies.take(range(10)))
    assert not table.duplicated(["query", "piece"]).any()
    assert (table["score"] >= 0).all()
