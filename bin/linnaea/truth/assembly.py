"""Compare an assembly and its measures with the simulated truth they came from.

A primary assembly is a mosaic of two haplotypes, so contigs are aligned to each haplotype (organelle and
contaminant added), and only what agrees with neither of them is an error: a place where the contig goes
from one haplotype to the other costs nothing.
"""

import gzip
import json
import math
import re
import subprocess
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple, NotRequired, TypedDict

import numpy as np

from linnaea.base.errors import InputError
from linnaea.base.records import read_metrics, write_metrics
from linnaea.base.tables import read_table, table_rows, write_table

SHORTEST_ALIGNMENT = 500
# Blocks of the order along a chromosome: longer than any inversion between the haplotypes.
SHORTEST_BLOCK = 8_000
# Neighbouring blocks may overlap by a repeat.
BLOCK_OVERLAP = 2_000
RESTORED_SHARE = 0.95
TELOMERE_PRESENT_BP = 100
FLANK = 50
_CIGAR = re.compile(r"(\d+)([=XID])")
# Largest estimates (%) of what the genome has none of: errors of reads look like some.
NOTHING = {"heterozygosity_pct": 0.05, "repeat_share_pct": 1.0, "haploid_size_bp": 0.0}


@dataclass
class Alignment:
    """A PAF line with a CIGAR of =, X, I, D; 0-based half-open, query on its forward strand."""

    query: str
    query_start: int
    query_end: int
    strand: int
    target: str
    target_start: int
    target_end: int
    cigar: str


def parse_paf(lines: Iterable[str]) -> Iterator[Alignment]:
    """Primary alignments of at least 500 bp."""
    for line in lines:
        columns = line.rstrip("\n").split("\t")
        tags = {tag[:2]: tag[5:] for tag in columns[12:]}
        if tags.get("tp") != "P" or int(columns[10]) < SHORTEST_ALIGNMENT:
            continue
        yield Alignment(
            columns[0], int(columns[2]), int(columns[3]), 1 if columns[4] == "+" else -1,
            columns[5], int(columns[7]), int(columns[8]), tags["cg"],
        )  # fmt: skip


def align(assembly: Path, targets: list[Path], threads: int) -> list[Alignment]:
    """Align contigs to the sequences of FASTA files with minimap2 (preset asm5)."""
    reference = "".join(path.read_text() for path in targets)
    # No alignment bridges a gap as long as a block: a piece that is out of order would hide in it.
    command = ["minimap2", "-x", "asm5", "-r", "1k,5k", "-c", "--eqx", f"-t{threads}", "-", str(assembly)]
    done = subprocess.run(command, input=reference, capture_output=True, text=True, check=False)
    if done.returncode:
        last = (done.stderr.strip().splitlines() or ["no message"])[-1]
        raise InputError(f"minimap2 failed on {assembly}: {last}")
    return list(parse_paf(done.stdout.splitlines()))


def _repeat_reach(contig: bytes, start: int, end: int) -> tuple[int, int]:
    """Interval over which the indel of contig[start:end] can slide without changing the result."""
    size = end - start
    low = start
    while low > 0 and contig[low - 1] == contig[low - 1 + size]:
        low -= 1
    high = end
    while high < len(contig) and contig[high] == contig[high - size]:
        high += 1
    return low, high


def _deletion_reach(contig: bytes, at: int, lost: bytes) -> tuple[int, int]:
    """Interval over which a deletion of `lost` before contig[at] can slide."""
    whole = contig[max(0, at - 200) : at] + lost + contig[at : at + 200]
    left = at - max(0, at - 200)
    low, high = _repeat_reach(whole, left, left + len(lost))
    return at - (left - low), at + (high - left - len(lost))


