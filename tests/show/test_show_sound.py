"""Sound and score: as long, as high and as many notes as were given."""

import base64
import io
import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import soundfile

from ricercar import show
from ricercar.errors import ParameterError, ReadError, TableError
from ricercar.show import engraving, sound
from ricercar.show.soundfont import SoundFont


def scale(pitches: list[int], part: int = 0, duration: int = 480) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "piece": "test/scale",
            "part": part,
            "onset": np.arange(len(pitches)) * duration,
            "duration": duration,
            "pitch": pitches,
        }
    )


def test_sound_lasts_as_long_as_the_notes_and_decays() -> None:
    samples, rate = show.render_audio(scale([60, 62, 64, 65, 67, 69, 71, 72]), tempo=120)
    assert samples.dtype == np.float32 and samples.ndim == 1
    assert 4.0 <= len(samples) / rate <= 8.0
    assert 0.5 < np.abs(samples).max() <= 1.0


@pytest.mark.parametrize("program", [0, 6, 40])
@pytest.mark.parametrize("pitch", [41, 57, 60, 69, 76, 88])
def test_tones_are_in_tune(pitch: int, program: int) -> None:
    """The strongest partial is a whole multiple of the pitch, within a fifth of a semitone."""
    samples, rate = show.render_audio(scale([pitch], duration=1920), program=program)
    spectrum = np.abs(np.fft.rfft(samples * np.hanning(len(samples)), 1 << 18))
    heard = spectrum.argmax() * rate / (1 << 18) / (440 * 2 ** ((pitch - 69) / 12))
    assert round(heard) in (1, 2, 3, 4)
    assert abs(1200 * np.log2(heard / round(heard))) < 20


def test_a_tone_dies_away_and_the_next_starts_on_time() -> None:
    notes = scale([60, 60]).assign(onset=[0, 1920], duration=480)
    samples, rate = show.render_audio(notes, tempo=60)  # a tone of a second at 0 and 4 seconds
    level = [np.abs(samples[int(at * rate) :][:2000]).max() for at in (0.1, 0.8, 2.5, 3.9, 4.1)]
    assert level[0] > level[1] > level[2] >= level[3]
    assert level[3] < 0.001 and level[4] > 0.2


def test_what_is_no_sound_font_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.sf2").write_bytes(b"RIFF\0\0\0\0WAVE")
    with pytest.raises(ReadError, match="a.sf2"):
        SoundFont(tmp_path / "a.sf2")


def test_ogg_decodes_to_the_same_sound_and_has_the_same_bytes() -> None:
    samples, rate = show.render_audio(scale([60, 64, 67]))
    encoded = show.encode_ogg(samples, rate)
    decoded, same_rate = soundfile.read(io.BytesIO(encoded))
    assert same_rate == rate and len(decoded) == len(samples)
    assert np.corrcoef(decoded, samples)[0, 1] > 0.97
    assert encoded == show.encode_ogg(samples, rate)
    again, _ = show.render_audio(scale([60, 64, 67]))
    assert np.array_equal(samples, again)


def test_player_carries_its_sound() -> None:
    html = sound.audio_html(scale([60]), "One <note>.")
    source = re.search(r'<audio controls [^>]*src="data:audio/ogg;base64,(.*?)"', html)
    assert source is not None
    assert base64.b64decode(source[1])[:4] == b"OggS"
    assert html.count("One &lt;note&gt;.") == 2  # label and caption


def test_what_cannot_be_played_is_refused() -> None:
    with pytest.raises(ParameterError, match="tempo"):
        show.render_audio(scale([60]), tempo=0)
    with pytest.raises(TableError, match="no notes"):
        show.render_audio(scale([60])[:0])


def test_first_bars_cut_what_sounds_longer() -> None:
    notes = scale([60, 62, 64, 65, 67, 69], duration=720)
    shown = engraving.first_bars(notes, "3/4", pickup=480, bars=1)
    assert shown["pitch"].tolist() == [60, 62, 64]
    assert (shown["onset"] + shown["duration"]).max() == 480 + 1440
    with pytest.raises(ParameterError, match="meter"):
        engraving.first_bars(notes, "fast")
    with pytest.raises(ParameterError, match="bars"):
        engraving.first_bars(notes, bars=0)


def test_score_holds_as_many_notes_as_given() -> None:
    voices = [scale([67 - 7 * part + step for step in range(8)], part) for part in range(3)]
    svg = engraving.engrave(pd.concat(voices), "Three voices", "4/4")
    assert len(re.findall(r'class="note"', svg)) == 24
    assert len(re.findall(r'class="staff"', svg)) >= 3
    assert "http" not in svg
    assert svg == engraving.engrave(pd.concat(voices), "Three voices", "4/4")


def test_score_without_meter_and_key_is_engraved(monkeypatch: pytest.MonkeyPatch) -> None:
    shown: list[str] = []
    monkeypatch.setattr(engraving, "emit", shown.append)
    show.score(scale([60, 62]), "Two <notes>.", title="<b>", meter=float("nan"), key=None)
    assert 'role="img" aria-label="Score of &lt;b&gt;: 1 part, 2 notes from C4 to D4"' in shown[0]
    assert '<p class="name">&lt;b&gt;</p>' in shown[0] and "Two &lt;notes&gt;." in shown[0]


def test_score_says_what_it_holds() -> None:
    assert engraving.describe(scale([60, 72]), "A") == "Score of A: 1 part, 2 notes from C4 to C5"


def test_a_long_piece_can_be_encoded() -> None:
    """More samples than libsndfile's encoder can take at once."""
    ogg = sound.encode_ogg(np.zeros(3_000_000, np.float32), 22050)
    assert soundfile.info(io.BytesIO(ogg)).frames == 3_000_000
