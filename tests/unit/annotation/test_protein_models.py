"""Protein evidence: input made clean, alignments of two aligners read, models with their faults named."""

import json
import re
import shutil
import subprocess
import sys

import numpy as np
import pytest
from Bio.Data.CodonTable import unambiguous_dna_by_id
from Bio.Seq import Seq
from simulated import genome_with_genes, models, recoded_genome

from linnaea.annotation.clean_proteins import clean_proteins, proteins
from linnaea.annotation.protein_models import (
    Alignment,
    alignment_record,
    faultless,
    model,
    protein_models,
    read_miniprot,
    read_spaln,
)
from linnaea.base.errors import InputError
from linnaea.base.paths import ROOT
from linnaea.formats.gene_models import coding_sequence, introns, reverse_complement, translate
from linnaea.simulate.proteins import diverge_protein

BIN = ROOT / "bin"


# Input


def test_proteins_are_cleaned_and_what_was_done_is_told(tmp_path):
    path, long = tmp_path / "p.fa", "MKTAYIAKQRQISFVKSHFS"
    path.write_text(
        f">a first\n{long[:10]}\n{long[10:]}*\n>b\n{long.lower()}.\n>short\nMKT*\n"
        f">stops\nMK*A{long}\n>odd\nM!J{long}U-O\n>plain X\nMXX{long}\n"
    )
    counts = clean_proteins(path, tmp_path / "c.fa", tmp_path / "c.tsv")
    assert dict(proteins(tmp_path / "c.fa")) == {
        "p1": long, "p2": f"MKXA{long}", "p3": f"MXL{long}CK", "p4": f"MXX{long}",
    }  # fmt: skip
    assert [line.split("\t") for line in (tmp_path / "c.tsv").read_text().splitlines()] == [
        ["p1", "a", "20"], ["p2", "stops", "24"], ["p3", "odd", "25"], ["p4", "plain", "23"],
    ]  # fmt: skip
    assert (counts["proteins"], counts["proteins_used"]) == (6, 4)
    assert counts["warnings"] == [
        "1 of 6 proteins have internal stop codons, read as X",
        "1 of 6 proteins have letters that are not amino acids, read as X",
        "1 of 6 proteins have fewer than 20 residues and are left out",
    ]


def test_clean_proteins_pass_without_a_word(tmp_path):
    path = tmp_path / "p.fa"
    path.write_text(">a\n" + "MKTAYIAKQRQISFVKSHFS" * 3 + "\n")
    assert clean_proteins(path, tmp_path / "c.fa", tmp_path / "c.tsv")["warnings"] == []


def test_a_file_without_a_usable_protein_is_refused(tmp_path):
    path = tmp_path / "p.fa"
    path.write_text(">a\nMKT\n")
    with pytest.raises(InputError, match="no protein of 20 residues or more"):
        clean_proteins(path, tmp_path / "c.fa", tmp_path / "c.tsv")
    assert not (tmp_path / "c.fa").exists()


# Models of alignments, on a gene of two exons


GAP = "GT" + "ACTTTACCTGA" * 8 + "AG"
FLANK = "CCTAGCATCA" * 6


def gene(strand="+", exon1="", exon2=""):
    """Genome, protein and CDS parts of a gene whose first exon ends inside a codon."""
    rng = np.random.default_rng(7)
    codons = ["GCT", "AAC", "CTG", "GAA", "TCC", "CGT", "AAA", "GGT"]
    coding = "ATG" + "".join(rng.choice(codons, 59)) + "TAA"
    protein = str(Seq(coding).translate())[:-1]
    one, two = exon1 or coding[:91], exon2 or coding[91:]
    sequence = FLANK + one + GAP + two + FLANK
    low = len(FLANK)
    cds = [(low, low + len(one)), (low + len(one + GAP), low + len(one + GAP + two))]
    if strand == "-":
        sequence = str(Seq(sequence).reverse_complement())
        cds = [(len(sequence) - end, len(sequence) - start) for start, end in reversed(cds)]
    return sequence.encode(), protein, cds


