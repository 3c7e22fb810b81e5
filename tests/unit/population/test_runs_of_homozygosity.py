import json

import msprime
import numpy as np
import pytest

import runs_of_homozygosity
from linnaea.base.errors import InputError
from linnaea.population.runs_of_homozygosity import (
    LENGTH_CLASSES_BP,
    Bins,
    Model,
    callable_within,
    class_sizes,
    compared_samples,
    emissions,
    fit,
    forward_backward,
    outside_rate,
    outside_rates,
    read_bcftools,
    read_bins,
    read_counts,
    runs,
    transitions,
)
from linnaea.population.samples import Sample

pytestmark = pytest.mark.slow

LENGTH_BP = 5_000_000
BIN_BP = 1000


def child_of_full_sibs(seed):
    """Tree sequence of a child of full sibs, its autozygous tracts within the pedigree, and its two nodes."""
    pedigree = msprime.PedigreeBuilder(msprime.Demography.isolated_model([10_000]))
    founders = [pedigree.add_individual(time=2) for _ in range(2)]
    sibs = [pedigree.add_individual(time=1, parents=founders) for _ in range(2)]
    child = pedigree.add_individual(time=0, parents=sibs, is_sample=True)
    ts = msprime.sim_ancestry(
        initial_state=pedigree.finalise(LENGTH_BP),
        model="fixed_pedigree",
        recombination_rate=1e-7,
        random_seed=seed,
    )
    nodes = [int(node) for node in ts.individual(child).nodes]
    segments = ts.ibd_segments(within=nodes, store_segments=True)
    tracts = [(int(part.left), int(part.right)) for pair in segments for part in segments[pair]]
    ts = msprime.sim_ancestry(
        initial_state=ts, population_size=10_000, recombination_rate=1e-7, random_seed=seed + 1000
    )
    return msprime.sim_mutations(ts, rate=1e-7, random_seed=seed + 2000), tracts, nodes


