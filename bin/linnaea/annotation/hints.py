"""Hints: what RNA and proteins say of introns, starts and stops, in one form for all who use them."""

import math
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import quantiles

import pysam

from linnaea.annotation.prepare_assembly import read_names
from linnaea.base.errors import InputError
from linnaea.base.files import complete_file
from linnaea.base.text import some
from linnaea.formats.gene_models import Transcript, introns
from linnaea.formats.gff3 import attributes, numbered_rows, read_genes
from linnaea.formats.sequences import is_empty

Interval = tuple[str, int, int, str]
# Splice motifs of the U2 and U12 spliceosomes (donor + acceptor), and what they read like on the other
# strand.
MOTIFS = {"GTAG": "+", "GCAG": "+", "ATAC": "+", "CTAC": "-", "CTGC": "-", "GTAT": "-"}
KINDS = ("intron", "start", "stop")
RNA, PROTEIN = "E", "P"
# Below this multiplicity a hint is as often wrong as right (measured on Drosophila: RNA introns of one read
# 50 %, of two and more 87 %; introns of one or two proteins 52 to 81 %, of three and more 88 %).
MIN_RNA = 2
# Alignments of proteins less alike than this give no hints (measured on Drosophila with proteins of
# arthropods: of introns of those 25 to 40 % identical 49 % are right, of those 40 to 60 % identical 64 %).
HINT_IDENTITY = 0.35
MIN_INTRON = 20


@dataclass
class Hints:
    """Multiplicity of every hint by source and kind: `of["E"]["intron"][seqid, start, end, strand]`."""

    of: dict[str, dict[str, dict[Interval, int]]] = field(
        default_factory=lambda: defaultdict(lambda: {kind: defaultdict(int) for kind in KINDS})
    )

    def __iter__(self) -> Iterator[tuple[str, str, Interval, int]]:
        """Every hint as (source, kind, interval, multiplicity)."""
        for source, kinds in self.of.items():
            for kind, intervals in kinds.items():
                for interval, multiplicity in intervals.items():
                    yield source, kind, interval, multiplicity

    def add(self, source: str, kind: str, interval: Interval, multiplicity: int = 1) -> None:
        self.of[source][kind][interval] += multiplicity

    def add_model(self, source: str, model: Transcript, multiplicity: int = 1) -> None:
        """Introns, and start and stop codon where the model says it has them (no `partial`)."""
        for start, end in introns(model.cds):
            self.add(source, "intron", (model.seqid, start, end, model.strand), multiplicity)
        missing = model.attributes.get("partial", "").split(",")
        low, high = (model.cds[0][0], model.cds[0][0] + 3), (model.cds[-1][1] - 3, model.cds[-1][1])
        ends = (low, high) if model.strand == "+" else (high, low)
        for kind, part, name in (("start", ends[0], "5"), ("stop", ends[1], "3")):
            if name not in missing:
                self.add(source, kind, (model.seqid, *part, model.strand), multiplicity)

    def support(self, kind: str) -> dict[Interval, dict[str, int]]:
        """Multiplicities of a kind by position, then source."""
        found: dict[Interval, dict[str, int]] = defaultdict(dict)
        for source, kinds in self.of.items():
            for interval, multiplicity in kinds[kind].items():
                found[interval][source] = multiplicity
        return found

    def filtered(self, keep: Callable[[str, str, Interval, int], bool]) -> "Hints":
        """The hints for which keep(source, kind, interval, multiplicity) holds."""
        kept = Hints()
        for hint in self:
            if keep(*hint):
                kept.add(*hint)
        return kept


def canonical_strand(sequence: bytes, start: int, end: int) -> str | None:
    """Strand that makes an intron's ends a known pair of splice sites, None when neither does."""
    ends = (sequence[start : start + 2] + sequence[end - 2 : end]).decode("latin-1").upper()
    return MOTIFS.get(ends)


def outcompeted(intervals: Mapping[Interval, int], share: float = 0.02) -> set[Interval]:
    """Introns that share a splice site with one of more than 1/`share` times their multiplicity: errors of
    the machinery."""
    best: dict[tuple, int] = defaultdict(int)
    for (seqid, start, end, strand), multiplicity in intervals.items():
        for site in ((seqid, strand, "left", start), (seqid, strand, "right", end)):
            best[site] = max(best[site], multiplicity)
    return {
        (seqid, start, end, strand)
        for (seqid, start, end, strand), multiplicity in intervals.items()
        if multiplicity < share * max(best[seqid, strand, "left", start], best[seqid, strand, "right", end])
    }


