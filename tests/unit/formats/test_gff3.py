"""Reading and writing gene models: dialects of GFF3 and GTF, faults, order, phases."""

import gzip
import random
import shutil
import subprocess

import numpy as np
import pytest
from Bio.Seq import Seq

from linnaea.base.errors import InputError
from linnaea.formats.gene_models import Gene, Transcript, protein, reverse_complement, total_bp
from linnaea.formats.gff3 import attributes, check_names, read_genes, rows, write_genes
from linnaea.formats.gff3_sort import sort_gff3
from linnaea.formats.gtf import write_gtf


def table(*lines: str) -> str:
    """GFF text from rows whose columns are separated by spaces; the ninth may contain spaces."""
    return "".join("\t".join(line.split(None, 8)) + "\n" for line in lines)


@pytest.fixture
def genes_of(tmp_path):
    def read(*lines: str, head: str = ""):
        path = tmp_path / "in.gff"
        path.write_text(head + table(*lines))
        return read_genes(path)

    return read


def valid(path) -> bool:
    """Whether GenomeTools accepts the file (true where it is not installed; CI has it)."""
    if not shutil.which("gt"):
        return True
    done = subprocess.run(["gt", "gff3validator", str(path)], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "warning" not in done.stderr, done.stderr
    return True


def shape(genes):
    return sorted(
        (m.id, m.seqid, m.strand, m.exons, m.cds, m.phase) for gene in genes for m in gene.transcripts
    )


def test_attributes_of_both_dialects():
    assert attributes("ID=a%3Bb;Note=x=1; Name=n") == {"ID": "a;b", "Note": "x=1", "Name": "n"}
    assert attributes('gene_id "g=1"; note "a; b"; exon_number 2;') == {
        "gene_id": "g=1",
        "note": "a; b",
        "exon_number": "2",
    }


def test_refseq_style(genes_of):
    (coding, gene_only, nested) = genes_of(
        "c R gene 101 400 . - . ID=gene-A;Name=A;gene_biotype=protein_coding",
        "c R mRNA 101 400 . - . ID=rna-A;Parent=gene-A;product=thing%2C odd",
        "c R exon 301 400 . - . ID=e1;Parent=rna-A",
        "c R exon 101 200 . - . ID=e2;Parent=rna-A",
        "c R CDS 301 350 . - 1 ID=cds-A;Parent=rna-A",
        "c R CDS 111 200 . - 0 ID=cds-A;Parent=rna-A",
        "c R gene 501 560 7 + . ID=gene-B",
        "c R CDS 501 560 . + 0 ID=cds-B;Parent=gene-B",
        "c R gene 601 700 . + . ID=gene-M",
        "c R primary_transcript 601 700 . + . ID=rna-M;Parent=gene-M",
        "c R exon 601 700 . + . ID=e3;Parent=rna-M",
        "c R miRNA 611 632 . + . ID=rna-m;Parent=rna-M",
        "c R exon 611 632 . + . ID=e4;Parent=rna-m",
        "c R region 1 1000 . + . ID=c:1..1000",
    )
    model = coding.transcripts[0]
    assert (coding.id, coding.strand, coding.attributes["gene_biotype"]) == ("gene-A", "-", "protein_coding")
    assert (model.exons, model.cds, model.phase) == ([(100, 200), (300, 400)], [(110, 200), (300, 350)], 1)
    assert model.attributes["product"] == "thing, odd"
    assert (gene_only.id, gene_only.score, gene_only.transcripts[0].id) == ("gene-B", 7.0, "gene-B.t1")
    assert gene_only.transcripts[0].exons == gene_only.transcripts[0].cds == [(500, 560)]
    assert {model.type for model in nested.transcripts} == {"primary_transcript", "miRNA"}


def test_gtf_stop_codon_inside_and_outside_of_the_cds(genes_of):
    inside, outside, split = genes_of(
        'c F CDS 1 30 . + 0 gene_id "a"; transcript_id "a.1";',
        'c F stop_codon 28 30 . + 0 gene_id "a"; transcript_id "a.1";',
        'c E CDS 104 130 . - 0 transcript_id "b.1"; gene_id "b";',
        'c E stop_codon 101 103 . - 0 transcript_id "b.1"; gene_id "b";',
        'c E start_codon 128 130 . - 0 transcript_id "b.1"; gene_id "b";',
        'c E five_prime_utr 131 140 . - . transcript_id "b.1"; gene_id "b";',
        'c E exon 95 140 . - . transcript_id "b.1"; gene_id "b";',
        'c E CDS 201 229 . + 0 transcript_id "s.1"; gene_id "s";',
        'c E stop_codon 230 230 . + 0 transcript_id "s.1"; gene_id "s";',
        'c E stop_codon 301 302 . + 2 transcript_id "s.1"; gene_id "s";',
    )
    assert inside.transcripts[0].cds == [(0, 30)]
    assert (outside.transcripts[0].cds, outside.transcripts[0].exons) == ([(100, 130)], [(94, 140)])
    assert split.transcripts[0].cds == [(200, 230), (300, 302)]


def test_augustus_stringtie_and_orphans(genes_of):
    augustus, stringtie, lone = genes_of(
        "c AUGUSTUS gene 1 90 0.9 + . g1",
        "c AUGUSTUS transcript 1 90 0.5 + . g1.t1",
        'c AUGUSTUS intron 31 60 . + . transcript_id "g1.t1"; gene_id "g1";',
        'c AUGUSTUS CDS 61 90 0.5 + 0 transcript_id "g1.t1"; gene_id "g1";',
        'c AUGUSTUS CDS 1 30 0.5 + 0 transcript_id "g1.t1"; gene_id "g1";',
        'c StringTie transcript 201 300 1000 . . gene_id "S.1"; transcript_id "S.1.1"; cov "3";',
        'c StringTie exon 201 300 1000 . . gene_id "S.1"; transcript_id "S.1.1"; exon_number "1";',
        "c miniprot mRNA 401 460 99 + . ID=MP1;Identity=0.9",
        "c miniprot CDS 401 460 99 + 0 Parent=MP1",
    )
    assert (augustus.score, augustus.transcripts[0].score, augustus.transcripts[0].type) == (0.9, 0.5, "mRNA")
    assert augustus.transcripts[0].cds == [(0, 30), (60, 90)]
    model = stringtie.transcripts[0]
    assert (model.type, model.strand, model.cds, model.attributes["cov"]) == ("transcript", ".", [], "3")
    assert (lone.id, lone.transcripts[0].id) == ("MP1.gene", "MP1")


def test_parts_of_several_parents_and_children_before_parents(genes_of):
    (gene,) = genes_of(
        "c x exon 1 9 . + . Parent=t1,t2",
        "c x exon 21 30 . + . Parent=t2",
        "c x mRNA 1 9 . + . ID=t1;Parent=g",
        "c x mRNA 1 30 . + . ID=t2;Parent=g",
        "c x gene 1 30 . + . ID=g;Name=late",
    )
    assert [model.exons for model in gene.transcripts] == [[(0, 9)], [(0, 9), (20, 30)]]
    assert gene.attributes["Name"] == "late"


def test_a_gene_name_on_two_sequences_is_two_genes(genes_of):
    one, other = genes_of(
        'X e exon 1 9 . + . gene_id "g"; transcript_id "t1";',
        'Y e exon 1 9 . + . gene_id "g"; transcript_id "t2";',
    )
    assert (one.seqid, other.seqid, one.id != other.id) == ("X", "Y", True)


def test_names_shared_by_gene_and_transcript_are_told_apart(genes_of, tmp_path):
    """UCSC's GTF names gene and transcript alike; GFF3 needs two IDs."""
    genes = genes_of(
        'c u gene 1 9 . + . gene_id "A";',
        'c u transcript 1 9 . + . gene_id "A"; transcript_id "A";',
        'c u CDS 1 9 . + 0 gene_id "A"; transcript_id "A";',
        "c r gene 21 90 . + . ID=B",
        "c r mRNA 21 90 . + . ID=B.t1;Parent=B",
        "c r exon 21 90 . + . Parent=B.t1",
        "c r CDS 31 60 . + 0 ID=p;Parent=B",
    )
    idents = [gene.id for gene in genes] + [model.id for gene in genes for model in gene.transcripts]
    assert len(set(idents)) == len(idents) == 5
    assert {gene.id for gene in genes} == {"A.gene", "B"}
    write_genes(tmp_path / "o.gff3", genes, {"c": 100})
    assert valid(tmp_path / "o.gff3")


SLIPPAGE = "exception=ribosomal slippage"


@pytest.mark.parametrize("strand", ["+", "-"])
@pytest.mark.parametrize("step", [-2, -1, 1])
@pytest.mark.parametrize("how", ["CDS", "mRNA", "ribosomal_slippage=", "GTF"])
def test_slippage_is_read(genes_of, tmp_path, strand, step, how):
    """The ribosome reads two bases again, one again (antizyme -1, gag-pol), or leaves one out."""
    rng = random.Random(7)
    one = "ATG" + "".join(rng.choices("ACGT", k=61))
    message = one + "".join(rng.choices("ACGT", k=59 + min(step, 0))) + "TAA"
    if step < 0:  # the second part begins with bases that the first one ends in
        message = message[: len(one)] + one[step:] + message[len(one) :]
        letters = message[: len(one)] + message[len(one) - step :]
    else:
        letters = message[: len(one)] + "C" + message[len(one) :]
    assert (len(letters) - len(message)) == step
    genome = "G" * 100 + letters + "G" * 100
    parts = [(100, 100 + len(one)), (100 + len(one) + step, 100 + len(letters))]
    if strand == "-":
        genome = reverse_complement(genome.encode()).decode()
        parts = [(len(genome) - end, len(genome) - start) for start, end in reversed(parts)]
    low, high = parts[0][0] + 1, parts[-1][1]
    said = {"CDS": SLIPPAGE, "ribosomal_slippage=": "ribosomal_slippage="}.get(how, "")
    place = f"c R {{}} {low} {high} . {strand} . "
    if how == "GTF":
        names = 'gene_id "s"; transcript_id "u"; exception "ribosomal slippage";'
        lines = [f"c R CDS {a + 1} {b} . {strand} . {names}" for a, b in parts]
    else:
        lines = [
            place.format("gene") + "ID=s",
            place.format("mRNA") + f"ID=u;Parent=s{';' + SLIPPAGE if how == 'mRNA' else ''}",
            place.format("exon") + "ID=e;Parent=u",
            *(f"c R CDS {a + 1} {b} . {strand} . ID=k;Parent=u;{said}" for a, b in parts),
        ]
    (gene,) = genes_of(*lines)
    (model,) = gene.transcripts
    expected = str(Seq(message).translate())
    assert (model.cds, protein(model, genome.encode())) == (parts, expected)
    assert len(model.exons) == (2 if how == "GTF" and step > 0 else 1)
    write_genes(tmp_path / "o.gff3", [gene], {"c": len(genome)})
    assert valid(tmp_path / "o.gff3")
    (back,) = read_genes(tmp_path / "o.gff3")
    assert (back.transcripts[0].cds, back.transcripts[0].exons) == (parts, model.exons)
    write_gtf(tmp_path / "o.gtf", [gene], [("c", genome.encode())])
    (back,) = read_genes(tmp_path / "o.gtf")
    assert (back.transcripts[0].cds, protein(back.transcripts[0], genome.encode())) == (parts, expected)
    sort_gff3(tmp_path / "o.gff3", tmp_path / "sorted.gff3", {"c": len(genome)})
    rows_left = [row for row in rows(tmp_path / "sorted.gff3") if row[2] == "CDS"]
    second = -len(one) % 3
    assert [row[7] for row in rows_left] == (["0", str(second)] if strand == "+" else [str(second), "0"])


def test_overlapping_cds_without_a_reason_are_joined_and_reported(tmp_path):
    path = tmp_path / "in.gff3"
    head = "##gff-version 3\nc\tR\tmRNA\t101\t160\t.\t+\t.\tID=u\n"
    rows = [f"c\tR\tCDS\t{a}\t{b}\t.\t+\t0\tID=k;Parent=u\n" for a, b in ((101, 130), (130, 160))]
    notes = []
    path.write_text(head + "".join(rows))
    (gene,) = read_genes(path, notes)
    assert gene.transcripts[0].cds == [(100, 160)]
    assert "overlapping CDS and no exception=ribosomal slippage: CDS joined: 1 (u in line 3)" in notes[0]
    path.write_text(head + rows[0] + rows[0])
    notes.clear()
    assert read_genes(path, notes)[0].transcripts[0].cds == [(100, 130)] and not notes


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("c x exon 10 9 . + . Parent=t", "line 3: 10 to 9 is not a valid range"),
        ("c x exon 0 9 . + . Parent=t", "line 3: 0 to 9 is not a valid range"),
        ("c x exon 1,000 9 . + . Parent=t", "is not a valid range"),
        ("c x exon 1 9 . plus . Parent=t", "strand 'plus'"),
        ("c x exon 1 9 . +", "line 3: 7 columns"),
        ("c x exon 1 9 . - . Parent=t", "several strands or sequences are left out: 1 (t in line 3), more"),
        ("d x exon 1 9 . + . Parent=t", "give every transcript its own ID"),
        ("c x CDS 1 9 . + 0 Note=none", "names no transcript"),
        ("c x mRNA 1 9 high + . ID=t", "score 'high'"),
    ],
)
def test_faults_name_file_and_line(genes_of, row, said):
    with pytest.raises(InputError) as fault:
        genes_of("c x exon 21 30 . + . Parent=t", row, head="##gff-version 3\n")
    assert "in.gff" in str(fault.value)
    assert said in str(fault.value)


