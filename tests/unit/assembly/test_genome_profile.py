"""Genome profiles of genomes whose truth is known, counted without the model under test."""

import json

import numpy as np
import pytest

import genome_profile as step
from linnaea.assembly.genome_profile import (
    PATTERNS,
    Known,
    copy_number_weights,
    find_organelles,
    find_peaks,
    pattern_shares,
    profile,
    read_histogram,
)
from linnaea.base.errors import InputError, run

pytestmark = pytest.mark.slow

K = 21


def kmers_of(sequence):
    words = np.zeros(len(sequence) - K + 1, np.uint64)
    for i in range(K):
        words = words << np.uint64(2) | sequence[i : len(sequence) - K + 1 + i].astype(np.uint64)
    return words


def random_genome(rng, size=600_000, duplicated=0.08, copies=20, family_bp=1200):
    """Unique sequence with a segment present twice and a family of many identical copies."""
    segment = rng.integers(0, 4, int(size * duplicated / 2), dtype=np.uint8)
    family = rng.integers(0, 4, family_bp, dtype=np.uint8)
    unique = rng.integers(0, 4, size - 2 * len(segment) - copies * family_bp, dtype=np.uint8)
    inserted = [family] * copies + [segment] * 2
    parts = np.array_split(unique, len(inserted) + 1)
    pieces = [parts[0]]
    for part, insert in zip(parts[1:], inserted, strict=True):
        pieces += [insert, part]
    return np.concatenate(pieces)


def haplotypes(rng, genome, ploidy, rates):
    """Copies of a genome; a share rates[i] of its sites has the allele pattern i + 1 of PATTERNS."""
    copies = np.tile(genome, (ploidy, 1))
    drawn, below = rng.random(len(genome)), 0.0
    for pattern, rate in zip(PATTERNS[ploidy][1:], rates, strict=True):
        sites = np.flatnonzero((drawn >= below) & (drawn < below + rate))
        below += rate
        alleles = np.repeat(np.arange(len(pattern)), pattern)
        for site in sites:
            copies[:, site] = (copies[:, site] + rng.permutation(alleles)) % 4
    return copies


def histogram_of(rng, copies, coverage, error_rate=0.003, overdispersion=0.2):
    """Multiplicities drawn for each distinct k-mer of the genome, plus k-mers with an error."""
    words = np.concatenate([kmers_of(copy) for copy in copies])
    _, numbers = np.unique(words, return_counts=True)
    mean = numbers * coverage / len(copies) * (1 - error_rate) ** K
    seen = rng.negative_binomial(mean / overdispersion, 1 / (1 + overdispersion))
    histogram = np.bincount(seen).astype(float)
    wrong = rng.poisson(len(words) * coverage / len(copies) * (1 - (1 - error_rate) ** K))
    histogram[0] = 0
    histogram[1] += 0.96 * wrong
    histogram[2] += 0.02 * wrong
    return np.round(histogram)


def repeat_share(genome):
    _, numbers = np.unique(kmers_of(genome), return_counts=True)
    return 1 - np.sum(numbers == 1) / numbers.sum()


@pytest.fixture(scope="module")
def genome():
    return random_genome(np.random.default_rng(1))


@pytest.mark.parametrize(
    ("coverage", "heterozygosity"),
    [(15, 0), (15, 0.005), (15, 0.02), (25, 0.001), (25, 0.01), (40, 0.005), (60, 0)]
    + [(60, 0.02), (100, 0.001), (100, 0.01)],
)
def test_diploid_truth_is_found(genome, coverage, heterozygosity):
    rng = np.random.default_rng(2)
    copies = haplotypes(rng, genome, 2, [heterozygosity])
    found = profile(histogram_of(rng, copies, coverage), K, Known(), "x")
    assert found["haploid_size_bp"] == pytest.approx(len(genome), rel=0.02)
    assert found["heterozygosity_pct"] == pytest.approx(100 * heterozygosity, rel=0.1, abs=0.01)
    assert found["repeat_share_pct"] == pytest.approx(100 * repeat_share(genome), rel=0.1)
    assert found["error_rate_pct"] == pytest.approx(0.3, rel=0.05)
    assert found["haploid_kmer_coverage"] == pytest.approx(coverage / 2 * 0.997**K, rel=0.01)
    assert (found["ploidy_model"], found["ploidy_hint"]) == (2, 2)
    assert found["model_fit_pct"] > 95
    no_peak = any("no heterozygous peak" in warning for warning in found["warnings"])
    assert no_peak == (heterozygosity == 0)


