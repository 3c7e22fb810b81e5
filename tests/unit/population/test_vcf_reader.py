"""The VCF reader: against bcftools on random rows, and row by row in cases that are hard."""

import gzip
import io
import subprocess
from pathlib import Path

import numpy as np
import pytest

from linnaea.base.errors import InputError
from linnaea.population.blocks import BASES, NO_BASE, SiteBlock
from linnaea.population.vcf_reader import Header, read_blocks

HEADER = (
    "##fileformat=VCFv4.2\n##contig=<ID=chr1,length=1000000>\n##contig=<ID=sc|2.1>\n"
    '##FORMAT=<ID=GT,Number=1,Type=String,Description="G">\n'
    '##FORMAT=<ID=DP,Number=1,Type=Integer,Description="D">\n'
    '##FORMAT=<ID=GQ,Number=1,Type=Integer,Description="Q">\n'
    '##FORMAT=<ID=AD,Number=R,Type=Integer,Description="A">\n'
    '##FORMAT=<ID=PL,Number=G,Type=Integer,Description="P">\n'
    "#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\tFORMAT\t"
)


def vcf(rows: list[str], samples: tuple[str, ...] = ("a", "b")) -> str:
    """A VCF from rows written with blanks for tabs."""
    return HEADER + "\t".join(samples) + "\n" + "".join("\t".join(row.split()) + "\n" for row in rows)


def read(text: str | bytes, **options: object) -> tuple[Header, list[SiteBlock]]:
    data = text.encode() if isinstance(text, str) else text
    header, blocks = read_blocks(io.BytesIO(data), **options)
    return header, list(blocks)


def calls(row: str, n: int = 2) -> list[list[int]]:
    """The genotypes of one row."""
    _, (block,) = read(vcf([row], tuple("abcdefgh"[:n])))
    return block.genotypes[0].tolist()


def test_columns_of_a_row() -> None:
    rows = [
        "chr1 9 . a . . PASS . GT 0/0 ./.",
        "chr1 10 rs1 C T 31.25 . DP=3:x GT 0/1 1|1",
        "chr1 123456789012 . G A,T 1e3 q10;s . GT 0/2 .",
        "chr1 123456789013 . G A,<*> 7 PASS . GT 0/1 0/2",
        "chr1 123456789014 . GA G 12 PASS . GT 0/1 1/1",
        "chr1 123456789015 . G <*> 5 PASS . GT 0/0 0/0",
        "chr1 123456789016 . G A,* 5 PASS . GT 0/1 0/2",
        "chr1 123456789017 . N . 5 PASS . GT 0/0 0/0",
    ]
    header, blocks = read(vcf(rows))
    assert header.samples == ["a", "b"]
    assert header.contigs == {"chr1": 1_000_000, "sc|2.1": None}
    (block,) = blocks
    assert block.position.tolist() == [9, 10, *range(123456789012, 123456789018)]
    assert block.snv.tolist() == [True, True, True, True, False, True, True, False]
    assert block.alternate.tolist() == [False, True, True, True, True, False, True, False]
    n = NO_BASE
    assert block.alleles[:4].tolist() == [[0, n, n, n], [1, 3, n, n], [2, 0, 3, n], [2, 0, n, n]]
    assert block.passed.tolist() == [True, True, False, True, True, True, True, True]
    assert block.quality[1:].tolist() == [31.25, 1000, 7, 12, 5, 5, 5]
    assert np.isnan(block.quality[0])
    assert block.genotypes[3].tolist() == [[0, 1], [0, -1]], "<*> is no allele"
    assert block.genotypes[6].tolist() == [[0, 1], [0, -1]], "* is no base"
    assert block.reference_length.tolist() == [1, 1, 1, 1, 2, 1, 1, 1]
    assert block.depth is None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("0/0 0/1", [[0, 0], [0, 1]]),
        ("0|1 ./.", [[0, 1], [-1, -1]]),
        ("1 0", [[1, -2], [0, -2]]),
        (". 1/1", [[-1, -2], [1, 1]]),
        ("./1 0/.", [[-1, 1], [0, -1]]),
        ("/0|1 |1/0", [[0, 1], [1, 0]]),
        ("|1 /.", [[1, -2], [-1, -2]]),
        ("././. .|.|.|.", [[-1, -1], [-1, -1]]),
        ("0/12 12|0", [[0, 12], [12, 0]]),
    ],
)
def test_genotypes(text: str, expected: list[list[int]]) -> None:
    alternates = ",".join("A" * n for n in range(2, 15))
    assert calls(f"chr1 5 . A {alternates} . . . GT {text}") == expected
    first, second = text.split()
    longer = f"chr1 5 . A {alternates} . . . PL:GT:DP 0,1,2:{first}:7 .:{second}"
    assert calls(longer) == expected, "GT is found behind other keys and before missing ones"


