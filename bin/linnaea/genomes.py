"""`genomes.yml`: read, check against assets/genomes.schema.json and the files it names, normalise.

Every fault is collected, none stops the check, so that a user sees all of them at once.
"""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from linnaea.annotation_input import check_annotation
from linnaea.errors import InputError
from linnaea.input_files import (
    FileFacts,
    check_fasta,
    check_gff,
    check_reads,
    regular_file,
    safe_path,
)
from linnaea.run_options import words
from linnaea.schema_faults import schema_faults, shown
from linnaea.yaml_input import Keys, Place, Remark, dotted, load_yaml, without_nulls

ROOT = Path(__file__).parents[2]
SCHEMA = ROOT / "assets" / "genomes.schema.json"
LONG = ("hifi", "ont", "isoseq")
PAIRED = ("hic", "illumina", "rnaseq")
SEQUENCES = ("proteins", "repeats")
# Names of folders beside those of the genomes in the results directory.
RESERVED_IDS = ("pipeline_info", "popgen", "multiqc")
_FACTS = (
    "taxid", "ploidy", "haploid_number", "genetic_code", "mito_code", "sex", "lineage",
    "telomere_motif", "locus_tag",
)  # fmt: skip


# Normalising


def genome_size_bp(size: float | str | None) -> int | None:
    """Bases of a genome size: 450000000, "450m", "1.2 Gb"; None stays None."""
    if size is None:
        return None
    match = re.fullmatch(r"([0-9.]+(?:[eE]\+?[0-9]+)?) ?([kmgt]?)(?:bp?)?", str(size).strip().lower())
    if not match:
        raise ValueError(f"{size!r} is no genome size")
    return round(float(match[1]) * 1000 ** " kmgt".index(match[2] or " "))


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


