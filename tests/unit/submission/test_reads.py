"""Experiments, runs and studies, valid by ENA's own XML schemas (as ena-upload-cli ships them)."""

import csv
import hashlib
import json
from importlib.util import find_spec
from pathlib import Path

import pytest
from lxml import etree
from specimens import BASE, is_valid, table

from linnaea.base.errors import InputError
from linnaea.submission.reads import platform_of, vocabulary
from linnaea.submission.records import write_records

XSD = Path(find_spec("ena_upload").origin).parent / "templates"
SCHEMA = {"x": "http://www.w3.org/2001/XMLSchema"}
HIFI = {
    "library": "cell1", "type": "hifi", "files": ["/reads/m84_1.bam", "/reads/m84_2.bam"], "format": "bam",
    "kit": "SMRTbell prep kit 3.0", "coverage": 30, "archive": {"instrument": "Revio"},
}  # fmt: skip
HIC = {
    "library": "arima", "type": "hic", "read1": ["/reads/h_1.fastq.gz"], "read2": ["/reads/h_2.fastq.gz"],
    "format": "fastq", "paired": True, "kit": "arima_v2",
    "archive": {
        "instrument": "Illumina NovaSeq X Plus", "insert_size": 350, "selection": "Restriction Digest",
        "sample": "bParMaj1-muscle",
    },
}  # fmt: skip
RNA = {
    "library": "gut", "type": "rnaseq", "read1": ["/reads/r.fastq.gz"], "read2": [], "format": "fastq",
    "paired": False, "archive": {"instrument": "DNBSEQ-T7", "sample": "SAMEA7"},
}  # fmt: skip
GENOME = {
    "id": "bParMaj1", "name": "Parus major", "taxid": 9157, "locus_tag": "LINN",
    "libraries": [HIFI, HIC, RNA],
    "submission": {"center": "SciLifeLab", "sample": "bParMaj1-muscle"},
}  # fmt: skip
MUSCLE = BASE | {"alias": "bParMaj1-muscle", "sample derived from": "SAMEA1", "organism part": "MUSCLE"}
PACKAGE = {
    "id": "bParMaj1", "step": "submission_package", "part": "hap1", "name": "bParMaj1-hap1.1", "study": None,
    "verdict": "waiting", "annotated": True, "sequences": 2, "total_bp": 900, "findings": [], "gaps": [],
}  # fmt: skip


@pytest.fixture
def records(tmp_path, monkeypatch):
    """Writes the records of a genome; the folder and the record."""
    monkeypatch.chdir(tmp_path)

    def write(genome=None, packages=(PACKAGE,), rows=(BASE | {"accession": "SAMEA1"}, MUSCLE), sums=True):
        Path("genome.json").write_text(json.dumps(GENOME | (genome or {})))
        names = []
        for number, package in enumerate(packages):
            names.append(f"package{number}.json")
            Path(names[-1]).write_text(json.dumps(package))
        lines = [
            f"{md5(name)}  {name}\n" for name in ("m84_1.bam", "m84_2.bam", "h_1.fastq.gz", "h_2.fastq.gz")
        ]
        Path("a.md5").write_text("".join(lines))
        Path("b.md5").write_text(f"{md5('r.fastq.gz')} *r.fastq.gz\n" if sums else "")
        specimens = table(tmp_path, *rows) if rows else ""
        write_records(
            genome="genome.json", packages=names, out="out", record="record.json",
            checksums=["a.md5", "b.md5"], specimens=specimens,
        )  # fmt: skip
        return Path("out"), json.loads(Path("record.json").read_text())

    return write


def md5(text):
    return hashlib.md5(text.encode()).hexdigest()


def rows_of(path):
    with path.open() as handle:
        return list(csv.DictReader(handle, delimiter="\t"))


def test_every_file_is_valid_by_the_schemas_of_ena(records):
    folder, record = records({"submission": GENOME["submission"] | {"hold_until": "2027-06-01"}})
    for name, schema in (
        ("experiments", "SRA.experiment"), ("runs", "SRA.run"), ("samples", "SRA.sample"),
        ("projects", "ENA.project"), ("submission", "SRA.submission"),
    ):  # fmt: skip
        assert is_valid(folder / f"bParMaj1.{name}.xml", f"{schema}.xsd")
    assert (record["experiments_ready"], record["experiments_waiting"], record["runs_ready"]) == (3, 0, 4)
    assert not (folder / "bParMaj1.umbrella.xml").exists()


