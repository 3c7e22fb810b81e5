"""The sections of the report that show an annotation, each built from the metrics records that concern it."""

import base64
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, cast

from linnaea.annotation.verdict import Verdict
from linnaea.base.records import Record
from linnaea.base.text import bases, listing, number, percent, with_unit
from linnaea.report import plots
from linnaea.report.blocks import Block, Cell, Facts, Picture, Plot, Plots, Section, Table, Text
from linnaea.report.material import Material
from linnaea.report.plots import BLUE, GREEN, ORANGE, SERIES, VERMILION, Figure, axis, figure

LEVELS = ("base", "exon", "intron", "transcript", "gene", "locus")
STEPS = (
    "repeat_masking", "transcript_mapping", "protein_alignment", "gene_training", "gene_combination",
    "annotation_statistics", "annotation_quality", "annotation_verdict", "annotation_accuracy",
    "noncoding_genes", "functional_annotation",
)  # fmt: skip
STRANDS = {"+": "forward", "-": "reverse"}
MOST_EXONS = 25  # transcripts with more are one bar
KINDS = {
    "split": "one gene split in two?",
    "fused": "two genes in one?",
    "in_frame_stop": "stop in the reading frame",
    "unsupported": "no support",
    "disagreement": "score and RNA disagree",
    "best": "a good example",
}


def has_annotation(material: Material) -> bool:
    """Whether any record is of the annotation workflow."""
    return any(record["step"] in STEPS for record in material.records)


# Head of the page


def verdict_of(material: Material) -> Verdict | None:
    """The verdict on the annotation, if there is one."""
    return cast(Verdict | None, material.first("annotation_verdict"))


def badge(verdict: Verdict | None) -> dict[str, Any] | None:
    """The badge of AnnoAudit's verdict: a word and a sentence."""
    if not verdict:
        return None
    by_word = {
        word: [m["name"] for m in verdict["metrics"] if m["verdict"] == word]
        for word in ("pass", "warn", "not measured")
    }
    warned, total = by_word["warn"], len(verdict["metrics"])
    parts = [f"{len(by_word['pass'])} of {total} metrics within their limits"]
    if warned:
        parts.append(f"warned: {listing(warned)}")
    if by_word["not measured"]:
        parts.append(f"not measured: {len(by_word['not measured'])}")
    words = {"pass": "no warning", "incomplete": "no warning, not all measured"}
    return {
        "haplotype": "annotation",
        "standard": verdict["standard"],
        "verdict": verdict["verdict"],
        "word": words.get(verdict["verdict"], f"{len(warned)} warning{'s' * (len(warned) != 1)}"),
        "sentence": "; ".join(parts),
    }


def headline(material: Material) -> list[tuple[str, str, str]]:
    """Key figures of the annotation: (label, value, remark)."""
    facts = []
    if stats := material.first("annotation_statistics"):
        facts.append(
            (
                "protein-coding genes",
                number(stats["protein_coding_genes"]),
                f"{number(stats['transcripts_per_gene'])} transcripts per gene, median CDS "
                f"{bases(stats['median_cds_length_bp'])}",
            )
        )
    verdict = verdict_of(material)
    for m in (verdict or {"metrics": ()})["metrics"]:
        if m["metric"] == "busco_proteins" and m["value"] is not None:
            facts.append(("BUSCO of the proteins", percent(m["value"], 1), f"complete; {m['why']}"))
    for r in accuracies(material)[:1]:
        against = "the truth" if r["stage"] == "truth" else "the reference"
        facts.append(
            (
                f"genes against {against}",
                percent(r["gene_f1_pct"], 1),
                f"exact (F1), made from {_evidence_of(r)}; exons {percent(r['exon_f1_pct'], 1)}",
            )
        )
    quality = material.first("annotation_quality") or {}
    if quality.get("introns_with_rna_pct") is not None:
        facts.append(
            (
                "introns seen in RNA",
                percent(quality["introns_with_rna_pct"], 1),
                f"of {number(quality['introns'])}, both ends exact",
            )
        )
    return facts


# Verdict