def differences(alignment: Alignment, contig: bytes, target: bytes) -> Iterator[tuple[int, int]]:
    """Contig intervals of gap-compressed differences: one for each mismatch, one for each gap.

    An indel is given by the whole interval in which it can be placed (a homopolymer, say), so the same
    difference found against two haplotypes overlaps itself however each alignment placed it. The
    interval of a deletion is at least one base on either side.
    """
    if alignment.strand < 0:
        flip = bytes.maketrans(b"ACGTN", b"TGCAN")
        target_here = target[alignment.target_start : alignment.target_end].translate(flip)[::-1]
        steps = _CIGAR.findall(alignment.cigar)[::-1]
    else:
        target_here = target[alignment.target_start : alignment.target_end]
        steps = _CIGAR.findall(alignment.cigar)
    at, reference = alignment.query_start, 0
    for text, kind in steps:
        length = int(text)
        if kind == "X":
            yield from ((at + i, at + i + 1) for i in range(length))
        elif kind == "I":
            yield _repeat_reach(contig, at, at + length)
        elif kind == "D":
            low, high = _deletion_reach(contig, at, target_here[reference : reference + length])
            yield low - 1, high + 1
        at += length if kind != "D" else 0
        reference += length if kind != "I" else 0


def _covered(intervals: list[tuple[int, int]], length: int) -> np.ndarray:
    """Mask of positions in any interval."""
    depth = np.zeros(length + 1, np.int64)
    for start, end in intervals:
        depth[max(start, 0)] += 1
        depth[min(end, length)] -= 1
    return np.cumsum(depth)[:-1] > 0


@dataclass
class Errors:
    """What is wrong with contigs, and how much of them was judged (bases)."""

    differences: int = 0
    close_switches: int = 0
    aligned: int = 0
    unaligned: int = 0

    def __add__(self, other: "Errors") -> "Errors":
        return Errors(*(a + b for a, b in zip(vars(self).values(), vars(other).values(), strict=True)))


def contig_errors(
    contig: bytes, haplotypes: list[tuple[list[Alignment], dict[str, bytes]]], kmer_size: int = 21
) -> Errors:
    """Errors of a contig against the haplotypes: for each, its alignments and the target sequences.

    A difference from one haplotype is excused when another one is aligned over the whole place without
    a difference. What is left is counted once where it overlaps; an inner stretch aligned to none counts
    as one. Close switches are neighbouring excused differences, less than a k-mer apart, from different
    haplotypes: the contig takes one allele of each, which is sequence that the individual has not.
    """
    found: list[tuple[int, int, int]] = []
    agreements: list[np.ndarray] = []
    masks: list[np.ndarray] = []
    for alignments, targets in haplotypes:
        intervals = {
            (max(start, 0), min(end, len(contig)))
            for alignment in alignments
            for start, end in differences(alignment, contig, targets[alignment.target])
        }
        mask = _covered([(a.query_start, a.query_end) for a in alignments], len(contig))
        agrees = mask & ~_covered(sorted(intervals), len(contig))
        found += [(start, end, len(masks)) for start, end in intervals]
        masks.append(mask)
        agreements.append(np.concatenate([[0], np.cumsum(agrees)]))
    errors = Errors()
    reach = -1
    before: tuple[int, int] | None = None
    for start, end, side in sorted(found):
        if any(total[end] - total[start] == end - start for total in agreements):
            if before is not None and side != before[1] and start - before[0] < kmer_size:
                errors.close_switches += 1
            before = (end, side)
        else:
            errors.differences += start >= reach
            reach = max(reach, end)
    aligned = np.any(masks, axis=0)
    places = np.flatnonzero(aligned)
    errors.differences += int((np.diff(places) > 1).sum())
    errors.aligned, errors.unaligned = places.size, len(contig) - places.size
    return errors


def read_fasta(path: Path) -> dict[str, bytes]:
    """Sequences of a FASTA file in upper case, by first word of their names."""
    import pysam

    with pysam.FastxFile(str(path)) as records:
        return {str(record.name): str(record.sequence).upper().encode() for record in records}


