"""The scan of sites as its steps are run: filters, tags, regions, hard cases."""

import json
import os
import subprocess
import sys
from itertools import combinations, pairwise
from pathlib import Path

import numpy as np
import pytest
from population_vcf import read_tsv, two_populations, write_table, write_vcf

import combine_regions
import scan_sites
from linnaea.base.errors import InputError
from linnaea.population.filters import excess_chance
from linnaea.population.masks import Mask, read_mask

BIN = Path(scan_sites.__file__).parent


def scan(vcf: Path, samples: Path, out: Path, *options: str) -> Path:
    arguments = [str(vcf), "--samples", str(samples), "--out", str(out), *options]
    if "--window-bp" not in options:
        arguments += ["--window-bp", "1000", "--bin-bp", "100"]
    assert scan_sites.main(arguments) == 0
    return out


def combine(folder: Path, *partials: Path) -> dict:
    assert combine_regions.main([*map(str, partials), "--id", "x", "--out", str(folder)]) == 0
    found = {path.stem: read_tsv(path) for path in folder.glob("*.tsv")}
    return found | {"funnel": json.loads((folder / "site_filters.json").read_text())}


def tables(vcf: Path, samples: Path, folder: Path, *options: str) -> dict:
    folder.mkdir(exist_ok=True)
    return combine(folder, scan(vcf, samples, folder / "x.npz", *options))


def random_genotypes(sites: int, samples: int, seed: int) -> np.ndarray:
    """Mostly invariant sites with some SNVs of up to three alleles and missing calls."""
    rng = np.random.default_rng(seed)
    genotypes = np.zeros((sites, samples, 2), np.int8)
    varied = np.flatnonzero(rng.random(sites) < 0.1)
    genotypes[varied] = rng.random((len(varied), samples, 2)) < rng.random((len(varied), 1, 1))
    genotypes[varied[::7]] *= rng.integers(1, 3, (len(varied[::7]), samples, 2), np.int8)
    genotypes[rng.random((sites, samples)) < 0.1] = -1
    return genotypes


@pytest.fixture(scope="module")
def genome(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path, Path]:
    """A VCF of three chromosomes, the same with the samples in another order, and the table of samples."""
    folder = tmp_path_factory.mktemp("genome")
    genotypes = random_genotypes(9000, 8, 1)
    names = ["b2", "a1", "c3", "d1", "a2", "out", "b1", "c1"]
    chromosome = ["2"] * 4000 + ["1"] * 3000 + ["10"] * 2000
    position = np.concatenate([np.arange(1, size + 1) for size in (4000, 3000, 2000)])
    contigs = {"2": 4000, "1": 3000, "10": 2500}
    rng = np.random.default_rng(2)
    values = {
        "DP": rng.integers(0, 30, genotypes.shape[:2]),
        "GQ": rng.integers(10, 99, genotypes.shape[:2]),
        "AD": np.array(
            [[f"{a},{b}" for a, b in row] for row in rng.integers(0, 20, (*genotypes.shape[:2], 2))]
        ),
    }
    common = {"position": position, "chromosome": chromosome, "contigs": contigs}
    first = write_vcf(folder / "first.vcf", genotypes, names, values=values, **common)
    order = rng.permutation(8)
    second = write_vcf(
        folder / "second.vcf",
        genotypes[:, order],
        [names[place] for place in order],
        values={key: table[:, order] for key, table in values.items()},
        **common,
    )
    samples = write_table(folder / "samples.tsv", {name: name[0] for name in names}, outgroup={"out": "yes"})
    (folder / "depth.tsv").write_text(
        "sample\tmin_depth\tmax_depth\n" + "".join(f"{name}\t3\t28\n" for name in names)
    )
    return first, second, samples


def outputs(folder: Path) -> dict[str, bytes]:
    return {
        path.name: path.read_bytes() for path in folder.iterdir() if path.suffix in (".tsv", ".json", ".npz")
    }


