"""Windows of diversity and divergence: against scikit-allel, brute force, with masks and missing calls."""

import json
from itertools import combinations
from pathlib import Path

import allel
import numpy as np
import pytest
from population_vcf import read_tsv, two_populations, write_table, write_vcf

import combine_regions
import scan_sites
from linnaea.base.errors import InputError
from linnaea.population.diversity import jackknife

SITES, WINDOW = 20_000, 5000
NAMES = [f"s{n:02d}" for n in range(12)]
GROUPS = {name: "north" if n < 5 else "south" for n, name in enumerate(NAMES)}
COLUMNS = {"north": list(range(5)), "south": list(range(5, 12))}
FILTERS_OFF = ["--max-missing", "1", "--excess-heterozygosity", "0"]


def tables(folder: Path, vcf: Path, samples: Path, *options: str) -> dict[str, list[dict[str, str]]]:
    """Scan a VCF and read the tables."""
    folder.mkdir(exist_ok=True)
    partial = str(folder / "x.npz")
    arguments = [str(vcf), "--samples", str(samples), "--out", partial, *options]
    if "--window-bp" not in options:
        arguments += ["--window-bp", str(WINDOW)]
    assert scan_sites.main(arguments) == 0
    assert combine_regions.main([partial, "--id", "x", "--out", str(folder)]) == 0
    found = {path.stem: read_tsv(path) for path in folder.glob("*.tsv")}
    found["funnel"] = json.loads((folder / "site_filters.json").read_text())
    return found


def dense(variants: np.ndarray, position: np.ndarray, sites: int = SITES) -> np.ndarray:
    """All sites from variants: (sites, m, 2)."""
    genotypes = np.zeros((sites, *variants.shape[1:]), np.int8)
    genotypes[position - 1] = variants
    return genotypes


@pytest.fixture(scope="module")
def simulated() -> tuple[np.ndarray, np.ndarray]:
    variants, position = two_populations(SITES, 12, 11)
    assert (variants.max((1, 2)) > 1).sum() > 5, "some sites have three alleles"
    return variants, position


@pytest.fixture(scope="module")
def complete(simulated: tuple, tmp_path_factory: pytest.TempPathFactory) -> dict:
    folder = tmp_path_factory.mktemp("complete")
    vcf = write_vcf(folder / "x.vcf", dense(*simulated), NAMES)
    return tables(folder, vcf, write_table(folder / "samples.tsv", GROUPS), *FILTERS_OFF)


def close(text: str, value: float) -> bool:
    return float(text) == pytest.approx(value, rel=2e-5, abs=1e-12)


def test_complete_data_equal_scikit_allel(simulated: tuple, complete: dict) -> None:
    variants, position = simulated
    array = allel.GenotypeArray(variants)
    windows = np.arange(0, SITES, WINDOW)
    counts = {name: array.count_alleles(subpop=columns) for name, columns in COLUMNS.items()}
    rows = complete["diversity_windows"]
    assert len(rows) == 2 * len(windows)
    for row in rows:
        start = int(row["start_bp"])
        inside = (position > start) & (position <= start + WINDOW)
        here = counts[row["group"]].compress(inside, axis=0)
        assert (row["end_bp"], row["callable_sites"]) == (str(start + WINDOW), str(WINDOW))
        assert int(row["segregating_sites"]) == here.is_segregating().sum() > 10
        pi = allel.sequence_diversity(position[inside], here, start + 1, start + WINDOW)
        assert close(row["pi_per_bp"], pi)
        theta = allel.watterson_theta(position[inside], here, start + 1, start + WINDOW)
        assert close(row["theta_watterson_per_bp"], theta)
        assert close(row["tajimas_d"], allel.tajima_d(here))
    for row in complete["divergence_windows"]:
        start = int(row["start_bp"])
        inside = (position > start) & (position <= start + WINDOW)
        one, two = (counts[name].compress(inside, axis=0) for name in ("north", "south"))
        dxy = allel.sequence_divergence(position[inside], one, two, start=start + 1, stop=start + WINDOW)
        assert close(row["dxy_per_bp"], dxy)
        numerator, denominator = allel.hudson_fst(one, two)
        assert close(row["fst_hudson_numerator"], np.nansum(numerator))
        assert close(row["fst_hudson_denominator"], np.nansum(denominator))
        assert close(row["fst_hudson"], np.nansum(numerator) / np.nansum(denominator))
        a, b, c = allel.weir_cockerham_fst(array.compress(inside, axis=0), list(COLUMNS.values()))
        assert close(row["fst_weir_cockerham"], np.nansum(a) / (np.nansum(a) + np.nansum(b) + np.nansum(c)))


