"""The sections of the report, each built from the metrics records that concern it.

A section function returns None when nothing was measured, so that the page leaves it out.
"""

from collections.abc import Mapping, Sequence

from linnaea.assembly.structure import CLASSES
from linnaea.assembly.verdict import Verdict
from linnaea.base.records import Record
from linnaea.base.text import bases, listing, number, percent, with_unit
from linnaea.report import annotation, plots
from linnaea.report.blocks import Block, Cell, Facts, Plot, Plots, Section, Table, Text
from linnaea.report.material import TYPES, Material

LONG = ("hifi", "ont")


def _title(text: str, record: Record) -> str:
    return f"{text}, {plots.name_of(record)}"


# Verdict


def metrics_table(verdict: Verdict) -> Table:
    """Every EBP metric with threshold, value and verdict per haplotype, and why."""
    haplotypes = verdict["haplotypes"]
    rows = []
    for found in zip(*(h["metrics"] for h in haplotypes), strict=True):
        thresholds = list(dict.fromkeys(m["threshold"] for m in found))
        whys = [m["why"] for m in found]
        why = (
            whys[0]
            if len(set(whys)) == 1
            else "; ".join(f"{h['haplotype']}: {w}" for h, w in zip(haplotypes, whys, strict=True))
        )
        cells = [
            Cell(
                with_unit(m["value"], m["unit"], m.get("lower_bound", False))
                if m["value"] is not None
                else "",
                m["verdict"],
                "proxy" if m["proxy"] else None,
            )
            for m in found
        ]
        rows.append([Cell(found[0]["name"], small=" / ".join(thresholds)), *cells, Cell(why)])
    names = [h["haplotype"] for h in haplotypes]
    return Table(["metric and threshold", *names, "why"], rows, "l" * (len(names) + 2), wide_last=True)


def flags_table(verdict: Verdict) -> Table:
    """The EAR's automatic flags, the raised ones first."""
    word = {True: "flagged", False: "not flagged", None: "not measured"}
    ordered = sorted(verdict["flags"], key=lambda f: {True: 0, False: 1, None: 2}[f["flagged"]])
    rows: list[list[Cell | str]] = [
        [
            Cell(f["name"], small=f"flagged when {f['threshold']}"),
            f["haplotype"] or "genome",
            Cell("" if f["flagged"] is None else with_unit(f["value"], f["unit"]), word[f["flagged"]]),
            f["why"],
        ]
        for f in ordered
    ]
    raised = sum(f["flagged"] is True for f in verdict["flags"])
    title = f"Flags of the ERGA assembly report: {raised or 'none'} raised"
    return Table(["flag", "of", "value", "why"], rows, "llll", title, folded=raised == 0, wide_last=True)


def verdict_section(verdict: Verdict) -> Section:
    blocks: list[Block] = [metrics_table(verdict)]
    if any(m["proxy"] for h in verdict["haplotypes"] for m in h["metrics"]):
        blocks.append(Text(verdict["chromosome_scale"]))
    blocks.append(flags_table(verdict))
    return Section(
        "verdict",
        f"Verdict: {verdict['standard']}, {verdict['stage']} assembly",
        "A metric passes, fails or was not measured; nothing is assumed. An assembly meets the standard if "
        "all eight pass. The code reads contig N50, scaffold N50 (powers of ten in bp, C for chromosomes) "
        "and base accuracy.",
        blocks,
    )


# Reads


def _quality_remark(r: Record) -> str | None:
    """Why qualities are not measured, or how many HiFi reads are none by their quality."""
    if r.get("quality_note"):
        return str(r["quality_note"])
    low = r.get("reads_below_q20") if r["type"] == "hifi" else None
    return f"{number(low)} reads below Q20" if low else None


def _read_rows(records: Sequence[Record], genome_bp: float | None) -> list[list[Cell | str]]:
    rows = []
    for r in records:
        depth = f"{r['bases_bp'] / genome_bp:.1f}×" if genome_bp else "–"
        quality = r.get("mean_quality_phred")
        rows.append(
            [
                Cell(r["library"], small=TYPES.get(r["type"], r["type"])),
                r["stage"],
                number(r["reads"]),
                bases(r["bases_bp"]),
                depth,
                bases(r["n50_bp"]),
                bases(r["mean_length_bp"]),
                bases(r["max_length_bp"]),
                Cell("–" if quality is None else f"Q{number(quality, 1)}", small=_quality_remark(r)),
                percent(r.get("q30_pct"), 1),
                percent(r["gc_pct"], 1),
            ]
        )
    return rows