def shortened(cds, strand, first, last):
    """Parts without bases at the start and the end in reading direction."""
    left, right = (first, last) if strand == "+" else (last, first)
    return [(cds[0][0] + left, cds[0][1]), *cds[1:-1], (cds[-1][0], cds[-1][1] - right)]


@pytest.mark.parametrize("strand", ["+", "-"])
@pytest.mark.parametrize("stop_given", [True, False])
def test_a_whole_gene_and_its_stop_codon(strand, stop_given):
    sequence, protein, cds = gene(strand)
    aligned = cds if stop_given else shortened(cds, strand, 0, 3)
    made = model(Alignment("p1", "c", strand, aligned, (0, 60), 99.0), sequence, protein)
    assert made.cds == made.exons == cds and made.strand == strand and made.phase == 0
    assert made.attributes == {
        "protein": "p1", "identity": "1.000", "coverage": "1.000", "stops": "0", "frameshifts": "0",
        "noncanonical": "0",
    }  # fmt: skip
    assert faultless(made) and translate(coding_sequence(made, sequence)) == protein + "*"


@pytest.mark.parametrize("strand", ["+", "-"])
def test_a_stop_codon_is_added_only_at_the_proteins_end(strand):
    sequence, protein, cds = gene(strand)
    aligned = Alignment("p1", "c", strand, shortened(cds, strand, 0, 3), (0, 60), 1.0)
    longer = model(aligned, sequence, protein + "MKTAY")
    assert longer.attributes["partial"] == "3" and longer.attributes["coverage"] == "0.923"
    assert longer.cds == shortened(cds, strand, 0, 3)


