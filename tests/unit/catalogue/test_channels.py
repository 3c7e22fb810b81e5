"""The contract between stages (docs/develop/channels.md): joins, and no meaning in names or positions."""

import re
import shutil
import subprocess

import pytest

from linnaea.base.paths import ROOT

WORKFLOWS = {
    str(path.relative_to(ROOT)): path.read_text()
    for path in (ROOT / "main.nf", *ROOT.glob("workflows/**/*.nf"))
}
MODULES = {
    str(path.relative_to(ROOT)): path.read_text()
    for path in ROOT.glob("modules/**/*.nf")
    if path.name not in ("functions.nf", "assemblies.nf")
}
# Selections: rows that both sides have, where either may have more.
SELECTIONS = {"workflows/assembly/assemble.nf": 2}
MEANING = [
    r"\btokenize\('\.'\)",  # parts of a file's name
    r"\.name\.endsWith\('\.\w+\.",  # the step that wrote a record
    r"\.name =~",
    r"\b(?!lanes\b)\w+\[-?\d",  # the position in a row
    r"\brow\.(?:size|head|first|last)\(\)",
    r"\bremainder: true",
    r"\bgenomeOf\(meta\) *\+",
    r"meta\.(?:findAll|subMap)\b",  # a key made from another by hand
    r"\bstage: *'(?!raw'|filtered')",  # a stage of an assembly outside `assemblyOf` and `advance`
]


def test_joins_say_what_they_require():
    plain = {name: len(re.findall(r"\.join\((?!['\"])", text)) for name, text in WORKFLOWS.items()}
    assert {name: number for name, number in plain.items() if number} == SELECTIONS


@pytest.mark.parametrize("pattern", MEANING)
def test_nothing_is_told_by_names_or_positions(pattern):
    found = [
        f"{name}: {line.strip()}"
        for name, text in (WORKFLOWS | MODULES).items()
        for line in text.splitlines()
        if re.search(pattern, line)
    ]
    assert not found


KEYS = {"genome", "assembly", "assembly without haplotype", "library", "sample", "process", "region"}
MOST_TAKES = 6


def ports(text):
    """(name, shape) of each take and emit of the workflows in `text`; the shape is its comment."""
    blocks = re.findall(r"^    (?:take|emit):\n((?:    .*\n)+)", text, re.MULTILINE)
    statements = [part for block in blocks for part in re.split(r"\n(?= {4}\S)", block.rstrip())]
    return [(part.split()[0], part.partition(" // ")[2].strip()) for part in statements]


def is_tuple(shape):
    """Whether a shape is a row of more than a key and a value, or an assembly that is not a map."""
    row = re.match(r"\[(.*)\]", re.sub(r"\[[^\[\]]*\](?=\])", "list", shape))
    items = row[1].split(", ") if row else []
    known = len(items) == 2 and set(items[0].split(" or ")) <= KEYS and items != ["assembly", "fasta"]
    return len(items) > 1 and items[1:] != ["..."] and not known


def test_shapes_are_read():
    text = """
    take:
    genomes                     // genome + fasta
    rows                        // [genome, [fastq, ...]]
    tuples                      // [library, fastq, fastq]: of Hi-C
    genome                      // [fasta, fai]

    main:
    names = 1

    emit:
    bare
    records = genomes
        .map { genome -> genome }                                       // genome
"""
    assert ports(text) == [
        ("genomes", "genome + fasta"),
        ("rows", "[genome, [fastq, ...]]"),
        ("tuples", "[library, fastq, fastq]: of Hi-C"),
        ("genome", "[fasta, fai]"),
        ("bare", ""),
        ("records", "genome"),
    ]
    assert [name for name, shape in ports(text) if is_tuple(shape)] == ["tuples", "genome"]
    assert is_tuple("[assembly, fasta]")
    assert not is_tuple("[name, ...]")


