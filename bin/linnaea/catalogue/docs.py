"""Generated pages and pictures of docs/: parameters, outputs, columns, tools, imports."""

import argparse
import ast
import json
import re
from collections.abc import Iterable, Sequence

from linnaea.base.paths import ROOT
from linnaea.catalogue.columns import RECORDS, Column, known_columns
from linnaea.catalogue.floors import FLOORS, PACKAGE, imports
from linnaea.catalogue.outputs import known_outputs
from linnaea.catalogue.parameters import SCHEMA
from linnaea.catalogue.pictures import architecture_picture, import_picture, workflow_picture
from linnaea.catalogue.software import tools, write_or_check

DOCS = ROOT / "docs"
ADD_A_TOOL = DOCS / "develop" / "add_a_tool.md"


def markdown_table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    """Lines of a Markdown table."""
    lines = ["| " + " | ".join(columns) + " |", "| " + " | ".join("---" for _ in columns) + " |"]
    return [*lines, *("| " + " | ".join(row) + " |" for row in rows)]


def parameter_page(schema: dict) -> str:
    """One table per parameter group, in the schema's order."""
    lines = ["# Parameters", "", "Generated from `nextflow_schema.json` by `linnaea docs`.", ""]
    for group in schema["$defs"].values():
        rows = []
        for name, entry in group["properties"].items():
            text = " ".join(filter(None, [entry["description"], entry.get("help_text")]))
            if "enum" in entry:
                text += " One of: " + ", ".join(f"`{value}`" for value in entry["enum"]) + "."
            default = f"`{entry['default']}`" if "default" in entry else ""
            kind = entry["type"] + (" (required)" if name in group.get("required", []) else "")
            rows.append((f"`--{name}`", text, kind, default))
        lines += [f"## {group['title']}", "", group["description"], ""]
        lines += [*markdown_table(["parameter", "meaning", "type", "default"], rows), ""]
    return "\n".join(lines)


def output_page() -> str:
    """One table of every published file."""
    intro = (
        "Generated from `assets/outputs.tsv` by `linnaea docs`. `<outdir>/index.tsv` lists every file of a "
        "run with genome, step and tool versions. [Columns and keys](columns.md) describes what is in the "
        "tables and records."
    )
    rows = ((f"`{output.pattern}`", output.step, output.description) for output in known_outputs())
    return "\n".join(
        ["# Output files", "", intro, "", *markdown_table(["file", "step", "content"], rows), ""]
    )


def column_page() -> str:
    """One table per published table or record: every column or key with unit and meaning."""
    lines = [
        "# Columns and keys", "",
        "Generated from `assets/columns.tsv` by `linnaea docs`. Tables are tab-separated with a header line; "
        "records are JSON. `NA` in a table and `null` in a record mean that there is no value: the "
        "denominator is 0, or the step did not have what it needs. Names that end in `_bp`, `_pct` or "
        "`_phred` have that unit. Positions are 1-based unless a row says otherwise. `*` stands for any "
        "name, such as that of a group.", "",
    ]  # fmt: skip
    files: dict[str, list[Column]] = {}
    for column in known_columns():
        for file in column.files:
            files.setdefault(file, []).append(column)
    for file, columns in files.items():
        lines += [f"## {'All records' if file == RECORDS else file}", ""]
        rows = []
        for column in columns:
            # Of names for a table and a record, those of a record have the longer path.
            dotted = [name for name in column.names if "." in name]
            both = len(column.names) > 1
            names = (dotted if file.endswith(".json") else [column.names[0]]) if both else column.names
            rows.append((", ".join(f"`{name}`" for name in names), column.unit, column.meaning))
        lines += [
            *markdown_table(["column" if file.endswith(".tsv") else "key", "unit", "meaning"], rows),
            "",
        ]
    return "\n".join(lines)


def methods_page() -> str:
    """One table per role of every tool that a run may use, with its citation."""
    lines = [
        "# Methods and citations", "",
        "Generated from `containers/software.yml` by `linnaea docs`. The report of a run lists the tools and "
        "versions that it used; cite those. Methods of our own code, and their sources, are in "
        "[Statistics](../explanation/statistics.md).", "",
    ]  # fmt: skip
    for role, title in (("embedded", "Installed by set-up"), ("option", "Optional tools")):
        rows = []
        for tool in (tool for tool in tools() if tool["role"] == role):
            citation = tool.get("citation") or tool["homepage"]
            rows.append((tool["name"], str(tool["version"]), tool["step"], tool["licence"], citation))
        lines += [f"## {title}", ""]
        lines += [*markdown_table(["tool", "version", "used for", "licence", "citation"], rows), ""]
    return "\n".join(lines)


def import_page() -> str:
    """The picture of imports, and what each room is for and imports from."""
    lines = [
        "# Imports", "",
        "Generated from the code by `linnaea docs`. The package `bin/linnaea` has rooms by trade. A room "
        "imports only from rooms on floors below it; `tests/unit/test_layout.py` checks this against the "
        "floors in `bin/linnaea/catalogue/floors.py`. The picture leaves out an arrow if a longer way leads "
        "to the same room.", "",
        "![Rooms of the package by floor, with arrows to the rooms that each imports from](imports.svg)", "",
    ]  # fmt: skip
    pairs = imports()
    rows = []
    for room in (room for floor in reversed(FLOORS) for room in floor):
        source = PACKAGE / f"{room}.py" if room == "cli" else PACKAGE / room / "__init__.py"
        content = (ast.get_docstring(ast.parse(source.read_text())) or "").split("\n\n")[0]
        others = sorted(other for one, other in pairs if one == room)
        rows.append((f"`{room}`", " ".join(content.split()), ", ".join(others)))
    return "\n".join([*lines, *markdown_table(["room", "content", "imports from"], rows), ""])


def with_excerpts(page: str) -> str:
    """A page whose excerpts show the code of today.

    The line `<!-- excerpt: FILE | FIRST | LAST -->` stands before the fenced block; FIRST and LAST are
    regular expressions of its first and last line.
    """

    def shown(found: re.Match[str]) -> str:
        file, first, last = (part.strip() for part in found["excerpt"].split("|"))
        lines = (ROOT / file).read_text().splitlines()
        start = next(at for at, line in enumerate(lines) if re.search(first, line))
        end = next(at for at in range(start, len(lines)) if re.search(last, lines[at]))
        return "\n".join([found["head"], *lines[start : end + 1], "```"])

    return re.sub(r"(?ms)(?P<head>^<!-- excerpt: (?P<excerpt>.*?) -->\n```\w+)\n.*?^```$", shown, page)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """`--check` writes nothing and fails when a page or picture is out of date."""
    parser.add_argument("--check", action="store_true", help="only check that everything is up to date")


def run(args: argparse.Namespace) -> int:
    """Write (or check) the generated pages and pictures."""
    pages = {
        DOCS / "reference" / "parameters.md": parameter_page(json.loads(SCHEMA.read_text())),
        DOCS / "reference" / "output.md": output_page(),
        DOCS / "reference" / "columns.md": column_page(),
        DOCS / "reference" / "methods.md": methods_page(),
        DOCS / "develop" / "imports.md": import_page(),
        ADD_A_TOOL: with_excerpts(ADD_A_TOOL.read_text()),
        DOCS / "workflow.svg": workflow_picture(),
        DOCS / "develop" / "architecture.svg": architecture_picture(),
        DOCS / "develop" / "imports.svg": import_picture(),
    }
    return write_or_check(pages, args.check, "linnaea docs")
