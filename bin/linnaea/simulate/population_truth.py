"""Truth tables of the demo's populations."""

from collections.abc import Iterator
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np

from linnaea.base.files import complete_path
from linnaea.formats.bgzf import complete_bgzf
from linnaea.simulate import genealogy
from linnaea.simulate.coding import CodingIndex
from linnaea.simulate.cohort import Chromosome, Planted, SimulatedSample
from linnaea.simulate.genome import SimulatedGenome
from linnaea.simulate.output import write_json, write_lines
from linnaea.simulate.population_reads import DAMAGE_POSITIONS, Damage, deamination_chance
from linnaea.simulate.sequence import encode


def vcf_lines(chromosomes: list[Chromosome], found: list[SimulatedSample]) -> Iterator[str]:
    """VCF of all samples, phased; a chromosome of which an individual has one copy has one allele.

    INFO/AA is the state at the root of the genealogy.
    """
    yield "##fileformat=VCFv4.3"
    for chromosome in chromosomes:
        yield f"##contig=<ID={chromosome.name},length={chromosome.codes.size}>"
    yield '##INFO=<ID=AA,Number=1,Type=String,Description="Ancestral allele, the state at the root">'
    yield '##FORMAT=<ID=GT,Number=1,Type=String,Description="Genotype, phased">'
    columns = "#CHROM POS ID REF ALT QUAL FILTER INFO FORMAT".replace(" ", "\t")
    yield "\t".join([columns, *(sample.name for sample in found)])
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

    with complete_bgzf(path) as handle:
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


def relation(one: SimulatedSample, two: SimulatedSample) -> str:
    """How two samples are related by the pedigree."""
    first, second = one.individual, two.individual
    if first == second:
        return "duplicate"
    if first.name in (second.father, second.mother) or second.name in (first.father, first.mother):
        return "parent_offspring"
    if first.father and (first.father, first.mother) == (second.father, second.mother):
        return "full_siblings"
    related = genealogy.expected_kinship()[first.name, second.name] > 0
    return "grandparent" if related else "unrelated"


# Least kinship of a class, by the limits of KING (Manichaikul et al. 2010, Bioinformatics 26:2867).
KINSHIP_CLASSES = ((0.177, "first_degree"), (0.0884, "second_degree"), (0.0442, "third_degree"))


def kinship_rows(chromosomes: list[Chromosome], found: list[SimulatedSample]) -> Iterator[str]:
    """All pairs of samples: relation, class, expected kinship, and the realised one of the autosomes.

    Kinship of S4 with its parents is above a first degree's usual 0.25, as they are sibs; `duplicate` is only
    for the same individual.
    """
    yield "sample_1\tsample_2\trelation\tclass\tkinship_expected\tkinship_realised"
    expected = genealogy.expected_kinship()
    pedigrees = [chromosome.pedigree for chromosome in chromosomes if chromosome.kind == "autosome"]
    for one, two in combinations(found, 2):
        names = one.individual.name, two.individual.name
        how = relation(one, two)
        degree = next((degree for low, degree in KINSHIP_CLASSES if expected[names] > low), "unrelated")
        degree = "duplicate" if how == "duplicate" else degree
        realised = genealogy.realised_kinship(pedigrees, *names)
        yield f"{one.name}\t{two.name}\t{how}\t{degree}\t{expected[names]:.6g}\t{realised:.6g}"


def autozygous_rows(chromosomes: list[Chromosome], found: list[SimulatedSample]) -> Iterator[str]:
    """BED rows with the sample as name: tracts whose copies both come from one founder of the pedigree."""
    for chromosome in chromosomes:
        for sample in found:
            mask = genealogy.autozygous(chromosome.pedigree, sample.individual.name)
            for start, end in genealogy.intervals(mask):
                yield f"{chromosome.name}\t{start}\t{end}\t{sample.name}"


BACKGROUND_GENERATIONS, BACKGROUND_BP = 200, 10_000


