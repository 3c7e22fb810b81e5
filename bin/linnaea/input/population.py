"""What `--workflow popgen` is given: the table of samples and files of options, checked and normalised.

Every fault is collected, none stops the check, so that a user sees all of them at once.
"""

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from linnaea.base.errors import InputError
from linnaea.base.files import complete_file
from linnaea.base.text import listing, printable, some
from linnaea.input.annotation import MOST_STRANGE, annotated_haplotype
from linnaea.input.files import (
    READ_WHOLE_BYTES,
    FileFacts,
    check_genes,
    check_reads,
    fasta_lengths,
    misplaced,
    pair_fault,
    regular_file,
    safe_path,
    swapped_fault,
)
from linnaea.input.options import START, given_option, words
from linnaea.input.places import Remark
from linnaea.input.population_files import (
    LONGEST_BAI_BP,
    BamFacts,
    VcfFacts,
    check_bam,
    check_bed,
    check_gvcf,
    check_sex_chromosomes,
    check_vcf,
    look_at_rows,
    reference_lengths,
    survey_vcf,
    vcf_kind,
)
from linnaea.input.sample_sheet import (
    COLUMNS,
    HISTORICAL,
    NO_POPULATION,
    ROW,
    GivenSample,
    Row,
    join_rows,
    read_rows,
)
from linnaea.population.sample_depth import depth_window
from linnaea.population.vcf_survey import record as vcf_record

SOURCES = {"fastq_1", "fastq_2", "bam", "gvcf"}
MASKS = ("repeats", "mappability", "exclude")
# Together, so many bytes of reads are read to their end; of files beyond, the first records.
WHOLE_READS_BYTES = 256 << 20
# Of fewer samples no effective size is estimated from linkage disequilibrium.
LEAST_FOR_LDNE = 10
_SAMPLE_NAME = re.compile(ROW["properties"]["sample"]["pattern"])
TABLE = (
    "sample", "group", "population", "age_class", "udg", "sex", "latitude", "longitude", "outgroup",
    "library_type",
)  # fmt: skip


def check_population(
    parameters: Mapping[str, Any], genomes: Sequence[Mapping[str, Any]]
) -> tuple[dict[str, Any] | None, list[str], list[str]]:
    """Check the input of popgen in a run with these parameters and checked genomes.

    Returns (record, notes, faults); the record is complete only without faults, None where there is no table.
    """
    check = PopulationCheck(parameters, genomes)
    record = check.record()
    check.remarks.sort(key=lambda remark: remark.line)
    check.sheet_notes.sort(key=lambda remark: remark.line)
    faults = [remark.text for remark in check.remarks] + [printable(fault) for fault in check.faults]
    notes = [remark.text for remark in check.sheet_notes] + [printable(note) for note in check.notes]
    return record, list(dict.fromkeys(notes)), list(dict.fromkeys(faults))


