"""What portals take of a genome: the Swedish Reference Genome Portal, JBrowse 2, GoaT, and genome notes.

The forms are those of the portal's repository (ScilifelabDataCentre/genome-portal), of the status lists of
GoaT (genomehubs/goat-data), and the names of the template of genome notes (sanger-tol/genomenote). What no
run can know stays a placeholder, and is listed.
"""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any, Literal, get_args
from urllib.parse import urljoin

from linnaea.base.errors import InputError
from linnaea.base.files import complete_file
from linnaea.base.records import Record
from linnaea.base.tables import Row, read_table, write_table
from linnaea.base.text import some
from linnaea.formats.about import About, read_about
from linnaea.publication.deposit import find
from linnaea.publication.results import GenomeResult
from linnaea.submission.eva import ASSEMBLY, read_names

FILL_IN = "FILL IN"
TAXID = "NCBI Taxonomy; taxid in genomes.yml"
AFTER = "ENA, after submission"
# Statuses of GoaT in the order of the work; those before a status are passed as well.
Status = Literal["sample_collected", "sample_acquired", "in_progress", "insdc_open", "published"]
STATUSES: tuple[str, ...] = get_args(Status)
GOAT = (
    "ncbi_taxon_id", "species", "long_list", "other_priority", "family_representative", "sequencing_status",
    *STATUSES,
)  # fmt: skip
LARGE_SCAFFOLD_BP = 10_000
MISSING = ("where", "what", "who_knows")


@dataclass
class Missing:
    """What stays to be filled in: (file, what, who can tell)."""

    rows: list[tuple[str, str, str]] = field(default_factory=list)

    def add(self, where: str, what: str, who: str) -> str:
        """Note that something is missing, and return its placeholder."""
        self.rows.append((where, what, who))
        return f"{FILL_IN}: {what}"


@dataclass(frozen=True)
class Genome:
    """A genome for portals: one haplotype of a result, its accessions, and addresses of its files."""

    result: GenomeResult
    haplotype: str
    statistics: Record
    accession: str
    alternate: str
    biosample: str
    names: Mapping[str, str]
    addresses: Mapping[str, str]
    about: About

    @property
    def slug(self) -> str:
        """Name of the species in the portal's paths: parus_major."""
        return re.sub(r"[^a-z0-9]+", "_", self.result.name.lower()).strip("_")

    @property
    def assembly_name(self) -> str:
        return self.result.id

    def busco(self, folder: str) -> Record | None:
        """BUSCO of the haplotype at its latest stage, or of the proteins."""
        if folder == "07_annotation_quality":
            return self.result.protein_busco
        found = [
            one
            for one in self.result.records("04_evaluation/*.busco.json")
            if one.get("haplotype") == self.haplotype and one.get("stage") == self.statistics.get("stage")
        ]
        return found[0] if found else None

    def rows(self) -> list[Row]:
        """The table of the sequences of the haplotype."""
        name = f"04_evaluation/{self.result.id}.{self.haplotype}.sequences.tsv"
        path = self.result.folder / name
        return read_table(path) if path.is_file() else []


def mb(length: float) -> str:
    """A length (bp) in Mbp with two decimals, as the portal and genome notes write it."""
    return f"{length / 1e6:.2f}"


def busco_text(busco: Record) -> str:
    """BUSCO's own notation, in the portal's spelling."""
    parts = {key: f"{busco[f'{name}_pct']:.1f}" for key, name in BUSCO_PARTS.items()}
    single = f"C:{parts['C']} [S:{parts['S']}, D:{parts['D']}]"
    return f"{single}, F:{parts['F']}, M:{parts['M']}, n:{busco['markers']}"


BUSCO_PARTS = {"C": "complete", "S": "single_copy", "D": "duplicated", "F": "fragmented", "M": "missing"}


