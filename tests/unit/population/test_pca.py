import json
import subprocess

import allel
import msprime
import numpy as np
import pytest
from population_data import site_block, split_blocks, tree_genotypes, write_vcf

import pca
from linnaea.population.genotypes import Dosages, dosages
from linnaea.population.ld_decay import r_squared
from linnaea.population.pca import (
    Covariance,
    PlinkWriter,
    component_names,
    component_rows,
    eigenvalue_rows,
    pruned_sites,
    usable_sites,
)

NAMES = [f"s{number}" for number in range(12)]


@pytest.fixture(scope="module")
def block():
    """Six diploids of each of two populations, some genotypes missing."""
    demography = msprime.Demography.isolated_model([1000, 1000])
    demography.add_population(name="old", initial_size=1000)
    demography.add_population_split(time=500, derived=["pop_0", "pop_1"], ancestral="old")
    ts = msprime.sim_ancestry(
        {"pop_0": 6, "pop_1": 6},
        sequence_length=1e6,
        recombination_rate=1e-7,
        demography=demography,
        random_seed=2,
    )
    ts = msprime.sim_mutations(ts, rate=3e-7, model=msprime.BinaryMutationModel(), random_seed=3)
    genotypes, position = tree_genotypes(ts)
    rng = np.random.default_rng(1)
    genotypes[rng.random(genotypes.shape[:2]) < 0.03] = -1
    return site_block(genotypes, position)


def stream(block, *cuts):
    return (dosages(part) for part in split_blocks(block, *cuts))


def test_r_squared_is_the_correlation_of_shared_genotypes():
    rng = np.random.default_rng(1)
    first, second = rng.integers(-1, 3, (5, 30)), rng.integers(-1, 3, (4, 30))
    ours, number = r_squared(first, second)
    for i, x in enumerate(first):
        for j, y in enumerate(second):
            both = (x >= 0) & (y >= 0)
            assert number[i, j] == both.sum()
            assert ours[i, j] == pytest.approx(np.corrcoef(x[both], y[both])[0, 1] ** 2)
    complete = np.maximum(first, 0).astype(np.int8)
    # scikit-allel's Rogers & Huff r, in float32.
    expected = allel.rogers_huff_r_between(complete, np.maximum(second, 0).astype(np.int8)) ** 2
    assert r_squared(complete, np.maximum(second, 0))[0] == pytest.approx(expected, abs=1e-5)
    assert np.isnan(r_squared(np.zeros((1, 5), int), np.array([[0, 1, 2, 0, 1]]))[0]).all()


def test_pruning_leaves_no_linked_pair_and_leaves_out_only_linked_sites(block):
    usable = list(usable_sites(stream(block)))
    (sites,) = usable
    left = list(pruned_sites(iter(usable), 50_000, 0.2))
    position = np.concatenate([part.position for part in left])
    dosage = np.concatenate([part.dosage for part in left])
    r2, number = r_squared(sites.dosage, dosage)
    distance = sites.position[:, None] - position[None, :]
    linked = (r2 - 1 / number > 0.2) & (distance > 0) & (distance <= 50_000)
    kept = np.isin(sites.position, position)
    assert not linked[kept].any()
    assert linked[~kept].any(axis=1).all()
    assert 20 < kept.sum() < 0.5 * kept.size


def test_pruning_does_not_depend_on_blocks_or_batches(block):
    whole = np.concatenate([part.position for part in pruned_sites(usable_sites(stream(block)))])
    pieces = pruned_sites(usable_sites(stream(block, 3, 100, 777)), batch=37)
    assert np.concatenate([part.position for part in pieces]).tolist() == whole.tolist()


def test_sites_are_chosen_by_frequency_and_missing_share():
    sites = Dosages(
        "1",
        np.arange(4),
        np.array([[0, 0, 0, 1], [0, 0, 0, 0], [1, -1, -1, 0], [2, 1, 0, -1]], np.int8),
        np.zeros((4, 2), np.uint8),
    )
    (left,) = usable_sites([sites], min_maf=0.2, max_missing=0.25)
    assert left.position.tolist() == [3]


def test_components_are_those_of_scikit_allel(block):
    dosage = np.concatenate([part.dosage for part in stream(block)])
    dosage = dosage[(dosage >= 0).all(axis=1)]
    dosage = dosage[(dosage > 0).any(axis=1) & (dosage < 2).any(axis=1)]
    covariance = Covariance(12)
    covariance.add(dosage[:100])
    covariance.add(dosage[100:])
    ours, values = covariance.components(4)
    # Of whole numbers it would compute in half precision.
    theirs, model = allel.pca(dosage.astype(float), n_components=4, scaler="patterson")
    assert values[:4] / values.sum() == pytest.approx(model.explained_variance_ratio_, rel=1e-9)
    for number in range(4):
        factor = np.sqrt(len(dosage)) * np.sign(ours[:, number] @ theirs[:, number])
        assert ours[:, number] * factor == pytest.approx(theirs[:, number], rel=1e-6, abs=1e-6)
    # The sign is fixed: the largest coordinate is positive.
    assert (ours[np.abs(ours).argmax(axis=0), np.arange(4)] > 0).all()


