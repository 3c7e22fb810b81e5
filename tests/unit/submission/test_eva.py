"""The package for EVA: rows against bcftools, metadata against EVA's schema, bad input."""

import csv
import gzip
import hashlib
import json
import random
import subprocess
from pathlib import Path

import eva_sub_cli
import pytest
from jsonschema import Draft7Validator, FormatChecker
from referencing import Registry, Resource

from linnaea.base.errors import InputError
from linnaea.cli import main
from linnaea.submission.eva import eva, normalised, read_names

SCHEMAS = Path(eva_sub_cli.__file__).parent / "etc"
NAMES = {"SUPER_1": "OZ000001.1", "SUPER_2": "OZ000002.1", "scaffold_3": "CAXXYZ010000003.1"}
ABOUT = """
title: Resequencing of Aus bus
description: Variants of beetles from two sites, called on the reference
authors: [{given: Anna, family: Example, email: anna@example.org, affiliation: Example University}]
"""
HEADER = """##fileformat=VCFv4.2
##FILTER=<ID=LOW,Description="low">
##bcftools_callCommand=call /home/anna/secret.bam
##reference=file:///home/anna/genome.fa
##contig=<ID=SUPER_1,length=2000>
##contig=<ID=SUPER_2,length=1500>
##INFO=<ID=AF,Number=A,Type=Float,Description="frequency">
##FORMAT=<ID=GT,Number=1,Type=String,Description="genotype">
#CHROM	POS	ID	REF	ALT	QUAL	FILTER	INFO	FORMAT	b1	b2
"""


def sequences():
    rng = random.Random(4)
    lengths = {"SUPER_1": 2000, "SUPER_2": 1500, "scaffold_3": 130}
    made = {name: "".join(rng.choices("ACGT", k=length)) for name, length in lengths.items()}
    # a repeat, in which an indel has many places
    made["SUPER_1"] = made["SUPER_1"][:500] + "CA" * 20 + made["SUPER_1"][540:]
    return made


GENOME = sequences()


def row(name, position, ref, alt, filters="PASS"):
    return f"{name}\t{position}\t.\t{ref}\t{alt}\t50\t{filters}\t.\tGT\t0/1\t1/1\n"


def snv(name, position, filters="PASS"):
    ref = GENOME[name][position - 1]
    return row(name, position, ref, "ACGT"[("ACGT".index(ref) + 1) % 4], filters)


@pytest.fixture
def given(tmp_path):
    """Arguments of the command, their files written."""
    (tmp_path / "genome.fa").write_text("".join(f">{n} x\n{s.lower()}\n" for n, s in GENOME.items()))
    (tmp_path / "names.tsv").write_text("".join(f"{n}\t{a}\n" for n, a in NAMES.items()))
    (tmp_path / "samples.tsv").write_text("sample\taccession\nb1\tSAMEA1\nb2\tSAMEA2\nb9\tSAMEA9\n")
    (tmp_path / "about.yml").write_text(ABOUT)
    return {
        "vcf": str(tmp_path / "given.vcf"), "fasta": str(tmp_path / "genome.fa"),
        "names": str(tmp_path / "names.tsv"), "assembly": "GCA_000000000.1",
        "samples": str(tmp_path / "samples.tsv"), "about": tmp_path / "about.yml",
        "out": str(tmp_path / "out"), "taxid": 9157,
    }  # fmt: skip


def unpacked(path):
    return gzip.decompress(path.read_bytes()).decode()


def make(given, rows, header=HEADER, **options):
    Path(given["vcf"]).write_text(header + "".join(rows))
    eva(**given, **options)
    out = Path(given["out"])
    lines = unpacked(out / "variants.vcf.gz").splitlines()
    return out, [line.split("\t") for line in lines if not line.startswith("#")], lines


