"""The truth check finds what was planted, and nothing in what is right."""

import gzip
import json

import numpy as np
import pytest

import assembly_truth
from linnaea.base.errors import InputError
from linnaea.simulate.haplotypes import Variant, apply_variants
from linnaea.simulate.output import vcf_lines, write_fasta, write_lines
from linnaea.simulate.sequence import decode, encode, random_sequence
from linnaea.truth import assembly as known

SIZE = 80_000
TELOMERE = 600


def tandem(start: bool) -> np.ndarray:
    motif = encode("CCCTAA") if start else encode("TTAGGG")
    return np.resize(motif, TELOMERE)


@pytest.fixture(scope="module")
def species():
    """Two haplotypes of one chromosome: substitutions, indels, and 2 kb that haplotype 2 lacks."""
    rng = np.random.default_rng(4)
    first = random_sequence(rng, SIZE, 0.4)
    first[:TELOMERE], first[-TELOMERE:] = tandem(True), tandem(False)
    variants = [Variant(40_000, 42_000, first[:0], "deletion")]
    for start in range(1_000, SIZE - 1_000, 250):
        if not 39_500 < start < 42_500:
            if start % 1000:
                new = (first[start : start + 1] + 1) % 4
                variants.append(Variant(start, start + 1, new, "SNV"))
            else:
                variants.append(Variant(start, start + 3, first[:0], "deletion"))
    variants.sort(key=lambda variant: variant.start)
    return first, apply_variants(first, variants), variants


@pytest.fixture
def truth(species, tmp_path):
    first, second, variants = species
    folder = tmp_path / "truth"
    folder.mkdir()
    write_fasta(folder / "haplotype1.fasta", [("chrX", first)])
    write_fasta(folder / "haplotype2.fasta", [("chrY", second)])
    write_lines(folder / "variants.vcf", vcf_lines({"chrX": first}, {"chrX": variants}))
    foreign = random_sequence(np.random.default_rng(9), 12_000, 0.6)
    write_fasta(folder / "contaminant.fasta", [("contaminant", foreign)])
    facts = {
        "ploidy": 2,
        "chromosomes_bp": {"chrX": SIZE},
        "homologues": {"chrX": "chrY"},
        "haplotype_sizes_bp": [first.size, second.size],
        "heterozygosity_pct": 0.4,
        "kmer_profile": {"21": {"heterozygosity_pct": 0.45, "repeat_share_pct": 10.0}},
        "extra_sequences_bp": {"contaminant": 12_000},
        "telomeres": [{"sequence": "chrX", "end": end, "length_bp": TELOMERE} for end in ("start", "end")],
    }
    (folder / "truth.json").write_text(json.dumps(facts))
    return folder