def test_an_experiment_says_what_is_known_of_its_library(records):
    folder, _ = records()
    hifi, hic, rna = etree.parse(folder / "bParMaj1.experiments.xml").getroot()
    assert hifi.get("center_name") == "SciLifeLab"
    assert hifi.findtext(".//INSTRUMENT_MODEL") == "Revio" and hifi.find(".//PACBIO_SMRT") is not None
    assert hifi.findtext(".//LIBRARY_SELECTION") == "unspecified"
    assert hifi.find(".//SAMPLE_DESCRIPTOR").attrib == {"refname": "bParMaj1-muscle"}
    assert hifi.find("STUDY_REF").attrib == {"refname": "bParMaj1.reads"}
    assert hic.findtext(".//LIBRARY_STRATEGY") == "Hi-C"
    assert hic.findtext(".//LIBRARY_SELECTION") == "Restriction Digest"
    assert hic.find(".//PAIRED").get("NOMINAL_LENGTH") == "350"
    assert rna.findtext(".//LIBRARY_SOURCE") == "TRANSCRIPTOMIC"
    assert rna.find(".//SAMPLE_DESCRIPTOR").attrib == {"accession": "SAMEA7"}


def test_each_file_or_pair_is_a_run_with_its_checksums(records):
    folder, _ = records()
    runs = list(etree.parse(folder / "bParMaj1.runs.xml").getroot())
    files = [[(one.get("filename"), one.get("checksum")) for one in run.iter("FILE")] for run in runs]
    assert files == [
        [("m84_1.bam", md5("m84_1.bam"))],
        [("m84_2.bam", md5("m84_2.bam"))],
        [("h_1.fastq.gz", md5("h_1.fastq.gz")), ("h_2.fastq.gz", md5("h_2.fastq.gz"))],
        [("r.fastq.gz", md5("r.fastq.gz"))],
    ]
    experiments = {one.get("alias") for one in etree.parse(folder / "bParMaj1.experiments.xml").getroot()}
    assert {run.find("EXPERIMENT_REF").get("refname") for run in runs} == experiments
    table = rows_of(folder / "bParMaj1.reads.tsv")
    assert [row["md5"] for row in table] == [pair[1] for run in files for pair in run]


def test_the_table_of_the_erga_scripts(records):
    folder, _ = records(rows=(BASE | {"accession": "SAMEA1"}, MUSCLE | {"accession": "SAMEA2"}))
    bam, _, pair, rna = rows_of(folder / "bParMaj1.runs.tsv")
    assert bam["native_file_md5"] == md5("m84_1.bam") and bam["forward_file_name"] == "-"
    assert bam["biosample_accession"] == "SAMEA2" and bam["sample_tube_or_well_id"] == "bParMaj1-muscle"
    assert pair["reverse_file_name"] == "h_2.fastq.gz" and pair["library_strategy"] == "Hi-C"
    assert rna["aim"] == "assembly and annotation" and rna["biosample_accession"] == "SAMEA7"


@pytest.mark.parametrize("lacking", ["instrument", "sample", "qualities"])
def test_a_library_that_lacks_a_fact_waits_and_is_listed(records, lacking):
    hifi = json.loads(json.dumps(HIFI))
    genome = {"libraries": [hifi, HIC]}
    if lacking == "instrument":
        hifi["archive"] = {}
    elif lacking == "sample":
        genome["submission"] = {}  # and the table has two tissues
    else:
        hifi["format"] = "fasta"
    liver = MUSCLE | {"alias": "bParMaj1-liver"}
    folder, record = records(genome, rows=(BASE | {"accession": "SAMEA1"}, MUSCLE, liver))
    assert (record["experiments_ready"], record["experiments_waiting"]) == (1, 1)
    assert [one.get("alias") for one in etree.parse(folder / "bParMaj1.experiments.xml").getroot()] == [
        "bParMaj1.hic.arima"
    ]
    assert any(gap["part"] == "hifi cell1" and lacking in gap["missing"] for gap in record["gaps"])
    assert {row["library"] for row in rows_of(folder / "bParMaj1.reads.tsv")} == {"cell1", "arima"}


