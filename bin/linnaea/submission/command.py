"""Make what archives take from a genome and its annotation, and check it before they see it."""

import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from linnaea.annotation.functional_annotation import refuse_bad_prefix
from linnaea.assembly.chromosome_lists import Chromosome
from linnaea.base.errors import InputError
from linnaea.base.text import some
from linnaea.formats.sequences import byte_blocks
from linnaea.submission import package
from linnaea.submission.checks import AssemblyCheck
from linnaea.submission.embl import read_entries
from linnaea.submission.entries import Entry
from linnaea.submission.eva import eva
from linnaea.submission.findings import KINDS, STOPPING, Findings
from linnaea.submission.gene_features import KEEP, MIN_GAP, Conversion
from linnaea.submission.lists import read_chromosome_list, read_manifest, read_unlocalised_list
from linnaea.submission.locus_tags import LocusTags, read_tagged
from linnaea.submission.samples import read_samples, write_tsv, write_xml


def _say(lines: list[str]) -> None:
    for line in lines:
        print(line, file=sys.stderr)


def _source(organism: str, isolate: str, sex: str = "") -> list[tuple[str, str | None]]:
    said: list[tuple[str, str | None]] = [("organism", organism), ("mol_type", "genomic DNA")]
    said += [(name, value) for name, value in (("isolate", isolate), ("sex", sex)) if value]
    return said


@dataclass
class Prepared:
    """What both writers start from; `retired` are locus tags of an earlier version that no gene has now."""

    entries: Iterator[Entry]
    conversion: Conversion
    chromosomes: list[Chromosome]
    unlocalised: dict[str, str]
    notes: list[str]
    retired: list[str]

    def report(self, tags: str) -> None:
        """Write the table of locus tags, if asked for, and say what was resolved."""
        if tags:
            self.conversion.tags.write(tags, self.retired)
        _say([*self.notes, *package.resolution_sentences(self.conversion)])
        _say(list(self.conversion.findings.sentences()))
        if self.retired:
            _say([f"{len(self.retired)} earlier locus tags are given up ({some(self.retired)})"])


def _prepare(
    fasta: str, genes: str, locus_tag: str, earlier: str, source: list[tuple[str, str | None]],
    chromosomes: str, unlocalised: str, code: int, mito_code: int | None, linkage: str, min_gap: int,
    resolve: Sequence[str],
) -> Prepared:  # fmt: skip
    if genes and not locus_tag:
        raise InputError(
            "genes are given without a locus tag prefix; register one for the study and give --locus-tag"
        )
    if locus_tag:
        refuse_bad_prefix(locus_tag)
    findings = Findings()
    listed = read_chromosome_list(chromosomes, findings) if chromosomes else []
    loose = read_unlocalised_list(unlocalised, listed, findings) if unlocalised else {}
    tags = LocusTags(locus_tag)
    notes: list[str] = []
    retired: list[str] = []
    conversion = Conversion(tags, package.read_actions(resolve), genes or fasta, linkage, min_gap, findings)
    models, spliced = package.genes_of(genes, notes) if genes else ([], {})
    if earlier:
        retired = tags.keep(models, read_tagged(earlier, kind_of(earlier) == "embl"))
    tags.reserve([*models, *(one.gene for listed in spliced.values() for one in listed)])
    entries = package.annotated_entries(
        fasta,
        models,
        conversion,
        source,
        chromosomes={one.sequence: one for one in listed},
        spliced=spliced,
        code=code,
        mito_code=mito_code,
    )
    return Prepared(entries, conversion, listed, loose, notes, retired)


def ena(
    *,
    fasta: str,
    name: str,
    organism: str,
    out: str,
    study: str,
    sample: str,
    coverage: str,
    program: str,
    platform: str,
    genes: str = "",
    locus_tag: str = "",
    earlier: str = "",
    isolate: str = "",
    sex: str = "",
    chromosomes: str = "",
    unlocalised: str = "",
    code: int = 1,
    mito_code: int | None = None,
    linkage: str = "proximity ligation",
    min_gap: int = 10,
    runs: str = "",
    description: str = "",
    resolve: Sequence[str] = (),
    tags: str = "",
) -> None:
    """Package of a genome for ENA: flat file (with genes) or FASTA, lists and manifest for webin-cli.

    fasta: the sequences of one assembly, plain or gzip
    genes: annotation, GFF3 or GTF; without it the package has a FASTA. Genes cannot be added at ENA later
    name: name of the assembly (ToLID and version, bParMaj1.1), also of the files
    organism: scientific name, that of the sample
    study: accession of the study (PRJEB…), its locus tag prefix registered
    sample: accession of the sample (SAMEA…)
    coverage: depth of the reads
    program: assemblers with versions
    platform: sequencing platforms
    locus_tag: registered prefix of locus tags; needed with genes
    earlier: earlier version of the annotation (GFF3 or EMBL) on these sequences; its locus tags are kept
    isolate: individual, for the source feature
    sex: sex, for the source feature
    chromosomes: chromosome list (sequence, chromosome, type, location)
    unlocalised: unlocalised list (sequence, chromosome)
    code: genetic code of the nucleus
    mito_code: genetic code of the mitochondrion
    linkage: evidence of the gaps; "" when they are between scaffolds
    min_gap: shortest run of N that is a gap
    runs: accessions of the reads, separated by commas
    description: free text
    resolve: what to do about models that ENA would refuse or change, class=action
    tags: table of the locus tags to write (TSV)
    out: folder to write
    """
    with package.many_objects():
        ready = _prepare(
            fasta, genes, locus_tag, earlier, _source(organism, isolate, sex), chromosomes, unlocalised, code,
            mito_code, linkage, min_gap, resolve,
        )  # fmt: skip
        fields = {
            "STUDY": study, "SAMPLE": sample, "ASSEMBLYNAME": name, "ASSEMBLY_TYPE": "clone or isolate",
            "COVERAGE": coverage, "PROGRAM": program, "PLATFORM": platform, "RUN_REF": runs,
            "DESCRIPTION": description,
        }  # fmt: skip
        counts = package.write_package(
            out, name, ready.entries, ready.conversion, fields=fields, chromosomes=ready.chromosomes,
            unlocalised=ready.unlocalised, flat=bool(genes),
        )  # fmt: skip
    ready.report(tags)
    print(", ".join(f"{number} {key}" for key, number in counts.items()))


