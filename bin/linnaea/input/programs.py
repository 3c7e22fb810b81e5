"""Programs that the tasks of a run call, and that must be on this machine before it starts.

Which tasks there will be says conf/resources.yml, which tools they run containers/software.yml.
"""

import ast
import difflib
import os
import shutil
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from linnaea.base.errors import InputError
from linnaea.catalogue import resources, software
from linnaea.catalogue.parameters import entries
from linnaea.input.options import choices, words
from linnaea.input.run_input import Genome, Population, RunInput
from linnaea.input.task_units import TaskUnits

# Programs without a wheel: populations run without them, see `absent_programs`.
DISPENSABLE = ("fastmixture", "pcangsd")
# What asks for a process: a parameter with its value, "" where the value is of no matter.
Reason = tuple[str, str]


def missing_programs(parameters: Mapping[str, Any], checked: RunInput) -> list[str]:
    """Faults of programs that this run certainly calls for this input and that this machine lacks.

    `checked` is a complete input ({"genomes": ..., "population": ...}).
    """
    lacking: dict[Reason, list[str]] = {}
    for process, reason in _certain_processes(parameters, checked):
        for program in _programs(process):
            if program not in DISPENSABLE and not shutil.which(program):
                lacking.setdefault(reason, []).append(program)
    # what a workflow needs anyway comes first, and is named once
    seen: set[str] = set()
    faults = []
    for (key, value), missing in sorted(lacking.items(), key=lambda item: item[0][0] != "workflow"):
        if names := [name for name in dict.fromkeys(missing) if name not in seen]:
            faults.append(_fault(key, value or key, names, _remedy(key, value)))
            seen.update(names)
    if population := checked.get("population"):
        faults += _wanted_by_parameters(parameters, population)
    if "annotation" in words(parameters, "workflow"):
        if parameters["gene_finder"] == "augustus" and shutil.which("augustus"):
            faults += _unknown_models(parameters)
        if parameters["protein_aligner"] == "spaln" and parameters["spaln_table"]:
            faults += _unknown_table(str(parameters["spaln_table"]))
    return faults


def is_usable(genome: Genome, parameters: Mapping[str, Any]) -> bool:
    """Whether the tasks of a genome with faults are known: values of a wrong type are left as given."""
    try:
        list(_certain_processes(parameters, {"genomes": [genome], "population": None}))
    except (AttributeError, KeyError, TypeError, ValueError):
        return False
    return True


def _certain_processes(parameters: Mapping[str, Any], checked: RunInput) -> Iterator[tuple[str, Reason]]:
    """Processes that will have a task, each with what asks for it."""
    units = TaskUnits(checked, parameters, stub=False)
    for process, use in units.uses():
        if any(
            resources.value(use.when, facts) and not resources.value(use.perhaps, facts)
            for facts in units.of(use.each)
        ):
            yield process.name, _reason(use, parameters)


def _reason(use: resources.Use, parameters: Mapping[str, Any]) -> Reason:
    """The parameter that chooses a process or turns it on, by its condition; else its workflow."""
    for key, chosen in resources.comparisons(use.when):
        if key in choices():
            return key, chosen
    condition = ast.parse(use.when, mode="eval").body
    terms = (
        condition.values
        if isinstance(condition, ast.BoolOp) and isinstance(condition.op, ast.And)
        else [condition]
    )
    for term in terms:
        if isinstance(term, ast.Name) and term.id in entries() and parameters[term.id]:
            return term.id, ""
    return "workflow", use.workflow if use.workflow != "report" else words(parameters, "workflow")[0]


@cache
def _programs(process: str) -> list[str]:
    """Programs of the tools that a process runs; those of our own come with the checkout."""
    used = software.processes().get(process, [])
    return [program for tool in used if tool["name"] != "linnaea" for program in software.programs(tool)]


