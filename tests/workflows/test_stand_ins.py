"""The command lines that the stand-ins of hifiasm and Flye were given."""

import pytest


def arguments(workflow_dir, name):
    (found,) = workflow_dir.glob(f"work/*/*/{name}_arguments.txt")
    return found.read_text().split()


@pytest.mark.workflow("hifiasm, haplotypes phased by Hi-C, ultra-long reads")
def test_hifiasm_with_hic(workflow_dir):
    words = arguments(workflow_dir, "hifiasm")
    assert words[words.index("--h1") + 1] == "hic_1/hic_1.fastq.gz"
    assert words[words.index("--h2") + 1] == "hic_2/hic_2.fastq.gz"
    assert words[words.index("--ul") + 1] == "ultralong/ont.fastq.gz"
    assert words[words.index("-o") + 1] == "ilAusBus1"
    assert words[-2:] == ["hifi_1.fastq.gz", "hifi_2.fastq.gz"]
    assert "--primary" not in words


@pytest.mark.workflow("hifiasm, primary and alternate")
def test_hifiasm_primary(workflow_dir):
    files = sorted(workflow_dir.glob("work/*/*/hifiasm_arguments.txt"))
    assert len(files) == 2
    for words in (path.read_text().split() for path in files):
        assert "--primary" in words
        assert "--h1" not in words


@pytest.mark.workflow("Flye with ONT")
def test_flye(workflow_dir):
    words = arguments(workflow_dir, "flye")
    assert words[:2] == ["--nano-hq", "ont.fastq.gz"]
    assert words[words.index("--genome-size") + 1] == "1500000"