def background_rows(chromosomes: list[Chromosome], found: list[SimulatedSample]) -> Iterator[str]:
    """BED rows (name: sample, score: generations to the ancestor) of long tracts from before the pedigree.

    They are true runs of homozygosity, though no inbreeding of the pedigree: of ancestors less than 200
    generations ago and at least 10 kb long, without what is in the pedigree's tracts.
    """
    for chromosome in chromosomes:
        for sample in found:
            name = sample.individual.name
            inside = genealogy.autozygous(chromosome.pedigree, name)
            since = BACKGROUND_GENERATIONS + sample.individual.time
            for start, end, age in genealogy.old_tracts(chromosome.genealogy, name, since, BACKGROUND_BP):
                for low, high in genealogy.intervals(~inside[start:end]):
                    if high - low >= BACKGROUND_BP:
                        row = f"{chromosome.name}\t{start + low}\t{start + high}\t{sample.name}"
                        yield f"{row}\t{age - sample.individual.time:.6g}"


def autozygous_share(chromosomes: list[Chromosome], name: str) -> float:
    """Share of the autosomes in an individual's autozygous tracts of the pedigree."""
    masks = [genealogy.autozygous(c.pedigree, name) for c in chromosomes if c.kind == "autosome"]
    return sum(int(mask.sum()) for mask in masks) / max(sum(mask.size for mask in masks), 1)


def sample_rows(chromosomes: list[Chromosome], found: list[SimulatedSample]) -> Iterator[str]:
    """What each sample is."""
    columns = "sample individual population group age_class sex generations_ago coverage_x f_roh"
    yield columns.replace(" ", "\t")
    for sample in found:
        person = sample.individual
        coverage = sum(library.coverage for library in sample.libraries)
        age_class = "historical" if sample.historical else "modern"
        share = autozygous_share(chromosomes, person.name)
        row = [sample.name, person.name, person.population, sample.group or ".", age_class, person.sex]
        yield "\t".join([*row, f"{person.time:g}", f"{coverage:g}", f"{share:.6g}"])


def planted_rows(
    chromosomes: list[Chromosome], planted: list[Planted], found: list[SimulatedSample]
) -> Iterator[str]:
    """Planted alleles with the genotypes of all samples that carry them."""
    columns = "gene transcript chromosome position reference alternative class change carriers"
    yield columns.replace(" ", "\t")
    by_name = {chromosome.name: chromosome for chromosome in chromosomes}
    for plant in planted:
        effect = plant.effect
        chromosome = by_name[effect.chromosome]
        variant = next(v for v in chromosome.variants if v.position == effect.position)
        carriers = []
        for sample in found:
            calls = [int(variant.calls[n]) for n in chromosome.genealogy.nodes[sample.individual.name]]
            if any(calls):
                carriers.append(f"{sample.name}:{'/'.join(map(str, sorted(calls)))}")
        yield (
            f"{effect.gene}\t{effect.transcript}\t{effect.chromosome}\t{effect.position + 1}\t"
            f"{'ACGT'[effect.reference]}\t{'ACGT'[effect.alternative]}\t{effect.effect}\t{effect.change}\t"
            f"{','.join(carriers)}"
        )


def coding_rows(
    genome: SimulatedGenome, chromosomes: list[Chromosome], planted: list[Planted]
) -> Iterator[str]:
    """The effect of every alternative base of the samples on every transcript that codes at the site."""
    columns = "chromosome position reference alternative gene transcript class codon codons change planted"
    yield columns.replace(" ", "\t")
    known = {(plant.effect.chromosome, plant.effect.position) for plant in planted}
    for chromosome in chromosomes:
        genes = [gene for gene in genome.genes if gene.chromosome == chromosome.name]
        index = CodingIndex(chromosome.name, chromosome.codes, genes)
        for variant in chromosome.variants:
            is_planted = "yes" if (chromosome.name, variant.position) in known else "no"
            place = [chromosome.name, str(variant.position + 1), variant.alleles[0]]
            for base in variant.alleles[1:] if variant.snv else ():
                for effect in index.effects(variant.position, int(encode(base)[0])):
                    codons = f"{effect.reference_codon}>{effect.alternative_codon}"
                    row = [*place, base, effect.gene, effect.transcript, effect.effect, str(effect.codon)]
                    yield "\t".join([*row, codons, effect.change, is_planted])


