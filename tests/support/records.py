"""Synthetic metrics records of a small diploid genome, shaped as the steps write them."""

import json
from pathlib import Path

import numpy as np

GENOME = "demo1"
K = 21
CHROMOSOMES = {"chr1": 620_000, "chr2": 500_000, "chr3": 380_000}


def read_statistics(library="hifi1", kind="hifi", stage="raw", reads=4000, length=15_000):
    rng = np.random.default_rng(1)
    lengths = rng.gamma(9, length / 9, reads) if length > 1000 else np.full(reads, length)
    width = 500 if length > 1000 else 10
    counts = np.bincount((lengths // width).astype(int))
    bins = np.arange(counts.size) * width
    phred = np.arange(20, 41) if kind != "hic" else np.arange(25, 38)
    weights = np.exp(-0.5 * ((phred - 32) / 3) ** 2)
    sums = np.bincount((lengths // width).astype(int), weights=lengths)
    return {
        "id": GENOME,
        "step": "read_statistics",
        "stage": stage,
        "library": library,
        "type": kind,
        "files": 1,
        "reads": reads,
        "bases_bp": int(lengths.sum()),
        "mean_length_bp": float(lengths.mean()),
        "median_length_bp": float(np.median(lengths)),
        "n50_bp": int(length * 1.05),
        "min_length_bp": int(lengths.min()),
        "max_length_bp": int(lengths.max()),
        "gc_pct": 38.4,
        "mean_quality_phred": 31.7,
        "q20_pct": 99.1,
        "q30_pct": 93.4,
        "length_histogram": {
            "bin_start_bp": bins.tolist(),
            "reads": counts.tolist(),
            "bases_bp": sums.astype(int).tolist(),
        },
        "quality_histogram": {
            "phred": phred.tolist(),
            "reads": (reads * weights / weights.sum()).astype(int).tolist(),
        },
        "per_file": [{"file": f"{library}.fastq.gz", "reads": reads, "bases_bp": int(lengths.sum())}],
    }


def genome_profile(**changes):
    x = np.arange(1, 161)

    def peak(copies, size):
        mean = 20 * copies
        return size * np.exp(-0.5 * ((x - mean) / (1.25 * mean**0.5)) ** 2) / mean**0.5

    parts = [peak(1, 3e5), peak(2, 2.4e6), peak(3, 4e4), peak(4, 9e4)]
    errors = 4e5 * np.exp(-x / 0.8)
    model = sum(parts)
    rng = np.random.default_rng(2)
    observed = rng.poisson(model + errors)
    return {
        "id": GENOME,
        "step": "genome_profile",
        "kmer_size": K,
        "haploid_size_bp": 1_515_000,
        "heterozygosity_pct": 0.52,
        "repeat_share_pct": 12.1,
        "error_rate_pct": 0.11,
        "haploid_kmer_coverage": 20.1,
        "ploidy_model": 2,
        "ploidy_hint": 2,
        "model_fit_pct": 98.6,
        "warnings": [],
        "histogram": {
            "multiplicity": x.tolist(),
            "observed": observed.tolist(),
            "model": model.tolist(),
            "errors": errors.tolist(),
            "unique": sum(parts[:2]).tolist(),
        },
        "peaks": [{"multiplicity": 20.1, "copies": 1}, {"multiplicity": 40.2, "copies": 2}],
        "candidates": [{"ploidy": 1, "residual": 0.41}, {"ploidy": 2, "residual": 0.03}],
    } | changes


def assembly_statistics(haplotype="hap1", stage="raw", lengths=None, **changes):
    lengths = sorted(lengths or CHROMOSOMES.values(), reverse=True)
    total = sum(lengths)
    cumulative = np.cumsum(lengths)
    reach = {p: int(np.searchsorted(cumulative, total * p / 100)) for p in (50, 90)}
    percent = np.arange(101)
    curve = [int(lengths[i]) for i in np.searchsorted(cumulative, total * percent / 100)]
    return {
        "id": GENOME,
        "step": "assembly_statistics",
        "stage": stage,
        "haplotype": haplotype,
        "file": f"{haplotype}.fasta",
        "sequences": len(lengths),
        "total_bp": total,
        "scaffold_n50_bp": lengths[reach[50]],
        "scaffold_l50": reach[50] + 1,
        "scaffold_n90_bp": lengths[reach[90]],
        "scaffold_l90": reach[90] + 1,
        "scaffold_auN_bp": sum(n * n for n in lengths) / total,
        "contigs": len(lengths),
        "contig_n50_bp": lengths[reach[50]],
        "contig_l50": reach[50] + 1,
        "contig_n90_bp": lengths[reach[90]],
        "contig_l90": reach[90] + 1,
        "longest_bp": lengths[0],
        "shortest_bp": lengths[-1],
        "gaps": 0,
        "gap_bp": 0,
        "gaps_per_gbp": 0.0,
        "gc_pct": 38.4,
        "n_bp": 0,
        "soft_masked_pct": 0.0,
        "other_bp": 0,
        "leading_or_trailing_n": 0,
        "telomere_motif": "TTAGGG",
        "telomere_motif_source": "found",
        "telomeres": 6,
        "sequences_with_both_telomeres": 3,
        "sequences_with_one_telomere": 0,
        "gapless_with_both_telomeres": 3,
        "nx_curve": {"x_pct": percent.tolist(), "scaffold_bp": curve, "contig_bp": curve},
    } | changes


def sequence_rows(lengths=None, telomeres=True):
    names = lengths or CHROMOSOMES
    end = "4800" if telomeres else "0"
    return [
        {
            "sequence": name,
            "length_bp": str(length),
            "gc_pct": "38.4",
            "gaps": "0",
            "gap_bp": "0",
            "contigs": "1",
            "longest_contig_bp": str(length),
            "soft_masked_pct": "0.0",
            "telomere_start_bp": end,
            "telomere_end_bp": end,
        }
        for name, length in names.items()
    ]


def spectrum(copies=(0.1, 1.0, 0.02)):
    x = np.arange(1, 121)
    curve = np.exp(-0.5 * ((x - 40) / 8) ** 2) * 6e4 + np.exp(-0.5 * ((x - 20) / 5.5) ** 2) * 2e4
    zeros = np.zeros(x.size)
    read_only = 3e5 * np.exp(-x / 0.9) + 0.5 * np.exp(-0.5 * ((x - 20) / 5.5) ** 2) * 2e4
    return {
        "multiplicity": x.tolist(),
        "read_only": read_only.tolist(),
        "copies_1": (curve * copies[1]).tolist(),
        "copies_2": (curve * copies[2]).tolist(),
        "copies_3": zeros.tolist(),
        "copies_4": zeros.tolist(),
        "copies_over_4": zeros.tolist(),
    }


def kmer_entry(haplotype="hap1", **changes):
    return {
        "haplotype": haplotype,
        "assembly_kmers": 1_499_940,
        "assembly_only_kmers": 640,
        "qv_phred": 46.92,
        "qv_is_lower_bound": False,
        "error_rate": 2.03e-5,
        "completeness_pct": 91.2,
        "solid_read_kmers": 1_640_000,
        "solid_found_kmers": 1_495_000,
        "false_duplication_pct": 0.8,
        "spectrum": spectrum(),
        "assembly_only_by_copies": [640, 0],
    } | changes


def kmer_evaluation(*entries, stage="raw"):
    return {
        "id": GENOME,
        "step": "kmer_evaluation",
        "stage": stage,
        "kmer_size": K,
        "read_threshold": 6,
        "haplotypes": list(entries) or [kmer_entry()],
    }


def read_depth(haplotype="hap1", stage="raw"):
    rng = np.random.default_rng(3)
    window, names, starts = 5000, [], []
    for name, length in CHROMOSOMES.items():
        begin = list(range(0, length, window))
        names += [name] * len(begin)
        starts += begin
    depth = rng.normal(40, 3, len(names)).round(1)
    return {
        "id": GENOME,
        "step": "read_depth",
        "stage": stage,
        "haplotype": haplotype,
        "mapped_reads_pct": 99.2,
        "mapped_bases_pct": 98.9,
        "mean_depth": 39.8,
        "median_depth": 40.0,
        "zero_depth_pct": 0.01,
        "windows": {"sequence": names, "start_bp": starts, "depth": depth.tolist()},
        "window_bp": window,
    }


def hic_map(haplotype="hap1", stage="raw", bin_bp=10_000):
    sequences, first = [], 0
    for name, length in CHROMOSOMES.items():
        bins = -(-length // bin_bp)
        sequences.append({"name": name, "length_bp": length, "first_bin": first, "bins": bins})
        first += bins
    home = np.concatenate([np.full(s["bins"], i) for i, s in enumerate(sequences)])
    place = np.arange(first)
    distance = np.abs(place[:, None] - place[None, :]) + 1
    mean = np.where(home[:, None] == home[None, :], 900 / distance, 0.6)
    counts = np.random.default_rng(4).poisson(mean)
    counts = np.triu(counts) + np.triu(counts, 1).T
    steps = np.geomspace(100, 5e5, 40).astype(int)
    return {
        "id": GENOME,
        "step": "hic_map",
        "stage": stage,
        "haplotype": haplotype,
        "pairs": 150_000,
        "mapped_pairs_pct": 97.0,
        "duplicate_pct": 12.5,
        "placed_pairs_pct": 91.5,
        "cis_pct": 88.1,
        "trans_pct": 11.9,
        "cis_over_1kb_pct": 71.0,
        "cis_over_20kb_pct": 40.2,
        "distance_decay": {"distance_bp": steps.tolist(), "pairs": np.full(40, 3500).tolist()},
        "matrix": {"bin_bp": bin_bp, "sequences": sequences, "counts": counts.tolist()},
    }


def busco(haplotype="hap1", stage="raw", **changes):
    return {
        "id": GENOME,
        "step": "busco",
        "stage": stage,
        "haplotype": haplotype,
        "lineage": "eukaryota_odb12",
        "markers": 129,
        "complete_pct": 96.9,
        "single_copy_pct": 95.4,
        "duplicated_pct": 1.5,
        "fragmented_pct": 1.6,
        "missing_pct": 1.5,
        "version": "6.0.0",
    } | changes


def synteny():
    zeros = {f"{kind}_bp": 0 for kind in ("inverted", "translocated", "duplicated", "unaligned", "gap")}
    lengths = {"chr1": 600_000, "chr2": 500_000, "chr3": 400_000}
    sequences = [
        {"haplotype": haplotype, "sequence": name, "length_bp": length, "collinear_bp": length, **zeros}
        for haplotype in ("hap1", "hap2")
        for name, length in lengths.items()
    ]
    sequences[0] |= {"collinear_bp": 500_000, "inverted_bp": 80_000, "unaligned_bp": 20_000}
    moved = {"collinear_bp": 0, "inverted_bp": 0, "translocated_bp": 12_000, "duplicated_bp": 0}
    return {
        "id": GENOME,
        "step": "synteny",
        "stage": "raw",
        "compared": ["hap1", "hap2"],
        "totals": [
            {"haplotype": name, "length_bp": 1_500_000, "collinear_bp": 1_400_000, **zeros}
            for name in ("hap1", "hap2")
        ],
        "collinear_blocks": 5,
        "inverted_blocks": 1,
        "translocated_blocks": 1,
        "duplicated_blocks": 0,
        "unaligned_blocks": 1,
        "identity_pct": 99.12,
        "pairs": [
            {"sequence": name, "other_sequence": name, "homologous": True, "turned": name == "chr3",
             "identity_pct": 99.12, **moved, "collinear_bp": length, "translocated_bp": 0}
            for name, length in lengths.items()
        ] + [
            {"sequence": "chr2", "other_sequence": "chr3", "homologous": False, "turned": False,
             "identity_pct": None, **moved}
        ],
        "sequences": sequences,
        "blocks": {
            "kind": ["collinear", "inverted", "translocated"],
            "sequence": ["chr1", "chr1", "chr2"],
            "start_bp": [0, 400_000, 100_000],
            "end_bp": [400_000, 480_000, 112_000],
            "other_sequence": ["chr1", "chr1", "chr3"],
            "other_start_bp": [0, 400_000, 200_000],
            "other_end_bp": [400_000, 480_000, 212_000],
            "forward": [True, False, True],
        },
    }  # fmt: skip


def hifi_adapters():
    return {
        "id": GENOME,
        "step": "hifi_adapters",
        "library": "hifi1",
        "reads": 4000,
        "reads_with_adapter": 12,
        "reads_with_adapter_pct": 0.3,
        "bases_removed_bp": 181_000,
    }


def read_trimming():
    return {
        "id": GENOME,
        "step": "read_trimming",
        "library": "hic1",
        "type": "hic",
        "reads_in": 300_000,
        "reads_out": 298_100,
        "bases_in_bp": 45_000_000,
        "bases_out_bp": 44_100_000,
        "q30_pct_out": 94.2,
        "duplication_pct": 3.1,
        "adapter_trimmed_reads": 2100,
        "insert_size_peak_bp": 280,
    }


def truth():
    return {
        "id": GENOME,
        "step": "truth_check",
        "checks": [
            {
                "check": "haploid genome size",
                "value": 1_515_000,
                "unit": "bp",
                "truth": 1_500_000,
                "tolerance": "within 5 %",
                "verdict": "pass",
            },
            {
                "check": "heterozygosity",
                "value": 0.52,
                "unit": "pct",
                "truth": 0.5,
                "tolerance": "within 20 %",
                "verdict": "pass",
            },
            {
                "check": "k-mer QV against aligned QV",
                "value": 46.9,
                "unit": "phred",
                "truth": 51.2,
                "tolerance": "within 2",
                "verdict": "fail",
            },
        ],
    }


def whole_run():
    """Records of a run with two haplotypes, and the tables that belong to them."""
    both = kmer_entry("both", completeness_pct=99.1, false_duplication_pct=1.0)
    return [
        read_statistics(),
        read_statistics(stage="filtered", reads=3988),
        read_statistics("hic1", "hic", reads=300_000, length=150),
        read_statistics("hic1", "hic", "filtered", reads=298_100, length=148),
        hifi_adapters(),
        read_trimming(),
        genome_profile(),
        assembly_statistics("hap1"),
        assembly_statistics("hap2"),
        kmer_evaluation(kmer_entry("hap1"), kmer_entry("hap2", completeness_pct=90.8), both),
        read_depth("hap1"),
        read_depth("hap2"),
        synteny(),
        hic_map(),
        busco("hap1"),
        busco("hap2"),
        truth(),
    ]


def write_run(folder: Path, records=None) -> tuple[list[Path], list[Path]]:
    """Write records, and a table beside each assembly statistics; return the two lists of paths."""
    metrics, tables = [], []
    for record in records if records is not None else whole_run():
        parts = [
            record[key] for key in ("step", "library", "stage", "haplotype", "evidence") if record.get(key)
        ]
        path = folder / f"{'.'.join(parts)}.json"
        path.write_text(json.dumps(record))
        metrics.append(path)
        if record["step"] == "assembly_statistics":
            rows = sequence_rows()
            table = path.with_suffix(".tsv")
            lines = ["\t".join(rows[0]), *("\t".join(row.values()) for row in rows)]
            table.write_text("\n".join(lines) + "\n")
            tables.append(table)
    return metrics, tables


# Annotation


def histogram(low, high, centre, width, total):
    """A histogram with log bins, as annotation statistics write it."""
    edges = np.unique(np.geomspace(low, high, 30).astype(int))
    middle = np.log(np.sqrt(edges[:-1] * edges[1:]))
    weights = np.exp(-0.5 * ((middle - np.log(centre)) / width) ** 2)
    return {"edges": edges.tolist(), "counts": (total * weights / weights.sum()).astype(int).tolist()}


def annotation_statistics(**changes):
    exons = np.exp(-np.arange(40) / 5.0)
    quantiles = {"total": 9, "mean": 2510.0, "min": 90, "max": 48_000, "q5": 300, "q25": 900, "q75": 2900,
                 "q95": 9000, "n10": 9000, "n50": 4000, "n90": 1100}  # fmt: skip
    return {
        "id": GENOME,
        "step": "annotation_statistics",
        "genes": 14_211,
        "transcripts": 19_480,
        "protein_coding_genes": 13_602,
        "protein_coding_transcripts": 18_871,
        "genes_by_biotype": {"protein_coding": 13_602, "tRNA": 609},
        "transcripts_per_gene": 1.37,
        "exons_per_transcript": 5.42,
        "mono_exonic_transcripts_pct": 17.3,
        "mono_exonic_genes_pct": 19.8,
        "median_cds_length_bp": 1134.0,
        "coding_share_pct": 14.9,
        "overlapping_genes_same_strand": 41,
        "lengths": {
            name: {"count": 14_211, "median": 1700.0, **quantiles}
            for name in ("gene_bp", "transcript_bp", "cds_bp", "exon_bp", "intron_bp")
        },
        "histograms": {
            "gene_length_bp": histogram(90, 60_000, 2400, 1.1, 14_211),
            "cds_length_bp": histogram(90, 20_000, 1150, 0.8, 19_480),
            "exon_length_bp": histogram(10, 9000, 190, 0.9, 92_000),
            "intron_length_bp": histogram(30, 60_000, 90, 1.2, 75_000),
            "exons_per_transcript": {
                "edges": list(range(1, 42)),
                "counts": (19_480 * exons / exons.sum()).astype(int).tolist(),
            },
        },
    } | changes


def annotation_quality(**changes):
    return {
        "id": GENOME,
        "step": "annotation_quality",
        "coding_genes": 13_602,
        "coding_transcripts": 18_871,
        "transcripts_in_frame_stop": 7,
        "transcripts_no_start": 212,
        "transcripts_no_stop": 180,
        "transcripts_partial_not_labelled": 3,
        "transcripts_not_3n": 0,
        "transcripts_n_in_cds": 12,
        "transcripts_noncanonical_intron": 96,
        "transcripts_tiny_intron": 0,
        "transcripts_duplicate": 0,
        "introns": 71_004,
        "splice_sites": {"gt_ag": 70_120, "gc_ag": 671, "at_ac": 88, "other": 125},
        "introns_under_10_bp": 0,
        "short_introns": 31_007,
        "short_introns_3n_pct": 32.6,
        "stopless_short_introns": 9120,
        "stopless_short_introns_3n_pct": 23.0,
        "exons": 88_400,
        "genes_with_rna_pct": 84.1,
        "exons_with_rna_pct": 82.7,
        "introns_with_rna_pct": 71.3,
        "genes_with_hit": 11_980,
        "best_pairs": 10_044,
        "split_candidates_pct": 6.2,
        "fused_candidates_pct": 2.9,
        "split_neighbours": [["g12", "g13", "P1"]],
        "genes_to_look_at": [
            {
                "kind": "split",
                "reason": "neighbours whose proteins are parts of one, P1: one gene split in two?",
                "genes": ["g12", "g13"],
                "sequence": "chr1",
                "start": 1001,
                "end": 5200,
                "strand": "+",
            }
        ],
    } | changes


def transcript_mapping(library="rna1", **changes):
    return {
        "id": GENOME,
        "step": "transcript_mapping",
        "library": library,
        "type": "rnaseq",
        "reads": 41_000_000,
        "mapped_reads": 38_400_000,
        "mapped_pct": 93.7,
        "spliced_reads": 9_200_000,
        "strandedness": "reverse",
        "strandedness_declared": None,
        "introns": 148_000,
        "introns_canonical_pct": 93.1,
        "introns_kept": 79_300,
        "warnings": [],
    } | changes


def annotation_accuracy(evidence="RNA and proteins", better=0.0, stage="reference", **changes):
    record = {"id": GENOME, "step": "annotation_accuracy", "stage": stage, "evidence": evidence}
    for level, value in (
        ("base", 95),
        ("exon", 82),
        ("intron", 86),
        ("transcript", 55),
        ("gene", 70),
        ("locus", 96),
    ):
        record |= {
            f"{level}_sensitivity_pct": value + better - 1.5,
            f"{level}_precision_pct": value + better + 1.5,
            f"{level}_f1_pct": value + better,
            f"{level}_reference": 126,
            f"{level}_predicted": 121,
        }
    counts = {"split_genes": 2, "fused_genes": 4, "missed_genes": 5, "new_genes": 3}
    return record | counts | {"reference": "ref.gtf", "regions": ["chr1:1-1000000"], "notes": []} | changes


def annotation_run():
    """Records of an annotation alone, without its verdict."""
    protein_busco = busco(None, "annotation", complete_pct=94.1, single_copy_pct=92.0, duplicated_pct=2.1)
    return [
        {
            "id": GENOME, "step": "repeat_masking", "masker": "tantan", "masked_bp": 22_400_000,
            "masked_pct": 14.9, "given_softmasked_pct": 0.0, "repeats_pct": 21.3,
            "classes": [{"class": "tandem", "bp": 12_400_000, "pct": 8.2, "masked": False},
                        {"class": "LTR", "bp": 10_000_000, "pct": 6.7}],
            "note": "Chosen by its effect on the genes.",
        },
        transcript_mapping(),
        transcript_mapping(
            "iso1", type="isoseq", reads=900_000, mapped_reads=300_000, mapped_pct=33.3,
            strandedness="forward", strandedness_declared="reverse",
            warnings=["only 33 % of the reads map; is it this species?"],
        ),
        {
            "id": GENOME, "step": "protein_alignment", "library": "uniprot", "aligner": "miniprot",
            "proteins": 18_400, "proteins_aligned": 15_100, "aligned_pct": 82.1, "models": 16_020,
            "models_complete": 10_400, "introns": 61_000, "warnings": [],
        },
        {
            "id": GENOME, "step": "gene_training", "mode": "auto", "chosen": "trained, round 2",
            "reason": "Trained, round 2 finds the held-out genes best.", "fallback": None, "test_genes": 200,
            "candidates": [
                {"name": "fly", "kind": "shipped", "training_genes": None, "base_f1_pct": 88.1,
                 "exon_sensitivity_pct": 60.2, "exon_precision_pct": 71.0, "gene_sensitivity_pct": 30.5,
                 "gene_precision_pct": 33.0, "score_pct": 58.1},
                {"name": "trained, round 2", "kind": "trained", "training_genes": 812, "base_f1_pct": 93.4,
                 "exon_sensitivity_pct": 70.7, "exon_precision_pct": 77.0, "gene_sensitivity_pct": 41.0,
                 "gene_precision_pct": 42.3, "score_pct": 66.0},
            ],
        },
        {
            "id": GENOME, "step": "gene_combination", "genes": 13_602, "transcripts": 18_871,
            "sources": [{"source": "AUGUSTUS", "transcripts": 15_900, "kept": 13_100},
                        {"source": "StringTie", "transcripts": 24_000, "kept": 5600},
                        {"source": "proteins", "transcripts": 10_400, "kept": 171}],
            "filtered": [{"rule": "in repeats without support", "genes": 611},
                         {"rule": "CDS under 90 bp", "genes": 73}],
            "partial_genes": 391, "pseudogene_candidates": 102, "single_exon_genes": 2690,
        },
        annotation_statistics(),
        annotation_quality(),
        annotation_accuracy("ab initio", -22.0),
        annotation_accuracy(),
        annotation_accuracy("proteins only", -9.0),
        protein_busco,
        {
            "id": GENOME, "step": "noncoding_genes",
            "types": [{"type": "tRNA", "tool": "aragorn", "genes": 312},
                      {"type": "rRNA", "tool": "barrnap", "genes": 98}],
            "dropped_in_coding_sequence": 4, "pseudogene_candidates": 31,
        },
        {
            "id": GENOME, "step": "functional_annotation", "proteins": 18_871, "with_hit": 16_000,
            "with_hit_pct": 84.8, "with_name": 9020, "with_product": 15_010, "with_domain": 13_700,
            "with_go": 11_200, "sources": ["UniProt Swiss-Prot", "Pfam"],
            "products_by_basis": {"similar_protein": 14_000}, "warnings": ["3 of 9 proteins are not in it"],
        },
    ]  # fmt: skip
