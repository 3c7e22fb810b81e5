"""Compare results of the population workflow with the simulated truth of its samples.

The true values are of the very samples and sites that were to be measured: true genotypes over all positions
of the masks, so that nothing but reads, calls, filters and estimators stands between the two. Estimators are
written once more here, in their plain form for complete genotypes.
"""

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, TypedDict

import numpy as np

from linnaea.base.errors import InputError
from linnaea.base.records import write_metrics
from linnaea.base.tables import read_table, write_table
from linnaea.simulate.genealogy import LONG_TRACT
from linnaea.simulate.population_reads import HISTORICAL_CYCLES
from linnaea.truth.population.estimates import (
    Concordance,
    allele_counts,
    concordance,
    divergence,
    diversity,
    heterozygosity,
    marked_duplicates_pct,
    spectrum_distance,
    tracts,
    true_spectrum,
)
from linnaea.truth.population.results import (
    Results,
    Truth,
    no_snvs,
    parse_value,
    read_bed,
    read_snvs,
    read_truth,
)

# Nearly all variants of the outgroup's one sample are singletons of the joint call, which are missed most,
# because two reads in ten look like errors. (By likelihoods its heterozygosity has to be within 5 %.)
OUTGROUP_LIMIT = 0.1
# At 3x qualities decide between an error and an allele seen once: those of merged reads are cut at 37, the
# highest mapping quality of `bwa aln`, and single reads keep one or two bases of adapter, so that the numbers
# are a quarter too low or too high. Unnoticed damage would make them many times the truth.
OLD_HETEROZYGOSITY_LIMIT = 0.4
SHARE_LIMIT = 0.05  # of truth, for pi, theta, dxy, Fst, Tajima's D, heterozygosity
STANDARD_ERRORS = 2
CONCORDANCE_PCT = 99.5
# Of the worst sample at variant sites, where a true variant without any row counts as wrong: singletons of
# which two reads in ten have the alternate are not distinguished from errors.
WORST_CONCORDANCE_PCT = 99
CALLED_PCT = 95
F_ROH_LIMIT = 0.02
ROH_PCT = 90
LONG_TRACT_BP = LONG_TRACT  # 500 kb, scaled to the simulated chromosomes
DAMAGE_BASES = 5
# The most damaged molecules are not mapped, and errors add to changes: some tenths of a percent point.
DAMAGE_LIMIT_PCT = 1.0
SPECTRUM_LIMIT_PCT = 3
DUPLICATES_LIMIT = 0.02
# Short reads in repeats are placed at random, so copies do not meet; of single reads only the 5' end is
# known, and one in a hundred has it by chance in common with another. Both are as expected of 3x on 1.5 Mb.
OLD_DUPLICATES_LIMIT = 0.1
CARRIERS_PCT = 95
HISTORICAL_GROUP = "south.historical"
LOAD_CLASSES = {"stop": "loss_of_function", "missense": "missense", "synonymous": "synonymous"}
# Relations of the pedigree, and the class of KING that is right for each. A grandparent is none of them: the
# child of two of her children has twice her usual share.
RELATIONS = {
    "duplicate": "duplicate",
    "parent_offspring": "parent_offspring",
    "full_siblings": "full_sib",
    "unrelated": "unrelated",
}


class Comparison(TypedDict):
    """A measured quantity beside the truth; `difference` is measured less true."""

    quantity: str
    truth: float | None
    measured: float | None
    difference: float | None
    limit: float
    rule: str
    passed: bool


def row(
    quantity: str, truth: float | None, measured: float | None, limit: float, rule: str, passed: bool
) -> Comparison:
    """A comparison; `limit` is a number, `rule` how it was set."""
    difference = None if truth is None or measured is None else measured - truth
    return {
        "quantity": quantity, "truth": truth, "measured": measured, "difference": difference, "limit": limit,
        "rule": rule, "passed": bool(passed),
    }  # fmt: skip


def near(quantity: str, truth: float, measured: float, limit: float, rule: str) -> Comparison:
    """A comparison that passes when the difference is not above the limit (NaN never passes)."""
    return row(quantity, truth, measured, limit, f"within {rule}", abs(measured - truth) <= limit)


