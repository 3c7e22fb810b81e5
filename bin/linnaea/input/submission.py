"""What a submission needs of a genome's data: whether its facts fit each other, and what is missing yet."""

import difflib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from linnaea.annotation.functional_annotation import refuse_bad_prefix
from linnaea.base.errors import InputError
from linnaea.base.text import listing
from linnaea.input.annotation import MOST_STRANGE, annotated_haplotype
from linnaea.input.files import (
    check_fasta,
    check_gene_set,
    check_names,
    fasta_lengths,
    misplaced,
    regular_file,
    safe_path,
)
from linnaea.input.genome import GenomeCheck
from linnaea.input.options import START, given_option, words
from linnaea.input.places import Keys
from linnaea.input.run_input import Cobiont, Genome, LongReads, Mitochondrion, ShortReads, Submission
from linnaea.submission.facts import MITOCHONDRION, READS
from linnaea.submission.findings import Findings
from linnaea.submission.lists import ASSEMBLY_NAME, read_chromosome_list, read_unlocalised_list
from linnaea.submission.package import read_actions
from linnaea.submission.reads import platform_of, vocabulary
from linnaea.submission.samples import ACCESSION, Samples, read_samples, samples_of, sequenced_sample

# Columns that tables of populations have, and tables of specimens do not.
_POPULATION = frozenset(("sample", "fastq_1", "bam", "gvcf"))


def specimens_path(parameters: Mapping[str, Any]) -> tuple[str | None, list[str], list[str]]:
    """The table of specimens, notes and faults: `--specimens`, or `--samples` where no populations are
    analysed.
    """
    key = "specimens"
    given = given_option(parameters, key)
    if not given and "popgen" not in words(parameters, "workflow"):
        key = "samples"
        given = given_option(parameters, key)
    if not given:
        return None, [], []
    try:
        path = safe_path(given, Path.cwd())
        regular_file(path, START)
        if key == "samples" and _is_population_table(path):
            text = "is a table of populations, not of specimens; it is not used"
            return None, [f"option --samples: {path} {text}"], []
        read = read_samples(path)
    except InputError as error:
        return None, [], [f"option --{key}: {error}"]
    return path, [f"option --{key}: {remark}" for remark in read.remarks], []


def _is_population_table(path: str) -> bool:
    with Path(path).open(encoding="utf-8-sig", errors="replace") as handle:
        header = handle.readline()
    return bool(_POPULATION & {word.strip().strip('"') for word in header.replace(";", ",").split(",")})


def check_submission(
    check: GenomeCheck, record: Genome, parameters: Mapping[str, Any], specimens: str | None
) -> None:
    """Faults and notes of a genome that is submitted; its submission is normalised."""
    samples = read_samples(specimens) if specimens else Samples([], [], [])
    given = check.genome.get("submission")
    given = given if isinstance(given, Mapping) else {}
    haplotypes = _haplotypes(check, record, parameters)
    record["submission"] = submission = _normalised(check, given, list(haplotypes))
    cobionts = [one["id"] for one in submission["cobionts"]]
    parts = [*haplotypes, MITOCHONDRION, *cobionts]
    _check_studies(check, submission, [READS, *parts])
    _check_names(check, record, submission, parts)
    _check_locus_tag(check, record, submission, parameters)
    _check_places(check, record, submission)
    _check_libraries(check, record)
    names = [record["name"], *(one["name"] for one in submission["cobionts"])]
    own = samples_of(samples, record["id"], names, record["taxid"])
    _check_samples(check, record, submission, own, bool(specimens))
    _note_missing(check, record, submission, haplotypes, parameters, own)


def _haplotypes(check: GenomeCheck, record: Genome, parameters: Mapping[str, Any]) -> list[str]:
    """Names of the haplotypes that the run submits."""
    if record["assembly"]:
        return list(record["assembly"]["haplotypes"])
    if "assembly" not in words(parameters, "workflow") or "assemble" not in words(parameters, "steps"):
        check.fault(
            (),
            "a submission needs an assembly: give one under `assembly:`, or make one in the same run with "
            "--workflow assembly,submission",
        )
        return []
    if parameters["assembler"] != "hifiasm":
        return ["primary"]
    return ["primary", "alternate"] if parameters["haplotypes"] == "primary" else ["hap1", "hap2"]


