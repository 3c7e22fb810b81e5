"""The input check: every fault in plain words with its place, all of them together."""

import gzip
import json
import random
import re
import shutil
import subprocess
import sys
from pathlib import Path

import jsonschema
import plan_data
import pysam
import pytest
import yaml
from sentences import like

import check_input as step
from linnaea.base.errors import InputError
from linnaea.input.files import check_outdir, check_reads, safe_path
from linnaea.input.genome import genome_size_bp
from linnaea.input.genomes import SCHEMA, check_genomes
from linnaea.input.options import (
    STEPS,
    all_parameters,
    busco_notes,
    check_run,
    organelle_faults,
    screen_faults,
)
from linnaea.input.programs import missing_programs
from linnaea.input.schema import parameter_faults

NO_ARCHIVE = {
    "instrument": None, "strategy": None, "selection": None, "insert_size": None, "sample": None, "runs": [],
}  # fmt: skip
READ = "@{name}\nACGTACGTAC\n+\nIIIIIIIIII\n"
ASSEMBLE = ("reads", "assemble", "hic", "evaluate", "report")


def parameters(steps=ASSEMBLE, assembler="hifiasm", **others):
    return all_parameters({"steps": ",".join(steps), "assembler": assembler, **others})


def fastq(name="r", count=3):
    return "".join(READ.format(name=f"{name}{i}") for i in range(count))


@pytest.fixture
def folder(tmp_path):
    """A folder with one good file of every kind."""
    rng = random.Random(1)
    bases = "".join(rng.choices("ACGT", k=3000))
    (tmp_path / "hifi.fastq.gz").write_bytes(gzip.compress(fastq("h").encode()))
    (tmp_path / "more.fastq").write_text(fastq("m"))
    (tmp_path / "reads.fa").write_text(f">a\n{bases}\n")
    (tmp_path / "hic_1.fastq").write_text(fastq("p").replace("\nACGT", "/1\nACGT"))
    (tmp_path / "hic_2.fastq").write_text(fastq("p").replace("\nACGT", "/2\nACGT"))
    (tmp_path / "hap1.fa").write_text(f">c1\n{bases}\n>c2\n{bases}\n")
    (tmp_path / "hap2.fa.gz").write_bytes(gzip.compress(f">c1\n{bases[::-1]}\n".encode()))
    (tmp_path / "relative.faa").write_text(">p\nMEEPQSDPSVEPPLSQETFSDLWKLLPEN\n")
    (tmp_path / "genes.gff3").write_text("##gff-version 3\nc1\tx\tCDS\t1\t9\t.\t+\t.\tID=g\n")
    with pysam.AlignmentFile(str(tmp_path / "ont.bam"), "wb", header={"HD": {"VN": "1.6"}}) as handle:
        read = pysam.AlignedSegment()
        read.query_name, read.flag, read.query_sequence = "o", 4, bases
        handle.write(read)
    return tmp_path


def good():
    return {"name": "Aus bus", "hifi": [{"reads": "hifi.fastq.gz"}]}


def check(folder, data, steps=ASSEMBLE, assembler="hifiasm"):
    path = folder / "genomes.yml"
    path.write_text(data if isinstance(data, str) else yaml.safe_dump(data, sort_keys=False))
    return check_genomes(str(path), parameters(steps, assembler))


def faults(folder, data, **options):
    return check(folder, data, **options)[2]


def only_fault(folder, data, **options):
    found = faults(folder, data, **options)
    assert len(found) == 1, found
    assert "\n" not in found[0]
    assert found[0].startswith(str(folder / "genomes.yml"))
    return found[0].removeprefix(str(folder / "genomes.yml"))


def test_everything_a_genome_may_have_is_normalised(folder):
    data = {
        "name": "Aus bus",
        "id": "ilAusBus1",
        "taxid": 7,
        "ploidy": 2,
        "haploid_number": 31,
        "genome_size": "450m",
        "kmer_coverage": 18.5,
        "genetic_code": 1,
        "mito_code": 5,
        "sex": "XY",
        "lineage": "Eukaryota; Metazoa;Insecta;",
        "busco_lineages": "insecta_odb10, eukaryota_odb10",
        "telomere_motif": "TTAGG",
        "locus_tag": "ABC1",
        "hifi": [
            {"reads": ["hifi.fastq.gz", "more.fastq"], "library": "lib", "kit": "SMRT 3.0", "coverage": 30,
             "instrument": "Revio"}
        ],
        "ont": [{"reads": "ont.bam"}],
        "hic": [{"read1": "hic_1.fastq", "read2": "hic_2.fastq", "kit": "arima_v2"}],
        "proteins": [{"fasta": "relative.faa"}],
        "repeats": [],
        "assembly": {
            "stage": "raw",
            "assembler": "hifiasm",
            "haplotypes": {"hap1": "hap1.fa", "hap2": "hap2.fa.gz"},
        },
        "annotation": "genes.gff3",
    }  # fmt: skip
    (genome,), notes, found = check(folder, data)
    assert found == []
    assert any("starts from this assembly" in note for note in notes)
    at = {name: str(folder / name) for name in (path.name for path in folder.iterdir())}
    size = {name: (folder / name).stat().st_size for name in at}
    assert genome == {
        "id": "ilAusBus1", "name": "Aus bus", "taxid": 7, "ploidy": 2, "haploid_number": 31,
        "kmer_coverage": 18.5, "genetic_code": 1, "mito_code": 5, "sex": "XY",
        "lineage": "Eukaryota, Metazoa, Insecta",
        "telomere_motif": "TTAGG", "locus_tag": "ABC1", "genome_size_bp": 450_000_000,
        "busco_lineages": ["insecta_odb10", "eukaryota_odb10"],
        "hifi": [{
            "library": "lib", "type": "hifi", "files": [at["hifi.fastq.gz"], at["more.fastq"]],
            "format": "fastq", "kit": "SMRT 3.0", "coverage": 30,
            "bytes": size["hifi.fastq.gz"] + size["more.fastq"], "qualities": True,
            "archive": NO_ARCHIVE | {"instrument": "Revio"},
        }],
        "ont": [{
            "library": "ont1", "type": "ont", "files": [at["ont.bam"]], "format": "bam",
            "kit": None, "coverage": None, "bytes": size["ont.bam"], "qualities": False,
            "archive": NO_ARCHIVE,
        }],
        "isoseq": [],
        "hic": [{
            "library": "hic1", "type": "hic", "read1": [at["hic_1.fastq"]],
            "read2": [at["hic_2.fastq"]], "format": "fastq", "kit": "arima_v2", "coverage": None,
            "bytes": 2 * size["hic_1.fastq"], "paired": True, "reference": None,
            "archive": NO_ARCHIVE,
        }],
        "illumina": [], "rnaseq": [],
        "proteins": [{
            "library": "proteins1", "type": "proteins", "fasta": at["relative.faa"],
            "bytes": size["relative.faa"],
        }],
        "repeats": [],
        "assembly": {
            "stage": "raw", "assembler": "hifiasm",
            "haplotypes": {"hap1": at["hap1.fa"], "hap2": at["hap2.fa.gz"]}, "maps": [],
        },
        "annotation": at["genes.gff3"],
        "organelle_relative": None, "organelle_genes": None, "edits": {}, "hints": [], "liftover": [],
        "reference_annotation": None, "submission": None,
    }  # fmt: skip


def test_one_genome_a_list_and_a_list_under_genomes_are_the_same(folder):
    forms = [good(), [good()], {"genomes": [good()]}]
    results = [check(folder, form) for form in forms]
    assert results[0][2] == results[1][2] == results[2][2] == []
    assert results[0][0] == results[1][0] == results[2][0]
    (genome,) = results[0][0]
    assert genome["id"] == "Aus_bus"
    assert genome["assembly"] is genome["genome_size_bp"] is genome["annotation"] is None
    assert genome["ont"] == genome["busco_lineages"] == []
    assert genome["hifi"][0]["library"] == "hifi1"


def test_a_key_without_a_value_counts_as_absent(folder):
    assert faults(folder, "name: Aus bus\ntaxid:\nhic:\nhifi:\n  - reads: hifi.fastq.gz\n") == []


PILOT = """\
sample:
  name: 'Drosophila melanogaster'
  ploidy: 2
  genome_size: 176040000
  haploid_number: 4
  tax_id: 7227
  genetic_code: 1
  mito_code: 5
  domain: Eukaryota
assembly:
  - assembler: hifiasm
    stage: scaffolded
    id: 'hifi_v1'
    pri_fasta: hap1.fa
    alt_fasta: hap2.fa.gz
hifi:
  - reads: 'hifi.fastq.gz'
hic:
  - read1: hic_1.fastq
    read2: hic_2.fastq
"""


