"""Packages of haplotypes, mitochondria and cobionts, and what they wait for."""

import gzip
import json
import random
from io import StringIO
from pathlib import Path

import pytest
from Bio import SeqIO
from flat_files import coding
from genome_packages import Genome
from specimens import BASE, table

from linnaea import __version__
from linnaea.submission.command import check
from linnaea.submission.parts import package_part

READY = {
    "sample": "SAMEA1", "studies": {"hap1": "PRJEB1", "mitochondrion": "PRJEB2"}, "coverage": 45,
    "program": "hifiasm 0.25.0", "platform": "Revio",
}  # fmt: skip
FACTS = {"id": "bParMaj1", "name": "Parus major", "locus_tag": "LINN", "mito_code": 2, "libraries": []}


@pytest.fixture
def made(tmp_path, monkeypatch):
    """Makes the package of a part; its record."""
    monkeypatch.chdir(tmp_path)
    genome = Genome(tmp_path)
    rng = random.Random(3)
    genome.letters["SUPER_1"] = "".join(rng.choices("acgt", k=300)) + coding(rng, 60) + "ac" * 150
    genome.letters["loose"] = "".join(rng.choices("acgt", k=400))
    genome.gene("SUPER_1", [(281, 500)], cds=[(301, 486)])

    def make(part="hap1", submission=READY, letters=None, annotated=True, records=(), programs="", **facts):
        specimens = facts.pop("specimens", "")
        Path("facts.json").write_text(json.dumps(FACTS | {"submission": submission} | facts))
        chosen = letters or genome.letters
        Path("part.fa").write_text("".join(f">{key}\n{text}\n" for key, text in chosen.items()))
        Path("genes.gff3").write_text("\n".join(["##gff-version 3", *genome.rows, ""]))
        Path("list.tsv").write_text("SUPER_1\t1\tLinear-Chromosome\n")
        names = []
        for number, record in enumerate(records):
            names.append(f"metrics{number}.json")
            Path(names[-1]).write_text(json.dumps({"id": "bParMaj1"} | record))
        Path("programs.tsv").write_text(f"process\ttool\tversion\n{programs}")
        package_part(
            genome="facts.json", part=part, fasta="part.fa", genes="genes.gff3" if annotated else "",
            chromosomes="list.tsv" if annotated else "", out="package", record="record.json",
            findings="findings.tsv", metrics=names, programs="programs.tsv" if programs else "",
            specimens=specimens,
        )  # fmt: skip
        return json.loads(Path("record.json").read_text())

    make.genome = genome
    return make


def manifest(name):
    lines = (Path("package") / f"{name}.manifest.txt").read_text().splitlines()
    return dict(line.split("\t") for line in lines)


def missing(record):
    return {gap["missing"] for gap in record["gaps"]}


def test_a_complete_part_is_ready_and_passes_the_check(made):
    record = made()
    assert record["verdict"] == "ready" and not record["gaps"] and not record["findings"]
    assert record["features"]["CDS"] == 1
    assert check(["package/bParMaj1-hap1.1.manifest.txt"], locus_tag=["LINN"], organism="Parus major") == 0
    fields = manifest("bParMaj1-hap1.1")
    assert fields["STUDY"] == "PRJEB1" and fields["COVERAGE"] == "45" and fields["SAMPLE"] == "SAMEA1"
    assert {*record["files"]} == {path.name for path in Path("package").iterdir()}
    assert "bParMaj1-hap1.1.locus_tags.tsv" in record["files"]


def test_what_can_be_filled_in_later_is_listed_and_left_out_of_the_manifest(made):
    record = made(submission={})
    assert record["verdict"] == "waiting"
    assert missing(record) == {
        "accession of the study", "sample that was sequenced", "depth of the reads",
        "assemblers with versions", "sequencers of the genomic reads",
    }  # fmt: skip
    assert not {"STUDY", "SAMPLE", "COVERAGE", "PROGRAM", "PLATFORM"} & manifest("bParMaj1-hap1.1").keys()
    assert (Path("package") / "bParMaj1-hap1.1.embl.gz").exists()