def species_stats(genome: Genome, missing: Missing) -> dict[str, list[dict[str, str]]]:
    """The statistics of species_stats.yml under the portal's exact keys, each value a text."""
    stats = genome.statistics
    where = "species_stats.yml"
    large = [row for row in genome.rows() if int(row["length_bp"]) >= LARGE_SCAFFOLD_BP]
    assembly = {"Assembly length (Mbp)": mb(stats["total_bp"]), "GC %": f"{stats['gc_pct']:.2f}"}
    for title, key, count in (("Contig", "contig", "contigs"), ("Scaffold", "scaffold", "sequences")):
        assembly |= {
            f"{title} #": str(stats[count]),
            f"{title} N50 (Mbp)": mb(stats[f"{key}_n50_bp"]),
            f"{title} L50": str(stats[f"{key}_l50"]),
            f"{title} N90 (Mbp)": mb(stats[f"{key}_n90_bp"]),
            f"{title} L90": str(stats[f"{key}_l90"]),
        }
    assembly["Scaffolds >= 10 kb"] = (
        str(len(large)) if large else missing.add(where, "scaffolds of 10 kb and more", "table of sequences")
    )
    busco = genome.busco("04_evaluation")
    if busco:
        assembly[f"BUSCO % ({busco['lineage']})"] = busco_text(busco)
    else:
        assembly["BUSCO %"] = missing.add(where, "BUSCO of the assembly", "a run with --busco_lineage")
    annotation = {}
    if genes := genome.result.genes:
        lengths = genes["lengths"]
        annotation = {
            "Gene #": str(genes["protein_coding_genes"]),
            "Transcript #": str(genes["protein_coding_transcripts"]),
            "Avg exons per transcript": f"{genes['exons_per_transcript']:.1f}",
            "Avg gene length (bp)": f"{lengths['gene_bp']['mean']:.0f}",
            "Avg transcript length (bp)": f"{lengths['transcript_bp']['mean']:.0f}",
            "Avg exon length (bp)": f"{lengths['exon_bp']['mean']:.0f}",
            "Avg intron length (bp)": f"{lengths['intron_bp']['mean']:.0f}",
        }
    return {
        title: [{key: value} for key, value in values.items()]
        for title, values in (("assembly", assembly), ("annotation", annotation))
        if values
    }


# Tracks of the portal: name, description, file of a run, whether the portal shows it from the start.
TRACKS = (
    ("Protein-coding genes", "Structure and function of genes", "06_annotation/{id}.gff3", True),
    ("Repeats", "Repeats of the genome", "05_evidence/{id}.repeats.bed.gz", False),
    ("RNA introns", "Introns by RNA-seq", "07_annotation_quality/tracks/{id}.rna_introns.bed.gz", False),
    ("RNA coverage", "Depth of RNA-seq reads", "07_annotation_quality/tracks/{id}.rna_coverage.bw", False),
)  # fmt: skip


def tracks(genome: Genome) -> list[tuple[str, str, str, bool]]:
    """Tracks whose files the run has: (name, description, file below the results, in the first view)."""
    found = []
    for name, description, pattern, first in TRACKS:
        file = f"{genome.result.id}/{pattern.format(id=genome.result.id)}"
        if (genome.result.results.folder / file).is_file():
            found.append((name, description, file, first))
    return found


def _address(genome: Genome, file: str, where: str, missing: Missing) -> str:
    """Public address of a file, by its path or its name in the table of addresses."""
    for key in (file, Path(file).name):
        if key in genome.addresses:
            return genome.addresses[key]
    return missing.add(where, f"public address of {file}", "the repository that has it (Figshare, Zenodo)")


def _accession(genome: Genome, where: str, missing: Missing) -> str:
    return genome.accession or missing.add(where, "accession of the assembly (GCA_…)", AFTER)


def portal_config(genome: Genome, missing: Missing) -> dict[str, Any]:
    """config.yml of the portal."""
    where = "config.yml"
    accession = _accession(genome, where, missing)
    words = genome.result.name.split()
    short = f"{words[0][:1]}. {' '.join(words[1:])}" if len(words) > 1 else genome.result.name
    fasta = genome.addresses.get("genome") or missing.add(where, "address of the FASTA at ENA", AFTER)
    assembly = {
        "name": genome.assembly_name,
        "displayName": f"{short} genome assembly {accession}",
        "accession": accession,
        "url": fasta,
        "fileName": fasta.rsplit("/", 1)[-1]
        if "://" in fasta
        else missing.add(where, "name of that FASTA", "ENA"),
    }
    if genome.names:
        assembly["aliases"] = "aliases.txt"
    return {
        "organism": genome.result.name,
        "assembly": assembly,
        "tracks": [
            {"name": name, "url": _address(genome, file, where, missing), "fileName": Path(file).name}
            | ({} if first else {"addTrack": False})
            for name, _, file, first in tracks(genome)
        ],
    }