def test_the_yaml_of_the_ebp_pilot_is_read_as_it_is(folder):
    (genome,), _, found = check(folder, PILOT)
    assert found == []
    assert genome["id"] == "Drosophila_melanogaster"
    assert (genome["taxid"], genome["genome_size_bp"], genome["mito_code"]) == (7227, 176040000, 5)
    assert genome["assembly"] == {
        "stage": "scaffolded",
        "assembler": "hifiasm",
        "haplotypes": {
            "primary": str(folder / "hap1.fa"),
            "alternate": str(folder / "hap2.fa.gz"),
        },
        "maps": [],
    }
    assert genome["hic"][0]["read2"] == [str(folder / "hic_2.fastq")]


def test_several_assemblies_of_the_ebp_pilot_are_several_genomes(folder):
    second = "  - {id: v2, stage: raw, pri_fasta: hap2.fa.gz}\nhifi:"
    genomes, notes, found = check(folder, PILOT.replace("hifi:", second, 1))
    assert found == []
    assert [genome["id"] for genome in genomes] == [
        "Drosophila_melanogaster_hifi_v1",
        "Drosophila_melanogaster_v2",
    ]
    assert any("each assembly is evaluated as a separate genome" in note for note in notes)


def test_faults_in_the_yaml_of_the_ebp_pilot_are_told_at_its_own_keys(folder):
    text = PILOT.replace("hap1.fa", "https://x.org/hap1.fa").replace("tax_id: 7227", "tax_id: x")
    text = text.replace("alt_fasta: hap2", "alt_fasta: nope")
    one, two, three = faults(folder, text)
    assert "line 6, genome 1 (Drosophila melanogaster), sample.tax_id: " in one
    assert "line 14, genome 1 (Drosophila melanogaster), assembly[1].pri_fasta: https" in two
    assert "is a web address; files must be local" in two
    assert "assembly[1].alt_fasta: file" in three


@pytest.mark.parametrize(
    ("size", "bases"),
    [
        (176040000, 176040000), ("1.2g", 1_200_000_000), ("450m", 450_000_000), ("12.5Mb", 12_500_000),
        ("3 Gbp", 3_000_000_000), ("900k", 900_000), ("1.2e9", 1_200_000_000), (1.5e6, 1_500_000),
        ("1000", 1000), (None, None),
    ],
)  # fmt: skip
def test_genome_sizes(folder, size, bases):
    assert genome_size_bp(size) == bases
    (genome,), _, found = check(folder, good() | {"genome_size": size})
    assert (genome["genome_size_bp"], found) == (bases, [])


# Faults: what the user wrote, and what is said.


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"hifii": []}, "hifii: unknown key `hifii`; did you mean `hifi`?"),
        ({"colour": "red"}, "unknown key `colour`; known are name, id, taxid"),
        ({"ploidy": "2"}, "ploidy: expected a whole number, found the text '2'; remove the quotes"),
        ({"ploidy": 2.5}, "ploidy: expected a whole number, found the number 2.5"),
        ({"ploidy": 0}, "ploidy: 0 is less than 1"),
        ({"id": 12}, 'id: expected text, found the number 12; put it in quotes ("...")'),
        ({"sex": True}, "found true (YAML reads yes, no, on, off as true or false)"),
        ({"hic": "x.fq"}, "hic: expected a list (each item on its own line after a dash), found"),
        ({"hic": ["x.fq"]}, "hic[1]: expected a mapping such as `- read1: a_1.fastq.gz`"),
        ({"hic": [{"read1": "hic_1.fastq"}]}, "hic[1]: give `read1` and `read2`, or `reads` for BAM"),
        ({"rnaseq": [{"kit": "x"}]}, "rnaseq[1]: give `read1` and `read2` for paired reads"),
        ({"genetic_code": 7}, "genetic_code: 7 is not one of 1, 2, 3"),
        ({"genome_size": "large"}, "genome_size: 'large' cannot be used; write bases"),
        ({"genome_size": -5}, "genome_size: -5 is not more than 0"),
        ({"telomere_motif": "TTAGGX"}, "telomere_motif: 'TTAGGX' cannot be used; write 4 to 30"),
        ({"locus_tag": "ab"}, "locus_tag: 'ab' cannot be used; a locus tag prefix has 3 to 12"),
        ({"id": "my genome"}, "id: 'my genome' cannot be used; use only letters"),
        ({"id": "$(reboot)"}, "id: '$(reboot)' cannot be used; use only letters"),
        ({"id": "-rf"}, "id: '-rf' cannot be used"),
        ({"id": ".."}, "id: '..' cannot be used"),
        ({"id": "å"}, "id: 'å' cannot be used"),
        ({"id": "pipeline_info"}, "id: `pipeline_info` is the name of a folder of the results"),
        ({"name": "Aus `bus`"}, "name: 'Aus `bus`' cannot be used"),
        ({"name": "Aus bus\nrm"}, "cannot be used; use only letters"),
        ({"sex": "X; reboot"}, "sex: 'X; reboot' cannot be used"),
        ({"busco_lineages": "in|secta"}, "busco_lineages: 'in|secta' is not the name of a lineage"),
        ({"busco_lineages": "db/insecta"}, "db/insecta is not a directory"),
        ({"assembly": {"stage": "raw"}}, "assembly: give `haplotypes` (hap1: file, hap2: file)"),
        (
            {"assembly": {"stage": "row", "primary": "hap1.fa"}},
            "assembly.stage: 'row' is not one of raw, decontaminated, purged, polished, scaffolded, "
            "curated; did you mean raw?",
        ),
        (
            {"assembly": {"stage": "raw", "haplotypes": {"both": "hap1.fa"}}},
            "assembly.haplotypes: 'both' cannot be used; the name `both` is taken",
        ),
        (
            {"assembly": {"stage": "raw", "haplotypes": {"hap 1": "hap1.fa"}}},
            "assembly.haplotypes: 'hap 1' cannot be used; use only letters",
        ),
    ],
)  # fmt: skip
def test_a_fault_of_structure_in_plain_words(folder, change, says):
    fault = only_fault(folder, good() | change)
    assert says in fault
    assert ", line " in fault


