"""Masks, tables and sets of genes or sequences are the same whatever their compression; variants of BED."""

import gzip
import json
import subprocess
from itertools import product

import numpy as np
import pysam
import pytest

import clean_proteins
import csq_genes
import masks
from linnaea.base.errors import InputError
from linnaea.base.paths import ROOT
from linnaea.population.compartments import read_compartments
from linnaea.population.masks import BedCounts, read_mask

LENGTHS = {"chr|1": 900, "track2": 400, "X.1": 300}
INTERVALS = [("track2", 10, 50), ("chr|1", 100, 220), ("chr|1", 200, 300), ("chr|1", 5, 9), ("X.1", 0, 300)]
COMPRESSIONS = ("plain", "gzip", "bgzip")


def write(path, text, compression):
    """The path of the file as it was compressed."""
    if compression == "plain":
        path.write_bytes(text.encode())
        return str(path)
    path = path.with_name(f"{path.name}.gz")
    if compression == "gzip":
        path.write_bytes(gzip.compress(text.encode()))
    else:
        with pysam.BGZFile(str(path), "wb") as handle:
            handle.write(text.encode())
    return str(path)


def rows(intervals):
    return "".join(f"{name}\t{start}\t{end}\n" for name, start, end in intervals)


def sites(intervals):
    """Boolean arrays by sequence."""
    masked = {name: np.zeros(length, bool) for name, length in LENGTHS.items()}
    for name, start, end in intervals:
        masked[name][start:end] = True
    return masked


def intervals_of(path):
    return [(name, int(start), int(end)) for name, start, end in (x.split() for x in path.open())]


@pytest.mark.parametrize("first, second, third", list(product(COMPRESSIONS, repeat=3))[::2])
def test_masks_of_a_reference_are_the_same_in_every_compression(tmp_path, first, second, third):
    index = "".join(f"{name}\t{length}\t0\t60\t61\n" for name, length in LENGTHS.items())
    (tmp_path / "r.fai").write_text(index)
    include = write(tmp_path / "in.bed", rows([("chr|1", 50, 700), ("track2", 0, 30)]), first)
    repeats = write(tmp_path / "a.bed", rows(INTERVALS[:2]), second)
    exclude = write(tmp_path / "b.bed", rows(INTERVALS[2:]), first)
    kinds = write(tmp_path / "sex.tsv", "# from a browser\nX.1\tX\n", third)
    done = masks.main([
        "--fai", str(tmp_path / "r.fai"), "--include", include, "--exclude", repeats, exclude,
        "--compartments", kinds, "--included-bed", str(tmp_path / "included"),
        "--excluded-bed", str(tmp_path / "excluded"), "--compartments-tsv", str(tmp_path / "kinds"),
    ])  # fmt: skip
    assert done == 0
    assert intervals_of(tmp_path / "included") == [("chr|1", 50, 700), ("track2", 0, 30)]
    assert intervals_of(tmp_path / "excluded") == [
        ("chr|1", 5, 9), ("chr|1", 100, 300), ("track2", 10, 50), ("X.1", 0, 300)
    ]  # fmt: skip
    assert (tmp_path / "kinds").read_text() == "chromosome\tkind\nX.1\tX\n"


def test_without_masks_all_of_the_reference_is_included(tmp_path):
    (tmp_path / "r.fai").write_text("a\t9\nb\t4\n")
    names = {"--included-bed": "in", "--excluded-bed": "out", "--compartments-tsv": "kinds"}
    written = [word for option, name in names.items() for word in (option, str(tmp_path / name))]
    assert masks.main(["--fai", str(tmp_path / "r.fai"), *written]) == 0
    assert intervals_of(tmp_path / "in") == [("a", 0, 9), ("b", 0, 4)]
    assert (tmp_path / "out").read_text() == ""
    assert read_compartments(tmp_path / "kinds") == {}


VARIANTS = {
    "header lines": 'browser position chr|1:1-9\ntrack name="a b"\n#comment\n\n' + rows(INTERVALS),
    "header lines between": rows(INTERVALS[:2]) + "track x\n\n#a\tb\n" + rows(INTERVALS[2:]),
    "CRLF": rows(INTERVALS).replace("\n", "\r\n"),
    "CRLF without a last line end": rows(INTERVALS).replace("\n", "\r\n")[:-1],
    "no last line end": rows(INTERVALS)[:-1],
    "spaces": rows(INTERVALS).replace("\t", "  "),
    "names with spaces": rows(INTERVALS).replace("\n", "\ta b #c\t0\n"),
    "12 columns": rows(INTERVALS).replace("\n", "\tn\t0\t+\t1\t2\t0,0,0\t1\t5,\t0,\n"),
    "unsorted": rows(INTERVALS[::-1]),
    "twice": rows(INTERVALS * 2),
    "empty intervals": rows([*INTERVALS, ("chr|1", 500, 500)]),
}


