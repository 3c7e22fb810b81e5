"""The mitochondrion from HiFi reads, and its copies among the contigs of the nuclear genome.

Reads are baited by a relative's genome or by their k-mers, which are far more frequent than those of the
nucleus; a circle is closed from them and polished. A contig is a copy of the organelle if nearly all of it
is and it has the depth or the length of one; anything else is a copy in the nucleus (NUMT) and stays.
"""

import math
import re
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from linnaea.assembly.decisions import Decision
from linnaea.assembly.kmer_evaluation import PACKAGE
from linnaea.assembly.read_depth import depth_windows, weighted_median
from linnaea.assembly.removal import Files, remove_sequence
from linnaea.assembly.seed_extension import Read, both_strands, extend, kmers_of, one_turn, supported
from linnaea.base.errors import InputError
from linnaea.base.files import complete_file
from linnaea.base.programs import program_output
from linnaea.base.records import read_metrics, write_metrics
from linnaea.formats.bgzf import complete_bgzf
from linnaea.formats.gene_models import merged, total_bp
from linnaea.formats.sequence_store import write_record
from linnaea.formats.sequences import (
    fasta_records,
    is_empty,
    read_batches,
    reverse_complement,
    sequence_lengths,
    sniff_format,
    text_lines,
)

MINIMAP2 = "minimap2"
# Step of the decisions.
STEP = "organelle"
# Share of a read in alignments to the relative's genome that makes it bait.
BAITED_SHARE = 0.5
# Depth of an organelle's k-mers, or of its contigs, in depths of the nuclear genome.
ORGANELLE_DEPTH = 5
# Share of a read's k-mers that are that frequent; HiFi reads of 1 % errors keep four fifths.
FREQUENT_SHARE = 0.5
MOST_BASES = 4_000_000
POLISHING_DEPTH = 100
FEWEST_READS = 10
MOST_CANDIDATES = 8
# Share of the k-mers of a read in a sequence that explains it.
EXPLAINED_SHARE = 0.3
LARGEST_CIRCLE = 1_000_000
# So many tRNA genes make a circle a mitochondrion (animals have 22).
MITOCHONDRIAL_TRNAS = 10
COPY_COVERED, COPY_IDENTITY, COPY_LENGTH = 0.9, 0.95, 3
SHORTEST_NUMT = 200
_TRNA = re.compile(r"^\d+\s+mtRNA-(\S+)\s+(c?)\[(\d+),(\d+)\]\s+\S+\s+\((\w+)\)")


def _write(path: Path, sequences: Mapping[str, bytes]) -> Path:
    with path.open("wb") as handle:
        for name, letters in sequences.items():
            write_record(handle, name, [letters])
    return path


def _sequence(path: str) -> bytes:
    """The one sequence of a FASTA, in upper case."""
    records = list(fasta_records(path))
    if len(records) != 1:
        raise InputError(f"{path}: {len(records)} sequences; give the organelle's genome as one sequence")
    return records[0][1].upper()


def _aligned_share(paf: Iterable[str]) -> Iterator[tuple[str, float]]:
    """Share of each read in its alignments, from PAF in the order of the reads."""
    name, length = "", 0
    spans: list[tuple[int, int]] = []

    def share() -> float:
        covered = np.zeros(length, bool)
        for start, end in spans:
            covered[start:end] = True
        return float(covered.mean())

    for line in paf:
        fields = line.split("\t", 5)
        if fields[0] != name:
            if name:
                yield name, share()
            name, length, spans = fields[0], int(fields[1]), []
        spans.append((int(fields[2]), int(fields[3])))
    if name:
        yield name, share()


def bait_by_relative(reads: Sequence[str], relative: str, folder: Path, threads: int) -> list[bytes]:
    """Reads of which half or more aligns to a relative's genome, taken as a circle."""
    letters = _sequence(relative)
    reference = _write(folder / "relative.fa", {"relative": letters + letters})
    # The preset for noisy reads tolerates 15 to 20 % divergence; that for HiFi loses reads from 10 % on.
    command = ["minimap2", "-x", "map-ont", "-k13", "-w5", "--secondary=no", f"-t{threads}", str(reference)]
    baited = []
    for path in reads:
        paf = program_output([*command, path], "align the reads to the relative", MINIMAP2).splitlines()
        names = {name for name, share in _aligned_share(paf) if share >= BAITED_SHARE}
        baited += list(_named(path, names))
    return baited


