"""Read what the verdict and the report are made of: metrics records and per-sequence tables."""

import csv
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from linnaea.base.errors import InputError
from linnaea.base.records import read_metrics


def read_records(paths: Iterable[str | Path], genome: str) -> list[tuple[Path, dict[str, Any]]]:
    """Read the metrics records of `genome` with their paths.

    Raises InputError for a file that is not a metrics record or belongs to another genome.
    """
    found = []
    for path in map(Path, paths):
        record = read_metrics(path)
        if record["id"] != genome:
            raise InputError(
                f"{path} belongs to genome {record['id']}, not to {genome}; "
                "give the records of one genome only"
            )
        found.append((path, record))
    return found


def _prefix(path: str | Path) -> str:
    return Path(path).stem.removesuffix(".assembly_statistics").removesuffix(".sequences")


def read_tables(
    tables: Iterable[str | Path], metrics: Iterable[str | Path]
) -> dict[tuple[str, str], list[dict[str, str]]]:
    """Read the per-sequence tables of assembly statistics, keyed by (stage, haplotype).

    A table belongs to the record with the same name: `X.tsv` or `X.sequences.tsv` to `X.json` or
    `X.assembly_statistics.json`. Raises InputError for a table without its record.
    """
    records = {}
    for path in metrics:
        record = read_metrics(path)
        if record["step"] == "assembly_statistics":
            records[_prefix(path)] = (record["stage"], record["haplotype"])
    found = {}
    for table in map(Path, tables):
        if _prefix(table) not in records:
            raise InputError(
                f"{table} has no assembly statistics of the same name among the metrics; "
                f"pass {_prefix(table)}.assembly_statistics.json to --metrics too"
            )
        with table.open(newline="") as handle:
            found[records[_prefix(table)]] = list(csv.DictReader(handle, delimiter="\t"))
    return found
