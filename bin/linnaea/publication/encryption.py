"""Encrypted copies of files (Crypt4GH) for archives of sensitive data, with the checksums they ask for."""

import hashlib
import os
import sys
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import IO, Any

from linnaea.base.errors import InputError
from linnaea.base.files import complete_path
from linnaea.base.tables import write_table

COLUMNS = (
    "file", "encrypted_file", "bytes", "encrypted_bytes", "md5", "sha256", "encrypted_md5",
    "encrypted_sha256",
)  # fmt: skip
ENDING = ".c4gh"
TABLE = "checksums.tsv"


class Checksums:
    """A stream that passes bytes on and keeps their number, MD5 and SHA-256.

    Sums are made by threads of their own, beside the encryption, each in the order of the bytes.
    """

    def __init__(self, stream: IO[bytes]) -> None:
        self.stream, self.bytes = stream, 0
        self._digests = hashlib.md5(usedforsecurity=False), hashlib.sha256()
        self._workers = [ThreadPoolExecutor(1) for _ in self._digests]
        self._pending: list[bytes] = []
        self._size = 0
        self._running: list[Future[None]] = []

    def readinto(self, buffer: bytearray) -> int:
        """Fill the buffer, less only at the end of the file."""
        view, filled = memoryview(buffer), 0
        while filled < len(view) and (number := self.stream.readinto(view[filled:])):  # type: ignore[attr-defined]
            filled += number
        self._add(bytes(view[:filled]))
        return filled

    def write(self, data: bytes) -> int:
        self._add(bytes(data))
        return self.stream.write(data)

    def _add(self, data: bytes) -> None:
        self._pending.append(data)
        self._size += len(data)
        self.bytes += len(data)
        if self._size >= 1 << 22:
            self._flush()

    def _flush(self) -> None:
        """Hand the next bytes to the threads when they are done with the last, so that memory stays flat."""
        for one in self._running:
            one.result()
        data, self._pending, self._size = b"".join(self._pending), [], 0
        self._running = [
            worker.submit(digest.update, data)
            for worker, digest in zip(self._workers, self._digests, strict=True)
        ]

    def hexdigests(self) -> list[str]:
        """MD5 and SHA-256 of all bytes; the stream is done."""
        self._flush()
        for worker in self._workers:
            worker.shutdown()
        return [digest.hexdigest() for digest in self._digests]


def encrypt(*, files: Sequence[str], recipient: Sequence[str], out: str) -> None:
    """Encrypt files for one or several recipients with Crypt4GH, and write the table of their checksums.

    A recipient decrypts with the secret key that belongs to the public key given here. The files are written
    with a session key and a sender's key that are made for this call and kept nowhere.

    files: files to encrypt
    recipient: public keys, one file each (Crypt4GH or OpenSSH ed25519)
    out: folder of the encrypted files and of checksums.tsv
    """
    keys = [(0, _sender(), public_key(path)) for path in recipient]
    folder = Path(out)
    names = [Path(path).name for path in files]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise InputError(f"two files are called {twice[0]}; rename one, or encrypt them into two folders")
    if lost := [path for path in files if not Path(path).is_file()]:
        raise InputError(f"{lost[0]} does not exist; give files, not folders")
    if there := [name for name in names if (folder / (name + ENDING)).exists()]:
        raise InputError(f"{folder / (there[0] + ENDING)} exists; give another folder")
    old = os.umask(0o077)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        rows = [encrypt_file(Path(path), folder, keys) for path in files]
        write_table(folder / TABLE, COLUMNS, rows)
    finally:
        os.umask(old)
    print(f"{out}: {len(rows)} files encrypted for {len(keys)} recipients", file=sys.stderr)


def _sender() -> bytes:
    """A secret key of X25519 for one call."""
    return os.urandom(32)


def public_key(path: str) -> bytes:
    """The public key of a recipient; InputError where the file holds none."""
    if os.environ.get("C4GH_DEBUG"):
        raise InputError("C4GH_DEBUG is set, with which crypt4gh prints secret keys; unset it")
    try:
        from crypt4gh.keys import get_public_key
    except ImportError:
        raise InputError("crypt4gh is not installed: `pip install crypt4gh`, then try again") from None
    if not Path(path).is_file():
        raise InputError(f"recipient {path} does not exist; give the file of a public key")
    if "PRIVATE KEY" in Path(path).read_text(errors="replace"):
        raise InputError(f"{path} is a secret key, which only its owner may have; give the public key")
    try:
        key = get_public_key(path)
    except Exception as error:  # crypt4gh raises whatever its decoders do
        raise InputError(f"{path} is not a public key of Crypt4GH or OpenSSH ed25519 ({error})") from None
    return bytes(key)


def encrypt_file(path: Path, folder: Path, keys: Sequence[tuple[int, bytes, bytes]]) -> list[Any]:
    """Encrypt a file into a folder; its row of the table of checksums. A file under its name is complete."""
    from crypt4gh import lib

    target = folder / (path.name + ENDING)
    with complete_path(target) as partial, path.open("rb") as source, partial.open("wb") as output:
        plain, encrypted = Checksums(source), Checksums(output)
        lib.encrypt(keys, plain, encrypted)
        sums = [*plain.hexdigests(), *encrypted.hexdigests()]
        if plain.bytes != path.stat().st_size:
            raise InputError(f"{path} changed while it was read; encrypt it again when it is complete")
    return [path.name, target.name, plain.bytes, encrypted.bytes, *sums]


COMMAND = encrypt
