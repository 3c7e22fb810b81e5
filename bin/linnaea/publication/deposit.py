"""The deposit of a genome or cohort in a data repository: files, README, MANIFEST and metadata.

The metadata follow DataCite 4.5 (https://schema.datacite.org), the RDA DMP Common Standard 1.1, as a fragment
for a data management plan, and schema.org with Bioschemas' profile Dataset 1.0.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from fnmatch import fnmatch
from pathlib import Path
from typing import Any, Literal

from linnaea import __version__
from linnaea.base.errors import InputError
from linnaea.base.files import complete_file
from linnaea.base.tables import read_table, write_table
from linnaea.base.text import bases, number, with_unit
from linnaea.formats.about import LICENCES, About, read_about
from linnaea.publication.results import CohortResult, GenomeResult, cohorts_of, genomes_of, read_results
from linnaea.report.linked_data import dataset as linked_dataset
from linnaea.run.crate import FORMATS, HOME

# Files of a deposit unless others are asked for, below the folder of the genome or of the cohort.
GENOME_FILES = (
    "{id}.verdict.tsv", "{id}.annotation_verdict.tsv", "report.html", "02_assembly/*.chromosomes.fasta.gz",
    "02_assembly/*.chromosomes.agp", "02_assembly/*.chromosomes.tsv", "02_assembly/*.mitochondrion.fasta.gz",
    "05_evidence/*.repeats.bed.gz", "06_annotation/*.gff3", "06_annotation/*.gtf",
    "06_annotation/*.functions.tsv", "06_annotation/*.fasta",
)  # fmt: skip
COHORT_FILES = ("report.html", "samples.tsv", "03_variants/variants.bcf*", "04_statistics/*.tsv")
# A browser uploads no larger file to the SciLifeLab Data Repository.
BROWSER_BYTES = 5 * 10**9
PROFILE = "https://bioschemas.org/profiles/Dataset/1.0-RELEASE"
MANIFEST = ("file", "bytes", "md5", "description")


@dataclass(frozen=True)
class DepositFile:
    """A file of a deposit; `name` is its path below the results folder."""

    name: str
    bytes: int
    md5: str
    description: str


def md5_of(path: Path) -> str:
    """MD5 of a file, as repositories compare it after an upload."""
    digest = hashlib.md5(usedforsecurity=False)
    with path.open("rb") as handle:
        while block := handle.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()


def find(results: str | Path, name: str) -> GenomeResult | CohortResult:
    """The genome of this id in a results folder, or its cohort (`popgen`); InputError names what there is."""
    folders, _ = read_results([results])
    genomes, _ = genomes_of(folders)
    cohorts = cohorts_of(folders)
    for genome in genomes:
        if genome.id == name:
            return genome
    if name == "popgen" and cohorts:
        return cohorts[0]
    known = [genome.id for genome in genomes] + ["popgen"] * bool(cohorts)
    raise InputError(f"{results} has no {name}; it has {', '.join(known) or 'neither a genome nor a cohort'}")


def choose(source: GenomeResult | CohortResult, patterns: Sequence[str]) -> list[DepositFile]:
    """Files of a genome or cohort that fit a pattern, with their descriptions from the index."""
    folder, results = source.folder, source.results.folder
    if not (results / "index.tsv").is_file():
        raise InputError(f"{results} has no index.tsv: its run has not ended; run it again with -resume")
    described = {row["file"]: row["description"] for row in read_table(results / "index.tsv")}
    wanted = patterns or (GENOME_FILES if isinstance(source, GenomeResult) else COHORT_FILES)
    found: list[DepositFile] = []
    for path in sorted(folder.rglob("*")):
        below = path.relative_to(folder).as_posix()
        if path.is_file() and any(fnmatch(below, pattern.replace("{id}", source.id)) for pattern in wanted):
            name = path.relative_to(results).as_posix()
            found.append(DepositFile(name, path.stat().st_size, md5_of(path), described.get(name, "")))
    if not found:
        raise InputError(f"{folder} has no file that fits {', '.join(wanted)}; give others with --files")
    return found


def numbers(source: GenomeResult | CohortResult) -> list[tuple[str, str]]:
    """Facts of a genome or cohort for people: (name, value)."""
    if isinstance(source, CohortResult):
        return [("samples", number(len(source.samples))), ("groups", ", ".join(source.groups))]
    found = [
        (f"assembly {one['haplotype']}", f"{bases(one['total_bp'])}, N50 {bases(one['scaffold_n50_bp'])}")
        for one in source.statistics
    ]
    for judged in (source.verdict or {"haplotypes": []})["haplotypes"]:
        found += [
            (f"{metric['name']}, {judged['haplotype']}",
             with_unit(metric["value"], metric["unit"], metric["lower_bound"]))
            for metric in judged["metrics"]
            if metric["value"] is not None
        ]  # fmt: skip
    if source.genes:
        found.append(("protein-coding genes", number(source.genes["protein_coding_genes"])))
    return found


def species_of(source: GenomeResult | CohortResult) -> str:
    return source.name if isinstance(source, GenomeResult) else source.species


def datacite(about: About, files: Sequence[DepositFile], year: int) -> dict[str, Any]:
    """Metadata of DataCite 4.5; the DOI only when there is one."""
    record: dict[str, Any] = {
        "schemaVersion": "http://datacite.org/schema/kernel-4",
        "creators": [
            {
                "name": f"{one.family}, {one.given}",
                "nameType": "Personal",
                "givenName": one.given,
                "familyName": one.family,
                "nameIdentifiers": [
                    {
                        "nameIdentifier": f"https://orcid.org/{one.orcid}",
                        "nameIdentifierScheme": "ORCID",
                        "schemeUri": "https://orcid.org",
                    }
                ]
                if one.orcid
                else [],
                "affiliation": [
                    {"name": one.affiliation}
                    | (
                        {"affiliationIdentifier": one.ror, "affiliationIdentifierScheme": "ROR"}
                        if one.ror
                        else {}
                    )
                ]
                if one.affiliation
                else [],
            }
            for one in about.authors
        ],
        "titles": [{"title": about.title}],
        "publisher": {"name": about.publisher}
        | (
            {"publisherIdentifier": about.publisher_ror, "publisherIdentifierScheme": "ROR"}
            if about.publisher_ror
            else {}
        ),
        "publicationYear": str(year),
        "types": {"resourceTypeGeneral": "Dataset", "resourceType": "Genome data"},
        "subjects": [{"subject": word} for word in about.keywords],
        "descriptions": [{"description": about.description, "descriptionType": "Abstract"}],
        "rightsList": [
            {
                "rights": about.license,
                "rightsUri": LICENCES[about.license],
                "rightsIdentifier": about.license,
                "rightsIdentifierScheme": "SPDX",
            }
        ],
        "relatedIdentifiers": [
            {"relatedIdentifier": doi, "relatedIdentifierType": "DOI", "relationType": "IsSupplementTo"}
            for doi in about.related
        ],
        "fundingReferences": [
            {"funderName": one["funder"]} | ({"awardNumber": str(one["award"])} if one.get("award") else {})
            for one in about.funding
        ],
        "sizes": [f"{sum(one.bytes for one in files)} bytes", f"{len(files)} files"],
        "formats": formats(files),
    }
    if about.doi:
        record["doi"] = about.doi
        record["identifiers"] = [{"identifier": f"https://doi.org/{about.doi}", "identifierType": "DOI"}]
    return record


def formats(files: Iterable[DepositFile]) -> list[str]:
    """Media types of files, each once."""
    return sorted({FORMATS.get(Path(one.name).suffix, "application/octet-stream") for one in files})


def madmp(about: About, files: Sequence[DepositFile], personal: str, day: date) -> dict[str, Any]:
    """The dataset of a machine-actionable data management plan, to be merged into that of the project."""
    identifier = (
        {"identifier": f"https://doi.org/{about.doi}", "type": "doi"}
        if about.doi
        else {"identifier": about.title, "type": "other"}
    )
    return {
        "dmp": {
            "dataset": [
                {
                    "title": about.title,
                    "description": about.description,
                    "dataset_id": identifier,
                    "type": "genome data",
                    "language": "eng",
                    "issued": day.isoformat(),
                    "keyword": list(about.keywords),
                    "personal_data": personal,
                    "sensitive_data": personal,
                    "data_quality_assurance": [
                        "Standard of the Earth BioGenome Project, each metric with value and threshold"
                    ],
                    "metadata": [
                        {
                            "language": "eng",
                            "description": "provenance of the run as Provenance Run RO-Crate",
                            "metadata_standard_id": {
                                "identifier": "https://w3id.org/ro/wfrun/provenance/0.5",
                                "type": "url",
                            },
                        }
                    ],
                    "distribution": [
                        {
                            "title": about.title,
                            "data_access": "open" if personal == "no" else "closed",
                            "byte_size": sum(one.bytes for one in files),
                            "format": formats(files),
                            "license": [
                                {"license_ref": LICENCES[about.license], "start_date": day.isoformat()}
                            ],
                        }
                    ],
                }
            ]
        }
    }


def json_ld(
    about: About, source: GenomeResult | CohortResult, files: Sequence[DepositFile], day: date
) -> dict[str, Any]:
    """The dataset in the terms of schema.org, after Bioschemas' profile Dataset."""
    record = linked_dataset(about.title, about.description, species_of(source), day=day) | {
        "identifier": f"https://doi.org/{about.doi}" if about.doi else source.id,
        "keywords": list(about.keywords) or [species_of(source) or "genome"],
        "license": LICENCES[about.license],
        "creator": [
            {"@type": "Person", "name": one.name}
            | ({"@id": f"https://orcid.org/{one.orcid}"} if one.orcid else {})
            for one in about.authors
        ],
        "distribution": [
            {
                "@type": "DataDownload",
                "name": one.name,
                "contentSize": str(one.bytes),
                "encodingFormat": FORMATS.get(Path(one.name).suffix, "application/octet-stream"),
            }
            for one in files
        ],
    }
    if about.doi:
        record["url"] = f"https://doi.org/{about.doi}"
    if about.publisher:
        record["publisher"] = {"@type": "Organization", "name": about.publisher}
    return record


