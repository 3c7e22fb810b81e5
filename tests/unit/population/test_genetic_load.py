"""Genetic load: consequences of planted changes by bcftools csq, and their counts; damage; trimming."""

import subprocess
import sys

import numpy as np
import pytest

from linnaea.base.errors import InputError
from linnaea.base.paths import ROOT
from linnaea.population.csq_genes import csq_lines
from linnaea.population.damage_curves import POSITIONS, damage_curves
from linnaea.population.genetic_load import LoadCounts, load_table, read_consequences, worst
from linnaea.population.library_trimming import adapterremoval_metrics, library_trimming

BIN = ROOT / "bin"
# ATG TGG AAA CTC GGG | intron | GCA TGC TAA, reverse strand gene beside it
EXON_1, INTRON, EXON_2 = "ATGTGGAAACTCGGG", "GTAAGTCCCCCCCCCCCCCCCTTTCAG", "GCATGCTAA"
FORWARD = EXON_1 + INTRON + EXON_2
COMPLEMENT = str.maketrans("ACGT", "TGCA")


@pytest.fixture
def genome(tmp_path):
    """A reference with the gene once on each strand."""
    backward = FORWARD.translate(COMPLEMENT)[::-1]
    start_1, start_2 = 100, 300
    sequence = list("ACGT" * 150)
    sequence[start_1 : start_1 + len(FORWARD)] = FORWARD
    sequence[start_2 : start_2 + len(backward)] = backward
    (tmp_path / "ref.fa").write_text(">chr|1\n" + "".join(sequence) + "\n")
    subprocess.run(["samtools", "faidx", "ref.fa"], cwd=tmp_path, check=True)
    rows = []
    for name, start, strand in (("plus", start_1, "+"), ("minus", start_2, "-")):
        size = len(FORWARD)
        parts = [(0, len(EXON_1)), (len(EXON_1) + len(INTRON), size)]
        if strand == "-":
            parts = [(size - end, size - begin) for begin, end in reversed(parts)]
        rows.append(("gene", start, start + size, ".", strand, f"ID={name}"))
        rows.append(("mRNA", start, start + size, ".", strand, f"ID={name}.t1;Parent={name}"))
        for begin, end in parts:
            rows.append(("exon", start + begin, start + end, ".", strand, f"Parent={name}.t1"))
            rows.append(("CDS", start + begin, start + end, "0", strand, f"ID={name}.c;Parent={name}.t1"))
    text = "".join(
        f"chr|1\t.\t{kind}\t{start + 1}\t{end}\t.\t{strand}\t{phase}\t{names}\n"
        for kind, start, end, phase, strand, names in rows
    )
    (tmp_path / "genes.gff3").write_text("##gff-version 3\n" + text)
    return tmp_path, "".join(sequence), start_1, start_2


# offset in the gene in reading direction, new base, class
CHANGES = [
    (5, "A", "loss_of_function"),  # TGG -> TGA, stop
    (1, "C", "loss_of_function"),  # ATG -> ACG, start lost
    (len(EXON_1), "A", "loss_of_function"),  # GT of the donor
    (6, "G", "missense"),  # AAA -> GAA
    (8, "G", "synonymous"),  # AAA -> AAG
    (11, "G", "synonymous"),  # CTC -> CTG
    (len(EXON_1) + len(INTRON), "A", "missense"),  # GCA -> ACA
]


