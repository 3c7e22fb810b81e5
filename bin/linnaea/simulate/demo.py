"""The species of `-profile demo`, simulated where it is missing: a first run needs no other command."""

import argparse
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from linnaea.base.errors import InputError
from linnaea.input.options import words
from linnaea.simulate import add_arguments


def missing_parts(parameters: Mapping[str, Any], profiles: Sequence[str], folder: Path) -> list[list[str]]:
    """Options of `linnaea simulate` for what a run with `-profile demo` reads in `folder`/demo and lacks.

    Nothing where the run reads another input.
    """
    workflows = set(words(parameters, "workflow"))
    demo = folder / "demo"
    parts = [
        ("input", demo / "genomes.yml", workflows - {"popgen"}, []),
        ("samples", demo / "population" / "samples.csv", workflows & {"popgen"}, ["--populations", "only"]),
    ]
    return [
        ["--out", str(demo), *options]
        for key, path, users, options in parts
        if "demo" in profiles and users and str(parameters[key]) == str(path) and not path.exists()
    ]


def simulate_missing(parameters: Mapping[str, Any], profiles: Sequence[str], folder: Path) -> list[str]:
    """Simulate what `missing_parts` names; returns a note for each."""
    notes = []
    for options in missing_parts(parameters, profiles, folder):
        parser = argparse.ArgumentParser()
        add_arguments(parser)
        arguments = parser.parse_args(options)
        try:
            from linnaea.simulate.species import simulate

            simulate(arguments)
        except ImportError as fault:
            raise InputError(
                f"the demo species is simulated by {fault.name}, which the Python of this run lacks; "
                "call `make setup`, or run with a container engine (-profile demo,apptainer)"
            ) from fault
        notes.append(f"the demo species was simulated: linnaea simulate {' '.join(options)}")
    return notes
