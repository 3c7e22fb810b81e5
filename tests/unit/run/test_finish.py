import csv
import gzip
import re
import subprocess
import sys
from fnmatch import fnmatch

import pytest

from linnaea.base.errors import InputError
from linnaea.catalogue.outputs import known_outputs, publish_config
from linnaea.catalogue.resources import processes
from linnaea.formats.sequences import BAM_END
from linnaea.run.finish import faulty_files, tasks_that_lost_a_child, write_index


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


def alternatives(glob):
    """A glob without braces for each choice of its braces."""
    found = re.search(r"\{([^{}]*)\}", glob)
    if not found:
        return [glob]
    parts = (glob[: found.start()] + part + glob[found.end() :] for part in found[1].split(","))
    return [each for part in parts for each in alternatives(part)]


def test_every_output_of_a_process_is_published():
    """The names that a task has pass one of the patterns of its folder."""
    rules = re.findall(
        r"withName: '([^']+)' \{\n +publishDir = \[path: \{ (.*?) \}, .*? pattern: '(.*?)'\]",
        publish_config(),
    )
    assert len(rules) > 50
    lost = []
    for output in known_outputs():
        process = output.published_by or output.step
        if process not in processes() or output.pattern.startswith(("pipeline_info", "index.tsv")):
            continue
        name = re.sub(r"[*?]", "q", output.pattern.replace("<id>", "q"))
        folders = [
            (place.strip('"').removeprefix("${params.outdir}/").replace("${meta.id}", "q"), glob)
            for selectors, place, globs in rules
            if any(selector.split(":")[-1] == process for selector in selectors.split("|"))
            for glob in alternatives(globs)
        ]
        paths = [glob if folder == "params.outdir" else f"{folder}/{glob}" for folder, glob in folders]
        if not any(fnmatch(name, path) for path in paths):
            lost.append((process, output.pattern))
    assert not lost


@pytest.mark.parametrize(
    "log",
    [
        "slurmstepd: error: Detected 3 oom_kill events in StepId=1.batch.\n",
        "slurmstepd: error: Detected 1 oom-kill event(s) in StepId=7.0 cgroup.\n",
        "slurmstepd: error: n12 task 0 was killed: Out Of Memory\n",
        "slurmstepd: error: Job 12 exceeded memory limit (9 > 8), being killed\n",
    ],
)
def test_task_with_a_killed_child_is_named_and_fails_the_run(tmp_path, log):
    trace = ["process\ttag\tstatus\tworkdir"]
    for process, status, text in (
        ("GOOD", "COMPLETED", "all fine; out of memory is not said by the scheduler\n"),
        ("RETRIED", "FAILED", log),
        ("HIFIASM", "COMPLETED", "x" * 200_000 + "\n" + log),
    ):
        (tmp_path / process).mkdir()
        (tmp_path / process / ".command.log").write_text(text)
        trace.append(f"{process}\tab\t{status}\t{tmp_path / process}")
    trace.append(f"CLEANED\tab\tCACHED\t{tmp_path / 'gone'}")
    (tmp_path / "pipeline_info").mkdir()
    path = tmp_path / "pipeline_info" / "trace.tsv"
    path.write_text("\n".join(trace) + "\n")
    assert tasks_that_lost_a_child(path) == {"HIFIASM (ab)": tmp_path / "HIFIASM"}
    answer = finish(tmp_path)
    assert answer.returncode == 1
    assert "killed for memory in a task" in answer.stderr
    assert "HIFIASM (ab)" in answer.stderr
    # resumed, a task that ended with 0 would not run again
    assert f"`rm -r {tmp_path}/HIFIASM`" in answer.stderr
    assert not (tmp_path / "index.tsv").exists()


def finish(outdir, *options):
    return subprocess.run(
        [sys.executable, "bin/finish_run.py", "--outdir", outdir, *options], capture_output=True, text=True
    )


@pytest.mark.parametrize(
    "text",
    [
        "KMC_COUNT\tab\tCOMPLETED\t/w\n",
        "process\ttag\tstatus\tworkdir\nKMC_COUNT\tab\tCOMPLETED\t/w\nbc\n",
        "\0\0\0\tCOMPLETED\t/w\n",
    ],
)
def test_a_trace_that_another_run_wrote_over_fails_the_run(tmp_path, text):
    (tmp_path / "trace.tsv").write_text(text + "x\n")
    with pytest.raises(InputError, match="another run that was started meanwhile"):
        tasks_that_lost_a_child(tmp_path / "trace.tsv")


def test_published_files_that_are_no_results_fail_the_run(tmp_path):
    whole = gzip.compress(b"")[:3] + b"\x04" + bytes(8) + b"BC" + bytes(20) + BAM_END
    files = {
        "ab/report.html": b"",
        "ab/04_evaluation/ab.hap1.sequences.tsv": b"name\n",
        "ab/04_evaluation/ab.hap1.assembly_statistics.json": b'{"id": ',
        "ab/02_assembly/ab.hap1.fasta.gz": gzip.compress(b""),
        "ab/02_assembly/ab.alternate.fasta.gz": gzip.compress(b""),
        "ab/05_evidence/ab.rna_introns.bed": b"",
        "popgen/01_alignments/s1.bam": whole[:-9],
        "popgen/01_alignments/s2.bam": whole,
        "mine.txt": b"",
    }
    for name, content in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(content)
    (tmp_path / "pipeline_info").mkdir()
    # of two that are faulty, one was so in its task; the other task only reads it
    (tmp_path / "w1").mkdir()
    (tmp_path / "w1/s1.bam").write_bytes(whole[:-9])
    (tmp_path / "w2").mkdir()
    (tmp_path / "w2/s1.bam").symlink_to(tmp_path / "w1/s1.bam")
    (tmp_path / "w2/report.html").write_text("<html>")
    rows = "".join(f"X\t\tCOMPLETED\t{tmp_path}/{name}\n" for name in ("w1", "w2"))
    (tmp_path / "pipeline_info/trace.tsv").write_text(f"process\ttag\tstatus\tworkdir\n{rows}")
    assert faulty_files(tmp_path) == [
        "ab/02_assembly/ab.hap1.fasta.gz is empty",
        "ab/04_evaluation/ab.hap1.assembly_statistics.json is no JSON",
        "ab/report.html is empty",
        "popgen/01_alignments/s1.bam is cut",
    ]
    answer = finish(tmp_path)
    assert answer.returncode == 1
    assert f"(`rm -r {tmp_path}/w1`)" in answer.stderr
    assert "ab/report.html is empty" in answer.stderr
    assert not (tmp_path / "index.tsv").exists()
    assert finish(tmp_path, "--stub").returncode == 0
    assert (tmp_path / "index.tsv").exists()
