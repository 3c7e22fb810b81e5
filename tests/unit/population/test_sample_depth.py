"""Depth of samples: samtools' rows and a gVCF's blocks against counts; callable sites, sex, routes."""

import io
import json
import subprocess
from itertools import pairwise

import numpy as np
import pysam
import pytest

import sample_depth
from linnaea.base.errors import InputError
from linnaea.population.cohort_depths import decisions, ploidy_lines
from linnaea.population.sample_depth import (
    DepthTrack,
    block_stretches,
    depth_of,
    depth_window,
    median_depth,
    site_stretches,
)
from linnaea.population.samples import Sample

LENGTHS = {"chr|1": 30_000, "2": 9_000, "X.1": 12_000, "unmapped": 500}
DEEP = 1200


@pytest.fixture(scope="module")
def mapped(tmp_path_factory):
    """Depths by chromosome counted read by read, and the rows of samtools for the same BAM: overlapping
    mates, indels, duplicates and reads of low mapping quality.
    """
    folder = tmp_path_factory.mktemp("depth")
    rng = np.random.default_rng(8)
    header = pysam.AlignmentHeader.from_dict(
        {"HD": {"SO": "coordinate"}, "SQ": [{"SN": name, "LN": size} for name, size in LENGTHS.items()]}
    )
    depths = {name: np.zeros(size, int) for name, size in LENGTHS.items()}
    reads = []

    def add(number, start, cigar, flag, mate, quality=60):
        read = pysam.AlignedSegment(header)
        read.query_name, read.reference_id, read.reference_start = f"r{len(reads) // 2}", number, int(start)
        read.mapping_quality, read.cigarstring, read.flag = quality, cigar, flag
        read.query_sequence = "A" * read.infer_query_length()
        read.query_qualities = pysam.qualitystring_to_array("I" * read.infer_query_length())
        read.next_reference_id, read.next_reference_start = number, int(mate)
        reads.append(read)
        return read

    for number, (name, share) in enumerate({"chr|1": 6, "2": 6, "X.1": 3}.items()):
        pairs = share * LENGTHS[name] // 100
        starts = rng.integers(0, LENGTHS[name] - 400, pairs)
        if name == "2":
            starts[:DEEP] = 3_000  # a collapsed repeat: depths of three and four digits
            starts = np.r_[starts, np.full(DEEP, 3_000)]
        for start in starts:
            second = start + rng.integers(0, 200)
            low = rng.random() < 0.1
            duplicate = 1024 if rng.random() < 0.05 else 0
            first_cigar = rng.choice(["100M", "5S95M", "50M3I47M"])
            second_cigar = rng.choice(["100M", "60M20N40M", "40M10D60M" if second > start + 100 else "100M"])
            pair = (
                add(number, start, first_cigar, 99 | duplicate, second, 5 if low else 60),
                add(number, second, second_cigar, 147 | duplicate, start),
            )
            covered = {
                site
                for read in pair
                if read.mapping_quality >= 30 and not read.is_duplicate
                for site in read.get_reference_positions()
            }
            depths[name][list(covered)] += 1
    with pysam.AlignmentFile(folder / "s.bam", "wb", header=header) as bam:
        for read in sorted(reads, key=lambda read: (read.reference_id, read.reference_start)):
            bam.write(read)
    rows = subprocess.run(
        ["samtools", "depth", "-aa", "-s", "-Q", "30", "s.bam"], cwd=folder, check=True, capture_output=True
    ).stdout
    return depths, rows


def histograms(depths):
    return {name: np.bincount(values).astype(float) for name, values in depths.items()}