def read_variants(path: Path) -> dict[str, np.ndarray]:
    """Variants of each chromosome: (n, 4) start and end on haplotype 1, start and end on haplotype 2."""
    rows: dict[str, list[tuple[int, int, int, int]]] = defaultdict(list)
    for line in path.read_text().splitlines():
        if line.startswith("#"):
            continue
        name, position, _, reference, alternative, _, _, text, *_ = line.split("\t")
        info = dict(item.split("=") for item in text.split(";") if "=" in item)
        start2, end2 = int(info["H2START"]), int(info["H2END"])
        end = int(info.get("END", int(position) - 1 + len(reference)))
        # All but single substitutions have the base before the variant in REF.
        indel = not len(reference) == len(alternative) == 1
        rows[name].append((int(position) - 1 + indel, end, start2, end2))
    return {name: np.array(values) for name, values in rows.items()}


def joint_coverage(first: np.ndarray, second: np.ndarray, variants: np.ndarray) -> np.ndarray:
    """Positions of haplotype 1 that contigs cover in either haplotype.

    first, second: masks of covered positions of both haplotypes; variants: see `read_variants`.
    Positions of haplotype 1 that haplotype 2 lacks count when a contig covers both flanks on haplotype 2
    (within 50 bp): a primary assembly holds one of two alleles.
    """
    result = first.copy()
    at1 = at2 = 0
    for start1, end1, start2, end2 in [*variants.tolist(), [first.size] * 2 + [second.size] * 2]:
        result[at1:start1] |= second[at2:start2]
        if end1 - start1 == end2 - start2:
            # A substitution, or an inversion: it turns the other way round on haplotype 2.
            result[start1:end1] |= second[start2:end2][::-1]
        elif second[max(start2 - FLANK, 0) : start2].any() and second[end2 : end2 + FLANK].any():
            result[start1:end1] = True
        at1, at2 = end1, end2
    return result


@dataclass
class Truth:
    """The true sequences and numbers of a simulated species."""

    facts: dict[str, Any]
    haplotypes: list[dict[str, bytes]]
    extra: dict[str, bytes]
    variants: dict[str, np.ndarray]
    paths: list[list[Path]]

    def chromosome_of(self, target: str) -> str | None:
        """Name on haplotype 1 of a nuclear sequence of either haplotype."""
        names = {second: first for first, second in self.facts["homologues"].items()}
        names |= {name: name for name in self.chromosomes_bp}
        return names.get(target)

    @property
    def chromosomes_bp(self) -> dict[str, int]:
        """Lengths on haplotype 1, and of chromosomes that only haplotype 2 has."""
        return self.facts["chromosomes_bp"] | self.facts.get("unpaired_bp", {})


def read_truth(folder: Path) -> Truth:
    """Read the `truth` folder of `linnaea simulate`."""
    path = folder / "truth.json"
    if not path.is_file():
        raise InputError(f"{path} is missing: give the truth folder of `linnaea simulate`")
    facts = json.loads(path.read_text())
    extra = [folder / f"{name}.fasta" for name in facts["extra_sequences_bp"]]
    files = [folder / f"haplotype{number + 1}.fasta" for number in range(facts["ploidy"])]
    variants = folder / "variants.vcf"
    return Truth(
        facts,
        [read_fasta(file) for file in files],
        {name: codes for file in extra for name, codes in read_fasta(file).items()},
        read_variants(variants) if facts["ploidy"] > 1 else {},
        [[file, *extra] for file in files],
    )


def _by_query(alignments: list[Alignment]) -> dict[str, list[Alignment]]:
    groups: dict[str, list[Alignment]] = defaultdict(list)
    for alignment in alignments:
        groups[alignment.query].append(alignment)
    return groups


def assign(truth: Truth, alignments: list[list[Alignment]]) -> dict[str, str]:
    """Contig to the true sequence (name on haplotype 1) where most of it aligns."""
    bases: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for group in alignments:
        for a in group:
            name = truth.chromosome_of(a.target) or a.target
            bases[a.query][name] += a.query_end - a.query_start
    return {query: max(counts, key=counts.__getitem__) for query, counts in bases.items()}