def data_tracks(genome: Genome, missing: Missing) -> list[dict[str, Any]]:
    """data_tracks.json of the portal: the genome and its tracks, with who made them."""
    where = "data_tracks.json"
    leader = genome.about.authors[0] if genome.about.authors else None
    name = leader.name if leader else missing.add(where, "principal investigator", "about.yml, first author")
    institute = (leader.affiliation if leader else "") or missing.add(where, "affiliation", "about.yml")
    accession = _accession(genome, where, missing)
    article = next(iter(genome.about.related), "")
    doi = genome.about.doi or missing.add(where, "DOI of the tracks", "the repository they are deposited in")

    def track(title: str, description: str, download: str, identifier: str, file: str) -> dict[str, Any]:
        website = f"https://doi.org/{identifier}" if identifier.startswith("10.") else identifier
        if ASSEMBLY.fullmatch(identifier):
            website = f"https://www.ebi.ac.uk/ena/browser/view/{identifier}"
        links = [{"Download": download}, {"Website": website}]
        return {
            "dataTrackName": title,
            "description": description,
            "links": links + ([{"Article": f"https://doi.org/{article}"}] if article else []),
            "accessionOrDOI": identifier,
            "fileName": file,
            "principalInvestigator": name,
            "principalInvestigatorAffiliation": institute,
            "firstDateOnPortal": f"{FILL_IN}: date",
        }

    fasta = genome.addresses.get("genome") or missing.add(where, "address of the FASTA at ENA", "ENA")
    found = [track("Genome", "Reference genome sequence", fasta, accession, fasta.rsplit("/", 1)[-1])]
    for title, description, file, _ in tracks(genome):
        address = _address(genome, file, where, missing)
        found.append(track(title, description, address, doi, Path(file).name))
    missing.add(where, "date of each track on the portal (firstDateOnPortal)", "the portal's staff")
    return found


def aliases(genome: Genome) -> str:
    """Names of the sequences at ENA, at NCBI, and those of the run, as the portal's aliases.txt has them."""
    lines = ["#ENA\tNCBI\toriginal"]
    lines += [f"ENA|{one.split('.')[0]}|{one}\t{one}\t{name}" for name, one in genome.names.items()]
    return "\n".join(lines) + "\n"


def portal_session(genome: Genome, missing: Missing) -> dict[str, Any]:
    """config.json of the portal: the first view of JBrowse, on the longest sequence."""
    view, where = f"{genome.slug}_view", "config.json"
    first = max(genome.rows(), key=lambda row: int(row["length_bp"]), default=None)
    name = first["sequence"] if first else missing.add(where, "sequence of the first view", "the run")
    accession = genome.names.get(name, "")
    return {
        "defaultSession": {
            "id": f"{genome.slug}_default_session",
            "name": genome.result.name,
            "views": [
                {
                    "id": view,
                    "type": "LinearGenomeView",
                    "trackLabels": "offset",
                    "offsetPx": 0,
                    "bpPerPx": 400,
                    "displayedRegions": [
                        {
                            "refName": f"ENA|{accession.split('.')[0]}|{accession}" if accession else name,
                            "start": 0,
                            "end": int(first["length_bp"]) if first else 0,
                            "reversed": False,
                            "assemblyName": genome.assembly_name,
                        }
                    ],
                    "tracks": [],
                }
            ],
        },
        "configuration": {"disableAnalytics": True},
    }


def jbrowse_config(genome: Genome, base: str) -> dict[str, Any] | None:
    """JBrowse 2 of the run with names of INSDC as aliases, files below `base`; None without tracks."""
    path = genome.result.folder / "07_annotation_quality" / "tracks" / "config.json"
    if not path.is_file():
        return None
    config = json.loads(path.read_text())

    def move(value: Any) -> Any:
        if isinstance(value, dict):
            moved = {key: move(one) for key, one in value.items()}
            if "uri" in moved and base:
                moved["uri"] = urljoin(base.rstrip("/") + "/", moved["uri"])
            return moved
        return [move(one) for one in value] if isinstance(value, list) else value

    config = move(config)
    if genome.names:
        config["assemblies"][0]["refNameAliases"] = {
            "adapter": {
                "type": "RefNameAliasAdapter",
                "location": {"uri": "aliases.txt", "locationType": "UriLocation"},
            }
        }
    return config