def verdict_section(material: Material) -> Section | None:
    """AnnoAudit's metrics, warnings first within each group."""
    verdict = material.first("annotation_verdict")
    if not verdict:
        return None
    rows, last = [], None
    for m in verdict["metrics"]:
        rows.append(
            [
                Cell(m["name"], small=f"warns when {m['threshold']}"),
                m["group"] if m["group"] != last else "",
                Cell(with_unit(m["value"], m["unit"]) if m["value"] is not None else "", m["verdict"]),
                m["why"],
            ]
        )
        last = m["group"]
    return Section(
        "annotation-verdict",
        f"Annotation verdict: {verdict['standard']}",
        verdict["meaning"],
        [Table(["metric and limit", "group", "value", "why"], rows, "llll", wide_last=True)],
    )


# Evidence


def repeats_section(material: Material) -> Section | None:
    records = material.of("repeat_masking")
    if not records:
        return None
    blocks: list[Block] = []
    for r in records:
        given = r.get("given_softmasked_pct")
        blocks.append(
            Facts(
                [
                    ("masked", percent(r["masked_pct"], 1), f"{bases(r['masked_bp'])}, by {r['masker']}"),
                    *([("soft-masked as given", percent(given, 1), "")] if given else []),
                    *(
                        [("repeats found", percent(r["repeats_pct"], 1), "masked or not")]
                        if r.get("repeats_pct") is not None
                        else []
                    ),
                ]
            )
        )
        if r.get("note"):
            blocks.append(Text(str(r["note"])))
        if classes := r.get("classes"):
            rows = [
                [
                    str(c["class"]),
                    bases(c["bp"]),
                    percent(c["pct"]),
                    {True: "yes", False: "no"}.get(c.get("masked"), "–"),
                ]
                for c in classes
            ]
            blocks.append(Table(["class", "bases", "share of the genome", "masked"], rows, "lrrl"))
    return Section(
        "repeats",
        "Repeats",
        "Repeats are soft-masked, so gene prediction does not start in them; evidence overrides the mask. "
        "Too much masking loses genes, because families of real genes look like repeats.",
        blocks,
    )


def evidence_section(material: Material) -> Section | None:
    mapped, proteins = material.of("transcript_mapping"), material.of("protein_alignment")
    lifted = material.of("lift_over")
    if not (mapped or proteins or lifted):
        return None
    blocks: list[Block] = []
    if mapped:
        rows: list[list[Cell | str]] = [
            [
                Cell(
                    r["library"], small={"isoseq": "long RNA", "rnaseq": "RNA-seq"}.get(r.get("type", ""), "")
                ),
                number(r.get("reads")),
                percent(r.get("mapped_pct"), 1),
                number(r.get("spliced_reads")),
                Cell(
                    str(r.get("strandedness") or "–"),
                    small=f"declared {r['strandedness_declared']}"
                    if r.get("strandedness_declared")
                    else None,
                ),
                number(r.get("introns")),
                percent(r.get("introns_canonical_pct"), 1),
                number(r.get("introns_kept")),
            ]
            for r in mapped
        ]
        columns = ["library", "reads", "mapped", "spliced", "strand", "introns", "canonical", "used as hints"]
        blocks.append(Table(columns, rows, "lrrrlrrr", "RNA"))
    if proteins:
        rows = [
            [
                r["library"],
                str(r.get("aligner") or "–"),
                number(r.get("proteins")),
                percent(r.get("aligned_pct"), 1),
                number(r.get("models")),
                number(r.get("models_complete")),
                number(r.get("introns")),
            ]
            for r in proteins
        ]
        columns = ["protein set", "aligner", "proteins", "aligned", "models", "complete models", "introns"]
        blocks.append(Table(columns, rows, "llrrrrr", "Proteins"))
    if lifted:
        rows = [
            [
                r["library"],
                number(r.get("genes")),
                number(r.get("transcripts")),
                percent(r.get("lifted_pct"), 1),
                number(r.get("complete")),
                percent(r.get("identity_median_pct"), 1),
            ]
            for r in lifted
        ]
        columns = ["annotation", "genes", "transcripts", "lifted", "complete", "identity, median"]
        blocks.append(Table(columns, rows, "lrrrrr", "Lifted from other assemblies"))
    pairs = [r for r in material.of("read_pairs") if r["type"] == "rnaseq"]
    blocks += [
        Text(f"{r['library']}: {w}", "warning")
        for r in (*pairs, *mapped, *proteins, *lifted)
        for w in r.get("warnings") or ()
    ]
    return Section(
        "evidence",
        "Evidence",
        "Introns from spliced reads and aligned proteins guide the gene finder. About 90 % of RNA-seq "
        "reads from the same species should map; nearly all true introns begin with GT and end with AG.",
        blocks,
    )