class GenomeCheck:
    """Checks one genome and makes its normalised form; faults and notes go to `checked`."""

    def __init__(
        self,
        genome: Mapping[str, Any],
        place: Place,
        folder: Path,
        checked: "Checked",
    ) -> None:
        self.genome, self.place, self.folder = genome, place, folder
        self.checked = checked
        self.files: list[tuple[tuple[int, int], str, Keys]] = []

    def fault(self, keys: Keys, message: str) -> None:
        self.checked.faults.append(self.place.remark(keys, message))

    def note(self, keys: Keys, message: str) -> None:
        self.checked.notes.append(self.place.remark(keys, message))

    def normalised(self) -> dict[str, Any]:
        """All keys of the contract, null or [] when absent; complete only when no fault was found."""
        genome = self.genome
        name = genome.get("name")
        ident = genome.get("id") or (name.replace(" ", "_") if isinstance(name, str) else None)
        if ident in RESERVED_IDS:
            self.fault(("id",), f"`{ident}` is the name of a folder of the results; choose another")
        record = {"id": ident, "name": name, **{key: genome.get(key) for key in _FACTS}}
        record["genome_size_bp"] = self._genome_size()
        if isinstance(record["lineage"], str):
            record["lineage"] = ", ".join(re.split(r"\s*[;,]\s*", record["lineage"].strip("; ")))
        if record["telomere_motif"] == "auto":
            record["telomere_motif"] = None
        record["busco_lineages"] = self._busco_lineages()
        for kind in LONG:
            record[kind] = self._entries(kind, self._long)
        for kind in PAIRED:
            record[kind] = self._entries(kind, self._paired)
        for kind in SEQUENCES:
            record[kind] = self._entries(kind, self._sequences)
        record["assembly"] = self._assembly()
        record["annotation"] = self._one(("annotation",), genome.get("annotation"), check_gff)
        record["hints"] = self._files(("hints",), genome.get("hints"), check_gff)
        record["liftover"] = self._liftover()
        record["reference_annotation"] = self._reference()
        self._refuse_mixtures(record)
        return record

    def _genome_size(self) -> int | None:
        try:
            return genome_size_bp(self.genome.get("genome_size"))
        except ValueError:
            return None  # the schema has named it

    def _busco_lineages(self) -> list[str]:
        given = self.genome.get("busco_lineages") or []
        items = [given] if isinstance(given, str) else given if isinstance(given, list) else []
        names = [part.strip() for item in items if isinstance(item, str) for part in item.split(",")]
        return [self._busco_lineage(name) for name in names]

    def _busco_lineage(self, name: str) -> str:
        """A lineage as it was named, or the absolute path of a downloaded one."""
        try:
            if "/" in name:
                path = safe_path(name, self.folder)
                if not Path(path).is_dir():
                    raise InputError(f"{path} is no directory; give a downloaded BUSCO lineage")
                return path
            if not re.fullmatch(r"[A-Za-z0-9_][A-Za-z0-9_.-]*", name):
                raise InputError(f"{name!r} is no name of a lineage, such as insecta_odb10")
        except InputError as error:
            self.fault(("busco_lineages",), str(error))
        return name

    def _entries(
        self, kind: str, make: Callable[[str, Keys, Mapping[str, Any]], dict[str, Any]]
    ) -> list[dict[str, Any]]:
        listed = self.genome.get(kind)
        entries = []
        for index, entry in enumerate(listed if isinstance(listed, list) else []):
            if isinstance(entry, dict):
                library = entry.get("library", f"{kind}{index + 1}")
                entries.append({"library": library, "type": kind, **make(kind, (kind, index), entry)})
        return entries

    def _long(self, kind: str, keys: Keys, entry: Mapping[str, Any]) -> dict[str, Any]:
        paths = self._reads((*keys, "reads"), entry.get("reads"), ("fastq", "fasta", "bam"))
        formats = {self.checked.facts[path].format for path in paths if path in self.checked.facts}
        if len(formats) > 1:
            self.fault(keys, f"one library mixes {' and '.join(sorted(formats))}; give each an entry")
        if "fasta" in formats:
            self.note(
                keys,
                "reads are FASTA without qualities: read qualities are not reported, everything else runs",
            )
        return {
            "files": paths,
            "format": min(formats, default=None),
            "kit": entry.get("kit"),
            "coverage": entry.get("coverage"),
            "bytes": self._bytes(paths),
        }

    def _paired(self, kind: str, keys: Keys, entry: Mapping[str, Any]) -> dict[str, Any]:
        single = "reads" in entry and kind == "rnaseq"
        first_key = "reads" if single else "read1"
        read1 = self._reads((*keys, first_key), entry.get(first_key), ("fastq",))
        read2 = self._reads((*keys, "read2"), entry.get("read2"), ("fastq",))
        if not single:
            self._refuse_unpaired(keys, read1, read2)
        made = {
            "read1": read1,
            "read2": read2,
            "format": "fastq",
            "kit": entry.get("kit"),
            "coverage": entry.get("coverage"),
            "bytes": self._bytes([*read1, *read2]),
        }
        if kind == "rnaseq":
            made["strandedness"] = entry.get("strandedness")
        return made

    def _refuse_unpaired(self, keys: Keys, read1: list[str], read2: list[str]) -> None:
        if len(read1) != len(read2):
            if read1 and read2:
                self.fault(
                    keys,
                    f"read1 has {len(read1)} files but read2 has {len(read2)}; list them in pairs",
                )
            return
        for one, two in zip(read1, read2, strict=True):
            a, b = self.checked.facts.get(one), self.checked.facts.get(two)
            if a is None or b is None or one == two:
                continue
            if a.first_name != b.first_name:
                self.fault(
                    keys,
                    f"{one} and {two} are no pair: their first reads are called {a.first_name} and "
                    f"{b.first_name}; give the two files of one run in the same order",
                )
            elif None not in (a.reads, b.reads) and a.reads != b.reads:
                self.fault(
                    keys,
                    f"{one} has {a.reads} reads but {two} has {b.reads}; one of them is not "
                    "complete, copy or download both again",
                )

    def _sequences(self, kind: str, keys: Keys, entry: Mapping[str, Any]) -> dict[str, Any]:
        proteins = kind == "proteins"
        path = self._one((*keys, "fasta"), entry.get("fasta"), lambda path: check_fasta(path, proteins))
        return {"fasta": path, "bytes": self._bytes([path] if path else [])}

    def _assembly(self) -> dict[str, Any] | None:
        given = self.genome.get("assembly")
        if not isinstance(given, dict):
            return None
        named = given.get("haplotypes")
        named = named if isinstance(named, dict) else {}
        listed = {("haplotypes", str(key)): value for key, value in named.items()}
        listed |= {(key,): given[key] for key in ("primary", "alternate") if key in given}
        haplotypes = {
            keys[-1]: self._one(("assembly", *keys), value, lambda path: check_fasta(path, False))
            for keys, value in listed.items()
        }
        return {
            "stage": given.get("stage"),
            "assembler": given.get("assembler"),
            "haplotypes": haplotypes,
        }

    def _liftover(self) -> list[dict[str, Any]]:
        """Relatives whose genes are lifted over; the input has one mapping or a list of them."""
        items = _items(("liftover",), self.genome.get("liftover"), dict)
        return [
            {"library": item.get("library", f"liftover{number}"), **self._pair(keys, item)}
            for number, (keys, item) in enumerate(items, 1)
        ]

    def _reference(self) -> dict[str, Any] | None:
        given = self.genome.get("reference_annotation")
        return self._pair(("reference_annotation",), given) if isinstance(given, dict) else None

    def _pair(self, keys: Keys, given: Mapping[str, Any]) -> dict[str, Any]:
        """An annotation and the assembly it lies on, None where none is given."""
        return {
            "assembly": self._one(
                (*keys, "assembly"), given.get("assembly"), lambda path: check_fasta(path, False)
            ),
            "annotation": self._one((*keys, "annotation"), given.get("annotation"), check_gff),
        }

    def _files(self, keys: Keys, given: Any, check: Callable[[str], FileFacts]) -> list[str]:
        """Absolute paths of one file or a list of files, each checked."""
        paths = [self._one(place, item, check) for place, item in _items(keys, given, str)]
        return [path for path in paths if path]

    def _reads(self, keys: Keys, given: Any, formats: tuple[str, ...]) -> list[str]:
        """Absolute paths of read files, each checked."""
        kept = self._files(keys, given, lambda path: check_reads(path, formats))
        if any(self.checked.facts[path].aligned for path in kept if path in self.checked.facts):
            self.note(keys, "the BAM file is aligned; its primary records are taken as reads, as they are")
        return kept

    def _one(self, keys: Keys, given: Any, check: Callable[[str], FileFacts]) -> str | None:
        """The absolute path of a file after its check, None when it is not even a path."""
        if not isinstance(given, str) or not given:
            return None  # absent, or the schema has named it
        try:
            path = safe_path(given, self.folder)
            known = self.checked.facts.get(path)
            if known is None:
                regular_file(path)
            status = Path(path).stat()
            self.files.append(((status.st_dev, status.st_ino), path, keys))
            self.checked.facts[path] = known or check(path)
            return path
        except InputError as error:
            self.fault(keys, str(error))
        return None

    def _bytes(self, paths: list[str]) -> int:
        return sum(self.checked.facts[path].bytes for path in paths if path in self.checked.facts)

    def _refuse_mixtures(self, record: Mapping[str, Any]) -> None:
        """Libraries of a genome need names of their own and, for HiFi, qualities in all or none."""
        seen: dict[str, Keys] = {}
        for kind in (*LONG, *PAIRED, *SEQUENCES, "liftover"):
            for index, entry in enumerate(record[kind]):
                library, keys = entry["library"], (kind, index, "library")
                if library in seen:
                    where = dotted(seen[library][:2])
                    self.fault(keys, f"the library name `{library}` is also that of {where}; rename one")
                elif isinstance(library, str):
                    seen[library] = keys
        formats = {entry["format"] for entry in record["hifi"] if entry["format"]}
        if "fasta" in formats and len(formats) > 1:
            self.fault(
                ("hifi",),
                "some libraries are FASTA without qualities, others have qualities; give all of a "
                "genome as FASTQ or BAM, or all as FASTA",
            )