def _named(path: str, names: set[str]) -> Iterator[bytes]:
    for batch in read_batches(path):
        ends = np.cumsum(batch.lengths)
        for name, start, end in zip(batch.names, ends - batch.lengths, ends, strict=True):
            if name.decode("utf-8", "replace") in names:
                yield batch.bases[start:end].tobytes().upper()


def bait_by_kmers(reads: Sequence[str], kmers: str, least: int, folder: Path) -> list[bytes]:
    """Reads of which half the k-mers are counted `least` times or more in KMC's database of all reads."""
    baited = []
    for path in reads:
        kind = sniff_format(path)
        if kind not in ("fasta", "fastq"):
            raise InputError(f"{path}: k-mers are looked up in FASTA or FASTQ; convert the reads")
        out = folder / "frequent.fa"
        program_output(
            ["kmc_tools", "-hp", "filter", kmers, f"-ci{least}", path, f"-f{kind[-1]}"]
            + [f"-ci{FREQUENT_SHARE}", str(out), "-fa"],
            "find reads of frequent k-mers",
            PACKAGE,
        )
        if out.stat().st_size:
            baited += [letters.upper() for _, letters in fasta_records(out)]
    return baited


def polish(draft: bytes, reads: Mapping[str, bytes], folder: Path, threads: int) -> bytes:
    """One turn of a circle after two rounds of racon, each on two turns, cut in the middle."""
    read_file = _write(folder / "reads.fa", reads)
    for _ in range(2):
        doubled = _write(folder / "draft.fa", {"draft": draft + draft})
        overlaps = folder / "overlaps.paf"
        command = ["minimap2", "-x", "map-hifi", f"-t{threads}", str(doubled), str(read_file)]
        overlaps.write_text(program_output(command, "align the reads to the circle", MINIMAP2))
        if not overlaps.stat().st_size:
            return draft
        command = ["racon", "-u", f"-t{threads}", str(read_file), str(overlaps), str(doubled)]
        consensus = program_output(command, "polish the circle", "racon")
        draft = one_turn("".join(consensus.splitlines()[1:]).upper().encode())
    return draft


@dataclass(frozen=True)
class Trna:
    """A tRNA gene of a circle, 1-based; `end` is smaller than `start` where the gene lies over the origin."""

    product: str
    start: int
    end: int
    strand: str


def find_trnas(circle: bytes, code: int, folder: Path) -> list[Trna]:
    """Mitochondrial tRNA genes by ARAGORN (Laslett & Canback 2008, doi:10.1093/bioinformatics/btm573)."""
    path = _write(folder / "circle.fa", {"circle": circle})
    command = ["aragorn", "-mt", f"-gc{code}", "-c", "-w", str(path)]
    text = program_output(command, "find tRNA genes", "ARAGORN (Debian: aragorn)")
    rows = filter(None, map(_TRNA.match, text.splitlines()))
    return [Trna(row[1], int(row[3]), int(row[4]), "-" if row[2] else "+") for row in rows]


def rotate(circle: bytes, trnas: Sequence[Trna]) -> tuple[bytes, list[Trna]]:
    """The circle from the first base of trnF on, on its strand, and its genes; unchanged without trnF."""
    length = len(circle)
    first = next((gene for gene in trnas if gene.product == "Phe"), None)
    if first is None:
        return circle, list(trnas)
    if first.strand == "-":
        circle = reverse_complement(circle)
        trnas = [
            Trna(gene.product, length + 1 - gene.end, length + 1 - gene.start, "+-"[gene.strand == "+"])
            for gene in trnas
        ]
        first = next(gene for gene in trnas if gene.product == "Phe")
    shift = first.start - 1
    moved = [
        replace(gene, start=(gene.start - 1 - shift) % length + 1, end=(gene.end - 1 - shift) % length + 1)
        for gene in trnas
    ]
    return circle[shift:] + circle[:shift], sorted(moved, key=lambda gene: gene.start)


@dataclass(frozen=True)
class Circle:
    """A closed circle with its mean read depth (x) and its tRNA genes."""

    letters: bytes
    depth: float
    trnas: list[Trna]

    @property
    def is_mitochondrial(self) -> bool:
        return _amino_acids(self) >= MITOCHONDRIAL_TRNAS


