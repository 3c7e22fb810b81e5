"""What an annotation needs of a genome's data, and whether its files fit each other."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from Bio.Data.CodonTable import unambiguous_dna_by_id

from linnaea.annotation.clean_proteins import MIN_PROTEIN
from linnaea.annotation.prepare_assembly import LOWER_CASE_PCT
from linnaea.base.errors import InputError
from linnaea.formats.genetic_codes import is_mitochondrion
from linnaea.input.files import fasta_lengths, misplaced
from linnaea.input.genome import GenomeCheck
from linnaea.input.options import words
from linnaea.input.places import Keys
from linnaea.input.run_input import Assembly, Evidence, Genome

EVIDENCE: tuple[Evidence, ...] = ("rnaseq", "isoseq", "proteins", "hints", "liftover")
# Genetic codes of `augustus --translation_table` (geneticcode.cc of 3.5). Of those in its table 2, 22 and 23
# end it with an error, for their stop codons are others than TAA, TAG and TGA; codes beyond 24 are silently
# read as 1, which is harmless for 26 alone: it has the stops of 1.
AUGUSTUS_CODES = frozenset((1, 3, 4, 5, 6, 9, 10, 11, 12, 13, 14, 15, 16, 21, 24, 26))
# Consensus sequences of the longest families, Mavericks and endogenous viruses, have some 40 kb.
LONGEST_REPEAT = 200_000
# Codes in which a stop codon also stands for an amino acid (NCBI's tables; UAA, UAG or UGA).
CONTEXT_CODES = frozenset((27, 28, 31))
# A file of which more rows than this lie on strange sequences belongs to another assembly.
MOST_STRANGE = 0.5


def annotated_haplotype(assembly: Assembly) -> str | None:
    """The FASTA of a given assembly that is annotated: its primary, else the first haplotype by name."""
    haplotypes = assembly["haplotypes"]
    first = "primary" if "primary" in haplotypes else min(haplotypes, default=None)
    return haplotypes[first] if first else None


def check_annotation(check: GenomeCheck, record: Genome, parameters: Mapping[str, Any]) -> None:
    """Faults and notes of a genome that is annotated; its own assembly is taken out of its reference."""
    assembled = "assembly" in words(parameters, "workflow") and "assemble" in words(parameters, "steps")
    _check_assembly(check, record, parameters, assembled)
    _check_proteins(check, record)
    code = record["genetic_code"] or 1
    if code in CONTEXT_CODES:
        check.fault(
            ("genetic_code",),
            f"in genetic code {code} the same codons are stops or amino acids, depending on the place, "
            "which no available gene finder supports; it cannot be annotated",
        )
    _check_repeats(check, record, parameters["repeat_masker"])
    library = check.genome.get("repeats") or parameters["repeat_modeler"]
    if parameters["repeat_masker"] == "repeatmasker" and not library:
        check.fault(
            (),
            "--repeat_masker repeatmasker needs a library of repeats: give one under `repeats`, or add "
            "--repeat_modeler",
        )
    if check.genome.get("annotation"):
        unused = [kind for kind in EVIDENCE if record[kind]]
        if unused:
            message = f"no genes are predicted beside this gene set: {', '.join(unused)} not used"
            check.note(("annotation",), message)
    else:
        _check_evidence(check, record, parameters)
    _check_places(check, record)
    _check_mitochondrion(check, record)


def _check_mitochondrion(check: GenomeCheck, record: Genome) -> None:
    """What becomes of `mito_code`: a mitochondrion is known by the name of its sequence alone."""
    fasta = annotated_haplotype(record["assembly"]) if record["assembly"] else None
    if not record["mito_code"] or not fasta:
        return
    try:
        names = list(fasta_lengths(fasta) or ())
    except InputError:
        return  # reported where the assembly is checked
    own = [name for name in names if is_mitochondrion(name)]
    if own:
        text = f"genes on {', '.join(own)} are translated with it"
    else:
        text = "not used: no sequence of the assembly is named as a mitochondrion (MT, chrM, x_mito)"
    check.note(("mito_code",), text)


def _check_assembly(
    check: GenomeCheck, record: Genome, parameters: Mapping[str, Any], assembled: bool
) -> None:
    given, reference = record["assembly"], record["reference_annotation"]
    if not check.genome.get("assembly"):
        if record["annotation"]:
            check.fault(
                ("annotation",),
                "a gene set needs its assembly: give that under `assembly:`",
            )
        elif not assembled and "assembly" not in words(parameters, "workflow"):
            check.fault(
                (),
                "an annotation needs an assembly: give one under `assembly:`, or make one in the same run "
                "with --workflow assembly,annotation",
            )
        elif not assembled:
            check.fault(
                (),
                "an annotation needs an assembly: give one under `assembly:` or add assemble to --steps",
            )
        if reference and not check.genome["reference_annotation"].get("assembly"):
            check.fault(
                ("reference_annotation",),
                "the assembly of this run has other sequence names: give the assembly of this annotation "
                "as `assembly:` next to it",
            )
        return
    fasta = annotated_haplotype(given) if given else None
    if not fasta:
        return
    facts = check.checked.facts.get(fasta)
    if facts and facts.lower_pct > LOWER_CASE_PCT:
        check.note(
            ("assembly",),
            "it is entirely in lower case, which does not mark repeats; it is read as upper case",
        )
    if facts and not facts.lower_pct and facts.reads is not None and parameters["repeat_masker"] == "given":
        check.note(("assembly",), "--repeat_masker given, but it has no lower case: no repeats are masked")
    if reference and reference["assembly"] and Path(reference["assembly"]).samefile(fasta):
        reference["assembly"] = None


def _check_proteins(check: GenomeCheck, record: Genome) -> None:
    for index, entry in enumerate(record["proteins"]):
        facts = check.checked.facts.get(entry["fasta"] or "")
        if facts and facts.reads is not None and facts.longest < MIN_PROTEIN:
            check.fault(
                ("proteins", index, "fasta"),
                f"{entry['fasta']}: its longest protein has {facts.longest} residues, and {MIN_PROTEIN} are "
                "needed to align one; give whole proteins",
            )
        if facts and facts.with_stops:
            first = "" if facts.reads is not None else "first "
            check.note(
                ("proteins", index, "fasta"),
                f"{facts.with_stops} of the {first}{facts.records} proteins have internal stop codons, "
                "which are read as unknown residues",
            )


def _check_repeats(check: GenomeCheck, record: Genome, masker: str) -> None:
    """Whether libraries of repeats are such, and used."""
    for index, entry in enumerate(record["repeats"]):
        facts = check.checked.facts.get(entry["fasta"] or "")
        if facts and facts.longest > LONGEST_REPEAT:
            check.fault(
                ("repeats", index, "fasta"),
                f"{entry['fasta']} has a sequence of {facts.longest:,} bp, which is a contig, not a repeat, "
                "and would mask everything similar to it; give consensus sequences of repeat families",
            )
    if record["repeats"] and masker in ("given", "none"):
        unused = f"--repeat_masker {masker} does not search for repeats; the library is not used"
        check.note(("repeats",), unused)


def _check_evidence(check: GenomeCheck, record: Genome, parameters: Mapping[str, Any]) -> None:
    """Whether the gene finder can do anything with what is given."""
    finder, model = parameters["gene_finder"], parameters["augustus_species"]
    # Faults of given files have been reported.
    has = {kind: bool(check.genome.get(kind)) for kind in EVIDENCE}
    code = record["genetic_code"] or 1
    if finder == "augustus" and isinstance(code, int) and code not in AUGUSTUS_CODES:
        known = ", ".join(map(str, sorted(AUGUSTUS_CODES)))
        check.fault(
            ("genetic_code",),
            f"AUGUSTUS cannot predict with genetic code {code} (it can with {known}); use --gene_finder "
            "none, which makes genes only from evidence",
        )
    if finder in ("braker3", "galba") and code != 1:
        check.fault(
            ("genetic_code",), f"{finder} only supports genetic code 1 here; use --gene_finder augustus"
        )
    if not any(has.values()) and finder == "augustus":
        if model in ("auto", "train"):
            check.fault(
                (),
                "no evidence for genes is given, so no gene model can be trained or chosen: give rnaseq, "
                "isoseq, proteins, hints or liftover, or name a relative's model with --augustus_species",
            )
        else:
            message = f"no evidence for genes is given: genes are only predicted ab initio, as in {model}"
            check.note((), message)
    elif finder == "galba" and not has["proteins"]:
        check.fault((), "galba needs proteins of a relative: give them under `proteins`")
    elif finder == "braker3" and not (has["rnaseq"] or has["isoseq"] or has["proteins"]):
        check.fault((), "braker3 needs RNA or proteins: give rnaseq, isoseq or proteins")
    elif finder == "none" and not any(has[kind] for kind in EVIDENCE if kind != "hints"):
        check.fault(
            (),
            "--gene_finder none makes genes only from evidence, but none is given: give rnaseq, isoseq, "
            "proteins or liftover",
        )
    if parameters["snap"] and isinstance(code, int) and not _stops_of_standard_code(code):
        check.fault(
            ("genetic_code",),
            f"SNAP ends genes at TAA, TAG and TGA, but genetic code {code} has other stop codons; leave out "
            "--snap",
        )
    if parameters["snap"] and not has["proteins"]:
        check.note((), "no proteins are given: SNAP, which is trained on them, is not run")


def _stops_of_standard_code(code: int) -> bool:
    """Whether a genetic code has the stop codons of the standard one."""
    return set(unambiguous_dna_by_id[code].stop_codons) == set(unambiguous_dna_by_id[1].stop_codons)


def _check_places(check: GenomeCheck, record: Genome) -> None:
    """Annotations and hints against the names and lengths of the assemblies they lie on."""
    own = annotated_haplotype(record["assembly"]) if record["assembly"] else None
    pairs: list[tuple[Keys, str | None, str | None]] = [(("annotation",), record["annotation"], own)]
    pairs += [(("hints",), path, own) for path in record["hints"]]
    pairs += [
        (("liftover",), relative["annotation"], relative["assembly"]) for relative in record["liftover"]
    ]
    if reference := record["reference_annotation"]:
        on = reference["assembly"] or own
        # Without its own assembly, a reference of a genome that is assembled in this run lies nowhere yet.
        pairs.append((("reference_annotation",), reference["annotation"], on))
    lengths: dict[str, dict[str, int] | None] = {}
    for keys, path, fasta in pairs:
        if not path or not fasta:
            continue
        try:
            if fasta not in lengths:
                lengths[fasta] = fasta_lengths(fasta)
            if not (sequences := lengths[fasta]):
                continue
            share, sentences = misplaced(path, sequences)
        except InputError as error:
            check.fault(keys, str(error))
            continue
        for sentence in sentences:
            (check.fault if share > MOST_STRANGE else check.note)(keys, sentence)
