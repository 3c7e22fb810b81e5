"""The verdict on an assembly: the metrics of the Earth BioGenome Project and the flags of the EAR.

Thresholds, their wording and their sources are in `assets/ebp_v7.json`; this module only compares.
"""

import json
import math
import operator
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypedDict, cast

from linnaea.assembly.kmer_evaluation import HaplotypeKmers
from linnaea.assembly.stages import STAGES
from linnaea.assembly.statistics import AssemblyStatistics
from linnaea.base.errors import InputError
from linnaea.base.paths import asset
from linnaea.base.records import Record
from linnaea.base.tables import Row, write_table
from linnaea.base.text import bases, listing, number, percent
from linnaea.formats.tool_metrics import Busco

STANDARD = asset("ebp_v7.json")
COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    ">=": operator.ge,
    ">": operator.gt,
    "<": operator.lt,
    "!=": operator.ne,
}
HOMOZYGOUS_PCT = 0.02  # below it a genome profile sees no heterozygous peak
ALTERNATE = {"alt", "alternate", "haplotigs"}


@dataclass(frozen=True)
class Expected:
    """What is known of the species before it was sequenced; None where it is not."""

    haploid_number: int | None = None
    ploidy: int | None = None
    sex: str | None = None
    genome_size_bp: int | None = None


@dataclass(frozen=True)
class Finding:
    """A judged metric: its value, 'pass', 'fail' or 'not measured', and why in plain words."""

    value: float | str | None
    verdict: str
    why: str
    proxy: bool = False
    threshold: str | None = None
    lower_bound: bool = False


class JudgedMetric(TypedDict):
    """A metric of the standard in the record of a verdict; `value` is None where it was not measured."""

    metric: str
    name: str
    value: float | str | None
    unit: str
    threshold: str
    verdict: str
    proxy: bool
    lower_bound: bool
    why: str
    source: str


class JudgedHaplotype(TypedDict):
    """Codes and metrics of one haplotype; `target_why` names the chromosomes that lower the target."""

    haplotype: str
    code_ear: str
    code_sanger: str
    target: str
    target_why: str | None
    verdict: str
    metrics: list[JudgedMetric]


class Flag(TypedDict):
    """A flag of the EAR; `flagged` is None where nothing was measured, `haplotype` for the genome."""

    flag: str
    name: str
    haplotype: str | None
    value: Any
    unit: str
    threshold: str
    flagged: bool | None
    why: str


class JudgedStage(TypedDict):
    """The verdict on an assembly at one stage."""

    stage: str
    haplotypes: list[JudgedHaplotype]
    flags: list[Flag]


class Verdict(JudgedStage):
    """The record `ebp_verdict`: the verdict on the latest stage, and those on earlier ones."""

    id: str
    step: str
    standard: str
    standard_url: str
    chromosome_scale: str
    earlier_stages: list[JudgedStage]


@dataclass(frozen=True)
class Measurements:
    """All that was measured on one haplotype at one stage."""

    stats: AssemblyStatistics
    standard: Record
    expected: Expected
    kmer_size: int | None = None
    kmers: HaplotypeKmers | None = None
    kmers_both: HaplotypeKmers | None = None
    busco: Busco | None = None
    assignment: Record | None = None
    transcripts: Record | None = None
    profile: Record | None = None
    sex: Record | None = None
    before_curation: AssemblyStatistics | None = None
    rows: Sequence[Row] = field(default=())


def load_standard(path: str | Path = STANDARD) -> dict[str, Any]:
    """Read the thresholds (JSON with `metrics`, `flags`, `chromosome_scale`)."""
    return json.loads(Path(path).read_text())


def one_haplotype_ceiling_pct(heterozygosity_pct: float, k: int) -> float:
    """The k-mer completeness (%) that one error-free haplotype of a diploid can reach at most.

    A position whose k-mer spans a heterozygous site (probability 1 - (1 - h)^k) has two distinct
    k-mers in the reads, of which one haplotype holds one: 100 / (2 - (1 - h)^k).
    """
    homozygous = (1 - heterozygosity_pct / 100) ** k
    return 100 / (2 - homozygous)


def _pct_of(rows: Iterable[Row], total: int) -> float:
    return 100 * sum(int(row["length_bp"]) for row in rows) / total