@pytest.mark.parametrize(
    ("path", "says"),
    [
        ("nope.fastq.gz", "nope.fastq.gz does not exist; give an existing path (relative paths"),
        ("empty.fastq", "empty.fastq is empty"),
        ("empty.fastq.gz", "the file is empty"),
        ("sub", "sub is a directory; give the file in it"),
        ("dangling.fastq", "dangling.fastq is a broken link"),
        ("cut.fastq.gz", "the gzip file is truncated"),
        ("unequal.fastq", "record 2 (line 5, b): 10 bases but 9 quality values"),
        ("half.fastq", "the file ends in the middle of a record"),
        ("text.fastq", "not FASTA, FASTQ or BAM (it starts with 'hello')"),
        ("plain.fastq.gz", "is named as a gzip file but is not compressed"),
        ("zipped.fastq", "is gzip, but its name does not end in .gz"),
        ("fasta.fastq", "is named as FASTQ but holds FASTA"),
        ("relative.faa", "holds 'E', which is not a nucleotide"),
        ("a.fastq.bz2", "is compressed with bzip2; unpack it with `bunzip2`"),
        ("a.cram", "is CRAM; convert it with `samtools fastq`"),
        ("cut.bam", "the BAM file is truncated (its closing block is missing)"),
        ("https://x.org/a.fastq.gz", "is a web address; files must be local"),
        ("s3://bucket/a.fastq.gz", "is a web address; files must be local"),
        ("*.fastq.gz", "is a pattern; patterns are not expanded"),
        ("my reads.fastq", "holds a space, which breaks tools"),
        ("a'b.fastq", "holds a single quote"),
        ("a$b.fastq", "holds $,"),
        ("a;b.fastq", "holds ;,"),
        ("a&b.fastq", "holds &,"),
        ("a|b.fastq", "holds |,"),
        ("a>b.fastq", "holds >,"),
        ("a`b.fastq", "holds `,"),
        ("a\nb.fastq", "holds a line break"),
        ("(a).fastq", "holds a parenthesis"),
        ("åsa.fastq", "holds å,"),
        ("-a.fastq", "has a name that starts with a dash (-a.fastq)"),
    ],
)  # fmt: skip
def test_a_fault_of_a_read_file(folder, path, says):
    whole = gzip.compress(fastq(count=2000).encode())
    for name, content in {
        "empty.fastq": b"",
        "empty.fastq.gz": gzip.compress(b""),
        "cut.fastq.gz": whole[:-20],
        "unequal.fastq": b"@a\nACGTACGTAC\n+\nIIIIIIIIII\n@b\nACGTACGTAC\n+\nIIIIIIIII\n",
        "half.fastq": b"@a\nACGTACGTAC\n+\nIIIIIIIIII\n@b\nACGT",
        "text.fastq": b"hello\n",
        "plain.fastq.gz": fastq().encode(),
        "zipped.fastq": whole,
        "fasta.fastq": b">a\nACGT\n",
        "a.fastq.bz2": b"BZh91AY&SY",
        "a.cram": b"CRAM\x03\x00",
        "cut.bam": (folder / "ont.bam").read_bytes()[:-28],
        "my reads.fastq": fastq().encode(),
    }.items():
        (folder / name).write_bytes(content)
    (folder / "sub").mkdir()
    (folder / "dangling.fastq").symlink_to(folder / "gone")
    fault = only_fault(folder, good() | {"hifi": [{"reads": path}]})
    assert says in fault
    assert ", genome 1 (Aus bus), hifi[1].reads: " in fault
    listed = only_fault(folder, good() | {"hifi": [{"reads": ["hifi.fastq.gz", path]}]})
    assert ", genome 1 (Aus bus), hifi[1].reads[2]: " in listed


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"hic": [{"read1": "hic_1.fastq", "read2": "more.fastq"}]}, "are not a pair"),
        ({"hic": [{"read1": "hic_1.fastq", "read2": "short_2.fastq"}]}, "has 3 reads but"),
        ({"hic": [{"read1": ["hic_1.fastq"], "read2": ["hic_2.fastq", "more.fastq"]}]}, "in pairs"),
        (
            {"hic": [{"read1": "reads.fa", "read2": "hic_2.fastq"}]},
            "FASTA where FASTQ or BAM or CRAM is expected",
        ),
        (
            {"hic": [{"read1": "ont.bam", "read2": "hic_2.fastq"}]},
            "ont.bam is BAM: give it as `reads`, alone",
        ),
        ({"ont": [{"reads": "hifi.fastq.gz"}]}, "is already given at "),
        ({"ont": [{"reads": "link.fastq.gz"}]}, "is already given at "),
        ({"ont": [{"reads": "sub/hifi.fastq.gz"}]}, "the file name hifi.fastq.gz is that of"),
        ({"ont": [{"reads": "more.fastq", "library": "hifi1"}]}, "`hifi1` is also that of hifi[1]"),
        ({"hifi": [{"reads": ["hifi.fastq.gz", "reads.fa"]}]}, "mixes fasta and fastq"),
        ({"hifi": [{"reads": "more.fastq"}, {"reads": "reads.fa"}]}, "some libraries have qualities, others"),
        ({"proteins": [{"fasta": "hap1.fa"}]}, "nucleotides where proteins are expected"),
        ({"repeats": [{"fasta": "relative.faa"}]}, "'E', which is not a nucleotide"),
        ({"assembly": {"stage": "raw", "primary": "more.fastq"}}, "FASTQ where FASTA is expected"),
        ({"annotation": "hap1.fa"}, "is named as FASTA but holds GFF"),
        ({"annotation": "no.gff3"}, "is not GFF (its first row has 1 columns, not 9); give GFF3 or GTF"),
    ],
)
def test_files_that_do_not_fit_each_other_or_their_place(folder, change, says):
    (folder / "short_2.fastq").write_text(fastq("p", 2))
    (folder / "link.fastq.gz").symlink_to(folder / "hifi.fastq.gz")
    (folder / "no.gff3").write_text("gene\n")
    (folder / "sub").mkdir()
    (folder / "sub" / "hifi.fastq.gz").write_bytes(gzip.compress(fastq("z").encode()))
    found = faults(folder, good() | change)
    assert any(says in fault for fault in found), found


def alignments(folder, paired, aligned, name="rna", mode="wb", **options):
    """A BAM or CRAM of 20 reads on the assembly hap1.fa, one in ten of them also secondary; its name."""
    sequence = (folder / "hap1.fa").read_text().split("\n")[1]
    header = {"HD": {"VN": "1.6"}, "SQ": [{"SN": "c1", "LN": 3000}, {"SN": "c2", "LN": 3000}]}
    path = folder / f"{name}.{'cram' if mode == 'wc' else 'bam'}"
    with pysam.AlignmentFile(str(path), mode, header=header, **options) as handle:
        for number in range(20):
            read = pysam.AlignedSegment(handle.header)
            read.query_name, read.query_sequence = f"{name}{number // (2 if paired else 1)}", sequence[:50]
            read.query_qualities = [30] * 50
            read.flag = (1 + (128 if number % 2 else 64) if paired else 0) + (0 if aligned else 4)
            if aligned:
                read.reference_id, read.reference_start, read.cigarstring = 0, 0, "50M"
            handle.write(read)
            if aligned and number % 10 == 0:
                read.is_secondary = True
                handle.write(read)
    return path.name


@pytest.mark.parametrize("mode", ["wb", "wc"])
@pytest.mark.parametrize(("paired", "aligned"), [(True, True), (True, False), (False, True), (False, False)])
def test_rna_as_bam_or_cram_is_taken_with_what_it_holds(folder, mode, paired, aligned):
    options = {"reference_filename": str(folder / "hap1.fa")} if mode == "wc" else {}
    name = alignments(folder, paired, aligned, mode=mode, **options)
    long = alignments(folder, False, aligned, "flnc", mode, **options)
    reference = {"reference": "hap2.fa.gz"} if mode == "wc" and aligned else {}
    (folder / "hap2.fa.gz").write_bytes(gzip.compress((folder / "hap1.fa").read_bytes()))
    (folder / "hap1.fa").rename(folder / "moved.fa")  # so that the reference must be the one given
    index = folder / "hap1.fa.fai"
    index.unlink(missing_ok=True)
    data = good() | {"rnaseq": [{"reads": name} | reference], "isoseq": [{"reads": long} | reference]}
    genomes, notes, found = check(folder, data)
    assert found == []
    rna, isoseq = genomes[0]["rnaseq"][0], genomes[0]["isoseq"][0]
    kind = "cram" if mode == "wc" else "bam"
    expected = str(folder / "hap2.fa.gz") if reference else None
    assert (rna["read1"], rna["read2"], rna["format"], rna["paired"], rna["reference"]) == (
        [str(folder / name)], [], kind, paired, expected,
    )  # fmt: skip
    assert (isoseq["files"], isoseq["format"], isoseq["reference"]) == ([str(folder / long)], kind, expected)
    assert any(f"the {kind.upper()} file is aligned" in note for note in notes) == aligned
    assert not list(folder.glob("*.fai"))


@pytest.mark.parametrize(
    ("entry", "says"),
    [
        (
            {"reads": "lost.cram"},
            "cannot be decoded; if it needs the reference it was compressed with, give that",
        ),
        ({"reads": "lost.cram", "reference": "other.fa"}, "other.fa as reference; give the FASTA it was"),
        ({"reads": "lost.cram", "reference": "gone.fa"}, "gone.fa does not exist"),
        ({"read1": "pairs.bam", "read2": "mates.bam"}, "pairs.bam is BAM: give it as `reads`, alone"),
        ({"reads": ["pairs.bam", "singles.bam"]}, "some of its files hold pairs, others single reads"),
        ({"reads": ["pairs.bam", "more.fastq"]}, "one library mixes bam and fastq"),
        ({"reads": "mixed.bam"}, "20 of 40 reads are mates of pairs and the others are single; split it"),
        ({"reads": "empty.bam"}, "holds no reads"),
    ],
)
def test_rna_that_cannot_be_converted_is_refused(folder, entry, says):
    fasta = folder / "hap1.fa"
    alignments(folder, True, True, "lost", "wc", reference_filename=str(fasta))
    (folder / "other.fa").write_text(fasta.read_text().replace("A", "C"))
    alignments(folder, True, True, "pairs")
    alignments(folder, True, True, "mates")
    alignments(folder, False, True, "singles")
    pysam.cat("-o", str(folder / "mixed.bam"), str(folder / "pairs.bam"), str(folder / "singles.bam"))
    pysam.AlignmentFile(str(folder / "empty.bam"), "wb", header={"HD": {"VN": "1.6"}}).close()
    fasta.rename(folder / "moved.fa")
    assert says in only_fault(folder, good() | {"rnaseq": [entry]})