def ncbi(
    *,
    fasta: str,
    genes: str,
    name: str,
    organism: str,
    out: str,
    locus_tag: str,
    laboratory: str = "linnaea",
    earlier: str = "",
    isolate: str = "",
    sex: str = "",
    chromosomes: str = "",
    code: int = 1,
    mito_code: int | None = None,
    resolve: Sequence[str] = (),
    tags: str = "",
) -> None:
    """Feature table and FASTA of an annotated genome for NCBI's table2asn.

    fasta: the sequences of one assembly, plain or gzip
    genes: annotation, GFF3 or GTF
    name: name of the files
    organism: scientific name, that of the BioSample
    locus_tag: registered prefix of locus tags
    laboratory: first part of the IDs of proteins and transcripts (gnl|laboratory|…)
    earlier: earlier version of the annotation (GFF3 or EMBL) on these sequences; its locus tags are kept
    isolate: individual
    sex: sex
    chromosomes: chromosome list (sequence, chromosome, type, location)
    code: genetic code of the nucleus
    mito_code: genetic code of the mitochondrion
    resolve: what to do about models that an archive would refuse or change, class=action
    tags: table of the locus tags to write (TSV)
    out: folder to write
    """
    with package.many_objects():
        ready = _prepare(
            fasta, genes, locus_tag, earlier, _source(organism, isolate, sex), chromosomes, "", code,
            mito_code, "", MIN_GAP, resolve,
        )  # fmt: skip
        counts = package.write_ncbi(
            out, name, ready.entries, ready.conversion, chromosomes=ready.chromosomes, laboratory=laboratory,
            code=code, mito_code=mito_code,
        )  # fmt: skip
    ready.report(tags)
    print(", ".join(f"{number} {key}" for key, number in counts.items()))


def check(
    files: Sequence[str],
    /,
    *,
    chromosomes: str = "",
    unlocalised: str = "",
    locus_tag: Sequence[str] = (),
    organism: str = "",
    code: int = 1,
    mito_code: int | None = None,
    min_gap: int = 10,
    allow: Sequence[str] = (),
    table: str = "",
) -> int:
    """Check what ENA would refuse or repair without a word; exit code 1 when there is something.

    files: a manifest of webin-cli (its files are checked, too), EMBL flat files, or a FASTA and its GFF3
    chromosomes: chromosome list
    unlocalised: unlocalised list
    locus_tag: registered prefixes; without them all tags must have that of the first
    organism: scientific name of the sample
    code: genetic code of the nucleus
    mito_code: genetic code of the mitochondrion
    min_gap: shortest run of N that is a gap
    allow: classes that may be there
    table: TSV of all findings to write
    """
    if unknown := [kind for kind in allow if kind not in KINDS]:
        raise InputError(f"--allow {unknown[0]}: there is no such class; there are {', '.join(KINDS)}")
    findings = Findings()
    kinds = {path: kind_of(path) for path in files}
    for path in [path for path, kind in kinds.items() if kind == "manifest"]:
        fields = read_manifest(path, findings)
        near = {key: str(Path(path).parent / fields[key]) for key in fields if key in _FILE_FIELDS}
        chromosomes = chromosomes or near.get("CHROMOSOME_LIST", "")
        unlocalised = unlocalised or near.get("UNLOCALISED_LIST", "")
        kinds |= {near[key]: kind_of(near[key]) for key in ("FLATFILE", "FASTA") if key in near}
        if fields.get("MINGAPLENGTH", "").isdecimal():
            min_gap = int(fields["MINGAPLENGTH"])
    listed: list[Chromosome] | None = read_chromosome_list(chromosomes, findings) if chromosomes else None
    loose = read_unlocalised_list(unlocalised, listed or [], findings) if unlocalised else {}
    done = AssemblyCheck(
        findings,
        prefixes=tuple(locus_tag),
        organism=organism,
        code=code,
        mito_code=mito_code,
        chromosomes=None if listed is None else {one.sequence: one for one in listed},
        unlocalised=loose,
        shortest_gap=min_gap,
    )
    notes: list[str] = []
    with package.many_objects():
        _check_sequences(kinds, done, notes)
    done.finish()
    _say(notes)
    for line in findings.sentences():
        print(line)
    if table:
        findings.write(table)
    bad = [one for one in findings.all if one.kind not in allow and KINDS[one.kind].ena in STOPPING]
    print(f"{len(done.names)} sequences: {_ENDS[findings.verdict(allow)]}")
    return 1 if bad else 0