@pytest.fixture(scope="module")
def unique_genome():
    return np.random.default_rng(21).integers(0, 4, 300_000, dtype=np.uint8)


@pytest.mark.parametrize(
    ("coverage", "heterozygosity", "overdispersion", "error_rate"),
    [(12, 0.0001, 0.2, 0.003), (12, 0.03, 0.05, 0.002), (12, 0.06, 0.05, 0.002), (20, 0.025, 0.5, 0.01)]
    + [(36, 0.03, 0.05, 0.001), (36, 0.045, 1.5, 0.01), (36, 0.06, 0.2, 0.003), (100, 0.04, 1.5, 0.01)]
    + [(100, 0.0001, 0.2, 0.01), (100, 0.06, 0.2, 0.001)],
)
@pytest.mark.parametrize("repeats", [False, True])
def test_high_heterozygosity_is_no_doubled_genome(
    genome, unique_genome, repeats, coverage, heterozygosity, overdispersion, error_rate
):
    """Without repeats, a homozygous genome of twice the size has the same spectrum."""
    rng = np.random.default_rng(22)
    truth = genome if repeats else unique_genome
    copies = haplotypes(rng, truth, 2, [heterozygosity])
    histogram = histogram_of(rng, copies, coverage, error_rate, overdispersion)
    measured = profile(histogram, K, Known(), "x")
    assert measured["haploid_size_bp"] == pytest.approx(len(truth), rel=0.03)
    assert measured["heterozygosity_pct"] == pytest.approx(100 * heterozygosity, rel=0.1, abs=0.01)


def test_the_user_decides_between_fits_that_are_as_good(unique_genome):
    rng = np.random.default_rng(23)
    histogram = histogram_of(rng, haplotypes(rng, unique_genome, 2, [0.05]), 40)
    size = len(unique_genome)
    own = profile(histogram, K, Known(), "x")
    (other,) = own["alternatives"]
    assert own["haploid_size_bp"] == pytest.approx(size, rel=0.03)
    assert other["haploid_size_bp"] == pytest.approx(2 * size, rel=0.03)
    assert any("another fit is about as good" in w and "give `genome_size`" in w for w in own["warnings"])
    for known in (Known(size_bp=1.8 * size), Known(2, coverage=9.5)):
        doubled = profile(histogram, K, known, "x")
        assert doubled["haploid_size_bp"] == pytest.approx(2 * size, rel=0.03)
        assert doubled["heterozygosity_pct"] < 0.02
        assert doubled["alternatives"][0]["haploid_size_bp"] == own["haploid_size_bp"]
        assert any("of the input was used to choose" in w for w in doubled["warnings"])
    same = profile(histogram, K, Known(size_bp=0.9 * size), "x")
    assert same["haploid_size_bp"] == own["haploid_size_bp"]
    odd = profile(histogram, K, Known(size_bp=5 * size, coverage=90), "x")
    assert any("no fit has the k-mer coverage" in w for w in odd["warnings"])
    assert any("`genome_size` of the input is" in w for w in odd["warnings"])


def test_clear_spectrum_is_not_overruled_by_a_wrong_size(genome):
    rng = np.random.default_rng(24)
    histogram = histogram_of(rng, haplotypes(rng, genome, 2, [0.01]), 40)
    measured = profile(histogram, K, Known(size_bp=2 * len(genome)), "x")
    assert measured["haploid_size_bp"] == pytest.approx(len(genome), rel=0.02)
    assert measured["alternatives"] == []
    assert any("`genome_size` of the input is" in w for w in measured["warnings"])


@pytest.mark.parametrize(
    ("ploidy", "rates", "coverage"),
    [
        (4, [0.002, 0.03, 0.001, 0.0005], 60),
        (5, [0.01, 0.006, 0.003, 0.002, 0.001, 0.0005], 100),
        (6, [0.01, 0.006, 0.003, 0.003, 0.002, 0.001, 0.001, 0.0005, 0.0005, 0.0005], 120),
    ],
)
def test_given_ploidy_is_fitted(unique_genome, ploidy, rates, coverage):
    rng = np.random.default_rng(25)
    histogram = histogram_of(rng, haplotypes(rng, unique_genome, ploidy, rates), coverage)
    measured = profile(histogram, K, Known(ploidy), "x")
    assert measured["ploidy_model"] == ploidy
    assert measured["haploid_size_bp"] == pytest.approx(len(unique_genome), rel=0.02)
    # The patterns of neighbouring sites combine to finer ones, so the sum is a few percent high.
    assert measured["heterozygosity_pct"] == pytest.approx(100 * sum(rates), rel=0.1)
    assert measured["haploid_kmer_coverage"] == pytest.approx(coverage / ploidy * 0.997**K, rel=0.02)


