"""Faults planted in gene models are found, and nothing else; shares against brute force."""

import csv
import gzip
import json
import random
from itertools import pairwise

import numpy as np
import pytest
from Bio.Seq import Seq

import annotation_quality
from linnaea.annotation.quality import (
    bedgraph_frames,
    best_pairs,
    covered_bases,
    intron_lengths,
    read_covered,
    read_hits,
)
from linnaea.base.errors import InputError

CODONS = [a + b + c for a in "ACGT" for b in "ACGT" for c in "ACGT"]
SENSE = [codon for codon in CODONS if codon not in ("TAA", "TAG", "TGA")]


class Planter:
    """A random chromosome with genes written into it, and their GFF3."""

    def __init__(self, seed=1, length=60_000):
        self.rng = random.Random(seed)
        self.letters = self.rng.choices("ACGT", k=length)
        self.rows, self.at = ["##gff-version 3"], 500

    def coding(self, codons=60):
        return "ATG" + "".join(self.rng.choices(SENSE, k=codons)) + "TAA"

    def gene(self, name, coding=None, introns=(("GT", 80, "AG"),), strand="+", attributes="", gap=500):
        """Write a gene, its introns evenly placed; return its CDS parts, 0-based."""
        coding = coding or self.coding()
        cuts = [len(coding) * i // (len(introns) + 1) for i in range(len(introns) + 2)]
        spans, pieces, at = [], [], 0
        for i, (donor, length, acceptor) in enumerate((*introns, ("", 0, ""))):
            exon = coding[cuts[i] : cuts[i + 1]]
            spans.append((at, at + len(exon)))
            filling = "".join(self.rng.choices("ACGT", k=max(0, length - 4)))
            pieces += [exon, donor + filling + acceptor if length else ""]
            at += len(exon) + length
        whole = "".join(pieces)
        start = self.at
        if strand == "-":
            whole = str(Seq(whole).reverse_complement())
            spans = [(len(whole) - b, len(whole) - a) for a, b in reversed(spans)]
        self.letters[start : start + len(whole)] = whole
        self.at = start + len(whole) + gap
        parts = [(start + a, start + b) for a, b in spans]
        self.model(name, parts, strand, attributes)
        return parts

    def model(self, name, parts, strand="+", attributes="", gene=None):
        row = f"chr1\tx\t%s\t%d\t%d\t.\t{strand}\t%s\t%s"
        span = (parts[0][0] + 1, parts[-1][1])
        if gene is None:
            self.rows.append(row % ("gene", *span, ".", f"ID={name}"))
        self.rows.append(row % ("mRNA", *span, ".", f"ID={name}.t;Parent={gene or name};{attributes}"))
        for a, b in parts:
            self.rows.append(row % ("exon", a + 1, b, ".", f"Parent={name}.t"))
        phase, phased = 0, []
        for a, b in parts if strand == "+" else parts[::-1]:
            phased.append((a, b, phase))
            phase = (phase - (b - a)) % 3
        self.rows += [row % ("CDS", a + 1, b, p, f"Parent={name}.t") for a, b, p in phased]

    def judge(self, folder, *options):
        with gzip.open(folder / "g.fa.gz", "wt") as handle:
            handle.write(">none\nACGT\n>chr1 x\n")
            handle.writelines(
                f"{''.join(self.letters[i : i + 70])}\n" for i in range(0, len(self.letters), 70)
            )
        (folder / "a.gff3").write_text("\n".join(self.rows) + "\n")
        arguments = [folder / "a.gff3", folder / "g.fa.gz", "--id", "g", *options]
        out = ["--out", folder / "q.json", "--table", folder / "q.tsv"]
        assert annotation_quality.main(list(map(str, [*arguments, *out]))) == 0
        with (folder / "q.tsv").open() as handle:
            rows = list(csv.DictReader(handle, delimiter="\t"))
        return json.loads((folder / "q.json").read_text()), {row["gene"]: row for row in rows}


@pytest.mark.parametrize("strand", "+-")
def test_planted_faults_are_flagged_and_whole_genes_are_not(tmp_path, strand):
    p = Planter()
    good = p.coding()
    p.gene("whole", strand=strand)
    p.gene("single", introns=(), strand=strand)
    p.gene("stopped", good[:90] + "TGA" + good[90:], strand=strand)
    p.gene("headless", good[3:], strand=strand)
    p.gene("labelled", good[3:-3], strand=strand, attributes="partial=5,3")
    p.gene("endless", good[:-3], strand=strand)
    p.gene("shifted", good[:-1], strand=strand)
    p.gene("gapped", good[:60] + "NNN" + good[60:], strand=strand)
    p.gene("other", introns=(("GT", 80, "AC"), ("AT", 90, "AC"), ("GC", 91, "AG")), strand=strand)
    p.gene("tiny", introns=(("GT", 9, "AG"), ("GT", 10, "AG")), strand=strand)
    twin = p.gene("twin", strand=strand)
    p.model("twin2", twin, strand)
    record, rows = p.judge(tmp_path)
    flags = {name: row["flags"].split(",") for name, row in rows.items()}
    assert flags == {
        "whole": ["none"],
        "single": ["none"],
        "stopped": ["in_frame_stop"],
        "headless": ["no_start", "partial_not_labelled"],
        "labelled": ["no_start", "no_stop"],
        "endless": ["no_stop", "partial_not_labelled"],
        "shifted": ["no_stop", "partial_not_labelled", "not_3n"],
        "gapped": ["n_in_cds"],
        "other": ["noncanonical_intron"],
        "tiny": ["tiny_intron"],
        "twin": ["none"],
        "twin2": ["duplicate"],
    }
    assert record["splice_sites"] == {"gt_ag": 10, "gc_ag": 1, "at_ac": 1, "other": 1}
    assert record["introns"] == 13 and record["introns_under_10_bp"] == 1
    assert (record["transcripts_no_start"], record["transcripts_partial_not_labelled"]) == (2, 3)
    assert rows["gapped"]["n_bp"] == "3" and rows["twin2"]["duplicate_of"] == "twin.t"
    assert record["genes_with_rna_pct"] is record["introns_with_rna_pct"] is None
    assert [example["genes"] for example in record["genes_to_look_at"]] == [["stopped"]]


def test_phase_and_genetic_code_decide_where_codons_begin(tmp_path):
    p = Planter()
    inner = "".join(p.rng.choices(SENSE, k=50)) + "TAA"
    parts = p.gene("late", "CA" + inner, introns=())
    p.rows[-1] = p.rows[-1].replace("\t.\t+\t0\t", "\t.\t+\t2\t")
    ciliate = p.coding()
    p.gene("ciliate", ciliate[:30] + "TAA" + ciliate[30:-3] + "TGA", introns=())
    said = f"transl_except=(pos:{p.at + 1}..{p.at + 3}%2Caa:Met)"
    p.gene("leucine", "CTG" + p.coding()[3:], introns=(), attributes=said)
    rows = p.judge(tmp_path)[1]
    assert rows["leucine"]["flags"] == "none"
    assert rows["late"]["in_frame_stops"] == "0" and rows["late"]["stop_codon"] == "yes"
    assert rows["late"]["start_codon"] == "no" and rows["late"]["cds_bp"] == str(parts[0][1] - parts[0][0])
    assert rows["ciliate"]["in_frame_stops"] == "1"
    assert p.judge(tmp_path, "--genetic-code", 6)[1]["ciliate"]["in_frame_stops"] == "0"


def test_short_introns_agree_with_biopython(tmp_path):
    p = Planter(3, 400_000)
    lengths = [p.rng.randrange(60, 180) for _ in range(400)]
    for i in range(0, 400, 4):
        introns = [("GT", n, "AG") for n in lengths[i : i + 4]]
        p.gene(f"g{i}", introns=introns, strand="+-"[i // 4 % 2])
    record, _ = p.judge(tmp_path)
    text, stopless = "".join(p.letters), []
    for row in (line.split("\t") for line in p.rows if "\tmRNA\t" in line):
        name = row[8].split(";")[0][3:]
        exons = sorted(
            (int(f[3]), int(f[4])) for f in (line.split("\t") for line in p.rows)
            if len(f) > 2 and f[2] == "exon" and f[8] == f"Parent={name}"
        )  # fmt: skip
        for left, right in pairwise(exons):
            intron = Seq(text[left[1] : right[0] - 1])
            intron = intron.reverse_complement() if row[6] == "-" else intron
            if len(intron) <= 120 and "*" not in intron[: len(intron) // 3 * 3].translate():
                stopless.append(len(intron))
    short = [n for n in lengths if n <= 120]
    assert record["short_introns"] == len(short) and record["stopless_short_introns"] == len(stopless)
    assert record["short_introns_3n_pct"] == pytest.approx(100 * np.mean(np.array(short) % 3 == 0))
    assert record["stopless_short_introns_3n_pct"] == pytest.approx(
        100 * np.mean(np.array(stopless) % 3 == 0)
    )
    assert intron_lengths([])["short_introns_3n_pct"] is None


@pytest.mark.parametrize("seed", range(3))
def test_covered_bases_agree_with_counting(seed):
    rng = np.random.default_rng(seed)
    track = rng.random(500) < 0.5
    edges = np.flatnonzero(np.diff(np.concatenate([[0], track, [0]])))
    parts = [tuple(sorted(pair)) for pair in rng.integers(0, 501, (200, 2)).tolist()]
    expected = [int(track[start:end].sum()) for start, end in parts]
    assert covered_bases(edges.reshape(-1, 2), parts).tolist() == expected
    assert covered_bases(np.empty((0, 2), np.int64), [(1, 9)]).tolist() == [0]


def test_bedgraph_is_read_in_pieces(tmp_path):
    """Against a plain loop, with pieces that end inside rows and covered places."""
    rng = np.random.default_rng(8)
    starts = np.cumsum(rng.integers(1, 40, 3000)).tolist()
    rows = [("ab"[i > 1500], a, b, d) for i, (a, b, d) in enumerate(
        zip(starts, starts[1:], rng.integers(0, 5, 2999).tolist(), strict=False))]  # fmt: skip
    path = tmp_path / "c.bg.gz"
    with gzip.open(path, "wt") as handle:
        handle.write("#x\ntrack type=bedGraph\n" + "".join("{}\t{}\t{}\t{}\n".format(*row) for row in rows))
    pieces = list(bedgraph_frames(path, 1000))
    assert len(pieces) > 30 and sum(piece.height for piece in pieces) == len(rows)
    covered = {name: set() for name in "ab"}
    for name, start, end, depth in rows:
        if depth >= 2:
            covered[name].update(range(start, end))
    found = read_covered(path, block_bytes=1000)
    for name, places in found.items():
        assert {i for start, end in places.tolist() for i in range(start, end)} == covered[name]
        assert (places[1:, 0] > places[:-1, 1]).all()


def test_rna_support_counts_each_exon_and_intron_once(tmp_path):
    p = Planter()
    two = (("GT", 80, "AG"), ("GT", 90, "AG"))
    full = p.gene("full", introns=two, attributes="evidence_score=0.95")
    half = p.gene("half", introns=two, strand="-", attributes="evidence_score=0.9")
    bare = p.gene("bare", introns=two, attributes="protein_support=0")
    p.model("isoform", full[:2], gene="full")
    bed = [(full[0][1], full[1][0], 7, "+"), (full[1][1], full[2][0], 1, "."),
           (half[0][1], half[1][0], 5, "+"), (half[1][1], half[2][0], 5, "-"),
           (bare[0][1], bare[1][0] + 1, 9, "+")]  # fmt: skip
    with gzip.open(tmp_path / "i.bed.gz", "wt") as handle:
        handle.writelines(f"chr1\t{a}\t{b}\tx\t{n}\t{s}\n" for a, b, n, s in bed)
    graph = [(full[0][0] - 5, full[0][0] + 10, 2), (full[0][0] + 10, full[2][1], 9),
             (half[2][0], half[2][0] + 20, 3), (bare[0][0], bare[2][1], 1)]  # fmt: skip
    (tmp_path / "c.bg").write_text("".join(f"chr1\t{a}\t{b}\t{d}\n" for a, b, d in graph))
    record, rows = p.judge(tmp_path, "--rna-introns", tmp_path / "i.bed.gz", "--coverage", tmp_path / "c.bg")
    assert record["exons"] == 9 and record["exons_with_rna_pct"] == pytest.approx(100 * 4 / 9)
    assert record["introns"] == 6 and record["introns_with_rna_pct"] == 50
    assert record["genes_with_rna_pct"] == pytest.approx(100 * 2 / 3)
    assert [rows[g]["introns_with_rna"] for g in ("half", "bare")] == ["1", "0"]
    share = 100 * 20 / sum(b - a for a, b in half)
    assert float(rows["half"]["cds_with_rna_pct"]) == pytest.approx(share, rel=1e-3)
    assert "no_rna" in rows["bare"]["flags"] and "no_rna" not in rows["half"]["flags"]
    shown = {example["kind"]: example for example in record["genes_to_look_at"]}
    assert shown["best"]["genes"] == ["full"] and shown["disagreement"]["genes"] == ["half"]
    assert shown["unsupported"]["genes"] == ["bare"]
    assert shown["unsupported"]["reason"] == "186 bp of CDS without a read, an RNA intron or a protein"
    assert (shown["best"]["start"], shown["best"]["end"]) == (full[0][0] + 1, full[2][1])


def hit(query, subject, lengths, query_span, subject_span, bits):
    return "\t".join(map(str, (query, subject, 90, 50, *lengths, *query_span, *subject_span, 1e-9, bits)))


def test_split_and_fused_genes_are_told_from_the_protein_hits(tmp_path):
    p = Planter()
    for name, strand in (
        ("a1", "+"),
        ("a2", "+"),
        ("b2", "-"),
        ("b1", "-"),
        ("c", "+"),
        ("d", "+"),
        ("e", "+"),
    ):
        p.gene(name, strand=strand)
    table = [
        hit("a1.t", "A", (60, 130), (1, 60), (1, 60), 300),
        hit("a2.t", "A", (60, 130), (1, 60), (62, 121), 310),
        # The gene that reads first holds the protein's first part, so b1 lies right on the reverse strand.
        hit("b1.t", "B", (60, 130), (1, 60), (1, 60), 300),
        hit("b2.t", "B", (60, 130), (1, 60), (62, 121), 290),
        hit("c.t", "C", (200, 90), (1, 90), (1, 90), 400),
        hit("c.t", "C2", (200, 95), (105, 199), (1, 95), 350),
        hit("d.t", "D", (60, 62), (1, 60), (1, 62), 200), hit("e.t", "D", (60, 62), (1, 60), (1, 62), 190),
    ]  # fmt: skip
    (tmp_path / "hits.tsv").write_text("\n".join(table) + "\n")
    record, rows = p.judge(tmp_path, "--hits", tmp_path / "hits.tsv")
    assert record["split_neighbours"] == [["a1", "a2", "A"], ["b2", "b1", "B"]]
    # Pairs that are best both ways: a2-A, b1-B, c-C, d-D.
    assert (record["genes_with_hit"], record["best_pairs"]) == (7, 4)
    assert (record["split_candidates_pct"], record["fused_candidates_pct"]) == (50, 25)
    assert rows["a1"]["flags"] == "split_neighbour" and rows["d"]["flags"] == rows["e"]["flags"] == "none"
    assert rows["a2"]["flags"] == rows["b1"]["flags"] == "split_candidate,split_neighbour"
    assert rows["c"]["flags"] == "fused_candidate" and float(rows["c"]["length_ratio"]) == pytest.approx(
        2.222
    )
    reasons = {"+".join(e["genes"]): e["reason"] for e in record["genes_to_look_at"]}
    assert "its other part hits C2" in reasons["c"] and "parts of one, A" in reasons["a1+a2"]


def test_best_pairs_are_best_in_both_directions(tmp_path):
    """Against all pairs: the highest score of the gene's row and of the protein's column."""
    rng = random.Random(4)
    scores = {(f"t{i}", f"P{j}"): rng.randrange(50, 10_000) for i in range(30) for j in range(20)}
    path = tmp_path / "h.tsv"
    path.write_text(
        "\n".join(hit(*pair, (9, 9), (1, 9), (1, 9), bits) for pair, bits in scores.items()) + "\n"
    )
    best, pairs = best_pairs(
        read_hits(path, {f"t{i}" for i in range(30)}), {f"t{i}": f"g{i}" for i in range(30)}
    )
    rows = {q: max((s for t, s in scores if t == q), key=lambda s, q=q: scores[q, s]) for q, _ in scores}
    columns = {s: max((t for t, p in scores if p == s), key=lambda t, s=s: scores[t, s]) for _, s in scores}
    assert {h.query: h.subject for h in best.values()} == rows
    assert {h.query: h.subject for h in pairs.values()} == {q: s for q, s in rows.items() if columns[s] == q}


@pytest.mark.parametrize(("assembly", "change"), [("eu", -2.5), ("other", None)])
def test_busco_of_the_proteins_against_the_assembly(tmp_path, assembly, change):
    for name, lineage, complete in (("p", "eu", 91.5), ("a", assembly, 94.0)):
        record = {"id": "g", "step": "busco", "lineage": lineage, "complete_pct": complete}
        (tmp_path / f"{name}.json").write_text(json.dumps(record))
    p = Planter()
    p.gene("whole")
    options = ["--busco-proteins", tmp_path / "p.json", "--busco-assembly", tmp_path / "a.json"]
    record, _ = p.judge(tmp_path, *options)
    assert (record["busco_complete_pct"], record["busco_change_points"]) == (91.5, change)


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        ("far", r"beyond the 60000 bp of chr1"),
        ("lost", r"genes on chr7, which .*g\.fa\.gz lacks"),
        ("silent", "no coding transcript"),
        ("bed", r"line 1: 3 columns where BED with strand has 6"),
        ("graph", r"e\.txt: not bedGraph"),
        ("names", r"RNA introns are on sequences such as 2R, .* has chr1 and none"),
        ("hits", r"most of its proteins, such as x\.t, are not transcripts"),
        ("words", "the row of whole.t is not qseqid"),
    ],
)
def test_faults_are_named_and_nothing_is_written(tmp_path, fault, said):
    p, options = Planter(), []
    p.gene("whole")
    evidence = tmp_path / "e.txt"
    if fault == "far":
        p.model("far", [(59_000, 60_001)])
    if fault == "lost":
        p.rows = [row.replace("chr1", "chr7") for row in p.rows]
    if fault == "silent":
        p.rows = [row for row in p.rows if "CDS" not in row]
    if fault in ("bed", "names"):
        evidence.write_text("chr1\t5\t9\n" if fault == "bed" else "2R\t5\t9\tx\t3\t+\n")
        options = ["--rna-introns", evidence]
    if fault == "graph":
        evidence.write_text("chr1\t5\tten\t3\n")
        options = ["--coverage", evidence]
    if fault in ("hits", "words"):
        row = hit("x.t" if fault == "hits" else "whole.t", "A", (60, 60), (1, 60), (1, 60), 300)
        evidence.write_text(row if fault == "hits" else row.replace("60", "?"))
        options = ["--hits", evidence]
    with pytest.raises(InputError, match=said):
        p.judge(tmp_path, *options)
    assert not (tmp_path / "q.json").exists()
