"""Accuracy of a gene set, against brute force over single bases and all pairs of genes."""

import csv
import json
import random
from itertools import pairwise

import pytest

import annotation_accuracy
from linnaea.base.errors import InputError

COLUMNS = ("base", "exon", "intron", "transcript", "gene", "locus")
# Half-open places on a sequence of 12 kb: gene, strand, transcripts of CDS parts.
REFERENCE = {
    "exact": ("+", [[(100, 200), (300, 400)], [(100, 200), (350, 450)]]),
    "reverse": ("-", [[(1000, 1090), (1200, 1300), (1500, 1600)]]),
    "longer": ("+", [[(2000, 2300)]]),
    "halved": ("+", [[(3000, 3100), (3200, 3300), (3400, 3500), (3600, 3700)]]),
    "left": ("-", [[(5000, 5300)]]),
    "right": ("-", [[(5500, 5800)]]),
    "missed": ("+", [[(7000, 7300)]]),
    "inside": ("+", [[(8000, 8100), (9000, 9100)]]),
}
PREDICTED = {
    "exact": ("+", [[(100, 200), (300, 400)]]),
    "reverse": ("-", [[(1000, 1090), (1200, 1300), (1500, 1603)]]),
    "longer": ("+", [[(1900, 2300)]]),
    "half1": ("+", [[(3000, 3100), (3200, 3300)]]),
    "half2": ("+", [[(3400, 3500), (3600, 3700)]]),
    "joined": ("-", [[(5000, 5300), (5500, 5800)]]),
    "wrong_strand": ("-", [[(7000, 7300)]]),
    "in_intron": ("+", [[(8300, 8500)]]),
}


def gtf(genes, seqid="chr1"):
    lines = []
    for gene, (strand, transcripts) in genes.items():
        for number, cds in enumerate(transcripts):
            names = f'gene_id "{gene}"; transcript_id "{gene}.t{number}";'
            lines += [f"{seqid}\tx\tCDS\t{a + 1}\t{b}\t.\t{strand}\t0\t{names}" for a, b in cds]
    return "\n".join(lines) + "\n"


def gff3(genes, seqid="chr1"):
    lines = ["##gff-version 3"]
    for gene, (strand, transcripts) in genes.items():
        spans = [part for cds in transcripts for part in cds]
        row = f"{seqid}\tx\t%s\t%d\t%d\t.\t{strand}\t%s\t%s"
        lines.append(row % ("gene", min(spans)[0] + 1, max(spans)[1], ".", f"ID={gene}"))
        for number, cds in enumerate(transcripts):
            name = f"{gene}.t{number}"
            lines.append(row % ("mRNA", cds[0][0] - 20, cds[-1][1] + 30, ".", f"ID={name};Parent={gene}"))
            lines.append(row % ("exon", cds[0][0] - 20, cds[0][1], ".", f"Parent={name}"))
            lines += [row % ("CDS", a + 1, b, "0", f"ID={name}.cds;Parent={name}") for a, b in cds]
    return "\n".join(lines) + "\n"


def run(folder, reference, predicted, *options):
    (folder / "ref.gtf").write_text(reference)
    (folder / "ours.gff3").write_text(predicted)
    files = [folder / name for name in ("ours.gff3", "ref.gtf")]
    out = ["--id", "g", "--out", folder / "a.json", "--table", folder / "a.tsv"]
    assert annotation_accuracy.main(list(map(str, [*files, *out, *options]))) == 0
    with (folder / "a.tsv").open() as handle:
        return json.loads((folder / "a.json").read_text()), list(csv.DictReader(handle, delimiter="\t"))


def sets(genes):
    """What each level counts, as plain sets of single bases, places and chains."""
    chains = [(strand, tuple(cds)) for strand, transcripts in genes.values() for cds in transcripts]
    return {
        "base": {(strand, i) for strand, cds in chains for part in cds for i in range(*part)},
        "exon": {(strand, part) for strand, cds in chains for part in cds},
        "intron": {(strand, a[1], b[0]) for strand, cds in chains for a, b in pairwise(cds)},
        "transcript": set(chains),
    }