def _remedy(key: str, value: str) -> str:
    if key == "workflow":
        return ""
    if not value:
        return f"leave --{key} out"
    return "use " + " or ".join(
        f"--{key} {other}" for other in choices()[key] if other not in (value, "given")
    )


def _fault(key: str, chosen: str, missing: Sequence[str], other: str) -> str:
    them = "them" if len(missing) > 1 else "it"
    return (
        f"option --{key}: {chosen} needs {' and '.join(missing)}, not found on this machine; install {them} "
        "(`linnaea doctor` shows how)" + (f" or {other}" if other else "")
    )


def _wanted_by_parameters(parameters: Mapping[str, Any], population: Population) -> list[str]:
    """The fault that PCAngsd is missing where the parameters alone ask for likelihoods."""
    by_likelihoods = (
        not population["vcfs"] and parameters["caller"] == "bcftools" and _all_shallow(parameters)
    )
    if not by_likelihoods or shutil.which("pcangsd"):
        return []
    need = f"structure of samples below --low_depth {parameters['low_depth']:g}"
    return [_fault("subsample_depth", need, ["pcangsd"], "raise --subsample_depth")]


def _all_shallow(parameters: Mapping[str, Any]) -> bool:
    """Whether the parameters alone make every sample too shallow for calls."""
    depth, least = parameters["subsample_depth"], parameters["low_depth"]
    return isinstance(depth, int | float) and isinstance(least, int | float) and depth < least


def absent_programs(parameters: Mapping[str, Any], population: Population) -> dict[str, str]:
    """Programs that this machine lacks and populations can do without -> the note on what is left out.

    Neither has a wheel, so machines without a compiler lack them. PCAngsd runs only where samples are
    shallow.
    """
    wanted = {}
    if parameters["max_k"] > 1:
        wanted["fastmixture"] = "admixture is left out"
    if not population["vcfs"] and parameters["caller"] == "bcftools":
        wanted["pcangsd"] = (
            f"if samples are shallower than {parameters['low_depth']:g} reads (--low_depth), the PCA and "
            "the admixture of likelihoods are left out"
        )
    return {
        program: f"{program} is not installed on this machine: {effect}; `linnaea doctor` shows how to get it"
        for program, effect in wanted.items()
        if not shutil.which(program)
    }


def _unknown_models(parameters: Mapping[str, Any]) -> list[str]:
    from linnaea.annotation.augustus import shipped_species

    try:
        shipped = shipped_species()
    except InputError as error:
        return [f"option --gene_finder: {error}"]
    named = {"augustus_species": words(parameters, "augustus_species")}
    named["augustus_candidates"] = words(parameters, "augustus_candidates")
    faults = []
    for key, names in named.items():
        known = [*shipped, "auto", "train"] if key == "augustus_species" else shipped
        for name in names:
            if name not in known:
                close = difflib.get_close_matches(name.lower(), known, n=1)
                hint = f"did you mean {close[0]}?" if close else "`augustus --species=help` lists them"
                faults.append(f"option --{key}: AUGUSTUS has no species model {name!r}; {hint}")
    return faults


def _unknown_table(name: str) -> list[str]:
    """The fault that spaln knows no such table or species; [] when it does, or its tables are not found."""
    program = shutil.which("spaln")
    given = os.environ.get("ALN_TAB")
    folders = [Path(given)] if given else []
    if program:
        folders += [Path(program).resolve().parents[1] / "share/spaln/table"]
    folder = next((folder for folder in folders if folder.is_dir()), None)
    if folder is None:
        return []
    known = [path.name for path in folder.iterdir() if path.is_dir()]
    species = folder / "gnm2tab"
    if species.is_file():
        known += [line.split("\t")[0] for line in species.read_text(errors="replace").splitlines()]
    if name in known:
        return []
    close = difflib.get_close_matches(name, known, n=1)
    hint = f"did you mean {close[0]}?" if close else f"`ls {folder}` lists them"
    return [f"option --spaln_table: spaln has no species table {name!r}; {hint}"]