def chromosome_table(truth: Truth, alignments: list[list[Alignment]]) -> list[dict[str, Any]]:
    """Covered share and number of contigs of each nuclear chromosome."""
    home = assign(truth, alignments)
    rows = []
    for name, length in truth.chromosomes_bp.items():
        names = [name, truth.facts["homologues"].get(name, name)]
        masks = [
            _covered(
                [(a.target_start, a.target_end) for a in group if a.target == target],
                len(sequences[target]),
            )
            for group, sequences, target in zip(alignments, truth.haplotypes, names, strict=False)
            if target in sequences
        ]
        joint = masks[0]
        if len(masks) > 1:
            joint = joint_coverage(masks[0], masks[1], truth.variants.get(name, np.zeros((0, 4), int)))
        rows.append({
            "chromosome": name,
            "length_bp": length,
            "covered_pct": 100 * float(joint.mean()),
            "covered_best_haplotype_pct": 100 * max(float(mask.mean()) for mask in masks),
            "contigs": sum(target == name for target in home.values()),
        })  # fmt: skip
    return rows


class Block(NamedTuple):
    """A long alignment of a sequence (`start`, `end`) to a chromosome, 0-based half-open."""

    start: int
    end: int
    chromosome: str
    chromosome_start: int
    chromosome_end: int
    strand: int


def blocks_of(truth: Truth, alignments: list[list[Alignment]]) -> dict[str, list[Block]]:
    """Blocks of each sequence in its order, on haplotype 1 and chromosomes that only haplotype 2 has."""
    only_second = set(truth.facts.get("unpaired_bp", {}))
    found: dict[str, list[Block]] = defaultdict(list)
    for number, group in enumerate(alignments):
        for a in group:
            wanted = a.target in (only_second if number else truth.facts["chromosomes_bp"])
            if wanted and a.query_end - a.query_start >= SHORTEST_BLOCK:
                place = (a.target, a.target_start, a.target_end, a.strand)
                found[a.query].append(Block(a.query_start, a.query_end, *place))
    return {name: sorted(blocks) for name, blocks in found.items()}


def follows(one: Block, two: Block) -> bool:
    """Whether a block goes on with the chromosome where the one before it ends, or farther along it."""
    if (one.chromosome, one.strand) != (two.chromosome, two.strand):
        return False
    low, high = (one, two) if one.strand > 0 else (two, one)
    return high.chromosome_start >= low.chromosome_end - BLOCK_OVERLAP


def arrangement(truth: Truth, alignments: list[list[Alignment]]) -> dict[str, Any]:
    """Misjoins, as neighbouring blocks of which the second does not follow the first, and the chromosomes of
    which one sequence without a misjoin holds 95 %.
    """
    misjoins = []
    restored = set()
    for name, blocks in blocks_of(truth, alignments).items():
        wrong = [(one, two) for one, two in pairwise(blocks) if not follows(one, two)]
        misjoins += [
            {"sequence": name, "position": two.start, "from": one.chromosome, "to": two.chromosome}
            for one, two in wrong
        ]
        home = blocks[0].chromosome
        covered = sum(block.chromosome_end - block.chromosome_start for block in blocks)
        if not wrong and covered >= RESTORED_SHARE * truth.chromosomes_bp[home]:
            restored.add(home)
    return {"misjoins": misjoins, "chromosomes_restored": sorted(restored)}


