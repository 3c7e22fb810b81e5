"""What is written and read again is the same, however a file is cut and put together; other readers agree."""

import gzip
import random
import subprocess
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from linnaea.base.errors import InputError
from linnaea.formats.gene_models import Gene, Transcript
from linnaea.formats.gff3 import read_genes, write_genes
from linnaea.formats.gff3_columns import read_columns
from linnaea.formats.gff3_sort import sort_gff3
from linnaea.formats.gtf import write_gtf

quick = settings(max_examples=25, deadline=None, derandomize=True)
letters = st.characters(exclude_categories=["Cs"])
texts = st.text(letters, min_size=1, max_size=12)
# GTF has no escapes: its values hold neither quotes nor tabs nor line ends, as the writer sees to.
plain = st.text(
    st.characters(exclude_categories=["Cs", "Cc", "Zl", "Zp"], exclude_characters='"'),
    min_size=1,
    max_size=12,
)
words = st.from_regex(r"[a-z][a-z0-9_]{3,9}", fullmatch=True).map(lambda word: f"x{word}")


@st.composite
def parts(draw):
    """Ascending exons with gaps between them, and the CDS within from one base to another."""
    sizes = draw(st.lists(st.integers(1, 60), min_size=2, max_size=12))
    at, edges = draw(st.integers(0, 500)), []
    for size in sizes:
        at += size
        edges.append(at)
    exons = [(a, b) for a, b in zip(edges[::2], edges[1::2], strict=False)]
    if draw(st.booleans()):
        return exons, []
    first = draw(st.integers(exons[0][0], exons[0][1] - 1))
    last = draw(st.integers(exons[-1][0] + 1, exons[-1][1]))
    cds = [(max(a, first), min(b, last)) for a, b in exons]
    return exons, [(a, b) for a, b in cds if a < b]


NO_SCORE = st.none()


@st.composite
def gene_sets(draw, values, scores=NO_SCORE):
    seqids = draw(st.lists(values, min_size=1, max_size=2, unique=True))
    idents = iter(draw(st.lists(values.filter(lambda x: x.strip()), min_size=12, max_size=12, unique=True)))
    facts = st.dictionaries(words, values, max_size=2)
    genes = []
    for _ in range(draw(st.integers(1, 3))):
        seqid, strand = draw(st.sampled_from(seqids)), draw(st.sampled_from("+-"))
        models = []
        for _ in range(draw(st.integers(1, 3))):
            exons, cds = draw(parts())
            phase = draw(st.integers(0, 2)) if sum(b - a for a, b in cds) > 6 else 0
            kind = "mRNA" if cds else draw(st.sampled_from(["transcript", "tRNA", "lnc_RNA"]))
            models.append(
                Transcript(
                    next(idents), seqid, strand, exons, cds, phase, kind, "s", draw(scores), draw(facts)
                )
            )
        genes.append(Gene(next(idents), seqid, strand, models, "gene", "s", draw(scores), draw(facts)))
    return seqids, genes


def ordered(genes: list[Gene]) -> list[Gene]:
    for gene in genes:
        gene.transcripts.sort(key=lambda model: (model.start, model.end, model.id))
    return sorted(genes, key=lambda gene: (gene.seqid, gene.start, gene.end, gene.strand, gene.id))


@quick
@given(gene_sets(texts, st.none() | st.floats(allow_nan=False, allow_infinity=False)))
def test_gff3_comes_back(drawn):
    """Any name, any value, any number; written again it is the same file."""
    seqids, genes = drawn
    lengths = dict.fromkeys(seqids, 10_000)
    with tempfile.TemporaryDirectory() as name:
        one, two, three = (Path(name) / file for file in "abc")
        write_genes(one, genes, lengths)
        assert ordered(read_genes(one)) == ordered(genes)
        write_genes(two, read_genes(one), lengths)
        assert two.read_bytes() == one.read_bytes()
        sort_gff3(one, three, lengths)
        assert ordered(read_genes(three)) == ordered(genes)


@quick
@given(gene_sets(plain))
def test_gtf_comes_back(drawn):
    seqids, genes = drawn
    genomes = [(name, None) for name in seqids]
    with tempfile.TemporaryDirectory() as name:
        one, two = (Path(name) / file for file in "ab")
        write_gtf(one, genes, genomes)
        back = read_genes(one)
        assert ordered(back) == ordered(genes)
        write_gtf(two, back, genomes)
        assert two.read_bytes() == one.read_bytes()


def rows_of(number: int, ident: str) -> str:
    place = f"c{number % 2}\tx"
    return (
        f"{place}\tgene\t{10 * number + 1}\t{10 * number + 9}\t.\t+\t.\tID={ident}\n"
        f"{place}\tCDS\t{10 * number + 1}\t{10 * number + 9}\t.\t+\t0\tID={ident}.c;Parent={ident}\n"
    )


