"""The pseudonym key, and encrypted files of profiles.

Goal: keep the key away from everything that the project writes, and move profiles from
one place to another so that they can be neither read nor altered on the way.

Conventions
-----------
* The key is 32 random bytes in a file that only its owner may read, by default
  ``ricercar/pseudonym.key`` in the user's configuration folder (``XDG_CONFIG_HOME``);
  ``RICERCAR_KEY_FILE`` names another. It never lies under ``data/`` or ``reports/``.
* An export is one header line of JSON, which names format, version and key derivation,
  and a body encrypted with AES-SIV; the header is authenticated with it. The plain text is
  a Parquet file.
* From the *key* the encryption key is derived by HKDF; equal profiles then give equal bytes,
  which is what AES-SIV is made for (all that leaks is that two exports are the same). From a
  *passphrase* it is derived by scrypt with a random salt.

Sources
-------
RFC 5297 (AES-SIV), RFC 5869 (HKDF), RFC 7914 (scrypt).
"""

import base64
import contextlib
import io
import json
import math
import os
import re
import secrets
import stat
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from ricercar import tables, workspace
from ricercar.errors import ParameterError, ReadError

#: first field of the header
FORMAT = "ricercar-profiles"
VERSION = 1
KEY_BYTES = 32
#: cost of scrypt: 2**15 blocks of 8 KiB take 32 MiB and about 0.1 s
SCRYPT = {"n": 2**15, "r": 8, "p": 1}
#: longest header that is read, bytes
_HEADER_LIMIT = 4096
#: bytes that go on a word
_LETTER = rb"[0-9A-Za-z_\x80-\xff]"


def key_path(key_file: str = "") -> Path:
    """Where the key is, whether it exists or not.

    Parameters
    ----------
    key_file : str
        A path; empty for ``RICERCAR_KEY_FILE`` or the configuration folder.

    Raises
    ------
    ParameterError
        If the path lies under ``data/`` or ``reports/``, from where results are passed on.
    """
    named = key_file or os.environ.get("RICERCAR_KEY_FILE", "")
    config = os.environ.get("XDG_CONFIG_HOME") or "~/.config"
    path = Path(named or f"{config}/ricercar/pseudonym.key").expanduser().resolve()
    for folder in ("data", "reports"):
        if path.is_relative_to(workspace.home() / folder):
            raise ParameterError(
                f"the key file {path} lies in {folder}/, from where results are passed on: "
                "choose a place outside (parameter key_file, or RICERCAR_KEY_FILE)"
            )
    return path


def load_key(key_file: str = "") -> bytes:
    """The pseudonym key; made on first use.

    Parameters
    ----------
    key_file : str
        See :func:`key_path`.

    Returns
    -------
    bytes
        32 bytes.

    Raises
    ------
    ParameterError
        If the file is open to others, or does not hold a key.
    """
    path = key_path(key_file)
    if not path.exists():
        _make_key(path)
    if os.name == "posix" and path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO):
        raise ParameterError(f"others may read the key file {path}: chmod 600 it")
    try:
        key = bytes.fromhex(path.read_text("ascii").strip())
    except ValueError:
        key = b""
    if len(key) != KEY_BYTES:
        raise ParameterError(
            f"{path} does not hold a key: {2 * KEY_BYTES} hexadecimal digits are expected"
        )
    return key


def _make_key(path: Path) -> None:
    """Write a new key whole or not at all; leave a key alone that appears meanwhile."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        handle, scratch = tempfile.mkstemp(prefix=".key-", dir=path.parent)  # mode 600
    except OSError as error:
        raise ParameterError(
            f"the key file {path} cannot be made ({error}): name another place with the "
            "parameter key_file or with RICERCAR_KEY_FILE"
        ) from None
    try:
        with os.fdopen(handle, "w", encoding="ascii") as file:
            file.write(secrets.token_hex(KEY_BYTES) + "\n")
        with contextlib.suppress(FileExistsError):
            os.link(scratch, path)
    finally:
        os.unlink(scratch)


def _cipher(secret: bytes | str, header: dict[str, Any]) -> Any:
    """AES-SIV under the key that the header's derivation makes of a key or passphrase."""
    from cryptography.hazmat.primitives.ciphers.aead import AESSIV
    from cryptography.hazmat.primitives.hashes import SHA256
    from cryptography.hazmat.primitives.kdf.hkdf import HKDF
    from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

    if header["derivation"] == "hkdf":
        if isinstance(secret, str):
            raise ReadError("this export was made with a key file, not with a passphrase")
        return AESSIV(HKDF(SHA256(), 64, salt=None, info=FORMAT.encode()).derive(secret))
    if isinstance(secret, bytes):
        raise ReadError("this export was made with a passphrase, not with a key file")
    cost = {name: int(header[name]) for name in SCRYPT}
    if cost["n"] > 2**20 or cost["r"] > 32 or cost["p"] > 16:
        raise ReadError("the export asks for more work than any export needs: it was altered")
    salt = bytes.fromhex(header["salt"])
    return AESSIV(Scrypt(salt=salt, length=64, **cost).derive(secret.encode()))


