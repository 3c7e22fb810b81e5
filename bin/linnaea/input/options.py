"""Options of a run, checked before any task: names, files, and the programs that the choices call."""

import difflib
import json
import os
import sqlite3
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

from linnaea.base.errors import InputError
from linnaea.catalogue.parameters import SCHEMA, entries
from linnaea.input.files import check_fasta, check_outdir, regular_file, safe_path
from linnaea.input.run_input import Genome
from linnaea.input.schema import parameter_faults

# Where paths of options start.
START = "where the run is started"
WORKFLOWS = ("assembly", "annotation", "popgen", "submission")
STEPS = (
    "reads", "assemble", "polish", "organelles", "screen", "purge", "scaffold", "chromosomes", "hic",
    "evaluate", "ear", "noncoding", "function", "quality", "report",
)  # fmt: skip
# What OMArk reads.
OMARK = ("omark_database", "omark_taxonomy")
HDF5 = b"\x89HDF\r\n\x1a\n"
ETE3_TAXONOMY = 2  # version of the format of ete3 3.1
# Parameters of text that may be digits only.
DIGITS = ("input", "outdir", "outgroup", "roh_classes")


def words(parameters: Mapping[str, Any], key: str) -> list[str]:
    """The items of a comma-separated parameter."""
    return [word.strip() for word in str(parameters.get(key) or "").split(",") if word.strip()]


def given_option(parameters: Mapping[str, Any], key: str) -> str:
    """The text of an option, "" when it is not given (the engine writes null for that)."""
    value = parameters.get(key)
    return "" if value in (None, "null") else str(value)


def all_parameters(given: Mapping[str, Any]) -> dict[str, Any]:
    """Given parameters over the defaults of nextflow_schema.json.

    The engine reads text such as `--outgroup 12` as a number: those of `DIGITS` are text again.
    """
    parameters = {**{name: entry.get("default") for name, entry in entries().items()}, **given}
    for key in DIGITS:
        if isinstance(parameters[key], int | float) and not isinstance(parameters[key], bool):
            parameters[key] = str(parameters[key])
    return parameters


def choices() -> dict[str, list[str]]:
    """Parameters that choose one of several values -> the values."""
    return {name: entry["enum"] for name, entry in entries().items() if "enum" in entry}