@pytest.mark.parametrize("block_bytes", [50, 1000, 1 << 22])
def test_depths_of_an_alignment_are_those_counted_read_by_read(mapped, monkeypatch, block_bytes, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("linnaea.population.sample_depth.BLOCK_BYTES", block_bytes)
    depths, rows = mapped
    track = DepthTrack(LENGTHS, site_stretches(io.BytesIO(rows), LENGTHS))
    for name, values in depths.items():
        assert track.histograms[name].tolist() == np.bincount(values).tolist()
    assert max(values.max() for values in depths.values()) > 999
    for smallest, largest in ((4, 8), (0, 0), (10, 5000)):
        for name, deep in track.within(smallest, largest):
            expected = (depths[name] >= smallest) & (depths[name] <= largest)
            assert deep.inside(name, np.arange(1, LENGTHS[name] + 1)).tolist() == expected.tolist()
    assert list(tmp_path.iterdir()) == []


def test_rows_of_another_reference_or_cut_short_are_refused(mapped, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    rows = mapped[1]
    with pytest.raises(InputError, match=r"sequence X\.1 of the alignment is not in the reference"):
        list(site_stretches(io.BytesIO(rows), {"chr|1": 30_000, "2": 9_000}))
    with pytest.raises(InputError, match="samtools depth ended early"):
        list(site_stretches(io.BytesIO(rows[: len(rows) // 2]), LENGTHS))


def test_blocks_equal_counted_depths(mapped, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    depths = mapped[0]
    lines = []
    for name, values in depths.items():
        edges = [0, *(np.flatnonzero(np.diff(values)) + 1), values.size]
        for start, end in pairwise(edges):
            if values[start]:
                lines.append(f"{name}\t{start + 1}\t{end}\t{values[start]}\n")
    lines.insert(3, lines[2])  # an indel's row repeats its base
    for batch in (3, 1 << 16):
        track = DepthTrack(LENGTHS, block_stretches(lines, batch))
        for name, values in depths.items():
            assert track.histograms[name].tolist() == np.bincount(values).tolist()
        for name, deep in track.within(4, 8):
            expected = (depths[name] >= 4) & (depths[name] <= 8)
            assert deep.inside(name, np.arange(1, LENGTHS[name] + 1)).tolist() == expected.tolist()


# A reader of these masks must not end before what writes to it: the last masks end with or before the genome.
EXCLUDED = {
    "end": "2\t0\t9000\nX.1\t0\t12000\nunmapped\t0\t500\n",
    "start": "chr|1\t0\t29000\n",
    "nothing": "",
    "everything": "".join(f"{name}\t0\t{size}\n" for name, size in LENGTHS.items()),
}


@pytest.mark.parametrize("excluded", EXCLUDED)
@pytest.mark.parametrize("source", ["alignment", "blocks"])
def test_callable_sites_are_within_the_window_and_outside_masks(
    mapped, tmp_path, monkeypatch, excluded, source
):
    depths, rows = mapped
    monkeypatch.chdir(tmp_path)
    (tmp_path / "r.fai").write_text("".join(f"{name}\t{size}\t0\t60\t61\n" for name, size in LENGTHS.items()))
    (tmp_path / "in.bed").write_text("".join(f"{name}\t100\t{size}\n" for name, size in LENGTHS.items()))
    (tmp_path / "out.bed").write_text(EXCLUDED[excluded])
    options = "--sample s --fai r.fai --include in.bed --exclude out.bed --low 0.33 --high 2 --min-depth 4"
    options = [*options.split(), "--callable", "c.bed.gz", "--out", "d.json"]
    if source == "alignment":
        monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(rows)))
    else:
        sites = (line.split("\t") for line in rows.decode().splitlines())
        monkeypatch.setattr("sys.stdin", io.StringIO("".join(f"{n}\t{p}\t{p}\t{d}\n" for n, p, d in sites)))
        options.append("--blocks")
    assert sample_depth.main(options) == 0
    record = json.loads((tmp_path / "d.json").read_text())
    found = {name: np.zeros(size, bool) for name, size in LENGTHS.items()}
    with pysam.BGZFile("c.bed.gz") as bed:
        for line in bed:
            name, start, end = line.decode().split("\t")
            found[name][int(start) : int(end)] = True
    for name, values in depths.items():
        expected = (values >= record["min_depth_x"]) & (values <= record["max_depth_x"])
        expected[:100] = False
        for line in EXCLUDED[excluded].splitlines():
            masked, start, end = line.split("\t")
            if masked == name:
                expected[int(start) : int(end)] = False
        assert found[name].tolist() == expected.tolist()


def test_window_and_sex(mapped):
    depths = mapped[0]
    counted = histograms(depths)
    autosomes = np.concatenate([depths[name] for name in ("chr|1", "2", "unmapped")])
    record = depth_of("s", counted, {"X.1": "X"}, 0.33, 2, 4)
    assert abs(record["median_depth_x"] - np.median(autosomes[autosomes > 0])) <= 1
    assert record["mean_depth_x"] == pytest.approx(autosomes.mean())
    counted = {"1": np.bincount(depths["chr|1"]), "X.1": np.bincount(depths["X.1"])}
    assert depth_of("s", counted, {"X.1": "X"}, 0.33, 2, 4)["sex_by_depth"] == "male"
    assert depth_of("s", counted, {"X.1": "Z"}, 0.33, 2, 4)["sex_by_depth"] == "female"
    assert depth_of("s", counted, {}, 0.33, 2, 4)["sex_by_depth"] == "unknown"
    with pytest.raises(InputError, match="sample s: no read covers an autosome"):
        depth_of("s", {"1": np.array([100.0])}, {}, 0.33, 2, 4)


@pytest.mark.parametrize(
    ("median", "expected"), [(12, (4, 24)), (30, (10, 60)), (3, (4, 6)), (1, (4, 4)), (100, (33, 200))]
)
def test_depth_window(median, expected):
    assert depth_window(median, 0.33, 2, 4) == expected


def test_median_is_of_covered_bases():
    assert median_depth(np.array([1000, 1, 1, 1.0])) == 2
    assert median_depth(np.array([1000.0])) == 0


def test_ploidy_of_sex_chromosomes_is_that_of_bcftools():
    lines = ploidy_lines({"a": "X", "b": "Y", "c": "Z", "d": "W", "e": "mito"}, dict.fromkeys("abcde", 9))
    assert lines[-3:] == ["* * * female 2", "* * * male 2", "* * * unknown 2"]
    expected = ["a 1 9 male 1", "b 1 9 female 0", "b 1 9 male 1", "c 1 9 female 1", "d 1 9 female 1"]
    expected += ["d 1 9 male 0", "e 1 9 female 1", "e 1 9 male 1", "e 1 9 unknown 1"]
    assert lines[:-3] == expected


def test_route_by_depth_and_disagreeing_sex():
    def sample(name, sex):
        return Sample(name, "g", "g", "modern", ".", sex, None, None, False, ".")

    depth = {"min_depth_x": 4, "max_depth_x": 9}
    rows = decisions(
        [sample("a", "male"), sample("b", "female"), sample("c", "unknown")],
        {
            "a": depth | {"median_depth_x": 4.9, "sex_by_depth": "male"},
            "b": depth | {"median_depth_x": 5.0, "sex_by_depth": "male"},
            "c": depth | {"median_depth_x": 9.0, "sex_by_depth": "female"},
        },
        5,
    )
    assert [row["route"] for row in rows] == ["likelihoods", "calls", "calls"]
    assert [row["sex_disagrees"] for row in rows] == [False, True, False]
