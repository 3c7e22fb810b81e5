"""Sequences of genes against Biopython, and models that do not fit their genome."""

import random

import pytest
from Bio.Seq import Seq

from linnaea.annotation.gene_sequences import write_sequences
from linnaea.base.errors import InputError
from linnaea.formats.gene_models import Gene, Transcript


@pytest.fixture
def genome(tmp_path):
    rng = random.Random(3)
    letters = "".join(rng.choices("ACGT", k=600))
    (tmp_path / "genome.fa").write_text(f">chr|1\n{letters}\n")
    return tmp_path / "genome.fa", letters


def gene(name, strand, exons, cds, phase=0):
    model = Transcript(f"{name}.t1", "chr|1", strand, exons, cds, phase)
    return Gene(name, "chr|1", strand, [model])


def read(path):
    records = path.read_text().split(">")[1:]
    return {text.split()[0]: "".join(text.splitlines()[1:]) for text in records}


@pytest.mark.parametrize("code", [1, 6])
def test_equals_biopython_on_both_strands(genome, tmp_path, code):
    path, letters = genome
    genes = [
        gene("plus", "+", [(10, 60), (100, 190)], [(20, 60), (100, 153)]),
        gene("minus", "-", [(300, 380), (420, 500)], [(310, 380), (420, 481)], phase=2),
    ]
    outputs = {kind: tmp_path / f"{kind}.fa" for kind in ("proteins", "cds", "transcripts")}
    assert write_sequences(genes, path, outputs, code) == {"proteins": 2, "cds": 2, "transcripts": 2}
    plus = Seq(letters[20:60] + letters[100:153])
    minus = Seq(letters[310:380] + letters[420:481]).reverse_complement()
    assert read(outputs["cds"]) == {"plus.t1": str(plus), "minus.t1": str(minus)}
    assert read(outputs["transcripts"])["plus.t1"] == letters[10:60] + letters[100:190]
    expected = str(plus.translate(table=code)).removesuffix("*")
    assert read(outputs["proteins"])["plus.t1"] == expected
    whole = minus[2 : 2 + (len(minus) - 2) // 3 * 3]
    assert read(outputs["proteins"])["minus.t1"] == str(whole.translate(table=code)).removesuffix("*")


def test_rna_genes_have_a_transcript_and_no_protein(genome, tmp_path):
    outputs = {"proteins": tmp_path / "p.fa", "transcripts": tmp_path / "t.fa"}
    rna = gene("trna", "+", [(5, 80)], [])
    coding = gene("g", "+", [(100, 190)], [(100, 190)])
    assert write_sequences([rna, coding], genome[0], outputs) == {"proteins": 1, "transcripts": 2}
    assert list(read(outputs["proteins"])) == ["g.t1"]
    with pytest.raises(InputError, match=r"no gene of the annotation has a protein on .*; look at its CDS"):
        write_sequences([rna], genome[0], outputs)


def test_genes_of_another_assembly_are_refused(genome, tmp_path):
    stranger = gene("g7", "+", [(10, 900)], [(10, 900)])
    with pytest.raises(
        InputError, match=r"gene g7 ends at 900, but chr\|1 of .* has 600 bp; give the assembly"
    ):
        write_sequences([stranger], genome[0], {"cds": tmp_path / "c.fa"})
    stranger.seqid = "chr2"
    with pytest.raises(InputError, match=r"gene g7 is on chr2, which .* lacks"):
        write_sequences([stranger], genome[0], {"cds": tmp_path / "c.fa"})
    assert not (tmp_path / "c.fa").exists()
