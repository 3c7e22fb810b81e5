"""Chromosomes of an assembly: which sequences they are, their names, sex chromosomes and homologues."""

import re
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from linnaea.assembly.chromosome_lists import (
    Chromosome,
    name_faults,
    natural_key,
    read_list,
    write_chromosome_list,
    write_unlocalised_list,
)
from linnaea.assembly.decisions import Decision, apply_decisions, check_conservation, write_decisions
from linnaea.assembly.name_homologues import REASONS, Homologue, find_homologues, new_names
from linnaea.assembly.read_depth import read_depths
from linnaea.assembly.sex_chromosomes import (
    ChromosomeDepth,
    System,
    chromosome_depths,
    sex_chromosome_names,
)
from linnaea.base.errors import InputError
from linnaea.base.records import Record, write_metrics
from linnaea.base.text import listing, number, percent, some
from linnaea.formats.agp import Agp, Component, sequence_layout, write_agp, write_objects
from linnaea.formats.sequence_store import stored_sequences

STEP = "chromosomes"
PREFIX = "SUPER_"
# Chromosomes hold at least this share of the bases; otherwise the scaffolds are not of chromosome scale.
MIN_SHARE = 0.8
# A scaffold with less of the bases is not taken for a chromosome by its length.
SMALLEST_SHARE = 0.001
# The shortest chromosome is so many times as long as the longest scaffold that is none.
MIN_DROP = 3.0
# Without such a drop, all scaffolds are chromosomes if there are no more.
MOST = 100
# Sex chromosomes of the heterogametic sexes, as users write them.
SYSTEMS: dict[str, System] = {"XY": "XY", "ZW": "ZW", "X0": "X0", "XO": "X0"}
_HAPLOTYPE = r"hap_?\d+|h\d+|paternal|maternal|mat|pat|primary"
_CHROMOSOME = r"\d{1,3}[A-Z]{0,2}|[IVX]{1,6}|[A-Z]\d{0,2}[A-Z]?"
_UNLOCALISED = r"(?:_unloc(?:alised)?_?\d+)"
# SUPER_1, SUPER_1_hap2, SUPER_X_unloc_2, chr1, chromosome_IV; and 1, X, 2L.
_PREFIXED = re.compile(
    rf"(?:super_|chromosome_?|chrom_?|chr_?)(?P<name>{_CHROMOSOME})"
    rf"(?P<unloc>(?:_(?:{_HAPLOTYPE}))?{_UNLOCALISED})?(?:_(?:{_HAPLOTYPE}))?",
    re.IGNORECASE,
)
_BARE = re.compile(rf"(?P<name>{_CHROMOSOME})(?P<unloc>{_UNLOCALISED})?")
ORGANELLES = ("M", "MT", "PT", "CP")


@dataclass
class Assignment:
    """Chromosomes and their unlocalised scaffolds, sequence -> name of the chromosome ("1", "X").

    `rule` says how the chromosomes were chosen: names (of the sequences), haploid_number or length (the drop
    in length behind them); "" where there are none, and `reason` says why.
    """

    chromosomes: dict[str, str] = field(default_factory=dict)
    unlocalised: dict[str, str] = field(default_factory=dict)
    rule: str = ""
    reason: str = ""


def sequence_match(name: str, pattern: re.Pattern[str]) -> re.Match[str] | None:
    match = pattern.fullmatch(name)
    return match if match and match["name"].upper() not in ORGANELLES else None


def named_chromosomes(sequences: Collection[str]) -> Assignment:
    """Chromosomes by the names of their sequences: SUPER_1, chrX, or 1 and X where none has a prefix."""
    for pattern in (_PREFIXED, _BARE):
        matches = {name: match for name in sequences if (match := sequence_match(name, pattern))}
        chromosomes = {name: match["name"] for name, match in matches.items() if not match["unloc"]}
        if chromosomes:
            unlocalised = {name: match["name"] for name, match in matches.items() if match["unloc"]}
            return Assignment(chromosomes, unlocalised, "names")
    return Assignment(reason="no sequence has the name of a chromosome, such as SUPER_1, chr1 or X")


