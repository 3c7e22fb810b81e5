"""The input check of popgen: every fault in plain words with its place, all of them together."""

import gzip
import json
import os
import random
import shutil
import subprocess
from pathlib import Path

import jsonschema
import plan_data
import pysam
import pytest
from sentences import like

import check_input as step
from linnaea.input import population as population_input
from linnaea.input import population_samples
from linnaea.input.options import all_parameters, check_run
from linnaea.input.population import check_population
from linnaea.input.population_files import check_vcf, look_at_rows, reference_lengths
from linnaea.input.population_table import write_table
from linnaea.input.programs import absent_programs, missing_programs
from linnaea.input.sample_sheet import COLUMNS, SCHEMA

LENGTHS = {"chr1": 3000, "scaffold|2.1": 2000, "3": 500}
HEADER = "sample,fastq_1,fastq_2,population\n"


def fastq(name="r", count=3, mark=""):
    return "".join(f"@{name}{i}{mark}\nACGTACGTAC\n+\nIIIIIIIIII\n" for i in range(count))


def write_bam(path, lengths=LENGTHS, order="coordinate", groups=(), reads=1, index=False):
    header = {
        "HD": {"VN": "1.6", "SO": order},
        "SQ": [{"SN": name, "LN": length} for name, length in lengths.items()],
        "RG": [{"ID": f"g{i}", "SM": name} for i, name in enumerate(groups)],
    }
    with pysam.AlignmentFile(str(path), "wb", header=header) as handle:
        for number in range(reads):
            read = pysam.AlignedSegment(handle.header)
            read.query_name, read.query_sequence = f"q{number}", "ACGT" * 10
            read.reference_id, read.reference_start, read.cigarstring = (
                (0, 10, "40M") if lengths else (-1, -1, "*")
            )
            read.flag = 0 if lengths else 4
            handle.write(read)
    if index:
        pysam.index(str(path))


def vcf_text(samples=("a", "b"), rows=(), contigs=LENGTHS, more=""):
    lines = ["##fileformat=VCFv4.2", '##FILTER=<ID=PASS,Description="x">']
    lines += [f"##contig=<ID={name},length={length}>" for name, length in contigs.items()]
    lines += [
        '##FORMAT=<ID=GT,Number=1,Type=String,Description="x">',
        '##INFO=<ID=END,Number=1,Type=Integer,Description="x">',
    ]
    lines += [more] if more else []
    lines += ["\t".join(["#CHROM", "POS", "ID", "REF", "ALT", "QUAL", "FILTER", "INFO", "FORMAT", *samples])]
    return "\n".join([*lines, *rows]) + "\n"


def site(position, alternate=".", chromosome="chr1", samples=2, info="."):
    genotype = "0/1" if alternate != "." else "0/0"
    return "\t".join(
        [chromosome, str(position), ".", "A", alternate, "50", "PASS", info, "GT", *[genotype] * samples]
    )