def test_rows_end_where_the_sequences_begin(tmp_path):
    path = tmp_path / "a.gff3.gz"
    text = "##gff-version 3\r\nc\tx\tgene\t1\t9\t.\t+\t.\tID=å\r\n##FASTA\n>c\nACGT\tA\n"
    path.write_bytes(gzip.compress(text.encode()))
    assert list(rows(path)) == [["c", "x", "gene", "1", "9", ".", "+", ".", "ID=å"]]


def random_genes(rng, number=60):
    """Genes with UTRs, isoforms and incomplete ends on both strands; CDS of any phase."""
    genes = []
    for n in range(number):
        strand, at = "+-"[n % 2], 1000 + n * 2000
        models = []
        for k in range(1 + n % 3):
            sizes = rng.integers(5, 200, 1 + (n + k) % 5)
            starts = at + np.cumsum(np.r_[0, sizes[:-1] + 61])
            exons = [(int(s), int(s + z)) for s, z in zip(starts, sizes, strict=True)]
            cds = [(s + (i == 0), e - (i == len(exons) - 1)) for i, (s, e) in enumerate(exons)]
            if n % 4 == 3:
                cds = []
            phase = n % 3 if cds else 0
            partial = {"partial": "5,3" if phase else "3"} if (total_bp(cds) - phase) % 3 or phase else {}
            models.append(
                Transcript(f"g{n}.t{k}", f"c{n % 2}", strand, exons, cds, phase, attributes=partial)
            )
        genes.append(Gene(f"g{n}", f"c{n % 2}", strand, models, attributes={"Note": "a,b;c=d%"}))
    return genes