def assembly_truth(truth: Truth, assembly: Path, threads: int, kmer_size: int = 21) -> dict[str, Any]:
    """Coverage, contigs and QV of an assembly, and which true telomeres its contigs reach.

    QV is -10 log10 of errors for each aligned base of contigs of nuclear chromosomes. Errors are
    gap-compressed differences from both haplotypes and, as a k-mer QV counts them too, haplotype switches
    within a k-mer (`contig_errors`); `qv_differences_phred` leaves the switches out. With no error, half
    of one is assumed.
    """
    contigs = read_fasta(assembly)
    alignments = [align(assembly, paths, threads) for paths in truth.paths]
    home = assign(truth, alignments)
    groups = [_by_query(group) for group in alignments]
    errors = Errors()
    for name, sequence in contigs.items():
        if home.get(name) in truth.chromosomes_bp:
            sides = [
                (group.get(name, []), sequences | truth.extra)
                for group, sequences in zip(groups, truth.haplotypes, strict=True)
            ]
            errors += contig_errors(sequence, sides, kmer_size)
    return {
        "chromosomes": chromosome_table(truth, alignments),
        "contig_differences": errors.differences,
        "close_switches": errors.close_switches,
        "aligned_bp": errors.aligned,
        "unaligned_bp": errors.unaligned,
        "qv_phred": _qv(errors.differences + errors.close_switches, errors.aligned),
        "qv_differences_phred": _qv(errors.differences, errors.aligned),
        "contigs_of": {name: sum(target == name for target in home.values()) for name in truth.extra},
        "unplaced_contigs": sum(name not in home for name in contigs),
        "telomeres_present": telomeres_present(truth, alignments, contigs),
        **arrangement(truth, alignments),
    }


def _qv(errors: int, bases: int) -> float | None:
    return -10 * math.log10(max(errors, 0.5) / bases) if bases else None


def telomeres_present(
    truth: Truth, alignments: list[list[Alignment]], contigs: dict[str, bytes]
) -> list[tuple[str, str]]:
    """Contig ends (contig, start or end) whose alignment reaches 100 bp into a true telomere."""
    ends = set()
    lengths = {(t["sequence"], t["end"]): t["length_bp"] for t in truth.facts["telomeres"]}
    for group, sequences in zip(alignments, truth.haplotypes, strict=True):
        for a in group:
            name = truth.chromosome_of(a.target)
            if name is None:
                continue
            size = len(sequences[a.target])
            for end, reach in (
                ("start", lengths.get((name, "start"), 0) - a.target_start),
                ("end", a.target_end - (size - lengths.get((name, "end"), 0))),
            ):
                if (name, end) in lengths and reach >= TELOMERE_PRESENT_BP:
                    # An end is only one of the contig when little of it hangs over.
                    side = "start" if (end == "start") == (a.strand > 0) else "end"
                    over = a.query_start if side == "start" else (len(contigs[a.query]) - a.query_end)
                    if over < 200:
                        ends.add((a.query, side))
    return sorted(ends)


def telomere_check(present: list[tuple[str, str]], table: Path) -> dict[str, Any]:
    """Telomeres of an assembly-statistics table against those present in the contigs."""
    rows = read_table(table, ("sequence", "telomere_start_bp", "telomere_end_bp"))
    found = {
        (row["sequence"], side)
        for row in rows
        for side in ("start", "end")
        if float(row[f"telomere_{side}_bp"] or 0) > 0
    }
    true = set(present)
    return {
        "present": len(true),
        "found": len(found & true),
        "missed": [list(end) for end in sorted(true - found)],
        "false": [list(end) for end in sorted(found - true)],
    }


def adapter_check(folder: Path, found: Path) -> dict[str, Any]:
    """Recall and precision of a list of read names (first column) against reads with an adapter."""
    with gzip.open(folder / "reads.tsv.gz", "rt") as handle:
        true = {row["read"] for row in table_rows(handle, handle.name) if row["adapter"] != "none"}
    opener = gzip.open if found.suffix == ".gz" else open
    with opener(found, "rt") as handle:
        names = {line.split()[0].lstrip("@>") for line in handle if line.strip()}
    names -= {"read"}
    both = len(true & names)
    return {
        "reads_with_adapter": len(true),
        "reads_found": len(names),
        "recall_pct": 100 * both / len(true) if true else None,
        "precision_pct": 100 * both / len(names) if names else None,
    }