def test_regions_and_the_order_of_samples_change_no_byte(
    genome: tuple[Path, Path, Path], tmp_path: Path
) -> None:
    first, second, samples = genome
    options = ("--depth-windows", str(samples.parent / "depth.tsv"), "--indel-gap-bp", "5")
    whole = tmp_path / "whole"
    combine(whole, scan(first, samples, tmp_path / "w.npz", *options))
    expected = outputs(whole)
    assert {
        "diversity_windows.tsv", "divergence.tsv", "sample_bins.npz", "contamination.tsv", "sfs.tsv",
        "sfs_2d.tsv",
    } <= set(expected)  # fmt: skip
    assert len(read_tsv(whole / "diversity_windows.tsv")) == 9 * 4
    assert [row["chromosome"] for row in read_tsv(whole / "diversity_windows.tsv")[::4]] == (
        ["2"] * 4 + ["1"] * 3 + ["10"] * 2
    ), "chromosomes stand in the order of the header"
    cuts = [
        ["10\t0\t2500\n1\t1000\t3000\n", "2\t0\t2000\n", "1\t0\t1000\n2\t2000\t4000\n"],
        [f"{name}\t{start}\t{start + 1000}\n" for name in ("1", "10", "2") for start in range(0, 4000, 1000)],
    ]
    for number, regions in enumerate(cuts):
        for vcf in (first, second):
            partials = []
            for region, text in enumerate(regions):
                bed = tmp_path / f"{number}.{region}.bed"
                bed.write_text(text)
                partials.append(
                    scan(vcf, samples, tmp_path / f"{region}.npz", *options, "--regions", str(bed))
                )
            out = tmp_path / f"{number}.{vcf.stem}"
            combine(out, *partials[::-1])
            assert outputs(out) == expected


def test_regions_scanned_in_different_ways_are_not_joined(
    genome: tuple[Path, Path, Path], tmp_path: Path
) -> None:
    first, _, samples = genome
    one = scan(first, samples, tmp_path / "1.npz")
    two = scan(first, samples, tmp_path / "2.npz", "--min-quality", "20")
    with pytest.raises(InputError, match="differ in limits"):
        combine(tmp_path / "x", one, two)
    without = scan(first, samples, tmp_path / "4.npz", "--no-spectra")
    with pytest.raises(InputError, match="1 of 2 regions have no site frequency spectra"):
        combine(tmp_path / "x", one, without)
    (tmp_path / "3.npz").write_bytes(one.read_bytes()[:2000])
    with pytest.raises(InputError, match=r"3\.npz: not a result"):
        combine(tmp_path / "x", tmp_path / "3.npz")


HEADER = """\
##fileformat=VCFv4.2
##contig=<ID=c|1.1,length=5000>
##FILTER=<ID=bad,Description="b">
##FORMAT=<ID=GT,Number=1,Type=String,Description="G">
##FORMAT=<ID=DP,Number=1,Type=Integer,Description="D">
##FORMAT=<ID=GQ,Number=1,Type=Integer,Description="Q">
##FORMAT=<ID=AD,Number=R,Type=Integer,Description="A">
"""


def hand_written(folder: Path, rows: list[str], names: str = "a b c d") -> Path:
    path = folder / "x.vcf"
    columns = ["#CHROM", "POS", "ID", "REF", "ALT", "QUAL", "FILTER", "INFO", "FORMAT"] + names.split()
    lines = ["\t".join(columns), *("\t".join(f"c|1.1 {row}".split()) for row in rows)]
    path.write_text(HEADER + "\n".join(lines) + "\n")
    return path


def tags(path: Path) -> dict[str, tuple[str, list[str]]]:
    """Position -> FILTER and the FT of every sample, as bcftools reads them."""
    text = subprocess.run(
        ["bcftools", "query", "-f", "%POS\t%FILTER[\t%FT]\n", str(path)],
        check=True, capture_output=True, text=True,
    ).stdout  # fmt: skip
    rows = [line.split("\t") for line in text.splitlines()]
    return {position: (status, ft) for position, status, *ft in rows}


