"""The scripts of bin/: thin, with one way to read a command line, and called with options that they have."""

import importlib
import re
from typing import Literal, get_args, get_origin, get_type_hints

import pytest

from linnaea.annotation import protein_models
from linnaea.base.paths import ROOT
from linnaea.formats import tool_metrics
from linnaea.population import library_trimming

SCRIPTS = sorted(path.stem for path in (ROOT / "bin").glob("*.py"))
# From the name of a script to the end of its command; a line that ends in a backslash goes on.
CALL = re.compile(r"(\$\()?\b(\w+)\.py\b((?:\\\\?\n|[^|\n>;])*)")
INSIDE = re.compile(r"(?:\$\{[^{}]*\}|[^)])*")
OPTION = re.compile(r"(?<![\w-])--[a-z][a-z0-9-]*")


def described(script: str, capsys: pytest.CaptureFixture[str], *action: str) -> str:
    with pytest.raises(SystemExit):
        importlib.import_module(script).main([*action, "--help"])
    return capsys.readouterr().out


def calls(text: str) -> list[tuple[str, str, set[str]]]:
    """Script, first word and options of each command in the text of a module."""
    found = []
    for substitution, script, words in CALL.findall(text):
        if substitution:
            words = INSIDE.match(words)[0]
        if script in SCRIPTS and words.startswith(" "):
            found.append((script, words.split()[0] if words.split() else "", set(OPTION.findall(words))))
    return found


def test_calls_are_read_to_their_end():
    text = """
    samtools view x | pca.py --id x --vcf - \\\\
        ${more ? "--samples ${more}" : ''} --out o | bgzip --threads 2
    snap_genes.py train ${models} --genome g > x --no
    sort \\$(tool_options.py java --memory-mb ${task.toMega()}) --other
    codeHash('pca.py')
    """
    assert calls(text) == [
        ("pca", "--id", {"--id", "--vcf", "--samples", "--out"}),
        ("snap_genes", "train", {"--genome"}),
        ("tool_options", "java", {"--memory-mb"}),
    ]


def test_modules_give_scripts_options_that_they_have(capsys):
    commands = [call for path in sorted(ROOT.glob("modules/**/*.nf")) for call in calls(path.read_text())]
    assert len({script for script, _, _ in commands}) > 50
    for script, word, options in commands:
        text = described(script, capsys)
        if re.search(rf"[{{,]{word}[,}}]", text) and "positional arguments:\n  {" in text:
            text += described(script, capsys, word)
        assert options <= set(OPTION.findall(text)), (script, word)


@pytest.mark.parametrize("script", SCRIPTS)
def test_a_script_is_a_step_of_the_package(script, capsys):
    text = (ROOT / f"bin/{script}.py").read_text()
    assert re.search(r"^main = step\(", text, re.MULTILINE)
    assert "argparse" not in text
    if script != "check_input":  # it joins the input, the plan, and the demo
        assert text.count("\n") < 16 and "def " not in text
    # Each line `name: help` of the docstring is of a parameter.
    assert not re.search(
        r"^ *[a-z_]+: ", described(script, capsys).partition("\n\n")[2].split("options:")[0], re.M
    )


@pytest.mark.parametrize(
    ("function", "readers"),
    [
        (tool_metrics.convert_report, tool_metrics.READERS),
        (library_trimming.join_lanes, library_trimming.READERS),
        (protein_models.build_models, protein_models.READERS),
    ],
)
def test_the_tools_to_choose_from_are_those_that_are_read(function, readers):
    kinds = [get_args(kind) for kind in get_type_hints(function).values() if get_origin(kind) is Literal]
    assert [set(choices) for choices in kinds] == [set(readers)]
