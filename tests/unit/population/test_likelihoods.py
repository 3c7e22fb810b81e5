import gzip
import io
import json
import subprocess
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pysam
import pytest
from scipy.optimize import minimize

import admixture
import beagle_likelihoods
import likelihood_components
import likelihood_heterozygosity
from linnaea.base.errors import InputError
from linnaea.base.tables import read_table
from linnaea.population.likelihood_heterozygosity import (
    TripletHistogram,
    genotype_shares,
    heterozygosity_rows,
    read_triplets,
    site_triplets,
)
from linnaea.population.likelihood_sites import allele_count_likelihoods
from linnaea.population.likelihood_spectrum import spectrum_by_em
from linnaea.population.likelihoods import header_samples

pytestmark = pytest.mark.slow

ERROR = 0.01


def phred(genotypes, depth, rng):
    """Integer PL (..., 3) of genotypes (...) seen by a Poisson number of reads with one error in a
    hundred.
    """
    reads = rng.poisson(depth, genotypes.shape)
    chance = np.array([ERROR, 0.5, 1 - ERROR])
    alternate = rng.binomial(reads, chance[genotypes])
    logs = alternate[..., None] * np.log10(chance) + (reads - alternate)[..., None] * np.log10(1 - chance)
    levels = np.rint(-10 * logs)
    return np.minimum(levels - levels.min(axis=-1, keepdims=True), 255).astype(int)


@pytest.fixture(scope="module")
def sample():
    """400,000 sites at 3x, of which 0.5 % are heterozygous and 0.3 % homozygous for the alternate."""
    rng = np.random.default_rng(11)
    genotypes = rng.choice(3, 400_000, p=[0.992, 0.005, 0.003])
    return genotypes, phred(genotypes, 3, rng)


def histogram_of(levels):
    histogram = TripletHistogram()
    histogram.add(levels, np.ones(len(levels), int), np.zeros(len(levels), bool))
    return histogram


def test_heterozygosity_at_three_reads_is_the_true_one(sample):
    genotypes, levels = sample
    share, error = genotype_shares(*histogram_of(levels).likelihoods())
    true = (genotypes == 1).mean()
    assert error < 0.05 * true
    assert share[1] == pytest.approx(true, abs=2.5 * error)
    # What the likeliest genotypes alone would say is far off: at 3x one false read makes a heterozygote.
    assert abs((levels.argmin(axis=1) == 1).mean() - true) > 50 * error


def test_shares_and_error_are_those_of_a_numerical_maximum(sample):
    likelihoods, sites = histogram_of(sample[1]).likelihoods()
    share, error = genotype_shares(likelihoods, sites)

    def cost(free):
        return -(sites @ np.log(likelihoods @ np.array([1 - free.sum(), *free])))

    free = minimize(cost, [0.004, 0.004], method="Nelder-Mead", options={"xatol": 1e-9, "fatol": 1e-6}).x
    assert share[1:] == pytest.approx(free, rel=1e-3)
    step = 1e-5
    shift = np.array([[step, 0], [0, step]])
    hessian = np.array(
        [
            [cost(free + a + b) - cost(free + a - b) - cost(free - a + b) + cost(free - a - b) for b in shift]
            for a in shift
        ]
    ) / (4 * step**2)
    assert error == pytest.approx(np.sqrt(np.linalg.inv(hessian)[0, 0]), rel=0.01)


def test_histogram_keeps_every_site_and_leaves_out_those_without_data():
    histogram = TripletHistogram()
    histogram.add(
        np.array([[0, 30, 400], [12, 0, 7], [9, 8, 0], [0, 0, 0], [5, 35, 405]]),
        np.array([3, 1, 2, 50, 4]),
        np.array([False, False, True, False, False]),
    )
    likelihoods, sites = histogram.likelihoods()
    found = {
        tuple(np.rint(-10 * np.log10(row)).astype(int)): int(n)
        for row, n in zip(likelihoods, sites, strict=True)
    }
    assert found == {(0, 30, 255): 7, (12, 0, 7): 1, (9, 8, 0): 2}
    weighted = dict(zip(sites.tolist(), histogram.likelihoods(1.5)[0], strict=True))
    assert weighted[2].tolist() == pytest.approx([10**-0.9, 1.5 * 10**-0.8, 1.5])
    assert weighted[7][1] == pytest.approx(10**-3)
    share, error = genotype_shares(np.zeros((0, 3)), np.zeros(0, int))
    assert np.isnan(share).all() and np.isnan(error)