def _normalised(check: GenomeCheck, given: Mapping[str, Any], haplotypes: Sequence[str]) -> Submission:
    place: Keys = ("submission",)
    mitochondrion: Mitochondrion | None = None
    one = given.get(MITOCHONDRION)
    if isinstance(one, Mapping):
        mitochondrion = {
            "fasta": check.file((*place, MITOCHONDRION, "fasta"), one.get("fasta"), _check_fasta),
            "circular": bool(one.get("circular")),
            "coverage": one.get("coverage"),
            "program": one.get("program"),
            "annotation": check.file(
                (*place, MITOCHONDRION, "annotation"), one.get("annotation"), check_gene_set
            ),
        }
    cobionts: list[Cobiont] = []
    listed = given.get("cobionts")
    for index, one in enumerate(listed if isinstance(listed, list) else []):
        if not isinstance(one, Mapping):
            continue
        keys = (*place, "cobionts", index)
        cobionts.append({
            "id": one.get("id", ""), "name": one.get("name", ""), "circular": one.get("circular"),
            "coverage": one.get("coverage"),
            "program": one.get("program"),
            "fasta": check.file((*keys, "fasta"), one.get("fasta"), _check_fasta),
            "annotation": check.file((*keys, "annotation"), one.get("annotation"), check_gene_set),
            "genetic_code": one.get("genetic_code"), "locus_tag": one.get("locus_tag"),
            "study": one.get("study"), "sample": one.get("sample"),
        })  # fmt: skip
    studies = given.get("studies")
    return {
        "sample": given.get("sample"),
        "studies": dict(studies) if isinstance(studies, Mapping) else {},
        "center": given.get("center"),
        "hold_until": given.get("hold_until"),
        "version": given.get("version"),
        "coverage": given.get("coverage"),
        "program": given.get("program"),
        "platform": given.get("platform"),
        "linkage": given.get("linkage"),
        "resolve": _resolve(check, given.get("resolve")),
        "chromosomes": _lists(check, given, "chromosomes", haplotypes),
        "unlocalised": _lists(check, given, "unlocalised", haplotypes),
        "earlier": check.file((*place, "earlier"), given.get("earlier"), check_names),
        "mitochondrion": mitochondrion,
        "cobionts": cobionts,
    }


def _check_fasta(path: str) -> Any:
    return check_fasta(path, False)


def _resolve(check: GenomeCheck, given: Any) -> list[str]:
    words_given = [str(one) for one in given] if isinstance(given, list) else []
    try:
        read_actions(words_given)
    except InputError as error:
        check.fault(("submission", "resolve"), str(error).replace("--resolve ", ""))
    return words_given


def _lists(
    check: GenomeCheck, given: Mapping[str, Any], key: str, haplotypes: Sequence[str]
) -> dict[str, str]:
    """Chromosome or unlocalised lists by haplotype; one file is for the primary or only haplotype."""
    files = given.get(key)
    if isinstance(files, str):
        files = {haplotypes[0] if len(haplotypes) == 1 else "primary": files}
    kept: dict[str, str] = {}
    for name, path in files.items() if isinstance(files, Mapping) else ():
        keys: Keys = ("submission", key) if isinstance(given[key], str) else ("submission", key, str(name))
        if name not in haplotypes:
            if haplotypes:
                check.fault(keys, f"there is no haplotype {name}; known are {', '.join(haplotypes)}")
            continue
        if checked := check.file(keys, path, check_names):
            kept[str(name)] = checked
    return kept


