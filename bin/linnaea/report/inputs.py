"""Read what the verdict and the report are made of: metrics records and per-sequence tables."""

import csv
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from linnaea.errors import InputError


def read_records(paths: Iterable[str | Path], genome: str) -> list[tuple[Path, dict[str, Any]]]:
    """Read the metrics records of `genome` with their paths.

    Raises InputError for a file that is not a metrics record or belongs to another genome.
    """
    found = []
    for path in map(Path, paths):
        try:
            record = json.loads(path.read_text())
        except ValueError as error:
            raise InputError(f"{path} is not JSON ({error}); make it again") from None
        if not isinstance(record, dict) or {"id", "step"} - record.keys():
            raise InputError(f"{path} is not a metrics record: it lacks `id` or `step`")
        if record["id"] != genome:
            raise InputError(
                f"{path} belongs to genome {record['id']}, not to {genome}; "
                "give the records of one genome only"
            )
        found.append((path, record))
    return found


def read_tables(
    tables: Iterable[str | Path],
    metrics: Iterable[str | Path],
) -> dict[tuple[str, str], list[dict[str, str]]]:
    """Read per-sequence tables, keyed by (stage, haplotype) of the record with the same file stem.

    `X.tsv` belongs to `X.json`. Raises InputError for a table without its record.
    """
    records = {Path(path).stem: path for path in metrics}
    found = {}
    for table in map(Path, tables):
        if table.stem not in records:
            raise InputError(
                f"{table} has no metrics record {table.stem}.json beside it; "
                "pass that record to --metrics too"
            )
        record = json.loads(Path(records[table.stem]).read_text())
        with table.open(newline="") as handle:
            rows = list(csv.DictReader(handle, delimiter="\t"))
        found[record["stage"], record["haplotype"]] = rows
    return found