def test_what_ena_would_repair_is_refused_and_leaves_no_package(made):
    letters = made.genome.letters["SUPER_1"]
    made.genome.letters["SUPER_1"] = letters[:330] + "taa" + letters[333:]  # a stop in the reading frame
    record = made()
    assert record["verdict"] == "refused"
    assert [found["class"] for found in record["findings"]] == ["internal_stop"]
    assert "g1" in Path("findings.tsv").read_text()
    assert not list(Path("package").iterdir())
    assert made(submission=READY | {"resolve": ["internal_stop=drop"]})["verdict"] == "ready"


@pytest.mark.parametrize(
    ("result", "topology", "verdict"),
    [("circle", "Circular", "ready"), ("linear", "Linear", "ready"), ("unconfirmed", "Linear", "waiting")],
)
def test_the_mitochondrion_has_the_topology_that_its_assembly_found(made, result, topology, verdict):
    records = [{"step": "organelle", "result": result, "depth_x": 812.34}]
    record = made("mitochondrion", letters={"mito": "acgt" * 100}, annotated=False, records=records)
    assert record["verdict"] == verdict and record["name"] == "bParMaj1-mitochondrion.1"
    with gzip.open("package/bParMaj1-mitochondrion.1.chromosomes.tsv.gz", "rt") as handle:
        assert handle.read().split() == ["mito", "MIT", f"{topology}-Chromosome", "Mitochondrion"]
    assert any("no genes" in remark for remark in record["remarks"])
    assert manifest("bParMaj1-mitochondrion.1")["COVERAGE"] == "812.3"  # not that of the nuclear genome


@pytest.mark.parametrize(
    ("tool", "program"), [("linnaea", f"Linnaea {__version__}"), ("oatk", "oatk 1.0"), ("mitohifi", None)]
)
def test_the_mitochondrion_names_its_own_assembler(made, tool, program):
    records = [{"step": "organelle", "result": "circle", "depth_x": 80, "tool": tool}]
    submission = {key: value for key, value in READY.items() if key != "program"}
    programs = "HIFIASM\thifiasm\t0.25.0\nOATK\toatk\t1.0\n"
    record = made(
        "mitochondrion",
        submission,
        {"mito": "acgt" * 100},
        annotated=False,
        records=records,
        programs=programs,
    )
    assert manifest("bParMaj1-mitochondrion.1").get("PROGRAM") == program
    assert ("assemblers with versions" in missing(record)) == (program is None)


