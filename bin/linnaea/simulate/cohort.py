"""The samples of the demo's populations, their chromosomes with all true variants, and what was planted.

One copy of the genealogy carries the reference, the first haplotype of the species: so the reference's allele
is as often derived as that of any other copy. Stop and start changes and broken splice sites are taken out of
the drawn mutations, and most missense ones, as selection does; what stop alleles there are were planted.
"""

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from linnaea.simulate import genealogy
from linnaea.simulate import genes as gene_models
from linnaea.simulate.coding import CodingIndex, Effect, coding_mask, splice_sites
from linnaea.simulate.genealogy import Genealogy, Indel, Individual, Pedigree, Plant, TrueVariant
from linnaea.simulate.genome import SimulatedGenome
from linnaea.simulate.haplotypes import Variant, apply_variants
from linnaea.simulate.population_reads import Library
from linnaea.simulate.sequence import encode

MISSENSE_KEPT = 0.4
PLANTED = {"stop": 8, "missense": 12, "synonymous": 12}
# Carriers of planted alleles in turn, with their number of copies. S1's pass on to her offspring.
CARRIERS = (
    {"N1": 1},
    {"S5": 1},
    {"N2": 2},
    {"S1": 2},
    {"N3": 1, "N4": 1},
    {"S4": 2},
    {"N5": 2, "S5": 2},
    {"S2": 1, "N2": 1},
)


@dataclass(frozen=True)
class SimulatedSample:
    """A row of the truth: samples of the same individual are duplicates."""

    name: str
    individual: Individual
    libraries: tuple[Library, ...]

    @property
    def historical(self) -> bool:
        return self.individual.time == genealogy.HISTORICAL

    @property
    def group(self) -> str:
        """Group of the statistics; none for the outgroup."""
        if self.individual.population == "outgroup":
            return ""
        return self.individual.population + (".historical" if self.historical else "")


def samples(coverage: float, historical_coverage: float) -> list[SimulatedSample]:
    """The fourteen samples: one with two lanes, one with two libraries, one a duplicate of another."""
    people = {individual.name: individual for individual in genealogy.INDIVIDUALS if individual.sampled}
    special = {
        "N1": (Library("N1", "N1_a", ("L1", "L2"), coverage),),
        "S1": (
            Library("S1", "S1_a", ("L1",), coverage / 2),
            Library("S1", "S1_b", ("L1",), coverage / 2, duplicates=0.07),
        ),
        "H1": (Library("H1", "H1_a", ("L1", "L2"), historical_coverage, True, True, 0.1),),
        "H2": (Library("H2", "H2_a", ("L1",), historical_coverage, True, False, 0.08),),
    }
    found = [
        SimulatedSample(name, person, special.get(name) or (Library(name, f"{name}_a", ("L1",), coverage),))
        for name, person in people.items()
    ]
    again = SimulatedSample("S6", people["S5"], (Library("S6", "S6_a", ("L1",), coverage),))
    return sorted([*found, again], key=lambda sample: sample.name)


def compartment(name: str) -> str:
    """Kind of a chromosome by its name: X, Y, Z, W or autosome."""
    kind = name.removeprefix("chr")
    return kind if kind in ("X", "Y", "Z", "W") else "autosome"


@dataclass
class Chromosome:
    """All that is true of one chromosome."""

    name: str
    kind: str
    codes: np.ndarray
    pedigree: Pedigree
    genealogy: Genealogy
    indels: list[Indel] = field(default_factory=list)
    variants: list[TrueVariant] = field(default_factory=list)

    def haplotype(self, node: int) -> np.ndarray:
        """Codes of the copy of a sample node."""
        codes = self.codes.copy()
        replaced = []
        for variant in self.variants:
            call = int(variant.calls[node])
            if not call:
                continue
            new = variant.alleles[call]
            if variant.snv:
                codes[variant.position] = encode(new)[0]
            else:
                # Both alleles begin with the base before the indel.
                end = variant.position + len(variant.alleles[0])
                replaced.append(Variant(variant.position + 1, end, encode(new[1:]), "indel"))
        return apply_variants(codes, replaced)


@dataclass(frozen=True)
class Planted:
    """A planted allele and its effect."""

    effect: Effect
    carriers: dict[str, int]


@dataclass
class Draft:
    """A chromosome before planting: its tables of mutations, sites to drop, where a variant may be planted.

    dropped: (sites,) bool; free: (length,) bool.
    """

    chromosome: Chromosome
    tables: Any
    dropped: np.ndarray
    index: CodingIndex
    free: np.ndarray


def _draft(
    streams: dict[str, np.random.Generator], chromosome: Chromosome, index: CodingIndex, usable: np.ndarray
) -> Draft:
    """Draw substitutions and indels; those in conflict with an indel, or selected against, are to drop."""
    rng, codes = streams["mutations"], chromosome.codes
    tables = genealogy.add_substitutions(rng, chromosome.genealogy, codes)
    splice = splice_sites(codes.size, index.genes)
    allowed = ~(coding_mask(codes.size, index.genes) | splice)
    chromosome.indels = genealogy.draw_indels(rng, chromosome.genealogy, codes, allowed)
    dropped = _selected(rng, tables, index, splice)
    position = tables.sites.position.astype(np.int64)
    free = usable.copy()
    for indel in chromosome.indels:
        start, end = indel.span
        dropped[np.searchsorted(position, start - 1) : np.searchsorted(position, end + 1)] = True
        free[max(start - 15, 0) : end + 15] = False
    for site in position[~dropped]:
        free[max(site - 3, 0) : site + 4] = False
    return Draft(chromosome, tables, dropped, index, free)


