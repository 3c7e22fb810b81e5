"""Trimming of a library: the reports of its lanes added up."""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

from linnaea.base.errors import InputError
from linnaea.base.records import read_metrics, write_metrics
from linnaea.formats.tool_metrics import fastp_metrics

COUNTS = ("reads_in", "reads_out", "bases_out_bp")


def adapterremoval_metrics(path: str | Path) -> dict[str, Any]:
    """Reads before and after trimming from AdapterRemoval's settings file (version 2); of pairs, the merged
    ones are `reads_out`.

    Raises InputError when nothing is left.
    """
    text = Path(path).read_text()

    def count(*words: str) -> int:
        found = [re.search(rf"^{re.escape(word)}: (\d+)", text, re.MULTILINE) for word in words]
        return sum(int(match[1]) for match in found if match)

    pairs = count("Total number of read pairs")
    merged = count("Number of full-length collapsed pairs", "Number of truncated collapsed pairs")
    reads_in = 2 * pairs if pairs else count("Total number of reads")
    reads_out = merged if pairs else count("Number of retained reads")
    if not reads_out:
        raise InputError(
            f"{path}: no reads are left of {reads_in:,} after trimming and merging; are the fragments short, "
            "as in old DNA? Give long ones as age_class modern"
        )
    mean = re.search(r"^Average length of retained reads: ([\d.]+)", text, re.MULTILINE)
    found = {
        "reads_in": reads_in,
        "reads_out": reads_out,
        "bases_out_bp": round(reads_out * float(mean[1]) if mean else 0),
    }
    return found | ({"pairs_in": pairs, "merged_pairs": merged} if pairs else {})


def _fastp(path: str | Path) -> dict[str, Any]:
    report = fastp_metrics(path)
    return {key: report[key] for key in COUNTS}


READERS = {"fastp": _fastp, "adapterremoval": adapterremoval_metrics}


def library_trimming(tool: str, reports: Sequence[str | Path]) -> dict[str, Any]:
    """Sums of the lanes' counts, and the number of lanes."""
    lanes = [READERS[tool](report) for report in reports]
    keys = dict.fromkeys(key for lane in lanes for key in lane)
    return {"lanes": len(lanes), "tool": tool} | {
        key: sum(lane.get(key, 0) for lane in lanes) for key in keys
    }


def join_lanes(
    tool: Literal["fastp", "adapterremoval"],
    reports: Sequence[str],
    /,
    *,
    sample: str,
    library: str,
    out: str,
    read_pairs: Sequence[str] = (),
) -> None:
    """Reads of one library before and after trimming, from the reports of its lanes.

    reports: one per lane: fastp's JSON or AdapterRemoval's settings
    read_pairs: records of split_pairs.py, if there are any
    """
    labels = {"id": "popgen", "step": "library_trimming", "sample": sample, "library": library}
    without_mate = sum(read_metrics(path)["reads_without_mate"] for path in read_pairs)
    write_metrics(out, labels | library_trimming(tool, reports) | {"reads_without_mate": without_mate})
