"""A package for the European Variation Archive: VCF on the sequences of INSDC, callable sites, metadata.

EVA wants a VCF (4.1 to 4.4) whose contigs are those of a GCA assembly, sorted, without duplicates after
normalisation, with the reference base as REF; and a JSON for its `eva-sub-cli`, whose schema gives the rules
below. Rows are streamed: memory holds one sequence of the FASTA and the variants of a window.
"""

import hashlib
import json
import re
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from linnaea.base.errors import InputError
from linnaea.base.files import complete_file
from linnaea.base.programs import program_output
from linnaea.base.tables import read_table
from linnaea.base.text import some
from linnaea.formats.about import About, read_about
from linnaea.formats.bgzf import complete_bgzf
from linnaea.formats.sequences import fasta_pieces, text_lines

ACCESSION = re.compile(r"[A-Z]{1,6}_?\d{5,}\.\d+")
BIOSAMPLE = re.compile(r"SAM(E|D|N)[A-Z]?[0-9]+")
RUN = re.compile(r"(E|D|S)RR[0-9]{6,}")
ASSEMBLY = re.compile(r"GCA_\d{9}\.\d+")
PROJECT = re.compile(r"PRJ(E|D|N)[A-Z][0-9]+")
VERSIONS = (b"4.1", b"4.2", b"4.3", b"4.4")
# An indel in a repeat is compared with those that lie up to this far to its left.
WINDOW_BP = 50_000
# Alternates that say nothing was found, or that another row deletes the base.
NO_VARIANT = frozenset((b".", b"<*>", b"<NON_REF>", b"<X>", b"*"))
_BASES = re.compile(rb"[ACGTNacgtn]+")
LINE = 60


@dataclass
class Counts:
    """What was done to the rows of a VCF, and the first rows of each class that is refused."""

    rows: int = 0
    written: int = 0
    classes: Counter[str] = field(default_factory=Counter)
    first: dict[str, str] = field(default_factory=dict)

    def add(self, kind: str, place: str) -> None:
        self.classes[kind] += 1
        self.first.setdefault(kind, place)


CLASSES = {
    "unsorted": "rows out of order, sorted",
    "duplicate": "rows that repeat a variant, left out",
    "no_variant": "rows without a variant, left out",
    "filtered": "rows that a filter failed, left out",
    "mismatch": "rows whose REF is not the base of the FASTA, left out",
    "lower_case": "rows with a REF or ALT in lower case, written in capitals",
}


def read_names(path: str | Path) -> dict[str, str]:
    """Accession of INSDC by our name of a sequence: two columns, or an assembly report of NCBI.

    Raises InputError with all faults: rows of other forms, names or accessions given twice.
    """
    names: dict[str, str] = {}
    owner: dict[str, str] = {}
    faults: list[str] = []
    report = False
    for number, line in text_lines(path):
        if line.startswith("#"):
            report = report or line.startswith("# Sequence-Name")
            continue
        cells = line.split("\t") if "\t" in line else line.split()
        if not line.strip():
            continue
        if report:
            cells = [cells[0], cells[4]] if len(cells) > 4 else []
        if len(cells) < 2 or not ACCESSION.fullmatch(cells[1].strip()):
            faults.append(f"line {number}: give a name and an accession with its version (OZ000001.1)")
            continue
        name, accession = cells[0].strip(), cells[1].strip()
        if name in names:
            faults.append(f"line {number}: {name} is there twice")
        if accession in owner:
            faults.append(f"line {number}: {accession} is already that of {owner[accession]}")
        names[name] = accession
        owner[accession] = name
    if faults:
        raise InputError(f"{path}: {'; '.join(faults[:10])}{_more(faults)}")
    return names


def _more(faults: Sequence[str]) -> str:
    return f"; and {len(faults) - 10} more" if len(faults) > 10 else ""


def write_reference(fasta: str, names: Mapping[str, str], out: Path) -> dict[str, int]:
    """Write a FASTA under the names of INSDC, uncompressed as EVA takes it; returns the lengths by accession.

    Raises InputError for sequences without an accession, all together.
    """
    lengths: dict[str, int] = {}
    lacking: list[str] = []
    accession, column = "", 0
    with complete_file(out, "wb") as handle:
        for name, piece in fasta_pieces(fasta):
            if name is not None:
                if accession and column:
                    handle.write(b"\n")
                column = 0
                if name not in names:
                    lacking.append(name)
                accession = names.get(name, name)
                lengths[accession] = 0
                handle.write(f">{accession}\n".encode())
            lengths[accession] += len(piece)
            position = 0
            while position < len(piece):
                part = piece[position : position + LINE - column]
                handle.write(part)
                position += len(part)
                column += len(part)
                if column == LINE:
                    handle.write(b"\n")
                    column = 0
        if column:
            handle.write(b"\n")
        if lacking:
            raise InputError(
                f"{len(lacking)} sequences of {fasta} have no accession ({some(lacking)}); complete the table"
                " of names, or give the FASTA that was submitted"
            )
    return lengths


