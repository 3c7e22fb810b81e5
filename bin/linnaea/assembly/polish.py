"""Contigs polished by racon (Vaser et al. 2017, doi:10.1101/gr.214270.116), those that it made no worse.

A contig is judged by its k-mers that no accurate read has: the polished one is taken if their share, and so
the error rate (Merqury's, see `kmer_evaluation`), is not larger than before.
"""

import tempfile
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from linnaea.assembly.kmer_evaluation import evaluate, quality
from linnaea.assembly.overlaps import end_to_end
from linnaea.base.files import complete_file
from linnaea.base.programs import program_output
from linnaea.base.records import write_metrics
from linnaea.base.tables import write_table
from linnaea.formats.bgzf import complete_bgzf
from linnaea.formats.sequence_store import SequenceStore, stored_sequences, write_record
from linnaea.formats.sequences import sniff_format

STEP = "polish"
COLUMNS = (
    "sequence", "length_before_bp", "length_after_bp", "changed_bp", "qv_before", "qv_after", "polished",
    "reason",
)  # fmt: skip
BEFORE, AFTER = "before", "after"
# A contig whose length would change by more than this share keeps its own sequence, whatever its QV.
LARGEST_CHANGE = 0.05


@dataclass(frozen=True)
class Kmers:
    """K-mers of a contig, and those of them that no accurate read has."""

    total: int
    absent: int

    def qv(self, k: int) -> float | None:
        return quality(self.absent, self.total, k)["qv_phred"]


def decide(length: int, polished_length: int, before: Kmers | None, after: Kmers | None) -> tuple[bool, str]:
    """Whether the polished contig is taken, and why; `before` and `after` are None without accurate reads."""
    if not polished_length:
        return False, "racon left it out"
    if abs(polished_length - length) > LARGEST_CHANGE * length:
        return False, f"its length would change by more than {LARGEST_CHANGE:.0%}"
    if before is None or after is None:
        return True, "no accurate reads to measure the QV by"
    # as fractions, so that a longer contig is not taken for a worse one
    if after.absent * before.total > before.absent * after.total or not after.total:
        return False, "the QV would fall"
    return True, "the QV does not fall"


def run_racon(assembly: Path, reads: Sequence[str], preset: str, folder: Path, threads: int) -> Path:
    """Contigs after one round of racon, as FASTA; contigs that no read covers are left as they are."""
    plain = all(sniff_format(path) == "fastq" for path in reads) and preset == "map-ont"
    # racon interprets the qualities of HiFi reads as those of noisier reads
    joined = folder / ("reads.fastq" if plain else "reads.fasta")
    program_output(
        ["seqkit", "seq" if plain else "fq2fa", *reads, "-o", str(joined)], "join the reads", "seqkit"
    )
    alignments, overlaps = folder / "alignments.paf", folder / "overlaps.paf"
    command = ["minimap2", "-x", preset, f"-t{threads}", "-o", str(alignments), str(assembly), str(joined)]
    program_output(command, "align the reads to the contigs", "minimap2")
    with alignments.open() as paf, overlaps.open("w") as handle:
        handle.writelines(end_to_end(paf))
    polished = folder / "polished.fasta"
    if not overlaps.stat().st_size:
        polished.touch()
        return polished
    command = ["racon", "-u", f"-t{threads}", str(joined), str(overlaps), str(assembly)]
    # racon appends numbers to the names
    lines = program_output(command, "polish the contigs", "racon").splitlines()
    with polished.open("w") as handle:
        handle.writelines((line.split()[0] if line.startswith(">") else line) + "\n" for line in lines)
    return polished


def changed_bases(assembly: Path, polished: Path, threads: int) -> Counter[str]:
    """Bases that differ between each contig and its polished sequence, by minimap2."""
    command = ["minimap2", "-c", "-x", "asm5", "--secondary=no", f"-t{threads}", str(assembly), str(polished)]
    changed: Counter[str] = Counter()
    for line in program_output(command, "compare the contigs", "minimap2").splitlines():
        fields = line.split("\t")
        if fields[0] == fields[5]:
            changed[fields[0]] += next(int(word[5:]) for word in fields[12:] if word.startswith("NM:i:"))
    return changed