def _thinned(reads: Sequence[bytes], most_bases: int) -> list[bytes]:
    """About `most_bases` of the reads, taken evenly from them."""
    kept = min(1.0, most_bases / max(sum(map(len, reads)), 1))
    chosen = np.diff(np.floor(np.arange(len(reads) + 1) * kept)) > 0
    return [read for read, keep in zip(reads, chosen, strict=True) if keep]


def find_circles(baited: Sequence[bytes], code: int, folder: Path, threads: int) -> list[Circle]:
    """Circles that the reads close, each from the longest read that no earlier sequence explains."""
    factor = max(1.0, sum(map(len, baited)) / MOST_BASES)
    pool = supported(both_strands(_thinned(baited, MOST_BASES)))
    circles = []
    for _ in range(MOST_CANDIDATES):
        if len(pool) < 2 * FEWEST_READS:
            break
        seed = max(pool, key=lambda read: len(read.letters))
        draft, closed = extend(seed.letters, pool)
        words = np.unique(np.concatenate([kmers_of(draft + draft), kmers_of(reverse_complement(draft * 2))]))
        hits = np.isin(np.concatenate([read.kmers for read in pool]), words)
        ends = np.cumsum([len(read.kmers) for read in pool])
        explained = [part.mean() >= EXPLAINED_SHARE for part in np.split(hits, ends[:-1])]
        own = [read for read, is_own in zip(pool, explained, strict=True) if is_own]
        pool = [read for read, is_own in zip(pool, explained, strict=True) if not is_own and read is not seed]
        if closed and len(draft) <= LARGEST_CIRCLE and len(own) >= 2 * FEWEST_READS:
            circles.append(_circle(draft, own, factor, code, folder, threads))
    return circles


def _circle(
    draft: bytes, own: Sequence[Read], factor: float, code: int, folder: Path, threads: int
) -> Circle:
    # Of each read both strands are there; racon takes one.
    letters = sorted({min(read.letters, reverse_complement(read.letters)) for read in own})
    enough = _thinned(letters, POLISHING_DEPTH * len(draft))
    circle = polish(draft, {f"read{index}": read for index, read in enumerate(enough)}, folder, threads)
    depth = factor * sum(map(len, letters)) / len(circle)
    rotated, trnas = rotate(circle, find_trnas(circle, code, folder))
    return Circle(rotated, depth, trnas)


def choose(circles: Sequence[Circle]) -> Circle | None:
    """The mitochondrion: the deepest circle with mitochondrial tRNA genes, or else the deepest."""
    return max(circles, key=lambda circle: (circle.is_mitochondrial, circle.depth), default=None)


def assemble_organelle(
    *,
    id: str,
    reads: Sequence[str],
    out: str,
    metrics: str,
    relative: str | None = None,
    kmers: str | None = None,
    profile: str | None = None,
    candidates: str | None = None,
    any_circle: bool = False,
    mito_code: int = 5,
    threads: int = 1,
) -> None:
    """Assemble the mitochondrion from HiFi reads; an organelle that is absent gives an empty file.

    reads: FASTA or FASTQ, may be compressed
    relative: FASTA of the mitochondrion of a related species
    kmers: prefix of KMC's database of all reads, without a relative
    profile: record of the genome profile, for the depth of nuclear k-mers
    candidates: FASTA of all circles that were closed
    any_circle: take the deepest circle also without a relative or mitochondrial tRNA genes
    mito_code: genetic code of the mitochondrion
    out: FASTA of the circle, bgzipped
    metrics: metrics record (JSON)
    """
    with tempfile.TemporaryDirectory(prefix="organelle.", dir=".") as directory:
        folder = Path(directory)
        if relative:
            baited = bait_by_relative(reads, relative, folder, threads)
        elif kmers and profile:
            record = read_metrics(profile)
            haploid = record.get("haploid_kmer_coverage")
            nuclear = (haploid or 0) * (record.get("ploidy_model") or 2)
            baited = bait_by_kmers(reads, kmers, round(ORGANELLE_DEPTH * nuclear), folder) if haploid else []
        else:
            raise InputError(
                f"{id}: reads of the mitochondrion are found by a relative's genome (--relative) or by "
                "frequent k-mers (--kmers and --profile); give one of them"
            )
        circles = find_circles(baited, mito_code, folder, threads)
    best = choose(circles)
    # Tandem repeats such as rDNA close to circles too, and nuclear contigs must not be taken for copies.
    confirmed = best is not None and (best.is_mitochondrial or relative is not None or any_circle)
    chosen = best if confirmed else None
    if candidates:
        with complete_file(candidates, "wb") as handle:
            for number, one in enumerate(circles, 1):
                write_record(handle, f"{id}_circle_{number}", [one.letters])
    with complete_bgzf(out) as handle:
        if chosen:
            write_record(handle, f"{id}_mitochondrion", [chosen.letters])
    write_metrics(
        metrics,
        {
            "id": id,
            "step": "organelle",
            "tool": "linnaea",
            "result": "circle" if chosen else "unconfirmed" if best else "none",
            "baited_reads": len(baited),
            "circles": len(circles),
            **(_facts(best) if best else {}),
            "warnings": _warnings(best, len(baited)),
        },
    )