def test_every_filter_tags_and_counts(tmp_path: Path) -> None:
    good = "0/0:10:50:10,0 0/1:10:50:5,5 0/0:10:50:10,0 0/0:10:50:10,0"
    rows = [
        "10 . A . 5 . . GT:DP 0/0:10 0/0:10 0/0:2 0/0:10",
        f"20 . A C 29.9 . . GT:DP:GQ:AD {good}",
        f"30 . A C 99 bad . GT:DP:GQ:AD {good}",
        f"35 . A C 99 . . GT:DP:GQ:AD {good}",
        "40 . ATT A 99 . . GT:DP:GQ:AD 0/0:10:50:10,0 0/1:10:50:5,5 0/0:10:50:10,0 0/0:10:50:10,0",
        "45 . A . 99 . . GT:DP 0/0:10 0/0:10 0/0:10 0/0:10",
        f"47 . A C 99 . . GT:DP:GQ:AD {good}",
        f"48 . A C 99 . . GT:DP:GQ:AD {good}",
        "60 . A . 99 . . GT:DP 0/0:10 0/0:10 0/0:10 0/0:10",
        "60 . A AT 10 . . GT:DP:GQ:AD 0/0:10:50:10,0 0/1:10:50:5,5 0/0:10:50:10,0 0/0:10:50:10,0",
        f"61 . A C 99 . . GT:DP:GQ:AD {good}",
        "70 . A C 99 . . GT:DP:GQ:AD ./. ./. ./. 0/1:10:50:5,5",
        "80 . A C 99 . . GT:DP:GQ:AD 0/1:10:19:5,5 0/1:10:20:5,5 0/1:12:50:11,1 0/1:21:50:9,12",
        "84 . A C 99 . . GT:DP:GQ:AD 0/1:11:50:9,2 0/1:4:50:0,4 0/1:20:50:17,3 0/1:20:50:16,4",
        f"90 . A G 99 . . GT:DP:GQ:AD {good}",
        f"4000 . A C 99 . . GT:DP:GQ:AD {good}",
    ]
    vcf = hand_written(tmp_path, rows)
    samples = write_table(tmp_path / "s.tsv", dict.fromkeys("abcd", "one"))
    (tmp_path / "depth.tsv").write_text(
        "sample\tmin_depth\tmax_depth\tmedian_depth\n" + "".join(f"{name}\t3\t20\t10\n" for name in "dcba")
    )
    (tmp_path / "mask.bed").write_text("c|1.1\t3999\t4000\n")
    options = (
        "--depth-windows", str(tmp_path / "depth.tsv"), "--exclude", str(tmp_path / "mask.bed"),
        "--excess-heterozygosity", "0", "--variants", str(tmp_path / "tagged.vcf"),
    )  # fmt: skip
    found = tables(vcf, samples, tmp_path / "o", *options)
    passing = ["PASS"] * 4
    assert tags(tmp_path / "tagged.vcf") == {
        "20": ("LowQual", passing),
        "30": ("bad", passing),
        "35": ("NearIndel", passing),
        "40": ("PASS", passing),
        "47": ("NearIndel", passing),
        "48": ("PASS", passing),
        "60": ("LowQual", passing),
        "61": ("PASS", passing),
        "70": ("Missing", passing),
        "80": ("Missing", ["GQ", "PASS", "Balance", "Depth"]),
        # two of eleven reads are within chance, none of four and three of twenty are not
        "84": ("PASS", ["PASS", "Balance", "Balance", "PASS"]),
        "90": ("PASS", passing),
        "4000": ("Masked", passing),
    }
    funnel = found["funnel"]
    assert (funnel["rows"], funnel["sites"], funnel["variants"], funnel["other_rows"]) == (16, 14, 11, 2)
    assert [(step["filter"], step["failed_alone"], step["left"]) for step in funnel["site_steps"]] == [
        ("input_filter", 1, 13),
        ("masked", 1, 12),
        ("low_quality", 1, 11),
        ("near_indel", 4, 7),
        ("transition", 0, 7),
        ("missing", 2, 5),
        ("excess_heterozygosity", 0, 5),
    ]
    assert funnel["callable_sites"] == 5
    (_, _, depth, *others) = funnel["genotype_steps"]
    assert depth == {"filter": "depth", "failed_alone": 1, "left": funnel["genotypes_called"] - 1}
    assert [step["failed_alone"] for step in others] == [0, 2, 0]
    called = {row["sample"]: row["called_sites"] for row in funnel["samples"]}
    assert called == {"a": 5, "b": 4, "c": 3, "d": 5}
    callable_sites = {row["sample"]: row["callable_sites"] for row in found["heterozygosity"]}
    assert callable_sites == {"a": "5", "b": "4", "c": "3", "d": "5"}
    # the only tag that depends on an option
    found = tables(vcf, samples, tmp_path / "o", *options, "--transversions-only")
    assert tags(tmp_path / "tagged.vcf")["90"][0] == "Transition"
    assert found["funnel"]["callable_sites"] == 4


def test_few_heterozygotes_fail_the_balance_of_reads() -> None:
    """At any depth the filter takes less than 1 % of heterozygotes, by the binomial distribution."""
    from scipy.stats import binom

    from linnaea.population.filters import beyond_chance

    for depth in range(1, 200):
        alternate = np.arange(depth + 1)
        failed = beyond_chance(depth - alternate, alternate)
        assert binom.pmf(alternate, depth, 0.5) @ failed < 0.01
        # and it fails what has a chance of less than 0.1 %, both tails together
        both = 2 * binom.cdf(np.minimum(alternate, depth - alternate), depth, 0.5)
        assert failed[both < 0.001].all()


