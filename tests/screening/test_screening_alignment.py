"""Local alignment: against a plain recurrence, and passages worked out by hand."""

import numpy as np
import pandas as pd
import pytest

from ricercar.screening import alignment, fingerprints, planted
from ricercar.screening.alignment import GAP, SUBSTITUTION, Pairs, Sequences, match_bits


def sequences(pitches, bits=2.0, ticks=480):
    notes = pd.DataFrame(
        {
            "piece": "a",
            "part": 0,
            "onset": np.arange(len(pitches)) * ticks,
            "duration": ticks,
            "pitch": pitches,
        }
    )
    found = fingerprints.melodies(pd.DataFrame({"piece": ["a"]}), notes)
    return Sequences(found, np.full(len(pitches), bits, dtype=np.float32))


def pair(transposition=0, scale=0.0):
    zero = np.zeros(1, dtype=np.int64)
    return Pairs(zero, zero, zero + transposition, zero + scale)


def plain_score(query, target, pairs, which):
    """Smith-Waterman as in the textbook, one cell at a time."""
    q, t = pairs.query[which], pairs.target[which]
    mine = slice(query.melodies.start[q], query.melodies.start[q + 1])
    theirs = slice(target.melodies.start[t], target.melodies.start[t + 1])
    pitch = query.melodies.pitch[mine] - pairs.transposition[which]
    length = query.melodies.ioi[mine] - np.float32(pairs.scale[which])
    matrix = np.zeros((len(pitch) + 1, theirs.stop - theirs.start + 1))
    for i in range(1, matrix.shape[0]):
        for j in range(1, matrix.shape[1]):
            score = match_bits(
                pitch[i - 1],
                length[i - 1],
                query.bits[mine][i - 1],
                target.melodies.pitch[theirs][j - 1],
                target.melodies.ioi[theirs][j - 1],
                target.bits[theirs][j - 1],
            )
            matrix[i, j] = max(
                0,
                matrix[i - 1, j - 1] + score,
                matrix[i - 1, j] - GAP,
                matrix[i, j - 1] - GAP,
            )
    return matrix.max()


@pytest.fixture(scope="module")
def drawn():
    pieces, notes = planted.random_tunes(8, length=25, seed=2)
    tunes = fingerprints.melodies(pieces, notes)
    copies = fingerprints.melodies(*planted.ornamented(pieces, notes, share=0.3, seed=3))
    surprisal = fingerprints.interval_surprisal(tunes)
    rng = np.random.default_rng(0)
    pairs = Pairs(
        np.repeat(np.arange(8), 3),
        rng.integers(0, 8, 24),
        rng.integers(-5, 6, 24),
        rng.choice([0.0, 1.0], 24),
    )
    return Sequences.of(copies, surprisal), Sequences.of(tunes, surprisal), pairs


def test_scores_equal_the_plain_recurrence(drawn):
    expected = [plain_score(*drawn, which) for which in range(24)]
    assert alignment.scores(*drawn).tolist() == expected
    assert alignment.passages(*drawn)["score"].tolist() == expected


def test_scores_do_not_depend_on_the_batches(drawn, monkeypatch):
    whole = alignment.scores(*drawn)
    monkeypatch.setattr(alignment, "CELLS", 1)
    assert (alignment.scores(*drawn) == whole).all()


def test_a_dropped_note_costs_one_gap():
    target = [60, 62, 64, 65, 67, 69, 71, 72]
    query = target[:3] + target[4:]
    found = alignment.passages(sequences(query), sequences(target), pair())
    each = 2 + alignment.SAME_LENGTH
    assert found["score"].tolist() == [7 * each - GAP]
    assert found["notes"].tolist() == [7]
    assert [found[name][0] for name in ("query_first", "query_last")] == [0, 6]
    assert [found[name][0] for name in ("target_first", "target_last")] == [0, 7]


@pytest.mark.parametrize("missing", [1, 2, 5, 6, 11])
def test_long_gaps_cost_as_many_as_they_miss(missing):
    target = [60 + (7 * i) % 24 for i in range(12)] + [50] * missing + list(range(70, 84))
    query = target[:12] + target[12 + missing :]
    longer, shorter = sequences(target, bits=4.0), sequences(query, bits=4.0)
    expected = 26 * (4 + alignment.SAME_LENGTH) - missing * GAP
    # the note before the gap is as long as the next onset is far: all are equal here
    assert alignment.scores(shorter, longer, pair())[0] == expected
    assert alignment.scores(longer, shorter, pair())[0] == expected


def test_a_changed_note_costs_one_substitution():
    target = [60, 62, 64, 65, 67, 69, 71, 72]
    query = [*target[:4], 50, *target[5:]]
    found = alignment.passages(sequences(query), sequences(target), pair())
    assert found["score"].tolist() == [7 * (2 + alignment.SAME_LENGTH) - SUBSTITUTION]
    assert found["notes"].tolist() == [7]


def test_the_passage_alone_is_found_under_its_transposition_and_note_values():
    query = sequences([40, 41, 67, 69, 71, 72, 30], ticks=960)
    target = sequences([55, 60, 62, 64, 65, 90, 91, 92])
    found = alignment.passages(query, target, pair(transposition=7, scale=1.0))
    assert {name: values[0] for name, values in found.items()} == {
        "score": 4 * (2 + alignment.SAME_LENGTH),
        "notes": 4,
        "query_first": 2,
        "query_last": 5,
        "target_first": 1,
        "target_last": 4,
    }


def test_other_lengths_count_against_a_passage():
    query, target = sequences([60, 62, 64], ticks=480), sequences([60, 62, 64], ticks=960)
    each = 2 + alignment.OTHER_LENGTH
    assert alignment.scores(query, target, pair())[0] == max(3 * each, 0)


def test_nothing_in_common_is_the_empty_passage():
    found = alignment.passages(sequences([60, 62]), sequences([70, 75]), pair())
    assert found["score"][0] == 0 and found["notes"][0] == 0 and found["query_first"][0] == -1
