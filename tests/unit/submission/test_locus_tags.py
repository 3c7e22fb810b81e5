"""Locus tags stay with their genes over versions of an annotation."""

import csv
import random

import pytest
from flat_files import coding
from genome_packages import Genome

from linnaea.base.errors import InputError
from linnaea.formats.gene_models import Gene, Transcript
from linnaea.submission.locus_tags import LocusTags, TaggedGene

GENE = 303


def gene(name, start, end, strand="+", **found):
    model = Transcript(f"{name}.t1", "S", strand, [(start, end)], [(start, end)])
    return Gene(name, "S", strand, [model], attributes=found)


def earlier(tag, start, end, strand="+"):
    return TaggedGene(tag, "S", strand, ((start, end),))


def tags_of(genes, before, prefix="LINN"):
    tags = LocusTags(prefix)
    given_up = tags.keep(genes, before)
    tags.reserve(genes)
    return {one.id: tags.of(one) for one in genes}, tags.old, given_up


def test_new_genes_are_numbered_by_tens_above_those_that_have_a_tag():
    genes = [gene("a", 0, 99), gene("b", 200, 299, locus_tag="LINN_000070"), gene("c", 400, 499)]
    tags = LocusTags("LINN")
    tags.reserve(genes)
    assert [tags.of(one) for one in genes] == ["LINN_000080", "LINN_000070", "LINN_000090"]


def test_tags_of_another_prefix_are_not_taken():
    genes = [gene("a", 0, 99, locus_tag="OLD_1")]
    tags = LocusTags("LINN")
    tags.reserve(genes)
    assert tags.of(genes[0]) == "LINN_000010"


def test_genes_keep_their_tag_wherever_they_stand_in_the_file():
    before = [earlier("LINN_000010", 0, 300), earlier("LINN_000020", 600, 900)]
    genes = [gene("x", 590, 900), gene("new", 1200, 1500), gene("y", 0, 240)]
    kept, _, given_up = tags_of(genes, before)
    assert kept == {"x": "LINN_000020", "new": "LINN_000030", "y": "LINN_000010"}
    assert not given_up


def test_numbers_that_the_new_annotation_gave_do_not_count():
    """An annotation that is made again numbers its genes anew: its tags would go to other genes."""
    before = [earlier("LINN_000010", 600, 900)]
    kept, _, _ = tags_of(
        [gene("a", 0, 300, locus_tag="LINN_000010"), gene("b", 600, 900, locus_tag="LINN_000020")], before
    )
    assert kept == {"a": "LINN_000020", "b": "LINN_000010"}


def test_joined_split_and_lost_genes():
    before = [
        earlier("LINN_000010", 0, 200), earlier("LINN_000020", 200, 800),
        earlier("LINN_000030", 1000, 2000), earlier("LINN_000040", 3000, 3300),
    ]  # fmt: skip
    genes = [gene("joined", 0, 800), gene("small", 1000, 1300), gene("large", 1300, 2000)]
    kept, old, given_up = tags_of(genes, before)
    assert kept == {"joined": "LINN_000020", "small": "LINN_000050", "large": "LINN_000030"}
    assert old == {"joined": ["LINN_000010"]}
    assert given_up == ["LINN_000040"]


def test_the_other_strand_and_half_a_gene_are_another_gene():
    before = [earlier("LINN_000010", 0, 300, "-"), earlier("LINN_000020", 600, 900)]
    kept, _, given_up = tags_of([gene("a", 0, 300), gene("b", 760, 1060)], before)
    assert set(kept.values()) == {"LINN_000030", "LINN_000040"}
    assert given_up == ["LINN_000010", "LINN_000020"]


def test_tags_of_an_earlier_study_become_old_ones():
    kept, old, _ = tags_of([gene("a", 0, 300)], [earlier("ABCD_1", 0, 300)])
    assert kept == {"a": "LINN_000010"} and old == {"a": ["ABCD_1"]}


def test_an_earlier_annotation_of_other_sequences_is_refused():
    with pytest.raises(InputError, match="lies on T, this one on S"):
        LocusTags("LINN").keep([gene("a", 0, 9)], [TaggedGene("LINN_1", "T", "+", ((0, 9),))])


@pytest.mark.parametrize("flat", [True, False])
def test_tags_come_from_a_flat_file_or_a_gff3(tmp_path, flat):
    """The second version has one more gene in front, and no tags of its own."""
    rng = random.Random(1)
    letters = "".join("ac" * 50 + coding(rng, 99) for _ in range(3)) + "gt" * 30
    first, second = Genome(tmp_path / "one"), Genome(tmp_path / "two")
    for genome in (first, second):
        genome.folder.mkdir()
        genome.letters["SUPER_1"] = letters
    for number, place in enumerate([504, 907], 1):
        tag = "" if flat else f";locus_tag=LINN_{7 * number:05d}"
        first.gene("SUPER_1", [(place, place + GENE - 1)], gene=tag)
    for place in (101, 504, 907):
        second.gene("SUPER_1", [(place, place + GENE - 1)])
    tags = [f.qualifiers["locus_tag"][0] for f in first.package()["SUPER_1"].features if f.type == "gene"]
    source = first.folder / ("bParMaj1.1.embl.gz" if flat else "genes.gff3")
    table = tmp_path / "tags.tsv"
    record = second.package(name="bParMaj1.2", earlier=str(source), tags=str(table))["SUPER_1"]
    now = [f.qualifiers["locus_tag"][0] for f in record.features if f.type == "gene"]
    assert now[1:] == tags and now[0] not in tags
    rows = list(csv.DictReader(table.open(), delimiter="\t"))
    assert [row["origin"] for row in rows] == ["new", "kept", "kept"]


def test_an_earlier_file_without_tags(tmp_path):
    genome = Genome(tmp_path)
    genome.letters["SUPER_1"] = "ac" * 50 + coding(random.Random(1), 99) + "gt" * 50
    genome.gene("SUPER_1", [(101, 100 + GENE)])
    genome.package()
    with pytest.raises(InputError, match="no gene with a locus tag"):
        genome.package(earlier=str(tmp_path / "genes.gff3"))