def profile_check(facts: dict[str, Any], profile: dict[str, Any]) -> dict[str, Any]:
    """Genome profile against truth: estimate, truth, difference in percent of the truth.

    Size is the mean of the haplotypes. Heterozygosity and repeat share are compared with those of the true
    k-mers, which is what a k-mer profile measures: to it a sex chromosome without a partner is heterozygous.
    """
    sizes = facts["haplotype_sizes_bp"]
    kmers = facts["kmer_profile"].get(str(profile["kmer_size"]), facts["kmer_profile"]["21"])
    pairs = {
        "haploid_size_bp": sum(sizes) / len(sizes),
        "heterozygosity_pct": kmers["heterozygosity_pct"],
        "repeat_share_pct": kmers["repeat_share_pct"],
    }
    return {
        key: {
            "estimate": profile[key],
            "truth": true,
            "difference_pct": 100 * (profile[key] - true) / true if true else None,
        }
        for key, true in pairs.items()
        if profile.get(key) is not None
    }


def kmer_qv(record: dict[str, Any]) -> dict[str, Any]:
    """QV of a k-mer evaluation record, and whether it is a lower bound: of the only haplotype, or of both."""
    rows = {row["haplotype"]: row for row in record["haplotypes"]}
    row = rows.get("both", next(iter(rows.values()), {}))
    return {
        "kmer_qv_phred": row.get("qv_phred"),
        "kmer_qv_is_lower_bound": bool(row.get("qv_is_lower_bound")),
    }


def _qv_apart(record: dict[str, Any]) -> float:
    """How far the k-mer QV is from that by alignment; without an error both are lower bounds.

    Of an assembly without a difference from the truth only a lower k-mer QV counts, and none of one whose
    k-mers are all in the reads.
    """
    apart = float(record["kmer_qv_phred"] - record["qv_phred"])
    if record.get("contig_differences", 1) + record.get("close_switches", 0):
        return abs(apart)
    return 0.0 if record.get("kmer_qv_is_lower_bound") else max(0.0, -apart)


class Check(TypedDict):
    """A promise of the demo: the measured value and whether it holds; `threshold` has its sign."""

    check: str
    value: float | None
    unit: str
    threshold: str
    passed: bool
    lower_bound: NotRequired[bool]


def checks(record: dict[str, Any]) -> list[Check]:
    """What the demo promises, against what was measured: one row each, with `passed`.

    Thresholds: 98.5 % of each nuclear chromosome in at most 3 sequences, no misjoin, and, of a scaffolded
    assembly, all chromosomes restored; k-mer QV at least 40 and within 2
    of the QV from alignment (a lower bound may be below it); genome size within 5 %, heterozygosity and
    repeat share within 20 %; every telomere present is found and none elsewhere; adapters with recall
    and precision above 95 %.
    """
    rows: list[Check] = []

    def add(check: str, value: float | None, threshold: float, unit: str, at_least: bool = False) -> None:
        passed = value is not None and (value >= threshold if at_least else value <= threshold)
        sign = ">=" if at_least else "<="
        limit = f"{sign} {threshold}"
        rows.append({"check": check, "value": value, "unit": unit, "threshold": limit, "passed": passed})

    bound = bool(record.get("kmer_qv_is_lower_bound"))
    for row in record.get("chromosomes", []):
        add(f"{row['chromosome']} covered by contigs", row["covered_pct"], 98.5, "%", at_least=True)
        add(f"{row['chromosome']} contigs", row["contigs"], 3, "contigs")
    if "misjoins" in record:
        add("misjoins", len(record["misjoins"]), 0, "joins")
    if record.get("scaffolded"):
        of = len(record["chromosomes"])
        add("chromosomes restored", len(record["chromosomes_restored"]), of, "chromosomes", at_least=True)
    if record.get("kmer_qv_phred") is not None:
        add("k-mer QV", record["kmer_qv_phred"], 40, "phred", at_least=True)
        rows[-1]["lower_bound"] = bound
        if record.get("qv_phred") is not None:
            add("difference of k-mer QV from QV by alignment", _qv_apart(record), 2, "Phred")
    limits = {"haploid_size_bp": 5, "heterozygosity_pct": 20, "repeat_share_pct": 20}
    for key, row in record.get("profile", {}).items():
        off = row["difference_pct"]
        name = key.rsplit("_", 1)[0].replace("_", " ")
        if row["truth"] == 0:
            # no share of nothing: a haploid has no heterozygosity
            add(f"estimated {name}, true value 0", row["estimate"], NOTHING[key], "%")
        else:
            add(f"error of estimated {name}", None if off is None else abs(off), limits[key], "%")
    if "telomeres" in record:
        add("missed telomeres", len(record["telomeres"]["missed"]), 0, "contig ends")
        add("false telomeres", len(record["telomeres"]["false"]), 0, "contig ends")
    # without adapters there is no recall, and without one found no precision
    adapters = record.get("adapters", {})
    if adapters.get("reads_with_adapter"):
        add("adapter recall", adapters["recall_pct"], 95, "%", at_least=True)
    if adapters.get("reads_with_adapter") or adapters.get("reads_found"):
        add("adapter precision", adapters["precision_pct"], 95, "%", at_least=True)
    return rows


