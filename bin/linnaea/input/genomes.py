"""`genomes.yml`: read, check against assets/genomes.schema.json and the files it names, normalise.

Every fault is collected, none stops the check, so that a user sees all of them at once.
"""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from linnaea.assembly.stages import STAGES
from linnaea.base.errors import InputError
from linnaea.base.paths import asset
from linnaea.input.annotation import check_annotation
from linnaea.input.genome import LONG, PAIRED, SEQUENCES, Checked, GenomeCheck
from linnaea.input.options import words
from linnaea.input.places import Keys, Place, load_yaml, without_nulls
from linnaea.input.run_input import Genome
from linnaea.input.schema import schema_faults, shown
from linnaea.input.submission import check_submission

SCHEMA = asset("genomes.schema.json")


def from_pilot(data: Mapping[str, Any]) -> list[tuple[dict[str, Any], dict[Keys, Keys]]]:
    """The EBP-pilot's mapping as own genomes, one an assembly, each with the origin of its keys."""
    sample = data.get("sample")
    sample = sample if isinstance(sample, dict) else {}
    genome = {key: value for key, value in sample.items() if key not in ("domain", "kmer_size")}
    origin: dict[Keys, Keys] = {(key,): ("sample", key) for key in genome}
    if "tax_id" in genome:
        genome["taxid"] = genome.pop("tax_id")
        origin[("taxid",)] = ("sample", "tax_id")
    if "name" not in genome and isinstance(genome.get("id"), str):
        genome["name"] = genome["id"].replace("_", " ")
    genome |= {key: data[key] for key in ("hifi", "hic", "rnaseq", "isoseq") if key in data}
    builds = data.get("assembly")
    builds = [build for build in builds if isinstance(build, dict)] if isinstance(builds, list) else []
    if not builds:
        return [(genome, origin)]
    many = len(builds) > 1
    return [_pilot_build(genome, origin, build, index, many) for index, build in enumerate(builds)]


def _pilot_build(
    genome: Mapping[str, Any], origin: Mapping[Keys, Keys], build: Mapping[str, Any], index: int, many: bool
) -> tuple[dict[str, Any], dict[Keys, Keys]]:
    assembly = {"stage": build.get("stage", "raw"), "primary": build.get("pri_fasta")}
    if "assembler" in build:
        assembly["assembler"] = build["assembler"]
    if "alt_fasta" in build:
        assembly["alternate"] = build["alt_fasta"]
    place: Keys = ("assembly", index)
    whole = {
        **origin,
        ("assembly",): place,
        ("assembly", "primary"): (*place, "pri_fasta"),
        ("assembly", "alternate"): (*place, "alt_fasta"),
    }
    own = {**genome, "assembly": assembly}
    if many:
        own["id"] = f"{own.get('id') or str(own.get('name', '')).replace(' ', '_')}_{build.get('id')}"
        whole[("id",)] = (*place, "id")
    return own, whole


def refuse_repeated_files(checks: Sequence[GenomeCheck]) -> None:
    """The same file twice in a genome, or the same reads in two genomes, is a fault.

    So are two files of one name where tasks see all of a genome in one folder. Relatives, and haplotypes with
    the same list of chromosomes, may share files.
    """
    everywhere: dict[tuple[int, int], str] = {}
    for check in checks:
        here: dict[tuple[int, int], str] = {}
        names: dict[str, str] = {}
        for key, path, keys in check.files:
            if keys[0] in ("liftover", "reference_annotation", "submission") or keys[-1] == "reference":
                continue
            place = check.place.name(keys)
            is_reads = keys[0] in (*LONG, *PAIRED)
            together = is_reads or keys[0] in (*SEQUENCES, "hints")
            first = here.get(key) or (everywhere.get(key) if is_reads else None)
            if first:
                check.fault(keys, f"the file {path} is already given at {first}; remove one")
                continue
            if together and Path(path).name in names:
                check.fault(
                    keys,
                    f"the file name {Path(path).name} is that of another file at "
                    f"{names[Path(path).name]}; rename one or give a link with another name",
                )
            here[key] = place
            if together:
                names[Path(path).name] = place
        everywhere |= {
            key: check.place.name(keys) for key, _, keys in check.files if keys[0] in (*LONG, *PAIRED)
        }


# The whole check


