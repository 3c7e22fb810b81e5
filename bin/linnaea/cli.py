"""The `linnaea` command: what people call by hand around the workflows."""

import argparse
import importlib
from collections.abc import Sequence

from linnaea import __version__
from linnaea.base.errors import run
from linnaea.base.step import step

# Sub-command: the module with add_arguments(parser) and run(args), with COMMAND, a function, or with ACTIONS,
# the functions of its own sub-commands; imported only when called.
COMMANDS = {
    "simulate": ("linnaea.simulate", "write a simulated species with its truth"),
    "doctor": ("linnaea.install.doctor", "list which tools this machine has, and which are missing"),
    "status": ("linnaea.run.status", "show the progress of a run, or how it ended"),
    "clean": ("linnaea.run.clean", "remove what no run needs any more from the work directory"),
    "engine": ("linnaea.install.engine", "make the `nextflow` launcher of this Python environment"),
    "fetch": ("linnaea.install.fetch", "fetch an optional program that Debian and PyPI do not have (gatk)"),
    "software": ("linnaea.catalogue.software", "write the files made from containers/software.yml"),
    "resources": ("linnaea.catalogue.resources", "write conf/resources.config from conf/resources.yml"),
    "outputs": ("linnaea.catalogue.outputs", "write conf/publish.config from assets/outputs.tsv"),
    "plan": ("linnaea.run.plan", "show what a run would cost, before it is submitted"),
    "cost": ("linnaea.run.cost", "compare what a run requested and used with its plan"),
    "calibrate": ("linnaea.run.calibrate", "fit the costs of conf/resources.yml to the traces of runs"),
    "bundle": ("linnaea.install.bundle", "make or check one archive for a site without internet"),
    "submission": ("linnaea.submission.command", "make and check what archives take"),
    "catalogue": ("linnaea.publication.site", "write one searchable site of the species of many runs"),
    "release": ("linnaea.publication.release", "write what of a cohort of people may leave a safe site"),
    "encrypt": ("linnaea.publication.encryption", "encrypt files for archives of sensitive data"),
    "crate": ("linnaea.run.crate", "write the provenance of a run as RO-Crate, with authors and licence"),
    "deposit": ("linnaea.publication.deposit", "write README and metadata for a data repository"),
    "portal": ("linnaea.publication.portal", "write what genome portals, GoaT and genome notes take"),
    "docs": ("linnaea.catalogue.docs", "write the generated pages and pictures of docs/"),
}


def main(argv: Sequence[str] | None = None) -> int:
    """Run a sub-command; 0 on success, 1 on a fault reported in one sentence, 2 on wrong usage."""
    return run(lambda: _call(argv))


def _call(argv: Sequence[str] | None) -> int:
    parser = argparse.ArgumentParser(prog="linnaea", description=__doc__)
    parser.add_argument("--version", action="version", version=f"linnaea {__version__}")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name, (_, summary) in COMMANDS.items():
        commands.add_parser(name, help=summary, add_help=False)
    known, rest = parser.parse_known_args(argv)
    module = importlib.import_module(COMMANDS[known.command][0])
    actions, function = getattr(module, "ACTIONS", {}), getattr(module, "COMMAND", None)
    if actions or function:
        return step(function, f"linnaea {known.command}", **actions)(rest)
    command = argparse.ArgumentParser(
        prog=f"linnaea {known.command}", description=(module.__doc__ or "").partition("\n")[0]
    )
    module.add_arguments(command)
    if getattr(module, "TAKES_WORDS", False):
        args, words = command.parse_known_args(rest)
        args.words = words
    else:
        args = command.parse_args(rest)
    return module.run(args)