def test_classes_on_both_strands(genome):
    folder, sequence, start_1, start_2 = genome
    subprocess.run(
        [sys.executable, BIN / "csq_genes.py", folder / "genes.gff3", "--out", folder / "csq.gff3"],
        check=True,
    )
    expected, rows = {}, []
    for offset, base, kind in CHANGES:
        expected[start_1 + offset + 1] = ("plus", kind)
        rows.append((start_1 + offset + 1, base))
        expected[start_2 + len(FORWARD) - offset] = ("minus", kind)
        rows.append((start_2 + len(FORWARD) - offset, base.translate(COMPLEMENT)))
    rows.append((20, "A"))  # between genes
    body = "".join(
        f"chr|1\t{at}\t.\t{sequence[at - 1]}\t{base}\t99\tPASS\t.\tGT\t0/1\t1/1\n"
        for at, base in sorted(rows)
    )
    (folder / "v.vcf").write_text(
        f"##fileformat=VCFv4.3\n##contig=<ID=chr|1,length={len(sequence)}>\n"
        '##FORMAT=<ID=GT,Number=1,Type=String,Description="Genotype">\n'
        f"#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\tFORMAT\tA\tB\n{body}"
    )
    command = (
        "bcftools csq --local-csq --phase a -f ref.fa -g csq.gff3 v.vcf -Ou 2> csq.log | bcftools query -f "
        r"'%CHROM\t%POS\t%REF\t%ALT\t%INFO/BCSQ[\t%GT]\n'"
    )
    text = subprocess.run(command, shell=True, cwd=folder, check=True, capture_output=True, text=True).stdout
    found = {
        variant.position: (variant.gene, variant.kind) for variant in read_consequences(text.splitlines(), 2)
    }
    assert found == expected


def test_a_gff_without_coding_genes_is_refused(tmp_path):
    (tmp_path / "g.gff3").write_text("chr1\t.\tgene\t1\t9\t.\t+\t.\tID=g\n")
    command = [sys.executable, BIN / "csq_genes.py", tmp_path / "g.gff3", "--out", tmp_path / "o"]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 1 and "has no coding gene" in done.stderr
    assert not (tmp_path / "o").exists()
    assert list(csq_lines(tmp_path / "g.gff3")) == ["##gff-version 3\n"]


def test_bcftools_takes_genes_beside_a_slippage(tmp_path):
    """bcftools refuses a file with overlapping CDS; the gene without them keeps its effects."""
    letters = "ATG" + 30 * "GCT" + "TAA"
    (tmp_path / "ref.fa").write_text(f">1\n{letters}\n>2\n{letters}\n")
    rows = []
    for seqid, parts in (("1", [(1, 48), (48, 96)]), ("2", [(1, 96)])):
        place = f"{seqid}\tx\t{{}}\t{{}}\t{{}}\t.\t+\t{{}}\t"
        rows.append(place.format("mRNA", 1, 96, ".") + f"ID=t{seqid}")
        rows += [
            place.format("CDS", *part, 0) + f"Parent=t{seqid};exception=ribosomal slippage" for part in parts
        ]
    (tmp_path / "in.gff3").write_text("##gff-version 3\n" + "\n".join(rows) + "\n")
    command = [sys.executable, BIN / "csq_genes.py", tmp_path / "in.gff3", "--out", tmp_path / "csq.gff3"]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    assert "transcripts with ribosomal slippage are left out: 1" in done.stderr
    (tmp_path / "v.vcf").write_text(
        "##fileformat=VCFv4.2\n##contig=<ID=1>\n##contig=<ID=2>\n"
        '##FORMAT=<ID=GT,Number=1,Type=String,Description="">\n'
        "#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\tFORMAT\tA\n"
        + "".join(f"{seqid}\t4\t.\tG\tA\t.\t.\t.\tGT\t0/1\n" for seqid in "12")
    )
    command = ["bcftools", "csq", "--local-csq", "--phase", "a", "-f", "ref.fa", "-g", "csq.gff3", "v.vcf"]
    called = subprocess.run(command, cwd=tmp_path, check=True, capture_output=True, text=True).stdout
    effects = [line.split("\t")[7] for line in called.splitlines() if line[0] != "#"]
    assert effects[0] == "." and effects[1].startswith("BCSQ=missense|")


def rows_of(*genotypes, consequence="missense|g|t|protein_coding|+|1A>1B|1A>T"):
    return [f"1\t{at}\tA\tT\t{consequence}\t" + "\t".join(row) for at, row in enumerate(genotypes, 1)]


def counted(lines, samples, outgroup):
    counts = LoadCounts(samples, np.array(outgroup))
    told = [counts.add(variant) for variant in read_consequences(lines, len(samples))]
    return counts, told


