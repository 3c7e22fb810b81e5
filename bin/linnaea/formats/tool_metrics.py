"""Metrics records from the machine-readable outputs of other tools."""

import csv
import json
import re
from pathlib import Path
from typing import Any, Literal, TypedDict

from linnaea.base.errors import InputError
from linnaea.base.records import write_metrics


def _report(path: str | Path, tool: str) -> dict[str, Any]:
    try:
        return json.loads(Path(path).read_text())
    except ValueError as error:
        raise InputError(f"{path} is not the JSON report {tool} should have written ({error})") from error


def cutadapt_metrics(path: str | Path) -> dict[str, Any]:
    """Reads with and without adapter from `cutadapt --json` (schema 0.3).

    Raises InputError when no read without adapter is left.
    """
    counts = _report(path, "cutadapt")
    reads, found = counts["read_counts"]["input"], counts["read_counts"]["read1_with_adapter"]
    if reads == found:
        raise InputError(
            f"no HiFi reads are left after adapter removal ({found:,} of {reads:,} have an adapter); are "
            "these reads, or the sequencer's scraps or adapter dimers?"
        )
    return {
        "step": "hifi_adapters",
        "reads": reads,
        "reads_with_adapter": found,
        "reads_with_adapter_pct": 100 * found / reads,
        "bases_removed_bp": counts["basepair_counts"]["output"],  # main output: the reads set aside
    }


def fastp_metrics(path: str | Path) -> dict[str, Any]:
    """Reads and bases before and after trimming from fastp's JSON report.

    Q30 is None where all bases have the same quality, as reads of a BAM without qualities have. Raises
    InputError when no read is left.
    """
    report = _report(path, "fastp")
    before, after = report["summary"]["before_filtering"], report["summary"]["after_filtering"]
    if after["total_reads"] == 0:
        raise InputError(
            f"no reads are left of {before['total_reads']:,} after trimming; "
            "look at the quality in the fastp report and at the files"
        )
    return {
        "step": "read_trimming",
        "reads_in": before["total_reads"],
        "reads_out": after["total_reads"],
        "bases_in_bp": before["total_bases"],
        "bases_out_bp": after["total_bases"],
        "q30_pct_out": None if _same_quality(report) else 100 * after["q30_rate"],
        "gc_pct_out": 100 * after["gc_content"],
        "duplication_pct": 100 * report["duplication"]["rate"],
        "adapter_trimmed_reads": report.get("adapter_cutting", {}).get("adapter_trimmed_reads", 0),
        "insert_size_peak_bp": report.get("insert_size", {}).get("peak"),
    }


def _same_quality(report: dict[str, Any]) -> bool:
    """Whether the mean quality is the same at all places of the reads and of all bases, by fastp's report."""
    curves = [report.get(f"read{mate}_after_filtering", {}).get("quality_curves", {}) for mate in (1, 2)]
    means = {mean for reads in curves for curve in reads.values() for mean in curve if mean}
    return len(means) == 1


class Busco(TypedDict):
    """BUSCO's result: markers of a lineage, and shares of them."""

    step: str
    lineage: str
    markers: int
    complete_pct: float
    single_copy_pct: float
    duplicated_pct: float
    fragmented_pct: float
    missing_pct: float
    version: str | None


def busco_metrics(path: str | Path) -> Busco:
    """Percentages from BUSCO's short_summary JSON (versions 5.4 to 6).

    Before 5.5 its keys do not say "percentage".

    Raises InputError when no marker at all was found: a crashed gene finder looks the same.
    """
    report = _report(path, "BUSCO")
    results, lineage = report["results"], report["lineage_dataset"]

    def share(kind: str) -> float:
        return float(results.get(f"{kind} percentage", results.get(kind)))

    if share("Complete") + share("Fragmented") == 0:
        raise InputError(
            f"BUSCO found none of the genes of {lineage['name']}: either a gene finder was killed (see "
            "BUSCO's log), or the lineage does not fit the species"
        )
    return {
        "step": "busco",
        "lineage": lineage["name"],
        "markers": int(results["n_markers"]),
        "complete_pct": share("Complete"),
        "single_copy_pct": share("Single copy"),
        "duplicated_pct": share("Multi copy"),
        "fragmented_pct": share("Fragmented"),
        "missing_pct": share("Missing"),
        "version": report.get("versions", {}).get("busco"),
    }


def psauron_metrics(path: str | Path) -> dict[str, Any]:
    """Share of proteins that PSAURON calls coding, from the CSV of `psauron --protein`.

    Its first two lines are the command and the score rounded to 0.1. Proteins of fewer than 5 amino acids
    have no row. Raises InputError when there is no row.
    """
    with Path(path).open(newline="") as handle:
        calls = [row["psauron_is_protein"] for row in csv.DictReader(handle.readlines()[2:])]
    if not calls:
        raise InputError(f"{path} has no rows: PSAURON scored no proteins")
    return {
        "step": "psauron",
        "proteins": len(calls),
        "coding_proteins": calls.count("True"),
        "psauron_score_pct": 100 * calls.count("True") / len(calls),
    }


