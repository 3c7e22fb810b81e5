"""K-mer evaluation of an assembly against its reads: QV, completeness and copy-number spectrum.

The definitions are Merqury's (Rhie et al. 2020, doi:10.1186/s13059-020-02134-9). The sets are
counted and intersected by KMC (Kokot et al. 2017, doi:10.1093/bioinformatics/btx304), in one pass
over the read k-mers however many haplotypes there are; counts of the results are read from KMC's
own binary files, and the k-mers of each sequence that no read has are found by a scan of the
sequences.
"""

import json
import os
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any, TypedDict

import numpy as np

from linnaea.base.errors import InputError
from linnaea.base.files import complete_file
from linnaea.base.programs import program_output
from linnaea.base.records import write_metrics
from linnaea.formats.sequences import fasta_pieces

Array = np.ndarray

MAX_K = 31  # a k-mer is one 64-bit word
COPIES = 5  # copies in the assembly that the spectrum tells apart: 1, 2, 3, 4 and more
MAX_COPIES = 255  # largest counter of an assembly k-mer: one byte
MAX_READS = 65535  # largest counter of a read k-mer in results: two bytes
CHUNK = 1 << 22
# The spectrum is written up to this multiple of the multiplicity where most genomic k-mers lie.
SPECTRUM_PEAKS = 6

PACKAGE = "KMC 3 (Debian: kmc)"
# Codes of letters: A, C, G, T are 0 to 3, any other is 4.
BASE_CODE = np.full(256, 4, np.uint8)
BASE_CODE[np.frombuffer(b"ACGT", np.uint8)] = BASE_CODE[np.frombuffer(b"acgt", np.uint8)] = range(4)


@dataclass
class Database:
    """The header of a KMC database (files PREFIX.kmc_pre and PREFIX.kmc_suf)."""

    prefix: Path
    k: int
    counter_bytes: int
    lut_symbols: int
    min_count: int
    kmers: int
    canonical: bool
    sorted: bool

    @property
    def record_bytes(self) -> int:
        return (self.k - self.lut_symbols) // 4 + self.counter_bytes


def open_database(prefix: str | Path) -> Database:
    """Read the header of a KMC database (KMC API documentation, appendix on the file formats).

    Raises InputError when the files are missing, not KMC's, or cut short.
    """
    prefix = Path(prefix)
    pre, suf = (prefix.with_name(f"{prefix.name}.kmc_{part}") for part in ("pre", "suf"))
    for path in (pre, suf):
        if not path.is_file():
            raise InputError(f"{path}: not found; give the prefix of a k-mer database written by kmc")
    with pre.open("rb") as handle:
        start = handle.read(4)
        handle.seek(max(pre.stat().st_size - 128, 0))
        tail = handle.read()
    if start != b"KMCP" or tail[-4:] != b"KMCP":
        raise InputError(f"{pre}: not a k-mer database of kmc, or cut short; count the reads again")
    version = int.from_bytes(tail[-12:-8], "little")
    header = tail[-8 - tail[-8] :]
    # KMC 2 and 3 put the signature length between the prefix length and the smallest count.
    words = np.frombuffer(header[:28], "<u4")
    after_lut = 5 if version == 0x200 else 4
    kmers_at = 28 if version == 0x200 else 24
    database = Database(
        prefix,
        k=int(words[0]),
        counter_bytes=int(words[2]),
        lut_symbols=int(words[3]),
        min_count=int(words[after_lut]),
        kmers=int.from_bytes(header[kmers_at : kmers_at + 8], "little"),
        canonical=header[kmers_at + 8] & 0xF == 0,
        sorted=version == 0,
    )
    if suf.stat().st_size != 8 + database.kmers * database.record_bytes:
        raise InputError(f"{suf}: its size does not fit the header; count the reads again")
    return database


def _records(database: Database) -> Array:
    """The records of a database, shape (kmers, record_bytes), uint8, mapped and not read."""
    suffixes = database.prefix.with_name(f"{database.prefix.name}.kmc_suf")
    shape = (database.kmers, database.record_bytes)
    if not database.kmers:
        return np.zeros(shape, np.uint8)
    return np.memmap(suffixes, np.uint8, "r", offset=4, shape=shape)


