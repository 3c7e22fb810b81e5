"""The step from a curated map to the files of a curated assembly."""

import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from itertools import chain, pairwise
from pathlib import Path
from typing import Any

from linnaea.assembly.chromosome_lists import (
    Chromosome,
    name_faults,
    write_chromosome_list,
    write_unlocalised_list,
)
from linnaea.assembly.curation import PRIMARY, REASONS, REMOVED, Curation, Scaffold, curate, haplotype_key
from linnaea.assembly.decisions import Decision, check_conservation, write_decisions
from linnaea.base.errors import InputError
from linnaea.base.records import write_metrics
from linnaea.base.tables import read_table
from linnaea.base.text import listing, number, some
from linnaea.formats.agp import (
    UNKNOWN_GAP_BP,
    Agp,
    Component,
    Gap,
    compose,
    join_gap,
    read_agp,
    refuse,
    sequence_layout,
    write_agp,
    write_objects,
)
from linnaea.formats.juicebox import is_juicebox, read_juicebox
from linnaea.formats.sequence_store import stored_sequences

STEP = "curation"


def curation_decisions(curation: Curation, layout: Agp) -> Iterator[Decision]:
    """What the curator did, as decisions on the sequences before curation."""
    lengths = layout.lengths()

    def decision(sequence: str, start: int, end: int, action: str, reason: str, **evidence: Any) -> Decision:
        return Decision(STEP, sequence, start, end, action, reason, evidence, "linnaea", "person")

    for cut in curation.cuts:
        reason = "cut inside a contig" if cut.inside_contig else "cut at a gap"
        evidence = {"requested": cut.requested, "moved_bp": cut.moved_bp}
        yield decision(cut.sequence, cut.start, cut.end, "break", f"{reason} in the curated map", **evidence)
    for scaffolds in curation.assemblies.values():
        for one in scaffolds:
            for piece in one.pieces:
                if one.role in REMOVED:
                    reason = REASONS[one.role]
                    yield decision(piece.sequence, piece.start, piece.end, "remove", reason, name=one.name)
                elif piece.turned:
                    reason = "reversed in the curated map"
                    yield decision(piece.sequence, piece.start, piece.end, "flip", reason, name=one.name)
            for left, right in pairwise(one.pieces):
                at = left.start if left.turned else left.end
                reason = "next to each other in the curated map"
                yield decision(left.sequence, at, at, "join", reason, to=right.sequence, name=one.name)
            first = one.pieces[0]
            whole = len(one.pieces) == 1 and first.bases == _bases(layout, first.sequence)
            if whole and one.role not in REMOVED and one.name != first.sequence:
                reason = f"{one.role} {one.chromosome}".strip()
                yield decision(
                    first.sequence,
                    0,
                    lengths[first.sequence],
                    "rename",
                    reason,
                    name=one.name,
                    bases=one.bases,
                )
    for piece in curation.missing:
        reason = "not in the curated map, so kept as it was"
        yield decision(piece.sequence, piece.start, piece.end, "keep", reason, bases=piece.bases)


def _bases(layout: Agp, sequence: str) -> int:
    return sum(part.length for part in layout.objects[sequence] if isinstance(part, Component))


def check_curation(curation: Curation, layout: Agp, gap: Gap) -> None:
    """RuntimeError unless each contig base of the input is once in an assembly or among what was removed."""
    everything = Agp(
        {
            f"{assembly}\t{name}": parts
            for assembly in curation.assemblies
            for name, parts in curation.agp(assembly, gap).objects.items()
        }
    )
    gaps = []
    for name, parts in layout.objects.items():
        position = 0
        for part in parts:
            if isinstance(part, Gap):
                gaps.append(Decision(STEP, name, position, position + part.length, "mask", "gap"))
            position += part.length
    check_conservation(layout.lengths(), everything, gaps)


def read_homologues(path: Path) -> dict[str, str]:
    """Chromosome of the other haplotype by object of the map, from a table `object`, `chromosome`."""
    return {row["object"]: row["chromosome"] for row in read_table(path, ("object", "chromosome"))}