def count_kmers(
    assemblies: Mapping[str, Path], reads_db: str, kmer_size: int, threads: int, memory_gb: int
) -> dict[str, dict[str, Kmers]]:
    """K-mers of each contig, before and after."""
    counted: dict[str, dict[str, Kmers]] = {name: {} for name in assemblies}
    _, sequences = evaluate(reads_db, dict(assemblies), kmer_size, threads, memory_gb)
    for name, sequence in sequences:
        counted[name][sequence.name] = Kmers(sequence.kmers, sequence.assembly_only)
    return counted


def polish_contigs(
    *,
    id: str,
    haplotype: str,
    assembly: str,
    reads: Sequence[str],
    preset: str,
    out: str,
    table: str,
    metrics: str,
    reads_db: str | None = None,
    kmer_size: int = 21,
    threads: int = 1,
    memory_gb: int = 4,
) -> None:
    """Polish contigs by one round of racon; a contig whose k-mer QV would fall stays as it is.

    assembly: FASTA, may be compressed
    reads: long reads, FASTQ or FASTA, may be compressed
    preset: of minimap2 for these reads: map-ont or map-hifi
    reads_db: prefix of the KMC database of accurate reads (HiFi or Illumina), if there are any
    kmer_size: k of the database
    memory_gb: memory that kmc may use
    out: FASTA of the contigs
    table: what became of each contig
    metrics: metrics record (JSON)
    """
    with (
        tempfile.TemporaryDirectory(prefix="polish.", dir=".") as directory,
        stored_sequences(assembly) as own,
    ):
        folder = Path(directory)
        plain = folder / "contigs.fasta"
        with plain.open("wb") as handle:
            for name, length in own.lengths.items():
                write_record(handle, name, own.pieces(name, 0, length))
        polished = run_racon(plain, reads, preset, folder, threads)
        empty = not polished.stat().st_size
        changed = Counter() if empty else changed_bases(plain, polished, threads)
        kmers: dict[str, dict[str, Kmers]] = {}
        if reads_db and not empty:
            kmers = count_kmers({BEFORE: plain, AFTER: polished}, reads_db, kmer_size, threads, memory_gb)
        with stored_sequences(*([] if empty else [polished])) as made:
            rows = _write(own, made, kmers, changed, out, kmer_size)
    write_table(table, COLUMNS, rows)
    taken = [row for row in rows if row[6] == "yes"]
    record = {
        "id": id,
        "step": STEP,
        "haplotype": haplotype,
        "tool": "racon",
        "sequences": len(rows),
        "polished": len(taken),
        "qv_would_fall": sum(row[7] == "the QV would fall" for row in rows),
        "bases_before_bp": sum(row[1] for row in rows),
        "bases_after_bp": sum(row[2] if row[6] == "yes" else row[1] for row in rows),
        "changed_bp": sum(row[3] for row in taken),
        "warnings": []
        if reads_db
        else [
            "there are no accurate reads (HiFi or Illumina), so it is not known whether polishing improved "
            "the contigs"
        ],
    }
    write_metrics(metrics, record)


def _write(
    own: SequenceStore,
    made: SequenceStore,
    kmers: Mapping[str, Mapping[str, Kmers]],
    changed: Mapping[str, int],
    out: str,
    kmer_size: int,
) -> list[tuple]:
    """Write the better of each contig and its polished sequence; returns the rows of the table."""
    rows = []
    with complete_bgzf(out) if out.endswith(".gz") else complete_file(out, "wb") as handle:
        for name, length in own.lengths.items():
            before, after = (kmers.get(part, {}).get(name) for part in (BEFORE, AFTER))
            size = made.lengths.get(name, 0)
            taken, reason = decide(length, size, before, after)
            source = made if taken else own
            write_record(handle, name, source.pieces(name, 0, source.lengths[name]))
            qualities = [one.qv(kmer_size) if one else None for one in (before, after)]
            rows.append(
                (name, length, size, changed.get(name, 0), *qualities, "yes" if taken else "no", reason)
            )
    return rows