def interleaved(count, marks=("", ""), lost=()):
    """FASTQ of pairs, mates one after the other; `lost` are the places of reads that are not there."""
    names = [f"p{pair}{mark}" for pair in range(count) for mark in marks]
    return mates([name for place, name in enumerate(names) if place not in lost])


@pytest.mark.parametrize("kind", ["hic", "illumina", "rnaseq"])
@pytest.mark.parametrize("mode", ["wb", "wc"])
def test_pairs_are_taken_as_bam_or_cram(folder, kind, mode):
    fasta = folder / "hap1.fa"
    name = alignments(
        folder, True, True, "p", mode, **({"reference_filename": str(fasta)} if mode == "wc" else {})
    )
    (folder / "hap2.fa.gz").write_bytes(gzip.compress(fasta.read_bytes()))
    fasta.rename(folder / "moved.fa")
    reference = {"reference": "hap2.fa.gz"} if mode == "wc" else {}
    genomes, _, found = check(folder, good() | {kind: [{"reads": name, "kit": "arima"} | reference]})
    assert found == []
    library = genomes[0][kind][0]
    assert (library["read1"], library["read2"]) == ([str(folder / name)], [])
    assert (library["format"], library["paired"]) == ("cram" if mode == "wc" else "bam", True)
    assert library["reference"] == (str(folder / "hap2.fa.gz") if reference else None)
    assert library.get("kit") == "arima"


@pytest.mark.parametrize("kind", ["hic", "illumina", "rnaseq"])
@pytest.mark.parametrize("marks", [("", ""), ("/1", "/2"), (" 1:N:0:A", " 2:N:0:A")])
@pytest.mark.parametrize("lost", [(), (0, 7, 50), (79,)])
def test_pairs_are_taken_as_interleaved_fastq(folder, kind, marks, lost):
    (folder / "x.fastq").write_text(interleaved(40, marks, lost))
    genomes, _, found = check(folder, good() | {kind: [{"reads": "x.fastq"}]})
    assert found == []
    library = genomes[0][kind][0]
    assert (library["read1"], library["read2"]) == ([str(folder / "x.fastq")], [])
    assert (library["format"], library["paired"], library["reference"]) == ("interleaved", True, None)
    found = faults(folder, good() | {kind: [{"read1": "x.fastq", "read2": "hic_2.fastq"}]})
    assert any("x.fastq is interleaved FASTQ: give it as `reads`" in fault for fault in found), found


