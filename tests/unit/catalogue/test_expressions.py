"""Expressions of the table of resources against Python's own evaluation."""

import pytest
from plan_data import genome, parameters, population, reads

from linnaea.catalogue import resources
from linnaea.catalogue.expressions import evaluator
from linnaea.input.task_units import TaskUnits

FACTS = {"a": 3, "b": 0, "text": "hic,hifi", "words": ["x", "y"], "none": None, "map": {"key": "value"}}


def by_python(expression, facts):
    return eval(expression, {"__builtins__": {}, "min": min, "max": max}, dict(facts))


def expressions(process):
    """Each expression of an entry of the table with the kind of thing that it is evaluated for."""
    for use in process.uses:
        yield from ((use.each, text) for text in resources.expressions(process))


def outcome(evaluate, *arguments):
    """The value, or the name that is missing."""
    try:
        value = evaluate(*arguments)
    except (KeyError, NameError) as error:
        return "missing", str(error).split("'")[1]
    return type(value), value


@pytest.fixture(scope="module")
def units():
    """Facts of runs of several kinds."""
    assembly = {"stage": "curated", "haplotypes": {"primary": __file__}, "maps": []}
    rich = {
        kind: [reads(kind, 500, kind, paired=kind not in ("hifi", "ont", "isoseq"))]
        for kind in ("hifi", "ont", "hic", "illumina", "rnaseq", "isoseq", "proteins")
    }
    bams = {
        "hifi": [reads("h", 9, format="bam")],
        "rnaseq": [reads("r", 9, "rnaseq", format="bam", paired=True)],
    }
    reference = {"annotation": "g.gff3", "reference_annotation": {"gff3": "r.gff3", "assembly": "r.fa"}}
    genomes = [
        genome("a", **rich),
        genome("b", **bams),
        genome("c", assembly=assembly, **rich, **reference),
        genome("d", assembly=assembly, rnaseq=bams["rnaseq"]),
    ]
    workflow = "assembly,annotation,popgen"
    return [
        TaskUnits(
            {"genomes": genomes, "population": population(6, mb, historical=2)}, parameters(**given), False
        )
        for mb, given in (
            (3000, {"workflow": workflow}),
            (300, {"workflow": workflow, "assembler": "flye", "gene_finder": "snap", "max_k": 3}),
            (
                3000,
                {"workflow": workflow, "steps": "reads,report", "caller": "gatk", "protein_aligner": "spaln"},
            ),
        )
    ]


def test_every_expression_of_the_table_is_evaluated_as_python_does(units):
    compared = set()
    for process in resources.processes().values():
        for each, text in expressions(process):
            for unit in units:
                for facts in unit.of(each):
                    assert outcome(evaluator(text), facts) == outcome(by_python, text, facts), (
                        process.name,
                        text,
                    )
                    compared.add(text)
    table = {text for process in resources.processes().values() for _, text in expressions(process)}
    assert len(compared) > 100
    assert table - compared == set()


@pytest.mark.parametrize(
    "expression",
    [
        "a + 2 * (b - 1) / 4", "-a", "a // 2", "not a", "a and b", "b or none", "b and missing",
        "a or missing", "a and words and text", "b or none or words", '"hic" in text', '"x" not in words',
        "a >= 3 and a < 4", "a != 3", "a <= 3", "none is None", "a is not None", 'text if b else "no"',
        'map["key"]', "words[1]",
        "min(a, b, 7)", "max(a, b)", 'text in ("hic,hifi", "ont")', "(a,)", "()", "1.5", "True", "False",
    ],
)  # fmt: skip
def test_values_are_pythons(expression):
    assert outcome(evaluator(expression), FACTS) == outcome(by_python, expression, FACTS)


def test_a_name_that_the_facts_lack_is_named():
    with pytest.raises(KeyError, match="missing"):
        evaluator("a and missing")(FACTS)


@pytest.mark.parametrize(
    ("expression", "part", "column"),
    [
        ("__import__('os').system('true')", "__import__('os').system('true')", 1),
        ("a and ().__class__.__base__", "().__class__.__base__", 7),
        ("open('x')", "open('x')", 1),
        ("[x for x in words]", "[x for x in words]", 1),
        ("(lambda: 1)()", "(lambda: 1)()", 1),
        ("a + (b := 1)", "b := 1", 6),
        ("f'{a}'", "f'{a}'", 1),
        ("9 ** 9 ** 9", "9 ** 9 ** 9", 1),
        ("a < b < 3", "a < b < 3", 1),
        ("words[a]", "words[a]", 1),
        ("words[0:1]", "words[0:1]", 1),
        ("map['key'].upper", "map['key'].upper", 1),
        ("min(*words)", "*words", 5),
        ("max(words, key=a)", "max(words, key=a)", 1),
        ("min()", "min()", 1),
        ("b'x'", "b'x'", 1),
        ("{**map}", "{**map}", 1),
        ("a @ b", "a @ b", 1),
        ("...", "...", 1),
    ],
)
def test_anything_else_is_refused_with_its_place(expression, part, column):
    with pytest.raises(ValueError) as caught:
        evaluator(expression)
    assert f"{part!r} is not allowed, column {column}" in str(caught.value)
    assert repr(expression) in str(caught.value)


def test_what_is_not_python_is_refused():
    with pytest.raises(ValueError, match="'a and': invalid syntax"):
        evaluator("a and")


def test_the_table_names_the_entry_of_a_refused_expression(monkeypatch, tmp_path):
    table = tmp_path / "resources.yml"
    table.write_text(
        "X:\n  stage: assembly/reads\n  each: genome\n  when: open('x')\n"
        "  asks: {cpus: 1, gb: 1, hours: 1}\n  cost: {s: 1, from: guess}\n  files: {work: 1}\n"
    )
    monkeypatch.setattr(resources, "TABLE", table)
    resources.processes.cache_clear()
    try:
        with pytest.raises(ValueError, match=r"resources\.yml, X: .*\"open\('x'\)\" is not allowed"):
            resources.processes()
    finally:
        resources.processes.cache_clear()