def adopt_organelle(
    *, id: str, given: str, tool: str, out: str, metrics: str, mito_code: int = 5, threads: int = 1
) -> None:
    """Take the mitochondrion that another program assembled, as `assemble` writes its own.

    Of several sequences the one with the tRNA genes of most amino acids is taken, then the longest.

    given: FASTA of the program, empty where it found none; headers of Oatk say whether it is a circle
    tool: name of the program
    mito_code: genetic code of the mitochondrion
    out: FASTA of the circle, bgzipped
    metrics: metrics record (JSON)
    """
    circles: list[Circle] = []
    headers: dict[str, str] = {}
    if not is_empty(given):
        headers = {line[1:].split()[0]: line for _, line in text_lines(given) if line.startswith(">")}
        with tempfile.TemporaryDirectory(prefix="organelle.", dir=".") as directory:
            for _, record in fasta_records(given):
                letters = record.upper()
                rotated, trnas = rotate(letters, find_trnas(letters, mito_code, Path(directory)))
                circles.append(Circle(rotated, math.nan, trnas))
    best = max(circles, key=lambda one: (_amino_acids(one), len(one.letters)), default=None)
    linear = any("circular=false" in line for line in headers.values())
    warnings = [f"{tool} assembled no mitochondrion"] if best is None else _warnings(best, 0)
    if len(circles) > 1:
        warnings.append(f"{tool} assembled {len(circles)} sequences; the most complete one is taken")
    if linear:
        warnings.append(f"{tool} did not close the circle")
    with complete_bgzf(out) as handle:
        if best:
            write_record(handle, f"{id}_mitochondrion", [best.letters])
    result = "none" if best is None else "linear" if linear else "circle"
    labels = {"id": id, "step": "organelle", "tool": tool, "result": result, "circles": len(circles)}
    facts = {key: value for key, value in (_facts(best) if best else {}).items() if key != "depth_x"}
    write_metrics(metrics, labels | facts | {"warnings": warnings})


def _amino_acids(circle: Circle) -> int:
    return len({gene.product for gene in circle.trnas})


def _facts(circle: Circle) -> dict[str, Any]:
    letters = circle.letters
    return {
        "length_bp": len(letters),
        "depth_x": circle.depth,
        "gc_pct": 100 * sum(map(letters.count, (b"G", b"C"))) / len(letters),
        "trnas": [vars(gene) for gene in circle.trnas],
    }


def _warnings(circle: Circle | None, baited: int) -> list[str]:
    if circle is None and baited < FEWEST_READS:
        return [f"{baited} reads look like an organelle's, too few to assemble it"]
    if circle is None:
        return [f"{baited} reads look like an organelle's, but they do not close a circle"]
    if not circle.is_mitochondrial:
        return [
            f"the circle has tRNA genes of {_amino_acids(circle)} amino acids, and a mitochondrion of an "
            "animal has 20; confirm it by a search for its genes"
        ]
    if circle.trnas[0].product != "Phe":
        return ["no trnF was found, so the circle starts anywhere"]
    return []


def _mean_depths(track: str) -> dict[str, float]:
    """Mean depth of each sequence of a bedGraph."""
    return {
        name: float(np.average(depths, weights=sizes))
        for name, (sizes, depths) in depth_windows(track).items()
    }


@dataclass(frozen=True)
class Hit:
    """An alignment to the organelle: stretch of the contig, identity (a gap is one difference)."""

    start: int
    end: int
    identity: float


