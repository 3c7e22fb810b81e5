"""The verdict against the published rules: EBP v7.0, make_EAR's notation, Merqury's formulas."""

import pytest
import records as make

from linnaea.assembly.statistics import read_tables
from linnaea.assembly.verdict import (
    Expected,
    codes,
    expected,
    judge,
    load_standard,
    one_haplotype_ceiling_pct,
    write_verdict_table,
)
from linnaea.base.errors import InputError
from linnaea.base.records import read_records

LARGE = {"chr1": 120_000_000, "chr2": 90_000_000, "chr3": 60_000_000, "unplaced": 2_000_000}


def large_assembly(**changes):
    """A 272-Mb assembly with three chromosomes in 40-Mb contigs."""
    known = {"contig_n50_bp": 40_000_000, "contigs": 9, "contig_l90": 7, "gaps": 5}
    return make.assembly_statistics(lengths=LARGE.values(), **(known | changes))


def metrics_of(verdict, haplotype=0):
    return {m["metric"]: m for m in verdict["haplotypes"][haplotype]["metrics"]}


def flags_of(verdict):
    return {f["flag"]: f for f in verdict["flags"]}


def test_the_standard_is_that_of_ebp_version_7():
    standard = load_standard()
    limits = {m["metric"]: (m["comparison"], m["limit"]) for m in standard["metrics"]}
    assert limits == {
        "contig_n50": (">=", 1_000_000),
        "scaffold_n50": (None, None),
        "qv": (">=", 40),
        "kmer_completeness": (">", 90),
        "busco_single_copy": (">", 90),
        "false_duplication": ("<", 5),
        "assigned_to_chromosomes": (">", 90),
        "transcripts_mappable": (">", 90),
    }
    assert all(m["source"] for m in standard["metrics"] + standard["flags"])


@pytest.mark.parametrize(
    ("contig", "scaffold", "qv", "chromosomes", "ear", "sanger"),
    [
        (1_500_000, 45_000_000, 46.9, True, "6.7.Q46", "6.C.Q46"),
        (1_000_000, 10_000_000, 40.0, False, "6.7.Q40", "6.7.Q40"),
        (999_999, 9_999_999, 39.99, True, "5.6.Q39", "5.C.Q39"),
        (64_000_000, 150_000_000, None, True, "7.8.Q?", "7.C.Q?"),
    ],
)
def test_codes_in_both_public_spellings(contig, scaffold, qv, chromosomes, ear, sanger):
    assert codes(contig, scaffold, qv, chromosomes) == (ear, sanger)


def test_all_met_is_a_pass_and_names_every_metric():
    records = [
        large_assembly(),
        make.kmer_evaluation(),
        make.busco(),
        {"id": "x", "step": "chromosome_assignment", "stage": "raw", "assigned_pct": 99.3},
        {"id": "x", "step": "transcript_mapping", "mapped_pct": 96.0},
    ]
    verdict = judge("x", records, Expected(haploid_number=3))
    found = verdict["haplotypes"][0]
    assert found["verdict"] == "pass"
    assert (found["code_ear"], found["code_sanger"], found["target"]) == (
        "7.7.Q46",
        "7.C.Q46",
        "6.C.Q40",
    )
    assert [m["verdict"] for m in found["metrics"]] == ["pass"] * 8
    assert not any(m["proxy"] for m in found["metrics"])
    assert metrics_of(verdict)["assigned_to_chromosomes"]["value"] == 99.3


@pytest.mark.parametrize(
    ("metric", "value", "expected"),
    [
        ("qv_phred", 40.0, "pass"),
        ("qv_phred", 39.999, "fail"),
        ("completeness_pct", 90.0, "fail"),
        ("completeness_pct", 90.01, "pass"),
        ("false_duplication_pct", 5.0, "fail"),
        ("false_duplication_pct", 4.99, "pass"),
    ],
)
def test_thresholds_are_met_or_missed_exactly(metric, value, expected):
    names = {"qv_phred": "qv", "completeness_pct": "kmer_completeness"}
    verdict = judge("x", [large_assembly(), make.kmer_evaluation(make.kmer_entry(**{metric: value}))])
    found = metrics_of(verdict)[names.get(metric, "false_duplication")]
    assert (found["value"], found["verdict"]) == (value, expected)


def test_one_failure_fails_and_unmeasured_alone_is_incomplete():
    measured = judge("x", [large_assembly(), make.kmer_evaluation()], Expected(haploid_number=3))
    assert measured["haplotypes"][0]["verdict"] == "incomplete"
    short = judge("x", [large_assembly(contig_n50_bp=900_000)], Expected(haploid_number=3))
    assert metrics_of(short)["contig_n50"]["verdict"] == "fail"
    assert short["haplotypes"][0]["verdict"] == "fail"


