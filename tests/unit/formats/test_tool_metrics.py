import json
import random
import subprocess
import sys
from pathlib import Path

import pysam
import pytest

from linnaea.base.errors import InputError
from linnaea.formats.tool_metrics import busco_metrics, cutadapt_metrics, fastp_metrics, pair_metrics

ADAPTER = "ATCTCTCTCAACAACAACAACGGAGGAGGAGGAAAAGAGAGAGAT"
BUSCO_6 = {
    "lineage_dataset": {"name": "lepidoptera_odb12"},
    "versions": {"busco": "6.1.0"},
    "results": {
        "Complete percentage": 97.5, "Single copy percentage": 96.9, "Multi copy percentage": 0.6,
        "Fragmented percentage": 0.5, "Missing percentage": 2.0, "n_markers": 5286,
    },
}  # fmt: skip


def cutadapt(folder, sequences):
    """Run the real cutadapt as the pipeline does, on FASTA; path of its JSON report."""
    (folder / "in.fasta").write_text("".join(f">r{n}\n{s}\n" for n, s in enumerate(sequences)))
    subprocess.run(
        ["cutadapt", "--revcomp", "--action", "none", "--overlap", "35", "--anywhere", ADAPTER]
        + ["--untrimmed-output", "clean.fasta", "-o", "found.fasta", "--json", "report.json", "in.fasta"],
        cwd=folder,
        check=True,
        capture_output=True,
    )
    return folder / "report.json"


def test_cutadapt_counts_reads_with_adapter(tmp_path):
    clean = "ACGGTCAGTTACGA" * 20
    report = cutadapt(tmp_path, [clean, clean + ADAPTER + clean, clean, clean])
    metrics = cutadapt_metrics(report)
    assert (metrics["reads"], metrics["reads_with_adapter"], metrics["reads_with_adapter_pct"]) == (4, 1, 25)
    assert metrics["bases_removed_bp"] == 2 * len(clean) + len(ADAPTER)


def test_no_read_left_is_a_fault(tmp_path):
    with pytest.raises(InputError, match="no HiFi reads are left after adapter removal"):
        cutadapt_metrics(cutadapt(tmp_path, [ADAPTER * 2]))


def fastp(folder, reads):
    for mate in (1, 2):
        records = "".join(f"@r{n}/{mate}\n{read}\n+\n{'I' * len(read)}\n" for n, read in enumerate(reads))
        (folder / f"{mate}.fastq").write_text(records)
    subprocess.run(
        ["fastp", "-i", "1.fastq", "-I", "2.fastq", "-o", "o1.fastq", "-O", "o2.fastq", "-j", "report.json"],
        cwd=folder,
        check=True,
        capture_output=True,
    )
    return folder / "report.json"


def test_fastp_counts(tmp_path):
    metrics = fastp_metrics(fastp(tmp_path, ["ACGGTCAGTTACGATCCA" * 5] * 4 + ["ACG"]))
    assert (metrics["reads_in"], metrics["reads_out"], metrics["bases_out_bp"]) == (10, 8, 720)


def test_q30_of_reads_without_qualities_is_not_reported(tmp_path):
    """samtools fastq writes Q33 for each base of a BAM without qualities."""
    rng = random.Random(8)
    reads = [bytes(rng.choices(b"ACGT", k=rng.randrange(60, 100))).decode() for _ in range(200)]
    with pysam.AlignmentFile(str(tmp_path / "in.bam"), "wb", header={"HD": {"VN": "1.6"}}) as handle:
        for number, letters in enumerate(reads):
            read = pysam.AlignedSegment(handle.header)
            read.query_name, read.query_sequence = f"r{number // 2}", letters
            read.flag = 77 if number % 2 == 0 else 141
            handle.write(read)
    names = [f"{tmp_path}/{mate}.fastq" for mate in (1, 2)]
    run = {"check": True, "capture_output": True, "cwd": tmp_path}
    subprocess.run(["samtools", "fastq", "-n", "-1", names[0], "-2", names[1], "in.bam"], **run)
    trim = ["fastp", "-i", names[0], "-I", names[1], "-o", "o1.fastq", "-O", "o2.fastq", "-j", "r.json"]
    subprocess.run(trim, **run)
    metrics = fastp_metrics(tmp_path / "r.json")
    assert (metrics["reads_out"], metrics["q30_pct_out"]) == (200, None)
    with Path(names[0]).open() as handle:
        lines = handle.read().split("\n")
    lines[3] = "5" + lines[3][1:]  # one base of Q20
    Path(names[0]).write_text("\n".join(lines))
    subprocess.run(trim, **run)
    bases = sum(map(len, reads))
    assert fastp_metrics(tmp_path / "r.json")["q30_pct_out"] == pytest.approx(
        100 * (bases - 1) / bases, abs=1e-3
    )


def test_nothing_left_of_fastp_is_a_fault(tmp_path):
    with pytest.raises(InputError, match="no reads are left of 2 after trimming"):
        fastp_metrics(fastp(tmp_path, ["ACG"]))


def test_busco_numbers(tmp_path):
    (tmp_path / "s.json").write_text(json.dumps(BUSCO_6))
    metrics = busco_metrics(tmp_path / "s.json")
    assert (metrics["single_copy_pct"], metrics["markers"], metrics["version"]) == (96.9, 5286, "6.1.0")


def test_zero_busco_genes_are_not_believed(tmp_path):
    none = BUSCO_6 | {"results": BUSCO_6["results"] | {"Complete percentage": 0, "Fragmented percentage": 0}}
    (tmp_path / "s.json").write_text(json.dumps(none))
    answer = subprocess.run(
        [sys.executable, "bin/tool_metrics.py", "busco", "--id", "ab", "--haplotype", "hap1"]
        + ["--out", tmp_path / "o.json", tmp_path / "s.json"],
        capture_output=True,
        text=True,
    )
    assert answer.returncode == 1
    assert answer.stderr.startswith("error: ab hap1: BUSCO found none of the genes of lepidoptera_odb12")
    assert not (tmp_path / "o.json").exists()


def test_a_report_cut_short_is_named(tmp_path):
    (tmp_path / "s.json").write_text('{"summary": ')
    with pytest.raises(InputError, match=r"s\.json is not the JSON report fastp should have written"):
        fastp_metrics(tmp_path / "s.json")


def test_reads_without_their_mate_are_counted(tmp_path):
    counts = tmp_path / "counts.json"
    counts.write_text('{"pairs": 95, "single": 9, "unmarked": 1}')
    record = pair_metrics(counts)
    assert (record["pairs"], record["reads_without_mate"], record["reads_without_mate_pct"]) == (95, 10, 5)
    assert record["warnings"] == ["10 reads (5.0 %) have no mate in the file and are left out"]
    counts.write_text('{"pairs": 95, "single": 0, "unmarked": 0}')
    assert pair_metrics(counts)["warnings"] == []
    counts.write_text('{"pairs": 0, "single": 9, "unmarked": 0}')
    with pytest.raises(InputError, match="no read has its mate in the file"):
        pair_metrics(counts)
