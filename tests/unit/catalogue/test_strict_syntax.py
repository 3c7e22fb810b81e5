"""Scripts and configs in the strict syntax of later Nextflow releases, by the parsers of nf-lang 25.04."""

import re
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from linnaea.base.paths import ROOT
from linnaea.install import engine

pytestmark = pytest.mark.slow

PARSERS = "io.nextflow:nf-lang:25.04.0"
# What a process directive reads of its task's inputs is known to the engine only when the task is made.
OF_THE_TASK = re.compile(r"\.config:\d+: `(\w+)` is not defined")
INPUTS = {"reads", "hifi", "assembly", "assemblies", "pairs", "genome", "fasta", "meta", "task"}


def strict_faults(files):
    """Lines of faults of Nextflow's strict parsers in `files`."""
    venv = Path(sys.executable).parents[1]
    parsers = venv / "nf-lang"
    engine.resolve(parsers, engine.java_home(), [PARSERS])
    # classes that scripts name are those of the engine and lib/; of what both have, the parsers' comes first
    jars = [*parsers.glob("*.jar"), *(venv / "nextflow").glob("*.jar")]
    with tempfile.TemporaryDirectory() as library:
        java = ["java", "-cp", ":".join(map(str, [*jars, library]))]
        sources = sorted((ROOT / "lib").glob("*.groovy"))
        subprocess.run(
            [*java, "org.codehaus.groovy.tools.FileSystemCompiler", "-d", library, *sources], check=True
        )
        answer = subprocess.run(
            [*java, Path(__file__).with_name("Strict.java"), *files], capture_output=True, text=True
        )
    assert answer.returncode in (0, 1), answer.stderr
    assert "Exception" not in answer.stderr, answer.stderr
    return answer.stdout.splitlines()


def tracked(*patterns):
    """Files of the repository."""
    names = subprocess.run(
        ["git", "ls-files", *patterns], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.split()
    assert len(names) > 60
    return [ROOT / name for name in names]


def test_every_script_and_config_is_strict():
    faults = strict_faults(tracked("*.nf", "*.config"))
    unknown = [fault for fault in faults if not ((found := OF_THE_TASK.search(fault)) and found[1] in INPUTS)]
    assert unknown == []


def test_what_is_not_strict_is_seen(tmp_path):
    texts = {
        "loop.nf": "for (x in [1]) { println x }\n",
        "unknown.nf": "workflow { println(y) }\n",
        "function.config": "def f() { 1 }\n",
        "condition.config": "if (true) { process.cpus = 1 }\n",
    }
    for name, text in texts.items():
        (tmp_path / name).write_text(text)
    faults = strict_faults([tmp_path / name for name in texts])
    assert {Path(fault.split(":")[0]).name for fault in faults} == set(texts)


def slow_places(files):
    """Where Groovy's parser needs its slow mode."""
    jars = Path(sys.executable).parents[1] / "nextflow/*"
    answer = subprocess.run(
        ["java", "-cp", jars, Path(__file__).with_name("Quick.java"), *files],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    return answer.stdout.splitlines()


def test_every_script_is_parsed_in_the_quick_mode():
    """The slow mode took a third of the engine's start."""
    assert slow_places(tracked("*.nf")) == []


def test_a_closure_as_named_argument_without_brackets_is_slow(tmp_path):
    script = tmp_path / "a.nf"
    script.write_text("process A {\n    ext code: { 'x' }\n\n    script:\n    'true'\n}\n")
    assert slow_places([script]) == [f"{script}:2: :"]