def test_derived_alleles_by_the_outgroup():
    lines = rows_of(
        ("0/0", "0/1", "1/1"), ("1/1", "0/1", "1/1"), ("0/1", "0/1", "1/1"), ("./.", "1/1", "0/1")
    )
    counts, told = counted(lines, ["O", "A", "B"], [True, False, False])
    assert told == [True, False, None, None]
    rows = {(row[0], row[2]): row for row in load_table(counts, {"O": "o", "A": "g", "B": "g"})}
    assert ("O", "missense") not in rows
    # A: derived 1 of 2 and 1 of 2; B: 2 of 2 and 0 of 2
    assert rows["A", "missense"][5:10] == ["2", "4", "2", "0", "2"]
    assert rows["B", "missense"][5:10] == ["2", "4", "0", "1", "2"]
    assert rows["A", "missense"][3] == "outgroup" and rows["A", "missense"][11] == "NA"
    assert counts.unpolarised == 2


def test_minor_alleles_without_outgroup_and_missing_genotypes():
    lines = rows_of(("1/1", "1/1", "0/1"), ("./.", "0/0", "0/1"), ("1", "0/0", "0|0"))
    counts, _ = counted(lines, ["A", "B", "C"], [False] * 3)
    rows = {(row[0], row[2]): row for row in load_table(counts, dict.fromkeys("ABC", "g"))}
    assert rows["A", "missense"][5:10] == ["2", "3", "0", "1", "1"]
    assert rows["C", "missense"][5:10] == ["3", "6", "2", "0", "2"]


def test_worst_consequence_of_several_transcripts():
    assert worst("synonymous|g|t1|p|+|a|b,stop_gained&splice_region|g|t2|p|+|a|b")[0] == "loss_of_function"
    assert worst("intron|g|t1|p,@123") is None
    assert worst("*missense|g|t|p|+|a|b")[0] == "missense"


def test_a_row_of_another_number_of_samples():
    with pytest.raises(InputError, match="row 1 of the consequences has 2 genotypes, not 3"):
        list(read_consequences(rows_of(("0/0", "0/1")), 3))


def test_damage_curves(tmp_path):
    head = "# mapDamage\nChr\tEnd\tStd\tPos\tA\tC\tG\tT\tTotal\tG>A\tC>T\n"
    rows = [
        f"*\t{end}\t{strand}\t{at}\t100\t100\t50\t100\t350\t{at % 7}\t{40 // at}\n"
        for end in ("5p", "3p")
        for strand in "+-"
        for at in range(1, 71)
    ]
    (tmp_path / "m.txt").write_text(head + "".join(rows))
    found = damage_curves(tmp_path / "m.txt")
    assert found["c_to_t_5p_bases"].tolist() == [200] * POSITIONS
    assert found["c_to_t_5p_pct"][:3].tolist() == [40.0, 20.0, 13.0]
    assert found["g_to_a_3p_changes"].tolist()[:3] == [2, 4, 6]
    assert found["c_to_t_5p_excess_pct"] == pytest.approx(40 - 100 * (2 * 5 + 1 * 5) / 1000)
    (tmp_path / "empty.txt").write_text(head)
    with pytest.raises(InputError, match="no bases were counted at the ends of reads"):
        damage_curves(tmp_path / "empty.txt")


SETTINGS = """[Trimming statistics]
Total number of {kind}: {total}
Number of full-length collapsed pairs: 900
Number of truncated collapsed pairs: 50
Number of retained reads: {kept}
Average length of retained reads: 60.5
"""


def test_trimming_of_lanes_adds_up(tmp_path):
    for name, kind, total, kept in (("a", "read pairs", 1000, 1000), ("b", "reads", 500, 400)):
        (tmp_path / name).write_text(SETTINGS.format(kind=kind, total=total, kept=kept))
    one = adapterremoval_metrics(tmp_path / "a")
    assert (one["reads_in"], one["reads_out"], one["merged_pairs"]) == (2000, 950, 950)
    both = library_trimming("adapterremoval", [tmp_path / "a", tmp_path / "b"])
    assert (both["lanes"], both["reads_in"], both["reads_out"]) == (2, 2500, 1350)
    (tmp_path / "c").write_text(SETTINGS.format(kind="reads", total=10, kept=0))
    with pytest.raises(InputError, match="no reads are left of 10 after trimming"):
        adapterremoval_metrics(tmp_path / "c")
