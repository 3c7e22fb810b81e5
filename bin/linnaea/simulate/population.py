"""The population part of the demo: reads of fourteen samples of the species, and all that is true of them.

The reference is the first haplotype of the species, with its genes; the second haplotype has no part in it.
"""

import argparse
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from linnaea.simulate import genealogy, population_truth
from linnaea.simulate import genes as gene_models
from linnaea.simulate.cohort import Chromosome, SimulatedSample, compartment, make_chromosomes, samples
from linnaea.simulate.genome import SimulatedGenome
from linnaea.simulate.mappability import mappable
from linnaea.simulate.output import write_fasta, write_lines
from linnaea.simulate.population_reads import write_library

# One random stream for each part, so that other depths give the same genomes.
STREAMS = ("pedigree", "genealogy", "mutations", "plants", "reads")
PLACES = {"north": (67.8, 20.3), "south": (56.1, 13.6), "outgroup": (60.2, 42.5)}
SEX_UNKNOWN = ("H2",)  # not given in samples.csv


def bed_rows(masks: dict[str, np.ndarray]) -> Iterator[str]:
    """BED rows of boolean masks by chromosome."""
    for name, mask in masks.items():
        for start, end in genealogy.intervals(mask):
            yield f"{name}\t{start}\t{end}"


def write_reference(genome: SimulatedGenome, usable: dict[str, np.ndarray], out: Path) -> None:
    """Reference, genes and masks; usable: mappable positions, (length,) bool by chromosome."""
    write_fasta(out / "reference.fasta", genome.chromosomes.items())
    write_lines(out / "genes.gff3", gene_models.gff3(genome.genes, genome.chromosomes))
    repeats = {name: np.zeros(codes.size, bool) for name, codes in genome.chromosomes.items()}
    for repeat in genome.repeats:
        repeats[repeat.chromosome][repeat.start : repeat.end] = True
    write_lines(out / "masks/repeats.bed", bed_rows(repeats))
    write_lines(out / "masks/mappability.bed", bed_rows(usable))
    kinds = {name: compartment(name) for name in genome.chromosomes}
    rows = (f"{name}\t{kind}" for name, kind in kinds.items() if kind != "autosome")
    write_lines(out / "masks/sex_chromosomes.tsv", ["chromosome\tkind", *rows])


SAMPLE_COLUMNS = "sample,library,lane,fastq_1,fastq_2,bam,population,age_class,udg,sex,latitude,longitude"


def sample_rows(found: list[SimulatedSample]) -> Iterator[str]:
    """Rows of samples.csv: one for each lane of each library."""
    yield SAMPLE_COLUMNS
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
    rng: np.random.Generator, chromosomes: list[Chromosome], found: list[SimulatedSample], out: Path
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
                damages += population_truth.damage_rows(sample.name, library.name, damage)
    write_lines(out / "truth/libraries.tsv", libraries)
    write_lines(out / "truth/damage.tsv", damages)


def write_population(
    args: argparse.Namespace, genome: SimulatedGenome, seeds: np.random.SeedSequence
) -> None:
    """Write the folder `population` of the demo; `seeds` is its own part of the seed."""
    out = args.out / "population"
    for folder in ("reads", "masks", "truth"):
        (out / folder).mkdir(parents=True, exist_ok=True)
    parts = zip(STREAMS, seeds.spawn(len(STREAMS)), strict=True)
    streams = {name: np.random.default_rng(seed) for name, seed in parts}
    found = samples(args.population_coverage, args.historical_coverage)
    usable = mappable(genome.chromosomes)
    write_reference(genome, usable, out)
    chromosomes, planted, draws = make_chromosomes(genome, usable, streams)
    population_truth.write_truth(genome, chromosomes, planted, found, draws, args.seed, out / "truth")
    write_reads(streams["reads"], chromosomes, found, out)
    write_lines(out / "samples.csv", sample_rows(found))