@pytest.mark.parametrize("compression", COMPRESSIONS)
@pytest.mark.parametrize("variant", VARIANTS)
def test_variants_of_bed_mask_the_same_sites(tmp_path, variant, compression, monkeypatch):
    counts = BedCounts()
    path = write(tmp_path / "a.bed", VARIANTS[variant], compression)
    for size in (7, 1 << 20):
        monkeypatch.setattr("linnaea.formats.sequences.byte_blocks.__defaults__", (size, True))
        mask = read_mask(path, lengths=LENGTHS, counts=counts)
        for name, expected in sites(INTERVALS).items():
            assert mask.inside(name, np.arange(1, LENGTHS[name] + 1)).tolist() == expected.tolist()
    assert (counts.beyond, counts.strange) == (0, {})
    assert counts.empty == 2 * (variant == "empty intervals")


def test_what_lies_off_the_reference_is_counted_and_left_out(tmp_path):
    text = rows([*INTERVALS, ("no", 1, 5), ("no", 7, 9), ("X.1", 250, 301)])
    path = write(tmp_path / "a.bed", text, "plain")
    counts = BedCounts()
    mask = read_mask(path, lengths=LENGTHS, counts=counts)
    assert (counts.intervals, counts.strange, counts.beyond) == (8, {"no": 2}, 1)
    assert counts.first_beyond == "line 8: X.1 has 300 bp, the end is 301"
    assert mask.of("no")[0].size == 0 and mask.of("X.1")[1].tolist() == [300]


@pytest.mark.parametrize(
    "text, why",
    [
        ("chr|1\t1\n", "line 1 .*fewer than three columns"),
        ("chr|1\n", "line 1 .*fewer than three columns"),
        ("#a\n\nchr|1\t1\t2\nchr|1\t-1\t2\n", "line 4 .*start is not a whole number"),
        ("chrom\tstart\tend\nchr|1\t1\t2\n", "line 1 .*start is not a whole number; .* without column"),
        ("chr|1\t1\t2.5\n", "line 1 .*end is not a whole number"),
        ("chr|1\t\t2\n", "line 1 .*start and end are not whole numbers"),
        ("chr|1\t3\t2\n", "line 1 .*the end is before the start"),
    ],
)  # fmt: skip
def test_lines_that_are_no_bed_are_named(tmp_path, text, why):
    (tmp_path / "a.bed").write_text(text)
    with pytest.raises(InputError, match=why):
        read_mask(tmp_path / "a.bed")


GENES = "".join(
    f"1\tx\t{kind}\t1\t90\t.\t+\t{phase}\t{text}\n"
    for kind, phase, text in (
        ("gene", ".", "ID=g"), ("mRNA", ".", "ID=t;Parent=g"), ("exon", ".", "Parent=t"),
        ("CDS", "0", "Parent=t"),
    )
)  # fmt: skip


@pytest.mark.parametrize("compression", COMPRESSIONS)
def test_genes_of_csq_are_the_same_in_every_compression(tmp_path, compression):
    given = write(tmp_path / "genes.gff3", GENES, compression)
    assert csq_genes.main([given, "--out", str(tmp_path / "out")]) == 0
    text = (tmp_path / "out").read_text()
    assert text.count("\tCDS\t") == 1 and "gene:g" in text


@pytest.mark.parametrize("compression", COMPRESSIONS)
def test_proteins_are_the_same_in_every_compression(tmp_path, compression):
    given = write(tmp_path / "p.fasta", f">one\n{'MKV' * 9}*\n>two\n{'MLLPAR' * 4}", compression)
    names = {"--fasta": "o.fasta", "--names": "n.tsv", "--counts": "c.json"}
    written = [word for option, name in names.items() for word in (option, str(tmp_path / name))]
    assert clean_proteins.main(["--proteins", given, *written]) == 0
    lines = (tmp_path / "o.fasta").read_text().split()
    assert lines[1::2] == ["MKV" * 9, "MLLPAR" * 4]
    assert json.loads((tmp_path / "c.json").read_text())["proteins"] == 2


@pytest.mark.parametrize("first, second", list(product(COMPRESSIONS, repeat=2)))
def test_libraries_of_repeats_are_the_same_in_every_compression(tmp_path, first, second):
    """The commands of both maskers that join a user's libraries."""
    # without a last line end: the next file's first line must not be glued to it
    names = [write(tmp_path / "a.fa", ">a\nACGT", first), write(tmp_path / "b.fa", ">b\nTTGA\n", second)]
    commands = {}
    for module in ("repeatmasker", "windowmasker"):
        text = (ROOT / "modules" / f"{module}.nf").read_text()
        line = next(x for x in text.splitlines() if "libraries}" in x and ("gzip" in x or "seqkit" in x))
        commands[module] = line.replace("${libraries}", " ".join(names)).replace("\\$", "$")
    start = commands["windowmasker"].index("seqkit")
    commands["windowmasker"] = commands["windowmasker"][start:].split("\\n")[0]
    for command in commands.values():
        subprocess.run(["bash", "-euo", "pipefail", "-c", command], cwd=tmp_path, check=True)
        (library,) = tmp_path.glob("library.fa*")
        assert library.read_text().split() == [">a", "ACGT", ">b", "TTGA"]
        library.unlink()