@pytest.mark.parametrize(
    ("ploidy", "coverage", "between"), [(8, 120, 0.02), (8, 120, 0.002), (16, 240, 0.01)]
)
def test_size_above_the_models_comes_from_the_given_ploidy(unique_genome, ploidy, coverage, between):
    """Subgenomes of two copies each that differ at `between` of their sites, copies at 0.2 %."""
    rng = np.random.default_rng(26)
    copies = np.tile(unique_genome, (ploidy, 1))
    groups = [slice(i, i + 2) for i in range(0, ploidy, 2)] + [slice(i, i + 1) for i in range(ploidy)]
    for group in groups:
        rate = between if group.stop - group.start == 2 else 0.002
        sites = np.flatnonzero(rng.random(len(unique_genome)) < rate)
        copies[group, sites] = (copies[group, sites] + rng.integers(1, 4, sites.size)) % 4
    measured = profile(histogram_of(rng, copies, coverage), K, Known(ploidy), "x")
    assert measured["haploid_size_bp"] == pytest.approx(len(unique_genome), rel=0.03)
    assert measured["heterozygosity_pct"] is measured["ploidy_model"] is measured["ploidy_hint"] is None
    assert f"for ploidy {ploidy} the size is" in measured["warnings"][0]


@pytest.mark.parametrize("ploidy", [5, 7, 16])
def test_every_ploidy_of_the_input_has_a_profile(tmp_path, ploidy):
    """What the schema of the input takes, the step takes, also where the copies do not differ."""
    rng = np.random.default_rng(27)
    truth = random_genome(rng, 50_000, family_bp=300)
    histogram = histogram_of(rng, truth[None, :], 15 * ploidy)
    path, out = tmp_path / "h.txt", tmp_path / "o.json"
    path.write_text("".join(f"{i}\t{int(n)}\n" for i, n in enumerate(histogram) if i))
    command = ["--id", "x", "--histogram", str(path), "--kmer-size", "21", "--out", str(out)]
    assert step.main([*command, "--ploidy", str(ploidy), "--genome-size", "50000"]) == 0
    assert json.loads(out.read_text())["haploid_size_bp"] == pytest.approx(50_000, rel=0.1)


