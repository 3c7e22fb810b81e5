"""Write docs/parameters.md from nextflow_schema.json, so that the two cannot disagree."""

import argparse
import json

from linnaea.software import ROOT, write_or_check


def markdown(schema: dict) -> str:
    """Text of the page: one table a parameter group, in the schema's order."""
    lines = ["# Parameters", "", "Made from `nextflow_schema.json` by `linnaea parameters`.", ""]
    for group in schema["$defs"].values():
        required = group.get("required", [])
        lines += [f"## {group['title']}", "", group.get("description", ""), ""]
        lines += ["| parameter | what it does | type | default |", "| --- | --- | --- | --- |"]
        for name, entry in group["properties"].items():
            text = entry["description"] + (f" {entry['help_text']}" if "help_text" in entry else "")
            if "enum" in entry:
                text += " One of: " + ", ".join(f"`{value}`" for value in entry["enum"]) + "."
            default = f"`{entry['default']}`" if "default" in entry else ""
            kind = entry["type"] + (" (required)" if name in required else "")
            lines.append(f"| `--{name}` | {text} | {kind} | {default} |".replace("\n", " "))
        lines.append("")
    return "\n".join(lines)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """`--check` writes nothing and fails when the page is out of date."""
    parser.add_argument("--check", action="store_true", help="only check that the page is up to date")


def run(args: argparse.Namespace) -> int:
    """Write (or check) docs/parameters.md."""
    schema = json.loads((ROOT / "nextflow_schema.json").read_text())
    return write_or_check(
        {ROOT / "docs" / "parameters.md": markdown(schema)}, args.check, "linnaea parameters"
    )
