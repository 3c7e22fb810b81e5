"""The definition of the tests for GitHub Actions against its schema and against what Linnaea supports."""

import re
import subprocess
import sys

import pytest
import yaml

from linnaea.base.paths import ROOT

CI = ROOT / ".github" / "workflows" / "ci.yml"


@pytest.fixture(scope="module")
def jobs():
    return yaml.safe_load(CI.read_text())["jobs"]


def commands(job):
    return [step["run"] for step in job["steps"] if "run" in step]


def faults(path):
    """What the schema of GitHub's workflows says of a file; None when it is valid."""
    call = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.github-workflows", path]
    answer = subprocess.run(call, capture_output=True, text=True, check=False)
    return answer.stdout + answer.stderr if answer.returncode else None


def test_definition_is_valid(tmp_path):
    assert faults(CI) is None
    broken = tmp_path / "ci.yml"
    broken.write_text(CI.read_text().replace("runs-on:", "runs_on:", 1))
    assert "runs_on" in faults(broken)


def test_every_supported_python_is_tested(jobs):
    package = (ROOT / "setup.py").read_text()
    given = re.search(r"Python :: \{version\}.* in \((.*)\)", package)[1]
    classified = re.findall(r'"([\d.]+)"', given)
    assert jobs["check"]["strategy"]["matrix"]["python"] == classified
    assert re.search(r'python_requires=">=([\d.]+)"', package)[1] == classified[0]
    candidates = re.search(r"for candidate in python3 (.*); do", (ROOT / "containers/setup.sh").read_text())[
        1
    ]
    assert candidates.split()[::-1] == [f"python{version}" for version in classified]
    readme = (ROOT / "README.md").read_text()
    assert f"Python {classified[0]} to {classified[-1]}" in readme
    assert "make check" in commands(jobs["check"])


def test_every_supported_debian_is_tested(jobs):
    newcomer = (ROOT / "tests/workflows/test_newcomer.py").read_text()
    releases = re.findall(r'"(\w+)"', re.search(r"^RELEASES = (.*)$", newcomer, re.M)[1])
    assert [jobs[name]["strategy"]["matrix"]["debian"] for name in ("newcomer", "suite")] == [releases] * 2
    for path in ("Dockerfile", "linnaea.def"):
        bases = re.findall(r"debian:(\w+)-slim", (ROOT / "containers" / path).read_text())
        assert bases and set(bases) <= set(releases)
    packages = re.findall(r'"([\w-]+)"', re.search(r"^BEFORE = (.*)$", newcomer, re.M)[1])
    for name in ("newcomer", "suite"):
        first = commands(jobs[name])[0]
        assert first.endswith("--no-install-recommends " + " ".join(packages))


def test_commands_are_those_of_the_readme(jobs):
    typed = [line for line in commands(jobs["newcomer"]) if line.startswith("make ")]
    readme = (ROOT / "README.md").read_text()
    assert typed == re.findall(r"^    (make demo\S*)", readme, re.M)
    assert commands(jobs["suite"])[-1] == "make test-all" and (ROOT / ".ci/run").stat().st_mode & 0o111