def _trimming(material: Material) -> list[Block]:
    blocks: list[Block] = []
    adapters = material.of("hifi_adapters")
    if adapters:
        rows = [
            [
                a["library"],
                number(a["reads"]),
                number(a["reads_with_adapter"]),
                percent(a["reads_with_adapter_pct"], 3),
                bases(a["bases_removed_bp"]),
            ]
            for a in adapters
        ]
        blocks.append(
            Table(
                ["library", "reads", "with adapter", "share", "bases removed"],
                rows,
                "lrrrr",
                "HiFi adapters",
            )
        )
    trimmed = material.of("read_trimming")
    if trimmed:
        rows = [
            [
                Cell(t["library"], small=TYPES.get(t["type"], t["type"])),
                number(t["reads_in"]),
                number(t["reads_out"]),
                bases(t["bases_in_bp"]),
                bases(t["bases_out_bp"]),
                number(t.get("adapter_trimmed_reads")),
                percent(t.get("duplication_pct"), 1),
                percent(t.get("q30_pct_out"), 1),
                bases(t.get("insert_size_peak_bp")),
            ]
            for t in trimmed
        ]
        columns = [
            "library",
            "reads in",
            "reads out",
            "bases in",
            "bases out",
            "adapter trimmed",
            "duplicates",
            "Q30 after",
            "insert size",
        ]
        blocks.append(Table(columns, rows, "lrrrrrrrr", "Trimming of short reads (fastp)"))
    return blocks


def reads_section(material: Material) -> Section | None:
    records = material.of("read_statistics")
    unpaired = [
        Text(f"{r['library']}: {w}", "warning")
        for r in material.of("read_pairs")
        if r["type"] != "rnaseq"
        for w in r.get("warnings") or ()
    ]
    if not (records or material.of("read_trimming") or unpaired):
        return None
    genome_bp = (material.first("genome_profile") or {}).get("haploid_size_bp")
    columns = [
        "library",
        "stage",
        "reads",
        "bases",
        "coverage",
        "N50",
        "mean length",
        "longest",
        "mean quality",
        "Q30",
        "GC",
    ]
    blocks: list[Block] = []
    if records:
        blocks.append(Table(columns, _read_rows(records, genome_bp), "ll" + "r" * 9))
    drawn = []
    if long := [r for r in records if r["type"] in LONG and r.get("length_histogram")]:
        drawn.append(
            Plot(
                "read-lengths",
                "Read length",
                plots.read_lengths(long),
                "Bases per bin; dotted: as delivered, if reads were filtered.",
            )
        )
    if scored := [r for r in records if (r.get("quality_histogram") or {}).get("phred")]:
        drawn.append(Plot("read-qualities", "Read quality", plots.read_qualities(scored)))
    if drawn:
        blocks.append(Plots(drawn))
    for c in material.of("coverage"):
        blocks.append(
            Text(
                f"Long reads cover the haploid genome ({bases(c['genome_size_bp'])}) "
                f"{number(c['coverage_x'], 1)}×; the cap is {number(c['cap_x'], 1)}×, so "
                + (
                    "all are kept."
                    if c["kept_share"] >= 1
                    else f"{percent(100 * c['kept_share'], 1)} are kept."
                )
            )
        )
    trimming = _trimming(material)
    expected = _expected_reads(records) if records or trimming else ""
    return Section("reads", "Reads", expected, [*blocks, *trimming, *unpaired])


def _expected_reads(records: Sequence[Record]) -> str:
    """What reads of the kinds at hand should look like; without reads of the genome, RNA alone."""
    if not records:
        return (
            "RNA reads were trimmed before alignment. In a good library nearly all reads remain, and most "
            "bases have Q30 or more. Many duplicates are normal in RNA, because few genes give most of it."
        )
    expected = ["Coverage counts bases against the haploid size of the genome profile."]
    if any(r["type"] == "hifi" for r in records):
        expected.insert(
            0,
            "Phased HiFi assembly needs about 15–20× per haplotype, with reads of 10–20 kb and a mean "
            "quality well above Q20. About 0.04–0.1 % of HiFi reads contain adapters.",
        )
    return " ".join(expected)


# Genome profile


