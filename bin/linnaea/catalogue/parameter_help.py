"""The help of parameters, from nextflow_schema.json."""

import json

from linnaea.catalogue.parameters import SCHEMA


def help_text(schema: dict) -> str:
    """All parameters for a terminal, one line each."""
    lines = ["nextflow run . --input genomes.yml [--outdir results] [-profile demo] [options]"]
    for group in schema["$defs"].values():
        lines += ["", group["title"]]
        for name, entry in group["properties"].items():
            default = f" [{entry['default']}]" if "default" in entry else ""
            lines.append(f"  --{name:<20} {entry['description']}{default}")
    return "\n".join([*lines, "", "More in docs/reference/parameters.md and docs/howto/."])


def print_help() -> None:
    """Print every parameter of the workflows with its default."""
    print(help_text(json.loads(SCHEMA.read_text())))