def test_missing_genotypes_are_at_the_mean():
    covariance = Covariance(3)
    covariance.add(np.array([[0, 2, -1], [1, 1, 1]], np.int8))
    # Only the first site varies: mean 1, p (1 - p) = 1/4.
    assert covariance.total == pytest.approx(np.array([[4, -4, 0], [-4, 4, 0], [0, 0, 0]]))
    assert covariance.missing.tolist() == [0, 0, 1]


def test_plink_reads_the_files_as_the_genotypes_written(block, tmp_path):
    (sites,) = stream(block)
    with PlinkWriter(tmp_path / "a", NAMES, dict.fromkeys(NAMES[:6], "north")) as writer:
        writer.add(Dosages("1", sites.position[:50], sites.dosage[:50], sites.alleles[:50]))
        writer.add(Dosages("2", sites.position[50:90], sites.dosage[50:90], sites.alleles[50:90]))
    command = [
        "plink2",
        "--bfile",
        str(tmp_path / "a"),
        "--export",
        "A-transpose",
        "--out",
        str(tmp_path / "b"),
    ]
    subprocess.run([*command, "--threads", "1", "--memory", "640"], check=True, capture_output=True)
    lines = [line.split("\t") for line in (tmp_path / "b.traw").read_text().splitlines()]
    assert [name.split("_")[-1] for name in lines[0][6:]] == NAMES
    # plink2 counts the reference allele here.
    for line, dosage, position in zip(lines[1:], sites.dosage, sites.position, strict=False):
        assert (line[3], line[4], line[5]) == (str(position), "A", "C")
        assert [-1 if value == "NA" else 2 - int(value) for value in line[6:]] == dosage.tolist()
    assert len(lines) == 91


@pytest.fixture
def folder(tmp_path, block):
    write_vcf(tmp_path / "a.vcf", NAMES, split_blocks(block), {"chr1": 1_000_000})
    rows = [f"{name}\t{'north' if int(name[1:]) < 6 else 'south'}\n" for name in NAMES]
    (tmp_path / "samples.tsv").write_text("sample\tpopulation\n" + "".join(rows))
    return tmp_path


def run_script(folder, *options):
    names = {"--vcf": "a.vcf", "--samples": "samples.tsv", "--pca": "pca.tsv", "--eigenvalues": "e.tsv"}
    names |= {"--out": "r.json", "--plink": "pruned"}
    pca.main([part for key, value in names.items() for part in (key, str(folder / value))] + list(options))


def test_first_component_parts_the_populations(folder):
    run_script(folder)
    rows = [line.split("\t") for line in (folder / "pca.tsv").read_text().splitlines()]
    assert rows[0][:4] == ["sample", "group", "missing_share", "pc1"]
    assert [row[0] for row in rows[1:]] == sorted(NAMES)
    place = {group: [float(row[3]) for row in rows[1:] if row[1] == group] for group in ("north", "south")}
    assert max(place["north"]) < min(place["south"]) or max(place["south"]) < min(place["north"])
    record = json.loads((folder / "r.json").read_text())
    assert record["pruned_sites"] == len((folder / "pruned.bim").read_text().splitlines())
    shares = [float(line.split("\t")[2]) for line in (folder / "e.tsv").read_text().splitlines()[1:]]
    assert sum(shares) == pytest.approx(1, abs=1e-4)


def test_one_sample_has_no_component(folder):
    (folder / "samples.tsv").write_text("sample\ns1\n")
    run_script(folder)
    assert (folder / "pca.tsv").read_text() == "sample\tgroup\tmissing_share\tpc1\n"


def test_rows_of_components_have_a_value_per_column():
    coordinates = np.array([[0.5, -1.0], [0.25, 2.0]])
    rows = component_rows(["a", "b"], {"a": "north", "b": "south"}, np.array([0.0, 0.5]), coordinates)
    assert rows == [("a", "north", 0.0, 0.5, -1.0), ("b", "south", 0.5, 0.25, 2.0)]
    assert component_names(coordinates) == ["pc1", "pc2"]
    assert component_rows(["a"], {"a": "north"}, np.zeros(1), np.zeros((1, 0))) == []
    assert component_names(np.zeros((1, 0))) == ["pc1"]


def test_shares_of_eigenvalues_are_of_all_of_them():
    assert eigenvalue_rows(np.array([3.0, 1.0])) == [(1, 3.0, 0.75), (2, 1.0, 0.25)]
    assert eigenvalue_rows(np.zeros(0)) == []