# Training and combination


def training_section(material: Material) -> Section | None:
    records = material.of("gene_training")
    if not records:
        return None
    blocks: list[Block] = []
    for r in records:
        if r.get("fallback"):
            blocks.append(Text(str(r["fallback"]), "warning"))
        if r.get("reason"):
            blocks.append(Text(str(r["reason"])))
        ordered = sorted(r.get("candidates") or (), key=lambda c: -(c.get("score_pct") or 0))
        rows: list[list[Cell | str]] = [
            [
                Cell(str(c["name"]), "chosen" if c["name"] == r.get("chosen") else None, c.get("kind")),
                number(c.get("training_genes")),
                percent(c.get("base_f1_pct"), 1),
                _pair(c, "exon"),
                _pair(c, "gene"),
                percent(c.get("score_pct"), 1),
            ]
            for c in ordered
        ]
        if rows:
            columns = ["gene model", "trained on", "base F1", "exon Sn / Pr", "gene Sn / Pr", "score"]
            title = f"Candidates on {number(r.get('test_genes'))} genes that were held out"
            blocks.append(Table(columns, rows, "lrrrrr", title))
    return Section(
        "training",
        "Training of the gene finder",
        "Each candidate predicts the same held-out genes without hints; the one with the best score is "
        "used. Sn, sensitivity, is the share of the true genes that were found; Pr, precision, the share "
        "of the predictions that are true.",
        blocks,
    )


def _pair(record: Record, level: str) -> str:
    found = [record.get(f"{level}_{word}_pct") for word in ("sensitivity", "precision")]
    return " / ".join(number(value, 1) for value in found)


def sources_bars(sources: Sequence[Record]) -> Figure:
    """Transcripts each source gave, and how many of them are in the gene set."""
    names = [plots.plain(s["source"]) for s in sources]
    series = (("kept", BLUE), ("left out", "#c9d3da"))
    values = {
        "kept": [s["kept"] for s in sources],
        "left out": [max(0, s["transcripts"] - s["kept"]) for s in sources],
    }
    data = [
        {
            "type": "bar",
            "orientation": "h",
            "name": name,
            "y": names,
            "x": values[name],
            "marker": {"color": colour},
            "hovertemplate": "%{x:,} " + name + "<extra>%{y}</extra>",
        }
        for name, colour in series
    ]
    return figure(
        data,
        axis("transcripts", tickformat="~s", rangemode="tozero"),
        axis(autorange="reversed", ticks="", type="category"),
        barmode="stack",
        height=130 + 42 * len(sources),
        bargap=0.35,
    )


def combination_section(material: Material) -> Section | None:
    r = material.first("gene_combination")
    if not r:
        return None
    blocks: list[Block] = [
        Facts(
            [
                ("genes", number(r.get("genes")), ""),
                ("transcripts", number(r.get("transcripts")), ""),
                ("single-exon genes", number(r.get("single_exon_genes")), ""),
                ("partial genes", number(r.get("partial_genes")), ""),
                ("pseudogene candidates", number(r.get("pseudogene_candidates")), "labelled, kept"),
                (
                    "isoforms left out",
                    number(r.get("unsupported_isoforms")),
                    "of one protein that nothing else supports",
                ),
                (
                    "starts moved",
                    number(r.get("moved_starts")),
                    f"of predictions, as {number(r.get('start_genes'))} genes with proteins begin",
                ),
                ("transcripts merged", number(r.get("merged_transcripts")), "with one of the same exons"),
                ("genes merged", number(r.get("merged_genes")), "with one of the same place"),
            ]
        )
    ]
    if sources := r.get("sources"):
        rows = [
            [
                str(s["source"]),
                number(s["transcripts"]),
                number(s["kept"]),
                percent(100 * s["kept"] / s["transcripts"] if s["transcripts"] else None, 1),
            ]
            for s in sources
        ]
        plot = Plot("sources", "Where the transcripts come from", sources_bars(sources))
        blocks.append(Plots([plot], "wide"))
        blocks.append(Table(["source", "transcripts", "kept", "share"], rows, "lrrr"))
    if filtered := r.get("filtered"):
        rows = [[str(f["rule"]), number(f["genes"])] for f in filtered]
        blocks.append(Table(["rule", "genes left out"], rows, "lr", "Filters, in order"))
    if foreign := r.get("unsupported_sequences"):
        named = listing(f"{s['sequence']} ({number(s['genes'])} genes)" for s in foreign)
        blocks.append(
            Text(
                f"No gene has support on {named}, while most have it elsewhere. This is typical of "
                "contaminants, but also of a chromosome of the other sex. These genes are left out.",
                "warning",
            )
        )
    return Section(
        "combination",
        "One gene set",
        "Predictions, transcripts and aligned proteins of one locus become one gene; isoforms are kept if "
        "evidence supports them. Every model has an evidence score.",
        blocks,
    )


