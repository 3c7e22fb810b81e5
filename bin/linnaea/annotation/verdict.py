"""The verdict on an annotation by the warning thresholds of AnnoAudit, ERGA's annotation audit.

Thresholds, their wording and their source are in `assets/annoaudit.json`; this module only compares. A
metric passes, warns or was not measured; nothing is assumed.
"""

import json
import operator
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, TypedDict

from linnaea.annotation.quality import busco_change
from linnaea.base.errors import InputError
from linnaea.base.paths import asset
from linnaea.base.records import Record
from linnaea.base.tables import write_table
from linnaea.base.text import number, percent

STANDARD = asset("annoaudit.json")
WARNS: dict[str, Callable[[float, float], bool]] = {
    ">": operator.gt,
    "<": operator.lt,
    "abs >": lambda value, limit: abs(value) > limit,
}
COLUMNS = ("group", "metric", "name", "value", "unit", "warns_when", "verdict", "why")


def load_standard(path: str | Path = STANDARD) -> dict[str, Any]:
    """Read the thresholds (JSON with `metrics` and their `groups`)."""
    return json.loads(Path(path).read_text())


def mapping_rate(records: Iterable[Record]) -> tuple[dict[str, Any], str]:
    """Mapped share (%) of all RNA-seq reads together, and in words what each library gave."""
    libraries = [r for r in records if r["step"] == "transcript_mapping" and r.get("reads")]
    if not libraries:
        return {}, ""
    rate = 100 * sum(r["mapped_reads"] for r in libraries) / sum(r["reads"] for r in libraries)
    if len(libraries) == 1:
        return {"mapped_pct": rate}, f"library {libraries[0]['library']}"
    low = min(libraries, key=lambda r: r["mapped_reads"] / r["reads"])
    share = percent(100 * low["mapped_reads"] / low["reads"], 1)
    return {"mapped_pct": rate}, f"{len(libraries)} libraries; {low['library']} maps least, {share}"


def busco_of(records: Iterable[Record]) -> dict[str, Any]:
    """BUSCO of the proteins (stage `annotation`) and its change against the assembly of the same lineage.

    With several lineages that of the most markers, with several assemblies the most complete.
    """
    found = [r for r in records if r["step"] == "busco"]
    proteins = max((r for r in found if r.get("stage") == "annotation"), key=_markers, default=None)
    if not proteins:
        return {}
    same = [r for r in found if r.get("stage") != "annotation" and r["lineage"] == proteins["lineage"]]
    return busco_change(proteins, max(same, key=lambda r: r["complete_pct"], default=None))


def contaminants_of(records: Iterable[Record]) -> str:
    """In words: the lineage OMArk compared with, and the clades of the contaminants it found."""
    record = next((r for r in records if r["step"] == "omark" and r.get("lineage")), None)
    if not record:
        return ""
    clades = [f"{s['clade']} ({number(s['proteins'])})" for s in record["species"][1:]]
    return f"against {record['lineage']}" + (f"; proteins of {', '.join(clades)}" if clades else "")


def _markers(record: Record) -> int:
    return record.get("markers") or 0


class JudgedMetric(TypedDict):
    """A metric of AnnoAudit; `value` is None where it was not measured or rests on too few."""

    metric: str
    name: str
    unit: str
    group: str
    threshold: str
    value: float | None
    verdict: str
    why: str


class JudgedGroup(TypedDict):
    """A group of metrics: warn when any of it warns."""

    group: str
    verdict: str


class Verdict(TypedDict):
    """The record `annotation_verdict`."""

    id: str
    step: str
    standard: str
    standard_url: str
    meaning: str
    verdict: str
    warnings: int
    groups: list[JudgedGroup]
    metrics: list[JudgedMetric]


def _judged(rule: Record, record: Record, remark: str) -> JudgedMetric:
    value = record.get(rule["key"])
    total = record.get(rule.get("of", ""))
    why = rule.get("why", remark) or ""
    if value is None:
        verdict, why = "not measured", rule.get("missing", f"no record of {rule['step'].replace('_', ' ')}")
    elif total is not None and total < rule.get("least", 0):
        value, verdict = None, "not measured"
        why = f"only {number(total)} counted, too few to judge (at least {number(rule['least'])})"
    else:
        verdict = "warn" if WARNS[rule["comparison"]](value, rule["limit"]) else "pass"
        if total is not None:
            why = f"{why}; of {number(total)}" if why else f"of {number(total)}"
    return {
        "metric": rule["metric"],
        "name": rule["name"],
        "unit": rule["unit"],
        "group": rule["group"],
        "threshold": rule["threshold"],
        "value": value,
        "verdict": verdict,
        "why": why,
    }


def judge(genome: str, records: Iterable[Record], standard: Record | None = None) -> Verdict:
    """Judge an annotation from the metrics records of one genome; return the record `annotation_verdict`.

    Raises InputError when there are neither statistics nor a quality record of an annotation.
    """
    standard, records = standard or load_standard(), list(records)
    of_step = {r["step"]: dict(r) for r in records}
    if not of_step.keys() & {"annotation_statistics", "annotation_quality"}:
        raise InputError(
            f"{genome}: neither annotation statistics nor annotation quality among the metrics, so there is "
            "nothing to evaluate; run those steps first"
        )
    mapped, remark = mapping_rate(records)
    of_step["transcript_mapping"] = mapped
    quality = of_step.setdefault("annotation_quality", {})
    if quality.get("busco_complete_pct") is None:
        quality |= busco_of(records)
    remarks = {"transcript_mapping": remark, "omark": contaminants_of(records)}
    metrics = [
        _judged(rule, of_step.get(rule["step"], {}), remarks.get(rule["step"], ""))
        for rule in standard["metrics"]
    ]
    if lineage := quality.get("busco_lineage"):
        for metric in metrics:
            if metric["metric"] == "busco_proteins":
                metric["why"] = lineage
            elif metric["metric"] == "busco_change" and metric["value"] is not None:
                metric["why"] = (
                    f"{percent(quality['busco_assembly_complete_pct'], 1)} of {lineage} in the assembly"
                )
    warned = {m["group"] for m in metrics if m["verdict"] == "warn"}
    measured = {m["group"] for m in metrics if m["verdict"] != "not measured"}
    return {
        "id": genome,
        "step": "annotation_verdict",
        "standard": standard["standard"],
        "standard_url": standard["url"],
        "meaning": standard["meaning"],
        "verdict": "warn" if warned else "pass" if len(measured) == len(standard["groups"]) else "incomplete",
        "warnings": sum(m["verdict"] == "warn" for m in metrics),
        "groups": [
            {
                "group": group,
                "verdict": "warn" if group in warned else "pass" if group in measured else "not measured",
            }
            for group in standard["groups"]
        ],
        "metrics": metrics,
    }


def write_verdict_table(path: Path, verdict: Verdict) -> None:
    """Write the verdict as a table, one row per metric, all digits of its value."""
    rows = [{**metric, "warns_when": metric["threshold"]} for metric in verdict["metrics"]]
    cells = ([row[column] for column in COLUMNS] for row in rows)
    write_table(path, COLUMNS, [[None if cell is None else str(cell) for cell in row] for row in cells])
