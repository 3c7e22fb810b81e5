"""Make what archives take from a genome and its annotation, and check it before they see it."""

from collections.abc import Sequence
from pathlib import Path

from linnaea.base.errors import InputError
from linnaea.base.text import some
from linnaea.submission import package
from linnaea.submission.entries import source_qualifiers
from linnaea.submission.eva import eva
from linnaea.submission.examination import examine
from linnaea.submission.findings import KINDS, STOPPING
from linnaea.submission.gene_features import MIN_GAP
from linnaea.submission.preparation import prepare, say
from linnaea.submission.samples import read_samples, write_tsv, write_xml


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
        ready = prepare(
            fasta, genes, locus_tag, earlier, source_qualifiers(organism, isolate, sex), chromosomes,
            unlocalised, code, mito_code, linkage, min_gap, resolve,
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
        ready = prepare(
            fasta, genes, locus_tag, earlier, source_qualifiers(organism, isolate, sex), chromosomes, "",
            code, mito_code, "", MIN_GAP, resolve,
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
    done, notes = examine(
        files, chromosomes=chromosomes, unlocalised=unlocalised, locus_tag=locus_tag, organism=organism,
        code=code, mito_code=mito_code, min_gap=min_gap,
    )  # fmt: skip
    findings = done.findings
    say(notes)
    for line in findings.sentences():
        print(line)
    if table:
        findings.write(table)
    bad = [one for one in findings.all if one.kind not in allow and KINDS[one.kind].ena in STOPPING]
    print(f"{len(done.names)} sequences: {_ENDS[findings.verdict(allow)]}")
    return 1 if bad else 0


_ENDS = {
    "webin": "webin-cli would refuse this",
    "refused": "ENA would refuse this",
    "repaired": "ENA would take this, and hold something else than these files",
    "changed": "ENA would take this with changes of no account",
    "accepted": "ENA would take this",
}


def samples(table: str, /, *, out: str, center: str = "") -> None:
    """Samples of specimens and tissues for ENA's checklist ERC000053, as TSV and XML.

    table: CSV or TSV with the columns of the checklist or of ERGA's manifest
    center: center name, for broker accounts
    out: folder to write samples.tsv and samples.xml into
    """
    read = read_samples(table)
    folder = Path(out)
    folder.mkdir(parents=True, exist_ok=True)
    say(read.remarks)
    if read.waiting:
        say([
            f"{len(read.waiting)} samples wait for the accession of the sample that they are derived from "
            f"({some(one.alias for one in read.waiting)}); submit the others, give their accessions in a "
            "column accession, and make the files again"
        ])  # fmt: skip
    write_tsv(folder / "samples.tsv", read.ready)
    write_xml(folder / "samples.xml", read.ready, center)
    print(f"{len(read.ready)} samples to submit, {len(read.waiting)} wait")


ACTIONS = {"ena": ena, "ncbi": ncbi, "check": check, "samples": samples, "eva": eva}