def telomere_to_telomere_pct(rows: Iterable[Row], total: int, gapless: bool = False) -> float:
    """Share (%) of bases in sequences with a telomere at both ends (and without a gap)."""
    ends = ("telomere_start_bp", "telomere_end_bp")
    whole = [row for row in rows if all(float(row[end] or 0) > 0 for end in ends)]
    return _pct_of([r for r in whole if not (gapless and int(r["gaps"]))], total)


def _longest_pct(e: Measurements, n: int) -> float | None:
    """Share (%) of bases in the n longest sequences, from the record or the table."""
    if e.stats.get("haploid_number") == n:
        return e.stats["in_haploid_number_longest_pct"]
    if not e.rows:
        return None
    longest = sorted(e.rows, key=lambda row: int(row["length_bp"]), reverse=True)[:n]
    return _pct_of(longest, e.stats["total_bp"])


def chromosome_share(e: Measurements) -> Finding:
    """Share of bases in chromosomes: assigned, or by one of the proxies of `chromosome_scale`."""
    limit = e.standard["chromosome_scale"]["share_pct"]

    def finding(share: float, why: str, proxy: bool = True) -> Finding:
        return Finding(share, "pass" if share > limit else "fail", why, proxy)

    if e.assignment and e.assignment.get("assigned_pct") is not None:
        share = e.assignment["assigned_pct"]
        chosen = {
            "haploid_number": "proxy: the longest scaffolds, as many as the haploid number, hold this share",
            "length": "proxy: the scaffolds before a drop in length hold this share of the bases",
        }.get(e.assignment.get("rule", ""))
        named = "share of bases in sequences that are named as chromosomes, or in their unlocalised scaffolds"
        return finding(share, chosen or named, proxy=chosen is not None)
    n, total = e.expected.haploid_number, e.stats["total_bp"]
    if n and (share := _longest_pct(e, n)) is not None:
        return finding(
            share,
            f"proxy: the {n} largest sequences (haploid number {n}) hold {percent(share)} of the "
            "bases; no assignment to chromosomes was given",
        )
    if n:
        reached = e.stats["scaffold_l90"] <= n
        return Finding(
            None,
            "pass" if reached else "fail",
            f"proxy: 90 % of the bases lie in {e.stats['scaffold_l90']} sequences, the haploid "
            f"number is {n}; no assignment to chromosomes was given",
            True,
        )
    if e.rows and e.stats.get("telomere_motif"):
        share = telomere_to_telomere_pct(e.rows, total)
        return finding(
            share,
            f"proxy: {percent(share)} of the bases lie in sequences with a telomere "
            "at both ends; neither an assignment nor the haploid number was given",
        )
    return Finding(
        None,
        "not measured",
        "neither an assignment to chromosomes (AGP) nor the haploid number (haploid_number in the input) "
        "was given, and no telomeres mark complete chromosomes",
    )


def small_chromosomes(e: Measurements) -> str | None:
    """Why the chromosome N50 is below the limit of C.C.Q40, or None when it is not.

    On a chromosome-scale assembly the scaffold N50 is the chromosome N50. Otherwise genome size
    by haploid number, the mean length, stands in for it.
    """
    limit = e.standard["small_chromosomes"]["chromosome_n50_bp"]
    if chromosome_share(e).verdict == "pass":
        n50 = e.stats["scaffold_n50_bp"]
        return f"chromosome N50 is {bases(n50)}" if n50 < limit else None
    size, _ = expected_size(e)
    if size and e.expected.haploid_number:
        mean = size / e.expected.haploid_number
        if mean < limit:
            return f"the mean chromosome is {bases(mean)} (genome size by haploid number)"
    return None


def _contigs_chromosome_scale(e: Measurements) -> tuple[bool, str]:
    """Whether the contigs themselves are chromosomes, and how that was seen."""
    limit = e.standard["chromosome_scale"]["share_pct"]
    if n := e.expected.haploid_number:
        l90 = e.stats["contig_l90"]
        return l90 <= n, f"{l90} contigs hold 90 % of the bases, the haploid number is {n}"
    share = telomere_to_telomere_pct(e.rows, e.stats["total_bp"], gapless=True)
    return (
        share > limit,
        f"gapless sequences with both telomeres hold {percent(share)} of the bases",
    )


def _judge(rule: Record, value: float, why: str, **more: Any) -> Finding:
    passed = COMPARE[rule["comparison"]](value, rule["limit"])
    return Finding(value, "pass" if passed else "fail", why, **more)