def write_gtf_alone(path, genes, lengths):
    write_gtf(path, genes, dict.fromkeys(lengths).items())


@pytest.mark.parametrize("write", [write_genes, write_gtf_alone])
def test_written_models_come_back(tmp_path, write):
    genes = random_genes(np.random.default_rng(1))
    write(tmp_path / "o", reversed(genes), {"c1": 10**6, "c0": 10**6})
    assert shape(read_genes(tmp_path / "o")) == shape(genes)
    write(tmp_path / "again", read_genes(tmp_path / "o"), {"c1": 10**6, "c0": 10**6})
    if write is write_genes:
        assert valid(tmp_path / "o")
        assert (tmp_path / "again").read_text() == (tmp_path / "o").read_text()
        assert read_genes(tmp_path / "o")[0].attributes["Note"] == "a,b;c=d%"
    placed = [(row[0], int(row[3])) for row in rows(tmp_path / "o") if row[2] == "gene"]
    assert placed == sorted(placed, key=lambda place: ("c1", "c0").index(place[0]) * 10**7 + place[1])


def test_gtf_has_the_stop_codon_beside_the_cds(tmp_path):
    exons = [(0, 31), (40, 42), (50, 80)]
    models = [
        Transcript("p", "c", "+", [(0, 31), (40, 42)], [(0, 31), (40, 42)]),
        Transcript("m", "c", "-", exons, [(0, 31), (40, 42), (50, 80)]),
        Transcript("q", "c", "+", [(0, 30)], [(0, 30)], attributes={"partial": "3"}),
    ]
    write_gtf(tmp_path / "o", [Gene("g", "c", "+", models)], [("c", None)])
    got = {}
    for row in rows(tmp_path / "o"):
        got.setdefault((attributes(row[8]).get("transcript_id"), row[2]), []).append(
            (int(row[3]), int(row[4]), row[7])
        )
    assert got["p", "CDS"] == [(1, 30, "0")]
    assert got["p", "stop_codon"] == [(31, 31, "0"), (41, 42, "2")]
    assert got["m", "stop_codon"] == [(1, 3, "0")]
    assert got["m", "CDS"] == [(51, 80, "0"), (41, 42, "0"), (4, 31, "1")]
    assert got["m", "start_codon"] == [(78, 80, "0")]
    assert ("q", "stop_codon") not in got
    assert got["q", "CDS"] == [(1, 30, "0")]


