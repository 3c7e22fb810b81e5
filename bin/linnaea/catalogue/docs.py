"""Write docs/parameters.md and docs/output.md from the schema and the list of outputs, so that they agree."""

import argparse
import json

from linnaea.base.paths import ROOT
from linnaea.catalogue.outputs import known_outputs
from linnaea.catalogue.software import write_or_check

SCHEMA = ROOT / "nextflow_schema.json"


def parameter_page(schema: dict) -> str:
    """One table a parameter group, in the schema's order."""
    lines = ["# Parameters", "", "Made from `nextflow_schema.json` by `linnaea docs`.", ""]
    for group in schema["$defs"].values():
        lines += [f"## {group['title']}", "", group["description"], ""]
        lines += ["| parameter | what it does | type | default |", "| --- | --- | --- | --- |"]
        for name, entry in group["properties"].items():
            text = " ".join(filter(None, [entry["description"], entry.get("help_text")]))
            if "enum" in entry:
                text += " One of: " + ", ".join(f"`{value}`" for value in entry["enum"]) + "."
            default = f"`{entry['default']}`" if "default" in entry else ""
            kind = entry["type"] + (" (required)" if name in group.get("required", []) else "")
            lines.append(f"| `--{name}` | {text} | {kind} | {default} |")
        lines.append("")
    return "\n".join(lines)


def output_page() -> str:
    """One table of every published file."""
    intro = (
        "Made from `assets/outputs.tsv` by `linnaea docs`. Every file of a run, with its genome, step and "
        "tool version, is also listed in `<outdir>/index.tsv`."
    )
    lines = ["# Output", "", intro, ""]
    lines += ["| file | step | what it is |", "| --- | --- | --- |"]
    lines += [f"| `{output.pattern}` | {output.step} | {output.description} |" for output in known_outputs()]
    return "\n".join([*lines, ""])


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """`--check` writes nothing and fails when a page is out of date."""
    parser.add_argument("--check", action="store_true", help="only check that all is up to date")


def run(args: argparse.Namespace) -> int:
    """Write (or check) the made pages."""
    pages = {
        ROOT / "docs" / "parameters.md": parameter_page(json.loads(SCHEMA.read_text())),
        ROOT / "docs" / "output.md": output_page(),
    }
    return write_or_check(pages, args.check, "linnaea docs")
