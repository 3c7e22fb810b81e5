"""Streaming readers of FASTA, FASTQ and unaligned BAM that hand out numpy-sized pieces.

Memory does not grow with the file (only with its longest FASTQ record), gzip is recognised by its
first bytes, and every fault of a file is an `InputError` that names the file and the place.
"""

import os
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from linnaea.base.errors import InputError

BLOCK_BYTES = 1 << 20
IUPAC_NUCLEOTIDES = b"ACGTUNRYSWKMBDHVacgtunryswkmbdhv"
_COMPLEMENT = bytes.maketrans(IUPAC_NUCLEOTIDES, b"TGCAANYRSWMKVHDBtgcaanyrswmkvhdb")
# The empty BGZF block that closes every whole BAM file (SAM specification, section 4.1.2).
BAM_END = bytes.fromhex("1f8b08040000000000ff0600424302001b0003000000000000000000")
_GZIP_MAGIC = b"\x1f\x8b"
# From this size on a thread that decompresses pays; to start one takes longer than to read a smaller file.
_THREAD_BYTES = 1 << 20


@dataclass
class ReadBatch:
    """Some consecutive reads: `lengths` (reads,), `bases` and `qualities` (sum of lengths,).

    `bases` are ASCII letters, `qualities` are Phred + 33, or None where the file has none; all
    arrays are uint8 but `lengths` (int64). `names` are the first words of the headers, and
    `accuracies` those that a BAM has in its tag rq (NaN for reads without).
    """

    lengths: np.ndarray
    bases: np.ndarray
    qualities: np.ndarray | None
    names: list[bytes] = field(default_factory=list)
    accuracies: np.ndarray | None = None


def reverse_complement(letters: bytes) -> bytes:
    """Reverse complement of IUPAC nucleotide letters, case kept; other letters stay as they are."""
    return letters.translate(_COMPLEMENT)[::-1]


def is_gzip(path: str | os.PathLike) -> bool:
    """Whether the first bytes of the file are those of gzip."""
    with Path(path).open("rb") as handle:
        return handle.read(2) == _GZIP_MAGIC


def is_empty(path: str | os.PathLike) -> bool:
    """Whether a plain or gzip file holds no byte."""
    with _opened(path, whole=False) as handle:
        return not handle.read(1)


@contextmanager
def _opened(path: str | os.PathLike, whole: bool = True) -> Iterator[BinaryIO]:
    """Open a plain or gzip file; errors of reading it become one sentence with its name.

    `whole`: all of it will be read, so a large gzip file is decompressed in a thread.
    """
    # igzip raises its own error class, so any fault of a gzip stream has to be named here.
    gzip_faults: tuple[type[Exception], ...] = (EOFError, zlib.error)
    try:
        if is_gzip(path):
            from isal import igzip, igzip_threaded, isal_zlib

            gzip_faults = (*gzip_faults, isal_zlib.error, igzip.BadGzipFile)  # type: ignore[arg-type]
            threaded = whole and Path(path).stat().st_size >= _THREAD_BYTES
            with (igzip_threaded if threaded else igzip).open(path, "rb") as handle:
                yield handle
        else:
            with Path(path).open("rb", buffering=0) as handle:
                yield handle
    except EOFError as error:
        raise InputError(f"{path}: the gzip file is truncated; copy or download it again") from error
    except gzip_faults as error:
        raise InputError(f"{path}: the gzip file is damaged ({error}); copy or download it again") from error


def byte_blocks(
    path: str | os.PathLike, block_bytes: int = BLOCK_BYTES, whole: bool = True
) -> Iterator[bytes]:
    """Yield the (decompressed) content of a file in pieces; InputError when it is empty."""
    empty = True
    with _opened(path, whole) as handle:
        while block := handle.read(block_bytes):
            empty = False
            yield block
    if empty:
        raise InputError(f"{path}: the file is empty; give a file with sequences")


def text_lines(path: str | os.PathLike) -> Iterator[tuple[int, str]]:
    """Number and text of each line of a plain or gzip file, without its end (LF or CRLF).

    Bytes that are no UTF-8 become the replacement character.
    """
    rest, number = b"", 0
    for block in byte_blocks(path):
        *lines, rest = (rest + block).split(b"\n")
        for line in lines:
            number += 1
            yield number, line.removesuffix(b"\r").decode("utf-8", "replace")
    if rest:
        yield number + 1, rest.removesuffix(b"\r").decode("utf-8", "replace")