def test_genome_is_the_ratio_of_sums(simulated: tuple, complete: dict) -> None:
    variants, position = simulated
    array = allel.GenotypeArray(variants)
    counts = {name: array.count_alleles(subpop=columns) for name, columns in COLUMNS.items()}
    for row in complete["diversity"]:
        pi = allel.sequence_diversity(position, counts[row["group"]], 1, SITES)
        assert close(row["pi_per_bp"], pi)
        assert close(row["tajimas_d"], allel.tajima_d(counts[row["group"]]))
        assert 0 < float(row["pi_standard_error"]) < pi
    (row,) = complete["divergence"]
    numerator, denominator = allel.hudson_fst(counts["north"], counts["south"])
    assert close(row["fst_hudson"], np.nansum(numerator) / np.nansum(denominator))
    heterozygous = array.count_het(axis=0)
    for row, number in zip(complete["heterozygosity"], heterozygous, strict=True):
        assert int(row["heterozygous_sites"]) == number
        assert close(row["heterozygosity_per_bp"], number / SITES)


def test_heterozygous_transversions(tmp_path: Path) -> None:
    # alleles are A C G T in this order: 0/2 and 1/3 are transitions
    genotypes = np.array([[[0, 1]], [[0, 2]], [[1, 3]], [[2, 3]], [[1, 2]], [[0, 0]]], np.int8)
    vcf = write_vcf(tmp_path / "x.vcf", genotypes, ["a"])
    samples = write_table(tmp_path / "s.tsv", {"a": "one"})
    (row,) = tables(tmp_path / "o", vcf, samples)["heterozygosity"]
    assert (row["heterozygous_sites"], row["heterozygous_transversions"]) == ("5", "3")
    found = tables(tmp_path / "t", vcf, samples, "--transversions-only")
    (row,) = found["heterozygosity"]
    # of the sites that list no transition only A/C and the invariant one remain
    assert (row["callable_sites"], row["heterozygous_sites"]) == ("2", "1")


def holes(genotypes: np.ndarray, seed: int) -> np.ndarray:
    """Genotypes with missing, half missing and haploid calls."""
    rng = np.random.default_rng(seed)
    result = genotypes.copy()
    kind = rng.random(result.shape[:2])
    result[kind < 0.25] = -1
    result[(kind >= 0.25) & (kind < 0.3), 1] = -1
    result[(kind >= 0.3) & (kind < 0.35), 1] = -2
    return result


def test_incomplete_data_equal_brute_force(simulated: tuple, tmp_path: Path) -> None:
    genotypes = holes(dense(*simulated)[:WINDOW], 3)
    vcf = write_vcf(tmp_path / "x.vcf", genotypes, NAMES)
    found = tables(tmp_path, vcf, write_table(tmp_path / "s.tsv", GROUPS), *FILTERS_OFF)
    called = {
        name: [[int(x) for x in site.ravel() if x >= 0] for site in genotypes[:, columns]]
        for name, columns in COLUMNS.items()
    }
    for row in found["diversity_windows"]:
        pairs = [pair for site in called[row["group"]] for pair in combinations(site, 2)]
        assert int(row["pi_comparisons"]) == len(pairs)
        assert int(row["pi_differences"]) == sum(a != b for a, b in pairs) > 0
        theta = sum(
            1 / sum(1 / i for i in range(1, len(site))) for site in called[row["group"]] if len(set(site)) > 1
        )
        sites = sum(len(site) > 1 for site in called[row["group"]])
        assert int(row["callable_sites"]) == sites
        assert close(row["theta_watterson_per_bp"], theta / sites)
    (row,) = found["divergence_windows"]
    sites = list(zip(called["north"], called["south"], strict=True))
    assert int(row["dxy_comparisons"]) == sum(len(one) * len(two) for one, two in sites)
    assert int(row["dxy_differences"]) == sum(a != b for one, two in sites for a in one for b in two)