def contig_n50(e: Measurements, rule: Record) -> Finding:
    value = e.stats["contig_n50_bp"]
    if small := small_chromosomes(e):
        reached, how = _contigs_chromosome_scale(e)
        return Finding(
            value,
            "pass" if reached else "fail",
            f"{small}, so the standard is {e.standard['target_small_chromosomes']} and "
            f"contigs have to be of chromosome scale: {how}",
            True,
            "chromosome scale",
        )
    count = e.stats["contigs"]
    contigs = "contig" if count == 1 else "contigs"
    return _judge(rule, value, f"sequences cut at runs of N: {number(count)} {contigs}")


def scaffold_n50(e: Measurements, rule: Record) -> Finding:
    share = chromosome_share(e)
    why = {
        "pass": "follows from the share of bases in chromosomes, below",
        "fail": "too few of the bases lie in chromosomes, see below",
    }.get(share.verdict, share.why)
    return Finding(e.stats["scaffold_n50_bp"], share.verdict, why, share.proxy)


def base_qv(e: Measurements, rule: Record) -> Finding:
    if not e.kmers:
        return Finding(
            None,
            "not measured",
            "no k-mer evaluation of this assembly (it needs HiFi or Illumina reads)",
        )
    value, total = e.kmers.get("qv_phred"), e.kmers["assembly_kmers"]
    if value is None:
        return Finding(None, "not measured", "the assembly has no k-mers to compare with the reads")
    why = f"{number(e.kmers['assembly_only_kmers'])} of {number(total)} assembly "
    why += f"{e.kmer_size}-mers are absent from the reads"
    bound = bool(e.kmers.get("qv_is_lower_bound"))
    if bound:
        why = f"all {number(total)} assembly {e.kmer_size}-mers are in the reads: a lower bound"
    return _judge(rule, value, why, lower_bound=bound)


def kmer_completeness(e: Measurements, rule: Record) -> Finding:
    if not e.kmers or e.kmers.get("completeness_pct") is None:
        return Finding(
            None,
            "not measured",
            "no k-mer evaluation of this assembly (it needs HiFi or Illumina reads)",
        )
    own = e.kmers["completeness_pct"]
    if e.kmers_both and e.kmers_both.get("completeness_pct") is not None:
        both = e.kmers_both["completeness_pct"]
        return _judge(
            rule,
            both,
            f"both haplotypes together; alone it has {percent(own)}, because it lacks the alleles of the "
            "other",
        )
    why = f"reliable read {e.kmer_size}-mers found in the assembly"
    het = (e.profile or {}).get("heterozygosity_pct")
    if het and (e.profile or {}).get("ploidy_model") == 2 and e.kmer_size:
        ceiling = one_haplotype_ceiling_pct(het, e.kmer_size)
        why += (
            f"; one haplotype of a diploid with {percent(het)} heterozygosity can reach about "
            f"{percent(ceiling, 1)} at most"
        )
    return _judge(rule, own, why)


def busco_single_copy(e: Measurements, rule: Record) -> Finding:
    if not e.busco:
        return Finding(None, "not measured", "no BUSCO lineage path was given (--busco_lineage)")
    why = (
        f"{e.busco['lineage']}, {number(e.busco['markers'])} markers; duplicated "
        f"{percent(e.busco['duplicated_pct'])}, fragmented {percent(e.busco['fragmented_pct'])}, "
        f"missing {percent(e.busco['missing_pct'])}"
    )
    return _judge(rule, e.busco["single_copy_pct"], why)


def false_duplication(e: Measurements, rule: Record) -> Finding:
    share = e.kmers and e.kmers.get("false_duplication_pct")
    if share is None:
        return Finding(
            None,
            "not measured",
            "no k-mer evaluation of this assembly (it needs HiFi or Illumina reads)",
        )
    return _judge(
        rule,
        share,
        "k-mers of single-copy read depth that the assembly has more than once, as Merqury counts them",
    )


def assigned_to_chromosomes(e: Measurements, rule: Record) -> Finding:
    return chromosome_share(e)


def transcripts_mappable(e: Measurements, rule: Record) -> Finding:
    value = (e.transcripts or {}).get("mapped_pct")
    if value is None:
        return Finding(None, "not measured", "no RNA-seq was mapped")
    return _judge(rule, value, "RNA-seq reads of the same species that map to the assembly")