def chromosome_count(sizes: np.ndarray) -> tuple[int, float]:
    """Number of chromosomes among scaffolds of `sizes` (bp, descending), and the drop in length behind them.

    The drop is the ratio of a scaffold to the next one, the largest at which the longer ones hold
    `MIN_SHARE` of the bases and each `SMALLEST_SHARE`. Without a drop of `MIN_DROP`, all scaffolds are
    chromosomes (drop infinite) if they are no more than `MOST` and none is that small; else none is (0).
    """
    shares = sizes / sizes.sum()
    eligible = (np.cumsum(shares) >= MIN_SHARE) & (shares >= SMALLEST_SHARE)
    drops = np.where(eligible[:-1], shares[:-1] / np.maximum(shares[1:], SMALLEST_SHARE), 0)
    if len(drops) and drops.max() >= MIN_DROP:
        return int(np.argmax(drops)) + 1, float(drops.max())
    whole = len(shares) <= MOST and shares[-1] >= SMALLEST_SHARE
    return (len(shares) if whole else 0), float("inf")


def longest_chromosomes(bases: Mapping[str, int], haploid_number: int | None) -> Assignment:
    """The longest scaffolds as chromosomes 1, 2, …: so many as the haploid number, else by
    `chromosome_count`. `bases` are those of each sequence, without gaps.
    """
    order = sorted(bases, key=lambda name: (-bases[name], natural_key(name)))
    sizes = np.array([bases[name] for name in order], float)
    if haploid_number:
        count, rule = min(haploid_number, len(order)), "haploid_number"
        share = sizes[:count].sum() / sizes.sum()
        if share < MIN_SHARE:
            reason = (
                f"the {count} longest scaffolds hold {percent(100 * share, 1)} of the bases, so the assembly "
                "is not of chromosome scale"
            )
            return Assignment(reason=reason)
        reason = f"one of the {count} longest scaffolds"
    else:
        (count, drop), rule = chromosome_count(sizes), "length"
        if not count:
            reason = (
                f"no scaffold is {number(MIN_DROP)} times as long as the next one where chromosomes could "
                "end, so chromosomes are not told from other scaffolds; give haploid_number"
            )
            return Assignment(reason=reason)
        reason = f"one of {count} scaffolds before the largest drop in length, to 1/{drop:.1f}"
        if count == len(order):
            reason = f"one of {count} scaffolds, all of similar length"
    names = {name: str(rank) for rank, name in enumerate(order[:count], 1)}
    return Assignment(names, {}, rule, reason)


def sequence_names(
    assignment: Assignment, given: Assignment, sequences: Collection[str], haplotype: str
) -> dict[str, str]:
    """New name of each sequence: of chromosomes SUPER_1_hap2, of unplaced ones hap2_scaffold_7.

    A primary assembly has no suffix or prefix, so that the names of haplotypes differ. In names that already
    were those of chromosomes (`given`), only the chromosome changes.
    """
    suffix = "" if haplotype == "primary" else f"_{haplotype}"
    new = {}
    for name in sequences:
        chromosome = assignment.chromosomes.get(name) or assignment.unlocalised.get(name)
        match = sequence_match(name, _PREFIXED) or sequence_match(name, _BARE)
        if chromosome and match and given.chromosomes:
            new[name] = name[: match.start("name")] + chromosome + name[match.end("name") :]
        elif chromosome:
            new[name] = f"{PREFIX}{chromosome}{suffix}"
        elif suffix and not name.lower().startswith(f"{haplotype}_".lower()):
            new[name] = f"{haplotype}_{name}"
        else:
            new[name] = name
    return new


def with_sex_chromosomes(
    assignment: Assignment, depths: Sequence[ChromosomeDepth], system: System
) -> tuple[Assignment, str]:
    """The assignment with the names of sex chromosomes, if depth tells them, and what was seen."""
    names, sentence = sex_chromosome_names(depths, system)
    if assignment.rule == "names" or not names:
        return assignment, sentence
    return Assignment(names, {}, assignment.rule, assignment.reason), sentence


