"""Contiguity, gaps, composition and telomeres of an assembly, streamed from its FASTA.

A gap is a run of at least `min_gap` N (default 1, as gfastats and assembly-stats count); contigs are
the pieces between gaps. Nx is the length of the shortest sequence among the longest that together
hold x % of all bases, Lx their number, auN the area under the Nx curve: sum of squared lengths over
the sum of lengths (Li 2020, lh3.github.io/2020/04/08/a-new-metric-on-assembly-contiguity).
"""

import os
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NotRequired, TypedDict

import numpy as np

from linnaea.assembly import telomeres
from linnaea.base.errors import InputError
from linnaea.base.records import write_metrics
from linnaea.base.tables import Row, read_table, write_table
from linnaea.formats.sequences import BLOCK_BYTES, fasta_pieces, refuse_non_nucleotides, reverse_complement

_N = (78, 110)


@dataclass
class Sequence:
    """Counts of one sequence while its pieces arrive; `finish` closes it."""

    name: str
    length: int = 0
    gc: int = 0
    n: int = 0
    acgt: int = 0
    lower: int = 0
    gaps: int = 0
    gap_bp: int = 0
    leading_n: bool = False
    trailing_n: bool = False
    contigs: list[int] = field(default_factory=list)
    first: bytes = b""
    last: bytes = b""
    _contig: int = 0
    _run: int = 0

    def add(self, bases: bytes, min_gap: int, window: int) -> None:
        """Count one piece of the sequence (ASCII letters without line ends)."""
        if not bases:
            return
        if not self.length:
            self.leading_n = bases[0] in _N
        self.trailing_n = bases[-1] in _N
        letters = np.frombuffer(bases, np.uint8)
        count = {base: int(np.count_nonzero(letters == base)) for base in b"ACGTNacgtn"}
        n = count[78] + count[110]
        self.length += letters.size
        self.n += n
        self.gc += sum(count[base] for base in b"CGcg")
        acgt = sum(count[base] for base in b"ACGTacgt")
        self.acgt += acgt
        self.lower += sum(count[base] for base in b"acgtn")
        if acgt + n < letters.size:
            refuse_non_nucleotides(bases, f"sequence {self.name}")
            self.lower += int(np.count_nonzero(letters >= 97)) - sum(count[base] for base in b"acgtn")
        self._split(letters, n, min_gap)
        if len(self.first) < window:
            self.first += bases[: window - len(self.first)]
        self.last = bases[-window:] if letters.size >= window else (self.last + bases)[-window:]

    def _split(self, letters: np.ndarray, n: int, min_gap: int) -> None:
        """Cut the piece at its runs of N; runs and contigs may go on from the piece before."""
        if not n:
            self._end_run(min_gap)
            self._contig += letters.size
            return
        is_n = (letters | 32) == 110
        bounds = np.flatnonzero(is_n[1:] != is_n[:-1]) + 1
        lengths = np.diff(bounds, prepend=0, append=letters.size).tolist()
        in_n = bool(is_n[0])
        for length in lengths:
            if in_n:
                self._run += length
            else:
                self._end_run(min_gap)
                self._contig += length
            in_n = not in_n

    def _end_run(self, min_gap: int) -> None:
        if self._run >= min_gap:
            self.gaps += 1
            self.gap_bp += self._run
            self._end_contig()
        else:
            self._contig += self._run
        self._run = 0

    def _end_contig(self) -> None:
        if self._contig:
            self.contigs.append(self._contig)
        self._contig = 0

    def finish(self, min_gap: int) -> None:
        """Close the last gap and contig."""
        if self._run:
            self._end_run(min_gap)
        self._end_contig()


@dataclass
class _Row:
    """What is kept of a finished sequence."""

    name: str
    length: int
    gc: int
    n: int
    acgt: int
    lower: int
    gaps: int
    gap_bp: int
    terminal_n: bool
    contigs: int
    longest_contig: int
    start: telomeres.End
    end: telomeres.End


