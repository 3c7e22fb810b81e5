"""Metrics records: one JSON object a quality-control step, the only thing that reports read."""

import json
import math
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from linnaea.base.errors import InputError
from linnaea.base.files import complete_file

# A record as it is read: `id`, `step` and the keys of its step (explained in assets/columns.tsv).
Record = Mapping[str, Any]


def _plain(value: Any) -> Any:
    """Turn numpy scalars and arrays into JSON types; a float that is not finite becomes null."""
    if hasattr(value, "tolist"):
        value = value.tolist()
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value


def write_metrics(path: str | Path, record: Mapping[str, Any]) -> dict[str, Any]:
    """Write one metrics record as JSON; return it as `read_metrics` would read it.

    Raises ValueError when `id` or `step` is missing: the report could not place the record.
    """
    missing = {"id", "step"} - record.keys()
    if missing:
        raise ValueError(f"metrics record for {path} lacks {', '.join(sorted(missing))}")
    plain = _plain(record)
    with complete_file(path) as handle:
        json.dump(plain, handle, indent=1, allow_nan=False)
        handle.write("\n")
    return plain


def read_metrics(path: str | Path) -> dict[str, Any]:
    """Read one metrics record; InputError names a file that is none."""
    try:
        record = json.loads(Path(path).read_text())
    except ValueError as error:
        raise InputError(f"{path} is not JSON ({error}); make it again") from None
    if not isinstance(record, dict) or {"id", "step"} - record.keys():
        raise InputError(f"{path} is not a metrics record: it lacks `id` or `step`; give what a step wrote")
    return record


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
