"""The whole input of a run, checked: genomes, samples, options and, when asked, programs."""

from collections.abc import Mapping
from typing import Any

from linnaea.catalogue.sites import site
from linnaea.input.genomes import check_genomes
from linnaea.input.options import (
    busco_notes,
    check_run,
    given_option,
    organelle_faults,
    screen_faults,
    truth_notes,
    words,
)
from linnaea.input.population import check_population
from linnaea.input.population_table import table_path
from linnaea.input.programs import absent_programs, is_usable, missing_programs
from linnaea.input.run_input import Genome, Population, RunInput
from linnaea.input.submission import specimens_path


def check_run_input(parameters: Mapping[str, Any]) -> tuple[RunInput, list[str], list[str]]:
    """Check all that a run with these parameters is given.

    Returns (input, notes, faults); the input is complete only without faults.
    """
    faults = check_run(parameters)
    notes: list[str] = []
    cluster = site(given_option(parameters, "config_profile_name"))
    if cluster and not parameters["plan"]:
        project = given_option(parameters, "project")
        faults += filter(None, [cluster.project_fault(project)])
        notes += filter(None, [cluster.project_note(project)])
    genomes: list[Genome] = []
    population: Population | None = None
    faulty_samples: list[str] = []
    workflows = set(words(parameters, "workflow"))
    specimens = None
    if "submission" in workflows:
        specimens, notes_of_table, faulty = specimens_path(parameters)
        notes += notes_of_table
        faults += faulty
    if workflows != {"popgen"}:
        path = given_option(parameters, "input")
        if not path:
            faults.append("option --input: no input is given; use --input genomes.yml")
        else:
            genomes, more, found = check_genomes(path, parameters, specimens)
            notes += more + truth_notes(parameters, genomes) + busco_notes(parameters, genomes)
            faults += found + organelle_faults(parameters, genomes) + screen_faults(parameters, genomes)
    if "popgen" in workflows:
        population, more, faulty_samples = check_population(parameters, genomes)
        notes += more
        faults += faulty_samples
    if population:
        absent = absent_programs(parameters, population) if parameters["check_tools"] and not faults else {}
        record = table_path(parameters).with_name("absent_programs.json")
        population["absent_programs"] = list(absent)
        population["absent_record"] = str(record) if absent else None
        notes += absent.values()
    if parameters["check_tools"]:
        # what has faults may not tell which programs it needs
        usable = [genome for genome in genomes if not faults or is_usable(genome, parameters)]
        checked: RunInput = {"genomes": usable, "population": None if faulty_samples else population}
        faults += missing_programs(parameters, checked)
    return {"genomes": genomes, "population": population, "specimens": specimens}, notes, faults