def check_genomes(
    path: str, parameters: Mapping[str, Any], specimens: str | None = None
) -> tuple[list[Genome], list[str], list[str]]:
    """Check an input file and all it names for a run with these parameters (see nextflow_schema.json).

    `specimens` is the checked table of specimens, for the workflow submission.
    Returns (normalised genomes, notes, faults), the messages in the order of the file's lines.
    """
    checked = Checked()
    try:
        data, lines, repeated = load_yaml(path)
    except InputError as error:
        return [], [], [str(error)]
    data = without_nulls(data)
    items = _genomes_of(data, Place(path, lines), checked)
    places = [
        Place(path, lines, prefix, _title(number, item)) for number, (prefix, item, _) in enumerate(items, 1)
    ]
    for keys, fault in repeated:
        own = next((p for p in places if p.prefix == keys[: len(p.prefix)]), Place(path, lines))
        checked.faults.append(own.remark(keys[len(own.prefix) :], fault))
    definitions = json.loads(SCHEMA.read_text())["$defs"]
    checks: list[GenomeCheck] = []
    for place, (_, item, kind) in zip(places, items, strict=True):
        schema = {"$ref": f"#/$defs/{kind}", "$defs": definitions}
        checked.faults += [place.remark(k, fault) for k, fault in schema_faults(item, schema)]
        if isinstance(item, dict):
            checks += _checks_of(item, kind, place, Path(path).absolute().parent, checked)
    for check in checks:
        record = check.normalised()
        checked.genomes.append(record)
        if (
            "assembly" not in words(parameters, "workflow")
            and record["assembly"]
            and record["assembly"]["maps"]
        ):
            check.fault(
                ("assembly", "curated"),
                "the workflow assembly applies curated maps; add it to --workflow, or give the FASTA of "
                "the curated assembly with `stage: curated`",
            )
        if {"assembly", "annotation"} <= set(words(parameters, "workflow")):
            _refuse_renaming(check, record, words(parameters, "steps"))
        if "assembly" in words(parameters, "workflow"):
            check_needs(check, words(parameters, "steps"), str(parameters["assembler"]))
        if "annotation" in words(parameters, "workflow"):
            check_annotation(check, record, parameters)
        if "submission" in words(parameters, "workflow"):
            check_submission(check, record, parameters, specimens)
    # The builds of one EBP-pilot sample share its reads.
    refuse_repeated_files(checks[:1] if items and items[0][2] == "pilot" else checks)
    _refuse_repeated_ids(checks, checked.genomes)
    notes, faults = (
        list(dict.fromkeys(text for _, text in sorted(remarks, key=lambda remark: remark.line)))
        for remarks in (checked.notes, checked.faults)
    )
    return checked.genomes, notes, faults


def _genomes_of(data: Any, place: Place, checked: Checked) -> list[tuple[Keys, Any, str]]:
    """The genomes of the input as (key path, mapping, "genome" or "pilot")."""
    if isinstance(data, list) and data:
        return [((index,), item, "genome") for index, item in enumerate(data)]
    if isinstance(data, dict) and "sample" in data:
        return [((), data, "pilot")]
    if isinstance(data, dict) and "genomes" in data:
        schema = {"properties": {"genomes": {"type": "array", "minItems": 1}}}
        closed = {**schema, "additionalProperties": False}
        checked.faults += [place.remark(keys, fault) for keys, fault in schema_faults(data, closed)]
        listed = data["genomes"] if isinstance(data["genomes"], list) else []
        return [(("genomes", index), item, "genome") for index, item in enumerate(listed)]
    if isinstance(data, dict) and data:
        return [((), data, "genome")]
    found = shown(data) if data else "nothing"
    message = f"expected a genome (`name:` and its reads) or a list of them, found {found}"
    checked.faults.append(place.remark((), message))
    return []


def _title(number: int, item: Any) -> str:
    name = ""
    if isinstance(item, dict):
        sample = item["sample"] if isinstance(item.get("sample"), dict) else item
        name = sample.get("name") or sample.get("id") or ""
    return f"genome {number} ({name})" if isinstance(name, str) and name else f"genome {number}"


def _checks_of(
    item: Mapping[str, Any], kind: str, place: Place, folder: Path, checked: Checked
) -> list[GenomeCheck]:
    if kind == "genome":
        return [GenomeCheck(item, place, folder, checked)]
    checks = []
    for genome, origin in from_pilot(item):
        own = Place(place.file, place.lines, place.prefix, place.genome, origin)
        checks.append(GenomeCheck(genome, own, folder, checked))
    if len(checks) > 1:
        ids = ", ".join(str(check.genome.get("id")) for check in checks)
        message = f"each assembly is evaluated as a separate genome: {ids}"
        checked.notes.append(place.remark(("assembly",), message))
    unused = [key for key in ("mito_hmm", "plastid_hmm") if key in item]
    builds = item["assembly"] if isinstance(item.get("assembly"), list) else []
    if any(isinstance(build, dict) and {"pri_gfa", "alt_gfa"} & build.keys() for build in builds):
        unused.append("assembly graphs (pri_gfa, alt_gfa)")
    if unused:
        checked.notes.append(place.remark((), f"not used: {', '.join(unused)}"))
    return checks