class PopulationCheck:
    """Checks the table and the options; faults and notes of rows are kept apart from those of options."""

    def __init__(self, parameters: Mapping[str, Any], genomes: Sequence[Mapping[str, Any]]) -> None:
        self.parameters, self.genomes = parameters, genomes
        self.workflows = set(words(parameters, "workflow"))
        self.remarks: list[Remark] = []
        self.sheet_notes: list[Remark] = []
        self.faults: list[str] = []
        self.notes: list[str] = []
        # The place of each file that was given, by device and inode; facts by path.
        self.places: dict[tuple[int, int], str] = {}
        self.facts: dict[str, Any] = {}
        self.read_bytes = 0
        # Whether the table has a column of files, or no unknown column that may be meant as one.
        self.sources_named = True
        # Whether the reference is an assembly that this run has yet to make.
        self.made_later = False
        self.reference: str | None = None
        self.lengths: dict[str, int] | None = None

    def record(self) -> dict[str, Any] | None:
        self._take_reference()
        table = self._table()
        if table is None:
            return None
        self.folder = Path(table).parent
        try:
            rows, columns, faults = read_rows(table)
        except InputError as error:
            self.faults.append(str(error))
            return None
        self.sources_named = bool(columns & SOURCES) or columns <= set(COLUMNS)
        samples, more, notes = join_rows(rows)
        if given_option(self.parameters, "vcf"):
            faults = [
                Remark(line, f"{text}; rename it in the VCF, too (`bcftools reheader --samples`)")
                if "column sample: " in text and "cannot be used" in text
                else Remark(line, text)
                for line, text in faults
            ]
        self.remarks += faults + more
        self.sheet_notes += notes
        self._mark_outgroup(samples)
        self._check_groups(samples, table)
        sex_chromosomes = self._option(
            "sex_chromosomes", lambda path: check_sex_chromosomes(path, self.lengths)
        )
        vcf, given = self._vcf(samples, self.facts.get(sex_chromosomes or "", {}))
        listed = [self._sample(sample) for sample in samples]
        self._tell_of_bams(listed)
        record = {
            "samples": listed,
            "reference": self.reference,
            "reference_bp": sum(self.lengths.values()) if self.lengths else None,
            "sequences": len(self.lengths) if self.lengths else None,
            "lengths": self.lengths or {},
            "longest_bp": max(self.lengths.values()) if self.lengths else None,
            "vcf": vcf,
            "vcf_kind": given.get("vcf_kind"),
            "given_vcf": given,
            "vcf_record": str(table_path(self.parameters).with_name("given_vcf.json")) if vcf else None,
            "depth_windows": (
                str(table_path(self.parameters).with_name("depth_windows.tsv"))
                if given.get("depth_windows")
                else None
            ),
            "gff": self._gff(),
            "load": self._standard_code(),
            **{key: self._mask(key) for key in MASKS},
            "sex_chromosomes": sex_chromosomes,
            "samples_table": str(table_path(self.parameters)),
        }
        self._tell_what_is_absent(samples, record)
        return record

    # Options

    @contextmanager
    def _collected(self, key: str) -> Iterator[None]:
        try:
            yield
        except InputError as error:
            self.faults.append(f"option --{key}: {error}")

    def _table(self) -> str | None:
        """The absolute path of the table of samples; with popgen alone `--input` may name it, if `--samples`
        does not."""
        given = {key: given_option(self.parameters, key) for key in ("samples", "input")}
        if self.workflows != {"popgen"}:
            del given["input"]
        named = {key: value for key, value in given.items() if value}
        if not named:
            other = " (or --input, with popgen alone)" if len(given) == 2 else ""
            self.faults.append(
                f"option --samples: no table of samples is given; use --samples samples.csv{other}"
            )
            return None
        key, value = next(iter(named.items()))
        with self._collected(key):
            path = safe_path(value, Path.cwd())
            regular_file(path, START)
            return path
        return None

    def _take_reference(self) -> None:
        """The reference and its sequences: that of the option, else the assembly of the run's one genome."""
        given = given_option(self.parameters, "reference")
        if given:
            with self._collected("reference"):
                self.reference = safe_path(given, Path.cwd())
                regular_file(self.reference, START)
                self.lengths = reference_lengths(self.reference)
                longest = max(self.lengths, key=self.lengths.__getitem__)
                if self.lengths[longest] > LONGEST_BAI_BP:
                    self.notes.append(
                        f"option --reference: {longest} has {self.lengths[longest]} bp, more than BAI and "
                        "TBI indices reach (512 Mb): all indices are CSI"
                    )
            return
        if not self.workflows - {"popgen"}:
            self.faults.append(
                "option --reference: no reference is given; use --reference genome.fasta, the one that "
                "samples are compared with"
            )
            return
        if len(self.genomes) != 1:
            self.faults.append(
                f"option --reference: the input has {len(self.genomes)} genomes and samples are compared "
                "with one; name its FASTA with --reference, or give that genome alone"
            )
            return
        assembly = self.genomes[0]["assembly"]
        fasta = annotated_haplotype(assembly) if assembly else None
        self.made_later = "assembly" in self.workflows or fasta is None
        self.notes.append("samples are compared with the assembly of this run")
        if fasta and not self.made_later:
            # Faults of this file are told by the check of the genome.
            with self._collected("reference"):
                self.lengths = fasta_lengths(fasta)

    def _option(self, key: str, check: Callable[[str], Any]) -> str | None:
        """The absolute path of a file that lies on the reference, after its check."""
        given = given_option(self.parameters, key)
        if not given:
            return None
        with self._collected(key):
            path = safe_path(given, Path.cwd())
            regular_file(path, START)
            if self.made_later:
                raise InputError(
                    f"{path} lies on sequences of a reference, and the assembly of this run is not made yet; "
                    "give the reference with --reference, or leave this option out"
                )
            self.facts[path] = check(path)
            return path
        return None

    def _mask(self, key: str) -> str | None:
        def check(path: str) -> None:
            self.notes.extend(f"option --{key}: {note}" for note in check_bed(path, self.lengths))

        return self._option(key, check)

    def _gff(self) -> str | None:
        def check(path: str) -> FileFacts:
            facts = check_genes(path)
            share, sentences = misplaced(path, self.lengths) if self.lengths else (0.0, [])
            if share > MOST_STRANGE:
                raise InputError(sentences[0].replace("the assembly", "the reference"))
            self.notes.extend(f"option --gff: {sentence}" for sentence in (*facts.notes, *sentences))
            return facts

        return self._option("gff", check)

    def _standard_code(self) -> bool:
        """Whether the genes are read by the standard genetic code, as far as the run knows; a note if not."""
        codes = {genome.get("genetic_code") or 1 for genome in self.genomes} - {1, 11}  # 11 has other starts
        for code in sorted(codes):
            self.notes.append(
                "genetic load is not counted: bcftools csq reads the standard genetic code, and these genes "
                f"have code {code}"
            )
        return not codes

    def _vcf(
        self, samples: Sequence[GivenSample], kinds: Mapping[str, str]
    ) -> tuple[str | None, dict[str, Any]]:
        """The path of the VCF, and the record of what it holds; `kinds` are those of sex chromosomes."""
        given: dict[str, Any] = {}

        def check(path: str) -> VcfFacts:
            facts = check_vcf(path, self.lengths)
            lacking = self._compare_samples(path, facts.samples, {sample.name for sample in samples})
            found, note = vcf_kind(path, look_at_rows(path, facts), str(self.parameters["vcf_kind"]))
            self.notes.append(f"option --vcf: {note}")
            if found == "variants":
                self.notes.append(
                    "option --vcf: without the sites that do not vary, numbers per base pair are NA; ratios "
                    "such as Fst are given"
                )
            absent = [name for name in self.lengths or () if name not in facts.sequences]
            if absent and facts.sequences:
                self.notes.append(
                    f"option --vcf: it lacks {len(absent)} sequences of the reference "
                    f"({some(absent)}): nothing is told of them"
                )
            if not facts.indexed:
                self.notes.append("option --vcf: no index lies beside it; it is made in the run")
            if not lacking and samples:
                names = [sample.name for sample in samples]
                members = [not sample.outgroup for sample in samples]
                survey, whole = survey_vcf(path, facts, self.lengths, names, members, kinds)
                left_out = [name for name in facts.samples if name not in set(names)]
                given.update(vcf_record(survey, found, whole, left_out))
                given["depth_windows"] = self._depth_windows(given["median_depths_x"])
                self._tell_of_vcf(given)
            given["vcf_kind"] = found
            return facts

        path = self._option("vcf", check)
        return path, given if path else {}

    def _depth_windows(self, medians: Mapping[str, float | None]) -> dict[str, tuple[float, float]]:
        """Smallest and largest depth of each sample, from its median in the VCF; empty without any depth."""
        low, high, floor = (self.parameters[key] for key in ("depth_low", "depth_high", "min_depth"))
        if not any(medians.values()):
            return {}
        return {
            name: depth_window(median, float(low), float(high), int(floor)) if median else (0, float("inf"))
            for name, median in medians.items()
        }

    def _tell_of_vcf(self, given: Mapping[str, Any]) -> None:
        """Notes on what of the VCF does not count, and on signs that it was filtered."""
        where = "all its rows" if given["read_whole"] else f"{given['rows']} rows spread over it"
        if left := given["rows_left_out"]:
            counts = ", ".join(f"{rows} {kind}" for kind, rows in left.items())
            self.notes.append(
                f"option --vcf: statistics are of single bases, others do not count ({counts}, of {where})"
                + (
                    "; `bcftools norm --atomize` makes single bases of rows of several"
                    if "several bases at once" in left
                    else ""
                )
            )
        if given["genotypes_without_reads"]:
            self.notes.append(
                f"option --vcf: {given['genotypes_without_reads']} genotypes in {where} are called without a "
                "read (DP 0): they count as missing"
            )
        if tags := given["undescribed_tags"]:
            self.notes.append(
                f"option --vcf: its header does not describe {some(list(tags), 10)}: they are left out of "
                "the written variants"
            )
        medians = {name: depth for name, depth in given["median_depths_x"].items() if depth}
        if not medians:
            why = (
                "too few rows tell the depth of a sample (100 are needed)"
                if given["genotypes_with_depth"]
                else "it tells no depth (DP or AD)"
            )
            self.notes.append(f"option --vcf: {why}: no genotype is filtered by depth")
        else:
            self.notes.append(
                f"option --vcf: genotypes count from {self.parameters['depth_low']} to "
                f"{self.parameters['depth_high']} times the median depth of their sample "
                f"({min(medians.values()):g} to {max(medians.values()):g}), at least "
                f"{self.parameters['min_depth']}"
            )
        limit = float(self.parameters["low_depth"])
        if shallow := [name for name, depth in medians.items() if depth < limit]:
            self.notes.append(
                f"option --vcf: {some(shallow)} with a median depth below {limit:g}: heterozygotes are "
                "missed, and diversity and F_ROH are biased; start from the reads, or see --min_depth"
            )
        self.notes.extend(f"option --vcf: {sign['sentence']}" for sign in given["signs"])

    def _compare_samples(self, path: str, found: Sequence[str], named: set[str]) -> list[str]:
        """The table selects samples of the VCF; those that the VCF lacks are a fault, and returned."""
        others = [name for name in found if name not in named]
        lacking = sorted(named - set(found))
        if lacking:
            self.faults.append(
                f"option --vcf: {path} lacks samples of the table ({some(lacking, 10)}; it has "
                f"{some(others or found, 10)}); correct their names in the table, or remove their rows"
            )
        elif others:
            odd = [name for name in others if not _SAMPLE_NAME.fullmatch(name)]
            self.notes.append(
                f"option --vcf: {len(named)} of its {len(found)} samples are in the table and used; the "
                f"others are left out ({some(others, 10)})"
                + (
                    f". A table cannot name {some([repr(name) for name in odd])}: rename such samples with "
                    "`bcftools reheader --samples` if they are wanted"
                    if odd
                    else ""
                )
            )
        return lacking

    # Samples

    def _mark_outgroup(self, samples: Sequence[GivenSample]) -> None:
        names = {sample.name: sample for sample in samples}
        populations = {sample.population for sample in samples}
        for word in words({"outgroup": given_option(self.parameters, "outgroup")}, "outgroup"):
            members = [names[word]] if word in names else []
            members += [sample for sample in samples if sample.population == word and sample not in members]
            if word in names and len(members) > 1:
                self.faults.append(
                    f"option --outgroup: {word} is a sample and a population as well; rename one of them"
                )
            elif word not in names and word not in populations:
                known = sorted(name for name in populations if name)
                where = f"populations are {some(known, 10)}" if known else f"samples are {some(names, 10)}"
                self.faults.append(
                    f"option --outgroup: neither a sample nor a population is called {word}; {where}"
                )
            for member in members:
                member.outgroup = True
        if samples and all(sample.outgroup for sample in samples):
            self.faults.append(
                "option --outgroup: all samples are of the outgroup, none is left to study; name fewer"
            )

    def _check_groups(self, samples: Sequence[GivenSample], table: str) -> None:
        """Names of populations that would make two groups one."""
        nameless = [sample.name for sample in samples if not sample.population]
        first = {sample.population: sample for sample in reversed(samples) if sample.population}
        if nameless and len(nameless) < len(samples):
            self.notes.append(
                f"{table}: {some(nameless)} without a population: they make the group `{NO_POPULATION}`"
            )
        historical = {sample.group for sample in samples if sample.historical}
        for name, sample in first.items():
            if (name == NO_POPULATION and nameless) or name in historical:
                whose = (
                    "samples without population"
                    if name == NO_POPULATION and nameless
                    else f"historical samples of {name.removesuffix(HISTORICAL)}"
                )
                self.remarks.append(
                    sample.rows[0].remark(
                        "population", f"{name} is the name of the group of {whose}; rename it"
                    )
                )

    def _sample(self, sample: GivenSample) -> dict[str, Any]:
        """A sample with its files; with --vcf they are not used, and not looked at."""
        from_vcf = bool(given_option(self.parameters, "vcf"))
        libraries: dict[str, dict[str, Any]] = {}
        bams: list[str] = []
        gvcf = None
        caller = str(self.parameters["caller"])

        def bam(path: str) -> BamFacts:
            return check_bam(path, self.lengths)

        def genotypes(path: str) -> VcfFacts:
            return check_gvcf(path, sample.name, caller, self.lengths)

        for row in sample.rows:
            if from_vcf:
                continue
            if self.sources_named and not row.values.keys() & SOURCES:
                self.remarks.append(
                    row.remark(
                        "", "no file is given; fill in fastq_1, bam or gvcf, or start from a VCF with --vcf"
                    )
                )
            if row.text("fastq_1"):
                name, lane = row.values["library"], self._lane(row)
                library = libraries.setdefault(name, {"library": name, "lanes": [], "bytes": 0})
                library["lanes"].append(lane)
                library["bytes"] += sum(
                    self.facts[path].bytes
                    for path in (lane["fastq_1"], lane["fastq_2"])
                    if path in self.facts
                )
            if path := self._mapped(row, "bam", bam):
                bams.append(path)
            gvcf = self._mapped(row, "gvcf", genotypes) or gvcf
        if from_vcf and any(row.values.keys() & {"fastq_1", "bam", "gvcf"} for row in sample.rows):
            self.notes.append("option --vcf: genotypes are taken from it; files of the table are not used")
        names = [Path(path).name for path in bams]
        if len(set(names)) < len(names):
            self.remarks.append(
                sample.rows[0].remark("bam", "BAM files of one sample have the same file name; rename one")
            )
        return {
            "sample": sample.name,
            "group": sample.group,
            **{key: sample.facts[key] for key in ("population", "age_class")},
            "udg": sample.facts["udg"] or ("none" if sample.historical else None),
            "sex": sample.facts["sex"],
            **{key: sample.facts[key] for key in ("latitude", "longitude")},
            "outgroup": sample.outgroup,
            "libraries": [
                {**libraries[name], "lanes": sorted(libraries[name]["lanes"], key=lambda lane: lane["lane"])}
                for name in sorted(libraries)
            ],
            "bams": sorted(bams),
            "gvcf": gvcf,
        }

    def _file(self, row: Row, column: str, check: Callable[[str], Any]) -> str | None:
        """The absolute path of a file of a row, None when it is not even a path."""
        if not row.text(column):
            return None
        try:
            path = safe_path(row.text(column), self.folder)
            regular_file(path, "of the table")
            status = Path(path).stat()
            identity, place = (status.st_dev, status.st_ino), row.place.name((f"column {column}",))
            if identity in self.places:
                raise InputError(
                    f"the file {path} is already given at {self.places[identity]}; remove one of them"
                )
            self.places[identity] = place
            self.facts[path] = check(path)
            return path
        except InputError as error:
            self.remarks.append(row.remark(column, str(error)))
        return None

    def _mapped(self, row: Row, column: str, check: Callable[[str], Any]) -> str | None:
        """A file that lies on the reference."""
        if row.text(column) and self.made_later:
            message = (
                "the file lies on another reference than the assembly that this run makes; name that "
                "reference with --reference, or give the reads as FASTQ"
            )
            self.remarks.append(row.remark(column, message))
            return None
        return self._file(row, column, check)

    def _lane(self, row: Row) -> dict[str, Any]:
        paths = [self._file(row, column, self._reads) for column in ("fastq_1", "fastq_2")]
        one, two = (self.facts.get(path) if path else None for path in paths)
        first, second = paths
        interleaved = [facts.format == "interleaved" for facts in (one, two) if facts]
        if row.text("fastq_2") and any(interleaved):
            column = "fastq_1" if interleaved[0] else "fastq_2"
            self.remarks.append(
                row.remark(
                    column,
                    f"{row.text(column)} holds both mates of each pair, one after the other; give such a "
                    "file as fastq_1 of a row of its own, without fastq_2",
                )
            )
        elif first and second and one and two:
            self._check_pair(row, (first, second), (one, two))
        elif one and not row.text("fastq_2") and one.mate == 2 and not any(interleaved):
            self.remarks.append(
                row.remark(
                    "fastq_1",
                    f"{first} holds second mates (its first read is marked as one) and there is no fastq_2; "
                    "give both files, first mates in fastq_1",
                )
            )
        return {
            "lane": row.values["lane"],
            "fastq_1": first,
            "fastq_2": second,
            "interleaved": any(interleaved),
        }

    def _check_pair(self, row: Row, paths: tuple[str, str], facts: tuple[FileFacts, FileFacts]) -> None:
        if fault := pair_fault(*paths, *facts):
            self.remarks.append(row.remark("fastq_2", fault))
        elif fault := swapped_fault(paths[0], *facts):
            self.remarks.append(row.remark("fastq_1", fault))
        if Path(paths[0]).name == Path(paths[1]).name:
            self.remarks.append(
                row.remark(
                    "fastq_2", f"both files are called {Path(paths[0]).name}; rename one or make a link"
                )
            )

    def _reads(self, path: str) -> FileFacts:
        size = Path(path).stat().st_size
        whole = min(READ_WHOLE_BYTES, WHOLE_READS_BYTES - self.read_bytes)
        if size <= whole:
            self.read_bytes += size
        return check_reads(path, ("fastq", "interleaved"), whole)

    # Notes

    def _tell_of_bams(self, listed: Sequence[Mapping[str, Any]]) -> None:
        bams = [(sample["sample"], path, self.facts[path]) for sample in listed for path in sample["bams"]]
        found: list[tuple[str, str, BamFacts]] = bams
        if lacking := [path for _, path, facts in found if not facts.indexed]:
            self.notes.append(
                f"{len(lacking)} BAM files without index ({some(lacking)}): it is made in the run"
            )
        renamed = [
            f"{facts.samples[0]} is {name}" for name, _, facts in found if facts.samples not in ([], [name])
        ]
        if renamed:
            self.notes.append(
                f"read groups of {len(renamed)} BAM files name another sample than the table "
                f"({some(renamed)}); the name of the table is taken"
            )

    def _tell_what_is_absent(self, samples: Sequence[GivenSample], record: Mapping[str, Any]) -> None:
        """Notes on statistics that this input cannot give."""
        studied = [sample for sample in samples if not sample.outgroup]
        sizes: dict[str, int] = {}
        for sample in studied:
            sizes[sample.group] = sizes.get(sample.group, 0) + 1
        if len(studied) == 1:
            self.notes.append(
                "one sample: no dxy, Fst, kinship, PCA, admixture, tree, linkage disequilibrium or "
                "effective size; its heterozygosity, runs of homozygosity and load are given"
            )
        elif studied:
            if len(sizes) == 1:
                self.notes.append("one population: no dxy, Fst and joint site frequency spectrum")
            single = sorted(name for name, size in sizes.items() if size == 1)
            if single:
                self.notes.append(
                    f"{listing(single)} with one sample each: pi is its heterozygosity; no Weir-Cockerham "
                    "Fst, Tajima's D or effective size of its own"
                )
            few = sorted(name for name, size in sizes.items() if 1 < size < LEAST_FOR_LDNE)
            if few:
                self.notes.append(
                    f"{listing(few)} with fewer than {LEAST_FOR_LDNE} samples: no effective size from "
                    "linkage disequilibrium"
                )
        historical = [sample for sample in studied if sample.historical]
        contrasts = {sample.population for sample in historical} & {
            sample.population for sample in studied if not sample.historical
        }
        if contrasts and self.parameters["generations"] is None:
            self.notes.append(
                "option --generations is not given: no effective size from the change between historical "
                "and modern"
            )
        unnamed = [sample.name for sample in samples if sample.historical and not sample.facts["udg"]]
        if unnamed:
            self.notes.append(
                f"{len(unnamed)} historical samples without a value in column udg ({some(unnamed)}): taken "
                "as `none`, damage is expected"
            )
        untreated = [sample.name for sample in historical if sample.facts["udg"] != "full"]
        if untreated and not (self.parameters["transversions_only"] or self.parameters["rescale_damage"]):
            self.notes.append(
                f"{some(untreated)}: historical and not fully treated with UDG, C>T and G>A of damage look "
                "like variants; consider --transversions_only"
            )
        if not record["gff"] and self.workflows.isdisjoint({"annotation"}):
            self.notes.append("option --gff is not given: genetic load is not counted")
        if not record["sex_chromosomes"]:
            self.notes.append(
                "option --sex_chromosomes is not given: every sequence counts as an autosome, and sex is "
                "not told"
            )