def omark_metrics(path: str | Path) -> dict[str, Any]:
    """Completeness, consistency and species from OMArk's `.sum` (version 0.3 to 0.5).

    Shares of `conserved_groups` (single_pct, duplicated_pct, missing_pct) or of `proteins` (the others).
    Raises InputError when one of the three parts is missing.
    """
    text = Path(path).read_text()
    lineage = re.search(r"^#The selected clade was (.+)$", text, re.MULTILINE)
    groups = re.search(r"^S:(\d+),D:(\d+)\[.*\],M:(\d+)$", text, re.MULTILINE)
    kinds = re.search(r"^A:(\d+)\[P:(\d+),F:(\d+)\],I:(\d+)\[.*\],C:(\d+)\[.*\],U:(\d+)$", text, re.MULTILINE)
    if not (lineage and groups and kinds):
        raise InputError(f"{path} is not the summary (.sum) that OMArk should have written")
    single, duplicated, missing = map(int, groups.groups())
    consistent, partial, fragmented, inconsistent, contaminants, unknown = map(int, kinds.groups())
    conserved, proteins = single + duplicated + missing, consistent + inconsistent + contaminants + unknown
    rows = [line.split("\t") for line in text.splitlines() if line and not line.startswith("#")]
    species = [{"clade": row[0], "proteins": int(row[2])} for row in rows if len(row) == 4]
    shares = {
        "single_pct": (single, conserved),
        "duplicated_pct": (duplicated, conserved),
        "missing_pct": (missing, conserved),
        "consistent_pct": (consistent, proteins),
        "partial_pct": (partial, proteins),
        "fragmented_pct": (fragmented, proteins),
        "inconsistent_pct": (inconsistent, proteins),
        "contaminants_pct": (contaminants, proteins),
        "unknown_pct": (unknown, proteins),
    }
    return {
        "step": "omark",
        "lineage": lineage[1],
        "conserved_groups": conserved,
        "proteins": proteins,
        **{key: 100 * part / whole if whole else None for key, (part, whole) in shares.items()},
        "species": species,
    }


def flagstat_metrics(path: str | Path) -> dict[str, Any]:
    """Reads, mapped, paired and duplicate, from `samtools flagstat -O json`; shares are of primary records.

    Raises InputError when no read is mapped.
    """
    counts = _report(path, "samtools flagstat")["QC-passed reads"]
    reads, mapped = counts["primary"], counts["primary mapped"]
    if not mapped:
        raise InputError(f"none of {reads:,} reads is mapped; are the reads of the species of the reference?")
    return {
        "step": "sample_alignment",
        "reads": reads,
        "mapped_reads": mapped,
        "mapped_pct": 100 * mapped / reads,
        "duplicate_reads": counts["primary duplicates"],
        "duplicates_pct": 100 * counts["primary duplicates"] / mapped,
        "properly_paired_pct": 100 * counts["properly paired"] / counts["paired in sequencing"]
        if counts["paired in sequencing"]
        else None,
    }


def pair_metrics(path: str | Path) -> dict[str, Any]:
    """Pairs of a BAM or CRAM, and the reads of it that are in none.

    The counts are those of SAMTOOLS_PAIRS: `pairs`, `single` (its mate is not in the file) and `unmarked`
    (flagged as neither mate or as both). Raises InputError when there is no pair.
    """
    counts = _report(path, "SAMTOOLS_PAIRS")
    return pairs_record(counts["pairs"], counts["single"] + counts["unmarked"])


def pairs_record(pairs: int, single: int) -> dict[str, Any]:
    """Metrics of a file of `pairs` and of `single` reads without mate; InputError when there is no pair."""
    if not pairs:
        raise InputError(
            f"no read has its mate in the file ({single:,} have none); give the file with all reads, not a "
            "selection of them"
        )
    share = 100 * single / (2 * pairs + single)
    warning = f"{single:,} reads ({share:.1f} %) have no mate in the file and are left out"
    return {
        "step": "read_pairs",
        "pairs": pairs,
        "reads_without_mate": single,
        "reads_without_mate_pct": share,
        "warnings": [warning] if single else [],
    }


READERS = {
    "cutadapt": cutadapt_metrics,
    "fastp": fastp_metrics,
    "busco": busco_metrics,
    "psauron": psauron_metrics,
    "omark": omark_metrics,
    "flagstat": flagstat_metrics,
    "pairs": pair_metrics,
}


def convert_report(
    tool: Literal["cutadapt", "fastp", "busco", "psauron", "omark", "flagstat", "pairs"],
    report: str,
    /,
    *,
    id: str,
    out: str,
    library: str | None = None,
    type: str | None = None,
    stage: str | None = None,
    haplotype: str | None = None,
    sample: str | None = None,
) -> None:
    """Turn the report of another tool, such as fastp, BUSCO or OMArk, into a metrics record.

    report: the tool's machine-readable report
    """
    given = {
        "id": id,
        "library": library,
        "type": type,
        "stage": stage,
        "haplotype": haplotype,
        "sample": sample,
    }
    labels = {key: value for key, value in given.items() if value is not None}
    try:
        record = READERS[tool](report)
    except InputError as error:
        raise InputError(f"{' '.join(labels.values())}: {error}") from error
    write_metrics(out, {**labels, **record})
