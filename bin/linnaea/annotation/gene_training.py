"""Training genes from evidence, AUGUSTUS trained on them, and the choice among trained and shipped species
models."""

import json
import re
import shutil
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pysam

from linnaea.annotation.augustus import (
    NO_SAMPLING,
    adapt_codons,
    call,
    candidates_of,
    copy_config,
    new_species,
    own_code,
    shipped_species,
)
from linnaea.annotation.hints import Hints, read_hints
from linnaea.annotation.orfs import add_orf, begins_after_stop
from linnaea.base.errors import InputError
from linnaea.base.records import write_metrics
from linnaea.formats.gene_models import (
    Transcript,
    coding_sequence,
    codon_numbers,
    introns,
    is_stepwise,
    reverse_complement,
    stop_codons,
    total_bp,
    translate,
)
from linnaea.formats.gff3 import read_genes
from linnaea.formats.overlaps import OverlapIndex

# Fewer genes than MIN_TRAINING make no model, on fewer than MIN_TEST even the score of a shipped one is
# chance; BRAKER wants 600 for a good one (Hoff 2019).
MIN_TRAINING = 60
MAX_TRAINING = 4000
TEST_SHARE, MIN_TEST, MAX_TEST = 0.2, 6, 200
ENOUGH_FOR_ONE_FOLD = 600
# Shipped models are screened on this many of the test genes; so many of the best are tested on all.
SCREENING, FINALISTS = 20, 3
FLANK = 1000
# Frames of transcripts shorter than this arise by chance in untranslated RNA.
MIN_RNA_CODONS = 100
# Two proteins that share this much of their 5-residue words are taken as copies (about 80 % identity).
REDUNDANT_WORDS = 0.35


@dataclass(frozen=True)
class Criteria:
    """What a training set asks of its genes."""

    name: str
    identity: float
    coverage: float
    introns_supported: float


# From strict to lax; the sweep tells which serves this genome.
SWEEP = (
    Criteria("strict", 0.7, 0.9, 1.0),
    Criteria("medium", 0.5, 0.8, 0.8),
    Criteria("lax", 0.3, 0.6, 0.0),
)


# Which genes


def intron_support(model: Transcript, supported: dict[tuple, dict[str, int]]) -> float:
    """Share of the CDS introns that hints confirm; of a single exon 1 if it was aligned, else 0.

    Aligned models (proteins, lifted genes) are those with an `identity`. A protein's own alignment is among
    the protein hints, so those count from two proteins on.
    """
    found = introns(model.cds)
    if not found:
        return float("identity" in model.attributes)
    seen = 0
    for start, end in found:
        sources = supported.get((model.seqid, start, end, model.strand), {})
        seen += sources.get("E", 0) >= 2 or sources.get("P", 0) >= 2
    return seen / len(found)


def complete(model: Transcript, sequence: bytes, code: int) -> bool:
    """Whether the CDS runs from ATG to a stop with no other, in whole codons, all letters known."""
    letters = coding_sequence(model, sequence).upper()
    if len(letters) % 3 or not letters.startswith(b"ATG") or letters.translate(None, b"ACGT"):
        return False
    protein = translate(letters, code)
    return protein.find("*") == len(protein) - 1


def non_redundant(models: Sequence[tuple[Transcript, str]]) -> list[Transcript]:
    """Models (with their proteins) in the given order, without those that overlap or resemble an earlier
    one."""
    kept: list[Transcript] = []
    index = OverlapIndex()
    words: set[str] = set()
    for model, protein in models:
        own = {protein[i : i + 5] for i in range(len(protein) - 4)}
        if not own or len(own & words) > REDUNDANT_WORDS * len(own):
            continue
        if any(index.near(model.seqid, model.start, model.end)):
            continue
        index.add(model.seqid, model.start, model.end, model)
        words |= own
        kept.append(model)
    return kept