def _counters(database: Database) -> Iterator[Array]:
    """The counts of all k-mers in the order of the file, in pieces, unsigned, at most MAX_READS."""
    records = _records(database)
    first = database.record_bytes - database.counter_bytes
    for start in range(0, database.kmers, CHUNK):
        piece = records[start : start + CHUNK, first:]
        if database.counter_bytes == 1:
            yield piece[:, 0]
        elif database.counter_bytes == 2:
            yield np.ascontiguousarray(piece).view("<u2")[:, 0]
        else:  # kmc writes no counter when all are 1
            counts = np.full(len(piece), 0 if database.counter_bytes else 1, np.int64)
            for byte in range(database.counter_bytes):
                counts |= piece[:, byte].astype(np.int64) << (8 * byte)
            yield np.minimum(counts, MAX_READS)


def read_histogram(database: Database) -> Array:
    """Number of k-mers of each multiplicity, shape (MAX_READS + 1,), int64."""
    histogram = np.zeros(MAX_READS + 1, np.int64)
    for counts in _counters(database):
        histogram += np.bincount(counts, minlength=MAX_READS + 1)
    return histogram


def joint_histogram(in_reads: Database, in_assembly: Database) -> Array:
    """K-mers by assembly copies and read multiplicity, shape (COPIES, MAX_READS + 1), int64.

    The databases hold the same k-mers in the same order (two outputs of one intersection), one with
    the counts of the reads and one with those of the assembly. Row 0 is one copy, the last row all
    of `COPIES` and more.
    """
    size = MAX_READS + 1
    joint = np.zeros((COPIES, size), np.int64)
    for reads, copies in zip(_counters(in_reads), _counters(in_assembly), strict=True):
        joint[0] += np.bincount(reads, minlength=size)
        # Nearly all k-mers have one copy, so only the others are looked at one by one.
        several = np.flatnonzero(copies > 1)
        row = np.minimum(copies[several], COPIES).astype(np.int64) - 1
        cells = np.bincount(row * size + reads[several], minlength=COPIES * size)
        joint += cells.reshape(COPIES, size)
        joint[0] -= cells.reshape(COPIES, size).sum(axis=0)
    return joint


def read_kmers(database: Database) -> Array:
    """The k-mers of a sorted database as 2-bit words (A 0, C 1, G 2, T 3), ascending, uint64."""
    entries = 4**database.lut_symbols
    table = np.fromfile(
        database.prefix.with_name(f"{database.prefix.name}.kmc_pre"), "<u8", entries, offset=4
    )
    ends = np.append(table[1:], database.kmers).astype(np.int64)
    kmers = np.repeat(np.arange(entries, dtype=np.uint64), np.diff(ends, prepend=0))
    records = _records(database)
    for byte in range(database.record_bytes - database.counter_bytes):
        kmers = (kmers << np.uint64(8)) | records[:, byte]
    return kmers


def reverse_complement(kmers: Array, k: int) -> Array:
    """Reverse complement of 2-bit words of k bases, uint64."""
    words = ~kmers
    for bits, pattern in (
        (2, 0x3333333333333333),
        (4, 0x0F0F0F0F0F0F0F0F),
        (8, 0x00FF00FF00FF00FF),
        (16, 0x0000FFFF0000FFFF),
        (32, 0x00000000FFFFFFFF),
    ):
        mask, shift = np.uint64(pattern), np.uint64(bits)
        words = ((words >> shift) & mask) | ((words & mask) << shift)
    return words >> np.uint64(64 - 2 * k)


def encode(codes: Array, k: int) -> Array:
    """2-bit words of all k-mers of a sequence of codes 0-3 (uint8), shape (n - k + 1,), uint64.

    Words of 2, 4, 8 and 16 bases are made by doubling and joined to k, in the smallest type that
    holds them.
    """
    result: Array = np.zeros(0, np.uint64)
    done = 0
    word, width = codes, 1
    types = {2: np.uint8, 4: np.uint8, 8: np.uint16, 16: np.uint32}
    count = len(codes) - k + 1
    while width <= k:
        if k & width:
            # The bases before `done` come from the shorter words already joined.
            piece = word[done : done + count]
            if not done:
                result = piece.astype(np.uint64)
            else:
                result <<= np.uint64(2 * width)
                result |= piece
            done += width
        if 2 * width <= k:
            wider = word[:-width].astype(types[2 * width])
            wider <<= 2 * width
            wider |= word[width:]
            word = wider
        width *= 2
    return result