@contextmanager
def vcf_lines(vcf: str, ordered: bool) -> Iterator[IO[bytes]]:
    """Lines of a VCF or BCF through bcftools, sorted when asked for."""
    if not shutil.which("bcftools"):
        raise InputError("bcftools is not installed or not on the PATH; install Debian package bcftools")
    with tempfile.TemporaryDirectory(prefix="linnaea-eva-") as folder, tempfile.TemporaryFile() as said:
        command = ["bcftools", "sort", "-T", folder, "-Ov", vcf] if ordered else ["bcftools", "view", vcf]
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=said) as process:
            assert process.stdout is not None
            try:
                yield process.stdout
            except BaseException:
                process.kill()
                raise
        if process.returncode:
            said.seek(0)
            lines = said.read().decode("utf-8", "replace").strip().splitlines() or ["no message"]
            raise InputError(f"{vcf} cannot be read by bcftools: {lines[-1]}; give a complete VCF or BCF")


@dataclass
class Header:
    """The header of a VCF under the names of INSDC; `left_out` counts lines that name the machine."""

    lines: list[bytes]
    samples: list[str]
    contigs: list[str]
    left_out: int


def read_header(lines: Iterable[bytes], names: Mapping[str, str], source: str) -> Header:
    """Header of a VCF with contigs renamed. Lines of commands and file paths are left out.

    Raises InputError for contigs without an accession, all together, and for versions that EVA refuses.
    """
    header = Header([], [], [], 0)
    lacking = []
    for line in lines:
        if line.startswith(b"##fileformat="):
            version = line.strip().removeprefix(b"##fileformat=VCFv")
            if version not in VERSIONS:
                raise InputError(f"{source} is VCF {version.decode()}; EVA takes 4.1 to 4.4: convert it")
        if line.startswith(b"##contig="):
            found = re.search(rb"ID=([^,>]+)", line)
            name = found[1].decode() if found else ""
            if name not in names:
                lacking.append(name)
                continue
            header.contigs.append(name)
            accession = names[name].encode()
            line = line.replace(b"ID=" + name.encode(), b"ID=" + accession, 1)
        elif line.startswith(b"#CHROM"):
            header.samples = line.decode().rstrip("\n").split("\t")[9:]
            header.lines.append(line)
            break
        elif re.match(rb"##\w*(?:[Cc]ommand|reference|bcftools_\w+)[^=]*=", line) or b"file://" in line:
            header.left_out += 1
            continue
        header.lines.append(line)
    if not header.samples and not any(line.startswith(b"##INFO=<ID=AF,") for line in header.lines):
        raise InputError(f"{source} has neither genotypes nor AF in INFO; give one of them")
    if lacking:
        raise InputError(
            f"{len(lacking)} contigs of {source} have no accession ({some(lacking)}); complete the table of "
            "names, or give the VCF of the assembly that was submitted"
        )
    return header


def normalised(position: int, ref: bytes, alt: bytes, sequence: str) -> tuple[int, bytes, bytes]:
    """A variant as `bcftools norm` writes it: shared ends trimmed, indels at their leftmost place.

    Positions are 1-based; after Tan, Abecasis and Kang 2015 (doi:10.1093/bioinformatics/btv112).
    """
    while len(ref) > 1 and len(alt) > 1 and ref[-1] == alt[-1]:
        ref, alt = ref[:-1], alt[:-1]
    if len(ref) != len(alt):
        while ref[-1] == alt[-1]:
            ref, alt = ref[:-1], alt[:-1]
            if not ref or not alt:
                if position == 1:
                    after = sequence[position - 1 + len(ref)].upper().encode()
                    return position, ref + after, alt + after
                position -= 1
                before = sequence[position - 1].upper().encode()
                ref, alt = before + ref, before + alt
    while len(ref) > 1 and len(alt) > 1 and ref[0] == alt[0]:
        ref, alt, position = ref[1:], alt[1:], position + 1
    return position, ref, alt