def write_checks(path: Path, rows: Iterable[Check]) -> None:
    """Write the checks as a table."""
    write_table(
        path,
        ("check", "value", "unit", "threshold", "passed"),
        (
            (row["check"], row["value"], row["unit"], row["threshold"], "yes" if row["passed"] else "no")
            for row in rows
        ),
    )


def compare_assembly(
    *,
    id: str,
    truth: Path,
    out: Path,
    assembly: Path | None = None,
    assembly_table: Path | None = None,
    profile: Path | None = None,
    kmer_evaluation: Path | None = None,
    adapter_reads: Path | None = None,
    threads: int = 1,
    table: Path | None = None,
    scaffolded: bool = False,
    strict: bool = False,
) -> None:
    """Compare an assembly and its measures with the truth of `linnaea simulate`; give what you have.

    id: genome id
    truth: truth folder of `linnaea simulate`
    assembly: contigs, not gzipped (FASTA)
    assembly_table: table of assembly_statistics.py of --assembly (TSV)
    profile: record of genome_profile.py (JSON)
    kmer_evaluation: record of kmer_evaluation.py (JSON)
    adapter_reads: names of reads found to have an adapter
    threads: for minimap2
    table: also write the checks as a table (TSV)
    scaffolded: chromosomes are expected whole
    strict: exit with 1 when a check fails (files are written)
    out: metrics record to write (JSON)
    """
    simulated = read_truth(truth)
    record: dict[str, Any] = {"id": id, "step": "truth_check"}
    evaluation = read_metrics(kmer_evaluation) if kmer_evaluation else {}
    if assembly:
        record |= assembly_truth(simulated, assembly, threads, evaluation.get("kmer_size", 21))
        record["scaffolded"] = scaffolded
    if evaluation:
        record |= kmer_qv(evaluation)
    if profile:
        record["profile"] = profile_check(simulated.facts, read_metrics(profile))
    if assembly_table:
        if not assembly:
            raise InputError("--assembly-table needs --assembly: which telomeres do the contigs hold?")
        record["telomeres"] = telomere_check(record["telomeres_present"], assembly_table)
    if adapter_reads:
        record["adapters"] = adapter_check(truth, adapter_reads)
    record["checks"] = checks(record)
    if table:
        write_checks(table, record["checks"])
    write_metrics(out, record)
    failed = [row["check"] for row in record["checks"] if not row["passed"]]
    if strict and failed:
        raise InputError(f"the truth check of {id} failed: {', '.join(failed)}")
