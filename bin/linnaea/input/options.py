"""Options of a run, checked before any task: names, files, and the programs that the choices call."""

import difflib
import json
import os
import shutil
import sqlite3
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

from linnaea.base.errors import InputError
from linnaea.base.paths import ROOT
from linnaea.input.files import check_fasta, check_outdir, regular_file, safe_path
from linnaea.input.schema import parameter_faults

SCHEMA = ROOT / "nextflow_schema.json"
# Where paths of options start.
START = "where the run is started"
WORKFLOWS = ("assembly", "annotation", "popgen")
STEPS = ("reads", "assemble", "hic", "evaluate", "noncoding", "function", "quality", "report")
# The programs that each assembler's steps call.
ASSEMBLERS = {
    "hifiasm": ("hifiasm",),
    "flye": ("flye",),
    "wtdbg2": ("wtdbg2", "racon", "minimap2"),
}
# Those of the choices of the annotation: parameter -> choice -> programs.
TOOLS = {
    "repeat_masker": {
        "windowmasker": ("windowmasker", "dustmasker", "tantan"),
        "repeatmasker": ("RepeatMasker",),
    },
    "rna_aligner": {
        "hisat2": ("hisat2", "hisat2-build", "fastp", "samtools", "stringtie", "bedtools"),
        "star": ("STAR", "fastp", "samtools", "stringtie", "bedtools"),
    },
    "protein_aligner": {"miniprot": ("miniprot",), "spaln": ("spaln",)},
    "gene_finder": {"augustus": ("augustus", "etraining"), "braker3": ("braker.pl",), "galba": ("galba.pl",)},
    "trna_finder": {"aragorn": ("aragorn",), "trnascan": ("tRNAscan-SE",)},
}
# Those of parameters that turn something on.
OPTIONAL = {
    "repeat_modeler": ("BuildDatabase", "RepeatModeler"),
    "snap": ("fathom", "forge", "hmm-assembler.pl"),
    "rfam": ("cmpress", "cmscan"),
    "function_proteins": ("diamond",),
    "pfam": ("hmmsearch",),
    "eggnog_data": ("emapper.py",),
    "busco_lineage": ("busco",),
    "psauron": ("psauron",),
    "omark_database": ("omamer", "omark"),
}
# What OMArk reads.
OMARK = ("omark_database", "omark_taxonomy")
ETE3_TAXONOMY = 2  # version of the format of ete3 3.1
# Parameters of text that may be digits only.
DIGITS = ("input", "outdir", "outgroup", "roh_classes")
# The programs of the caller of genotypes.
CALLERS = {
    "bcftools": ("bcftools",),
    "gatk": ("gatk",),
    "deepvariant": ("run_deepvariant", "glnexus_cli"),
}
# The step of the annotation that a parameter belongs to, where it may be left out.
STEP_OF = {
    "trna_finder": "noncoding", "rfam": "noncoding", "function_proteins": "function", "pfam": "function",
    "eggnog_data": "function", "busco_lineage": "quality", "psauron": "quality",
    "omark_database": "quality",
}  # fmt: skip


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
    groups = json.loads(SCHEMA.read_text())["$defs"].values()
    entries = {name: entry for group in groups for name, entry in group["properties"].items()}
    parameters = {**{name: entry.get("default") for name, entry in entries.items()}, **given}
    for key in DIGITS:
        if isinstance(parameters[key], int | float) and not isinstance(parameters[key], bool):
            parameters[key] = str(parameters[key])
    return parameters


