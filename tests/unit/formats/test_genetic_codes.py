"""Which code a sequence is read by, and what that changes in proteins, quality and load."""

import subprocess
import sys

import pytest

from linnaea.annotation.gene_sequences import write_sequences
from linnaea.annotation.quality import annotation_quality
from linnaea.base.paths import ROOT
from linnaea.formats.genetic_codes import code_of, is_mitochondrion
from linnaea.formats.gff3 import read_genes

BIN = ROOT / "bin"
# TGA is tryptophan and AGA a stop in the code of vertebrate mitochondria (2).
LETTERS = "ATGTGATGGGCATGAAGA"
ROWS = """{name}\tx\tgene\t1\t18\t.\t+\t.\tID=g.{name}
{name}\tx\tmRNA\t1\t18\t.\t+\t.\tID=t.{name};Parent=g.{name}
{name}\tx\texon\t1\t18\t.\t+\t.\tParent=t.{name}
{name}\tx\tCDS\t1\t18\t.\t+\t0\tParent=t.{name}
"""


@pytest.mark.parametrize(
    "name",
    ["MT", "chrM", "M", "chrMT", "MIT", "mitochondrion", "Mitochondria", "ilDeiPorc1_mito", "x.MT"],
)
def test_names_of_mitochondria(name):
    assert is_mitochondrion(name)
    assert (code_of(name, 1, 2), code_of(name, 6), code_of(name, 1, None)) == (2, 6, 1)


@pytest.mark.parametrize("name", ["chr1", "SUPER_1", "Mtb1", "scaffold_12", "MT1", "mitogen", "LG_M"])
def test_names_of_other_sequences(name):
    assert not is_mitochondrion(name)
    assert code_of(name, 6, 2) == 6


@pytest.fixture
def two(tmp_path):
    """The same gene on a chromosome and on the mitochondrion."""
    (tmp_path / "g.fa").write_text(f">chr1\n{LETTERS}\n>MT\n{LETTERS}\n")
    (tmp_path / "g.gff3").write_text("##gff-version 3\n" + ROWS.format(name="chr1") + ROWS.format(name="MT"))
    return tmp_path


def test_proteins_of_the_mitochondrion_have_its_code(two):
    write_sequences(read_genes(two / "g.gff3"), two / "g.fa", {"proteins": two / "p.fa"}, 1, 2)
    assert (two / "p.fa").read_text() == ">t.chr1 gene=g.chr1\nM*WA*R\n>t.MT gene=g.MT\nMWWAW\n"


def test_stops_in_frame_are_those_of_the_own_code(two):
    rows = annotation_quality(two / "g.gff3", two / "g.fa", code=1, mito_code=2)[1]
    assert {row["transcript"]: row["in_frame_stops"] for row in rows} == {"t.chr1": 2, "t.MT": 0}


def test_genetic_load_leaves_the_mitochondrion_out(two):
    command = [sys.executable, BIN / "csq_genes.py", two / "g.gff3", "--out", two / "csq.gff3"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stderr == "1 genes of the mitochondrion are left out, because it has another genetic code\n"
    assert {line.split("\t")[0] for line in (two / "csq.gff3").read_text().splitlines()[1:]} == {"chr1"}