@pytest.mark.parametrize("mode", ["wb", "wc"])
@pytest.mark.parametrize("kind", ["hic", "rnaseq"])
def test_bam_and_cram_are_looked_at_alike(folder, kind, mode):
    """Reads without qualities are noted, long reads refused."""
    suffix = "cram" if mode == "wc" else "bam"
    for name, length in (("short", 100), ("long", 1500)):
        path = str(folder / f"{name}.{suffix}")
        with pysam.AlignmentFile(path, mode, header={"HD": {"VN": "1.6"}}) as handle:
            for number in range(40):
                read = pysam.AlignedSegment(handle.header)
                read.query_name, read.query_sequence = f"r{number // 2}", "ACGT" * (length // 4)
                read.flag = 77 if number % 2 == 0 else 141
                handle.write(read)
    _, notes, found = check(folder, good() | {kind: [{"reads": f"short.{suffix}"}]})
    assert found == []
    assert any("has no qualities: read qualities are not reported" in note for note in notes), notes
    says = f"long.{suffix} has reads of up to 1500 bp, not short reads"
    assert says in only_fault(folder, good() | {kind: [{"reads": f"long.{suffix}"}]})


@pytest.mark.parametrize("mode", ["wb", "wc"])
@pytest.mark.parametrize("aligned", [False, True])
def test_names_of_bam_and_cram_are_checked_before_the_start(folder, mode, aligned):
    """A name belongs to two primary reads of pairs, or to one single read."""
    fasta = folder / "hap1.fa"
    options = {"reference_filename": str(fasta)} if mode == "wc" else {}
    sequence = fasta.read_text().split("\n")[1]
    header = {"HD": {"VN": "1.6"}, "SQ": [{"SN": "c1", "LN": 3000}, {"SN": "c2", "LN": 3000}]}

    def library(name, paired, copies):
        """20 reads, of which the seventh and eighth are written `copies` times."""
        path = folder / f"{name}.{'cram' if mode == 'wc' else 'bam'}"
        with pysam.AlignmentFile(str(path), mode, header=header, **options) as handle:
            for number in sorted([*range(20), *[6, 7] * (copies - 1)]):
                read = pysam.AlignedSegment(handle.header)
                read.query_name = f"r{number // 2 if paired else number}"
                read.query_sequence = sequence[number : number + 50]
                read.query_qualities = [30 + number % 5] * 50
                read.flag = (1 + (128 if number % 2 else 64) if paired else 0) + (0 if aligned else 4)
                if aligned:
                    read.reference_id, read.reference_start, read.cigarstring = 0, number, "50M"
                handle.write(read)
        return {"reads": path.name} | ({"reference": "hap2.fa.gz"} if mode == "wc" else {})

    single, pairs = library("single", False, 2), library("pairs", True, 2)
    one = library("one", True, 1)
    (folder / "hap2.fa.gz").write_bytes(gzip.compress(fasta.read_bytes()))
    fasta.rename(folder / "moved.fa")
    assert re.search(
        "2 names belong to several reads, such as r[67];", only_fault(folder, good() | {"rnaseq": [single]})
    )
    assert "1 names belong to more than two reads, such as r3;" in only_fault(
        folder, good() | {"hic": [pairs]}
    )
    assert faults(folder, good() | {"hic": [one]}) == []


@pytest.mark.parametrize("count", [1500, 1501])
@pytest.mark.parametrize("lost", [(), (0,)])
def test_interleaved_fastq_is_recognised_by_its_head(tmp_path, count, lost):
    """The head of a large file ends anywhere, also between two mates."""
    path = str(tmp_path / "x.fastq")
    Path(path).write_text(interleaved(count, lost=lost))
    facts = check_reads(path, ("fastq", "interleaved"), whole_bytes=0)
    assert (facts.format, facts.paired, facts.reads) == ("interleaved", True, None)
    with pytest.raises(InputError, match="holds both mates of each pair, interleaved"):
        check_reads(path, ("fastq",), whole_bytes=0)


@pytest.mark.parametrize("marks", [("", ""), ("/1", "/2"), (" 1:N:0:A", " 2:N:0:A")])
@pytest.mark.parametrize("lost", [(), (5,), (0, 7, 50)])
def test_interleaved_fastq_is_refused_where_single_reads_are_expected(tmp_path, marks, lost):
    path = tmp_path / "x.fastq"
    path.write_text(interleaved(40, marks, lost))
    with pytest.raises(InputError, match="holds both mates of each pair, interleaved"):
        check_reads(str(path), ("fastq",))


@pytest.mark.parametrize("kind", ["hic", "illumina"])
@pytest.mark.parametrize(
    ("entry", "says"),
    [
        ({"reads": "single.bam"}, "single.bam holds single reads (no pairs), but"),
        (
            {"reads": "more.fastq"},
            "more.fastq holds single reads (no read is followed by a mate of the same",
        ),
        ({"reads": "lost.cram"}, "give that FASTA as `reference` of the library"),
        ({"reads": ["pairs.bam", "x.fastq"]}, "one library mixes bam and interleaved"),
        ({"reads": "three.fastq"}, "1 names belong to more than two reads, such as p3;"),
        (
            {"reads": "pairs.bam", "read1": "hic_1.fastq"},
            "give `read1` and `read2`, or `reads` for BAM, CRAM or",
        ),
    ],
)
def test_one_file_that_holds_no_pairs_is_refused(folder, kind, entry, says):
    fasta = folder / "hap1.fa"
    alignments(folder, True, True, "lost", "wc", reference_filename=str(fasta))
    alignments(folder, True, False, "pairs")
    alignments(folder, False, False, "single")
    fasta.rename(folder / "moved.fa")
    (folder / "x.fastq").write_text(interleaved(40))
    (folder / "three.fastq").write_text(interleaved(40) + mates(["p3"], seed=6))
    assert says in only_fault(folder, good() | {kind: [entry]})


def test_a_cram_names_its_own_reference(folder):
    fasta = folder / "hap1.fa"
    (folder / "copy.fa").write_text(fasta.read_text())
    name = alignments(folder, True, True, mode="wc", reference_filename=str(fasta))
    genomes, _, found = check(folder, good() | {"rnaseq": [{"reads": name}]})
    assert found == []
    assert genomes[0]["rnaseq"][0]["reference"] == str(fasta)
    bam = alignments(folder, True, True)
    notes = check(folder, good() | {"rnaseq": [{"reads": bam, "reference": "copy.fa"}]})[1]
    assert any("only CRAM needs a reference: it is not used" in note for note in notes)


def long_fastq(names, length=1200, quality="I", seed=3):
    rng = random.Random(seed)
    reads = ((name, "".join(rng.choices("ACGT", k=length))) for name in names)
    varied = quality + chr(ord(quality) - 1)
    return "".join(
        f"@{name}\n{bases}\n+\n{''.join(rng.choices(varied, k=length))}\n" for name, bases in reads
    )


def mates(names, mark="", seed=5):
    return long_fastq([f"{name}{mark}" for name in names], 60, seed=seed)


PAIR = [f"p{i}" for i in range(40)]


@pytest.mark.parametrize(
    ("first", "second", "says"),
    [
        (mates(PAIR, ".1"), mates(PAIR, ".2", 6), "name mates p0.1 and p0.2, which aligners treat"),
        (mates(PAIR, "_1"), mates(PAIR, "_2", 6), "name mates p0_1 and p0_2, which aligners treat"),
        (mates(PAIR, "/2"), mates(PAIR, "/1", 6), "R1 and R2 are swapped"),
        (mates(PAIR, " 2:N:0:A"), mates(PAIR, " 1:N:0:A", 6), "R1 and R2 are swapped"),
        (mates(PAIR, "/1"), mates(PAIR, "/1", 6), "both files hold first mates"),
        (mates(PAIR), mates(PAIR), "hold the same reads; give first and second mates"),
        (mates(PAIR), mates(PAIR[:30], "", 6), "has 40 reads but"),
        (mates(PAIR), mates(PAIR[10:], "", 6), "30 names are in both; one of them is incomplete"),
        (mates(PAIR), mates([*PAIR[:20], *PAIR[:19:-1]], "", 6), "in another order, from read 21 on"),
        (mates(PAIR), mates([*PAIR[:20], *[f"q{i}" for i in range(20)]], "", 6), "not a pair from read 21"),
        (mates(PAIR), mates([f"q{i}" for i in range(40)], "", 6), "their first reads are called p0 and q0"),
        (
            mates([f"{name}/{mate}" for name in PAIR for mate in (1, 2)]),
            mates(PAIR, "/2", 6),
            "is interleaved FASTQ: give it as `reads`, alone, not as read1 or read2",
        ),
        (mates([*PAIR, "p7"]), mates([*PAIR, "p7"], "", 6), "1 names belong to several reads, such as p7"),
    ],
)
def test_two_files_that_are_no_pair(folder, first, second, says):
    (folder / "x_1.fastq").write_text(first)
    (folder / "x_2.fastq").write_text(second)
    for kind in ("hic", "illumina", "rnaseq"):
        found = faults(folder, good() | {kind: [{"read1": "x_1.fastq", "read2": "x_2.fastq"}]})
        assert any(says in fault for fault in found), found


@pytest.mark.parametrize("mark", [("", ""), ("/1", "/2"), (" 1:N:0:ACGT", " 2:N:0:ACGT"), (" 1", " 2")])
def test_marks_of_mates_that_all_tools_know(folder, mark):
    for mate in (1, 2):
        names = [f"SRR1.{i}" for i in range(40)]
        (folder / f"x_{mate}.fastq").write_text(mates(names, mark[mate - 1], mate))
    assert faults(folder, good() | {"hic": [{"read1": "x_1.fastq", "read2": "x_2.fastq"}]}) == []


@pytest.mark.parametrize(
    ("names", "says"),
    [
        (["a", "", "b"], "1 of 3 read names cannot be used, such as ''"),
        (["a" * 255, "b"], "1 of 2 read names cannot be used, such as 'aaaa"),
        (["r\x01", "b"], "1 of 2 read names cannot be used"),
        (["å1", "b"], "1 of 2 read names cannot be used"),
        (["a", "b", "a"], "1 names belong to several reads, such as a; if reads are in it twice"),
    ],
)
def test_read_names_that_later_tools_cannot_take(folder, names, says):
    (folder / "x.fastq").write_text(long_fastq(names))
    assert says in only_fault(folder, good() | {"hifi": [{"reads": "x.fastq"}]})


def test_names_at_their_limit_are_taken(folder):
    (folder / "x.fastq").write_text(long_fastq(["a" * 254, "movie/1", "movie/2", "movie/3/ccs"]))
    assert faults(folder, good() | {"hifi": [{"reads": "x.fastq"}]}) == []


@pytest.mark.parametrize("kinds", [("hifi", "hifi"), ("ont", "ont"), ("hifi", "ont")])
def test_read_names_of_two_files_that_are_used_together(folder, kinds):
    """Two cells with the same names: wherever the second repeats the first, not at its start alone."""
    (folder / "cell1.fastq").write_text(long_fastq([f"m/{i}/a" for i in range(30)]))
    (folder / "cell2.fastq").write_text(long_fastq([f"n/{i}/a" for i in range(29)] + ["m/9/a"], seed=4))
    data = {"name": "Aus bus", "hifi": [{"reads": "hifi.fastq.gz"}]}
    data[kinds[0]] = [{"reads": "cell1.fastq"}]
    data[kinds[1]] = [*(data[kinds[1]] if kinds[0] == kinds[1] else []), {"reads": "cell2.fastq"}]
    found = [fault for fault in faults(folder, data) if "cell2.fastq" in fault]
    assert len(found) == 1
    assert "1 read names of" in found[0] and "such as m/9/a" in found[0] and "seqkit replace" in found[0]
    (folder / "cell2.fastq").write_text((folder / "cell1.fastq").read_text())
    assert any("holds the same reads as" in fault for fault in faults(folder, data))


@pytest.mark.parametrize(
    ("kind", "content", "says"),
    [
        ("hifi", long_fastq([f"r{i}" for i in range(150)], 150), "these are short reads"),
        (
            "hifi",
            long_fastq([f"0a1b2c3d-0a1b-2c3d-4e5f-{i:012x}" for i in range(150)], quality="-"),
            "holds ONT reads (150 of 150 are below Q20); give them under `ont`",
        ),
        ("hifi", long_fastq([f"m54_1/{i}/0_1200" for i in range(150)]), "holds PacBio subreads"),
        ("ont", long_fastq([f"m54_1/{i}/ccs" for i in range(150)]), "holds PacBio HiFi reads"),
        ("hic", long_fastq([f"r{i}" for i in range(5)]), "1200 bp, not short reads; give them under `hifi`"),
        ("hifi", "<!DOCTYPE html>\n<html>404</html>\n", "is a web page"),
        ("hifi", "\n  <html><body>Login</body></html>", "is a web page"),
        ("ont", '{"error": 403}', "(it starts with '{\"error\": 40')"),
    ],
)
def test_files_that_are_not_what_their_key_says(folder, kind, content, says):
    (folder / "x.fastq").write_text(content)
    entry = {"read1": "x.fastq", "read2": "hic_2.fastq"} if kind == "hic" else {"reads": "x.fastq"}
    found = faults(folder, good() | {kind: [entry]})
    assert any(says in fault for fault in found), found


def test_reads_below_q20_and_placeholders_are_notes(folder):
    low = long_fastq([f"m/{i}/ccs" for i in range(120)]) + long_fastq(
        [f"m/{i}/ccs" for i in range(120, 150)], quality="3", seed=9
    )
    (folder / "low.fastq").write_text(low)
    _, notes, found = check(folder, good() | {"hifi": [{"reads": "low.fastq"}]})
    assert found == []
    assert any("30 of 150 reads are below Q20" in note and "--min_hifi_quality" in note for note in notes)
    same = "".join(f"@s{i}\n{'ACGT' * 300}\n+\n{'B' * 1200}\n" for i in range(20))
    (folder / "same.fastq").write_text(same)
    _, notes, found = check(folder, good() | {"hifi": [{"reads": "same.fastq"}]})
    assert found == []
    assert any("same quality (Q33), a placeholder" in note for note in notes)


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (">a\nACGT\n>b\nAC\n>a\nGG\n", "1 names belong to several sequences (a): rename them"),
        (">a\nACGT\n>b\n>c\nGG\n", "1 sequences are empty (b): remove them"),
        (">a\nACGT\n>b\nnnNN\n", "1 sequences consist only of gaps (N) (b): remove them"),
        (">a,b\nACGT\n", "1 names of sequences cannot be used in BAM (a,b)"),
        (">=a\nACGT\n", "cannot be used in BAM (=a)"),
        (f">{'a' * 255}\nACGT\n", "cannot be used in BAM (aaaa"),
    ],
)
def test_sequences_of_an_assembly_that_steps_cannot_take(folder, content, says):
    (folder / "x.fa").write_text(content)
    given = {"stage": "raw", "haplotypes": {"hap1": "x.fa", "hap2": "hap2.fa.gz"}}
    assert says in only_fault(folder, good() | {"assembly": given})