# Genes

_LENGTHS = (
    ("gene_length_bp", "genes", BLUE),
    ("cds_length_bp", "CDS", VERMILION),
    ("exon_length_bp", "exons", GREEN),
    ("intron_length_bp", "introns", ORANGE),
)


def length_curves(histograms: Mapping[str, Record]) -> Figure:
    """Lengths of genes, CDS, exons and introns as shares of each, on a logarithmic axis."""
    data = []
    for key, name, colour in _LENGTHS:
        found = histograms.get(key)
        if not found or not sum(found["counts"]):
            continue
        total = sum(found["counts"])
        shares = [100 * count / total for count in found["counts"]]
        data.append(
            {
                "type": "scatter",
                "mode": "lines",
                "name": name,
                "x": list(found["edges"]),
                "y": [*shares, shares[-1]],
                "line": {"shape": "hv", "width": 1.8, "color": colour},
                "hovertemplate": "from %{x:,} bp: %{y:.1f} %<extra>%{fullData.name}</extra>",
            }
        )
    return figure(
        data,
        axis("length (bp)", type="log", tickformat="~s", dtick=1),
        axis("share (%)", rangemode="tozero"),
        showlegend=True,
    )


def exon_bars(histogram: Record) -> Figure:
    """Transcripts by their number of exons; those with more than MOST_EXONS are one bar."""
    counts: dict[int, int] = {}
    for edge, count in zip(histogram["edges"], histogram["counts"], strict=False):
        exons = min(int(edge), MOST_EXONS + 1)
        counts[exons] = counts.get(exons, 0) + count
    total = sum(counts.values()) or 1
    labels = [f"{n}" if n <= MOST_EXONS else f">{MOST_EXONS}" for n in counts]
    data = [
        {
            "type": "bar",
            "x": [plots.plain(label) for label in labels],
            "y": [100 * count / total for count in counts.values()],
            "customdata": list(counts.values()),
            "marker": {"color": [VERMILION if n == 1 else BLUE for n in counts]},
            "hovertemplate": "%{x} exons: %{customdata:,} transcripts, %{y:.1f} %<extra></extra>",
        }
    ]
    return figure(
        data,
        axis("exons of a transcript", type="category"),
        axis("share of transcripts (%)", rangemode="tozero"),
        bargap=0.15,
    )


def genes_section(material: Material) -> Section | None:
    r = material.first("annotation_statistics")
    if not r:
        return None
    facts = [
        ("genes", number(r.get("genes")), f"{number(r.get('protein_coding_genes'))} protein-coding"),
        ("transcripts", number(r.get("transcripts")), f"{number(r.get('transcripts_per_gene'))} a gene"),
        ("exons per transcript", number(r.get("exons_per_transcript")), ""),
        ("median CDS", bases(r.get("median_cds_length_bp")), ""),
        ("genes without introns", percent(r.get("mono_exonic_genes_pct"), 1), "protein-coding"),
        ("coding share", percent(r.get("coding_share_pct"), 1), "of the genome"),
        ("overlapping genes", number(r.get("overlapping_genes_same_strand")), "on one strand"),
    ]
    blocks: list[Block] = [Facts([fact for fact in facts if fact[1] != "–"])]
    histograms = r.get("histograms") or {}
    drawn = []
    if any(sum((histograms.get(key) or {}).get("counts") or ()) for key, *_ in _LENGTHS):
        drawn.append(
            Plot("gene-lengths", "Lengths", length_curves(histograms), "Each curve adds up to 100 %.")
        )
    if (histograms.get("exons_per_transcript") or {}).get("counts"):
        drawn.append(
            Plot("gene-exons", "Exons per transcript", exon_bars(histograms["exons_per_transcript"]))
        )
    if drawn:
        blocks.append(Plots(drawn))
    rows = [
        [
            name.removesuffix("_bp").replace("mrna", "mRNA").replace("cds", "CDS").replace("_", " "),
            number(q["count"]),
            *(bases(q.get(key)) for key in ("q5", "q25", "median", "q75", "q95", "max", "mean")),
        ]
        for name, q in (r.get("lengths") or {}).items()
        if q.get("count")
    ]
    if rows:
        columns = ["length of", "count", "5 %", "25 %", "median", "75 %", "95 %", "longest", "mean"]
        blocks.append(Table(columns, rows, "l" + "r" * 8, "Lengths: quantiles", folded=True))
    return Section(
        "genes",
        "Genes",
        "In animals and plants, many genes without introns suggest transposons, retrocopies or broken "
        "models; in yeasts they are the rule. A median CDS far below 1 kb suggests fragments.",
        blocks,
    )


