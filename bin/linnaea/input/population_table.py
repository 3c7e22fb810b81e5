"""The samples as the tasks of popgen read them, and the records of what a run was given."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from linnaea.base.files import complete_file
from linnaea.input.run_input import Population, PopulationSample

TABLE = (
    "sample", "group", "population", "age_class", "udg", "sex", "latitude", "longitude", "outgroup",
    "library_type",
)  # fmt: skip


def table_path(parameters: Mapping[str, Any]) -> Path:
    """Where the internal table of samples is."""
    return Path(str(parameters["outdir"])).expanduser().absolute() / "popgen" / "samples.tsv"


def write_table(record: Population) -> None:
    """Write the internal table of samples (TSV, sorted by sample, `.` where unknown), the programs that this
    machine lacks, and of a given VCF its record and the depth windows of its samples.
    """
    lines = ["\t".join(TABLE)]
    for sample in record["samples"]:
        row = dict(sample, outgroup="yes" if sample["outgroup"] else "no", library_type=_library_type(sample))
        lines.append("\t".join("." if row[key] is None else f"{row[key]}" for key in TABLE))
    _write_changed(record["samples_table"], "\n".join(lines) + "\n")
    if path := record.get("absent_record"):
        absent = {"id": "popgen", "step": "absent_programs", "programs": record["absent_programs"]}
        _write_changed(path, json.dumps(absent, indent=1) + "\n")
    given = record["given_vcf"]
    if record["vcf_record"]:
        shown = {key: value for key, value in given.items() if key != "depth_windows"}
        _write_changed(record["vcf_record"], json.dumps(shown, indent=1) + "\n")
    if record["depth_windows"]:
        rows = [f"{name}\t{low:g}\t{high:g}\n" for name, (low, high) in given["depth_windows"].items()]
        _write_changed(record["depth_windows"], "".join(["sample\tmin_depth\tmax_depth\n", *rows]))


def _write_changed(name: str, text: str) -> None:
    """Write a file; an equal one is left as it is: its time is part of the key by which tasks are done."""
    path = Path(name)
    if path.is_file() and path.read_text() == text:
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    with complete_file(path) as handle:
        handle.write(text)


def _library_type(sample: PopulationSample) -> str:
    """paired, single, mixed, bam, gvcf or vcf: what the sample starts from."""
    lanes = [lane for library in sample["libraries"] for lane in library["lanes"]]
    paired = {lane["fastq_2"] is not None or lane["interleaved"] for lane in lanes}
    if paired:
        return "mixed" if len(paired) > 1 else "paired" if True in paired else "single"
    return "bam" if sample["bams"] else "gvcf" if sample["gvcf"] else "vcf"