def counted(ts, nodes, errors=0.0, missing=0.0):
    """Callable and heterozygous sites in bins, with false heterozygotes and missing sites at random."""
    rng = np.random.default_rng(4)
    genotypes = ts.genotype_matrix(samples=nodes)
    sites = ts.tables.sites.position[genotypes[:, 0] != genotypes[:, 1]].astype(int)
    called = rng.random(LENGTH_BP) >= missing
    sites = np.union1d(sites, np.flatnonzero(rng.random(LENGTH_BP) < errors))
    sites = sites[called[sites]]
    number = LENGTH_BP // BIN_BP
    bins = Bins(np.full(number, "chr1"), np.arange(number), BIN_BP)
    return bins, called.reshape(number, BIN_BP).sum(axis=1), np.bincount(sites // BIN_BP, minlength=number)


@pytest.fixture(scope="module")
def children():
    return [child_of_full_sibs(seed) for seed in (3, 5, 6, 7)]


def covered(tracts):
    mask = np.zeros(LENGTH_BP // 100, bool)
    for start, end in tracts:
        mask[start // 100 : end // 100] = True
    return mask


@pytest.mark.parametrize(("errors", "missing"), [(0.0, 0.0), (1e-4, 0.2)])
def test_tracts_of_a_pedigree_are_found(children, errors, missing):
    true_bp = found_bp = both_bp = 0
    shares = []
    for ts, tracts, nodes in children:
        bins, sites, heterozygous = counted(ts, nodes, errors, missing)
        _, inside = fit(bins, sites, heterozygous)
        found = [item for item in runs(bins, sites, heterozygous, inside) if item.length_bp >= 100_000]
        truth, ours = covered(tracts), covered([(item.start_bp, item.end_bp) for item in found])
        true_bp, found_bp, both_bp = (
            true_bp + truth.sum(),
            found_bp + ours.sum(),
            both_bp + (truth & ours).sum(),
        )
        shares.append((truth.mean(), sum(item.callable_bp for item in found) / sites.sum()))
    # The children differ: some have no tract, some many.
    assert min(truth for truth, _ in shares) < 0.05 < 0.3 < max(truth for truth, _ in shares)
    assert both_bp / true_bp > 0.95
    assert both_bp / found_bp > 0.95
    for truth, ours in shares:
        assert ours == pytest.approx(truth, abs=0.02)


def test_segments_give_the_posterior_of_a_plain_recursion():
    rng = np.random.default_rng(1)
    emission = rng.random((50, 2))
    model = Model(1e-3, 1e-5, 0.02, 0.1)
    steps = np.ones(50, int)
    steps[[0, 20]], steps[33] = 0, 7
    transition = transitions(steps, model)
    forward = np.zeros((50, 2))
    state = np.array([0.5, 0.5])
    for row in range(50):
        state = (state @ transition[row]) * emission[row]
        forward[row] = state = state / state.sum()
    backward = np.ones((50, 2))
    for row in range(48, -1, -1):
        backward[row] = transition[row + 1] @ (emission[row + 1] * backward[row + 1])
        backward[row] /= backward[row].sum()
    expected = forward * backward
    expected /= expected.sum(axis=1, keepdims=True)
    posterior, joint = forward_backward(emission, transition)
    assert posterior == pytest.approx(expected)
    assert joint.sum(axis=1) == pytest.approx(expected)


def test_steps_over_gaps_are_powers_of_one_step():
    model = Model(1e-3, 1e-5, 0.02, 0.1)
    one, five, new = transitions(np.array([1, 5, 0]), model)
    assert five == pytest.approx(np.linalg.matrix_power(one, 5))
    assert new == pytest.approx(np.array([[0.1, 0.02]] * 2) / 0.12)


def test_bins_without_callable_sites_say_nothing():
    likelihood = emissions(np.array([0, 1000]), np.array([0, 0]), Model(1e-3, 1e-5, 0.01, 0.01))
    assert likelihood[0] == pytest.approx([1, 1])
    # Outside: 1 / (1 + 1); inside: exp(-0.01), less the share of outliers.
    assert likelihood[1, 0] / likelihood[1, 1] == pytest.approx(0.5 / (0.999 * np.exp(-0.01) + 0.001 * 0.5))


def drawn(shape_bins, inside, seed=2):
    """Counts of a sample of 4 sites a kb outside and none inside."""
    rng = np.random.default_rng(seed)
    heterozygous = rng.poisson(4 * rng.exponential(size=shape_bins))
    heterozygous[inside] = 0
    return np.full(shape_bins, 1000), heterozygous


def test_runs_end_with_the_chromosome_and_cross_gaps_without_data():
    inside = np.zeros(3000, bool)
    inside[1800:2000] = True  # to the end of the first chromosome
    inside[2500:2700] = True
    sites, heterozygous = drawn(3000, inside)
    sites[2590:2610] = 0
    heterozygous[2590:2610] = 0
    bins = Bins(
        np.repeat(["chr1", "chr2"], [2000, 1000]), np.concatenate([np.arange(2000), np.arange(1000)]), 1000
    )
    _, chance = fit(bins, sites, heterozygous)
    found = [
        item
        for item in runs(bins, sites, heterozygous, chance, {"chr1": 1_999_500})
        if item.length_bp > 50_000
    ]
    assert [(item.chromosome, item.callable_bp) for item in found] == [
        ("chr1", pytest.approx(200_000, abs=8000)),
        ("chr2", pytest.approx(180_000, abs=8000)),
    ]
    assert found[0].end_bp == 1_999_500
    assert found[1].start_bp == pytest.approx(500_000, abs=4000)
    assert found[1].end_bp == pytest.approx(700_000, abs=4000)


def test_one_bin_of_false_sites_breaks_no_run():
    inside = np.zeros(3000, bool)
    inside[1000:1400] = True
    sites, heterozygous = drawn(3000, inside)
    heterozygous[1200] = 12
    bins = Bins(np.full(3000, "chr1"), np.arange(3000), 1000)
    _, chance = fit(bins, sites, heterozygous)
    assert (chance[1010:1390] > 0.5).all()


@pytest.fixture
def bins_file(tmp_path):
    inside = np.zeros(3000, bool)
    inside[1000:1400] = True
    arrays = {"chromosome": np.array(["chr1"] * 3000 + ["chrX"] * 10), "start_bp": np.r_[0:3000, 0:10] * 1000}
    for name, where, seed in (("kin", inside, 1), ("out", inside & False, 2), ("line", ~inside | inside, 3)):
        sites, heterozygous = drawn(3000, where, seed)
        arrays[f"callable/{name}"] = np.r_[sites, np.full(10, 1000)].astype(np.uint16)
        arrays[f"heterozygous/{name}"] = np.r_[heterozygous, np.zeros(10)].astype(np.uint16)
    np.savez(tmp_path / "bins.npz", **arrays)
    (tmp_path / "compartments.tsv").write_text("chrX\tX\n")
    return tmp_path / "bins.npz"


def table(path):
    lines = [line.split("\t") for line in path.read_text().splitlines()]
    return [dict(zip(lines[0], line, strict=True)) for line in lines[1:]]


def run_script(folder, *options):
    arguments = [
        "--bins",
        "bins.npz",
        "--compartments",
        "compartments.tsv",
        "--roh",
        "roh.tsv",
        "--froh",
        "froh.tsv",
    ]
    names = {"bins.npz", "compartments.tsv", "roh.tsv", "froh.tsv", "r.json", "bcftools.txt"}
    arguments += ["--out", "r.json", *options]
    runs_of_homozygosity.main([str(folder / item) if item in names else item for item in arguments])


def test_tables_keep_samples_without_runs_and_share_callable_autosomes(bins_file):
    folder = bins_file.parent
    (folder / "bcftools.txt").write_text("# x\nRG\tkin\tchr1\t1000001\t1300000\t300000\t50\t90.1\n")
    run_script(folder, "--bcftools", "bcftools.txt", "--length-classes", "100000,500000")
    rows = {row["sample"]: row for row in table(folder / "froh.tsv")}
    assert list(rows) == ["kin", "line", "out"]
    assert rows["kin"]["callable_autosomal_bp"] == "3000000"
    assert float(rows["kin"]["f_roh_min_100000bp"]) == pytest.approx(400 / 3000, abs=0.01)
    assert float(rows["kin"]["f_roh_min_500000bp"]) == 0
    assert float(rows["kin"]["f_roh_bcftools_min_100000bp"]) == pytest.approx(0.1)
    assert (
        rows["out"]["status"],
        rows["out"]["roh_count_min_100000bp"],
        rows["out"]["f_roh_min_100000bp"],
    ) == ("ok", "0", "0")
    # An inbred line among others: they tell what diversity it lacks.
    assert rows["line"]["status"] == "outside_from_others"
    assert float(rows["line"]["f_roh_min_500000bp"]) == pytest.approx(1, abs=0.01)
    tracts = table(folder / "roh.tsv")
    assert {row["sample"] for row in tracts} == {"kin", "line"}
    assert all(int(row["length_bp"]) == int(row["end_bp"]) - int(row["start_bp"]) for row in tracts)
    assert json.loads((folder / "r.json").read_text())["samples"]["out"]["runs"] == 0


def test_a_sample_without_diversity_is_compared_with_its_own_group(bins_file):
    folder = bins_file.parent
    (folder / "samples.tsv").write_text("sample\tpopulation\nkin\tnorth\nout\tnorth\nline\tsouth\n")
    run_script(folder, "--samples", str(folder / "samples.tsv"))
    rows = {row["sample"]: row for row in table(folder / "froh.tsv")}
    assert (rows["line"]["status"], rows["line"]["f_roh_min_500000bp"]) == ("no_diversity", "NA")
    assert rows["kin"]["status"] == "ok"


def test_a_lone_sample_without_diversity_is_not_called_inbred(tmp_path):
    np.savez(
        tmp_path / "bins.npz",
        chromosome=np.full(500, "1"),
        start_bp=np.arange(500) * 1000,
        **{"callable/a": np.full(500, 900), "heterozygous/a": np.zeros(500, int)},
    )
    (tmp_path / "compartments.tsv").write_text("")
    run_script(tmp_path)
    (row,) = table(tmp_path / "froh.tsv")
    assert (row["status"], row["f_roh_min_100000bp"], row["callable_autosomal_bp"]) == (
        "no_diversity",
        "NA",
        "450000",
    )


def test_almost_autozygous_sample_keeps_its_own_rate():
    inside = np.ones(5000, bool)
    inside[3000:3200] = False
    sites, heterozygous = drawn(5000, inside)
    bins = Bins(np.full(5000, "chr1"), np.arange(5000), 1000)
    assert outside_rate(bins, sites, heterozygous) == pytest.approx(4e-3, rel=0.4)
    assert outside_rates({"a": 4e-3, "b": 3e-3, "c": 1e-5}) == {
        "a": ("ok", None),
        "b": ("ok", None),
        "c": ("outside_from_others", pytest.approx(3.5e-3)),
    }


def test_callable_within_shares_bins_that_are_cut():
    bins = Bins(np.array(["a", "a", "b"]), np.array([0, 1, 0]), 1000)
    assert callable_within(bins, np.array([800, 600, 500]), [("a", 500, 1500), ("c", 0, 9)]) == pytest.approx(
        700
    )


def test_files_that_do_not_fit_are_refused(tmp_path):
    np.savez(tmp_path / "a.npz", chromosome=np.array(["1"]), start_bp=np.array([1500]))
    with pytest.raises(InputError, match=r"a\.npz: bins do not start at multiples of 1000 bp"):
        read_bins(tmp_path / "a.npz", 1000)
    np.savez(tmp_path / "b.npz", other=np.array([1]))
    with pytest.raises(InputError, match=r"b\.npz: not a file of sample bins"):
        read_bins(tmp_path / "b.npz", 1000)
    (tmp_path / "c.txt").write_text("ST\tx\n")
    with pytest.raises(InputError, match=r"c\.txt, row 1: not a region"):
        read_bcftools(tmp_path / "c.txt")


def test_only_samples_of_one_group_are_compared():
    def sample(name, population, outgroup=False):
        return Sample(name, population, population, "modern", ".", "unknown", None, None, outgroup, ".")

    table = [sample("a", "north"), sample("b", "south"), sample("c", "north"), sample("o", "north", True)]
    assert compared_samples(["a", "b", "c", "o", "x"], table) == [["a", "c"], ["b"], ["o"], ["x"]]
    assert compared_samples(["b", "a"], None) == [["b", "a"]]


def test_counts_are_of_the_chosen_bins():
    data = {"callable/a": np.array([9, 8, 7], np.uint8), "heterozygous/a": np.array([1, 2, 3], np.uint8)}
    callable_sites, heterozygous = read_counts(data, "a", np.array([True, False, True]))
    assert callable_sites.tolist() == [9, 7] and heterozygous.tolist() == [1, 3]
    assert callable_sites.dtype == heterozygous.dtype == np.int64


@pytest.mark.parametrize(
    ("text", "sizes"), [("5,70", (5, 70)), ("5,", (5,)), ("", LENGTH_CLASSES_BP), (None, LENGTH_CLASSES_BP)]
)
def test_classes_are_those_given_or_the_usual(text, sizes):
    assert class_sizes(text) == sizes