def goat_row(genome: Genome, project: str, status: str, missing: Missing) -> list[str]:
    """A row of a project's status list of GoaT: the project's code in each column whose status is reached."""
    taxid = genome.result.facts.get("taxid")
    taxon = str(taxid) if taxid else missing.add("goat_status.tsv", "taxon id", TAXID)
    reached = STATUSES[: STATUSES.index(status) + 1]
    flags = [project if one in reached else "" for one in STATUSES]
    return [taxon, genome.result.name, project, "", "", status, *flags]


def note_values(genome: Genome, missing: Missing) -> dict[str, Any]:
    """Values of a genome note by the names of the template of sanger-tol/genomenote, in its units."""
    stats, result = genome.statistics, genome.result
    where = "genome_note.json"

    def metric(name: str) -> float | str | None:
        found = result.metric(name, genome.haplotype)
        return found["value"] if found else None

    values: dict[str, Any] = {
        "GENUS_SPECIES": result.name,
        "TOLID": result.id,
        "NCBI_TAXID": result.facts.get("taxid"),
        "observed_sex": result.facts.get("sex"),
        "ASSEMBLY_ID": genome.assembly_name,
        "ASSEMBLY_ACCESSION": genome.accession or None,
        "ALT_HAP_ACCESSION": genome.alternate or None,
        "BIOSAMPLE_ACCESSION": genome.biosample or None,
        "ENA_BIOPROJECT_ACCESSION": genome.about.project or None,
        "AUTHORS": ", ".join(one.name for one in genome.about.authors) or None,
        "GENOME_LENGTH": mb(stats["total_bp"]),
        "SCAFF_NUMBER": stats["sequences"],
        "SCAFF_N50": f"{stats['scaffold_n50_bp'] / 1e6:.1f}",
        "LONGEST_SCAFF": mb(stats["longest_bp"]),
        "CONTIG_NUMBER": stats["contigs"],
        "CONTIG_N50": f"{stats['contig_n50_bp'] / 1e6:.1f}",
        "GAP_COUNT": stats["gaps"],
    }
    for key, name in (("QV", "qv"), ("KMER", "kmer_completeness"), ("PERC_ASSEM", "assigned_to_chromosomes")):
        value = metric(name)
        values[key] = round(value, 2) if isinstance(value, int | float) else value
    if busco := genome.busco("04_evaluation"):
        values |= {f"BUSCO_{key}": f"{busco[f'{BUSCO_PARTS[key]}_pct']:.1f}" for key in ("C", "S", "D")}
        values |= {"BUSCO_N": busco["markers"], "BUSCO_REF": busco["lineage"]}
        values["BUSCO_STRING"] = busco_text(busco).replace(" ", "")
    if genes := result.genes:
        values |= {
            "PCG": genes["protein_coding_genes"],
            "NCG": sum(genes["genes_by_biotype"].values()) - genes["protein_coding_genes"],
            "TRANSC_MRNA": genes["protein_coding_transcripts"],
            "CDS_PER_GENE": round(genes["transcripts_per_gene"], 2),
            "EXONS_PER_TRANSC": round(genes["exons_per_transcript"], 2),
            "CDS_LENGTH": round(genes["lengths"]["transcript_bp"]["mean"], 2),
        }
    assigned = result.record(f"02_assembly/{result.id}.{genome.haplotype}.chromosomes.json")
    if assigned:
        values["CHROMOSOME_NUMBER"] = assigned["chromosomes"]
        values["sex_chromosomes"] = ", ".join(map(str, assigned.get("sex_chromosomes", []))) or None
    organelle = result.record(f"02_assembly/{result.id}.organelle.json")
    if organelle and organelle.get("length_bp"):
        values["MITO_SIZE"] = f"{organelle['length_bp'] / 1e3:.1f}"
    values |= _read_values(result, stats["total_bp"])
    values["CHR_TABLE"] = chromosome_rows(genome)
    empty = [key for key, value in values.items() if value in (None, [])]
    wanted = [key for key in NOTE_OF_OTHERS if key not in values]
    for key in (*empty, *wanted):
        missing.add(where, key, NOTE_OF_OTHERS.get(key, "a run with that step, or its options"))
    return values


