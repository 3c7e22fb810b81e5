"""The parameters of a run, nextflow_schema.json."""

import json
from functools import cache
from typing import Any

from linnaea.base.paths import ROOT

SCHEMA = ROOT / "nextflow_schema.json"


@cache
def entries() -> dict[str, dict[str, Any]]:
    """Parameters by name, in the order of the schema; not to be changed."""
    groups = json.loads(SCHEMA.read_text())["$defs"].values()
    return {name: entry for group in groups for name, entry in group["properties"].items()}
