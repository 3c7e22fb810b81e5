"""Files of others: appended, with sequences inside, with odd IDs; what is repaired or left out is counted."""

import gzip
import random
import subprocess

import pytest
from Bio.Seq import Seq

from linnaea.annotation.accuracy import annotation_accuracy
from linnaea.annotation.gene_sequences import write_sequences
from linnaea.annotation.lift_over import read_source
from linnaea.annotation.quality import annotation_quality
from linnaea.base.errors import InputError
from linnaea.formats.gene_models import Gene, Transcript, codon_table, protein, reverse_complement
from linnaea.formats.gff3 import attributes, check_names, is_gtf, read_genes, rows, write_genes
from linnaea.formats.gff3_sort import sort_gff3
from linnaea.input.files import check_gene_set, check_genes, check_hints


def table(*lines: str) -> str:
    """GFF text from rows whose columns are separated by spaces; the ninth may contain spaces."""
    return "".join("\t".join(line.split(None, 8)) + "\n" for line in lines)


def gene(name: str, start: int = 1, seqid: str = "c") -> str:
    end = start + 89
    return table(
        f"{seqid} x gene {start} {end} . + . ID={name}",
        f"{seqid} x mRNA {start} {end} . + . ID={name}.t1;Parent={name}",
        f"{seqid} x exon {start} {end} . + . ID={name}.e;Parent={name}.t1",
        f"{seqid} x CDS {start} {end} . + 0 ID={name}.c;Parent={name}.t1",
    )


HEAD = "##gff-version 3\n"


def written(path, text: str | bytes):
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def names(path, notes=None):
    return [gene.id for gene in read_genes(path, notes)]