# Values of a genome note that stand in sample records and archives, not in a run.
NOTE_OF_OTHERS = {
    "COMMON_NAME": "taxonomy", "TAX_STRING": "taxonomy", "PHYLUM": "taxonomy", "CLASS": "taxonomy",
    "ORDER": "taxonomy", "FAMILY": "taxonomy", "TAXONOMY_AUTHORITY": "taxonomy",
    "SPECIMEN_ID": "BioSample", "ORGANISM_PART": "BioSample", "LIFESTAGE": "BioSample",
    "COLLECTION_LOCATION": "BioSample", "COLLECTION_DATE": "BioSample", "COLLECTORS": "BioSample",
    "IDENTIFIER": "BioSample", "LATITUDE": "BioSample", "LONGITUDE": "BioSample",
    "pacbio_instrument_model": "run records of ENA", "hic_instrument_model": "run records of ENA",
    "ASSEMBLY_ACCESSION": AFTER, "ALT_HAP_ACCESSION": AFTER,
    "BIOSAMPLE_ACCESSION": "BioSamples, after registration",
    "ENA_BIOPROJECT_ACCESSION": "ENA; project in about.yml", "AUTHORS": "about.yml",
    "NCBI_TAXID": TAXID,
}  # fmt: skip


# Type of library, prefix of its values, name of its coverage.
LIBRARIES = (("hifi", "pacbio", "LR_COV"), ("ont", "ont", "ont_cov"), ("hic", "hic", "hic_cov"))


def _read_values(result: GenomeResult, total: int) -> dict[str, Any]:
    """Read counts (millions), bases (Gb) and coverage of HiFi, ONT and Hi-C libraries together."""
    values: dict[str, Any] = {}
    records = [one for one in result.records("01_reads/*.raw.json") if one["step"] == "read_statistics"]
    for kind, name, coverage in LIBRARIES:
        found = [one for one in records if one["type"] == kind]
        if found:
            bases = sum(one["bases_bp"] for one in found)
            values[f"{name}_read_count_millions"] = round(sum(one["reads"] for one in found) / 1e6, 2)
            values[f"{name}_base_count_gb"] = round(bases / 1e9, 2)
            values[coverage] = round(bases / total)
    return values


def chromosome_rows(genome: Genome) -> list[dict[str, str]]:
    """Chromosomes with accession, name, length (Mb) and GC (%), as Table 3 of a genome note."""
    path = genome.result.folder / f"02_assembly/{genome.result.id}.{genome.haplotype}.chromosomes.tsv"
    if not path.is_file():
        return []
    facts = {row["sequence"]: row for row in genome.rows()}
    found = []
    for line in path.read_text().splitlines():
        cells = line.split("\t")
        row = facts.get(cells[0])
        found.append(
            {
                "Accession": genome.names.get(cells[0], ""),
                "Chromosome": cells[1],
                "Length": mb(int(row["length_bp"])) if row else "",
                "GC": f"{float(row['gc_pct']):.1f}" if row else "",
            }
        )
    return found