def curate_assembly(
    *,
    id: str,
    assembly: Sequence[Path],
    curated: Path,
    out: Path,
    prefix: str = "SUPER_",
    chromosomes: int | None = None,
    haplotype: Sequence[str] = (),
    only: str | None = None,
    homologues: Path | None = None,
    agp: Sequence[Path] = (),
    gap_bp: int = UNKNOWN_GAP_BP,
) -> None:
    """Make the curated assembly of a contact map that a person has curated.

    For each haplotype, and for what was left out: ID.NAME.fa.gz and ID.NAME.agp; for each haplotype ENA's
    lists ID.NAME.chromosomes.tsv and ID.NAME.unlocalised.tsv; for all, ID.decisions.tsv and ID.curation.json.

    id: genome id
    assembly: FASTA that the map was made from, one or more files
    curated: AGP of PretextView with its tags, any AGP, or .review.assembly of Juicebox
    out: directory to write to
    prefix: of the names of chromosomes
    chromosomes: number of chromosomes, the longest scaffolds, for a map without tags
    haplotype: haplotype of each FASTA, or one for all, where no tag tells it (default: from names)
    only: write this haplotype alone, what was left out of it as ID.HAPLOTYPE.haplotigs.fa.gz and so on
    homologues: table that names chromosomes after those of the other haplotype (object, chromosome)
    agp: AGP of each FASTA; ID.NAME.contigs.agp then traces the result to the contigs of this
    gap_bp: length of the gap of a join; 100 stands for an unknown length in AGP
    """
    refuse(_option_faults(id, prefix, haplotype, len(assembly), gap_bp, chromosomes))
    names = read_homologues(homologues) if homologues else None
    layout, haplotypes = assembly_layout(assembly, haplotype)
    found = read_map(curated, layout)
    gap = join_gap(gap_bp)
    earlier = Agp({}, path=", ".join(map(str, agp)))
    for path in agp:
        earlier.objects |= read_agp(path).objects
    if agp:
        refuse(_unlike(layout.lengths(), earlier))
    curation = curate(
        layout, found, prefix=prefix, chromosomes=chromosomes, haplotypes=haplotypes, homologues=names
    )
    check_curation(curation, layout, gap)
    curation = curation if only is None else one_haplotype(curation, only)
    out.mkdir(parents=True, exist_ok=True)
    decisions = list(curation_decisions(curation, layout))
    warnings = [*found.notes, *_warnings(curation)]
    if names is not None:
        warnings += _without_homologue(curation, names)
    with stored_sequences(*assembly) as store:
        for name, scaffolds in curation.assemblies.items():
            stem = f"{id}.{name}" if only is None or name == only else f"{id}.{only}.{name}"
            placed = curation.agp(name, gap)
            write_objects(placed, store, out / f"{stem}.fa.gz")
            write_agp(out / f"{stem}.agp", placed)
            if agp:
                write_agp(out / f"{stem}.contigs.agp", compose(placed, earlier))
            if name not in REMOVED.values():
                warnings += _write_lists(scaffolds, out / stem)
    write_decisions(out / f"{id}.decisions.tsv", decisions)
    record = curation_record(curation, decisions)
    place = {} if only is None else {"haplotype": only}
    write_metrics(out / f"{id}.curation.json", {"id": id, **place, **record, "warnings": warnings})


def _option_faults(
    id: str, prefix: str, haplotypes: Sequence[str], assemblies: int, gap_bp: int, chromosomes: int | None
) -> list[str]:
    faults = ["--gap-bp must be at least 1"] if gap_bp < 1 else []
    faults += ["--chromosomes must be at least 1"] if chromosomes is not None and chromosomes < 1 else []
    faults += [
        f"--{option} {value!r}: use letters, digits and . _ - only"
        for option, value in (("id", id), ("prefix", prefix), *(("haplotype", name) for name in haplotypes))
        if not re.fullmatch(r"[A-Za-z0-9._-]*", value)
    ]
    if len(haplotypes) not in (0, 1, assemblies):
        faults.append("--haplotype must name one haplotype for each FASTA, or one for all")
    return faults