_FAULTS = (
    ("in_frame_stop", "stop codon inside the reading frame"),
    ("not_3n", "CDS is not a multiple of 3"),
    ("no_start", "no start codon"),
    ("no_stop", "no stop codon"),
    ("partial_not_labelled", "… not labelled as partial"),
    ("noncanonical_intron", "intron other than GT-AG, GC-AG, AT-AC"),
    ("tiny_intron", "intron under 10 bp, which ENA refuses"),
    ("n_in_cds", "N in the CDS"),
    ("duplicate", "same as another transcript"),
)


def models_section(material: Material) -> Section | None:
    r = material.first("annotation_quality")
    if not r:
        return None
    total = r["coding_transcripts"]
    rows = [
        [name, number(r.get(f"transcripts_{key}")), percent(100 * r[f"transcripts_{key}"] / total)]
        for key, name in _FAULTS
        if r.get(f"transcripts_{key}") is not None
    ]
    blocks: list[Block] = [
        Table(["fault", "transcripts", "share"], rows, "lrr", f"Of {number(total)} coding transcripts")
    ]
    sites = r.get("splice_sites") or {}
    if introns := r.get("introns"):
        names = {"gt_ag": "GT-AG", "gc_ag": "GC-AG", "at_ac": "AT-AC", "other": "other"}
        rows = [
            [name, number(sites.get(key)), percent(100 * sites.get(key, 0) / introns)]
            for key, name in names.items()
        ]
        title = f"Splice sites of {number(introns)} introns"
        blocks.append(Table(["site", "introns", "share"], rows, "lrr", title))
    rows = [
        [name, percent(r[key], 1), number(r.get(of)), meaning]
        for key, name, of, meaning in (
            ("genes_with_rna_pct", "genes with RNA support", "coding_genes", "two reads cover an exon"),
            ("exons_with_rna_pct", "exons with RNA support", "exons", "two reads cover it"),
            ("introns_with_rna_pct", "introns with RNA support", "introns", "both ends in a spliced read"),
            (
                "short_introns_3n_pct",
                "short introns of length 3n",
                "short_introns",
                "up to 120 bp; chance: 33 %",
            ),
            (
                "stopless_short_introns_3n_pct",
                "… without a stop codon",
                "stopless_short_introns",
                "a deficit is good: genes avoid them",
            ),
            ("split_candidates_pct", "split candidates", "best_pairs", "under 0.75 of the best hit's length"),
            ("fused_candidates_pct", "fused candidates", "best_pairs", "over 1.25 of the best hit's length"),
        )
        if r.get(key) is not None
    ]
    if rows:
        columns = ["measure", "share", "of", "what counts"]
        blocks.append(Table(columns, rows, "lrrl", "Support and shape", wide_last=True))
    return Section(
        "models",
        "Gene models",
        "Problems of single models, as found in submission and translation. The table of transcripts next "
        "to this report lists them.",
        blocks,
    )


# Accuracy


def _evidence_of(record: Record) -> str:
    return record.get("evidence") or "all evidence"