def test_odd_but_usable_sequences_are_counted(folder):
    (folder / "x.fa").write_text(">a\nACGTRYK\n>b\nacgtryk\n>c|x:1\nACGT\n")
    _, notes, found = check(folder, good() | {"assembly": {"stage": "raw", "primary": "x.fa"}})
    assert found == []
    assert any("1 sequences are copies of another one" in note for note in notes)
    assert any("6 bases are ambiguity codes" in note for note in notes)


def test_reads_of_one_genome_cannot_be_those_of_another_but_proteins_can(folder):
    one = good() | {"proteins": [{"fasta": "relative.faa"}]}
    two = one | {"name": "Cus dus", "hifi": [{"reads": "more.fastq"}]}
    assert faults(folder, [one, two]) == []
    fault = only_fault(folder, [one, two | {"hifi": [{"reads": "hifi.fastq.gz"}]}])
    assert "genome 2 (Cus dus), hifi[1].reads: the file" in fault
    assert "is already given at" in fault


def test_duplicate_ids_are_a_fault_also_when_made_from_the_name(folder):
    two = good() | {"hifi": [{"reads": "more.fastq"}]}
    fault = only_fault(folder, [good(), two])
    assert fault == like("… name: … `Aus_bus` … genome 1 (Aus bus) …")
    fault = only_fault(folder, [good(), two | {"name": "Cus dus", "id": "Aus_bus"}])
    assert fault == like("… id: … `Aus_bus` … genome 1 (Aus bus) …")
    assert faults(folder, [good(), two | {"id": "second"}]) == []


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("a: b: c", "line 1, column 5: not valid YAML (mapping values are not allowed here)"),
        ("name: x\n\thifi: y", "line 2, column 1: not valid YAML"),
        ("[a, b", "line 1, column 6: not valid YAML"),
        ("name: a\n---\nname: b", "remove the `---` line"),
        ("name: !!python/object/apply:os.system [ls]", "line 1, column 7: not valid YAML"),
        ("name: &a [*a]", "an alias holds itself"),
        ("- a\n- \x07", "not valid YAML"),
    ],
)  # fmt: skip
def test_a_yaml_that_is_no_yaml_is_told_with_line_and_column(folder, text, says):
    fault = only_fault(folder, text)
    assert says in fault


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("just text", "expected a genome (`name:` and its reads) or a list of them, found the text"),
        ("[]", "found nothing"),
        ("genomes: 5", "genomes: expected a list"),
        ("genomes: []", "genomes: it is empty"),
        ("- 5", "genome 1: expected a mapping with `name` and the reads, found the number 5"),
        ("name: A b\nid: x\nid: y\nhifi: [{reads: hifi.fastq.gz}]", "line 2, genome 1 (A b), id: "
         "the key `id` is given again in line 3; keep one"),
    ],
)  # fmt: skip
def test_a_yaml_of_another_shape(folder, text, says):
    assert says in only_fault(folder, text)


def test_a_missing_empty_or_binary_input_file(folder):
    for name, content, says in (
        ("gone.yml", None, "gone.yml does not exist"),
        ("empty.yml", b"", "empty.yml is empty"),
        ("latin.yml", b"name: \xe5sa", "not a text file in UTF-8"),
    ):
        path = folder / name
        if content is not None:
            path.write_bytes(content)
        _, _, found = check_genomes(str(path), parameters())
        assert len(found) == 1
        assert says in found[0]


def test_all_faults_are_listed_together_in_the_order_of_the_lines(folder):
    text = """\
- name: Aus bus
  ploidy: two
  hifi:
    - reads: nope.fastq.gz
      kitt: x
  hic:
    - read1: a;b.fastq
      read2: hic_2.fastq
- name: Cus dus
  id: Aus_bus
  hifi:
    - reads: more.fastq
  colour: red
"""
    found = [fault.removeprefix(str(folder / "genomes.yml")) for fault in faults(folder, text)]
    starts = [
        ", line 2, genome 1 (Aus bus), ploidy: expected a whole number",
        ", line 4, genome 1 (Aus bus), hifi[1].reads: file",
        ", line 5, genome 1 (Aus bus), hifi[1].kitt: unknown key `kitt`; did you mean `kit`?",
        ", line 7, genome 1 (Aus bus), hic[1].read1: the path",
        ", line 10, genome 2 (Cus dus), id: the id `Aus_bus` is already",
        ", line 13, genome 2 (Cus dus), colour: unknown key",
    ]
    assert len(found) == len(starts)
    for fault, start in zip(found, starts, strict=True):
        assert fault.startswith(start)


# What steps need


def test_hifi_as_fasta_is_allowed_and_says_what_is_skipped(folder):
    (genome,), notes, found = check(folder, good() | {"hifi": [{"reads": "reads.fa"}]})
    assert found == []
    assert genome["hifi"][0]["format"] == "fasta"
    assert any("hifi[1]: reads are FASTA without qualities: read qual" in note for note in notes)


@pytest.mark.parametrize(
    ("data", "steps", "says"),
    [
        ({"name": "A b"}, ASSEMBLE, "step assemble needs long reads"),
        ({"name": "A b"}, ("evaluate",), "step evaluate needs an assembly"),
        (good(), ("reads", "hic"), "step hic needs an assembly"),
        ({"name": "A b", "ont": [{"reads": "ont.bam"}]}, ASSEMBLE, "use --assembler flye"),
    ],
)
def test_what_a_step_needs_is_a_fault_when_absent(folder, data, steps, says):
    assert says in only_fault(folder, data, steps=steps)


@pytest.mark.parametrize(
    ("data", "steps", "needed"),
    [
        ({"name": "A b", "ont": [{"reads": "ont.bam"}]}, ASSEMBLE, True),
        ({"name": "A b", "ont": [{"reads": "ont.bam"}], "genome_size": "1m"}, ASSEMBLE, False),
        (good(), ASSEMBLE, False),
        (good(), ("assemble",), "genome_size" not in good()),
    ],
)
def test_flye_and_wtdbg2_need_a_genome_size_that_is_given_or_estimated(folder, data, steps, needed):
    found = faults(folder, data, steps=steps, assembler="flye")
    assert any("flye needs the genome size" in fault for fault in found) == needed, found
    assert not any("needs the genome size" in fault for fault in faults(folder, good(), assembler="hifiasm"))


def test_what_a_step_can_do_without_is_a_note(folder):
    data = {"name": "A b", "assembly": {"stage": "curated", "primary": "hap1.fa"}}
    _, notes, found = check(folder, data, steps=("hic", "evaluate", "report"))
    assert found == []
    assert any("no Hi-C reads are given: the step hic is skipped" in note for note in notes)
    assert any("k-mer QV and completeness are not measured" in note for note in notes)
    ont = {"name": "A b", "ont": [{"reads": "ont.bam"}], "genome_size": "1m"}
    assert faults(folder, ont, assembler="flye") == []
    assert faults(folder, {"name": "A b"}, steps=("report",)) == []


@pytest.mark.parametrize(
    ("assembly", "reads", "steps", "words"),
    [
        (
            {"stage": "raw", "primary": "hap1.fa"},
            {},
            ("reads", "purge"),
            "no HiFi reads are given: the step purge",
        ),
        (
            {"stage": "raw", "primary": "hap1.fa"},
            None,
            ("purge",),
            "needs the genome profile of the step reads",
        ),
        (
            {"stage": "raw", "haplotypes": {"hap1": "hap1.fa"}},
            None,
            ("reads", "purge"),
            "phased haplotypes stay",
        ),
        ({"stage": "raw", "primary": "hap1.fa"}, None, ("reads", "purge"), None),
        ({"stage": "purged", "primary": "hap1.fa"}, {}, ("reads", "purge"), None),
    ],
)
def test_a_step_that_purges_nothing_is_a_note(folder, assembly, reads, steps, words):
    reads = {"hifi": good()["hifi"]} if reads is None else reads
    _, notes, found = check(folder, {"name": "A b", "assembly": assembly} | reads, steps=steps)
    assert found == []
    about = [note for note in notes if "step purge" in note]
    assert len(about) == bool(words) and (not words or words in about[0]), notes