# Table 2 of a genome note: title, value, unit, and the metric of the verdict that has the threshold.
TABLE_2 = (
    ("Assembly identifier", "ASSEMBLY_ID", "", ""),
    ("Assembly accession", "ASSEMBLY_ACCESSION", "", ""),
    ("Accession of the alternate haplotype", "ALT_HAP_ACCESSION", "", ""),
    ("Span", "GENOME_LENGTH", "Mb", ""),
    ("Contigs", "CONTIG_NUMBER", "", ""),
    ("Contig N50 length", "CONTIG_N50", "Mb", "contig_n50"),
    ("Scaffolds", "SCAFF_NUMBER", "", ""),
    ("Scaffold N50 length", "SCAFF_N50", "Mb", "scaffold_n50"),
    ("Longest scaffold", "LONGEST_SCAFF", "Mb", ""),
    ("Consensus quality (QV)", "QV", "", "qv"),
    ("k-mer completeness", "KMER", "%", "kmer_completeness"),
    ("BUSCO, single copy", "BUSCO_STRING", "", "busco_single_copy"),
    ("Assigned to chromosomes", "PERC_ASSEM", "%", "assigned_to_chromosomes"),
    ("Sex chromosomes", "sex_chromosomes", "", ""),
    ("Mitochondrial genome", "MITO_SIZE", "kb", ""),
    ("Protein-coding genes", "PCG", "", ""),
    ("Non-coding genes", "NCG", "", ""),
    ("Transcripts", "TRANSC_MRNA", "", ""),
)
TABLE_1 = (
    ("Species", "GENUS_SPECIES"), ("Taxon id", "NCBI_TAXID"), ("ToLID", "TOLID"),
    ("BioSample", "BIOSAMPLE_ACCESSION"), ("Project", "ENA_BIOPROJECT_ACCESSION"), ("Sex", "observed_sex"),
    ("PacBio HiFi, million reads", "pacbio_read_count_millions"), ("PacBio HiFi, Gb", "pacbio_base_count_gb"),
    ("PacBio HiFi, coverage", "LR_COV"), ("Hi-C, million reads", "hic_read_count_millions"),
    ("Hi-C, Gb", "hic_base_count_gb"), ("Hi-C, coverage", "hic_cov"),
)  # fmt: skip


def note_tables(genome: Genome, values: Mapping[str, Any]) -> str:
    """The four tables of a genome note in Markdown."""

    def table(titles: Sequence[str], rows: Sequence[Sequence[Any]]) -> list[str]:
        lines = [f"| {' | '.join(titles)} |", f"| {' | '.join('---' for _ in titles)} |"]
        return [*lines, *(f"| {' | '.join(str(cell) for cell in row)} |" for row in rows), ""]

    name = f"*{genome.result.name}*"
    lines = [f"## Table 1. Specimen and sequencing data for {name}", ""]
    lines += table(("item", "value"), [(t, values[k]) for t, k in TABLE_1 if values.get(k) is not None])
    lines += [f"## Table 2. Genome assembly data for {name}, {genome.assembly_name}", ""]
    judged = {metric: genome.result.metric(metric, genome.haplotype) for *_, metric in TABLE_2}
    rows = [
        (title, f"{values[key]} {unit}".strip(), (judged[metric] or {}).get("threshold", ""))
        for title, key, unit, metric in TABLE_2
        if values.get(key) is not None
    ]
    standard = (genome.result.verdict or {}).get("standard", "benchmark")
    lines += table(("item", "value", standard), rows)
    lines += [f"## Table 3. Chromosomes of {name}, {genome.result.id}", ""]
    titles = ("Accession", "Chromosome", "Length", "GC")
    lines += table(
        ("INSDC accession", "chromosome", "length (Mb)", "GC (%)"),
        [[one[title] for title in titles] for one in values["CHR_TABLE"]],
    )
    lines += ["## Table 4. Software", ""]
    software = genome.result.results.info / "software.tsv"
    used = {(row["tool"], row["version"]) for row in read_table(software)} if software.is_file() else set()
    lines += table(("tool", "version"), sorted(used))
    return "\n".join(lines)


def read_addresses(path: Path | None) -> dict[str, str]:
    """Public addresses of files, from a table with the columns file and url; `genome` is the FASTA at ENA.

    Raises InputError for addresses that are none, all together.
    """
    if path is None:
        return {}
    rows = read_table(path, ("file", "url"))
    bad = [row["file"] for row in rows if not re.match(r"(https?|ftp)://\S+$", row["url"])]
    if bad:
        raise InputError(f"{path}: url of {some(bad)} is not an address (https://…, ftp://…)")
    return {row["file"]: row["url"] for row in rows}


def _write_json(path: Path, value: Any) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with complete_file(path) as handle:
        json.dump(value, handle, indent=2, ensure_ascii=False)
        handle.write("\n")


