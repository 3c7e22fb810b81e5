"""Interleaved FASTQ, in which the mates of a pair follow each other, split into two files."""

import os
from collections.abc import Iterator, Sequence
from contextlib import ExitStack

from linnaea.base.records import write_metrics
from linnaea.formats.read_names import are_mates, mate_of
from linnaea.formats.sequences import fastq_batches
from linnaea.formats.tool_metrics import pairs_record


def split_pairs(
    paths: Sequence[str | os.PathLike], first: str | os.PathLike, second: str | os.PathLike
) -> tuple[int, int]:
    """Write the mates of interleaved FASTQ files to two gzip files; returns pairs and reads without mate.

    Mates are neighbours of one name, apart from the marks /1 and /2, which are removed; reads without such a
    neighbour are left out. Raises InputError, with file and record, for a truncated or malformed file.
    """
    from isal import igzip_threaded

    pairs = single = 0
    with ExitStack() as stack:
        outs = [stack.enter_context(igzip_threaded.open(path, "wb", threads=1)) for path in (first, second)]
        for path in paths:
            waiting: tuple[tuple[bytes, bytes], bytes] | None = None
            for name, record in _records(path):
                mate = mate_of(name)
                if waiting is None or not are_mates(waiting[0], mate):
                    single += waiting is not None
                    waiting = mate, record
                    continue
                two = [waiting[1], record]
                for out, text in zip(outs, two if waiting[0][1] != b"/2" else two[::-1], strict=True):
                    out.write(text)
                pairs, waiting = pairs + 1, None
            single += waiting is not None
    return pairs, single


def _records(path: str | os.PathLike) -> Iterator[tuple[bytes, bytes]]:
    """Name and text of each read of a FASTQ; the text has the name without the mark of the mate."""
    for batch in fastq_batches(path):
        assert batch.qualities is not None  # a FASTQ has them
        bases, qualities, start = batch.bases.tobytes(), batch.qualities.tobytes(), 0
        for name, length in zip(batch.names, batch.lengths.tolist(), strict=True):
            end = start + length
            yield name, b"@%b\n%b\n+\n%b\n" % (mate_of(name)[0], bases[start:end], qualities[start:end])
            start = end


def separate_mates(
    reads: Sequence[str],
    /,
    *,
    id: str,
    library: str,
    type: str,
    first: str,
    second: str,
    out: str,
) -> None:
    """Split interleaved FASTQ into first and second mates; reads without their mate are left out and counted.

    reads: interleaved FASTQ, plain or gzip
    id: genome id
    library: name of the library
    type: kind of reads
    first: FASTQ of first mates to write (gzip)
    second: FASTQ of second mates to write (gzip)
    out: metrics record to write (JSON)
    """
    record = pairs_record(*split_pairs(reads, first, second))
    write_metrics(out, {"id": id, "library": library, "type": type, **record})