@pytest.mark.parametrize("strand", ["+", "-"])
@pytest.mark.parametrize(("first", "last", "missing"), [(15, 0, "5"), (0, 15, "3"), (15, 15, "5,3")])
def test_partial_alignments_name_the_ends_they_lack(strand, first, last, missing):
    sequence, protein, cds = gene(strand)
    query = (first // 3, 60 - (last and last // 3 - 1))
    aligned = Alignment("p1", "c", strand, shortened(cds, strand, first, last), query, 1.0)
    made = model(aligned, sequence, protein)
    assert made.attributes["partial"] == missing and made.attributes["identity"] == "1.000"
    assert float(made.attributes["coverage"]) == pytest.approx((query[1] - query[0]) / 60, abs=1e-3)


def test_an_atg_inside_the_protein_is_no_start():
    sequence, protein, cds = gene()
    for begun, missing in ((5, None), (6, "5")):
        aligned = Alignment("p1", "c", "+", cds, (begun, begun + 60), 1.0)
        assert model(aligned, sequence, "A" * begun + protein).attributes.get("partial") == missing


@pytest.mark.parametrize("strand", ["+", "-"])
@pytest.mark.parametrize("phase", [1, 2])
def test_an_alignment_that_begins_inside_a_codon_loses_those_bases(strand, phase):
    sequence, protein, cds = gene(strand)
    begun = shortened(cds, strand, 15 - phase, 0)
    made = model(Alignment("p1", "c", strand, begun, (5, 60), 1.0, 0, phase), sequence, protein)
    assert made.cds == shortened(cds, strand, 15, 0) and made.phase == 0
    assert made.attributes["frameshifts"] == "0" and made.attributes["identity"] == "1.000"


def test_bases_lost_at_the_start_may_span_an_intron():
    sequence, protein, cds = gene()
    begun = [(cds[0][1] - 1, cds[0][1]), cds[1]]
    made = model(Alignment("p1", "c", "+", begun, (30, 60), 1.0, 0, 0), sequence, protein)
    assert made.cds == begun
    made = model(Alignment("p1", "c", "+", begun, (31, 60), 1.0, 0, 2), sequence, protein)
    assert made.cds == [(cds[1][0] + 1, cds[1][1])]


@pytest.mark.parametrize("strand", ["+", "-"])
def test_stops_inside_are_counted(strand):
    sequence, protein, cds = gene(strand)
    broken = bytearray(sequence if strand == "+" else reverse_complement(sequence))
    broken[len(FLANK) + 9 : len(FLANK) + 12] = b"TAG"
    letters = bytes(broken) if strand == "+" else reverse_complement(bytes(broken))
    made = model(Alignment("p1", "c", strand, cds, (0, 60), 1.0), letters, protein)
    assert made.attributes["stops"] == "1" and "partial" not in made.attributes and not faultless(made)
    assert made.attributes["identity"] == f"{1 - 1 / 61:.3f}"


@pytest.mark.parametrize(("motif", "odd"), [("GC", "0"), ("GA", "1")])
def test_introns_without_splice_sites_are_counted(motif, odd):
    sequence, protein, cds = gene()
    letters = sequence.replace(b"GTACTTTACC", motif.encode() + b"ACTTTACC", 1)
    made = model(Alignment("p1", "c", "+", cds, (0, 60), 1.0), letters, protein)
    assert made.attributes["noncanonical"] == odd


def test_identity_falls_with_the_residues_that_differ():
    sequence, protein, cds = gene()
    other = protein[:20] + "WWWWWW" + protein[26:]
    aligned = Alignment("p1", "c", "+", shortened(cds, "+", 0, 3), (0, 60), 1.0)
    identity = float(model(aligned, sequence, other).attributes["identity"])
    assert identity == pytest.approx(1 - 6 / 61, abs=1e-3)


def test_the_genetic_code_decides_what_a_stop_is():
    sequence, protein, cds = gene()
    letters = sequence.replace(b"TAA" + FLANK.encode()[:6], b"TGA" + FLANK.encode()[:6])
    assert letters != sequence
    aligned = Alignment("p1", "c", "+", shortened(cds, "+", 0, 3), (0, 60), 1.0)
    assert "partial" not in model(aligned, letters, protein, 1).attributes
    assert model(aligned, letters, protein, 4).attributes["partial"] == "3"


# What aligners write


SPALN = """##gff-version\t3
##sequence-region\tc1 1 5120
c1\tALN\tgene\t2098\t4872\t2161\t-\t.\tID=gene00001;Name=c1_3
c1\tALN\tmRNA\t2098\t4872\t2161\t-\t.\tID=mRNA00001;Parent=gene00001;Name=c1_3
c1\tALN\tcds\t4811\t4872\t190\t-\t0\tID=cds1;Parent=mRNA00001;Name=c1_3;Target=p7 1 21 +
c1\tALN\tcds\t4624\t4726\t212\t-\t1\tID=cds2;Parent=mRNA00001;Name=c1_3;Target=p7 22 55 +
c1\tALN\tcds\t4600\t4622\t212\t-\t1\tID=cds3;Parent=mRNA00001;Name=c1_3;Target=p7 56 63 +
c1\tALN\tcds\t4590\t4589\t0\t-\t1\tID=cds3;Parent=mRNA00001;Name=c1_3;Target=p7 64 63 +
c1\tALN\tgene\t6794\t7420\t1147\t+\t.\tID=gene00002;Name=c1_7
c1\tALN\tmRNA\t6794\t7420\t1147\t+\t.\tID=mRNA00002;Parent=gene00002;Name=c1_7
c1\tALN\tcds\t6794\t7000\t1147\t+\t2\tID=cds4;Parent=mRNA00002;Name=c1_7;Target=p9 11 79 +
c1\tALN\tcds\t7004\t7420\t1147\t+\t0\tID=cds5;Parent=mRNA00002;Name=c1_7;Target=p9 81 219 +
"""
MINIPROT = """##gff-version 3
c1\tminiprot\tmRNA\t2098\t4872\t900\t-\t.\tID=MP1;Rank=1;Identity=0.9;Positive=0.9;Frameshift=1;Target=p7 1 60
c1\tminiprot\tCDS\t4811\t4872\t190\t-\t0\tParent=MP1;Rank=1;Identity=1.0;Target=p7 1 21
c1\tminiprot\tCDS\t2098\t2313\t212\t-\t1\tParent=MP1;Rank=1;Identity=1.0;Target=p7 22 60
c1\tminiprot\tstop_codon\t2098\t2100\t0\t-\t0\tParent=MP1;Rank=1
c2\tminiprot\tmRNA\t11\t100\t50\t+\t.\tID=MP2;Rank=1;Identity=0.9;Positive=0.9;Target=p8 5 34
c2\tminiprot\tCDS\t11\t100\t50\t+\t0\tParent=MP2;Rank=1;Identity=1.0;Target=p8 5 34
"""


def test_spalns_rows_become_alignments(tmp_path):
    """On the reverse strand rows go down; a gap of one base is a frame shift, one of three none; the empty
    row that ends some alignments is none."""
    path = tmp_path / "a.gff"
    path.write_text(SPALN)
    one, two = read_spaln(path)
    assert one == Alignment("p7", "c1", "-", [(4599, 4726), (4810, 4872)], (0, 63), 2161.0, 1, 0)
    assert two == Alignment("p9", "c1", "+", [(6793, 7420)], (10, 219), 1147.0, 0, 2)


def test_miniprots_rows_become_alignments(tmp_path):
    path = tmp_path / "a.gff"
    path.write_text(MINIPROT)
    one, two = read_miniprot(path)
    assert one == Alignment("p7", "c1", "-", [(2097, 2313), (4810, 4872)], (0, 60), 900.0, 1, 0)
    assert two == Alignment("p8", "c2", "+", [(10, 100)], (4, 34), 50.0, 0, 0)


# A genome with known genes


def written(tmp_path, rows, proteins_given, sequence):
    (tmp_path / "g.fa").write_bytes(b">c\n" + sequence + b"\n")
    (tmp_path / "p.fa").write_text("".join(f">p{i}\n{p}\n" for i, p in enumerate(proteins_given)))
    names = "".join(f"p{i}\town{i}\t{len(p)}\n" for i, p in enumerate(proteins_given))
    (tmp_path / "n.tsv").write_text(names)
    (tmp_path / "a.gff").write_text("".join("\t".join(map(str, row)) + "\n" for row in rows))
    return tmp_path / "a.gff", tmp_path / "g.fa", tmp_path / "p.fa", tmp_path / "n.tsv"


def miniprot_rows(number, cds, query):
    target = f"Target=p{number} {query[0] + 1} {query[1]}"
    rows = [("c", "miniprot", "mRNA", cds[0][0] + 1, cds[-1][1], 9, "+", ".", f"ID=M{number};{target}")]
    return rows + [
        ("c", "miniprot", "CDS", start + 1, end, 9, "+", 0, f"Parent=M{number};{target}")
        for start, end in cds
    ]


def test_alignments_that_are_too_unlike_short_or_partial_are_left_out(tmp_path):
    sequence, protein, cds = gene()
    unlike = "W" * 60
    rows = [
        *miniprot_rows(0, cds, (0, 60)),
        *miniprot_rows(1, cds, (0, 60)),
        *miniprot_rows(2, cds, (0, 60)),
        *miniprot_rows(0, [(cds[0][0], cds[0][0] + 57)], (0, 19)),
    ]
    files = written(tmp_path, rows, [protein, unlike, protein + "W" * 200], sequence)
    found = protein_models("miniprot", *files)
    assert [one.transcripts[0].attributes["protein"] for one in found] == ["own0"]
    every = protein_models("miniprot", *files, min_identity=0, min_coverage=0)
    assert len(every) == 3, "fewer than 20 codons are never evidence"


def test_no_alignment_is_no_model_but_a_warning(tmp_path):
    sequence, protein, _ = gene()
    files = written(tmp_path, [], [protein], sequence)
    assert protein_models("spaln", *files) == []
    record = alignment_record([], {"proteins": 1, "proteins_used": 1, "warnings": []})
    assert record["warnings"][0].startswith("only 0.0 % of the proteins align")


def test_a_protein_that_was_not_aligned_is_named(tmp_path):
    sequence, protein, cds = gene()
    files = written(tmp_path, miniprot_rows(5, cds, (0, 60)), [protein], sequence)
    with pytest.raises(InputError, match=r"the protein p5 is not in .*p\.fa; align that file"):
        protein_models("miniprot", *files)


def test_the_record_counts_proteins_and_models(tmp_path):
    sequence, protein, cds = gene()
    rows = miniprot_rows(0, cds, (0, 60)) + miniprot_rows(1, shortened(cds, "+", 15, 0), (5, 60))
    files = written(tmp_path, rows, [protein, protein[:-1]], sequence)
    found = protein_models("miniprot", *files)
    counts = {"proteins": 100, "proteins_used": 90, "warnings": ["one"]}
    record = alignment_record(found, counts)
    assert (record["models"], record["models_complete"], record["models_broken"]) == (2, 1, 0)
    assert (record["introns"], record["proteins_aligned"]) == (1, 2)
    assert record["aligned_pct"] == pytest.approx(100 * 2 / 90)
    assert record["warnings"] == [
        "one", "only 2.2 % of the proteins align: they come from a distant species, or are contaminants",
    ]  # fmt: skip


# miniprot is in no Debian: its rows are tested above, and for real where it is installed
HERE = ["spaln", *(["miniprot"] if shutil.which("miniprot") else [])]


@pytest.mark.parametrize("aligner", HERE)
def test_real_aligners_find_simulated_genes(tmp_path, aligner):
    """Proteins of a simulated genome, aligned to it through both scripts, give back its genes."""
    fasta, annotation = genome_with_genes(tmp_path, 15)
    sequence = fasta.read_bytes().split(b"\n")[1]
    truth = {name: one for name, one in models(annotation).items() if name.endswith(".t1")}
    given = tmp_path / "given.fa"
    letters = {name: translate(coding_sequence(one, sequence)) for name, one in truth.items()}
    given.write_text("".join(f">{name}\n{protein}\n" for name, protein in letters.items()))

    def call(script, *options):
        subprocess.run([sys.executable, str(BIN / script), *options], check=True, cwd=tmp_path)

    cleaned = ["--names", "names.tsv", "--counts", "counts.json"]
    call("clean_proteins.py", "--proteins", "given.fa", "--fasta", "proteins.fa", *cleaned)
    commands = {
        "spaln": "spaln -W -KP genome.fasta >&2 && spaln -Q7 -O0 -t1 -d genome proteins.fa > a.gff",
        "miniprot": "miniprot -t 1 --gff -N 1 genome.fasta proteins.fa | grep -v '^##PAF' > a.gff",
    }
    subprocess.run(commands[aligner], shell=True, check=True, cwd=tmp_path, stderr=subprocess.DEVNULL)
    files = ["--alignments", "a.gff", "--genome", "genome.fasta", "--proteins", "proteins.fa", *cleaned]
    wanted = ["--id", "x", "--library", "own", "--aligner", aligner, "--gff", "m.gff3", "--out", "m.json"]
    call("protein_models.py", *files, *wanted)
    found = {one.attributes["protein"]: one for one in models(tmp_path / "m.gff3").values()}
    exact = [name for name in truth if name in found and found[name].cds == truth[name].cds]
    assert len(exact) >= 0.85 * len(truth), "by hand 75 to 85 % on real genes"
    for name in exact:
        assert found[name].strand == truth[name].strand and faultless(found[name])
        assert found[name].attributes["identity"] == "1.000" and "partial" not in found[name].attributes
    record = json.loads((tmp_path / "m.json").read_text())
    assert record["proteins"] == record["proteins_aligned"] == len(truth) and record["warnings"] == []
    assert record["introns"] >= 0.95 * len({part for one in truth.values() for part in introns(one.cds)})


def spaln_options(code):
    """What the module gives to spaln for a genetic code."""
    text = (ROOT / "modules/spaln.nf").read_text()
    codes, option = re.search(r"def potential = code in \[([\d, ]+)\] \? '' : '(\S+) '", text).groups()
    assert "-C${code} ${potential}$" in text
    return f"-C{code}" if str(code) in codes.split(", ") else f"-C{code} {option}"


@pytest.mark.parametrize("code", sorted(unambiguous_dna_by_id))
def test_the_coding_potential_is_for_codes_with_the_stops_of_the_standard_code(code):
    read_as_residues = {"TAA", "TAG", "TGA"} & set(unambiguous_dna_by_id[code].forward_table)
    same = not read_as_residues and len(unambiguous_dna_by_id[code].stop_codons) == 3
    assert ("-yz0" not in spaln_options(code)) == same


@pytest.mark.parametrize("code", [6, 12])
def test_spaln_in_other_genetic_codes(tmp_path, code):
    """Proteins 15 % apart from those of recoded genes give all of them, as in the standard code."""
    fasta, annotation = genome_with_genes(tmp_path, 24, seed=11, longest=12_000)
    sequence = fasta.read_bytes().split(b"\n")[1]
    truth = {name: one for name, one in models(annotation).items() if name.endswith(".t1")}
    rng = np.random.default_rng(5)
    given = {
        name: diverge_protein(rng, translate(coding_sequence(one, sequence))[:-1], 0.15)
        for name, one in truth.items()
    }
    recoded_genome(fasta, annotation, code).rename(tmp_path / "recoded.fa")
    (tmp_path / "p.fa").write_text("".join(f">{name}\n{letters}\n" for name, letters in given.items()))
    command = (
        f"spaln -W -KP -C{code} recoded.fa >&2 && spaln -Q7 -O0 {spaln_options(code)} -t1 -d recoded p.fa"
    )
    with (tmp_path / "a.gff").open("w") as out:
        subprocess.run(command, shell=True, check=True, cwd=tmp_path, stdout=out, stderr=subprocess.DEVNULL)
    sequence = (tmp_path / "recoded.fa").read_bytes().split(b"\n")[1]
    exact = [
        one.protein
        for one in read_spaln(tmp_path / "a.gff")
        if model(one, sequence, given[one.protein], code).cds == truth[one.protein].cds
    ]
    assert sorted(exact) == sorted(truth)


@pytest.mark.parametrize("strand", ["+", "-"])
@pytest.mark.parametrize(("residues", "straight"), [(1, True), (2, True), (3, False)])
def test_a_last_exon_of_negative_score_gives_way_to_the_stop_before_it(strand, residues, straight):
    """The second exon goes on to the stop two residues later, as far as the false last exon."""
    sequence, protein, cds = gene(strand)
    first, last = shortened(cds, strand, 0, 9) if strand == "+" else shortened(cds, strand, 0, 9)[::-1]
    far = len(sequence) - 20 if strand == "+" else 20
    false = (far, far + 3 * residues) if strand == "+" else (far - 3 * residues, far)
    parts = [first, last, false] if strand == "+" else [false, last, first]
    alignment = Alignment(
        "p", "c", strand, parts, (0, 60), 9.0, doubtful=(false, residues + 2 * (not straight))
    )
    made = model(alignment, sequence, protein)
    assert (made.cds == cds) == straight
    alignment.doubtful = None
    assert model(alignment, sequence, protein).cds != cds