def check_run(parameters: Mapping[str, Any]) -> list[str]:
    """Faults of the options of a run: unknown names, values out of range, files that are not there."""
    faults = []
    for key, known, kind in (
        ("workflow", WORKFLOWS, "workflow"),
        ("steps", STEPS, "step"),
        ("assembler", ASSEMBLERS, "assembler"),
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
        "omark_database": _check_omamer,
        "omark_taxonomy": _check_taxonomy,
        "rfam": _folder("one with Rfam.cm and Rfam.clanin", "Rfam.cm", "Rfam.clanin"),
        "eggnog_data": _folder("the one that download_eggnog_data.py filled", "eggnog.db"),
        "function_proteins": _check_proteins,
        "pfam": _check_profiles,
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


def truth_notes(parameters: Mapping[str, Any], genomes: Sequence[Mapping[str, Any]]) -> list[str]:
    """Why assemblies will not be compared with the truth that is given; [] when they will be."""
    if not given_option(parameters, "truth") or "assembly" not in words(parameters, "workflow"):
        return []
    missing = [step for step in ("reads", "evaluate") if step not in words(parameters, "steps")]
    if missing:
        return [
            "option --truth: assemblies are not compared with it, as --steps lacks "
            f"{' and '.join(missing)}; add {'them' if len(missing) > 1 else 'it'} for the comparison"
        ]
    return [
        f"option --truth: the assembly of {genome['id']} is not compared with it, as that needs HiFi reads"
        for genome in genomes
        if not genome["hifi"]
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


def _check_proteins(path: str) -> None:
    regular_file(path, START)
    if not path.endswith(".dmnd"):
        check_fasta(path, proteins=True)


def _check_profiles(path: str) -> None:
    regular_file(path, START)
    with Path(path).open("rb") as handle:
        start = handle.read(8)
    if start.startswith(b"\x1f\x8b"):
        raise InputError(f"{path} is gzip; unpack it with `gunzip` and give the plain file")
    if not start.startswith(b"HMMER3/"):
        raise InputError(f"{path} is not a file of HMMER 3 profiles; give Pfam-A.hmm")


def _check_omamer(path: str) -> None:
    """The signature of HDF5; OMAmer itself finds another HDF5 file unfit in its task."""
    regular_file(path, START)
    with Path(path).open("rb") as handle:
        start = handle.read(8)
    if start.startswith(b"\x1f\x8b"):
        raise InputError(f"{path} is gzip; unpack it with `gunzip` and give the plain file")
    if start != b"\x89HDF\r\n\x1a\n":
        raise InputError(f"{path} is not an OMAmer database (HDF5); give one such as LUCA.h5")


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
            f"{path} is not a program that you may execute; give interproscan.sh of an installation "
            "(`chmod +x` if it is yours)"
        )


# Programs


def check_tools(
    parameters: Mapping[str, Any],
    genomes: Sequence[Mapping[str, Any]],
    population: Mapping[str, Any] | None = None,
) -> list[str]:
    """Faults of programs that this run calls for this input and that are not on this machine."""
    faults = []
    workflows, steps = words(parameters, "workflow"), words(parameters, "steps")
    assembler = str(parameters.get("assembler"))
    if "assembly" in workflows and "assemble" in steps and assembler in ASSEMBLERS:
        others = ", ".join(name for name in ASSEMBLERS if name != assembler)
        faults += _lacking("assembler", assembler, ASSEMBLERS[assembler], f"choose another of {others}")
    if "popgen" in workflows and population:
        faults += _population_tools(parameters, population)
    if "annotation" not in workflows:
        return faults
    for key, choices in TOOLS.items():
        chosen = str(parameters.get(key))
        if chosen in choices and _used(key, steps, genomes):
            others = [f"--{key} {name}" for name in choices if name != chosen]
            others += ["--gene_finder none"] if key == "gene_finder" else []
            faults += _lacking(key, chosen, choices[chosen], f"use {' or '.join(others)}" if others else "")
    for key, programs in OPTIONAL.items():
        if parameters.get(key) and _used(key, steps, genomes):
            faults += _lacking(key, key, programs, f"leave --{key} out")
    faults += _lacking("workflow", "annotation", _always(steps, genomes), "")
    if parameters.get("gene_finder") == "augustus" and shutil.which("augustus"):
        faults += _unknown_models(parameters)
    if parameters.get("protein_aligner") == "spaln" and parameters.get("spaln_table"):
        faults += _unknown_table(str(parameters["spaln_table"]))
    return faults


def _used(key: str, steps: Sequence[str], genomes: Sequence[Mapping[str, Any]]) -> bool:
    """Whether a step that runs, or the data of a genome, asks for what a parameter chooses."""
    if key in STEP_OF:
        return STEP_OF[key] in steps
    predicted = [genome for genome in genomes if not genome["annotation"]]
    if key == "rna_aligner":
        return any(genome["rnaseq"] for genome in predicted)
    if key == "protein_aligner":
        return any(genome["proteins"] for genome in predicted)
    return bool(predicted) or key in ("repeat_masker", "repeat_modeler")


def _always(steps: Sequence[str], genomes: Sequence[Mapping[str, Any]]) -> list[str]:
    """Programs that no parameter chooses."""
    programs = ["samtools", "gt"]
    if "noncoding" in steps:
        programs.append("barrnap")
    predicted = [genome for genome in genomes if not genome["annotation"]]
    if any(genome["isoseq"] for genome in predicted):
        programs += ["minimap2", "stringtie", "bedtools"]
    elif any(genome["liftover"] for genome in predicted):
        programs.append("minimap2")
    return programs


def _population_tools(parameters: Mapping[str, Any], population: Mapping[str, Any]) -> list[str]:
    """Faults of programs that these samples need."""
    samples = population["samples"]
    faults = []
    programs = ["bcftools", "samtools", "bedtools"]
    fastq = [sample for sample in samples if sample["libraries"]]
    historical = [sample for sample in fastq if sample["age_class"] == "historical"]
    if fastq:
        programs.append("bwa")
    if len(historical) < len(fastq):
        programs.append("fastp")
    if historical:
        programs += ["AdapterRemoval", "mapDamage"]
    faults += _lacking("workflow", "popgen", programs, "")
    caller = str(parameters.get("caller"))
    if not population["vcf"] and caller in CALLERS and caller != "bcftools":
        others = [f"--caller {name}" for name in CALLERS if name != caller]
        faults += _lacking("caller", caller, CALLERS[caller], f"use {' or '.join(others)}")
    if parameters["max_k"] not in (1, all_parameters({})["max_k"]):
        faults += _lacking("max_k", "admixture", ["fastmixture"], "turn it off with --max_k 1")
    if not population["vcf"] and caller == "bcftools" and _all_shallow(parameters):
        faults += _lacking(
            "subsample_depth",
            f"below --low_depth {parameters['low_depth']:g} all structure is by likelihoods, and PCAngsd",
            ["pcangsd"],
            "raise --subsample_depth",
        )
    return faults


def _all_shallow(parameters: Mapping[str, Any]) -> bool:
    """Whether the parameters alone make every sample too shallow for calls."""
    depth, least = parameters["subsample_depth"], parameters["low_depth"]
    return isinstance(depth, int | float) and isinstance(least, int | float) and depth < least


def absent_programs(parameters: Mapping[str, Any], population: Mapping[str, Any]) -> dict[str, str]:
    """Programs that this machine lacks and populations can do without -> the note on what is left out.

    Neither has a wheel, so machines without a compiler lack them. PCAngsd runs only where samples are
    shallow.
    """
    wanted = {}
    if parameters["max_k"] > 1:
        wanted["fastmixture"] = "admixture is left out"
    if not population["vcf"] and parameters["caller"] == "bcftools":
        wanted["pcangsd"] = (
            f"if samples are shallower than {parameters['low_depth']:g} reads (--low_depth), the PCA of "
            "likelihoods is left out"
        )
    return {
        program: f"{program} is not on this machine: {effect}; `linnaea doctor` shows how to get it"
        for program, effect in wanted.items()
        if not shutil.which(program)
    }


def _lacking(key: str, chosen: str, programs: Sequence[str], other: str) -> list[str]:
    """The fault that programs are missing, [] when they are all there."""
    missing = [program for program in programs if not shutil.which(program)]
    if not missing:
        return []
    them = "them" if len(missing) > 1 else "it"
    return [
        f"option --{key}: {chosen} needs {' and '.join(missing)}, not found on this machine; install {them} "
        "(`linnaea doctor` shows how)" + (f" or {other}" if other else "")
    ]


def _unknown_models(parameters: Mapping[str, Any]) -> list[str]:
    from linnaea.annotation.augustus import shipped_species

    try:
        shipped = shipped_species()
    except InputError as error:
        return [f"option --gene_finder: {error}"]
    named = {"augustus_species": words(parameters, "augustus_species")}
    named["augustus_candidates"] = words(parameters, "augustus_candidates")
    faults = []
    for key, names in named.items():
        known = [*shipped, "auto", "train"] if key == "augustus_species" else shipped
        for name in names:
            if name not in known:
                close = difflib.get_close_matches(name.lower(), known, n=1)
                hint = f"did you mean {close[0]}?" if close else "`augustus --species=help` lists them"
                faults.append(f"option --{key}: AUGUSTUS has no species model {name!r}; {hint}")
    return faults


def _unknown_table(name: str) -> list[str]:
    """The fault that spaln knows no such table or species; [] when it does, or its tables are not found."""
    program = shutil.which("spaln")
    given = os.environ.get("ALN_TAB")
    folders = [Path(given)] if given else []
    if program:
        folders += [Path(program).resolve().parents[1] / "share/spaln/table"]
    folder = next((folder for folder in folders if folder.is_dir()), None)
    if folder is None:
        return []
    known = [path.name for path in folder.iterdir() if path.is_dir()]
    species = folder / "gnm2tab"
    if species.is_file():
        known += [line.split("\t")[0] for line in species.read_text(errors="replace").splitlines()]
    if name in known:
        return []
    close = difflib.get_close_matches(name, known, n=1)
    hint = f"did you mean {close[0]}?" if close else f"`ls {folder}` shows which there are"
    return [f"option --spaln_table: spaln has no species table {name!r}; {hint}"]