def sniff_format(path: str | os.PathLike) -> str:
    """Return "fasta", "fastq", "bam" or "cram" from the first bytes of a file, or raise InputError."""
    start = next(byte_blocks(path, 4096, whole=False))
    for magic, name in ((b"BAM\1", "bam"), (b"CRAM", "cram")):
        if start.startswith(magic):
            return name
    if start.lstrip()[:9].lower().startswith((b"<!doctype", b"<html")):
        raise InputError(f"{path} is a web page, not a sequence file: its download failed; download it again")
    first = start.lstrip()[:1]
    if first not in (b">", b"@"):
        raise InputError(
            f"{path}: not FASTA, FASTQ or BAM (it starts with {_shown(start)}); give a sequence file"
        )
    return "fasta" if first == b">" else "fastq"


def _shown(data: bytes) -> str:
    """The first characters of some file content, fit for a message."""
    return repr(data.lstrip()[:12].split(b"\n")[0].decode("latin-1"))


def fasta_pieces(
    path: str | os.PathLike, block_bytes: int = BLOCK_BYTES
) -> Iterator[tuple[str | None, bytes]]:
    """Yield FASTA as (name, bases): a name starts a record, None continues it.

    `name` is the first word of the header line; `bases` is a piece of the sequence without line
    ends, at most `block_bytes` long and possibly empty. Case is kept.
    """
    header = b""
    in_header = False
    line_start = True
    seen = False
    for block in byte_blocks(path, block_bytes):
        position = 0
        while position < len(block):
            if in_header:
                end = block.find(b"\n", position)
                if end < 0:
                    header += block[position:]
                    break
                header += block[position:end]
                yield _header_name(header, path), b""
                in_header, line_start, position = False, True, end + 1
                continue
            start = _next_header(block, position, line_start)
            piece = block[position : len(block) if start < 0 else start]
            if piece:
                bases = piece.replace(b"\n", b"")
                if b"\r" in bases:
                    bases = bases.replace(b"\r", b"")
                if not seen and bases.strip():
                    raise InputError(
                        f"{path}: not FASTA (it starts with {_shown(piece)} where a '>' line is "
                        "expected); give a FASTA file"
                    )
                if seen:
                    yield None, bases
                line_start = piece.endswith(b"\n")
            if start < 0:
                break
            header, in_header, seen, position = b"", True, True, start + 1
    if in_header:
        yield _header_name(header, path), b""
    if not seen:
        raise InputError(f"{path}: it has no FASTA records (only blank lines); give a FASTA file")


def fasta_records(path: str | os.PathLike, block_bytes: int = BLOCK_BYTES) -> Iterator[tuple[str, bytes]]:
    """Yield every record of a FASTA as (name, letters), case kept; memory holds one record at a time."""
    name: str | None = None
    pieces: list[bytes] = []
    for head, piece in fasta_pieces(path, block_bytes):
        if head is not None:
            if name is not None:
                letters, pieces = b"".join(pieces), []
                yield name, letters
            name = head
        pieces.append(piece)
    if name is not None:
        letters, pieces = b"".join(pieces), []
        yield name, letters


def sequence_lengths(path: str | os.PathLike) -> dict[str, int]:
    """Length (bp) of each sequence of a FASTA; none is held in memory."""
    lengths: dict[str, int] = {}
    current = ""
    for name, piece in fasta_pieces(path):
        current = current if name is None else name
        lengths[current] = lengths.get(current, 0) + len(piece)
    return lengths


def _next_header(block: bytes, position: int, line_start: bool) -> int:
    """Index of the next '>' that starts a line, or -1. A lone '>' search beats one for "\\n>"."""
    if line_start and block[position] == 62:
        return position
    start = block.find(b">", position + 1)
    while start >= 0 and block[start - 1] != 10:
        start = block.find(b">", start + 1)
    return start


def _header_name(header: bytes, path: str | os.PathLike) -> str:
    words = header.split(None, 1)
    if not words:
        raise InputError(f"{path}: a '>' line has no sequence name; name every sequence")
    return words[0].decode("utf-8", "replace")