def test_transitions_are_no_variation_of_transversions():
    # Genotypes of C, T, <*>: CC CT TT C* T* **; T for C is what damage makes.
    everything, transversions = site_triplets(b"C", [b"T", b"<*>"], [40, 0, 50, 60, 70, 90])
    assert (everything, transversions) == ((40, 0, 50), (0, 60, 90))
    assert site_triplets(b"C", [b"A", b"<*>"], [40, 0, 50, 60, 70, 90])[1] == (40, 0, 50)
    assert site_triplets(b"G", [b"<*>"], [0, 3, 20])[1] == (0, 3, 20)
    # The transversion is the second alternate: C, T, A.
    assert site_triplets(b"C", [b"T", b"A"], [40, 0, 50, 10, 20, 30])[1] == (0, 10, 30)
    assert site_triplets(b"C", [b"CA"], [0, 1, 2]) is None
    assert site_triplets(b"C", [b"A"], [0, 1]) is None


TEXT = b"""chr1\t1\t100\tA\t<*>\t0,60,99
chr1\t101\t101\tC\tT,<*>\t40,0,50,60,70,90
chr1\t102\t102\tC\tG,<*>\t60,0,60,80,80,99
chr1\t103\t110\tA\t<*>\t.
chr1\t111\t111\tAC\tA\t0,9,60
chrX\t1\t500\tA\t<*>\t0,9,60
"""


def test_blocks_count_by_their_length():
    everything, transversions, counts = read_triplets(io.BytesIO(TEXT), "a", ["chrX"])
    assert {key: counts[key] for key in ("sites", "sites_without_likelihoods", "indel_rows")} == {
        "sites": 102, "sites_without_likelihoods": 8, "indel_rows": 1,
    }  # fmt: skip
    assert everything.counts.sum() == transversions.counts.sum() == 102
    assert everything.counts[0, 0, 60, 99] == 100
    with pytest.raises(InputError, match=r"a, row 1: expected chromosome"):
        read_triplets([b"chr1\t5\n"], "a")


def test_script_writes_both_rows(tmp_path, monkeypatch):
    monkeypatch.setattr("sys.stdin", SimpleNamespace(buffer=io.BytesIO(TEXT)))
    (tmp_path / "c.tsv").write_text("chrX\tX\n")
    arguments = [
        "--sample",
        "a",
        "--compartments",
        str(tmp_path / "c.tsv"),
        "--table",
        str(tmp_path / "h.tsv"),
    ]
    likelihood_heterozygosity.main([*arguments, "--out", str(tmp_path / "h.json")])
    rows = [line.split("\t") for line in (tmp_path / "h.tsv").read_text().splitlines()]
    assert [row[:4] for row in rows[1:]] == [
        ["a", "all", "genotype_likelihood_em", "102"],
        ["a", "transversions", "genotype_likelihood_em", "102"],
    ]
    # Two sure heterozygotes among 102 sites, one of them a transversion.
    assert float(rows[1][4]) == pytest.approx(2 / 102, rel=0.01)
    assert float(rows[2][4]) == pytest.approx(1 / 102, rel=0.02)
    assert json.loads((tmp_path / "h.json").read_text())["step"] == "likelihood_heterozygosity"


