"""Statistics of a read library, streamed: yield, lengths, GC and qualities.

The mean quality of a read, and of a library, is that of its mean error probability,
-10 log10(mean of 10^(-Q/10)), never the mean of the Phred values, which flatters (Edgar & Flyvbjerg
2015, Bioinformatics 31:3476; so do pbccs for HiFi and NanoPlot for ONT).
"""

import hashlib
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

import numpy as np

from linnaea.base.errors import InputError
from linnaea.base.records import write_metrics
from linnaea.formats.read_names import name_hashes, name_of, pair_names
from linnaea.formats.sequences import BLOCK_BYTES, ReadBatch, read_batches, refuse_non_nucleotides

# Lengths below this are counted exactly in an array (8 MB), longer ones in a dictionary.
_DENSE_BP = 1 << 20
_LENGTH_BINS = 200
_MAX_PHRED = 93
# HiFi reads are those of Q20 (rq 0.99) and more; what a file has below was delivered with them by mistake.
HIFI_PHRED = 20
HIFI_ACCURACY = 0.99
# A file of so many bases whose qualities are all the same has placeholders.
PLACEHOLDER_BP = 10_000
_ERROR = 10.0 ** ((33 - np.arange(256)) / 10)


class LengthCounts:
    """How many reads have each length: exact statistics in memory that does not grow with reads."""

    def __init__(self) -> None:
        self._dense = np.zeros(_DENSE_BP, np.int64)
        self._long: dict[int, int] = {}

    def add(self, lengths: np.ndarray) -> None:
        """Count reads; `lengths` (reads,) in bp."""
        short = lengths < _DENSE_BP
        if not short.all():
            for length in lengths[~short].tolist():
                self._long[length] = self._long.get(length, 0) + 1
            lengths = lengths[short]
        np.add.at(self._dense, lengths, 1)

    def table(self) -> tuple[np.ndarray, np.ndarray]:
        """The lengths that occur, ascending, and their number of reads."""
        lengths = np.flatnonzero(self._dense)
        longer = np.array(sorted(self._long), np.int64)
        counts = [self._long[length] for length in longer.tolist()]
        return (
            np.concatenate([lengths, longer]),
            np.concatenate([self._dense[lengths], np.array(counts, np.int64)]),
        )