def check_run(parameters: Mapping[str, Any]) -> list[str]:
    """Faults of the options of a run: unknown names, values out of range, files that are not there."""
    faults = []
    for key, known, kind in (
        ("workflow", WORKFLOWS, "workflow"),
        ("steps", STEPS, "step"),
        ("assembler", choices()["assembler"], "assembler"),
    ):
        for word in words(parameters, key) or [""]:
            if word not in known:
                faults.append(f"option --{key}: unknown {kind} {word!r}; {_close(word, known)}")
    # Those have better words here.
    own = ("input", "outdir", "workflow", "steps", "assembler")
    others = {key: value for key, value in parameters.items() if key not in own}
    faults += parameter_faults(others, json.loads(SCHEMA.read_text()))
    # Inside the image this runs only where the image is there.
    image = given_option(parameters, "image")
    inside = Path("/etc/linnaea-release").exists()
    if image.startswith("/") and not (parameters["plan"] or inside or Path(image).exists()):
        faults.append(
            f"option --image: {image} is missing; give the place of the image, or make it there as "
            "docs/howto/containers.md says"
        )
    checks = {
        "outdir": check_outdir,
        "busco_lineage": _folder("a downloaded BUSCO lineage"),
        # OMAmer itself refuses HDF5 of another kind, in its task.
        "omark_database": _plain_file(HDF5, "an OMAmer database (HDF5)", "one such as LUCA.h5"),
        "omark_taxonomy": _check_taxonomy,
        "fcs_gx_database": _check_fcs_gx,
        "oatk_profiles": _check_oatk,
        "rfam": _folder("one with Rfam.cm and Rfam.clanin", "Rfam.cm", "Rfam.clanin"),
        "eggnog_data": _folder("the one that download_eggnog_data.py filled", "eggnog.db"),
        "function_proteins": _check_proteins,
        "pfam": _plain_file(b"HMMER3/", "a file of HMMER 3 profiles", "Pfam-A.hmm"),
        "interproscan": _check_program,
        "truth": _folder("the one that `linnaea simulate` wrote"),
    }
    # Populations alone use no file of the other workflows.
    used = ("outdir",) if words(parameters, "workflow") == ["popgen"] else checks
    for key, check in checks.items():
        value = parameters.get(key)
        if not isinstance(value, str) or not value or key not in used:
            continue
        try:
            check(safe_path(value, Path.cwd()))
        except InputError as error:
            faults.append(f"option --{key}: {error}")
    lone = [key for key in OMARK if bool(parameters.get(key)) and not all(map(parameters.get, OMARK))]
    faults += [
        f"option --{key}: OMArk needs --{other} as well; give both, or neither"
        for key, other in (OMARK, OMARK[::-1])
        if key in lone
    ]
    if parameters.get("organelle_assembler") == "oatk" and not parameters.get("oatk_profiles"):
        faults.append(
            "option --organelle_assembler: Oatk needs profiles of mitochondrial genes; give the .fam file of "
            "OatkDB by --oatk_profiles, or use --organelle_assembler linnaea"
        )
    if parameters.get("contamination_screen") == "fcs_gx" and not parameters.get("fcs_gx_database"):
        faults.append(
            "option --contamination_screen: FCS-GX needs its database; give its folder by --fcs_gx_database, "
            "or use --contamination_screen linnaea"
        )
    if parameters.get("repeat_modeler") and parameters.get("repeat_masker") != "repeatmasker":
        faults.append(
            "option --repeat_modeler: its families are used by RepeatMasker only; add --repeat_masker "
            "repeatmasker, or leave it out"
        )
    classes = words(parameters, "roh_classes")
    if all(word.isdigit() for word in classes) and sorted({int(word) for word in classes}) != [
        int(word) for word in classes
    ]:
        faults.append(
            "option --roh_classes: the lengths are not ascending; list each length once, shortest first"
        )
    return faults


def truth_notes(parameters: Mapping[str, Any], genomes: Sequence[Genome]) -> list[str]:
    """Why assemblies will not be compared with the truth that is given; [] when they will be."""
    if not given_option(parameters, "truth") or "assembly" not in words(parameters, "workflow"):
        return []
    missing = [step for step in ("reads", "evaluate") if step not in words(parameters, "steps")]
    if missing:
        return [
            "option --truth: assemblies are not compared with it, because --steps lacks "
            f"{' and '.join(missing)}; add {'them' if len(missing) > 1 else 'it'} for the comparison"
        ]
    return [
        f"option --truth: the assembly of {genome['id']} is not compared with it, because that needs HiFi "
        "reads"
        for genome in genomes
        if not genome["hifi"]
    ]


def organelle_faults(parameters: Mapping[str, Any], genomes: Sequence[Genome]) -> list[str]:
    """Genomes of whose mitochondrion MitoHiFi lacks a relative."""
    if parameters.get("organelle_assembler") != "mitohifi" or "organelles" not in words(parameters, "steps"):
        return []
    return [
        f"option --organelle_assembler: MitoHiFi needs a related mitochondrion of {genome['id']}; add "
        "`organelle_relative` (FASTA) and `organelle_genes` (GenBank) to the genome"
        for genome in genomes
        if genome["hifi"] and not (genome["organelle_relative"] and genome["organelle_genes"])
    ]


def screen_faults(parameters: Mapping[str, Any], genomes: Sequence[Genome]) -> list[str]:
    """Genomes that FCS-GX cannot screen, because their place in the taxonomy is not given."""
    if parameters.get("contamination_screen") != "fcs_gx" or "screen" not in words(parameters, "steps"):
        return []
    if "assembly" not in words(parameters, "workflow"):
        return []
    return [
        f"option --contamination_screen: FCS-GX needs the NCBI taxonomy identifier of {genome['id']}; add "
        "`taxid` to the genome"
        for genome in genomes
        if not genome["taxid"]
    ]