def test_a_gene_outside_the_assembly_is_refused(tmp_path):
    gene = Gene("g", "c9", "+", [Transcript("t", "c9", "+", [(0, 9)])])
    with pytest.raises(InputError, match="g lies on c9, which the assembly lacks"):
        write_genes(tmp_path / "o", [gene], {"c1": 100})


def test_check_names(tmp_path):
    path = tmp_path / "in.gff"
    path.write_text(table(*(f"{c} x gene 1 {e} . + . ID=g{c}" for c, e in [("a", 9), ("b", 99), ("z", 5)])))
    share, sentences = check_names(path, {"a": 9, "b": 50})
    assert share == pytest.approx(2 / 3)
    assert len(sentences) == 2
    assert "1 of 3 rows lie on 1 sequences that the assembly lacks (z; it has a, b)" in sentences[0]
    assert "b has 50 bp" in sentences[1]
    assert check_names(path, {"a": 9, "b": 99, "z": 5}) == (0.0, [])


def features(path):
    return [line for line in path.read_text().splitlines() if not line.startswith("#")]


def test_sorting_shuffled_lines_with_wrong_phases(tmp_path):
    """Lost order and phases come back; nothing else of a line changes."""
    rng = np.random.default_rng(2)
    whole, shuffled, out = (tmp_path / name for name in ("whole", "shuffled", "out"))
    lengths = {"c1": 10**6, "c0": 10**6}
    genes = random_genes(rng)
    write_genes(whole, genes, lengths)
    expected = features(whole)
    first = {
        m.id: (m.cds[0][0] if m.strand == "+" else m.cds[-1][0])
        for g in genes
        for m in g.transcripts
        if m.cds
    }
    damaged = []
    for line in expected:
        row = line.split("\t")
        if row[2] == "CDS" and int(row[3]) - 1 != first[attributes(row[8])["Parent"]]:
            row[7] = ".012"[rng.integers(4)]
        damaged.append("\t".join(row))
    order = rng.permutation(len(damaged))
    shuffled.write_text("#comment\n" + "".join(damaged[i] + "\n" for i in order))
    counts = sort_gff3(shuffled, out, lengths)
    assert counts["features"] == len(expected)
    assert counts["phases_repaired"] == sum(a != b for a, b in zip(expected, damaged, strict=True)) > 50
    assert valid(out)
    got = features(out)
    assert sorted(got) == sorted(expected)
    assert [x for x in got if "\tgene\t" in x] == [x for x in expected if "\tgene\t" in x]
    seen, gene = set(), None
    for line in got:
        names = attributes(line.split("\t")[8])
        assert set(names.get("Parent", "").split(",")) - {""} <= seen
        seen.add(names["ID"])
        gene = names["ID"] if "Parent" not in names else gene
        assert names["ID"].split(".")[0] == gene
    sort_gff3(out, tmp_path / "again", lengths)
    assert (tmp_path / "again").read_bytes() == out.read_bytes()