def validator():
    biosamples = json.loads((SCHEMAS / "eva-biosamples.json").read_text())
    remote = "https://www.ebi.ac.uk/biosamples/schema-store/registry/schemas/ERC000011"
    registry = Registry().with_resource(remote, Resource.from_contents(biosamples))
    schema = json.loads((SCHEMAS / "eva_schema.json").read_text())
    return Draft7Validator(schema, registry=registry, format_checker=FormatChecker())


def test_package_is_valid_by_the_schema_and_by_bcftools(given, tmp_path):
    rows = [snv("SUPER_1", 10), snv("SUPER_1", 700), snv("SUPER_2", 5)]
    (tmp_path / "callable.bed").write_text("SUPER_1\t0\t1000\nSUPER_2\t10\t1500\n")
    bed = str(tmp_path / "callable.bed")
    out, written, lines = make(given, rows, callable=bed, runs=["ERR0000001"], software=["bcftools 1.21"])
    record = json.loads((out / "eva_metadata.json").read_text())
    assert list(validator().iter_errors(record)) == []
    assert list(validator().iter_errors({**record, "files": []})) != []
    file = record["files"][0]
    assert file["md5"] == hashlib.md5((out / "variants.vcf.gz").read_bytes()).hexdigest()
    assert file["fileSize"] == (out / "variants.vcf.gz").stat().st_size
    assert [one["sampleInVCF"] for one in record["sample"]] == ["b1", "b2"]
    assert [r[:2] for r in written] == [["OZ000001.1", "10"], ["OZ000001.1", "700"], ["OZ000002.1", "5"]]
    assert [r[9:] for r in written] == [["0/1", "1/1"]] * 3
    # bcftools finds REF right on the renamed FASTA, and the file whole and indexable
    command = ["bcftools", "norm", "-c", "e", "-f", str(out / "variants.fa"), str(out / "variants.vcf.gz")]
    assert subprocess.run(command, capture_output=True).returncode == 0
    subprocess.run(["bcftools", "index", str(out / "variants.vcf.gz")], check=True)
    callable_sites = "OZ000001.1\t0\t1000\nOZ000002.1\t10\t1500\n"
    assert unpacked(out / "variants.callable.bed.gz") == callable_sites
    fasta = {block.split("\n")[0]: "".join(block.split("\n")[1:]) for block in
             (out / "variants.fa").read_text().split(">")[1:]}  # fmt: skip
    assert fasta == {NAMES[name]: letters.lower() for name, letters in GENOME.items()}
    assert "anna" not in "\n".join(lines)


def test_rows_out_of_order_are_sorted_and_counted(given, capsys):
    rows = [snv("SUPER_1", p) for p in (300, 20, 400)] + [snv("SUPER_2", 9), snv("SUPER_1", 30)]
    _, written, _ = make(given, rows)
    places = [(r[0], int(r[1])) for r in written]
    assert places == [("OZ000001.1", p) for p in (20, 30, 300, 400)] + [("OZ000002.1", 9)]
    assert "2 rows out of order, sorted (first SUPER_1:20)" in capsys.readouterr().err


def test_one_indel_in_two_places_is_a_duplicate(given, capsys):
    letters = GENOME["SUPER_1"]
    # the same CA lost at the start, in the middle and at the end of the repeat
    rows = [row("SUPER_1", p, letters[p - 1 : p + 2], letters[p - 1]) for p in (500, 510, 530)]
    rows += [snv("SUPER_1", 600), snv("SUPER_1", 600), row("SUPER_1", 601, letters[600], "<DEL>")]
    _, written, _ = make(given, rows)
    assert [int(r[1]) for r in written] == [500, 600, 601]
    assert "3 rows that repeat a variant, left out (first SUPER_1:510)" in capsys.readouterr().err


