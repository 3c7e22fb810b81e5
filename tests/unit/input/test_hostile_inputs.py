"""Inputs that would run a command if a shell read them are refused in plain words; none leaves a canary."""

import json
import os
from pathlib import Path

import pytest

import check_input as step

PAYLOADS = [
    "$(touch canary)",
    "`touch canary`",
    "a;touch canary",
    "a;touch${IFS}canary",
    "a|touch canary",
    "a&&touch canary",
    "a'; touch canary; '",
    'a"; touch canary; "',
    "a\ntouch canary",
    "a\n",
    "a\r\ntouch canary\r\n",
    "$'a\\ntouch canary'",
    "--out=canary",
    "-rf",
    "../canary",
    "../../../../tmp/canary",
    "> canary",
    "<(touch canary)",
    "a\\",
    "#a",
    "!touch canary",
    "a*",
    "{a,b}",
    "a\x1b]0;touch canary\x07",
    "a\u202ecanary",
    "a\x00b",
    "${PWD}",
    "~root",
    "%(x)s%n",
    "a\ttouch\tcanary",
    "'",
    '"',
]
# Where a genome takes text or a path, as the path of its keys.
GENOME_SLOTS = [
    ("id",), ("name",), ("sex",), ("lineage",), ("locus_tag",), ("telomere_motif",), ("busco_lineages",),
    ("hifi", 0, "library"), ("hifi", 0, "kit"), ("hifi", 0, "reads", 0), ("hic", 0, "kit"),
    ("hic", 0, "read1"), ("rnaseq", 0, "strandedness"), ("rnaseq", 0, "reads", 0), ("assembly", "stage"),
    ("assembly", "assembler"), ("assembly", "haplotypes", "hap1"), ("taxid",), ("ploidy",),
    ("genetic_code",), ("haploid_number",),
]  # fmt: skip
SAMPLE_COLUMNS = (
    "sample", "library", "lane", "fastq_1", "fastq_2", "bam", "gvcf", "population", "age_class", "udg", "sex",
    "latitude",
)  # fmt: skip
# Text that no command line ever gets.
HARMLESS = {
    "a\n": {"busco_lineages"},
    "a;touch canary": {"lineage"},
    "../canary": {"outdir"},
    "../../../../tmp/canary": {"outdir"},
    "~root": {"outdir", "truth", "busco_lineage"},
}
FIRST_OPTIONS = ("input", "workflow", "steps", "assembler")
OPTIONS = (
    "outdir", "spaln_table", "augustus_species", "augustus_candidates", "roh_classes", "outgroup", "truth",
    "publish_mode", "busco_lineage", "omark_database", "omark_taxonomy", "pfam", "rfam",
    "function_proteins", "interproscan", "eggnog_data",
    "kmer_size", "window_size", "repeat_masker", "caller", "generations", "project", "partition",
)  # fmt: skip
POPULATION_OPTIONS = (
    "samples", "reference", "vcf", "gff", "repeats", "mappability", "exclude", "sex_chromosomes",
    "pedigree",
)  # fmt: skip


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ("hifi", "one", "two", "rna"):
        Path(f"{name}.fastq").write_text("@r\nACGTACGTACGT\n+\nIIIIIIIIIIII\n")
    Path("hap1.fasta").write_text(">s1\nACGTACGTAAGT\n")
    Path("reference.fasta").write_text(f">s1\n{'ACGT' * 50}\n")
    Path("samples.csv").write_text("sample,fastq_1\ns1,hifi.fastq\n")
    yield tmp_path
    assert not list(tmp_path.rglob("*canary*"))


def sound():
    return {
        "id": "ab1",
        "name": "Aus bus",
        "hifi": [{"reads": ["hifi.fastq"], "library": "l1"}],
        "hic": [{"read1": "one.fastq", "read2": "two.fastq", "kit": "arima_v2"}],
        "rnaseq": [{"reads": ["rna.fastq"]}],
        "assembly": {"stage": "curated", "haplotypes": {"hap1": "hap1.fasta"}},
        "busco_lineages": ["fungi_odb12"],
    }


def check(genome=None, workflow="assembly", **options):
    """Exit code of the check, called as main.nf calls it."""
    Path("genomes.yml").write_text(json.dumps([genome or sound()]))
    given = {"input": "genomes.yml", "workflow": workflow, "steps": "reads,report", "outdir": "results"}
    given |= {"assembler": "wtdbg2"} | options
    return step.main([f"--parameters={json.dumps(given)}"])


def sentences(capsys):
    """What was said: sentences, none of which breaks a line or steers a terminal."""
    told = capsys.readouterr().err.splitlines()
    assert all(line.startswith(("error: ", "note: ")) for line in told), told
    assert all(letter.isprintable() for line in told for letter in line), told
    return [line for line in told if line.startswith("error: ")]


def put(genome, keys, value):
    place = genome
    for key in keys[:-1]:
        place = place[key]
    place[keys[-1]] = value