def _profile_fits(p: Record) -> Table:
    """The fit in use and those that the spectrum supports as well."""
    return Table(
        ["fit", "haploid size", "heterozygosity", "k-mer coverage of one haplotype"],
        [
            [
                label,
                bases(fit["haploid_size_bp"]),
                percent(fit["heterozygosity_pct"], 3),
                f"{number(fit['haploid_kmer_coverage'], 1)}×",
            ]
            for label, fit in [("in use", p), *(("as good", other) for other in p["alternatives"])]
        ],
        "lrrr",
        "Fits that the spectrum cannot distinguish",
    )


def profile_section(material: Material) -> Section | None:
    p = material.first("genome_profile")
    if not p:
        return None
    facts = Facts(
        [
            ("haploid size", bases(p.get("haploid_size_bp")), ""),
            ("heterozygosity", percent(p.get("heterozygosity_pct"), 3), ""),
            ("repeat share", percent(p.get("repeat_share_pct"), 1), ""),
            ("read error rate", percent(p.get("error_rate_pct"), 3), ""),
            ("k-mer coverage", f"{number(p.get('haploid_kmer_coverage'), 1)}×", "of one haplotype"),
            ("ploidy", number(p.get("ploidy_model")), f"hint: {p.get('ploidy_hint') or 'none'}"),
            ("model fit", percent(p.get("model_fit_pct"), 1), f"k = {p.get('kmer_size')}"),
        ]
    )
    blocks: list[Block] = [facts, *(Text(str(w), "warning") for w in p.get("warnings") or [])]
    if p.get("alternatives"):
        blocks.append(_profile_fits(p))
    blocks += [
        Text(
            f"{number(h['kmers'])} k-mers lie at {number(h['multiplicity'], 0)}×, about "
            f"{number(h['copies_per_haploid_genome'], 0)} copies per haploid genome: an organelle "
            "or a symbiont, not counted in the haploid size."
        )
        for h in p.get("high_copy") or []
    ]
    if (p.get("histogram") or {}).get("multiplicity"):
        blocks.append(
            Plots(
                [
                    Plot(
                        "genome-profile",
                        "k-mer histogram and fitted model",
                        plots.genome_profile(p),
                        "Dotted lines: expected position of k-mers with one, two, … copies in the genome.",
                    )
                ],
                layout="wide",
            )
        )
    return Section(
        "profile",
        "Genome profile",
        "Estimated from the reads alone, before any assembly, with the model of GenomeScope "
        "(Vurture 2017, Ranallo-Benavidez 2020). A diploid has a peak at c (one allele) and one at "
        "2c (both); the first grows with heterozygosity. Below about 25× in total the estimates "
        "are uncertain.",
        blocks,
    )


# Assembly

CONTIGUITY = (
    ("total length", lambda r: bases(r["total_bp"])),
    ("sequences", lambda r: number(r["sequences"])),
    ("scaffold N50 / L50", lambda r: f"{bases(r['scaffold_n50_bp'])} / {r['scaffold_l50']}"),
    ("scaffold N90 / L90", lambda r: f"{bases(r['scaffold_n90_bp'])} / {r['scaffold_l90']}"),
    ("scaffold auN", lambda r: bases(r.get("scaffold_auN_bp"))),
    ("contigs", lambda r: number(r["contigs"])),
    ("contig N50 / L50", lambda r: f"{bases(r['contig_n50_bp'])} / {r['contig_l50']}"),
    ("contig N90 / L90", lambda r: f"{bases(r['contig_n90_bp'])} / {r['contig_l90']}"),
    ("longest sequence", lambda r: bases(r["longest_bp"])),
    ("gaps", lambda r: f"{number(r['gaps'])} ({bases(r['gap_bp'])})"),
    ("gaps per Gbp", lambda r: number(r["gaps_per_gbp"], 0)),
    ("GC", lambda r: percent(r["gc_pct"])),
    ("soft-masked", lambda r: percent(r.get("soft_masked_pct"), 1)),
    ("bases other than A, C, G, T, N", lambda r: number(r.get("other_bp"))),
    ("sequences that begin or end with N", lambda r: number(r.get("leading_or_trailing_n"))),
    (
        "telomere motif",
        lambda r: (
            f"{r['telomere_motif']} ({r['telomere_motif_source']})"
            if r.get("telomere_motif")
            else "none found"
        ),
    ),
    ("telomeres", lambda r: number(r.get("telomeres"))),
    ("sequences with both telomeres", lambda r: number(r.get("sequences_with_both_telomeres"))),
    ("… of them without a gap", lambda r: number(r.get("gapless_with_both_telomeres"))),
)


