"""Tracks: every file of config.json exists and can be asked for a region."""

import json
import random

import pyBigWig
import pysam
import pytest

from linnaea.annotation.tracks import write_tracks

GENES = """\
##gff-version 3
b\t.\tgene\t11\t400\t.\t+\t.\tID=g1
b\t.\tmRNA\t11\t400\t.\t+\t.\tID=t1;Parent=g1
b\t.\texon\t11\t400\t.\t+\t.\tID=e1;Parent=t1
b\t.\tCDS\t200\t260\t.\t+\t0\tID=c1;Parent=t1
b\t.\tgene\t101\t180\t.\t-\t.\tID=g2
a\t.\tgene\t51\t80\t.\t-\t.\tID=g3
"""
ALIGNED = """\
s2\tprotein\tgene\t201\t260\t.\t+\t.\tID=p1
s2\tprotein\tmRNA\t201\t260\t.\t+\t.\tID=p1.t;Parent=p1
s2\tprotein\tCDS\t201\t260\t.\t+\t0\tID=p1.c;Parent=p1.t
"""


@pytest.fixture
def folder(tmp_path):
    rng = random.Random(1)
    records = [(name, "".join(rng.choices("ACGT", k=size))) for name, size in (("a", 100), ("b", 500))]
    (tmp_path / "genome.fa").write_text("".join(f">{name} x\n{letters}\n" for name, letters in records))
    (tmp_path / "genes.gff3").write_text(GENES)
    (tmp_path / "aligned.gff3").write_text(ALIGNED)
    (tmp_path / "introns.bed").write_text("b\t20\t60\tj1\t7\t+\n")
    (tmp_path / "repeats.bed").write_text("b\t300\t360\tdust\na\t0\t30\tdust\n")
    (tmp_path / "depth.bg").write_text("b\t10\t20\t3\nb\t20\t60\t9\n")
    names = {"s1": ("a", 100), "s2": ("b", 500)}
    files = [tmp_path / name for name in ("introns.bed", "depth.bg", "repeats.bed")]
    inputs = (tmp_path / "genes.gff3", tmp_path / "genome.fa", names, tmp_path / "tracks")
    write_tracks("x1", *inputs, [tmp_path / "aligned.gff3"], *files)
    return tmp_path / "tracks"


def test_config_names_files_that_are_there(folder):
    config = json.loads((folder / "config.json").read_text())
    text = json.dumps(config)
    named = {word for word in text.split('"') if word.startswith("x1.") and "_" not in word.split(".", 2)[2]}
    assert named
    assert all((folder / name).exists() for name in named)
    assert [track["name"] for track in config["tracks"]] == [
        "Genes", "Protein alignments", "RNA introns", "Repeats", "RNA coverage",
    ]  # fmt: skip
    assert {name for track in config["tracks"] for name in track["assemblyNames"]} == {"x1"}


def test_regions_can_be_asked_for(folder):
    with pysam.TabixFile(
        str(folder / "x1.genes.gff3.gz"), index=str(folder / "x1.genes.gff3.gz.csi")
    ) as genes:
        rows = [row.split("\t") for row in genes.fetch("b", 100, 180)]
    assert [(row[2], row[8]) for row in rows] == [
        ("gene", "ID=g1"), ("mRNA", "ID=t1;Parent=g1"), ("exon", "ID=e1;Parent=t1"), ("gene", "ID=g2"),
    ]  # fmt: skip
    aligned = folder / "x1.protein_alignments.gff3.gz"
    with pysam.TabixFile(str(aligned), index=f"{aligned}.csi") as proteins:
        assert {row.split("\t")[0] for row in proteins.fetch("b", 0, 500)} == {"b"}
    with pyBigWig.open(str(folder / "x1.rna_coverage.bw")) as track:
        assert track.chroms() == {"a": 100, "b": 500}
        assert track.values("b", 18, 22) == [3.0, 3.0, 9.0, 9.0]
    with pysam.FastaFile(str(folder / "x1.fasta.gz")) as fasta:
        assert list(fasta.references) == ["a", "b"]