def write_vcf(path, text):
    plain = path.with_suffix(".plain")
    plain.write_text(text)
    pysam.tabix_compress(str(plain), str(path), force=True)
    plain.unlink()


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A folder with a reference and one good file of every kind; the run starts in it."""
    monkeypatch.chdir(tmp_path)
    bases = random.Random(2).choices("ACGT", k=3000)
    (tmp_path / "ref.fa").write_text("".join(f">{n} x\n{''.join(bases[:k])}\n" for n, k in LENGTHS.items()))
    for name in ("a", "b", "c"):
        (tmp_path / f"{name}_1.fastq.gz").write_bytes(gzip.compress(fastq(name, mark=" 1:N:0:AC").encode()))
        (tmp_path / f"{name}_2.fastq.gz").write_bytes(gzip.compress(fastq(name, mark=" 2:N:0:AC").encode()))
    (tmp_path / "old.fastq").write_text(fastq("old"))
    write_bam(tmp_path / "m.bam", groups=["m"], index=True)
    (tmp_path / "genes.gff3").write_text("##gff-version 3\nchr1\tx\tCDS\t1\t9\t.\t+\t.\tID=g\n")
    (tmp_path / "mask.bed").write_text("#c\nchr1\t0\t10\nscaffold|2.1\t5\t2000\tx\n")
    (tmp_path / "sex.tsv").write_text("chromosome\tkind\n3\tX\n")
    write_vcf(
        tmp_path / "v.vcf.gz", vcf_text(rows=[site(i, "C" if i % 10 == 0 else ".") for i in range(1, 2000)])
    )
    return tmp_path


def check(table, genomes=(), name="samples.csv", **options):
    if table is not None:
        data = table if isinstance(table, bytes) else table.encode()
        with open(name, "wb") as handle:  # noqa: PTH123
            handle.write(data)
        options.setdefault("samples", name)
    given = {"workflow": "popgen", "reference": "ref.fa", "outdir": "results"} | options
    return check_population(all_parameters(given), list(genomes))


def only_fault(table, **options):
    _, _, faults = check(table, **options)
    assert len(faults) == 1, faults
    assert "\n" not in faults[0]
    return faults[0].replace(f"{os.getcwd()}/", "")  # noqa: PTH109


def good_record(table, **options):
    record, notes, faults = check(table, **options)
    assert faults == []
    return record, notes


PAIR = "a_1.fastq.gz,a_2.fastq.gz"
GOOD = f"{HEADER}A,{PAIR},north\nB,b_1.fastq.gz,b_2.fastq.gz,south\n"


def test_everything_a_table_may_have_is_normalised(folder):
    table = (
        "sample,library,lane,fastq_1,fastq_2,bam,population,age_class,udg,sex,latitude,longitude\n"
        "S2,,,b_1.fastq.gz,b_2.fastq.gz,,south,,,Female,59.5,18\n"
        "S2,,,c_1.fastq.gz,c_2.fastq.gz,,,,,,,\n"
        "H1,lib9,7,old.fastq,,,south,historical,half,NA,.,.\n"
        "S1,,,,,m.bam,north,modern,,male,-3.25,+170\n"
        f"O1,,,{PAIR},,,,,,,\n"
    )
    (folder / "kin.tsv").write_text("sample\tsire\tdam\nS1\tgrandpa\tS2\n")
    record, notes = good_record(
        table,
        gff="genes.gff3",
        repeats="mask.bed",
        mappability="mask.bed",
        sex_chromosomes="sex.tsv",
        outgroup="O1",
        pedigree="kin.tsv",
        generations=30,
    )
    at = {path.name: str(path) for path in folder.iterdir()}
    size = {name: (folder / name).stat().st_size for name in at}
    facts = {"udg": None, "sex": "unknown", "latitude": None, "longitude": None, "outgroup": False}
    empty = {"libraries": [], "bams": [], "gvcf": None}
    pairs = {
        k: {"fastq_1": at[f"{k}_1.fastq.gz"], "fastq_2": at[f"{k}_2.fastq.gz"], "interleaved": False}
        for k in "abc"
    }

    def both(*names):
        return sum(size[f"{name}_{mate}.fastq.gz"] for name in names for mate in (1, 2))

    assert record["samples"] == [
        {"sample": "H1", "group": "south.historical", "population": "south", "age_class": "historical",
         **facts,
         "udg": "half", **empty, "libraries": [{"library": "lib9", "bytes": size["old.fastq"], "lanes": [
             {"lane": "7", "fastq_1": at["old.fastq"], "fastq_2": None, "interleaved": False}]}]},
        {"sample": "O1", "group": "all", "population": None, "age_class": "modern",
         **facts, "outgroup": True, **empty,
         "libraries": [{"library": "O1", "bytes": both("a"), "lanes": [{"lane": "L1", **pairs["a"]}]}]},
        {"sample": "S1", "group": "north", "population": "north", "age_class": "modern",
         **facts, "sex": "male",
         "latitude": -3.25, "longitude": 170.0, **empty, "bams": [at["m.bam"]]},
        {"sample": "S2", "group": "south", "population": "south", "age_class": "modern",
         **facts, "sex": "female",
         "latitude": 59.5, "longitude": 18.0, **empty,
         "libraries": [{"library": "S2", "bytes": both("b", "c"), "lanes": [
             {"lane": "L1", **pairs["b"]}, {"lane": "L2", **pairs["c"]}]}]},
    ]  # fmt: skip
    del record["samples"]
    assert record == {
        "reference": at["ref.fa"], "reference_bp": 5500, "sequences": 3, "longest_bp": 3000,
        "lengths": LENGTHS,
        "vcfs": [], "callable": None, "vcf_kind": None, "given_vcf": {}, "vcf_record": None,
        "depth_windows": None,
            "gff": at["genes.gff3"], "load": True,
        "repeats": at["mask.bed"], "mappability": at["mask.bed"], "exclude": None,
        "sex_chromosomes": at["sex.tsv"], "pedigree": at["kin.tsv"],
        "samples_table": f"{folder}/results/popgen/samples.tsv",
    }  # fmt: skip
    assert any(
        "read groups of 1 BAM files name another sample" in note and "m is S1" in note for note in notes
    )


@pytest.mark.parametrize(
    "change",
    [
        lambda text: "\ufeff" + text,
        lambda text: text.replace(",", ";"),
        lambda text: text.replace(",", "\t"),
        lambda text: text.replace("\n", "\r\n"),
        lambda text: text.replace(",", " , "),
        lambda text: text.replace("\n", "\n\n"),
        lambda text: "\n".join(line + "," if line else "" for line in text.split("\n")),
        lambda text: text.replace("sample,fastq_1", '"Sample","FASTQ_1"'),
        lambda text: text.encode("utf-16"),
        lambda text: text.rstrip("\n"),
    ],
    ids=["mark", "semicolon", "tab", "windows", "spaces", "blank", "trailing", "quotes", "utf-16", "no-end"],
)
def test_tables_are_read_forgivingly(folder, change):
    expected, _ = good_record(GOOD)
    found, _ = good_record(change(GOOD))
    assert found == expected


def test_decimal_commas_where_they_cannot_separate(folder):
    record, _ = good_record("sample;bam;latitude;longitude\nA;m.bam;59,25;-18,5\n")
    assert (record["samples"][0]["latitude"], record["samples"][0]["longitude"]) == (59.25, -18.5)


def test_lanes_without_a_name_do_not_take_given_names(folder):
    record, _ = good_record("sample,lane,fastq_1\nA,,a_1.fastq.gz\nA,L1,b_1.fastq.gz\nA,,c_1.fastq.gz\n")
    (library,) = record["samples"][0]["libraries"]
    lanes = {lane["lane"]: lane["fastq_1"].rsplit("/", 1)[1][0] for lane in library["lanes"]}
    assert lanes == {"L1": "b", "L2": "a", "L3": "c"}


def row(**values):
    """A table of one row with the columns that are given."""
    return ",".join(values) + "\n" + ",".join(values.values()) + "\n"


NAME = (
    "cannot be used; use only letters (A-Z, a-z), digits, dot, underscore and dash, and start with a letter "
    "or digit"
)


@pytest.mark.parametrize(
    "table, says",
    [
        (row(sample="A", fastq1="a_1.fastq.gz"),
         "samples.csv, line 1: unknown column `fastq1`; did you mean `fastq_1`?; rename or remove it"),
        ("sample,bam,bam\nA,m.bam,\n", "samples.csv, line 1: the column `bam` is there 2 times; keep one"),
        ("bam,population\nm.bam,x\n", "the column `sample` is missing"),
        ("name\nA\n", "samples.csv: the first line has no column `sample`; name the columns there"),
        ("sample,bam\n", "samples.csv: the table has no row below its first line"),
        ("sample,bam\nA\n", "samples.csv, line 2: the row has 1 columns, the first line of the table has 2"),
        ("sample,bam\nA,m.bam,x\n", "samples.csv, line 2: the row has 3 columns, the first line"),
        ('sample,bam\n"A,m.bam\n', "the table cannot be read (unexpected end of data)"),
        (b"PK\x03\x04aaaa", "samples.csv is a spreadsheet; save it as CSV"),
        (b"sample,bam\nA,m.bam\n\xe5,x\n", "samples.csv, line 3: not a text file in UTF-8"),
        (row(sample="", bam="m.bam"), "line 2, column sample: the name of the sample is missing"),
        (row(sample="A;rm", bam="m.bam"), f"line 2, sample A;rm, column sample: 'A;rm' {NAME}"),
        (row(sample="-A", bam="m.bam"), f"column sample: '-A' {NAME}"),
        (row(sample="A", bam="m.bam", population="n s"),
         f"line 2, sample A, column population: 'n s' {NAME}"),
        (row(sample="A", library="$l", fastq_1="a_1.fastq.gz"), f"column library: '$l' {NAME}"),
        (row(sample="A", bam="m.bam", sex="mal"),
         "column sex: 'mal' is not one of male, female, unknown; did you mean male?"),
        (row(sample="A", bam="m.bam", age_class="old"),
         "column age_class: 'old' is not one of modern, historical"),
        (row(sample="A", bam="m.bam", udg="yes"), "column udg: 'yes' is not one of none, half, full"),
        (row(sample="A", bam="m.bam", latitude="91", longitude="2"),
         "column latitude: 91.0 is more than 90; correct it"),
        (row(sample="A", bam="m.bam", latitude="1", longitude="-190"),
         "column longitude: -190.0 is less than -180"),
        (row(sample="A", bam="m.bam", latitude="N59", longitude="2"),
         "column latitude: expected a number, found the text 'N59'"),
        (row(sample="A", bam="m.bam", latitude="nan", longitude="2"), "column latitude: expected a number"),
        (row(sample="A", bam="m.bam", latitude="5"),
         "line 2, sample A: give both latitude and longitude"),
        (row(sample="A", fastq_1="a_1.fastq.gz", bam="m.bam"),
         "line 2, sample A: this row gives more than one of FASTQ, BAM and gVCF"),
        (row(sample="A", fastq_2="a_2.fastq.gz"), "line 2, sample A: fastq_2 is given without fastq_1"),
        (row(sample="A", population="n"), "line 2, sample A: no file is given; fill in fastq_1, bam or gvcf"),
        (f"{HEADER}A,{PAIR},n\nA,b_1.fastq.gz,b_2.fastq.gz,s\n",
         "line 3, sample A, column population: s here, n in line 2; a sample has one population"),
        ("sample,fastq_1,sex\nA,a_1.fastq.gz,male\nA,b_1.fastq.gz,female\n",
         "line 3, sample A, column sex: female here, male in line 2"),
        ("sample,fastq_1\nA,a_1.fastq.gz\na,b_1.fastq.gz\n",
         "line 3, sample a, column sample: a and A in line 2 differ only in case"),
        ("sample,fastq_1,population\nA,a_1.fastq.gz,n\nB,b_1.fastq.gz,N\n",
         "column population: N and n in line 2 differ only in case"),
        ("sample,library,fastq_1\nA,l1,a_1.fastq.gz\nA,L1,b_1.fastq.gz\n",
         "column library: L1 and l1 in line 2 differ only in case"),
        ("sample,fastq_1\nA,a_1.fastq.gz\n A,b_1.fastq.gz\n",
         "line 3, sample A, column sample: ' A' and 'A' in line 2 differ only in spaces"),
        ("sample,library,lane,fastq_1\nA,x,1,a_1.fastq.gz\nA,x,1,b_1.fastq.gz\n",
         "line 3, sample A, column lane: overlapping lanes: lane 1 of library x is that of line 2 as well"),
        ("sample,fastq_1\nA,a_1.fastq.gz\nB,a_1.fastq.gz\n",
         "line 3, sample B, column fastq_1: the file a_1.fastq.gz is already given at samples.csv, line 2, "
         "sample A, "
         "column fastq_1; remove one"),
        ("sample,fastq_1\nA,a_1.fastq.gz\nB,link.fastq.gz\n", "the file link.fastq.gz is already given at"),
        ("sample,fastq_1,bam\nA,a_1.fastq.gz,\nA,,m.bam\n",
         "line 3, sample A, column bam: the sample has fastq_1 in line 2 and bam here; give one kind"),
        (row(sample="A", fastq_1="a_1.fastq.gz", fastq_2="b_2.fastq.gz"),
         "column fastq_2: a_1.fastq.gz and b_2.fastq.gz are not a pair: their first reads are called a0"),
        (row(sample="A", fastq_1="a_1.fastq.gz", fastq_2="less.fastq"),
         "column fastq_2: a_1.fastq.gz has 3 reads but less.fastq has 2"),
        (row(sample="A", fastq_1="a_2.fastq.gz", fastq_2="a_1.fastq.gz"),
         "column fastq_1: R1 and R2 are swapped: a_2.fastq.gz holds second mates; exchange the two"),
        (row(sample="A", fastq_1="slash_2.fastq", fastq_2="slash_1.fastq"),
         "column fastq_1: R1 and R2 are swapped"),
        (row(sample="A", fastq_1="a_2.fastq.gz"),
         "column fastq_1: a_2.fastq.gz holds second mates (its first read is marked"),
        (row(sample="A", fastq_1="a_1.fastq.gz", fastq_2="copy.fastq"),
         "column fastq_2: both files hold first mates"),
        (row(sample="A", fastq_1="missing.fastq.gz"), "column fastq_1: file missing.fastq.gz does not exist"),
        (row(sample="A", fastq_1="cut.fastq.gz"), "column fastq_1: cut.fastq.gz: the gzip file is truncated"),
        (row(sample="A", fastq_1="ref.fa"), "column fastq_1: ref.fa holds FASTA where FASTQ is expected"),
        (row(sample="A", fastq_1="m.bam"), "column fastq_1: m.bam holds BAM where FASTQ is expected"),
        (row(sample="A", fastq_1="*.fastq.gz"), "column fastq_1: *.fastq.gz is a pattern"),
        (row(sample="A", fastq_1="$(id).fastq"), "breaks tools or could be read as a command"),
        (row(sample="A", bam="a_1.fastq.gz"), "column bam: a_1.fastq.gz is not a BAM file"),
        (row(sample="A", bam="cut.bam"), "column bam: cut.bam: the BAM file is truncated"),
        (row(sample="A", bam="name.bam"),
         "column bam: name.bam: not sorted by coordinate (its header says queryname)"),
        (row(sample="A", bam="unmapped.bam"), "unmapped.bam: its reads are not mapped; give them as FASTQ"),
        (row(sample="A", bam="none.bam"), "none.bam: the BAM file has no reads"),
        (row(sample="A", bam="two.bam"), "two.bam: holds reads of 2 samples (p, q); use `samtools split`"),
        (row(sample="A", bam="other.bam"),
         "other.bam: mapped to another reference: it has 1 sequence that the reference lacks (chrX; it has "
         "chr1, "
         "scaffold|2.1, 3); give the FASTA it was mapped to as --reference"),
        (row(sample="A", bam="longer.bam"),
         "2 sequences differ in length from the reference (chr1: 3001 bp, in the reference 3000 bp)"),
        (row(sample="A", bam="fewer.bam"),
         "mapped to another reference: it lacks 2 sequences of the reference (scaffold|2.1, 3)"),
        (row(sample="A", bam="order.bam"),
         "its sequences are in another order than in the reference; order the reference"),
        (row(sample="A", bam="m.cram"), "m.cram is CRAM; convert it with `samtools view -b"),
        ("sample,bam,population\nA,m.bam,all\nB,sub/m.bam,\n",
         "all is the name of the group of samples without population"),
        ("sample,bam,population,age_class,udg\nA,m.bam,n.historical,,\nB,sub/m.bam,n,historical,full\n",
         "sample A, column population: n.historical is the name of the group of historical samples of n; "
         "rename it"),
        ("sample,bam\nA,m.bam\nA,sub/m.bam\n", "column bam: BAM files of one sample have the same file name"),
    ],
)  # fmt: skip
def test_a_fault_of_the_table(folder, table, says):
    os.link("a_1.fastq.gz", "link.fastq.gz")
    (folder / "less.fastq").write_text(fastq("a", 2))
    for mate in "12":
        (folder / f"slash_{mate}.fastq").write_text(fastq("s", mark=f"/{mate}"))
    (folder / "copy.fastq").write_text(fastq("a", mark=" 1:N:0:AC"))
    (folder / "cut.fastq.gz").write_bytes((folder / "a_1.fastq.gz").read_bytes()[:-12])
    (folder / "cut.bam").write_bytes((folder / "m.bam").read_bytes()[:-28])
    write_bam(folder / "name.bam", order="queryname")
    write_bam(folder / "unmapped.bam", lengths={})
    write_bam(folder / "none.bam", reads=0)
    write_bam(folder / "two.bam", groups=["p", "q"])
    write_bam(folder / "other.bam", lengths={**LENGTHS, "chrX": 5})
    write_bam(folder / "longer.bam", lengths={"chr1": 3001, "scaffold|2.1": 2001, "3": 500})
    write_bam(folder / "fewer.bam", lengths={"chr1": 3000})
    write_bam(folder / "order.bam", lengths=dict(sorted(LENGTHS.items())))
    (folder / "m.cram").write_bytes(b"CRAM\3\0aaaaaaaaaaaaaaaaaaaaaa")
    (folder / "sub").mkdir()
    write_bam(folder / "sub" / "m.bam")
    assert says in only_fault(table)


def test_mates_are_counted_in_files_that_are_not_too_large_together(folder, monkeypatch):
    for mate, count in ((1, 1500), (2, 1400)):
        (folder / f"x_{mate}.fastq").write_text(fastq("x", count))
    table = "sample,fastq_1,fastq_2\nA,x_1.fastq,x_2.fastq\n"
    assert "x_1.fastq has 1500 reads but" in only_fault(table)
    # room for the first of them only: the second is not counted
    monkeypatch.setattr(population_samples, "WHOLE_READS_BYTES", (folder / "x_1.fastq").stat().st_size + 10)
    good_record(table)


def test_all_faults_come_together_in_the_order_of_the_rows(folder):
    table = (
        "sample,fastq_1,fastq_2,sexx,latitude,longitude\n"
        "A,a_2.fastq.gz,a_1.fastq.gz,,,\n"
        "B b,missing.fastq,,,100,5\n"
        "C,,,,,\n"
    )
    _, _, faults = check(table, repeats="absent.bed", vcf_kind="auto", outgroup="Z", reference="none.fa")
    assert [fault.split(":")[0] for fault in faults] == [
        "samples.csv, line 1".replace("samples.csv", f"{folder}/samples.csv"),
        f"{folder}/samples.csv, line 2, sample A, column fastq_1",
        f"{folder}/samples.csv, line 3, sample B b, column sample",
        f"{folder}/samples.csv, line 3, sample B b, column latitude",
        f"{folder}/samples.csv, line 3, sample B b, column fastq_1",
        f"{folder}/samples.csv, line 4, sample C",
        "option --reference",
        "option --outgroup",
        "option --repeats",
    ]


# Reference and masks


@pytest.mark.parametrize(
    "text, says",
    [
        (">a\nACGT\n>a\nAC\n", "x.fa: two sequences are called a; rename one"),
        (">a,b\nACGT\n", "the sequence name 'a,b' has characters that BAM and VCF do not allow"),
        (">a\nAC\n>b\n\n", "x.fa: empty sequences (b); remove them"),
        (">p\nMEEPQSD\n", "x.fa: sequence p holds 'E', which is not a nucleotide"),
        ("@r\nACGT\n+\nIIII\n", "x.fa holds FASTQ where FASTA is expected"),
        ("", "x.fa is empty"),
    ],
)
def test_a_fault_of_the_reference(folder, text, says):
    (folder / "x.fa").write_text(text)
    assert says in only_fault("sample,fastq_1\nA,a_1.fastq.gz\n", reference="x.fa")


def test_names_and_compression_of_a_reference(folder):
    names = ["lcl|NC_1.1", "7", "a:b", "HiC_scaffold_1;x", "c.1-2"]
    text = "".join(f">{name} of it\nACGTN\nac\n" for name in names)
    (folder / "x.fa").write_text(text)
    (folder / "y.fa.gz").write_bytes(gzip.compress(text.encode()))
    pysam.tabix_compress("x.fa", "z.fa.gz")
    expected = dict.fromkeys(names, 7)
    assert [reference_lengths(name) for name in ("x.fa", "y.fa.gz", "z.fa.gz")] == [expected] * 3


def test_a_sequence_beyond_what_bai_reaches(folder, monkeypatch):
    long = {"chr1": (1 << 29) + 1, "b": 5}
    monkeypatch.setattr(population_input, "reference_lengths", lambda path: long)
    write_bam(folder / "long.bam", lengths=long)
    record, notes = good_record("sample,bam\nA,long.bam\n")
    assert record["longest_bp"] == 536870913
    assert any("chr1 has 536870913 bp" in note and "CSI" in note for note in notes)
    monkeypatch.setattr(population_input, "reference_lengths", lambda path: {"chr1": 1 << 29})
    write_bam(folder / "long.bam", lengths={"chr1": 1 << 29})
    assert not any("CSI" in note for note in good_record("sample,bam\nA,long.bam\n")[1])


def test_no_reference_and_no_table(folder):
    table = "sample,bam\nA,m.bam\n"
    assert only_fault(table, reference=None) == like("option --reference: … --reference genome.fasta …")
    fault = "option --samples: no table of samples is given; use --samples samples.csv"
    fault += " (or --input, with popgen alone)"
    assert only_fault(None) == fault
    assert only_fault(None, samples="null", input="null") == fault
    fault = only_fault(None, samples="none.csv")
    assert fault.startswith("option --samples: file none.csv does not exist; give an existing path")
    record, _ = good_record(table, samples=None, input="samples.csv")
    assert record["samples"][0]["bams"] == [str(folder / "m.bam")]


@pytest.mark.parametrize(
    "text, says",
    [
        (
            "sample\tsire\tdam\nB\t.\t.\n",
            "none of the samples is in it (it has B, the table A); give the same names",
        ),
        (
            "sample\tsire\tdam\nA\t.\t.\nB\tA\t.\n",
            "A is female in the table, but a sire; correct the pedigree or",
        ),
        ("sample\tsire\tdam\nA\tA\t.\n", "line 2: A is its own parent; correct the pedigree"),
        ("sample,father\nA,.\n", "line 1: no column dam; give a header with sample, sire and dam"),
        ("", "p.tsv"),
    ],
)
def test_a_fault_of_the_pedigree(folder, text, says):
    (folder / "p.tsv").write_text(text)
    fault = only_fault("sample,bam,sex\nA,m.bam,female\n", pedigree="p.tsv")
    assert fault.startswith("option --pedigree: ") and says in fault


@pytest.mark.parametrize(
    "option, text, says",
    [
        ("repeats", "chr1 5\n", "x.bed, line 1 ('chr1\\t5'): fewer than three columns"),
        ("repeats", "chr1\t1\t2\nchr1\tstart\tend\n",
         "x.bed, line 2 ('chr1\\tstart\\tend'): start is not a whole number"),
        ("repeats", "# a\n\nchr1\t1\t2\nchr1\t.\t3\n",
         "x.bed, line 4 ('chr1\\t.\\t3'): start and end are not whole"),
        ("mappability", "chr1\t9\t8\n",
         "option --mappability: x.bed, line 1 ('chr1\\t9\\t8'): the end is before the start"),
        ("exclude", "track a\nchr1\t5\t3000\nchr1\t5\t3001\n3\t0\t9999\n",
         "exclude: x.bed: 2 of 3 intervals end beyond their sequence (line 3: chr1 has 3000 bp, the end is"),
        ("exclude", "chr2\t5\t30\nchr4\t5\t30\n",
         "x.bed: none of its 2 intervals is on a sequence of the reference (it has chr2, chr4, the refer"),
        ("exclude", "#only a comment\n", "x.bed: it has no intervals"),
        ("sex_chromosomes", "chrX\tX\n",
         "option --sex_chromosomes: x.bed: the reference lacks 1 sequence of it (chrX; it has chr1"),
        ("sex_chromosomes", "3\tmt\n", "line 1: unknown kind 'mt' of sequence 3; known are X, Y, Z, W, mito"),
        ("sex_chromosomes", "\x1b[2J\tX\n", "the reference lacks 1 sequence of it (\\x1b[2J; it has"),
        ("sex_chromosomes", "\x1b[2J\tZZ\n", "line 1: unknown kind 'ZZ' of sequence \\x1b[2J; known"),
        ("sex_chromosomes", "3\tx\n", "line 1: unknown kind 'x' of sequence 3; write X"),
        ("sex_chromosomes", "3 X\n", "line 1: expected a sequence and its kind with a tab between"),
        ("sex_chromosomes", "3\tX\nchr1\tW\n", "has X or Y and Z or W; a species has one of the two systems"),
        ("sex_chromosomes", "3\tX\n3\tY\n", "line 2: the sequence 3 occurs twice"),
        ("sex_chromosomes", "chromosome\tkind\n", "it has no sequences"),
        ("sex_chromosomes", "chr1\tX\n3\tX\nscaffold|2.1\tmito\n",
         "it leaves no autosome"),
        ("gff", "1\tx\tCDS\t1\t9\t.\t+\t.\tID=g\n",
         "option --gff: x.bed: 1 of 1 rows lie on 1 sequences that the reference lacks (1; it has chr1"),
        ("gff", "chr1\tx\tgene\n", "x.bed is not GFF"),
    ],
)  # fmt: skip
def test_a_fault_of_a_file_on_the_reference(folder, option, text, says):
    (folder / "x.bed").write_text(text)
    assert says in only_fault("sample,bam\nA,m.bam\n", **{option: "x.bed"})


def test_masks_may_be_compressed_and_unsorted(folder):
    text = "track x\nscaffold|2.1\t5\t7\nchr1\t100\t200\t.\nchr1\t3\t5\r\n"
    (folder / "x.bed.gz").write_bytes(gzip.compress(text.encode()))
    record, _ = good_record("sample,bam\nA,m.bam\n", exclude="x.bed.gz")
    assert record["exclude"] == str(folder / "x.bed.gz")


def test_what_of_a_mask_is_left_out_is_counted(folder):
    (folder / "x.bed").write_text("chr1\t1\t2\nchr9\t1\t2\nchr9\t3\t4\nchrU\t1\t5\n3\t7\t7\n")
    _, notes = good_record("sample,bam\nA,m.bam\n", exclude="x.bed")
    told = [note for note in notes if "x.bed" in note]
    assert told[0] == like("… 3 of 5 intervals … 2 sequences … (chr9, chrU) …")
    assert told[1] == like("… 1 of 5 intervals … (start = end) …")


def test_masks_are_read_to_their_end(folder):
    (folder / "x.bed").write_text("chr1\t1\t2\n" * 300_000 + "bad\n")
    assert "x.bed, line 300001 ('bad')" in only_fault("sample,bam\nA,m.bam\n", exclude="x.bed")


# VCF

TWO = "sample,population\na,n\nb,s\n"


def test_a_vcf_of_all_sites(folder):
    record, notes = good_record(TWO, vcf="v.vcf.gz")
    assert (record["vcfs"], record["vcf_kind"]) == ([str(folder / "v.vcf.gz")], "all-sites")
    assert [sample["group"] for sample in record["samples"]] == ["n", "s"]
    assert any("v.vcf.gz: read as --vcf_kind all-sites" in note for note in notes)
    assert any("v.vcf.gz has no index" in note for note in notes)
    assert good_record(TWO, vcf="v.vcf.gz", vcf_kind="all-sites")[0]["vcf_kind"] == "all-sites"


def rows_on(chromosome, first, last, samples=2):
    return [site(at, "C" if at % 10 == 0 else ".", chromosome, samples) for at in range(first, last)]


# Files of one cohort: of a whole chromosome, of parts of two, of a part, and without rows.
PARTS = {
    "a.vcf.gz": rows_on("3", 1, 400),
    "b.bcf": [*rows_on("chr1", 1501, 2900), *rows_on("scaffold|2.1", 1, 900)],
    "c.vcf.gz": rows_on("chr1", 1, 1501),
    "empty.vcf.gz": [],
}


def write_parts(folder, parts=PARTS):
    folder.mkdir(exist_ok=True)
    for name, rows in parts.items():
        path = folder / name
        write_vcf(path.with_name(f"{name}.vcf.gz"), vcf_text(rows=rows))
        if name.endswith(".bcf"):
            subprocess.run(["bcftools", "view", "-Ob", "-o", path, f"{path}.vcf.gz"], check=True)
            subprocess.run(["bcftools", "index", path], check=True)
            path.with_name(f"{name}.vcf.gz").unlink()
        else:
            path.with_name(f"{name}.vcf.gz").rename(path)


@pytest.mark.parametrize("whole", [True, False])
def test_vcfs_of_one_cohort_are_taken_in_the_order_of_the_genome(folder, monkeypatch, whole):
    if not whole:
        monkeypatch.setattr("linnaea.input.population_files._WHOLE_SURVEY_BCF_BYTES", 100)
        monkeypatch.setattr("linnaea.input.population_files._WHOLE_SURVEY_BYTES", 100)
    write_parts(folder / "parts")
    record, notes = good_record(TWO, vcf="parts")
    ordered = [str(folder / "parts" / name) for name in ("c.vcf.gz", "b.bcf", "a.vcf.gz")]
    assert record["vcfs"] == ordered
    assert any("empty.vcf.gz: without rows, not used" in note for note in notes)
    assert record["vcf_kind"] == "all-sites"
    rows = sum(len(rows) for rows in PARTS.values())
    assert record["given_vcf"]["read_whole"] == whole
    assert record["given_vcf"]["rows"] == rows if whole else 0 < record["given_vcf"]["rows"] <= rows
    assert good_record(TWO, vcf=",".join(reversed(ordered)))[0]["vcfs"] == ordered


@pytest.mark.parametrize(
    "parts, given, says",
    [
        ({"a.vcf.gz": rows_on("chr1", 1, 500), "b.vcf.gz": rows_on("chr1", 400, 900)}, "parts",
         "parts/a.vcf.gz and parts/b.vcf.gz both have rows at chr1:400-499; give each row once"),
        ({"a.vcf.gz": rows_on("chr1", 1, 500)}, "parts/a.vcf.gz,parts/a.vcf.gz",
         "names a file twice; name each file once"),
        ({"a.vcf.gz": rows_on("chr1", 1, 500)}, "v.vcf.gz,parts/gone.vcf.gz",
         "file parts/gone.vcf.gz does not exist"),
        ({}, "parts", "parts is a folder without files whose names end in .vcf.gz or .bcf"),
        ({"v.vcf.gz": rows_on("chr1", 1, 500)}, "v.vcf.gz,parts/v.vcf.gz", "have the same name; rename one"),
        ({"empty.vcf.gz": [], "none.vcf.gz": []}, "parts", "it has no sites; give a VCF with genotypes"),
        ({}, "parts/*.vcf.gz", "patterns are not expanded; list the files"),
    ],
)  # fmt: skip
def test_vcfs_that_are_no_cohort(folder, parts, given, says):
    write_parts(folder / "parts", parts)
    assert says in only_fault(TWO, vcf=given)


@pytest.mark.parametrize(
    "samples, says",
    [
        (["b", "a"], "x.vcf.gz: its samples are in another order than those of v.vcf.gz; order them alike "
         "with `bcftools view -s a,b`"),
        (["a", "c"], "x.vcf.gz: its samples are not those of v.vcf.gz (b, c in one of them only); join"),
    ],
)  # fmt: skip
def test_vcfs_of_other_samples(folder, samples, says):
    write_vcf(folder / "x.vcf.gz", vcf_text(samples, rows=rows_on("3", 1, 400)))
    assert says in only_fault(TWO, vcf="v.vcf.gz,x.vcf.gz")


def test_a_bcf_of_one_small_chromosome_is_looked_at_there(folder):
    """Its header names all chromosomes: places spread over these would miss its rows."""
    lengths = {**LENGTHS, "large": 1_000_000}
    (folder / "ref.fa").write_text("".join(f">{name}\n{'A' * n}\n" for name, n in lengths.items()))
    write_vcf(folder / "x.vcf.gz", vcf_text(rows=rows_on("3", 1, 400), contigs=lengths))
    subprocess.run(["bcftools", "view", "-Ob", "-o", "x.bcf", "x.vcf.gz"], check=True)
    subprocess.run(["bcftools", "index", "x.bcf"], check=True)
    assert good_record(TWO, vcf="x.bcf")[0]["vcf_kind"] == "all-sites"


def test_callable_sites_beside_variants(folder):
    write_vcf(folder / "x.vcf.gz", vcf_text(rows=rows_of("v" * 600)))
    (folder / "callable.bed").write_text("chr1\t0\t2000\n")
    record, notes = good_record(TWO, vcf="x.vcf.gz", callable="callable.bed")
    assert record["callable"] == str(folder / "callable.bed")
    assert any("every sample counts as called and equal to the reference" in note for note in notes)
    assert not any("per-base statistics are NA" in note for note in notes)
    says = only_fault(TWO, vcf="v.vcf.gz", callable="callable.bed")
    assert "callable.bed states which sites" in says and "the rows of an all-sites VCF" in says
    assert "no VCF is given" in only_fault(GOOD, callable="callable.bed")


def test_files_of_the_table_are_not_looked_at_beside_a_vcf(folder):
    record, notes = good_record("sample,bam\na,nowhere.bam\nb,\n", vcf="v.vcf.gz")
    assert record["samples"][0]["bams"] == []
    assert any("files of the table are not used" in note for note in notes)


def rows_of(kinds, width=2):
    """Rows of a VCF by letters: v variant, i invariant."""
    return [site(i, "C" if kind == "v" else ".", samples=width) for i, kind in enumerate(kinds, 1)]


def test_a_table_selects_samples_of_a_vcf(folder):
    write_vcf(folder / "more.vcf.gz", vcf_text(["y", "a", "x 1", "b"], [site(1, "C", samples=4)]))
    record, notes = good_record(TWO, vcf="more.vcf.gz")
    assert [sample["sample"] for sample in record["samples"]] == ["a", "b"]
    (note,) = [note for note in notes if "of its 4 samples" in note]
    assert note == like("… 2 of its 4 samples … (y, x 1) … 'x 1' … `bcftools reheader --samples` …")
    says = only_fault(TWO.replace("b,", "c,"), vcf="more.vcf.gz")
    assert says == like("… more.vcf.gz … (c; it has y, x 1, b) …")


def test_a_name_that_no_table_can_have_gets_a_remedy_that_works(folder):
    write_vcf(folder / "x.vcf.gz", vcf_text(["a", "b 1"], [site(1, "C")]))
    says = only_fault(TWO.replace("b,", "b 1,"), vcf="x.vcf.gz")
    assert "'b 1' cannot be used" in says
    assert says.endswith("; also rename it in the VCF (`bcftools reheader --samples`)")


@pytest.mark.parametrize("form", ["vcf.gz", "bcf", "indexed.bcf"])
@pytest.mark.parametrize(
    "kinds, found",
    [
        ("v" * 30_000, "variants"),
        ("iiiiiiiiiv" * 3_000, "all-sites"),
        # variants that happen to come first say nothing of the rest
        ("v" * 40 + "iiiiiiiiiv" * 3_000, "all-sites"),
        ("i" * 15_000 + "v" * 15_000, "mixed"),
        ("v" * 15_000 + "i" * 15_000, "mixed"),
        (("v" * 30 + "i") * 1_000, "variants"),
        ("v", "variants"),
        ("i" * 500, "all-sites"),
        ("", "nothing"),
    ],
)
def test_the_kind_of_a_vcf_is_told_from_its_whole_length(folder, kinds, found, form):
    lengths = {"chr1": 40_000}
    (folder / "ref.fa").write_text(f">chr1\n{'A' * 40_000}\n")
    write_vcf(folder / "x.vcf.gz", vcf_text(rows=rows_of(kinds), contigs=lengths))
    path = f"x.{form}"
    if "bcf" in form:
        subprocess.run(["bcftools", "view", "-Ob", "-o", path, "x.vcf.gz"], check=True)
    if "indexed" in form:
        subprocess.run(["bcftools", "index", path], check=True)
    if found == "mixed":
        says = only_fault(TWO, vcf=path)
        assert "all sites in one part (at chr1:" in says and "--vcf_kind" in says
        assert good_record(TWO, vcf=path, vcf_kind="variants")[0]["vcf_kind"] == "variants"
    elif found == "nothing":
        assert f"{path}: it has no sites" in only_fault(TWO, vcf=path)
    else:
        record, notes = good_record(TWO, vcf=path)
        assert record["vcf_kind"] == found
        assert any("per-base statistics are NA" in note for note in notes) == (found == "variants")


def test_no_row_of_an_indexed_bcf_is_counted_twice(folder):
    write_vcf(folder / "x.vcf.gz", vcf_text(rows=rows_of("iv" * 60), contigs={"chr1": 150}))
    subprocess.run(["bcftools", "view", "-Ob", "-o", "x.bcf", "x.vcf.gz"], check=True)
    subprocess.run(["bcftools", "index", "x.bcf"], check=True)
    looks = look_at_rows("x.bcf", check_vcf("x.bcf", {"chr1": 150}))
    assert (sum(look.rows for look in looks), sum(look.invariant for look in looks)) == (120, 60)


def test_places_of_a_vcf_are_spread_and_rows_whole(folder):
    width = 300
    lengths = {"chr1": 40_000}
    random.seed(4)
    rows = [row.replace("PASS", str(random.random())) for row in rows_of("iv" * 15_000, width)]
    write_vcf(folder / "x.vcf.gz", vcf_text([f"s{i}" for i in range(width)], rows, lengths))
    looks = look_at_rows("x.vcf.gz", check_vcf("x.vcf.gz", lengths))
    positions = [int(look.where.split(":")[1]) for look in looks]
    assert positions[0] == 1 and positions == sorted(set(positions))
    assert len(looks) > 30 and positions[-1] > 0.9 * len(rows)
    assert all(look.invariant * 2 == look.rows for look in looks)


@pytest.mark.parametrize(
    "name, says",
    [
        ("plain.vcf", "plain.vcf is not compressed; use `bgzip plain.vcf`"),
        ("gzip.vcf.gz",
         "gzip.vcf.gz is compressed with gzip, which cannot be read by region; use `gunzip` and then "
         "`bgzip`"),
        ("cut.vcf.gz", "cut.vcf.gz: the file is truncated (its closing block is missing)"),
        ("m.bam", "m.bam is not a VCF"),
        ("genes.gff3", "genes.gff3 is not a VCF"),
        ("strange.vcf.gz",
         "called on another reference: it has 1 sequence that the reference lacks (1; it has chr1"),
        ("longer.vcf.gz", "differ in length from the reference (chr1: 9 bp, in the reference 3000 bp)"),
        ("sites.vcf.gz", "sites.vcf.gz: no samples in its header"),
        ("fewer.vcf.gz", "fewer.vcf.gz lacks samples of the table (b; it has a); correct their names"),
        ("block.vcf.gz",
         "block.vcf.gz is a gVCF, whose rows stand for many sites; give it in the column `gvcf`"),
        ("odd.vcf.gz", "odd.vcf.gz"),
        ("absent.vcf.gz", "file absent.vcf.gz does not exist"),
    ],
)  # fmt: skip
def test_a_fault_of_a_vcf(folder, name, says):
    good = vcf_text(rows=[site(1), site(2, "C")])
    (folder / "plain.vcf").write_text(good)
    (folder / "gzip.vcf.gz").write_bytes(gzip.compress(good.encode()))
    (folder / "cut.vcf.gz").write_bytes((folder / "v.vcf.gz").read_bytes()[:-28])
    write_vcf(folder / "strange.vcf.gz", vcf_text(rows=[site(1, "C")], contigs={"chr1": 3000, "1": 5}))
    write_vcf(folder / "longer.vcf.gz", vcf_text(rows=[site(1, "C")], contigs={"chr1": 9}))
    lines = [row.rsplit("\t", 3)[0] for row in rows_of("v")]
    write_vcf(folder / "sites.vcf.gz", vcf_text((), lines).replace("\tFORMAT\n", "\n"))
    write_vcf(folder / "fewer.vcf.gz", vcf_text(["a"], [site(1, "C", samples=1)]))
    write_vcf(folder / "block.vcf.gz", vcf_text(rows=[site(1, "<*>", info="END=7"), site(8, "C")]))
    write_vcf(folder / "odd.vcf.gz", vcf_text(rows=[site(1, "C"), "chr1\tx"]))
    assert says in only_fault(TWO, vcf=name)


def test_all_sites_are_promised_and_none_is_there(folder):
    write_vcf(folder / "x.vcf.gz", vcf_text(rows=rows_of("vv")))
    fault = only_fault(TWO, vcf="x.vcf.gz", vcf_kind="all-sites")
    assert fault == like("… --vcf_kind all-sites … none of 2 rows …")


def test_a_vcf_of_some_sequences(folder):
    write_vcf(folder / "x.vcf.gz", vcf_text(rows=rows_of("iiv"), contigs={"chr1": 3000}))
    _, notes = good_record(TWO, vcf="x.vcf.gz")
    assert any("lacks 2 sequences of the reference (scaffold|2.1, 3)" in note for note in notes)


def test_a_vcf_without_contigs(folder):
    write_vcf(folder / "x.vcf.gz", vcf_text(rows=rows_of("iiv"), contigs={}))
    record, notes = good_record(TWO, vcf="x.vcf.gz")
    assert record["vcf_kind"] == "all-sites"
    assert not any("lacks" in note and "sequences" in note for note in notes)


def raw(text):
    """A row from a text with blanks for tabs."""
    return "\t".join(text.split())


@pytest.mark.parametrize(
    "rows, says",
    [
        (["chr1 609 . 0 1 . PASS . GT 1|0 0|0"],
         "x.vcf.gz, line 7 (chr1:609): REF '0' is not a base; write alleles as bases (SLiM"),
        (["chr1 9 . A O . PASS . GT 0/1 0/1"],
         "x.vcf.gz, line 7 (chr1:9): ALT 'O' is not an allele"),
        (["chr1 9 . A C . . . GT 0/0 0/1", "chr1 8 . A C . . . GT 0/0 0/1"],
         "x.vcf.gz: chr1:8 is not in order; sort it with `bcftools sort`"),
        (["chr1 9 . A C . . . GT 0/0 0/1", "3 8 . A C . . . GT 0/0 0/1", "chr1 10 . A C . . . GT 0/0 0/1"],
         "x.vcf.gz: chromosome chr1 is in two parts of the file; sort it"),
        (["chr1 9 . A C . . . GT 0/0 0/1", "chr1 9 . AT A . . . GT 0/0 0/1", "chr1 9 . A G . . . GT 0/0 0/1"],
         "x.vcf.gz: chr1:9 has two rows of single bases; join them with `bcftools norm -m +snps`"),
        (["chr1 9 . A C . . . GT 0/0/1 0/1/1"],
         "(chr1:9): genotype '0/0/1' has more than two alleles; call the samples as diploid"),
        (["chr1 9 . A C . . . DP 3 4"], "x.vcf.gz: no genotypes in the 1 rows checked (FORMAT GT)"),
        (["nine 9 . A C . . . GT 0/0 0/1"], "x.vcf.gz: called on another reference: it has rows on nine"),
        (["3 501 . A C . . . GT 0/0 0/1"], "it has a row at 3:501, and the sequence has 500 bp"),
        (["chr1 9 . A C . . . GT 0/0 0/2"], "(chr1:9): a genotype has an allele that is not in ALT"),
        (["chr1 9 . A C . . . GT 0/0"], "(chr1:9): 10 columns, the header has 11"),
    ],
)  # fmt: skip
def test_rows_that_cannot_be_read_are_told_before_the_start(folder, rows, says):
    write_vcf(folder / "x.vcf.gz", vcf_text(rows=[raw(row) for row in rows], contigs={"chr1": 3000}))
    if rows[0].startswith(("nine", "3 ")):
        write_vcf(folder / "x.vcf.gz", vcf_text(rows=[raw(row) for row in rows], contigs={}))
    assert says in only_fault(TWO, vcf="x.vcf.gz")


def test_faults_within_a_large_file_name_their_place(folder, monkeypatch):
    """A file that is not read whole is looked at in places, whose lines have no number."""
    monkeypatch.setattr("linnaea.input.population_files._WHOLE_SURVEY_BYTES", 100)
    rows = [site(place, "C") for place in range(1, 300)]
    write_vcf(folder / "x.vcf.gz", vcf_text(rows=[*rows, raw("chr1 300 . A 7 . . . GT 0/1 0/0")]))
    monkeypatch.setattr("linnaea.input.population_files.SURVEY_ROWS", 1000)
    assert "x.vcf.gz, chr1:300: ALT '7' is not an allele" in only_fault(TWO, vcf="x.vcf.gz")
    write_vcf(folder / "y.vcf.gz", vcf_text(rows=[*rows, site(20, "C")]))
    assert "y.vcf.gz: chr1:20 is not in order" in only_fault(TWO, vcf="y.vcf.gz")


@pytest.mark.parametrize("form", ["vcf.gz", "bcf"])
def test_what_of_a_vcf_does_not_count_is_told(folder, form):
    form_line = '##FORMAT=<ID=DP,Number=1,Type=Integer,Description="D">\n'
    form_line += '##INFO=<ID=SVTYPE,Number=1,Type=String,Description="s">\n##ALT=<ID=DEL,Description="d">'
    rows = [raw(f"chr1 {place} . A C 50 PASS . GT:DP 0/1:30 0/0:{0 if place % 4 else 12}")
            for place in range(1, 801)]  # fmt: skip
    rows += [
        raw("chr1 900 . AC GT 50 PASS . GT:DP 0/1:30 0/0:12"),
        raw("chr1 910 . ACT A 50 PASS . GT 0/1 0/0"),
    ]
    rows += [raw("chr1 920 . A <DEL> 50 PASS SVTYPE=DEL GT 0/1 0/0")]
    write_vcf(folder / "x.vcf.gz", vcf_text(rows=rows, more=form_line))
    if form == "bcf":
        subprocess.run(["bcftools", "view", "-Ob", "-o", "x.bcf", "x.vcf.gz"], check=True)
    record, notes = good_record(TWO, vcf=f"x.{form}")
    text = "\n".join(notes)
    assert text == like("… 1 several bases at once, 1 indel, 1 symbolic …")
    assert "`bcftools norm --atomize`" in text
    assert text == like("… 600 genotypes … (DP 0) …")
    assert text == like("… 0.33 to 2.0 … (12 to 30) … 4 …")
    assert record["given_vcf"]["depth_windows"] == {"a": (10, 60), "b": (4, 24)}
    write_table(record)
    windows = Path(record["depth_windows"]).read_text()
    assert windows == "sample\tmin_depth\tmax_depth\na\t10\t60\nb\t4\t24\n"
    assert json.loads(Path(record["vcf_record"]).read_text())["genotypes_without_reads"] == 600
    _, notes = good_record(TWO, vcf=f"x.{form}", low_depth="20")
    assert like("… b with … below 20 …") in notes


def test_a_vcf_without_depth_has_no_windows(folder):
    write_vcf(folder / "x.vcf.gz", vcf_text(rows=[site(place, "C", info="ODD=1") for place in range(1, 400)]))
    record, notes = good_record(TWO, vcf="x.vcf.gz")
    assert record["depth_windows"] is None
    assert any("it has no depth (DP or AD)" in note for note in notes)
    assert any("its header does not describe INFO/ODD: they" in note for note in notes)
    text = vcf_text(rows=[raw("chr1 9 . A C . . . GT:DP:FT 0/0:1:PASS 0/1")])
    write_vcf(folder / "y.vcf.gz", text.replace("##FORMAT", "##format"))
    notes = good_record(TWO, vcf="y.vcf.gz")[1]
    assert not any("does not describe" in note for note in notes)
    assert any("too few rows have the depth of a sample" in note for note in notes)


def gvcf(path, sample="A", alternate="<*>", contigs=LENGTHS):
    rows = [site(1, alternate, samples=1, info="END=9"), site(10, f"C,{alternate}", samples=1)]
    write_vcf(path, vcf_text([sample], rows, contigs))


def test_gvcf_files(folder):
    gvcf(folder / "A.vcf.gz")
    record, _ = good_record("sample,gvcf\nA,A.vcf.gz\n")
    assert record["samples"][0]["gvcf"] == str(folder / "A.vcf.gz")
    gvcf(folder / "G.vcf.gz", alternate="<NON_REF>")
    assert "not a gVCF of --caller bcftools" in only_fault("sample,gvcf\nA,G.vcf.gz\n")
    assert "it looks like one of GATK" in only_fault("sample,gvcf\nA,G.vcf.gz\n")
    good_record("sample,gvcf\nA,G.vcf.gz\n", caller="gatk")
    assert "not a gVCF of --caller gatk" in only_fault("sample,gvcf\nA,A.vcf.gz\n", caller="gatk")
    assert "A.vcf.gz: holds A, not sample B" in only_fault("sample,gvcf\nB,A.vcf.gz\n")
    gvcf(folder / "B.vcf.gz")
    fault = only_fault("sample,gvcf\nA,A.vcf.gz\nA,B.vcf.gz\n")
    assert fault == like("… line 3, sample A, column gvcf: … line 2 …")
    gvcf(folder / "C.vcf.gz", contigs={"chr9": 8})
    assert "called on another reference" in only_fault("sample,gvcf\nA,C.vcf.gz\n")


# Groups, outgroup and what is absent


def bams(folder, rows, header="sample,bam,population,age_class,udg"):
    """A table with a BAM of its own for each row, given as sample,population,age_class,udg."""
    lines = []
    for row in rows:
        name, rest = row.split(",", 1)
        write_bam(folder / f"{name}.bam", index=True)
        lines.append(f"{name},{name}.bam,{rest}")
    return "\n".join([header, *lines]) + "\n"


def test_an_outgroup_by_sample_and_by_population(folder):
    table = bams(folder, ["A,n,,", "B,n,,", "C,far,,", "D,far,,"])
    for outgroup, expected in (("far", "CD"), ("C", "C"), ("far,A", "ACD"), ("null", "")):
        record, _ = good_record(table, outgroup=outgroup)
        assert "".join(s["sample"] for s in record["samples"] if s["outgroup"]) == expected
    assert only_fault(table, outgroup="fa") == like("option --outgroup: … fa; … far, n")
    assert "name fewer" in only_fault(table, outgroup="far,n")
    both = bams(folder, ["A,n,,", "n,x,,", "B,x,,"])
    assert "n is both a sample and a population" in only_fault(both, outgroup="n")


@pytest.mark.parametrize(
    "rows, said, unsaid",
    [
        (["A,n,,"], ["one sample: no dxy"], ["one population"]),
        (["A,n,,", "B,n,,"], ["one population: no dxy, Fst", "n with fewer than 10 samples"],
         ["one sample each"]),
        (["A,n,,", "B,n,,", "C,s,,"], ["s with one sample each: pi is its heterozygosity",
          "n with fewer than 10"],
         ["one population", "s with fewer"]),
        (["A,n,,", "B,,,"], ["B without a population: they form the group `all`"], []),
        (["A,n,,", "H,n,historical,"],
         ["1 historical samples without a value in column udg (H): `none` is used",
          "option --generations is not given", "consider --transversions_only"], []),
        (["A,n,,", "H,n,historical,full"], ["option --generations is not given"],
         ["transversions_only", "`none` is used"]),
        (["A,n,,", "H,s,historical,full"], [], ["--generations"]),
    ],
)  # fmt: skip
def test_notes_on_what_will_be_absent(folder, rows, said, unsaid):
    _, notes = good_record(bams(folder, rows))
    for text in [*said, "--gff is not given", "--sex_chromosomes is not given"]:
        assert any(text in note for note in notes), (text, notes)
    for text in unsaid:
        assert not any(text in note for note in notes), (text, notes)


def test_libraries_of_different_treatment(folder):
    table = "sample,fastq_1,age_class,udg\nA,a_1.fastq.gz,historical,full\nA,b_1.fastq.gz,historical,half\n"
    record, notes = good_record(table)
    assert record["samples"][0]["udg"] == "half"
    assert like("… treatment: … `half` …") in notes


def test_bam_files_without_index(folder):
    write_bam(folder / "x.bam")
    _, notes = good_record("sample,bam\nA,m.bam\nB,x.bam\n")
    assert any(f"1 BAM files without an index ({folder}/x.bam)" in note for note in notes)


# With other workflows


def genome(fasta=None):
    return {"assembly": {"haplotypes": {"primary": str(fasta)}} if fasta else None}


def test_the_reference_may_be_the_assembly_of_the_run(folder):
    table = "sample,fastq_1\nA,a_1.fastq.gz\n"
    options = {"workflow": "assembly,popgen", "reference": None}
    record, notes = good_record(table, genomes=[genome()], **options)
    assert record["reference"] is None and record["reference_bp"] is None
    assert any("the assembly of this run is the reference" in note for note in notes)
    assert "the input has 2 genomes" in only_fault(table, genomes=[genome(), genome()], **options)
    assert (
        good_record(table, genomes=[genome(), genome()], workflow="assembly,popgen")[0]["reference_bp"]
        == 5500
    )
    fault = only_fault("sample,bam\nA,m.bam\n", genomes=[genome()], **options)
    assert "another reference" in fault
    assert "does not exist yet" in only_fault(table, genomes=[genome()], repeats="mask.bed", **options)
    assert only_fault(None, genomes=[genome()], input="genomes.yml", **options) == (
        "option --samples: no table of samples is given; use --samples samples.csv"
    )


@pytest.mark.parametrize(("code", "counted"), [(None, True), (1, True), (11, True), (6, False), (12, False)])
def test_genetic_load_is_counted_with_the_standard_code_alone(folder, code, counted):
    options = {"workflow": "assembly,popgen", "genomes": [genome() | {"genetic_code": code}]}
    record, notes = good_record("sample,fastq_1\nA,a_1.fastq.gz\n", gff="genes.gff3", **options)
    assert record["load"] == counted
    told = [note for note in notes if "bcftools csq only supports the standard genetic code" in note]
    assert [note.endswith(f"have code {code}") for note in told] == ([] if counted else [True])


def test_an_assembly_that_is_only_annotated_is_known(folder):
    options = {"workflow": "annotation,popgen", "reference": None, "genomes": [genome(folder / "ref.fa")]}
    record, _ = good_record("sample,bam\nA,m.bam\n", repeats="mask.bed", **options)
    assert (record["reference"], record["reference_bp"]) == (None, 5500)
    write_bam(folder / "other.bam", lengths={"x": 5})
    assert "mapped to another reference" in only_fault("sample,bam\nA,other.bam\n", **options)


# The step


def step_arguments(more, workflow="popgen", table="samples.csv"):
    parameters = {
        "input": table, "workflow": workflow, "steps": "report", "outdir": "results", "assembler": "hifiasm",
        "check_tools": False, **more,
    }  # fmt: skip
    return ["--parameters", json.dumps(parameters)]


def test_the_step_prints_the_record_and_writes_the_table_once(folder, capsys):
    (folder / "samples.csv").write_text(
        "sample,fastq_1,fastq_2,bam,population,age_class,sex,latitude,longitude\n"
        f"B,{PAIR},,south,,female,59.5,18\nA,,,m.bam,south,historical,,,\nC,b_1.fastq.gz,,,,,,,\n"
    )
    parameters = {"reference": "ref.fa", "outgroup": "C", "sex_chromosomes": None}
    assert step.main(step_arguments(parameters)) == 0
    answer = capsys.readouterr()
    checked = json.loads(answer.out)
    assert checked["genomes"] == []
    assert [sample["sample"] for sample in checked["population"]["samples"]] == ["A", "B", "C"]
    assert "note: " in answer.err and "error" not in answer.err
    table = folder / "results" / "popgen" / "samples.tsv"
    assert checked["population"]["samples_table"] == str(table)
    assert table.read_text() == (
        "sample\tgroup\tpopulation\tage_class\tudg\tsex\tlatitude\tlongitude\toutgroup\tlibrary_type\n"
        "A\tsouth.historical\tsouth\thistorical\tnone\tunknown\t.\t.\tno\tbam\n"
        "B\tsouth\tsouth\tmodern\t.\tfemale\t59.5\t18.0\tno\tpaired\n"
        "C\tall\t.\tmodern\t.\tunknown\t.\t.\tyes\tsingle\n"
    )
    # the reader of the tasks takes it
    from linnaea.population.samples import groups, read_samples

    assert groups(read_samples(table)) == {"south": ["B"], "south.historical": ["A"]}
    os.utime(table, (1, 1))
    assert step.main(step_arguments(parameters)) == 0
    assert table.stat().st_mtime == 1
    assert step.main(step_arguments({"reference": "ref.fa"})) == 0
    assert table.stat().st_mtime != 1
    assert list(table.parent.iterdir()) == [table]


def test_programs_that_are_absent_reach_the_report(folder, capsys, monkeypatch):
    (folder / "samples.csv").write_text("sample,bam\nA,m.bam\n")
    monkeypatch.setattr(shutil, "which", lambda name: None if name == "pcangsd" else f"/x/{name}")
    assert step.main(step_arguments({"reference": "ref.fa", "check_tools": True})) == 0
    answer = capsys.readouterr()
    assert answer.err == like("… note: pcangsd … 5 reads …")
    population = json.loads(answer.out)["population"]
    assert population["absent_programs"] == ["pcangsd"]
    record = json.loads(Path(population["absent_record"]).read_text())
    assert record == {"id": "popgen", "step": "absent_programs", "programs": ["pcangsd"]}


def test_the_step_with_faults_writes_nothing(folder, capsys):
    (folder / "samples.csv").write_text("sample,bam\nA b,m.bam\n")
    assert step.main(step_arguments({"reference": "ref.fa", "max_k": 0})) == 1
    answer = capsys.readouterr()
    assert answer.out == ""
    assert "column sample" in answer.err and "option --max_k: 0 is less than 1" in answer.err
    assert not (folder / "results").exists()


def test_the_step_with_genomes_and_samples(folder, capsys):
    (folder / "genomes.yml").write_text("name: Aus bus\nhifi:\n  - reads: old.fastq\n")
    (folder / "samples.csv").write_text("sample,fastq_1\nA,a_1.fastq.gz\n")
    arguments = step_arguments({"samples": "samples.csv"}, "assembly,popgen", "genomes.yml")
    assert step.main(arguments) == 0
    checked = json.loads(capsys.readouterr().out)
    assert len(checked["genomes"]) == 1 and checked["population"]["reference"] is None


# Options and programs


@pytest.mark.parametrize(
    "given, says",
    [
        ({"roh_classes": "500,100"}, "option --roh_classes: the lengths are not ascending; list each"),
        ({"roh_classes": "1 Mb"}, "option --roh_classes: '1 Mb' cannot be used; list lengths in bp"),
        ({"vcf_kind": "allsites"}, "is not one of auto, all-sites, variants; did you mean all-sites?"),
        ({"caller": "freebayes"}, "option --caller: 'freebayes' is not one of bcftools, gatk, deepvariant"),
        ({"max_missing": 1.5}, "option --max_missing: 1.5 is more than 1"),
        ({"depth_high": 0.5}, "option --depth_high: 0.5 is less than 1"),
        ({"outgroup": "a b"}, "option --outgroup: 'a b' cannot be used; list names of samples"),
        ({"workflow": "popgn"}, "option --workflow: unknown workflow 'popgn'; did you mean popgen?"),
    ],
)
def test_a_fault_of_an_option(given, says):
    (fault,) = check_run(all_parameters(given))
    assert says in fault


@pytest.mark.parametrize("age", ["modern", "historical"])
def test_pairs_are_taken_as_interleaved_fastq(folder, age):
    names = [f"r{number}/{mate}" for number in range(20) for mate in (1, 2)][:-1]
    reads = "".join(f"@{name}\n{'ACGT' * 25}\n+\n{'I' * 100}\n" for name in names)
    (folder / "both.fastq").write_text(reads)
    (folder / "more.fastq").write_text(reads.replace("@r", "@q"))
    table = folder / "samples.csv"
    table.write_text(f"sample,fastq_1,fastq_2,age_class\nA,both.fastq,,{age}\nA,{PAIR},{age}\n")
    record, _, found = check_population(all_parameters({"samples": str(table), "reference": "ref.fa",
                                                        "workflow": "popgen"}), [])  # fmt: skip
    assert found == []
    lanes = record["samples"][0]["libraries"][0]["lanes"]
    assert [(lane["interleaved"], lane["fastq_2"] is None) for lane in lanes] == [
        (True, True),
        (False, False),
    ]
    record |= {"absent_record": None, "samples_table": str(folder / "out.tsv")}
    write_table(record)
    assert (folder / "out.tsv").read_text().endswith("\tno\tpaired\n")
    table.write_text("sample,fastq_1,fastq_2\nA,both.fastq,more.fastq\n")
    _, _, (fault,) = check_population(all_parameters({"samples": str(table), "reference": "ref.fa",
                                                      "workflow": "popgen"}), [])  # fmt: skip
    assert fault == like("… column fastq_1: both.fastq … both mates …")


def test_an_image_that_is_missing_is_told_before_the_start(tmp_path):
    parameters = all_parameters({"workflow": "popgen", "outdir": str(tmp_path / "results")})
    missing = check_run(parameters | {"image": str(tmp_path / "linnaea")})
    assert [fault.split(";")[0] for fault in missing] == [f"option --image: {tmp_path}/linnaea is missing"]
    for image in (str(tmp_path), "docker://ghcr.io/nbisweden/linnaea:0.1.0", "ghcr.io/x:1", None):
        assert check_run(parameters | {"image": image}) == []


def test_options_of_digits_are_text(folder):
    parameters = all_parameters({"roh_classes": 100_000, "outgroup": 12, "workflow": "popgen"})
    assert check_run(parameters) == []
    assert (parameters["roh_classes"], parameters["outgroup"]) == ("100000", "12")


def cohort(kind="fastq", vcf=None, age_class="modern"):
    """Three samples of 30x as the check of the input returns them."""
    record = plan_data.population(3, 2000, 100, historical=3 if age_class == "historical" else 0)
    for sample in record["samples"]:
        sample["libraries"] = sample["libraries"] if kind == "fastq" else []
        sample["bams"] = [__file__] if kind == "bam" else []
    return record | {"vcfs": [vcf] if vcf else [], "load": False}


ALWAYS = {"seqkit", "samtools", "bcftools", "bedtools", "multiqc"}


@pytest.mark.parametrize(
    "population, needed",
    [
        (cohort(), {"bwa", "fastp"}),
        (cohort(age_class="historical"), {"bwa", "AdapterRemoval", "mapDamage"}),
        (cohort("bam"), set()),
        (cohort("none", vcf=__file__), set()),
    ],
)
def test_programs_that_the_samples_need(monkeypatch, population, needed):
    asked = set()
    monkeypatch.setattr(shutil, "which", lambda name: asked.add(name) or "/x")
    parameters = all_parameters({"workflow": "popgen", "max_k": 1})
    checked = {"genomes": [], "population": population}
    assert missing_programs(parameters, checked) == []
    assert asked == ALWAYS | needed
    monkeypatch.setattr(shutil, "which", lambda name: None)
    lacking = missing_programs(parameters, checked)
    assert lacking[0].startswith("option --workflow: popgen needs seqkit and samtools and ")
    assert all(name in " ".join(lacking) for name in ALWAYS | needed)


@pytest.mark.parametrize("vcf", [None, __file__])
def test_programs_of_a_caller_that_calls(monkeypatch, vcf):
    absent = ("run_deepvariant", "glnexus_cli")
    monkeypatch.setattr(shutil, "which", lambda name: None if name in absent else "/x")
    parameters = all_parameters({"workflow": "popgen", "caller": "deepvariant"})
    found = missing_programs(
        parameters, {"genomes": [], "population": cohort("none" if vcf else "fastq", vcf)}
    )
    assert found == ([] if vcf else [
        like("option --caller: … run_deepvariant and glnexus_cli … --caller bcftools or --caller gatk")
    ])  # fmt: skip


@pytest.mark.parametrize(
    "given, vcf, faults, absent",
    [
        ({}, None, [], ["fastmixture", "pcangsd"]),
        ({}, __file__, [], ["fastmixture"]),
        ({"max_k": 1, "caller": "gatk"}, None, [], []),
        ({"max_k": 8}, None, [], ["fastmixture", "pcangsd"]),
        ({"subsample_depth": 4}, None, ["option --subsample_depth: structure of samples below --low_depth 5"],
         ["fastmixture", "pcangsd"]),
        ({"subsample_depth": 4}, __file__, [], ["fastmixture"]),
        ({"subsample_depth": 8}, None, [], ["fastmixture", "pcangsd"]),
    ],
)  # fmt: skip
def test_programs_without_wheels_are_needed_only_where_that_is_certain(
    monkeypatch, given, vcf, faults, absent
):
    """Without a compiler, populations run: what the programs would give is left out, with a note."""
    monkeypatch.setattr(
        shutil, "which", lambda name: None if name in ("pcangsd", "fastmixture") else f"/x/{name}"
    )
    population = cohort(vcf=vcf)
    parameters = all_parameters({"workflow": "popgen", **given})
    checked = {"genomes": [], "population": population | {"absent_programs": ["fastmixture", "pcangsd"]}}
    told = missing_programs(parameters, checked)
    assert len(told) == len(faults)
    assert all(said.startswith(fault) for said, fault in zip(told, faults, strict=True))
    notes = absent_programs(parameters, population)
    assert list(notes) == absent
    assert all(note.startswith(f"{name} is not installed on this machine: ") for name, note in notes.items())
    monkeypatch.setattr(shutil, "which", lambda name: f"/x/{name}")
    assert missing_programs(parameters, checked) == [] and absent_programs(parameters, population) == {}


def test_the_schema_of_the_table(folder):
    schema = json.loads(SCHEMA.read_text())
    jsonschema.Draft202012Validator.check_schema(schema)
    assert set(COLUMNS) == {
        "sample", "library", "lane", "fastq_1", "fastq_2", "bam", "gvcf", "population", "age_class", "udg",
        "sex", "latitude", "longitude",
    }  # fmt: skip
    validator = jsonschema.Draft202012Validator(schema)
    assert validator.is_valid([{"sample": "A", "fastq_1": "x", "fastq_2": "y"}])
    for bad in ([], [{}], [{"sample": "A", "fastq_2": "y"}], [{"sample": "A", "bam": "x", "gvcf": "y"}]):
        assert not validator.is_valid(bad)