def within_share(quantity: str, truth: float, measured: float, share: float = SHARE_LIMIT) -> Comparison:
    """A comparison that allows a share of the truth."""
    return near(quantity, truth, measured, share * abs(truth), f"{share:.0%} of truth")


def at_least(quantity: str, measured: float, limit: float, unit: str = "") -> Comparison:
    """A comparison of a share with the least that is good."""
    return row(quantity, None, measured, limit, f"at least {limit:g}{unit}", measured >= limit)


def equal(quantity: str, truth: int, measured: int) -> Comparison:
    """Two whole numbers that must be the same."""
    return row(quantity, truth, measured, 0, "equal", truth == measured)


def by_error(quantity: str, truth: float, measured: float, standard_error: float) -> Comparison:
    """A comparison with 5 % of truth, or with two standard errors where these are more."""
    errors = STANDARD_ERRORS * standard_error
    if errors > SHARE_LIMIT * abs(truth):
        return near(quantity, truth, measured, errors, f"{STANDARD_ERRORS} standard errors")
    return within_share(quantity, truth, measured)


def diversity_checks(truth: Truth, results: Results) -> list[Comparison]:
    """Pi, theta and Tajima's D of groups, in every compartment."""
    rows = []
    for found in results.table("diversity.tsv"):
        group, kind = found["group"], found["compartment"]
        counts = allele_counts(truth.calls(kind, truth.facts["groups"][group]))
        true = diversity(counts, truth.callable_bp(kind))
        where = f"of {group}, {kind}"
        rows += [
            within_share(f"pi {where}", true["pi"], parse_value(found["pi_per_bp"])),
            within_share(
                f"Watterson's theta {where}",
                true["theta_watterson"],
                parse_value(found["theta_watterson_per_bp"]),
            ),
            by_error(
                f"Tajima's D {where}", true["tajimas_d"], parse_value(found["tajimas_d"]),
                parse_value(found["tajimas_d_standard_error"]),
            ),
        ]  # fmt: skip
    return rows


def divergence_checks(truth: Truth, results: Results) -> list[Comparison]:
    """Dxy and both Fst of pairs of groups, in every compartment."""
    rows = []
    for found in results.table("divergence.tsv"):
        pair, kind = [found["group_1"], found["group_2"]], found["compartment"]
        calls = [truth.calls(kind, truth.facts["groups"][name]) for name in pair]
        true = divergence(calls[0], calls[1], truth.callable_bp(kind))
        where = f"of {pair[0]} and {pair[1]}, {kind}"
        rows += [
            within_share(f"dxy {where}", true["dxy"], parse_value(found["dxy_per_bp"])),
            within_share(f"Hudson's Fst {where}", true["fst_hudson"], parse_value(found["fst_hudson"])),
            within_share(
                f"Weir and Cockerham's Fst {where}", true["fst_weir_cockerham"],
                parse_value(found["fst_weir_cockerham"]),
            ),
        ]  # fmt: skip
    return rows


def heterozygosity_checks(truth: Truth, results: Results) -> list[Comparison]:
    """Heterozygosity of the autosomes: of every called sample, and by likelihoods of every sample.

    By likelihoods, the transversions alone of historical samples are free of deamination.
    """
    rows = []
    for found in results.table("heterozygosity.tsv"):
        name = found["sample"]
        if found["compartment"] == "autosome":
            true = heterozygosity(truth, name)
            measured = parse_value(found["heterozygosity_per_bp"])
            share = OUTGROUP_LIMIT if name == truth.facts["outgroup"] else SHARE_LIMIT
            rows.append(within_share(f"heterozygosity of {name}, autosome", true, measured, share))
    historical = truth.facts["groups"].get(HISTORICAL_GROUP, ())
    for found in results.table("likelihood_heterozygosity.tsv"):
        name, transversions = found["sample"], found["sites"] == "transversions"
        label = f"heterozygosity of {name} by likelihoods, {found['sites']}"
        true = heterozygosity(truth, name, transversions)
        measured = parse_value(found["heterozygosity_per_bp"])
        if name not in historical:
            rows.append(by_error(label, true, measured, parse_value(found["standard_error_per_bp"])))
        elif transversions:
            rows.append(within_share(label, true, measured, OLD_HETEROZYGOSITY_LIMIT))
    return rows