def test_sorting_keeps_what_is_no_gene_model(tmp_path):
    path, out = tmp_path / "in.gff3", tmp_path / "out"
    text = table(
        "chr10 x repeat 5 9 . . . Note=no ID",
        "chr2 x match_part 30 40 . + . ID=p2;Parent=m",
        "chr2 x match 10 20 . + . ID=m;Target=q 1 11",
        "chr2 x match_part 10 20 . + . ID=p1;Parent=m",
        "chr2 x exon 5 6 . + 0 ID=e;Parent=t2,t1",
        "chr2 x mRNA 5 9 . + . ID=t2;Parent=g",
        "chr2 x gene 5 7 . + . ID=g",
        "chr2 x mRNA 5 6 . + . ID=t1;Parent=g",
        "chr2 x cDNA_match 50 60 . + . ID=two;Target=q 1 11",
        "chr2 x repeat 55 58 . + . ID=r",
        "chr2 x cDNA_match 70 80 . + . ID=two;Target=q 12 22",
    )
    path.write_text(f"##gff-version 3\n##species x\n{text}##FASTA\n>chr2\nACGT\n")
    counts = sort_gff3(path, out)
    assert counts == {"features": 11, "top_features": 5, "phases_repaired": 1, "parents_widened": 2}
    assert out.read_text().splitlines()[:2] == ["##gff-version 3", "##species x"]
    shown = [(line.split("\t")[2], *map(int, line.split("\t")[3:5])) for line in features(out)]
    assert shown == [
        ("gene", 5, 9),
        ("mRNA", 5, 9),
        ("mRNA", 5, 6),
        ("exon", 5, 6),
        ("match", 10, 40),
        ("match_part", 10, 20),
        ("match_part", 30, 40),
        ("cDNA_match", 50, 60),
        ("cDNA_match", 70, 80),
        ("repeat", 55, 58),
        ("repeat", 5, 9),
    ]