METRICS: dict[str, Callable[[Measurements, Record], Finding]] = {
    "contig_n50": contig_n50,
    "scaffold_n50": scaffold_n50,
    "qv": base_qv,
    "kmer_completeness": kmer_completeness,
    "busco_single_copy": busco_single_copy,
    "false_duplication": false_duplication,
    "assigned_to_chromosomes": assigned_to_chromosomes,
    "transcripts_mappable": transcripts_mappable,
}


def _digit(length: float | None) -> str:
    return str(int(math.log10(length))) if length else "?"


def codes(
    contig_n50_bp: float, scaffold_n50_bp: float, qv: float | None, in_chromosomes: bool
) -> tuple[str, str]:
    """The quality code in both public spellings.

    x = floor(log10(contig N50)), z = floor(QV). For y, ERGA's make_EAR always prints
    floor(log10(scaffold N50)); the genome notes of the Wellcome Sanger Institute print C when
    chromosomes hold 90 % of the bases.
    """
    x, y, z = _digit(contig_n50_bp), _digit(scaffold_n50_bp), "?" if qv is None else int(qv)
    return f"{x}.{y}.Q{z}", f"{x}.{'C' if in_chromosomes else y}.Q{z}"


def expected_size(e: Measurements) -> tuple[float | None, str]:
    """Haploid genome size (bp) and where it is from; the k-mer profile before the user's figure."""
    size = (e.profile or {}).get("haploid_size_bp")
    return (size, "genome profile") if size else (e.expected.genome_size_bp, "given genome size")


def _flag_values(e: Measurements) -> dict[str, tuple[Any, str]]:
    """Value and explanation of every per-haplotype flag; value None when it was not measured."""
    stats = e.stats
    size, source = expected_size(e)
    total, gaps = stats["total_bp"], stats["gaps"]
    difference = 100 * abs(total - size) / size if size else None
    n, l90, before = e.expected.haploid_number, stats["scaffold_l90"], e.before_curation
    loss = 100 * (1 - total / before["total_bp"]) if before else None
    return {
        "gaps_per_gbp": (1e9 * gaps / total, f"{number(gaps)} gaps in {bases(total)}"),
        "size_difference": (
            difference,
            f"{bases(total)} assembled, {bases(size)} expected ({source})"
            if size
            else "no genome profile and no genome size",
        ),
        "busco_duplicated": (
            e.busco["duplicated_pct"] if e.busco else None,
            e.busco["lineage"] if e.busco else "no BUSCO lineage path was given (--busco_lineage)",
        ),
        "kmer_completeness_alone": (
            e.kmers["completeness_pct"] if e.kmers else None,
            "the other haplotype not counted"
            if e.kmers_both
            else "the only haplotype"
            if e.kmers
            else "no k-mer evaluation of this assembly",
        ),
        "scaffold_l90": (
            l90 if n else None,
            f"{number(l90)} sequences hold 90 % of the bases, the "
            + (f"haploid number is {n}" if n else "haploid number is not known"),
        ),
        "curation_loss": (
            loss,
            f"{bases(before['total_bp'])} before, {bases(total)} after curation"
            if before
            else "not curated yet",
        ),
    }


def _genome_flag_values(e: Measurements) -> dict[str, tuple[Any, Any, str]]:
    """Observed, expected and explanation of the flags of the genome as a whole."""
    profile, known = e.profile or {}, e.expected
    ploidy = profile.get("ploidy_hint") or profile.get("ploidy_model")
    sex = (e.sex or {}).get("sex")
    reason = profile.get("ploidy_hint_reason") or "no genome profile"
    if ploidy:
        reason = f"the genome profile suggests {ploidy}, expected {known.ploidy or 'not given'}"
    if known.ploidy == 1 and ploidy == 2 and profile.get("heterozygosity_pct", 1) < HOMOZYGOUS_PCT:
        ploidy, reason = None, "k-mers of a haploid and of a homozygous diploid look the same"
    return {
        "ploidy": (ploidy, known.ploidy, reason),
        "sex": (
            sex,
            known.sex,
            f"expected {known.sex or 'not given'}, "
            + (f"observed {sex}" if sex else "not determined from the data"),
        ),
    }


def _flag(rule: Record, haplotype: str | None, value: Any, limit: Any, why: str) -> Flag:
    known = value is not None and limit is not None
    return {
        "flag": rule["flag"],
        "name": rule["name"],
        "haplotype": haplotype,
        "value": value,
        "unit": rule["unit"],
        "threshold": rule["threshold"],
        "flagged": COMPARE[rule["comparison"]](value, limit) if known else None,
        "why": why,
    }