def _without_homologue(curation: Curation, homologues: Collection[str]) -> Iterator[str]:
    scaffolds = sorted(chain(*curation.assemblies.values()), key=lambda one: one.name)
    alone = [
        one.name
        for one in scaffolds
        if one.role == "chromosome" and not one.named and one.origin not in homologues
    ]
    if alone:
        yield f"chromosomes without a homologue have numbers of their own: {some(alone)}"


def assembly_layout(assembly: Sequence[Path], haplotype: Sequence[str] = ()) -> tuple[Agp, dict[str, str]]:
    """Contigs and gaps of the sequences of FASTA files, and the haplotype of each sequence where it is
    given.

    Raises InputError for a name that is in two of the files.
    """
    layout = Agp({})
    haplotypes: dict[str, str] = {}
    for index, path in enumerate(assembly):
        objects = sequence_layout(path).objects
        if repeated := [name for name in objects if name in layout.objects]:
            raise InputError(
                f"{path}: {some(repeated)} is in two of the FASTA files; rename the sequences of one"
            )
        layout.objects |= objects
        if haplotype:
            haplotypes |= dict.fromkeys(objects, haplotype[index % len(haplotype)])
    return layout, haplotypes


def read_map(curated: Path, layout: Agp) -> Agp:
    """A curated map; InputError, with all faults, if it is not one of these sequences."""
    if is_juicebox(curated):
        found = read_juicebox(curated)
        refuse([f"{curated}: {fault}" for fault in _juicebox_faults(found, layout.lengths())])
        return found
    found = read_agp(curated)
    return found if found.texel_bp is not None else read_agp(curated, layout.lengths())


def check_map(assembly: Sequence[Path], haplotype: Sequence[str], curated: Path) -> None:
    """InputError, with all faults, for a map that the step could not apply to these FASTA files."""
    layout, haplotypes = assembly_layout(assembly, haplotype)
    curation = curate(layout, read_map(curated, layout), haplotypes=haplotypes)
    for name in haplotype:
        one_haplotype(curation, name)


def one_haplotype(curation: Curation, haplotype: str) -> Curation:
    """What a map makes of one haplotype: its scaffolds, and what was left out of it, with their cuts."""
    key = haplotype_key(haplotype)
    kept: dict[str, list[Scaffold]] = {haplotype: []}
    for name, scaffolds in curation.assemblies.items():
        own = [one for one in scaffolds if haplotype_key(one.haplotype or PRIMARY) == key]
        if own:
            kept[name if name in REMOVED.values() else haplotype] = own
    if not kept[haplotype]:
        raise InputError(f"the map leaves nothing of haplotype {haplotype}; correct its tags")
    sequences = {piece.sequence for found in kept.values() for one in found for piece in one.pieces}
    return Curation(
        kept,
        [cut for cut in curation.cuts if cut.sequence in sequences],
        [piece for piece in curation.missing if piece.sequence in sequences],
    )


def _unlike(lengths: dict[str, int], earlier: Agp) -> Iterator[str]:
    """Sequences that the AGP of the assembly lacks or has with another length."""
    objects = earlier.lengths()
    for name, length in lengths.items():
        if objects.get(name) != length:
            has = f"has {objects[name]:,} bp for" if name in objects else "lacks"
            yield f"{earlier.path} {has} sequence {name} ({length:,} bp in the FASTA); give the AGP of that"


def _juicebox_faults(curated: Agp, lengths: dict[str, int]) -> Iterator[str]:
    """An .assembly file lists whole contigs, so that their lengths must be those of the FASTA."""
    listed: dict[str, int] = {}
    for part in curated.components():
        listed[part.name] = max(listed.get(part.name, 0), part.end)
    for name, length in listed.items():
        if name not in lengths:
            yield f"contig {name} is not in the FASTA; give the FASTA that the map was made from"
        elif length != lengths[name]:
            yield f"contig {name} has {length:,} bp, and {lengths[name]:,} bp in the FASTA; give its FASTA"