def mosaic(species, block=7) -> np.ndarray:
    """A contig that goes from one haplotype to the other every few variants, right everywhere."""
    first, _, variants = species
    return apply_variants(first, [v for i, v in enumerate(variants) if i // block % 2])


def judge(truth, tmp_path, *contigs):
    path = tmp_path / "contigs.fa"
    write_fasta(path, [(f"ctg{i}", codes) for i, codes in enumerate(contigs, 1)])
    return known.assembly_truth(known.read_truth(truth), path, 1)


def test_a_mosaic_of_both_haplotypes_has_no_error(species, truth, tmp_path):
    for block in (1, 7):
        record = judge(truth, tmp_path, mosaic(species, block))
        assert record["contig_differences"] == 0
        assert record["close_switches"] == 0
        assert record["unaligned_bp"] < 10
        assert record["qv_phred"] == pytest.approx(10 * np.log10(2 * record["aligned_bp"]))
        assert record["chromosomes"][0]["covered_pct"] == pytest.approx(100, abs=0.01)
        assert record["chromosomes"][0]["contigs"] == 1


def planted(codes: np.ndarray) -> tuple[np.ndarray, int]:
    """Errors of every kind away from variants: 10 substitutions, 6 indels of 1 to 25 bp, a run cut."""
    codes = codes.copy()
    for position in range(5_100, 15_100, 1_000):
        codes[position] = (codes[position] + 2) % 4
    edits = [Variant(at, at + size, codes[:0], "deletion") for at, size in
             ((20_100, 1), (22_100, 4), (24_100, 25))]  # fmt: skip
    extra = np.array([0, 2, 1, 3, 0, 1, 2, 2] * 3, np.uint8)
    edits += [Variant(at, at, extra[:size], "insertion") for at, size in
              ((26_100, 1), (28_100, 5), (30_100, 24))]  # fmt: skip
    runs = np.flatnonzero(np.diff(codes[32_000:36_000]) == 0) + 32_000
    run = next(at for at in runs if at % 250 > 30 and at % 250 < 200 and codes[at] == codes[at + 2])
    edits.append(Variant(int(run), int(run) + 1, codes[:0], "deletion"))
    return apply_variants(codes, edits), 10 + len(edits)


@pytest.mark.parametrize("turned", [False, True])
def test_planted_errors_are_counted_once_each(species, truth, tmp_path, turned):
    contig, errors = planted(mosaic(species))
    contig = (3 - contig)[::-1] if turned else contig
    record = judge(truth, tmp_path, contig)
    assert record["contig_differences"] == errors
    assert record["qv_phred"] == pytest.approx(-10 * np.log10(errors / record["aligned_bp"]))


def test_a_switch_within_a_kmer_is_counted_apart(species, truth, tmp_path):
    first, _, variants = species
    near = [v for v in variants if v.start < 39_000 and v.kind == "SNV"]
    # The truth gets second sites 12 bp and 40 bp behind two of the old ones.
    at, far = near[20].start, near[60].start
    new = [Variant(p, p + 1, (first[p : p + 1] + 1) % 4, "SNV") for p in (at + 12, far + 40)]
    variants = sorted([*variants, *new], key=lambda v: v.start)
    write_fasta(truth / "haplotype2.fasta", [("chrY", apply_variants(first, variants))])
    contig = apply_variants(first, new)
    record = judge(truth, tmp_path, contig)
    assert (record["contig_differences"], record["close_switches"]) == (0, 1)
    assert record["qv_phred"] == pytest.approx(10 * np.log10(record["aligned_bp"]))


def test_an_error_on_a_heterozygous_site_counts(species, truth, tmp_path):
    first, _, variants = species
    site = next(v for v in variants if v.kind == "SNV")
    contig = first.copy()
    neither = ({0, 1, 2, 3} - {int(first[site.start]), int(site.alternative[0])}).pop()
    contig[site.start] = neither
    assert judge(truth, tmp_path, contig)["contig_differences"] == 1


def test_coverage_counts_what_is_missing_but_not_the_other_allele(species, truth, tmp_path):
    first, second, _ = species
    record = judge(truth, tmp_path, first[2_000:30_000], first[33_000:])
    (row,) = record["chromosomes"]
    assert row["covered_pct"] == pytest.approx(100 * (SIZE - 5_000) / SIZE, abs=0.05)
    assert row["contigs"] == 2
    # Haplotype 2 lacks 2 kb of haplotype 1: a contig of it alone is still complete.
    (row,) = judge(truth, tmp_path, second)["chromosomes"]
    assert row["covered_pct"] == pytest.approx(100, abs=0.01)


def test_foreign_contigs_are_told_apart(species, truth, tmp_path):
    rng = np.random.default_rng(77)
    foreign = encode(known.read_fasta(truth / "contaminant.fasta")["contaminant"])
    record = judge(truth, tmp_path, species[0], foreign, random_sequence(rng, 9_000, 0.5))
    assert record["contigs_of"] == {"contaminant": 1}
    assert record["unplaced_contigs"] == 1
    assert record["contig_differences"] == 0


def test_telomeres_present_follow_the_contigs(species, truth, tmp_path):
    first = species[0]
    turned = (3 - first[40_000:])[::-1]
    record = judge(truth, tmp_path, first[:30_000], turned)
    assert record["telomeres_present"] == [("ctg1", "start"), ("ctg2", "start")]
    record = judge(truth, tmp_path, first[TELOMERE - 20 :])
    assert record["telomeres_present"] == [("ctg1", "end")]
    table = tmp_path / "table.tsv"
    table.write_text("sequence\ttelomere_start_bp\ttelomere_end_bp\nctg1\t0\t0\nctg2\t500\t90\n")
    found = known.telomere_check([("ctg1", "start"), ("ctg2", "start")], table)
    assert found == {
        "present": 2, "found": 1, "missed": [["ctg1", "start"]], "false": [["ctg2", "end"]]
    }  # fmt: skip


def turned(codes: np.ndarray) -> np.ndarray:
    return (3 - codes)[::-1]


@pytest.mark.parametrize(
    ("parts", "misjoins"),
    [
        ([(0, 30, 1), (30, 60, 1), (60, 80, 1)], 0),
        ([(0, 30, 1), (60, 80, 1), (30, 60, 1)], 1),  # order: the last step alone goes back
        ([(0, 30, 1), (30, 60, -1), (60, 80, 1)], 2),
        ([(60, 80, -1), (30, 60, -1), (0, 30, -1)], 0),
        ([(30, 60, -1), (60, 80, -1)], 1),
    ],
)
def test_order_and_orientation_of_scaffolds(species, truth, tmp_path, parts, misjoins):
    first = species[0]
    pieces = [first[a * 1000 : b * 1000] for a, b, _ in parts]
    pieces = [piece if way > 0 else turned(piece) for piece, (*_, way) in zip(pieces, parts, strict=True)]
    scaffold = ("N" * 200).join(decode(piece).decode() for piece in pieces)
    (tmp_path / "contigs.fa").write_text(f">scaffold_1\n{scaffold}\n")
    record = known.assembly_truth(known.read_truth(truth), tmp_path / "contigs.fa", 1)
    assert len(record["misjoins"]) == misjoins
    whole = not misjoins and sum(b - a for a, b, _ in parts) == 80
    assert record["chromosomes_restored"] == (["chrX"] if whole else [])


def test_a_chromosome_of_the_second_haplotype_alone_is_known(species, truth, tmp_path):
    rng = np.random.default_rng(8)
    own = random_sequence(rng, 40_000, 0.4)
    second = known.read_fasta(truth / "haplotype2.fasta")
    write_fasta(
        truth / "haplotype2.fasta", [*((name, encode(text)) for name, text in second.items()), ("chrW", own)]
    )
    facts = json.loads((truth / "truth.json").read_text())
    (truth / "truth.json").write_text(json.dumps(facts | {"unpaired_bp": {"chrW": 40_000}}))
    record = judge(truth, tmp_path, species[0], own[:39_000])
    assert [row["chromosome"] for row in record["chromosomes"]] == ["chrX", "chrW"]
    assert record["chromosomes"][1]["covered_pct"] == pytest.approx(97.5, abs=0.01)
    assert record["chromosomes_restored"] == ["chrW", "chrX"]
    chimera = judge(truth, tmp_path, np.concatenate([species[0], own]))
    assert [(one["from"], one["to"]) for one in chimera["misjoins"]] == [("chrX", "chrW")]
    assert chimera["chromosomes_restored"] == []


def test_adapter_recall_and_precision(tmp_path):
    with gzip.open(tmp_path / "reads.tsv.gz", "wt") as handle:
        handle.write("read\tadapter\n")
        handle.writelines(f"r{i}\t{'inside' if i < 10 else 'none'}\n" for i in range(100))
    (tmp_path / "found.txt").write_text("".join(f"r{i}\n" for i in [*range(8), 50, 51]))
    found = known.adapter_check(tmp_path, tmp_path / "found.txt")
    assert found["recall_pct"] == pytest.approx(80)
    assert found["precision_pct"] == pytest.approx(80)


def test_script_writes_record_and_table_and_is_strict_when_asked(species, truth, tmp_path):
    contig, _ = planted(species[0])
    write_fasta(tmp_path / "contigs.fa", [("ctg1", contig)])
    profile = {"id": "x", "step": "genome_profile", "kmer_size": 21, "haploid_size_bp": 82_000}
    profile |= {"heterozygosity_pct": 0.42, "repeat_share_pct": 14.0}
    (tmp_path / "profile.json").write_text(json.dumps(profile))
    evaluation = {"id": "x", "step": "kmer_evaluation", "haplotypes": []}
    evaluation["haplotypes"] = [{"haplotype": "primary", "qv_phred": 36.4}]
    (tmp_path / "kmers.json").write_text(json.dumps(evaluation))
    options = ["--id", "x", "--truth", str(truth), "--assembly", str(tmp_path / "contigs.fa")]
    options += ["--profile", str(tmp_path / "profile.json"), "--table", str(tmp_path / "t.tsv")]
    options += ["--kmer-evaluation", str(tmp_path / "kmers.json"), "--out", str(tmp_path / "t.json")]
    assert assembly_truth.main(options) == 0
    record = json.loads((tmp_path / "t.json").read_text())
    verdicts = {row["check"]: row["passed"] for row in record["checks"]}
    assert verdicts == {
        "chrX covered by contigs": True,
        "chrX contigs": True,
        "misjoins": True,
        "k-mer QV": False,
        "difference of k-mer QV from QV by alignment": True,
        "error of estimated haploid size": True,
        "error of estimated heterozygosity": True,
        "error of estimated repeat share": False,
    }
    assert (tmp_path / "t.tsv").read_text().count("\n") == 9
    assert assembly_truth.main([*options, "--scaffolded"]) == 0
    rows = json.loads((tmp_path / "t.json").read_text())["checks"]
    assert [row["value"] for row in rows if row["check"] == "chromosomes restored"] == [1]
    with pytest.raises(InputError, match="k-mer QV, error of estimated repeat share"):
        assembly_truth.main([*options, "--strict"])
    with pytest.raises(InputError, match="truth"):
        assembly_truth.main(["--id", "x", "--truth", str(tmp_path), "--out", str(tmp_path / "n.json")])
    assert not (tmp_path / "n.json").exists()


def qv_checks(**record):
    rows = {row["check"]: row["passed"] for row in known.checks(record)}
    return rows["difference of k-mer QV from QV by alignment"]


def test_a_perfect_haploid_agrees_with_the_truth():
    """No error, no heterozygosity, no repeat, no adapter: nothing of that may fail."""
    facts = {
        "haplotype_sizes_bp": [1000],
        "kmer_profile": {"21": {"heterozygosity_pct": 0.0, "repeat_share_pct": 0.0}},
    }  # fmt: skip
    estimates = {"kmer_size": 21, "haploid_size_bp": 1001, "heterozygosity_pct": 0.01}
    estimates["repeat_share_pct"] = 0.2
    adapters = {"reads_with_adapter": 0, "reads_found": 0, "recall_pct": None, "precision_pct": None}
    record = {
        "contig_differences": 0, "close_switches": 0, "qv_phred": 63.0, "kmer_qv_phred": 70.2,
        "kmer_qv_is_lower_bound": True, "profile": known.profile_check(facts, estimates),
        "adapters": adapters,
    }  # fmt: skip
    assert [row["check"] for row in known.checks(record) if not row["passed"]] == []
    # what there is not must not be seen either
    estimates |= {"heterozygosity_pct": 0.4, "repeat_share_pct": 9}
    record["profile"] = known.profile_check(facts, estimates)
    record["adapters"] = adapters | {"reads_found": 5, "precision_pct": 0.0}
    failed = {row["check"] for row in known.checks(record) if not row["passed"]}
    assert failed == {
        "estimated heterozygosity, true value 0", "estimated repeat share, true value 0",
        "adapter precision",
    }  # fmt: skip


def test_qv_by_kmers_is_compared_with_that_by_alignment():
    errors = {"contig_differences": 9, "close_switches": 0, "qv_phred": 50.0}
    assert qv_checks(**errors, kmer_qv_phred=51.9) and qv_checks(**errors, kmer_qv_phred=48.1)
    assert not qv_checks(**errors, kmer_qv_phred=52.5) and not qv_checks(**errors, kmer_qv_phred=47.5)
    perfect = {"contig_differences": 0, "close_switches": 0, "qv_phred": 63.0}
    # k-mers that the reads lack, though the assembly has no error
    assert not qv_checks(**perfect, kmer_qv_phred=55.0, kmer_qv_is_lower_bound=False)
    assert qv_checks(**perfect, kmer_qv_phred=60.0, kmer_qv_is_lower_bound=True)


@pytest.mark.parametrize("bound", [True, False])
def test_a_bound_is_marked_and_a_difference_is_no_quality(bound):
    record = {"kmer_qv_phred": 62.1, "kmer_qv_is_lower_bound": bound, "qv_phred": 64.8}
    quality, apart = known.checks(record)
    assert (quality["unit"], quality["lower_bound"]) == ("phred", bound)
    assert (apart["unit"], "lower_bound" in apart) == ("Phred", False)