def genotype_checks(truth: Truth, results: Results) -> tuple[list[Comparison], list[dict[str, Any]]]:
    """Concordance of genotypes and shares of sites called, with the counts of every sample."""
    names, called = read_snvs(results.path("variants.bcf"))
    columns = [truth.samples.index(name) for name in names]
    total = [Concordance() for _ in names]
    sites = seen = 0
    for chromosome in truth.kinds:
        calls = called.get(chromosome, no_snvs(len(names))).within(truth.mask[chromosome])
        found, of_sites, of_seen = concordance(truth.snvs[chromosome].of(columns), calls)
        sites, seen = sites + of_sites, seen + of_seen
        for sums, one in zip(total, found, strict=True):
            for key, value in vars(one).items():
                setattr(sums, key, getattr(sums, key) + value)
    called_sites = {
        entry["sample"]: entry["called_sites"] for entry in results.record("site_filters.json")["samples"]
    }
    callable_bp = truth.callable_bp()
    table = []
    for name, sums in zip(names, total, strict=True):
        shares = {
            "sample": name,
            **vars(sums),
            "called_sites": called_sites[name],
            "concordance_pct": 100 * (1 - sums.wrong / called_sites[name]),
            "variant_concordance_pct": 100 * (1 - sums.wrong / max(sums.compared, 1)),
            "called_pct": 100 * called_sites[name] / callable_bp,
        }
        table.append(shares)
    wrong, compared = sum(sums.wrong for sums in total), sum(sums.compared for sums in total)
    everywhere = sum(entry["called_sites"] for entry in table)
    worst = min(table, key=lambda entry: entry["variant_concordance_pct"])
    least = min(table, key=lambda entry: entry["called_pct"])
    rows = [
        at_least(
            "genotype concordance at called sites", 100 * (1 - wrong / everywhere), CONCORDANCE_PCT, " %"
        ),
        at_least(
            "genotype concordance at variant sites", 100 * (1 - wrong / compared), CONCORDANCE_PCT, " %"
        ),
        at_least(
            f"genotype concordance at variant sites, worst sample ({worst['sample']})",
            worst["variant_concordance_pct"], WORST_CONCORDANCE_PCT, " %",
        ),
        at_least(
            f"callable sites called, worst sample ({least['sample']})", least["called_pct"], CALLED_PCT, " %"
        ),
        at_least("true variant sites called", 100 * seen / sites, CALLED_PCT, " %"),
    ]  # fmt: skip
    return rows, table


def homozygosity_checks(truth: Truth, results: Results) -> list[Comparison]:
    """F_ROH of every sample in every class of long tracts, recall and precision of base pairs in tracts.

    True tracts are those of the pedigree, joined with older ones (10 kb or more of an ancestor less than 200
    generations ago). Recall is of long true tracts, precision of long runs. Short
    tracts are no test: one of 20 kb is as much of the genome as F_ROH may be off.
    """
    lengths = {name: truth.facts["chromosomes_bp"][name] for name in truth.chromosomes("autosome")}
    by_sample: dict[str, dict[str, np.ndarray]] = {}
    table = results.table("froh.tsv")
    for found in table:
        parts = [
            read_bed(truth.folder / name, lengths, found["sample"])
            for name in ("roh.bed", "roh_background.bed")
        ]
        by_sample[found["sample"]] = {name: parts[0][name] | parts[1][name] for name in lengths}
    columns = [column for column in table[0] if column.startswith("f_roh_min_")]
    sizes = sorted(int(column.removeprefix("f_roh_min_").removesuffix("bp")) for column in columns)
    classes = [size for size in sizes if size >= LONG_TRACT_BP]
    callable_bp = truth.callable_bp("autosome")
    rows = []
    for size in classes:
        for found in table:
            true = by_sample[found["sample"]]
            inside = sum(int((tracts(true[name], size) & truth.mask[name]).sum()) for name in lengths)
            rows.append(
                near(
                    f"F_ROH of {found['sample']}, runs of {size} bp or more", inside / callable_bp,
                    parse_value(found[f"f_roh_min_{size}bp"]), F_ROH_LIMIT, f"{F_ROH_LIMIT}",
                )
            )  # fmt: skip
    called = {
        sample: {name: np.zeros(length, bool) for name, length in lengths.items()} for sample in by_sample
    }
    long_calls = {
        sample: {name: mask.copy() for name, mask in masks.items()} for sample, masks in called.items()
    }
    for run in results.table("roh.tsv"):
        if run["chromosome"] in lengths:
            start, end = int(run["start_bp"]), int(run["end_bp"])
            called[run["sample"]][run["chromosome"]][start:end] = True
            if end - start >= LONG_TRACT_BP:
                long_calls[run["sample"]][run["chromosome"]][start:end] = True
    true_bp = hit_bp = called_bp = right_bp = 0
    for sample, masks in by_sample.items():
        for name, mask in masks.items():
            long_truth = tracts(mask, LONG_TRACT_BP)
            true_bp += int(long_truth.sum())
            hit_bp += int((long_truth & called[sample][name]).sum())
            called_bp += int(long_calls[sample][name].sum())
            right_bp += int((long_calls[sample][name] & mask).sum())
    for what, part, whole in (("recall", hit_bp, true_bp), ("precision", right_bp, called_bp)):
        share = 100 * part / whole if whole else math.nan
        rows.append(at_least(f"ROH {what}, tracts of {LONG_TRACT_BP} bp or more", share, ROH_PCT, " %"))
    return rows


