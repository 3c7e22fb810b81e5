"""Rows over the grammar of VCF, read by our reader and by htslib (pysam): the same alleles and genotypes."""

import io
import subprocess
import tempfile
from pathlib import Path

import numpy as np
import pysam
from hypothesis import given, settings
from hypothesis import strategies as st

from linnaea.population.blocks import BASES, NO_BASE
from linnaea.population.filters import FilterLimits, SiteFilter, TaggedRows, with_indels
from linnaea.population.samples import Sample
from linnaea.population.vcf_reader import read_blocks

HEADER = """\
##fileformat=VCFv4.3
##contig=<ID=c1,length=100000>
##contig=<ID=HLA:01|*2,length=100000>
##FILTER=<ID=q10,Description="q">
##FILTER=<ID=s50,Description="s">
##ALT=<ID=DEL,Description="d">
##INFO=<ID=AF,Number=A,Type=Float,Description="f">
##INFO=<ID=DB,Number=0,Type=Flag,Description="f">
##FORMAT=<ID=GT,Number=1,Type=String,Description="G">
##FORMAT=<ID=DP,Number=1,Type=Integer,Description="D">
##FORMAT=<ID=GQ,Number=1,Type=Integer,Description="Q">
##FORMAT=<ID=AD,Number=R,Type=Integer,Description="A">
##FORMAT=<ID=PL,Number=G,Type=Integer,Description="P">
##FORMAT=<ID=FT,Number=1,Type=String,Description="F">
"""
SAMPLES = ("a", "b x", "c.1")
NO_ALLELES = {"*", "<*>", "<NON_REF>"}
bases = st.sampled_from("ACGT")
long_bases = st.text("ACGTN", min_size=2, max_size=20)
reference = st.one_of(bases, bases, bases, st.sampled_from("acgtN"), long_bases)
alternate = st.one_of(
    bases,
    bases,
    bases,
    st.sampled_from("acgtN"),
    st.sampled_from(sorted(NO_ALLELES)),
    long_bases,
    st.sampled_from(["<DEL>", "<DUP:TANDEM>", "G]c1:17]", "]c1:9]T", "[c1:5[A", ".T", "AC."]),
)
number = st.one_of(st.just("."), st.integers(0, 9), st.integers(0, 10**6)).map(str)


@st.composite
def row(draw: st.DrawFn) -> dict:
    """A row without its place."""
    ref = draw(reference)
    alts = draw(st.lists(alternate, max_size=4, unique_by=str.upper))
    alts = [alt for alt in alts if alt.upper() != ref.upper()]
    allele = st.sampled_from([".", *map(str, range(len(alts) + 1))])
    mark = st.sampled_from("/|")
    genotype = st.one_of(
        st.tuples(allele, mark, allele).map("".join), st.tuples(allele, mark, allele).map("".join), allele
    )
    values = {
        "GT": genotype,
        "DP": number,
        "GQ": number,
        "AD": st.one_of(
            st.just("."), st.lists(number, min_size=len(alts) + 1, max_size=len(alts) + 1).map(",".join)
        ),
        "PL": st.just("."),
        "FT": st.sampled_from([".", "PASS", "q10", "q10;s50"]),
    }
    others = draw(st.permutations(sorted(set(values) - {"GT"})))[: draw(st.integers(0, 5))]
    keys = ["GT", *others]
    calls = []
    for _ in SAMPLES:
        shown = draw(st.integers(1, len(keys)))
        calls.append({key: draw(values[key]) for key in keys[:shown]})
    return {
        "ref": ref,
        "alts": alts,
        "qual": draw(st.sampled_from([".", "0", "7", "29.99", "1e3", "1234.5"])),
        "filter": draw(st.sampled_from([".", "PASS", "q10", "q10;s50"])),
        "info": draw(st.sampled_from([".", "DB", "AF=0.5;DB"])),
        "keys": keys,
        "calls": calls,
        "step": draw(st.integers(1, 30)),
    }


def text_of(rows: list[tuple[str, dict]]) -> bytes:
    lines = [
        HEADER
        + "\t".join(["#CHROM", "POS", "ID", "REF", "ALT", "QUAL", "FILTER", "INFO", "FORMAT", *SAMPLES])
    ]
    place: dict[str, int] = {}
    for name, values in rows:
        place[name] = place.get(name, 0) + values["step"]
        calls = [":".join(call.values()) for call in values["calls"]]
        alt = ",".join(values["alts"]) or "."
        fixed = [name, str(place[name]), ".", values["ref"], alt, values["qual"], values["filter"]]
        lines.append("\t".join([*fixed, values["info"], ":".join(values["keys"]), *calls]))
    return ("\n".join(lines) + "\n").encode()