def damaged_reads(folder, length=300_000, depth=4, damaged=1 / 3, error_factor=1.0):
    """Reference and reads of a diploid with damage, and its true heterozygosity, all and of transversions.

    One site in a hundred is heterozygous; every third C of a read's first ten bases, and G of its last, is
    deaminated.
    """
    rng = np.random.default_rng(1)
    reference = rng.integers(0, 4, length)
    haplotypes = np.tile(reference, (2, 1))
    changed = np.flatnonzero(rng.random(length) < 0.01)
    other = (reference[changed] + rng.integers(1, 4, changed.size)) % 4
    haplotypes[rng.integers(0, 2, changed.size), changed] = other
    bases = np.frombuffer(b"ACGT", np.uint8)
    (folder / "r.fa").write_text(">chr1\n" + bases[reference].tobytes().decode() + "\n")
    header = {"HD": {"VN": "1.6", "SO": "coordinate"}, "SQ": [{"SN": "chr1", "LN": length}]}
    header["RG"] = [{"ID": "a", "SM": "a"}]
    with pysam.AlignmentFile(str(folder / "a.bam"), "wb", header=header) as out:
        for number, start in enumerate(np.sort(rng.integers(0, length - 50, depth * length // 50))):
            read = haplotypes[rng.integers(2), start : start + 50].copy()
            quality = rng.choice([20, 30, 37], 50, p=[0.1, 0.2, 0.7])
            wrong = rng.random(50) < error_factor * 10 ** (-quality / 10)
            read[wrong] = (read[wrong] + rng.integers(1, 4, wrong.sum())) % 4
            damage = rng.random(50) < damaged
            read[:10][(read[:10] == 1) & damage[:10]] = 3
            read[40:][(read[40:] == 2) & damage[40:]] = 0
            segment = pysam.AlignedSegment(out.header)
            segment.query_name, segment.reference_id, segment.reference_start = f"r{number}", 0, int(start)
            segment.query_sequence = bases[read].tobytes().decode()
            segment.query_qualities = pysam.qualitystring_to_array(
                "".join(chr(33 + value) for value in quality)
            )
            segment.cigarstring, segment.mapping_quality = "50M", 60
            segment.set_tag("RG", "a")
            out.write(segment)
    pysam.index(str(folder / "a.bam"))
    transversions = ((reference[changed] - other) % 2 != 0).sum()
    return changed.size / length, transversions / length


@pytest.mark.parametrize("blocks", [[], ["-g", "0,1,2,3,4,5,6,7,8,9,10,11,12"]])
def test_transversions_of_damaged_reads_by_bcftools_are_the_true_ones(tmp_path, blocks):
    true, true_transversions = damaged_reads(tmp_path)
    options = ["-f", str(tmp_path / "r.fa"), "-B", "-q", "20", "-Q", "13", "-a", "DP", *blocks, "-Ob"]
    call = ["bcftools", "mpileup", *options, "-o", str(tmp_path / "a.bcf"), str(tmp_path / "a.bam")]
    subprocess.run(call, check=True, capture_output=True)
    form = "%CHROM\t%POS\t%END\t%REF\t%ALT[\t%PL]\n"
    query = ["bcftools", "query", "-f", form, str(tmp_path / "a.bcf")]
    text = subprocess.run(query, check=True, capture_output=True).stdout
    everything, transversions, counts = read_triplets(io.BytesIO(text), "a")
    rows = heterozygosity_rows("a", (everything, transversions))
    assert counts["sites"] == pytest.approx(0.98 * 300_000, rel=0.01)
    # Damage makes heterozygotes, but no transversions.
    assert rows[0][4] > 1.3 * true
    assert rows[1][5] < 0.05 * true_transversions
    assert rows[1][4] == pytest.approx(true_transversions, abs=2.5 * rows[1][5])


@pytest.mark.parametrize(("error_factor", "damaged"), [(1, 0), (3, 0), (3, 0.1)])
def test_reads_that_err_more_than_they_state(tmp_path, error_factor, damaged):
    true, true_transversions = damaged_reads(tmp_path, 300_000, 2, damaged, error_factor)
    options = ["-f", str(tmp_path / "r.fa"), "-B", "-Q", "13", "-a", "AD,DP", "-g", "4,5", "-Ob"]
    call = ["bcftools", "mpileup", *options, "-o", str(tmp_path / "a.bcf"), str(tmp_path / "a.bam")]
    subprocess.run(call, check=True, capture_output=True)
    rows = {}
    for cell in ("%PL", "%PL:%DP:%AD"):
        form = f"%CHROM\t%POS\t%END\t%REF\t%ALT[\t{cell}]\n"
        query = ["bcftools", "query", "-i", "FMT/DP<=4", "-f", form, str(tmp_path / "a.bcf")]
        text = subprocess.run(query, check=True, capture_output=True).stdout
        everything, transversions, counts = read_triplets(io.BytesIO(text), "a")
        rows[cell] = heterozygosity_rows("a", (everything, transversions))
    assert counts["errors_corrected"] == (error_factor == 3)
    assert counts["error_factor"] == pytest.approx(
        error_factor, abs=4 * counts["error_factor_standard_error"], rel=0.1
    )
    kinds = [(1, true_transversions)] if damaged else [(0, true), (1, true_transversions)]
    for place, value in kinds:
        mended, trusted = rows["%PL:%DP:%AD"][place], rows["%PL"][place]
        # of few heterozygotes the factor is as uncertain as they are
        of_factor = value * counts["error_factor_standard_error"] / counts["error_factor"] / 3
        assert mended[4] == pytest.approx(value, abs=4 * np.hypot(mended[5], of_factor))
        if error_factor == 3:
            assert trusted[4] > value + 6 * trusted[5]


def group(rng, samples=4, sites=60_000):
    """Genotypes (sites, samples) with a neutral-like spectrum, and the true sites by allele count."""
    share = np.r_[0.95, 0.05 / np.arange(1, 2 * samples + 1) / (1 / np.arange(1, 2 * samples + 1)).sum()]
    count = rng.choice(2 * samples + 1, sites, p=share)
    order = rng.random((sites, 2 * samples)).argsort(axis=1)
    haplotypes = order < count[:, None]
    return haplotypes.reshape(sites, samples, 2).sum(axis=2), np.bincount(count, minlength=2 * samples + 1)


def test_spectrum_of_four_samples_at_four_reads():
    rng = np.random.default_rng(5)
    genotypes, true = group(rng)
    table = allele_count_likelihoods(10 ** (-phred(genotypes, 4, rng) / 10))
    ours = spectrum_by_em(table) * len(genotypes)
    error = np.sqrt(true.sum() * (true / true.sum()) * (1 - true / true.sum()))
    assert np.abs(ours - true).max() < 4 * error.max()
    assert ours[1:] == pytest.approx(true[1:], abs=5 * error[1:].max(), rel=0.15)
    assert ours[1] == pytest.approx(true[1], rel=0.1)


def test_likelihoods_of_counts_by_summing_over_genotypes():
    rng = np.random.default_rng(2)
    likelihoods = rng.random((1, 2, 3))
    sums = np.zeros(5)
    ways = np.array([1, 2, 1])
    for one in range(3):
        for two in range(3):
            sums[one + two] += ways[one] * ways[two] * likelihoods[0, 0, one] * likelihoods[0, 1, two]
    sums /= np.array([1, 4, 6, 4, 1])
    assert allele_count_likelihoods(likelihoods)[0] == pytest.approx(sums / sums.max())


def query_text(genotypes, levels, names, transition_every=0):
    lines = [
        "# [1]CHROM\t[2]POS\t[3]REF\t[4]ALT\t"
        + "\t".join(f"[{5 + n}]{name}:PL" for n, name in enumerate(names))
    ]
    for site, row in enumerate(levels):
        seen = (row.argmin(axis=1) > 0).any()
        alternate = ("G" if transition_every and site % transition_every == 0 else "C") if seen else "<*>"
        values = ["0,0,0" if not each.any() else ",".join(map(str, each)) for each in row]
        lines.append(f"chr1\t{site + 1}\tA\t{alternate}\t" + "\t".join(values))
    return ("\n".join(lines) + "\n").encode()


def test_pcangsd_reads_the_beagle_file_and_parts_two_groups(tmp_path, monkeypatch):
    rng = np.random.default_rng(8)
    frequency = np.clip(np.stack([rng.random(3000), rng.random(3000)]), 0.05, 0.95)
    genotypes = rng.binomial(2, np.repeat(frequency.T, 5, axis=1))
    names = [f"s{number}" for number in range(9, -1, -1)]
    text = query_text(genotypes, phred(genotypes, 3, rng), names, transition_every=3)
    (tmp_path / "s.tsv").write_text("sample\n" + "".join(f"{name}\n" for name in sorted(names)))
    monkeypatch.setattr("sys.stdin", SimpleNamespace(buffer=io.BytesIO(text)))
    files = {"--samples": "s.tsv", "--beagle": "a.beagle.gz", "--order": "o.txt", "--out": "b.json"}
    options = [part for key, name in files.items() for part in (key, str(tmp_path / name))]
    beagle_likelihoods.main([*options, "--transversions-only"])
    lines = gzip.decompress((tmp_path / "a.beagle.gz").read_bytes()).decode().splitlines()
    assert lines[0].split("\t")[:6] == ["marker", "allele1", "allele2", "s0", "s0", "s0"]
    assert all(line.split("\t")[1:3] == ["0", "1"] for line in lines[1:])
    assert 1900 < len(lines) - 1 == json.loads((tmp_path / "b.json").read_text())["sites"] <= 2000
    assert sum(map(float, lines[1].split("\t")[3:6])) == pytest.approx(1, abs=1e-5)
    assert (tmp_path / "o.txt").read_text().split() == sorted(names)
    command = [
        "pcangsd",
        "--beagle",
        str(tmp_path / "a.beagle.gz"),
        "--out",
        str(tmp_path / "p"),
        "--threads",
        "1",
    ]
    subprocess.run(command, check=True, capture_output=True)
    covariance = np.loadtxt(tmp_path / "p.cov")
    first = np.linalg.eigh(covariance)[1][:, -1]
    # Samples s5 to s9 are the first five columns.
    assert len(set(np.sign(first[:5]))) == 1 and len(set(np.sign(first[5:]))) == 1
    assert first[0] * first[9] < 0


def test_depth_is_no_component_of_one_population(tmp_path, monkeypatch):
    rng = np.random.default_rng(4)
    frequency = 0.05 * (0.9 / 0.05) ** rng.random(4000)
    genotypes = rng.binomial(2, np.repeat(frequency[:, None], 20, axis=1))
    depth = np.repeat([1, 8], 10)
    names = [f"s{number:02d}" for number in range(20)]
    text = query_text(genotypes, phred(genotypes, depth, rng), names)
    monkeypatch.chdir(tmp_path)
    Path("s.tsv").write_text("\n".join(["sample", *names]))
    monkeypatch.setattr("sys.stdin", SimpleNamespace(buffer=io.BytesIO(text)))
    options = "--samples s.tsv --beagle a.gz --order o.txt --out b.json"
    beagle_likelihoods.main(options.split())
    command = ["pcangsd", "--beagle", "a.gz", "--out", "p", "--threads", "1"]
    subprocess.run(command, check=True, capture_output=True)
    vectors = np.linalg.eigh(np.loadtxt("p.cov"))[1][:, :-3:-1]
    for component in vectors.T:
        assert abs(np.corrcoef(component, np.log(depth))[0, 1]) < 0.6
        assert abs(np.corrcoef(np.abs(component), np.log(depth))[0, 1]) < 0.7


@pytest.mark.parametrize(("sources", "fst", "depths"), [(2, 0.1, [1]), (3, 0.1, [2]), (3, 0.1, [1, 2, 4])])
def test_ancestry_from_likelihoods_is_the_simulated_one(tmp_path, monkeypatch, sources, fst, depths):
    rng = np.random.default_rng(5)
    sites, ancestral = 10_000, rng.uniform(0.1, 0.9, 10_000)
    shape = (1 - fst) / fst
    frequencies = rng.beta(ancestral * shape, (1 - ancestral) * shape, (sources, sites))
    true = np.concatenate([np.repeat(np.eye(sources), 8, axis=0), rng.dirichlet(np.ones(sources), 4)])
    genotypes = rng.binomial(2, np.clip(true @ frequencies, 0, 1).T)
    names = [f"s{number:02d}" for number in range(len(true))]
    text = query_text(genotypes, phred(genotypes, np.resize(depths, len(true)), rng), names)
    monkeypatch.chdir(tmp_path)
    Path("s.tsv").write_text("\n".join(["sample", *names]))
    monkeypatch.setattr("sys.stdin", SimpleNamespace(buffer=io.BytesIO(text)))
    options = "--samples s.tsv --beagle a.gz --order o.txt --out b.json"
    beagle_likelihoods.main(options.split())
    command = f"pcangsd --beagle a.gz --eig {sources - 1} --admix --admix-K {sources} --admix-seed 11 --out k"
    done = subprocess.run(command.split(), check=True, capture_output=True, text=True)
    Path(f"k.K{sources}.log").write_text(done.stdout)
    Path(f"k.admix.{sources}.Q").rename(f"k.K{sources}.Q")
    options = "--step likelihood_admixture --samples s.tsv --order o.txt --fits k --table t.tsv --out o.json"
    admixture.main(options.split())
    rows = read_table("t.tsv")
    assert {row["log_likelihood"] for row in rows} != {"NA"}
    found = np.zeros_like(true)
    for row in rows:
        found[names.index(row["sample"]), int(row["source"]) - 1] = float(row["proportion"])
    # sources are numbered by their first sample, here in the order of the simulation
    assert np.abs(found - true).mean() < 0.06
    assert np.abs(found - true).max() < 0.2


@pytest.mark.parametrize(
    ("samples", "sites", "reason"),
    [(2, 3000, "2 samples: fewer than 3"), (1, 9, "1 sample: fewer than 3"), (5, 0, "0 variable sites: "),
     (5, 99, "99 variable sites: fewer than 100"), (5, 100, None)],
)  # fmt: skip
def test_components_of_too_little_are_absent_with_the_reason(tmp_path, monkeypatch, samples, sites, reason):
    monkeypatch.chdir(tmp_path)
    rng = np.random.default_rng(2)
    genotypes = np.full((sites, samples), 2)
    names = [f"s{number}" for number in range(samples)]
    text = query_text(genotypes, phred(genotypes, 30, rng), names)
    Path("s.tsv").write_text("\n".join(["sample", *names]))
    Path("called.tsv").write_text("sample\n")
    monkeypatch.setattr("sys.stdin", SimpleNamespace(buffer=io.BytesIO(text)))
    options = "--samples s.tsv --beagle a.gz --order o.txt --out b.json"
    beagle_likelihoods.main(options.split())
    assert bool(Path("o.txt").read_text()) == (reason is None)
    np.savetxt("p.cov", np.eye(samples))
    options = "--samples s.tsv --called called.tsv --likelihoods b.json --covariance p.cov --order o.txt"
    likelihood_components.main([*options.split(), "--table", "t.tsv", "--out", "o.json"])
    rows = [line.split("\t") for line in Path("t.tsv").read_text().splitlines()]
    assert rows[0][:4] == ["sample", "group", "route", "pc1"]
    assert [row[:3] for row in rows[1:]] == ([] if reason else [[n, "all", "likelihoods"] for n in names])
    assert (json.loads(Path("o.json").read_text())["reason"] or "").startswith(reason or "")


def test_text_without_header_is_refused():
    assert header_samples(b"# [1]CHROM\t[2]POS\t[5]a.b:PL\t[6]c-d:PL\n", "x") == ["a.b", "c-d"]
    with pytest.raises(InputError, match="names no samples with PL; write the text with bcftools query -H"):
        header_samples(b"chr1\t1\tA\tC\t0,1,2\n", "x")
