"""Statistics of gene sets against counting by hand, by another way, and by GenomeTools."""

import json
import re
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from linnaea.annotation.statistics import annotation_statistics, histogram
from linnaea.base.errors import InputError
from linnaea.base.paths import ROOT
from linnaea.formats import gene_models
from linnaea.formats.gene_models import Gene, Transcript
from linnaea.formats.gff3 import read_genes, write_genes
from linnaea.formats.gtf import write_gtf

BIN = ROOT / "bin"


def written(path: Path, *lines: str) -> Path:
    path.write_text("##gff-version 3\n" + "".join("\t".join(line.split(None, 8)) + "\n" for line in lines))
    return path


def test_a_small_set_by_hand(tmp_path):
    path = written(
        tmp_path / "a.gff3",
        "c x gene 1 300 . + . ID=g1;biotype=protein_coding",
        "c x mRNA 1 300 . + . ID=t1;Parent=g1",
        "c x exon 1 100 . + . Parent=t1,t2",
        "c x exon 161 300 . + . Parent=t1",
        "c x CDS 41 100 . + 0 ID=c1;Parent=t1",
        "c x CDS 161 190 . + 0 ID=c1;Parent=t1",
        "c x mRNA 1 300 . + . ID=t2;Parent=g1",
        "c x exon 301 420 . + . Parent=t2",
        "c x CDS 11 100 . + 0 ID=c2;Parent=t2",
        "c x gene 251 280 . - . ID=g2",
        "c x CDS 251 280 . - 0 ID=c3;Parent=g2",
        "c x gene 501 572 . - . ID=g3",
        "c x tRNA 501 572 . - . ID=t3;Parent=g3",
        "c x exon 501 572 . - . Parent=t3",
        "d x gene 1 10 . - . ID=g4;biotype=pseudogene",
    )
    record = annotation_statistics(path, {"c": 1000, "d": 500, "e": 500})
    assert record["genes"] == 4
    assert record["transcripts"] == 4  # t1, t2, t3 and the gene whose CDS has no transcript
    assert record["protein_coding_genes"] == 2
    assert record["genes_by_biotype"] == {"protein_coding": 2, "pseudogene": 1, "tRNA": 1}
    assert record["exons_per_transcript"] == pytest.approx(5 / 3)
    assert record["mono_exonic_transcripts_pct"] == pytest.approx(100 / 3)
    assert record["mono_exonic_genes_pct"] == pytest.approx(50)
    assert record["median_cds_length_bp"] == 90
    assert record["introns"] == 2
    assert record["introns_3n_pct"] == pytest.approx(50)  # 60 and 200 bp
    assert (record["short_introns"], record["short_introns_3n_pct"]) == (1, 100)
    assert (record["overlapping_genes"], record["overlapping_genes_same_strand"]) == (2, 0)
    assert record["coding_bp"] == 90 + 30 + 30  # 11-100, 161-190, 251-280
    assert record["coding_share_pct"] == pytest.approx(7.5)
    assert record["genes_per_mb"] == pytest.approx(2000)
    assert (record["sequences"], record["sequences_with_genes"]) == (3, 2)
    exons = record["lengths"]["exon_bp"]
    assert (exons["count"], exons["total"]) == (5, 100 + 140 + 120 + 30 + 72)
    assert (exons["n50"], exons["n90"]) == (120, 72)
    assert sum(record["histograms"]["exon_length_bp"]["counts"]) == 5
    assert record["histograms"]["exons_per_transcript"] == {"edges": [1, 2, 3], "counts": [1, 2]}


def random_set(rng: np.random.Generator, number: int = 300) -> list[Gene]:
    """Genes with up to three isoforms that share exons, some non-coding, some overlapping."""
    genes = []
    for n in range(number):
        at, strand, seqid = int(rng.integers(0, 200_000)), "+-"[rng.integers(2)], f"c{rng.integers(3)}"
        edges = at + np.cumsum(rng.integers(10, 300, 12))
        exons = [(int(a), int(b)) for a, b in zip(edges[::2], edges[1::2], strict=True)]
        models = []
        for k in range(rng.integers(1, 4)):
            chosen = exons[: rng.integers(1, 7)]
            cds = chosen[rng.integers(len(chosen)) :] if n % 5 else []
            models.append(
                Transcript(f"g{n}.t{k}", seqid, strand, chosen, cds, type="mRNA" if cds else "ncRNA")
            )
        genes.append(Gene(f"g{n}", seqid, strand, models))
    return genes


@pytest.fixture
def random_file(tmp_path):
    path = tmp_path / "random.gff3"
    write_genes(path, random_set(np.random.default_rng(5)), {f"c{n}": 300_000 for n in range(3)})
    return path