def test_options_of_a_run(folder, monkeypatch):
    def said(steps, assembler):
        return check_run(parameters(steps, assembler, outdir=str(folder / "results")))

    assert said(STEPS, "wtdbg2") == []
    (fault,) = said(["reads", "asemble"], "wtdbg2")
    assert fault == like("option --steps: … 'asemble' … assemble?")
    (fault,) = said(["reads"], "hifiasn")
    assert "unknown assembler 'hifiasn'; did you mean hifiasm?" in fault
    bin_folder = folder / "bin"
    bin_folder.mkdir()
    for tool in ("wtdbg2", "racon"):
        (bin_folder / tool).write_text("#!/bin/sh\n")
        (bin_folder / tool).chmod(0o755)
    monkeypatch.setenv("PATH", str(bin_folder))
    genome = plan_data.genome("aAusBus1", genome_size_bp=1_000_000, hifi=[plan_data.reads("h", 1)])
    genome["ploidy"] = 3  # haplotypes are not phased
    (fault,) = missing_programs(parameters(["assemble"], "wtdbg2"), {"genomes": [genome], "population": None})
    assert "seqkit and wtpoa-cns and minimap2 and bgzip" in fault
    (fault,) = missing_programs(parameters(["assemble"]), {"genomes": [genome], "population": None})
    assert fault == (
        "option --assembler: hifiasm needs hifiasm, not found on this machine; install it (`linnaea doctor` "
        "shows how) or use --assembler flye or --assembler wtdbg2"
    )
    assert missing_programs(parameters(["report"]), {"genomes": [genome], "population": None}) == []


def test_an_output_directory_that_cannot_be_written(folder):
    check_outdir(str(folder / "a" / "b" / "c"))
    check_outdir(str(folder))
    for out, says in (
        ("hap1.fa", "hap1.fa is a file, not a directory"),
        ("hap1.fa/results", "hap1.fa is a file, not a directory"),
        ("my results", "holds a space"),
    ):
        (fault,) = check_run(parameters(outdir=str(folder / out)))
        assert fault.startswith("option --outdir: ")
        assert says in fault


def test_paths_may_start_at_home_or_be_absolute(folder, monkeypatch):
    monkeypatch.setenv("HOME", str(folder))
    assert safe_path("~/a.fa", Path("/x")) == str(folder / "a.fa")
    assert safe_path("/y/a.fa", Path("/x")) == "/y/a.fa"
    assert safe_path("../a.fa", Path("/x/z")) == "/x/a.fa"


PARAMETERS = {
    "$defs": {
        "a": {"properties": {"kmer_size": {"type": "integer", "minimum": 15, "maximum": 31}}},
        "b": {"properties": {"help": {"type": "boolean"}, "mode": {"enum": ["copy", "link"]}}},
    }
}


def test_parameters_of_a_run_against_their_schema():
    good_parameters = {"kmer_size": 21, "help": False, "mode": None}
    assert parameter_faults(good_parameters, PARAMETERS) == []
    found = parameter_faults({"kmer_size": 5, "kmer_sise": 21, "mode": "cpy"}, PARAMETERS)
    assert sorted(found) == [
        like("option --kmer_sise: … `kmer_size`?"),
        like("option --kmer_size: 5 … 15 …"),
        like("option --mode: 'cpy' … copy, link … copy?"),
    ]


# The schema and the step


def test_the_schema_itself_and_the_inputs_as_a_whole(folder):
    schema = json.loads(SCHEMA.read_text())
    jsonschema.Draft202012Validator.check_schema(schema)
    validator = jsonschema.Draft202012Validator(schema)
    for data in (good(), [good()], {"genomes": [good()]}, yaml.safe_load(PILOT)):
        assert validator.is_valid(data)
    for data in (good() | {"x": 1}, [], {"genomes": []}, {"hifi": []}, 5):
        assert not validator.is_valid(data)


def arguments(folder, **more):
    parameters = {
        "input": str(folder / "genomes.yml"), "workflow": "assembly", "steps": "reads,assemble",
        "outdir": str(folder / "results"), "assembler": "hifiasm", "check_tools": False, **more,
    }  # fmt: skip
    return ["--parameters", json.dumps(parameters)]


def test_the_step_prints_one_line_of_json_and_notes(folder, capsys):
    check(folder, good() | {"hifi": [{"reads": "reads.fa"}]})
    out = folder / "checked.json"
    assert step.main([*arguments(folder), "--out", str(out)]) == 0
    printed = capsys.readouterr()
    assert printed.out.count("\n") == 1
    checked = json.loads(printed.out)
    assert checked == json.loads(out.read_text())
    assert checked["genomes"][0]["id"] == "Aus_bus"
    assert printed.err == "".join(f"note: {note}\n" for note in checked["warnings"])
    assert len(checked["warnings"]) == 1