def sorted_genes(tmp_path, *paths, notes=None):
    """IDs of the genes of files joined by the gate of gene sets; GenomeTools has to accept the result."""
    out = tmp_path / "sorted.gff3"
    sort_gff3(list(paths), out, None, notes)
    done = subprocess.run(["gt", "gff3validator", str(out)], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return names(out)


# Lines


@pytest.mark.parametrize(
    "text",
    [
        HEAD + gene("a") + gene("b", 201),
        (HEAD + gene("a") + gene("b", 201)).rstrip("\n"),
        (HEAD + gene("a") + gene("b", 201)).replace("\n", "\r\n"),
        (HEAD + gene("a") + gene("b", 201)).replace("\n", "\r"),
        b"\xef\xbb\xbf" + (HEAD + gene("a") + gene("b", 201)).encode(),
        gzip.compress((HEAD + gene("a")).encode()) + gzip.compress(gene("b", 201).encode()),
        HEAD + gene("a") + "##FASTA\n>c\tsome words\nACGT\n" + gene("b", 201),
        HEAD + gene("a") + ">c\nACGT\n" + HEAD + gene("b", 201),
        HEAD + gene("a").rstrip("\n") + HEAD + gene("b", 201),
        HEAD + gene("a") + "# a\tcomment\twith\ttabs\n\n###\n" + HEAD + gene("b", 201) + "##FASTA\n>c\nACGT",
        gene("a").replace("\tgene\t", "\tSO:0000704\t").replace("\tCDS\t", "\tSO:0000316\t") + gene("b", 201),
    ],
)
def test_both_genes_are_read_however_the_file_was_put_together(tmp_path, text):
    path = written(tmp_path / "in.gff3", text)
    assert names(path) == ["a", "b"]
    assert sorted_genes(tmp_path, path) == ["a", "b"]
    assert all(model.cds == model.exons for gene in read_genes(path) for model in gene.transcripts)


def test_files_are_joined_whatever_their_ends(tmp_path):
    """A gzip file with sequences, one without a last line end, and GTF; none loses a gene."""
    one = written(tmp_path / "1.gff3.gz", gzip.compress((HEAD + gene("a") + "##FASTA\n>c\nACGT\n").encode()))
    two = written(tmp_path / "2.gff3", (HEAD + gene("b", 201)).rstrip("\n"))
    three = written(tmp_path / "3.gtf", table('c x CDS 401 490 . + 0 gene_id "d"; transcript_id "d.1";'))
    assert sorted_genes(tmp_path, one, two, three) == ["a", "b", "d"]


def test_two_rows_on_one_line_are_told(tmp_path):
    path = written(tmp_path / "in.gff3", gene("a").rstrip("\n") + gene("b", 201))
    for read in (read_genes, lambda path: sort_gff3(path, None)):
        with pytest.raises(InputError, match=r"in\.gff3, line 4: two rows on one line"):
            read(path)


def test_escapes_in_every_column(tmp_path):
    text = HEAD + table("c%7C1 my%20tool gene 1 9 . + . ID=a%2Cb;Name=x%3By%25")
    (row,) = rows(written(tmp_path / "in.gff3", text))
    assert row[:3] == ["c|1", "my tool", "gene"]
    assert attributes(row[8]) == {"ID": "a,b", "Name": "x;y%"}
    assert check_names(tmp_path / "in.gff3", {"c|1": 9}) == (0.0, [])
    sort_gff3(tmp_path / "in.gff3", tmp_path / "out", {"c|1": 9})
    assert [row[0] for row in rows(tmp_path / "out")] == ["c|1"]


def test_names_that_only_escapes_can_hold(tmp_path):
    models = [Transcript("t\t1", "c", "+", [(0, 9)], attributes={"note": "\xa0", "other": " x "})]
    write_genes(tmp_path / "o", [Gene("g\t,;", "c", "+", models)], {"c": 9})
    assert read_genes(tmp_path / "o") == [Gene("g\t,;", "c", "+", models)]


# IDs


EVM = table(
    "c EVM gene 1 90 . + . ID=m;Name=m",
    "c EVM mRNA 1 90 . + . ID=m;Parent=m",
    "c EVM exon 1 90 . + . ID=m.exon;Parent=m",
    "c EVM CDS 1 90 . + 0 ID=m.cds;Parent=m",
)


def test_a_transcript_with_the_id_of_its_gene(tmp_path):
    for order in (1, -1):
        path = written(tmp_path / "in.gff3", HEAD + "".join(EVM.splitlines(keepends=True)[::order]))
        (found,) = read_genes(path)
        assert (found.id, found.attributes, found.transcripts[0].id) == ("m.gene", {"Name": "m"}, "m")
        notes = []
        assert sorted_genes(tmp_path, path, notes=notes) == ["m.gene"]
        assert "in.gff3: transcripts have the ID of their gene: renamed: 1 (m in line" in notes[0]


def test_ids_are_known_from_one_version_line_to_the_next(tmp_path):
    path = written(
        tmp_path / "in.gff3", HEAD + gene("g1") + HEAD + gene("g1", 1001, "d") + HEAD + gene("g1", 501)
    )
    assert names(path) == ["g1", "g1.2", "g1.3"]
    assert sorted(sorted_genes(tmp_path, path)) == ["g1", "g1.2", "g1.3"]
    assert [len(found.transcripts) for found in read_genes(path)] == [1, 1, 1]


def test_parts_in_another_scope_than_their_parent_belong_to_it(tmp_path):
    *above, exon, cds = gene("a").splitlines(keepends=True)
    path = written(tmp_path / "in.gff3", HEAD + "".join(above) + HEAD + exon + cds)
    assert names(path) == sorted_genes(tmp_path, path) == ["a"]


def test_ids_that_exons_of_several_transcripts_share(tmp_path):
    text = (gene("a") + gene("b", 201)).replace("ID=a.e", "ID=exon1").replace("ID=b.e", "ID=exon1")
    notes = []
    assert sorted_genes(tmp_path, written(tmp_path / "in.gff3", text), notes=notes) == ["a", "b"]
    assert "IDs that several features share: numbered: 1 (exon1 in line 7)" in notes[0]


def test_parents_without_a_row(tmp_path):
    """As after `grep CDS`, or with genes taken away: rows are added, and counted."""
    for kept in (("CDS",), ("mRNA", "exon", "CDS"), ("exon", "CDS")):
        lines = [line for line in gene("a").splitlines() if line.split("\t")[2] in kept]
        path = written(tmp_path / "in.gff3", HEAD + "\n".join(lines))
        notes = []
        assert len(sorted_genes(tmp_path, path, notes=notes)) == 1
        assert "without their own row: added: 1 (a" in notes[0]
        assert len(read_genes(path)[0].transcripts[0].cds) == 1


def test_attributes_that_the_specification_refuses(tmp_path):
    text = HEAD + gene("a").replace("ID=a.t1", "ID=a.t1;FPKM=3;flag;empty=;Note=x;Note=y;url=a=b")
    notes = []
    sorted_genes(tmp_path, written(tmp_path / "in.gff3", text), notes=notes)
    found = next(attributes(row[8]) for row in rows(tmp_path / "sorted.gff3") if row[2] == "mRNA")
    assert (found["fpkm"], found["flag"], found["empty"]) == ("3", "true", "true")
    assert (found["Note"], found["url"]) == ("x,y", "a=b")
    assert "rewritten: 1 (mRNA in line 3)" in notes[0]


def test_a_name_of_gtf_at_two_places_is_two_transcripts(tmp_path):
    path = written(
        tmp_path / "in.gtf",
        table(
            'X u CDS 1 90 . + 0 gene_id "g"; transcript_id "t";',
            'Y u CDS 11 100 . - 0 gene_id "g"; transcript_id "t";',
        ),
    )
    assert is_gtf(path)
    assert [(g.id, g.transcripts[0].id, g.seqid) for g in read_genes(path)] == [
        ("g", "t", "X"),
        ("g.2", "t.2", "Y"),
    ]


# What is left out, or does not code


TRANS = table(
    "c x gene 1 8114 . + . ID=Cp001",
    "c x mRNA 1 8114 . + . ID=Cp001.1;Parent=Cp001;note=trans splicing of intron 1;trans_splicing=",
    "c x CDS 8001 8114 . - 0 ID=Cp001.1.cds1;Parent=Cp001.1",
    "c x CDS 93 356 . + 0 ID=Cp001.1.cds2;Parent=Cp001.1",
)


@pytest.mark.parametrize(
    "rows_of",
    [
        TRANS,
        TRANS.replace("trans_splicing=", "exception=trans-splicing"),
        table("c x CDS 1 30 . + 0 ID=k;Parent=t;exception=trans-splicing;part=1"),
    ],
)
def test_trans_spliced_genes_are_left_out_and_named(tmp_path, rows_of):
    notes = []
    assert names(written(tmp_path / "in.gff3", HEAD + gene("a") + rows_of), notes) == ["a"]
    assert "in.gff3: trans-spliced transcripts are left out: 1 (" in notes[0]
    assert "a" in sorted_genes(tmp_path, tmp_path / "in.gff3")


def test_a_gene_over_the_origin_of_a_circle(tmp_path):
    text = HEAD + table(
        "MT R region 1 9000 . + . ID=MT:1..9000;Is_circular=true",
        "MT R gene 8701 9303 . + . ID=cox;gene_biotype=protein_coding",
        "MT R CDS 8701 9303 . + 0 ID=cds-cox;Parent=cox",
    )
    path, notes = written(tmp_path / "in.gff3", text + gene("a")), []
    assert names(path, notes) == ["a"]
    assert "transcripts over the origin of a circular sequence are left out: 1 (cox in line 4)" in notes[0]
    assert check_names(path, {"MT": 9000, "c": 90}) == (0.0, [])
    sort_gff3(path, tmp_path / "out", {"MT": 9000, "c": 90})
    assert [row[4] for row in rows(tmp_path / "out") if row[2] == "gene"] == ["9303", "90"]
    subprocess.run(["gt", "gff3validator", str(tmp_path / "out")], check=True)
    written(path, text.replace(";Is_circular=true", ""))
    with pytest.raises(InputError, match=r"line 3: gene on MT at 8701 to 9303 ends beyond its sequence"):
        sort_gff3(path, tmp_path / "out", {"MT": 9000})


@pytest.mark.parametrize("strand", ["+", "-"])
@pytest.mark.parametrize("how", ["beyond the end", "in parts", "with an intron"])
def test_the_protein_of_a_gene_over_the_origin(tmp_path, strand, how):
    """A circle opened inside a gene has the protein that it has when opened outside."""
    rng = random.Random(11)
    coding = "ATG" + "".join(rng.choices(["GCT", "AAC", "CTG", "GAA"], k=60)) + "TAA"
    gap = "GT" + "".join(rng.choices("ACGT", k=80)) + "AG" if how == "with an intron" else ""
    message = coding[:70] + gap + coding[70:]
    if strand == "-":
        message = reverse_complement(message.encode()).decode()
    whole = "".join(rng.choices("ACGT", k=400)) + message + "".join(rng.choices("ACGT", k=300))
    length, low, high = len(whole), 400, 400 + len(message)
    first = 70 if strand == "+" else len(coding) - 70
    parts = [(low, low + first), (low + first + len(gap), high)] if gap else [(low, high)]
    cut = low + (160 if gap and strand == "+" else 100)  # the first base of the opened circle, in an exon
    circle = whole[cut:] + whole[:cut]
    moved = [(start + length - cut, end + length - cut) for start, end in parts]
    listed = moved
    if how != "beyond the end":
        listed = [
            piece
            for start, end in moved
            for piece in ([(start, length), (0, end - length)] if start < length < end else [(start, end)])
        ]
        listed = sorted((start % length, end if end <= length else end - length) for start, end in listed)
    text = HEAD + table(
        f"MT R region 1 {length} . + . ID=MT:1..{length};Is_circular=true",
        f"MT R gene {min(a for a, _ in listed) + 1} {max(b for _, b in listed)} . {strand} . ID=cox",
        *(f"MT R CDS {a + 1} {b} . {strand} 0 ID=c;Parent=cox" for a, b in listed),
    )
    path, notes = written(tmp_path / "in.gff3", text), []
    fasta = tmp_path / "in.fa"
    fasta.write_text(f">MT\n{circle}\n")
    (gene,) = read_genes(path, notes, over_origin=True)
    (model,) = gene.transcripts
    assert (gene.circle, model.cds, notes) == (length, moved, [])
    expected = str(Seq(coding).translate())
    outputs = {kind: tmp_path / kind for kind in ("proteins", "cds")}
    assert write_sequences([gene], fasta, outputs) == {"proteins": 1, "cds": 1}
    assert outputs["cds"].read_text().split("\n", 1)[1].replace("\n", "") == coding
    assert outputs["proteins"].read_text().split("\n", 1)[1].replace("\n", "") + "*" == expected
    (source,) = read_source(fasta, path)
    assert (source.letters.decode(), source.coding) == (coding, (0, len(coding)))
    record, rows = annotation_quality(path, fasta)
    assert (record["coding_transcripts"], rows[0]["flags"]) == (1, [])
    write_genes(tmp_path / "out.gff3", [gene], {"MT": length})
    subprocess.run(["gt", "gff3validator", str(tmp_path / "out.gff3")], check=True)
    (again,) = read_genes(tmp_path / "out.gff3", over_origin=True)
    assert (again.circle, again.transcripts[0].cds) == (length, moved)
    record, _ = annotation_accuracy(tmp_path / "out.gff3", path, genome=fasta)
    assert record["gene_f1_pct"] == 100
    other = written(tmp_path / "short.fa", f">MT\n{circle[:-30]}\n")
    with pytest.raises(
        InputError, match=f"gene cox ends at {moved[-1][1]}, but MT of .* has {length - 30} bp"
    ):
        write_sequences([gene], other, outputs)


@pytest.mark.parametrize(
    "change",
    [
        ("ID=p\n", "ID=p;pseudo=true\n"),
        ("ID=p\n", "ID=p;gene_biotype=transcribed_pseudogene\n"),
        ("ID=p\n", "ID=p;pseudogene=unprocessed\n"),
        ("ID=p.c;", "ID=p.c;pseudo=true;"),
        ("ID=p.t1;", "ID=p.t1;biotype=polymorphic_pseudogene;"),
        ("gene\t201", "pseudogene\t201"),
    ],
)
def test_pseudogenes_do_not_code(tmp_path, change):
    notes = []
    path = written(tmp_path / "in.gff3", HEAD + gene("a") + gene("p", 201).replace(*change))
    _, pseudo = read_genes(path, notes)
    assert (pseudo.transcripts[0].cds, pseudo.transcripts[0].exons) == ([], [(200, 290)])
    assert "pseudogenes: not counted as coding: 1 (p in line 8)" in notes[0]
    written(tmp_path / "set.gff3", HEAD + gene("a"))
    record, _ = annotation_accuracy(tmp_path / "set.gff3", path)
    assert (record["gene_reference"], record["gene_f1_pct"]) == (1, 100)


def test_biotypes_that_only_sound_so_code(tmp_path):
    path = written(
        tmp_path / "in.gff3", HEAD + gene("a").replace("ID=a\n", "ID=a;pseudo=false;note=pseudogene-like\n")
    )
    assert read_genes(path)[0].transcripts[0].cds


@pytest.mark.parametrize("strand", ["+", "-"])
@pytest.mark.parametrize(
    "how", ["GFF3", "GTF", "row of GFF3", "row of GTF", "open range"],
)  # fmt: skip
def test_selenocysteine(tmp_path, strand, how):
    """The codon TGA, split by an intron, in each way in which files tell of it."""
    spliced = b"ATGGCTTGAGCATAA"  # M A U A *
    letters = spliced[:7] + b"GTCCAG" + spliced[7:]
    sequence = letters if strand == "+" else reverse_complement(letters)
    parts = [(1, 7), (14, 21)] if strand == "+" else [(1, 8), (15, 21)]
    codon = ["7..7", "14..15"] if strand == "+" else ["7..8", "15..15"]
    joined = (
        f"join({','.join(codon)})"
        if how != "open range"
        else codon[0].split("..")[0] + ".." + codon[1].split("..")[1]
    )
    place = joined if strand == "+" else f"complement({joined})"
    said = f"(pos:{place}%2Caa:Sec)"
    cds = [f"c x CDS {a} {b} . {strand} . " for a, b in parts]
    if "GTF" in how:
        column = 'gene_id "g"; transcript_id "t";'
        more = f' transl_except "{said.replace("%2C", ",")}";' if how == "GTF" else ""
        text = table(*(row + column + more for row in cds))
        if how == "row of GTF":
            low, high = codon[0].split(".")[0], codon[1].split(".")[-1]
            text += table(f"c x Selenocysteine {low} {high} . {strand} . {column}")
    else:
        more = f";transl_except={said}" if how != "row of GFF3" else ""
        text = HEAD + table(
            f"c x gene 1 21 . {strand} . ID=g",
            f"c x mRNA 1 21 . {strand} . ID=t;Parent=g",
            *(f"{row}ID=k;Parent=t{more}" for row in cds),
        )
        if how == "row of GFF3":
            low, high = codon[0].split(".")[0], codon[1].split(".")[-1]
            text += table(
                f"c x stop_codon_redefined_as_selenocysteine {low} {high} . {strand} . ID=u;Parent=t"
            )
    ((model,),) = [found.transcripts for found in read_genes(written(tmp_path / "in.gff", text))]
    assert protein(model, sequence) == "MAUA*"
    assert codon_table()[b"TGA"] == "*"
    (tmp_path / "in.fa").write_text(f">c\n{sequence.decode()}\n")
    (source,) = read_source(tmp_path / "in.fa", tmp_path / "in.gff")
    assert source.recoded == {2: "U"}


def test_ends_that_refseq_leaves_open_are_partial(tmp_path):
    for strand, end in (("+", "5"), ("-", "3")):
        text = (
            gene("a")
            .replace("ID=a.c;", "ID=a.c;partial=true;start_range=.,1;")
            .replace("\t+\t", f"\t{strand}\t")
        )
        (found,) = read_genes(written(tmp_path / "in.gff3", text))
        assert found.transcripts[0].attributes["partial"] == end


# Before the start


def test_transcripts_without_cds_are_no_reference(tmp_path):
    path = written(
        tmp_path / "st.gtf",
        table(
            'c StringTie transcript 1 90 1000 + . gene_id "S.1"; transcript_id "S.1.1"; FPKM "0.2";',
            'c StringTie exon 1 90 1000 + . gene_id "S.1"; transcript_id "S.1.1"; exon_number "1";',
        ),
    )
    for check in (check_genes, check_gene_set):
        with pytest.raises(InputError, match=r"st\.gtf has 1 transcripts but no CDS rows"):
            check(str(path))


def test_the_check_tells_what_the_run_would_leave_out(tmp_path):
    path = written(tmp_path / "in.gff3", HEAD + EVM + gene("a", 201) + TRANS)
    assert [note.split(": ", 1)[1] for note in check_gene_set(str(path)).notes] == [
        "transcripts have the ID of their gene: renamed: 1 (m in line 3)",
        "trans-spliced transcripts are left out: 1 (Cp001.1 in line 13)",
        "attributes without a value, repeated or reserved: rewritten: 1 (mRNA in line 11)",
    ]
    hints = written(
        tmp_path / "h.gff", table("c x intron 1 90 2 + . mult=2;src=E", "c x exonpart 1 9 2 + . src=W")
    )
    assert check_hints(str(hints)).notes == [
        f"{hints}: 1 of 2 hints are of types that are not used (exonpart; used are intron, start, stop)"
    ]


def test_braker_gtf_is_a_gene_set(tmp_path):
    path = written(
        tmp_path / "braker.gtf",
        table(
            "c AUGUSTUS gene 1 90 . + . g1",
            "c AUGUSTUS transcript 1 90 . + . g1.t1",
            'c AUGUSTUS exon 1 90 . + . transcript_id "g1.t1"; gene_id "g1";',
            'c AUGUSTUS CDS 1 90 . + 0 transcript_id "g1.t1"; gene_id "g1";',
        ),
    )
    assert check_gene_set(str(path)).notes == []
    assert sorted_genes(tmp_path, path) == ["g1"]