def with_homologues(
    assignment: Assignment, homologues: Sequence[Homologue], targets: Mapping[str, str]
) -> Assignment:
    """The assignment with the names of the other haplotype's chromosomes; unlocalised ones follow."""
    names = new_names(homologues, targets, assignment.chromosomes)
    renamed = {old: names[sequence] for sequence, old in assignment.chromosomes.items()}
    unlocalised = {name: renamed.get(old, old) for name, old in assignment.unlocalised.items()}
    return Assignment(names, unlocalised, assignment.rule, assignment.reason)


def chromosome_decisions(
    assignment: Assignment,
    names: Mapping[str, str],
    lengths: Mapping[str, int],
    bases: Mapping[str, int],
    depths: Sequence[ChromosomeDepth],
    homologues: Sequence[Homologue],
    turn: bool,
) -> Iterator[Decision]:
    """New names, reversals (if `turn`), and what a person should look at."""

    def decision(sequence: str, action: str, reason: str, **evidence: Any) -> Decision:
        return Decision(STEP, sequence, 0, lengths[sequence], action, reason, evidence)

    for name, new in names.items():
        if new != name:
            chromosome = assignment.chromosomes.get(name) or assignment.unlocalised.get(name)
            reason = "the haplotype goes into the name"
            if chromosome:
                reason = "named after its homologue" if homologues else assignment.reason
            yield decision(name, "rename", reason, name=new, bases=bases[name])
    if assignment.rule == "length":
        last = min(assignment.chromosomes, key=lambda name: bases[name])
        yield decision(last, "review", "the shortest of the chromosomes chosen by length", bases=bases[last])
        rest = [name for name in names if name not in assignment.chromosomes]
        if rest:
            first = max(rest, key=lambda name: bases[name])
            reason = "the longest scaffold not taken for a chromosome by its length"
            yield decision(first, "review", reason, bases=bases[first])
    for one in depths:
        chromosome = assignment.chromosomes[one.sequence]
        if one.verdict == "unclear" or (one.verdict == "half" and chromosome[:1].isdecimal()):
            half = one.verdict == "half"
            reason = "half the depth of autosomes" if half else "the depth of neither one nor two copies"
            shares = {"relative_depth": one.relative, "half_depth_pct": 100 * one.half_share}
            yield decision(one.sequence, "review", reason, **shares)
    for match in homologues:
        action = {"named": "", "turned": "flip"}.get(match.verdict, "review")
        if action == "flip" and not turn:
            action = "review"
        if action:
            numbers = {"aligned_bp": match.aligned, "minus_bp": match.minus}
            other = match.homologue or "none"
            yield decision(match.sequence, action, REASONS[match.verdict], homologue=other, **numbers)


def assign_sex_chromosomes(
    assignment: Assignment,
    bases: Mapping[str, int],
    depth: Path,
    system: System,
    haploid_number: int | None,
) -> tuple[Assignment, list[ChromosomeDepth], str]:
    """The assignment with sex chromosomes by read depth, the depths, and a sentence that says what was seen.

    With a haploid number, one more scaffold is a chromosome if it and one other are at half depth: a primary
    assembly has both sex chromosomes.
    """
    wider = longest_chromosomes(bases, haploid_number + 1) if haploid_number else assignment
    depths = chromosome_depths(read_depths(depth, wider.chromosomes), wider.chromosomes)
    half = sum(one.verdict == "half" for one in depths)
    has_more = len(wider.chromosomes) > len(assignment.chromosomes)
    if has_more and (depths[-1].verdict != "half" or half != len(system)):
        depths = depths[:-1]
    else:
        assignment = wider
    assignment, sentence = with_sex_chromosomes(assignment, depths, system)
    return assignment, depths, sentence


def _sex_record(depths: Sequence[ChromosomeDepth], system: System, sentence: str) -> Record:
    half = [one.sequence for one in depths if one.verdict == "half"]
    return {
        "sex": system if 0 < len(half) <= len(system.removesuffix("0")) else None,
        "expected": system,
        "sex_chromosomes": half,
        "relative_depth": {one.sequence: one.relative for one in depths},
        "reason": sentence,
    }


