"""A small BUSCO lineage of a simulated species: HMMs of its own gene families, in the format of OrthoDB 10.

A family is a set of relatives of a gene's protein, diverged without indels: they are aligned as they are.
"""

import statistics
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from linnaea.base.errors import InputError
from linnaea.simulate.genes import Gene
from linnaea.simulate.output import gzip_file, write_fasta, write_lines
from linnaea.simulate.proteins import diverge_protein

NAME = "linnaea_odb10"
# Divergence of a family's relatives from the species' own protein, exchanged amino acids per site.
DIVERGENCE = (0.08, 0.12, 0.16, 0.2, 0.25, 0.3)
MARKERS = 60
SHORTEST_AA = 100
# Share of the lowest score of a family's members that a hit must reach: half a protein does, as a fragment.
SCORE_SHARE = 0.5
# dataset.cfg; limits as in BUSCO's lineages of eukaryotes.
SETTINGS = {
    "name": NAME, "species": "fly", "domain": "eukaryota", "creation_date": "2026-11-29",
    "number_of_species": len(DIVERGENCE), "max_intron": 90_000, "max_seq_len": 160_000,
}  # fmt: skip


def _run(command: Sequence[str | Path]) -> None:
    try:
        subprocess.run(command, capture_output=True, check=True)
    except FileNotFoundError as error:
        raise InputError(f"--busco-lineage needs {command[0]}: install the package hmmer") from error


def family(rng: np.random.Generator, protein: str) -> list[str]:
    """Relatives of a protein, of its length."""
    return [diverge_protein(rng, protein, divergence, indels=0) for divergence in DIVERGENCE]


def members(families: Mapping[str, Sequence[str]]) -> list[tuple[str, str]]:
    """(name, protein) of all members: the third of 12at1 is 12at1_2."""
    return [(f"{name}_{at}", text) for name, proteins in families.items() for at, text in enumerate(proteins)]


def build_models(
    families: Mapping[str, Sequence[str]], scratch: Path
) -> tuple[dict[str, str], dict[str, float]]:
    """HMM of each family as text, and the lowest score (bits) of its members where no other family is hit."""
    with (scratch / "families.sto").open("w") as handle:
        for name, proteins in families.items():
            rows = "".join(f"{member} {text}\n" for member, text in members({name: proteins}))
            handle.write(f"# STOCKHOLM 1.0\n#=GF ID {name}\n{rows}//\n")
    write_fasta(scratch / "members.faa", members(families))
    _run(["hmmbuild", "--amino", scratch / "all.hmm", scratch / "families.sto"])
    _run(["hmmsearch", "--noali", "-E", "1e-5", "-o", "/dev/null", "--tblout", scratch / "hits.tbl",
          scratch / "all.hmm", scratch / "members.faa"])  # fmt: skip
    texts = (scratch / "all.hmm").read_text().split("//\n")[:-1]
    models = dict(zip(families, (f"{text}//" for text in texts), strict=True))
    lowest = dict.fromkeys(families, np.inf)
    for line in (scratch / "hits.tbl").read_text().splitlines():
        if not line.startswith("#"):
            member, _, name, _, _, score = line.split()[:6]
            own = member.rsplit("_", 1)[0] == name
            lowest[name] = min(float(score) if own else 0, lowest[name])
    return models, {name: score for name, score in lowest.items() if score > 0}


def write_lineage(folder: Path, genes: Sequence[Gene], rng: np.random.Generator) -> list[str]:
    """Write `linnaea_odb10/` for up to 60 genes without paralogues; the names of these genes.

    The marker of gene LD00012 is 12at1. Cutoffs follow OrthoDB: scores from the lowest score of a family's
    members, lengths (mean and standard deviation) from its proteins. InputError where HMMER is missing.
    """
    families = {
        f"{int(gene.name[2:])}at1": family(rng, gene.protein)
        for gene in genes
        if len(gene.protein) >= SHORTEST_AA
    }
    lineage = folder / NAME
    for part in ("hmms", "info"):
        (lineage / part).mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as scratch:
        models, lowest = build_models(families, Path(scratch))
    markers = {name: families[name] for name in list(lowest)[:MARKERS]}
    for name in markers:
        write_lines(lineage / f"hmms/{name}.hmm", [models[name]])
    lengths = {name: [len(text) for text in proteins] for name, proteins in markers.items()}
    spread = {name: max(statistics.pstdev(sizes), 0.02 * sizes[0]) for name, sizes in lengths.items()}
    tables = {
        "scores_cutoff": [f"{name}\t{SCORE_SHARE * lowest[name]:.2f}" for name in markers],
        "lengths_cutoff": [
            f"{name}\t0\t{spread[name]:.3f}\t{statistics.mean(lengths[name]):.1f}" for name in markers
        ],
        "links_to_ODB10.txt": [f"{name}\tmade by linnaea simulate\t-" for name in markers],
        "info/species.info": [f"{number}\tRelative {number}" for number in range(len(DIVERGENCE))],
        "info/ogs.id.info": [f"{member}\t{member.rsplit('_', 1)[0]}" for member, _ in members(markers)],
        "dataset.cfg": [
            f"{key}={value}" for key, value in {**SETTINGS, "number_of_BUSCOs": len(markers)}.items()
        ],
    }
    for name, rows in tables.items():
        write_lines(lineage / name, rows)
    write_fasta(lineage / "ancestral", [(name, proteins[0]) for name, proteins in markers.items()])
    write_fasta(lineage / "ancestral_variants", members(markers))
    with gzip_file(lineage / "refseq_db.faa.gz") as handle:
        handle.writelines(f">{name}\n{text}\n".encode() for name, text in members(markers))
    return [f"LD{int(name.removesuffix('at1')):05d}" for name in markers]
