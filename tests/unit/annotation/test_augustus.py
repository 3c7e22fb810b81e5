"""AUGUSTUS's output read back to its place, its species models copied, its failures told."""

import re

import pytest

from linnaea.annotation.augustus import (
    CANDIDATES,
    CANDIDATES_OF_CODE,
    WEIGHTS,
    call,
    candidates_of,
    config_path,
    copy_config,
    new_species,
    read_output,
    shipped_species,
    write_weights,
)
from linnaea.base.errors import InputError
from linnaea.formats.gene_models import introns

# Rows of AUGUSTUS 3.5.0 with --stopCodonExcludedFromCDS=false; the second gene lacks its start, the third its
# stop, the fourth has two transcripts.
OUTPUT = """# This output was generated with AUGUSTUS (version 3.5.0).
# start gene g1
c0	AUGUSTUS	gene	11	200	0.45	+	.	ID=g1
c0	AUGUSTUS	transcript	11	200	0.45	+	.	ID=g1.t1;Parent=g1
c0	AUGUSTUS	start_codon	11	13	.	+	0	Parent=g1.t1
c0	AUGUSTUS	intron	60	99	0.46	+	.	Parent=g1.t1
c0	AUGUSTUS	CDS	11	59	0.45	+	0	ID=g1.t1.cds;Parent=g1.t1
c0	AUGUSTUS	CDS	100	200	1	+	2	ID=g1.t1.cds;Parent=g1.t1
c0	AUGUSTUS	stop_codon	198	200	.	+	0	Parent=g1.t1
# Evidence for and against this transcript:
# end gene g1
###
c0	AUGUSTUS	gene	301	400	0.9	-	.	ID=g2
c0	AUGUSTUS	transcript	301	400	0.9	-	.	ID=g2.t1;Parent=g2
c0	AUGUSTUS	stop_codon	301	303	.	-	0	Parent=g2.t1
c0	AUGUSTUS	CDS	301	330	0.9	-	0	ID=g2.t1.cds;Parent=g2.t1
c0	AUGUSTUS	CDS	370	400	0.9	-	1	ID=g2.t1.cds;Parent=g2.t1
c1	AUGUSTUS	gene	1	90	0.9	-	.	ID=g3
c1	AUGUSTUS	transcript	1	90	0.9	-	.	ID=g3.t1;Parent=g3
c1	AUGUSTUS	CDS	1	90	0.9	-	0	ID=g3.t1.cds;Parent=g3.t1
c1	AUGUSTUS	start_codon	88	90	.	-	0	Parent=g3.t1
c1	AUGUSTUS	gene	101	400	1	+	.	ID=g4
c1	AUGUSTUS	transcript	101	400	0.7	+	.	ID=g4.t1;Parent=g4
c1	AUGUSTUS	CDS	101	160	1	+	1	ID=g4.t1.cds;Parent=g4.t1
c1	AUGUSTUS	CDS	301	400	1	+	1	ID=g4.t1.cds;Parent=g4.t1
c1	AUGUSTUS	transcript	141	400	0.3	+	.	ID=g4.t2;Parent=g4
c1	AUGUSTUS	start_codon	141	143	.	+	0	Parent=g4.t2
c1	AUGUSTUS	CDS	141	160	1	+	0	ID=g4.t2.cds;Parent=g4.t2
c1	AUGUSTUS	CDS	301	400	1	+	1	ID=g4.t2.cds;Parent=g4.t2
c1	AUGUSTUS	stop_codon	398	400	.	+	0	Parent=g4.t2
"""


def test_genes_are_put_back_where_their_pieces_began():
    offsets = {"c0": ("s7", 1000), "c1": ("s2", 0)}
    genes = list(read_output(OUTPUT.splitlines(keepends=True), offsets))
    assert [(gene.seqid, gene.strand, gene.start, gene.end) for gene in genes] == [
        ("s7", "+", 1010, 1200), ("s7", "-", 1300, 1400), ("s2", "-", 0, 90), ("s2", "+", 100, 400),
    ]  # fmt: skip
    first = genes[0].transcripts[0]
    assert first.cds == first.exons == [(1010, 1059), (1099, 1200)] and first.score is None
    assert len({model.id for gene in genes for model in gene.transcripts}) == 5
    without = list(read_output(OUTPUT.splitlines()))
    assert [gene.seqid for gene in without] == ["c0", "c0", "c1", "c1"] and without[0].start == 10


