"""What of a cohort of people may leave a protected site: tables of groups, allele frequencies, no individual.

Only the files and columns that are listed here are taken, groups of few samples are left out, and every text
that leaves is searched for names of samples, users and machines, paths and personal numbers.
"""

import getpass
import hashlib
import json
import os
import re
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any, BinaryIO, cast

import numpy as np

from linnaea.base.errors import InputError
from linnaea.base.tables import read_table
from linnaea.catalogue.columns import known_columns
from linnaea.population.genotypes import sample_columns
from linnaea.population.samples import Sample, groups, read_samples

# Groups and allele counts below it are left out: what Swedish registers and biobanks ask for most often.
LEAST = 10
STATISTICS = "popgen/04_statistics"
# Tables that may leave, each with its columns of text; every other column holds numbers.
TABLES: dict[str, tuple[str, ...]] = {
    f"{STATISTICS}/diversity.tsv": ("compartment", "group"),
    f"{STATISTICS}/diversity_windows.tsv": ("chromosome", "compartment", "group"),
    f"{STATISTICS}/divergence.tsv": ("compartment", "group_1", "group_2"),
    f"{STATISTICS}/divergence_windows.tsv": ("chromosome", "compartment", "group_1", "group_2"),
    f"{STATISTICS}/sfs.tsv": ("group", "kind"),
    f"{STATISTICS}/sfs_2d.tsv": ("group_1", "group_2", "kind"),
    f"{STATISTICS}/f_statistics.tsv": (
        "statistic", "group_1", "group_2", "group_3", "group_4", "split", "reason",
    ),
    f"{STATISTICS}/ld_decay.tsv": ("group",),
    f"{STATISTICS}/effective_size.tsv": ("group", "interval", "reason"),
    f"{STATISTICS}/temporal.tsv": ("population", "interval", "reason"),
    "pipeline_info/software.tsv": ("process", "tool", "version"),
}  # fmt: skip
_GROUP = re.compile(r"group(_\d)?")
_NUMBER = re.compile(r"NA|[-+]?(\d+(\.\d*)?|\.\d+)([eE][-+]?\d+)?|[-+]?inf|nan")
# Personal and coordination numbers; the day of the latter is 60 higher.
_PERSONAL_NUMBER = re.compile(r"(?<!\d)(?:19|20)?\d{2}(\d{2})(\d{2})[-+]?(\d{4})(?!\d)")
_ADDRESS = re.compile(r"[\w.+-]+@[\w-]+(\.[\w-]+)+")
_PATH = re.compile(
    r"(?<![\w.])/(home|proj|users?|scratch|crex|sw|cephyr|mimer|cfs|tmp|data|mnt)/", re.IGNORECASE
)
_BASES = np.array([b"A", b"C", b"G", b"T"])


@dataclass
class Search:
    """What no released text may hold: names of samples, the user, the machine, paths, personal numbers."""

    samples: Sequence[str]
    folders: Sequence[Path]
    _names: re.Pattern[str] = field(init=False)

    def __post_init__(self) -> None:
        longest = sorted(self.samples, key=len, reverse=True)
        named = "|".join(map(re.escape, longest)) or r"(?!)"
        self._names = re.compile(rf"(?<![A-Za-z0-9])(?:{named})(?![A-Za-z0-9])")

    def identifier(self, text: str) -> str:
        """The kind of identifier in a text, "" if there is none."""
        if self._names.search(text):
            return "the name of a sample"
        if any(str(folder) in text for folder in self.folders) or _PATH.search(text):
            return "a path"
        words = set(re.split(r"[^\w.-]+", text))
        if words & {getpass.getuser(), socket.gethostname(), socket.getfqdn()} - {"root", "localhost"}:
            return "the name of a user or machine"
        if _ADDRESS.search(text):
            return "a mail address"
        if any(is_personal_number(match) for match in _PERSONAL_NUMBER.finditer(text)):
            return "a personal number"
        return ""


