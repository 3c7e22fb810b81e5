"""The list of published files, assets/outputs.tsv, and conf/publish.config that is made from it."""

import argparse
import re
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path

from linnaea.base.paths import ROOT, asset
from linnaea.base.tables import read_table
from linnaea.catalogue.resources import processes
from linnaea.catalogue.software import write_or_check

CONFIG = ROOT / "conf" / "publish.config"
# Of a process of two workflows that publishes in two folders.
WORKFLOW_OF = {"01_reads": "ASSEMBLY", "05_evidence": "ANNOTATION"}


@dataclass(frozen=True)
class Output:
    """A published file: glob `pattern` below the output directory, the process (`step`) that makes it.

    `published_by` is the process whose task has the file as an output, where that is not the step. `empty`
    means that an empty file can be a result.
    """

    pattern: str
    step: str
    published_by: str
    empty: bool
    description: str

    def matches(self, name: str) -> bool:
        """Whether a path below the output directory is such a file."""
        return fnmatch(name, self.pattern.replace("<id>", "*"))


def known_outputs() -> list[Output]:
    """The rows of assets/outputs.tsv."""
    return [
        Output(row["pattern"], row["step"], row["published_by"], row["empty"] == "yes", row["description"])
        for row in read_table(asset("outputs.tsv"))
    ]


def publish_config() -> str:
    """Text of conf/publish.config: one rule for all processes that publish the same names in one folder."""
    globs: dict[tuple[str, str], list[str]] = {}
    for output in known_outputs():
        process = output.published_by or output.step
        if process in processes() and output.pattern.startswith(("<id>/", "popgen/", "multiqc")):
            folder, name = _place(output.pattern)
            names = globs.setdefault((process, folder), [])
            names += [name] if name not in names else []
    folders: dict[str, list[str]] = {}
    for process, folder in globs:
        folders.setdefault(process, []).append(folder)
    rules: dict[tuple[str, tuple[str, ...]], list[str]] = {}
    for (process, folder), names in globs.items():
        several = len(folders[process]) > 1
        selector = f"{WORKFLOW_OF[Path(folder).name]}:.*:{process}" if several else process
        rules.setdefault((folder, tuple(names)), []).append(selector)
    lines = ["// Made from assets/outputs.tsv by `linnaea outputs`: what is published where.", "process {"]
    for (folder, patterns), selectors in rules.items():
        path = folder.replace("<id>", "${meta.id}")
        place = f'"${{params.outdir}}/{path}"' if path else "params.outdir"
        pattern = patterns[0] if len(patterns) == 1 else "{" + ",".join(patterns) + "}"
        lines += [
            f"    withName: '{'|'.join(selectors)}' {{",
            f"        publishDir = [path: {{ {place} }}, mode: params.publish_mode, pattern: '{pattern}']",
            "    }",
        ]
    return "\n".join([*lines, "}", ""])


def _place(pattern: str) -> tuple[str, str]:
    """The folder of a pattern below the output directory, and the glob of names as the task has them."""
    parts = pattern.split("/")
    depth = 0 if len(parts) == 1 else 2 if re.fullmatch(r"\d\d_\w+", parts[1]) else 1
    return "/".join(parts[:depth]), "/".join(parts[depth:]).replace("<id>", "*")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """`--check` writes nothing and fails when the made file is out of date."""
    parser.add_argument("--check", action="store_true", help="only check that it is up to date")


def run(args: argparse.Namespace) -> int:
    """Write (or check) conf/publish.config."""
    return write_or_check({CONFIG: publish_config()}, args.check, "linnaea outputs")