def test_values_of_format() -> None:
    rows = [
        "chr1 5 . A C 50 . . GT:PL:DP:AD:GQ 0/1:0,1,255:12:7,5:99 1/1:9,9,9:12345:0,12345:0",
        "chr1 6 . A . 50 . . GT:DP:AD 0/0:9:9 ./.:0:0",
        "chr1 7 . A C,G 50 . . GT:AD:DP 0/1:3,4,5 ./.:.:.",
        "chr1 8 . A C 50 . . DP:GT .:0/1 1000:1",
        "chr1 9 . A C 50 . . GT:AD 0/0:.,. 0/0:4,.",
    ]
    _, (block,) = read(vcf(rows), fields=("GT", "DP", "AD", "GQ"))
    assert block.depth.tolist() == [[12, 12345], [9, 0], [12, -1], [-1, 1000], [-1, 4]]
    assert block.genotype_quality.tolist() == [[99, 0], [-1, -1], [-1, -1], [-1, -1], [-1, -1]]
    assert block.allele_depth[[0, 2]].tolist() == [[[7, 5], [0, 12345]], [[3, 9], [-1, -1]]]
    assert block.allele_depth[4].tolist() == [[-1, -1], [4, 0]]
    assert block.genotypes[3].tolist() == [[0, 1], [1, -2]]


def test_chromosomes_are_kept_apart_and_names_may_be_odd() -> None:
    names = ["1", "11", "1", "sc|2.1", "sc|2.1", "sc|2.2"]
    text = vcf([f"{name} {at + 1} . A . . . . GT 0/0 0/0" for at, name in enumerate(names)])
    _, blocks = read(text)
    found = [(block.chromosome, block.position.tolist()) for block in blocks]
    assert found == [("1", [1]), ("11", [2]), ("1", [3]), ("sc|2.1", [4, 5]), ("sc|2.2", [6])]


def test_selected_samples_come_in_the_order_asked() -> None:
    rows = ["chr1 5 . A C . . . GT 0/0 0/1 1/1", "chr1 6 . A C . . . GT:DP 0/0:1 0/1:2 1/1:3"]
    for rows_of in (rows[:1], rows[1:], rows):
        header, (block,) = read(vcf(rows_of, ("a", "b", "c")), samples=["c", "a"])
        assert (header.samples, header.columns) == (["c", "a"], ["a", "b", "c"])
        assert block.genotypes.tolist() == [[[1, 1], [0, 0]]] * len(rows_of)
    with pytest.raises(InputError, match="sample z is not among its 3 samples"):
        read(vcf(rows, ("a", "b", "c")), samples=["a", "z"])


def test_lines_are_kept_of_rows_with_an_alternate() -> None:
    rows = ["chr1 5 . A . . . . GT 0/0 0/0", "chr1 6 . A C . . . GT 0/0 0/1"]
    _, (block,) = read(vcf(rows), keep_lines=True)
    assert block.lines == [b"", "\t".join(rows[1].split()).encode()]


