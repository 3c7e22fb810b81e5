"""The population part of the demo: reads of fourteen samples on the species' genome, and all that is true of them.

The first haplotype of the species is the reference, and one copy of the genealogy carries it: so the reference's
allele is as often derived as that of any other copy. The species' own second haplotype is not part of it. Stop and
start changes and broken splice sites are taken out of the drawn mutations, and most missense ones, as selection
does; what stop alleles there are were planted.
"""

import argparse
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np

from linnaea.errors import InputError
from linnaea.metrics import complete_path
from linnaea.simulate import genealogy
from linnaea.simulate import genes as gene_models
from linnaea.simulate.coding import CodingIndex, Effect, coding_mask, splice_sites
from linnaea.simulate.genealogy import Genealogy, Indel, Individual, Pedigree, Plant, TrueVariant
from linnaea.simulate.genome import Genome
from linnaea.simulate.haplotypes import Variant, apply_variants
from linnaea.simulate.mappability import mappable
from linnaea.simulate.output import write_fasta, write_json, write_lines
from linnaea.simulate.population_reads import (
    DAMAGE_POSITIONS,
    Damage,
    Library,
    deamination_chance,
    write_library,
)
from linnaea.simulate.sequence import decode, encode

# One random stream for each part, so that other depths give the same genomes.
STREAMS = ("pedigree", "genealogy", "mutations", "plants", "reads")
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
PLACES = {"north": (67.8, 20.3), "south": (56.1, 13.6), "outgroup": (60.2, 42.5)}
SEX_UNKNOWN = ("H2",)  # not given in samples.csv


@dataclass(frozen=True)
class Sample:
    """A row of the truth: samples of the same individual are duplicates."""

    name: str
    individual: Individual
    libraries: tuple[Library, ...]

    @property
    def historical(self) -> bool:
        return self.individual.time == genealogy.HISTORICAL


def samples(coverage: float, historical_coverage: float) -> list[Sample]:
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
        Sample(name, person, special.get(name) or (Library(name, f"{name}_a", ("L1",), coverage),))
        for name, person in people.items()
    ]
    again = Sample("S6", people["S5"], (Library("S6", "S6_a", ("L1",), coverage),))
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


def make_chromosomes(
    genome: Genome, streams: dict[str, np.random.Generator]
) -> tuple[list[Chromosome], list[Planted], int]:
    """Chromosomes with their true variants, what was planted, and the number of draws of the pedigree."""
    kinds = {name: compartment(name) for name in genome.chromosomes}
    lengths = {name: codes.size for name, codes in genome.chromosomes.items()}
    pedigrees, draws = genealogy.draw_pedigrees(streams["pedigree"], lengths, kinds)
    usable = mappable(genome.chromosomes)
    chromosomes, unfinished, indexes = [], {}, {}
    for name, codes in genome.chromosomes.items():
        trees = genealogy.simulate_trees(streams["genealogy"], pedigrees[name], codes.size, kinds[name])
        chromosome = Chromosome(name, kinds[name], codes, pedigrees[name], trees)
        genes = [gene for gene in genome.genes if gene.chromosome == name]
        index = CodingIndex(name, codes, genes)
        tables = genealogy.add_substitutions(streams["mutations"], trees, codes)
        forbidden = coding_mask(codes.size, genes) | splice_sites(codes.size, genes)
        chromosome.indels = genealogy.draw_indels(streams["mutations"], trees, codes, ~forbidden)
        dropped = _selected(streams["mutations"], tables, index, splice_sites(codes.size, genes))
        position = tables.sites.position.astype(np.int64)
        for indel in chromosome.indels:
            start, end = indel.span
            dropped[np.searchsorted(position, start - 1) : np.searchsorted(position, end + 1)] = True
        free = usable[name].copy()
        for site in position[~dropped]:
            free[max(site - 3, 0) : site + 4] = False
        for indel in chromosome.indels:
            free[max(indel.span[0] - 15, 0) : indel.span[1] + 15] = False
        chromosomes.append(chromosome)
        unfinished[name] = tables, dropped
        indexes[name] = index, free
    autosomes = {name: indexes[name] for name in indexes if kinds[name] == "autosome"}
    planted = draw_planted(streams["plants"], autosomes)
    for chromosome in chromosomes:
        nodes = chromosome.genealogy.nodes
        plants = [
            Plant(
                p.effect.position, "ACGT"[p.effect.reference], "ACGT"[p.effect.alternative],
                [node for carrier, number in p.carriers.items() for node in nodes[carrier][:number]],
            )
            for p in planted if p.effect.chromosome == chromosome.name
        ]  # fmt: skip
        tables, dropped = unfinished[chromosome.name]
        chromosome.genealogy.trees = genealogy.finish(tables, dropped, chromosome.indels, plants)
        chromosome.variants = list(genealogy.true_variants(chromosome.genealogy.trees))
    return chromosomes, planted, draws


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
    turn = Counter()
    planted = []
    for kind, (name, gene) in zip(wanted, genes, strict=False):
        index, free = indexes[name]
        effect = _plantable(rng, index, free, gene, kind)
        if effect:
            carriers = CARRIERS[turn[kind] % len(CARRIERS)]
            turn[kind] += 1
            planted.append(Planted(effect, carriers))
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


