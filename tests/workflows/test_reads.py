"""Reads that came as unaligned BAM, and of which a random share was kept."""

import json

import pysam
import pytest

WORKFLOW = "a tool killed for memory, then more of it"


def reads_record(workflow_dir, name):
    return json.loads((workflow_dir / "results/Aus_bus/01_reads" / name).read_text())


@pytest.mark.workflow(WORKFLOW)
def test_no_read_is_lost_on_the_way_from_bam(workflow_dir):
    with pysam.FastxFile(str(workflow_dir / "sim/reads/hifi.fastq.gz")) as reads:
        simulated = sum(1 for _ in reads)
    adapters = reads_record(workflow_dir, "hifi1.adapters.json")
    assert reads_record(workflow_dir, "hifi1.raw.json")["reads"] == simulated == adapters["reads"]
    kept = reads_record(workflow_dir, "hifi1.filtered.json")["reads"]
    assert kept == simulated - adapters["reads_with_adapter"]


@pytest.mark.workflow(WORKFLOW)
def test_the_cap_keeps_about_its_share_of_whole_reads(workflow_dir):
    record = reads_record(workflow_dir, "Aus_bus.coverage.json")
    assert record["coverage_x"] == pytest.approx(30, rel=0.1)
    (capped,) = workflow_dir.glob("work/*/*/kept/*.capped.fastq.gz")
    with pysam.FastxFile(str(capped)) as reads:
        bases = sum(len(read.sequence) for read in reads)
    assert bases / record["genome_size_bp"] == pytest.approx(15, rel=0.15)