class KmerSet:
    """Membership of k-mers, of either strand, in a set that is small beside the sequences scanned.

    A table indexed by a hash of the k-mer answers "no" for nearly all; a binary search settles the
    rest.
    """

    def __init__(self, kmers: Array, k: int):
        """`kmers`: canonical 2-bit words, uint64. Ids are positions in it."""
        both = np.concatenate((kmers, reverse_complement(kmers, k)))
        ids = np.tile(np.arange(len(kmers)), 2)
        self.words, first = np.unique(both, return_index=True)
        self.ids = ids[first]
        bits = min(max(16, int(32 * max(len(both), 1)).bit_length()), 28)
        self.shift = np.uint64(64 - bits)
        self.table = np.zeros(1 << bits, bool)
        self.table[self._hash(self.words)] = True

    def _hash(self, words: Array) -> Array:
        # Fibonacci hashing (Knuth, TAOCP 3, 6.4): the top bits of a product with 2^64 / phi.
        return (words * np.uint64(0x9E3779B97F4A7C15)) >> self.shift

    def find(self, words: Array) -> Array:
        """Ids of those of `words` that are in the set, in order, int64."""
        if not len(self.words):
            return np.zeros(0, np.int64)
        words = words[self.table[self._hash(words)]]
        place = np.minimum(np.searchsorted(self.words, words), len(self.words) - 1)
        return self.ids[place[self.words[place] == words]]


@dataclass
class SequenceCount:
    """A sequence: its k-mers (of ACGT only), those that no read has, and those that are not solid."""

    name: str
    kmers: int = 0
    assembly_only: int = 0
    unreliable: int = 0

    @property
    def reliable_pct(self) -> float | None:
        """Share of its k-mers that the reads have more often than errors; None without any."""
        return 100 * (1 - self.unreliable / self.kmers) if self.kmers else None


def scan(fasta: str | Path, k: int, unreliable: KmerSet, absent: int, copies: Array) -> list[SequenceCount]:
    """Count the k-mers of each sequence, and those in `unreliable`, of which no read has the first `absent`.

    Adds the occurrences of each k-mer of `unreliable` to `copies`, shape (k-mers of the set,). Raises
    InputError for a name that occurs twice. Memory is that of a piece of sequence.
    """
    sequences: list[SequenceCount] = []
    names: set[str] = set()
    tail = np.zeros(0, np.uint8)
    for name, bases in fasta_pieces(fasta):
        if name is not None:
            if name in names:
                raise InputError(f"{fasta}: the name '{name}' occurs twice; name sequences uniquely")
            names.add(name)
            sequences.append(SequenceCount(name))
            tail = np.zeros(0, np.uint8)
        codes = np.concatenate((tail, BASE_CODE[np.frombuffer(bases, np.uint8)]))
        if len(codes) >= k:
            words = _valid_kmers(codes, k)
            found = unreliable.find(words)
            sequences[-1].kmers += len(words)
            sequences[-1].unreliable += len(found)
            sequences[-1].assembly_only += int(np.count_nonzero(found < absent))
            np.add.at(copies, found, 1)
        tail = codes[max(0, len(codes) - k + 1) :]
    return sequences


def _valid_kmers(codes: Array, k: int) -> Array:
    """K-mers without any letter other than ACGT (code 4)."""
    odd = codes > 3
    if not odd.any():
        return encode(codes, k)
    before = np.concatenate(([0], np.cumsum(odd)))
    return encode(codes & 3, k)[before[k:] == before[:-k]]


def solid_threshold(histogram: Array) -> int:
    """Multiplicity up to which read k-mers are taken for errors: the first local minimum.

    Merqury's rule (build/filt.sh, eval/kmerHistToPloidyDepth.jar): k-mers seen more often are
    solid. `histogram` is indexed by multiplicity. Raises InputError when it only falls.
    """
    slopes = np.diff(histogram[1:])
    rising = np.flatnonzero(slopes > 0)
    if not rising.size:
        raise InputError(
            "the read k-mers have no coverage peak, so completeness cannot be judged; give a "
            "read set of at least 10x per haplotype"
        )
    return int(rising[0]) + 1


