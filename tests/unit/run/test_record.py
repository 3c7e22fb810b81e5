"""The record of a run: written at its start, completed at its end, one for all runs into a folder."""

import pytest

from linnaea.base.errors import InputError
from linnaea.run.record import begin_run_record, end_run_record, read_run_record

PARAMETERS = {"workflow": "assembly", "outdir": "results"}


def genome(name, **more):
    return {"id": name, "name": f"Aus {name}", "taxid": None, "hifi": [], "assembly": None, **more}


def test_files_of_genomes_and_samples_are_listed_by_kind(tmp_path):
    given = genome(
        "a",
        hifi=[{"files": ["/d/1.fq.gz", "/d/2.fq.gz"]}],
        hic=[{"read1": ["/d/r1.fq.gz"], "read2": ["/d/r2.fq.gz"]}],
        proteins=[{"fasta": "/d/p.fa"}],
        assembly={"haplotypes": {"hap1": "/d/h1.fa", "hap2": None}},
    )
    lanes = [{"lane": "1", "fastq_1": "/d/s_1.fq.gz", "fastq_2": None}]
    sample = {
        "sample": "s",
        "group": "g",
        "libraries": [{"lanes": lanes}],
        "bams": ["/d/s.bam"],
        "gvcf": None,
    }
    population = {"samples": [sample], "reference": "/d/ref.fa", "vcf": None}
    begin_run_record(tmp_path, PARAMETERS, ["demo", ""], {"genomes": [given], "population": population})
    record = read_run_record(tmp_path)
    assert record["genomes"] == [
        {
            "id": "a", "name": "Aus a",
            "files": {"hifi": ["/d/1.fq.gz", "/d/2.fq.gz"], "hic": ["/d/r1.fq.gz", "/d/r2.fq.gz"],
                      "proteins": ["/d/p.fa"], "assembly": ["/d/h1.fa"]},
        }
    ]  # fmt: skip
    assert record["population"] == {
        "samples": [{"sample": "s", "group": "g", "files": ["/d/s_1.fq.gz", "/d/s.bam"]}],
        "reference": "/d/ref.fa",
    }
    assert (record["parameters"], record["profiles"], record["engine"]) == (PARAMETERS, ["demo"], {})


def test_genomes_of_earlier_runs_into_the_folder_are_kept(tmp_path):
    for name in ("a", "b", "a"):
        begin_run_record(tmp_path, PARAMETERS, [], {"genomes": [genome(name)], "population": None})
    end_run_record(tmp_path, {"nextflow": "24.10.0"})
    record = read_run_record(tmp_path)
    assert [one["id"] for one in record["genomes"]] == ["a", "b"]
    assert (record["of_this_run"], record["engine"]) == (["a"], {"nextflow": "24.10.0"})


def test_a_damaged_record_is_named(tmp_path):
    (tmp_path / "pipeline_info").mkdir()
    (tmp_path / "pipeline_info/run.json").write_text("{")
    with pytest.raises(InputError, match=r"run\.json is not JSON; delete it, and run again"):
        read_run_record(tmp_path)
    assert read_run_record(tmp_path / "elsewhere") == {}
    begin_run_record(tmp_path, PARAMETERS, [], {"genomes": [genome("a")], "population": None})
    assert [one["id"] for one in read_run_record(tmp_path)["genomes"]] == ["a"]