def test_the_step_prints_all_faults_and_no_genomes(folder):
    check(folder, good() | {"hifi": [{"reads": "nope.fastq"}], "ploidy": "x"})
    given = arguments(folder, outdir=str(folder / "hap1.fa"))
    command = [sys.executable, step.__file__, *given, "--out", str(folder / "o.json")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (1, "")
    lines = done.stderr.splitlines()
    assert len(lines) == 3
    assert all(line.startswith("error: ") for line in lines)
    assert not (folder / "o.json").exists()
    assert "Traceback" not in done.stderr


def test_the_step_without_an_input_says_so(folder, capsys):
    assert step.main(arguments(folder, input=None)) == 1
    assert "no input is given; use --input genomes.yml" in capsys.readouterr().err


def test_a_relative_path_starts_at_the_folder_of_the_input(folder, tmp_path_factory, monkeypatch):
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    shutil.copy(folder / "hifi.fastq.gz", elsewhere)
    monkeypatch.chdir(elsewhere)
    (genome,), _, found = check(folder, good())
    assert found == []
    assert genome["hifi"][0]["files"] == [str(folder / "hifi.fastq.gz")]


@pytest.mark.parametrize(
    "code, steps, noted", [(6, "evaluate", 1), (1, "evaluate", 0), (None, "evaluate", 0), (6, "reads", 0)]
)
def test_busco_searches_assemblies_of_another_code_with_metaeuk(code, steps, noted):
    genome = plan_data.genome("aAusBus1", genetic_code=code)
    notes = busco_notes(all_parameters({"busco_lineage": "x", "steps": steps}), [genome])
    assert len(notes) == noted
    assert all("aAusBus1" in note and "metaeuk" in note and "code 6" in note for note in notes)
    assert busco_notes(all_parameters({"steps": steps}), [genome]) == []


def row(*words):
    return "\t".join(map(str, words)) + "\n"


WHOLE = row("S1", 1, 3000, 1, "W", "c1", 1, 3000, "+", "Painted") + row(
    "S2", 1, 3000, 1, "W", "c2", 1, 3000, "+"
)


@pytest.mark.parametrize(
    ("content", "stage", "steps", "says"),
    [
        ("", "scaffolded", "chromosomes", "curated.agp is empty; copy"),
        (WHOLE.replace("c2", "d2"), "scaffolded", "chromosomes", "d2"),
        (WHOLE.replace("c2", "c1"), "scaffolded", "chromosomes", "line 2"),
        (WHOLE.replace("3000", "3001"), "scaffolded", "chromosomes", "3,000 bp"),
        (WHOLE.replace("Painted", "Haplotig\tContaminant"), "scaffolded", "chromosomes", "exclude each"),
        (WHOLE.replace("Painted", "Painted\tHap7"), "scaffolded", "chromosomes", "of the haplotype Hap7"),
        (WHOLE.replace("Painted", "Panted"), "scaffolded", "chromosomes", "write Painted if that is meant"),
        (WHOLE, "curated", "chromosomes", "with `stage: scaffolded`"),
        (WHOLE, "scaffolded", "evaluate", "add chromosomes to --steps"),
    ],
)  # fmt: skip
def test_a_map_that_cannot_be_applied_is_refused_before_the_start(folder, content, stage, steps, says):
    (folder / "curated.agp").write_text(content)
    assembly = {"stage": stage, "haplotypes": {"hap1": "hap1.fa"}, "curated": "curated.agp"}
    found = faults(folder, good() | {"assembly": assembly}, steps=("reads", steps))
    assert found and all(str(folder / "genomes.yml") in fault for fault in found)
    assert says in " ".join(found)


def test_one_map_is_of_all_haplotypes_but_alternates_and_more_are_given_by_haplotype(folder):
    (folder / "curated.agp").write_text(WHOLE)
    steps = ("reads", "chromosomes")
    given = {"stage": "scaffolded", "primary": "hap1.fa", "alternate": "hap2.fa.gz", "curated": "curated.agp"}
    (genome,), _, found = check(folder, good() | {"assembly": given}, steps=steps)
    expected = [{"haplotypes": ["primary"], "file": str(folder / "curated.agp")}]
    assert (genome["assembly"]["maps"], found) == (expected, [])
    both = {"stage": "scaffolded", "haplotypes": {"hap1": "hap1.fa", "hap2": "hap2.fa.gz"}}
    assert "c1 is in two of the FASTA files" in only_fault(
        folder, good() | {"assembly": both | {"curated": "curated.agp"}}, steps=steps
    )
    (genome,), _, found = check(
        folder, good() | {"assembly": both | {"curated": {"hap1": "curated.agp"}}}, steps=steps
    )
    assert (genome["assembly"]["maps"][0]["haplotypes"], found) == (["hap1"], [])
    assert "there is no haplotype hap3; known are hap1, hap2" in only_fault(
        folder, good() | {"assembly": both | {"curated": {"hap3": "curated.agp"}}}, steps=steps
    )


def test_steps_that_do_nothing_are_noted(folder):
    _, notes, _ = check(folder, good(), steps=("assemble", "scaffold", "chromosomes", "ear"))
    assert any("names no chromosomes" in note for note in notes)
    assert any("there is no EAR" in note for note in notes)


@pytest.mark.parametrize(
    ("stage", "hic", "refused"),
    [("scaffolded", False, True), ("raw", True, True), ("raw", False, False), ("curated", True, False)],
)
def test_genes_on_an_assembly_whose_sequences_are_renamed_are_refused(folder, stage, hic, refused):
    data = {**good(), "assembly": {"stage": stage, "primary": "hap1.fa"}, "annotation": "genes.gff3"}
    data |= {"hic": [{"read1": "hic_1.fastq", "read2": "hic_2.fastq"}]} if hic else {}
    (folder / "genomes.yml").write_text(yaml.safe_dump(data, sort_keys=False))
    given = parameters(("scaffold", "chromosomes"), workflow="assembly,annotation")
    found = check_genomes(str(folder / "genomes.yml"), given)[2]
    assert any("which the step" in fault and "renames" in fault for fault in found) == refused


DECISIONS = "step\tsequence\tstart\tend\taction\nscreen\tc1\t1\t100\ttrim\n"


def test_lists_and_tables_of_a_persons_decisions_are_of_a_haplotype(folder):
    (folder / "keep.txt").write_text("c1\n")
    for name in ("decisions.tsv", "other.tsv"):
        (folder / name).write_text(DECISIONS)
    tables = {"hap1": "decisions.tsv", "hap2": "other.tsv"}
    (genome,), _, found = check(folder, good() | {"keep": {"hap2": "keep.txt"}, "decisions": tables})
    assert found == []
    table, other, names = (str(folder / name) for name in ("decisions.tsv", "other.tsv", "keep.txt"))
    none = dict.fromkeys(("keep", "decisions", "fcs_gx_report", "fcs_adaptor_report"))
    assert genome["edits"] == {
        "hap2": none | {"keep": names, "decisions": other},
        "hap1": none | {"decisions": table},
    }
    (genome,), _, _ = check(folder, good() | {"decisions": "decisions.tsv"})
    assert genome["edits"] == {"primary": none | {"decisions": table}}


GX = '##[["FCS genome report",2,1],{}]\n#seq_id\nc1\t1\t%d\t%d\tEXCLUDE\tprok:bacteria\t90\tE. coli\n'
ADAPTOR = "#accession\tlength\taction\trange\tname\nc1\t%d\tACTION_TRIM\t1..30\tadaptor:A:B\n"


def screened(folder, stage="raw", gx=GX % (400, 400), adaptor=ADAPTOR % 400, name="c1"):
    """A genome with an assembly of one contig and reports on it."""
    (folder / "contigs.fa").write_text(f">{name}\n{'ACGGT' * 80}\n")
    (folder / "gx.txt").write_text(gx)
    (folder / "adaptor.txt").write_text(adaptor)
    data = good() | {"fcs_gx_report": {"hap1": "gx.txt"}, "fcs_adaptor_report": "adaptor.txt"}
    return data | {"assembly": {"stage": stage, "haplotypes": {"hap1": "contigs.fa"}}}


def test_reports_of_contamination_are_of_a_haplotype(folder):
    (genome,), _, found = check(folder, screened(folder))
    assert found == []
    reports = {"fcs_gx_report": str(folder / "gx.txt"), "fcs_adaptor_report": str(folder / "adaptor.txt")}
    assert genome["edits"] == {"hap1": {"keep": None, "decisions": None} | reports}


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"gx": GX % (399, 399)}, ["gx.txt, line 3: c1 has 399 bp here and 400 bp in the assembly"]),
        (
            {"name": "c2"},
            ["gx.txt, line 3: sequence c1 is not in the", "adaptor.txt, line 2: sequence c1 is not in the"],
        ),
        ({"gx": ADAPTOR % 400}, ["gx.txt is a report of FCS-adaptor; give that of FCS-GX"]),
        ({"adaptor": "c1\t400\n"}, ["adaptor.txt: not an action report of FCS-GX"]),
        ({"stage": "purged"}, ["this assembly is purged, so the step screen", "this assembly is purged"]),
    ],
)
def test_reports_of_another_assembly_are_faults(folder, changes, words):
    found = check(folder, screened(folder, **changes))[2]
    assert len(found) == len(words)
    for part in words:
        assert any(part in fault for fault in found)


def test_mitohifi_and_oatk_need_their_data(folder, monkeypatch):
    monkeypatch.chdir(folder)
    (folder / "relative.fa").write_text(f">mito\n{'ACGGT' * 80}\n")
    (folder / "relative.gb").write_text("LOCUS       mito 400 bp DNA circular\n")
    (folder / "profiles.fam").write_text("HMMER3/f [3.3.2]\n")
    related = {"organelle_relative": "relative.fa", "organelle_genes": "relative.gb"}
    (genome,), _, found = check(folder, good() | related)
    assert found == [] and genome["organelle_genes"] == str(folder / "relative.gb")
    given = parameters(("organelles",), organelle_assembler="mitohifi")
    assert organelle_faults(given, [genome]) == []
    assert "add `organelle_relative`" in organelle_faults(given, [genome | {"organelle_genes": None}])[0]
    assert "not a GenBank file" in only_fault(folder, good() | {"organelle_genes": "relative.fa"})
    given = parameters(("organelles",), organelle_assembler="oatk")
    (fault,) = check_run(all_parameters(given))
    assert "give the .fam file of OatkDB by --oatk_profiles" in fault
    (fault,) = check_run(all_parameters(given | {"oatk_profiles": "profiles.fam"}))
    assert "run `hmmpress" in fault
    for suffix in ("h3f", "h3i", "h3m", "h3p"):
        (folder / f"profiles.fam.{suffix}").touch()
    assert check_run(all_parameters(given | {"oatk_profiles": "profiles.fam"})) == []


def test_fcs_gx_needs_a_taxid_and_its_database(folder, monkeypatch):
    monkeypatch.chdir(folder)
    with_gx = parameters(("screen",), contamination_screen="fcs_gx")
    genome = {"id": "a", "taxid": None}
    assert ["a; add `taxid`" in fault for fault in screen_faults(with_gx, [genome])] == [True]
    assert screen_faults(with_gx, [genome | {"taxid": 7}]) == []
    assert screen_faults(parameters(("hic",), contamination_screen="fcs_gx"), [genome]) == []
    assert "give its folder by --fcs_gx_database" in check_run(all_parameters(with_gx))[0]
    (folder / "gxdb").mkdir()
    for name, number in (("all.gxi", 1), ("all.gxs", 0)):
        (folder / "gxdb" / name).touch()
        found = check_run(all_parameters(with_gx | {"fcs_gx_database": "gxdb"}))
        assert ["has no .gxi and .gxs file" in fault for fault in found] == [True] * number


@pytest.mark.parametrize(
    ("data", "table", "words"),
    [
        (
            {"decisions": "decisions.tsv"},
            DECISIONS.replace("trim", "erase"),
            "line 2: action 'erase' is not one",
        ),
        ({"decisions": {"hap3": "decisions.tsv"}}, DECISIONS, "there is no haplotype hap3"),
        ({"decisions": "decisions.tsv"}, "sequence\tstart\nc1\t1\n", "step"),
        ({"keep": "decisions.tsv"}, "\n", "names no sequence"),
    ],
)
def test_a_persons_decisions_that_cannot_be_read_are_faults(folder, data, table, words):
    (folder / "decisions.tsv").write_text(table)
    assert words in only_fault(folder, good() | data)