def n_statistics(lengths: np.ndarray, percent: float) -> tuple[int, int]:
    """Nx in bp and Lx of lengths sorted from long to short, at x = `percent`."""
    if not lengths.size:
        return 0, 0
    sums = np.cumsum(lengths)
    index = int(np.searchsorted(sums, sums[-1] * percent / 100 * (1 - 1e-12)))
    return int(lengths[index]), index + 1


def area_under_nx(lengths: np.ndarray) -> float:
    """auN in bp: the expected length of the sequence that a random base lies in."""
    lengths = lengths.astype(float)
    return float((lengths**2).sum() / lengths.sum()) if lengths.size else 0.0


def _descending(lengths: Iterable[int]) -> np.ndarray:
    return np.sort(np.fromiter(lengths, np.int64))[::-1]


class Contiguity(TypedDict):
    """Sizes of sequences and contigs; N and L values at 50 and 90 % of the bases."""

    sequences: int
    total_bp: int
    scaffold_n50_bp: int
    scaffold_l50: int
    scaffold_n90_bp: int
    scaffold_l90: int
    scaffold_auN_bp: float
    contigs: int
    contig_n50_bp: int
    contig_l50: int
    contig_n90_bp: int
    contig_l90: int
    contig_auN_bp: float
    longest_bp: int
    shortest_bp: int
    longest_contig_bp: int
    gaps: int
    gap_bp: int
    gaps_per_gbp: float
    haploid_number: NotRequired[int]
    in_haploid_number_longest_pct: NotRequired[float | None]


class Composition(TypedDict):
    """Bases by kind; shares are None for an assembly without such bases."""

    gc_pct: float | None
    n_bp: int
    soft_masked_pct: float | None
    other_bp: int
    leading_or_trailing_n: int


class TelomereCounts(TypedDict):
    """Telomeres of the species' motif, None where there is no motif."""

    telomere_motif: str | None
    telomere_motif_source: str
    telomeres: int
    sequences_with_both_telomeres: int
    sequences_with_one_telomere: int
    gapless_with_both_telomeres: int


class AssemblyMeasures(Contiguity, Composition, TelomereCounts):
    """All that is measured on one FASTA file."""

    file: str
    nx_curve: dict[str, list[int]]


class AssemblyStatistics(AssemblyMeasures):
    """The record `assembly_statistics`."""

    id: str
    step: str
    stage: str
    haplotype: str


class SequenceRow(TypedDict):
    """A row of the per-sequence table; shares are None for a sequence without such bases."""

    sequence: str
    length_bp: int
    gc_pct: float | None
    gaps: int
    gap_bp: int
    contigs: int
    longest_contig_bp: int
    soft_masked_pct: float | None
    telomere_start_bp: int
    telomere_end_bp: int


TABLE_COLUMNS = tuple(SequenceRow.__annotations__)


def _share(part: float, whole: float) -> float | None:
    return round(100 * part / whole, 4) if whole else None


def assembly_statistics(
    path: str | os.PathLike,
    telomere_motif: str = "auto",
    haploid_number: int | None = None,
    min_gap: int = 1,
    min_telomere: int = telomeres.MIN_TELOMERE_BP,
    block_bytes: int = BLOCK_BYTES,
) -> tuple[AssemblyMeasures, list[SequenceRow]]:
    """Statistics of a FASTA file (plain or gzip) as (record, rows of the per-sequence table).

    `telomere_motif` is "auto" or a motif on either strand. With `haploid_number` the record also
    says which share of the bases lies in that many longest sequences. Raises InputError for a file
    that is empty, not FASTA, truncated, has a name twice, an empty sequence or other letters.
    """
    motif = None if telomere_motif == "auto" else telomeres.outward(telomere_motif)
    rows: list[_Row] = []
    contigs: list[int] = []
    names: set[str] = set()
    current: Sequence | None = None

    def close() -> None:
        if current is None:
            return
        if not current.length:
            raise InputError(f"{path}: sequence {current.name} has no bases; remove it")
        current.finish(min_gap)
        contigs.extend(current.contigs)
        rows.append(_row(current, motif, min_telomere))

    try:
        for name, bases in fasta_pieces(path, block_bytes):
            if name is not None:
                close()
                if name in names:
                    raise InputError(
                        f"{path}: the name {name} occurs twice; give every sequence its own name"
                    )
                names.add(name)
                current = Sequence(name)
            assert current is not None  # the first piece has a name
            current.add(bases, min_gap, telomeres.WINDOW_BP)
        close()
    except InputError as error:
        if str(error).startswith("sequence "):
            raise InputError(f"{path}: {error}") from error
        raise
    if motif is None:
        motif = telomeres.choose_motif(end for row in rows for end in (row.start, row.end))
        source = "found" if motif else "none"
    else:
        source = "given"
    table = _table(rows, motif)
    record: AssemblyMeasures = {
        "file": Path(path).name,
        **_contiguity(rows, contigs, haploid_number),
        **_composition(rows),
        **_telomere_counts(table, motif, source),
        "nx_curve": _nx_curve(rows, contigs),
    }
    return record, table


