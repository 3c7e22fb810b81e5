"""SNAP's formats."""

import pytest

from linnaea.annotation.gene_training import MIN_TRAINING
from linnaea.annotation.snap_genes import read_gff, write_zff
from linnaea.base.errors import InputError
from linnaea.formats.gene_models import Transcript


def models(number):
    for index in range(number):
        start = 100 * index
        cds = [(start + 10, start + 40), (start + 50, start + 80)]
        yield Transcript(f"t{index}", "s1", "+-"[index % 2], cds, cds)


def test_zff_lists_parts_in_reading_direction(tmp_path):
    (tmp_path / "g.fa").write_text(">s1\n" + "acgt" * 2000 + "\n")
    write_zff(list(models(MIN_TRAINING)), tmp_path / "g.fa", tmp_path / "a.ann", tmp_path / "a.dna")
    rows = (tmp_path / "a.ann").read_text().splitlines()
    assert rows[:5] == [
        ">s1",
        "Einit\t11\t40\tt0",
        "Eterm\t51\t80\tt0",
        "Einit\t180\t151\tt1",
        "Eterm\t140\t111\tt1",
    ]
    assert (tmp_path / "a.dna").read_text().startswith(">s1\nACGT")


def test_too_few_genes_are_said(tmp_path):
    with pytest.raises(
        InputError, match=f"SNAP needs {MIN_TRAINING} training genes, the evidence gave 3; leave out"
    ):
        write_zff(list(models(3)), tmp_path / "g.fa", tmp_path / "a.ann", tmp_path / "a.dna")


def test_predictions_become_genes(tmp_path):
    (tmp_path / "p.gff").write_text(
        "s1\tSNAP\tEterm\t111\t140\t5.1\t-\t.\ts1-snap.1\ns1\tSNAP\tEinit\t151\t180\t9.0\t-\t.\ts1-snap.1\n"
        "s1\tSNAP\tEinit\t300\t330\t1.0\t+\t.\ts1-snap.2\n"
    )
    whole, cut = read_gff(tmp_path / "p.gff")
    assert whole.transcripts[0].cds == [(110, 140), (150, 180)]
    assert whole.strand == "-"
    assert "partial" not in whole.transcripts[0].attributes
    assert cut.transcripts[0].attributes["partial"] == "3"
