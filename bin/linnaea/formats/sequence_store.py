"""Sequences of a FASTA by position, in little memory."""

import os
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any, BinaryIO

from linnaea.base.errors import InputError
from linnaea.formats.sequences import BLOCK_BYTES, fasta_pieces, reverse_complement

LINE_BASES = 60


class SequenceStore:
    """The letters of a FASTA in a file without line ends, read by position; `lengths` is name -> bp."""

    def __init__(self, handle: BinaryIO) -> None:
        self._handle = handle
        self._offsets: dict[str, int] = {}
        self.lengths: dict[str, int] = {}

    def load(self, path: str | os.PathLike) -> None:
        """Add the sequences of a FASTA, plain or gzip; InputError for a name that is there already."""
        name = ""
        for head, piece in fasta_pieces(path):
            if head is not None:
                if head in self.lengths:
                    raise InputError(
                        f"{path}: two sequences are named {head}; give every sequence its own name"
                    )
                name = head
                self._offsets[name], self.lengths[name] = self._handle.tell(), 0
            self._handle.write(piece)
            self.lengths[name] += len(piece)

    def pieces(self, name: str, start: int, end: int, reverse: bool = False) -> Iterator[bytes]:
        """The letters [start, end) of a sequence in pieces, or those of their reverse complement."""
        offset, starts = self._offsets[name], range(start, end, BLOCK_BYTES)
        for low in reversed(starts) if reverse else starts:
            self._handle.seek(offset + low)
            letters = self._handle.read(min(end, low + BLOCK_BYTES) - low)
            yield reverse_complement(letters) if reverse else letters


@contextmanager
def stored_sequences(*paths: str | os.PathLike) -> Iterator[SequenceStore]:
    """The sequences of one or more FASTA files by position; needs as much space in TMPDIR as they have bases.

    A FASTA index would not do: gzip that is not blocked and lines of unequal lengths cannot be indexed.
    """
    with tempfile.TemporaryFile() as handle:
        store = SequenceStore(handle)
        for path in paths:
            store.load(path)
        yield store


def write_record(handle: Any, name: str, pieces: Iterable[bytes]) -> None:
    """Write a FASTA record from pieces of any length, in lines of `LINE_BASES`."""
    handle.write(b">%b\n" % name.encode())
    rest = b""
    for piece in pieces:
        letters = rest + piece
        whole = len(letters) // LINE_BASES * LINE_BASES
        handle.write(b"".join(letters[at : at + LINE_BASES] + b"\n" for at in range(0, whole, LINE_BASES)))
        rest = letters[whole:]
    if rest:
        handle.write(rest + b"\n")
