"""Metrics records as MultiQC custom content: files `<genome>_<section>_mqc.json`.

Files of several genomes share the section ids, so MultiQC shows all genomes in one table or plot. Records of
samples of populations are rows by sample name.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, cast

from linnaea.assembly.verdict import Verdict
from linnaea.base.errors import InputError
from linnaea.base.files import complete_file
from linnaea.base.records import Record

Content = dict[str, Any]
# Records by their step, and rows of tables by the name of the table.
Records = Mapping[str, Sequence[Record]]
Tables = Mapping[str, Sequence[Mapping[str, str]]]
MAX_POINTS = 300

PERCENT = {"suffix": " %", "min": 0, "max": 100}
GENERAL = {
    "verdict": {"title": "EBP v7", "description": "verdict of the Earth BioGenome Project metrics"},
    "code": {"title": "Code", "description": "x.y.Q code as in the Sanger genome notes"},
    "total_mb": {"title": "Size (Mb)", "description": "assembly size", "format": "{:,.2f}", "scale": "Greys"},
    "contig_n50_mb": {"title": "Contig N50 (Mb)", "format": "{:,.2f}", "scale": "Blues"},
    "qv": {"title": "QV", "description": "k-mer based", "format": "{:,.1f}", "scale": "Greens", "min": 0},
    "completeness": {"title": "k-mer compl.", **PERCENT, "scale": "Purples"},
    "busco": {"title": "BUSCO S", "description": "complete, single copy", **PERCENT, "scale": "Oranges"},
}
ASSEMBLY = {
    "total_bp": {"title": "Total (bp)", "format": "{:,.0f}"},
    "sequences": {"title": "Sequences", "format": "{:,.0f}"},
    "scaffold_n50_bp": {"title": "Scaffold N50 (bp)", "format": "{:,.0f}"},
    "scaffold_l90": {"title": "Scaffold L90", "format": "{:,.0f}"},
    "contigs": {"title": "Contigs", "format": "{:,.0f}"},
    "contig_n50_bp": {"title": "Contig N50 (bp)", "format": "{:,.0f}"},
    "gaps": {"title": "Gaps", "format": "{:,.0f}"},
    "gaps_per_gbp": {"title": "Gaps per Gbp", "format": "{:,.0f}"},
    "gc_pct": {"title": "GC", "suffix": " %", "format": "{:,.2f}"},
    "telomeres": {"title": "Telomeres", "format": "{:,.0f}"},
    "sequences_with_both_telomeres": {"title": "Both telomeres", "format": "{:,.0f}"},
}
READS = {
    "type": {"title": "Type"},
    "reads": {"title": "Reads", "format": "{:,.0f}"},
    "bases_bp": {"title": "Bases (bp)", "format": "{:,.0f}"},
    "n50_bp": {"title": "N50 (bp)", "format": "{:,.0f}"},
    "mean_length_bp": {"title": "Mean length (bp)", "format": "{:,.0f}"},
    "mean_quality_phred": {"title": "Mean quality", "format": "{:,.1f}"},
    "q30_pct": {"title": "Q30", "suffix": " %", "format": "{:,.1f}"},
    "gc_pct": {"title": "GC", "suffix": " %", "format": "{:,.1f}"},
}
ANNOTATION_GENERAL = {
    "genes": {"title": "Genes", "description": "protein-coding genes", "format": "{:,.0f}", "scale": "Blues"},
    "busco": {"title": "BUSCO proteins", "description": "complete", **PERCENT, "scale": "Oranges"},
    "warnings": {"title": "AnnoAudit", "description": "warnings", "format": "{:,.0f}", "scale": "Reds"},
}
ANNOTATION = {
    "genes": {"title": "Genes", "format": "{:,.0f}"},
    "protein_coding_genes": {"title": "Protein-coding", "format": "{:,.0f}"},
    "transcripts": {"title": "Transcripts", "format": "{:,.0f}"},
    "transcripts_per_gene": {"title": "Transcripts per gene", "format": "{:,.2f}"},
    "exons_per_transcript": {"title": "Exons per transcript", "format": "{:,.2f}"},
    "mono_exonic_genes_pct": {"title": "Genes without introns", "suffix": " %", "format": "{:,.1f}"},
    "median_cds_length_bp": {"title": "Median CDS (bp)", "format": "{:,.0f}"},
    "coding_share_pct": {"title": "Coding share", "suffix": " %", "format": "{:,.1f}"},
}
SUBMISSION = {
    "verdict": {"title": "Verdict"},
    "sequences": {"title": "Sequences", "format": "{:,.0f}"},
    "total_bp": {"title": "Length (bp)", "format": "{:,.0f}"},
    "missing": {"title": "Facts missing", "format": "{:,.0f}"},
}
MODELS = {
    "genes_with_rna_pct": {"title": "Genes with RNA", "suffix": " %", "format": "{:,.1f}"},
    "introns_with_rna_pct": {"title": "Introns with RNA", "suffix": " %", "format": "{:,.1f}"},
    "split_candidates_pct": {"title": "Split", "suffix": " %", "format": "{:,.1f}"},
    "fused_candidates_pct": {"title": "Fused", "suffix": " %", "format": "{:,.1f}"},
    "transcripts_in_frame_stop": {"title": "In-frame stops", "format": "{:,.0f}"},
}
ACCURACY = {
    f"{level}_{measure}_pct": {"title": f"{level} {short}", "suffix": " %", "format": "{:,.1f}"}
    for level in ("base", "exon", "intron", "transcript", "gene", "locus")
    for measure, short in (("sensitivity", "Sn"), ("precision", "Pr"), ("f1", "F1"))
}
RNA = {
    "type": {"title": "Type"},
    "reads": {"title": "Reads", "format": "{:,.0f}"},
    "mapped_pct": {"title": "Mapped", "suffix": " %", "format": "{:,.1f}"},
    "strandedness": {"title": "Strand"},
    "introns": {"title": "Introns", "format": "{:,.0f}"},
    "introns_canonical_pct": {"title": "Canonical", "suffix": " %", "format": "{:,.1f}"},
}
POPULATION_GENERAL = {
    "depth": {"title": "Depth", "description": "median of the autosomes", "suffix": "×", "scale": "Blues"},
    "mapped": {"title": "Mapped", "description": "reads mapped", **PERCENT, "scale": "Greens"},
    "duplicates": {
        "title": "Duplicates",
        "description": "of the mapped reads",
        **PERCENT,
        "scale": "Oranges",
    },
    "callable": {"title": "Callable", "description": "share of the autosomes", **PERCENT, "scale": "Purples"},
    "missing": {"title": "Missing", "description": "of the callable sites", **PERCENT, "scale": "Reds"},
    "heterozygosity": {
        "title": "Het. per kb",
        "description": "heterozygous autosomal sites; by likelihoods if depth is low",
        "format": "{:,.3f}",
        "scale": "Blues",
        "min": 0,
    },
    "f_roh": {
        "title": "F_ROH",
        "description": "share of the callable autosomes in runs of homozygosity",
        "format": "{:,.3f}",
        "scale": "Reds",
        "min": 0,
        "max": 1,
    },
}
COHORT = {
    "group": {"title": "Group"},
    "route": {"title": "Analysed by"},
    "median_depth_x": {"title": "Median depth (×)", "format": "{:,.1f}"},
    "min_depth_x": {"title": "Used from (×)", "format": "{:,.0f}"},
    "max_depth_x": {"title": "to (×)", "format": "{:,.0f}"},
    "sex_given": {"title": "Sex, given"},
    "sex_by_depth": {"title": "Sex, by depth"},
}
COPIES = {
    "read_only": "reads only",
    "copies_1": "once",
    "copies_2": "twice",
    "copies_3": "3 times",
    "copies_4": "4 times",
    "copies_over_4": "more often",
}


def sample(record: Record, *keys: str) -> str:
    """The row's name: genome id and the values of `keys`, blank-separated."""
    return " ".join(str(record[key]) for key in ("id", *keys) if record.get(key))