def align_to_organelle(assembly: str, circle: bytes, folder: Path, threads: int) -> dict[str, list[Hit]]:
    """Alignments of contigs to an organelle, taken as a circle."""
    reference = _write(folder / "circle.fa", {"organelle": circle + circle})
    command = ["minimap2", "-c", "-x", "asm20", "--secondary=no", f"-t{threads}", str(reference), assembly]
    hits: dict[str, list[Hit]] = {}
    for line in program_output(command, "align the contigs to the organelle", MINIMAP2).splitlines():
        fields = line.split("\t")
        tags = {tag[:2]: tag[5:] for tag in fields[12:]}
        hit = Hit(int(fields[2]), int(fields[3]), 1 - float(tags["de"]))
        hits.setdefault(fields[0], []).append(hit)
    return hits


def judge_contigs(
    lengths: Mapping[str, int],
    hits: Mapping[str, Sequence[Hit]],
    depths: Mapping[str, float],
    organelle_bp: int,
) -> list[Decision]:
    """Copies of the organelle to remove, and its copies within nuclear contigs to keep.

    A contig is removed if 90 % of it are covered at an identity of 95 %, and it has 5 times the median depth
    of the assembly's bases or at most 3 times the length of the organelle.
    """
    measured = [name for name in lengths if name in depths]
    nuclear = (
        weighted_median([depths[name] for name in measured], [lengths[name] for name in measured])
        if measured
        else 0.0
    )
    decisions = []
    for name, found in hits.items():
        length, depth = lengths[name], depths.get(name)
        spans = merged([(hit.start, hit.end) for hit in found])
        covered = total_bp(spans) / length
        sizes = [hit.end - hit.start for hit in found]
        identity = float(np.average([hit.identity for hit in found], weights=sizes))
        deep = depth is not None and nuclear > 0 and depth >= ORGANELLE_DEPTH * nuclear
        evidence = {"covered_pct": 100 * covered, "identity_pct": 100 * identity, "depth_x": depth}
        evidence |= {"nuclear_depth_x": nuclear or None}
        if (
            covered >= COPY_COVERED
            and identity >= COPY_IDENTITY
            and (deep or length <= COPY_LENGTH * organelle_bp)
        ):
            reason = "copy of the organelle"
            decisions.append(Decision(STEP, name, 0, length, "remove", reason, evidence))
            continue
        reason = "copy of organelle sequence in a nuclear contig"
        decisions += [
            Decision(STEP, name, start, end, "keep", reason, evidence)
            for start, end in spans
            if end - start >= SHORTEST_NUMT
        ]
    return decisions


def separate_organelle(
    *,
    id: str,
    haplotype: str,
    assembly: str,
    organelle: str,
    out: str,
    removed: str,
    agp: str,
    decisions: str,
    metrics: str,
    depth: str | None = None,
    keep: str | None = None,
    edited: str | None = None,
    threads: int = 1,
) -> None:
    """Remove contigs that are copies of the organelle from an assembly; copies within contigs stay.

    assembly: FASTA, may be compressed
    organelle: FASTA of the organelle, empty if there is none
    depth: read depth of the assembly (bedGraph), if known
    keep: list of sequences to keep
    edited: table of decisions that replaces those of the step
    out: FASTA of the nuclear contigs
    removed: FASTA of the copies, bgzipped
    agp: where the parts of the result are in the assembly
    decisions: table of decisions
    metrics: metrics record (JSON)
    """
    own: list[Decision] = []
    if not is_empty(organelle):
        circle = _sequence(organelle)
        lengths = sequence_lengths(assembly)
        with tempfile.TemporaryDirectory(prefix="organelle.", dir=".") as directory:
            hits = align_to_organelle(assembly, circle, Path(directory), threads)
        own = judge_contigs(lengths, hits, _mean_depths(depth) if depth else {}, len(circle))
    final, totals = remove_sequence(STEP, assembly, own, Files(out, removed, agp, decisions), keep, edited)
    nuclear = [one for one in own if one.action == "keep"]
    record: dict[str, Any] = {"id": id, "step": "organelle_copies", "haplotype": haplotype} | totals._asdict()
    record |= {"copies_removed": sum(one.action == "remove" for one in final)}
    record |= {"nuclear_copies": len(nuclear), "nuclear_copies_bp": sum(one.length for one in nuclear)}
    write_metrics(metrics, record)