def _check_studies(check: GenomeCheck, submission: Submission, parts: Sequence[str]) -> None:
    """Each part has a study of its own: of one study and sample, ENA takes a second assembly as an update."""
    users: dict[str, str] = {}
    for part in submission["studies"]:
        if part not in parts:
            check.fault(
                ("submission", "studies", part), f"there is no part {part}; known are {', '.join(parts)}"
            )
    own = {one["id"]: one["study"] for one in submission["cobionts"] if one["study"]}
    for part, study in {**submission["studies"], **own}.items():
        if study in users:
            check.fault(
                ("submission", "studies"),
                f"{study} is the study of {users[study]} and of {part}; each has a study of its own, for ENA "
                "takes a second assembly in a study as an update of the first",
            )
        users.setdefault(study, part)


def _check_names(check: GenomeCheck, record: Genome, submission: Submission, parts: Sequence[str]) -> None:
    """Whether ENA takes the names of the assemblies."""
    version = submission["version"] or 1
    cobionts = {one["id"] for one in submission["cobionts"]}
    if len(cobionts) < len(submission["cobionts"]):
        check.fault(("submission", "cobionts"), "two cobionts have the same `id`; give each its own")
    for part in parts:
        name = f"{part}.{version}" if part in cobionts else f"{record['id']}-{part}.{version}"
        if not ASSEMBLY_NAME.fullmatch(name):
            keys: Keys = ("submission", "cobionts") if part in cobionts else ("id",)
            check.fault(
                keys,
                f"the assembly would be named {name}, which ENA refuses (at most 50 letters, digits and "
                "_ # . -); give a shorter `id`",
            )
            break


def _check_locus_tag(
    check: GenomeCheck, record: Genome, submission: Submission, parameters: Mapping[str, Any]
) -> None:
    """Genes cannot be written without the prefix of their locus tags, and ENA takes none later."""
    one = submission["mitochondrion"]
    genes = (
        "annotation" in words(parameters, "workflow") or record["annotation"] or (one and one["annotation"])
    )
    prefixes: list[tuple[Keys, str | None, Any]] = [(("locus_tag",), record["locus_tag"], genes)]
    prefixes += [
        (("submission", "cobionts", index, "locus_tag"), cobiont["locus_tag"], cobiont["annotation"])
        for index, cobiont in enumerate(submission["cobionts"])
    ]
    for keys, prefix, annotated in prefixes:
        if annotated and not prefix:
            check.fault(
                keys,
                "genes cannot be submitted without a locus tag prefix, and ENA takes no genes later; "
                "register one with the study and give it as `locus_tag`",
            )
        elif prefix:
            try:
                refuse_bad_prefix(prefix)
            except InputError as error:
                check.fault(keys, str(error))
    if one and one["annotation"] and not record["mito_code"]:
        check.fault(
            ("mito_code",), "the genes of the mitochondrion need its genetic code; give it as `mito_code`"
        )


def _check_places(check: GenomeCheck, record: Genome, submission: Submission) -> None:
    """Genes and lists against the names and lengths of their sequences."""
    fastas = record["assembly"]["haplotypes"] if record["assembly"] else {}
    own = annotated_haplotype(record["assembly"]) if record["assembly"] else None
    one = submission["mitochondrion"]
    pairs: list[tuple[Keys, str | None, str | None]] = [(("annotation",), record["annotation"], own)]
    if one:
        pairs.append((("submission", MITOCHONDRION, "annotation"), one["annotation"], one["fasta"]))
    pairs += [
        (("submission", "cobionts", index, "annotation"), cobiont["annotation"], cobiont["fasta"])
        for index, cobiont in enumerate(submission["cobionts"])
    ]
    for keys, path, fasta in pairs:
        if not path or not fasta:
            continue
        try:
            share, sentences = misplaced(path, fasta_lengths(fasta) or {})
        except InputError as error:
            check.fault(keys, str(error))
            continue
        for sentence in sentences:
            (check.fault if share > MOST_STRANGE else check.note)(keys, sentence)
    for name, path in submission["chromosomes"].items():
        findings = Findings()
        listed = read_chromosome_list(path, findings)
        names = {chromosome.sequence for chromosome in listed}
        if loose := submission["unlocalised"].get(name):
            names |= read_unlocalised_list(loose, listed, findings).keys()
        for finding in findings.all:
            check.fault(("submission", "chromosomes"), f"{finding.file}: {finding.place}: {finding.text}")
        fasta = fastas.get(name)
        lengths = fasta_lengths(fasta) if fasta else None
        if lengths and (strange := sorted(names - lengths.keys())):
            check.fault(
                ("submission", "chromosomes"),
                f"{path} names sequences that {name} lacks ({listing(strange, 3)}); give the list of this "
                "assembly",
            )


