"""The verdict on an annotation: AnnoAudit's published limits, on both sides of each."""

import pytest

from linnaea.annotation.verdict import judge, load_standard, write_verdict_table
from linnaea.base.errors import InputError
from linnaea.base.tables import read_table

STATISTICS = {
    "id": "g", "step": "annotation_statistics", "protein_coding_genes": 15_000,
    "mono_exonic_transcripts_pct": 18.0, "median_cds_length_bp": 1100,
}  # fmt: skip
QUALITY = {
    "id": "g", "step": "annotation_quality", "coding_genes": 15_000, "exons": 90_000, "introns": 75_000,
    "best_pairs": 9000, "split_candidates_pct": 4.0, "fused_candidates_pct": 3.0,
    "short_introns": 30_000, "short_introns_3n_pct": 33.1,
    "stopless_short_introns": 8000, "stopless_short_introns_3n_pct": 22.0, "genes_with_rna_pct": 88.0,
    "exons_with_rna_pct": 86.0, "introns_with_rna_pct": 81.0,
}  # fmt: skip
MAPPING = {
    "id": "g", "step": "transcript_mapping", "library": "rna1", "type": "rnaseq", "reads": 1000,
    "mapped_reads": 950, "mapped_pct": 95.0,
}  # fmt: skip


def busco(stage, complete, lineage="eu", markers=100):
    return {
        "id": "g", "step": "busco", "stage": stage, "lineage": lineage, "complete_pct": complete,
        "markers": markers,
    }  # fmt: skip


PSAURON = {"id": "g", "step": "psauron", "proteins": 15_000, "psauron_score_pct": 96.0}
OMARK = {
    "id": "g", "step": "omark", "proteins": 15_000, "contaminants_pct": 0.4, "lineage": "Insecta",
    "species": [{"clade": "Coleoptera", "proteins": 14_000}, {"clade": "Bacteria", "proteins": 60}],
}  # fmt: skip
WHOLE = [STATISTICS, QUALITY, MAPPING, busco("annotation", 94.0), busco("raw", 96.0)]


def found(records):
    return {metric["metric"]: metric for metric in judge("g", records)["metrics"]}


# The limits as assets/warning_thresholds.json of AnnoAudit has them, and the side that warns.
@pytest.mark.parametrize(
    ("metric", "key", "limit", "side"),
    [
        ("genes", "protein_coding_genes", 40000, 1),
        ("mono_exonic_transcripts", "mono_exonic_transcripts_pct", 25, 1),
        ("median_cds_length", "median_cds_length_bp", 700, -1),
        ("split_candidates", "split_candidates_pct", 10, 1),
        ("fused_candidates", "fused_candidates_pct", 10, 1),
        ("psauron", "psauron_score_pct", 90, -1),
        ("busco_proteins", "busco_complete_pct", 90, -1),
        ("busco_change", "busco_change_points", 5, 1),
        ("busco_change", "busco_change_points", -5, -1),
        ("omark_contaminants", "contaminants_pct", 1, 1),
        ("short_introns_3n", "short_introns_3n_pct", 34, 1),
        ("stopless_short_introns_3n", "stopless_short_introns_3n_pct", 30, 1),
        ("rna_mapping", "mapped_pct", 90, -1),
        ("genes_with_rna", "genes_with_rna_pct", 75, -1),
        ("exons_with_rna", "exons_with_rna_pct", 75, -1),
        ("introns_with_rna", "introns_with_rna_pct", 75, -1),
    ],
)
def test_each_limit_passes_itself_and_warns_beyond(metric, key, limit, side):
    known = {"busco_lineage": "eu", "busco_complete_pct": 95.0, "busco_assembly_complete_pct": 95.0}
    for value, expected in ((limit, "pass"), (limit + side * 0.5, "warn")):
        records = [STATISTICS, QUALITY | known | {"busco_change_points": 0.0}, MAPPING, PSAURON, OMARK]
        if key == "mapped_pct":
            records[2] = MAPPING | {"mapped_reads": 10 * value}
        else:
            at = next((i for i, record in enumerate(records) if key in record), 1)
            records[at] = records[at] | {key: value}
        judged = found(records)
        assert judged[metric]["verdict"] == expected and judged[metric]["value"] == pytest.approx(value)
        others = {m["verdict"] for name, m in judged.items() if name != metric}
        assert others <= {"pass", "not measured"}