def _row(sequence: Sequence, motif: str | None, min_telomere: int) -> _Row:
    start = reverse_complement(sequence.first)
    return _Row(
        sequence.name, sequence.length, sequence.gc, sequence.n, sequence.acgt, sequence.lower,
        sequence.gaps, sequence.gap_bp, sequence.leading_n or sequence.trailing_n,
        len(sequence.contigs), max(sequence.contigs, default=0),
        telomeres.examine_end(start, motif, min_telomere),
        telomeres.examine_end(sequence.last, motif, min_telomere),
    )  # fmt: skip


def _contiguity(rows: list[_Row], contigs: list[int], haploid_number: int | None) -> Contiguity:
    scaffold_lengths = _descending(row.length for row in rows)
    contig_lengths = _descending(contigs)
    total = int(scaffold_lengths.sum())
    gaps = sum(row.gaps for row in rows)
    scaffold_50, scaffold_90 = (n_statistics(scaffold_lengths, percent) for percent in (50, 90))
    contig_50, contig_90 = (n_statistics(contig_lengths, percent) for percent in (50, 90))
    record: Contiguity = {
        "sequences": len(rows),
        "total_bp": total,
        "scaffold_n50_bp": scaffold_50[0],
        "scaffold_l50": scaffold_50[1],
        "scaffold_n90_bp": scaffold_90[0],
        "scaffold_l90": scaffold_90[1],
        "scaffold_auN_bp": round(area_under_nx(scaffold_lengths), 1),
        "contigs": len(contigs),
        "contig_n50_bp": contig_50[0],
        "contig_l50": contig_50[1],
        "contig_n90_bp": contig_90[0],
        "contig_l90": contig_90[1],
        "contig_auN_bp": round(area_under_nx(contig_lengths), 1),
        "longest_bp": int(scaffold_lengths[0]),
        "shortest_bp": int(scaffold_lengths[-1]),
        "longest_contig_bp": int(contig_lengths[0]) if contigs else 0,
        "gaps": gaps,
        "gap_bp": sum(row.gap_bp for row in rows),
        "gaps_per_gbp": round(gaps / total * 1e9, 2),
    }
    if haploid_number:
        record["haploid_number"] = haploid_number
        longest = int(scaffold_lengths[:haploid_number].sum())
        record["in_haploid_number_longest_pct"] = _share(longest, total)
    return record


def _composition(rows: list[_Row]) -> Composition:
    total = sum(row.length for row in rows)
    acgt = sum(row.acgt for row in rows)
    n = sum(row.n for row in rows)
    return {
        "gc_pct": _share(sum(row.gc for row in rows), acgt),
        "n_bp": n,
        "soft_masked_pct": _share(sum(row.lower for row in rows), total),
        "other_bp": total - acgt - n,
        "leading_or_trailing_n": sum(row.terminal_n for row in rows),
    }


def _table(rows: list[_Row], motif: str | None) -> list[SequenceRow]:
    """The per-sequence table; telomere lengths are those of the species' motif, 0 without one."""
    key = min(telomeres.rotations(motif)) if motif else ""
    return [
        {
            "sequence": row.name,
            "length_bp": row.length,
            "gc_pct": _share(row.gc, row.acgt),
            "gaps": row.gaps,
            "gap_bp": row.gap_bp,
            "contigs": row.contigs,
            "longest_contig_bp": row.longest_contig,
            "soft_masked_pct": _share(row.lower, row.length),
            "telomere_start_bp": row.start.runs.get(key, 0),
            "telomere_end_bp": row.end.runs.get(key, 0),
        }
        for row in rows
    ]