_FILE_FIELDS = ("CHROMOSOME_LIST", "UNLOCALISED_LIST", "FLATFILE", "FASTA")
_ENDS = {
    "webin": "webin-cli would refuse this",
    "refused": "ENA would refuse this",
    "repaired": "ENA would take this, and hold something else than these files",
    "changed": "ENA would take this with changes of no account",
    "accepted": "ENA would take this",
}


def _check_sequences(kinds: dict[str, str], done: AssemblyCheck, notes: list[str]) -> None:
    fastas = [path for path, kind in kinds.items() if kind == "fasta"]
    annotations = [path for path, kind in kinds.items() if kind == "gff3"]
    flats = [path for path, kind in kinds.items() if kind == "embl"]
    if len(annotations) > 1 or (annotations and len(fastas) != 1):
        raise InputError(f"{len(annotations)} GFF3 and {len(fastas)} FASTA files are given; give one pair")
    if not fastas and not flats:
        raise InputError("no sequences are given; give an EMBL flat file, or a FASTA and its GFF3")
    for path in flats:
        done.file = path
        for flat in read_entries(path):
            done.check(flat)
    for path in fastas:
        done.file = annotations[0] if annotations else path
        for entry in _models_as_they_are(path, annotations, done, notes):
            done.check(entry)


def _models_as_they_are(
    fasta: str, annotations: Sequence[str], done: AssemblyCheck, notes: list[str]
) -> Iterator[Entry]:
    """Entries of a FASTA and its annotation as they would be written if nothing were resolved."""
    genes, spliced = package.genes_of(annotations[0], notes) if annotations else ([], {})
    prefix = next(iter(done.prefixes), "CHECK")
    tags = LocusTags("" if any("locus_tag" in gene.attributes for gene in genes) else prefix)
    tags.reserve(genes)
    conversion = Conversion(tags, KEEP, done.file, shortest_gap=done.shortest_gap, findings=done.findings)
    source = _source(done.organism or "unknown organism", "")
    return package.annotated_entries(
        fasta, genes, conversion, source, chromosomes=done.chromosomes or {}, spliced=spliced, code=done.code,
        mito_code=done.mito_code,
    )  # fmt: skip


def kind_of(path: str | Path) -> str:
    """What a file is by its first line: embl, fasta, gff3 or manifest."""
    start = next(byte_blocks(path, 4096, whole=False)).lstrip()
    first = start.split(b"\n")[0]
    if first.startswith(b"ID "):
        return "embl"
    if first.startswith(b">"):
        return "fasta"
    if first.startswith(b"#") or first.count(b"\t") == 8:
        return "gff3"
    word = first.split(None, 1)[0].decode("utf-8", "replace").rstrip(":") if first.split() else ""
    if (word.isupper() and b"\t" in first) or word in ("STUDY", "SAMPLE", "ASSEMBLYNAME", "NAME"):
        return "manifest"
    raise InputError(f"{path}: neither an EMBL flat file, FASTA, GFF3 nor a manifest; give one of them")


def samples(table: str, /, *, out: str, center: str = "") -> None:
    """Samples of specimens and tissues for ENA's checklist ERC000053, as TSV and XML.

    table: CSV or TSV with the columns of the checklist or of ERGA's manifest
    center: center name, for broker accounts
    out: folder to write samples.tsv and samples.xml into
    """
    read = read_samples(table)
    folder = Path(out)
    folder.mkdir(parents=True, exist_ok=True)
    _say(read.remarks)
    if read.waiting:
        _say([
            f"{len(read.waiting)} samples wait for the accession of the sample that they are derived from "
            f"({some(one.alias for one in read.waiting)}); submit the others, give their accessions in a "
            "column accession, and make the files again"
        ])  # fmt: skip
    write_tsv(folder / "samples.tsv", read.ready)
    write_xml(folder / "samples.xml", read.ready, center)
    print(f"{len(read.ready)} samples to submit, {len(read.waiting)} wait")


ACTIONS = {"ena": ena, "ncbi": ncbi, "check": check, "samples": samples, "eva": eva}
