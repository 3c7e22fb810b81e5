"""One genome of `genomes.yml`: its files looked into, its keys normalised, every fault collected."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from linnaea.assembly.curate import check_map
from linnaea.assembly.stages import STAGES
from linnaea.assembly.verdict import ALTERNATE
from linnaea.base.errors import InputError
from linnaea.formats.read_names import kind_fault
from linnaea.input.files import (
    FORMAT_NAMES,
    FileFacts,
    check_agp,
    check_decisions,
    check_fasta,
    check_genbank,
    check_gene_set,
    check_genes,
    check_hints,
    check_names,
    check_reads,
    check_screen_report,
    pair_fault,
    regular_file,
    safe_path,
    shared_fault,
    swapped_fault,
)
from linnaea.input.places import Keys, Place, Remark, dotted
from linnaea.input.run_input import (
    AnnotatedAssembly,
    Archive,
    Assembly,
    CuratedMap,
    Edits,
    Genome,
    Library,
    LongKind,
    LongReads,
    PairedKind,
    Relative,
    SequenceKind,
    Sequences,
    ShortReads,
)

_Library = TypeVar("_Library", LongReads, ShortReads, Sequences)

LONG: tuple[LongKind, ...] = ("hifi", "ont", "isoseq")
PAIRED: tuple[PairedKind, ...] = ("hic", "illumina", "rnaseq")
SEQUENCES: tuple[SequenceKind, ...] = ("proteins", "repeats")
# Formats of short reads.
_SHORT = ("fastq", "interleaved", "bam", "cram")
# Haplotypes that assemblers make.
HAPLOTYPES = ("primary", "alternate", "hap1", "hap2")
# Names of folders beside those of the genomes in the results directory.
RESERVED_IDS = ("pipeline_info", "popgen", "multiqc")


def genome_size_bp(size: float | str | None) -> int | None:
    """Bases of a genome size: 450000000, "450m", "1.2 Gb"; None stays None."""
    if size is None:
        return None
    match = re.fullmatch(r"([0-9.]+(?:[eE]\+?[0-9]+)?) ?([kmgt]?)(?:bp?)?", str(size).strip().lower())
    if not match:
        raise ValueError(f"{size!r} is not a genome size")
    return round(float(match[1]) * 1000 ** " kmgt".index(match[2] or " "))


@dataclass
class Checked:
    """Normalised genomes, notes, and all faults (the genomes are complete only without faults)."""

    genomes: list[Genome] = field(default_factory=list)
    notes: list[Remark] = field(default_factory=list)
    faults: list[Remark] = field(default_factory=list)
    # What was learnt of each file, by absolute path.
    facts: dict[str, FileFacts] = field(default_factory=dict)
    # The same by path and what the file was given as: none is read twice as the same.
    checks: dict[tuple[str, ...], FileFacts] = field(default_factory=dict)


class GenomeCheck:
    """Checks one genome and makes its normalised form; faults and notes go to `checked`."""

    def __init__(
        self,
        genome: Mapping[str, Any],
        place: Place,
        folder: Path,
        checked: Checked,
    ) -> None:
        self.genome, self.place, self.folder = genome, place, folder
        self.checked = checked
        self.files: list[tuple[tuple[int, int], str, Keys]] = []

    def fault(self, keys: Keys, message: str) -> None:
        self.checked.faults.append(self.place.remark(keys, message))

    def note(self, keys: Keys, message: str) -> None:
        self.checked.notes.append(self.place.remark(keys, message))

    def normalised(self) -> Genome:
        """All keys of the contract, null or [] when absent; complete only when no fault was found."""
        genome = self.genome
        # The schema has named a missing one.
        name: Any = genome.get("name")
        ident: Any = genome.get("id") or (name.replace(" ", "_") if isinstance(name, str) else None)
        if ident in RESERVED_IDS:
            self.fault(("id",), f"`{ident}` is the name of a folder of the results; choose another")
        lineage, motif = genome.get("lineage"), genome.get("telomere_motif")
        if isinstance(lineage, str):
            lineage = ", ".join(re.split(r"\s*[;,]\s*", lineage.strip("; ")))
        record: Genome = {
            "id": ident,
            "name": name,
            "taxid": genome.get("taxid"),
            "ploidy": genome.get("ploidy"),
            "haploid_number": genome.get("haploid_number"),
            "kmer_coverage": genome.get("kmer_coverage"),
            "genetic_code": genome.get("genetic_code"),
            "mito_code": genome.get("mito_code"),
            "sex": genome.get("sex"),
            "lineage": lineage,
            "telomere_motif": None if motif == "auto" else motif,
            "locus_tag": genome.get("locus_tag"),
            "genome_size_bp": self._genome_size(),
            "organelle_relative": self.file(
                ("organelle_relative",),
                genome.get("organelle_relative"),
                lambda path: check_fasta(path, False),
            ),
            "organelle_genes": self.file(("organelle_genes",), genome.get("organelle_genes"), check_genbank),
            "edits": {},
            "busco_lineages": self._busco_lineages(),
            "hifi": self._entries("hifi", self._long),
            "ont": self._entries("ont", self._long),
            "isoseq": self._entries("isoseq", self._long),
            "hic": self._entries("hic", self._paired),
            "illumina": self._entries("illumina", self._paired),
            "rnaseq": self._entries("rnaseq", self._paired),
            "proteins": self._entries("proteins", self._sequences),
            "repeats": self._entries("repeats", self._sequences),
            "assembly": self._assembly(),
            "annotation": self.file(("annotation",), genome.get("annotation"), check_gene_set),
            "hints": self._files(("hints",), genome.get("hints"), check_hints),
            "liftover": self._liftover(),
            "reference_annotation": self._reference(),
            "submission": None,
        }
        record["edits"] = self._edits(
            record["assembly"]
        )  # reports of contamination are held against its FASTA
        self._refuse_mixtures(record)
        self._refuse_shared_names(record)
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
                    raise InputError(f"{path} is not a directory; give a downloaded BUSCO lineage")
                return path
            if not re.fullmatch(r"[A-Za-z0-9_][A-Za-z0-9_.-]*", name):
                raise InputError(f"{name!r} is not the name of a lineage such as insecta_odb10")
        except InputError as error:
            self.fault(("busco_lineages",), str(error))
        return name

    def _entries(
        self, kind: str, make: Callable[[Library, Keys, Mapping[str, Any]], _Library]
    ) -> list[_Library]:
        listed = self.genome.get(kind)
        entries = []
        for index, entry in enumerate(listed if isinstance(listed, list) else []):
            if isinstance(entry, dict):
                name = entry.get("library", f"{kind}{index + 1}")
                library: Library = {"library": name, "type": kind, "bytes": 0}
                entries.append(make(library, (kind, index), entry))
        return entries

    def _long(self, library: Library, keys: Keys, entry: Mapping[str, Any]) -> LongReads:
        kind = library["type"]
        taken = ("fastq", "fasta", "bam", *(["cram"] if kind == "isoseq" else []))
        reference = self._reads_reference(keys, entry)
        paths = self._reads((*keys, "reads"), entry.get("reads"), taken, reference)
        formats = self._formats(keys, paths)
        if "fasta" in formats:
            self.note(
                keys,
                "reads are FASTA without qualities: read qualities are not reported, all other steps run",
            )
        reads: LongReads = {
            **library,
            "files": paths,
            "format": min(formats, default=None),
            "kit": entry.get("kit"),
            "archive": _archive_facts(entry),
            "coverage": entry.get("coverage"),
            "bytes": self._bytes(paths),
            "qualities": "fasta" not in formats
            and all(self.checked.facts[path].qualities for path in paths if path in self.checked.facts),
        }
        if kind == "isoseq":
            reads["reference"] = self._decoder(keys, paths, reference)
        return reads

    def _formats(self, keys: Keys, paths: list[str]) -> set[str]:
        """Formats of the files of a library; a mixture is a fault."""
        formats = {self.checked.facts[path].format for path in paths if path in self.checked.facts}
        if len(formats) > 1:
            self.fault(keys, f"one library mixes {' and '.join(sorted(formats))}; give each an entry")
        return formats

    def _reads_reference(self, keys: Keys, entry: Mapping[str, Any]) -> str | None:
        """The FASTA that the CRAM files of a library were compressed with; None: not given, "": unusable."""
        given = entry.get("reference")
        if given is None:
            return None
        return self.file((*keys, "reference"), given, lambda path: check_fasta(path, False)) or ""

    def _decoder(self, keys: Keys, paths: list[str], given: str | None) -> str | None:
        """The reference that converts the CRAM files of a library: the one given, or the one they name."""
        facts = [self.checked.facts[path] for path in paths if path in self.checked.facts]
        crams = [fact for fact in facts if fact.format == "cram"]
        if given and facts and not crams:
            self.note((*keys, "reference"), "only CRAM needs a reference: it is not used")
        named = {fact.reference for fact in crams if fact.reference}
        if len(named) > 1:
            self.fault(
                keys,
                f"its CRAM files name several references ({', '.join(sorted(named))}); give each its own "
                "entry with its `reference`",
            )
        return min(named, default=None)

    def _paired(self, library: Library, keys: Keys, entry: Mapping[str, Any]) -> ShortReads:
        if "reads" in entry:
            return self._short_reads(library, keys, entry)
        # BAM, CRAM and interleaved FASTQ are taken, but elsewhere: that is what their fault says.
        read1 = self._reads((*keys, "read1"), entry.get("read1"), _SHORT)
        read2 = self._reads((*keys, "read2"), entry.get("read2"), _SHORT)
        for path in (*read1, *read2):
            facts = self.checked.facts.get(path)
            if facts and facts.format != "fastq":
                self.fault(
                    keys,
                    f"{path} is {FORMAT_NAMES[facts.format]}: give it as `reads`, alone, not as read1 or "
                    "read2",
                )
                return self._short_reads(library, keys, {})
        self._refuse_unpaired(keys, read1, read2)
        self._reads_reference(keys, entry)
        reads: ShortReads = {
            **library,
            "read1": read1,
            "read2": read2,
            "format": "fastq",
            "kit": entry.get("kit"),
            "archive": _archive_facts(entry),
            "coverage": entry.get("coverage"),
            "bytes": self._bytes([*read1, *read2]),
            "paired": True,
            "reference": None,
        }
        return _with_strandedness(reads, entry)

    def _short_reads(self, library: Library, keys: Keys, entry: Mapping[str, Any]) -> ShortReads:
        """A library under `reads`, as `read1`: BAM, CRAM or FASTQ, of pairs or, of RNA, of single reads."""
        kind = library["type"]
        reference = self._reads_reference(keys, entry)
        paths = self._reads((*keys, "reads"), entry.get("reads"), _SHORT, reference)
        formats = self._formats(keys, paths)
        paired = {self.checked.facts[path].paired for path in paths}
        if kind != "rnaseq":
            self._refuse_single(kind, keys, paths)
        elif len(paired) > 1 and len(formats) == 1:
            self.fault(keys, "some of its files hold pairs, others single reads; give each kind an entry")
        reads: ShortReads = {
            **library,
            "read1": paths,
            "read2": [],
            "format": min(formats, default="fastq"),
            "kit": entry.get("kit"),
            "archive": _archive_facts(entry),
            "coverage": entry.get("coverage"),
            "bytes": self._bytes(paths),
            "paired": any(paired),
            "reference": self._decoder(keys, paths, reference),
        }
        return _with_strandedness(reads, entry)

    def _refuse_single(self, kind: str, keys: Keys, paths: list[str]) -> None:
        for path in paths:
            facts = self.checked.facts[path]
            if facts.paired:
                continue
            why = "no read is followed by a mate of the same name" if facts.format == "fastq" else "no pairs"
            self.fault(
                keys,
                f"{path} holds single reads ({why}), but `{kind}` needs pairs; give `read1` and `read2`, "
                "or BAM, CRAM or interleaved FASTQ of pairs as `reads`",
            )

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
            if fault := pair_fault(one, two, a, b) or swapped_fault(one, a, b):
                self.fault(keys, fault)

    def _sequences(self, library: Library, keys: Keys, entry: Mapping[str, Any]) -> Sequences:
        proteins = library["type"] == "proteins"
        path = self.file((*keys, "fasta"), entry.get("fasta"), lambda path: check_fasta(path, proteins))
        return {**library, "fasta": path, "bytes": self._bytes([path] if path else [])}

    def _assembly(self) -> Assembly | None:
        given = self.genome.get("assembly")
        if not isinstance(given, dict):
            return None
        named = given.get("haplotypes")
        named = named if isinstance(named, dict) else {}
        listed: dict[tuple[str, ...], Any] = {("haplotypes", str(key)): value for key, value in named.items()}
        listed |= {(key,): given[key] for key in ("primary", "alternate") if key in given}
        haplotypes = {
            keys[-1]: self.file(("assembly", *keys), value, lambda path: check_fasta(path, False))
            for keys, value in listed.items()
        }
        stage: Any = given.get("stage")  # the schema has named a missing one
        maps = self._maps(given.get("curated"), haplotypes)
        if maps and stage != "scaffolded":
            self.fault(
                ("assembly", "stage"),
                f"a curated map changes scaffolds, and this assembly is {stage}; give the FASTA that the map "
                "was made from with `stage: scaffolded`, so that no other step changes it first",
            )
        return {
            "stage": stage,
            "assembler": given.get("assembler"),
            "haplotypes": haplotypes,
            "maps": maps,
        }

    def _edits(self, checked: Assembly | None) -> dict[str, Edits]:
        """What is given on contigs, by haplotype; one file is for the primary or only assembly."""
        assembly = self.genome.get("assembly")
        given = assembly if isinstance(assembly, dict) else {}
        own = given.get("haplotypes") or {name: given[name] for name in HAPLOTYPES if name in given}
        known = [str(name) for name in own] if own else list(HAPLOTYPES)
        edits: dict[str, Edits] = {}
        checks: dict[str, Callable[[str], FileFacts]] = {"keep": check_names, "decisions": check_decisions}
        reports = {"fcs_gx_report": "FCS-GX", "fcs_adaptor_report": "FCS-adaptor"}
        for key in ("keep", "decisions", *reports):
            files = self.genome.get(key)
            if isinstance(files, str):
                files = {known[0] if len(known) == 1 else "primary": files}
            for name, path in files.items() if isinstance(files, dict) else ():
                place: Keys = (key, str(name)) if isinstance(self.genome[key], dict) else (key,)
                if name not in known:
                    self.fault(place, f"there is no haplotype {name}; known are {', '.join(known)}")
                    continue
                entry = edits.setdefault(
                    str(name),
                    {"keep": None, "decisions": None, "fcs_gx_report": None, "fcs_adaptor_report": None},
                )
                if key in reports:
                    if given and given.get("stage") in STAGES[1:]:
                        self.fault(
                            place,
                            f"this assembly is {given['stage']}, so the step screen, which reads the report, "
                            "leaves it as it is; give the assembly as `stage: raw`, or leave out the report",
                        )
                    fasta = checked["haplotypes"].get(str(name)) if checked else None
                    checks[key] = partial(check_screen_report, tool=reports[key], fasta=fasta)
                entry[key] = self.file(place, path, checks[key])  # type: ignore[literal-required]
        return edits

    def _maps(self, given: Any, haplotypes: Mapping[str, str | None]) -> list[CuratedMap]:
        """Curated maps: one of all haplotypes but alternates, or one each; each is read as the step does."""
        together = [name for name in haplotypes if name not in ALTERNATE] or list(haplotypes)
        listed: dict[tuple[str, ...], tuple[Any, list[str]]] = {("curated",): (given, together)}
        if isinstance(given, dict):
            listed = {("curated", str(name)): (path, [str(name)]) for name, path in given.items()}
        maps: list[CuratedMap] = []
        for keys, (path, names) in listed.items():
            place: Keys = ("assembly", *keys)
            if strange := [name for name in names if name not in haplotypes]:
                self.fault(place, f"there is no haplotype {strange[0]}; known are {', '.join(haplotypes)}")
                continue
            curated = self.file(place, path, check_agp)
            fastas = [haplotypes[name] for name in names]
            if not curated or not all(fasta in self.checked.facts for fasta in fastas):
                continue  # another fault
            try:
                check_map([Path(str(fasta)) for fasta in fastas], names, Path(curated))
            except InputError as error:
                for line in str(error).splitlines():
                    self.fault(place, line)
            maps.append({"haplotypes": names, "file": curated})
        return maps

    def _liftover(self) -> list[Relative]:
        """Relatives whose genes are lifted over; the input has one mapping or a list of them."""
        items = _items(("liftover",), self.genome.get("liftover"), dict)
        return [
            {"library": item.get("library", f"liftover{number}"), **self._pair(keys, item)}
            for number, (keys, item) in enumerate(items, 1)
        ]

    def _reference(self) -> AnnotatedAssembly | None:
        given = self.genome.get("reference_annotation")
        return self._pair(("reference_annotation",), given) if isinstance(given, dict) else None

    def _pair(self, keys: Keys, given: Mapping[str, Any]) -> AnnotatedAssembly:
        """An annotation and the assembly it lies on, None where none is given."""
        return {
            "assembly": self.file(
                (*keys, "assembly"), given.get("assembly"), lambda path: check_fasta(path, False)
            ),
            "annotation": self.file((*keys, "annotation"), given.get("annotation"), check_genes),
        }

    def _files(self, keys: Keys, given: Any, check: Callable[[str], FileFacts]) -> list[str]:
        """Absolute paths of one file or a list of files, each checked."""
        paths = [self.file(place, item, check) for place, item in _items(keys, given, str)]
        return [path for path in paths if path]

    def _reads(
        self, keys: Keys, given: Any, formats: tuple[str, ...], reference: str | None = None
    ) -> list[str]:
        """Absolute paths of read files, each checked; `reference` decodes CRAM."""
        if reference == "":
            return []  # its own fault has been named
        kept = self._files(keys, given, lambda path: check_reads(path, formats, reference=reference))
        aligned = [path for path in kept if path in self.checked.facts and self.checked.facts[path].aligned]
        if aligned:
            kind = self.checked.facts[aligned[0]].format.upper()
            self.note(keys, f"the {kind} file is aligned; its primary records are used as reads")
        for path in kept:
            self._judge_reads(keys, path, self.checked.facts[path])
        return kept

    def _judge_reads(self, keys: Keys, path: str, facts: FileFacts) -> None:
        """Whether reads are of the kind of their key, and what is odd about their qualities."""
        kind = str(keys[0])
        if fault := kind_fault(kind, facts.names):
            self.fault(keys, f"{path} {fault}")
        if not facts.qualities and facts.format in ("bam", "cram"):
            self.note(keys, f"{path} has no qualities: read qualities are not reported")
        if facts.placeholder:
            self.note(
                keys,
                f"{path}: all bases have the same quality ({facts.placeholder}), a placeholder; read "
                "qualities are not reported",
            )
        if kind == "hifi" and facts.names.below_q20:
            looked = f"{facts.names.scored}" if facts.reads else f"the first {facts.names.scored}"
            self.note(
                keys,
                f"{path}: {facts.names.below_q20} of {looked} reads are below Q20, so they are not HiFi; "
                "they are used unless you set --min_hifi_quality 20",
            )

    def file(self, keys: Keys, given: Any, check: Callable[[str], FileFacts]) -> str | None:
        """The absolute path of a file after its check, None when it is not even a path."""
        if not isinstance(given, str) or not given:
            return None  # absent, or the schema has named it
        try:
            path = safe_path(given, self.folder)
            given_as = (path, *(key for key in keys if isinstance(key, str)))
            known = self.checked.checks.get(given_as)
            if known is None:
                regular_file(path)
            status = Path(path).stat()
            self.files.append(((status.st_dev, status.st_ino), path, keys))
            facts = self.checked.checks[given_as] = known or check(path)
            self.checked.facts.setdefault(path, facts)
            for sentence in facts.notes:
                self.note(keys, sentence)
            return path
        except InputError as error:
            self.fault(keys, str(error))
        return None

    def _bytes(self, paths: list[str]) -> int:
        return sum(self.checked.facts[path].bytes for path in paths if path in self.checked.facts)

    def _refuse_shared_names(self, record: Genome) -> None:
        """Long reads of a genome are used together, files of a short library are joined: names are unique."""
        listed = {
            (str(kind), index): library["files"]
            for kind in LONG
            for index, library in enumerate(record[kind])
        } | {
            (str(kind), index): library["read1"]
            for kind in PAIRED
            for index, library in enumerate(record[kind])
        }
        groups = [[keys for keys in listed if keys[0] in ("hifi", "ont")]]
        groups += [[keys] for keys in listed if keys[0] not in ("hifi", "ont")]
        for library_keys in groups:
            known: dict[str, FileFacts] = {}
            for keys, path in ((own, path) for own in library_keys for path in listed[own]):
                if path not in self.checked.facts or path in known:
                    continue
                facts = self.checked.facts[path]
                shared = (shared_fault(other, path, earlier, facts) for other, earlier in known.items())
                if fault := next(filter(None, shared), ""):
                    self.fault(keys, fault)
                known[path] = facts

    def _refuse_mixtures(self, record: Genome) -> None:
        """Libraries of a genome need names of their own and, for HiFi, qualities in all or none."""
        seen: dict[str, Keys] = {}
        names: list[tuple[Keys, str]] = [
            ((kind, index, "library"), entry["library"])
            for kind in (*LONG, *PAIRED, *SEQUENCES)
            for index, entry in enumerate(record[kind])
        ]
        names += [
            (("liftover", n, "library"), entry["library"]) for n, entry in enumerate(record["liftover"])
        ]
        for keys, library in names:
            if library in seen:
                where = dotted(seen[library][:2])
                self.fault(keys, f"the library name `{library}` is also that of {where}; rename one")
            elif isinstance(library, str):
                seen[library] = keys
        if len({entry["qualities"] for entry in record["hifi"] if entry["format"]}) > 1:
            self.fault(
                ("hifi",),
                "some libraries have qualities, others have none (FASTA, or BAM without qualities); give all "
                "of a genome with qualities, or all as FASTA",
            )


def _archive_facts(entry: Mapping[str, Any]) -> Archive:
    return {
        "instrument": entry.get("instrument"),
        "strategy": entry.get("strategy"),
        "selection": entry.get("selection"),
        "insert_size": entry.get("insert_size"),
        "sample": entry.get("sample"),
        "runs": entry.get("runs") or [],
    }


def _with_strandedness(reads: ShortReads, entry: Mapping[str, Any]) -> ShortReads:
    if reads["type"] == "rnaseq":
        reads["strandedness"] = entry.get("strandedness")
    return reads


def _items(keys: Keys, given: Any, kind: type) -> list[tuple[Keys, Any]]:
    """One item of a type, or those of a list, with the key path of each; the schema has named all others."""
    listed = [((*keys, index), item) for index, item in enumerate(given)] if isinstance(given, list) else []
    return [(place, item) for place, item in [(keys, given), *listed] if isinstance(item, kind)]
