"""Sums by window must not depend on how the rows are cut into blocks, regions or windows."""

import io
from itertools import pairwise
from pathlib import Path

import msprime
import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from population_vcf import read_tsv, write_table

import combine_regions
import scan_sites
from linnaea.population.diversity import Groups, SiteCounts, WindowSums, merge_windows, window_sums
from linnaea.population.filters import FilterLimits, SiteFilter, with_indels
from linnaea.population.masks import Mask
from linnaea.population.samples import Sample
from linnaea.population.scan_sites import RegionScan
from linnaea.population.vcf_reader import read_blocks

OFF = FilterLimits(missing=1, excess_heterozygosity=0, quality=0)
SAMPLES = [
    Sample(name, group, group, "modern", "none", "unknown", None, None, False, "vcf")
    for name, group in zip("abcd", "xxyy", strict=True)
]


@given(
    st.lists(st.integers(0, 9), min_size=0, max_size=12),
    st.lists(st.integers(0, 12), min_size=0, max_size=8),
)
def test_parts_are_sums_of_their_slices(values: list[int], edges: list[int]) -> None:
    table = np.array([values, values[::-1]], float)
    edges = np.array(sorted(min(edge, len(values)) for edge in edges), np.intp)
    expected = [[row[a:b].sum() for a, b in pairwise(edges)] for row in table]
    assert window_sums(table, edges).tolist() == np.reshape(expected, (2, max(len(edges) - 1, 0))).tolist()


def test_a_part_after_the_last_variant_takes_nothing_from_the_one_before() -> None:
    assert window_sums(np.ones((1, 5)), np.array([0, 5, 5])).tolist() == [[5, 0]]


# A row: bases since the row before, kind, and genotypes of four samples.
ROWS = st.lists(
    st.tuples(
        st.integers(1, 9),
        st.sampled_from(["invariant"] * 4 + ["variant", "variant", "deletion"]),
        st.lists(st.sampled_from(["0/0", "0/1", "1/1", "./.", "0/.", "1"]), min_size=4, max_size=4),
    ),
    min_size=1,
    max_size=60,
)


def vcf_text(rows: list[tuple[int, str, list[str]]]) -> bytes:
    lines = ["##fileformat=VCFv4.3", "##contig=<ID=c,length=1000>"]
    lines.append("#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\tFORMAT\ta\tb\tc\td")
    place = 0
    for step, kind, calls in rows:
        place += step
        if kind == "invariant":
            calls = [call.replace("1", "0") for call in calls]
        alleles = {"invariant": "A\t.", "variant": "A\tG", "deletion": "ACTG\tA"}[kind]
        lines.append(f"c\t{place}\t.\t{alleles}\t99\tPASS\t.\tGT\t" + "\t".join(calls))
    return ("\n".join(lines) + "\n").encode()