# What is measured after each step of an assembly.
STEP_KEYS = ("qv_phred", "qv_is_lower_bound", "completeness_pct", "false_duplication_pct")


class Quality(TypedDict):
    """Consensus quality from k-mers; None without any k-mer."""

    qv_phred: float | None
    error_rate: float | None
    qv_is_lower_bound: bool


class HaplotypeKmers(Quality):
    """The k-mers of one haplotype (`both`: of both together) beside those of the reads.

    `spectrum` has, by multiplicity in the reads, how often the assembly has the k-mers.
    """

    haplotype: str
    assembly_kmers: int
    assembly_only_kmers: int
    completeness_pct: float
    solid_read_kmers: int
    solid_found_kmers: int
    false_duplication_pct: float | None
    spectrum: dict[str, Array]
    assembly_only_by_copies: list[int]


def quality(assembly_only: int, total: int, k: int) -> Quality:
    """Error rate and QV of `total` assembly k-mers of which no read has `assembly_only`.

    E = 1 - (1 - only / total)^(1 / k), QV = -10 log10 E (Rhie et al. 2020, equations 1 and 2). An
    assembly without such k-mers has no finite QV: then both are those of one such k-mer, and the QV
    is a lower bound. None when there is no k-mer at all.
    """
    if not total:
        return {"qv_phred": None, "error_rate": None, "qv_is_lower_bound": False}
    share = max(assembly_only, 1) / total
    error_rate = -np.expm1(np.log1p(-share) / k) if share < 1 else 1.0
    return {
        "qv_phred": float(abs(10 * np.log10(error_rate))),
        "error_rate": float(error_rate),
        "qv_is_lower_bound": assembly_only == 0,
    }


def false_duplication_pct(joint: Array) -> float | None:
    """Share of k-mers below 1.5 times the one-copy peak that the assembly has more than once.

    Merqury's eval/false_duplications.sh; `joint` as from `joint_histogram`. Meant for one
    (pseudo-)haplotype. None when no k-mer is below.
    """
    cutoff = round(1.5 * int(np.argmax(joint[0])))
    below = joint[:, :cutoff].sum(axis=1)
    return float(100 * below[1:].sum() / below.sum()) if below.sum() else None


class Kmc:
    """Runs kmc and kmc_tools in one temporary directory."""

    def __init__(self, directory: Path, threads: int, memory_gb: int):
        self.directory = directory
        self.threads = threads
        self.memory_gb = max(memory_gb, 2)

    def count(self, fasta: str | Path, k: int, name: str) -> tuple[Database, int]:
        """Count a FASTA; the database and all its k-mers, repeated ones counted each time."""
        target, summary = self.directory / name, self.directory / f"{name}.json"
        # Short signatures in few bins: the fixed cost of the default ones exceeds the counting of
        # a small genome, and a large one is no slower.
        options = [f"-k{k}", "-ci1", f"-cs{MAX_COPIES}", "-fm", "-p7", "-n64", "-hp"]
        program_output(
            ["kmc", *options, f"-t{self.threads}", f"-m{self.memory_gb}", f"-j{summary}"]
            + [str(fasta), str(target), str(self.directory)],
            f"count the k-mers of {fasta}",
            PACKAGE,
        )
        stats = json.loads(summary.read_text())["Stats"]
        return open_database(target), int(stats["#Total no. of k-mers"])

    def simple(self, one: Database, two: Database, *outputs: tuple[str, str]) -> list[Database]:
        """Set operations on two databases: `outputs` are (name, operation with its options)."""
        command = ["kmc_tools", "-hp", f"-t{self.threads}", "simple", str(one.prefix), str(two.prefix)]
        for name, operation in outputs:
            kind, *options = operation.split()
            command += [kind, str(self.directory / name), "-ci1", *options]
        program_output(command, f"compare {one.prefix.name} with {two.prefix.name}", PACKAGE)
        return [open_database(self.directory / name) for name, _ in outputs]

    def rare(self, database: Database, most: int) -> Database:
        """The k-mers that occur at most so often."""
        target = self.directory / f"{database.prefix.name}.rare"
        command = ["kmc_tools", "-hp", f"-t{self.threads}", "transform", str(database.prefix), "reduce"]
        command += [str(target), "-ci1", f"-cx{most}"]
        program_output(command, f"select rare k-mers of {database.prefix.name}", PACKAGE)
        return open_database(target)

    def compare(self, reads: Database, assembly: Database, name: str) -> tuple[Database, ...]:
        """One pass: shared k-mers with read counts, the same with copies, and assembly-only ones."""
        return tuple(
            self.simple(
                reads,
                assembly,
                (f"{name}.reads", f"intersect -ocleft -cs{MAX_READS}"),
                (f"{name}.copies", f"intersect -ocright -cs{MAX_COPIES}"),
                (f"{name}.only", f"reverse_kmers_subtract -cs{MAX_COPIES}"),
            )
        )


