"""The demo species is simulated for a run with -profile demo that lacks it, and for no other."""

import importlib
import sys

import pytest

from linnaea.base.errors import InputError
from linnaea.input.options import all_parameters
from linnaea.simulate import demo, species


def run_in(folder, workflow, **given):
    """Parameters as -profile demo sets them in a launch directory."""
    names = {"input": "genomes.yml", "samples": "population/samples.csv"}
    paths = {key: str(folder / "demo" / name) for key, name in names.items()}
    return all_parameters({"workflow": workflow, **paths, **given})


@pytest.mark.parametrize(
    ("workflow", "options"),
    [
        ("assembly", [[]]),
        ("assembly,annotation", [[]]),
        ("popgen", [["--populations", "only"]]),
        ("annotation,popgen", [[], ["--populations", "only"]]),
    ],
)
def test_what_a_workflow_reads_is_simulated(tmp_path, workflow, options):
    expected = [["--out", str(tmp_path / "demo"), *more] for more in options]
    assert demo.missing_parts(run_in(tmp_path, workflow), ["demo", "docker"], tmp_path) == expected


def test_nothing_else_is(tmp_path):
    parameters = run_in(tmp_path, "assembly,popgen")
    assert demo.missing_parts(parameters, ["standard", "demonstration"], tmp_path) == []
    own = run_in(tmp_path, "assembly,popgen", input="mine.yml", samples="mine.csv")
    assert demo.missing_parts(own, ["demo"], tmp_path) == []
    (tmp_path / "demo").mkdir()
    (tmp_path / "demo/genomes.yml").touch()
    (options,) = demo.missing_parts(parameters, ["demo"], tmp_path)
    assert "--populations" in options


def test_it_is_the_species_of_linnaea_simulate_and_said(tmp_path, monkeypatch):
    asked = []
    monkeypatch.setattr(species, "simulate", asked.append)
    (note,) = demo.simulate_missing(run_in(tmp_path, "assembly"), ["demo"], tmp_path)
    assert note.endswith(f"linnaea simulate --out {tmp_path}/demo")
    assert (asked[0].out, asked[0].size, asked[0].populations) == (tmp_path / "demo", 1_500_000, "no")


def test_a_python_without_the_packages_of_the_simulation_says_so(tmp_path, monkeypatch):
    monkeypatch.setattr(species, "simulate", lambda arguments: importlib.import_module("msprime"))
    monkeypatch.setitem(sys.modules, "msprime", None)
    with pytest.raises(InputError, match=r"simulated by msprime, which .* lacks; call `make setup`"):
        demo.simulate_missing(run_in(tmp_path, "assembly"), ["demo"], tmp_path)