def vcf_lines(chromosomes: list[Chromosome], found: list[Sample]) -> Iterator[str]:
    """VCF of all samples, phased; a chromosome of which an individual has one copy has one allele.

    INFO/AA is the state at the root of the genealogy.
    """
    yield "##fileformat=VCFv4.3"
    for chromosome in chromosomes:
        yield f"##contig=<ID={chromosome.name},length={chromosome.codes.size}>"
    yield '##INFO=<ID=AA,Number=1,Type=String,Description="Ancestral allele, the state at the root">'
    yield '##FORMAT=<ID=GT,Number=1,Type=String,Description="Genotype, phased">'
    yield "\t".join("#CHROM POS ID REF ALT QUAL FILTER INFO FORMAT".split() + [s.name for s in found])
    for chromosome in chromosomes:
        nodes = [chromosome.genealogy.nodes[sample.individual.name] for sample in found]
        for variant in chromosome.variants:
            calls = variant.calls.tolist()
            genotypes = ["|".join(str(calls[node]) for node in own) for own in nodes]
            reference, *others = variant.alleles
            row = [chromosome.name, str(variant.position + 1), ".", reference, ",".join(others), "."]
            yield "\t".join([*row, "PASS", f"AA={variant.ancestral}", "GT", *genotypes])


def write_bgzip(path: Path, lines: Iterator[str]) -> None:
    """Lines compressed in blocks, so that the file can be indexed."""
    import pysam

    with complete_path(path) as partial, pysam.BGZFile(str(partial), "wb") as handle:
        for line in lines:
            handle.write(line.encode() + b"\n")


def write_trees(path: Path, trees: Any) -> None:
    """A tree sequence file; the random identifier that tskit gives each file is blanked, for equal bytes."""
    import tskit

    with complete_path(path) as partial:
        trees.dump(partial)
        identifier = tskit.load(partial).file_uuid.encode()
        blank = b"00000000-0000-4000-8000-000000000000"
        partial.write_bytes(partial.read_bytes().replace(identifier, blank))


def bed_rows(masks: dict[str, np.ndarray]) -> Iterator[str]:
    """BED rows of boolean masks by chromosome."""
    for name, mask in masks.items():
        for start, end in genealogy.intervals(mask):
            yield f"{name}\t{start}\t{end}"


def write_reference(genome: Genome, out: Path) -> None:
    """Reference, genes and masks."""
    write_fasta(out / "reference.fasta", genome.chromosomes.items())
    write_lines(out / "genes.gff3", gene_models.gff3(genome.genes, genome.chromosomes))
    repeats = {name: np.zeros(codes.size, bool) for name, codes in genome.chromosomes.items()}
    for repeat in genome.repeats:
        repeats[repeat.chromosome][repeat.start : repeat.end] = True
    write_lines(out / "masks/repeats.bed", bed_rows(repeats))
    write_lines(out / "masks/mappability.bed", bed_rows(mappable(genome.chromosomes)))
    kinds = {name: compartment(name) for name in genome.chromosomes}
    rows = (f"{name}\t{kind}" for name, kind in kinds.items() if kind != "autosome")
    write_lines(out / "masks/sex_chromosomes.tsv", ["chromosome\tkind", *rows])