def kinship_checks(truth: Truth, results: Results) -> list[Comparison]:
    """Pairs of each relation that are in their class, and that no others are flagged as duplicates."""
    relations = {
        (r["sample_1"], r["sample_2"]): r["relation"] for r in read_table(truth.folder / "kinship.tsv")
    }
    found = {(r["sample_1"], r["sample_2"]): r for r in results.table("kinship.tsv")}
    left_out = {truth.facts["outgroup"], *truth.facts["groups"].get(HISTORICAL_GROUP, ())}
    names = set(truth.samples) - left_out
    rows = []
    for relation, expected in RELATIONS.items():
        pairs = [pair for pair, how in relations.items() if how == relation and names.issuperset(pair)]
        right = sum(pair in found and found[pair]["relation"] == expected for pair in pairs)
        rows.append(equal(f"pairs in class {expected} by kinship", len(pairs), right))
    duplicates = {pair for pair, how in relations.items() if how == "duplicate"}
    flagged = {pair for pair, entry in found.items() if entry["flag"] == "duplicate_or_swap"}
    rows.append(equal("pairs falsely flagged as duplicates", 0, len(flagged - duplicates)))
    return rows


def damage_checks(truth: Truth, results: Results) -> list[Comparison]:
    """Deamination by distance from both ends, of the first bases, above what is there inside of molecules."""
    sums: dict[tuple[str, str, int], np.ndarray] = defaultdict(lambda: np.zeros(2))
    for entry in read_table(truth.folder / "damage.tsv"):
        sums[entry["sample"], entry["end"], int(entry["distance_bp"])] += [
            float(entry["changed"]), float(entry["bases"]),
        ]  # fmt: skip
    libraries = read_table(truth.folder / "libraries.tsv")
    # Of single reads the 3' end is the molecule's only where it is shorter than the read.
    paired = {r["sample"] for r in libraries if int(r["bases_bp"]) > HISTORICAL_CYCLES * int(r["fragments"])}
    rows = []
    for sample in sorted({key[0] for key in sums}):
        record = results.record(f"{sample}.damage.json")
        curves = {"5p": ("C>T", record["c_to_t_5p_pct"]), "3p": ("G>A", record["g_to_a_3p_pct"])}
        for end, (change, measured) in curves.items():
            if end == "3p" and sample not in paired:
                continue
            for at in range(DAMAGE_BASES):
                changed, bases = sums[sample, end, at + 1]
                rows.append(
                    near(
                        f"{change} of {sample} at base {at + 1} from the {end[0]}' end, percent",
                        float(100 * changed / bases), measured[at], DAMAGE_LIMIT_PCT,
                        f"{DAMAGE_LIMIT_PCT:g} percent point",
                    )
                )  # fmt: skip
    return rows


