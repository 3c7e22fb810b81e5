"""The provenance of a run, judged by roc-validator, and against the tables it is made from."""

import json
import subprocess
import sys

import pytest
from results_folders import ABOUT, write_results, write_trace

from linnaea.base.errors import InputError
from linnaea.cli import main
from linnaea.formats.about import is_orcid, read_about
from linnaea.run.crate import run_crate
from linnaea.run.finish import finish_run, write_index


@pytest.fixture
def results(tmp_path):
    folder = write_results(tmp_path / "results", {"ilAusBus1": "Aus bus"})
    (folder / "ilAusBus1/02_assembly").mkdir()
    (folder / "ilAusBus1/02_assembly/ilAusBus1.hap 1.fasta.gz").write_bytes(b"x" * 17)
    (folder / "ilAusBus1/02_assembly/ilAusBus1.hap1.fasta.gz").write_bytes(b"x" * 23)
    write_trace(folder, {"HIFIASM": 1, "READ_STATISTICS": 3, "ASSEMBLY_STATISTICS": 2}, failed={"HIFIASM": 2})
    return folder


def entities(folder):
    graph = json.loads((folder / "ro-crate-metadata.json").read_text())["@graph"]
    found = {one["@id"]: one for one in graph}
    assert len(found) == len(graph)
    return found


def test_every_run_ends_with_a_valid_crate(results, monkeypatch):
    from crates import unknown_terms, violations

    finish_run(outdir=results, stub=True, engine=(json.dumps({"nextflow": "24.10.0"})))
    assert unknown_terms(json.loads((results / "ro-crate-metadata.json").read_text())) == set()
    found, checks = violations(results, monkeypatch)
    assert found == []
    assert checks > 85


@pytest.mark.slow
def test_a_crate_with_authors_is_valid_and_one_without_its_workflow_is_not(results, tmp_path, monkeypatch):
    from crates import violations

    finish_run(outdir=results, stub=True)
    (tmp_path / "about.yml").write_text(ABOUT)
    assert main(["crate", str(results), "--about", str(tmp_path / "about.yml")]) == 0
    assert violations(results, monkeypatch)[0] == []
    # what must be there is seen when it is not
    crate = json.loads((results / "ro-crate-metadata.json").read_text())
    for entity in crate["@graph"]:
        if entity["@id"] == "#run":
            del entity["instrument"]
    (results / "ro-crate-metadata.json").write_text(json.dumps(crate))
    assert violations(results, monkeypatch)[0] != []


def test_a_crate_has_what_trace_index_and_software_have(results):
    finish_run(outdir=results, stub=True)
    found = entities(results)
    listed = (results / "index.tsv").read_text().splitlines()[1:]
    parts = {one["@id"] for one in found["./"]["hasPart"]}
    assert {line.split("\t")[0].replace(" ", "%20") for line in listed} - {"ro-crate-metadata.json"} <= parts
    fasta = found["ilAusBus1/02_assembly/ilAusBus1.hap1.fasta.gz"]
    assert (fasta["contentSize"], fasta["exampleOfWork"]) == ("23", {"@id": "#output/HIFIASM"})
    assert all((results / part.replace("%20", " ")).is_file() for part in parts)
    tasks = found["#tasks/HIFIASM"]
    assert tasks["description"].startswith("1 tasks, 2 attempts failed")
    assert found["#tasks/READ_STATISTICS"]["description"].startswith("3 tasks;")
    process = found[tasks["instrument"]["@id"]]
    tool = found[process["softwareRequirements"]["@id"]]
    assert (tool["name"], tool["softwareVersion"]) == ("hifiasm", "0.25.0")


def test_times_and_facts_are_those_of_the_engine_and_the_trace(results):
    found = entities_of_crate(results)
    assert found["#run"]["startTime"] == "2026-11-30T07:36:22+01:00"
    assert found["#run"]["endTime"] == "2026-11-30T07:46:42+01:00"
    # the trace has local time: that of the engine
    assert found["#tasks/HIFIASM"]["startTime"] == "2026-11-30T07:40:00+01:00"
    assert found["#tasks/HIFIASM"]["endTime"] == "2026-11-30T07:43:30+01:00"
    assert found["https://www.nextflow.io/"]["softwareVersion"] == "24.10.0"
    assert found["#value/workflow"]["value"] == "assembly"


def entities_of_crate(folder):
    run_crate(folder)
    return entities(folder)


