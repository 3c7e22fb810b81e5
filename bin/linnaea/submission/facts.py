"""What is known of a genome before its packages are made, and what is missing, with who can supply it."""

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from linnaea.base.errors import InputError

STUDY = re.compile(r"PRJ[EDN][A-Z]\d+|[EDS]RP\d{6,}")
RUN = re.compile(r"[EDS]RR\d{6,}")
MITOCHONDRION = "mitochondrion"
# Who supplies accessions, and where facts of a submission go.
WEBIN = "data steward, from Webin"
PLACE = "genomes.yml: submission"
READS = "reads"  # the part of a submission that the reads are


class Gap(NamedTuple):
    """A fact that a submission waits for: of which part, who supplies it, and where it goes."""

    part: str
    missing: str
    supplier: str
    place: str


@dataclass(frozen=True)
class Library:
    """A library of reads: the file names of each of its runs (two for pairs), and its facts."""

    name: str
    type: str
    files: list[list[str]]
    format: str | None
    paired: bool
    kit: str | None = None
    coverage: float | None = None
    instrument: str | None = None
    strategy: str | None = None
    selection: str | None = None
    insert_size: int | None = None
    sample: str | None = None
    runs: tuple[str, ...] = ()


@dataclass(frozen=True)
class Part:
    """What is submitted alone, with a study of its own: a haplotype, an organelle or a cobiont."""

    name: str
    assembly_name: str
    organism: str
    title: str
    study: str | None
    sample: str | None
    locus_tag: str
    code: int
    mito_code: int | None
    circular: bool | None = None
    coverage: float | None = None
    program: str | None = None
    organelle: str = ""
    cobiont: bool = False


class GenomeFacts:
    """A genome as the check of the input hands it on, for its submission."""

    def __init__(self, record: dict[str, Any]) -> None:
        self.id: str = record["id"]
        self.name: str = record["name"]
        self.taxid: int | None = record.get("taxid")
        self.locus_tag: str = record.get("locus_tag") or ""
        self.code: int = record.get("genetic_code") or 1
        self.mito_code: int | None = record.get("mito_code")
        self.assembler: str | None = record.get("assembler")
        self.given: bool = bool(record.get("with_assembly"))
        self.submission: dict[str, Any] = record.get("submission") or {}
        self.studies: dict[str, str] = self.submission.get("studies") or {}
        self.cobionts: dict[str, dict[str, Any]] = {
            one["id"]: one for one in self.submission.get("cobionts") or ()
        }
        self.libraries = [_library(one) for one in record.get("libraries", ())]

    def asked(self, key: str) -> Any:
        """A value of `submission:`, None when it is not given."""
        return self.submission.get(key)

    def part(self, name: str) -> Part:
        """The facts of a part by its name: a haplotype, `mitochondrion`, or the id of a cobiont."""
        version = self.asked("version") or 1
        whole = f"{self.id}.{version}" if name == "primary" else f"{self.id}-{name}.{version}"
        if one := self.cobionts.get(name):
            return Part(
                name, f"{name}.{version}", one["name"],
                f"{one['name']}, cobiont of {self.name} {self.id}: genome assembly",
                one.get("study") or self.studies.get(name), one.get("sample"), one.get("locus_tag") or "",
                one.get("genetic_code") or 11, None, one.get("circular"), one.get("coverage"),
                one.get("program") or self.asked("program"),
                cobiont=True,
            )  # fmt: skip
        organelle = MITOCHONDRION if name == MITOCHONDRION else ""
        given = self.asked(MITOCHONDRION) or {}
        title = "mitochondrial genome" if organelle else f"genome assembly, {name}"
        return Part(
            name, whole, self.name, f"{self.name}, {self.id}: {title}", self.studies.get(name),
            self.asked("sample"), self.locus_tag, self.code, self.mito_code,
            given.get("circular") if organelle else None,
            given.get("coverage") if organelle else self.asked("coverage"),
            given.get("program") if organelle else self.asked("program"), organelle,
        )  # fmt: skip

    def runs(self) -> list[str]:
        """Accessions of the runs of genomic reads, in the order of the libraries."""
        return [run for one in self.libraries if one.type in ("hifi", "ont", "hic") for run in one.runs]


def _library(record: dict[str, Any]) -> Library:
    if "files" in record:
        files = [[path] for path in record["files"]]
    else:
        mates = record.get("read2") or []
        files = [list(pair) for pair in zip(record["read1"], mates, strict=True)] if mates else []
        files = files or [[path] for path in record["read1"]]
    facts = record.get("archive") or {}
    return Library(
        name=record["library"],
        type=record["type"],
        files=[[Path(path).name for path in run] for run in files],
        format=record.get("format"),
        paired=bool(record.get("read2") or record.get("paired")),
        kit=record.get("kit"),
        coverage=record.get("coverage"),
        instrument=facts.get("instrument"),
        strategy=facts.get("strategy"),
        selection=facts.get("selection"),
        insert_size=facts.get("insert_size"),
        sample=facts.get("sample"),
        runs=tuple(facts.get("runs") or ()),
    )


def read_facts(path: str | Path) -> GenomeFacts:
    """The facts of a genome from JSON."""
    try:
        return GenomeFacts(json.loads(Path(path).read_text()))
    except (ValueError, KeyError, TypeError) as error:
        raise InputError(f"{path} is not a genome of the checked input ({error}); make it again") from None