def _assignment_record(
    assignment: Assignment, bases: Mapping[str, int], haploid_number: int | None, actions: Counter[str]
) -> Record:
    total = sum(bases.values())
    assigned = sum(bases[name] for name in (*assignment.chromosomes, *assignment.unlocalised))
    return {
        "rule": assignment.rule or None,
        "chromosomes": len(assignment.chromosomes),
        "unlocalised": len(assignment.unlocalised),
        "unplaced": len(bases) - len(assignment.chromosomes) - len(assignment.unlocalised),
        "haploid_number": haploid_number,
        "bases_bp": total,
        "assigned_bp": assigned,
        "assigned_pct": 100 * assigned / total if assignment.chromosomes else None,
        "renamed": actions["rename"],
        "turned": actions["flip"],
        "to_review": actions["review"],
        "sex_chromosomes": [name for name in assignment.chromosomes.values() if not name[:1].isdecimal()],
    }


def name_chromosomes(
    *,
    id: str,
    haplotype: str,
    stage: str,
    assembly: Path,
    out: Path,
    haploid_number: int | None = None,
    keep_names: bool = False,
    sex: str | None = None,
    depth: Path | None = None,
    homologous_chromosomes: Path | None = None,
    paf: Path | None = None,
) -> None:
    """Choose the chromosomes of an assembly, and name them.

    Chromosomes are the sequences that are named so, else the longest ones. Writes, each after ID.HAPLOTYPE,
    .chromosomes.fasta.gz, .chromosomes.agp and .chromosomes.decisions.tsv (not with --keep-names),
    .chromosomes.tsv and .unlocalised.tsv for ENA, .chromosomes.json, and with --depth .sex.json.

    id: genome id
    haplotype: name of the haplotype
    stage: stage of the assembly
    assembly: FASTA
    out: directory to write to
    haploid_number: chromosomes of one haplotype
    keep_names: read names, and change nothing
    sex: sex chromosomes of the individual (XY, ZW, X0)
    depth: read depth in windows (bedGraph), of reads that were mapped to this FASTA alone
    homologous_chromosomes: chromosome list of the haplotype to name this one after
    paf: alignment of the FASTA (query) to that haplotype (target), as by minimap2 -x asm10
    """
    if bool(paf) != bool(homologous_chromosomes):
        raise InputError("--paf and --homologous-chromosomes belong together; give both or neither")
    layout = sequence_layout(assembly)
    lengths = layout.lengths()
    bases = {
        name: sum(part.length for part in parts if isinstance(part, Component))
        for name, parts in layout.objects.items()
    }
    given = named_chromosomes(lengths)
    targets = read_list(homologous_chromosomes) if homologous_chromosomes else {}
    # without a haploid number, haplotypes have the same number of chromosomes
    number_of = haploid_number or len(targets) or None
    assignment = given if given.chromosomes else longest_chromosomes(bases, number_of)
    system = SYSTEMS.get((sex or "").upper())
    depths: list[ChromosomeDepth] = []
    sentence = ""
    if depth and system and assignment.chromosomes:
        has_both = haplotype == "primary" and assignment.rule == "haploid_number" and "0" not in system
        assignment, depths, sentence = assign_sex_chromosomes(
            assignment, bases, depth, system, haploid_number if has_both else None
        )
    homologues: list[Homologue] = []
    if paf and assignment.chromosomes:
        homologues = find_homologues(paf, lengths, assignment.chromosomes, targets)
        if not keep_names:
            assignment = with_homologues(assignment, homologues, targets)
    names = {name: name for name in lengths}
    if not keep_names:
        names = sequence_names(assignment, given, lengths, haplotype)
    decisions = list(
        chromosome_decisions(assignment, names, lengths, bases, depths, homologues, not keep_names)
    )
    out.mkdir(parents=True, exist_ok=True)
    stem = f"{out}/{id}.{haplotype}"
    if not keep_names:
        _write_assembly(Path(f"{stem}.chromosomes"), assembly, assignment, names, lengths, decisions)
    listed = _write_lists(stem, assignment, names)
    warnings = [
        *_list_warnings(assignment, listed, names, decisions),
        *_karyotype(assignment, bases, haploid_number),
        *filter(None, [sentence]),
        *_homologue_warnings(homologues, targets),
    ]
    place = {"stage": stage, "haplotype": haplotype}
    actions = Counter(one.action for one in decisions)
    record: dict[str, Any] = {
        **_assignment_record(assignment, bases, haploid_number, actions),
        "without_homologue": sum(one.verdict in ("none", "tie") for one in homologues),
        "warnings": list(dict.fromkeys(warnings)),
    }
    write_metrics(f"{stem}.chromosomes.json", {"id": id, "step": "chromosome_assignment", **place, **record})
    if depths and system:
        write_metrics(
            f"{stem}.sex.json", {"id": id, "step": "sex", **place, **_sex_record(depths, system, sentence)}
        )