@quick
@given(
    st.lists(
        st.tuples(
            st.sampled_from(
                [
                    "",
                    "##gff-version 3\n",
                    "# words\twith\ttabs\n\n",
                    "##FASTA\n>c0 x\nACGT\nAC\n",
                    ">c1\nAC\n",
                    "###\n",
                ]
            ),
            st.sampled_from(["\n", "\r\n", "\r"]),
            st.booleans(),
        ),
        min_size=1,
        max_size=6,
    ),
    st.booleans(),
)
def test_no_gene_is_lost_in_a_file_of_pieces(pieces, zipped):
    """Gene rows behind each kind of line, with each line end, as members of a gzip file or not."""
    data = b""
    for number, (before, end, opened) in enumerate(pieces):
        head = "##gff-version 3\n" if opened else ""
        block = (before + head + rows_of(number, f"g{number}")).replace("\n", end).encode()
        data += gzip.compress(block) if zipped else block
    with tempfile.TemporaryDirectory() as name:
        path = Path(name) / "in.gff3"
        path.write_bytes(data)
        found = {(gene.id, gene.seqid, gene.start) for gene in read_genes(path)}
        assert found == {(f"g{n}", f"c{n % 2}", 10 * n) for n in range(len(pieces))}
        assert read_columns(path).frame.height == 2 * len(pieces)


SOUND = ("##gff-version 3\n" + rows_of(1, "a") + rows_of(2, "b")).encode()


@settings(max_examples=60, deadline=None, derandomize=True)
@given(st.integers(0, len(SOUND)), st.binary(max_size=6), st.integers(0, 6))
def test_a_damaged_file_is_read_or_named(at, put, cut):
    """Bytes put into a sound file, or cut from it, give genes or one sentence with the file's name."""
    with tempfile.TemporaryDirectory() as name:
        path = Path(name) / "in.gff3"
        path.write_bytes(SOUND[:at] + put + SOUND[at + cut :])
        for read in (read_genes, read_columns, lambda path: sort_gff3(path, None)):
            try:
                read(path)
            except InputError as error:
                assert "in.gff3" in str(error)


@pytest.mark.parametrize("shuffled", [False, True])
def test_gffread_agrees_on_exons_and_cds(tmp_path, shuffled):
    """Normal files, rows in any order, features of several parents."""
    rng = random.Random(9)
    lines, truth = [], {}
    for n in range(150):
        strand, at = "+-"[n % 2], 2000 * n + 5
        edges = sorted(rng.sample(range(at, at + 1500), 10))
        exons = list(zip(edges[::2], edges[1::2], strict=True))
        place = "c\tx"
        gene, one, two = f"g{n}", f"g{n}.1", f"g{n}.2"
        lines.append(f"{place}\tgene\t{edges[0] + 1}\t{edges[-1]}\t.\t{strand}\t.\tID={gene}")
        for name, own in ((one, exons), (two, exons[1:])):
            lines.append(
                f"{place}\tmRNA\t{own[0][0] + 1}\t{own[-1][1]}\t.\t{strand}\t.\tID={name};Parent={gene}"
            )
        for i, (a, b) in enumerate(exons):
            parents = f"{one},{two}" if i else one
            lines.append(f"{place}\texon\t{a + 1}\t{b}\t.\t{strand}\t.\tParent={parents}")
        coding = [(exons[1][0] + (exons[1][1] > exons[1][0] + 1), exons[1][1]), *exons[2:4]]
        for name in (one, two):
            for a, b in coding:
                lines.append(f"{place}\tCDS\t{a + 1}\t{b}\t.\t{strand}\t0\tID={name}.c;Parent={name}")
        truth |= {one: (exons, coding), two: (exons[1:], coding)}
    if shuffled:
        rng.shuffle(lines)
    path = tmp_path / "in.gff3"
    path.write_text("##gff-version 3\n" + "\n".join(lines) + "\n")
    ours = {model.id: (model.exons, model.cds) for gene in read_genes(path) for model in gene.transcripts}
    assert ours == truth
    sort_gff3(path, tmp_path / "out.gff3")
    subprocess.run(["gt", "gff3validator", str(tmp_path / "out.gff3")], check=True, capture_output=True)
    if shuffled:
        return  # gffread loses the first base of some exons where CDS come before them
    done = subprocess.run(
        ["gffread", str(path), "--table", "@id,@exons,@cds"], capture_output=True, text=True, check=True
    )

    def places(text: str):
        return [(int(a) - 1, int(b)) for a, b in (part.split("-") for part in text.split(","))]

    theirs = {
        name: (places(exons), places(cds)) for name, exons, cds in map(str.split, done.stdout.splitlines())
    }
    assert theirs == ours