def expected_sums(rows: list[tuple[int, str, list[str]]], window_bp: int) -> dict[tuple[int, str], list[int]]:
    """Callable sites, comparisons and differences by window and group, row by row."""
    place, sites, deleted = 0, [], set()
    for step, kind, calls in rows:
        place += step
        if kind == "deletion":
            deleted |= set(range(place - 5, place + 9))
        else:
            alleles = [call.replace("/", "").replace(".", "") for call in calls]
            if kind == "invariant":
                alleles = [text.replace("1", "0") for text in alleles]
            sites.append((place, alleles))
    sums: dict[tuple[int, str], list[int]] = {}
    for place, alleles in sites:
        for group, pair in (("x", alleles[:2]), ("y", alleles[2:])):
            called = "".join(pair)
            if place in deleted or len(called) < 2:
                continue
            entry = sums.setdefault(((place - 1) // window_bp, group), [0, 0, 0])
            entry[0] += 1
            entry[1] += len(called) * (len(called) - 1) // 2
            entry[2] += called.count("0") * called.count("1")
    return sums


@settings(deadline=None, max_examples=40)
@given(
    ROWS, st.integers(20, 400), st.sampled_from([10, 20, 50, 400]), st.lists(st.integers(1, 500), max_size=3)
)
def test_windows_do_not_depend_on_blocks_and_regions(
    rows: list, block_bytes: int, window_bp: int, cuts: list[int]
) -> None:
    text = vcf_text(rows)
    edges = [0, *sorted(set(cuts)), 1000]
    partials, bins = [], {}
    for first, last in pairwise(edges):
        header, blocks = read_blocks(io.BytesIO(text), block_bytes=block_bytes)
        region = Mask({"c": (np.array([first]), np.array([last]))})
        scan = RegionScan(header, SAMPLES, OFF, window_bp=window_bp, bin_bp=10, regions=region)
        for block, indels in with_indels(blocks, OFF):
            scan.add(block, indels)
        partials.append(scan.partial())
        for start, *counts in zip(
            partials[-1]["bin_start_bp"].tolist(), partials[-1]["callable/a"], partials[-1]["heterozygous/a"],
            strict=True,
        ):  # fmt: skip
            bins[start] = np.add(bins.get(start, 0), counts)
    keys = ("window_chromosome", "window", "groups", "pairs")
    whole = merge_windows([{key: part[key] for key in keys} for part in partials])
    sums = {
        (window, group): values.astype(int).tolist()
        for index, group in enumerate("xy")
        for window, values in zip(whole["window"].tolist(), whole["groups"][:3, index].T, strict=True)
        if values.any()
    }
    assert sums == expected_sums(rows, window_bp)
    # the bins of a sample that is alone in its group, by the same rule
    alone = [(step, kind, [calls[0], "./.", "./.", "./."]) for step, kind, calls in rows]
    expected = {window * 10: values for (window, _), values in expected_sums(alone, 10).items()}
    found = {start: values for start, values in bins.items() if np.any(values)}
    assert {start: int(values[0]) for start, values in found.items()} == {
        start: values[1] for start, values in expected.items()
    }
    assert {start: int(values[1]) for start, values in found.items()} == {
        start: values[2] for start, values in expected.items()
    }


@settings(deadline=None, max_examples=40)
@given(ROWS, st.integers(20, 400))
def test_spectra_and_foreign_reads_do_not_depend_on_blocks(rows: list, block_bytes: int) -> None:
    text = vcf_text(rows)

    def sums(size: int) -> dict[str, list]:
        header, blocks = read_blocks(io.BytesIO(text), block_bytes=size)
        scan = RegionScan(header, SAMPLES, OFF, window_bp=50, bin_bp=10)
        for block, indels in with_indels(blocks, OFF):
            scan.add(block, indels)
        return {key: value.tolist() for key, value in scan.partial().items()}

    assert sums(block_bytes) == sums(1 << 20)


def low_diversity_vcf(folder: Path, size: int, samples: int) -> tuple[Path, object]:
    """All sites of one population with pi near 5.8e-5 in plain VCF, and its genealogies."""
    trees = msprime.sim_ancestry(
        samples, population_size=1450, sequence_length=size, recombination_rate=1e-8, random_seed=31
    )
    trees = msprime.sim_mutations(trees, rate=1e-8, model=msprime.JC69(), random_seed=32)
    rows = {}
    for variant in trees.variants():
        letters = [variant.alleles[0], *(base for base in variant.alleles[1:] if base)]
        calls = variant.genotypes.reshape(-1, 2).tolist()
        rows[int(variant.site.position)] = (
            f"{letters[0]}\t{','.join(letters[1:]) or '.'}\t99\tPASS\t.\tGT\t"
            + "\t".join(f"{a}/{b}" for a, b in calls)
        )
    same = "A\t.\t99\tPASS\t.\tGT\t" + "\t".join(["0/0"] * samples)
    names = "\t".join(f"s{number}" for number in range(samples))
    path = folder / "sites.vcf"
    with path.open("w") as handle:
        handle.write(f"##fileformat=VCFv4.2\n##contig=<ID=chr1,length={size}>\n")
        handle.write(f"#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\tFORMAT\t{names}\n")
        handle.writelines(f"chr1\t{place + 1}\t.\t{rows.get(place, same)}\n" for place in range(size))
    return path, trees


@pytest.mark.parametrize("window", [1000, 5000, 50_000])
def test_low_diversity_equals_the_genealogies(window: int, tmp_path: Path) -> None:
    """With few variants most windows have none, and blocks of rows cross their edges."""
    size, samples = 300_000, 8
    vcf, trees = low_diversity_vcf(tmp_path, size, samples)
    table = write_table(tmp_path / "samples.tsv", {f"s{number}": "all" for number in range(samples)})
    partial = str(tmp_path / "x.npz")
    options = ["--window-bp", str(window), "--max-missing", "1", "--excess-heterozygosity", "0"]
    assert scan_sites.main([str(vcf), "--samples", str(table), "--out", partial, *options]) == 0
    assert combine_regions.main([partial, "--id", "x", "--out", str(tmp_path)]) == 0
    edges = np.append(np.arange(0, size, window), size)
    truth = trees.diversity(windows=edges)
    assert 2e-5 < truth.mean() < 1.2e-4
    ours = [float(row["pi_per_bp"]) for row in read_tsv(tmp_path / "diversity_windows.tsv")]
    assert ours == pytest.approx(truth.tolist(), rel=1e-5, abs=1e-12)
    (whole,) = read_tsv(tmp_path / "diversity.tsv")
    assert float(whole["pi_per_bp"]) == pytest.approx(float(trees.diversity()), rel=1e-5)
    assert int(whole["segregating_sites"]) == trees.num_sites
    (sample, *_) = read_tsv(tmp_path / "heterozygosity.tsv")
    of_one = trees.diversity([list(trees.samples()[:2])])[0]
    assert float(sample["heterozygosity_per_bp"]) == pytest.approx(float(of_one), rel=1e-5)


@settings(deadline=None, max_examples=40)
@given(
    st.lists(st.tuples(st.integers(0, 60), st.integers(0, 8)), max_size=12),
    st.lists(st.integers(0, 70), min_size=1, max_size=8),
    st.lists(st.integers(1, 70), min_size=1, max_size=20),
)
def test_masks_equal_sets_of_positions(intervals: list, edges: list[int], positions: list[int]) -> None:
    starts = np.array([start for start, _ in intervals], np.int64)
    mask = Mask({"c": (starts, starts + [size for _, size in intervals])}) if intervals else Mask({})
    truth = {base for start, size in intervals for base in range(start, start + size)}
    where = np.array(sorted(set(positions)))
    assert mask.inside("c", where).tolist() == [position - 1 in truth for position in where.tolist()]
    sorted_edges = np.array(sorted(edges))
    lengths = [len(truth & set(range(a, b))) for a, b in pairwise(sorted_edges)]
    assert mask.lengths("c", sorted_edges).tolist() == lengths


def test_windows_of_counts_alone() -> None:
    """The reported case: the variant is the last of its block, and the block reaches into the next window."""
    text = vcf_text([(1, "variant", ["0/1"] * 4), *[(1, "invariant", ["0/0"] * 4)] * 14])
    _, (block,) = read_blocks(io.BytesIO(text))
    groups = Groups({"x": [0, 1], "y": [2, 3]}, 4)
    filtered = SiteFilter(SAMPLES, OFF).apply(block, np.empty((0, 3), np.int64))
    windows = WindowSums(groups, 10)
    windows.add("c", block.position, SiteCounts(filtered, groups))
    assert windows.partial()["groups"][2].tolist() == [[4, 0], [4, 0]]


@settings(deadline=None, max_examples=40)
@given(ROWS, st.integers(20, 400), st.sampled_from([10, 50]), st.lists(st.integers(1, 500), max_size=2))
# the only row near the region is the indel past its end
@example([(1, "invariant", ["0/0"] * 4), (1, "deletion", ["0/0"] * 4)], 20, 10, [1])
def test_variants_with_their_callable_sites_equal_all_sites(
    rows: list, block_bytes: int, window_bp: int, cuts: list[int]
) -> None:
    """A site without a row counts as one with a row does: not near an indel, in its own window and region."""
    rows = [(step, kind, ["0/0"] * 4 if kind == "invariant" else calls) for step, kind, calls in rows]
    everything = vcf_text(rows)
    lines = everything.splitlines(keepends=True)
    places = [int(line.split(b"\t")[1]) for line in lines if line.split(b"\t")[4:5] == [b"."]]
    variants = b"".join(line for line in lines if line.startswith(b"#") or line.split(b"\t")[4] != b".")
    snvs = [int(line.split(b"\t")[1]) for line in lines if line.split(b"\t")[4:5] == [b"G"]]
    position = np.array(sorted([*places, *snvs]), np.int64)
    mask = Mask({"c": (position - 1, position)})
    found = []
    for text, kind, options in (
        (everything, "all-sites", {}),
        (variants, "variants", {"callable_mask": mask}),
    ):
        parts = []
        for first, last in pairwise([0, *sorted(set(cuts)), 1000]):
            header, blocks = read_blocks(io.BytesIO(text), block_bytes=block_bytes)
            region = Mask({"c": (np.array([first]), np.array([last]))})
            scan = RegionScan(
                header, SAMPLES, OFF, window_bp=window_bp, bin_bp=10, regions=region, vcf_kind=kind, **options
            )
            for block, indels in with_indels(blocks, OFF):
                scan.add(block, indels)
            parts.append(scan.partial())
        keys = ("window_chromosome", "window", "groups", "pairs")
        whole = merge_windows([{key: part[key] for key in keys} for part in parts])
        filled = whole["groups"].any((0, 1))
        found.append(
            [whole["window"][filled].tolist(), whole["groups"][..., filled].tolist()]
            + [whole["pairs"][..., filled].tolist(), sum(part["called_of_sample"] for part in parts).tolist()]
        )
    assert found[0] == found[1]