def _telomere_counts(table: list[SequenceRow], motif: str | None, source: str) -> TelomereCounts:
    ends = [(row["telomere_start_bp"] > 0) + (row["telomere_end_bp"] > 0) for row in table]
    return {
        "telomere_motif": motif,
        "telomere_motif_source": source,
        "telomeres": sum(ends),
        "sequences_with_both_telomeres": ends.count(2),
        "sequences_with_one_telomere": ends.count(1),
        "gapless_with_both_telomeres": sum(
            both == 2 and not row["gaps"] for both, row in zip(ends, table, strict=True)
        ),
    }


def _nx_curve(rows: list[_Row], contigs: list[int]) -> dict[str, list[int]]:
    percents = list(range(1, 101))
    scaffold_lengths = _descending(row.length for row in rows)
    contig_lengths = _descending(contigs)
    return {
        "x_pct": percents,
        "scaffold_bp": [n_statistics(scaffold_lengths, x)[0] for x in percents],
        "contig_bp": [n_statistics(contig_lengths, x)[0] for x in percents],
    }


def measure_assembly(
    fasta: str,
    /,
    *,
    id: str,
    stage: str,
    haplotype: str,
    out: str,
    table: str,
    telomere_motif: str = "auto",
    haploid_number: int | None = None,
    min_gap: int = 1,
    min_telomere: int = telomeres.MIN_TELOMERE_BP,
) -> None:
    """Contiguity, gaps, composition and telomeres of one assembly.

    fasta: assembly, FASTA, plain or gzip
    id: genome id
    stage: stage of the assembly, such as raw
    haplotype: haplotype, such as hap1 or primary
    telomere_motif: motif on either strand, such as TTAGGG, or auto
    haploid_number: expected chromosomes of one haplotype
    min_gap: shortest run of N that is a gap
    min_telomere: shortest telomere in bp
    out: metrics record to write (JSON)
    table: per-sequence table to write (TSV)
    """
    if telomere_motif != "auto" and not re.fullmatch("[ACGTacgt]{4,30}", telomere_motif):
        raise InputError(f"--telomere-motif {telomere_motif}: give `auto` or 4 to 30 letters of A, C, G, T")
    if min_gap < 1 or min_telomere < 1:
        raise InputError("--min-gap and --min-telomere must be 1 or more")
    record, rows = assembly_statistics(fasta, telomere_motif, haploid_number, min_gap, min_telomere)
    write_table(table, TABLE_COLUMNS, [list(row.values()) for row in rows])
    named: AssemblyStatistics = {
        "id": id,
        "step": "assembly_statistics",
        "stage": stage,
        "haplotype": haplotype,
        **record,
    }
    write_metrics(out, named)


def _prefix(path: str | Path) -> str:
    return Path(path).stem.removesuffix(".assembly_statistics").removesuffix(".sequences")


def read_tables(
    tables: Iterable[str | Path], records: Iterable[tuple[Path, Mapping[str, Any]]]
) -> dict[tuple[str, str], list[Row]]:
    """Read the per-sequence tables of assembly statistics, keyed by (stage, haplotype).

    `records` are those of the genome with their paths (`read_records`). A table belongs to the record with
    the same name: `X.tsv` or `X.sequences.tsv` to `X.json` or `X.assembly_statistics.json`. Raises InputError
    for a table without its record.
    """
    owners = {
        _prefix(path): (record["stage"], record["haplotype"])
        for path, record in records
        if record["step"] == "assembly_statistics"
    }
    found = {}
    for table in map(Path, tables):
        if _prefix(table) not in owners:
            raise InputError(
                f"{table} has no assembly statistics of the same name among the metrics; "
                f"pass {_prefix(table)}.assembly_statistics.json to --metrics too"
            )
        found[owners[_prefix(table)]] = read_table(table)
    return found