def test_no_mitochondrion_is_no_package(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("part.fa").touch()
    Path("facts.json").write_text(json.dumps(FACTS))
    package_part(
        genome="facts.json", part="mitochondrion", fasta="part.fa", out="package", record="record.json",
        findings="findings.tsv",
    )  # fmt: skip
    record = json.loads(Path("record.json").read_text())
    assert record["verdict"] == "absent" and not list(Path("package").iterdir())


def test_a_cobiont_has_its_own_organism_and_study(made):
    wolbachia = {
        "id": "bParMaj1.wolbachia", "name": "Wolbachia pipientis", "circular": True, "study": "PRJEB9",
        "coverage": 60.5,
        "sample": "SAMEA9", "genetic_code": 11, "locus_tag": "WOLB",
    }  # fmt: skip
    record = made(
        "bParMaj1.wolbachia", READY | {"cobionts": [wolbachia]}, {"SUPER_1": made.genome.letters["SUPER_1"]}
    )
    fields = manifest("bParMaj1.wolbachia.1")
    assert (record["organism"], record["verdict"]) == ("Wolbachia pipientis", "ready")
    assert (fields["STUDY"], fields["SAMPLE"], fields["COVERAGE"]) == ("PRJEB9", "SAMEA9", "60.5")
    with gzip.open("package/bParMaj1.wolbachia.1.embl.gz", "rt") as handle:
        (entry,) = SeqIO.parse(StringIO(handle.read()), "embl")
    (cds,) = (feature for feature in entry.features if feature.type == "CDS")
    assert cds.qualifiers["locus_tag"] == ["WOLB_000010"] and cds.qualifiers["transl_table"] == ["11"]


def test_depth_and_programs_are_those_of_the_run(made):
    statistics = {"step": "read_statistics", "library": "a", "type": "hifi", "bases_bp": 10860}
    records = [statistics | {"stage": "raw"}, statistics | {"stage": "filtered", "bases_bp": 9774}]
    libraries = [
        {"library": "a", "type": "hifi", "files": ["/a.bam"],
         "archive": {"instrument": "Revio", "runs": ["ERR1234567"]}},
        {"library": "b", "type": "hic", "read1": ["/1.fq"], "read2": ["/2.fq"],
         "archive": {"instrument": "Element AVITI", "runs": ["ERR1234568", "ERR1234569"]}},
    ]  # fmt: skip
    records.append({"step": "scaffold", "haplotype": "hap1"})
    programs = "YAHS\tyahs\t1.2\nHIFIASM\thifiasm\t0.25.0\nHIFIASM\tseqkit\t2.3\n"
    made(
        submission={"sample": "SAMEA1", "studies": {"hap1": "PRJEB1"}}, records=records, programs=programs,
        libraries=libraries,
    )  # fmt: skip
    fields = manifest("bParMaj1-hap1.1")
    total = sum(map(len, made.genome.letters.values()))
    assert fields["COVERAGE"] == f"{9774 / total:.1f}"
    assert fields["PROGRAM"] == "hifiasm 0.25.0, yahs 1.2"
    assert fields["PLATFORM"] == "Revio, Element AVITI"
    programs = "RACON\tracon\t1.5.0\nRACON\tbgzip\t1.16\nWTDBG2\twtdbg2\t2.5\n"
    made(records=records, programs=programs, submission={})
    assert manifest("bParMaj1-hap1.1")["PROGRAM"] == f"wtdbg2 2.5, racon 1.5.0, Linnaea {__version__}"
    assert fields["RUN_REF"] == "ERR1234567,ERR1234568,ERR1234569"


def test_the_assembler_of_a_given_assembly_is_the_one_that_its_owner_names(made):
    submission = {key: value for key, value in READY.items() if key != "program"}
    programs = "HIFIASM\thifiasm\t0.25.0\n"
    record = made(submission=submission, programs=programs, with_assembly=True)
    assert missing(record) == {"assemblers with versions"}
    made(submission=submission, programs=programs, with_assembly=True, assembler="Flye 2.9")
    assert manifest("bParMaj1-hap1.1")["PROGRAM"] == "Flye 2.9"


def test_the_sample_is_the_one_tissue_of_the_table(made, tmp_path):
    submission = {key: value for key, value in READY.items() if key != "sample"}
    parent = BASE | {"accession": "SAMEA1"}
    muscle = BASE | {"alias": "muscle", "sample derived from": BASE["alias"]}
    record = made(submission=submission, specimens=table(tmp_path, parent, muscle))
    assert missing(record) == {"accession of the sample"}
    record = made(submission=submission, specimens=table(tmp_path, parent, muscle | {"accession": "SAMEA2"}))
    assert record["verdict"] == "ready" and manifest("bParMaj1-hap1.1")["SAMPLE"] == "SAMEA2"
    with gzip.open("package/bParMaj1-hap1.1.embl.gz", "rt") as handle:
        assert '/isolate="bParMaj1"' in handle.read()
    two = [muscle | {"alias": name, "accession": ""} for name in ("muscle", "liver")]
    record = made(submission=submission, specimens=table(tmp_path, parent, *two))
    assert missing(record) == {"sample that was sequenced"}
