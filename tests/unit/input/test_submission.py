"""What the check of the input says of a submission before the run."""

import json
import random

import pytest
import yaml
from specimens import BASE, table

from linnaea.input.check import check_run_input
from linnaea.input.options import all_parameters

GENES = (
    "##gff-version 3\nSUPER_1\tx\tgene\t1\t90\t.\t+\t.\tID=g\n"
    "SUPER_1\tx\tmRNA\t1\t90\t.\t+\t.\tID=t;Parent=g\n"
    "SUPER_1\tx\texon\t1\t90\t.\t+\t.\tParent=t\nSUPER_1\tx\tCDS\t1\t90\t.\t+\t0\tParent=t\n"
)
COMPLETE = {
    "sample": "SAMEA1", "studies": {"reads": "PRJEB1", "hap1": "PRJEB2", "hap2": "PRJEB3"},
}  # fmt: skip


@pytest.fixture
def said(tmp_path, monkeypatch):
    """The checked input, notes and faults of a genome."""
    monkeypatch.chdir(tmp_path)
    rng = random.Random(1)
    for name in ("hap1", "hap2", "mito"):
        (tmp_path / f"{name}.fa").write_text(f">SUPER_1\n{''.join(rng.choices('ACGT', k=900))}\n")
    (tmp_path / "genes.gff3").write_text(GENES)
    (tmp_path / "list.tsv").write_text("SUPER_1\t1\tChromosome\n")
    reads = "".join(f"@h{number}\nACGTACGTAC\n+\nIIIIIIIIII\n" for number in range(3))
    (tmp_path / "hifi.fastq").write_text(reads)

    def check(changes=None, submission=None, workflow="submission", **parameters):
        genome = {
            "name": "Parus major", "id": "bParMaj1", "taxid": 9157, "locus_tag": "LINN",
            "assembly": {"stage": "curated", "haplotypes": {"hap1": "hap1.fa", "hap2": "hap2.fa"}},
            "annotation": "genes.gff3", "submission": COMPLETE | (submission or {}),
        } | (changes or {})  # fmt: skip
        genome = {key: value for key, value in genome.items() if value is not None}
        (tmp_path / "genomes.yml").write_text(yaml.safe_dump(genome, sort_keys=False))
        given = {"input": "genomes.yml", "workflow": workflow, "check_tools": False, "outdir": "results"}
        return check_run_input(all_parameters(given | parameters))

    return check


def test_a_complete_submission(said, tmp_path):
    checked, notes, faults = said(submission={"chromosomes": {"hap1": "list.tsv", "hap2": "list.tsv"}})
    assert not faults and not [note for note in notes if "not given yet" in note]
    (genome,) = checked["genomes"]
    assert genome["submission"]["chromosomes"] == dict.fromkeys(["hap1", "hap2"], str(tmp_path / "list.tsv"))
    assert genome["submission"]["studies"]["hap2"] == "PRJEB3"
    assert json.dumps(checked)