def load_checks(truth: Truth, results: Results) -> list[Comparison]:
    """Planted alleles that were found, with their class, their carriers, and the classes of all others."""
    table = results.table("load_sites.tsv")
    found = {(r["chromosome"], r["position"], r["reference"], r["alternate"]): r for r in table}
    called = {entry["sample"] for entry in results.table("load.tsv")}
    planted = read_table(truth.folder / "planted.tsv")
    rows = []
    carriers = seen_carriers = wrong = 0
    for kind, named in LOAD_CLASSES.items():
        plants = [plant for plant in planted if plant["class"] == kind]
        entries = [found.get(_key(plant, "alternative")) for plant in plants]
        right = sum(entry is not None and entry["class"] == named for entry in entries)
        rows += [
            equal(f"planted {kind} alleles found", len(plants), len(plants) - entries.count(None)),
            equal(f"planted {kind} alleles in the right class", len(plants), right),
        ]
        for plant, entry in zip(plants, entries, strict=True):
            true = {tuple(item.split(":")) for item in plant["carriers"].split(",")}
            true = {(name, genotype) for name, genotype in true if name in called}
            seen = _carriers(entry, plant["alternative"]) if entry else set()
            carriers += len(true)
            seen_carriers += len(true & seen)
            wrong += len(seen - true)
    rows += [
        at_least("carriers of planted alleles found", 100 * seen_carriers / carriers, CARRIERS_PCT, " %"),
        equal("false carriers of planted alleles", 0, wrong),
    ]
    effects: dict[tuple[str, ...], set[str]] = defaultdict(set)
    for entry in read_table(truth.folder / "coding_effects.tsv"):
        effects[_key(entry, "alternative")].add(LOAD_CLASSES[entry["class"]])
    single = {key: entry for key, entry in found.items() if len(key[2]) == len(key[3]) == 1}
    known = {key: entry for key, entry in single.items() if effects[key]}
    right = sum(_worst(effects[key]) == entry["class"] for key, entry in known.items())
    rows += [
        equal("coding variants in the right class", len(known), right),
        at_least(
            "true variants among coding variants", 100 * len(known) / len(single), CONCORDANCE_PCT, " %"
        ),
    ]
    return rows


def _key(entry: Mapping[str, str], alternate: str) -> tuple[str, str, str, str]:
    return entry["chromosome"], entry["position"], entry["reference"], entry[alternate]


def _worst(classes: Iterable[str]) -> str | None:
    return min(classes, key=list(LOAD_CLASSES.values()).index, default=None)


def _carriers(entry: Mapping[str, str], alternative: str) -> set[tuple[str, str]]:
    """Samples with an allele and their genotypes; none when the table counts the other allele."""
    if entry["counted_allele"] != alternative:
        return set()
    columns = (("heterozygous_samples", "0/1"), ("homozygous_samples", "1/1"))
    return {
        (name, genotype)
        for column, genotype in columns
        if entry[column] != "."
        for name in entry[column].split(",")
    }


def spectrum_checks(truth: Truth, results: Results) -> list[Comparison]:
    """Shapes of spectra of groups and pairs, and singletons a callable site of groups without duplicates."""
    groups = truth.facts["groups"]
    outgroup = allele_counts(truth.calls("autosome", [truth.facts["outgroup"]]))
    # An allele of an individual sampled twice becomes a singleton when it is missed once.
    duplicated = {name for pair in truth.facts["duplicates"] for name in pair}
    counts = {name: allele_counts(truth.calls("autosome", members)) for name, members in groups.items()}
    measured: dict[tuple[str, ...], dict[tuple[int, ...], float]] = defaultdict(dict)
    for entry in results.table("sfs.tsv"):
        measured[entry["kind"], entry["group"]][int(entry["class"]),] = float(entry["sites"])
    for entry in results.table("sfs_2d.tsv"):
        place = int(entry["class_1"]), int(entry["class_2"])
        measured[entry["kind"], entry["group_1"], entry["group_2"]][place] = float(entry["sites"])
    rows = []
    for (kind, *names), values in sorted(measured.items()):
        true = true_spectrum([counts[name] for name in names], outgroup if kind == "unfolded" else None)
        found = np.zeros(true.shape)
        for classes, sites in values.items():
            found[classes] = sites
        label = f"{kind} spectrum of {' and '.join(names)}"
        distance, limit = spectrum_distance(true, found), SPECTRUM_LIMIT_PCT
        rows.append(near(f"{label}, percent of sites in another class", 0.0, distance, limit, f"{limit} %"))
        if len(names) == 1 and not duplicated.intersection(groups[names[0]]):
            sites = truth.callable_bp("autosome")
            share, error = true[1] / sites, math.sqrt(true[1]) / sites
            rows.append(by_error(f"{label}, singletons a site", share, found[1] / found.sum(), error))
    return rows


