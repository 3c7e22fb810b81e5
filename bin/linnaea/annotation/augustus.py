"""Running AUGUSTUS: its species parameters, the weights of hints, its output."""

import os
import re
import shutil
import subprocess
from collections.abc import Iterable, Iterator
from contextlib import nullcontext
from pathlib import Path

import numpy as np

from linnaea.base.errors import InputError
from linnaea.formats.gene_models import Gene, Transcript, merged, stop_codons
from linnaea.formats.gff3 import attributes

# (malus, bonus of protein hints, bonus of RNA hints) by feature. Begun from AUGUSTUS's extrinsic.MPE.cfg; the
# malus of exons without support was lowered from 0.9 to 0.05: gene F1 on the first megabase of Drosophila 2R
# with the same hints went from 68.0 (0.9) over 70.0 (0.5), 70.8 (0.2), 71.9 (0.05) to 73.2 (0.01), base
# sensitivity from 95.7 to 94.2 %.
WEIGHTS = {
    "start": ("0.8", "1e3", "1"),
    "stop": ("0.8", "1e3", "1"),
    "tss": ("1", "1", "1"),
    "tts": ("1", "1", "1"),
    "ass": ("0.95", "100", "100"),
    "dss": ("0.95", "100", "100"),
    "exonpart": ("0.995", "1", "10"),
    "exon": ("0.05", "1e4", "100"),
    "intronpart": ("1", "1", "1"),
    "intron": ("1", "100", "1e4"),
    "CDSpart": ("1", "1e5", "1"),
    "CDS": ("1", "1", "1"),
    "UTRpart": ("1", "1", "1"),
    "UTR": ("1", "1", "1"),
    "irpart": ("1", "1", "1"),
    "nonexonpart": ("1", "1", "1"),
    "genicpart": ("1", "1", "1"),
}
# AUGUSTUS samples 100 gene structures for posterior probabilities unless `--sample=0`. The genes are the same
# and take five times as long on 200 kb of fly (22.5 instead of 4.2 s), twelve on the demo; our models are
# ranked by evidence, not by that probability.
NO_SAMPLING = "--sample=0"
# Bonus of a soft-masked stretch for lying outside exons (AUGUSTUS's own value).
MASKED = "1.15"
# Shipped models over the tree of life, tried when no species is named: one of each larger group that is well
# trained.
CANDIDATES = (
    "fly", "aedes", "heliconius_melpomene1", "bombus_impatiens1", "nasonia", "tribolium2012", "pea_aphid",
    "caenorhabditis", "schistosoma", "ciona", "zebrafish", "chicken", "human", "nematostella_vectensis",
    "arabidopsis", "tomato", "rice",
    "chlamy2011", "neurospora", "aspergillus_nidulans", "ustilago", "cryptococcus", "saccharomyces",
    "schizosaccharomyces_pombe", "toxoplasma",
)  # fmt: skip
# Those of other genetic codes, tried with these alone.
CANDIDATES_OF_CODE = {
    6: ("tetrahymena", "Paramecium_tetraurelia"),
    12: ("candida_albicans", "debaryomyces_hansenii"),
}
# Codons that a model's own usage counts for beside those of the genome's genes.
OWN_CODONS = 100


def config_path() -> Path:
    """AUGUSTUS's installed config folder: $AUGUSTUS_CONFIG_PATH, or where packages put it beside the
    program."""
    program = shutil.which("augustus")
    if not program:
        raise InputError("augustus is not installed on this machine; install it (`linnaea doctor` shows how)")
    root = Path(program).resolve().parents[1]
    given = os.environ.get("AUGUSTUS_CONFIG_PATH")
    for folder in (given, root / "config", root / "share/augustus/config", "/usr/share/augustus/config"):
        if folder and (Path(folder) / "species" / "generic").is_dir():
            return Path(folder)
    raise InputError("the config folder of augustus was not found; set AUGUSTUS_CONFIG_PATH to it")


