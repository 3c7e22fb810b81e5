"""Chromosomes of a second haplotype named and turned after those of the first, by their alignment."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from linnaea.assembly.chromosome_lists import letters, read_list
from linnaea.assembly.decisions import Decision
from linnaea.assembly.renaming import NamedAssembly
from linnaea.base.records import write_metrics
from linnaea.base.tables import write_table
from linnaea.base.text import some
from linnaea.formats.gene_models import merged, total_bp
from linnaea.formats.paf import read_paf
from linnaea.formats.sequence_store import stored_sequences

STEP = "homologues"
# A homologue has at least this share of a chromosome's bases in alignments to it.
MIN_SHARE = 0.5
# A second one, or the other strand, with at least this share of the best one's bases makes a tie.
TIE_SHARE = 0.8
COLUMNS = (
    "sequence",
    "homologue",
    "aligned_bp",
    "aligned_pct",
    "minus_pct",
    "second",
    "second_bp",
    "verdict",
)
REASONS = {
    "named": "has one homologue, in the same direction",
    "turned": "has one homologue, in the opposite direction",
    "strand tie": "has one homologue, and about as much of it in either direction",
    "tie": "aligns about as well to two chromosomes",
    "none": "aligns to no chromosome with half of its bases",
}


@dataclass(frozen=True)
class Homologue:
    """The best match of a chromosome: aligned bases in all and on the minus strand, and those of the second.

    `verdict` is one of `REASONS`.
    """

    sequence: str
    length: int
    homologue: str = ""
    aligned: int = 0
    minus: int = 0
    second: str = ""
    second_aligned: int = 0

    @property
    def verdict(self) -> str:
        if self.aligned < MIN_SHARE * self.length:
            return "none"
        if self.second_aligned >= TIE_SHARE * self.aligned:
            return "tie"
        strands = sorted((self.minus, self.aligned - self.minus))
        if strands[0] >= TIE_SHARE * strands[1]:
            return "strand tie"
        return "turned" if self.minus == strands[1] else "named"


def aligned_intervals(path: Path) -> dict[str, dict[str, dict[str, list[tuple[int, int]]]]]:
    """Query intervals of the primary alignments of a PAF, query -> target -> strand -> intervals."""
    found: dict[str, dict[str, dict[str, list[tuple[int, int]]]]] = defaultdict(
        lambda: defaultdict(lambda: defaultdict(list))
    )
    for one in read_paf(path):
        found[one.query][one.target]["+" if one.forward else "-"].append((one.query_start, one.query_end))
    return found


def covered(intervals: Iterable[tuple[int, int]]) -> int:
    """Bases in at least one of the intervals."""
    return total_bp(merged(list(intervals)))


def find_homologues(
    path: Path, lengths: Mapping[str, int], chromosomes: Iterable[str], targets: Mapping[str, str]
) -> list[Homologue]:
    """The homologue of each of `chromosomes` (of `lengths` bp) among the sequences of `targets`."""
    intervals = aligned_intervals(path)
    found = []
    for name in chromosomes:
        matches = []
        for target, strands in intervals.get(name, {}).items():
            if target in targets:
                both = [interval for listed in strands.values() for interval in listed]
                matches.append((covered(both), covered(strands["-"]), target))
        matches.sort(key=lambda match: (-match[0], match[2]))
        best = matches[0] if matches else (0, 0, "")
        second = matches[1] if len(matches) > 1 else (0, 0, "")
        found.append(Homologue(name, lengths[name], best[2], best[0], best[1], second[2], second[0]))
    return found


def new_names(
    homologues: Sequence[Homologue], targets: Mapping[str, str], own: Mapping[str, str]
) -> dict[str, str]:
    """Chromosome name of each sequence: that of its homologue, with A, B, … where one has several.

    `targets` and `own` are the chromosome names of both haplotypes. Without a homologue a named chromosome
    (X, W) keeps its name, and another gets a number behind the highest one, the longest first.
    """
    by_name: dict[str, list[Homologue]] = defaultdict(list)
    alone = []
    for one in sorted(homologues, key=lambda one: -one.length):
        if one.verdict not in ("none", "tie"):
            by_name[targets[one.homologue]].append(one)
        elif own[one.sequence][:1].isdecimal():
            alone.append(one)
        else:
            by_name[own[one.sequence]].append(one)
    highest = max((int(name) for name in targets.values() if name.isdecimal()), default=0)
    names = {one.sequence: str(number) for number, one in enumerate(alone, highest + 1)}
    for name, found in by_name.items():
        for one, letter in zip(found, letters(len(found)), strict=True):
            names[one.sequence] = name + letter
    return names


def homologue_decisions(
    homologues: Sequence[Homologue], names: Mapping[str, str], assembly: NamedAssembly
) -> Iterator[Decision]:
    """Renamings and reversals of chromosomes, and what to review. Unlocalised scaffolds are not reversed."""
    reasons = {}
    for one in homologues:
        evidence = {"homologue": one.homologue or "none", "aligned_bp": one.aligned, "minus_bp": one.minus}
        reasons[one.sequence] = REASONS[one.verdict], evidence
        action = {"named": None, "turned": "flip"}.get(one.verdict, "review")
        if action:
            yield Decision(STEP, one.sequence, 0, one.length, action, *reasons[one.sequence])
    yield from assembly.renamings(STEP, names, reasons)


def name_homologues(
    *,
    id: str,
    haplotype: str,
    assembly: Path,
    agp: Path,
    chromosomes: Path,
    homologous_chromosomes: Path,
    paf: Path,
    out: Path,
    unlocalised: Path | None = None,
    prefix: str = "SUPER_",
) -> None:
    """Name and turn the chromosomes of a haplotype after their homologues in another haplotype.

    Writes ID.HAPLOTYPE.fa.gz and .agp, .chromosomes.tsv, .unlocalised.tsv, .homologues.tsv (the alignments in
    numbers), .decisions.tsv and .homologues.json. Ties are reported, not decided.

    id: genome id
    haplotype: name of the haplotype, for the names of files
    assembly: FASTA of the haplotype, curated
    agp: AGP of the haplotype, composed with what is done here
    chromosomes: chromosome list of the haplotype
    homologous_chromosomes: chromosome list of the other haplotype
    paf: alignment of the haplotype (query) to the other one (target), as by minimap2 -x asm10
    out: directory to write to
    unlocalised: unlocalised list of the haplotype
    prefix: of the names of chromosomes
    """
    targets = read_list(homologous_chromosomes)
    with stored_sequences(assembly) as store:
        given = NamedAssembly(store, chromosomes, unlocalised, prefix)
        homologues = find_homologues(paf, store.lengths, given.chromosomes, targets)
        names = new_names(homologues, targets, given.chromosomes)
        decisions = list(homologue_decisions(homologues, names, given))
        out.mkdir(parents=True, exist_ok=True)
        stem = f"{out}/{id}.{haplotype}"
        warnings = given.write(stem, agp, decisions, names)
    write_table(f"{stem}.homologues.tsv", COLUMNS, map(_row, homologues))
    verdicts = Counter(one.verdict for one in homologues)
    warnings += [
        f"{REASONS[verdict]}: {some(one.sequence for one in homologues if one.verdict == verdict)}"
        for verdict in ("none", "tie", "strand tie")
        if verdicts[verdict]
    ]
    counts = {verdict.replace(" ", "_"): verdicts[verdict] for verdict in REASONS}
    write_metrics(
        f"{stem}.homologues.json",
        {"id": id, "step": STEP, "haplotype": haplotype, "verdicts": counts, "warnings": warnings},
    )


def _row(one: Homologue) -> list[str | int | float | None]:
    aligned = 100 * one.aligned / one.length
    minus = 100 * one.minus / one.aligned if one.aligned else None
    second = one.second or None
    return [
        one.sequence,
        one.homologue or None,
        one.aligned,
        aligned,
        minus,
        second,
        one.second_aligned,
        one.verdict,
    ]
