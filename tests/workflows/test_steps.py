"""Steps, workflows and truth in all pairs: every such run is wired (the engine's preview starts no task)."""

import itertools
import json
import math
import os
import random
import subprocess
import sys
from pathlib import Path

import pytest

from linnaea.input.options import STEPS, WORKFLOWS

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
FACTORS = (*WORKFLOWS, *STEPS, "truth")
# What each workflow reads of steps and truth.
SETTINGS = {
    "assembly": (
        "reads", "assemble", "polish", "organelles", "screen", "purge", "scaffold", "chromosomes", "hic",
        "evaluate", "ear", "report", "truth",
    ),
    "annotation": ("assemble", "noncoding", "function", "quality", "report", "truth"),
    "popgen": ("assemble", "report", "truth"),
    "submission": ("assemble", "chromosomes", "report"),
}  # fmt: skip
Choice = dict[str, bool]


def pairs(choice: Choice) -> set[tuple[str | bool, ...]]:
    """Pairs of settings in one run: of the workflows, and in each workflow that runs of what it reads."""
    groups = [("", WORKFLOWS), *((name, SETTINGS[name]) for name in WORKFLOWS if choice[name])]
    return {
        (name, a, choice[a], b, choice[b])
        for name, factors in groups
        for a, b in itertools.combinations(factors, 2)
    }


def covering_array() -> list[Choice]:
    """Runs among which each possible pair occurs, chosen greedily among many random ones."""
    rng = random.Random(1)
    covered = {}
    for _ in range(3000):
        choice = {name: rng.random() < 0.6 for name in FACTORS}
        if any(choice[name] for name in WORKFLOWS) and any(choice[name] for name in STEPS):
            covered.setdefault(frozenset(pairs(choice)), choice)
    left = set().union(*covered)
    assert len(left) == sum(4 * math.comb(len(factors), 2) for factors in (WORKFLOWS, *SETTINGS.values()))
    rows = []
    while left:
        best = max(covered, key=lambda found: len(found & left))
        rows.append(covered[best])
        left -= best
    return rows


def parameters_of(choice: Choice) -> dict[str, object]:
    return {
        "input": "in/sized.yml" if choice["assembly"] and choice["assemble"] else "in/given.yml",
        "samples": "populations/samples.csv",
        "reference": None if choice["assembly"] or choice["annotation"] else "populations/reference.fasta",
        "workflow": ", ".join(name for name in WORKFLOWS if choice[name]),
        "steps": ", ".join(name for name in STEPS if choice[name]),
        "truth": "in" if choice["truth"] else None,
        "assembler": "wtdbg2",
        "protein_aligner": "spaln",
        "augustus_species": "fly",
    }


@pytest.fixture(scope="module")
def inputs(tmp_path_factory):
    folder = tmp_path_factory.mktemp("steps")
    for script, name in (("make_inputs.py", "in"), ("make_population.py", "populations")):
        subprocess.run([sys.executable, HERE / script, folder / name], check=True)
    # without the step reads, wtdbg2 takes the genome size from the input; genes are submitted with a tag
    for source, name, line, more in (
        ("ultralong", "sized", "  ploidy: 2\n", "  genome_size: 1.5m\n  locus_tag: LINN\n"),
        ("given", "given", "  id: ilAusBus1\n", "  locus_tag: LINN\n"),
    ):
        text = (folder / f"in/{source}.yml").read_text()
        assert line in text
        (folder / f"in/{name}.yml").write_text(text.replace(line, line + more))
    return folder


@pytest.mark.parametrize("choice", covering_array(), ids=lambda c: "-".join(name for name in c if c[name]))
def test_every_pair_of_settings_is_wired(inputs, choice):
    (inputs / "run.json").write_text(json.dumps(parameters_of(choice)))
    answer = subprocess.run(
        ["nextflow", "run", ROOT, "-params-file", "run.json", "-preview", "-ansi-log", "false"],
        cwd=inputs, capture_output=True, text=True, env={**os.environ, "NXF_OFFLINE": "true"},
    )  # fmt: skip
    assert answer.returncode == 0, answer.stdout + answer.stderr