def brute_force(reference, predicted):
    known, found = sets(reference), sets(predicted)
    counts = {level: (len(known[level] & found[level]),) * 2 for level in known}

    def exact(genes, other):
        return sum(any((s, tuple(cds)) in other["transcript"] for cds in t) for s, t in genes.values())

    counts["gene"] = (exact(reference, found), exact(predicted, known))
    alone = [
        {name: sets({name: gene})["base"] for name, gene in side.items()} for side in (reference, predicted)
    ]
    meet = {(a, b) for a in alone[0] for b in alone[1] if alone[0][a] & alone[1][b]}
    counts["locus"] = (len({a for a, _ in meet}), len({b for _, b in meet}))
    totals = {level: (len(known[level]), len(found[level])) for level in known}
    totals |= dict.fromkeys(("gene", "locus"), (len(reference), len(predicted)))
    expected = {}
    for level in COLUMNS:
        for side, word in enumerate(("sensitivity", "precision")):
            total = totals[level][side]
            expected[f"{level}_{word}_pct"] = 100 * counts[level][side] / total if total else None
    expected["split_genes"] = sum(sum(a == name for a, _ in meet) > 1 for name in reference)
    expected["fused_genes"] = sum(sum(b == name for _, b in meet) > 1 for name in predicted)
    return expected


def agrees(record, expected):
    assert {key: record[key] for key in expected} == {
        key: value if value is None else pytest.approx(value) for key, value in expected.items()
    }


def test_every_level_counts_what_it_says(tmp_path):
    record, rows = run(tmp_path, gtf(REFERENCE), gff3(PREDICTED))
    agrees(record, brute_force(REFERENCE, PREDICTED))
    assert record["gene_sensitivity_pct"] == record["gene_precision_pct"] == 12.5
    assert record["locus_sensitivity_pct"] == record["locus_precision_pct"] == 75
    assert (record["split_genes"], record["fused_genes"]) == (1, 1)
    verdicts = {(row["side"], row["gene"]): row["verdict"] for row in rows}
    assert verdicts == {
        ("reference", "reverse"): "different", ("predicted", "reverse"): "different",
        ("reference", "longer"): "different", ("predicted", "longer"): "different",
        ("reference", "halved"): "split", ("predicted", "half1"): "different",
        ("predicted", "half2"): "different", ("predicted", "joined"): "fused",
        ("reference", "left"): "different", ("reference", "right"): "different",
        ("reference", "missed"): "missed", ("predicted", "wrong_strand"): "new",
        ("reference", "inside"): "missed", ("predicted", "in_intron"): "new",
    }  # fmt: skip
    halved = next(row for row in rows if row["verdict"] == "split")
    assert (halved["start"], halved["end"], halved["exons_exact"]) == ("3001", "3700", "4")
    assert halved["overlapping_genes"] == "half1,half2"


def random_genes(rng, count):
    """Genes that overlap, nest and interleave on both strands, with isoforms."""
    genes = {}
    for i in range(count):
        start, transcripts = rng.randrange(100, 6000), []
        for _ in range(rng.choice((1, 1, 2))):
            at, cds = start, []
            for _ in range(rng.randrange(1, 6)):
                end = at + rng.randrange(20, 200)
                cds.append((at, end))
                at = end + rng.randrange(30, 900)
            transcripts.append(cds)
        genes[f"g{i}"] = (rng.choice("+-"), transcripts)
    return genes


def perturbed(rng, genes):
    changed = {}
    for name, (strand, transcripts) in genes.items():
        if rng.random() < 0.2:
            continue
        kept = [list(cds) for cds in transcripts if rng.random() < 0.9] or [list(transcripts[0])]
        if rng.random() < 0.4:
            kept[0][-1] = (kept[0][-1][0], kept[0][-1][1] + 3)
        changed[name] = (strand, kept)
    return changed | {f"n{key}": gene for key, gene in random_genes(rng, 6).items()}


@pytest.mark.parametrize("seed", range(6))
def test_random_genes_agree_with_brute_force(tmp_path, seed):
    rng = random.Random(seed)
    reference = random_genes(rng, 25)
    predicted = perturbed(rng, reference)
    agrees(run(tmp_path, gtf(reference), gff3(predicted))[0], brute_force(reference, predicted))


def test_regions_take_only_transcripts_wholly_inside(tmp_path):
    inside = {name: REFERENCE[name] for name in ("reverse", "longer", "left")}
    found = {name: PREDICTED[name] for name in ("reverse", "longer")}
    options = ["--region", "chr1:1,001-2300", "--region", "chr1:4000-5300"]
    record, _ = run(tmp_path, gtf(REFERENCE), gff3(PREDICTED), *options)
    agrees(record, brute_force(inside, found))
    assert record["regions"] == ["chr1:1001-2300", "chr1:4000-5300"]