@pytest.mark.parametrize(
    ("alleles", "snv", "alternate", "expected"),
    [
        # the genotypes are 0/1 and 1/2, or 0/0 where there is no second alternate
        ("A G,*", True, True, [[0, 1], [1, -1]]),
        ("A *,G", True, True, [[0, -1], [-1, 1]]),
        ("A G,<NON_REF>", True, True, [[0, 1], [1, -1]]),
        ("A <*>,T", True, True, [[0, -1], [-1, 1]]),
        ("A G,*,<NON_REF>", True, True, [[0, 1], [1, -1]]),
        ("A *", True, False, [[0, -1], [0, 0]]),
        ("A <X>", True, False, [[0, -1], [0, 0]]),
        ("a g,t", True, True, [[0, 1], [1, 2]]),
        ("R G,T", False, True, None),
        ("N G", False, True, None),
        ("AC GT", False, True, None),
        ("ACT A,<DEL>", False, True, None),
        ("A <DUP:TANDEM>", False, True, None),
        ("A <INS:ME:ALU>,G", False, True, None),
        ("G G]17:198982]", False, True, None),
        ("T ]chr_2|1:9]T", False, True, None),
        ("T .T", False, True, None),
        ("T T.,G", False, True, None),
        ("A N", False, True, None),
    ],
)
def test_every_kind_of_allele(alleles: str, snv: bool, alternate: bool, expected: list | None) -> None:
    second = "1/2" if "," in alleles else "0/0"
    _, (block,) = read(vcf([f"chr1 5 . {alleles} . . . GT 0/1 {second}"]))
    assert (block.snv.tolist(), block.alternate.tolist()) == ([snv], [alternate])
    if expected is not None:
        assert block.genotypes[0].tolist() == expected


def test_values_that_a_header_does_not_describe_are_read() -> None:
    lines = HEADER.replace("##FORMAT", "##unknown")
    rows = [
        "chr1 5 . A C . . . GT:DP:FT 0/1:3:PASS 0/0:0:LowGQ;q10",
        "chr1 6 . A C . . . GT:FT 0/1 0/0:.",
        "chr1 7 . A C . . . GT:AD:GQ 0/1:3,4:18.9 0/0:0,0:.",
        "chr1 8 . A . . . . GT:AD 0/0:7 0/0:0",
        "chr1 9 . A C . . . DP 4 5",
    ]
    text = lines + "a\tb\n" + "".join("\t".join(row.split()) + "\n" for row in rows)
    _, (block,) = read(text, fields=("GT", "DP", "AD", "GQ", "FT"))
    assert block.depth.tolist() == [[3, 0], [-1, -1], [7, 0], [7, 0], [4, 5]], "AD stands in for DP"
    assert block.genotype_passed.tolist() == [[True, False], *[[True, True]] * 4]
    assert block.genotype_quality[2].tolist() == [18, -1], "decimals are cut"
    assert (block.genotypes[4] == -1).all(), "a row without GT has no genotypes"


def random_vcf(seed: int, rows: int, samples: int) -> str:
    """Rows of every kind the reader knows, at random."""
    rng = np.random.default_rng(seed)
    texts = []
    position = 0
    for _ in range(rows):
        position += int(rng.integers(1, 50))
        ref = rng.choice(["A", "C", "G", "T", "AT", "GCC"], p=[0.23, 0.23, 0.23, 0.21, 0.05, 0.05])
        others = [base for base in ("A", "C", "G", "T", "TTA", "*") if base != ref]
        alternates = rng.permutation(others)[: rng.choice(4, p=[0.5, 0.3, 0.1, 0.1])].tolist()
        alleles = len(alternates) + 1
        keys = ["GT", *rng.permutation(["DP", "AD", "GQ"])[: rng.integers(0, 4)].tolist()]
        quality = rng.choice([".", "7", "0.25", "1234.5", "3.1e-05"])
        columns = []
        for _ in range(samples):
            a, b = (str(x) if x >= 0 else "." for x in rng.integers(-1, alleles, 2))
            genotype = a if rng.random() < 0.1 else f"{a}{rng.choice(['/', '|'])}{b}"
            values = {
                "GT": genotype,
                "DP": rng.choice([".", str(rng.integers(0, 10 ** int(rng.integers(1, 7))))]),
                "GQ": rng.choice([".", str(rng.integers(0, 100))]),
                "AD": rng.choice([".", ",".join(map(str, rng.integers(0, 300, alleles)))]),
            }
            shown = len(keys) if rng.random() < 0.9 else 1
            columns.append(":".join(values[key] for key in keys[:shown]))
        texts.append(
            f"chr1\t{position}\t.\t{ref}\t{','.join(alternates) or '.'}\t{quality}\t"
            f"{rng.choice(['PASS', '.', 'low'])}\tXX=1:2\t{':'.join(keys)}\t" + "\t".join(columns)
        )
    header = HEADER.replace("#CHROM", '##FILTER=<ID=low,Description="l">\n##INFO=<ID=XX,Number=1,'
                            'Type=String,Description="x">\n#CHROM')  # fmt: skip
    names = "\t".join(f"s{n}" for n in range(samples))
    return header + names + "\n" + "\n".join(texts) + "\n"