class RowCheck:
    """Rows of one VCF, one by one: renamed, compared with the FASTA and with each other."""

    def __init__(
        self, source: str, names: Mapping[str, str], fasta: Path, passed_only: bool, drop_mismatches: bool
    ):
        import pysam

        pysam.faidx(str(fasta))
        self._fasta = pysam.FastaFile(str(fasta))
        self.source, self.passed_only, self.drop_mismatches = source, passed_only, drop_mismatches
        self.names = {name.encode(): accession for name, accession in names.items()}
        self.counts = Counts()
        self.in_order = True
        self._chromosome, self._position = b"", 0
        self._done: set[bytes] = set()
        self._accession = b""
        self._sequence = ""
        self._seen: dict[tuple[int, bytes, bytes], int] = {}
        self._oldest = 0

    def close(self) -> None:
        self._fasta.close()

    def row(self, line: bytes) -> bytes | None:
        """The row as EVA takes it; None where it is left out."""
        counts = self.counts
        counts.rows += 1
        chromosome, text, identifier, ref, alt, quality, filters, rest = line.split(b"\t", 7)
        position = int(text)
        if chromosome != self._chromosome:
            self._start(chromosome)
        elif position < self._position:
            counts.add("unsorted", self._place(position))
            self.in_order = False
        self._position = position
        if self.passed_only and filters not in (b"PASS", b"."):
            counts.add("filtered", self._place(position))
            return None
        alternates = alt.split(b",")
        if all(one in NO_VARIANT for one in alternates):
            counts.add("no_variant", self._place(position))
            return None
        if ref.upper() != ref or any(one.upper() != one and one[:1] != b"<" for one in alternates):
            ref = ref.upper()
            alternates = [one.upper() if _BASES.fullmatch(one) else one for one in alternates]
            counts.add("lower_case", self._place(position))
        if self._sequence[position - 1 : position - 1 + len(ref)].upper() != ref.decode():
            counts.add("mismatch", self._place(position))
            if self.drop_mismatches:
                return None
        if self._repeated(position, ref, alternates):
            counts.add("duplicate", self._place(position))
            return None
        counts.written += 1
        alt = b",".join(alternates)
        return b"\t".join((self._accession, text, identifier, ref, alt, quality, filters, rest))

    def _place(self, position: int) -> str:
        return f"{self._chromosome.decode()}:{position}"

    def _start(self, chromosome: bytes) -> None:
        if chromosome in self._done:
            self.counts.add("unsorted", chromosome.decode())
            self.in_order = False
        self._done.add(chromosome)
        if chromosome not in self.names:
            raise InputError(
                f"{self.source}: contig {chromosome.decode()} has no accession; complete the table of names"
            )
        self._chromosome = chromosome
        self._accession = self.names[chromosome].encode()
        if self.names[chromosome] not in self._fasta.references:
            raise InputError(
                f"{self.source}: contig {chromosome.decode()} is not in the FASTA; give that of the assembly "
                "whose variants these are"
            )
        self._sequence = self._fasta.fetch(self.names[chromosome])
        self._seen.clear()

    def _repeated(self, position: int, ref: bytes, alternates: Sequence[bytes]) -> bool:
        """Whether all alleles of a row were in earlier rows; remembers those that were not.

        Symbolic alleles and breakends are not compared: their ends are in INFO.
        """
        alleles = [alt for alt in alternates if alt not in NO_VARIANT]
        if not all(_BASES.fullmatch(alt) for alt in alleles):
            return False
        keys = [
            (position, ref, alt)
            if len(ref) == len(alt) == 1
            else normalised(position, ref, alt, self._sequence)
            for alt in alleles
        ]
        new = [key for key in keys if key not in self._seen]
        for key in new:
            self._seen[key] = position
        if len(self._seen) > 4096 and position - self._oldest > WINDOW_BP:
            self._seen = {key: at for key, at in self._seen.items() if at >= position - WINDOW_BP}
            self._oldest = position
        return not new


def write_vcf(
    vcf: str, names: Mapping[str, str], fasta: Path, out: Path, passed_only: bool, drop_mismatches: bool
) -> tuple[Header, Counts]:
    """Write a VCF as EVA takes it; returns its header and what was done to the rows.

    Raises InputError, and writes nothing, where REF differs from the FASTA, unless such rows are dropped.
    """
    unsorted = Counts()
    for ordered in (False, True):
        check = RowCheck(vcf, names, fasta, passed_only, drop_mismatches)
        with complete_bgzf(out) as handle, vcf_lines(vcf, ordered) as lines:
            header = read_header(lines, names, vcf)
            handle.write(b"".join(header.lines))
            for line in lines:
                row = check.row(line)
                if row is not None:
                    handle.write(row)
        check.close()
        if check.in_order:
            break
        out.unlink()
        unsorted = check.counts
    counts = check.counts
    if unsorted.classes["unsorted"]:
        counts.classes["unsorted"] = unsorted.classes["unsorted"]
        counts.first["unsorted"] = unsorted.first["unsorted"]
    if counts.classes["mismatch"] and not drop_mismatches:
        out.unlink()
        raise InputError(
            f"{vcf}: REF of {counts.classes['mismatch']} of {counts.rows} rows is not the base of the FASTA, "
            f"first at {counts.first['mismatch']}; give the assembly that the reads were mapped to, or leave "
            "these rows out with --drop-mismatches"
        )
    if not counts.written:
        out.unlink()
        raise InputError(f"{vcf}: no row is left to submit ({'; '.join(sentences(counts)) or 'it has none'})")
    return header, counts