def _chromosomes_table(
    record: Record, rows: Sequence[Mapping[str, str]], depth: Record | None, kmers: Record | None = None
) -> Table:
    """Completeness of the longest sequences: ends, gaps, suspects of reads, k-mers.

    T2T has both telomeres and no gap or suspect. `kmers`: the entry of the haplotype in a k-mer evaluation.
    """
    checked = (depth or {}).get("suspects")
    errors = dict(zip(checked["sequence"], checked["errors"], strict=True)) if checked else {}
    measured = (kmers or {}).get("sequences")
    qualities = (
        {name: values for name, *values in zip(*(measured[key] for key in SEQUENCE_KMERS), strict=True)}
        if measured
        else {}
    )
    longest = sorted(rows, key=lambda row: -int(row["length_bp"]))[: plots.MAX_SEQUENCES]
    cells: list[list[Cell | str]] = []
    complete = 0
    for row in longest:
        ends = [int(row[key]) for key in ("telomere_start_bp", "telomere_end_bp")]
        suspects = errors.get(row["sequence"])
        t2t = all(ends) and not int(row["gaps"]) and not suspects
        complete += t2t
        listed: list[Cell | str] = [
            row["sequence"],
            bases(int(row["length_bp"])),
            number(int(row["gaps"])),
            *(bases(end) if end else "–" for end in ends),
        ]
        if qualities:
            qv, bound, reliable = qualities.get(row["sequence"], (None, False, None))
            listed += [with_unit(qv, "phred", bool(bound)), percent(reliable)]
        cells.append([*listed, "–" if suspects is None else number(suspects), "yes" if t2t else "no"])
    title = _title(f"Telomere to telomere: {complete} of {len(longest)} sequences", record)
    columns = ["sequence", "length", "gaps", "telomere at start", "at end"]
    columns += [*(["QV", "reliable k-mers"] if qualities else []), "suspects", "T2T"]
    return Table(columns, cells, "l" + "r" * (len(columns) - 2) + "l", title, folded=True)


SEQUENCE_KMERS = ("sequence", "qv_phred", "qv_is_lower_bound", "reliable_pct")
STEPS = {
    "contigs": "contigs as assembled or given",
    "organelle": "copies of the mitochondrion removed",
    "screen": "adaptors and other organisms removed",
    "purge": "haplotigs and overlaps removed",
    "scaffold": "scaffolds by Hi-C",
    "curation": "curated by a person",
    "chromosomes": "chromosomes named",
}
MADE = (
    ("removed", "removed_bp"), ("masked", "masked_bp"), ("joins", "joins"), ("breaks", "breaks"),
    ("splits", "splits"), ("turned", "flips"), ("renamed", "renamed"), ("to review", "reviews"),
)  # fmt: skip


def _made(step: Record) -> str:
    """What a step did, in words."""
    words = [
        f"{bases(step[key]) if key.endswith('_bp') else number(step[key])} {word}"
        for word, key in MADE
        if step[key]
    ]
    return ", ".join(words) or "nothing changed"


def _steps_table(record: Record) -> Table:
    """What there was after each step; with the k-mers of reads, how right and how complete it was."""
    measured = any("qv_phred" in step for step in record["steps"])
    rows: list[list[Cell | str]] = []
    for step in record["steps"]:
        cells: list[Cell | str] = [Cell(step["step"], small=STEPS.get(step["step"]))]
        cells += [number(step["sequences"]), bases(step["bases_bp"]), bases(step["n50_bp"])]
        if measured:
            cells += [
                with_unit(step.get("qv_phred"), "phred", step.get("qv_is_lower_bound", False)),
                percent(step.get("completeness_pct")),
                percent(step.get("false_duplication_pct")),
            ]
        rows.append([*cells, "" if step["step"] == "contigs" else _made(step)])
    kmers = ["QV", "completeness", "duplicated k-mers"] if measured else []
    columns = ["after", "sequences", "bases", "N50", *kmers, "decisions"]
    align = "l" + "r" * (len(columns) - 2) + "l"
    return Table(columns, rows, align, _title("Steps", record), wide_last=True)


SHOWN_JOINS = 200


