import io
import json
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import tskit
from shallow_reads import cohort_of, dosages_of, shallow_sites, two_groups

import likelihood_spectrum
from linnaea.base.errors import InputError
from linnaea.base.tables import read_table
from linnaea.population.diversity import harmonic
from linnaea.population.expectation_maximisation import accelerated_em
from linnaea.population.likelihood_filters import filter_sites, heterozygosity_excess
from linnaea.population.likelihood_sites import Sites, parse_cell, read_site_batches
from linnaea.population.likelihood_spectrum import (
    DIVERGENCE_COLUMNS,
    DIVERSITY_COLUMNS,
    Spectra,
    divergence_row,
    diversity_row,
)

LENGTH = 150_000
MEMBERS = {"north": np.arange(15), "south": np.arange(15, 30)}


def of_group(spectra: Spectra) -> dict:
    return dict(zip(DIVERSITY_COLUMNS, diversity_row("north", 15, 15, spectra.group("north")), strict=True))


def of_pair(spectra: Spectra) -> dict:
    pair = spectra.pair("north", "south")
    return dict(zip(DIVERGENCE_COLUMNS, divergence_row("north", "south", pair), strict=True))


def truth(trees: tskit.TreeSequence) -> dict[str, float]:
    north, south = trees.samples(0), trees.samples(1)
    between = float(trees.divergence([north, south]))
    within = (trees.diversity(north) + trees.diversity(south)) / 2
    return {
        "pi_per_bp": float(trees.diversity(north)),
        "theta_watterson_per_bp": float(trees.segregating_sites(north)) / harmonic(29),
        "tajimas_d": float(trees.Tajimas_D(north)),
        "dxy_per_bp": between,
        "fst_hudson": float(1 - within / between),
    }


@pytest.mark.parametrize(("depth", "split", "seed"), [(1, 4000, 1), (2, 1000, 2), (4, 10_000, 3)])
def test_diversity_and_divergence_of_shallow_groups_are_those_of_the_trees(depth, split, seed):
    trees = two_groups(split, length=LENGTH, seed=seed)
    true = truth(trees)
    rng = np.random.default_rng(seed)
    cohort = cohort_of(shallow_sites(dosages_of(trees), depth, rng), MEMBERS)
    spectra = Spectra(cohort)
    group, pair = of_group(spectra), of_pair(spectra)
    assert group["callable_sites"] > 0.99 * LENGTH and pair["callable_sites"] > 0.99 * LENGTH
    assert group["pi_per_bp"] == pytest.approx(true["pi_per_bp"], rel=0.05)
    for row, name in (
        (group, "theta_watterson"), (pair, "fst_hudson"), (pair, "dxy"),
    ):  # fmt: skip
        value = row.get(f"{name}_per_bp", row.get(name))
        error = row[f"{name}_standard_error"]
        expected = true[f"{name}_per_bp" if name != "fst_hudson" else name]
        assert 0 < error < 0.15 * max(expected, 0.1)
        assert abs(value - expected) < max(0.05 * expected, 2 * error), name
    assert abs(group["tajimas_d"] - true["tajimas_d"]) < 0.15


def test_standard_errors_are_those_of_the_trees_by_block():
    """The error of pi is that of a jackknife of true genotypes, with what shallow reads add."""
    trees = two_groups(1000, seed=4)
    cohort = cohort_of(shallow_sites(dosages_of(trees), 4, np.random.default_rng(4)), MEMBERS)
    group = of_group(Spectra(cohort))
    windows = trees.diversity(trees.samples(0), windows=np.linspace(0, trees.sequence_length, 26))
    expected = windows.std(ddof=1) / 5
    assert group["jackknife_blocks"] == 25
    assert 0.9 * expected < group["pi_standard_error"] < 1.4 * expected


def test_certain_genotypes_give_their_own_spectrum_and_diversity():
    rng = np.random.default_rng(3)
    dosages = rng.binomial(2, rng.choice([0, 0, 0, 0.1, 0.4], 4000)[:, None], (4000, 5)).astype(np.uint8)
    levels = np.where(np.arange(3) == dosages[:, :, None], 0, 255).astype(np.uint8)
    depth = np.full(dosages.shape, 40, np.uint8)
    sites = Sites("chr1", np.arange(1, 4001), levels, depth, dosages * 20)
    spectrum = Spectra(cohort_of(iter([sites]), {"all": np.arange(5)})).group("all")
    count = dosages.sum(axis=1)
    assert spectrum.share * 4000 == pytest.approx(np.bincount(count, minlength=11), abs=0.05)
    row = dict(zip(DIVERSITY_COLUMNS, diversity_row("all", 5, 5, spectrum), strict=True))
    assert row["pi_differences"] == pytest.approx((count * (10 - count)).sum(), rel=1e-4)
    assert row["pi_comparisons"] == 45 * 4000
    assert row["segregating_sites"] == pytest.approx(((count > 0) & (count < 10)).sum(), rel=1e-4)


