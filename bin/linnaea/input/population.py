"""What `--workflow popgen` is given: the table of samples and files of options, checked and normalised.

Every fault is collected, none stops the check, so that a user sees all of them at once.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from linnaea.base.errors import InputError
from linnaea.base.text import printable, some
from linnaea.input.annotation import MOST_STRANGE, annotated_haplotype
from linnaea.input.files import (
    FileFacts,
    check_genes,
    fasta_lengths,
    misplaced,
    regular_file,
    safe_path,
)
from linnaea.input.given_vcf import compare_samples, depth_windows, vcf_notes
from linnaea.input.missing_statistics import missing_statistics
from linnaea.input.options import START, given_option, words
from linnaea.input.places import Remark
from linnaea.input.population_files import (
    LONGEST_BAI_BP,
    VcfFacts,
    check_bed,
    check_sex_chromosomes,
    check_text,
    check_vcfs,
    given_vcf_paths,
    look_at_rows,
    reference_lengths,
    survey_vcfs,
    vcf_kind,
)
from linnaea.input.population_samples import SOURCES, SampleFiles
from linnaea.input.population_table import table_path
from linnaea.input.run_input import Genome, Population
from linnaea.input.sample_sheet import (
    COLUMNS,
    HISTORICAL,
    NO_POPULATION,
    GivenSample,
    join_rows,
    read_rows,
)
from linnaea.population.pedigree import read_pedigree, sexes_of_parents
from linnaea.population.vcf_survey import GivenVcf
from linnaea.population.vcf_survey import record as vcf_record


def check_population(
    parameters: Mapping[str, Any], genomes: Sequence[Genome]
) -> tuple[Population | None, list[str], list[str]]:
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

    def __init__(self, parameters: Mapping[str, Any], genomes: Sequence[Genome]) -> None:
        self.parameters, self.genomes = parameters, genomes
        self.workflows = set(words(parameters, "workflow"))
        self.remarks: list[Remark] = []
        self.sheet_notes: list[Remark] = []
        self.faults: list[str] = []
        self.notes: list[str] = []
        # Facts of the files of options, by path.
        self.facts: dict[str, Any] = {}
        # Whether the reference is an assembly that this run has yet to make.
        self.made_later = False
        self.reference: str | None = None
        self.lengths: dict[str, int] | None = None

    def record(self) -> Population | None:
        self._take_reference()
        table = self._table()
        if table is None:
            return None
        try:
            rows, columns, faults = read_rows(table)
        except InputError as error:
            self.faults.append(str(error))
            return None
        sources_named = bool(columns & SOURCES) or columns <= set(COLUMNS)
        samples, more, notes = join_rows(rows)
        if given_option(self.parameters, "vcf"):
            faults = [
                Remark(line, f"{text}; also rename it in the VCF (`bcftools reheader --samples`)")
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
        vcfs, given = self._vcfs(samples, self.facts.get(sex_chromosomes or "", {}))
        callable_sites = self._callable(given.get("vcf_kind"))
        files = SampleFiles(self.parameters, Path(table).parent, self.lengths, self.made_later, sources_named)
        listed = [files.record(sample) for sample in samples]
        self.remarks += files.remarks
        self.notes += [*files.notes, *files.bam_notes(listed)]
        record: Population = {
            "samples": listed,
            "reference": self.reference,
            "reference_bp": sum(self.lengths.values()) if self.lengths else None,
            "sequences": len(self.lengths) if self.lengths else None,
            "lengths": self.lengths or {},
            "longest_bp": max(self.lengths.values()) if self.lengths else None,
            "vcfs": vcfs,
            "vcf_kind": given.get("vcf_kind"),
            "given_vcf": given,
            "vcf_record": str(table_path(self.parameters).with_name("given_vcf.json")) if vcfs else None,
            "depth_windows": (
                str(table_path(self.parameters).with_name("depth_windows.tsv"))
                if given.get("depth_windows")
                else None
            ),
            "gff": self._gff(),
            "load": self._standard_code(),
            "repeats": self._mask("repeats"),
            "mappability": self._mask("mappability"),
            "exclude": self._mask("exclude"),
            "callable": callable_sites,
            "sex_chromosomes": sex_chromosomes,
            "pedigree": self._pedigree(samples),
            "samples_table": str(table_path(self.parameters)),
        }
        self.notes += missing_statistics(samples, record, self.parameters)
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
                        "TBI indices support (512 Mb): all indices are CSI"
                    )
            return
        if not self.workflows - {"popgen"}:
            self.faults.append("option --reference: no reference is given; use --reference genome.fasta")
            return
        if len(self.genomes) != 1:
            self.faults.append(
                f"option --reference: the input has {len(self.genomes)} genomes, but samples need one "
                "reference; name its FASTA with --reference, or give only that genome"
            )
            return
        assembly = self.genomes[0]["assembly"]
        fasta = annotated_haplotype(assembly) if assembly else None
        self.made_later = "assembly" in self.workflows or fasta is None
        self.notes.append("the assembly of this run is the reference of the samples")
        if fasta and not self.made_later:
            # The check of the genome reports faults of this file.
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
            self._refuse_unmade(path)
            self.facts[path] = check(path)
            return path
        return None

    def _refuse_unmade(self, path: str) -> None:
        if self.made_later:
            raise InputError(
                f"{path} refers to sequences of a reference, but the assembly of this run does not exist "
                "yet; give the reference with --reference, or leave out this option"
            )

    def _mask(self, key: str) -> str | None:
        def check(path: str) -> None:
            self.notes.extend(f"option --{key}: {note}" for note in check_bed(path, self.lengths))

        return self._option(key, check)

    def _pedigree(self, samples: Sequence[GivenSample]) -> str | None:
        """The pedigree of the samples. A sire that is given as female, or a dam as male, is a fault."""
        given = given_option(self.parameters, "pedigree")
        if not given:
            return None
        with self._collected("pedigree"):
            path = safe_path(given, Path.cwd())
            check_text(path)
            pedigree = read_pedigree(path)
            lacking = [sample.name for sample in samples if sample.name not in pedigree]
            if len(lacking) == len(samples):
                raise InputError(
                    f"{path}: none of the samples is in it (it has {some(pedigree)}, the table "
                    f"{some(lacking)}); give the same names"
                )
            sexes = sexes_of_parents(pedigree)
            wrong = [
                f"{sample.name} is {sample.facts['sex']} in the table, but a "
                + ("sire" if sex == "male" else "dam")
                for sample in samples
                if (sex := sexes.get(sample.name)) and sample.facts["sex"] not in ("", "unknown", None, sex)
            ]
            if wrong:
                raise InputError(f"{path}: {some(wrong, 5)}; correct the pedigree or the sex")
            if lacking:
                self.notes.append(
                    f"option --pedigree: {len(lacking)} of {len(samples)} samples are not in it "
                    f"({some(lacking)})"
                )
            return path
        return None

    def _gff(self) -> str | None:
        def check(path: str) -> FileFacts:
            facts = check_genes(path, over_origin=False)
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
                "genetic load is not counted: bcftools csq only supports the standard genetic code, and "
                f"these genes have code {code}"
            )
        return not codes

    def _callable(self, vcf_kind: str | None) -> str | None:
        """The BED of callable sites beside a VCF of variants."""
        path = self._mask("callable")
        if path and vcf_kind != "variants":
            self.faults.append(
                f"option --callable: {path} states which sites of a VCF of variants are callable, but "
                + (
                    "the rows of an all-sites VCF state that themselves"
                    if vcf_kind
                    else "no VCF is given, and callable sites are found in the reads"
                )
                + "; leave it out, or limit the statistics to some regions with --exclude"
            )
        if vcf_kind == "variants":
            self.notes.append(
                "option --callable: at its sites without a row in the VCF, every sample counts as called "
                "and equal to the reference"
                if path
                else "option --vcf: without invariant sites, per-base statistics are NA; ratios such as Fst "
                "are reported. Give the callable sites of the cohort as BED with --callable to get both"
            )
        return path

    def _vcfs(self, samples: Sequence[GivenSample], kinds: Mapping[str, str]) -> tuple[list[str], GivenVcf]:
        """The files of --vcf in the order of the genome, and the record of what they hold; `kinds` are those
        of sex chromosomes."""
        given: GivenVcf = {}
        value = given_option(self.parameters, "vcf")
        if not value:
            return [], given
        with self._collected("vcf"):
            paths = given_vcf_paths(value, Path.cwd())
            for path in paths:
                regular_file(path, START)
            self._refuse_unmade(paths[0])
            files = check_vcfs(paths, self.lengths)
            return [file.path for file in self._surveyed(files, samples, kinds, given)], given
        return [], given

    def _surveyed(
        self,
        files: list[VcfFacts],
        samples: Sequence[GivenSample],
        kinds: Mapping[str, str],
        given: GivenVcf,
    ) -> list[VcfFacts]:
        """The files that have rows, in the order of the genome; what they hold goes into `given`."""
        label = files[0].path if len(files) == 1 else f"{files[0].path} and {len(files) - 1} more"
        named = {sample.name for sample in samples}
        notes, lacking = compare_samples(label, files[0].samples, named)
        self.notes += notes
        self.faults += lacking
        looks = [look for file in files for look in look_at_rows(file.path, file)]
        found, note = vcf_kind(label, looks, str(self.parameters["vcf_kind"]))
        self.notes.append(f"option --vcf: {note}")
        given["vcf_kind"] = found
        described = {name for file in files for name in file.sequences}
        absent = [name for name in self.lengths or () if name not in described]
        if absent and all(file.sequences for file in files):
            self.notes.append(
                f"option --vcf: {label} lacks {len(absent)} sequences of the reference ({some(absent)}): "
                "they have no statistics"
            )
        if not all(file.indexed for file in files):
            self.notes.append(f"option --vcf: {label} has no index; the run makes one")
        if lacking or not samples:
            return files
        names = [sample.name for sample in samples]
        members = [not sample.outgroup for sample in samples]
        survey, whole, ordered = survey_vcfs(files, self.lengths, names, members, kinds)
        if empty := [file.path for file in files if file not in ordered]:
            self.notes.append(f"option --vcf: {some(empty)}: without rows, not used")
        left_out = [name for name in files[0].samples if name not in set(names)]
        given.update(vcf_record(survey, found, whole, left_out))
        given["depth_windows"] = depth_windows(given["median_depths_x"], self.parameters)
        self.notes += vcf_notes(given, self.parameters)
        return ordered

    # Samples

    def _mark_outgroup(self, samples: Sequence[GivenSample]) -> None:
        names = {sample.name: sample for sample in samples}
        populations = {sample.population for sample in samples}
        for word in words({"outgroup": given_option(self.parameters, "outgroup")}, "outgroup"):
            members = [names[word]] if word in names else []
            members += [sample for sample in samples if sample.population == word and sample not in members]
            if word in names and len(members) > 1:
                self.faults.append(
                    f"option --outgroup: {word} is both a sample and a population; rename one of them"
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
            self.faults.append("option --outgroup: all samples are in the outgroup; name fewer")

    def _check_groups(self, samples: Sequence[GivenSample], table: str) -> None:
        """Names of populations that would make two groups one."""
        nameless = [sample.name for sample in samples if not sample.population]
        first = {sample.population: sample for sample in reversed(samples) if sample.population}
        if nameless and len(nameless) < len(samples):
            self.notes.append(
                f"{table}: {some(nameless)} without a population: they form the group `{NO_POPULATION}`"
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
