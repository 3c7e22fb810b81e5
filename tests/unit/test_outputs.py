import csv
import subprocess
import sys

from linnaea.outputs import known_outputs, tasks_that_lost_a_child, write_index


def test_index_names_genome_step_tool_and_version(tmp_path):
    for name in (
        "ab/02_assembly/ab.primary.fasta.gz",
        "ab/report.html",
        "pipeline_info/trace.tsv",
        "odd.txt",
    ):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("x")
    (tmp_path / "pipeline_info/software.tsv").write_text("process\ttool\tversion\nRACON\tracon\t1.5.0\n")
    with write_index(tmp_path, "0.1.0").open() as handle:
        rows = {row["file"]: row for row in csv.DictReader(handle, delimiter="\t")}
    contigs = rows["ab/02_assembly/ab.primary.fasta.gz"]
    assert (contigs["genome"], contigs["step"], contigs["tool"], contigs["version"], contigs["bytes"]) == (
        "ab", "RACON", "racon", "1.5.0", "1",
    )  # fmt: skip
    assert (rows["ab/report.html"]["tool"], rows["ab/report.html"]["version"]) == ("linnaea", "0.1.0")
    assert rows["odd.txt"]["step"] == "unknown"
    assert "pipeline_info/trace.tsv" not in rows


def test_index_names_the_assembler_that_ran(tmp_path):
    (tmp_path / "ab/02_assembly").mkdir(parents=True)
    (tmp_path / "ab/02_assembly/ab.primary.fasta.gz").write_text("x")
    (tmp_path / "pipeline_info").mkdir()
    software = tmp_path / "pipeline_info/software.tsv"
    for step, tool, version in (("FLYE", "flye", "2.9.5"), ("HIFIASM", "hifiasm", "0.25.0")):
        software.write_text(f"process\ttool\tversion\n{step}\t{tool}\t{version}\n")
        row = write_index(tmp_path, "0.1.0").read_text().splitlines()[1].split("\t")
        assert row[2:5] == [step, tool, version]


def test_every_output_is_described():
    assert all(output.step and output.description for output in known_outputs())


def test_task_with_a_killed_child_is_named_and_fails_the_run(tmp_path):
    trace = ["process\ttag\tworkdir"]
    for process, log in (
        ("GOOD", "all fine\n"),
        ("HIFIASM", "slurmstepd: error: Detected 3 oom_kill events in StepId=1.batch.\n"),
    ):
        (tmp_path / process).mkdir()
        (tmp_path / process / ".command.log").write_text(log)
        trace.append(f"{process}\tab\t{tmp_path / process}")
    (tmp_path / "pipeline_info").mkdir()
    path = tmp_path / "pipeline_info" / "trace.tsv"
    path.write_text("\n".join(trace) + "\n")
    assert tasks_that_lost_a_child(path) == ["HIFIASM (ab)"]
    answer = subprocess.run(
        [sys.executable, "bin/finish_run.py", "--outdir", tmp_path], capture_output=True, text=True
    )
    assert answer.returncode == 1
    assert "killed for memory inside a task that went on without it" in answer.stderr
    assert "HIFIASM (ab)" in answer.stderr
    assert not (tmp_path / "index.tsv").exists()