def test_a_group_without_variation_or_reads():
    dosages = np.zeros((3000, 3), np.uint8)
    rng = np.random.default_rng(1)
    members = {"one": np.arange(2), "two": np.array([2])}
    spectra = Spectra(cohort_of(shallow_sites(dosages, [4, 4, 0], rng, error=1e-9), members))
    spectrum = spectra.group("one")
    assert spectrum.sums[[2, 3]] == pytest.approx([0, 0], abs=1)
    assert spectra.group("two") is None and spectra.pair("one", "two") is None


def test_more_sites_than_fit_are_thinned_evenly():
    trees = two_groups(1000, length=100_000, seed=6)
    true = truth(trees)
    batches = shallow_sites(dosages_of(trees), 4, np.random.default_rng(6))
    cohort = cohort_of(batches, MEMBERS, max_plain=40_000)
    assert cohort.thinning.level == 1
    kept = np.concatenate([cohort.varied_place, cohort.plain_place])[:, 1]
    assert 48_000 < len(kept) < 52_000 and abs(kept.mean() - 50_000) < 1000
    group = of_group(Spectra(cohort))
    assert abs(group["pi_per_bp"] - true["pi_per_bp"]) < 3 * group["pi_standard_error"]


def collapsed(dosages, rng):
    """(sites,) bool: stretches where two copies lie on one another, which differ at 3 % of their sites."""
    copies = np.zeros(len(dosages), bool)
    for first in range(5000, len(dosages), 20_000):
        copies[first : first + 1000] = True
    differ = copies & (rng.random(len(dosages)) < 0.03)
    dosages[differ] = 1
    return copies, differ


@pytest.mark.parametrize("deeper", [2, 1])
def test_copies_of_a_repeat_do_not_inflate_the_spectrum(deeper):
    """By their depth, and where that is ordinary (`deeper` 1) by the excess of heterozygotes."""
    trees = two_groups(1000, length=80_000, seed=7)
    true = truth(trees)
    rng = np.random.default_rng(7)
    dosages = dosages_of(trees)
    copies, differ = collapsed(dosages, rng)
    depth = np.where(copies, 4 * deeper, 4)[:, None]
    unfiltered, filtered = (cohort_of(shallow_sites(dosages, depth, np.random.default_rng(1)), MEMBERS)
                            for _ in range(2))  # fmt: skip
    record = filter_sites(filtered, 0.001)
    before, after = of_group(Spectra(unfiltered)), of_group(Spectra(filtered))
    assert before["pi_per_bp"] > 1.06 * true["pi_per_bp"]
    assert after["pi_per_bp"] == pytest.approx(true["pi_per_bp"], rel=0.03)
    if deeper == 2:
        assert record["sites_of_high_cohort_depth"] == pytest.approx(copies.sum(), rel=0.1)
    else:
        assert record["sites_of_excess_heterozygosity"] == pytest.approx(differ.sum(), rel=0.1)
    assert record["sites_used"] == record["sites_read"] - sum(
        record[key] for key in record if key.startswith("sites_of_")
    )


def test_excess_is_not_seen_in_equilibrium_or_between_groups():
    rng = np.random.default_rng(9)
    frequency = np.repeat(rng.uniform(0.1, 0.9, (4000, 2)), 15, axis=1)
    dosages = rng.binomial(2, frequency).astype(np.uint8)
    (sites,) = shallow_sites(dosages, 4, rng)
    assert (heterozygosity_excess(sites.levels) < 0.01).mean() < 0.012
    (sites,) = shallow_sites(np.full((500, 30), 1, np.uint8), 4, rng)
    assert (heterozygosity_excess(sites.levels) < 0.001).mean() > 0.95


def test_acceleration_reaches_the_maximum():
    rng = np.random.default_rng(2)
    likelihoods = rng.random((500, 4)) ** 3

    def step(share):
        chance = likelihoods @ share
        return share * (likelihoods / chance[:, None]).mean(axis=0), float(np.log(chance).sum())

    slow = np.full(4, 0.25)
    for _ in range(5000):
        slow = step(slow)[0]
    fast = accelerated_em(step, np.full(4, 0.25), tolerance=1e-9)
    assert fast == pytest.approx(slow, abs=1e-4)