@pytest.mark.parametrize("seed", [1, 2])
def test_random_rows_against_bcftools(seed: int, tmp_path: Path) -> None:
    path = tmp_path / "x.vcf"
    path.write_text(random_vcf(seed, 600, 5))
    _, blocks = read_blocks(path, ("GT", "DP", "AD", "GQ"), block_bytes=7001)
    blocks = list(blocks)
    assert len(blocks) > 5
    joined = {
        name: np.concatenate([getattr(block, name) for block in blocks])
        for name in ("position", "alleles", "snv", "quality", "passed", "genotypes", "depth", "allele_depth",
                     "genotype_quality", "alternate")
    }  # fmt: skip
    query = "%POS\t%REF\t%ALT\t%QUAL\t%FILTER[\t%GT;%DP;%AD;%GQ]\n"
    shown = subprocess.run(
        ["bcftools", "query", "-f", query, str(path)], check=True, capture_output=True, text=True
    ).stdout.splitlines()
    assert len(shown) == 600
    for row, line in enumerate(shown):
        position, ref, alt, quality, status, *columns = line.split("\t")
        alternates = [] if alt == "." else alt.split(",")
        assert joined["position"][row] == int(position)
        assert joined["alternate"][row] == any(allele != "*" for allele in alternates)
        # `*` is no base: copies of it are missing, and the others keep their order
        bases = [ref, *(allele for allele in alternates if allele != "*")]
        place = {number: bases.index(allele) for number, allele in enumerate([ref, *alternates])
                 if allele != "*"}  # fmt: skip
        snv = all(len(allele) == 1 for allele in bases)
        assert joined["snv"][row] == snv
        alternates = bases[1:]
        if snv:
            codes = joined["alleles"][row]
            assert bytes(BASES[codes[codes < NO_BASE]]).decode() == "".join([ref, *alternates])
        expected = np.nan if quality == "." else np.float32(quality)
        np.testing.assert_allclose(joined["quality"][row], expected, rtol=1e-6)
        assert joined["passed"][row] == (status in (".", "PASS"))
        for column, text in enumerate(columns):
            genotype, depth, depths, genotype_quality = text.split(";")
            numbers = [-1 if x == "." else int(x) for x in genotype.replace("|", "/").split("/")]
            if snv:
                numbers = [place.get(number, -1) for number in numbers]
            # the program shows `.` for a haploid missing call, too
            assert joined["genotypes"][row, column, : len(numbers)].tolist() == numbers
            if depth != "." or (depths == "." and alternates):
                assert joined["depth"][row, column] == (-1 if depth == "." else int(depth))
            if not alternates:
                continue
            assert joined["genotype_quality"][row, column] == (
                -1 if genotype_quality == "." else int(genotype_quality)
            )
            reads = [int(x) for x in depths.split(",")] if depths != "." else [-1, -1]
            assert joined["allele_depth"][row, column].tolist() == [reads[0], sum(reads[1:])]


def same(one: list[SiteBlock], other: list[SiteBlock]) -> bool:
    return all(
        np.array_equal(
            np.concatenate([getattr(block, name) for block in one]),
            np.concatenate([getattr(block, name) for block in other]),
        )
        for name in ("position", "alleles", "genotypes", "depth")
    )


