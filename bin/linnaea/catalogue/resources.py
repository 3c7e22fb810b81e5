"""The table of resources, conf/resources.yml, and conf/resources.config that is made from it."""

import argparse
import ast
import json
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from linnaea.base.paths import ROOT
from linnaea.catalogue.expressions import evaluator
from linnaea.catalogue.parameters import SCHEMA
from linnaea.catalogue.software import write_or_check

TABLE = ROOT / "conf" / "resources.yml"
CONFIG = ROOT / "conf" / "resources.config"
# Of a process that the table does not name.
DEFAULT = {"cpus": 1, "gb": 1, "hours": 4}
# What a task asks for when tried again: twice the time it had after the time limit (exit 140), else
# twice the memory.
RETRY = "task.previousTrace ? task.previousTrace.{} * (task.exitStatus == 140 ? {} : {}) : "


@dataclass(frozen=True)
class Use:
    """A place of a process in the workflows: one task for each `each` for which `when` holds."""

    process: str
    stage: str
    each: str
    when: str = "True"
    perhaps: str = "False"
    # (process, condition) of those it waits for; None: all others
    after: tuple[tuple[str, str], ...] | None = ()

    @property
    def workflow(self) -> str:
        """The first word of the stage: assembly, annotation, popgen or report."""
        return self.stage.split("/")[0]


@dataclass(frozen=True)
class Process:
    """One entry: what a process asks for and costs, under all its names."""

    name: str
    asks: Mapping[str, Any]
    cost: Mapping[str, Any]
    files: Mapping[str, Any]
    uses: tuple[Use, ...] = field(default=())

    def memory_gb(self, facts: Mapping[str, Any], cpus: int) -> float:
        """Memory asked for at first, with `<of>_mb` of the facts as the size of the input variable."""
        size_mb = facts.get(f"{self.asks['of']}_mb") or 0.0 if "of" in self.asks else 0.0
        small = self.asks.get("small")
        base = small["gb"] if small and size_mb < small["mb"] else self.asks["gb"]
        base += self.asks.get("gb_a_cpu", 0) * cpus
        more = math.ceil(size_mb / self.asks["mb_a_gb"]) if "of" in self.asks else 0
        return min(base + more, self.asks.get("most_gb", math.inf))


def _uses(name: str, entry: Mapping[str, Any]) -> tuple[Use, ...]:
    uses = []
    for given in (entry, entry.get("also")):
        if not given:
            continue
        after = given.get("after", [])
        pairs = None
        if after != "all":
            pairs = tuple(
                next(iter(item.items())) if isinstance(item, dict) else (item, "True") for item in after
            )
        uses.append(
            Use(
                name, given["stage"], given["each"], str(given.get("when", True)),
                str(given.get("perhaps", False)), pairs,
            )
        )  # fmt: skip
    return tuple(uses)


@cache
def processes() -> dict[str, Process]:
    """The entries of conf/resources.yml by name, in their order; ValueError for a faulty expression."""
    import yaml

    table = yaml.safe_load(TABLE.read_text())
    found = {}
    for name, entry in table.items():
        own = table[entry.get("is", name)]
        found[name] = Process(
            name,
            own["asks"],
            entry.get("cost", own.get("cost", {})),
            own.get("files", {}),
            _uses(name, entry),
        )
        try:
            for expression in expressions(found[name]):
                evaluator(expression)
        except ValueError as error:
            raise ValueError(f"{TABLE.name}, {name}: {error}") from None
    return found


def expressions(process: Process) -> Iterator[str]:
    """The expressions of an entry."""
    for use in process.uses:
        yield from (use.when, use.perhaps, *(condition for _, condition in use.after or ()))
    for given in (process.cost.get("size"), process.files.get("work"), process.files.get("results")):
        if isinstance(given, str):
            yield given


def stages() -> list[str]:
    """The stages in the order of the workflows."""
    return list(dict.fromkeys(process.uses[0].stage for process in processes().values()))