def test_indels_are_normalised_as_bcftools_does(given, tmp_path):
    rng = random.Random(11)
    letters = GENOME["SUPER_1"]
    rows = []
    for _ in range(400):
        p = rng.choice((rng.randint(1, 1900), rng.randint(495, 545), rng.randint(1, 4)))
        ref = letters[p - 1 : p - 1 + rng.randint(1, 7)]
        alt = rng.choice(
            (
                ref[0],
                ref + letters[p - 1 + len(ref) : p + 5 + len(ref)],
                ref[0] + ref,
                "".join(rng.choices("ACGT", k=3)),
            )
        )
        if alt != ref:
            rows.append((p, ref, alt))
    rows.sort()
    text = HEADER + "".join(row("SUPER_1", *one) for one in rows)
    lines = text.splitlines()
    head = [line for line in lines if line.startswith("#")]
    body = [line.split("\t") for line in lines if not line.startswith("#")]
    for number, cells in enumerate(body):
        cells[2] = f"r{number}"
    (tmp_path / "x.vcf").write_text("\n".join([*head, *("\t".join(cells) for cells in body)]) + "\n")
    (tmp_path / "x.fa").write_text("".join(f">{n}\n{s}\n" for n, s in GENOME.items()))
    command = ["bcftools", "norm", "-f", str(tmp_path / "x.fa"), str(tmp_path / "x.vcf")]
    done = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    theirs = {r[2]: (int(r[1]), r[3], r[4]) for r in csv.reader(
        (line for line in done.splitlines() if not line.startswith("#")), delimiter="\t")}  # fmt: skip
    ours = {}
    for number, (p, ref, alt) in enumerate(rows):
        position, one, other = normalised(p, ref.encode(), alt.encode(), letters)
        ours[f"r{number}"] = (position, one.decode(), other.decode())
    assert len(ours) > 300
    assert ours == theirs


def test_a_ref_that_is_not_in_the_fasta_is_refused_or_dropped(given, capsys):
    wrong = row("SUPER_1", 50, "ACGT"["ACGT".index(GENOME["SUPER_1"][49]) - 1], GENOME["SUPER_1"][49])
    rows = [snv("SUPER_1", 10), wrong, snv("SUPER_1", 99)]
    with pytest.raises(InputError, match=r"REF of 1 of 3 rows is not the base .*, first at SUPER_1:50"):
        make(given, rows)
    assert not (Path(given["out"]) / "variants.vcf.gz").exists()
    _, written, _ = make(given, rows, drop_mismatches=True)
    assert [r[1] for r in written] == ["10", "99"]
    assert "1 rows whose REF is not the base" in capsys.readouterr().err


def test_rows_without_a_variant_and_failed_ones_are_left_out_and_counted(given, capsys):
    letters = GENOME["SUPER_1"]
    rows = [snv("SUPER_1", 10), row("SUPER_1", 20, letters[19], "."), row("SUPER_1", 21, letters[20], "<*>"),
            snv("SUPER_1", 30, "LOW"), row("SUPER_1", 40, letters[39].lower(), "<DEL>")]  # fmt: skip
    _, written, _ = make(given, rows, passed_only=True)
    assert [r[1] for r in written] == ["10", "40"]
    said = capsys.readouterr().err
    assert "2 rows without a variant, left out (first SUPER_1:20)" in said
    assert "1 rows that a filter failed, left out (first SUPER_1:30)" in said
    assert "1 rows with a REF or ALT in lower case" in said
    _, written, _ = make(given, rows)
    assert [r[1] for r in written] == ["10", "30", "40"]


