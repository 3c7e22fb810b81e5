import json

import msprime
import numpy as np
import pytest
from population_data import site_block, split_blocks, tree_genotypes, write_vcf

import ld_decay
from linnaea.population.genotypes import dosages
from linnaea.population.ld_decay import LdDecay, _level


@pytest.fixture(scope="module")
def block():
    ts = msprime.sim_ancestry(
        20, population_size=2500, sequence_length=1e6, recombination_rate=1e-7, random_seed=7
    )
    ts = msprime.sim_mutations(ts, rate=3e-8, model=msprime.BinaryMutationModel(), random_seed=8)
    genotypes, position = tree_genotypes(ts)
    rng = np.random.default_rng(3)
    genotypes[rng.random(genotypes.shape[:2]) < 0.02] = -1
    return site_block(genotypes, position)


def decay(block, *cuts, **options):
    result = LdDecay(**options)
    result.add_all(dosages(part) for part in split_blocks(block, *cuts))
    return result


def by_hand(block, max_distance, bin_bp, min_maf):
    """Every pair, one by one, with numpy's correlation."""
    (sites,) = [dosages(block)]
    values = {}
    called = [row >= 0 for row in sites.dosage]
    frequent = []
    for place, row in enumerate(sites.dosage):
        frequency = row[called[place]].mean() / 2
        if min(frequency, 1 - frequency) >= min_maf:
            frequent.append(place)
    for one, first in enumerate(frequent):
        for second in frequent[one + 1 :]:
            distance = sites.position[second] - sites.position[first]
            if distance > max_distance:
                break
            both = called[first] & called[second]
            x, y = sites.dosage[first][both], sites.dosage[second][both]
            if x.std() and y.std() and distance:
                values.setdefault((distance - 1) // bin_bp, []).append(np.corrcoef(x, y)[0, 1] ** 2)
    return values


def test_means_are_those_of_all_pairs_by_hand(block):
    part = site_block(block.genotypes[:300], block.position[:300])
    expected = by_hand(part, 20_000, 5000, 0.05)
    rows = decay(part, max_distance_bp=20_000, bin_bp=5000).rows("all")
    assert [row[3] for row in rows] == [len(expected[place]) for place in range(4)]
    assert [row[5] for row in rows] == pytest.approx([np.mean(expected[place]) for place in range(4)])


def test_r2_falls_as_theory_says(block):
    """E[r2] = (10 + rho) / (22 + 13 rho + rho^2) for sites of common alleles (Hill & Weir 1988, without
    sampling).
    """
    rows = decay(block, max_distance_bp=50_000, bin_bp=5000, min_maf=0.1).rows("all")
    middle = np.array([(row[1] + row[2]) / 2 for row in rows])
    rho = 4 * 2500 * 1e-7 * middle
    expected = (10 + rho) / (22 + 13 * rho + rho**2)
    ours = np.array([row[6] for row in rows])
    assert ours[:6] == pytest.approx(expected[:6], rel=0.4)
    # Far away only sampling is left, and that is taken off.
    assert abs(ours[-1] - expected[-1]) < 0.03
    assert rows[-1][5] > 1 / 20


def test_blocks_do_not_matter(block):
    whole = decay(block, max_pairs=20_000)
    parts = decay(block, 5, 111, 112, 700, max_pairs=20_000)
    assert whole.rows("all") == parts.rows("all")


def test_thinning_is_even_and_keeps_the_means(block):
    everything = decay(block, bin_bp=20_000).rows("all")
    thinned = decay(block, bin_bp=20_000, max_pairs=sum(row[3] for row in everything) // 5)
    rows = thinned.rows("all")
    assert thinned.share in (1 / 8, 1 / 16)
    share = [few[3] / many[3] for few, many in zip(rows, everything, strict=True)]
    assert share == pytest.approx([thinned.share] * len(share), rel=0.3)
    assert [row[5] for row in rows] == pytest.approx([row[5] for row in everything], rel=0.25)


def test_level_counts_leading_zero_bits():
    hashes = np.array([1 << 63, (1 << 63) - 1, 1 << 40, (1 << 32) - 1, 0], np.uint64)
    assert _level(hashes).tolist() == [0, 1, 23, 32, 32]


def test_script_writes_groups_and_says_which_are_too_small(tmp_path, block):
    names = [f"s{number:02}" for number in range(20)]
    write_vcf(tmp_path / "a.vcf", names, [block], {"chr1": 1_000_000})
    rows = [f"{name}\t{'few' if number < 2 else 'many'}\n" for number, name in enumerate(names)]
    (tmp_path / "s.tsv").write_text("sample\tpopulation\n" + "".join(rows))
    files = {"--vcf": "a.vcf", "--samples": "s.tsv", "--table": "t.tsv", "--out": "t.json"}
    ld_decay.main(
        [part for key, name in files.items() for part in (key, str(tmp_path / name))] + ["--bin-bp", "10000"]
    )
    lines = [line.split("\t") for line in (tmp_path / "t.tsv").read_text().splitlines()]
    assert {line[0] for line in lines[1:]} == {"many"} and len(lines) == 11
    groups = json.loads((tmp_path / "t.json").read_text())["groups"]
    assert groups["few"]["left_out"] == "fewer than 4 samples"
    assert 0 < groups["many"]["half_decay_bp"] <= 50_000