def accuracy_bars(records: Sequence[Record]) -> Figure:
    """F1 of every level, one colour a gene set."""
    data = [
        {
            "type": "bar",
            "name": plots.plain(_evidence_of(r)),
            "x": list(LEVELS),
            "y": [r.get(f"{level}_f1_pct") for level in LEVELS],
            "marker": {"color": SERIES[i % len(SERIES)]},
            "customdata": [_pair(r, level) for level in LEVELS],
            "hovertemplate": "F1 %{y:.1f} %, Sn / Pr %{customdata}<extra>%{fullData.name}</extra>",
        }
        for i, r in enumerate(records)
    ]
    return figure(
        data,
        axis(type="category"),
        axis("F1 (%)", range=[0, 100]),
        barmode="group",
        bargap=0.25,
        showlegend=len(records) > 1,
    )


def accuracies(material: Material) -> list[Record]:
    """Records of accuracy: against the truth before a reference, the best genes first."""
    found = material.of("annotation_accuracy")
    return sorted(found, key=lambda r: (r["stage"] != "truth", -r["gene_f1_pct"], _evidence_of(r)))


def accuracy_section(material: Material) -> Section | None:
    records = accuracies(material)
    if not records:
        return None
    blocks: list[Block] = []
    for stage, title in (("truth", "Against the truth"), ("reference", "Against a reference annotation")):
        found = [r for r in records if r["stage"] == stage]
        if not found:
            continue
        rows: list[list[Cell | str]] = [
            [
                Cell(
                    _evidence_of(r),
                    small=f"{number(r['gene_predicted'])} of {number(r['gene_reference'])} genes",
                ),
                *(
                    Cell(_pair(r, level), small=f"F1 {number(r.get(f'{level}_f1_pct'), 1)}")
                    for level in LEVELS
                ),
                number(r.get("split_genes")),
                number(r.get("fused_genes")),
            ]
            for r in found
        ]
        columns = ["made from", *LEVELS, "split", "fused"]
        blocks.append(Plots([Plot(f"accuracy-{stage}", f"{title}: F1", accuracy_bars(found))], "wide"))
        heading = f"{title}: sensitivity / precision (%)"
        blocks.append(Table(columns, rows, "l" + "r" * 8, heading))
        regions = dict.fromkeys(region for r in found for region in r.get("regions") or ())
        if regions:
            blocks.append(Text(f"Only transcripts wholly inside {listing(regions)} count."))
        blocks += [Text(note) for note in dict.fromkeys(n for r in found for n in r.get("notes") or ())]
    return Section(
        "accuracy",
        "Accuracy",
        "Coding structure only. An exon or intron is correct if both ends are exact, a transcript if its "
        "whole chain is, a gene if one of its transcripts is, a locus if any coding base on the strand is "
        "shared.",
        blocks,
    )


# Non-coding genes and functions


def noncoding_section(material: Material) -> Section | None:
    records = material.of("noncoding_genes")
    rows = [
        [str(t["type"]), str(t.get("tool") or "–"), number(t["genes"])]
        for r in records
        for t in r.get("types") or ()
    ]
    if not records:
        return None
    blocks: list[Block] = (
        [Table(["type", "found by", "genes"], rows, "llr")] if rows else [Text("None was found.")]
    )
    for r in records:
        said = [
            f"{number(r[key])} {words}"
            for key, words in (
                ("dropped_in_coding_sequence", "hits inside coding sequence were left out"),
                ("labelled_overlaps_coding", "genes that overlap coding ones are labelled"),
                ("pseudogene_candidates", "are pseudogene candidates"),
            )
            if r.get(key)
        ]
        if said:
            blocks.append(Text(f"{listing(said)}."))
    return Section("noncoding", "Non-coding genes", "", blocks)


def function_bars(record: Record) -> Figure:
    """Share of proteins with each kind of function."""
    parts = (
        ("with_hit", "similar protein"),
        ("with_product", "product"),
        ("with_name", "gene name"),
        ("with_domain", "domain"),
        ("with_go", "GO term"),
    )
    found = [(name, record[key]) for key, name in parts if record.get(key) is not None]
    total = record["proteins"] or 1
    shares = [100 * count / total for _, count in found]
    data = [
        {
            "type": "bar",
            "orientation": "h",
            "y": [name for name, _ in found],
            "x": shares,
            "customdata": [count for _, count in found],
            "marker": {"color": BLUE},
            "text": [percent(share, 1) for share in shares],
            "textposition": "auto",
            "hovertemplate": "%{customdata:,} proteins, %{x:.1f} %<extra></extra>",
        }
    ]
    return figure(
        data,
        axis("share of proteins (%)", range=[0, 100]),
        axis(autorange="reversed", ticks="", type="category"),
        height=80 + 36 * len(found),
        bargap=0.3,
    )