def test_every_way_in_gives_the_same(tmp_path: Path) -> None:
    text = random_vcf(3, 300, 4).encode()
    plain, zipped, blocked = tmp_path / "x.vcf", tmp_path / "x.vcf.gz", tmp_path / "b.vcf.gz"
    plain.write_bytes(text)
    zipped.write_bytes(gzip.compress(text))
    blocked.write_bytes(subprocess.run(["bgzip", "-c"], input=text, check=True, capture_output=True).stdout)
    expected = list(read_blocks(plain, ("GT", "DP"))[1])
    windows = text.replace(b"\n", b"\r\n")
    for size in (300, 5000, 1 << 20):
        for path in (plain, zipped, blocked):
            assert same(expected, list(read_blocks(path, ("GT", "DP"), block_bytes=size)[1]))
            with path.open("rb") as handle:
                assert same(expected, list(read_blocks(handle, ("GT", "DP"), block_bytes=size)[1]))
        assert same(expected, read(windows, fields=("GT", "DP"), block_bytes=size)[1])


def test_a_file_without_rows() -> None:
    assert read(vcf([]))[1] == []


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ("chr1 6 . A C . . . GT 0/0", "line 11.*10 columns, the header has 11"),
        ("chr1 6x . A C . . . GT 0/0 0/0", "line 11.*POS is not a whole number"),
        ("chr1 6 . A C . . . GT 0/0/1 0/0", r"line 11 \(chr1:6\).*more than two alleles"),
        ("chr1 6 . A C . . . GT 0/x 0/0", "line 11.*'0/x' cannot be read"),
        ("chr1 6 . A C . . . GT 0/2 0/0", "line 11.*an allele that is not in ALT"),
        ("chr1 6 . A . . . . GT 0/1 0/0", "line 11.*an allele that is not in ALT"),
        ("chr1 6 . 0 C . . . GT 0/0 0/1", "line 11.*REF '0' is not a base.*nucleotide"),
        ("chr1 6 . A 1 . . . GT 0/0 0/1", "line 11.*ALT '1' is not an allele"),
        ("chr1 6 . A C,12 . . . GT 0/0 0/1", "line 11.*ALT '12' is not an allele"),
        ("chr1 6 . A <*> . . . GT 0/0 0/2", "line 11.*an allele that is not in ALT"),
        ("chr1 6 . A C . . . GT:DP 0/0:1 0/1:q", "line 11.*DP is not a whole number"),
        ("chr1 6 . A C abc . . GT 0/0 0/1", "line 11.*QUAL is not a number"),
    ],
)
def test_malformed_rows_are_named(row: str, message: str) -> None:
    good = "chr1 5 . A C . . . GT 0/0 0/1"
    with pytest.raises(InputError, match=message):
        read(vcf([good, row, good]), fields=("GT", "DP"))


def test_truncation_is_seen(tmp_path: Path) -> None:
    text = vcf(["chr1 5 . A C . . . GT 0/0 0/1"] * 3)
    with pytest.raises(InputError, match="line 12: the last row is truncated"):
        read(text[:-8])
    with pytest.raises(InputError, match="truncated within its header"):
        read(text[:200])
    with pytest.raises(InputError, match="empty"):
        read(b"")
    blocked = subprocess.run(["bgzip", "-c"], input=text.encode(), check=True, capture_output=True).stdout
    path = tmp_path / "x.vcf.gz"
    path.write_bytes(blocked[:-28])
    with pytest.raises(InputError, match="truncated"):
        read_blocks(path)
    path.write_bytes(gzip.compress(text.encode())[:-20])
    with pytest.raises(InputError, match="truncated"):
        list(read_blocks(path)[1])
    with path.open("rb") as handle, pytest.raises(InputError, match="truncated"):
        list(read_blocks(handle)[1])


def test_other_files_are_refused() -> None:
    with pytest.raises(InputError, match="not a VCF"):
        read(b">chr1\nACGT\n")
    with pytest.raises(InputError, match="BCF"):
        read(b"BCF\2\2" + bytes(100))
    with pytest.raises(InputError, match="sample a has two columns"):
        read(vcf([], ("a", "a")))
    with pytest.raises(InputError, match="no sample"):
        read(HEADER.rstrip("\t") + "\n")