def _refuse_repeated_ids(checks: Sequence[GenomeCheck], records: Sequence[Genome]) -> None:
    seen: dict[str, str] = {}
    for check, record in zip(checks, records, strict=True):
        ident = record["id"]
        if not isinstance(ident, str):
            continue
        keys: Keys = ("id",) if "id" in check.genome else ("name",)
        if ident in seen:
            check.fault(
                keys, f"the id `{ident}` is already that of {seen[ident]}; give each genome its own `id`"
            )
        seen.setdefault(ident, check.place.genome)


def _refuse_renaming(check: GenomeCheck, record: Genome, steps: Sequence[str]) -> None:
    """Genes and hints lie on the sequences of the given assembly: steps that rename these are a fault."""
    given = record["assembly"]
    if not given or given["stage"] not in STAGES or given["stage"] == "curated":
        return
    step = "scaffold" if given["stage"] != "scaffolded" and record["hic"] else "chromosomes"
    if step not in steps or (step == "chromosomes" and given["stage"] != "scaffolded"):
        return
    for key in ("annotation", "hints"):
        if record[key]:
            check.fault(
                (key,),
                f"it is on the sequences of the given assembly, which the step {step} renames; give the "
                "assembly with `stage: curated`, or run the workflow annotation alone",
            )


def check_needs(check: GenomeCheck, steps: Sequence[str], assembler: str) -> None:
    """What the steps of the assembly workflow need; what is absent but not needed becomes a note."""
    genome = check.genome
    has: dict[str, bool] = {kind: bool(genome.get(kind)) for kind in (*LONG, *PAIRED)}
    if genome.get("assembly", {}).get("curated") and "chromosomes" not in steps:
        check.fault(
            ("assembly", "curated"), "the step chromosomes applies curated maps; add chromosomes to --steps"
        )
    later = [step for step in ("hic", "evaluate") if step in steps]
    if genome.get("assembly"):
        if "assemble" in steps:
            check.note(("assembly",), "starts from this assembly; no reads are assembled")
    elif "assemble" in steps:
        _check_assembler_reads(check, has, steps, assembler)
    elif later:
        check.fault(
            (),
            f"step {later[0]} needs an assembly: give one under `assembly:` or add assemble to --steps",
        )
    if "reads" in steps and not any(has[kind] for kind in ("hifi", "ont", "hic", "illumina")):
        check.note((), "no reads are given: the step reads does nothing")
    if "hic" in steps and not has["hic"]:
        check.note((), "no Hi-C reads are given: the step hic is skipped")
    given = genome.get("assembly")
    stage = given.get("stage") if isinstance(given, dict) else "raw"
    scaffolds = stage in ("scaffolded", "curated") or (has["hic"] and "scaffold" in steps)
    if "purge" in steps:
        _note_unpurged(check, has["hifi"], steps, stage, given)
    if "chromosomes" in steps and not scaffolds:
        reason = "the step scaffold is not run" if has["hic"] else "no Hi-C reads are given"
        check.note((), f"{reason}, so the step chromosomes names no chromosomes")
    if "ear" in steps and "evaluate" not in steps:
        check.note((), "the step ear reports what the step evaluate measures: without it there is no EAR")
    if "evaluate" in steps and not (has["hifi"] or has["illumina"]):
        check.note(
            (),
            "no HiFi or Illumina reads are given: k-mer QV and completeness are not measured",
        )


def _note_unpurged(check: GenomeCheck, hifi: bool, steps: Sequence[str], stage: Any, given: Any) -> None:
    unpurged = stage in STAGES[: STAGES.index("purged")]
    if not unpurged or not (given or "assemble" in steps):
        return
    if not hifi:
        check.note((), "no HiFi reads are given: the step purge is skipped")
    elif "reads" not in steps:
        check.note((), "the step purge is skipped: it needs the genome profile of the step reads")
    elif isinstance(given, dict) and "primary" not in (given.get("haplotypes") or given):
        check.note(
            ("assembly",), "the step purge works on a `primary` assembly; phased haplotypes stay as they are"
        )


def _check_assembler_reads(
    check: GenomeCheck, has: Mapping[str, bool], steps: Sequence[str], assembler: str
) -> None:
    if not (has["hifi"] or has["ont"]):
        check.fault(
            (),
            "step assemble needs long reads: give them under `hifi` (or `ont`), or an existing "
            "assembly under `assembly:`",
        )
    elif not has["hifi"] and assembler in ("hifiasm", "wtdbg2"):
        check.fault(("ont",), f"{assembler} needs HiFi reads; with only ONT use --assembler flye")
    estimated = "reads" in steps and (has["hifi"] or has["illumina"])
    if assembler in ("flye", "wtdbg2") and not estimated and not check.genome.get("genome_size"):
        check.fault(
            (),
            f"{assembler} needs the genome size: give `genome_size`; only the step "
            "reads estimates it, from HiFi or Illumina reads",
        )