def genome(folder, stops):
    """A genome of A with a stop codon at each given place (0-based, strand)."""
    letters = ["A"] * 12_000
    for place, strand in stops:
        letters[place : place + 3] = "TAG" if strand == "+" else "CTA"
    path = folder / "g.fa"
    path.write_text(">chr1\n" + "".join(letters) + "\n")
    return path


def without_stops(genes):
    """The same genes with the last codon of every transcript cut off."""
    cut = {}
    for name, (strand, transcripts) in genes.items():
        ends = [
            [*cds[:-1], (cds[-1][0], cds[-1][1] - 3)]
            if strand == "+"
            else [(cds[0][0] + 3, cds[0][1]), *cds[1:]]
            for cds in transcripts
        ]
        cut[name] = (strand, ends)
    return cut


def test_a_reference_without_stop_codons_is_completed_from_the_genome(tmp_path):
    ends = [
        (cds[-1][1] - 3 if strand == "+" else cds[0][0], strand)
        for strand, transcripts in REFERENCE.values()
        for cds in transcripts
    ]
    fasta = genome(tmp_path, ends)
    short = gtf(without_stops(REFERENCE))
    record, _ = run(tmp_path, short, gff3(REFERENCE))
    assert record["gene_sensitivity_pct"] == 0
    record, rows = run(tmp_path, short, gff3(REFERENCE), "--genome", fasta)
    assert record["gene_sensitivity_pct"] == record["base_precision_pct"] == 100 and rows == []
    assert record["notes"] == [
        "the CDS of the reference had no stop codons; they were added to 9 transcripts"
    ]
    mixed = gtf(without_stops(REFERENCE) | {"exact": REFERENCE["exact"]})
    record, _ = run(tmp_path, mixed, gff3(REFERENCE), "--genome", fasta)
    assert record["gene_sensitivity_pct"] == 12.5 and record["notes"] == []


def test_stop_codon_rows_belong_to_the_cds(tmp_path):
    rows = [
        f"chr1\tx\tstop_codon\t{at + 1}\t{at + 3}\t.\t{strand}\t0\t"
        f'gene_id "{gene}"; transcript_id "{gene}.t{number}";\n'
        for gene, (strand, transcripts) in REFERENCE.items()
        for number, cds in enumerate(transcripts)
        for at in [cds[-1][1] - 3 if strand == "+" else cds[0][0]]
    ]
    record, _ = run(tmp_path, gtf(without_stops(REFERENCE)) + "".join(rows), gff3(REFERENCE))
    assert record["transcript_f1_pct"] == 100


def test_a_gene_set_without_genes_finds_nothing(tmp_path):
    record, rows = run(tmp_path, gtf(REFERENCE), "##gff-version 3\n")
    assert record["base_sensitivity_pct"] == record["gene_f1_pct"] == 0
    assert record["gene_precision_pct"] is None and record["missed_genes"] == len(rows) == 8


@pytest.mark.parametrize(
    ("reference", "options", "said"),
    [
        (gtf(REFERENCE, "2R"), (), r"on sequences such as 2R, .*ours\.gff3 on chr1"),
        (gtf(REFERENCE, "2R"), ("--genome",), r"on sequences such as 2R, .*g\.fa on chr1"),
        (gtf(REFERENCE).replace("CDS", "exon"), (), "no coding gene"),
        (gtf(REFERENCE), ("--region", "chr1:11000-12000"), "no coding genes in the given regions"),
        (gtf(REFERENCE), ("--region", "chr1:5-2"), "give name:first-last"),
    ],
)
def test_faults_are_named_and_nothing_is_written(tmp_path, reference, options, said):
    if options == ("--genome",):
        options = (*options, genome(tmp_path, []))
    with pytest.raises(InputError, match=said):
        run(tmp_path, reference, gff3(PREDICTED), *options)
    assert not (tmp_path / "a.json").exists()


def test_sequences_that_the_genome_lacks_are_said(tmp_path):
    both = gtf(REFERENCE) + gtf({"far": ("+", [[(10, 40)]])}, "chr9")
    record, _ = run(tmp_path, both, gff3(PREDICTED), "--genome", genome(tmp_path, []))
    assert "1 sequences that the genome lacks, such as chr9" in record["notes"][0]
    assert record["gene_reference"] == 9