def _joins_table(record: Record) -> Table:
    """Gaps between what a step joined, with the Hi-C pairs and the reads over each."""
    listed = [
        dict(zip(record["joins"], row, strict=True)) for row in zip(*record["joins"].values(), strict=True)
    ]
    rows: list[list[Cell | str]] = [
        [
            Cell(join["sequence"], small=f"{join['left']} – {join['right']}"),
            number(join["start_bp"] + 1), bases(join["end_bp"] - join["start_bp"]), join["step"],
            number(join["hic_pairs"]), number(join["expected_hic_pairs"], 1),
            number(join["spanning_reads"]), number(join["clipped_reads"]),
        ]
        for join in listed[:SHOWN_JOINS]
    ]  # fmt: skip
    columns = ["sequence", "at", "gap", "step", "Hi-C pairs", "expected", "reads across", "reads ending"]
    spanned = sum(bool(join["spanning_reads"]) for join in listed)
    title = f"{_title('Joins', record)}: {number(len(listed))}, {number(spanned)} with reads across"
    return Table(columns, rows, "lrrlrrrr", title, folded=True)


def _polish_table(records: Sequence[Record]) -> Table:
    """Contigs of each haplotype that the polisher improved, and those that stay as they were."""
    rows: list[list[Cell | str]] = [
        [
            Cell(r["haplotype"], small=r["tool"]), number(r["sequences"]), number(r["polished"]),
            number(r["qv_would_fall"]), number(r["sequences"] - r["polished"] - r["qv_would_fall"]),
            bases(r["changed_bp"]), bases(r["bases_before_bp"]), bases(r["bases_after_bp"]),
        ]
        for r in records
    ]  # fmt: skip
    columns = ["haplotype", "contigs", "polished", "left: the QV would fall", "left for another reason"]
    columns += ["bases changed", "bases before", "after"]
    return Table(columns, rows, "l" + "r" * (len(columns) - 1), "Polishing")


def _warnings(material: Material) -> list[Text]:
    """What the steps between contigs and chromosomes say of themselves."""
    texts = []
    for step in ("polish", *STEPS):
        for r in material.of(step):
            who = " ".join(filter(None, [step, r.get("haplotype")]))
            texts += [Text(f"{who}: {warning}", "warning") for warning in r.get("warnings") or ()]
            if reason := r.get("nothing_removed_because"):
                texts.append(Text(f"{who}: nothing was removed, because {reason}"))
    return texts


def history_section(material: Material) -> Section | None:
    """From the contigs to the final sequences: bases after each step, and the decisions."""
    records = [r for r in material.of("history") if r.get("steps")]
    polished = material.of("polish")
    if not (records or polished):
        return None
    drawn = [
        Plot(f"history-{r['haplotype']}", _title("Bases after each step", r), plots.steps_of_assembly(r))
        for r in records
    ]
    blocks: list[Block] = [Plots(drawn, "wide" if len(drawn) == 1 else "")] if drawn else []
    blocks += [_polish_table(polished)] if polished else []
    blocks += [_steps_table(r) for r in records]
    blocks += [_joins_table(r) for r in records if (r.get("joins") or {}).get("sequence")]
    blocks += _warnings(material)
    for r in records:
        if not r["largest_decisions"]:
            continue
        shown = [
            [
                one["decided_in"], one["action"], one["sequence"],
                f"{number(one['start'])}-{number(one['end'])}" if one["length_bp"] else number(one["end"]),
                bases(one["length_bp"]) if one["length_bp"] else "", one["reason"],
            ]
            for one in r["largest_decisions"]
        ]  # fmt: skip
        title = f"{_title('Decisions', r)}: {number(len(shown))} of {number(r['decisions'])}"
        columns = ["step", "action", "sequence", "bases", "length", "reason"]
        blocks.append(Table(columns, shown, "lllrrl", title, folded=True, wide_last=True))
    return Section(
        "history",
        "From contigs to chromosomes",
        "Each step lists what it did and why in decisions.tsv. After each step the bases that came in are "
        "those that went out and those that were removed; contigs.agp traces the final sequences to contigs. "
        "QV should not fall, duplicated k-mers should, and completeness falls only by what is foreign or "
        "in another haplotype.",
        blocks,
    )