def test_indels_across_blocks_are_seen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from linnaea.population import vcf_reader

    rows = []
    for place in range(10, 3000, 10):
        indel = place % 30 == 0
        rows.append(
            f"{place} . {'ATTTTTT' if indel else 'A'} {'A' if indel else 'C'} 99 . . GT 0/1 0/0 0/0 0/0"
        )
    vcf = hand_written(tmp_path, rows)
    samples = write_table(tmp_path / "s.tsv", dict.fromkeys("abcd", "one"))
    expected = {str(place): "PASS" for place in range(10, 3000, 10)} | {
        str(place): "NearIndel" for place in range(40, 3000, 30)
    }
    original = vcf_reader.read_blocks
    for size in (120, 301, 1 << 20):
        monkeypatch.setattr(
            vcf_reader, "read_blocks", lambda *a, size=size, **k: original(*a, **k, block_bytes=size)
        )
        scan(
            vcf, samples, tmp_path / "x.npz", "--variants", str(tmp_path / "t.vcf"), "--vcf-kind", "variants"
        )
        assert {place: status for place, (status, _) in tags(tmp_path / "t.vcf").items()} == expected


def test_excess_of_heterozygotes_against_all_pairings() -> None:
    number = 5
    for minor in range(1, number + 1):
        shares = np.zeros(number + 1)
        for places in combinations(range(2 * number), minor):
            alleles = np.isin(np.arange(2 * number), places).reshape(number, 2)
            shares[(alleles[:, 0] != alleles[:, 1]).sum()] += 1
        shares /= shares.sum()
        for heterozygous in range(minor & 1, minor + 1, 2):
            assert excess_chance(number, minor, heterozygous) == pytest.approx(shares[heterozygous:].sum())


def test_excess_of_heterozygotes_is_tagged(tmp_path: Path) -> None:
    names = " ".join(f"s{n}" for n in range(20))
    kinds = (["0/1"] * 20, ["0/0", "1/1"] * 10, ["0/0", "0/1", "0/1", "1/1"] * 5)
    rows = [f"{place} . A C 99 . . GT {' '.join(calls)}" for place, calls in enumerate(kinds, 5)]
    vcf = hand_written(tmp_path, rows, names)
    samples = write_table(tmp_path / "s.tsv", dict.fromkeys(names.split(), "one"))
    scan(vcf, samples, tmp_path / "x.npz", "--variants", str(tmp_path / "t.vcf"))
    assert [status for status, _ in tags(tmp_path / "t.vcf").values()] == ["ExcessHet", "PASS", "PASS"]


def test_one_copy_chromosomes(tmp_path: Path) -> None:
    rows = [
        "5 . A C 99 . . GT 0/0 0/0 0/1 0/1",
        "6 . A C 99 . . GT 1/1 0/1 0/1 0/0",
        "7 . A C 99 . . GT 1 0 0/1 0/0",
    ]
    vcf = hand_written(tmp_path, rows)
    sex = {"a": "male", "b": "male", "c": "female", "d": "female"}
    samples = write_table(tmp_path / "s.tsv", dict.fromkeys("abcd", "one"), sex=sex)
    (tmp_path / "kinds.tsv").write_text("chromosome\tkind\nc|1.1\tX\n")
    options = ("--compartments", str(tmp_path / "kinds.tsv"), "--variants", str(tmp_path / "t.vcf"))
    found = tables(vcf, samples, tmp_path / "o", *options)
    (row,) = found["diversity"]
    # alleles: 0 0 01 01 | 1 - 01 00 (a man with two alleles fails) | 1 0 01 00
    assert (row["compartment"], row["pi_comparisons"]) == ("X", str(15 + 10 + 15))
    assert row["pi_differences"] == str(2 * 4 + 2 * 3 + 2 * 4)
    assert [(row["sample"], row["callable_sites"]) for row in found["heterozygosity"]] == [
        ("a", "0"), ("b", "0"), ("c", "3"), ("d", "3")
    ]  # fmt: skip
    assert tags(tmp_path / "t.vcf")["6"] == ("PASS", ["PASS", "Haploid", "PASS", "PASS"])
    (tmp_path / "kinds.tsv").write_text("c|1.1\tY\n")
    found = tables(vcf, samples, tmp_path / "y", *options)
    (row,) = found["diversity"]
    assert (row["compartment"], row["pi_comparisons"], row["pi_differences"]) == ("Y", "2", "1")