def test_children_of_several_parents_anywhere(tmp_path):
    """Random trees whose features may have two parents, in one tree or in two."""
    rng = np.random.default_rng(3)
    for _ in range(40):
        levels, lines, where = {}, [], {}
        for n in range(int(rng.integers(1, 60))):
            above = []
            if levels and rng.random() < 0.75:
                above = [str(rng.choice(list(levels)))]
                other = str(rng.choice(list(levels)))
                if rng.random() < 0.3 and other != above[0] and where[other] == where[above[0]]:
                    above.append(other)
            level = max((levels[name] for name in above), default=-1) + 1
            if level > 6:
                above, level = [], 0
            name = f"f{n}"
            where[name] = where[above[0]] if above else "abc"[rng.integers(3)]
            levels[name] = level
            start = int(rng.integers(1, 1000))
            parents = f";Parent={','.join(above)}" if above else ""
            lines.append(
                f"{where[name]} x region {start} {start + rng.integers(300)} . + . ID={name}{parents}"
            )
        (tmp_path / "in.gff3").write_text(table(*rng.permutation(lines)))
        sort_gff3(tmp_path / "in.gff3", tmp_path / "out")
        placed, closed = {}, set()
        for line in (tmp_path / "out").read_text().splitlines():
            if line == "###":
                closed = set(placed)
            if line[0] != "#":
                row = line.split("\t")
                names = attributes(row[8])
                for parent in filter(None, names.get("Parent", "").split(",")):
                    assert placed[parent][0] <= int(row[3]) and int(row[4]) <= placed[parent][1]
                    assert parent not in closed
                placed[names["ID"]] = (int(row[3]), int(row[4]))
        assert len(placed) == len(lines)