def evaluate(
    reads_prefix: str | Path, assemblies: dict[str, Path], k: int, threads: int, memory_gb: int
) -> tuple[dict[str, Any], list[tuple[str, SequenceCount]]]:
    """K-mer evaluation of one or two haplotypes, and of both together.

    `assemblies` maps haplotype labels to FASTA files. Returns the keys of the metrics record, and
    (haplotype, counts) of every sequence. Temporary files go to a directory in the current one.
    """
    reads = _checked_reads(reads_prefix, k)
    for fasta in assemblies.values():
        next(fasta_pieces(fasta))  # kmc does not say what is wrong with a file
    histogram = read_histogram(reads)
    threshold = solid_threshold(histogram)
    with tempfile.TemporaryDirectory(prefix="kmers.", dir=".") as directory:
        kmc = Kmc(Path(directory), threads, memory_gb)
        counted = {name: kmc.count(fasta, k, name) for name, fasta in assemblies.items()}
        databases = [database for database, _ in counted.values()]
        union = databases[0]
        if len(databases) > 1:
            (union,) = kmc.simple(databases[0], databases[1], ("union", f"union -ocsum -cs{MAX_COPIES}"))
        shared, copies, only = kmc.compare(reads, union, "all")
        joints = {}
        if len(databases) > 1:
            # The k-mers of either haplotype that reads have stand in for the (far larger) reads.
            for name, (database, _) in counted.items():
                found = kmc.simple(
                    shared,
                    database,
                    (f"{name}.reads", f"intersect -ocleft -cs{MAX_READS}"),
                    (f"{name}.copies", f"intersect -ocright -cs{MAX_COPIES}"),
                )
                joints[name] = joint_histogram(*found)
        joint = joint_histogram(shared, copies)
        absent = only.kmers
        unreliable_kmers = np.concatenate((read_kmers(only), read_kmers(kmc.rare(shared, threshold))))
        unreliable = KmerSet(unreliable_kmers, k)
    entries: list[HaplotypeKmers] = []
    table: list[tuple[str, SequenceCount]] = []
    everywhere = np.zeros(len(unreliable_kmers), np.int64)
    totals = [0, 0]
    for name, fasta in assemblies.items():
        occurrences = np.zeros(len(unreliable_kmers), np.int64)
        sequences = scan(fasta, k, unreliable, absent, occurrences)
        total, missing = sum(s.kmers for s in sequences), sum(s.assembly_only for s in sequences)
        _check_totals(fasta, total, counted[name][1], k)
        entries.append(
            _entry(
                name,
                total,
                missing,
                _by_copies(occurrences[:absent]),
                joints.get(name, joint),
                histogram,
                threshold,
                k,
            )
        )
        table += [(name, sequence) for sequence in sequences]
        everywhere += occurrences
        totals = [totals[0] + total, totals[1] + missing]
    if len(assemblies) > 1:
        total, missing = totals
        both = _entry("both", total, missing, _by_copies(everywhere[:absent]), joint, histogram, threshold, k)
        entries.append({**both, "false_duplication_pct": None})
    record = {"kmer_size": k, "read_threshold": threshold, "haplotypes": entries}
    return record | {"warnings": _warnings(reads, entries)}, table