def refuse_non_nucleotides(bases: bytes | np.ndarray, where: str) -> None:
    """Raise InputError when a letter is no IUPAC nucleotide code; `where` names file and record."""
    odd = bytes(bases).translate(None, IUPAC_NUCLEOTIDES)
    if odd:
        raise InputError(f"{where} holds {chr(odd[0])!r}, which is not a nucleotide; give DNA sequences")


def _join(lines: list[bytes]) -> np.ndarray:
    return np.frombuffer(b"".join(lines), np.uint8)


def _lengths(lines: list[bytes]) -> np.ndarray:
    return np.fromiter(map(len, lines), np.int64, len(lines))


def fastq_batches(path: str | os.PathLike, block_bytes: int = BLOCK_BYTES) -> Iterator[ReadBatch]:
    """Yield the reads of a four-line FASTQ, plain or gzip; InputError names record and line."""
    rest: list[bytes] = []
    done = 0
    for block in byte_blocks(path, block_bytes):
        # Whole records only are parsed; the pieces of a longer one wait without being copied.
        if b"\n" not in block:
            rest.append(block)
            continue
        rest.append(block)
        lines = b"".join(rest).split(b"\n")
        whole = (len(lines) - 1) // 4 * 4
        rest = [b"\n".join(lines[whole:])]
        if whole:
            yield _fastq_batch(lines[:whole], path, done)
            done += whole // 4
    lines = b"".join(rest).rstrip(b"\r\n").split(b"\n")
    if lines == [b""]:
        if not done:
            raise InputError(f"{path}: it has no FASTQ records; give a file with reads")
        return
    if len(lines) == 3 and lines[1].strip() == b"":
        lines.append(b"")  # a last read of length 0
    if len(lines) % 4:
        raise InputError(
            f"{path}, record {done + 1} (line {done * 4 + len(lines)}): the file "
            "ends in the middle of a record; it is truncated, copy or download it again"
        )
    yield _fastq_batch(lines, path, done)


def _fastq_batch(lines: list[bytes], path: str | os.PathLike, done: int) -> ReadBatch:
    """Make a batch of whole records, or raise InputError for the first bad one."""
    bases, qualities = lines[1::4], lines[3::4]
    joined, scores = _join(bases), _join(qualities)
    if b"\r" in lines[0]:
        lines = [line.rstrip(b"\r") for line in lines]
        bases, qualities = lines[1::4], lines[3::4]
        joined, scores = _join(bases), _join(qualities)
    lengths = _lengths(bases)
    heads = all(line[:1] == b"@" for line in lines[0::4])
    pluses = all(line[:1] == b"+" for line in lines[2::4])
    if not (heads and pluses and np.array_equal(lengths, _lengths(qualities))):
        _refuse_bad_record(lines, path, done)
    if scores.size and (scores.min() < 33 or scores.max() > 126):
        _refuse_bad_qualities(lines, path, done)
    return ReadBatch(lengths, joined, scores, [_first_word(line[1:]) for line in lines[0::4]])


def _first_word(header: bytes) -> bytes:
    return (header.split(None, 1) or [b""])[0]


def _refuse_bad_record(lines: list[bytes], path: str | os.PathLike, done: int) -> None:
    for index in range(0, len(lines), 4):
        head, bases, plus, qualities = lines[index : index + 4]
        record, line = done + index // 4 + 1, done * 4 + index + 1
        if head[:1] != b"@":
            raise InputError(
                f"{path}, record {record} (line {line}): expected '@' and a read name, found {_shown(head)}; "
                "the file must be FASTQ with four lines per record"
            )
        if plus[:1] != b"+":
            raise InputError(
                f"{path}, record {record} (line {line + 2}): expected a '+' line, found {_shown(plus)}; the "
                "file must be FASTQ with four lines per record"
            )
        if len(bases) != len(qualities):
            raise InputError(
                f"{path}, record {record} (line {line}, {head[1:61].decode('latin-1')}): "
                f"{len(bases)} bases but {len(qualities)} quality values; make the file again"
            )


def _refuse_bad_qualities(lines: list[bytes], path: str | os.PathLike, done: int) -> None:
    for index, qualities in enumerate(lines[3::4]):
        if qualities and (min(qualities) < 33 or max(qualities) > 126):
            raise InputError(
                f"{path}, record {done + index + 1} (line {(done + index) * 4 + 4}): a quality is "
                "outside the characters '!' to '~'; qualities must be Phred + 33"
            )