def training_sets(
    models: Iterable[Transcript], hints: Hints, genome: str | Path, code: int = 1
) -> dict[str, list[Transcript]]:
    """Non-redundant complete models by the criteria of the sweep, the best supported first.

    Of transcripts without CDS the longest frame counts, if a stop before it in frame shows that it is whole.
    """
    supported = hints.support("intron")
    candidates: list[tuple[tuple, Transcript, str, float]] = []
    with pysam.FastaFile(str(genome)) as reference:
        name, sequence = None, b""
        for model in sorted(models, key=lambda m: (m.seqid, m.start, m.id)):
            if model.attributes.get("partial") or model.attributes.get("frameshifts", "0") != "0":
                continue
            if is_stepwise(model.cds):
                continue
            if model.seqid != name:
                name, sequence = model.seqid, reference.fetch(model.seqid).encode()
            if not model.cds:
                framed = add_orf(model, sequence, code, MIN_RNA_CODONS, allow_partial=False)
                if framed is None or not begins_after_stop(framed, sequence, code):
                    continue
                model = framed
            if total_bp(model.cds) >= 150 and complete(model, sequence, code):
                protein = translate(coding_sequence(model, sequence), code).rstrip("*")
                share = intron_support(model, supported)
                identity = float(model.attributes.get("identity", 1))
                order = (
                    -share * min(len(model.cds), 4),
                    -identity,
                    -total_bp(model.cds),
                    model.seqid,
                    model.start,
                    model.id,
                )
                candidates.append((order, model, protein, share))
    candidates.sort(key=lambda row: row[0])
    sets = {}
    for wanted in SWEEP:
        fit = [
            (model, protein)
            for _, model, protein, share in candidates
            if share >= wanted.introns_supported
            and float(model.attributes.get("identity", 1)) >= wanted.identity
            and float(model.attributes.get("coverage", 1)) >= wanted.coverage
        ]
        sets[wanted.name] = non_redundant(fit)[:MAX_TRAINING]
    return sets


def folds(sets: dict[str, list[Transcript]], seed: int = 1) -> list[list[Transcript]]:
    """Test genes in one part (a fifth of a large set) or three (all of a small one, for cross-validation).

    They come from the strictest set of at least 100 genes, else from the largest.
    """
    source = next((genes for genes in sets.values() if len(genes) >= 100), max(sets.values(), key=len))
    order = [source[i] for i in np.random.default_rng(seed).permutation(len(source))]
    if len(source) >= ENOUGH_FOR_ONE_FOLD:
        return [order[: min(MAX_TEST, int(TEST_SHARE * len(source)))]]
    return [order[i::3] for i in range(3)]


def without(genes: Sequence[Transcript], test: Sequence[Transcript]) -> list[Transcript]:
    """The genes that overlap none of the test genes."""
    index = OverlapIndex()
    for model in test:
        index.add(model.seqid, model.start, model.end, model)
    return [model for model in genes if not any(index.near(model.seqid, model.start, model.end))]