def test_paths_of_the_machine_stay_out(results):
    record = json.loads((results / "pipeline_info/run.json").read_text())
    record["parameters"]["input"] = "/home/anna/secret/genomes.yml"
    record["genomes"][0]["files"] = {"hifi": ["/proj/secret/a.fq.gz", "/proj/secret/b.fq.gz"]}
    record["engine"]["command"] = (
        "nextflow run /home/anna/secret/linnaea --input '/home/anna/secret/genomes.yml'"
    )
    (results / "pipeline_info/run.json").write_text(json.dumps(record))
    found = entities_of_crate(results)
    assert "secret" not in (results / "ro-crate-metadata.json").read_text()
    assert found["#value/input"]["value"] == "genomes.yml"
    assert json.loads(found["#value/ilAusBus1/hifi"]["value"]) == ["a.fq.gz", "b.fq.gz"]
    assert found["#run"]["description"] == "nextflow run linnaea --input 'genomes.yml'"


def test_a_licence_nobody_chose_is_said_and_a_chosen_one_linked(results, tmp_path):
    assert entities_of_crate(results)["#licence"]["name"] == "no licence yet"
    (tmp_path / "about.yml").write_text(ABOUT)
    run_crate(results, about=tmp_path / "about.yml")
    found = entities(results)
    assert found["./"]["license"] == {"@id": "https://creativecommons.org/licenses/by/4.0/"}
    assert [found[one["@id"]]["name"] for one in found["./"]["author"]] == ["Anna Example", "Bo Exempel"]


def test_thousands_of_tasks_and_files_are_summed_up(results):
    write_trace(results, {"CALL_REGION": 8000, "SAMPLE_BAM": 500})
    folder = results / "popgen/01_alignments"
    folder.mkdir(parents=True)
    for i in range(1000):
        (folder / f"s{i}.alignment.json").touch()
    write_index(results, "0.1.0")
    run_crate(results)
    found = entities(results)
    assert sum(one["@type"] == "CreateAction" for one in found.values()) == 3
    assert found["#tasks/CALL_REGION"]["description"].startswith("8000 tasks;")


def test_a_damaged_record_does_not_fail_a_finished_run(results, capsys):
    (results / "pipeline_info/run.json").write_text("{")
    finish_run(outdir=results, stub=True)
    assert "the provenance of this run could not be written: " in capsys.readouterr().err
    assert (results / "index.tsv").is_file()


def test_results_without_a_run_are_refused(results, tmp_path):
    with pytest.raises(InputError, match="has no folder pipeline_info; give the --outdir of a run"):
        run_crate(tmp_path)
    (results / "pipeline_info/trace.tsv").write_text("task_id\n")
    with pytest.raises(InputError, match=r"trace\.tsv lists no task"):
        run_crate(results)
    (results / "index.tsv").unlink()
    with pytest.raises(InputError, match="its run has not ended"):
        run_crate(results)


def test_files_that_are_gone_are_counted(results, capsys):
    (results / "ilAusBus1/02_assembly/ilAusBus1.hap1.fasta.gz").write_bytes(b"x")
    finish_run(outdir=results, stub=True)
    (results / "ilAusBus1/02_assembly/ilAusBus1.hap1.fasta.gz").unlink()
    run_crate(results)
    assert (
        "1 files of the index are gone and left out, first ilAusBus1/02_assembly" in capsys.readouterr().out
    )


def test_faults_of_about_are_listed_together(tmp_path):
    (tmp_path / "about.yml").write_text(
        "titel: x\nlicense: MIT\nrelated: [abc]\nauthors:\n"
        "  - {given: Anna, orcid: 0000-0002-1825-0098, email: nobody, ror: here}\n"
    )
    with pytest.raises(InputError) as fault:
        read_about(tmp_path / "about.yml", ("title",))
    for part in (
        "titel is not a key", "license MIT is none of CC-BY-4.0", "related: abc is not a DOI",
        "title is missing",
        "author 1: family name is missing", "author 1: 0000-0002-1825-0098 is not an ORCID iD",
        "author 1: nobody is not an e-mail address", "author 1: here is not a ROR identifier",
    ):  # fmt: skip
        assert part in str(fault.value)
    (tmp_path / "about.yml").write_text("a: [")
    with pytest.raises(InputError, match="is not YAML"):
        read_about(tmp_path / "about.yml")
    (tmp_path / "about.yml").write_text("- a")
    with pytest.raises(InputError, match="give keys and values"):
        read_about(tmp_path / "about.yml")


@pytest.mark.parametrize("text", ["0000-0002-1825-0097", "0000-0001-5109-3700", "0000-0002-1694-233X"])
def test_orcids_have_a_check_digit(text):
    assert is_orcid(text)
    assert not is_orcid(text[:-1] + ("1" if text[-1] != "1" else "2"))


def test_writing_a_crate_loads_no_large_library():
    loaded = "import sys, linnaea.run.crate; print(*{'numpy', 'pandas', 'rdflib'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", loaded], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""
