"""Encrypted files are read by their recipients alone, and their checksums are right."""

import hashlib
import io
import os
import stat
from pathlib import Path

import crypt4gh.keys
import crypt4gh.keys.c4gh
import crypt4gh.lib
import pytest

from linnaea.base.errors import InputError
from linnaea.base.tables import read_table
from linnaea.publication.encryption import Checksums, encrypt


def key_pair(folder: Path, name: str) -> tuple[str, bytes]:
    """Path of a public key, and the secret key."""
    secret, public = folder / f"{name}.sec", folder / f"{name}.pub"
    crypt4gh.keys.c4gh.generate(str(secret), str(public), passphrase=None, comment=b"")
    return str(public), crypt4gh.keys.get_private_key(str(secret), lambda: "")


def decrypted(path: Path, secret: bytes) -> bytes:
    out = io.BytesIO()
    with path.open("rb") as handle:
        crypt4gh.lib.decrypt([(0, secret, None)], handle, out)
    return out.getvalue()


@pytest.mark.parametrize("size", [0, 1, 65_535, 65_536, 65_537, 9_000_000])
def test_every_recipient_reads_the_file(tmp_path: Path, size: int) -> None:
    content = os.urandom(size)
    (tmp_path / "a.bam").write_bytes(content)
    keys = [key_pair(tmp_path, name) for name in ("one", "two")]
    out = tmp_path / "out"
    encrypt(files=[str(tmp_path / "a.bam")], recipient=[public for public, _ in keys], out=str(out))
    sealed = (out / "a.bam.c4gh").read_bytes()
    assert sealed.startswith(b"crypt4gh")
    for _, secret in keys:
        assert decrypted(out / "a.bam.c4gh", secret) == content
    (row,) = read_table(out / "checksums.tsv")
    assert row == {
        "file": "a.bam",
        "encrypted_file": "a.bam.c4gh",
        "bytes": str(size),
        "encrypted_bytes": str(len(sealed)),
        "md5": hashlib.md5(content).hexdigest(),
        "sha256": hashlib.sha256(content).hexdigest(),
        "encrypted_md5": hashlib.md5(sealed).hexdigest(),
        "encrypted_sha256": hashlib.sha256(sealed).hexdigest(),
    }
    assert {stat.S_IMODE(path.stat().st_mode) for path in out.iterdir()} == {0o600}


def test_another_key_does_not_open_it(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"x" * 100)
    public, _ = key_pair(tmp_path, "one")
    _, other = key_pair(tmp_path, "two")
    encrypt(files=[str(tmp_path / "a")], recipient=[public], out=str(tmp_path / "out"))
    with pytest.raises(ValueError, match=r"[Nn]o supported encryption method"):
        decrypted(tmp_path / "out" / "a.c4gh", other)


def test_a_stream_that_gives_little_at_a_time_is_read_to_its_end() -> None:
    """A short read is no end of the file: pipes and network file systems give what they have."""

    class Slow(io.BytesIO):
        def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
            return super().readinto(buffer[:1000])

    content = os.urandom(200_000)
    plain, out = Checksums(Slow(content)), io.BytesIO()
    secret = os.urandom(32)
    from nacl.public import PrivateKey

    crypt4gh.lib.encrypt([(0, os.urandom(32), bytes(PrivateKey(secret).public_key))], plain, out)
    assert plain.hexdigests()[1] == hashlib.sha256(content).hexdigest()
    result = io.BytesIO()
    crypt4gh.lib.decrypt([(0, secret, None)], io.BytesIO(out.getvalue()), result)
    assert result.getvalue() == content


@pytest.mark.parametrize(
    "fault, says",
    [
        ("secret", "is a secret key"),
        ("text", "is not a public key"),
        ("absent key", "does not exist; give the file of a public key"),
        ("absent file", "does not exist; give files"),
        ("twice", "two files are called a"),
        ("there", "exists; give another folder"),
        ("debug", "C4GH_DEBUG is set"),
    ],
)
def test_what_cannot_be_encrypted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fault: str, says: str
) -> None:
    (tmp_path / "a").write_text("x")
    public, _ = key_pair(tmp_path, "one")
    (tmp_path / "text").write_text("no key")
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "a").write_text("y")
    keys = {"secret": tmp_path / "one.sec", "text": tmp_path / "text", "absent key": tmp_path / "none"}
    files = {"absent file": [tmp_path / "b"], "twice": [tmp_path / "a", tmp_path / "other" / "a"]}
    out = tmp_path / "out"
    if fault == "there":
        out.mkdir()
        (out / "a.c4gh").write_text("old")
    if fault == "debug":
        monkeypatch.setenv("C4GH_DEBUG", "1")
    with pytest.raises(InputError, match=says):
        encrypt(
            files=[str(path) for path in files.get(fault, [tmp_path / "a"])],
            recipient=[str(keys.get(fault, public))],
            out=str(out),
        )
    assert fault == "there" or not out.exists()
