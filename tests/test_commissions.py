"""Who composes beside whom, for what they are asked, and what of that is unequal."""

from types import SimpleNamespace

import pandas as pd
import pytest

from ricercar import commissions
from ricercar.assess.reference import TUNES, VOICES, Reference
from ricercar.commissions import OWN, PRETRAINED


def generator(styles, held_out, voices=1, count=0):
    """Stands in for a trained one: the styles that it knows, learnt from ``count`` pieces."""
    usual = {styles[0]: [("4/4", "major", 32, False, 0, count)]}
    vocabulary = SimpleNamespace(styles=styles, voices=voices, usual=usual)
    return SimpleNamespace(
        composers=[SimpleNamespace(vocabulary=vocabulary)],
        styles=styles,
        held_out=held_out,
        describe=lambda: {"styles": styles, "held_out": held_out},
    )


def catalogue():
    styles = ["chorale"] * 4 + ["reel"] * 6 + ["jig"] * 4 + ["polka"] * 3
    pieces = pd.DataFrame({"style": styles, "collection": "ryan"})
    pieces["piece"] = [f"ryan/{number}" for number in range(len(pieces))]
    mine = pd.DataFrame({"piece": ["own/1"], "style": "reel", "collection": "own"})
    return pd.concat([pieces, mine], ignore_index=True)


GREAT = generator(["chorale", "reel", "jig", "slide"], ["ryan/0", "ryan/4", "ryan/10", "ryan/99"])
SMALL = generator(["reel", "polka"], ["ryan/5", "ryan/16"])


@pytest.fixture
def chosen(monkeypatch):
    def choose(main, own=SMALL):
        monkeypatch.setattr(commissions.sampling, "choose", lambda *_: main)
        monkeypatch.setattr(commissions.sampling, "load", lambda *_: own)
        return commissions.generators("pretrained", "a", "b", catalogue())

    return choose


def test_the_pretrained_generator_stands_before_the_runs_own(chosen):
    assert list(chosen(GREAT)) == [PRETRAINED, OWN]


def test_where_there_is_no_other_the_runs_own_stands_alone(chosen):
    assert chosen(SMALL) == {OWN: SMALL}


def test_a_pretrained_generator_of_other_music_is_not_asked(chosen):
    assert list(chosen(generator(["raga"], ["x/1"]))) == [OWN]
    assert list(chosen(generator(["reel"], ["elsewhere/1"]))) == [OWN]


def test_what_the_pretrained_generator_never_saw_is_not_its_repertoire():
    known = commissions.repertoire(PRETRAINED, GREAT, catalogue())
    assert "own/1" not in set(known["piece"]) and set(known["style"]) == {"chorale", "reel", "jig"}
    assert "own/1" in set(commissions.repertoire(OWN, SMALL, catalogue())["piece"])


def test_the_second_generator_is_asked_for_what_both_know():
    makers = {PRETRAINED: GREAT, OWN: SMALL}
    found, held_out = commissions.repertoires(makers, catalogue())
    assert set(found[OWN]["style"]) == {"reel"} and "own/1" not in set(found[OWN]["piece"])
    assert {"ryan/0", "ryan/4", "ryan/10"} <= set(held_out) and "ryan/5" not in held_out


def test_generators_that_share_no_style_bring_their_own_pieces_and_held_out_ones():
    other = generator(["polka"], ["ryan/16"])
    found, held_out = commissions.repertoires({PRETRAINED: GREAT, OWN: other}, catalogue())
    assert set(found[OWN]["style"]) == {"polka"} and "ryan/16" in held_out


def test_tunes_are_asked_for_as_held_out_tunes_are():
    real = commissions.repertoire(PRETRAINED, GREAT, catalogue())
    asked = commissions.requests(GREAT, real, chorales=3, tunes=400, seed=1)
    assert asked[:3] == ["chorale"] * 3 and asked[3:] == sorted(asked[3:])
    assert asked.count("reel") == pytest.approx(200, abs=40)
    assert asked.count("reel") + asked.count("jig") == 400
    assert asked == commissions.requests(GREAT, real, chorales=3, tunes=400, seed=1)


def test_without_held_out_tunes_all_tunes_give_the_mix_and_absent_styles_are_not_asked_for():
    real = catalogue().query("style == 'reel'")
    asked = commissions.requests(generator(["reel", "chorale"], []), real, 5, 7, seed=1)
    assert asked == ["reel"] * 7
    assert commissions.requests(GREAT, real.head(0), 5, 7, seed=1) == []


def reference(train, valid, test):
    sides = [(pd.DataFrame({"piece": one, "style": "reel"}), None) for one in (train, valid, test)]
    return Reference("tiny", *sides)


def test_what_is_unequal_is_said():
    great = generator(["reel"], ["a/3", "a/4"], count=50)
    real = {TUNES: reference(["a/1", "a/2"], [], ["a/3", "a/4"])}
    small = generator(["reel"], ["a/2", "a/3"], count=2)
    said = commissions.cautions({PRETRAINED: great, OWN: small}, real)
    assert "learnt from 50 tunes, and 2 stand in *train*" in said[0]
    assert "held out 1 piece of *train* and learnt from 1 of *valid* and *test*" in said[1]
    assert len(said) == 2


def test_nothing_is_said_where_nothing_is_unequal():
    real = {TUNES: reference(["a/1", "a/2"], [], ["a/3"])}
    alone = generator(["reel"], ["a/3"], count=2)
    assert commissions.cautions({OWN: alone}, real) == []
    both = {PRETRAINED: alone, OWN: generator(["reel"], ["a/3"], count=2)}
    assert commissions.cautions(both, real) == []
    voices = generator(["chorale"], [], voices=4, count=9)
    assert VOICES in commissions.learnt_from(voices)
    assert commissions.cautions({OWN: voices}, real) == []