def test_what_was_not_measured_says_why():
    found = metrics_of(judge("x", [large_assembly()]))
    reasons = {m: v["why"] for m, v in found.items() if v["verdict"] == "not measured"}
    assert "--busco_lineage" in reasons["busco_single_copy"]
    assert reasons["transcripts_mappable"] == "no RNA-seq was mapped"
    assert "haploid_number" in reasons["assigned_to_chromosomes"]
    assert reasons.keys() >= {"qv", "kmer_completeness", "false_duplication", "scaffold_n50"}
    assert all(v["value"] is None for m, v in found.items() if m in reasons and m != "scaffold_n50")


def test_chromosomes_below_one_megabase_make_the_standard_c_c_q40():
    expected = Expected(haploid_number=3)
    whole = judge("x", [make.assembly_statistics()], expected)
    assert whole["haplotypes"][0]["target"] == "C.C.Q40"
    assert metrics_of(whole)["contig_n50"]["threshold"] == "chromosome scale"
    assert metrics_of(whole)["contig_n50"]["verdict"] == "pass"
    gapped = make.assembly_statistics(contig_n50_bp=90_000, contig_l90=14, contigs=17)
    assert metrics_of(judge("x", [gapped], expected))["contig_n50"]["verdict"] == "fail"


def test_a_fragmented_assembly_of_small_chromosomes_is_seen_from_the_mean_chromosome():
    pieces = make.assembly_statistics(lengths=[50_000] * 30)
    verdict = judge("x", [pieces, make.genome_profile()], Expected(haploid_number=3))
    assert verdict["haplotypes"][0]["target"] == "C.C.Q40"
    assert "mean chromosome" in verdict["haplotypes"][0]["target_why"]
    large = judge("x", [pieces], Expected(haploid_number=3, genome_size_bp=300_000_000))
    assert large["haplotypes"][0]["target"] == "6.C.Q40"


def test_proxies_for_chromosomes_are_labelled_and_agree_with_each_other():
    rows = make.sequence_rows(LARGE)
    with_table = judge("x", [large_assembly()], Expected(haploid_number=3), tables={("raw", "hap1"): rows})
    found = metrics_of(with_table)["assigned_to_chromosomes"]
    assert found["value"] == pytest.approx(100 * 270 / 272)
    assert found["proxy"] and found["why"].startswith("proxy")
    known = large_assembly(haploid_number=3, in_haploid_number_longest_pct=99.26)
    recorded = metrics_of(judge("x", [known], Expected(haploid_number=3)))
    assert recorded["assigned_to_chromosomes"]["value"] == 99.26
    without = metrics_of(judge("x", [large_assembly()], Expected(haploid_number=3)))
    assert without["assigned_to_chromosomes"]["verdict"] == found["verdict"] == "pass"
    few = metrics_of(judge("x", [large_assembly()], Expected(haploid_number=2)))
    assert few["assigned_to_chromosomes"]["verdict"] == "fail"


def test_without_a_haploid_number_telomeres_mark_whole_chromosomes():
    rows = make.sequence_rows(LARGE)
    rows[1]["telomere_end_bp"] = rows[3]["telomere_start_bp"] = "0"
    tables = {("raw", "hap1"): rows}
    found = metrics_of(judge("x", [large_assembly()], tables=tables))["assigned_to_chromosomes"]
    assert found["value"] == pytest.approx(100 * 180 / 272)
    assert (found["verdict"], found["proxy"]) == ("fail", True)


def test_k_mer_completeness_of_two_haplotypes_is_judged_together_and_flagged_alone():
    entries = [
        make.kmer_entry("hap1", completeness_pct=81.0),
        make.kmer_entry("both", completeness_pct=99.0),
    ]
    verdict = judge("x", [large_assembly(), make.kmer_evaluation(*entries)])
    found = metrics_of(verdict)["kmer_completeness"]
    assert (found["value"], found["verdict"]) == (99.0, "pass")
    assert "81 %" in found["why"]
    assert flags_of(verdict)["kmer_completeness_alone"]["flagged"] is True


def test_ceiling_of_one_haplotype_by_counting_k_mers():
    """Count distinct k-mers of two sequences that differ at evenly spaced sites."""
    k, spacing, length = 21, 200, 60_000
    mixed, state = [], 7
    for _ in range(length):
        state = (state * 1103515245 + 12345) % 2**31
        mixed.append("ACGT"[(state >> 16) % 4])
    first = "".join(mixed)
    other = "".join("ACGT"["ACGT".index(b) ^ 1] if i % spacing == 100 else b for i, b in enumerate(first))
    kmers = [{s[i : i + k] for i in range(length - k + 1)} for s in (first, other)]
    counted = 100 * len(kmers[0]) / len(kmers[0] | kmers[1])
    # Even spacing: no two sites share a k-mer, so the random-site formula lies slightly higher.
    assert one_haplotype_ceiling_pct(100 / spacing, k) == pytest.approx(counted, abs=0.5)