def evaluate_parts(
    reads_prefix: str | Path, whole: Path, parts: Iterable[Path], k: int, threads: int, memory_gb: int
) -> Iterator[dict[str, Any]]:
    """QV, completeness and false duplication of an assembly, then of parts of it, such as what a step kept.

    `parts` are FASTA files whose k-mers are all in `whole`, so that the read k-mers are passed once. Each
    file is read before the next one is asked for. Temporary files go to a directory in the current one.
    """
    reads = _checked_reads(reads_prefix, k)
    histogram = read_histogram(reads)
    threshold = solid_threshold(histogram)
    with tempfile.TemporaryDirectory(prefix="kmers.", dir=".") as directory:
        kmc = Kmc(Path(directory), threads, memory_gb)
        shared, copies, only = kmc.compare(reads, kmc.count(whole, k, "whole")[0], "whole")
        absent = KmerSet(read_kmers(only), k)
        joint = joint_histogram(shared, copies)
        for at, fasta in enumerate(chain([whole], parts)):
            sequences = scan(fasta, k, absent, only.kmers, np.zeros(only.kmers, np.int64))
            total, missing = sum(s.kmers for s in sequences), sum(s.assembly_only for s in sequences)
            if at and total:
                database, _ = kmc.count(fasta, k, "part")
                found = kmc.simple(
                    shared,
                    database,
                    ("part.reads", f"intersect -ocleft -cs{MAX_READS}"),
                    ("part.copies", f"intersect -ocright -cs{MAX_COPIES}"),
                )
                joint = joint_histogram(*found)
            elif at:
                joint = np.zeros_like(joint)
            entry = _entry("", total, missing, [], joint, histogram, threshold, k)
            yield {key: value for key, value in entry.items() if key in STEP_KEYS}


def _checked_reads(prefix: str | Path, k: int) -> Database:
    reads = open_database(prefix)
    if not 1 <= k <= MAX_K:
        raise InputError(f"a k-mer size of {k} was asked for; choose one from 15 to {MAX_K}")
    if reads.k != k:
        raise InputError(f"{prefix}: holds {reads.k}-mers, not {k}-mers; count the reads with -k{k}")
    if not reads.canonical:
        raise InputError(f"{prefix}: k-mers were counted on one strand; count without kmc's -b")
    if not reads.kmers:
        raise InputError(f"{prefix}: holds no k-mer; are there reads of at least {k} bases?")
    return reads


def _check_totals(fasta: Path, scanned: int, counted: int, k: int) -> None:
    if not scanned:
        raise InputError(f"{fasta}: no sequence has {k} bases in a row; is this the assembly?")
    if scanned != counted:
        raise InputError(
            f"{fasta}: kmc counted {counted} k-mers but the sequences hold {scanned}; make the file "
            "plain FASTA with Unix line ends"
        )


def _by_copies(occurrences: Array) -> list[int]:
    """Distinct assembly-only k-mers with 1, 2, 3, 4 and more copies."""
    present = np.minimum(occurrences[occurrences > 0], COPIES)
    return np.bincount(present, minlength=COPIES + 1)[1:].tolist()


def _entry(
    name: str,
    total: int,
    missing: int,
    by_copies: list[int],
    joint: Array,
    histogram: Array,
    threshold: int,
    k: int,
) -> HaplotypeKmers:
    """The measures of one haplotype, or of both."""
    solid = int(histogram[threshold + 1 :].sum())
    found = int(joint[:, threshold + 1 :].sum())
    peak = threshold + int(np.argmax(histogram[threshold:]))
    end = min(len(histogram), max(100, SPECTRUM_PEAKS * peak)) + 1
    shown = slice(1, end)
    labels = [f"copies_{n}" for n in range(1, COPIES)] + [f"copies_over_{COPIES - 1}"]
    return {
        "haplotype": name,
        "assembly_kmers": total,
        "assembly_only_kmers": missing,
        **quality(missing, total, k),
        "completeness_pct": 100 * found / solid,
        "solid_read_kmers": solid,
        "solid_found_kmers": found,
        "false_duplication_pct": false_duplication_pct(joint),
        "spectrum": {
            "multiplicity": np.arange(len(histogram))[shown],
            "read_only": (histogram - joint.sum(axis=0))[shown],
            **{label: row[shown] for label, row in zip(labels, joint, strict=True)},
        },
        "assembly_only_by_copies": by_copies,
    }