def _check_libraries(check: GenomeCheck, record: Genome) -> None:
    """Facts of libraries against the words that ENA knows."""
    known = vocabulary()
    models = [model for listed in known["platforms"].values() for model in listed]
    for kind, index, library in _libraries(record):
        facts = library["archive"]
        chosen = (
            ("instrument", models, lambda text: bool(platform_of(text))),
            ("strategy", known["strategies"], known["strategies"].__contains__),
            ("selection", known["selections"], known["selections"].__contains__),
        )
        for key, words_known, is_known in chosen:
            text = facts[key]  # type: ignore[literal-required]
            if text and not is_known(text):
                check.fault((kind, index, key), f"ENA has no {key} {text!r}; {_close(text, words_known)}")


def _libraries(record: Genome) -> Iterator[tuple[str, int, LongReads | ShortReads]]:
    """Libraries of reads with the key that they are given under and their number."""
    kinds: list[tuple[str, Sequence[LongReads | ShortReads]]] = [
        ("hifi", record["hifi"]), ("ont", record["ont"]), ("isoseq", record["isoseq"]),
        ("hic", record["hic"]), ("illumina", record["illumina"]), ("rnaseq", record["rnaseq"]),
    ]  # fmt: skip
    for kind, listed in kinds:
        for index, library in enumerate(listed):
            yield kind, index, library


def _close(word: str, known: Sequence[str]) -> str:
    folded = {one.casefold(): one for one in known}
    close = difflib.get_close_matches(word.casefold(), folded, n=1, cutoff=0.4)
    return f"did you mean {folded[close[0]]}?" if close else "see assets/sequencing.yml for those that it has"


def _check_samples(
    check: GenomeCheck, record: Genome, submission: Submission, samples: Samples, table: bool
) -> None:
    """Samples are accessions or aliases of the table of specimens."""
    named: list[tuple[Keys, str | None]] = [(("submission", "sample"), submission["sample"])]
    named += [
        (("submission", "cobionts", index, "sample"), one["sample"])
        for index, one in enumerate(submission["cobionts"])
    ]
    named += [
        ((kind, index, "sample"), library["archive"]["sample"]) for kind, index, library in _libraries(record)
    ]
    for keys, name in named:
        if name and not ACCESSION.fullmatch(name) and not sequenced_sample(samples, name, record["name"]):
            check.fault(
                keys,
                f"{name} is neither an accession (SAMEA...) nor the alias of a sample of this genome in the "
                "table of specimens; correct one of them"
                if table
                else f"{name} is not an accession (SAMEA...), and no table of specimens is given; add it by "
                "--specimens",
            )


def _note_missing(
    check: GenomeCheck,
    record: Genome,
    submission: Submission,
    haplotypes: Sequence[str],
    parameters: Mapping[str, Any],
    samples: Samples,
) -> None:
    """What the packages will wait for, and what cannot be added to them later."""
    lacking = [f"the study of {part}" for part in (READS, *haplotypes) if part not in submission["studies"]]
    if not submission["sample"] and not sequenced_sample(samples, None, record["name"]):
        lacking.append("the sample")
    without = [
        f"{library['library']}"
        for _, _, library in _libraries(record)
        if not library["archive"]["instrument"]
    ]
    if without:
        lacking.append(f"the instrument of {listing(without, 3)}")
    if lacking:
        check.note(
            ("submission",),
            f"not given yet: {listing(lacking)}; the packages are made, and missing.tsv says who can supply "
            "what is missing",
        )
    if not (record["annotation"] or "annotation" in words(parameters, "workflow")):
        check.note(
            (),
            "the assembly is packaged without genes; ENA takes no genes for it later, only for a new study",
        )
