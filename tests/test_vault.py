"""The key stays outside, and an export is private, whole and the same each time."""

import os
import stat

import numpy as np
import pandas as pd
import pytest

from ricercar import vault
from ricercar.errors import ParameterError, ReadError

KEY = bytes(range(32))


@pytest.fixture(autouse=True)
def own_folders(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("RICERCAR_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("RICERCAR_KEY_FILE", raising=False)


@pytest.fixture
def profiles():
    return pd.DataFrame(
        {
            "listener": ["L-1", "L-2"],
            "events": [3, 0],
            "style.jig": [1.0, np.nan],
            "melody.range": [-0.25, 1e-300],
        }
    ).astype({"listener": "str"})


def test_the_key_is_made_once_for_its_owner_only(tmp_path):
    key = vault.load_key()
    path = tmp_path / "config" / "ricercar" / "pseudonym.key"
    assert len(key) == 32 and vault.load_key() == key
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [p.name for p in path.parent.iterdir()] == ["pseudonym.key"]


def test_the_key_may_be_elsewhere_but_not_among_results(tmp_path, monkeypatch):
    monkeypatch.setenv("RICERCAR_KEY_FILE", str(tmp_path / "other" / "k"))
    key = vault.load_key()
    assert vault.load_key(str(tmp_path / "other" / "k")) == key
    for folder in ("data", "reports"):
        with pytest.raises(ParameterError, match="lies in"):
            vault.load_key(str(tmp_path / "home" / folder / "quick" / "k"))


@pytest.mark.skipif(os.name != "posix", reason="file modes are POSIX")
def test_a_key_that_others_can_read_or_that_is_no_key_is_refused(tmp_path):
    vault.load_key()
    path = vault.key_path()
    path.chmod(0o644)
    with pytest.raises(ParameterError, match="chmod 600"):
        vault.load_key()
    path.chmod(0o600)
    path.write_text("not a key")
    with pytest.raises(ParameterError, match="64 hexadecimal"):
        vault.load_key()


def test_a_place_that_cannot_hold_a_key_is_named(tmp_path):
    (tmp_path / "file").write_text("not a folder")
    with pytest.raises(ParameterError, match="RICERCAR_KEY_FILE"):
        vault.load_key(str(tmp_path / "file" / "key"))


@pytest.mark.parametrize("secret", [KEY, "correct horse battery"])
def test_an_export_comes_back_equal(profiles, tmp_path, secret):
    path = tmp_path / "profiles.enc"
    vault.export_profiles(profiles, path, secret)
    pd.testing.assert_frame_equal(vault.import_profiles(path, secret), profiles)
    raw = path.read_bytes()
    assert b"L-1" not in raw and b"PAR1" not in raw and b"jig" not in raw


def test_with_the_key_equal_profiles_give_equal_bytes(profiles, tmp_path):
    one, two, three = (tmp_path / name for name in ("1", "2", "3"))
    vault.export_profiles(profiles, one / "a.enc", KEY)
    vault.export_profiles(profiles, two / "a.enc", KEY)
    vault.export_profiles(profiles.assign(events=[3, 1]), three / "a.enc", KEY)
    assert (one / "a.enc").read_bytes() == (two / "a.enc").read_bytes()
    assert (one / "a.enc").read_bytes() != (three / "a.enc").read_bytes()


def test_with_a_passphrase_the_salt_is_new_each_time(profiles, tmp_path):
    headers = [vault.export_profiles(profiles, tmp_path / "a.enc", "a passphrase") for _ in "12"]
    assert headers[0]["salt"] != headers[1]["salt"]


@pytest.mark.parametrize("secret", [bytes(32), "correct horse battery", "wrong horse battery"])
def test_another_secret_is_refused(profiles, tmp_path, secret):
    path = tmp_path / "profiles.enc"
    right = KEY if secret != "wrong horse battery" else "correct horse battery"
    vault.export_profiles(profiles, path, right)
    with pytest.raises(ReadError):
        vault.import_profiles(path, secret)


def test_every_altered_byte_is_noticed(profiles, tmp_path):
    path = tmp_path / "profiles.enc"
    vault.export_profiles(profiles, path, KEY)
    whole = path.read_bytes()
    places = [*range(0, whole.index(b"\n") + 1, 3), *range(len(whole) - 1, 90, -41)]
    for place in places:
        altered = bytearray(whole)
        altered[place] ^= 1
        with pytest.raises(ReadError):
            vault.decrypt_profiles(bytes(altered), KEY)
    for stump in (b"", whole[:50], whole[: whole.index(b"\n") + 1], whole[:-1]):
        with pytest.raises(ReadError):
            vault.decrypt_profiles(stump, KEY)


def test_other_files_and_later_versions_are_named(profiles, tmp_path):
    path = tmp_path / "profiles.enc"
    path.write_bytes(b"PAR1 and so on\n")
    with pytest.raises(ReadError, match=r"profiles\.enc is not an export"):
        vault.import_profiles(path, KEY)
    path.write_bytes(b'{"format": "ricercar-profiles", "version": 2}\n')
    with pytest.raises(ReadError, match="version 2"):
        vault.import_profiles(path, KEY)


def test_a_header_cannot_ask_for_endless_work():
    header = b'{"derivation": "scrypt", "format": "ricercar-profiles", "version": 1, '
    header += b'"n": 1099511627776, "r": 8, "p": 1, "salt": "00"}\n'
    with pytest.raises(ReadError, match="altered"):
        vault.decrypt_profiles(header + bytes(64), "a passphrase")


def test_short_secrets_protect_nothing(profiles, tmp_path):
    for secret in ("short", b"short"):
        with pytest.raises(ParameterError, match="too short"):
            vault.export_profiles(profiles, tmp_path / "a.enc", secret)


def test_leaks_are_found_in_text_parquet_and_folders(profiles, tmp_path):
    folder = tmp_path / "out"
    folder.mkdir()
    profiles.to_parquet(folder / "profiles.parquet", compression="zstd")
    (folder / "key.txt").write_text(f"the key is {KEY.hex()}")
    (folder / "clean.txt").write_text("nothing")
    found = vault.leaks([folder], ["L-2"], KEY)
    assert found.values.tolist() == [["key.txt", "key"], ["profiles.parquet", "listener id"]]
    assert vault.leaks([folder / "clean.txt"], ["L-2"], KEY).empty
    assert vault.leaks([folder], []).empty


def test_short_ids_are_not_found_where_they_do_not_stand(tmp_path):
    text, noise = tmp_path / "log.txt", tmp_path / "export.enc"
    text.write_text("u12 heard bach/bwv1")
    noise.write_bytes(bytes(range(256)) * 400 + b"u1 and listener-1")
    assert vault.leaks([text], ["u1", "1"]).empty
    assert vault.leaks([text], ["u12"])["file"].tolist() == ["log.txt"]
    assert vault.leaks([noise], ["u1", "89", "yz"]).empty  # any two bytes may stand there by chance
    assert vault.leaks([noise], ["u1", "listener-1"])["file"].tolist() == ["export.enc"]