# The table for the tasks


def table_path(parameters: Mapping[str, Any]) -> Path:
    """Where the internal table of samples is."""
    return Path(str(parameters["outdir"])).expanduser().absolute() / "popgen" / "samples.tsv"


def write_table(record: Mapping[str, Any]) -> None:
    """Write the internal table of samples (TSV, sorted by sample, `.` where unknown), the programs that this
    machine lacks, and of a given VCF its record and the depth windows of its samples.
    """
    lines = ["\t".join(TABLE)]
    for sample in record["samples"]:
        row = dict(sample, outgroup="yes" if sample["outgroup"] else "no", library_type=_library_type(sample))
        lines.append("\t".join("." if row[key] is None else f"{row[key]}" for key in TABLE))
    _write_changed(record["samples_table"], "\n".join(lines) + "\n")
    if record.get("absent_record"):
        absent = {"id": "popgen", "step": "absent_programs", "programs": record["absent_programs"]}
        _write_changed(record["absent_record"], json.dumps(absent, indent=1) + "\n")
    given = record["given_vcf"]
    if record["vcf_record"]:
        shown = {key: value for key, value in given.items() if key != "depth_windows"}
        _write_changed(record["vcf_record"], json.dumps(shown, indent=1) + "\n")
    if record["depth_windows"]:
        rows = [f"{name}\t{low:g}\t{high:g}\n" for name, (low, high) in given["depth_windows"].items()]
        _write_changed(record["depth_windows"], "".join(["sample\tmin_depth\tmax_depth\n", *rows]))


def _write_changed(name: str, text: str) -> None:
    """Write a file; an equal one is left as it is: its time is part of the key by which tasks are done."""
    path = Path(name)
    if path.is_file() and path.read_text() == text:
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    with complete_file(path) as handle:
        handle.write(text)


def _library_type(sample: Mapping[str, Any]) -> str:
    """paired, single, mixed, bam, gvcf or vcf: what the sample starts from."""
    lanes = [lane for library in sample["libraries"] for lane in library["lanes"]]
    paired = {lane["fastq_2"] is not None or lane["interleaved"] for lane in lanes}
    if paired:
        return "mixed" if len(paired) > 1 else "paired" if True in paired else "single"
    return "bam" if sample["bams"] else "gvcf" if sample["gvcf"] else "vcf"