def export_profiles(profiles: pd.DataFrame, path: Path, secret: bytes | str) -> dict[str, Any]:
    """Write profiles encrypted.

    Parameters
    ----------
    profiles : pandas.DataFrame
        Schema ``profiles``.
    path : Path
        Written atomically.
    secret : bytes or str
        The key (bytes, see :func:`load_key`) or a passphrase (str, at least 8 characters).

    Returns
    -------
    dict
        The header, which anyone can read: nothing in it tells of listeners.
    """
    if len(secret) < (8 if isinstance(secret, str) else 16):
        raise ParameterError("the passphrase or key is too short to protect anything")
    header: dict[str, Any] = {"format": FORMAT, "version": VERSION, "cipher": "AES-SIV"}
    if isinstance(secret, bytes):
        header["derivation"] = "hkdf"
    else:
        header |= {"derivation": "scrypt", **SCRYPT, "salt": secrets.token_hex(16)}
    line = json.dumps(header, sort_keys=True).encode() + b"\n"
    plain = io.BytesIO()
    tables.validate("profiles", profiles).to_parquet(plain, index=False, compression="zstd")
    body = _cipher(secret, header).encrypt(plain.getvalue(), [line])
    with workspace.writing(path) as scratch:
        scratch.write_bytes(line + body)
    return header


def import_profiles(path: Path, secret: bytes | str) -> pd.DataFrame:
    """Read what :func:`export_profiles` wrote.

    Parameters
    ----------
    path : Path
    secret : bytes or str
        The same key or passphrase.

    Returns
    -------
    pandas.DataFrame
        Schema ``profiles``, equal to what was exported.

    Raises
    ------
    ReadError
        If the file is no export, of a later version, altered, or the secret is another.
    """
    return decrypt_profiles(path.read_bytes(), secret, str(path))


def decrypt_profiles(content: bytes, secret: bytes | str, name: str = "this") -> pd.DataFrame:
    """Decrypt the content of an export; otherwise like :func:`import_profiles`.

    Parameters
    ----------
    content : bytes
    secret : bytes or str
    name : str
        What the content is called in messages.
    """
    from cryptography.exceptions import InvalidTag

    line, end, body = content.partition(b"\n")
    try:
        header = json.loads(line) if end and len(line) < _HEADER_LIMIT else None
        if not isinstance(header, dict) or header.get("format") != FORMAT:
            raise ValueError
    except ValueError:
        raise ReadError(f"{name} is not an export of profiles") from None
    if header.get("version") != VERSION:
        raise ReadError(
            f"{name} is an export of version {header.get('version')}, this one reads {VERSION}"
        )
    try:
        plain = _cipher(secret, header).decrypt(body, [line + end])
    except ReadError:
        raise
    except (InvalidTag, KeyError, TypeError, ValueError):
        raise ReadError(
            f"{name} cannot be decrypted: the key or passphrase is another one, "
            "or the file was altered"
        ) from None
    return tables.validate("profiles", pd.read_parquet(io.BytesIO(plain)))


def leaks(paths: Sequence[Path], names: Sequence[str], secret: bytes = b"") -> pd.DataFrame:
    """Look for listeners' ids and for a key in files and in folders of files.

    Text, that of Parquet files included, is searched for ids as whole words: ``u1`` is not in
    ``u12``. In other files, encrypted ones for example, an id may stand anywhere, and by chance,
    too: there only ids of at least :func:`least_length` bytes are looked for.

    Parameters
    ----------
    paths : sequence of Path
    names : sequence of str
        Ids that must not be there.
    secret : bytes
        A key that must not be there, as bytes, hexadecimal or base64.

    Returns
    -------
    pandas.DataFrame
        ``file`` (name), ``what`` ("key" or "listener id"); no row if nothing was found.
    """
    spelt = [secret, secret.hex().encode(), base64.b64encode(secret)] if secret else []
    words = sorted({name.encode() for name in names}, key=len, reverse=True)
    files = sorted(f for p in paths for f in (p.rglob("*") if p.is_dir() else [p]) if f.is_file())
    found = []
    for file in files:
        raw = file.read_bytes()
        text = raw
        if file.suffix == ".parquet":
            frame = pd.read_parquet(file).select_dtypes(include=["object", "string"])
            columns = (frame[name].dropna().astype(str) for name in frame)
            text = "\n".join(column.str.cat(sep="\n") for column in columns).encode()
        if any(form in content for form in spelt for content in (raw, text)):
            found.append((file.name, "key"))
        if _holds(text, words):
            found.append((file.name, "listener id"))
    return pd.DataFrame(found, columns=["file", "what"], dtype="str")


def least_length(size: int, names: int) -> int:
    """Least length in bytes of an id that random bytes hardly hold by chance.

    Parameters
    ----------
    size : int
        Number of random bytes.
    names : int
        Number of ids that are looked for.

    Returns
    -------
    int
        The smallest length at which fewer than 0.001 hits are expected.

    Examples
    --------
    >>> least_length(100_000, 400)
    5
    """
    return math.ceil(math.log(max(1, size * names) / 0.001, 256))


def _holds(content: bytes, words: Sequence[bytes]) -> bool:
    """Whether one of the words, longest first, is in the content."""
    try:
        content.decode()
    except UnicodeDecodeError:
        least = least_length(len(content), len(words))
        pattern = b"|".join(re.escape(word) for word in words if len(word) >= least)
    else:
        pattern = b"|".join(map(re.escape, words))
        pattern = pattern and b"(?<!" + _LETTER + b")(?:" + pattern + b")(?!" + _LETTER + b")"
    return bool(pattern) and re.search(pattern, content) is not None