def test_pi_does_not_move_with_masks_and_missing_calls(
    simulated: tuple, complete: dict, tmp_path: Path
) -> None:
    genotypes = dense(*simulated)
    rng = np.random.default_rng(5)
    samples = write_table(tmp_path / "s.tsv", GROUPS)
    whole = {row["group"]: float(row["pi_per_bp"]) for row in complete["diversity"]}
    (pair,) = complete["divergence"]
    ratios: dict[str, list[float]] = {"north": [], "south": [], "dxy": []}
    for trial in range(4):
        changed = genotypes.copy()
        changed[rng.random(changed.shape[:2]) < 0.3] = -1
        vcf = write_vcf(tmp_path / f"{trial}.vcf", changed, NAMES)
        mask = tmp_path / f"{trial}.bed"
        starts = np.flatnonzero(rng.random(SITES // 20) < 0.4) * 20
        mask.write_text("".join(f"chr1\t{start}\t{start + 20}\n" for start in starts))
        found = tables(tmp_path / str(trial), vcf, samples, *FILTERS_OFF, "--exclude", str(mask))
        for row in found["diversity"]:
            assert int(row["callable_sites"]) <= SITES - 20 * len(starts)
            ratios[row["group"]].append(float(row["pi_per_bp"]) / whole[row["group"]])
        ratios["dxy"].append(float(found["divergence"][0]["dxy_per_bp"]) / float(pair["dxy_per_bp"]))
    for values in ratios.values():
        # a third of calls and of sites is gone: without the denominators pi would fall to about a half
        assert np.mean(values) == pytest.approx(1, abs=0.06)


def test_a_mask_is_the_same_as_sites_that_are_not_there(simulated: tuple, tmp_path: Path) -> None:
    genotypes = dense(*simulated)
    rng = np.random.default_rng(6)
    kept = np.repeat(rng.random(SITES // 50) < 0.5, 50)
    position = np.flatnonzero(kept) + 1
    samples = write_table(tmp_path / "s.tsv", GROUPS)
    contigs = {"chr1": SITES}
    full = write_vcf(tmp_path / "full.vcf", genotypes, NAMES)
    part = write_vcf(tmp_path / "part.vcf", genotypes[kept], NAMES, position=position, contigs=contigs)
    edges = np.flatnonzero(np.diff(np.r_[False, kept, False].astype(int)))
    include, exclude = tmp_path / "include.bed", tmp_path / "exclude.bed"
    include.write_text("".join(f"chr1\t{a}\t{b}\tx\n" for a, b in edges.reshape(-1, 2)))
    outside = np.r_[0, edges, SITES].reshape(-1, 2)
    exclude.write_text("#h\n" + "".join(f"chr1\t{a}\t{b}\n" for a, b in outside[::-1]))
    expected = tables(tmp_path / "p", part, samples, *FILTERS_OFF)
    assert len(expected["diversity_windows"]) == 2 * SITES / WINDOW
    for option, mask in (("--include", include), ("--exclude", exclude)):
        found = tables(tmp_path / option.strip("-"), full, samples, *FILTERS_OFF, option, str(mask))
        for name in ("diversity_windows", "divergence_windows", "heterozygosity", "diversity"):
            assert found[name] == expected[name], (option, name)


def test_variants_with_a_callable_mask_equal_all_sites(simulated: tuple, tmp_path: Path) -> None:
    variants, position = simulated
    samples = write_table(tmp_path / "s.tsv", GROUPS)
    contigs = {"chr1": SITES}
    inside = (np.arange(SITES) // 700) % 3 > 0
    edges = np.flatnonzero(np.diff(np.r_[False, inside, False].astype(int)))
    mask = tmp_path / "callable.bed"
    mask.write_text("".join(f"chr1\t{a}\t{b}\n" for a, b in edges.reshape(-1, 2)))
    full = write_vcf(tmp_path / "full.vcf", dense(*simulated), NAMES)
    few = write_vcf(tmp_path / "few.vcf", variants, NAMES, position=position, contigs=contigs)
    expected = tables(tmp_path / "a", full, samples, *FILTERS_OFF, "--include", str(mask))
    found = tables(
        tmp_path / "b", few, samples, *FILTERS_OFF, "--vcf-kind", "variants", "--callable", str(mask)
    )
    for name in ("diversity_windows", "divergence_windows", "heterozygosity", "diversity", "divergence"):
        assert found[name] == expected[name], name
    one, other = (np.load(tmp_path / folder / "sample_bins.npz") for folder in "ab")
    filled = one["callable/s00"] > 0
    assert np.array_equal(one["start_bp"][filled], other["start_bp"])
    assert np.array_equal(one["callable/s00"][filled], other["callable/s00"])

    alone = tables(tmp_path / "c", few, samples, *FILTERS_OFF, "--vcf-kind", "variants")
    assert {row["pi_per_bp"] for row in alone["diversity"]} == {"NA"}
    assert {row["callable_sites"] for row in alone["diversity"]} == {"NA"}
    whole = tables(tmp_path / "d", full, samples, *FILTERS_OFF)
    for key in ("fst_hudson", "fst_weir_cockerham"):
        assert alone["divergence"][0][key] == whole["divergence"][0][key]
    assert [row["tajimas_d"] for row in alone["diversity"]] == [
        row["tajimas_d"] for row in whole["diversity"]
    ]


def test_variants_taken_for_all_sites_are_refused(tmp_path: Path) -> None:
    genotypes = np.zeros((1200, 2, 2), np.int8)
    genotypes[:, 0, 1] = 1
    vcf = write_vcf(tmp_path / "x.vcf", genotypes, ["a", "b"])
    samples = write_table(tmp_path / "s.tsv", {"a": "one", "b": "one"})
    with pytest.raises(InputError, match="use --vcf-kind variants"):
        tables(tmp_path, vcf, samples)


def test_jackknife_of_equal_blocks_is_the_error_of_the_mean() -> None:
    values = np.random.default_rng(1).normal(5, 2, 40)
    blocks = np.stack([values * 10, np.full(40, 10.0)])
    error = jackknife(blocks, lambda sums: sums[0] / sums[1], blocks[1])
    assert error == pytest.approx(values.std(ddof=1) / np.sqrt(40))
    assert np.isnan(jackknife(blocks[:, :1], lambda sums: sums[0] / sums[1], blocks[1, :1]))


def test_jackknife_of_unequal_blocks_covers_the_truth() -> None:
    rng = np.random.default_rng(2)
    inside = 0
    for _ in range(200):
        size = rng.integers(50, 500, 50)
        blocks = np.stack([rng.binomial(size, 0.3), size]).astype(float)
        error = jackknife(blocks, lambda sums: sums[0] / sums[1], blocks[1])
        inside += abs(blocks[0].sum() / size.sum() - 0.3) < 2 * error
    assert 180 <= inside <= 200