def longest_intron(hints: Hints, floor: int = 10_000) -> int:
    """Length, bp, beyond which an intron is not believed: thrice the 98 % quantile of the best supported, or
    `floor`.

    Long introns of a few reads are mostly reads torn between copies of a repeat: of the RNA introns of
    Drosophila with four reads one in twenty is longer than 10 kb, of those with ten one in fifty longer than
    14 kb, and of those with six proteins none longer than 13 kb. So ten reads or two proteins are asked for,
    four reads where that is few.
    """
    for reads in (10, 4):
        lengths = [
            end - start
            for source, kind, (_, start, end, _), multiplicity in hints
            if kind == "intron" and multiplicity >= (reads if source == RNA else 2)
        ]
        if len(lengths) >= 100:
            return max(floor, math.ceil(3 * quantiles(lengths, n=100, method="inclusive")[97]))
    return 5 * floor


def read_hints(path: str | Path, empty: bool = False, notes: list[str] | None = None) -> Hints:
    """Hints in AUGUSTUS's GFF (`src=`, `mult=`, `intron`, `start`, `stop`; other kinds are left out).

    `notes` gets how many of other kinds there are. InputError names the file when nothing in it can be used;
    with `empty`, a file of no lines is no fault.
    """
    found, seen = Hints(), 0
    unused: Counter[str] = Counter()
    if empty and is_empty(path):
        return found
    for line, row in numbered_rows(path):
        seen += 1
        if len(row) != 9:
            raise InputError(f"{path}, line {line}: {len(row)} columns, not nine; give hints as GFF")
        kind = {"start_codon": "start", "stop_codon": "stop"}.get(row[2], row[2])
        if kind not in KINDS:
            unused[kind] += 1
            continue
        if not (row[3].isdecimal() and row[4].isdecimal() and 0 < int(row[3]) <= int(row[4])):
            raise InputError(f"{path}, line {line}: {row[3]} to {row[4]} is not a range; count from 1")
        facts = attributes(row[8])
        multiplicity = facts.get("mult", facts.get("multiplicity", "1"))
        if not multiplicity.isdigit():
            raise InputError(f"{path}, line {line}: mult={multiplicity}; give a whole number")
        source = PROTEIN if facts.get("src", facts.get("source", RNA))[:1] in "PC" else RNA
        interval = (row[0], int(row[3]) - 1, int(row[4]), row[6])
        found.add(source, kind, interval, int(multiplicity))
    if unused and notes is not None:
        notes.append(
            f"{path}: {unused.total()} of {seen} hints are of types that are not used ({some(unused)}; used "
            f"are {', '.join(KINDS)})"
        )
    if seen and not any(found):
        raise InputError(
            f"{path}: no hint of kind {', '.join(KINDS)}; give AUGUSTUS hints with src= and mult="
        )
    return found


def merge(many: Iterable[Hints]) -> Hints:
    """All hints together, multiplicities summed."""
    union = Hints()
    for hints in many:
        for hint in hints:
            union.add(*hint)
    return union


def collect(
    rna: Sequence[str | Path],
    proteins: Sequence[str | Path],
    given: Sequence[str | Path],
    names: Mapping[str, tuple[str, int]],
    genome: str | Path,
    max_intron: int | None = None,
) -> tuple[Hints, int]:
    """Believable hints of all evidence, and the longest intron believed, bp.

    `rna` are hints and `proteins` GFF3 models under short names, `given` the user's hints under the user's
    names. RNA introns need two reads and no far stronger rival at their splice sites; protein introns count
    from one alignment on, as their number stands beside them.
    """
    short = {own: name for name, (own, _) in names.items()}
    parts = [read_hints(path, empty=True) for path in rna]
    parts += [stranded(renamed(read_hints(path), short, path), genome) for path in given]
    from_proteins = Hints()
    for path in proteins:
        for gene in read_genes(path):
            for model in gene.transcripts:
                if float(model.attributes["identity"]) >= HINT_IDENTITY:
                    from_proteins.add_model(PROTEIN, model)
    every = merge([*parts, from_proteins])
    longest = max_intron or longest_intron(every)
    rivals = outcompeted(every.of[RNA]["intron"])

    def believed(source: str, kind: str, interval: Interval, multiplicity: int) -> bool:
        if kind == "intron" and not MIN_INTRON <= interval[2] - interval[1] <= longest:
            return False
        return source != RNA or (multiplicity >= MIN_RNA and interval not in rivals)

    return every.filtered(believed), longest