def duplicate_checks(truth: Truth, results: Results) -> list[Comparison]:
    """PCR duplicates marked in the alignments, as percent of the reads of a sample."""
    copies: dict[str, dict[str, tuple[int, int]]] = defaultdict(dict)
    for entry in read_table(truth.folder / "libraries.tsv"):
        numbers = int(entry["library_pcr_copies"]), int(entry["library_fragments"])
        copies[entry["sample"]][entry["library"]] = numbers
    historical = truth.facts["groups"].get(HISTORICAL_GROUP, ())
    rows = []
    for sample, libraries in sorted(copies.items()):
        copied, fragments = np.array(list(libraries.values())).sum(0)
        share = OLD_DUPLICATES_LIMIT if sample in historical else DUPLICATES_LIMIT
        measured = marked_duplicates_pct(results.path(f"{sample}.bam"))
        true = 100 * copied / fragments
        rows.append(within_share(f"duplicates of {sample}, percent of reads", true, measured, share))
    return rows


def sex_checks(truth: Truth, results: Results) -> list[Comparison]:
    """Samples whose sex by depth is the true one."""
    true = {entry["sample"]: entry["sex"] for entry in read_table(truth.folder / "samples.tsv")}
    found = {entry["sample"]: entry["sex_by_depth"] for entry in results.record("cohort.json")["samples"]}
    right = sum(found.get(name) == sex for name, sex in true.items())
    return [equal("samples with the right sex by depth", len(true), right)]


def compare(truth: Truth, results: Results) -> dict[str, Any]:
    """The record of all comparisons."""
    genotypes, samples = genotype_checks(truth, results)
    checks = [
        *diversity_checks(truth, results),
        *divergence_checks(truth, results),
        *heterozygosity_checks(truth, results),
        *genotypes,
        *spectrum_checks(truth, results),
        *homozygosity_checks(truth, results),
        *kinship_checks(truth, results),
        *load_checks(truth, results),
        *damage_checks(truth, results),
        *duplicate_checks(truth, results),
        *sex_checks(truth, results),
    ]
    return {"step": "population_truth", "checks": checks, "genotypes": samples}


COLUMNS = ("quantity", "truth", "measured", "difference", "limit", "rule", "pass")


def compare_populations(
    *,
    truth: Path,
    results: Path,
    out: Path,
    id: str = "popgen",
    masks: Path | None = None,
    table: Path | None = None,
    strict: bool = False,
) -> None:
    """Compare results of the population workflow with the truth of `linnaea simulate --populations`.

    id: name of the record
    truth: truth folder of the simulated populations
    masks: mappability.bed, repeats.bed (default: beside --truth)
    results: results of a run; files are found by name
    table: also write the checks as a table (TSV)
    strict: exit with 1 when a check fails (files are written)
    out: metrics record to write (JSON)
    """
    simulated = read_truth(truth, masks or truth.parent / "masks")
    record = {"id": id, **compare(simulated, Results(results))}
    if table:
        keys = COLUMNS[:-1]
        rows = [
            [*(check[key] for key in keys), "yes" if check["passed"] else "no"] for check in record["checks"]
        ]
        write_table(table, COLUMNS, rows)
    write_metrics(out, record)
    failed = [check["quantity"] for check in record["checks"] if not check["passed"]]
    if strict and failed:
        raise InputError(f"the simulated check of {id} failed: {'; '.join(failed)}")