def _write_lists(stem: str, assignment: Assignment, names: Mapping[str, str]) -> list[Chromosome]:
    """ENA's lists of chromosomes, in their natural order, and of unlocalised sequences; none is empty."""
    order = sorted(assignment.chromosomes, key=lambda name: natural_key(assignment.chromosomes[name]))
    listed = [Chromosome(names[name], assignment.chromosomes[name]) for name in order]
    if listed:
        write_chromosome_list(f"{stem}.chromosomes.tsv", listed)
    if assignment.unlocalised:
        rows = ((names[name], chromosome) for name, chromosome in assignment.unlocalised.items())
        write_unlocalised_list(f"{stem}.unlocalised.tsv", rows)
    return listed


def _write_assembly(
    stem: Path,
    assembly: Path,
    assignment: Assignment,
    names: Mapping[str, str],
    lengths: Mapping[str, int],
    decisions: Sequence[Decision],
) -> None:
    """FASTA, AGP and decisions; chromosomes come first, by name, with their unlocalised scaffolds."""
    agp = apply_decisions(lengths, decisions)
    check_conservation(lengths, agp, decisions)
    placed = sorted(
        (names[name] for name in (*assignment.chromosomes, *assignment.unlocalised)), key=natural_key
    )
    placed_names = set(placed)
    rest = [name for name in agp.objects if name not in placed_names]
    agp = Agp({name: agp.objects[name] for name in (*placed, *rest)})
    with stored_sequences(assembly) as store:
        write_objects(agp, store, f"{stem}.fasta.gz")
    write_agp(f"{stem}.agp", agp)
    write_decisions(f"{stem}.decisions.tsv", decisions)


def _list_warnings(
    assignment: Assignment,
    listed: Sequence[Chromosome],
    names: Mapping[str, str],
    decisions: Sequence[Decision],
) -> Iterator[str]:
    """Why there is no list of chromosomes, names that it cannot have, and what a person has to look at."""
    if not listed:
        yield assignment.reason
    yield from name_faults(listed, names.values())
    if assignment.rule == "length":
        yield from (f"{one.sequence}: {one.reason}" for one in decisions if one.action == "review")


def _karyotype(assignment: Assignment, bases: Mapping[str, int], haploid_number: int | None) -> Iterator[str]:
    """Where the number of chromosomes differs from the haploid number."""
    found = len(assignment.chromosomes)
    if not found or not haploid_number:
        return
    both = {"X", "Y"} <= set(assignment.chromosomes.values()) or {"Z", "W"} <= set(
        assignment.chromosomes.values()
    )
    if found != haploid_number + both:
        yield f"{found} chromosomes; the haploid number is {haploid_number}"
    elif assignment.rule == "haploid_number":
        by_length = longest_chromosomes(bases, None)
        count = len(by_length.chromosomes)
        if count and count != found:
            yield f"the haploid number is {haploid_number}, and the lengths of the scaffolds suggest {count}"


def _homologue_warnings(homologues: Sequence[Homologue], targets: Mapping[str, str]) -> Iterator[str]:
    for verdict in ("none", "tie", "strand tie"):
        if found := [one.sequence for one in homologues if one.verdict == verdict]:
            yield f"{REASONS[verdict]}: {some(found)}"
    partners = {one.homologue for one in homologues if one.verdict not in ("none", "tie")}
    alone = [f"{name} ({targets[name]})" for name in targets if name not in partners]
    if homologues and alone:
        yield f"chromosomes of the other haplotype without a partner in this one: {listing(alone, 6)}"