def stranded(hints: Hints, genome: str | Path) -> Hints:
    """Hints with introns on the strand of their splice sites; RNA introns without any are left out."""
    found = Hints()
    with pysam.FastaFile(str(genome)) as reference:
        for source, kind, (seqid, start, end, strand), multiplicity in hints:
            if kind == "intron" and (source == RNA or strand == "."):
                ends = reference.fetch(seqid, start, start + 2) + reference.fetch(seqid, end - 2, end)
                strand = MOTIFS.get(ends.upper()) or "."
            if strand in ("+", "-"):
                found.add(source, kind, (seqid, start, end, strand), multiplicity)
    return found


def renamed(hints: Hints, names: Mapping[str, str], path: str | Path) -> Hints:
    """Hints under other names; InputError when most are on sequences that are not in `names`."""
    found, total = Hints(), 0
    lost: Counter[str] = Counter()
    for source, kind, (seqid, start, end, strand), multiplicity in hints:
        total += 1
        if seqid in names:
            found.add(source, kind, (names[seqid], start, end, strand), multiplicity)
        else:
            lost[seqid] += 1
    if 2 * sum(lost.values()) > total:
        raise InputError(
            f"{path}: {sum(lost.values())} of {total} hints are on sequences that the assembly lacks, "
            f"such as {next(iter(lost))}; give hints made on this assembly"
        )
    return found


def write_junctions(path: str | Path, hints: Hints, names: Mapping[str, str]) -> None:
    """RNA introns as BED6 under the user's names, sorted, the score being the number of reads; no file
    without."""
    if not hints.of[RNA]["intron"]:
        return
    order = {name: i for i, name in enumerate(names)}
    ranked = sorted(hints.of[RNA]["intron"].items(), key=lambda item: (order[item[0][0]], *item[0][1:]))
    with complete_file(path) as handle:
        for number, ((seqid, start, end, strand), multiplicity) in enumerate(ranked, 1):
            handle.write(f"{names[seqid]}\t{start}\t{end}\tj{number}\t{multiplicity}\t{strand}\n")


def lines(hints: Hints) -> Iterator[str]:
    """AUGUSTUS hint lines sorted by position."""
    ordered = sorted((interval, kind, source, multiplicity) for source, kind, interval, multiplicity in hints)
    for (seqid, start, end, strand), kind, source, multiplicity in ordered:
        column = f"src={source};mult={multiplicity};pri=4"
        yield f"{seqid}\tlinnaea\t{kind}\t{start + 1}\t{end}\t{multiplicity}\t{strand}\t.\t{column}\n"


def write_hints(path: str | Path, hints: Hints) -> None:
    with complete_file(path) as handle:
        handle.writelines(lines(hints))


def join_hints(
    *,
    genome: str,
    names: str,
    hints: str,
    junctions: str,
    rna: Sequence[str] = (),
    proteins: Sequence[str] = (),
    given: Sequence[str] = (),
    max_intron: int | None = None,
) -> None:
    """Hints of all evidence in one file, and RNA introns as a track.

    genome: prepared assembly (FASTA)
    names: table of names of prepare_assembly.py (TSV)
    rna: hints of rna_evidence.py (GFF)
    proteins: models of protein_models.py (GFF3)
    given: the user's hints, under the user's names (GFF)
    max_intron: longest intron believed, bp (default: from the evidence)
    hints: hints to write (GFF)
    junctions: RNA introns to write, under the user's names (BED)
    """
    sequence_names = read_names(names)
    evidence, longest = collect(rna, proteins, given, sequence_names, genome, max_intron)
    write_hints(hints, evidence)
    write_junctions(junctions, evidence, {short: own for short, (own, _) in sequence_names.items()})
    print(longest)