def shipped_species() -> list[str]:
    """Names of the species models that the installed AUGUSTUS brings (complete ones)."""
    folder = config_path() / "species"
    return sorted(path.name for path in folder.iterdir() if (path / f"{path.name}_parameters.cfg").exists())


def copy_config(target: Path, species: Iterable[str]) -> Path:
    """A writable config folder with these shipped species only (all of them are 140 MB)."""
    source = config_path()
    (target / "species").mkdir(parents=True, exist_ok=True)
    for name in ("model", "profile", "extrinsic", "parameters"):
        if (source / name).is_dir() and not (target / name).exists():
            shutil.copytree(source / name, target / name)
    for name in dict.fromkeys(["generic", *species]):
        if not (source / "species" / name).is_dir():
            raise InputError(
                f"AUGUSTUS has no species model {name!r}; `ls {source}/species` shows which there are"
            )
        if not (target / "species" / name).exists():
            shutil.copytree(source / "species" / name, target / "species" / name)
    return target


def new_species(config: Path, name: str) -> Path:
    """An untrained species in a writable config folder, from the generic one; returns its parameter file."""
    generic, folder = config / "species/generic", config / "species" / name
    folder.mkdir()
    parameters = (generic / "generic_parameters.cfg").read_text().replace("generic_", f"{name}_")
    target = folder / f"{name}_parameters.cfg"
    target.write_text(parameters)
    for suffix in ("weightmatrix.txt", "metapars.cfg", "metapars.utr.cfg", "metapars.cgp.cfg"):
        if (generic / f"generic_{suffix}").exists():
            shutil.copy(generic / f"generic_{suffix}", folder / f"{name}_{suffix}")
    return target


def candidates_of(code: int) -> tuple[str, ...]:
    """Shipped models to try with a genetic code."""
    return (*CANDIDATES, *CANDIDATES_OF_CODE.get(code, ()))


def own_code(config: Path, name: str) -> int:
    """The genetic code that a species model was made for."""
    parameters = (config / "species" / name / f"{name}_parameters.cfg").read_text()
    found = re.search(r"^translation_table\s+(\d+)", parameters, re.MULTILINE)
    return int(found[1]) if found else 1


def adapt_codons(config: Path, name: str, usage: np.ndarray, code: int) -> None:
    """Fit the exon model of a species to another genetic code by the codon `usage` (125,) of genes.

    Codons that were stops hardly occur in its training genes, so that exons which have them look non-coding.
    Each probability of a base in its codon is changed in the ratio of the genes' usage to the model's, for
    the first bases of codons that only one of the two codes ends with.
    """
    changed = _cube(stop_codons(code) != stop_codons(own_code(config, name)))
    if not changed.any():
        return
    path = config / "species" / name / f"{name}_exon_probs.pbl"
    lines = path.read_text().split("\n")
    for number, line in enumerate(lines):
        if line.strip() in ("[EMISSION]", "[INITEMISSION]", "[ETEMISSION]"):
            first = next(i for i in range(number, len(lines)) if re.match(r"[acgtACGT]{3,}\s", lines[i]))
            order = len(lines[first].split()[0])
            rows = [lines[i].split() for i in range(first, first + 4**order)]
            table = np.array([row[1:4] for row in rows], float).reshape((4,) * order + (3,))
            fitted = _fitted(table, _cube(usage), changed).reshape(-1, 3)
            for row, values in enumerate(fitted):
                lines[first + row] = "\t".join([rows[row][0], *(f"{value:.6g}" for value in values)])
    path.write_text("\n".join(lines))


def _cube(codons: np.ndarray) -> np.ndarray:
    """Values of the 125 codons of `codon_numbers` as (4, 4, 4) in AUGUSTUS's order of bases, A C G T."""
    order = [2, 1, 3, 0]
    return codons.reshape(5, 5, 5)[np.ix_(order, order, order)]