def test_random_sets_agree_with_the_models_read_one_by_one(random_file):
    genes = read_genes(random_file)
    record = annotation_statistics(random_file)
    models = [model for gene in genes for model in gene.transcripts]
    coding = [model for model in models if model.cds]
    introns = {
        (model.seqid, model.strand, *part) for model in models for part in gene_models.introns(model.exons)
    }
    covered = {(m.seqid, at) for m in coding for part in m.cds for at in range(*part)}
    touching = [
        gene
        for gene in genes
        if any(
            o is not gene and o.seqid == gene.seqid and o.start < gene.end and gene.start < o.end
            for o in genes
        )
    ]
    same = [
        gene
        for gene in genes
        if any(
            o is not gene and (o.seqid, o.strand) == (gene.seqid, gene.strand)
            and o.start < gene.end and gene.start < o.end
            for o in genes
        )
    ]  # fmt: skip
    short = [end - start for *_, start, end in introns if end - start <= 120]
    assert record["genes"] == len(genes)
    assert record["transcripts"] == len(models)
    assert record["protein_coding_genes"] == sum(any(m.cds for m in gene.transcripts) for gene in genes)
    assert record["exons_per_transcript"] == pytest.approx(np.mean([len(m.exons) for m in coding]))
    assert record["median_cds_length_bp"] == np.median([gene_models.total_bp(m.cds) for m in coding])
    assert record["mono_exonic_genes_pct"] == pytest.approx(
        100
        * np.mean(
            [
                max(len(m.exons) for m in g.transcripts) == 1
                for g in genes
                if any(m.cds for m in g.transcripts)
            ]
        )
    )
    assert record["introns"] == len(introns)
    assert record["short_introns_3n_pct"] == pytest.approx(100 * np.mean([bp % 3 == 0 for bp in short]))
    assert record["coding_bp"] == len(covered)
    assert record["overlapping_genes"] == len(touching)
    assert record["overlapping_genes_same_strand"] == len(same)
    lengths = sorted((end - start for *_, start, end in introns), reverse=True)
    held = 0
    for length in lengths:
        held += length
        if held >= 0.9 * sum(lengths):
            break
    assert record["lengths"]["intron_bp"]["n90"] == length
    assert sum(record["histograms"]["intron_length_bp"]["counts"]) == len(lengths)


def test_counts_agree_with_genometools(random_file):
    said = subprocess.run(["gt", "stat", str(random_file)], capture_output=True, text=True, check=True).stdout
    counts = {name: int(number) for name, number in re.findall(r"^([\w -]+): (\d+)$", said, re.M)}
    record = annotation_statistics(random_file)
    assert record["genes"] == counts["genes"]
    assert record["protein_coding_genes"] == counts["protein-coding genes"]
    assert record["transcripts_by_type"]["mRNA"] == counts["mRNAs"]
    assert record["exons"] == counts["exons"]


def test_histogram_bins_hold_every_length():
    lengths = np.array([1, 1, 9, 10, 99, 100, 1000, 123456])
    found = histogram(lengths)
    edges, counts = found["edges"], found["counts"]
    assert edges == sorted(set(edges))
    expected = [sum(a <= x < b for x in lengths) for a, b in pairwise(edges)]
    assert counts == expected
    assert sum(counts) == len(lengths)
    assert {1.0, 10.0, 100.0, 1000.0} <= set(edges)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("c x gene 9 1 . + . ID=g", "line 3: 9 to 1 is not a valid range"),
        ("c x gene one 9 . + . ID=g", "line 3: one to 9"),
        ("c x gene 1 9 . + .", "line 3: 8 columns"),
        ("c x gene 1 9 . + . ID=g\textra", "line 3: 10 columns"),
        ("c x gene 1 9 . * . ID=g", "strand"),
        ("c x match 1 9 . + . ID=t;Parent=lost", "such as lost (match on c at 1 to 9)"),
    ],
)
def test_faults_name_the_line(tmp_path, line, said):
    path = written(tmp_path / "bad.gff3", "c x gene 1 9 . + . ID=first", line)
    with pytest.raises(InputError) as fault:
        annotation_statistics(path)
    assert said in str(fault.value)
    assert "bad.gff3" in str(fault.value)


def test_gtf_has_the_statistics_of_its_gff3(tmp_path, random_file):
    write_gtf(tmp_path / "a.gtf", read_genes(random_file), [(f"c{n}", None) for n in range(3)])
    assert annotation_statistics(tmp_path / "a.gtf") == annotation_statistics(random_file)


def test_pseudogenes_do_not_code(tmp_path):
    path = written(
        tmp_path / "a.gff3",
        "c x gene 1 90 . + . ID=g",
        "c x mRNA 1 90 . + . ID=t;Parent=g",
        "c x CDS 1 90 . + 0 ID=k;Parent=t",
        "c x gene 101 190 . + . ID=p;pseudo=true",
        "c x CDS 101 190 . + 0 ID=l;Parent=p",
        "c x pseudogene 201 290 . + . ID=q",
        "c x transcript 201 290 . + . ID=u;Parent=q",
        "c x CDS 201 290 . + 0 ID=m;Parent=u",
        "c x gene 301 390 . + . ID=r;gene_biotype=transcribed_pseudogene",
        "c x CDS 301 390 . + 0 ID=n;Parent=r",
    )
    record = annotation_statistics(path)
    assert (record["genes"], record["protein_coding_genes"], record["coding_bp"]) == (4, 1, 90)
    assert record["exons"] == 4


def test_no_gene_at_all(tmp_path):
    record = annotation_statistics(written(tmp_path / "none.gff3"), {"c": 100})
    assert (record["genes"], record["median_cds_length_bp"], record["coding_share_pct"]) == (0, None, 0)


def test_the_script_writes_the_record(tmp_path, random_file):
    (tmp_path / "g.fai").write_text("".join(f"c{n}\t300000\t1\t60\t61\n" for n in range(3)))
    out = tmp_path / "r.json"
    command = [sys.executable, str(BIN / "annotation_statistics.py"), str(random_file), "--id", "x"]
    subprocess.run([*command, "--lengths", str(tmp_path / "g.fai"), "--out", str(out)], check=True)
    record = json.loads(out.read_text())
    assert (record["id"], record["step"], record["genome_bp"]) == ("x", "annotation_statistics", 900_000)