def assembly_section(material: Material) -> Section | None:
    records = material.of("assembly_statistics")
    if not records:
        return None
    rows = [[label, *(value(r) for r in records)] for label, value in CONTIGUITY]
    names = [plots.name_of(r) for r in records]
    blocks: list[Block] = []
    drawn: list[Plot] = []
    pictured: list[Plot] = []
    if curved := [r for r in records if r.get("nx_curve")]:
        drawn.append(Plot("nx", "Nx: contiguity", plots.nx_curves(curved), "The dotted line is N50."))
    for r in material.latest("assembly_statistics"):
        if rows_of := material.tables.get((r["stage"], r["haplotype"])):
            count = len(rows_of)
            note = (
                f"The longest {plots.MAX_SEQUENCES} of {number(count)}."
                if count > plots.MAX_SEQUENCES
                else ""
            )
            pictured.append(
                Plot(
                    f"sequences-{r['haplotype']}",
                    _title("Sequences", r),
                    plots.sequences(rows_of),
                    note,
                )
            )
    if len(pictured) == 1:
        drawn.append(pictured.pop())
    blocks += [Plots(p, "wide" if len(p) == 1 else "") for p in (drawn, pictured) if p]
    blocks.append(Table(["", *names], rows, "l" + "r" * len(names), "Contiguity and content"))
    depths = {(r["stage"], r["haplotype"]): r for r in material.of("read_depth")}
    kmers = {
        (r["stage"], entry["haplotype"]): entry
        for r in material.of("kmer_evaluation")
        for entry in r["haplotypes"]
    }
    for r in material.latest("assembly_statistics"):
        key = (r["stage"], r["haplotype"])
        if material.tables.get(key):
            table = _chromosomes_table(r, material.tables[key], depths.get(key), kmers.get(key))
            blocks.append(table)
    return Section(
        "assembly",
        "Assembly",
        "Contigs end at gaps (runs of N); scaffolds span them. A complete chromosome has a telomere at "
        "both ends; telomeres in the middle of a sequence suggest a false join. INSDC does not accept "
        "sequences that begin or end with N. Reliable k-mers are more frequent in reads than errors are.",
        blocks,
    )


def kmers_section(material: Material) -> Section | None:
    records = material.latest("kmer_evaluation")
    if not records:
        return None
    rows = [
        [
            Cell(r["stage"]),
            e["haplotype"],
            Cell(with_unit(e.get("qv_phred"), "phred", e.get("qv_is_lower_bound", False))),
            number(e["assembly_only_kmers"]),
            percent(e.get("completeness_pct")),
            percent(e.get("false_duplication_pct")),
            number(e["solid_read_kmers"]),
            number(r.get("read_threshold")),
        ]
        for r in material.of("kmer_evaluation")
        for e in r["haplotypes"]
    ]
    columns = [
        "stage",
        "haplotype",
        "QV",
        "assembly-only k-mers",
        "completeness",
        "false duplications",
        "reliable k-mers",
        "seen at least",
    ]
    drawn = [
        Plot(
            f"spectrum-{e['haplotype']}",
            f"Copy-number spectrum, {r['stage']} {e['haplotype']}",
            plots.spectrum(e, r.get("read_threshold")),
        )
        for r in records
        for e in r["haplotypes"]
        if e.get("spectrum")
    ]
    blocks: list[Block] = [Table(columns, rows, "llrrrrrr")]
    blocks += [Text(str(w), "warning") for r in records for w in r.get("warnings") or []]
    if drawn:
        blocks.append(Plots(drawn))
    return Section(
        "kmers",
        "k-mer evaluation",
        "Merqury's definitions (Rhie 2020): k-mers that only the assembly has are errors (QV), reliable "
        "read k-mers that it lacks are missing sequence (completeness). In one haplotype, half of the "
        "one-allele peak is in the reads only; grey under the two-allele peak is missing, and 'twice' "
        "where others are found once is false duplication.",
        blocks,
    )


def depth_section(material: Material) -> Section | None:
    records = material.latest("read_depth")
    if not records:
        return None
    rows = [
        [
            plots.name_of(r),
            percent(r["mapped_reads_pct"]),
            percent(r["mapped_bases_pct"]),
            f"{number(r['mean_depth'], 1)}×",
            f"{number(r['median_depth'], 1)}×",
            percent(r["zero_depth_pct"], 3),
            *(number(r.get(f"{kind}_suspects")) for kind in CLASSES),
        ]
        for r in material.of("read_depth")
    ]
    drawn = [
        Plot(
            f"depth-{r.get('haplotype')}",
            _title("Read depth", r),
            plots.read_depth(r),
            f"Windows of {bases(r['window_bp'])}, the longest sequences end to end; dashed: median.",
        )
        for r in records
        if (r.get("windows") or {}).get("depth")
    ]
    columns = ["assembly", "reads mapped", "bases mapped", "mean depth", "median", "no read"]
    columns += ["misjoins", "unspanned", "collapses", "low depth", "partial support"]
    blocks: list[Block] = [Table(columns, rows, "l" + "r" * (len(columns) - 1))]
    if drawn:
        blocks.append(Plots(drawn, "wide"))
    return Section(
        "depth",
        "Read depth",
        "Depth should be even. Twice the median marks a collapsed repeat, half of it a sex chromosome or a "
        "sequence assembled twice, zero a position that no read supports. At a misjoin the reads of "
        "both sides end; where some end and others span the place (partial support), it is usually a "
        "heterozygous variant. The places are in suspects.tsv.",
        blocks,
    )