SAMPLE_COLUMNS = (
    "sample,library,lane,fastq_1,fastq_2,bam,population,age_class,udg,sex,latitude,longitude".split(",")
)


def sample_rows(found: list[Sample]) -> Iterator[str]:
    """Rows of samples.csv: one for each lane of each library."""
    yield ",".join(SAMPLE_COLUMNS)
    for number, sample in enumerate(found):
        person = sample.individual
        latitude, longitude = PLACES[person.population]
        for library in sample.libraries:
            for lane in library.lanes:
                files = [f"reads/{name}" for name in library.files(lane)]
                yield ",".join(
                    [sample.name, library.name, lane, files[0], files[1] if len(files) > 1 else "", "",
                     person.population, "historical" if sample.historical else "modern",
                     "none" if sample.historical else "",
                     "unknown" if sample.name in SEX_UNKNOWN else person.sex,
                     f"{latitude + 0.07 * (number % 5):.2f}", f"{longitude + 0.11 * (number % 4):.2f}"]
                )  # fmt: skip


def write_reads(
    rng: np.random.Generator, chromosomes: list[Chromosome], found: list[Sample], out: Path
) -> None:
    """FASTQ files, `truth/libraries.tsv` and `truth/damage.tsv`."""
    columns = "sample library lane fragments bases_bp library_fragments library_pcr_copies"
    libraries = [columns.replace(" ", "\t")]
    columns = "sample library distance_bp end from to bases changed expected_share"
    damages = [columns.replace(" ", "\t")]
    # Each library has a stream of its own.
    streams = iter(rng.spawn(sum(len(sample.libraries) for sample in found)))
    for sample in found:
        copies = [
            chromosome.haplotype(node)
            for chromosome in chromosomes
            for node in chromosome.genealogy.nodes[sample.individual.name]
        ]
        for library in sample.libraries:
            lanes, molecules, damage = write_library(next(streams), copies, library, out / "reads")
            libraries += [
                f"{sample.name}\t{library.name}\t{w.lane}\t{w.fragments}\t{w.bases}\t"
                f"{molecules.source.size}\t{molecules.copies}"
                for w in lanes
            ]
            if library.historical:
                damages += damage_rows(sample.name, library.name, damage)
    write_lines(out / "truth/libraries.tsv", libraries)
    write_lines(out / "truth/damage.tsv", damages)


def damage_rows(sample: str, library: str, damage: Damage) -> Iterator[str]:
    """Rows of the damage table: molecules counted once, before PCR and sequencing."""
    expected = deamination_chance(np.arange(DAMAGE_POSITIONS))
    for end, letters, total, changed in (
        ("5p", "C\tT", damage.c, damage.c_to_t),
        ("3p", "G\tA", damage.g, damage.g_to_a),
    ):
        for at in range(DAMAGE_POSITIONS):
            counts = f"{total[at]}\t{changed[at]}\t{expected[at]:.6g}"
            yield f"{sample}\t{library}\t{at + 1}\t{end}\t{letters}\t{counts}"


def write_population(args: argparse.Namespace, genome: Genome, seeds: np.random.SeedSequence) -> None:
    """Write the folder `population` of the demo.

    Raises InputError for a genome without genes, or coverages that are not positive.
    """
    if not genome.genes:
        raise InputError("--populations needs the genes of a made genome: leave --genome out")
    if min(args.population_coverage, args.historical_coverage) <= 0:
        raise InputError("--population-coverage and --historical-coverage must be above 0")
    out = args.out / "population"
    for folder in ("reads", "masks", "truth"):
        (out / folder).mkdir(parents=True, exist_ok=True)
    parts = zip(STREAMS, seeds.spawn(len(STREAMS)), strict=True)
    streams = {name: np.random.default_rng(seed) for name, seed in parts}
    found = samples(args.population_coverage, args.historical_coverage)
    write_reference(genome, out)
    chromosomes, planted, draws = make_chromosomes(genome, streams)
    write_bgzip(out / "truth/genotypes.vcf.gz", vcf_lines(chromosomes, found))
    for chromosome in chromosomes:
        write_trees(out / f"truth/{chromosome.name}.trees", chromosome.genealogy.trees)
    write_reads(streams["reads"], chromosomes, found, out)
    write_lines(out / "samples.csv", sample_rows(found))
