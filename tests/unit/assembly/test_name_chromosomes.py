"""Chromosomes are chosen by names, number or length, and named by size, depth and homology."""

import json
import random

import numpy as np
import pytest

import name_chromosomes as step
from linnaea.assembly.name_chromosomes import (
    SMALLEST_SHARE,
    chromosome_count,
    longest_chromosomes,
    named_chromosomes,
)
from linnaea.formats.agp import Component, read_agp
from linnaea.formats.sequences import fasta_records

YEAST = [1532, 1091, 1090, 948, 925, 813, 784, 745, 667, 577, 563, 440, 439, 316, 270, 230]
FLY = [32079, 28110, 25287, 23514, 23542, 3667, 1348]
MOTH = [*np.linspace(20_000, 5000, 31)]


@pytest.mark.parametrize("genome", [YEAST, MOTH], ids=["yeast", "moth"])
@pytest.mark.parametrize("rest", [0, 1, 40, 200])
@pytest.mark.parametrize("seed", [1, 2])
def test_chromosomes_stand_out_by_their_length(genome, rest, seed):
    """Other scaffolds are of one to two thousandths of the genome at most, and rarer the longer they are."""
    rng = np.random.default_rng(seed)
    others = np.minimum(rng.exponential(2, rest) + 1, sum(genome) / 1000)
    sizes = np.sort(np.concatenate([genome, others]))[::-1]
    assert chromosome_count(sizes)[0] == len(genome)


def test_fragments_are_no_chromosomes():
    rng = np.random.default_rng(5)
    for count in (300, 3000):
        sizes = np.sort(rng.exponential(100, count))[::-1]
        assert chromosome_count(sizes)[0] == 0
        assignment = longest_chromosomes({f"s{n}": int(size) for n, size in enumerate(sizes)}, None)
        assert not assignment.chromosomes and "haploid_number" in assignment.reason
    assert SMALLEST_SHARE < 1 / 300


def test_one_scaffold_is_one_chromosome():
    assert longest_chromosomes({"a": 10_000}, None).chromosomes == {"a": "1"}
    assert longest_chromosomes({"a": 10_000}, 7).chromosomes == {"a": "1"}


def test_the_haploid_number_decides_unless_the_assembly_is_not_of_chromosome_scale():
    fly = {f"s{n}": size for n, size in enumerate(FLY)}
    assert len(longest_chromosomes(fly, None).chromosomes) == 5
    assert len(longest_chromosomes(fly, 7).chromosomes) == 7
    contigs = {f"c{n}": 100 for n in range(50)}
    few = longest_chromosomes(contigs, 7)
    assert not few.chromosomes and "the 7 longest scaffolds hold 14 % of the bases" in few.reason


@pytest.mark.parametrize(
    ("names", "chromosomes", "unlocalised"),
    [
        (["SUPER_1", "SUPER_Z", "SUPER_1_unloc_2", "scaffold_7"], ["1", "Z"], ["1"]),
        (["SUPER_1_hap2", "SUPER_9A_hap2", "SUPER_1_hap2_unloc_1", "hap2_scaffold_7"], ["1", "9A"], ["1"]),
        (["SUPER_X_unloc_1_hap1", "SUPER_X_hap1"], ["X"], ["X"]),
        (["chr1", "chrX", "chrM", "chrUn_7"], ["1", "X"], []),
        (["chromosome_IV", "Chromosome2"], ["IV", "2"], []),
        (["1", "2L", "X", "MT", "contig_3"], ["1", "2L", "X"], []),
        (["ptg000001l", "scaffold_1", "contig_3"], [], []),
    ],
)
def test_names_of_chromosomes_are_read(names, chromosomes, unlocalised):
    found = named_chromosomes(names)
    assert sorted(found.chromosomes.values()) == sorted(chromosomes)
    assert sorted(found.unlocalised.values()) == sorted(unlocalised)


def letters(rng, length):
    return "".join(rng.choices("ACGT", k=length))


def run(folder, sequences, *options, haplotype="hap1", stage="scaffolded"):
    fasta = folder / f"{haplotype}.fa"
    fasta.write_text("".join(f">{name}\n{bases}\n" for name, bases in sequences.items()))
    words = f"--id x --haplotype {haplotype} --stage {stage} --assembly {fasta} --out {folder}".split()
    assert step.main([*words, *map(str, options)]) == 0
    return json.loads((folder / f"x.{haplotype}.chromosomes.json").read_text())


def reverse(bases):
    return bases.translate(str.maketrans("ACGT", "TGCA"))[::-1]


def paf(folder, rows):
    """Alignments (query, length, strand, target) of whole sequences."""
    path = folder / "x.paf"
    path.write_text(
        "".join(f"{q}\t{n}\t0\t{n}\t{s}\t{t}\t{n}\t0\t{n}\t{n}\t{n}\t60\ttp:A:P\n" for q, n, s, t in rows)
    )
    return path