def _write_text(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with complete_file(path) as handle:
        handle.write(text)


def portal(
    results: str,
    /,
    *,
    genome: str,
    out: Path,
    haplotype: str = "",
    names: str = "",
    accession: str = "",
    alternate: str = "",
    biosample: str = "",
    urls: Path | None = None,
    base_url: str = "",
    about: Path | None = None,
    project: str = "",
    status: Status = "in_progress",
) -> None:
    """Files for the Swedish Reference Genome Portal, JBrowse 2 and GoaT, and tables of a genome note.

    results: results folder of a run
    genome: id of the genome
    haplotype: haplotype to show, the first by default
    names: name and accession of each sequence (two columns), or NCBI's assembly report
    accession: accession of the assembly (GCA_…)
    alternate: accession of the other haplotype
    biosample: accession of the sample
    urls: public addresses of files (columns file, url; `genome` is the FASTA at ENA)
    base_url: address of the folder that the tracks of JBrowse are served from
    about: authors, DOI, related articles (YAML)
    project: code of the project in GoaT (ERGA-BGE)
    status: status of the genome in GoaT
    out: folder to write
    """
    source = find(results, genome)
    if not isinstance(source, GenomeResult):
        raise InputError(f"{genome} is a cohort, and portals take genomes; give the id of a genome")
    faults = [
        f"--{option} {value} is not an accession with its version (GCA_000000000.1)"
        for option, value in (("accession", accession), ("alternate", alternate))
        if value and not ASSEMBLY.fullmatch(value)
    ]
    known = [str(one["haplotype"]) for one in source.statistics]
    if not known:
        faults.append(f"{source.folder} has no assembly statistics; run the step evaluate")
    elif haplotype and haplotype not in known:
        faults.append(f"--haplotype {haplotype}: there are {', '.join(known)}")
    if faults:
        raise InputError("; ".join(faults))
    statistics = next(one for one in source.statistics if haplotype in ("", one["haplotype"]))
    shown = Genome(
        source, statistics["haplotype"], statistics, accession, alternate, biosample,
        read_names(names) if names else {}, read_addresses(urls), read_about(about),
    )  # fmt: skip
    _refuse_other_names(shown, names)
    missing = Missing()
    _write_portal(shown, out, missing)
    if config := jbrowse_config(shown, base_url):
        _write_json(out / "jbrowse" / "config.json", config)
        if shown.names:
            _write_text(out / "jbrowse" / "aliases.txt", aliases(shown))
    code = project or missing.add("goat_status.tsv", "code of the project", "--project")
    write_table(out / "goat_status.tsv", GOAT, [goat_row(shown, code, status, missing)])
    values = note_values(shown, missing)
    _write_json(out / "genome_note.json", values)
    _write_text(out / "genome_note.md", note_tables(shown, values))
    write_table(out / "missing.tsv", MISSING, missing.rows)
    print(f"{source.name} ({source.id}), {shown.haplotype}, {date.today()}: {out}")
    print(f"{len(missing.rows)} values stay to be filled in: {out / 'missing.tsv'}")


def _refuse_other_names(genome: Genome, path: str) -> None:
    sequences = [row["sequence"] for row in genome.rows()]
    lacking = [name for name in sequences if name not in genome.names]
    if path and lacking:
        raise InputError(
            f"{path}: {len(lacking)} of {len(sequences)} sequences of {genome.haplotype} have no accession "
            f"({some(lacking)}); give the names of this assembly"
        )


def _write_portal(genome: Genome, out: Path, missing: Missing) -> None:
    """The portal's own folders of a species."""
    import yaml

    config, slug = out / "config" / genome.slug, genome.slug

    def dumped(value: Any) -> str:
        return yaml.safe_dump(value, sort_keys=False, allow_unicode=True, width=1000)

    _write_text(config / "config.yml", dumped(portal_config(genome, missing)))
    _write_json(config / "config.json", portal_session(genome, missing))
    if genome.names:
        _write_text(config / "aliases.txt", aliases(genome))
    statistics = "---\n" + dumped(species_stats(genome, missing))
    _write_text(out / "hugo" / "data" / slug / "species_stats.yml", statistics)
    _write_json(out / "hugo/assets" / slug / "data_tracks.json", data_tracks(genome, missing))
    for page in ("_index.md", "assembly.md", "download.md", "taxonomy.json"):
        missing.add(page, "the page", "the portal's script add_new_species, which has the templates")


COMMAND = portal