def test_reads_of_a_diploid_are_profiled():
    """Every k-mer of every read counted, errors where they fall: no distribution assumed."""
    rng = np.random.default_rng(3)
    truth = random_genome(rng, 250_000)
    words = []
    for copy in haplotypes(rng, truth, 2, [0.008]):
        circle = np.concatenate([copy, copy[:4000]])
        for start in rng.integers(0, len(copy), len(copy) * 18 // 4000):
            read = circle[start : start + 4000].copy()
            wrong = np.flatnonzero(rng.random(len(read)) < 0.001)
            read[wrong] = (read[wrong] + rng.integers(1, 4, len(wrong))) % 4
            words.append(kmers_of(read))
    _, numbers = np.unique(np.concatenate(words), return_counts=True)
    found = profile(np.bincount(numbers).astype(float), K, Known(2), "x")
    assert found["haploid_size_bp"] == pytest.approx(len(truth), rel=0.05)
    assert found["heterozygosity_pct"] == pytest.approx(0.8, rel=0.2)
    assert found["repeat_share_pct"] == pytest.approx(100 * repeat_share(truth), rel=0.2)
    assert found["error_rate_pct"] == pytest.approx(0.1, rel=0.1)


@pytest.mark.parametrize(("ploidy", "rates"), [(3, [0.01, 0.003]), (4, [0.01, 0.005, 0.002, 0.001])])
def test_polyploids_are_hinted_at_and_fitted(genome, ploidy, rates):
    rng = np.random.default_rng(4)
    copies = haplotypes(rng, genome, ploidy, rates)
    histogram = histogram_of(rng, copies, 20 * ploidy)
    found = profile(histogram, K, Known(), "x")
    assert (found["ploidy_model"], found["ploidy_hint"]) == (ploidy, ploidy)
    assert found["haploid_size_bp"] == pytest.approx(len(genome), rel=0.02)
    # Nearby sites of one pattern on different copies read as a finer pattern, in any such model.
    assert found["heterozygosity_pct"] == pytest.approx(100 * sum(rates), rel=0.1)
    as_diploid = profile(histogram, K, Known(2), "x")
    assert as_diploid["ploidy_model"] == 2
    assert any(f"hint: {ploidy}" in warning for warning in as_diploid["warnings"])


def test_haploid_and_diploid_agree_on_a_homozygous_sample(genome):
    rng = np.random.default_rng(5)
    histogram = histogram_of(rng, genome[None, :], 30)
    one, two = (profile(histogram, K, Known(ploidy), "x") for ploidy in (1, 2))
    assert one["haploid_size_bp"] == pytest.approx(two["haploid_size_bp"], rel=0.01)
    assert one["haploid_kmer_coverage"] == pytest.approx(2 * two["haploid_kmer_coverage"], rel=0.01)
    assert one["heterozygosity_pct"] == 0


def test_haploid_model_of_a_diploid_is_warned_of(genome):
    rng = np.random.default_rng(6)
    histogram = histogram_of(rng, haplotypes(rng, genome, 2, [0.01]), 50)
    assert any("heterozygous peak" in w for w in profile(histogram, K, Known(1), "x")["warnings"])


@pytest.mark.parametrize("copies", [3.4, 37])
def test_organelle_is_left_out(genome, copies):
    rng = np.random.default_rng(7)
    histogram = histogram_of(rng, haplotypes(rng, genome, 2, [0.005]), 40)
    organelle = np.bincount(rng.poisson(copies * 37.6, 16_000))
    both = np.zeros(max(len(histogram), len(organelle)))
    both[: len(histogram)] += histogram
    both[: len(organelle)] += organelle
    found = profile(both, K, Known(2), "x")
    assert found["haploid_size_bp"] == pytest.approx(len(genome), rel=0.02)
    assert found["high_copy"][0]["kmers"] == pytest.approx(16_000, rel=0.1)
    assert found["high_copy"][0]["copies_per_haploid_genome"] == pytest.approx(copies, rel=0.02)
    assert any("organelle" in warning for warning in found["warnings"])


def test_repeat_of_three_copies_is_no_organelle():
    """A long segment present three times peaks at three times the coverage, and counts."""
    rng = np.random.default_rng(12)
    segment = rng.integers(0, 4, 20_000, dtype=np.uint8)
    unique = rng.integers(0, 4, (3, 150_000), dtype=np.uint8)
    truth = np.concatenate([np.concatenate([part, segment]) for part in unique])
    found = profile(histogram_of(rng, haplotypes(rng, truth, 2, [0.0005]), 60), K, Known(2), "x")
    assert found["high_copy"] == []
    assert found["haploid_size_bp"] == pytest.approx(len(truth), rel=0.02)
    assert found["repeat_share_pct"] == pytest.approx(100 * repeat_share(truth), rel=0.1)


@pytest.mark.parametrize("exponent", [1, 2, 3, 4])
def test_repeats_that_thin_out_are_no_organelle(exponent):
    x = np.arange(1, 20_000)
    histogram = np.random.default_rng(1).poisson(1e6 * (100 / x) ** exponent).astype(float)
    assert find_organelles(np.append(0, histogram), 100) == []


def test_pattern_shares_follow_the_published_expansion():
    """Tetraploid: the five terms written out in GenomeScope 2.0's full model."""
    rates = np.array([0.01, 0.02, 0.005, 0.003])
    aaab, aabb, aabc, _ = rates
    aaaa = 1 - rates.sum()
    t = [q**K for q in (aaaa, aaaa + aaab, aaaa + aabb, aaaa + aaab + aabb + aabc)]
    published = [t[0], t[1] - t[0], t[2] - t[0], t[3] - t[1] - t[2] + t[0], 1 - t[3]]
    assert pattern_shares(4, rates, K) == pytest.approx(published, abs=1e-12)


def test_copy_number_weights_follow_the_published_expansion():
    """Diploid (Vurture et al. 2017) and triploid (Ranallo-Benavidez et al. 2020), with repeats."""
    d = 0.13
    same, differ = 0.99**K, 1 - 0.99**K
    weights, unique = copy_number_weights(2, np.array([0.01]), d, K)
    assert weights == pytest.approx(
        [
            2 * (1 - d) * differ + d * (2 * same * differ + 2 * differ**2),
            (1 - d) * same + d * differ**2,
            2 * d * same * differ,
            d * same**2,
        ]
    )
    assert unique == pytest.approx([2 * (1 - d) * differ, (1 - d) * same, 0, 0])
    aab, abc = 0.01, 0.004
    s0, within = (1 - aab - abc) ** K, (1 - abc) ** K
    s1, s2 = within - s0, 1 - within
    weights, _ = copy_number_weights(3, np.array([aab, abc]), d, K)
    ones = 2 * s0 * s1 + 4 * s0 * s2 + 2 * s1**2 + 6 * s1 * s2 + 4 * s2**2
    assert weights == pytest.approx(
        [
            (1 - d) * (s1 + 3 * s2) + d * ones,
            (1 - d) * s1 + d * s2**2,
            (1 - d) * s0 + 2 * d * s1 * s2,
            d * (2 * s0 * s2 + s1**2),
            2 * d * s0 * s1,
            d * s0**2,
        ]
    )


def test_capped_counters_and_missing_singletons_are_warned_of(genome):
    rng = np.random.default_rng(8)
    full = histogram_of(rng, haplotypes(rng, genome, 2, [0.005]), 40)
    capped = full[:256].copy()
    capped[255] += full[256:].sum()
    capped[1] = 0
    found = profile(capped, K, Known(2), "x")
    assert any("counted as 255" in warning for warning in found["warnings"])
    assert any("-ci1" in warning for warning in found["warnings"])
    assert found["error_rate_pct"] is None
    assert found["haploid_size_bp"] < profile(full, K, Known(2), "x")["haploid_size_bp"]


def test_too_thin_or_cut_histograms_are_refused(genome):
    rng = np.random.default_rng(9)
    copies = haplotypes(rng, genome, 2, [0.005])
    with pytest.raises(InputError, match="no coverage peak"):
        find_peaks(histogram_of(rng, copies, 2, error_rate=0.01), "thin.hist")
    with pytest.raises(InputError, match="no coverage peak"):
        find_peaks(np.array([0.0, 5e6, 3.0]), "errors.hist")
    with pytest.raises(InputError, match="ends at multiplicity 45"):
        profile(histogram_of(rng, copies, 40)[:46], K, Known(2), "cut.hist")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "empty"),
        ("1\t0\n2\t0\n", "empty"),
        ("1\t5\n2\tmany\n", "row 2: expected a multiplicity and a count"),
        ("1 5 6\n", "row 1"),
        ("2\t5\n1\t6\n", "row 2: multiplicities must ascend"),
        ("1\t-5\n", "row 1: multiplicities must ascend and counts must not be negative"),
        ("@HD\x00\xff\n", "row 1"),
    ],
)
def test_bad_histograms_are_named(tmp_path, capsys, content, message):
    path, out = tmp_path / "h.txt", tmp_path / "o.json"
    path.write_bytes(content.encode("latin-1"))
    command = ["--id", "x", "--histogram", str(path), "--kmer-size", "21", "--out", str(out)]
    assert run(lambda: step.main(command)) == 1
    error = capsys.readouterr().err
    assert message in error and str(path) in error
    assert not out.exists()