def _fitted(table: np.ndarray, usage: np.ndarray, changed: np.ndarray) -> np.ndarray:
    """Chances of a base after others, (4, .., 4, 3) by position in the codon, fitted to a usage (4, 4, 4)."""
    found = table.copy()
    for place in range(3):
        outer = tuple(range(table.ndim - 2 - place))
        model = table[..., place].mean(axis=outer)  # by the bases of the codon up to this one
        counts = usage.sum(axis=tuple(range(place + 1, 3))) + OWN_CODONS / 4**place * model
        ratio = counts / counts.sum(axis=-1, keepdims=True) / model
        concerned = np.asarray(changed.any(axis=tuple(range(place, 3))))
        found[..., place] *= np.where(concerned[..., None], ratio, 1.0)
    return found / found.sum(axis=-2, keepdims=True)


def call(command: list[str], config: Path, output: Path | None = None) -> str:
    """Run a program of AUGUSTUS; InputError with its own words when it fails. Returns or writes what it
    prints."""
    environment = {**os.environ, "AUGUSTUS_CONFIG_PATH": str(config.absolute())}
    with output.open("w") if output else nullcontext(subprocess.PIPE) as printed:
        done = subprocess.run(command, env=environment, text=True, stdout=printed, stderr=subprocess.PIPE)
    if done.returncode:
        words = " ".join((done.stderr or done.stdout or "").split()[-60:])
        raise InputError(f"{command[0]} failed with exit {done.returncode}: {words}")
    return done.stdout or ""


def write_weights(path: Path) -> Path:
    """The extrinsic configuration of our hints (sources E: RNA, P: protein, RM: masked)."""
    lines = ["[SOURCES]", "M P E RM", "", "[SOURCE-PARAMETERS]", "", "[GENERAL]"]
    for feature, (malus, protein, rna) in WEIGHTS.items():
        masked = MASKED if feature == "nonexonpart" else "1"
        lines.append(f"{feature} 1 {malus} M 1 1e+100 P 1 {protein} E 1 {rna} RM 1 {masked}")
    path.write_text("\n".join(lines) + "\n")
    return path


def read_output(lines: Iterable[str], offsets: dict[str, tuple[str, int]] | None = None) -> Iterator[Gene]:
    """Genes of AUGUSTUS's GFF3 output; `offsets` puts pieces of a genome back: piece -> (sequence, start)."""
    gene: Gene | None = None
    models: dict[str, Transcript] = {}

    def finished() -> Gene | None:
        if gene is None:
            return None
        for model in models.values():
            model.cds = merged(model.cds)
            model.exons = model.cds
            missing = [
                end
                for end, kind in (("5", "start_codon"), ("3", "stop_codon"))
                if kind not in model.attributes
            ]
            model.attributes = {"partial": ",".join(missing)} if missing else {}
        gene.transcripts = [model for model in models.values() if model.cds]
        return gene if gene.transcripts else None

    for line in lines:
        if line.startswith("#") or "\t" not in line:
            continue
        seqid, _, kind, start, end, _, strand, phase, column = line.rstrip("\n").split("\t")
        seqid, offset = offsets[seqid] if offsets else (seqid, 0)
        part = (int(start) - 1 + offset, int(end) + offset)
        found = attributes(column)
        if kind == "gene":
            if done := finished():
                yield done
            gene = Gene(f"{seqid}.{found['ID']}.{offset}", seqid, strand, [], source="augustus")
            models = {}
        elif kind == "transcript":
            ident = f"{seqid}.{found['ID']}.{offset}"
            models[found["ID"]] = Transcript(ident, seqid, strand, [], source="augustus")
        elif kind in ("CDS", "start_codon", "stop_codon"):
            model = models[found["Parent"]]
            if kind == "CDS":
                model.cds.append(part)
                lowest, highest = min(p[0] for p in model.cds), max(p[1] for p in model.cds)
                if part[0] == lowest if strand == "+" else part[1] == highest:
                    model.phase = int(phase)
            else:
                model.cds.append(part)
                model.attributes[kind] = "1"
    if done := finished():
        yield done