def write_genbank(path: str | Path, models: Sequence[Transcript], genome: str | Path) -> None:
    """Training genes as AUGUSTUS reads them: one GenBank entry per gene with up to 1 kb to the next one's
    middle."""
    ordered = sorted(models, key=lambda m: (m.seqid, m.start))
    with Path(path).open("w") as handle, pysam.FastaFile(str(genome)) as reference:
        for before, model, after in zip([None, *ordered[:-1]], ordered, [*ordered[1:], None], strict=True):
            low = max(0, model.start - FLANK)
            high = min(reference.get_reference_length(model.seqid), model.end + FLANK)
            if before and before.seqid == model.seqid:
                low = max(low, (before.end + model.start) // 2)
            if after and after.seqid == model.seqid:
                high = min(high, (model.end + after.start) // 2)
            letters = reference.fetch(model.seqid, low, high).encode().lower()
            cds = list(model.cds)
            if model.strand == "-":
                letters = reverse_complement(letters)
                cds = [(low + high - end, low + high - start) for start, end in reversed(cds)]
            parts = ",".join(f"{start - low + 1}..{end - low}" for start, end in cds)
            place = f"join({parts})" if len(cds) > 1 else parts
            name = f"{model.seqid}_{low + 1}-{high}"
            text = letters.decode()
            handle.write(
                f"LOCUS       {name}   {len(text)} bp  DNA\nFEATURES             Location/Qualifiers\n"
            )
            handle.write(f"     source          1..{len(text)}\n     CDS             {place}\n")
            handle.write(f'                     /gene="{model.id}"\n')
            counts = [text.count(letter) for letter in "acgt"]
            handle.write("BASE COUNT     {} a   {} c  {} g   {} t\nORIGIN\n".format(*counts))
            for begin in range(0, len(text), 60):
                blocks = " ".join(text[i : i + 10] for i in range(begin, min(begin + 60, len(text)), 10))
                handle.write(f"{begin + 1:>9} {blocks}\n")
            handle.write("//\n")


# Training and testing


def train(config: Path, name: str, genbank: Path, code: int = 1) -> None:
    """A new species model from training genes; stop codon usage is set from them, as etraining only prints
    it."""
    parameters = new_species(config, name)
    said = call(["etraining", f"--species={name}", f"--translation_table={code}", str(genbank)], config)
    text = parameters.read_text()
    for codon, key in (("tag", "amberprob"), ("taa", "ochreprob"), ("tga", "opalprob")):
        if found := re.search(rf"{codon}:\s*\d+\s*\(([\d.e-]+)\)", said):
            text = re.sub(rf"(/Constant/{key}\s+)\S+", rf"\g<1>{found[1]}", text)
    parameters.write_text(text)


def accuracy(config: Path, name: str, genbank: Path, code: int = 1) -> dict[str, float]:
    """Ab initio sensitivity and precision on test genes per base, exon and gene, %, as AUGUSTUS prints
    them."""
    command = [
        "augustus",
        f"--species={name}",
        f"--translation_table={code}",
        "--softmasking=0",
        NO_SAMPLING,
        str(genbank),
    ]
    said = call(command, config)
    found: dict[str, float] = {}
    for level, row in (("base", "nucleotide"), ("exon", "exon"), ("gene", "gene")):
        if match := re.search(rf"\n{row} level \|(?:.*\|)?\s*([\w.+-]+) \|\s*([\w.+-]+) \|\n", said):
            for measure, text in zip(("sensitivity", "precision"), match.groups(), strict=True):
                value = 100 * float(text)
                found[f"{level}_{measure}_pct"] = value if value == value else 0.0  # nan: nothing predicted
    if len(found) < 6:
        raise InputError(f"augustus printed no accuracy of {name} on the test genes: {said[-200:]}")
    return found


def score(measured: Sequence[dict[str, float]]) -> dict[str, float]:
    """Means over the folds, base F1, and the weighted mean of the six by which models are ranked, all in %.

    (3 base Sn + 2 base Pr + 4 exon Sn + 3 exon Pr + 2 gene Sn + gene Pr) / 15, as in optimize_augustus.pl and
    BRAKER.
    """
    means = {key: sum(row[key] for row in measured) / len(measured) for key in measured[0]}
    weights = {"base": (3, 2), "exon": (4, 3), "gene": (2, 1)}
    total = sum(
        sn * means[f"{level}_sensitivity_pct"] + pr * means[f"{level}_precision_pct"]
        for level, (sn, pr) in weights.items()
    )
    sn, pr = means["base_sensitivity_pct"], means["base_precision_pct"]
    return means | {"base_f1_pct": 2 * sn * pr / (sn + pr) if sn + pr else 0.0, "score_pct": total / 15}


def choose(
    models: Sequence[Transcript],
    hints: Hints,
    genome: str | Path,
    config: Path,
    mode: str = "auto",
    code: int = 1,
    threads: int = 1,
    candidates: Sequence[str] | None = None,
) -> dict[str, Any]:
    """Make the config folder with the species model to predict with, and tell how it was chosen.

    `mode` is auto (the best of trained and shipped), train (the best of trained) or the name of a shipped
    model. The record has every candidate with its accuracy on genes that its training had not seen.
    """
    if mode not in ("auto", "train"):
        copy_config(config, [mode])
        adapt_to_code(config, [mode], lambda: training_sets(models, hints, genome, code), genome, code)
        return _record(mode, mode, f"{mode} was asked for", [], 0)
    shipped = shipped_species()
    wanted = candidates_of(code) if candidates is None else candidates
    names = [name for name in wanted if name in shipped] if mode == "auto" else []
    copy_config(config, names)
    sets = training_sets(models, hints, genome, code)
    adapt_to_code(config, names, lambda: sets, genome, code)
    distinct = _distinct(sets, "trained")
    tests = folds(sets)
    tested = sum(map(len, tests))
    if tested < MIN_TEST or not (distinct or names):
        return _without_genes(config, mode, max(map(len, sets.values())), names)
    with _Trial(config, genome, tests, distinct, code, threads) as trial:
        screened = trial.screened(names)[:FINALISTS] if len(names) > FINALISTS else names
        found = trial.ranked([*distinct, *screened])
        trial.keep(found[0]["name"])
    record = _record(mode, found[0]["name"], _reason(found, tested), found, tested)
    if not distinct:
        most = max(map(len, sets.values()))
        record["fallback"] = (
            f"only {most} training genes were found, {MIN_TRAINING} are needed: only shipped models were "
            "compared"
        )
    return record


def adapt_to_code(
    config: Path,
    names: Sequence[str],
    sets: Callable[[], dict[str, list[Transcript]]],
    genome: str | Path,
    code: int,
) -> None:
    """Fit shipped models of genetic codes with other stops to this one, by the genes of the largest set."""
    others = [name for name in names if (stop_codons(own_code(config, name)) != stop_codons(code)).any()]
    if others:
        usage = codon_usage(max(sets().values(), key=len), genome)
        for name in others:
            adapt_codons(config, name, usage, code)


def codon_usage(genes: Sequence[Transcript], genome: str | Path) -> np.ndarray:
    """Codons of genes, (125,) by `codon_numbers`, without start and stop."""
    usage = np.zeros(125)
    with pysam.FastaFile(str(genome)) as reference:
        for model in genes:
            low, high = model.cds[0][0], model.cds[-1][1]
            letters = coding_sequence(model, reference.fetch(model.seqid, low, high).encode(), low)
            usage += np.bincount(codon_numbers(letters[3:-3]), minlength=125)
    return usage


def choose_again(
    models: Sequence[Transcript],
    predictions: Sequence[Transcript],
    hints: Hints,
    genome: str | Path,
    config: Path,
    earlier: dict[str, Any],
    code: int = 1,
    threads: int = 1,
) -> dict[str, Any]:
    """A second round: models trained on supported predictions of the first against the model that made them.

    They are tested on the same genes from evidence (`models`) as the first round's, so that the scores
    compare. `changed` in the record tells whether a new model won; only then has the config folder a species
    of its own.
    """
    copy_config(config, [])
    tests = folds(training_sets(models, hints, genome, code))
    distinct = _distinct(training_sets(predictions, hints, genome, code), "retrained")
    if not distinct or not earlier["candidates"]:
        return earlier | {"changed": False}
    with _Trial(config, genome, tests, distinct, code, threads) as trial:
        found = trial.ranked(list(distinct)) + earlier["candidates"]
        found.sort(key=lambda row: (-row["score_pct"], row["name"]))
        tested = sum(map(len, tests))
        if found[0]["name"] in distinct:
            trial.keep(found[0]["name"])
    record = _record(earlier["mode"], found[0]["name"], _reason(found, tested), found, tested)
    return record | {"changed": found[0]["name"] in distinct}


def _distinct(sets: dict[str, list[Transcript]], word: str) -> dict[str, list[Transcript]]:
    """Sets large enough to train on, without those of the same size as a stricter one, by name of their
    model."""
    kept: dict[str, list[Transcript]] = {}
    for name, genes in sets.items():
        if len(genes) >= MIN_TRAINING and len(genes) not in map(len, kept.values()):
            kept[f"{word}_{name}"] = genes
    return kept


def _reason(found: Sequence[dict[str, Any]], tested: int) -> str:
    best, *others = found
    second = f", before {others[0]['name']} with {others[0]['score_pct']:.1f}" if others else ""
    return f"{best['name']} has the best score on {tested} held-out genes: {best['score_pct']:.1f}{second}"


class _Trial:
    """Trains and tests models in a config folder; leaves only the one that is kept."""

    def __init__(
        self,
        config: Path,
        genome: str | Path,
        tests: Sequence[Sequence[Transcript]],
        sets: dict[str, list[Transcript]],
        code: int,
        threads: int,
    ):
        self.config, self.genome, self.tests, self.sets = config, genome, tests, sets
        self.code, self.threads = code, threads
        self.scratch = config / "training"
        self.kept: str | None = None

    def __enter__(self) -> "_Trial":
        self.scratch.mkdir()
        for number, test in enumerate(self.tests):
            write_genbank(self.scratch / f"test{number}.gb", test, self.genome)
        return self

    def __exit__(self, *_: object) -> None:
        shutil.rmtree(self.scratch)
        for folder in (self.config / "species").iterdir():
            if folder.name not in ("generic", self.kept):
                shutil.rmtree(folder)

    def screened(self, names: Sequence[str]) -> list[str]:
        """Shipped models, best first on a few test genes, which distinguish far relatives from near ones."""
        genbank = self.scratch / "screen.gb"
        write_genbank(genbank, self.tests[0][:SCREENING], self.genome)

        def one(name: str) -> tuple[float, str]:
            return -score([accuracy(self.config, name, genbank, self.code)])["score_pct"], name

        with ThreadPoolExecutor(self.threads) as pool:
            return [name for _, name in sorted(pool.map(one, names))]

    def measured(self, name: str) -> dict[str, Any]:
        """A model's accuracy: a shipped one as it is, one of the sets trained without each test's genes."""
        rows = []
        for number in range(len(self.tests)):
            species = name
            if name in self.sets:
                species = f"{name}_fold{number}"
                genbank = self.scratch / f"{species}.gb"
                write_genbank(genbank, without(self.sets[name], self.tests[number]), self.genome)
                train(self.config, species, genbank, self.code)
            rows.append(accuracy(self.config, species, self.scratch / f"test{number}.gb", self.code))
        kind = "trained" if name in self.sets else "shipped"
        return {"name": name, "kind": kind, "training_genes": len(self.sets.get(name, ())), **score(rows)}

    def ranked(self, names: Sequence[str]) -> list[dict[str, Any]]:
        with ThreadPoolExecutor(self.threads) as pool:
            return sorted(pool.map(self.measured, names), key=lambda row: (-row["score_pct"], row["name"]))

    def keep(self, name: str) -> None:
        """Leave this model; a trained one is trained once more with the test genes in it: none is wasted."""
        if name in self.sets:
            genbank = self.scratch / f"{name}.gb"
            write_genbank(genbank, self.sets[name], self.genome)
            train(self.config, name, genbank, self.code)
        self.kept = name


def _without_genes(config: Path, mode: str, genes: int, names: Sequence[str]) -> dict[str, Any]:
    """Too few genes to train or to test: a shipped model when there is one to take, else evidence only."""
    fallback = f"only {genes} training genes were found, {MIN_TRAINING} are needed"
    shutil.rmtree(config / "training", ignore_errors=True)
    if mode == "train" or not names:
        return _record(mode, None, "no species model", [], 0) | {
            "fallback": f"{fallback}: genes come from evidence only; name a relative with --augustus_species"
        }
    chosen = names[0]
    for name in names[1:]:
        shutil.rmtree(config / "species" / name, ignore_errors=True)
    return _record(mode, chosen, f"{chosen} is the first shipped model", [], 0) | {
        "fallback": f"{fallback}: the shipped model {chosen} is used untested; name a closer one with "
        "--augustus_species"
    }


def _record(mode: str, chosen: str | None, reason: str, candidates: list, tested: int) -> dict[str, Any]:
    return {
        "mode": mode,
        "changed": False,
        "chosen": chosen,
        "reason": reason,
        "fallback": None,
        "test_genes": tested,
        "candidates": candidates,
    }


def transcripts(paths: Iterable[str]) -> list[Transcript]:
    return [model for path in paths for gene in read_genes(path) for model in gene.transcripts]


def train_model(
    models: Sequence[str] = (),
    /,
    *,
    id: str,
    mode: str,
    hints: str,
    genome: str,
    config: Path,
    out: str,
    candidates: str = "",
    genetic_code: int = 1,
    earlier: Path | None = None,
    predictions: str | None = None,
    threads: int = 1,
) -> None:
    """Chooses the species model of AUGUSTUS by its accuracy on genes from the evidence; trains on them.

    models: models of proteins or transcripts (GFF3)
    id: genome id
    mode: auto, train, or the name of a species model of AUGUSTUS
    candidates: shipped models to try with auto, comma-separated (some of all life)
    hints: hints of hints.py (GFF)
    genome: FASTA
    genetic_code: NCBI genetic code
    earlier: record of the first round, for a second (JSON)
    predictions: genes predicted with the first round's model, for a second (GFF3)
    config: config folder with the model, to write
    out: metrics record to write (JSON)
    """
    evidence = read_hints(hints, empty=True)
    training = transcripts(models)
    if earlier:
        first_round = json.loads(earlier.read_text())
        predicted = transcripts([predictions] if predictions else [])
        record = choose_again(
            training, predicted, evidence, genome, config, first_round, genetic_code, threads
        )
    else:
        shipped = [name for name in candidates.split(",") if name] if candidates else None
        record = choose(training, evidence, genome, config, mode, genetic_code, threads, shipped)
    write_metrics(out, {**record, "id": id, "step": "gene_training"})
