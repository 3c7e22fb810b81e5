#!/usr/bin/env python3
"""Checks the input of a run before any task starts: all faults together, or input and plan as JSON."""

import argparse
import json
import sys
from pathlib import Path

from linnaea.base.errors import run
from linnaea.base.files import complete_file
from linnaea.input.check import check_run_input
from linnaea.input.options import all_parameters
from linnaea.input.population import write_table
from linnaea.run.launch import refuse_second_run
from linnaea.run.plan import make_plan, one_line, table, told, write_plan
from linnaea.simulate.demo import simulate_missing


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--parameters", required=True, help="all parameters of the run (JSON)")
    parser.add_argument("--profile", default="", help="profiles of the run, comma-separated")
    parser.add_argument("--engine", type=int, metavar="PID", help="process of the engine that asks")
    parser.add_argument("--stub", action="store_true", help="it is a stub run")
    parser.add_argument("--out", help="also write the genomes to this file (JSON)")
    args = parser.parse_args(argv)
    if args.engine:
        refuse_second_run(Path.cwd(), args.engine)
    parameters = all_parameters(json.loads(args.parameters))
    profiles = args.profile.split(",")
    simulated = simulate_missing(parameters, profiles, Path.cwd())
    checked, notes, faults = check_run_input(parameters)
    told(faults, "error")
    if faults:
        return 1
    notes = simulated + notes
    told(notes, "note")
    plan = make_plan(checked, parameters, profiles, args.stub)
    if not parameters["plan"]:
        write_plan(Path(parameters["outdir"]) / "pipeline_info" / "plan.tsv", plan)
        if checked["population"]:
            write_table(checked["population"])
            del checked["population"]["lengths"]
    if checked["population"]:
        del checked["population"]["given_vcf"]
    checked["warnings"] = notes
    checked["plan"] = table(plan) if parameters["plan"] else one_line(plan)
    text = json.dumps(checked)
    if args.out:
        with complete_file(args.out) as handle:
            handle.write(text + "\n")
    print(text)
    return 0


if __name__ == "__main__":
    sys.exit(run(main))
