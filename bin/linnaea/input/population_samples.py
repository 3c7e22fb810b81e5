"""Files of samples, checked row by row."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from linnaea.base.errors import InputError
from linnaea.base.text import some
from linnaea.input.files import (
    READ_WHOLE_BYTES,
    FileFacts,
    check_reads,
    pair_fault,
    regular_file,
    safe_path,
    swapped_fault,
)
from linnaea.input.options import given_option
from linnaea.input.places import Remark
from linnaea.input.population_files import BamFacts, VcfFacts, check_bam, check_gvcf
from linnaea.input.run_input import Lane, PopulationSample, SampleLibrary
from linnaea.input.sample_sheet import GivenSample, Row

SOURCES = {"fastq_1", "fastq_2", "bam", "gvcf"}
# Together, so many bytes of reads are read to their end; of files beyond, the first records.
WHOLE_READS_BYTES = 256 << 20


class SampleFiles:
    """Checks the files of samples on a reference; `remarks` are faults of rows, `notes` are for the user."""

    def __init__(
        self,
        parameters: Mapping[str, Any],
        folder: Path,
        lengths: Mapping[str, int] | None,
        made_later: bool,
        sources_named: bool,
    ) -> None:
        self.parameters, self.folder, self.lengths = parameters, folder, lengths
        # Whether the reference is an assembly that this run has yet to make.
        self.made_later = made_later
        # Whether the table has a column of files, or no unknown column that may be meant as one.
        self.sources_named = sources_named
        self.remarks: list[Remark] = []
        self.notes: list[str] = []
        # The place of each file that was given, by device and inode; facts by path.
        self.places: dict[tuple[int, int], str] = {}
        self.facts: dict[str, Any] = {}
        self.read_bytes = 0

    def record(self, sample: GivenSample) -> PopulationSample:
        """A sample with its files; with --vcf they are not used, and not looked at."""
        from_vcf = bool(given_option(self.parameters, "vcf"))
        libraries: dict[str, SampleLibrary] = {}
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
            self.notes.append("option --vcf: genotypes come from it; files of the table are not used")
        names = [Path(path).name for path in bams]
        if len(set(names)) < len(names):
            self.remarks.append(
                sample.rows[0].remark("bam", "BAM files of one sample have the same file name; rename one")
            )
        return {
            "sample": sample.name,
            "group": sample.group,
            "population": sample.population,
            "age_class": sample.facts["age_class"],
            "udg": sample.facts["udg"] or ("none" if sample.historical else None),
            "sex": sample.facts["sex"],
            "latitude": sample.facts["latitude"],
            "longitude": sample.facts["longitude"],
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
                "the file belongs to another reference than the assembly of this run; name that reference "
                "with --reference, or give the reads as FASTQ"
            )
            self.remarks.append(row.remark(column, message))
            return None
        return self._file(row, column, check)

    def _lane(self, row: Row) -> Lane:
        paths = [self._file(row, column, self._reads) for column in ("fastq_1", "fastq_2")]
        one, two = (self.facts.get(path) if path else None for path in paths)
        first, second = paths
        interleaved = [facts.format == "interleaved" for facts in (one, two) if facts]
        if row.text("fastq_2") and any(interleaved):
            column = "fastq_1" if interleaved[0] else "fastq_2"
            self.remarks.append(
                row.remark(
                    column,
                    f"{row.text(column)} holds both mates of each pair, interleaved; give such a file as "
                    "fastq_1 of its own row, without fastq_2",
                )
            )
        elif first and second and one and two:
            self._check_pair(row, (first, second), (one, two))
        elif one and not row.text("fastq_2") and one.mate == 2 and not any(interleaved):
            self.remarks.append(
                row.remark(
                    "fastq_1",
                    f"{first} holds second mates (its first read is marked as one), but there is no "
                    "fastq_2; give both files, first mates in fastq_1",
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

    def bam_notes(self, listed: Sequence[PopulationSample]) -> list[str]:
        """Notes on BAM files without an index, or of samples of other names."""
        notes = []
        bams = [(sample["sample"], path, self.facts[path]) for sample in listed for path in sample["bams"]]
        found: list[tuple[str, str, BamFacts]] = bams
        if lacking := [path for _, path, facts in found if not facts.indexed]:
            notes.append(f"{len(lacking)} BAM files without an index ({some(lacking)}): the run makes one")
        renamed = [
            f"{facts.samples[0]} is {name}" for name, _, facts in found if facts.samples not in ([], [name])
        ]
        if renamed:
            notes.append(
                f"read groups of {len(renamed)} BAM files name another sample than the table "
                f"({some(renamed)}); the name in the table is used"
            )
        return notes
