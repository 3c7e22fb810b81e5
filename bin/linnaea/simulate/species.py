"""One simulated species from options to files: haplotypes, reads, genes, truth and the inputs of a run."""

import argparse
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from linnaea.base.errors import InputError
from linnaea.formats.sequences import fasta_records, is_empty
from linnaea.simulate import genes as gene_models
from linnaea.simulate import hic, long_reads, rnaseq, short_reads
from linnaea.simulate.genome import (
    FAMILIES,
    Interval,
    SimulatedGenome,
    background,
    make_bacterium,
    make_genome,
    make_mitochondrion,
    make_partner,
    make_relative,
    plant_numt,
    repeat_copy,
)
from linnaea.simulate.haplotypes import Variant, apply_variants, draw_variants, lift
from linnaea.simulate.kmers import profile
from linnaea.simulate.lineage import write_lineage
from linnaea.simulate.output import gzip_file, vcf_lines, write_fasta, write_json, write_lines
from linnaea.simulate.population import write_population
from linnaea.simulate.proteins import diverge_protein, translate
from linnaea.simulate.sequence import decode, encode
from linnaea.submission.samples import checklist

# One random stream for each part, so leaving a part out does not change the others.
STREAMS: tuple[str, ...] = (
    "genome", "variants", "organelle", "hifi", "hic", "rnaseq", "proteins", "populations", "lineage",
    "partner", "symbiont",
)  # fmt: skip
PROTEIN_DIVERGENCE, PROTEINS_MISSING = 0.22, 0.08
# Length and GC share of the bacteria whose DNA is among the reads.
BACTERIA = {"contaminant": (40_000, 0.64), "symbiont": (50_000, 0.36)}
# The sex chromosome that only the second haplotype has, as a share of the length of its partner.
PARTNER_SHARE = 0.4
DROPOUT_BP = 300
# Bases on either side of the joint of a chimera, and the coverage of its reads from each haplotype (x).
CHIMERA_ARM, CHIMERA_COVERAGE = 15_000, 6.0
# Transposase adapter of Illumina, Nextera read 1.
CHIMERA_ADAPTER = "TCGTCGGCAGCGTCAGATGTGTATAAGAGACAG"


@dataclass
class Chimera:
    """Molecules of two chromosomes in one, perhaps with an adapter between."""

    left: Interval
    right: Interval
    adapter: str


@dataclass
class Species:
    """Haplotypes by the names of the first one, with what is known of them."""

    genome: SimulatedGenome
    second: dict[str, np.ndarray] = field(default_factory=dict)
    unpaired: dict[str, np.ndarray] = field(default_factory=dict)
    variants: dict[str, list[Variant]] = field(default_factory=dict)
    extra: dict[str, np.ndarray] = field(default_factory=dict)
    relative_mitochondrion: np.ndarray | None = None
    dropouts: list[Interval] = field(default_factory=list)
    chimeras: list[Chimera] = field(default_factory=list)

    @property
    def haplotypes(self) -> list[dict[str, np.ndarray]]:
        """Chromosomes of each haplotype; `unpaired` are those that only the second one has."""
        first, second = self.genome.chromosomes, self.second | self.unpaired
        return [first, second] if second else [first]