def _items(keys: Keys, given: Any, kind: type) -> list[tuple[Keys, Any]]:
    """One item of a type, or those of a list, with the key path of each; the schema has named all others."""
    listed = [((*keys, index), item) for index, item in enumerate(given)] if isinstance(given, list) else []
    return [(place, item) for place, item in [(keys, given), *listed] if isinstance(item, kind)]


def refuse_repeated_files(checks: Sequence[GenomeCheck]) -> None:
    """The same file twice in a genome, or the same reads in two genomes, is a fault.

    So are two files of one name where tasks see all of a genome in one folder. Relatives may share files.
    """
    everywhere: dict[tuple[int, int], str] = {}
    for check in checks:
        here: dict[tuple[int, int], str] = {}
        names: dict[str, str] = {}
        for key, path, keys in check.files:
            if keys[0] in ("liftover", "reference_annotation"):
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


@dataclass
class Checked:
    """Normalised genomes, notes, and all faults (the genomes are complete only without faults)."""

    genomes: list[dict[str, Any]] = field(default_factory=list)
    notes: list[Remark] = field(default_factory=list)
    faults: list[Remark] = field(default_factory=list)
    # What was learnt of each file, by absolute path: none is read twice.
    facts: dict[str, FileFacts] = field(default_factory=dict)


