"""GTF 2.2 as Ensembl has it, against the genome and against gffread."""

import random
import re
import subprocess
import sys

import pytest

from linnaea.base.paths import ROOT
from linnaea.formats.gene_models import Gene, Transcript, reverse_complement
from linnaea.formats.gff3 import attributes, read_genes, rows, write_genes
from linnaea.formats.gtf import write_gtf

BIN = ROOT / "bin"
# 5' UTR, ATG split over two exons, stop codon split over the last two.
LETTERS = b"ccAT" + b"gtaaag" + b"GGCTGCTTG" + b"gtccag" + b"Att"
PARTS = [(0, 4), (10, 19), (25, 28)]
CODING = [(2, 4), (10, 19), (25, 26)]


def placed(strand: str) -> tuple[bytes, list, list]:
    """Sequence, exons and CDS of the gene on a strand, between ten bases on either side."""
    sequence = LETTERS if strand == "+" else reverse_complement(LETTERS)
    size = len(LETTERS)

    def shifted(parts):
        if strand == "+":
            return [(start + 10, end + 10) for start, end in parts]
        return [(size - end + 10, size - start + 10) for start, end in reversed(parts)]

    return b"N" * 10 + sequence + b"N" * 10, shifted(PARTS), shifted(CODING)


def features(path) -> dict[str, list[tuple[int, int, str]]]:
    found: dict[str, list[tuple[int, int, str]]] = {}
    for row in rows(path):
        found.setdefault(row[2], []).append((int(row[3]), int(row[4]), row[7]))
    return found


def test_every_row_of_a_gene(tmp_path):
    sequence, exons, cds = placed("+")
    facts = {"product": "alpha, beta", "protein_id": "P1"}
    model = Transcript("t 1", "c", "+", exons, cds, attributes=facts)
    gene = Gene(
        "g;1", "c", "+", [model],
        attributes={"Name": "Act1", "biotype": "protein_coding", "Dbxref": "A:1,B:2", "locus_tag": "L_1"},
    )  # fmt: skip
    write_gtf(tmp_path / "o.gtf", [gene], [("c", sequence)])
    assert features(tmp_path / "o.gtf") == {
        "gene": [(11, 38, ".")],
        "transcript": [(11, 38, ".")],
        "exon": [(11, 14, "."), (21, 29, "."), (36, 38, ".")],
        "CDS": [(13, 14, "0"), (21, 27, "1")],
        "start_codon": [(13, 14, "0"), (21, 21, "1")],
        "stop_codon": [(28, 29, "0"), (36, 36, "1")],
        "five_prime_utr": [(11, 12, ".")],
        "three_prime_utr": [(37, 38, ".")],
    }
    lines = (tmp_path / "o.gtf").read_text().splitlines()
    assert lines[0].endswith(
        'gene_id "g;1"; gene_name "Act1"; gene_biotype "protein_coding"; db_xref "A:1"; db_xref "B:2"; '
        'locus_tag "L_1";'
    )
    assert all(line.split("\t")[8].startswith('gene_id "g;1"; transcript_id "t 1"; ') for line in lines[1:])
    exons_of = [attributes(row[8])["exon_number"] for row in rows(tmp_path / "o.gtf") if row[2] == "exon"]
    assert exons_of == ["1", "2", "3"]
    (back,) = read_genes(tmp_path / "o.gtf")
    assert (back.id, back.attributes, back.transcripts[0].attributes) == ("g;1", gene.attributes, facts)


