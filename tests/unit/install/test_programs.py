"""Every program and package that a run calls comes with the set-up; none is there for the tests alone."""

import ast
import importlib.metadata as metadata
import re
import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

from linnaea.catalogue import software

KEYWORDS = {
    "!", "{", "}", "case", "do", "done", "elif", "else", "env", "esac", "exec", "fi", "for", "if", "in",
    "then", "time", "until", "while",
}  # fmt: skip
# Choices whose programs come with their own images.
OPTIONS = {tool["name"] for tool in software.tools() if tool["role"] == "option"}
# What a machine has before set-up, as the README says.
BEFORE = {"make", "git", "ca-certificates", "python3", "python3-venv"}
OWN = {path.name for path in (software.ROOT / "bin").iterdir()}


def command_words(shell: str) -> set[str]:
    """First words of the simple commands of a shell text with Groovy's `${}` in it."""
    shell = re.sub(r"(?m)(^|\s)#.*", "", shell.replace("\\$", "$").replace("\\\\\n", " "))
    shell = re.sub(r"\$\(\(.*?\)\)", "N", re.sub(r"\$\{[^{}]*\}", "V", re.sub(r"(?s)'.*?'", "Q", shell)))
    shell = re.sub(r'\b\w+="', " ", shell)  # a command kept for later
    shell = re.sub(r"\bfor \w+ in\b", ":", re.sub(r"\d?>&\d|&>", " ", shell))
    functions = set(re.findall(r"\b(\w+)\(\) *\{", shell))
    words = set()
    for command in re.split(r"\|\|?|&&?|;|\n|\$\(|[()`]", shell):
        tokens = [token for token in command.split() if not re.match(r"\w+\+?=", token)]
        while tokens and tokens[0] in KEYWORDS:
            tokens.pop(0)
        if tokens and re.fullmatch(r"[A-Za-z][\w.+-]*", tokens[0]):
            words.add(tokens[0])
    return words - functions


@cache
def programs_of_processes() -> dict[str, set[str]]:
    """Process -> the command words of its script and of its versions."""
    used = {}
    for path in (software.ROOT / "modules").rglob("*.nf"):
        for name, body in re.findall(r"(?ms)^process (\w+) \{(.*?)^\}", path.read_text()):
            body = body.split("\n    stub:")[0]
            texts = re.findall(r'(?s)"""(.*?)"""', body) + re.findall(r'eval\("(.*?)"\)', body)
            used[name] = set().union(*map(command_words, texts)) - OWN
    return used


@cache
def programs_of_the_code() -> dict[Path, set[str]]:
    """File of bin/ -> programs that it starts by name."""
    used = {}
    for path in (software.ROOT / "bin").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if (
                isinstance(node, ast.Call)
                and ast.unparse(node.func).split(".")[-1] in ("run", "Popen", "check_output", "check_call")
                and node.args
                and isinstance(node.args[0], ast.List)
                and node.args[0].elts
                and isinstance(first := node.args[0].elts[0], ast.Constant)
            ):
                used.setdefault(path, set()).add(first.value)
    return used


@cache
def installed_by_set_up() -> set[str]:
    """Debian packages of apt.txt with all that these depend on, and what each machine has."""
    fields = "${Package}\t${Essential}\t${Priority}\t${Depends}, ${Pre-Depends}\t${Provides}\n"
    rows = subprocess.run(
        ["dpkg-query", "-W", "-f", fields], capture_output=True, text=True, check=True
    ).stdout
    needs, provided, every = {}, {}, set()
    for name, essential, priority, depends, provides in (row.split("\t") for row in rows.splitlines()):
        needs[name] = {re.split(r"[ (:]", word.strip())[0] for word in re.split(r"[,|]", depends)} - {""}
        for virtual in (word.strip().split(" ")[0] for word in provides.split(",") if word.strip()):
            provided.setdefault(virtual, set()).add(name)
        if essential == "yes" or priority == "required":
            every.add(name)
    todo = every | BEFORE | set((software.ROOT / "containers/apt.txt").read_text().split())
    seen: set[str] = set()
    while todo:
        name = todo.pop()
        if name not in seen:
            seen.add(name)
            todo |= needs.get(name, set()) | provided.get(name, set())
    return seen