def test_order_of_sequences(tmp_path):
    path, out = tmp_path / "in.gff3", tmp_path / "out"
    names = ["chr10", "chr2", "chr1", "chrX"]
    body = table(*(f"{name} x gene 1 9 . + . ID={name}" for name in names))

    def order(head: str, lengths=None):
        path.write_text(head + body)
        sort_gff3(path, out, lengths)
        return [row[0] for row in rows(out)]

    assert order("") == ["chr1", "chr2", "chr10", "chrX"]
    assert order("##sequence-region chrX 1 90\n##sequence-region chr10 1 90\n") == [
        "chrX",
        "chr10",
        "chr1",
        "chr2",
    ]
    assert order("", {"chr2": 9, "chrX": 9, "c": 1, "chr10": 9, "chr1": 9}) == [
        "chr2",
        "chrX",
        "chr10",
        "chr1",
    ]
    with pytest.raises(InputError, match=r"chr10 at 1 to 9 ends beyond its sequence \(8 bp\)"):
        order("", dict.fromkeys(names, 8))
    with pytest.raises(InputError, match="1 sequences with features are not in the assembly, such as chrX"):
        order("", dict.fromkeys(names[:3], 9))


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        (["c x gene 1 9 . + . ID=a;Parent=b", "c x gene 1 9 . + . ID=b;Parent=a"], "its own ancestor"),
        (["c x gene 1 9 . + . ID=a", "d x mRNA 1 9 . + . ID=b;Parent=a"], "line 2: .* parent on another seq"),
        (
            ["c x gene 1 9 . + . ID=a", "c x mRNA 1 9 . + . ID=a", "c x exon 1 9 . + . Parent=a"],
            "line 2: the ID a names two features",
        ),
        (["c x gene 1 9 . + . ID=a", "c x match 1 9 . + . Parent=lost"], "line 2: .*such as lost"),
    ],
)
def test_what_cannot_be_sorted(tmp_path, lines, said):
    (tmp_path / "in.gff3").write_text(table(*lines))
    with pytest.raises(InputError, match=said):
        sort_gff3(tmp_path / "in.gff3", tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_file_without_features_stays_one(tmp_path):
    (tmp_path / "in.gff3").write_text("##gff-version 3\n#!species x\n")
    assert sort_gff3(tmp_path / "in.gff3", tmp_path / "out", {"c": 9})["features"] == 0
    assert (tmp_path / "out").read_text() == "##gff-version 3\n#!species x\n"
    assert read_genes(tmp_path / "in.gff3") == []


def test_phases_of_separate_cds_under_one_transcript(tmp_path):
    """An operon has several CDS under one transcript, each with its own ID and phases."""
    path, out = tmp_path / "in.gff3", tmp_path / "out"
    path.write_text(
        table(
            "c x gene 1 99 . + . ID=g",
            "c x mRNA 1 99 . + . ID=t;Parent=g",
            "c x CDS 1 4 . + 0 ID=a;Parent=t",
            "c x CDS 11 15 . + 2 ID=a;Parent=t",
            "c x CDS 31 35 . + 0 ID=b;Parent=t",
            "c x CDS 41 44 . + 0 ID=b;Parent=t",
        )
    )
    assert sort_gff3(path, out)["phases_repaired"] == 1
    assert [row[7] for row in rows(out) if row[2] == "CDS"] == ["0", "2", "0", "1"]