def describe(
    chromosomes: list[Chromosome], found: list[SimulatedSample], draws: int, seed: int
) -> dict[str, Any]:
    """What is true of the whole: the model's numbers, nodes of the trees by sample and group, counts."""
    groups: dict[str, list[str]] = {}
    for sample in found:
        if sample.group:
            groups.setdefault(sample.group, []).append(sample.name)
    nodes, group_nodes = {}, {}
    for chromosome in chromosomes:
        own = chromosome.genealogy.nodes
        nodes[chromosome.name] = {"reference": own["reference"]}
        nodes[chromosome.name] |= {sample.name: own[sample.individual.name] for sample in found}
        group_nodes[chromosome.name] = {
            group: sorted({node for name in names for node in nodes[chromosome.name][name]})
            for group, names in groups.items()
        }
    variants = [variant for chromosome in chromosomes for variant in chromosome.variants]
    return {
        "seed": seed,
        "chromosomes_bp": {chromosome.name: chromosome.codes.size for chromosome in chromosomes},
        "compartments": {chromosome.name: chromosome.kind for chromosome in chromosomes},
        "population_size": genealogy.SIZE,
        "sex_chromosome_size_factor": genealogy.SEX_CHROMOSOME_SCALE,
        "recent_population_size": genealogy.UNRELATED_SIZE,
        "recent_generations": genealogy.UNRELATED,
        "bottleneck": {
            "population": "south",
            "size": genealogy.BOTTLENECK_SIZE,
            "generations_ago": list(genealogy.BOTTLENECK),
        },
        "split_generations_ago": genealogy.SPLIT,
        "outgroup_split_generations_ago": genealogy.OUTGROUP_SPLIT,
        "historical_generations_ago": genealogy.HISTORICAL,
        "mutation_rate_per_bp": genealogy.MUTATION_RATE,
        "recombination_rate_per_bp": genealogy.RECOMBINATION_RATE,
        "snvs": sum(variant.snv for variant in variants),
        "multiallelic_snvs": sum(variant.snv and len(variant.alleles) > 2 for variant in variants),
        "indels": sum(not variant.snv for variant in variants),
        "pedigree_draws": draws,
        "inbred_sample": "S4",
        "f_roh_inbred_sample": autozygous_share(chromosomes, "S4"),
        "duplicates": [["S5", "S6"]],
        "outgroup": "O1",
        "groups": groups,
        # A duplicate has the nodes of its individual, which are once in those of the group.
        "nodes": nodes,
        "group_nodes": group_nodes,
    }


def write_truth(
    genome: SimulatedGenome,
    chromosomes: list[Chromosome], planted: list[Planted], found: list[SimulatedSample],
    draws: int, seed: int, out: Path,
) -> None:  # fmt: skip
    """Everything in `truth` that does not come of the reads."""
    write_bgzip(out / "genotypes.vcf.gz", vcf_lines(chromosomes, found))
    for chromosome in chromosomes:
        write_trees(out / f"{chromosome.name}.trees", chromosome.genealogy.trees)
    write_lines(out / "samples.tsv", sample_rows(chromosomes, found))
    write_lines(out / "roh.bed", autozygous_rows(chromosomes, found))
    write_lines(out / "roh_background.bed", background_rows(chromosomes, found))
    write_lines(out / "kinship.tsv", kinship_rows(chromosomes, found))
    write_lines(out / "planted.tsv", planted_rows(chromosomes, planted, found))
    write_lines(out / "coding_effects.tsv", coding_rows(genome, chromosomes, planted))
    write_json(out / "truth.json", describe(chromosomes, found, draws, seed))