def test_the_standard_has_all_metrics_of_annoaudit():
    assert len(load_standard()["metrics"]) == 15
    assert {m["group"] for m in load_standard()["metrics"]} == set(load_standard()["groups"])


def test_what_was_not_measured_says_why():
    verdict = judge(
        "g", [STATISTICS, QUALITY | dict.fromkeys(("genes_with_rna_pct", "split_candidates_pct"))]
    )
    metrics = {metric["metric"]: metric for metric in verdict["metrics"]}
    assert verdict["verdict"] == "incomplete" and verdict["warnings"] == 0
    assert metrics["psauron"]["verdict"] == "not measured" and metrics["psauron"]["value"] is None
    assert "--psauron" in metrics["psauron"]["why"]
    assert "--omark_database" in metrics["omark_contaminants"]["why"]
    assert metrics["genes_with_rna"]["why"] == metrics["rna_mapping"]["why"] == "no RNA-seq was given"
    assert "protein set" in metrics["split_candidates"]["why"]
    assert "--busco_lineage" in metrics["busco_proteins"]["why"]
    groups = {group["group"]: group["verdict"] for group in verdict["groups"]}
    assert groups["BUSCO and OMArk"] == "not measured" and groups["predicted CDS"] == "pass"
    alone = found([STATISTICS])
    assert alone["short_introns_3n"]["why"] == "no record of annotation quality"


def test_contaminants_are_named():
    row = found([STATISTICS, OMARK])["omark_contaminants"]
    assert (row["value"], row["verdict"]) == (0.4, "pass")
    assert row["why"] == "against Insecta; proteins of Bacteria (60); of 15,000"


def test_shares_of_a_few_are_not_judged():
    few = QUALITY | {"short_introns": 99, "short_introns_3n_pct": 60.0}
    judged = found([STATISTICS, few])["short_introns_3n"]
    assert (judged["verdict"], judged["value"]) == ("not measured", None) and "only 99" in judged["why"]


def test_libraries_count_by_their_reads():
    low = MAPPING | {"library": "rna2", "reads": 100, "mapped_reads": 20, "mapped_pct": 20.0}
    judged = found([STATISTICS, MAPPING, low])["rna_mapping"]
    assert judged["value"] == pytest.approx(100 * 970 / 1100) and judged["verdict"] == "warn"
    assert judged["why"] == "2 libraries; rna2 maps least, 20 %"


def test_busco_of_one_lineage_is_compared_with_the_best_assembly():
    records = [
        STATISTICS,
        QUALITY,
        busco("annotation", 80.0, "eu"),
        busco("annotation", 91.0, "insecta", 1000),
    ]
    records += [busco("raw", 99.0, "eu"), busco("raw", 95.0, "insecta"), busco("raw", 97.0, "insecta")]
    judged = found(records)
    assert judged["busco_proteins"]["value"] == 91 and judged["busco_proteins"]["why"] == "insecta"
    assert judged["busco_change"]["value"] == -6 and judged["busco_change"]["verdict"] == "warn"
    assert judged["busco_change"]["why"] == "97 % of insecta in the assembly"


def test_record_and_table(tmp_path):
    verdict = judge("g", WHOLE)
    assert verdict["verdict"] == "pass" and verdict["standard"] == "AnnoAudit (ERGA)"
    write_verdict_table(tmp_path / "v.tsv", verdict)
    rows = {row["metric"]: row for row in read_table(tmp_path / "v.tsv")}
    assert rows["median_cds_length"]["value"] == "1100" and rows["psauron"]["value"] == "NA"
    assert rows["busco_change"]["verdict"] == "pass" and len(rows) == 15


def test_without_an_annotation_there_is_nothing_to_judge():
    with pytest.raises(InputError, match="nothing to evaluate"):
        judge("g", [MAPPING, busco("raw", 96.0)])