@pytest.mark.parametrize("strand", ["+", "-"])
@pytest.mark.parametrize(("lost", "kinds"), [(0, {"start_codon", "stop_codon"}), (3, {"stop_codon"})])
def test_codons_are_those_of_the_genome(tmp_path, strand, lost, kinds):
    """A CDS without its first codon has no start codon, whatever its attributes say."""
    sequence, exons, cds = placed(strand)
    if lost:
        whole = cds
        cds = [(21, *whole[1][1:]), whole[2]] if strand == "+" else [whole[0], (whole[1][0], whole[1][1] - 1)]
    write_gtf(
        tmp_path / "o.gtf",
        [Gene("g", "c", strand, [Transcript("t", "c", strand, exons, cds)])],
        [("c", sequence)],
    )
    found = features(tmp_path / "o.gtf")
    assert found.keys() & {"start_codon", "stop_codon"} == kinds
    (model,) = read_genes(tmp_path / "o.gtf")[0].transcripts
    assert (model.exons, model.cds) == (exons, cds)


@pytest.mark.parametrize(("facts", "number"), [({}, 0), ({"transl_except": "(pos:11..13,aa:Met)"}, 1)])
def test_a_start_codon_that_is_recoded_has_a_row(tmp_path, facts, number):
    sequence, parts = b"A" * 10 + b"CTGGCTGCTTAA", [(10, 22)]
    gene = Gene("g", "c", "+", [Transcript("t", "c", "+", parts, parts, attributes=facts)])
    write_gtf(tmp_path / "o.gtf", [gene], [("c", sequence)])
    assert len(features(tmp_path / "o.gtf").get("start_codon", [])) == number


def test_a_stop_of_another_genetic_code_has_no_row(tmp_path):
    sequence, exons, cds = placed("+")
    gene = Gene("g", "c", "+", [Transcript("t", "c", "+", exons, cds)])
    write_gtf(tmp_path / "o.gtf", [gene], [("c", sequence)], code=10)  # TGA is Cys
    found = features(tmp_path / "o.gtf")
    assert "stop_codon" not in found
    assert found["CDS"][-1] == (36, 36, "1")


def test_gffread_reads_the_same_structure(tmp_path):
    rng = random.Random(4)
    genes = []
    for n in range(60):
        strand, at = "+-"[n % 2], 1000 * n + 10
        edges = sorted(rng.sample(range(at, at + 900), 8))
        exons = [(a, b) for a, b in zip(edges[::2], edges[1::2], strict=True) if b - a > 0]
        cds = [(s + (i == 0), e) for i, (s, e) in enumerate(exons) if e - s > 1][: 1 + n % 3]
        genes.append(
            Gene(
                f"g{n}",
                "c",
                strand,
                [Transcript(f"g{n}.t1", "c", strand, exons, cds, type="mRNA" if cds else "transcript")],
            )
        )
    (tmp_path / "g.fa").write_text(">c\n" + "".join(rng.choices("ACGT", k=61_000)) + "\n")
    write_genes(tmp_path / "a.gff3", genes, {"c": 61_000})
    subprocess.run(
        [sys.executable, str(BIN / "gtf.py"), "a.gff3", "--genome", "g.fa", "--out", "a.gtf"],
        check=True, cwd=tmp_path,
    )  # fmt: skip

    def table(path, more=()):
        """Exons and CDS by transcript as gffread understands them."""
        command = ["gffread", str(path), "--table", "@id,@chr,@strand,@exons,@cds", *more]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        return sorted(re.sub(r"\\s+", "\\t", line) for line in done.stdout.splitlines())

    theirs = {line.split("\t")[0]: line.split("\t") for line in table(tmp_path / "a.gtf")}
    ours = {line.split("\t")[0]: line.split("\t") for line in table(tmp_path / "a.gff3")}
    assert theirs.keys() == ours.keys() == {f"g{n}.t1" for n in range(60)}
    assert [row[:4] for row in theirs.values()] == [row[:4] for row in ours.values()]
    stops = {
        attributes(row[8])["transcript_id"] for row in rows(tmp_path / "a.gtf") if row[2] == "stop_codon"
    }
    same = [name for name in ours if name not in stops]
    assert [theirs[name][4] for name in same] == [ours[name][4] for name in same]
    assert [model.cds for gene in read_genes(tmp_path / "a.gtf") for model in gene.transcripts] == [
        model.cds for gene in read_genes(tmp_path / "a.gff3") for model in gene.transcripts
    ]