def test_a_second_haplotype_takes_names_and_directions_and_may_lack_a_partner(tmp_path):
    rng = random.Random(1)
    one = {"a": letters(rng, 5000), "b": letters(rng, 7000), "c": letters(rng, 4000)}
    record = run(tmp_path, one)
    assert (record["rule"], record["chromosomes"], record["assigned_pct"]) == ("length", 3, 100)
    two = {"p": reverse(one["b"]), "q": one["a"], "w": letters(rng, 4500)}
    rows = [("p", 7000, "-", "SUPER_1_hap1"), ("q", 5000, "+", "SUPER_2_hap1")]
    options = ("--paf", paf(tmp_path, rows), "--homologous-chromosomes", tmp_path / "x.hap1.chromosomes.tsv")
    record = run(tmp_path, two, *options, haplotype="hap2")
    found = fasta_records(tmp_path / "x.hap2.chromosomes.fasta.gz")
    assert {name: bases.decode() for name, bases in found} == {
        "SUPER_1_hap2": one["b"],
        "SUPER_2_hap2": one["a"],
        "SUPER_4_hap2": two["w"],
    }
    assert record["turned"] == 1 and record["without_homologue"] == 1
    text = " ".join(record["warnings"])
    assert "without a partner in this one: SUPER_3_hap1 (3)" in text and "half of its bases: w" in text
    parts = read_agp(tmp_path / "x.hap2.chromosomes.agp").objects["SUPER_1_hap2"]
    assert parts == [Component("p", 0, 7000, "-")]


def test_without_chromosomes_there_is_no_list(tmp_path):
    rng = random.Random(2)
    one = {f"c{n}": letters(rng, 500) for n in range(40)}
    assert run(tmp_path, one, "--haploid-number", 2)["chromosomes"] == 0
    # an empty file would stop the next haplotype, and the check of the results at the end of the run
    assert not (tmp_path / "x.hap1.chromosomes.tsv").exists()
    assert all(path.stat().st_size for path in tmp_path.glob("x.hap1.chromosomes.*"))


def test_names_of_a_curated_assembly_are_read_and_ena_is_asked(tmp_path):
    rng = random.Random(2)
    given = {
        "SUPER_1": letters(rng, 3000),
        "SUPER_1_unloc_1": letters(rng, 300),
        "HAP1|odd": letters(rng, 100),
    }
    record = run(tmp_path, given, "--keep-names", "--haploid-number", 2, haplotype="primary", stage="curated")
    assert (record["rule"], record["chromosomes"], record["unlocalised"]) == ("names", 1, 1)
    assert record["assigned_pct"] == pytest.approx(100 * 3300 / 3400)
    assert any("HAP1|odd contains |" in text for text in record["warnings"])
    assert "1 chromosomes; the haploid number is 2" in record["warnings"]
    assert not (tmp_path / "x.primary.chromosomes.fasta.gz").exists()
    assert (tmp_path / "x.primary.chromosomes.tsv").read_text() == "SUPER_1\t1\tLinear-Chromosome\n"
    assert (tmp_path / "x.primary.unlocalised.tsv").read_text() == "SUPER_1_unloc_1\t1\n"


@pytest.mark.parametrize("half", ["b", "bd"])
def test_a_primary_assembly_of_the_heterogametic_sex_has_both_sex_chromosomes(tmp_path, half):
    """The haploid number is 3; the fourth scaffold is Y, if it has half the depth of autosomes, or no
    chromosome."""
    rng = random.Random(3)
    sizes = {"a": 250_000, "b": 200_000, "c": 180_000, "d": 150_000, "e": 1000}
    rows = [
        f"{name}\t{start}\t{min(start + 1000, size)}\t{10 if name in half else 20}\n"
        for name, size in sizes.items()
        for start in range(0, size, 1000)
    ]
    (tmp_path / "depth.bedgraph").write_text("".join(rows))
    given = {name: letters(rng, size) for name, size in sizes.items()}
    options = ("--haploid-number", 3, "--sex", "XY", "--depth", tmp_path / "depth.bedgraph")
    record = run(tmp_path, given, *options, haplotype="primary")
    observed = json.loads((tmp_path / "x.primary.sex.json").read_text())
    if half == "bd":
        assert sorted(record["sex_chromosomes"]) == ["X", "Y"] and record["chromosomes"] == 4
        assert observed["sex"] == "XY"
        assert "SUPER_X" in dict(fasta_records(tmp_path / "x.primary.chromosomes.fasta.gz"))
    else:  # one alone may be X or Y: a person decides
        assert record["chromosomes"] == 3 and not record["sex_chromosomes"] and record["to_review"]
        assert observed["sex_chromosomes"] == ["b"]