@pytest.mark.parametrize(
    ("changes", "submission", "says"),
    [
        ({"locus_tag": None}, {}, "genes cannot be submitted without a locus tag prefix"),
        ({"assembly": None, "annotation": None}, {}, "a submission needs an assembly"),
        ({"id": "b" * 60}, {}, "which ENA refuses (at most 50"),
        ({}, {"studies": {"hap3": "PRJEB1"}}, "no part hap3; known are reads, hap1, hap2, mitochondrion"),
        ({}, {"studies": {"hap1": "PRJEB1", "hap2": "PRJEB1"}}, "PRJEB1 is the study of hap1 and of hap2"),
        ({}, {"studies": {"hap1": "bParMaj1-study"}}, "give the accession of the study (PRJEB...)"),
        ({}, {"sample": "muscle"}, "muscle is not an accession (SAMEA...), and no table of specimens"),
        ({}, {"chromosomes": {"hap3": "list.tsv"}}, "there is no haplotype hap3"),
        ({}, {"resolve": ["internal_stop=ignore"]}, "internal_stop=ignore is not known"),
        ({}, {"mitochondrion": {"fasta": "mito.fa", "circular": True, "annotation": "genes.gff3"}},
         "the genes of the mitochondrion need its genetic code"),
        ({}, {"cobionts": [{"id": "w", "name": "Wolbachia pipientis", "fasta": "mito.fa",
                            "annotation": "genes.gff3"}]},
         "cobionts[1].locus_tag: genes cannot be submitted without"),
        ({"hifi": [{"reads": "hifi.fastq", "instrument": "NovaSeq X Plus"}]}, {},
         "ENA has no instrument 'NovaSeq X Plus'; did you mean Illumina NovaSeq X Plus?"),
        ({"hifi": [{"reads": "hifi.fastq", "selection": "polya"}]}, {},
         "ENA has no selection 'polya'; did you mean PolyA?"),
        ({"hifi": [{"reads": "hifi.fastq", "runs": ["SAMEA1"]}]}, {},
         "the accession of a run starts with ERR"),
    ],
)  # fmt: skip
def test_what_makes_a_package_impossible_is_said_before_the_run(said, changes, submission, says):
    _, _, faults = said(changes, submission)
    assert len([fault for fault in faults if says in fault]) == 1, faults


def test_all_faults_are_listed_at_once(said):
    _, _, faults = said({"locus_tag": None, "id": "b" * 60}, {"sample": "muscle"})
    assert len(faults) >= 3


def test_lists_and_genes_of_another_assembly(said, tmp_path):
    (tmp_path / "list.tsv").write_text("scaffold_9\t1\tChromosome\n")
    (tmp_path / "genes.gff3").write_text(GENES.replace("SUPER_1", "scaffold_9"))
    _, _, faults = said(submission={"chromosomes": {"hap1": "list.tsv"}})
    assert any("names sequences that hap1 lacks (scaffold_9)" in fault for fault in faults)
    assert any("genes.gff3" in fault and "scaffold_9" in fault for fault in faults)


def test_what_can_be_filled_in_later_is_a_note(said):
    reads = [{"reads": "hifi.fastq", "library": "cell1"}]
    _, notes, faults = said({"submission": None, "hifi": reads})
    assert not faults
    (note,) = (note for note in notes if "not given yet" in note)
    for fact in ("study of reads", "study of hap1", "study of hap2", "the sample", "instrument of cell1"):
        assert fact in note


def test_an_assembly_without_genes_is_noted(said):
    _, notes, _ = said({"annotation": None})
    assert any("packaged without genes; ENA takes no genes" in note for note in notes)


@pytest.mark.parametrize("option", ["specimens", "samples"])
def test_the_table_of_specimens(said, tmp_path, option):
    path = table(tmp_path, BASE)
    checked, _, faults = said(submission={"sample": BASE["alias"]}, **{option: path})
    assert not faults and checked["specimens"] == path
    _, _, faults = said(**{option: table(tmp_path, BASE | {"collection date": "14.5.2023"})})
    assert any(f"option --{option}" in fault and "row 2: collection date" in fault for fault in faults)
    _, _, faults = said(submission={"sample": "liver"}, **{option: path})
    assert faults


def test_a_table_of_populations_is_not_one_of_specimens(said, tmp_path):
    path = tmp_path / "samples.csv"
    path.write_text("sample,bam\na,a.bam\n")
    checked, notes, faults = said(samples=str(path))
    assert not faults and checked["specimens"] is None
    assert any("is a table of populations, not of specimens" in note for note in notes)


def test_a_run_without_the_workflow_reads_none_of_it(said):
    checked, _, faults = said({"locus_tag": None}, workflow="annotation")
    assert not [fault for fault in faults if "locus tag" in fault]
    assert checked["genomes"][0]["submission"] is None