TEXT = b"""chr1\t1\tA\t<*>\t0,3,30:1:.\t0,6,50:2:2,0
chr1\t2\tC\tT,<*>\t30,3,0,33,3,30:1:0,1,0\t0,3,30:1:.
chr1\t3\tC\tG,<*>\t0,9,80,9,80,80:3:3,0,0\t0,30,30,3,33,30:1:0,0,1
chr1\t4\tN\t<*>\t0,3,30:1:.\t0,3,30:1:.
chr1\t5\tAC\tA\t0,3,30:1:.\t0,3,30:1:.
chrX\t6\tA\t<*>\t0,3,30:1:.\t0,3,30:1:.
chr1\t7\tA\tC,<*>\t.:.:.\t0,6,50:2:2
"""


def test_text_of_bcftools():
    read = list(read_site_batches(io.BytesIO(TEXT), "x", np.array([1, 0]), ["chrX"]))
    assert [batch.chromosome for batch in read] == ["chr1"]
    assert read[0].position.tolist() == [1, 2, 3, 7]
    assert read[0].levels[:, 1].tolist() == [[0, 3, 30], [30, 3, 0], [0, 9, 80], [0, 0, 0]]
    assert read[0].depth.tolist() == [[2, 1], [1, 1], [1, 3], [2, 0]]
    assert read[0].alternate.tolist() == [[0, 0], [0, 1], [0, 0], [0, 0]]
    (only,) = read_site_batches(io.BytesIO(TEXT), "x", np.array([0]), ["chrX"], transversions_only=True)
    assert only.position.tolist() == [1, 3, 7]
    # without depths they follow from the likelihoods
    assert parse_cell(b"0,9,60", 1, 1) == (0, 9, 60, 3, 0)
    assert parse_cell(b"28,0,30", 1, 1)[3:] == (2, 1)
    assert parse_cell(b"27,3,0", 1, 1)[3:] == (1, 1)
    for line in (b"chr1\t5\n", b"chr1\tx\tA\tC\t0,3,30\n", b"chr1\t5\tA\tC\t0,3,30\n"):
        with pytest.raises(InputError, match=r"x, row .*: expected chromosome, position, reference"):
            list(read_site_batches(io.BytesIO(line), "x", np.array([1])))


def text_of(batches, names) -> bytes:
    lines = [
        "# [1]CHROM\t[2]POS\t[3]REF\t[4]ALT" + "".join(f"\t[5]{n}:PL:[6]{n}:DP:[7]{n}:AD" for n in names)
    ]
    for sites in batches:
        for place, levels, depth, alternate in zip(*sites[1:], strict=True):
            cells = [
                f"{a},{b},{c}:{reads}:{reads - second},{second}"
                for (a, b, c), reads, second in zip(levels, depth, alternate, strict=True)
            ]
            lines.append("\t".join(["chr1", str(place), "A", "C" if alternate.any() else "<*>", *cells]))
    return ("\n".join(lines) + "\n").encode()


def test_script_writes_all_tables(tmp_path, monkeypatch):
    trees = two_groups(4000, samples=3, length=8000, seed=5)
    names = [f"s{number}" for number in range(6)]
    text = text_of(shallow_sites(dosages_of(trees), 6, np.random.default_rng(5)), names)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sys.stdin", SimpleNamespace(buffer=io.BytesIO(text)))
    populations = ["north"] * 3 + ["south"] * 3
    Path("s.tsv").write_text(
        "sample\tpopulation\n" + "".join(f"{n}\t{p}\n" for n, p in zip(names, populations, strict=True))
    )
    tables = (
        "--table t.tsv --diversity d.tsv --divergence e.tsv --kinship k.tsv --inbreeding i.tsv --out o.json"
    )
    likelihood_spectrum.main(["--samples", "s.tsv", *tables.split()])
    true = truth(trees)
    rows = {row["group"]: row for row in read_table("d.tsv")}
    assert list(rows) == ["north", "south"]
    assert float(rows["north"]["pi_per_bp"]) == pytest.approx(true["pi_per_bp"], rel=0.15)
    (pair,) = read_table("e.tsv")
    assert float(pair["dxy_per_bp"]) == pytest.approx(true["dxy_per_bp"], rel=0.15)
    spectrum = [float(row["sites"]) for row in read_table("t.tsv") if row["group"] == "north"]
    assert sum(spectrum) == pytest.approx(int(rows["north"]["callable_sites"]), rel=1e-4)
    record = json.loads(Path("o.json").read_text())
    assert record["sites_read"] == 8000 and record["groups"]["north"]["samples"] == 3