def by_htslib(text: bytes) -> list[dict]:
    """What the rules of docs/reference/vcf.md make of what htslib reads."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "x.vcf"
        path.write_bytes(text)
        found = []
        with pysam.VariantFile(str(path)) as handle:
            for record in handle:
                letters = [record.ref.upper(), *(alt.upper() for alt in record.alts or ())]
                real = [letter for letter in letters[1:] if letter not in NO_ALLELES]
                snv = all(letter in "ACGT" and len(letter) == 1 for letter in [letters[0], *real])
                samples = [record.samples[name] for name in SAMPLES]
                found.append(
                    {
                        "place": (record.chrom, record.pos),
                        "snv": snv,
                        "alternate": bool(real),
                        "passed": set(record.filter.keys()) <= {"PASS"},
                        "quality": record.qual,
                        "genotypes": [
                            [None if index is None or letters[index] in NO_ALLELES else letters[index]
                             for index in sample.allele_indices] for sample in samples
                        ],
                        "depth": [sample.get("DP") for sample in samples],
                        "reads": [sample.get("AD") for sample in samples],
                        "quality_of_genotype": [sample.get("GQ") for sample in samples],
                        "genotype_passed": [call.get("FT") in (None, "", ".", "PASS") for call in samples],
                    }
                )  # fmt: skip
    return found


@settings(deadline=None, max_examples=80)
@given(st.lists(row(), min_size=1, max_size=12), st.integers(0, 12), st.integers(60, 600))
def test_equal_to_htslib(rows: list[dict], cut: int, block_bytes: int) -> None:
    text = text_of([("c1" if index < cut else "HLA:01|*2", values) for index, values in enumerate(rows)])
    header, blocks = read_blocks(
        io.BytesIO(text), ("GT", "DP", "AD", "GQ", "FT"), keep_lines=True, block_bytes=block_bytes
    )
    assert header.samples == list(SAMPLES)
    expected = iter(by_htslib(text))
    seen = 0
    for block in blocks:
        for index in range(len(block.position)):
            want = next(expected)
            seen += 1
            assert (block.chromosome, int(block.position[index])) == want["place"]
            assert bool(block.snv[index]) == want["snv"]
            assert bool(block.alternate[index]) == want["alternate"]
            assert bool(block.passed[index]) == want["passed"]
            if want["quality"] is None:
                assert np.isnan(block.quality[index])
            else:
                assert block.quality[index] == np.float32(want["quality"])
            for column in range(len(SAMPLES)):
                calls = [int(allele) for allele in block.genotypes[index, column] if allele != -2]
                if want["snv"]:
                    codes = block.alleles[index]
                    ours = [None if call < 0 else chr(BASES[codes[call]]) for call in calls]
                    assert all(call < 0 or codes[call] != NO_BASE for call in calls)
                    assert ours == want["genotypes"][column]
                depth, reads = want["depth"][column], want["reads"][column]
                known = reads is not None and None not in reads
                if depth is not None:
                    assert block.depth[index, column] == depth
                elif known and (want["alternate"] or "DP" not in rows[seen - 1]["keys"]):
                    assert block.depth[index, column] == sum(reads)
                if want["alternate"] and known:
                    assert block.allele_depth[index, column].tolist() == [reads[0], sum(reads[1:])]
                if want["alternate"] and want["quality_of_genotype"][column] is not None:
                    assert block.genotype_quality[index, column] == want["quality_of_genotype"][column]
                assert bool(block.genotype_passed[index, column]) == want["genotype_passed"][column]
    assert seen == len(rows) and next(expected, None) is None


@settings(deadline=None, max_examples=15)
@given(st.lists(row(), min_size=1, max_size=10))
def test_written_rows_are_those_of_the_table_and_bcf_takes_them(rows: list[dict]) -> None:
    """Of two of three samples, in the order of the file; bcftools has nothing to say about them."""
    text = text_of([("c1", values) for values in rows])
    names = ["c.1", "a"]
    samples = [Sample(name, "x", "x", "modern", ".", "unknown", None, None, False, "vcf") for name in names]
    header, blocks = read_blocks(io.BytesIO(text), ("GT", "DP", "AD", "GQ", "FT"), names, keep_lines=True)
    limits = FilterLimits()
    site_filter = SiteFilter(samples, limits, np.array([[3, 30], [0, np.inf]]))
    tagged = TaggedRows(header, limits, header.contigs)
    written = tagged.head()
    for block, indels in with_indels(blocks, limits):
        written += b"".join(tagged.rows(site_filter.apply(block, indels)))
    binary = subprocess.run(["bcftools", "view", "--no-version", "-Ob"], input=written, capture_output=True)
    assert (binary.returncode, binary.stderr) == (0, b"")
    query = ["bcftools", "query", "-H", "-f", "%POS[\t%GT]\n"]
    shown = subprocess.run(query, input=binary.stdout, capture_output=True, check=True).stdout.decode()
    head, *lines = shown.splitlines()
    assert [column.split("]")[1] for column in head.split("\t")[1:]] == ["a:GT", "c.1:GT"]
    place, expected = 0, []
    for values in rows:
        place += values["step"]
        if any(alt not in NO_ALLELES for alt in values["alts"]):
            calls = [values["calls"][0]["GT"], values["calls"][2]["GT"]]
            expected.append("\t".join([str(place), *calls]))
    assert lines == expected