def fasta_batches(path: str | os.PathLike, block_bytes: int = BLOCK_BYTES) -> Iterator[ReadBatch]:
    """Yield the sequences of a FASTA file as reads without qualities."""
    sequences: list[bytes] = []
    names: list[bytes] = []
    pending = 0
    for name, bases in fasta_records(path, block_bytes):
        if pending >= block_bytes or len(sequences) >= 10_000:
            yield ReadBatch(_lengths(sequences), _join(sequences), None, names)
            sequences, names, pending = [], [], 0
        sequences.append(bases)
        names.append(name.encode())
        pending += len(bases)
    yield ReadBatch(_lengths(sequences), _join(sequences), None, names)


def bam_batches(
    path: str | os.PathLike, block_bytes: int = BLOCK_BYTES, reference: str | None = None
) -> Iterator[ReadBatch]:
    """Yield the primary reads of a BAM or CRAM file in the order of the file, with qualities if it has.

    `reference` is the plain FASTA that a CRAM was compressed with.
    """
    import pysam

    if sniff_format(path) == "bam":
        refuse_truncated_bam(path)
    reads: list[Any] = []
    pending = records = 0
    verbosity = pysam.set_verbosity(0)
    try:
        with pysam.AlignmentFile(os.fspath(path), check_sq=False, reference_filename=reference) as handle:
            for read in handle.fetch(until_eof=True):
                records += 1
                if read.is_secondary or read.is_supplementary:
                    continue
                reads.append(read)
                pending += read.query_length
                if pending >= block_bytes or len(reads) >= 10_000:
                    yield _bam_batch(reads)
                    reads, pending = [], 0
    except (OSError, ValueError) as error:
        raise InputError(
            f"{path}: cannot be read after record {records} ({error}); copy or download it again"
        ) from error
    finally:
        pysam.set_verbosity(verbosity)
    if reads:
        yield _bam_batch(reads)
    if not records:
        raise InputError(f"{path} holds no reads; give a file with reads")


def _bam_batch(reads: list[Any]) -> ReadBatch:
    bases = [(read.query_sequence or "").encode() for read in reads]
    qualities = [(read.query_qualities_str or "").encode() for read in reads]
    lengths = _lengths(bases)
    complete = np.array_equal(lengths, _lengths(qualities))
    names = [(read.query_name or "").encode() for read in reads]
    accuracies = np.array([read.get_tag("rq") if read.has_tag("rq") else np.nan for read in reads], float)
    return ReadBatch(lengths, _join(bases), _join(qualities) if complete else None, names, accuracies)


def read_names(path: str | os.PathLike) -> Iterator[list[bytes]]:
    """Yield the names of a file's reads, in batches; those of a CRAM need no reference."""
    import pysam

    if sniff_format(path) != "cram":
        yield from (batch.names for batch in read_batches(path))
        return
    name_and_flag: Any = [b"required_fields=0x3"]  # pysam wants bytes, its types say text
    verbosity = pysam.set_verbosity(0)
    try:
        with pysam.AlignmentFile(os.fspath(path), check_sq=False, format_options=name_and_flag) as handle:
            reads = (r for r in handle.fetch(until_eof=True) if not (r.is_secondary or r.is_supplementary))
            while batch := [(read.query_name or "").encode() for read in islice(reads, 10_000)]:
                yield batch
    finally:
        pysam.set_verbosity(verbosity)


def refuse_truncated_bam(path: str | os.PathLike) -> None:
    """Raise InputError unless the file ends with the empty block that closes a BAM file."""
    with Path(path).open("rb") as handle:
        handle.seek(max(0, Path(path).stat().st_size - len(BAM_END)))
        if handle.read() != BAM_END:
            raise InputError(
                f"{path}: the BAM file is truncated (its closing block is missing); copy or download it again"
            )


def read_batches(
    path: str | os.PathLike, block_bytes: int = BLOCK_BYTES, reference: str | None = None
) -> Iterator[ReadBatch]:
    """Yield the reads of a FASTQ, FASTA (plain or gzip), BAM or CRAM file, whichever its content is.

    `reference` is the plain FASTA that a CRAM was compressed with.
    """
    kind = sniff_format(path)
    if kind in ("bam", "cram"):
        return bam_batches(path, block_bytes, reference)
    readers = {"fastq": fastq_batches, "fasta": fasta_batches}
    return readers[kind](path, block_bytes)