def flags_of(e: Measurements, haplotype: str) -> list[Flag]:
    """The EAR's automatic flags for one haplotype: `flagged` is null where nothing was measured."""
    values = _flag_values(e)
    limits = {"scaffold_l90": e.expected.haploid_number}
    return [
        _flag(
            rule,
            haplotype,
            values[rule["flag"]][0],
            limits.get(rule["flag"], rule["limit"]),
            values[rule["flag"]][1],
        )
        for rule in e.standard["flags"]
        if rule["flag"] in values
    ]


def genome_flags(e: Measurements) -> list[Flag]:
    """Flags of the genome as a whole: ploidy and sex, observed against expected."""
    values = _genome_flag_values(e)
    return [
        _flag(rule, None, *values[rule["flag"]]) for rule in e.standard["flags"] if rule["flag"] in values
    ]


def overall(verdicts: Iterable[str]) -> str:
    """'fail' with any failure, 'pass' when all passed, else 'incomplete'."""
    verdicts = set(verdicts)
    if "fail" in verdicts:
        return "fail"
    return "pass" if verdicts == {"pass"} else "incomplete"


def judge_haplotype(e: Measurements) -> JudgedHaplotype:
    """Judge one haplotype: codes, target, verdict and one entry per metric of the standard."""
    findings = {rule["metric"]: METRICS[rule["metric"]](e, rule) for rule in e.standard["metrics"]}
    in_chromosomes = findings["assigned_to_chromosomes"].verdict == "pass"
    qv = findings["qv"].value
    ear, sanger = codes(
        e.stats["contig_n50_bp"],
        e.stats["scaffold_n50_bp"],
        None if isinstance(qv, str) else qv,
        in_chromosomes,
    )
    small = small_chromosomes(e)
    metrics: list[JudgedMetric] = [
        {
            "metric": rule["metric"],
            "name": rule["name"],
            "value": found.value,
            "unit": rule["unit"],
            "threshold": found.threshold or rule["threshold"],
            "verdict": found.verdict,
            "proxy": found.proxy,
            "lower_bound": found.lower_bound,
            "why": found.why,
            "source": rule["source"],
        }
        for rule in e.standard["metrics"]
        for found in (findings[rule["metric"]],)
    ]
    return {
        "haplotype": e.stats["haplotype"],
        "code_ear": ear,
        "code_sanger": sanger,
        "target": e.standard["target_small_chromosomes" if small else "target"],
        "target_why": small,
        "verdict": overall(m["verdict"] for m in metrics),
        "metrics": metrics,
    }


class _Index:
    """Metrics records of one genome, found by step, stage and haplotype."""

    def __init__(self, records: Iterable[Record]):
        self.records = list(records)

    def find(self, step: str, **keys: Any) -> list[Record]:
        """Records of `step` that agree with `keys`; one without a key agrees with any value."""
        return [
            r
            for r in self.records
            if r["step"] == step and all(r.get(k) in (None, v) for k, v in keys.items())
        ]

    def first(self, step: str, **keys: Any) -> Record | None:
        found = self.find(step, **keys)
        return found[0] if found else None


def _evidence(
    index: _Index, stats: AssemblyStatistics, standard: Record, expected: Expected, rows: Sequence[Row]
) -> Measurements:
    stage, haplotype = stats["stage"], stats["haplotype"]
    place = {"stage": stage, "haplotype": haplotype}
    kmers = index.first("kmer_evaluation", stage=stage) or {}
    by_name = {entry["haplotype"]: entry for entry in kmers.get("haplotypes", ())}
    buscos = cast(list[Busco], index.find("busco", **place))
    uncurated = [
        cast(AssemblyStatistics, r)
        for r in index.find("assembly_statistics", haplotype=haplotype)
        if stage == "curated" and r["stage"] != "curated"
    ]
    return Measurements(
        stats,
        standard,
        expected,
        kmer_size=kmers.get("kmer_size"),
        kmers=by_name.get(haplotype),
        kmers_both=by_name.get("both"),
        # With several lineages the largest marker set is the most specific one.
        busco=max(buscos, key=lambda r: r["markers"]) if buscos else None,
        assignment=index.first("chromosome_assignment", **place),
        transcripts=index.first("transcript_mapping", **place),
        profile=index.first("genome_profile"),
        sex=index.first("sex"),
        before_curation=max(uncurated, key=lambda r: STAGES.index(r["stage"]), default=None),
        rows=rows,
    )