def sentences(counts: Counts) -> list[str]:
    """What was done to the rows, one sentence for each class."""
    return [
        f"{number} {CLASSES[kind]} (first {counts.first[kind]})"
        for kind, number in counts.classes.items()
        if number
    ]


def write_callable(
    bed: str, names: Mapping[str, str], lengths: Mapping[str, int], out: Path
) -> tuple[int, int]:
    """Write a BED of callable sites under the names of INSDC; returns its intervals and bases.

    Raises InputError with all faults: other contigs, intervals that are none or beyond the end.
    """
    intervals = bases = 0
    faults: list[str] = []
    with complete_bgzf(out) as handle:
        for number, line in text_lines(bed):
            if not line or line.startswith(("#", "track", "browser")):
                continue
            cells = line.split("\t")
            if len(cells) < 3 or not (cells[1].isdecimal() and cells[2].isdecimal()):
                faults.append(f"line {number} is not an interval")
                continue
            start, end = int(cells[1]), int(cells[2])
            accession = names.get(cells[0], "")
            if not accession:
                faults.append(f"line {number}: {cells[0]} has no accession")
            elif not start < end <= lengths.get(accession, 0):
                faults.append(f"line {number}: {cells[0]}:{start}-{end} is not within the sequence")
            else:
                intervals, bases = intervals + 1, bases + end - start
                handle.write(f"{accession}\t{start}\t{end}\n".encode())
        if faults:
            raise InputError(f"{bed}: {'; '.join(faults[:10])}{_more(faults)}; give the BED of this assembly")
    return intervals, bases


def read_accessions(path: str | Path, samples: Sequence[str]) -> dict[str, str]:
    """BioSample accession of each sample of a VCF, from a table with the columns sample and accession.

    Raises InputError with all faults: samples of the VCF that are not in the table, accessions of another
    form. Samples of the table that are not in the VCF are left out; a VCF without genotypes has those of the
    table.
    """
    given = {row["sample"]: row["accession"].strip() for row in read_table(path, ("sample", "accession"))}
    samples = samples or list(given)
    faults = [f"sample {name} of the VCF is not in the table" for name in samples if name not in given]
    faults += [
        f"sample {name}: {given[name] or 'nothing'} is not an accession of BioSamples (SAMEA…)"
        for name in samples
        if name in given and not BIOSAMPLE.fullmatch(given[name])
    ]
    if faults:
        raise InputError(f"{path}: {'; '.join(faults[:10])}{_more(faults)}; register samples first")
    return {name: given[name] for name in samples}


def metadata_faults(about: About, taxid: int | None, assembly: str, runs: Sequence[str]) -> list[str]:
    """What EVA's schema refuses in the metadata."""
    faults = []
    if about.project:
        if not PROJECT.fullmatch(about.project):
            faults.append(f"project {about.project} is not an accession (PRJEB…)")
    else:
        for name, text, most in (("title", about.title, 250), ("description", about.description, 4000)):
            if not 20 <= len(text) <= most:
                faults.append(f"{name} has {len(text)} characters, and EVA wants 20 to {most}")
        if taxid is None:
            faults.append("--taxid is missing; a new project needs it")
    if not about.authors:
        faults.append("authors are missing")
    for author in about.authors[:1]:
        if not author.email or not author.affiliation:
            faults.append("the first author, the contact, needs email and affiliation")
    if not ASSEMBLY.fullmatch(assembly):
        faults.append(f"--assembly {assembly} is not an accession with its version (GCA_000000000.1)")
    faults += [f"--runs: {one} is not a run (ERR…)" for one in runs if not RUN.fullmatch(one)]
    return faults