def value(expression: str | float, facts: Mapping[str, Any]) -> Any:
    """The value of an expression of the table for a thing with these facts."""
    return evaluator(expression)(facts) if isinstance(expression, str) else expression


def _memory(asks: Mapping[str, Any]) -> str:
    """The first memory of a task in Groovy; sizes are of all files of the input variable."""
    words = [f"{asks['gb']}.GB"]
    if "of" in asks:
        size = f"[{asks['of']}].flatten()*.size().sum(0)"
        if "small" in asks:
            small = asks["small"]
            words = [f"({size} < {small['mb']}e6 ? {small['gb']}.GB : {words[0]})"]
        count = f"Math.ceil({size} / {asks['mb_a_gb']}e6)"
        if "most_gb" in asks:
            count = f"Math.min({asks['most_gb'] - asks['gb']}, {count})"
        words.append(f"1.GB * {count}")
    if "gb_a_cpu" in asks:
        words.insert(1, f"{asks['gb_a_cpu']}.GB * task.cpus")
    return " + ".join(words)


def _directives(asks: Mapping[str, Any]) -> list[str]:
    return [
        f"cpus   = {asks['cpus']}",
        f"memory = {{ {RETRY.format('memory', 1, 2)}{_memory(asks)} }}",
        f"time   = {{ {RETRY.format('time', 2, 1)}{asks['hours']}.h }}",
    ]


def nextflow_config() -> str:
    """Text of conf/resources.config: one rule for all processes that ask for the same."""
    rules: dict[tuple[str, ...], list[str]] = {}
    for name, process in processes().items():
        rules.setdefault(tuple(_directives(process.asks)), []).append(name)
    default = _directives(DEFAULT)
    lines = [
        "// Made from conf/resources.yml by `linnaea resources`. A task that is tried again gets twice",
        "// the time after the time limit (exit 140), twice the memory after anything else.",
        "process {",
        *(f"    {line}" for line in default),
    ]
    for directives, names in rules.items():
        if list(directives) != default:
            lines += [
                "",
                f"    withName: '{'|'.join(names)}' {{",
                *(f"        {line}" for line in directives),
                "    }",
            ]
    return "\n".join([*lines, "}", ""])


def input_dependent() -> list[str]:
    """Processes whose memory differs from task to task, so that they cannot be submitted as arrays."""
    return [name for name, process in processes().items() if "of" in process.asks]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """`--check` writes nothing and fails when the made file is out of date."""
    parser.add_argument("--check", action="store_true", help="only check that it is up to date")


def comparisons(condition: str) -> list[tuple[str, str]]:
    """Names that a condition compares with a text (`rna_aligner == "star"`), with the text."""
    found = []
    for node in ast.walk(ast.parse(condition, mode="eval")):
        match node:
            case ast.Compare(ast.Name(name), [ast.Eq()], [ast.Constant(str(text))]):
                found.append((name, text))
    return found


def chosen_values() -> dict[str, list[str]]:
    """Parameters that conditions compare with a value -> the values, in order."""
    found: dict[str, list[str]] = {}
    for process in processes().values():
        for key, chosen in (pair for use in process.uses for pair in comparisons(use.when)):
            if chosen not in found.setdefault(key, []):
                found[key].append(chosen)
    return found


def schema_text() -> str:
    """Text of nextflow_schema.json, in which parameters that choose a tool know every choice of the table."""
    schema, chosen = json.loads(SCHEMA.read_text()), chosen_values()
    for group in schema["$defs"].values():
        for key, entry in group["properties"].items():
            if "enum" in entry:
                entry["enum"] = list(dict.fromkeys([*entry["enum"], *chosen.get(key, [])]))
    return json.dumps(schema, indent=4, ensure_ascii=False) + "\n"


def run(args: argparse.Namespace) -> int:
    """Write (or check) conf/resources.config, and the choices of tools in nextflow_schema.json."""
    files = {CONFIG: nextflow_config(), SCHEMA: schema_text()}
    return write_or_check(files, args.check, "linnaea resources")
