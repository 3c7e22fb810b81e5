"""What the hash of a step's code covers: its scripts, the modules that they import, the assets they read."""

import ast
import itertools
import re
import shutil
import subprocess
from functools import cache
from pathlib import Path

import pytest
from processes import PROCESSES

from linnaea.base.paths import ROOT, asset

BIN = ROOT / "bin"
# What lib/Code.groovy looks for.
CALL = re.compile(r'\basset\("([^"]+)"\)')
# It shares out the memory of a task, which changes no result.
SHARES = {"tool_options.py"}
HASH = re.compile(r"^    ext\(code: \{ Code\.hash\(projectDir, (.*)\) \}\)$", re.MULTILINE)
CODE = "\n    # ${task.ext.code}\n"
FUNCTIONS = re.compile(r"^def (\w+)\([^)]*\) \{(.*?)^\}", re.MULTILINE | re.DOTALL)


def calls(tree: ast.AST) -> list[ast.Call]:
    """Calls of asset(), also as an attribute."""
    return [
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and getattr(node.func, "id", getattr(node.func, "attr", "")) == "asset"
    ]


def texts(tree: ast.AST) -> list[str]:
    """Texts in the code, without docstrings."""
    found = {id(node): node.value for node in ast.walk(tree) if isinstance(node, ast.Constant)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Expr):
            found.pop(id(node.value), None)
    return [text for text in found.values() if isinstance(text, str)]


@cache
def imports(path: Path) -> set[Path]:
    """A script or module of the package with all that it imports of the package."""
    seen: set[Path] = set()
    left = [path]
    while left:
        source = left.pop()
        if source in seen:
            continue
        seen.add(source)
        for node in ast.walk(ast.parse(source.read_text())):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom):
                assert node.level == 0, f"{source}: lib/Code.groovy does not follow relative imports"
                names = [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
            for name in names:
                place = BIN / name.replace(".", "/")
                left += [path for path in (place.with_suffix(".py"), place / "__init__.py") if path.exists()]
    return seen


def scripts_of_processes() -> dict[str, set[str]]:
    """Process -> the scripts of bin/ that it calls, itself or by a function, for processes that call any."""
    modules = [path.read_text() for path in ROOT.glob("modules/**/*.nf")]
    functions = [found for text in modules for found in FUNCTIONS.findall(text)]
    scripts = {}
    for name, body in (found for text in modules for found in PROCESSES.findall(text)):
        parts = [body, *(part for function, part in functions if re.search(rf"\b{function}\(", body))]
        called = re.findall(r"\b\w+\.py\b", " ".join(parts))
        if own := {script for script in called if (BIN / script).exists()}:
            scripts[name] = own
    return scripts


def test_assets_are_read_by_calls_that_are_seen():
    for source in sorted(BIN.rglob("*.py")):
        text = source.read_text()
        tree = ast.parse(text)
        if source != BIN / "linnaea/base/paths.py":
            assert not [text for text in texts(tree) if re.match(r"assets(/|$)", text)], (
                source,
                "use asset()",
            )
        named = CALL.findall(text)
        assert len(named) == len(calls(tree)), (source, "give asset() a literal name in double quotes")
        assert all(asset(name).exists() for name in named), source


@pytest.mark.slow
def test_the_hash_of_a_script_changes_with_what_it_reads(tmp_path):
    """Two scripts, each with a module, its module and assets: what is of one changes its hash alone."""
    (tmp_path / "bin/linnaea").mkdir(parents=True)
    (tmp_path / "assets/b").mkdir(parents=True)
    for name, given in (("a", "a.json"), ("b", "b")):
        (tmp_path / f"bin/{name}.py").write_text(f"from linnaea.{name} import x\n")
        (tmp_path / f"bin/linnaea/{name}.py").write_text(f"from linnaea import {name}2 as x\n")
        (tmp_path / f"bin/linnaea/{name}2.py").write_text(
            f'from linnaea.base.paths import asset\nasset("{given}")\n'
        )
    (tmp_path / "bin/linnaea/__init__.py").touch()
    changed = [
        "assets/a.json",
        "assets/b/c.css",
        "assets/b/d.js",
        "bin/linnaea/a2.py",
        "bin/linnaea/b.py",
        "bin/a.py",
    ]
    for name in changed[:3]:
        (tmp_path / name).touch()
    shutil.copytree(ROOT / "lib", tmp_path / "lib")
    (tmp_path / "main.nf").write_text(f"""\
workflow {{
    def hashes = {{ -> "hash ${{Code.digest(projectDir, 'a.py')}} ${{Code.digest(projectDir, 'b.py')}}" }}
    println(hashes())
    {changed}.each {{ name -> file("${{projectDir}}/${{name}}").append('#'); println(hashes()) }}
}}
""")
    answer = subprocess.run(
        ["nextflow", "run", ".", "-ansi-log", "false"], cwd=tmp_path, capture_output=True, text=True
    )
    hashes = [line.split()[1:] for line in answer.stdout.splitlines() if line.startswith("hash")]
    steps = [tuple(old != new for old, new in zip(*pair, strict=True)) for pair in itertools.pairwise(hashes)]
    of_a, of_b = (True, False), (False, True)
    assert steps == [of_a, of_b, of_b, of_a, of_b, of_a], answer.stdout + answer.stderr


def test_the_script_of_each_process_names_the_hash_of_all_its_scripts():
    scripts = scripts_of_processes()
    assert len(scripts) > 60
    faults = {}
    for path in ROOT.glob("modules/**/*.nf"):
        for name, body in PROCESSES.findall(path.read_text()):
            directive, script = body.partition("script:")[::2]
            hashed = re.findall(r"'([\w.]+)'", " ".join(HASH.findall(directive)))
            named = CODE in script.partition("    stub:")[0]
            if sorted(hashed) != sorted(scripts.get(name, set()) - SHARES) or named != bool(hashed):
                faults[name] = hashed
    assert not faults


def test_tasks_read_no_file_of_the_checkout_but_assets():
    scripts = set().union(*scripts_of_processes().values())
    modules = set().union(*(imports(BIN / script) for script in scripts)) - {BIN / "linnaea/base/paths.py"}
    assert len(modules) > 100
    assert not [path for path in modules if re.search(r"\bROOT\b|__file__", path.read_text())]