def test_bcf_and_a_vcf_of_frequencies_are_read(given):
    Path(given["vcf"]).write_text(HEADER + snv("SUPER_1", 10))
    bcf = given["vcf"].replace(".vcf", ".bcf")
    subprocess.run(["bcftools", "view", "-Ob", "-o", bcf, given["vcf"]], check=True)
    eva(**{**given, "vcf": bcf})
    header = HEADER.replace("\tFORMAT\tb1\tb2", "")
    _, written, _ = make(given, ["\t".join(snv("SUPER_1", 10).split("\t")[:7]) + "\tAF=0.2\n"], header=header)
    assert written[0][7] == "AF=0.2"
    record = json.loads((Path(given["out"]) / "eva_metadata.json").read_text())
    assert record["analysis"][0]["evidenceType"] == "allele_frequency"
    assert len(record["sample"]) == 3
    assert list(validator().iter_errors(record)) == []
    with pytest.raises(InputError, match="has neither genotypes nor AF"):
        make(given, [], header="\n".join(line for line in header.split("\n") if "ID=AF" not in line))


@pytest.mark.parametrize(
    "file, text, message",
    [
        ("names.tsv", "SUPER_1\tOZ1\nSUPER_2\tOZ000002.1\n", r"line 1: give a name and an accession with"),
        ("names.tsv", "a\tOZ000001.1\na\tOZ000002.1\nb\tOZ000001.1\n",
         r"line 2: a is there twice; line 3: OZ000001.1 is already that of a"),
        ("names.tsv", "SUPER_1\tOZ000001.1\n", r"2 sequences of .* have no .*\(SUPER_2, scaffold_3\)"),
        ("samples.tsv", "sample\taccession\nb1\tERS1\n",
         r"sample b2 of the VCF is not in the table; sample b1: ERS1 is not an accession of BioSamples"),
        ("samples.tsv", "sample\tid\n", "has no column accession"),
        ("callable.bed", "chr9\t1\t2\nSUPER_1\t5\t5\nSUPER_1\t5\t2001\nSUPER_1\n",
         r"chr9 has no accession; line 2: SUPER_1:5-5 is not within .*; line 3: .*; line 4 is not"),
        ("about.yml", "title: short\n",
         r"title has 5 characters, and EVA wants 20 to 250; description has 0 .*; authors are missing"),
        ("given.vcf", HEADER.replace("4.2", "4.5"), r"is VCF 4\.5; EVA takes 4\.1 to 4\.4"),
        ("given.vcf", HEADER.replace("SUPER_2", "chrUn"), r"1 contigs of .* have no accession \(chrUn\)"),
        ("given.vcf", HEADER, r"no row is left to submit"),
        ("given.vcf", "x", r"bcftools failed to list the samples"),
    ],
)  # fmt: skip
def test_bad_files_are_named_with_their_rows(given, tmp_path, file, text, message):
    Path(given["vcf"]).write_text(HEADER + snv("SUPER_1", 10))
    (tmp_path / "callable.bed").write_text("SUPER_1\t0\t10\n")
    (tmp_path / file).write_text(text)
    with pytest.raises(InputError, match=message):
        eva(**given, callable=str(tmp_path / "callable.bed"))


def test_options_of_another_form_are_listed_together(given):
    with pytest.raises(InputError) as fault:
        eva(**{**given, "assembly": "GCF_1", "taxid": None}, runs=["SAMEA1"])
    for part in ("--assembly GCF_1 is not", "--taxid is missing", "--runs: SAMEA1 is not a run"):
        assert part in str(fault.value)


def test_an_assembly_report_of_ncbi_gives_names(tmp_path):
    (tmp_path / "report.txt").write_text(
        "# Assembly name:  x\n# Sequence-Name\tSequence-Role\tMolecule\tType\tGenBank-Accn\tRelation\n"
        "SUPER_1\tassembled-molecule\t1\tChromosome\tOZ000001.1\t=\n"
    )
    assert read_names(tmp_path / "report.txt") == {"SUPER_1": "OZ000001.1"}


def test_the_command_line(given, capsys):
    Path(given["vcf"]).write_text(HEADER + snv("SUPER_1", 10))
    words = [w for key, value in given.items() for w in (f"--{key}", str(value))]
    assert main(["submission", "eva", *words]) == 0
    assert "1 of 1 rows, 2 samples" in capsys.readouterr().out