def check_genomes(
    path: str, parameters: Mapping[str, Any]
) -> tuple[list[dict[str, Any]], list[str], list[str]]:
    """Check an input file and all it names for a run with these parameters (see nextflow_schema.json).

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
        if "assembly" in words(parameters, "workflow"):
            check_needs(check, words(parameters, "steps"), str(parameters["assembler"]))
        if "annotation" in words(parameters, "workflow"):
            check_annotation(check, record, parameters)
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
        sample = item.get("sample") if isinstance(item.get("sample"), dict) else item
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
        message = f"each assembly is judged as a genome of its own: {ids}"
        checked.notes.append(place.remark(("assembly",), message))
    unused = [key for key in ("mito_hmm", "plastid_hmm") if key in item]
    builds = item.get("assembly") if isinstance(item.get("assembly"), list) else []
    if any(isinstance(build, dict) and {"pri_gfa", "alt_gfa"} & build.keys() for build in builds):
        unused.append("assembly graphs (pri_gfa, alt_gfa)")
    if unused:
        checked.notes.append(place.remark((), f"not used: {', '.join(unused)}"))
    return checks


def _refuse_repeated_ids(checks: Sequence[GenomeCheck], records: Sequence[Mapping[str, Any]]) -> None:
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


def check_needs(check: GenomeCheck, steps: Sequence[str], assembler: str) -> None:
    """What the steps of the assembly workflow need; what is absent but not needed becomes a note."""
    genome = check.genome
    has = {kind: bool(genome.get(kind)) for kind in (*LONG, *PAIRED)}
    later = [step for step in ("hic", "evaluate") if step in steps]
    if genome.get("assembly"):
        if "assemble" in steps:
            check.note(("assembly",), "starts from this assembly; no reads are assembled")
    elif "assemble" in steps:
        _check_assembler_reads(check, has, assembler)
    elif later:
        check.fault(
            (),
            f"step {later[0]} needs an assembly: give one under `assembly:` or add assemble to --steps",
        )
    if "reads" in steps and not any(has[kind] for kind in ("hifi", "ont", "hic", "illumina")):
        check.note((), "no reads are given: the step reads does nothing")
    if "hic" in steps and not has["hic"]:
        check.note((), "no Hi-C reads are given: the step hic is skipped")
    if "evaluate" in steps and not (has["hifi"] or has["illumina"]):
        check.note(
            (),
            "no HiFi or Illumina reads are given: k-mer QV and completeness are not measured",
        )


def _check_assembler_reads(check: GenomeCheck, has: Mapping[str, bool], assembler: str) -> None:
    if not (has["hifi"] or has["ont"]):
        check.fault(
            (),
            "step assemble needs long reads: give them under `hifi` (or `ont`), or an existing "
            "assembly under `assembly:`",
        )
    elif not has["hifi"] and assembler in ("hifiasm", "wtdbg2"):
        check.fault(("ont",), f"{assembler} is run on HiFi reads here; with ONT alone use --assembler flye")