def test_missing_ends_and_phases_are_kept():
    genes = list(read_output(OUTPUT.splitlines()))
    models = [model for gene in genes for model in gene.transcripts]
    assert [model.attributes.get("partial") for model in models] == [None, "5", "3", "5,3", None]
    assert [model.phase for model in models] == [0, 1, 0, 1, 0], "of the first part in reading direction"
    assert [introns(model.cds) for model in models[3:]] == [[(160, 300)]] * 2


def test_pieces_with_the_same_gene_names_do_not_collide():
    row = "c0\tAUGUSTUS\t{}\t11\t40\t1\t+\t{}\t{}\n"
    lines = [row.format("gene", ".", "ID=g1"), row.format("transcript", ".", "ID=g1.t1;Parent=g1")]
    lines.append(row.format("CDS", 0, "Parent=g1.t1"))
    one = list(read_output(lines, {"c0": ("s1", 0)}))
    other = list(read_output(lines, {"c0": ("s1", 500)}))
    assert one[0].id != other[0].id and one[0].transcripts[0].id != other[0].transcripts[0].id


def test_a_gene_without_cds_is_none():
    assert (
        list(read_output([line for line in OUTPUT.splitlines() if "CDS" not in line and "codon" not in line]))
        == []
    )
    assert list(read_output(["# only a comment\n"])) == []


def test_a_config_folder_has_only_what_is_used(tmp_path):
    made = copy_config(tmp_path / "config", ["fly"])
    assert sorted(path.name for path in (made / "species").iterdir()) == ["fly", "generic"]
    size = sum(path.stat().st_size for path in made.rglob("*") if path.is_file())
    assert size < 20e6
    copy_config(made, ["fly", "human"])  # adds, and leaves what is there
    assert (made / "species" / "human" / "human_parameters.cfg").exists()


def test_an_unknown_species_is_named(tmp_path):
    with pytest.raises(InputError, match=r"AUGUSTUS has no species model 'linnaea_fly'; `ls .*species`"):
        copy_config(tmp_path / "config", ["linnaea_fly"])


def test_the_candidates_are_shipped():
    every = {name for code in (1, *CANDIDATES_OF_CODE) for name in candidates_of(code)}
    assert set(CANDIDATES) < every <= set(shipped_species()) and "generic" not in every


def test_a_config_that_is_not_there_is_told(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(InputError, match="augustus is not installed"):
        config_path()


def test_a_new_species_refers_to_its_own_files(tmp_path):
    made = copy_config(tmp_path / "config", [])
    parameters = new_species(made, "xxNew1")
    named = re.findall(r"^/\w+/infile\s+(\S+)", parameters.read_text(), re.MULTILINE)
    assert named and all(name.startswith("xxNew1_") for name in named)
    assert "generic_" not in parameters.read_text()
    assert (parameters.parent / "xxNew1_weightmatrix.txt").exists()


def test_a_failing_program_is_quoted(tmp_path):
    made = copy_config(tmp_path / "config", ["fly"])
    (tmp_path / "a.fa").write_text(">a\nACGT\n")
    with pytest.raises(InputError, match=r"augustus failed with exit \d+: .*nonsense"):
        call(["augustus", "--species=nonsense", str(tmp_path / "a.fa")], made)


def test_weights_are_a_table_that_augustus_reads(tmp_path):
    """Every feature, and for each source the number of classes that AUGUSTUS asks for; a run accepts it."""
    path = write_weights(tmp_path / "weights.cfg")
    general = path.read_text().split("[GENERAL]\n")[1].splitlines()
    assert [line.split()[0] for line in general] == list(WEIGHTS)
    made = copy_config(tmp_path / "config", ["fly"])
    (tmp_path / "a.fa").write_text(">a\n" + "ACGTTGCA" * 100 + "\n")
    (tmp_path / "h.gff").write_text("a\tx\tintron\t101\t200\t5\t+\t.\tsrc=E;mult=5;pri=4\n")
    said = call(
        ["augustus", "--species=fly", f"--hintsfile={tmp_path / 'h.gff'}", f"--extrinsicCfgFile={path}",
         str(tmp_path / "a.fa")],
        made,
    )  # fmt: skip
    assert "Have extrinsic information about 1 sequences" in said
