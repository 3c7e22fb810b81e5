#!/usr/bin/env python3
import json
import sys
from pathlib import Path

from linnaea.base.errors import run
from linnaea.base.files import complete_file
from linnaea.base.step import step
from linnaea.input.check import check_run_input
from linnaea.input.options import all_parameters
from linnaea.input.population_table import write_table
from linnaea.run.launch import refuse_second_run
from linnaea.run.plan import make_plan, one_line, print_messages, table, write_plan
from linnaea.run.record import begin_run_record
from linnaea.simulate.demo import simulate_missing


def check_input(
    *,
    parameters: str,
    profile: str = "",
    engine: int | None = None,
    stub: bool = False,
    out: str | None = None,
) -> int:
    """Check the input of a run before any task starts: all faults together, or input and plan as JSON.

    parameters: all parameters of the run (JSON)
    profile: profiles of the run, comma-separated
    engine: process of the engine that asks
    stub: it is a stub run
    out: also write the genomes to this file (JSON)
    """
    if engine:
        refuse_second_run(Path.cwd(), engine)
    given = all_parameters(json.loads(parameters))
    profiles = profile.split(",")
    simulated = simulate_missing(given, profiles, Path.cwd())
    checked, notes, faults = check_run_input(given)
    print_messages(faults, "error")
    if faults:
        return 1
    notes = simulated + notes
    print_messages(notes, "note")
    plan = make_plan(checked, given, profiles, stub)
    if not given["plan"]:
        write_plan(Path(given["outdir"]) / "pipeline_info" / "plan.tsv", plan)
        begin_run_record(Path(given["outdir"]), given, profiles, checked)
        if checked["population"]:
            write_table(checked["population"])
            del checked["population"]["lengths"]
    if checked["population"]:
        del checked["population"]["given_vcf"]
    checked["warnings"] = notes
    checked["plan"] = table(plan) if given["plan"] else one_line(plan)
    text = json.dumps(checked)
    if out:
        with complete_file(out) as handle:
            handle.write(text + "\n")
    print(text)
    return 0


main = step(check_input)

if __name__ == "__main__":
    sys.exit(run(main))