def busco_notes(parameters: Mapping[str, Any], genomes: Sequence[Genome]) -> list[str]:
    """Notes on genomes of another genetic code, whose assembly BUSCO reads with another program."""
    if not given_option(parameters, "busco_lineage") or "evaluate" not in words(parameters, "steps"):
        return []
    return [
        f"option --busco_lineage: BUSCO searches the assembly of {genome['id']} with metaeuk, as its "
        f"miniprot only knows the standard genetic code; the genome has code {genome['genetic_code']}"
        for genome in genomes
        if genome.get("genetic_code") not in (None, 1, 11)
    ]


def _close(word: str, known: Sequence[str] | Mapping[str, Any]) -> str:
    close = difflib.get_close_matches(word, list(known), n=1)
    return f"did you mean {close[0]}?" if close else f"known are {', '.join(known)}"


def _folder(wanted: str, *files: str) -> Callable[[str], None]:
    """A check that a path is a folder with these files."""

    def check(path: str) -> None:
        if not Path(path).is_dir():
            raise InputError(f"{path} is not a folder; give {wanted}")
        lacking = [name for name in files if not (Path(path) / name).is_file()]
        if lacking:
            raise InputError(f"{path} has no {' and no '.join(lacking)}; give {wanted}")

    return check


def _check_oatk(path: str) -> None:
    _plain_file(b"HMMER3/", "a file of HMMER 3 profiles", "one of OatkDB, such as insecta_mito.fam")(path)
    lacking = [suffix for suffix in ("h3f", "h3i", "h3m", "h3p") if not Path(f"{path}.{suffix}").is_file()]
    if lacking or not path.endswith(".fam"):
        wanted = f"run `hmmpress {path}`" if lacking else "rename it to end in .fam"
        raise InputError(f"{path} is not as Oatk reads it; {wanted}")


def _check_fcs_gx(path: str) -> None:
    if not Path(path).is_dir():
        raise InputError(f"{path} is not a folder; give the folder of the database of FCS-GX")
    names = {file.stem for file in Path(path).glob("*.gxi")} & {
        file.stem for file in Path(path).glob("*.gxs")
    }
    if not names:
        raise InputError(
            f"{path} has no .gxi and .gxs file of one name; give the folder that sync_files.py of FCS filled"
        )


def _check_proteins(path: str) -> None:
    regular_file(path, START)
    if not path.endswith(".dmnd"):
        check_fasta(path, proteins=True)


def _plain_file(signature: bytes, kind: str, wanted: str) -> Callable[[str], None]:
    """A check that a path is a file that begins with `signature`, not compressed."""

    def check(path: str) -> None:
        regular_file(path, START)
        with Path(path).open("rb") as handle:
            start = handle.read(len(signature))
        if start.startswith(b"\x1f\x8b"):
            raise InputError(f"{path} is gzip; unpack it with `gunzip` and give the plain file")
        if start != signature:
            raise InputError(f"{path} is not {kind}; give {wanted}")

    return check


def _check_taxonomy(path: str) -> None:
    """A taxonomy of another format makes ete3 download a new one."""
    regular_file(path, START)
    try:
        with closing(sqlite3.connect(f"{Path(path).resolve().as_uri()}?mode=ro", uri=True)) as database:
            versions = database.execute("SELECT version FROM stats").fetchall()
    except sqlite3.Error:
        versions = []
    if versions != [(ETE3_TAXONOMY,)]:
        raise InputError(
            f"{path} is not the NCBI taxonomy as ete3 makes it; give taxa.sqlite, written by "
            "`ete3.NCBITaxa(dbfile='taxa.sqlite', taxdump_file='taxdump.tar.gz')`"
        )


def _check_program(path: str) -> None:
    regular_file(path, START)
    if not os.access(path, os.X_OK):
        raise InputError(
            f"{path} is not an executable program; give interproscan.sh of an installation (`chmod +x` if it "
            "is yours)"
        )