def test_jellyfish_style_gaps_and_blank_lines_are_read(tmp_path):
    path = tmp_path / "h.txt"
    path.write_text("1 7\n\n4 2\n")
    assert read_histogram(path).tolist() == [0, 7, 0, 0, 2]


def test_step_writes_the_record(tmp_path, genome):
    rng = np.random.default_rng(10)
    histogram = histogram_of(rng, haplotypes(rng, genome, 2, [0.005]), 40)
    path, out = tmp_path / "h.txt", tmp_path / "o.json"
    rows = (f"{i}\t{int(n)}" for i, n in enumerate(histogram) if i)
    path.write_text("\n".join(rows))
    command = ["--id", "sp1", "--histogram", str(path), "--kmer-size", "21", "--out", str(out)]
    assert step.main(command) == 0
    record = json.loads(out.read_text())
    assert (record["id"], record["step"], record["kmer_size"]) == ("sp1", "genome_profile", 21)
    shown = record["histogram"]
    assert shown["observed"] == [int(n) for n in histogram[1 : len(shown["observed"]) + 1]]
    assert {len(column) for column in shown.values()} == {len(shown["multiplicity"])}
    assert [peak["copies"] for peak in record["peaks"]] == [1, 2, 3, 4]
    assert [candidate["ploidy"] for candidate in record["candidates"]] == [1, 2, 3, 4]