def test_small_cases(tmp_path: Path) -> None:
    genotypes = random_genotypes(2000, 3, 4)
    vcf = write_vcf(tmp_path / "x.vcf", genotypes, ["a", "b", "c"])
    one_each = write_table(tmp_path / "s.tsv", {"a": "north", "b": "south", "c": "south"})
    found = tables(vcf, one_each, tmp_path / "o")
    north = found["diversity"][0]
    (het,) = [row for row in found["heterozygosity"] if row["sample"] == "a"]
    assert north["pi_per_bp"] == het["heterozygosity_per_bp"], "pi of one sample is its heterozygosity"
    assert north["tajimas_d"] == "NA"
    assert found["divergence"][0]["fst_weir_cockerham"] != "NA"
    alone = write_table(tmp_path / "s.tsv", dict.fromkeys("abc", "."))
    found = tables(vcf, alone, tmp_path / "p")
    assert [row["group"] for row in found["diversity"]] == ["all"]
    assert found["divergence"] == found["divergence_windows"] == []

    single = write_vcf(tmp_path / "y.vcf", genotypes[:, :1], ["a"])
    samples = write_table(tmp_path / "s.tsv", {"a": "."})
    found = tables(single, samples, tmp_path / "q", "--max-missing", "0.5")
    assert found["diversity"][0]["samples"] == "1"
    assert found["heterozygosity"][0]["heterozygous_sites"] == found["diversity"][0]["pi_differences"]

    nothing = write_vcf(tmp_path / "z.vcf", np.zeros((1500, 2, 2), np.int8), ["a", "b"])
    samples = write_table(tmp_path / "s.tsv", {"a": "x", "b": "y"})
    found = tables(nothing, samples, tmp_path / "r")
    assert {row["pi_per_bp"] for row in found["diversity"]} == {"0"}
    assert found["divergence"][0]["fst_hudson"] == "NA"
    assert found["divergence"][0]["dxy_per_bp"] == "0"


def test_no_row_at_all(tmp_path: Path) -> None:
    vcf = hand_written(tmp_path, [])
    found = tables(vcf, write_table(tmp_path / "s.tsv", dict.fromkeys("abcd", "one")), tmp_path / "o")
    assert found["diversity"] == found["diversity_windows"] == []
    assert found["funnel"]["rows"] == 0


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        (
            ["5 . A . . . . GT 0/0 0/0 0/0 0/0", "4 . A . . . . GT 0/0 0/0 0/0 0/0"],
            r"c\|1.1:4 is not in order",
        ),
        (["5 . A C . . . GT 0/0 0/0 0/0 0/0", "5 . A G . . . GT 0/0 0/0 0/0 0/0"], r"c\|1.1:5 has two rows"),
        (
            [f"5 . {alleles} . . . GT 0/0 0/0 0/0 0/0" for alleles in ("A C", "AT A", "A G")],
            r"c\|1.1:5 has two rows",
        ),
    ],
)
def test_rows_in_disorder(rows: list[str], message: str, tmp_path: Path) -> None:
    vcf = hand_written(tmp_path, rows)
    with pytest.raises(InputError, match=message):
        tables(vcf, write_table(tmp_path / "s.tsv", dict.fromkeys("abcd", "one")), tmp_path / "o")


def test_a_table_may_have_a_part_of_the_samples(genome: tuple[Path, Path, Path], tmp_path: Path) -> None:
    """The columns of other samples count nowhere, and are not written: as if they were not in the file."""
    vcf, _, _ = genome
    part = ["a1", "c3", "b1"]
    alone = subprocess.run(
        ["bcftools", "view", "-I", "-s", ",".join(part), str(vcf)], check=True, capture_output=True
    ).stdout
    (tmp_path / "alone.vcf").write_bytes(alone)
    samples = write_table(tmp_path / "s.tsv", {name: name[0] for name in part})
    options = ("--variants", str(tmp_path / "t.vcf"), "--min-genotype-quality", "40")
    whole = tables(vcf, samples, tmp_path / "w", *options)
    written = tags(tmp_path / "t.vcf")
    assert tables(tmp_path / "alone.vcf", samples, tmp_path / "p", *options) == whole
    assert tags(tmp_path / "t.vcf").keys() == written.keys()
    # columns of the file stand in its own order: a1, c3, b1; selected ones as bcftools orders them
    assert sorted(map(sorted, (ft for _, ft in tags(tmp_path / "t.vcf").values()))) == sorted(
        map(sorted, (ft for _, ft in written.values()))
    )


def test_samples_of_the_table_must_be_in_the_file(tmp_path: Path) -> None:
    vcf = hand_written(tmp_path, ["5 . A . . . . GT 0/0 0/0 0/0 0/0"])
    with pytest.raises(InputError, match="sample e is not among its 4 samples"):
        tables(vcf, write_table(tmp_path / "s.tsv", dict.fromkeys("abcde", "one")), tmp_path / "o")