def length_statistics(lengths: np.ndarray, counts: np.ndarray) -> dict[str, Any]:
    """Mean, median, N50 and range in bp of `counts` reads of each of `lengths` (ascending)."""
    reads, total = int(counts.sum()), int((lengths * counts).sum())
    ranks = np.cumsum(counts)
    low, high = lengths[np.searchsorted(ranks, [(reads - 1) // 2 + 1, reads // 2 + 1])]
    from_longest = np.cumsum((lengths * counts)[::-1])
    n50 = lengths[::-1][np.searchsorted(from_longest, total / 2)]
    return {
        "reads": reads,
        "bases_bp": total,
        "mean_length_bp": round(total / reads, 2),
        "median_length_bp": (int(low) + int(high)) / 2,
        "n50_bp": int(n50),
        "min_length_bp": int(lengths[0]),
        "max_length_bp": int(lengths[-1]),
    }


def length_histogram(lengths: np.ndarray, counts: np.ndarray) -> dict[str, list[int]]:
    """Reads and bases in at most 200 equal bins of a round width (1, 2 or 5 times a power of ten)."""
    widths = (digit * 10**power for power in range(12) for digit in (1, 2, 5))
    width = next(width for width in widths if lengths[-1] // width < _LENGTH_BINS)
    bins = lengths // width
    first = int(bins[0])
    reads = np.bincount(bins - first, counts)
    bases = np.bincount(bins - first, lengths * counts)
    return {
        "bin_start_bp": [(first + i) * width for i in range(reads.size)],
        "reads": reads.astype(np.int64).tolist(),
        "bases_bp": bases.astype(np.int64).tolist(),
    }


def _count(letters: np.ndarray, wanted: bytes) -> int:
    return sum(int(np.count_nonzero(letters == letter)) for letter in wanted)


class ReadTotals:
    """Sums over the batches of one or more files."""

    def __init__(self) -> None:
        self.lengths = LengthCounts()
        self.gc = self.acgt = self.q20 = self.q30 = 0
        self.errors = 0.0
        self.by_quality = np.zeros(_MAX_PHRED + 1, np.int64)
        self.below_hifi = self.rated = 0
        self.scores = np.zeros(256, bool)

    def add(self, batch: ReadBatch, where: str) -> None:
        """Count a batch; `where` names the file in the complaint about odd letters."""
        letters = batch.bases
        gc, at = _count(letters, b"GC"), _count(letters, b"AT")
        if gc + at < letters.size:
            gc, at = gc + _count(letters, b"gc"), at + _count(letters, b"at")
        if gc + at < letters.size:
            refuse_non_nucleotides(letters, f"{where}: a read")
        self.gc += gc
        self.acgt += gc + at
        self.lengths.add(batch.lengths)
        low = np.zeros(batch.lengths.size, bool)
        if batch.qualities is not None:
            means = self._add_qualities(batch.lengths, batch.qualities)
            low[batch.lengths > 0] = means < HIFI_PHRED
        if batch.accuracies is not None:
            # The accuracy that ccs computed tells more than the qualities.
            self.rated += int(np.count_nonzero(~np.isnan(batch.accuracies)))
            low = np.where(np.isnan(batch.accuracies), low, batch.accuracies < HIFI_ACCURACY)
        self.below_hifi += int(low.sum())

    def _add_qualities(self, lengths: np.ndarray, qualities: np.ndarray) -> np.ndarray:
        """Count qualities; returns the mean quality of each read with bases, in whole Phred."""
        lengths = lengths[lengths > 0]
        if not lengths.size:
            return np.zeros(0, np.int64)
        self.scores[qualities] = True
        # mode="wrap" spares the bounds check, which costs more than the look-up.
        errors = np.add.reduceat(_ERROR.take(qualities, mode="wrap"), np.cumsum(lengths) - lengths)
        self.errors += float(errors.sum())
        mean = np.floor(-10 * np.log10(errors / lengths) + 1e-6).astype(np.int64)
        self.by_quality += np.bincount(np.clip(mean, 0, _MAX_PHRED), minlength=_MAX_PHRED + 1)
        self.q20 += int(np.count_nonzero(qualities >= 53))
        self.q30 += int(np.count_nonzero(qualities >= 63))
        return mean

    def placeholder(self) -> str:
        """The only quality of all bases, such as "Q33", "" when they differ."""
        scores = np.flatnonzero(self.scores)
        constant = scores.size == 1 and self.acgt >= PLACEHOLDER_BP
        return f"Q{int(scores[0]) - 33}" if constant else ""

    def quality_statistics(self, bases: int) -> dict[str, Any]:
        """Mean quality, shares of bases of Q20 and Q30, and reads by whole mean quality."""
        occurring = np.flatnonzero(self.by_quality)
        shown = range(int(occurring[0]), int(occurring[-1]) + 1) if occurring.size else range(0)
        return {
            "mean_quality_phred": round(-10 * np.log10(self.errors / bases), 3),
            "q20_pct": round(100 * self.q20 / bases, 4),
            "q30_pct": round(100 * self.q30 / bases, 4),
            "quality_histogram": {
                "phred": list(shown),
                "reads": [int(self.by_quality[phred]) for phred in shown],
            },
        }


def _refuse_repeated_names(paths: Sequence[str | os.PathLike], hashes: np.ndarray) -> None:
    values, counts = np.unique(hashes, return_counts=True)
    repeated = values[counts > 1]
    if repeated.size:
        where = [(Path(path).name, name_of(os.fspath(path), repeated)) for path in paths]
        files = ", ".join(f"{file} ({name})" for file, name in where if name)
        raise InputError(
            f"{repeated.size} read names occur more than once in this library, for example in {files}; "
            "rename the reads of one file (`seqkit replace -p '^' -r 'cell2_'`) or remove the duplicates"
        )


def _refuse_unpaired(paths: Sequence[str | os.PathLike], reads: list[int], orders: list[str]) -> None:
    half = len(paths) // 2
    for one, two in zip(range(half), range(half, 2 * half), strict=True):
        first, second = paths[one], paths[two]
        if reads[one] != reads[two]:
            raise InputError(
                f"{first} has {reads[one]} reads but {second} has {reads[two]}; copy or download both again, "
                "or keep the pairs with `seqkit pair`"
            )
        if orders[one] != orders[two]:
            raise InputError(
                f"{first} and {second} differ in the names of their reads or in the order; give the two "
                "files of one run, or bring them into one order with `seqkit pair`"
            )


def read_statistics(
    paths: Sequence[str | os.PathLike],
    block_bytes: int = BLOCK_BYTES,
    unique_names: bool = False,
    pairs: bool = False,
) -> dict[str, Any]:
    """Statistics of all reads of some FASTQ, FASTA or BAM files (plain or gzip).

    With `unique_names` a name that two reads have is a fault; with `pairs` the first half of the files holds
    first mates, the second half their second mates, in the same order and with the same names.

    Quality fields are None, and `quality_note` says why, when a file has no qualities. Raises
    InputError, with file and record, for an empty, truncated or malformed file.
    """
    totals = ReadTotals()
    per_file: list[dict[str, Any]] = []
    without: list[str] = []
    names: list[np.ndarray] = []
    orders: list[str] = []
    for path in paths:
        name, reads, bases, scored = Path(path).name, 0, 0, True
        order = hashlib.blake2b(digest_size=16)
        for batch in read_batches(path, block_bytes):
            totals.add(batch, str(path))
            reads += batch.lengths.size
            bases += batch.bases.size
            scored &= batch.qualities is not None
            if unique_names:
                names.append(name_hashes(batch.names))
            if pairs:
                order.update(b"".join(b"%b\n" % name for name in pair_names(batch.names)))
        orders.append(order.hexdigest())
        if not bases:
            raise InputError(f"{path}: no bases in its {reads} reads; give a file with reads")
        per_file.append({"file": name, "reads": reads, "bases_bp": bases})
        if not scored:
            without.append(name)
    if unique_names:
        _refuse_repeated_names(paths, np.concatenate(names))
    if pairs:
        _refuse_unpaired(paths, [entry["reads"] for entry in per_file], orders)
    lengths, counts = totals.lengths.table()
    record = {"files": [entry["file"] for entry in per_file], **length_statistics(lengths, counts)}
    record["gc_pct"] = round(100 * totals.gc / totals.acgt, 4) if totals.acgt else None
    same = totals.placeholder()
    if without or same:
        record |= {
            "mean_quality_phred": None,
            "q20_pct": None,
            "q30_pct": None,
            "quality_histogram": {"phred": [], "reads": []},
            "quality_note": (
                f"no base qualities in {', '.join(without)}"
                if without
                else f"all bases have the same quality ({same}), a placeholder"
            )
            + ": mean quality, Q20 and Q30 are not measured",
        }
    else:
        record |= totals.quality_statistics(record["bases_bp"])
    # Without qualities the accuracies of a BAM still tell; without these too, nothing does.
    rated = not (without or same) or totals.rated == record["reads"]
    record["reads_below_q20"] = totals.below_hifi if rated else None
    return {**record, "length_histogram": length_histogram(lengths, counts), "per_file": per_file}


TYPES = ["hifi", "ont", "hic", "illumina", "rnaseq", "isoseq"]


def measure_library(
    reads: Sequence[str],
    /,
    *,
    id: str,
    library: str,
    type: Literal["hifi", "ont", "hic", "illumina", "rnaseq", "isoseq"],
    stage: Literal["raw", "filtered"],
    out: str,
) -> None:
    """Yield, lengths, GC and qualities of one read library; every read is checked on the way.

    reads: FASTQ or FASTA (plain or gzip), or BAM
    id: genome id
    library: name of the library
    type: kind of reads
    out: metrics record to write (JSON)
    """
    named = {"id": id, "step": "read_statistics", "stage": stage}
    named |= {"library": library, "type": type}
    raw_long = stage == "raw" and type in ("hifi", "ont")
    pairs = type in ("hic", "illumina") and len(reads) % 2 == 0
    statistics = read_statistics(reads, unique_names=raw_long, pairs=pairs)
    write_metrics(out, {**named, **statistics})
