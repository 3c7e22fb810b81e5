"""What a run has one task of each for: genomes, haplotypes, libraries, samples, regions, with their facts."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from linnaea.assembly.stages import STAGES
from linnaea.assembly.verdict import ALTERNATE
from linnaea.catalogue.resources import Process, Use, processes
from linnaea.input.options import words
from linnaea.input.run_input import Genome, LongReads, Population, PopulationSample, RunInput, ShortReads
from linnaea.population.plan_regions import plan_regions, region_size_bp

# Coverage of HiFi or ONT reads that a genome of unknown size is taken to have.
ASSUMED_COVERAGE = 30
# Bases a byte: of compressed FASTQ, of BAM.
FASTQ_BASES, BAM_BASES = 1.5, 1.7
# Share of the bytes of a FASTA that are left when it is compressed; of Hi-C reads, in pairs.
GZIPPED, PAIRS = 0.3, 0.5
# Genes of a genome: the density of the densest, up to the number that most eukaryotes have.
GENES_A_MB, MOST_GENES = 150, 25_000
# What a stub run finds of a population: see the stubs of PLAN_REGIONS and SAMPLE_DEPTH.
STUB_REGIONS, STUB_DEPTH_X = 2, 12.0

# Reports of contamination that are given for a haplotype.
REPORTS = ("fcs_gx_report", "fcs_adaptor_report")

Facts = dict[str, Any]


def _mb(libraries: Iterable[Mapping[str, Any]]) -> float:
    return sum(library.get("bytes") or 0 for library in libraries) / 1e6


def _file_mb(path: str) -> float:
    """Size of a file; 0 where there is none, which the check of the input reports."""
    return Path(path).stat().st_size / 1e6 if Path(path).is_file() else 0.0


def _sequence_mb(path: str) -> float:
    """Mb of the sequence of a FASTA, from the size of its file."""
    return _file_mb(path) / (GZIPPED if path.endswith((".gz", ".bgz")) else 1)


class TaskUnits:
    """What there can be one task of: mappings of facts (all parameters, own data, sizes, `tag`)."""

    def __init__(self, checked: RunInput, parameters: Mapping[str, Any], stub: bool) -> None:
        self.workflows = set(words(parameters, "workflow"))
        self.run: Facts = {
            **parameters, "steps": words(parameters, "steps"), "workflows": self.workflows, "stub": stub,
            "tag": "-", "vcf_mb": 0.0,
        }  # fmt: skip
        self.genomes = [self._genome(record) for record in checked["genomes"]]
        self.population = checked["population"]
        if self.population:
            self._take_population(self.population)
        # Logs that MultiQC reads.
        libraries = sum(len(g[kind]) for g in self.genomes for kind in ("hifi", "hic", "illumina", "rnaseq"))
        self.run["n_files"] = 4 * self.run.get("n_samples", 0) + libraries + 3 * len(self.genomes)
        self.run["anything_measured"] = bool(self.population) or any(g["measured"] for g in self.genomes)
        self.makers: dict[str, Callable[[], Iterable[Facts]]] = {
            "run": lambda: [self.run],
            "genome": lambda: self.genomes,
            "to_assemble": lambda: [g for g in self.genomes if g["to_assemble"]],
            "assembly": self._assemblies,
            "haplotype": self._haplotypes,
            "evaluated_haplotype": self._evaluated,
            "haplotype_hic_library": self._placed_hic,
            "joint_hic_library": self._joint_hic,
            "annotated": lambda: [g for g in self.genomes if g["haplotypes"]],
            "predicted": lambda: [g for g in self.genomes if g["haplotypes"] and not g["annotation"]],
            "long_library": lambda: self._libraries("hifi", "ont"),
            "hifi_library": lambda: self._libraries("hifi"),
            "paired_library": lambda: self._libraries("hic", "illumina"),
            "rnaseq_library": lambda: self._annotated_libraries("rnaseq"),
            "isoseq_library": lambda: self._annotated_libraries("isoseq"),
            "rna_library": lambda: self._annotated_libraries("rnaseq", "isoseq"),
            "protein_library": lambda: self._annotated_libraries("proteins"),
            "liftover_library": lambda: self._annotated_libraries("liftover"),
            "read_set": self._read_sets,
            "submitted": lambda: [g for g in self.genomes if g["haplotypes"]],
            "submission_part": self._submission_parts,
            "submission_library": self._submission_libraries,
            "population": lambda: [self.run] if self.population else [],
            "sample": lambda: self.samples if self.population else [],
            "mapped_sample": lambda: self._mapped() if self.population else [],
            "sample_library": lambda: self._sample_libraries() if self.population else [],
            "region": lambda: self.regions if self.population else [],
        }
        self.made: dict[str, list[Facts]] = {}

    def uses(self) -> Iterator[tuple[Process, Use]]:
        """Places of processes in the workflows that run."""
        for process in processes().values():
            for use in process.uses:
                if use.workflow == "report" or use.workflow in self.workflows:
                    yield process, use

    def of(self, each: str) -> list[Facts]:
        """The things of a kind (`each` of the table)."""
        if each not in self.made:
            self.made[each] = list(self.makers[each]())
        return self.made[each]

    # Genomes

    def _genome(self, record: Genome) -> Facts:
        steps, assembler = self.run["steps"], self.run["assembler"]
        facts: Facts = {**self.run, **record, "genome": record["id"], "tag": record["id"]}
        for kind in ("hifi", "ont", "hic", "illumina", "rnaseq", "isoseq", "proteins"):
            facts[f"{kind}_mb"] = _mb(record[kind])
        facts["reads_mb"] = facts["hifi_mb"] or facts["ont_mb"] or facts["illumina_mb"]
        facts["rna_mb"] = facts["rnaseq_mb"] + facts["isoseq_mb"]
        facts["pairs_mb"] = PAIRS * facts["hic_mb"]
        facts["sized"] = record["genome_size_bp"] or (
            "reads" in steps and (record["hifi"] or record["illumina"])
        )
        long_reads = record["hifi"] or (record["ont"] if assembler == "flye" else [])
        facts["to_assemble"] = bool(
            "assembly" in self.workflows and "assemble" in steps and not record["assembly"] and long_reads
            and (assembler == "hifiasm" or facts["sized"])
        )  # fmt: skip
        facts["genome_mb"] = _genome_mb(record, facts)
        facts["genes"] = min(MOST_GENES, GENES_A_MB * facts["genome_mb"])
        for key in ("function_proteins", "pfam"):
            path = self.run.get(key)
            facts[f"{key}_mb"] = _file_mb(path) if path and Path(path).is_file() else 0.0
        given = record["assembly"]["haplotypes"] if record["assembly"] else {}
        facts["haplotypes"] = list(given) or (self._built() if facts["to_assemble"] else [])
        facts["phased"] = len(facts["haplotypes"]) == 2 and not set(facts["haplotypes"]) & set(ALTERNATE)
        facts["assembly_mb"] = facts["genome_mb"]
        facts["assemblies_mb"] = GZIPPED * facts["genome_mb"] * len(facts["haplotypes"])
        facts["assembly_stage"] = record["assembly"]["stage"] if record["assembly"] else "raw"
        # The steps of the workflow between assembling and evaluating.
        facts["polishes"] = bool(
            "polish" in steps and facts["assembly_stage"] == "raw" and self._precedes(facts, "decontaminated")
            and (
                (record["ont"] and not record["hifi"] and not record["assembly"])
                if self.run["polisher"] == "auto"
                else self.run["polisher"] == "racon" and (record["hifi"] or record["ont"])
            )
        )  # fmt: skip
        facts["assembles_organelle"] = bool(
            "assembly" in self.workflows and "organelles" in steps and record["hifi"]
            and ("reads" in steps or record["organelle_relative"])
            and ("reads" in steps or self.run["organelle_assembler"] != "oatk")
        )  # fmt: skip
        facts["unscreened"] = self._precedes(facts, "decontaminated")
        facts["purges"] = bool(
            "purge" in steps and "reads" in steps and record["hifi"] and self._precedes(facts, "purged")
        )
        facts["scaffolds"] = bool(
            "scaffold" in steps and record["hic"] and self._precedes(facts, "scaffolded")
        )
        # One map may be of several haplotypes.
        maps = record["assembly"]["maps"] if record["assembly"] else []
        facts["mapped"] = [name for one in maps for name in one["haplotypes"]]
        facts["chromosomes"] = bool(
            "assembly" in self.workflows and facts["haplotypes"] and "chromosomes" in steps
            and (facts["scaffolds"] or not self._precedes(facts, "scaffolded"))
        )  # fmt: skip
        any_reads = any(record[kind] for kind in ("hifi", "ont", "hic", "illumina"))
        facts["measured"] = bool(
            ({"annotation", "submission"} & self.workflows and facts["haplotypes"])
            or ("assembly" in self.workflows and "reads" in steps and any_reads)
            or ("assembly" in self.workflows and facts["haplotypes"]
                and (facts["scaffolds"] or facts["chromosomes"] or "evaluate" in steps
                     or ("hic" in steps and record["hic"])))
            or facts["assembles_organelle"] or ("screen" in steps and facts["unscreened"])
        )  # fmt: skip
        return facts

    def _precedes(self, facts: Facts, stage: str) -> bool:
        """Whether the workflow has assemblies of a genome that have not reached a stage."""
        early = STAGES.index(facts["assembly_stage"]) < STAGES.index(stage)
        return bool("assembly" in self.workflows and facts["haplotypes"] and early)

    def _built(self) -> list[str]:
        if self.run["assembler"] != "hifiasm":
            return ["primary"]
        return ["primary", "alternate"] if self.run["haplotypes"] == "primary" else ["hap1", "hap2"]

    def _assemblies(self) -> Iterator[Facts]:
        for genome in self.genomes:
            if genome["haplotypes"]:
                screened = "screen" in genome["steps"] and genome["unscreened"]
                stage = "decontaminated" if screened else genome["assembly_stage"]
                stage = "purged" if genome["purges"] and "primary" in genome["haplotypes"] else stage
                stage = "scaffolded" if genome["scaffolds"] else stage
                stage = "curated" if genome["mapped"] and genome["chromosomes"] else stage
                yield {**genome, "tag": f"{genome['id']} {stage}", "before_curation": False}
                if genome["mapped"] and genome["chromosomes"]:
                    tag = f"{genome['id']} {genome['assembly_stage']}"
                    yield {**genome, "tag": tag, "before_curation": True}

    def _haplotypes(self) -> Iterator[Facts]:
        for genome in self.genomes:
            for name in genome["haplotypes"]:
                size = GZIPPED * genome["genome_mb"]
                chromosomal = [other for other in genome["haplotypes"] if other not in ALTERNATE]
                first = min(chromosomal, key=lambda other: "" if other == "primary" else other, default="")
                alternate = name in ALTERNATE
                screened = "screen" in genome["steps"] or genome["assembles_organelle"]
                altered = (
                    (genome["unscreened"] and screened) or (genome["purges"] and name == "primary")
                    or genome["scaffolds"] or name in genome["mapped"]
                    or (genome["chromosomes"] and not alternate and genome["assembly_stage"] != "curated")
                )  # fmt: skip
                reports = {key: genome.get("edits", {}).get(name, {}).get(key) for key in REPORTS}
                yield {
                    **genome, **reports, "haplotype": name, "assembly_mb": size,
                    "tag": f"{genome['id']} {name}", "first": name == first, "alternate": alternate,
                    "altered": altered,
                }  # fmt: skip

    def _evaluated(self) -> Iterator[Facts]:
        """Haplotypes, those with a curated map also as they were before."""
        for place in self.of("haplotype"):
            yield place
            if place["chromosomes"] and place["haplotype"] in place["mapped"]:
                yield place

    def _placed_hic(self) -> Iterator[Facts]:
        for place in self.of("haplotype"):
            for library in place["hic"]:
                name = library["library"]
                yield {
                    **place, "library": name, "library_mb": _mb([library]), "tag": f"{place['tag']} {name}",
                }  # fmt: skip

    def _joint_hic(self) -> Iterator[Facts]:
        """Hi-C libraries of genomes with several haplotypes, which are mapped to all of them together."""
        for genome in self.genomes:
            if len([name for name in genome["haplotypes"] if name not in ALTERNATE]) > 1:
                for library in genome["hic"]:
                    name = library["library"]
                    yield {
                        **genome, "library": name, "library_mb": _mb([library]),
                        "assembly_mb": genome["assemblies_mb"], "tag": f"{genome['id']} joint {name}",
                    }  # fmt: skip

    def _libraries(self, *kinds: str) -> Iterator[Facts]:
        for genome in self.genomes:
            for kind in kinds:
                for library in genome[kind]:
                    name = library["library"]
                    yield {
                        **genome, "library": name, "format": library.get("format"), "type": kind,
                        "archive": library.get("archive"),
                        "paired": library.get("paired"), "library_mb": _mb([library]),
                        "tag": f"{genome['id']} {name}",
                    }  # fmt: skip

    def _annotated_libraries(self, *kinds: str) -> Iterator[Facts]:
        return (library for library in self._libraries(*kinds) if library["haplotypes"])

    def _submission_parts(self) -> Iterator[Facts]:
        """Haplotypes, the mitochondrion (given or assembled) and cobionts, each packaged alone."""
        for genome in self.of("submitted"):
            known = genome.get("submission") or {}
            parts = list(genome["haplotypes"])
            if known.get("mitochondrion") or genome["assembles_organelle"]:
                parts.append("mitochondrion")
            parts += [one["id"] for one in known.get("cobionts", ())]
            for part in parts:
                size = genome["genome_mb"] if part in genome["haplotypes"] else 0.02
                yield {**genome, "assembly_mb": size, "tag": f"{genome['id']} {part}"}

    def _submission_libraries(self) -> Iterator[Facts]:
        """Libraries of reads that have no runs yet."""
        for library in self._libraries("hifi", "ont", "hic", "illumina", "rnaseq", "isoseq"):
            if library["haplotypes"] and not (library["archive"] or {}).get("runs"):
                yield {**library, "tag": f"{library['genome']} {library['type']} {library['library']}"}

    def _read_sets(self) -> Iterator[Facts]:
        for library in self._libraries("hifi", "ont", "hic", "illumina"):
            yield {**library, "tag": f"{library['tag']} raw"}
        for library in self._libraries("hifi"):
            yield {**library, "tag": f"{library['tag']} filtered"}

    # Populations

    def _take_population(self, population: Population) -> None:
        self.run |= {key: population[key] for key in ("gff", "load", "absent_programs")}
        self.run["vcf"] = bool(population["vcfs"])
        self.run["n_samples"] = len(population["samples"])
        self.run["vcf_mb"] = sum(_file_mb(path) for path in population["vcfs"])
        lengths = population["lengths"]
        if not lengths and self.genomes:
            lengths = {"assembly": round(self.genomes[0]["genome_mb"] * 1e6)}
        self.run["reference_mb"] = self.run["fasta_mb"] = sum(lengths.values()) / 1e6
        self.run["genotypes"] = self.run["n_samples"] * self.run["reference_mb"]
        self.samples = [self._sample(record) for record in population["samples"]]
        self.run["cohort_mb"] = sum(sample["sample_mb"] for sample in self.samples)
        shallow = [sample["depth_x"] < self.run["low_depth"] for sample in self.samples]
        more = {
            "n_shallow": sum(shallow),
            "any_shallow": any(shallow),
            "any_called": not all(shallow),
            "any_historical": any(sample["age_class"] == "historical" for sample in self.samples),
            "any_library": any(sample["libraries"] for sample in self.samples),
            "cohort_mb": self.run["cohort_mb"],
        }
        self.regions = list(self._regions(lengths, more))
        more["n_regions"] = len(self.regions)
        self.run |= more
        for thing in (*self.samples, *self.regions):
            thing |= more

    def _sample(self, record: PopulationSample) -> Facts:
        reads, bams = _mb(record["libraries"]), sum(_file_mb(path) for path in record["bams"])
        bases = reads * FASTQ_BASES + bams * BAM_BASES
        depth = bases / self.run["reference_mb"] if bases and self.run["reference_mb"] else STUB_DEPTH_X
        return {
            **self.run, **record, "tag": record["sample"], "sample_mb": bases,
            "depth_x": STUB_DEPTH_X if self.run["stub"] else depth,
        }  # fmt: skip

    def _mapped(self) -> list[Facts]:
        return [sample for sample in self.samples if sample["libraries"] or sample["bams"]]

    def _sample_libraries(self) -> Iterator[Facts]:
        """Libraries; one with single and paired lanes is mapped as two."""
        for sample in self.samples:
            for library in sample["libraries"]:
                layouts: dict[str, list[str]] = {}
                for lane in library["lanes"]:
                    paths = [path for path in (lane["fastq_1"], lane["fastq_2"]) if path]
                    layout = "paired" if lane["fastq_2"] or lane["interleaved"] else "single"
                    layouts.setdefault(layout, []).extend(paths)
                for layout, paths in layouts.items():
                    name = library["library"] + (f".{layout}" if len(layouts) > 1 else "")
                    size = library["bytes"] / 1e6 if len(layouts) == 1 else sum(map(_file_mb, paths))
                    yield {**sample, "library": name, "library_mb": size, "tag": f"{sample['sample']} {name}"}

    def _regions(self, lengths: Mapping[str, int], more: Facts) -> Iterator[Facts]:
        window, most = self.run["window_size"], self.run["max_regions"]
        total, count = sum(lengths.values()), self.run["n_samples"]
        size = self.run["region_size"] or region_size_bp(total, count, window, most)
        bundles = plan_regions(lengths, size, window, most)
        sizes = [sum(end - start for _, start, end in bundle) / 1e6 for bundle in bundles]
        if self.run["stub"]:
            sizes = [total / 1e6 / STUB_REGIONS] * STUB_REGIONS
        for number, mb in enumerate(sizes, 1):
            name = f"region{number:04d}"
            yield {**self.run, **more, "region": name, "tag": name, "region_mb": mb}


def _genome_mb(record: Genome, facts: Mapping[str, Any]) -> float:
    """Mb of one haplotype: of its assembly, as given, or as the reads would have it."""
    if record["assembly"]:
        return _sequence_mb(next(iter(record["assembly"]["haplotypes"].values())) or "")
    if record["genome_size_bp"]:
        return record["genome_size_bp"] / 1e6
    libraries: Sequence[LongReads | ShortReads] = record["hifi"] or record["ont"] or record["illumina"]
    coverage = sum(library.get("coverage") or 0 for library in libraries)
    return facts["reads_mb"] * FASTQ_BASES / (coverage or ASSUMED_COVERAGE)