def readme(about: About, source: GenomeResult | CohortResult, files: Sequence[DepositFile], day: date) -> str:
    """README of a deposit: what the repository's form asks for, what is in the files, how they were made."""
    authors = [
        f"- {one.name}"
        + (f", https://orcid.org/{one.orcid}" if one.orcid else "")
        + (f", {one.affiliation}" if one.affiliation else "")
        for one in about.authors
    ]
    contact = about.authors[0]
    lines = [f"# {about.title}", "", about.description, "", "## Authors", "", *authors, ""]
    lines += [f"Contact: {contact.name}" + (f", {contact.email}" if contact.email else ""), ""]
    lines += ["## Facts", "", "| fact | value |", "| --- | --- |"]
    facts = [("species", species_of(source)), ("id", source.id), ("date", day.isoformat())]
    facts += [("licence", f"{about.license}, {LICENCES[about.license]}")]
    facts += [("keywords", ", ".join(about.keywords)), ("DOI", about.doi)]
    facts += [("related", ", ".join(about.related))]
    facts += [("funding", "; ".join(" ".join(map(str, one.values())) for one in about.funding))]
    lines += [f"| {name} | {value} |" for name, value in [*facts, *numbers(source)] if value]
    lines += [
        "",
        "## Files",
        "",
        "Sizes and MD5 are in MANIFEST.tsv.",
        "",
        "| file | content |",
        "| --- | --- |",
    ]
    lines += [f"| {one.name} | {one.description} |" for one in files]
    lines += [
        "",
        "## Methods",
        "",
        f"Made with Linnaea {__version__} ({HOME}). Software and versions:",
        "",
    ]
    software = source.results.info / "software.tsv"
    used = {(row["tool"], row["version"]) for row in read_table(software)} if software.is_file() else set()
    lines += [f"- {tool} {version}" for tool, version in sorted(used)]
    return "\n".join(lines) + "\n"