def is_personal_number(match: re.Match[str]) -> bool:
    """Whether digits are a Swedish personal or coordination number: a date, and the check digit by Luhn."""
    month, day = int(match[1]), int(match[2])
    if not (1 <= month <= 12 and (1 <= day <= 31 or 61 <= day <= 91)):
        return False
    digits = [int(digit) for digit in re.sub(r"\D", "", match[0])][-10:]
    doubled = (2 * digit if place % 2 == 0 else digit for place, digit in enumerate(digits))
    return sum(value // 10 + value % 10 for value in doubled) % 10 == 0


@dataclass
class Release:
    """A release under way: its folder, its limits, and what was left out."""

    folder: Path
    search: Search
    sizes: Mapping[str, int]
    least: int
    rows_left_out: dict[str, int] = field(default_factory=dict)

    def write(self, name: str) -> IO[str]:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        return path.open("w")

    def table(self, source: Path, name: str, texts: Sequence[str]) -> None:
        """Copy the rows of groups that are large enough; InputError for a text that identifies somebody."""
        rows = list(read_table(source))
        if not rows:
            return
        known = [column for column in known_columns() if column.of(name)]
        if strange := [key for key in rows[0] if not any(column.describes(name, key) for column in known)]:
            raise InputError(
                f"{source}: column {strange[0]!r} is not one that Linnaea writes; only known columns leave"
            )
        kept = [row for row in rows if self._is_large(row)]
        self.rows_left_out[name] = len(rows) - len(kept)
        with self.write(name) as handle:
            handle.write("\t".join(rows[0]) + "\n")
            for row in kept:
                for column, cell in row.items():
                    self._check(cell, column, column in texts, source)
                handle.write("\t".join(row.values()) + "\n")

    def _is_large(self, row: Mapping[str, str]) -> bool:
        named = [cell for column, cell in row.items() if _GROUP.fullmatch(column) and cell not in (".", "NA")]
        counted = [
            float(cell) for column, cell in row.items() if column.startswith("samples") and cell != "NA"
        ]
        return all(self.sizes.get(group, 0) >= self.least for group in named) and all(
            count >= self.least for count in counted
        )

    def _check(self, cell: str, column: str, is_text: bool, source: Path) -> None:
        if not is_text and not _NUMBER.fullmatch(cell):
            raise InputError(
                f"{source}: column {column} has {cell!r}, which is not a number; only columns that are known "
                "to hold no identifier leave"
            )
        if is_text and (kind := self.search.identifier(cell)):
            raise InputError(
                f"{source}: column {column} has {kind} ({cell!r}); rename it in the table of samples or the "
                "reference, and run again"
            )


def release(
    results: str,
    /,
    *,
    out: str,
    least: int = LEAST,
    frequencies: bool = False,
    assembly: str = "",
) -> None:
    """Folder of what may leave a protected site of a run of popgen: tables of groups without individuals.

    Rows of groups below --least samples are left out, and with --frequencies, variants of which fewer copies
    of either allele were seen. Nothing is written if a text that would leave holds the name of a sample, a
    user, a machine, a path, a mail address or a personal number.

    results: results folder of the run
    out: folder to write; it must not exist
    least: fewest samples of a group, and fewest copies of an allele
    frequencies: also write allele frequencies of groups for a Beacon (Beacon v2, genomicVariations)
    assembly: name of the reference genome in the Beacon
    """
    source, target = Path(results), Path(out)
    if least < 1:
        raise InputError(f"--least {least}: give the fewest samples of a group, 1 or more")
    table = source / "popgen" / "samples.tsv"
    if not table.is_file():
        raise InputError(f"{results} holds no results of popgen ({table} is missing); give their folder")
    if target.exists():
        raise InputError(f"{out} exists; a release is made in a new folder")
    if target.resolve().is_relative_to(source.resolve()):
        raise InputError(f"{out} is inside the results; give a folder outside, as results must not leave")
    samples = read_samples(table)
    sizes = {name: len(members) for name, members in groups(samples).items()}
    search = Search([sample.sample for sample in samples], [source.resolve(), Path.cwd(), Path.home()])
    partial = target.with_name(f".{target.name}.partial")
    shutil.rmtree(partial, ignore_errors=True)
    old = os.umask(0o077)
    try:
        partial.mkdir(parents=True, mode=0o700)
        made = Release(partial, search, sizes, least)
        for name, texts in TABLES.items():
            if (source / name).is_file():
                made.table(source / name, Path(name).name, texts)
        if frequencies:
            write_beacon(made, source / "popgen" / "03_variants" / "variants.bcf", samples, assembly)
        write_manifest(made)
        partial.rename(target)
    finally:
        os.umask(old)
        shutil.rmtree(partial, ignore_errors=True)
    small = sorted(name for name, size in sizes.items() if size < least)
    print(f"{out}: {sum(path.is_file() for path in target.rglob('*'))} files", file=sys.stderr)
    if small:
        print(
            f"left out: {len(small)} of {len(sizes)} groups with fewer than {least} samples", file=sys.stderr
        )


def write_manifest(made: Release) -> None:
    """release.json with the limits and what was left out, and SHA256SUMS of all files."""
    facts = {
        "least_samples": made.least,
        "groups": sum(size >= made.least for size in made.sizes.values()),
        "groups_left_out": sum(size < made.least for size in made.sizes.values()),
        "rows_left_out": made.rows_left_out,
    }
    with made.write("release.json") as handle:
        handle.write(json.dumps(facts, indent=1) + "\n")
    files = sorted(path for path in made.folder.rglob("*") if path.is_file())
    sums = [
        f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.relative_to(made.folder)}\n"
        for path in files
    ]
    with made.write("SHA256SUMS") as handle:
        handle.writelines(sums)