@pytest.mark.parametrize("name", sorted(WORKFLOWS.keys() - {"main.nf"}))
def test_maps_and_keyed_values_travel_between_workflows(name):
    """Every take and emit states its shape: a map, or a row of a key and one value; no more is unpacked."""
    text = WORKFLOWS[name]
    assert ports(text)
    assert not [port for port, shape in ports(text) if not shape]
    assert not [(port, shape) for port, shape in ports(text) if is_tuple(shape)]
    assert text.partition("take:")[2].partition("main:")[0].count("//") <= MOST_TAKES
    for line in text.partition("take:")[2].partition("main:")[0].splitlines():
        if port := line.partition("//")[0].strip():
            unpacked = rf"\b{port}\s*(?:\.filter {{.*}}\s*)?\.\w+ {{ \w+, \w+, \w+"
            assert not re.search(unpacked, text), port


PIPELINE = """\
include { assemblyOf ; advance ; precedes } from './modules/linnaea/assemblies.nf'
process HALF {
    input: val number
    output: tuple(val(number), path('half.txt'), emit: text)
    script: "[ ${number} != 2 ] && touch half.txt"
}
workflow {
    three = channel.of([1, 'a', null], [2, 'b', 4], [3, 'c', 5])
    if (params.join == 'all') {
        Rows.match(three, channel.of([3, 'z'], [1, 'x'], [2, 'y'])).toSortedList { row -> row.first() }.view()
        Rows.attach(three, channel.of([2, ['f', 'g']])).toSortedList { row -> row.first() }.view()
        Rows.lookUp(channel.of([2, 'q']), three).view()
        raw = assemblyOf([id: 'x'], 'raw', 'hap1', 'a.fa')
        purged = advance(raw, 'purge', 'purged', 'b.fa', 'b.agp', 'p.tsv')
        scaffolded = advance(purged, 'scaffold', 'scaffolded', 'c.fa', 'c.agp', 's.tsv')
        println("${scaffolded} ${precedes(raw, 'purged')} ${precedes(scaffolded, 'purged')}")
    }
    else if (params.join == 'backwards') {
        polished = assemblyOf([id: 'x'], 'polished', 'hap1', 'a.fa')
        advance(polished, 'purge', 'purged', 'b.fa', 'b.agp', 'p.tsv')
    }
    else if (params.join == 'lacking') {
        Rows.match(three, channel.of([1, 'x'], [2, 'y'])).view()
    }
    else if (params.join == 'unasked') {
        Rows.attach(channel.of([1], [2]), channel.of([4, 'f'])).view()
    }
    else if (params.join == 'twice') {
        Rows.lookUp(three, channel.of([1, 'x'], [1, 'y'], [2, 'y'], [3, 'z'])).view()
    }
    else {
        Rows.match(channel.of([1], [2]), HALF(channel.of(1, 2)).text).view()
    }
}
"""


@pytest.mark.slow
@pytest.mark.parametrize(
    ("join", "answers"),
    [
        (
            "all",
            [
                "[[1, a, null, x], [2, b, 4, y], [3, c, 5, z]]",
                "[[1, a, null, []], [2, b, 4, [f, g]], [3, c, 5, []]]",
                "[2, q, b, 4]",
                "[meta:[id:x, stage:scaffolded, haplotype:hap1, parent:[id:x]], fasta:c.fa, "
                "contigs:a.fa, changes:[[step:purge, agp:b.agp, decisions:p.tsv], "
                "[step:scaffold, agp:c.agp, decisions:s.tsv]]] "
                "true false",
            ],
        ),
        ("lacking", ["the outputs of two steps do not match for 3"]),
        ("unasked", ["the outputs of two steps do not match for 4"]),
        ("twice", ["duplicate"]),
        ("backwards", ["purged is not a stage after polished"]),
        ("failed", ["terminated with an error exit status"]),
    ],
)
def test_joins(join, answers, tmp_path):
    for name in ("lib", "modules/linnaea", "assets"):
        shutil.copytree(ROOT / name, tmp_path / name)
    (tmp_path / "main.nf").write_text(PIPELINE)
    (tmp_path / "nextflow.config").write_text("process.errorStrategy = 'finish'\nparams.join = ''\n")
    run = subprocess.run(
        ["nextflow", "run", ".", "--join", join, "-ansi-log", "false"],
        cwd=tmp_path, capture_output=True, text=True,
    )  # fmt: skip
    assert all(answer in run.stdout for answer in answers), run.stdout + run.stderr
    assert (run.returncode == 0) == (join == "all")
    assert join != "failed" or "do not match" not in run.stdout