def pinned(*names: str) -> set[str]:
    """Normalised names of the Python distributions of requirements files."""
    lines = "".join((software.ROOT / f"containers/{name}.txt").read_text() for name in names).splitlines()
    return {normal(line.split("==")[0]) for line in lines if "==" in line}


def normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


@cache
def distribution_of_scripts() -> dict[str, str]:
    """Program in the Python environment -> its distribution."""
    return {
        Path(str(file)).name: normal(distribution.metadata["Name"])
        for distribution in metadata.distributions()
        for file in distribution.files or []
        if "bin/" in str(file) and str(file).startswith("..")
    }


@cache
def provider(program: str) -> tuple[str, str]:
    """("python", distribution), ("debian", package) or ("none", "") of a program of this machine."""
    if program in distribution_of_scripts():
        return "python", distribution_of_scripts()[program]
    path = shutil.which(program, path="/usr/bin:/bin:/usr/sbin:/sbin")
    if path is None:
        return "none", ""
    for place in (path, str(Path(path).resolve()), path.removeprefix("/usr")):
        answer = subprocess.run(["dpkg", "-S", place], capture_output=True, text=True)
        if answer.returncode == 0:
            return "debian", re.split(r"[:,]", answer.stdout)[0]
    return "none", ""


def not_set_up(programs: set[str]) -> dict[str, str]:
    """Those of the programs that set-up does not bring, with where this machine has them from."""
    kept = pinned("requirements", "requirements-compiled") | {"linnaea"}
    lacking = {}
    for program in sorted(programs):
        kind, package = provider(program)
        if kind != "none" and not (package in kept if kind == "python" else package in installed_by_set_up()):
            lacking[program] = f"{kind} {package}"
    return lacking


def test_command_words_of_a_script():
    script = """
    for k in \\$(seq 2 ${most}); do A=1 fastmixture --K "\\$k" > k.log 2>&1 || { cat k.log >&2; }; done
    bcftools view x | awk '{ print | "sort" }' \\\\
        | bgzip -c > y   # and tabix
    if ! samtools quickcheck z; then gffread z; fi
    """
    words = {"seq", "fastmixture", "cat", "bcftools", "awk", "bgzip", "samtools", "gffread"}
    assert command_words(script) == words


DEFAULT = sorted(name for name, used in software.processes().items() if not software.published_image(used))


def test_every_process_was_read():
    assert programs_of_processes().keys() >= software.processes().keys()
    assert sum(map(bool, programs_of_processes().values())) > 50


@pytest.mark.parametrize("process", DEFAULT)
def test_a_process_of_the_default_set_up_finds_its_programs(process):
    assert not_set_up(programs_of_processes()[process]) == {}


def test_programs_that_the_code_starts_come_with_set_up():
    for path, programs in programs_of_the_code().items():
        assert not_set_up(programs) == {}, path


def test_programs_that_a_run_asks_for_come_with_set_up():
    embedded = [tool for tool in software.tools() if tool["role"] == "embedded"]
    asked = {program for tool in embedded for program in software.programs(tool)}
    assert len(asked) > 25
    assert not_set_up(asked) == {}


def test_packages_that_the_code_imports_come_with_set_up():
    # the one command that needs crypt4gh asks for it
    kept = pinned("requirements", "requirements-compiled") | {"crypt4gh"}
    places = metadata.packages_distributions()
    imported = {}
    for path in (software.ROOT / "bin").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module] if isinstance(node, ast.ImportFrom) and not node.level else []
            imported.update({name.split(".")[0]: path for name in names})
    others = (
        imported.keys() - sys.stdlib_module_names - {"linnaea"} - {path.stem for path in imported.values()}
    )
    assert "numpy" in others
    lacking = {
        name: str(imported[name]) for name in others if not {*map(normal, places.get(name, []))} & kept
    }
    assert lacking == {}