def deposit(
    results: str,
    /,
    *,
    genome: str,
    about: Path,
    out: Path,
    files: Sequence[str] = (),
    personal_data: Literal["yes", "no", "unknown"] = "unknown",
) -> None:
    """README, MANIFEST and metadata of a deposit in a data repository (SciLifeLab, Zenodo, DORIS).

    results: results folder of a run
    genome: id of the genome, or popgen for the cohort
    about: title, description, authors, licence, publisher (YAML)
    files: files to deposit, patterns below the folder of the genome; by default assembly, genes, verdicts
        and report
    personal_data: whether the data are about persons
    out: folder to write
    """
    facts = read_about(about, ("title", "description", "authors", "license", "publisher"))
    source = find(results, genome)
    chosen = choose(source, files)
    day = date.today()
    out.mkdir(parents=True, exist_ok=True)
    write_table(
        out / "MANIFEST.tsv",
        MANIFEST,
        [(one.name, one.bytes, one.md5, one.description) for one in chosen],
    )
    with complete_file(out / "README.md") as handle:
        handle.write(readme(facts, source, chosen, day))
    records: Mapping[str, Any] = {
        "datacite.json": datacite(facts, chosen, day.year),
        "madmp_dataset.json": madmp(facts, chosen, personal_data, day),
        "dataset.jsonld": json_ld(facts, source, chosen, day),
    }
    for name, record in records.items():
        with complete_file(out / name) as handle:
            json.dump(record, handle, indent=1, ensure_ascii=False)
            handle.write("\n")
    if large := [one.name for one in chosen if one.bytes > BROWSER_BYTES]:
        print(f"note: {len(large)} files are larger than a browser uploads (5 GB), first {large[0]}; use FTP")
    print(f"{len(chosen)} files, {sum(one.bytes for one in chosen):,} bytes: {out}")


COMMAND = deposit