def shown(keys):
    return "".join(f"[{key + 1}]" if isinstance(key, int) else f".{key}" for key in keys).lstrip(".")


def test_what_is_sound_is_taken(folder, capsys):
    assert check() == 0
    assert check(workflow="popgen", samples="samples.csv", reference="reference.fasta") == 0
    assert sentences(capsys) == []


@pytest.mark.parametrize("payload", PAYLOADS)
def test_genomes(folder, capsys, payload):
    genome = sound()
    for keys in GENOME_SLOTS:
        put(genome, keys, payload)
    assert check(genome) == 1
    told = sentences(capsys)
    taken = {shown(keys) for keys in GENOME_SLOTS if not any(f", {shown(keys)}: " in line for line in told)}
    assert taken <= HARMLESS.get(payload, set())
    genome = sound()
    genome["assembly"]["haplotypes"] = {payload: "hap1.fasta"}
    assert check(genome | {payload: 1}) == 1
    assert len(sentences(capsys)) == 2


@pytest.mark.parametrize("payload", PAYLOADS)
def test_samples(folder, capsys, payload):
    base = {"sample": "s1", "fastq_1": "one.fastq"}
    rows = [
        {"sample": "s1", column: payload} if column in ("bam", "gvcf") else base | {column: payload}
        for column in SAMPLE_COLUMNS
    ]
    cells = [[str(row.get(column, "")) for column in SAMPLE_COLUMNS] for row in rows]
    lines = [",".join('"' + cell.replace('"', '""') + '"' for cell in row) for row in cells]
    header = ",".join(SAMPLE_COLUMNS)
    for column, line in zip(SAMPLE_COLUMNS, lines, strict=True):
        Path("samples.csv").write_text(f"{header}\n{line}\n", newline="")
        code = check(workflow="popgen", samples="samples.csv", reference="reference.fasta", input=None)
        told = sentences(capsys)
        if payload.strip() == "a" and column in ("sample", "library", "lane", "population"):
            assert code == 0  # a cell ends at its last letter
        else:
            assert code == 1
            assert any(f"column {column}: " in line or "cannot be read" in line for line in told), told


@pytest.mark.parametrize("payload", PAYLOADS)
def test_options(folder, capsys, payload):
    assert check(**dict.fromkeys(OPTIONS, payload), **{payload: 1}) == 1
    told = sentences(capsys)
    taken = {name for name in OPTIONS if not any(f"option --{name}: " in line for line in told)}
    assert taken <= HARMLESS.get(payload, set())
    assert any("unknown option" in line for line in told)
    for name in FIRST_OPTIONS if "\x00" not in payload else ():  # no command line holds that
        assert check(**{name: payload}) == 1
        assert sentences(capsys)
    given = dict.fromkeys(POPULATION_OPTIONS, payload)
    assert check(**{**given, "workflow": "popgen", "input": None}) == 1
    told = sentences(capsys)
    assert any("option --samples: " in line for line in told)
    for name in POPULATION_OPTIONS[1:]:
        given = {"samples": "samples.csv", "reference": "reference.fasta", name: payload}
        assert check(workflow="popgen", **{**given, "input": None}) == 1
        assert any(f"option --{name}: " in line for line in sentences(capsys)), name


@pytest.mark.parametrize(
    "text",
    [
        '!!python/object/apply:os.system ["touch canary"]',
        "name: !!python/object/new:os.system [touch canary]",
        "- &a [*a]",
        "name: !canary x",
        "a: &a [x, x, x, x, x, x, x, x]\n"
        + "".join(
            f"{new}: &{new} [{', '.join([f'*{old}'] * 8)}]\n"
            for old, new in zip("abcdefgh", "bcdefghi", strict=True)
        ),
    ],
)
def test_yaml_makes_no_objects_and_does_not_explode(folder, capsys, text):
    Path("hostile.yml").write_text(text)
    assert check(input="hostile.yml") == 1
    assert sentences(capsys)


def test_paths_that_are_no_files(folder, capsys):
    os.mkfifo("pipe.fastq")
    Path("loop.fastq").symlink_to("loop.fastq")
    Path("dir.fastq").mkdir()
    for name in ("pipe.fastq", "loop.fastq", "dir.fastq", "/dev/zero", "/dev/stdin"):
        genome = sound()
        genome["hifi"][0]["reads"] = [name]
        assert check(genome) == 1, name
        assert any("hifi[1].reads[1]: " in line for line in sentences(capsys)), name


def test_names_in_files_are_told_without_effect(folder, capsys):
    for name in ("$(touch canary)", "\x1b]0;canary\x07", "`touch canary`", "a\x07"):
        Path("odd.fasta").write_text(f">{name}\n{'ACGT' * 50}\n")
        Path("genes.gff3").write_text(f"{name}x\t.\tCDS\t1\t9\t.\t+\t.\tID={name}\n")
        code = check(
            workflow="popgen", samples="samples.csv", reference="odd.fasta", gff="genes.gff3", input=None
        )
        assert (code == 1) == bool(sentences(capsys))