def function_section(material: Material) -> Section | None:
    r = material.first("functional_annotation")
    if not r:
        return None
    sources = [s if isinstance(s, str) else s.get("source") or s.get("name") for s in r.get("sources") or ()]
    blocks: list[Block] = [
        Plots([Plot("functions", f"Of {number(r['proteins'])} proteins", function_bars(r))], "wide")
    ]
    if sources:
        blocks.append(Text(f"From {listing(map(str, sources))}."))
    if basis := r.get("products_by_basis"):
        rows = [[str(name).replace("_", " "), number(count)] for name, count in basis.items()]
        blocks.append(Table(["product named from", "proteins"], rows, "lr"))
    blocks += [Text(str(w), "warning") for w in r.get("warnings") or ()]
    return Section(
        "function",
        "Function",
        "Names and products come from the best similar protein, domains and GO terms from domain searches. "
        "Proteins without a match are called hypothetical protein.",
        blocks,
    )


# Genes to look at


def svg_address(svg: str) -> str:
    """An SVG as a data address: as an image it cannot run scripts."""
    return "data:image/svg+xml;base64," + base64.b64encode(svg.encode()).decode()


def _place(locus: Record) -> str:
    return f"{locus['sequence']}:{locus['start']:,}-{locus['end']:,}"


def look_section(material: Material) -> Section | None:
    """A handful of genes with the reason to look at them, pictured where pictures were drawn."""
    pictured = (material.first("locus_pictures") or {}).get("loci") or []
    listed = pictured or (material.first("annotation_quality") or {}).get("genes_to_look_at") or []
    if not listed:
        return None
    blocks: list[Block] = []
    if pictured:
        blocks += [
            Picture(
                f"{listing(locus['genes'])}: {KINDS.get(locus['kind'], locus['kind'])}",
                svg_address(locus["svg"]),
                note=f"{_place(locus)}, {STRANDS.get(locus['strand'], 'strand unknown')}. "
                f"{_sentence(locus['reason'])}",
                folded=False,
            )
            for locus in pictured
        ]
    else:
        rows = [[listing(locus["genes"]), _place(locus), locus["reason"]] for locus in listed]
        blocks.append(Table(["genes", "place", "reason"], rows, "lll", wide_last=True))
    expect = "A few genes of each kind, chosen by rule: not the worst of the genome, but worth a look."
    if pictured:
        expect += (
            " Thick boxes are CDS, thin ones UTR; arcs are introns of spliced reads with their number, "
            "dashed on the reverse strand; pale genes are neighbours."
        )
    return Section("look", "Genes to look at", expect, blocks)


def _sentence(words: str) -> str:
    return words[:1].upper() + words[1:] + ("" if words.endswith(("?", ".")) else ".")


NOT_MEASURED = (
    ("repeat_masking", "repeats", "no repeats were masked"),
    ("transcript_mapping", "RNA evidence", "no RNA-seq or long RNA was given"),
    ("protein_alignment", "protein evidence", "no proteins were given"),
    ("annotation_quality", "problems and support of gene models", "the quality step did not run"),
    ("annotation_accuracy", "accuracy", "no reference annotation was given"),
    ("functional_annotation", "functions", "no protein set or domains were given"),
    ("noncoding_genes", "non-coding genes", "the search did not run"),
)

SECTIONS = (
    genes_section,
    accuracy_section,
    models_section,
    look_section,
    repeats_section,
    evidence_section,
    training_section,
    combination_section,
    noncoding_section,
    function_section,
)


def not_measured(material: Material) -> Iterable[tuple[str, str]]:
    """What of the annotation was not measured, and why: steps without a record, metrics of the verdict."""
    steps = [(name, why) for step, name, why in NOT_MEASURED if not material.of(step)]
    yield from steps
    metrics = (material.first("annotation_verdict") or {"metrics": ()})["metrics"]
    yield from ((m["name"], m["why"]) for m in metrics if m["verdict"] == "not measured")
