"""What the demos of assembly and annotation left, and how good their genes must be."""

import json

# Sensitivity and precision, %.
LEAST_PCT = {"locus": 90, "exon": 92, "base": 95}


def record(folder, name):
    """A metrics record of the demo species that was run in `folder`."""
    return json.loads((folder / "results" / "xxLinDemo1" / name).read_text())