def synteny_section(material: Material) -> Section | None:
    record = material.first("synteny")
    if not record or not record.get("pairs"):
        return None
    first, second = record["compared"]
    kinds = ("collinear", "inverted", "translocated", "duplicated")
    totals = [
        [total["haplotype"], bases(total["length_bp"]), *(bases(total[f"{kind}_bp"]) for kind in kinds),
         bases(total["unaligned_bp"]), bases(total["gap_bp"])]
        for total in record["totals"]
    ]  # fmt: skip
    unaligned = {(row["haplotype"], row["sequence"]): row["unaligned_bp"] for row in record["sequences"]}
    rows = [
        [
            pair["sequence"],
            Cell(pair["other_sequence"], small="turned" if pair["turned"] else None),
            *(bases(pair[f"{kind}_bp"]) if pair[f"{kind}_bp"] else "–" for kind in kinds),
            *(
                bases(unaligned.get(key)) if pair["homologous"] else "–"
                for key in ((first, pair["sequence"]), (second, pair["other_sequence"]))
            ),
            percent(pair["identity_pct"]),
        ]
        for pair in record["pairs"]
    ]
    columns = [first, second, *kinds, f"in {first} alone", f"in {second} alone", "identity"]
    note = "Duplicated: a copy that only one of the haplotypes has. Collinear neighbours are drawn as one."
    return Section(
        "synteny",
        "Synteny of the haplotypes",
        f"Blocks of at least 1 kb between {first} and {second}, from their alignment. Haplotypes of one "
        "individual should be collinear over nearly all of their length. An inversion or translocation that "
        "ends at a gap is more often an error of scaffolding than a variant: look at it in the contact map.",
        [
            Plots([Plot("synteny", f"{first} and {second}", plots.synteny(record), note)], "wide"),
            Table(["haplotype", "length", *kinds, "in it alone", "gaps"], totals, "l" + "r" * 7),
            Table(columns, rows, "ll" + "r" * 7, "Pairs of sequences", folded=len(rows) > 12),
        ],
    )


def hic_section(material: Material) -> Section | None:
    records = material.latest("hic_map")
    if not records:
        return None
    rows = [
        [
            plots.name_of(r),
            number(r["pairs"]),
            percent(r.get("mapped_pairs_pct"), 1),
            percent(r.get("duplicate_pct"), 1),
            percent(r.get("placed_pairs_pct"), 1),
            percent(r.get("cis_pct"), 1),
            percent(r.get("trans_pct"), 1),
            percent(r.get("cis_over_1kb_pct"), 1),
            percent(r.get("cis_over_20kb_pct"), 1),
        ]
        for r in material.of("hic_map")
    ]
    columns = [
        "assembly",
        "pairs",
        "mapped",
        "duplicates",
        "in the map",
        "cis",
        "trans",
        "cis > 1 kb",
        "cis > 20 kb",
    ]
    blocks: list[Block] = [Table(columns, rows, "lrrrrrrrr")]
    for r in records:
        drawn = []
        if (r.get("matrix") or {}).get("counts"):
            drawn.append(
                Plot(
                    f"map-{r.get('haplotype')}",
                    _title("Contact map", r),
                    plots.contact_map(r),
                    "Logarithmic colour scale; lines are boundaries of sequences.",
                )
            )
        if (r.get("distance_decay") or {}).get("pairs"):
            drawn.append(
                Plot(
                    f"decay-{r.get('haplotype')}",
                    _title("Contacts by distance", r),
                    plots.distance_decay(r),
                )
            )
        blocks.append(Plots(drawn, "lead"))
    return Section(
        "hic",
        "Hi-C contacts",
        "Duplicates are usually 10–30 % with Arima kits and 30–80 % with Omni-C. Contacts should "
        "concentrate along the diagonal and fade with distance, with a slope near −1; bright blocks off "
        "the diagonal belong together, and a dark step on it is a possible false join.",
        blocks,
    )


