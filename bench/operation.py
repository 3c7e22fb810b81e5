"""What Linnaea does around a run: the check of its input, its plan and its status."""

import sys
from pathlib import Path

from timing import Limit, at_most, compare_functions

TESTS = Path(__file__).parents[1] / "tests"
# Times the CPU for ten times the samples. A plan's schedule looks at all waiting tasks after each that ends.
TENFOLD_CHECK, TENFOLD_PLAN = 15, 40
BARE_STATUS = 40  # times the CPU of plain reading that the status may take


def plan(folder: Path, runs: int) -> list[Limit]:
    """Check and plan of 1,000 samples beside those of 100."""
    sys.path += [str(TESTS / "workflows"), str(TESTS / "support")]
    import make_population

    from linnaea.input.check import check_run_input
    from linnaea.input.options import all_parameters
    from linnaea.run.plan import make_plan

    folder.mkdir()
    make_population.main(folder / "in", 1000)
    sheet = folder / "in" / "samples.csv"
    lines = sheet.read_text().splitlines(keepends=True)
    sheet.with_name("hundred.csv").write_text("".join(lines[:101]))

    def parameters(name: str) -> dict:
        given = {"input": str(folder / "in" / name), "reference": str(folder / "in" / "reference.fasta")}
        return all_parameters(
            {**given, "outdir": str(folder / "out"), "workflow": "popgen", "check_tools": False}
        )

    def checked(name: str) -> dict:
        record, _, faults = check_run_input(parameters(name))
        if faults:
            raise ValueError(faults[0])
        return record

    inputs = {name: checked(name) for name in ("samples.csv", "hundred.csv")}
    measured = compare_functions(
        "Input and plan of 1,000 samples",
        {
            "check": lambda: checked("samples.csv"),
            "check of 100 samples": lambda: checked("hundred.csv"),
            "plan": lambda: make_plan(inputs["samples.csv"], parameters("samples.csv"), stub=True),
            "plan of 100 samples": lambda: make_plan(
                inputs["hundred.csv"], parameters("hundred.csv"), stub=True
            ),
        },
        runs,
    )
    return [
        at_most(times, measured[name], measured[f"{name} of 100 samples"], name, "that of 100 samples")
        for name, times in (("check", TENFOLD_CHECK), ("plan", TENFOLD_PLAN))
    ]


def status(folder: Path, runs: int) -> list[Limit]:
    """The screen of a run of 5,000 tasks beside reading its log."""
    import re

    from launched import LaunchFolder

    from linnaea.run.launch import read_launch
    from linnaea.run.status import screen

    run = LaunchFolder(folder)
    run.log_tasks("ASSEMBLY:READS:FASTP", 5000)
    run.write("-")

    def plain() -> None:
        with (folder / ".nextflow.log").open() as lines:
            if sum(1 for line in lines if re.search(r"name: (.*); status: (\w+)", line)) != 5000:
                raise ValueError("the log lacks tasks")

    functions = {"status": lambda: screen(read_launch(folder)), "reading the log": plain}
    measured = compare_functions("Status of a run of 5,000 tasks", functions, runs)
    return [at_most(BARE_STATUS, *measured.values(), *measured)]


def limits(folder: Path, runs: int) -> list[Limit]:
    """All limits of the operation of runs."""
    return [*plan(folder / "plan", runs), *status(folder / "status", runs)]