def check_arguments(args: argparse.Namespace) -> None:
    """Refuse what cannot be simulated, all faults in one sentence."""
    faults = []
    if not 0 <= args.heterozygosity <= 10:
        faults.append("--heterozygosity must be 0 to 10 percent")
    if not 0 <= args.adapter_share <= 50:
        faults.append("--adapter-share must be 0 to 50 percent")
    if args.size < 60_000 * args.chromosomes or args.chromosomes < 1:
        faults.append("--size must be at least 60000 bp for each of at least one --chromosomes")
    if args.hifi_length < 1000:
        faults.append("--hifi-length must be at least 1000 bp")
    if not args.telomere_motif or set(args.telomere_motif.upper()) - set("ACGT"):
        faults.append("--telomere-motif must be of the letters ACGT")
    if args.busco_lineage and args.genome:
        faults.append("--busco-lineage needs the genes of a made genome: leave --genome out")
    if args.populations != "no" and args.genome:
        faults.append("--populations needs the genes of a made genome: leave --genome out")
    if min(args.population_coverage, args.historical_coverage) <= 0:
        faults.append("--population-coverage and --historical-coverage must be above 0")
    counts = ["hifi_coverage", "hic_coverage", "rnaseq_pairs", "mitochondrion_coverage"]
    counts += ["contaminant_coverage", "symbiont_coverage", "dropouts", "chimeras", "seed"]
    negative = [name for name in counts if getattr(args, name) < 0]
    faults += [f"--{name.replace('_', '-')} must not be negative" for name in negative]
    if faults:
        raise InputError("; ".join(faults))


def given_genome(path: Path, rng: np.random.Generator) -> SimulatedGenome:
    """The first haplotype from a FASTA file; letters other than ACGT become random bases."""
    if is_empty(path):
        raise InputError(f"{path} has no sequence: give a FASTA file")
    chromosomes = {}
    for name, letters in fasta_records(path):
        codes = encode(b"".join(letters.split())).copy()  # blanks are no letters
        unknown = np.flatnonzero(codes == 255)
        codes[unknown] = rng.integers(0, 4, unknown.size)
        if name in chromosomes or not codes.size:
            fault = "occurs twice" if name in chromosomes else "is empty"
            raise InputError(f"{path}: sequence {name} {fault}: give a FASTA of distinct sequences")
        chromosomes[name] = codes
    return SimulatedGenome(chromosomes, [], [], {})


def sex_of(args: argparse.Namespace) -> str:
    return "" if args.sex == "none" or args.genome else args.sex


def first_haplotype(args: argparse.Namespace, streams: dict[str, np.random.Generator]) -> SimulatedGenome:
    """The given genome, or a made one with its mitochondrion and a nuclear copy of a part of that."""
    if args.genome:
        return given_genome(args.genome, streams["genome"])
    genome = make_genome(
        streams["genome"], args.size, args.chromosomes, args.telomere_motif.upper(), sex_of(args)
    )
    genome.mitochondrion = make_mitochondrion(streams["organelle"])
    plant_numt(streams["organelle"], genome, genome.mitochondrion)
    return genome


def make_species(args: argparse.Namespace, streams: dict[str, np.random.Generator]) -> Species:
    """Both haplotypes, and with a made genome what makes its assembly hard."""
    species = Species(first_haplotype(args, streams))
    if args.heterozygosity:
        _add_second(species, args, streams)
    if species.genome.mitochondrion is None:
        return species
    if args.mitochondrion_coverage:
        species.extra["mitochondrion"] = species.genome.mitochondrion
        species.relative_mitochondrion = make_relative(streams["organelle"], species.genome.mitochondrion)
    for name, stream in (("contaminant", "organelle"), ("symbiont", "symbiont")):
        if getattr(args, f"{name}_coverage"):
            species.extra[name] = make_bacterium(streams[stream], *BACTERIA[name])
    species.dropouts = draw_dropouts(species.genome, args.dropouts)
    species.chimeras = make_chimeras(species.genome.chromosomes, species.dropouts, args.chimeras)
    return species


def _add_second(species: Species, args: argparse.Namespace, streams: dict[str, np.random.Generator]) -> None:
    """Draw variants and make the second haplotype, with a sex chromosome of its own."""
    genome, rng, sex = species.genome, streams["variants"], sex_of(args)
    # The long LTR family is old: near-identical copies of 5 kb would be a harder genome than is meant.
    young = [f for f in FAMILIES if f.name in genome.consensus and not f.kind.startswith("LTR")]
    copies = [repeat_copy(rng, f, genome.consensus[f.name], 0.3).codes for f in young * 3]
    elements = [copies[index] for index in rng.permutation(len(copies))]
    for name, codes in genome.chromosomes.items():
        if sex and name == f"chr{sex[0]}":
            length = max(round(PARTNER_SHARE * codes.size), 20_000)
            partner = make_partner(streams["partner"], genome, length, args.telomere_motif.upper())
            species.unpaired[f"chr{sex[1]}"] = partner
            continue
        genes = [gene for gene in genome.genes if gene.chromosome == name]
        variants = draw_variants(rng, codes, args.heterozygosity / 100, genes, elements)
        species.variants[name] = variants
        species.second[name] = apply_variants(codes, variants)


