#!/usr/bin/env python3
"""Checks the input of a run before any task starts: all faults together, or genomes and samples as JSON."""

import argparse
import json
import sys

from linnaea.errors import run
from linnaea.genomes import check_genomes
from linnaea.metrics import complete_file
from linnaea.population_input import check_population, write_table
from linnaea.run_options import all_parameters, check_run, check_tools, given_option, words
from linnaea.sites import site
from linnaea.yaml_input import printable


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--input", required=True, help="genomes.yml, or samples.csv with popgen alone")
    parser.add_argument("--workflow", required=True, help="workflows of the run, comma-separated")
    parser.add_argument("--steps", required=True, help="steps of the workflows, comma-separated")
    parser.add_argument("--outdir", required=True, help="results directory")
    parser.add_argument("--assembler", required=True, help="assembler of the run")
    parser.add_argument("--parameters", default="{}", help="all parameters of the run (JSON)")
    parser.add_argument("--check-tools", action="store_true", help="the tools must be on this machine")
    parser.add_argument("--out", help="also write the genomes to this file (JSON)")
    args = parser.parse_args(argv)
    named = {key: getattr(args, key) for key in ("input", "workflow", "steps", "outdir", "assembler")}
    parameters = all_parameters(json.loads(args.parameters) | named)
    faults = check_run(parameters)
    notes, genomes, population = [], [], None
    cluster = site(given_option(parameters, "config_profile_name"))
    if cluster:
        project = given_option(parameters, "project")
        faults += filter(None, [cluster.project_fault(project)])
        notes += filter(None, [cluster.project_note(project)])
    workflows = set(words(parameters, "workflow"))
    if workflows != {"popgen"}:
        if not given_option(parameters, "input"):
            faults.append("option --input: no input is given; use --input genomes.yml")
        else:
            genomes, more, found = check_genomes(args.input, parameters)
            notes += more
            faults += found
    if "popgen" in workflows:
        population, more, found = check_population(parameters, genomes)
        notes += more
        faults += found
    if args.check_tools:
        faults += check_tools(parameters, genomes, population)
    for fault in faults:
        print(f"error: {printable(fault)}", file=sys.stderr)
    if faults:
        return 1
    for note in notes:
        print(f"note: {printable(note)}", file=sys.stderr)
    checked = {"genomes": genomes, "warnings": notes}
    if population:
        write_table(population)
        checked["population"] = population
    text = json.dumps(checked)
    if args.out:
        with complete_file(args.out) as handle:
            handle.write(text + "\n")
    print(text)
    return 0


if __name__ == "__main__":
    sys.exit(run(main))