def _table(
    name: str,
    title: str,
    description: str,
    headers: Mapping[str, Any],
    data: Mapping[str, Any],
    rows_are: str = "Assembly",
) -> Content:
    return {
        "id": f"linnaea_{name}",
        "section_name": title,
        "description": description,
        "plot_type": "table",
        "headers": {key: {"scale": False, **header} for key, header in headers.items()},
        "data": data,
        "pconfig": {
            "id": f"linnaea_{name}_table",
            "title": title,
            "col1_header": rows_are,
        },
    }


def _lines(
    name: str, title: str, description: str, x: str, data: Mapping[str, Any], **settings: Any
) -> Content:
    """A line graph; numbers of k-mers on a logarithmic axis when `settings` says nothing else."""
    return {
        "id": f"linnaea_{name}",
        "section_name": title,
        "description": description,
        "plot_type": "linegraph",
        "data": data,
        "pconfig": {
            "id": f"linnaea_{name}_plot",
            "title": title,
            "xlab": x,
            "ylab": "distinct k-mers",
            "ylog": True,
            "logswitch": True,
            "logswitch_active": True,
            "ymin": 1,
        }
        | settings,
    }


def _curve(x: Sequence[float], y: Sequence[float]) -> list[list[float]]:
    """Points of a histogram that hold a k-mer, thinned to about MAX_POINTS.

    Pairs, not a mapping: MultiQC would sort the keys of a mapping as text.
    """
    pairs = [[a, b] for a, b in zip(x, y, strict=True) if b and b >= 0.5]
    return pairs[:: max(1, len(pairs) // MAX_POINTS)]


def _depth_curve(histogram: Sequence[int], largest: int) -> list[list[float]]:
    """Shares (%) of bases by depth, up to one and a half times the largest depth that is used."""
    total = sum(histogram)
    shown = histogram[: min(len(histogram) - 1, largest * 3 // 2) + 1]
    return [[depth, 100 * bases / total] for depth, bases in enumerate(shown)]


def _kept(record: Record, headers: Mapping[str, Any]) -> dict[str, Any]:
    return {key: record[key] for key in headers if record.get(key) is not None}


def _general(verdict: Verdict, assemblies: Iterable[Record]) -> dict[str, Any]:
    sizes = {a["haplotype"]: a for a in assemblies if a["stage"] == verdict["stage"]}
    rows = {}
    for h in verdict["haplotypes"]:
        values: dict[str, Any] = {m["metric"]: m["value"] for m in h["metrics"]}
        stats = sizes.get(h["haplotype"], {})
        row = {
            "verdict": h["verdict"],
            "code": h["code_sanger"],
            "qv": values["qv"],
            "total_mb": stats.get("total_bp", 0) / 1e6 or None,
            "contig_n50_mb": (values["contig_n50"] or 0) / 1e6 or None,
            "completeness": values["kmer_completeness"],
            "busco": values["busco_single_copy"],
        }
        rows[f"{verdict['id']} {h['haplotype']}"] = {k: v for k, v in row.items() if v is not None}
    return rows


def _verdict_rows(verdict: Verdict) -> tuple[dict[str, Any], dict[str, Any]]:
    """Headers and rows of the verdict: one column a metric, holding the verdict's word."""
    headers: dict[str, Any] = {
        "verdict": {"title": "EBP v7"},
        "code_sanger": {"title": "Code"},
        "code_ear": {"title": "Code (EAR)"},
    }
    rows = {}
    for h in verdict["haplotypes"]:
        row = {key: h[key] for key in ("verdict", "code_sanger", "code_ear")}
        for m in h["metrics"]:
            headers[m["metric"]] = {"title": m["name"], "description": m["source"]}
            row[m["metric"]] = m["verdict"]
        rows[f"{verdict['id']} {verdict['stage']} {h['haplotype']}"] = row
    return headers, rows


def _general_stats(name: str, headers: Mapping[str, Any], data: Mapping[str, Any]) -> Content:
    return {
        "id": f"linnaea_{name}",
        "plot_type": "generalstats",
        "headers": {key: {"namespace": "Linnaea", **header} for key, header in headers.items()},
        "data": data,
    }


def _annotation(by_step: Records) -> dict[str, Content]:
    """Content of the annotation: gene set, warnings, accuracy, RNA libraries."""
    found: dict[str, Content] = {}
    models = {r["id"]: _kept(r, MODELS) for r in by_step.get("annotation_quality", ())}
    general: dict[str, dict[str, Any]] = {}
    for r in by_step.get("annotation_statistics", ()):
        general.setdefault(r["id"], {})["genes"] = r["protein_coding_genes"]
        models[r["id"]] = _kept(r, ANNOTATION) | models.get(r["id"], {})
    if models:
        found["annotation"] = _table(
            "annotation",
            "Annotation",
            "Genes, their support and shape.",
            ANNOTATION | MODELS,
            models,
            "Genome",
        )
    headers, rows = {"verdict": {"title": "AnnoAudit"}}, {}
    for verdict in by_step.get("annotation_verdict", ()):
        values = {m["metric"]: m["value"] for m in verdict["metrics"]}
        general.setdefault(verdict["id"], {})["warnings"] = verdict["warnings"]
        if values["busco_proteins"] is not None:
            general[verdict["id"]]["busco"] = values["busco_proteins"]
        headers |= {
            m["metric"]: {"title": m["name"], "description": m["threshold"]} for m in verdict["metrics"]
        }
        rows[verdict["id"]] = {"verdict": verdict["verdict"]}
        rows[verdict["id"]] |= {m["metric"]: m["verdict"] for m in verdict["metrics"]}
    if rows:
        text = "Warning thresholds of AnnoAudit (ERGA); reasons are in the report of each genome."
        found["annotation_verdict"] = _table(
            "annotation_verdict", "Annotation verdict", text, headers, rows, "Genome"
        )
    if general:
        found["annotation_general"] = _general_stats("annotation_general", ANNOTATION_GENERAL, general)
    if accuracy := by_step.get("annotation_accuracy"):
        rows = {sample(r, "stage", "evidence"): _kept(r, ACCURACY) for r in accuracy}
        text = "Sensitivity (Sn), precision (Pr) and F1 of coding structure."
        found["annotation_accuracy"] = _table(
            "annotation_accuracy", "Annotation accuracy", text, ACCURACY, rows, "Gene set"
        )
    if mapped := by_step.get("transcript_mapping"):
        rows = {sample(r, "library"): _kept(r, RNA) for r in mapped}
        text = "RNA reads mapped to the genome, and the introns they show."
        found["rna"] = _table("rna", "RNA evidence", text, RNA, rows, "Library")
    return found


def _population(by_step: Records, tables: Tables) -> dict[str, Content]:
    """Content of samples of populations: general statistics, the cohort, depth, damage."""
    found: dict[str, Content] = {}
    if general := _population_general(by_step, tables):
        found["population_general"] = _general_stats("population_general", POPULATION_GENERAL, general)
    cohort = {
        e["sample"]: _kept(e, COHORT) for r in by_step.get("cohort", ()) for e in r.get("samples") or ()
    }
    if cohort:
        words = "Depth, sex and whether genotypes are called or likelihoods used."
        found["cohort"] = _table("cohort", "Samples", words, COHORT, cohort, "Sample")
    depths = {
        r["sample"]: _depth_curve(r["depth_histogram_bp"], r["max_depth_x"])
        for r in by_step.get("sample_depth", ())
        if any(r.get("depth_histogram_bp") or ())
    }
    if depths:
        words = "Share of the autosomes at each depth."
        found["depth"] = _shares("depth", "Depth of samples", words, "depth (×)", depths, "bases (%)")
    return found | _damage(by_step)


def _population_general(by_step: Records, tables: Tables) -> dict[str, dict[str, float]]:
    """General statistics of each sample that has any.

    `tables` are rows of heterozygosity.tsv and froh.tsv by name: these are not in records.
    """
    general: dict[str, dict[str, float]] = {}

    def add(name: str, **values: float | None) -> None:
        given = {key: value for key, value in values.items() if value is not None}
        general.setdefault(name, {}).update(given)

    lengths = {}
    for r in by_step.get("sample_depth", ()):
        add(r["sample"], depth=r.get("median_depth_x"))
        lengths[r["sample"]] = r.get("autosomes_bp")
    for r in by_step.get("sample_alignment", ()):
        add(r["sample"], mapped=r.get("mapped_pct"), duplicates=r.get("duplicates_pct"))
    for r in by_step.get("site_filters", ()):
        for entry in r.get("samples") or ():
            add(entry["sample"], missing=entry.get("missing_pct"))
    for r in by_step.get("likelihood_heterozygosity", ()):
        rate = r.get("heterozygosity_all_per_bp")
        add(r["id"], heterozygosity=None if rate is None else 1000 * rate)
    for row in tables.get("heterozygosity", ()):
        if row["compartment"] == "autosome":
            rate, size = _number(row["heterozygosity_per_bp"]), lengths.get(row["sample"])
            add(
                row["sample"],
                heterozygosity=None if rate is None else 1000 * rate,
                callable=100 * float(row["callable_sites"]) / size if size else None,
            )
    for row in tables.get("froh", ()):
        # The shortest class counts the runs of all longer ones.
        shares = (key for key in row if key.startswith("f_roh_min_"))
        add(row["sample"], f_roh=_number(row.get(next(shares, ""))))
    return {name: values for name, values in sorted(general.items()) if values}


def _damage(by_step: Records) -> dict[str, Content]:
    """Changed bases by their distance from either end of reads."""
    found = {}
    for end, key, change in (
        ("5p", "c_to_t_5p_pct", "C>T from the 5' end"),
        ("3p", "g_to_a_3p_pct", "G>A from the 3' end"),
    ):
        curves = {
            r["sample"]: [[i, v] for i, v in enumerate(r[key], 1) if v is not None]
            for r in by_step.get("damage", ())
            if r.get(key)
        }
        if curves:
            name, words = f"damage_{end}", "Deamination of old DNA in historical samples."
            title, axis = f"Damage: {change}", "base from the end of the read"
            found[name] = _shares(name, title, words, axis, curves, "changed bases (%)")
    return found


def _shares(name: str, title: str, words: str, axis: str, curves: Mapping[str, Any], label: str) -> Content:
    """Lines of shares (%), which start at zero and are never on a log scale."""
    linear = {"ylog": False, "logswitch": False, "logswitch_active": False, "ymin": 0}
    return _lines(name, title, words, axis, curves, ylab=label, **linear)


def _number(text: str | None) -> float | None:
    """A number of a table, None where it is NA."""
    return None if text in (None, "", "NA") else float(text)


def sections(records: Iterable[Record], tables: Tables | None = None) -> dict[str, Content]:
    """Custom content by section name; a section without data is left out."""
    by_step: dict[str, list[Record]] = {}
    for record in records:
        by_step.setdefault(record["step"], []).append(record)
    return (
        _assembly(by_step) | _annotation(by_step) | _population(by_step, tables or {}) | _submission(by_step)
    )


def _assembly(by_step: Records) -> dict[str, Content]:
    """Content of genomes: verdict, assemblies, reads, k-mers."""
    found: dict[str, Content] = {}
    assemblies = by_step.get("assembly_statistics", [])
    for verdict in cast(list[Verdict], by_step.get("ebp_verdict", [])):
        found["general"] = _general_stats("general", GENERAL, _general(verdict, assemblies))
        headers, rows = _verdict_rows(verdict)
        words = f"Metrics of {verdict['standard']}; reasons are in the report of each genome."
        found["verdict"] = _table("verdict", "EBP verdict", words, headers, rows)
    if assemblies:
        rows = {sample(a, "stage", "haplotype"): _kept(a, ASSEMBLY) for a in assemblies}
        words = "Contiguity, gaps and telomeres."
        found["assembly"] = _table("assembly", "Assembly statistics", words, ASSEMBLY, rows)
    if reads := by_step.get("read_statistics"):
        rows = {sample(r, "library", "stage"): _kept(r, READS) for r in reads}
        words = "Reads as delivered (raw) and as used (filtered)."
        found["reads"] = _table("reads", "Read statistics", words, READS, rows, "Library")
    profiles = {
        f"{p['id']} {key}": _curve(p["histogram"]["multiplicity"], p["histogram"][key])
        for p in by_step.get("genome_profile", ())
        for key in ("observed", "model")
    }
    axis = "multiplicity in the reads"
    if profiles:
        words = "Distinct k-mers of the reads and the fitted model."
        found["profile"] = _lines("profile", "Genome profile", words, axis, profiles)
    spectra = {
        f"{k['id']} {k['stage']} {e['haplotype']} {word}": _curve(
            e["spectrum"]["multiplicity"], e["spectrum"][key]
        )
        for k in by_step.get("kmer_evaluation", ())
        for e in k["haplotypes"]
        for key, word in COPIES.items()
        if any((e.get("spectrum") or {}).get(key) or ())
    }
    if spectra:
        words = "Read k-mers by their number of copies in the assembly."
        found["spectrum"] = _lines("spectrum", "k-mer copy-number spectrum", words, axis, spectra)
    return found


def _submission(by_step: Records) -> dict[str, Content]:
    packages = {
        one["name"]: {key: one[key] for key in ("verdict", "sequences", "total_bp")}
        | {"missing": len(one["gaps"])}
        for record in by_step.get("submission", ())
        for one in record.get("packages", ())
    }
    if not packages:
        return {}
    words = "Ready, waiting for facts, or refused by the check."
    return {"submission": _table("submission", "Packages for ENA", words, SUBMISSION, packages)}


def write_content(
    records: Sequence[Record],
    folder: Path,
    tables: Tables | None = None,
) -> list[Path]:
    """Write the sections of one genome, or of the samples of a population, into `folder`; return the paths.

    Raises InputError when the records belong to several genomes or hold nothing to show.
    """
    # Records of likelihoods carry the name of their sample.
    genomes = {"popgen" if r["step"] == "likelihood_heterozygosity" else r["id"] for r in records}
    if len(genomes) > 1:
        raise InputError(
            f"records of several genomes ({', '.join(sorted(genomes))}) were given; "
            "write the content of one genome at a time"
        )
    content = sections(records, tables)
    if not content:
        raise InputError(
            "none of the records has content for MultiQC; give those of reads, assemblies, samples or a "
            "verdict"
        )
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for name, section in content.items():
        path = folder / f"{next(iter(genomes))}_{name}_mqc.json"
        with complete_file(path) as handle:
            json.dump(section, handle, indent=1)
        paths.append(path)
    return paths
