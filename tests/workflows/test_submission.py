"""What a run of the workflow submission leaves."""

import csv
import hashlib
import json

import pytest
from lxml import etree
from specimens import is_valid

from linnaea.catalogue.columns import undescribed
from linnaea.submission.examination import examine

NAME = "a submission of a given assembly"


@pytest.fixture
def folder(workflow_dir):
    return workflow_dir / "results/bParMaj1/09_submission"


@pytest.mark.workflow(NAME)
def test_every_package_passes_the_check_and_waits_for_what_is_missing(folder):
    record = json.loads((folder / "bParMaj1.submission.json").read_text())
    gaps = {one["part"]: {gap["missing"] for gap in one["gaps"]} for one in record["packages"]}
    assert gaps == {
        "hap1": {"accession of the sample"},
        "hap2": {"accession of the study", "accession of the sample"},
        "mitochondrion": {"accession of the study", "accession of the sample"},
        "bParMaj1.wolbachia": {
            "accession of the study", "sample that was sequenced", "depth of the reads",
            "whether it is a circle",
        },
    }  # fmt: skip
    for one in record["packages"]:
        path = folder / f"{one['name']}.manifest.txt"
        done, _ = examine([str(path)], organism=one["organism"], waiting=("STUDY", "SAMPLE", "COVERAGE"))
        assert done.findings.verdict() in ("accepted", "changed")


@pytest.mark.workflow(NAME)
def test_the_xml_is_valid_and_has_the_checksums_of_the_reads(workflow_dir, folder):
    for name, schema in (
        ("samples", "SRA.sample"), ("projects", "ENA.project"), ("experiments", "SRA.experiment"),
        ("runs", "SRA.run"), ("submission", "SRA.submission"),
    ):  # fmt: skip
        assert is_valid(folder / f"bParMaj1.{name}.xml", f"{schema}.xsd")
    (run,) = etree.parse(folder / "bParMaj1.runs.xml").getroot()  # Hi-C lacks its instrument
    (file,) = run.iter("FILE")
    reads = (workflow_dir / "in/hifi.fastq.gz").read_bytes()
    assert (file.get("filename"), file.get("checksum")) == ("hifi.fastq.gz", hashlib.md5(reads).hexdigest())
    with (folder / "bParMaj1.missing.tsv").open() as handle:
        rows = list(csv.DictReader(handle, delimiter="\t"))
    assert ("hic hic1", "instrument") in {(row["part"], row["missing"]) for row in rows}
    assert all(row["supplier"] and row["place"] for row in rows)


@pytest.mark.workflow(NAME)
def test_columns_and_keys_are_described(folder):
    assert undescribed(folder) == []