def test_a_library_of_a_sample_that_waits_for_its_parent_waits_too(records):
    parent = BASE | {"accession": ""}
    folder, record = records(rows=(parent, MUSCLE | {"sample derived from": BASE["alias"]}))
    assert (record["samples_ready"], record["samples_waiting"]) == (1, 1)
    (rna,) = etree.parse(folder / "bParMaj1.experiments.xml").getroot()  # its sample has an accession
    assert rna.get("alias") == "bParMaj1.rnaseq.gut" and record["experiments_waiting"] == 2
    assert any("bParMaj1-muscle is derived from" in gap["missing"] for gap in record["gaps"])


def test_studies_with_accessions_make_an_umbrella(records):
    studies = {"reads": "PRJEB1", "hap1": "PRJEB2"}
    folder, record = records(
        {"submission": {"studies": studies, "sample": "SAMEA9"}}, [PACKAGE | {"study": "PRJEB2"}]
    )
    assert is_valid(folder / "bParMaj1.umbrella.xml", "ENA.project.xsd")
    children = etree.parse(folder / "bParMaj1.umbrella.xml").getroot().iter("CHILD_PROJECT")
    assert [child.get("accession") for child in children] == ["PRJEB1", "PRJEB2"]
    assert not (folder / "bParMaj1.projects.xml").exists()
    assert not [gap for gap in record["gaps"] if "stud" in gap["missing"]]


def test_a_study_of_genes_has_their_locus_tag_prefix(records):
    folder, _ = records(packages=[PACKAGE, PACKAGE | {"part": "hap2", "annotated": False}])
    prefixes = {
        project.get("alias"): project.findtext(".//LOCUS_TAG_PREFIX")
        for project in etree.parse(folder / "bParMaj1.projects.xml").getroot()
    }
    assert prefixes == {"bParMaj1.reads": None, "bParMaj1.hap1": "LINN", "bParMaj1.hap2": None}


def test_libraries_with_runs_are_not_submitted_again(records):
    done = json.loads(json.dumps(HIFI))
    done["archive"]["runs"] = ["ERR1234567"]
    folder, record = records({"libraries": [done]})
    assert record["experiments_ready"] == 0
    assert not (folder / "bParMaj1.runs.xml").exists()


def test_without_specimens_nothing_is_invented(records):
    folder, record = records({"submission": {}, "libraries": [HIFI]}, rows=())
    assert not (folder / "bParMaj1.samples.xml").exists()
    assert {"table of specimens", "sample"} <= {gap["missing"] for gap in record["gaps"]}
    assert all(gap["supplier"] and gap["place"] for gap in record["gaps"])


def test_absent_parts_are_left_out(records):
    absent = {"id": "bParMaj1", "step": "submission_package", "part": "mitochondrion", "verdict": "absent"}
    _, record = records(packages=[PACKAGE, absent])
    assert [one["part"] for one in record["packages"]] == ["hap1"]


def test_a_file_without_a_checksum(records):
    with pytest.raises(InputError, match=r"r\.fastq\.gz has no checksum"):
        records(sums=False)


def test_the_vocabulary_is_that_of_the_schemas():
    common, experiment = etree.parse(XSD / "SRA.common.xsd"), etree.parse(XSD / "SRA.experiment.xsd")

    def values(tree, name):
        (one,) = (found for found in tree.iterfind(".//x:simpleType", SCHEMA) if found.get("name") == name)
        return {value.get("value") for value in one.iter("{*}enumeration")}

    assert set(vocabulary()["strategies"]) == values(experiment, "typeLibraryStrategy")
    assert set(vocabulary()["selections"]) == values(experiment, "typeLibrarySelection")
    (platforms,) = (
        one for one in common.iterfind(".//x:complexType", SCHEMA) if one.get("name") == "PlatformType"
    )
    for platform in platforms.iterfind("x:choice/x:element", SCHEMA):
        (model,) = (one for one in platform.iter("{*}element") if one.get("name") == "INSTRUMENT_MODEL")
        known = values(common, model.get("type").removeprefix("com:")) - {"unspecified"}
        assert set(vocabulary()["platforms"][platform.get("name")]) == known
    assert platform_of("Onso") == "PACBIO_SMRT" and platform_of("NovaSeq") == ""
