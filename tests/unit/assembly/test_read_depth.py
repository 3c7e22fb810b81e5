import gzip
import json
import subprocess
import sys

import numpy as np
import pytest

from linnaea.assembly.read_depth import WindowedDepth, depth_metrics, read_paf

LENGTHS = {"a": 10_050, "b": 999, "c": 3_000}


def random_intervals(count, seed=3):
    rng = np.random.default_rng(seed)
    for _ in range(count):
        name = str(rng.choice(list(LENGTHS)))
        start, end = sorted(rng.integers(0, LENGTHS[name] + 1, 2).tolist())
        yield name, start, end


def paf(name, read_length, start, end, sequence="*", target=(0, 0)):
    fields = [name, read_length, start, end, "+", sequence, LENGTHS.get(sequence, 0), *target, 0, 0, 60]
    return "\t".join(map(str, fields)) + "\n"


def test_depth_equals_per_base_counting():
    depth = WindowedDepth(LENGTHS, 1000)
    bases = {name: np.zeros(length) for name, length in LENGTHS.items()}
    for name, start, end in random_intervals(3000):
        depth.add(name, start, end)
        bases[name][start:end] += 1
    for name, windows in depth.depth().items():
        expected = [bases[name][at : at + 1000].mean() for at in range(0, LENGTHS[name], 1000)]
        assert windows == pytest.approx(expected)


def test_a_read_with_several_alignments_counts_once():
    depth = WindowedDepth(LENGTHS, 1000)
    lines = [
        paf("r1", 2000, 0, 1000, "a", (0, 1000)),
        paf("r1", 2000, 1000, 2000, "c", (0, 1000)),
        paf("r2", 500, 0, 0),
        paf("r3", 900, 0, 900, "c", (0, 900)),
    ]
    counts = read_paf(lines, depth)
    assert counts == {"reads": 3, "mapped_reads": 2, "bases_bp": 3400, "mapped_bases_bp": 2900}
    metrics = depth_metrics(depth, counts)
    assert metrics["mapped_reads_pct"] == pytest.approx(200 / 3)
    assert metrics["mean_depth"] == pytest.approx(2900 / sum(LENGTHS.values()))
    assert metrics["zero_depth_pct"] == pytest.approx(100 * 13 / 15)


def test_step_refuses_reads_that_map_nowhere(tmp_path):
    fasta = tmp_path / "a.fasta.gz"
    fasta.write_bytes(gzip.compress(b">a\nACGT\n"))
    answer = run_step(tmp_path, fasta, paf("r1", 100, 0, 0))
    assert answer.returncode == 1
    assert "x hap1: none of 1 reads maps to" in answer.stderr
    assert not (tmp_path / "out.json").exists()


def test_step_writes_record_and_track(tmp_path):
    fasta = tmp_path / "a.fasta.gz"
    fasta.write_bytes(gzip.compress(b">a\n" + b"A" * 10_050 + b"\n"))
    answer = run_step(tmp_path, fasta, paf("r1", 3000, 0, 3000, "a", (500, 3500)))
    assert answer.returncode == 0, answer.stderr
    record = json.loads((tmp_path / "out.json").read_text())
    assert record["mean_depth"] == pytest.approx(3000 / 10_050)
    track = gzip.decompress((tmp_path / "track.gz").read_bytes()).decode().splitlines()
    assert track[:2] == ["a\t0\t1000\t0.50", "a\t1000\t2000\t1.00"]
    assert track[-1] == "a\t10000\t10050\t0.00"


def run_step(folder, fasta, text):
    return subprocess.run(
        [sys.executable, "bin/read_depth.py", "--id", "x", "--stage", "raw", "--haplotype", "hap1"]
        + ["--assembly", fasta, "--out", folder / "out.json", "--track", folder / "track.gz"],
        input=text,
        text=True,
        capture_output=True,
    )
