"""Deposits: metadata by the schemas there are, the manifest against the files, bad input."""

import hashlib
import json
from datetime import date
from importlib.util import find_spec
from pathlib import Path

import pytest
import yaml
from jsonschema import Draft7Validator
from results_folders import ABOUT, write_results

from linnaea import __version__
from linnaea.base.errors import InputError
from linnaea.base.paths import ROOT
from linnaea.base.tables import read_table
from linnaea.cli import main
from linnaea.publication.deposit import deposit

# Of maDMP-schema-1.1.json: what a dataset and its parts must have, and what values are allowed.
DATASET_REQUIRED = {"dataset_id", "personal_data", "sensitive_data", "title"}
DISTRIBUTION_REQUIRED = {"data_access", "title"}


@pytest.fixture
def results(tmp_path):
    folder = write_results(tmp_path / "results", {"ilAusBus1": "Aus bus"}, cohort=True)
    (folder / "ilAusBus1/06_annotation").mkdir()
    (folder / "ilAusBus1/06_annotation/ilAusBus1.gff3").write_text("##gff-version 3\n")
    (tmp_path / "about.yml").write_text(ABOUT)
    return folder


def package_file(package, name):
    """Text of a file of a package, which is not imported: its requirements are absent."""
    return (Path(find_spec(package).origin).parent / name).read_text()


def make(results, genome="ilAusBus1", **options):
    out = results.parent / "deposit"
    deposit(str(results), genome=genome, about=results.parent / "about.yml", out=out, **options)
    return out, {path.name: json.loads(path.read_text()) for path in out.glob("*.json*")}


def test_datacite_is_valid_and_complete(results):
    _, records = make(results)
    schema = json.loads(package_file("datacite", "schemas/datacite-v4.5.json"))
    record = records["datacite.json"]
    assert list(Draft7Validator(schema).iter_errors(record)) == []
    assert list(Draft7Validator(schema).iter_errors({**record, "titles": []})) != []
    assert [one["name"] for one in record["creators"]] == ["Example, Anna", "Exempel, Bo"]
    assert record["rightsList"][0]["rightsUri"] == "https://creativecommons.org/licenses/by/4.0/"


def test_the_manifest_lists_every_chosen_file_with_its_sum(results):
    out, _ = make(results)
    rows = {row["file"]: row for row in read_table(out / "MANIFEST.tsv")}
    assert {"ilAusBus1/06_annotation/ilAusBus1.gff3", "ilAusBus1/report.html"} <= rows.keys()
    for name, row in rows.items():
        content = (results / name).read_bytes()
        assert (int(row["bytes"]), row["md5"]) == (len(content), hashlib.md5(content).hexdigest())
    text = (out / "README.md").read_text()
    assert all(f"| {name} |" in text for name in rows)
    for part in (
        "Anna Example, https://orcid.org/0000-0002-1825-0097", "| licence | CC-BY-4.0, https", "Q45.2",
        "- hifiasm 0.25.0", "| species | Aus bus |",
    ):  # fmt: skip
        assert part in text


def test_the_plan_has_what_the_standard_requires(results):
    _, records = make(results, personal_data="no")
    (dataset,) = records["madmp_dataset.json"]["dmp"]["dataset"]
    assert dataset.keys() >= DATASET_REQUIRED
    assert (dataset["personal_data"], dataset["dataset_id"]["type"]) == ("no", "other")
    (distribution,) = dataset["distribution"]
    assert distribution.keys() >= DISTRIBUTION_REQUIRED
    assert distribution["data_access"] == "open"
    assert distribution["byte_size"] == sum(
        int(row["bytes"]) for row in read_table(results.parent / "deposit/MANIFEST.tsv")
    )
    date.fromisoformat(distribution["license"][0]["start_date"])
    _, records = make(results)
    (dataset,) = records["madmp_dataset.json"]["dmp"]["dataset"]
    assert (dataset["personal_data"], dataset["distribution"][0]["data_access"]) == ("unknown", "closed")


def test_json_ld_has_what_bioschemas_requires(results):
    _, records = make(results)
    record = records["dataset.jsonld"]
    required = {"@context", "@type", "description", "identifier", "keywords", "license", "name"}
    assert required <= record.keys()
    assert record["about"] == {"@type": "Taxon", "name": "Aus bus"}


def test_a_cohort_is_deposited_too(results):
    out, records = make(results, genome="popgen", files=["04_statistics/diversity.tsv"])
    assert [row["file"] for row in read_table(out / "MANIFEST.tsv")] == ["popgen/04_statistics/diversity.tsv"]
    assert "| groups | north, south" in (out / "README.md").read_text()
    assert records["datacite.json"]["formats"] == ["text/tab-separated-values"]


def test_what_is_missing_is_named(results):
    with pytest.raises(InputError, match="has no ilCus; it has ilAusBus1, popgen"):
        make(results, genome="ilCus")
    with pytest.raises(InputError, match=r"has no file that fits \*\.bam; give others with --files"):
        make(results, files=["*.bam"])
    (results / "index.tsv").unlink()
    with pytest.raises(InputError, match="its run has not ended"):
        make(results)
    (results.parent / "about.yml").write_text("license: CC0-1.0\n")
    with pytest.raises(
        InputError, match="title is missing; description is missing; authors is missing; publ"
    ):
        make(results)


def test_the_command_line(results, capsys):
    about, out = str(results.parent / "about.yml"), str(results.parent / "x")
    assert main(["deposit", str(results), "--genome", "ilAusBus1", "--about", about, "--out", out]) == 0
    assert "files," in capsys.readouterr().out


def test_linnaea_itself_can_be_cited_and_registered():
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text())
    schema = json.loads(package_file("cffconvert", "schemas/1.2.0/schema.json"))
    citation = json.loads(json.dumps(citation, default=str))
    assert list(Draft7Validator(schema).iter_errors(citation)) == []
    assert list(Draft7Validator(schema).iter_errors({**citation, "authors": []})) != []
    tool = json.loads((ROOT / "biotools.json").read_text())
    code = json.loads((ROOT / "codemeta.json").read_text())
    assert tool["version"] == [__version__] == [code["version"]]
    assert {"name", "description", "homepage", "biotoolsID"} <= tool.keys()
    assert len(tool["description"]) <= 1000
    terms = [*tool["topic"], *tool["function"][0]["operation"]]
    assert all(one["uri"].startswith("http://edamontology.org/") and one["term"] for one in terms)
    assert citation["repository-code"] == tool["homepage"] == code["codeRepository"]