def _warnings(reads: Database, entries: Sequence[HaplotypeKmers]) -> list[str]:
    found = []
    if reads.min_count > 1:
        found.append(
            f"the read k-mers leave out those seen fewer than {reads.min_count} times, so QV is "
            "lower than by Merqury's definition; count the reads with kmc -ci1"
        )
    found += [
        f"{entry['haplotype']}: reads have every k-mer of the assembly; the QV is a lower bound"
        for entry in entries
        if entry["qv_is_lower_bound"]
    ]
    return found


def parse_assemblies(arguments: Sequence[str]) -> dict[str, Path]:
    """Turn NAME=FASTA arguments into a mapping; InputError for any that is not right."""
    assemblies: dict[str, Path] = {}
    for argument in arguments:
        name, separator, path = argument.partition("=")
        if not (name and separator and path):
            raise InputError(f"'{argument}': expected NAME=FASTA, for example hap1=hap1.fasta")
        if name in assemblies or name == "both":
            raise InputError(f"'{argument}': the label {name} is taken; give each haplotype its own")
        if not os.access(path, os.R_OK):
            raise InputError(f"{path}: cannot be read; give the assembly of {name} as FASTA")
        assemblies[name] = Path(path)
    if len(assemblies) > 2:
        raise InputError("more than two assemblies; evaluate them one or two haplotypes at a time")
    return assemblies


COLUMNS = (
    "haplotype", "sequence", "kmers", "assembly_only", "qv_phred", "qv_is_lower_bound", "reliable_pct",
)  # fmt: skip
# Sequences in the record, the longest ones; the table has all.
SHOWN = 100


def evaluate_assembly(
    assemblies: Sequence[str],
    /,
    *,
    id: str,
    stage: str,
    reads_db: str,
    kmer_size: int,
    out: str,
    table: str,
    threads: int = 1,
    memory_gb: int = 4,
) -> None:
    """QV, completeness, copy-number spectrum and false duplication of an assembly, from k-mers.

    id: genome id
    stage: stage of the assembly
    reads_db: prefix of the reads' KMC database (-ci1 -cs10000)
    kmer_size: k of the database, up to 31
    memory_gb: memory that kmc may use
    out: metrics record to write (JSON)
    table: table of sequences to write (TSV)
    assemblies: one or two haplotypes, plain or gzip (NAME=FASTA)
    """
    record, sequences = evaluate(
        reads_db,
        parse_assemblies(assemblies),
        kmer_size,
        threads,
        memory_gb,
    )
    with complete_file(table) as handle:
        print(*COLUMNS, sep="\t", file=handle)
        for haplotype, sequence in sequences:
            judged = quality(sequence.assembly_only, sequence.kmers, kmer_size)
            qv = "" if judged["qv_phred"] is None else f"{judged['qv_phred']:.3f}"
            bound = "yes" if judged["qv_is_lower_bound"] else "no"
            reliable = "" if sequence.reliable_pct is None else f"{sequence.reliable_pct:.3f}"
            row = (haplotype, sequence.name, sequence.kmers, sequence.assembly_only, qv, bound, reliable)
            print(*row, sep="\t", file=handle)
    for entry in record["haplotypes"]:
        own = [sequence for haplotype, sequence in sequences if haplotype == entry["haplotype"]]
        if not own:  # both together
            continue
        longest = sorted(own, key=lambda sequence: -sequence.kmers)[:SHOWN]
        qualities = [quality(sequence.assembly_only, sequence.kmers, kmer_size) for sequence in longest]
        entry["sequences"] = {
            "sequence": [sequence.name for sequence in longest],
            "qv_phred": [judged["qv_phred"] for judged in qualities],
            "qv_is_lower_bound": [judged["qv_is_lower_bound"] for judged in qualities],
            "reliable_pct": [sequence.reliable_pct for sequence in longest],
        }
    header = {"id": id, "step": "kmer_evaluation", "stage": stage}
    write_metrics(out, header | record)