def _judge_stage(
    stage: str,
    index: _Index,
    standard: Record,
    expected: Expected,
    tables: Mapping[tuple[str, str], Sequence[Row]],
) -> JudgedStage:
    found = [cast(AssemblyStatistics, r) for r in index.find("assembly_statistics") if r["stage"] == stage]
    judged = [r for r in found if r["haplotype"] not in ALTERNATE] or found
    evidence = [
        _evidence(index, stats, standard, expected, tables.get((stage, stats["haplotype"]), ()))
        for stats in sorted(judged, key=lambda r: r["haplotype"])
    ]
    return {
        "stage": stage,
        "haplotypes": [judge_haplotype(e) for e in evidence],
        "flags": [flag for e in evidence for flag in flags_of(e, e.stats["haplotype"])]
        + genome_flags(evidence[0]),
    }


def judge(
    genome: str,
    records: Iterable[Record],
    expected: Expected | None = None,
    standard: Record | None = None,
    tables: Mapping[tuple[str, str], Sequence[Row]] | None = None,
) -> Verdict:
    """Judge every stage of an assembly; the most advanced stage present is the verdict.

    `records` are metrics records of one genome; `tables` maps (stage, haplotype) to the rows of the
    per-sequence table of the assembly statistics. Returns the record of step `ebp_verdict`, the
    other stages under `earlier_stages`.

    Raises InputError when there is no assembly to judge or a stage has no place in the order.
    """
    standard = standard or load_standard()
    index = _Index(records)
    stages = {r["stage"] for r in index.find("assembly_statistics")}
    if not stages:
        raise InputError(
            f"{genome}: no assembly statistics among the metrics, so there is nothing to evaluate; run the "
            "assembly statistics step first"
        )
    if unknown := stages - set(STAGES):
        raise InputError(
            f"{genome}: unknown assembly stage {listing(sorted(unknown))}; use one of {', '.join(STAGES)}"
        )
    judged = [
        _judge_stage(stage, index, standard, expected or Expected(), tables or {})
        for stage in sorted(stages, key=STAGES.index, reverse=True)
    ]
    return {
        "id": genome,
        "step": "ebp_verdict",
        "standard": standard["standard"],
        "standard_url": standard["url"],
        "chromosome_scale": standard["chromosome_scale"]["meaning"],
        **judged[0],
        "earlier_stages": judged[1:],
    }


COLUMNS = (
    "stage",
    "haplotype",
    "kind",
    "metric",
    "name",
    "value",
    "unit",
    "threshold",
    "verdict",
    "proxy",
    "why",
)


def write_verdict_table(path: Path, verdict: Verdict) -> None:
    """Write the verdict as a table: metrics and flags of every stage, all digits of their values."""
    rows: list[list[str | None]] = []

    def add(*cells: Any) -> None:
        rows.append([None if cell is None else str(cell) for cell in cells])

    parts: list[JudgedStage] = [verdict, *verdict["earlier_stages"]]
    for part in parts:
        for haplotype in part["haplotypes"]:
            for m in haplotype["metrics"]:
                add(
                    part["stage"],
                    haplotype["haplotype"],
                    "metric",
                    m["metric"],
                    m["name"],
                    m["value"],
                    m["unit"],
                    m["threshold"],
                    m["verdict"],
                    "yes" if m["proxy"] else "no",
                    m["why"],
                )
        for f in part["flags"]:
            word = {True: "flagged", False: "not flagged", None: "not measured"}[f["flagged"]]
            add(
                part["stage"],
                f["haplotype"],
                "flag",
                f["flag"],
                f["name"],
                f["value"],
                f["unit"],
                f["threshold"],
                word,
                "no",
                f["why"],
            )
    write_table(path, COLUMNS, rows)


def expected(
    haploid_number: int | None, ploidy: int | None, sex: str | None, genome_size: float | None
) -> Expected:
    """What options say of the species; InputError for a number that is not above 0."""
    for option, value in (
        ("--haploid-number", haploid_number),
        ("--ploidy", ploidy),
        ("--genome-size", genome_size),
    ):
        if value is not None and value <= 0:
            raise InputError(f"{option} is {value:g}; give a number above 0 or leave it out")
    return Expected(haploid_number, ploidy, sex, int(genome_size) if genome_size else None)