# Beacon


def write_beacon(made: Release, variants: Path, samples: Sequence[Sample], assembly: str) -> None:
    """Allele frequencies of the groups that are large enough, as the entities of Beacon v2.

    A frequency is left out where fewer than `least` copies of either allele were seen, but none is allowed:
    else a carrier could be told, or one who is none.
    """
    if not assembly:
        raise InputError("--frequencies needs the name of the reference genome: give --assembly, e.g. GRCh38")
    if not variants.is_file():
        raise InputError(f"{variants} is missing; a run with called genotypes writes it")
    members = {name: names for name, names in groups(samples).items() if len(names) >= made.least}
    if not members:
        raise InputError(f"no group has {made.least} samples: there is no frequency to release")
    left_out = 0
    with made.write("beacon/genomicVariations.json") as handle:
        separator = "[\n"
        for record, hidden in beacon_variants(variants, members, made.least, assembly):
            left_out += hidden
            if record:
                if kind := made.search.identifier(record["variation"]["location"]["sequence_id"]):
                    raise InputError(f"{variants}: a sequence has {kind} in its name; rename it")
                handle.write(separator + json.dumps(record))
                separator = ",\n"
        handle.write("\n]\n" if separator == ",\n" else "[]\n")
    made.rows_left_out["beacon/genomicVariations.json"] = left_out
    described = [
        {"id": name, "name": name, "description": f"{len(names)} samples"} for name, names in members.items()
    ]
    with made.write("beacon/datasets.json") as handle:
        handle.write(json.dumps(described, indent=1) + "\n")


def beacon_variants(
    variants: Path, members: Mapping[str, Sequence[str]], least: int, assembly: str
) -> Iterator[tuple[dict[str, Any] | None, int]]:
    """Pairs of a biallelic SNV that passed, None if no group may show it, and the frequencies left out."""
    from linnaea.population.genotypes import dosages
    from linnaea.population.vcf_reader import read_blocks

    names = [name for listed in members.values() for name in listed]
    command = ["bcftools", "view", "-f", "PASS,.", "-Ov", str(variants)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        header, blocks = read_blocks(cast(BinaryIO, process.stdout), ("GT",), names, part_of=str(variants))
        columns = {group: sample_columns(header.samples, listed, "") for group, listed in members.items()}
        for block in blocks:
            sites = dosages(block)
            counts = {group: _allele_counts(sites.dosage[:, chosen]) for group, chosen in columns.items()}
            for row, position in enumerate(sites.position.tolist()):
                shown, hidden = [], 0
                for group, (copies, number) in counts.items():
                    count, total = int(copies[row]), int(number[row])
                    if total < 2 * least or 0 < min(count, total - count) < least:
                        hidden += 1
                    elif count:
                        shown.append(
                            {
                                "population": group,
                                "alleleFrequency": round(count / total, 6),
                                "alleleCount": count,
                                "alleleNumber": total,
                            }
                        )
                bases = [_BASES[code].decode() for code in sites.alleles[row]]
                yield (
                    (_beacon_variant(sites.chromosome, position, bases, assembly, shown) if shown else None),
                    hidden,
                )
    if process.returncode:
        raise InputError(f"{variants} cannot be read by bcftools; make it again")


def _allele_counts(dosage: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Copies of the alternate allele and of both, (k,) each, from (k, m) dosages."""
    called = dosage >= 0
    return np.where(called, dosage, 0).sum(1), 2 * called.sum(1)


def _beacon_variant(
    chromosome: str, position: int, bases: Sequence[str], assembly: str, shown: list[dict[str, Any]]
) -> dict[str, Any]:
    reference, alternate = bases
    return {
        "variantInternalId": f"{assembly}:{chromosome}:{position}:{reference}:{alternate}",
        "variation": {
            "variantType": "SNP",
            "referenceBases": reference,
            "alternateBases": alternate,
            "location": {
                "type": "SequenceLocation",
                "sequence_id": chromosome,
                "interval": {
                    "type": "SequenceInterval",
                    "start": {"type": "Number", "value": position - 1},
                    "end": {"type": "Number", "value": position},
                },
            },
        },
        "frequencyInPopulations": [{"source": "Linnaea", "sourceReference": assembly, "frequencies": shown}],
    }


COMMAND = release