def metadata(
    about: About, alias: str, assembly: str, taxid: int | None, vcf: Path, fasta: Path,
    accessions: Mapping[str, str], genotypes: bool, runs: Sequence[str], software: Sequence[str],
    platform: str, phased: bool,
) -> dict[str, Any]:  # fmt: skip
    """The JSON of eva-sub-cli, after its eva_schema.json."""
    contacts = [author for author in about.authors if author.email and author.affiliation]
    digest = hashlib.md5(usedforsecurity=False)
    with vcf.open("rb") as handle:
        while block := handle.read(1 << 20):
            digest.update(block)
    project = {"projectAccession": about.project} if about.project else {
        "title": about.title, "description": about.description, "taxId": taxid,
        "centre": contacts[0].affiliation,
    }  # fmt: skip
    analysis: dict[str, Any] = {
        "analysisTitle": about.title or alias,
        "analysisAlias": alias,
        "description": about.description or about.title or alias,
        "experimentType": "Whole genome sequencing",
        "referenceGenome": assembly,
        "referenceFasta": fasta.name,
        "evidenceType": "genotype" if genotypes else "allele_frequency",
        "phasing": phased,
        "imputation": False,
    }
    if software:
        analysis["software"] = list(software)
    if platform:
        analysis["platform"] = platform
    if runs:
        analysis["runAccessions"] = list(runs)
    return {
        "submitterDetails": [
            {
                "lastName": one.family,
                "firstName": one.given,
                "email": one.email,
                "laboratory": one.affiliation,
                "centre": one.affiliation,
            }
            for one in contacts
        ],
        "project": project,
        "analysis": [analysis],
        "sample": [
            {"analysisAlias": [alias], "sampleInVCF": name, "bioSampleAccession": accession}
            for name, accession in accessions.items()
        ],
        "files": [
            {
                "analysisAlias": alias,
                "fileName": vcf.name,
                "md5": digest.hexdigest(),
                "fileSize": vcf.stat().st_size,
            }
        ],
    }


def eva(
    *,
    vcf: str,
    fasta: str,
    names: str,
    assembly: str,
    samples: str,
    about: Path,
    out: str,
    alias: str = "variants",
    taxid: int | None = None,
    runs: Sequence[str] = (),
    software: Sequence[str] = (),
    platform: str = "",
    callable: str = "",
    passed_only: bool = False,
    drop_mismatches: bool = False,
    phased: bool = False,
) -> None:
    """Package of variants for EVA: VCF on the sequences of INSDC, FASTA, callable sites and metadata.

    vcf: variants, VCF or BCF, of any order
    fasta: the sequences that the variants are on, plain or gzip
    names: name and accession of each sequence (two columns), or NCBI's assembly report
    assembly: accession of the assembly (GCA_…)
    samples: table of the samples of the VCF and their BioSamples (columns sample, accession)
    about: title, description, authors or project of the submission (YAML)
    alias: name of the analysis, also of the files
    taxid: taxon id of a new project
    runs: accessions of the reads
    software: programs that called the variants, with versions
    platform: sequencing platform, as EVA spells it
    callable: sites where variants could be called (BED, plain or gzip)
    passed_only: leave out rows that a filter failed
    drop_mismatches: leave out rows whose REF is not the base of the FASTA
    phased: the genotypes are phased
    out: folder to write
    """
    facts = read_about(about)
    if faults := metadata_faults(facts, taxid, assembly, runs):
        raise InputError(f"{about} and options: {'; '.join(faults)}")
    table = read_names(names)
    command = ["bcftools", "query", "-l", vcf]
    listed = program_output(command, "list the samples", "Debian package bcftools").split()
    accessions = read_accessions(samples, listed)
    folder = Path(out)
    folder.mkdir(parents=True, exist_ok=True)
    reference = folder / f"{alias}.fa"
    lengths = write_reference(fasta, table, reference)
    written = folder / f"{alias}.vcf.gz"
    header, counts = write_vcf(vcf, table, reference, written, passed_only, drop_mismatches)
    for line in sentences(counts):
        print(line, file=sys.stderr)
    if header.left_out:
        print(f"{header.left_out} header lines with commands or paths are left out", file=sys.stderr)
    if callable:
        intervals, bases = write_callable(callable, table, lengths, folder / f"{alias}.callable.bed.gz")
        print(f"{intervals} callable intervals of {bases} bases", file=sys.stderr)
    record = metadata(
        facts, alias, assembly, taxid, written, reference, accessions, bool(listed), runs, software, platform,
        phased,
    )  # fmt: skip
    with complete_file(folder / "eva_metadata.json") as handle:
        json.dump(record, handle, indent=1, ensure_ascii=False)
        handle.write("\n")
    print(f"{counts.written} of {counts.rows} rows, {len(listed)} samples: {folder}")