def draw_dropouts(genome: SimulatedGenome, number: int) -> list[Interval]:
    """Stretches that no HiFi read crosses, evenly spaced on chromosomes, off genes and repeats."""
    total = sum(codes.size for codes in genome.chromosomes.values())
    dropouts = []
    for name, codes in genome.chromosomes.items():
        free = background(genome, name, 2 * DROPOUT_BP)
        count = round(number * codes.size / total)
        for index in range(1, count + 1):
            wanted = codes.size * index // (count + 1)
            place = min(free, key=lambda one: abs((one.start + one.end) // 2 - wanted), default=None)
            if place is not None:
                start = (place.start + place.end - DROPOUT_BP) // 2
                dropouts.append(Interval(name, start, start + DROPOUT_BP))
    return dropouts


def make_chimeras(
    chromosomes: Mapping[str, np.ndarray], dropouts: Sequence[Interval], number: int
) -> list[Chimera]:
    """Chimeric molecules: what lies before one dropout runs on behind one of another chromosome, so that no
    other read contradicts it. The second one and every other one after it has an adapter at the joint.
    """
    chimeras: list[Chimera] = []
    free = list(dropouts)
    while free and len(chimeras) < number:
        one = free.pop(0)
        other = next((each for each in free if each.chromosome != one.chromosome), None)
        if other is None:
            continue
        free.remove(other)
        left = Interval(one.chromosome, max(0, one.start - CHIMERA_ARM), one.start)
        end = min(other.end + CHIMERA_ARM, chromosomes[other.chromosome].size)
        right = Interval(other.chromosome, other.end, end)
        adapter = CHIMERA_ADAPTER if len(chimeras) % 2 else ""
        chimeras.append(Chimera(left, right, adapter))
    return chimeras


def write_truth_sequences(species: Species, truth: Path) -> None:
    """Haplotypes, organelle, bacteria, variants, repeats, genes, dropouts and chimeras."""
    genome = species.genome
    for number, haplotype in enumerate(species.haplotypes, 1):
        write_fasta(truth / f"haplotype{number}.fasta", haplotype.items())
    if species.second:
        write_lines(truth / "variants.vcf", vcf_lines(genome.chromosomes, species.variants))
    for name, codes in species.extra.items():
        write_fasta(truth / f"{name}.fasta", [(name, codes)])
    if genome.repeats:
        rows = (
            f"{r.chromosome}\t{r.start}\t{r.end}\t{r.family}#{r.kind}\t{100 * r.divergence:.2f}\t"
            + ("+" if r.strand > 0 else "-")
            for r in genome.repeats
        )
        write_lines(truth / "repeats.bed", rows)
        write_fasta(truth / "repeat_families.fasta", _named_families(genome))
    if species.dropouts:
        write_lines(truth / "dropouts.bed", ("\t".join(map(str, place)) for place in species.dropouts))
    if species.chimeras:
        write_fasta(truth / "chimeras.fasta", chimera_sequences(species))
        columns = ("left", "left_start", "left_end", "right", "right_start", "right_end", "adapter")
        places = ((*one.left, *one.right, one.adapter or "none") for one in species.chimeras)
        write_lines(truth / "chimeras.tsv", ("\t".join(map(str, row)) for row in [columns, *places]))
    if genome.numt:
        write_lines(truth / "numt.bed", ["\t".join(map(str, genome.numt))])
    if genome.genes:
        write_lines(truth / "genes.gff3", gene_models.gff3(genome.genes, genome.chromosomes))
        coding = list(gene_models.coding_sequences(genome.genes, genome.chromosomes))
        write_fasta(truth / "cds.fasta", coding)
        write_fasta(truth / "proteins.fasta", ((name, translate(decode(codes))) for name, codes in coding))


def _named_families(genome: SimulatedGenome) -> Iterator[tuple[str, np.ndarray]]:
    kinds = {family.name: family.kind for family in FAMILIES}
    return ((f"{name}#{kinds[name]}", codes) for name, codes in genome.consensus.items())


def hifi_sources(species: Species, args: argparse.Namespace) -> list[long_reads.Source]:
    """What HiFi reads come from; the coverage of the haploid size is halved on two haplotypes."""
    share = args.hifi_coverage / len(species.haplotypes)
    sources = [
        long_reads.Source(name, str(number), codes, share, dropouts=_dropouts_of(species, name, number))
        for number, haplotype in enumerate(species.haplotypes, 1)
        for name, codes in haplotype.items()
    ]
    sources += [
        long_reads.Source(name, "none", codes, getattr(args, f"{name}_coverage"), circular=True)
        for name, codes in species.extra.items()
    ]
    return sources + [
        long_reads.Source(name, "none", codes, CHIMERA_COVERAGE) for name, codes in chimera_sequences(species)
    ]


def chimera_sequences(species: Species) -> Iterator[tuple[str, np.ndarray]]:
    """Sequences of the chimeric molecules of each haplotype that has both chromosomes."""
    for number, one in enumerate(species.chimeras, 1):
        for haplotype, chromosomes in enumerate(species.haplotypes, 1):
            if one.left.chromosome in chromosomes and one.right.chromosome in chromosomes:
                left, right = (
                    chromosomes[arm.chromosome][slice(*_lifted(species, arm, haplotype))]
                    for arm in (one.left, one.right)
                )
                yield f"chimera{number}.{haplotype}", np.concatenate([left, encode(one.adapter), right])


def _dropouts_of(species: Species, name: str, haplotype: int) -> list[tuple[int, int]]:
    places = (_lifted(species, one, haplotype) for one in species.dropouts if one.chromosome == name)
    return [(start, end) for start, end in places if start < end]


def _lifted(species: Species, place: Interval, haplotype: int) -> tuple[int, int]:
    """Start and end of a place of the first haplotype on this one."""
    if haplotype == 1:
        return place.start, place.end
    start, end = lift(species.variants[place.chromosome], np.array([place.start, place.end])).tolist()
    return start, end


def write_hifi(
    species: Species, args: argparse.Namespace, rng: np.random.Generator, out: Path
) -> dict[str, Any]:
    """`reads/hifi.fastq.gz` and `truth/reads.tsv.gz`; returns what was written."""
    counts: Counter[str] = Counter()
    reads = long_reads.hifi_reads(
        rng, hifi_sources(species, args), args.hifi_length, args.hifi_quality,
        args.adapter_share / 100,
    )  # fmt: skip
    with (
        gzip_file(out / "reads/hifi.fastq.gz") as fastq,
        gzip_file(out / "truth/reads.tsv.gz") as table,
    ):
        table.write("\t".join(long_reads.READ_COLUMNS).encode() + b"\n")
        for read in reads:
            fastq.write(b"@%b\n%b\n+\n%b\n" % (read.name.encode(), read.sequence, read.quality))
            table.write("\t".join(long_reads.truth_row(read)).encode() + b"\n")
            counts["reads"] += 1
            counts["bases_bp"] += len(read.sequence)
            counts["errors"] += read.errors
            counts["reads_with_adapter"] += read.adapter != "none"
            if read.source.haplotype != "none":
                counts["nuclear_bases_bp"] += read.end - read.start
    if not counts["reads"]:
        raise InputError("no HiFi read was drawn: raise --hifi-coverage")
    return {**counts, "error_rate_pct": 100 * counts["errors"] / counts["bases_bp"]}


def write_hic(
    species: Species, args: argparse.Namespace, rng: np.random.Generator, out: Path
) -> dict[str, Any]:
    """Hi-C pairs and `truth/hic.tsv.gz`: both arms at the ligation junction."""
    copies = [
        (name, number, codes)
        for number, haplotype in enumerate(species.haplotypes, 1)
        for name, codes in haplotype.items()
    ]
    # homologues fold alike
    folds: dict[str, hic.Landscape] = {}
    for name, _, codes in copies:
        folds.setdefault(name, hic.draw_landscape(rng, codes.size))
    landscapes = [folds[name] for name, *_ in copies]
    haploid = sum(codes.size for codes in species.genome.chromosomes.values())
    pairs = round(args.hic_coverage * haploid / (2 * hic.READ_LENGTH))
    names = short_reads.pair_names(pairs, "LINNAEA:7:HIC")
    columns = "pair source1 haplotype1 position1 strand1 source2 haplotype2 position2 strand2 kind"
    done = 0
    with (
        gzip_file(out / "reads/hic_1.fastq.gz") as first,
        gzip_file(out / "reads/hic_2.fastq.gz") as second,
        gzip_file(out / "truth/hic.tsv.gz") as table,
    ):
        table.write(columns.replace(" ", "\t").encode() + b"\n")
        for contacts, mates in hic.hic_pairs(rng, [codes for *_, codes in copies], pairs, landscapes):
            batch = names[done : done + contacts.first.size]
            done += len(batch)
            for handle, (bases, quality) in zip((first, second), mates, strict=True):
                handle.write(short_reads.records(batch, bases, quality))
            table.write("".join(_hic_rows(batch, contacts, copies)).encode())
    return {"pairs": pairs}


def _hic_rows(names: list[str], contacts: hic.Contacts, copies: list) -> Iterator[str]:
    columns = [getattr(contacts, name).tolist() for name in vars(contacts)]
    for name, a, b, at, to, s, t, _, _, kind in zip(names, *columns, strict=True):
        (one, hap1, _), (two, hap2, _) = copies[a], copies[b]
        signs = ["+" if strand > 0 else "-" for strand in (s, t)]
        yield f"{name}\t{one}\t{hap1}\t{at}\t{signs[0]}\t{two}\t{hap2}\t{to}\t{signs[1]}\t{kind}\n"


def write_rnaseq(
    species: Species, args: argparse.Namespace, rng: np.random.Generator, out: Path
) -> dict[str, Any]:
    """RNA-seq pairs, `truth/rnaseq.tsv.gz` (transcript coordinates) and `truth/expression.tsv`."""
    levels = rnaseq.expression(rng, species.genome.genes)
    rows = (f"{name}\t{level:.3f}" for name, level in levels.items())
    write_lines(out / "truth/expression.tsv", ["transcript\ttpm", *rows])
    sources = rnaseq.molecules(species.genome.genes, levels, species.haplotypes, species.variants)
    names = short_reads.pair_names(args.rnaseq_pairs, "LINNAEA:9:RNA")
    done = 0
    with (
        gzip_file(out / "reads/rnaseq_1.fastq.gz") as first,
        gzip_file(out / "reads/rnaseq_2.fastq.gz") as second,
        gzip_file(out / "truth/rnaseq.tsv.gz") as table,
    ):
        table.write(b"pair\ttranscript\thaplotype\tform\tstart\tend\n")
        pairs = rnaseq.rnaseq_pairs(rng, sources, args.rnaseq_pairs)
        for which, start, length, mates in pairs:
            batch = names[done : done + which.size]
            done += which.size
            for handle, (bases, quality) in zip((first, second), mates, strict=True):
                handle.write(short_reads.records(batch, bases, quality))
            for name, i, a, n in zip(batch, which, start, length, strict=True):
                rna = sources[i]
                row = f"{name}\t{rna.transcript}\t{rna.haplotype}\t{rna.form}\t{a}\t{a + n}\n"
                table.write(row.encode())
    return {"pairs": args.rnaseq_pairs, "strandedness": "reverse"}


def write_proteins(species: Species, rng: np.random.Generator, out: Path) -> dict[str, Any]:
    """Proteins of a relative: exchanged and missing ones, with the true name in the header."""
    records = [
        (f"REL_{gene.name[2:]} orthologue={gene.name}",
         diverge_protein(rng, gene.protein, PROTEIN_DIVERGENCE))
        for gene in species.genome.genes
        if rng.random() >= PROTEINS_MISSING
    ]  # fmt: skip
    write_fasta(out / "reads/relative_proteins.fasta", records)
    return {"proteins": len(records), "divergence_pct": 100 * PROTEIN_DIVERGENCE}


def describe(species: Species, args: argparse.Namespace) -> dict[str, Any]:
    """The true numbers of `truth.json`."""
    genome = species.genome
    size = sum(codes.size for codes in genome.chromosomes.values())
    small: Counter[str] = Counter()
    for variant in (v for found in species.variants.values() for v in found):
        length = max(variant.end - variant.start, variant.alternative.size)
        kind = (
            variant.kind
            if variant.kind in ("SNV", "inversion")
            else (variant.kind if length >= 50 else "indel")
        )
        small[kind] += 1
    large = {kind: small[kind] for kind in ("deletion", "insertion", "inversion")}
    masked = {name: np.zeros(codes.size, bool) for name, codes in genome.chromosomes.items()}
    for repeat in genome.repeats:
        masked[repeat.chromosome][repeat.start : repeat.end] = True
    haplotypes = [list(haplotype.values()) for haplotype in species.haplotypes]
    paired = sum(genome.chromosomes[name].size for name in species.second)
    return {
        "name": args.name,
        "id": args.id,
        "seed": args.seed,
        "ploidy": len(haplotypes),
        "haploid_number": len(genome.chromosomes),
        "haploid_size_bp": size,
        "haplotype_sizes_bp": [sum(codes.size for codes in h) for h in haplotypes],
        "chromosomes_bp": {name: codes.size for name, codes in genome.chromosomes.items()},
        "homologues": {name: name for name in species.second},
        "unpaired_bp": {name: codes.size for name, codes in species.unpaired.items()},
        "heterozygosity_pct": 100 * (small["SNV"] + small["indel"]) / paired if paired else 0.0,
        "snvs": small["SNV"],
        "indels": small["indel"],
        "structural_variants": large,
        "annotated_repeat_share_pct": 100 * sum(int(m.sum()) for m in masked.values()) / size,
        "kmer_profile": {str(k): profile(haplotypes, k) for k in (21, 31)},
        "telomere_motif": None if args.genome else args.telomere_motif.upper(),
        "telomeres": [
            {"sequence": r.chromosome, "end": "start" if r.start == 0 else "end",
             "length_bp": r.end - r.start}
            for r in genome.repeats if r.family == "telomere"
        ],
        "genes": len(genome.genes),
        "multi_exon_genes": sum(len(g.transcripts[0].exons) > 1 for g in genome.genes),
        "transcripts": sum(len(g.transcripts) for g in genome.genes),
        "extra_sequences_bp": {name: codes.size for name, codes in species.extra.items()},
    }  # fmt: skip


def write_input(args: argparse.Namespace, truth: dict[str, Any], out: Path) -> None:
    """Inputs of the pipeline with paths relative to them: `genomes.yml` from reads on and, of a species with
    genes, `annotation.yml` from the true first haplotype on, and `specimens.csv` for the submission.
    """
    genome: dict[str, Any] = {"name": args.name, "id": args.id, "ploidy": truth["ploidy"]}
    if not args.genome:
        genome["haploid_number"] = truth["haploid_number"]
        if args.sex != "none":
            genome["sex"] = args.sex
    if "mitochondrion" in truth["extra_sequences_bp"]:
        genome["organelle_relative"] = "reads/relative_mitochondrion.fasta"
    if truth["genes"]:
        genome["locus_tag"] = "LDEMO"
    genome["hifi"] = [{"reads": ["reads/hifi.fastq.gz"]}]
    for key in ("hic", "rnaseq"):
        if key in truth["reads"]:
            genome[key] = [{f"read{mate}": f"reads/{key}_{mate}.fastq.gz" for mate in (1, 2)}]
    if "rnaseq" in genome:
        genome["rnaseq"][0]["strandedness"] = "reverse"
    if "proteins" in truth["reads"]:
        genome["proteins"] = [{"fasta": "reads/relative_proteins.fasta"}]
    if truth["genes"]:
        _write_specimen(args, out / "specimens.csv")
        kept = ("name", "id", "ploidy", "haploid_number", "sex", "rnaseq", "proteins")
        annotated = {key: genome[key] for key in kept if key in genome}
        annotated["assembly"] = {"stage": "curated", "primary": "truth/haplotype1.fasta"}
        annotated["reference_annotation"] = {"annotation": "truth/genes.gff3"}
        _write_genome(annotated, out / "annotation.yml")
        genome["reference_annotation"] = {
            "annotation": "truth/genes.gff3",
            "assembly": "truth/haplotype1.fasta",
        }
    _write_genome(genome, out / "genomes.yml")


def _write_specimen(args: argparse.Namespace, path: Path) -> None:
    """Write the table of specimens: one, all of whose facts are missing, as ENA says it of synthetic ones."""
    fields = {"alias": args.id, "title": f"simulated {args.name}", "taxon_id": "32630"}
    fields |= {"scientific_name": args.name} | dict.fromkeys(
        checklist()["mandatory"], "missing: synthetic construct"
    )
    write_lines(path, ["\t".join(fields), "\t".join(fields.values())])


def _write_genome(genome: dict[str, Any], path: Path) -> None:
    import yaml

    write_lines(path, [yaml.safe_dump([genome], sort_keys=False).rstrip()])


def simulate(args: argparse.Namespace) -> None:
    """Write `genomes.yml`, `annotation.yml`, `reads/` and `truth/` of a species to `args.out`, and
    `population/` beside them, or alone, when asked for.

    Raises InputError for options that cannot be met.
    """
    check_arguments(args)
    seeds = dict(zip(STREAMS, np.random.SeedSequence(args.seed).spawn(len(STREAMS)), strict=True))
    streams = {name: np.random.default_rng(seed) for name, seed in seeds.items()}
    if args.populations == "only":
        write_population(args, first_haplotype(args, streams), seeds["populations"])
        return
    species = make_species(args, streams)
    for folder in ("reads", "truth"):
        (args.out / folder).mkdir(parents=True, exist_ok=True)
    write_truth_sequences(species, args.out / "truth")
    if species.relative_mitochondrion is not None:
        record = ("relative_mitochondrion", species.relative_mitochondrion)
        write_fasta(args.out / "reads/relative_mitochondrion.fasta", [record])
    reads = {"hifi": write_hifi(species, args, streams["hifi"], args.out)}
    if args.hic_coverage:
        reads["hic"] = write_hic(species, args, streams["hic"], args.out)
    if species.genome.genes and args.rnaseq_pairs:
        reads["rnaseq"] = write_rnaseq(species, args, streams["rnaseq"], args.out)
    if species.genome.genes and not args.no_proteins:
        reads["proteins"] = write_proteins(species, streams["proteins"], args.out)
    truth = {**describe(species, args), "reads": reads}
    if args.busco_lineage:
        (args.out / "busco").mkdir(exist_ok=True)
        truth["busco_markers"] = write_lineage(args.out / "busco", species.genome.genes, streams["lineage"])
    write_json(args.out / "truth/truth.json", truth)
    write_input(args, truth, args.out)
    if args.populations == "also":
        write_population(args, species.genome, seeds["populations"])
