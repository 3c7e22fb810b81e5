"""The stages of an assembly in the order of the work, as the schema of the input lists them."""

import json

from linnaea.base.paths import asset

STAGES: tuple[str, ...] = tuple(
    json.loads(asset("genomes.schema.json").read_text())["$defs"]["stage"]["enum"]
)