def busco_section(material: Material) -> Section | None:
    records = material.of("busco")
    if not records:
        return None
    rows = [
        [
            plots.name_of(r),
            r["lineage"],
            number(r["markers"]),
            percent(r["complete_pct"], 1),
            percent(r["single_copy_pct"], 1),
            percent(r["duplicated_pct"], 1),
            percent(r["fragmented_pct"], 1),
            percent(r["missing_pct"], 1),
            r.get("version") or "–",
        ]
        for r in records
    ]
    columns = [
        "assembly",
        "lineage",
        "markers",
        "complete",
        "single copy",
        "duplicated",
        "fragmented",
        "missing",
        "BUSCO",
    ]
    plot = Plot("busco", "Conserved single-copy genes", plots.busco_bars(records))
    return Section(
        "busco",
        "Conserved genes",
        "Genes that nearly every species of the lineage has once. Duplicated genes suggest both haplotypes "
        "in one assembly; missing genes suggest lost sequence, or a lineage that does not fit the species.",
        [Plots([plot], "wide"), Table(columns, rows, "llrrrrrrl")],
    )


def _profile_against_truth(profile: Record) -> Table:
    rows = []
    for key, found in profile.items():
        name, unit = key.rsplit("_", 1)
        rows.append(
            [
                name.replace("_", " "),
                with_unit(found["estimate"], unit),
                with_unit(found["truth"], unit),
                percent(found["difference_pct"]),
            ]
        )
    return Table(["genome profile", "estimate", "truth", "difference"], rows, "lrrr")


def truth_section(material: Material) -> Section | None:
    record = material.first("truth_check")
    if not record:
        return None
    with_truth = any("truth" in c for c in record["checks"])
    rows = []
    for c in record["checks"]:
        passed = c["passed"] if "passed" in c else c["verdict"] == "pass"
        row = [c["check"], with_unit(c["value"], c["unit"], c.get("lower_bound", False))]
        if with_truth:
            row.append(with_unit(c.get("truth"), c["unit"]))
        limit = str(c.get("tolerance") or c.get("threshold", ""))
        limit = limit.replace(">=", "≥").replace("<=", "≤")
        rows.append([*row, limit, Cell(mark="pass" if passed else "fail")])
    agreed = sum(row[-1].mark == "pass" for row in rows)
    title = f"{agreed} of {len(rows)} checks agree with the truth"
    columns = ["check", "measured", *(["truth"] if with_truth else []), "limit", "verdict"]
    align = "lrrll" if with_truth else "lrll"
    blocks: list[Block] = [Table(columns, rows, align, title)]
    if record.get("profile"):
        blocks.append(_profile_against_truth(record["profile"]))
    return Section(
        "truth",
        "Against the truth",
        "The demo species is simulated, so its genome is known: each measurement is compared with the truth.",
        blocks,
    )


STEPS_BY_SECTION = (
    ("read_statistics", "read statistics", "no reads were given"),
    ("genome_profile", "the genome profile", "it needs HiFi or Illumina reads"),
    (
        "kmer_evaluation",
        "QV, k-mer completeness and the copy-number spectrum",
        "they need the reads' k-mers",
    ),
    ("read_depth", "read depth", "no reads were mapped to the assembly"),
    ("hic_map", "the Hi-C contact map", "no Hi-C reads were given"),
    ("busco", "conserved genes", "no BUSCO lineage path was given (--busco_lineage)"),
)


def missing_section(material: Material, verdict: Verdict | None) -> Section | None:
    """What was not measured, and why, in one list; only of the workflows that ran."""
    annotated = annotation.has_annotation(material)
    rows: list[list[Cell | str]] = []
    measured = any(material.of(step) for step, *_ in STEPS_BY_SECTION if step != "busco")
    if measured or not (annotated or material.of("submission")):
        rows = [[Cell(name), why] for step, name, why in STEPS_BY_SECTION if not material.of(step)]
    if annotated:
        rows += [[Cell(name), why] for name, why in annotation.not_measured(material)]
    said = {why for _, why in rows}
    by_metric: dict[tuple[str, str], list[str]] = {}
    for h in (verdict or {"haplotypes": []})["haplotypes"]:
        for m in h["metrics"]:
            if m["verdict"] == "not measured" and m["why"] not in said:
                by_metric.setdefault((m["name"], m["why"]), []).append(h["haplotype"])
    rows += [[Cell(name, small=listing(where)), why] for (name, why), where in by_metric.items()]
    if not rows:
        return None
    return Section("missing", "Not measured", "", [Table(["what", "why"], rows, "ll")])


SECTIONS = (
    reads_section,
    profile_section,
    history_section,
    assembly_section,
    kmers_section,
    depth_section,
    synteny_section,
    hic_section,
    busco_section,
    truth_section,
    *annotation.SECTIONS,
)
