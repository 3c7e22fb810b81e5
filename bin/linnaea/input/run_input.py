"""The input of a run as its check hands it on, to the plan and, as JSON, to the workflows.

Paths are absolute. What was not given is None or an empty list; of an input with faults, values of a wrong
type may stand where they were given.
"""

from typing import Literal, NotRequired, TypedDict

from linnaea.population.vcf_survey import GivenVcf

LongKind = Literal["hifi", "ont", "isoseq"]
PairedKind = Literal["hic", "illumina", "rnaseq"]
SequenceKind = Literal["proteins", "repeats"]
Evidence = Literal["rnaseq", "isoseq", "proteins", "hints", "liftover"]


class Archive(TypedDict):
    """What ENA asks of a library of reads; `runs` are accessions that it has already."""

    instrument: str | None
    strategy: str | None
    selection: str | None
    insert_size: int | None
    sample: str | None
    runs: list[str]


class Library(TypedDict):
    """What all libraries have; `type` is the key that it was given under, `bytes` the size of its files."""

    library: str
    type: str
    bytes: int


class LongReads(Library):
    """Long reads, `format` fastq, fasta, bam or cram; `reference` decodes the CRAM files of Iso-Seq."""

    files: list[str]
    format: str | None
    kit: str | None
    coverage: float | None
    qualities: bool
    archive: Archive
    reference: NotRequired[str | None]


class ShortReads(Library):
    """Short reads; those given as `reads` are in `read1` alone, `paired` if they hold both mates."""

    read1: list[str]
    read2: list[str]
    format: str
    kit: str | None
    coverage: float | None
    paired: bool
    reference: str | None
    archive: Archive
    strandedness: NotRequired[str | None]


class Sequences(Library):
    """A FASTA of proteins or repeats."""

    fasta: str | None


class CuratedMap(TypedDict):
    """A map that a person has curated, of one haplotype or of several together."""

    haplotypes: list[str]
    file: str


class Assembly(TypedDict):
    """A given assembly: the FASTA of each haplotype by name, and curated maps of these."""

    stage: str
    assembler: str | None
    haplotypes: dict[str, str | None]
    maps: list[CuratedMap]


class Edits(TypedDict):
    """What is given on the contigs of a haplotype: list of those to keep, edited table of decisions, and
    reports of contamination.
    """

    keep: str | None
    decisions: str | None
    fcs_gx_report: str | None
    fcs_adaptor_report: str | None


class AnnotatedAssembly(TypedDict):
    """Genes and the assembly they are on."""

    assembly: str | None
    annotation: str | None


class Relative(AnnotatedAssembly):
    """A relative whose genes are lifted over."""

    library: str


class Mitochondrion(TypedDict):
    """A given mitochondrion."""

    fasta: str | None
    circular: bool
    coverage: float | None
    program: str | None
    annotation: str | None


class Cobiont(TypedDict):
    """Another organism of the specimen, submitted alone."""

    id: str
    name: str
    fasta: str | None
    annotation: str | None
    circular: bool | None
    coverage: float | None
    program: str | None
    genetic_code: int | None
    locus_tag: str | None
    study: str | None
    sample: str | None


class Submission(TypedDict):
    """What is given for the submission of a genome; lists of chromosomes are by haplotype."""

    sample: str | None
    studies: dict[str, str]
    center: str | None
    hold_until: str | None
    version: int | None
    coverage: float | None
    program: str | None
    platform: str | None
    linkage: str | None
    resolve: list[str]
    chromosomes: dict[str, str]
    unlocalised: dict[str, str]
    earlier: str | None
    mitochondrion: Mitochondrion | None
    cobionts: list[Cobiont]


class Genome(TypedDict):
    """One genome of genomes.yml."""

    id: str
    name: str
    taxid: int | None
    ploidy: int | None
    haploid_number: int | None
    genome_size_bp: int | None
    kmer_coverage: float | None
    genetic_code: int | None
    mito_code: int | None
    sex: str | None
    lineage: str | None
    telomere_motif: str | None
    locus_tag: str | None
    organelle_relative: str | None
    organelle_genes: str | None
    edits: dict[str, Edits]
    busco_lineages: list[str]
    hifi: list[LongReads]
    ont: list[LongReads]
    isoseq: list[LongReads]
    hic: list[ShortReads]
    illumina: list[ShortReads]
    rnaseq: list[ShortReads]
    proteins: list[Sequences]
    repeats: list[Sequences]
    assembly: Assembly | None
    annotation: str | None
    hints: list[str]
    liftover: list[Relative]
    reference_annotation: AnnotatedAssembly | None
    submission: Submission | None


class Lane(TypedDict):
    """FASTQ of one lane; interleaved pairs are in `fastq_1` alone."""

    lane: str
    fastq_1: str | None
    fastq_2: str | None
    interleaved: bool


class SampleLibrary(TypedDict):
    """A library of a sample; `bytes` is the size of its files."""

    library: str
    lanes: list[Lane]
    bytes: int


class PopulationSample(TypedDict):
    """One sample of the table, all its rows joined; latitude and longitude in degrees."""

    sample: str
    group: str
    population: str | None
    age_class: str
    udg: str | None
    sex: str
    latitude: float | None
    longitude: float | None
    outgroup: bool
    libraries: list[SampleLibrary]
    bams: list[str]
    gvcf: str | None


class Population(TypedDict):
    """The samples, their reference (None: the assembly that this run makes) and files that lie on it."""

    samples: list[PopulationSample]
    reference: str | None
    reference_bp: int | None
    sequences: int | None
    lengths: dict[str, int]
    longest_bp: int | None
    vcfs: list[str]
    vcf_kind: str | None
    given_vcf: GivenVcf
    vcf_record: str | None
    depth_windows: str | None
    gff: str | None
    load: bool
    repeats: str | None
    mappability: str | None
    exclude: str | None
    callable: str | None
    sex_chromosomes: str | None
    pedigree: str | None
    samples_table: str
    absent_programs: NotRequired[list[str]]
    absent_record: NotRequired[str | None]


class RunInput(TypedDict):
    """All that a run is given."""

    genomes: list[Genome]
    population: Population | None
    specimens: NotRequired[str | None]