def _write_lists(scaffolds: Iterable[Scaffold], stem: Path) -> list[str]:
    """Write ENA's lists of an assembly; returns what ENA would refuse."""
    scaffolds = list(scaffolds)
    chromosomes = [Chromosome(one.name, one.chromosome) for one in scaffolds if one.role == "chromosome"]
    unlocalised = [(one.name, one.chromosome) for one in scaffolds if one.role == "unlocalised"]
    if chromosomes:
        write_chromosome_list(f"{stem}.chromosomes.tsv", chromosomes)
    if unlocalised:
        write_unlocalised_list(f"{stem}.unlocalised.tsv", unlocalised)
    return name_faults(chromosomes, [one.name for one in scaffolds])


def _warnings(curation: Curation) -> Iterator[str]:
    moved = [cut for cut in curation.cuts if not cut.inside_contig and cut.moved_bp]
    if moved:
        furthest = max(cut.moved_bp for cut in moved)
        yield f"{len(moved):,} cuts were moved to the nearest contig end, by up to {furthest:,} bp"
    inside = sum(cut.inside_contig for cut in curation.cuts)
    if inside:
        yield f"{inside:,} cuts are inside contigs"
    if curation.missing:
        bases = sum(piece.bases for piece in curation.missing)
        yield (
            f"{len(curation.missing):,} stretches ({bases:,} bp) are not in the map and were kept as "
            f"unplaced: {some(piece.sequence for piece in curation.missing)}"
        )
    counts = {
        name: sum(one.role == "chromosome" for one in scaffolds)
        for name, scaffolds in curation.assemblies.items()
        if name not in REMOVED.values()
    }
    if len(set(counts.values())) > 1:
        each = listing(f"{name} has {count}" for name, count in counts.items())
        yield f"haplotypes differ in the number of chromosomes: {each}"
    chromosomes = [
        one.bases for found in curation.assemblies.values() for one in found if one.role == "chromosome"
    ]
    for one in curation.assemblies.get("haplotigs", ()):
        if chromosomes and one.bases > min(chromosomes):
            yield f"haplotig {one.name} ({number(one.bases)} bp) is longer than the shortest chromosome"


def curation_record(curation: Curation, decisions: Sequence[Decision]) -> dict[str, Any]:
    """Numbers of a `curation` record: bases (without gaps) and scaffolds by role, and what the curator did.

    `interventions_per_gb` counts breaks, joins and removed haplotigs, as the EAR does, over all bases.
    """
    by_role: dict[str, list[int]] = {}
    for scaffolds in curation.assemblies.values():
        for one in scaffolds:
            by_role.setdefault(one.role, []).append(one.bases)
    total = sum(map(sum, by_role.values()))
    kept = sum(sum(bases) for role, bases in by_role.items() if role not in REMOVED)
    assigned = sum(sum(by_role.get(role, ())) for role in ("chromosome", "unlocalised"))
    actions = [one.action for one in decisions]
    haplotigs = len(by_role.get("Haplotig", ()))
    interventions = actions.count("break") + actions.count("join") + haplotigs
    return {
        "step": STEP,
        "bases_in_bp": total,
        "bases_out_bp": kept,
        "bases_removed_bp": total - kept,
        "assigned_pct": 100 * assigned / kept if kept else None,
        "chromosomes": len(by_role.get("chromosome", ())),
        "unlocalised": len(by_role.get("unlocalised", ())),
        "unplaced": len(by_role.get("unplaced", ())),
        "haplotigs": haplotigs,
        "contaminants": len(by_role.get("Contaminant", ())),
        "false_duplicates": len(by_role.get("FalseDuplicate", ())),
        "breaks": actions.count("break"),
        "joins": actions.count("join"),
        "flips": actions.count("flip"),
        "missing_from_map": len(curation.missing),
        "interventions_per_gb": 1e9 * interventions / total if total else None,
    }