def make_chromosomes(
    genome: SimulatedGenome, usable: dict[str, np.ndarray], streams: dict[str, np.random.Generator]
) -> tuple[list[Chromosome], list[Planted], int]:
    """Chromosomes with their true variants, what was planted, and the number of draws of the pedigree.

    usable: where reads map uniquely, so that what is planted can be found, (length,) bool by chromosome.
    """
    kinds = {name: compartment(name) for name in genome.chromosomes}
    lengths = {name: codes.size for name, codes in genome.chromosomes.items()}
    pedigrees, draws = genealogy.draw_pedigrees(streams["pedigree"], lengths, kinds)
    drafts = []
    for name, codes in genome.chromosomes.items():
        trees = genealogy.simulate_trees(streams["genealogy"], pedigrees[name], codes.size, kinds[name])
        chromosome = Chromosome(name, kinds[name], codes, pedigrees[name], trees)
        index = CodingIndex(name, codes, [gene for gene in genome.genes if gene.chromosome == name])
        drafts.append(_draft(streams, chromosome, index, usable[name]))
    autosomes = {d.chromosome.name: (d.index, d.free) for d in drafts if d.chromosome.kind == "autosome"}
    planted = draw_planted(streams["plants"], autosomes)
    for draft in drafts:
        _finish(draft, [plant for plant in planted if plant.effect.chromosome == draft.chromosome.name])
    return [draft.chromosome for draft in drafts], planted, draws


def _finish(draft: Draft, planted: list[Planted]) -> None:
    """Plant, and read the variants off the finished trees."""
    own = draft.chromosome.genealogy
    plants = [
        Plant(
            plant.effect.position,
            "ACGT"[plant.effect.reference],
            "ACGT"[plant.effect.alternative],
            [node for carrier, number in plant.carriers.items() for node in own.nodes[carrier][:number]],
        )
        for plant in planted
    ]
    own.trees = genealogy.finish(draft.tables, draft.dropped, draft.chromosome.indels, plants)
    draft.chromosome.variants = list(genealogy.true_variants(own.trees))


def _selected(rng: np.random.Generator, tables: Any, index: CodingIndex, splice: np.ndarray) -> np.ndarray:
    """Sites that selection removes, (sites,) bool."""
    position = tables.sites.position.astype(np.int64)
    states: list[set[int]] = [{int(code)} for code in encode(tables.sites.ancestral_state.tobytes())]
    for site, code in zip(
        tables.mutations.site, encode(tables.mutations.derived_state.tobytes()), strict=True
    ):
        states[site].add(int(code))
    dropped = splice[position]
    for site in np.flatnonzero(coding_mask(index.codes.size, index.genes)[position]):
        at = int(position[site])
        found = {
            effect.effect
            for code in sorted(states[site] - {int(index.codes[at])})
            for effect in index.effects(at, code)
        }
        gone = bool(found - {"synonymous", "missense"})
        dropped[site] = gone or ("missense" in found and rng.random() >= MISSENSE_KEPT)
    return dropped


def draw_planted(
    rng: np.random.Generator, indexes: dict[str, tuple[CodingIndex, np.ndarray]]
) -> list[Planted]:
    """Alleles of each class at free positions of different genes, as many as there are genes for.

    indexes: by chromosome, its coding sequences and where a variant may be put ((length,) bool).
    """
    genes = [(name, gene) for name, (index, _) in indexes.items() for gene in index.genes]
    genes = [genes[i] for i in rng.permutation(len(genes))]
    wanted = [kind for kind, number in PLANTED.items() for _ in range(number)]
    turn: Counter[str] = Counter()
    planted = []
    for name, gene in genes:
        if not wanted:
            break
        index, free = indexes[name]
        effect = _plantable(rng, index, free, gene, wanted[0])
        if effect:
            kind = wanted.pop(0)
            planted.append(Planted(effect, CARRIERS[turn[kind] % len(CARRIERS)]))
            turn[kind] += 1
    return sorted(planted, key=lambda p: (p.effect.chromosome, p.effect.position))


def _plantable(
    rng: np.random.Generator, index: CodingIndex, free: np.ndarray, gene: gene_models.Gene, kind: str
) -> Effect | None:
    """A substitution with the same effect on all transcripts of a gene, in the first 80 % of its codons."""
    parts = [np.arange(start, end) for start, end in gene.transcripts[0].coding_parts()]
    sites = np.concatenate(parts)[:: gene.strand]
    sites = sites[3 : int(0.8 * sites.size)]
    for site in rng.permutation(sites[free[sites]]):
        for code in rng.permutation(4):
            if code == index.codes[site]:
                continue
            effects = list(index.effects(int(site), int(code)))
            if {effect.effect for effect in effects} == {kind}:
                return effects[0]
    return None
