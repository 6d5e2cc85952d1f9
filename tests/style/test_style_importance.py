"""What a model relies on, singly and in clusters."""

import numpy as np

from ricercar import style


def test_the_telling_feature_is_found(tested, columns, telling):
    dealt, table, _ = tested
    singly = {column: [column] for column in columns}
    result = style.importance(dealt, table, singly, seen=columns, seed=1)
    assert result.loc[0, "name"] == telling
    assert result.loc[0, "low"] > 0.1
    assert result.loc[1, "value"] < 0.1
    assert (result["n"] == len(dealt)).all()
    families = {
        family: [name for name in columns if name.startswith(family)]
        for family in ("melody", "rhythm", "harmony")
    }
    found = style.importance(dealt, table, families, seen=columns, seed=1)
    by_family = found.set_index("name")["value"]
    assert by_family.idxmax() == "rhythm"
    assert by_family["harmony"] == 0


def test_copies_hide_behind_each_other_until_they_are_shuffled_together(world, columns, telling):
    pieces, table = world(n=80, noise=4.0)
    rng = np.random.default_rng(0)
    copies = [name for name in columns if name.startswith("melody.")][:3]
    for name in copies:
        table[name] = -table[telling] + rng.normal(size=len(table))
    clusters = style.together(table)
    together = next(name for name, members in clusters.items() if telling in members)
    assert set(clusters[together]) == {telling, *copies}
    assert together.endswith(" + 3") and together.removesuffix(" + 3") in clusters[together]
    assert sorted(sum(clusters.values(), [])) == sorted(columns)
    dealt = style.assign_folds(pieces, folds=2, min_pieces=10)
    shuffled = {**clusters, telling: [telling]}
    found = style.importance(dealt, table, shuffled, seen=columns, seed=1)
    loss = found.set_index("name")["value"]
    assert loss[together] > 0.3
    assert loss[telling] < loss[together] - 0.2


def test_clusters_have_the_same_names_whatever_the_order_of_pieces(world):
    _, table = world(n=60)
    again = table.sample(frac=1, random_state=1, ignore_index=True)
    assert style.together(table) == style.together(again)