def test_the_qv_of_an_assembly_without_errors_is_called_a_lower_bound():
    perfect = make.kmer_entry(assembly_only_kmers=0, qv_phred=74.98, qv_is_lower_bound=True)
    found = metrics_of(judge("x", [large_assembly(), make.kmer_evaluation(perfect)]))["qv"]
    assert (found["value"], found["verdict"]) == (74.98, "pass")
    assert "lower bound" in found["why"]
    no_kmers = make.kmer_entry(assembly_only_kmers=0, assembly_kmers=0, qv_phred=None)
    found = metrics_of(judge("x", [large_assembly(), make.kmer_evaluation(no_kmers)]))["qv"]
    assert found["verdict"] == "not measured"


def test_ear_flags():
    records = [
        large_assembly(gaps=400, stage="curated"),
        large_assembly(stage="scaffolded", total_bp=290_000_000),
        make.busco(stage="curated", duplicated_pct=6.1),
        make.genome_profile(haploid_size_bp=200_000_000, ploidy_hint=4),
        {"id": "x", "step": "sex", "sex": "XY"},
    ]
    verdict = judge("x", records, Expected(haploid_number=2, ploidy=2, sex="XX"))
    flags = flags_of(verdict)
    assert verdict["stage"] == "curated"
    assert {name for name, f in flags.items() if f["flagged"]} == {
        "gaps_per_gbp",
        "size_difference",
        "busco_duplicated",
        "scaffold_l90",
        "curation_loss",
        "ploidy",
        "sex",
    }
    assert flags["gaps_per_gbp"]["value"] == pytest.approx(400 / 0.272)
    assert flags["size_difference"]["value"] == pytest.approx(36.0)
    assert flags["curation_loss"]["value"] == pytest.approx(100 * 18 / 290)
    assert flags["kmer_completeness_alone"]["flagged"] is None


def test_the_most_advanced_stage_is_the_verdict_and_an_alternate_is_not_judged():
    records = [
        make.assembly_statistics("pri", "polished"),
        make.assembly_statistics("pri", "raw"),
        make.assembly_statistics("alt", "polished"),
    ]
    verdict = judge("x", records)
    assert verdict["stage"] == "polished"
    assert [h["haplotype"] for h in verdict["haplotypes"]] == ["pri"]
    assert [part["stage"] for part in verdict["earlier_stages"]] == ["raw"]


@pytest.mark.parametrize(
    ("records", "said"),
    [
        ([make.genome_profile()], "nothing to evaluate"),
        ([make.assembly_statistics(stage="rough")], "unknown assembly stage rough"),
        ([make.assembly_statistics(stage="contigs")], "unknown assembly stage contigs"),
    ],
)
def test_what_cannot_be_judged_is_refused(records, said):
    with pytest.raises(InputError, match=said):
        judge("x", records)


def test_record_and_table(tmp_path):
    metrics, tables = make.write_run(tmp_path)
    records = read_records(metrics, make.GENOME)
    known = expected(haploid_number=3, ploidy=2, sex=None, genome_size=None)
    rows = read_tables(tables, records)
    verdict = judge(make.GENOME, [record for _, record in records], known, tables=rows)
    assert verdict["step"] == "ebp_verdict"
    assert [h["code_sanger"] for h in verdict["haplotypes"]] == ["5.C.Q46", "5.C.Q46"]
    tsv = tmp_path / "verdict.tsv"
    write_verdict_table(tsv, verdict)
    lines = [line.split("\t") for line in tsv.read_text().splitlines()]
    assert {len(line) for line in lines} == {11}
    assert len(lines) == 1 + 2 * 8 + 2 * 6 + 2


def test_records_of_another_genome_and_a_table_without_its_record_are_refused(tmp_path):
    metrics, tables = make.write_run(tmp_path)
    with pytest.raises(InputError, match="belongs to genome demo1"):
        read_records(metrics, "other")
    stray = tables[0].rename(tmp_path / "stray.tsv")
    with pytest.raises(InputError, match="no assembly statistics of the same name"):
        read_tables([stray], read_records(metrics, make.GENOME))


@pytest.mark.parametrize("option", ["haploid_number", "ploidy", "genome_size"])
def test_expected_numbers_are_above_0(option):
    known = dict.fromkeys(("haploid_number", "ploidy", "sex", "genome_size")) | {option: 0}
    with pytest.raises(InputError, match="above 0"):
        expected(**known)