@pytest.mark.parametrize("key", ["DP", "AD"])
def test_genotypes_without_reads_are_missing(key: str, tmp_path: Path) -> None:
    """GATK 4.2.3 to 4.5 and GLnexus write 0/0 where a sample has no read: numbers must be those of ./. there,
    and for the sample those of its genealogy.
    """
    size = 20_000
    variants, position = two_populations(size, 4, 5)
    genotypes = np.zeros((size, 4, 2), np.int8)
    genotypes[position - 1] = variants
    truth = (variants[:, 0, 0] != variants[:, 0, 1]).sum() / size
    rng = np.random.default_rng(9)
    bare = np.zeros((size, 4), bool)
    bare[:, 0] = np.repeat(rng.random(size // 100) < 0.4, 100)
    varies = genotypes.max((1, 2)) > 0
    number = genotypes.max((1, 2)) + 1
    depth = np.where(bare, 0, 12)
    counts = np.array([[",".join([str(reads), *["0"] * (many - 1)]) for reads in row]
                       for row, many in zip(depth.tolist(), number.tolist(), strict=True)])  # fmt: skip
    het = (genotypes[..., 0] != genotypes[..., 1]) & ~bare
    for row, column in np.argwhere(het).tolist():
        counts[row, column] = ",".join(
            "6" if allele in genotypes[row, column] else "0" for allele in range(number[row])
        )
    assert varies.sum() > 200
    values = {key: depth if key == "DP" else counts}
    samples = write_table(tmp_path / "s.tsv", dict.fromkeys("abcd", "one"))
    options = ("--max-missing", "1", "--excess-heterozygosity", "0")
    found = {}
    for name, missing in (("reference", 0), ("missing", -1)):
        calls = np.where(bare[..., None], np.int8(missing), genotypes)
        vcf = write_vcf(tmp_path / f"{name}.vcf", calls, list("abcd"), values=values, alleles=[
            "ACGT"[:many] for many in number.tolist()])  # fmt: skip
        found[name] = tables(vcf, samples, tmp_path / name, *options)
    for table in ("diversity", "diversity_windows", "heterozygosity"):
        assert found["reference"][table] == found["missing"][table]
    (sample, *_) = found["reference"]["heterozygosity"]
    assert int(sample["callable_sites"]) == size - bare[:, 0].sum()
    assert float(sample["heterozygosity_per_bp"]) == pytest.approx(truth, rel=0.1), "not 40 % lower"
    step = found["reference"]["funnel"]["genotype_steps"][1]
    assert (step["filter"], step["failed_alone"]) == ("no_reads", bare.sum())


def test_filters_of_genotypes_in_the_given_file_are_taken(tmp_path: Path) -> None:
    header = HEADER.replace(
        "##FORMAT=<ID=GQ", '##FORMAT=<ID=FT,Number=1,Type=String,Description="F">\n##FORMAT=<ID=GQ'
    )
    columns = "#CHROM POS ID REF ALT QUAL FILTER INFO FORMAT a b c d".replace(" ", "\t")
    rows = [
        "10 . A C 99 . . GT:FT:DP 0/1:PASS:9 0/0:.:9 1/1:LowGQ;x:9 0/0",
        "20 . A C 99 . . GT:DP:FT 0/1:9:PASS 0/0:9 1/1:0:PASS 0/0:9:x",
        "30 . A . 99 . . GT:FT 0/0:x 0/0 0/0:PASS 0/0",
    ]
    text = "".join("\t".join(f"c|1.1 {row}".split()) + "\n" for row in rows)
    (tmp_path / "x.vcf").write_text(header + columns + "\n" + text)
    samples = write_table(tmp_path / "s.tsv", dict.fromkeys("abcd", "one"))
    found = tables(tmp_path / "x.vcf", samples, tmp_path / "o", "--variants", str(tmp_path / "t.vcf"))
    assert [row["callable_sites"] for row in found["heterozygosity"]] == ["2", "3", "1", "2"]
    assert tags(tmp_path / "t.vcf") == {
        "10": ("PASS", ["PASS", "PASS", "LowGQ;x", "PASS"]),
        "20": ("PASS", ["PASS", "PASS", "NoReads", "x"]),
    }
    steps = {step["filter"]: step["failed_alone"] for step in found["funnel"]["genotype_steps"]}
    assert (steps["input_filter"], steps["no_reads"]) == (3, 1)


def test_what_a_header_does_not_describe(tmp_path: Path) -> None:
    """Such rows are read; what BCF cannot hold of them is left out of the written rows, and counted."""
    columns = "#CHROM POS ID REF ALT QUAL FILTER INFO FORMAT a b".replace(" ", "\t")
    rows = ["10 . A C 99 . XX=1;YY GT:ZZ:DP 0/1:k:9 0/0", "20 . A C 99 odd XX=1 GT:DP 0/1:9 0/0:0"]
    text = "".join("\t".join(f"sc.1 {row}".split()) + "\n" for row in rows)
    (tmp_path / "x.vcf").write_text("##fileformat=VCFv4.1\n" + columns + "\n" + text)
    (tmp_path / "x.fai").write_text("other\t90\t0\t60\t61\nsc.1\t500\t0\t60\t61\n")
    samples = write_table(tmp_path / "s.tsv", dict.fromkeys("ab", "one"))
    out = tmp_path / "t.vcf"
    found = tables(
        tmp_path / "x.vcf", samples, tmp_path / "o", "--variants", str(out), "--fai", str(tmp_path / "x.fai")
    )
    binary = subprocess.run(
        ["bcftools", "view", "--no-version", "-Ob", str(out)], check=True, capture_output=True
    )
    assert not binary.stderr
    shown = subprocess.run(
        ["bcftools", "view", "-H"], input=binary.stdout, check=True, capture_output=True, text=False
    ).stdout.decode()
    assert [line.split("\t")[6:] for line in shown.splitlines()] == [
        ["PASS", ".", "GT:DP:FT", "0/1:9:PASS", "0/0:.:PASS"],
        ["InputFilter", ".", "GT:DP:FT", "0/1:9:PASS", "0/0:0:NoReads"],
    ]
    assert found["funnel"]["undescribed_tags"] == {
        "INFO/XX": 2, "INFO/YY": 1, "FORMAT/ZZ": 1, "FILTER/odd": 1
    }  # fmt: skip
    assert {row["end_bp"] for row in found["diversity_windows"]} == {"500"}, "the length is that of the index"


def test_only_rows_of_several_bases_spoil_their_neighbours(tmp_path: Path) -> None:
    """A reference that is not known (N), a deleted base (*) or a stretch without variant is no indel."""
    calls = "GT 0/0 0/1 0/0 0/0"
    none = "GT 0/0 0/0 0/0 0/0"
    rows = [f"10 . A C 99 . . {calls}", f"12 . N . 99 . . {none}", f"13 . R G 99 . . {calls}"]
    rows += [f"30 . A C 99 . . {calls}", f"32 . ATT . 99 . . {none}"]
    rows += [f"50 . A C,* 99 . . {calls}", f"52 . A * 99 . . {none}", f"60 . A C 99 . . {calls}"]
    rows += [f"80 . A C 99 . . {calls}", f"82 . TT CA 99 . . {calls}", f"90 . A C 99 . . {calls}"]
    vcf = hand_written(tmp_path, rows)
    samples = write_table(tmp_path / "s.tsv", dict.fromkeys("abcd", "one"))
    tables(vcf, samples, tmp_path / "o", "--variants", str(tmp_path / "t.vcf"))
    found = {place: status for place, (status, _) in tags(tmp_path / "t.vcf").items()}
    assert {place for place, status in found.items() if status == "NearIndel"} == {"80"}


def test_options_that_do_not_fit_the_vcf(tmp_path: Path) -> None:
    vcf = hand_written(tmp_path, ["5 . A . . . . GT 0/0 0/0 0/0 0/0"])
    samples = write_table(tmp_path / "s.tsv", dict.fromkeys("abcd", "one"))
    depth, bed = tmp_path / "depth.tsv", tmp_path / "x.bed"
    depth.write_text("sample\tmin_depth\tmax_depth\na\t3\t28\n")
    with pytest.raises(InputError, match="no depth window of sample b"):
        tables(vcf, samples, tmp_path / "o", "--depth-windows", str(depth))
    bed.write_text("chr1\t0\t5\n")
    with pytest.raises(InputError, match="none of its chromosomes"):
        tables(vcf, samples, tmp_path / "o", "--exclude", str(bed))
    with pytest.raises(InputError, match="multiple of the bin"):
        tables(vcf, samples, tmp_path / "o", "--window-bp", "1500", "--bin-bp", "1000")
    with pytest.raises(InputError, match="--callable is for"):
        tables(vcf, samples, tmp_path / "o", "--callable", str(bed))


def test_standard_input_and_output(genome: tuple[Path, Path, Path], tmp_path: Path) -> None:
    first, _, samples = genome
    command = [sys.executable, str(BIN / "scan_sites.py"), "-", "--samples", str(samples), "--variants", "-"]
    command += ["--out", str(tmp_path / "x.npz"), "--window-bp", "1000", "--bin-bp", "100"]
    environment = os.environ | {"PYTHONDONTWRITEBYTECODE": "1"}
    result = subprocess.run(
        command, input=first.read_bytes(), capture_output=True, check=True, env=environment
    )
    scan(first, samples, tmp_path / "y.npz", "--variants", str(tmp_path / "y.vcf"))
    assert result.stdout == (tmp_path / "y.vcf").read_bytes()
    assert (tmp_path / "x.npz").read_bytes() == (tmp_path / "y.npz").read_bytes()
    cut = subprocess.run(
        command, input=first.read_bytes()[:-20], capture_output=True, env=environment, text=False
    )
    assert cut.returncode == 1
    assert b"error: standard input, line" in cut.stderr
    assert b"Traceback" not in cut.stderr


def test_bins_carry_the_heterozygosity(genome: tuple[Path, Path, Path], tmp_path: Path) -> None:
    first, _, samples = genome
    found = tables(first, samples, tmp_path)
    bins = np.load(tmp_path / "sample_bins.npz")
    assert bins["chromosome"].tolist() == ["2"] * 40 + ["1"] * 30 + ["10"] * 20
    assert bins["start_bp"][:40].tolist() == list(range(0, 4000, 100))
    for row in found["heterozygosity"]:
        name = row["sample"]
        assert bins[f"callable/{name}"].sum() == int(row["callable_sites"])
        assert bins[f"heterozygous/{name}"].sum() == int(row["heterozygous_sites"])
        assert (bins[f"heterozygous/{name}"] <= bins[f"callable/{name}"]).all()


def test_hint_of_contamination_follows_the_share_of_foreign_reads(tmp_path: Path) -> None:
    variants, position = two_populations(60_000, 12, 21)
    variants = np.minimum(variants, 1)
    rng = np.random.default_rng(7)
    share = np.array([0, 0.01, 0.05, *[0] * 9])
    frequency = np.stack([np.delete(variants, own, 1).mean((1, 2)) for own in range(12)], axis=1)
    dose = variants.sum(2) / 2
    depth = rng.poisson(20, dose.shape) + 1
    chance = (1 - share) * dose + share * frequency
    alternate = rng.binomial(depth, chance * (1 - 0.002) + (1 - chance) * 0.001)
    reads = np.char.add(np.char.add((depth - alternate).astype(str), ","), alternate.astype(str))
    names = [f"s{n:02d}" for n in range(12)]
    vcf = write_vcf(tmp_path / "x.vcf", variants, names, position=position, values={"AD": reads})
    samples = write_table(tmp_path / "s.tsv", dict.fromkeys(names, "one"))
    rows = tables(vcf, samples, tmp_path / "o", "--vcf-kind", "variants")["contamination"]
    for row, truth in zip(rows, 100 * share, strict=True):
        hint, error = float(row["contamination_hint_pct"]), float(row["standard_error_pct"])
        assert abs(hint - truth) < 4 * error + 0.1
        assert int(row["sites"]) > 200
        assert float(row["error_pct"]) == pytest.approx(0.1, abs=0.1)
    assert 0 < float(rows[1]["standard_error_pct"]) < 0.5


def test_masks_against_sets_of_positions(tmp_path: Path) -> None:
    rng = np.random.default_rng(8)
    path = tmp_path / "x.bed"
    sets: list[set[int]] = []
    masks: list[Mask] = []
    for _ in range(2):
        starts = rng.integers(0, 900, 40)
        ends = starts + rng.integers(0, 30, 40)
        path.write_text(
            "track name=x\n# a comment\n"
            + "".join(f"c\t{a}\t{b}\tname\n" for a, b in zip(starts, ends, strict=True))
        )
        masks.append(read_mask(path))
        sets.append({at + 1 for a, b in zip(starts, ends, strict=True) for at in range(a, b)})
    one, two = sets
    position = np.arange(1, 1001)
    for mask, truth in (
        (masks[0], one), (masks[0] & masks[1], one & two), (masks[0] - masks[1], one - two),
        (masks[0] | masks[1], one | two),
    ):  # fmt: skip
        assert set(position[mask.inside("c", position)].tolist()) == truth
        some = np.unique(rng.integers(1, 1001, 60))
        assert set(some[mask.inside("c", some)].tolist()) == truth & set(some.tolist())
        edges = np.unique(np.r_[0, rng.integers(0, 1000, 20), 1000])
        expected = [len({at for at in truth if a < at <= b}) for a, b in pairwise(edges)]
        assert mask.lengths("c", edges).tolist() == expected
        assert not mask.inside("other", position).any()
    path.write_text("c\t5\n")
    with pytest.raises(InputError, match="fewer than three columns"):
        read_mask(path)
    path.write_text("c\t5\t3\n")
    with pytest.raises(InputError, match="the end is before the start"):
        read_mask(path)
